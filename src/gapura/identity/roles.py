"""What operators may do: roles are rows of permissions (`role_permission`), and what no row allows is denied."""

from __future__ import annotations

from collections.abc import Mapping

ADMINISTRATOR, AUDITOR, SUPPORT = "administrator", "auditor", "support"

PERMISSIONS: Mapping[str, str] = {
    "health.read": "see how the parts of this deployment are",
    "client.read": "see clients",
    "client.write": "register, change and disable clients, rotate their secrets",
    "citizen.search": "look a citizen up, with a reason",
    "account.suspend": "suspend and reinstate an account",
    "account.end_sessions": "end the sessions of an account",
    "registry.read": "see the loads of the registry and their rejects",
    "registry.import": "load an extract into the registry",
    "key.read": "see the signing keys",
    "key.rotate": "rotate the signing keys",
    "audit.read": "read the audit",
    "operator.write": "make operators and give them roles",
}

# The rows that the first migration writes; from then on the table decides.
ROLES: Mapping[str, frozenset[str]] = {
    ADMINISTRATOR: frozenset(PERMISSIONS),
    AUDITOR: frozenset({"health.read", "client.read", "registry.read", "key.read", "audit.read"}),
    SUPPORT: frozenset(
        {"health.read", "client.read", "citizen.search", "account.suspend", "account.end_sessions"}
    ),
}
