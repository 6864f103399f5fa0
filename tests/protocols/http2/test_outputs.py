"""What a connection's engine tells."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.http1.responses import ResponseEnd
from tnet.protocols.http2.outputs import Came, Eased, Outputs, Resized


class Gathered(SynchronousTestCase):
    def setUp(self):
        self.outputs = Outputs(Came)

    def test_neighbours(self):
        """Pieces of one body become one, with the size of all their frames."""
        self.outputs.pour(1, b"he", 11)
        self.outputs.pour(1, b"llo", 12)
        self.outputs.tell(Came(1, ResponseEnd(), 0))
        self.assertEqual(self.outputs.taken(), [Came(1, b"hello", 23), Came(1, ResponseEnd(), 0)])

    def test_others_in_between(self):
        """Nothing changes places."""
        self.outputs.pour(1, b"a", 1)
        self.outputs.pour(3, b"b", 2)
        self.outputs.tell(Eased())
        self.outputs.pour(3, b"c", 3)
        self.outputs.tell(Resized())
        self.assertEqual(
            self.outputs.taken(), [Came(1, b"a", 1), Came(3, b"b", 2), Eased(), Came(3, b"c", 3), Resized()]
        )

    def test_taken_once(self):
        """What was taken is gone, and the next piece is one for itself."""
        self.outputs.pour(1, b"a", 1)
        self.assertEqual(self.outputs.taken(), [Came(1, b"a", 1)])
        self.assertEqual(self.outputs.taken(), [])
        self.outputs.pour(1, b"b", 1)
        self.assertEqual(self.outputs.taken(), [Came(1, b"b", 1)])
