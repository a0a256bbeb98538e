"""Devices without a browser (RFC 8628), black box: the code on the device, the page where it is typed, the polls."""

from __future__ import annotations

import html
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gapura.protocol.grants.device_code import NAME
from tests.site import Browser, RelyingParty, Site
from tests.site.browser import SITI

SKIP_INTERVAL = "update decoupled_request set last_poll_at = last_poll_at - interval '1 hour'"


@pytest.fixture(scope="module")
def tv(site: Site) -> RelyingParty:
    """An app on a television: it redirects nowhere."""
    return RelyingParty.register(
        site.url,
        client_name="TV Rakyat",
        redirect_uris=[],
        grant_types=[NAME, "refresh_token"],
    )


@pytest.fixture(autouse=True)
def counters(site: Site) -> Iterator[None]:
    yield
    site.rows("delete from throttle")


def begin(tv: RelyingParty, scope: str = "openid profile", **form: str) -> dict[str, Any]:
    answer = tv.http.post(f"{tv.issuer}/device_authorization", data={"scope": scope} | form, auth=tv.auth)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def poll(tv: RelyingParty, begun: dict[str, Any], **form: str) -> tuple[int, dict[str, Any]]:
    answer = tv.token(grant_type=NAME, device_code=begun["device_code"], **form)
    return answer.status_code, answer.json()


def typed(browser: Browser, begun: dict[str, Any]) -> Browser:
    """The code is typed and shown once more, with the question."""
    browser.open("/device")
    browser.submit(user_code=begun["user_code"])
    return browser


def approved(browser: Browser, begun: dict[str, Any], who: str | None = None) -> Browser:
    typed(browser, begun).submit(decision="allow")
    if browser.step == "sign_in":
        browser.sign_in(who) if who else browser.sign_in()
    browser.agree()
    return browser


def test_a_device_says_where_to_go_and_what_to_type(tv: RelyingParty, site: Site) -> None:
    begun = begin(tv)
    assert begun["verification_uri"] == f"{site.url}/device"
    assert begun["verification_uri_complete"] == f"{site.url}/device?user_code={begun['user_code']}"
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert poll(tv, begun) == (
        400,
        {"error": "authorization_pending", "error_description": "the person has not answered yet"},
    )


def test_a_person_approves_and_the_device_gets_its_tokens(
    tv: RelyingParty, browser: Browser, site: Site
) -> None:
    begun = begin(tv, "openid profile offline_access")
    page = html.unescape(typed(browser, begun).page.text)
    assert "TV Rakyat" in page
    assert begun["user_code"] in page
    browser.submit(decision="allow")
    browser.sign_in()
    assert browser.step == "consent"
    browser.agree()
    assert browser.page.url.path == "/request/approved"
    assert begun["user_code"] not in site.log.read_text()
    assert begun["device_code"] not in site.log.read_text()
    status, tokens = poll(tv, begun)
    assert status == 200, tokens
    assert {"access_token", "id_token", "refresh_token"} <= tokens.keys()
    assert tv.userinfo(tokens["access_token"]).json()["name"] == "BUDI SANTOSO"
    assert tv.refresh(tokens["refresh_token"]).status_code == 200
    assert poll(tv, begun)[1]["error"] == "invalid_grant"
    assert tv.userinfo(tokens["access_token"]).status_code == 200


def test_who_cancels_is_not_promised_a_way_back(tv: RelyingParty, browser: Browser) -> None:
    typed(browser, begin(tv)).submit(decision="allow")
    assert browser.step == "sign_in"
    assert "kembali ke TV Rakyat" not in browser.page.text
    browser.submit(decision="deny")
    assert browser.page.url.path == "/request/denied"


def test_who_agreed_before_is_asked_again(tv: RelyingParty, browser: Browser) -> None:
    """RFC 8628 §5.4: a code may come from anybody."""
    approved(browser, begin(tv))
    typed(browser, begin(tv)).submit(decision="allow")
    assert browser.step == "consent"


