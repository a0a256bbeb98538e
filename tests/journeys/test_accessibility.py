"""Every page that a citizen can reach, as it is on a real site."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from gapura.disclosure.purposes import Purpose
from gapura.flow.directory import Agency
from gapura.storage.agencies import add_agency, add_initial_token, add_purpose
from gapura.storage.database import Database
from gapura.values import AgencyId, PurposeId, opaque_digest
from tests.journeys.citizen import AuthenticatorApp, Citizen
from tests.journeys.country import Country
from tests.journeys.inspection import Inspection, Tour
from tests.site import RelyingParty
from tests.site.browser import BUDI

pytestmark = pytest.mark.browser

Part = Callable[[Tour, Country], None]


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_page_of_the_site_keeps_anybody_out(
    country: Country, browser: Browser, app: AuthenticatorApp, language: str
) -> None:
    siti = Citizen.at(browser, f"pages/{language}", app, language=language)
    tour = Tour(siti, Inspection(language))
    for part in (the_portals, signing_in, agreeing, being_told, the_account, leaving, what_goes_wrong):
        part(tour, country)
    assert tour.inspection.found == {}
    repeated = set(tour.inspection.titles.values())
    assert len(repeated) > len(tour.inspection.titles) / 2, tour.inspection.titles


def the_portals(tour: Tour, country: Country) -> None:
    for agency, origin in country.portals.items():
        tour.citizen.open(origin)
        if tour.citizen.page.get_attribute("html", "lang") != tour.inspection.language:
            tour.citizen.press("a.language")
        tour.see(f"portal-{agency}")
    for page in ("privacy", "terms", "callback?error=access_denied&state=none", "nothing-here"):
        tour.open(f"portal-{page.partition('?')[0]}", f"{country.portals['tax']}/{page}")


def signing_in(tour: Tour, country: Country) -> None:
    siti = tour.citizen
    tour.open("sign-in", f"{country.portals['tax']}/sign-in")
    siti.press("main form button.govuk-button:not([name=decision])")
    tour.see("sign-in-nothing-typed")
    siti.type_password(password="Salah-Sekali-1945")
    tour.see("sign-in-wrong-password")
    siti.type_password()
    tour.see("second-factor")
    changes_language_midway(siti)
    siti.press("main form button.govuk-button:not([name=decision])")
    tour.see("second-factor-nothing-typed")
    siti.page.fill("#otp", "000000")
    siti.press("main form button.govuk-button:not([name=decision])")
    tour.see("second-factor-wrong")
    siti.type_code()


def changes_language_midway(siti: Citizen) -> None:
    """And back; the step stays."""
    seen = [siti.page.get_attribute("html", "lang")]
    for _ in range(2):
        siti.press("button.gapura-language__button")
        assert siti.page.locator("#otp").count() == 1
        seen.append(siti.page.get_attribute("html", "lang"))
    assert seen[0] == seen[2] != seen[1]


def agreeing(tour: Tour, country: Country) -> None:
    tour.see("consent")
    tour.citizen.decide("deny")
    tour.see("portal-denied")
    tour.citizen.open(f"{country.portals['tax']}/sign-in")
    tour.citizen.decide("allow")
    tour.see("portal-profile")
    tour.citizen.open(f"{country.portals['insurance']}/sign-in")
    tour.citizen.decide("allow")
    tour.see("portal-profile-insurance")
    tour.open("portal-front-signed-in", country.portals["insurance"])
    again = country.client_of("tax").authorize_url("openid", prompt="login")
    tour.open("sign-in-again", country.site.url + again)
    offline = RelyingParty.register(country.site.url, client_name="Layanan Tanpa Logo")
    address = offline.authorize_url("openid profile offline_access", prompt="consent")
    tour.open("consent-of-a-self-registered-client", country.site.url + address)


def being_told(tour: Tour, country: Country) -> None:
    """Of a release that does not rest on consent."""
    registrar = onboarded(country)
    tour.open("notice", country.site.url + registrar.authorize_url("openid profile nik"))


def the_account(tour: Tour, country: Country) -> None:
    siti, site = tour.citizen, country.site.url
    tour.open("account", f"{site}/account")
    tour.open("data-use", f"{site}/account/data-use")
    assert siti.page.locator("article").count() >= 2
    tour.open("data-use-of-no-day", f"{site}/account/data-use?since=soon")
    tour.open("data-use-none", f"{site}/account/data-use?until=2020-01-01")
    tour.open("agencies", f"{site}/account/agencies")
    siti.press("main a[href$='/withdraw']")
    tour.see("withdraw")
    siti.decide("allow")
    tour.see("agencies-withdrawn")
    assert siti.context.browser is not None
    elsewhere = Citizen.at(siti.context.browser, siti.album, siti.app, language=tour.inspection.language)
    elsewhere.open(f"{site}/account")
    Tour(elsewhere, tour.inspection).see("sign-in-to-the-account")
    elsewhere.type_password()
    elsewhere.type_code()
    tour.open("sessions", f"{site}/account/sessions")
    assert siti.page.locator("article").count() == 2
    siti.press("form[action='/account/sessions/end'] button")
    tour.see("sessions-ended")
    elsewhere.context.close()


def leaving(tour: Tour, country: Country) -> None:
    siti, site = tour.citizen, country.site.url
    tour.open("logout-confirm", f"{site}/logout?client_id={country.client_of('tax').client_id}")
    siti.decide("deny")
    tour.open("logout-confirm-of-nobody", f"{site}/logout")
    siti.decide("deny")
    siti.open(f"{site}/account")
    siti.press("form[action='/account/sign-out'] button")
    tour.see("logged-out")
    tour.open("logout-when-signed-out", f"{site}/logout")
    siti.open(f"{site}/account")
    siti.decide("deny")
    assert siti.page.url == f"{site}/"
    tour.see("front")
    siti.press("main a[href='/account']")
    assert siti.page.locator("#identifier").count() == 1
    siti.open(f"{country.portals['tax']}/sign-in")
    siti.decide("deny")
    assert siti.page.url.startswith(country.portals["tax"])


def what_goes_wrong(tour: Tour, country: Country) -> None:
    site, tax = country.site.url, country.client_of("tax")
    tour.open("error-unknown-client", f"{site}/authorize?client_id=nobody&response_type=code")
    elsewhere = tax.authorize_url("openid", redirect_uri="https://elsewhere.example/")
    tour.open("error-redirect-uri", site + elsewhere)
    tour.open("error-no-interaction", f"{site}/interaction/none")
    tour.open("error-not-found", f"{site}/nothing-here")
    tour.open("enrolment-link-too-old", f"{site}/enrol/none")
    siti = tour.citizen
    siti.open(f"{country.portals['tax']}/sign-in")
    siti.page.evaluate("document.querySelector('main input[name=csrf]').value = 'another'")
    siti.type_password(BUDI)
    tour.see("error-form-expired")


def onboarded(country: Country) -> RelyingParty:
    """A client of an agency whose purpose rests on a legal duty."""
    token = uuid4().hex
    with ThreadPoolExecutor(1) as aside:  # the browser's driver has this thread's loop
        aside.submit(asyncio.run, _onboard(country, AgencyId("dukcapil"), token)).result()
    return RelyingParty.register(country.site.url, token, client_name="Kantor Dukcapil")


async def _onboard(country: Country, agency_id: AgencyId, token: str) -> None:
    now = datetime.now(UTC)
    purpose = Purpose(
        id=PurposeId(uuid4()),
        agency_id=agency_id,
        code="kependudukan",
        version=1,
        titles={"id": "Pencatatan penduduk", "en": "Keeping the civil register"},
        texts={"id": "Kami memperbarui catatan Anda.", "en": "We keep your record up to date."},
        legal_basis="LEGAL_DUTY",
        law="UU 24/2013",
        retention_days=365,
        essential=("nik", "name"),
        voluntary=("birthdate", "gender"),
    )
    agency = Agency(agency_id, {"id": "Dinas Kependudukan (contoh)", "en": "Civil Registry (example)"})
    async with Database(country.site.database_url, size=1) as database, database.transaction() as tx:
        await add_agency(tx, agency, now)
        await add_purpose(tx, purpose, now)
        await add_initial_token(tx, opaque_digest(token), agency_id, "system:test", now + timedelta(hours=1))
