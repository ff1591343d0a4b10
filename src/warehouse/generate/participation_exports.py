"""What the programme's office exports: groups, members, sessions, registers and the debrief log.

There is no file of a time before the programme: the first is as of the first date on which there is
a group (or, for records, a session or a debrief that was written down). Groups and members are
exported once a month, at the first date of each month that is exported at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from warehouse.generate.absence import Absence
from warehouse.generate.debriefs import make_debriefs
from warehouse.generate.exports import WINDOW_DAYS, Export, Fault, Row, day_text, spoil_last, yes_no
from warehouse.generate.groups import Membership, Session, segments, would_attend
from warehouse.generate.programme import Programme, Spell
from warehouse.generate.streams import days_after, pick, stream

GROUPS_COLUMNS = (
    "group_id",
    "teams",
    "started_on",
    "ended_on",
    "capacity",
    "cadence_days",
    "synthetic",
)
GROUP_MEMBERS_COLUMNS = ("group_id", "employee_id", "joined_on", "left_on", "synthetic")
GROUP_SESSIONS_COLUMNS = (
    "session_id",
    "group_id",
    "session_date",
    "status",
    "facilitator_id",
    "facilitator_independent",
    "mode",
    "duration_minutes",
    "void",
    "synthetic",
)
GROUP_ATTENDANCE_COLUMNS = ("session_id", "employee_id", "attendance", "void", "synthetic")
DEBRIEFS_COLUMNS = (
    "debrief_id",
    "incident_date",
    "incident_type",
    "team",
    "requested_date",
    "offered_date",
    "held_date",
    "status",
    "format",
    "facilitator_id",
    "staff_affected",
    "staff_attended",
    "follow_up_offered",
    "notes",
    "void",
    "synthetic",
)
CADENCE_DAYS = "42"
SESSION_FAULTS = (
    ("duration_minutes", "900", "out_of_range"),
    ("mode", "Teams", "not_allowed"),
    ("facilitator_independent", "", "missing_value"),
)
ATTENDANCE_FAULTS = (
    ("attendance", "present", "not_allowed"),
    ("attendance", "", "missing_value"),
)
DEBRIEF_FAULTS = (
    ("incident_type", "assault", "not_allowed"),
    ("staff_affected", "", "missing_value"),
    ("staff_affected", "team", "not_a_number"),
)
ABSENT_ANSWERS = {"apologies": 6.0, "did_not_attend": 4.0}


@dataclass(frozen=True)
class Seen:
    """One line of a register, from the day that the office has it."""

    session: Session
    employee_id: str
    attendance: str
    recorded_on: date
    void_from: date | None = None


def monthly(dates: list[date]) -> list[date]:
    """The first of the dates in each calendar month."""
    return [
        day
        for position, day in enumerate(dates)
        if position == 0
        or (dates[position - 1].year, dates[position - 1].month) != (day.year, day.month)
    ]


@lru_cache(maxsize=2)
def memberships(programme: Programme) -> tuple[Membership, ...]:
    """Everyone's memberships, by group and person; a new contract the next day ends none."""
    found: list[Membership] = []
    for spell in programme.spells:
        if spell.group_id is None or spell.last_day < spell.start:
            continue
        teams = tuple((since, held.team) for since, held in spell.history)
        employee_id = spell.person.employee_id
        for group, joined, left in segments(
            programme.groups,
            programme.seed,
            employee_id,
            spell.group_id,
            spell.start,
            spell.last_day,
            teams,
        ):
            draw = stream(programme.seed, "removed", employee_id, group.group_id, joined)
            removed = days_after(draw, left, 0, 12)
            if draw.random() < 0.12:  # the office hears of it months later
                removed = days_after(draw, left, 60, 200)
            former = found[-1] if found else None
            if (
                former is not None
                and former.employee_id == employee_id
                and former.group_id == group.group_id
                and former.left_on is not None
                and (joined - former.left_on).days <= 60
            ):
                joined = former.joined_on
                found.pop()
            found.append(Membership(group.group_id, employee_id, joined, left, removed))
    return tuple(sorted(found, key=lambda m: (m.group_id, m.employee_id, m.joined_on)))


@lru_cache(maxsize=2)
def register(programme: Programme) -> tuple[Seen, ...]:
    """Who came to every session up to the end and, of those expected, who did not.

    By session and person, as a register by hand would have it; that of a session with a report was
    never written.
    """
    spells: dict[str, list[Spell]] = {}
    for spell in programme.spells:
        spells.setdefault(spell.person.employee_id, []).append(spell)
    members: dict[str, list[Membership]] = {}
    for membership in memberships(programme):
        members.setdefault(membership.group_id, []).append(membership)
    found: list[Seen] = []
    for group in programme.groups:
        for session in group.sessions:
            if session.is_held and programme.start <= session.day <= programme.end:
                found += _lines(programme, session, members, spells)
    return tuple(found)


