"""The fields of a registration, one row each (RFC 7591 §2, OpenID Connect Registration §2 and the logout specs).

What stands in no row is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from gapura.errors import OAuthError
from gapura.protocol.client_certificate import SUBJECTS
from gapura.protocol.profiles import OIDC, PROFILES
from gapura.protocol.registered_uri import BadUri, check_identifier, check_redirect_uri, check_web_uri
from gapura.protocol.request_object import MOST_REQUEST_URI

MOST_ITEMS = 20
MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a reader may look at beside the value."""

    sandbox: bool
    native: bool


Read: TypeAlias = Callable[[object, Circumstances], object]
"""The value to keep; raises BadUri or ValueError with what is wrong, without quoting the value."""


@dataclass(frozen=True, slots=True)
class Field:
    """`tagged`: `name#id`, `name#en` may stand beside it (RFC 7591 §2.2). `operator`: only an operator sets it.

    `among` is the member of the provider's metadata that lists the supported values.
    """

    name: str
    read: Read
    default: object = None
    tagged: bool = False
    operator: bool = False
    among: str | None = None
    error: str = "invalid_client_metadata"


def _text(value: object, _: Circumstances) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_TEXT or not value.isprintable():
        raise ValueError(f"is no printable text of at most {MOST_TEXT} characters")
    return value


def _texts(value: object, at: Circumstances) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise ValueError(f"is no list of at most {MOST_ITEMS}")
    return list(dict.fromkeys(_text(item, at) for item in value))


def _scope(value: object, _: Circumstances) -> str:
    if not isinstance(value, str) or len(value) > _MOST_SCOPE or not _SCOPE.fullmatch(value):
        raise ValueError("is no blank-separated list of scopes")
    return value


def _boolean(value: object, _: Circumstances) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is no boolean")  # noqa: TRY004 -- one kind of error for all that is wrong with a value
    return value


def _seconds(value: object, _: Circumstances) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_SECONDS:
        raise ValueError("is no number of seconds")
    return value


def _redirect_uris(value: object, at: Circumstances) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise ValueError(f"is no list of at most {MOST_ITEMS}")
    for uri in value:
        check_redirect_uri(uri, native=at.native, sandbox=at.sandbox)
    return list(dict.fromkeys(value))


def _web_uri(value: object, at: Circumstances) -> object:
    """https; the sandbox takes loopback besides, where its demo portals are."""
    check_web_uri(value, loopback=at.sandbox)
    return value


def _request_uris(value: object, at: Circumstances) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise ValueError(f"is no list of at most {MOST_ITEMS}")
    return list(dict.fromkeys(_request_uri(item, at) for item in value))


def _request_uri(value: object, at: Circumstances) -> str:
    """A fragment may follow, such as the digest of what is to be read there (OpenID Connect Core §6.2)."""
    if not isinstance(value, str) or len(value) > MOST_REQUEST_URI or not _FRAGMENT.search(value):
        raise ValueError(f"is no URI of at most {MOST_REQUEST_URI} characters")
    _web_uri(value.partition("#")[0], at)
    return value


def _security_profile(value: object, _: Circumstances) -> object:
    if not isinstance(value, str) or value not in PROFILES:
        raise ValueError(f"is none of {', '.join(PROFILES)}")
    return value


def _https_uri(value: object, _: Circumstances) -> object:
    check_web_uri(value, loopback=False)
    return value


def _identifier(value: object, _: Circumstances) -> object:
    check_identifier(value)
    return value


def _public_jwks(value: object, _: Circumstances) -> object:
    """RFC 7517 §5, public keys alone, each with a `kid` of its own where there are many."""
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_ITEMS:
        raise ValueError(f"is no JWK set of 1 to {MOST_ITEMS} keys")
    for key in keys:
        if not isinstance(key, dict) or key.get("kty") not in _KEY_TYPES:
            raise ValueError("holds a key that is neither RSA, EC nor OKP")
        if _PRIVATE_MEMBERS.intersection(key):
            raise ValueError("holds a private key; replace that key, it is public now")
        if key["kty"] == "RSA" and not _is_long(key.get("n")):
            raise ValueError("holds an RSA key of fewer than 2048 bits")
    kids = [str(key.get("kid")) for key in keys]
    if len(set(kids)) != len(kids):
        raise ValueError("holds two keys with the same kid")
    return value


def _is_long(modulus: object) -> bool:
    """2048 to 16384 bits in base64url."""
    return isinstance(modulus, str) and _RSA_2048 <= len(modulus) <= _RSA_16384


_FRAGMENT = re.compile(r"\A[^#]*(?:#[A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*)?\Z")
_RSA_2048, _RSA_16384 = 342, 2731
_MOST_SECONDS = 2**31
_MOST_SCOPE = 1000
_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*|")  # RFC 6749 §3.3
_KEY_TYPES = ("RSA", "EC", "OKP")
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def _encrypted(name: str, supported: str) -> tuple[Field, Field]:
    """The two fields that ask for encryption: how the key is agreed upon, and by what the content is encrypted."""
    return (
        Field(f"{name}_alg", _text, among=f"{supported}_alg_values_supported"),
        Field(f"{name}_enc", _text, among=f"{supported}_enc_values_supported"),
    )


