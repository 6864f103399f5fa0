"""What TLS was asked for, at either end."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from dataclasses import dataclass

from tnet.errors import BadUsage

PIN_PREFIX = "sha256//"
PIN_BYTES = 32
MOST_PINS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsServing:
    """How a server secures its connections: its own certificate, or (both paths None) one of the local CA's."""

    certificate_file: str | None = None
    key_file: str | None = None
    client_ca_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsDialing:
    """How a client checks its peer and shows itself.

    `ca_file` replaces the system's trust; `verify` False accepts anybody. `server_name` is what is sent as SNI
    and checked (None: the host that was dialled). `alpn` are the protocols offered, best first. `pins` are digests
    of public keys, `sha256//BASE64`, of which the peer's has to be one, whatever else is checked. `min_version` is
    1.2 or 1.3. With `known_hosts`, a file, whoever shows the same key as the first time is accepted, instead of whom
    somebody vouches for.
    """

    verify: bool = True
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    min_version: str = "1.2"
    known_hosts: str | None = None


def parse_pins(text: str, *, field: str = "--pin") -> tuple[str, ...]:
    """The pins in `text`, `sha256//BASE64`, separated by semicolons, each written in the one way.

    Raises: BadUsage, naming `field`.
    """
    pins = tuple(_pin(each.strip(), field) for each in text.split(";"))
    if len(pins) > MOST_PINS:
        raise BadUsage(field, f"more than {MOST_PINS} pins")
    return pins


def pin_of(digest: bytes) -> str:
    """The pin of a public key whose SHA-256, over its SubjectPublicKeyInfo, is `digest`.

    Source: RFC 7469 section 2.4.
    """
    return PIN_PREFIX + b2a_base64(digest, newline=False).decode("ascii")


def _pin(text: str, field: str) -> str:
    try:
        digest = a2b_base64(text.removeprefix(PIN_PREFIX), strict_mode=True)
    except (Error, ValueError):
        digest = b""
    if not text.startswith(PIN_PREFIX) or len(digest) != PIN_BYTES:
        raise BadUsage(field, f"{text!r} is not {PIN_PREFIX}BASE64", "the SHA-256 of a public key, as openssl gives it")
    return pin_of(digest)
