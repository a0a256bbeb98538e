"""What is proof or will be delivered: audit, data use, chain, outbox; and the keys."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gapura.storage.tables.base import Instants, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("created_at", Instants, nullable=False),
    Column("due_at", Instants, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("delivered_at", Instants),
    Column("dead_at", Instants),
    Column("last_error", Text),
    Index("outbox_due", "due_at", postgresql_where=text("(delivered_at is null) and (dead_at is null)")),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", Instants, primary_key=True),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("sealed", LargeBinary),
    Column("seq", BigInteger),
    Column("hash", LargeBinary),
    Index("audit_actor", "actor", "at"),
    Index("audit_object", "object", "at"),
    Index("audit_seq", "seq"),
    Index("audit_unchained", "at", postgresql_where=text("seq is null")),
)

data_use = Table(
    "data_use",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", Instants, primary_key=True),
    Column("citizen_id", Uuid, nullable=False),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("grant_id", Uuid),
    Column("purpose_ids", ARRAY(Uuid), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("attributes", ARRAY(Text), nullable=False),
    Column("sealed", LargeBinary),
    Column("hidden_until", Instants),
    Column("seq", BigInteger),
    Column("hash", LargeBinary),
    Index("data_use_citizen", "citizen_id", text("at desc")),
    Index("data_use_seq", "seq"),
    Index("data_use_unchained", "at", postgresql_where=text("seq is null")),
)

chain_head = Table(
    "chain_head",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", Instants),
)

chain_start = Table(
    "chain_start",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

data_use_day = Table(
    "data_use_day",
    metadata,
    Column("citizen_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("alg", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("public_jwk", JSONB, nullable=False),
    Column("private_sealed", LargeBinary),
    Column("created_at", Instants, nullable=False),
    Column("active_at", Instants),
    Column("retiring_at", Instants),
    Column("gone_at", Instants),
    Index("signing_key_one_active", "alg", unique=True, postgresql_where=text("state = 'active'")),
)

root_key = Table(
    "root_key",
    metadata,
    Column("version", SmallInteger, primary_key=True),
    Column("check_value", LargeBinary, nullable=False),
    Column("created_at", Instants, nullable=False),
    Column("unused_since", Instants),
    Column("retired_at", Instants),
)
