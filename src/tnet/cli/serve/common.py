"""What every server takes: where it listens, its limits, TLS; and a way to print the command line as a `.tac`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from tnet.cli.asked import usage
from tnet.cli.sections import section
from tnet.cli.story import tells_story
from tnet.cli.values import DURATION, PORT

if TYPE_CHECKING:
    from tnet.plans import ListenAddress

FILE = click.Path(dir_okay=False)

_limit, _tls, _where = section("Limit"), section("TLS"), section("Address")

_LIMITS = (
    _limit(
        "--max-connections", type=click.IntRange(0), metavar="N", default=4096, show_default=True, help="0 is no limit."
    ),
    _limit(
        "--max-per-peer", type=click.IntRange(0), metavar="N", default=256, show_default=True, help="0 is no limit."
    ),
    _limit(
        "--idle-timeout", type=DURATION, default="0", help="Close after this long without a byte. [default: no limit]"
    ),
    _limit("--handshake-timeout", type=DURATION, default="10", show_default=True, help="For the TLS handshake."),
    _limit("--drain-timeout", type=DURATION, default="10", show_default=True, help="Patience at the end."),
)

_TLS = (
    _tls("--tls", is_flag=True, help="TLS; without --cert, a local CA is made once and kept."),
    _tls("--cert", type=FILE, metavar="FILE", help="Certificate chain, PEM. Implies --tls."),
    _tls("--key", type=FILE, metavar="FILE", help="Its private key, PEM."),
    _tls("--client-ca", type=FILE, metavar="FILE", help="Ask clients for a certificate of this CA. Implies --tls."),
)

_PRINT_TAC = click.option("--print-tac", is_flag=True, help="Print a .tac for this command line, and stop.")

USERS = click.option("--users", metavar="URL", help="The users store. [default: see `tnet users --help`]")


def _addresses(port: int) -> tuple[Callable[..., Any], ...]:
    return (
        _where("-p", "--port", type=PORT, default=port, show_default=True, help="0 picks one and prints it."),
        _where("-H", "--host", multiple=True, metavar="ADDR", help="Repeatable. [default: 127.0.0.1 and ::1]"),
        _where("--public", is_flag=True, help="Listen on every address."),
        _where(
            "--listen",
            multiple=True,
            metavar="ENDPOINT",
            help="Listen here instead; repeatable: tcp://h:p, tls://h:p, unix:/path, fd://N, udp://h:p.",
        ),
    )


def serves(port: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command what every server takes; its function gets `common`, the fields of a ServePlan."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_common(*, print_tac: bool, **options: Any) -> Any:
            plan = usage(command, common=_common(options), **options)
            if print_tac:
                argv = click.get_current_context().find_root().obj
                click.echo(_tac([word for word in argv if word != "--print-tac"]), nl=False)
                raise click.exceptions.Exit
            return plan

        told = tells_story(with_common)
        for option in reversed((*_addresses(port), *_TLS, *_LIMITS, _PRINT_TAC)):
            option(told)
        return told

    return decorate


def _common(options: dict[str, Any]) -> dict[str, Any]:
    """The fields that every ServePlan has, taken out of the options."""
    from tnet.plans.limits import Limits
    from tnet.plans.tls import TlsServing

    certificate, key, client_ca = options.pop("cert"), options.pop("key"), options.pop("client_ca")
    if (certificate is None) != (key is None):
        raise click.UsageError("--cert and --key go together", click.get_current_context())
    secure = options.pop("tls") or certificate is not None or client_ca is not None
    listen = usage(_listen, options, secure)
    secured = any(address.tls for address in listen)
    return {
        "listen": listen,
        "public": options.pop("public"),
        "tls": TlsServing(certificate_file=certificate, key_file=key, client_ca_file=client_ca) if secured else None,
        "limits": Limits(
            max_connections=options.pop("max_connections"),
            max_per_peer=options.pop("max_per_peer"),
            idle_seconds=options.pop("idle_timeout"),
            handshake_seconds=options.pop("handshake_timeout"),
            drain_seconds=options.pop("drain_timeout"),
        ),
    }


def _listen(options: dict[str, Any], secure: bool) -> tuple[ListenAddress, ...]:
    from dataclasses import replace

    from tnet.errors import BadUsage
    from tnet.plans.addresses import EVERY_ADDRESS, LOOPBACK, TcpAddress, parse_host, parse_listen

    hosts, port, endpoints = options.pop("host"), options.pop("port"), options.pop("listen")
    public = options["public"]
    if public and hosts:
        raise BadUsage("--public", "listens on every address: it does not go with --host")
    if endpoints and (hosts or public):
        raise BadUsage("--listen", "says where to listen: it does not go with --host or --public")
    if endpoints:
        asked = tuple(parse_listen(endpoint) for endpoint in endpoints)
        return tuple(replace(address, tls=address.tls or secure) for address in asked)
    names = [EVERY_ADDRESS] if public else [parse_host(host, field="--host") for host in hosts] or [LOOPBACK]
    return tuple(TcpAddress(name, port, secure) for name in names)


def _tac(argv: Sequence[str]) -> str:
    import shlex

    return f"""\
{f"tnet {shlex.join(argv)}, as a Twisted application: `twistd -ny` this file."!a}

from tnet.cli.twistd import application_for

application = application_for({list(argv)!a})
"""
