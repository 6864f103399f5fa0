"""What the person who starts a web server is told."""

from __future__ import annotations

import webbrowser
from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import TestCase

from tests.support import AtOnce
from tnet.plans import TcpAddress, UnixAddress
from tnet.plans.web import WebPlan, parse_acl, parse_bin
from tnet.servers.web import welcome
from tnet.servers.web.welcome import qr, warnings


class Log:
    """As much of a publisher as is needed."""

    def __init__(self) -> None:
        self.logged: list[tuple[str, str]] = []

    def log(self, level: str, text: str, hint: str = "") -> None:
        """Keep it."""
        self.logged.append((level, text))


class AContext:
    """As much of a context as is needed."""

    workers = AtOnce()

    def __init__(self, publisher: Log) -> None:
        self.publisher = publisher


def plan(**options: Any) -> WebPlan:
    """A plan that listens somewhere."""
    return WebPlan(**({"listen": (TcpAddress("localhost", 8080),)} | options))


class WarningTests(TestCase):
    """What may not be meant."""

    def test_only_when_exposed(self) -> None:
        """Nobody is warned of what only this machine can do."""
        self.assertEqual(warnings(plan(upload=True, inspect=True, users="x")), ())

    def test_each(self) -> None:
        """Uploads by anybody, and an inspector that few can see."""
        for options, word in (
            ({"upload": True}, "write new files"),
            ({"upload": True, "modify": True}, "change what is"),
            ({"inspect": True}, "inspector"),
        ):
            (line,) = warnings(plan(public=True, **options))
            self.assertIn(word, line)

    def test_inspector_for_nobody(self) -> None:
        """Where people may not all see the same, one of them has to be named for the inspector to be of use."""
        acl = parse_acl("/=*:lr,ann:all")
        (line,) = warnings(plan(inspect=True, users="x", acl=acl))
        self.assertIn("--acl '/_tnet=NAME:all'", line)
        self.assertEqual(warnings(plan(inspect=True, users="x", acl=acl + parse_acl("/_tnet=ann:all"))), ())

    def test_none(self) -> None:
        """Who asks for a login over TLS, or rules who may write, is not told of it."""
        secured = (TcpAddress("*", 443, True),)
        self.assertEqual(warnings(plan(public=True, listen=secured, upload=True, users="x")), ())
        self.assertEqual(warnings(plan(public=True, upload=True, acl=parse_acl("/=*:lr"))), ())


class WelcomeTests(TestCase):
    """Where it is."""

    def setUp(self) -> None:
        self.publisher = Log()

    def told(self, *bound: Any, **options: Any) -> tuple[str, ...]:
        """The lines for a plan that is bound there."""
        context: Any = AContext(self.publisher)
        return welcome.welcome(plan(**options), bound, context)

    def test_nothing_more_to_say(self) -> None:
        """The story tells where it listens already; a UNIX socket has no URL."""
        self.assertEqual(self.told(TcpAddress("127.0.0.1", 8080)), ())
        self.assertEqual(self.told(UnixAddress("/run/x"), qr=True), ())

    def test_from_outside(self) -> None:
        """A server that is everywhere has an address for others, without the port that they would take anyway."""
        with patch.object(welcome, "outward_addresses", lambda: {"192.168.1.5", "2001:db8::5"}):
            bound = TcpAddress("0.0.0.0", 80), TcpAddress("::", 80)
            self.assertEqual(
                self.told(*bound, public=True),
                ("from other machines: http://192.168.1.5/", "from other machines: http://[2001:db8::5]/"),
            )
            (_, shown) = self.told(TcpAddress("0.0.0.0", 8443, True), public=True, qr=True)
            self.assertTrue(shown.startswith("https://192.168.1.5:8443/\n"))

    def test_pages(self) -> None:
        """The inspector's page, and what is collected."""
        lines = self.told(TcpAddress("::1", 8080), inspect=True, bins=(parse_bin("/hook"),))
        self.assertIn("every exchange, live: http://[::1]:8080/_tnet/", lines)
        self.assertIn("everything sent to http://[::1]:8080/hook is kept", lines)

    def test_opens_a_browser(self) -> None:
        """It is asked to show where we are."""
        with patch("webbrowser.open", return_value=True) as opened:
            self.told(TcpAddress("127.0.0.1", 8080), open_browser=True)
        opened.assert_called_once_with("http://127.0.0.1:8080/")
        self.assertEqual(self.publisher.logged, [])

    def test_no_browser(self) -> None:
        """Where there is none, that is said."""
        for outcome in ({"return_value": False}, {"side_effect": webbrowser.Error}):
            with patch("webbrowser.open", **outcome):
                self.told(TcpAddress("127.0.0.1", 8080), open_browser=True)
            self.assertEqual(self.publisher.logged.pop(), ("warning", "no browser could be opened"))

    def test_qr(self) -> None:
        """The picture is a square of blocks, as wide as it is high twice over."""
        lines = qr("http://192.168.1.5:8080/").split("\n")
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})
        self.assertLess(set("".join(lines)), set(" \u2580\u2584\u2588x"))
        self.assertIn(len(lines[0]), (2 * len(lines), 2 * len(lines) - 1))
