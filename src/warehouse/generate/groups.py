"""The peer supervision groups: when they meet, who belongs to them, and who would come.

Groups start one after another from January 2019 and go on to the end of the programme, but for a
few that end earlier. Sessions are planned every six weeks; some are cancelled, the rest drift by
some days, and from late March 2020 on they meet online. From 2021 on some groups keep no register
of online sessions, since Teams or Zoom says who came. What a person would do at a session is
drawn from a stream of that person and session, so that it does not depend on when the person
leaves: attendance can then change who leaves without the one having to be known before the other.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.generate import vocabulary as words
from warehouse.generate.absence import Absence
from warehouse.generate.effect import LOCKDOWN
from warehouse.generate.streams import days_after, stream

FIRST_START = date(2019, 1, 7)
DAYS_BETWEEN_STARTS = 13  # 22 groups start over nine months
CADENCE_DAYS = 42
SEATS = 10  # of which about eight are taken, since posts stand empty
GROUPS = 22
BACK_IN_ROOMS = date(2021, 9, 1)
FACILITATORS = 9
# Before, registers were kept by hand for online sessions too: every report is a landing file more.
REPORTS_FROM = date(2021, 1, 1)
# One group in so many, by what it meets in.
GROUPS_TO_ONE_REPORTED = {"attendance_teams": 3, "attendance_zoom": 12}


@dataclass(frozen=True)
class Session:
    """One planned session: held, or cancelled."""

    session_id: str
    group_id: str
    day: date
    is_held: bool
    facilitator_id: str
    is_independent: bool
    is_online: bool
    minutes: int | None
    report: str | None = None  # the source whose reports stand in for a register that nobody kept


@dataclass(frozen=True)
class Group:
    """A group, its teams and its sessions, in the order of their days."""

    group_id: str
    teams: tuple[str, ...]
    started_on: date
    ended_on: date | None
    capacity: int
    sessions: tuple[Session, ...]

    def held_between(self, since: date, until: date) -> list[Session]:
        """The held sessions from `since` to `until`, both included."""
        at = bisect_left(self.sessions, since, key=lambda session: session.day)
        return [s for s in self.sessions[at:] if s.is_held and s.day <= until]


@dataclass(frozen=True)
class Membership:
    """Who belongs to which group from when to when; `removed_on` is when the office noticed."""

    group_id: str
    employee_id: str
    joined_on: date
    left_on: date | None
    removed_on: date | None


def make_groups(seed: int, staff: int, until: date) -> tuple[Group, ...]:
    """The groups of a service of `staff` people, with their sessions up to `until`.

    Twenty-two in a service of 280, fewer or more in proportion, at least one. A team has one group
    of its own or more; where there are fewer groups than teams, a group serves several.
    """
    number = max(1, round(GROUPS * staff / words.REFERENCE_STAFF))
    reports = _reports_of_groups(seed, number)
    return tuple(
        _group(seed, index, number, teams, until, reports.get(index))
        for index, teams in enumerate(_teams_of_groups(number))
    )


def _reports_of_groups(seed: int, number: int) -> dict[int, str]:
    """The source of the reports of those groups that keep no register of online sessions."""
    order = sorted(range(number), key=lambda i: stream(seed, "group", i, "report").random())
    found: dict[int, str] = {}
    for source, share in GROUPS_TO_ONE_REPORTED.items():
        first = len(found)
        found |= dict.fromkeys(order[first : first + round(number / share)], source)
    return found


def _teams_of_groups(number: int) -> list[tuple[str, ...]]:
    """Which teams each of so many groups serves; the groups of one team do not start together."""
    teams = list(words.TEAMS)
    if number < len(teams):
        return [tuple(teams[index::number]) for index in range(number)]
    found: list[tuple[str, ...]] = [(team,) for team in teams]
    shares = dict.fromkeys(teams, 1)
    while len(found) < number:
        neediest = max(teams, key=lambda team: words.TEAMS[team] / shares[team])
        shares[neediest] += 1
        found.append((neediest,))
    return found


def _group(
    seed: int, index: int, number: int, teams: tuple[str, ...], until: date, report: str | None
) -> Group:
    rng = stream(seed, "group", index)
    group_id = f"G{index + 1:02d}"
    # A team's second group does not follow its first at once: the order is shuffled, and fixed.
    place = sorted(range(number), key=lambda i: stream(seed, "group", i, "place").random())
    started_on = days_after(
        rng, FIRST_START + timedelta(days=DAYS_BETWEEN_STARTS * (place.index(index) % GROUPS)), 0, 6
    )
    ends = rng.random() < 0.14
    ended_on = days_after(rng, started_on, 560, 900) if ends else None
    last = min(until, ended_on or until)
    capacity = rng.choice((10, 12, 12))
    sessions: list[Session] = []
    weekday = rng.randint(0, 4)
    drift = 0
    cycle = 0
    while True:
        draw = stream(seed, "group", index, "session", cycle)
        drift += draw.choice((0, 0, 0, 0, 0, 0, 1, 1, 7, 14)) if cycle else 0
        day = started_on + timedelta(days=cycle * CADENCE_DAYS + drift + draw.choice((0, 0, 0, 7)))
        day += timedelta(days=(weekday - day.weekday()) % 7)
        if day > last:
            break
        chance = 0.45 if 0 <= (day - LOCKDOWN).days < 60 else 0.08
        is_online = day >= LOCKDOWN and (day < BACK_IN_ROOMS or draw.random() < 0.6)
        is_independent = draw.random() < 0.9
        facilitator = draw.randrange(FACILITATORS) if is_independent else FACILITATORS + index
        is_held = draw.random() >= chance
        sessions.append(
            Session(
                f"{group_id}-{cycle + 1:03d}",
                group_id,
                day,
                is_held,
                f"FAC{facilitator + 1:03d}",
                is_independent,
                is_online,
                draw.choice((75, 90, 90, 90, 105, 120)) if is_held else None,
                report if is_held and is_online and day >= REPORTS_FROM else None,
            )
        )
        cycle += 1
    return Group(group_id, teams, started_on, ended_on, capacity, tuple(sessions))


def segments(
    groups: tuple[Group, ...],
    seed: int,
    employee_id: str,
    group_id: str,
    begins: date,
    last: date,
    teams: tuple[tuple[date, str], ...],
) -> list[tuple[Group, date, date]]:
    """The groups that somebody belongs to, one after another, with the first and the last day.

    group_id: the group in which the post has a seat. begins, last: of the spell. teams: the team
    from each day on. Founders join on the group's first day, newcomers some weeks after they
    begin; who moves to another team changes to a group of that team within some weeks.
    """
    home = next(group for group in groups if group.group_id == group_id)
    draw = stream(seed, "joins", employee_id, begins)
    found: list[tuple[Group, date, date]] = []
    moves = [(since, team) for since, team in teams if since > begins and team not in home.teams]
    until = moves[0][0] - timedelta(days=1) if moves else last
    _add_segment(found, home, days_after(draw, begins, 10, 35), min(until, last))
    for position, (since, team) in enumerate(moves):
        until = moves[position + 1][0] - timedelta(days=1) if position + 1 < len(moves) else last
        own = [group for group in groups if team in group.teams]
        group = own[draw.randrange(len(own))]
        _add_segment(found, group, days_after(draw, since, 5, 40), min(until, last))
    return found


def _add_segment(
    found: list[tuple[Group, date, date]], group: Group, joined: date, left: date
) -> None:
    joined, left = max(joined, group.started_on), min(left, group.ended_on or left)
    if joined <= left and all(group is not known for known, _, _ in found):
        found.append((group, joined, left))


def would_attend(
    seed: int, employee_id: str, session: Session, settled: float, absences: list[Absence]
) -> bool:
    """Whether this person, a member and in post, would come to a held session.

    settled: how far above the average the odds are, in logits; 0 for everyone unless attendance is
    made to go with staying. Nobody comes while away sick.
    """
    if any(absence.start <= session.day <= absence.end for absence in absences):
        return False
    draw = stream(seed, "attends", employee_id, session.session_id).random()
    return draw < 1 / (1 + math.exp(-(1.6 + settled)))
