"""Tests for tnet.servers.web.carrying.carrier: that what carries exchanges has all that they ask for."""

from __future__ import annotations

from twisted.trial.unittest import TestCase
from twisted.web.static import Data

from tests.servers.web.wire import Wire
from tnet.servers.web.carrying.carrier import Carrier


class CarrierTests(TestCase):
    """The interface between the two."""

    def test_a_connection_is_one(self) -> None:
        """A channel of HTTP/1.1 has every name of a carrier."""
        channel = Wire(Data(b"", "text/plain")).channel
        names = [name for name in (*Carrier.__annotations__, *vars(Carrier)) if not name.startswith("_")]
        self.assertGreater(len(names), 12)
        self.assertEqual([name for name in names if not hasattr(channel, name)], [])
