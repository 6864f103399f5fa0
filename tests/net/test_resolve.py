"""Name resolution."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.errors import NameFailure, NameNotResolved, Overloaded
from tnet.events.kinds import DnsAnswered
from tnet.net.resolve import MOST_ADDRESSES, ascii_name, interleave, literal_family, resolve
from tnet.plans import TcpAddress


class Names:
    """A resolver that answers what the test wants, and remembers what it was asked."""

    def __init__(self, answer: Callable[[], Deferred[Any]]) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._answer = answer

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        self.asked.append((function, *args))
        return self._answer()


def entry(address: str, zone: int = 0) -> tuple[Any, ...]:
    """One line of getaddrinfo's answer."""
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, 0, 0, zone))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))


class ResolveTests(TestCase):
    """`resolve`."""

    def setUp(self) -> None:
        self.world = World()

    def resolve(
        self, host: str, answer: Callable[[], Deferred[Any]] = lambda: fail(AssertionError("asked")), **options: Any
    ) -> Deferred[list[TcpAddress]]:
        self.names = Names(answer)
        context = replace(self.world.context, names=self.names)
        return Deferred.fromCoroutine(resolve(host, 80, context, context.publisher.trace(), **options))

    def failure_of(self, host: str, answer: Callable[[], Deferred[Any]], **options: Any) -> NameFailure:
        error = self.failureResultOf(self.resolve(host, answer, **options), NameNotResolved).value
        self.assertEqual(error.host, host)
        return error.failure

    def test_literals(self) -> None:
        """An IP literal is its own answer, without a thread and without an event."""
        for host in ("127.0.0.1", "::1", "fe80::1%eth0"):
            self.assertEqual(self.successResultOf(self.resolve(host)), [TcpAddress(host, 80)])
        self.assertEqual((self.names.asked, self.world.recorder.records), ([], []))

    def test_literal_of_the_other_family(self) -> None:
        """A literal that the wanted family excludes has no address."""
        refused = self.failure_of("::1", lambda: fail(AssertionError("asked")), family=4)
        self.assertIs(refused, NameFailure.NO_ADDRESS)

    def test_name(self) -> None:
        """A name's addresses come interleaved, and the lookup is an event with its length."""
        waiting: Deferred[Any] = Deferred()
        found = self.resolve("Host.Example", lambda: waiting)
        self.world.reactor.advance(0.5)
        waiting.callback([entry("::1"), entry("::2"), entry("192.0.2.1")])
        addresses = [address.host for address in self.successResultOf(found)]
        self.assertEqual(addresses, ["::1", "192.0.2.1", "::2"])
        self.assertEqual(self.names.asked, [(socket.getaddrinfo, "host.example", None, 0, socket.SOCK_STREAM)])
        self.assertEqual(
            self.world.recorder.of(DnsAnswered),
            [DnsAnswered(host="Host.Example", addresses=tuple(addresses), seconds=0.5)],
        )

    def test_family_is_passed_on(self) -> None:
        """The wanted family is asked for."""
        for family, asked in ((4, socket.AF_INET), (6, socket.AF_INET6)):
            self.successResultOf(self.resolve("a.example", lambda: succeed([entry("::1")]), family=family))
            self.assertEqual(self.names.asked[0][3], asked)

    def test_rooted_name(self) -> None:
        """A final dot is kept for the lookup: it stops the search list."""
        self.successResultOf(self.resolve("a.example.", lambda: succeed([entry("::1")])))
        self.assertEqual(self.names.asked[0][1], "a.example.")

    def test_zone(self) -> None:
        """A link-local answer keeps its zone."""
        found = self.successResultOf(self.resolve("a.example", lambda: succeed([entry("fe80::1", 3)])))
        self.assertEqual(found, [TcpAddress("fe80::1%3", 80)])

    def test_kinds_of_failure(self) -> None:
        """C21: no such name, no address and no answer are three different failures, each told by the event."""
        for number, expected in (
            (socket.EAI_NONAME, NameFailure.NOT_FOUND),
            (socket.EAI_NODATA, NameFailure.NO_ADDRESS),
            (socket.EAI_AGAIN, NameFailure.TEMPORARY),
            (socket.EAI_FAIL, NameFailure.FAILED),
        ):
            answer = lambda number=number: fail(socket.gaierror(number, "text"))  # noqa: E731
            self.assertIs(self.failure_of("a.example", answer), expected)
            self.assertEqual(self.world.recorder.of(DnsAnswered)[-1].error, expected.value)

    def test_answer_without_addresses(self) -> None:
        """An answer of other families only is no address."""
        self.assertIs(self.failure_of("a.example", lambda: succeed([])), NameFailure.NO_ADDRESS)

    def test_bad_names(self) -> None:
        """C21: what cannot be a name is never asked for."""
        for host in ("", ".", "a..b", "." + "a", "a" * 64, ".".join(["abcdefgh"] * 30), "a\0b", "\u2488com", "xn--ü.x"):
            self.assertIs(
                self.failure_of(host, lambda: fail(AssertionError("asked"))), NameFailure.BAD_NAME, repr(host)
            )
        self.assertIs(self.failure_of("a", lambda: fail(UnicodeError("label"))), NameFailure.BAD_NAME)

    def test_cancelling(self) -> None:
        """A lookup that is cancelled says so, and does not wait for its thread."""
        found = self.resolve("a.example", Deferred)
        self.world.reactor.advance(2)
        found.cancel()
        self.failureResultOf(found, CancelledError)
        (event,) = self.world.recorder.of(DnsAnswered)
        self.assertEqual((event.error, event.seconds), ("cancelled", 2))

    def test_overload(self) -> None:
        """A full queue is our error, not the name's."""
        self.failureResultOf(self.resolve("a.example", lambda: fail(Overloaded("names"))), Overloaded)
        self.assertIn("busy", self.world.recorder.of(DnsAnswered)[0].error)


class NameTests(TestCase):
    """`ascii_name` and `literal_family`."""

    def test_forms(self) -> None:
        """Case, final dot and international letters are brought to the form that certificates have."""
        self.assertEqual(ascii_name("EXAMPLE.com."), "example.com")
        self.assertEqual(ascii_name("Bücher.example"), "xn--bcher-kva.example")
        self.assertEqual(ascii_name("faß.example"), "xn--fa-hia.example")

    def test_families(self) -> None:
        """Literals have a family, names have none."""
        cases = {"127.0.0.1": 4, "::1": 6, "fe80::1%lo": 6, "localhost": None, "1.2.3": None, "[::1]": None}
        self.assertEqual({host: literal_family(host) for host in cases}, cases)


class InterleaveTests(TestCase):
    """`interleave`."""

    def test_turns(self) -> None:
        """Families take turns, beginning with the system's first choice; the longer rest follows."""
        self.assertEqual(interleave(["1.1.1.1", "2.2.2.2", "::1", "3.3.3.3"]), ["1.1.1.1", "::1", "2.2.2.2", "3.3.3.3"])

    @given(st.lists(st.ip_addresses().map(str), max_size=60))
    def test_nothing_invented(self, addresses: list[str]) -> None:
        """Each address once, the order inside a family kept, the number bounded, the first one first."""
        turned = interleave(addresses)
        unique = list(dict.fromkeys(addresses))
        self.assertEqual(len(turned), min(len(unique), MOST_ADDRESSES))
        self.assertEqual(turned[:1], unique[:1])
        for family in (4, 6):
            kept = [each for each in turned if literal_family(each) == family]
            self.assertEqual(kept, [each for each in unique if literal_family(each) == family][: len(kept)])
