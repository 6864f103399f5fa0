"""The same server as an IService, for twistd, twist and `.tac` files."""

from __future__ import annotations

from typing import Any

from twisted.application.service import Application, IService, Service
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from tnet.errors import TnetError
from tnet.events import Publisher
from tnet.plans.serve import ServePlan
from tnet.runtime.serving import Serving
from tnet.runtime.story import Story
from tnet.runtime.world import make_context


class ServeService(Service):
    """Serves a plan while it runs; stopping drains, as a signal to `tnet serve` does.

    A plan that cannot be served (a busy port, no accounts) stops the reactor, with one line that says why: in the
    story, and in twistd's log, since a daemon's stderr is nowhere.
    """

    _log = Logger()

    def __init__(self, plan: ServePlan, story: Story, reactor: Any = None) -> None:
        self._plan = plan
        self._story = story
        self._reactor = reactor
        self._publisher = Publisher()
        self._serving: Serving | None = None

    def startService(self) -> None:
        """Begin to listen; failures are reported, since nobody waits for the result."""
        super().startService()
        reactor = self._reactor or _global_reactor()
        self._story.attach(self._publisher)
        self._story.start()
        context = make_context(reactor, self._publisher, self._story, lambda callback: None)
        self._serving = Serving(self._plan, context)
        Deferred.fromCoroutine(self._serving.start()).addErrback(self._failed, reactor)

    def stopService(self) -> Deferred[None]:
        """Drain.

        Fires with: None, when the last connection is over.
        """
        super().stopService()
        serving, self._serving = self._serving, None
        drained = Deferred.fromCoroutine(serving.drain("asked to stop")) if serving else succeed(None)
        return drained.addBoth(self._ended)

    def _failed(self, failure: Failure, reactor: Any) -> None:
        error = failure.value
        self._serving = None
        hint = error.hint if isinstance(error, TnetError) else ""
        why = str(error) or type(error).__name__
        self._publisher.log("error", why, hint)
        self._log.error("tnet cannot serve: {why}", why=why)
        reactor.callWhenRunning(reactor.stop)

    def _ended(self, outcome: Any) -> Any:
        self._story.stop()
        return outcome


def make_service(plan: ServePlan, story: Story) -> IService:
    """The service of a plan."""
    return ServeService(plan, story)


def make_application(service: IService) -> Any:
    """An application, as twistd wants to find it in a `.tac` file, with one service."""
    application = Application("tnet")
    service.setServiceParent(application)
    return application


def _global_reactor() -> Any:
    from twisted.internet import reactor

    return reactor
