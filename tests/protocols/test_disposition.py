"""Names for files out of what a server says."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.urls import parse_url
from tnet.protocols.disposition import NAME_BYTES, file_name, name_from_url, safe_name


class Headers(SynchronousTestCase):
    def assert_names(self, names):
        """Each field gives its name."""
        for value, name in names.items():
            self.assertEqual(file_name([value]), name, value)

    def test_plain(self):
        """A token or quoted string, whatever the disposition, its order and its white space."""
        self.assert_names(
            {
                b"attachment; filename=a.txt": "a.txt",
                b'attachment;FileName = "a b.txt" ; size=3': "a b.txt",
                b'inline; name="x;filename=evil"; filename="a;b.txt";': "a;b.txt",
                b'attachment; filename="say \\"hi\\".txt"': 'say "hi".txt',
                b"attachment; filename=without quotes.txt;": "without quotes.txt",
                b'attachment; filename="never closed': "never closed",
                b"filename=a.txt": "a.txt",
            }
        )

    def test_extended(self):
        """`filename*` wins wherever it stands, in the two character sets that it may have."""
        self.assert_names(
            {
                b"attachment; filename=a.txt; filename*=UTF-8''na%C3%AFve%20plan.txt": "naïve plan.txt",
                b"attachment; filename*=utf-8'en'%e2%82%ac.txt; filename=a.txt": "€.txt",
                b"attachment; filename*=iso-8859-1''%A3.txt": "£.txt",
                b"attachment; filename*=\"UTF-8''quoted.txt\"": "quoted.txt",
            }
        )

    def test_a_broken_extended_one(self):
        """What cannot be decoded is as if it were not there."""
        self.assert_names(
            {
                b"attachment; filename*=UTF-8''%ff; filename=a.txt": "a.txt",
                b"attachment; filename*=utf-7''a; filename=a.txt": "a.txt",
                b"attachment; filename*=plain; filename=a.txt": "a.txt",
                b"attachment; filename*=UTF-8''": None,
            }
        )

    def test_bytes_beyond_ascii(self):
        """They are read as UTF-8 when they are that, else as Latin-1; percent-encoding is undone."""
        self.assert_names(
            {
                "attachment; filename=naïve.txt".encode(): "naïve.txt",
                b"attachment; filename=na\xefve.txt": "naïve.txt",
                b'attachment; filename="%e2%82%ac 100%.txt"': "€ 100%.txt",
            }
        )

    def test_none(self):
        """Where no name is given, or nothing is left of it, there is none, and the URL may give one."""
        for value in (b"", b"attachment", b"inline; size=3", b'attachment; filename=""', b"attachment; filename=.."):
            self.assertIsNone(file_name([value]), value)
        self.assertIsNone(file_name([]))

    def test_several_fields(self):
        """The first name counts, but an extended one before that."""
        self.assertEqual(file_name([b"inline", b"attachment; filename=a", b"attachment; filename=b"]), "a")
        self.assertEqual(file_name([b"attachment; filename=a", b"attachment; filename*=UTF-8''b"]), "b")

    def test_another_folder(self):
        """Case 21: only the last part of a path counts, without the dots that would hide it."""
        self.assert_names(
            {
                b'attachment; filename="../../.bashrc"': "bashrc",
                b'attachment; filename="..\\..\\x"': "x",
                b'attachment; filename="/etc/passwd"': "passwd",
                b'attachment; filename="C:\\x"': "x",
                b"attachment; filename=C:x": "x",
                b'attachment; filename="%2e%2e%2f%2e%2e%2fx"': "x",
                b"attachment; filename*=UTF-8''..%2F..%2Fx": "x",
                b"attachment; filename*=UTF-8''..%5C..%5Cx": "x",
            }
        )

    @given(st.binary(max_size=60))
    def test_any_field(self, data):
        """Whatever it says, its name is safe already."""
        for value in (data, b"attachment; filename=" + data, b"attachment; filename*=UTF-8''" + data):
            if (name := file_name([value])) is not None:
                self.assertEqual(safe_name(name), name)


class SafeNames(SynchronousTestCase):
    def test_names_that_are_none(self):
        """Case 22: what leaves nothing to call a file gets a name of ours."""
        for text in ("", ".", "..", "...", " ", ". .", "a/", "a/..", "C:"):
            self.assertEqual(safe_name(text), "download", text)

    def test_invisible_characters(self):
        """Case 22: NUL, line ends, escapes and bidirectional controls become visible."""
        self.assertEqual(safe_name("a\0b\nc\x1b[2Jd\x9be"), "a_b_c_[2Jd_e")
        self.assertEqual(safe_name("photo\u202egpj.exe"), "photo_gpj.exe")
        self.assertEqual(safe_name("a\u2028b\ud800c"), "a_b_c")

    def test_ends(self):
        """Case 22: dots and spaces go from both ends, and stay within."""
        self.assertEqual(safe_name(" . a. b.txt . "), "a. b.txt")

    def test_devices(self):
        """Case 22: names that Windows keeps for devices get a prefix; others that only begin like them do not."""
        for text in ("CON", "nul.txt", "NUL.tar.gz", "Com1", "LPT9 .x", "COM²", "conout$"):
            self.assertEqual(safe_name(text), "_" + text)
        for text in ("CONSOLE", "nullify.txt", "COM10", "a.CON"):
            self.assertEqual(safe_name(text), text)

    def test_options(self):
        """Case 22: no name looks like an option."""
        self.assertEqual(safe_name("-rf"), "_-rf")
        self.assertEqual(safe_name(".-rf"), "_-rf")

    def test_long_names(self):
        """Case 22: a long name is cut between characters, and keeps its extension when that is short."""
        for text, end in (("ä" * 300 + ".tar.gz", "ä.gz"), ("€" * 300, "€"), ("a" * 300 + "." + "b" * 200, "a")):
            name = safe_name(text)
            self.assertLessEqual(len(name.encode()), NAME_BYTES)
            self.assertGreater(len(name.encode()), NAME_BYTES - 4)
            self.assertTrue(name.endswith(end), name)

    def test_common_names(self):
        """What does no harm stays as it is."""
        for text in ("a.txt", "tnet-1.0.tar.gz", "naïve plan (2).pdf", "東京.png", "a-b", "12:30.log"):
            self.assertEqual(safe_name(text), text)

    @given(st.text(max_size=300))
    def test_anything(self, text):
        """A safe name is one part of a path, visible, short, and stays what it is."""
        name = safe_name(text)
        self.assertEqual(safe_name(name), name)
        self.assertTrue(name and name[0] not in ".-" and not set(name) & set("/\\\0\n\x1b\u202e"), name)
        self.assertLessEqual(len(name.encode()), NAME_BYTES)


class UrlNames(SynchronousTestCase):
    def test_the_last_part_of_the_path(self):
        """Case 23: what was asked for names the file, without its query."""
        for url, name in {
            "http://h/a/b.txt?c=/d.txt": "b.txt",
            "http://h/a/": "a",
            "http://h/na%C3%AFve%20plan.txt": "naïve plan.txt",
            "http://h/a/%ff": "\ufffd",
        }.items():
            self.assertEqual(name_from_url(parse_url(url)), name)

    def test_another_folder(self):
        """Case 21: what is percent-encoded leads nowhere either."""
        for path in ("..%2F..%2F.bashrc", "%2e%2e%5c.bashrc", "a/../.bashrc"):
            self.assertEqual(name_from_url(parse_url(f"http://h/{path}")), "bashrc")

    def test_no_path(self):
        """The host is a name as well."""
        for url in (
            "http://example.com",
            "http://example.com/?q=1",
            "http://example.com/..",
            "http://example.com/%2e/",
        ):
            self.assertEqual(name_from_url(parse_url(url)), "example.com")
