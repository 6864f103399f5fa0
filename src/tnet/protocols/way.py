"""What has to be said on a connection before it is the target's: one connection can carry any such way."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tnet.errors import TnetError


class Way(ABC):
    """A dialogue before the real one: say what `begin` and `received` give, until `is_open`.

    `surplus` is what came behind the other side's last word, and belongs to whoever comes next. While `is_refused`,
    only the other side's reasons are still awaited.
    """

    def __init__(self) -> None:
        self.is_open = False
        self.is_refused = False
        self.surplus = b""

    @abstractmethod
    def begin(self) -> bytes:
        """The first words; nothing where the other side speaks first.

        Raises: what `refusal` makes.
        """

    @abstractmethod
    def received(self, data: bytes) -> bytes:
        """What to answer to `data`; nothing once the way is open.

        Raises: what `refusal` makes.
        """

    def closed(self) -> TnetError:
        """Why the way cannot open any more, when the connection has ended, or is to end now."""
        return self.refusal("it closed the connection before the way was open")

    @abstractmethod
    def refusal(self, reason: str, advice: str = "") -> TnetError:
        """The error for what the other side did."""
