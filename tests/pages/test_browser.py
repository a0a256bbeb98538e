"""The pages in a real browser: axe, small screens, the keyboard, and what the console says under our policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_core_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no stubs
from playwright.sync_api import Page

from tests.pages.sample import Sample
from tests.pages.samples import SAMPLES

pytestmark = pytest.mark.browser

PHONE, DESKTOP = 360, 1280
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
Open = Callable[[Sample, str, int], Page]

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@every_sample
@pytest.mark.parametrize("code", ["id", "en"])
def test_axe_finds_no_violation_and_a_phone_needs_no_sideways_scrolling(
    open_sample: Open, sample: Sample, code: str
) -> None:
    page = open_sample(sample, code, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    found = Axe().run(page, options=RULES)["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_the_keyboard_reaches_everything_in_order(open_sample: Open) -> None:
    page = open_sample(SAMPLES[0], "id", DESKTOP)
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.className"))
    assert reached[0] == "govuk-skip-link"
    assert reached[1:5] == ["gapura-brand", "lang", "identifier", "password"]
    assert reached[6] == "decision"


def test_the_skip_link_leads_to_the_content(open_sample: Open) -> None:
    page = open_sample(SAMPLES[0], "id", DESKTOP)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"


def test_an_error_summary_has_the_focus_and_leads_to_the_field(open_sample: Open) -> None:
    sample = next(s for s in SAMPLES if s.name == "sign_in_wrong")
    page = open_sample(sample, "id", PHONE)
    page.wait_for_function("document.activeElement.className.includes('govuk-error-summary')")
    page.click(".govuk-error-summary a")
    page.wait_for_function("document.activeElement.id === 'identifier'")


def test_fields_tell_password_managers_and_keyboards_what_they_are(open_sample: Open) -> None:
    page = open_sample(SAMPLES[0], "id", PHONE)
    assert page.get_attribute("#identifier", "autocomplete") == "username"
    assert page.get_attribute("#password", "autocomplete") == "current-password"
    page = open_sample(next(s for s in SAMPLES if s.name == "second_factor_plain"), "id", PHONE)
    assert page.get_attribute("#otp", "autocomplete") == "one-time-code"
    assert page.get_attribute("#otp", "inputmode") == "numeric"
