"""`tnet users` as its user meets it: what it says, what it asks, and that no password is left lying about."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pexpect
from twisted.trial.unittest import TestCase

from tests.end_to_end.command import TNET, Running, environment, tnet
from tests.end_to_end.test_ssh import OpenSshCase

CANARY = "c4nary-in-the-mine"
SECONDS = 20


class UsersCase(TestCase):
    """A home of its own, without any account."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.database = self.home / "data" / "tnet" / "users.db"
        self.url = f"sqlite:{self.database}"

    def users(self, *argv: str, stdin: str = "") -> Any:
        """`tnet users` run to its end."""
        return tnet(self.home, "users", *argv, stdin=stdin.encode())

    def add(self, name: str, password: str = "pw", *more: str) -> Any:
        """An account with a password."""
        return self.users("add", name, "--password-file", "-", *more, stdin=f"{password}\n")

    def assertSays(self, done: Any, *lines: str, status: int = 0) -> None:
        """Exactly these lines on stderr, nothing on stdout, and the status."""
        self.assertEqual((done.stderr.decode().splitlines(), done.stdout, done.returncode), ([*lines], b"", status))

    def listed(self) -> list[list[str]]:
        """The rows that a pipe gets, in columns."""
        done = self.users("list")
        self.assertEqual((done.stderr, done.returncode), (b"", 0))
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    def opens(self, server: Running, *said: str) -> list[str]:
        """What `serve auth` answers to these lines."""
        with socket.create_connection(("127.0.0.1", server.port), SECONDS) as peer:
            peer.sendall("".join(f"{line}\n" for line in said).encode())
            peer.shutdown(socket.SHUT_WR)
            with peer.makefile("r", encoding="utf-8", newline="\r\n") as replies:
                return [line.rstrip("\r\n") for line in replies]

    def serve(self, *options: str) -> Running:
        """`tnet serve auth` with the accounts of the home."""
        return Running(self, self.home, "serve", "auth", "--output", "json", "-p", "0", *options)


class MannersTests(UsersCase):
    """What is said, and where."""

    def test_success(self) -> None:
        """Each change says in one line what was done, and where."""
        self.assertSays(self.add("alice"), f"added alice to {self.url}")
        self.assertSays(self.users("add", "guest", "--no-password"), f"added guest, without a password, to {self.url}")
        self.assertSays(
            self.users("passwd", "alice", "--password-file", "-", stdin="new\n"),
            f"changed the password of alice in {self.url}",
        )
        self.assertSays(self.users("remove", "alice"), f"removed alice from {self.url}")
        self.assertEqual(self.listed(), [["guest", "enabled", "no-password", "", "0"]])

    def test_quiet(self) -> None:
        """With -q success is silent, and an error is not; a new password is shown all the same."""
        self.assertSays(self.add("alice", "pw", "-q"))
        self.assertSays(self.users("remove", "alice", "-q"))
        self.assertEqual(self.users("remove", "alice", "-q").returncode, 1)
        done = self.users("add", "bob", "--generate", "-q")
        self.assertRegex(done.stderr.decode(), r"\Apassword: \S+  shown only now\n\Z")

    def test_generated(self) -> None:
        """A password that was made is shown once, as one that stays; and it opens the account."""
        added, shown = self.users("add", "deploy", "--generate").stderr.decode().splitlines()
        self.assertEqual(added, f"added deploy to {self.url}")
        self.assertRegex(shown, r"^password: [a-z2-9]{4}(-[a-z2-9]{4}){3}  shown only now$")
        self.assertIn("Welcome, deploy!", self.opens(self.serve(), "deploy", shown.split()[1]))

    def test_generated_for_programs(self) -> None:
        """In JSON the new password is in a file that only its owner can read, and that stays until it was read."""
        done = self.users("add", "deploy", "--generate", "--output", "json")
        texts = [event.get("text", "") for event in map(json.loads, done.stderr.decode().splitlines())]
        path = Path(texts[1].rpartition(" ")[2])
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        password = path.read_text().split()[-1]
        self.assertNotIn(password, done.stderr.decode())
        self.assertIn("Welcome, deploy!", self.opens(self.serve(), "deploy", password))

    def test_refused(self) -> None:
        """A name that is taken, and names that nobody has, are status 1, one line and a hint; nothing changes."""
        self.add("alice")
        before = self.database.read_bytes()
        for done, problem in (
            (self.add("alice", "other"), "there is already an account 'alice'"),
            (self.users("add", "alice", "--no-password"), "there is already an account 'alice'"),
            (self.users("passwd", "eve", "--generate"), "there is no account 'eve'"),
            (self.users("remove", "eve"), "there is no account 'eve'"),
        ):
            line, hint = done.stderr.decode().splitlines()
            self.assertEqual((line, done.stdout), (f"tnet: error: {problem} in {self.url}", b""))
            self.assertTrue(hint.startswith("  hint: "), hint)
            self.assertEqual(done.returncode, 1)
        self.assertEqual(self.database.read_bytes(), before)

    def test_no_terminal(self) -> None:
        """Where there is no terminal to ask on, the password is read from nowhere else, and it says what to do."""
        done = subprocess.run(
            [*TNET, "users", "add", "alice"],
            input=f"{CANARY}\n{CANARY}\n".encode(),
            capture_output=True,
            env=environment(self.home),
            start_new_session=True,
            timeout=SECONDS,
            check=False,
        )
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"--password-file", done.stderr)
        self.assertNotIn(b"Warning", done.stderr)
        self.assertFalse(self.database.exists())


