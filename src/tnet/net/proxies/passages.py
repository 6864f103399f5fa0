"""How each kind of proxy is asked for the way."""

from __future__ import annotations

from tnet.plans.proxies import Proxy
from tnet.protocols.passage import Passage
from tnet.protocols.socks import Socks4a, Socks5
from tnet.protocols.tunnel import Tunnel


def passage_to(proxy: Proxy, host: str, port: int) -> Passage:
    """How `proxy` is asked for a connection to `host` (an ASCII name or an address) and `port`."""
    match proxy.scheme:
        case "http" | "https":
            return Tunnel(proxy, host, port)
        case "socks4a":
            return Socks4a(proxy, host, port)
        case "socks5" | "socks5h":
            return Socks5(proxy, host, port)
