"""What a terminal gets of the story and the answer: no orders from the other side, and colour where it is wanted."""

import contextlib
import os
import re
import ssl
import subprocess
import threading
from pathlib import Path

from tests.certificates import make_authority, write_pair
from tests.end_to_end.command import PATIENCE_SECONDS, TNET, environment
from tests.end_to_end.fetching import FetchCase
from tests.end_to_end.real_world import ThreadedServer, receive_until

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2066\x7f".encode()
HEADER = "\x9b2J\u202e".encode() + b"\x9b2J"
MARKUP = b"[red]x[/] [/b] [link=javascript:x]y[/link] :smile:"
ORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COLOR = re.compile(r"\x1b\[[0-9;]*m")
COLOR_VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLORTERM", "CI")
JSON = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'


class Case(FetchCase):
    """Each command has a terminal of its own."""

    def look(self, *words, stdout=None, stderr=None, **variables):
        """The exit status of `tnet fetch`, and what the terminal gets that is both its outputs but for those given."""
        home = environment(Path(self.mktemp()))
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            [*TNET, "fetch", *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout or theirs,
            stderr=stderr or theirs,
            env={name: value for name, value in home.items() if name not in COLOR_VARIABLES}
            | {"TERM": "xterm"}
            | variables,
        )
        os.close(theirs)
        watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
        watchdog.start()
        screen = b""
        with contextlib.suppress(OSError):
            while data := os.read(ours, 1 << 16):
                screen += data
        os.close(ours)
        status = process.wait()
        watchdog.cancel()
        return status, screen.replace(b"\r\n", b"\n").decode()

    def assert_harmless(self, screen):
        """A terminal obeys nothing of it but colours."""
        self.assertEqual(ORDERS.findall(COLOR.sub("", screen)), [], screen)


class Orders(Case):
    """Text from the other side, wherever it may turn up."""

    def test_heads(self):
        """Cases 44 and 45: neither the status nor a header is obeyed, taken for markup, or an accident."""
        for answer, expected in (
            (b"HTTP/1.1 200 %b\r\nX-A: %b\r\nContent-Type: %b\r\n\r\nx" % (HEADER, HEADER, HEADER), 0),
            (b"HTTP/1.1 200 %b\r\nServer: %b\r\nContent-Type: [/b]\r\n\r\nx" % (MARKUP, MARKUP), 0),
            (b"HTTP/1.1 404 %b\r\nContent-Length: 0\r\n\r\n" % (HEADER + MARKUP), 22),
        ):
            status, screen = self.look("-v", "-i", "--fail", self.says(answer))
            self.assertEqual(status, expected, screen)
            self.assert_harmless(screen)
            if MARKUP in answer:
                self.assertIn(MARKUP.decode(), COLOR.sub("", screen))

    def test_errors(self):
        """Cases 44 and 45: what an error quotes of an answer is as harmless."""
        for answer, expected in (
            (b"HTTP/1.1 %b\r\n\r\n" % HOSTILE, 8),
            (b"HTTP/1.1 200 OK\r\n%b: x\r\n\r\n" % HOSTILE, 8),
            (b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % MARKUP, 8),
            (b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\n\r\n" % HEADER, 61),
            (b'HTTP/1.1 401 x\r\nWWW-Authenticate: New realm="%b"\r\nContent-Length: 0\r\n\r\n' % HEADER, 67),
            (b"HTTP/1.1 302 x\r\nLocation: http://%b/\r\nContent-Length: 0\r\n\r\n" % HEADER, 47),
        ):
            words = ("--compressed", "-a", "u:p", "-A", "digest", "--max-redirects", "2", self.says(answer))
            status, screen = self.look(*words)
            self.assertEqual(status, expected, (answer, screen))
            self.assert_harmless(screen)

    def test_certificates(self):
        """Case 44: nor are the names in a certificate, refused or not."""
        folder = self.folder()
        name = "\x1b]0;owned\x07 [/b] \u202eb\x9b"
        authority = make_authority(f"CA {name}")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*write_pair(folder, authority.leaf(["localhost"], common_name=name)))

        def secured(peer):
            with context.wrap_socket(peer, server_side=True) as session:
                receive_until(session, b"\r\n\r\n")
                session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        url = f"https://localhost:{ThreadedServer(self, secured).port}/"
        ca = self.keep(folder, "ca.pem", authority.pem)
        for words, expected in (((), 60), (("-v", "--insecure"), 0), (("-vv", "--ca", ca), 0)):
            status, screen = self.look(*words, url)
            self.assertEqual(status, expected, screen)
            self.assert_harmless(screen)

    def test_file_names(self):
        """Cases 22 and 44: nor is a name that the server gives to a file; on disk it is harmless as well."""
        folder = self.folder()
        for field, path in (
            (b"filename*=UTF-8''%1B%5D0%3Bx%07%C2%9B2J%E2%80%AEtxt.exe", ""),
            (b'filename="[/b]\xe2\x80\xae\xc2\x9b2J"', ""),
            (b"size=1", "%1B%5D0;x%07%C2%9B2J%E2%80%AE"),
        ):
            answer = b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; %b\r\nContent-Length: 1\r\n\r\nx" % field
            words = ("--output", "plain", "-v", "-O", "--output-dir", folder, self.says(answer) + path)
            status, screen = self.look(*words)
            self.assertEqual(status, 0, screen)
            self.assert_harmless(screen)
        for name in os.listdir(folder):
            self.assert_harmless(name)
        self.assertEqual(len(os.listdir(folder)), 3)

    def test_write_out_and_report(self):
        """Case 44: nor what is told afterwards of the answer."""
        answer = b"HTTP/1.1 200 OK\r\nX: %b\r\nContent-Type: %b\r\nContent-Length: 1\r\n\r\nx" % (HEADER, HEADER)
        for words in (("-w", "%{content_type} %header{x} %{header_json} %{json}\\n"), ("--report", "json")):
            status, screen = self.look(*words, self.says(answer))
            self.assertEqual(status, 0, screen)
            self.assert_harmless(screen)

    def test_events(self):
        """Case 44: JSON Lines stay pure ASCII, or escaped, on a terminal too."""
        answer = b"HTTP/1.1 200 %b\r\nX: %b\r\nContent-Length: 0\r\n\r\n" % (HEADER, HEADER)
        status, screen = self.look("--output", "json", self.says(answer))
        self.assertEqual(status, 0)
        self.assert_harmless(screen)

    def test_a_pipe_gets_what_came(self):
        """Cases 26 and 44: with the story on a terminal, standard output in a pipe is exact."""
        reading, writing = os.pipe()
        status, screen = self.look(self.says(b"HTTP/1.1 200 OK\r\n\r\n" + HOSTILE), stdout=writing)
        os.close(writing)
        with open(reading, "rb") as pipe:
            self.assertEqual((status, pipe.read()), (0, HOSTILE), screen)


