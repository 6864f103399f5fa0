"""The local authority: a CA of this user's own, so that a server can speak TLS before anybody gives it a certificate.

It is made once, and kept with its key under the user's data folder. tnet's clients believe it; others can be told to
(`curl --cacert`). Everything here blocks: it runs in a worker thread.

Source: XDG Base Directory Specification 0.8 for the folder.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from tnet.errors import OwnCertificateUnusable
from tnet.net.outward import outward_addresses
from tnet.net.tls.identity import Identity, pair
from tnet.net.tls.signing import LEAF_DAYS, make_leaf, make_root, names_of, pem
from tnet.places import data_folder

RENEW_DAYS = 60

_EVERYWHERE = ("0.0.0.0", "::", "")


def default_folder() -> str:
    """Where the authority of this user is kept."""
    return str(data_folder() / "ca")


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


def local_names(listening: Iterable[str]) -> tuple[str, ...]:
    """What a server that listens on the addresses in `listening` can be called, from here and from outside."""
    hosts = tuple(listening)
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname().lower()}
    if any(host in _EVERYWHERE for host in hosts):
        names |= outward_addresses()
    names |= {host.partition("%")[0].lower() for host in hosts if host not in _EVERYWHERE}
    return tuple(sorted(filter(_nameable, names)))


class Authority:
    """The CA in `folder`, which is made when it is first asked for a certificate."""

    def __init__(self, folder: str, now: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._now = now
        self._root_path = os.path.join(folder, "authority.pem")
        self._leaf_path = os.path.join(folder, "server.pem")
        self.public_path = os.path.join(folder, "ca.pem")

    def leaf(self, names: tuple[str, ...]) -> Identity:
        """A certificate for `names`: the one kept from the last time, if it covers them and will for a while.

        Raises: OwnCertificateUnusable: the folder cannot be used, or what it holds is damaged or not private.
        """
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            root = self._root()
            return self._kept(root, names) or self._issued(root, names)
        except OSError as error:
            raise OwnCertificateUnusable(error.filename or self._folder, error.strerror or str(error)) from error

    # ── the root ──

    def _root(self) -> Identity:
        found = _load(self._root_path)
        if found is None or not self._lasts(found, LEAF_DAYS):
            found = self._establish(instead=found)
        public = pem(found.chain[0])
        if _read(self.public_path) != public:
            os.replace(self._draft(public), self.public_path)
        return found

    def _establish(self, instead: Identity | None) -> Identity:
        """Make a root. Of two processes that make the first one at once, the slower takes the quicker one's."""
        draft = self._draft(pem(*make_root(f"tnet local authority on {socket.gethostname()}", self._now())))
        try:
            if instead is None:
                os.link(draft, self._root_path)
            else:
                os.replace(draft, self._root_path)
        except FileExistsError:
            pass
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft)
        made = _load(self._root_path)
        assert made is not None, "it was linked there"
        return made

    # ── the leaf ──

    def _kept(self, root: Identity, names: tuple[str, ...]) -> Identity | None:
        try:
            found = _load(self._leaf_path)
            if found is None or not self._lasts(found, RENEW_DAYS) or not names_of(found.chain[0]) >= set(names):
                return None
            found.chain[0].verify_directly_issued_by(root.chain[0])
        except (OwnCertificateUnusable, ValueError, TypeError, InvalidSignature):
            return None
        return found

    def _issued(self, root: Identity, names: tuple[str, ...]) -> Identity:
        root_key = cast(EllipticCurvePrivateKey, root.key)
        certificate, key = make_leaf(root.chain[0], root_key, names, self._now())
        os.replace(self._draft(pem(certificate, key)), self._leaf_path)
        return Identity(self._leaf_path, (certificate,), key)

    def _lasts(self, identity: Identity, days: int) -> bool:
        return identity.ends > self._now() + timedelta(days=days)

    def _draft(self, data: bytes) -> str:
        """The path of a new private file with `data`: it gets its name in one step, so nobody ever reads half a key."""
        path = os.path.join(self._folder, f".draft-{token_hex(8)}")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        return path


def _load(path: str) -> Identity | None:
    """The certificate and key in one file; None when there is no such file."""
    data = _read(path)
    if data is None:
        return None
    if os.stat(path).st_mode & 0o077:
        raise OwnCertificateUnusable(path, "others can read its key: remove it, and a new one is made")
    return pair(path, data, data)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _nameable(name: str) -> bool:
    """Whether a certificate can name it: an address, or ASCII labels."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return name.isascii() and all(label.replace("-", "").isalnum() for label in name.split("."))
