"""The pages, for a browser without scripts too; and the table as lines of text. Whatever a peer said is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from tnet.escape import safe, safe_line
from tnet.servers.web.inspector.choice import SHOW, Choice
from tnet.servers.web.page.document import Look
from tnet.servers.web.page.words import human_size

LOOK = Look(("base.css", "inspector.css"), ("inspector.js",), talks=True)
PLAIN_LOOK = Look(("base.css", "inspector.css"))

_COLUMNS = (
    ("number", "#"),
    ("time", "Time (UTC)"),
    ("method", "Method"),
    ("target", "Path"),
    ("status", "Status"),
    ("in", "In"),
    ("out", "Out"),
    ("took", "Took"),
    ("peer", "From"),
)

Rows = Iterable[dict[str, Any]]


def overview(rows: Rows, choice: Choice) -> bytes:
    """The live page."""
    head = "".join(f'<th scope="col" class="{kind}">{words}</th>' for kind, words in _COLUMNS)
    body = (
        f'<header class="bar"><h1>Requests</h1><span id="live" role="status"></span>{_tools(choice)}</header>'
        f'<main id="split"><div id="list"><table id="table"><caption class="unseen">What was asked of this server, the '
        f"newest first</caption><thead><tr>{head}</tr></thead>"
        f'<tbody id="rows">{"".join(map(_row, rows))}</tbody></table>'
        '<p id="empty" class="empty">Nothing yet. Ask this server for something, and it appears here.</p></div>'
        '<section id="detail" aria-label="One exchange" hidden></section></main>'
    )
    return LOOK.document("Requests · tnet", body).encode("utf-8", "replace")


def detail(found: dict[str, Any]) -> bytes:
    """One exchange, on a page of its own."""
    number = found["number"]
    title = f"{found['method']} {found['target']}"
    body = (
        f'<header class="bar"><h1>{_text(title)}</h1></header><main class="one"><p><a href="../">All requests</a> · '
        f'<a href="../har?number={number}">HAR</a></p>{_facts(found)}{_timing(found["phases"])}'
        f"{_side(found, 'request')}{_side(found, 'response')}{_commands(found)}</main>"
    )
    return PLAIN_LOOK.document(f"{safe_line(title)} · tnet", body).encode("utf-8", "replace")


def lines(rows: Rows) -> bytes:
    """The table for a terminal."""
    found = [
        f"{row['number']:>5}  {row['time'][11:23]}  {row['status'] or '-':>3}  {_took(row['ms']):>8}  "
        f"{human_size(row['bytes_out']):>9}  {row['method']:<7} {row['target']}"
        + (f"  ({row['outcome']})" if row["outcome"] else "")
        for row in rows
    ]
    return ("".join(safe_line(line) + "\n" for line in found) or "nothing yet\n").encode("utf-8", "replace")


def _tools(choice: Choice) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value == choice.show else ""}>{words}</option>'
        for value, words in SHOW.items()
    )
    return (
        '<form id="filter" role="search"><input type="search" id="q" name="q" '
        f'value="{html.escape(choice.text)}" placeholder="Filter: post 4xx /api" aria-label="Filter" '
        f'autocomplete="off"><select id="show" name="show" aria-label="Show">{options}</select>'
        '<button class="plain">Filter</button></form>'
        '<div class="actions"><button type="button" id="pause" aria-pressed="false" hidden>Pause</button>'
        '<a class="button" id="har" href="har" download>HAR</a>'
        '<form method="post" action="clear" id="clear"><button>Clear</button></form></div>'
    )


def _row(row: dict[str, Any]) -> str:
    number, status = row["number"], row["status"] or "—"
    outcome = f'<small class="outcome">{_text(row["outcome"])}</small>' if row["outcome"] else ""
    return (
        f'<tr class="{row["state"]}"><td class="number"><a href="exchanges/{number}">{number}</a></td>'
        f'<td class="time">{row["time"][11:23]}</td><td class="method">{_text(row["method"])}</td>'
        f'<td class="target"><bdi>{_text(row["target"])}</bdi>{outcome}</td><td class="status">{status}</td>'
        f'<td class="in">{_size(row["bytes_in"])}</td><td class="out">{_size(row["bytes_out"])}</td>'
        f'<td class="took">{_took(row["ms"])}</td><td class="peer">{_text(row["peer"])}</td></tr>'
    )


def _facts(found: dict[str, Any]) -> str:
    tls = found["tls"] or {}
    pairs = (
        ("URL", found["url"]),
        ("Status", f"{found['status']} {found['phrase']}" if found["status"] else "none"),
        ("Outcome", found["outcome"]),
        ("From", found["peer"]),
        ("User", found["user"] or ""),
        ("Bin", found["bin"]),
        ("Time", found["time"]),
        ("Took", _took(found["ms"])),
        ("HTTP", found["version"]),
        ("Connection", f"{found['connection']}, request {found['nth']} on it" if found["connection"] else ""),
        ("TLS", ", ".join(str(tls[name]) for name in ("version", "cipher", "group", "alpn") if tls.get(name))),
        ("SNI", tls.get("sni") or ""),
        ("Client certificate", tls.get("subject") or ""),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in pairs if value)
    return f'<dl class="facts">{rows}</dl>'


def _timing(phases: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><th scope=row>{phase['name']}</th><td>{_took(phase['end'] - phase['begin'])}</td></tr>"
        for phase in phases
    )
    return f'<table class="pairs"><caption>Time until</caption><tbody>{rows}</tbody></table>'


def _side(found: dict[str, Any], side: str) -> str:
    fields = "".join(
        f"<tr><th scope=row>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in found[side]["fields"]
    )
    body = found[side]["body"]
    shown = ""
    if body["kept"]:
        text = html.escape(safe(body["text"])) if "text" in body else "These bytes are no text."
        shown = f'<pre class="body">{text}</pre><p><a href="{found["number"]}/{side}-body" download>Download</a></p>'
    head = f'<pre class="head">{html.escape(safe(found[side]["head"]))}</pre>' if side == "request" else ""
    table = f'<table class="pairs"><tbody>{fields}</tbody></table>' if fields else head
    return f"<h2>{side.capitalize()} <small>{_size(body['bytes'])}</small></h2>{table}{shown}"


def _commands(found: dict[str, Any]) -> str:
    if "curl" not in found:
        return ""
    return (
        f'<h2>Ask again</h2><pre class="body">{html.escape(safe(found["curl"]))}</pre>'
        f'<pre class="body">{html.escape(safe(found["fetch"]))}</pre>'
    )


def _text(text: str) -> str:
    return html.escape(safe_line(text))


def _size(count: int) -> str:
    return human_size(count) if count else "—"


def _took(milliseconds: float) -> str:
    if milliseconds < 1000:
        return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.2f} s"