class Colors(Case):
    """When there is colour."""

    def test_rules(self):
        """Case 47: --color goes first, then NO_COLOR, FORCE_COLOR, TERM=dumb; a terminal is coloured by itself."""
        for colored, words, variables in (
            (True, (), {}),
            (True, (), {"NO_COLOR": ""}),
            (False, (), {"NO_COLOR": "1"}),
            (False, (), {"TERM": "dumb"}),
            (False, (), {"CLICOLOR": "0"}),
            (False, (), {"NO_COLOR": "1", "FORCE_COLOR": "1"}),
            (True, (), {"TERM": "dumb", "FORCE_COLOR": "1"}),
            (True, ("--color", "always"), {"NO_COLOR": "1"}),
            (False, ("--color", "never"), {"FORCE_COLOR": "1"}),
        ):
            status, screen = self.look("-v", *words, self.says(JSON), **variables)
            self.assertEqual(status, 0, screen)
            self.assertEqual(COLOR.search(screen) is not None, colored, (words, variables, screen))
            self.assertIn('{\n    "a": 1\n}\n', COLOR.sub("", screen))

    def test_pipes(self):
        """Case 47: neither output is coloured in a pipe, unless it is wanted; a body is never."""
        for colored, words, variables in (
            (False, (), {}),
            (True, (), {"FORCE_COLOR": "1"}),
            (True, ("--color", "always"), {}),
        ):
            process = subprocess.run(
                [*TNET, "fetch", "-v", *words, self.says(JSON)],
                capture_output=True,
                env={name: value for name, value in os.environ.items() if name not in COLOR_VARIABLES} | variables,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
            self.assertEqual(process.stdout, b'{"a":1}')
            self.assertEqual(COLOR.search(process.stderr.decode()) is not None, colored, process.stderr)
            self.assertNotIn(b"\r", process.stderr)

    def test_each_output_for_itself(self):
        """Case 47: a story in a pipe is plain, while the body beside it is coloured, and the other way round."""
        for aside in ("stdout", "stderr"):
            reading, writing = os.pipe()
            status, screen = self.look("-v", self.says(JSON), **{aside: writing})
            os.close(writing)
            with open(reading, "rb") as pipe:
                self.assertNotIn(b"\x1b", pipe.read())
            self.assertEqual((status, COLOR.search(screen) is not None), (0, True), screen)
