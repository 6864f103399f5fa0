"""Answers on their way to who reads them."""

from contextlib import AsyncExitStack

from twisted.internet.defer import CancelledError, Deferred

from tests.clients.fetch.downloads.origin import URL, Case, Origin
from tnet.clients.fetch.downloads.opening import Opening, first_good
from tnet.errors import EmptyReply


class Openings(Case):
    def test_an_answer_is_handed_on(self):
        """Its block is left by who reads it."""
        client = self.client(Origin(b"body"))
        opening = self.done(Opening.of(client, client.first_request(URL), 1, "first"))

        async def read():
            async with opening as response:
                self.assertFalse(response.left)
                return await response.read()

        self.assertEqual(self.done(read()), b"body")
        self.assertTrue(opening.response.left)
        self.done(opening.stack.aclose())

    def test_no_answer(self):
        """Who asked gets the error."""
        client = self.client(Origin(b"body"))
        client.origins = {}
        self.fails(Opening.of(client, client.first_request(URL), 1, "first"), KeyError)


class Racing(Case):
    def setUp(self):
        super().setUp()
        self.asked = [Deferred() for _ in range(3)]
        self.closed = []
        self.race = self.start(first_good([lambda each=each: self.wait(each) for each in self.asked]))

    async def wait(self, deferred):
        return await deferred

    def opening(self, name):
        stack = AsyncExitStack()
        stack.callback(self.closed.append, name)
        return Opening(name, stack)

    def test_the_first_wins(self):
        """The others are cancelled at once."""
        self.asked[1].callback(self.opening("b"))
        self.assertEqual(self.successResultOf(self.race)[0], 1)
        self.assertTrue(all(each.called for each in self.asked))
        self.assertEqual(self.closed, [])

    def test_a_failure_is_no_answer(self):
        """The others go on."""
        self.asked[0].errback(EmptyReply("a", "closed"))
        self.assertNoResult(self.race)
        self.asked[2].callback(self.opening("c"))
        self.assertEqual(self.successResultOf(self.race)[0], 2)

    def test_all_have_failed(self):
        """The error is that of the first in order, whenever that came."""
        for number in (2, 0, 1):
            self.assertNoResult(self.race)
            self.asked[number].errback(EmptyReply(str(number), "closed"))
        self.assertEqual(self.failureResultOf(self.race, EmptyReply).value.peer, "0")

    def test_an_answer_that_comes_too_late(self):
        """It is left at once."""

        class Stubborn(Deferred):
            def cancel(self):
                pass

        prompt, late = Deferred(), Stubborn()
        race = self.start(first_good([lambda: self.wait(prompt), lambda: self.wait(late)]))
        prompt.callback(self.opening("prompt"))
        self.successResultOf(race)
        late.callback(self.opening("late"))
        self.assertEqual(self.closed, ["late"])

    def test_given_up(self):
        """Nobody goes on running."""
        self.race.cancel()
        self.failureResultOf(self.race, CancelledError)
        self.assertTrue(all(each.called for each in self.asked))
