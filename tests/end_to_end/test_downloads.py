"""Downloads by real `tnet` processes from nginx: killed, resumed, split, raced, and without room for them."""

import hashlib
import json
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.end_to_end.command import TNET, Running, environment
from tests.end_to_end.real_world import free_port

MIB = 1 << 20
SIZE = 3 * MIB + 12_345
KILLS, CHAINS = 50, 5
SECONDS = 60.0

NGINX = """
daemon off; master_process off; pid {root}/pid; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off; default_type application/octet-stream;
    client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
    uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
    server {{
        listen 127.0.0.1:{port};
        location / {{ root {root}/www; }}
        location /slow/ {{ alias {root}/www/; limit_rate 2m; }}
        location /whole/ {{ alias {root}/www/; max_ranges 0; limit_rate 2m; }}
    }}
}}
"""


class Downloads(TestCase):
    """What is at the URL and what is in the file are the same, or there is no file."""

    def setUp(self):
        program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        if program is None:
            self.skipTest("nginx is not installed")
        self.root = Path(self.mktemp()).absolute()
        (self.root / "www").mkdir(parents=True)
        self.folder = self.root / "here"
        self.folder.mkdir()
        self.port = free_port()
        conf = self.root / "conf"
        conf.write_text(NGINX.format(root=self.root, port=self.port))
        nginx = subprocess.Popen([program, "-p", self.root, "-c", conf, "-e", self.root / "errors"])
        self.addCleanup(nginx.wait, 10)
        self.addCleanup(nginx.terminate)
        self.wait_until(self.listens)

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def wait_until(self, happened):
        deadline = time.monotonic() + SECONDS
        while not (found := happened()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return found

    def publish(self, name, data, version=0):
        """Let the server have a file, as if it had been changed so many hours later; its SHA-256."""
        path = self.root / "www" / name
        path.with_suffix(".new").write_bytes(data)
        os.utime(path.with_suffix(".new"), (1_700_000_000 + 3600 * version,) * 2)
        path.with_suffix(".new").rename(path)
        return hashlib.sha256(data).hexdigest()

    def argv(self, *words):
        return ["fetch", "--output", "json", "--output-dir", str(self.folder), *words]

    def start(self, *words, **more):
        argv = [*TNET, *self.argv(*words)]
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(self.root / "home"), **more
        )

    def fetch(self, *words, **more):
        """The exit status and the events of a whole run."""
        process = self.start(*words, **more)
        _, stderr = process.communicate(timeout=SECONDS)
        return process.returncode, [json.loads(line) for line in stderr.splitlines()]

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def named(self, events, name):
        return [event for event in events if event["event"] == name]

    @property
    def names(self):
        return sorted(os.listdir(self.folder))

    # ── killed ──

    def test_killed_at_any_moment(self):
        """Case 25: after SIGKILL, fifty times, going on leads to the right checksum, and uses what was there."""
        with ThreadPoolExecutor(CHAINS) as pool:
            spared = list(pool.map(self.chain, range(CHAINS)))
        self.assertTrue(any(spared))
        self.assertEqual(self.names, [f"file{number}" for number in range(CHAINS)])

    def chain(self, number):
        """Kill runs that go on with one another until there were enough; how many bytes that were there they used."""
        chance, name = random.Random(number), f"file{number}"
        kills, version, spared = KILLS // CHAINS, 0, 0
        while True:
            data = chance.randbytes(SIZE)
            digest = self.publish(name, data, version)
            version += 1
            words = ("-o", name, "--resume", "--checksum", f"sha256:{digest}")
            while kills and (killed := self.killed(chance, self.url(f"slow/{name}"), *words)):
                kills -= 1
                if chance.random() < 0.2:
                    break
            if kills and killed:
                continue
            status, events = self.fetch(self.url(f"slow/{name}"), *words)
            self.assertEqual(status, 0, events)
            spared += self.named(events, "transfer.start")[-1]["offset_bytes"]
            self.assertEqual((self.folder / name).read_bytes(), data)
            if not kills:
                return spared

    def killed(self, chance, *words):
        """Whether a run was still at it when it was killed, some time after its body began."""
        run = Running(self, self.root / "home", *self.argv(*words))
        self.wait_until(lambda: run.process.poll() is not None or b'"transfer.start"' in run.story.read_bytes())
        try:
            run.process.wait(chance.uniform(0, 1.4))
        except subprocess.TimeoutExpired:
            run.kill()
        return run.process.returncode == -9

    def test_it_changes_meanwhile(self):
        """Case 27: what was there is of another version, so everything is fetched anew."""
        self.publish("file", os.urandom(SIZE))
        self.assertTrue(self.killed_at(MIB, self.url("slow/file"), "-o", "file"))
        data = os.urandom(SIZE)
        self.publish("file", data, 1)
        status, events = self.fetch(self.url("slow/file"), "-o", "file", "--resume")
        self.assertEqual((status, self.named(events, "transfer.start")[0]["offset_bytes"]), (0, 0))
        self.assertEqual((self.names, (self.folder / "file").read_bytes()), (["file"], data))

    def test_a_server_that_has_no_ranges_any_more(self):
        """Case 27: it sends everything, and that is taken."""
        data = os.urandom(SIZE)
        self.publish("file", data)
        self.assertTrue(self.killed_at(MIB, self.url("whole/file"), "-o", "file"))
        status, _ = self.fetch(self.url("whole/file"), "-o", "file", "--resume")
        self.assertEqual((status, (self.folder / "file").read_bytes()), (0, data))

    def killed_at(self, count, *words):
        """Whether a run was killed when the sidecar vouched for so many bytes."""
        sidecar, process = self.folder / ".file.part.json", self.start(*words)
        self.wait_until(lambda: process.poll() is not None or self.vouched(sidecar) >= count)
        process.kill()
        process.communicate()
        return process.returncode == -9

    def vouched(self, sidecar):
        if not sidecar.exists():
            return 0
        return sum(end - start for start, end in json.loads(sidecar.read_text())["done"])

    # ── interrupted ──

    def test_interrupted(self):
        """SIGINT leaves what came, and says how to go on."""
        data = os.urandom(SIZE)
        self.publish("file", data)
        process = self.start(self.url("slow/file"), "-O")
        self.wait_until(lambda: self.vouched(self.folder / ".file.part.json") >= MIB)
        process.send_signal(2)
        stderr = process.communicate(timeout=SECONDS)[1].decode()
        self.assertEqual(process.returncode, 130)
        kept = int(re.search(r"(\d+) bytes stay in", stderr)[1])
        self.assertIn("--resume", stderr)
        status, events = self.fetch(self.url("slow/file"), "-O", "--resume")
        self.assertEqual((status, self.named(events, "transfer.start")[0]["offset_bytes"]), (0, kept))
        self.assertEqual((self.folder / "file").read_bytes(), data)

    # ── split ──

    def test_segments(self):
        """A server that is slow on each connection is asked on several, and what comes fits together."""
        data = os.urandom(24 * MIB)
        digest = self.publish("file", data)
        status, events = self.fetch(self.url("slow/file"), "-O", "--segments", "8", "--checksum", f"sha256:{digest}")
        self.assertEqual((status, self.names), (0, ["file"]))
        self.assertEqual((self.folder / "file").read_bytes(), data)
        causes = [event["cause"] for event in self.named(events, "http.begin")]
        self.assertEqual(causes[0], "first")
        self.assertIn("segment", causes)

    def test_segments_that_are_killed(self):
        """Their map is kept: what any of them brought is not fetched again."""
        data = os.urandom(24 * MIB)
        digest = self.publish("file", data)
        words = ("-o", "file", "--segments", "8", "--resume", "--checksum", f"sha256:{digest}")
        self.assertTrue(self.killed_at(14 * MIB, self.url("slow/file"), *words))
        done = json.loads((self.folder / ".file.part.json").read_text())["done"]
        self.assertGreater(len(done), 1)
        status, events = self.fetch(self.url("slow/file"), *words)
        self.assertEqual(status, 0, events)
        self.assertGreater(self.named(events, "transfer.start")[0]["offset_bytes"], 14 * MIB - 1)
        self.assertEqual((self.folder / "file").read_bytes(), data)

    # ── mirrors ──

    def test_mirrors(self):
        """The first good answer wins; who is not there does not matter."""
        data = os.urandom(SIZE)
        self.publish("file", data)
        dead = f"http://127.0.0.1:{free_port()}/file"
        status, events = self.fetch("--race", dead, self.url("missing"), self.url("file"), "-O")
        self.assertEqual((status, self.names), (0, ["file"]), events)
        self.assertEqual((self.folder / "file").read_bytes(), data)

    # ── what fails ──

    def test_a_wrong_checksum(self):
        """Case 28: exit 112, and nothing is left."""
        self.publish("file", b"data")
        self.assertEqual(self.fetch(self.url("file"), "-O", "--checksum", "md5:" + "0" * 32)[0], 112)
        self.assertEqual(self.names, [])

    def test_no_more_room(self):
        """Case 29: exit 23; what fitted stays, and is gone on with where there is room."""
        data = os.urandom(SIZE)
        self.publish("file", data)

        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, 2 * MIB))

        self.assertEqual(self.fetch(self.url("slow/file"), "-O", preexec_fn=limited)[0], 23)
        self.assertEqual(self.names, [".file.part", ".file.part.json"])
        status, events = self.fetch(self.url("slow/file"), "-O", "--resume")
        self.assertEqual(status, 0)
        self.assertGreater(self.named(events, "transfer.start")[0]["offset_bytes"], 0)
        self.assertEqual((self.folder / "file").read_bytes(), data)

    def test_nothing_to_do(self):
        """Case 27: 416, and the file is as long as it should be: exit 0."""
        data = os.urandom(SIZE)
        self.publish("file", data)
        self.assertEqual(self.fetch(self.url("file"), "-O")[0], 0)
        status, events = self.fetch(self.url("file"), "-O", "--resume")
        self.assertEqual((status, self.named(events, "transfer.end")[0]["outcome"]), (0, "unchanged"))
        self.assertEqual(self.names, ["file"])
