"""`tnet serve web`: argv to WebPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tnet.cli.sections import Command
from tnet.cli.serve.common import serves
from tnet.cli.serve.web.options import options

if TYPE_CHECKING:
    from tnet.plans.web import WebPlan


@click.command(cls=Command, short_help="A directory over HTTP.")
@click.argument("directory", metavar="[DIR]", type=click.Path(file_okay=False), default=".")
@options
@serves(8080)
def web(*, common: dict[str, Any], directory: str, **given: Any) -> WebPlan:
    """Serve DIR (here, by default) over HTTP/1.1 and HTTP/2: files, listings, archives; with --upload take files, too.

    \b
    Examples:
      tnet serve web
      tnet serve web ~/Downloads --upload --port 9000
      tnet serve web site --live-reload --open
      tnet serve web --users htpasswd:staff --acl '/=+:lr' --acl '/in=@team:lrw' --upload --tls --public
      tnet serve web --inspect --bin /hook:status=202
      tnet serve web dist --spa --proxy /api=http://127.0.0.1:9000
    """
    return web_plan(common, directory, given)


def web_plan(common: dict[str, Any], directory: str, given: dict[str, Any]) -> WebPlan:
    """The plan for what was given.

    Raises: BadUsage.
    """
    from tnet.plans.faults import parse_fault
    from tnet.plans.web import DEFAULT_INDEX, WebPlan, parse_acl, parse_bin, parse_field, parse_proxy

    cache_control = parse_field(f"Cache-Control: {given['cache_control']}", field="--cache-control")[1]
    return WebPlan(
        **common,
        root=directory,
        users=given["users"],
        acl=tuple(rule for text in given["acl"] for rule in parse_acl(text)),
        upload=given["upload"] or given["modify"],
        modify=given["modify"],
        hidden=given["hidden"],
        follow_symlinks=given["follow_symlinks"],
        listing=not given["no_listing"],
        archives=not given["no_archive"] and not given["no_listing"],
        index=given["index"] or DEFAULT_INDEX,
        spa=given["spa"],
        compress=not given["no_compress"],
        max_body_bytes=given["max_body"],
        quota_bytes=given["quota"],
        min_free_bytes=given["min_free"],
        cors=given["cors"],
        fields=tuple(map(parse_field, given["header"])),
        cache_control=cache_control,
        rate_bytes=given["rate"],
        inspect=given["inspect"],
        bins=tuple(map(parse_bin, given["bin"])),
        proxies=tuple(map(parse_proxy, given["proxy"])),
        live_reload=given["live_reload"],
        qr=given["qr"],
        open_browser=given["open"],
        faults=tuple(map(parse_fault, given["fault"])),
        seed=given["seed"],
    )
