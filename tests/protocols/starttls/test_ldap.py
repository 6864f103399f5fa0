"""StartTLS in LDAP."""

from __future__ import annotations

from tests.protocols.starttls.wire import DialectCase
from tnet.protocols.starttls.ldap import MOST_BYTES

OID = b"1.3.6.1.4.1.1466.20037"


def answer(code: int, words: bytes = b"", number: int = 1, more: bytes = b"", kind: int = 0x78) -> bytes:
    """An ExtendedResponse."""
    result = b"\x0a\x01" + bytes([code]) + b"\x04\0\x04" + bytes([len(words)]) + words + more
    message = b"\x02\x01" + bytes([number, kind, len(result)]) + result
    return b"\x30" + bytes([len(message)]) + message


class LdapTests(DialectCase):
    """`Ldap`."""

    dialect = "ldap"
    first = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + OID

    def test_opens(self) -> None:
        """C36: success leads to TLS, with or without the name of the operation, however lengths are written."""
        self.opens((answer(0), b""))
        self.opens((answer(0, more=b"\x8a\x16" + OID), b""))
        self.opens((b"\x30\x84\0\0\0\x0c" + answer(0)[2:], b""))

    def test_refused(self) -> None:
        """C36: the result is told in words, with those of the server."""
        error = self.refused(last=answer(2, b"unsupported extended operation"))
        self.assertEqual(
            error.reason,
            "it refuses (it does not know StartTLS (protocol error)): unsupported extended operation",
        )
        self.assertIn("(result 80): x", self.refused(last=answer(80, b"x")).reason)
        self.assertIn("it ends the connection: bye", self.refused(last=answer(52, b"bye", number=0)).reason)

    def test_nonsense(self) -> None:
        """What is not LDAP is refused, of whatever kind it is."""
        for last in (
            b"220 hello\r\n",
            answer(0, kind=0x61),
            b"\x30\x80\0\0",
            b"\x30\x00",
            b"\x30\x03\x02\x05\x01",
            b"\x30\x05\x02\x01\x01\x78\x00",
            b"\x30\x07\x02\x01\x01\x78\x02\x0a\x80",
        ):
            self.assertIn("does not speak LDAP", self.refused(last=last).reason)
        for length in (b"\x82\xff\xff", b"\xff" + b"\xff" * 127):
            self.assertIn(f"more than {MOST_BYTES} bytes", self.refused(last=b"\x30" + length).reason)
