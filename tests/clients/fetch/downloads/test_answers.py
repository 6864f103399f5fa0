"""What an answer means for a body that is to be kept."""

from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.downloads.origin import DATE, NOW, head
from tnet.clients.fetch.downloads.answers import Meaning, Version, Wanted, meaning, version_of
from tnet.errors import RangeRefused

TAGGED = Version('"1"', 100)
DATED = Version(DATE.decode(), 100)
REST = Wanted(40, 100, TAGGED)


def part(**fields):
    """A part as it should be, but for `fields`; those that are None are left out."""
    given = {"content_range": "bytes 40-99/100", "content_length": 60, "etag": '"1"'} | fields
    return head(206, **{name: value for name, value in given.items() if value is not None})


class Versions(SynchronousTestCase):
    def test_a_strong_tag(self):
        """It stands for one version of the body."""
        self.assertEqual(version_of(head(etag='"1"', content_length=5)), Version('"1"', 5))
        self.assertEqual(version_of(head(etag='"1"', last_modified=DATE, content_length=0)), Version('"1"', 0))

    def test_a_date(self):
        """It serves without a tag, if the answer is younger than it by a second at least."""
        self.assertEqual(version_of(head(last_modified=DATE, date=NOW, content_length=100)), DATED)
        for date in (DATE, b"yesterday", b""):
            self.assertIsNone(version_of(head(last_modified=DATE, date=date, content_length=5)))
        self.assertIsNone(version_of(head(last_modified=DATE, content_length=5)))

    def test_what_cannot_be_gone_on_with(self):
        """A weak tag, even beside a date; no length, no ranges, an encoding, another status."""
        for fields in (
            {"etag": 'W/"1"', "content_length": 5, "last_modified": DATE, "date": NOW},
            {"etag": "1", "content_length": 5},
            {"etag": '"a b"', "content_length": 5},
            {"etag": '"1"'},
            {"etag": '"1"', "content_length": 5, "accept_ranges": "none"},
            {"etag": '"1"', "content_length": 5, "content_encoding": "gzip"},
            {"content_length": 5},
        ):
            self.assertIsNone(version_of(head(**fields)), fields)
        self.assertIsNone(version_of(head(404, etag='"1"', content_length=5)))


class Asking(SynchronousTestCase):
    def test_the_headers(self):
        """The range, the version that it is of, and no coding; the end is left open where it is that of the body."""
        identity = ("Accept-Encoding", "identity")
        self.assertEqual(Wanted(40, 100, TAGGED).headers, (("Range", "bytes=40-"), identity, ("If-Range", '"1"')))
        self.assertEqual(Wanted(40, 50, TAGGED).headers[0], ("Range", "bytes=40-49"))
        self.assertEqual(Wanted(7, 7, None).headers, (("Range", "bytes=7-"), identity))


class Meanings(SynchronousTestCase):
    def means(self, head, wanted=REST):
        return meaning(head, wanted, "origin")

    def test_exactly_the_part(self):
        """Case 27: what goes on with what is there."""
        self.assertIs(self.means(part()), Meaning.PART)
        self.assertIs(self.means(part(content_length=None)), Meaning.PART)
        self.assertIs(self.means(part(etag=None, last_modified=DATE), Wanted(40, 100, DATED)), Meaning.PART)
        self.assertIs(self.means(part(etag=None), Wanted(40, 100, DATED)), Meaning.PART)

    def test_anything_else_is_not_appended(self):
        """Case 27: another start, end, total or validator, an encoding, several parts or none."""
        for fields in (
            {"content_range": "bytes 41-99/100"},
            {"content_range": "bytes 40-98/100"},
            {"content_range": "bytes 40-100/101"},
            {"content_range": "bytes 40-99/*"},
            {"content_range": "bytes */100"},
            {"content_range": "chars 40-99/100"},
            {"content_range": None, "content_type": "multipart/byteranges; boundary=x"},
            {"content_length": 59},
            {"etag": '"2"'},
            {"etag": 'W/"1"'},
            {"etag": None},
            {"content_encoding": "gzip"},
        ):
            self.assertIs(self.means(part(**fields)), Meaning.USELESS, fields)
        doubled = part()
        doubled = head(206, **{name.decode(): value for name, value in doubled.fields}, Content_Range="bytes 0-9/100")
        self.assertIs(self.means(doubled), Meaning.USELESS)
        for fields in ({"etag": None, "last_modified": NOW}, {"etag": '"1"'}):
            self.assertIs(self.means(part(**fields), Wanted(40, 100, DATED)), Meaning.USELESS)

    def test_everything_instead_of_a_part(self):
        """Case 27: 200 begins anew."""
        self.assertIs(self.means(head(200, content_length=100)), Meaning.WHOLE)
        self.assertIs(self.means(head(200), None), Meaning.WHOLE)

    def test_nothing_is_missing(self):
        """Case 27: 416 and the size is that of what is there."""
        complete = head(416, content_range="bytes */100")
        self.assertIs(self.means(complete, Wanted(100, 100, TAGGED)), Meaning.COMPLETE)
        self.assertIs(self.means(complete, Wanted(100, 100, None)), Meaning.COMPLETE)
        other = head(416, content_range="bytes */100", etag='"2"')
        self.assertIs(self.means(other, Wanted(100, 100, TAGGED)), Meaning.USELESS)

    def test_it_has_shrunk_meanwhile(self):
        """Another length is another body, even if it ends just where ours does."""
        self.assertIs(self.means(head(416, content_range="bytes */40")), Meaning.USELESS)
        self.assertIs(self.means(head(416, content_range="bytes */40"), Wanted(100, 100, None)), Meaning.USELESS)
        self.assertIs(self.means(part(), Wanted(40, 40, None)), Meaning.USELESS)

    def test_what_is_missing_is_refused(self):
        """Case 27: 416 and what is there is smaller."""
        for fields in ({}, {"content_range": "bytes */100"}):
            error = self.assertRaises(RangeRefused, self.means, head(416, **fields))
            self.assertEqual(error.exit_status, 33)

    def test_a_part_that_nobody_asked_for(self):
        """It is not taken for the whole."""
        self.assertRaises(RangeRefused, self.means, part(), None)
