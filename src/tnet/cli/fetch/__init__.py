"""`tnet fetch`: argv to FetchPlan. `options` declares, `parts` reads them, `command` puts the plan together."""

from tnet.cli.fetch.command import fetch

__all__ = ["fetch"]
