"""Who we say that we are, and to whom: never to anybody but the one whom a login was meant for.

What reads netrc and answers digests is imported when it is needed.

Source: RFC 9110 section 11; RFC 7617 for basic, RFC 6750 for bearer; CVE-2024-11053, CVE-2025-0167 for netrc.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from tnet.clients.fetch.request import Headers, Request
from tnet.errors import BadUsage, CannotRead, LoginDenied
from tnet.net.context import Context
from tnet.plans.fetch import Body, Login
from tnet.plans.urls import Url
from tnet.protocols.http1.responses import ResponseHead

if TYPE_CHECKING:
    from tnet.clients.fetch.netrc import Entry
    from tnet.protocols.challenges import Challenge
    from tnet.protocols.digest import Terms

MOST_ORIGINS = 64


@dataclass(slots=True)
class _Talk:
    """The terms of one origin's digest, and how often their nonce was used."""

    terms: Terms
    cnonce: str = field(default_factory=lambda: os.urandom(16).hex())
    count: int = 0


class Credentials:
    """What goes into Authorization.

    A login of the command line goes to the `origins` that it names, and not with a request that was led astray. One
    of netrc goes to its own host, also where a redirect leads there, but not once https was left; the one for any
    host goes where one of the command line would go. Basic and bearer are shown at once, digest once it was asked for.
    """

    def __init__(
        self,
        login: Login,
        first: Url,
        context: Context,
        entries: Sequence[Entry] = (),
        origins: Collection[tuple[str, str, int]] = (),
    ) -> None:
        self._login = login
        self._first = first
        self._origins = frozenset(origins) | {first.origin}
        self._log = context.publisher.log
        self._entries = entries
        self._talks: dict[tuple[str, str, int], _Talk] = {}

    @classmethod
    async def open(
        cls, login: Login, first: Url, context: Context, origins: Collection[tuple[str, str, int]] = ()
    ) -> Self:
        """Read netrc, where the login leaves something open that it could tell.

        Raises: CannotRead; a file that was not named may be missing.
        """
        if not login.netrc or login.token or login.password:
            return cls(login, first, context, (), origins)
        return cls(login, first, context, await _entries(login.netrc_file, context), origins)

    def headers(self, request: Request) -> Headers:
        """The Authorization to send with `request`; nothing where it has one, leaves it out, or none is known.

        Raises: LoginDenied when the body would have to be vouched for, and is not in memory; BadUsage for a user
        whom basic cannot name.
        """
        if request.value("authorization") is not None or _leaves_it_out(request):
            return ()
        if self._login.token:
            return (("Authorization", f"Bearer {self._login.token}"),) if self._is_ours(request) else ()
        login = self._login_for(request)
        if login is None:
            return ()
        talk = self._talks.get(request.url.origin)
        if talk is not None:
            return (("Authorization", _digest(talk, login, request)),)
        if login.kind != "basic":
            return ()
        if ":" in (login.user or ""):
            raise BadUsage("login", "basic cannot show a user name with a colon")
        return (("Authorization", _basic(login)),)

    def challenged(self, request: Request, head: ResponseHead) -> bool:
        """Learn from the answer to `request`, as it was sent; whether to ask again, with what `headers` gives now.

        Raises: LoginDenied when every way of logging in that is offered is none of ours.
        """
        login = self._login_for(request)
        if head.status != 401 or login is None or _leaves_it_out(request):
            return False
        from tnet.protocols.challenges import parse_challenges
        from tnet.protocols.digest import best_terms

        offered = parse_challenges(head.values(b"www-authenticate"))
        terms = best_terms(offered)
        if not _is_worth_it(request, login, terms, offered):
            return False
        if terms is None:
            raise LoginDenied(request.url.authority, _why(login, offered))
        self._take(terms, request.url)
        return True

    def _login_for(self, request: Request) -> Login | None:
        """The user and password for `request`, its kind that of the login."""
        login, ours = self._login, self._is_ours(request)
        if login.token or (login.user is not None and not ours):
            return None
        if login.user is None and request.stray and _leaves_https(self._first, request.url):
            return None
        found = self._entry(request.url.host, anywhere=ours)
        if found is not None and (found.user or found.password):
            return replace(login, user=found.user, password=found.password)
        return login if login.user is not None else None

    def _entry(self, host: str, *, anywhere: bool) -> Entry | None:
        """What netrc knows for `host`, or `anywhere`."""
        if not self._entries:
            return None
        from tnet.clients.fetch.netrc import entry_for

        return entry_for(self._entries, host, self._login.user, default=anywhere)

    def _is_ours(self, request: Request) -> bool:
        return request.url.origin in self._origins and not request.stray

    def _take(self, terms: Terms, url: Url) -> None:
        if terms.weak and url.origin not in self._talks:
            self._log("notice", f"the login at {url.authority} is protected by MD5 alone: nothing better is offered")
        self._talks[url.origin] = _Talk(terms)
        if len(self._talks) > MOST_ORIGINS:
            del self._talks[next(iter(self._talks))]


async def _entries(named: str | None, context: Context) -> list[Entry]:
    """What netrc says; a file that was `named` has to be there."""
    from tnet.clients.fetch.netrc import netrc_path, parse_netrc
    from tnet.clients.fetch.private_file import open_to_others, read_private

    path = named or netrc_path()
    data, seen = await context.workers.run(lambda: (read_private(path), open_to_others(path)))
    if data is None and named:
        raise CannotRead(path, "no such file")
    if seen:
        context.publisher.log("warning", f"others can read {path}, which holds passwords", f"chmod 600 {path}")
    return parse_netrc(data or b"", path)


def _is_worth_it(request: Request, login: Login, terms: Terms | None, offered: list[Challenge]) -> bool:
    """Whether there is something to answer that was not answered already, and refused."""
    shown = request.value("authorization")
    if shown is None:
        return bool(offered)
    if shown == _basic(login):
        return bool(offered) and all(each.scheme != "basic" for each in offered)
    from tnet.protocols.challenges import parse_challenges

    sent = parse_challenges([shown.encode("utf-8", "surrogateescape")])
    if terms is None or not sent or sent[0].scheme != "digest":
        return False
    return terms.stale or terms.realm != sent[0].params.get("realm")


def _leaves_it_out(request: Request) -> bool:
    return any(name.lower() == "authorization" for name in request.unset)


def _why(login: Login, offered: list[Challenge]) -> str:
    schemes = ", ".join(dict.fromkeys(each.scheme for each in offered))
    if login.kind == "digest":
        return f"a digest was to be shown, and it offers none that can be made ({schemes})"
    return f"it offers {schemes}, and neither basic nor a digest that can be made"


def _leaves_https(first: Url, url: Url) -> bool:
    return first.scheme == "https" and url.scheme != "https"


def _basic(login: Login) -> str:
    pair = f"{login.user or ''}:{login.password}".encode("utf-8", "surrogateescape")
    return f"Basic {b64encode(pair).decode('ascii')}"


def _digest(talk: _Talk, login: Login, request: Request) -> str:
    from tnet.protocols.digest import authorization

    talk.count += 1
    return authorization(
        talk.terms,
        login.user or "",
        login.password,
        request.method,
        request.url.target,
        count=talk.count,
        cnonce=talk.cnonce,
        body=_vouched(request) if talk.terms.qop == "auth-int" else b"",
    )


def _vouched(request: Request) -> bytes:
    body = request.body or Body()
    if body.path is not None or body.parts or body.deflate:
        reason = "it wants the body vouched for (auth-int), which can be done for one in memory alone"
        raise LoginDenied(request.url.authority, reason)
    return body.data
