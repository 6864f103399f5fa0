"""Words and options to the parts of a FetchPlan; each part is read by one function."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any, Literal

import click

from tnet.cli.dialing import tls_dialing
from tnet.errors import BadUsage
from tnet.plans.fetch import Body, FetchPlan, Headers, Keeping, Login, Memory, Patience, Retrying, Showing, Way
from tnet.plans.items import File, Items, as_form, as_json, as_multipart, parse_items, split_words
from tnet.plans.urls import Url, parse_url

if TYPE_CHECKING:
    from tnet.plans.routes import Override

Options = dict[str, Any]
Kind = Literal["basic", "digest", "bearer"]

SEEN_BY_ALL = "a password on the command line is seen by whoever lists processes"
_SMALL_FILE_BYTES = 64 * 1024
_JSON = (("Content-Type", "application/json"), ("Accept", "application/json, */*;q=0.5"))
_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
_PARTS = "HBhbm"


def plan(words: tuple[str, ...], options: Options) -> FetchPlan:
    """The plan that a command line asks for.

    Raises: BadUsage; click.UsageError for TLS options that need another one.
    """
    method, urls, texts = split_words(words, urls_elsewhere=bool(options["input_file"]))
    if not urls and not options["input_file"]:
        raise BadUsage("URL", "there is none", "tnet fetch --help shows what can be asked for")
    items = parse_items(texts)
    found = [parse_url(url).with_query(items.query) for url in urls]
    body, described = _body(items, options)
    login, cautions = _login(found, options)
    tls = tls_dialing(options, wanted=True)
    assert tls is not None, "it is wanted"
    return FetchPlan(
        method="HEAD" if options["head"] else method or ("POST" if body else "GET"),
        urls=tuple(map(str, found)),
        headers=_headers(items, described),
        unset=items.unset,
        cautions=cautions,
        body=body,
        compressed=options["compressed"],
        follow=options["follow"],
        max_redirects=options["max_redirects"],
        downgrade=options["allow_downgrade"],
        fail=options["fail"],
        check_status=options["check_status"],
        race=options["race"],
        parallel=options["parallel"],
        input_file=options["input_file"],
        dry=_dry(options),
        login=login,
        memory=_memory(options),
        way=_way(options, tls),
        patience=_patience(options),
        retrying=Retrying(times=options["retry"], total_seconds=options["retry_max_time"]),
        keeping=_keeping(options, len(found)),
        showing=_showing(options),
    )


# ── the request ──


def _body(items: Items, options: Options) -> tuple[Body | None, Headers]:
    """The body, and the headers that describe it."""
    from dataclasses import replace

    body, described = _plain_body(items, options)
    if body is None:
        if options["chunked"] or options["compress"]:
            raise BadUsage("--chunked" if options["chunked"] else "--compress", "there is no body to send")
        return None, described
    return replace(body, chunked=options["chunked"], deflate=options["compress"]), described


def _plain_body(items: Items, options: Options) -> tuple[Body | None, Headers]:
    data = options["data"]
    _one_of(options, "--data", "--form", "--multipart", "--json")
    if data is not None and (items.data or items.files):
        raise BadUsage("--data", "is the whole body: it does not go with name=value items")
    if whole := next((file for file in items.files if not file.name), None):
        return _file(whole, items)
    if data == "-":
        return Body(path="-"), ()
    if data is not None and data.startswith("@"):
        return Body(path=data[1:]), ()
    if data is not None:
        return Body(data=data.encode("utf-8", "surrogateescape")), ()
    if options["multipart"] or items.files:
        return _multipart(items, options)
    if options["form"]:
        return Body(data=as_form(items.data)), _FORM
    if items.data:
        return Body(data=as_json(items.data)), _JSON
    return None, _JSON if options["json"] else ()


def _file(whole: File, items: Items) -> tuple[Body, Headers]:
    """The body that is a file, `@FILE`."""
    if items.data or len(items.files) > 1:
        raise BadUsage("ITEM", f"@{whole.path} is the whole body: it does not go with other fields")
    return Body(path=whole.path), (("Content-Type", whole.content_type),) if whole.content_type else ()


def _multipart(items: Items, options: Options) -> tuple[Body, Headers]:
    from secrets import token_hex

    if items.files and not (options["multipart"] or options["form"]):
        raise BadUsage("ITEM", f"{items.files[0].name}@ uploads a file", "add --form or --multipart")
    boundary = token_hex(16)
    return (
        as_multipart(items.data, items.files, boundary),
        (("Content-Type", f"multipart/form-data; boundary={boundary}"),),
    )


def _headers(items: Items, described: Headers) -> Headers:
    """The headers asked for, then those that follow from the body."""
    given = {name.lower() for name, _ in items.headers} | {name.lower() for name in items.unset}
    return items.headers + tuple(pair for pair in described if pair[0].lower() not in given)


def _dry(options: Options) -> Any:
    _one_of(options, "--offline", "--curl")
    return "offline" if options["offline"] else "curl" if options["curl"] else None


# ── who we are, and what is remembered ──


def _login(urls: list[Url], options: Options) -> tuple[Login, tuple[str, ...]]:
    """The login, and what there is to warn of."""
    kind: Kind = options["auth_type"] or "basic"
    netrc = options["netrc"] or bool(options["netrc_file"])
    given, cautions = options["auth"], list[str]()
    if given is None and (userinfo := next((url.userinfo for url in urls if url.userinfo), "")):
        if len({url.origin for url in urls}) > 1:
            raise BadUsage("URL", "a login in a URL is for one server, and there are several", "-a logs in at all")
        return _from_url(userinfo, kind)
    if kind == "bearer" and (given is not None or options["password_file"]):
        token = given if given is not None else _secret(options["password_file"])
        cautions += [SEEN_BY_ALL] if given is not None else []
        return Login(kind="bearer", token=token), tuple(cautions)
    if given is None:
        if options["auth_type"] and not netrc:
            raise BadUsage("--auth-type", "there is nobody to log in", "add -a USER, or --netrc")
        return Login(kind=kind, netrc=netrc, netrc_file=options["netrc_file"]), ()
    user, colon, password = given.partition(":")
    if colon:
        cautions += [SEEN_BY_ALL] if password else []
    else:
        password = _secret(options["password_file"]) if options["password_file"] else _asked_for(user)
    return Login(kind=kind, user=user, password=password), tuple(cautions)


def _from_url(userinfo: str, kind: Kind) -> tuple[Login, tuple[str, ...]]:
    from urllib.parse import unquote

    user, _, password = (unquote(each, errors="surrogateescape") for each in userinfo.partition(":"))
    if kind == "bearer":
        raise BadUsage("URL", "it names a user, and a bearer token has none")
    return (
        Login(kind=kind, user=user, password=password),
        ("a password in a URL is seen by whoever lists processes",) if password else (),
    )


def _secret(path: str) -> str:
    """The first line of a file, or of stdin."""
    return _content(path).partition("\n")[0].removesuffix("\r")


def _content(path: str) -> str:
    """A short file, or stdin."""
    from tnet.errors import CannotRead

    try:
        with open(0 if path == "-" else path, "rb", closefd=path != "-") as file:
            return file.read(_SMALL_FILE_BYTES).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise CannotRead(path, error.strerror or str(error)) from error


def _asked_for(user: str) -> str:
    """The password of `user`, from whoever sits at the terminal."""
    if not sys.stdin.isatty():
        raise BadUsage("--auth", "the password is missing, and there is no terminal to ask at", "use --password-file")
    return str(click.prompt(f"Password of {user}", hide_input=True, default="", show_default=False, err=True))


def _memory(options: Options) -> Memory:
    _one_of(options, "--session", "--session-read-only")
    name = options["session"] or options["session_read_only"]
    return Memory(
        cookie_jar=options["cookie_jar"],
        session=name,
        session_read_only=bool(options["session_read_only"]),
        hsts=options["hsts"],
    )


# ── the way there ──


def _way(options: Options, tls: Any) -> Way:
    from tnet.plans.proxies import parse_no_proxy, parse_proxy

    proxy, exempt = options["proxy"], options["noproxy"]
    return Way(
        tls=tls,
        proxy=parse_proxy(proxy) if proxy else None,
        direct=proxy == "",
        no_proxy=parse_no_proxy(exempt, field="--noproxy") if exempt is not None else None,
        unix_socket=options["unix_socket"],
        overrides=_overrides(options),
        family=options["family"],
        source=options["source"],
        version=options["version"],
    )


def _overrides(options: Options) -> tuple[Override, ...]:
    if not (options["resolve"] or options["connect_to"]):
        return ()
    from tnet.plans.routes import parse_connect_to, parse_resolve

    return (*map(parse_resolve, options["resolve"]), *map(parse_connect_to, options["connect_to"]))


def _patience(options: Options) -> Patience:
    return Patience(
        dns_seconds=options["dns_timeout"],
        connect_seconds=options["connect_timeout"],
        tls_seconds=options["tls_timeout"],
        first_byte_seconds=options["ttfb_timeout"],
        idle_seconds=options["idle_timeout"],
        total_seconds=options["max_time"],
    )


# ── what becomes of the answer ──


def _keeping(options: Options, urls: int) -> Keeping:
    _one_of(options, "--output-file", "--remote-name")
    path, several = options["output_file"], urls > 1 or options["input_file"]
    if path not in (None, "-") and several and not options["race"] and not _takes_several(path, options["parallel"]):
        raise BadUsage("--output-file", "several URLs cannot go to one file", "-O names a file for each")
    if options["race"] and options["stream"]:
        raise BadUsage("--stream", "it does not go with --race")
    keeping = Keeping(
        path=path,
        remote_name=options["remote_name"],
        folder=options["output_dir"],
        resume=options["resume"],
        segments=options["segments"],
        checksum=_checksum(options["checksum"]) if options["checksum"] else None,
        keep_part=not options["no_part"],
        most_bytes=options["max_size"],
    )
    needs_file = [name for name in ("--resume", "--checksum", "--output-dir") if options[_key(name)]]
    if not keeping.to_file and (needs_file or keeping.segments > 1):
        raise BadUsage((needs_file or ["--segments"])[0], "it is for a file", "add -o FILE or -O")
    if keeping.checksum and several and not options["race"]:
        raise BadUsage("--checksum", "several URLs cannot have one checksum")
    return keeping


def _takes_several(path: str, parallel: int) -> bool:
    """Whether one body after the other can go there: a device, and a FIFO unless they would be mixed."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or (stat.S_ISFIFO(mode) and parallel == 1)


