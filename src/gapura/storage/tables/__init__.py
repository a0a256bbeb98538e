"""The schema as SQLAlchemy Core tables: a second telling of it, which a test holds against the first.

The migrations are what makes the schema; tests/storage/test_tables.py compares these with it. Checks, triggers, views
and partitions stand in the migrations alone.
"""

from gapura.storage.tables.agencies import (
    agency,
    client,
    client_purpose,
    initial_access_token,
    purpose,
    snapshot_version,
)
from gapura.storage.tables.base import metadata
from gapura.storage.tables.grants import access_token, assertion_used, consent, decoupled_request, grants
from gapura.storage.tables.people import (
    account,
    account_contact,
    account_role,
    credential,
    enrolment,
    known_browser,
    role_permission,
    session,
    session_client,
    subject,
    throttle,
)
from gapura.storage.tables.records import (
    audit,
    chain_head,
    chain_start,
    data_use,
    data_use_day,
    outbox,
    root_key,
    signing_key,
)
from gapura.storage.tables.registry import (
    citizen_absence,
    citizen_index,
    citizen_key,
    citizen_version,
    region,
    registry_load,
    registry_progress,
    registry_seen,
    registry_turn,
)

__all__ = [
    "access_token",
    "account",
    "account_contact",
    "account_role",
    "agency",
    "assertion_used",
    "audit",
    "chain_head",
    "chain_start",
    "citizen_absence",
    "citizen_index",
    "citizen_key",
    "citizen_version",
    "client",
    "client_purpose",
    "consent",
    "credential",
    "data_use",
    "data_use_day",
    "decoupled_request",
    "enrolment",
    "grants",
    "initial_access_token",
    "known_browser",
    "metadata",
    "outbox",
    "purpose",
    "region",
    "registry_load",
    "registry_progress",
    "registry_seen",
    "registry_turn",
    "role_permission",
    "root_key",
    "session",
    "session_client",
    "signing_key",
    "snapshot_version",
    "subject",
    "throttle",
]
