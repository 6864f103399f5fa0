"""What was asked for: frozen, validated plans with their limits. Standard library only.

A plan names its job by a dotted path, so that the runtime can load a tool without knowing it. Units stand in
the field names; secrets never appear in a repr.
"""

from tnet.plans.addresses import (
    FdAddress,
    ListenAddress,
    StreamTarget,
    Target,
    TcpAddress,
    UdpAddress,
    UnixAddress,
    WebSocketAddress,
)
from tnet.plans.limits import Limits
from tnet.plans.plan import Plan

__all__ = [
    "FdAddress",
    "Limits",
    "ListenAddress",
    "Plan",
    "StreamTarget",
    "Target",
    "TcpAddress",
    "UdpAddress",
    "UnixAddress",
    "WebSocketAddress",
]
