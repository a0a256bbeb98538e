"""Encrypted tokens (RFC 7516) with one way to encrypt and one to decrypt, under our own rules as in `jose.py`.

What isn't in the tables is refused. They hold neither a shared secret nor PKCS #1 v1.5, which tells an attacker too much
(RFC 8725 §3.2); and nothing is ever decompressed.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import orjson
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry

from gapura.crypto.algorithms import SignatureKey
from gapura.crypto.compact import TokenRefused, b64decode, b64encode, read_header, split
from gapura.crypto.key_agreement import ContentEncryption, DiffieHellman, KeyManagement, Oaep
from gapura.crypto.public_keys import KeysRefused, PublicKeys

__all__ = ["ENCS", "KEY_ALGS", "DecryptionKeys", "choose", "decrypt", "encrypt"]

PARTS = 5
MAX_SEALED_BYTES = 40_000  # a signed token of the largest payload that is read
TAG_BYTES = 16

KEY_ALGS: Mapping[str, KeyManagement] = MappingProxyType(
    {
        "RSA-OAEP-256": Oaep(),
        "ECDH-ES": DiffieHellman(),
        "ECDH-ES+A128KW": DiffieHellman(wrap_bits=128),
        "ECDH-ES+A256KW": DiffieHellman(wrap_bits=256),
    }
)
"""How the key of the content comes to the reader, by `alg` (RFC 7518 §4)."""

ENCS: Mapping[str, ContentEncryption] = MappingProxyType(
    {name: JWERegistry.algorithms["enc"][name] for name in ("A128CBC-HS256", "A128GCM", "A256GCM")}
)
"""What the content is encrypted by, by `enc` (RFC 7518 §5)."""


class DecryptionKeys(Protocol):
    def decrypting(self, kid: str | None, alg: str) -> SignatureKey | None:
        """The private key that a header names, or without a `kid` the one to try."""
        ...


def choose(keys: PublicKeys, alg: str) -> SignatureKey | None:
    """Of a reader's keys the one to encrypt to: one that is meant for it before one that says nothing."""
    fitting = [key for key in keys if KEY_ALGS[alg].fits(key, alg)]
    return next((key for key in fitting if key.get("use") == "enc"), fitting[0] if fitting else None)


def encrypt(plain: bytes, key: SignatureKey, alg: str, enc: str, *, cty: str | None = None) -> str:
    """A compact JWE for the holder of `key`; `cty` is "JWT" around a signed token (RFC 7519 §5.2).

    Raises KeysRefused when the key isn't one for `alg`.
    """
    if not KEY_ALGS[alg].fits(key, alg):
        raise KeysRefused("keys_refused", f"not a key for {alg}")
    header: dict[str, Any] = {"alg": alg, "enc": enc}
    if key.kid is not None:
        header["kid"] = key.kid
    if cty is not None:
        header["cty"] = cty
    content_key, wrapped = KEY_ALGS[alg].hand_over(key, ENCS[enc], header)
    aad, nonce = b64encode(orjson.dumps(header)), ENCS[enc].generate_iv()
    sealed, tag = ENCS[enc].encrypt(plain, content_key, nonce, aad)
    return b".".join((aad, *map(b64encode, (wrapped, nonce, sealed, tag)))).decode()


def decrypt(
    token: str,
    keys: DecryptionKeys,
    *,
    algs: Collection[str] = KEY_ALGS.keys(),
    encs: Collection[str] = ENCS.keys(),
) -> bytes:
    """The content of a token that was encrypted to one of `keys`. Raises TokenRefused.

    Who wrote it is not known by that: what comes out has to prove itself.
    """
    parts = split(token, PARTS)
    text, wrapped, nonce, sealed, tag = map(b64decode, parts)
    header = read_header(text)
    alg, enc = _algorithms(header, algs, encs)
    if len(nonce) * 8 != ENCS[enc].iv_size or len(tag) != TAG_BYTES or len(sealed) > MAX_SEALED_BYTES:
        raise TokenRefused("malformed", "sizes")
    kid = header.get("kid")
    key = keys.decrypting(kid if isinstance(kid, str) else None, alg)
    if key is None or not isinstance(key, KEY_ALGS[alg].key_type):
        raise TokenRefused("unknown_key")
    content_key = KEY_ALGS[alg].take(key, ENCS[enc], header, wrapped)
    if content_key is None:
        # RFC 7516 §11.5: go on with another key, so that a bad key looks like bad content.
        content_key = secrets.token_bytes(ENCS[enc].cek_size // 8)
    try:
        return ENCS[enc].decrypt(sealed, tag, content_key, nonce, parts[0])
    except (JoseError, ValueError):
        raise TokenRefused("sealed") from None


def _algorithms(header: Mapping[str, Any], algs: Collection[str], encs: Collection[str]) -> tuple[str, str]:
    alg, enc = header.get("alg"), header.get("enc")
    if not isinstance(alg, str) or alg not in algs or alg not in KEY_ALGS:
        raise TokenRefused("algorithm")
    if not isinstance(enc, str) or enc not in encs or enc not in ENCS:
        raise TokenRefused("algorithm", "enc")
    if "zip" in header:
        raise TokenRefused("malformed", "compressed")
    return alg, enc
