"""The way through several proxies: each leads to the next one, and the last to the target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tnet.net.proxies.passages import passage_to
from tnet.plans.proxies import Proxy
from tnet.protocols.passage import Passage


class Leg:
    """One proxy of the way, and the hosts that it may be asked for, all the same to us: the best one first.

    `passage` is how it was asked last.
    """

    passage: Passage

    def __init__(self, proxy: Proxy, hosts: Sequence[str], port: int) -> None:
        self.proxy = proxy
        self.called = f"proxy {proxy.address}"
        self._hosts = list(hosts)
        self._port = port

    def begin(self) -> Passage:
        """A new passage to the host that is the best one now."""
        self.passage = passage_to(self.proxy, self._hosts[0], self._port)
        return self.passage

    def refused(self) -> bool:
        """Leave out the host that was refused: whether asking for another one makes sense."""
        del self._hosts[0]
        return self.passage.elsewhere and bool(self._hosts)


def refusing(legs: Iterable[Leg]) -> Leg:
    """The first of `legs` whose way did not open."""
    return next(leg for leg in legs if not leg.passage.is_open)
