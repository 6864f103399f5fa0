"""`tnet serve ssh` against OpenSSH's own client."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pexpect
from twisted.conch.interfaces import IConchUser
from twisted.cred.credentials import UsernamePassword
from twisted.trial.unittest import TestCase

from tests.end_to_end.command import Running, environment, tnet
from tests.end_to_end.real_world import RealWorld
from tnet.plans import TcpAddress
from tnet.plans.serve import SshPlan
from tnet.servers.ssh import offer
from tnet.servers.ssh.offering import system_user

SECONDS = 30.0
PASSWORD = "correct horse"


class OpenSshCase(TestCase):
    """A home, a server in it, and the programs of OpenSSH."""

    if shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        skip = "needs OpenSSH's client"

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()

    def serve(self, *options: str) -> Running:
        """A server; the next `ssh` goes there."""
        self.server = Running(self, self.home, "serve", "ssh", "--output", "json", "-v", "-p", "0", *options)
        return self.server

    def make_key(self, kind: str = "ed25519", *options: str) -> Path:
        """A key of a user, whose public half is in the file beside it with `.pub`."""
        path = self.home / f"id_{kind}_{time.monotonic_ns()}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, *options, "-N", "", "-f", path], check=True, timeout=SECONDS)
        return path

    def options(self, user: str, *more: str) -> list[str]:
        """Arguments that keep OpenSSH away from everything but this test."""
        settings = {
            "UserKnownHostsFile": str(self.home / "known_hosts"),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "accept-new",
            "IdentitiesOnly": "yes",
            "IdentityFile": "/dev/null",
            "NumberOfPasswordPrompts": "1",
        }
        pairs = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        return ["-F", "/dev/null", *more, *pairs, "-p", str(self.server.port), f"{user}@127.0.0.1"]

    def dial(self, *words: str, more: tuple[str, ...] = (), password: str = PASSWORD) -> Any:
        """`ssh` at a terminal, as alice, with the password typed."""
        child = pexpect.spawn(
            "ssh", [*self.options("alice", *more), *words], env=environment(self.home) | {"TERM": "xterm"}, timeout=20
        )
        self.addCleanup(child.close, True)
        child.expect("password:")
        child.sendline(password)
        return child

    def run_with_key(self, key: Path, *words: str, more: tuple[str, ...] = (), **kwargs: Any) -> Any:
        """`ssh` without a terminal, with a key."""
        identity = ("-o", "BatchMode=yes", "-i", str(key), *more)
        return subprocess.run(
            ["ssh", *self.options(system_user(), *identity), *words],
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=environment(self.home),
            **{"stdin": subprocess.DEVNULL} | kwargs,
        )

    def status_of(self, child: Any) -> int:
        """The exit status of `ssh`, once it has ended."""
        child.expect(pexpect.EOF)
        child.close()
        return int(child.exitstatus)


class PasswordTests(OpenSshCase):
    """At a terminal, with a password; the home has the account alice."""

    def setUp(self) -> None:
        super().setUp()
        added = tnet(self.home, "users", "add", "alice", "--password-file", "-", stdin=f"{PASSWORD}\n".encode())
        self.assertEqual(added.returncode, 0, added.stderr)

    def test_prompt(self) -> None:
        """A password gives a prompt; 6*7 is 42; text of any language works; exit() ends with status 0."""
        self.serve()
        child = self.dial()
        child.expect(">>> ")
        child.send("6*7\r")
        child.expect("\r\n42\r\n>>> ")
        child.send("'héllo 日本'\r")
        child.expect("\r\n'héllo 日本'\r\n".encode())
        child.send("exit()\r")
        self.assertEqual(self.status_of(child), 0)
        attempts = self.server.wait_for("auth.attempt")
        self.assertEqual(
            [(each["user"], each["result"], each["means"]) for each in attempts], [("alice", "accepted", "password")]
        )
        self.assertNotIn(PASSWORD, self.server.story.read_text())

    def test_status(self) -> None:
        """^D ends with 0, exit(3) with 3."""
        self.serve()
        for text, status in (("\x04", 0), ("exit(3)\r", 3)):
            child = self.dial()
            child.expect(">>> ")
            child.send(text)
            self.assertEqual(self.status_of(child), status)

    def test_keys_and_late_results(self) -> None:
        """Tab completes, ^U cuts, a resize is heard, and a Deferred's result comes by itself."""
        self.serve()
        child = self.dial()
        child.expect(">>> ")
        child.send("import os\r")
        child.send("os.getpi\t\r")
        child.expect(str(self.server.process.pid))
        child.setwinsize(30, 100)
        child.send("junk\x15from twisted.internet.task import deferLater\r")
        child.send("deferLater(reactor, 0.1, lambda: 7)\r")
        child.expect("called back: 7")
        child.send("input()\r")
        child.expect("cannot wait here")

    def test_wrong_password(self) -> None:
        """A wrong password lets nobody in, and the right one still does afterwards."""
        self.serve()
        child = self.dial(password="wrong")
        child.expect("Permission denied")
        self.assertEqual(self.status_of(child), 255)
        self.assertEqual(self.status_of(self.dial("1")), 0)
        attempts = self.server.wait_for("auth.attempt", 2)
        self.assertEqual([each["result"] for each in attempts], ["denied", "accepted"])
        self.assertEqual({each["network.peer.address"] for each in attempts}, {"127.0.0.1"})

    def test_guessing_takes_longer(self) -> None:
        """After a few wrong passwords the right one waits for its turn, and still lets in."""
        self.serve()
        for number in range(3):
            child = self.dial(password=f"wrong{number}")
            child.expect("Permission denied")
            self.status_of(child)
        began = time.monotonic()
        self.assertEqual(self.status_of(self.dial("1")), 0)
        self.assertGreater(time.monotonic() - began, 2)

    def test_drain(self) -> None:
        """When the server is asked to stop, each session is told, and the server ends by itself."""
        self.serve()
        child = self.dial()
        child.expect(">>> ")
        self.assertEqual(self.server.end(signal.SIGTERM), 143)
        child.expect("the server is stopping")
        self.assertEqual(self.status_of(child), 255)


