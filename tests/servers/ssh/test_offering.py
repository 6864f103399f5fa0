"""`offer`: who may come in, and what the person at the keyboard is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.error import ValidPublicKey
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh.keys import Key
from twisted.cred.credentials import ISSHPrivateKey, SSHPrivateKey
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.accounts.location import open_store
from tnet.accounts.store import Account, Entry
from tnet.errors import BadUsage, CannotRead
from tnet.events.kinds import Logged
from tnet.plans.addresses import TcpAddress
from tnet.plans.serve import SshPlan
from tnet.protocols.ssh.session import Request
from tnet.servers.ssh import offer
from tnet.servers.ssh.offering import system_user

LOOPBACK = (TcpAddress("127.0.0.1", 2222), TcpAddress("127.0.0.1", 0))
KEY = Key(Ed25519PrivateKey.generate()).public()


class OfferTests(TestCase):
    """Servers from plans, in a home of their own."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        for name in ("XDG_STATE_HOME", "XDG_DATA_HOME"):
            before = os.environ.get(name)
            os.environ[name] = str(self.home)
            self.addCleanup(self.restore, name, before)
        self.world = World()
        self.keys = Path(self.mktemp())
        self.keys.write_bytes(KEY.toString("openssh") + b"\n")

    def restore(self, name: str, before: str | None) -> None:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before

    def offered(self, **options: Any) -> Deferred[Any]:
        plan = SshPlan(**{"listen": LOOPBACK, **options})
        return Deferred.fromCoroutine(offer(plan, self.world.context))

    def made(self, **options: Any) -> Any:
        return self.successResultOf(self.offered(**options))

    def would_do(self, checker: Any, user: str) -> bool:
        """Whether the key would let that user in."""
        asked = checker.requestAvatarId(SSHPrivateKey(user.encode(), b"ssh-ed25519", KEY.blob(), b"", None))
        return bool(self.failureResultOf(asked).check(ValidPublicKey))

    def add(self, account: Account) -> None:
        """Give the default store an account with a password."""
        self.successResultOf(Deferred.fromCoroutine(open_store(None, self.world.context).add(Entry(account, "x"))))

    def test_account_keys(self) -> None:
        """The keys of an account let it in, not another one, and not while it is disabled; its groups come along."""
        line = KEY.toString("openssh", comment="alice").decode()
        self.add(Account("alice", groups=("staff",), keys=(line,)))
        self.add(Account("carol", disabled=True, keys=(line,)))
        self.add(Account("dave"))
        server = self.made()
        checker = server.factory.portal.checkers[ISSHPrivateKey]
        names = ("alice", "carol", "dave", "nobody", system_user())
        self.assertEqual([self.would_do(checker, name) for name in names], [True, False, False, False, False])
        login = server.factory.portal.realm.requestAvatar(b"alice", None, IConchUser)
        self.assertEqual(self.successResultOf(login)[1].groups, ("staff",))

    def test_keys_of_accounts_and_files(self) -> None:
        """With accounts named beside the files both let in; with files alone the accounts' keys do not count."""
        self.add(Account("alice", keys=(KEY.toString("openssh").decode(),)))
        users = f"sqlite:{self.home / 'tnet' / 'users.db'}"
        for options, alice in (({"users": users}, True), ({}, False)):
            server = self.made(authorized_keys=(str(self.keys),), **options)
            checker = server.factory.portal.checkers[ISSHPrivateKey]
            self.assertEqual((self.would_do(checker, "alice"), self.would_do(checker, system_user())), (alice, True))

    def test_keys_alone(self) -> None:
        """With keys and no accounts only keys let in, and no one-time account is made, wherever it listens."""
        server = self.made(authorized_keys=(str(self.keys),), public=True)
        self.assertEqual(server.factory.portal.listCredentialsInterfaces(), [ISSHPrivateKey])
        self.assertEqual(self.world.disclosed, [])
        checker = server.factory.portal.checkers[ISSHPrivateKey]
        self.assertEqual(self.would_do(checker, system_user()), True)
        self.assertEqual(self.would_do(checker, "alice"), False)

    def test_exposed_without_anybody(self) -> None:
        """A server that strangers can reach does not start when nobody could log in."""
        self.failureResultOf(self.offered(public=True), BadUsage)

    def test_notes(self) -> None:
        """The notes hold the fingerprint, a login command and a known_hosts line for each known port."""
        server = self.made(authorized_keys=(str(self.keys),))
        kind, blob = server.factory.publicKeys[b"ssh-ed25519"].toString("openssh").decode().split()
        fingerprint, login, known = server.notes
        self.assertRegex(fingerprint, r"^host key SHA256:[\w+/]{43} \(ssh-ed25519\)$")
        self.assertEqual(login, f"log in: ssh -p 2222 {system_user()}@127.0.0.1")
        self.assertEqual(known, f"known_hosts: [127.0.0.1]:2222 {kind} {blob}")

    def test_host_key_stays(self) -> None:
        """The second start has the first one's key."""
        first, second = (self.made(authorized_keys=(str(self.keys),)).notes[0] for _ in range(2))
        self.assertEqual(first, second)
        self.assertTrue((self.home / "tnet/ssh/host_ed25519").is_file())

    def test_named_host_key(self) -> None:
        """A host key that is named is never made."""
        missing = str(self.home / "none")
        self.failureResultOf(self.offered(authorized_keys=(str(self.keys),), host_key=missing), CannotRead)
        self.assertFalse(Path(missing).exists())

    def test_skipped_lines_are_told(self) -> None:
        """A line that lets nobody in is a warning."""
        self.keys.write_bytes(b"restrict " + KEY.toString("openssh"))
        self.made(authorized_keys=(str(self.keys),))
        self.assertIn("line 1 skipped: options are not supported", self.world.recorder.of(Logged)[0].text)

    def test_reload(self) -> None:
        """A reload reads the keys anew; a file that is gone is an error, and the old keys stay."""
        server = self.made(authorized_keys=(str(self.keys),))
        checker = server.factory.portal.checkers[ISSHPrivateKey]
        self.keys.unlink()
        self.failureResultOf(Deferred.fromCoroutine(server.reload()), CannotRead)
        self.assertTrue(self.would_do(checker, system_user()))
        self.keys.write_bytes(b"")
        self.successResultOf(Deferred.fromCoroutine(server.reload()))
        self.assertFalse(self.would_do(checker, system_user()))

    def test_namespace(self) -> None:
        """The shell knows the factory, the publisher and the reactor."""
        server = self.made(authorized_keys=(str(self.keys),))
        _, guest, _ = self.successResultOf(server.factory.portal.realm.requestAvatar(b"x", None, IConchUser))
        names = guest.launch(Request("exec")).namespace
        self.assertEqual({name for name in names if name[0] != "_"}, {"factory", "publisher", "reactor"})
        self.assertIs(names["factory"], server.factory)
