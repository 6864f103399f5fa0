"""What `tnet serve` was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from tnet.plans.addresses import ListenAddress, Target
from tnet.plans.faults import Fault
from tnet.plans.limits import Limits
from tnet.plans.plan import Plan
from tnet.plans.tls import TlsServing

DIALECTS = ("line", "pop3", "redis")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServePlan(Plan):
    """A server: where it listens, within which limits.

    `tool` is its short name; `offer` the dotted path, `module:function`, of `def offer(plan, context) -> Server`.
    `public` when whoever asked for it said that strangers may reach it. `users` is the URL of the users store;
    None is the default store.
    """

    job: ClassVar[str] = "tnet.runtime.serving:serve"
    tool: ClassVar[str]
    offer: ClassVar[str]
    listen: tuple[ListenAddress, ...]
    public: bool = False
    tls: TlsServing | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def exposed(self) -> bool:
        """Whether another machine can reach it."""
        return self.public or not all(address.is_loopback for address in self.listen)


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoPlan(ServePlan):
    """Send back what comes, or with `replay` say what a recording's server said.

    `faults` are what goes wrong, for each connection as `seed` has it.
    """

    tool: ClassVar[str] = "echo"
    offer: ClassVar[str] = "tnet.servers.echo:offer"
    faults: tuple[Fault, ...] = ()
    seed: int | None = None
    replay: str | None = None
    replay_mode: Literal["strict", "line", "timed"] = "strict"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPlan(ServePlan):
    """A server that asks for a login, and with `forward` leads whoever has it to a backend.

    `send_proxy`: the version, `v1` or `v2`, of the PROXY protocol that the backend is greeted with.

    Units: `login_seconds` for the whole login.
    """

    tool: ClassVar[str] = "auth"
    offer: ClassVar[str] = "tnet.servers.auth:offer"
    users: str | None = field(default=None, repr=False)
    attempts: int = 3
    login_seconds: float = 60
    dialect: str = "line"
    forward: Target | None = None
    send_proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SshPlan(ServePlan):
    """An interactive Python shell over SSH.

    Units: `login_seconds` from the connection to a successful login.
    """

    tool: ClassVar[str] = "ssh"
    offer: ClassVar[str] = "tnet.servers.ssh:offer"
    users: str | None = field(default=None, repr=False)
    authorized_keys: tuple[str, ...] = ()
    host_key: str | None = None
    attempts: int = 6
    login_seconds: float = 120
