"""A code that its client redeems after the session is over: who has it may not be the person any more."""

from __future__ import annotations

import pytest

from tests.site import Browser, RelyingParty, Site


@pytest.mark.parametrize("scope", ["openid profile", "openid profile offline_access"])
def test_a_code_of_a_session_that_has_ended_is_worth_nothing(
    site: Site, browser: Browser, scope: str
) -> None:
    """The logout was told to all whom the session had reached; a sign-in that begins now nobody would end."""
    party = RelyingParty.register(site.url)
    browser.open(party.authorize_url(scope, prompt="consent"))
    browser.sign_in()
    browser.agree()
    code = browser.answer()["code"]
    browser.open("/logout")
    browser.submit(decision="allow")
    answer = party.redeem(code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert "session" in answer.json()["error_description"]
