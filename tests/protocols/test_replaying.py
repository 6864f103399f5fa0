"""One side of a recording, played again."""

from __future__ import annotations

import inspect
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.recording import Chunk, Recording, Side
from tnet.protocols.replaying import Differ, Input, Late, Mode, Output, Player, State, WaitUntil
from tnet.protocols.talk import Begin, Due, EndOurs, Finish, Heard, HeardEnd, Lost, Say

BEGIN, END, DUE, LATE, LOST = Begin(), HeardEnd(), Due(), Late(3), Lost("reset by peer")


def recording(*chunks: Chunk) -> Recording:
    """A recording of these chunks."""
    return Recording("talk.rec", "h:7", "", chunks)


def us(data: bytes, at: float = 0, *, eof: bool = False) -> Chunk:
    """Something that we said."""
    return Chunk(at, "us", data, eof)


def peer(data: bytes, at: float = 0, *, eof: bool = False) -> Chunk:
    """Something that the peer said."""
    return Chunk(at, "peer", data, eof)


LOGIN = recording(
    peer(b"ready\r\n"), us(b"USER a\r\n", 1), peer(b"who\r\n", 1.5), us(b"QUIT\r\n", 2), peer(b"bye\r\n", 3, eof=True),
    us(b"", 3, eof=True),
)  # fmt: skip


def play(what: Recording, *got: Input, side: Side = "us", mode: Mode = "strict") -> list[Output]:
    """Everything that is done while this happens."""
    player = Player(what, side, mode)
    return [output for each in got for output in player.advance(each)]


def reason(outputs: list[Output]) -> str:
    """Why it failed: the last output."""
    last = outputs[-1]
    assert isinstance(last, Differ), last
    return last.difference.reason


class PlayTests(TestCase):
    """Transcripts."""

    def test_client(self) -> None:
        """The client says its lines when the server's have come, and ends after it."""
        self.assertEqual(
            play(LOGIN, BEGIN, Heard(b"rea"), Heard(b"dy\r\n"), Heard(b"who\r\n"), Heard(b"bye\r\n"), END),
            [Say(b"USER a\r\n"), Say(b"QUIT\r\n"), EndOurs(), Finish()],
        )

    def test_server(self) -> None:
        """The same recording has a server, too; a client that says everything at once is answered all the same."""
        self.assertEqual(
            play(LOGIN, BEGIN, Heard(b"USER a\r\nQUIT\r\n"), END, side="peer"),
            [Say(b"ready\r\n"), Say(b"who\r\n"), Say(b"bye\r\n"), EndOurs(), Finish()],
        )

    def test_both_sides_meet(self) -> None:
        """A client and a server played from one recording satisfy each other."""
        sides = {"us": Player(LOGIN, "us", "strict"), "peer": Player(LOGIN, "peer", "line")}
        queue: list[tuple[str, Input]] = [("us", BEGIN), ("peer", BEGIN)]
        while queue:
            who, got = queue.pop(0)
            other = "peer" if who == "us" else "us"
            for output in sides[who].advance(got):
                match output:
                    case Say(data):
                        queue.append((other, Heard(data)))
                    case EndOurs():
                        queue.append((other, END))
        self.assertEqual({player.state for player in sides.values()}, {State.FINISHED})

    def test_times(self) -> None:
        """Timed, nothing is said before its time, nor before what it answers."""
        self.assertEqual(
            play(LOGIN, BEGIN, Heard(b"ready\r\n"), DUE, Heard(b"who\r\n"), DUE, mode="timed"),
            [WaitUntil(1), Say(b"USER a\r\n"), WaitUntil(2), Say(b"QUIT\r\n")],
        )
        self.assertEqual(play(LOGIN, BEGIN, Heard(b"ready\r\n"), Heard(b"who\r\n"), mode="timed"), [WaitUntil(1)])

    def test_lines(self) -> None:
        """By line, another line end is none the worse."""
        self.assertEqual(play(LOGIN, BEGIN, Heard(b"ready\n"), mode="line"), [Say(b"USER a\r\n")])
        self.assertIn("not what was recorded", reason(play(LOGIN, BEGIN, Heard(b"ready\n"))))

    def test_no_end_was_recorded(self) -> None:
        """Where the peer's end was not recorded, everything being said and heard is the end."""
        self.assertEqual(play(recording(us(b"x"), peer(b"y")), BEGIN, Heard(b"y")), [Say(b"x"), Finish()])

    def test_silence(self) -> None:
        """A peer that says nothing more is not waited for without end; what is missing is told."""
        self.assertEqual(reason(play(LOGIN, BEGIN, LATE)), "the rest did not come within 3 s")
        ended = play(recording(peer(b"x", eof=True)), BEGIN, Heard(b"x"), LATE)
        self.assertEqual(reason(ended), "the end did not come within 3 s")

    def test_lost(self) -> None:
        """A connection that breaks in the middle is a difference."""
        self.assertEqual(reason(play(LOGIN, BEGIN, LOST)), "the connection ended: reset by peer")

    def test_more_after_the_end(self) -> None:
        """What comes when everything had come is one, too."""
        self.assertIn("more came", reason(play(recording(peer(b"x")), BEGIN, Heard(b"x"), Heard(b"y"))))

    @given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1))), st.sampled_from(["strict", "line", "timed"]))
    def test_any_recording(self, said: list[tuple[bool, bytes]], mode: Mode) -> None:
        """Played against what was recorded, each recording comes to its end, and says what was said."""
        what = recording(*(Chunk(0, "us" if ours else "peer", data) for ours, data in said))
        player = Player(what, "us", mode)
        outputs = player.advance(BEGIN)
        for output in outputs:
            if isinstance(output, WaitUntil):
                outputs += player.advance(DUE)
        for ours, data in said:
            if not ours:
                outputs += player.advance(Heard(data))
            while isinstance(outputs[-1] if outputs else None, WaitUntil):
                outputs += player.advance(DUE)
        self.assertEqual(outputs[-1], Finish())
        self.assertEqual([output.data for output in outputs if isinstance(output, Say)], [d for us, d in said if us])


