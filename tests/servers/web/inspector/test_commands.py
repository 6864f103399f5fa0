"""Tests for commands that ask again."""

from __future__ import annotations

import re
import shlex
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.inspector.sightings import sighting
from tnet.plans.items import parse_items, split_words
from tnet.servers.web.inspector.commands import as_curl, as_fetch
from tnet.servers.web.inspector.shown import Shown

AGENT = ((b"User-Agent", b"x/1"), (b"Accept", b"*/*"))


class CurlTests(SynchronousTestCase):
    """`as_curl`."""

    def curl(self, *request: Any, **seen: Any) -> str:
        """The command for an exchange."""
        return as_curl(Shown(sighting(*request, **seen)))

    def test_get(self) -> None:
        """What follows from the URL is left out, and what curl would add is held back."""
        self.assertEqual(
            self.curl("GET", "/a?b=c d"), "curl --header User-Agent: --header Accept: 'http://h:1/a?b=c d'"
        )
        self.assertEqual(
            self.curl("GET", "/", *AGENT, (b"X-Empty", b""), (b"Connection", b"close")),
            "curl --header 'User-Agent: x/1' --header 'Accept: */*' --header 'X-Empty;' http://h:1/",
        )

    def test_methods(self) -> None:
        """HEAD, and every other method."""
        self.assertTrue(self.curl("HEAD", "/", *AGENT).startswith("curl --head "))
        self.assertIn("--request DELETE", self.curl("DELETE", "/", *AGENT))
        self.assertIn("--request POST", self.curl("POST", "/", *AGENT))
        self.assertIn("'Content-Length: 0'", self.curl("POST", "/", *AGENT))

    def test_odd_targets(self) -> None:
        """What curl would change is kept."""
        self.assertIn("--globoff", self.curl("GET", "/[1-3]"))
        self.assertIn("--path-as-is", self.curl("GET", "/a/../b"))

    def test_versions(self) -> None:
        """The version of HTTP that was spoken."""
        self.assertIn("--http1.0", self.curl(version=b"HTTP/1.0"))
        self.assertIn("--http2-prior-knowledge", self.curl(version=b"HTTP/2"))
        self.assertIn("--http2 ", self.curl(version=b"HTTP/2", secure=True))
        self.assertIn("--http1.1 ", self.curl(secure=True))

    def test_bodies(self) -> None:
        """Text is an argument; what is none, or would mislead, is written in octal; what was cut says so."""
        post = ("POST", "/", *AGENT, (b"Content-Type", b"text/plain"))
        command = self.curl(*post, request_body=b"it's", bytes_in=4)
        self.assertTrue(command.endswith("""http://h:1/ --data-binary 'it'"'"'s'"""), command)
        command = self.curl(*post, request_body=b"\xff\x00%d1", bytes_in=5)
        self.assertTrue(command.startswith("printf '\\377\\000\\045d1' | curl "), command)
        self.assertIn("--data-binary @-", command)
        self.assertIn("printf", self.curl(*post, request_body=b"@file", bytes_in=5))
        self.assertIn("# the body went on", self.curl(*post, request_body=b"a", bytes_in=5))

    def test_nothing_misleads(self) -> None:
        """A terminal that gets the command pasted sees no control character."""
        hostile = "a\x1b[31m\u202eb".encode()
        command = self.curl("POST", "/", (b"X", "\u202e".encode()), request_body=hostile, bytes_in=len(hostile))
        self.assertTrue(command.isprintable() and command.isascii(), command)
        (word,) = re.findall(r"--header \$'(X:[^']*)'", command)
        said = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), word.encode())
        self.assertEqual(said, "X: \u202e".encode())


class FetchTests(SynchronousTestCase):
    """`as_fetch`."""

    def words(self, *request: Any, **seen: Any) -> list[str]:
        """The command for an exchange, taken apart."""
        return shlex.split(as_fetch(Shown(sighting(*request, **seen))))

    def test_items(self) -> None:
        """What tnet makes of the words is what was asked."""
        words = self.words("PUT", "/a", (b"X-Odd", b"=@:b"), (b"X-Empty", b""), (b"Accept", b"a/b"))
        self.assertEqual(words[:2], ["tnet", "fetch"])
        method, urls, items = split_words(words[2:])
        found = parse_items(items)
        self.assertEqual((method, urls), ("PUT", ("http://h:1/a",)))
        self.assertEqual(found.headers, (("X-Odd", "=@:b"), ("X-Empty", ""), ("Accept", "a/b")))
        self.assertEqual(found.unset, ("User-Agent",))

    def test_bodies(self) -> None:
        """A body is one argument, or comes through a pipe."""
        words = self.words("POST", "/", request_body=b'{"a": 1}', bytes_in=8)
        self.assertEqual(words[words.index("--data") + 1], '{"a": 1}')
        command = as_fetch(Shown(sighting("POST", "/", request_body=b"-", bytes_in=1)))
        self.assertTrue(command.startswith("printf '\\055' | tnet fetch") or "printf '-' | tnet fetch" in command)
        self.assertIn("--http2", self.words(version=b"HTTP/2"))
