"""One scenario, measured: warmed up, then rounds in which the servers take turns at the same work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from bench.cost import Stores, cpu_of, memory_of, spent, tree
from bench.load import Load
from bench.scenarios import Scenario
from bench.targets import Target

WARM = {"gapura": 500, "node": 2000, "django": 60}  # V8 needs that many to compile what is hot
SHARE = {"gapura": 1.0, "node": 1.0, "django": 0.1}  # of a round's requests
LONE = 20


@dataclass(frozen=True, slots=True)
class Round:
    """Per request: CPU in µs, and what the stores were asked for."""

    server: float
    postgres: float
    valkey: float
    statements: float
    commands: float
    per_second: float
    latency: float


@dataclass(slots=True)
class Measured:
    """`rounds` by server; `lone` is what Gapura's request costs the stores when it comes alone."""

    rounds: dict[str, list[Round]] = field(default_factory=dict)
    lone: tuple[float, float] = (0.0, 0.0)
    memory: dict[str, float] = field(default_factory=dict)

    def middle(self, server: str, name: str) -> float | None:
        rounds = self.rounds.get(server)
        return median(getattr(one, name) for one in rounds) if rounds else None

    def ratios(self, peer: str) -> list[float]:
        """Round by round, how many times what Gapura needs the peer needs."""
        pairs = zip(self.rounds.get("gapura", []), self.rounds.get(peer, []), strict=False)
        return [theirs.server / ours.server for ours, theirs in pairs]


def measure(
    scenario: Scenario, targets: Mapping[str, Target], load: Load, stores: Stores, rounds: int
) -> Measured:
    measured = Measured()
    takes_part = {n: t for n, t in targets.items() if n == "gapura" or n in scenario.peers}
    for name, target in takes_part.items():
        warm = min(WARM[name], scenario.requests) if name != "node" else WARM[name]
        load.drive(target.port, scenario.prepare(target, load, warm))
    if "gapura" in targets:
        measured.lone = _alone(scenario, targets["gapura"], load, stores)
    for _ in range(rounds):
        for name, target in takes_part.items():
            count = max(32, int(scenario.requests * SHARE[name]))
            measured.rounds.setdefault(name, []).append(_round(scenario, target, load, stores, count))
    for name, target in takes_part.items():
        measured.memory[name] = memory_of(target.pids)
    return measured


def _alone(scenario: Scenario, target: Target, load: Load, stores: Stores) -> tuple[float, float]:
    chains = scenario.prepare(target, load, LONE)
    before = stores.counts(target.database)
    load.drive(target.port, chains, in_flight=1)
    asked = stores.counts(target.database) - before
    return asked.statements / LONE, asked.commands / LONE


def _round(scenario: Scenario, target: Target, load: Load, stores: Stores, count: int) -> Round:
    chains = scenario.prepare(target, load, count)
    groups = target.pids, tree(stores.postgres), [stores.valkey]
    counts, before = stores.counts(target.database), [cpu_of(group) for group in groups]
    driven = load.drive(target.port, chains)
    groups = target.pids, tree(stores.postgres), [stores.valkey]
    server, postgres, valkey = (
        spent(then, cpu_of(group)) / count for then, group in zip(before, groups, strict=True)
    )
    asked = stores.counts(target.database) - counts
    scenario.check(target, driven)
    ordered = sorted(driven.latencies)
    return Round(
        server=server,
        postgres=postgres,
        valkey=valkey,
        statements=asked.statements / count,
        commands=asked.commands / count,
        per_second=count / driven.seconds,
        latency=ordered[len(ordered) // 2] * 1000,
    )
