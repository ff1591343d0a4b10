"""Sickness absence: short ones, and long ones that keep people from their posts and groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.generate.streams import stream

YEAR_DAYS = 365.25
SATURDAY = 5
# Absences in a year of service; with their lengths they come to about seven working days a year.
ABSENCES_A_YEAR = 1.0
STRESS_SHARE = 0.16


@dataclass(frozen=True)
class Absence:
    """One spell of sickness, both days included."""

    employee_id: str
    start: date
    end: date
    is_stress: bool
    recorded_on: date
    was_recorded_short: bool  # the end was first written down a few days too early

    def weekdays_until(self, day: date) -> int:
        """Monday-to-Friday days from the start to the end, or to `day` where that comes first."""
        last = min(self.end, day)
        days = (last - self.start).days + 1
        whole, rest = divmod(max(days, 0), 7)
        extra = sum((self.start.weekday() + step) % 7 < SATURDAY for step in range(rest))
        return whole * 5 + extra


def absences_from(seed: int, employee_id: str, begins: date, until: date) -> list[Absence]:
    """The absences that somebody who begins on `begins` would have up to `until`, in order.

    They follow one another without overlapping. A later `until` only adds to them.
    """
    rng = stream(seed, "absence", employee_id, begins)
    found: list[Absence] = []
    day = begins
    while True:
        day += timedelta(days=1 + int(rng.expovariate(ABSENCES_A_YEAR / YEAR_DAYS)))
        is_stress = rng.random() < STRESS_SHARE
        if is_stress:
            length = 3 + int(rng.expovariate(1 / 32))
        elif rng.random() < 0.06:
            length = 20 + int(rng.expovariate(1 / 30))
        else:
            length = 1 + int(rng.expovariate(1 / 3.0))
        end = day + timedelta(days=min(length, 300) - 1)
        recorded = day + timedelta(days=rng.randint(0, 20))
        short = rng.random() < 0.03
        if day > until:
            return found
        found.append(Absence(employee_id, day, end, is_stress, recorded, short))
        day = end + timedelta(days=1)
