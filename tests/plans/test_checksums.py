"""How `--checksum` is read."""

import hashlib

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.checksums import ALGORITHMS, parse_checksum


class Parsing(SynchronousTestCase):
    def test_every_algorithm(self):
        """Its name as hashlib has it, and a digest of its length."""
        for algorithm in ALGORITHMS:
            digest = hashlib.new(algorithm, b"body").hexdigest()
            self.assertEqual(parse_checksum(f"{algorithm}:{digest}"), (algorithm, digest))

    def test_other_ways_to_write_it(self):
        """Case does not matter, nor does the dash in a name, nor white space around it."""
        digest = hashlib.sha256(b"").hexdigest()
        self.assertEqual(parse_checksum(f" SHA-256:{digest.upper()} "), ("sha256", digest))
        digest = hashlib.sha3_256(b"").hexdigest()
        self.assertEqual(parse_checksum(f"sha3-256:{digest}"), ("sha3_256", digest))

    def test_no_algorithm(self):
        """The error lists those that there are."""
        for text in ("", "crc32:00000000", "d41d8cd98f00b204e9800998ecf8427e", "shake_128:00"):
            error = self.assertRaises(BadUsage, parse_checksum, text)
            self.assertIn("sha256", error.hint)
            self.assertEqual(error.field, "--checksum")

    def test_no_digest(self):
        """It has to have the algorithm's length, in hexadecimal digits."""
        for digest in ("", "00", "g" * 64, "0" * 63, "0" * 65, "\u0660" * 64):
            error = self.assertRaises(BadUsage, parse_checksum, f"sha256:{digest}", field="--sum")
            self.assertIn("64 hexadecimal digits", str(error))
            self.assertEqual(error.field, "--sum")
