"""Wires what redeeming needs of the stores and of other flows."""

from __future__ import annotations

from datetime import timedelta

from gapura.disclosure.authorization_details import KNOWN_DETAILS
from gapura.flow.access_tokens import AccessTokens
from gapura.flow.agreed_assertions import AgreedAssertions
from gapura.flow.client_keys import ClientKeys
from gapura.flow.directory import Resources
from gapura.protocol.self_proving import Mac
from gapura.protocol.token_endpoint import TokenEndpoint
from gapura.settings import Settings
from gapura.storage.assertions import Assertions
from gapura.storage.clients import Clients
from gapura.storage.decoupled import DecoupledRequests
from gapura.storage.grants import Grants


def token_endpoint_of(
    settings: Settings,
    *,
    grants: Grants,
    decoupled: DecoupledRequests,
    clients: Clients,
    assertions: Assertions,
    access_tokens: AccessTokens,
    client_keys: ClientKeys,
    mac: Mac,
) -> TokenEndpoint:
    return TokenEndpoint(
        issuer=settings.issuer,
        store=grants,
        mac=mac,
        refresh_idle=timedelta(seconds=settings.refresh_idle),
        decoupled=decoupled,
        tokens=access_tokens,
        clients=clients,
        assertions=assertions,
        agreed=AgreedAssertions(client_keys),
        resources=Resources(clients),
        details=KNOWN_DETAILS,
    )
