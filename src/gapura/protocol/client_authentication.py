"""Who calls the token, introspection or revocation endpoint (RFC 6749 §2.3).

`read_credentials` says what was presented, `authenticate_client` whether it proves the client. Refusals name the
fault only to someone who holds the right secret or key.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TypeAlias
from urllib.parse import unquote_plus

from gapura.errors import OAuthError
from gapura.protocol.auth_methods import (
    BASIC,
    BY_CERTIFICATE,
    CLIENT_SECRET_JWT,
    NONE,
    POST,
    PRIVATE_KEY_JWT,
    SELF_SIGNED_TLS_CLIENT_AUTH,
    TLS_CLIENT_AUTH,
)
from gapura.protocol.client import Client
from gapura.protocol.client_assertion import (
    ASSERTION_TYPE,
    MOST_ASSERTION,
    VerifyAssertion,
    check_assertion,
    claimed_client_id,
)
from gapura.protocol.client_certificate import is_registered_subject
from gapura.protocol.parameters import Parameters, optional
from gapura.protocol.ports import AssertionStore
from gapura.protocol.presented import Certificate
from gapura.protocol.refusals import invalid_client
from gapura.values import Instant, Secret, opaque_digest

MOST_CLIENT_ID = 256
MOST_SECRET = 512
_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request presented, by one way alone: which of `methods` it is says the registration of who it claims to be.

    A certificate comes with the connection, and so beside every way.
    """

    methods: tuple[str, ...]
    client_id: str
    secret: Secret | None = None
    assertion: str | None = field(default=None, repr=False)
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """What the methods need. `endpoints` are the URLs that an assertion may name as its audience, beside the issuer.

    `vouches`: whether an authority that we trust has issued a certificate, good now. `has_key`: whether the certificate's key
    is one that the client has registered.
    """

    issuer: str
    endpoints: tuple[str, ...]
    verify_assertion: VerifyAssertion
    assertions: AssertionStore
    vouches: Callable[[Certificate, Instant], bool]
    has_key: Callable[[Client, Certificate, Instant], Awaitable[bool]]


def read_credentials(
    authorization: str | None, form: Parameters, certificate: Certificate | None = None
) -> Credentials:
    """Raises OAuthError("invalid_request") for more than one method, "invalid_client" for none or a malformed one."""
    presented = [found for reader in READERS if (found := reader(authorization, form)) is not None]
    if len(presented) > 1:
        raise OAuthError("invalid_request", description="more than one method of client authentication")
    client_id = optional(form, "client_id", MOST_CLIENT_ID)
    if not presented:
        if client_id is None:
            raise invalid_client("the client did not authenticate")
        return Credentials((NONE, *BY_CERTIFICATE), client_id, certificate=certificate)
    if client_id is not None and client_id != presented[0].client_id:
        raise OAuthError("invalid_request", description="client_id is not the client that authenticates")
    return presented[0]


async def authenticate_client(
    client: Client | None, credentials: Credentials, by: ClientAuthentication, now: Instant
) -> Client:
    """The client that `credentials` name, None where there is none of that id, once they prove it.

    Raises OAuthError("invalid_client"), and Unavailable when the store of used assertions is away.
    """
    method = client.token_endpoint_auth_method if client is not None else credentials.methods[0]
    if method not in credentials.methods:
        raise invalid_client(f"the client is registered for {method}")
    await CLIENT_AUTH_METHODS[method](credentials, client, by, now)
    if client is None:
        raise invalid_client("client authentication failed", detail="no such client")
    if not client.is_active:
        raise invalid_client(f"the client is {client.status}")
    return client


# --- reading ---


def _read_basic(authorization: str | None, __: Parameters) -> Credentials | None:
    if not authorization:
        return None
    scheme, _blank, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise invalid_client("the Authorization header is not of the scheme Basic")
    try:
        text = b64decode(encoded.strip(), validate=True).decode("utf-8")
        # RFC 6749 §2.3.1: both are form-encoded before they are joined
        client_id, colon, secret = (unquote_plus(part, errors="strict") for part in text.partition(":"))
    except (binascii.Error, ValueError):
        raise invalid_client("the Authorization header cannot be decoded") from None
    if not colon or not client_id or len(client_id) > MOST_CLIENT_ID or len(secret) > MOST_SECRET:
        raise invalid_client("the Authorization header holds no client_id and secret")
    return Credentials((BASIC,), client_id, secret=Secret(secret))


