"""Tests for one transfer when it is over."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import Command, head, redirected_once
from tnet.clients.fetch.report.account import Account, body_bytes
from tnet.errors import EmptyReply
from tnet.events import kinds


def _chain(account: Account) -> list[int | None]:
    return [entry.hop.request for entry in account.chain]


class AccountTests(SynchronousTestCase):
    """`account_of`."""

    def test_redirect(self) -> None:
        """The chain leads from the first request to the one that was answered."""
        account = redirected_once().account()
        self.assertEqual(_chain(account), [1, 2])
        self.assertEqual((account.url, account.url_effective), ("http://h/", "https://h/to?a=1&b="))
        self.assertEqual(account.head and account.head.status, 200)

    def test_login(self) -> None:
        """A request that was made again with a login comes after the one that was refused."""
        command = Command()
        over = command.fetched(1, 0, head=head(401), read=False)
        command.fetched(2, over, cause="login", reused=True, conn=1)
        self.assertEqual(_chain(command.account()), [1, 2])

    def test_retry(self) -> None:
        """Of several attempts the last one counts, the others are only listed."""
        command = Command()
        over = command.fetched(1, 0, head=head(503))
        command.tell(over, kinds.RetryPlanned(transfer=1, attempt=2, seconds=1, error="503"))
        command.fetched(2, over + 1000, cause="retry")
        account = command.account()
        self.assertEqual((_chain(account), len(account.entries), len(account.retries)), ([2], 2, 1))

    def test_failure(self) -> None:
        """What failed is the last request, even where an earlier one was answered."""
        command = Command()
        command.fetched(1, 0, head=head(302), read=False)
        command.begin(2, 300, "http://h/2", cause="redirect")
        self.assertEqual(_chain(command.account(EmptyReply("h", "why"))), [1, 2])

    def test_segments(self) -> None:
        """The parts of a body are counted together; a mirror that lost the race is not."""
        command = Command()
        for request, cause in ((1, "first"), (2, "segment"), (3, "segment")):
            command.fetched(request, 0, cause=cause, head=head(206), body=b"x" * request)
        command.begin(4, 1, "http://other/", cause="mirror")
        account = command.account()
        self.assertEqual((account.wire_bytes, _chain(account)), (6, [3]))

    def test_other_transfers(self) -> None:
        """Requests of another transfer at the same time are not mistaken for its own."""
        command = redirected_once()
        command.fetched(3, 1, "http://other/", transfer=2)
        self.assertEqual(_chain(command.account()), [1, 2])
        self.assertEqual(_chain(command.account(transfer=2)), [3])

    def test_nothing(self) -> None:
        """A transfer that failed before its first request is told of all the same."""
        account = Command().account(EmptyReply("h", "why"))
        self.assertEqual(
            (account.url_effective, account.head, account.wire_bytes, account.wall), ("http://h/", None, 0, 0)
        )

    def test_wall(self) -> None:
        """When it was over is a time of day."""
        command = Command()
        command.fetched()
        self.assertAlmostEqual(command.account().wall, command.stage.wall + 0.076, places=5)


class BodyBytesTests(SynchronousTestCase):
    """`body_bytes`."""

    def test_uncounted(self) -> None:
        """A body that nobody read, such as a redirect's, is what its heads leave of the bytes that came."""
        first, second = redirected_once().account().entries
        self.assertEqual((body_bytes(first), body_bytes(second)), (len(b"moved"), len(b"hello world")))
