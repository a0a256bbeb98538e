"""Consents, grants with their codes, tokens, assertions that were used, requests that are approved elsewhere."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gapura.storage.tables.base import Instants, metadata

consent = Table(
    "consent",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("citizen_id", Uuid, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("purpose_ids", ARRAY(Uuid), nullable=False),
    Column("scope", ARRAY(Text), nullable=False),
    Column("asked", ARRAY(Text), nullable=False),
    Column("attributes", ARRAY(Text), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("text_digest", LargeBinary, nullable=False),
    Column("locale", Text, nullable=False),
    Column("authorization_details", JSONB),
    Column("granted_at", Instants, nullable=False),
    Column("expires_at", Instants, nullable=False),
    Column("ended_at", Instants),
    Column("end_reason", Text),
    Index(
        "consent_standing", "citizen_id", "client_id", unique=True, postgresql_where=text("ended_at is null")
    ),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("citizen_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("consent_id", Uuid),
    Column("sub", Text, nullable=False),
    Column("scope", ARRAY(Text), nullable=False),
    Column("attributes", ARRAY(Text), nullable=False),
    Column("purpose_ids", ARRAY(Uuid), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("claims", JSONB),
    Column("resource", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("nonce", Text),
    Column("auth_time", Instants, nullable=False),
    Column("acr", Text, nullable=False),
    Column("amr", ARRAY(Text), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("redirect_uri_sent", Boolean, nullable=False),
    Column("code_challenge", Text),
    Column("grant_type", Text, nullable=False),
    Column("cnf", JSONB),
    Column("authorization_details", JSONB),
    Column("code_digest", LargeBinary, nullable=False),
    Column("code_expires_at", Instants, nullable=False),
    Column("redeemed_at", Instants),
    Column("refresh_generation", Integer),
    Column("refreshed_at", Instants),
    Column("refresh_expires_at", Instants),
    Column("created_at", Instants, nullable=False),
    Column("expires_at", Instants, nullable=False),
    Column("revoked_at", Instants),
    Column("revoke_reason", Text),
    UniqueConstraint("code_digest"),
    Index("grants_account", "account_id", postgresql_where=text("revoked_at is null")),
    Index("grants_citizen_client", "citizen_id", "client_id", postgresql_where=text("revoked_at is null")),
    Index("grants_code_expiry", "code_expires_at", postgresql_using="brin"),
    Index("grants_expiry", "expires_at", postgresql_using="brin"),
)

access_token = Table(
    "access_token",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("grant_id", Uuid),
    Column("client_id", Text, nullable=False),
    Column("scope", ARRAY(Text), nullable=False),
    Column("audience", ARRAY(Text), nullable=False),
    Column("issued_at", Instants, nullable=False),
    Column("expires_at", Instants, nullable=False),
    Column("revoked_at", Instants),
    Column("cnf", JSONB),
    Column("authorization_details", JSONB),
    Column("act", JSONB),
    Index("access_token_expiry", "expires_at", postgresql_using="brin"),
    Index("access_token_grant", "grant_id"),
)

assertion_used = Table(
    "assertion_used",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("jti_digest", LargeBinary, primary_key=True),
    Column("expires_at", Instants, nullable=False),
    Index("assertion_used_expiry", "expires_at", postgresql_using="brin"),
)

decoupled_request = Table(
    "decoupled_request",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("grant_type", Text, nullable=False),
    Column("user_code", LargeBinary),
    Column("client_id", Text, nullable=False),
    Column("account_id", Uuid),
    Column("content", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    Column("last_poll_at", Instants),
    Column("created_at", Instants, nullable=False),
    Column("expires_at", Instants, nullable=False),
    UniqueConstraint("user_code"),
    Index("decoupled_request_account", "account_id", postgresql_where=text("account_id is not null")),
    Index("decoupled_request_expiry", "expires_at", postgresql_using="brin"),
)
