"""`fetch` against real servers, good and bad, and through pipes."""

import hashlib
import os
import re
import select
import shutil
import socket
import ssl
import sys
import threading

from twisted.internet import reactor
from twisted.internet.defer import CancelledError
from twisted.internet.task import deferLater

from tests.certificates import make_authority, write_pair
from tests.end_to_end.fetching import MIB, OK, FetchCase
from tests.end_to_end.real_world import ThreadedServer, free_port, receive_until
from tnet.errors import (
    BodyCutShort,
    CannotWrite,
    CertificateRejected,
    ConnectFailed,
    EmptyReply,
    HttpStatusRefused,
    MalformedReply,
    NameNotResolved,
    OutputClosed,
    ReceiveFailed,
    TimedOut,
    TlsFailed,
    TnetError,
)
from tnet.events.kinds import ConnectionClosed, DialAttempted, DnsAnswered, HttpExchanged, SpanEnded, TlsHandshaken
from tnet.plans.fetch import Body, Keeping, Patience, Showing, Way
from tnet.plans.tls import TlsDialing


class PythonsServer(FetchCase):
    """`python -m http.server`: HTTP/1.0, which ends its bodies by closing."""

    def setUp(self):
        super().setUp()
        self.data = os.urandom(3 * MIB + 7)
        self.root = self.folder(blob=self.data)
        os.mkdir(os.path.join(self.root, "dir"))
        command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", self.root]
        port = re.search(rb"port (\d+)", self.run_beside(*command).stdout.readline())[1].decode()
        self.url = f"http://127.0.0.1:{port}"

    async def test_a_body_comes_out_exactly(self):
        """Every byte, in order, through a pipe."""
        self.assertEqual(await self.get(self.url + "/blob"), self.data)

    async def test_a_file_gets_its_name_when_it_is_complete(self):
        """And nothing is left beside it."""
        folder = self.folder()
        self.assertEqual(await self.get(self.url + "/blob", keeping=Keeping(path=os.path.join(folder, "mine"))), b"")
        self.assertEqual(os.listdir(folder), ["mine"])
        with open(os.path.join(folder, "mine"), "rb") as file:
            self.assertEqual(file.read(), self.data)

    async def test_its_redirect_is_followed(self):
        """A folder without its slash is somewhere else."""
        self.assertIn(b"Directory listing", await self.get(self.url + "/dir"))
        exchanges = [(event.status, event.url) for event in self.world.recorder.of(HttpExchanged)]
        self.assertEqual(exchanges, [(301, self.url + "/dir"), (200, self.url + "/dir/")])

    async def test_the_head_alone(self):
        """Its length is told, its body does not come."""
        head = await self.get(self.url + "/blob", method="HEAD", showing=Showing(parts="h"))
        self.assertTrue(head.startswith(b"HTTP/1.0 200 OK\r\n"))
        self.assertIn(b"Content-Length: %d\r\n" % len(self.data), head)

    async def test_fail(self):
        """404 is an error where it was asked to be one."""
        error = await self.fails(HttpStatusRefused, self.url + "/nowhere", fail=True)
        self.assertEqual((error.exit_status, error.code), (22, 404))

    async def test_the_story_has_every_phase(self):
        """From it the waterfall is drawn."""
        await self.get(self.url.replace("127.0.0.1", "localhost") + "/dir/")
        recorder = self.world.recorder
        for kind in (DnsAnswered, DialAttempted, HttpExchanged, ConnectionClosed):
            self.assertTrue(recorder.of(kind), kind)
        spans = recorder.of(SpanEnded)
        self.assertEqual(
            [(span.span, span.outcome) for span in spans][-3:], [(n, "ok") for n in ("send", "wait", "receive")]
        )
        self.assertEqual({record.request for record in recorder.records}, {1})
        self.assertEqual({record.conn for record in recorder.records[1:]}, {1})


