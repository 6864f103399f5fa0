"""Names that this server may be called by, while it listens on this machine alone.

A page of any site can have its own name resolved to 127.0.0.1, and then asks us as its own origin: the browser shows it
every answer. The Host field tells that name, so it is judged. What changes something, a WebSocket, and tnet's own
pages below `/_tnet` are only for those who call us by an address, by `localhost` or by this machine's name.

Plain reading is not refused: a tunnel or a proxy in front, which calls us by its public name, could not be told apart.
Where people log in nothing is: a browser keeps a login for the name that it was given to, so the page has none.

Source: "Protecting Browsers from DNS Rebinding Attacks" (Jackson et al., 2007), section 5; RFC 6761 section 6.3.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tnet.escape import safe_line
from tnet.servers.web.access.rules import decoded_place
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.filters import Filter

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest

_READING = (b"GET", b"HEAD", b"OPTIONS")
_OURS = b"_tnet"


class Hosts(Filter):
    """Refuses strangers' names where they could do harm; not at the paths of `open_to_all`, for bins that a hook of
    some other site is meant to reach through a tunnel. `name` is this machine's.
    """

    def __init__(self, open_to_all: Iterable[str] = (), *, name: str | None = None) -> None:
        name = (socket.gethostname() if name is None else name).lower()
        self._names = {"localhost", name, name.partition(".")[0], name.partition(".")[0] + ".local"} - {"", ".local"}
        self._open = [decoded_place(path.encode("utf-8", "surrogateescape").split(b"/")) for path in open_to_all]

    def before(self, request: WebRequest) -> None:
        """Go on, unless a stranger's name is used for more than reading.

        Raises: Refusal, 421.
        """
        place = decoded_place(request.postpath)
        if request.method in _READING and place[:1] != (_OURS,) and not _is_conversation(request):
            return
        if place[1:2] in ((b"share",), (b"reload",), (b"reload.js",)) or any(
            place[: len(path)] == path for path in self._open
        ):
            return
        host = (request.getHeader(b"host") or b"").decode("latin-1").lower()
        if host and not self._knows(host):
            advice = "call it localhost, or let people log in (--users)"
            raise Refusal(
                421, f"this server is for this machine, and does not go by the name {safe_line(host)}: {advice}"
            )

    def _knows(self, host: str) -> bool:
        """Whether a Host field names us, or an address: pages cannot be told that they are at one."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        name = name.removesuffix(".")
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]").partition("%")[0])
        except ValueError:
            return False
        return True


def _is_conversation(request: WebRequest) -> bool:
    """Whether a WebSocket is asked for, in which anything may follow."""
    return b"websocket" in (request.getHeader(b"upgrade") or b"").lower()
