"""Tests for tnet.servers.web.writing.names."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import UPLOAD_PREFIX
from tnet.servers.web.writing.names import file_name, judge_name, last_segment, segments, typed


class NameTests(TestCase):
    """What an upload may be called."""

    def test_last_segment(self) -> None:
        """The path that a client puts before the name does not count."""
        for filename, name in (
            ("a.txt", b"a.txt"),
            ("../../etc/passwd", b"passwd"),
            ("C:\\dir\\a.txt", b"a.txt"),
            ("/", b""),
            ("\xfc", "\xfc".encode()),
            ("u\u0308", "\xfc".encode()),
            ("\udcff", b"\xff"),
        ):
            self.assertEqual(last_segment(filename), name)

    def test_judged(self) -> None:
        """Ordinary names pass; names that hide, climb, split or control do not."""
        for name in (b"a", b"a b", b"a.tar.gz", b"\xff", "\xfc\u4e2d".encode(), b"x" * 255):
            judge_name(name, hidden=False)
        for name in (b"", b".", b"..", b"a/b", b"a\\b", b"a\0", b"a\n", b"\x7f", b".a", b"x" * 256, b"a.", b"a "):
            self.assertEqual(self.assertRaises(Refusal, judge_name, name, hidden=False).status, 400)
        judge_name(b".a", hidden=True)
        for name in (b".", b"..", UPLOAD_PREFIX + b"x"):
            self.assertRaises(Refusal, judge_name, name, hidden=True)

    def test_devices(self) -> None:
        """Names that Windows keeps for its devices are refused, with any extension and in any case."""
        for name in (b"CON", b"nul.txt", b"Com1", b"lpt9.tar.gz", b"aux ", b"COM\xc2\xb9"):
            self.assertEqual(self.assertRaises(Refusal, judge_name, name, hidden=False).status, 400, name)
        for name in (b"console", b"com10", b"null", b"a.con"):
            judge_name(name, hidden=False)

    def test_what_is_told_is_harmless(self) -> None:
        """A refused name is shown escaped and not at length."""
        refusal = self.assertRaises(Refusal, judge_name, b"\x1b[31m" + b"x" * 9999, hidden=False)
        self.assertNotIn("\x1b", refusal.reason)
        self.assertLess(len(refusal.reason), 400)

    def test_folders(self) -> None:
        """A browser's path for a file of a folder is kept; anything else is only its last name."""
        for filename, names in (
            ("a/b/c.txt", [b"a", b"b", b"c.txt"]),
            ("c.txt", [b"c.txt"]),
            ("/etc/passwd", [b"passwd"]),
            ("a/../b", [b"b"]),
            ("a//b", [b"b"]),
            ("a\\b/c", [b"c"]),
            ("/".join("x" * 33), [b"x"]),
        ):
            self.assertEqual(segments(filename), names, filename)

    def test_typed(self) -> None:
        """What people type is NFC; bytes that are no text stay."""
        self.assertEqual((typed("u\u0308".encode()), typed(b"\xff")), ("\xfc".encode(), b"\xff"))

    def test_disposition(self) -> None:
        """`filename*` counts before `filename`, whichever comes first."""
        for field, name in (
            ('form-data; name="f"; filename="a.txt"', "a.txt"),
            ("form-data; filename=\"a.txt\"; filename*=UTF-8''%c3%bc.txt", "\xfc.txt"),
            ("inline; filename*=iso-8859-1'de'%fc; filename=x", "\xfc"),
            ('inline; filename="a\\"b"', 'a"b'),
            ("inline; filename=plain", "plain"),
            ("inline; filename*=UTF-8''%ff", None),
            ("inline", None),
        ):
            self.assertEqual(file_name(field), name, field)
