"""What `tnet users list` looks like."""

import json

from twisted.trial.unittest import TestCase

from tnet.accounts.listing import json_lines, table, tsv
from tnet.accounts.store import Account, Login

KEY = "ssh-ed25519 AAAA me"
ACCOUNTS = (
    Account("alice", groups=("ops", "staff"), keys=(KEY,)),
    Account("bob", disabled=True, login=Login.NOTHING),
    Account("日本", login=Login.KEY, keys=(KEY, KEY + "2")),
)
HOSTILE = Account("a\x1b]0;x\a\tb\n")


class ListingTests(TestCase):
    """Three forms of the same."""

    def test_table(self) -> None:
        """Columns are aligned under their heads, wide letters too."""
        self.assertEqual(
            table(ACCOUNTS),
            "NAME   STATE     LOGIN        GROUPS     KEYS\n"
            "alice  enabled   password     ops,staff  1\n"
            "bob    disabled  no-password             0\n"
            "日本   enabled   key                     2\n",
        )

    def test_tsv(self) -> None:
        """One line an account, always with as many cells, without heads."""
        self.assertEqual(
            tsv(ACCOUNTS),
            "alice\tenabled\tpassword\tops,staff\t1\nbob\tdisabled\tno-password\t\t0\n日本\tenabled\tkey\t\t2\n",
        )

    def test_json(self) -> None:
        """One object a line, with the keys themselves."""
        first, second, _ = map(json.loads, json_lines(ACCOUNTS).splitlines())
        self.assertEqual(
            first,
            {"name": "alice", "enabled": True, "login": "password", "groups": ["ops", "staff"], "keys": [KEY]},
        )
        self.assertEqual((second["enabled"], second["login"]), (False, "no-password"))

    def test_nobody(self) -> None:
        """Without an account there are heads, or nothing."""
        self.assertEqual((table(()), tsv(()), json_lines(())), ("NAME  STATE  LOGIN  GROUPS  KEYS\n", "", ""))

    def test_hostile_name(self) -> None:
        """A name that some other program put there cannot move the terminal, the columns or the lines."""
        self.assertEqual(tsv([HOSTILE]), "a\\x1b]0;x\\x07\\x09b\\x0a\tenabled\tpassword\t\t0\n")
        for text in (table([HOSTILE]), json_lines([HOSTILE])):
            self.assertNotIn("\x1b", text)
            self.assertEqual(text.count("\n"), len(text.splitlines()))
        self.assertEqual(json.loads(json_lines([HOSTILE]))["name"], HOSTILE.name)
