"""The signature algorithms that exist here (RFC 7518 §3, RFC 8037, RFC 9864): joserfc's own, under our own rules.

A table of ours instead of joserfc's registry: that one falls back to "recommended" algorithms, limits headers to 512
bytes and warns at run time; here a name is in the table and in the caller's list, or it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Protocol, get_args

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

SignatureKey = RSAKey | ECKey | OKPKey
SigningAlg = Literal["RS256", "ES256", "PS256", "EdDSA"]

EncryptionAlg = Literal["RSA-OAEP-256", "ECDH-ES"]
OwnAlg = SigningAlg | EncryptionAlg

ALGS: tuple[SigningAlg, ...] = get_args(SigningAlg)
"""What Gapura signs with."""

OWN_ALGS: tuple[OwnAlg, ...] = (*ALGS, *get_args(EncryptionAlg))
"""What Gapura has keys of its own for: one for each signature, and one for each way to encrypt to it."""


class Algorithm(Protocol):
    """What joserfc's algorithm models do."""

    def sign(self, msg: bytes, key: Any) -> bytes: ...  # noqa: ANN401 -- each takes keys of its own type
    def verify(self, msg: bytes, sig: bytes, key: Any) -> bool: ...  # noqa: ANN401 -- likewise
    def check_key(self, key: Any) -> None: ...  # noqa: ANN401 -- likewise


_ACCEPTED = (*ALGS, "RS384", "RS512", "ES384", "ES512", "PS384", "PS512", "Ed25519")

ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {name: JWSRegistry.algorithms[name] for name in _ACCEPTED}
)
"""What a client may sign with, by `alg`: neither `none` nor a symmetric one."""


def fits(key: SignatureKey, alg: str) -> bool:
    """Whether a public key may check signatures of `alg`: type, curve, and its own `use`, `key_ops` and `alg`."""
    try:
        ALGORITHMS[alg].check_key(key)
        key.check_key_op("verify")
        key.check_use("sig")
        key.check_alg(alg)
    except JoseError:
        return False
    return True
