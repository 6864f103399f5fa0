"""Which reactor a process gets, and what it does not bring with it."""

from __future__ import annotations

import subprocess
import sys

from twisted.internet import tcp
from twisted.internet.interfaces import IReactorSSL, ITLSTransport
from twisted.internet.posixbase import PosixReactorBase
from twisted.trial.unittest import SynchronousTestCase

from tnet.runtime.reactor import DISPENSABLE, install, missing


class InstallTests(SynchronousTestCase):
    """Which reactor a process gets."""

    def test_one_that_is_there_stays(self) -> None:
        """Where somebody installed a reactor before us, that one is used, with all that it had."""
        self.assertIs(install(), sys.modules["twisted.internet.reactor"])
        self.assertTrue(IReactorSSL.implementedBy(PosixReactorBase))
        self.assertTrue(ITLSTransport.implementedBy(tcp.Connection))


class MissingTests(SynchronousTestCase):
    """Modules that cannot be imported for a while."""

    def test_only_inside_the_block(self) -> None:
        """What is missing inside can be imported afterwards, also when the block failed."""
        self.addCleanup(sys.modules.pop, "this", None)
        sys.modules.pop("antigravity", None)
        with self.assertRaises(ImportError), missing("antigravity"):
            import antigravity  # noqa: F401
        self.assertNotIn("antigravity", sys.modules)

    def test_what_is_there_stays(self) -> None:
        """A module that was imported before stays what it is."""
        with missing("sys"):
            import sys as again
        self.assertIs(again, sys)


class ContractTests(SynchronousTestCase):
    """What we use of Twisted without a promise: that it does without TLS, and is whole without."""

    def fresh(self, program: str) -> tuple[str, str]:
        """What a program prints in a process of its own, after it has installed our reactor."""
        before = "import sys; from tnet.runtime.reactor import DISPENSABLE, install; reactor = install()\n"
        done = subprocess.run(
            [sys.executable, "-c", before + program], capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip(), done.stderr

    def test_reactor_brings_no_tls(self) -> None:
        """Ours is the reactor, and neither OpenSSL nor a sign of our pretence came with it."""
        loaded = "{name.partition('.')[0] for name in sys.modules} & {'OpenSSL', 'cryptography', 'service_identity'}"
        said = self.fresh(f"print(type(reactor).__name__, {loaded}, {{*DISPENSABLE}} & {{*sys.modules}})")
        self.assertEqual(said, ("LeanEPollReactor set() set()", ""))

    def test_what_was_kept_out_comes_later(self) -> None:
        """It is still called so, and is whole for whoever imports it then."""
        names = ("twisted.internet.ssl.optionsForClientTLS", "twisted.protocols.tls.TLSMemoryBIOFactory")
        self.assertEqual({name.rpartition(".")[0] for name in names}, set(DISPENSABLE))
        imports = "".join(f"import {name}\n" for name in DISPENSABLE)
        self.assertEqual(self.fresh(f"{imports}print({'.__name__, '.join(names)}.__name__)")[1], "")

    def test_everything_of_ours_works_without(self) -> None:
        """Ports, transports, TLS and dialling pass their tests where Twisted's transports know no TLS."""
        tests = ("net.test_port", "net.test_transport", "net.test_dial", "net.tls.test_connection")
        argv = ["", *(f"tests.{name}" for name in tests)]
        _, said = self.fresh(f"import unittest; unittest.main(None, argv={argv})")
        self.assertIn("OK", said)
