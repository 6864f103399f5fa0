"""Password files that somebody else keeps."""

import os
from pathlib import Path
from typing import Any

import bcrypt as library
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.support import AtOnce, World
from tnet.accounts import bcrypt, htpasswd
from tnet.accounts.accounts import Accounts, open_accounts
from tnet.accounts.hashing import Argon2, matches
from tnet.accounts.htpasswd import HtpasswdStore, Malformed, parse
from tnet.accounts.store import Account, Entry, StoreFailed, StoreIsReadOnly
from tnet.errors import BadUsage


def secret(password: bytes) -> str:
    """A cheap bcrypt secret as Apache writes it."""
    return library.hashpw(password, library.gensalt(4)).decode().replace("$2b$", "$2y$")


PW = secret(b"pw")


class ParseTests(TestCase):
    """The text of a file."""

    def test_entries(self) -> None:
        """Names and secrets, in any order; comments, blank lines, CR and fields after the secret say nothing."""
        text = f"\ufeff# users\n\nbob:{PW}\r\nälice:{PW}:ignored\n  # more\ncarol:{PW}"
        expected = [Entry(Account(name), PW) for name in ("bob", "älice", "carol")]
        self.assertEqual(list(parse(text.encode()).values()), expected)
        self.assertEqual(parse(b""), {})

    def test_refused_forms(self) -> None:
        """Every other kind of secret is named with its line, and never quoted."""
        for wrong, named in (
            ("hunter2", "plain text"),
            ("", "plain text"),
            ("rqXexS6ZhobKA", "plain text or crypt"),
            ("$apr1$zKdvKpSM$Cvs0BtA9FnZcMj4bnZWzE1", "MD5 (apr1)"),
            ("$1$zKdvKpSM$Cvs0BtA9FnZcMj4bnZWzE1", "MD5 (crypt)"),
            ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "unsalted SHA-1"),
            ("$5$x$y", "SHA-256 (crypt)"),
            ("$6$x$y", "SHA-512 (crypt)"),
            ("$argon2id$v=19$m=8,t=1,p=1$x$y", "Argon2"),
            ("$2y$31$" + "." * 53, "bcrypt that is malformed or too dear"),
        ):
            error = self.assertRaises(Malformed, parse, f"# one\nbob:{PW}\neve:{wrong}\n".encode())
            self.assertEqual(str(error), f"line 3: {named} is refused: make it with `htpasswd -B`")

    def test_refused_lines(self) -> None:
        """A line without a name, with an impossible one, or with one that is there already, is named."""
        for line in (b"bob", b":" + PW.encode(), b"a b:" + PW.encode(), b"\xff:" + PW.encode(), b"\0"):
            self.assertIn("line 2: not NAME:SECRET", str(self.assertRaises(Malformed, parse, b"\n" + line)))
        twice = f"bob:{PW}\nbob:{PW}".encode()
        self.assertEqual(str(self.assertRaises(Malformed, parse, twice)), "line 2: 'bob' is there twice")

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        """Whatever a file holds is entries or Malformed."""
        try:
            parse(data)
        except Malformed as error:
            self.assertNotIn("\n", str(error))


class _WithFile(TestCase):
    def setUp(self) -> None:
        self.world = World()
        self.path = Path(self.mktemp()).absolute()
        self.write(f"alice:{PW}\n")
        self.store = HtpasswdStore(self.path, AtOnce(), self.world.publisher)

    def write(self, text: str) -> None:
        """Write the file anew, in place, as Apache's htpasswd does."""
        self.path.write_text(text, "utf-8")

    def warnings(self) -> list[str]:
        return [record.event.text for record in self.world.recorder.records]

    async def fails(self, kind: type[Exception], attempt: Any) -> Any:
        return await self.assertFailure(Deferred.fromCoroutine(attempt), kind)


