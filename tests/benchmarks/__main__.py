"""Measurements, side by side with peers: `python -m tests.benchmarks NAME`.

Each module of this package with a `main()` is one of them. A measurement prints what it found, whatever that is; it
fails only when it could not measure.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

import tests.benchmarks


def names() -> list[str]:
    """What there is to measure."""
    return sorted(found.name for found in iter_modules(tests.benchmarks.__path__) if not found.name.startswith("_"))


def main(argv: list[str]) -> int:
    """Run the measurement that was named."""
    if len(argv) != 2 or argv[1] not in names():
        print(f"usage: python -m tests.benchmarks {'|'.join(names())}", file=sys.stderr)
        return 2
    import_module(f"tests.benchmarks.{argv[1]}").main()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
