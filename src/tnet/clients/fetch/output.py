"""What takes a body in order: the rule that every place for one keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Self

from tnet.errors import TnetError


class Output(ABC):
    """Takes a body in order, inside an `async with`; what is incomplete when that fails goes away, where it can.

    Each method raises CannotWrite, or OutputClosed when whoever read it has left.
    """

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Write all of `data`; the next piece has to wait until this one is gone."""

    @abstractmethod
    async def finish(self) -> None:
        """Everything was written."""

    @abstractmethod
    async def discard(self) -> None:
        """Give up."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        try:
            if kind is None:
                await self.finish()
        finally:
            with suppress(TnetError):
                await self.discard()
