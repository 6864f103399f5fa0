"""`tnet serve web --upload --modify` against curl, unzip, tar, full disks and clients that leave."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from twisted.trial.unittest import SkipTest

from tests.end_to_end.test_web import SECONDS, WebTestCase, everything

MIB = 1 << 20


class WritingTestCase(WebTestCase):
    """Serves a directory that may be changed."""

    def put(self, name: str, data: bytes, *argv: str) -> int:
        """The status of an upload by curl."""
        path = self.folder / "sent"
        path.write_bytes(data)
        return self.ask("-T", str(path), *argv, f"{self.url}/{name}")[0]

    def left(self, directory: Path | None = None) -> list[str]:
        """The hidden files of uploads."""
        return [str(path) for path in (directory or self.root).rglob(".tnet-upload-*")]

    def until_nothing_is_left(self, directory: Path | None = None) -> None:
        """Wait until the server has cleaned up."""
        deadline = time.monotonic() + SECONDS
        while self.left(directory):
            self.assertLess(time.monotonic(), deadline, self.left(directory))
            time.sleep(0.01)

    def begin(self, head: str, body: bytes) -> socket.socket:
        """A connection on which a request was begun."""
        sock = self.connect()
        sock.sendall(head.replace("\n", "\r\n").encode() + b"Host: localhost\r\n\r\n" + body)
        return sock


class UploadTests(WritingTestCase):
    """Files that come in."""

    def test_conditions(self) -> None:
        """curl's own ETags make for safe replacing."""
        self.serve("--upload", "--modify")
        etag = str(self.folder / "etag")
        self.assertEqual(self.put("new", b"one", "-H", "If-None-Match: *"), 201)
        self.assertEqual(self.put("new", b"two", "-H", "If-None-Match: *"), 412)
        self.ask("--etag-save", etag, f"{self.url}/new")
        tag = Path(etag).read_text().strip().removeprefix("W/")
        self.assertEqual(self.put("new", b"two", "-H", f"If-Match: {tag}"), 204)
        self.assertEqual(self.put("new", b"three", "-H", f"If-Match: {tag}"), 412)
        self.assertEqual((self.root / "new").read_bytes(), b"two")

    def test_a_client_killed_at_99_percent(self) -> None:
        """Nothing is left, what was there stays, and the server goes on."""
        self.serve("--upload", "--modify")
        head = f"PUT /a.txt HTTP/1.1\nContent-Length: {10 * MIB}\n"
        sock = self.begin(head, bytes(10 * MIB * 99 // 100))
        sock.close()
        event = self.server.wait_for("http.request")[0]
        self.assertIn(event["http.response.status_code"], (0, 400))
        self.until_nothing_is_left()
        self.assertEqual(self.ask(f"{self.url}/a.txt"), (200, b"hello\n"))

    def test_one_name_and_many_clients(self) -> None:
        """Of twenty that create the same name at the same time one does, and its file is whole."""
        self.serve("--upload")
        bodies = [bytes([65 + number]) * MIB for number in range(20)]

        def put(number: int) -> int:
            path = self.folder / f"sent{number}"
            path.write_bytes(bodies[number])
            return self.ask("-T", str(path), f"{self.url}/name")[0]

        with ThreadPoolExecutor(20) as pool:
            statuses = list(pool.map(put, range(20)))
        self.assertEqual(sorted(statuses), [201, *[409] * 19])
        self.assertEqual((self.root / "name").read_bytes() == bodies[statuses.index(201)], True)
        self.assertEqual(self.left(), [])

    def test_one_name_replaced_by_many_clients(self) -> None:
        """Whoever reads meanwhile gets one of the files, whole."""
        self.serve("--upload", "--modify")
        bodies = {bytes([65 + number]) * MIB for number in range(10)}
        (self.root / "name").write_bytes(b"@" * MIB)

        def put(body: bytes) -> int:
            path = self.folder / f"sent{body[0]}"
            path.write_bytes(body)
            return self.ask("-T", str(path), f"{self.url}/name")[0]

        with ThreadPoolExecutor(10) as pool:
            puts = [pool.submit(put, body) for body in bodies]
            for _ in range(20):
                status, body = self.ask(f"{self.url}/name")
                self.assertEqual((status, len(body), len(set(body))), (200, MIB, 1))
            self.assertEqual({each.result() for each in puts}, {204})
        self.assertEqual(self.left(), [])

    def test_memory(self) -> None:
        """Twenty megabytes cost less than four of memory: by PUT, chunked, by form, and resumable."""
        self.serve("--upload", "--modify")
        self.put("warm", bytes(2 * MIB))
        self.curl("-F", f"f=@{self.root / 'large'};filename=warm2", f"{self.url}/")
        process = psutil.Process(self.server.process.pid)
        before = process.memory_info().rss
        data = os.urandom(20 * MIB)
        peak = 0
        for name, argv in (
            ("put", ["-T", "sent"]),
            ("chunked", ["-T", "sent", "-H", "Transfer-Encoding: chunked"]),
            ("form", ["-F", "f=@sent;filename=form"]),
            ("resumable", ["-T", "sent", "-H", "Upload-Complete: ?1"]),
        ):
            (self.folder / "sent").write_bytes(data)
            where = f"{self.url}/" if name == "form" else f"{self.url}/{name}"
            sending = subprocess.Popen(
                ["curl", "-s", *argv, "--limit-rate", "80M", where], cwd=self.folder, stdout=subprocess.DEVNULL
            )
            while sending.poll() is None:
                peak = max(peak, process.memory_info().rss)
                time.sleep(0.002)
            self.assertEqual((self.root / name).read_bytes() == data, True, name)
            self.assertLess(peak - before, 4 * MIB, name)

    def test_from_another_site(self) -> None:
        """What a page of another site makes a browser send is refused."""
        self.serve("--upload", "--modify")
        self.assertEqual(self.put("new", b"x", "-H", "Origin: http://evil.example"), 403)
        self.assertEqual(self.put("new", b"x", "-H", f"Origin: {self.url}", "-H", "Sec-Fetch-Site: same-origin"), 201)

    def test_under_http2(self) -> None:
        """The same goes over HTTP/2."""
        self.serve("--upload", "--modify", "--tls")
        data = os.urandom(5 * MIB)
        self.assertEqual(self.put("new", data, "--http2", "-H", "Upload-Complete: ?1"), 201)
        self.assertEqual((self.root / "new").read_bytes() == data, True)
        self.assertEqual(self.ask("--http2", "-X", "DELETE", f"{self.url}/new")[0], 204)


class ResumeTests(WritingTestCase):
    """Uploads that are broken off and gone on with."""

    def fields(self, *argv: str) -> dict[str, str]:
        """The response fields of a request by curl, the last response's."""
        text = self.curl("-D", "-", "-o", os.devnull, *argv).stdout.decode().replace("\r", "")
        last = text.strip().rpartition("\n\n")[2]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in last.splitlines())}

    def test_by_the_draft(self) -> None:
        """A client that was told where goes on after the connection broke, and after the server did."""
        server = self.serve("--upload")
        data = os.urandom(3 * MIB)
        head = f"PUT /new HTTP/1.1\nContent-Length: {len(data)}\nUpload-Complete: ?1\nUpload-Draft-Interop-Version: 8\n"
        sock = self.begin(head, data[:MIB])
        early = b""
        while b"\r\n\r\n" not in early:
            early += sock.recv(4096)
        self.assertTrue(early.startswith(b"HTTP/1.1 104 "), early)
        match = re.search(rb"Location: (\S+)", early)
        assert match is not None
        place = match[1].decode()
        sock.close()
        server.wait_for("http.request")
        offset = int(self.fields("-I", self.url + place)["upload-offset"])
        self.assertTrue(0 < offset <= MIB, offset)
        server.end()
        self.serve("--upload")
        self.assertEqual(self.fields("-I", self.url + place)["upload-offset"], str(offset))
        self.assertEqual(self.fields("-I", self.url + place)["upload-length"], str(len(data)))
        (self.folder / "rest").write_bytes(data[offset:])
        rest = ("--data-binary", f"@{self.folder / 'rest'}", "-H", "Content-Type: application/partial-upload")
        told = self.fields(
            "-X", "PATCH", *rest, "-H", "Upload-Offset: 1", "-H", "Upload-Complete: ?1", self.url + place
        )
        self.assertEqual(told["upload-offset"], str(offset))
        argv = ("-X", "PATCH", *rest, "-H", f"Upload-Offset: {offset}", "-H", "Upload-Complete: ?1")
        self.assertEqual(self.ask(*argv, self.url + place)[0], 201)
        self.assertEqual((self.root / "new").read_bytes() == data, True)
        self.assertEqual(self.left(), [])
        self.assertEqual(self.server.wait_for("http.request", 4)[0]["url.full"], "/new?upload-token=***")

    def test_by_curl_alone(self) -> None:
        """`curl -X PATCH -T` goes on where HEAD says, without a token."""
        self.serve("--upload")
        data = os.urandom(2 * MIB)
        sock = self.begin(f"PATCH /new HTTP/1.1\nUpload-Offset: 0\nContent-Length: {len(data)}\n", data[:MIB])
        sock.close()
        self.server.wait_for("http.request")
        offset = int(self.fields("-I", f"{self.url}/new?upload")["upload-offset"])
        self.assertEqual(self.put("new", data[offset:], "-X", "PATCH", "-H", f"Upload-Offset: {offset}"), 201)
        self.assertEqual((self.root / "new").read_bytes() == data, True)

    def test_who_goes_on_ends_who_hangs(self) -> None:
        """A connection that still writes, or seems to, is cut by the one that goes on."""
        self.serve("--upload")
        hanging = self.begin("PATCH /new HTTP/1.1\nUpload-Offset: 0\nContent-Length: 9\n", b"one")
        deadline = time.monotonic() + SECONDS
        while not self.left() or os.path.getsize(self.left()[0]) < 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        self.assertEqual(self.fields("-I", f"{self.url}/new?upload")["upload-offset"], "3")
        try:
            self.assertEqual(everything(hanging), b"")
        except ConnectionResetError:
            pass
        self.assertEqual(self.put("new", b"two", "-X", "PATCH", "-H", "Upload-Offset: 3"), 201)
        self.assertEqual((self.root / "new").read_bytes(), b"onetwo")


