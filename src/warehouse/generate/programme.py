"""The synthetic programme: what truly happens, before anybody exports it.

A service is a set of posts, each with a chain of people who hold it one after another, and a
number of agency places that follows a curve. Every career is played through day by day; what HR
then writes down about it, and when, is part of the career too (`LeaverRecord`), because notice,
late records and withdrawn resignations are what makes real exports hard to count.

The programme does not know how often it will be exported: the same seed, staff and start give the
same careers whether snapshots are monthly, weekly or daily, and a longer period only adds to the
end. What happens besides ordinary joining and leaving, each drawn per person:

- notice: the leaver record stands before the leaving date, a newcomer is listed before the start;
- a record that comes weeks late, or never (an unexplained exit); a leaver who is still listed;
- a resignation withdrawn (`rescinded`) or entered in error (`void`); a corrected leaving date;
- a start date mistyped in the leaver record;
- a rehire into the old post; two part-time posts held together, one given up or both left;
- moves between teams, promotions, changed hours; a fixed-term contract that turns permanent, with
  a new start date or within the spell; an agency worker taken on, likewise;
- someone who signs and never begins.
"""

from __future__ import annotations

import random
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from warehouse.errors import BadConfiguration
from warehouse.generate import vocabulary as words
from warehouse.generate.calendar import month_end
from warehouse.generate.streams import branch, days_after, pick, stream

DAY = timedelta(days=1)
YEAR_DAYS = 365.25
RUN_IN_DAYS = 365
FILLED_SHARE = 0.93
EARLIEST_START = date(1985, 1, 1)  # careers reach 33 years back, and contracts refuse before 1950
MOST_STAFF = 50_000
# A prime above the number of people that a programme can have; see `_employee_id`.
ID_MODULUS = 99_999_989


@dataclass(frozen=True)
class Person:
    """Someone who works, worked or was to work for the service. Invented."""

    employee_id: str
    full_name: str
    email: str


@dataclass(frozen=True)
class Attributes:
    """What HR holds on a spell on one day. `fte` is the text that is written."""

    team: str
    job_role: str
    contract_type: str
    fte: str

    @property
    def is_social_worker(self) -> bool:
        """By job role: the six roles that the Department for Education counts."""
        return self.job_role in words.SOCIAL_WORK_ROLES


@dataclass(frozen=True)
class LeaverEntry:
    """A leaver record as it stands from `changed_on` until its next version."""

    changed_on: date
    leaving_date: date
    leaving_reason: str
    destination: str
    record_status: str = "leaver"
    void: bool = False
    notes: str = ""


@dataclass(frozen=True)
class LeaverRecord:
    """One (employee_id, start_date) in the leaver export, with its versions, oldest first."""

    person: Person
    start: date
    entries: tuple[LeaverEntry, ...]

    def entry_on(self, day: date) -> LeaverEntry | None:
        """The version that HR's system holds at the end of `day`; None before the first."""
        known = [entry for entry in self.entries if entry.changed_on <= day]
        return known[-1] if known else None


@dataclass(frozen=True, eq=False)
class Spell:
    """One spell of service, from start to last_day, both served; it may end after the programme.

    A spell with `last_day` before `start` was signed for and never begun. HR lists it from
    `listed_from` to `listed_to`, which is not always when it truly ran.
    """

    person: Person
    start: date
    last_day: date
    listed_from: date
    listed_to: date
    history: tuple[tuple[date, Attributes], ...]
    caseload_from: date
    full_time_caseloads: tuple[float, ...]

    def is_listed(self, day: date) -> bool:
        """Whether HR's staff list of `day` holds the spell."""
        return self.listed_from <= day <= self.listed_to

    def is_in_post(self, day: date) -> bool:
        """Whether the person truly serves on `day`."""
        return self.start <= day <= self.last_day

    def attributes_on(self, day: date) -> Attributes:
        """Team, role, contract and hours on `day`; the first known ones before the start."""
        position = bisect_right(self.history, day, key=lambda item: item[0])
        return self.history[max(position - 1, 0)][1]

    def caseload_on(self, day: date) -> int | None:
        """Open cases on `day`; None for a role that holds none, and before the start."""
        held = self.attributes_on(day)
        full_time = words.CASELOADS.get(held.job_role)
        months = (day.year - self.caseload_from.year) * 12 + day.month - self.caseload_from.month
        if full_time is None or day < self.start or not 0 <= months < len(self.full_time_caseloads):
            return None
        return max(0, round(full_time * self.full_time_caseloads[months] * float(held.fte)))


