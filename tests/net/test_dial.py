"""Dialling, on a reactor in memory."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from errno import EACCES, ECONNREFUSED, EHOSTUNREACH, EMFILE, ENOENT
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.error import (
    ConnectBindError,
    ConnectionDone,
    ConnectionRefusedError,
    TimeoutError,
    getConnectError,
)
from twisted.internet.protocol import Protocol
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.errors import (
    BadUsage,
    CaFileUnusable,
    ConnectFailed,
    NameFailure,
    NameNotResolved,
    ProxyRefused,
    StartTlsRefused,
    TimedOut,
    TlsFailed,
)
from tnet.events.kinds import DialAttempted, DnsAnswered, SpanEnded
from tnet.net.dial import DialCancelled, dial
from tnet.plans import TcpAddress, UdpAddress, UnixAddress, WebSocketAddress
from tnet.plans.proxies import Proxy
from tnet.plans.tls import TlsDialing

TARGET = TcpAddress("host.example", 80)
REFUSED = ConnectionRefusedError(ECONNREFUSED, "")


class Answering:
    """A resolver with one answer."""

    def __init__(self, answer: Callable[[], Deferred[Any]]) -> None:
        self._answer = answer

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return self._answer()


class DialTestCase(SynchronousTestCase):
    """A test with a world whose one name has two addresses."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.world = World(self.reactor)
        self.built: list[Protocol] = []
        self.answer: Callable[[], Deferred[Any]] = lambda: succeed(
            [
                (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0)),
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
            ]
        )

    def build(self) -> Protocol:
        self.built.append(Protocol())
        return self.built[-1]

    def dial(self, target: Any = TARGET, **options: Any) -> Deferred[Protocol]:
        context = replace(self.world.context, names=Answering(self.answer))
        return Deferred.fromCoroutine(dial(target, self.build, context, self.world.publisher.trace(), **options))

    def fails(self, number: int, error: Exception) -> None:
        """The attempt of that number ends in `error`."""
        self.reactor.tcpClients[number][2].clientConnectionFailed(None, Failure(error))

    def succeeds(self, number: int) -> StringTransport:
        """The attempt of that number is connected, over the transport that is returned."""
        transport = StringTransport()
        protocol = self.reactor.tcpClients[number][2].buildProtocol(None)
        protocol.makeConnection(transport)
        self.reactor.advance(0)
        return transport

    @property
    def tried(self) -> list[str]:
        """The addresses of all attempts, in order."""
        return [client[0] for client in self.reactor.tcpClients]

    @property
    def outcomes(self) -> list[tuple[str, str, str | None]]:
        """What the events say of the attempts."""
        return [(each.peer_address, each.outcome, each.error) for each in self.world.recorder.of(DialAttempted)]


