"""What every event is.

Each kind is a frozen dataclass that takes keywords alone. There are dozens of kinds, of which one command sees a few,
and what dataclasses compile for a class takes half a millisecond: so all of that is written once, here, and a kind
costs a tenth of it before anything can happen.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, fields
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Event:
    """Something seen; a kind of it declares its `name` and its fields."""

    name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    _known: ClassVar[frozenset[str]]
    _needed: ClassVar[frozenset[str]]

    def __init_subclass__(cls) -> None:
        dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
        cls._known = frozenset(field.name for field in fields(cls))
        cls._needed = frozenset(field.name for field in fields(cls) if field.default is MISSING)

    def __init__(self, **given: Any) -> None:
        if not self._needed <= given.keys() <= self._known:
            kind = type(self).__name__
            raise TypeError(f"{kind} takes {sorted(self._known)}, needs {sorted(self._needed)}, got {sorted(given)}")
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values().values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._values().items())})"

    def _values(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}
