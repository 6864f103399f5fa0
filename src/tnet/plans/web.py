"""What `tnet serve web` was asked for.

::

    --acl     PATH=WHO:RIGHTS[,WHO:RIGHTS…]      /docs=@staff:lrw,*:lr   /private=+:all   /docs/old=*:-w
    --proxy   PREFIX=URL                         /api=http://127.0.0.1:9000/v2
    --bin     PATH[:status=N,delay=T,header=N:V,body=TEXT|@FILE]      the body comes last and may hold commas
    --header  NAME: VALUE

WHO is the name of an account, `@group`, `+` for whoever is logged in, or `*` for everybody. RIGHTS are letters: `l` see
what is in a directory, `r` read, `w` make new files, `m` replace, rename, delete, make directories; or `all`, or
`none`; a `-` before them denies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

from tnet.errors import BadUsage
from tnet.plans.faults import Fault
from tnet.plans.serve import ServePlan
from tnet.plans.units import duration
from tnet.plans.urls import DEFAULT_PORTS, Url, parse_url

DEFAULT_INDEX = ("index.html", "index.htm")
RIGHTS = "lrwm"
OURS = "/_tnet"
LONGEST_DELAY_SECONDS = 60.0

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?")
_WHO = re.compile(r"\*|\+|@?[^\s:,=@*+][^\s:,=]*")
_FRAMING = {
    *("connection", "content-length", "date", "keep-alive", "proxy-connection", "server"),
    *("trailer", "transfer-encoding", "upgrade"),
}


@dataclass(frozen=True, slots=True)
class AclRule:
    """What `who` may and may not do at `path` and below it; the letters of `allow` and `deny` are among RIGHTS."""

    path: str
    who: str
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A path that takes every request and always answers the same; `body_file` says where the body is to be read."""

    path: str
    status: int = 200
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_file: str | None = None
    delay_seconds: float = 0


@dataclass(frozen=True, slots=True)
class ProxyRoute:
    """What is asked for below `prefix` is asked of `url`, below its path."""

    prefix: str
    url: Url


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPlan(ServePlan):
    """A directory over HTTP.

    `users` None: nobody is asked to log in, unless `acl` speaks of accounts; then the default store is asked.
    `fields` are added to every response. `seed` repeats the chances of `faults`.

    Units: `max_body_bytes` of one request's body; `quota_bytes` of all uploads, 0 is none; `min_free_bytes` of the
    file system stay free; `rate_bytes` a second for each client, 0 is no limit.
    """

    tool: ClassVar[str] = "web"
    offer: ClassVar[str] = "tnet.servers.web:offer"
    root: str = "."
    users: str | None = field(default=None, repr=False)
    acl: tuple[AclRule, ...] = ()
    upload: bool = False
    modify: bool = False
    hidden: bool = False
    follow_symlinks: bool = False
    listing: bool = True
    archives: bool = True
    index: tuple[str, ...] = DEFAULT_INDEX
    spa: bool = False
    compress: bool = True
    max_body_bytes: int = 1 << 30
    quota_bytes: int = 0
    min_free_bytes: int = 64 << 20
    cors: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    cache_control: str = "no-cache"
    rate_bytes: int = 0
    inspect: bool = False
    bins: tuple[Bin, ...] = ()
    proxies: tuple[ProxyRoute, ...] = ()
    live_reload: bool = False
    qr: bool = False
    open_browser: bool = False
    faults: tuple[Fault, ...] = ()
    seed: int | None = None

    def __post_init__(self) -> None:
        mounted = [each.path for each in self.bins] + [each.prefix for each in self.proxies]
        for path in mounted:
            if mounted.count(path) > 1:
                raise BadUsage("--bin or --proxy", f"{path} is there twice")

    @property
    def asks_who(self) -> bool:
        """Whether somebody may have to log in."""
        return self.users is not None or any(rule.who != "*" for rule in self.acl)

    @property
    def tells_apart(self) -> bool:
        """Whether some who log in may see what others may not, and no rule says who sees what others ask for."""
        named = any(rule.who not in ("*", "+") for rule in self.acl)
        return named and all(rule.path != OURS for rule in self.acl)


def parse_acl(text: str, field: str = "--acl") -> tuple[AclRule, ...]:
    """The rules that `text` holds, all for one path.

    Raises: BadUsage.
    """
    path, equals, rules = text.partition("=")
    if not equals or not rules:
        raise BadUsage(field, f"{text!r} is not like /docs=@staff:lrw,*:r")
    place = _path(path, field)
    return tuple(_rule(place, rule, field) for rule in rules.split(","))


