"""The tables as SQLAlchemy knows them are the tables that the migrations make."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.schema import SchemaItem

from gapura.storage.tables import metadata

# Expression indexes come back from PostgreSQL in words of its own, which no comparison of texts can match.
EXPRESSION_INDEXES = {"registry_load_one_at_a_time", "data_use_citizen"}
# Partitions inherit all they have, and those of days come and go.
PARTITIONS = text("select relname from pg_class where relispartition")


def test_the_tables_match_the_migrated_schema(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        left_out = {"alembic_version", *EXPRESSION_INDEXES, *connection.scalars(PARTITIONS)}

        def compared(_thing: SchemaItem, name: str | None, *_: object) -> bool:
            return name not in left_out

        options = {"compare_type": True, "compare_server_default": True, "include_object": compared}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    assert differences == [], "bring src/gapura/storage/tables up to the migrations"
