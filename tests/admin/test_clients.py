"""Clients, from the form to a sign-in at them."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest

from tests.admin.desk import REASON, OperatorBrowser
from tests.site import Browser, RelyingParty, Site

CALLBACK = "https://pajak.example/kembali"
FORM: dict[str, str | list[str]] = {
    "client_name": "Pajak Online",
    "agency": "sandbox",
    "redirect_uris": f"{CALLBACK}\nhttps://pajak.example/lain",
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
    "scope": ["openid", "profile", "nik", "offline_access"],
    "reason": REASON,
}


def registered(administrator: OperatorBrowser, **changes: str | list[str]) -> RelyingParty:
    """A client registered just now, as its agency would set it up."""
    administrator.open("/admin/clients/new")
    page = administrator.submit(**FORM | changes)
    assert page.status_code == 200, page.text
    return RelyingParty(
        administrator.origin,
        {
            "client_id": client_id_on(page),
            "client_secret": secret_on(page),
            "redirect_uris": [CALLBACK],
        },
    )


def secret_on(page: httpx2.Response) -> str:
    found = re.search(r'gapura-secret"><code>([^<]+)', page.text)
    return found[1] if found else ""


def client_id_on(page: httpx2.Response) -> str:
    found = re.search(r"client_id\s*</dt>\s*<dd[^>]*>\s*<code>([^<]+)", page.text)
    assert found is not None
    return found[1]


def tokens_of(party: RelyingParty, site: Site, scope: str = "openid profile") -> dict[str, Any]:
    """What a citizen's sign-in at this client gives it."""
    person = Browser(site.url)
    person.open(party.authorize_url(scope, prompt="consent"))
    person.sign_in()
    person.agree()
    answer = party.redeem(person.answer()["code"])
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def userinfo(site: Site, tokens: dict[str, Any]) -> int:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return httpx2.get(f"{site.url}/userinfo", headers=headers).status_code


def test_a_client_is_registered_and_its_secret_is_shown_once(
    administrator: OperatorBrowser, site: Site
) -> None:
    party = registered(administrator)
    assert len(party.auth[1]) > 40
    assert party.auth[1] not in administrator.open(f"/admin/clients/{party.client_id}").text
    [(status, agency, metadata)] = site.rows(
        "select status, agency_id, metadata from client where id = %s", party.client_id
    )
    assert (status, agency) == ("active", "sandbox")
    assert isinstance(metadata, dict)
    assert metadata["redirect_uris"] == [CALLBACK, "https://pajak.example/lain"]
    assert (f"client:{party.client_id}", True) in administrator.audited("client.registered")
    assert "Pajak Online" in administrator.open("/admin/clients").text


def test_a_citizen_signs_in_at_a_client_that_was_registered_here(
    administrator: OperatorBrowser, site: Site
) -> None:
    assert userinfo(site, tokens_of(registered(administrator), site)) == 200


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"reason": ""}, "reason", ""),
        ({"client_name": ""}, "client_name", ""),
        ({"agency": "nowhere"}, "agency", ""),
        ({"redirect_uris": ""}, "redirect_uris", "redirect_uris is missing"),
        ({"redirect_uris": "http://pajak.example/kembali"}, "redirect_uris", "redirect_uris"),
        ({"redirect_uris": "https://pajak.example/a#b"}, "redirect_uris", "redirect_uris"),
        (
            {"backchannel_logout_uri": "ftp://pajak.example"},
            "backchannel_logout_uri",
            "backchannel_logout_uri",
        ),
        (
            {"frontchannel_logout_uri": "https://lain.example/keluar"},
            "frontchannel_logout_uri",
            "frontchannel_logout_uri",
        ),
        (
            {"initiate_login_uri": "http://pajak.example"},
            "initiate_login_uri",
            "initiate_login_uri must be https",
        ),
        ({"token_endpoint_auth_method": "private_key_jwt"}, None, "private_key_jwt needs jwks or jwks_uri"),
        ({"token_endpoint_auth_method": "hope"}, None, "token_endpoint_auth_method"),
        ({"id_token_signed_response_alg": "none"}, None, "id_token_signed_response_alg"),
    ],
)
def test_the_form_is_checked_by_the_rules_of_registration(
    administrator: OperatorBrowser, site: Site, changes: dict[str, str], field: str | None, words: str
) -> None:
    before = site.rows("select count(*) from client")
    administrator.open("/admin/clients/new")
    page = administrator.submit(**FORM | changes)
    assert page.status_code == 422
    assert field is None or f'href="#{field}"' in page.text
    assert words in page.text
    assert "Pajak Online" in page.text or "client_name" in changes, "what was typed stays"
    assert site.rows("select count(*) from client") == before