class TcpTests(DialTestCase):
    """`dial` to TCP addresses."""

    def test_connected(self) -> None:
        """The protocol is the one that was built, connected to the transport itself."""
        dialling = self.dial()
        transport = self.succeeds(0)
        protocol = self.successResultOf(dialling)
        self.assertEqual(self.built, [protocol])
        self.assertIs(protocol.transport, transport)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_given_once_it_is_connected(self) -> None:
        """Nobody gets a protocol before its connectionMade was called."""
        dialling = self.dial()
        protocol = self.reactor.tcpClients[0][2].buildProtocol(None)
        self.assertNoResult(dialling)
        protocol.makeConnection(StringTransport())
        self.reactor.advance(0)
        self.assertTrue(self.successResultOf(dialling).connected)

    def test_story(self) -> None:
        """Lookup, attempt and opening are told in this order, with their lengths."""
        dialling = self.dial()
        self.reactor.advance(0.1)
        self.succeeds(0)
        self.successResultOf(dialling)
        self.assertEqual(self.world.recorder.names, ["dns.answer", "dial.attempt", "connection.open"])
        (attempt,) = self.world.recorder.of(DialAttempted)
        self.assertEqual(attempt, DialAttempted(peer_address="2001:db8::1", peer_port=80, outcome="ok", seconds=0.1))

    def test_second_address_after_the_stagger(self) -> None:
        """C19: a silent first address gets company after 250 ms, and is given up when the company is quicker."""
        dialling = self.dial()
        self.reactor.advance(0.249)
        self.assertEqual(self.tried, ["2001:db8::1"])
        self.reactor.advance(0.002)
        self.assertEqual(self.tried, ["2001:db8::1", "192.0.2.1"])
        self.succeeds(1)
        self.successResultOf(dialling)
        self.assertEqual(self.outcomes, [("192.0.2.1", "ok", None), ("2001:db8::1", "cancelled", None)])
        self.assertTrue(self.reactor.connectors[0].stoppedConnecting)

    def test_second_address_at_once(self) -> None:
        """C19: a refused first address costs no waiting."""
        dialling = self.dial()
        self.fails(0, REFUSED)
        self.assertEqual(self.tried, ["2001:db8::1", "192.0.2.1"])
        self.succeeds(1)
        self.successResultOf(dialling)
        self.assertEqual(self.outcomes[0], ("2001:db8::1", "failed", "connection refused"))

    def test_all_fail(self) -> None:
        """C20: every failure is listed, with its address and reason in plain words."""
        dialling = self.dial()
        self.reactor.advance(0.1)
        self.fails(0, getConnectError((EHOSTUNREACH, "")))
        self.reactor.advance(0.2)
        self.fails(1, TimeoutError())
        error = self.failureResultOf(dialling, ConnectFailed).value
        self.assertEqual(
            [(each.address, each.reason, round(each.seconds, 3)) for each in error.attempts],
            [("[2001:db8::1]:80", "no route to host", 0.1), ("192.0.2.1:80", "timed out", 0.2)],
        )
        self.assertEqual(error.target, "host.example:80")
        self.assertEqual((self.built, self.reactor.getDelayedCalls()), ([], []))

    def test_literal(self) -> None:
        """An IP literal is tried without a lookup."""
        dialling = self.dial(TcpAddress("::1", 7))
        self.succeeds(0)
        self.successResultOf(dialling)
        self.assertEqual(self.world.recorder.of(DnsAnswered), [])

    def test_name_without_address(self) -> None:
        """A lookup's failure is passed on, and nothing is tried."""
        self.answer = lambda: fail(socket.gaierror(socket.EAI_NONAME, ""))
        error = self.failureResultOf(self.dial(), NameNotResolved).value
        self.assertIs(error.failure, NameFailure.NOT_FOUND)
        self.assertEqual(self.tried, [])

    def test_source(self) -> None:
        """The source address is bound, and it decides the family that is looked up."""
        asked: list[Any] = []
        context = replace(self.world.context, names=Asked(asked))
        trace = self.world.publisher.trace()
        dialling = Deferred.fromCoroutine(dial(TARGET, self.build, context, trace, source="127.0.0.9:5000"))
        self.assertEqual(asked[0][2], socket.AF_INET)
        self.assertEqual(self.reactor.tcpClients[0][4], ("127.0.0.9", 5000))
        self.fails(0, ConnectBindError(99, ""))
        error = self.failureResultOf(dialling, ConnectFailed).value
        self.assertEqual(error.attempts[0].reason, "the source address cannot be used: cannot assign requested address")

    def test_no_socket(self) -> None:
        """A socket that cannot be had is not the fault of a source address that nobody gave."""
        dialling = self.dial(TcpAddress("::1", 7))
        self.fails(0, ConnectBindError(EMFILE, ""))
        error = self.failureResultOf(dialling, ConnectFailed).value
        self.assertEqual(error.attempts[0].reason, "too many open files")

    def test_bad_source(self) -> None:
        """A source that is none, or of the wrong family, is refused before anything happens."""
        for options in ({"source": "nowhere"}, {"source": "::1", "family": 4}):
            self.failureResultOf(self.dial(**options), BadUsage)
        self.assertEqual(self.world.recorder.records, [])


class Asked:
    """A resolver that notes what it was asked."""

    def __init__(self, asked: list[Any]) -> None:
        self._asked = asked

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        self._asked.append(args)
        return succeed([(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))])


