"""Where a body comes from: one URL, or several mirrors of the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from tnet.clients.fetch.client import Client
from tnet.clients.fetch.downloads.answers import Changed, Meaning, Version, Wanted, meaning
from tnet.clients.fetch.downloads.opening import Opening, first_good
from tnet.clients.fetch.downloads.ranges import Claim
from tnet.clients.fetch.request import Request
from tnet.clients.fetch.retries import Attempt
from tnet.errors import HttpStatusRefused
from tnet.protocols.http1.responses import ResponseHead
from tnet.protocols.masks import mask_url


class Source:
    """Asks `urls`, all at once when there are more than one, for a body or for parts of it."""

    def __init__(self, client: Client, urls: Sequence[str], transfer: int) -> None:
        self._client = client
        self.transfer = transfer
        self._requests = [client.first_request(url) for url in urls]
        self._turns = count(1)
        keeping = client.plan.keeping
        self._strict = (
            client.plan.fail or client.plan.race or keeping.resume or keeping.segments > 1 or bool(keeping.checksum)
        )

    @property
    def url(self) -> str:
        """The URL that answered last, or the first one."""
        return str(self._requests[0].url)

    @property
    def shown(self) -> str:
        """The same as it may be shown."""
        return self.url if self._client.plan.showing.show_secrets else mask_url(self.url)

    @property
    def urls(self) -> set[str]:
        """All that it may be at."""
        return {str(request.url) for request in self._requests}

    @property
    def request(self) -> Request:
        """The request that answered last, or the first one."""
        return self._requests[0]

    @property
    def divisible(self) -> bool:
        """Whether parts of it can be asked for: nothing else is in the request, nor the user's own range."""
        first = self._requests[0]
        return first.method == "GET" and first.body is None and first.value("range") is None

    async def open(self, wanted: Wanted | None, attempt: Attempt) -> Opening:
        """The answer to a request for `wanted`, or for all; of several mirrors the first that is good.

        Raises: what Client.ask raises; Again and HttpStatusRefused; Changed when no mirror has what is wanted.
        """
        cause = "first" if attempt.number == 1 else "retry"
        if len(self._requests) == 1:
            return await self._ask(self._requests[0], wanted, cause, attempt)
        asks = [partial(self._ask, request, wanted, cause, attempt) for request in self._requests]
        winner, opening = await first_good(asks)
        self._requests.insert(0, self._requests.pop(winner))
        return opening

    async def part(self, claim: Claim, version: Version, attempt: Attempt) -> Opening:
        """An answer with exactly what `claim` is for; mirrors take turns, as long as they have the same version.

        Raises: as `open`.
        """
        request = self._requests[next(self._turns) % len(self._requests)]
        first = request is self._requests[0]
        try:
            wanted = Wanted(claim.start, claim.end, version)
            return await self._ask(request, wanted, "segment" if first else "mirror", attempt, exact=True)
        except Changed:
            if not first and request in self._requests:
                self._requests.remove(request)
            raise

    async def _ask(
        self, request: Request, wanted: Wanted | None, cause: str, attempt: Attempt, *, exact: bool = False
    ) -> Opening:
        opening = await Opening.of(self._client, _for(request, wanted), self.transfer, cause)
        try:
            head = opening.response.head
            self._refuse(request, head, wanted, attempt)
            if wanted is not None and (exact or len(self._requests) > 1):
                _insist(head, wanted, request.url.authority, exact=exact)
        except BaseException:
            await opening.stack.aclose()
            raise
        return opening

    def _refuse(self, request: Request, head: ResponseHead, wanted: Wanted | None, attempt: Attempt) -> None:
        """Raise what an answer means that is none; without a reason to, an error's body is kept as any other."""
        if head.status < 300 or (wanted is not None and head.status == 416):
            return
        if (again := attempt.again(request, head)) is not None:
            raise again
        error = HttpStatusRefused(mask_url(str(request.url)), head.status, head.reason.decode("latin-1"))
        if wanted is not None or (self._strict and head.status >= 400):
            raise error
        if head.status >= 400:
            self._client.context.publisher.log("warning", f"{error}; its body is kept", "--fail refuses it")


def _for(request: Request, wanted: Wanted | None) -> Request:
    """The request for a part: as it is stored, for a compressed body is another one."""
    if wanted is None:
        return request
    kept = tuple(field for field in request.headers if field[0].lower() not in ("accept-encoding", "if-range"))
    return replace(request, headers=(*kept, *wanted.headers))


def _insist(head: ResponseHead, wanted: Wanted, peer: str, *, exact: bool) -> None:
    found = meaning(head, wanted, peer)
    if found is not Meaning.PART and (exact or found is not Meaning.COMPLETE):
        raise Changed(peer, "it has another version, or gives no parts of it")
