"""Wires stores to flows. Nothing here decides anything, and nothing here speaks HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gapura.crypto.keyring import Vault
from gapura.crypto.random_texts import random_id, random_text
from gapura.crypto.root_keys import RootKeys
from gapura.crypto.signing_keys import KeyRing
from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM
from gapura.disclosure.authorization_details import DETAIL_TYPES
from gapura.disclosure.scopes import SCOPES
from gapura.disclosure.verification import SUPPORTED
from gapura.flow.access_tokens import AccessTokens
from gapura.flow.approval_limit import ApprovalLimit
from gapura.flow.authorization_requests import AuthorizationRequests
from gapura.flow.authorize import Authorize
from gapura.flow.client_keys import ClientKeys
from gapura.flow.client_secrets import ClientSecrets
from gapura.flow.client_tokens import ClientTokens
from gapura.flow.decoupled import Approval
from gapura.flow.facts import ReadsFacts
from gapura.flow.front_channel import FrontChannel
from gapura.flow.headless import Headless
from gapura.flow.hints import Hints
from gapura.flow.issue import IssuePolicy
from gapura.flow.journey import Journey
from gapura.flow.new_client import MakesClients
from gapura.flow.pushed_requests import PushesRequests
from gapura.flow.register import Registration
from gapura.flow.release import Releases
from gapura.flow.replies import Replies
from gapura.flow.request_objects import RequestObjects
from gapura.flow.sectors import Sectors
from gapura.flow.session_states import SessionStates
from gapura.flow.sign_out import SignOut
from gapura.flow.subjects import Subjects
from gapura.flow.text_macs import access_mac, refresh_mac
from gapura.flow.token import TokenPolicy, Tokens
from gapura.flow.token_state import TokenState
from gapura.flow.userinfo import Userinfo
from gapura.identity.acr import REACHABLE
from gapura.outbound import OutboundClient, trust
from gapura.protocol.discovery import Offer, metadata
from gapura.protocol.registration import RegistrationPolicy
from gapura.protocol.response_types import offered
from gapura.settings import SettingRefused, Settings, variable
from gapura.storage.accounts import Accounts
from gapura.storage.assertions import Assertions
from gapura.storage.cache import Cache
from gapura.storage.client_writes import ClientWrites
from gapura.storage.clients import Clients
from gapura.storage.consents import Consents
from gapura.storage.database import Database
from gapura.storage.decoupled import DecoupledRequests
from gapura.storage.grants import Grants
from gapura.storage.interactions import Interactions, PostedRequests
from gapura.storage.keys import Keys
from gapura.storage.pushed_requests import PushedRequests
from gapura.storage.records import Records
from gapura.storage.region_names import RegionNames
from gapura.storage.registry import Registry
from gapura.storage.sessions import Sessions
from gapura.storage.snapshot import Snapshot
from gapura.storage.subjects import StoredSubjects
from gapura.storage.visits import Visits
from gapura.web.locale import Languages
from gapura.wiring_clients import authenticates, certificate_methods, senders_of
from gapura.wiring_proofs import proofs_of
from gapura.wiring_requests import requests_of
from gapura.wiring_token_endpoint import token_endpoint_of


@dataclass(frozen=True, slots=True)
class Stores:
    """What outlives a request. Open `database` first, close it last.

    `referenced` fetches what a browser's request names (RFC 9101 §5.2): whoever opens slow addresses by the dozen holds
    up nobody's keys.
    """

    vault: Vault
    database: Database
    cache: Cache
    outbound: OutboundClient
    referenced: OutboundClient
    clients: Clients
    key_rows: Keys
    keys: Snapshot[KeyRing]
    records: Records
    accounts: Accounts
    registry: Registry
    sessions: Sessions
    consents: Consents
    grants: Grants
    decoupled: DecoupledRequests
    client_writes: ClientWrites


@dataclass(frozen=True, slots=True)
class Flows:
    hints: Hints
    visits: Visits
    facts: ReadsFacts
    authorize: Authorize
    journey: Journey
    tokens: Tokens
    token_state: TokenState
    userinfo: Userinfo
    registration: Registration
    sign_out: SignOut
    requests: AuthorizationRequests
    pushes: PushesRequests
    posted: PostedRequests
    headless: Headless


def vault_of(settings: Settings) -> Vault:
    """Raises SettingRefused for root keys that are none."""
    try:
        return Vault(RootKeys.parse(settings.root_keys.reveal()))
    except ValueError as error:
        raise SettingRefused(variable("root_keys"), f"is wrong: {error}") from None


def _outbound(settings: Settings) -> OutboundClient:
    """Raises SettingRefused for authorities that can't be read."""
    try:
        return OutboundClient(settings.outbound_allow, tls=trust(settings.outbound_ca))
    except OSError as error:
        raise SettingRefused(variable("outbound_ca"), f"cannot be read: {error.strerror or error}") from None


