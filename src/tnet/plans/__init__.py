"""What was asked for: frozen, validated plans with their limits. Standard library only.

A plan names its job by a dotted path, so that the runtime can load a tool without knowing it. Units stand in
the field names; secrets never appear in a repr.
"""

from tnet.plans.addresses import FdAddress, ListenAddress, Target, TcpAddress, UnixAddress
from tnet.plans.limits import Limits
from tnet.plans.plan import Plan

__all__ = ["FdAddress", "Limits", "ListenAddress", "Plan", "Target", "TcpAddress", "UnixAddress"]
