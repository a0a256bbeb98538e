"""TLS for who serves without a proxy in front: versions and ciphers of RFC 9325, and nothing older."""

from __future__ import annotations

import ssl
from pathlib import Path

# RFC 9325 §4.2. TLS 1.3 has none that would have to be left out.
CIPHERS = "ECDHE+AESGCM"
HANDSHAKE_SECONDS = 10.0


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Raises OSError, of which ssl.SSLError is one, for files that hold no certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context
