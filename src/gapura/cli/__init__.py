"""The `gapura` command. One file per group, imported only when it is asked for: `gapura --help` stays quick."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from gapura.errors import StartRefused

# Group → its module, which has a `typer.Typer` named `app`, and the line that --help shows.
GROUPS = {
    "demo": ("gapura.cli.demo", "Start everything on this machine, with invented people and two portals."),
    "conformance": ("gapura.cli.conformance", "Start a sandbox for the OpenID Foundation's test suite."),
    "serve": ("gapura.cli.serve", "Serve citizens, agencies and administrators over HTTP."),
    "registry": ("gapura.cli.registry", "Import citizens and regions, or make synthetic people."),
    "client": ("gapura.cli.client", "Register agencies' apps, or invite an agency to."),
    "keys": ("gapura.cli.keys", "Show signing keys and root keys, rotate and retire them."),
    "admin": ("gapura.cli.admin", "Make administrators and their enrolment links."),
    "worker": ("gapura.cli.worker", "Deliver what goes out later, chain the records, tidy up."),
    "audit": ("gapura.cli.audit", "Prove the records, or print where their chains stand."),
    "db": ("gapura.cli.db", "Bring the database's schema to this version, or check it."),
}


def command_line(chosen: str | None) -> typer.Typer:
    """The whole command line, of which only the chosen group is imported."""
    root = typer.Typer(
        help="Gapura: identity and single sign-on for a government.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they show local values, and those may be personal
    )
    for name, (module, line) in GROUPS.items():
        if name == chosen:
            root.add_typer(import_module(module).app, name=name, help=line)
        else:
            root.command(name, help=line)(_not_imported)
    root.callback()(lambda: None)  # a single group must not become the whole command
    return root


def _not_imported() -> None:
    """Stands in --help for a group that was not asked for."""


def main() -> None:
    chosen = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    try:
        command_line(chosen)(prog_name="gapura")
    except StartRefused as refused:
        sys.exit(f"gapura: {refused}")
