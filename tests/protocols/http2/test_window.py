"""How much a peer may send."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.http2.reasons import Fault
from tnet.protocols.http2.window import Window


class Windows(SynchronousTestCase):
    def test_all_of_it_and_no_more(self):
        """Case 42: whoever sends more breaks the protocol."""
        window = Window(10)
        window.came(10)
        self.assertRaises(Fault, window.came, 1)

    def test_it_is_given_back_in_portions(self):
        """Half of it at a time, so that not every read is answered with a frame."""
        window = Window(10)
        window.came(10)
        self.assertEqual([window.consumed(4), window.consumed(1), window.consumed(4)], [0, 5, 0])
        window.came(5)
        self.assertRaises(Fault, window.came, 1)

    @given(st.lists(st.integers(0, 100)), st.integers(1, 100))
    def test_it_never_stalls(self, counts, size):
        """A peer that does as it was told can always go on once everything was consumed."""
        window, left = Window(size), size
        for count in counts:
            count = min(count, left)
            window.came(count)
            left += window.consumed(count) - count
            self.assertGreater(left, 0)