def _read_post(_: str | None, form: Parameters) -> Credentials | None:
    secret = optional(form, "client_secret", MOST_SECRET)
    if secret is None:
        return None
    return Credentials((POST,), optional(form, "client_id", MOST_CLIENT_ID) or "", secret=Secret(secret))


def _read_assertion(_: str | None, form: Parameters) -> Credentials | None:
    kind, assertion = (
        optional(form, "client_assertion_type"),
        optional(form, "client_assertion", MOST_ASSERTION),
    )
    if kind is None and assertion is None:
        return None
    if kind != ASSERTION_TYPE or assertion is None:
        raise invalid_client(f"client_assertion and client_assertion_type {ASSERTION_TYPE} belong together")
    client_id = claimed_client_id(assertion)
    if client_id is None:
        raise invalid_client("client_assertion is no JWT whose iss names the client")
    return Credentials((PRIVATE_KEY_JWT, CLIENT_SECRET_JWT), client_id, assertion=assertion)


READERS = (_read_basic, _read_post, _read_assertion)


# --- proving ---


async def _prove_secret(
    credentials: Credentials, client: Client | None, _: ClientAuthentication, now: Instant
) -> None:
    """Takes as long for an unknown client as for a wrong secret."""
    secret = credentials.secret.reveal() if credentials.secret is not None else ""
    digest = (client.secret_digest if client is not None else None) or _NO_DIGEST
    if not compare_digest(opaque_digest(secret), digest):
        if compare_digest(opaque_digest(secret.strip()), digest):
            raise invalid_client("the secret has a blank or line break at its start or end")
        raise invalid_client("client authentication failed", detail="wrong secret")
    if client is not None:
        _check_secret_lasts(client, now)


def _check_secret_lasts(client: Client, now: Instant) -> None:
    if client.secret_expires_at is not None and now >= client.secret_expires_at:
        raise invalid_client("the secret has expired")


async def _prove_assertion(
    credentials: Credentials, client: Client | None, by: ClientAuthentication, now: Instant
) -> None:
    if client is None or credentials.assertion is None:
        return
    claims = await by.verify_assertion(credentials.assertion, client, now)
    if client.token_endpoint_auth_method == CLIENT_SECRET_JWT:
        _check_secret_lasts(client, now)
    use = check_assertion(claims, client, by.issuer, by.endpoints, now)
    if not await by.assertions.claim_assertion(use):
        raise invalid_client("this assertion was used before, each needs a jti of its own")


async def _prove_certificate(
    credentials: Credentials, client: Client | None, by: ClientAuthentication, now: Instant
) -> None:
    """RFC 8705 §2.1: an authority says whose certificate it is."""
    certificate = _presented(credentials)
    if client is None:
        return
    if not by.vouches(certificate, now):
        raise invalid_client(
            "the client's certificate is not of an authority that is trusted here, or not valid now"
        )
    if not is_registered_subject(client, certificate):
        raise invalid_client("the client's certificate is not for the subject that the client registered")


async def _prove_own_certificate(
    credentials: Credentials, client: Client | None, by: ClientAuthentication, now: Instant
) -> None:
    """RFC 8705 §2.2: TLS has proven its key, and the client has registered that key."""
    certificate = _presented(credentials)
    if client is not None and not await by.has_key(client, certificate, now):
        raise invalid_client("the key of the client's certificate is not among its registered keys")


def _presented(credentials: Credentials) -> Certificate:
    if credentials.certificate is None:
        raise invalid_client("the client has to present its certificate on the connection")
    return credentials.certificate


async def _prove_nothing(_: Credentials, __: Client | None, ___: ClientAuthentication, ____: Instant) -> None:
    """RFC 6749 §2.1: a public client has nothing to prove; PKCE binds its code, rotation its refresh token."""


Prove: TypeAlias = Callable[[Credentials, Client | None, ClientAuthentication, Instant], Awaitable[None]]

CLIENT_AUTH_METHODS: Mapping[str, Prove] = {
    BASIC: _prove_secret,
    POST: _prove_secret,
    CLIENT_SECRET_JWT: _prove_assertion,
    PRIVATE_KEY_JWT: _prove_assertion,
    TLS_CLIENT_AUTH: _prove_certificate,
    SELF_SIGNED_TLS_CLIENT_AUTH: _prove_own_certificate,
    NONE: _prove_nothing,
}
