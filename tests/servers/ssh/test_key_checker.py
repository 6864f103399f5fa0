"""Who holds a key: questions and signatures."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.error import ValidPublicKey
from twisted.conch.ssh.keys import Key
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ISSHPrivateKey, SSHPrivateKey
from twisted.cred.error import UnauthorizedLogin
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from tnet.accounts.store import StoreFailed
from tnet.servers.ssh.key_checker import KeyChecker

ALICE, BOB = (Key(Ed25519PrivateKey.generate()) for _ in range(2))
BLOB = ALICE.public().blob()


class Owners:
    """Says `name` for one user and one key, and remembers what it was asked."""

    def __init__(self, name: str, user: bytes, blob: bytes) -> None:
        self.name, self._wanted = name, (user, blob)
        self.asked: list[bytes] = []

    async def owner(self, user: bytes, blob: bytes) -> str | None:
        self.asked.append(user)
        return self.name if (user, blob) == self._wanted else None


class CheckerTests(TestCase):
    """A checker that asks for the owner twice: in the files, then among the accounts."""

    def setUp(self) -> None:
        self.files = Owners("root", b"root", BOB.public().blob())
        self.accounts = Owners("álice", b"alice", BLOB)
        self.checker = KeyChecker(self.files.owner, self.accounts.owner)

    def ask(self, user: bytes, key: Key, signature: bytes | None = None) -> Any:
        credentials = SSHPrivateKey(user, b"ssh-ed25519", key.public().blob(), b"message", signature)
        return self.checker.requestAvatarId(credentials)

    def test_interface(self) -> None:
        """It is a credentials checker for SSH's keys."""
        verifyObject(ICredentialsChecker, self.checker)
        self.assertEqual(self.checker.credentialInterfaces, (ISSHPrivateKey,))

    def test_signature(self) -> None:
        """Whoever signs with a key that an owner is named for comes in, under the owner's name."""
        self.assertEqual(self.successResultOf(self.ask(b"alice", ALICE, ALICE.sign(b"message"))), "álice".encode())
        self.assertEqual(self.successResultOf(self.ask(b"root", BOB, BOB.sign(b"message"))), b"root")

    def test_question(self) -> None:
        """Without a signature the right pair would do, and nobody is in yet."""
        self.failureResultOf(self.ask(b"alice", ALICE), ValidPublicKey)

    def test_wrong(self) -> None:
        """Another user, another key, or another's signature would not do, with or without a signature."""
        for user, key in ((b"bob", ALICE), (b"alice", BOB), (b"bob", BOB), (b"root", ALICE)):
            self.failureResultOf(self.ask(user, key), UnauthorizedLogin)
            self.failureResultOf(self.ask(user, key, key.sign(b"message")), UnauthorizedLogin)
        self.failureResultOf(self.ask(b"alice", ALICE, BOB.sign(b"message")), UnauthorizedLogin)
        self.failureResultOf(self.ask(b"alice", ALICE, ALICE.sign(b"another")), UnauthorizedLogin)

    def test_malformed_signature(self) -> None:
        """Whatever is no signature is a wrong one."""
        good = ALICE.sign(b"message")
        for signature in (b"\0", b"x" * 40, good[:-1], good[:10], b"\xff" * 80):
            self.failureResultOf(self.ask(b"alice", ALICE, signature), UnauthorizedLogin)

    def test_everybody_is_looked_for_alike(self) -> None:
        """Every owner is asked for a name that nobody has, as for one whose key this is not."""
        for user in (b"nobody", b"alice"):
            self.failureResultOf(self.ask(user, BOB), UnauthorizedLogin)
        self.assertEqual((self.files.asked, self.accounts.asked), ([b"nobody", b"alice"],) * 2)

    def test_nobody_can_tell(self) -> None:
        """A store that cannot be asked is never said to be a wrong key, and keys of the files open all the same."""

        async def failing(user: bytes, blob: bytes) -> str | None:
            raise StoreFailed("sqlite:/x", "locked")

        self.checker = KeyChecker(self.files.owner, failing)
        self.failureResultOf(self.ask(b"alice", ALICE, ALICE.sign(b"message")), StoreFailed)
        self.assertEqual(self.successResultOf(self.ask(b"root", BOB, BOB.sign(b"message"))), b"root")
