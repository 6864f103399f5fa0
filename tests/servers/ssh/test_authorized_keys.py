"""authorized_keys files, and who they let in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.error import ValidPublicKey
from twisted.conch.ssh.keys import Key
from twisted.cred.credentials import SSHPrivateKey
from twisted.cred.error import UnauthorizedLogin
from twisted.trial.unittest import TestCase

from tnet.errors import CannotRead
from tnet.servers.ssh.authorized_keys import KeyChecker, Skipped, parse_keys, read_keys

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


class CheckerTests(TestCase):
    """Questions and signatures."""

    def setUp(self) -> None:
        self.checker = KeyChecker("alice", frozenset({BLOB}))

    def ask(self, user: bytes, key: Key, signature: bytes | None = None) -> Any:
        credentials = SSHPrivateKey(user, b"ssh-ed25519", key.public().blob(), b"message", signature)
        return self.checker.requestAvatarId(credentials)

    def test_signature(self) -> None:
        """The right user with the right key's signature comes in."""
        self.assertEqual(self.successResultOf(self.ask(b"alice", ALICE, ALICE.sign(b"message"))), b"alice")

    def test_question(self) -> None:
        """Without a signature the right pair would do, and nobody is in yet."""
        self.failureResultOf(self.ask(b"alice", ALICE), ValidPublicKey)

    def test_wrong(self) -> None:
        """Another user, another key, or another's signature would not do, with or without a signature."""
        for user, key in ((b"bob", ALICE), (b"alice", BOB), (b"bob", BOB)):
            self.failureResultOf(self.ask(user, key), UnauthorizedLogin)
            self.failureResultOf(self.ask(user, key, key.sign(b"message")), UnauthorizedLogin)
        self.failureResultOf(self.ask(b"alice", ALICE, BOB.sign(b"message")), UnauthorizedLogin)
        self.failureResultOf(self.ask(b"alice", ALICE, ALICE.sign(b"another")), UnauthorizedLogin)

    def test_malformed_signature(self) -> None:
        """Whatever is no signature is a wrong one."""
        good = ALICE.sign(b"message")
        for signature in (b"\0", b"x" * 40, good[:-1], good[:10], b"\xff" * 80):
            self.failureResultOf(self.ask(b"alice", ALICE, signature), UnauthorizedLogin)

    def test_reload(self) -> None:
        """New keys count at once, and old ones no longer."""
        self.checker.blobs = frozenset({BOB.public().blob()})
        self.failureResultOf(self.ask(b"alice", ALICE), UnauthorizedLogin)
        self.failureResultOf(self.ask(b"alice", BOB), ValidPublicKey)
