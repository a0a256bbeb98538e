"""What the modules of the logout plans have in common: a sign-in, then a visit to the end-session endpoint."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.conformance.oidcc import CALLBACK, Module
from tests.site import Browser, RelyingParty, Site

BASE = CALLBACK.removesuffix("/callback")
AFTER = f"{BASE}/post_logout_redirect"
NEEDS_A_PERSON = {"login_required", "interaction_required", "consent_required", "account_selection_required"}


@dataclass(slots=True)
class Leaving:
    """A person who is signed in at `party`; `state` has the characters that the suite tries."""

    module: Module
    party: RelyingParty
    tokens: dict[str, Any]
    state: str = field(default_factory=lambda: secrets.token_urlsafe(8) + "~-._")

    @classmethod
    def signed_in(cls, site: Site, browser: Browser, **metadata: object) -> Leaving:
        module = Module(site, browser)
        party = module.client(post_logout_redirect_uris=[AFTER], **metadata)
        return cls(module, party, module.flow(party, state=secrets.token_urlsafe(96)))

    def leave(self, **params: str | None) -> None:
        """As CreateEndSessionEndpointRequest makes it; None leaves a parameter out."""
        given = {
            "id_token_hint": self.tokens["id_token"],
            "post_logout_redirect_uri": AFTER,
            "state": self.state,
            **params,
        }
        sent = urlencode({name: value for name, value in given.items() if value is not None})
        self.module.browser.open(f"/logout?{sent}" if sent else "/logout")

    @property
    def returned(self) -> dict[str, list[str]] | None:
        """The parameters with which the person came back, None for who stayed here."""
        left_for = self.module.browser.left_for
        if left_for is None:
            return None
        assert left_for.split("?")[0] == AFTER
        return parse_qs(urlsplit(left_for).query, keep_blank_values=True)

    def is_over(self) -> bool:
        """Whether a request without a page finds nobody."""
        params = self.module.authorize(self.party, prompt="none").params
        return params.get("error") in NEEDS_A_PERSON