@dataclass(frozen=True)
class Programme:
    """Everything that happens between `start` and `end` (and the year before, as a run-in)."""

    seed: int
    staff: int
    start: date
    end: date
    spells: tuple[Spell, ...]
    leaver_records: tuple[LeaverRecord, ...]


Hazard = Callable[[date, float], float]


def ordinary_hazard(_day: date, years_of_service: float) -> float:
    """The yearly rate of leaving after so many years of service (see `YEARLY_HAZARD`), any day."""
    return next(rate for until, rate in words.YEARLY_HAZARD if years_of_service < until)


def leaving_day(
    rng: random.Random, start: date, since: date, hazard: Hazard = ordinary_hazard
) -> date:
    """The day on which someone who began on `start` and was there on `since` stops.

    One exponential draw is spent along the summed hazard, in steps of 30 days, so that a programme
    with a lower hazard keeps the same draw and each person simply stays longer. At most 45 years.
    """
    patience = rng.expovariate(1.0)
    day = since
    for _ in range(550):
        step = hazard(day, (day - start).days / YEAR_DAYS) * 30 / YEAR_DAYS
        if patience < step:
            return day + timedelta(days=int(30 * patience / step))
        patience -= step
        day += timedelta(days=30)
    return day


def simulate(
    seed: int, staff: int, start: date, end: date, hazard: Hazard = ordinary_hazard
) -> Programme:
    """Play a service of about `staff` permanent and fixed-term people through from start to end.

    seed: any integer; the same one gives the same programme. staff: people, 1 or more.
    Agency workers come on top, in proportion to the level that `AGENCY_LEVELS` describes.
    Refuses, with BadConfiguration, staff outside 1 to 50,000, an end before the start, and a start
    before 1985.
    """
    if not 1 <= staff <= MOST_STAFF:
        raise BadConfiguration(
            f"--staff has to lie between 1 and {MOST_STAFF}; nothing was written. Choose another number."
        )
    if end < start:
        raise BadConfiguration(
            f"--to ({end}) lies before --from ({start}); nothing was written. Give a later --to."
        )
    if start < EARLIEST_START:
        raise BadConfiguration(
            f"--from lies before {EARLIEST_START}; nothing was written. Give a later --from."
        )
    service = _Service(seed, start - timedelta(days=RUN_IN_DAYS), end, hazard)
    for number in range(round(staff / FILLED_SHARE)):
        service.play_post(number)
    places = round(max(level for _, level in words.AGENCY_LEVELS) * staff / words.REFERENCE_STAFF)
    for number in range(places):
        service.play_agency_place(number, staff)
    return Programme(
        seed,
        staff,
        start,
        end,
        tuple(sorted(service.spells, key=lambda s: (s.person.employee_id, s.start))),
        tuple(sorted(service.records, key=lambda r: (r.person.employee_id, r.start))),
    )


def agency_level(day: date) -> float:
    """Agency workers in use on `day` in a service of `REFERENCE_STAFF`; flat beyond the curve."""
    points = words.AGENCY_LEVELS
    if day <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if day <= right:
            return low + (high - low) * ((day - left) / (right - left))
    return points[-1][1]


@dataclass
class _Departure:
    """How a career in one post ended, as the next holder's beginning needs to know it."""

    last_day: date
    person: Person | None = None


