"""Signed tokens (RFC 7515, 7519) with one signer and one verifier, used everywhere (RFC 8725)."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from joserfc.errors import JoseError

from gapura.crypto.algorithms import ALGORITHMS
from gapura.crypto.compact import TokenRefused, b64decode, b64encode, read_header, split
from gapura.crypto.public_keys import KeysRefused, PublicKeys, jwk_thumbprint, parse_jwk, parse_jwks
from gapura.crypto.strict_json import BadJson, load_object
from gapura.errors import Unavailable
from gapura.values import Instant

if TYPE_CHECKING:
    from gapura.crypto.signing_keys import SigningKey

__all__ = [
    "KeysRefused", "PublicKeys", "TokenRefused", "jwk_thumbprint", "parse_jwk", "parse_jwks",
    "read_unsecured", "read_unverified_header", "sign", "verify", "verify_by_own_key",
    "verify_by_secret",
]  # fmt: skip

MAX_PAYLOAD_BYTES = 32_768
MAX_NUMERIC_DATE = 2**53
PARTS = 3


def sign(key: SigningKey, claims: Mapping[str, Any], typ: str) -> str:
    """A compact JWS by the given key, which its `kid` names."""
    if key.private is None:
        raise Unavailable("signing_key", f"{key.kid} can't sign any more")
    signed = _header(key.alg, key.kid, typ) + b"." + b64encode(orjson.dumps(claims))
    signature = ALGORITHMS[key.alg].sign(signed, key.private)
    return (signed + b"." + b64encode(signature)).decode()


def verify(  # noqa: PLR0913 -- every check is named where it is asked for
    token: str,
    keys: PublicKeys,
    *,
    algs: Collection[str],
    now: Instant,
    typ: str | None = None,
    iss: str | None = None,
    aud: str | Collection[str] | None = None,
    leeway: float = 0,
    require: Collection[str] = ("exp",),
) -> dict[str, Any]:
    """The claims of a token signed by one of `keys` with one of `algs`; `leeway` in seconds.

    Of the header only `alg`, `kid` and `typ` are used. `exp` and `nbf` hold whenever they are there; of several `aud`
    one has to match. Raises TokenRefused.
    """
    header, payload, signed, signature = _parse(token)
    _check_signature(header, keys, algs, signed, signature)
    if typ is not None and _media_type(header.get("typ")) != typ.lower():
        raise TokenRefused("typ", f"not {typ}")
    claims = _read_claims(payload)
    _check_claims(claims, require, iss, aud)
    _check_times(claims, now.timestamp(), leeway)
    return claims


def read_unsecured(token: str) -> dict[str, Any]:
    """The claims of a token that says itself that nobody signed it (RFC 7519 §6). Raises TokenRefused.

    For who takes the same words from anybody; a signed token is none of these.
    """
    header, payload, _, signature = _parse(token)
    if header.get("alg") != "none" or signature:
        raise TokenRefused("algorithm")
    return _read_claims(payload)


def verify_by_own_key(token: str, *, algs: Collection[str], typ: str) -> tuple[dict[str, Any], str]:
    """The claims of a token that brings its key along, and that key's thumbprint (RFC 9449 §4.3).

    It proves that whoever made it holds the key, and nothing else: times and all other claims are left to the caller.
    Raises TokenRefused, and KeysRefused for a key that is none, private, symmetric or weak.
    """
    header, payload, signed, signature = _parse(token)
    if _media_type(header.get("typ")) != typ:
        raise TokenRefused("typ", f"not {typ}")
    keys, thumbprint = _own_key(token.partition(".")[0])
    _check_signature({"alg": header.get("alg")}, keys, algs, signed, signature)
    return _read_claims(payload), thumbprint


def verify_by_secret(token: str, secret: bytes) -> dict[str, Any]:
    """The claims of a token under HS256 by a secret that we share with its maker (RFC 7518 §3.2); judges none of them.

    Raises TokenRefused.
    """
    header, payload, signed, mac = _parse(token)
    if header.get("alg") != "HS256":
        raise TokenRefused("algorithm")
    if not hmac.compare_digest(hmac.digest(secret, signed, "sha256"), mac):
        raise TokenRefused("signature")
    return _read_claims(payload)


@lru_cache(1024)  # what a client sends time and again differs in its claims alone
def _own_key(header: str) -> tuple[PublicKeys, str]:
    jwk = _read_header(b64decode(header.encode())).get("jwk")
    if not isinstance(jwk, Mapping):
        raise KeysRefused("keys_refused", "no key in the header")
    key = parse_jwk(jwk)
    thumbprint = key.thumbprint()
    return PublicKeys({thumbprint: key}), thumbprint


def read_unverified_header(token: str) -> dict[str, Any]:
    """What the token says of itself, to choose keys by; trust nothing of it. Raises TokenRefused("malformed")."""
    return dict(_parse(token)[0])  # the parsed one is shared


def _parse(token: str) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    parts = split(token, PARTS)
    header, payload, signature = map(b64decode, parts)
    return _read_header(header), payload, parts[0] + b"." + parts[1], signature


def _read_claims(payload: bytes) -> dict[str, Any]:
    try:
        return load_object(payload, MAX_PAYLOAD_BYTES)
    except BadJson as error:
        raise TokenRefused("malformed", f"claims: {error}") from None


_read_header = lru_cache(256)(read_header)  # every token of one key and client carries the same


def _check_signature(
    header: Mapping[str, Any], keys: PublicKeys, algs: Collection[str], signed: bytes, signature: bytes
) -> None:
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in algs or alg not in ALGORITHMS:
        raise TokenRefused("algorithm")
    if not isinstance(kid, str | None):
        raise TokenRefused("malformed", "kid")
    key = keys.find(kid, alg)
    if key is None:
        raise TokenRefused("unknown_key")
    try:
        good = ALGORITHMS[alg].verify(signed, signature, key)
    except (JoseError, ValueError):
        good = False
    if not good:
        raise TokenRefused("signature")


def _check_claims(
    claims: Mapping[str, Any], require: Collection[str], iss: str | None, aud: str | Collection[str] | None
) -> None:
    for name in require:
        if name not in claims:
            raise TokenRefused("missing", name)
    if iss is not None and claims.get("iss") != iss:
        raise TokenRefused("issuer")
    if aud is not None:
        expected = {aud} if isinstance(aud, str) else aud
        if not any(entry in expected for entry in _audience(claims.get("aud"))):
            raise TokenRefused("audience")


def _audience(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    raise TokenRefused("audience", "missing or no text")


def _check_times(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    for name in ("exp", "nbf", "iat"):
        if name in claims and not _is_numeric_date(claims[name]):
            raise TokenRefused("bad_claim", name)
    # RFC 7519 §4.1.4: not "on or after" exp
    if "exp" in claims and now >= claims["exp"] + leeway:
        raise TokenRefused("expired")
    if "nbf" in claims and now < claims["nbf"] - leeway:
        raise TokenRefused("not_yet")


def _is_numeric_date(value: object) -> bool:
    """RFC 7519 §2; no true or false, and nothing that overflows when it is added to."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMERIC_DATE


def _media_type(value: object) -> str | None:
    """RFC 7515 §4.1.9: the `application/` before a subtype without a slash may be left out."""
    return value.lower().removeprefix("application/") if isinstance(value, str) else None


@lru_cache(256)
def _header(alg: str, kid: str, typ: str) -> bytes:
    return b64encode(orjson.dumps({"alg": alg, "kid": kid, "typ": typ}))
