"""Listening on a reactor that only takes notes; the real thing is in tests/end_to_end/test_listen.py."""

from __future__ import annotations

import socket
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import DatagramProtocol, Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.errors import CannotListen
from tnet.net.datagrams.port import DatagramService
from tnet.net.listen import BACKLOG, CHOICES, UNIX_MODE, Bound, listen, listen_everywhere
from tnet.plans import Limits
from tnet.plans.addresses import TcpAddress, UnixAddress, parse_listen


class Picky(MemoryReactorClock):
    """Refuses some interfaces with an error number."""

    def __init__(self, refused: dict[str, int]) -> None:
        super().__init__()
        self.refused = refused
        self.stopped: list[Any] = []

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        if interface in self.refused:
            raise CannotListenError(interface, port, OSError(self.refused[interface], ""))
        made = super().listenTCP(port or 40000, factory, backlog, interface)
        kind = IPv6Address if ":" in interface else IPv4Address
        made.getHost = lambda: kind("TCP", interface, port or 40000)
        made.stopListening = lambda: self.stopped.append(interface)
        return made


class Names:
    """Knows one host name."""

    def run(self, function: Any, /, host: str, *args: Any, **kwargs: Any) -> Deferred[Any]:
        if host != "two.test":
            return fail(socket.gaierror(socket.EAI_NONAME, "unknown"))
        return succeed([(0, 0, 0, "", (each, 0)) for each in ("192.0.2.1", "2001:db8::1", "192.0.2.1")])


class _Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.use({})

    def use(self, refused: dict[str, int]) -> None:
        """Begin anew, with a reactor that refuses these interfaces."""
        from dataclasses import replace

        self.reactor = Picky(refused)
        self.world = World(self.reactor)
        self.context = replace(self.world.context, names=Names())
        self.factory = Factory()

    def listen(self, text: str) -> Deferred[list[Bound]]:
        return Deferred.fromCoroutine(listen(parse_listen(text), self.factory, self.context))

    def everywhere(self, *texts: str) -> Deferred[list[Bound]]:
        wanted = [(parse_listen(text), self.factory) for text in texts]
        return Deferred.fromCoroutine(listen_everywhere(wanted, self.context))

    def refusal(self, text: str) -> CannotListen:
        """Why `text` cannot be listened on."""
        error = self.failureResultOf(self.listen(text), CannotListen).value
        assert isinstance(error, CannotListen)
        return error

    def addresses(self, bound: list[Bound]) -> list[str]:
        return [str(one.address) for one in bound]


