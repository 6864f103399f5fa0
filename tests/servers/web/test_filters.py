"""A filter that does nothing."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from tnet.servers.web.filters import Filter


class FilterTests(TestCase):
    """The default of each half."""

    def test_does_nothing(self) -> None:
        """It neither holds a request back nor touches its response."""
        request: Any = object()
        self.assertIsNone(Filter().before(request))
        Filter().after(request)
