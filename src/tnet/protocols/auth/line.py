"""The line dialect of `serve auth`: a name, a password if it has one, then an echo with a few commands.

It is for people with `nc` and for scripts alike: every line ends, prompts too, and nothing unasked is sent but
what other users say.
"""

from __future__ import annotations

from enum import Enum

from tnet.escape import safe_line
from tnet.protocols.auth.dialogue import (
    IDLED,
    TOO_MANY_WAIT,
    Broadcast,
    Close,
    Count,
    Counts,
    Crowded,
    Deadline,
    Exposed,
    Idle,
    Input,
    Join,
    Leaving,
    Line,
    ListNames,
    Lost,
    Names,
    NoMoreLines,
    Opened,
    Output,
    Recognize,
    Recognized,
    Say,
    TooLong,
    Unavailable,
    Unreachable,
    Verdict,
    Verify,
)
from tnet.protocols.auth.ears import LineEar
from tnet.protocols.auth.machine import Machine

BLANKS = 10
NAMES_SHOWN = 50

ASK_NAME = Say(b"Username:")
ASK_PASSWORD = Say(b"Password:")
FAILED = Say(b"Login failed.")
TRY_LATER = Say(b"Login is unavailable now. Try again later.")
LINE_TOO_LONG = Say(b"Line too long.")
UNREACHABLE = Say(b"The backend cannot be reached now.")
IN_CLEAR = Say(b"Logins go over TLS here.")
CROWDED = Say(b"Too many are waiting to log in. Try again later.")
TOO_SLOW = Say(b"Too slow.")
IDLE_TOO_LONG = Say(b"Idle for too long.")
STOPPING = Say(b"The server is stopping.")
GOODBYE = Say(b"Goodbye.")
UNKNOWN_COMMAND = Say(b"Unknown command. /help lists them.")
HELP = [
    Say(b"/who         who is logged in"),
    Say(b"/stats       how many are connected"),
    Say(b"/say TEXT    tell everybody who is logged in"),
    Say(b"/help        this list"),
    Say(b"/quit        goodbye"),
    Say(b"Any other line is sent back."),
]


class State(Enum):
    """Where the dialogue stands."""

    AUTHENTICATE = "authenticate"
    RECOGNIZING = "recognizing"
    PASSWORD = "password"  # noqa: S105 (a state)
    CHECKING = "checking"
    ACTIVE = "active"
    CLOSED = "closed"


WAITING = (State.RECOGNIZING, State.CHECKING)
"""While a question about an account is open."""

_Turn = tuple[State, list[Output]]


