from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from gapura.errors import OAuthError
from gapura.protocol.algorithms import assertion_algs
from gapura.protocol.client import Client
from gapura.protocol.client_assertion import ASSERTION_TYPE
from gapura.protocol.client_authentication import (
    ClientAuthentication,
    Credentials,
    authenticate_client,
    read_credentials,
)
from gapura.protocol.presented import Certificate
from gapura.protocol.profiles import PROFILES
from gapura.values import Instant, opaque_digest
from tests.protocol.samples import ISSUER, NOW, SECRET, Form, Store, client_of

pytestmark = pytest.mark.anyio

TOKEN_URL = f"{ISSUER}/token"
CLAIMS: Mapping[str, Any] = {
    "iss": "pajak",
    "sub": "pajak",
    "aud": ISSUER,
    "jti": "satu",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
}


def basic(client_id: str = "pajak", secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def jwt_of(claims: Mapping[str, Any]) -> str:
    """A JWT whose signature nobody looks at here."""
    return ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (b'{"alg":"ES256"}', json.dumps(claims).encode(), b"signature")
    )


def by(store: Store | None = None) -> ClientAuthentication:
    async def verify(assertion: str, _: Client, __: Instant) -> Mapping[str, Any]:
        payload = assertion.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    async def has_key(client: Client, certificate: Certificate, now: Instant) -> bool:
        return now == NOW and certificate.key_thumbprint in (client.jwks or {}).get("keys", ())

    return ClientAuthentication(
        ISSUER,
        (TOKEN_URL,),
        verify,
        store or Store(),
        vouches=lambda certificate, now: now == NOW and certificate.der == b"vouched for",
        has_key=has_key,
    )


async def authenticate(
    client: Client,
    authorization: str | None = None,
    form: Mapping[str, str | list[str] | None] | None = None,
    store: Store | None = None,
) -> Client:
    credentials = read_credentials(authorization, Form(form or {}))
    known = client if credentials.client_id == "pajak" else None
    return await authenticate_client(known, credentials, by(store), NOW)


POST = client_of(token_endpoint_auth_method="client_secret_post")
NONE = client_of(token_endpoint_auth_method="none", secret_digest=None)
JWT = client_of(token_endpoint_auth_method="private_key_jwt", secret_digest=None)


def assertion_form(claims: Mapping[str, Any] = CLAIMS) -> dict[str, str | list[str] | None]:
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt_of(claims)}


async def test_each_method_proves_the_client_registered_for_it() -> None:
    assert await authenticate(client_of(), basic())
    assert await authenticate(client_of(), basic(), {"client_id": "pajak"})
    assert await authenticate(POST, None, {"client_id": "pajak", "client_secret": SECRET})
    assert await authenticate(NONE, None, {"client_id": "pajak", "client_secret": ""})
    assert await authenticate(JWT, None, assertion_form())


async def test_basic_credentials_are_form_decoded() -> None:
    secret = "a+b %41:ü"
    client = client_of(secret_digest=opaque_digest(secret))
    assert await authenticate(client, basic(secret=secret))
    assert read_credentials(basic("pa:jak", secret), Form({})).client_id == "pa:jak"


