"""The login: serial, counted, strict."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from twisted.conch.error import ValidPublicKey
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.keys import Key
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ISSHPrivateKey
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred, execute, fail
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tests.protocols.ssh.peers import (
    DISCONNECT,
    USERAUTH_FAILURE,
    USERAUTH_PK_OK,
    USERAUTH_REQUEST,
    USERAUTH_SUCCESS,
    OnePassword,
    Pair,
    numbers,
    password,
    userauth,
)
from tnet.accounts.turnstile import to_its_end
from tnet.errors import Overloaded
from tnet.events.kinds import AuthAttempted, Logged
from tnet.protocols.ssh import authentication

WRONG = (USERAUTH_REQUEST, password(b"wrong"))
RIGHT = (USERAUTH_REQUEST, password(b"secret"))
DELAY = 1


def logging_in(*checkers: Any, **limits: Any) -> Pair:
    """A pair whose client has asked for the login service."""
    pair = Pair(*checkers, **limits)
    pair.ask_to_log_in()
    return pair


class _Unstoppable(OnePassword):
    """Checks that go on to their end though nobody waits for them."""

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        return Deferred.fromCoroutine(to_its_end(super().requestAvatarId(credentials)))


class SerialTests(TestCase):
    """One attempt at a time."""

    def test_thousands_at_once(self) -> None:
        """Two thousand wrong passwords and the right one, pipelined, let nobody in and are mostly not looked at."""
        checker = OnePassword()
        pair = logging_in(checker)
        heard = pair.send_all(*[WRONG] * 2000, RIGHT) + pair.wait(10)
        self.assertNotIn(USERAUTH_SUCCESS, numbers(heard))
        self.assertLessEqual(len(checker.asked), 6)
        self.assertTrue(pair.is_closed)

    def test_right_one_among_wrong_ones(self) -> None:
        """A short pipeline is answered in its order, one verification at a time, and the right one lets in."""
        checker = OnePassword(held=True)
        pair = logging_in(checker)
        pair.send_all(WRONG, RIGHT)
        self.assertEqual(len(checker.asked), 1)
        checker.waiting[0].errback(UnauthorizedLogin())
        self.assertEqual(len(checker.asked), 1)
        self.assertEqual(numbers(pair.wait(DELAY)), [USERAUTH_FAILURE])
        self.assertEqual(checker.asked[1:], [(b"alice", b"secret")])
        checker.waiting[1].callback(b"alice")
        self.assertEqual(numbers(pair.wait(0)), [USERAUTH_SUCCESS])

    def test_wrong_password_takes_time(self) -> None:
        """A wrong password is answered after a delay; nothing is answered before."""
        pair = logging_in()
        self.assertEqual(pair.send(*WRONG), [])
        self.assertEqual(numbers(pair.wait(DELAY)), [USERAUTH_FAILURE])

    def test_attempts_are_bounded(self) -> None:
        """After six failures comes a disconnect, though the seventh would be right."""
        checker = OnePassword()
        pair = logging_in(checker)
        heard = [numbers(pair.send(*WRONG) + pair.wait(DELAY)) for _ in range(6)]
        self.assertEqual(heard, [[USERAUTH_FAILURE]] * 5 + [[DISCONNECT]])
        self.assertEqual(pair.send(*RIGHT), [])
        self.assertEqual(len(checker.asked), 6)

    def test_bound_is_the_servers(self) -> None:
        """`attempts` of the transport is the bound."""
        pair = logging_in(attempts=1)
        self.assertEqual(numbers(pair.send(*WRONG) + pair.wait(DELAY)), [DISCONNECT])

    def test_free_questions_are_bounded(self) -> None:
        """`none` costs no attempt, but is answered so many times and no more."""
        pair = logging_in()
        none = (USERAUTH_REQUEST, userauth(b"none"))
        for _ in range(authentication.MOST_QUESTIONS):
            self.assertEqual(numbers(pair.send(*none)), [USERAUTH_FAILURE])
        self.assertEqual(numbers(pair.send(*none)), [DISCONNECT])

    def test_login_after_the_end(self) -> None:
        """A login that is verified when the client has gone is logged out again, and starts nothing."""
        checker = _Unstoppable(held=True)
        pair = logging_in(checker)
        pair.send(*RIGHT)
        pair.server.connectionLost()
        checker.waiting[0].callback(b"alice")
        self.assertEqual(pair.realm.left, [b"alice"])
        self.assertFalse(pair.server.logged_in)
        self.assertEqual(pair.recorder.of(AuthAttempted), [])

    def test_wrong_one_after_the_end(self) -> None:
        """A password that proves wrong when the client has gone is an attempt all the same, seen at once."""
        checker = _Unstoppable(held=True)
        pair = logging_in(checker)
        pair.send(*WRONG)
        pair.server.connectionLost()
        checker.waiting[0].errback(UnauthorizedLogin())
        self.assertEqual([event.result for event in pair.recorder.of(AuthAttempted)], ["denied"])
        self.assertEqual(pair.clock.getDelayedCalls(), [])

    def test_client_leaves_before_the_check(self) -> None:
        """When the client leaves, whoever checks the password is told; one given up for that was no attempt."""
        checker = OnePassword(held=True)
        pair = logging_in(checker)
        pair.send(*WRONG)
        pair.server.connectionLost()
        self.assertTrue(checker.waiting[0].called)
        self.assertEqual(pair.recorder.of(AuthAttempted), [])
        self.assertEqual(pair.clock.getDelayedCalls(), [])

    def test_peer(self) -> None:
        """The checker learns where a password comes from, and so does whoever reads of the attempt."""
        checker = OnePassword()
        pair = logging_in(checker)
        pair.server.transport.getPeer = lambda: IPv4Address("TCP", "192.0.2.1", 5)
        pair.send(*WRONG)
        pair.wait(DELAY)
        pair.server.transport.getPeer = lambda: UNIXAddress("192.0.2.1")
        pair.send(*RIGHT)
        self.assertEqual(checker.peers, ["192.0.2.1", "unix"])
        self.assertEqual([event.peer_address for event in pair.recorder.of(AuthAttempted)], checker.peers)

    def test_client_leaves_during_the_delay(self) -> None:
        """Nothing is left on the clock when a client leaves between a wrong password and its answer."""
        pair = logging_in()
        pair.send(*WRONG)
        pair.server.connectionLost()
        self.assertEqual(pair.clock.getDelayedCalls(), [])


class PasswordTests(TestCase):
    """What a password request may look like."""

    def test_success(self) -> None:
        """The right password lets in; the event names user and means and holds no secret."""
        pair = logging_in()
        self.assertEqual(numbers(pair.send(*RIGHT)), [USERAUTH_SUCCESS])
        (attempt,) = pair.recorder.of(AuthAttempted)
        self.assertEqual((attempt.user, attempt.result, attempt.means), ("alice", "accepted", "password"))
        self.assertNotIn("secret", repr(attempt))

    def test_methods(self) -> None:
        """A refusal names the methods that a checker stands behind."""
        ((_, payload),) = logging_in().send(USERAUTH_REQUEST, userauth(b"none"))
        self.assertEqual(payload, NS(b"password") + b"\0")

    def test_names_that_are_none(self) -> None:
        """Names that are empty, long, not UTF-8 or not printable reach no checker, and are reported escaped."""
        for user in (b"", b"a" * 256, b"\xff", b"a\0b", b"a\nb", b"\x1b]0;x\x07", "a\u202eb".encode()):
            checker = OnePassword()
            pair = logging_in(checker)
            self.assertEqual(numbers(pair.send(USERAUTH_REQUEST, password(b"secret", user))), [USERAUTH_FAILURE])
            self.assertEqual(checker.asked, [])
            (attempt,) = pair.recorder.of(AuthAttempted)
            self.assertEqual(attempt.result, "denied")
            self.assertTrue(attempt.user.isprintable(), attempt.user)

    def test_other_services(self) -> None:
        """Only `ssh-connection` can be logged in to."""
        checker = OnePassword()
        for service in (b"ssh-userauth", b"shell", b""):
            payload = userauth(b"password", b"\0" + NS(b"secret"), service=service)
            self.assertEqual(numbers(logging_in(checker).send(USERAUTH_REQUEST, payload)), [USERAUTH_FAILURE])
        self.assertEqual(checker.asked, [])

    def test_password_change(self) -> None:
        """A request to change the password is refused."""
        pair = logging_in()
        change = userauth(b"password", b"\1" + NS(b"secret") + NS(b"new"))
        self.assertEqual(numbers(pair.send(USERAUTH_REQUEST, change) + pair.wait(DELAY)), [USERAUTH_FAILURE])

    def test_huge_password(self) -> None:
        """A password that nobody has is refused without asking."""
        checker = OnePassword()
        pair = logging_in(checker)
        pair.send(USERAUTH_REQUEST, password(bytes(2000)))
        self.assertEqual((checker.asked, numbers(pair.wait(DELAY))), ([], [USERAUTH_FAILURE]))

    def test_malformed(self) -> None:
        """A request that is cut short anywhere ends the connection."""
        whole = password(b"secret")
        for end in range(len(whole)):
            pair = logging_in()
            self.assertEqual(numbers(pair.send(USERAUTH_REQUEST, whole[:end])), [DISCONNECT], end)

    def test_cannot_tell(self) -> None:
        """When the accounts cannot be asked the login fails, and the event and the log say why."""
        checker = OnePassword()
        checker.requestAvatarId = lambda credentials: fail(Overloaded("hashing"))  # type: ignore[method-assign]
        pair = logging_in(checker)
        self.assertEqual(numbers(pair.send(*RIGHT) + pair.wait(DELAY)), [USERAUTH_FAILURE])
        self.assertEqual(pair.recorder.of(AuthAttempted)[0].result, "unavailable")
        self.assertIn("Overloaded", pair.recorder.of(Logged)[0].text)


@implementer(ICredentialsChecker)
class OneKey:
    """Lets whoever signs with `key` in."""

    credentialInterfaces = (ISSHPrivateKey,)

    def __init__(self, key: Key) -> None:
        self.key = key

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        return execute(self._avatar_id, credentials)

    def _avatar_id(self, credentials: Any) -> bytes:
        key = Key.fromString(credentials.blob)
        if key != self.key.public():
            raise UnauthorizedLogin
        if not credentials.signature:
            raise ValidPublicKey
        if not key.verify(credentials.signature, credentials.sigData):
            raise UnauthorizedLogin
        return bytes(credentials.username)


def question(key: Key, algorithm: bytes | None = None) -> bytes:
    """The payload that asks whether a key would do."""
    name = algorithm or key.sshType()
    return userauth(b"publickey", b"\0" + NS(name) + NS(key.public().blob()))


def signed(pair: Pair, key: Key, algorithm: bytes | None = None, *, signer: Key | None = None) -> bytes:
    """The payload of a login with a key, signed with it, or with the key of `signer`."""
    name = algorithm or key.sshType()
    claim = userauth(b"publickey", b"\1" + NS(name) + NS(key.public().blob()))
    message = NS(pair.client.sessionID or b"") + bytes((USERAUTH_REQUEST,)) + claim
    return claim + NS((signer or key).sign(message, name))


class KeyTests(TestCase):
    """Logins with keys."""

    def setUp(self) -> None:
        self.key = Key(Ed25519PrivateKey.generate())
        self.other = Key(Ed25519PrivateKey.generate())
        self.pair = logging_in(OneKey(self.key))

    def ask(self, payload: bytes) -> list[int]:
        return numbers(self.pair.send(USERAUTH_REQUEST, payload))

    def test_question_then_signature(self) -> None:
        """A key that would do is confirmed, and its signature lets in."""
        ((number, payload),) = self.pair.send(USERAUTH_REQUEST, question(self.key))
        self.assertEqual((number, payload), (USERAUTH_PK_OK, NS(b"ssh-ed25519") + NS(self.key.public().blob())))
        self.assertEqual(self.ask(signed(self.pair, self.key)), [USERAUTH_SUCCESS])
        (attempt,) = self.pair.recorder.of(AuthAttempted)
        self.assertEqual((attempt.result, attempt.means), ("accepted", "publickey"))

    def test_other_key(self) -> None:
        """A key that would not do is not confirmed."""
        self.assertEqual(self.ask(question(self.other)), [USERAUTH_FAILURE])

    def test_decision_is_bound_to_the_signer(self) -> None:
        """To ask about the right key and sign with another lets nobody in, whatever key is named."""
        self.assertEqual(self.ask(question(self.key)), [USERAUTH_PK_OK])
        self.assertEqual(self.ask(signed(self.pair, self.other)), [USERAUTH_FAILURE])
        self.assertEqual(self.ask(signed(self.pair, self.key, signer=self.other)), [USERAUTH_FAILURE])

    def test_signature_of_another_session(self) -> None:
        """A signature that was made for another connection is worth nothing."""
        elsewhere = logging_in(OneKey(self.key))
        self.assertEqual(self.ask(signed(elsewhere, self.key)), [USERAUTH_FAILURE])

    def test_questions_are_bounded(self) -> None:
        """A client may ask about so many keys and no more, though each of them would do."""
        for _ in range(authentication.MOST_QUESTIONS):
            self.assertEqual(self.ask(question(self.key)), [USERAUTH_PK_OK])
        self.assertEqual(self.ask(question(self.key)), [DISCONNECT])

    def test_ecdsa(self) -> None:
        """An ECDSA key lets in."""
        key = Key(generate_ec_key(SECP256R1()))
        self.pair = logging_in(OneKey(key))
        self.assertEqual(self.ask(signed(self.pair, key)), [USERAUTH_SUCCESS])

    def test_rsa(self) -> None:
        """An RSA key lets in with SHA-2; with SHA-1, in name or in the signature, it does not."""
        key = Key(generate_rsa_key(65537, 2048))
        self.pair = logging_in(OneKey(key))
        self.assertEqual(self.ask(signed(self.pair, key, b"ssh-rsa")), [USERAUTH_FAILURE])
        hidden = signed(self.pair, key, b"ssh-rsa").replace(NS(b"ssh-rsa"), NS(b"rsa-sha2-256"), 1)
        self.assertEqual(self.ask(hidden), [USERAUTH_FAILURE])
        self.assertEqual(self.ask(signed(self.pair, key, b"rsa-sha2-256")), [USERAUTH_SUCCESS])

    def test_short_rsa(self) -> None:
        """An RSA key of 1024 bits does not let in, though it would be the right one."""
        key = Key(generate_rsa_key(65537, 1024))
        self.pair = logging_in(OneKey(key))
        self.assertEqual(self.ask(signed(self.pair, key, b"rsa-sha2-512")), [USERAUTH_FAILURE])

    def test_algorithm_of_another_kind(self) -> None:
        """A name that is not the key's is refused."""
        for name in (b"rsa-sha2-256", b"ecdsa-sha2-nistp256", b"ssh-dss", b"no such"):
            self.assertEqual(
                numbers(logging_in(OneKey(self.key)).send(USERAUTH_REQUEST, question(self.key, name))), [51]
            )

    def test_garbage(self) -> None:
        """What is no key, or no signature, is a refusal; what is cut short ends the connection."""
        self.assertEqual(self.ask(userauth(b"publickey", b"\0" + NS(b"ssh-ed25519") + NS(b"junk"))), [USERAUTH_FAILURE])
        claim = userauth(b"publickey", b"\1" + NS(b"ssh-ed25519") + NS(self.key.public().blob()))
        short = NS(NS(b"ssh-ed25519") + NS(b"x"))
        self.assertEqual(self.ask(claim + short), [USERAUTH_FAILURE])
        self.assertEqual(self.ask(claim), [DISCONNECT])
