"""`tnet connect` against real peers: who ends first, and what becomes of the bytes."""

from __future__ import annotations

import os
import random
import signal
import socket
import ssl
import subprocess
import threading
import time
from hashlib import sha256
from typing import Any

from tests.certificates import make_authority, write_pair
from tests.end_to_end.connecting import ConnectCase
from tests.end_to_end.peers import Peer, command, environment, everything, reset

MANY = random.Random(1).randbytes(20_000_000)
EVERY_BYTE = bytes(range(256))
AWKWARD_SIZES = (1, 8192, 16384, 16385, 65535, 65536, 65537)


class EndTests(ConnectCase):
    """Who ends first, and with which status."""

    def test_peer_answers_after_our_end(self) -> None:
        """C1: a peer that thinks about our input before it answers is waited for."""

        def script(sock: socket.socket) -> bytes:
            question = everything(sock)
            time.sleep(0.7)
            sock.sendall(b"answer to " + question)
            return question

        peer = Peer(script)
        done = self.connect(peer.target, input=b"question")
        self.assertEqual((done.returncode, done.stdout), (0, b"answer to question"))

    def test_peer_that_goes_on_is_not_cut(self) -> None:
        """C2: silence is counted from the peer's last word, not from our end."""

        def script(sock: socket.socket) -> None:
            everything(sock)
            for number in range(5):
                time.sleep(0.4)
                sock.sendall(b"%d" % number)

        done = self.connect(Peer(script).target, "--linger", "0.8", input=b"x")
        self.assertEqual((done.returncode, done.stdout), (0, b"01234"))

    def test_silent_peer_ends_after_linger(self) -> None:
        """C1: a peer that never closes is left after `--linger`, which is no error."""
        over = threading.Event()
        peer = Peer(lambda sock: (sock.sendall(b"hello"), over.wait(10)))
        self.addCleanup(over.set)
        done = self.connect(peer.target, "--linger", "0.5", stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout), (0, b"hello"))
        self.assertLess(self.seconds, 5)

    def test_peer_ends_while_our_input_is_open(self) -> None:
        """C3: the peer's end is ours, though nobody has ended standard input; what comes there later is not ours."""
        stdin = self.quiet_input()
        done = self.connect(Peer(lambda sock: sock.sendall(b"bye")).target, stdin=stdin)
        self.assertEqual((done.returncode, done.stdout), (0, b"bye"))
        self.assertLess(self.seconds, 5)
        os.write(self.writing, b"for somebody else")
        self.assertEqual(os.read(stdin, 100), b"for somebody else")

    def test_peer_that_only_listens_gets_everything(self) -> None:
        """C5: a peer that closes its half first still gets a file whole."""

        def script(sock: socket.socket) -> bytes:
            sock.shutdown(socket.SHUT_WR)
            time.sleep(0.3)
            return sha256(everything(sock)).digest()

        peer = Peer(script)
        with open(self.path("many", MANY), "rb") as file:
            done = self.connect(peer.target, stdin=file)
        self.assertEqual((done.returncode, peer.result), (0, sha256(MANY).digest()), done.stderr)

    def test_reset_keeps_what_came(self) -> None:
        """C23: a reset is 56 and says so; the bytes before it are written."""

        def script(sock: socket.socket) -> None:
            sock.sendall(b"half an ans")
            time.sleep(0.3)
            reset(sock)

        done = self.connect(Peer(script).target, stdin=self.quiet_input())
        self.assertEqual((done.returncode, done.stdout), (56, b"half an ans"))
        self.assertIn(b"reset by peer", done.stderr)

    def test_reset_while_we_send(self) -> None:
        """C23, C37: a peer that drops the connection under our hands is 55."""

        def script(sock: socket.socket) -> None:
            sock.recv(1)
            time.sleep(0.3)
            reset(sock)

        with open(self.path("many", MANY), "rb") as file:
            done = self.connect(Peer(script).target, stdin=file)
        self.assertEqual(done.returncode, 55)
        self.assertIn(b"reset by peer", done.stderr)

    def test_idle_connection_times_out(self) -> None:
        """`--idle-timeout` without a byte either way is 28."""
        over = threading.Event()
        self.addCleanup(over.set)
        peer = Peer(lambda _: over.wait(10))
        done = self.connect(peer.target, "--idle-timeout", "0.5", stdin=self.quiet_input())
        self.assertEqual((done.returncode, b"timed out" in done.stderr), (28, True))

    def test_no_shutdown_keeps_our_half_open(self) -> None:
        """With `--no-shutdown` the peer sees no end of file, and is listened to until it closes."""

        def script(sock: socket.socket) -> bytes:
            received = sock.recv(100)
            sock.settimeout(1)
            try:
                return received + sock.recv(100) + b"<end>"
            except TimeoutError:
                return received

        peer = Peer(script)
        done = self.connect(peer.target, "--no-shutdown", "--linger", "0.1", input=b"hello")
        self.assertEqual((done.returncode, peer.result), (0, b"hello"))

    def test_interrupt_and_termination(self) -> None:
        """C14: both signals close the connection cleanly, write what came, and give their status."""
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            peer = Peer(lambda sock: (sock.sendall(b"hello"), everything(sock))[1])
            process = self.start(peer.target, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert process.stdout is not None
            self.assertEqual(process.stdout.read(5), b"hello")
            process.send_signal(number)
            self.assertEqual(process.wait(5), status)
            self.assertEqual(peer.result, b"")

    def test_termination_with_a_peer_that_does_not_close(self) -> None:
        """C30: a peer that keeps its half open is waited for only a moment."""
        over = threading.Event()
        self.addCleanup(over.set)
        peer = Peer(lambda sock: (sock.sendall(b"hello"), over.wait(10)))
        process = self.start(peer.target, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout is not None
        self.assertEqual(process.stdout.read(5), b"hello")
        process.terminate()
        self.assertEqual(process.wait(5), 143)


class OutputTests(ConnectCase):
    """Standard output that is slow, closed, full or gone."""

    def test_closed_output_ends_at_once(self) -> None:
        """C11, C37: when the reader of our output leaves, we do too, though the peer is silent: 141, without a word."""
        over = threading.Event()
        self.addCleanup(over.set)
        peer = Peer(lambda sock: (sock.sendall(b"one\ntwo\n"), over.wait(10)))
        process = self.start(peer.target, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(5), 141)
        assert process.stderr is not None
        self.assertEqual(process.stderr.read(), b"")

    def test_slow_output_pauses_the_peer(self) -> None:
        """C10: a slow reader of ours loses nothing, and costs no memory."""
        import psutil

        peer = Peer(lambda sock: sock.sendall(MANY * 2))
        process = self.start(peer.target, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert process.stdout is not None
        digest = sha256(process.stdout.read(100_000))
        before = psutil.Process(process.pid).memory_info().rss
        time.sleep(0.5)
        self.assertLess(psutil.Process(process.pid).memory_info().rss - before, 4 << 20)
        while data := process.stdout.read(1 << 16):
            digest.update(data)
        self.assertEqual((process.wait(5), digest.digest()), (0, sha256(MANY * 2).digest()))

    def test_slow_output_is_not_silence(self) -> None:
        """C10: while our own reader keeps the peer waiting, `--linger` and `--idle-timeout` do not run."""
        peer = Peer(lambda sock: sock.sendall(MANY))
        words = (peer.target, "--linger", "0.3", "--idle-timeout", "0.3")
        process = self.start(*words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        time.sleep(1.5)
        assert process.stdout is not None
        self.assertEqual(sha256(process.stdout.read()).digest(), sha256(MANY).digest())
        self.assertEqual(process.wait(5), 0)

    def test_full_disk(self) -> None:
        """An output that takes no more is 23, with the system's reason."""
        with open("/dev/full", "wb") as full:
            done = self.connect(Peer(lambda sock: sock.sendall(b"x")).target, stdout=full, input=b"")
        self.assertEqual((done.returncode, b"No space left" in done.stderr), (23, True))

    def test_closed_at_the_start(self) -> None:
        """C12: closed descriptors are an empty input and a discarded output; no socket gets their number."""
        for closed, status in ((">&-", 0), ("<&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 0)):
            peer = Peer(lambda sock: (sock.sendall(b"hello"), sock.shutdown(socket.SHUT_WR), everything(sock))[2])
            words = " ".join(command("connect", peer.target))
            script = ["sh", "-c", f"echo in | {words} {closed}"]
            done = subprocess.run(script, env=environment(self.folder), capture_output=True, check=False, timeout=20)
            self.assertEqual(done.returncode, status, (closed, done.stderr))
            self.assertEqual(peer.result, b"" if "<&-" in closed else b"in\n")

    def test_output_to_a_file_keeps_the_offset(self) -> None:
        """What others wrote before us and after us stays."""
        path = self.path("out")
        peer = Peer(lambda sock: sock.sendall(MANY))
        words = " ".join(command("connect", peer.target, "-q"))
        script = ["sh", "-c", f"(echo before; {words} </dev/null; echo after) > {path}"]
        subprocess.run(script, env=environment(self.folder), check=True, timeout=20)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"before\n" + MANY + b"after\n")


class InputTests(ConnectCase):
    """Every kind of standard input."""

    def check(self, stdin: Any, expected: bytes) -> None:
        """The peer receives exactly `expected`, and an end of file."""
        peer = Peer(everything)
        done = self.connect(peer.target, stdin=stdin)
        self.assertEqual((done.returncode, peer.result == expected), (0, True), done.stderr)

    def test_file_from_its_offset(self) -> None:
        """C13: a file is read from where its descriptor stands."""
        with open(self.path("in", MANY), "rb", buffering=0) as file:
            file.seek(12_345)
            self.check(file, MANY[12_345:])

    def test_null(self) -> None:
        """C13: /dev/null is an empty input."""
        self.check(subprocess.DEVNULL, b"")

    def test_fifo_whose_writer_left(self) -> None:
        """C13: a FIFO is read to its end even if its writer is gone before we look."""
        path = os.path.join(self.folder, "fifo")
        os.mkfifo(path)
        writing = os.open(path, os.O_RDWR)
        reading = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, reading)
        os.write(writing, b"hello")
        os.close(writing)
        self.check(reading, b"hello")

    def test_socket(self) -> None:
        """C13, C15: a socket is read without being made non-blocking."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(b"hello")
            ours.shutdown(socket.SHUT_WR)
            self.check(theirs, b"hello")
            self.assertTrue(os.get_blocking(theirs.fileno()))

    def test_inherited_non_blocking_pipe(self) -> None:
        """C13, C15: a pipe that somebody else made non-blocking works, and stays so."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.set_blocking(reading, False)
        threading.Timer(0.5, lambda: (os.write(writing, b"late"), os.close(writing))).start()
        self.check(reading, b"late")
        self.assertFalse(os.get_blocking(reading))

    def test_unreadable(self) -> None:
        """What cannot be read is 26."""
        with open(self.path("out"), "ab") as file:
            done = self.connect(Peer(everything).target, stdin=file)
        self.assertEqual((done.returncode, b"cannot read standard input" in done.stderr), (26, True))

    def test_blocking_flags_stay(self) -> None:
        """C14, C15: the pipes that we share with others are blocking while we run and after we are killed."""
        reading, writing = os.pipe()
        out_reading, out_writing = os.pipe()
        for fd in (reading, writing, out_reading, out_writing):
            self.addCleanup(os.close, fd)
        peer = Peer(lambda sock: (sock.sendall(b"hello"), everything(sock))[1])
        process = self.start(peer.target, stdin=reading, stdout=out_writing)
        self.assertEqual(os.read(out_reading, 5), b"hello")
        self.assertTrue(os.get_blocking(reading) and os.get_blocking(out_writing))
        process.kill()
        process.wait()
        self.assertTrue(os.get_blocking(reading) and os.get_blocking(out_writing))


class ByteTests(ConnectCase):
    """Bytes are bytes."""

    def test_both_ways_at_once(self) -> None:
        """C6: 20 MB each way at the same time come through whole."""

        def script(sock: socket.socket) -> bytes:
            sending = threading.Thread(target=lambda: (sock.sendall(MANY[::-1]), sock.shutdown(socket.SHUT_WR)))
            sending.start()
            received = everything(sock)
            sending.join()
            return sha256(received).digest()

        peer = Peer(script)
        done = self.connect(peer.target, input=MANY)
        self.assertEqual((done.returncode, sha256(done.stdout).digest()), (0, sha256(MANY[::-1]).digest()))
        self.assertEqual(peer.result, sha256(MANY).digest())

    def test_awkward_sizes(self) -> None:
        """C16: every byte value, in every size at which something could be cut."""
        for size in AWKWARD_SIZES:
            data = (EVERY_BYTE * (size // 256 + 1))[:size]
            peer = Peer(lambda sock: sock.sendall(everything(sock)))
            done = self.connect(peer.target, input=data)
            self.assertEqual((done.returncode, done.stdout == data), (0, True), size)

    def test_line_ends(self) -> None:
        """C17: `--crlf` makes each LF a CR LF, and leaves those that are."""
        peer = Peer(everything)
        self.connect(peer.target, "--crlf", input=b"a\nb\r\nc\r\n\n")
        self.assertEqual(peer.result, b"a\r\nb\r\nc\r\n\r\n")

    def test_unix_socket(self) -> None:
        """A UNIX socket is a target as any other, with its half-close."""
        peer = Peer(lambda sock: sock.sendall(everything(sock)), path=os.path.join(self.folder, "s"))
        done = self.connect(peer.target, input=EVERY_BYTE)
        self.assertEqual((done.returncode, done.stdout), (0, EVERY_BYTE))


class TlsTests(ConnectCase):
    """The same under TLS, where many a peer drops its answer when it hears of our end."""

    def setUp(self) -> None:
        super().setUp()
        authority = make_authority()
        self.ca = self.path("ca.pem", authority.pem)
        self.certificate, self.key = write_pair(self.folder, authority.leaf(["127.0.0.1"]))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, self.key)

    def secure(self, peer: Peer, *words: str, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
        """The command over TLS, with our authority."""
        return self.connect(f"tls://{peer.target}", "--ca", self.ca, *words, **kwargs)

    def test_awkward_sizes(self) -> None:
        """C16: every byte value, in every size at which something could be cut."""
        for size in AWKWARD_SIZES:
            data = (EVERY_BYTE * (size // 256 + 1))[:size]
            peer = Peer(lambda sock, size=size: (sock.sendall(everything(sock, size)), sock.unwrap()), tls=self.context)
            done = self.secure(peer, input=data)
            self.assertEqual((done.returncode, done.stdout == data), (0, True), (size, done.stderr))

    def test_end_of_input_is_told_by_tls(self) -> None:
        """C33: the end of our input reaches the peer as close_notify after all of our bytes."""

        def script(sock: ssl.SSLSocket) -> bytes:
            received = everything(sock)
            sock.unwrap()
            return sha256(received).digest()

        peer = Peer(script, tls=self.context)
        done = self.secure(peer, "--linger", "0.3", input=MANY)
        self.assertEqual((done.returncode, peer.result), (0, sha256(MANY).digest()))

    def test_end_is_told_soon_after_the_answer(self) -> None:
        """C33: a peer that has answered hears of our end well before the linger is over, and may still go on."""

        def script(sock: ssl.SSLSocket) -> None:
            sock.sendall(everything(sock, 2))
            everything(sock)
            time.sleep(1)
            sock.sendall(b" and more")
            sock.unwrap()

        done = self.secure(Peer(script, tls=self.context), "--linger", "20", input=b"hi")
        self.assertEqual((done.returncode, done.stdout), (0, b"hi and more"), done.stderr)
        self.assertLess(self.seconds, 15)

    def test_late_answer_to_a_peer_that_closes_at_our_end(self) -> None:
        """C33: a peer that closes as soon as it hears of our end is not told before it has answered."""

        def script(sock: ssl.SSLSocket) -> None:
            sock.settimeout(2)
            try:
                everything(sock)
            except TimeoutError:
                sock.sendall(b"late")
            sock.settimeout(10)
            sock.unwrap()

        done = self.secure(Peer(script, tls=self.context), "--linger", "5", input=b"hi")
        self.assertEqual((done.returncode, done.stdout), (0, b"late"), done.stderr)

    def test_cut_is_no_clean_end(self) -> None:
        """C32: a TLS connection that ends without close_notify is 56; what came is written."""

        def script(sock: ssl.SSLSocket) -> None:
            sock.sendall(b"half an ans")
            os.close(sock.detach())

        peer = Peer(script, tls=self.context)
        done = self.secure(peer, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout), (56, b"half an ans"))
        self.assertIn(b"close_notify", done.stderr)

    def test_answer_after_the_end_is_whole(self) -> None:
        """C33: a peer that answers only our close_notify is heard to its end, however long it takes."""

        def script(sock: ssl.SSLSocket) -> None:
            everything(sock)
            for number in range(8):
                sock.sendall(b"%d" % number)
                time.sleep(0.8)
            sock.unwrap()

        done = self.secure(Peer(script, tls=self.context), "--linger", "0.2", input=b"x")
        self.assertEqual((done.returncode, done.stdout), (0, b"01234567"))

    def test_peer_that_never_closes(self) -> None:
        """C34: a peer that does not answer close_notify does not keep us."""
        over = threading.Event()
        self.addCleanup(over.set)
        peer = Peer(lambda _: over.wait(15), tls=self.context)
        done = self.secure(peer, "--linger", "0.3", stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0)
        self.assertLess(self.seconds, 6)

    def test_both_ways_at_once(self) -> None:
        """C6: 20 MB each way at the same time come through whole."""

        def script(sock: ssl.SSLSocket) -> bytes:
            received = bytearray()
            sent = 0
            sock.setblocking(False)
            reply = memoryview(MANY[::-1])
            while len(received) < len(MANY) or sent < len(MANY):
                for step in (lambda: received.extend(sock.recv(1 << 16)),):
                    try:
                        step()
                    except ssl.SSLWantReadError:
                        time.sleep(0.0005)
                try:
                    sent += sock.send(reply[sent : sent + 65536]) if sent < len(MANY) else 0
                except ssl.SSLWantWriteError:
                    pass
            sock.settimeout(10)
            sock.unwrap()
            return sha256(received).digest()

        peer = Peer(script, tls=self.context)
        done = self.secure(peer, "--linger", "5", input=MANY)
        self.assertEqual((done.returncode, sha256(done.stdout).digest()), (0, sha256(MANY[::-1]).digest()))
        self.assertEqual(peer.result, sha256(MANY).digest())
