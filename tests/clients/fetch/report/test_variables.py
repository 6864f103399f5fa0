"""Tests for curl's variables."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import ASKED, Command, head, redirected_once
from tnet.clients.fetch.report.account import Account
from tnet.clients.fetch.report.variables import VARIABLES, Value, value_of
from tnet.errors import CertificateRejected, ConnectFailed
from tnet.events import kinds

_ASKED_BYTES = len(b"GET / HTTP/1.1\r\n\r\n") + sum(len(name) + len(value) + 4 for name, value in ASKED)


def _values(account: Account, *names: str) -> list[Value]:
    return [VARIABLES[name](account) for name in names]


class VariableTests(SynchronousTestCase):
    """`VARIABLES`, about one transfer."""

    def test_answer(self) -> None:
        """The answer is the last one of a chain; sizes of heads are those of all."""
        account = redirected_once().account()
        heads = sum(len(entry.facts.head.as_bytes()) for entry in account.chain if entry.facts.head)
        self.assertEqual(
            _values(
                account, "http_code", "response_code", "content_type", "num_headers", "http_version", "size_header"
            ),
            [200, 200, "text/plain", 3, "1.1", heads],
        )
        self.assertEqual(
            _values(account, "num_redirects", "num_connects", "size_download", "size_delivered", "speed_download"),
            [1, 2, 11, 11, int(11 / 0.182)],
        )
        self.assertEqual(
            _values(account, "url", "url_effective", "method"), ["http://h/", "https://h/to?a=1&b=", "GET"]
        )

    def test_certificates(self) -> None:
        """Each has a line; without TLS there is none."""
        command = Command()
        self.assertEqual(_values(command.account(), "num_certs", "certs"), [0, ""])
        command.begin(1, 0, "https://h/")
        handshake = kinds.TlsHandshaken(outcome="ok", seconds=0.03, chain=("CN=h", "CN=ca"))
        command.tell(30, handshake, 1, 1)
        command.answer(1, 30, 1, head())
        self.assertEqual(_values(command.account(), "num_certs", "certs"), [2, "CN=h\nCN=ca"])

    def test_sizes_of_requests(self) -> None:
        """What went out are heads, and the body of the last request."""
        command = Command()
        command.fetched()
        account = command.account()
        self.assertEqual(_values(account, "size_request", "size_upload"), [_ASKED_BYTES, 100 - _ASKED_BYTES])

    def test_way(self) -> None:
        """Both ends of the connection are known, and whether a proxy was in between."""
        command = Command()
        command.fetched()
        names = (
            "remote_ip",
            "remote_port",
            "local_ip",
            "local_port",
            "conn_id",
            "scheme",
            "proxy_used",
            "http_connect",
        )
        self.assertEqual(_values(command.account(), *names), ["192.0.2.1", 80, "127.0.0.1", 8000, 1, "http", 0, 0])

    def test_proxies(self) -> None:
        """A tunnel is a proxy, and so is one that passes requests on."""
        tunnelled, forwarded = Command(), Command()
        tunnelled.begin(1, 0, "http://h/")
        tunnelled.span("proxy", 1, 2, 1, 1)
        forwarded.fetched()
        forwarded.ledger.asked(1, ASKED, proxied=True)
        self.assertEqual(_values(tunnelled.account(), "proxy_used", "http_connect"), [1, 200])
        self.assertEqual(_values(forwarded.account(), "proxy_used", "http_connect"), [1, 0])

    def test_unfollowed(self) -> None:
        """Where a redirect would have led is known when it was not followed."""
        command = Command()
        command.fetched(head=head(301, (b"Location", b"/there")))
        self.assertEqual(_values(command.account(), "redirect_url", "num_redirects"), ["http://h/there", 0])

    def test_failure(self) -> None:
        """A transfer that failed has an exit status and a message, and of the rest what was reached."""
        command = Command()
        command.begin(1, 0, "http://h/")
        command.tell(5, kinds.DialAttempted(peer_address="a", outcome="failed", seconds=0.005, error="refused"), 1, 1)
        account = command.account(ConnectFailed("h:80", ()))
        self.assertEqual(
            _values(account, "exitcode", "errormsg", "http_code", "http_version", "remote_ip", "time_connect"),
            [7, "cannot connect to h:80: ", 0, "0", "", 0.0],
        )
        self.assertEqual(_values(account, "time_total", "size_download", "ssl_verify_result"), [0.005, 0, 0])
        rejected = command.account(CertificateRejected("h", "expired"))
        names = ("ssl_verify_result", "proxy_ssl_verify_result", "exitcode")
        self.assertEqual(_values(rejected, *names), [1, 0, 60])
        self.assertEqual(_values(command.account(CertificateRejected("p:3128", "expired")), *names), [0, 1, 60])

    def test_without_a_request(self) -> None:
        """Nothing is asked of what did not happen: every variable has a value even when no request was made."""
        account = Command().account()
        for name, variable in VARIABLES.items():
            self.assertIsInstance(variable(account), str | int | float | None, name)

    def test_files_and_retries(self) -> None:
        """The file that a body became, and how often it was tried again."""
        command = Command()
        command.tell(1, kinds.RetryPlanned(transfer=1, attempt=2, seconds=1, error="e"))
        command.tell(2, kinds.TransferEnded(transfer=1, path="d/f", done_bytes=1, seconds=1, outcome="ok"))
        self.assertEqual(_values(command.account(), "filename_effective", "num_retries"), ["d/f", 1])

    def test_url_parts(self) -> None:
        """Parts of the first URL and of the last can be had by themselves."""
        account = redirected_once().account()
        for name, value in (
            ("url.host", "h"),
            ("url.port", 80),
            ("urle.scheme", "https"),
            ("urle.port", 443),
            ("urle.path", "/to"),
            ("urle.query", "a=1&b="),
        ):
            variable = value_of(name)
            self.assertEqual(variable and variable(account), value, name)
        self.assertIsNone(value_of("url.secret"))
        self.assertIsNone(value_of("nothing"))
