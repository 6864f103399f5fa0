"""The POP3 dialect of `serve auth`: a login as mail programs make it, to a mailbox that is always empty.

Source: RFC 1939; RFC 2449 and RFC 3206 for capabilities and response codes; RFC 5034 for AUTH.
"""

from __future__ import annotations

from enum import Enum

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
    Line,
    Lost,
    NoMoreLines,
    Opened,
    Output,
    Say,
    TooLong,
    Unavailable,
    Unreachable,
    Verdict,
    Verify,
)
from tnet.protocols.auth.ears import LineEar
from tnet.protocols.auth.machine import Machine
from tnet.protocols.sasl import parse_plain

MISTAKES = 10

READY = Say(b"+OK tnet is ready.")
OK = Say(b"+OK")
SEND_PASSWORD = Say(b"+OK Send the password.")
SEND_RESPONSE = Say(b"+ ")
LOGGED_IN = Say(b"+OK Logged in.")
GOODBYE = Say(b"+OK Goodbye.")
MECHANISMS = Say(b"+OK\r\nPLAIN\r\n.")
CAPABILITIES = b"+OK\r\n%sRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nUIDL\r\nTOP\r\n."
WAYS_IN = b"USER\r\nSASL PLAIN\r\n"

FAILED = Say(b"-ERR [AUTH] Authentication failed.")
TRY_LATER = Say(b"-ERR [SYS/TEMP] Login is unavailable now. Try again later.")
UNREACHABLE = Say(b"-ERR [SYS/TEMP] The backend cannot be reached now.")
STOPPING = Say(b"-ERR [SYS/TEMP] The server is stopping.")
IN_CLEAR = Say(b"-ERR Logins go over TLS here.")
CROWDED = Say(b"-ERR [SYS/TEMP] Too many are waiting to log in. Try again later.")
TOO_SLOW = Say(b"-ERR Too slow.")
TOO_LONG = Say(b"-ERR Line too long.")
UNKNOWN = Say(b"-ERR Unknown command.")
LOG_IN_FIRST = Say(b"-ERR Log in first.")
NAME_FIRST = Say(b"-ERR Send the user name first.")
NO_NAME = Say(b"-ERR USER takes a name.")
ALREADY = Say(b"-ERR Already logged in.")
NO_MECHANISM = Say(b"-ERR Unknown mechanism: there is PLAIN.")
MALFORMED = Say(b"-ERR Malformed response: not canonical base64, or no PLAIN message.")
CANCELLED = Say(b"-ERR Authentication cancelled.")
NO_MESSAGE = Say(b"-ERR No such message.")

MAILBOX = {
    b"STAT": Say(b"+OK 0 0"),
    b"LIST": Say(b"+OK 0 messages\r\n."),
    b"UIDL": Say(b"+OK\r\n."),
    b"RETR": NO_MESSAGE,
    b"DELE": NO_MESSAGE,
    b"TOP": NO_MESSAGE,
    b"NOOP": OK,
    b"RSET": OK,
}
"""What commands without an argument, or with any, are told of an empty mailbox."""


class State(Enum):
    """Where the dialogue stands."""

    AUTHORIZATION = "authorization"
    NAMED = "named"
    SASL = "sasl"
    CHECKING = "checking"
    TRANSACTION = "transaction"
    CLOSED = "closed"


_Turn = tuple[State, list[Output]]


