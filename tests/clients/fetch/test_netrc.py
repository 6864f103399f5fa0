"""netrc files."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.fetch.netrc import Entry, entry_for, netrc_path, parse_netrc
from tnet.errors import CannotRead


def parse(text):
    return parse_netrc(text.encode("utf-8", "surrogateescape"), "netrc")


class Reading(TestCase):
    def test_layouts(self):
        """On one line or on many, in any order; hosts are read in lower case."""
        expected = [Entry("a.example", "ann", "pw"), Entry(None, "any", "thing")]
        for text in (
            "machine a.example login ann password pw default login any password thing",
            "machine\tA.Example\n\tpassword pw\n\tlogin\n\nann account x\r\n\r\ndefault\nlogin any\npassword thing\n",
            "# all\nmachine a.example # one\nuser ann #\npassword pw\n#machine b\ndefault user any password thing",
            'machine "a.example" login "ann" password "pw" default login any password "thing"',
        ):
            self.assertEqual(parse(text), expected, text)
        self.assertEqual(parse(""), [])

    def test_secrets_of_any_kind(self):
        """With a # at the beginning, quotation marks inside, escapes between quotation marks, and none at all."""
        for text, password in {
            "#pw": "#pw",
            'p"w': 'p"w',
            "p\\w": "p\\w",
            '"p w\\"\\\\\\n"': 'p w"\\\n',
            '"#"': "#",
            '""': "",
            "machine": "machine",
            "\u00e4": "\u00e4",
        }.items():
            entries = parse(f"machine a login ann password {text}\nmachine b")
            self.assertEqual(entries, [Entry("a", "ann", password), Entry("b")], text)

    def test_macros_are_skipped(self):
        """Up to the next blank line, or to the end."""
        text = (
            'machine a login x\nmacdef init\ncd /tmp\nmachine evil login y\n \nmachine b login z\nmacdef last\nput "x'
        )
        self.assertEqual(parse(text), [Entry("a", "x"), Entry("b", "z")])

    def test_what_cannot_be_meant(self):
        """The error has the line, and shows nothing that stands there."""
        for text, line in {
            "machine a\nlogin ann hunter2": 2,
            "login hunter2": 1,
            "machine a\n\npassword": 3,
            'machine a\npassword "hunter2': 2,
            'machine a\npassword "hunter2"x': 2,
            "machine": 1,
        }.items():
            with self.assertRaises(CannotRead, msg=text) as caught:
                parse(text)
            self.assertIn(f"line {line}:", str(caught.exception), text)
            self.assertNotIn("hunter2", str(caught.exception))

    @given(st.binary(max_size=80))
    def test_anything_is_read_or_refused(self, data):
        """Nothing else is raised."""
        try:
            parse_netrc(b"machine a " + data, "netrc")
        except CannotRead:
            pass

    def test_a_password_does_not_show(self):
        """No repr has it."""
        self.assertNotIn("hunter2", repr(parse("machine a password hunter2")))


class Choosing(TestCase):
    def test_the_host_decides(self):
        """The first entry for it, else the one for any host, if that may be used."""
        entries = parse("machine a login 1 machine A login 2 default login 3")
        self.assertEqual(entry_for(entries, "a").user, "1")
        self.assertEqual(entry_for(entries, "A").user, "1")
        self.assertEqual(entry_for(entries, "sub.a").user, "3")
        self.assertIsNone(entry_for(entries, "b", default=False))

    def test_a_user_has_no_password_of_another(self):
        """Case 7: an entry counts for its own user alone."""
        entries = parse("machine a login ann password 1 machine a login bob password 2")
        self.assertEqual(entry_for(entries, "a", "bob").password, "2")
        self.assertIsNone(entry_for(entries, "a", "eve"))

    def test_an_entry_inherits_nothing(self):
        """Case 7: one without a password has none, whatever stands before it or for any host."""
        entries = parse("machine a login ann password 1 machine b login bob default password 3")
        self.assertEqual(entry_for(entries, "b"), Entry("b", "bob", ""))


class Places(TestCase):
    def test_the_variable_and_home(self):
        """`$NETRC` comes first."""
        self.assertEqual(netrc_path({"NETRC": "/x", "HOME": "/h"}), "/x")
        self.assertEqual(netrc_path({"NETRC": "", "HOME": "/h"}), "/h/.netrc")
        self.assertTrue(netrc_path({}).endswith("/.netrc"))
