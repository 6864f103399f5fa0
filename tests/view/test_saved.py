"""Tests for the names of files that nobody chose."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import Show, ended, send
from tnet.events import kinds


def kept(outcome: str = "ok", path: str = "a-1.iso", *, chosen: bool = False) -> kinds.TransferEnded:
    """The end of a transfer."""
    return kinds.TransferEnded(
        transfer=1, path=path, done_bytes=2048, seconds=1.0, outcome=outcome, error=None, chosen=chosen
    )


class SavedNamesTests(SynchronousTestCase):
    """As part of a fetch's story."""

    def _lines(self, show: Show, *events: kinds.TransferEnded) -> list[str]:
        for event in events:
            send(show.publisher, event)
        show.story.stop()
        return show.stderr.lines

    def test_names(self) -> None:
        """Each is told on a line by itself, with its size, and whether it was there; nothing in it moves a cursor."""
        lines = self._lines(Show("fetch"), kept(), kept("unchanged", "b"), kept(path="c\x1b[2J"))
        self.assertEqual(lines[:2], ["saved a-1.iso · 2.0 KiB", "saved b · unchanged · 2.0 KiB"])
        self.assertNotIn("\x1b", lines[2])

    def test_what_is_not_told(self) -> None:
        """A name that the user chose, and what failed, for which there is an error."""
        self.assertEqual(self._lines(Show("fetch"), ended(), kept(chosen=True), kept("failed")), [])

    def test_when(self) -> None:
        """Not with -q; with -v, for lines and at a terminal it is told already."""
        self.assertEqual(self._lines(Show("fetch", verbosity=-1), kept()), [])
        for show in (
            Show("fetch", verbosity=1),
            Show("fetch", mode="plain"),
            Show("fetch", is_tty=True, environ={"TERM": "dumb"}),
        ):
            lines = self._lines(show, kept())
            self.assertEqual(sum("saved" in line for line in lines), 1, lines)
            self.assertNotIn("saved a-1.iso · 2.0 KiB", lines)
