"""Scripts, step by step."""

from __future__ import annotations

import inspect
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.plans.connect import Step
from tnet.protocols.script_machine import (
    HELD_BYTES,
    WINDOW_BYTES,
    Ended,
    Fail,
    Input,
    Output,
    ScriptMachine,
    State,
    Wait,
)
from tnet.protocols.talk import Begin, Due, EndOurs, Finish, Heard, HeardEnd, Lost, Say

BEGIN, END, DUE, LOST = Begin(), HeardEnd(), Due(), Lost("reset by peer")
QUIT = Step("send", b"quit")


def expect(data: bytes, seconds: float = 0, name: str = "") -> Step:
    """A step that waits for a match."""
    return Step("expect", data, seconds, name)


def run(steps: tuple[Step, ...], *got: Input) -> list[Output]:
    """Everything that is done while this happens, but for the steps that ended well."""
    machine = ScriptMachine(steps, 9)
    outputs = [output for each in got for output in machine.advance(each)]
    return [output for output in outputs if not (isinstance(output, Ended) and output.outcome == "ok")]


class TranscriptTests(TestCase):
    """Scripts that go well."""

    def test_a_dialogue(self) -> None:
        """What is sent goes when what comes before it has come."""
        steps = (expect(b"^220 .*\n"), Step("send", b"EHLO\r\n"), expect(b"^250 .*\n", 2), QUIT, Step("expect-eof"))
        self.assertEqual(
            run(steps, BEGIN, Heard(b"220 "), Heard(b"hi\r\n"), Heard(b"250-a\r\n"), Heard(b"250 b\r\n"), END),
            [Wait(9), Say(b"EHLO\r\n"), Wait(2), Say(b"quit"), Wait(9), Finish()],
        )

    def test_steps_are_told(self) -> None:
        """Each step is told when it has ended, with its number."""
        machine = ScriptMachine((QUIT, expect(b"x")), 9)
        self.assertEqual(machine.advance(BEGIN), [Say(b"quit"), Ended(1, QUIT, "ok"), Wait(9)])
        self.assertEqual(machine.advance(Heard(b"x")), [Ended(2, expect(b"x"), "ok"), Finish()])

    def test_banner_before_the_beginning(self) -> None:
        """What came early counts; several matches in one chunk serve several steps."""
        self.assertEqual(run((expect(b"a"), expect(b"a"), QUIT), Heard(b"aab"), BEGIN), [Say(b"quit"), Finish()])

    def test_matches_consume(self) -> None:
        """What one step has matched is no match for the next; what comes before is skipped."""
        self.assertEqual(run((expect(b"b"), expect(b"a|b")), BEGIN, Heard(b"ab")), [Wait(9), Wait(9)])

    def test_beginnings_of_lines(self) -> None:
        """A line begins behind a line feed, not where the last match ended."""
        self.assertEqual(run((expect(b"a"), expect(b"^b"), QUIT), BEGIN, Heard(b"ab")), [Wait(9), Wait(9)])
        done = run((expect(b"a\n"), expect(b"^b"), QUIT), BEGIN, Heard(b"a\nb"))
        self.assertEqual(done, [Wait(9), Say(b"quit"), Finish()])

    def test_pause_silence_and_shutdown(self) -> None:
        """Time passes for those that want it, and our half ends."""
        steps = (Step("pause", b"", 1), Step("expect-silence", b"", 2), Step("shutdown"), Step("expect-eof"))
        self.assertEqual(run(steps, BEGIN, DUE, DUE, END), [Wait(1), Wait(2), EndOurs(), Wait(9), Finish()])

    def test_what_came_in_a_pause(self) -> None:
        """It is kept for the next step, and does not end the pause."""
        self.assertEqual(
            run((Step("pause", b"", 1), expect(b"x"), QUIT), BEGIN, Heard(b"x"), DUE),
            [Wait(1), Say(b"quit"), Finish()],
        )

    def test_connection_that_is_gone(self) -> None:
        """What has come already is good enough for those who only listen."""
        steps = (expect(b"bye"), Step("expect-eof"))
        self.assertEqual(run(steps, Heard(b"bye"), END, LOST), [Finish()])
        self.assertEqual(run((Step("pause", b"", 5), expect(b"x")), BEGIN, Heard(b"x"), LOST), [Wait(5), Finish()])

    @given(st.binary(min_size=1, max_size=40), st.integers(1, 40))
    def test_cuts(self, data: bytes, size: int) -> None:
        """A match is found however the bytes are cut."""
        pieces = [Heard(data[at : at + size]) for at in range(0, len(data), size)]
        import re

        self.assertEqual(run((expect(re.escape(data)), QUIT), BEGIN, *pieces)[1:], [Say(b"quit"), Finish()])


