"""Servers that were met before."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from twisted.internet.defer import Deferred

from tests.certificates import days, make_authority, self_signed
from tests.net.tls.pairs import Pair, TlsTestCase
from tnet.errors import CannotRead, CannotWrite, PinMismatch, TnetError
from tnet.events.kinds import Logged
from tnet.net.tls.dialing import ClientTls
from tnet.net.tls.known_hosts import FILE_BYTES, KnownHosts, default_path
from tnet.plans.tls import TlsDialing, pin_of

PEER = "server.example:443"
PIN, OTHER = pin_of(b"1" * 32), pin_of(b"2" * 32)
TODAY = datetime(2026, 10, 7, 12, tzinfo=UTC)


class FileTests(TlsTestCase):
    """`KnownHosts`."""

    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(os.path.abspath(self.folder()), "new", "known_hosts")

    def met(self, *lines: str) -> KnownHosts:
        """What a file with these lines says."""
        return KnownHosts.read(self.file("\n".join(lines).encode()))

    def written(self) -> str:
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def test_first_time(self) -> None:
        """C32: a server that nobody has met is let in, and remembered in a file of one's own."""
        known = KnownHosts.read(self.path)
        known.check(PEER, PIN)
        self.assertFalse(known.is_known(PEER))
        known.add(PEER, PIN, TODAY)
        self.assertTrue(known.is_known("Server.EXAMPLE:443"))
        self.assertEqual(self.written(), f"{PEER} {PIN} 2026-10-07\n")
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["known_hosts"])
        KnownHosts.read(self.path).check(PEER, PIN)

    def test_changed(self) -> None:
        """C32: another key is refused: both are told, and the line to remove."""
        known = self.met("# whom I know", "", f"{PEER} {PIN} 2026-10-07")
        for pin, now in ((OTHER, OTHER), (None, "of no kind we know")):
            error = self.assertRaises(PinMismatch, known.check, PEER, pin)
            self.assertEqual(error.reason, f"its key was {PIN} when it was met on 2026-10-07, and is {now} now")
            self.assertIn("remove line 3 of ", error.hint)
            self.assertEqual(error.exit_status, 90)
        known.check("server.example:444", OTHER)

    def test_others_stay(self) -> None:
        """What somebody wrote by hand stays, also what has no end of line."""
        before = f"# mine\na.example:1 {OTHER} 2020-01-01"
        self.path = self.file(before.encode())
        KnownHosts.read(self.path).add(PEER, PIN, TODAY)
        self.assertEqual(self.written(), f"{before}\n{PEER} {PIN} 2026-10-07\n")

    def test_another_process(self) -> None:
        """What another process has learned since is not lost, and its word counts."""
        ours, theirs = KnownHosts.read(self.path), KnownHosts.read(self.path)
        theirs.add("a.example:1", PIN, TODAY)
        theirs.add(PEER, PIN, TODAY)
        ours.add(PEER, PIN, TODAY)
        self.assertEqual(self.written().count("\n"), 2)
        ours = KnownHosts(self.path, {})
        self.assertRaises(PinMismatch, ours.add, PEER, OTHER, TODAY)

    def test_names(self) -> None:
        """Addresses of every kind are told apart, and none can forge a line."""
        known = KnownHosts.read(self.path)
        for number, peer in enumerate(("[::1]:443", "unix:/run/A b\n", "unix:/run/a b\n")):
            known.add(peer, (PIN, OTHER, PIN)[number], TODAY)
        again = KnownHosts.read(self.path)
        self.assertRaises(PinMismatch, again.check, "unix:/run/A b\n", PIN)
        self.assertRaises(PinMismatch, again.check, "unix:/run/a b\n", OTHER)
        self.assertTrue(again.is_known("[::1]:443"))
        self.assertEqual(self.written().count("\n"), 3)

    def test_link(self) -> None:
        """A link to the file stays one."""
        target = self.file(b"")
        self.path = self.mktemp()
        os.symlink(os.path.abspath(target), self.path)
        KnownHosts.read(self.path).add(PEER, PIN, TODAY)
        self.assertTrue(os.path.islink(self.path))
        KnownHosts.read(target).check(PEER, PIN)

    def test_unreadable(self) -> None:
        """A file that is not of this kind is not believed in part."""
        for line in (
            PEER,
            f"{PEER} {PIN}",
            f"{PEER} sha256//x 2026-10-07",
            f"{PEER} {PIN};{OTHER} 2026-10-07",
            "a b c d",
        ):
            error = self.assertRaises(CannotRead, self.met, "#", line)
            self.assertEqual((error.reason, error.exit_status), ("line 2 is none of ours", 26))
        self.assertRaises(CannotRead, KnownHosts.read, self.file(b"#" * (FILE_BYTES + 1)))
        self.assertRaises(CannotRead, KnownHosts.read, os.path.dirname(os.path.abspath(self.mktemp())))

    def test_unwritable(self) -> None:
        """A file that cannot be written is told of."""
        known = KnownHosts("/proc/none/known_hosts", {})
        self.assertRaises(CannotWrite, known.add, PEER, PIN, TODAY)

    def test_default_path(self) -> None:
        """It is among what must not be lost."""
        self.environment(XDG_DATA_HOME="/data")
        self.assertEqual(default_path(), "/data/tnet/known_hosts")


