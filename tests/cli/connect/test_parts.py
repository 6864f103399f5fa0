"""A target and options in, ConnectPlan or ProbePlan out."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from tnet.cli.main import parse
from tnet.plans import TcpAddress, UnixAddress
from tnet.plans.addresses import UdpAddress, WebSocketAddress
from tnet.plans.connect import ConnectPlan, ProbePlan, Step, Talk
from tnet.plans.proxies import Proxy
from tnet.plans.tls import TlsDialing


def plan(*argv: str) -> Any:
    """The plan of a command line after `tnet connect`."""
    asked = parse(["connect", *argv])
    assert asked is not None
    return asked.plan


class ConnectTests(TestCase):
    """From the words of a person to a ConnectPlan."""

    def test_targets(self) -> None:
        """HOST:PORT, HOST PORT and unix:/path are the same grammar as everywhere."""
        self.assertEqual(plan("h:1"), ConnectPlan(target=TcpAddress("h", 1)))
        self.assertEqual(plan("h", "1"), plan("h:1"))
        self.assertEqual(plan("unix:/x").target, UnixAddress("/x"))

    def test_tls(self) -> None:
        """--tls and tls:// both ask for TLS, verified unless --insecure."""
        self.assertEqual(plan("h:1", "--tls").tls, TlsDialing())
        self.assertEqual(plan("tls://h:1", "--insecure", "--sni", "n").tls, TlsDialing(verify=False, server_name="n"))
        self.assertIsNone(plan("h:1").tls)

    def test_everything_else(self) -> None:
        """Each option sets its field."""
        full = plan(
            "h:1", "-6", "--crlf", "--raw", "--no-shutdown", "--linger", "1", "--idle-timeout", "2", "--source", "::1"
        )
        self.assertEqual(
            full,
            ConnectPlan(
                target=TcpAddress("h", 1),
                family=6,
                crlf=True,
                raw=True,
                shutdown=False,
                linger_seconds=1,
                idle_seconds=2,
                source="::1",
            ),
        )

    def test_other_kinds_of_target(self) -> None:
        """Datagrams and WebSockets."""
        self.assertEqual(plan("udp://h:1").target, UdpAddress("h", 1))
        asked = plan("wss://h/x", "--text", "--message-size", "1KiB")
        self.assertEqual(
            (asked.target, asked.text, asked.message_bytes), (WebSocketAddress("h", 443, "/x", True), True, 1024)
        )
        self.assertEqual(asked.tls, TlsDialing())

    def test_ways(self) -> None:
        """A chain of proxies, the PROXY protocol with and without a version, STARTTLS and trust at first sight."""
        asked = plan("h:1", "--proxy", "socks5://a", "--proxy", "http://b:2", "--proxy-protocol", "v2", "--retry", "3")
        self.assertEqual(asked.proxies, (Proxy("socks5", "a", 1080), Proxy("http", "b", 2)))
        self.assertEqual((asked.proxy_protocol, asked.retries), ("v2", 3))
        self.assertEqual(plan("h:1", "--starttls", "imap", "--pin", "sha256//" + "A" * 43 + "=").starttls, "imap")
        self.assertTrue(plan("h:1", "--tls", "--tofu").tls.known_hosts.endswith("/known_hosts"))

    def test_proxy_protocol(self) -> None:
        """Its version is the next word only if that is one: else the target, or another option, may follow."""
        for words, version in (
            (["--proxy-protocol", "h:1"], "v1"),
            (["--proxy-protocol", "--", "h:1"], "v1"),
            (["--proxy-protocol", "--crlf", "h:1"], "v1"),
            (["h:1", "--proxy-protocol"], "v1"),
            (["--proxy-protocol", "v2", "h:1"], "v2"),
            (["--proxy-protocol=v2", "h:1"], "v2"),
        ):
            with self.subTest(words=words):
                asked = plan(*words)
                self.assertEqual((asked.target, asked.proxy_protocol), (TcpAddress("h", 1), version))

    def test_talk(self) -> None:
        """Steps in their order, and what is kept."""
        talk = plan("h:1", "--expect", "a", "--send", r"b\r\n", "--step-timeout", "2", "--record", "f", "--hex").talk
        self.assertEqual([(step.action, step.data) for step in talk.steps], [("expect", b"a"), ("send", b"b\r\n")])
        self.assertEqual((talk.step_seconds, talk.record, talk.hex), (2.0, "f", True))
        self.assertEqual(
            plan("h:1", "--replay", "r", "--replay-mode", "line").talk, Talk(replay="r", replay_mode="line")
        )
        self.assertIsInstance(talk.steps[0], Step)

    def test_probe(self) -> None:
        """Ports and ranges of one host."""
        asked = plan("localhost:22,80-82", "--probe", "--json", "--parallel", "3")
        self.assertEqual(
            asked, ProbePlan(host="localhost", ports=(22, 80, 81, 82), parallel=3, as_json=True, seconds=2.0)
        )

    def test_time_for_each_port(self) -> None:
        """What was asked for, even if it is the limit of a connection; else much less than a connection gets."""
        for seconds in (0.5, 10, 30):
            self.assertEqual(plan("h:1", "--probe", "--connect-timeout", str(seconds)).seconds, seconds)
        self.assertEqual(plan("h:1", "--probe").seconds, 2)
