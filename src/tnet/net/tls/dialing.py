"""How a client secures a connection: whom it believes, which name it wants to see, who it is itself."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from zope.interface import implementer

from tnet.errors import BadUsage, CannotRead, CannotWrite, NameNotResolved
from tnet.net.context import Context
from tnet.net.resolve import ascii_name, literal_family
from tnet.net.tls.authority import Authority, default_folder, utc_now
from tnet.net.tls.contexts import modern_context
from tnet.net.tls.explain import why_rejected
from tnet.net.tls.identity import load_identity
from tnet.net.tls.session import TlsSession
from tnet.net.tls.trust import trust_file, trust_system
from tnet.plans.tls import TlsDialing

if TYPE_CHECKING:
    from tnet.net.tls.known_hosts import KnownHosts

_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


class ClientTls:
    """A plan's TLS with its files read: make it once for many connections."""

    def __init__(self, plan: TlsDialing, context: SSL.Context, known: KnownHosts | None = None) -> None:
        self._plan = plan
        self._context = context
        self._known = known

    @classmethod
    async def open(cls, plan: TlsDialing, context: Context) -> ClientTls:
        """Read the authorities, and our own certificate and the known hosts if there are any, in a thread.

        Raises: CaFileUnusable, OwnCertificateUnusable, CannotRead.
        """
        known = None
        if plan.known_hosts is not None:
            from tnet.net.tls.known_hosts import KnownHosts

            known = await context.workers.run(KnownHosts.read, plan.known_hosts)
        elif not plan.verify:
            context.publisher.log("warning", "certificates are not checked: whoever is in between can read it all")
        return cls(plan, await context.workers.run(client_context, plan), known)

    def named(self, server_name: str | None) -> ClientTls:
        """The same for one server, whose name is sent and checked."""
        return ClientTls(replace(self._plan, server_name=server_name), self._context, self._known)

    def name_of(self, host: str | None) -> str | None:
        """What a server that was dialled as `host` is to be called."""
        return self._plan.server_name or host

    def towards(self, host: str | None, peer: str = "", *, was_asked: bool = False) -> ClientConnections:
        """What makes the connections to `host`, which errors call `peer`; the plan's own server name goes first.

        `was_asked` is for one that goes over to TLS because it agreed to.

        Raises: BadUsage: there is no name to check, or the one given is none.
        """
        name = self.name_of(host)
        if name is None and self._plan.verify and self._known is None:
            raise BadUsage("--sni", "a UNIX socket has no host name to check", "name the server with --sni")
        try:
            wanted = None if name is None else name if literal_family(name) else ascii_name(name)
        except NameNotResolved as error:
            raise BadUsage("--sni", f"{name!r} is not a host name") from error
        made = ClientConnections(self._plan, self._context, wanted, peer, self._known)
        made.was_asked = was_asked
        return made

    async def remember(self, session: TlsSession, context: Context) -> None:
        """Keep the key of a peer that was met for the first time, where that is wanted, and say so.

        Raises: PinMismatch: another process has just met it, with another key.
        """
        if self._known is None or self._known.is_known(session.peer):
            return
        pin = session.shown_pin
        if pin is None:
            context.publisher.log("warning", f"the key of {session.peer} is of no kind that could be remembered")
            return
        try:
            await context.workers.run(self._known.add, session.peer, pin, utc_now())
        except (CannotRead, CannotWrite) as error:
            context.publisher.log("warning", f"the key of {session.peer} is not remembered: {error}", error.hint)
            return
        doubt = session.doubt
        vouched = f"nobody vouches for it: {why_rejected(doubt)}" if doubt else "it is trusted"
        level = "warning" if doubt else "notice"
        context.publisher.log(level, f"{session.peer} is met for the first time, and {vouched}; its key is {pin}")


@implementer(IOpenSSLClientConnectionCreator)
class ClientConnections:
    """Makes TLS connections to one name; unless the plan says otherwise, the name is checked.

    The name is sent (SNI) even when it is not checked; an IP address never is, see RFC 6066 section 3.
    """

    was_asked = False

    def __init__(
        self, plan: TlsDialing, context: SSL.Context, name: str | None, peer: str, known: KnownHosts | None = None
    ) -> None:
        self._plan = plan
        self._context = context
        self._name = name
        self._peer = peer
        self._known = known

    def clientConnectionForTLS(self, tlsProtocol: Any) -> TlsSession:
        session = TlsSession(self._context, tlsProtocol, is_server=False, peer=self._peer)
        is_address = self._name is not None and literal_family(self._name) is not None
        if self._name is not None and not is_address:
            session.set_tlsext_host_name(self._name.encode("ascii"))
        if self._known is not None:
            session.recognise(self._known, self._name, is_address=is_address)
        elif self._plan.verify:
            session.require(self._name, is_address=is_address)
        session.pin(self._plan.pins)
        session.was_asked = self.was_asked
        session.oldest = self._plan.min_version
        session.offer(tuple(protocol.encode("ascii") for protocol in self._plan.alpn))
        return session


def client_context(plan: TlsDialing) -> SSL.Context:
    """OpenSSL's context for a plan; this user's own local authority is believed besides the system's.

    Blocks. Raises: CaFileUnusable, OwnCertificateUnusable.
    """
    context = modern_context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(_VERSIONS[plan.min_version])
    if plan.verify:
        _trust(context, plan.ca_file)
    if plan.certificate_file is not None:
        load_identity(plan.certificate_file, plan.key_file).install(context)
    return context


def _trust(context: SSL.Context, ca_file: str | None) -> None:
    if ca_file is not None:
        trust_file(context, ca_file)
        return
    trust_system(context)
    local = Authority(default_folder()).public_path
    if os.path.exists(local):
        trust_file(context, local)
