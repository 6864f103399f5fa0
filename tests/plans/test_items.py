"""How request items are read."""

import json
import os
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage, CannotRead
from tnet.plans.fetch import Body, Part
from tnet.plans.items import (
    MOST_BYTES,
    Datum,
    File,
    Items,
    as_form,
    as_json,
    as_multipart,
    parse_items,
    split_words,
)

SPECIAL = "\\:=;@"


def escaped(text: str, special: str = ":=;@") -> str:
    return "".join("\\" + character if character in special else character for character in text)


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

    def test_a_url_is_no_header(self):
        """One that comes after an item does not become a header called http."""
        for text in ("http://h/", "HTTPS://h:1/", "localhost:80", "127.0.0.1:80/x"):
            with self.assertRaises(BadUsage) as caught:
                parse_items(["a=b", text])
            self.assertIn("before the first item", caught.exception.hint)
        self.assertEqual(parse_items(["Referer:http://h/"]).headers, (("Referer", "http://h/"),))

    @given(st.text(min_size=1, max_size=12), st.text(max_size=12))
    def test_escaped_text_comes_back_as_it_was(self, name, value):
        """Any name and value can be written by escaping the separators' characters."""
        if name.endswith("\\") or "\\" in name + value:
            name, value = name.replace("\\", "/"), value.replace("\\", "/")
        self.assertEqual(parse_items([f"{escaped(name)}={escaped(value)}"]).data, (Datum(name, value),))

    @given(st.text(alphabet=SPECIAL + "ab1", max_size=8))
    def test_any_text_is_an_item_or_an_error_of_the_user(self, text):
        """Nothing else is raised, and what is an item has a separator."""
        try:
            parse_items([text])
        except (BadUsage, CannotRead):
            return
        self.assertTrue(set(text) & set(":=;@"))


class Words(TestCase):
    def test_a_method_a_url_and_items(self):
        """A method comes first when there is one; what follows the URL are items."""
        self.assertEqual(split_words(["h"]), ("", ("h",), ()))
        self.assertEqual(split_words(["PUT", "h", "a=b"]), ("PUT", ("h",), ("a=b",)))
        self.assertEqual(split_words(["put", "h"]), ("PUT", ("h",), ()))
        self.assertEqual(split_words(["VERSION-CONTROL", "a=b", "c=d"]), ("VERSION-CONTROL", ("a=b",), ("c=d",)))
        self.assertEqual(split_words(["GET"]), ("", ("GET",), ()))
        self.assertEqual(split_words([]), ("", (), ()))

    def test_several_urls(self):
        """Words after the URL that begin like one are more of them, up to the first item."""
        for word in (
            "http://h",
            "HTTPS://h/",
            "://h",
            ":80",
            ":80/x",
            ":/x",
            "localhost",
            "localhost:80?q",
            "127.0.0.1:8",
        ):
            self.assertEqual(split_words(["h", word, "a=b", word]), ("", ("h", word), ("a=b", word)))

    def test_items_that_look_almost_like_urls(self):
        """They are items."""
        for word in (
            "http:x",
            "localhost:",
            "localhost:x",
            "localhost==1",
            "a:80",
            "::",
            ":80x",
            "127.0.0.1=a",
            "[0]:=1",
        ):
            self.assertEqual(split_words(["h", word]), ("", ("h",), (word,)))

    def test_urls_that_come_from_elsewhere(self):
        """Then not even the first word has to be one."""
        self.assertEqual(split_words(["POST"], urls_elsewhere=True), ("POST", (), ()))
        self.assertEqual(split_words(["a=b"], urls_elsewhere=True), ("", (), ("a=b",)))
        self.assertEqual(split_words(["http://h", "a=b"], urls_elsewhere=True), ("", ("http://h",), ("a=b",)))


