"""Backchannel authentication (CIBA), black box: a service asks, a person answers in their account."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from gapura.protocol.profiles import CIBA
from gapura.values import Secret
from tests.conformance.key_party import KeyParty, new_key, signed
from tests.site import Browser, RelyingParty, Site, run_site
from tests.site.browser import BUDI, SITI
from tests.site.mail_catcher import MailCatcher, catch_mail
from tests.site.ping_receiver import PingReceiver, Script, receive_pings

ENDPOINT = "/backchannel-authentication"
SUBSTANTIAL = "urn:gapura:loa:substantial"
SKIP_INTERVAL = "update decoupled_request set last_poll_at = last_poll_at - interval '1 hour'"
PAST = "update decoupled_request set expires_at = now() - interval '1 minute'"
BUDI_EMAIL, SITI_EMAIL = "budi.santoso@contoh.id", "siti.rahmawati@contoh.id"
NOBODY = "3171011785900009"
TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


@pytest.fixture(scope="module")
def mails() -> Iterator[MailCatcher]:
    with catch_mail() as catcher:
        yield catcher


@pytest.fixture(scope="module")
def pings() -> Iterator[PingReceiver]:
    with receive_pings() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
    mails: MailCatcher,
    pings: PingReceiver,
) -> Iterator[Site]:
    with run_site(
        module_database_url,
        module_redis_url,
        root_keys,
        tmp_path_factory.mktemp("site"),
        GAPURA_SMTP_HOST="127.0.0.1",
        GAPURA_SMTP_PORT=str(mails.port),
        GAPURA_SMTP_TLS="none",
        GAPURA_OUTBOUND_ALLOW=pings.address,
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def counters(site: Site, pings: PingReceiver) -> Iterator[None]:
    pings.script = Script()
    yield
    site.rows("delete from throttle")
    site.rows("delete from decoupled_request")


def register(site: Site, **metadata: Any) -> KeyParty:
    wanted: dict[str, Any] = {
        "client_name": "Loket Desa",
        "redirect_uris": [],
        "grant_types": [CIBA, "refresh_token"],
    }
    return KeyParty.by_key(site.url, **wanted | metadata)


@pytest.fixture(scope="module")
def desk(site: Site) -> KeyParty:
    """A service that polls."""
    return register(site)


@pytest.fixture(scope="module")
def pinged(site: Site, pings: PingReceiver) -> KeyParty:
    return register(
        site,
        backchannel_token_delivery_mode="ping",
        backchannel_client_notification_endpoint=pings.uri,
    )


def ask(party: KeyParty, **form: str | None) -> Any:
    whole = {"scope": "openid profile", "login_hint": BUDI, "binding_message": "Loket 7", **form}
    return party.post(ENDPOINT, {name: value for name, value in whole.items() if value is not None})


def begin(party: KeyParty, **form: str | None) -> dict[str, Any]:
    answer = ask(party, **form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def refused(party: KeyParty, **form: str | None) -> tuple[int, str]:
    answer = ask(party, **form)
    return answer.status_code, answer.json()["error"]


def poll(party: KeyParty, begun: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = party.token(grant_type=CIBA, auth_req_id=begun["auth_req_id"])
    return answer.status_code, answer.json()


def error_of(party: KeyParty, begun: dict[str, Any]) -> str:
    status, answer = poll(party, begun)
    assert status == 400, answer
    return str(answer["error"])


def to_the_list(browser: Browser, who: str = BUDI) -> str:
    """The list of what waits for a person, and the address of the newest."""
    browser.open("/account/requests")
    if browser.step == "sign_in":
        browser.sign_in(who)
    found = re.search(r'href="(/account/requests/[\w-]+)"', browser.page.text)
    return found[1] if found else ""


def test_a_person_finds_the_request_in_their_account_and_approves(desk: KeyParty, browser: Browser) -> None:
    begun = begin(desk)
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert re.fullmatch(r"[A-Za-z0-9._-]{32,}", begun["auth_req_id"])
    assert error_of(desk, begun) == "authorization_pending"
    one = to_the_list(browser)
    assert "Loket Desa" in browser.page.text
    assert "Loket 7" in browser.page.text
    assert "Ada 1 permintaan yang menunggu jawaban Anda." in browser.open("/account").text
    browser.open(one)
    assert browser.step == "consent"
    page = unescape(browser.page.text)
    assert "Pesan dari layanan ini" in page
    assert "Loket 7" in page
    assert "BUDI" in page
    browser.agree()
    assert str(browser.page.url).endswith("/request/approved")
    status, tokens = poll(desk, begun)
    assert status == 200, tokens
    assert tokens["id_token"]
    assert desk.userinfo(tokens["access_token"]).json()["name"]
    assert error_of(desk, begun) == "invalid_grant"
    assert to_the_list(browser) == ""


def test_who_polls_too_fast_is_slowed_down(desk: KeyParty) -> None:
    begun = begin(desk)
    assert [error_of(desk, begun) for _ in range(2)] == ["authorization_pending", "slow_down"]


def test_a_person_refuses(desk: KeyParty, browser: Browser) -> None:
    begun = begin(desk)
    browser.open(to_the_list(browser))
    browser.agree(decision="deny")
    assert str(browser.page.url).endswith("/request/denied")
    assert error_of(desk, begun) == "access_denied"
    assert to_the_list(browser) == ""


def test_the_mail_leads_to_the_page_and_says_nothing_of_the_person(
    desk: KeyParty, browser: Browser, mails: MailCatcher, site: Site
) -> None:
    mails.letters.clear()
    begun = begin(desk, login_hint=SITI_EMAIL)
    [(to, letter)] = wait_for_mail(mails)
    text = letter.get_content()
    assert "Loket Desa" in letter["subject"]
    assert "Loket 7" not in text
    assert begun["auth_req_id"] not in text
    assert SITI not in text
    assert "SITI" not in text.upper().replace(to.upper(), "")
    [link] = re.findall(r"https?://\S+", text)
    assert link.startswith(f"{site.url}/account/requests/")
    browser.open(link.removeprefix(site.url))
    assert browser.step == "sign_in"
    assert error_of(desk, begun) == "authorization_pending"
    browser.sign_in(SITI)
    assert browser.step == "consent"
    site.rows(SKIP_INTERVAL)
    assert error_of(desk, begun) == "authorization_pending", "the link and the sign-in answer nothing"
    browser.agree()
    assert poll(desk, begun)[0] == 200


def wait_for_mail(mails: MailCatcher) -> list[tuple[str, Any]]:
    mails.letter_to(SITI_EMAIL)
    return mails.letters


def test_nobody_else_answers_whatever_link_they_have(desk: KeyParty, site: Site, browser: Browser) -> None:
    begun = begin(desk)
    link = to_the_list(browser)
    stranger = Browser(site.url)
    stranger.open(link)
    assert stranger.step == "sign_in"
    stranger.submit(decision="deny")
    assert error_of(desk, begun) == "authorization_pending"
    stranger.open(link)
    stranger.sign_in(SITI)
    assert stranger.step == "sign_in", "who is signed in is not whom it is for"
    stranger.submit(decision="deny")
    site.rows(SKIP_INTERVAL)
    assert error_of(desk, begun) == "authorization_pending"
    assert to_the_list(Browser(site.url), SITI) == ""


def test_the_level_that_is_asked_for_is_reached_before_the_page_shows(
    desk: KeyParty, browser: Browser
) -> None:
    begun = begin(desk, acr_values=SUBSTANTIAL, login_hint=SITI)
    browser.open(to_the_list(browser, SITI))
    browser.agree()
    assert poll(desk, begun)[0] == 200


def test_a_standing_consent_does_not_answer_by_itself(desk: KeyParty, browser: Browser) -> None:
    for _ in range(2):
        begun = begin(desk)
        browser.open(to_the_list(browser))
        assert browser.step == "consent"
        browser.agree()
        assert poll(desk, begun)[0] == 200


def test_a_request_that_ran_out_is_over_for_all(desk: KeyParty, browser: Browser, site: Site) -> None:
    begun = begin(desk, requested_expiry="30")
    assert begun["expires_in"] == 30
    one = to_the_list(browser)
    site.rows(PAST)
    assert error_of(desk, begun) == "expired_token"
    assert browser.open(one).status_code == 410
    assert to_the_list(browser) == ""


@pytest.mark.parametrize("hint", [NOBODY, "nobody@surat.example", "081299999999"])
def test_whom_nobody_knows_is_asked_like_everybody(desk: KeyParty, hint: str) -> None:
    assert begin(desk, login_hint=hint).keys() == begin(desk).keys()
    assert error_of(desk, begin(desk, login_hint=hint)) == "authorization_pending"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param({"scope": None}, "invalid_request", id="CIBA §7.1 no scope"),
        pytest.param({"scope": "profile"}, "invalid_scope", id="CIBA §7.1 no openid"),
        pytest.param({"login_hint": None}, "invalid_request", id="CIBA §7.1 no hint"),
        pytest.param({"id_token_hint": "x"}, "invalid_request", id="CIBA §7.1 two hints"),
        pytest.param({"login_hint": "budi"}, "unknown_user_id", id="CIBA §13 no such name"),
        pytest.param(
            {"login_hint": None, "id_token_hint": "x.y.z"}, "invalid_request", id="CIBA §7.2 no ID token"
        ),
        pytest.param(
            {"login_hint": None, "login_hint_token": "x.y.z"}, "invalid_request", id="CIBA §7.2 no token"
        ),
        pytest.param({"binding_message": "m" * 65}, "invalid_binding_message", id="CIBA §13 long"),
        pytest.param(
            {"binding_message": "bayar\u202e"}, "invalid_binding_message", id="CIBA §13 unprintable"
        ),
        pytest.param({"requested_expiry": "0"}, "invalid_request", id="CIBA §7.1 expiry zero"),
        pytest.param({"requested_expiry": "-5"}, "invalid_request", id="CIBA §7.1 expiry negative"),
        pytest.param({"requested_expiry": "soon"}, "invalid_request", id="CIBA §7.1 expiry no number"),
        pytest.param({"resource": "https://nowhere.example"}, "invalid_target", id="RFC 8707 §2"),
        pytest.param({"request": "x"}, "invalid_request", id="CIBA §7.1.1 beside a request object"),
    ],
)
def test_what_is_wrong_is_named(desk: KeyParty, form: dict[str, str | None], error: str) -> None:
    assert refused(desk, **form) == (400, error)


def test_a_client_without_the_grant_may_not_ask(site: Site) -> None:
    party = KeyParty.by_key(site.url)
    assert refused(party) == (400, "unauthorized_client")


def test_who_does_not_prove_to_be_the_client_is_sent_away(desk: KeyParty) -> None:
    assert refused(desk, client_assertion="x.y.z") == (401, "invalid_client")


@pytest.mark.parametrize("aud", ["", "/token", ENDPOINT])
def test_assertions_are_for_the_issuer_or_an_endpoint(desk: KeyParty, aud: str) -> None:
    proof = desk.assertion(aud=desk.issuer + aud)
    assert ask(desk, client_assertion=proof).status_code == 200


def test_an_id_token_says_who_is_meant(desk: KeyParty, browser: Browser) -> None:
    begun = begin(desk)
    browser.open(to_the_list(browser))
    browser.agree()
    id_token = poll(desk, begun)[1]["id_token"]
    again = begin(desk, login_hint=None, id_token_hint=id_token)
    browser.open(to_the_list(browser))
    browser.agree()
    assert poll(desk, again)[0] == 200


def test_an_id_token_of_another_client_says_nothing(desk: KeyParty, browser: Browser, site: Site) -> None:
    other = RelyingParty.register(site.url)
    browser.open(other.authorize_url("openid"))
    browser.sign_in()
    browser.agree()
    id_token = other.redeem(browser.answer()["code"]).json()["id_token"]
    assert refused(desk, login_hint=None, id_token_hint=id_token) == (400, "invalid_request")


def hint_token(party: KeyParty, **claims: object) -> str:
    now = int(time.time())
    whole = {"iss": party.client_id, "aud": party.issuer, "exp": now + 60, **claims}
    return signed(party.key, {name: value for name, value in whole.items() if value is not None})


def test_a_token_of_the_client_says_who_is_meant(desk: KeyParty, browser: Browser) -> None:
    email = hint_token(desk, sub_id=by_email(BUDI_EMAIL))
    begun = begin(desk, login_hint=None, login_hint_token=email)
    browser.open(to_the_list(browser))
    browser.agree()
    tokens = poll(desk, begun)[1]
    sub = desk.userinfo(tokens["access_token"]).json()["sub"]
    named = hint_token(desk, sub_id={"format": "iss_sub", "iss": desk.issuer, "sub": sub})
    begun = begin(desk, login_hint=None, login_hint_token=named)
    assert to_the_list(browser), "the same person is asked"


def by_email(address: str) -> dict[str, str]:
    return {"format": "email", "email": address}


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        pytest.param({"exp": 1_700_000_000}, "expired_login_hint_token", id="CIBA §13"),
        pytest.param({"iss": "another"}, "invalid_request", id="another issuer"),
        pytest.param({"aud": "https://elsewhere.example"}, "invalid_request", id="for another"),
        pytest.param({"exp": None}, "invalid_request", id="for ever"),
        pytest.param({"sub_id": {"format": "opaque", "id": "1"}}, "invalid_request", id="RFC 9493 §3.2.5"),
        pytest.param({"sub_id": "budi"}, "invalid_request", id="RFC 9493 §3"),
    ],
)
def test_a_bad_hint_token_is_refused(desk: KeyParty, claims: dict[str, object], error: str) -> None:
    token = hint_token(desk, **{"sub_id": by_email(BUDI_EMAIL), **claims})
    assert refused(desk, login_hint=None, login_hint_token=token) == (400, error)


def test_one_person_is_not_asked_without_end(desk: KeyParty, site: Site, browser: Browser) -> None:
    for hint in (BUDI, NOBODY):
        for _ in range(10):
            begin(desk, login_hint=hint)
        answer = ask(desk, login_hint=hint)
        assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
        assert int(answer.headers["retry-after"]) > 0
    assert begin(register(site), login_hint=BUDI), "another client may still ask"
    browser.open(to_the_list(browser))
    browser.agree()
    browser.open(to_the_list(browser))
    browser.agree()
    assert begin(desk), "a yes gives its place back"


def test_a_client_is_pinged_once_the_person_has_answered(
    pinged: KeyParty, pings: PingReceiver, browser: Browser
) -> None:
    assert refused(pinged) == (400, "invalid_request")
    assert refused(pinged, client_notification_token="two words") == (400, "invalid_request")
    for decision in ("allow", "deny"):
        begun = begin(pinged, client_notification_token=TOKEN)
        assert not pings.pings_of(begun["auth_req_id"])
        browser.open(to_the_list(browser))
        browser.agree(decision=decision)
        ping = pings.ping_of(begun["auth_req_id"])
        assert ping.content == {"auth_req_id": begun["auth_req_id"]}
        assert (ping.content_type, ping.authorization) == ("application/json", f"Bearer {TOKEN}")
        status, answer = poll(pinged, begun)
        assert (status, answer.get("error")) == (
            (200, None) if decision == "allow" else (400, "access_denied")
        )


def test_who_polls_is_not_pinged_and_no_code_is_kept_for_it(
    desk: KeyParty, site: Site, browser: Browser
) -> None:
    begin(desk, client_notification_token=TOKEN)
    browser.open(to_the_list(browser))
    browser.agree()
    assert site.rows("select 1 from outbox where kind = 'ciba_ping' and client_id = %s", desk.client_id) == []


def test_the_sandbox_answers_by_itself_where_a_test_asks_it_to(desk: KeyParty, site: Site) -> None:
    for action, status in (("allow", 200), ("deny", 400)):
        begun = begin(desk, acr_values=SUBSTANTIAL)
        address = f"{site.url}/sandbox/approve?auth_req_id={begun['auth_req_id']}&action={action}"
        assert desk.http.post(address).status_code == 204
        assert poll(desk, begun)[0] == status
        assert desk.http.post(address).status_code == 400
    assert desk.http.post(f"{site.url}/sandbox/approve?auth_req_id=x&action=allow").status_code == 400
    assert desk.http.post(f"{site.url}/sandbox/approve?auth_req_id=x&action=perhaps").status_code == 400


def test_a_suspended_person_is_neither_asked_nor_answered_for(desk: KeyParty, site: Site) -> None:
    begun = begin(desk, login_hint=SITI)
    address = f"{site.url}/sandbox/approve?auth_req_id={begun['auth_req_id']}&action=allow"
    suspend = "update account set status = %s where id = (select account_id from decoupled_request)"
    site.rows(suspend, "suspended")
    try:
        assert desk.http.post(address).status_code == 400
        silent = begin(desk, login_hint=SITI)
        assert error_of(desk, silent) == "authorization_pending"
        asked = "select count(*) from decoupled_request join account on account.id = account_id"
        assert site.rows(asked) == [(1,)], "the first one alone, from before"
    finally:
        site.rows("update account set status = 'active' where status = 'suspended'")


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        pytest.param({"token_endpoint_auth_method": "none"}, "public", id="CIBA §4 a public client"),
        pytest.param({"backchannel_token_delivery_mode": "push"}, "not supported", id="FAPI CIBA §5.2.2"),
        pytest.param({"backchannel_token_delivery_mode": "ping"}, "needs", id="CIBA §4 nowhere to ping"),
        pytest.param({"backchannel_user_code_parameter": True}, "not supported", id="CIBA §4 user code"),
    ],
)
def test_what_cannot_work_is_not_registered(site: Site, metadata: dict[str, Any], reason: str) -> None:
    wanted = {
        "grant_types": [CIBA],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [new_key().as_dict(private=False)]},
        **metadata,
    }
    answer = KeyParty.by_key(site.url).http.post(f"{site.url}/register", json=wanted)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert reason in answer.json()["error_description"]
