"""The dialects there are, by the names that people give them."""

from __future__ import annotations

from collections.abc import Callable

from tnet.protocols.auth.dialogue import Dialect
from tnet.protocols.auth.line import LineDialect
from tnet.protocols.auth.pop3 import Pop3Dialect
from tnet.protocols.auth.redis import RedisDialect

DIALECTS: dict[str, Callable[[int], Dialect]] = {"line": LineDialect, "pop3": Pop3Dialect, "redis": RedisDialect}
"""Each makes the dialogue of one connection that may try to log in so many times."""
