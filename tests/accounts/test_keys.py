"""Public keys of accounts."""

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.accounts.keys import Unusable, read_keys

PRIVATE = ed25519.Ed25519PrivateKey.generate()
EDWARDS = PRIVATE.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
NIST = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


class ReadingTests(TestCase):
    """The text of a .pub or authorized_keys file."""

    def refused(self, data: bytes) -> str:
        return str(self.assertRaises(Unusable, read_keys, data))

    def test_keys(self) -> None:
        """Each key once, with its comment; blank lines and comments are left out."""
        text = b"\xef\xbb\xbf# mine\n\n" + EDWARDS + b" me at home\r\n" + NIST + b"\n" + NIST
        self.assertEqual(read_keys(text), (f"{EDWARDS.decode()} me at home", NIST.decode()))

    def test_hostile_comment(self) -> None:
        """A comment with control characters is dropped, the key is kept."""
        self.assertEqual(read_keys(EDWARDS + b" a\x1b[2Jb"), (EDWARDS.decode(),))

    def test_options(self) -> None:
        """A key that is restricted to something is refused, with its line, rather than kept without that."""
        for options in (b"restrict ", b'command="ls" ', b"no-pty,"):
            self.assertIn("line 2", self.refused(b"\n" + options + EDWARDS))

    def test_no_key(self) -> None:
        """Other kinds, malformed ones, a type that lies, and nothing at all are refused."""
        for wrong in (
            b"",
            b"# none",
            b"ssh-ed25519",
            b"ssh-ed25519 !!!!",
            b"ssh-dss AAAA",
            EDWARDS[:-8],
            EDWARDS.replace(b"ssh-ed25519 ", b"ssh-rsa "),
        ):
            self.refused(wrong)

    def test_private(self) -> None:
        """A private key is told for what it is, and not quoted."""
        text = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        self.assertEqual(self.refused(text), "this is a private key: use the .pub file beside it")

    def test_weak(self) -> None:
        """An RSA key that is too short is refused."""
        key = rsa.generate_private_key(65537, 1024).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        self.assertIn("2048 bits, this one has 1024", self.refused(key))

    @given(st.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        """Whatever a file holds is keys or Unusable."""
        try:
            read_keys(b"ssh-ed25519 " + data)
        except Unusable:
            pass
