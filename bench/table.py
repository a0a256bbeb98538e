"""The table, and what of it misses its mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from bench.measure import Measured
from bench.scenarios import Scenario
from bench.targets import Target

HEAD = (
    "endpoint", "Gapura µs", "node µs", "node ÷ Gapura", "Django µs", "budget", "statements alone / of 32",
    "Valkey alone / of 32", "PostgreSQL µs", "Valkey µs", "per s", "p50 ms",
)  # fmt: skip
SLACK = 1.5
NOISE = 1.15  # what two runs of the same differ by


def table(
    scenarios: Sequence[Scenario], results: Mapping[str, Measured], targets: Mapping[str, Target]
) -> str:
    rows = [HEAD, *(_row(one, results[one.name]) for one in scenarios)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    most: dict[str, float] = {}
    for measured in results.values():
        for name, mib in measured.memory.items():
            most[name] = max(mib, most.get(name, 0.0))
    memory = ", ".join(f"{targets[name].name} {mib:.0f}" for name, mib in most.items())
    return "\n".join([*lines, "", f"Memory per server at its most, MiB: {memory}"])


def failures(scenarios: Sequence[Scenario], results: Mapping[str, Measured]) -> list[str]:
    """Counts are exact and gate; CPU is held against node and the budget."""
    found = []
    for one in scenarios:
        measured = results[one.name]
        statements, commands = measured.lone
        cpu, ratios = measured.middle("gapura", "server") or 0.0, measured.ratios("node")
        if statements > one.statements:
            found.append(f"{one.name}: {statements:g} statements, at most {one.statements}")
        if commands > one.commands:
            found.append(f"{one.name}: {commands:g} Valkey calls, at most {one.commands}")
        if one.budget is not None and cpu > SLACK * one.budget:
            found.append(f"{one.name}: {cpu:.0f} µs, at most {SLACK:g} × {one.budget}")
        if ratios and median(ratios) * NOISE < 1:
            found.append(f"{one.name}: node needs {median(ratios):.2f} of what Gapura needs")
    return found


def _row(scenario: Scenario, measured: Measured) -> tuple[str, ...]:
    def of(name: str, server: str = "gapura", digits: int = 0) -> str:
        value = measured.middle(server, name)
        return "–" if value is None else f"{value:.{digits}f}"

    ratios = sorted(measured.ratios("node"))
    ratio = f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})" if ratios else "–"
    statements, commands = measured.lone
    return (
        scenario.name,
        of("server"),
        of("server", "node"),
        ratio,
        of("server", "django"),
        str(scenario.budget or "–"),
        f"{statements:g} / {of('statements', digits=2)}",
        f"{commands:g} / {of('commands', digits=2)}",
        of("postgres"),
        of("valkey"),
        of("per_second"),
        of("latency", digits=1),
    )
