"""The laws of the house, read off the syntax trees."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import TestCase

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "tnet"
TESTS = ROOT / "tests"

GROUND = {"errors", "escape", "places", "plans", "events"}
MAY_IMPORT = {
    "errors": {"errors"},
    "escape": set(),
    "places": set(),
    "plans": GROUND,
    "events": GROUND,
    "protocols": GROUND | {"protocols"},
    "net": GROUND | {"protocols", "net"},
    "accounts": GROUND | {"net", "accounts"},
    "servers": GROUND | {"protocols", "net", "accounts", "servers"},
    "clients": GROUND | {"protocols", "net", "accounts", "clients"},
    "runtime": GROUND | {"net", "runtime"},
    "view": GROUND | {"view"},
    "cli": GROUND | {"cli", "runtime", "view"},
}
OUTSIDE = {
    "errors": set(),
    "escape": set(),
    "places": set(),
    "plans": set(),
    "events": set(),
    "view": {"rich"},
    "cli": {"click", "cryptography"},
}
NEVER = {
    "protocols": {"click", "rich"},
    "net": {"click", "rich"},
    "accounts": {"click", "rich"},
    "servers": {"click", "rich"},
    "clients": {"click", "rich"},
    "runtime": {"click", "rich"},
}
REACTOR_OWNERS = {"runtime/reactor.py", "runtime/service.py"}
CONCH = {
    "twisted.conch.manhole_ssh",
    "twisted.conch.ssh.session",
    "twisted.conch.ssh.userauth",
    "twisted.conch.unix",
    "twisted.conch.stdio",
}
INSTALLS_THE_REACTOR = CONCH | {"twisted.internet.reactor"}
BLOCKING_CALLS = {"time.sleep", "socket.create_connection", "socket.gethostbyname", "subprocess.run", "os.system"}
MODULE_LINES, FUNCTION_LINES = 400, 60
FEW_LINES = 15


def modules() -> list[Path]:
    """Every source file of the package."""
    return sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    """The package, or ground-floor module, that a source file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def name(path: Path) -> str:
    """A source file as messages call it."""
    return str(path.relative_to(SOURCE))


def imports(tree: ast.AST, *, top_level: bool = False) -> Iterator[str]:
    """The dotted names of what is imported; at top level: not inside functions or TYPE_CHECKING blocks."""
    for node in _walk(tree) if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _walk(child)


def top(dotted: str) -> str:
    """The distribution's package of a dotted name."""
    return dotted.partition(".")[0]


class LawTests(TestCase):
    """What may import what."""

    def trees(self) -> Iterator[tuple[Path, ast.Module]]:
        """Every source file of a room, parsed."""
        for path in modules():
            if room(path) in MAY_IMPORT:
                yield path, ast.parse(path.read_text("utf-8"))

    def test_imports_point_down(self) -> None:
        """A module imports only what its law allows, inside functions too."""
        wrong = [
            f"{name(path)} imports {dotted}"
            for path, tree in self.trees()
            for dotted in imports(tree)
            if dotted.startswith("tnet.") and dotted.split(".")[1] not in MAY_IMPORT[room(path)] | {"__version__"}
        ]
        self.assertEqual(wrong, [])

    def test_runtime_and_view_are_imported_late(self) -> None:
        """The command line reaches the runtime and the view only inside the function that starts a job."""
        wrong = [
            f"{name(path)} imports {dotted} at module level"
            for path, tree in self.trees()
            if room(path) == "cli"
            for dotted in imports(tree, top_level=True)
            if dotted.startswith(("tnet.runtime", "tnet.view"))
        ]
        self.assertEqual(wrong, [])

    def test_foreign_packages_stay_in_their_rooms(self) -> None:
        """Ground floor, view and cli import nothing foreign but their own; the others never Click or Rich."""
        known = set(sys.stdlib_module_names) | {"tnet"}
        wrong = []
        for path, tree in self.trees():
            allowed, never = OUTSIDE.get(room(path)), NEVER.get(room(path), set())
            for dotted in imports(tree):
                foreign = top(dotted) not in known
                if (allowed is not None and foreign and top(dotted) not in allowed) or top(dotted) in never:
                    wrong.append(f"{name(path)} imports {dotted}")
        self.assertEqual(wrong, [])

    def test_one_framework_a_module(self) -> None:
        """No module knows two of Click, Rich and Twisted."""
        frameworks = {"click", "rich", "twisted"}
        wrong = [
            name(path) for path, tree in self.trees() if len({top(dotted) for dotted in imports(tree)} & frameworks) > 1
        ]
        self.assertEqual(wrong, [])

    def test_protocols_know_no_clock_and_no_socket(self) -> None:
        """`protocols` decides: it imports neither clocks, sockets nor Twisted's reactors and endpoints."""
        forbidden = (
            "time",
            "socket",
            "select",
            "twisted.internet.task",
            "twisted.internet.tcp",
            "twisted.internet.reactor",
        )
        wrong = [
            f"{name(path)} imports {dotted}"
            for path, tree in self.trees()
            if room(path) == "protocols"
            for dotted in imports(tree)
            if dotted.startswith(forbidden)
            and dotted.split(".")[0] in {word.split(".")[0] for word in forbidden}
            and any(dotted == word or dotted.startswith(word + ".") for word in forbidden)
        ]
        self.assertEqual(wrong, [])

    def test_reactor_is_imported_in_runtime_alone(self) -> None:
        """Nothing imports the reactor, or what installs it, but the runtime; Conch's part only the rooms of ssh."""
        wrong = []
        for path, tree in self.trees():
            culprits = INSTALLS_THE_REACTOR - (CONCH if "ssh" in path.relative_to(SOURCE).parts else set())
            if name(path) not in REACTOR_OWNERS:
                wrong += [f"{name(path)} imports {dotted}" for dotted in imports(tree) if _is_one_of(dotted, culprits)]
        self.assertEqual(wrong, [])

    def test_importing_installs_no_reactor(self) -> None:
        """Importing every module outside of ssh leaves the choice of the reactor open."""
        dotted = [
            ".".join(["tnet", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")
            for path in modules()
            if "ssh" not in path.relative_to(SOURCE).parts and path.stem != "__main__"
        ]
        program = f"import importlib, sys; [importlib.import_module(name) for name in {dotted!r}]; "
        program += "sys.exit('twisted.internet.reactor' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nothing_prints_or_blocks(self) -> None:
        """No `print` anywhere, and no call that is known to block but in `cli`, which runs before the reactor."""
        wrong = [
            f"{name(path)}:{node.lineno} calls {ast.unparse(node.func)}"
            for path, tree in self.trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) in {"print"} | (set() if room(path) == "cli" else BLOCKING_CALLS)
        ]
        self.assertEqual(wrong, [])

    def test_only_a_few_catch_everything(self) -> None:
        """A bare `except` is nowhere; `except Exception` says why in a noqa comment."""
        wrong = [
            f"{name(path)}:{node.lineno}"
            for path, tree in self.trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.ExceptHandler) and node.type is None
        ]
        self.assertEqual(wrong, [])