class DeadlineTests(DialTestCase):
    """The one deadline, and cancelling."""

    def test_name_lookup(self) -> None:
        """A lookup that never ends is named."""
        self.answer = Deferred
        dialling = self.dial(seconds=5)
        self.reactor.advance(5)
        error = self.failureResultOf(dialling, TimedOut).value
        self.assertEqual((error.phase, error.seconds), ("name lookup", 5))

    def test_connecting(self) -> None:
        """Addresses that never answer are given up, and said to have timed out."""
        dialling = self.dial(seconds=5)
        self.reactor.pump([0.5] * 10)
        self.assertEqual(self.failureResultOf(dialling, TimedOut).value.phase, "connecting")
        self.assertEqual([outcome[1:] for outcome in self.outcomes], [("failed", "timed out")] * 2)
        self.assertTrue(all(connector.stoppedConnecting for connector in self.reactor.connectors))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_handshake(self) -> None:
        """A peer that never answers the ClientHello is named by its phase, and cut off."""
        dialling = self.dial(tls=TlsDialing(verify=False), seconds=5)
        transport = self.succeeds(0)
        self.assertTrue(transport.value().startswith(b"\x16\x03\x01"), "a ClientHello")
        self.reactor.advance(5)
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, TimedOut).value
        self.assertEqual((error.phase, transport.ended_because), ("TLS handshake", str(error)))  # type: ignore[attr-defined]
        self.assertTrue(transport.disconnecting or transport.disconnected)

    def test_one_deadline_for_all(self) -> None:
        """C22: what the lookup took is not there for the rest."""
        waiting: Deferred[Any] = Deferred()
        self.answer = lambda: waiting
        dialling = self.dial(seconds=5)
        self.reactor.advance(4)
        waiting.callback([(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))])
        self.reactor.advance(1)
        self.assertEqual(self.failureResultOf(dialling, TimedOut).value.phase, "connecting")

    def test_lookup_alone(self) -> None:
        """The lookup's own deadline ends before the one for all, and holds for nothing else."""
        self.answer = Deferred
        dialling = self.dial(seconds=5, dns_seconds=2)
        self.reactor.advance(2)
        error = self.failureResultOf(dialling, TimedOut).value
        self.assertEqual((error.phase, error.seconds), ("name lookup", 2))
        slow = self.dial(TcpAddress("::1", 7), seconds=5, dns_seconds=2)
        self.reactor.advance(3)
        self.assertNoResult(slow)
        slow.cancel()
        self.failureResultOf(slow, CancelledError)

    def test_handshake_alone(self) -> None:
        """So does the handshake's, which begins when there is a connection."""
        dialling = self.dial(tls=TlsDialing(verify=False), seconds=9, tls_seconds=2)
        self.reactor.advance(0.1)
        self.succeeds(0)
        self.reactor.advance(1.9)
        self.assertNoResult(dialling)
        self.reactor.advance(0.1)
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, TimedOut).value
        self.assertEqual((error.phase, error.seconds), ("TLS handshake", 2))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_no_deadline(self) -> None:
        """0 seconds is no limit."""
        dialling = self.dial(seconds=0)
        self.reactor.pump([1.0] * 1000)
        self.assertNoResult(dialling)
        self.succeeds(0)
        self.successResultOf(dialling)

    def test_cancelled_while_looking_up(self) -> None:
        """C22: cancelling does not wait for a resolver that does not answer."""
        self.answer = Deferred
        self.cancelled(self.dial(), "name lookup")

    def test_cancelled_while_connecting(self) -> None:
        """Cancelling ends every attempt, as cancelled."""
        dialling = self.dial()
        self.reactor.advance(0.3)
        self.cancelled(dialling, "connecting")
        self.assertEqual([outcome[1] for outcome in self.outcomes], ["cancelled", "cancelled"])
        self.assertTrue(all(connector.stoppedConnecting for connector in self.reactor.connectors))

    def test_cancelled_between_connecting_and_connected(self) -> None:
        """Cancelling in the turn in which the connection is made cuts it off."""
        dialling = self.dial()
        transport = StringTransport()
        self.reactor.tcpClients[0][2].buildProtocol(None).makeConnection(transport)
        self.cancelled(dialling, "connecting")
        self.assertTrue(transport.disconnected)

    def test_cancelled_while_securing(self) -> None:
        """Cancelling in the handshake cuts the connection off."""
        dialling = self.dial(tls=TlsDialing(verify=False))
        transport = self.succeeds(0)
        self.cancelled(dialling, "TLS handshake")
        self.assertTrue(transport.disconnected)

    def cancelled(self, dialling: Deferred[Any], phase: str) -> None:
        """Cancel it: it ends as cancelled and says in which phase, so that whoever had a deadline can tell."""
        dialling.cancel()
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, CancelledError).value
        self.assertIsInstance(error, DialCancelled)
        self.assertEqual(error.phase, phase)
        self.assertEqual(self.reactor.getDelayedCalls(), [])


class TlsTests(DialTestCase):
    """`dial` with TLS; the handshakes themselves are tested elsewhere."""

    def test_files_come_first(self) -> None:
        """A CA file that cannot be read fails before a name is looked up."""
        self.failureResultOf(self.dial(tls=TlsDialing(ca_file="/missing")), CaFileUnusable)
        self.assertEqual((self.tried, self.world.recorder.records), ([], []))

    def test_target_that_says_tls(self) -> None:
        """A `tls://` target is secured even when no plan says how."""
        dialling = self.dial(TcpAddress("192.0.2.1", 443, tls=True))
        self.assertTrue(self.succeeds(0).value().startswith(b"\x16\x03\x01"))
        dialling.cancel()
        self.reactor.advance(0)
        self.failureResultOf(dialling, CancelledError)

    def test_failed_handshake(self) -> None:
        """A handshake that fails is raised in words, and told to the protocol that was built."""
        dialling = self.dial(tls=TlsDialing(verify=False))
        client = self.reactor.tcpClients[0][2]
        outer = client.buildProtocol(None)
        outer.makeConnection(StringTransport())
        self.reactor.advance(0)
        lost: list[BaseException | None] = []
        self.built[0].connectionLost = lambda reason=None: lost.append(reason.value)  # type: ignore[method-assign,misc,union-attr]
        outer.dataReceived(b"220 mail.example ready\r\n")
        outer.connectionLost(Failure(ConnectionDone()))
        error = self.failureResultOf(dialling, TlsFailed).value
        self.assertIn("host.example:80 failed: the port does not speak TLS", str(error))
        self.assertEqual(lost, [error])


