"""The stream of people, household by household."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from gapura.identity.citizen import ADULT_AGE, Citizen, Citizenship, MaritalStatus, Relation, Sex, Status
from gapura.registry.synth.births import SEXES, Births, Person
from gapura.registry.synth.draw import Draw
from gapura.registry.synth.life import education, occupation
from gapura.registry.synth.places import Village, places
from gapura.registry.synth.plans import Plan, plan

MOVES_OUT = 26  # the age at which children found households of their own
FIRST_BIRTH, LAST_BIRTH = (20, 30), 43  # of mothers
_STREETS = """
MERDEKA, SUDIRMAN, DIPONEGORO, KARTINI, AHMAD YANI, GATOT SUBROTO, PAHLAWAN, MELATI, MAWAR, KENANGA, ANGGREK, CEMPAKA,
FLAMBOYAN, PEMUDA, VETERAN, PATTIMURA, HASANUDDIN, TEUKU UMAR, IMAM BONJOL, GAJAH MADA"""
STREETS = tuple(f"JL. {name.strip()}" for name in _STREETS.split(","))


def people(seed: int, today: date) -> Iterator[Citizen]:
    """People without end; the same seed and day give the same people."""
    draw = Draw(seed)
    births = Births(draw, today)
    number = 0
    while True:
        yield from Household(births, plan(draw, number), places().pick(draw)).citizens()
        number += 1


@dataclass(frozen=True, slots=True)
class Member:
    person: Person
    relation: Relation
    marital_status: MaritalStatus
    status: Status = Status.ACTIVE
    merged_into: str | None = None


class Household:
    """One plan carried out at one place."""

    def __init__(self, births: Births, its: Plan, place: Village) -> None:
        self._births, self._draw, self._today = births, births.draw, births.today
        self._its, self._place = its, place

    def citizens(self) -> Iterator[Citizen]:
        head, spouse = self._head, self._spouse
        yield from self._on_a_card(self._family(head, spouse))
        if spouse and self._its.head is MaritalStatus.DIVORCED:
            yield from self._on_a_card([Member(spouse, Relation.HEAD, MaritalStatus.DIVORCED)])
        if self._its.duplicate:
            twice = self._births.again(head, self._place)
            twice.full_name = head.full_name
            yield from self._on_a_card(
                [Member(twice, Relation.OTHER, self._its.head, Status.DUPLICATE, head.nik)]
            )

    def _family(self, head: Person, spouse: Person | None) -> Iterator[Member]:
        its = self._its
        yield Member(head, Relation.HEAD, its.head, its.head_status)
        if spouse and its.head is not MaritalStatus.DIVORCED:
            relation = Relation.WIFE if spouse.sex is Sex.FEMALE else Relation.HUSBAND
            status = Status.DECEASED if its.head is MaritalStatus.WIDOWED else Status.ACTIVE
            yield Member(spouse, relation, MaritalStatus.MARRIED, status)
        if spouse:
            yield from self._children(head, spouse)
        if self._grandmother:
            yield Member(self._grandmother, Relation.PARENT, MaritalStatus.WIDOWED)

    @cached_property
    def _head(self) -> Person:
        its, draw = self._its, self._draw
        woman = its.head is MaritalStatus.WIDOWED or (
            its.head is not MaritalStatus.MARRIED and draw.chance(0.45)
        )
        born = self._leap_day() if its.leap_day else self._births.years_ago(its.head_age)
        sex = Sex.FEMALE if woman else Sex.MALE
        head = self._births.founder(sex, born, self._birth_place(), orphan=its.grandparent > 0)
        if its.single_name:
            head.full_name = head.culture.single_name(draw, sex)
        if its.long_name:
            head.full_name = head.culture.long_name(draw, sex)
        if self._grandmother:
            head.mother_nik, head.mother_name = self._grandmother.nik, self._grandmother.full_name
        return head

    @cached_property
    def _spouse(self) -> Person | None:
        its, head = self._its, self._head
        if its.head is MaritalStatus.SINGLE:
            return None
        years = self._draw.between(-1, 6)  # that the husband is older
        age = max(its.head_age + (years if head.sex is Sex.FEMALE else -years), ADULT_AGE + 2)
        sex = Sex.MALE if head.sex is Sex.FEMALE else Sex.FEMALE
        alike = head.culture if self._draw.chance(0.85) else None
        spouse = self._births.founder(sex, self._births.years_ago(age), self._birth_place(), alike)
        spouse.religion = head.religion
        if age >= 2 * FIRST_BIRTH[0] and its.head is not MaritalStatus.DIVORCED:
            self._births.remember(*self._parents(head, spouse))
        return spouse

    @cached_property
    def _grandmother(self) -> Person | None:
        if not self._its.grandparent:
            return None
        age = max(self._its.grandparent, self._its.head_age + FIRST_BIRTH[0])
        return self._births.founder(Sex.FEMALE, self._births.years_ago(age), self._place, orphan=True)

    def _children(self, head: Person, spouse: Person) -> Iterator[Member]:
        mother, father = self._parents(head, spouse)
        for order, born in enumerate(self._birth_dates(mother)):
            age = (self._today - born).days // 365
            status = self._its.child_status if order == 0 and age > ADULT_AGE else Status.ACTIVE
            if age >= MOVES_OUT and status is Status.ACTIVE:
                continue
            child = self._births.child(mother, father, born, self._draw.pick(SEXES), order, self._place)
            yield Member(child, Relation.CHILD, MaritalStatus.SINGLE, status)

    def _birth_dates(self, mother: Person) -> Iterator[date]:
        its, draw, today = self._its, self._draw, self._today
        left = its.children
        if its.birthday_age:
            yield _anniversary(today, its.birthday_age)
            left -= 1
        day = mother.birth_date.toordinal() + draw.between(FIRST_BIRTH[0] * 366, FIRST_BIRTH[1] * 366)
        last = min(today.toordinal(), mother.birth_date.toordinal() + LAST_BIRTH * 365)
        if its.birthday_age:
            day = max(day, today.toordinal() - (its.birthday_age - 2) * 365)
        for nth in range(left):
            if day > last:
                return
            yield date.fromordinal(day)
            if not (its.twins and nth == 0):
                day += draw.between(500, 1900)

    def _parents(self, head: Person, spouse: Person) -> tuple[Person, Person]:
        """Mother and father."""
        return (head, spouse) if head.sex is Sex.FEMALE else (spouse, head)

    def _birth_place(self) -> Village:
        return self._place if self._draw.chance(0.7) else places().pick(self._draw)

    def _leap_day(self) -> date:
        year = self._today.year - self._its.head_age
        return date(year - year % 4, 2, 29)

    def _on_a_card(self, members: Iterator[Member] | list[Member]) -> Iterator[Citizen]:
        draw, place = self._draw, self._place
        kk = self._births.kk(place, self._births.years_ago(draw.below(12)))
        line = f"{draw.pick(STREETS)} NO. {draw.between(1, 250)}"
        rt, rw = f"{draw.between(1, 15):03}", f"{draw.between(1, 20):03}"
        for member in members:
            yield self._citizen(member, kk, (line, rt, rw, place.region_code, place.postal_code))

    def _citizen(self, member: Member, kk: str, address: tuple[str, str, str, str, str]) -> Citizen:
        person = member.person
        age = (self._today - person.birth_date).days * 100 // 36525
        return Citizen(
            person.nik,
            kk,
            person.full_name,
            person.birth_place,
            person.birth_date,
            person.sex,
            person.blood_type,
            person.religion,
            member.marital_status,
            occupation(self._draw, age, person.sex),
            education(self._draw, age),
            Citizenship.INDONESIAN,
            *address,
            member.relation,
            person.mother_nik,
            person.mother_name,
            person.father_nik,
            person.father_name,
            member.status,
            member.merged_into,
        )


def _anniversary(today: date, years: int) -> date:
    """The day that is so many years ago today; 1 March where 29 February is none."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return date(today.year - years, 3, 1)
