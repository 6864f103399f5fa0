"""Tests for tnet.servers.web.writing.forms."""

from __future__ import annotations

from io import BytesIO

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.writing.forms import MAX_FIELDS, boundary_of, parse_multipart, parse_urlencoded

TYPE = b'Multipart/Form-Data; boundary="b"'


def part(name: str, value: bytes) -> bytes:
    """One part of a form."""
    return b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), value)


class UrlencodedTests(TestCase):
    """Queries and urlencoded bodies."""

    def test_fields(self) -> None:
        """`&` separates, `+` is a space, `;` is data, a field without a value is empty."""
        for data, fields in (
            (b"", {}),
            (b"a=1&b=2&a=3", {b"a": [b"1", b"3"], b"b": [b"2"]}),
            (b"a=1;b=2", {b"a": [b"1;b=2"]}),
            (b"a+b=%41%ff+&c", {b"a b": [b"A\xff "], b"c": [b""]}),
            (b"&&=x&%zz=%", {b"": [b"x"], b"%zz": [b"%"]}),
        ):
            with self.subTest(data=data):
                self.assertEqual(parse_urlencoded(data), fields)

    def test_too_many(self) -> None:
        """More than 10 000 fields are refused."""
        self.assertEqual(len(parse_urlencoded(b"a&" * (MAX_FIELDS - 1))[b"a"]), MAX_FIELDS - 1)
        with self.assertRaises(Refusal):
            parse_urlencoded(b"&" * MAX_FIELDS)


class MultipartTests(TestCase):
    """Forms with files."""

    def test_fields(self) -> None:
        """Each part is a field, its content untouched."""
        body = part("a", b"1") + part("b\xfc", b"\x00\r\n--x") + part("a", b"") + b"--b--\r\n"
        fields = parse_multipart(BytesIO(body), TYPE)
        self.assertEqual(fields, {b"a": [b"1", b""], "b\xfc".encode(): [b"\x00\r\n--x"]})

    def test_refused(self) -> None:
        """A body without its end, without sense, or of another type is refused."""
        for body, media, status in (
            (part("a", b"1"), TYPE, 400),
            (b"", TYPE, 400),
            (b"x" * 100, TYPE, 400),
            (b"--b\r\nX: y\r\n\r\n\r\n--b--", TYPE, 400),
            (b"", b"multipart/form-data", 415),
            (b"", b"multipart/mixed; boundary=b", 415),
            (b"", b"text/plain", 415),
        ):
            with self.subTest(body=body, media=media):
                refusal = self.assertRaises(Refusal, parse_multipart, BytesIO(body), media)
                self.assertEqual(refusal.status, status)

    def test_boundary(self) -> None:
        """The boundary is found whatever the case and the quotes."""
        self.assertEqual(boundary_of(TYPE), "b")
