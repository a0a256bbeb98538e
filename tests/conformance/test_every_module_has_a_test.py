"""Every module of the Foundation's plans has a test that is named after it.

Named after it is a function `test_` with the module's name in lower case and with underscores (`fapi2_` for the long prefix
of FAPI 2.0), or a case of a function whose id holds that name between its dashes. Other tests beside it carry longer names.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.plans import PLANS, Plan, called

HERE = Path(__file__).parent
NODE = re.compile(r".*/(?P<file>\w+\.py)::test_(?P<function>\w+)(?:\[(?P<case>.*)\])?")


@pytest.fixture(scope="module")
def names() -> dict[str, set[str]]:
    """By file: the names of its functions, and the parts of its cases' ids."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(HERE)]
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=True)
    found: dict[str, set[str]] = {}
    for line in done.stdout.splitlines():
        if node := NODE.fullmatch(line):
            of_file = found.setdefault(node["file"], set())
            of_file.add(node["function"])
            of_file.update((node["case"] or "").split("-"))
    return found


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_every_module_of_the_plan_has_a_test(plan: Plan, names: dict[str, set[str]]) -> None:
    written = set().union(*(names[file] for file in plan.tests))
    missing = [module for module in plan.modules if called(module) not in written]
    assert not missing, f"{plan.name}: no test for {', '.join(missing)}"


def test_what_is_left_out_has_its_reason_and_is_not_run_all_the_same() -> None:
    for plan in PLANS.values():
        assert all(plan.left_out.values())
        assert not set(plan.modules) & plan.left_out.keys()
        assert len(set(plan.modules)) == len(plan.modules)
