"""Listening on real ports, paths and descriptors."""

from __future__ import annotations

import os
import resource
import socket
import stat
import time
from contextlib import ExitStack

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.real_world import RealWorld
from tnet.errors import CannotListen
from tnet.events.kinds import Logged
from tnet.net.listen import Bound, listen
from tnet.plans.addresses import EVERY_ADDRESS, FdAddress, ListenAddress, TcpAddress, UnixAddress
from tnet.servers.echo import EchoFactory

SECONDS = 20.0


class _Case(TestCase):
    def setUp(self) -> None:
        self.world = RealWorld()
        self.factory = EchoFactory()
        self.bound: list[Bound] = []
        self.path = os.path.relpath(self.mktemp())
        os.makedirs(os.path.dirname(self.path), exist_ok=True)

    async def tearDown(self) -> None:
        for one in self.bound:
            await one.stop()
        while self.factory.connected:
            for echo in tuple(self.factory.connected):
                echo.transport.abortConnection()
            await deferToThread(lambda: None)

    async def listen(self, address: ListenAddress) -> list[Bound]:
        """Listen, until the test is over."""
        bound = await listen(address, self.factory, self.world.context)
        self.bound += bound
        return bound

    async def refusal(self, address: ListenAddress) -> str:
        """Why that address cannot be listened on."""
        with self.assertRaises(CannotListen) as caught:
            await self.listen(address)
        return caught.exception.reason

    async def assertEchoes(self, address: ListenAddress) -> None:
        """Somebody who connects there is answered."""
        self.assertEqual(await deferToThread(self.ask, address), b"hello")

    def ask(self, address: ListenAddress) -> bytes:
        """Say hello: the answer."""
        unix = isinstance(address, UnixAddress)
        family = socket.AF_UNIX if unix else socket.AF_INET6 if ":" in address.host else socket.AF_INET
        with socket.socket(family) as client:
            client.settimeout(SECONDS)
            client.connect(address.path.replace("@", "\0", 1) if unix else (address.host, address.port))
            client.sendall(b"hello")
            return client.recv(5)


class TcpTests(_Case):
    """Ports."""

    async def test_busy(self) -> None:
        """A port that somebody has is refused in plain words."""
        (one,) = await self.listen(TcpAddress("127.0.0.1", 0))
        self.assertEqual(await self.refusal(one.address), "the port is in use")

    async def test_both_families(self) -> None:
        """Loopback, and everywhere, are both families on one port: an IPv6 socket does not take IPv4's place."""
        if not socket.has_ipv6:
            raise SkipTest("this Python has no IPv6")
        for host, count in (("localhost", 2), (EVERY_ADDRESS, 2)):
            bound = await self.listen(TcpAddress(host, 0))
            if len(bound) < count:
                raise SkipTest("this machine has no IPv6")
            self.assertEqual(len({one.address.port for one in bound}), 1)
        for one in self.bound[:2]:
            await self.assertEchoes(one.address)

    async def test_stop(self) -> None:
        """Once stopped the port is free."""
        (one,) = await self.listen(TcpAddress("127.0.0.1", 0))
        await one.stop()
        await self.listen(one.address)
        await self.assertEchoes(one.address)


