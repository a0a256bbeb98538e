"""Token exchange (RFC 8693): who may, in which mode, and never for more than there was."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.disclosure.authorization_details import KNOWN_DETAILS
from gapura.errors import OAuthError
from gapura.flow.held_token import HeldToken
from gapura.protocol.access_token import access_token_claims, token_answer
from gapura.protocol.client import Client
from gapura.protocol.grant import Redeemed
from gapura.protocol.grants.token_exchange import (
    ACCESS_TOKEN,
    DELEGATION,
    IMPERSONATION,
    MOST_ACTORS,
    NAME,
    parse,
    redeem,
)
from gapura.values import ClientId
from tests.protocol.samples import (
    ISSUER,
    NOW,
    Form,
    Store,
    client_of,
    grant_of,
    new_token,
    token_endpoint,
)

pytestmark = pytest.mark.anyio

HEALTH, ARCHIVE = "https://kesehatan.example", "https://arsip.example"
SUBJECT = HeldToken(
    new_token().id,
    ClientId("pajak"),
    ("openid", "profile"),
    (ISSUER, HEALTH, ARCHIVE),
    NOW,
    NOW + timedelta(minutes=3),
    None,
    grant_of(),
)
OWN = replace(SUBJECT, client_id=ClientId("kesehatan"))
MACHINE = replace(SUBJECT, client_id=ClientId("kesehatan"), grant=None, audience=(), scope=())
OWNER = client_of()
JKT = {"jkt": "a" * 43}


def exchanger(*modes: str, **changes: Any) -> Client:
    return client_of(
        id=ClientId("kesehatan"),
        grant_types=(NAME,),
        resource_identifier=HEALTH,
        token_exchange=modes or (DELEGATION,),
        **changes,
    )


DELEGATE = exchanger()
TAX = {"type": "tax_return", "actions": ["prepare", "submit"], "tax_year": 2025}
PREPARE = TAX | {"actions": ["prepare"]}


@dataclass(frozen=True, slots=True)
class Case:
    """What differs from an exchange that succeeds."""

    subject: HeldToken = SUBJECT
    actor: HeldToken | None = None
    client: Client = DELEGATE
    owner: Client | None = OWNER
    cnf: dict[str, str] | None = None


async def exchange(case: Case, store: Store | None = None, **form: str | list[str] | None) -> Redeemed:
    store = store or Store()
    if case.subject.grant is not None:
        store.hold(case.subject.grant)
    store.living["subject"] = case.subject
    if case.owner is not None:
        store.clients[case.owner.id] = case.owner
        store.clients["kesehatan"] = case.client
    given: dict[str, str | list[str] | None] = {
        "subject_token": "subject",
        "subject_token_type": ACCESS_TOKEN,
    }
    if case.actor is not None:
        store.living["actor"] = case.actor
        given |= {"actor_token": "actor", "actor_token_type": ACCESS_TOKEN}
    endpoint = token_endpoint(store, resources={HEALTH, ARCHIVE}, details=KNOWN_DETAILS)
    token = replace(new_token(), cnf=case.cnf)
    return await redeem(parse(Form(given | form)), case.client, endpoint, token)


async def test_a_resource_server_gets_a_token_for_the_next_one_that_names_it() -> None:
    store = Store()
    redeemed = await exchange(Case(), store, resource=[ARCHIVE], scope="profile")
    claims = access_token_claims(redeemed, ISSUER)
    assert claims["act"] == {"sub": "kesehatan", "client_id": "kesehatan"}
    assert (claims["sub"], claims["client_id"]) == (SUBJECT.grant and SUBJECT.grant.sub, "kesehatan")
    assert (claims["aud"], claims["scope"]) == (ARCHIVE, "profile")
    answer = token_answer(redeemed, "text", NOW)
    assert answer["issued_token_type"] == ACCESS_TOKEN
    assert answer["token_type"] == "Bearer"
    assert "refresh_token" not in answer
    assert not redeemed.has_id_token
    assert redeemed.passed_on
    assert store.holders == ["kesehatan"]


async def test_the_new_token_lives_no_longer_than_the_old() -> None:
    redeemed = await exchange(Case())
    assert redeemed.token.expires_at == SUBJECT.expires_at
    longer = replace(SUBJECT, expires_at=NOW + timedelta(hours=1))
    assert (await exchange(Case(longer))).token.expires_at == new_token().expires_at


async def test_without_a_target_all_but_the_client_itself_is_meant() -> None:
    assert (await exchange(Case())).audience == (ARCHIVE,)
    assert (await exchange(Case(OWN))).audience == OWN.audience


async def test_impersonation_says_nothing_of_who_acts_and_delegation_always_does() -> None:
    both = exchanger(DELEGATION, IMPERSONATION)
    assert (await exchange(Case(client=both))).token.act is None
    assert (await exchange(Case(client=exchanger(IMPERSONATION)))).token.act is None
    delegated = await exchange(Case(client=both, actor=MACHINE))
    assert delegated.token.act == {"sub": "kesehatan", "client_id": "kesehatan"}


async def test_a_person_who_acts_is_named() -> None:
    officer = replace(OWN, grant=grant_of(sub="petugas"))
    redeemed = await exchange(Case(actor=officer))
    assert redeemed.token.act == {"sub": "petugas", "client_id": "kesehatan"}
    assert redeemed.grant is SUBJECT.grant


async def test_who_acted_before_stands_within() -> None:
    before = {"sub": "loket", "client_id": "loket"}
    delegated = replace(SUBJECT, act=before)
    assert (await exchange(Case(delegated))).token.act == {
        "sub": "kesehatan",
        "client_id": "kesehatan",
        "act": before,
    }
    # Not even impersonation makes a delegated token look as if the person held it.
    assert (await exchange(Case(delegated, client=exchanger(IMPERSONATION)))).token.act == before


async def test_a_chain_of_actors_has_an_end() -> None:
    act: dict[str, Any] = {"sub": "0"}
    for n in range(1, MOST_ACTORS):
        act = {"sub": str(n), "act": act}
    with pytest.raises(OAuthError, match="invalid_request"):
        await exchange(Case(replace(SUBJECT, act=act)))
    await exchange(Case(replace(SUBJECT, act=act["act"])))


async def test_the_new_token_is_bound_to_the_key_of_who_asks() -> None:
    redeemed = await exchange(Case(replace(SUBJECT, cnf=JKT), cnf={"jkt": "b" * 43}))
    assert redeemed.token.cnf == {"jkt": "b" * 43}


async def test_details_shrink_and_never_grow() -> None:
    tax = exchanger(authorization_details_types=("tax_return",))
    whole = replace(SUBJECT, authorization_details=(TAX,))
    assert (await exchange(Case(whole, client=tax))).authorization_details == (TAX,)
    asked = json.dumps([PREPARE])
    fewer = await exchange(Case(whole, client=tax), authorization_details=asked)
    assert fewer.authorization_details == (PREPARE,)
    shrunk = replace(SUBJECT, authorization_details=(PREPARE,))
    with pytest.raises(OAuthError, match="invalid_authorization_details"):
        await exchange(Case(shrunk, client=tax), authorization_details=json.dumps([TAX]))


@pytest.mark.parametrize(
    ("case", "form", "error"),
    [
        pytest.param(Case(client=replace(exchanger(), token_exchange=())), {}, "unauthorized_client", id="no policy"),
        pytest.param(
            Case(client=exchanger(IMPERSONATION), actor=MACHINE), {}, "unauthorized_client", id="delegation not allowed"
        ),
        pytest.param(Case(), {"subject_token": "unknown"}, "invalid_request", id="RFC 8693 §2.2.2 unknown"),
        pytest.param(Case(replace(SUBJECT, expires_at=NOW)), {}, "invalid_request", id="RFC 8693 §2.2.2 expired"),
        pytest.param(Case(MACHINE), {}, "invalid_request", id="not a person's"),
        pytest.param(
            Case(replace(SUBJECT, audience=(ARCHIVE,))), {}, "invalid_request", id="addressed to somebody else"
        ),
        pytest.param(Case(replace(SUBJECT, audience=())), {}, "invalid_request", id="addressed to the issuer alone"),
        pytest.param(Case(owner=None), {}, "invalid_request", id="of a client that is gone"),
        pytest.param(Case(owner=replace(OWNER, status="disabled")), {}, "invalid_request", id="of a disabled client"),
        pytest.param(Case(owner=replace(OWNER, may_act="loket")), {}, "invalid_request", id="RFC 8693 §4.4 may_act"),
        pytest.param(Case(actor=SUBJECT), {}, "invalid_request", id="an actor token of another client"),
        pytest.param(
            Case(actor=replace(MACHINE, act={"sub": "x"})), {}, "invalid_request", id="an actor token that was delegated"
        ),
        pytest.param(Case(), {"actor_token": "actor"}, "invalid_request", id="RFC 8693 §2.1 actor_token_type"),
        pytest.param(
            Case(), {"actor_token": "x", "actor_token_type": ACCESS_TOKEN}, "invalid_request", id="actor unknown"
        ),
        pytest.param(Case(), {"subject_token_type": None}, "invalid_request", id="RFC 8693 §2.1 subject_token_type"),
        pytest.param(
            Case(),
            {"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"},
            "invalid_request",
            id="RFC 8693 §3 another type",
        ),
        pytest.param(
            Case(),
            {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            "invalid_request",
            id="RFC 8693 §3 another type wished",
        ),
        pytest.param(Case(replace(SUBJECT, cnf=JKT)), {}, "invalid_request", id="bound before, not after"),
        pytest.param(
            Case(replace(OWN, cnf=JKT), cnf={"jkt": "b" * 43}), {}, "invalid_request", id="its own, by another key"
        ),
        pytest.param(Case(), {"scope": "profile nik"}, "invalid_scope", id="more scope"),
        pytest.param(Case(), {"resource": ["https://x.example"]}, "invalid_target", id="RFC 8693 §2.2.2 unknown"),
        pytest.param(
            Case(replace(SUBJECT, audience=(HEALTH,))), {"audience": [ARCHIVE]}, "invalid_target", id="more audience"
        ),
        pytest.param(Case(), {"audience": [ARCHIVE, ISSUER]}, "invalid_target", id="userinfo of another"),
        pytest.param(Case(replace(SUBJECT, audience=(HEALTH, ISSUER))), {}, "invalid_target", id="for nobody else"),
        pytest.param(
            Case(), {"authorization_details": '[{"type":"x"}]'}, "invalid_authorization_details", id="more details"
        ),
    ],
)  # fmt: skip
async def test_what_is_not_exchanged(case: Case, form: dict[str, Any], error: str) -> None:
    store = Store()
    with pytest.raises(OAuthError) as refused:
        await exchange(case, store, **form)
    assert refused.value.code == error
    assert store.tokens == []


async def test_a_grant_that_ends_meanwhile_gives_nothing() -> None:
    store = Store()
    with pytest.raises(OAuthError, match="invalid_request"):
        await exchange(Case(replace(SUBJECT, grant=grant_of(revoked_at=NOW))), store)
    assert store.tokens == []


async def test_whom_the_owner_names_may_act() -> None:
    await exchange(Case(owner=replace(OWNER, may_act="kesehatan")))


@given(
    st.sets(st.sampled_from(["openid", "profile", "email", "nik"])),
    st.sets(st.sampled_from([ISSUER, HEALTH, ARCHIVE])),
)
async def test_whatever_is_asked_nothing_is_gained(scope: set[str], target: set[str]) -> None:
    try:
        redeemed = await exchange(Case(), scope=" ".join(scope) or None, audience=sorted(target))
    except OAuthError:
        return
    assert set(redeemed.scope) <= set(SUBJECT.scope)
    assert set(redeemed.audience) <= set(SUBJECT.audience) - {ISSUER}
    assert redeemed.token.expires_at <= SUBJECT.expires_at
    assert redeemed.token.act is not None
