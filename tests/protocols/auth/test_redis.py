"""The Redis dialect, as transcripts and cell by cell."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tests.protocols.auth.transcripts import documented, expected, table, transcript
from tnet.protocols.auth.dialogue import (
    Close,
    Crowded,
    Deadline,
    Exposed,
    Idle,
    Input,
    Join,
    Leave,
    Leaving,
    Lost,
    Malformed,
    NoMoreLines,
    Request,
    Say,
    Unavailable,
    Unreachable,
    Verdict,
    Verify,
)
from tnet.protocols.auth.redis import ALREADY, FAILED, MISTAKES, SYNTAX, WELCOME, RedisDialect, State

RIGHT, WRONG = Verdict("alice"), Verdict(None)


def _words(text: bytes) -> Request:
    return Request(tuple(text.split()))


def _after(*inputs: Input, attempts: int = 3) -> RedisDialect:
    dialect = RedisDialect(attempts)
    for got in inputs:
        dialect.advance(got)
    return dialect


def _inside() -> RedisDialect:
    return _after(_words(b"AUTH alice pw"), RIGHT)


class TranscriptTests(TestCase):
    """What both sides see."""

    maxDiff = None

    def test_auth(self) -> None:
        """Nothing before AUTH, one answer to all that is wrong, and then a few commands."""
        inputs: list[Input | tuple[bytes, ...]] = [(b"PING",), (b"auth", b"alice", b"p w"), WRONG, (b"AUTH", b"pw")]
        inputs += [RIGHT, (b"PING",), (b"ECHO", b""), (b"SELECT", b"0"), (b"SELECT", b"1"), (b"COMMAND", b"DOCS")]
        inputs += [(b"COMMAND", b"COUNT"), (b"GET", b"x"), (b"ECHO",), (b"QUIT",)]
        self.assertEqual(
            transcript(RedisDialect(), inputs),
            expected("""
            > PING
            < -NOAUTH Authentication required.
            > auth alice p w
            ? alice p w
            = Verdict(name=None)
            < -WRONGPASS invalid username-password pair or user is disabled.
            > AUTH pw
            ? default pw
            = Verdict(name='alice')
            ! Join(name='alice')
            < +OK
            > PING
            < +PONG
            > ECHO
            < $0

            > SELECT 0
            < +OK
            > SELECT 1
            < -ERR DB index is out of range
            > COMMAND DOCS
            < *0
            > COMMAND COUNT
            < :0
            > GET x
            < -ERR unknown command 'GET'
            > ECHO
            < -ERR wrong number of arguments for 'echo' command
            > QUIT
            ! Leave()
            < +OK
            ! Close(reason='')
            """),
        )

    def test_hello(self) -> None:
        """HELLO 2 with AUTH logs in and is answered with what we are; without, only those who are in are told."""
        for options in (b"AUTH alice pw", b"AUTH alice pw SETNAME x"):
            dialect = RedisDialect()
            self.assertEqual(dialect.advance(_words(b"HELLO 2 " + options)), [Verify(b"alice", b"pw")])
            self.assertEqual(dialect.advance(RIGHT), [Join("alice"), WELCOME])
            self.assertEqual(dialect.advance(_words(b"hello")), [WELCOME])
            self.assertEqual(dialect.advance(_words(b"HELLO 2 setname x")), [WELCOME])
        self.assertEqual(transcript(RedisDialect(), [(b"HELLO", b"2")])[1:], ["< -NOAUTH Authentication required."])
        self.assertEqual(
            transcript(RedisDialect(), [(b"HELLO", b"3")])[1:], ["< -NOPROTO unsupported protocol version"]
        )
        for wrong in (b"HELLO 2 AUTH alice", b"HELLO 2 SETNAME", b"HELLO 2 x", b"HELLO 2 x y z", b"AUTH a b c"):
            self.assertEqual(RedisDialect().advance(_words(wrong)), [SYNTAX], wrong)

    def test_welcome(self) -> None:
        """What HELLO is answered with is an array of pairs."""
        said = WELCOME.line.split(b"\r\n")
        self.assertEqual((said[0], said[-2:]), (b"*12", [b"modules", b"*0"]))
        self.assertIn(b":2", said)

    def test_no_second_login(self) -> None:
        """Whoever is in is not logged in again."""
        for again in (b"AUTH pw", b"AUTH bob pw", b"HELLO 2 AUTH bob pw"):
            self.assertEqual(_inside().advance(_words(again)), [ALREADY])

    def test_unavailable(self) -> None:
        """When nobody can tell, that is what is said."""
        (said,) = _after(_words(b"AUTH pw")).advance(Unavailable())
        assert isinstance(said, Say)
        self.assertTrue(said.line.startswith(b"-TRYAGAIN "))

    def test_nonsense(self) -> None:
        """Nonsense is borne a few times before a login, even without a word; inside it harms nobody."""
        for nonsense in (b"", b"GET x", b"HELLO 3", b"AUTH"):
            dialect = RedisDialect()
            answers = [dialect.advance(_words(nonsense)) for _ in range(MISTAKES)]
            self.assertFalse([answer for answer in answers[:-1] if Close("too many mistakes") in answer])
            self.assertEqual(answers[-1][-1], Close("too many mistakes"))

    def test_peer_text_is_safe(self) -> None:
        """An unknown command comes back short and without what would end the reply."""
        (said,) = _inside().advance(Request((b"X\r\n+OK\x1b" + b"y" * 1000,)))
        assert isinstance(said, Say)
        self.assertNotIn(b"\n", said.line)
        self.assertNotIn(b"\x1b", said.line)
        self.assertLess(len(said.line), 200)

    def test_stopping(self) -> None:
        """Of our leaving is told who waits for an answer; anybody else would take it for the next one."""
        self.assertEqual([type(one) for one in _after(_words(b"AUTH pw")).advance(Leaving())], [Say, Close])
        self.assertEqual(RedisDialect().advance(Leaving()), [Close()])
        self.assertEqual(_inside().advance(Leaving()), [Leave(), Close()])


REACH: dict[State, tuple[Input, ...]] = {
    State.AUTHENTICATE: (),
    State.CHECKING: (_words(b"AUTH pw"),),
    State.ACTIVE: (_words(b"AUTH pw"), RIGHT),
    State.CLOSED: (Lost(),),
}


def _at(state: State) -> RedisDialect:
    return _after(*REACH[state])


def _at_last_attempt(state: State) -> RedisDialect:
    return _after(*REACH[state], attempts=1)


def _at_last_mistake(state: State) -> RedisDialect:
    return _after(*[_words(b"x")] * (MISTAKES - 1), *REACH[state])


INPUTS: dict[str, tuple[Input, Callable[[State], RedisDialect]]] = {
    "Exposed": (Exposed(), _at),
    "AUTH pw": (_words(b"AUTH pw"), _at),
    "AUTH alice pw": (_words(b"AUTH alice pw"), _at),
    "HELLO": (_words(b"HELLO"), _at),
    "HELLO 2 AUTH …": (_words(b"HELLO 2 AUTH alice pw"), _at),
    "HELLO 3": (_words(b"HELLO 3"), _at),
    "PING": (_words(b"PING"), _at),
    "QUIT": (_words(b"QUIT"), _at),
    "no words": (_words(b""), _at),
    "the last mistake": (_words(b"x"), _at_last_mistake),
    "Malformed": (Malformed("x"), _at),
    "NoMoreLines": (NoMoreLines(), _at),
    "Verdict, right": (RIGHT, _at),
    "Verdict, wrong": (WRONG, _at),
    "Verdict, last": (WRONG, _at_last_attempt),
    "Unavailable": (Unavailable(), _at),
    "Unavailable, last": (Unavailable(), _at_last_attempt),
    "Unreachable": (Unreachable(), _at),
    "Deadline": (Deadline(), _at),
    "Crowded": (Crowded(), _at),
    "Idle": (Idle(), _at),
    "Leaving": (Leaving(), _at),
    "Lost": (Lost(), _at),
}


class TableTests(TestCase):
    """Every state and every input."""

    maxDiff = None

    def test_docstring(self) -> None:
        """The table in the docstring is what the machine does."""
        self.assertEqual(documented(RedisDialect), table(State, INPUTS, 14))


_inputs = st.one_of(
    st.sampled_from([got for got, _ in INPUTS.values()]),
    st.lists(st.binary(max_size=6), max_size=5).map(lambda words: Request(tuple(words))),
)


class PropertyTests(TestCase):
    """Whatever happens in whatever order."""

    @given(st.lists(_inputs, max_size=40), st.integers(1, 5))
    def test_bounds(self, inputs: list[Input], attempts: int) -> None:
        """There are never more checks than attempts, whoever joins leaves once, and nothing follows a Close."""
        dialect = RedisDialect(attempts)
        outputs = [output for got in [*inputs, Lost()] for output in dialect.advance(got)]
        self.assertLessEqual(sum(isinstance(output, Verify) for output in outputs), attempts)
        self.assertEqual(
            [type(output) for output in outputs if isinstance(output, (Join, Leave))],
            [Join, Leave][: 2 * sum(isinstance(output, Join) for output in outputs)],
        )
        self.assertFalse(any(isinstance(output, Close) for output in outputs[:-1]))
        self.assertIs(dialect.state, State.CLOSED)

    @given(st.lists(_inputs, max_size=40))
    def test_only_a_verdict_opens(self, inputs: list[Input]) -> None:
        """Without a right verdict nobody joins."""
        dialect = RedisDialect()
        for got in inputs:
            if got != RIGHT:
                self.assertFalse(any(isinstance(output, Join) for output in dialect.advance(got)))
        self.assertEqual(FAILED.line.split()[0], b"-WRONGPASS")
