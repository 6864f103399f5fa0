"""Tests for tnet.servers.web.listing.choice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.listing.choice import Choice, Sort
from tnet.servers.web.listing.entries import Entry
from tnet.servers.web.writing.forms import parse_urlencoded

ENTRIES = (
    Entry(b"d1", True, 0, 30),
    Entry(b"d2", True, 0, 20),
    Entry(b"alpha one", False, 5, 10),
    Entry(b"Beta", False, 9, 40),
    Entry(b"gamma ONE", False, 5, 25),
)


class ChoiceTests(TestCase):
    """What a query asks for."""

    def names(self, query: str) -> list[str]:
        """What is selected by a query, in order."""
        return [entry.shown for entry in Choice.of(parse_urlencoded(query.encode())).select(ENTRIES)]

    def test_orders(self) -> None:
        """By name, size and time both ways; directories first; what is equal stays by name."""
        for query, names in (
            ("", "d1 d2 | alpha one | Beta | gamma ONE"),
            ("order=desc", "d2 d1 | gamma ONE | Beta | alpha one"),
            ("sort=size", "d1 d2 | Beta | alpha one | gamma ONE"),
            ("sort=size&order=asc", "d1 d2 | alpha one | gamma ONE | Beta"),
            ("sort=time", "d1 d2 | Beta | gamma ONE | alpha one"),
            ("sort=time&order=asc", "d2 d1 | alpha one | gamma ONE | Beta"),
            ("sort=nothing&order=sideways", "d1 d2 | alpha one | Beta | gamma ONE"),
        ):
            with self.subTest(query=query):
                self.assertEqual(
                    self.names(query), names.replace("d1 d2", "d1 | d2").replace("d2 d1", "d2 | d1").split(" | ")
                )

    def test_filter(self) -> None:
        """Every word must be in the name, whatever the case."""
        self.assertEqual(self.names("q=one"), ["alpha one", "gamma ONE"])
        self.assertEqual(self.names("q=One+GAM"), ["gamma ONE"])
        self.assertEqual(self.names("q=%20"), [entry.shown for entry in ENTRIES])
        self.assertEqual(self.names("q=nothing"), [])

    def test_pages(self) -> None:
        """A page is a positive number, and everything else the first."""
        for page, number in ((b"3", 3), (b"0", 1), (b"-1", 1), (b"x", 1), (b"9" * 5000, 1), (b"\xb2", 1), (b"", 1)):
            self.assertEqual(Choice.of({b"page": [page]}).page, number, page)

    def test_columns(self) -> None:
        """A column's link orders by it, the largest and latest first, and turns the order around the second time."""
        choice = Choice(query="a&b", page=3)
        self.assertEqual(choice.by(Sort.SIZE), "?sort=size&q=a%26b")
        self.assertEqual(choice.by(Sort.NAME), "?order=desc&q=a%26b")
        self.assertEqual(Choice(Sort.TIME, descending=True).by(Sort.TIME), "?sort=time&order=asc")

    @given(
        st.builds(
            Choice,
            sort=st.sampled_from(Sort),
            descending=st.booleans(),
            query=st.text(st.characters(codec="utf-8"), max_size=20).map(str.strip),
            page=st.integers(1, 999),
            grid=st.booleans(),
        )
    )
    def test_links_lead_back(self, choice: Choice) -> None:
        """A link means exactly the choice that it was made of."""
        self.assertEqual(Choice.of(parse_urlencoded(choice.link().removeprefix("?").encode())), choice)
