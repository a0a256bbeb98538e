"""One face of a page, and what many of them show; names of people and services are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
BUDI = {"name": "BUDI SANTOSO", "nik": "••••••••••••0001"}
LONG_NAME = {
    "name": "RADEN RORO KANJENG AYU SRI KUSUMANINGRUM WIDYADARIPUTRI HADI",
    "nik": "••••••••••••0007",
}
SESSION = {
    "id": "5b0e",
    "device": "Chrome di Android",
    "auth_time": NOW,
    "acr": "urn:gapura:loa:substantial",
    "portals": ["Pajak Online"],
    "current": True,
}

# What a service may do beside receiving data (web/client_view.py).
DETAILS = [
    {
        "type": "citizen_data",
        "elements": [
            {"name": "datatypes", "labels": "attribute", "said": ["nik", "name", "birthdate", "address"]},
            {"name": "reference", "labels": "", "said": ["PEM-2026/00417 KPP.Gambir"]},
        ],
    },
    {
        "type": "tax_return",
        "elements": [
            {"name": "actions", "labels": "detail_action", "said": ["prepare", "submit"]},
            {"name": "tax_year", "labels": "", "said": [2025]},
        ],
    },
    {
        "type": "social_security",
        "elements": [
            {"name": "actions", "labels": "detail_action", "said": ["read", "enrol", "update"]},
            {"name": "program", "labels": "detail_program", "said": ["employment"]},
        ],
    },
]


@dataclass(frozen=True, slots=True)
class Sample:
    """One face of a page; `name` is the picture's file name."""

    name: str
    template: str
    context: dict[str, Any] = field(repr=False)
    status: int = 200


def faces(template: str, **contexts: dict[str, Any]) -> list[Sample]:
    """A sample for each context, named after template and keyword."""
    stem = template.removesuffix(".html").replace("/", "_")
    return [Sample(f"{stem}_{face}", template, context) for face, context in contexts.items()]
