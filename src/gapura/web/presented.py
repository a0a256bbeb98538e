"""Headers and certificate of a client's request, as the rules take them."""

from __future__ import annotations

import ssl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gapura.crypto.certificates import CertificateRefused, read_certificate
from gapura.errors import OAuthError
from gapura.flow.sender_keys import SenderKeys
from gapura.protocol.presented import Certificate, Presented
from gapura.values import Instant

AUTHORIZATION, DPOP = b"authorization", b"dpop"
ONCE = frozenset({AUTHORIZATION, DPOP})


def presented_of(request: Request) -> Presented:
    """Raises OAuthError("invalid_request") for a header that came twice: two readers could take it two ways."""
    found: dict[bytes, str] = {}
    for name, value in request.scope["headers"]:
        if name in ONCE:
            if name in found:
                raise OAuthError("invalid_request", description=f"{name.decode()} is sent more than once")
            found[name] = value.decode("latin-1")
    return Presented(
        authorization=found.get(AUTHORIZATION),
        dpop=found.get(DPOP),
        certificate=_certificate(request.scope),
        method=request.method,
    )


def with_nonce(response: Response, presented: Presented, senders: SenderKeys, now: Instant) -> Response:
    """RFC 9449 §8.2: who came with a proof learns with each answer what to put into the next one."""
    if presented.dpop is not None:
        response.headers["DPoP-Nonce"] = senders.nonce(now)
    return response


def _certificate(scope: Scope) -> Certificate | None:
    """That of the client, from our own connection or a trusted proxy's word: both stand where ASGI's TLS extension puts it."""
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain")
    if not chain:
        return None
    der = ssl.PEM_cert_to_DER_cert(chain[0])
    try:
        read = read_certificate(der)
    except CertificateRefused as error:
        raise OAuthError(
            "invalid_request", detail=str(error), description="the client's certificate cannot be read"
        ) from None
    return Certificate(read.thumbprint, read.key_thumbprint, read.subject_dn, read.names, der)
