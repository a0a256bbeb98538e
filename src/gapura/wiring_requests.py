"""Wires what reads authorization requests: the rules, the clients' request objects, and what they have pushed."""

from __future__ import annotations

from gapura.disclosure.authorization_details import KNOWN_DETAILS
from gapura.disclosure.scopes import SCOPES
from gapura.flow.authorization_requests import AuthorizationRequests
from gapura.flow.client_details import ClientDetails
from gapura.flow.directory import Resources
from gapura.flow.pushed_requests import KeepsPushed
from gapura.flow.request_objects import RequestObjects
from gapura.protocol.authorization_request import AuthorizationPolicy
from gapura.protocol.response_types import offered
from gapura.settings import Settings
from gapura.storage.clients import Clients


def requests_of(
    settings: Settings, clients: Clients, objects: RequestObjects, pushed: KeepsPushed
) -> AuthorizationRequests:
    policy = AuthorizationPolicy(
        settings.issuer,
        tuple(SCOPES),
        settings.pkce_required,
        offered(sandbox=settings.sandbox),
        Resources(clients),
        ClientDetails(KNOWN_DETAILS, clients),
    )
    return AuthorizationRequests(policy, clients, objects, pushed)
