"""The rules of who ends a conversation."""

from __future__ import annotations

from itertools import product

from twisted.trial.unittest import TestCase

from tnet.clients.connect import conversation
from tnet.clients.connect.conversation import TABLE, Conversation, Do, Got, State


def grid() -> str:
    """The next state for each input in each state, as the module's docstring shows it."""
    states = [state for state in State if state is not State.CLOSED]
    lines = [" " * 10 + "".join(f"{state.value:<11}" for state in states)]
    for got in Got:
        cells = [TABLE[state].get(got) for state in states]
        row = "".join(f"{cell[0].value if cell else '·':<11}" for cell in cells)
        lines.append(f"{got.name.lower():<10}{row}")
    return "\n".join(f"    {line.rstrip()}" for line in lines)


def transcript(*happened: Got) -> list[Do]:
    """Everything that is ordered while these things happen."""
    talk = Conversation()
    return [order for got in happened for order in talk.advance(got)]


class TableTests(TestCase):
    """The whole table."""

    def test_docstring_shows_the_table(self) -> None:
        """The table in the docstring is the table that is followed."""
        self.assertIn(grid(), conversation.__doc__ or "")

    def test_every_cell(self) -> None:
        """Each input in each state is legal, and moves as the table says or changes nothing."""
        for state, got in product(State, Got):
            talk = Conversation()
            talk.state = state
            orders = talk.advance(got)
            expected = TABLE[state].get(got, (state, ()))
            self.assertEqual((talk.state, orders), expected, f"{state} {got}")

    def test_closed_absorbs_everything(self) -> None:
        """Nothing is ordered once it is over."""
        for got in Got:
            talk = Conversation()
            talk.state = State.CLOSED
            self.assertEqual((talk.advance(got), talk.state), ((), State.CLOSED))

    def test_it_ends_exactly_once(self) -> None:
        """Each way into the closed state orders one end, and no other way does."""
        ends = {Do.END, Do.END_LOST, Do.END_STUCK, Do.END_IDLE, Do.END_BROKEN}
        for cells in TABLE.values():
            for state, orders in cells.values():
                self.assertEqual(len(ends.intersection(orders)), state is State.CLOSED)

    def test_losing_the_connection_ends_every_state(self) -> None:
        """A connection that is gone, cleanly or not, always closes the conversation."""
        for state in State:
            for got in (Got.CLOSE, Got.LOSS):
                talk = Conversation()
                talk.state = state
                talk.advance(got)
                self.assertIs(talk.state, State.CLOSED)

    def test_every_waiting_state_can_end_without_the_peer(self) -> None:
        """A state in which the peer's next word is awaited ends by silence or stall as well."""
        waiting = {State.LISTENING, State.FINISHING, State.FLUSHING, State.LEAVING, State.STOPPING}
        for state in waiting:
            self.assertTrue({Got.SILENCE, Got.STALL} & TABLE[state].keys(), state)


class TranscriptTests(TestCase):
    """Conversations from beginning to end."""

    def test_we_end_first(self) -> None:
        """After our end the peer may go on; its end closes."""
        self.assertEqual(
            transcript(Got.INPUT_END, Got.PEER_END, Got.CLOSE),
            [Do.HALF_CLOSE, Do.AWAIT_PEER, Do.CLOSE, Do.AWAIT_FLUSH, Do.END],
        )

    def test_peer_ends_first(self) -> None:
        """After the peer's end our input is sent while it gives something."""
        self.assertEqual(
            transcript(Got.PEER_END, Got.SILENCE, Got.CLOSE),
            [Do.AWAIT_INPUT, Do.CLOSE, Do.AWAIT_FLUSH, Do.END],
        )

    def test_peer_never_answers_our_end(self) -> None:
        """Silence after our end is the end, and a peer that does not close then is dropped."""
        self.assertEqual(
            transcript(Got.INPUT_END, Got.SILENCE, Got.SILENCE),
            [Do.HALF_CLOSE, Do.AWAIT_PEER, Do.CLOSE, Do.AWAIT_CLOSE, Do.END, Do.ABORT],
        )

    def test_loss_while_leaving_is_no_error(self) -> None:
        """Who was told goodbye may drop the connection."""
        self.assertEqual(transcript(Got.INPUT_END, Got.SILENCE, Got.LOSS)[-1], Do.END)

    def test_loss_while_our_last_bytes_leave_is_one(self) -> None:
        """A reset before our last bytes were taken is told."""
        self.assertEqual(transcript(Got.PEER_END, Got.INPUT_END, Got.LOSS)[-1], Do.END_LOST)

    def test_stopping_twice_drops_the_connection(self) -> None:
        """The second wish to stop does not wait for the peer."""
        self.assertEqual(transcript(Got.STOP, Got.STOP), [Do.CLOSE, Do.HURRY, Do.END, Do.ABORT])

    def test_idleness_is_no_error_while_leaving(self) -> None:
        """When both sides had their say, nobody is late."""
        self.assertEqual(transcript(Got.INPUT_END, Got.SILENCE, Got.IDLENESS)[-1], Do.AWAIT_CLOSE)
