"""Durations, sizes and ports as people write them."""

from __future__ import annotations

import click
from twisted.trial.unittest import TestCase

from tnet.cli.values import DURATION, FILE_NAME, LINE, PORT, SIZE


class ValueTests(TestCase):
    """Text in, number with a known unit out."""

    def test_durations(self) -> None:
        """A duration is seconds, or a number with its unit."""
        for text, seconds in (("10", 10.0), ("0", 0.0), ("250ms", 0.25), ("1.5s", 1.5), ("2m", 120.0), ("1h", 3600.0)):
            self.assertEqual(DURATION.convert(text, None, None), seconds, text)

    def test_sizes(self) -> None:
        """k, M and G are powers of 1000; KiB, MiB and GiB powers of 1024."""
        for text, size in (("500", 500), ("64KiB", 65536), ("1G", 10**9), ("1GiB", 1 << 30), ("2mb", 2 * 10**6)):
            self.assertEqual(SIZE.convert(text, None, None), size, text)

    def test_ports(self) -> None:
        """A port is a number from 0 to 65535."""
        self.assertEqual([PORT.convert(text, None, None) for text in ("0", "65535")], [0, 65535])

    def test_file_names(self) -> None:
        """A file's name is taken as it is."""
        self.assertEqual(FILE_NAME.convert("home page.html", None, None), "home page.html")

    def test_lines(self) -> None:
        """Of text that may hold spaces, a variable has one on each line."""
        self.assertEqual(LINE.split_envvar_value("X-A: b c\nX-D: e\n"), ["X-A: b c", "X-D: e"])
        self.assertEqual(LINE.split_envvar_value(""), [])

    def test_nonsense_is_refused(self) -> None:
        """What is no such value fails with the text in the message, never with a traceback."""
        bad = [
            (DURATION, "-1"),
            (DURATION, "1d"),
            (DURATION, "nan"),
            (DURATION, ""),
            (SIZE, "1.5K"),
            (SIZE, "-1"),
            (FILE_NAME, "../x"),
            (FILE_NAME, ""),
            (FILE_NAME, ".."),
            (PORT, "x"),
            (PORT, "65536"),
            (PORT, "٣"),
        ]
        for kind, text in bad:
            with self.assertRaises(click.BadParameter, msg=text) as caught:
                kind.convert(text, None, None)
            self.assertIn(repr(text), caught.exception.message)
