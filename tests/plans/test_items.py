"""How request items are read."""

import json
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.plans.items import Datum, Items, as_form, as_json, parse_items

SPECIAL = "\\:=;@"


def escaped(text: str) -> str:
    return "".join("\\" + character if character in ":=;@" else character for character in text)


class Parsing(TestCase):
    def test_each_kind_goes_to_its_place(self):
        """Body fields, query parameters, headers and headers to leave out are told apart and keep their order."""
        self.assertEqual(
            parse_items(["a=1", "q==2", "X-One:3", "n:=4", "X-Two;", "Accept:", "a=5"]),
            Items(
                data=(Datum("a", "1"), Datum("n", "4", is_json=True), Datum("a", "5")),
                query=(("q", "2"),),
                headers=(("X-One", "3"), ("X-Two", "")),
                unset=("Accept",),
            ),
        )

    def test_the_leftmost_separator_decides(self):
        """What looks like a separator further right is part of the value."""
        items = parse_items(["Referer:http://h/?a=b", "mail=ann@example.org", "q==a=b", "t=a:=1"])
        self.assertEqual(items.headers, (("Referer", "http://h/?a=b"),))
        self.assertEqual(items.query, (("q", "a=b"),))
        self.assertEqual(items.data, (Datum("mail", "ann@example.org"), Datum("t", "a:=1")))

    def test_a_backslash_takes_a_separators_meaning_away(self):
        """Other backslashes stay."""
        items = parse_items([r"a\:b=c", r"p=C:\dir", r"x\=y=\@z"])
        self.assertEqual(items.data, (Datum("a:b", "c"), Datum("p", r"C:\dir"), Datum("x=y", "@z")))

    def test_white_space_around_a_headers_value_goes(self):
        """A header may be written as it looks on the wire."""
        self.assertEqual(parse_items(["Name: value "]).headers, (("Name", "value"),))

    def test_what_is_no_item_is_refused(self):
        """No separator, no name, broken JSON, and text after the semicolon are mistakes."""
        for text in ("plain", "", "=x", ":x", "==", "Name;x", "n:={", "n:=NaN", "n:=", r"a\=b", "n:=" + "[" * 99999):
            with self.assertRaises(BadUsage, msg=text[:20]):
                parse_items([text])

    def test_a_second_url_is_no_header(self):
        """One URL is fetched at a time; another one does not become a header called http."""
        for text in ("http://h/", "HTTPS://h:1/"):
            with self.assertRaises(BadUsage) as caught:
                parse_items([text])
            self.assertIn("second URL", str(caught.exception))
        self.assertEqual(parse_items(["Referer:http://h/"]).headers, (("Referer", "http://h/"),))

    def test_items_that_read_files_are_reserved(self):
        """Text that begins with @ never turns into a file's name without a word."""
        for text in ("f@/etc/passwd", "k=@x", "k:=@x", "k==@x", "H:@x"):
            with self.assertRaises(BadUsage, msg=text) as caught:
                parse_items([text])
            self.assertIn("\\@", caught.exception.hint)

    @given(st.text(min_size=1, max_size=12), st.text(max_size=12))
    def test_escaped_text_comes_back_as_it_was(self, name, value):
        """Any name and value can be written by escaping the separators' characters."""
        if name.endswith("\\") or "\\" in name + value:
            name, value = name.replace("\\", "/"), value.replace("\\", "/")
        self.assertEqual(parse_items([f"{escaped(name)}={escaped(value)}"]).data, (Datum(name, value),))

    @given(st.text(alphabet=SPECIAL + "ab1", max_size=8))
    def test_any_text_is_an_item_or_a_usage_error(self, text):
        """Nothing else is raised, and what is an item has a separator."""
        try:
            parse_items([text])
        except BadUsage:
            return
        self.assertTrue(set(text) & set(":=;"))


class Bodies(TestCase):
    def test_json_keeps_what_was_written(self):
        """Numbers keep their digits, and the last of equal names wins."""
        data = parse_items(["a=x", "n:=1.10", "big:=12345678901234567890123", "a=é\n"]).data
        self.assertEqual(as_json(data), b'{"a": "\\u00e9\\n", "n": 1.10, "big": 12345678901234567890123}')

    def test_a_form_keeps_equal_names_apart(self):
        """A form is a list of pairs."""
        self.assertEqual(as_form(parse_items(["a=1 2", "a=&é", "n:=3"]).data), b"a=1+2&a=%26%C3%A9&n=3")

    @given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans(), st.none()), max_size=5))
    def test_any_members_make_valid_json(self, members):
        """A JSON parser reads back what the items said."""
        data = [Datum(name, json.dumps(value), is_json=True) for name, value in members.items()]
        self.assertEqual(json.loads(as_json(data)), members)

    @given(st.lists(st.tuples(st.text(min_size=1), st.text())))
    def test_any_pairs_make_a_valid_form(self, pairs):
        """A form parser reads back what the items said."""
        form = as_form(Datum(name, text) for name, text in pairs).decode()
        self.assertEqual(parse_qsl(form, keep_blank_values=True), pairs)
