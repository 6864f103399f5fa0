"""`python -m tnet`, and the `tnet` script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and exit with its status."""
    try:
        from tnet.cli.main import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
