"""A person as the civil registry knows them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from operator import attrgetter

import orjson

from gapura.identity.nik import FEMALE_DAY, SYNTHETIC_MONTH, Sex, masked

__all__ = [
    "ADULT_AGE",
    "Citizen",
    "Citizenship",
    "Education",
    "MaritalStatus",
    "Relation",
    "Religion",
    "Sex",
    "Status",
]

ADULT_AGE = 17
"""From this age on a person has an identity card and may have an account (UU 24/2013 article 63)."""

RECORD_FORMAT = 1


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    DECEASED = "DECEASED"
    MOVED_ABROAD = "MOVED_ABROAD"
    DUPLICATE = "DUPLICATE"
    REVOKED = "REVOKED"


class Religion(StrEnum):
    ISLAM = "ISLAM"
    PROTESTANT = "PROTESTANT"
    CATHOLIC = "CATHOLIC"
    HINDU = "HINDU"
    BUDDHIST = "BUDDHIST"
    CONFUCIAN = "CONFUCIAN"
    BELIEF = "BELIEF"  # kepercayaan terhadap Tuhan Yang Maha Esa


class MaritalStatus(StrEnum):
    SINGLE = "SINGLE"
    MARRIED = "MARRIED"
    DIVORCED = "DIVORCED"
    WIDOWED = "WIDOWED"


class Relation(StrEnum):
    """To the head of the family on the card (KK)."""

    HEAD = "HEAD"
    HUSBAND = "HUSBAND"
    WIFE = "WIFE"
    CHILD = "CHILD"
    CHILD_IN_LAW = "CHILD_IN_LAW"
    GRANDCHILD = "GRANDCHILD"
    PARENT = "PARENT"
    PARENT_IN_LAW = "PARENT_IN_LAW"
    RELATIVE = "RELATIVE"
    DOMESTIC = "DOMESTIC"
    OTHER = "OTHER"


class Education(StrEnum):
    """The highest that was finished, in the registry's ten steps."""

    NONE = "NONE"
    PRIMARY_UNFINISHED = "PRIMARY_UNFINISHED"
    PRIMARY = "PRIMARY"
    JUNIOR_SECONDARY = "JUNIOR_SECONDARY"
    SENIOR_SECONDARY = "SENIOR_SECONDARY"
    DIPLOMA_2 = "DIPLOMA_2"
    DIPLOMA_3 = "DIPLOMA_3"
    BACHELOR = "BACHELOR"
    MASTER = "MASTER"
    DOCTORATE = "DOCTORATE"


class Citizenship(StrEnum):
    INDONESIAN = "WNI"
    FOREIGN = "WNA"


@dataclass(frozen=True, slots=True, repr=False)
class Citizen:
    """Every registry attribute; None or an empty text where the registry knows nothing.

    A new attribute goes to the end with a default, for records are read by position.
    """

    nik: str
    kk: str
    full_name: str
    birth_place: str
    birth_date: date
    sex: Sex
    blood_type: str | None
    religion: Religion | None
    marital_status: MaritalStatus
    occupation: str
    education: Education | None
    citizenship: Citizenship
    address_line: str
    rt: str
    rw: str
    region_code: str  # Kemendagri's, of the village: 31.71.01.1001
    postal_code: str
    relation: Relation
    mother_nik: str | None
    mother_name: str
    father_nik: str | None
    father_name: str
    status: Status
    merged_into: str | None  # the survivor's NIK; for DUPLICATE alone

    def to_record(self) -> bytes:
        """The bytes that are sealed: equal citizens give equal bytes."""
        return orjson.dumps((RECORD_FORMAT, *_VALUES(self)))

    @classmethod
    def from_record(cls, record: bytes) -> Citizen:
        """Raises ValueError for a format that this version does not know."""
        number, *values = orjson.loads(record)
        if number != RECORD_FORMAT:
            raise ValueError(f"citizen record of format {number}")
        for position, read in _READ:
            if values[position] is not None:
                values[position] = read(values[position])
        return cls(*values)

    def age(self, today: date) -> int:
        """In full years; who is born on 29 February has the birthday on 1 March in other years."""
        before = (today.month, today.day) < (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - before

    def of_age(self, today: date) -> bool:
        return self.age(today) >= ADULT_AGE or self.marital_status is not MaritalStatus.SINGLE

    def flags(self) -> tuple[str, ...]:
        """Where the NIK's hints and the registry's columns differ: a look is due, the columns are right."""
        day, month, year = int(self.nik[6:8]), int(self.nik[8:10]), int(self.nik[10:12])
        female = day > FEMALE_DAY
        flags = []
        born = self.birth_date
        if (day - FEMALE_DAY * female, month % SYNTHETIC_MONTH, year) != (
            born.day,
            born.month,
            born.year % 100,
        ):
            flags.append("birth_date_differs")
        if female != (self.sex is Sex.FEMALE):
            flags.append("sex_differs")
        return tuple(flags)

    def __repr__(self) -> str:
        return f"Citizen({masked(self.nik)}, {self.status})"

    __str__ = __repr__


_NAMES = tuple(field.name for field in fields(Citizen))
_VALUES = attrgetter(*_NAMES)
_READ = tuple(
    (_NAMES.index(name), read)
    for name, read in {
        "birth_date": date.fromisoformat,
        "sex": Sex,
        "religion": Religion,
        "marital_status": MaritalStatus,
        "education": Education,
        "citizenship": Citizenship,
        "relation": Relation,
        "status": Status,
    }.items()
)