REFUSED = [
    pytest.param(client_of(), None, {}, "invalid_client", id="RFC 6749 §2.3 nothing presented"),
    pytest.param(client_of(), None, {"client_id": "pajak"}, "invalid_client", id="RFC 6749 §3.2.1 no secret"),
    pytest.param(client_of(), basic(secret="salah"), {}, "invalid_client", id="RFC 6749 §5.2 wrong secret"),
    pytest.param(client_of(), basic("siapa"), {}, "invalid_client", id="RFC 6749 §5.2 unknown client"),
    pytest.param(client_of(), basic(secret=""), {}, "invalid_client", id="RFC 6749 §5.2 empty secret"),
    pytest.param(client_of(secret_digest=None), basic(), {}, "invalid_client", id="no secret on record"),
    pytest.param(client_of(status="disabled"), basic(), {}, "invalid_client", id="disabled"),
    pytest.param(
        client_of(secret_expires_at=NOW), basic(), {}, "invalid_client", id="RFC 7591 §3.2.1 expired"
    ),
    pytest.param(POST, basic(), {}, "invalid_client", id="OIDC Core §9 another method"),
    pytest.param(client_of(), "Bearer abc", {}, "invalid_client", id="RFC 7617 another scheme"),
    pytest.param(client_of(), "Basic !!!", {}, "invalid_client", id="RFC 7617 no base64"),
    pytest.param(client_of(), "Basic cGFqYWs=", {}, "invalid_client", id="RFC 7617 no colon"),
    pytest.param(client_of(), basic(""), {}, "invalid_client", id="RFC 7617 no client_id"),
    pytest.param(client_of(), basic(secret="x" * 600), {}, "invalid_client", id="a secret too long"),
    pytest.param(client_of(), basic("x" * 300), {}, "invalid_client", id="a client_id too long"),
    pytest.param(client_of(), "Basic /w==", {}, "invalid_client", id="RFC 7617 no UTF-8"),
    pytest.param(
        client_of(),
        basic(),
        {"client_id": "pajak", "client_secret": SECRET},
        "invalid_request",
        id="RFC 6749 §2.3 two methods",
    ),
    pytest.param(
        client_of(), basic(), {"client_id": "bpjs"}, "invalid_request", id="RFC 6749 §2.3 two clients"
    ),
    pytest.param(
        JWT, None, {"client_assertion": jwt_of(CLAIMS)}, "invalid_client", id="RFC 7521 §4.2 no type"
    ),
    pytest.param(
        JWT,
        None,
        {"client_assertion_type": ASSERTION_TYPE, "client_assertion": "bukan.jwt"},
        "invalid_client",
        id="RFC 7523 §3 no JWT",
    ),
    pytest.param(
        JWT,
        None,
        {**assertion_form(), "client_id": "bpjs"},
        "invalid_request",
        id="RFC 7521 §4.2 client_id differs",
    ),
    pytest.param(POST, None, {"client_secret": SECRET}, "invalid_client", id="RFC 6749 §2.3.1 no client_id"),
]


@pytest.mark.parametrize(("client", "authorization", "form", "code"), REFUSED)
async def test_a_client_is_refused(
    client: Client, authorization: str | None, form: dict[str, str | list[str] | None], code: str
) -> None:
    with pytest.raises(OAuthError) as refused:
        await authenticate(client, authorization, form)
    assert refused.value.code == code
    if code == "invalid_client":
        assert refused.value.status == 401
        assert refused.value.headers["WWW-Authenticate"].startswith("Basic ")


async def test_an_unknown_client_and_a_wrong_secret_look_the_same() -> None:
    answers = []
    for authorization in (basic("siapa"), basic(secret="salah")):
        with pytest.raises(OAuthError) as refused:
            await authenticate(client_of(), authorization)
        answers.append((refused.value.code, refused.value.description, refused.value.status))
    assert answers[0] == answers[1]


async def test_a_blank_around_the_secret_is_named() -> None:
    with pytest.raises(OAuthError) as refused:
        await authenticate(client_of(), basic(secret=SECRET + "\n"))
    assert "blank" in refused.value.description


async def test_an_assertion_is_good_once() -> None:
    store = Store()
    assert await authenticate(JWT, None, assertion_form(), store)
    with pytest.raises(OAuthError, match="invalid_client"):
        await authenticate(JWT, None, assertion_form(), store)


@pytest.mark.parametrize(
    "text", ["a.b.c", "a.bm90IGpzb24.c", "a.W10.c", "a.eyJpc3MiOjF9.c", "a.b", "a.\u00e4.c", ""]
)
async def test_an_assertion_of_nobody_is_refused(text: str) -> None:
    with pytest.raises(OAuthError, match="invalid_client"):
        await authenticate(JWT, None, {**assertion_form(), "client_assertion": text or None})


async def test_an_assertion_of_an_unknown_client_is_not_even_verified() -> None:
    with pytest.raises(OAuthError, match="invalid_client"):
        await authenticate(JWT, None, assertion_form({**CLAIMS, "iss": "siapa"}))


def test_a_registered_algorithm_is_the_only_one() -> None:
    assert assertion_algs(replace(JWT, token_endpoint_auth_signing_alg="PS256")) == ("PS256",)
    assert assertion_algs(JWT) == ("RS256", "ES256", "PS256", "EdDSA")
    assert "RS256" not in assertion_algs(replace(JWT, profile=PROFILES["fapi2"]))


def seconds(n: float) -> float:
    return NOW.timestamp() + n


