"""The commands as a user runs them: real processes, real peers, exit statuses, and never a traceback."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import make_authority
from tests.end_to_end.command import Running, environment, tnet


def peer(name: str) -> str:
    """The path of a program, or a skip."""
    found = shutil.which(name)
    if found is None:
        raise SkipTest(f"{name} is not installed")
    return found


class CommandTestCase(TestCase):
    """A home of its own, and the shape that every failure has."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()

    def running(self, *argv: str, **options: Any) -> Running:
        """A server with its story as JSON."""
        return Running(self, self.home, *argv, **options)

    def tnet(self, *argv: str, **options: Any) -> Any:
        """A command that ends by itself."""
        return tnet(self.home, *argv, **options)

    def assertFails(self, done: Any, status: int, *words: str) -> None:
        """It ended with `status` and one readable error line that holds `words`."""
        text = done.stderr.decode()
        self.assertEqual(done.returncode, status, text)
        self.assertNotIn("Traceback", text)
        (line,) = (line for line in text.splitlines() if "error:" in line.lower())
        for word in words:
            self.assertIn(word, line)


class EchoTests(CommandTestCase):
    """`tnet serve echo`."""

    def test_story_of_a_connection(self) -> None:
        """The listening event has the real port; a connection opens and closes with right counts; all is valid."""
        echo = self.running("serve", "echo", "--port", "0", "--output", "json")
        with socket.create_connection(("127.0.0.1", echo.port), 10) as client:
            client.sendall(b"x" * 1000)
            client.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: client.recv(4096), b""))
        self.assertEqual(received, b"x" * 1000)
        (closed,) = echo.wait_for("connection.close")
        self.assertEqual((closed["bytes_in"], closed["bytes_out"], closed["clean"]), (1000, 1000, True))
        self.assertEqual(echo.end(), 143)
        schema = json.loads(resources.files("tnet.events").joinpath("schema.json").read_text("utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        for event in echo.events:
            validator.validate(event)
        self.assertEqual([event["seq"] for event in echo.events], list(range(1, len(echo.events) + 1)))
        self.assertEqual(echo.events[-1]["event"], "stopped")

    def test_both_loopbacks_one_port(self) -> None:
        """By default both loopback addresses answer on the same port."""
        echo = self.running("serve", "echo", "--port", "0", "--output", "json")
        addresses = {(event["server.address"], event["server.port"]) for event in echo.wait_for("listening", 2)}
        self.assertEqual(addresses, {("127.0.0.1", echo.port), ("::1", echo.port)})

    def test_peers_of_every_kind(self) -> None:
        """ncat, nc -N, socat and openssl s_client all get back what they sent."""
        echo = self.running("serve", "echo", "--port", "0", "--output", "json")
        secure = self.running("serve", "echo", "--port", "0", "--tls", "--output", "json")
        port = str(echo.port)
        for command in (
            [peer("ncat"), "127.0.0.1", port],
            [peer("nc"), "-N", "127.0.0.1", port],
            [peer("socat"), "-t5", "-", f"TCP:127.0.0.1:{port}"],
        ):
            done = subprocess.run(command, input=b"to and fro\n", capture_output=True, timeout=20, check=False)
            self.assertEqual(done.stdout, b"to and fro\n", command)
        client = subprocess.Popen(
            [peer("openssl"), "s_client", "-quiet", "-no_ign_eof", "-connect", f"127.0.0.1:{secure.port}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(b"in secret\n")
        client.stdin.flush()
        self.assertEqual(client.stdout.readline(), b"in secret\n")
        client.stdin.close()
        client.wait(20)
        client.stdout.close()

    def test_unix_socket(self) -> None:
        """A UNIX socket belongs to its owner, and is gone afterwards."""
        path = Path(self.mktemp()).absolute()
        echo = self.running("serve", "echo", "--listen", f"unix:{path}", "--output", "json")
        echo.wait_for("listening")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.tnet("connect", f"unix:{path}", stdin=b"hello").stdout, b"hello")
        echo.end()
        self.assertFalse(path.exists())

    def test_adopted_descriptor(self) -> None:
        """A listening socket that was left open for us is served."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            process = subprocess.Popen(
                [sys.executable, "-m", "tnet", "serve", "echo", "--listen", f"fd://{listener.fileno()}"],
                pass_fds=[listener.fileno()],
                stderr=subprocess.PIPE,
                env=environment(self.home),
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(self.tnet("connect", f"127.0.0.1:{port}", stdin=b"adopted").stdout, b"adopted")
        process.terminate()
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 143)


class AuthTests(CommandTestCase):
    """`tnet serve auth`."""

    def test_openssl_logs_in(self) -> None:
        """openssl s_client verifies our certificate by the CA that the card names, and logs in."""
        self.tnet("users", "add", "alice", "--password-file", "-", stdin=b"right horse\n")
        auth = self.running("serve", "auth", "--port", "0", "--tls", "--output", "json")
        auth.wait_for("listening")
        authority = self.home / "data" / "tnet" / "ca" / "ca.pem"
        client = subprocess.Popen(
            [
                *(peer("openssl"), "s_client", "-quiet", "-no_ign_eof", "-verify_return_error"),
                *("-CAfile", str(authority), "-verify_hostname", "localhost", "-connect", f"127.0.0.1:{auth.port}"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(b"alice\nright horse\n/quit\n")
        client.stdin.flush()
        self.assertEqual(client.stdout.read().split(b"\r\n")[-3:], [b"Welcome, alice!", b"Goodbye.", b""])
        client.stdin.close()
        client.stdout.close()


class SignalTests(CommandTestCase):
    """How a server ends."""

    def hold(self, echo: Running) -> socket.socket:
        """A connection that stays."""
        client = socket.create_connection(("127.0.0.1", echo.port), 10)
        self.addCleanup(client.close)
        echo.wait_for("connection.open")
        return client

    def test_interrupt_and_terminate(self) -> None:
        """INT ends with 130, TERM with 143, and the story ends with `stopped`."""
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            echo = self.running("serve", "echo", "--port", "0", "--output", "json")
            echo.wait_for("listening")
            self.assertEqual(echo.end(number), status)
            self.assertEqual(echo.events[-1]["exit_status"], status)

    def test_drain_lets_connections_finish(self) -> None:
        """C30: after the first signal nobody new gets in; who is there sees our end of file, and may finish."""
        echo = self.running("serve", "echo", "--port", "0", "--output", "json", "--drain-timeout", "15")
        client = self.hold(echo)
        client.sendall(b"sent before")
        select.select([client], [], [], 10)
        echo.process.terminate()
        echo.wait_for("draining")
        self.assertRaises(OSError, socket.create_connection, ("127.0.0.1", echo.port), 5)
        self.assertEqual(client.recv(100), b"sent before")
        self.assertEqual(client.recv(100), b"")
        self.assertIsNone(echo.process.poll())
        client.close()
        self.assertEqual(echo.process.wait(20), 143)
        self.assertLess(echo.events[-1]["t"], 14)
        self.assertTrue(echo.wait_for("connection.close")[0]["clean"])

    def test_second_signal_aborts(self) -> None:
        """C30: a second signal ends at once, whoever is still there."""
        echo = self.running("serve", "echo", "--port", "0", "--output", "json", "--drain-timeout", "60")
        self.hold(echo)
        echo.process.terminate()
        echo.wait_for("draining")
        began = time.monotonic()
        self.assertEqual(echo.end(), 143)
        self.assertLess(time.monotonic() - began, 15)
        echo.wait_for("connection.close")

    def test_hangup_reloads(self) -> None:
        """HUP reads everything anew and goes on serving."""
        echo = self.running("serve", "echo", "--port", "0", "--output", "json")
        client = self.hold(echo)
        echo.process.send_signal(signal.SIGHUP)
        self.assertEqual(echo.wait_for("log")[0]["text"], "reloaded")
        client.sendall(b"x")
        self.assertEqual(client.recv(1), b"x")


class FailureTests(CommandTestCase):
    """Each failure is one readable line with the exit status that the manual promises."""

    def free_port(self) -> int:
        """A port that nobody listens on."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def test_refused(self) -> None:
        """Nobody listens: 7, and every address that was tried."""
        port = self.free_port()
        self.assertFails(self.tnet("connect", f"127.0.0.1:{port}"), 7, f"127.0.0.1:{port}", "refused")
        self.assertFails(self.tnet("fetch", f"http://localhost:{port}/"), 7, "127.0.0.1", "refused")

    def test_unknown_host(self) -> None:
        """No such name: 6."""
        for argv in (["connect", "no-such-host.invalid:1"], ["fetch", "http://no-such-host.invalid/"]):
            done = self.tnet(*argv, seconds=60)
            self.assertFails(done, 6, "no-such-host.invalid")

    def test_busy_port(self) -> None:
        """A port that is taken: 69, with a hint."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            done = self.tnet("serve", "echo", "--host", "127.0.0.1", "--port", port)
        self.assertFails(done, 69, port, "in use")
        self.assertIn(b"hint:", done.stderr)

    def test_untrusted_certificate(self) -> None:
        """A certificate of an authority that nobody trusts: 60, and the certificate is named; with its CA, trusted."""
        authority = make_authority()
        certificate, key = authority.leaf(["localhost", "127.0.0.1"])
        self.home.mkdir(parents=True)
        files = {"c.pem": certificate, "k.pem": key, "ca.pem": authority.pem}
        for name, data in files.items():
            (self.home / name).write_bytes(data)
        tls = ["--cert", str(self.home / "c.pem"), "--key", str(self.home / "k.pem")]
        echo = self.running("serve", "echo", "--port", "0", "--output", "json", *tls)
        target = f"tls://localhost:{echo.port}"
        self.assertFails(self.tnet("connect", target), 60, "certificate")
        trusted = self.tnet("connect", target, "--ca", str(self.home / "ca.pem"), stdin=b"hello")
        self.assertEqual((trusted.returncode, trusted.stdout), (0, b"hello"))

    def test_bad_files(self) -> None:
        """A CA file that is none: 77; a certificate that is none: 58; a port that is none: 2."""
        self.assertFails(self.tnet("connect", "--tls", "--ca", "/dev/null", "localhost:1"), 77, "/dev/null")
        done = self.tnet("serve", "echo", "--port", "0", "--cert", "/dev/null", "--key", "/dev/null")
        self.assertFails(done, 58, "/dev/null")
        self.assertFails(self.tnet("connect", "localhost:65536"), 2, "TARGET", "65536")

    def test_closed_stdout(self) -> None:
        """When the reader of stdout goes away, the command ends quietly with 141."""
        echo = self.running("serve", "echo", "--port", "0", "--output", "json")
        script = f"set -o pipefail; yes | {sys.executable} -m tnet connect 127.0.0.1:{echo.port} | head -1"
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, timeout=30, env=environment(self.home), check=False
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (141, b"y\n", b""))

    def test_events_on_a_closed_stdout(self) -> None:
        """A server whose events go to a reader that leaves ends with 141, quietly."""
        server = self.running("serve", "echo", "--port", "0", "--output", "json", "--events", "-")
        assert server.process.stdout is not None
        self.assertIn(b"listening", server.process.stdout.readline())
        server.process.stdout.close()
        with contextlib.suppress(OSError):  # it may be gone by now
            socket.create_connection(("127.0.0.1", server.port), 10).close()
        self.assertEqual(server.process.wait(20), 141)
        self.assertNotIn("Traceback", server.story.read_text())


class LauncherTests(CommandTestCase):
    """The same server under Twisted's own launchers."""

    def check(self, *command: str) -> None:
        """Start `command`, which names a port in its log, talk to it, and end it."""
        log = Path(self.mktemp())
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env=environment(self.home), cwd=self.home
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        events = self.home / "events.jsonl"
        deadline = time.monotonic() + 20
        while not events.is_file() or "\n" not in events.read_text():
            if time.monotonic() > deadline:
                raise AssertionError(log.read_text())
            time.sleep(0.05)
        port = json.loads(events.read_text().splitlines()[0])["server.port"]
        self.assertEqual(self.tnet("connect", f"127.0.0.1:{port}", stdin=b"hello").stdout, b"hello", log.read_text())
        process.terminate()
        process.wait(20)
        told = [json.loads(line)["event"] for line in events.read_text().splitlines()]
        self.assertIn("draining", told)
        self.assertNotIn("Traceback", log.read_text())

    def setUp(self) -> None:
        super().setUp()
        self.home.mkdir(parents=True)
        self.bin = Path(sys.executable).parent
        self.argv = ["echo", "--port", "0", "--host", "127.0.0.1", "--events", "events.jsonl"]

    def test_twistd_plugin(self) -> None:
        """`twistd -n tnet echo` is `tnet serve echo`."""
        self.check(str(self.bin / "twistd"), "-n", "--pidfile=", "tnet", *self.argv)

    def test_twist_plugin(self) -> None:
        """`twist tnet echo` is `tnet serve echo`."""
        self.check(str(self.bin / "twist"), "tnet", *self.argv)

    def test_tac(self) -> None:
        """The file that --print-tac prints is `tnet serve echo`."""
        printed = self.tnet("serve", *self.argv, "--print-tac")
        (self.home / "echo.tac").write_bytes(printed.stdout)
        self.check(str(self.bin / "twistd"), "-n", "--pidfile=", "-y", "echo.tac")

    def test_usage_error_under_twistd(self) -> None:
        """A command line that cannot be meant is a usage error there, too."""
        command = [str(self.bin / "twistd"), "-n", "--pidfile=", "tnet", "echo", "--port", "x"]
        done = subprocess.run(command, capture_output=True, timeout=20, env=environment(self.home), check=False)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(b"Traceback", done.stderr)
