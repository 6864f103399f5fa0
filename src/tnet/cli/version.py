"""One line with every version that matters in a bug report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from tnet import __version__


def version_line() -> str:
    """`tnet 1.0 (Python …, Twisted …, OpenSSL …)`, without importing Twisted."""
    from cryptography.hazmat.backends.openssl.backend import backend

    openssl = backend.openssl_version_text().split()[1]
    python, twisted = platform.python_version(), _installed("Twisted")
    return f"tnet {__version__} (Python {python}, Twisted {twisted}, OpenSSL {openssl})"


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "missing"
