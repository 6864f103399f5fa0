"""What `--slo` allows: `dns=50ms,ttfb=0.3,total=2s`."""

from __future__ import annotations

import re

from tnet.errors import BadUsage

PHASES = ("queue", "dns", "connect", "proxy", "tls", "send", "wait", "ttfb", "receive", "total")

_OTHER_NAMES = {"xfer": "receive", "namelookup": "dns", "starttransfer": "ttfb"}
_LENGTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def parse_slo(text: str, *, field: str = "--slo") -> tuple[tuple[str, float], ...]:
    """The phases of `PHASE=TIME,…` and what each may take; a time without a unit is in seconds.

    `ttfb` is from the beginning to the first byte of the answer.

    Units: seconds.
    Raises: BadUsage, naming `field`.
    """
    return tuple(_objective(part.strip(), field) for part in text.split(","))


def _objective(text: str, field: str) -> tuple[str, float]:
    name, separator, length = text.partition("=")
    phase = _OTHER_NAMES.get(name, name)
    if not separator or phase not in PHASES:
        raise BadUsage(field, f"{text!r} is not PHASE=TIME", f"PHASE is one of {', '.join(PHASES)}")
    match = _LENGTH.fullmatch(length)
    if match is None or not float(match[1]):
        raise BadUsage(field, f"{length!r} is no length of time", "write it as 200ms, 1.5s, or in seconds")
    return phase, float(match[1]) * _UNITS[match[2] or "s"]
