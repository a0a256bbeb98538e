"""The portal registers itself (RFC 7591), once, and remembers it in a file that only its owner can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import httpx2

from demo.portal.config import LANGUAGES, Portal

Json = Mapping[str, Any]


def wanted(portal: Portal) -> dict[str, Any]:
    """The client metadata of this portal; names in each language (RFC 7591 §2.2)."""
    return {
        "client_name": portal.texts["id"]["name"],
        **{f"client_name#{language}": portal.texts[language]["name"] for language in LANGUAGES},
        "redirect_uris": [f"{portal.url}/callback"],
        "post_logout_redirect_uris": [f"{portal.url}/signed-out"],
        "backchannel_logout_uri": f"{portal.url}/backchannel-logout",
        "backchannel_logout_session_required": True,
        "client_uri": f"{portal.url}/",
        "logo_uri": f"{portal.url}/static/{portal.key}.svg",
        "policy_uri": f"{portal.url}/privacy",
        "tos_uri": f"{portal.url}/terms",
        "scope": portal.scope,
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": portal.alg,
    }


async def registered(portal: Portal, http: httpx2.AsyncClient, metadata: Json) -> Json:
    """The registration of an earlier start where it still stands, else a new one. Raises httpx2.HTTPError."""
    known = _read(portal)
    if known and await _stands(portal, http, known):
        return known
    answer = await http.post(
        metadata["registration_endpoint"], json=wanted(portal), headers=_invitation(portal)
    )
    answer.raise_for_status()
    fresh: Json = answer.json()
    _write(portal, fresh)
    return fresh


async def _stands(portal: Portal, http: httpx2.AsyncClient, known: Json) -> bool:
    """Whether Gapura still knows the client and the portal still is at the same place (RFC 7592 §2.1)."""
    same = known.get("redirect_uris") == wanted(portal)["redirect_uris"]
    if not same or not known["registration_client_uri"].startswith(f"{portal.issuer}/"):
        return False
    bearer = {"Authorization": f"Bearer {known['registration_access_token']}"}
    answer = await http.get(known["registration_client_uri"], headers=bearer)
    if answer.is_server_error:
        answer.raise_for_status()
    return answer.is_success


def _invitation(portal: Portal) -> dict[str, str]:
    """An initial access token (RFC 7591 §3), where the agency was given one: the client is the agency's then."""
    try:
        return {"Authorization": f"Bearer {(portal.home / 'portals' / f'{portal.key}.token').read_text()}"}
    except FileNotFoundError:
        return {}


def _read(portal: Portal) -> Json | None:
    try:
        known: Json = json.loads(portal.registration_file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return known


def _write(portal: Portal, registration: Json) -> None:
    """In one move, so that no half file is ever read."""
    portal.registration_file.parent.mkdir(parents=True, exist_ok=True)
    fresh = portal.registration_file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(registration, file)
    fresh.replace(portal.registration_file)
