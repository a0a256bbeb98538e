"""What several flows share, made once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gapura.crypto.passwords import Passwords
from gapura.disclosure.authorization_details import KNOWN_DETAILS
from gapura.disclosure.scopes import SCOPES
from gapura.flow.access_tokens import AccessTokens
from gapura.flow.authenticated_client import AuthenticatesClients
from gapura.flow.authorization_requests import AuthorizationRequests
from gapura.flow.client_details import ClientDetails
from gapura.flow.client_keys import ClientKeys
from gapura.flow.client_secrets import ClientSecrets
from gapura.flow.client_tokens import ClientTokens
from gapura.flow.directory import Resources
from gapura.flow.facts import ReadsFacts
from gapura.flow.hints import Hints
from gapura.flow.release import Releases
from gapura.flow.request_objects import RequestObjects
from gapura.flow.sender_keys import SenderKeys
from gapura.flow.sign_in import Proofs
from gapura.flow.text_macs import access_mac
from gapura.flow.token import TokenPolicy
from gapura.protocol.authorization_request import AuthorizationPolicy
from gapura.protocol.response_types import offered
from gapura.settings import Settings
from gapura.storage.addresses import Addresses
from gapura.storage.pushed_requests import PushedRequests
from gapura.storage.region_names import RegionNames
from gapura.storage.throttle import Throttle
from gapura.wiring.clients import authenticates, senders_of
from gapura.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Shared:
    clients: AuthenticatesClients
    client_keys: ClientKeys
    client_tokens: ClientTokens
    senders: SenderKeys
    access_tokens: AccessTokens
    token_policy: TokenPolicy
    facts: ReadsFacts
    releases: Releases
    requests: AuthorizationRequests
    pushed: PushedRequests
    proofs: Proofs
    hints: Hints


def shared_of(settings: Settings, stores: Stores) -> Shared:
    """Raises SettingRefused for authorities that can't be read."""
    client_keys = ClientKeys(stores.outbound, ClientSecrets(stores.vault))
    facts = ReadsFacts(stores.registry, stores.accounts, RegionNames(stores.database))
    pushed = PushedRequests(stores.cache, settings.interaction_lifetime)
    return Shared(
        clients=authenticates(settings, stores, client_keys),
        client_keys=client_keys,
        client_tokens=ClientTokens(stores.keys, client_keys),
        senders=senders_of(settings, stores),
        access_tokens=AccessTokens(
            settings.issuer, stores.keys, stores.grants, access_mac(stores.vault), stores.vault.versions[0]
        ),
        token_policy=TokenPolicy(
            timedelta(seconds=settings.access_token_lifetime),
            timedelta(seconds=settings.id_token_lifetime),
            stores.vault.versions[0],
        ),
        facts=facts,
        releases=Releases(facts, stores.records),
        requests=_requests(settings, stores, client_keys, pushed),
        pushed=pushed,
        proofs=_proofs(settings, stores),
        hints=Hints(settings.issuer, stores.keys),
    )


def _requests(
    settings: Settings, stores: Stores, client_keys: ClientKeys, pushed: PushedRequests
) -> AuthorizationRequests:
    policy = AuthorizationPolicy(
        settings.issuer,
        tuple(SCOPES),
        settings.pkce_required,
        offered(sandbox=settings.sandbox),
        Resources(stores.clients),
        ClientDetails(KNOWN_DETAILS, stores.clients),
    )
    objects = RequestObjects(settings.issuer, stores.keys, client_keys, stores.referenced)
    return AuthorizationRequests(policy, stores.clients, objects, pushed)


def _proofs(settings: Settings, stores: Stores) -> Proofs:
    passwords = Passwords(
        settings.argon2_memory_kib,
        settings.argon2_time_cost,
        settings.argon2_parallelism,
        settings.password_threads,
        settings.password_queue,
    )
    addresses = Addresses(stores.cache, settings.per_ip_per_minute, spare_loopback=settings.sandbox)
    return Proofs(stores.accounts, Throttle(stores.database, stores.vault), addresses, passwords)
