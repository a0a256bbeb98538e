"""The form of a client: what was typed becomes the document that the registration endpoint takes too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from gapura.disclosure.authorization_details import DETAIL_TYPES
from gapura.disclosure.scopes import SCOPES
from gapura.errors import OAuthError
from gapura.flow.admin_clients import HeldClient
from gapura.protocol.auth_methods import BASIC
from gapura.protocol.grant import OFFLINE_ACCESS
from gapura.protocol.profiles import OIDC
from gapura.protocol.response_types import CODE, IMPLICIT
from gapura.web.request import Params

AUTHORIZATION_CODE, REFRESH_TOKEN = "authorization_code", "refresh_token"
SIGN_IN_GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN)
DETAILS = "authorization_details_types"
MANY = frozenset({"scope", DETAILS})
LISTS = ("redirect_uris", "post_logout_redirect_uris")
TEXTS = (
    "client_name",
    "client_uri",
    "policy_uri",
    "tos_uri",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "initiate_login_uri",
    "jwks_uri",
    "tls_client_auth_subject_dn",
    "security_profile",
    "token_endpoint_auth_method",
    "id_token_signed_response_alg",
)
REQUIRED = ("client_name", "agency")
SCOPE_NAMES = tuple(SCOPES)
DETAIL_NAMES = tuple(DETAIL_TYPES)

EMPTY: Mapping[str, Any] = {
    **dict.fromkeys((*TEXTS, *LISTS), ""),
    "agency": "",
    "reason": "",
    "token_endpoint_auth_method": BASIC,
    "security_profile": OIDC,
    "scope": ["openid", "profile"],
    DETAILS: [],
}


def typed(form: Params) -> dict[str, Any]:
    """The form once more, as it was typed."""
    texts = {name: form.get(name) or "" for name in (*TEXTS, *LISTS, "agency", "reason")}
    return texts | {name: list(form.many(name)) for name in MANY}


def values_of(held: HeldClient) -> dict[str, Any]:
    """The form of a client that is there."""
    stored = held.metadata
    return {
        **{name: stored.get(name, "") for name in TEXTS},
        **{name: "\n".join(stored.get(name, ())) for name in LISTS},
        "scope": stored["scope"].split(),
        DETAILS: list(stored.get(DETAILS, ())),
        "agency": held.client.agency_id,
        "reason": "",
    }


def document_of(
    values: Mapping[str, Any], stored: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """RFC 7591 §2; None for what was left empty, so that a change takes it away.

    Grants of `stored` that the form doesn't show stay.
    """
    scopes = [name for name in values["scope"] if name in SCOPES]
    redirects = values["redirect_uris"].split()
    others = [grant for grant in stored.get("grant_types", ()) if grant not in SIGN_IN_GRANTS]
    signs_in = [AUTHORIZATION_CODE] if redirects or not others else []
    refreshes = [REFRESH_TOKEN] if signs_in and OFFLINE_ACCESS in scopes else []
    return {
        **{name: values[name].strip() or None for name in TEXTS},
        **{name: values[name].split() or None for name in LISTS},
        "scope": " ".join(dict.fromkeys(("openid", *scopes))),
        DETAILS: [name for name in DETAIL_NAMES if name in values[DETAILS]] or None,
        "grant_types": [*signs_in, *refreshes, *others],
        "response_types": [CODE.name] if signs_in else [],
    } | _by_browser(stored)


def _by_browser(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What the form doesn't show of a sandbox client that gets tokens by the browser."""
    names = ("grant_types", "response_types")
    return {name: stored[name] for name in names} if IMPLICIT in stored.get("grant_types", ()) else {}


def missing(values: Mapping[str, Any], agencies: Iterable[str]) -> dict[str, str]:
    faults = {name: "missing" for name in REQUIRED if not values[name].strip()}
    if values["agency"] and values["agency"] not in agencies:
        faults["agency"] = "missing"
    return faults


def faults_of(refused: OAuthError) -> dict[str, str]:
    """Which field the rules found wrong; the form shows their own words besides."""
    if refused.code == "invalid_redirect_uri":
        return {"redirect_uris": "redirect_uri"}
    named = refused.description.split(" ", 1)[0]
    return {named: "bad_request"} if named in (*TEXTS, *LISTS) else {"": "bad_request"}
