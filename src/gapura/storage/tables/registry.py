"""Regions, loads and the citizens they brought: records sealed, found by keyed digests."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gapura.storage.tables.base import Instants, metadata

region = Table(
    "region",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("successor", Text),
)

registry_load = Table(
    "registry_load",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("file_digest", LargeBinary, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("accepted", BigInteger, nullable=False, server_default=text("0")),
    Column("rejected", BigInteger, nullable=False, server_default=text("0")),
    Column("unchanged", BigInteger, nullable=False, server_default=text("0")),
    Column("started_at", Instants, nullable=False),
    Column("visible_at", Instants),
    Index(
        "registry_load_one_at_a_time",
        text("true"),
        unique=True,
        postgresql_where=text("(state = 'loading') and (mode <> 'event')"),
    ),
)

registry_progress = Table(
    "registry_progress",
    metadata,
    Column("load_id", BigInteger, ForeignKey("registry_load.id"), primary_key=True),
    Column("shard", SmallInteger, primary_key=True),
    Column("line", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
)

citizen_version = Table(
    "citizen_version",
    metadata,
    Column("citizen_id", Uuid, primary_key=True),
    Column("load_id", BigInteger, primary_key=True),
    Column("status", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("citizen_version_load", "load_id", postgresql_using="brin"),
)

citizen_key = Table(
    "citizen_key",
    metadata,
    Column("citizen_id", Uuid, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("root_version", SmallInteger, nullable=False),
)

citizen_index = Table(
    "citizen_index",
    metadata,
    Column("citizen_id", Uuid, primary_key=True),
    Column("load_id", BigInteger, primary_key=True),
    Column("key_version", SmallInteger, nullable=False),
    Column("nik", LargeBinary, nullable=False),
    Column("kk", LargeBinary, nullable=False),
    Column("name_birth", LargeBinary, nullable=False),
    Index("citizen_index_kk", "kk"),
    Index("citizen_index_load", "load_id", postgresql_using="brin"),
    Index("citizen_index_name_birth", "name_birth"),
    Index("citizen_index_nik", "nik"),
)

registry_turn = Table(
    "registry_turn",
    metadata,
    Column("load_id", BigInteger, ForeignKey("registry_load.id"), primary_key=True),
    Column("citizen_id", Uuid, primary_key=True),
    Column("from_status", Text, nullable=False),
    Column("to_status", Text, nullable=False),
    Column("survivor", ARRAY(LargeBinary), nullable=False),
)

registry_seen = Table(
    "registry_seen",
    metadata,
    Column("load_id", BigInteger, nullable=False),
    Column("citizen_id", Uuid, nullable=False),
)

citizen_absence = Table(
    "citizen_absence",
    metadata,
    Column("citizen_id", Uuid, primary_key=True),
    Column("load_id", BigInteger, ForeignKey("registry_load.id"), primary_key=True),
)