ALL = b"abcde"
WAYS: dict[State, tuple[Input, ...]] = {
    State.READY: (),
    State.PAUSING: (BEGIN,),
    State.LISTENING: (BEGIN, DUE),
    State.FINISHED: (BEGIN, DUE, Heard(ALL), END),
    State.FAILED: (BEGIN, Heard(b"z")),
}
"""How each state is come to, timed."""

ROWS: dict[str, tuple[Input, ...]] = {
    "Begin": (BEGIN,),
    "Begin, timed": (BEGIN,),
    "Heard, a part": (Heard(b"a"),),
    "Heard, the rest": (Heard(ALL),),
    "Heard, wrong": (Heard(b"z"),),
    "HeardEnd": (Heard(ALL), END),
    "HeardEnd, early": (END,),
    "Due": (DUE,),
    "Late": (LATE,),
    "Lost": (LOST,),
    "Lost, at the end": (Heard(ALL), LOST),
}
"""Each input, behind what makes it mean what the row says."""
ENDLESS = ("Heard, the rest", "Lost, at the end")


def come_to(state: State, *, mode: Mode = "timed", ends: bool = True, speaks: bool = True) -> Player:
    """A player of a short talk in that state; `ends`: the peer's end was recorded; `speaks`: we say something."""
    player = Player(recording(us(b"x") if speaks else us(b"", eof=True), peer(ALL, eof=ends)), "us", mode)
    for got in WAYS[state]:
        player.advance(got)
    assert player.state is state
    return player


def cell(row: str, state: State) -> str:
    """Where the input of that row leads from that state; a dot where it changes nothing."""
    strict = row == "Begin" and state is State.READY
    player = come_to(state, mode="strict" if strict else "timed", ends=row not in ENDLESS, speaks=row[-3:] != "end")
    inputs = ROWS[row][-1:] if state is State.FINISHED else ROWS[row]
    before = player._expected.at
    for got in inputs:
        player.advance(got)
    unmoved = player.state is state and player._expected.at == before and got is not END
    over = player.state is state and state in (State.FINISHED, State.FAILED)
    return "." if unmoved or over else player.state.name


class TableTests(TestCase):
    """The whole table."""

    def test_docstring(self) -> None:
        """The table in the docstring is what the machine does."""
        shown = [line for line in (inspect.getdoc(Player) or "").splitlines() if line.startswith("    ")]
        rows = [f"    {'':19}" + "".join(f"{state.name:14}" for state in State)]
        rows += [f"    {row:19}" + "".join(f"{cell(row, state):14}" for state in State) for row in ROWS]
        self.assertEqual("\n".join(map(str.rstrip, shown)), "\n".join(map(str.rstrip, rows)))

    def test_every_cell(self) -> None:
        """No input breaks any state, and what failed says nothing more."""
        for state, got in product(State, (BEGIN, Heard(b"abc"), Heard(b"z"), END, DUE, LATE, LOST)):
            player = come_to(state)
            outputs = player.advance(got)
            if state is State.FAILED:
                self.assertEqual((outputs, player.state), ([], State.FAILED))
