"""The Redis dialect of `serve auth`: a login as Redis clients make it, to a server that keeps nothing.

Source: https://redis.io/docs/latest/commands/auth/ and …/hello/ for the words of both sides.
"""

from __future__ import annotations

from enum import Enum

from tnet import __version__
from tnet.escape import excerpt
from tnet.protocols.auth.dialogue import (
    IDLED,
    TOO_MANY_WAIT,
    Close,
    Crowded,
    Deadline,
    Exposed,
    Idle,
    Input,
    Join,
    Leaving,
    Lost,
    Malformed,
    NoMoreLines,
    Output,
    Request,
    Say,
    Unavailable,
    Unreachable,
    Verdict,
    Verify,
)
from tnet.protocols.auth.ears import RequestEar
from tnet.protocols.auth.machine import Machine
from tnet.protocols.resp import array, bulk, error, integer, simple

MISTAKES = 10
DEFAULT_USER = b"default"

OK = Say(simple("OK"))
PONG = Say(simple("PONG"))
FAILED = Say(error("WRONGPASS invalid username-password pair or user is disabled."))
NOT_YET = Say(error("NOAUTH Authentication required."))
TRY_LATER = Say(error("TRYAGAIN Login is unavailable now. Try again later."))
UNREACHABLE = Say(error("TRYAGAIN The backend cannot be reached now."))
STOPPING = Say(error("ERR The server is stopping."))
IN_CLEAR = Say(error("DENIED Logins go over TLS here."))
CROWDED = Say(error("ERR max number of clients reached"))
TOO_SLOW = Say(error("ERR Too slow."))
ALREADY = Say(error("ERR Already logged in."))
SYNTAX = Say(error("ERR syntax error"))
NO_SUCH_DATABASE = Say(error("ERR DB index is out of range"))
NO_SUCH_PROTOCOL = Say(error("NOPROTO unsupported protocol version"))
NOTHING = Say(array([]))
WELCOME = Say(
    array(
        [
            *(bulk(word) for word in (b"server", b"tnet", b"version", __version__.encode(), b"proto")),
            integer(2),
            *(bulk(word) for word in (b"mode", b"standalone", b"role", b"master", b"modules")),
            array([]),
        ]
    )
)


class State(Enum):
    """Where the dialogue stands."""

    AUTHENTICATE = "authenticate"
    CHECKING = "checking"
    ACTIVE = "active"
    CLOSED = "closed"


_Turn = tuple[State, list[Output]]


