"""Passwords taken out of what a client says, as it passes, in the protocols of which it is known where they stand.

Nothing needs to be told which protocol is spoken: the lines tell. A secret that is the rest of a line becomes `***`;
one whose length was announced (a bulk string of Redis, a literal of IMAP) as many stars. Bytes may be cut anywhere;
where the cut leaves a doubt, more is taken out rather than less.

Source: RFC 1939 and 5034 (POP3), RFC 9051 (IMAP), RFC 4954 (SMTP), RFC 959 (FTP), RFC 9110 section 11 (HTTP).
"""

from __future__ import annotations

import re

from tnet.protocols.recording import Hides, Mask, Side

DIALECTS = ("POP3", "IMAP", "SMTP", "FTP", "HTTP", "Redis", "a prompt for a password, answered after it came")

STARS = b"***"
PREFIX_BYTES = 1024
TAIL_BYTES = 512
WORD_BYTES = 32
MOST_WORDS = 1 << 20

_TAG = rb"[^\s*]{1,32} +"
_TOKEN = rb"(?:[a-z0-9]{1,20}-){0,4}(?:token|api-?key):"
_SETTING = rb'"?(?:requirepass|masterauth|tls-(?:client-)?key-file-pass)"?'
_BEGINS = re.compile(
    rb"(?im)^(?:PASS|ACCT|APOP|AUTH|" + _TAG + rb"(?:LOGIN|AUTHENTICATE)|(?:proxy-)?authorization:|cookie:|\*\d"
    rb"|HELLO +\d|CONFIG +SET|ACL +SETUSER|" + _TOKEN + rb")"
)
_AFTER = re.compile(
    rb"(?i)(?:PASS|ACCT) +"
    rb"|APOP +\S+ +"
    rb"|" + _TAG + rb'LOGIN +(?:"(?:[^"\\]|\\.)*"|[^\s"{]+) +'
    rb"|" + _TAG + rb"AUTHENTICATE +\S+ +"
    rb"|(?:proxy-)?authorization:[ \t]*(?:[a-z][a-z0-9-]*[ \t]+)?"
    rb"|cookie:[ \t]*"
    rb"|" + _TOKEN + rb"[ \t]*"
    rb"|HELLO +\d+ +(?:SETNAME +\S+ +)?AUTH +"
    rb"|CONFIG +SET +(?:\S+ +\S+ +)*?" + _SETTING + rb" +"
    rb"|ACL +SETUSER +\S+ +"
)
_SECRET_FOLLOWS = frozenset(
    (b"AUTH", b"AUTH2", b"SETUSER", b"REQUIREPASS", b"MASTERAUTH", b"TLS-KEY-FILE-PASS", b"TLS-CLIENT-KEY-FILE-PASS")
)
_AUTH = re.compile(rb"(?i)AUTH +")
_MECHANISM = re.compile(
    rb"(?i)(?:PLAIN|LOGIN|EXTERNAL|ANONYMOUS|NTLM|GSSAPI|GSS-SPNEGO|(?:CRAM|DIGEST)-MD5|SCRAM-[A-Z0-9-]+|XOAUTH2"
    rb"|OAUTHBEARER)(?: +|(?=\r?\n))"
)
_BEGINS_SASL = re.compile(rb"(?i)(?:AUTH +\S+|" + _TAG + rb"AUTHENTICATE +\S+)")
_ENDS_SASL = re.compile(rb"(?im)^(?:235|4\d\d|5\d\d|-[A-Z]+|\+OK|[^\s*+]{1,32} (?:OK|NO|BAD))\b")
_LOGS_IN = re.compile(rb"(?i)" + _TAG + rb"LOGIN\b")
_LITERAL = re.compile(rb"\{(\d{1,9})\+?\}\r?\n\Z")
_ARRAY = re.compile(rb"\*(\d{1,7})\r\n")
_BULK = re.compile(rb"\$(\d{1,9})\r\n")
_ASKS = re.compile(rb"(?i)pass(?:word|phrase|code)[^\r\n]{0,60}:[ \t]*(?:\r?\n)?\Z")


class Redactor:
    """Takes the secrets out of one conversation; give it what each side says, in order.

    `too_late` once a prompt for a password came behind what may have answered it already: what we said before the
    peer had said anything, or several lines at once.
    """

    def __init__(self) -> None:
        self.too_late = False
        self._lines = _ClientLines()
        self._tail = b""
        self._peer_spoke = self._said_ahead = False
        self._lines_in_turn = 0

    def feed(self, by: Side, data: bytes) -> tuple[bytes, tuple[Mask, ...]]:
        """What may be kept of `data`, and what stands for a secret in it."""
        if by == "us":
            self._lines_in_turn += data.count(b"\n")
            self._said_ahead = self._said_ahead or not self._peer_spoke or self._lines_in_turn > 1
            kept = self._lines.feed(data)
            if self._lines.in_sasl:
                self._tail = b""  # what was said before is no answer
            return kept
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        self._lines.asked = _ASKS.search(self._tail) is not None
        self.too_late = self.too_late or (self._lines.asked and self._said_ahead)
        self._peer_spoke, self._lines_in_turn = True, 0
        if self._lines.in_sasl and _ENDS_SASL.search(self._tail):
            self._lines.in_sasl = False
        return data, ()