class TerminalTests(UsersCase):
    """At a terminal."""

    def spawn(self, *argv: str) -> Any:
        """`tnet users` at a terminal of its own."""
        self.home.mkdir(exist_ok=True)
        child = pexpect.spawn(
            TNET[0],
            [*TNET[1:], "users", *argv],
            env=environment(self.home) | {"TERM": "xterm"},
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(24, 300),
        )
        self.addCleanup(child.close, True)
        return child

    def type(self, child: Any, prompt: str, text: str) -> str:
        """Wait for the prompt and for the echo to be off, then type; what was shown before."""
        child.expect_exact(prompt)
        shown = str(child.before)
        self.assertTrue(child.waitnoecho(SECONDS))
        child.sendline(text)
        return shown

    def finish(self, child: Any) -> tuple[str, int]:
        """What was shown last, and the exit status."""
        child.expect(pexpect.EOF)
        child.close()
        return str(child.before), child.exitstatus

    def test_prompt(self) -> None:
        """The password is asked for twice and never shown; it is in no argument of the process while it is known."""
        child = self.spawn("add", "alice")
        shown = self.type(child, "Password: ", CANARY)
        shown += self.type(child, "Repeat for confirmation: ", CANARY)
        arguments = Path(f"/proc/{child.pid}/cmdline")
        if arguments.exists():
            self.assertNotIn(CANARY.encode(), arguments.read_bytes())
        rest, status = self.finish(child)
        self.assertEqual(([line for line in rest.splitlines() if line], status), ([f"added alice to {self.url}"], 0))
        self.assertNotIn(CANARY, shown + rest)
        self.assertIn("Welcome, alice!", self.opens(self.serve(), "alice", CANARY))

    def test_asked_again(self) -> None:
        """Two that differ, and an empty one, are asked for again; neither is shown."""
        child = self.spawn("add", "alice")
        self.type(child, "Password: ", "")
        shown = self.type(child, "Password: ", CANARY)
        shown += self.type(child, "Repeat for confirmation: ", CANARY + "x")
        shown += self.type(child, "Password: ", CANARY)
        self.assertIn("do not match", shown)
        shown += self.type(child, "Repeat for confirmation: ", CANARY)
        rest, status = self.finish(child)
        self.assertNotIn(CANARY, shown + rest)
        self.assertEqual(status, 0)
        self.assertEqual(self.listed(), [["alice", "enabled", "password", "", "0"]])

    def test_interrupted(self) -> None:
        """Ctrl-C at the prompt ends with 130, the echo back on and nothing added."""
        child = self.spawn("add", "alice")
        child.expect_exact("Password: ")
        self.assertTrue(child.waitnoecho(SECONDS))
        child.sendintr()
        rest, status = self.finish(child)
        self.assertEqual(status, 130)
        self.assertNotIn("Traceback", rest)
        self.assertFalse(self.database.exists())

    def test_list(self) -> None:
        """A terminal gets columns under their heads, a pipe tab-separated lines."""
        self.add("alice")
        rest, status = self.finish(self.spawn("list"))
        heads, row = (line.split() for line in rest.splitlines())
        self.assertEqual(heads, ["NAME", "STATE", "LOGIN", "GROUPS", "KEYS"])
        self.assertEqual(row, ["alice", "enabled", "password", "0"])
        self.assertEqual((status, self.listed()), (0, [["alice", "enabled", "password", "", "0"]]))


