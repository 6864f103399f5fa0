"""What every server takes: argv in, plan out."""

from __future__ import annotations

import ast
from typing import Any

from twisted.trial.unittest import TestCase

from tests.cli.serve.planned import plan
from tests.cli.test_main import said
from tnet.plans import FdAddress, Limits, TcpAddress, UnixAddress
from tnet.plans.tls import TlsServing


class AddressTests(TestCase):
    """Where a server listens."""

    def test_loopback_by_default(self) -> None:
        """Without a word about it, only this machine can reach the server, on the tool's own port."""
        for tool, port in (("echo", 8000), ("auth", 8000), ("web", 8080), ("ssh", 2222)):
            self.assertEqual(plan(tool).listen, (TcpAddress("localhost", port),))
            self.assertFalse(plan(tool).exposed)

    def test_public_is_every_address(self) -> None:
        """--public listens on every address, and the plan knows that it is exposed."""
        public = plan("echo", "--public", "-p", "7")
        self.assertEqual((public.listen, public.exposed), ((TcpAddress("*", 7),), True))

    def test_hosts_are_repeatable(self) -> None:
        """Each --host is one address; an outside one exposes the server."""
        hosts = plan("echo", "-H", "127.0.0.1", "-H", "[2001:db8::1]")
        self.assertEqual([address.host for address in hosts.listen], ["127.0.0.1", "2001:db8::1"])
        self.assertTrue(hosts.exposed)

    def test_endpoints(self) -> None:
        """--listen takes every kind of address, TLS of one leaving the others plain."""
        listen = ("--listen", "unix:/run/x", "--listen", "tls://[::1]:1", "--listen", "fd://3")
        self.assertEqual(
            plan("echo", *listen).listen, (UnixAddress("/run/x"), TcpAddress("::1", 1, True), FdAddress(3))
        )
        self.assertEqual(plan("echo", *listen).tls, TlsServing())


class OptionTests(TestCase):
    """What else a server takes."""

    def test_tls(self) -> None:
        """--tls secures every address; --cert and --key name the files and imply it."""
        self.assertEqual(plan("echo").tls, None)
        self.assertEqual(plan("echo", "--tls").tls, TlsServing())
        own = plan("echo", "--cert", "c", "--key", "k")
        self.assertEqual(own.tls, TlsServing(certificate_file="c", key_file="k"))
        self.assertTrue(own.listen[0].tls)

    def test_limits_with_units(self) -> None:
        """Durations take units; what is not given keeps the default that help shows."""
        limited = plan("echo", "--idle-timeout", "2m", "--drain-timeout", "250ms", "--max-per-peer", "0")
        self.assertEqual(limited.limits, Limits(idle_seconds=120, drain_seconds=0.25, max_per_peer=0))
        self.assertEqual(plan("echo").limits, Limits())

    def test_print_tac(self) -> None:
        """--print-tac prints a file that asks for the same command line, without itself, and starts nothing."""
        status, out, _ = said(["serve", "echo", "--port", "0", "--print-tac"])
        self.assertEqual(status, 0)
        self.assertIn("application = application_for(['serve', 'echo', '--port', '0'])", out)
        compile(out, "tnet.tac", "exec")

    def test_print_tac_of_any_words(self) -> None:
        """Whatever stands on the command line, the file is valid ASCII Python that asks for it."""
        for word in ('a"""b', "a'''b", "a\\", 'a"', "a\nb", "ä\udcff"):
            _, out, _ = said(["serve", "web", word, "--print-tac"])
            self.assertTrue(out.isascii(), word)
            call: Any = ast.parse(out).body[-1]
            self.assertEqual(ast.literal_eval(call.value.args[0]), ["serve", "web", word])
