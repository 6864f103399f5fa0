"""The host's key: made once, well kept."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.dsa import generate_private_key as generate_dsa_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from twisted.conch.ssh.keys import Key
from twisted.trial.unittest import TestCase

from tnet.errors import CannotRead, CannotWrite
from tnet.servers.ssh.host_key import default_path, open_host_key, read_host_key


class PlaceTests(TestCase):
    """Where the key is kept."""

    def test_state_home(self) -> None:
        """Under XDG_STATE_HOME; a relative one is ignored, as its specification wants."""
        self.assertEqual(default_path({"XDG_STATE_HOME": "/s", "HOME": "/h"}), Path("/s/tnet/ssh/host_ed25519"))
        ours = Path("/h/.local/state/tnet/ssh/host_ed25519")
        self.assertEqual(default_path({"XDG_STATE_HOME": "s", "HOME": "/h"}), ours)
        self.assertEqual(default_path({"HOME": "/h"}), ours)


class MakeTests(TestCase):
    """A key that is not there yet."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "tnet" / "ssh" / "host_ed25519"

    def test_made_once(self) -> None:
        """The first call makes an OpenSSH ed25519 key that only we can read; the second finds it."""
        key = open_host_key(self.path)
        self.assertEqual(key.sshType(), b"ssh-ed25519")
        self.assertEqual(open_host_key(self.path), key)
        self.assertEqual(self.path.stat().st_mode & 0o7777, 0o600)
        self.assertEqual(self.path.parent.stat().st_mode & 0o7777, 0o700)
        self.assertTrue(self.path.read_bytes().startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----"))
        self.assertEqual(os.listdir(self.path.parent), [self.path.name])

    def test_existing_is_never_replaced(self) -> None:
        """A file that is no key stays as it is."""
        self.path.parent.mkdir(parents=True)
        self.path.write_text("something else")
        self.path.chmod(0o600)
        self.assertRaises(CannotRead, open_host_key, self.path)
        self.assertEqual(self.path.read_text(), "something else")

    def test_dangling_link(self) -> None:
        """A symbolic link to nowhere is refused, and nothing is written where it points."""
        self.path.parent.mkdir(parents=True)
        target = Path(self.mktemp()).absolute()
        self.path.symlink_to(target)
        self.assertRaises(CannotRead, open_host_key, self.path)
        self.assertFalse(target.exists())

    def test_directory_of_others(self) -> None:
        """No key is made where others could replace it."""
        self.path.parent.mkdir(parents=True)
        self.path.parent.chmod(0o777)
        self.assertRaises(CannotWrite, open_host_key, self.path)

    def test_directory_is_a_file(self) -> None:
        """A place that cannot be made is an error of ours, not a traceback."""
        self.path.parent.parent.mkdir(parents=True)
        self.path.parent.write_text("")
        self.assertRaises(CannotWrite, open_host_key, self.path)


class ReadTests(TestCase):
    """A key that somebody names."""

    def written(self, data: bytes) -> Path:
        path = Path(self.mktemp())
        path.write_bytes(data)
        path.chmod(0o600)
        return path

    def refused(self, data: bytes) -> str:
        return self.assertRaises(CannotRead, read_host_key, self.written(data)).reason

    def test_rsa(self) -> None:
        """An RSA key of 2048 bits serves; one of 1024 does not."""
        key = Key(generate_rsa_key(65537, 2048))
        self.assertEqual(read_host_key(self.written(key.toString("openssh"))), key)
        self.assertIn("1024", self.refused(Key(generate_rsa_key(65537, 1024)).toString("openssh")))

    def test_unusable(self) -> None:
        """A missing, public, encrypted, DSA or broken key is refused with its reason."""
        key = Key(Ed25519PrivateKey.generate())
        self.assertIn("public", self.refused(key.public().toString("openssh")))
        sealed = key.toString("openssh", subtype="v1", passphrase=b"p")
        self.assertIn("passphrase", self.refused(sealed))
        self.assertIn("DSA", self.refused(Key(generate_dsa_key(1024)).toString("openssh")))
        for broken in (b"", b"\0", b"-----BEGIN OPENSSH PRIVATE KEY-----\n", sealed[:100], b"x" * 70_000):
            self.refused(broken)
        self.assertRaises(CannotRead, read_host_key, Path(self.mktemp()))
