"""How long guesses have to wait."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.accounts.throttle import REMEMBERED_GUESSES, Attempt, Pace, Throttle, Throttled, network_of

HERE, THERE = "192.0.2.1", "198.51.100.7"
DELAYS = [0, 0, 0, 2, 4, 8, 15, 15, 15]


class _Throttled(TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.guesses = 0
        self.throttle = self.made()

    def made(self, **others: object) -> Throttle:
        settings = {"per_address": Pace(free=3), "per_user": Pace(free=3), "most_waiting": 1000}
        return Throttle(self.clock.seconds, **{**settings, **others})  # type: ignore[arg-type]

    def guess(self, user: bytes = b"alice", address: str | None = HERE) -> Attempt:
        """A password that was not tried before."""
        self.guesses += 1
        return self.throttle.begin(user, b"%d" % self.guesses, address)


class PaceTests(TestCase):
    """From failures to a delay."""

    def test_doubles_up_to_the_longest(self) -> None:
        """Some failures are free, then each doubles the delay until it is the longest; so many and no more count."""
        pace = Pace(free=3)
        self.assertEqual([pace.delay(failures) for failures in range(9)], DELAYS)
        self.assertEqual(pace.delay(10**9), 15)
        self.assertEqual(pace.delay(pace.most - 1), pace.longest_seconds)

    def test_part_of_a_failure(self) -> None:
        """A failure that is partly forgotten is still one."""
        self.assertEqual(Pace(free=0).delay(0.01), Pace(free=0).delay(1))


class CountingTests(_Throttled):
    """What slows down what."""

    def test_counted_at_the_beginning(self) -> None:
        """Guesses at once wait as long as guesses one after the other."""
        self.assertEqual([self.guess().seconds for _ in DELAYS], DELAYS)

    def test_one_address(self) -> None:
        """One address that tries many users is slowed down; another is not."""
        self.assertEqual([self.guess(b"user%d" % number).seconds for number in range(9)], DELAYS)
        self.assertEqual(self.guess(b"user1", THERE).seconds, 0)

    def test_one_user(self) -> None:
        """A user whom many addresses try is slowed down, never locked; other users are not."""
        delays = [self.guess(b"alice", f"203.0.113.{number}").seconds for number in range(100)]
        self.assertEqual((delays[:9], max(delays)), (DELAYS, 15))
        self.assertEqual(self.guess(b"bob", "203.0.113.1").seconds, 0)

    def test_same_guess_again(self) -> None:
        """The same password for the same user again costs nothing more; for another user it does."""
        self.assertEqual({self.throttle.begin(b"alice", b"old", HERE).seconds for _ in range(50)}, {0})
        self.assertEqual([self.throttle.begin(b"u%d" % n, b"old", HERE).seconds for n in range(4)], [0, 0, 2, 4])

    def test_name_and_password_are_apart(self) -> None:
        """Where the name ends and the password begins makes a different guess."""
        self.throttle.begin(b"ab", b"c", HERE)
        self.throttle.begin(b"a", b"bc", HERE)
        self.throttle.begin(b"", b"abc", HERE)
        self.assertEqual(self.guess().seconds, 2)

    def test_forgotten(self) -> None:
        """One failure is forgotten a minute, and the wait after a long attack is over after minutes."""
        for _ in range(1000):
            self.guess()
        self.clock.advance(60)
        self.assertEqual(self.guess().seconds, 15)
        self.clock.advance(60 * 8)
        self.assertEqual(self.guess().seconds, 0)

    def test_without_an_address(self) -> None:
        """Where nobody knows the address, the user alone counts."""
        self.assertEqual([self.guess(address=None).seconds for _ in DELAYS], DELAYS)
        self.assertEqual(self.guess(b"bob", None).seconds, 0)


class OutcomeTests(_Throttled):
    """What an attempt leaves behind."""

    def test_success_forgives_its_own(self) -> None:
        """Whoever mistypes and then gets it right starts anew."""
        for _ in range(5):
            self.guess()
        self.guess().succeeded()
        self.assertEqual([self.guess().seconds for _ in DELAYS], DELAYS)

    def test_success_forgives_nobody_else(self) -> None:
        """A guesser with an account of his own gains nothing by logging in to it."""
        for number in range(5):
            self.guess(b"victim%d" % number)
        for _ in range(20):
            self.guess(b"mallory").succeeded()
        self.assertEqual(self.guess(b"victim9").seconds, 8)

    def test_success_leaves_other_addresses(self) -> None:
        """A user's login does not forgive those who guess at the same user from elsewhere."""
        for _ in range(5):
            self.guess(address=THERE)
        self.guess(address=HERE).succeeded()
        self.assertEqual(self.guess(address=THERE).seconds, 8)

    def test_withdrawn(self) -> None:
        """An attempt that nobody could check leaves nothing, and takes nothing away."""
        for _ in range(3):
            self.guess()
        for _ in range(20):
            self.guess().withdrawn()
        self.assertEqual(self.guess().seconds, 2)

    def test_withdrawn_again(self) -> None:
        """A guess that was wrong before stays counted when nobody could check it the second time."""
        guesses = [self.throttle.begin(b"alice", b"%d" % number, HERE) for number in range(3)]
        self.assertEqual([attempt.seconds for attempt in guesses], [0, 0, 0])
        for number in range(3):
            self.throttle.begin(b"alice", b"%d" % number, HERE).withdrawn()
        self.assertEqual(self.guess().seconds, 2)


