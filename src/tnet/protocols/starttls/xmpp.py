"""STARTTLS in XMPP, as a client.

Source: RFC 6120 sections 4 and 5; section 5.3.3 for the whitespace that may not be there, section 11.1 for the XML that
may not.
"""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from tnet.protocols.starttls.upgrade import BlockUpgrade, Talk

MOST_BYTES = 1 << 16

_STREAMS, _TLS = "http://etherx.jabber.org/streams", "urn:ietf:params:xml:ns:xmpp-tls"
_STREAM, _FEATURES = f"{_STREAMS} stream", f"{_STREAMS} features"
_STARTTLS, _PROCEED = f"{_TLS} starttls", f"{_TLS} proceed"


class Xmpp(BlockUpgrade):
    """Opens a stream to `host`, looks for the feature, and asks for it."""

    name = "xmpp"

    def __init__(self, peer: str, host: str = "") -> None:
        super().__init__(peer, host)
        self._read = 0
        self._said = b""
        self._open: list[str] = []
        self._inside: set[str] = set()
        self._ended: str | None = None
        self._parser = self._made()

    def _talk(self) -> Talk[None]:
        to = f" to={quoteattr(self._host)}" if self._host else ""
        namespaces = f"xmlns='jabber:client' xmlns:stream='{_STREAMS}'"
        yield f"<?xml version='1.0'?><stream:stream{to} version='1.0' {namespaces}>".encode()
        if _STARTTLS not in (yield from self._element(_FEATURES, "it does not speak XMPP")):
            self._not_offered()
        yield f"<starttls xmlns='{_TLS}'/>".encode()
        yield from self._element(_PROCEED, "it refuses")

    def _element(self, wanted: str, otherwise: str) -> Talk[set[str]]:
        """What is inside of the next element of the stream, which has to be `wanted`."""
        self._said, self._ended, self._inside = b"", None, set()
        while self._ended is None:
            yield from self._tag()
        if self._ended != wanted:
            self._refuse(otherwise, self._said)
        return self._inside

    # ── the XML ──

    def _tag(self) -> Talk[None]:
        """Read on as far as the next `>`, and not one byte further: what is behind may not be XML any more."""
        while not (end := self._data.find(b">") + 1):
            if self._read + len(self._data) > MOST_BYTES:
                raise self.refusal(f"it says more than {MOST_BYTES} bytes")
            yield b""
        tag = yield from self._take(end)
        self._read += end
        self._said += tag
        try:
            self._parser.Parse(tag)
        except expat.ExpatError:
            self._refuse("it does not speak XMPP", self._said)

    def _made(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        if hasattr(parser, "SetReparseDeferralEnabled"):
            parser.SetReparseDeferralEnabled(False)
        parser.StartElementHandler = self._begins
        parser.EndElementHandler = self._ends
        parser.StartDoctypeDeclHandler = self._forbidden
        return parser

    def _begins(self, name: str, _: dict[str, str]) -> None:
        if not self._open and name != _STREAM:
            self._refuse("it does not speak XMPP", self._said)
        self._open.append(name)
        self._inside.add(name)

    def _ends(self, name: str) -> None:
        self._open.pop()
        if len(self._open) <= 1:
            self._ended = name

    def _forbidden(self, *_: object) -> NoReturn:
        self._refuse("it sends XML that XMPP forbids", self._said)
