"""What stands beside an unfinished file."""

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.fetch.downloads.answers import Version
from tnet.clients.fetch.downloads.sidecar import Sidecar

SAID = Sidecar("http://h/a", '"1"', 100, "ä.txt", ((0, 10), (20, 100)))


class Sidecars(SynchronousTestCase):
    def changed(self, **fields):
        """What is read when a field is another."""
        return Sidecar.parse(json.dumps(json.loads(SAID.as_bytes()) | fields).encode())

    def test_there_and_back(self):
        """What was written is what is read."""
        self.assertEqual(Sidecar.parse(SAID.as_bytes()), SAID)
        self.assertEqual(SAID.version, Version('"1"', 100))
        self.assertEqual(self.changed(name=None).name, None)

    def test_a_url_may_hold_a_token(self):
        """It is in no text form of it."""
        self.assertNotIn("http://h/a", repr(SAID))

    def test_what_does_not_fit(self):
        """Another format, fields that are missing, wrong or too many, and spans that overlap or lead beyond the end."""
        for fields in (
            {"format": "tnet.part/2"},
            {"url": None},
            {"total": "100"},
            {"total": 99},
            {"validator": "a\nHost: b"},
            {"done": None},
            {"done": [[0]]},
            {"done": [0, 10]},
            {"done": [[0, 10], [5, 20]]},
            {"done": [[10, 0]]},
            {"done": [[-1, 5]]},
            {"done": [[0, "5"]]},
            {"more": 1},
        ):
            self.assertIsNone(self.changed(**fields), fields)
        for data in (b"", b"[]", b"\0" * 100, b"\xff", b"[" * 100_000, SAID.as_bytes()[:-9]):
            self.assertIsNone(Sidecar.parse(data))

    @given(st.binary(max_size=40), st.integers(0, 200))
    def test_a_torn_file(self, noise, at):
        """Whatever is left of it is refused, or says what it said."""
        torn = SAID.as_bytes()[:at] + noise + SAID.as_bytes()[at + len(noise) :]
        said = Sidecar.parse(torn)
        self.assertTrue(said is None or (said.total >= said.done[-1][1] if said.done else True))
