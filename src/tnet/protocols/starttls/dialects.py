"""The dialects by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from tnet.errors import BadUsage
from tnet.protocols.starttls.upgrade import Upgrade

DIALECTS = ("smtp", "imap", "pop3", "ftp", "xmpp", "postgres", "ldap")


def upgrade_of(dialect: str, peer: str, host: str = "") -> Upgrade:
    """How a server of that dialect is asked for TLS; `peer` is what errors call it, `host` what it calls itself.

    Raises: BadUsage: nobody knows the dialect.
    """
    if dialect not in DIALECTS:
        raise BadUsage("--starttls", f"{dialect!r} is none of {', '.join(DIALECTS)}")
    module = import_module(f"tnet.protocols.starttls.{dialect}")
    made: Upgrade = getattr(module, dialect.capitalize())(peer, host)
    return made
