"""The command: words, items and options put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tnet.cli.asked import usage
from tnet.cli.dialing import dials
from tnet.cli.fetch.options import fetches
from tnet.cli.sections import Command
from tnet.cli.story import tells_story

if TYPE_CHECKING:
    from tnet.plans.fetch import FetchPlan


@click.command(cls=Command, short_help="Fetch a URL.")
@click.argument("words", nargs=-1, metavar="[METHOD] URL... [ITEM]...")
@fetches
@dials
@tells_story
def fetch(words: tuple[str, ...], **options: Any) -> FetchPlan:
    """Fetch URL: its body goes to stdout, exact in a pipe; where the time went goes to stderr.

    \b
    ITEMs after the URL:
      name=value    a field of the body (JSON, or a form with --form)
      name:=json    the same, with any JSON value; a[b]=c and a[]=c nest
      name==value   a query parameter
      Name:value    a header; `Name;` an empty one; `Name:` leaves one out
      name@FILE     a file to upload, in a multipart body
      name=@FILE    a value from a file; so do name:=@FILE, name==@FILE, Name:@FILE

    \b
    Examples:
      tnet fetch example.org
      tnet fetch POST localhost:8080/things name=nut size:=3
      tnet fetch https://example.org/big.iso -O --resume --retry 5
      tnet fetch https://example.org --timings --slo ttfb=500ms
    """
    from tnet.cli.fetch.parts import plan

    return usage(plan, words, options)
