"""`tnet fetch`: argv to FetchPlan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from tnet.cli.asked import usage
from tnet.cli.dialing import dials, tls_dialing
from tnet.cli.sections import Command
from tnet.cli.story import tells_story
from tnet.cli.values import DURATION, SIZE

if TYPE_CHECKING:
    from tnet.plans.fetch import Body, FetchPlan
    from tnet.plans.items import Items
    from tnet.plans.urls import Url

_METHOD = re.compile(r"[A-Z]+|get|head|post|put|patch|delete|options")


SEEN_BY_ALL = "a password in a URL is seen by whoever lists processes"


@click.command(cls=Command, short_help="Fetch a URL.")
@click.argument("words", nargs=-1, required=True, metavar="[METHOD] URL [ITEM]...")
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), metavar="FILE", help="Write the body to FILE.")
@click.option("--data", metavar="TEXT|@FILE|-", help="Send this as the body; - is stdin.")
@click.option("--form", is_flag=True, help="Send name=value items as a form instead of JSON.")
@click.option("--follow/--no-follow", default=True, help="Follow redirects.  [default: follow]")
@click.option(
    "--max-redirects",
    type=click.IntRange(0, 1000),
    metavar="N",
    default=20,
    show_default=True,
    help="Redirects to follow.",
)
@click.option("--fail", is_flag=True, help="Exit with 22 for a status of 400 or more.")
@click.option("-i", "--include", is_flag=True, help="Print the head of the answer before its body.")
@click.option("-I", "--head", is_flag=True, help="Ask for the head alone, and print it.")
@click.option("--raw", is_flag=True, help="Do not escape what a terminal would obey.")
@click.option("--max-time", type=DURATION, default="0", help="For everything. [default: no limit]")
@click.option("--max-size", type=SIZE, default="0", help="Refuse a longer body. [default: no limit]")
@click.option("--timings", is_flag=True, help="Show where the time went. [default: on a terminal]")
@dials
@tells_story
def fetch(
    *,
    words: tuple[str, ...],
    output_file: str | None,
    data: str | None,
    form: bool,
    follow: bool,
    max_redirects: int,
    fail: bool,
    include: bool,
    head: bool,
    raw: bool,
    max_time: float,
    max_size: int,
    **dialing: Any,
) -> FetchPlan:
    """Fetch URL: its body goes to stdout, exact in a pipe; where the time went goes to stderr.

    \b
    ITEMs after the URL:
      name=value    a field of the body (JSON, or a form with --form)
      name:=json    the same, with any JSON value
      name==value   a query parameter
      Name:value    a header; `Name;` an empty one; `Name:` leaves one out

    \b
    Examples:
      tnet fetch example.org
      tnet fetch POST localhost:8080/things name=nut size:=3
      tnet fetch https://example.org/big.iso -o big.iso
    """
    from tnet.plans.fetch import FetchPlan

    method, url, items = usage(_words, words)
    body, described = usage(_body, items, data, form)
    tls = tls_dialing(dialing, wanted=True)
    assert tls is not None
    return usage(
        FetchPlan,
        method="HEAD" if head else method or ("POST" if body else "GET"),
        url=str(url),
        headers=_headers(items, described, url),
        cautions=(SEEN_BY_ALL,) if url.userinfo.partition(":")[2] else (),
        unset=items.unset,
        body=body,
        tls=tls,
        output=output_file,
        follow=follow,
        max_redirects=max_redirects,
        fail=fail,
        include=include or head,
        head_only=head,
        raw=raw,
        family=dialing["family"],
        connect_seconds=dialing["connect_timeout"],
        max_seconds=max_time,
        max_bytes=max_size,
    )


def _words(words: tuple[str, ...]) -> tuple[str, Url, Items]:
    """Method (empty when not given), URL and items."""
    from tnet.plans.items import parse_items
    from tnet.plans.urls import parse_url

    method = ""
    if len(words) > 1 and _METHOD.fullmatch(words[0]):
        method, words = words[0].upper(), words[1:]
    items = parse_items(words[1:])
    return method, parse_url(words[0]).with_query(items.query), items


def _body(items: Items, data: str | None, form: bool) -> tuple[Body | None, tuple[tuple[str, str], ...]]:
    """The body, and the headers that describe it."""
    from tnet.errors import BadUsage
    from tnet.plans.fetch import Body
    from tnet.plans.items import as_form, as_json

    if data is not None and items.data:
        raise BadUsage("--data", "is the whole body: it does not go with name=value items")
    if data == "-":
        return Body(path="-"), ()
    if data is not None and data.startswith("@"):
        return Body(path=data[1:]), ()
    if data is not None:
        return Body(data=data.encode("utf-8", "surrogateescape")), ()
    if form:
        return Body(data=as_form(items.data)), (("Content-Type", "application/x-www-form-urlencoded"),)
    if not items.data:
        return None, ()
    described = (("Content-Type", "application/json"), ("Accept", "application/json, */*;q=0.5"))
    return Body(data=as_json(items.data)), described


def _headers(items: Items, described: tuple[tuple[str, str], ...], url: Url) -> tuple[tuple[str, str], ...]:
    """The headers asked for, then those that follow from the body and from user information in the URL."""
    given = {name.lower() for name, _ in items.headers}
    return items.headers + tuple(pair for pair in (*described, *_login(url)) if pair[0].lower() not in given)


def _login(url: Url) -> tuple[tuple[str, str], ...]:
    from base64 import b64encode
    from urllib.parse import unquote_to_bytes

    if not url.userinfo:
        return ()
    user, _, password = url.userinfo.partition(":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return (("Authorization", f"Basic {b64encode(pair).decode('ascii')}"),)
