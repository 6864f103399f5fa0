"""Strict-Transport-Security fields."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.strict_transport import FIELD_BYTES, LONGEST_SECONDS, Policy, policy


class Policies(TestCase):
    def test_what_is_said(self):
        """Names in any case, blanks and empty directives, quoted values; what is not known is passed over."""
        table = {
            b"max-age=31536000": Policy(31536000),
            b"max-age=15768000 ; includeSubDomains": Policy(15768000, True),
            b'max-age="31536000"': Policy(31536000),
            b"max-age=0": Policy(0),
            b'max-age="0"; includeSubDomains': Policy(0, True),
            b" ; ;INCLUDESUBDOMAINS;\tMax-Age = 5;;": Policy(5, True),
            b'max-age=5; preload; report="a;b\\"c"; x=y': Policy(5),
        }
        for field, said in table.items():
            self.assertEqual(policy([field]), said, field)

    def test_what_is_malformed(self):
        """Without max-age, with a directive twice, or beyond the grammar, it says nothing."""
        for field in (
            b"",
            b"includeSubDomains",
            b"max-age",
            b"max-age=",
            b"max-age=x",
            b"max-age=-1",
            b"max-age=1.5",
            b"max-age=\xb2",
            b'max-age="5',
            b"max-age=5, max-age=6",
            b"max-age=5; max-age=5",
            b"max-age=5; x; X=1",
            b"max-age=5; includeSubDomains; includesubdomains",
            b"max-age=5; includeSubDomains=yes",
            b"max-age=5 includeSubDomains",
        ):
            self.assertIsNone(policy([field]), field)

    def test_the_first_counts(self):
        """However good a later one is."""
        self.assertEqual(policy([b"max-age=1", b"max-age=2"]), Policy(1))
        self.assertIsNone(policy([b"nonsense", b"max-age=2"]))
        self.assertIsNone(policy([]))

    def test_bounds(self):
        """Neither a long field nor a long time is believed."""
        self.assertEqual(policy([b"max-age=" + b"9" * 1000]), Policy(LONGEST_SECONDS))
        self.assertIsNone(policy([b"max-age=1;" + b" " * FIELD_BYTES]))

    @given(st.binary(max_size=100))
    def test_anything(self, field):
        """Whatever comes is a policy or none."""
        self.assertIsInstance(policy([field]), Policy | None)
