"""Links that open one path to whoever has them, for a while.

`POST PATH` with the form fields `action=share` and, if wanted, `expires` in seconds gives a link to a file or a
directory: `/_tnet/share/TOKEN/NAME` or `/_tnet/share/TOKEN/`. It is for reading alone, and opens that path and nothing
else, wherever a symbolic link below it leads. It ends when its time is over, when the key file is removed, or when
whoever made it may no longer read the path.

Shape: as JSON, `{"url": "http://host/_tnet/share/…", "path": "/_tnet/share/…", "expires": "2026-01-02T03:04:05Z"}`.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from twisted.internet.defer import Deferred
from twisted.web.resource import IResource, Resource

from tnet.accounts.store import Account
from tnet.escape import safe_line
from tnet.servers.web.access.answers import give
from tnet.servers.web.access.credentials import Token, read_credentials
from tnet.servers.web.access.logins import Logins
from tnet.servers.web.access.rules import RulePermissions, Rules
from tnet.servers.web.access.signing import Expired, Forged, Signer, lifetime
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenDirectory, OpenFile
from tnet.servers.web.filters import Filter
from tnet.servers.web.permissions import Permissions, Place, Right
from tnet.servers.web.writing.origin import judge_origin

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest

MOUNT = b"/_tnet/share"

_BELOW = (b"_tnet", b"share")
_ENDED = "this link has ended"


class Shares(Filter):
    """Makes links, and lets in who comes with one; `granted` is what the site was asked to do at all.

    Units: `wall` gives seconds since the epoch.
    """

    def __init__(self, key: bytes, wall: Callable[[], float], logins: Logins, rules: Rules, granted: Right) -> None:
        self._signer = Signer(key, "web share", wall)
        self._logins = logins
        self._rules = rules
        self._granted = granted & (Right.READ | Right.LIST)

    # ── making one ──

    async def make(self, request: WebRequest, opened: OpenFile | OpenDirectory, names: Sequence[bytes]) -> None:
        """Answer with a link to what was opened at `names`, and close that.

        Raises: Refusal.
        """
        opened.close()
        judge_origin(request)
        request.permissions.demand(Right.READ, names, opened.names)
        if request.account is None:
            raise RulePermissions(self._rules, None, Right.NONE).refusal()
        if isinstance(read_credentials(request.requestHeaders.getRawHeaders(b"authorization", [])), Token):
            raise Refusal(403, "a token cannot make a link, which may outlive it: log in with a password")
        statement = {"user": request.account.name, "path": _joined(names)}
        if tuple(names) != opened.names:
            statement["real"] = _joined(opened.names)
        is_file = isinstance(opened, OpenFile)
        if is_file:
            statement["file"] = "1"
        token, ends = self._signer.sign(statement, lifetime(request.args))
        _answer(request, f"{MOUNT.decode()}/{token}/" + (quote(names[-1], safe="") if is_file else ""), ends)

    # ── opening one ──

    def before(self, request: WebRequest) -> Deferred[None] | None:
        """Give whoever comes with a link the rights that it stands for, and no others.

        Raises: Refusal, 404 for a link that we never made, 405 for more than reading, 410 for one that has ended.
        """
        if tuple(request.postpath[:2]) != _BELOW:
            return None
        if request.method not in (b"GET", b"HEAD"):
            raise Refusal(405, "a link is for reading", {b"Allow": b"GET, HEAD"})
        said, _ = self._read(request.postpath[2:])
        tops = (_names(said["path"]), _names(said.get("real", said["path"])))
        request.unshown = max(0, len(tops[0]) - 1)
        return self._logins.standing(said["user"]).addCallback(self._opened, request, tops)

    def forward(self, request: WebRequest) -> None:
        """Make a path below the mount what it stands for: the token gives way to the names that it was signed for."""
        _, names = self._read(request.postpath)
        request.postpath[:] = [*names, *request.postpath[1:]]

    def _read(self, segments: Sequence[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        """What the link says, and the names that stand in place of its token."""
        try:
            said = self._signer.read(segments[0] if segments else b"")
        except Expired:
            raise Refusal(410, _ENDED) from None
        except Forged:
            raise Refusal(404, "there is no such link") from None
        names = _names(said["path"])
        if "file" not in said and (names or len(segments) > 1):
            return said, names
        if list(segments[1:]) != names[-1:] or not names:
            raise Refusal(404)
        return said, names[:-1]

    def _opened(self, maker: Account | None, request: WebRequest, tops: tuple[Place, Place]) -> None:
        if maker is None:
            raise Refusal(410, _ENDED)
        permissions = LinkPermissions(tops, RulePermissions(self._rules, maker, self._granted))
        if not permissions.allows(Right.READ, *tops):
            raise Refusal(410, _ENDED)
        request.permissions = permissions


class LinkPermissions(Permissions):
    """What `maker` may do, at and below one of `tops` alone."""

    def __init__(self, tops: Sequence[Place], maker: Permissions) -> None:
        super().__init__()
        self._tops = tops
        self._maker = maker

    def at(self, place: Place) -> Right:
        """The rights at one place."""
        if not any(tuple(place[: len(top)]) == tuple(top) for top in self._tops):
            return Right.NONE
        return self._maker.at(place)

    def refusal(self) -> Refusal:
        """A link does not tell what else there is."""
        return Refusal(404)


class LinkResource(Resource):
    """Stands at `/_tnet/share`, and lets `tree` answer for what links lead to."""

    def __init__(self, shares: Shares, tree: IResource) -> None:
        super().__init__()
        self._shares = shares
        self._tree = tree

    def getChildWithDefault(self, path: bytes, request: Any) -> IResource:
        """The tree; the path is then the one that the link was made for."""
        request.postpath.insert(0, request.prepath.pop())
        self._shares.forward(request)
        return self._tree


def _joined(names: Sequence[bytes]) -> str:
    return "/".join(quote(name, safe="") for name in names)


def _names(joined: str) -> list[bytes]:
    return [unquote_to_bytes(name) for name in joined.split("/") if name]


def _answer(request: WebRequest, path: str, ends: int) -> None:
    host = safe_line((request.getHeader(b"host") or b"").decode("latin-1"))
    scheme = "https" if request.channel.isSecure() else "http"
    url = f"{scheme}://{host}{path}" if host else path
    page = "<p>Whoever has it can read this until {until}:</p>"
    page += f'<p><a href="{html.escape(path)}">{html.escape(url)}</a></p>'
    request.setHeader(b"Location", path.encode("ascii"))
    give(request, "Link", {"url": url, "path": path}, page, ends)
