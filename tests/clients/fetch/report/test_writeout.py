"""Tests for what `-w` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import Command, head, redirected_once
from tests.support import AtOnce
from tnet.clients.fetch.report.account import Account
from tnet.clients.fetch.report.variables import VARIABLES
from tnet.clients.fetch.report.writeout import Written, deliver, rendered, unknown
from tnet.errors import CannotWrite, EmptyReply

ERROR = EmptyReply("h", "it closed")


def _text(template: str, account: Account, **more: Any) -> str:
    return "".join(piece.text for piece in rendered(template, account, **more))


class RenderedTests(SynchronousTestCase):
    """`rendered`."""

    def setUp(self) -> None:
        self.account = redirected_once().account()

    def test_syntax(self) -> None:
        """Variables, percent signs and escapes are curl's; whatever means nothing stays as it was written."""
        for template, text in (
            ("%{http_code} %{num_redirects}\\n", "200 1\n"),
            ("100%%\\t\\r", "100%\t\r"),
            ("%x|\\q|%{http_code", "%x|\\q|%{http_code"),
            ("%{no_such}|", "|"),
            ("%header{X-A}|%header{nope}|", "1||"),
            ("%header{x-a:all:, }", "1, 2"),
            ("%{time_total} %{time_namelookup}", "0.182000 0.020000"),
            ("%time{%Y}", "2027"),
            ("", ""),
        ):
            self.assertEqual(_text(template, self.account), text, template)

    def test_no_answer(self) -> None:
        """A status that never came has three digits too, as in curl; what is unknown is nothing."""
        self.assertEqual(_text("%{http_code}|%{http_connect}|%{content_type}", Command().account()), "000|000|")

    def test_on_error(self) -> None:
        """What follows onerror is for failures."""
        self.assertEqual(_text("a%{onerror}b", self.account), "a")
        self.assertEqual(_text("a%{onerror}b %{exitcode}", redirected_once().account(ERROR)), "ab 52")

    def test_json(self) -> None:
        """All variables make an object, and so do the fields of the answer, by their names in lower case."""
        everything = json.loads(_text("%{json}", self.account))
        self.assertEqual(set(everything), set(VARIABLES))
        self.assertEqual((everything["http_code"], everything["content_type"]), (200, "text/plain"))
        self.assertEqual(
            json.loads(_text("%{header_json}", self.account)), {"content-type": ["text/plain"], "x-a": ["1", "2"]}
        )

    def test_places(self) -> None:
        """Text goes to standard output until it is told to go elsewhere."""
        pieces = rendered("a%{stderr}b%{stdout}c%output{f}d%output{>>g}e%output{empty}", self.account)
        self.assertEqual(
            pieces,
            [
                Written("a"),
                Written("b", "stderr"),
                Written("c"),
                Written("d", "f", is_file=True),
                Written("e", "g", is_file=True, append=True),
                Written("", "empty", is_file=True),
            ],
        )

    def test_secrets(self) -> None:
        """Case 13: secrets are masked, in fields and in URLs, unless they are to be shown."""
        command = Command()
        fields = ((b"Set-Cookie", b"sid=secret"), (b"Location", b"http://u:secret@h/"))
        command.fetched(head=head(302, *fields))
        template = "%header{set-cookie} %{header_json} %{redirect_url} %{json}"
        self.assertNotIn("secret", _text(template, command.account()))
        self.assertEqual(_text(template, command.account(), show_secrets=True).count("secret"), 5)

    def test_standard_error(self) -> None:
        """Case 44: on standard error, which is often a terminal, what a peer said is escaped; elsewhere it is exact."""
        command = Command()
        command.fetched(head=head(200, (b"X", b"\x9b2J")))
        template = "%header{x}%{stderr}\x1b[1m%header{x}%{header_json}%output{f}%header{x}"
        stdout, stderr, file = (piece.text for piece in rendered(template, command.account()))
        self.assertEqual((stdout, file), ("\x9b2J", "\x9b2J"))
        self.assertEqual(stderr, '\x1b[1m\\x9b2J{"x": ["\\u009b2J"]}')

    @given(st.text())
    def test_anything(self, template: str) -> None:
        """No template is an error."""
        rendered(template, self.account)
        unknown(template)


class UnknownTests(SynchronousTestCase):
    """`unknown`."""

    def test_names(self) -> None:
        """Only what nobody knows is unknown."""
        template = "%{http_code}%{nope}%%{x}%{stderr}%{json}%{onerror}%{header_json}%header{y}%{url.host}%{certs}"
        self.assertEqual(unknown(template), ["nope"])


class DeliverTests(SynchronousTestCase):
    """`deliver`."""

    def _deliver(self, *pieces: Written) -> list[bytes]:
        written: list[bytes] = []

        async def stdout(data: bytes) -> None:
            written.append(data)

        self.successResultOf(Deferred.fromCoroutine(deliver(pieces, stdout, AtOnce())))
        return written

    def test_places(self) -> None:
        """Pieces go where they are to go, in their order; a file is begun anew, or written on."""
        path = self.mktemp()
        replace, append = Written("a", path, is_file=True), Written("b", path, is_file=True, append=True)
        self.assertEqual(self._deliver(replace, Written("é"), append, Written("z")), ["é".encode(), b"z"])
        self.assertEqual(Path(path).read_text(), "ab")
        self._deliver(replace)
        self.assertEqual(Path(path).read_text(), "a")

    def test_unwritable(self) -> None:
        """A file that cannot be written is told of by its name."""
        path = f"{self.mktemp()}/none"

        async def stdout(data: bytes) -> None:
            raise AssertionError

        coroutine = deliver([Written("a", path, is_file=True)], stdout, AtOnce())
        error = self.failureResultOf(Deferred.fromCoroutine(coroutine), CannotWrite).value
        self.assertIn(path, str(error))
