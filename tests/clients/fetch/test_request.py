"""What a plan becomes on the wire."""

from twisted.trial.unittest import TestCase

from tnet import __version__
from tnet.clients.fetch.request import Request, encoded, first_request, host_field
from tnet.errors import BadUsage, NameNotResolved
from tnet.plans.fetch import Body, FetchPlan
from tnet.plans.urls import parse_url


def lines(request, length=None):
    """The head of a request, line by line."""
    return encoded(request, length=length).decode("latin-1").split("\r\n")[:-2]


def request(method="GET", url="http://h/x", **more):
    return Request(method, parse_url(url), **more)


class Heads(TestCase):
    def test_a_plain_get(self):
        """Host comes first, and nothing is asked for that we could not use."""
        self.assertEqual(
            lines(request()),
            ["GET /x HTTP/1.1", "Host: h", f"User-Agent: tnet/{__version__}", "Accept: */*"],
        )

    def test_a_header_of_the_user_replaces_the_default_one(self):
        """Order and case are the user's, and so is a Host."""
        found = lines(request(headers=(("hOST", "other"), ("ACCEPT", "text/html"), ("X-A", "1"), ("X-A", "2"))))
        self.assertEqual(found[-4:], ["hOST: other", "ACCEPT: text/html", "X-A: 1", "X-A: 2"])
        self.assertEqual(sum(line.lower().startswith(("host", "accept")) for line in found), 2)

    def test_an_unset_header_stays_away(self):
        """A default header can be left out."""
        self.assertEqual(lines(request(unset=("user-agent", "X-A"))), ["GET /x HTTP/1.1", "Host: h", "Accept: */*"])

    def test_a_proxy_is_told_the_whole_url(self):
        """In ASCII, and without a default port; the Host is that of the origin."""
        for url, target in {
            "http://h/x?y": "http://h/x?y",
            "http://Bücher.example:81/": "http://xn--bcher-kva.example:81/",
            "http://[::1]/": "http://[::1]/",
        }.items():
            head = encoded(request(url=url), length=None, absolute=True).decode("ascii").split("\r\n")
            self.assertEqual(head[0], f"GET {target} HTTP/1.1")
            self.assertEqual(head[1], f"Host: {target.split('/')[2]}")

    def test_a_body_is_framed(self):
        """By its length where that is known, else in chunks; a POST without body has length 0."""
        body = Body(data=b"abc")
        self.assertIn("Content-Length: 3", lines(request("POST", body=body), 3))
        self.assertIn("Transfer-Encoding: chunked", lines(request("POST", body=body), None))
        self.assertIn("Content-Length: 0", lines(request("POST")))
        self.assertNotIn("Content-Length", "".join(lines(request("DELETE"))))

    def test_a_compressed_body_says_so(self):
        """Unless the user has said it already."""
        body = Body(data=b"abc", deflate=True)
        self.assertIn("Content-Encoding: deflate", lines(request("POST", body=body), 3))
        found = lines(request("POST", headers=(("content-encoding", "x"),), body=body), 3)
        self.assertEqual([line for line in found if "ncoding" in line], ["content-encoding: x"])

    def test_bytes_of_the_command_line_survive(self):
        """Text beyond ASCII goes out as the bytes it came as."""
        head = encoded(request(headers=(("X-A", "é\udcff"),)), length=None)
        self.assertIn(b"X-A: \xc3\xa9\xff\r\n", head)

    def test_nothing_can_be_smuggled(self):
        """Case 39: a line end in a header or method ends in an error, before anything is sent."""
        for bad in (
            request(headers=(("X-A", "1\r\nX-B: 2"),)),
            request(headers=(("X A", "1"),)),
            request("GET / HTTP/1.1\r\nX:"),
        ):
            with self.assertRaises(BadUsage):
                encoded(bad, length=None)


class Adding(TestCase):
    def test_what_is_not_there_yet(self):
        """What the user gave, or left out on purpose, stays as it is; a request is not changed, but made anew."""
        before = request(headers=(("Cookie", "mine"),), unset=("Authorization",))
        after = before.adding(("cookie", "a=b"), ("authorization", "x"), ("Accept-Encoding", "gzip"))
        self.assertEqual(after.headers, (("Cookie", "mine"), ("Accept-Encoding", "gzip")))
        self.assertEqual(before.headers, (("Cookie", "mine"),))

    def test_values(self):
        """The first one of that name, whatever its case."""
        asked = request(headers=(("X-A", "1"), ("x-a", "2")))
        self.assertEqual((asked.value("x-a"), asked.value("x-b")), ("1", None))


class Hosts(TestCase):
    def test_ports_that_are_not_the_default_are_named(self):
        """80 with https is not a default port."""
        for url, host in {
            "http://h:80/": "h",
            "https://h:443/": "h",
            "https://h:80/": "h:80",
            "http://[::1]:8080/": "[::1]:8080",
            "http://[fe80::1%25eth0]/": "[fe80::1]",
            "http://127.0.0.1:1/": "127.0.0.1:1",
            "http://Bücher.Example/": "xn--bcher-kva.example",
        }.items():
            self.assertEqual(host_field(parse_url(url)), host)

    def test_a_name_that_cannot_be_ascii(self):
        """Case 40: a host that looks like another one after mapping never reaches the wire."""
        for host in ("a\uff0fb", "a\uff20b", "\u2488com", "xn--\uff0f"):
            with self.assertRaises(NameNotResolved, msg=host):
                encoded(request(url=f"http://{host}/"), length=None)


class Plans(TestCase):
    def test_a_plan_becomes_a_request(self):
        """Method, headers and body are taken over, the URL is read."""
        body = Body(data=b"x")
        plan = FetchPlan(method="PUT", urls=("http://h/x",), headers=(("A", "b"),), unset=("C",), body=body)
        for url in ("http://h/x", "http://other/"):
            asked = Request("PUT", parse_url(url), (("A", "b"),), ("C",), body)
            self.assertEqual(first_request(plan, url), asked)

    def test_framing_is_ours(self):
        """A length or coding given by hand could end the body where we do not."""
        for name in ("Content-Length", "transfer-ENCODING"):
            with self.assertRaises(BadUsage):
                first_request(FetchPlan(method="POST", urls=("http://h/",), headers=((name, "1"),)), "http://h/")

    def test_secrets_are_not_in_the_repr(self):
        """Headers and bodies stay out of tracebacks."""
        shown = repr(request(headers=(("Authorization", "s3cret"),), body=Body(data=b"s3cret")))
        self.assertNotIn("s3cret", shown)
