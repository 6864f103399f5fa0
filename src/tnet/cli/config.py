"""The configuration file: defaults for options, in TOML, and the commands that show it.

The tables are named for the commands: `[serve.echo]` holds what `tnet serve echo` takes, keys are long options
without their dashes. What stands outside a table, or in the table of an outer command, holds for every command
inside it that has such an option.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import click

from tnet.cli.sections import Group


def default_path() -> Path:
    """Where the file is looked for: `$XDG_CONFIG_HOME/tnet/config.toml`."""
    from tnet.places import config_folder

    return config_folder() / "config.toml"


def use_config(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Fill the command's defaults from the file; the default file may be missing, a named one may not.

    Raises: click.BadParameter, naming the file and the key.
    """
    path = Path(value) if value else default_path()
    if not value and not path.is_file():
        return
    ctx.default_map = _defaults(_read(path), ctx, path)


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint="--config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--config") from error


def _defaults(table: dict[str, Any], ctx: click.Context, path: Path) -> dict[str, Any]:
    known = {param.name for param in ctx.command.params if param.name and not _is_secret(param)}
    found: dict[str, Any] = {}
    words = ctx.command_path.split()[1:]
    for depth in range(len(words) + 1):
        own = {_key(key): value for key, value in table.items() if not isinstance(value, dict)}
        if depth == len(words):
            _refuse_unknown(own, known, path, ".".join(words))
        found |= {key: value for key, value in own.items() if key in known}
        table = table.get(words[depth], {}) if depth < len(words) else {}
    return found


def _refuse_unknown(own: dict[str, Any], known: set[str], path: Path, section: str) -> None:
    for key in own.keys() - known:
        near = difflib.get_close_matches(key, known, 1)
        did_you_mean = f" Did you mean {near[0].replace('_', '-')!r}?" if near else ""
        raise click.BadParameter(
            f"{path}: [{section}] has no option {key.replace('_', '-')!r}.{did_you_mean}", param_hint="--config"
        )


def _is_secret(param: click.Parameter) -> bool:
    return isinstance(param, click.Option) and not param.allow_from_autoenv


def _key(key: str) -> str:
    return key.replace("-", "_")


@click.group("config", cls=Group, short_help="Show where defaults come from.")
def config() -> None:
    """Show the configuration file: defaults for options, in TOML.

    \b
    Examples:
      tnet config path
      tnet config show
    """


@config.command("path")
def path() -> None:
    """Print where the configuration file is looked for."""
    click.echo(default_path())


@config.command("show")
def show() -> None:
    """Print the configuration file; nothing when there is none."""
    found = default_path()
    if found.is_file():
        _read(found)
        click.echo(found.read_text("utf-8"), nl=False)
