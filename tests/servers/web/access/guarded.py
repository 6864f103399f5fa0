"""A directory behind a guard, in memory."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from twisted.internet.task import Clock
from twisted.web.resource import Resource

from tests.servers.web.access.doors import FakeDoors
from tests.servers.web.served import ServedTestCase
from tests.servers.web.wire import Wire
from tests.support import AtOnce
from tnet.plans.web import parse_acl
from tnet.servers.web.access.guard import Guard
from tnet.servers.web.access.logins import Logins
from tnet.servers.web.access.proven import Proven
from tnet.servers.web.access.rules import Rules
from tnet.servers.web.access.shares import MOUNT, LinkResource, Shares
from tnet.servers.web.access.tokens import TokenResource, Tokens
from tnet.servers.web.files.root import Root
from tnet.servers.web.mounts import Mounts
from tnet.servers.web.permissions import Right
from tnet.servers.web.tree import Tree

KEY = b"k" * 32


class Hook(Resource):
    """Something at a path of its own, which knows nothing of permissions."""

    isLeaf = True

    def render(self, request: Any) -> bytes:
        return b"hook"


def basic(user: str, password: str = "pw") -> str:
    """The field that logs in."""
    return "Authorization: Basic " + b64encode(f"{user}:{password}".encode()).decode()


class GuardedTestCase(ServedTestCase):
    """alice is in @staff; both passwords are `pw`."""

    def guarded(
        self, *acl: str, open_to_all: bool = False, logins: bool = True, granted: Right = Right.ALL, **tree: Any
    ) -> Wire:
        """A wire to the directory, with a hook at /hook, tokens and links."""
        self.clock, self.doors = Clock(), FakeDoors()
        rules = Rules([rule for text in acl for rule in parse_acl(text)], logins=logins, open_to_all=open_to_all)
        tokens = Tokens(KEY, self.clock.seconds)
        self.logins = Logins(self.doors, tokens, Proven(self.clock.seconds))
        shares = Shares(KEY, self.clock.seconds, self.logins, rules, granted)
        guard = Guard(rules, granted, self.logins if logins else None, mounted=["/hook", "/_tnet"])
        root = Root(self.path)
        self.addCleanup(root.close)
        served = Tree(root, AtOnce(), shares=shares if logins else None, **tree)
        mounts = Mounts(served)
        mounts.mount(b"/hook", Hook())
        mounts.mount(b"/_tnet/token", TokenResource(tokens, self.doors.standing))
        mounts.mount(MOUNT, LinkResource(shares, served))
        self.wire = Wire(mounts, filters=[guard, shares])
        return self.wire

    def fresh(self) -> Wire:
        """Another connection: one ends when a body was refused."""
        wire = Wire(site=self.wire.site)
        wire.clock = self.wire.clock
        return wire

    def form(self, path: str, fields: str, *more: str) -> Any:
        """The JSON answer to a form, or the status of one that was refused."""
        media = "Content-Type: application/x-www-form-urlencoded"
        wire = self.fresh()
        wire.ask("POST", path, media, "Accept: application/json", *more, body=fields.encode())
        reply = wire.reply()
        return json.loads(reply.body) if reply.status == 201 else reply.status

    def statuses(self, paths: Sequence[str], *fields: str) -> list[int]:
        """What each path is answered with."""
        return [self.wire.get(path, *fields).status for path in paths]
