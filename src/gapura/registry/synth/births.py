"""Births: numbers that nobody else has, names by culture, and parents who are old enough."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date

from gapura.identity.citizen import Religion, Sex
from gapura.identity.nik import FEMALE_DAY, SYNTHETIC_MONTH
from gapura.registry.seen import SeenNiks
from gapura.registry.synth.draw import Draw
from gapura.registry.synth.naming import Culture
from gapura.registry.synth.places import Village

DAYS_IN_YEAR = 365.2425
SEXES = (Sex.MALE, Sex.FEMALE)
BLOOD_TYPES = ("O", "O", "A", "B", "AB", "O+", "A+", "B+", None, None, None)


@dataclass(slots=True)
class Person:
    """Somebody who was born; where the household puts them is not said here."""

    nik: str
    full_name: str
    birth_place: str
    birth_date: date
    sex: Sex
    blood_type: str | None
    religion: Religion
    culture: Culture
    family: str
    mother_nik: str | None = None
    mother_name: str = ""
    father_nik: str | None = None
    father_name: str = ""


@dataclass(slots=True)
class Births:
    draw: Draw
    today: date
    _niks: SeenNiks = field(default_factory=SeenNiks)
    _kks: SeenNiks = field(default_factory=SeenNiks)
    _couples: deque[tuple[Person, Person]] = field(default_factory=lambda: deque(maxlen=200))

    def years_ago(self, age: int) -> date:
        """A day on which somebody who is `age` today may have been born, mostly not today itself."""
        days = int(age * DAYS_IN_YEAR) + self.draw.between(1, 364)
        return date.fromordinal(self.today.toordinal() - days)

    def founder(
        self, sex: Sex, born: date, place: Village, culture: Culture | None = None, *, orphan: bool = False
    ) -> Person:
        """Who begins a household; some are children of a couple from before, the others' parents stand by name only."""
        culture = culture or place.culture(self.draw)
        parents = None if orphan else self._parents_of(born, culture)
        if parents:
            return self.child(*parents, born, sex, self.draw.below(4), place)
        draw, family = self.draw, self.draw.pick(culture.family) if culture.family else ""
        person = self._born(sex, born, place, culture, culture.religions.pick(draw), family, draw.below(4))
        person.mother_name = culture.full_name(
            draw, Sex.FEMALE, draw.pick(culture.family) if family else "", draw.below(4)
        )
        person.father_name = culture.full_name(draw, Sex.MALE, family, draw.below(4))
        return person

    def child(
        self, mother: Person, father: Person, born: date, sex: Sex, order: int, place: Village
    ) -> Person:
        person = self._born(sex, born, place, father.culture, father.religion, father.family, order)
        person.mother_nik, person.mother_name = mother.nik, mother.full_name
        person.father_nik, person.father_name = father.nik, father.full_name
        return person

    def again(self, person: Person, place: Village) -> Person:
        """The same person registered a second time."""
        return self._born(
            person.sex, person.birth_date, place, person.culture, person.religion, person.family, 0
        )

    def remember(self, mother: Person, father: Person) -> None:
        """A couple whose grown children may begin households of their own."""
        self._couples.append((mother, father))

    def kk(self, place: Village, issued: date) -> str:
        stem = f"{place.district}{issued.day:02}{issued.month + SYNTHETIC_MONTH}{issued.year % 100:02}"
        return self._unused(self._kks, stem)

    def _parents_of(self, born: date, culture: Culture) -> tuple[Person, Person] | None:
        if not self._couples or self.draw.chance(0.4):
            return None
        mother, father = self.draw.pick(self._couples)
        fits = 19 <= born.year - mother.birth_date.year <= 42 and born.year > father.birth_date.year + 19  # noqa: PLR2004 -- ages
        return (mother, father) if fits and father.culture is culture else None

    def _born(  # noqa: PLR0917 -- what a birth certificate holds
        self,
        sex: Sex,
        born: date,
        place: Village,
        culture: Culture,
        religion: Religion,
        family: str,
        order: int,
    ) -> Person:
        day = born.day + (FEMALE_DAY if sex is Sex.FEMALE else 0)
        stem = f"{place.district}{day:02}{born.month + SYNTHETIC_MONTH}{born.year % 100:02}"
        return Person(
            nik=self._unused(self._niks, stem),
            full_name=culture.full_name(self.draw, sex, family, order),
            birth_place=place.city,
            birth_date=born,
            sex=sex,
            blood_type=self.draw.pick(BLOOD_TYPES),
            religion=religion,
            culture=culture,
            family=family,
        )

    def _unused(self, used: SeenNiks, stem: str) -> str:
        serial = self.draw.between(1, 3)
        while not used.add(number := f"{stem}{serial:04}"):
            serial += 1
        return number
