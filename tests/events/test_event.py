"""What every event has from its base."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, asdict, fields, is_dataclass, replace
from typing import Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from tnet.events.event import Event


class Boiled(Event):
    """Some water boils."""

    name: ClassVar[str] = "water.boiled"
    litres: float
    pot: str | None = None
    names: tuple[str, ...] = ()


class Frozen(Event):
    """Some water does not."""

    name: ClassVar[str] = "water.frozen"
    litres: float
    pot: str | None = None
    names: tuple[str, ...] = ()


class EventTests(SynchronousTestCase):
    """A kind of event, as a frozen dataclass."""

    def test_fields(self) -> None:
        """What it was given it has, and the defaults of the rest; the kind's name is no field."""
        event = Boiled(litres=1.5, names=("tea",))
        self.assertEqual((event.litres, event.pot, event.names, event.name), (1.5, None, ("tea",), "water.boiled"))
        self.assertEqual([field.name for field in fields(event)], ["litres", "pot", "names"])
        self.assertEqual(asdict(event), {"litres": 1.5, "pot": None, "names": ("tea",)})
        self.assertTrue(is_dataclass(Boiled))

    def test_wants_its_fields(self) -> None:
        """What has no default is needed, and nothing is taken that is no field, nor without its name."""
        wrong: tuple[dict[str, Any], ...] = ({}, {"pot": "p"}, {"litres": 1.0, "cups": 4}, {"litres": 1.0, "name": "n"})
        for given in wrong:
            self.assertIn("Boiled", str(self.assertRaises(TypeError, Boiled, **given)))
        self.assertRaises(TypeError, Boiled, 1.0)

    def test_equal_by_value(self) -> None:
        """Events are equal when their kind and every field are, whether that was given or is the default."""
        self.assertEqual(Boiled(litres=1.0), Boiled(litres=1.0, pot=None))
        self.assertEqual(len({Boiled(litres=1.0), Boiled(litres=1.0, names=())}), 1)
        for other in (Boiled(litres=2.0), Boiled(litres=1.0, pot="p"), Frozen(litres=1.0), None):
            self.assertNotEqual(Boiled(litres=1.0), other)

    def test_cannot_be_changed(self) -> None:
        """No field can be set or deleted, and none added; another event can be made from it."""
        event = Boiled(litres=1.0)
        for name in ("litres", "cups"):
            self.assertRaises(FrozenInstanceError, setattr, event, name, 2.0)
            self.assertRaises(FrozenInstanceError, delattr, event, name)
        self.assertEqual((replace(event, pot="p"), event), (Boiled(litres=1.0, pot="p"), Boiled(litres=1.0)))

    def test_shows_its_fields(self) -> None:
        """Its repr is how it would be made."""
        event = Boiled(litres=1.0, names=("tea",))
        self.assertEqual(repr(event), "Boiled(litres=1.0, pot=None, names=('tea',))")
        self.assertEqual(eval(repr(event)), event)
