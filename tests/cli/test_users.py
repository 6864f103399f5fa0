"""`tnet users …`: argv in, plan out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from twisted.trial.unittest import TestCase

from tnet.cli.main import parse
from tnet.plans.users import UsersPlan


def plan(*argv: str) -> Any:
    """The plan of a command line after `tnet users`."""
    asked = parse(["users", *argv])
    assert asked is not None
    return asked.plan


class UsersTests(TestCase):
    """From words to a UsersPlan; passwords only from where nobody else looks."""

    def test_actions(self) -> None:
        """Each subcommand is its action."""
        self.assertEqual(plan("list"), UsersPlan(action="list"))
        self.assertEqual(plan("remove", "a", "--users", "x.db"), UsersPlan(action="remove", name="a", users="x.db"))
        self.assertEqual(plan("add", "a", "--generate"), UsersPlan(action="add", name="a"))
        self.assertEqual(plan("add", "a", "--no-password"), UsersPlan(action="add", name="a", no_password=True))

    def test_keys_and_groups(self) -> None:
        """Files with keys and groups can be given more than once."""
        asked = plan(
            "add", "a", "--no-password", "--key", "x.pub", "--key", "y.pub", "--group", "ops", "--group", "web"
        )
        self.assertEqual((asked.key_files, asked.groups), (("x.pub", "y.pub"), ("ops", "web")))

    def test_switches(self) -> None:
        """An account is disabled and enabled by its name alone."""
        for action in ("disable", "enable"):
            self.assertEqual(plan(action, "a"), UsersPlan(action=action, name="a"))

    def test_import(self) -> None:
        """A file, or stdin, is imported."""
        for file in ("x", "-"):
            self.assertEqual(plan("import", file), UsersPlan(action="import", file=file))

    def test_list_for_programs(self) -> None:
        """With --output json the list is JSON, too."""
        self.assertEqual(plan("list", "--output", "json"), UsersPlan(action="list", as_json=True))
        self.assertEqual(plan("list", "--output", "plain"), UsersPlan(action="list"))

    def test_password_file(self) -> None:
        """The password is the file's first line without its end; the repr does not show it."""
        file = Path(self.mktemp())
        file.write_text("s3cret word\r\nmore\n")
        asked = plan("passwd", "a", "--password-file", str(file))
        self.assertEqual(asked.password, "s3cret word")
        self.assertNotIn("s3cret", repr(asked))

    def test_bad_password_file(self) -> None:
        """A missing file, an empty line, and two ways at once are usage errors."""
        empty = Path(self.mktemp())
        empty.touch()
        for argv in (
            ["--password-file", "/nonexistent"],
            ["--password-file", str(empty)],
            ["--password-file", ""],
            ["--password-file", "x", "--generate"],
            ["--password-file", "x", "--no-password"],
            ["--generate", "--no-password"],
        ):
            self.assertRaises(click.UsageError, plan, "add", "a", *argv)

    def test_password_stays(self) -> None:
        """An account that has a password cannot be made one without."""
        self.assertRaises(click.UsageError, plan, "passwd", "a", "--no-password")
