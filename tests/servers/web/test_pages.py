"""Tests for tnet.servers.web.pages."""

from __future__ import annotations

import base64
import hashlib
import json

from twisted.trial.unittest import TestCase

from tnet.servers.web import pages


class PreferredTests(TestCase):
    """Which form is wanted."""

    def test_by_name(self) -> None:
        """What is named with the highest quality wins; who names nothing gets text."""
        for accept, form in (
            (b"", pages.TEXT),
            (b"*/*", pages.TEXT),
            (b"image/png", pages.TEXT),
            (b"text/html,application/xhtml+xml,*/*;q=0.8", pages.HTML),
            (b"application/json", pages.JSON),
            (b"APPLICATION/JSON ; Q=0.5, text/plain;q=0.1", pages.JSON),
            (b"text/html;q=0, application/json", pages.JSON),
            (b"text/html;q=0.1, application/json;q=0.9", pages.JSON),
            (b"text/html;q=junk", pages.TEXT),
            (b"text/html;q=nan, application/json;q=0.1", pages.JSON),
            (b"application/*", pages.JSON),
            (b"application/*;q=0.9, text/html;q=0.8", pages.JSON),
            (b"*/*, text/html", pages.HTML),
            (b"text/html, application/json", pages.HTML),
            (b"application/json, text/html", pages.JSON),
            (b"text/plain;q=0, */*;q=0.1", pages.HTML),
            (b";;,,;q=", pages.TEXT),
        ):
            with self.subTest(accept=accept):
                self.assertEqual(pages.preferred(accept), form)


class ErrorTests(TestCase):
    """What a refusal looks like."""

    def test_forms(self) -> None:
        """The same refusal as text, as JSON and as a page; the reason is data, never markup."""
        self.assertEqual(pages.error(404, "<b>", b""), (pages.TEXT, b"404 Not Found: <b>\n"))
        self.assertEqual(pages.error(404, "", b""), (pages.TEXT, b"404 Not Found\n"))
        media, body = pages.error(413, "<b>", b"application/json")
        self.assertEqual(json.loads(body), {"status": 413, "error": "Content Too Large", "reason": "<b>"})
        media, body = pages.error(404, "<b>", b"text/html")
        self.assertEqual(media, pages.HTML)
        self.assertIn(b">&lt;b&gt;</p>", body)
        self.assertIn(b'<a href="/">', body)

    def test_a_bare_reply(self) -> None:
        """What never became a request gets a complete response that closes."""
        reply = pages.bare_reply(400, "why", b"DATE")
        head, _, body = reply.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 400 Bad Request\r\n"))
        self.assertIn(b"Content-Length: %d\r\nConnection: close" % len(body), head)
        self.assertIn(b"Date: DATE", head)

    def test_unknown_statuses(self) -> None:
        """A status that nobody has named has a phrase all the same."""
        self.assertEqual((pages.phrase(599), pages.phrase(404)), ("Unknown Status", "Not Found"))


class PageTests(TestCase):
    """The document around every page."""

    def test_the_policy_allows_our_style_and_nothing_else(self) -> None:
        """The Content-Security-Policy names the hash of exactly the style that the page carries."""
        document = pages.page("a<b", "<p>body</p>").decode()
        style = document.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = pages.fields_for(pages.HTML)[b"Content-Security-Policy"].decode()
        self.assertIn(f"'sha256-{digest}'", policy)
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("script", policy)
        self.assertIn("<title>a&lt;b</title>", document)

    def test_a_form_of_ours_names_its_origin(self) -> None:
        """Referrers stay with us, but with us they are there: without any, a browser's form says `Origin: null`."""
        self.assertEqual(pages.fields_for(pages.HTML)[b"Referrer-Policy"], b"same-origin")

    def test_fields(self) -> None:
        """Only a page carries the policy; everything is nosniff."""
        self.assertIn(b"Content-Security-Policy", pages.fields_for(pages.HTML))
        self.assertEqual(
            pages.fields_for(pages.TEXT), {b"Content-Type": pages.TEXT, b"X-Content-Type-Options": b"nosniff"}
        )
