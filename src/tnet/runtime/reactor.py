"""The reactor: chosen here, and imported nowhere else.

A reactor of Twisted's brings TLS with it, a third of what a whole `tnet fetch` of something small takes. In a process
of our own nobody uses it: whoever needs TLS, here, gets it from `tnet.net.tls` on top of any transport. So our reactor
is imported as where pyOpenSSL is not installed, which Twisted provides for; what imports TLS afterwards finds it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Twisted does without these where they cannot be imported; a contract test says when it does not, or has others.
DISPENSABLE = ("twisted.protocols.tls", "twisted.internet.ssl")


def install() -> Any:
    """The process's reactor: ours where it can run, else Twisted's choice; one that is already installed stays."""
    if sys.platform == "linux" and "twisted.internet.reactor" not in sys.modules:
        from twisted.internet.main import installReactor

        with missing(*DISPENSABLE):
            from tnet.runtime.epoll import LeanEPollReactor
        installReactor(LeanEPollReactor())
    from twisted.internet import reactor

    return reactor


@contextmanager
def missing(*names: str) -> Iterator[None]:
    """A block in which the modules called `names` cannot be imported, unless they have been already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: Python's own mark for "not there"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
