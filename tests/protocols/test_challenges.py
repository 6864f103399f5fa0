"""Challenges, as servers write them."""

import time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.challenges import Challenge, parse_challenges, quoted


class Challenges(TestCase):
    def test_source(self):
        """The example of RFC 9110 section 11.6.1: two challenges in one field."""
        field = b'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'
        self.assertEqual(
            parse_challenges([field]),
            [
                Challenge("basic", {"realm": "simple"}),
                Challenge("newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}),
            ],
        )

    def test_how_they_can_stand(self):
        """With blanks and commas in odd places, without parameters, with a token, in several fields."""
        table = {
            (b"Basic",): [Challenge("basic")],
            (b"Negotiate, NTLM",): [Challenge("negotiate"), Challenge("ntlm")],
            (b"Negotiate YWJj==", b"BASIC Realm = x"): [
                Challenge("negotiate", token="YWJj=="),
                Challenge("basic", {"realm": "x"}),
            ],
            (b", ,Basic  realm=x ,, Digest\tnonce=y",): [],
            (b", ,Basic  realm=x ,, charset=UTF-8,",): [Challenge("basic", {"realm": "x", "charset": "UTF-8"})],
            (b'A b="c,D e=f", G h=""',): [Challenge("a", {"b": "c,D e=f"}), Challenge("g", {"h": ""})],
            (b'A b="\xff\xc3\xa4"',): [Challenge("a", {"b": "\udcffä"})],
            (): [],
            (b"",): [],
        }
        for fields, expected in table.items():
            self.assertEqual(parse_challenges(fields)[: len(expected) or None], expected, fields)

    def test_the_malformed_do_not_count(self):
        """Nor does what follows in the same field; what stands before it, and the other fields, do."""
        for broken in (b'Digest nonce="x', b"Digest a b", b"Digest nonce=;", b"A b=c d", b"A b=1, b=2"):
            fields = [b"Basic realm=x, " + broken + b', Late realm="y"', b"Other"]
            schemes = [challenge.scheme for challenge in parse_challenges(fields)]
            self.assertNotIn("digest", schemes, broken)
            self.assertNotIn("a", schemes, broken)
            self.assertEqual((schemes[0], schemes[-1]), ("basic", "other"), broken)

    def test_what_belongs_to_no_challenge(self):
        """It takes the challenge before it along, which it could have been meant for."""
        for broken in (b'"Digest"', b"=x", b"\xff"):
            self.assertEqual(parse_challenges([b"Basic realm=x, " + broken]), [], broken)

    def test_a_token_does_not_show(self):
        """No repr has what may be a secret."""
        self.assertNotIn("hunter2", repr(parse_challenges([b"Bearer hunter2"])))

    @given(st.binary(max_size=60))
    def test_anything_is_read(self, field):
        """Nothing raises, and what is read can be read again."""
        for challenge in parse_challenges([field]):
            self.assertEqual(challenge.scheme, challenge.scheme.lower())

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
    def test_quoted_strings(self, text):
        """What is quoted is read back."""
        read = parse_challenges([f"A b={quoted(text)}".encode()])
        self.assertEqual(read, [Challenge("a", {"b": text})])

    def test_no_field_takes_long(self):
        """Case 38: the work grows with the length of a field, not with its square."""
        began = time.perf_counter()
        for field in (b'A b="' + b"\\" * 200_001, b"A " + b", " * 100_000, b"a " * 100_000, b"A b=c" + b" " * 200_000):
            parse_challenges([field])
        self.assertLess(time.perf_counter() - began, 2)
