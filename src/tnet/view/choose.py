"""From what was asked about output to the story that tells it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from tnet.plans.output import OutputPlan
from tnet.view.card import Card
from tnet.view.interest import Interest
from tnet.view.jsonl import JsonLines
from tnet.view.outlet import FileOutlet, Outlet, outlet_to
from tnet.view.plain import PlainView, Sink, Teller, local_time, since_start, utc_time
from tnet.view.story import Story, StoryView
from tnet.view.terminal import look_at
from tnet.view.theme import Brush

if TYPE_CHECKING:
    from tnet.view.disclosure import Safe

TO_STDOUT = "-"


def choose(
    output: OutputPlan,
    command: str,
    *,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Story:
    """The story of `command` (`serve echo`, `connect`, …) as `output` wants it told.

    Raises: CannotWrite: the events file, the log file or the access log cannot be opened.
    """
    return _Choice(output, command, stdout or sys.stdout, stderr or sys.stderr, environ).story()


class _Choice:
    def __init__(
        self, output: OutputPlan, command: str, stdout: TextIO, stderr: TextIO, environ: Mapping[str, str]
    ) -> None:
        self._output = output
        self._command = command
        self._stdout = stdout
        self._environ = environ
        self._interest = Interest(command.startswith("serve"), output.verbosity, web=command == "serve web")
        self._terminal = look_at(stderr, output, environ)
        self._stderr = outlet_to(stderr, "stderr")
        self._files: list[Outlet] = []
        self._to_stdout: Outlet | None = None

    def story(self) -> Story:
        """Views, outlets and safe, put together."""
        output, views = self._output, self._shown()
        if output.events_file:
            views.append(JsonLines(self._to(output.events_file)))
        if output.log_file:
            log = self._file(output.log_file)
            views.append(PlainView(log, Teller(Brush(), utc_time), self._interest, stamped=True))
        if output.access_log:
            from tnet.view.access_log import AccessLog

            views.append(AccessLog(self._to(output.access_log), output.access_log_format))
        return Story(
            views, self._stderr, files=self._files, stdout=self._to_stdout, privacy=output.privacy, safe=self._safe()
        )

    def _to(self, path: str) -> Outlet:
        """Where what is asked for at `path` goes: a file, or stdout."""
        if path != TO_STDOUT:
            return self._file(path)
        self._to_stdout = outlet_to(self._stdout, "stdout")
        return self._to_stdout

    def _file(self, path: str) -> Outlet:
        self._files.append(made := FileOutlet(path))
        return made

    def _shown(self) -> list[StoryView]:
        """What stderr shows."""
        if self._output.mode == "json":
            return [JsonLines(self._stderr, main=True, only=self._interest.kinds if self._interest.quiet else None)]
        return [*self._main(), *self._brief(), *self._waterfall()]

    def _safe(self) -> Safe | None:
        """A place for secrets, where stderr is read by programs."""
        if self._output.mode != "json":
            return None
        from tnet.view.disclosure import Safe

        return Safe(self._environ)

    def _main(self) -> list[StoryView]:
        serving, terminal = self._interest.serving, self._terminal
        brush = Brush(color=terminal.color, unicode=terminal.unicode)
        teller = Teller(brush, local_time if serving else since_start)
        live = terminal.animated and self._output.mode != "plain" and not self._interest.quiet
        if serving and live:
            from tnet.view.live import LiveView

            return [LiveView(self._stderr, terminal, teller, self._command, self._interest)]
        progress, sink = self._progress(teller, live=live)
        card = Card(self._command, brush, self._stderr.write)
        main = PlainView(sink, teller, self._interest, card=card, watched=terminal.is_tty)
        return [main, *progress]

    def _progress(self, teller: Teller, *, live: bool) -> tuple[list[StoryView], Sink]:
        """How far a fetch is, for somebody who watches, or who asked for lines; and where other lines go meanwhile."""
        watched = self._terminal.is_tty or self._output.mode == "plain"
        if self._command != "fetch" or self._interest.quiet:
            return [], self._stderr
        if not watched:
            from tnet.view.saved import SavedNames

            return [SavedNames(self._stderr, teller, self._interest)], self._stderr
        from tnet.view.progress import Progress, ProgressLines

        if not live:
            return [ProgressLines(self._stderr, teller, self._interest)], self._stderr
        progress = Progress(self._stderr, self._terminal, teller, self._interest)
        return [progress], progress

    def _brief(self) -> list[StoryView]:
        if self._command != "connect" or not self._terminal.is_tty or self._output.verbosity != 0:
            return []
        from tnet.view.brief import Brief

        return [Brief(self._stderr, Brush(color=self._terminal.color, unicode=self._terminal.unicode))]

    def _waterfall(self) -> list[StoryView]:
        watched = self._command == "fetch" and self._terminal.is_tty and not self._interest.quiet
        if self._interest.serving or not (watched or self._output.timings):
            return []
        from tnet.view.waterfall import Waterfall

        return [Waterfall(self._stderr, self._terminal, always=self._output.timings, apart=self._stdout.isatty())]
