"""The options of `tnet connect` that no other command has, by section."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, TypeVar

import click

from tnet.cli.sections import Command, section
from tnet.cli.values import DURATION, SIZE

F = TypeVar("F", bound=Callable[..., Any])

DIALECTS = ("smtp", "imap", "pop3", "ftp", "xmpp", "postgres", "ldap")

PROXY_VERSIONS = ("v1", "v2")

_FILE = click.Path(dir_okay=False)
_ORDER = "tnet.order"
_PROXY_PROTOCOL = "--proxy-protocol"

_talk, _script, _tls = section("Conversation"), section("Script"), section("TLS")
_way, _probe = section("Connection"), section("Probe")

_CONVERSATION = (
    _talk("--crlf", is_flag=True, help="Send each line feed as CR LF."),
    _talk("--hex", is_flag=True, help="Dump both directions on stdout: offsets, times, bytes, text."),
    _talk("--raw", is_flag=True, help="Do not escape what a terminal would obey."),
    _talk("--text", is_flag=True, help="Send WebSocket messages as text, one a line.  [default: binary, as it comes]"),
    _talk("--message-size", type=SIZE, default="16MiB", show_default=True, help="The largest WebSocket message."),
    _talk("--no-shutdown", is_flag=True, help="Keep our side open after the end of stdin."),
    _talk(
        "--linger", type=DURATION, default="5", show_default=True, help="Silence to wait for after the end of stdin."
    ),
    _talk(
        "--idle-timeout", type=DURATION, default="0", help="Give up after so long without a byte.  [default: no limit]"
    ),
    _talk("--record", type=_FILE, metavar="FILE", help="Keep every chunk of both sides in FILE, with its time."),
)
_SCRIPT = (
    _script("--send", multiple=True, metavar="TEXT", help=r"Say TEXT, with \r \n \t \xNN; repeatable, in order."),
    _script("--expect", multiple=True, metavar="REGEX", help="Wait for it; exit with 111 if it does not come."),
    _script("--script", type=_FILE, metavar="FILE", help="The same from FILE: plain steps, or TOML."),
    _script("--step-timeout", type=DURATION, default="30", show_default=True, help="For each step."),
    _script("--replay", type=_FILE, metavar="FILE", help="Say what a recording's client said; expect its server."),
    _script(
        "--replay-mode",
        type=click.Choice(["strict", "line", "timed"]),
        default="strict",
        show_default=True,
        help="Byte by byte, by line, or at the recorded times.",
    ),
)
_SECURITY = (
    _tls("--tls", is_flag=True, help="TLS, as with a tls:// target."),
    _tls("--starttls", type=click.Choice(DIALECTS), help="Ask for TLS as this protocol does, then talk."),
    _tls("--tofu", is_flag=True, help="Trust a certificate at first sight, and only that one from then on."),
)
_CONNECTION = (
    _way("--source", metavar="ADDR[:PORT]", help="Connect from this address."),
    _way("--proxy", multiple=True, metavar="URL", help="http, https, socks4a, socks5 or socks5h; repeatable: a chain."),
    _way(
        _PROXY_PROTOCOL,
        is_flag=False,
        flag_value=PROXY_VERSIONS[0],
        type=click.Choice(PROXY_VERSIONS),
        help="Tell the target our address first.  [v1 if no version is given]",
    ),
    _way("--retry", type=click.IntRange(0, 1000), metavar="N", default=0, help="Try to connect N times more."),
    _way("--timings", is_flag=True, help="Show where the time went."),
)
_PROBE = (
    _probe("--probe", is_flag=True, help="Only see which ports are open: HOST:22,80,8000-8010."),
    _probe("--parallel", type=click.IntRange(1, 512), metavar="N", default=64, show_default=True, help="At once."),
    _probe("--json", is_flag=True, help="Print JSON Lines."),
)

_ALL = (*_CONVERSATION, *_SCRIPT, *_SECURITY, *_CONNECTION, *_PROBE)


class Ordered(Command):
    """A command that remembers in which order its options stood: `order` tells.

    `--proxy-protocol` takes the next word only if that is a version, so that the target may follow.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as ever, and note the order."""
        args = list(_with_version(args))
        _, _, params = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[_ORDER] = [param.name for param in params]
        return super().parse_args(ctx, args)


def _with_version(words: list[str]) -> Iterator[str]:
    """Give `--proxy-protocol` its version where none follows."""
    options = words[: words.index("--")] if "--" in words else words
    for word, following in zip_longest(options, options[1:], fillvalue=""):
        bare = word == _PROXY_PROTOCOL and following not in PROXY_VERSIONS
        yield f"{word}={PROXY_VERSIONS[0]}" if bare else word
    yield from words[len(options) :]


def order() -> list[str]:
    """The names of the options of the current command line, each time that one stands there."""
    found: list[str] = click.get_current_context().meta.get(_ORDER, [])
    return found


def connects(command: F) -> F:
    """Give a command the options of a connection; they arrive under their own names."""
    for option in reversed(_ALL):
        option(command)
    return command
