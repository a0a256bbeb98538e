"""The composition root: every part, put together, started in order and stopped in the opposite one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gapura import logs
from gapura.delivery.key_rotation import KeyRotation
from gapura.errors import GapuraError, StartRefused
from gapura.metrics import serve_metrics
from gapura.settings import Settings, check_production
from gapura.storage.data_use import UseLog
from gapura.storage.live_sessions import LiveSessions
from gapura.storage.partitions import ensure_partitions
from gapura.storage.root_keys import confirm_root_keys
from gapura.storage.sandbox_agency import ensure_sandbox_agency
from gapura.web.citizen.account import AccountPages
from gapura.web.citizen.data_use import DataUsePages
from gapura.web.citizen.front import FrontPage
from gapura.web.citizen.guard import Guard
from gapura.web.citizen.interaction import InteractionPages
from gapura.web.citizen.requests import RequestPages
from gapura.web.clock import Clock, system_clock
from gapura.web.cookies import Cookies
from gapura.web.csrf import Csrf
from gapura.web.direct import Direct
from gapura.web.door import Door
from gapura.web.edge import Edge
from gapura.web.errors import HANDLERS, render_refusal
from gapura.web.health import Draining, Readiness, health_routes
from gapura.web.language import LanguageSwitch
from gapura.web.locale import Languages
from gapura.web.oidc.authorize import AuthorizationEndpoint
from gapura.web.oidc.check_session import check_session_routes
from gapura.web.oidc.discovery import discovery_routes
from gapura.web.oidc.logout import LogoutEndpoint
from gapura.web.oidc.pushed import pushed_routes
from gapura.web.oidc.register import registration_routes
from gapura.web.oidc.token import token_routes
from gapura.web.oidc.userinfo import userinfo_routes
from gapura.web.outcomes import Outcomes
from gapura.web.pages import Pages
from gapura.web.proxy_certificate import ProxyCertificate
from gapura.web.sandbox.sign_in import SandboxSignIn
from gapura.web.signed_out import SignedOutPage
from gapura.web.static_files import StaticFiles
from gapura.web.tls import REGISTERED_CERTIFICATES
from gapura.wiring.administration import administration
from gapura.wiring.decoupled import decoupled_routes
from gapura.wiring.discovery import discovery_of
from gapura.wiring.flows import Flows, flows_of
from gapura.wiring.stores import Stores, stores_of

log = structlog.get_logger("gapura.app")


def create_app(settings: Settings, clock: Clock = system_clock) -> ASGIApp:
    """The whole of Gapura as one ASGI application. Raises SettingRefused."""
    check_production(settings)
    logs.configure(settings.log_level)
    stores, draining = stores_of(settings), Draining()
    languages, static = Languages.load(), StaticFiles(settings.theme_dir)
    cookies = Cookies.of_issuer(settings.issuer)
    pages = Pages(languages, static, cookies, sandbox=settings.sandbox)
    discovery = discovery_of(settings, languages)
    flows = flows_of(settings, stores, discovery)
    csrf = Csrf(stores.vault, settings.issuer)
    browser_state = flows.authorize.session_states.browser_state
    door = Door(cookies, csrf, stores.sessions, settings.trusted_proxies, browser_state)
    outcomes = Outcomes(door, pages, SignedOutPage(settings.issuer, stores.clients, pages, cookies))
    protocol = _protocol_routes(settings, stores, flows, outcomes, discovery, clock)
    app = Starlette(
        routes=[
            *protocol,
            *_page_routes(settings, stores, flows, outcomes, clock),
            *administration(settings, stores, flows, outcomes, discovery, clock),
            Route("/static/{name}", static.endpoint, name="static"),
            Route(
                "/language",
                LanguageSwitch(languages, cookies).endpoint,
                methods=["POST"],
                name="language",
            ),
            *health_routes(_readiness(stores), draining),
        ],
        exception_handlers={**HANDLERS, Exception: render_refusal},
        lifespan=lambda _: _lifespan(settings, stores, draining, clock),
    )
    app.router.redirect_slashes = False  # its address would be built from the Host header
    direct: ASGIApp = Direct(app, protocol)
    if settings.client_certificate_header is not None:
        direct = ProxyCertificate(direct, settings.client_certificate_header, settings.trusted_proxies)
    return Edge(
        direct,
        issuer=settings.issuer,
        hosts=settings.hosts,
        registered=lambda origin: origin in stores.clients.value.origins,
        draining=draining,
        pages=pages,
    )


def _protocol_routes(
    settings: Settings,
    stores: Stores,
    flows: Flows,
    outcomes: Outcomes,
    discovery: Mapping[str, Any],
    clock: Clock,
) -> list[BaseRoute]:
    authorization = AuthorizationEndpoint(
        flows.requests,
        stores.clients,
        flows.hints,
        flows.authorize,
        flows.posted,
        outcomes.door,
        outcomes,
        clock,
    )
    sandbox = SandboxSignIn(flows.headless, outcomes.pages, clock)
    return [
        *token_routes(flows.tokens, flows.token_state, clock),
        *userinfo_routes(flows.userinfo, clock),
        *authorization.routes(),
        *pushed_routes(flows.pushes, clock),
        *discovery_routes(discovery, stores.keys, settings.jwks_max_age),
        *registration_routes(flows.registration, clock),
        *decoupled_routes(settings, stores, flows, outcomes, clock),
        *LogoutEndpoint(flows.sign_out, stores.clients, outcomes, clock).routes(),
        *check_session_routes(outcomes.door.cookies),
        *(sandbox.routes() if settings.sandbox else ()),
    ]


def _page_routes(
    settings: Settings, stores: Stores, flows: Flows, outcomes: Outcomes, clock: Clock
) -> list[BaseRoute]:
    door, pages = outcomes.door, outcomes.pages
    guard = Guard(door, flows.visits, flows.authorize, outcomes, clock)
    uses = UseLog(stores.database, stores.vault, timedelta(days=settings.data_use_days))
    interaction = InteractionPages(flows.journey, stores.clients, flows.facts, door, outcomes, pages, clock)
    account = AccountPages(
        guard,
        stores.clients,
        flows.facts,
        stores.consents,
        uses,
        LiveSessions(stores.database, stores.vault),
        stores.decoupled,
        flows.sign_out,
        outcomes.signed_out,
        pages,
        settings.issuer,
        timedelta(seconds=settings.session_idle),
        clock,
    )
    return [
        *interaction.routes(),
        *account.routes(),
        *RequestPages(guard, stores.decoupled, stores.clients, pages, clock).routes(),
        *FrontPage(door, pages).routes(),
        *DataUsePages(guard, stores.clients, uses, pages, clock).routes(),
    ]


def _readiness(stores: Stores) -> Readiness:
    async def database() -> None:
        await stores.database.fetch("select 1")

    return Readiness(needed={"database": database}, wanted={"cache": stores.cache.ping})


@asynccontextmanager
async def _lifespan(
    settings: Settings, stores: Stores, draining: Draining, clock: Clock
) -> AsyncIterator[Mapping[str, Any]]:
    async with (
        stores.database,
        serve_metrics(settings.metrics_host, settings.metrics_port, settings.workers + 1),
    ):
        await _prepare(settings, stores, clock)
        async with stores.clients.snapshot, stores.keys:
            yield {REGISTERED_CERTIFICATES: lambda: stores.clients.value.certificates}
            draining.begin()
    await stores.outbound.aclose()
    await stores.referenced.aclose()
    await stores.cache.close()


async def _prepare(settings: Settings, stores: Stores, clock: Clock) -> None:
    """What has to be there before anything is served; why it is not is told here, for the server ends without a word."""
    try:
        await confirm_root_keys(stores.database, stores.vault, clock())
        await ensure_partitions(stores.database, clock().date())
        if settings.sandbox:
            await ensure_sandbox_agency(stores.database, clock())
        await KeyRotation(stores.key_rows, settings.publish_keys_for)(clock())
    except Exception as error:
        ours = isinstance(error, StartRefused | GapuraError)
        log.error("start_refused", reason=str(error) if ours else type(error).__name__)  # noqa: TRY400 -- no trace helps
        raise
