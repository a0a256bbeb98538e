"""Algorithms of signatures and encryption, one row each; what discovery and registration offer follows from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import Any, TypeAlias

from gapura.protocol.auth_methods import CLIENT_SECRET_JWT
from gapura.protocol.client import Client
from gapura.protocol.profiles import Profile

Digest: TypeAlias = Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class SigningAlg:
    """`digest` makes `at_hash` (OpenID Connect Core §3.1.3.6)."""

    name: str
    digest: Digest


SIGNING_ALGS: Mapping[str, SigningAlg] = {
    row.name: row
    for row in (
        SigningAlg("RS256", sha256),
        SigningAlg("ES256", sha256),
        SigningAlg("PS256", sha256),
        SigningAlg("EdDSA", sha512),  # Ed25519 hashes with SHA-512
    )
}


@dataclass(frozen=True, slots=True)
class EncryptionAlg:
    """How the key of the content comes to its reader, who has a key of type `kty` (RFC 7518 §4)."""

    name: str
    kty: str


ENCRYPTION_ALGS: Mapping[str, EncryptionAlg] = {
    row.name: row
    for row in (
        EncryptionAlg("RSA-OAEP-256", "RSA"),
        EncryptionAlg("ECDH-ES", "EC"),
        EncryptionAlg("ECDH-ES+A128KW", "EC"),
        EncryptionAlg("ECDH-ES+A256KW", "EC"),
    )
}
DEFAULT_ENC = "A128CBC-HS256"  # OpenID Connect Registration §2
ENCS = (DEFAULT_ENC, "A128GCM", "A256GCM")
"""What the content is encrypted by (RFC 7518 §5)."""


SECRET_ALGS = ("HS256",)
"""MACs by a client's secret: of longer ones RFC 7518 §3.2 would ask for longer secrets."""


def algs_for(profile: Profile) -> tuple[str, ...]:
    """The algorithms that a client of this profile may use."""
    return tuple(name for name in SIGNING_ALGS if profile.allows_alg(name))


def default_alg(profile: Profile) -> str:
    """RS256 (OpenID Connect Registration §2), where FAPI 2.0 §5.4.1 does not forbid it."""
    return algs_for(profile)[0]


def assertion_algs(client: Client) -> tuple[str, ...]:
    """The algorithms its assertions may be signed with: the registered one alone, where there is one."""
    if client.token_endpoint_auth_method == CLIENT_SECRET_JWT:
        return SECRET_ALGS
    registered = client.token_endpoint_auth_signing_alg
    return algs_for(client.profile) if registered is None else (registered,)