def _rule(path: str, text: str, field: str) -> AclRule:
    who, colon, rights = text.strip().rpartition(":")
    if who.startswith("-"):
        raise BadUsage(field, f"{text!r} denies nobody anything", f"what is denied comes behind: {who[1:]}:-{rights}")
    if not colon or not _WHO.fullmatch(who):
        raise BadUsage(field, f"{text!r} is not like NAME:lr, @GROUP:lrw, +:all or *:r")
    denied = rights.startswith("-")
    letters = {"all": RIGHTS, "none": ""}.get(rights.removeprefix("-"), rights.removeprefix("-"))
    if not set(letters) <= set(RIGHTS) or (not letters and (denied or rights != "none")):
        raise BadUsage(field, f"{rights!r} is not made of the letters l, r, w and m, nor all, nor none")
    if rights == "none":
        return AclRule(path, who, deny=frozenset(RIGHTS))
    return AclRule(path, who, deny=frozenset(letters)) if denied else AclRule(path, who, allow=frozenset(letters))


def parse_proxy(text: str, field: str = "--proxy") -> ProxyRoute:
    """The route that `text` asks for.

    Raises: BadUsage.
    """
    prefix, equals, url = text.partition("=")
    if not equals or not url:
        raise BadUsage(field, f"{text!r} is not like /api=http://127.0.0.1:9000")
    scheme, separator, _ = url.partition("://")
    if separator and scheme.lower() not in DEFAULT_PORTS:
        raise BadUsage(field, f"{scheme}:// is not passed on to", "http:// and https:// can be asked")
    parsed = parse_url(url, field=field)
    if "?" in parsed.target or parsed.userinfo:
        raise BadUsage(field, f"{parsed} may have a path, but neither a query nor a user")
    return ProxyRoute(_mount(prefix, field), parsed)


def parse_bin(text: str, field: str = "--bin") -> Bin:
    """The bin that `text` asks for.

    Raises: BadUsage.
    """
    path, _, rest = text.partition(":")
    options: dict[str, str] = {}
    fields: list[tuple[str, str]] = []
    while rest:
        if rest.startswith("body="):
            options["body"], rest = rest.removeprefix("body="), ""
            break
        option, _, rest = rest.partition(",")
        name, _, value = option.partition("=")
        if name == "header":
            fields.append(parse_field(value, field))
        elif name in ("status", "delay"):
            options[name] = value
        else:
            raise BadUsage(field, f"{name!r} is none of status, delay, header and body")
    body = options.get("body", "")
    return Bin(
        path=_mount(path, field),
        status=_status(options.get("status", "200"), field),
        fields=tuple(fields),
        body=b"" if body.startswith("@") else body.encode("utf-8", "surrogateescape"),
        body_file=body[1:] if body.startswith("@") else None,
        delay_seconds=_delay(options.get("delay", "0"), field),
    )


def parse_field(text: str, field: str = "--header") -> tuple[str, str]:
    """Name and value of a response's field.

    Raises: BadUsage, for what is none, and for what frames a response or is ours to say.
    """
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise BadUsage(field, f"{text!r} is not like 'Name: value'")
    if name.lower() in _FRAMING:
        raise BadUsage(field, f"{name} is not yours to set: it frames the response, or is about the connection")
    if value and not _VALUE.fullmatch(value):
        raise BadUsage(field, f"the value of {name} holds what cannot stand in a header")
    return name, value


def _path(text: str, field: str) -> str:
    """A path from the root: `/` and names, without one at the end."""
    if not text.startswith("/") or "\0" in text or {"..", "."} & set(text.split("/")):
        raise BadUsage(field, f"{text!r} is not a path from the root, as /docs")
    return "/" + "/".join(name for name in text.split("/") if name)


def _mount(text: str, field: str) -> str:
    path = _path(text, field)
    if path == "/":
        raise BadUsage(field, "the root itself is served as files", "name a path below it, as /api")
    if path == OURS or path.startswith(OURS + "/"):
        raise BadUsage(field, f"{OURS} is for tnet's own pages")
    return path


def _status(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and 200 <= int(text) <= 599):
        raise BadUsage(field, f"{text!r} is no status from 200 to 599")
    return int(text)


def _delay(text: str, field: str) -> float:
    seconds = duration(text)
    if seconds is None or seconds > LONGEST_DELAY_SECONDS:
        raise BadUsage(field, f"a delay of {text!r} is not like 200ms, or more than a minute")
    return seconds
