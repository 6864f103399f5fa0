"""Who ends a conversation, and how: the rules of both ends of file, without a clock and without a socket.

::

              talking    listening  finishing  flushing   leaving    stopping
    input_end listening  ·          flushing   ·          ·          ·
    peer_end  finishing  flushing   ·          ·          ·          ·
    close     closed     closed     closed     closed     closed     closed
    loss      closed     closed     closed     closed     closed     closed
    silence   ·          leaving    flushing   ·          closed     closed
    stall     ·          ·          closed     closed     ·          ·
    idleness  closed     closed     closed     closed     ·          ·
    breakage  closed     closed     closed     closed     closed     closed
    stop      stopping   stopping   stopping   stopping   stopping   closed

A dot changes nothing. Orders go with each change: see `TABLE`.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a conversation stands.

    Talking: both directions are open. Listening: our input has ended, the peer may go on. Finishing: the peer has
    ended, our input may go on while it gives something. Flushing: both have ended, our last bytes are on their way.
    Leaving: the peer was silent for long enough, we close and take what it still says. Stopping: we were told to.
    """

    TALKING = "talking"
    LISTENING = "listening"
    FINISHING = "finishing"
    FLUSHING = "flushing"
    LEAVING = "leaving"
    STOPPING = "stopping"
    CLOSED = "closed"


class Got(Enum):
    """What happened."""

    INPUT_END = "the end of our input"
    PEER_END = "the peer's end of file"
    CLOSE = "the clean end of the connection"
    LOSS = "the loss of the connection"
    SILENCE = "silence for as long as we wait"
    STALL = "a peer that takes nothing for as long as we wait"
    IDLENESS = "nothing either way for as long as allowed"
    BREAKAGE = "an input or output of ours that broke"
    STOP = "the wish to stop"


class Do(Enum):
    """What is to be done about it."""

    HALF_CLOSE = "say that we send no more"
    CLOSE = "send what waits, then close"
    ABORT = "drop the connection"
    AWAIT_PEER = "wait for the peer"
    AWAIT_INPUT = "wait for our input"
    AWAIT_FLUSH = "wait until the peer has taken the rest"
    AWAIT_CLOSE = "wait for the peer to close, too"
    HURRY = "wait a moment for the peer to close, too"
    END = "end well"
    END_LOST = "end: the connection was lost"
    END_STUCK = "end: the peer stopped reading"
    END_IDLE = "end: the connection was idle"
    END_BROKEN = "end: our input or output broke"


_FLUSH = (State.FLUSHING, (Do.CLOSE, Do.AWAIT_FLUSH))


_LEAVE = (State.LEAVING, (Do.CLOSE, Do.AWAIT_CLOSE))
_ENDED = (State.CLOSED, (Do.END,))
_LOST = (State.CLOSED, (Do.END_LOST,))
_IDLE = (State.CLOSED, (Do.END_IDLE, Do.ABORT))
_STUCK = (State.CLOSED, (Do.END_STUCK, Do.ABORT))
_GIVEN_UP = (State.CLOSED, (Do.END, Do.ABORT))
_ANYWHERE = {
    Got.CLOSE: _ENDED,
    Got.LOSS: _LOST,
    Got.BREAKAGE: (State.CLOSED, (Do.END_BROKEN, Do.ABORT)),
    Got.STOP: (State.STOPPING, (Do.CLOSE, Do.HURRY)),
}
_HALF_OPEN = _ANYWHERE | {Got.IDLENESS: _IDLE}
_CLOSING = _ANYWHERE | {Got.LOSS: _ENDED, Got.SILENCE: _GIVEN_UP}
TABLE: dict[State, dict[Got, tuple[State, tuple[Do, ...]]]] = {
    State.TALKING: _HALF_OPEN
    | {
        Got.INPUT_END: (State.LISTENING, (Do.HALF_CLOSE, Do.AWAIT_PEER)),
        Got.PEER_END: (State.FINISHING, (Do.AWAIT_INPUT,)),
    },
    State.LISTENING: _HALF_OPEN | {Got.PEER_END: _FLUSH, Got.SILENCE: _LEAVE},
    State.FINISHING: _HALF_OPEN | {Got.INPUT_END: _FLUSH, Got.SILENCE: _FLUSH, Got.STALL: _STUCK},
    State.FLUSHING: _HALF_OPEN | {Got.STALL: _STUCK},
    State.LEAVING: _CLOSING,
    State.STOPPING: _CLOSING | {Got.STOP: _GIVEN_UP},
    State.CLOSED: {},
}


class Conversation:
    """The state of one conversation."""

    def __init__(self) -> None:
        self.state = State.TALKING

    def advance(self, got: Got) -> tuple[Do, ...]:
        """What to do now that `got` happened; nothing where it changes nothing."""
        self.state, orders = TABLE[self.state].get(got, (self.state, ()))
        return orders
