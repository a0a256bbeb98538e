"""TLS for who serves without a proxy in front: versions and ciphers of RFC 9325, and nothing older.

Mutual TLS (RFC 8705) has a port of its own, or every browser would ask its user for a certificate. There the handshake takes
certificates of the given authorities, and self-signed ones that a client has registered. What such a certificate is worth is
decided later, by what its client has registered; the handshake proves that whoever shows it has its key.
"""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from gapura.crypto.certificates import Authorities, CertificateRefused, is_self_issued

# RFC 9325 §4.2. TLS 1.3 has none that would have to be left out.
CIPHERS = "ECDHE+AESGCM"
HANDSHAKE_SECONDS = 10.0
MOST_REGISTERED = 10_000
REGISTERED_CERTIFICATES = (
    "registered_certificates"  # under which the application's lifespan hands them to the server
)

Registered = Callable[[], Collection[str]]
"""The certificates that clients have registered, base64 of their DER; the same object as long as nothing has changed."""

log = structlog.get_logger("gapura.tls")


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Raises OSError, of which ssl.SSLError is one, for files that hold no certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


def mutual_context(
    certificate: Path, key: Path | None, authorities: Path | None, registered: Registered
) -> ssl.SSLContext:
    """As `server_context`, and asks the client for a certificate. Raises OSError, and ValueError for bad authorities."""
    context = server_context(certificate, key)
    context.verify_mode = ssl.CERT_OPTIONAL
    # A certificate that is in the store itself is found by that, whoever else is in there under the same name.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.num_tickets = 0  # each connection proves its key anew
    known = Authorities()
    if authorities is not None:
        context.load_verify_locations(authorities)
        known = Authorities.of_file(authorities)
    anchors = Anchors(context, known, registered)

    def renew(*_: object) -> None:
        anchors.renew()

    context.sni_callback = renew  # called at the beginning of each handshake, with a name and without
    return context


class Anchors:
    """Certificates of clients that a context takes besides those of the authorities; it never gives one up again.

    That costs nothing: it opens no more than the handshake.
    """

    def __init__(self, context: ssl.SSLContext, authorities: Authorities, registered: Registered) -> None:
        self._context = context
        self._authorities = authorities
        self._registered = registered
        self._seen: Collection[str] = ()
        self._taken: set[str] = set()

    def renew(self) -> None:
        """Take what was registered since."""
        now = self._registered()
        if now is self._seen:
            return
        self._seen = now
        for text in set(now) - self._taken:
            if len(self._taken) == MOST_REGISTERED:
                log.warning("registered_certificates_left_out", taken=MOST_REGISTERED)
                return
            self._taken.add(text)
            self._take(text)

    def _take(self, text: str) -> None:
        try:
            der = b64decode(text, validate=True)
            # Others are for their issuer to vouch for; and a name of an authority in our store would hide the authority.
            if is_self_issued(der) and not self._authorities.bears_name_of(der):
                self._context.load_verify_locations(cadata=der)
        except (ValueError, CertificateRefused, ssl.SSLError):
            return  # it stays of no use to its client, and of no harm to others
