"""Cookie files."""

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.fetch.cookies.cookie import Cookie
from tnet.clients.fetch.cookies.netscape import LINE_BYTES, as_netscape, parse_netscape

PLAIN = Cookie(name="a", value="b", domain="example.org")
_text = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=";="), max_size=20)


def lines(data):
    return [line for line in data.split(b"\n") if line and not line.startswith(b"# ")]


class Reading(TestCase):
    def test_a_file_of_curl(self):
        """What curl writes is read, subdomains, secrets of scripts and all."""
        data = (
            b"# Netscape HTTP Cookie File\n# https://curl.se/docs/http-cookies.html\n\n"
            b"example.org\tFALSE\t/\tFALSE\t0\ta\tb\r\n"
            b".example.org\tTRUE\t/x\tTRUE\t1900000000\tc\td e\n"
            b"#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\te\t\n"
            b"example.org\tFALSE\t/\tFALSE\t0\tf"
        )
        cookies, skipped = parse_netscape(data)
        self.assertEqual(skipped, 0)
        self.assertEqual(
            cookies,
            [
                PLAIN,
                Cookie(
                    name="c",
                    value="d e",
                    domain="example.org",
                    path="/x",
                    host_only=False,
                    secure=True,
                    expires=1_900_000_000,
                ),
                replace(PLAIN, name="e", value="", domain="127.0.0.1", http_only=True),
                replace(PLAIN, name="f", value=""),
            ],
        )

    def test_what_is_no_cookie_is_skipped(self):
        """Case 19: a line too long, short of a field or with one too many, or that no server could have set."""
        good = b"example.org\tFALSE\t/\tFALSE\t0\ta\tb"
        for bad in (
            b"example.org\tFALSE\t/\tFALSE\t0",
            good + b"\tc",
            good.replace(b"\t0\t", b"\tsoon\t"),
            good.replace(b"\t/\t", b"\t\t"),
            good.replace(b"a\tb", b"\t"),
            good.replace(b"example.org\tFALSE", b".co.uk\tTRUE"),
            good.replace(b"a\tb", b"__Host-a\tb"),
            good.replace(b"a\tb", b"a\tb\x01"),
            good.replace(b"\tb", b"\t" + b"x" * LINE_BYTES),
            b"\xff\xfe\t\t\t",
        ):
            self.assertEqual(parse_netscape(bad + b"\n" + good), ([PLAIN], 1), bad)

    def test_a_long_line_hides_no_second_one(self):
        """Case 19: it is skipped to its very end."""
        inside = b"example.org\tFALSE\t/\tFALSE\t0\tevil\tb"
        self.assertEqual(parse_netscape(b"x" * LINE_BYTES + inside), ([], 1))

    @given(st.binary(max_size=100))
    def test_anything_is_read(self, data):
        """Nothing raises."""
        parse_netscape(data)
        parse_netscape(b"h\tFALSE\t/\tFALSE\t0\t" + data)

    def test_a_large_file_takes_no_time(self):
        """Case 38: the work grows with the length."""
        began = time.perf_counter()
        parse_netscape(b"\t" * 3_000_000 + b"\n" * 500_000)
        self.assertLess(time.perf_counter() - began, 3)


class Writing(TestCase):
    def test_lines(self):
        """Case 19: fields as others read them, `#HttpOnly_` included."""
        cookies = [
            PLAIN,
            replace(PLAIN, host_only=False, secure=True, http_only=True, expires=1_900_000_000, path="/x"),
        ]
        self.assertEqual(
            lines(as_netscape(cookies)),
            [
                b"example.org\tFALSE\t/\tFALSE\t0\ta\tb",
                b"#HttpOnly_.example.org\tTRUE\t/x\tTRUE\t1900000000\ta\tb",
            ],
        )

    def test_no_line_is_injected(self):
        """Case 19: a cookie with a tab or a line end is not written at all."""
        for wrong in ("\t", "\r", "\n"):
            for key in ("name", "value", "path", "domain"):
                hostile = replace(PLAIN, **{key: f"/{wrong}x"})
                self.assertEqual(lines(as_netscape([hostile])), [])

    def test_what_the_format_cannot_say(self):
        """Case 20: a cookie that is bound to a port is left out, or it would go to other ports."""
        self.assertEqual(lines(as_netscape([replace(PLAIN, port=81)])), [])

    @given(_text, _text, st.booleans(), st.booleans(), st.none() | st.integers(1, 10**12))
    def test_what_is_written_is_read(self, name, value, host_only, secure, expires):
        """Every sound cookie comes back as it was."""
        cookie = replace(PLAIN, name=name, value=value, host_only=host_only, secure=secure, expires=expires)
        expected = [cookie] if cookie.sound else []
        self.assertEqual(parse_netscape(as_netscape([cookie])), (expected, 0))
