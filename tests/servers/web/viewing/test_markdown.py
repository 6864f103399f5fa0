"""Tests for tnet.servers.web.viewing.markdown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.viewing.markdown import as_html

HOSTILE = """
<script>alert(1)</script> <b onclick=x>b</b> <https://example.com/><javascript:alert(1)>
[a](javascript:alert(1)) [b](JAVASCRIPT:x) [c](\x01javascript:x) [d](java&#x0A;script:x) [e](data:text/html,x)
[f](vbscript:x)
[g][r] ![h](javascript:x) ![i](data:image/svg+xml;base64,AA) ![j](file:///etc/passwd) [k](blob:x) <img src=x onerror=y>

[r]: <javascript:x>
"""


class MarkdownTests(TestCase):
    """Prose."""

    def test_hostile(self) -> None:
        """No markup of the author's own, and no link that runs anything."""
        page = Parts(as_html(HOSTILE))
        self.assertLessEqual(page.tags, {"p", "a"})
        self.assertEqual(page.handlers, set())
        for link in page.links:
            self.assertTrue(link.startswith("https:") or "script:" not in link.replace("%0Ascript:", ""), link)

    @given(st.text("[]()<>!*_`#|-:\n javscript&;x/=\"'", max_size=60))
    def test_any(self, text: str) -> None:
        """Nothing that anybody writes makes a script, a handler or a style."""
        page = Parts(as_html(text))
        self.assertEqual(
            (page.handlers, page.tags & {"script", "style", "iframe", "svg", "object", "form"}), (set(), set())
        )
        for link in page.links:
            self.assertFalse(link.lower().startswith("javascript:"), link)

    def test_links(self) -> None:
        """Links of this site stay as they are, links elsewhere tell nobody, links within have our prefix."""
        page = Parts(
            as_html("[a](./b%20c.md) [m](mailto:a@b.c) [h](https://h/) [p](//h/) [s](#Sec)\n\n# Sec\n\n# `Sec`\n")
        )
        self.assertEqual(page.links, ["./b%20c.md", "mailto:a@b.c", "https://h/", "//h/", "#md-sec"])
        self.assertEqual(["rel" in link for link in page.all("a")], [False, True, True, True, False])
        self.assertEqual([head["id"] for head in page.all("h1")], ["md-sec", "md-sec-1"])

    def test_pictures(self) -> None:
        """Pictures of this site are shown; of others only their descriptions."""
        page = Parts(as_html("![a](x.png) ![b <i>](https://h/x.png) ![c](//h/x.png)"))
        self.assertEqual([picture["src"] for picture in page.all("img")], ["x.png"])
        self.assertEqual((page.text.split(), len(page.all("span", class_="away"))), (["b", "<i>", "c"], 2))

    def test_dialect(self) -> None:
        """Tables with their alignment, strikethrough, tasks, code with its colours."""
        blocks = (
            "| a | b |\n|---|--:|\n| 1 | 2 |",
            "~~no~~",
            "- [x] done\n- [ ] to do\n- [ ]",
            "```python\ndef f(): 1\n```",
        )
        page = Parts(as_html("\n\n".join(blocks)))
        self.assertLessEqual({"table", "s"}, page.tags)
        self.assertEqual(len(page.all("td", class_="to-right")), 1)
        self.assertEqual(["checked" in box for box in page.all("input", type="checkbox")], [True, False])
        self.assertEqual(len(page.all("span", class_="k")), 1)
        self.assertEqual(page.handlers, set())
