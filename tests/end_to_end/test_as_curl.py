"""The commands that `--curl` prints, run by curl itself: they send what tnet would send."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from unittest import SkipTest

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.end_to_end.peers import Peer
from tests.support import World
from tnet.clients.fetch.as_curl import as_curl
from tnet.clients.fetch.outgoing import open_body
from tnet.clients.fetch.request import encoded, first_request
from tnet.plans.fetch import Body, FetchPlan, Part, Showing
from tnet.plans.items import as_json, as_multipart, parse_items

BOUNDARY = "tnet-boundary"
SHOWN = Showing(show_secrets=True)


class Sent:
    """A request, taken apart so far that it can be compared with another client's."""

    def __init__(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        self.line, *fields = head.decode("latin-1").split("\r\n")
        pairs = [(name.lower(), value.strip()) for name, _, value in (field.partition(":") for field in fields)]
        boundary = re.search("boundary=(.*)", dict(pairs).get("content-type", ""))
        own = boundary[1] if boundary else ""
        self.fields = sorted(
            (name, value.replace(own, "BOUNDARY") if own else value)
            for name, value in pairs
            if name != "user-agent" and not (own and name == "content-length")
        )
        self.body = body.replace(own.encode(), b"BOUNDARY") if own else body
        self.is_whole = int(dict(pairs).get("content-length", 0)) == len(body) or body.endswith(b"0\r\n\r\n")


def answering(connection: Any) -> bytes:
    """Read one request, answer it, and give it back."""
    data = b""
    while b"\r\n\r\n" not in data or not Sent(data).is_whole:
        data += connection.recv(1 << 16)
    connection.sendall(b"HTTP/1.1 204 Fine\r\nConnection: close\r\n\r\n")
    return data


class AsCurl(SynchronousTestCase):
    """One plan, sent by curl, and written down by us."""

    def setUp(self) -> None:
        if shutil.which("curl") is None:
            raise SkipTest("no curl here")

    def by_curl(self, target: str, **plan: Any) -> tuple[Sent, Sent]:
        """What curl sends for a plan, and what we would."""
        peer = Peer(answering)
        url = f"http://{peer.target}{target}"
        asked = FetchPlan(**{"method": "GET", "urls": (url,)} | plan)
        request = first_request(asked, url)
        command = as_curl(request, asked)
        script = f"unset http_proxy all_proxy\n{command} --silent\n".encode("utf-8", "surrogateescape")
        subprocess.run(["sh"], input=script, check=True, timeout=20)
        body = self.successResultOf(Deferred.fromCoroutine(self.read(asked)))
        length = None if asked.body is not None and asked.body.chunked else len(body)
        return Sent(peer.result), Sent(encoded(request, length=length) + body)

    async def read(self, plan: FetchPlan) -> bytes:
        """The whole body of a plan."""
        if plan.body is None:
            return b""
        body, pieces = await open_body(plan.body, World().context), []
        while piece := await body.read():
            pieces.append(piece)
        return b"".join(pieces)

    def assert_same(self, target: str, **plan: Any) -> None:
        """Both send the same line, fields and body."""
        curls, ours = self.by_curl(target, **plan)
        self.assertEqual((curls.line, curls.fields), (ours.line, ours.fields))
        self.assertEqual(curls.body, ours.body)

    def test_without_a_body(self) -> None:
        """Methods, odd URLs, empty headers and those that are left out."""
        self.assert_same("/a?b=c&d='e")
        self.assert_same("/a/../b[1-3]?{x,y}")
        self.assert_same("/", method="PURGE", headers=(("X-A", 'it\'s "a"'), ("X-B", "")), unset=("Accept",))
        self.assert_same("/", method="POST")
        self.assert_same("/", method="DELETE", headers=(("Host", "other"), ("Cookie", "not=secret")), showing=SHOWN)

    def test_json(self) -> None:
        """As it is typed, with quotes of both kinds and line ends."""
        data = as_json(parse_items(['a=it\'s\n"é"', "b[c][]:=1.10"]).data)
        self.assert_same("/", method="POST", headers=(("Content-Type", "application/json"),), body=Body(data))
        self.assert_same("/", method="PATCH", body=Body(b"@not-a-file"))

    def test_bytes(self) -> None:
        """Every one of them, and more than an argument may have."""
        self.assert_same("/", method="PUT", body=Body(bytes(range(256))))
        self.assert_same("/", method="POST", body=Body(b"line\r\n%s\\ \x1b[2J" * 9000))

    def test_files(self) -> None:
        """Whatever their names are."""
        path = Path(self.mktemp() + " it's")
        path.write_bytes(bytes(range(256)) * 5000)
        self.assert_same("/", method="POST", headers=(("Content-Type", "x/y"),), body=Body(path=str(path)))

    def test_parts(self) -> None:
        """Case 39: the names of fields and files come out the same, and so do types."""
        path = Path(self.mktemp() + '"x;type=y')
        path.write_bytes(b"\0\xff\r\n")
        file = Part("f", path=str(path), file_name='a"b\\c;d.txt', content_type="text/plain;charset=utf-8")
        items = parse_items(["b\"c=it's\n1", r"d=\@x;type=y"])
        fields = as_multipart(items.data, (), BOUNDARY).parts
        self.assert_same(
            "/",
            method="POST",
            headers=(("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),),
            body=Body(parts=(*fields, file), boundary=BOUNDARY),
        )

    def test_chunks(self) -> None:
        """Where the chunks end may differ."""
        curls, _ = self.by_curl("/", method="POST", body=Body(b"abc", chunked=True))
        self.assertIn(("transfer-encoding", "chunked"), curls.fields)
        self.assertEqual(curls.body, b"3\r\nabc\r\n0\r\n\r\n")