class CanaryTests(UsersCase):
    """Where a password must not be found."""

    def files(self) -> dict[str, bytes]:
        """Every file under the home, by its path."""
        paths = [Path(folder, name) for folder, _, names in os.walk(self.home) for name in names]
        return {str(path): path.read_bytes() for path in paths}

    def test_nowhere_in_clear(self) -> None:
        """Not in the database, not in events, logs or stderr, whether it is set, right or wrong."""
        kept = ("--events", str(self.home / "events.jsonl"), "--log-file", str(self.home / "tnet.log"), "-vv")
        self.home.mkdir()
        said = b"".join(
            done.stdout + done.stderr
            for done in (
                self.add("alice", CANARY + "-old", *kept),
                self.users("passwd", "alice", "--password-file", "-", *kept, stdin=CANARY),
                self.add("alice", CANARY + "-again", *kept),
                self.users("add", "guest", "--no-password", *kept),
                self.users("list", *kept),
            )
        )
        server = self.serve(*kept)
        self.assertIn("Welcome, alice!", self.opens(server, "alice", CANARY))
        self.assertIn("Login failed.", self.opens(server, "eve", CANARY + "-eve", "guest"))
        self.assertEqual(len(server.wait_for("auth.attempt", 3)), 3)
        self.assertEqual(server.end(), 143)
        files = self.files() | {"said": said, "story": server.story.read_bytes()}
        for name in ("events.jsonl", "tnet.log", "data/tnet/users.db"):
            self.assertIn(b"alice", files[str(self.home / name)])
        self.assertEqual([path for path, data in files.items() if CANARY.encode() in data], [])

    def test_no_argument_for_it(self) -> None:
        """Neither the command line nor the environment takes a password."""
        for argv in (("add", "alice", CANARY), ("add", "alice", "--password", CANARY)):
            self.assertEqual(self.users(*argv).returncode, 2)
        named = environment(self.home) | {"TNET_USERS_ADD_PASSWORD": CANARY}
        done = subprocess.run(
            [*TNET, "users", "add", "alice"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=named,
            start_new_session=True,
            timeout=SECONDS,
            check=False,
        )
        self.assertEqual((done.returncode, self.database.exists()), (2, False))


class NameAloneTests(UsersCase):
    """`--no-password`, and the line dialect of `serve auth`."""

    def setUp(self) -> None:
        super().setUp()
        self.users("add", "guest", "--no-password")
        self.add("alice")

    def test_welcome(self) -> None:
        """Whoever has no password is welcomed after the name; everybody else is asked for one."""
        server = self.serve()
        self.assertEqual(
            self.opens(server, "guest", "hello"), ["Username:", "Welcome, guest!", "Echo: hello", "Goodbye."]
        )
        for name in ("alice", "eve", "Guest", "guest ", "gues\xff"):
            self.assertEqual(self.opens(server, name, "")[1:3], ["Password:", "Login failed."], name)
        (accepted,) = (event for event in server.wait_for("auth.attempt", 6) if event["result"] == "accepted")
        self.assertEqual((accepted["user"], accepted["means"]), ("guest", "none"))

    def test_password_given_later(self) -> None:
        """With a password of its own the name alone opens nothing any more, in a server that runs."""
        server = self.serve()
        self.assertIn("Welcome, guest!", self.opens(server, "guest"))
        self.users("passwd", "guest", "--password-file", "-", stdin="pw\n")
        self.assertEqual(self.opens(server, "guest", "")[1:3], ["Password:", "Login failed."])
        self.assertEqual(self.opens(server, "guest", "pw")[1:3], ["Password:", "Welcome, guest!"])

    def test_nc(self) -> None:
        """Through nc, too."""
        nc = shutil.which("nc")
        if nc is None:
            self.skipTest("nc is not installed")
        done = subprocess.run(
            [nc, "-N", "127.0.0.1", str(self.serve().port)],
            input=b"guest\nhi\n",
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        self.assertEqual(done.stdout, b"Username:\r\nWelcome, guest!\r\nEcho: hi\r\nGoodbye.\r\n")


class ServedTests(UsersCase):
    """What changes while a server runs."""

    def attempt(self, server: Running, name: str, password: str = "pw") -> str:
        """The answer to one login."""
        return self.opens(server, name, password)[2]

    def test_sqlite(self) -> None:
        """Somebody new can log in at once, nobody who was disabled can, and everybody who was enabled again."""
        self.add("alice")
        server = self.serve()
        self.assertEqual(self.attempt(server, "alice"), "Welcome, alice!")
        self.add("bob")
        self.assertEqual(self.attempt(server, "bob"), "Welcome, bob!")
        self.assertSays(self.users("disable", "bob"), f"disabled bob in {self.url}")
        self.assertEqual(self.attempt(server, "bob"), "Login failed.")
        self.assertSays(self.users("enable", "bob"), f"enabled bob in {self.url}")
        self.assertEqual(self.attempt(server, "bob"), "Welcome, bob!")

    def test_htpasswd(self) -> None:
        """A password file of Apache's own tool, and what that tool changes later."""
        htpasswd = shutil.which("htpasswd")
        if htpasswd is None:
            self.skipTest("htpasswd is not installed")
        path = str(self.home.parent / f"{self.home.name}.htpasswd")

        def change(*argv: str) -> None:
            subprocess.run([htpasswd, *argv], input=b"pw\n", capture_output=True, check=True)

        change("-iBC4", "-c", path, "alice")
        server = self.serve("--users", f"htpasswd:{path}")
        self.assertEqual(self.attempt(server, "alice"), "Welcome, alice!")
        self.assertEqual(self.attempt(server, "alice", "x" * 100), "Login failed.")
        change("-iBC4", path, "bob")
        self.assertEqual(self.attempt(server, "bob"), "Welcome, bob!")
        change("-D", path, "alice")
        self.assertEqual(self.attempt(server, "alice"), "Login failed.")
        change("-im", path, "eve")
        self.assertEqual(self.attempt(server, "bob"), "Welcome, bob!")
        self.assertEqual(self.attempt(server, "eve"), "Login failed.")
        texts = [event["text"] for event in server.wait_for("log")]
        self.assertIn(f"htpasswd:{path}: line 2: MD5 (apr1) is refused: make it with `htpasswd -B`", texts[0])

    def test_import(self) -> None:
        """What Apache's tool made is imported, and opens the account."""
        htpasswd = shutil.which("htpasswd")
        if htpasswd is None:
            self.skipTest("htpasswd is not installed")
        made = subprocess.run([htpasswd, "-inBC4", "alice"], input=b"pw\n", capture_output=True, check=True)
        done = self.users("import", "-", stdin=made.stdout.decode())
        self.assertSays(done, f"imported 1 account into {self.url}")
        server = self.serve()
        for _ in range(2):
            self.assertEqual(self.attempt(server, "alice"), "Welcome, alice!")
        self.assertNotIn(b"$2y$", self.database.read_bytes())


class SshTests(OpenSshCase):
    """`--no-password`, and SSH."""

    def test_refused(self) -> None:
        """OpenSSH gets in with neither an empty password nor any other, nor without asking."""
        tnet(self.home, "users", "add", "alice", "--no-password")
        self.serve()
        for password in ("", "pw"):
            child = self.dial(password=password)
            child.expect("Permission denied")
            self.assertEqual(self.status_of(child), 255)
        self.assertEqual({event["result"] for event in self.server.wait_for("auth.attempt", 2)}, {"denied"})
