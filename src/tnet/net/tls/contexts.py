"""What every TLS context of ours has, at either end.

Source: RFC 9325 (recommendations for TLS): 1.2 and 1.3 only, forward secrecy, AEAD ciphers, no compression and no
renegotiation.
"""

from __future__ import annotations

import os

from OpenSSL import SSL

TLS12_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"


def modern_context(method: int) -> SSL.Context:
    """A context for `SSL.TLS_CLIENT_METHOD` or `SSL.TLS_SERVER_METHOD` that verifies nobody yet."""
    context = SSL.Context(method)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(TLS12_CIPHERS)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    _log_keys(context)
    return context


def _log_keys(context: SSL.Context) -> None:
    """Write the secrets of each session where `SSLKEYLOGFILE` says, so that its owner can decrypt a capture."""
    path = os.environ.get("SSLKEYLOGFILE")
    if not path:
        return

    def log(_: SSL.Connection, line: bytes) -> None:
        try:
            with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(line + b"\n")
        except OSError:
            pass

    context.set_keylog_callback(log)
