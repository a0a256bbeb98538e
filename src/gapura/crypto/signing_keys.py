"""Keys of our own and their life: next → active → retiring → gone, one row of it per algorithm.

Most of them sign. Those that others encrypt to go the same way, but are published only while they are active: before, not
every worker need know them, and afterwards nobody should use them any more. All of them decrypt until they are gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import orjson
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gapura.crypto.algorithms import ALGS, OWN_ALGS, OwnAlg, SignatureKey, SigningAlg
from gapura.crypto.public_keys import PublicKeys, parse_jwk
from gapura.errors import Unavailable
from gapura.values import Instant

__all__ = [
    "ALGS", "OWN_ALGS", "Change", "KeyRing", "OwnAlg", "SigningAlg", "SigningKey", "State", "export_private", "generate", "import_private",
    "plan",
]  # fmt: skip

State = Literal["next", "active", "retiring", "gone"]
Step = Literal["create_next", "create_active", "activate", "retire", "remove"]

RSA_BITS = 2_048
ROTATE_EVERY = timedelta(days=90)
KEEP_RETIRED = timedelta(days=30)  # for id_token_hint (OpenID Connect RP-Initiated Logout §2)

_GENERATE: Mapping[OwnAlg, Callable[[], SignatureKey]] = {
    "RS256": lambda: RSAKey.generate_key(RSA_BITS),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "PS256": lambda: RSAKey.generate_key(RSA_BITS),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
    "RSA-OAEP-256": lambda: RSAKey.generate_key(RSA_BITS),
    "ECDH-ES": lambda: ECKey.generate_key("P-256"),
}
_IMPORT: Mapping[OwnAlg, Callable[[bytes], SignatureKey]] = {
    "RS256": RSAKey.import_key,
    "ES256": ECKey.import_key,
    "PS256": RSAKey.import_key,
    "EdDSA": OKPKey.import_key,
    "RSA-OAEP-256": RSAKey.import_key,
    "ECDH-ES": ECKey.import_key,
}


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    alg: OwnAlg
    state: State
    private: SignatureKey | None = field(repr=False, compare=False)
    public_jwk: Mapping[str, Any]
    created_at: Instant
    active_at: Instant | None = None
    retiring_at: Instant | None = None
    gone_at: Instant | None = None

    @property
    def signs(self) -> bool:
        return self.alg in ALGS


@dataclass(frozen=True, slots=True)
class Change:
    """One step of `plan`; `kid` is None where the key has yet to be made."""

    step: Step
    alg: OwnAlg
    kid: str | None = None


class KeyRing:
    """All keys at one moment, immutable: what signs, verifies and decrypts, and the JWKS endpoint's prepared answer."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self.keys: tuple[SigningKey, ...] = tuple(key for key in keys if key.state != "gone")
        self._active: dict[str, SigningKey] = {key.alg: key for key in self.keys if key.state == "active"}
        self.public_keys = PublicKeys({key.kid: parse_jwk(key.public_jwk) for key in self.keys if key.signs})
        self._decrypting = {key.kid: key.private for key in self.keys if not key.signs}
        published = [key.public_jwk for key in self.keys if key.signs or key.state == "active"]
        self.jwks_json: bytes = orjson.dumps({"keys": published})
        self.etag: str = f'"{hashlib.sha256(self.jwks_json).hexdigest()[:32]}"'

    def active(self, alg: str) -> SigningKey:
        """Raises Unavailable when no key of this algorithm is in use."""
        key = self._active.get(alg)
        if key is None:
            raise Unavailable("signing_key", f"no active key for {alg}")
        return key

    def public(self, kid: str) -> SignatureKey | None:
        return self.public_keys.by_kid.get(kid)

    def decrypting(self, kid: str | None, alg: str) -> SignatureKey | None:
        """The private key that was encrypted to; without a `kid` the one that is published."""
        if kid is not None:
            return self._decrypting.get(kid)
        active = self._active.get(alg.partition("+")[0])
        return active.private if active is not None and not active.signs else None


def generate(alg: OwnAlg, now: Instant, state: Literal["next", "active"] = "next") -> SigningKey:
    """A new key; its `kid` is its thumbprint (RFC 7638)."""
    private = _GENERATE[alg]()
    kid = private.thumbprint()
    # An agreement key serves every ECDH-ES there is: which one is the sender's to choose.
    purpose = {"use": "sig", "alg": alg} if alg in ALGS else {"use": "enc"}
    public_jwk = {**private.as_dict(private=False), "kid": kid, **purpose}
    return SigningKey(kid, alg, state, private, public_jwk, now, active_at=now if state == "active" else None)


def export_private(key: SigningKey) -> bytes:
    """PKCS #8 in DER, in clear: seal it at once."""
    if key.private is None:
        raise Unavailable("signing_key", f"{key.kid} is gone")
    return key.private.as_der(private=True)


def import_private(alg: OwnAlg, der: bytes) -> SignatureKey:
    return _IMPORT[alg](der)


def plan(
    keys: Iterable[SigningKey],
    now: Instant,
    publish_for: timedelta,
    every: timedelta = ROTATE_EVERY,
    keep: timedelta = KEEP_RETIRED,
    algs: Collection[OwnAlg] = OWN_ALGS,
) -> tuple[Change, ...]:
    """The steps that are due now for `algs`, in the order they are to be taken.

    A `next` key signs once it was published for `publish_for` (at least twice the JWKS max-age) and the active one is
    older than `every`; `every=timedelta(0)` rotates as soon as that is safe. Where no key signs at all, one does at once.
    """
    alive = tuple(key for key in keys if key.state != "gone")
    steps: list[Change] = []
    for alg in algs:
        steps += _steps_of(alg, [key for key in alive if key.alg == alg], now, publish_for, every)
    steps += [
        Change("remove", key.alg, key.kid)
        for key in alive
        if key.state == "retiring" and key.retiring_at is not None and now - key.retiring_at >= keep
    ]
    return tuple(steps)


def _steps_of(
    alg: OwnAlg, keys: list[SigningKey], now: Instant, publish_for: timedelta, every: timedelta
) -> list[Change]:
    active = next((key for key in keys if key.state == "active"), None)
    waiting = min((key for key in keys if key.state == "next"), key=lambda key: key.created_at, default=None)
    if active is None:
        first = Change("activate", alg, waiting.kid) if waiting else Change("create_active", alg)
        return [first, Change("create_next", alg)]
    if waiting is None:
        return [Change("create_next", alg)]
    if now - (active.active_at or active.created_at) >= every and now - waiting.created_at >= publish_for:
        return [
            Change("retire", alg, active.kid),
            Change("activate", alg, waiting.kid),
            Change("create_next", alg),
        ]
    return []
