"""What every plan has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One validated request.

    `job` is the dotted path, `module:function`, of the coroutine function that carries it out:
    `async def job(plan, context) -> ExitStatus`.
    """

    job: ClassVar[str]
