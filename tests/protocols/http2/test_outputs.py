"""What a connection's engine tells."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import MalformedReply
from tnet.protocols.http1.responses import ResponseEnd
from tnet.protocols.http2.outputs import Came, Eased, Resized, joined


class Joined(SynchronousTestCase):
    def test_neighbours(self):
        """Pieces of one body become one, with the size of all their frames."""
        self.assertEqual(
            list(joined(iter([Came(1, b"he", 11), Came(1, b"llo", 12), Came(1, ResponseEnd(), 0)]))),
            [Came(1, b"hello", 23), Came(1, ResponseEnd(), 0)],
        )

    def test_others_in_between(self):
        """Nothing changes places."""
        outputs = [Came(1, b"a", 1), Came(3, b"b", 1), Eased(), Came(3, b"c", 1), Resized()]
        self.assertEqual(list(joined(iter(outputs))), outputs)

    def test_a_fault(self):
        """What came before it comes first."""

        def faulty():
            yield Came(1, b"a", 1)
            raise MalformedReply("peer", "x")

        outputs = joined(faulty())
        self.assertEqual(next(outputs), Came(1, b"a", 1))
        self.assertRaises(MalformedReply, next, outputs)
