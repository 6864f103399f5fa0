"""`python -m tnet`, and the `tnet` script: a process, from its beginning to its end, without what nobody sees of it.

Garbage is not looked for while everything is imported: the runtime lets that begin with the job. And once all is
written the process ends at once: to take an interpreter apart takes longer than many a command.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process and exit with its status."""
    gc.disable()
    try:
        from tnet.cli.main import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    _leave(status)


def _leave(status: int) -> NoReturn:
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except OSError:
        status = status or 23  # ExitStatus.CANNOT_WRITE
    os._exit(status)


if __name__ == "__main__":
    main()
