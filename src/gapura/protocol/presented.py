"""What comes with a client's request beside its form, read once at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Certificate:
    """The client's certificate of this connection, proven by TLS (RFC 8705).

    `thumbprint` is the SHA-256 of the DER in base64url (`x5t#S256`), `key_thumbprint` that of its public key (RFC 7638; empty
    for a kind that no JWK is of), `subject_dn` as RFC 4514 writes it; `names` are the subject alternative names by kind: dns,
    uri, ip, email.
    """

    thumbprint: str
    key_thumbprint: str
    subject_dn: str
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    der: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Presented:
    """`authorization` and `dpop` are the headers' values, None where they are absent; `method` is of the request."""

    authorization: str | None = field(default=None, repr=False)
    dpop: str | None = field(default=None, repr=False)
    certificate: Certificate | None = None
    method: str = "POST"


NOTHING = Presented()
