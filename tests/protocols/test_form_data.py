"""Bodies in parts, as they go on the wire."""

from io import BytesIO

from hypothesis import assume, given
from hypothesis import strategies as st
from multipart import MultipartParser
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.protocols.form_data import PART_END, closing, part_head

NAMES = st.text(st.characters(exclude_characters="\0\\%", exclude_categories=("Cs",)), min_size=1, max_size=20)


class Framing(TestCase):
    def test_a_body_of_two_parts(self):
        """A field, and a file with its name and type."""
        body = part_head("b", "a") + b"1" + PART_END
        body += part_head("b", "f", file_name="x.txt", content_type="text/plain; charset=utf-8") + b"2\r\n" + PART_END
        self.assertEqual(
            body + closing("b"),
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n'
            b"Content-Type: text/plain; charset=utf-8\r\n\r\n2\r\n\r\n--b--\r\n",
        )

    def test_names_are_text_that_opens_nothing(self):
        """Case 39: quotes and line ends in the names of fields and files are percent-encoded, the rest is UTF-8."""
        head = part_head("b", 'a"\r\nX: y', file_name='é";\n.txt')
        self.assertEqual(
            head,
            b'--b\r\nContent-Disposition: form-data; name="a%22%0D%0AX: y"; filename="\xc3\xa9%22;%0A.txt"\r\n\r\n',
        )

    def test_what_cannot_be_sent_is_refused(self):
        """Case 39: a NUL in a name, and a type that would be more than one header."""
        for wrong in (
            {"name": "a\0"},
            {"name": "a", "file_name": "b\0"},
            {"name": "a", "content_type": "text/plain\r\nX: y"},
            {"name": "a", "content_type": "text/\0"},
        ):
            with self.assertRaises(BadUsage, msg=wrong):
                part_head("b", **wrong)

    def test_a_boundary_is_what_one_may_be(self):
        """Not empty, not long, and nothing that ends a line or the delimiter."""
        for boundary in ("", "x" * 71, "a\r\nb", "a ", "é", 'a"b'):
            self.assertRaises(BadUsage, part_head, boundary, "a")
            self.assertRaises(BadUsage, closing, boundary)
        self.assertTrue(part_head("x" * 70, "a"))

    @given(st.lists(st.tuples(NAMES, NAMES, st.binary(max_size=60)), min_size=1, max_size=4))
    def test_any_parts_come_back(self, parts):
        """Another's parser finds the names and contents that were put in."""
        assume(not any(b"--b" in data for *_, data in parts))
        body = b"".join(part_head("b", name, file_name=file) + data + PART_END for name, file, data in parts)
        found = list(MultipartParser(BytesIO(body + closing("b")), "b"))
        self.assertEqual([(part.name, part.filename, part.raw) for part in found], parts)
