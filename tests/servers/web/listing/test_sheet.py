"""Tests for tnet.servers.web.listing.sheet."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.listing import sheet
from tnet.servers.web.listing.choice import Choice, Sort
from tnet.servers.web.listing.entries import Entry, Listing
from tnet.servers.web.listing.sheet import Sheet
from tnet.servers.web.listing.tools import Offer
from tnet.servers.web.page.crumbs import Place

HOSTILE = (b"<img src=x onerror=alert(1)>\"'&", b"javascript:alert(1)", "\u202egnp.exe".encode(), b"\xff\n\x1b[2J")
D, F = Entry(b"d", True, 0, 1e9), Entry(b"f.png", False, 2048, 1e9)
EVERYTHING = Offer.ARCHIVE | Offer.WRITE | Offer.MODIFY | Offer.SHARE


def parts(
    *entries: Entry,
    choice: Choice | None = None,
    offer: Offer = Offer.NOTHING,
    more: int = 0,
    names: tuple[bytes, ...] = (),
) -> Parts:
    """The page of a directory."""
    return Parts(Sheet(Place(names, "h:80"), Listing(entries, more), choice or Choice(), offer).render())


class SheetTests(TestCase):
    """What a browser gets."""

    def test_hostile_names(self) -> None:
        """Names are text, their links stay on this site, and nothing in them is a tag or turns the page around."""
        for choice in (Choice(), Choice(grid=True), Choice(query="")):
            page = parts(*(Entry(name, False, 1, 1e9) for name in HOSTILE), choice=choice, offer=EVERYTHING)
            self.assertNotIn("img", page.tags)
            self.assertEqual(page.handlers, set())
            names = [link for link in page.links if link.startswith("./") and not link.endswith("?view")]
            self.assertEqual([unquote_to_bytes(link) for link in names], [b"./" + name for name in HOSTILE])
            for harm in ("\u202e", "\x1b"):
                self.assertNotIn(harm, page.text)

    def test_hostile_query(self) -> None:
        """What was searched for is text, too."""
        page = parts(F, choice=Choice(query='"><script>x</script>'))
        self.assertEqual(len(page.all("script")), 1)
        self.assertEqual(page.all("input", id="q")[0]["value"], '"><script>x</script>')

    def test_rows(self) -> None:
        """Names head their rows: a link, a preview of files, a size with all its digits, a time for programs."""
        page = parts(D, F, names=(b"a&b", b"c"))
        self.assertEqual(len(page.all("th", scope="row")), 3)
        self.assertLessEqual({"../", "../../", "./d/", "./f.png", "./f.png?view"}, set(page.links))
        self.assertNotIn("./d/?view", page.links)
        self.assertEqual(page.all("time")[0]["datetime"], "2001-09-09T01:46:40Z")
        self.assertEqual(page.all("span", title="2,048")[0]["title"], "2,048 bytes")
        self.assertIn("1 folder · 1 file · 2.0 KiB", page.text)
        self.assertIn("a&b", page.text)

    def test_order(self) -> None:
        """The column that orders says so, and every column's link orders by it."""
        page = parts(F, choice=Choice(Sort.SIZE, descending=True, query="f"))
        self.assertEqual([head["class"] for head in page.all("th", aria_sort="descending")], ["s"])
        self.assertLessEqual({"?q=f", "?sort=size&order=asc&q=f", "?sort=time&q=f"}, set(page.links))

    def test_pages(self) -> None:
        """A long directory comes in pages, with links back and forth, and the count of all of it."""
        self.patch(sheet, "ROWS", 2)
        entries = [Entry(b"%d" % number, False, 1, 0) for number in range(5)]
        first, middle = parts(*entries), parts(*entries, choice=Choice(page=2))
        last = parts(*entries, choice=Choice(page=99), more=3)
        self.assertEqual([len(page.all("time")) for page in (first, middle, last)], [2, 2, 1])
        self.assertEqual([len(page.all("a", rel="prev")) for page in (first, middle, last)], [0, 1, 1])
        self.assertEqual([len(page.all("a", rel="next")) for page in (first, middle, last)], [1, 1, 0])
        self.assertEqual(middle.all("a", rel="next")[0]["href"], "?page=3")
        self.assertIn("Page 2 of 3", middle.text)
        self.assertIn("5 files · 5 B · 3 more are not shown", last.text)
        self.assertEqual(["data-whole" in page.all("form", id="files")[0] for page in (first, parts(F))], [False, True])

    def test_nothing(self) -> None:
        """An empty directory, a search without a find, and a box to drop files into each say what they are."""
        self.assertIn("This folder is empty.", parts().text)
        self.assertIn("Drop files here", parts(offer=Offer.WRITE).text)
        self.assertIn("Nothing here is called “x”", parts(F, choice=Choice(query="x")).text)
        box = parts(offer=Offer.WRITE | Offer.DROP_BOX)
        self.assertIn("You can leave files here", box.text)
        self.assertEqual((len(box.all("form", id="upload")), len(box.all("input", id="q"))), (1, 0))

    def test_offers(self) -> None:
        """Boxes and buttons are there for those alone who may use them."""
        self.assertEqual(parts(F).all("input", type="checkbox"), [])
        page = parts(F, Entry(b"\xff", False, 1, 0), Entry(b"a\nb", False, 1, 0), offer=EVERYTHING)
        boxes = [box for box in page.all("input", type="checkbox") if box.get("name") != "sure"]
        self.assertEqual(
            [(box.get("value"), "disabled" in box) for box in boxes], [("f.png", False)] + [(None, True)] * 2
        )
        actions = {box.get("value") for box in page.all("button", name="action")}
        self.assertEqual(actions, {"archive", "rename", "delete"})

    def test_grid(self) -> None:
        """Pictures show themselves, once they are looked at."""
        (picture,) = parts(F, D, choice=Choice(grid=True)).all("img")
        self.assertEqual((picture["src"], picture["loading"], picture["alt"]), ("./f.png", "lazy", ""))

    def test_what_can_be_known(self) -> None:
        """There is no way up for who may not go there."""
        place = Place((b"a", b"b"), "h", hidden=1, closed=frozenset((0, 1)))
        page = Parts(Sheet(place, Listing((F,)), Choice()).render())
        self.assertEqual([link for link in page.links if link.startswith(("..", "/"))], [])
        self.assertIn("b", page.text)

    def test_look(self) -> None:
        """The styles of prose come with prose alone."""
        page = Sheet(Place(()), Listing(()), Choice())
        self.assertLess(len(page.look.styles), len(Sheet(Place(()), Listing(()), Choice(), readme="<p>").look.styles))