FIELDS: Mapping[str, Field] = {
    row.name: row
    for row in (
        Field("redirect_uris", _redirect_uris, error="invalid_redirect_uri"),
        Field("application_type", _text, default="web"),
        Field("grant_types", _texts, default=["authorization_code"]),
        Field("response_types", _texts),
        Field("token_endpoint_auth_method", _text, default="client_secret_basic"),
        Field("token_endpoint_auth_signing_alg", _text),
        Field("scope", _scope),
        Field("client_name", _text, tagged=True),
        Field("client_uri", _web_uri, tagged=True),
        Field("logo_uri", _web_uri, tagged=True),
        Field("policy_uri", _web_uri, tagged=True),
        Field("tos_uri", _web_uri, tagged=True),
        Field("contacts", _texts),
        Field("jwks", _public_jwks),
        Field("jwks_uri", _web_uri),
        Field("software_id", _text),
        Field("software_version", _text),
        Field("subject_type", _text, default="pairwise"),
        Field("sector_identifier_uri", _https_uri),
        Field("id_token_signed_response_alg", _text),
        Field("userinfo_signed_response_alg", _text),
        Field("default_max_age", _seconds),
        Field("require_auth_time", _boolean),
        Field("default_acr_values", _texts),
        Field("initiate_login_uri", _https_uri),
        Field("post_logout_redirect_uris", _redirect_uris),
        Field("backchannel_logout_uri", _web_uri),
        Field("backchannel_logout_session_required", _boolean),
        Field("minimum_acr", _text, among="acr_values_supported"),
        Field("resource_identifier", _identifier, operator=True),
        Field("security_profile", _security_profile, default=OIDC),
        *(Field(name, _text) for name in SUBJECTS),
        Field("dpop_bound_access_tokens", _boolean),
        Field("tls_client_certificate_bound_access_tokens", _boolean),
        Field("access_token_format", _text, among="access_token_formats_supported"),
        Field("request_uris", _request_uris),
        Field("require_pushed_authorization_requests", _boolean),
        Field("require_signed_request_object", _boolean),
        Field("authorization_details_types", _texts, among="authorization_details_types_supported"),
        Field("request_object_signing_alg", _text, among="request_object_signing_alg_values_supported"),
        *_encrypted("request_object_encryption", "request_object_encryption"),
        *_encrypted("id_token_encrypted_response", "id_token_encryption"),
        *_encrypted("userinfo_encrypted_response", "userinfo_encryption"),
        Field("authorization_signed_response_alg", _text, among="authorization_signing_alg_values_supported"),
        *_encrypted("authorization_encrypted_response", "authorization_encryption"),
        Field("introspection_signed_response_alg", _text, among="introspection_signing_alg_values_supported"),
        *_encrypted("introspection_encrypted_response", "introspection_encryption"),
        Field("frontchannel_logout_uri", _web_uri),
        Field("frontchannel_logout_session_required", _boolean),
        Field("backchannel_token_delivery_mode", _text, among="backchannel_token_delivery_modes_supported"),
        Field("backchannel_client_notification_endpoint", _web_uri),
        Field(
            "backchannel_authentication_request_signing_alg",
            _text,
            among="backchannel_authentication_request_signing_alg_values_supported",
        ),
        Field("backchannel_user_code_parameter", _boolean),
        Field("token_exchange", _texts, operator=True, among="token_exchange_modes_supported"),
        Field("may_act", _text, operator=True),
        Field("jwt_bearer_issuer", _text, operator=True),
        Field("jwt_bearer_jwks", _public_jwks, operator=True),
        Field("jwt_bearer_jwks_uri", _web_uri, operator=True),
    )
}


def has_keys(metadata: Mapping[str, Any]) -> bool:
    return "jwks" in metadata or "jwks_uri" in metadata


def read_fields(document: Mapping[str, Any], *, sandbox: bool, operator: bool) -> dict[str, Any]:
    """The known fields of `document` with their defaults.

    Raises OAuthError("invalid_client_metadata") and "invalid_redirect_uri".
    """
    at = Circumstances(sandbox=sandbox, native=document.get("application_type") == "native")
    read: dict[str, Any] = {f.name: f.default for f in FIELDS.values() if f.default is not None}
    for name, value in document.items():
        base, mark, language = name.partition("#")
        row = FIELDS.get(base)
        if row is None or value is None or (row.operator and not operator):
            continue
        if mark and not (row.tagged and _LANGUAGE_TAG.fullmatch(language)):
            continue
        read[name] = _read(row, value, at)
    return read


_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


def _read(row: Field, value: object, at: Circumstances) -> object:
    try:
        return row.read(value, at)
    except (BadUri, ValueError) as wrong:
        raise OAuthError(row.error, description=f"{row.name} {wrong}") from None