def test_of_fifty_polls_at_once_one_gets_the_tokens(tv: RelyingParty, browser: Browser) -> None:
    begun = begin(tv)
    approved(browser, begun)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: poll(tv, begun), range(50)))
    assert sorted(status for status, _ in answers) == [200] + [400] * 49
    assert {answer["error"] for status, answer in answers if status == 400} == {"invalid_grant"}
    [tokens] = [answer for status, answer in answers if status == 200]
    assert tv.userinfo(tokens["access_token"]).status_code == 200


def test_a_hasty_device_is_told_to_slow_down(tv: RelyingParty, site: Site) -> None:
    begun = begin(tv)
    poll(tv, begun)
    assert poll(tv, begun)[1] == {
        "error": "slow_down",
        "error_description": "poll every 10 seconds from now on",
    }
    site.rows(SKIP_INTERVAL)
    assert poll(tv, begun)[1]["error"] == "authorization_pending"


def test_the_cancel_button_of_each_page_tells_the_device(tv: RelyingParty, browser: Browser) -> None:
    begun = begin(tv)
    typed(browser, begun).submit(decision="allow")
    browser.agree(decision="deny")
    assert browser.page.url.path == "/request/denied"
    assert poll(tv, begun)[1]["error"] == "access_denied"


def test_a_code_that_is_not_on_ones_device_is_refused_for_good(tv: RelyingParty, browser: Browser) -> None:
    begun = begin(tv)
    typed(browser, begun).submit(decision="deny")
    assert browser.page.url.path == "/request/denied"
    assert poll(tv, begun)[1]["error"] == "access_denied"
    assert "sudah tidak berlaku" in typed(browser, begun).page.text


def test_an_address_with_the_code_still_asks(tv: RelyingParty, browser: Browser, site: Site) -> None:
    """RFC 8628 §3.3.1."""
    begun = begin(tv)
    browser.open(begun["verification_uri_complete"])
    assert begun["user_code"] not in site.log.read_text()
    assert f'value="{begun["user_code"]}"' in browser.page.text
    assert "TV Rakyat" not in browser.page.text
    browser.submit(user_code=begun["user_code"])
    assert "Apakah kode ini tampil di perangkat Anda?" in browser.page.text


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda code: code.lower(), id="small letters"),
        pytest.param(lambda code: code.replace("-", ""), id="without the hyphen"),
        pytest.param(lambda code: f"  {code[:4]} {code[5:]}. ", id="blanks and a full stop"),
        pytest.param(lambda code: "".join(chr(ord(c) + 0xFEE0) for c in code), id="full-width letters"),
    ],
)
def test_a_code_is_understood_however_it_is_typed(tv: RelyingParty, browser: Browser, written: Any) -> None:
    begun = begin(tv)
    browser.open("/device")
    browser.submit(user_code=written(begun["user_code"]))
    assert "Apakah kode ini tampil di perangkat Anda?" in browser.page.text


@pytest.mark.parametrize("wrong", ["BCDF-GHJK", "1234-5678", "B", "<b>BCDFGHJK</b>", "B" * 200])
def test_a_wrong_code_says_nothing_of_why(browser: Browser, wrong: str) -> None:
    browser.open("/device")
    browser.submit(user_code=wrong)
    assert browser.page.status_code == 422
    assert "Kode ini tidak kami kenal atau sudah tidak berlaku." in browser.page.text
    assert "<b>" not in browser.page.text


def test_an_empty_field_is_no_guess(browser: Browser, site: Site) -> None:
    browser.open("/device")
    browser.submit()
    assert "Ketik kode yang tampil di perangkat Anda." in browser.page.text
    assert site.rows("select * from throttle") == []


def test_guessing_is_limited_and_a_right_code_opens_nothing_meanwhile(
    tv: RelyingParty, browser: Browser
) -> None:
    begun = begin(tv)
    browser.open("/device")
    for _ in range(10):
        browser.submit(user_code="BCDF-GHJK")
        assert browser.page.status_code == 422
    browser.submit(user_code=begun["user_code"])
    assert browser.page.status_code == 429
    assert int(browser.page.headers["retry-after"]) > 500
    assert "TV Rakyat" not in browser.page.text


