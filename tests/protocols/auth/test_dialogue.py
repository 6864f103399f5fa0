"""The words of a login dialogue."""

from typing import get_args

from twisted.trial.unittest import TestCase

from tnet.protocols.auth import dialogue
from tnet.protocols.auth.dialogue import Dialect, Line, Verify
from tnet.protocols.auth.line import LineDialect


class WordTests(TestCase):
    """Values that adapters and dialects pass to each other."""

    def test_secrets_do_not_show(self) -> None:
        """Neither a line nor a password shows in a repr."""
        self.assertNotIn("hunter2", repr(Line(b"hunter2")) + repr(Verify(b"alice", b"hunter2")))

    def test_frozen(self) -> None:
        """No word can be changed once it is said."""
        for word in (*get_args(dialogue.Input), *get_args(dialogue.Output)):
            self.assertTrue(word.__dataclass_params__.frozen, word)

    def test_dialect(self) -> None:
        """The line dialect is one."""
        dialect: Dialect = LineDialect()
        self.assertEqual((dialect.name, dialect.phase, dialect.hearing), ("auth", "authenticate", True))
