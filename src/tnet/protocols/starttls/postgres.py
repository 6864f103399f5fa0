"""The SSLRequest of PostgreSQL.

Source: PostgreSQL's documentation, "Message Flow", section "SSL Session Encryption"; CVE-2021-23222 for what may not
follow the answer.
"""

from __future__ import annotations

from tnet.protocols.starttls.upgrade import BlockUpgrade, Talk

_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"


class Postgres(BlockUpgrade):
    """Asks, and gets one byte."""

    name = "postgres"

    def _talk(self) -> Talk[None]:
        yield _REQUEST
        answer = yield from self._take(1)
        match answer:
            case b"S":
                return
            case b"N":
                self._not_offered()
            case b"E":
                # Nobody has proved who he is: what the error says is not to be believed.
                raise self.refusal("it answers with an error")
            case _:
                self._refuse("it does not speak PostgreSQL's protocol", answer + self._data)