def test_right_codes_bring_back_no_wrong_ones(tv: RelyingParty, browser: Browser) -> None:
    browser.open("/device")
    for _ in range(5):
        browser.submit(user_code="BCDF-GHJK")
        browser.submit(user_code="BCDF-GHJK")
        assert browser.page.status_code == 422
        typed(browser, begin(tv))
        browser.open("/device")
    browser.submit(user_code="BCDF-GHJK")
    assert browser.page.status_code == 429


def test_an_expired_code_leads_nowhere_and_the_device_learns_it(
    tv: RelyingParty, browser: Browser, site: Site
) -> None:
    begun = begin(tv)
    typed(browser, begun).submit(decision="allow")
    site.rows("update decoupled_request set expires_at = now()")
    browser.sign_in()
    assert browser.page.status_code == 410
    assert "Permintaan ini sudah berakhir" in browser.page.text
    assert poll(tv, begun)[1]["error"] == "expired_token"


def test_of_two_people_at_once_the_first_answer_counts(tv: RelyingParty, site: Site) -> None:
    begun = begin(tv)
    first, second = Browser(site.url), Browser(site.url)
    for person, who in ((first, None), (second, SITI)):
        typed(person, begun).submit(decision="allow")
        person.sign_in(who) if who else person.sign_in()
    first.agree()
    second.agree()
    assert first.page.url.path == "/request/approved"
    assert second.page.status_code == 410
    assert tv.userinfo(poll(tv, begun)[1]["access_token"]).json()["name"] == "BUDI SANTOSO"


def test_another_client_gets_nothing_for_the_code(tv: RelyingParty, site: Site) -> None:
    begun = begin(tv)
    other = RelyingParty.register(site.url, redirect_uris=[], grant_types=[NAME])
    assert poll(other, begun)[1]["error"] == "invalid_grant"


def test_a_person_who_is_suspended_between_the_yes_and_the_poll_gets_no_token(
    tv: RelyingParty, browser: Browser, site: Site
) -> None:
    begun = begin(tv)
    approved(browser, begun)
    budi = "(select account_id from grants order by created_at desc limit 1)"
    site.rows(f"update account set status = 'suspended' where id = {budi}")
    try:
        assert poll(tv, begun)[1]["error"] == "invalid_grant"
    finally:
        site.rows(f"update account set status = 'active' where id = {budi}")


def test_a_public_client_names_itself(site: Site, browser: Browser) -> None:
    kiosk = RelyingParty.register(
        site.url, redirect_uris=[], grant_types=[NAME], token_endpoint_auth_method="none"
    )
    named = {"client_id": kiosk.client_id}
    begun = kiosk.http.post(f"{site.url}/device_authorization", data={"scope": "openid"} | named).json()
    approved(browser, begun)
    form = {"grant_type": NAME, "device_code": begun["device_code"]} | named
    assert kiosk.http.post(f"{site.url}/token", data=form).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param({"scope": "unheard-of"}, "invalid_scope", id="RFC 6749 §5.2 scope"),
        pytest.param(
            {"scope": "openid", "resource": "https://nobody.example"}, "invalid_target", id="RFC 8707 §2"
        ),
        pytest.param({"scope": "openid", "claims": "{"}, "invalid_request", id="OIDC Core §5.5"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(tv: RelyingParty, form: dict[str, str], error: str) -> None:
    answer = tv.http.post(f"{tv.issuer}/device_authorization", data=form, auth=tv.auth)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_only_a_client_that_is_registered_for_it_begins(site: Site, party: RelyingParty) -> None:
    form = {"scope": "openid"}
    answer = party.http.post(f"{site.url}/device_authorization", data=form, auth=party.auth)
    assert answer.json()["error"] == "unauthorized_client"
    wrong = party.http.post(f"{site.url}/device_authorization", data=form, auth=(party.client_id, "x"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")


def test_a_strong_profile_has_no_codes_to_type(site: Site, party: RelyingParty) -> None:
    wanted = {"grant_types": [NAME], "redirect_uris": [], "security_profile": "fapi2"}
    wanted |= {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://rp.example/jwks"}
    answer = party.http.post(f"{site.url}/register", json=wanted)
    assert answer.json()["error"] == "invalid_client_metadata"
    assert "fapi2" in answer.json()["error_description"]
