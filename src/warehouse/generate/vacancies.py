"""A vacancy's life: opened, advertised, perhaps put on hold, offered, filled or withdrawn."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from warehouse.generate import vocabulary as words
from warehouse.generate.effect import Effect
from warehouse.generate.establishment import YEAR_DAYS, flow_on, year_of
from warehouse.generate.streams import days_after, pick

DAY = timedelta(days=1)
STEP = 30
# Nobody is offered a post, and no post is given up, in the first weeks: it is advertised first.
QUIET_DAYS = 20


@dataclass(frozen=True)
class VacancyEntry:
    """A vacancy as it stands from `changed_on` until its next version."""

    changed_on: date
    status: str
    advertised_date: date | None = None
    offer_date: date | None = None
    start_date: date | None = None
    closed_date: date | None = None
    applicants: int | None = None
    void: bool = False


@dataclass(frozen=True)
class Vacancy:
    """One vacant post, with its versions, oldest first."""

    vacancy_id: str
    team: str
    job_role: str
    fte: str
    opened_date: date
    is_covered: bool
    entries: tuple[VacancyEntry, ...]

    def entry_on(self, day: date) -> VacancyEntry | None:
        """The version that the recruitment system holds at the end of `day`; None before any."""
        known = [entry for entry in self.entries if entry.changed_on <= day]
        return known[-1] if known else None

    @property
    def is_social_worker(self) -> bool:
        """By job role, as for people."""
        return self.job_role in words.SOCIAL_WORK_ROLES

    @property
    def start_date(self) -> date | None:
        """The appointed person's first day; None where nobody was appointed."""
        return self.entries[-1].start_date

    @property
    def signed_on(self) -> date | None:
        """The day on which the post was accepted; None where nobody was appointed."""
        return self.entries[-1].closed_date if self.start_date else None


def recruit(
    rng: random.Random,
    vacancy_id: str,
    kind: str,
    team: str,
    job_role: str,
    opened: date,
    until: date,
    effect: Effect,
) -> Vacancy:
    """Play one vacancy through from the day that the post is empty, to `until` and a year on.

    Offers and withdrawals compete: each spends an exponential draw along its yearly rate, in steps
    of 30 days, so that a programme with another fill rate keeps the same draws.
    """
    offer_patience, withdrawal_patience = rng.expovariate(1.0), rng.expovariate(1.0)
    advertised = opened + timedelta(days=rng.randint(3, 25))
    recorded = opened + timedelta(days=rng.randint(0, 9))
    starts_after, accepted_after = rng.randint(30, 85), rng.randint(5, 20)
    applicants = min(30, int(rng.expovariate(1 / 4.0)))
    is_covered = rng.random() < (year_of(opened).covered if kind == "S" else 0.05)
    fte = pick(rng, words.VACANT_FTES)
    is_held, held_after, held_for = rng.random() < 0.15, rng.randint(30, 90), rng.randint(40, 200)
    day, outcome = opened + timedelta(days=QUIET_DAYS), None
    while day <= until + timedelta(days=365):
        flow = flow_on(day, kind)
        offer = flow.offers * effect.on_filling(day) * STEP / YEAR_DAYS
        withdrawal = flow.withdrawals * STEP / YEAR_DAYS
        offer_share = offer_patience / offer if offer else 9.0
        withdrawal_share = withdrawal_patience / withdrawal if withdrawal else 9.0
        if min(offer_share, withdrawal_share) < 1:
            outcome = "offered" if offer_share <= withdrawal_share else "withdrawn"
            day += timedelta(days=int(STEP * min(offer_share, withdrawal_share)))
            break
        offer_patience -= offer
        withdrawal_patience -= withdrawal
        day += timedelta(days=STEP)

    entries = [VacancyEntry(recorded, "open")]
    said = max(advertised, recorded)
    if outcome is None or day > said:
        entries.append(replace(entries[-1], changed_on=said, advertised_date=advertised))
        pause, resume = (
            said + timedelta(days=held_after),
            said + timedelta(days=held_after + held_for),
        )
        if is_held and (outcome is None or day > resume + timedelta(days=20)):
            entries.append(replace(entries[-1], changed_on=pause, status="on_hold"))
            entries.append(replace(entries[-1], changed_on=resume, status="open"))
    elif outcome == "offered":  # an offer without an advertisement: somebody came back
        applicants = 1
    if outcome == "withdrawn":
        closing = replace(entries[-1], status="withdrawn", closed_date=day)
        entries.append(replace(closing, changed_on=max(day, recorded)))
    elif outcome == "offered":
        start = day + timedelta(days=starts_after)
        entries.append(
            replace(
                entries[-1],
                changed_on=max(day, recorded),
                status="offered",
                offer_date=day,
                start_date=start,
                applicants=max(applicants, 1),
            )
        )
        accepted = day + timedelta(days=accepted_after)
        entries.append(
            replace(entries[-1], changed_on=accepted, status="filled", closed_date=accepted)
        )
    return Vacancy(vacancy_id, team, job_role, fte, opened, is_covered, tuple(entries))


def entered_twice(rng: random.Random, vacancy: Vacancy) -> Vacancy | None:
    """Sometimes the same vacancy under another number, withdrawn as an error weeks later."""
    if rng.random() >= 0.015:
        return None
    first = vacancy.entries[0]
    found_out = days_after(rng, first.changed_on, 10, 50)
    return replace(
        vacancy,
        vacancy_id=f"{vacancy.vacancy_id}X",
        entries=(first, replace(first, changed_on=found_out, void=True)),
    )
