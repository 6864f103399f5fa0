"""What `tnet users` does: add, list, change the password, disable, enable, remove, import."""

from __future__ import annotations

import sys
from typing import TextIO

from tnet.accounts import listing, passwords
from tnet.accounts.hashing import Argon2, readable
from tnet.accounts.htpasswd import Malformed, parse
from tnet.accounts.keys import Unusable, read_keys
from tnet.accounts.location import open_store
from tnet.accounts.names import LONGEST, account_name
from tnet.accounts.store import Account, EditableStore, Entry, Login
from tnet.errors import BadUsage, CannotRead, ExitStatus, cannot_write
from tnet.net.context import Context
from tnet.plans.users import UsersPlan

FILE_BYTES = 16 << 20


async def administer(plan: UsersPlan, context: Context) -> ExitStatus:
    """Carry out one change or look.

    Raises: BadUsage, CannotRead, AccountExists, NoSuchAccount, StoreIsReadOnly, StoreFailed; OutputClosed or
    CannotWrite for the list.
    """
    store = open_store(plan.users, context)
    try:
        await _carry_out(plan, store, context)
    finally:
        await store.close()
    return ExitStatus.OK


async def _carry_out(plan: UsersPlan, store: EditableStore, context: Context) -> None:
    done = context.publisher.log
    match plan.action:
        case "list":
            await context.workers.run(_write, sys.stdout, await store.accounts(), as_json=plan.as_json)
        case "import":
            entries = await context.workers.run(_read_entries, plan.file)
            await store.add(*entries)
            done("notice", f"imported {len(entries)} account{'s' * (len(entries) != 1)} into {store.url}")
        case "add":
            await _add(plan, _name(plan.name), store, context)
        case "passwd":
            await _change_password(plan, _name(plan.name), store, context)
        case "disable":
            await store.disable(name := _name(plan.name))
            done("notice", f"disabled {name} in {store.url}")
        case "enable":
            await store.enable(name := _name(plan.name))
            done("notice", f"enabled {name} in {store.url}")
        case "remove":
            await store.remove(name := _name(plan.name))
            done("notice", f"removed {name} from {store.url}")


async def _add(plan: UsersPlan, name: str, store: EditableStore, context: Context) -> None:
    """A new account, with the password of the plan, a random one that is then shown, or none."""
    groups = tuple(_name(group, "--group") for group in dict.fromkeys(plan.groups))
    keys: tuple[str, ...] = await context.workers.run(_read_key_files, plan.key_files)
    if plan.no_password:
        login = Login.KEY if keys else Login.NOTHING
        await store.add(Entry(Account(name, groups=groups, login=login, keys=keys), None))
        context.publisher.log("notice", f"added {name}, without a password, to {store.url}")
        return
    password, secret = await _new_password(plan, context)
    await store.add(Entry(Account(name, groups=groups, keys=keys), secret))
    context.publisher.log("notice", f"added {name} to {store.url}")
    _disclose(plan, name, password, context)


async def _change_password(plan: UsersPlan, name: str, store: EditableStore, context: Context) -> None:
    password, secret = await _new_password(plan, context)
    await store.change(name, secret)
    context.publisher.log("notice", f"changed the password of {name} in {store.url}")
    _disclose(plan, name, password, context)


async def _new_password(plan: UsersPlan, context: Context) -> tuple[str, str]:
    """The password of the plan, or a random one, and its secret."""
    password = passwords.generate() if plan.password is None else plan.password
    return password, await context.workers.run(Argon2().hash, passwords.as_bytes(password))


def _disclose(plan: UsersPlan, name: str, password: str, context: Context) -> None:
    if plan.password is None:
        context.disclose(name, password, lasting=True)


def _name(text: str, field: str = "NAME") -> str:
    name = account_name(text)
    if name is None:
        reason = f"a name has 1 to {LONGEST} printable characters without space, colon and comma"
        raise BadUsage(field, reason)
    return name


def _read_key_files(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The keys in all the files, each once. Blocks. Raises: CannotRead."""
    keys: dict[str, None] = {}
    for path in paths:
        try:
            keys.update(dict.fromkeys(read_keys(_read(path))))
        except Unusable as error:
            raise CannotRead(path, str(error)) from error
    return tuple(keys)


def _read_entries(path: str) -> tuple[Entry, ...]:
    """The accounts in a file of `NAME:SECRET` lines. Blocks. Raises: CannotRead."""
    try:
        entries = parse(_read(path), readable)
    except Malformed as error:
        raise CannotRead(path, str(error)) from error
    if not entries:
        raise CannotRead(path, "it names no account")
    return tuple(entries.values())


def _read(path: str) -> bytes:
    try:
        with open(sys.stdin.fileno() if path == "-" else path, "rb", closefd=path != "-") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise CannotRead(path, error.strerror or str(error)) from error
    if len(data) > FILE_BYTES:
        raise CannotRead(path, f"larger than {FILE_BYTES} bytes")
    return data


def _write(out: TextIO, accounts: list[Account], *, as_json: bool) -> None:
    form = listing.json_lines if as_json else listing.table if out.isatty() else listing.tsv
    try:
        out.write(form(accounts))
        out.flush()
    except OSError as error:
        raise cannot_write("standard output", error) from error
