"""What is remembered: within a command its cookies, and between commands what a cookie file and a session keep.

Whoever has neither and is sent no cookie does not pay for what deals with them: it is imported when it is needed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from tnet.clients.fetch.request import Headers, Request
from tnet.errors import cannot_write
from tnet.net.context import Context
from tnet.plans.fetch import Login, Memory
from tnet.plans.urls import Url
from tnet.protocols.http1.responses import ResponseHead

if TYPE_CHECKING:
    from tnet.clients.fetch.cookies.cookie import Cookie
    from tnet.clients.fetch.cookies.jar import Jar
    from tnet.clients.fetch.session import Session

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

    def __init__(self, memory: Memory, first: Url, context: Context, now: Callable[[], float]) -> None:
        self.login = _NOBODY
        self._memory = memory
        self._first = first
        self._context = context
        self._now = now
        self._kept = _Kept()
        self._jar: Jar | None = None
        self._session: Session | None = None
        self._session_path = ""

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
        remembered = cls(memory, first, context, now)
        remembered.login = login
        if memory.cookie_jar is not None or memory.session is not None:
            await remembered._read()
        if memory.session is not None:
            remembered._begin(login, headers)
        return remembered

    def headers(self, request: Request) -> Headers:
        """What to send with `request` that it does not have yet."""
        ours = request.url.origin == self._first.origin and not request.stray
        headers = self._session.headers if self._session is not None and ours else ()
        cookies = self._jar.field(request.url) if self._jar is not None else ""
        return (*headers, ("Cookie", cookies)) if cookies else headers

    def learn(self, request: Request, head: ResponseHead) -> None:
        """Take in the cookies of an answer to `request`."""
        values = head.values(b"set-cookie")
        if values and (refused := self._cookies().learn(request.url, values)):
            text = f"{refused} of {len(values)} cookies from {request.url.authority} were refused"
            self._context.publisher.log("debug", text)

    async def close(self) -> None:
        """Write down what has changed.

        Raises: CannotWrite.
        """
        for write in self._changes():
            await self._context.workers.run(write)

    def _cookies(self) -> Jar:
        """The jar; from now on there is one, with what the file held."""
        from tnet.clients.fetch.cookies.jar import Jar

        if self._jar is None:
            self._jar = Jar(self._now, self._kept.cookies)
        return self._jar

    async def _read(self) -> None:
        from tnet.clients.fetch.session import session_path

        memory = self._memory
        if memory.session is not None:
            self._session_path = session_path(memory.session, self._first)
        self._kept = await self._context.workers.run(_read, memory.cookie_jar, self._session_path)
        self._cookies()
        if skipped := self._kept.skipped:
            text = f"{memory.cookie_jar}: {skipped} lines hold no cookie that can be believed"
            self._context.publisher.log("warning", text)

    def _begin(self, login: Login, headers: Headers) -> None:
        """Go on with the session, and with what the user gave for it."""
        from tnet.clients.fetch.session import Session

        self._session = (self._kept.session or Session()).given(login, headers, self._first)
        for cookie in self._session.cookies:
            self._cookies().put(cookie)
        if self._session.login is not None and login.user is None and not login.token:
            self.login = replace(self._session.login, netrc=login.netrc, netrc_file=login.netrc_file)

    def _changes(self) -> Iterator[Callable[[], None]]:
        """What writes the files that have to change."""
        cookies = tuple(self._jar or ())
        if (path := self._memory.cookie_jar) is not None and list(cookies) != self._kept.cookies:
            from tnet.clients.fetch.cookies.netscape import as_netscape
            from tnet.clients.fetch.private_file import replace_private

            yield partial(replace_private, path, as_netscape(cookies))
        if self._session is not None and not self._memory.session_read_only:
            session = replace(self._session, cookies=cookies)
            if session != self._kept.session:
                yield partial(_write_session, self._session_path, session)


def _read(cookie_jar: str | None, session: str) -> _Kept:
    """Read the files, and in the same thread the list of public suffixes, which cookies will be held against."""
    from tnet.clients.fetch.cookies.netscape import parse_netscape
    from tnet.clients.fetch.cookies.suffixes import public_suffixes
    from tnet.clients.fetch.private_file import read_private
    from tnet.clients.fetch.session import parse_session

    public_suffixes()
    cookies, skipped = parse_netscape((cookie_jar and read_private(cookie_jar)) or b"")
    data = read_private(session) if session else None
    return _Kept(cookies, skipped, None if data is None else parse_session(data, session))


def _write_session(path: str, session: Session) -> None:
    from tnet.clients.fetch.private_file import replace_private
    from tnet.clients.fetch.session import as_json

    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    replace_private(path, as_json(session))
