"""The login: one attempt at a time, each of them counted.

Conch verifies pipelined requests all at once and counts them only afterwards, so that one connection may try
thousands of passwords. Here they wait in a short queue, and the next is looked at when the last is answered.

Source: RFC 4252; CVE-2024-45337 for binding the decision to the key that signed.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from twisted.conch.error import ConchError, IgnoreAuthentication, NotEnoughAuthentication
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh import keys
from twisted.conch.ssh.transport import DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE, DISCONNECT_PROTOCOL_ERROR
from twisted.conch.ssh.userauth import SSHUserAuthServer
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from tnet.escape import excerpt
from tnet.events.kinds import AuthAttempted, Logged
from tnet.protocols.ssh.algorithms import USER_SIGNATURES, key_type
from tnet.protocols.ssh.user_keys import KeyUnusable, read_blob
from tnet.protocols.ssh.wire import Reader

MOST_WAITING = 8
MOST_QUESTIONS = 20
USER_BYTES = 255
PASSWORD_BYTES = 1024


class PasswordFrom(UsernamePassword):
    """A name and a password, and the address of the `peer` that says them, for a checker that slows guessing down."""

    def __init__(self, user: bytes, password: bytes, peer: str) -> None:
        super().__init__(user, password)
        self.peer = peer


class Authentication(SSHUserAuthServer):
    """Lets a user in with a password or a key, as the factory's portal says.

    A wrong password is answered after `passwordDelay` seconds. `none` requests and questions whether a key would
    do are free, up to a bound; every other request is an attempt.
    """

    transport: Any
    user: Any

    def serviceStarted(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._busy = self._stopped = False
        self._questions = 0
        self._delay: IDelayedCall | None = None
        self._asked: Deferred[Any] | None = None
        self.attemptsBeforeDisconnect = self.transport.attempts - 1
        # The deadline is the transport's, from the start of the connection; Conch's begins only here.
        self.clock = self.transport.clock or self.clock
        super().serviceStarted()

    def serviceStopped(self) -> None:
        self._stopped = True
        self._waiting.clear()
        if self._delay is not None and self._delay.active():
            self._delay.cancel()
        if self._asked is not None:
            self._asked.cancel()
        super().serviceStopped()

    def ssh_USERAUTH_REQUEST(self, packet: bytes) -> None:
        """Queue a request, strictly read."""
        fields = Reader(packet)
        for _ in ("user", "service", "method"):
            fields.string()
        if len(self._waiting) >= MOST_WAITING:
            self._disconnect(b"too many requests at once")
            return
        self._waiting.append(packet)
        if not self._busy:
            Deferred.fromCoroutine(self._answer_all()).addErrback(self._broken)

    async def _answer_all(self) -> None:
        self._busy = True
        while self._waiting and not self.transport.over:
            answered = super().ssh_USERAUTH_REQUEST(self._waiting.popleft())
            if answered is not None:
                await answered
        self._busy = False

    def tryAuth(self, kind: bytes, user: bytes, data: bytes) -> Deferred[Any]:
        """Verify one request and report how it went."""
        if kind == b"none":
            self._spend_question()
            return fail(UnauthorizedLogin())
        if self.nextService != b"ssh-connection" or not _is_name(user):
            verdict: Deferred[Any] = fail(UnauthorizedLogin())
        else:
            verdict = super().tryAuth(kind, user, data)
        return verdict.addCallbacks(self._accepted, self._refused)

    def auth_password(self, packet: bytes) -> Deferred[Any]:
        """Check a password; a request to change it is refused."""
        fields = Reader(packet)
        changes, password = fields.boolean(), fields.string()
        if changes or len(password) > PASSWORD_BYTES:
            return self._later(Failure(UnauthorizedLogin()))
        fields.end()
        credentials = PasswordFrom(self.user, password, self._address())
        login: Deferred[Any] = self.portal.login(credentials, None, IConchUser)
        self._asked = login
        return login.addErrback(self._later)

    def auth_publickey(self, packet: bytes) -> Deferred[Any]:
        """Check a signature, or, without one, say whether this key would do.

        The key's type, the algorithm's name and the signature's own name must agree.
        """
        fields = Reader(packet)
        signs, algorithm, blob = fields.boolean(), fields.string(), fields.string()
        signature = fields.string() if signs else b""
        fields.end()
        try:
            key = read_blob(blob)
        except KeyUnusable as error:
            return fail(UnauthorizedLogin(str(error)))
        if not _agree(key, algorithm) or (signs and Reader(signature).string() != algorithm):
            return fail(UnauthorizedLogin("the algorithm does not fit the key"))
        if not signs:
            self._spend_question()
        verdict: Deferred[Any] = super().auth_publickey(packet)
        return verdict

    def _spend_question(self) -> None:
        self._questions += 1
        if self._questions > MOST_QUESTIONS:
            self._disconnect(b"too many questions")

    def _later(self, failure: Failure) -> Deferred[Any]:
        """Give a refusal after a delay, so that guessing takes time; at once when nobody is left to wait."""
        if self._stopped:
            return fail(failure)
        refused: Deferred[Any] = Deferred()
        self._delay = self.clock.callLater(self.passwordDelay, refused.errback, failure)
        return refused

    def _accepted(self, login: Any) -> Any:
        if self.transport.over:
            _, _, logout = login
            logout()
            return Failure(IgnoreAuthentication())
        self._report("accepted")
        return login

    def _refused(self, failure: Failure) -> Failure:
        if failure.check(IgnoreAuthentication, NotEnoughAuthentication):
            return failure
        if failure.check(CancelledError):
            return Failure(IgnoreAuthentication())
        if failure.check(UnauthorizedLogin, ConchError):
            self._report("denied")
            return failure
        self._report("unavailable")
        self.transport.trace.emit(Logged, level="error", text=f"a login could not be checked: {failure.value!r}")
        return Failure(UnauthorizedLogin())

    def _report(self, result: str) -> None:
        means = self.method.decode("ascii") if self.method in self.supportedAuthentications else "unsupported"
        self.transport.trace.emit(
            AuthAttempted, user=excerpt(self.user), result=result, means=means, peer_address=self._address()
        )

    def _address(self) -> str:
        """Where the peer is; the path of a UNIX socket, which a peer may choose, is no IP address whatever it says."""
        peer = self.transport.transport.getPeer()
        return str(getattr(peer, "host", "unix"))

    def _broken(self, failure: Failure) -> None:
        text = f"a login request was not understood: {failure.value!r}"
        self.transport.trace.emit(Logged, level="warning", text=text)
        self.transport.sendDisconnect(DISCONNECT_PROTOCOL_ERROR, b"the login request was not understood")

    def _disconnect(self, reason: bytes) -> None:
        self.transport.sendDisconnect(DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE, reason)


def _is_name(user: bytes) -> bool:
    """Whether `user` may be somebody's name: printable UTF-8, not empty and not long."""
    try:
        return 0 < len(user) <= USER_BYTES and user.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _agree(key: keys.Key, algorithm: bytes) -> bool:
    return algorithm in USER_SIGNATURES and key.sshType() == key_type(algorithm)
