"""Critical incident debriefs: about eighteen individual ones held in fifteen months, and group ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from warehouse.generate import vocabulary as words
from warehouse.generate.programme import Programme
from warehouse.generate.streams import days_after, pick, stream

FIRST_DAY = date(2019, 1, 14)
# Requests a year in a service of 280. The programme reports 18 individual debriefs held in some
# fifteen months: 14.4 a year, of which about four in five that are asked for are held.
INDIVIDUAL_A_YEAR = 18.0
GROUP_A_YEAR = 8.0
TRAINED = 13
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class DebriefEntry:
    """A debrief as it stands from `changed_on` until its next version."""

    changed_on: date
    status: str
    offered_date: date | None = None
    held_date: date | None = None


@dataclass(frozen=True)
class Debrief:
    """One line of the debrief log, with its versions, oldest first."""

    debrief_id: str
    incident_date: date
    incident_type: str
    team: str
    requested_date: date
    format: str
    facilitator_id: str
    staff_affected: int
    staff_attended: int
    follow_up_offered: bool
    notes: str
    entries: tuple[DebriefEntry, ...]

    def entry_on(self, day: date) -> DebriefEntry | None:
        """The version that the log holds at the end of `day`; None before the first."""
        known = [entry for entry in self.entries if entry.changed_on <= day]
        return known[-1] if known else None


def make_debriefs(programme: Programme) -> list[Debrief]:
    """The debriefs asked for from January 2019, or from the start of the programme, to its end."""
    found = [
        debrief
        for kind, rate in (("individual", INDIVIDUAL_A_YEAR), ("group", GROUP_A_YEAR))
        for debrief in _of_kind(programme, kind, rate * programme.staff / words.REFERENCE_STAFF)
    ]
    return sorted(found, key=lambda debrief: (debrief.requested_date, debrief.debrief_id))


def _of_kind(programme: Programme, kind: str, rate: float) -> list[Debrief]:
    gaps = stream(programme.seed, "debriefs", kind)
    found: list[Debrief] = []
    day, number = FIRST_DAY, 0
    while True:
        day += timedelta(days=gaps.expovariate(rate / YEAR_DAYS))
        number += 1
        if day > programme.end:
            return found
        if day >= programme.start:
            found.append(_debrief(programme, kind, number, day))


def _debrief(programme: Programme, kind: str, number: int, requested: date) -> Debrief:
    rng = stream(programme.seed, "debrief", kind, number)
    incident = requested - timedelta(days=min(int(rng.expovariate(1 / 4.0)), 40))
    affected = 1 if kind == "individual" else rng.randint(3, 9)
    attended = affected if kind == "individual" else max(1, affected - rng.choice((0, 0, 1, 1, 2)))
    offered = days_after(rng, requested, 0, 5)
    held = offered + timedelta(days=1 + min(int(rng.expovariate(1 / 7.0)), 45))
    noted = days_after(rng, requested, 0, 3)
    outcome = pick(rng, {"held": 80.0, "declined": 12.0, "cancelled": 5.0, "requested": 3.0})
    entries = [DebriefEntry(noted, "requested")]
    if outcome != "requested":
        told = max(noted, offered)
        entries.append(DebriefEntry(told, "offered", offered_date=offered))
        ends = max(told, held) + timedelta(days=rng.randint(0, 4))
        final = replace(entries[-1], changed_on=ends, status=outcome)
        entries.append(replace(final, held_date=held) if outcome == "held" else final)
    return Debrief(
        f"DB-{kind[0].upper()}{number:04d}",
        incident,
        pick(rng, words.INCIDENT_TYPES),
        pick(rng, words.TEAMS),
        requested,
        kind,
        f"DEB{rng.randrange(TRAINED) + 1:02d}",
        affected,
        attended,
        rng.random() < 0.7,
        rng.choice(words.DEBRIEF_NOTES),
        tuple(entries),
    )
