"""The NIK, Indonesia's population number: `PPKKCC DDMMYY SSSS`.

Region of first registration, birth date (women: day + 40) and a serial; there is no check digit, and it never changes.
What it says of region, birth date and sex is a hint: the registry's own columns are the truth.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

LENGTH = 16
FEMALE_DAY = 40
SYNTHETIC_MONTH = 80
"""Added to the month of everybody who does not exist, so that no test number is a real person's."""

_TYPED_BETWEEN = str.maketrans("", "", " .\t\u00a0")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Sex(StrEnum):
    MALE = "M"
    FEMALE = "F"


class NikRefused(ValueError):
    """`reason` is one of the codes of `REASONS`; neither it nor the text of this error holds a digit."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


REASONS = {
    "nik_digits": "a NIK has 16 digits",
    "nik_date": "the birth date in the NIK does not exist",
    "nik_serial": "the serial of a NIK is never 0000",
    "nik_synthetic": "the number of a synthetic person, which only the sandbox takes",
}


@dataclass(frozen=True, slots=True, repr=False)
class Nik:
    digits: str
    birth_date_hint: date = field(compare=False)
    sex_hint: Sex = field(compare=False)
    synthetic: bool = field(compare=False)

    @classmethod
    def parse(cls, text: str, *, today: date, sandbox: bool) -> Nik:
        """Read what a person typed or a file holds; blanks and dots between the digits are fine.

        Raises NikRefused.
        """
        digits = digits_of(text)
        if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
            raise NikRefused("nik_digits")
        try:
            day, month, sex, synthetic = _DAY_AND_MONTH[digits[6:10]]
            birth_date = _latest(int(digits[10:12]), month, day, today)
        except (KeyError, ValueError):
            raise NikRefused("nik_date") from None
        if digits.endswith("0000"):
            raise NikRefused("nik_serial")
        if synthetic and not sandbox:
            raise NikRefused("nik_synthetic")
        return cls(digits, birth_date, sex, synthetic)

    @property
    def district(self) -> str:
        return district_of(self.digits)

    def warnings(self, districts: Container[str]) -> tuple[str, ...]:
        """What deserves a look but is no reason to refuse: provinces split, and retired codes stay in use."""
        return () if self.district in districts else ("nik_region_unknown",)

    def __repr__(self) -> str:
        return f"Nik({masked(self.digits)})"

    __str__ = __repr__


def digits_of(text: str) -> str:
    """The text without what people type between digits."""
    return text if text.isdigit() else text.translate(_TYPED_BETWEEN)


def district_of(digits: str) -> str:
    """Kemendagri's code of the district of first registration, such as `31.71.01`."""
    return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}"


def masked(digits: str) -> str:
    """Only the serial shows: the rest says where and when a person was born."""
    return "•" * (LENGTH - 4) + digits[-4:]


def _latest(year: int, month: int, day: int, today: date) -> date:
    """The latest such date that is not in the future. Raises ValueError when there is none."""
    century = today.year // 100 * 100
    recent = (century + year, month, day)
    if recent > (today.year, today.month, today.day):
        return date(century - 100 + year, month, day)
    return date(*recent)


# `DDMM` as written → day, month, sex, synthetic: the whole of what those four digits can say.
_DAY_AND_MONTH = {
    f"{day + more_days:02}{month + more_months:02}": (day, month, sex, more_months > 0)
    for month, days in enumerate(_DAYS_IN_MONTH, start=1)
    for day in range(1, days + 1)
    for more_days, sex in ((0, Sex.MALE), (FEMALE_DAY, Sex.FEMALE))
    for more_months in (0, SYNTHETIC_MONTH)
}
