"""The pure rules about people: who may act, which level a sign-in has, what typed text means."""

from __future__ import annotations

from uuid import UUID

import pytest

from gapura.flow.can_authenticate import can_authenticate
from gapura.identity.acr import acr_of, best_reachable, lowest_known, reaches
from gapura.identity.contacts import Identifier, email_of, operator_name_of, phone_of, read_identifier
from gapura.identity.factors import FACTORS, amr_of, password, totp
from gapura.identity.person import Kind, Person, refusal
from gapura.identity.throttle import network_of
from gapura.protocol.client import Client
from gapura.values import HIGH, LOW, SUBSTANTIAL, AccountId, CitizenId, Secret


def person(
    kind: Kind = "citizen", account: str = "active", citizen: str | None = "ACTIVE", *factors: str
) -> Person:
    citizen_id = CitizenId(UUID(int=2)) if kind == "citizen" else None
    return Person(AccountId(UUID(int=1)), kind, citizen_id, account, citizen, factors=frozenset(factors))


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (person(), None),
        (person(citizen="MOVED_ABROAD"), None),
        (person(account="suspended"), "account_suspended"),
        (person(account="closed"), "account_closed"),
        (person(account="something new"), "account_unknown"),
        (person(citizen="DECEASED"), "citizen_deceased"),
        (person(citizen="DUPLICATE"), "citizen_duplicate"),
        (person(citizen="REVOKED"), "citizen_revoked"),
        (person(citizen="something new"), "citizen_unknown"),
        (person(citizen=None), "citizen_unknown"),
        (person("operator", citizen=None), None),
        (person("operator", "suspended", None), "account_suspended"),
    ],
)
def test_only_an_active_account_of_a_living_citizen_may_act(who: Person, code: str | None) -> None:
    assert refusal(who) == code
    assert can_authenticate(who, None) == code


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        (person(), "active", None),
        (person(), "disabled", "client_disabled"),
        (person(), "pending", "client_disabled"),
        (person("operator", citizen=None), "active", "operator_at_agency"),
        (person(citizen="DECEASED"), "active", "citizen_deceased"),
    ],
)
def test_at_an_agency_the_client_and_the_kind_of_account_count_too(
    who: Person, status: str, code: str | None
) -> None:
    client = Client.from_stored(
        {
            "id": "tax",
            "agency_id": "tax",
            "status": status,
            "profile": "oidc",
            "sector": "tax",
            "secret_digest": None,
            "secret_expires_at": None,
            "metadata": {
                "grant_types": [],
                "response_types": [],
                "scope": "openid",
                "token_endpoint_auth_method": "none",
                "id_token_signed_response_alg": "RS256",
                "subject_type": "pairwise",
                "application_type": "web",
            },
        }
    )

    assert can_authenticate(who, client) == code


@pytest.mark.parametrize(
    ("proved", "amr", "acr"),
    [
        (("pwd",), ("pwd",), LOW),
        (("otp", "pwd"), ("pwd", "otp", "mfa"), SUBSTANTIAL),
        (("pwd", "otp", "mfa", "otp"), ("pwd", "otp", "mfa"), SUBSTANTIAL),
        (("pwd", "pwd"), ("pwd",), LOW),
    ],
)
def test_amr_and_acr_tell_what_was_proved(proved: tuple[str, ...], amr: tuple[str, ...], acr: str) -> None:
    assert amr_of(proved) == amr
    assert acr_of(amr) == acr


def test_a_level_is_reached_by_itself_and_all_above_it() -> None:
    assert [reaches(SUBSTANTIAL, wanted) for wanted in (LOW, SUBSTANTIAL, HIGH)] == [True, True, False]
    assert not reaches(HIGH, "urn:other")
    assert not reaches("urn:other", LOW)


@pytest.mark.parametrize(
    ("factors", "asked", "best"),
    [
        ((), (HIGH, SUBSTANTIAL, LOW), LOW),
        (("totp",), (LOW, SUBSTANTIAL, HIGH), SUBSTANTIAL),
        (("totp",), (HIGH,), None),
        ((), (SUBSTANTIAL,), None),
        (("totp",), ("urn:other", LOW), LOW),
        (("totp",), (), None),
    ],
)
def test_voluntary_levels_give_the_best_within_reach(
    factors: tuple[str, ...], asked: tuple[str, ...], best: str | None
) -> None:
    assert best_reachable(person("citizen", "active", "ACTIVE", *factors), asked) == best


