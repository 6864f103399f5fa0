"""The same server as a Twisted service."""

from __future__ import annotations

from typing import Any

from twisted.application.service import IService, IServiceCollection
from twisted.internet.error import CannotListenError
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.runtime.test_launch import Core, Told
from tests.runtime.test_serving import TOOL, DiscardPlan
from tnet.events.kinds import Listening, Logged
from tnet.plans import TcpAddress
from tnet.runtime.service import ServeService, make_application, make_service

PLAN = DiscardPlan(listen=(TcpAddress("127.0.0.1", 7),))


class ServeServiceTests(SynchronousTestCase):
    """Start and stop, as twistd would."""

    def setUp(self) -> None:
        TOOL.__init__()  # type: ignore[misc]  # each test begins anew
        self.core, self.story = Core(), Told()
        self.service = ServeService(PLAN, self.story, self.core)

    def test_start_listens(self) -> None:
        """A started service listens, and its story has begun."""
        self.service.startService()
        self.assertEqual(len(self.story.recorder.of(Listening)), 1)
        self.assertEqual(self.story.calls[0], "start")
        self.service.stopService()

    def test_stop_drains(self) -> None:
        """A stopped service drains as a signal would have it, and ends its story."""
        self.service.startService()
        self.successResultOf(self.service.stopService())
        self.assertEqual(TOOL.calls, ["goodbye", "close"])
        self.assertEqual(self.story.calls[-1], "stop")

    def test_a_server_that_cannot_start_stops_the_reactor(self) -> None:
        """A busy port is one error line, in twistd's log, too; and the process ends instead of serving nothing."""

        def refuse(*_: Any, **__: Any) -> Any:
            raise CannotListenError("127.0.0.1", 7, OSError(98, "in use"))

        self.patch(self.core, "listenTCP", refuse)
        self.core.running = True
        twistd: list[LogEvent] = []
        globalLogPublisher.addObserver(twistd.append)
        self.addCleanup(globalLogPublisher.removeObserver, twistd.append)
        self.service.startService()
        self.assertTrue(self.core.hasStopped)
        self.assertIn("cannot listen on", self.story.recorder.of(Logged)[0].text)
        self.assertIn("cannot listen on", formatEvent(twistd[0]))
        self.successResultOf(self.service.stopService())

    def test_application(self) -> None:
        """An application holds the one service."""
        service = make_service(PLAN, self.story)
        application = make_application(service)
        self.assertEqual(list(IServiceCollection(application)), [service])
        self.assertTrue(IService.providedBy(service))
