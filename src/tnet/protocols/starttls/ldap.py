"""The StartTLS operation of LDAP.

Source: RFC 4511 sections 4.14 and 4.1.9; X.690 section 8 for how it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from tnet.protocols.starttls.upgrade import BlockUpgrade, Talk

MOST_BYTES = 4096

_OID = b"1.3.6.1.4.1.1466.20037"
_SEQUENCE, _INTEGER, _OCTETS, _ENUMERATED = 0x30, 0x02, 0x04, 0x0A
_EXTENDED_REQUEST, _NAME, _EXTENDED_RESPONSE = 0x77, 0x80, 0x78
_ANSWER = (_INTEGER, _EXTENDED_RESPONSE, _ENUMERATED, _OCTETS)
_OURS = b"\1"
_CODES = {
    1: "operations error",
    2: "it does not know StartTLS (protocol error)",
    8: "it wants a stronger login first",
    10: "it refers us to another server",
    12: "critical extension not available",
    51: "busy",
    52: "unavailable: it may have no certificate",
    53: "unwilling to perform",
}


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    value: bytes


class _Unreadable(Exception):
    """It is not the BER that LDAP allows."""


class Ldap(BlockUpgrade):
    """Asks with message number 1, and reads the one answer."""

    name = "ldap"

    def _talk(self) -> Talk[None]:
        operation = _written(_EXTENDED_REQUEST, _written(_NAME, _OID))
        yield _written(_SEQUENCE, _written(_INTEGER, _OURS) + operation)
        message = yield from self._message()
        try:
            number, answer = _elements(message)[:2]
            code, _, words = _elements(answer.value)[:3]
        except (_Unreadable, ValueError):
            self._refuse("it does not speak LDAP", message)
        if (number.tag, answer.tag, code.tag, words.tag) != _ANSWER:
            self._refuse("it does not speak LDAP", message)
        if number.value != _OURS:
            self._refuse("it ends the connection", words.value)
        result = int.from_bytes(code.value, "big")
        if result:
            why = _CODES.get(result, f"result {result}")
            self._refuse(f"it refuses ({why})", words.value)

    def _message(self) -> Talk[bytes]:
        """What the next message holds."""
        head = yield from self._take(2)
        if head[0] != _SEQUENCE or head[1] == 0x80:
            self._refuse("it does not speak LDAP", head + self._data)
        size = head[1]
        if size > 0x80:
            size = int.from_bytes((yield from self._take(size & 0x7F)), "big")
        if size > MOST_BYTES:
            raise self.refusal(f"its answer has more than {MOST_BYTES} bytes")
        return (yield from self._take(size))


def _written(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


def _elements(data: bytes) -> list[_Element]:
    """The elements that follow one another in `data`.

    Raises: _Unreadable.
    """
    found = []
    while data:
        if len(data) < 2 or data[1] == 0x80:
            raise _Unreadable
        more = data[1] & 0x7F if data[1] > 0x80 else 0
        size = int.from_bytes(data[2 : 2 + more], "big") if more else data[1]
        start = 2 + more
        if len(data) < start + size:
            raise _Unreadable
        found.append(_Element(data[0], data[start : start + size]))
        data = data[start + size :]
    return found
