"""The programme's own dates and names, read from `programme.yml` at the project's root."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import yaml

FILE = Path(__file__).resolve().parents[1] / "programme.yml"


@dataclass(frozen=True)
class Mark:
    """A day that every time axis shows, with the words beside it."""

    day: date
    label: str


@dataclass(frozen=True)
class Period:
    """A stretch of month ends, both ends included; `None` is open."""

    key: str
    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        """Whether the day lies in the period."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Programme:
    """What the pages need to know of the programme. All days are calendar days."""

    name: str
    service: str
    old_la_code: str
    region: str
    programme_end: date
    funded_from: date
    funded_to: date
    baseline_from: date
    baseline_to: date
    marks: tuple[Mark, ...]
    verdict_rule: str = ""

    @property
    def periods(self) -> tuple[Period, ...]:
        """The ready-made comparison: whole record, before, during and after the programme."""
        eve = self.funded_from - timedelta(days=1)
        return (
            Period("Whole record", None, None),
            Period("Before", None, eve),
            Period("During", self.funded_from, self.programme_end),
            Period("After", self.programme_end + timedelta(days=1), None),
        )


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _first_of_month(value: object) -> date:
    year, month = (int(part) for part in str(value).split("-")[:2])
    return date(year, month, 1)


def _last_of_month(value: object) -> date:
    first = _first_of_month(value)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


@lru_cache(maxsize=4)
def load(file: Path = FILE) -> Programme:
    """Read the file. A missing key raises `KeyError` with the key's name."""
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    end = _day(said["programme_end"])
    events = [Mark(_day(event["date"]), str(event["label"])) for event in said["events"]]
    return Programme(
        name=str(said["name"]),
        service=str(said.get("service", said["name"])),
        old_la_code=str(said["old_la_code"]),
        region=str(said.get("region", "South East")),
        programme_end=end,
        funded_from=_first_of_month(said["funding"]["from"]),
        funded_to=_last_of_month(said["funding"]["to"]),
        baseline_from=_first_of_month(said["baseline"]["from"]),
        baseline_to=_last_of_month(said["baseline"]["to"]),
        marks=(Mark(end, "Programme ends"), *events),
        verdict_rule=" ".join(str((said.get("verdict") or {}).get("rule", "")).split()),
    )