class FailureTests(TestCase):
    """Scripts that do not."""

    def fails(self, steps: tuple[Step, ...], *got: Input) -> tuple[str, str, str]:
        """The outcome of the last step, what failed and why."""
        ended, fail = run(steps, *got)[-2:]
        assert isinstance(ended, Ended), ended
        assert isinstance(fail, Fail), fail
        return ended.outcome, fail.what, fail.reason

    def test_timeout(self) -> None:
        """A step that takes too long is named, with what came instead."""
        self.assertEqual(
            self.fails((QUIT, expect(b"^2\\d\\d", 3, "ready")), BEGIN, Heard(b"500 \x1bno\n"), DUE),
            ("timeout", r"step 2 'ready' (expect ^2\d\d)", r"timed out after 3 s; what came: 500 \x1bno\x0a"),
        )
        self.assertEqual(self.fails((Step("expect-eof"),), BEGIN, DUE)[2], "timed out after 9 s; nothing came")

    def test_end(self) -> None:
        """The peer's end is another outcome than a timeout."""
        self.assertEqual(
            self.fails((expect(b"x"),), BEGIN, Heard(b"y"), END),
            ("eof", "step 1 (expect x)", "the peer ended; what came: y"),
        )
        self.assertEqual(self.fails((Step("expect-silence", b"", 1),), BEGIN, END)[0], "eof")

    def test_loss(self) -> None:
        """A lost connection fails whoever still needs it; what is sent is not shown."""
        self.assertEqual(
            self.fails((QUIT,), LOST), ("eof", "step 1 (send)", "the connection ended: reset by peer; nothing came")
        )
        self.assertEqual(self.fails((Step("expect-eof"),), BEGIN, LOST)[0], "eof")
        self.assertEqual(self.fails((Step("pause", b"", 1), QUIT), BEGIN, LOST)[0], "eof")

    def test_no_silence(self) -> None:
        """A byte where none may come is a mismatch; what had come before is none."""
        steps = (expect(b"a"), Step("expect-silence", b"", 1), QUIT)
        self.assertEqual(
            self.fails(steps, BEGIN, Heard(b"ab"), Heard(b"c"))[::2], ("mismatch", "something came; what came: bc")
        )
        self.assertEqual(run(steps, BEGIN, Heard(b"ab"), DUE)[-1], Finish())

    def test_long_excerpts_are_cut(self) -> None:
        """Of much that came the end is shown."""
        reason = self.fails((expect(b"x"),), BEGIN, Heard(b"y" * 10_000 + b"end"), DUE)[2]
        self.assertIn("…y", reason)
        self.assertTrue(reason.endswith("end"))
        self.assertLess(len(reason), 300)


class BoundTests(TestCase):
    """What a peer that talks on costs."""

    def test_window(self) -> None:
        """While a match is sought little is kept; in a chunk of any size it is found."""
        machine = ScriptMachine((expect(b"needle"), expect(b"other")), 9)
        machine.advance(BEGIN)
        for _ in range(100):
            machine.advance(Heard(bytes(65536)))
            self.assertLessEqual(len(machine._came), WINDOW_BYTES + 1)
        machine.advance(Heard(b"needle" + bytes(1 << 18)))
        self.assertEqual(machine.step, expect(b"other"))

    def test_pause(self) -> None:
        """While nothing is sought a bounded amount is kept."""
        machine = ScriptMachine((Step("pause", b"", 60), expect(b"last")), 9)
        machine.advance(BEGIN)
        for _ in range(100):
            machine.advance(Heard(bytes(65536)))
            self.assertLessEqual(len(machine._came), HELD_BYTES + 1)
        machine.advance(Heard(b"last"))
        self.assertEqual(machine.advance(DUE)[-1], Finish())


WAITING: dict[State, Step] = {
    State.EXPECTING: expect(b"match"),
    State.AWAITING_END: Step("expect-eof"),
    State.AWAITING_SILENCE: Step("expect-silence", b"", 1),
    State.PAUSING: Step("pause", b"", 1),
}
ROWS: dict[str, Input] = {
    "Begin": BEGIN,
    "Heard, a match": Heard(b"match"),
    "Heard, no match": Heard(b"other"),
    "HeardEnd": END,
    "Due": DUE,
    "Lost": LOST,
}


def come_to(state: State) -> ScriptMachine:
    """A machine in that state, with one more step to come."""
    machine = ScriptMachine((WAITING[state], QUIT) if state in WAITING else (QUIT,), 9)
    if state is not State.READY:
        machine.advance(LOST if state is State.FAILED else BEGIN)
    assert machine.state is state, machine.state
    return machine


def cell(got: Input, state: State) -> str:
    """Where the input leads from that state; a dot where it changes nothing."""
    machine = come_to(state)
    outputs = machine.advance(got)
    heard = isinstance(got, Heard | HeardEnd) and state not in (State.DONE, State.FAILED)
    return machine.state.name if machine.state is not state or outputs or heard else "."


class TableTests(TestCase):
    """The whole table."""

    def test_docstring(self) -> None:
        """The table in the docstring is what the machine does."""
        shown = [line for line in (inspect.getdoc(ScriptMachine) or "").splitlines() if line.startswith("    ")]
        rows = [f"    {'':19}" + "".join(f"{state.name:18}" for state in State)]
        rows += [f"    {row:19}" + "".join(f"{cell(got, state):18}" for state in State) for row, got in ROWS.items()]
        self.assertEqual("\n".join(map(str.rstrip, shown)), "\n".join(map(str.rstrip, rows)))

    def test_every_cell(self) -> None:
        """No input breaks any state; what is over says nothing more."""
        for state, got in product(State, ROWS.values()):
            machine = come_to(state)
            outputs = machine.advance(got)
            if state in (State.DONE, State.FAILED):
                self.assertEqual((outputs, machine.state), ([], state))
