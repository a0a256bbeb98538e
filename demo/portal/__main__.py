"""`python -m demo.portal tax --issuer http://localhost:8000 --port 8001 --home .gapura`."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from demo.portal import create_portal, load_portal, portal_names


def main() -> None:
    parser = argparse.ArgumentParser(prog="demo.portal", description="Run one of the demo's agency portals.")
    parser.add_argument("name", choices=portal_names())
    parser.add_argument("--issuer", default="http://localhost:8000")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--home", type=Path, default=Path(".gapura"))
    told = parser.parse_args()
    portal = load_portal(told.name, issuer=told.issuer, port=told.port, home=told.home)
    uvicorn.run(
        create_portal(portal),
        host="127.0.0.1",
        port=told.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
