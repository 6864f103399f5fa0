"""Tests for tnet.servers.web.files.media."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.files.media import is_active, is_compressible, media_type


class MediaTypeTests(TestCase):
    """What a name promises."""

    def test_names(self) -> None:
        """Known extensions, in any case; text says that it is UTF-8; everything else is bytes."""
        for name, media in (
            (b"a.txt", b"text/plain; charset=utf-8"),
            (b"A.HTML", b"text/html; charset=utf-8"),
            (b"a.md", b"text/markdown; charset=utf-8"),
            (b"a.js", b"text/javascript; charset=utf-8"),
            (b"a.mjs", b"text/javascript; charset=utf-8"),
            (b"a.sql", b"application/sql; charset=utf-8"),
            (b"a.map", b"application/json"),
            (b"a.ttf", b"font/ttf"),
            (b"a.svg", b"image/svg+xml; charset=utf-8"),
            (b"a.json", b"application/json"),
            (b"a.png", b"image/png"),
            (b"a.wasm", b"application/wasm"),
            (b"a.tar.gz", b"application/gzip"),
            (b"a.svgz", b"application/gzip"),
            (b"a.bz2", b"application/x-bzip2"),
            (b"a", b"application/octet-stream"),
            (b"README", b"application/octet-stream"),
            (b"a.unheard-of", b"application/octet-stream"),
            (b".html", b"application/octet-stream"),
            (b"a.", b"application/octet-stream"),
            (b"\xff.txt", b"text/plain; charset=utf-8"),
            (b"a.\xff", b"application/octet-stream"),
            (b"data:text/html,x", b"application/octet-stream"),
        ):
            with self.subTest(name=name):
                self.assertEqual(media_type(name), media)

    def test_active(self) -> None:
        """What a browser may run is known as such."""
        active = [name for name in (b"a.html", b"a.svg", b"a.xml", b"a.txt", b"a.png") if is_active(media_type(name))]
        self.assertEqual(active, [b"a.html", b"a.svg", b"a.xml"])

    def test_compressible(self) -> None:
        """What is not compressed already is known as such; nobody knows about what is just bytes."""
        for name, shrinks in (
            (b"a.txt", True),
            (b"a.html", True),
            (b"a.css", True),
            (b"a.js", True),
            (b"a.json", True),
            (b"a.svg", True),
            (b"a.xml", True),
            (b"a.wasm", True),
            (b"a.ttf", True),
            (b"a.yaml", True),
            (b"a.webmanifest", True),
            (b"a.png", False),
            (b"a.woff2", False),
            (b"a.mp4", False),
            (b"a.zip", False),
            (b"a.tar.gz", False),
            (b"a.txt.zst", False),
            (b"a.txt.br", False),
            (b"a.pdf", False),
            (b"a", False),
        ):
            self.assertEqual(is_compressible(media_type(name)), shrinks, name)
