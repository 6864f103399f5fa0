"""`twistd tnet …` and `.tac` files: the command line of `tnet serve`, run by Twisted's own launchers.

twistd asks a plugin for `Options` (something with `parseOptions`) and `makeService`; both are duck-typed here, so
that this module needs no Twisted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from tnet.cli.asked import Asked


class Options:
    """What twistd parses the rest of its command line with: `echo --port 0`, as after `tnet serve`."""

    parent: Any = None
    asked: Asked

    def parseOptions(self, argv: Sequence[str] | None = None) -> None:
        """Parse what follows `tnet` on twistd's command line.

        Raises: SystemExit after help or a usage error, which is printed.
        """
        self.asked = _serving(argv or ())


def makeService(options: Options) -> Any:
    """The IService that does what `tnet serve` would."""
    return _service(options.asked)


def application_for(argv: Sequence[str]) -> Any:
    """The application of a `.tac` file, for the words after `tnet`: `["serve", "echo", "--port", "8000"]`."""
    from tnet.runtime.service import make_application

    return make_application(_service(_serving(argv[1:] if argv[:1] == ["serve"] else argv)))


def _serving(argv: Sequence[str]) -> Asked:
    from tnet.cli.main import parse

    try:
        asked = parse(["serve", *argv])
    except click.exceptions.Exit as exit_:
        raise SystemExit(exit_.exit_code) from exit_
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    if asked is None:
        raise SystemExit(0)
    return asked


def _service(asked: Asked) -> Any:
    from tnet.plans.serve import ServePlan
    from tnet.runtime.service import make_service
    from tnet.view.choose import choose

    assert isinstance(asked.plan, ServePlan)
    return make_service(asked.plan, choose(asked.output, asked.command))
