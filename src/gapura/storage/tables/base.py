"""What the rooms of the schema share."""

from __future__ import annotations

from sqlalchemy import DateTime, MetaData

# As PostgreSQL names what the migrations leave unnamed.
metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    }
)

Instants = DateTime(timezone=True)
