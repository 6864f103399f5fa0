"""httpbin as a process of its own, which serves on 127.0.0.1 until whoever started it is gone."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from functools import cache
from typing import Any

SECONDS = 30


@cache
def httpbin_port() -> int:
    """The port of the one that all tests of this process share; it starts with the first of them."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    atexit.register(process.communicate, timeout=SECONDS)
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    assert process.stdout is not None
    line = process.stdout.readline()
    watchdog.cancel()
    return int(line)


def _serve() -> None:
    from httpbin import app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_: Any) -> None:
            """Say nothing."""

    def taking_chunks(environ: dict[str, Any], start_response: Any) -> Any:
        """As httpbin refuses bodies in chunks from every server but one, although this one reads them too."""
        return app(environ | {"SERVER_SOFTWARE": "gunicorn/0"}, start_response)

    server = make_server("127.0.0.1", 0, taking_chunks, threaded=True, request_handler=Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _serve()
