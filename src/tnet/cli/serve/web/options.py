"""The options of `tnet serve web`, in the sections of its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tnet.cli.sections import section
from tnet.cli.values import FILE_NAME, LINE, SIZE

F = TypeVar("F", bound=Callable[..., Any])

_files, _writing, _who = section("File"), section("Writing"), section("Access")
_answer, _watch = section("Response"), section("Inspection")

_OPTIONS = (
    _files("--hidden", is_flag=True, help="Serve and list names that begin with a dot, too."),
    _files("--follow-symlinks", is_flag=True, help="Follow links that lead out of DIR. [default: 404]"),
    _files(
        "--index",
        type=FILE_NAME,
        multiple=True,
        metavar="NAME",
        help="Served for a directory; repeatable. [default: index.html, index.htm]",
    ),
    _files("--spa", is_flag=True, help="Answer what is not there, and looks like a page, with the index of DIR."),
    _files("--no-listing", is_flag=True, help="Do not list directories."),
    _files("--no-archive", is_flag=True, help="Do not offer directories as zip or tar."),
    _writing("--upload", is_flag=True, help="Let clients add files: PUT, forms, resumable; nothing is replaced."),
    _writing(
        "--modify", is_flag=True, help="--upload, and let them replace, rename, delete and make directories, too."
    ),
    _writing("--max-body", type=SIZE, default="1GiB", show_default=True, help="Of one request."),
    _writing("--quota", type=SIZE, default="0", help="Of all uploads of this run. [default: no limit]"),
    _writing("--min-free", type=SIZE, default="64MiB", show_default=True, help="What uploads leave free on the disk."),
    _who("--users", metavar="URL", help="Ask for a login; see `tnet users --help` for URL. [default: ask nobody]"),
    _who(
        "--acl",
        type=LINE,
        multiple=True,
        metavar="RULE",
        help="PATH=WHO:RIGHTS[,…]; repeatable. WHO: a name, @group, + (logged in), * (everybody); RIGHTS: of l(ist), "
        "r(ead), w(rite), m(odify), or all, or none; a - denies, and wins.",
    ),
    _who("--cors", is_flag=True, help="Let scripts of other sites read what is served."),
    _answer("--header", type=LINE, multiple=True, metavar="'N: V'", help="Added to every response; repeatable."),
    _answer("--cache-control", metavar="V", default="no-cache", show_default=True, help="Of files."),
    _answer("--no-compress", is_flag=True, help="Send files as they are, whatever clients accept."),
    _answer("--rate", type=SIZE, metavar="SIZE", default="0", help="Bytes a second to a client. [default: no limit]"),
    _answer(
        "--proxy", multiple=True, metavar="PREFIX=URL", help="Pass on what is below PREFIX, WebSockets too; repeatable."
    ),
    _answer("--live-reload", is_flag=True, help="Reload open pages when a file changes."),
    _answer(
        "--fault",
        multiple=True,
        metavar="SPEC",
        help="Let something go wrong, as in `tnet serve echo`; repeatable.",
    ),
    _answer("--seed", type=click.IntRange(0), metavar="N", help="Repeat a run's chances. [default: another each run]"),
    _watch("--inspect", is_flag=True, help="Show every exchange live at /_tnet/, and answer tests there."),
    _watch(
        "--bin",
        type=LINE,
        multiple=True,
        metavar="PATH",
        help="Take every request there, as PATH[:status=N,delay=T,header=N:V,body=TEXT|@FILE]; repeatable.",
    ),
    _watch(
        "--access-log",
        type=click.Path(dir_okay=False, allow_dash=True),
        metavar="FILE",
        help="Append a line for each request to FILE; - is stdout. USR1 opens it anew.",
    ),
    _watch(
        "--access-log-format",
        type=click.Choice(["combined", "common", "json"]),
        default="combined",
        show_default=True,
        help="Apache's, or JSON Lines.",
    ),
    _watch("--qr", is_flag=True, help="Show the address as a QR code."),
    _watch("--open", is_flag=True, help="Open the address in a browser."),
)


def options(command: F) -> F:
    """Give a command all of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
