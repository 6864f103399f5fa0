"""authorized_keys files, and whose keys they hold."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.keys import Key
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tnet.errors import CannotRead
from tnet.servers.ssh.authorized_keys import FileKeys, Skipped, parse_keys, read_keys

ALICE, BOB = (Key(Ed25519PrivateKey.generate()) for _ in range(2))
LINE = ALICE.public().toString("openssh", comment="alice")
BLOB = ALICE.public().blob()


class ParseTests(TestCase):
    """Lines."""

    def test_plain_lines(self) -> None:
        """Keys, comments, blank lines, CR LF, a byte order mark and a repeated key."""
        text = b"\xef\xbb\xbf# ours\r\n\r\n" + LINE + b"\r\n  " + LINE + b"\n" + BOB.public().toString("openssh")
        self.assertEqual(parse_keys(text), (frozenset({BLOB, BOB.public().blob()}), ()))

    def test_lines_that_let_nobody_in(self) -> None:
        """Options, certificates, junk and a huge line are skipped with their numbers; what is good stays good."""
        text = b'restrict,command="a b" ' + LINE + b"\nssh-rsa-cert-v01@openssh.com AAAA\njunk\n\xff\xfe\n"
        text += b"ssh-ed25519 AAAA\n" + LINE + b"\n" + LINE + b" " + b"x" * 20_000
        blobs, skipped = parse_keys(text)
        self.assertEqual(blobs, {BLOB})
        self.assertEqual([line.number for line in skipped], [1, 2, 3, 4, 5, 7])
        self.assertEqual(skipped[0], Skipped(1, "options are not supported"))

    def test_nothing(self) -> None:
        """An empty file lets nobody in."""
        self.assertEqual(parse_keys(b""), (frozenset(), ()))


class ReadTests(TestCase):
    """Files."""

    def written(self, data: bytes, mode: int = 0o644) -> str:
        path = Path(self.mktemp())
        path.write_bytes(data)
        path.chmod(mode)
        return str(path)

    def test_several(self) -> None:
        """The keys of several files count together; a warning names file and line."""
        bad = self.written(b"\nno key\n")
        blobs, warnings = read_keys([self.written(LINE), bad])
        self.assertEqual(blobs, {BLOB})
        self.assertEqual(warnings, (f"{bad} line 2 skipped: options are not supported",))

    def test_symbolic_link(self) -> None:
        """A link is followed, and what counts is the file that it leads to."""
        good, bad = Path(self.mktemp()), Path(self.mktemp())
        good.symlink_to(Path(self.written(LINE)).absolute())
        bad.symlink_to(Path(self.written(LINE, 0o666)).absolute())
        self.assertEqual(read_keys([str(good)])[0], {BLOB})
        self.assertRaises(CannotRead, read_keys, [str(bad)])

    def test_writable_by_others(self) -> None:
        """A file that others can write to is refused, and so is a missing one."""
        for mode in (0o664, 0o646):
            self.assertRaises(CannotRead, read_keys, [self.written(LINE, mode)])
        self.assertRaises(CannotRead, read_keys, [self.mktemp()])


class FileKeysTests(TestCase):
    """Whose the keys of files are."""

    def test_owner(self) -> None:
        """A key of the files opens the one name that they are for, and no other; another key opens nothing."""
        keys = FileKeys("alice", frozenset({BLOB}))
        asked = [(b"alice", BLOB), (b"bob", BLOB), (b"alice", BOB.public().blob()), (b"\xff", BLOB)]
        owners = [self.successResultOf(Deferred.fromCoroutine(keys.owner(*each))) for each in asked]
        self.assertEqual(owners, ["alice", None, None, None])
