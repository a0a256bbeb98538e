from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gapura.errors import OAuthError
from gapura.protocol.access_token import access_token_claims, token_answer
from gapura.protocol.bearer import read_bearer
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant, Redeemed
from gapura.protocol.id_token import RESERVED, half_hash, id_token_claims
from gapura.protocol.id_token_hint import IdTokenHint
from gapura.protocol.introspection import LiveToken, check_caller, introspect, read_token
from gapura.protocol.logout_token import EVENT, logout_token_claims
from gapura.protocol.revocation import check_owner
from gapura.protocol.sid import sid_of
from gapura.protocol.userinfo import check_token, signed_claims, userinfo_claims
from gapura.values import ClientId, Secret, SessionId, TokenId
from tests.protocol.samples import ISSUER, NOW, Form, client_of, grant_of, new_token

SOON = NOW + timedelta(minutes=5)


SID = sid_of(SessionId(UUID(int=4)), "djp")


def id_token(grant: Grant | None = None, client: Client | None = None, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"issued_at": NOW, "expires_at": SOON}
    return id_token_claims(grant or grant_of(), client or client_of(), ISSUER, **{**given, **changes})


def test_an_id_token_says_who_how_and_when() -> None:
    assert id_token() == {
        "iss": ISSUER,
        "sub": "subjek-berpasangan",
        "aud": "pajak",
        "iat": int(NOW.timestamp()),
        "exp": int(SOON.timestamp()),
        "auth_time": int(NOW.timestamp()) - 300,
        "acr": "urn:gapura:loa:substantial",
        "amr": ["pwd", "otp"],
        "sid": SID,
        "nonce": "n-0S6_WzA2Mj",
    }


def test_an_id_token_after_a_refresh_has_no_nonce() -> None:
    assert "nonce" not in id_token(first=False)
    assert "nonce" not in id_token(grant_of(nonce=None))


def test_the_half_hash_is_that_of_the_specification() -> None:
    """OpenID Connect Core §A.3: the example's access token and its at_hash."""
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_the_half_hash_of_ed25519_is_of_sha_512() -> None:
    assert len(half_hash("x", "EdDSA")) == 43
    client = client_of(id_token_signed_response_alg="EdDSA")
    assert id_token(client=client, access_token="x")["at_hash"] == half_hash("x", "EdDSA")


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_mapping_sets_a_reserved_claim(name: str) -> None:
    grant = grant_of()
    assert id_token(grant, released={name: "palsu", "name": "Budi"}).get(name) != "palsu"
    assert id_token(grant, released={name: "palsu", "name": "Budi"})["name"] == "Budi"
    assert userinfo_claims(grant, {name: "palsu"}) == {"sub": grant.sub}


def redeemed(grant: Grant | None = None, **changes: Any) -> Redeemed:
    given: dict[str, Any] = {"scope": ("openid", "profile"), "audience": (ISSUER,)}
    return Redeemed(ClientId("pajak"), grant, new_token(), **{**given, **changes})


def test_an_access_token_follows_rfc_9068() -> None:
    assert access_token_claims(redeemed(grant_of()), ISSUER) == {
        "iss": ISSUER,
        "sub": "subjek-berpasangan",
        "aud": ISSUER,
        "iat": int(NOW.timestamp()),
        "exp": int(SOON.timestamp()),
        "jti": str(UUID(int=9)),
        "client_id": "pajak",
        "scope": "openid profile",
        "auth_time": int(NOW.timestamp()) - 300,
        "acr": "urn:gapura:loa:substantial",
        "amr": ["pwd", "otp"],
    }


def test_a_machine_is_its_own_subject() -> None:
    claims = access_token_claims(redeemed(scope=(), audience=("a:1", "a:2")), ISSUER)
    assert claims["sub"] == claims["client_id"] == "pajak"
    assert claims["aud"] == ["a:1", "a:2"]
    assert not claims.keys() & {"scope", "auth_time", "acr", "amr"}