class UnixTests(_Case):
    """Paths."""

    async def test_private_and_gone_after(self) -> None:
        """C26: the socket is its owner's alone, answers, and leaves no path."""
        (one,) = await self.listen(UnixAddress(self.path))
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        await self.assertEchoes(one.address)
        await one.stop()
        self.assertFalse(os.path.lexists(self.path))

    async def test_stale(self) -> None:
        """C26: a socket that nobody answers on is replaced."""
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(self.path)
        (one,) = await self.listen(UnixAddress(self.path))
        await self.assertEchoes(one.address)

    async def test_taken(self) -> None:
        """C26: one that somebody answers on is left alone, and goes on working."""
        (one,) = await self.listen(UnixAddress(self.path))
        self.assertEqual(await self.refusal(one.address), "another process listens there")
        await self.assertEchoes(one.address)

    async def test_taken_by_another_kind(self) -> None:
        """So is a datagram socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.bind(self.path)
            self.assertEqual(await self.refusal(UnixAddress(self.path)), "another process listens there")
        self.assertTrue(os.path.exists(self.path))

    async def test_other_files(self) -> None:
        """C26: a file, a folder or a link is never removed."""
        os.symlink("nowhere", f"{self.path}-link")
        os.mkdir(f"{self.path}-folder")
        with open(f"{self.path}-file", "w") as file:
            file.write("precious")
        for kind in ("link", "folder", "file"):
            reason = await self.refusal(UnixAddress(f"{self.path}-{kind}"))
            self.assertEqual(reason, "a file with that name is there, and it is not a socket")
            self.assertTrue(os.path.lexists(f"{self.path}-{kind}"))

    async def test_no_directory(self) -> None:
        """A directory that is missing is named as the reason."""
        self.assertEqual(await self.refusal(UnixAddress(f"{self.path}/x")), "its directory does not exist")

    async def test_path_that_changed_hands(self) -> None:
        """A path that is somebody else's by now is not removed when we stop."""
        (one,) = await self.listen(UnixAddress(self.path))
        os.unlink(self.path)
        with open(self.path, "w") as file:
            file.write("precious")
        await one.stop()
        self.assertTrue(os.path.exists(self.path))

    async def test_abstract(self) -> None:
        """C26: a name in the abstract namespace answers, is taken once, and is no file."""
        name = UnixAddress(f"@tnet-test-{os.getpid()}")
        (one,) = await self.listen(name)
        await self.assertEchoes(name)
        self.assertEqual(await self.refusal(name), "another process listens there")
        self.assertFalse(os.path.lexists(name.path))
        await one.stop()


class AdoptedTests(_Case):
    """Sockets from whoever started us."""

    async def test_tcp(self) -> None:
        """A listening TCP socket is served, its address is known, and our children do not inherit it."""
        with socket.create_server(("127.0.0.1", 0)) as given:
            port = given.getsockname()[1]
            fd = os.dup(given.fileno())
        os.set_inheritable(fd, True)
        (one,) = await self.listen(FdAddress(fd, tls=True))
        self.assertEqual(one.address, TcpAddress("127.0.0.1", port, tls=True))
        self.assertFalse(os.get_inheritable(fd))
        await self.assertEchoes(one.address)
        await one.stop()
        self.assertRaises(OSError, os.fstat, fd)

    async def test_unix(self) -> None:
        """A UNIX one too; its path and permissions are somebody else's affair."""
        with socket.socket(socket.AF_UNIX) as given:
            given.bind(self.path)
            os.chmod(self.path, 0o640)
            given.listen()
            fd = os.dup(given.fileno())
        (one,) = await self.listen(FdAddress(fd))
        self.assertEqual(one.address, UnixAddress(self.path))
        await self.assertEchoes(one.address)
        await one.stop()
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o640)

    async def test_what_is_not_one(self) -> None:
        """A descriptor that is closed, no socket, or not listening is refused and left open."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        with socket.socket() as idle:
            self.assertEqual(await self.refusal(FdAddress(999_999)), "no such descriptor is open")
            self.assertEqual(await self.refusal(FdAddress(reader)), "it is not a socket")
            self.assertEqual(await self.refusal(FdAddress(idle.fileno())), "it is not a listening stream socket")
            os.fstat(idle.fileno())


class ShortageTests(_Case):
    """Without descriptors."""

    async def test_survives(self) -> None:
        """C28: who connects without a descriptor left is closed at once; later peers are served; one warning."""
        (one,) = await self.listen(TcpAddress("127.0.0.1", 0))
        await self.assertEchoes(one.address)
        while self.factory.connected:  # its descriptor would be free again in the midst of the shortage
            await deferToThread(time.sleep, 0.01)
        clients = [socket.socket() for _ in range(3)]
        for client in clients:
            self.addCleanup(client.close)
            client.settimeout(SECONDS)
        with ExitStack() as shortage:
            self.use_up_descriptors(shortage)
            for client in clients:
                client.connect(("127.0.0.1", one.address.port))
            ends = [await deferToThread(client.recv, 1) for client in clients]
        self.assertEqual(ends, [b"", b"", b""])
        (warning,) = self.world.recorder.of(Logged)
        self.assertIn("turned away", warning.text)
        await self.assertEchoes(one.address)

    def use_up_descriptors(self, shortage: ExitStack) -> None:
        """Leave this process without a free descriptor until `shortage` is over."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        highest = max(int(name) for name in os.listdir("/proc/self/fd"))
        shortage.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 8, hard))
        try:
            while True:
                shortage.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return