class TcpTests(_Case):
    """Ports."""

    def test_literal(self) -> None:
        """An address is listened on as it stands, and TLS is remembered."""
        bound = self.successResultOf(self.listen("tls://192.0.2.1:8443"))
        self.assertEqual([one.address for one in bound], [TcpAddress("192.0.2.1", 8443, tls=True)])
        self.assertEqual(self.reactor.tcpServers, [(8443, self.factory, BACKLOG, "192.0.2.1")])

    def test_name(self) -> None:
        """A name is listened on at each of its addresses once, all with one port."""
        bound = self.successResultOf(self.listen("two.test:0"))
        self.assertEqual(self.addresses(bound), ["tcp://192.0.2.1:40000", "tcp://[2001:db8::1]:40000"])

    def test_known_names(self) -> None:
        """Loopback and everywhere are both families, and nobody is asked what they mean."""
        self.assertEqual(
            self.addresses(self.successResultOf(self.listen("localhost:1"))), ["tcp://127.0.0.1:1", "tcp://[::1]:1"]
        )
        everywhere = Deferred.fromCoroutine(listen(TcpAddress("*", 2), self.factory, self.context))
        self.assertEqual(self.addresses(self.successResultOf(everywhere)), ["tcp://0.0.0.0:2", "tcp://[::]:2"])

    def test_name_with_an_address_that_is_missing(self) -> None:
        """On a machine without IPv6 a name gives what there is; with nothing it is an error."""
        self.use({"::1": EADDRNOTAVAIL})
        self.assertEqual(self.addresses(self.successResultOf(self.listen("localhost:1"))), ["tcp://127.0.0.1:1"])
        self.use({"127.0.0.1": EADDRNOTAVAIL, "::1": EAFNOSUPPORT})
        self.assertEqual(self.refusal("localhost:1").reason, "this machine has no addresses of that family")

    def test_name_with_a_busy_port(self) -> None:
        """A port that is busy on one address of a name is busy, and the others are let go."""
        self.use({"::1": EADDRINUSE})
        self.assertEqual(self.refusal("localhost:1").reason, "the port is in use")
        self.assertEqual(self.reactor.stopped, ["127.0.0.1"])

    def test_chosen_port_that_is_busy_elsewhere(self) -> None:
        """When the port that the system chose is taken on the other address it may choose again, so many times."""
        self.use({"::1": EADDRINUSE})
        self.failureResultOf(self.listen("localhost:0"), CannotListen)
        self.assertEqual(self.reactor.stopped, ["127.0.0.1"] * CHOICES)

    def test_reasons(self) -> None:
        """Each common failure has plain words and something to do about it."""
        self.use({"192.0.2.1": EADDRINUSE, "192.0.2.2": EADDRNOTAVAIL, "192.0.2.3": EACCES, "::2": EAFNOSUPPORT})
        busy, absent = self.refusal("192.0.2.1:8000"), self.refusal("192.0.2.2:8000")
        low, high, family = self.refusal("192.0.2.3:80"), self.refusal("192.0.2.3:8080"), self.refusal("[::2]:1")
        self.assertEqual(str(busy), "cannot listen on tcp://192.0.2.1:8000: the port is in use")
        self.assertIn(":8000", busy.hint)
        self.assertIn("--port 0", busy.hint)
        self.assertEqual(absent.reason, "this machine does not have that address")
        self.assertIn("below 1024", low.hint)
        self.assertEqual((high.reason, high.hint), ("not permitted", ""))
        self.assertEqual(family.reason, "this machine has no addresses of that family")

    def test_unknown_name(self) -> None:
        """A name that nobody knows is the user's mistake."""
        self.assertEqual(self.refusal("nowhere:80").reason, "no such host name")

    def test_stop(self) -> None:
        """Stopping stops the port."""
        (bound,) = self.successResultOf(self.listen("192.0.2.1:1"))
        self.successResultOf(bound.stop())
        self.assertEqual(self.reactor.stopped, ["192.0.2.1"])


class UnixTests(_Case):
    """Paths."""

    def test_path(self) -> None:
        """A UNIX socket is its owner's alone."""
        (bound,) = self.successResultOf(self.listen("unix:/run/x"))
        self.assertEqual(bound.address, UnixAddress("/run/x"))
        self.assertEqual(self.reactor.unixServers, [("/run/x", self.factory, BACKLOG, UNIX_MODE, 0)])
        self.assertEqual(UNIX_MODE, 0o600)

    def test_abstract(self) -> None:
        """`@` is the abstract namespace."""
        self.successResultOf(self.listen("unix:@x"))
        self.assertEqual(self.reactor.unixServers[0][0], "\0x")


class EverywhereTests(_Case):
    """Several addresses."""

    def test_all(self) -> None:
        """Each address is listened on."""
        bound = self.successResultOf(self.everywhere("127.0.0.1:1", "[::1]:2", "unix:@x"))
        self.assertEqual(self.addresses(bound), ["tcp://127.0.0.1:1", "tcp://[::1]:2", "unix:@x"])

    def test_all_or_none(self) -> None:
        """When one fails the others are let go."""
        self.use({"192.0.2.2": EADDRINUSE})
        self.failureResultOf(self.everywhere("192.0.2.1:1", "192.0.2.2:1"), CannotListen)
        self.assertEqual(self.reactor.stopped, ["192.0.2.1"])


class MismatchTests(_Case):
    """Who mixes up streams and datagrams."""

    def test_refused(self) -> None:
        """A factory serves no datagrams, and what is for datagrams no streams."""
        self.failureResultOf(self.listen("udp://192.0.2.1:1"), TypeError)
        service = DatagramService(DatagramProtocol, Limits(), self.context)
        job = Deferred.fromCoroutine(listen(TcpAddress("192.0.2.1", 1), service, self.context))
        self.failureResultOf(job, AssertionError)
