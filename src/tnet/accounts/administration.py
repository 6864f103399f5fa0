"""What `tnet users` does: add, list, change the password, remove."""

from __future__ import annotations

import sys
from typing import TextIO

from tnet.accounts import passwords
from tnet.accounts.hashing import Argon2
from tnet.accounts.location import open_store
from tnet.accounts.names import LONGEST, account_name
from tnet.accounts.store import Account, EditableStore, Entry, Login
from tnet.errors import BadUsage, ExitStatus, cannot_write
from tnet.escape import safe_line
from tnet.net.context import Context
from tnet.plans.users import UsersPlan

HEADER = "NAME\tSTATE\tLOGIN\tGROUPS\n"
_LOGIN = {Login.PASSWORD: "password", Login.KEY: "key", Login.NOTHING: "no-password"}


async def administer(plan: UsersPlan, context: Context) -> ExitStatus:
    """Carry out one change or look.

    Raises: BadUsage, AccountExists, NoSuchAccount, StoreFailed; OutputClosed or CannotWrite for the list.
    """
    store = open_store(plan.users, context)
    try:
        await _carry_out(plan, store, context)
    finally:
        await store.close()
    return ExitStatus.OK


async def _carry_out(plan: UsersPlan, store: EditableStore, context: Context) -> None:
    if plan.action == "list":
        await context.workers.run(_write, sys.stdout, await store.accounts())
        return
    name = _name(plan.name)
    if plan.action == "remove":
        await store.remove(name)
        context.publisher.log("notice", f"removed {name} from {store.url}")
    elif plan.no_password:
        await store.add(Entry(Account(name, login=Login.NOTHING), None))
        context.publisher.log("notice", f"added {name}, without a password, to {store.url}")
    else:
        await _set_password(plan, name, store, context)


async def _set_password(plan: UsersPlan, name: str, store: EditableStore, context: Context) -> None:
    """Give a new or an old account the password of the plan, or a random one that is then shown."""
    password = passwords.generate() if plan.password is None else plan.password
    secret = await context.workers.run(Argon2().hash, passwords.as_bytes(password))
    if plan.action == "add":
        await store.add(Entry(Account(name), secret))
        context.publisher.log("notice", f"added {name} to {store.url}")
    else:
        await store.change(name, secret)
        context.publisher.log("notice", f"changed the password of {name} in {store.url}")
    if plan.password is None:
        context.disclose(name, password, lasting=True)


def _name(text: str) -> str:
    name = account_name(text)
    if name is None:
        reason = f"a name has 1 to {LONGEST} printable characters without space, colon and comma"
        raise BadUsage("NAME", reason)
    return name


def _write(out: TextIO, accounts: list[Account]) -> None:
    """One line an account, tab-separated; column heads only for a reader at a terminal."""
    try:
        out.write((HEADER if out.isatty() else "") + "".join(map(_row, accounts)))
        out.flush()
    except OSError as error:
        raise cannot_write("standard output", error) from error


def _row(account: Account) -> str:
    state = "disabled" if account.disabled else "enabled"
    columns = (account.name, state, _LOGIN[account.login], ",".join(account.groups))
    return "\t".join(map(safe_line, columns)) + "\n"
