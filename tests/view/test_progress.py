"""Tests for the progress of downloads, as a terminal and a pipe show it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, Show, Stage, any_event, ended, moved, saving, screen_of, send
from tnet.events import kinds
from tnet.view.progress import Progress, how_far
from tnet.view.transfers import Transfers

MIB = 1 << 20
XTERM = {"TERM": "xterm", "NO_COLOR": "1"}


class LinesTests(SynchronousTestCase):
    """`ProgressLines`, as part of a fetch's story."""

    def _told(self, show: Show) -> list[str]:
        send(show.publisher, saving(total=100 * MIB))
        for second in range(1, 25):
            show.stage.now = second
            send(show.publisher, moved(4 * MIB * second, total=100 * MIB))
        show.stage.now = 25.0
        send(show.publisher, ended(done=100 * MIB))
        show.story.stop()
        return show.stderr.lines

    def test_lines(self) -> None:
        """One at the start, one every ten seconds, one at the end."""
        words = [line.split()[3] for line in self._told(Show("fetch", mode="plain"))]
        self.assertEqual(words, ["save", "progress", "progress", "saved"])

    def test_how_far(self) -> None:
        """A line in between says how much there is, how fast it comes and how long it takes."""
        self.assertTrue(
            self._told(Show("fetch", mode="plain"))[1].endswith(
                "progress   big.iso · 40% · 40 MiB of 100 MiB · 4.0 MiB/s · 15 s left"
            )
        )

    def test_when(self) -> None:
        """Case 47: only at a terminal, or where lines were asked for; not with -q, not among JSON, not for others."""
        for told, show in (
            (True, Show("fetch", is_tty=True, mode="plain")),
            (True, Show("fetch", is_tty=True, environ={"TERM": "dumb"})),
            (False, Show("fetch")),
            (False, Show("fetch", mode="plain", verbosity=-1)),
            (False, Show("connect", mode="plain")),
        ):
            self.assertIs("progress" in "\n".join(self._told(show)), told)

    def test_verbose(self) -> None:
        """Where the story tells starts and ends anyhow they are told once."""
        for verbosity in (0, 1, 2):
            lines = self._told(Show("fetch", mode="plain", verbosity=verbosity))
            self.assertEqual(sum(" save " in line for line in lines), 1)
            self.assertEqual(sum(" saved " in line for line in lines), 1)


class ProgressTests(SynchronousTestCase):
    """`Progress`, as part of a fetch's story."""

    def setUp(self) -> None:
        self.show = Show("fetch", is_tty=True, environ=XTERM)

    def _screen(self) -> list[str]:
        return [line for line in screen_of(self.show.stderr.text) if line]

    def _save(self) -> None:
        send(self.show.publisher, saving(total=100 * MIB))
        self.show.stage.now = 1.0
        send(self.show.publisher, moved(40 * MIB, total=100 * MIB))
        self.show.story.tick()

    def test_drawn(self) -> None:
        """A transfer is drawn in place, anew at each tick."""
        self._save()
        self.assertEqual(len(self._screen()), 1)
        self.assertIn(" 40%", self._screen()[0])
        send(self.show.publisher, moved(60 * MIB, total=100 * MIB))
        self.show.story.tick()
        self.assertEqual(len(self._screen()), 1)
        self.assertIn(" 60%", self._screen()[0])

    def test_end(self) -> None:
        """When it is over a line stays that says so, and nothing else."""
        self._save()
        send(self.show.publisher, ended(done=100 * MIB))
        self.show.story.tick()
        (line,) = self._screen()
        self.assertTrue(line.endswith("saved      big.iso · 100 MiB · 2.5 s"), line)

    def test_complaints_stay(self) -> None:
        """A warning scrolls past above."""
        self._save()
        self.show.publisher.log("warning", "watch out")
        screen = self._screen()
        self.assertEqual(screen[0], "tnet: warning: watch out")
        self.assertIn(" 40%", screen[1])

    def test_nothing_to_draw(self) -> None:
        """Where nothing is saved there is not even a control sequence, whatever is said."""
        self.show.publisher.log("warning", "watch out")
        for _ in range(3):
            self.show.story.tick()
        self.show.story.resume()
        self.show.story.stop()
        self.assertEqual(self.show.stderr.text, "tnet: warning: watch out\n")

    def test_stopped(self) -> None:
        """Whatever ends the command, the terminal is left clean."""
        self._save()
        self.show.story.stop()
        self.assertEqual(self._screen(), [])

    def test_resumed(self) -> None:
        """Once the process goes on it draws below what the shell has written."""
        self._save()
        self.show.stderr.write("[1]+ Stopped\r\n")
        self.show.story.resume()
        self.show.story.tick()
        screen = self._screen()
        self.assertEqual(screen[1], "[1]+ Stopped")
        self.assertIn(" 40%", screen[2])

    def test_slow_terminal(self) -> None:
        """While the terminal has not read the last frame no other is drawn."""
        self._save()
        (view,) = (view for view in self.show.story.views if isinstance(view, Progress))
        before = self.show.stderr.text
        self.patch(type(self.show.story.outlets[0]), "is_behind", property(lambda outlet: True))
        view.tick()
        self.assertEqual(self.show.stderr.text, before)

    def test_pipe(self) -> None:
        """Case 47: in a pipe nothing is drawn, nor told."""
        show = Show("fetch")
        send(show.publisher, saving())
        send(show.publisher, ended())
        show.story.tick()
        self.assertEqual(show.stderr.text, "")

    def test_colors(self) -> None:
        """Case 47: colours come at a terminal, and not for NO_COLOR, unless they are asked for."""
        for environ, color, colored in (
            ({"TERM": "xterm"}, "auto", True),
            (XTERM, "auto", False),
            (XTERM, "always", True),
            (XTERM | {"FORCE_COLOR": "1"}, "auto", False),
        ):
            self.show = Show("fetch", is_tty=True, environ=environ, color=color)
            self._save()
            self.assertIs("\x1b[36m" in self.show.stderr.text, colored)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(any_event(), max_size=10))
    def test_anything(self, events: list[kinds.Event]) -> None:
        """Whatever happened, what a terminal shows of it is harmless."""
        show = Show("fetch", is_tty=True, environ=XTERM)
        for event in events:
            send(show.publisher, event, 1)
            show.story.tick()
        shown = "\n".join(screen_of(show.stderr.text))
        self.assertIsNone(HOSTILE.search(shown))


class HowFarTests(SynchronousTestCase):
    """`how_far`."""

    def test_unknown_length(self) -> None:
        """What nobody knows is not said."""
        stage, transfers = Stage(), Transfers()
        transfers.see(stage.record(saving(path="/a/b")))
        stage.now = 2.0
        transfers.see(stage.record(moved(2048)))
        self.assertEqual(how_far(transfers.moving[1], 2.0), "b · 2.0 KiB · 1.0 KiB/s")
