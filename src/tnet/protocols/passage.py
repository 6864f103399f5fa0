"""What every way through a proxy has in common, so that one connection can carry any of them."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tnet.errors import ProxyRefused
from tnet.plans.proxies import Proxy


class Passage(ABC):
    """Asks a proxy to connect us: say what `begin` and `received` give, until `is_open`.

    `surplus` is what came behind the proxy's last word: the first bytes of the target. While `is_refused`, only the
    proxy's reasons are still awaited. `elsewhere` after a refusal: another address of the target may be worth a try.
    """

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.is_open = False
        self.is_refused = False
        self.elsewhere = False
        self.surplus = b""

    @abstractmethod
    def begin(self) -> bytes:
        """The first words to the proxy."""

    @abstractmethod
    def received(self, data: bytes) -> bytes:
        """What to answer to `data`; nothing once the way is open.

        Raises: ProxyRefused.
        """

    def closed(self) -> ProxyRefused:
        """Why the way cannot open any more, when the connection to the proxy has ended, or is to end now."""
        return self.refusal("it closed the connection before the way was open")

    def refusal(self, reason: str, advice: str = "") -> ProxyRefused:
        """The error for what this proxy did."""
        return ProxyRefused(str(self.proxy), reason, advice)
