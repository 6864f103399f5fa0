"""Where a host and port really are: curl's `--resolve` and `--connect-to`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Override:
    """Connections to `host` and `port` go elsewhere; an empty `host` and port 0 mean any.

    With `addresses` (`--resolve`) the name is not looked up, else (`--connect-to`) the connection goes to `to_host`
    and `to_port`, where empty and 0 keep what they replace. The name that TLS checks and HTTP asks for stays.
    """

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    to_host: str = ""
    to_port: int = 0
