"""What Gapura is for, as one journey: one sign-in for two agencies, and the citizen sees, withdraws and leaves."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.journeys.citizen import DESKTOP, PHONE, AuthenticatorApp, Citizen
from tests.journeys.country import Country
from tests.site import RelyingParty

pytestmark = pytest.mark.browser

WITHIN = 5  # seconds, as promised of withdrawals and sign-outs
TEXTS = {
    "id": {
        "ask": "Izinkan Pajak Kita memakai data Anda?",
        "why": "Untuk apa: Layanan pajak pribadi",
        "basis": "Persetujuan Anda",
        "greeting": "Selamat datang, SITI RAHMAWATI",
        "day": "17 Oktober 1992",
        "used": "Siapa memakai data Anda",
        "tax": "Direktorat Pajak (contoh)",
        "insurance": "Badan Jaminan Sosial (contoh)",
        "purpose": "Layanan pajak pribadi",
        "withdrawn": "Izin untuk Pajak Kita sudah dicabut.",
        "signed_out": "Anda sudah keluar",
    },
    "en": {
        "ask": "Allow Pajak Kita to use your data?",
        "why": "Purpose: Your personal tax services",
        "basis": "Your consent",
        "greeting": "Welcome, SITI RAHMAWATI",
        "day": "17 October 1992",
        "used": "Who used your data",
        "tax": "Directorate of Taxes (example)",
        "insurance": "Social Insurance Agency (example)",
        "purpose": "Your personal tax services",
        "withdrawn": "The permission of Pajak Kita is withdrawn.",
        "signed_out": "You are signed out",
    },
}


@dataclass(frozen=True, slots=True)
class Way:
    """How the journey is made."""

    workers: int
    language: str
    width: int
    scripts: bool = True

    def __str__(self) -> str:
        return (
            f"{self.workers}-workers-{self.language}-{self.width}{'' if self.scripts else '-without-scripts'}"
        )


WAYS = (
    Way(1, "id", PHONE),
    Way(1, "en", DESKTOP, scripts=False),
    Way(4, "id", DESKTOP),
    Way(4, "en", PHONE),
)


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    chosen: Way = request.param
    return chosen


@pytest.fixture
def workers(way: Way) -> int:
    return way.workers


def test_one_sign_in_opens_every_agency_and_the_citizen_stays_in_charge(
    way: Way, country: Country, browser: Browser, app: AuthenticatorApp
) -> None:
    siti = Citizen.at(
        browser, f"outcome/{way}", app, language=way.language, width=way.width, scripts=way.scripts
    )
    texts = TEXTS[way.language]
    opens_the_tax_portal(siti, country, way.language)
    signs_in(siti)
    sees_what_is_asked_and_agrees(siti, texts)
    opens_the_insurance_portal_without_typing(siti, country, texts, way.language)
    reads_who_got_what(siti, country, texts)
    withdraws_and_the_portal_has_lost_access(siti, country, texts)
    signs_out_everywhere(siti, country, texts)


def opens_the_tax_portal(siti: Citizen, country: Country, language: str) -> None:
    siti.open(country.portals["tax"])
    speaks(siti, language)
    siti.photograph("tax-portal")
    siti.press("a.button[href='/sign-in']")


def signs_in(siti: Citizen) -> None:
    siti.photograph("sign-in")
    siti.type_password()
    siti.photograph("second-factor")
    siti.type_code()


def sees_what_is_asked_and_agrees(siti: Citizen, texts: dict[str, str]) -> None:
    siti.photograph("consent-tax")
    assert siti.heading() == texts["ask"]
    shown = siti.reads()
    for promised in (texts["why"], texts["basis"], "UU 6/1983", "3171 0157 9092 0002", texts["day"]):
        assert promised in shown
    siti.decide("allow")
    siti.photograph("greeted-by-tax")
    assert siti.heading() == texts["greeting"]
    assert texts["day"] in siti.reads()


def opens_the_insurance_portal_without_typing(
    siti: Citizen, country: Country, texts: dict[str, str], language: str
) -> None:
    siti.open(country.portals["insurance"])
    speaks(siti, language)
    siti.press("a.button[href='/sign-in']")
    siti.photograph("consent-insurance")
    assert siti.page.locator("input[type=password], input[type=text]").count() == 0
    siti.decide("allow")
    siti.photograph("greeted-by-insurance")
    assert siti.heading() == texts["greeting"]
    assert "siti.rahmawati@contoh.id" in siti.reads()


def reads_who_got_what(siti: Citizen, country: Country, texts: dict[str, str]) -> None:
    siti.open(f"{country.site.url}/account")
    siti.photograph("account")
    siti.press("nav a[href='/account/data-use']")
    siti.photograph("data-use")
    assert siti.heading() == texts["used"]
    rows = siti.page.locator("article").all_inner_texts()
    assert [row.split("\n")[0] for row in rows] == [texts["insurance"], texts["tax"]]
    assert texts["purpose"] in rows[1]
    siti.press("nav a[href='/account/sessions']")
    siti.photograph("sessions")


def withdraws_and_the_portal_has_lost_access(siti: Citizen, country: Country, texts: dict[str, str]) -> None:
    tax = country.client_of("tax")
    token = token_of(siti, tax)
    assert tax.userinfo(token).status_code == 200
    siti.open(f"{country.site.url}/account/agencies")
    siti.photograph("agencies")
    siti.press(f"a[href='/account/agencies/{tax.client_id}/withdraw']")
    siti.photograph("withdraw")
    siti.decide("allow")
    began = time.monotonic()
    siti.photograph("withdrawn")
    assert texts["withdrawn"] in siti.reads()
    while tax.userinfo(token).status_code == 200:
        assert time.monotonic() - began < WITHIN
    for _ in range(8):  # whichever process answers
        assert RelyingParty(tax.issuer, tax.registration).userinfo(token).status_code == 401
    siti.open(f"{country.portals['tax']}/sign-in")
    assert siti.heading() == texts["ask"]  # it would have to ask anew


def signs_out_everywhere(siti: Citizen, country: Country, texts: dict[str, str]) -> None:
    siti.decide("allow")
    siti.press("form[action='/sign-out-everywhere'] button")
    began = time.monotonic()
    siti.photograph("signed-out")
    assert siti.heading() == texts["signed_out"]
    for origin in country.portals.values():
        siti.open(origin)
        while siti.page.locator("a[href='/profile']").count():
            assert time.monotonic() - began < WITHIN, f"{origin} still knows her"
            siti.open(origin)
    siti.photograph("insurance-signed-out-too")
    siti.press("a.button[href='/sign-in']")
    assert siti.page.locator("#password").count() == 1


def speaks(siti: Citizen, language: str) -> None:
    """Choose the portal's language where it is another."""
    if siti.page.get_attribute("html", "lang") != language:
        siti.press("a.language")


def token_of(siti: Citizen, client: RelyingParty) -> str:
    """An access token of the portal, which its pages never show: it refuses an answer that it did not ask for."""
    siti.open(client.issuer + client.authorize_url(str(client.registration["scope"])))
    [code] = parse_qs(urlsplit(siti.page.url).query)["code"]
    return str(client.redeem(code).json()["access_token"])
