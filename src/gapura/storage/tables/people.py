"""Accounts, their credentials and contacts, sessions, subjects, roles."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gapura.storage.tables.base import Instants, metadata

account = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("citizen_id", Uuid),
    Column("display_name", Text),
    Column("status", Text, nullable=False),
    Column("locale", Text, nullable=False, server_default=text("'id'")),
    Column("created_at", Instants, nullable=False),
    Column("changed_at", Instants, nullable=False),
    UniqueConstraint("citizen_id"),
)

account_contact = Table(
    "account_contact",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("key_version", SmallInteger, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("verified_at", Instants),
    UniqueConstraint("digest"),
)

credential = Table(
    "credential",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("last_step", BigInteger),
    Column("created_at", Instants, nullable=False),
    Column("used_at", Instants),
    Index("credential_one_password", "account_id", unique=True, postgresql_where=text("kind = 'password'")),
)

throttle = Table(
    "throttle",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("consecutive", Integer, nullable=False),
    Column("window_started_at", Instants, nullable=False),
    Column("window_seconds", Integer, nullable=False),
    Column("blocked_until", Instants),
)

known_browser = Table(
    "known_browser",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("first_at", Instants, nullable=False),
    Column("last_at", Instants, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("auth_time", Instants, nullable=False),
    Column("amr", ARRAY(Text), nullable=False),
    Column("acr", Text, nullable=False),
    Column("created_at", Instants, nullable=False),
    Column("expires_at", Instants, nullable=False),
    Column("ended_at", Instants),
    Column("end_reason", Text),
    Column("browser", LargeBinary),
    Index("session_due", "expires_at", postgresql_where=text("ended_at is null")),
    Index("session_live", "account_id", postgresql_where=text("ended_at is null")),
)

session_client = Table(
    "session_client",
    metadata,
    Column("session_id", Uuid, ForeignKey("session.id"), primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("sub", Text, nullable=False),
    Column("first_at", Instants, nullable=False),
)

subject = Table(
    "subject",
    metadata,
    Column("citizen_id", Uuid, primary_key=True),
    Column("sector", Text, primary_key=True),
    Column("sub", Text, nullable=False),
    Column("key_version", SmallInteger, nullable=False),
    Column("alias_of", Uuid),
    Column("created_at", Instants, nullable=False),
    UniqueConstraint("sector", "sub"),
)

role_permission = Table(
    "role_permission",
    metadata,
    Column("role", Text, primary_key=True),
    Column("permission", Text, primary_key=True),
)

account_role = Table(
    "account_role",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("granted_by", Text, nullable=False),
    Column("granted_at", Instants, nullable=False),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("expires_at", Instants, nullable=False),
    Column("used_at", Instants),
)