def test_a_changed_client_keeps_what_the_form_does_not_show(
    administrator: OperatorBrowser, site: Site
) -> None:
    party = RelyingParty.register(site.url, default_max_age=900, **{"client_name#en": "Test Service"})
    administrator.open(f"/admin/clients/{party.client_id}/edit")
    page = administrator.submit(**FORM | {"client_name": "Pajak Baru", "scope": ["openid", "email"]})
    assert "done=client_changed" in str(page.url), page.text
    [(metadata,)] = site.rows("select metadata from client where id = %s", party.client_id)
    assert isinstance(metadata, dict)
    assert metadata["client_name"] == "Pajak Baru"
    assert metadata["client_name#en"] == "Test Service"
    assert metadata["default_max_age"] == 900
    assert set(metadata["grant_types"]) == {"authorization_code", "client_credentials"}
    assert metadata["scope"] == "openid email"
    assert party.token(grant_type="client_credentials").status_code == 200, "its secret stays"
    assert (f"client:{party.client_id}", True) in administrator.audited("client.changed")


def test_a_new_secret_ends_the_old_one(administrator: OperatorBrowser) -> None:
    party = registered(administrator)
    old, right = party.auth[1], {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}
    assert party.token(**right).json()["error"] == "invalid_grant"
    administrator.open(f"/admin/clients/{party.client_id}/secret")
    new = secret_on(administrator.submit(reason=REASON))
    assert new
    assert new != old
    _eventually(lambda: party.token(**right).json()["error"] == "invalid_client")
    party.registration["client_secret"] = new
    assert party.token(**right).json()["error"] == "invalid_grant"
    assert (f"client:{party.client_id}", True) in administrator.audited("client.secret")


def test_a_disabled_client_gets_nothing_and_its_old_tokens_stay_dead(
    administrator: OperatorBrowser, site: Site
) -> None:
    party = registered(administrator)
    tokens = tokens_of(party, site, "openid profile offline_access")
    assert userinfo(site, tokens) == 200
    administrator.open(f"/admin/clients/{party.client_id}/disable")
    assert "done=client_disable" in str(administrator.submit(reason=REASON).url)
    assert userinfo(site, tokens) == 401
    _eventually(lambda: Browser(site.url).open(party.authorize_url()).status_code == 400)
    administrator.open(f"/admin/clients/{party.client_id}/enable")
    assert "done=client_enable" in str(administrator.submit(reason=REASON).url)
    assert userinfo(site, tokens) == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    _eventually(lambda: party.token(**refresh).json()["error"] == "invalid_grant")
    assert userinfo(site, tokens_of(party, site)) == 200
    for action in ("client.disable", "client.enable"):
        assert (f"client:{party.client_id}", True) in administrator.audited(action)


def test_an_agency_and_its_purposes_make_a_client_possible(
    administrator: OperatorBrowser, site: Site
) -> None:
    administrator.open("/admin/agencies/new")
    assert administrator.submit(id="DJP!", name_id="", reason=REASON).status_code == 422
    agency = {"id": "djp", "name_id": "Direktorat Jenderal Pajak", "name_en": "Tax Office", "reason": REASON}
    administrator.open("/admin/agencies/new")
    assert administrator.submit(**agency).status_code == 200
    administrator.open("/admin/agencies/new")
    assert 'href="#id"' in administrator.submit(**agency).text, "taken"
    _eventually(lambda: "Direktorat" in administrator.open("/admin/clients/new").text)
    page = administrator.submit(**FORM | {"agency": "djp"})
    assert "scope profile: no purpose of the agency covers it" in page.text
    for title in ("Lapor pajak", "Lapor pajak tahunan"):
        _add_purpose(administrator, title)
    _eventually(lambda: "lapor/2" in administrator.open("/admin/agencies/djp").text)
    party = registered(administrator, agency="djp", scope=["profile"])
    [(sector,)] = site.rows("select sector from client where id = %s", party.client_id)
    assert sector == "agency:djp", "all clients of an agency know a citizen by the same sub"
    assert "Lapor pajak tahunan" in administrator.open(f"/admin/clients/{party.client_id}").text
    administrator.open(f"/admin/clients/{party.client_id}/purposes")
    older = re.search(r'<option value="([^"]+)"[^>]*>\s*Lapor pajak \(lapor/1\)', administrator.page.text)
    assert older is not None
    administrator.submit(profile=older[1], reason=REASON)
    assert site.rows(
        "select scope, purpose_id::text from client_purpose where client_id = %s and scope = 'profile'",
        party.client_id,
    ) == [("profile", older[1])]
    assert len(administrator.audited("purpose.added")) == 2
    assert ("agency:djp", True) in administrator.audited("agency.added")


def test_no_other_agency_s_purpose_is_linked(administrator: OperatorBrowser, site: Site) -> None:
    party = registered(administrator)
    site.rows("insert into agency values ('bpjs', 'BPJS', 'BPJS', now()) on conflict do nothing")
    [(foreign,)] = site.rows(
        "insert into purpose select gen_random_uuid(), 'bpjs', code, version, title_id, title_en, text_id, text_en, "
        "legal_basis, law, retention_days, essential, voluntary, now() from purpose where agency_id = 'sandbox' "
        "returning id::text"
    )
    _eventually(lambda: "sandbox/1" in administrator.open("/admin/agencies/bpjs").text)
    administrator.open(f"/admin/clients/{party.client_id}/purposes")
    assert administrator.submit(profile=str(foreign), reason=REASON).status_code == 400
    changed = [thing for thing, _ in administrator.audited("client.purposes")]
    assert f"client:{party.client_id}" not in changed


