"""`gapura db`: the schema."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from gapura.settings import load_settings

app = typer.Typer(help="The schema of the database.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to this version's schema; safe to run twice, and by two at once."""
    upgrade_to_head(load_settings().database_url)


@app.command()
def check() -> None:
    """Say whether the database has this version's schema; the exit code is 1 when it has not."""
    try:
        found, wanted = revisions(load_settings().database_url)
    except OperationalError:
        sys.exit("the database of DATABASE_URL does not answer")
    if found != wanted:
        sys.exit(
            f"the schema is at {found or 'nothing'}, this version needs {wanted}: run `gapura db upgrade`"
        )
    typer.echo(f"the schema is at {found}, as this version needs")


def upgrade_to_head(database_url: str) -> None:
    command.upgrade(_config(database_url), "head")


def revisions(database_url: str) -> tuple[str | None, str | None]:
    """The schema's revision in the database, and the one that this version needs."""
    engine = create_engine(_sqlalchemy_url(database_url), poolclass=NullPool)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found, ScriptDirectory.from_config(_config(database_url)).get_current_head()


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_migrations()))
    config.attributes["database_url"] = _sqlalchemy_url(database_url)
    return config


def _migrations() -> Path:
    """Inside the package where it was built as a wheel, beside `src` in a checkout."""
    import gapura  # noqa: PLC0415  # only its place is wanted

    package = Path(gapura.__file__).parent
    built = package / "migrations"
    return built if built.exists() else package.parents[1] / "migrations"


def _sqlalchemy_url(database_url: str) -> str:
    """SQLAlchemy wants the driver's name in the scheme; libpq knows two spellings of its own."""
    scheme, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else database_url
