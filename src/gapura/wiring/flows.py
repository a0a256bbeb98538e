"""The flows, from the stores and what they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gapura.crypto.random_texts import random_id, random_text
from gapura.disclosure.authorization_details import KNOWN_DETAILS
from gapura.disclosure.scopes import SCOPES
from gapura.flow.agreed_assertions import AgreedAssertions
from gapura.flow.approval_limit import ApprovalLimit
from gapura.flow.authorization_requests import AuthorizationRequests
from gapura.flow.authorize import Authorize
from gapura.flow.client_secrets import ClientSecrets
from gapura.flow.decoupled import Approval
from gapura.flow.directory import Resources
from gapura.flow.facts import ReadsFacts
from gapura.flow.front_channel import FrontChannel
from gapura.flow.headless import Headless
from gapura.flow.hints import Hints
from gapura.flow.issue import IssuePolicy
from gapura.flow.journey import Journey
from gapura.flow.new_client import MakesClients
from gapura.flow.pushed_requests import PushesRequests
from gapura.flow.register import Registration
from gapura.flow.replies import Replies
from gapura.flow.sectors import Sectors
from gapura.flow.session_states import SessionStates
from gapura.flow.sign_out import SignOut
from gapura.flow.subjects import Subjects
from gapura.flow.text_macs import refresh_mac
from gapura.flow.token import Tokens
from gapura.flow.token_state import TokenState
from gapura.flow.userinfo import Userinfo
from gapura.protocol.registration import RegistrationPolicy
from gapura.protocol.token_endpoint import TokenEndpoint
from gapura.settings import Settings
from gapura.storage.assertions import Assertions
from gapura.storage.interactions import Interactions, PostedRequests
from gapura.storage.subjects import StoredSubjects
from gapura.storage.visits import Visits
from gapura.wiring.shared import Shared, shared_of
from gapura.wiring.stores import Stores


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


def flows_of(settings: Settings, stores: Stores, discovery: Mapping[str, Any]) -> Flows:
    """Raises SettingRefused for authorities that can't be read."""
    shared = shared_of(settings, stores)
    visits = Visits(stores.database)
    authorize = _authorize(settings, stores, shared, visits)
    journey = Journey(authorize, authorize.interactions, shared.proofs, stores.sessions, stores.consents)
    clients, requests = shared.clients, shared.requests
    return Flows(
        hints=shared.hints,
        visits=visits,
        facts=shared.facts,
        authorize=authorize,
        journey=journey,
        tokens=_tokens(settings, stores, shared),
        token_state=_token_state(settings, stores, shared),
        userinfo=_userinfo(settings, stores, shared),
        registration=_registration(settings, stores, discovery),
        sign_out=SignOut(stores.clients, shared.hints, stores.sessions),
        requests=requests,
        pushes=PushesRequests(clients, requests, shared.pushed, shared.senders, random_text),
        posted=PostedRequests(stores.cache),
        headless=Headless(clients, requests, stores.accounts, stores.sessions, journey),
    )


def _authorize(settings: Settings, stores: Stores, shared: Shared, visits: Visits) -> Authorize:
    limit = ApprovalLimit(shared.proofs.throttle, settings.approval_requests_per_hour)
    return Authorize(
        replies=Replies(settings.issuer, shared.client_tokens),
        front_channel=FrontChannel(
            settings.issuer,
            shared.access_tokens,
            shared.client_tokens,
            stores.grants,
            shared.releases,
            shared.token_policy,
        ),
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
        pushed=shared.pushed,
        session_states=SessionStates(stores.vault, random_text),
    )


def _tokens(settings: Settings, stores: Stores, shared: Shared) -> Tokens:
    endpoint = TokenEndpoint(
        issuer=settings.issuer,
        store=stores.grants,
        mac=refresh_mac(stores.vault),
        refresh_idle=timedelta(seconds=settings.refresh_idle),
        decoupled=stores.decoupled,
        tokens=shared.access_tokens,
        clients=stores.clients,
        assertions=Assertions(stores.database),
        agreed=AgreedAssertions(shared.client_keys),
        resources=Resources(stores.clients),
        details=KNOWN_DETAILS,
    )
    return Tokens(
        shared.clients,
        endpoint,
        shared.access_tokens,
        shared.client_tokens,
        shared.releases,
        shared.token_policy,
        shared.senders,
    )


def _token_state(settings: Settings, stores: Stores, shared: Shared) -> TokenState:
    return TokenState(
        settings.issuer,
        shared.clients,
        shared.access_tokens,
        shared.client_tokens,
        stores.grants,
        stores.clients,
        refresh_mac(stores.vault),
    )


def _userinfo(settings: Settings, stores: Stores, shared: Shared) -> Userinfo:
    return Userinfo(
        settings.issuer,
        shared.access_tokens,
        shared.client_tokens,
        stores.clients,
        shared.releases,
        shared.senders,
    )


def _registration(settings: Settings, stores: Stores, discovery: Mapping[str, Any]) -> Registration:
    return Registration(
        issuer=settings.issuer,
        makes=MakesClients(
            RegistrationPolicy(discovery, tuple(SCOPES), settings.sandbox),
            random_text,
            random_id,
            ClientSecrets(stores.vault),
        ),
        directory=stores.clients,
        clients=stores.client_writes,
        sectors=Sectors(stores.outbound),
    )