class UnixTests(DialTestCase):
    """`dial` to UNIX sockets."""

    def test_connected(self) -> None:
        """A path is connected to, without a lookup; `@` is the abstract namespace."""
        dialling = self.dial(UnixAddress("@name"))
        path, factory = self.reactor.unixClients[0][:2]
        self.assertEqual(path, "\0name")
        factory.buildProtocol(None).makeConnection(StringTransport())
        self.reactor.advance(0)
        self.successResultOf(dialling)
        self.assertEqual(self.outcomes, [("@name", "ok", None)])

    def test_failures(self) -> None:
        """A path where nothing is, or nobody listens, or that we may not use, fails in the system's words."""
        words = {ENOENT: "no such file or directory", ECONNREFUSED: "connection refused", EACCES: "permission denied"}
        for number, (code, reason) in enumerate(words.items()):
            dialling = self.dial(UnixAddress("/run/x"))
            self.reactor.unixClients[number][1].clientConnectionFailed(None, Failure(getConnectError((code, ""))))
            error = self.failureResultOf(dialling, ConnectFailed).value
            self.assertTrue(str(error).startswith(f"cannot connect to unix:/run/x: {reason} after"))

    def test_tls_needs_a_name(self) -> None:
        """A path is no name to check: TLS without one is refused, unless nothing is checked."""
        self.failureResultOf(self.dial(UnixAddress("/run/x"), tls=TlsDialing()), BadUsage)
        dialling = self.dial(UnixAddress("/run/x"), tls=TlsDialing(server_name="a.example"))
        self.assertNoResult(dialling)
        dialling.cancel()
        self.failureResultOf(dialling, CancelledError)


class AddressesTests(DialTestCase):
    """`dial` to addresses that are known."""

    def test_instead_of_a_lookup(self) -> None:
        """They are tried in their order, and nobody is asked for the name."""
        self.answer = Deferred
        dialling = self.dial(addresses=("192.0.2.7", "2001:db8::7"))
        self.fails(0, REFUSED)
        self.succeeds(1)
        self.successResultOf(dialling)
        self.assertEqual(self.tried, ["192.0.2.7", "2001:db8::7"])
        self.assertEqual(self.world.recorder.of(DnsAnswered), [])

    def test_family(self) -> None:
        """A family leaves the others out; when none is left, there is no address."""
        dialling = self.dial(addresses=("192.0.2.7", "2001:db8::7"), family=6)
        self.succeeds(0)
        self.successResultOf(dialling)
        self.assertEqual(self.tried, ["2001:db8::7"])
        error = self.failureResultOf(self.dial(addresses=("192.0.2.7",), family=6), NameNotResolved).value
        self.assertIs(error.failure, NameFailure.NO_ADDRESS)