class StoreTests(_WithFile):
    """What a login and `tnet users` ask."""

    async def test_found(self) -> None:
        """A name is found as it is written; nobody comes in without a password."""
        self.assertEqual(await self.store.find("alice"), Entry(Account("alice"), PW))
        self.assertIsNone(await self.store.find("Alice"))
        self.assertFalse(await self.store.is_empty())
        self.assertEqual(await self.store.open_to_all(), [])

    async def test_listed(self) -> None:
        """The accounts are listed by name."""
        self.write(f"zoe:{PW}\nada:{PW}\n")
        self.assertEqual(await self.store.accounts(), [Account("ada"), Account("zoe")])

    async def test_read_only(self) -> None:
        """Every change is refused with what to do, and a renewal is left undone."""
        entry = Entry(Account("bob"), "x")
        for attempt in (
            self.store.add(entry),
            self.store.change("alice", "x"),
            self.store.disable("alice"),
            self.store.enable("alice"),
            self.store.remove("alice"),
        ):
            error = await self.fails(StoreIsReadOnly, attempt)
            self.assertEqual(str(error), f"users store htpasswd:{self.path} is read-only")
            self.assertIn("htpasswd -B", error.hint)
        await self.store.renew("alice", PW, "new")
        await self.store.close()
        self.assertEqual(self.path.read_text(), f"alice:{PW}\n")

    async def test_logins(self) -> None:
        """Accounts let in whoever the file does, hash nothing anew, and check a decoy of the same cost for others."""
        checked: list[str] = []

        class Counting(AtOnce):
            def run(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
                checked.append(args[1] if function is matches else "a hash")
                return super().run(function, *args, **kwargs)

        accounts = Accounts(self.store, Counting(), self.world.publisher, hasher=Argon2(8, 1, 1))
        self.assertEqual(await accounts.verify(b"alice", b"pw"), Account("alice"))
        for user, password in ((b"alice", b"no"), (b"eve", b"pw"), (b"alice", b"pw" + b"x" * 100)):
            self.assertIsNone(await accounts.verify(user, password))
        self.assertEqual([bcrypt.cost(each) for each in checked], [4, 4, 4, 4])


class ReloadTests(_WithFile):
    """A file that changes under a server."""

    async def test_changed(self) -> None:
        """A file that was written anew or replaced shows at the next question, however soon."""
        for number in range(20):
            self.write(f"alice:{PW}\nu{number:02}:{PW}\n")
            self.assertIsNotNone(await self.store.find(f"u{number:02}"))
        other = Path(self.mktemp()).absolute()
        other.write_text(f"carol:{PW}\n")
        os.replace(other, self.path)
        self.assertIsNotNone(await self.store.find("carol"))
        self.assertIsNone(await self.store.find("alice"))

    async def test_settled(self) -> None:
        """A file that has not changed for a while is not read again."""
        self.patch(htpasswd, "SETTLED_NANOSECONDS", 0)
        await self.store.find("alice")
        first = self.store.decoy
        await self.store.find("alice")
        self.assertIs(self.store.decoy, first)
        self.write(f"alice:{PW}\nbob:{PW}\n")
        self.assertIsNotNone(await self.store.find("bob"))
        self.assertIsNot(self.store.decoy, first)

    async def test_bad_at_first(self) -> None:
        """A server does not begin with a file that it would have to refuse."""
        self.write("alice:hunter2\n")
        error = await self.fails(StoreFailed, open_accounts(self.store.url, self.world.context, exposed=False))
        self.assertIn(f"{self.path}: line 1: plain text is refused", str(error))
        self.assertNotIn("hunter2", str(error))

    async def test_bad_later(self) -> None:
        """Later the accounts from before stay, with a warning that names the line, until the file is mended."""
        await self.store.find("alice")
        self.write("bob:hunter2\n")
        self.assertIsNotNone(await self.store.find("alice"))
        self.assertIsNone(await self.store.find("bob"))
        self.assertIn("line 1: plain text is refused", self.warnings()[0])
        self.write(f"bob:{PW}\n")
        self.assertIsNone(await self.store.find("alice"))

    async def test_unreadable(self) -> None:
        """A file that is gone, is no file or that everybody can write to is a failed store, until that is mended."""
        await self.store.find("alice")
        self.path.unlink()
        await self.fails(StoreFailed, self.store.find("alice"))
        self.path.mkdir()
        await self.fails(StoreFailed, self.store.find("alice"))
        self.path.rmdir()
        self.write(f"alice:{PW}\n")
        self.path.chmod(0o666)
        self.assertIn("everybody can write", str(await self.fails(StoreFailed, self.store.find("alice"))))
        self.path.chmod(0o644)
        self.assertIsNotNone(await self.store.find("alice"))

    async def test_empty(self) -> None:
        """An exposed server does not begin with a file that names nobody."""
        self.write("# nobody\n")
        await self.fails(BadUsage, open_accounts(self.store.url, self.world.context, exposed=True))
