"""Tells of a transfer when it is over, in the ways that were asked for."""

from __future__ import annotations

import json
from typing import Protocol

from tnet.clients.fetch.report.account import Account, account_of
from tnet.clients.fetch.report.ledger import Ledger
from tnet.errors import CannotWrite, TnetError
from tnet.net.context import Context, Offload
from tnet.plans.fetch import Showing


class Screen(Protocol):
    """Standard output, which makes harmless what a terminal gets."""

    async def write(self, data: bytes) -> None:
        """Write all of `data`."""
        ...


async def tell(
    ledger: Ledger,
    transfer: int,
    url: str,
    error: TnetError | None,
    showing: Showing,
    output: Screen,
    context: Context,
    *,
    several: bool = False,
) -> None:
    """Write the report of a transfer, and what `--write-out` asks for; `error` is what it ended with.

    The report of one of `several` is a line, of JSON Lines; a single one is laid out for people.

    What cannot be written into a file of `--write-out` is a warning, and changes nothing about how it ended.

    Raises: CannotWrite, OutputClosed for standard output.
    """
    account = account_of(ledger, transfer, url, error)
    if showing.report:
        from tnet.clients.fetch.report.report import report

        text = json.dumps(report(account, show_secrets=showing.show_secrets), indent=None if several else 2)
        await output.write(text.encode("ascii") + b"\n")
    if showing.write_out is not None:
        await _write_out(showing.write_out, account, showing, output, context)


async def archive_to(path: str, ledger: Ledger, showing: Showing, workers: Offload) -> None:
    """Make the file at `path` an HTTP archive of every request.

    Raises: CannotWrite.
    """
    from tnet.clients.fetch.report.har import save

    await save(path, ledger, workers, show_secrets=showing.show_secrets)


async def _write_out(template: str, account: Account, showing: Showing, output: Screen, context: Context) -> None:
    from tnet.clients.fetch.report.writeout import deliver, rendered, unknown

    pieces = rendered(template, account, show_secrets=showing.show_secrets)
    if account.transfer == 1:
        for name in unknown(template):
            context.publisher.log("warning", f"--write-out knows no variable {name!r}")
    try:
        await deliver(pieces, output.write, context.workers)
    except CannotWrite as failed:
        context.publisher.log("warning", f"--write-out: {failed}", failed.hint)