class ProxyTests(DialTestCase):
    """`dial` through a proxy; real ones are met end to end."""

    OPEN = b"HTTP/1.1 200 OK\r\n\r\n"

    def through(self, scheme: Any = "http", host: str = "192.0.2.9", **options: Any) -> Deferred[Protocol]:
        return self.dial(via=Proxy(scheme, host, 3128, "me", "secret"), **options)

    def proxied(self, number: int = 0) -> tuple[Any, StringTransport]:
        """The proxy's answers go into the first, what it is told is in the second."""
        transport = StringTransport()
        protocol = self.reactor.tcpClients[number][2].buildProtocol(None)
        protocol.makeConnection(transport)
        self.reactor.advance(0)
        return protocol, transport

    def test_connected(self) -> None:
        """The proxy is connected to, asked for the target by its name, and out of the way then."""
        dialling = self.through(target=TcpAddress("H\u00f6st.example.", 80))
        self.assertEqual(self.tried, ["192.0.2.9"])
        proxy, transport = self.proxied()
        self.assertTrue(transport.value().startswith(b"CONNECT xn--hst-sna.example:80 HTTP/1.1\r\n"))
        self.assertNoResult(dialling)
        self.reactor.advance(0.5)
        proxy.dataReceived(self.OPEN)
        protocol = self.successResultOf(dialling)
        self.assertIs(protocol.transport, transport)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_story(self) -> None:
        """The way through the proxy is a span after the attempt; the connection to the target opens behind it."""
        dialling = self.through()
        proxy, _ = self.proxied()
        self.reactor.advance(0.5)
        proxy.dataReceived(self.OPEN)
        self.successResultOf(dialling)
        self.assertEqual(self.world.recorder.names, ["dial.attempt", "span.start", "connection.open", "span.end"])
        (span,) = self.world.recorder.of(SpanEnded)
        self.assertEqual((span.span, span.seconds, span.outcome), ("proxy", 0.5, "ok"))

    def test_refused(self) -> None:
        """A refusal names the proxy and no secret, and ends the connection."""
        dialling = self.through()
        proxy, transport = self.proxied()
        proxy.dataReceived(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, ProxyRefused).value
        self.assertEqual(str(error), "proxy http://192.0.2.9:3128 refused: 403 Forbidden: no")
        self.assertTrue(transport.disconnected)
        self.assertNotIn("secret", str(self.world.recorder.records))

    def test_unreachable(self) -> None:
        """A proxy that cannot be reached is what cannot be reached."""
        dialling = self.through()
        self.fails(0, REFUSED)
        error = self.failureResultOf(dialling, ConnectFailed).value
        self.assertTrue(str(error).startswith("cannot connect to proxy 192.0.2.9:3128: "))

    def test_unreachable_although_it_is_the_target(self) -> None:
        """Who is the target and a proxy as well is called one, and nobody else."""
        dialling = self.dial(to_proxy=True, target=TcpAddress("192.0.2.9", 3128))
        self.fails(0, REFUSED)
        error = self.failureResultOf(dialling, ConnectFailed).value
        self.assertTrue(str(error).startswith("cannot connect to proxy 192.0.2.9:3128: "))

    def test_unknown(self) -> None:
        """The name that is not found is a proxy's, whichever way it is used."""
        self.answer = lambda: fail(socket.gaierror(socket.EAI_NONAME, ""))
        target = TcpAddress("xyz", 3128)
        for dialling in (self.through(host="xyz"), self.dial(to_proxy=True, target=target)):
            error = self.failureResultOf(dialling, NameNotResolved).value
            self.assertEqual(str(error), "cannot resolve proxy xyz: no such name")
        error = self.failureResultOf(self.dial(target=target), NameNotResolved).value
        self.assertEqual(str(error), "cannot resolve xyz: no such name")

    def test_looks_names_up_itself(self) -> None:
        """Only a proxy that does not is given an address; a refusal for its sake leads to the next one."""
        dialling = self.through("socks5")
        proxy, transport = self.proxied()
        proxy.dataReceived(b"\5\0")
        self.assertIn(b"\5\1\0\4\x20\x01\x0d\xb8", transport.value())
        proxy.dataReceived(b"\5\4\0\1")
        self.reactor.advance(0)
        proxy, transport = self.proxied(1)
        proxy.dataReceived(b"\5\0")
        self.assertIn(b"\5\1\0\1\xc0\0\2\1\0\x50", transport.value())
        proxy.dataReceived(b"\5\0\0\1\0\0\0\0\0\0")
        self.assertIs(self.successResultOf(dialling), self.built[-1])
        self.assertEqual(self.tried, ["192.0.2.9", "192.0.2.9"])

    def test_no_further_address(self) -> None:
        """The last address's refusal is final, and so is the first that no other address could mend."""
        for reply, attempts in ((b"\5\5\0\1", 1), (b"\5\2\0\1", 1)):
            self.reactor.tcpClients.clear()
            addresses = ("192.0.2.7",) if reply[1] == 5 else ("192.0.2.7", "192.0.2.8")
            dialling = self.through("socks5", addresses=addresses)
            self.proxied()[0].dataReceived(b"\5\0" + reply)
            self.reactor.advance(0)
            self.failureResultOf(dialling, ProxyRefused)
            self.assertEqual(len(self.tried), attempts)

    def test_silent(self) -> None:
        """A proxy that never answers runs into the deadline, which is named by its phase."""
        dialling = self.through(seconds=5)
        _, transport = self.proxied()
        self.reactor.advance(5)
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, TimedOut).value
        self.assertEqual(error.phase, "opening the way through the proxy")
        self.assertTrue(transport.disconnected)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """Cancelling cuts the connection to the proxy."""
        dialling = self.through()
        _, transport = self.proxied()
        dialling.cancel()
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, DialCancelled).value
        self.assertEqual(error.phase, "opening the way through the proxy")
        self.assertTrue(transport.disconnected)
        self.assertEqual([each.outcome for each in self.world.recorder.of(SpanEnded)], ["cancelled"])

    def test_secured(self) -> None:
        """TLS with the target begins when the way is open; an https proxy is told nothing before TLS with it stands."""
        dialling = self.through(tls=TlsDialing(verify=False))
        proxy, transport = self.proxied()
        proxy.dataReceived(self.OPEN)
        self.assertEqual(transport.value().partition(b"\r\n\r\n")[2][:3], b"\x16\x03\x01")
        over_tls = self.through("https", "proxy.example", tls=TlsDialing(verify=False))
        _, transport = self.proxied(1)
        self.assertEqual(transport.value()[:3], b"\x16\x03\x01")
        self.assertNotIn(b"CONNECT", transport.value())
        for each in (dialling, over_tls):
            each.cancel()
            self.reactor.advance(0)
            self.failureResultOf(each, CancelledError)

    def test_unix(self) -> None:
        """No proxy leads to a UNIX socket."""
        self.failureResultOf(self.through(target=UnixAddress("/run/x")), BadUsage)