class AccountKeyTests(OpenSshCase):
    """Keys that `tnet users add --key` gave to accounts."""

    def users(self, *argv: str) -> None:
        """Change the accounts of the home."""
        done = tnet(self.home, "users", *argv)
        self.assertEqual(done.returncode, 0, done.stderr)

    def enters(self, key: Path, user: str) -> bool:
        """Whether OpenSSH gets in with that key and that name."""
        return bool(self.run_with_key(key, "6*7", more=("-l", user)).stdout == b"42\n")

    def test_account_key(self) -> None:
        """A key opens its own account, at once and until that is disabled, and no other; no key opens nobody."""
        keys = [self.make_key(), self.make_key("ecdsa")]
        self.users("add", "alice", "--no-password", "--key", f"{keys[0]}.pub", "--group", "staff")
        self.serve()
        self.assertTrue(self.enters(keys[0], "alice"))
        for key, user in ((keys[1], "alice"), (keys[0], "nobody"), (keys[0], system_user())):
            self.assertFalse(self.enters(key, user))
        self.users("add", "bob", "--no-password", "--key", f"{keys[1]}.pub")
        self.assertTrue(self.enters(keys[1], "bob"))
        self.assertFalse(self.enters(keys[0], "bob"))
        self.users("disable", "alice")
        self.assertFalse(self.enters(keys[0], "alice"))
        self.users("enable", "alice")
        self.assertTrue(self.enters(keys[0], "alice"))

    def test_beside_authorized_keys(self) -> None:
        """With accounts and files of keys, each key opens what it is for: an account, or the user who runs tnet."""
        ours, alices = self.make_key(), self.make_key()
        self.users("add", "alice", "--no-password", "--key", f"{alices}.pub")
        store = f"sqlite:{self.home / 'data' / 'tnet' / 'users.db'}"
        ours.with_suffix(".pub").chmod(0o644)
        self.serve("--users", store, "--authorized-keys", f"{ours}.pub")
        entered = [self.enters(key, user) for key in (ours, alices) for user in (system_user(), "alice")]
        self.assertEqual(entered, [True, False, False, True])


class KeyTests(OpenSshCase):
    """Without a terminal, with keys."""

    def serve_keys(self, *keys: Path) -> None:
        """A server that these keys, and no passwords, let into."""
        authorized = self.home / "authorized_keys"
        authorized.write_bytes(b"".join(key.with_suffix(".pub").read_bytes() for key in keys))
        authorized.chmod(0o644)
        self.serve("--authorized-keys", str(authorized))

    def test_every_kind(self) -> None:
        """Keys of ed25519, ECDSA and RSA let in; the status is that of the command."""
        keys = [self.make_key(), self.make_key("ecdsa"), self.make_key("rsa", "-b", "2048")]
        self.serve_keys(*keys)
        for key in keys:
            done = self.run_with_key(key, "6*7")
            self.assertEqual((done.returncode, done.stdout), (0, b"42\n"), done.stderr)
        failed = self.run_with_key(keys[0], "1/0")
        self.assertEqual(failed.returncode, 1)
        self.assertIn(b"ZeroDivisionError", failed.stderr)

    def test_others(self) -> None:
        """Another key, a short RSA key, and the right key with another name let nobody in."""
        key, short = self.make_key(), self.make_key("rsa", "-b", "1024")
        self.serve_keys(key, short)
        self.assertEqual(self.run_with_key(self.make_key(), "1").returncode, 255)
        self.assertEqual(self.run_with_key(short, "1", more=("-o", "RequiredRSASize=1024")).returncode, 255)
        self.assertEqual(self.run_with_key(key, "1", more=("-l", "alice")).returncode, 255)
        self.assertEqual(self.run_with_key(key, "1").returncode, 0)

    def test_no_passwords(self) -> None:
        """With keys alone no password is asked for."""
        self.serve_keys(self.make_key())
        done = self.run_with_key(self.make_key(), "1")
        self.assertIn(b"Permission denied (publickey)", done.stderr)

    def test_lines(self) -> None:
        """Python from stdin is run line by line; its end is the end."""
        key = self.make_key()
        self.serve_keys(key)
        done = self.run_with_key(
            key, more=("-T",), input=b"for i in range(2):\n  print(i)\n\n6*7\nexit(9)\n", stdin=None
        )
        self.assertEqual((done.returncode, done.stdout), (9, b"0\n1\n42\n"))

    def test_nothing_is_lost(self) -> None:
        """A large output arrives whole at a slow reader, whichever stream, and with new keys for every megabyte."""
        key = self.make_key()
        self.serve_keys(key)
        for stream in ("stdout", "stderr"):
            command = f"import sys; sys.{stream}.write('x' * 8_000_000) and None"
            argv = ["ssh", *self.options(system_user(), "-i", str(key), "-o", "RekeyLimit=1M", "-q"), command]
            with subprocess.Popen(argv, env=environment(self.home), **{stream: subprocess.PIPE}) as child:
                time.sleep(1)
                data = getattr(child, stream).read()
                self.assertEqual((child.wait(SECONDS), data.count(b"x")), (0, 8_000_000), stream)

    def test_what_is_not_there(self) -> None:
        """SFTP, forwards and agents are refused; the connection stays in order."""
        key = self.make_key()
        self.serve_keys(key)
        self.assertIn(b"subsystem request failed", self.run_with_key(key, "sftp", more=("-s",)).stderr)
        forwarded = self.run_with_key(key, more=("-W", "127.0.0.1:1"))
        self.assertIn(b"administratively prohibited", forwarded.stderr)
        done = self.run_with_key(key, "1", more=("-A", "-R", "0:127.0.0.1:1", "-o", "SendEnv=LANG"))
        self.assertEqual((done.returncode, done.stdout), (0, b"1\n"))
        self.assertIn(b"remote port forwarding failed", done.stderr.lower())


