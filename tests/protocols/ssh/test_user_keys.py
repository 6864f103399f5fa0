"""Public keys: read, or refused with a reason."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.dsa import generate_private_key as generate_dsa_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.keys import Key
from twisted.trial.unittest import TestCase

from tnet.protocols.ssh.user_keys import KeyUnusable, read_blob, read_line

ED25519 = Key(Ed25519PrivateKey.generate()).public()


class BlobTests(TestCase):
    """Keys on the wire."""

    def refused(self, blob: bytes) -> str:
        return str(self.assertRaises(KeyUnusable, read_blob, blob))

    def test_good(self) -> None:
        """An ed25519 key is read."""
        self.assertEqual(read_blob(ED25519.blob()), ED25519)

    def test_cut_anywhere(self) -> None:
        """A blob that is cut short at any byte is a refusal, and nothing else is raised."""
        blob = ED25519.blob()
        for end in range(len(blob)):
            self.refused(blob[:end])

    def test_weak(self) -> None:
        """Short RSA keys and DSA keys are refused."""
        self.assertIn("1024", self.refused(Key(generate_rsa_key(65537, 1024)).public().blob()))
        self.assertIn("ssh-dss", self.refused(Key(generate_dsa_key(1024)).public().blob()))

    def test_security_keys(self) -> None:
        """Security keys are refused: whether somebody touched them is not checked."""
        self.refused(NS(b"sk-ssh-ed25519@openssh.com") + NS(bytes(32)) + NS(b"ssh:"))

    def test_more_than_a_key(self) -> None:
        """Bytes behind a key are refused: one key has one blob."""
        self.refused(ED25519.blob() + b"more")


class LineTests(TestCase):
    """Keys as people write them."""

    def refused(self, line: bytes) -> str:
        return str(self.assertRaises(KeyUnusable, read_line, line))

    def test_good(self) -> None:
        """A type, a key and a comment with spaces."""
        self.assertEqual(read_line(ED25519.toString("openssh") + b" me at home"), ED25519)

    def test_kinds_that_are_not_plain(self) -> None:
        """Options, certificates and unknown types are named as such."""
        text = base64.b64encode(ED25519.blob())
        self.assertIn("options", self.refused(b'command="x y" ssh-ed25519 ' + text))
        self.assertIn("certificates", self.refused(b"ssh-ed25519-cert-v01@openssh.com " + text))
        self.assertIn("type", self.refused(b"ssh-dss " + text))

    def test_broken(self) -> None:
        """No key, bad base64, and a key of another type are refused."""
        text = base64.b64encode(ED25519.blob())
        self.refused(b"ssh-ed25519")
        self.assertIn("base64", self.refused(b"ssh-ed25519 !!" + text))
        self.assertIn("says", self.refused(b"ssh-rsa " + text))