class ChainTests(DialTestCase):
    """`dial` through several proxies."""

    TUNNEL = b"HTTP/1.1 200 OK\r\n\r\n"
    SOCKS = b"\5\0\0\1\0\0\0\0\0\0"
    FIRST, SECOND = Proxy("http", "192.0.2.8", 3128), Proxy("socks5h", "second.example", 1080)

    def through(self, *proxies: Proxy, **options: Any) -> Deferred[Protocol]:
        return self.dial(via=proxies, **options)

    def proxied(self, number: int = 0) -> tuple[Any, StringTransport]:
        """What the proxies say goes into the first, what they are told is in the second."""
        transport = StringTransport()
        protocol = self.reactor.tcpClients[number][2].buildProtocol(None)
        protocol.makeConnection(transport)
        self.reactor.advance(0)
        return protocol, transport

    def said(self, transport: StringTransport) -> bytes:
        """What was said since the last time."""
        data = transport.value()
        transport.clear()
        return data

    def test_one_through_the_other(self) -> None:
        """The first is dialled and asked for the second by name, which is asked for the target, and nothing early."""
        dialling = self.through(self.FIRST, self.SECOND)
        proxy, transport = self.proxied()
        self.assertEqual(self.tried, ["192.0.2.8"])
        self.assertTrue(self.said(transport).startswith(b"CONNECT second.example:1080 HTTP/1.1\r\n"))
        proxy.dataReceived(self.TUNNEL)
        self.assertEqual(self.said(transport), b"\5\1\0")
        proxy.dataReceived(b"\5\0")
        self.assertEqual(self.said(transport), b"\5\1\0\3\x0chost.example\0\x50")
        self.assertNoResult(dialling)
        proxy.dataReceived(self.SOCKS + b"early")
        protocol = self.successResultOf(dialling)
        self.assertIs(protocol.transport, transport)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_story(self) -> None:
        """Each way is a span of its own, behind the one attempt that there was."""
        dialling = self.through(self.FIRST, self.SECOND)
        proxy, _ = self.proxied()
        self.reactor.advance(0.5)
        proxy.dataReceived(self.TUNNEL)
        self.reactor.advance(0.25)
        proxy.dataReceived(b"\5\0" + self.SOCKS)
        self.successResultOf(dialling)
        self.assertEqual(
            self.world.recorder.names,
            ["dial.attempt", "span.start", "span.end", "span.start", "connection.open", "span.end"],
        )
        spans = self.world.recorder.of(SpanEnded)
        self.assertEqual(
            [(span.span, span.seconds, span.outcome) for span in spans], [("proxy", 0.5, "ok"), ("proxy", 0.25, "ok")]
        )

    def test_everything_in_one_chunk(self) -> None:
        """What the last proxy and the target say may come with what the first one says, to the last byte."""
        got: list[bytes] = []
        self.build = lambda: _Noting(got)  # type: ignore[method-assign]  # another protocol for this test
        dialling = self.through(self.FIRST, self.SECOND)
        proxy, _ = self.proxied()
        proxy.dataReceived(self.TUNNEL + b"\5\0" + self.SOCKS + b"220 ready")
        self.successResultOf(dialling)
        proxy.dataReceived(b"\r\n")
        self.assertEqual(got, [b"220 ready", b"\r\n"])

    def test_second_refuses(self) -> None:
        """Whoever refuses is named."""
        dialling = self.through(self.FIRST, self.SECOND)
        proxy, transport = self.proxied()
        proxy.dataReceived(self.TUNNEL + b"\5\0\5\2\0\1")
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, ProxyRefused).value
        self.assertEqual(
            str(error), "proxy socks5h://second.example:1080 refused: its rules do not allow this connection"
        )
        self.assertTrue(transport.disconnected)

    def test_first_breaks(self) -> None:
        """When the connection ends, the proxy whose answer was waited for did not open the way."""
        dialling = self.through(self.FIRST, self.SECOND)
        proxy, _ = self.proxied()
        proxy.dataReceived(self.TUNNEL)
        proxy.connectionLost(Failure(ConnectionDone()))
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, ProxyRefused).value
        self.assertEqual(error.peer, "socks5h://second.example:1080")

    def test_next_address_of_a_proxy(self) -> None:
        """An address of the second proxy that the first cannot reach is followed by its next, from the beginning."""
        first = Proxy("socks5", "192.0.2.8", 1080)
        dialling = self.through(first, replace(self.SECOND, scheme="http"))
        proxy, transport = self.proxied()
        proxy.dataReceived(b"\5\0")
        self.assertIn(b"\5\1\0\4\x20\x01\x0d\xb8", self.said(transport))
        proxy.dataReceived(b"\5\4\0\1")
        self.reactor.advance(0)
        proxy, transport = self.proxied(1)
        proxy.dataReceived(b"\5\0")
        self.assertIn(b"\5\1\0\1\xc0\0\2\1\x04\x38", self.said(transport))
        proxy.dataReceived(self.SOCKS)
        self.assertTrue(self.said(transport).startswith(b"CONNECT host.example:80 "))
        proxy.dataReceived(self.TUNNEL)
        self.successResultOf(dialling)

    def test_silent(self) -> None:
        """One deadline holds for all of them."""
        dialling = self.through(self.FIRST, self.SECOND, seconds=5)
        proxy, transport = self.proxied()
        self.reactor.advance(3)
        proxy.dataReceived(self.TUNNEL)
        self.reactor.advance(2)
        self.reactor.advance(0)
        error = self.failureResultOf(dialling, TimedOut).value
        self.assertEqual((error.phase, transport.disconnected), ("opening the way through the proxy", True))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_none(self) -> None:
        """No proxies are as good as none."""
        dialling = self.through()
        self.succeeds(0)
        self.successResultOf(dialling)
        self.assertEqual(self.tried, ["2001:db8::1"])

    def test_unix(self) -> None:
        """A UNIX socket is not reached through anybody."""
        error = self.failureResultOf(self.through(self.FIRST, target=UnixAddress("/run/x")), BadUsage).value
        self.assertEqual(error.field, "--proxy")


