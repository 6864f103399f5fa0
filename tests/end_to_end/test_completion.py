"""Completion as real shells do it: what is offered is what Click would offer."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pexpect
from click.shell_completion import ShellComplete
from twisted.trial.unittest import SkipTest, TestCase

from tnet.cli.main import tnet
from tnet.cli.tree import tree

COMPLETIONS = Path(__file__).resolve().parents[2] / "completions"
PATHS = [node.path for node in tree(tnet).walk()]

BASH = """
source "$1"
shift
while IFS=' ' read -r -a words; do
    COMP_WORDS=("${words[@]}")
    if [[ ${words[${#words[@]}-1]} == '""' ]]; then COMP_WORDS[${#words[@]}-1]=''; fi
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _tnet
    echo "${COMPREPLY[*]}"
done
"""


def program(name: str) -> str:
    """The path of a shell, or a skip."""
    found = shutil.which(name)
    if found is None:
        raise SkipTest(f"{name} is not installed")
    return found


def offered_by_click(path: tuple[str, ...], incomplete: str) -> set[str]:
    """What Click itself would complete after `path`."""
    return {item.value for item in ShellComplete(tnet, {}, "tnet", "_X").get_completions(list(path), incomplete)}


class BashTests(TestCase):
    """bash."""

    def ask(self, lines: list[str]) -> list[set[str]]:
        """What bash offers at the end of each line; `""` is an empty word."""
        done = subprocess.run(
            [program("bash"), "--norc", "-c", BASH, "bash", str(COMPLETIONS / "tnet.bash")],
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [set(line.split()) for line in done.stdout.splitlines()]

    def test_options_agree_with_click(self) -> None:
        """After every command, the options offered are Click's."""
        got = self.ask([" ".join(["tnet", *path, "-"]) for path in PATHS])
        self.assertEqual(len(got), len(PATHS))
        for path, offered in zip(PATHS, got, strict=True):
            self.assertEqual(offered, offered_by_click(path, "-"), path)

    def test_commands_agree_with_click(self) -> None:
        """After every group, the commands offered are Click's."""
        groups = [path for path in PATHS if any(longer[:-1] == path for longer in PATHS if longer)]
        for path, offered in zip(groups, self.ask([" ".join(["tnet", *path, '""']) for path in groups]), strict=True):
            self.assertEqual(offered, offered_by_click(path, ""), path)

    def test_values(self) -> None:
        """Known values are offered after their option, with a space or an equals sign; files where files go."""
        lines = [
            "tnet serve echo --output j",
            "tnet serve echo --output = j",
            'tnet completion ""',
            "tnet serve web /et",
        ]
        self.assertEqual(self.ask(lines), [{"json"}, {"json"}, {"bash", "zsh", "fish", "powershell"}, {"/etc"}])

    def test_no_process_is_started(self) -> None:
        """Completing starts no program at all, so never Python."""
        strace = program("strace")
        log = Path(self.mktemp())
        command = [strace, "-f", "-qq", "-e", "trace=execve", "-o", str(log)]
        done = subprocess.run(
            [*command, program("bash"), "--norc", "-c", BASH, "bash", str(COMPLETIONS / "tnet.bash")],
            input="tnet serve echo -\n",
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            raise SkipTest(f"strace cannot trace here: {done.stderr.strip()[:100]}")
        self.assertEqual(log.read_text().count("execve("), 1)


class FishTests(TestCase):
    """fish."""

    def ask(self, lines: list[str]) -> list[set[str]]:
        """What fish offers at the end of each line."""
        asking = "; ".join(f"complete -C '{line}'; echo ---" for line in lines)
        done = subprocess.run(
            [program("fish"), "-N", "-c", f"source {COMPLETIONS / 'tnet.fish'}; {asking}"],
            capture_output=True,
            text=True,
            timeout=120,
            env=os.environ | {"HOME": self.mktemp(), "XDG_CONFIG_HOME": self.mktemp(), "XDG_DATA_HOME": self.mktemp()},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answers = done.stdout.split("---\n")[:-1]
        return [{line.split("\t")[0] for line in answer.splitlines()} for answer in answers]

    def test_options_agree_with_click(self) -> None:
        """After every command, the long options offered are Click's."""
        for path, offered in zip(PATHS, self.ask([" ".join(["tnet", *path, "--"]) for path in PATHS]), strict=True):
            self.assertEqual(offered, set(offered_by_click(path, "--")), path)

    def test_commands_and_values(self) -> None:
        """Commands after groups, known values after their option."""
        got = self.ask(["tnet serve ", "tnet serve echo --output ", "tnet completion "])
        self.assertEqual(got[0], {"echo", "auth", "web", "ssh"})
        self.assertEqual(got[1], {"live", "plain", "json"})
        self.assertEqual(got[2], {"bash", "zsh", "fish", "powershell"})


class ZshTests(TestCase):
    """zsh, at a pseudo-terminal."""

    def setUp(self) -> None:
        environment = {"TERM": "dumb", "COLUMNS": "200", "PATH": os.environ["PATH"], "HOME": self.mktemp()}
        self.zsh = pexpect.spawn(program("zsh"), ["-f", "-i"], env=environment, encoding="utf-8", dimensions=(50, 200))
        self.addCleanup(self.zsh.close, force=True)
        self.zsh.timeout = 20
        for line in (
            "PROMPT=; unsetopt zle_bracketed_paste prompt_sp; autoload -Uz compinit; compinit -u -D",
            f"source {COMPLETIONS / '_tnet'}; echo rea''dy",
        ):
            self.zsh.sendline(line)
        self.zsh.expect("ready")

    def test_commands(self) -> None:
        """After a group, its commands are offered with what they do."""
        self.zsh.send("tnet serve \t\t")
        for command in ("auth", "echo", "ssh", "web"):
            self.zsh.expect(rf"{command}\s+-- [A-Z]")

    def test_values(self) -> None:
        """Known values are offered after their option."""
        self.zsh.send("tnet serve echo --output \t\t")
        self.zsh.expect(r"json\s+live\s+plain")

    def test_options(self) -> None:
        """The unique beginning of an option is completed to the whole."""
        self.zsh.send("tnet serve echo --handsh\t")
        self.zsh.expect("--handshake-timeout")