class LineDialect(Machine[State]):
    """One dialogue; `attempts` bounds the checks that it ever asks for.

    Which state each input leads to; a dot is an input that changes nothing and says nothing::

                           AUTHENTICATE  RECOGNIZING   PASSWORD      CHECKING      ACTIVE        CLOSED
        Opened             AUTHENTICATE  .             .             .             .             .
        Exposed            CLOSED        .             .             .             .             .
        Line               RECOGNIZING   CLOSED        CHECKING      CLOSED        ACTIVE        .
        Line, blank        AUTHENTICATE  CLOSED        CHECKING      CLOSED        ACTIVE        .
        Line, last blank   CLOSED        CLOSED        CHECKING      CLOSED        ACTIVE        .
        Line, /quit        RECOGNIZING   CLOSED        CHECKING      CLOSED        CLOSED        .
        TooLong            CLOSED        CLOSED        CLOSED        CLOSED        CLOSED        .
        NoMoreLines        CLOSED        CLOSED        CLOSED        CLOSED        CLOSED        .
        Recognized, yes    .             ACTIVE        .             .             .             .
        Recognized, no     .             PASSWORD      .             .             .             .
        Verdict, right     .             .             .             ACTIVE        .             .
        Verdict, wrong     .             .             .             AUTHENTICATE  .             .
        Verdict, last      .             .             .             CLOSED        .             .
        Unavailable        .             .             .             AUTHENTICATE  .             .
        Unavailable, last  .             .             .             CLOSED        .             .
        Names              .             .             .             .             ACTIVE        .
        Counts             .             .             .             .             ACTIVE        .
        Unreachable        .             .             .             .             CLOSED        .
        Deadline           CLOSED        CLOSED        CLOSED        CLOSED        .             .
        Crowded            CLOSED        CLOSED        CLOSED        CLOSED        .             .
        Idle               .             .             .             .             CLOSED        .
        Leaving            CLOSED        CLOSED        CLOSED        CLOSED        CLOSED        .
        Lost               CLOSED        CLOSED        CLOSED        CLOSED        CLOSED        .

    A line while RECOGNIZING or CHECKING breaks the rule of `hearing`, and ends the dialogue. Nothing that is sent
    tells an unknown name from a wrong password. A password is asked for even when nobody can tell whether the name
    needs one: what the peer sends next may be it, and must not be taken for a name.
    """

    name = "auth"
    company = State.ACTIVE

    def __init__(self, attempts: int = 3) -> None:
        super().__init__(State.AUTHENTICATE)
        self._attempts = attempts
        self._blanks = BLANKS
        self._user = b""
        self._name = ""

    @property
    def hearing(self) -> bool:
        """Whether it can be given the peer's next line now."""
        return self.state not in WAITING

    def ear(self) -> LineEar:
        """What its peer is heard with."""
        return LineEar()

    def _turn(self, got: Input) -> _Turn:
        match self.state, got:
            case State.CLOSED, _:
                return State.CLOSED, []
            case _, Lost():
                return State.CLOSED, []
            case _, NoMoreLines():
                return _end()
            case _, TooLong():
                return _end("a line was too long", LINE_TOO_LONG)
            case _, Leaving():
                return _end("", STOPPING)
            case State.RECOGNIZING | State.CHECKING, Line():
                return _end("a line came out of turn")
            case State.ACTIVE, _:
                return self._talk(got)
            case _, Deadline():
                return _end("the login took too long", TOO_SLOW)
            case _, Crowded():
                return _end(TOO_MANY_WAIT, CROWDED)
            case _:
                return self._log_in(got)

    def _log_in(self, got: Input) -> _Turn:
        match self.state, got:
            case State.AUTHENTICATE, Opened():
                return State.AUTHENTICATE, [ASK_NAME]
            case State.AUTHENTICATE, Exposed():
                return _end("a login in clear was refused", IN_CLEAR)
            case State.AUTHENTICATE, Line(b""):
                return self._blank()
            case State.AUTHENTICATE, Line(user):
                self._user = user
                return State.RECOGNIZING, [Recognize(user)]
            case State.RECOGNIZING, Recognized(None):
                return State.PASSWORD, [ASK_PASSWORD]
            case State.PASSWORD, Line(password):
                self._attempts -= 1
                return State.CHECKING, [Verify(self._user, password)]
            case State.CHECKING, Verdict(None):
                return self._again(FAILED)
            case (State.RECOGNIZING, Recognized(str(name))) | (State.CHECKING, Verdict(str(name))):
                self._name = name
                return State.ACTIVE, [Join(name), _say(f"Welcome, {name}!")]
            case State.CHECKING, Unavailable():
                return self._again(TRY_LATER)
            case state, _:
                return state, []

    def _talk(self, got: Input) -> _Turn:
        match got:
            case Line(b"/quit"):
                return _end()
            case Idle():
                return _end(IDLED, IDLE_TOO_LONG)
            case Unreachable():
                return _end("the backend cannot be reached", UNREACHABLE)
            case Line(line):
                return State.ACTIVE, self._obey(line)
            case Names(names):
                return State.ACTIVE, [_say("Logged in: " + _shortened(names))]
            case Counts(connections, logged_in):
                return State.ACTIVE, [_say(f"Connections: {connections}, logged in: {logged_in}")]
            case _:
                return State.ACTIVE, []

    def _obey(self, line: bytes) -> list[Output]:
        match line.partition(b" "):
            case b"/who", _, b"":
                return [ListNames()]
            case b"/stats", _, b"":
                return [Count()]
            case b"/help", _, b"":
                return [*HELP]
            case b"/say", _, text if text:
                said = text.decode("utf-8", "backslashreplace")
                return [Broadcast(_say(f"<{self._name}> {said}").line)]
            case _ if line.startswith(b"/"):
                return [UNKNOWN_COMMAND]
            case _:
                return [Say(b"Echo: " + line)]

    def _blank(self) -> _Turn:
        """Somebody pressed return: ask again, but not for ever."""
        self._blanks -= 1
        return (State.AUTHENTICATE, [ASK_NAME]) if self._blanks > 0 else _end("too many empty lines")

    def _again(self, answer: Say) -> _Turn:
        """The check opened no door: ask again while there are attempts left."""
        return (
            (State.AUTHENTICATE, [answer, ASK_NAME]) if self._attempts > 0 else _end("too many logins failed", answer)
        )


def _end(reason: str = "", *last: Say) -> _Turn:
    return State.CLOSED, [*last, GOODBYE, Close(reason)]


def _say(text: str) -> Say:
    """A line with text that other peers had a hand in: harmless to the terminal that shows it."""
    return Say(safe_line(text).encode())


def _shortened(names: tuple[str, ...]) -> str:
    left_out = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {left_out} more" if left_out > 0 else "")
