"""Asking an HTTP proxy for a connection: CONNECT.

Source: RFC 9110 section 9.3.6, section 11.7 for the login; curl#9513 for telling what a refusal says.
"""

from __future__ import annotations

import re
from base64 import b64encode

from tnet.errors import EmptyReply, MalformedReply, ProxyRefused, ReceiveFailed
from tnet.escape import excerpt
from tnet.plans.proxies import Proxy
from tnet.protocols.http1.encoding import request_head
from tnet.protocols.http1.responses import ResponseEnd, ResponseHead, ResponseParser, ResponsePart
from tnet.protocols.passage import Passage

LOGIN_WANTED = 407
REASON_BYTES = 80
MOST_BODY_BYTES = 4096

_TITLE = re.compile(rb"<title[^<>]*>([^<]*)", re.IGNORECASE)
_WRITE_LOGIN = "write user and password into its URL: http://USER:PASSWORD@HOST:PORT"
_OTHER_LOGIN = "only Basic logins can be done with a proxy: check user and password"


class Tunnel(Passage):
    """Asks for `host` and `port`; only what is meant for the proxy is told to it.

    A refusal is an error once its body, or enough of it, is there; `closed` gives it before.
    """

    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        super().__init__(proxy)
        self._authority = f"[{host.partition('%')[0]}]:{port}" if ":" in host else f"{host}:{port}"
        self._parser = ResponseParser(b"CONNECT", str(proxy))
        self._head: ResponseHead | None = None
        self._body = b""

    def begin(self) -> bytes:
        """The request."""
        login = proxy_authorization(self.proxy)
        authority = self._authority.encode("ascii")
        fields = [(b"Host", authority)]
        if login is not None:
            fields.append((b"Proxy-Authorization", login.encode("ascii")))
        return request_head(b"CONNECT", authority, fields)

    def received(self, data: bytes) -> bytes:
        """Nothing: one request is all that is said.

        Raises: ProxyRefused, with the proxy's reasons.
        """
        # Line by line: what follows the head of a success is the target's, not the parser's.
        lines = data.splitlines(keepends=True)
        for at, line in enumerate(lines):
            try:
                parts = list(self._parser.feed(line))
            except (MalformedReply, ReceiveFailed) as error:
                raise self.refusal(error.reason) from error
            for part in parts:
                self._take(part)
            if self.is_open:
                self.surplus = b"".join(lines[at + 1 :])
                break
        return b""

    def closed(self) -> ProxyRefused:
        """The refusal with what came of its reasons, or that there was none."""
        if self._head is not None:
            return self._refused(self._head)
        try:
            list(self._parser.close())
        except (EmptyReply, MalformedReply) as error:
            return self.refusal(error.reason)
        return super().closed()

    def _take(self, part: ResponsePart) -> None:
        match part:
            case ResponseHead() if not part.interim:
                self._head = part
                self.is_refused = part.status >= 300
            case bytes():
                self._body += part
        if self._head is None:
            return
        if isinstance(part, ResponseEnd) and not self.is_refused:
            self.is_open = True
        elif isinstance(part, ResponseEnd) or len(self._body) > MOST_BODY_BYTES:
            raise self._refused(self._head)

    def _refused(self, head: ResponseHead) -> ProxyRefused:
        words, said = _answer(head), self._gist()
        if said.lower() not in words.lower():
            words += f": {said}"
        return self.refusal(words, _advice(self.proxy) if head.status == LOGIN_WANTED else "")

    def _gist(self) -> str:
        """What the body says: of a page only its title."""
        body = self._body
        if b"<" in body:
            title = _TITLE.search(body)
            body = title[1] if title is not None else b""
        return excerpt(b" ".join(body.split()))


def login_refused(proxy: Proxy, head: ResponseHead) -> ProxyRefused:
    """The error for a 407 of a proxy that was sent a whole request."""
    return ProxyRefused(str(proxy), _answer(head), _advice(proxy))


def proxy_authorization(proxy: Proxy) -> str | None:
    """The value of Proxy-Authorization for `proxy`; None when it was given no user.

    Source: RFC 7617 section 2: the user ends at the first colon.
    """
    if proxy.user is None:
        return None
    login = f"{proxy.user}:{proxy.password}".encode("utf-8", "surrogateescape")
    return f"Basic {b64encode(login).decode('ascii')}"


def _answer(head: ResponseHead) -> str:
    return f"{head.status} {excerpt(head.reason, REASON_BYTES)}".rstrip()


def _advice(proxy: Proxy) -> str:
    return _WRITE_LOGIN if proxy.user is None else _OTHER_LOGIN