ASSERTIONS = [
    pytest.param({}, "oidc", True, id="RFC 7523 §3"),
    pytest.param({"aud": [ISSUER]}, "oidc", True, id="RFC 7523 §3 array"),
    pytest.param({"aud": TOKEN_URL}, "oidc", True, id="OIDC Core §9 token endpoint"),
    pytest.param({"aud": ["https://x.example", TOKEN_URL]}, "oidc", True, id="RFC 7523 §3 one of many"),
    pytest.param({"aud": ISSUER}, "fapi2", True, id="FAPI 2.0 §5.3.2.1 issuer"),
    pytest.param({"aud": [ISSUER]}, "fapi2", False, id="FAPI 2.0 §5.3.2.1 array"),
    pytest.param({"aud": TOKEN_URL}, "fapi2", False, id="FAPI 2.0 §5.3.2.1 token endpoint"),
    pytest.param({"aud": TOKEN_URL}, "fapi-ciba", True, id="FAPI-CIBA token endpoint"),
    pytest.param({"aud": "https://x.example"}, "oidc", False, id="RFC 7523 §3 another audience"),
    pytest.param({"aud": None}, "oidc", False, id="RFC 7523 §3 no audience"),
    pytest.param({"aud": {"a": 1}}, "oidc", False, id="RFC 7519 §4.1.3 audience of another type"),
    pytest.param({"sub": "bpjs"}, "oidc", False, id="RFC 7523 §3 sub"),
    pytest.param({"exp": None}, "oidc", False, id="RFC 7523 §3 no exp"),
    pytest.param({"exp": seconds(-31)}, "oidc", False, id="RFC 7523 §3 expired"),
    pytest.param({"exp": seconds(-10)}, "oidc", True, id="RFC 7523 §3 expired within the skew"),
    pytest.param({"exp": seconds(-30)}, "oidc", False, id="RFC 7523 §3 expired by the whole skew"),
    pytest.param({"exp": seconds(3600)}, "oidc", True, id="exp an hour ahead"),
    pytest.param({"exp": seconds(3630)}, "oidc", True, id="exp an hour and the skew ahead"),
    pytest.param({"exp": seconds(3631)}, "oidc", False, id="exp more than that ahead"),
    pytest.param({"nbf": seconds(30)}, "oidc", True, id="RFC 7523 §3 nbf within the skew"),
    pytest.param({"jti": ""}, "oidc", False, id="an empty jti"),
    pytest.param({"jti": "x" * 256}, "oidc", True, id="the longest jti"),
    pytest.param({"exp": seconds(7200)}, "oidc", False, id="exp two hours ahead"),
    pytest.param({"exp": 10**400}, "oidc", False, id="exp beyond all time"),
    pytest.param({"exp": True}, "oidc", False, id="RFC 7519 §2 exp is no number"),
    pytest.param({"exp": "60"}, "oidc", False, id="RFC 7519 §2 exp is a text"),
    pytest.param({"iat": seconds(10)}, "fapi2", True, id="FAPI 2.0 §5.3.2.1 iat 10 s ahead"),
    pytest.param({"iat": seconds(61)}, "fapi2", False, id="FAPI 2.0 §5.3.2.1 iat 61 s ahead"),
    pytest.param({"nbf": seconds(61)}, "oidc", False, id="RFC 7523 §3 nbf"),
    pytest.param({"iat": None}, "oidc", True, id="RFC 7523 §3 iat is optional"),
    pytest.param({"jti": None}, "oidc", False, id="OIDC Core §9 no jti"),
    pytest.param({"jti": "x" * 300}, "oidc", False, id="jti too long"),
    pytest.param({"jti": 7}, "oidc", False, id="RFC 7519 §4.1.7 jti of another type"),
]


@pytest.mark.parametrize(("changes", "profile", "good"), ASSERTIONS)
async def test_the_claims_of_an_assertion(changes: dict[str, Any], profile: str, *, good: bool) -> None:
    client = replace(JWT, profile=PROFILES[profile])
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    if good:
        assert await authenticate(client, None, assertion_form(claims)) is client
    else:
        with pytest.raises(OAuthError, match="invalid_client"):
            await authenticate(client, None, assertion_form(claims))


