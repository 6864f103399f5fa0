"""What a waiting conversation takes for a sign of life."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.clients.connect.conversation import Do, Got
from tnet.clients.connect.patience import CLOSE_SECONDS, HURRY_SECONDS, QUIET_SECONDS, STALL_SECONDS, Patience
from tnet.net.stdio import WaitsFor
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan


class Scene:
    """What a test says about both ends."""

    peer_held = False
    input_held = False
    waits_for = WaitsFor.PROGRAM
    taken = 0

    def holds_peer(self) -> bool:
        return self.peer_held

    def held_by_peer(self) -> bool:
        return self.input_held

    def input_waits_for(self) -> WaitsFor:
        return self.waits_for

    def progress(self) -> object:
        return self.taken


class PatienceTests(TestCase):
    """Orders, and what is fed when."""

    def patience(self, **plan: Any) -> Patience:
        """Patience over a Scene and a clock."""
        self.world, self.scene = World(), Scene()
        self.fed: list[tuple[Got, float]] = []
        made = ConnectPlan(target=TcpAddress("127.0.0.1", 1), **plan)
        return Patience(made, self.world.context, self.scene, self.feed)

    def feed(self, got: Got) -> None:
        """Note what was fed, and when."""
        self.fed.append((got, round(self.world.reactor.seconds(), 2)))

    def pass_time(self, seconds: float) -> None:
        """In steps of a quarter of a second."""
        self.world.reactor.pump([0.25] * int(seconds * 4))

    def test_each_order_has_its_time(self) -> None:
        """Nothing happening, each order ends after its own time with its own word."""
        expected = {
            Do.AWAIT_PEER: (Got.SILENCE, 5),
            Do.AWAIT_INPUT: (Got.SILENCE, QUIET_SECONDS),
            Do.AWAIT_FLUSH: (Got.STALL, STALL_SECONDS),
            Do.AWAIT_CLOSE: (Got.SILENCE, CLOSE_SECONDS),
            Do.HURRY: (Got.SILENCE, HURRY_SECONDS),
        }
        for order, outcome in expected.items():
            patience = self.patience(linger_seconds=5)
            patience.order(order)
            self.pass_time(STALL_SECONDS + 1)
            self.assertEqual(self.fed, [outcome], order)

    def test_peer_that_speaks_is_not_silent(self) -> None:
        """Each word of the peer begins the linger anew."""
        patience = self.patience(linger_seconds=2)
        patience.order(Do.AWAIT_PEER)
        self.pass_time(1.5)
        patience.peer_heard()
        self.pass_time(10)
        self.assertEqual(self.fed, [(Got.SILENCE, 3.5)])

    def test_peer_that_we_do_not_read_is_not_silent(self) -> None:
        """While our own output holds the peer up, neither linger nor idleness runs out."""
        patience = self.patience(linger_seconds=1, idle_seconds=1)
        patience.start()
        patience.order(Do.AWAIT_PEER)
        self.scene.peer_held = True
        self.pass_time(10)
        self.assertEqual(self.fed, [])
        self.scene.peer_held = False
        self.pass_time(2)
        self.assertEqual({got for got, _ in self.fed}, {Got.SILENCE, Got.IDLENESS})

    def test_peer_that_still_takes_is_not_silent(self) -> None:
        """A slow peer that digests what we sent may take as long as it goes on."""
        patience = self.patience(linger_seconds=1)
        patience.order(Do.AWAIT_PEER)
        for _ in range(5):
            self.scene.taken += 1
            self.pass_time(1)
        self.assertEqual(self.fed, [])
        self.pass_time(2)
        self.assertEqual([got for got, _ in self.fed], [Got.SILENCE])

    def test_time_counts_from_what_was_taken_last(self) -> None:
        """Bytes that the peer took just after the wait began do not double it."""
        patience = self.patience(linger_seconds=4)
        patience.order(Do.AWAIT_PEER)
        self.scene.taken += 1
        self.pass_time(10)
        self.assertEqual(self.fed, [(Got.SILENCE, 4.5)])

    def test_lull(self) -> None:
        """A lull is a fifth of the linger in which an answer is followed by nothing, and nothing is taken."""
        patience = self.patience(linger_seconds=10)
        told: list[float] = []
        patience.input_heard()
        patience.await_lull(lambda: told.append(self.world.reactor.seconds()))
        self.pass_time(5)
        patience.peer_heard()
        self.pass_time(1.5)
        patience.peer_heard()
        self.pass_time(1)
        self.scene.taken += 1
        self.pass_time(1.5)
        self.assertEqual(told, [])
        self.pass_time(10)
        self.assertEqual(told, [9.75])

    def test_lull_needs_an_answer_to_our_last_bytes(self) -> None:
        """What the peer said before our last bytes is no answer to them."""
        patience = self.patience(linger_seconds=5)
        told: list[str] = []
        patience.peer_heard()
        patience.input_heard()
        patience.await_lull(lambda: told.append("lull"))
        self.pass_time(60)
        self.assertEqual(told, [])

    def test_without_shutdown_nobody_lingers(self) -> None:
        """Where our side stays open, the peer is waited for without end."""
        patience = self.patience(shutdown=False)
        patience.order(Do.AWAIT_PEER)
        self.pass_time(100)
        self.assertEqual(self.fed, [])

    def test_idleness(self) -> None:
        """Nothing either way for the time allowed is idleness; each side's bytes push it back."""
        patience = self.patience(idle_seconds=3)
        patience.start()
        self.pass_time(2)
        patience.input_heard()
        self.pass_time(2)
        patience.peer_heard()
        self.pass_time(10)
        self.assertEqual(self.fed, [(Got.IDLENESS, 7)])

    def test_person_is_not_waited_for(self) -> None:
        """After the peer's end nobody waits for what might be typed."""
        patience = self.patience()
        self.scene.waits_for = WaitsFor.PERSON
        patience.order(Do.AWAIT_INPUT)
        self.world.reactor.advance(0)
        self.assertEqual(self.fed, [(Got.SILENCE, 0)])

    def test_program_is_waited_for_while_it_writes(self) -> None:
        """After the peer's end a program's output is sent until it pauses."""
        patience = self.patience()
        patience.order(Do.AWAIT_INPUT)
        for _ in range(8):
            self.pass_time(0.25)
            patience.input_heard()
        self.assertEqual(self.fed, [])
        self.pass_time(1)
        self.assertEqual(self.fed, [(Got.SILENCE, 2 + QUIET_SECONDS)])

    def test_program_that_had_paused_before(self) -> None:
        """An input that was quiet already when the peer ended costs no time."""
        patience = self.patience()
        self.pass_time(5)
        patience.order(Do.AWAIT_INPUT)
        self.world.reactor.advance(0)
        self.assertEqual(self.fed, [(Got.SILENCE, 5)])

    def test_file_is_waited_for_to_its_end(self) -> None:
        """A file has all its bytes; a slow disk is no end."""
        patience = self.patience()
        self.scene.waits_for = WaitsFor.NOBODY
        patience.order(Do.AWAIT_INPUT)
        self.pass_time(30)
        self.assertEqual(self.fed, [])

    def test_input_that_the_peer_holds_up(self) -> None:
        """Input that cannot be sent is not silent while the peer takes some, and stalls when it takes none."""
        patience = self.patience()
        self.scene.input_held = True
        patience.order(Do.AWAIT_INPUT)
        for _ in range(30):
            self.scene.taken += 1
            self.pass_time(1)
        self.assertEqual(self.fed, [])
        self.pass_time(STALL_SECONDS + 2)
        self.assertEqual([got for got, _ in self.fed][:1], [Got.STALL])

    def test_stop_leaves_no_timer(self) -> None:
        """When it is over, nothing is waited for."""
        patience = self.patience(idle_seconds=3)
        patience.start()
        patience.order(Do.AWAIT_PEER)
        patience.await_lull(lambda: None)
        patience.stop()
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
