"""What is remembered: within a command its cookies, and between commands what a cookie file and a session keep."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from tnet.clients.fetch.cookies.cookie import Cookie
from tnet.clients.fetch.cookies.jar import Jar
from tnet.clients.fetch.cookies.netscape import as_netscape, parse_netscape
from tnet.clients.fetch.cookies.suffixes import public_suffixes
from tnet.clients.fetch.private_file import read_private, replace_private
from tnet.clients.fetch.request import Headers, Request
from tnet.clients.fetch.session import Session, as_json, parse_session, session_path
from tnet.errors import cannot_write
from tnet.net.context import Context
from tnet.plans.fetch import Login, Memory
from tnet.plans.urls import Url
from tnet.protocols.http1.responses import ResponseHead

_NOBODY = Login()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the files held; `session` is None where there was none, `skipped` counts the lines that were no cookies."""

    cookies: list[Cookie] = field(default_factory=list)
    skipped: int = 0
    session: Session | None = None


class Remembered:
    """Dresses requests in what is remembered, and learns from their answers.

    Cookies go where their own rules let them go, along redirects too; the headers of a session to the origin that
    it is used for alone. `login` is the one to use: that of the command line, or else of the session.
    """

    def __init__(self, memory: Memory, first: Url, context: Context, now: Callable[[], float], kept: _Kept) -> None:
        self.login = _NOBODY
        self._memory = memory
        self._first = first
        self._context = context
        self._kept = kept
        self._session = kept.session or Session()
        self._jar = Jar(now, [*kept.cookies, *self._session.cookies])

    @classmethod
    async def open(
        cls,
        memory: Memory,
        first: Url,
        context: Context,
        *,
        login: Login = _NOBODY,
        headers: Headers = (),
        now: Callable[[], float] = time.time,
    ) -> Self:
        """Read what `memory` names, as far as it is there; `login` and `headers` are those that the user gave.

        Units: `now` is the wall clock, in seconds since 1970.

        Raises: CannotRead; BadUsage for a session's name.
        """
        kept, path = _Kept(), _path(memory, first)
        if memory.cookie_jar is not None or path is not None:
            kept = await context.workers.run(_read, memory.cookie_jar, path)
        if kept.skipped:
            context.publisher.log(
                "warning", f"{memory.cookie_jar}: {kept.skipped} lines hold no cookie that can be believed"
            )
        remembered = cls(memory, first, context, now, kept)
        remembered._begin(login, headers)
        return remembered

    def headers(self, request: Request) -> Headers:
        """What to send with `request` that it does not have yet."""
        ours = request.url.origin == self._first.origin and not request.stray
        cookies = self._jar.field(request.url)
        return (self._session.headers if ours else ()) + ((("Cookie", cookies),) if cookies else ())

    def learn(self, request: Request, head: ResponseHead) -> None:
        """Take in the cookies of an answer to `request`."""
        values = head.values(b"set-cookie")
        refused = self._jar.learn(request.url, values)
        if refused:
            text = f"{refused} of {len(values)} cookies from {request.url.authority} were refused"
            self._context.publisher.log("debug", text)

    async def close(self) -> None:
        """Write down what has changed.

        Raises: CannotWrite.
        """
        for write in self._changes():
            await self._context.workers.run(write)

    def _begin(self, login: Login, headers: Headers) -> None:
        """Take over what the user gave."""
        self.login = login
        if self._memory.session is None:
            return
        self._session = self._session.given(login, headers, self._first)
        for cookie in self._session.cookies:
            self._jar.put(cookie)
        if self._session.login is not None and login.user is None and not login.token:
            self.login = replace(self._session.login, netrc=login.netrc, netrc_file=login.netrc_file)

    def _changes(self) -> Iterator[Callable[[], None]]:
        """What writes the files that have to change."""
        cookies, path = tuple(self._jar), _path(self._memory, self._first)
        if self._memory.cookie_jar is not None and list(cookies) != self._kept.cookies:
            yield partial(replace_private, self._memory.cookie_jar, as_netscape(cookies))
        session = replace(self._session, cookies=cookies)
        if path is not None and not self._memory.session_read_only and session != self._kept.session:
            yield partial(_write_session, path, as_json(session))


def _path(memory: Memory, first: Url) -> str | None:
    return None if memory.session is None else session_path(memory.session, first)


def _read(cookie_jar: str | None, session: str | None) -> _Kept:
    """Read the files, and in the same thread the list of public suffixes, which cookies will be held against."""
    public_suffixes()
    cookies, skipped = parse_netscape((cookie_jar and read_private(cookie_jar)) or b"")
    data = read_private(session) if session is not None else None
    return _Kept(cookies, skipped, None if session is None or data is None else parse_session(data, session))


def _write_session(path: str, data: bytes) -> None:
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    replace_private(path, data)
