"""Set-Cookie fields."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.set_cookie import SetCookie, cookie_date, fits, parse_set_cookie


def moment(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


class Pairs(TestCase):
    def test_names_and_values(self):
        """The first = parts them; blanks around them go, quotation marks stay; either may be empty, but not both."""
        table = {
            b"a=b": ("a", "b"),
            b" a = b ; SameSite=Lax": ("a", "b"),
            b"a=b=c": ("a", "b=c"),
            b'a="b c"': ("a", '"b c"'),
            b"a=": ("a", ""),
            b"=b": ("", "b"),
            b"b": ("", "b"),
            b"a=\xff\xc3\xa4": ("a", "\udcff\u00e4"),
        }
        for field, (name, value) in table.items():
            self.assertEqual(parse_set_cookie(field), SetCookie(name=name, value=value), field)
        for field in (b"", b"=", b";Secure", b" = ; Path=/"):
            self.assertIsNone(parse_set_cookie(field), field)

    def test_control_bytes_are_refused(self):
        """Case 17: one anywhere, and the cookie is none; a tab may stand between attributes alone."""
        for byte in [*range(0x09), *range(0x0A, 0x20), 0x7F]:
            for field in (b"a%cb=c", b"a=b%cc", b"a=b; Path=/%c"):
                self.assertIsNone(parse_set_cookie(field % byte), field % byte)
        self.assertIsNone(parse_set_cookie(b"a=b\tc"))
        self.assertEqual(parse_set_cookie(b"a=b;\tPath=/\t").path, "/")

    def test_long_cookies_are_refused(self):
        """Case 18: name and value have at most 4096 bytes together, of UTF-8."""
        self.assertIsNotNone(parse_set_cookie(b"a=" + b"x" * 4095))
        self.assertIsNone(parse_set_cookie(b"a=" + b"x" * 4096))
        self.assertTrue(fits("", "\u00e4" * 2048))
        self.assertFalse(fits("a", "\u00e4" * 2048))

    def test_a_value_does_not_show(self):
        """It may be a secret, and no repr has it."""
        self.assertNotIn("hunter2", repr(parse_set_cookie(b"a=hunter2")))

    @given(st.binary(max_size=60))
    def test_anything_is_read_or_refused(self, field):
        """Nothing raises."""
        cookie = parse_set_cookie(field)
        self.assertTrue(cookie is None or cookie.name + cookie.value)


class Attributes(TestCase):
    def test_all_of_them(self):
        """Names are read in any case of letters, the unknown are passed over."""
        field = (
            b"a=b; Expires=Wed, 09 Jun 2021 10:18:14 GMT; MAX-AGE=-60; domain=.Example.ORG; Path=/x; secure; HttpOnly=1"
        )
        self.assertEqual(
            parse_set_cookie(field + b"; SameSite=Lax; Priority=High"),
            SetCookie(
                name="a",
                value="b",
                domain=".Example.ORG",
                path="/x",
                secure=True,
                http_only=True,
                max_age=-60,
                expires=moment(2021, 6, 9, 10, 18, 14),
            ),
        )

    def test_the_last_of_equals(self):
        """It counts, even when it takes the effect of the first away; but not when it cannot be understood."""
        self.assertEqual(parse_set_cookie(b"a=b; Path=/x; Path=/y").path, "/y")
        self.assertIsNone(parse_set_cookie(b"a=b; Path=/x; Path=y").path)
        self.assertIsNone(parse_set_cookie(b"a=b; Domain=x; Domain=").domain)
        self.assertEqual(parse_set_cookie(b"a=b; Max-Age=5; Max-Age=x").max_age, 5)

    def test_numbers(self):
        """Anything but digits after a sign is passed over; no number is too long."""
        for value in (b"", b"-", b"+5", b"5s", b"0x5", b"1.5", b"\xd9\xa5"):
            self.assertIsNone(parse_set_cookie(b"a=b; Max-Age=" + value).max_age, value)
        self.assertGreater(parse_set_cookie(b"a=b; Max-Age=" + b"9" * 1000).max_age, 1 << 50)

    def test_long_attributes_are_passed_over(self):
        """Case 18: one of more than 1024 bytes says nothing."""
        self.assertIsNone(parse_set_cookie(b"a=b; Path=/" + b"x" * 1024).path)
        self.assertEqual(len(parse_set_cookie(b"a=b; Path=/" + b"x" * 1023).path), 1024)


class Dates(TestCase):
    def test_the_ways_of_writing(self):
        """Every form that servers use, with parts in any order."""
        for text in (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "1994 november 6 8:49:37",
            "6th Nov 1994 08:49:37.5 +0000",
        ):
            self.assertEqual(cookie_date(text), moment(1994, 11, 6, 8, 49, 37), text)

    def test_centuries(self):
        """Two digits are of this century up to 69."""
        self.assertEqual(cookie_date("1 Jan 69 00:00:00"), moment(2069, 1, 1))
        self.assertEqual(cookie_date("1 Jan 70 00:00:00"), moment(1970, 1, 1))

    def test_no_dates(self):
        """A part that is missing, out of its range, or a day that the month does not have."""
        for text in (
            "",
            "0",
            "06 Nov 1994",
            "06/Nov/1994:08:49:37",
            "06 Nov 08:49:37",
            "08:49:37 1994 06",
            "31 Feb 2030 00:00:00",
            "1 Jan 1600 00:00:00",
            "1 Jan 2030 24:00:00",
            "1 Jan 2030 00:60:00",
            "0 Jan 2030 00:00:00",
            "1 Jan 20301 00:00:00",
        ):
            self.assertIsNone(cookie_date(text), text)