def test_it_is_shown_whether_an_app_heard_of_a_logout_and_when_it_is_told_again(
    administrator: OperatorBrowser, site: Site
) -> None:
    # An address of this machine is one that nobody is called at.
    party = registered(administrator, backchannel_logout_uri="https://localhost:1/keluar")
    page = f"/admin/clients/{party.client_id}"
    assert "Pemberitahuan ke aplikasi" not in administrator.open(page).text
    tokens_of(party, site)
    person = Browser(site.url)
    person.open(party.authorize_url())
    person.sign_in()
    person.open("/logout")
    person.submit(decision="allow")
    _eventually(lambda: "govuk-tag--yellow" in administrator.open(page).text)
    text = administrator.page.text
    assert "Sesi warga berakhir" in text
    assert text.count("Dicoba lagi") == 1
    [(tries, due)] = site.rows(
        "select attempts, to_char(due_at at time zone 'Asia/Jakarta', 'HH24.MI') from outbox where client_id = %s",
        party.client_id,
    )
    assert f"{due} WIB" in text
    assert re.search(rf"<td[^>]*>\s*{tries}\s*</td>", text)


def _add_purpose(administrator: OperatorBrowser, title: str) -> None:
    administrator.open("/admin/agencies/djp/purposes/new")
    assert administrator.submit(code="lapor", retention_days="0", reason=REASON).status_code == 422
    page = administrator.submit(
        code="lapor",
        title_id=title,
        title_en=title,
        text_id="Kami memakai data Anda untuk laporan pajak.",
        text_en="We use your data for your tax return.",
        legal_basis="PUBLIC_TASK",
        law="UU 28/2007 pasal 2",
        retention_days="3650",
        essential=["name", "birthdate"],
        voluntary=["gender"],
        reason=REASON,
    )
    assert "done=purpose_added" in str(page.url), page.text


def _eventually(holds: Callable[[], bool]) -> None:
    """Within the 5 s that every worker has to follow a change."""
    deadline = monotonic() + 5
    while not holds():
        assert monotonic() < deadline
        sleep(0.1)


def test_an_operator_says_what_a_client_may_ask_to_do(administrator: OperatorBrowser, site: Site) -> None:
    party = registered(administrator, authorization_details_types=["tax_return", "payment"])
    [(metadata,)] = site.rows("select metadata from client where id = %s", party.client_id)
    assert isinstance(metadata, dict)
    assert metadata["authorization_details_types"] == ["tax_return"]
    page = administrator.open(f"/admin/clients/{party.client_id}/edit").text
    assert re.search(r'value="tax_return" checked', page)
    assert not re.search(r'value="citizen_data" checked', page)


def test_a_change_leaves_a_sandbox_client_that_gets_tokens_by_the_browser_as_it_is(
    administrator: OperatorBrowser, site: Site
) -> None:
    types: dict[str, Any] = {
        "response_types": ["code id_token"],
        "grant_types": ["authorization_code", "implicit"],
    }
    party = RelyingParty.register(site.url, redirect_uris=[CALLBACK], **types)
    administrator.open(f"/admin/clients/{party.client_id}/edit")
    page = administrator.submit(**FORM)
    assert page.status_code == 200, page.text
    [(metadata,)] = site.rows("select metadata from client where id = %s", party.client_id)
    assert isinstance(metadata, dict)
    assert {name: metadata[name] for name in types} == types


def test_one_switch_makes_a_client_of_fapi_2(administrator: OperatorBrowser, site: Site) -> None:
    strong = {
        "security_profile": "fapi2",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://pajak.example/jwks.json",
        "id_token_signed_response_alg": "",
    }
    party = registered(administrator, **strong)
    [(metadata,)] = site.rows("select metadata from client where id = %s", party.client_id)
    assert isinstance(metadata, dict)
    assert metadata["security_profile"] == "fapi2"
    assert metadata["require_pushed_authorization_requests"]
    assert metadata["dpop_bound_access_tokens"]
    assert metadata["id_token_signed_response_alg"] == "ES256"
    page = administrator.open(f"/admin/clients/{party.client_id}/edit").text
    assert re.search(r'value="fapi2" checked', page)


def test_what_is_too_weak_for_the_switch_is_named(administrator: OperatorBrowser) -> None:
    administrator.open("/admin/clients/new")
    page = administrator.submit(**FORM | {"security_profile": "fapi2"})
    assert page.status_code == 422
    assert "the profile fapi2 needs one of private_key_jwt" in page.text
