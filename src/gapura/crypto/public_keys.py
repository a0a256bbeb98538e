"""Public keys of others, parsed once (RFC 7517): what can't be safe is refused here, not at the first signature."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gapura.crypto.algorithms import SignatureKey, fits
from gapura.errors import GapuraError

MAX_KEYS = 32
MAX_MEMBER_BYTES = 2_048
RSA_BITS = range(2_048, 8_193)
RSA_EXPONENTS = range(3, 2**32, 2)
CURVES = {"EC": ("P-256", "P-384", "P-521"), "OKP": ("Ed25519",)}

# What of a JWK is read; certificates and addresses (x5c, x5u, …) never widen trust, so they aren't.
_MEMBERS = ("kty", "kid", "use", "key_ops", "alg", "n", "e", "crv", "x", "y")
_IMPORTS: Mapping[str, Callable[[dict[str, Any]], SignatureKey]] = {
    "RSA": RSAKey.import_key,
    "EC": ECKey.import_key,
    "OKP": OKPKey.import_key,
}


@dataclass(eq=False)
class KeysRefused(GapuraError):
    """A JWK or a set of them can't be taken; `detail` says why."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Keys by `kid`; one that came without has its thumbprint (RFC 7638) for one."""

    by_kid: Mapping[str, SignatureKey]

    def find(self, kid: str | None, alg: str) -> SignatureKey | None:
        """The key that a token's header names, or without a `kid` the only one that fits `alg`."""
        if kid is not None:
            key = self.by_kid.get(kid)
            return key if key is not None and fits(key, alg) else None
        fitting = [key for key in self.by_kid.values() if fits(key, alg)]
        return fitting[0] if len(fitting) == 1 else None

    def has_thumbprint(self, thumbprint: str) -> bool:
        """Whether this is a key that its owner signs or proves itself with (RFC 7638)."""
        return any(key.get("use") != "enc" and key.thumbprint() == thumbprint for key in self.by_kid.values())

    def __iter__(self) -> Iterator[SignatureKey]:
        return iter(self.by_kid.values())

    def __len__(self) -> int:
        return len(self.by_kid)


def parse_jwks(document: Mapping[str, Any]) -> PublicKeys:
    """Read a JWK Set of signature keys.

    A key of an unknown type or curve is left out (RFC 7517 §5). Raises KeysRefused on a private or symmetric key, weak
    RSA, two keys of one `kid`, too many keys, and a set without any.
    """
    members = document.get("keys")
    if not isinstance(members, Sequence) or isinstance(members, str) or not 1 <= len(members) <= MAX_KEYS:
        raise _refused(f"`keys` is a list of 1 to {MAX_KEYS} keys")
    by_kid: dict[str, SignatureKey] = {}
    for jwk in members:
        if not isinstance(jwk, Mapping):
            raise _refused("a key is an object")
        if not _known(jwk):
            continue
        key = parse_jwk(jwk)
        kid = key.kid or key.thumbprint()
        if kid in by_kid:
            raise _refused("two keys have one `kid`")
        by_kid[kid] = key
    if not by_kid:
        raise _refused("no key of a known type and curve")
    return PublicKeys(by_kid)


def parse_jwk(jwk: Mapping[str, Any]) -> SignatureKey:
    """Read one public key; raises KeysRefused."""
    if not _known(jwk):
        raise _refused("unknown type or curve")
    if "d" in jwk:
        raise _refused("a private key was given")
    members = {name: jwk[name] for name in _MEMBERS if name in jwk}
    if any(not _plausible(value) for value in members.values()):
        raise _refused("a member is no text of sensible length")
    try:
        if members["kty"] == "RSA":
            _check_rsa(members)
        return _IMPORTS[members["kty"]](members)
    except (JoseError, ValueError, TypeError, KeyError):
        raise _refused("not a valid key") from None


def jwk_thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638 with SHA-256, base64url. Raises KeysRefused."""
    return parse_jwk(jwk).thumbprint()


def _known(jwk: Mapping[str, Any]) -> bool:
    kty = jwk.get("kty")
    if kty == "oct":
        raise _refused("a symmetric key was given")
    if not isinstance(kty, str) or kty not in _IMPORTS:
        return False
    return kty not in CURVES or jwk.get("crv") in CURVES[kty]


def _plausible(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(entry, str) and len(entry) <= MAX_MEMBER_BYTES for entry in value)
    return isinstance(value, str) and len(value) <= MAX_MEMBER_BYTES


def _check_rsa(members: Mapping[str, Any]) -> None:
    modulus, exponent = (int.from_bytes(urlsafe_b64decode(members[name] + "==")) for name in ("n", "e"))
    if modulus.bit_length() not in RSA_BITS:
        raise _refused(f"RSA keys have {RSA_BITS.start} to {RSA_BITS.stop - 1} bits")  # RFC 7518 §3.3
    if exponent not in RSA_EXPONENTS:
        raise _refused("RSA exponent out of range")


def _refused(why: str) -> KeysRefused:
    return KeysRefused("keys_refused", why)