@dataclass
class _Service:
    """Collects spells and leaver records while posts are played one after another."""

    seed: int
    origin: date
    end: date
    hazard: Hazard
    spells: list[Spell] = field(default_factory=list)
    records: list[LeaverRecord] = field(default_factory=list)

    # ------------------------------------------------------------------ permanent and fixed term

    def play_post(self, number: int) -> None:
        """Everyone who holds the post with this number, from the origin to the end."""
        post = stream(self.seed, "post", number)
        team = pick(post, words.TEAMS)
        role = pick(post, words.ROLES)
        filled = post.random() < FILLED_SHARE
        tenure = min(40 + post.expovariate(1 / (5.5 * YEAR_DAYS)), 32 * YEAR_DAYS)
        begins = self.origin - timedelta(days=int(tenure))
        if not filled:
            begins = days_after(post, self.origin, 5, 150)
        person = None
        for holder in range(200):
            rng = stream(self.seed, "post", number, "holder", holder)
            signed = begins - timedelta(days=rng.randint(20, 70))
            if signed > self.end:
                return
            if person is None:
                person = self._person(number * 200 + holder, rng)
            ended = self._play_holder(rng, person, team, role, begins, signed)
            if ended.last_day > self.end:
                return
            begins = ended.last_day + timedelta(days=self._gap(rng))
            person = ended.person

    def _gap(self, rng: random.Random) -> int:
        """Days that a post stands empty: most are filled within months, some wait for years."""
        return rng.randint(50, 190) if rng.random() < 0.85 else rng.randint(250, 700)

    def _play_holder(
        self, rng: random.Random, person: Person, team: str, role: str, begins: date, signed: date
    ) -> _Departure:
        newcomer = begins > self.origin
        if newcomer and rng.random() < 0.02:
            return self._no_show(
                rng, person, Attributes(team, role, "permanent", "1"), begins, signed
            )
        fte = pick(rng, words.FTES)
        if newcomer and rng.random() < 0.10:
            return self._fixed_term(
                rng, person, Attributes(team, role, "fixed_term", fte), begins, signed
            )
        if newcomer and role == "case_holder" and rng.random() < 0.15:
            role = "qualified_without_cases"  # the assessed first year, without a caseload
        held = Attributes(team, role, "permanent", fte)
        if rng.random() < 0.03:
            return self._two_posts(rng, person, replace(held, fte="0.6"), begins, signed)
        return self._permanent(rng, person, held, begins, signed)

    def _permanent(
        self, rng: random.Random, person: Person, held: Attributes, begins: date, signed: date
    ) -> _Departure:
        since = max(begins + timedelta(days=60), self.origin)
        last = leaving_day(rng, begins, since, self.hazard)
        years = (last - begins).days / YEAR_DAYS
        late_career = years > words.LATE_CAREER_YEARS
        reason = pick(rng, words.LATE_CAREER_REASONS if late_career else words.LEAVING_REASONS)
        history = self._history(rng, held, begins, last)
        self._spell(rng, person, begins, signed, last, history, reason)
        comes_back = reason == "resignation" and rng.random() < 0.06
        return _Departure(last, person if comes_back else None)

    def _fixed_term(
        self, rng: random.Random, person: Person, held: Attributes, begins: date, signed: date
    ) -> _Departure:
        last = days_after(rng, begins, 270, 730)
        fate = rng.random()
        permanent = replace(held, contract_type="permanent")
        if fate < 0.15:  # made permanent within the spell: the start date stays
            converted = days_after(rng, begins, 120, 260)
            final = leaving_day(rng, begins, converted + DAY, self.hazard)
            history = ((begins, held), (converted, permanent))
            self._spell(rng, person, begins, signed, final, history, "resignation")
            return _Departure(final)
        self._spell(rng, person, begins, signed, last, ((begins, held),), "end_of_contract")
        if fate < 0.60:  # a new contract from the next day, under a start date of its own
            return self._permanent(rng, person, permanent, last + DAY, last - timedelta(days=12))
        return _Departure(last)

    def _two_posts(
        self, rng: random.Random, person: Person, held: Attributes, begins: date, signed: date
    ) -> _Departure:
        first = self._permanent(rng, person, held, begins, signed)
        other = replace(
            held, team=rng.choice([team for team in words.TEAMS if team != held.team]), fte="0.4"
        )
        second_begins = days_after(rng, max(begins, self.origin), 60, 700)
        given_up = days_after(rng, second_begins, 150, 900)
        if second_begins >= first.last_day:
            return first
        both_left = given_up >= first.last_day
        last = first.last_day if both_left else given_up
        self._spell(
            rng,
            person,
            second_begins,
            second_begins - timedelta(days=20),
            last,
            ((second_begins, other),),
            "resignation" if both_left else "other",
        )
        # Someone who held two posts does not come back as a rehire: one corner at a time.
        return _Departure(first.last_day)

    def _no_show(
        self, rng: random.Random, person: Person, held: Attributes, begins: date, signed: date
    ) -> _Departure:
        gone = begins - timedelta(days=rng.randint(3, 15))
        self.spells.append(Spell(person, begins, gone, signed, gone, ((signed, held),), begins, ()))
        return _Departure(begins)

    # ---------------------------------------------------------------------------------- agency

    def play_agency_place(self, number: int, staff: int) -> None:
        """Assignments, one after another, while the level of agency use reaches this place."""
        threshold = (number + 0.5) * words.REFERENCE_STAFF / staff
        worker = 0
        for opens, closes in self._spans(threshold):
            day = days_after(stream(self.seed, "agency", number, opens), opens, 0, 20)
            while day < closes:
                if day > self.end + timedelta(days=30):
                    return
                rng = stream(self.seed, "agency", number, "worker", worker)
                person = self._person(ID_MODULUS // 2 + number * 2000 + worker, rng)
                last = min(days_after(rng, day, 60, 420), closes)
                fte = "1" if rng.random() < 0.9 else "0.6"
                held = Attributes(
                    pick(rng, words.TEAMS), pick(rng, words.AGENCY_ROLES), "agency", fte
                )
                day = self._play_agency_worker(rng, person, held, day, last)
                worker += 1

    def _spans(self, threshold: float) -> Iterator[tuple[date, date]]:
        """The periods, by month ends, in which the agency level is at `threshold` or above."""
        # Beyond the end the curve goes on, so that a longer period only adds to what was there.
        day, opened = month_end(self.origin), None
        while day <= self.end + timedelta(days=500):
            if agency_level(day) >= threshold:
                opened = opened or day
            elif opened:
                yield opened, day
                opened = None
            day = month_end(day + DAY)
        if opened:
            yield opened, day

    def _play_agency_worker(
        self, rng: random.Random, person: Person, held: Attributes, begins: date, last: date
    ) -> date:
        """One assignment; returns the day on which the next worker begins."""
        signed = begins - timedelta(days=7)
        history: tuple[tuple[date, Attributes], ...] = ((begins, held),)
        taken_on = rng.random()
        hired = replace(held, contract_type="permanent")
        if taken_on < 0.01 and (last - begins).days > 90:  # within the spell: the start date stays
            final = leaving_day(rng, begins, last + DAY, self.hazard)
            self._spell(
                rng, person, begins, signed, final, (*history, (last, hired)), "resignation"
            )
        else:
            self.spells.append(self._listed(rng, person, begins, signed, last, last, history))
            if taken_on < 0.025:  # under a start date of their own
                self._permanent(rng, person, hired, last + DAY, last - timedelta(days=12))
        return last + timedelta(days=rng.randint(1, 25))

    # ------------------------------------------------------------------------- what HR writes down

    def _spell(
        self,
        rng: random.Random,
        person: Person,
        begins: date,
        signed: date,
        last: date,
        history: tuple[tuple[date, Attributes], ...],
        reason: str,
    ) -> None:
        """A spell that ends on `last`, with the leaver record that HR makes of it (or does not)."""
        shortest, longest = words.NOTICE_DAYS[reason]
        recorded = max(last - timedelta(days=rng.randint(shortest, longest)), begins)
        listed_to = last
        quirk = rng.random()
        entries = self._withdrawn(rng, begins, recorded)
        if quirk < 0.05:  # the form was late
            recorded = days_after(rng, last, 20, 95)
        elif quirk < 0.08:  # the staff list was not brought up to date
            listed_to = days_after(rng, last, 8, 40)
        if quirk < 0.98:
            destination = "" if reason in ("retirement", "death_in_service") else None
            entry = LeaverEntry(
                recorded,
                last,
                reason,
                pick(rng, words.DESTINATIONS) if destination is None else destination,
                notes=rng.choice(words.EXIT_NOTES),
            )
            entries += self._versions(rng, entry, begins)
        # else: nobody filled the form in, and the person is simply no longer listed
        if entries:
            mistyped = len(entries) == 1 and 0.08 <= quirk < 0.095
            typed = self._mistyped(begins) if mistyped else begins
            self.records.append(LeaverRecord(person, typed, entries))
        self.spells.append(self._listed(rng, person, begins, signed, last, listed_to, history))

    def _withdrawn(
        self, rng: random.Random, begins: date, recorded: date
    ) -> tuple[LeaverEntry, ...]:
        """Sometimes: notice given and taken back, or a record made for the wrong person."""
        chance, noticed = rng.random(), days_after(rng, max(begins, self.origin), 120, 900)
        withdrawn = days_after(rng, noticed, 14, 40)
        if chance > 0.05 or withdrawn >= recorded - timedelta(days=30):
            return ()
        first = LeaverEntry(noticed, noticed + timedelta(days=60), "resignation", "not_known")
        if chance < 0.035:
            return first, replace(first, changed_on=withdrawn, record_status="rescinded")
        return first, replace(first, changed_on=withdrawn, void=True)

    def _versions(
        self, rng: random.Random, entry: LeaverEntry, begins: date
    ) -> tuple[LeaverEntry, ...]:
        """Sometimes the leaving date is first entered wrongly, and put right some weeks on."""
        if rng.random() >= 0.05:
            return (entry,)
        mistaken = max(entry.leaving_date + timedelta(days=rng.choice((-14, -7, 7, 28))), begins)
        corrected = days_after(rng, entry.changed_on, 10, 45)
        return replace(entry, leaving_date=mistaken), replace(entry, changed_on=corrected)

    @staticmethod
    def _mistyped(begins: date) -> date:
        """The start date as it is typed by mistake: a day early, or the year before."""
        return begins - DAY if begins.day > 1 else begins - timedelta(days=365)

    def _history(
        self, rng: random.Random, held: Attributes, begins: date, last: date
    ) -> tuple[tuple[date, Attributes], ...]:
        """Moves, promotions and changed hours, about one in seven years of service."""
        rng = branch(rng)
        history = [(begins, held)]
        day = max(begins, self.origin)
        if held.job_role == "qualified_without_cases":
            day = days_after(rng, day, 270, 365)
            held = replace(held, job_role="case_holder")
            history.append((day, held))
        while True:
            day += timedelta(days=30 + int(rng.expovariate(0.14 / YEAR_DAYS)))
            if day > min(last, self.end + timedelta(days=YEAR_DAYS)):
                return tuple(history)
            change = rng.random()
            if change < 0.4:
                held = replace(held, team=pick(rng, words.TEAMS))
            elif change < 0.7:
                held = replace(held, job_role=words.PROMOTION.get(held.job_role, held.job_role))
            else:
                held = replace(held, fte=pick(rng, words.FTES))
            history.append((day, held))

    def _listed(
        self,
        rng: random.Random,
        person: Person,
        begins: date,
        signed: date,
        last: date,
        listed_to: date,
        history: tuple[tuple[date, Attributes], ...],
    ) -> Spell:
        """The spell as HR lists it, with a caseload that drifts from month to month."""
        caseload_from = max(begins, self.origin)
        until = min(listed_to, self.end)
        rng = branch(rng)
        months = (until.year - caseload_from.year) * 12 + until.month - caseload_from.month + 1
        level, drift, caseloads = rng.gauss(1.0, 0.15), 0.0, []
        for month in range(max(months, 0)):
            drift = 0.8 * drift + rng.gauss(0.0, 0.08)
            settled = min(1.0, (month + 2) / 6) if caseload_from == begins else 1.0
            caseloads.append(max(0.0, (level + drift) * settled))
        return Spell(
            person, begins, last, signed, listed_to, history, caseload_from, tuple(caseloads)
        )

    def _person(self, number: int, rng: random.Random) -> Person:
        """Somebody invented, with an employee number that says nothing of their post."""
        first, last = rng.choice(words.FIRST_NAMES), rng.choice(words.LAST_NAMES)
        employee_id = _employee_id(number)
        mailbox = f"{_plain(first)}.{_plain(last)}.{employee_id.lstrip('0')}"
        return Person(employee_id, f"{first} {last}", f"{mailbox}@council.example")


def _employee_id(number: int) -> str:
    """Eight digits, leading zeros kept. Multiplying modulo a prime gives no number twice."""
    return f"{(number + 1) * 76_543_217 % ID_MODULUS:08d}"


def _plain(name: str) -> str:
    """The name as it stands in an address: lower case, letters only, accents left out."""
    letters = unicodedata.normalize("NFKD", name).lower()
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())
