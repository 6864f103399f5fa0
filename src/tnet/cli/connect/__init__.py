"""`tnet connect`: argv to ConnectPlan or ProbePlan."""

from tnet.cli.connect.command import connect

__all__ = ["connect"]