class _Noting(Protocol):
    def __init__(self, got: list[bytes]) -> None:
        self._got = got

    def dataReceived(self, data: bytes) -> None:
        self._got.append(data)


class GreetingTests(DialTestCase):
    """`dial` with a header of the PROXY protocol."""

    HEADER = b"PROXY TCP4 10.0.0.1 192.168.1.1 54321 12345\r\n"

    def connected(self) -> tuple[Any, StringTransport]:
        """A connection between addresses."""
        ours, theirs = IPv4Address("TCP", "10.0.0.1", 54321), IPv4Address("TCP", "192.168.1.1", 12345)
        transport = StringTransport(hostAddress=ours, peerAddress=theirs)
        protocol = self.reactor.tcpClients[0][2].buildProtocol(None)
        protocol.makeConnection(transport)
        self.reactor.advance(0)
        return protocol, transport

    def test_plain(self) -> None:
        """It is the first that the target hears."""
        dialling = self.dial(proxy_protocol="v1")
        _, transport = self.connected()
        self.successResultOf(dialling)
        self.assertEqual(transport.value(), self.HEADER)

    def test_before_tls(self) -> None:
        """It is in clear, and the handshake follows it; whose failure is told as ever."""
        dialling = self.dial(proxy_protocol="v1", tls=TlsDialing(verify=False))
        protocol, transport = self.connected()
        self.assertTrue(transport.value().startswith(self.HEADER + b"\x16\x03\x01"))
        self.assertNoResult(dialling)
        protocol.dataReceived(b"220 mail.example ready\r\n")
        protocol.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(dialling, TlsFailed)

    def test_behind_a_proxy(self) -> None:
        """It goes to the target, not to the proxy, and does not pretend to know addresses."""
        dialling = self.dial(proxy_protocol="v1", via=Proxy("http", "192.0.2.9", 3128))
        proxy, transport = self.connected()
        self.assertTrue(transport.value().startswith(b"CONNECT "))
        transport.clear()
        proxy.dataReceived(b"HTTP/1.1 200 OK\r\n\r\n")
        self.successResultOf(dialling)
        self.assertEqual(transport.value(), b"PROXY UNKNOWN\r\n")


class StreamTests(DialTestCase):
    """`dial` is for streams."""

    def test_no_stream(self) -> None:
        """Datagrams and messages are dialled otherwise: refused before anything happens."""
        for target in (UdpAddress("127.0.0.1", 53), WebSocketAddress("127.0.0.1", 80)):
            self.failureResultOf(self.dial(target), BadUsage)
        self.assertEqual((self.tried, self.world.recorder.records), ([], []))


