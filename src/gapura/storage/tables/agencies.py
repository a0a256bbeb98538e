"""Agencies, their clients and purposes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gapura.storage.tables.base import Instants, metadata

agency = Table(
    "agency",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name_id", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("created_at", Instants, nullable=False),
)

purpose = Table(
    "purpose",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title_id", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("text_id", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("law", Text, nullable=False),
    Column("retention_days", Integer, nullable=False),
    Column("essential", ARRAY(Text), nullable=False),
    Column("voluntary", ARRAY(Text), nullable=False),
    Column("created_at", Instants, nullable=False),
    UniqueConstraint("agency_id", "code", "version"),
)

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("sector", Text, nullable=False),
    Column("secret_digest", LargeBinary),
    Column("secret_sealed", LargeBinary),
    Column("registration_token_digest", LargeBinary),
    Column("secret_expires_at", Instants),
    Column("created_at", Instants, nullable=False),
    Column("changed_at", Instants, nullable=False),
)

client_purpose = Table(
    "client_purpose",
    metadata,
    Column("client_id", Text, ForeignKey("client.id", ondelete="CASCADE"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("purpose_id", Uuid, ForeignKey("purpose.id"), nullable=False),
)

initial_access_token = Table(
    "initial_access_token",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("agency_id", Text, ForeignKey("agency.id"), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", Instants, nullable=False),
    Column("used_at", Instants),
)

snapshot_version = Table(
    "snapshot_version",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
