"""`offer`: who may come in, and what the person at the keyboard is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh.keys import Key
from twisted.cred.credentials import ISSHPrivateKey
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.support import World
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

    def test_keys_alone(self) -> None:
        """With keys and no accounts only keys let in, and no one-time account is made, wherever it listens."""
        server = self.made(authorized_keys=(str(self.keys),), public=True)
        self.assertEqual(server.factory.portal.listCredentialsInterfaces(), [ISSHPrivateKey])
        self.assertEqual(self.world.disclosed, [])
        checker = server.factory.portal.checkers[ISSHPrivateKey]
        self.assertEqual((checker.user, checker.blobs), (system_user().encode(), {KEY.blob()}))

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
        self.assertEqual(checker.blobs, {KEY.blob()})
        self.keys.write_bytes(b"")
        self.successResultOf(Deferred.fromCoroutine(server.reload()))
        self.assertEqual(checker.blobs, frozenset())

    def test_namespace(self) -> None:
        """The shell knows the factory, the publisher and the reactor."""
        server = self.made(authorized_keys=(str(self.keys),))
        _, guest, _ = server.factory.portal.realm.requestAvatar(b"x", None, IConchUser)
        names = guest.launch(Request("exec")).namespace
        self.assertEqual({name for name in names if name[0] != "_"}, {"factory", "publisher", "reactor"})
        self.assertIs(names["factory"], server.factory)
