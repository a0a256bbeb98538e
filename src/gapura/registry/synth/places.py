"""Where synthetic people live: the villages that Gapura ships, weighted by province, and who lives there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from gapura.registry.regions import shipped_regions
from gapura.registry.synth.draw import Draw, Weighted
from gapura.registry.synth.naming import Culture, cultures

ELSEWHERE = {"malay": 55.0, "javanese": 35.0, "chinese": 10.0}

# Province → its weight (people, in millions) and the cultures of those who live there.
PROVINCES: Mapping[str, tuple[float, Mapping[str, float]]] = {
    "11": (5.5, {"malay": 92, "javanese": 8}),
    "12": (15, {"batak": 50, "malay": 20, "javanese": 24, "chinese": 6}),
    "13": (5.7, {"minang": 95, "batak": 3, "javanese": 2}),
    "14": (6.6, {"malay": 60, "minang": 20, "javanese": 14, "batak": 6}),
    "31": (10.7, {"betawi": 30, "javanese": 34, "sundanese": 15, "chinese": 8, "batak": 7, "minang": 6}),
    "32": (49, {"sundanese": 82, "javanese": 12, "betawi": 3, "chinese": 2, "batak": 1}),
    "33": (37, {"javanese": 97, "chinese": 3}),
    "34": (3.7, {"javanese": 98, "chinese": 2}),
    "35": (41, {"javanese": 96, "chinese": 3, "malay": 1}),
    "36": (12, {"sundanese": 60, "betawi": 20, "javanese": 15, "chinese": 5}),
    "51": (4.4, {"balinese": 88, "javanese": 10, "chinese": 2}),
    "52": (5.5, {"malay": 90, "balinese": 7, "javanese": 3}),
    "53": (5.5, {"eastern": 95, "bugis": 5}),
    "61": (5.5, {"malay": 72, "chinese": 16, "javanese": 12}),
    "71": (2.7, {"eastern": 88, "chinese": 7, "bugis": 5}),
    "73": (9.2, {"bugis": 93, "eastern": 4, "chinese": 3}),
    "81": (1.9, {"eastern": 80, "bugis": 20}),
    "91": (1.1, {"eastern": 80, "bugis": 12, "javanese": 8}),
    "96": (0.6, {"eastern": 80, "bugis": 12, "javanese": 8}),
}


@dataclass(frozen=True, slots=True)
class Village:
    """A village; `district` is the first six digits of the NIKs registered there."""

    region_code: str
    district: str
    city: str
    postal_code: str
    cultures: Weighted[str]

    def culture(self, draw: Draw) -> Culture:
        return cultures()[self.cultures.pick(draw)]


@cache
def places() -> Weighted[Village]:
    regions = {region.code: region.name for region in shipped_regions()}
    villages = [code for code in regions if code.count(".") == 3]  # noqa: PLR2004 -- province, regency, district, village
    in_province = {
        province: sum(code.startswith(province) for code in villages)
        for province in {c[:2] for c in villages}
    }
    return Weighted(
        {_place(code, regions[code[:5]]): _weight(code[:2]) / in_province[code[:2]] for code in villages}
    )


def _place(code: str, regency: str) -> Village:
    _, weights = PROVINCES.get(code[:2], (0, ELSEWHERE))
    digits = code.replace(".", "")
    city = regency.upper().removeprefix("KOTA ADMINISTRASI ").removeprefix("KOTA ").removeprefix("KABUPATEN ")
    # Of the right form and the same for neighbours, which is all that is asked of it.
    return Village(
        code, digits[:6], city, f"{digits[0]}{digits[3:5]}{digits[5]}{digits[9]}", Weighted(weights)
    )


def _weight(province: str) -> float:
    return PROVINCES.get(province, (3.0, ELSEWHERE))[0]
