"""A client and its purposes as the pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from gapura.disclosure.attributes import ATTRIBUTES, Facts
from gapura.disclosure.authorization_details import DETAIL_TYPES, TYPE, Detail
from gapura.disclosure.purposes import Purpose, in_language
from gapura.flow.directory import Directory
from gapura.protocol.client import Client


def client_view(client: Client, directory: Directory, language: str) -> dict[str, str | None]:
    return {
        "name": client.name(language),
        "agency": directory.agency_of(client).names.get(language),
        "logo": client.logo_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
    }


def purpose_views(purposes: Iterable[Purpose], language: str) -> list[dict[str, object]]:
    return [
        {
            "title": in_language(purpose.titles, language),
            "text": in_language(purpose.texts, language),
            "legal_basis": purpose.legal_basis,
            "law": purpose.law,
            "retention_days": purpose.retention_days,
        }
        for purpose in purposes
    ]


def value_views(names: Iterable[str], facts: Facts, checked: Iterable[str] = ()) -> list[dict[str, object]]:
    """Attributes with the values that would go out."""
    ticked = frozenset(checked)
    return [
        {
            "name": name,
            "value": ATTRIBUTES[name].shown(facts),
            "source": ATTRIBUTES[name].source,
            "checked": name in ticked,
        }
        for name in names
    ]


def detail_views(details: Iterable[Detail]) -> list[dict[str, object]]:
    """What the client may do beside: each type with its elements, in the order of its row."""
    return [
        {
            "type": detail[TYPE],
            "elements": [
                {"name": one.name, "labels": one.labels, "said": _listed(detail[one.name])}
                for one in DETAIL_TYPES[detail[TYPE]].elements
            ],
        }
        for detail in details
    ]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def form_action_to(redirect_uri: str) -> tuple[str, ...]:
    """Where the chain after a form may end at a client (decision 27): https, or its own scheme or loopback origin."""
    parts = urlsplit(redirect_uri)
    if parts.scheme == "https":
        return ("https:",)
    if parts.scheme == "http":
        return ("https:", f"http://{parts.netloc}")
    return ("https:", f"{parts.scheme}:")


def image_source_of(client: Client | None) -> tuple[str, ...]:
    """The origin of a client's logo."""
    if client is None or client.logo_uri is None:
        return ()
    parts = urlsplit(client.logo_uri)
    return (f"{parts.scheme}://{parts.netloc}",)
