"""Where what is asked for below a prefix is to be found on the upstream, and the way back."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from tnet.errors import BadUsage
from tnet.plans.urls import parse_url, percent_encoded
from tnet.plans.web import ProxyRoute
from tnet.servers.web.bodies import Refusal

_SEPARATOR = re.compile(rb"[/\\]")


class Places:
    """Translates between our paths and the upstream's, in both directions and byte by byte: nothing is decoded."""

    def __init__(self, route: ProxyRoute) -> None:
        self._url = route.url
        self._depth = len(route.prefix.strip("/").split("/"))
        self._prefix = percent_encoded(route.prefix).encode("ascii")
        self._whole = route.url.target.encode("ascii")
        self._base = self._whole.rstrip(b"/")

    def there(self, target: bytes) -> bytes:
        """What to ask the upstream for when we are asked for `target`, which is below the prefix.

        Raises: Refusal for a path that an upstream could take for one beside its own.
        """
        path, question, query = target.partition(b"?")
        names = path.split(b"/")[1 + self._depth :]
        if any(map(_leads_up, names)):
            raise Refusal(400, "a path must not lead upwards")
        found = self._base + b"".join(b"/" + name for name in names) if names else self._whole
        return found + question + query

    def here(self, reference: bytes) -> bytes:
        """What the upstream calls `reference`, as our clients reach it; unchanged when it is not below its path."""
        wanted, mark, fragment = reference.partition(b"#")
        path = wanted if wanted.startswith(b"/") and not wanted.startswith(b"//") else self._path_of(wanted)
        before, question, query = path.partition(b"?")
        if not before or not self._is_below(before):
            return reference
        return self._prefix + before[len(self._base) :] + question + query + mark + fragment

    def cookie_path(self, path: bytes) -> bytes:
        """The Path of a cookie that the upstream gives `path`; one for more than what we ask of it is for all of that.

        Source: RFC 6265 section 5.1.4.
        """
        if (self._base + b"/").startswith(path.rstrip(b"/") + b"/"):
            return self._prefix
        return self._prefix + path[len(self._base) :] if self._is_below(path) else path

    def is_upstream(self, domain: bytes) -> bool:
        """Whether the Domain of a cookie names the upstream, which nobody here has heard of."""
        return domain.lstrip(b".").lower() == self._url.host.encode("utf-8", "surrogateescape")

    def _path_of(self, reference: bytes) -> bytes:
        """The path and query of an absolute reference to the upstream; of any other nothing."""
        scheme = f"{self._url.scheme}:" if reference.startswith(b"//") else ""
        if not scheme and not reference.lower().startswith((b"http://", b"https://")):
            return b""
        try:
            url = parse_url(scheme + reference.decode("utf-8", "surrogateescape"))
        except BadUsage:
            return b""
        return url.target.encode("ascii") if url.origin == self._url.origin else b""

    def _is_below(self, path: bytes) -> bool:
        return path == self._base or path.startswith(self._base + b"/")


def _leads_up(name: bytes) -> bool:
    """Whether somebody who decodes it once or twice, or drops what follows a `;`, could read it as `..`."""
    once = unquote_to_bytes(name)
    parts = _SEPARATOR.split(once) + _SEPARATOR.split(unquote_to_bytes(once))
    return any(part.partition(b";")[0] == b".." for part in parts)
