"""`tnet fetch`: one HTTP request, its redirects followed, the body written out. Knows no terminal but as a descriptor.

Read it in this order: `job` (the whole), `hop` (one request and its answer), `exchange` (the connection),
`redirects` (where to go next), `output` (where the body goes).
"""

from tnet.clients.fetch.job import fetch

__all__ = ["fetch"]