class StartTlsTests(DialTestCase):
    """`dial` to a target that is asked for TLS."""

    CLIENT_HELLO = b"\x16\x03\x01"

    def asking(self, dialect: str = "pop3", **options: Any) -> tuple[Deferred[Protocol], Any, StringTransport]:
        """A call of `dial` that has found its target, what the target says goes into, and what it is told."""
        dialling = self.dial(starttls=dialect, tls=TlsDialing(verify=False), **options)
        transport = StringTransport()
        protocol = self.reactor.tcpClients[-1][2].buildProtocol(None)
        protocol.makeConnection(transport)
        self.reactor.advance(0)
        return dialling, protocol, transport

    def test_asked(self) -> None:
        """C36: TLS begins when the target agrees, and what came before it is over is nothing to the protocol."""
        dialling, target, transport = self.asking()
        for said, told in ((b"+OK hi\r\n", b"CAPA\r\n"), (b"+OK\r\nSTLS\r\n.\r\n", b"STLS\r\n")):
            self.assertEqual(transport.value(), b"")
            target.dataReceived(said)
            self.assertEqual(transport.value(), told)
            self.assertFalse(self.built[0].connected)
            transport.clear()
        target.dataReceived(b"+OK go\r\n")
        self.assertTrue(transport.value().startswith(self.CLIENT_HELLO))
        (span,) = self.world.recorder.of(SpanEnded)
        self.assertEqual((span.span, span.outcome), ("starttls", "ok"))
        self.assertNoResult(dialling)
        dialling.cancel()
        self.reactor.advance(0)
        self.assertEqual(self.failureResultOf(dialling, DialCancelled).value.phase, "TLS handshake")

    def test_refused(self) -> None:
        """C36: a target that refuses, or says more than its go-ahead, hears nothing more, and is cut off."""
        for last in (b"-ERR no\r\n", b"+OK go\r\n+OK injected\r\n"):
            dialling, target, transport = self.asking()
            target.dataReceived(b"+OK hi\r\n")
            target.dataReceived(b"+OK\r\nSTLS\r\n.\r\n")
            transport.clear()
            target.dataReceived(last)
            self.reactor.advance(0)
            error = self.failureResultOf(dialling, StartTlsRefused).value
            self.assertEqual(error.peer, "host.example:80")
            self.assertEqual((transport.value(), transport.disconnected), (b"", True))
            self.assertEqual(self.reactor.getDelayedCalls(), [])
            self.assertFalse(self.built[-1].connected)

    def test_wanted_with_it(self) -> None:
        """Who asks for TLS wants it checked, unless another plan says otherwise."""
        dialling = self.dial(starttls="postgres")
        transport = self.succeeds(0)
        self.assertEqual(transport.value(), b"\0\0\0\x08\x04\xd2\x16\x2f")
        transport.clear()
        dialling.cancel()
        self.reactor.advance(0)
        self.assertEqual(self.failureResultOf(dialling, DialCancelled).value.phase, "asking for TLS")

    def test_named(self) -> None:
        """The target is called what its certificate is to be made out to."""
        dialling = self.dial(starttls="xmpp", tls=TlsDialing(server_name="chat.example"))
        self.assertIn(b' to="chat.example" ', self.succeeds(0).value())
        dialling.cancel()
        self.reactor.advance(0)
        self.failureResultOf(dialling, DialCancelled)

    def test_through_a_proxy(self) -> None:
        """The target is asked when the way to it is open, not before."""
        dialling, proxy, transport = self.asking("postgres", via=Proxy("http", "192.0.2.9", 3128))
        self.assertTrue(transport.value().startswith(b"CONNECT host.example:80 "))
        transport.clear()
        proxy.dataReceived(b"HTTP/1.1 200 OK\r\n\r\n")
        self.assertEqual(transport.value(), b"\0\0\0\x08\x04\xd2\x16\x2f")
        transport.clear()
        proxy.dataReceived(b"S")
        self.assertTrue(transport.value().startswith(self.CLIENT_HELLO))
        proxy.dataReceived(b"no TLS after all\r\n")
        proxy.connectionLost(Failure(ConnectionDone()))
        self.assertIn(
            "it agreed to TLS, but plaintext came: no TLS after all",
            str(self.failureResultOf(dialling, TlsFailed).value),
        )

    def test_silent(self) -> None:
        """A target that does not answer runs into the deadline, which says what was awaited."""
        dialling, _, transport = self.asking(seconds=5)
        self.reactor.advance(5)
        self.reactor.advance(0)
        self.assertEqual(self.failureResultOf(dialling, TimedOut).value.phase, "asking for TLS")
        self.assertTrue(transport.disconnected)

    def test_unknown(self) -> None:
        """A dialect that nobody speaks is refused before anything happens."""
        self.failureResultOf(self.dial(starttls="gopher"), BadUsage)
        self.assertEqual(self.tried, [])
