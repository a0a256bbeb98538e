"""`python -m bench`: every scenario on Gapura and its peers in alternating rounds, and the table."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from bench.load import run_load
from bench.measure import Measured, measure
from bench.scenarios import SCENARIOS, check_replays
from bench.table import failures, table
from bench.targets import RUNNERS, Missing, Target, run_stores
from gapura.errors import StartRefused


def main() -> int:
    options = _options()
    with ExitStack() as stack:
        try:
            stores = stack.enter_context(run_stores(options.home))
        except StartRefused as refused:
            sys.exit(str(refused))
        load = stack.enter_context(run_load())
        targets: dict[str, Target] = {}
        for name in ("gapura", *options.peers):
            try:
                targets[name] = stack.enter_context(RUNNERS[name](stores, options.home))
            except Missing as missing:
                print(f"skipped: {missing}", flush=True)
        chosen = [one for one in SCENARIOS if not options.only or any(o in one.name for o in options.only)]
        results: dict[str, Measured] = {}
        for scenario in chosen:
            print(f"· {scenario.name}", flush=True)
            results[scenario.name] = measure(scenario, targets, load, stores, options.rounds)
        for target in targets.values():
            check_replays(target, load)
        print(table(chosen, results, targets))
        missed = failures(chosen, results)
        for line in missed:
            print(f"missed: {line}")
        return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", default=[], help="part of a scenario's name")
    parser.add_argument(
        "--peers", type=lambda text: [p for p in text.split(",") if p], default=["node", "django"]
    )
    home = Path(os.environ.get("GAPURA_HOME") or ".gapura") / "bench"
    parser.add_argument("--home", type=Path, default=home)
    options = parser.parse_args()
    options.home = options.home.resolve()  # the peers run in folders of their own
    return options


if __name__ == "__main__":
    sys.exit(main())
