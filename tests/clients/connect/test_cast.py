"""Who takes part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import Paper, Typed, Wire
from tests.support import World
from tnet.clients.connect.cast import Cast, cast
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.hexed import HexedOutput
from tnet.clients.connect.muted import MutedOutput
from tnet.clients.connect.overhearing import Overheard
from tnet.clients.connect.recorder import Recorder
from tnet.clients.connect.replay import Replay
from tnet.clients.connect.scripting import Script
from tnet.errors import BadUsage, CannotWrite
from tnet.net.recordings import read_recording
from tnet.plans import TcpAddress
from tnet.plans.connect import ConnectPlan, Step, Talk
from tnet.protocols.recording import header_line

STEPS = (Step("send", b"x"),)


class CastTests(SynchronousTestCase):
    """What each wish brings."""

    def ask(self, **talk: Any) -> Deferred[Cast]:
        """A cast for such a talk."""
        self.world, self.paper, self.typed = World(), Paper(), Typed()
        self.plan = ConnectPlan(target=TcpAddress("h", 7), talk=Talk(**talk))
        self.asked: list[bool] = []

        def standard_input() -> Typed:
            self.asked.append(True)
            return self.typed

        return Deferred.fromCoroutine(cast(self.plan, self.world.context, self.paper, standard_input))

    def kinds(self, **talk: Any) -> list[type]:
        """The kinds of the ears."""
        self.cast = self.successResultOf(self.ask(**talk))
        return [type(ear) for ear in self.cast.ears]

    def test_nothing_special(self) -> None:
        """Without wishes there is nothing between the conversation and its ends."""
        self.assertEqual(self.kinds(), [])
        self.assertEqual((self.cast.source, self.cast.output), (self.typed, self.paper))
        self.assertIsInstance(self.cast.coupling(self.plan, self.world.context), Coupling)
        self.successResultOf(Deferred.fromCoroutine(self.cast.close()))

    def test_script(self) -> None:
        """A script is the input; standard input is left alone."""
        self.assertEqual(self.kinds(steps=STEPS), [Script])
        self.assertIs(self.cast.source, self.cast.ears[0])
        self.assertEqual((self.cast.output, self.asked), (self.paper, []))
        self.assertIsInstance(self.cast.coupling(self.plan, self.world.context), Overheard)

    def test_replay(self) -> None:
        """A replay is the input, and mutes the output."""
        path = self.mktemp()
        Path(path).write_bytes(header_line("", "h:7", ()))
        self.assertEqual(self.kinds(replay=path, replay_mode="line"), [Replay])
        self.assertIsInstance(self.cast.output, MutedOutput)
        self.assertEqual(self.asked, [])

    def test_hex_and_record(self) -> None:
        """Those who only listen hear before whoever answers; the output is the dump's."""
        path = self.mktemp()
        self.assertEqual(self.kinds(steps=STEPS, hex=True, record=path), [Recorder, HexedOutput, Script])
        self.assertIsInstance(self.cast.output, HexedOutput)

    def test_recording_is_closed(self) -> None:
        """Closing writes the recording."""
        path = self.mktemp()
        self.assertEqual(self.kinds(record=path), [Recorder])
        overheard = self.cast.coupling(self.plan, self.world.context)
        overheard.makeConnection(Wire())
        self.successResultOf(Deferred.fromCoroutine(self.cast.close()))
        self.assertEqual(read_recording(path).target, "h:7")

    def test_cannot(self) -> None:
        """What cannot be read or written is told before standard input is touched."""
        self.failureResultOf(self.ask(replay="/dev/null"), BadUsage)
        self.failureResultOf(self.ask(record="/nowhere/x"), CannotWrite)
        self.assertEqual(self.asked, [])
