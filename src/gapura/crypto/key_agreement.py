"""How the key that a token's content is encrypted with comes to the reader (RFC 7518 §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gapura.crypto.algorithms import SignatureKey
from gapura.crypto.compact import TokenRefused, b64decode
from gapura.crypto.public_keys import KeysRefused, parse_jwk

WRAP_BYTES = 8  # RFC 3394: what a wrapped key is longer by
_OAEP = OAEP(MGF1(SHA256()), SHA256(), None)


class ContentEncryption(Protocol):
    """What joserfc's models do; sizes in bits."""

    cek_size: int
    iv_size: int

    def generate_cek(self) -> bytes: ...
    def generate_iv(self) -> bytes: ...
    def encrypt(self, plaintext: bytes, cek: bytes, iv: bytes, aad: bytes) -> tuple[bytes, bytes]: ...
    def decrypt(self, ciphertext: bytes, tag: bytes, cek: bytes, iv: bytes, aad: bytes) -> bytes: ...

    @property
    def name(self) -> str: ...


class KeyManagement(Protocol):
    """Each takes keys of its own type alone."""

    @property
    def key_type(self) -> type[SignatureKey]: ...

    def fits(self, key: SignatureKey, alg: str, /) -> bool:
        """Whether something may be encrypted to this public key: its type, and its own `use`, `key_ops` and `alg`."""
        ...

    def hand_over(
        self,
        key: Any,  # noqa: ANN401
        enc: ContentEncryption,
        header: dict[str, Any],
        /,
    ) -> tuple[bytes, bytes]:
        """A new content key and the form in which it travels; `header` gets what the reader needs besides."""
        ...

    def take(
        self,
        key: Any,  # noqa: ANN401
        enc: ContentEncryption,
        header: Mapping[str, Any],
        wrapped: bytes,
        /,
    ) -> bytes | None:
        """The content key out of that form, None where it doesn't come out. Raises TokenRefused("malformed")."""
        ...


@dataclass(frozen=True, slots=True)
class Oaep:
    """RSA-OAEP-256 (RFC 7518 §4.3)."""

    key_type: ClassVar[type[SignatureKey]] = RSAKey

    def fits(self, key: SignatureKey, alg: str) -> bool:
        return isinstance(key, RSAKey) and _is_meant_for(key, alg, ("encrypt", "wrapKey"))

    def hand_over(self, key: RSAKey, enc: ContentEncryption, _: dict[str, Any]) -> tuple[bytes, bytes]:
        content_key = enc.generate_cek()
        return content_key, key.public_key.encrypt(content_key, _OAEP)

    def take(self, key: RSAKey, enc: ContentEncryption, _: Mapping[str, Any], wrapped: bytes) -> bytes | None:
        try:
            content_key = key.get_op_key("decrypt").decrypt(wrapped, _OAEP)
        except ValueError:
            return None
        return content_key if len(content_key) * 8 == enc.cek_size else None


@dataclass(frozen=True, slots=True)
class DiffieHellman:
    """ECDH-ES, directly or with a content key that is wrapped by what was agreed upon (RFC 7518 §4.6)."""

    wrap_bits: int | None = None
    key_type: ClassVar[type[SignatureKey]] = ECKey

    def fits(self, key: SignatureKey, alg: str) -> bool:
        return isinstance(key, ECKey) and _is_meant_for(key, alg, ("deriveKey", "deriveBits"))

    def hand_over(self, key: ECKey, enc: ContentEncryption, header: dict[str, Any]) -> tuple[bytes, bytes]:
        once = ECKey.generate_key(key.curve_name, auto_kid=False)
        header["epk"] = once.as_dict(private=False)
        agreed = self._agree(once, key, enc, header)
        if self.wrap_bits is None:
            return agreed, b""
        content_key = enc.generate_cek()
        return content_key, aes_key_wrap(agreed, content_key)

    def take(
        self, key: ECKey, enc: ContentEncryption, header: Mapping[str, Any], wrapped: bytes
    ) -> bytes | None:
        expected = 0 if self.wrap_bits is None else enc.cek_size // 8 + WRAP_BYTES
        if len(wrapped) != expected:
            raise TokenRefused("malformed", "encrypted key")
        agreed = self._agree(key, _ephemeral(header, key), enc, header)
        if self.wrap_bits is None:
            return agreed
        try:
            return aes_key_unwrap(agreed, wrapped)
        except InvalidUnwrap:
            return None

    def _agree(self, ours: ECKey, theirs: ECKey, enc: ContentEncryption, header: Mapping[str, Any]) -> bytes:
        bits, alg = (enc.cek_size, enc.name) if self.wrap_bits is None else (self.wrap_bits, header["alg"])
        info = [_sized(alg.encode()), _sized(_party(header, "apu")), _sized(_party(header, "apv"))]
        derive = ConcatKDFHash(SHA256(), bits // 8, b"".join((*info, bits.to_bytes(4))))
        return derive.derive(ours.exchange_derive_key(theirs))


def _is_meant_for(key: RSAKey | ECKey, alg: str, operations: tuple[str, ...]) -> bool:
    named = key.get("key_ops")
    try:
        key.check_use("enc")
        key.check_alg(alg)
    except JoseError:
        return False
    return not named or any(operation in named for operation in operations)


def _ephemeral(header: Mapping[str, Any], key: ECKey) -> ECKey:
    """A point of our key's own curve, and of no other (RFC 7518 §9.1: invalid curves give a private key away)."""
    jwk = header.get("epk")
    try:
        theirs = parse_jwk(jwk) if isinstance(jwk, Mapping) else None
    except KeysRefused:
        theirs = None
    if not isinstance(theirs, ECKey) or theirs.curve_name != key.curve_name:
        raise TokenRefused("malformed", "epk")
    return theirs


def _party(header: Mapping[str, Any], name: str) -> bytes:
    text = header.get(name, "")
    if not isinstance(text, str) or not text.isascii():
        raise TokenRefused("malformed", name)
    return b64decode(text.encode())


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data
