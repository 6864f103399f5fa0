"""How a server secures its connections: with the certificate it was given, or with one of the local authority."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IProtocolFactory
from zope.interface import implementer

from tnet.errors import TnetError
from tnet.net.context import Context
from tnet.net.tls.authority import RENEW_DAYS, Authority, default_folder, local_names, utc_now
from tnet.net.tls.connection import TlsFactory
from tnet.net.tls.contexts import modern_context
from tnet.net.tls.identity import Identity, load_identity
from tnet.net.tls.session import TlsSession
from tnet.net.tls.trust import trust_file
from tnet.plans import ListenAddress, TcpAddress
from tnet.plans.tls import TlsServing

SESSION_ID = b"tnet"
RETRY = timedelta(days=1)


@implementer(IOpenSSLServerConnectionCreator)
class ServerTls:
    """A server's TLS. Each new connection uses the context of the last good `reload`; the old ones keep theirs.

    A certificate of the local authority is renewed by itself, when a connection comes after it has grown old.
    """

    def __init__(
        self,
        plan: TlsServing,
        context: Context,
        names: Iterable[str] = (),
        *,
        alpn: tuple[bytes, ...] = (),
        authority: Authority | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._plan = plan
        self._context = context
        self._names = tuple(names)
        self._alpn = alpn
        self._authority = authority or Authority(default_folder(), now)
        self._now = now
        self._secure: SSL.Context | None = None
        self._renew_at: datetime | None = None

    @classmethod
    async def open(
        cls, plan: TlsServing, context: Context, listen: Iterable[ListenAddress], *, alpn: tuple[bytes, ...] = ()
    ) -> ServerTls:
        """Ready to wrap; a certificate of the local authority covers every address in `listen`.

        Raises: OwnCertificateUnusable, CaFileUnusable.
        """
        hosts = [address.host for address in listen if isinstance(address, TcpAddress)]
        made = cls(plan, context, hosts, alpn=alpn)
        await made.reload()
        return made

    async def reload(self) -> None:
        """Read certificate, key and client authorities anew.

        Raises: OwnCertificateUnusable, CaFileUnusable; what was in use stays in use.
        """
        secure, ends = await self._context.workers.run(self._load)
        self._secure = secure
        self._renew_at = ends - timedelta(days=RENEW_DAYS / 2) if self._plan.certificate_file is None else None

    @property
    def authority_file(self) -> str | None:
        """What clients must trust: the local authority's certificate; None for a certificate that was given."""
        return self._authority.public_path if self._plan.certificate_file is None else None

    def wrap(self, factory: IProtocolFactory) -> IProtocolFactory:
        """The same factory behind TLS."""
        wrapped: IProtocolFactory = TlsFactory(self, factory, self._context.reactor, is_client=False)
        return wrapped

    def serverConnectionForTLS(self, tlsProtocol: Any) -> TlsSession:
        """What Twisted asks for each new connection."""
        assert self._secure is not None, "reload comes first"
        now = self._now()
        if self._renew_at is not None and now > self._renew_at:
            self._renew_at = now + RETRY
            Deferred.fromCoroutine(self._renew())
        session = TlsSession(self._secure, tlsProtocol, is_server=True)
        session.offered = self._alpn
        if self._plan.client_ca_file is not None:
            session.require()
        return session

    async def _renew(self) -> None:
        try:
            await self.reload()
        except TnetError as error:
            self._context.publisher.log("error", f"the certificate could not be renewed: {error}", error.hint)

    # ── in a thread ──

    def _load(self) -> tuple[SSL.Context, datetime]:
        identity = self._identity()
        context = modern_context(SSL.TLS_SERVER_METHOD)
        context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
        # Tickets carry the sessions, so nothing is kept here; their key goes with the context at each reload.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_session_id(SESSION_ID)
        identity.install(context)
        if self._plan.client_ca_file is not None:
            trust_file(context, self._plan.client_ca_file)
            context.load_client_ca(self._plan.client_ca_file.encode())
        if self._alpn:
            context.set_alpn_select_callback(_select(self._alpn))
        return context, identity.ends

    def _identity(self) -> Identity:
        if self._plan.certificate_file is not None:
            return load_identity(self._plan.certificate_file, self._plan.key_file)
        return self._authority.leaf(local_names(self._names))


def _select(ours: tuple[bytes, ...]) -> Callable[[SSL.Connection, list[bytes]], bytes]:
    """Our first protocol that the client offers as well.

    Source: RFC 7301 section 3.2: nothing in common is a fatal alert, which pyOpenSSL sends for an exception.
    """

    def select(_: SSL.Connection, offered: list[bytes]) -> bytes:
        for protocol in ours:
            if protocol in offered:
                return protocol
        raise SSL.Error([("SSL routines", "", "no application protocol")])

    return select