class _ClientLines:
    """What a client says: lines, and blocks whose length a line has announced.

    `asked` while the server's last word was a prompt for a password; `in_sasl` while an exchange goes on of which
    every line may hold one.
    """

    def __init__(self) -> None:
        self.asked = False
        self.in_sasl = False
        self._kept = bytearray()
        self._masks: list[Mask] = []
        self._line = b""  # so far, as much of it as could matter
        self._hiding = False
        self._held_return = False
        self._goes_on = False  # a command of IMAP, behind a literal
        self._hides_next = False
        self._block = 0
        self._hides_block = False
        self._words = 0
        self._word: bytes | None = None

    def feed(self, data: bytes) -> tuple[bytes, tuple[Mask, ...]]:
        """See `Redactor.feed`."""
        if self._is_harmless(data):
            self._remember(data)
            return data, ()
        self._kept, self._masks = bytearray(), []
        at = 0
        while at < len(data):
            end = min(at + self._block, len(data)) if self._block else data.find(b"\n", at) + 1 or len(data)
            piece = data[at:end]
            if self._block:
                self._part_of_block(piece)
            else:
                self._part_of_line(piece)
            at = end
        return bytes(self._kept), tuple(self._masks)

    def _is_harmless(self, data: bytes) -> bool:
        """Whether nothing in `data` can begin or go on with a secret: most of what passes."""
        busy = self.asked or self.in_sasl or self._hiding or self._goes_on or self._block or self._words
        return not busy and _BEGINS.search(self._line + data) is None

    def _remember(self, data: bytes) -> None:
        start = data.rfind(b"\n") + 1
        self._line = ((b"" if start else self._line) + data[start : start + PREFIX_BYTES])[:PREFIX_BYTES]

    # ── lines ──

    def _part_of_line(self, piece: bytes) -> None:
        known = len(self._line)
        start = None
        if known < PREFIX_BYTES:
            self._line += piece
            start = None if self._hiding else self._secret()
        if start is not None:
            cut = max(start - known, 0)
            self._kept += piece[:cut]
            piece = piece[cut:]
            self._hide(STARS, "line")
            self._hiding = True
        if self._hiding:
            self._swallow(piece)
        else:
            self._kept += piece
        if piece.endswith(b"\n"):
            self._line_ended()

    def _secret(self) -> int | None:
        """Where in the line so far a secret begins."""
        body = self._line.rstrip(b"\r\n")
        start = self._place(body)
        if start is None or start >= len(body) or _LITERAL.fullmatch(self._line[start:]):
            return None
        return start

    def _place(self, body: bytes) -> int | None:
        if self.asked or self.in_sasl:
            return 0
        if self._goes_on:
            return len(body) - len(body.lstrip(b" ")) if self._hides_next else None
        found = _AFTER.match(body)
        if found is not None:
            return found.end()
        found = _AUTH.match(body)
        if found is None:
            return None
        named = _MECHANISM.match(self._line, found.end())
        return named.end() if named is not None else found.end()

    def _swallow(self, rest: bytes) -> None:
        """Leave out `rest` of a line, but for its end."""
        if rest.endswith(b"\n"):
            returned = rest.endswith(b"\r\n") or (self._held_return and rest == b"\n")
            self._kept += b"\r\n" if returned else b"\n"
        elif rest:
            self._held_return = rest.endswith(b"\r")

    def _line_ended(self) -> None:
        line, self._line = self._line, b""
        hidden, self._hiding, self._held_return = self._hiding, False, False
        self.asked = False
        if self._words:
            self._header_of_word(line)
            return
        literal = _LITERAL.search(line)
        self._goes_on = literal is not None and (self._goes_on or _LOGS_IN.match(line) is not None)
        if literal is not None and self._goes_on:
            # The first literal of a LOGIN may be the name; what comes behind it is not.
            self._block = int(literal[1])
            self._hides_block = hidden or self._hides_next or _AFTER.match(line) is not None
            self._hides_next = True
            return
        self._hides_next = False
        array = _ARRAY.fullmatch(line)
        if array and not hidden:
            self._words = min(int(array[1]), MOST_WORDS)
        elif _BEGINS_SASL.match(line):
            self.in_sasl = True

    # ── blocks ──

    def _header_of_word(self, line: bytes) -> None:
        bulk = _BULK.fullmatch(line)
        if bulk is None and line != b"\r\n":
            self._words, self._hides_next = 0, False
        elif bulk is not None:
            self._block = int(bulk[1])
            self._hides_block = self._hides_next
            self._word = b""
            self._words -= 1
            if not self._block:
                self._block_ended()

    def _part_of_block(self, piece: bytes) -> None:
        self._block -= len(piece)
        if self._hides_block:
            self._hide(b"*" * len(piece), "bytes")
        else:
            self._kept += piece
        if self._word is not None and len(self._word) <= WORD_BYTES:
            self._word += piece
        if not self._block:
            self._block_ended()

    def _block_ended(self) -> None:
        """Behind `AUTH` and its like every word of a request of Redis is a secret; a name may be among them."""
        if self._word is not None:
            self._hides_next = bool(self._words) and (self._hides_next or self._word.upper() in _SECRET_FOLLOWS)
            self._word = None

    def _hide(self, stars: bytes, hides: Hides) -> None:
        self._masks.append(Mask(len(self._kept), len(stars), hides))
        self._kept += stars
