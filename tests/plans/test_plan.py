"""Tests for what every plan has."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, is_dataclass
from importlib.util import find_spec

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans import Plan
from tnet.plans.connect import ConnectPlan
from tnet.plans.fetch import FetchPlan
from tnet.plans.serve import AuthPlan, EchoPlan, SshPlan
from tnet.plans.users import UsersPlan
from tnet.plans.web import WebPlan

SERVERS = (EchoPlan, AuthPlan, WebPlan, SshPlan)
PLANS: tuple[type[Plan], ...] = (*SERVERS, ConnectPlan, FetchPlan, UsersPlan)


class PlanTests(SynchronousTestCase):
    """Every plan."""

    def test_paths(self) -> None:
        """A job or an offer is a dotted path to a module that exists, and a name in it."""
        paths = {plan.job for plan in PLANS} | {plan.offer for plan in SERVERS}
        for path in paths:
            module, colon, name = path.partition(":")
            self.assertTrue(colon and name.isidentifier(), path)
            self.assertIsNotNone(find_spec(module), path)

    def test_frozen(self) -> None:
        """A plan does not change once it is made."""
        plan = FetchPlan(method="GET", urls=("http://h/",))
        self.assertRaises(FrozenInstanceError, setattr, plan, "urls", ("http://other/",))
        self.assertTrue(all(is_dataclass(plan) for plan in PLANS))

    def test_equality(self) -> None:
        """Equal requests are equal plans."""
        one, same, other = (FetchPlan(method=method, urls=("http://h/",)) for method in ("GET", "GET", "PUT"))
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)