class SpaceTests(WritingTestCase):
    """Disks and quotas that end."""

    def test_a_full_disk(self) -> None:
        """A disk that is full is 507 while the body comes, and nothing of it stays."""
        small = self.root / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True)
        if mounted.returncode:
            raise SkipTest("no file system may be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(small)], check=False)
        self.serve("--upload", "--min-free", "0")
        for argv in (
            ("-H", "Transfer-Encoding: chunked"),
            ("-H", "Upload-Complete: ?1", "-H", "Transfer-Encoding: chunked"),
            (),
        ):
            self.assertEqual(self.put("small/new", bytes(2 * MIB), *argv), 507)
            self.until_nothing_is_left(small)
        done = self.ask("-F", f"f=@{self.folder / 'sent'};filename=form", f"{self.url}/small/")
        self.assertEqual(done[0], 507)
        self.until_nothing_is_left(small)
        self.assertEqual(self.put("small/fits", bytes(MIB // 2)), 201)
        self.assertEqual(os.listdir(small), ["fits"])

    def test_before_it_comes(self) -> None:
        """What will not fit is refused before curl sends it."""
        self.serve("--upload", "--quota", "1MiB", "--min-free", "0")
        (self.folder / "sent").write_bytes(bytes(2 * MIB))
        done = self.curl("-v", "-T", str(self.folder / "sent"), "-H", "Expect: 100-continue", f"{self.url}/new")
        self.assertIn(b"507 Insufficient Storage", done.stderr)
        self.assertNotIn(b"100 Continue", done.stderr)
        self.assertEqual(self.put("new", bytes(2 * MIB), "-H", "Transfer-Encoding: chunked"), 507)
        self.assertEqual(self.put("new", bytes(MIB)), 201)
        self.assertEqual(self.put("more", b"x"), 507)

    def test_too_little_free(self) -> None:
        """What has to stay free does."""
        self.serve("--upload", "--min-free", "900000GiB")
        self.assertEqual(self.put("new", b"x"), 507)


class ModifyTests(WritingTestCase):
    """What is there already."""

    def test_a_life(self) -> None:
        """A directory is made, filled, moved, and deleted."""
        self.serve("--upload", "--modify")
        ask = lambda method, path, *argv: self.ask("-X", method, *argv, self.url + path)[0]  # noqa: E731 (for this test)
        self.assertEqual(ask("MKCOL", "/one"), 201)
        self.assertEqual(self.put("one/two/file", b"x"), 201)
        self.assertEqual(ask("MOVE", "/one", "-H", f"Destination: {self.url}/moved"), 201)
        self.assertEqual(ask("COPY", "/moved/two/file", "-H", "Destination: /copy"), 201)
        self.assertEqual((self.root / "copy").read_bytes(), b"x")
        self.assertEqual(ask("DELETE", "/moved"), 409)
        self.assertEqual(ask("DELETE", "/moved", "-H", "Depth: infinity"), 204)
        self.assertFalse((self.root / "moved").exists())
        self.assertEqual(self.ask("-d", "action=delete&name=copy", f"{self.url}/")[0], 204)
        for path in ("/", "/../secret", "/out"):
            self.assertIn(ask("DELETE", path, "--path-as-is", "-H", "Depth: infinity"), (204, 400, 403, 404))
        self.assertEqual((self.folder / "secret").read_bytes(), b"secret")

    def test_without_leave(self) -> None:
        """With --upload alone nothing that is there changes."""
        self.serve("--upload")
        for argv in (["-X", "DELETE"], ["-X", "MOVE", "-H", "Destination: /x"], ["-T", str(self.root / "large")]):
            self.assertIn(self.ask(*argv, f"{self.url}/a.txt")[0], (405, 409))
        self.assertEqual((self.root / "a.txt").read_bytes(), b"hello\n")


class ArchiveTests(WritingTestCase):
    """Directories as one file."""

    def fetch(self, form: str) -> Path:
        """An archive of everything, as curl got it."""
        path = self.folder / f"got.{form}"
        done = self.curl("-D", str(self.folder / "head"), "-o", str(path), f"{self.url}/?archive={form}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def run_on(self, *argv: str) -> str:
        """What a tool says."""
        if shutil.which(argv[0]) is None:
            raise SkipTest(f"{argv[0]} is not installed")
        done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_zip(self) -> None:
        """unzip finds no fault; the length was told; times are kept; nothing from outside is in it."""
        self.serve()
        path = self.fetch("zip")
        self.assertIn("No errors detected", self.run_on("unzip", "-t", str(path)))
        self.assertIn(f"Content-Length: {path.stat().st_size}", (self.folder / "head").read_text())
        with zipfile.ZipFile(path) as archive:
            names = {name.partition("/")[2] for name in archive.namelist()}
            self.assertEqual(names, {"", "a.txt", "large", "sub/"})
            info = next(each for each in archive.infolist() if each.filename.endswith("a.txt"))
            self.assertEqual(info.date_time, time.localtime(1_000_000_000)[:6])

    def test_tar(self) -> None:
        """tar reads each of them."""
        self.serve()
        for form in ("tar", "tar.gz", "tar.zst"):
            listed = self.run_on("tar", "tf", str(self.fetch(form))).split()
            self.assertEqual({name.partition("/")[2] for name in listed}, {"", "a.txt", "large", "sub/"}, form)

    def test_memory_and_leaving(self) -> None:
        """A large archive needs no memory, and a client that leaves ends it."""
        with (self.root / "huge").open("wb") as file:
            file.truncate(400 * MIB)
        self.serve()
        self.fetch("zip")
        process = psutil.Process(self.server.process.pid)
        before = process.memory_info().rss
        self.fetch("zip")
        self.assertLess(process.memory_info().rss - before, 4 * MIB)
        sock = self.begin("GET /?archive=tar.gz HTTP/1.1\n", b"")
        sock.recv(4096)
        sock.close()
        self.server.wait_for("http.request", 3)
        deadline = time.monotonic() + SECONDS
        while any(each.path.endswith("huge") for each in process.open_files()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_not_offered(self) -> None:
        """With --no-archive there are none."""
        self.serve("--no-archive")
        status, body = self.ask("-H", "Accept: application/json", f"{self.url}/?archive=zip")
        self.assertEqual((status, json.loads(body)["path"]), (200, "/"))
