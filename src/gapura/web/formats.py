"""Dates, times, numbers and sums of money as Indonesians write them, in the language of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date, format_datetime, get_timezone
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from gapura.values import Instant
from gapura.web.labels import LABELS
from gapura.web.locale import Language

WIB = "Asia/Jakarta"
ZONES: Mapping[str, str] = {"WIB": WIB, "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}

DAYS_OF_YEAR = 365
DAYS_OF_MONTH = 30
GROUP = 4


@dataclass(frozen=True, slots=True)
class Formats:
    """The filters of one language's templates; clocks show `zone`, Jakarta's by default."""

    language: Language
    zone: str = WIB

    def long_date(self, value: date) -> str:
        """`17 Mei 1990`; of an instant the day in this zone."""
        return format_date(self._here(value), "d MMMM y", locale=self.language.locale)

    def short_date(self, value: date) -> str:
        """`17 Mei 1990` with the month's short name, for tables."""
        return format_date(self._here(value), "d MMM y", locale=self.language.locale)

    def time(self, value: Instant) -> str:
        """`15.05 WIB`."""
        return format_datetime(value, "HH.mm z", tzinfo=get_timezone(self.zone), locale=self.language.locale)

    def instant(self, value: Instant) -> str:
        """`24 November 2026, 15.05 WIB`."""
        return f"{self.long_date(value)}, {self.time(value)}"

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.language.locale)

    def rupiah(self, value: int) -> str:
        """`Rp 1.250.000`: whole rupiahs, nobody pays in sen."""
        return format_currency(
            value, "IDR", "¤\u00a0#,##0", locale=self.language.locale, currency_digits=False
        )

    def duration(self, days: int) -> str:
        """Whole years or months where it is exactly that, `5 tahun`, else days: it is a legal limit."""
        for length, unit in ((DAYS_OF_YEAR, "duration-year"), (DAYS_OF_MONTH, "duration-month")):
            if days and days % length == 0:
                return format_unit(days // length, unit, locale=self.language.locale)
        return format_unit(days, "duration-day", locale=self.language.locale)

    def attribute(self, value: date | str | None, name: str) -> str:
        """The value of a registry attribute as its owner reads it."""
        if isinstance(value, str) and value:
            if name in LABELLED_VALUES:
                return self.language.say(LABELS[LABELLED_VALUES[name]].get(value, value))
            return GROUPED[name](value) if name in GROUPED else value
        return self.shown(value)

    def shown(self, value: date | str | None) -> str:
        """A registry value of any kind, ready to be read."""
        if value is None or value == "":
            return "—"
        return self.long_date(value) if isinstance(value, date) else value

    def _here(self, value: date) -> date:
        return value.astimezone(get_timezone(self.zone)) if isinstance(value, datetime) else value

    @property
    def filters(self) -> Mapping[str, Callable[..., str]]:
        return {
            "attribute": self.attribute,
            "duration": self.duration,
            "date": self.long_date,
            "short_date": self.short_date,
            "time": self.time,
            "instant": self.instant,
            "number": self.number,
            "rupiah": self.rupiah,
            "shown": self.shown,
            "nik": nik,
            "in_fours": in_fours,
            "phone": phone,
        }


def in_fours(text: str, gap: str = " ") -> str:
    """For people who compare a number with a card, or type a key."""
    return gap.join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def nik(digits: str) -> str:
    """In fours that stay on one line; a masked one likewise."""
    return in_fours(digits, "\u00a0")


def on_one_line(address: str) -> str:
    return ", ".join(address.splitlines())


def phone(number: str) -> str:
    """`+6281234567890` as `+62 812-3456-7890`; another country's number stays as it is."""
    if not number.startswith("+62"):
        return number
    local = number.removeprefix("+62")
    groups = (local[:3], *(local[at : at + 4] for at in range(3, len(local), 4)))
    return f"+62 {'-'.join(filter(None, groups))}"


# Attributes whose values are words of `web/labels.py`, and numbers that are read in groups.
LABELLED_VALUES = {
    "gender": "sex",
    "sex": "sex",
    "religion": "religion",
    "marital_status": "marital_status",
    "relation": "relation",
    "education": "education",
    "citizenship": "citizenship",
    "status": "citizen_status",
}
GROUPED: Mapping[str, Callable[[str], str]] = {"nik": nik, "kk": nik, "phone": phone, "address": on_one_line}
