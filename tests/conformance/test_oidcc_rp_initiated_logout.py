"""The plan oidcc-rp-initiated-logout-certification-test-plan: one function for each of its modules.

Where the suite wants a photograph, the page that it would show is looked at.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.conformance.logout import AFTER, BASE, Leaving
from tests.site import Browser, Site

ASKED, SAID = "Keluar dari Gapura?", "Anda sudah keluar"
NOT_THERE = "tidak terdaftar"  # the address to return to


@pytest.fixture
def leaving(site: Site, browser: Browser) -> Leaving:
    return Leaving.signed_in(site, browser)


def stays(leaving: Leaving, **params: str | None) -> None:
    """The person is asked, told that there is no way back, and not brought there after a yes either."""
    leaving.leave(**params)
    page = leaving.module.browser.page
    assert leaving.returned is None
    assert ASKED in page.text
    assert NOT_THERE in page.text
    assert not leaving.is_over()
    leaving.leave(**params)
    leaving.module.browser.submit(decision="allow")
    assert leaving.returned is None
    assert leaving.is_over()


def says_so(leaving: Leaving, **params: str | None) -> None:
    """Asked first where nothing shows whose wish it is."""
    leaving.leave(**params)
    browser = leaving.module.browser
    if ASKED in browser.page.text:
        browser.submit(decision="allow")
    assert leaving.returned is None
    assert SAID in browser.page.text
    assert leaving.is_over()


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(site: Site, browser: Browser) -> None:
    found = browser.http.get(f"{site.url}/.well-known/openid-configuration").json()
    assert found["end_session_endpoint"] == f"{site.url}/logout"
    addresses = [value for name, value in found.items() if name.endswith(("_endpoint", "_uri", "_iframe"))]
    assert all(value.startswith("https://") for value in addresses)


def test_oidcc_rp_initiated_logout(leaving: Leaving) -> None:
    leaving.leave()
    assert leaving.returned == {"state": [leaving.state]}
    assert leaving.is_over()


def test_oidcc_rp_initiated_logout_no_state(leaving: Leaving) -> None:
    leaving.leave(state=None)
    assert leaving.returned == {}
    assert leaving.is_over()


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(leaving: Leaving) -> None:
    stays(leaving, post_logout_redirect_uri=f"{BASE}/bad_post_logout_redirect_uri")


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(leaving: Leaving) -> None:
    stays(leaving, post_logout_redirect_uri=f"{AFTER}?foo=bar")


def test_oidcc_rp_initiated_logout_modified_id_token_hint(leaving: Leaving) -> None:
    header = urlsafe_b64encode(b'{"alg": "none"}').decode().rstrip("=")
    stays(leaving, id_token_hint=f"{header}.{leaving.tokens['id_token'].split('.')[1]}.")


def test_oidcc_rp_initiated_logout_bad_id_token_hint(leaving: Leaving) -> None:
    """As if the client had issued it, signed by its secret."""
    claims = {
        "iss": leaving.party.client_id,
        "sub": "SubjectID",
        "aud": leaving.party.issuer,
        "nonce": "flibble",
    }
    key = OctKey.import_key(leaving.party.registration["client_secret"])
    stays(leaving, id_token_hint=jwt.encode({"alg": "HS256"}, claims, key))


def test_oidcc_rp_initiated_logout_no_id_token_hint(leaving: Leaving) -> None:
    stays(leaving, id_token_hint=None)


def test_oidcc_rp_initiated_logout_no_params(leaving: Leaving) -> None:
    says_so(leaving, id_token_hint=None, post_logout_redirect_uri=None, state=None)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(leaving: Leaving) -> None:
    says_so(leaving, post_logout_redirect_uri=None)


def test_oidcc_rp_initiated_logout_only_state(leaving: Leaving) -> None:
    says_so(leaving, id_token_hint=None, post_logout_redirect_uri=None)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_request_may_come_by_either_method(leaving: Leaving, method: str) -> None:
    """RP-Initiated Logout §2."""
    if method == "GET":
        leaving.leave()
    else:
        browser = leaving.module.browser
        form = {
            "id_token_hint": leaving.tokens["id_token"],
            "post_logout_redirect_uri": AFTER,
            "state": leaving.state,
        }
        browser.post("/logout", form)
    assert leaving.returned == {"state": [leaving.state]}
    assert leaving.is_over()
