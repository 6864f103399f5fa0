"""The local authority."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import OwnCertificateUnusable
from tnet.net.tls.authority import RENEW_DAYS, Authority, default_folder, local_names
from tnet.net.tls.identity import Identity
from tnet.net.tls.signing import LEAF_DAYS, ROOT_DAYS, names_of

NAMES = ("127.0.0.1", "localhost")


class AuthorityTests(SynchronousTestCase):
    """`Authority`."""

    def setUp(self) -> None:
        self.now = datetime(2026, 5, 4, tzinfo=UTC)
        self.folder = os.path.join(os.path.abspath(self.mktemp()), "tnet", "ca")

    def authority(self) -> Authority:
        return Authority(self.folder, lambda: self.now)

    def leaf(self, *names: str) -> Identity:
        return self.authority().leaf(names or NAMES)

    def public(self) -> x509.Certificate:
        """The authority's certificate, as clients find it."""
        return x509.load_pem_x509_certificate(Path(self.authority().public_path).read_bytes())

    def test_made_once(self) -> None:
        """The second process finds the certificate of the first."""
        self.assertEqual(self.leaf().chain, self.leaf().chain)
        self.assertEqual(names_of(self.leaf().chain[0]), set(NAMES))
        self.leaf().chain[0].verify_directly_issued_by(self.public())

    def test_private(self) -> None:
        """The folder and the keys are for their owner only; the public file has no key."""
        self.leaf()
        self.assertEqual(os.stat(self.folder).st_mode & 0o777, 0o700)
        for name in ("authority.pem", "server.pem"):
            self.assertEqual(os.stat(os.path.join(self.folder, name)).st_mode & 0o777, 0o600)
        self.assertNotIn(b"PRIVATE", Path(self.authority().public_path).read_bytes())
        self.assertEqual(sorted(os.listdir(self.folder)), ["authority.pem", "ca.pem", "server.pem"])

    def test_further_names(self) -> None:
        """A name that the kept certificate lacks gets a new one, of the same authority."""
        self.leaf()
        root = self.public()
        self.assertIn("host.example", names_of(self.leaf(*NAMES, "host.example").chain[0]))
        self.assertEqual(self.public(), root)

    def test_fewer_names(self) -> None:
        """A certificate that covers more than is asked for stays."""
        wide = self.leaf(*NAMES, "host.example")
        self.assertEqual(self.leaf().chain, wide.chain)

    def test_renewal(self) -> None:
        """A certificate is kept until it has only so many days left."""
        first = self.leaf()
        self.now += timedelta(days=LEAF_DAYS - RENEW_DAYS - 1)
        self.assertEqual(self.leaf().chain, first.chain)
        self.now += timedelta(days=2)
        renewed = self.leaf()
        self.assertGreater(renewed.ends, self.now + timedelta(days=LEAF_DAYS - 1))
        renewed.chain[0].verify_directly_issued_by(self.public())

    def test_old_authority(self) -> None:
        """An authority that would expire before its next leaf gives way to a new one."""
        self.leaf()
        old = self.public()
        self.now += timedelta(days=ROOT_DAYS - LEAF_DAYS + 1)
        leaf = self.leaf()
        self.assertNotEqual(self.public(), old)
        leaf.chain[0].verify_directly_issued_by(self.public())

    def test_two_at_once(self) -> None:
        """Of two processes that both found no authority, the slower takes the quicker one's."""
        quick = self.leaf()
        root = self.public()
        slow = self.authority()
        self.assertEqual(slow._establish(None).chain[0], root)
        self.assertEqual(self.leaf().chain, quick.chain)
        self.assertEqual(sorted(os.listdir(self.folder)), ["authority.pem", "ca.pem", "server.pem"])

    def test_key_that_others_can_read(self) -> None:
        """An authority whose key others can read is not used, and the way out is told."""
        self.leaf()
        os.chmod(os.path.join(self.folder, "authority.pem"), 0o644)
        error = self.assertRaises(OwnCertificateUnusable, self.leaf)
        self.assertIn("remove it", error.reason)

    def test_damaged_leaf(self) -> None:
        """A damaged certificate is made anew; it can be had again at any time."""
        self.leaf()
        Path(self.folder, "server.pem").write_bytes(b"damage")
        self.assertEqual(names_of(self.leaf().chain[0]), set(NAMES))

    def test_damaged_authority(self) -> None:
        """A damaged authority is not replaced silently: clients may trust it."""
        self.leaf()
        Path(self.folder, "authority.pem").write_bytes(b"damage")
        self.assertIn("no PEM certificate", self.assertRaises(OwnCertificateUnusable, self.leaf).reason)

    def test_leaf_of_another_authority(self) -> None:
        """After the authority was removed, what the old one signed is not used."""
        old = self.leaf()
        os.unlink(os.path.join(self.folder, "authority.pem"))
        self.assertNotEqual(self.leaf().chain, old.chain)
        self.leaf().chain[0].verify_directly_issued_by(self.public())

    def test_folder_that_cannot_be_made(self) -> None:
        """A folder that cannot be used is told with the system's words."""
        self.folder = os.path.join(os.path.abspath(__file__), "ca")
        error = self.assertRaises(OwnCertificateUnusable, self.leaf)
        self.assertEqual(error.reason, "Not a directory")


class NameTests(SynchronousTestCase):
    """`local_names` and `default_folder`."""

    def test_always(self) -> None:
        """Whatever is listened on, the names of this machine for itself are there."""
        self.assertLessEqual({"localhost", "127.0.0.1", "::1"}, set(local_names([])))

    def test_listened_on(self) -> None:
        """The addresses and names listened on are there, without a zone; a wildcard is no name."""
        names = local_names(["192.0.2.7", "fe80::1%eth0", "Host.Example", "0.0.0.0", "::"])
        self.assertLessEqual({"192.0.2.7", "fe80::1", "host.example"}, set(names))
        self.assertEqual({"0.0.0.0", "::", ""} & set(names), set())

    def test_unnameable(self) -> None:
        """What a certificate cannot name is left out."""
        self.assertEqual(local_names(["a b", "ü.example", "a..b"]), local_names([]))

    def test_folder(self) -> None:
        """The folder is under `XDG_DATA_HOME` when that is absolute, else in the default place."""
        for home, expected in (("/data", "/data/tnet/ca"), ("relative", "/me/.local/share/tnet/ca")):
            self.patch(os, "environ", {"XDG_DATA_HOME": home, "HOME": "/me"})
            self.assertEqual(default_folder(), expected)
