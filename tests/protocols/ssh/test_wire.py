"""The strict reader of SSH fields."""

from twisted.trial.unittest import TestCase

from tnet.protocols.ssh.wire import Malformed, Reader


class ReaderTests(TestCase):
    """Fields are read whole or not at all."""

    def test_fields_in_order(self) -> None:
        """Each kind of field is read after the last."""
        fields = Reader(b"\x01" + b"\0\0\0\x05" + b"\0\0\0\x02hi" + b"rest")
        self.assertEqual((fields.boolean(), fields.number(), fields.string()), (True, 5, b"hi"))
        self.assertEqual(fields.rest(), b"rest")

    def test_cut_anywhere(self) -> None:
        """A message that is cut short at any byte is malformed."""
        whole = b"\0\0\0\x03abc\x01\0\0\0\x09"
        for end in range(len(whole)):
            with self.subTest(end=end), self.assertRaises(Malformed):
                fields = Reader(whole[:end])
                fields.string(), fields.boolean(), fields.number()

    def test_huge_length(self) -> None:
        """A string that says it is longer than the message is malformed, not short."""
        self.assertRaises(Malformed, Reader(b"\xff\xff\xff\xffabc").string)

    def test_nothing_left(self) -> None:
        """Bytes after the last field are malformed."""
        Reader(b"").end()
        self.assertRaises(Malformed, Reader(b"x").end)