class Pop3Dialect(Machine[State]):
    """One dialogue; `attempts` bounds the checks that it ever asks for, `MISTAKES` the lines that make no sense.

    Which state each input leads to; a dot is an input that changes nothing and says nothing::

                           AUTHORIZATION  NAMED          SASL           CHECKING       TRANSACTION    CLOSED
        Opened             AUTHORIZATION  .              .              .              .              .
        Exposed            CLOSED         .              .              .              .              .
        USER alice         NAMED          NAMED          AUTHORIZATION  CLOSED         TRANSACTION    .
        PASS x             AUTHORIZATION  CHECKING       AUTHORIZATION  CLOSED         TRANSACTION    .
        AUTH PLAIN         SASL           SASL           AUTHORIZATION  CLOSED         TRANSACTION    .
        AUTH PLAIN =       AUTHORIZATION  AUTHORIZATION  AUTHORIZATION  CLOSED         TRANSACTION    .
        AUTH PLAIN …       CHECKING       CHECKING       AUTHORIZATION  CLOSED         TRANSACTION    .
        a response         AUTHORIZATION  AUTHORIZATION  CHECKING       CLOSED         TRANSACTION    .
        *                  AUTHORIZATION  AUTHORIZATION  AUTHORIZATION  CLOSED         TRANSACTION    .
        CAPA               AUTHORIZATION  NAMED          AUTHORIZATION  CLOSED         TRANSACTION    .
        STAT               AUTHORIZATION  AUTHORIZATION  AUTHORIZATION  CLOSED         TRANSACTION    .
        QUIT               CLOSED         CLOSED         AUTHORIZATION  CLOSED         CLOSED         .
        a blank line       AUTHORIZATION  AUTHORIZATION  AUTHORIZATION  CLOSED         TRANSACTION    .
        the last mistake   CLOSED         CLOSED         CLOSED         CLOSED         CLOSED         .
        TooLong            CLOSED         CLOSED         CLOSED         CLOSED         CLOSED         .
        NoMoreLines        CLOSED         CLOSED         CLOSED         CLOSED         CLOSED         .
        Verdict, right     .              .              .              TRANSACTION    .              .
        Verdict, wrong     .              .              .              AUTHORIZATION  .              .
        Verdict, last      .              .              .              CLOSED         .              .
        Unavailable        .              .              .              AUTHORIZATION  .              .
        Unavailable, last  .              .              .              CLOSED         .              .
        Unreachable        .              .              .              .              CLOSED         .
        Deadline           CLOSED         CLOSED         CLOSED         CLOSED         .              .
        Crowded            CLOSED         CLOSED         CLOSED         CLOSED         .              .
        Idle               .              .              .              .              CLOSED         .
        Leaving            CLOSED         CLOSED         CLOSED         CLOSED         CLOSED         .
        Lost               CLOSED         CLOSED         CLOSED         CLOSED         CLOSED         .

    A line while CHECKING breaks the rule of `hearing`. USER is answered alike for every name, so that nothing tells
    an unknown one from a wrong password; an account without a password cannot come in. Whoever wants to act as
    somebody else is refused without a check: no account may. Whoever is idle is sent away without a word, as RFC 1939
    section 3 wants it.
    """

    name = "pop3"
    company = State.TRANSACTION

    def __init__(self, attempts: int = 3) -> None:
        super().__init__(State.AUTHORIZATION)
        self._attempts = attempts
        self._mistakes = MISTAKES
        self._user = b""

    @property
    def hearing(self) -> bool:
        """Whether it can be given the peer's next line now."""
        return self.state is not State.CHECKING

    def ear(self) -> LineEar:
        """What its peer is heard with."""
        return LineEar()

    def _turn(self, got: Input) -> _Turn:
        match self.state, got:
            case (State.CLOSED, _) | (_, Lost()):
                return State.CLOSED, []
            case _, NoMoreLines():
                return State.CLOSED, [Close()]
            case _, TooLong():
                return _end("a line was too long", TOO_LONG)
            case _, Leaving():
                return _end("", STOPPING)
            case State.CHECKING, Line():
                return _end("a line came out of turn", UNKNOWN)
            case State.SASL, Line(response):
                return self._respond(response)
            case _, Line(line):
                return self._obey(line)
            case _:
                return self._learn(got)

    def _learn(self, got: Input) -> _Turn:
        """Something happened that the peer did not say."""
        match self.state, got:
            case State.AUTHORIZATION, Opened():
                return State.AUTHORIZATION, [READY]
            case State.AUTHORIZATION, Exposed():
                return _end("a login in clear was refused", IN_CLEAR)
            case State.CHECKING, Verdict(str(name)):
                return State.TRANSACTION, [Join(name), LOGGED_IN]
            case State.CHECKING, Verdict(None):
                return self._again(FAILED)
            case State.CHECKING, Unavailable():
                return self._again(TRY_LATER)
            case State.TRANSACTION, Unreachable():
                return _end("the backend cannot be reached", UNREACHABLE)
            case State.TRANSACTION, Idle():
                return _end(IDLED)
            case State.TRANSACTION, _:
                return State.TRANSACTION, []
            case _, Deadline():
                return _end("the login took too long", TOO_SLOW)
            case _, Crowded():
                return _end(TOO_MANY_WAIT, CROWDED)
            case state, _:
                return state, []

    def _obey(self, line: bytes) -> _Turn:
        word, _, rest = line.partition(b" ")
        match word.upper():
            case b"QUIT":
                return _end("", GOODBYE)
            case b"CAPA":
                ways_in = b"" if self.state is State.TRANSACTION else WAYS_IN
                return self.state, [Say(CAPABILITIES % ways_in)]
            case command if self.state is State.TRANSACTION:
                return self._serve(command, rest)
            case command:
                return self._log_in(command, rest)

    def _serve(self, command: bytes, rest: bytes) -> _Turn:
        if command in (b"USER", b"PASS", b"AUTH", b"APOP"):
            return self._mistake(ALREADY)
        if command not in MAILBOX:
            return self._mistake(UNKNOWN)
        one_message = rest and command in (b"LIST", b"UIDL")
        return State.TRANSACTION, [NO_MESSAGE if one_message else MAILBOX[command]]

    def _log_in(self, command: bytes, rest: bytes) -> _Turn:
        match command:
            case b"USER" if rest:
                self._user = rest
                return State.NAMED, [SEND_PASSWORD]
            case b"USER":
                return self._mistake(NO_NAME)
            case b"PASS" if self.state is State.NAMED:
                return self._check(self._user, rest)
            case b"PASS":
                return self._mistake(NAME_FIRST)
            case b"AUTH":
                return self._authenticate(*rest.split(b" ", 1))
            case _:
                return self._mistake(LOG_IN_FIRST if command in MAILBOX else UNKNOWN)

    def _authenticate(self, mechanism: bytes, response: bytes | None = None) -> _Turn:
        """AUTH: a list of mechanisms, a question for the response, or the response itself; `=` is an empty one."""
        if not mechanism:
            return self.state, [MECHANISMS]
        if mechanism.upper() != b"PLAIN":
            return self._mistake(NO_MECHANISM)
        return (State.SASL, [SEND_RESPONSE]) if response is None else self._respond(response)

    def _respond(self, response: bytes) -> _Turn:
        if response == b"*":
            return self._mistake(CANCELLED)
        plain = parse_plain(response)
        if plain is None:
            return self._mistake(MALFORMED)
        if plain.acts_for_another:
            self._attempts -= 1
            return self._again(FAILED)
        return self._check(plain.user, plain.password)

    def _check(self, user: bytes, password: bytes) -> _Turn:
        self._attempts -= 1
        return State.CHECKING, [Verify(user, password)]

    def _again(self, answer: Say) -> _Turn:
        """The check opened no door: let the peer try again while there are attempts left."""
        if self._attempts > 0:
            return State.AUTHORIZATION, [answer]
        return _end("too many logins failed", answer)

    def _mistake(self, answer: Say) -> _Turn:
        """The line makes no sense here; a few of those are borne."""
        self._mistakes -= 1
        if self._mistakes <= 0:
            return _end("too many mistakes", answer)
        inside = self.state is State.TRANSACTION
        return State.TRANSACTION if inside else State.AUTHORIZATION, [answer]


def _end(reason: str, *last: Say) -> _Turn:
    return State.CLOSED, [*last, Close(reason)]