class Reading(TestCase):
    def file(self, data):
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(data)
        return path

    def test_the_text_of_a_file_as_a_value(self):
        """All of it in a field; without the end of its line in a header and a query parameter."""
        path = self.file("é\n\n".encode())
        items = parse_items([f"a=@{path}", f"q==@{path}", f"H:@{path}"])
        self.assertEqual(items.data, (Datum("a", "é\n\n"),))
        self.assertEqual((items.query, items.headers), ((("q", "é"),), (("H", "é"),)))

    def test_the_json_of_a_file(self):
        """Its numbers stay as they are written."""
        path = self.file(b'\n{"a": 1.10}\n')
        self.assertEqual(parse_items([f"n:=@{path}"]).data, (Datum("n", '{"a": 1.10}', is_json=True),))
        self.assertRaises(BadUsage, parse_items, [f"n:=@{self.file(b'{')}"])

    def test_what_a_file_holds_is_no_item(self):
        """Case 55: only the command line names files to read; an @ in what was read is text."""
        for held in (b"@/etc/passwd", b"=@/etc/passwd", b'"@/etc/passwd"'):
            path = self.file(held)
            items = parse_items([f"a=@{path}", f"q==@{path}", f"H:@{path}", r"b=\@/etc/passwd"])
            self.assertEqual([datum.text for datum in items.data], [held.decode(), "@/etc/passwd"])
            self.assertEqual((items.query, items.headers), ((("q", held.decode()),), (("H", held.decode()),)))
            self.assertEqual(items.files, ())

    def test_a_file_that_cannot_be_a_value(self):
        """It is missing, not text, larger than 16 MiB, endless, or empty where a line is wanted."""
        with open(large := self.mktemp(), "wb") as file:
            file.truncate(MOST_BYTES + 1)
        for path in ("/nowhere", ".", self.file(b"\xff"), large, "/dev/zero"):
            with self.assertRaises(CannotRead, msg=path):
                parse_items([f"a=@{path}"])
        for item in ("H:@", "q==@"):
            with self.assertRaises(CannotRead):
                parse_items([item + self.file(b"\n")])

    def test_files_to_send(self):
        """Their names and types are guessed unless given; they are not read yet."""
        self.assertEqual(
            parse_items(["f@/x/a.json", "f@b;type=text/plain;charset=utf-8;filename=c.d", "f@e;filename=g.png"]).files,
            (
                File("f", "/x/a.json", "a.json", "application/json"),
                File("f", "b", "c.d", "text/plain;charset=utf-8"),
                File("f", "e", "g.png", "image/png"),
            ),
        )
        self.assertEqual(parse_items(["f@x.tar.gz"]).files[0].content_type, "application/octet-stream")
        self.assertRaises(BadUsage, parse_items, ["f@"])

    def test_a_file_as_the_whole_body(self):
        """It belongs to no name."""
        self.assertEqual(parse_items(["@d.xml"]).files, (File("", "d.xml", "d.xml", "application/xml"),))

    def test_the_home_folder(self):
        """A tilde after the @ is nothing that a shell would have replaced."""
        self.patch(os, "environ", {"HOME": "/home/ann"})
        self.assertEqual(parse_items(["f@~/a.b"]).files[0].path, "/home/ann/a.b")


class Bodies(TestCase):
    def test_json_keeps_what_was_written(self):
        """Numbers keep their digits, and the last of equal names wins."""
        data = parse_items(["a=x", "n:=1.10", "big:=12345678901234567890123", "a=é\n"]).data
        self.assertEqual(as_json(data), b'{"a": "\\u00e9\\n", "n": 1.10, "big": 12345678901234567890123}')

    def test_brackets_in_names_make_objects_and_arrays(self):
        """In JSON only: a form knows nothing but text."""
        data = parse_items(["a[b]=x", "a[c][]:=1", "a[c][]:=2"]).data
        self.assertEqual(as_json(data), b'{"a": {"b": "x", "c": [1, 2]}}')
        self.assertEqual(as_form(data), b"a%5Bb%5D=x&a%5Bc%5D%5B%5D=1&a%5Bc%5D%5B%5D=2")

    def test_bytes_that_are_no_text_have_no_place_in_json(self):
        """In a form and in parts they stay the bytes that they were."""
        data = [Datum("a", "x\udcff")]
        for each in (data, [Datum("\udcff", "x")], [Datum("a", '"\udcff"', is_json=True)]):
            self.assertRaises(BadUsage, as_json, each)
        self.assertEqual(as_form(data), b"a=x%FF")
        self.assertEqual(as_multipart(data, (), "b").parts, (Part("a", b"x\xff"),))

    def test_json_values_in_a_form(self):
        """Text loses its quotes, numbers stay as they are, and others have no place."""
        data = parse_items(['a:="x\\u00e9"', "b:=1.10", "c:=true"]).data
        self.assertEqual(as_form(data), b"a=x%C3%A9&b=1.10&c=true")
        for value in ("[1]", "{}", "null", '"\\ud800"'):
            self.assertRaises(BadUsage, as_form, parse_items([f"a:={value}"]).data)

    def test_parts(self):
        """Fields come first, then the files, which are only named."""
        items = parse_items(["f@/x/y.txt", "a=1", "b:=2"])
        self.assertEqual(
            as_multipart(items.data, items.files, "xyz"),
            Body(
                parts=(
                    Part("a", b"1"),
                    Part("b", b"2"),
                    Part("f", path="/x/y.txt", file_name="y.txt", content_type="text/plain"),
                ),
                boundary="xyz",
            ),
        )

    def test_a_form_keeps_equal_names_apart(self):
        """A form is a list of pairs."""
        self.assertEqual(as_form(parse_items(["a=1 2", "a=&é", "n:=3"]).data), b"a=1+2&a=%26%C3%A9&n=3")

    @given(
        st.dictionaries(st.text(min_size=1), st.one_of(st.integers(), st.text(), st.booleans(), st.none()), max_size=5)
    )
    def test_any_members_make_valid_json(self, members):
        """A JSON parser reads back what the items said."""
        data = [Datum(escaped(name, "[]\\"), json.dumps(value), is_json=True) for name, value in members.items()]
        self.assertEqual(json.loads(as_json(data)), members)

    @given(st.lists(st.tuples(st.text(min_size=1), st.text())))
    def test_any_pairs_make_a_valid_form(self, pairs):
        """A form parser reads back what the items said."""
        form = as_form(Datum(name, text) for name, text in pairs).decode()
        self.assertEqual(parse_qsl(form, keep_blank_values=True), pairs)
