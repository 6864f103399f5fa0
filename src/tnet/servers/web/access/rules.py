"""Access rules: what one rule says about a place, and what they all come to.

What whoever asks may do at a place:

- What the rules that are nearest to it grant: those of the deepest path, of the place and the directories above it,
  that has a rule which grants anything to anybody. With no such rule, everything; where people log in (`--users`)
  everything to whoever is logged in.
- Never what any rule at the place or above it denies: a deny wins, wherever it stands.
- Never what was not asked for at all: `--upload`, `--modify`, `--no-listing`.

So `/=*:lr` and `/private=@staff:all` leave `/private` to the staff, and `/private/keys=*:none` the keys to nobody.

Names are compared as bytes, and a link is judged where it stands and where it leads. On a file system that takes two
spellings for one name a rule holds for the spelling it is written in.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tnet.accounts.names import account_name
from tnet.accounts.store import Account
from tnet.plans.web import OURS, AclRule
from tnet.servers.web.access.credentials import challenge
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.permissions import Permissions, Place, Right

EVERYBODY, LOGGED_IN, GROUP = "*", "+", "@"

_LETTERS = {"l": Right.LIST, "r": Right.READ, "w": Right.WRITE, "m": Right.MODIFY}
_EVERYTHING = frozenset(_LETTERS)

# Under `/_tnet` others' requests can be seen; what is there for strangers judges for itself, or tells nothing.
OURS_ALONE = (
    AclRule(OURS, LOGGED_IN, allow=_EVERYTHING),
    AclRule(f"{OURS}/reload", EVERYBODY, allow=frozenset("lr")),
    AclRule(f"{OURS}/reload.js", EVERYBODY, allow=frozenset("lr")),
    AclRule(f"{OURS}/share", EVERYBODY, allow=_EVERYTHING),
    AclRule(f"{OURS}/token", EVERYBODY, allow=_EVERYTHING),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One AclRule, ready to be judged by."""

    place: tuple[bytes, ...]
    who: str
    grants: Right
    denies: Right

    @classmethod
    def of(cls, rule: AclRule) -> Rule:
        """What `rule` says."""
        place = tuple(name for name in os.fsencode(rule.path).split(b"/") if name)
        sign = GROUP if rule.who.startswith(GROUP) else ""
        name = rule.who if rule.who in (EVERYBODY, LOGGED_IN) or sign else account_name(rule.who) or rule.who
        return cls(place, name, _rights(rule.allow), _rights(rule.deny))

    def speaks_of(self, place: Place) -> bool:
        """Whether it is about `place` or a directory above it."""
        return self.place == tuple(place[: len(self.place)])

    def means(self, account: Account | None) -> bool:
        """Whether it is about whoever has `account`."""
        if self.who == EVERYBODY:
            return True
        if account is None:
            return False
        if self.who.startswith(GROUP):
            return self.who[1:] in account.groups
        return self.who in (LOGGED_IN, account.name)


class Rules:
    """The rules of a site. With `logins` people can log in; `open_to_all` is whether who does not may do what no rule
    speaks of."""

    def __init__(self, rules: Iterable[AclRule] = (), *, logins: bool = False, open_to_all: bool = True) -> None:
        ours = OURS_ALONE if logins else ()
        said = [Rule.of(rule) for rule in rules]
        self._rules = [*said, *(rule for rule in map(Rule.of, ours) if all(rule.place != one.place for one in said))]
        self.logins = logins
        self._open_to_all = open_to_all

    def at(self, place: Place, account: Account | None) -> Right:
        """What whoever has `account` may do at `place`, whatever the site has been asked to do."""
        spoken = [rule for rule in self._rules if rule.speaks_of(place)]
        granting = [rule for rule in spoken if rule.grants]
        nearest = max((len(rule.place) for rule in granting), default=-1)
        meant = [rule for rule in spoken if rule.means(account)]
        if granting:
            granted = _union(rule.grants for rule in meant if len(rule.place) == nearest)
        else:
            granted = Right.ALL if self._open_to_all or account is not None else Right.NONE
        return granted & ~_union(rule.denies for rule in meant)


class RulePermissions(Permissions):
    """What the rules of a site leave of `granted` to whoever has `account`."""

    def __init__(self, rules: Rules, account: Account | None, granted: Right) -> None:
        super().__init__(granted)
        self._rules = rules
        self._account = account

    def at(self, place: Place) -> Right:
        """The rights at one place."""
        return self._granted & self._rules.at(place, self._account)

    def refusal(self) -> Refusal:
        """Who has not logged in is asked to; who has cannot help it."""
        if self._account is None and self._rules.logins:
            return challenge("log in to see this")
        return Refusal(403, "this is not for everybody")


def decoded_place(segments: Sequence[bytes]) -> tuple[bytes, ...]:
    """The place that a path's decoded segments lead to, for whoever may read slashes into them.

    Raises: Refusal, 404 for one that may lead elsewhere.
    """
    names = tuple(name for name in b"/".join(segments).split(b"/") if name)
    if b".." in names or b"." in names:
        raise Refusal(404)
    return names


def _rights(letters: Iterable[str]) -> Right:
    return _union(_LETTERS[letter] for letter in letters)


def _union(rights: Iterable[Right]) -> Right:
    united = Right.NONE
    for right in rights:
        united |= right
    return united
