"""Datagrams over UDP: each of them whole or not at all, and none longer than the protocol allows."""

LARGEST_DATAGRAM = 65_507
"""Units: bytes. What IPv4's largest packet has room for, behind its own header and UDP's (RFC 791, RFC 768)."""
