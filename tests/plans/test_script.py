"""Scripts, from options, lines and TOML."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.plans import script
from tnet.plans.connect import Step
from tnet.plans.script import MOST_STEPS, parse_script, read_script, steps_of

PLAIN = r"""
# a mail server
expect ^220 .*\n
  send EHLO me\r\n
timeout 5s
send  two blanks
expect-silence 200ms
pause 1s
shutdown
expect-eof
"""

TOML = r"""
timeout = "5s"

[[step]]
name = "greeting"
expect = '^220 .*\n'

[[step]]
send = 'EHLO me\r\n'
expect = "250"
timeout = 2

[[step]]
shutdown = true
pause = 0.5
expect-silence = "200ms"
expect-eof = true
"""


class GoodTests(TestCase):
    """What scripts mean."""

    def test_options(self) -> None:
        """Options are steps in their order."""
        self.assertEqual(
            steps_of([("send", r"a\r\n\t\0\\\x7F"), ("expect", "^b$"), ("send", "ü")]),
            (Step("send", b"a\r\n\t\0\\\x7f"), Step("expect", b"^b$"), Step("send", "ü".encode())),
        )
        self.assertEqual(steps_of([]), ())

    def test_bytes_of_the_command_line(self) -> None:
        """An argument that is no UTF-8 is sent as it was typed."""
        self.assertEqual(steps_of([("send", os.fsdecode(b"\xff"))])[0].data, b"\xff")

    def test_lines(self) -> None:
        """Each line is a step; a timeout holds from there on."""
        self.assertEqual(
            parse_script(PLAIN, "talk.script"),
            (
                Step("expect", rb"^220 .*\n"),
                Step("send", b"EHLO me\r\n"),
                Step("send", b" two blanks", 5),
                Step("expect-silence", b"", 0.2),
                Step("pause", b"", 1),
                Step("shutdown", b"", 5),
                Step("expect-eof", b"", 5),
            ),
        )
        self.assertEqual(parse_script("send a\r\nexpect-eof\r\n", "x"), (Step("send", b"a"), Step("expect-eof")))

    def test_toml(self) -> None:
        """Each table is one step or several; a timeout of its own is shorter or longer than the script's."""
        expected = (
            Step("expect", rb"^220 .*\n", 5, "greeting"),
            Step("send", b"EHLO me\r\n", 2),
            Step("expect", b"250", 2),
            Step("shutdown", b"", 5),
            Step("pause", b"", 0.5),
            Step("expect-silence", b"", 0.2),
            Step("expect-eof", b"", 5),
        )
        self.assertEqual(parse_script(TOML, "talk.toml"), expected)
        self.assertEqual(parse_script(TOML, "talk"), expected)

    def test_file(self) -> None:
        """A script is read from its file."""
        path = self.mktemp()
        Path(path).write_text("send x\n", "utf-8")
        self.assertEqual(read_script(path), (Step("send", b"x"),))

    def test_examples_of_the_docstring(self) -> None:
        """Both scripts in the module's docstring are good."""
        blocks = (script.__doc__ or "").split("::\n")
        for block in blocks[1:]:
            example = "\n".join(line[4:31].rstrip() for line in block.split("\n") if line.startswith("    "))
            self.assertTrue(parse_script(example, "x"))


class BadTests(TestCase):
    """What is wrong is told with its place, before anything is opened."""

    def assertBad(self, text: str, *words: str, path: str = "talk.script") -> None:
        """It is refused with all of these words."""
        error = self.assertRaises(BadUsage, parse_script, text, path)
        for word in ("--script", path, *words):
            self.assertIn(word, str(error))

    def test_lines(self) -> None:
        """Every fault of a line."""
        for line, word in (
            ("expect (", "no regular expression"),
            ("expect " + "x" * 5000, "more than"),
            ("expect", "empty"),
            ("send", "nothing to send"),
            ("send \\q", "unknown escape '\\\\q'"),
            ("send \\x1", "unknown escape"),
            ("send \\", "unknown escape"),
            ("speak hello", "unknown step 'speak'"),
            ("pause", "pause"),
            ("pause 0", "needs a length"),
            ("pause soon", "'soon' is no length"),
            ("timeout -1", "no length"),
            ("shutdown now", "nothing may follow"),
        ):
            self.assertBad(f"send x\n{line}\n", ":2:", word)

    def test_toml(self) -> None:
        """Every fault of a table."""
        for table, word in (
            ("send = 5", "send is no text"),
            ("say = 'x'", "unknown step 'say'"),
            ("", "does nothing"),
            ("shutdown = false", "can only be true"),
            ("expect = '('", "no regular expression"),
            ("pause = true", "no length"),
            ("timeout = [1]\nsend='x'", "no length"),
            ("send = 'x'\nname = 5", "name is no text"),
        ):
            self.assertBad(f"[[step]]\nsend = 'x'\n[[step]]\n{table}\n", "step 2", word, path="talk.toml")
        self.assertBad("nonsense", path="talk.toml")
        self.assertBad("title = 'x'\n[[step]]\nsend = 'x'", "'title' is not known")
        self.assertBad("step = 5", "no list", path="talk.toml")

    def test_empty(self) -> None:
        """A script without a step is a mistake."""
        self.assertBad("# nothing\n", "no step")

    def test_options(self) -> None:
        """A bad option is named."""
        self.assertIn("--expect: '(' is no", str(self.assertRaises(BadUsage, steps_of, [("expect", "(")])))

    def test_files(self) -> None:
        """A file that is not there, no text, or endless."""
        path = self.mktemp()
        self.assertIn(f"--script: {path}: No such file", str(self.assertRaises(BadUsage, read_script, path)))
        Path(path).write_bytes(b"send x\nsend \xff\n")
        self.assertIn(f"{path}:2: it is not UTF-8", str(self.assertRaises(BadUsage, read_script, path)))
        self.assertIn("MiB", str(self.assertRaises(BadUsage, read_script, "/dev/zero")))
        self.assertRaises(BadUsage, read_script, "nul\0")

    def test_too_many(self) -> None:
        """Steps have a bound."""
        self.assertBad("send x\n" * (MOST_STEPS + 1), "more than")

    def test_after_our_end(self) -> None:
        """What could not be sent any more is refused before anything is; to listen goes on."""
        self.assertBad("send x\nshutdown\nexpect y\nsend z\n", "step 4 (send) comes after our half was shut down")
        self.assertBad("shutdown\nshutdown\n", "step 2 (shutdown)")
        self.assertBad("[[step]]\nshutdown=true\n[[step]]\nname='bye'\nsend='x'", "step 2 'bye' (send)")
        self.assertEqual(len(parse_script("shutdown\npause 1s\nexpect y\nexpect-eof\n", "x")), 4)

    @given(st.text(), st.sampled_from(["a", "a.toml"]))
    def test_anything(self, text: str, path: str) -> None:
        """Any text is a script or a usage error."""
        found: Any
        try:
            found = parse_script(text, path)
        except BadUsage as error:
            found = str(error)
        self.assertTrue(found)
