"""Whom we believe: the authorities of a file, or those of the system."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec

from OpenSSL import SSL

from tnet.errors import CaFileUnusable

# Where systems keep what they trust; pyOpenSSL's wheels look there as well.
_SYSTEM_TRUST = (
    "/etc/ssl/certs",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def trust_file(context: SSL.Context, path: str) -> None:
    """Believe the authorities in a PEM file.

    Blocks. Raises: CaFileUnusable: unreadable, or it holds no certificate.
    """
    try:
        with open(path, "rb"):
            pass
        context.load_verify_locations(path)
    except OSError as error:
        raise CaFileUnusable(path, error.strerror or str(error)) from error
    except SSL.Error as error:
        raise CaFileUnusable(path, "it holds no PEM certificate") from error


def trust_system(context: SSL.Context) -> None:
    """Believe whom the system believes; where it says nothing, whom the `certifi` package believes, if it is there.

    Blocks. `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the system's answer.
    """
    context.set_default_verify_paths()
    told = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    if told or any(map(os.path.exists, _SYSTEM_TRUST)):
        return
    if find_spec("certifi") is not None:
        trust_file(context, import_module("certifi").where())
