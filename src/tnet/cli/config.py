"""The configuration file: defaults for options, in TOML, and the commands that show it.

The tables are named for the commands: `[serve.echo]` holds what `tnet serve echo` takes, keys are long options
without their dashes. What stands outside a table, or in the table of an outer command, holds for every command
inside it that has such an option.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from tnet.cli.sections import Group

if TYPE_CHECKING:
    from pathlib import Path


def default_path() -> Path:
    """Where the file is looked for: `$XDG_CONFIG_HOME/tnet/config.toml`."""
    from tnet.places import config_folder

    return config_folder() / "config.toml"


def use_config(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Fill the command's defaults from the file; the default file may be missing, a named one may not.

    Raises: click.BadParameter, naming the file and the key.
    """
    from pathlib import Path

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
    """What holds for the command of `ctx`; every key and table on the way to it has to mean something."""
    found: dict[str, Any] = {}
    way = _way(ctx)
    for depth, command in enumerate(way):
        where = f"{path}: " + (f"[{'.'.join(str(each.name) for each in way[1 : depth + 1])}]" if depth else "it")
        own = {_key(key): value for key, value in table.items() if not isinstance(value, dict)}
        inner = {key: value for key, value in table.items() if isinstance(value, dict)}
        if own:  # to know every option, every command is imported
            _refuse_unknown(f"{where} has no option", own, _every_option(command))
        _refuse_unknown(f"{where} has no table", inner, _commands(command))
        found |= own
        table = inner.get(str(way[depth + 1].name), {}) if depth + 1 < len(way) else {}
    return {key: _written(found[key], option, path) for key, option in _options(ctx.command).items() if key in found}


def _way(ctx: click.Context) -> list[click.Command]:
    """The commands from the outermost to that of `ctx`."""
    return [*(_way(ctx.parent) if ctx.parent else ()), ctx.command]


def _options(command: click.Command) -> dict[str, click.Option]:
    """The options of a command that the file may set, by their keys."""
    return {
        str(option.name): option
        for option in command.params
        if isinstance(option, click.Option) and option.expose_value and option.allow_from_autoenv
    }


def _every_option(command: click.Command) -> set[str]:
    """The keys of a command and of those inside it."""
    return set(_options(command)).union(*map(_every_option, _commands(command).values()))


def _commands(command: click.Command) -> Mapping[str, click.Command]:
    return command.commands if isinstance(command, click.Group) else {}


def _written(value: object, option: click.Option, path: Path) -> str | list[str]:
    """A value of the file as it would stand on the command line."""
    if option.multiple:
        return [str(each) for each in (value if isinstance(value, list) else [value])]
    if isinstance(value, list):
        raise click.BadParameter(f"{path}: {_shown(str(option.name))} takes one value", param_hint="--config")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_unknown(problem: str, given: Iterable[str], known: Collection[str]) -> None:
    from difflib import get_close_matches

    for key in given:
        if key not in known:
            near = get_close_matches(key, known, 1)
            did_you_mean = f" Did you mean {_shown(near[0])}?" if near else ""
            raise click.BadParameter(f"{problem} {_shown(key)}.{did_you_mean}", param_hint="--config")


def _key(key: str) -> str:
    return key.replace("-", "_")


def _shown(key: str) -> str:
    return repr(key.replace("_", "-"))


@click.group("config", cls=Group, short_help="Show where defaults come from.")
def config() -> None:
    """Show the configuration file: defaults for options, in TOML.

    Its tables are named for the commands, its keys for their long options. What stands outside a table, or in the
    table of an outer command, holds for every command inside it that has such an option.

    \b
    For example:
      color = "never"
      [serve.echo]
      port = 9000

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
