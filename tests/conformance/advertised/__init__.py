"""What the metadata promises, driven value by value: each member has its driver in `DRIVERS`, each value is one case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from tests.conformance.advertised import (
    authentication,
    decoupled,
    endpoints,
    grants,
    people,
    protection,
    requests,
    sessions,
    signatures,
)
from tests.conformance.advertised.house import Driver

DRIVERS: Mapping[str, Driver] = {
    **endpoints.DRIVERS,
    **people.DRIVERS,
    **requests.DRIVERS,
    **signatures.DRIVERS,
    **protection.DRIVERS,
    **authentication.DRIVERS,
    **grants.DRIVERS,
    **decoupled.DRIVERS,
    **sessions.DRIVERS,
}

# Values that only mean something together are driven together, under the name of the first member.
TOGETHER: Mapping[str, str] = {
    "response_types_supported": "response_modes_supported",
    **{f"{name}_alg_values_supported": f"{name}_enc_values_supported" for name in protection.ENCRYPTED},
}


def cases(metadata: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Each member with each of its values, whether a driver knows it or not."""
    for member, promised in metadata.items():
        if member in TOGETHER.values():
            continue
        values = _values(promised)
        if member in TOGETHER:
            yield from ((member, both) for both in product(values, metadata[TOGETHER[member]]))
        else:
            yield from ((member, value) for value in values)


def _values(promised: object) -> list[object]:
    if isinstance(promised, dict):
        return list(promised.items())
    return list(promised) if isinstance(promised, list) else [promised]
