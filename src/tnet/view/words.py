"""Events in words: what each kind says on one line. Peer text passes through unescaped; the brush escapes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch

from tnet.events import kinds
from tnet.view.agents import agent
from tnet.view.measures import address, duration, plural, size
from tnet.view.theme import Mark, Tone


@dataclass(frozen=True, slots=True)
class Said:
    """One event in words: a mark, a short word that names it, and the rest; `more` are further lines, if any."""

    word: str
    text: str
    mark: Mark = Mark.OTHER
    tone: Tone = Tone.PLAIN
    more: tuple[str, ...] = ()


WORD_CELLS = 10

_CLASS = re.compile("_?[A-Z][A-Za-z0-9]*")
_HUMPS = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GOOD = (Mark.GOOD, Tone.GOOD)
_BAD = (Mark.BAD, Tone.BAD)
_LEVELS = {
    "error": _BAD,
    "warning": (Mark.WARNING, Tone.WARNING),
    "notice": _GOOD,
    "info": (Mark.OTHER, Tone.PLAIN),
    "debug": (Mark.OTHER, Tone.QUIET),
}


def joined(*parts: str) -> str:
    """The parts that are not empty, with a dot between them."""
    return " · ".join(filter(None, parts))


def reason(outcome: str, error: str | None) -> str:
    """Why something did not end well: the words of a name such as `BodyCutShort`, else what was said."""
    if outcome == "ok":
        return ""
    if error is None or outcome == "cancelled":
        return outcome
    return _HUMPS.sub(" ", error).lower() if _CLASS.fullmatch(error) else error


@singledispatch
def say(event: kinds.Event) -> Said:
    """What an event says."""
    raise TypeError(f"nobody taught the view to say {event.name}")


@say.register
def _(event: kinds.Listening) -> Said:
    return Said("listening", event.endpoint, Mark.LISTEN, Tone.GOOD)


@say.register
def _(event: kinds.ConnectionOpened) -> Said:
    to = "to " if event.role == "client" else ""
    return Said("open", to + address(event.peer_address, event.peer_port), Mark.OPEN, Tone.NAME)


@say.register
def _(event: kinds.TlsHandshaken) -> Said:
    certificate = f"certificate of {event.subject}" if event.subject else ""
    if event.outcome != "ok":
        why = event.error or event.outcome
        text = joined(f"handshake failed: {why}", certificate, duration(event.seconds))
        return Said("tls", text, *_BAD, more=_chain(event.chain))
    alpn = f"ALPN {event.tls_alpn}" if event.tls_alpn else ""
    sni = f"SNI {event.sni}" if event.sni else ""
    how = (event.tls_version or "", event.tls_cipher or "", event.group or "", alpn, sni, certificate)
    return Said("tls", joined(*how, duration(event.seconds)), *_GOOD, more=_chain(event.chain))


@say.register
def _(event: kinds.HalfClosed) -> Said:
    who = "we send" if event.by == "us" else "the peer sends"
    return Said("half-close", joined(f"{who} no more", _traffic(event.bytes_in, event.bytes_out)))


@say.register
def _(event: kinds.Paused) -> Said:
    return Said("paused", joined("the peer reads slowly", _traffic(event.bytes_in, event.bytes_out)))


@say.register
def _(event: kinds.Resumed) -> Said:
    return Said("resumed", f"after {duration(event.seconds)}")


@say.register
def _(event: kinds.ConnectionRefused) -> Said:
    peer = address(event.peer_address, event.peer_port)
    return Said("refused", f"{peer}: {event.reason}", Mark.BAD, Tone.WARNING)


@say.register
def _(event: kinds.ConnectionClosed) -> Said:
    text = joined(event.reason, _traffic(event.bytes_in, event.bytes_out), duration(event.seconds))
    return Said("close", text, Mark.CLOSE, Tone.NAME if event.clean else Tone.WARNING)


@say.register
def _(event: kinds.DataMoved) -> Said:
    first, *more = _passed(event)
    if event.by == "us":
        return Said("sent", first, Mark.SENT, more=_lines(">", more))
    return Said("received", first, Mark.RECEIVED, more=_lines("<", more))


@say.register
def _(event: kinds.StepEnded) -> Said:
    good = event.outcome == "ok"
    text = joined(
        f"{event.number} {event.label or event.action}", "" if good else event.outcome, duration(event.seconds)
    )
    return Said("step", text, *(_GOOD if good else _BAD))


@say.register
def _(event: kinds.ProbeAnswered) -> Said:
    text = joined(
        f"{address(event.peer_address, event.peer_port)} {event.state}", event.error or "", duration(event.seconds)
    )
    return Said("probe", text, *(_GOOD if event.state == "open" else (Mark.BAD, Tone.QUIET)))


@say.register
def _(event: kinds.FaultInjected) -> Said:
    return Said("fault", joined(event.fault, event.detail), Mark.WARNING, Tone.WARNING)


@say.register
def _(event: kinds.StateEntered) -> Said:
    return Said("state", f"{event.machine}: {event.state}")


@say.register
def _(event: kinds.SpanStarted) -> Said:
    return Said("begin", event.span, tone=Tone.QUIET)


@say.register
def _(event: kinds.SpanEnded) -> Said:
    ended = reason(event.outcome, event.error)
    return Said("span", joined(event.span, ended, duration(event.seconds)), *(_BAD if ended else (Mark.OTHER,)))


@say.register
def _(event: kinds.AuthAttempted) -> Said:
    """What the peer chose comes last: fail2ban reads this line, and nothing in a name may pass for an address."""
    source = f" from {event.peer_address}" if event.peer_address else ""
    text = f"{event.result}{source} by {event.means} as {event.user or '(no name)'}"
    return Said("login", text, *(_GOOD if event.result == "accepted" else _BAD))


@say.register
def _(event: kinds.HttpExchanged) -> Said:
    """The word is status and method; that a response with a good status broke off must not be overlooked.

    What went over to another protocol (101) always ends with its connection.
    """
    word, asked = _asked(event)
    cut = 200 <= event.status < 400 and event.reason
    text = joined(
        asked,
        f"cut off: {event.reason}" if cut else event.reason or "",
        f"{size(event.bytes_in)} in" if event.bytes_in else "",
        size(event.bytes_out) if event.bytes_out else "",
        duration(event.seconds),
        event.user or "",
        event.peer_address or "",
        agent(event.user_agent),
    )
    if cut:
        return Said(word, text, Mark.WARNING, Tone.WARNING)
    tone = tone_of_status(event.status)
    return Said(word, text, Mark.GOOD if tone is Tone.GOOD else Mark.BAD, tone)


def _asked(event: kinds.HttpExchanged) -> tuple[str, str]:
    """A word for an exchange, and what was asked for; a method too long for the column is a part of that."""
    status = str(event.status or "---")
    if event.method == event.url == "-":
        return status, "no request"
    word = f"{status} {event.method}"
    return (word, event.url) if len(word) <= WORD_CELLS else (status, f"{event.method} {event.url}")


def tone_of_status(status: int) -> Tone:
    """Good below 400, a warning below 500, bad above; 0, which is no response, is a warning."""
    return Tone.GOOD if 0 < status < 400 else Tone.WARNING if status < 500 else Tone.BAD


@say.register
def _(event: kinds.RequestBegan) -> Said:
    cause = "" if event.cause == "first" else event.cause
    return Said("request", joined(f"{event.method} {event.url}", cause), Mark.OPEN, Tone.NAME)


@say.register
def _(event: kinds.HeadSent) -> Said:
    return Said(
        "sent", f"{event.method} {event.target} HTTP/{event.version}", Mark.OPEN, more=_lines(">", event.fields)
    )


@say.register
def _(event: kinds.HeadReceived) -> Said:
    text = f"HTTP/{event.version} {event.status} {event.reason}".rstrip()
    tone = Tone.QUIET if event.interim else tone_of_status(event.status)
    return Said("interim" if event.interim else "answer", text, Mark.CLOSE, tone, _lines("<", event.fields))


@say.register
def _(event: kinds.TrailersReceived) -> Said:
    return Said("trailers", plural(len(event.fields), "field"), Mark.CLOSE, more=_lines("<", event.fields))


@say.register
def _(event: kinds.RetryPlanned) -> Said:
    text = joined(event.error, f"attempt {event.attempt} follows in {duration(event.seconds)}")
    return Said("retry", text, Mark.WARNING, Tone.WARNING)


@say.register
def _(event: kinds.TransferStarted) -> Said:
    total = size(event.total_bytes) if event.total_bytes is not None else ""
    there = f"{size(event.offset_bytes)} are there" if event.offset_bytes else ""
    segments = plural(event.segments, "segment") if event.segments > 1 else ""
    return Said("save", joined(f"{event.url} → {event.path}", total, there, segments))


@say.register
def _(event: kinds.TransferProgressed) -> Said:
    of = f" of {size(event.total_bytes)}" if event.total_bytes is not None else ""
    return Said("progress", size(event.done_bytes) + of, tone=Tone.QUIET)


@say.register
def _(event: kinds.TransferEnded) -> Said:
    failed = event.outcome not in ("ok", "unchanged")
    why = reason(event.outcome, event.error)
    text = joined(event.path, why, size(event.done_bytes), duration(event.seconds), event.checksum or "")
    return Said("failed" if failed else "saved", text, *(_BAD if failed else _GOOD))


@say.register
def _(event: kinds.SshChannelChanged) -> Said:
    return Said("ssh", joined(f"{event.channel} {event.action}", event.detail))


@say.register
def _(event: kinds.DnsAnswered) -> Said:
    if event.error:
        return Said("dns", joined(f"{event.host}: {event.error}", duration(event.seconds)), *_BAD)
    return Said("dns", joined(f"{event.host} → {', '.join(event.addresses)}", duration(event.seconds)), *_GOOD)


@say.register
def _(event: kinds.DialAttempted) -> Said:
    ended = "" if event.outcome == "ok" else event.error or event.outcome
    text = joined(address(event.peer_address, event.peer_port), ended, duration(event.seconds))
    return Said("dial", text, *({"ok": _GOOD, "failed": _BAD}.get(event.outcome, (Mark.OTHER, Tone.QUIET))))


@say.register
def _(event: kinds.ReactorLagged) -> Said:
    return Said("lag", f"the reactor came {duration(event.seconds)} late", Mark.WARNING, Tone.WARNING)


@say.register
def _(event: kinds.Draining) -> Said:
    if not event.connections:
        return Said("draining", joined(event.reason, "no connection is open"), Mark.OTHER, Tone.WARNING)
    left = f"{plural(event.connections, 'connection')}, {event.seconds:g} s at most"
    return Said("draining", joined(event.reason, left, "once more to stop now"), Mark.OTHER, Tone.WARNING)


@say.register
def _(event: kinds.Stopped) -> Said:
    good = event.exit_status in (0, 130, 141, 143)
    status = "" if event.exit_status == 0 else f"exit status {event.exit_status}"
    text = joined(f"{event.reason} after {duration(event.seconds)}", status)
    return Said("stopped", text, Mark.OTHER if good else Mark.BAD, Tone.STRONG if good else Tone.BAD)


@say.register
def _(event: kinds.Logged) -> Said:
    mark, tone = _LEVELS.get(event.level, _LEVELS["info"])
    if event.level != "debug":
        return Said(event.level, event.text, mark, tone)
    first, *more = event.text.splitlines() or [""]
    return Said(event.level, first, mark, tone, tuple(more))


def _chain(certificates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{number} {text}" for number, text in enumerate(certificates))


def _lines(arrow: str, fields: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{arrow} {field}".rstrip() for field in fields)


def _passed(event: kinds.DataMoved) -> list[str]:
    """The lines of a chunk, of which the last may have no end; its size where the text is not all of it."""
    *lines, rest = event.text.replace(r"\x0d\x0a", r"\x0a").split(r"\x0a")
    if rest.endswith("…"):
        rest = f"{rest} {size(event.bytes)}"
    if rest:
        lines.append(rest)
    return lines if any(lines) else [size(event.bytes)]


def _traffic(bytes_in: int, bytes_out: int) -> str:
    return f"{size(bytes_in)} in, {size(bytes_out)} out"