async def test_a_wrong_clock_is_named_in_seconds() -> None:
    for claims, text in (({"exp": seconds(-90)}, "90 s ago"), ({"iat": seconds(120)}, "120 s ahead")):
        with pytest.raises(OAuthError) as refused:
            await authenticate(JWT, None, assertion_form({**CLAIMS, **claims}))
        assert text in refused.value.description


async def test_a_used_assertion_is_remembered_until_it_is_worthless() -> None:
    uses = []

    class Remembering(Store):
        async def claim_assertion(self, use: Any, /) -> bool:
            uses.append(use)
            return True

    await authenticate(JWT, None, assertion_form(), Remembering())
    assert uses[0].expires_at >= NOW + timedelta(seconds=60)
    assert uses[0].jti_digest != b"satu"


CERTIFICATE = Certificate("thumb", "registered key", "CN=pajak.example,O=DJP,C=ID", der=b"vouched for")
STRANGE = replace(CERTIFICATE, key_thumbprint="other key", der=b"somebody else's")
BY_AUTHORITY = client_of(
    token_endpoint_auth_method="tls_client_auth",
    tls_client_auth_subject_dn="CN=pajak.example, O=DJP, C=ID",
    secret_digest=None,
)
BY_ITSELF = client_of(
    token_endpoint_auth_method="self_signed_tls_client_auth",
    jwks={"keys": ["registered key"]},
    secret_digest=None,
)
CERTIFICATES = [
    pytest.param(BY_AUTHORITY, CERTIFICATE, "", id="RFC 8705 §2.1"),
    pytest.param(BY_AUTHORITY, None, "has to present", id="RFC 8705 §2.1 none"),
    pytest.param(BY_AUTHORITY, STRANGE, "not of an authority", id="RFC 8705 §2.1 of another authority"),
    pytest.param(
        BY_AUTHORITY,
        replace(CERTIFICATE, subject_dn="CN=pajak.example,O=BPJS,C=ID"),
        "not for the subject",
        id="RFC 8705 §2.1 of another client",
    ),
    pytest.param(BY_ITSELF, CERTIFICATE, "", id="RFC 8705 §2.2"),
    pytest.param(BY_ITSELF, None, "has to present", id="RFC 8705 §2.2 none"),
    pytest.param(BY_ITSELF, STRANGE, "not among its registered keys", id="RFC 8705 §2.2 another key"),
    pytest.param(NONE, STRANGE, "", id="a public client may come with any"),
]


@pytest.mark.parametrize(("client", "certificate", "fault"), CERTIFICATES)
async def test_a_certificate_proves_the_client_that_registered_it(
    client: Client, certificate: Certificate | None, fault: str
) -> None:
    credentials = read_credentials(None, Form({"client_id": "pajak"}), certificate)
    if not fault:
        assert await authenticate_client(client, credentials, by(), NOW) is client
        return
    with pytest.raises(OAuthError) as refused:
        await authenticate_client(client, credentials, by(), NOW)
    assert (refused.value.code, refused.value.status) == ("invalid_client", 401)
    assert fault in refused.value.description


@pytest.mark.parametrize("client", [BY_AUTHORITY, BY_ITSELF])
async def test_a_secret_or_an_assertion_is_no_substitute_for_the_certificate(client: Client) -> None:
    for authorization, form in ((basic(), {}), (None, assertion_form())):
        credentials = read_credentials(authorization, Form(form), CERTIFICATE)
        with pytest.raises(OAuthError, match="invalid_client"):
            await authenticate_client(client, credentials, by(), NOW)


async def test_a_certificate_beside_another_method_changes_nothing() -> None:
    """It may be there to bind tokens to it (RFC 8705 §3)."""
    client = client_of()
    assert (
        await authenticate_client(client, read_credentials(basic(), Form({}), STRANGE), by(), NOW) is client
    )


async def test_an_expired_secret_makes_no_assertions_either() -> None:
    client = replace(
        client_of(token_endpoint_auth_method="client_secret_jwt"),
        secret_expires_at=NOW - timedelta(seconds=1),
    )
    with pytest.raises(OAuthError) as refused:
        await authenticate(client, None, assertion_form())
    assert "expired" in refused.value.description


def test_credentials_never_print() -> None:
    for credentials in (
        read_credentials(basic(), Form({})),
        Credentials(("private_key_jwt",), "pajak", assertion="rahasia.itu.ini"),
    ):
        assert SECRET not in repr(credentials)
        assert "rahasia" not in repr(credentials)
