"""The cookies of one command: set by answers, sent with requests, never too many.

Source: RFC 6265bis (draft-ietf-httpbis-rfc6265bis) sections 5.7, 5.8 and 6.1; CVE-2022-32205 for the limits.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator

from tnet.clients.fetch.cookies.admission import admitted
from tnet.clients.fetch.cookies.cookie import Cookie, is_within, path_matches
from tnet.plans.urls import Url
from tnet.protocols.set_cookie import parse_set_cookie

RESPONSE_COOKIES = 50
DOMAIN_COOKIES = 180
JAR_COOKIES = 3000
SENT_BYTES = 8190


class Jar:
    """Cookies, the oldest first; one that takes another's place takes its age too.

    `now` is the wall clock: cookies live by the calendar.
    """

    def __init__(self, now: Callable[[], float], cookies: Iterable[Cookie] = ()) -> None:
        self._now = now
        self._cookies: dict[tuple[str, str, bool, str], Cookie] = {}
        self._count: Counter[str] = Counter()
        for cookie in deque(cookies, JAR_COOKIES):
            self.put(cookie)

    def __iter__(self) -> Iterator[Cookie]:
        now = self._now()
        return iter([cookie for cookie in self._cookies.values() if not cookie.ended(now)])

    def learn(self, url: Url, values: Iterable[bytes]) -> int:
        """Take in what the Set-Cookie fields `values` of an answer from `url` say; how many of them were refused."""
        refused = 0
        for count, value in enumerate(values):
            said = parse_set_cookie(value) if count < RESPONSE_COOKIES else None
            cookie = admitted(said, url, self._now()) if said is not None else None
            if cookie is None or (url.scheme != "https" and self._shadows(cookie)):
                refused += 1
            else:
                self.put(cookie)
        return refused

    def put(self, cookie: Cookie) -> None:
        """Keep a cookie that is to be believed, or forget the one that it takes the place of when its time is over."""
        if cookie.ended(self._now()):
            self._forget(cookie)
            return
        self._count[cookie.domain] += cookie.key not in self._cookies
        self._cookies[cookie.key] = cookie
        if self._count[cookie.domain] > DOMAIN_COOKIES:
            self._evict(each for each in self._cookies.values() if each.domain == cookie.domain)
        if len(self._cookies) > JAR_COOKIES:
            self._evict(self._cookies.values())

    def field(self, url: Url) -> str:
        """The value of the Cookie field of a request for `url`, empty when no cookie goes there.

        Longer paths come first, then older cookies. What would make it too long is left out.
        """
        going = sorted((each for each in self if each.goes_to(url)), key=lambda each: -len(each.path))
        pairs, room = list[str](), SENT_BYTES + len("; ")
        for cookie in going:
            size = len(cookie.pair.encode("utf-8", "surrogateescape")) + len("; ")
            if size <= room:
                pairs.append(cookie.pair)
                room -= size
        return "; ".join(pairs)

    def _shadows(self, cookie: Cookie) -> bool:
        """Whether it would stand in for a secure cookie, which an answer in the clear may not set."""
        return any(
            each.secure
            and each.name == cookie.name
            and (is_within(each.domain, cookie.domain) or is_within(cookie.domain, each.domain))
            and path_matches(cookie.path, each.path)
            for each in self
        )

    def _evict(self, cookies: Iterable[Cookie]) -> None:
        """Forget the oldest of `cookies` whose time is over, else the oldest that is not secure, else the oldest."""
        now = self._now()
        self._forget(min(cookies, key=lambda each: (not each.ended(now), each.secure)))

    def _forget(self, cookie: Cookie) -> None:
        if self._cookies.pop(cookie.key, None) is not None:
            self._count[cookie.domain] -= 1
