"""What this deployment offers, as its metadata say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM
from gapura.disclosure.authorization_details import DETAIL_TYPES
from gapura.disclosure.scopes import SCOPES
from gapura.disclosure.verification import SUPPORTED
from gapura.identity.acr import REACHABLE
from gapura.protocol.discovery import Offer, metadata
from gapura.protocol.response_types import offered
from gapura.settings import Settings
from gapura.web.locale import Languages
from gapura.wiring.clients import certificate_methods


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
