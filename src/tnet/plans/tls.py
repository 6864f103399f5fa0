"""What TLS was asked for, at either end."""

from __future__ import annotations

from dataclasses import dataclass


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
    1.2 or 1.3.
    """

    verify: bool = True
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    min_version: str = "1.2"
