"""`tnet serve`: argv to ServePlan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from tnet.cli.asked import usage
from tnet.cli.sections import Command, Group, section
from tnet.cli.story import tells_story
from tnet.cli.values import DURATION, FILE_NAME, PORT, SIZE

if TYPE_CHECKING:
    from tnet.plans import ListenAddress
    from tnet.plans.addresses import StreamTarget
    from tnet.plans.serve import AuthPlan, EchoPlan, SshPlan
    from tnet.plans.web import WebPlan

_FILE = click.Path(dir_okay=False)

_DIALECTS = ("line", "pop3", "redis")

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
    _tls("--cert", type=_FILE, metavar="FILE", help="Certificate chain, PEM. Implies --tls."),
    _tls("--key", type=_FILE, metavar="FILE", help="Its private key, PEM."),
    _tls("--client-ca", type=_FILE, metavar="FILE", help="Ask clients for a certificate of this CA. Implies --tls."),
)

_PRINT_TAC = click.option("--print-tac", is_flag=True, help="Print a .tac for this command line, and stop.")

_USERS = click.option("--users", metavar="URL", help="The users store. [default: see `tnet users --help`]")


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


def _serves(port: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
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


@click.group(cls=Group, short_help="Serve echo, auth, web or ssh.")
def serve() -> None:
    """Serve something until INT or TERM: then stop accepting, drain, and close. A second signal aborts.

    \b
    Examples:
      tnet serve echo --port 0
      tnet serve web ./site --public
    """


@serve.command(cls=Command, short_help="Send back what comes.")
@_serves(8000)
@click.option("--udp", is_flag=True, help="Datagrams instead of connections.")
@click.option(
    "--fault",
    multiple=True,
    metavar="SPEC",
    help="Let something go wrong; repeatable: latency=200ms±50ms, bandwidth=100KiB, slice=1-64, "
    "limit=1MiB:close|reset|stall, refuse=10%.",
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Repeat a run's chances. [default: another each run]")
@click.option("--replay", type=_FILE, metavar="FILE", help="Say what the server of a recording said, not an echo.")
@click.option(
    "--replay-mode",
    type=click.Choice(["strict", "line", "timed"]),
    default="strict",
    show_default=True,
    help="Byte by byte, by line, or at the recorded times.",
)
def echo(
    *,
    common: dict[str, Any],
    udp: bool,
    fault: tuple[str, ...],
    seed: int | None,
    replay: str | None,
    replay_mode: Any,
) -> EchoPlan:
    """Send back what comes: exactly, to the last byte of a half-closed connection, and no faster than it is read.

    With --fault it is a bad network, with --replay somebody else's server: a double for tests of clients.

    \b
    Examples:
      tnet serve echo
      tnet serve echo --tls --port 0 --output json
      tnet serve echo --fault latency=200ms±50ms --fault slice=1-64 --seed 7
    """
    from tnet.plans.faults import parse_fault
    from tnet.plans.serve import EchoPlan

    faults = tuple(map(parse_fault, fault))
    listen = _datagrams(common["listen"]) if udp else common["listen"]
    return EchoPlan(**{**common, "listen": listen}, faults=faults, seed=seed, replay=replay, replay_mode=replay_mode)


@serve.command(cls=Command, short_help="A line server that asks for a login.")
@_serves(8000)
@_USERS
@click.option(
    "--attempts", type=click.IntRange(1, 100), metavar="N", default=3, show_default=True, help="Tries a connection has."
)
@click.option("--auth-timeout", type=DURATION, default="60", show_default=True, help="For the whole login.")
@click.option(
    "--dialect", type=click.Choice(_DIALECTS), default="line", show_default=True, help="What the login is spoken in."
)
@click.option("--forward", metavar="TARGET", help="Relay whoever is logged in to HOST:PORT, tls://H:P or unix:/path.")
@click.option(
    "--send-proxy",
    type=click.Choice(["v1", "v2"]),
    help="Tell the backend the client's address by the PROXY protocol; v2 adds the user's name.",
)
def auth(
    *,
    common: dict[str, Any],
    users: str | None,
    attempts: int,
    auth_timeout: float,
    dialect: str,
    forward: str | None,
    send_proxy: str | None,
) -> AuthPlan:
    """Ask for a user name and a password, then let those who are logged in talk to each other.

    With --forward they talk to a backend instead, from the byte behind the login on.

    For tests of other clients, the login is spoken as POP3 or Redis speak it, before an empty mailbox or no data.

    Without any account, one is made for this run alone and its password is shown once.

    At most 512 connections, or half of --max-connections, wait for a login; beyond that the one that has waited
    longest is let go.

    \b
    Examples:
      tnet serve auth --port 8000
      tnet users add alice && tnet serve auth --public --tls
      tnet serve auth --dialect redis --port 6379
      tnet serve auth --forward 127.0.0.1:5432 --tls
    """
    from tnet.plans.serve import AuthPlan

    return AuthPlan(
        **common,
        users=users,
        attempts=attempts,
        login_seconds=auth_timeout,
        dialect=dialect,
        forward=_backend(forward, send_proxy),
        send_proxy=send_proxy,
    )


@serve.command(cls=Command, short_help="A directory over HTTP.")
@click.argument("directory", metavar="[DIR]", type=click.Path(file_okay=False), default=".")
@_serves(8080)
@click.option("--upload", is_flag=True, help="Let clients add files, by PUT or a form; nothing is replaced.")
@click.option("--hidden", is_flag=True, help="Serve and list names that begin with a dot, too.")
@click.option(
    "--index",
    type=FILE_NAME,
    multiple=True,
    metavar="NAME",
    help="Served for a directory; repeatable. [default: index.html, index.htm]",
)
@click.option("--no-listing", is_flag=True, help="Do not list directories.")
@click.option("--max-body", type=SIZE, default="1GiB", show_default=True, help="Of one request.")
def web(
    *,
    common: dict[str, Any],
    directory: str,
    upload: bool,
    hidden: bool,
    index: tuple[str, ...],
    no_listing: bool,
    max_body: int,
) -> WebPlan:
    """Serve DIR (here, by default) over HTTP: files, ranges, listings.

    \b
    Examples:
      tnet serve web
      tnet serve web ~/Downloads --upload --port 9000
    """
    from tnet.plans.web import DEFAULT_INDEX, WebPlan

    return WebPlan(
        **common,
        root=directory,
        upload=upload,
        hidden=hidden,
        listing=not no_listing,
        index=index or DEFAULT_INDEX,
        max_body_bytes=max_body,
    )


@serve.command(cls=Command, short_help="A Python shell over SSH.")
@_serves(2222)
@_USERS
@click.option(
    "--authorized-keys",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Public keys that log in the user who runs tnet; without --users, keys alone. Repeatable.",
)
@click.option("--host-key", type=_FILE, metavar="FILE", help="Our own key. [default: made once and kept]")
@click.option(
    "--attempts", type=click.IntRange(1, 100), metavar="N", default=6, show_default=True, help="Tries a connection has."
)
@click.option("--auth-timeout", type=DURATION, default="120", show_default=True, help="For the whole login.")
def ssh(
    *,
    common: dict[str, Any],
    users: str | None,
    authorized_keys: tuple[str, ...],
    host_key: str | None,
    attempts: int,
    auth_timeout: float,
) -> SshPlan:
    """An interactive Python shell over SSH, inside this server's own process, for those who log in.

    Accounts log in with a password, or with a key from `tnet users add --key`. Without any account, one is made for
    this run alone and its password is shown once.

    \b
    Examples:
      tnet serve ssh
      tnet users add alice --key alice.pub && tnet serve ssh
      tnet serve ssh --authorized-keys ~/.ssh/id_ed25519.pub
    """
    from tnet.plans.serve import SshPlan

    return SshPlan(
        **common,
        users=users,
        authorized_keys=authorized_keys,
        host_key=host_key,
        attempts=attempts,
        login_seconds=auth_timeout,
    )


def _backend(forward: str | None, send_proxy: str | None) -> StreamTarget | None:
    from tnet.errors import BadUsage
    from tnet.plans.addresses import parse_stream

    if forward is None and send_proxy is not None:
        raise BadUsage("--send-proxy", "goes with --forward")
    return None if forward is None else parse_stream(forward, field="--forward")


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


def _datagrams(addresses: tuple[ListenAddress, ...]) -> tuple[ListenAddress, ...]:
    from tnet.errors import BadUsage
    from tnet.plans.addresses import TcpAddress, UdpAddress

    found = [address for address in addresses if isinstance(address, TcpAddress | UdpAddress)]
    if len(found) < len(addresses):
        raise BadUsage("--udp", "datagrams are listened for at udp://HOST:PORT alone")
    return tuple(UdpAddress(address.host, address.port, address.tls) for address in found)


def _tac(argv: Sequence[str]) -> str:
    import shlex

    return f"""\
{f"tnet {shlex.join(argv)}, as a Twisted application: `twistd -ny` this file."!a}

from tnet.cli.twistd import application_for

application = application_for({list(argv)!a})
"""
