r"""What a web server was asked, one line a request, in the formats that log readers know.

::

    common     HOST - USER [TIME] "METHOD URL HTTP/VERSION" STATUS BYTES
    combined   the same, and "REFERER" "USER-AGENT"
    json       the event `http.request`, as the event stream has it

The time is when the request was over, here. BYTES are those of the body, `-` for none; STATUS is 000 where no response
began. A character that could break out of its field is `\xhh`; what was escaped before stays as it is.

Source: Apache's mod_log_config for the formats; nginx's ngx_http_log_module for the escapes and for 000.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tnet.events import Record
from tnet.events.kinds import HttpExchanged
from tnet.view.jsonl import as_line
from tnet.view.story import StoryView

if TYPE_CHECKING:
    from tnet.plans.output import AccessLogFormat
    from tnet.view.outlet import Outlet

FLUSH_SECONDS = 0.5
FLUSH_CHARACTERS = 64 * 1024

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNSAFE = re.compile(r"[^ !#-~]|\\(?!x[0-9a-f]{2})")
_UNSAFE_NAME = re.compile(r"[^!#-Z\\^-~]|\\(?!x[0-9a-f]{2})")


class AccessLog(StoryView):
    """Writes a line for each exchange; a full buffer is written at once, any other within `FLUSH_SECONDS`."""

    only = (HttpExchanged,)
    tick_seconds = FLUSH_SECONDS

    def __init__(self, outlet: Outlet, form: AccessLogFormat) -> None:
        self._outlet = outlet
        clf = Clf()
        lines: dict[str, Callable[[Record], str]] = {"common": clf.common, "combined": clf.combined, "json": as_line}
        self._line = lines[form]
        self._lines: list[str] = []
        self._held = 0

    def __call__(self, record: Record) -> None:
        line = self._line(record)
        self._lines.append(line)
        self._held += len(line)
        if self._held >= FLUSH_CHARACTERS:
            self.tick()

    def tick(self) -> None:
        """Write what was kept back."""
        if self._lines:
            text = "".join(self._lines)
            self._lines.clear()
            self._held = 0
            self._outlet.write(text)

    def stop(self) -> None:
        """Write the rest."""
        self.tick()


class Clf:
    """Lines in the Common Log Format, and in the combined one."""

    def __init__(self) -> None:
        self._second = -1
        self._stamp = ""

    def common(self, record: Record) -> str:
        """The line of an exchange."""
        return self._common(record) + "\n"

    def combined(self, record: Record) -> str:
        """The line of an exchange, with where its client came from and what it calls itself."""
        event: HttpExchanged = record.event  # type: ignore[assignment]  # the only kind that is observed
        referer, agent = event.referer or "-", event.user_agent or "-"
        if not _is_plain(referer):
            referer = _UNSAFE.sub(_escaped, referer)
        if not _is_plain(agent):
            agent = _UNSAFE.sub(_escaped, agent)
        return f'{self._common(record)} "{referer}" "{agent}"\n'

    def _common(self, record: Record) -> str:
        event: HttpExchanged = record.event  # type: ignore[assignment]  # the only kind that is observed
        second = int(record.wall)
        if second != self._second:
            self._second, self._stamp = second, _clf_time(second)
        request = "-" if event.url == "-" else f"{event.method} {event.url} HTTP/{event.version}"
        if not _is_plain(request):
            request = _UNSAFE.sub(_escaped, request)
        user = _UNSAFE_NAME.sub(_escaped, event.user) if event.user else "-"
        host = event.peer_address or "-"
        return f'{host} - {user} [{self._stamp}] "{request}" {event.status:03d} {event.bytes_out or "-"}'


def _clf_time(second: int) -> str:
    """`10/Oct/2000:13:55:36 -0700`, in English whatever the locale."""
    here = time.localtime(second)
    month = _MONTHS[here.tm_mon - 1]
    return f"{here.tm_mday:02d}/{month}/{here.tm_year:04d}:{time.strftime('%H:%M:%S %z', here)}"


def _is_plain(text: str) -> bool:
    """Whether nothing in `text` needs an escape, which is nearly always so, and quickly found out."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match.group().encode("utf-8", "surrogatepass"))
