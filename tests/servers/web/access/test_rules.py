"""Rules: the whole of what they come to, in tables."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.access.doors import ALICE, BOB
from tnet.accounts.store import Account
from tnet.plans.web import AclRule, parse_acl
from tnet.servers.web.access.rules import RulePermissions, Rules, decoded_place
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.permissions import Right

LETTERS = {Right.LIST: "l", Right.READ: "r", Right.WRITE: "w", Right.MODIFY: "m"}
WHO: dict[str, Account | None] = {"alice": ALICE, "bob": BOB, "-": None}


def rules(*texts: str, open_to_all: bool = True, logins: bool = True) -> Rules:
    """The rules that `--acl` would make."""
    said: list[AclRule] = [rule for text in texts for rule in parse_acl(text)]
    return Rules(said, logins=logins, open_to_all=open_to_all)


def shown(right: Right) -> str:
    """Rights as letters; nothing is `-`."""
    return "".join(letter for each, letter in LETTERS.items() if each in right) or "-"


class MatrixTests(SynchronousTestCase):
    """alice is in @staff, bob is in no group, `-` is not logged in."""

    def judge(self, made: Rules, table: str) -> None:
        """Each line of `table`: a path, and the rights of alice, bob and whoever is not logged in."""
        for line in table.split("\n"):
            if line.strip():
                path, *wanted = line.split()
                place = [name for name in path.encode().split(b"/") if name]
                self.assertEqual((path, [shown(made.at(place, who)) for who in WHO.values()]), (path, wanted))

    def test_no_rules(self) -> None:
        """Without rules everything is everybody's, or of whoever is logged in."""
        self.judge(rules(), "/a  lrwm lrwm lrwm")
        self.judge(rules(open_to_all=False), "/  lrwm lrwm -")

    def test_one_path(self) -> None:
        """A rule is about its path and what is below it, in whole names; elsewhere nothing changes."""
        self.judge(
            rules("/private=@staff:all"),
            """
            /            lrwm lrwm lrwm
            /private     lrwm -    -
            /private/a/b lrwm -    -
            /privates    lrwm lrwm lrwm
            /Private     lrwm lrwm lrwm
            """,
        )

    def test_who(self) -> None:
        """A name, a group, whoever is logged in, and everybody; what several of them grant adds up."""
        self.judge(rules("/=alice:w,bob:m,@staff:l,+:r"), "/  lrw rm -")
        self.judge(rules("/=*:lr,alice:w"), "/x  lrw lr lr")
        self.judge(rules("/=@alice:r,staff:r"), "/x  - - -")

    def test_the_nearest_grants(self) -> None:
        """Of the rules that grant, those of the deepest path count: a public site can have a private corner."""
        self.judge(
            rules("/=*:lr", "/private=@staff:all", "/private/open=*:r"),
            """
            /a              lr   lr lr
            /private/x      lrwm -  -
            /private/open/x r    r  r
            """,
        )

    def test_deny_wins(self) -> None:
        """What is denied at a path stays denied below it, whoever grants it there, and for whom."""
        self.judge(
            rules("/=*:lr", "/docs=@staff:lrw", "/docs=alice:-w", "/docs/deep=alice:lrw"),
            """
            /docs      lr - -
            /docs/deep lr - -
            """,
        )

    def test_denials_alone(self) -> None:
        """A rule that only denies takes away from what holds otherwise."""
        self.judge(rules("/=*:-wm"), "/a  lr lr lr")
        self.judge(rules("/secret=*:none", open_to_all=False), "/secret/x - - -\n/x lrwm lrwm -")
        self.judge(rules("/=bob:none"), "/a  lrwm - lrwm")

    def test_our_own_paths(self) -> None:
        """With logins, what is shown at /_tnet is for who is logged in, links and reloads for all; unless told."""
        table = """
            /_tnet          lrwm lrwm -
            /_tnet/bin      lrwm lrwm -
            /_tnet/share/x  lrwm lrwm lrwm
            /_tnet/reload   lr   lr   lr
            /_tnet/token    lrwm lrwm lrwm
            """
        self.judge(rules("/=*:lr"), table)
        self.judge(rules(open_to_all=False), table)
        self.judge(rules("/_tnet=alice:lr"), "/_tnet/x lr - -\n/_tnet/share/x lrwm lrwm lrwm")
        self.judge(rules("/=*:lr", logins=False), "/_tnet lr lr lr")

    def test_names_are_bytes(self) -> None:
        """A name that is no UTF-8 is meant by what the shell passes for it; a name's composed form is its account."""
        self.judge(rules("/caf\udce9=alice:r"), "/x lrwm lrwm lrwm")
        made = rules("/caf\udce9=alice:r", "/x=Ame\u0301lie:r")
        self.assertEqual(made.at([b"caf\xe9"], BOB), Right.NONE)
        self.assertEqual(made.at([b"x"], Account("Amélie")), Right.READ)


class PermissionsTests(SynchronousTestCase):
    """What one request may do."""

    def test_capped(self) -> None:
        """No rule grants what the site was not asked to do."""
        permissions = RulePermissions(rules("/=*:all"), ALICE, Right.READ | Right.LIST)
        self.assertEqual(permissions.at([b"a"]), Right.READ | Right.LIST)

    def test_every_place(self) -> None:
        """A link is allowed where it stands and where it leads, or not at all."""
        permissions = RulePermissions(rules("/private=alice:r"), BOB, Right.ALL)
        permissions.demand(Right.READ, [b"link"], [b"public"])
        self.assertRaises(Refusal, permissions.demand, Right.READ, [b"link"], [b"private", b"x"])

    def test_refusals(self) -> None:
        """Who is not logged in is asked to; who is, or where nobody can, is told no."""
        said = [
            RulePermissions(rules(logins=logins), who, Right.ALL).refusal().status
            for logins, who in ((True, None), (True, BOB), (False, None))
        ]
        self.assertEqual(said, [401, 403, 403])


class PlaceTests(SynchronousTestCase):
    """Paths as whoever is behind us may read them."""

    def test_slashes(self) -> None:
        """Encoded slashes and empty names hide nothing."""
        self.assertEqual(decoded_place([b"api", b"", b"private/x", b""]), (b"api", b"private", b"x"))

    def test_dots(self) -> None:
        """A name of dots is refused, encoded slashes or not."""
        for segments in ([b"api", b".."], [b"api/../x"], [b"."]):
            self.assertEqual(self.assertRaises(Refusal, decoded_place, segments).status, 404)
