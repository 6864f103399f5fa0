"""Public suffixes."""

from twisted.trial.unittest import TestCase

from tnet.clients.fetch.cookies.suffixes import is_public_suffix, public_suffixes


class Suffixes(TestCase):
    def test_public_ones(self):
        """Case 14: registries, sites where everybody can have a name, wildcards, foreign scripts, single labels."""
        for domain in (
            "com",
            "co.uk",
            "github.io",
            "kobe.jp",
            "x.kobe.jp",
            "xn--p1ai",
            "localhost",
            "intranet",
            "co.uk.",
        ):
            self.assertTrue(is_public_suffix(domain), domain)

    def test_private_ones(self):
        """Names below those, and exceptions from wildcards."""
        for domain in ("example.com", "bbc.co.uk", "tnet.github.io", "city.kobe.jp", "printer.intranet"):
            self.assertFalse(is_public_suffix(domain), domain)

    def test_the_list_is_read_once(self):
        """The second time it is at hand."""
        self.assertIs(public_suffixes(), public_suffixes())
