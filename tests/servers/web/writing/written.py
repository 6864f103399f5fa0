"""What the tests of writing share: a directory that may be changed, and what must be left of a change."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tests.servers.web.served import ServedTestCase
from tests.servers.web.wire import Reply, Wire
from tests.support import AtOnce
from tnet.servers.web.files.root import Root
from tnet.servers.web.permissions import Permissions, Right
from tnet.servers.web.tree import Tree
from tnet.servers.web.writing.writing import Writing


class Some(Permissions):
    """Other rights below some places."""

    def __init__(self, granted: Right, **below: Right) -> None:
        super().__init__(granted)
        self.below = {name.encode(): right for name, right in below.items()}

    def at(self, place: Sequence[bytes]) -> Right:
        for name in place:
            if name in self.below:
                return self.below[name]
        return super().at(place)


class WritingTestCase(ServedTestCase):
    """Has a directory that takes uploads, and may be changed."""

    def setUp(self) -> None:
        super().setUp()
        self.descriptors = 0
        self.now = time.time()

    def open(
        self,
        *,
        workers: Any = None,
        permissions: Permissions | None = None,
        max_body_bytes: int = 1 << 20,
        hidden: bool = False,
        follow_symlinks: bool = False,
        **options: Any,
    ) -> Wire:
        """A wire to it."""
        root = Root(self.path, hidden=hidden, follow_symlinks=follow_symlinks)
        self.addCleanup(root.close)
        self.descriptors += 1
        workers = workers or AtOnce()
        self.writing = Writing(root, workers, **{"modify": True, "wall": lambda: self.now} | options)
        tree = Tree(root, workers, writing=self.writing)
        return Wire(tree, max_body_bytes=max_body_bytes, permissions=permissions)

    def ask(self, wire: Wire, method: str, path: str, *fields: str, body: bytes = b"") -> Reply:
        """The response to one request, on a new connection if need be; `self.interim` are the heads before it."""
        if wire.socket.disconnecting or wire.socket.half_closed:
            vars(wire).update(vars(Wire(site=wire.site)))
        wire.ask(method, path, *fields, body=body)
        self.interim: list[Reply] = []
        while (reply := wire.reply(bodiless=method == "HEAD")).status < 200:
            self.interim.append(reply)
        return reply

    def status(self, wire: Wire, method: str, path: str, *fields: str, body: bytes = b"") -> int:
        """The status of the response to one request."""
        return self.ask(wire, method, path, *fields, body=body).status

    def mtime(self, name: str) -> int:
        """When a file was changed."""
        return os.stat(os.path.join(self.path, name)).st_mtime_ns

    def unfinished(self, directory: str = "") -> list[str]:
        """The hidden files of uploads in a directory."""
        return sorted(name for name in self.names(directory) if name.startswith(".tnet-upload-"))

    def nothing_left(self) -> None:
        """No unfinished file, no descriptor and no claimed room is left of what did not happen."""
        found = [name for path, _, files in os.walk(self.path) for name in files if name.startswith(".tnet")]
        self.assertEqual(found, [])
        self.assertEqual(self.open_here(), self.descriptors)

    def open_here(self) -> int:
        """How many descriptors lead to the directory, or to what is in it."""
        here, count = os.path.realpath(os.path.dirname(self.path)), 0
        for fd in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                count += os.readlink(f"/proc/self/fd/{fd}").startswith(here)
        return count
