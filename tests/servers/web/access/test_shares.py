"""Links: what they open, to whom, how long, and nothing else."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.servers.web.access.guarded import GuardedTestCase, basic
from tnet.servers.web.permissions import Right


class ShareTests(GuardedTestCase):
    """alice makes links, strangers have them."""

    def share(self, path: str, fields: str = "", *more: str, user: str = "alice") -> Any:
        """The path of a new link."""
        said = self.form(path, "action=share" + fields, basic(user), *more)
        return said["path"] if isinstance(said, dict) else said

    def test_a_file(self) -> None:
        """A link to a file opens the file, by GET and HEAD, without a login, under its own name."""
        wire = self.guarded()
        link = self.share("/sub/b.txt")
        self.assertRegex(link, r"^/_tnet/share/[\w.-]+/b\.txt$")
        self.assertEqual(wire.get(link).body, b"sub/b.txt")
        self.assertEqual(wire.get(link, method="HEAD").fields[b"content-length"], b"9")
        self.assertEqual(wire.get(link, "Range: bytes=0-2").body, b"sub")

    def test_and_nothing_else(self) -> None:
        """The file's link opens no other name, nothing below it, nothing beside it."""
        self.guarded()
        link = self.share("/sub/b.txt")
        token = link.removesuffix("b.txt")
        self.write("sub/c.txt")
        others = [
            token,
            token[:-1],
            token + "c.txt",
            token + "../a.txt",
            link + "/",
            link + "/x",
            token + "b.txt%2f..%2fc.txt",
        ]
        self.assertEqual(set(self.statuses(others)) - {400}, {404})

    def test_a_directory(self) -> None:
        """A link to a directory opens what is in it, by relative links; nothing above or beside it."""
        self.write("sub/deep/c.txt", "index/index.html")
        wire = self.guarded(index=["index.html"])
        link = self.share("/sub/")
        self.assertTrue(link.endswith("/") and link.count("/") == 4)
        self.assertEqual(wire.get(link + "b.txt").body, b"sub/b.txt")
        self.assertEqual(wire.get(link + "deep/c.txt").body, b"sub/deep/c.txt")
        redirect = wire.get(link + "deep")
        self.assertEqual((redirect.status, redirect.fields[b"location"]), (301, b"./deep/"))
        self.assertEqual(wire.get(self.share("/index")).body, b"index/index.html")
        self.assertEqual(set(self.statuses([link + "../a.txt", link + "%2e%2e/a.txt", link + "/b.txt"])) - {400}, {404})

    def test_the_root(self) -> None:
        """All of it can be shared, too."""
        wire = self.guarded()
        link = self.share("/")
        self.assertEqual(wire.get(link + "sub/b.txt").body, b"sub/b.txt")
        self.assertEqual(wire.get(link[:-1]).status, 404)

    def test_links_of_the_file_system(self) -> None:
        """A symbolic link opens what it led to when it was shared; one inside that leads out opens nothing."""
        os.symlink("sub/b.txt", os.path.join(self.path, "alias"))
        os.symlink("../a.txt", os.path.join(self.path, "sub", "out"))
        wire = self.guarded()
        alias = self.share("/alias")
        self.assertEqual(wire.get(alias).body, b"sub/b.txt")
        self.assertEqual(wire.get(self.share("/sub") + "out").status, 404)
        os.unlink(os.path.join(self.path, "alias"))
        os.symlink("a.txt", os.path.join(self.path, "alias"))
        self.assertEqual(wire.get(alias).status, 404)

    def test_reading_alone(self) -> None:
        """No other method, whoever comes with it."""
        self.guarded()
        link = self.share("/sub")
        for method in ("PUT", "POST", "DELETE", "PATCH", "OPTIONS"):
            reply = self.fresh().get(link + "new", basic("alice"), method=method)
            self.assertEqual((method, reply.status, reply.fields[b"allow"]), (method, 405, b"GET, HEAD"))

    def test_forged(self) -> None:
        """A link that we did not make, a token of another kind, and none at all, open nothing."""
        self.guarded()
        token = self.form("/_tnet/token", "", basic("alice"))["token"]
        link = self.share("/sub/b.txt")
        forged = link.replace("share/e", "share/f") if "share/e" in link else link.replace("share/", "share/x")
        paths = [forged, f"/_tnet/share/{token}/", "/_tnet/share/", "/_tnet/share", "/_tnet/share/%ff/x"]
        self.assertEqual(self.statuses(paths), [404] * 5)

    def test_its_time(self) -> None:
        """It ends when it was said to, and the page says that it has ended."""
        wire = self.guarded()
        link = self.share("/a.txt", "&expires=60")
        self.clock.advance(59)
        self.assertEqual(wire.get(link).status, 200)
        self.clock.advance(1)
        reply = wire.get(link, "Accept: text/html")
        self.assertEqual((reply.status, b"this link has ended" in reply.body), (410, True))
        self.assertEqual(self.share("/a.txt", "&expires=2592001"), 400)

    def test_its_maker(self) -> None:
        """It is worth what its maker may do, now: what is denied inside stays denied, and it ends with the account."""
        self.write("sub/private/x")
        wire = self.guarded("/sub/private=bob:lr")
        link = self.share("/sub")
        self.assertEqual([wire.get(link + path).status for path in ("b.txt", "private/x")], [200, 404])
        self.assertEqual(self.share("/sub/private/x"), 403)
        del self.doors.accounts["alice"]
        self.clock.advance(30)
        self.assertEqual(wire.get(link + "b.txt").status, 410)

    def test_no_more_than_the_site(self) -> None:
        """A site that lists nothing lists nothing to who has a link; a link gives no right to write."""
        wire = self.guarded(granted=Right.READ)
        link = self.share("/sub")
        self.assertEqual([wire.get(link + path).status for path in ("b.txt", "")], [200, 404])

    def test_who_makes_one(self) -> None:
        """Only who is logged in, only of what is there, and only from our own pages."""
        wire = self.guarded("/=*:lr")
        self.assertEqual(self.form("/a.txt", "action=share"), 401)
        self.assertEqual(self.share("/none"), 404)
        self.assertEqual(self.share("/a.txt", "", "Origin: http://evil.example"), 403)
        wire.ask("POST", "/a.txt", basic("alice"), body=b"action=share")
        self.assertEqual(wire.reply().status, 405)

    def test_not_by_a_token(self) -> None:
        """A token makes no link: that would outlive it."""
        self.guarded()
        token = self.form("/_tnet/token", "expires=1", basic("alice"))["token"]
        self.assertEqual(self.form("/a.txt", "action=share", f"Authorization: Bearer {token}"), 403)

    def test_answers(self) -> None:
        """JSON, a page and a line of text say where it is; so does Location."""
        wire = self.guarded()
        media = "Content-Type: application/x-www-form-urlencoded"
        bodies = {}
        for accept in ("application/json", "text/html", "*/*"):
            body = b"action=share&expires=60"
            wire.ask("POST", "/sub/b.txt", media, basic("alice"), f"Accept: {accept}", body=body)
            reply = wire.reply()
            self.assertEqual((reply.status, reply.fields[b"cache-control"]), (201, b"no-store"))
            bodies[accept] = reply.body.decode()
            path = reply.fields[b"location"].decode()
            self.assertIn(path, bodies[accept])
        said = json.loads(bodies["application/json"])
        self.assertEqual((said["url"], said["expires"]), ("http://h" + said["path"], "1970-01-01T00:01:00Z"))
        self.assertTrue(bodies["*/*"].startswith("http://h/_tnet/share/"))

    def test_hostile_names(self) -> None:
        """Whatever a name is made of, its link opens it."""
        for name in ("a b#?.txt", "ü%2f.txt", 'x"><b>'):
            self.write(name)
            wire = self.guarded()
            entry = os.fsencode(name)
            quoted = "/" + "".join(f"%{byte:02x}" for byte in entry)
            self.assertEqual(wire.get(self.share(quoted)).body.decode(), name)
