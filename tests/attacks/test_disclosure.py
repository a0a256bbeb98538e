"""A client that wants more of a person than it may have."""

from __future__ import annotations

import json

from tests.site import Browser, RelyingParty, Site
from tests.site.browser import BUDI, SITI
from tests.web.test_authorization_code import id_token_of, tokens

NIK_BY_NAME = json.dumps({"userinfo": {"nik": {"essential": True}}, "id_token": {"nik": None}})


def test_claims_by_name_take_the_level_of_their_scope(site: Site, browser: Browser) -> None:
    """Budi has a password alone, which is level low; a NIK takes level substantial."""
    party = RelyingParty.register(site.url)
    answer = tokens(browser, party, BUDI, claims=NIK_BY_NAME)
    assert "nik" not in id_token_of(site, answer)
    assert "nik" not in party.userinfo(answer["access_token"]).json()


def test_claims_by_name_lead_to_the_level_that_they_take(site: Site, browser: Browser) -> None:
    party = RelyingParty.register(site.url)
    answer = tokens(browser, party, SITI, claims=NIK_BY_NAME)
    assert id_token_of(site, answer)["nik"] == SITI
    assert party.userinfo(answer["access_token"]).json()["nik"] == SITI