class RedisDialect(Machine[State]):
    """One dialogue; `attempts` bounds the checks that it ever asks for, `MISTAKES` what makes no sense before them.

    Which state each input leads to; a dot is an input that changes nothing and says nothing::

                           AUTHENTICATE  CHECKING      ACTIVE        CLOSED
        Exposed            CLOSED        .             .             .
        AUTH pw            CHECKING      CLOSED        ACTIVE        .
        AUTH alice pw      CHECKING      CLOSED        ACTIVE        .
        HELLO              AUTHENTICATE  CLOSED        ACTIVE        .
        HELLO 2 AUTH …     CHECKING      CLOSED        ACTIVE        .
        HELLO 3            AUTHENTICATE  CLOSED        ACTIVE        .
        PING               AUTHENTICATE  CLOSED        ACTIVE        .
        QUIT               CLOSED        CLOSED        CLOSED        .
        no words           .             CLOSED        .             .
        the last mistake   CLOSED        CLOSED        ACTIVE        .
        Malformed          CLOSED        CLOSED        CLOSED        .
        NoMoreLines        CLOSED        CLOSED        CLOSED        .
        Verdict, right     .             ACTIVE        .             .
        Verdict, wrong     .             AUTHENTICATE  .             .
        Verdict, last      .             CLOSED        .             .
        Unavailable        .             AUTHENTICATE  .             .
        Unavailable, last  .             CLOSED        .             .
        Unreachable        .             .             CLOSED        .
        Deadline           CLOSED        CLOSED        .             .
        Crowded            CLOSED        CLOSED        .             .
        Idle               .             .             CLOSED        .
        Leaving            CLOSED        CLOSED        CLOSED        .
        Lost               CLOSED        CLOSED        CLOSED        .

    A request while CHECKING breaks the rule of `hearing`. A request of no words is a mistake without an answer. Nothing
    is said that answers nothing, as a client would take it for its next reply, but for a refusal in place of that
    reply: of a login in clear, and of a peer that is one too many. Of our leaving only that peer is told whose login
    is being checked, and whose time is up hears nothing more, before the login or after it.
    """

    name = "redis"
    company = State.ACTIVE

    def __init__(self, attempts: int = 3) -> None:
        super().__init__(State.AUTHENTICATE)
        self._attempts = attempts
        self._mistakes = MISTAKES
        self._welcome = OK

    @property
    def hearing(self) -> bool:
        """Whether it can be given the peer's next request now."""
        return self.state is not State.CHECKING

    def ear(self) -> RequestEar:
        """What its peer is heard with."""
        return RequestEar()

    def _turn(self, got: Input) -> _Turn:
        match self.state, got:
            case (State.CLOSED, _) | (_, Lost()):
                return State.CLOSED, []
            case _, NoMoreLines():
                return _end("")
            case _, Malformed(reason):
                return _end("what came is no request", Say(error(f"ERR Protocol error: {reason}")))
            case State.CHECKING, Request():
                return _end("a request came out of turn", SYNTAX)
            case _, Request(words):
                return self._obey(words)
            case _:
                return self._learn(got)

    def _learn(self, got: Input) -> _Turn:
        """Something happened that the peer did not say."""
        match self.state, got:
            case State.CHECKING, Verdict(str(name)):
                return State.ACTIVE, [Join(name), self._welcome]
            case State.CHECKING, Verdict(None):
                return self._again(FAILED)
            case State.CHECKING, Unavailable():
                return self._again(TRY_LATER)
            case State.CHECKING, Leaving():
                return _end("", STOPPING)
            case State.CHECKING, Deadline():
                return _end("the login took too long", TOO_SLOW)
            case State.AUTHENTICATE, Deadline():
                return _end("the login took too long")
            case State.AUTHENTICATE | State.CHECKING, Crowded():
                return _end(TOO_MANY_WAIT, CROWDED)
            case State.AUTHENTICATE, Exposed():
                return _end("a login in clear was refused", IN_CLEAR)
            case State.ACTIVE, Idle():
                return _end(IDLED)
            case State.ACTIVE, Unreachable():
                return _end("the backend cannot be reached", UNREACHABLE)
            case _, Leaving():
                return _end("")
            case state, _:
                return state, []

    def _obey(self, words: tuple[bytes, ...]) -> _Turn:
        command, arguments = (words[0].upper(), words[1:]) if words else (b"", ())
        match command, arguments:
            case b"", ():
                return self._mistake()
            case b"QUIT", _:
                return _end("", OK)
            case b"AUTH", (password,):
                return self._check(DEFAULT_USER, password, OK)
            case b"AUTH", (user, password):
                return self._check(user, password, OK)
            case b"AUTH", _:
                return self._mistake(_wrong_number(command) if not arguments else SYNTAX)
            case b"HELLO", _:
                return self._greet(arguments)
            case _ if self.state is not State.ACTIVE:
                return self._mistake(NOT_YET)
            case _:
                return State.ACTIVE, [_serve(command, arguments)]

    def _greet(self, arguments: tuple[bytes, ...]) -> _Turn:
        """HELLO [version [AUTH user password] [SETNAME name]]."""
        options = arguments[1:]
        if arguments and arguments[0] != b"2":
            return self._mistake(NO_SUCH_PROTOCOL)
        match tuple(option.upper() for option in options[::3]), options:
            case ((b"AUTH",), (_, user, password)) | ((b"AUTH", b"SETNAME"), (_, user, password, _, _)):
                return self._check(user, password, WELCOME)
            case _ if options and (len(options) != 2 or options[0].upper() != b"SETNAME"):
                return self._mistake(SYNTAX)
            case _ if self.state is State.ACTIVE:
                return State.ACTIVE, [WELCOME]
            case _:
                return self._mistake(NOT_YET)

    def _check(self, user: bytes, password: bytes, welcome: Say) -> _Turn:
        if self.state is State.ACTIVE:
            return State.ACTIVE, [ALREADY]
        self._attempts -= 1
        self._welcome = welcome
        return State.CHECKING, [Verify(user, password)]

    def _again(self, answer: Say) -> _Turn:
        """The check opened no door: let the peer try again while there are attempts left."""
        return (State.AUTHENTICATE, [answer]) if self._attempts > 0 else _end("too many logins failed", answer)

    def _mistake(self, *answer: Say) -> _Turn:
        """The request makes no sense here; before a login a few of those are borne."""
        if self.state is not State.ACTIVE:
            self._mistakes -= 1
            if self._mistakes <= 0:
                return _end("too many mistakes", *answer)
        return self.state, [*answer]


def _serve(command: bytes, arguments: tuple[bytes, ...]) -> Say:
    match command, arguments:
        case b"PING", ():
            return PONG
        case ((b"PING" | b"ECHO"), (text,)):
            return Say(bulk(text))
        case b"SELECT", (index,):
            return OK if index == b"0" else NO_SUCH_DATABASE
        case b"COMMAND", (b"COUNT" | b"count",):
            return Say(integer(0))
        case b"COMMAND", _:
            return NOTHING
        case ((b"PING" | b"ECHO" | b"SELECT"), _):
            return _wrong_number(command)
        case _:
            return Say(error(f"ERR unknown command '{excerpt(command, 64)}'"))


def _wrong_number(command: bytes) -> Say:
    return Say(error(f"ERR wrong number of arguments for '{command.decode('ascii').lower()}' command"))


def _end(reason: str, *last: Say) -> _Turn:
    return State.CLOSED, [*last, Close(reason)]
