"""What happened: every event that tnet reports, and the way it travels. Standard library only.

An event is emitted through a `Trace` (one connection's reporter), stamped by the `Publisher` and handed as a
`Record` to each observer.
"""

from tnet.events.publisher import Observer, Publisher, View
from tnet.events.record import SCHEMA, Record
from tnet.events.trace import Trace


def silent_trace() -> Trace:
    """A trace that nobody observes: what a protocol has until a Tap gives it a real one."""
    return _SILENT


_SILENT = Trace(Publisher(), None)

__all__ = ["SCHEMA", "Observer", "Publisher", "Record", "Trace", "View", "silent_trace"]
