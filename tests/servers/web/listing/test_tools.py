"""Tests for tnet.servers.web.listing.tools."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.listing.choice import Choice, Sort
from tnet.servers.web.listing.tools import Offer, actions, tools


class ToolsTests(TestCase):
    """What stands above a list."""

    def fields(self, offer: Offer) -> set[str]:
        """What the forms send as `action`, and the ids of forms."""
        page = Parts(tools(Choice(), offer))
        sent = {field["value"] for field in page.all("input", name="action")}
        return sent | {form["id"] for form in page.all("form") if "id" in form}

    def test_by_offer(self) -> None:
        """Each thing that may be done has its form, and nothing else has."""
        self.assertEqual(self.fields(Offer.NOTHING), {"filter"})
        self.assertEqual(self.fields(Offer.WRITE), {"filter", "upload"})
        self.assertEqual(self.fields(Offer.MODIFY), {"filter", "mkdir"})
        self.assertEqual(self.fields(Offer.SHARE), {"filter", "share"})
        self.assertEqual(self.fields(Offer.WRITE | Offer.DROP_BOX), {"upload"})

    def test_archives(self) -> None:
        """The directory can be had as one file."""
        self.assertLessEqual({"?archive=zip", "?archive=tar"}, set(Parts(tools(Choice(), Offer.ARCHIVE)).links))

    def test_replacing(self) -> None:
        """Only who may change things is offered to replace them."""
        for offer, replaces in ((Offer.WRITE, False), (Offer.WRITE | Offer.MODIFY, True)):
            (form,) = Parts(tools(Choice(), offer)).all("form", id="upload")
            self.assertEqual("data-replace" in form, replaces)

    def test_filter_keeps_the_order(self) -> None:
        """Filtering without a script keeps everything else that was chosen."""
        page = Parts(tools(Choice(Sort.SIZE, descending=False, query='"a"', grid=True), Offer.NOTHING))
        sent = {field["name"]: field.get("value") for field in page.all("input")}
        self.assertEqual(sent, {"sort": "size", "order": "asc", "layout": "grid", "q": '"a"'})


class ActionsTests(TestCase):
    """What can be done with what is ticked."""

    def test_by_offer(self) -> None:
        """Buttons for what may be done; none when nothing may."""
        for offer, values in (
            (Offer.WRITE, []),
            (Offer.ARCHIVE, ["archive"]),
            (Offer.MODIFY, ["rename", "delete"]),
            (Offer.ARCHIVE | Offer.MODIFY, ["archive", "rename", "delete"]),
        ):
            self.assertEqual([button["value"] for button in Parts(actions(offer)).all("button", name="action")], values)

    def test_deleting_is_meant(self) -> None:
        """Without a script deleting needs a second tick, and nothing else does."""
        page = Parts(actions(Offer.SELECTING))
        self.assertIn("required", page.all("input", name="sure")[0])
        free = [button["value"] for button in page.all("button", name="action") if "formnovalidate" in button]
        self.assertEqual(free, ["archive", "rename"])
