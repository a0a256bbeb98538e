"""The requests of a client and of a browser, made ready to be sent all at once."""

from __future__ import annotations

import base64

import httpx2

from tests.site import Browser, RelyingParty


def token_request(party: RelyingParty, **form: str) -> httpx2.Request:
    return _as_client(party, "/token", form)


def code_request(party: RelyingParty, code: str) -> httpx2.Request:
    return token_request(
        party,
        grant_type="authorization_code",
        code=code,
        redirect_uri=party.registration["redirect_uris"][0],
        code_verifier=party.verifier,
    )


def refresh_request(party: RelyingParty, token: str) -> httpx2.Request:
    return token_request(party, grant_type="refresh_token", refresh_token=token)


def introspection(party: RelyingParty, token: str) -> httpx2.Request:
    return _as_client(party, "/introspect", {"token": token})


def userinfo_request(party: RelyingParty, token: str) -> httpx2.Request:
    return httpx2.Request("GET", f"{party.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"})


def page_request(browser: Browser, address: str) -> httpx2.Request:
    return browser.http.build_request("GET", browser.origin + address)


def form_request(browser: Browser, **fields: str | list[str]) -> httpx2.Request:
    """What `browser.submit` would post."""
    address, filled = browser.filled(**fields)
    return browser.http.build_request("POST", address, data=filled)


def _as_client(party: RelyingParty, path: str, form: dict[str, str]) -> httpx2.Request:
    name = base64.b64encode(":".join(party.auth).encode()).decode()
    return httpx2.Request("POST", party.issuer + path, data=form, headers={"Authorization": f"Basic {name}"})
