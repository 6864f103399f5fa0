"""Named sessions: the headers, login and cookies that one command leaves for the next to the same host and port.

One JSON file each, `sessions/HOST_PORT/NAME.json` in the data folder; a name with a slash is the path of the file.
Headers that concern one request's body or conditions, and `Host`, are not kept; a `Cookie` that was given becomes
cookies, for the origin that it was given for.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tnet.clients.fetch.cookies.admission import trusted
from tnet.clients.fetch.cookies.cookie import Cookie, canonical_host
from tnet.clients.fetch.request import Headers
from tnet.errors import BadUsage, CannotRead
from tnet.places import data_folder
from tnet.plans.fetch import Login
from tnet.plans.urls import Url

SCHEMA = "tnet.session/1"

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_OF_ONE_REQUEST = ("content-", "if-")


@dataclass(frozen=True, slots=True)
class Session:
    """What a session file holds; `login` is None where there is none."""

    headers: Headers = field(default=(), repr=False)
    login: Login | None = None
    cookies: tuple[Cookie, ...] = field(default=(), repr=False)

    def given(self, login: Login, headers: Headers, url: Url) -> Session:
        """This session as it is after a command with `login` and `headers` for `url`, whose answers are still to come.

        A login takes the place of the one before, and of an Authorization that was kept.
        """
        kept = tuple(pair for pair in headers if _is_kept(pair[0].lower()))
        replaced = {name.lower() for name, _ in kept}
        if explicit := login.user is not None or bool(login.token):
            replaced.add("authorization")
        added = [cookie for name, value in headers if name.lower() == "cookie" for cookie in _given_cookies(value, url)]
        return Session(
            tuple(pair for pair in self.headers if pair[0].lower() not in replaced) + kept,
            replace(login, netrc=False, netrc_file=None) if explicit else self.login,
            (*self.cookies, *added),
        )


def session_path(name: str, url: Url, environ: Mapping[str, str] | None = None) -> str:
    """The file of the session called `name` for the host of `url`.

    Raises: BadUsage.
    """
    if os.sep in name:
        return os.path.expanduser(name)
    if not _NAME.fullmatch(name):
        raise BadUsage("--session", f"{name!r} is not a name", "use letters, digits, - _ and ., or a path with a /")
    host = _UNSAFE.sub("_", f"{canonical_host(url)}_{url.port}")
    return str(data_folder(environ) / "sessions" / host / f"{name}.json")


def as_json(session: Session) -> bytes:
    """The file for a session."""
    document = {
        "schema": SCHEMA,
        "login": _login_fields(session.login) if session.login else None,
        "headers": [{"name": name, "value": value} for name, value in session.headers],
        "cookies": [asdict(cookie) for cookie in session.cookies],
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def parse_session(data: bytes, path: str) -> Session:
    """The session in a file; cookies that no server could have set are left out.

    Raises: CannotRead, with `path`, for a file that holds something else.
    """
    try:
        return _session(json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise CannotRead(path, "it is not a session of tnet", "name another file, or remove it") from error


def _session(document: Any) -> Session:
    """Raises: ValueError or TypeError."""
    match document:
        case {"schema": str(schema), "login": login, "headers": list(headers), "cookies": list(cookies)}:
            if schema != SCHEMA:
                raise ValueError(schema)
            found = [_cookie(each) for each in cookies]
            return Session(
                tuple(_header(each) for each in headers),
                None if login is None else _login(login),
                tuple(each for each in found if trusted(each)),
            )
    raise ValueError("keys are missing")


def _header(document: Any) -> tuple[str, str]:
    match document:
        case {"name": str(name), "value": str(value)}:
            return _sendable(name), _sendable(value)
    raise ValueError("not a header")


def _login(document: Any) -> Login:
    match document:
        case {"kind": "bearer", "token": str(token)}:
            return Login(kind="bearer", token=_sendable(token))
        case {"kind": "basic" | "digest" as kind, "user": str(user), "password": str(password)}:
            return Login(kind=kind, user=_sendable(user), password=_sendable(password))
    raise ValueError("not a login")


def _sendable(text: str) -> str:
    """`text`, which stands for bytes. Raises: ValueError."""
    text.encode("utf-8", "surrogateescape")
    return text


def _login_fields(login: Login) -> dict[str, str]:
    if login.token:
        return {"kind": "bearer", "token": login.token}
    return {"kind": login.kind, "user": login.user or "", "password": login.password}


def _cookie(document: Any) -> Cookie:
    cookie = Cookie(**document)
    texts = (cookie.name, cookie.value, cookie.domain, cookie.path)
    flags = (cookie.host_only, cookie.secure, cookie.http_only)
    numbers = [number for number in (cookie.expires, cookie.port) if number is not None]
    if not all(isinstance(each, str) for each in texts) or not all(isinstance(each, bool) for each in flags):
        raise TypeError("not a cookie")
    if not all(type(each) is int for each in numbers):
        raise TypeError("not a cookie")
    return cookie


def _is_kept(name: str) -> bool:
    return not name.startswith(_OF_ONE_REQUEST) and name not in ("host", "cookie")


def _given_cookies(value: str, url: Url) -> Iterator[Cookie]:
    """The cookies in a Cookie field, for the origin of `url` alone."""
    host, secure = canonical_host(url), url.scheme == "https"
    for pair in value.split(";"):
        name, equals, content = pair.strip().partition("=")
        cookie = Cookie(
            name=name.strip() if equals else "",
            value=content.strip() if equals else name,
            domain=host,
            secure=secure,
            port=url.port,
        )
        if cookie.sound:
            yield cookie