NGINX = """
daemon off; master_process off; pid {root}/pid; error_log {root}/errors; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5; server_tokens off;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl; root {root};
    ssl_certificate {certificate}; ssl_certificate_key {key};
    client_max_body_size 100m;
    location /away {{ return 302 https://localhost:{tls_port}/blob; }}
    location /again {{ return 307 /put; }}
    location /loop {{ return 302 /loop; }}
    location /small {{ client_max_body_size 1k; proxy_pass http://127.0.0.1:{port}/put; }}
    location /put {{ return 200 "$request_method $content_length"; }}
    location /slow {{ limit_rate 1k; alias {root}/blob; }}
  }}
}}
"""


class Nginx(FetchCase):
    """nginx, over HTTP and HTTPS."""

    def setUp(self):
        super().setUp()
        program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        if program is None:
            self.skipTest("nginx is not installed")
        self.data = os.urandom(16 * MIB)
        root = self.folder(blob=self.data)
        authority = make_authority()
        certificate, key = write_pair(root, authority.leaf(["localhost"]))
        self.way = Way(tls=TlsDialing(ca_file=self.keep(root, "ca.pem", authority.pem)))
        self.port, self.tls_port = free_port(), free_port()
        self.url, self.tls_url = f"http://127.0.0.1:{self.port}", f"https://localhost:{self.tls_port}"
        with open(os.path.join(root, "conf"), "w") as file:
            file.write(
                NGINX.format(root=root, port=self.port, tls_port=self.tls_port, certificate=certificate, key=key)
            )
        self.run_beside(program, "-p", root, "-c", os.path.join(root, "conf"), "-e", os.path.join(root, "errors"))
        return self.until_it_listens()

    def until_it_listens(self, attempts=200):
        try:
            socket.create_connection(("127.0.0.1", self.tls_port), timeout=1).close()
        except OSError:
            if not attempts:
                raise
            return deferLater(reactor, 0.05, self.until_it_listens, attempts - 1)

    async def test_a_large_body_over_tls(self):
        """It is exact, and the handshake is in the story."""
        body = await self.get(self.tls_url + "/blob", way=self.way)
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(self.data).digest())
        (handshake,) = self.world.recorder.of(TlsHandshaken)
        self.assertEqual((handshake.outcome, handshake.tls_alpn), ("ok", "http/1.1"))

    async def test_an_authority_that_nobody_knows(self):
        """Not a byte of the request leaves."""
        error = await self.fails(CertificateRejected, self.tls_url + "/blob")
        self.assertEqual(error.exit_status, 60)
        self.assertEqual(self.world.recorder.of(SpanEnded), [])

    async def test_a_name_that_the_certificate_lacks(self):
        """127.0.0.1 is not localhost."""
        url = f"https://127.0.0.1:{self.tls_port}/"
        await self.fails(CertificateRejected, url, way=self.way)

    async def test_tls_towards_plain_http(self):
        """It is the handshake that fails."""
        error = await self.fails(TlsFailed, f"https://127.0.0.1:{self.port}/")
        self.assertEqual(error.exit_status, 35)

    async def test_a_redirect_into_tls(self):
        """Another origin: what could be secret stays behind."""
        body = await self.get(self.url + "/away", way=self.way, headers=(("X-Key", "k"),))
        self.assertEqual(len(body), len(self.data))

    async def test_a_large_upload(self):
        """From a file, over a redirect that wants it a second time."""
        path = os.path.join(self.folder(big=self.data), "big")
        body = await self.get(self.url + "/again", method="PUT", body=Body(path=path))
        self.assertEqual(body, b"PUT %d" % len(self.data))

    async def test_an_upload_that_is_refused_early(self):
        """The answer is read, although it comes while the body is still on its way."""
        error = await self.fails(
            HttpStatusRefused, self.url + "/small", method="POST", body=Body(data=self.data), fail=True
        )
        self.assertEqual(error.code, 413)

    async def test_going_in_circles(self):
        """Twenty times is enough."""
        error = await self.fails(TnetError, self.url + "/loop")
        self.assertEqual(error.exit_status, 47)
        self.assertEqual(len(self.world.recorder.of(HttpExchanged)), 21)

    async def test_a_slow_body_is_late(self):
        """The deadline holds to the last byte; the unfinished file goes where it is not to be gone on with."""
        folder, patience = self.folder(), Patience(total_seconds=1.5)
        keeping = Keeping(path=os.path.join(folder, "body"), keep_part=False)
        error = await self.fails(TimedOut, self.url + "/slow", patience=patience, keeping=keeping)
        self.assertEqual((error.phase, os.listdir(folder)), ("receiving the answer", []))