def test_the_answer_has_what_rfc_6749_names() -> None:
    assert token_answer(redeemed(), "at", NOW) == {
        "access_token": "at",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "openid profile",
    }
    full = token_answer(redeemed(), "at", NOW, refresh_token=Secret("rt"), id_token="it")
    assert (full["refresh_token"], full["id_token"]) == ("rt", "it")


def test_a_logout_token_has_an_event_and_never_a_nonce() -> None:
    claims = logout_token_claims(ISSUER, "pajak", jti="j", now=NOW, sub="s", sid="i")
    assert claims["events"] == {EVENT: {}}
    assert (claims["sub"], claims["sid"], claims["jti"], claims["aud"]) == ("s", "i", "j", "pajak")
    assert claims["exp"] - claims["iat"] <= 120
    assert "nonce" not in claims
    assert "sid" not in logout_token_claims(ISSUER, "pajak", jti="j", now=NOW, sub="s", sid=None)
    assert "sub" not in logout_token_claims(ISSUER, "pajak", jti="j", now=NOW, sub=None, sid="i")
    with pytest.raises(ValueError, match="subject or a session"):
        logout_token_claims(ISSUER, "pajak", jti="j", now=NOW, sub=None, sid=None)


def test_a_logout_token_is_no_hint() -> None:
    assert IdTokenHint.of(logout_token_claims(ISSUER, "pajak", jti="j", now=NOW, sub="s", sid="i")) is None
    assert IdTokenHint.of(id_token()) == IdTokenHint("pajak", "subjek-berpasangan", SID)
    assert IdTokenHint.of({}) is None


def test_signed_userinfo_is_no_hint() -> None:
    assert IdTokenHint.of(signed_claims({"sub": "s"}, client_of(), ISSUER)) is None


# --- presenting an access token ---

PRESENTED = [
    pytest.param("Bearer abc", None, id="RFC 6750 §2.1"),
    pytest.param("bearer  abc", None, id="RFC 9110 §11.1 the scheme in any case"),
    pytest.param(None, {"access_token": "abc"}, id="RFC 6750 §2.2"),
]
NOT_PRESENTED = [
    pytest.param(None, None, "invalid_token", 401, False, id="RFC 6750 §3.1 nothing"),
    pytest.param(None, {}, "invalid_token", 401, False, id="RFC 6750 §3.1 an empty form"),
    pytest.param("Basic abc", None, "invalid_token", 401, False, id="RFC 6750 §3.1 another scheme"),
    pytest.param("Bearer", None, "invalid_token", 401, False, id="RFC 6750 §2.1 no token"),
    pytest.param("Bearer a b", None, "invalid_token", 401, True, id="RFC 6750 §2.1 malformed"),
    pytest.param("Bearer ä", None, "invalid_token", 401, True, id="RFC 6750 §2.1 not ASCII"),
    pytest.param("Bearer " + "a" * 9000, None, "invalid_token", 401, True, id="too long"),
    pytest.param(
        "Bearer abc", {"access_token": "abc"}, "invalid_request", 400, True, id="RFC 6750 §2 two ways"
    ),
]


@pytest.mark.parametrize(("authorization", "form"), PRESENTED)
def test_an_access_token_is_read(
    authorization: str | None, form: dict[str, str | list[str] | None] | None
) -> None:
    assert read_bearer(authorization, Form(form) if form is not None else None).reveal() == "abc"


@pytest.mark.parametrize(("authorization", "form", "code", "status", "named"), NOT_PRESENTED)
def test_an_access_token_is_not_read(
    authorization: str | None,
    form: dict[str, str | list[str] | None] | None,
    code: str,
    status: int,
    *,
    named: bool,
) -> None:
    with pytest.raises(OAuthError) as refused:
        read_bearer(authorization, Form(form) if form is not None else None)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert ("error=" in refused.value.headers["WWW-Authenticate"]) == named


