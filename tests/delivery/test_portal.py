from __future__ import annotations

import json
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from demo.portal import Portal, create_portal, load_portal, portal_names
from demo.portal.pages import words

from tests.delivery.small_provider import ISSUER, SmallProvider

pytestmark = pytest.mark.anyio

URL = "http://localhost:8001"


@pytest.fixture
def provider() -> SmallProvider:
    return SmallProvider()


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    return load_portal("tax", issuer=ISSUER, port=8001, home=tmp_path)


@pytest.fixture
async def browser(portal: Portal, provider: SmallProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with browsing(portal, provider) as browser:
        yield browser


def browsing(portal: Portal, provider: SmallProvider) -> httpx2.AsyncClient:
    app = create_portal(portal, httpx2.ASGITransport(provider.app))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=portal.url)


async def sign_in(browser: httpx2.AsyncClient, provider: SmallProvider) -> httpx2.Response:
    begun = await browser.get("/sign-in")
    return await browser.get(provider.agree(begun.headers["location"]))


async def csrf(browser: httpx2.AsyncClient) -> dict[str, str]:
    [value] = set(re.findall(r'name="csrf" value="([^"]+)"', (await browser.get("/profile")).text))
    return {"csrf": value}


async def test_a_citizen_signs_in_and_is_greeted(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    assert "Masuk dengan Gapura" in (await browser.get("/")).text
    answer = await sign_in(browser, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile")
    page = (await browser.get("/profile")).text
    for text in (
        "Selamat datang, Budi Santoso",
        "3171011785900001",
        "17 Mei 1990",
        "Laki-laki",
        "Jl. Melati 1",
        "kata sandi, kode sekali pakai",
    ):
        assert text in page
    assert "Menengah: dua bukti" in page
    assert "Anda masuk sebagai Budi Santoso" in (await browser.get("/")).text


async def test_the_request_carries_state_nonce_and_pkce(browser: httpx2.AsyncClient, portal: Portal) -> None:
    location = (await browser.get("/sign-in")).headers["location"]
    asked = httpx2.URL(location).params
    assert location.startswith(f"{ISSUER}/authorize?")
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == portal.scope
    assert asked["ui_locales"] == "id"
    assert len(asked["state"]) >= 20
    assert len(asked["nonce"]) >= 20


async def test_it_registers_once_and_remembers_it(provider: SmallProvider, portal: Portal) -> None:
    for _ in range(2):
        async with browsing(portal, provider) as browser:
            await browser.get("/sign-in")
    [registered] = provider.registrations.values()
    assert registered["client_name#id"] == "Pajak Kita"
    assert registered["backchannel_logout_uri"] == f"{URL}/backchannel-logout"
    assert stat.S_IMODE(portal.registration_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("loss", ["forgotten by the provider", "another port", "half a file"])
async def test_it_registers_again_when_the_old_registration_is_no_use(
    provider: SmallProvider, portal: Portal, tmp_path: Path, loss: str
) -> None:
    async with browsing(portal, provider) as browser:
        await browser.get("/sign-in")
    if loss == "forgotten by the provider":
        provider.registrations["client-1"]["registration_access_token"] = "another"
    elif loss == "another port":
        portal = load_portal("tax", issuer=ISSUER, port=9001, home=tmp_path)
    else:
        portal.registration_file.write_text('{"client_id')
    async with browsing(portal, provider) as browser:
        begun = await browser.get("/sign-in")
    assert len(provider.registrations) == 2
    assert httpx2.URL(begun.headers["location"]).params["client_id"] == "client-2"
    assert json.loads(portal.registration_file.read_text())["client_id"] == "client-2"


async def test_the_session_gets_a_new_cookie_at_sign_in_and_none_after_sign_out(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    await browser.get("/sign-in")
    before = browser.cookies["pajak_kita"]
    await sign_in(browser, provider)
    signed_in = browser.cookies["pajak_kita"]
    assert signed_in != before
    answer = await browser.post("/sign-out", data=await csrf(browser))
    assert "Anda sudah keluar dari situs ini" in answer.text
    assert "pajak_kita" not in browser.cookies
    browser.cookies.set("pajak_kita", signed_in)
    assert (await browser.get("/profile")).headers["location"] == "/sign-in"


async def test_signing_out_everywhere_goes_through_gapura_and_back(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    await sign_in(browser, provider)
    answer = await browser.post("/sign-out-everywhere", data=await csrf(browser))
    assert answer.status_code == 303
    asked = httpx2.URL(answer.headers["location"])
    assert str(asked).startswith(f"{ISSUER}/logout?")
    assert asked.params["post_logout_redirect_uri"] == f"{URL}/signed-out"
    assert asked.params["id_token_hint"].count(".") == 2
    assert (await browser.get("/profile")).headers["location"] == "/sign-in"
    back = await browser.get("/signed-out", params={"state": asked.params["state"]})
    assert "dari Gapura dan dari layanan lain" in back.text
    again = await browser.get("/signed-out", params={"state": asked.params["state"]})
    assert again.status_code == 400


@pytest.mark.parametrize("path", ["/sign-out", "/sign-out-everywhere"])
async def test_a_form_from_elsewhere_signs_nobody_out(
    browser: httpx2.AsyncClient, provider: SmallProvider, path: str
) -> None:
    await sign_in(browser, provider)
    assert (await browser.post(path, data={"csrf": "guessed"})).status_code == 403
    assert (await browser.get("/profile")).status_code == 200
    assert (await browser.get(path)).status_code == 405


async def test_a_refusal_is_shown_with_its_code_and_escaped(browser: httpx2.AsyncClient) -> None:
    query = {"error": "temporarily_unavailable", "error_description": "<b>Come later</b>", "state": "x"}
    answer = await browser.get("/callback", params=query)
    assert answer.status_code == 400
    assert "temporarily_unavailable" in answer.text
    assert "&lt;b&gt;Come later&lt;/b&gt;" in answer.text


async def test_who_decides_not_to_sign_in_is_not_told_of_an_error(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/callback", params={"error": "access_denied", "state": "x"})
    assert "Anda tidak jadi masuk" in answer.text
    assert "access_denied" not in answer.text


@pytest.mark.parametrize(
    ("id_token", "userinfo", "code"),
    [
        ({"nonce": "another"}, {}, "invalid_claim"),
        ({"iss": "http://other.test"}, {}, "invalid_claim"),
        ({"aud": "another"}, {}, "invalid_claim"),
        ({"exp": 1}, {}, "expired_token"),
        ({}, {"sub": "another"}, "invalid_userinfo"),
    ],
)
async def test_an_answer_that_is_not_for_this_sign_in_is_refused(
    browser: httpx2.AsyncClient,
    provider: SmallProvider,
    id_token: dict[str, object],
    userinfo: dict[str, object],
    code: str,
) -> None:
    provider.id_token_changes, provider.userinfo_changes = id_token, userinfo
    answer = await sign_in(browser, provider)
    assert answer.status_code == 400
    assert code in answer.text
    assert (await browser.get("/profile")).headers["location"] == "/sign-in"


async def test_an_answer_of_another_issuer_or_browser_is_refused(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    begun = await browser.get("/sign-in")
    back = provider.agree(begun.headers["location"])
    assert "invalid_issuer" in (await browser.get(back.replace(f"iss={ISSUER}", "iss=http://evil.test"))).text
    browser.cookies.clear()
    assert (await browser.get(back)).status_code == 400


async def test_while_gapura_is_away_the_page_says_so_and_later_it_works(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    provider.away = True
    answer = await browser.get("/sign-in")
    assert answer.status_code == 503
    assert "Gapura belum bisa dihubungi" in answer.text
    assert (await browser.get("/")).status_code == 200
    assert (await browser.get("/healthz")).status_code == 503
    provider.away = False
    assert (await browser.get("/sign-in")).status_code == 302
    assert (await browser.get("/healthz")).status_code == 200


async def test_the_language_is_switched_and_remembered(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/language/en", params={"back": "/privacy"})
    assert answer.headers["location"] == "/privacy"
    page = (await browser.get("/")).text
    assert "Sign in with Gapura" in page
    assert '<html lang="en">' in page
    assert (await browser.get("/language/id", params={"back": "https://evil.test"})).headers[
        "location"
    ] == "/"
    assert (await browser.get("/language/xx")).status_code == 404


async def test_pages_are_guarded(browser: httpx2.AsyncClient) -> None:
    headers = (await browser.get("/")).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_both_languages_say_the_same_things() -> None:
    both = words()
    assert both["id"].keys() == both["en"].keys()
    for table in ("claims", "values"):
        assert both["id"][table].keys() == both["en"][table].keys()


@pytest.mark.parametrize("name", portal_names())
def test_each_portal_has_its_texts_and_its_looks(name: str, tmp_path: Path) -> None:
    portal = load_portal(name, issuer=ISSUER, port=8001, home=tmp_path)
    assert portal.texts["id"].keys() == portal.texts["en"].keys()
    static = Path(__file__).parents[2] / "demo/portal/static"
    assert {f"{name}.css", f"{name}.svg"} <= {file.name for file in static.iterdir()}


def test_the_portals_share_no_cookie(tmp_path: Path) -> None:
    cookies = [load_portal(name, issuer=ISSUER, port=1, home=tmp_path).cookie for name in portal_names()]
    assert len(set(cookies)) == len(cookies)
