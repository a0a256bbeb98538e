from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM, ATTRIBUTES, Attribute, Facts, release
from gapura.disclosure.consent import Ask, Consent, ask_of, covers, decided, released
from gapura.disclosure.purposes import CONSENT, Purpose, text_digest, text_version
from gapura.disclosure.scopes import SCOPES, attributes_of
from gapura.identity.citizen import (
    Citizen,
    Citizenship,
    Education,
    MaritalStatus,
    Relation,
    Religion,
    Sex,
    Status,
)
from gapura.values import AgencyId, ConsentId, PurposeId

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


# Nothing of this person is unknown, so that every attribute of the registry has something to say.
BUDI = Citizen(
    "3171011785900001", "3171011288150001", "Budi Santoso", "JAKARTA", date(1990, 5, 17), Sex.MALE, "O",
    Religion.ISLAM, MaritalStatus.MARRIED, "PETANI", Education.BACHELOR, Citizenship.INDONESIAN,
    "JL. MERDEKA NO. 17", "004", "002", "31.71.01.1001", "10110", Relation.HEAD, "3171014101600001", "AMINAH",
    "3171010101600001", "HASAN", Status.ACTIVE, None,
)  # fmt: skip
FACTS = Facts(BUDI, {"country": "ID"}, "budi.santoso@contoh.id", email_verified=True)
KNOWN_ALL = replace(FACTS, phone="+6281234567890", phone_verified=True)


def purpose(
    number: int, essential: tuple[str, ...], voluntary: tuple[str, ...] = (), basis: str = CONSENT
) -> Purpose:
    return Purpose(
        PurposeId(UUID(int=number)), AgencyId("tax"), f"p{number}", 1, {"id": "Judul", "en": "Title"},
        {"id": "Teks", "en": "Text"}, basis, "UU 6/1983", 365, essential, voluntary,
    )  # fmt: skip


RETURNS = purpose(1, ("nik", "name"), ("address",))
LETTERS = purpose(2, (), ("email",))
BY_SCOPE = {"openid": RETURNS, "profile": RETURNS, "nik": RETURNS, "address": RETURNS, "email": LETTERS}


def consent(ask: Ask, attributes: tuple[str, ...] | None = None) -> Consent:
    agreed = ask.attributes if attributes is None else attributes
    until = NOW + timedelta(days=365)
    return Consent(ConsentId(UUID(int=9)), ask.purpose_ids, ask.scope, ask.attributes, agreed, NOW, until)


def test_an_ask_holds_what_the_purposes_name_and_nothing_else() -> None:
    ask = ask_of(("openid", "profile", "email", "phone"), (), BY_SCOPE)
    assert ask.scope == ("openid", "profile", "email")
    assert ask.essential == ("name",)
    assert ask.voluntary == ("email",)
    assert ask.purposes == (RETURNS, LETTERS)


def test_an_attribute_asked_for_by_claim_needs_a_purpose_of_the_client() -> None:
    ask = ask_of(("openid",), ("nik", "phone"), BY_SCOPE)
    assert ask.attributes == ("nik",)


def test_a_purpose_that_nothing_was_asked_for_is_none_of_the_ask() -> None:
    """Its being agreed to beside another, for sharing an attribute with it, would be news to the person."""
    loans = purpose(3, ("name", "email"))
    client = {"profile": purpose(1, (), ("name",)), "email": loans}
    ask = ask_of(("profile",), (), client)
    assert ask.purposes == (client["profile"],)
    assert ask.essential == ()
    assert ask_of(("profile",), ("email",), client).purposes == (client["profile"], loans)


def test_a_client_without_purposes_asks_for_nothing() -> None:
    assert ask_of(("openid", "profile", "nik"), ("nik",), {}).attributes == ()


def test_a_standing_consent_covers_the_same_and_less() -> None:
    wide, narrow = (
        ask_of(("openid", "profile", "address"), (), BY_SCOPE),
        ask_of(("openid", "profile"), (), BY_SCOPE),
    )
    assert covers(consent(wide), wide, NOW)
    assert covers(consent(wide), narrow, NOW)


def test_a_standing_consent_does_not_cover_what_has_grown() -> None:
    narrow, wide = (
        ask_of(("openid", "profile"), (), BY_SCOPE),
        ask_of(("openid", "profile", "address"), (), BY_SCOPE),
    )
    assert not covers(consent(narrow), wide, NOW)


def test_a_new_version_of_a_purpose_is_asked_about_again() -> None:
    ask = ask_of(("openid", "profile"), (), BY_SCOPE)
    newer = ask_of(("openid", "profile"), (), dict.fromkeys(BY_SCOPE, purpose(3, ("nik", "name"))))
    assert not covers(consent(ask), newer, NOW)


def test_a_consent_is_asked_for_again_after_a_year() -> None:
    ask = ask_of(("openid", "profile"), (), BY_SCOPE)
    assert not covers(consent(ask), ask, NOW + timedelta(days=365))


def test_a_voluntary_attribute_that_was_left_out_is_not_asked_for_again() -> None:
    ask = ask_of(("openid", "profile", "address"), (), BY_SCOPE)
    standing = consent(ask, decided(ask, ()))
    assert covers(standing, ask, NOW)
    assert released(standing, ask) == ("name",)


def test_essential_attributes_go_out_whatever_is_ticked() -> None:
    ask = ask_of(("openid", "profile", "address"), (), BY_SCOPE)
    assert decided(ask, ("address", "email", "nik")) == ("name", "address")


def test_a_release_has_the_claims_of_its_attributes_and_no_others() -> None:
    assert release(FACTS, ("name", "email")) == {
        "name": "Budi Santoso",
        "email": "budi.santoso@contoh.id",
        "email_verified": True,
    }


def test_an_unknown_value_is_left_out_of_a_release() -> None:
    assert release(FACTS, ("phone",)) == {}


@pytest.mark.parametrize("row", ATTRIBUTES.values(), ids=lambda row: row.name)
def test_each_attribute_of_a_person_who_is_known_gives_the_claims_it_names(row: Attribute) -> None:
    assert tuple(row.claims(KNOWN_ALL)) == row.claim_names
    assert {ATTRIBUTE_OF_CLAIM[name] for name in row.claim_names} == {row.name}
    json.dumps(dict(row.claims(KNOWN_ALL)))


def test_what_the_registry_does_not_know_is_no_claim() -> None:
    unknown = replace(FACTS, record=replace(BUDI, full_name=""))
    assert "name" not in release(unknown, tuple(ATTRIBUTES))


def test_every_attribute_of_a_scope_exists() -> None:
    assert set(attributes_of(SCOPES)) == set(ATTRIBUTES)


def test_the_digest_of_a_text_changes_with_each_of_its_words() -> None:
    assert text_digest((RETURNS,), "id") != text_digest((RETURNS,), "en")
    assert text_digest((RETURNS,), "id") != text_digest((RETURNS, LETTERS), "id")
    assert text_version((RETURNS, LETTERS)) == "p1/1 p2/1"


def test_facts_never_print() -> None:
    assert "Budi" not in repr(FACTS)
