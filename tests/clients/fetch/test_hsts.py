"""Hosts that are asked over https alone."""

import fcntl
import os
import stat
from unittest import mock

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch import hsts as module
from tnet.clients.fetch.hsts import Hsts
from tnet.errors import CannotRead, CannotWrite
from tnet.events.kinds import Logged
from tnet.plans.urls import parse_url
from tnet.protocols.http1.responses import ResponseHead

NOW = 1_800_000_000
LATER = '"20270115 08:00:10"'
LONG_AGO = '"20200101 00:00:00"'


def head(*values):
    return ResponseHead("1.1", 200, b"", tuple((b"Strict-Transport-Security", value) for value in values))


class Case(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.now = NOW
        self.path = os.path.join(os.path.abspath(self.mktemp()), "hsts")
        os.mkdir(os.path.dirname(self.path))

    def opened(self, text=None):
        """The file as one run has read it, with that text."""
        if text is not None:
            with open(self.path, "w") as file:
                file.write(text)
        opening = Hsts.open(self.path, self.world.context, lambda: self.now)
        return self.successResultOf(Deferred.fromCoroutine(opening))

    def close(self, hsts):
        self.successResultOf(Deferred.fromCoroutine(hsts.close()))

    def learn(self, hsts, host, field=b"max-age=10"):
        hsts.learn(parse_url(f"https://{host}/"), head(field))

    @property
    def lines(self):
        """What the file has, without its remarks."""
        with open(self.path) as file:
            return sorted(line.rstrip("\n") for line in file if not line.startswith("#"))


class Upgrading(Case):
    def assert_upgraded(self, hsts, table):
        for before, after in table.items():
            self.assertEqual(str(hsts.upgraded(parse_url(before))), after)

    def test_known_hosts(self):
        """Case 53: port 80 becomes 443 and another one stays; what is below only where the entry says so."""
        hsts = self.opened(f'a.example {LATER}\n.b.example {LATER}\nc.example "unlimited"\n.old.example {LONG_AGO}\n')
        self.assert_upgraded(
            hsts,
            {
                "http://a.example/x?y": "https://a.example/x?y",
                "http://A.example.:80/": "https://a.example./",
                "http://a.example:8080/": "https://a.example:8080/",
                "https://a.example:80/": "https://a.example:80/",
                "http://www.a.example/": "http://www.a.example/",
                "http://b.example/": "https://b.example/",
                "http://x.y.b.example/": "https://x.y.b.example/",
                "http://notb.example/": "http://notb.example/",
                "http://c.example/": "https://c.example/",
                "http://old.example/": "http://old.example/",
                "http://example/": "http://example/",
            },
        )
        self.now += 10
        self.assert_upgraded(
            hsts, {"http://a.example/": "http://a.example/", "http://w.b.example": "http://w.b.example/"}
        )

    def test_addresses_never(self):
        """Whatever the file says, and whatever they answer."""
        hsts = self.opened(f"127.0.0.1 {LATER}\n.1 {LATER}\n")
        for address in ("127.0.0.1", "127.0.0.1.", "[::1]"):
            self.learn(hsts, address)
            self.assert_upgraded(hsts, {f"http://{address}/": f"http://{address}/"})
        self.close(hsts)
        self.assertEqual(self.lines, sorted([f"127.0.0.1 {LATER}", f".1 {LATER}"]))

    def test_beyond_ascii(self):
        """A host has one name, however it is written."""
        hsts = self.opened()
        self.learn(hsts, "b\u00fccher.example")
        self.assert_upgraded(hsts, {"http://xn--bcher-kva.example/": "https://xn--bcher-kva.example/"})


class Learning(Case):
    def test_what_an_answer_says(self):
        """It counts at once, and is in the file in the end, which nobody else can read."""
        hsts = self.opened()
        self.learn(hsts, "a.example:8443")
        self.learn(hsts, "b.example", b"max-age=10; includeSubDomains")
        self.assertEqual(hsts.upgraded(parse_url("http://w.b.example")).scheme, "https")
        self.close(hsts)
        self.assertEqual(self.lines, [f".b.example {LATER}", f"a.example {LATER}"])
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_only_over_https(self):
        """Anybody on the way could have said it over http; what says nothing teaches nothing."""
        hsts = self.opened()
        hsts.learn(parse_url("http://a.example/"), head(b"max-age=10"))
        hsts.learn(parse_url("https://a.example/"), head(b"nonsense"))
        hsts.learn(parse_url("https://a.example/"), head())
        self.close(hsts)
        self.assertFalse(os.path.exists(self.path))

    def test_an_entry_is_its_own_hosts(self):
        """Case 53: CVE-2024-9681: what a subdomain says or takes back changes nothing for the host above it."""
        hsts = self.opened(f".example.org {LATER}\n")
        self.learn(hsts, "www.example.org", b"max-age=5")
        self.close(hsts)
        self.assertEqual(self.lines, [f".example.org {LATER}", 'www.example.org "20270115 08:00:05"'])
        self.learn(hsts, "www.example.org", b"max-age=0")
        self.close(hsts)
        self.assertEqual(self.lines, [f".example.org {LATER}"])
        self.assertEqual(hsts.upgraded(parse_url("http://www.example.org")).scheme, "https")
        self.learn(hsts, "example.org", b"max-age=0")
        self.close(hsts)
        self.assertEqual(self.lines, [])


class Files(Case):
    def test_two_runs_at_once(self):
        """Case 53: CVE-2023-23915: what both have learned is there in the end, and what one has taken back is not."""
        one, two = self.opened(f"old.example {LATER}\ngone.example {LATER}\n"), self.opened()
        self.learn(one, "one.example")
        self.learn(one, "gone.example", b"max-age=0")
        self.learn(two, "two.example")
        self.close(one)
        self.close(two)
        self.assertEqual(self.lines, [f"{name}.example {LATER}" for name in ("old", "one", "two")])

    def test_the_lock(self):
        """Case 53: nobody else has the folder from reading until the file is replaced."""
        hsts = self.opened()
        self.learn(hsts, "a.example")
        replace, refused = module.replace_private, []

        def replacing(path, data):
            other = os.open(os.path.dirname(path), os.O_RDONLY)
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                refused.append(error)
            finally:
                os.close(other)
            replace(path, data)

        with mock.patch.object(module, "replace_private", replacing):
            self.close(hsts)
        self.assertEqual((len(refused), self.lines), (1, [f"a.example {LATER}"]))

    def test_what_is_no_entry(self):
        """Remarks and blank lines are none; anything else is told, and passed over."""
        hsts = self.opened(
            f"# x\n\n  # y\na.example {LATER}\r\nb.example\n"
            f'c.example "20271399 00:00:00"\n"d" {LATER}\n\ufffd {LATER}\n'
        )
        (warning,) = [event.text for event in self.world.recorder.of(Logged) if event.level == "warning"]
        self.assertIn("4 lines", warning)
        self.assertEqual(hsts.upgraded(parse_url("http://a.example")).scheme, "https")

    def test_the_longer_of_two(self):
        """A host that is there twice; one that has ended is not written again."""
        hsts = self.opened(f'.a.example "unlimited"\na.example {LATER}\nold.example {LONG_AGO}\n')
        self.learn(hsts, "b.example")
        self.close(hsts)
        self.assertEqual(self.lines, ['.a.example "unlimited"', f"b.example {LATER}"])

    def test_no_more_than_fit(self):
        """What ends first makes room."""
        with mock.patch.object(module, "MOST_ENTRIES", 2):
            hsts = self.opened('a.example "20270115 08:00:05"\nb.example "unlimited"\n')
            self.learn(hsts, "c.example")
            self.close(hsts)
        self.assertEqual(self.lines, ['b.example "unlimited"', f"c.example {LATER}"])

    def test_files_that_cannot_be(self):
        """They are errors, which name the file."""
        os.mkdir(self.path)
        self.failureResultOf(Deferred.fromCoroutine(Hsts.open(self.path, self.world.context)), CannotRead)
        self.path += "/nowhere/hsts"
        hsts = self.opened()
        self.learn(hsts, "a.example")
        self.failureResultOf(Deferred.fromCoroutine(hsts.close()), CannotWrite)
