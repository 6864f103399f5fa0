"""The line dialect, as transcripts and cell by cell."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.auth.dialogue import (
    Broadcast,
    Close,
    Connected,
    Count,
    Counts,
    Crowded,
    Deadline,
    Exposed,
    Idle,
    Input,
    Join,
    Leave,
    Leaving,
    Line,
    ListNames,
    Lost,
    Malformed,
    Names,
    NoMoreLines,
    Opened,
    Output,
    Recognize,
    Recognized,
    Request,
    Say,
    TooLong,
    Unavailable,
    Unreachable,
    Verdict,
    Verify,
)
from tnet.protocols.auth.line import BLANKS, NAMES_SHOWN, LineDialect, State

NAME_ALONE = Recognized("alice")
ASK = Recognized(None)
RIGHT = Verdict("alice")
WRONG = Verdict(None)


def _shown(output: Output) -> str:
    """An output as a transcript writes it."""
    match output:
        case Say(line):
            return f"< {line.decode('latin-1')}"
        case Recognize(user):
            return f"? {user.decode('latin-1')}"
        case Verify(user, password):
            return f"? {user.decode('latin-1')} {password.decode('latin-1')}"
        case Broadcast(line):
            return f"* {line.decode('latin-1')}"
        case other:
            return f"! {other}"


def _transcript(dialect: LineDialect, inputs: Iterable[Input | bytes]) -> list[str]:
    """The dialogue as it is read: `>` heard, `<` said, `?` asked, `*` told to everybody, `!` done."""
    written: list[str] = []
    for got in inputs:
        written.append(f"> {got.decode('latin-1')}" if isinstance(got, bytes) else f"= {got}")
        written += map(_shown, dialect.advance(Line(got) if isinstance(got, bytes) else got))
    return written


def _logged_in(name: str = "alice") -> LineDialect:
    return _after(Opened(), Line(b"alice"), ASK, Line(b"pw"), Verdict(name))


def _after(*inputs: Input, attempts: int = 3) -> LineDialect:
    dialect = LineDialect(attempts)
    for got in inputs:
        dialect.advance(got)
    return dialect


class TranscriptTests(TestCase):
    """What both sides see."""

    maxDiff = None

    def assertTranscript(self, dialect: LineDialect, inputs: Iterable[Input | bytes], expected: str) -> None:
        self.assertEqual(_transcript(dialect, inputs), inspect.cleandoc(expected).splitlines())

    def test_login_and_echo(self) -> None:
        """A right password lets in; then every line comes back until /quit."""
        self.assertTranscript(
            LineDialect(),
            [Opened(), b"alice", ASK, b"pw", RIGHT, b"hello", b"", b"/quit", b"more"],
            """
            = Opened()
            < Username:
            > alice
            ? alice
            = Recognized(name=None)
            < Password:
            > pw
            ? alice pw
            = Verdict(name='alice')
            ! Join(name='alice')
            < Welcome, alice!
            > hello
            < Echo: hello
            >
            < Echo:
            > /quit
            ! Leave()
            < Goodbye.
            ! Close(reason='')
            > more
            """.replace(">\n", "> \n").replace("Echo:\n", "Echo: \n"),
        )

    def test_name_alone(self) -> None:
        """Whoever needs no password is welcomed after the name, and asked for nothing more."""
        self.assertTranscript(
            LineDialect(),
            [Opened(), b"guest", Recognized("guest"), b"hello"],
            """
            = Opened()
            < Username:
            > guest
            ? guest
            = Recognized(name='guest')
            ! Join(name='guest')
            < Welcome, guest!
            > hello
            < Echo: hello
            """,
        )

    def test_empty_password(self) -> None:
        """An empty line is a password like any other, and not the lack of one."""
        self.assertTranscript(
            LineDialect(),
            [b"guest", ASK, b"", WRONG],
            """
            > guest
            ? guest
            = Recognized(name=None)
            < Password:
            >
            ? guest
            = Verdict(name=None)
            < Login failed.
            < Username:
            """.replace(">\n", "> \n").replace("? guest\n            = Verdict", "? guest \n            = Verdict"),
        )

    def test_wrong_passwords(self) -> None:
        """Each failure is told in the same words; after the last one comes the goodbye."""
        self.assertTranscript(
            LineDialect(2),
            [Opened(), b"eve", ASK, b"a", WRONG, b"eve", ASK, b"b", WRONG, b"eve"],
            """
            = Opened()
            < Username:
            > eve
            ? eve
            = Recognized(name=None)
            < Password:
            > a
            ? eve a
            = Verdict(name=None)
            < Login failed.
            < Username:
            > eve
            ? eve
            = Recognized(name=None)
            < Password:
            > b
            ? eve b
            = Verdict(name=None)
            < Login failed.
            < Goodbye.
            ! Close(reason='too many logins failed')
            > eve
            """,
        )

    def test_unavailable(self) -> None:
        """When nobody can tell, that is what is said, and not that the login failed."""
        self.assertTranscript(
            LineDialect(2),
            [b"alice", ASK, b"pw", Unavailable(), b"alice", ASK, b"pw", Unavailable()],
            """
            > alice
            ? alice
            = Recognized(name=None)
            < Password:
            > pw
            ? alice pw
            = Unavailable()
            < Login is unavailable now. Try again later.
            < Username:
            > alice
            ? alice
            = Recognized(name=None)
            < Password:
            > pw
            ? alice pw
            = Unavailable()
            < Login is unavailable now. Try again later.
            < Goodbye.
            ! Close(reason='too many logins failed')
            """,
        )

    def test_commands(self) -> None:
        """Commands ask for what they tell, and words that are none are not sent back."""
        self.assertTranscript(
            _logged_in(),
            [b"/who", Names(("alice", "bob")), b"/stats", Counts(3, 2), b"/say hi all", b"/say", b"/whom", b"/"],
            """
            > /who
            ! ListNames()
            = Names(names=('alice', 'bob'))
            < Logged in: alice, bob
            > /stats
            ! Count()
            = Counts(connections=3, logged_in=2)
            < Connections: 3, logged in: 2
            > /say hi all
            * <alice> hi all
            > /say
            < Unknown command. /help lists them.
            > /whom
            < Unknown command. /help lists them.
            > /
            < Unknown command. /help lists them.
            """,
        )

    def test_stopping(self) -> None:
        """A server that stops says so, to whoever is logged in and to whoever is not."""
        for dialect in (LineDialect(), _logged_in()):
            said = [output for output in dialect.advance(Leaving()) if isinstance(output, Say)]
            self.assertEqual(said, [Say(b"The server is stopping."), Say(b"Goodbye.")])


class WordingTests(TestCase):
    """Details of what is said."""

    def test_help_names_every_command(self) -> None:
        """/help has a line for each command there is."""
        told = b"\n".join(output.line for output in _logged_in().advance(Line(b"/help")) if isinstance(output, Say))
        for command in (b"/who", b"/stats", b"/say", b"/help", b"/quit"):
            self.assertIn(command, told)

    def test_echo_is_exact(self) -> None:
        """What comes back is the bytes that were sent, whatever they are."""
        line = bytes(range(1, 256)).replace(b"\n", b"")
        self.assertEqual(_logged_in().advance(Line(line)), [Say(b"Echo: " + line)])

    def test_others_are_safe(self) -> None:
        """What other users are told cannot move their terminal, in whatever name and whatever bytes."""
        (told,) = _logged_in("\x1b[2Jmallory").advance(Line(b"/say \x1b]0;x\x07 \xff \xe2\x80\xae"))
        self.assertEqual(told, Broadcast(rb"<\x1b[2Jmallory> \x1b]0;x\x07 \xff \u202e"))

    def test_crowd(self) -> None:
        """A long list of names is cut, and says by how many."""
        (said,) = _logged_in().advance(Names(("x",) * (NAMES_SHOWN + 7)))
        assert isinstance(said, Say)
        self.assertTrue(said.line.endswith(b"x and 7 more"))
        self.assertEqual(said.line.count(b"x"), NAMES_SHOWN)

    def test_raw_credentials(self) -> None:
        """Name and password are passed on as the bytes they are: whoever checks them judges them."""
        dialect = LineDialect()
        self.assertEqual(dialect.advance(Line(b"a\xff\0")), [Recognize(b"a\xff\0")])
        dialect.advance(ASK)
        self.assertEqual(dialect.advance(Line(b"\x1b")), [Verify(b"a\xff\0", b"\x1b")])

    def test_hearing(self) -> None:
        """It hears in every state but those where a question about an account is open."""
        dialect = LineDialect()
        heard = [(dialect.advance(got), dialect.hearing)[1] for got in (Line(b"a"), ASK, Line(b"b"), WRONG)]
        self.assertEqual(heard, [False, True, False, True])


REACH: dict[State, tuple[Input, ...]] = {
    State.AUTHENTICATE: (),
    State.RECOGNIZING: (Line(b"alice"),),
    State.PASSWORD: (Line(b"alice"), ASK),
    State.CHECKING: (Line(b"alice"), ASK, Line(b"pw")),
    State.ACTIVE: (Line(b"alice"), NAME_ALONE),
    State.CLOSED: (Lost(),),
}
"""The shortest way to each state."""

_BLANKS = tuple(Line(b"") for _ in range(BLANKS - 1))

INPUTS: dict[str, tuple[Input, Callable[[State], LineDialect]]] = {
    "Opened": (Opened(), lambda state: _after(*REACH[state])),
    "Exposed": (Exposed(), lambda state: _after(*REACH[state])),
    "Line": (Line(b"x"), lambda state: _after(*REACH[state])),
    "Line, blank": (Line(b""), lambda state: _after(*REACH[state])),
    "Line, last blank": (Line(b""), lambda state: _after(*_BLANKS, *REACH[state])),
    "Line, /quit": (Line(b"/quit"), lambda state: _after(*REACH[state])),
    "TooLong": (TooLong(), lambda state: _after(*REACH[state])),
    "NoMoreLines": (NoMoreLines(), lambda state: _after(*REACH[state])),
    "Recognized, yes": (NAME_ALONE, lambda state: _after(*REACH[state])),
    "Recognized, no": (ASK, lambda state: _after(*REACH[state])),
    "Verdict, right": (RIGHT, lambda state: _after(*REACH[state])),
    "Verdict, wrong": (WRONG, lambda state: _after(*REACH[state])),
    "Verdict, last": (WRONG, lambda state: _after(*REACH[state], attempts=1)),
    "Unavailable": (Unavailable(), lambda state: _after(*REACH[state])),
    "Unavailable, last": (Unavailable(), lambda state: _after(*REACH[state], attempts=1)),
    "Names": (Names(("a",)), lambda state: _after(*REACH[state])),
    "Counts": (Counts(1, 1), lambda state: _after(*REACH[state])),
    "Unreachable": (Unreachable(), lambda state: _after(*REACH[state])),
    "Deadline": (Deadline(), lambda state: _after(*REACH[state])),
    "Crowded": (Crowded(), lambda state: _after(*REACH[state])),
    "Idle": (Idle(), lambda state: _after(*REACH[state])),
    "Leaving": (Leaving(), lambda state: _after(*REACH[state])),
    "Lost": (Lost(), lambda state: _after(*REACH[state])),
}
"""Each row of the table: an input, and the dialogue that has come to a state in which it means what the row says."""


def _cell(label: str, state: State) -> str:
    got, reach = INPUTS[label]
    dialect = reach(state)
    assert dialect.state is state
    silent = not dialect.advance(got) and dialect.state is state
    return "." if silent else dialect.state.name


class TableTests(TestCase):
    """Every state and every input."""

    maxDiff = None

    def test_docstring(self) -> None:
        """The table in the docstring is what the machine does."""
        rows = [["", *(state.name for state in State)]]
        rows += [[label, *(_cell(label, state) for state in State)] for label in INPUTS]
        table = [(f"{row[0]:19}" + "".join(f"{cell:14}" for cell in row[1:])).rstrip() for row in rows]
        documented = inspect.getdoc(LineDialect) or ""
        found = [line.removeprefix("    ") for line in documented.splitlines() if line.startswith("    ")]
        self.assertEqual([line.rstrip() for line in found], table)

    def test_every_kind_of_input_is_in_it(self) -> None:
        """No input is missing from the table, but for those of requests and of the gateway, which mean nothing here."""
        foreign = {Request, Malformed, Connected}
        self.assertEqual({type(got) for got, _ in INPUTS.values()}, set(Input.__args__) - foreign)
        for state in State:
            for got in (Request((b"x",)), Malformed("x"), Connected()):
                dialect = _after(*REACH[state])
                self.assertEqual((dialect.advance(got), dialect.state), ([], state))

    def test_closing(self) -> None:
        """Every way into CLOSED ends with Close, after a goodbye, but for the connection that is gone."""
        for label in INPUTS:
            for state in State:
                got, reach = INPUTS[label]
                dialect = reach(state)
                outputs = dialect.advance(got)
                closed = state is not State.CLOSED and dialect.state is State.CLOSED
                last = [type(output) for output in outputs[-2:]] if closed and not isinstance(got, Lost) else []
                self.assertEqual(last, [Say, Close] if last else [], (label, state))
                self.assertEqual(any(isinstance(output, Close) for output in outputs), bool(last))


_words = st.one_of(
    st.sampled_from([got for got, _ in INPUTS.values()]),
    st.binary(max_size=12).map(lambda data: Line(data.replace(b"\n", b""))),
    st.sampled_from([Line(b"/who"), Line(b"/stats"), Line(b"/say x"), Line(b"/help")]),
)


class PropertyTests(TestCase):
    """Whatever happens in whatever order."""

    @given(st.lists(_words, max_size=40), st.integers(1, 5))
    def test_bounds(self, inputs: list[Input], attempts: int) -> None:
        """There are never more checks than attempts, whoever joins leaves once, and nothing follows a Close.

        Nor are more names looked up: after each comes a check, or it is the last.
        """
        dialect = LineDialect(attempts)
        outputs = [output for got in [*inputs, Lost()] for output in dialect.advance(got)]
        for question in (Recognize, Verify):
            self.assertLessEqual(sum(isinstance(output, question) for output in outputs), attempts)
        self.assertEqual(
            [type(output) for output in outputs if isinstance(output, (Join, Leave))],
            [Join, Leave][: 2 * sum(isinstance(output, Join) for output in outputs)],
        )
        self.assertFalse(any(isinstance(output, Close) for output in outputs[:-1]))
        self.assertIs(dialect.state, State.CLOSED)

    @given(st.lists(_words, max_size=40))
    def test_one_line_each(self, inputs: list[Input]) -> None:
        """Nothing that is said has a line end inside."""
        dialect = LineDialect()
        for got in inputs:
            for output in dialect.advance(got):
                if isinstance(output, (Say, Broadcast)):
                    self.assertNotIn(b"\n", output.line)

    @given(st.lists(_words, max_size=20))
    def test_only_an_answer_opens(self, inputs: list[Input]) -> None:
        """Without a right verdict or a recognized name nobody joins, is told who is there, or speaks to others."""
        dialect = LineDialect()
        for got in inputs:
            if got not in (RIGHT, NAME_ALONE):
                for output in dialect.advance(got):
                    self.assertNotIsInstance(output, (Join, Broadcast, ListNames, Count))
