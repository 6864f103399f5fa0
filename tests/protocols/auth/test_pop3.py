"""The POP3 dialect, as transcripts and cell by cell."""

from __future__ import annotations

from base64 import b64encode
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
    Line,
    Lost,
    NoMoreLines,
    Opened,
    Say,
    TooLong,
    Unavailable,
    Unreachable,
    Verdict,
    Verify,
)
from tnet.protocols.auth.pop3 import FAILED, MALFORMED, MISTAKES, Pop3Dialect, State

RIGHT, WRONG = Verdict("alice"), Verdict(None)
PLAIN = b64encode(b"\0alice\0pw")
CLOSED = "! Close(reason='')"


def _after(*inputs: Input, attempts: int = 3) -> Pop3Dialect:
    dialect = Pop3Dialect(attempts)
    for got in inputs:
        dialect.advance(got)
    return dialect


def _inside() -> Pop3Dialect:
    return _after(Line(b"USER alice"), Line(b"PASS pw"), RIGHT)


class TranscriptTests(TestCase):
    """What both sides see."""

    maxDiff = None

    def test_user_and_pass(self) -> None:
        """USER and PASS let in to an empty mailbox; a password has its spaces, and commands any case."""
        login = [Opened(), b"CAPA", b"user alice", b"PASS p w ", RIGHT]
        looks = [b"STAT", b"List", b"LIST 1", b"UIDL", b"RETR 1", b"NOOP", b"RSET", b"CAPA", b"QUIT", b"STAT"]
        said = transcript(Pop3Dialect(), [*login, *looks])
        self.assertEqual(
            said,
            expected(
                """
            = Opened()
            < +OK tnet is ready.
            > CAPA
            < +OK
            USER
            SASL PLAIN
            RESP-CODES
            AUTH-RESP-CODE
            PIPELINING
            UIDL
            TOP
            .
            > user alice
            < +OK Send the password.
            > PASS p w
            ? alice p w_
            = Verdict(name='alice')
            ! Join(name='alice')
            < +OK Logged in.
            > STAT
            < +OK 0 0
            > List
            < +OK 0 messages
            .
            > LIST 1
            < -ERR No such message.
            > UIDL
            < +OK
            .
            > RETR 1
            < -ERR No such message.
            > NOOP
            < +OK
            > RSET
            < +OK
            > CAPA
            < +OK
            RESP-CODES
            AUTH-RESP-CODE
            PIPELINING
            UIDL
            TOP
            .
            > QUIT
            ! Leave()
            < +OK Goodbye.
            ! Close(reason='')
            > STAT
            """.replace("w_", "w ")
            ),
        )

    def test_auth_plain(self) -> None:
        """AUTH PLAIN takes its response at once or when asked, after a `*` and a list of mechanisms, too."""
        dialect = Pop3Dialect()
        said = transcript(dialect, [b"AUTH", b"AUTH PLAIN", b"*", b"auth plain", PLAIN, WRONG, b"AUTH PLAIN " + PLAIN])
        self.assertEqual(
            said,
            expected(
                f"""
            > AUTH
            < +OK
            PLAIN
            .
            > AUTH PLAIN
            < +_
            > *
            < -ERR Authentication cancelled.
            > auth plain
            < +_
            > {PLAIN.decode()}
            ? alice pw
            = Verdict(name=None)
            < -ERR [AUTH] Authentication failed.
            > AUTH PLAIN {PLAIN.decode()}
            ? alice pw
            """.replace("+_", "+ ")
            ),
        )
        self.assertEqual(dialect.advance(RIGHT)[0], Join("alice"))

    def test_malformed_is_not_denied(self) -> None:
        """What is no PLAIN message is told from wrong credentials, and costs no attempt."""
        bad = (b"=", b"%%%", b64encode(b"alice\0pw"), b64encode(b"\0\0pw"), b64encode(b"\0a\0\xff"), PLAIN + b"=")
        dialect = Pop3Dialect(1)
        for response in bad:
            self.assertEqual(dialect.advance(Line(b"AUTH PLAIN " + response)), [MALFORMED], response)
        self.assertEqual(dialect.advance(Line(b"AUTH PLAIN " + PLAIN)), [Verify(b"alice", b"pw")])

    def test_acting_for_another(self) -> None:
        """One's own name may be said twice; another's is denied without a look, and is an attempt."""
        own, other = b64encode(b"alice\0alice\0pw"), b64encode(b"bob\0alice\0pw")
        self.assertEqual(_after().advance(Line(b"AUTH PLAIN " + own)), [Verify(b"alice", b"pw")])
        dialect = Pop3Dialect(2)
        self.assertEqual(dialect.advance(Line(b"AUTH PLAIN " + other)), [FAILED])
        self.assertEqual(dialect.advance(Line(b"AUTH PLAIN " + other)), [FAILED, Close("too many logins failed")])

    def test_failures(self) -> None:
        """A wrong password and an ailing store have their response codes, and the last attempt ends it."""
        said = transcript(
            Pop3Dialect(2), [b"USER eve", b"PASS x", Unavailable(), b"PASS x", b"USER eve", b"PASS x", WRONG]
        )
        self.assertEqual(
            said,
            expected("""
            > USER eve
            < +OK Send the password.
            > PASS x
            ? eve x
            = Unavailable()
            < -ERR [SYS/TEMP] Login is unavailable now. Try again later.
            > PASS x
            < -ERR Send the user name first.
            > USER eve
            < +OK Send the password.
            > PASS x
            ? eve x
            = Verdict(name=None)
            < -ERR [AUTH] Authentication failed.
            ! Close(reason='too many logins failed')
            """),
        )

    def test_no_second_login(self) -> None:
        """Whoever is in is not logged in again."""
        for again in (b"USER bob", b"PASS x", b"AUTH PLAIN " + PLAIN, b"APOP bob 0"):
            self.assertEqual(transcript(_inside(), [again])[1:], ["< -ERR Already logged in."])

    def test_nonsense(self) -> None:
        """Nonsense is borne a few times, inside, too."""
        for dialect in (Pop3Dialect(), _inside()):
            answers = [dialect.advance(Line(b"")) for _ in range(MISTAKES)]
            self.assertTrue(all(len(answer) == 1 for answer in answers[:-1]))
            self.assertEqual(answers[-1][-1], Close("too many mistakes"))
        self.assertEqual(transcript(Pop3Dialect(), [b"STAT"])[1:], ["< -ERR Log in first."])
        self.assertEqual(transcript(Pop3Dialect(), [b"USER"])[1:], ["< -ERR USER takes a name."])
        self.assertEqual(transcript(Pop3Dialect(), [b"AUTH LOGIN"])[1:], ["< -ERR Unknown mechanism: there is PLAIN."])

    def test_stopping(self) -> None:
        """A server that stops says so with a temporary error."""
        for dialect in (Pop3Dialect(), _inside()):
            self.assertIn(Say(b"-ERR [SYS/TEMP] The server is stopping."), dialect.advance(Leaving()))


