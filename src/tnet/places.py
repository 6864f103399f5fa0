"""Where tnet keeps what outlives a run: its folders below the XDG base directories.

The environment is that of the process, unless another is given.

Source: XDG Base Directory Specification 0.8; a relative path in a variable does not count.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def config_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Settings that the user writes: `$XDG_CONFIG_HOME/tnet`."""
    return _base(environ, "XDG_CONFIG_HOME", ".config") / "tnet"


def data_folder(environ: Mapping[str, str] | None = None) -> Path:
    """What must not be lost, accounts and the local CA: `$XDG_DATA_HOME/tnet`."""
    return _base(environ, "XDG_DATA_HOME", ".local/share") / "tnet"


def state_folder(environ: Mapping[str, str] | None = None) -> Path:
    """What can be made again, but should stay, such as the SSH host key: `$XDG_STATE_HOME/tnet`."""
    return _base(environ, "XDG_STATE_HOME", ".local/state") / "tnet"


def _base(environ: Mapping[str, str] | None, variable: str, fallback: str) -> Path:
    environ = os.environ if environ is None else environ
    told = environ.get(variable, "")
    home = environ.get("HOME", "") or os.path.expanduser("~")
    return Path(told) if os.path.isabs(told) else Path("/", home, fallback)