def _checksum(text: str) -> tuple[str, str]:
    from tnet.plans.checksums import parse_checksum

    return parse_checksum(text)


def _showing(options: Options) -> Showing:
    return Showing(
        parts=_parts(options),
        pretty=options["pretty"],
        raw=options["raw"],
        pager=options["pager"],
        write_out=_template(options["write_out"]),
        har=options["har"],
        report=options["report"] is not None,
        slo=_slo(options["slo"]) if options["slo"] else (),
        stream=options["stream"],
        show_secrets=options["show_secrets"],
        color=click.get_current_context().params["color"],
    )


def _slo(text: str) -> tuple[tuple[str, float], ...]:
    from tnet.plans.slo import parse_slo

    return parse_slo(text)


def _template(text: str | None) -> str | None:
    """What `--write-out` is to write: the text, or that of the file behind an @."""
    if text is None or not text.startswith("@"):
        return text
    if text == "@":
        raise BadUsage("--write-out", "the @ names no file")
    return _content(text[1:])


def _parts(options: Options) -> str | None:
    _one_of(options, "--print", "--include", "--head")
    parts: str | None = options["print"]
    if parts is not None and (unknown := set(parts) - set(_PARTS)):
        raise BadUsage("--print", f"{sorted(unknown)[0]!r} is none of {_PARTS}")
    return "h" if options["head"] else "hb" if options["include"] else parts


def _key(name: str) -> str:
    return name.removeprefix("--").replace("-", "_")


def _one_of(options: Options, *names: str) -> None:
    """Refuse two of them at once."""
    given = [name for name in names if options[_key(name)] not in (None, False)]
    if len(given) > 1:
        raise BadUsage(given[1], f"it does not go with {given[0]}")
