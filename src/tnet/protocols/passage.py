"""What every way through a proxy has in common."""

from __future__ import annotations

from tnet.errors import ProxyRefused
from tnet.plans.proxies import Proxy
from tnet.protocols.way import Way


class Passage(Way):
    """Asks a proxy to connect us; what comes behind its last word are the first bytes of the target.

    `elsewhere` after a refusal: another address of the target may be worth a try.
    """

    def __init__(self, proxy: Proxy) -> None:
        super().__init__()
        self.proxy = proxy
        self.elsewhere = False

    def closed(self) -> ProxyRefused:
        """Why the way cannot open any more, when the connection to the proxy has ended, or is to end now."""
        return self.refusal("it closed the connection before the way was open")

    def refusal(self, reason: str, advice: str = "") -> ProxyRefused:
        """The error for what this proxy did."""
        return ProxyRefused(str(self.proxy), reason, advice)
