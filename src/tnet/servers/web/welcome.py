"""What the person who starts a web server is told: where it is, in a form to copy or to scan, and what to beware of."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from io import StringIO

from tnet.events import Publisher
from tnet.net.context import Context
from tnet.net.outward import outward_addresses
from tnet.plans import ListenAddress, TcpAddress
from tnet.plans.web import WebPlan

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def warnings(plan: WebPlan) -> tuple[str, ...]:
    """What may not be meant."""
    found = []
    if plan.inspect and plan.tells_apart:
        found.append("the inspector's page is for nobody: say for whom, as in --acl '/_tnet=NAME:all'")
    if not plan.exposed:
        return tuple(found)
    if plan.upload and not plan.asks_who and not plan.acl:
        what = "change what is" if plan.modify else "write new files"
        found.append(f"uploads are on: whoever can reach this server can {what} below its root")
    if plan.inspect and not plan.asks_who:
        found.append("the inspector's page is for this machine alone; with --users, for whoever logs in as well")
    return tuple(found)


def welcome(plan: WebPlan, bound: Sequence[ListenAddress], context: Context) -> tuple[str, ...]:
    """Where it is reached, once that is known; opens a browser where one was asked for."""
    urls = [_here(address) for address in bound if isinstance(address, TcpAddress)]
    if not urls:
        return ()
    best = _best(bound) if plan.exposed else urls[0]
    lines = [f"from other machines: {url}" for url in _outside(bound)]
    if plan.inspect:
        lines.append(f"every exchange, live: {urls[0]}_tnet/")
    lines += [f"everything sent to {urls[0].rstrip('/')}{each.path} is kept" for each in plan.bins if plan.inspect]
    if plan.qr:
        lines.append(f"{best}\n{qr(best)}")
        if not plan.exposed:
            lines.append("that is for this machine alone: --public lets others in")
    if plan.open_browser:
        context.workers.run(_open, urls[0]).addErrback(lambda _: False).addCallback(_tell_opened, context.publisher)
    return tuple(lines)


def qr(text: str) -> str:
    """A picture of `text` for a terminal, in half blocks."""
    import segno

    picture = StringIO()
    segno.make(text, error="l", micro=False).terminal(picture, compact=True, border=2)
    return picture.getvalue().rstrip("\n")


def _here(address: TcpAddress) -> str:
    """How this machine reaches a listener."""
    return _url(_EVERYWHERE.get(address.host, address.host), address)


def _outside(bound: Sequence[ListenAddress]) -> list[str]:
    """How other machines reach those listeners that are everywhere."""
    outward = sorted(outward_addresses(), key=lambda host: (":" in host, host))
    return [
        _url(host, address)
        for address in bound
        if isinstance(address, TcpAddress) and address.host in _EVERYWHERE
        for host in outward
        if (":" in host) == (":" in address.host)
    ]


def _best(bound: Sequence[ListenAddress]) -> str:
    """The URL for somebody with a telephone."""
    tcp = [address for address in bound if isinstance(address, TcpAddress)]
    named = [_here(each) for each in tcp if each.host not in _EVERYWHERE and not each.is_loopback]
    return (_outside(bound) + named + [_here(tcp[0])])[0]


def _url(host: str, address: TcpAddress) -> str:
    scheme, usual = ("https", 443) if address.tls else ("http", 80)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}{'' if address.port == usual else f':{address.port}'}/"


def _open(url: str) -> bool:
    """In a worker: show `url` in a browser, if there is one."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _tell_opened(opened: bool, publisher: Publisher) -> None:
    if not opened:
        publisher.log("warning", "no browser could be opened", "open the address yourself, or set BROWSER")
