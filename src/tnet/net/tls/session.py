"""One TLS session: OpenSSL's connection object, with the bytes counted and the verdict on the certificate kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import CertificateError, VerificationError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns

from tnet.net.tls.facts import public_key_pin

Codes = SSL.X509VerificationCodes
Verify = Callable[[SSL.Connection, X509, int, int, int], bool]


class Secured(Protocol):
    """The transport that a session belongs to: the session tells about itself in its attributes."""

    bytes_in: int
    bytes_out: int
    handshaken: bool

    def peer_ended(self) -> bool:
        """Whether the connection goes on although the peer said close_notify."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a certificate was not accepted.

    `code` is one of `X509VerificationCodes`; `depth` is 0 for the peer's own certificate and counts towards the
    root; `wanted` is the name that it should have had.
    """

    code: int
    depth: int
    certificate: X509
    wanted: str | None = None


class TlsSession(SSL.Connection):
    """A connection that counts plaintext on `transport` and keeps why it rejected its peer.

    `peer` is what an error calls the other end. `is_server` is our role. `oldest` is the first version of TLS that we
    speak. `unpinned` is the pin of a key that is none of those that were asked for.
    """

    def __init__(self, context: SSL.Context, transport: Secured, *, is_server: bool, peer: str = "") -> None:
        super().__init__(context, None)
        self.peer = peer
        self.is_server = is_server
        self.offered: tuple[bytes, ...] = ()
        self.oldest = "1.2"
        self.rejection: Rejection | None = None
        self.unpinned: str | None = None
        self._pins: tuple[str, ...] = ()
        self._transport = transport

    def offer(self, protocols: tuple[bytes, ...]) -> None:
        """Offer application protocols (ALPN), best first."""
        self.offered = protocols
        if protocols:
            self.set_alpn_protos(list(protocols))

    def require(self, wanted: str | None = None, *, is_address: bool = False) -> None:
        """Go on only with a peer that shows a trusted certificate, made out to `wanted` where that is given."""
        self.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify(wanted, is_address))

    def pin(self, pins: tuple[str, ...]) -> None:
        """Go on only with a peer whose public key has one of `pins`; none allows any."""
        self._pins = pins

    def do_handshake(self) -> None:
        """Go on with the handshake; raises WantReadError until it is complete.

        Nothing of the application's has been sent by then, and nothing will be to a peer with another key.
        """
        super().do_handshake()
        if self._pins:
            self._check_pin()
        self._transport.handshaken = True

    def _check_pin(self) -> None:
        certificate = self.get_peer_certificate()
        found = public_key_pin(certificate) if certificate is not None else None
        if found not in self._pins:
            self.unpinned = found or "none"
            raise SSL.Error([("tnet", "", "key not pinned")])

    def recv(self, bufsiz: int, flags: int | None = None) -> bytes:
        """Plaintext from the peer; where it sends no more, but is still sent to, there is only nothing to read."""
        try:
            data = super().recv(bufsiz, flags)
        except SSL.ZeroReturnError:
            if self._transport.peer_ended():
                raise SSL.WantReadError from None
            raise
        self._transport.bytes_in += len(data)
        return data

    def send(self, buf: Any, flags: int = 0) -> int:
        """Encrypt plaintext for the peer: how many bytes were taken."""
        sent = super().send(buf, flags)
        self._transport.bytes_out += sent
        return sent


def _verify(wanted: str | None, is_address: bool) -> Verify:
    """OpenSSL asks this for each certificate of the chain; the session comes as an argument, so nothing is a cycle.

    What escapes from here is swallowed by cffi, and counts as a refusal.
    """

    def verify(session: Any, certificate: X509, code: int, depth: int, ok: int) -> bool:
        if ok and depth == 0 and wanted is not None and not _is_for(certificate, wanted, is_address):
            code = Codes.ERR_IP_ADDRESS_MISMATCH if is_address else Codes.ERR_HOSTNAME_MISMATCH
        if code != Codes.OK:
            session.rejection = Rejection(code, depth, certificate, wanted)
        return bool(code == Codes.OK)

    return verify


def _is_for(certificate: X509, wanted: str, is_address: bool) -> bool:
    identity = IPAddress_ID(wanted) if is_address else DNS_ID(wanted)
    try:
        verify_service_identity(extract_patterns(certificate), [identity], [])
    except (VerificationError, CertificateError):
        return False
    return True
