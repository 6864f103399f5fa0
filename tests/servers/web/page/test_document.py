"""Tests for tnet.servers.web.page.document."""

from __future__ import annotations

import base64
import hashlib
import re

from twisted.trial.unittest import TestCase

from tnet.servers.web.page.document import Look, part

FILES = ("base.css", "changes.js", "code.css", "listing.css", "listing.js", "prose.css", "uploads.js", "viewing.js")


class LookTests(TestCase):
    """Documents and their policy."""

    def test_policy(self) -> None:
        """Exactly the styles and scripts in the document are allowed, by their hashes, and nothing else."""
        look = Look(("base.css", "listing.css"), ("listing.js",))
        page, policy = look.document("t", "<p>"), look.fields[b"Content-Security-Policy"].decode()
        inline = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", page, re.DOTALL)
        self.assertEqual(len(inline), 3)
        for text in inline:
            self.assertIn(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'", policy)
        self.assertEqual(policy.count("sha256-"), 3)
        for rule in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            self.assertIn(rule, policy)
        for word in ("unsafe", "img-src", "connect-src"):
            self.assertNotIn(word, policy)

    def test_more(self) -> None:
        """Media and connections of this site where they are needed; no script where there is none."""
        policy = Look(media=True, talks=True).fields[b"Content-Security-Policy"].decode()
        for rule in ("img-src 'self'", "media-src 'self'", "connect-src 'self'"):
            self.assertIn(rule, policy)
        self.assertNotIn("script-src", policy)

    def test_title(self) -> None:
        """A title is text."""
        self.assertIn("<title>&lt;/title&gt;</title>", Look().document("</title>", ""))

    def test_parts(self) -> None:
        """No style or script ends its element, fetches anything from elsewhere, or evaluates text."""
        for name in FILES:
            text = part(name).text
            for word in ("</s", "<!--", "http:", "https:", "@import", "url(", "eval(", "innerHTML", "Function("):
                self.assertNotIn(word, text, name)

    def test_fields(self) -> None:
        """The type is not to be guessed, and no other site is told where somebody was."""
        fields = Look().fields
        self.assertEqual((fields[b"X-Content-Type-Options"], fields[b"Referrer-Policy"]), (b"nosniff", b"same-origin"))