def _lines(
    programme: Programme,
    session: Session,
    members: dict[str, list[Membership]],
    spells: dict[str, list[Spell]],
) -> list[Seen]:
    """The register of one held session."""
    day, seed = session.day, programme.seed
    draw = stream(seed, "register", session.session_id)
    recorded = days_after(draw, day, 0, 9)
    if draw.random() < 0.05:  # the sheet was found later
        recorded = days_after(draw, day, 30, 60)
    lists_comers_only = session.is_online and draw.random() < 0.4
    found: dict[str, Seen] = {}
    for member in members.get(session.group_id, []):
        if not member.joined_on <= day <= (member.removed_on or day) or member.employee_id in found:
            continue
        absences = programme.absences.get(member.employee_id, [])
        settled = programme.settled(member.employee_id)
        came = can_come(spells[member.employee_id], absences, day) and would_attend(
            seed, member.employee_id, session, settled, absences
        )
        own = stream(seed, "line", session.session_id, member.employee_id)
        if not came and lists_comers_only:
            continue
        answer = "attended" if came else pick(own, ABSENT_ANSWERS)
        void = days_after(own, recorded, 15, 60) if own.random() < 0.004 else None
        found[member.employee_id] = Seen(session, member.employee_id, answer, recorded, void)
    if draw.random() < 0.08:  # somebody from another group joins for once
        others = [
            m.employee_id
            for group_id in sorted(members)
            if group_id != session.group_id
            for m in members[group_id]
            if m.joined_on <= day <= (m.left_on or day)
            and m.employee_id not in found
            and can_come(spells[m.employee_id], programme.absences.get(m.employee_id, []), day)
        ]
        if others:
            guest = draw.choice(others)
            found[guest] = Seen(session, guest, "attended", recorded)
    if draw.random() < 0.02:  # a number that HR has never given to anybody
        unknown = f"X{draw.randrange(10**7):07d}"
        found[unknown] = Seen(session, unknown, "attended", recorded)
    return list(found.values())


def can_come(spells: list[Spell], absences: list[Absence], day: date) -> bool:
    """Whether somebody is in post, not on notice and not away sick."""
    if any(absence.start <= day <= absence.end for absence in absences):
        return False
    return any(
        spell.is_in_post(day) and (spell.notice_from is None or day < spell.notice_from)
        for spell in spells
    )


@lru_cache(maxsize=2)
def attended_days(programme: Programme) -> dict[str, list[date]]:
    """The days on which each person attended a session, oldest first."""
    found: dict[str, list[date]] = {}
    for seen in register(programme):
        if seen.attendance == "attended":
            found.setdefault(seen.employee_id, []).append(seen.session.day)
    return {who: sorted(days) for who, days in found.items()}