class AlgorithmTests(OpenSshCase):
    """What the two ends agree on."""

    def refused(self, option: str) -> bytes:
        done = self.run_with_key(self.key, "1", more=("-o", option))
        self.assertEqual(done.returncode, 255)
        return bytes(done.stderr)

    def setUp(self) -> None:
        super().setUp()
        self.key = self.make_key()
        self.serve("--authorized-keys", f"{self.key}.pub")

    def test_weak(self) -> None:
        """CBC, SHA-1, finite-field and NIST exchanges and RSA host keys find no match."""
        for option in (
            "Ciphers=aes128-cbc",
            "MACs=hmac-sha1",
            "KexAlgorithms=diffie-hellman-group14-sha256",
            "KexAlgorithms=ecdh-sha2-nistp256",
            "HostKeyAlgorithms=rsa-sha2-512",
        ):
            self.assertIn(b"no match", self.refused(option), option)

    def test_strong(self) -> None:
        """Strict key exchange is agreed on, without compression even for a client that would like it."""
        done = self.run_with_key(self.key, "1", more=("-vv", "-C"))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"compression: none", done.stderr)
        if b"kex-strict-c" not in done.stderr:
            self.skipTest("this OpenSSH has no strict key exchange")
        self.assertIn(b"resetting read seqnr", done.stderr)

    def test_host_key(self) -> None:
        """The host's key is made once, for its owner alone, and is the same after a restart."""
        self.assertEqual(self.run_with_key(self.key, "1").returncode, 0)
        path = self.home / "state" / "tnet" / "ssh" / "host_ed25519"
        self.assertEqual(path.stat().st_mode & 0o7777, 0o600)
        port = self.server.port
        known = (self.home / "known_hosts").read_text()
        self.server.end()
        self.serve("--authorized-keys", f"{self.key}.pub")
        (self.home / "known_hosts").write_text(known.replace(f":{port} ", f":{self.server.port} "))
        done = self.run_with_key(self.key, "1", more=("-o", "StrictHostKeyChecking=yes"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_readable_host_key(self) -> None:
        """A host key that others can read is refused in one line."""
        self.key.chmod(0o644)
        done = tnet(self.home, "serve", "ssh", "-p", "0", "--host-key", str(self.key))
        self.assertEqual(done.returncode, 26)
        self.assertIn(b"chmod 0600", done.stderr)
        self.assertNotIn(b"Traceback", done.stderr)


class OneTimeTests(TestCase):
    """A server on loopback without any account."""

    async def test_account(self) -> None:
        """It makes one account, shows it once, lets it in, and writes its password nowhere."""
        home = Path(self.mktemp()).absolute()
        for name in ("XDG_STATE_HOME", "XDG_DATA_HOME"):
            self.patch(os, "environ", os.environ | {name: str(home)})
        world = RealWorld()
        server = await offer(SshPlan(listen=(TcpAddress("127.0.0.1", 2222),)), world.context)
        ((name, password),) = world.disclosed
        login = UsernamePassword(name.encode(), password.encode())
        _, guest, _ = await server.factory.portal.login(login, None, IConchUser)
        self.assertEqual(guest.name, name)
        self.assertNotIn(password, repr((server.notes, world.recorder.records)))
        self.assertIn(f"log in: ssh -p 2222 {name}@127.0.0.1", server.notes)
        await server.close()
