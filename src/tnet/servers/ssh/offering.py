"""What `tnet serve ssh` offers: a Python shell inside the server, for those who have logged in.

Who that is: accounts, with their passwords and keys; or, with `--authorized-keys` and no `--users`, the keys of those
files alone. Those let in one name only, that of the operating system's user who runs the server, since the shell has
that user's power whoever logs in.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

from twisted.conch.ssh.keys import FingerprintFormats, Key
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.portal import Portal

from tnet.accounts import onetime
from tnet.accounts.accounts import Accounts, open_accounts
from tnet.net.context import Context
from tnet.net.server import Server
from tnet.plans.addresses import TcpAddress
from tnet.plans.serve import SshPlan
from tnet.servers.ssh.authorized_keys import FileKeys, read_keys
from tnet.servers.ssh.factory import Factory
from tnet.servers.ssh.guests import Realm, no_groups
from tnet.servers.ssh.host_key import default_path, open_host_key, read_host_key
from tnet.servers.ssh.key_checker import KeyChecker
from tnet.servers.ssh.programs import PythonPrograms


async def offer(plan: SshPlan, context: Context) -> Server:
    """The SSH server.

    Raises: CannotRead or CannotWrite for the host's key and the users' keys; BadUsage when nobody could log in and
    strangers could try.
    """
    host_key: Key = await _host_key(plan, context)
    doors = _Doors(plan, context)
    await doors.open()
    namespace: dict[str, Any] = {"publisher": context.publisher, "reactor": context.reactor}
    programs = PythonPrograms(namespace)
    portal = Portal(Realm(lambda name: programs.launch, doors.groups_of), doors.checkers)
    factory = Factory(portal, host_key, context.reactor, attempts=plan.attempts, login_seconds=plan.login_seconds)
    namespace["factory"] = factory
    if os.geteuid() == 0:
        context.publisher.log("warning", "this shell has the power of root", "run tnet as another user")
    return Server(
        factory=factory,
        goodbye=factory.goodbye,
        reload=doors.reload,
        close=doors.close,
        notes=_notes(plan, host_key, doors.name),
    )


class _Doors:
    """The ways in: passwords and keys of accounts, keys of files, or all of them."""

    def __init__(self, plan: SshPlan, context: Context) -> None:
        self._plan = plan
        self._context = context
        self._accounts: Accounts | None = None
        self._keys = FileKeys(system_user()) if plan.authorized_keys else None

    async def open(self) -> None:
        """Read the keys, and the accounts unless keys alone are meant."""
        await self._read_keys()
        plan = self._plan
        if self._keys is None or plan.users is not None:
            self._accounts = await open_accounts(plan.users, self._context, exposed=plan.exposed)

    async def _read_keys(self) -> None:
        if self._keys is not None:
            self._keys.blobs, warnings = await self._context.workers.run(read_keys, self._plan.authorized_keys)
            for warning in warnings:
                self._context.publisher.log("warning", warning)

    @property
    def checkers(self) -> list[ICredentialsChecker]:
        """What the portal asks."""
        files = [] if self._keys is None else [self._keys.owner]
        if self._accounts is None:
            return [KeyChecker(*files)]
        return [self._accounts.checker, KeyChecker(*files, self._owner)]

    async def groups_of(self, name: str) -> tuple[str, ...]:
        """The groups of an account; whoever has none is in none. Raises: Overloaded or StoreFailed."""
        return await (no_groups(name) if self._accounts is None else self._accounts.groups_of(name))

    async def _owner(self, user: bytes, blob: bytes) -> str | None:
        assert self._accounts is not None
        account = await self._accounts.key_holder(user, blob)
        return None if account is None else account.name

    @property
    def name(self) -> str:
        """The name to log in with, or a word for it."""
        if self._keys is not None:
            return self._keys.user
        return onetime.NAME if self._accounts is not None and self._accounts.one_time else "USER"

    async def reload(self) -> None:
        """Read users and keys anew.

        Raises: CannotRead or StoreFailed; the old ones stay.
        """
        await self._read_keys()
        if self._accounts is not None:
            await self._accounts.reload()

    async def close(self) -> None:
        """Let go of the accounts."""
        if self._accounts is not None:
            await self._accounts.close()


def system_user() -> str:
    """The name of the operating system's user who runs this process."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


async def _host_key(plan: SshPlan, context: Context) -> Any:
    if plan.host_key is not None:
        return await context.workers.run(read_host_key, Path(plan.host_key))
    return await context.workers.run(open_host_key, default_path())


def _notes(plan: SshPlan, host_key: Key, user: str) -> tuple[str, ...]:
    """The key's fingerprint, then, for each address with a port, how to log in there and what to trust."""
    fingerprint = host_key.fingerprint(FingerprintFormats.SHA256_BASE64).rstrip("=")
    kind, blob = host_key.public().toString("openssh").decode().split()[:2]
    notes = [f"host key SHA256:{fingerprint} ({kind})"]
    for address in plan.listen:
        if isinstance(address, TcpAddress) and address.port:
            notes.append(f"log in: ssh -p {address.port} {user}@{address.host}")
            notes.append(f"known_hosts: [{address.host}]:{address.port} {kind} {blob}")
    return tuple(notes)
