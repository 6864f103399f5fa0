"""JSON made readable."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.fetch.show.json_text import (
    MOST_CHARACTERS,
    MOST_LEVELS,
    PIECE_CHARACTERS,
    Kind,
    colored,
    readable,
    tokens,
)

SGR = re.compile(r"\x1b\[\d+m")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
SPACES = st.text(" \t\r\n", max_size=2)


def shown(text, *arguments, **options):
    """The readable text; None when it is left alone."""
    pieces = readable(text, *arguments, **options)
    return None if pieces is None else "".join(pieces)


def bare(text):
    """The text without the white space between its tokens."""
    return "".join(token for kind, token in tokens(text) if kind is not Kind.SPACE)


@st.composite
def documents(draw):
    """JSON with white space in any place where it may be."""
    compact = json.dumps(draw(VALUES), separators=(",", ":"), ensure_ascii=draw(st.booleans()))
    return "".join(draw(SPACES) + token for _, token in tokens(compact)) + draw(SPACES)


class ReadableTests(SynchronousTestCase):
    """`readable`."""

    def test_layout(self):
        """A member or an element a line, four blanks a level; what is empty stays short."""
        self.assertEqual(
            shown('{"a":[1,{"b":null}],"c":{ },"d":[\n]}'),
            '{\n    "a": [\n        1,\n        {\n            "b": null\n        }\n    ],\n'
            '    "c": {},\n    "d": []\n}',
        )

    def test_nothing_is_changed(self):
        """Digits, exponents, duplicate keys, their order and escapes stay as they came."""
        members = ('"z": 1.10', '"a": 1e400', '"z": 9007199254740993', '"u": "\\u00e9\\/ \\ud800"', '"n": -0.0')
        self.assertEqual(shown(f"{{{','.join(members)}}}"), "{\n    " + ",\n    ".join(members) + "\n}")

    def test_colors(self):
        """Keys, strings, numbers and words have colours; without layout the white space stays."""
        self.assertEqual(
            shown('{"k" : ["s", 1,true] }', colored, layout=False),
            '{\x1b[36m"k"\x1b[0m : [\x1b[32m"s"\x1b[0m, \x1b[33m1\x1b[0m,\x1b[35mtrue\x1b[0m] }',
        )

    @given(documents(), st.booleans(), st.booleans())
    def test_only_white_space_changes(self, text, color, layout):
        """Without white space outside of strings, and without colours, it is what came."""
        found = shown(text, colored, layout=layout) if color else shown(text, layout=layout)
        self.assertEqual(bare(SGR.sub("", found) if color else found), bare(text))
        if not layout and not color:
            self.assertEqual(found, text)

    @given(documents())
    def test_it_stays_the_same_json(self, text):
        """A parser reads the same from both."""
        self.assertEqual(json.loads(shown(text)), json.loads(text))

    def test_what_is_no_json(self):
        """It is left alone."""
        for text in (
            *("", " ", "{", "[", "]", "}", "[1", "[1 2]", "[1,]", "[,1]", '{"a"}', '{"a":}', '{"a":1,}', '{"a" 1}'),
            *("{1:2}", "[1}", '{"a":1]', "1 2", '"a":1', "01", "1.", ".5", "+1", "NaN", "truex", "tru", '"', '"\\"'),
            *("{} {}", "<html>", "[1]]", "nul\u0142", '["a" "b"]', '["a":1]', "\xa01"),
        ):
            self.assertIsNone(shown(text), text)

    @given(st.text('{}[],:"\\ \n1e-.tru', max_size=12))
    def test_whatever_it_is(self, text):
        """It is laid out when a parser reads it, and nothing but white space changes."""
        try:
            json.loads(text, strict=False)
        except ValueError:
            self.assertIsNone(shown(text))
        else:
            self.assertEqual(bare(shown(text)), bare(text))

    def test_depth(self):
        """Case 35: 256 levels are laid out, one more is left as it is."""
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            fits = opening * MOST_LEVELS + "1" + closing * MOST_LEVELS
            self.assertIsNotNone(shown(fits))
            self.assertIsNone(shown(opening + fits + closing))

    def test_hostile_text(self):
        """Neither a string without an end nor a million levels without one take long to refuse."""
        for text in ('"' + '\\"' * (MOST_CHARACTERS // 2 - 1), "[" * MOST_CHARACTERS, '{"a":' * 100_000):
            self.assertIsNone(shown(text))

    def test_length(self):
        """Case 35: what is longer than 8 Mi characters is left as it is."""
        self.assertIsNone(shown('"' + "a" * (MOST_CHARACTERS - 1) + '"'))
        self.assertEqual(len(shown('"' + "a" * (MOST_CHARACTERS - 2) + '"')), MOST_CHARACTERS)

    def test_pieces(self):
        """Much comes in pieces of bounded size, however deep it is."""
        text = "[" * MOST_LEVELS + "1" + ",1" * 10_000 + "]" * MOST_LEVELS
        sizes = [len(piece) for piece in readable(text)]
        self.assertGreater(sum(sizes), 10_000 * 1024)
        self.assertLess(max(sizes), PIECE_CHARACTERS + 2000)


class TokensTests(SynchronousTestCase):
    """`tokens`."""

    @given(st.text(max_size=40))
    def test_nothing_is_lost(self, text):
        """Whatever it is, the tokens together are the text."""
        self.assertEqual("".join(token for _, token in tokens(text)), text)
