"""The algorithms on offer."""

from twisted.conch.ssh.transport import SSHServerTransport
from twisted.trial.unittest import TestCase

from tnet.protocols.ssh import algorithms


class OfferTests(TestCase):
    """Nothing weak is offered, and nothing that Conch cannot do."""

    def test_classical_exchange_is_always_there(self) -> None:
        """X25519 is offered under both its names, whatever OpenSSL has."""
        self.assertEqual(algorithms.key_exchanges()[-2:], algorithms.CLASSICAL)

    def test_post_quantum_comes_first(self) -> None:
        """ML-KEM is preferred where it works, and is never anywhere but first."""
        self.assertNotIn(algorithms.POST_QUANTUM, algorithms.key_exchanges()[1:])

    def test_conch_knows_every_name(self) -> None:
        """Each cipher and MAC is one that this Conch implements."""
        self.assertLessEqual(set(algorithms.CIPHERS), set(SSHServerTransport.supportedCiphers))
        self.assertLessEqual(set(algorithms.MACS), set(SSHServerTransport.supportedMACs))

    def test_nothing_weak(self) -> None:
        """No SHA-1, MD5, CBC, 3DES, DSA or finite-field exchange is on any list."""
        offered = b" ".join(
            (
                *algorithms.key_exchanges(),
                *algorithms.CIPHERS,
                *algorithms.MACS,
                *algorithms.HOST_SIGNATURES,
                *algorithms.USER_SIGNATURES,
            )
        )
        for weak in (b"sha1", b"md5", b"cbc", b"3des", b"dss", b"diffie", b"ssh-rsa", b"zlib", b"ecdh-"):
            self.assertNotIn(weak, offered)

    def test_key_types(self) -> None:
        """RSA signatures of either hash are made by the key type ssh-rsa; the others by their namesakes."""
        self.assertEqual(algorithms.key_type(b"rsa-sha2-256"), b"ssh-rsa")
        self.assertEqual(algorithms.key_type(b"ssh-ed25519"), b"ssh-ed25519")
