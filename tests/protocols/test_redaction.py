"""Passwords that do not get into recordings."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.recording import Mask, Side
from tnet.protocols.redaction import Redactor

SECRET = b"hunter2"
Said = tuple[Side, bytes]

POP3: tuple[Said, ...] = (
    ("peer", b"+OK ready\r\n"),
    ("us", b"USER alice\r\n"),
    ("peer", b"+OK\r\n"),
    ("us", b"pass hunter2 hunter2\r\n"),
    ("peer", b"+OK\r\n"),
)
APOP: tuple[Said, ...] = (("us", b"APOP alice hunter2\r\nSTAT\r\n"),)
POP3_SASL: tuple[Said, ...] = (
    ("peer", b"+OK ready\r\n"),
    ("us", b"AUTH PLAIN\r\n"),
    ("peer", b"+ \r\n"),
    ("us", b"hunter2\r\n"),
    ("peer", b"+OK logged in\r\n"),
    ("us", b"RETR 1\r\n"),
)
SMTP: tuple[Said, ...] = (
    ("peer", b"220 mail\r\n"),
    ("us", b"EHLO me\r\nAUTH LOGIN\r\n"),
    ("peer", b"250-mail\r\n250 AUTH LOGIN\r\n334 VXNlcm5hbWU6\r\n"),
    ("us", b"hunter2=\r\n"),
    ("peer", b"334 UGFzc3dvcmQ6\r\n"),
    ("us", b"hunter2==\r\n"),
    ("peer", b"235 2.7.0 ok\r\n"),
    ("us", b"MAIL FROM:<a@b>\r\n"),
)
SMTP_AT_ONCE: tuple[Said, ...] = (
    ("us", b"AUTH PLAIN hunter2\r\n"),
    ("peer", b"535 no\r\n"),
    ("us", b"RETR 1\r\n"),
)
IMAP: tuple[Said, ...] = (
    ("us", b'a1 LOGIN "al ice" "hunter2"\r\na2 SELECT x\r\n'),
    ("us", b"a3 login alice hunter2\r\n"),
)
IMAP_LITERALS: tuple[Said, ...] = (
    ("us", b"a1 LOGIN {5}\r\n"),
    ("peer", b"+ go\r\n"),
    ("us", b"alice {7}\r\n"),
    ("peer", b"+ go\r\n"),
    ("us", b"hunter2\r\na2 NOOP\r\n"),
)
IMAP_ONE_LITERAL: tuple[Said, ...] = (("us", b"a1 LOGIN alice {7+}\r\nhunter2\r\na2 NOOP\r\n"),)
IMAP_SASL: tuple[Said, ...] = (
    ("us", b"a1 AUTHENTICATE PLAIN hunter2\r\n"),
    ("peer", b"a1 NO\r\n"),
    ("us", b"a2 NOOP\r\n"),
)
HTTP: tuple[Said, ...] = (
    ("us", b"GET / HTTP/1.1\r\nauthorization: Basic hunter2\r\nCookie: a=hunter2\r\nHost: h\r\n\r\n"),
)
REDIS: tuple[Said, ...] = (
    (
        "us",
        b"*3\r\n$4\r\nauth\r\n$5\r\nalice\r\n$7\r\nhunter2\r\n*1\r\n$4\r\nPING\r\n",
    ),
    ("us", b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$5\r\nalice\r\n$7\r\nhunter2\r\n"),
)
REDIS_INLINE: tuple[Said, ...] = (
    ("us", b"AUTH hunter2\r\n"),
    ("peer", b"-WRONGPASS no\r\n"),
    ("us", b"PING\r\n"),
)
REDIS_HELLO: tuple[Said, ...] = (("us", b"HELLO 3 AUTH bob hunter2\r\nhello 3 setname me auth bob hunter2\r\n"),)
REDIS_CONFIG: tuple[Said, ...] = (
    ("us", b'CONFIG SET requirepass hunter2\r\nconfig set port 1 "requirepass" "hunter2"\r\nCONFIG GET port\r\n'),
    ("us", b"*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n$7\r\nhunter2\r\n*1\r\n$4\r\nPING\r\n"),
    ("us", b"*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$24\r\ntls-client-key-file-pass\r\n$7\r\nhunter2\r\n"),
)
REDIS_ACL: tuple[Said, ...] = (("us", b"ACL SETUSER bob on >hunter2\r\n"),)
HTTP_TOKENS: tuple[Said, ...] = (
    ("us", b"GET / HTTP/1.1\r\nX-Auth-Token: hunter2\r\nx-api-key:hunter2\r\nX-Amz-Security-Token: hunter2\r\n"),
    ("us", b"Sec-WebSocket-Key: a\r\n\r\n"),
)
PROMPT: tuple[Said, ...] = (
    ("peer", b"Username:\r\n"),
    ("us", b"alice\n"),
    ("peer", b"Password: "),
    ("us", b"hunter2\n"),
    ("peer", b"\r\nWelcome\r\n"),
    ("us", b"hello\n"),
)
ALL = (
    POP3, APOP, POP3_SASL, SMTP, SMTP_AT_ONCE, IMAP, IMAP_LITERALS, IMAP_ONE_LITERAL, IMAP_SASL, HTTP, REDIS,
    REDIS_INLINE, REDIS_HELLO, REDIS_CONFIG, REDIS_ACL, HTTP_TOKENS, PROMPT,
)  # fmt: skip


def kept(said: Iterable[Said]) -> bytes:
    """What is kept of our side."""
    redactor = Redactor()
    pieces = [(by, redactor.feed(by, data)[0]) for by, data in said]
    return b"".join(piece for by, piece in pieces if by == "us")


def shredded(said: Iterable[Said]) -> Iterable[Said]:
    """The same, byte by byte."""
    return ((by, data[at : at + 1]) for by, data in said for at in range(len(data)))


def split(said: Iterable[Said], where: int) -> Iterable[Said]:
    """The same, each piece in two."""
    return ((by, part) for by, data in said for part in (data[:where], data[where:]) if part)


class DialectTests(TestCase):
    """What is left of each protocol's login."""

    def test_pop3(self) -> None:
        """PASS and APOP lose their last words, names stay."""
        self.assertEqual(kept(POP3), b"USER alice\r\npass ***\r\n")
        self.assertEqual(kept(APOP), b"APOP alice ***\r\nSTAT\r\n")

    def test_sasl(self) -> None:
        """Every line of an exchange is left out, and nothing after it."""
        self.assertEqual(kept(POP3_SASL), b"AUTH PLAIN\r\n***\r\nRETR 1\r\n")
        self.assertEqual(kept(SMTP), b"EHLO me\r\nAUTH LOGIN\r\n***\r\n***\r\nMAIL FROM:<a@b>\r\n")
        self.assertEqual(kept(SMTP_AT_ONCE), b"AUTH PLAIN ***\r\nRETR 1\r\n")
        self.assertEqual(kept(IMAP_SASL), b"a1 AUTHENTICATE PLAIN ***\r\na2 NOOP\r\n")

    def test_imap(self) -> None:
        """LOGIN with atoms, quoted strings and literals; a literal keeps its length."""
        self.assertEqual(kept(IMAP), b'a1 LOGIN "al ice" ***\r\na2 SELECT x\r\na3 login alice ***\r\n')
        self.assertEqual(kept(IMAP_LITERALS), b"a1 LOGIN {5}\r\nalice {7}\r\n*******\r\na2 NOOP\r\n")
        self.assertEqual(kept(IMAP_ONE_LITERAL), b"a1 LOGIN alice {7+}\r\n*******\r\na2 NOOP\r\n")

    def test_http(self) -> None:
        """Credentials and cookies of a request; the scheme stays."""
        self.assertEqual(kept(HTTP), b"GET / HTTP/1.1\r\nauthorization: Basic ***\r\nCookie: ***\r\nHost: h\r\n\r\n")

    def test_redis(self) -> None:
        """What follows AUTH in a request keeps its length; the next request is untouched."""
        self.assertEqual(
            kept(REDIS),
            b"*3\r\n$4\r\nauth\r\n$5\r\n*****\r\n$7\r\n*******\r\n*1\r\n$4\r\nPING\r\n"
            b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$5\r\n*****\r\n$7\r\n*******\r\n",
        )
        self.assertEqual(kept(REDIS_INLINE), b"AUTH ***\r\nPING\r\n")

    def test_redis_settings(self) -> None:
        """Passwords that are set, or come with HELLO, inline and as a request."""
        self.assertEqual(kept(REDIS_HELLO), b"HELLO 3 AUTH ***\r\nhello 3 setname me auth ***\r\n")
        inline = b'CONFIG SET requirepass ***\r\nconfig set port 1 "requirepass" ***\r\nCONFIG GET port\r\n'
        self.assertTrue(kept(REDIS_CONFIG).startswith(inline))
        self.assertIn(b"requirepass\r\n$7\r\n*******\r\n*1\r\n$4\r\nPING\r\n", kept(REDIS_CONFIG))
        self.assertTrue(kept(REDIS_CONFIG).endswith(b"key-file-pass\r\n$7\r\n*******\r\n"))
        self.assertEqual(kept(REDIS_ACL), b"ACL SETUSER bob ***\r\n")

    def test_http_tokens(self) -> None:
        """Headers that are called tokens or keys of an API; other keys stay."""
        self.assertEqual(
            kept(HTTP_TOKENS),
            b"GET / HTTP/1.1\r\nX-Auth-Token: ***\r\nx-api-key:***\r\nX-Amz-Security-Token: ***\r\n"
            b"Sec-WebSocket-Key: a\r\n\r\n",
        )

    def test_prompt(self) -> None:
        """The line after a prompt for a password is one, whatever the protocol."""
        self.assertEqual(kept(PROMPT), b"alice\n***\nhello\n")

    def test_too_late(self) -> None:
        """A prompt that comes behind several lines, or behind what was said first, comes too late."""
        ahead: tuple[Said, ...] = (("peer", b"login: "), ("us", b"alice\nhunter2\n"), ("peer", b"Password: "))
        first: tuple[Said, ...] = (("us", b"hunter2"), ("peer", b"hello\n"), ("peer", b"Password: "))
        for said, expected in ((ahead, True), (first, True), (PROMPT, False), (SMTP, False)):
            redactor = Redactor()
            for by, data in said:
                redactor.feed(by, data)
            self.assertIs(redactor.too_late, expected)

    def test_masks(self) -> None:
        """Each mask says where it is and what it hides."""
        self.assertEqual(Redactor().feed("us", b"NOOP\r\nPASS x\r\n")[1], (Mask(11, 3),))
        self.assertEqual(Redactor().feed("us", b"*2\r\n$4\r\nAUTH\r\n$2\r\nxy\r\n")[1], (Mask(18, 2, "bytes"),))


