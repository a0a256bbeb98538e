"""How what the registry knows was verified: by law, out of which record, and when (OpenID Connect for Identity Assurance).

The population register is itself the authority on these claims, so that its record is the whole evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any

from gapura.disclosure.attributes import ATTRIBUTES, REGISTRY
from gapura.disclosure.scopes import MINIMUM_ACR_OF
from gapura.values import LOW, Instant

TRUST_FRAMEWORK = "id_adminduk"  # UU 23/2006 and 24/2013 on population administration
EVIDENCE, RECORD = "electronic_record", "population_register"
SOURCE: Mapping[str, str] = MappingProxyType(
    {
        "name": "Direktorat Jenderal Kependudukan dan Pencatatan Sipil",
        "country": "Indonesia",
        "country_code": "IDN",
    }
)

# Claims of the account are proved by a code that reached it, which is no verification of a person. What every sign-in
# reaches comes first: a client that takes the first of them to try it out gets an answer.
VERIFIABLE = tuple(
    claim
    for row in sorted(ATTRIBUTES.values(), key=lambda row: MINIMUM_ACR_OF[row.name] != LOW)
    if row.source == REGISTRY
    for claim in row.claim_names
)

SUPPORTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "trust_frameworks_supported": (TRUST_FRAMEWORK,),
        "evidence_supported": (EVIDENCE,),
        "electronic_records_supported": (RECORD,),
        "claims_in_verified_claims_supported": VERIFIABLE,
    }
)
"""The members of the provider's metadata (OpenID Connect for Identity Assurance §8)."""


def verification(recorded_at: Instant) -> dict[str, Any]:
    """All that can be said of a record that came from the register at `recorded_at`."""
    return {
        "trust_framework": TRUST_FRAMEWORK,
        "time": recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "evidence": [{"type": EVIDENCE, "record": {"type": RECORD, "source": dict(SOURCE)}}],
    }