class Bad(FetchCase):
    """Servers that break the rules."""

    async def test_byte_by_byte(self):
        """However slowly it comes, it is read."""

        def dribble(peer):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n":
                peer.sendall(bytes([byte]))

        self.assertEqual(await self.get(self.server(dribble)), b"hello")

    async def test_what_is_no_response(self):
        """8 for what breaks HTTP, 52 for nothing, 18 for too little."""
        for said, kind in (
            (b"SSH-2.0-OpenSSH_9.6\r\n", MalformedReply),
            (b"<html>hello", MalformedReply),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", MalformedReply),
            (b"HTTP/1.1 101 Switching\r\n\r\n", MalformedReply),
            (b"", EmptyReply),
            (OK[:-1], BodyCutShort),
        ):
            await self.fails(kind, self.says(said))

    async def test_an_endless_header(self):
        """Case 34: it is refused long before memory is full."""

        def flood(peer):
            peer.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(1000):
                peer.sendall(b"X-Flood: " + b"x" * 1000 + b"\r\n")

        error = await self.fails(ReceiveFailed, self.server(flood))
        self.assertEqual(error.exit_status, 56)

    async def test_a_reset(self):
        """56, with the system's reason."""

        def reset(peer):
            peer.sendall(OK[:-1])
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()

        error = await self.fails(ReceiveFailed, self.server(reset))
        self.assertEqual(error.exit_status, 56)
        self.assertIn("reset", str(error).lower())

    async def test_silence(self):
        """The deadline names what was waited for."""
        patience = Patience(total_seconds=1)
        error = await self.fails(TimedOut, self.server(lambda peer: self.over.wait(10)), patience=patience)
        self.assertEqual(error.phase, "waiting for the answer")

    async def test_cancelling(self):
        """The connection ends with the job."""
        asked = threading.Event()

        def wait(peer):
            asked.set()
            self.over.wait(10)

        running = self.start(self.server(wait))
        await self.until(asked.is_set)
        running.cancel()
        await self.assertFailure(running, CancelledError)
        self.assertEqual(len(self.world.recorder.of(ConnectionClosed)), 1)

    async def test_nobody_there(self):
        """7, with every address that was tried."""
        error = await self.fails(ConnectFailed, f"http://localhost:{free_port()}/")
        self.assertEqual(error.exit_status, 7)
        self.assertTrue(error.attempts)

    async def test_a_name_that_is_none(self):
        """6, before anybody is asked."""
        error = await self.fails(NameNotResolved, f"http://{'x' * 64}.example/")
        self.assertEqual(error.exit_status, 6)


