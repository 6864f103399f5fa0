"""What a site does to every request, whatever resource it is for: before the decision, and before the response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest


class Filter:
    """One concern of a site; the filters of a site run in their order."""

    def before(self, request: WebRequest) -> Deferred[None] | None:
        """The head of `request` is complete: nothing of its body was asked for, and no resource was found yet.

        A Deferred holds the request, and its body, back until it fires.

        Raises: Refusal, as the Deferred may fail with it: that is the response.
        """
        return None

    def after(self, request: WebRequest) -> None:
        """The response is about to begin: its status is set, and its fields may still be changed."""
