"""The command: a target and options put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tnet.cli.asked import usage
from tnet.cli.connect.options import Ordered, connects
from tnet.cli.dialing import chooses_protocol, dials
from tnet.cli.story import tells_story

if TYPE_CHECKING:
    from tnet.plans.connect import ConnectPlan, ProbePlan


@click.command(cls=Ordered, short_help="stdin to a socket, the socket to stdout.")
@click.argument("target", nargs=-1, required=True, metavar="TARGET")
@connects
@dials
@chooses_protocol
@tells_story
def connect(target: tuple[str, ...], **options: Any) -> ConnectPlan | ProbePlan:
    """Connect stdin and stdout to TARGET: HOST:PORT, HOST PORT, tls://HOST:PORT, unix:/path, udp://HOST:PORT,
    ws://HOST/PATH or wss://HOST/PATH.

    The end of stdin closes our half of the connection; the peer's end closes everything. Nothing in the data is
    a command. On a terminal, what comes is shown escaped; in a pipe it is exact.

    \b
    Examples:
      tnet connect localhost:8000
      printf 'GET / HTTP/1.0\\r\\n\\r\\n' | tnet connect --tls example.org:443
      tnet connect mail.example.org:25 --starttls smtp -v
      tnet connect localhost:8000 --send 'hello\\n' --expect hello
      tnet connect --probe localhost:22,80,8000-8010
    """
    from tnet.cli.connect.parts import plan, probe

    if options["probe"]:
        return usage(probe, target, options)
    return usage(plan, target, options)
