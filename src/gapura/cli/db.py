"""`gapura db`: the schema."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

import gapura
from gapura.errors import StartRefused
from gapura.settings import load_settings, require
from gapura.storage.database import Database
from gapura.storage.partitions import ensure_partitions

app = typer.Typer(no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to this version's schema; safe to run twice, and by two at once."""
    url = _database_url()
    upgrade_to_head(url)
    asyncio.run(_make_days(url))
    typer.echo("the schema is as this version needs")


@app.command()
def check() -> None:
    """Say whether the database has this version's schema; the exit code is 1 when it has not."""
    found, wanted = revisions(_database_url())
    if found != wanted:
        raise StartRefused(
            f"the schema is at {found or 'nothing'}, this version needs {wanted}: run `gapura db upgrade`"
        )
    typer.echo(f"the schema is at {found}, as this version needs")


async def _make_days(database_url: str) -> None:
    """The records' next days, so that the first rows already lie in their own partition."""
    async with Database(database_url, size=1) as database:
        await ensure_partitions(database, datetime.now(UTC).date())


def upgrade_to_head(database_url: str) -> None:
    """Run what migrations are missing. Raises StartRefused when the database is away or of a later version."""
    with _told_in_one_line():
        command.upgrade(_config(database_url), "head")


def revisions(database_url: str) -> tuple[str | None, str | None]:
    """The schema's revision in the database, and the one that this version needs."""
    engine = create_engine(_sqlalchemy_url(database_url), poolclass=NullPool)
    with _told_in_one_line(), engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found, ScriptDirectory.from_config(_config(database_url)).get_current_head()


def _database_url() -> str:
    settings = load_settings()
    require(settings, "database_url")
    return settings.database_url


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StartRefused("the database of DATABASE_URL does not answer") from error
    except CommandError as error:
        raise StartRefused(f"the schema cannot be brought to this version: {error}") from error


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.attributes["database_url"] = _sqlalchemy_url(database_url)
    return config


def _migrations() -> Path:
    """Beside `src`: a checkout and the container's image are laid out alike."""
    return Path(gapura.__file__).parents[2] / "migrations"


def _sqlalchemy_url(database_url: str) -> str:
    """SQLAlchemy wants the driver's name in the scheme; libpq knows two spellings of its own."""
    scheme, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else database_url