@pytest.mark.parametrize(
    ("asked", "lowest"),
    [
        ((HIGH, SUBSTANTIAL), SUBSTANTIAL),
        (("urn:other", HIGH), HIGH),
        (("urn:other",), "urn:other"),  # nobody reaches it: an unknown essential acr fails
        ((), None),
    ],
)
def test_an_essential_level_is_met_by_the_least_of_those_named(
    asked: tuple[str, ...], lowest: str | None
) -> None:
    assert lowest_known(asked) == lowest


def test_every_factor_has_a_row_with_its_own_kind_and_method() -> None:
    assert {kind: (row.kind, row.amr, row.second) for kind, row in FACTORS.items()} == {
        "password": ("password", "pwd", False),
        "totp": ("totp", "otp", True),
    }


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("3171011785900001", "nik", "3171011785900001"),
        ("\uff13171011785900001", "nik", "3171011785900001"),
        ("3171.0117.8590.0001", "nik", "3171011785900001"),
        (" Siti.Rahmawati@Contoh.ID ", "email", "siti.rahmawati@contoh.id"),
        ("0812-3456-7890", "phone", "+6281234567890"),
        ("tini", "operator", "tini"),
        ("Tini.2", "operator", "tini.2"),
        ("31710117859000", "unknown", "31710117859000"),
        ("", "unknown", ""),
        ("' or 1=1 --", "unknown", "' or 1=1 --"),
    ],
)
def test_typed_text_has_one_meaning(typed: str, kind: str, value: str) -> None:
    read: Identifier = read_identifier(typed)
    assert (read.kind, read.value) == (kind, value)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("081234567890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("+62 (0)812-3456-7890", "+6281234567890"),
        ("62812 3456 7890", "+6281234567890"),
        ("0062 812 3456 7890", "+6281234567890"),
        ("(021) 345-6789", "+62213456789"),
        ("812345", None),
        ("+1 202 555 0100", None),
        ("08123", None),
        ("0812345678901234", None),
        ("0812x4567890", None),
    ],
)
def test_an_indonesian_number_has_one_form(typed: str, number: str | None) -> None:
    assert phone_of(typed) == number


@pytest.mark.parametrize(
    "typed", ["a@b", "a b@contoh.id", "@contoh.id", "a@@contoh.id", "a@contoh..id", "a" * 65 + "@contoh.id"]
)
def test_what_is_no_address_is_none(typed: str) -> None:
    assert email_of(typed) is None


@pytest.mark.parametrize("typed", ["x", "2tini", "tini rahayu", "t" * 33])
def test_what_is_no_operator_name_is_none(typed: str) -> None:
    assert operator_name_of(typed) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16", "123456"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", None),  # Arabic digits stay what they are under NFKC
        ("12345", None),
        ("1234567", None),
        ("12345a", None),
        ("", None),
    ],
)
def test_a_code_is_six_plain_digits(typed: str, code: str | None) -> None:
    assert totp.typed_code(typed) == code


@pytest.mark.parametrize(
    ("step", "code"),
    [(1, "287082"), (37037036, "081804"), (41152263, "005924"), (66666666, "279037")],
    ids=lambda value: f"RFC 6238 appendix B {value}",
)
def test_codes_are_those_of_the_standard(step: int, code: str) -> None:
    assert totp.code_of(totp.secret_of(b"12345678901234567890"), step) == code


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("x" * 11, "password_short"),
        ("x" * 12, None),
        ("x" * 256, None),
        ("x" * 257, "password_long"),
        ("\ufb01" * 6, None),  # a ligature is two letters under NFKC
        ("kata sandi dengan spasi", None),
    ],
    ids=["11", "12", "256", "257", "NFKC", "spaces"],
)
def test_a_password_is_judged_by_its_length_alone(typed: str, fault: str | None) -> None:
    assert password.fault(Secret(typed)) == fault


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_customer_counts_as_one(ip: str, network: str) -> None:
    assert network_of(ip) == network
