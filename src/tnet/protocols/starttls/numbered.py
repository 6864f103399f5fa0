"""Replies that begin with a number of three digits, as those of SMTP and FTP.

Source: RFC 5321 section 4.2.1; RFC 959 section 4.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tnet.protocols.starttls.upgrade import LineUpgrade, Talk

_LINE = re.compile(rb"([1-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: its number, and what follows it on each line."""

    code: int
    texts: tuple[bytes, ...]

    def __bytes__(self) -> bytes:
        return f"{self.code} ".encode() + b" ".join(self.texts)


class NumberedUpgrade(LineUpgrade):
    """A dialect of such replies."""

    def _reply(self, *, marked: bool) -> Talk[Reply]:
        """The next reply; of a longer one each line has the number if `marked`, else only its first and last need it.

        Raises: StartTlsRefused.
        """
        first = yield from self._line()
        begun = _LINE.fullmatch(first)
        if begun is None:
            self._refuse(f"it does not speak {self.name.upper()}", first)
        texts, more = [begun[3] or b""], begun[2] == b"-"
        while more:
            line = yield from self._line()
            found = _LINE.fullmatch(line)
            belongs = found is not None and found[1] == begun[1]
            if marked and not belongs:
                self._refuse("its reply falls apart", line)
            texts.append((found[3] or b"") if found is not None and belongs else line)
            more = not (belongs and found is not None and found[2] != b"-")
        return Reply(int(begun[1]), tuple(texts))