def test_userinfo_wants_openid_and_its_own_audience() -> None:
    grant = grant_of()
    assert check_token(("openid",), (ISSUER, "a:1"), grant, ISSUER) is grant
    assert check_token(("openid",), (), grant, ISSUER) is grant
    refusals = (
        (("openid",), ("a:1",), grant, 401),
        (("profile",), (ISSUER,), grant, 403),
        (("openid",), (ISSUER,), None, 403),
    )
    for scope, audience, held, status in refusals:
        with pytest.raises(OAuthError) as refused:
            check_token(scope, audience, held, ISSUER)
        assert refused.value.status == status
        assert refused.value.headers["WWW-Authenticate"].startswith("Bearer ")


def test_signed_userinfo_names_its_issuer_and_reader() -> None:
    assert signed_claims({"sub": "s"}, client_of(), ISSUER) == {"sub": "s", "iss": ISSUER, "aud": "pajak"}


# --- introspection and revocation ---

API = client_of(id=ClientId("api"), resource_identifier="https://api.example")


def live(**changes: Any) -> LiveToken:
    given: dict[str, Any] = {
        "client_id": "pajak",
        "scope": ("openid",),
        "audience": ("https://api.example",),
        "issued_at": NOW,
        "expires_at": SOON,
        "grant": grant_of(),
        "id": TokenId(UUID(int=9)),
    }
    return LiveToken(**{**given, **changes})


CALLERS = [
    pytest.param(client_of(), live(), True, id="the client it was issued to"),
    pytest.param(API, live(), True, id="a resource server in aud"),
    pytest.param(API, live(audience=(ISSUER,)), False, id="a resource server that isn't in aud"),
    pytest.param(client_of(id=ClientId("bpjs")), live(), False, id="another client"),
    pytest.param(client_of(), None, False, id="a dead token"),
    pytest.param(client_of(), live(id=None), True, id="its own refresh token"),
    pytest.param(API, live(id=None), False, id="a refresh token is no business of a resource server"),
]


@pytest.mark.parametrize(("caller", "token", "active"), CALLERS)
def test_who_may_see_a_token(caller: Client, token: LiveToken | None, *, active: bool) -> None:
    answer = introspect(caller, token, ISSUER)
    if active:
        assert answer["active"] is True
        assert answer["sub"] == "subjek-berpasangan"
    else:
        assert answer == {"active": False}


def test_introspection_tells_what_the_token_tells() -> None:
    """RFC 7662 §2.2."""
    assert introspect(client_of(), live(), ISSUER) == {
        "active": True,
        "iss": ISSUER,
        "client_id": "pajak",
        "sub": "subjek-berpasangan",
        "aud": "https://api.example",
        "iat": int(NOW.timestamp()),
        "exp": int(SOON.timestamp()),
        "scope": "openid",
        "token_type": "Bearer",
        "jti": str(UUID(int=9)),
        "auth_time": int(NOW.timestamp()) - 300,
        "acr": "urn:gapura:loa:substantial",
        "amr": ["pwd", "otp"],
    }


def test_a_record_without_an_audience_is_the_issuers() -> None:
    assert introspect(client_of(), live(audience=()), ISSUER)["aud"] == ISSUER
    assert introspect(API, live(audience=()), ISSUER) == {"active": False}


def test_a_machines_token_names_no_person() -> None:
    answer = introspect(client_of(), live(grant=None, scope=()), ISSUER)
    assert answer["sub"] == "pajak"
    assert not answer.keys() & {"scope", "auth_time", "acr", "amr"}


def test_a_public_client_cannot_introspect() -> None:
    """RFC 7662 §2.1."""
    check_caller(client_of())
    with pytest.raises(OAuthError, match="invalid_client"):
        check_caller(client_of(token_endpoint_auth_method="none"))


def test_an_unknown_hint_is_no_reason_to_refuse() -> None:
    assert read_token(Form({"token": "abc", "token_type_hint": "saml"})).token.reveal() == "abc"
    with pytest.raises(OAuthError, match="invalid_request"):
        read_token(Form({}))


def test_a_client_revokes_its_own_tokens_only() -> None:
    check_owner(client_of(), "pajak")
    with pytest.raises(OAuthError, match="invalid_grant"):
        check_owner(client_of(), "bpjs")