def groups(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The groups that run on each date or begin within three weeks, and those that ended of late."""
    for as_of in monthly(dates):
        rows = [
            {
                "group_id": group.group_id,
                "teams": ";".join(group.teams),
                "started_on": group.started_on.isoformat(),
                "ended_on": day_text(
                    group.ended_on if group.ended_on and group.ended_on <= as_of + SOON else None
                ),
                "capacity": str(group.capacity),
                "cadence_days": CADENCE_DAYS,
                "synthetic": "Y",
            }
            for group in programme.groups
            if group.started_on <= as_of + SOON
        ]
        if rows:
            yield Export("groups", as_of, GROUPS_COLUMNS, tuple(rows), ())


SOON = timedelta(days=21)
LISTED_AFTER = timedelta(days=45)


def group_members(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """Who belongs to which group on each date, and for some weeks who no longer does."""
    for as_of in monthly(dates):
        rows: dict[tuple[str, str], Row] = {}
        for member in memberships(programme):
            is_known = member.removed_on is not None and member.removed_on <= as_of
            if member.joined_on > as_of or (
                is_known and (member.removed_on or as_of) + LISTED_AFTER < as_of
            ):
                continue
            # Somebody who comes back to a group has one line, that of the later membership.
            rows[member.group_id, member.employee_id] = {
                "group_id": member.group_id,
                "employee_id": member.employee_id,
                "joined_on": member.joined_on.isoformat(),
                "left_on": day_text(member.left_on if is_known else None),
                "synthetic": "Y",
            }
        if rows:
            yield Export("group_members", as_of, GROUP_MEMBERS_COLUMNS, tuple(rows.values()), ())


def group_sessions(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The sessions of the 92 days to each date; a few were first written down as held, and were not."""
    sessions = [
        (session, stream(programme.seed, "written", session.session_id))
        for group in programme.groups
        for session in group.sessions
        if programme.start <= session.day <= programme.end
    ]
    known = [
        (session, days_after(draw, session.day, 0, 6), draw.random() < 0.08)
        for session, draw in sessions
    ]
    previous, begun = date.min, False
    for as_of in dates:
        rows: list[Row] = []
        faults: list[Fault] = []
        for session, recorded, was_wrong in known:
            corrected = recorded + timedelta(days=35)
            is_wrong = was_wrong and not session.is_held and as_of < corrected
            if recorded > as_of or session.day <= as_of - timedelta(days=WINDOW_DAYS):
                continue
            rows.append(
                {
                    "session_id": session.session_id,
                    "group_id": session.group_id,
                    "session_date": session.day.isoformat(),
                    "status": "held" if session.is_held or is_wrong else "cancelled",
                    "facilitator_id": session.facilitator_id,
                    "facilitator_independent": yes_no(session.is_independent),
                    "mode": "online" if session.is_online else "in_person",
                    "duration_minutes": "" if session.minutes is None else str(session.minutes),
                    "void": "N",
                    "synthetic": "Y",
                }
            )
            if recorded > previous:
                rng = stream(programme.seed, "faults", session.session_id)
                faults += spoil_last(rows, rng, 0.01, SESSION_FAULTS)
        begun = begun or bool(rows)
        if begun:
            yield Export(
                "group_sessions", as_of, GROUP_SESSIONS_COLUMNS, tuple(rows), tuple(faults)
            )
        previous = as_of


def group_attendance(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The registers of the sessions of the 92 days to each date, where one was kept by hand."""
    lines = [seen for seen in register(programme) if seen.session.report is None]
    previous, begun = date.min, False
    for as_of in dates:
        rows: list[Row] = []
        faults: list[Fault] = []
        for seen in lines:
            if not as_of - timedelta(days=WINDOW_DAYS) < seen.session.day <= as_of:
                continue
            if seen.recorded_on > as_of:
                continue
            rows.append(
                {
                    "session_id": seen.session.session_id,
                    "employee_id": seen.employee_id,
                    "attendance": seen.attendance,
                    "void": yes_no(seen.void_from is not None and seen.void_from <= as_of),
                    "synthetic": "Y",
                }
            )
            if seen.recorded_on > previous:
                rng = stream(programme.seed, "faults", seen.session.session_id, seen.employee_id)
                faults += spoil_last(rows, rng, 0.003, ATTENDANCE_FAULTS)
        begun = begun or bool(rows)
        if begun:
            yield Export(
                "group_attendance", as_of, GROUP_ATTENDANCE_COLUMNS, tuple(rows), tuple(faults)
            )
        previous = as_of


def debriefs(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The debriefs that were asked for or changed in the 92 days to each date."""
    log = make_debriefs(programme)
    previous, begun = date.min, False
    for as_of in dates:
        rows: list[Row] = []
        faults: list[Fault] = []
        for debrief in log:
            entry = debrief.entry_on(as_of)
            if entry is None or entry.changed_on <= as_of - timedelta(days=WINDOW_DAYS):
                continue
            is_held = entry.status == "held"
            rows.append(
                {
                    "debrief_id": debrief.debrief_id,
                    "incident_date": debrief.incident_date.isoformat(),
                    "incident_type": debrief.incident_type,
                    "team": debrief.team,
                    "requested_date": debrief.requested_date.isoformat(),
                    "offered_date": day_text(entry.offered_date),
                    "held_date": day_text(entry.held_date),
                    "status": entry.status,
                    "format": debrief.format,
                    "facilitator_id": debrief.facilitator_id if entry.offered_date else "",
                    "staff_affected": str(debrief.staff_affected),
                    "staff_attended": str(debrief.staff_attended) if is_held else "",
                    "follow_up_offered": yes_no(debrief.follow_up_offered) if is_held else "",
                    "notes": debrief.notes,
                    "void": "N",
                    "synthetic": "Y",
                }
            )
            if entry.changed_on > previous:
                rng = stream(programme.seed, "faults", debrief.debrief_id, entry.changed_on)
                faults += spoil_last(rows, rng, 0.02, DEBRIEF_FAULTS)
        begun = begun or bool(rows)
        if begun:
            yield Export("debriefs", as_of, DEBRIEFS_COLUMNS, tuple(rows), tuple(faults))
        previous = as_of