class CutTests(TestCase):
    """However the bytes are cut."""

    def test_no_secret_is_kept(self) -> None:
        """Byte by byte, and cut in two at every place, no secret and no part of one gets through."""
        for said in ALL:
            whole = kept(said)
            cuts = [shredded(said), *(split(said, where) for where in range(1, 60))]
            for cut in cuts:
                left = kept(cut)
                for at in range(len(SECRET) - 2):
                    self.assertNotIn(SECRET[at : at + 3], left)
                self.assertEqual(left.count(b"\n"), whole.count(b"\n"))

    def test_line_ends_stay(self) -> None:
        """A CR LF that is cut behind a secret is one still."""
        redactor = Redactor()
        self.assertEqual([redactor.feed("us", part)[0] for part in (b"PASS x\r", b"\n")], [b"PASS ***", b"\r\n"])

    @given(st.lists(st.binary()))
    def test_the_rest_is_as_it_was(self, chunks: list[bytes]) -> None:
        """What has no secret passes unchanged, to the byte."""
        redactor = Redactor()
        clean = [b"." + chunk.replace(b"\n", b"\n.") for chunk in chunks]
        self.assertEqual([redactor.feed("us", chunk)[0] for chunk in clean], clean)

    @given(st.lists(st.tuples(st.sampled_from(["us", "peer"]), st.binary())))
    def test_anything(self, said: list[tuple[Side, bytes]]) -> None:
        """Nothing that is said breaks it, and the peer's words stay as they are."""
        redactor = Redactor()
        for by, data in said:
            left, masks = redactor.feed(by, data)
            self.assertTrue(by == "us" or left == data)
            self.assertTrue(all(mask.start + mask.length <= len(left) for mask in masks))

    def test_overlong_lines(self) -> None:
        """A line without end is passed on, and its beginning is all that is remembered."""
        redactor = Redactor()
        for _ in range(100):
            self.assertEqual(redactor.feed("us", b"AUTHx" * 1000)[0], b"AUTHx" * 1000)
        self.assertLess(len(redactor._lines._line), 7000)
