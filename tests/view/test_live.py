"""Tests for a server's dashboard, as a terminal shows it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import LISTENING, Show, Stage, Stream, closed, opened, screen_of, send, tty
from tnet.events import kinds
from tnet.view.interest import Interest
from tnet.view.live import LiveView
from tnet.view.outlet import StreamOutlet
from tnet.view.plain import Teller
from tnet.view.theme import Brush

STOPPED = kinds.Stopped(exit_status=130, reason="interrupted", seconds=12)


class Sluggish(StreamOutlet):
    """An outlet whose reader can be put to sleep."""

    asleep = False

    @property
    def is_behind(self) -> bool:
        return self.asleep


class LiveViewTests(SynchronousTestCase):
    """`LiveView`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.stream = Stream(is_tty=True)
        self.cost = 0.0
        self.clock = 0.0
        self.outlet = Sluggish(self.stream, "stderr")
        teller = Teller(Brush(), lambda record: "now")
        self.view = LiveView(self.outlet, tty(), teller, "serve echo", Interest(True, 0), clock=self._clock)
        self.view.publisher = self.stage.publisher
        self.stage.publisher.subscribe(self.view, self.view.only)
        self.view.start()

    def _clock(self) -> float:
        self.clock += self.cost
        return self.clock

    def _tick(self) -> int:
        """How much one tick, a quarter of a second later, wrote."""
        self.clock += 0.25
        before = len(self.stream.text)
        self.view.tick()
        return len(self.stream.text) - before

    def _screen(self) -> list[str]:
        return [line for line in screen_of(self.stream.text) if line]

    def test_dashboard(self) -> None:
        """The start card stays above; header, connections and events are drawn below it."""
        send(self.stage.publisher, LISTENING)
        send(self.stage.publisher, opened(), 1)
        self._tick()
        screen = self._screen()
        self.assertEqual(screen[0].split()[:4], ["●", "tnet", "serve", "echo"])
        self.assertEqual(screen[1].split()[0], "listening")
        self.assertTrue(screen[2].startswith("tnet serve echo   tcp://127.0.0.1:8000"))
        self.assertTrue(any(line.startswith("#1 ") for line in screen))
        self.assertEqual(screen[-1], "now    #1 ▸ open       127.0.0.1:40000")

    def test_nothing_before_it_listens(self) -> None:
        """Before there is a server there is no dashboard."""
        self.assertEqual(self._tick(), 0)

    def test_nothing_new(self) -> None:
        """Nothing is drawn while nothing changes; a second later the age has."""
        send(self.stage.publisher, LISTENING)
        self.assertGreater(self._tick(), 0)
        self.assertEqual(self._tick(), 0)
        self.stage.now = 1.0
        self.assertGreater(self._tick(), 0)

    def test_slow_terminal(self) -> None:
        """While the terminal has not read the last frame no other is drawn."""
        send(self.stage.publisher, LISTENING)
        self.outlet.asleep = True
        self.assertEqual(self._tick(), 0)
        self.outlet.asleep = False
        self.assertGreater(self._tick(), 0)

    def test_costly_frames(self) -> None:
        """Drawing gets a twentieth of the time: after a frame of 0.1 s there is none for 1.9 s."""
        send(self.stage.publisher, LISTENING)
        self.cost = 0.1
        self._tick()
        self.cost = 0.0
        drawn = []
        for _ in range(9):
            send(self.stage.publisher, opened(), 1)
            drawn.append(self._tick() > 0)
        self.assertEqual(drawn, [False] * 7 + [True, True])

    def test_complaints_stay(self) -> None:
        """A warning scrolls past above the dashboard, so that it is there when the dashboard is gone."""
        send(self.stage.publisher, LISTENING)
        self._tick()
        self.stage.publisher.log("warning", "watch out")
        self._tick()
        send(self.stage.publisher, STOPPED)
        self.assertTrue(any(line.endswith("tnet: warning: watch out") for line in self._screen()))

    def test_end(self) -> None:
        """At the end the dashboard is gone, and a card says what there was."""
        send(self.stage.publisher, LISTENING)
        send(self.stage.publisher, opened(), 1)
        self._tick()
        send(self.stage.publisher, closed(), 1)
        send(self.stage.publisher, STOPPED)
        self.view.stop()
        self.assertEqual(self._tick(), 0)
        screen = self._screen()
        self.assertEqual(screen[2], "● stopped tnet serve echo  interrupted after 12 s · exit status 130")
        self.assertEqual([line.split()[0] for line in screen[3:]], ["connections", "bytes"])

    def test_resumed(self) -> None:
        """After a suspension the dashboard is drawn at once, below what the shell wrote."""
        send(self.stage.publisher, LISTENING)
        self._tick()
        self.stream.write("$ fg\n")
        self.view.resume()
        self.assertGreater(self._tick(), 0)
        screen = self._screen()
        self.assertGreater(len(screen) - screen.index("$ fg"), 2)

    def test_stop_without_an_event(self) -> None:
        """Stopping takes the dashboard away, whatever happened before."""
        send(self.stage.publisher, LISTENING)
        self._tick()
        self.view.stop()
        self.assertEqual(len(self._screen()), 2)

    def test_account_and_notes(self) -> None:
        """The one-time account and the notes stand on the card, above."""
        self.view.account("tnet", "s3cret")
        send(self.stage.publisher, LISTENING)
        self.view.note("be nice")
        self._tick()
        self.assertEqual([line.split()[0] for line in self._screen()[1:4]], ["account", "listening", "note"])

    def test_chosen(self) -> None:
        """A server at a terminal is shown live; with -q, in a pipe or at a dumb terminal it is not."""
        for live, show in (
            (True, Show("serve echo", is_tty=True)),
            (False, Show("serve echo", is_tty=True, verbosity=-1)),
            (False, Show("serve echo", mode="live")),
            (False, Show("serve echo", is_tty=True, environ={"TERM": "dumb"})),
            (False, Show("serve echo", is_tty=True, mode="plain")),
            (False, Show("connect", is_tty=True)),
        ):
            self.assertIs(isinstance(show.story.views[0], LiveView), live)
