"""The synthetic programme: what truly happens, before anybody exports it.

A service is a set of posts, each with a chain of people who hold it one after another and of
vacancies between them, and a number of agency places that follows a curve. Every career is played
through day by day; what HR then writes down about it, and when, is part of the career too
(`LeaverRecord`), because notice, late records and withdrawn resignations are what makes real
exports hard to count.

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

Posts are created, fill, empty and are given up by the rates of `establishment.py`; every empty post
is a vacancy (`vacancies.py`). Some posts bring a seat in a peer supervision group (`groups.py`).
"""

from __future__ import annotations

import math
import random
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from warehouse.errors import BadConfiguration
from warehouse.generate import vocabulary as words
from warehouse.generate.absence import Absence, absences_from
from warehouse.generate.calendar import month_end
from warehouse.generate.effect import NO_EFFECT, Effect
from warehouse.generate.establishment import (
    SOCIAL_WORK,
    SUPPORT,
    YEAR_DAYS,
    YEARS,
    creation_days,
    flow_on,
    stocks_on,
)
from warehouse.generate.groups import SEATS, Group, make_groups, segments, would_attend
from warehouse.generate.streams import branch, days_after, pick, stream
from warehouse.generate.vacancies import Vacancy, entered_twice, recruit

DAY = timedelta(days=1)
RUN_IN_DAYS = 365
# How far beyond the end careers look: notice reaches into the months after it.
LOOK_AHEAD = timedelta(days=400)
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
    group_id: str | None = None  # the group in which the post has a seat
    notice_from: date | None = None  # the day from which a leaver takes no further part

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


@dataclass(frozen=True, eq=False)
class Programme:
    """Everything that happens between `start` and `end` (and the year before, as a run-in)."""

    seed: int
    staff: int
    start: date
    end: date
    spells: tuple[Spell, ...]
    leaver_records: tuple[LeaverRecord, ...]
    vacancies: tuple[Vacancy, ...]
    groups: tuple[Group, ...]
    absences: dict[str, list[Absence]]
    effect: Effect

    def settled(self, employee_id: str) -> float:
        """How much likelier than others the person attends, and stays, in logits; 0 by default."""
        return settled_by(self.seed, employee_id, self.effect)


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


def settled_by(seed: int, employee_id: str, effect: Effect) -> float:
    """The person's draw of how settled they are, times the strength of self-selection."""
    if effect.self_selection == 0:
        return 0.0
    return effect.self_selection * stream(seed, "settled", employee_id).gauss(0.0, 1.0)