def _is_one_of(dotted: str, culprits: set[str]) -> bool:
    return any(dotted == culprit or dotted.startswith(culprit + ".") for culprit in culprits)


class SizeTests(TestCase):
    """Modules and functions that fit on a desk."""

    def test_modules_are_short(self) -> None:
        """No module is longer than 400 lines."""
        long = {
            name(path): lines for path in modules() if (lines := path.read_text("utf-8").count("\n")) > MODULE_LINES
        }
        self.assertEqual(long, {})

    def test_functions_need_no_scrolling(self) -> None:
        """No function is longer than 60 lines, nine of ten have at most 30."""
        sizes = {
            f"{name(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
            for path in modules()
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        self.assertEqual({who: lines for who, lines in sizes.items() if lines > FUNCTION_LINES}, {})
        self.assertLess(sum(lines > 30 for lines in sizes.values()), len(sizes) / 10)


class FormTests(TestCase):
    """Docstrings, and a test for each source file."""

    def test_every_module_says_what_it_is_for(self) -> None:
        """Every source file opens with a docstring."""
        bare = [name(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
        self.assertEqual(bare, [])

    def test_every_public_thing_has_a_docstring(self) -> None:
        """Public classes, functions and methods tell the caller what they give; Twisted's own names need not."""
        bare = [
            f"{name(path)}:{node.name}"
            for path in modules()
            for node in _public(ast.parse(path.read_text("utf-8")))
            if not ast.get_docstring(node)
        ]
        self.assertEqual(bare, [])

    def test_every_source_file_has_its_mirror(self) -> None:
        """`tests/x/test_y.py` stands beside `src/tnet/x/y.py`, unless that is a handful of lines."""
        missing = [
            name(path)
            for path in modules()
            if path.stem not in {"__init__", "__main__"}
            and path.read_text("utf-8").count("\n") > FEW_LINES
            and not (TESTS / path.relative_to(SOURCE).parent / f"test_{path.stem}.py").is_file()
        ]
        self.assertEqual(missing, [])


def _public(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _needs_words(node.name):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node
            protocol = any("Protocol" in ast.unparse(base) or "Interface" in ast.unparse(base) for base in node.bases)
            for child in node.body:
                function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
                if function and _needs_words(child.name) and not protocol:
                    yield child


def _needs_words(function: str) -> bool:
    """Public, and not one of the camelCase names that Twisted calls, nor an override of Click's."""
    return (
        not function.startswith("_")
        and function.islower()
        and function not in {"convert", "format_options", "list_commands", "hint"}
    )
