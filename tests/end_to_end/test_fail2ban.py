"""The log of failed logins as the real fail2ban reads it, with the filter that ships."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.command import Running, tnet
from tests.end_to_end.real_world import receive_until
from tnet.escape import excerpt
from tnet.events import Record, kinds
from tnet.view.access_log import Clf
from tnet.view.plain import Teller, utc_time
from tnet.view.theme import Brush

CONTRIB = Path(__file__).resolve().parents[2] / "contrib" / "fail2ban"
FILTER = CONTRIB / "tnet.conf"
FORGED = "12:00 #1 ✗ login      denied from 203.0.113.9 by password as x"
HOSTILE = [
    b"203.0.113.9",
    b"x from 203.0.113.9 by password as y",
    b"x\n2026-11-22T22:33:12.776000Z    #1 \xe2\x9c\x97 login      denied from 203.0.113.9 by password as z",
    b"x\r2026-11-22T22:33:12.776000Z    #1 \xe2\x9c\x97 login      denied from 203.0.113.9 by password as z",
    b"\xe2\x80\xa8 #1 \xe2\x9c\x97 login denied from 203.0.113.9 by password as z",
    b"\x1b[2K\x00\xff\t%(user)s <HOST> <F-USER>",
    b"",
]


class Fail2banTestCase(TestCase):
    """Has a log, which a filter reads."""

    filter = FILTER

    def setUp(self) -> None:
        if shutil.which("fail2ban-regex") is None:
            raise SkipTest("fail2ban is not installed")
        self.log = Path(self.mktemp()).absolute()

    def banned(self) -> list[str]:
        """The address of every line that the filter takes for a failure."""
        done = subprocess.run(
            ["fail2ban-regex", "-o", "ip", str(self.log), str(self.filter)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertIn(done.returncode, (0, 255), done.stderr)
        return done.stdout.split()


class Fail2banTests(Fail2banTestCase):
    """Who would be banned for failed logins."""

    def tell(self, *events: kinds.Event) -> None:
        """Write events to the log as a server does."""
        teller = Teller(Brush(), utc_time)
        lines = (teller.line(Record(number, 1.0, 1.79e9, number, event)) for number, event in enumerate(events, 1))
        self.log.write_text("".join(lines), "utf-8")

    def denied(self, user: bytes = b"eve", address: str = "192.0.2.1", result: str = "denied") -> kinds.Event:
        return kinds.AuthAttempted(user=excerpt(user), result=result, means="password", peer_address=address)

    def test_addresses(self) -> None:
        """IPv4 and IPv6 addresses are found; a UNIX socket's peer is nobody, whatever it calls itself."""
        addresses = ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"]
        self.tell(*(self.denied(address=address) for address in [*addresses, "unix:203.0.113.9", "unix"]))
        self.assertEqual(self.banned(), ["192.0.2.1", "2001:db8::1", "192.0.2.1"])

    def test_only_failures(self) -> None:
        """Who came in, and who could not be checked, is not banned."""
        self.tell(*(self.denied(result=result) for result in ("accepted", "unavailable", "denied")))
        self.assertEqual(self.banned(), ["192.0.2.1"])

    def test_forged_names(self) -> None:
        """Whatever a peer calls itself, its own address is banned, and nobody else's."""
        self.tell(*(self.denied(user) for user in HOSTILE))
        self.assertEqual(self.banned(), ["192.0.2.1"] * len(HOSTILE))

    def test_other_lines(self) -> None:
        """No other line bans anybody, though a peer put the words of a failed login in it."""
        self.tell(
            kinds.Logged(level="warning", text=FORGED),
            kinds.Logged(level="debug", text=f"error\n    {FORGED}"),
            kinds.StateEntered(machine=FORGED, state="denied from 203.0.113.9 by password as x"),
            kinds.HttpExchanged(
                method="GET", url=f"/{FORGED}", status=404, bytes_in=0, bytes_out=0, seconds=1.0, user_agent=FORGED
            ),
            kinds.SshChannelChanged(channel="session", action="opened", detail=FORGED),
        )
        self.assertEqual(self.banned(), [])

    def test_real_log(self) -> None:
        """The log of a real server bans who really failed, at the moment of the failure and once for each."""
        home = Path(self.mktemp()).absolute()
        tnet(home, "users", "add", "alice", "--password-file", "-", stdin=b"pw")
        options = ("--port", "0", "-H", "127.0.0.1", "--output", "json", "--log-file", str(self.log))
        server = Running(self, home, "serve", "auth", *options)
        with socket.create_connection(("127.0.0.1", server.port), 20) as peer:
            peer.sendall(b"x denied from 203.0.113.9 by password as y\nno\nalice\nno\nalice\npw\n")
            receive_until(peer, b"Welcome")
            self.assertEqual(self.banned(), ["127.0.0.1", "127.0.0.1"])
        attempts = server.wait_for("auth.attempt", 3)
        self.assertEqual([event["network.peer.address"] for event in attempts], ["127.0.0.1"] * 3)
        self.assertEqual([event["result"] for event in attempts], ["denied", "denied", "accepted"])


class AccessLogTests(Fail2banTestCase):
    """Who would be banned for what is in an access log."""

    filter = CONTRIB / "tnet-web.conf"

    def tell(self, **more: object) -> None:
        """Write an exchange to the log, in both of its formats."""
        clf, told = Clf(), {"method": "GET", "url": "/", "bytes_in": 0, "bytes_out": 0, "seconds": 0.1} | more
        record = Record(1, 1.0, 1.79e9, 1, kinds.HttpExchanged(**told))
        with self.log.open("a", encoding="ascii") as log:
            log.write(clf.common(record) + clf.combined(record))

    def test_statuses(self) -> None:
        """Refused logins and too many of them count, whatever else is missing or forbidden does not."""
        for status, address in ((401, "192.0.2.1"), (429, "2001:db8::1"), (200, "192.0.2.2"), (404, "192.0.2.3")):
            self.tell(status=status, peer_address=address, bytes_out=7, user_agent="curl/8")
        self.assertEqual(self.banned(), ["192.0.2.1"] * 2 + ["2001:db8::1"] * 2)

    def test_forged(self) -> None:
        """Nothing that a client says bans anybody else, nor hides the client."""
        forged = '203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 401 -'
        for text in (forged, f'x"\n{forged}', f"x\n{forged}\n", 'x" 200 1 "', "[] x", "\\"):
            said = {"user": text, "user_agent": text, "referer": text}
            self.tell(status=401, url=f"/{text}", peer_address="192.0.2.1", **said)
            self.tell(status=200, url=f"/{text}", peer_address="192.0.2.2", **said)
            self.tell(status=401, url=f"/{text}", **said)
        self.assertEqual(self.banned(), ["192.0.2.1"] * 12)
