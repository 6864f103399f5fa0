"""The options that both clients share: how to reach a peer, and whom to trust."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tnet.cli.sections import OneOf, section
from tnet.cli.values import DURATION

if TYPE_CHECKING:
    from tnet.plans.tls import TlsDialing

ALPN_BYTES = 255
LABEL_CHARACTERS = 63

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False)
_dial, _tls = section("Connection"), section("TLS")

_OPTIONS = (
    _dial("-4", "family", cls=OneOf, type=int, flag_value=4, allow_from_autoenv=False, help="Only IPv4."),
    _dial("-6", "family", cls=OneOf, type=int, flag_value=6, allow_from_autoenv=False, help="Only IPv6."),
    _dial(
        "--connect-timeout",
        type=DURATION,
        default="30",
        show_default=True,
        help="For name, connection and TLS together.",
    ),
    _tls("--ca", type=_FILE, metavar="FILE", help="Trust the authorities in FILE (PEM), and no others."),
    _tls("--cert", type=_FILE, metavar="FILE", help="Our certificate chain, PEM."),
    _tls("--key", type=_FILE, metavar="FILE", help="Its private key, PEM."),
    _tls("--sni", metavar="NAME", help="The name to ask for and to check. [default: the host]"),
    _tls("--pin", multiple=True, metavar="sha256//…", help="The peer's key has to be this one, or one of these."),
    _tls("--tls-min", type=click.Choice(["1.2", "1.3"]), default="1.2", show_default=True, help="Nothing older."),
    _tls(
        "--insecure",
        is_flag=True,
        allow_from_autoenv=False,
        help="Accept any certificate: whoever is in between can read and change all.",
    ),
)

chooses_protocol = _tls("--alpn", multiple=True, metavar="PROTOCOL", help="Offer PROTOCOL; repeatable, best first.")


def dials(command: F) -> F:
    """Give a command the options of a client; they arrive under their own names, the family as `family`."""
    for option in reversed(_OPTIONS):
        option(command)
    return command


def tls_dialing(options: dict[str, Any], *, wanted: bool) -> TlsDialing | None:
    """The TLS plan that the options add up to, None when TLS is not wanted.

    Raises: click.UsageError for options that need another one; BadUsage for a value that cannot be.
    """
    from tnet.plans.tls import TlsDialing, parse_pins

    if (options["cert"] is None) != (options["key"] is None):
        raise click.UsageError("--cert and --key go together", click.get_current_context())
    given = [
        f"--{name}"
        for name in ("ca", "cert", "sni", "alpn", "pin", "insecure")
        if options.get(name) not in (None, False, ())
    ]
    if not wanted and given:
        raise click.UsageError(f"{given[0]} is for TLS: add --tls", click.get_current_context())
    if not wanted:
        return None
    _check_name(options["sni"])
    _check_protocols(options.get("alpn", ()))
    return TlsDialing(
        verify=not options["insecure"],
        ca_file=options["ca"],
        certificate_file=options["cert"],
        key_file=options["key"],
        server_name=options["sni"],
        alpn=options.get("alpn", ()),
        pins=tuple(pin for text in options["pin"] for pin in parse_pins(text)),
        min_version=options["tls_min"],
    )


def _check_name(name: str | None) -> None:
    """Refuse what no host can be called. Source: RFC 1035 section 2.3.4."""
    if name is None:
        return
    from tnet.errors import BadUsage
    from tnet.plans.addresses import parse_host

    labels = parse_host(name, field="--sni").removesuffix(".").split(".")
    if not all(0 < len(label) <= LABEL_CHARACTERS for label in labels):
        raise BadUsage("--sni", f"{name!r} is not a host name")


def _check_protocols(protocols: tuple[str, ...]) -> None:
    """Refuse what is no name of a protocol. Source: RFC 7301 section 3.1."""
    from tnet.errors import BadUsage

    for each in protocols:
        if not (each.isascii() and 0 < len(each) <= ALPN_BYTES):
            raise BadUsage("--alpn", f"a protocol's name has 1 to {ALPN_BYTES} ASCII bytes, not {each[:40]!r}")