def simulate(
    seed: int, staff: int, start: date, end: date, effect: Effect = NO_EFFECT
) -> Programme:
    """Play a service of about `staff` permanent and fixed-term people through from start to end.

    seed: any integer; the same one gives the same programme. staff: people, 1 or more, as they are
    on average over the years; the service grows and shrinks as Southampton's did (see
    `establishment.py`). Agency workers come on top, in proportion to the level that `AGENCY_LEVELS`
    describes. effect: what attendance does, nothing by default.
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
    groups = make_groups(seed, staff, end + LOOK_AHEAD)
    service = _Service(seed, start - timedelta(days=RUN_IN_DAYS), end, groups, effect)
    for post in service.posts(staff / words.REFERENCE_STAFF):
        service.play_post(post)
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
        tuple(sorted(service.vacancies, key=lambda v: v.vacancy_id)),
        groups,
        service.absences,
        effect,
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


@dataclass(frozen=True)
class _Post:
    """A post: since when it is there, and in which group, if any, it has a seat."""

    kind: str
    number: int
    team: str
    job_role: str
    created: date | None  # None: it was there before the origin
    is_filled: bool  # at the origin
    regrades: tuple[tuple[date, str], ...]
    group_id: str | None

    @property
    def name(self) -> str:
        """As it stands in vacancy numbers, such as `S0012`."""
        return f"{self.kind}{self.number:04d}"

    def role_on(self, day: date) -> str:
        """The role for which the post stands on `day`."""
        return ([self.job_role] + [role for since, role in self.regrades if since <= day])[-1]

    def kind_on(self, day: date) -> str:
        """Social work or support, on `day`."""
        return SOCIAL_WORK if self.role_on(day) in words.SOCIAL_WORK_ROLES else SUPPORT


# A post that nobody belongs to: agency workers and second posts.
_NO_POST = _Post(SUPPORT, -1, "", "", None, True, (), None)


@dataclass
class _Service:
    """Collects spells, leaver records and vacancies while posts are played one after another."""

    seed: int
    origin: date
    end: date
    groups: tuple[Group, ...]
    effect: Effect
    spells: list[Spell] = field(default_factory=list)
    records: list[LeaverRecord] = field(default_factory=list)
    vacancies: list[Vacancy] = field(default_factory=list)
    absences: dict[str, list[Absence]] = field(default_factory=dict)
    post: _Post = _NO_POST

    # ------------------------------------------------------------------ permanent and fixed term

    def posts(self, scale: float) -> list[_Post]:
        """All posts: those of the origin first, then those that are set up later, by their day."""
        social, social_vacant, others, others_vacant = stocks_on(self.origin)
        first: list[tuple[date | None, str]] = []
        for kind, stock in (
            (SOCIAL_WORK, social + social_vacant),
            (SUPPORT, others + others_vacant),
        ):
            first += [(None, kind)] * max(round(stock * scale), int(kind == SOCIAL_WORK))
        until = self.end + LOOK_AHEAD
        later = sorted(
            (day, kind)
            for kind in (SOCIAL_WORK, SUPPORT)
            for day in creation_days(kind, self.origin, until, scale)
        )
        shares = {
            SOCIAL_WORK: social / (social + social_vacant),
            SUPPORT: others / (others + others_vacant),
        }
        found: list[_Post] = []
        numbers = {SOCIAL_WORK: 0, SUPPORT: 0}
        seats: dict[str, int] = {group.group_id: 0 for group in self.groups}
        for created, kind in [*first, *later]:
            rng = stream(self.seed, "post", kind, numbers[kind])
            team = pick(rng, words.TEAMS)
            role = pick(rng, words.ROLES if kind == SOCIAL_WORK else words.SUPPORT_ROLES)
            is_filled = created is None and rng.random() < shares[kind]
            regrades = self._regrades(rng, role)
            group_id = self._seat(rng, kind, team, seats)
            found.append(
                _Post(kind, numbers[kind], team, role, created, is_filled, regrades, group_id)
            )
            numbers[kind] += 1
        return found

    def _regrades(self, rng: random.Random, role: str) -> tuple[tuple[date, str], ...]:
        """The days on which the post becomes a social worker's, or no longer is one."""
        found: list[tuple[date, str]] = []
        for year in YEARS[1:-1]:
            chance, day = rng.random(), year.closes - timedelta(days=rng.randint(20, 345))
            day = day.replace(day=1)
            into = "case_holder" if year.regraded > 0 else "family_support"
            leaves = {"case_holder": "family_support", "family_support": "case_holder"}[into]
            if role == leaves and chance < abs(year.regraded) and day > self.origin:
                found.append((day, into))
                role = into
        return tuple(found)

    def _seat(self, rng: random.Random, kind: str, team: str, seats: dict[str, int]) -> str | None:
        """A seat in the emptiest group of the team, for four social work posts in five."""
        wants = rng.random() < (0.85 if kind == SOCIAL_WORK else 0.5)
        free = [g.group_id for g in self.groups if team in g.teams and seats[g.group_id] < SEATS]
        if not wants or not free:
            return None
        chosen = min(free, key=lambda group_id: (seats[group_id], group_id))
        seats[chosen] += 1
        return chosen

    def play_post(self, post: _Post) -> None:
        """Everyone who holds the post, and every time that it is vacant, up to the end."""
        self.post = post
        rng = stream(self.seed, "post", post.kind, post.number, "beginning")
        tenure = min(40 + rng.expovariate(1 / (5.5 * YEAR_DAYS)), 32 * YEAR_DAYS)
        begins = self.origin - timedelta(days=int(tenure))
        signed = begins - timedelta(days=30)
        empty_from = None
        if not post.is_filled:
            empty_from = post.created or self.origin - timedelta(days=rng.randint(0, 200))
        person = None
        for holder in range(200):
            if empty_from is not None:
                vacancy = self._vacancy(post, holder, empty_from)
                if vacancy.start_date is None or vacancy.signed_on is None:
                    return
                begins, signed = vacancy.start_date, vacancy.signed_on
            if signed > self.end:
                return
            rng = stream(self.seed, "post", post.kind, post.number, "holder", holder)
            if person is None:
                offset = 0 if post.kind == SOCIAL_WORK else ID_MODULUS // 4
                person = self._person(offset + post.number * 200 + holder, rng)
            ended = self._play_holder(rng, person, post.team, post.role_on(begins), begins, signed)
            if ended.last_day > self.end:
                return
            empty_from = ended.last_day + DAY
            person = ended.person

    def _vacancy(self, post: _Post, holder: int, opened: date) -> Vacancy:
        """The post while it is empty from `opened` on; listed if that lies within the programme."""
        rng = stream(self.seed, "post", post.kind, post.number, "vacancy", holder)
        vacancy = recruit(
            rng,
            f"VAC-{post.name}-{holder + 1:02d}",
            post.kind_on(opened),
            post.team,
            post.role_on(opened),
            opened,
            self.end,
            self.effect,
        )
        self.vacancies.append(vacancy)
        twin = entered_twice(rng, vacancy)
        if twin:
            self.vacancies.append(twin)
        return vacancy

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

    def _leaving_day(
        self,
        rng: random.Random,
        person: Person,
        begins: date,
        since: date,
        history: tuple[tuple[date, Attributes], ...],
    ) -> date:
        """The day on which the career ends, by years of service, the year's rate and the effect."""
        post, attended = self.post, self._would_attend(person, begins, history)
        factor = math.exp(-settled_by(self.seed, person.employee_id, self.effect))

        def hazard(day: date, years_of_service: float) -> float:
            rate = ordinary_hazard(day, years_of_service) * flow_on(day, post.kind_on(day)).leaving
            return rate * factor * self.effect.on_leaving(day, attended)

        return leaving_day(rng, begins, since, hazard)

    def _would_attend(
        self, person: Person, begins: date, history: tuple[tuple[date, Attributes], ...]
    ) -> list[date]:
        """The days on which the person would come to a group, leaving aside when they leave."""
        if not self.effect.reaches_leaving or self.post.group_id is None:
            return []
        until = self.end + LOOK_AHEAD
        teams = tuple((since, held.team) for since, held in history)
        settled = settled_by(self.seed, person.employee_id, self.effect)
        sick = self._sick(person, begins)
        return [
            session.day
            for group, joined, left in segments(
                self.groups, self.seed, person.employee_id, self.post.group_id, begins, until, teams
            )
            for session in group.held_between(joined, left)
            if would_attend(self.seed, person.employee_id, session, settled, sick)
        ]

    def _sick(self, person: Person, begins: date) -> list[Absence]:
        """The absences of a career; drawn once a person, from the first spell on."""
        if person.employee_id not in self.absences:
            self.absences[person.employee_id] = absences_from(
                self.seed, person.employee_id, max(begins, self.origin), self.end + LOOK_AHEAD
            )
        return self.absences[person.employee_id]

    def _permanent(
        self, rng: random.Random, person: Person, held: Attributes, begins: date, signed: date
    ) -> _Departure:
        since = max(begins + timedelta(days=60), self.origin)
        history = self._history(rng, held, begins)
        last = self._leaving_day(rng, person, begins, since, history)
        years = (last - begins).days / YEAR_DAYS
        late_career = years > words.LATE_CAREER_YEARS
        reason = pick(rng, words.LATE_CAREER_REASONS if late_career else words.LEAVING_REASONS)
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
            history = ((begins, held), (converted, permanent))
            final = self._leaving_day(rng, person, begins, converted + DAY, history)
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
        own, self.post = self.post, _NO_POST
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
        self.post = own
        # Someone who held two posts does not come back as a rehire: one corner at a time.
        return _Departure(first.last_day)

    def _no_show(
        self, rng: random.Random, person: Person, held: Attributes, begins: date, signed: date
    ) -> _Departure:
        gone = begins - timedelta(days=rng.randint(3, 15))
        signed = min(signed, gone)
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
                self.post = _NO_POST
                person = self._person(ID_MODULUS // 2 + number * 2000 + worker, rng)
                last = min(days_after(rng, day, 60, 420), closes)
                fte = "1" if rng.random() < 0.9 else "0.6"
                held = Attributes(
                    pick(rng, words.TEAMS), pick(rng, words.AGENCY_ROLES), "agency", fte
                )
                if stream(self.seed, "agency", number, "worker", worker, "seat").random() < 0.15:
                    own = [group.group_id for group in self.groups if held.team in group.teams]
                    self.post = replace(_NO_POST, group_id=own[worker % len(own)])
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
        if taken_on < 0.006 and (last - begins).days > 90:  # within the spell: the start date stays
            history = (*history, (last, hired))
            final = self._leaving_day(rng, person, begins, last + DAY, history)
            self._spell(rng, person, begins, signed, final, history, "resignation")
        else:
            self.spells.append(self._listed(rng, person, begins, signed, last, last, history))
            if taken_on < 0.015:  # under a start date of their own
                self._permanent(rng, person, hired, last + DAY, last - timedelta(days=12))
        return last + timedelta(days=rng.randint(1, 14))

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
        notice_from = min(last, recorded)
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
        self.spells.append(
            self._listed(rng, person, begins, signed, last, listed_to, history, notice_from)
        )

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
        self, rng: random.Random, held: Attributes, begins: date
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
            if day > self.end + LOOK_AHEAD:
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
        notice_from: date | None = None,
    ) -> Spell:
        """The spell as HR lists it, with a caseload that drifts from month to month."""
        self._sick(person, begins)
        history = self._regraded(history, begins, last)
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
            person,
            begins,
            last,
            signed,
            listed_to,
            history,
            caseload_from,
            tuple(caseloads),
            self.post.group_id,
            notice_from,
        )

    def _regraded(
        self, history: tuple[tuple[date, Attributes], ...], begins: date, last: date
    ) -> tuple[tuple[date, Attributes], ...]:
        """The history up to the last day, with the role that a regraded post gives its holder."""
        kept = [item for item in history if item[0] <= max(begins, last)]
        for day, role in self.post.regrades:
            if not begins < day <= last:
                continue
            before = [held for since, held in kept if since <= day][-1]
            after = [(since, replace(held, job_role=role)) for since, held in kept if since > day]
            kept = [item for item in kept if item[0] < day]
            kept += [(day, replace(before, job_role=role)), *after]
        return tuple(kept)

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
