"""One TLS session: OpenSSL's connection object, with the bytes counted and the verdict on the certificate kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import CertificateError, VerificationError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns

from tnet.errors import PinMismatch
from tnet.net.tls.facts import public_key_pin

# pyOpenSSL's own, not promised by it: a contract test says when one of them goes.
RELIES_ON = ("_ssl", "_raise_ssl_error")

HEARD_BYTES = 256
AT_ONCE_BYTES = 1 << 18

Codes = SSL.X509VerificationCodes
Verify = Callable[[SSL.Connection, X509, int, int, int], bool]

_space = Binding.ffi.new("char[]", AT_ONCE_BYTES)


class Acquaintance(Protocol):
    """Whoever knows which key a peer had the last time."""

    def check(self, peer: str, pin: str | None) -> None:
        """Nothing for a peer that is new, or has the key of the last time. Raises: PinMismatch."""


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
    speak. `was_asked`: the peer agreed to go over to TLS in its own protocol's words. `unpinned` is the pin of a key
    that is none of those that were asked for, `changed` the error for one that is not that of the last time. `doubt` is
    what would have been a rejection, if a known key were not enough. `heard` is how the peer began to speak, until it
    has shown that this is TLS.
    """

    def __init__(self, context: SSL.Context, transport: Secured, *, is_server: bool, peer: str = "") -> None:
        super().__init__(context, None)
        self.peer = peer
        self.is_server = is_server
        self.offered: tuple[bytes, ...] = ()
        self.oldest = "1.2"
        self.was_asked = False
        self.rejection: Rejection | None = None
        self.doubt: Rejection | None = None
        self.unpinned: str | None = None
        self.changed: PinMismatch | None = None
        self.heard = b""
        self._acquaintance: Acquaintance | None = None
        self._pins: tuple[str, ...] = ()
        self._transport = transport
        self._fault: SSL.Error | None = None

    def offer(self, protocols: tuple[bytes, ...]) -> None:
        """Offer application protocols (ALPN), best first."""
        self.offered = protocols
        if protocols:
            self.set_alpn_protos(list(protocols))

    def require(self, wanted: str | None = None, *, is_address: bool = False) -> None:
        """Go on only with a peer that shows a trusted certificate, made out to `wanted` where that is given."""
        self.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify(wanted, is_address))

    def recognise(self, acquaintance: Acquaintance, wanted: str | None, *, is_address: bool = False) -> None:
        """Go on only with a peer that is new to `acquaintance` or has the same key as ever, whoever vouches for it."""
        self._acquaintance = acquaintance
        self.set_verify(SSL.VERIFY_PEER, _look(wanted, is_address))

    def pin(self, pins: tuple[str, ...]) -> None:
        """Go on only with a peer whose public key has one of `pins`; none allows any."""
        self._pins = pins

    def do_handshake(self) -> None:
        """Go on with the handshake; raises WantReadError until it is complete.

        Nothing of the application's has been sent by then, and nothing will be to a peer with another key.
        """
        super().do_handshake()
        if self._pins or self._acquaintance is not None:
            self._check_key()
        self._transport.handshaken = True
        self.heard = b""

    @property
    def shown_pin(self) -> str | None:
        """The pin of the peer's key; None when it showed none, or of no kind that we know."""
        certificate = self.get_peer_certificate()
        return public_key_pin(certificate) if certificate is not None else None

    def _check_key(self) -> None:
        found = self.shown_pin
        if self._pins and found not in self._pins:
            self.unpinned = found or "none"
            raise SSL.Error([("tnet", "", "key not pinned")])
        if self._acquaintance is not None:
            try:
                self._acquaintance.check(self.peer, found)
            except PinMismatch as error:
                self.changed = error
        if self.changed is not None:
            raise SSL.Error([("tnet", "", "key changed")])

    def bio_write(self, buf: Any) -> int:
        """Take ciphertext from the peer, or what should have been that."""
        if not self._transport.handshaken and len(self.heard) < HEARD_BYTES:
            self.heard += buf[: HEARD_BYTES - len(self.heard)]
        return super().bio_write(buf)

    def recv(self, bufsiz: int, flags: int | None = None) -> bytes:
        """All the plaintext that has come, of however many records; what is wrong behind it is raised by the next call.

        Where the peer sends no more, but is still sent to, there is only nothing to read. pyOpenSSL's own reads one
        record a call, and copies it twice.

        Shape: at most `AT_ONCE_BYTES`, whatever is asked for.
        """
        got, fault, self._fault = 0, self._fault, None
        try:
            if fault is not None:
                raise fault
            while got < AT_ONCE_BYTES:
                count = Binding.lib.SSL_read(self._ssl, _space + got, AT_ONCE_BYTES - got)
                if count <= 0:
                    self._raise_ssl_error(self._ssl, count)
                got += count
        except SSL.Error as error:
            if not got:
                if isinstance(error, SSL.ZeroReturnError) and self._transport.peer_ended():
                    raise SSL.WantReadError from None
                raise
            if not isinstance(error, SSL.WantReadError):
                self._fault = error
        self._transport.bytes_in += got
        return bytes(Binding.ffi.buffer(_space, got))

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


def _look(wanted: str | None, is_address: bool) -> Verify:
    """The same, but nothing is refused: the first reason to do so is kept as a doubt."""
    verify = _verify(wanted, is_address)

    def look(session: Any, certificate: X509, code: int, depth: int, ok: int) -> bool:
        verify(session, certificate, code, depth, ok)
        session.doubt, session.rejection = session.doubt or session.rejection, None
        return True

    return look


def _is_for(certificate: X509, wanted: str, is_address: bool) -> bool:
    identity = IPAddress_ID(wanted) if is_address else DNS_ID(wanted)
    try:
        verify_service_identity(extract_patterns(certificate), [identity], [])
    except (VerificationError, CertificateError):
        return False
    return True
