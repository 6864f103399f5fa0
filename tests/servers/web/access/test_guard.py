"""The guard: who is let in, who is asked, who is sent away, and when that is decided."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost

from tests.servers.web.access.doors import ALICE
from tests.servers.web.access.guarded import GuardedTestCase, basic
from tnet.accounts.store import Account
from tnet.accounts.throttle import Throttled
from tnet.events.kinds import AuthAttempted
from tnet.servers.web.filters import Filter
from tnet.servers.web.permissions import Right
from tnet.servers.web.request import WebRequest


class GuardTests(GuardedTestCase):
    """A directory that asks who is there."""

    def test_a_login(self) -> None:
        """Without one it is asked for, in both ways, each on a line of its own; with one the file comes."""
        wire = self.guarded()
        wire.ask("GET", "/a.txt")
        self.assertIn(b'WWW-Authenticate: Basic realm="tnet", charset="UTF-8"\r\n', wire.sent)
        self.assertIn(b'WWW-Authenticate: Bearer realm="tnet"\r\n', wire.sent)
        self.assertEqual(wire.reply().status, 401)
        reply = wire.get("/a.txt", basic("alice"))
        self.assertEqual((reply.status, reply.body), (200, b"a.txt"))
        self.assertIn(b"Authorization", reply.fields[b"vary"])
        self.assertEqual([event.user for event in wire.exchanges], [None, "alice"])

    def test_nothing_is_told_before(self) -> None:
        """What is there and what is not, and what is hidden, look alike to a stranger."""
        self.guarded()
        self.assertEqual(set(self.statuses(["/", "/a.txt", "/none", "/.env", "/a.txt/", "/sub", "/%00"])), {401})

    def test_wrong(self) -> None:
        """Wrong credentials are refused even where none are needed; malformed ones are 400."""
        wire = self.guarded("/=*:lr")
        self.assertEqual(wire.get("/a.txt").status, 200)
        self.assertEqual(wire.get("/a.txt", basic("alice", "no")).status, 401)
        self.assertEqual(wire.get("/a.txt", basic("alice"), basic("bob")).status, 400)
        self.assertEqual(wire.get("/a.txt", "Authorization: Basic !").status, 400)
        self.assertEqual(wire.get("/a.txt", "Authorization: Bearer nonsense").status, 401)

    def test_no_account_may(self) -> None:
        """Who is logged in and may not is told so, and not asked again."""
        wire = self.guarded("/sub=@staff:all")
        reply = wire.get("/sub/b.txt", basic("bob"))
        self.assertEqual((reply.status, b"www-authenticate" in reply.fields), (403, False))
        self.assertEqual(wire.get("/sub/b.txt", basic("alice")).body, b"sub/b.txt")

    def test_one_check(self) -> None:
        """Many requests with one password cost one check, and one event."""
        wire = self.guarded()
        self.assertEqual(self.statuses(["/a.txt"] * 5, basic("alice")), [200] * 5)
        self.assertEqual((self.doors.checked, len(wire.recorder.of(AuthAttempted))), (1, 1))

    def test_a_disabled_account(self) -> None:
        """It goes on for half a minute at most."""
        self.guarded()
        self.assertEqual(self.statuses(["/a.txt"], basic("alice")), [200])
        del self.doors.accounts["alice"]
        self.clock.advance(30)
        self.assertEqual(self.statuses(["/a.txt"], basic("alice")), [401])

    def test_before_the_body(self) -> None:
        """A body is asked for only when it may come: no 100 before the answer, nor while that is looked for."""
        wire = self.guarded()
        self.doors.wait = Deferred()
        wire.send(b"POST /hook HTTP/1.1\r\nHost: h\r\n" + basic("alice", "no").encode() + b"\r\n")
        wire.send(b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        wire.clock.advance(0)
        self.assertEqual(wire.sent, b"")
        self.doors.wait.callback(None)
        reply = wire.reply()
        self.assertEqual((reply.status, reply.fields[b"connection"]), (401, b"close"))

    def test_the_body_of_a_friend(self) -> None:
        """It waits for the decision, and is then taken."""
        wire = self.guarded()
        self.doors.wait = Deferred()
        wire.ask("POST", "/hook", basic("alice"), body=b"12345")
        wire.clock.advance(0)
        self.assertEqual(wire.sent, b"")
        self.doors.wait.callback(None)
        self.assertEqual(wire.reply().body, b"hook")

    def test_the_connection_stays(self) -> None:
        """A refusal that leaves nothing unread does not cost the connection."""
        wire = self.guarded()
        self.assertNotIn(b"connection", wire.get("/a.txt").fields)
        self.assertEqual(wire.get("/a.txt", basic("alice")).status, 200)

    def test_a_client_that_says_no_more(self) -> None:
        """It may close its half while it waits to be let in."""
        wire = self.guarded()
        self.doors.wait = Deferred()
        wire.ask("GET", "/a.txt", basic("alice"))
        wire.channel.readConnectionLost()
        self.doors.wait.callback(None)
        self.assertEqual(wire.reply().body, b"a.txt")

    def test_a_client_that_leaves(self) -> None:
        """Nobody waits for its answer any more."""
        wire = self.guarded()
        cancelled: list[object] = []
        self.doors.wait = Deferred(cancelled.append)
        wire.ask("GET", "/a.txt", basic("alice"))
        wire.hang_up(ConnectionLost())
        self.assertEqual(len(cancelled), 1)

    def test_too_many(self) -> None:
        """Too many guesses are told to wait."""
        wire = self.guarded()
        self.doors.trouble = Throttled("192.0.2.0")
        reply = wire.get("/a.txt", basic("alice", "no"))
        self.assertEqual((reply.status, reply.fields[b"retry-after"]), (429, b"15"))

    def test_what_is_mounted(self) -> None:
        """A path of something else takes READ to ask and WRITE to send, whatever the files may be used for."""
        wire = self.guarded("/hook=*:r,@staff:rw", granted=Right.READ)
        self.assertEqual(wire.get("/hook").body, b"hook")
        self.assertEqual([self.form("/hook", "x"), self.form("/hook", "x", basic("bob"))], [401, 403])
        self.assertEqual(self.form("/hook", "x", basic("alice")), 200)
        self.assertEqual(self.statuses(["/hook/..%2fa.txt", "/%68ook/x", "//hook"]), [404, 200, 404])

    def test_mounted_corners(self) -> None:
        """Encoded or doubled slashes do not hide a corner of what is mounted."""
        self.guarded("/hook=*:r", "/hook/private=@staff:r")
        self.assertEqual(
            self.statuses(["/hook/private", "/hook//private", "/hook/%2fprivate", "/hook/x"]), [401] * 3 + [200]
        )

    def test_our_pages(self) -> None:
        """What is at /_tnet is not for strangers, though everything else is."""
        self.guarded("/=*:lr")
        self.assertEqual(self.statuses(["/_tnet/", "/_tnet/x"]), [401, 401])
        self.assertEqual(self.statuses(["/_tnet/"], basic("bob")), [404])

    def test_without_accounts(self) -> None:
        """Rules for everybody hold, credentials say nothing, and nobody is asked for them."""
        wire = self.guarded("/sub=*:none", logins=False, open_to_all=True)
        self.assertEqual(wire.get("/a.txt", basic("alice", "no")).status, 200)
        reply = wire.get("/sub/b.txt", basic("alice"))
        self.assertEqual((reply.status, b"www-authenticate" in reply.fields), (403, False))

    def test_who_it_is(self) -> None:
        """The request knows its account, and what that may do."""
        wire = self.guarded(granted=Right.READ)
        seen: list[tuple[Account | None, Right]] = []
        wire.site.filters += (_Look(seen),)
        wire.get("/a.txt", basic("alice"))
        self.assertEqual(seen, [(ALICE, Right.READ)])


class _Look(Filter):
    """A filter that looks at what the guard made of a request."""

    def __init__(self, seen: list[tuple[Account | None, Right]]) -> None:
        self._seen = seen

    def before(self, request: WebRequest) -> None:
        """Keep what is seen."""
        self._seen.append((request.account, request.permissions.at([b"a"])))