class Flow(FetchCase):
    """Both ends at their own speed."""

    async def test_a_server_that_answers_while_it_reads(self):
        """An echo of any length does not lock up."""
        data = os.urandom(8 * MIB)

        def echo(peer):
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data))
            left = len(data)
            while left and (piece := peer.recv(65536)):
                peer.sendall(piece)
                left -= len(piece)

        path = os.path.join(self.folder(data=data), "data")
        self.assertEqual(await self.get(self.server(echo), method="POST", body=Body(path=path)), data)

    async def test_a_slow_reader_slows_the_server(self):
        """What nobody takes from stdout is not piled up in memory."""
        sent = []

        def pour(peer):
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                peer.sendall(b"x" * 65536)
                sent.append(65536)

        reading, writing = os.pipe()
        running = self.start(self.server(pour), stdout=writing)
        before = -1
        while before != len(sent):
            before = len(sent)
            await deferLater(reactor, 0.3)
        self.assertGreater(before, 0)
        self.assertLess(sum(sent), 32 * MIB)
        os.close(reading)
        await self.assertFailure(running, OutputClosed)
        os.close(writing)

    async def test_a_reader_that_leaves(self):
        """`| head -1` ends the fetch with 141, even while the server is silent."""

        def once(peer):
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\nline\n")
            self.over.wait(10)

        reading, writing = os.pipe()
        running = self.start(self.server(once), stdout=writing)
        await self.until(lambda: select.select([reading], [], [], 0)[0])
        self.assertEqual(os.read(reading, 100), b"line\n")
        os.close(reading)
        error = await self.assertFailure(running, OutputClosed)
        self.assertEqual(error.exit_status, 141)
        os.close(writing)

    async def test_a_full_disk(self):
        """23, with the system's reason; nothing is left."""
        error = await self.fails(CannotWrite, self.says(OK), keeping=Keeping(path="/dev/full"))
        self.assertEqual((error.exit_status, error.reason), (23, "No space left on device"))

    async def test_an_upload_from_a_fifo_without_a_writer(self):
        """It is not the network that is late."""
        path = os.path.join(self.folder(), "fifo")
        os.mkfifo(path)
        patience = Patience(total_seconds=0.3)
        error = await self.fails(TimedOut, self.says(OK), method="POST", body=Body(path=path), patience=patience)
        self.assertEqual(error.phase, "opening the body")
        os.close(os.open(path, os.O_WRONLY))

    async def test_an_upload_from_a_fifo(self):
        """Without a length it goes in chunks."""

        def listen(peer):
            while not self.heard[0].endswith(b"0\r\n\r\n"):
                self.heard[0] += peer.recv(1000)
            peer.sendall(OK)

        path = os.path.join(self.folder(), "fifo")
        os.mkfifo(path)

        def write():
            with open(path, "wb") as file:
                file.write(b"from a fifo")

        writer = threading.Thread(target=write)
        writer.start()
        self.assertEqual(await self.get(self.server(listen), method="POST", body=Body(path=path)), b"hello")
        writer.join(5)
        self.assertIn(b"b\r\nfrom a fifo\r\n0\r\n\r\n", self.heard[0])


class Tls(FetchCase):
    """What a TLS server can do wrong, after a good handshake."""

    def setUp(self):
        super().setUp()
        folder = self.folder()
        authority = make_authority()
        certificate, key = write_pair(folder, authority.leaf(["localhost"]))
        self.way = Way(tls=TlsDialing(ca_file=self.keep(folder, "ca.pem", authority.pem)))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate, key)

    def tls_server(self, talk):
        def secured(peer):
            with self.context.wrap_socket(peer, server_side=True) as session:
                receive_until(session, b"\r\n\r\n")
                talk(session)

        return f"https://localhost:{ThreadedServer(self, secured).port}/"

    async def test_an_end_in_good_order(self):
        """close_notify completes a body without length."""

        def talk(session):
            session.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello")
            session.unwrap()

        self.assertEqual(await self.get(self.tls_server(talk), way=self.way), b"hello")

    async def test_a_cut(self):
        """Without close_notify the body may be cut: that is an error."""

        def talk(session):
            session.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello")
            session.shutdown(socket.SHUT_RDWR)

        await self.fails(ReceiveFailed, self.tls_server(talk), way=self.way)
        self.assertEqual(self.pipe.data(), b"hello")

    async def test_a_cut_after_a_complete_body(self):
        """Its length says that nothing is missing."""

        def talk(session):
            session.sendall(OK)
            session.shutdown(socket.SHUT_RDWR)

        self.assertEqual(await self.get(self.tls_server(talk), way=self.way), b"hello")
