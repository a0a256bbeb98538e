"""Logout begun by a client (OpenID Connect RP-Initiated Logout §2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from gapura.protocol.authorization_request import MOST_STATE
from gapura.protocol.client import Client
from gapura.protocol.id_token_hint import IdTokenHint
from gapura.protocol.parameters import Parameters
from gapura.protocol.redirect import with_query
from gapura.protocol.sid import sid_of
from gapura.values import SessionId


@dataclass(frozen=True, slots=True)
class Logout:
    """What a logout request comes to: whoever wants to leave can always leave, and only the way back is judged.

    `redirect` is where to go afterwards, None to stay and say so. `must_ask`: nothing shows that it was this person's
    own wish (§2), or its way back is wrong, and then nothing else of it is believed either (§4). `fault` says for the log
    what is wrong with it, None where all is well.
    """

    client_id: str | None
    redirect: str | None = field(repr=False)
    must_ask: bool
    fault: str | None = None


def judge_logout(
    params: Parameters,
    hint: IdTokenHint | None,
    client: Client | None,
    current: SessionId | None,
) -> Logout:
    """`hint` is None for an `id_token_hint` that is missing, unsigned, foreign or changed.

    `client` is the one that the hint was made for, None when it is gone; `current` the session of the browser that asks,
    None when nobody is signed in there.
    """
    is_here = current is not None
    asks = current is not None and not is_hint_of(current, hint, client)
    client_id = client.id if client is not None else None
    uri, state = params.get("post_logout_redirect_uri") or None, params.get("state")
    if uri is None:
        return Logout(client_id, None, asks)
    for check in CHECKS:
        fault = check(params, uri, client)
        if fault is not None:
            return Logout(client_id, None, is_here, fault)
    return Logout(client_id, with_query(uri, {"state": state}) if state is not None else uri, asks)


def is_hint_of(session_id: SessionId, hint: IdTokenHint | None, client: Client | None) -> bool:
    """Whether the ID token that `client` got is of this session, by the name that its sector has for it."""
    return hint is not None and client is not None and hint.sid == sid_of(session_id, client.sector)


def _hint_names_a_client(_: Parameters, __: str, client: Client | None) -> str | None:
    return "no valid id_token_hint of a client" if client is None else None


def _client_id_is_the_hints(params: Parameters, _: str, client: Client | None) -> str | None:
    client_id = params.get("client_id") or None
    fits = client_id is None or (client is not None and client_id == client.id)
    return None if fits else "client_id is not that of the id_token_hint"


def _registered(_: Parameters, uri: str, client: Client | None) -> str | None:
    known = client is not None and uri in client.post_logout_redirect_uris
    return None if known else "post_logout_redirect_uri is not registered"


def _short_state(params: Parameters, _: str, __: Client | None) -> str | None:
    return "state is too long" if len(params.get("state") or "") > MOST_STATE else None


CHECKS = (_hint_names_a_client, _client_id_is_the_hints, _registered, _short_state)
