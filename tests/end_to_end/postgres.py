"""A real PostgreSQL of the tests' own: on a UNIX socket in a folder of its own, with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import Pems, write_pair
from tests.end_to_end.real_world import free_port

SECONDS = 60
PASSWORD = "c4nary-of-the-database"


def _program(name: str) -> str:
    """The newest of the installed ones; Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        raise SkipTest("PostgreSQL is not installed")
    return program


class Postgres:
    """A server that runs until the test is over; `url` has the file with the password, not the password.

    With `pems`, a certificate and its key, it listens on `port` of loopback as well, with TLS for who asks for it.
    """

    def __init__(self, test: TestCase, pems: Pems | None = None) -> None:
        self._program = _program("postgres")
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="tnet-pg-"))
        self.process: subprocess.Popen[bytes] | None = None
        test.addCleanup(self._clean_up)
        self.passfile = self._folder / "passfile"
        self.passfile.write_text(f"*:*:*:*:{PASSWORD}\n")
        self.passfile.chmod(0o600)
        self.port = free_port() if pems else 5432
        self.url = f"postgresql://tnet@/postgres?host={self._folder}&port={self.port}&passfile={self.passfile}"
        self._settings = ["listen_addresses="]
        self._make()
        if pems is not None:
            self._secure(pems)
        self.start()

    def _make(self) -> None:
        secret = self._folder / "secret"
        secret.write_text(PASSWORD)
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            for path in (self._folder, secret):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        options = ["-A", "scram-sha-256", "-U", "tnet", f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C"]
        argv = [_program("initdb"), "-D", str(self._folder / "data"), *options]
        subprocess.run(argv, user=self._user, cwd="/", capture_output=True, check=True, timeout=SECONDS)

    def _secure(self, pems: Pems) -> None:
        certificate, key = write_pair(self._folder, pems)
        os.chmod(key, 0o600)
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            for path in (certificate, key):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self._settings = ["listen_addresses=127.0.0.1", "ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}"]

    def start(self) -> None:
        """Begin, and wait until it answers; children of a killed one may have to go first."""
        give_up = time.monotonic() + SECONDS
        settings = [f"port={self.port}", f"unix_socket_directories={self._folder}", "fsync=off", "max_connections=40"]
        settings += self._settings
        argv = [self._program, "-D", str(self._folder / "data"), *(word for one in settings for word in ("-c", one))]
        while time.monotonic() < give_up:
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(
                    argv, user=self._user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise AssertionError("PostgreSQL does not start")

    def send(self, number: signal.Signals) -> None:
        """Signal the server, and wait for its end; what served a connection ends before it, unless it is killed."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(SECONDS)

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """What another program may do to the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)