def stores_of(settings: Settings) -> Stores:
    """Connects to nothing yet. Raises SettingRefused for root keys that are none."""
    vault = vault_of(settings)
    database = Database(settings.database_url, settings.database_pool, by_key=True)
    cache = Cache(settings.redis_url, vault)
    keys, records = Keys(database, vault), Records(database, vault)
    idle, total = (timedelta(seconds=s) for s in (settings.session_idle, settings.session_total))
    return Stores(
        vault=vault,
        database=database,
        cache=cache,
        outbound=_outbound(settings),
        referenced=_outbound(settings),
        clients=Clients(database),
        key_rows=keys,
        keys=Snapshot(keys.load, "keys", database),
        records=records,
        accounts=Accounts(database, vault),
        registry=Registry(database, vault),
        sessions=Sessions(database, cache, vault, idle, total),
        consents=Consents(database, records),
        grants=Grants(database),
        decoupled=DecoupledRequests(database, vault),
        client_writes=ClientWrites(database, records),
    )


def discovery_of(settings: Settings, languages: Languages) -> Mapping[str, Any]:
    locales = tuple(one.code for one in languages)
    return metadata(
        Offer(
            settings.issuer,
            tuple(SCOPES),
            tuple(ATTRIBUTE_OF_CLAIM),
            REACHABLE,
            locales,
            offered(sandbox=settings.sandbox),
            tuple(DETAIL_TYPES),
            SUPPORTED,
            certificate_methods(settings),
            settings.mtls_alias,
        )
    )


def flows_of(settings: Settings, stores: Stores, discovery: Mapping[str, Any]) -> Flows:
    issuer, mac = settings.issuer, refresh_mac(stores.vault)
    facts = ReadsFacts(stores.registry, stores.accounts, RegionNames(stores.database))
    visits = Visits(stores.database)
    releases = Releases(facts, stores.records)
    access_tokens = AccessTokens(
        issuer, stores.keys, stores.grants, access_mac(stores.vault), stores.vault.versions[0]
    )
    senders = senders_of(settings, stores.vault, stores.cache, stores.database)
    policy = TokenPolicy(
        timedelta(seconds=settings.access_token_lifetime),
        timedelta(seconds=settings.id_token_lifetime),
        stores.vault.versions[0],
    )
    secrets = ClientSecrets(stores.vault)
    client_keys = ClientKeys(stores.outbound, secrets)
    client_tokens = ClientTokens(stores.keys, client_keys)
    clients = authenticates(settings, stores.clients, client_keys, stores.database)
    pushed = PushedRequests(stores.cache, settings.interaction_lifetime)
    objects = RequestObjects(issuer, stores.keys, client_keys, stores.referenced)
    requests = requests_of(settings, stores.clients, objects, pushed)
    proofs = proofs_of(settings, stores.accounts, stores.cache, stores.database, stores.vault)
    limit = ApprovalLimit(proofs.throttle, settings.approval_requests_per_hour)
    authorize = Authorize(
        replies=Replies(issuer, client_tokens),
        front_channel=FrontChannel(issuer, access_tokens, client_tokens, stores.grants, releases, policy),
        policy=IssuePolicy(
            timedelta(seconds=settings.code_lifetime), timedelta(seconds=settings.refresh_total)
        ),
        random_text=random_text,
        directory=stores.clients,
        visits=visits,
        people=stores.accounts,
        interactions=Interactions(stores.cache, settings.interaction_lifetime),
        subjects=Subjects(stores.vault, StoredSubjects(stores.database)),
        grants=stores.grants,
        approval=Approval(stores.decoupled, limit),
        pushed=pushed,
        session_states=SessionStates(stores.vault, random_text),
    )
    endpoint = token_endpoint_of(
        settings,
        grants=stores.grants,
        decoupled=stores.decoupled,
        clients=stores.clients,
        assertions=Assertions(stores.database),
        access_tokens=access_tokens,
        client_keys=client_keys,
        mac=mac,
    )
    hints = Hints(issuer, stores.keys)
    journey = Journey(
        authorize,
        authorize.interactions,
        proofs,
        stores.sessions,
        stores.consents,
    )
    return Flows(
        hints=hints,
        visits=visits,
        facts=facts,
        authorize=authorize,
        journey=journey,
        tokens=Tokens(clients, endpoint, access_tokens, client_tokens, releases, policy, senders),
        token_state=TokenState(
            issuer, clients, access_tokens, client_tokens, stores.grants, stores.clients, mac
        ),
        userinfo=Userinfo(issuer, access_tokens, client_tokens, stores.clients, releases, senders),
        registration=Registration(
            issuer=issuer,
            makes=MakesClients(
                RegistrationPolicy(discovery, tuple(SCOPES), settings.sandbox),
                random_text,
                random_id,
                secrets,
            ),
            directory=stores.clients,
            clients=stores.client_writes,
            sectors=Sectors(stores.outbound),
        ),
        sign_out=SignOut(stores.clients, hints, stores.sessions),
        requests=requests,
        pushes=PushesRequests(clients, requests, pushed, senders, random_text),
        posted=PostedRequests(stores.cache),
        headless=Headless(clients, requests, stores.accounts, stores.sessions, journey),
    )