REACH: dict[State, tuple[Input, ...]] = {
    State.AUTHORIZATION: (),
    State.NAMED: (Line(b"USER alice"),),
    State.SASL: (Line(b"AUTH PLAIN"),),
    State.CHECKING: (Line(b"USER alice"), Line(b"PASS pw")),
    State.TRANSACTION: (Line(b"USER alice"), Line(b"PASS pw"), RIGHT),
    State.CLOSED: (Lost(),),
}


def _at(state: State) -> Pop3Dialect:
    return _after(*REACH[state])


def _at_last_attempt(state: State) -> Pop3Dialect:
    return _after(*REACH[state], attempts=1)


def _at_last_mistake(state: State) -> Pop3Dialect:
    return _after(*[Line(b"x")] * (MISTAKES - 1), *REACH[state])


INPUTS: dict[str, tuple[Input, Callable[[State], Pop3Dialect]]] = {
    "Opened": (Opened(), _at),
    "Exposed": (Exposed(), _at),
    "USER alice": (Line(b"USER alice"), _at),
    "PASS x": (Line(b"PASS x"), _at),
    "AUTH PLAIN": (Line(b"AUTH PLAIN"), _at),
    "AUTH PLAIN =": (Line(b"AUTH PLAIN ="), _at),
    "AUTH PLAIN …": (Line(b"AUTH PLAIN " + PLAIN), _at),
    "a response": (Line(PLAIN), _at),
    "*": (Line(b"*"), _at),
    "CAPA": (Line(b"CAPA"), _at),
    "STAT": (Line(b"STAT"), _at),
    "QUIT": (Line(b"QUIT"), _at),
    "a blank line": (Line(b""), _at),
    "the last mistake": (Line(b"x"), _at_last_mistake),
    "TooLong": (TooLong(), _at),
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
        self.assertEqual(documented(Pop3Dialect), table(State, INPUTS, 15))


_words = st.one_of(
    st.sampled_from([got for got, _ in INPUTS.values()]),
    st.binary(max_size=12).map(lambda data: Line(data.replace(b"\n", b""))),
)


class PropertyTests(TestCase):
    """Whatever happens in whatever order."""

    @given(st.lists(_words, max_size=40), st.integers(1, 5))
    def test_bounds(self, inputs: list[Input], attempts: int) -> None:
        """There are never more checks than attempts, whoever joins leaves once, and nothing follows a Close."""
        dialect = Pop3Dialect(attempts)
        outputs = [output for got in [*inputs, Lost()] for output in dialect.advance(got)]
        self.assertLessEqual(sum(isinstance(output, Verify) for output in outputs), attempts)
        self.assertEqual(
            [type(output) for output in outputs if isinstance(output, (Join, Leave))],
            [Join, Leave][: 2 * sum(isinstance(output, Join) for output in outputs)],
        )
        self.assertFalse(any(isinstance(output, Close) for output in outputs[:-1]))
        self.assertIs(dialect.state, State.CLOSED)

    @given(st.lists(_words, max_size=40))
    def test_only_a_verdict_opens(self, inputs: list[Input]) -> None:
        """Without a right verdict nobody joins."""
        dialect = Pop3Dialect()
        for got in inputs:
            if got != RIGHT:
                self.assertFalse(any(isinstance(output, Join) for output in dialect.advance(got)))
