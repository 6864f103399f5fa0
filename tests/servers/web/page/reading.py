"""A page as a browser would take it apart."""

from __future__ import annotations

from html.parser import HTMLParser


class Parts(HTMLParser):
    """Collects the tags of a page with their attributes, and the text that is read."""

    def __init__(self, page: bytes | str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._unread = False
        self.feed(page.decode() if isinstance(page, bytes) else page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread = tag in ("style", "script")
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._unread = False

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.text += data

    @property
    def tags(self) -> set[str]:
        """The names of all tags."""
        return {tag for tag, _ in self.found}

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of the tags of that name that have these values; `class_` means one among the classes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            got
            for name, got in self.found
            if name == tag and all(v in got.get(n, "").split() for n, v in wanted.items())
        ]

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [attributes["href"] for attributes in self.all("a") if "href" in attributes]

    @property
    def handlers(self) -> set[str]:
        """Attributes that the policy forbids: inline scripts and styles."""
        return {name for _, got in self.found for name in got if name.startswith("on") or name == "style"}
