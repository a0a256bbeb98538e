"""Names put together from the words of a culture (`data/names.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from gapura.identity.citizen import Religion, Sex
from gapura.registry.synth.draw import Draw, Weighted

LONG_NAME = 60


@dataclass(frozen=True, slots=True)
class Culture:
    """`family` names pass from the father; `birth_order` names tell the place among the children."""

    name: str
    religions: Weighted[Religion]
    first: Mapping[Sex, Sequence[str]]
    last: Mapping[Sex, Sequence[str]]
    article: Mapping[Sex, str]
    family: Sequence[str]
    birth_order: Sequence[str]
    single: float

    def full_name(self, draw: Draw, sex: Sex, family: str, order: int) -> str:
        """`order` counts the children from 0."""
        if self.birth_order:
            rank = self.birth_order[order % len(self.birth_order)]
            return f"{self.article[sex]} {rank} {draw.pick(self.first[sex])} {draw.pick(self.last[sex])}"
        words = [draw.pick(self.first[sex])]
        if draw.chance(self.single):
            return words[0]
        if not family or draw.chance(0.5):
            words.append(draw.pick(self.last[sex]))
        if family:
            words.append(family)
        return " ".join(words)

    def single_name(self, draw: Draw, sex: Sex) -> str:
        return draw.pick(self.first[sex])

    def long_name(self, draw: Draw, sex: Sex) -> str:
        """As long as the longest that people really bear: 60 letters and blanks."""
        words = sorted({*self.first[sex], *self.last[sex]})
        of_length: dict[int, list[str]] = {}
        for word in words:
            of_length.setdefault(len(word), []).append(word)
        while True:
            name = draw.pick(words)
            while len(name) < LONG_NAME - max(of_length) - 1:
                name += " " + draw.pick(words)
            if ending := of_length.get(LONG_NAME - len(name) - 1):
                return f"{name} {draw.pick(ending)}"


@cache
def cultures() -> Mapping[str, Culture]:
    text = files("gapura.registry").joinpath("data/names.toml").read_text("utf-8")
    return {name: _culture(name, row) for name, row in tomllib.loads(text).items()}


def _culture(name: str, row: Mapping[str, Any]) -> Culture:
    def words(key: str) -> tuple[str, ...]:
        return tuple(row.get(key, "").split())

    return Culture(
        name,
        Weighted({Religion(religion): weight for religion, weight in row["religions"].items()}),
        {Sex.MALE: words("male"), Sex.FEMALE: words("female")},
        {Sex.MALE: words("male_last"), Sex.FEMALE: words("female_last")},
        {Sex.MALE: row.get("male_first", ""), Sex.FEMALE: row.get("female_first", "")},
        tuple(word.replace("-", " ") for word in words("family")),
        tuple(row.get("birth_order", ())),
        row["single"],
    )