class HandshakeTests(TlsTestCase):
    """A client that goes by what it has met."""

    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(os.path.abspath(self.folder()), "known_hosts")

    def opened(self, **plan: object) -> ClientTls:
        """A client with the known hosts of this test."""
        asked = TlsDialing(**({"known_hosts": self.path, "ca_file": self.file(self.authority.pem)} | plan))  # type: ignore[arg-type]
        return self.successResultOf(Deferred.fromCoroutine(ClientTls.open(asked, self.world.context)))

    def meet(self, pems: tuple[bytes, bytes], **plan: object) -> Pair:
        """Connect, and remember, as dialling does."""
        client = self.opened(**plan)
        pair = Pair(client.towards("server.example", PEER), self.serving(pems)).settle()
        if pair.client.reason is None:
            remembering = client.remember(pair.client_tls.getHandle(), self.world.context)
            self.successResultOf(Deferred.fromCoroutine(remembering))
        return pair

    def said(self) -> list[tuple[str, str]]:
        return [(each.level, each.text) for each in self.world.recorder.of(Logged)]

    def test_stranger(self) -> None:
        """C32: a self-signed server is let in the first time, with a warning that shows its key, and then without."""
        pems = self_signed(["server.example"])
        pair = self.meet(pems)
        ((level, text),) = self.said()
        pin = pair.client_tls.getHandle().shown_pin
        self.assertEqual(level, "warning")
        self.assertIn(f"{PEER} is met for the first time, and nobody vouches for it: it is self-signed", text)
        self.assertTrue(text.endswith(f"its key is {pin}"))
        self.assertEqual(self.meet(pems).client.handshakes, 1)
        self.assertEqual(len(self.said()), 1)

    def test_key_instead_of_chain(self) -> None:
        """C32: the known key is let in whatever its certificate says; a new key is refused, whoever signed."""
        pems = make_authority("Stranger").leaf(["other.example"], not_after=days(-1))
        self.assertEqual(self.meet(pems).client.handshakes, 1)
        self.assertEqual(self.meet(pems).client.handshakes, 1)
        pair = self.meet(self.authority.leaf(["server.example"]))
        self.assertEqual(pair.client.handshakes, 0)
        assert isinstance(pair.client.reason, PinMismatch), pair.client.reason
        self.assertIn("its key was ", str(pair.client.reason))
        self.assertIn("somebody may be in between", pair.client.reason.hint)

    def test_trusted(self) -> None:
        """A server that is trusted anyway is remembered as that."""
        self.meet(self.authority.leaf(["server.example"]))
        ((level, text),) = self.said()
        self.assertEqual(level, "notice")
        self.assertIn("and it is trusted; its key is sha256//", text)

    def test_not_verified(self) -> None:
        """Without verification the keys are known all the same, and nobody is warned that nothing is checked."""
        pems = self_signed(["server.example"])
        self.meet(pems, verify=False)
        self.assertEqual([level for level, _ in self.said()], ["warning"])
        self.assertIsInstance(self.meet(self_signed(["x"]), verify=False).client.reason, PinMismatch)

    def test_pins_count(self) -> None:
        """A pin that was asked for is not replaced."""
        pair = self.meet(self_signed(["server.example"]), pins=(OTHER,))
        self.assertIn("is not the pinned one: its key is ", str(pair.client.reason))
        self.assertFalse(os.path.exists(self.path))

    def test_cannot_be_kept(self) -> None:
        """A server that cannot be remembered is told of, and talked to."""
        self.path = "/proc/none"
        self.assertEqual(self.meet(self_signed(["server.example"])).client.handshakes, 1)
        ((level, text),) = self.said()
        self.assertEqual(level, "warning")
        self.assertIn(f"the key of {PEER} is not remembered: cannot write", text)

    def test_bad_file(self) -> None:
        """A file that is none of ours fails before anything is connected."""
        self.path = self.file(b"nonsense\n")
        asked = ClientTls.open(TlsDialing(known_hosts=self.path), self.world.context)
        error: TnetError = self.failureResultOf(Deferred.fromCoroutine(asked), CannotRead).value
        self.assertEqual(error.exit_status, 26)
