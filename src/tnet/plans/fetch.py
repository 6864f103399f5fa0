"""What `tnet fetch` was asked for: one plan, in parts that each concern somebody else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from tnet.plans.plan import Plan
from tnet.plans.tls import TlsDialing

if TYPE_CHECKING:
    from tnet.plans.proxies import NoProxy, Proxy
    from tnet.plans.routes import Override

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body: text in memory, or (`path`) a file that is read as it is sent."""

    name: str
    data: bytes = field(default=b"", repr=False)
    path: str | None = None
    file_name: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes to send with a request: in memory, in a file (`-` is stdin) that is read as it is sent, or in parts.

    `chunked` sends it without a length, `deflate` compressed.
    """

    data: bytes = field(default=b"", repr=False)
    path: str | None = None
    parts: tuple[Part, ...] = ()
    boundary: str = ""
    chunked: bool = False
    deflate: bool = False

    @property
    def resendable(self) -> bool:
        """Whether it can be read a second time: not from standard input, a pipe or a device."""
        return not any(_is_stream(path) for path in (self.path, *(part.path for part in self.parts)))


def _is_stream(path: str | None) -> bool:
    return path == "-" or (path is not None and os.path.exists(path) and not os.path.isfile(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to show who we are; without `user` and `token`, by what a netrc file says, when `netrc` allows it."""

    kind: Literal["basic", "digest", "bearer"] = "basic"
    user: str | None = None
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    netrc: bool = False
    netrc_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered between commands: a Netscape cookie file, and a session (headers, login, cookies) by name.

    `hsts` is a file of the hosts that want to be asked over https alone.
    """

    cookie_jar: str | None = None
    session: str | None = None
    session_read_only: bool = False
    hsts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to get there.

    `proxy` None is what the environment says, `direct` is none at all; `unix_socket` replaces every host.
    `overrides` are those of `--resolve` and `--connect-to`. `version` is `1.1`, `2`, or None for what ALPN picks.
    """

    tls: TlsDialing = field(default_factory=TlsDialing)
    proxy: Proxy | None = None
    direct: bool = False
    no_proxy: NoProxy | None = None
    unix_socket: str | None = None
    overrides: tuple[Override, ...] = ()
    family: int | None = None
    source: str | None = None
    version: Literal["1.1", "2"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for what; 0 is no limit.

    Units: seconds. `connect_seconds` for name, connection, proxy and TLS of one hop together, `dns_seconds` and
    `tls_seconds` for that part of it; `first_byte_seconds` from the request's end to the answer's beginning;
    `idle_seconds` without a byte either way; `total_seconds` for everything.
    """

    dns_seconds: float = 0
    connect_seconds: float = 30
    tls_seconds: float = 0
    first_byte_seconds: float = 0
    idle_seconds: float = 0
    total_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How often to try again what may pass; `total_seconds` bounds all attempts of one transfer (0: no limit)."""

    times: int = 0
    total_seconds: float = 0
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where a body is kept.

    `path` None is stdout unless `remote_name` says that the answer or the URL names the file, in `folder`.
    `checksum` is an algorithm of hashlib and the lower-case hexadecimal digest that is expected.

    Units: `most_bytes` of decoded body (0: no limit).
    """

    path: str | None = None
    remote_name: bool = False
    folder: str | None = None
    resume: bool = False
    segments: int = 1
    checksum: tuple[str, str] | None = None
    keep_part: bool = True
    most_bytes: int = 0

    @property
    def to_file(self) -> bool:
        """Whether bodies become files."""
        return self.remote_name or (self.path is not None and self.path not in ("-", "/dev/stdout"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What is shown of an exchange, and what is told about it.

    `parts` are letters of HTTPie's `--print`, None for what fits stdout: `H` request head, `B` request body, `h`
    response head, `b` response body, `m` metadata. `pretty` None is by stdout too. `report` replaces the body.
    `slo` are phases (dns, connect, tls, wait, ttfb, total …) and the seconds each may take. `stream` writes what
    comes at once, event by event.
    """

    parts: str | None = None
    pretty: Literal["all", "colors", "format", "none"] | None = None
    raw: bool = False
    pager: str | None = None
    write_out: str | None = None
    har: str | None = None
    report: bool = False
    slo: tuple[tuple[str, float], ...] = ()
    stream: bool = False
    show_secrets: bool = False
    color: Literal["auto", "always", "never"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPlan(Plan):
    """Requests over HTTP and what to do with their answers.

    Each of `urls` is absolute, without user information and fragment, and is asked the same, `parallel` of them at
    once; with `race` they are mirrors of one thing. `headers` keep their order and case; a header given there
    replaces the default one, one in `unset` is not sent at all. `cautions` are warnings about the request itself,
    for the story to begin with. `dry` sends nothing, and prints the request or the curl command for it.
    """

    job: ClassVar[str] = "tnet.clients.fetch.job:fetch"
    method: str
    urls: tuple[str, ...]
    headers: Headers = field(default=(), repr=False)
    unset: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    body: Body | None = None
    compressed: bool = False
    follow: bool = True
    max_redirects: int = 20
    downgrade: bool = False
    fail: bool = False
    check_status: bool = False
    race: bool = False
    parallel: int = 1
    input_file: str | None = None
    dry: Literal["offline", "curl"] | None = None
    login: Login = field(default_factory=Login)
    memory: Memory = field(default_factory=Memory)
    way: Way = field(default_factory=Way)
    patience: Patience = field(default_factory=Patience)
    retrying: Retrying = field(default_factory=Retrying)
    keeping: Keeping = field(default_factory=Keeping)
    showing: Showing = field(default_factory=Showing)
