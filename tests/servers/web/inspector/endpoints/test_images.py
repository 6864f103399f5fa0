"""Tests for pictures."""

from __future__ import annotations

import struct
import zlib

from tests.servers.web.inspector.inspected import InspectedTestCase


class ImageTests(InspectedTestCase):
    """/image."""

    def test_formats(self) -> None:
        """Each begins as its format does."""
        for kind, media, beginning in (
            ("png", b"image/png", b"\x89PNG\r\n\x1a\n"),
            ("jpeg", b"image/jpeg", b"\xff\xd8\xff"),
            ("webp", b"image/webp", b"RIFF"),
            ("svg", b"image/svg+xml", b"<svg "),
        ):
            reply = self.ask(f"/_tnet/image/{kind}")
            self.assertEqual((reply.fields[b"content-type"], reply.body.startswith(beginning)), (media, True), kind)
        self.assertEqual(self.ask("/_tnet/image/gif").status, 404)

    def test_png(self) -> None:
        """Its chunks are whole, and its pixels are all there."""
        body, at, kinds, pixels = self.ask("/_tnet/image/png").body, 8, [], b""
        while at < len(body):
            (length,) = struct.unpack(">I", body[at : at + 4])
            kind, data = body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
            self.assertEqual(struct.unpack(">I", body[at + 8 + length : at + 12 + length])[0], zlib.crc32(kind + data))
            kinds.append(kind)
            pixels = zlib.decompress(data) if kind == b"IDAT" else pixels
            at += 12 + length
        self.assertEqual((kinds, len(pixels)), ([b"IHDR", b"IDAT", b"IEND"], 16 * (1 + 16 * 3)))

    def test_choice(self) -> None:
        """What Accept names, else PNG; 406 for who wants none of them."""
        for accept, media in (("image/webp,*/*", b"image/webp"), ("image/*", b"image/png"), ("*/*", b"image/png")):
            self.assertEqual(self.ask("/_tnet/image", f"Accept: {accept}").fields[b"content-type"], media)
        self.assertEqual(self.ask("/_tnet/image").fields[b"content-type"], b"image/png")
        self.assertEqual(self.ask("/_tnet/image", "Accept: text/html").status, 406)
