"""Fields that are added."""

from __future__ import annotations

from tests.servers.web.served import ServedTestCase
from tests.servers.web.wire import Wire
from tests.support import AtOnce
from tnet.servers.web.access.fields import Fields
from tnet.servers.web.files.root import Root
from tnet.servers.web.tree import Tree


class FieldsTests(ServedTestCase):
    """On responses of a directory."""

    def test_added(self) -> None:
        """Every response has them: files, refusals, redirects; several of one name, too."""
        root = Root(self.path)
        self.addCleanup(root.close)
        fields = [("X-Frame-Options", "DENY"), ("Link", "</a>"), ("link", "</b>"), ("ETag", '"mine"')]
        wire = Wire(Tree(root, AtOnce()), filters=[Fields(fields)])
        for path, status in (("/a.txt", 200), ("/none", 404), ("/sub", 301)):
            wire.ask("GET", path)
            self.assertIn(b"\r\nLink: </a>\r\nLink: </b>\r\n", wire.sent)
            reply = wire.reply()
            self.assertEqual((reply.status, reply.fields[b"x-frame-options"]), (status, b"DENY"))

    def test_never_instead(self) -> None:
        """What a response says of itself stays."""
        root = Root(self.path)
        self.addCleanup(root.close)
        wire = Wire(Tree(root, AtOnce()), filters=[Fields([("ETag", '"mine"'), ("Content-Type", "text/html")])])
        reply = wire.get("/a.txt")
        self.assertNotEqual(reply.fields[b"etag"], b'"mine"')
        self.assertEqual(reply.fields[b"content-type"], b"text/plain; charset=utf-8")
