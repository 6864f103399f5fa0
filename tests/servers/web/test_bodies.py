"""Tests for tnet.servers.web.bodies."""

from __future__ import annotations

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from tests.servers.web.carrying.test_channel import Sink
from tnet.servers.web.bodies import IBodyConsumer, IBodySink, Refusal
from tnet.servers.web.request import Collected
from tnet.servers.web.tree import Tree
from tnet.servers.web.writing.receiver import Receiver


class InterfaceTests(TestCase):
    """Who receives bodies."""

    def test_our_own_keep_the_interfaces(self) -> None:
        """What declares an interface has its methods, with its signatures."""
        for kind, interface in ((Collected, IBodySink), (Receiver, IBodySink), (Tree, IBodyConsumer)):
            self.assertTrue(verifyObject(interface, kind.__new__(kind)))
        self.assertTrue(verifyObject(IBodySink, Sink()) and verifyObject(IBodyConsumer, Sink()))


class RefusalTests(TestCase):
    """A resource's no."""

    def test_its_fields_are_its_own(self) -> None:
        """Changing the mapping that was given does not change the refusal."""
        given = {b"Allow": b"GET"}
        refusal = Refusal(405, fields=given)
        given.clear()
        self.assertEqual((refusal.status, refusal.reason, refusal.fields), (405, "", {b"Allow": b"GET"}))
