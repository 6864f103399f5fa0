"""Which HTTP a client speaks, by its first bytes: HTTP/2 begins with words that are no request of HTTP/1.1.

What ALPN chose says the same, and need not be asked: so prior knowledge works with TLS and without.

Source: RFC 9113 section 3.4.
"""

from __future__ import annotations

from collections.abc import Callable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Preface:
    """Takes the first bytes and gives them to `http1`, or those after a preface to `http2`; `unsure` before."""

    def __init__(
        self, http1: Callable[[bytes], None], http2: Callable[[bytes], None], unsure: Callable[[], None]
    ) -> None:
        self._http1 = http1
        self._http2 = http2
        self._unsure = unsure
        self._early = b""

    def receive(self, data: bytes) -> None:
        """Take some; the call that brings certainty is the last one."""
        self._early += data
        if self._early.startswith(PREFACE):
            self._http2(self._early[len(PREFACE) :])
        elif PREFACE.startswith(self._early):
            self._unsure()
        else:
            self._http1(self._early)
