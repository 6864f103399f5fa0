"""Tests for what is shown of header fields."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE
from tnet.protocols.masks import (
    MASK,
    VALUE_CHARACTERS,
    is_secret,
    mask_fields,
    mask_form,
    mask_pairs,
    mask_url,
)


class NameTests(SynchronousTestCase):
    """`is_secret`."""

    def test_secrets(self) -> None:
        """Case 13: what lets somebody in is secret, however its name is written."""
        for name in (
            "Authorization",
            "PROXY-AUTHORIZATION",
            "cookie",
            "Set-Cookie",
            "X-Api-Key",
            "x-goog-api-key",
            "X-Auth-Token",
            "X-Amz-Security-Token",
            "PRIVATE-TOKEN",
            "Ocp-Apim-Subscription-Key",
            "X_Client_Secret",
            "apikey",
            "X-Authorization",
            "X-SessionId",
        ):
            self.assertTrue(is_secret(name), name)

    def test_no_secrets(self) -> None:
        """What opens nothing is shown: keys and challenges that only sound like it."""
        for name in (
            "Host",
            "WWW-Authenticate",
            "Sec-WebSocket-Key",
            "Idempotency-Key",
            "Surrogate-Key",
            "Keep-Alive",
            "ETag",
            "X-Monkey",
            "",
        ):
            self.assertFalse(is_secret(name), name)


class QueryTests(SynchronousTestCase):
    """`mask_url` and `mask_form`."""

    def test_queries(self) -> None:
        """Values of secret parameters are masked, in any URL of a text, escaped names and fragments included."""
        for name in (
            "token",
            "access_token",
            "accessToken",
            "client%5Fsecret",
            "user[password]",
            "api_key",
            "key",
            "code",
            "sig",
            "Signature",
            "X-Amz-Signature",
            "X-Amz-Credential",
            "X-Amz-Security-Token",
            "auth",
            "pass",
            "sessionid",
            "sid",
        ):
            for before, after in (("?", ""), ("?a=b&", "&c=d"), ("#", ""), ("?q#", " answered 404")):
                self.assertEqual(
                    mask_url(f"http://h/x{before}{name}=s3cret%20{after}"), f"http://h/x{before}{name}=***{after}"
                )

    def test_what_is_no_secret(self) -> None:
        """Other parameters stay as they are, and so does what is no query."""
        for text in (
            "http://h/?q=token&monkey=1&page=2&keyboard=x&encode=1",
            "http://h/code=1/key=2",
            "token=1; charset=utf-8",
            "http://h/?token&token=",
        ):
            self.assertEqual(mask_url(text), text)

    def test_forms(self) -> None:
        """What is a query from its beginning on."""
        self.assertEqual(mask_form("password=a&b=c&token=d"), "password=***&b=c&token=***")


class FieldsTests(SynchronousTestCase):
    """`mask_fields` and `mask_pairs`."""

    FIELDS = (
        (b"HOST", b"example.org"),
        (b"Authorization", b"Basic c2VjcmV0OnNlY3JldA=="),
        (b"Cookie", b"sid=secret; theme=secret"),
        (b"Location", b"http://user:secret@example.org/?q=a@b"),
    )

    def test_masked(self) -> None:
        """Case 13: secrets are masked whole; order and case of the rest stay, an `@` in a query too."""
        self.assertEqual(
            mask_fields(self.FIELDS, False),
            (
                "HOST: example.org",
                f"Authorization: {MASK}",
                f"Cookie: {MASK}",
                f"Location: http://{MASK}@example.org/?q=a@b",
            ),
        )

    def test_shown(self) -> None:
        """With --show-secrets they are as they were."""
        self.assertEqual(
            mask_pairs(self.FIELDS, True), tuple((name.decode(), value.decode()) for name, value in self.FIELDS)
        )

    def test_emptied(self) -> None:
        """An empty secret is no secret: that nothing was sent can be seen."""
        self.assertEqual(mask_fields(((b"Cookie", b""),), False), ("Cookie: ",))

    def test_bytes(self) -> None:
        """Bytes that are no UTF-8 are read as Latin-1."""
        fields = ((b"A", "é→".encode()), (b"B", b"\xe9"))
        self.assertEqual(mask_fields(fields, False), ("A: é→", "B: é"))

    def test_long(self) -> None:
        """A very long value is cut, and says so."""
        (line,) = mask_fields(((b"A", b"x" * (VALUE_CHARACTERS + 1)),), False)
        self.assertEqual(line, "A: " + "x" * VALUE_CHARACTERS + "…")

    @given(st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=40))))
    def test_harmless(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Case 44: whatever bytes came, a line of it moves no terminal."""
        for line in mask_fields(tuple(fields), True):
            self.assertIsNone(HOSTILE.search(line))

    @given(st.text("abc:@/", max_size=20), st.text("abc:@", min_size=1, max_size=20))
    def test_urls(self, before: str, user: str) -> None:
        """No user information is left of any URL."""
        self.assertNotIn(f"//{user}SECRET", mask_url(f"{before} http://{user}SECRET@host/"))


class UrlTests(SynchronousTestCase):
    """`mask_url`."""

    def test_kept(self) -> None:
        """A URL without user information stays what it was."""
        for url in ("http://h/a@b", "http://h?a@b", "mailto:a@b", "http://h/#@"):
            self.assertEqual(mask_url(url), url)
