"""What a body is said to be."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.fetch.show.media import media_of


class MediaTests(SynchronousTestCase):
    """`Media`, as `media_of` gives it."""

    def test_type(self):
        """Parameters and case do not matter."""
        for value, kind in (
            (b"Text/HTML; charset=utf-8", "text/html"),
            (b" a/b ;x", "a/b"),
            (b"", ""),
            (b"\xff", "\xff"),
        ):
            self.assertEqual(media_of(value).type, kind)

    def test_json(self):
        """JSON is what calls itself so; a stream of values is none."""
        for value in (
            b"application/json",
            b"application/problem+json; charset=utf-8",
            b"text/json",
            b"APPLICATION/JSON",
        ):
            self.assertTrue(media_of(value).is_json)
        for value in (b"application/x-ndjson", b"application/json-seq", b"text/plain", b"application/jsonx", b""):
            self.assertFalse(media_of(value).is_json)

    def test_encoding(self):
        """A charset is looked up by any of its names; without one it is UTF-8."""
        for charset, encoding in (
            ("latin1", "iso8859-1"),
            ("ISO-8859-15", "iso8859-15"),
            ('"windows-1252"', "cp1252"),
            ("Shift_JIS; x=y", "shift_jis"),
            ("GBK", "gbk"),
            ("utf-16be", "utf-16-be"),
            ("utf-16", "utf-16-le"),
            ("", "utf-8"),
        ):
            self.assertEqual(media_of(b"text/plain; charset=" + charset.encode()).encoding, encoding)

    def test_what_is_no_encoding_of_text(self):
        """A server cannot choose a codec that unpacks, rewrites or takes its time."""
        for charset in (
            "zip",
            "bz2",
            "hex",
            "rot13",
            "idna",
            "punycode",
            "unicode_escape",
            "utf-7",
            "no-such",
            "a" * 99,
            "..",
        ):
            self.assertEqual(media_of(f"text/plain; charset={charset}".encode()).encoding, "utf-8", charset)

    def test_binary(self):
        """Case 46: zero bytes are in no text, but in that of UTF-16."""
        self.assertTrue(media_of(b"text/plain").is_binary(b"a\0b"))
        self.assertFalse(media_of(b"image/png").is_binary(b"\xff\xd8"))
        self.assertFalse(media_of(b"text/plain; charset=utf-16").is_binary(b"a\0b\0"))
