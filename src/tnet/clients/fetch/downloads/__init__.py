"""Bodies that become files: complete and checked, or not there; what is incomplete waits for `--resume`.

Read it in this order: `keep` (the whole), `download` (one file), `source` (its URLs), `answers` (what they mean),
`streams` and `body` (what comes), `ranges` (what is there), `part` and `sidecar` (where it waits), `target` (its name).
"""

from tnet.clients.fetch.downloads.keep import download, target_of

__all__ = ["download", "target_of"]