class BoundTests(_Throttled):
    """What it costs us."""

    def test_waiting(self) -> None:
        """So many of one address may wait; the next is refused uncounted, until one has waited or given up."""
        self.throttle = self.made(most_waiting=2)
        attempts = [self.guess() for _ in range(5)]
        error = self.assertRaises(Throttled, self.guess, b"bob")
        self.assertEqual(str(error), "too many logins from 192.0.2.1 are waiting: try again later")
        self.assertEqual(self.guess(b"bob", THERE).seconds, 0)
        for attempt in attempts:
            attempt.waited()
        self.assertEqual(self.guess().seconds, 8)

    def test_refused_ones_push_nobody_out(self) -> None:
        """Attempts that are refused take no place among those remembered."""
        self.throttle = self.made(most_waiting=1, remembered=10)
        for _ in range(4):
            self.guess()
        for number in range(100):
            self.assertRaises(Throttled, self.guess, b"user%d" % number)
        self.assertEqual(self.guess(address=THERE).seconds, 4)

    def test_waiting_without_an_address(self) -> None:
        """Where nobody knows the address, nobody takes the place of anybody else."""
        self.throttle = self.made(most_waiting=1)
        self.assertEqual([self.guess(address=None).seconds for _ in range(6)], DELAYS[:6])

    def test_remembered(self) -> None:
        """Only those used last are remembered, of addresses and of users."""
        self.throttle = self.made(remembered=10)
        for number in range(10_000):
            self.guess(b"user%d" % number, f"10.0.{number // 250}.{number % 250}")
        self.assertEqual((len(self.throttle.users), len(self.throttle.networks)), (10, 10))
        for _ in range(3):
            self.guess()
        self.assertEqual(self.guess().seconds, 2)

    def test_recent(self) -> None:
        """Of each address only the last few guesses are kept, whatever their size."""
        for _ in range(3 * REMEMBERED_GUESSES):
            self.throttle.begin(b"x" * 4000, b"%d" % self.guesses * 1000, HERE)
            self.guesses += 1
        tally = self.throttle.networks.of(HERE)
        self.assertEqual(len(tally.recent), REMEMBERED_GUESSES)
        self.assertEqual({len(guess.digest) for guess in tally.recent}, {16})

    def test_keyed(self) -> None:
        """Two processes keep different digests of the same guess: they cannot be looked up in a table."""
        other = self.made()
        for throttle in (self.throttle, other):
            throttle.begin(b"alice", b"secret", HERE)
        kept = [throttle.networks.of(HERE).recent[0].digest for throttle in (self.throttle, other)]
        self.assertNotEqual(*kept)


class NetworkTests(TestCase):
    """Who is one peer."""

    def test_networks(self) -> None:
        """An IPv4 address, mapped or not, is one; an IPv6 /64 is; and all local sockets together are."""
        for address, network in {
            "192.0.2.1": "192.0.2.1",
            "::ffff:192.0.2.1": "192.0.2.1",
            "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
            "2001:db8:1:2::": "2001:db8:1:2::/64",
            "fe80::1%eth0": "fe80::/64",
            "::1": "::/64",
            "unix:/tmp/x": "local",
            "unix:192.0.2.1": "local",
            "unix": "local",
            "": "local",
        }.items():
            self.assertEqual(network_of(address), network)
