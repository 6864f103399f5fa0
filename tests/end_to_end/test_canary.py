"""Secrets stay where they belong: every command is given some, and everything that it writes is searched for them.

A secret may be in these places and no others: the password of an account made for this run on the start card, or in
the private file that stands in for it; what `tnet users` generates, in the same two; hashes in the users store; private
keys in their own files; and, of a URL or header that somebody typed, the command line on which it was typed.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.command import Running, environment, tnet
from tests.end_to_end.real_world import free_port
from tnet.accounts.store import Account, Entry
from tnet.plans import TcpAddress
from tnet.plans.fetch import Body, FetchPlan, Login
from tnet.plans.serve import AuthPlan, SshPlan
from tnet.plans.users import UsersPlan
from tnet.protocols.auth.dialogue import Line, Verify

SECONDS = 20
FORMATS = ("plain", "json")

PASSWORD = "Wq7canaryRightPassword%+/ é\"'\\z"
NEW_PASSWORD = "Wq7canaryNewPassword%+/ é\"'\\z"
GUESS = "Wq7canaryWrongGuess%+/ é\"'\\z"
TOO_LONG = "Wq7canaryTooLong" * 100
BEARER = "Wq7canaryBearerToken.abc-_~"
USERINFO = "Wq7canaryUserinfo-_."
COOKIE = "Wq7canaryCookie"
SAID = "Wq7canarySaidOverTheWire"
TYPED = (PASSWORD, NEW_PASSWORD, GUESS, TOO_LONG, BEARER, USERINFO, COOKIE, SAID)


def forms(secret: bytes) -> Iterator[bytes]:
    """How a secret looks wherever it may have got: as it is, quoted, escaped, in hex and inside base64."""
    text = secret.decode("utf-8", "surrogateescape")
    yield secret
    for quoted in (repr(text), repr(secret), json.dumps(text), json.dumps(text, ensure_ascii=False)):
        yield quoted.removeprefix("b")[1:-1].encode("utf-8", "surrogateescape")
    yield from (quote(secret).encode(), quote_plus(secret).encode(), quote(secret, safe="").encode())
    yield from (secret.hex().encode(), secret.hex().upper().encode(), secret.hex(":").encode())
    for shift in range(3):
        first, beyond = (8 * shift + 5) // 6, 8 * (shift + len(secret)) // 6
        padded = bytes(shift) + secret
        yield base64.b64encode(padded)[first:beyond]
        yield base64.urlsafe_b64encode(padded)[first:beyond]


def found(secret: str | bytes, data: bytes) -> bool:
    """Whether `data` has the secret, or a telling part of it, in any form."""
    whole = secret.encode() if isinstance(secret, str) else secret
    parts = {whole, whole[:22]}
    return any(form in data for part in parts for form in forms(part))


class FormTests(SynchronousTestCase):
    """The search itself: one that finds nothing proves nothing."""

    def test_finds_each_form(self) -> None:
        """A secret is found raw, in reprs, in JSON, in URLs, in hex and in base64 at every alignment."""
        secret = PASSWORD.encode()
        for text in (PASSWORD, repr(PASSWORD), repr(secret), json.dumps(PASSWORD), quote(PASSWORD), secret.hex()):
            self.assertTrue(found(PASSWORD, b"before " + text.encode() + b" after"), text)
        for user in ("", "a", "al", "alice"):
            self.assertTrue(found(PASSWORD, base64.b64encode(f"{user}:{PASSWORD}:more".encode())), user)
        self.assertFalse(found(PASSWORD, NEW_PASSWORD.encode() + GUESS.encode()))


class ReprTests(SynchronousTestCase):
    """What a debugger, a traceback or a log of objects would show."""

    def test_plans_and_accounts(self) -> None:
        """The repr of whatever holds a secret does not."""
        listen, url = (TcpAddress("127.0.0.1", 0),), f"postgresql://me:{USERINFO}@127.0.0.1/db"
        holders = [
            UsersPlan(action="add", name="alice", password=PASSWORD, users=url),
            AuthPlan(listen=listen, users=url),
            SshPlan(listen=listen, users=url),
            FetchPlan(
                method="POST",
                urls=("http://127.0.0.1/",),
                headers=(("Authorization", f"Bearer {BEARER}"),),
                body=Body(data=SAID.encode()),
                login=Login(user="me", password=PASSWORD, token=BEARER),
            ),
            Entry(Account("alice"), PASSWORD),
            Line(PASSWORD.encode()),
            Verify(b"alice", PASSWORD.encode()),
        ]
        for holder in holders:
            self.assertEqual([secret for secret in TYPED if found(secret, repr(holder).encode())], [], type(holder))


class CanaryTests(TestCase):
    """Processes: each command with a story of every kind, succeeding and failing."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.traces = Path(self.mktemp()).absolute()
        self.traces.mkdir()
        self.database = self.home / "data" / "tnet" / "users.db"
        self._written = 0
        self.assertEqual(self.users("add", "alice", PASSWORD).returncode, 0)

    # ── running ──

    def story(self, output: str) -> list[str]:
        """Options that have everything told, to files of their own."""
        self._written += 1
        number = self._written
        (events := self.traces / f"events-{number}").touch()
        files = ["--events", str(events), "--log-file", str(self.traces / f"log-{number}")]
        return ["-vv", "--output", output, *files, *(["--privacy"] if output == "plain" else [])]

    def run_tnet(self, *argv: str, stdin: bytes = b"", output: str = "plain", data: bool = False) -> Any:
        """A `tnet` that ends; its story, and its stdout unless that is `data`, are kept to be searched."""
        done = tnet(self.home, *argv, *self.story(output), stdin=stdin)
        self.keep(done.stderr, b"" if data else done.stdout)
        return done

    def users(self, action: str, name: str, password: str, output: str = "plain") -> Any:
        """`tnet users`, with the password on stdin."""
        argv = ("users", action, name, "--password-file", "-")
        return self.run_tnet(*argv, stdin=f"{password}\n".encode(), output=output)

    def serve(self, tool: str, *options: str, output: str = "json") -> Running:
        """A server whose story, command line and variables are searched in the end."""
        server = Running(self, self.home, "serve", tool, "-p", "0", *options, *self.story(output))
        self.servers.append(server)
        return server

    def events_of(self, server: Running) -> Path:
        """The file with its events."""
        return next(Path(word) for word in server.process.args if "/events-" in str(word))  # type: ignore[union-attr]

    def port_of(self, server: Running) -> int:
        """Where it listens, as its events say."""
        server.story, story = self.events_of(server), server.story
        try:
            return server.port
        finally:
            server.story = story

    def keep(self, *written: bytes) -> None:
        """Something that a command wrote."""
        self._written += 1
        (self.traces / f"written-{self._written}").write_bytes(b"\n".join(written))

    def stop(self, server: Running) -> None:
        """End it, and keep what could be seen of it from outside, and what it wrote."""
        seen = [Path(f"/proc/{server.process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        self.assertEqual(server.end(), 143)
        assert server.process.stdout is not None
        self.keep(*seen, server.process.stdout.read(), server.story.read_bytes())

    @property
    def servers(self) -> list[Running]:
        return self.__dict__.setdefault("_servers", [])  # type: ignore[no-any-return]

    # ── searching ──

    def assertNowhere(self, *secrets: str | bytes, besides: tuple[Path, ...] = ()) -> None:
        """No file of the home or of what was written has one of the secrets, but those files."""
        files = [path for root in (self.home, self.traces) for path in root.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 2)
        leaks = [
            (path.name, secret[:40])
            for path in files
            if path not in besides
            for secret in secrets
            if found(secret, path.read_bytes())
        ]
        self.assertEqual(leaks, [])

    def hashes(self) -> list[bytes]:
        """What the store keeps of passwords."""
        with sqlite3.connect(self.database) as connection:
            return [row[0].encode() for row in connection.execute("SELECT secret FROM accounts WHERE secret <> ''")]

    def store_files(self) -> tuple[Path, ...]:
        """The store and what SQLite keeps beside it; nobody else may read them."""
        files = tuple(self.database.parent.glob("users.db*"))
        self.assertEqual({path.stat().st_mode & 0o077 for path in files}, {0})
        return files

    # ── the commands ──

    def test_users(self) -> None:
        """Adding, changing, listing, and failing to: passwords appear nowhere, hashes in the store alone."""
        for output in FORMATS:
            self.assertEqual(self.users("passwd", "alice", NEW_PASSWORD, output).returncode, 0)
            self.assertEqual(self.users("add", "alice", GUESS, output).returncode, 1)
            self.assertEqual(self.users("passwd", "nobody", GUESS, output).returncode, 1)
            self.assertEqual(self.users("add", "bob", TOO_LONG, output).returncode, 2)
            self.assertEqual(self.run_tnet("users", "list", output=output).returncode, 0)
            self.assertNotEqual(self.run_tnet("users", "add", "x", "--password", GUESS, output=output).returncode, 0)
        self.assertNowhere(PASSWORD, NEW_PASSWORD, TOO_LONG)
        self.assertNowhere(*self.hashes(), besides=self.store_files())

    def test_store_url(self) -> None:
        """The password in a store's URL is not told, whether the store cannot be reached or is of no known kind."""
        known, unknown = (f"{scheme}://me:{USERINFO}@127.0.0.1:{free_port()}/db" for scheme in ("postgresql", "nosuch"))
        for output in FORMATS:
            for argv in (("users", "list"), ("serve", "auth", "-p", "0"), ("serve", "ssh", "-p", "0")):
                self.assertNotEqual(self.run_tnet(*argv, "--users", known, output=output).returncode, 0)
            self.assertEqual(self.run_tnet("users", "list", "--users", unknown, output=output).returncode, 2)
        self.assertNowhere(USERINFO)

    def test_generated(self) -> None:
        """A generated password is on the terminal's line, or in the private file that the story names; once."""
        shown = tnet(self.home, "users", "add", "bob", "--generate", *self.story("plain"))
        password = shown.stderr.decode().split("password: ")[1].split()[0]
        self.assertEqual(shown.stderr.decode().count(password), 1)
        self.run_tnet("users", "add", "carol", "--generate", output="json")
        (private,) = (self.home / "state").rglob("account-*")
        self.assertEqual(private.stat().st_mode & 0o077, 0)
        hidden = private.read_text().split("password: ")[1].strip()
        self.assertNowhere(password, hidden, besides=(private,))

    def test_serve_auth(self) -> None:
        """Right, wrong, overlong and half-said passwords appear nowhere; nor does what people say."""
        for output in FORMATS:
            server = self.serve("auth", output=output)
            self.talk(self.port_of(server), f"alice\n{PASSWORD}\n{SAID}\n/say {SAID}\n".encode())
            for user, said in (("alice", GUESS), ("bob", TOO_LONG), ("carol", "\xff" + GUESS)):
                self.talk(self.port_of(server), f"{user}\n{said}\n".encode())
            self.talk(self.port_of(server), f"alice\n{GUESS}".encode())
            self.talk(self.port_of(server), f"nobody\n{GUESS}\n".encode())
            self.stop(server)
            self.assertTrue({"accepted", "denied"} <= set(self.events_of(server).read_text().split('"')))
        self.assertNowhere(PASSWORD, GUESS, TOO_LONG, SAID)
        self.assertNowhere(*self.hashes(), besides=self.store_files())

    def test_dialects(self) -> None:
        """The passwords of POP3 and Redis, in each way to say them, right and wrong, appear nowhere."""
        said: dict[str, list[bytes]] = {"pop3": [], "redis": []}
        for user, password in (("alice", PASSWORD), ("bob", GUESS)):
            secret = password.encode()
            plain = base64.b64encode(f"\0{user}\0{password}".encode())
            said["pop3"] += [b"USER %s\r\nPASS %s\r\nSTAT\r\n" % (user.encode(), secret), b"AUTH PLAIN %s\r\n" % plain]
            said["pop3"] += [b"AUTH PLAIN\r\n%s\r\n" % plain, b"PASS %s\r\n" % secret, b"%s\r\n" % secret]
            words = [b"AUTH", user.encode(), secret]
            said["redis"] += [b"*3\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)]
            said["redis"] += [b"*2\r\n$%d\r\n%s\r\n$1\r\nx\r\n" % (len(secret), secret)]
        for output, (dialect, talks) in zip(FORMATS, said.items(), strict=True):
            server = self.serve("auth", "--dialect", dialect, output=output)
            for talk in talks:
                self.assertTrue(self.talk(self.port_of(server), talk), talk)
            self.stop(server)
            told = self.events_of(server).read_text()
            self.assertTrue({"accepted", "denied"} <= set(told.split('"')), told)
        self.assertNowhere(PASSWORD, GUESS)

    def test_one_time(self) -> None:
        """The account of one run is on the start card, or in the private file until the server ends, and only there."""
        shutil.rmtree(self.home)
        server = self.serve("auth", output="plain")
        self.port_of(server)
        card = self.until(server, "password ")
        password = card.split("password ")[1].split()[0]
        self.talk(self.port_of(server), f"tnet\n{password}\n".encode())
        self.talk(self.port_of(server), f"tnet\n{password}x\n".encode())
        self.assertEqual(server.story.read_text().count(password), 1)
        server.story.write_text(server.story.read_text().replace(password, "(the card)"))
        self.stop(server)
        server = self.serve("auth", output="json")
        self.port_of(server)
        (private,) = (self.home / "state").rglob("account-*")
        self.assertEqual(private.stat().st_mode & 0o077, 0)
        hidden = private.read_text().split("password: ")[1].strip()
        self.talk(self.port_of(server), f"tnet\n{hidden}\n".encode())
        self.stop(server)
        self.assertFalse(private.exists())
        self.assertNowhere(password, hidden)

    def test_serve_ssh(self) -> None:
        """Passwords that OpenSSH sends appear nowhere, our host key only in its file."""
        if shutil.which("ssh") is None:
            self.skipTest("needs OpenSSH's client")
        for output in FORMATS:
            server = self.serve("ssh", output=output)
            for password, status in ((PASSWORD, 0), (GUESS, 255)):
                self.assertEqual(self.ssh(self.port_of(server), password), status)
            self.stop(server)
        self.assertNowhere(PASSWORD, GUESS)
        (host_key,) = (self.home / "state").rglob("host_ed25519")
        self.assertEqual(host_key.stat().st_mode & 0o077, 0)
        private = load_ssh_private_key(host_key.read_bytes(), None)
        self.assertNowhere(
            private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()), besides=(host_key, *self.pems())
        )

    def test_serve_web(self) -> None:
        """Credentials and cookies of requests, good or not, appear nowhere; our TLS key neither."""
        site = Path(self.mktemp()).absolute()
        site.mkdir()
        authority = make_authority()
        certificate, key = write_pair(
            str(self.traces.parent / f"{self.traces.name}-pair"), authority.leaf(["127.0.0.1"])
        )
        secret = load_pem_private_key(Path(key).read_bytes(), None).private_numbers().private_value.to_bytes(32)  # type: ignore[union-attr]
        basic = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
        heads = [f"Authorization: Basic {basic}", f"Authorization: Bearer {BEARER}", f"Cookie: session={COOKIE}"]
        for output in FORMATS:
            server = self.serve("web", str(site), "--cert", certificate, "--key", key, output=output)
            for start in ("GET / HTTP/1.1", "GET /none HTTP/1.1", "PUT / HTTP/1.1", "nonsense", "GET / HTTP/9"):
                request = "\r\n".join([start, "Host: x", "Connection: close", *heads, "", ""]).encode()
                self.talk(self.port_of(server), request, authority.pem)
            self.stop(server)
        self.assertNowhere(PASSWORD, BEARER, COOKIE, secret)

    def test_serve_web_with_logins(self) -> None:
        """Logins, tokens and links appear in no story, log or inspector; the key in its file alone."""
        site = Path(self.mktemp()).absolute()
        site.mkdir()
        (site / "a.txt").write_text("a")
        database, access_log = f"sqlite:{self.database}", self.traces / "access"
        options = ("--users", database, "--upload", "--inspect", "--access-log", str(access_log))
        for output in FORMATS:
            server = self.serve("web", str(site), *options, output=output)
            url = f"http://127.0.0.1:{self.port_of(server)}"

            def ask(path: str, *argv: str, url: str = url, user: str = f"alice:{PASSWORD}") -> bytes:
                command = ["curl", "-s", "--max-time", str(SECONDS), "-u", user, *argv, url + path]
                return subprocess.run(command, capture_output=True, timeout=SECONDS + 5, check=True).stdout

            token = json.loads(ask("/_tnet/token", "-X", "POST", "-H", "Accept: application/json"))["token"]
            text = ask("/_tnet/token", "-X", "POST").decode().split()
            link = json.loads(ask("/a.txt", "-d", "action=share", "-H", "Accept: application/json"))["path"]
            for argv in (
                (link,),
                (link + "x",),
                ("/a.txt", "-H", f"Authorization: Bearer {token}"),
                ("/a.txt?token=" + token,),
            ):
                ask(*argv)
            ask("/a.txt", user=f"alice:{GUESS}")
            ask("/a.txt", "-H", f"Cookie: session={COOKIE}", "-H", f"Referer: {url}{link}")
            for page in ("/_tnet/exchanges", "/_tnet/har", "/_tnet/"):
                self.keep(ask(page))
            self.stop(server)
            key = self.database.parent / "web" / "signing.key"
            self.assertNowhere(PASSWORD, GUESS, COOKIE, token, *text, link.split("/")[3])
            self.assertNowhere(key.read_bytes(), besides=(key,))

    def test_clients(self) -> None:
        """A body, the header and the URL's credentials appear in no story, reached or not, followed or not.

        What `connect` says is told of, where everything is to be told.
        """
        site = Path(self.mktemp()).absolute()
        (site / "folder").mkdir(parents=True)
        web, echo = self.serve("web", str(site)), self.serve("echo")
        ports = (self.port_of(web), free_port())
        for output in FORMATS:
            for port in ports:
                at = f"127.0.0.1:{port}"
                self.run_tnet("fetch", "--timings", f"http://me:{USERINFO}@{at}/folder", output=output)
                self.run_tnet("fetch", "--fail", f"http://{at}/none", f"Authorization:Bearer {BEARER}", output=output)
                self.run_tnet("fetch", "--data", "-", f"http://{at}/", stdin=SAID.encode(), output=output)
            for port in (self.port_of(echo), ports[1]):
                target = f"127.0.0.1:{port}"
                done = self.run_tnet("connect", "--timings", target, stdin=b"words", output=output, data=True)
                self.assertEqual(done.stdout, b"" if port == ports[1] else b"words")
        for server in (web, echo):
            self.stop(server)
        self.assertNowhere(USERINFO, BEARER, SAID)

    # ── peers ──

    def talk(self, port: int, said: bytes, authority: bytes | None = None) -> bytes:
        """What a server answers until it ends the connection, or nothing when it cuts it off."""
        with socket.create_connection(("127.0.0.1", port), SECONDS) as peer:
            secured: socket.socket = peer
            if authority is not None:
                context = ssl.create_default_context(cadata=authority.decode())
                secured = context.wrap_socket(peer, server_hostname="127.0.0.1")
            secured.sendall(said)
            if authority is None:
                secured.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while not answer.startswith(b"HTTP/1.1 400") and (more := secured.recv(65536)):
                    answer += more
            except ConnectionError:
                pass
            finally:
                secured.close()
            return answer

    def ssh(self, port: int, password: str) -> int:
        """The status of OpenSSH's client, with a password from a program."""
        program = Path(self.mktemp()).absolute()
        program.write_text("#!/bin/sh\nprintf '%s\\n' \"$CANARY\"\n")
        program.chmod(0o700)
        options = (
            "StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null,NumberOfPasswordPrompts=1,IdentityFile=/dev/null"
        )
        argv = ["ssh", "-F", "/dev/null", *(word for one in options.split(",") for word in ("-o", one))]
        variables = environment(self.home) | {"SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force"}
        return subprocess.run(
            [*argv, "-p", str(port), "alice@127.0.0.1", "1"],
            env=variables | {"CANARY": password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        ).returncode

    def until(self, server: Running, mark: str) -> str:
        """The story, once it has `mark`."""
        with server.story.open() as story:
            text = ""
            while mark not in text:
                if server.process.poll() is not None:
                    raise AssertionError(text)
                text += story.read()
                os.sched_yield()
        return server.story.read_text()

    def pems(self) -> tuple[Path, ...]:
        """The private keys in the home, none of which others can read."""
        return tuple((self.home / "state").rglob("*.pem"))
