"""The options of `tnet fetch` that no other command has, by section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tnet.cli.sections import OneOf, section
from tnet.cli.values import DURATION, SIZE

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False)
_FILE_OR_DASH = click.Path(dir_okay=False, allow_dash=True)
_FOLDER = click.Path(file_okay=False)

_ask, _who, _save = section("Request"), section("Login and memory"), section("Download")
_show, _measure, _way, _many = section("Output"), section("Measuring"), section("Connection"), section("Several URLs")


def _limit(*names: str, text: str) -> Callable[[F], F]:
    return _way(*names, type=DURATION, default="0", help=f"{text}  [default: no limit]")


_REQUEST = (
    _ask("--data", metavar="TEXT|@FILE|-", help="Send this as the body; - is stdin."),
    _ask("--json", is_flag=True, help="Send and accept JSON, even without an item."),
    _ask("--form/--no-form", default=False, help="Send name=value items as a form instead of JSON."),
    _ask("--multipart/--no-multipart", default=False, help="Send them as multipart/form-data, files streamed."),
    _ask("--chunked/--no-chunked", default=False, help="Send the body in chunks, without its length."),
    _ask("-x", "--compress", is_flag=True, help="Send the body deflated."),
    _ask("--compressed/--no-compressed", default=False, help="Ask for a compressed answer, and undo that."),
    _ask("--follow/--no-follow", default=True, help="Follow redirects.  [default: follow]"),
    _ask(
        "--max-redirects",
        type=click.IntRange(0, 1000),
        metavar="N",
        default=20,
        show_default=True,
        help="Redirects to follow.",
    ),
    _ask(
        "--allow-downgrade",
        is_flag=True,
        allow_from_autoenv=False,
        help="Follow redirects from https to http as well; no secret goes along.",
    ),
    _ask("--offline", is_flag=True, help="Print the request instead of sending it."),
    _ask("--curl", is_flag=True, help="Print a curl command for the request instead of sending it."),
)
_LOGIN = (
    _who(
        "-a",
        "--auth",
        metavar="USER[:PASS]|TOKEN",
        allow_from_autoenv=False,
        help="Log in; the password is asked for when it is left out, and safer so.",
    ),
    _who("-A", "--auth-type", type=click.Choice(["basic", "digest", "bearer"]), help="How.  [default: basic]"),
    _who("--password-file", type=_FILE_OR_DASH, metavar="FILE", help="The password or token, in a file's first line."),
    _who("--netrc/--no-netrc", default=False, help="Log in with what $NETRC or ~/.netrc says for the host."),
    _who("--netrc-file", type=_FILE, metavar="FILE", help="The same, from FILE."),
    _who("--cookie-jar", type=_FILE, metavar="FILE", help="Read cookies from FILE, and write them there (Netscape)."),
    _who("--session", metavar="NAME|PATH", help="Remember headers, login and cookies for this host."),
    _who("--session-read-only", metavar="NAME|PATH", help="Use a session without changing it."),
    _who("--hsts", type=_FILE, metavar="FILE", help="Ask hosts in FILE over https alone, and add those that want it."),
)
_DOWNLOAD = (
    _save("-o", "--output-file", type=_FILE_OR_DASH, metavar="FILE", help="Write the body to FILE, once it is whole."),
    _save("-O", "--remote-name", is_flag=True, help="Name the file as the answer or the URL does; replace nothing."),
    _save("--output-dir", type=_FOLDER, metavar="DIR", help="Put files there."),
    _save("--resume/--no-resume", default=False, help="Go on where an earlier download stopped, if nothing changed."),
    _save(
        "--segments", type=click.IntRange(1, 16), metavar="N", default=1, help="Download N parts at once if it pays."
    ),
    _save("--checksum", metavar="ALG:HEX", help="Keep the file only if it has this checksum, such as sha256:…"),
    _save("--max-size", type=SIZE, default="0", help="Refuse a longer body.  [default: no limit]"),
    _save("--no-part", is_flag=True, help="Leave nothing behind of a download that failed."),
    _save("--retry", type=click.IntRange(0, 1000), metavar="N", default=0, help="Try again what may pass, N times."),
    _save("--retry-max-time", type=DURATION, default="0", help="For all attempts.  [default: no limit]"),
)
_SEVERAL = (
    _many("-Z", "--parallel", type=click.IntRange(1, 256), metavar="N", default=1, help="Fetch N URLs at once."),
    _many("--input-file", type=_FILE_OR_DASH, metavar="FILE", help="Fetch the URLs in FILE, one a line, as well."),
    _many("--race", is_flag=True, help="The URLs are mirrors of one thing: take it from the first that answers well."),
)
_OUTPUT = (
    _show("-i", "--include", is_flag=True, help="Print the head of the answer before its body."),
    _show("-I", "--head", is_flag=True, help="Ask for the head alone, and print it."),
    _show("--print", metavar="HBhbm", help="Print request head, body, response head, body, metadata."),
    _show("--pretty", type=click.Choice(["all", "colors", "format", "none"]), help="[default: all on a terminal]"),
    _show("--raw", is_flag=True, help="Do not escape what a terminal would obey."),
    _show("--stream", is_flag=True, help="Write what comes at once; server-sent events as JSON, over reconnections."),
    _show("--pager", metavar="COMMAND", help="Show text on a terminal through COMMAND.  [default: none]"),
    _show("--fail/--no-fail", default=False, help="Exit with 22 for a status of 400 or more, without its body."),
    _show("--check-status/--no-check-status", default=False, help="Exit with 3, 4 or 5 for a status of 3xx, 4xx, 5xx."),
    _show("--show-secrets", is_flag=True, allow_from_autoenv=False, help="Mask no secret in what is told or written."),
)
_MEASURING = (
    _measure("--timings", is_flag=True, help="Show where the time went.  [default: on a terminal]"),
    _measure("-w", "--write-out", metavar="FORMAT", help="Print this afterwards, with curl's %{variables}."),
    _measure("--har", type=_FILE, metavar="FILE", help="Write every exchange to FILE (HAR 1.2)."),
    _measure("--report", type=click.Choice(["json"]), help="Print where the time went as JSON instead of the body."),
    _measure("--slo", metavar="PHASE=S,…", help="Exit with 110 if a phase takes longer: dns=50ms,ttfb=1,total=2"),
)
_CONNECTION = (
    _way("--proxy", metavar="URL", help="http, https, socks4a, socks5 or socks5h.  [default: from the environment]"),
    _way("--noproxy", metavar="LIST", help="Hosts, .suffixes and networks to reach without a proxy; * for all."),
    _way("--unix-socket", metavar="PATH", help="Connect to this socket, whatever the URL's host."),
    _way("--http1.1", "version", cls=OneOf, flag_value="1.1", allow_from_autoenv=False, help="Speak HTTP/1.1 only."),
    _way(
        "--http2",
        "version",
        cls=OneOf,
        flag_value="2",
        allow_from_autoenv=False,
        help="HTTP/2; to http:// URLs without asking first.",
    ),
    _way("--resolve", multiple=True, metavar="H:P:ADDR", help="Do not look this name up; repeatable."),
    _way("--connect-to", multiple=True, metavar="H:P:H:P", help="Connect elsewhere; repeatable."),
    _way("--source", metavar="ADDR[:PORT]", help="Connect from this address."),
    _limit("--dns-timeout", text="For a name's lookup."),
    _limit("--tls-timeout", text="For a TLS handshake."),
    _limit("--ttfb-timeout", text="From the request's end to the answer's beginning."),
    _limit("--idle-timeout", text="Without a byte either way."),
    _limit("--max-time", text="For everything about one URL."),
)

_ALL = (*_REQUEST, *_LOGIN, *_DOWNLOAD, *_SEVERAL, *_OUTPUT, *_MEASURING, *_CONNECTION)


def fetches(command: F) -> F:
    """Give a command the options of a fetch; they arrive under their own names."""
    for option in reversed(_ALL):
        option(command)
    return command
