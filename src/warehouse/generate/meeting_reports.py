"""What Teams and Zoom report of the online sessions of which no register is kept.

Who came is what `register` says. How long each stayed, with what breaks and on how many devices, is
drawn from a stream of its own for each session and person. Everyone who came is there for far longer
than the ten minutes that count; somebody who did not is sometimes seen for less than nine. A report
knows people by their address in the staff list. Those who dial in (about one in forty) have none
there, nor have guests: they came, and nobody who reads the report can count them.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from warehouse.generate import vocabulary as words
from warehouse.generate.exports import Document
from warehouse.generate.groups import Session
from warehouse.generate.participation_exports import can_come, memberships, register
from warehouse.generate.programme import Person, Programme, Spell
from warehouse.generate.streams import stream

TEAMS_STAYS = ("Name", "Join time", "Leave time", "Duration", "Email", "Role", "synthetic")
TEAMS_PEOPLE = (
    "Name",
    "First join",
    "Last leave",
    "In-meeting duration",
    "Email",
    "Participant ID (UPN)",
    "Role",
    "synthetic",
)
ZOOM_MEETING = (
    "Topic",
    "Meeting ID",
    "Start Time",
    "End Time",
    "User Email",
    "Duration (Minutes)",
    "Participants",
)
ZOOM_STAYS = (
    "Name (Original Name)",
    "User Email",
    "Join Time",
    "Leave Time",
    "Duration (Minutes)",
    "Guest",
    "In Waiting Room",
    "synthetic",
)
DIALS_IN, LOOKS_IN, HAS_GUEST, IN_TWO_PARTS = 0.025, 0.15, 0.12, 0.09
# Whoever only looks in is gone before the ninth minute; ten is what counts as having been there.
SHORTEST_LOOK, LONGEST_LOOK = 40, 500
SHORTEST_PIECE = timedelta(seconds=20)
UTF_16_MARK = b"\xff\xfe"

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Participant:
    """Somebody whom a report names. `email` is empty for telephones and guests."""

    name: str
    email: str
    role: str
    stays: tuple[Span, ...]

    def within(self, part: Span) -> Participant | None:
        """The person as one part of the meeting has seen them; None where it has not."""
        cut = [(max(joined, part[0]), min(left, part[1])) for joined, left in self.stays]
        kept = tuple((joined, left) for joined, left in cut if left - joined >= SHORTEST_PIECE)
        return Participant(self.name, self.email, self.role, kept) if kept else None


@dataclass(frozen=True)
class _Report:
    """One meeting, or one part of it, the organiser first."""

    session: Session
    part: int
    span: Span
    people: tuple[Participant, ...]

    @property
    def file_name(self) -> str:
        mark = "" if self.part == 1 else f"__{self.part}"
        return f"{self.session.session_id}{mark}_{self.session.day.isoformat()}.csv"

    @property
    def rows(self) -> list[tuple[Participant, Span]]:
        """Every stay of everybody, in the order of joining, the organiser first."""
        stays = [(one, stay) for one in self.people for stay in one.stays]
        return sorted(stays, key=lambda row: (row[0].role != "Organizer", row[1], row[0].name))


def dials_in(programme: Programme, session: Session, employee_id: str) -> bool:
    """Whether somebody who comes to this online session does so by telephone, without an address."""
    draw = stream(programme.seed, "dials in", session.session_id, employee_id)
    return draw.random() < DIALS_IN


def attendance_teams(programme: Programme, dates: list[date]) -> Iterator[Document]:
    """Teams' reports of the sessions up to the last date: UTF-16, tabs, three sections."""
    for report in _reports(programme, "attendance_teams", dates[-1]):
        content = UTF_16_MARK + _teams_text(report).encode("utf-16-le")
        yield _document("attendance_teams", report, content, len(report.rows))


def attendance_zoom(programme: Programme, dates: list[date]) -> Iterator[Document]:
    """Zoom's participant lists of the sessions up to the last date: the meeting, then every stay."""
    for report in _reports(programme, "attendance_zoom", dates[-1]):
        rows = _zoom_rows(programme.seed, report)
        yield _document("attendance_zoom", report, _zoom_text(programme, report, rows), len(rows))


def _document(source: str, report: _Report, content: bytes, records: int) -> Document:
    return Document(source, report.session.day, report.file_name, content, records)


def _reports(programme: Programme, source: str, until: date) -> Iterator[_Report]:
    """The reports of one source, by group and day."""
    came: dict[str, set[str]] = {}
    for seen in register(programme):
        if seen.attendance == "attended":
            came.setdefault(seen.session.session_id, set()).add(seen.employee_id)
    spells: dict[str, list[Spell]] = {}
    for spell in programme.spells:
        spells.setdefault(spell.person.employee_id, []).append(spell)
    for group in programme.groups:
        for session in group.sessions:
            if session.report == source and programme.start <= session.day <= until:
                who = came.get(session.session_id, set())
                yield from _of_session(programme, session, who, spells)


def _of_session(
    programme: Programme, session: Session, came: set[str], spells: dict[str, list[Spell]]
) -> Iterator[_Report]:
    """The report of one session, or those of its two parts."""
    rng = stream(programme.seed, "meeting", session.session_id)
    begins = datetime.combine(session.day, time(rng.choice((9, 10, 11, 13, 14, 15)), 30))
    ends = begins + timedelta(minutes=session.minutes or 90)
    people = [_organiser(programme.seed, session, (begins, ends))]
    for employee_id in sorted(came):
        draw = stream(programme.seed, "stays", session.session_id, employee_id)
        stays = _stays(draw, begins, ends)
        if employee_id not in spells:  # a number that HR has never given is nobody's address either
            people.append(Participant("Guest (Unverified)", "", "Attendee", stays))
        elif dials_in(programme, session, employee_id):
            people.append(Participant(_telephone(draw), "", "Attendee", stays))
        else:
            people.append(_member(draw, spells[employee_id][0].person, stays))
    for employee_id in _lookers_in(programme, session, came, spells):
        draw = stream(programme.seed, "looks in", session.session_id, employee_id, "stay")
        joined = begins + timedelta(seconds=draw.randint(0, 3000))
        left = joined + timedelta(seconds=draw.randint(SHORTEST_LOOK, LONGEST_LOOK))
        people.append(_member(draw, spells[employee_id][0].person, ((joined, left),)))
    if rng.random() < HAS_GUEST:
        name = f"{rng.choice(words.FIRST_NAMES)} (Guest)"
        people.append(Participant(name, "", "Attendee", _stays(rng, begins, ends)))
    spans = [(begins - timedelta(minutes=10), ends + timedelta(minutes=10))]
    if rng.random() < IN_TWO_PARTS:  # the line broke, and the meeting was started anew
        broke = begins + timedelta(seconds=rng.randint(1200, 3000))
        again = broke + timedelta(seconds=rng.randint(60, 240))
        spans = [(spans[0][0], broke), (again, spans[0][1])]
    for part, span in enumerate(spans, start=1):
        seen = [person for one in people if (person := one.within(span))]
        joins = [joined for person in seen for joined, _ in person.stays]
        leaves = [left for person in seen for _, left in person.stays]
        yield _Report(session, part, (min(joins), max(leaves)), tuple(seen))


def _lookers_in(
    programme: Programme, session: Session, came: set[str], spells: dict[str, list[Spell]]
) -> list[str]:
    """Members who did not attend and were in the meeting all the same, for some minutes."""
    day = session.day
    return sorted(
        {
            member.employee_id
            for member in memberships(programme)
            if member.group_id == session.group_id
            and member.joined_on <= day <= (member.left_on or day)
            and member.employee_id not in came
            and can_come(
                spells[member.employee_id], programme.absences.get(member.employee_id, []), day
            )
            and stream(programme.seed, "looks in", session.session_id, member.employee_id).random()
            < LOOKS_IN
        }
    )


def _organiser(seed: int, session: Session, span: Span) -> Participant:
    """The facilitator, who is no member of staff that HR lists, from before the start to the end."""
    draw = stream(seed, "facilitator", session.facilitator_id)
    name = f"{draw.choice(words.FIRST_NAMES)} {draw.choice(words.LAST_NAMES)}"
    firm = "supervision" if session.is_independent else "facilitators"
    began = span[0] - timedelta(seconds=stream(seed, "opens", session.session_id).randint(60, 500))
    email = f"{session.facilitator_id.lower()}@{firm}.example"
    return Participant(name, email, "Organizer", ((began, span[1] + timedelta(seconds=75)),))


def _member(rng: random.Random, person: Person, stays: tuple[Span, ...]) -> Participant:
    first, last = person.full_name.split(" ", 1)
    name = rng.choice((person.full_name, person.full_name, f"{last}, {first}"))
    # The directory writes some addresses in capitals; they are the same person's.
    email = person.email.title() if rng.random() < 0.15 else person.email
    return Participant(name, email, "Presenter", stays)


def _telephone(rng: random.Random) -> str:
    """A number of those that are kept free for fiction."""
    return f"+44 7700 900{rng.randrange(1000):03d}"


def _stays(rng: random.Random, begins: datetime, ends: datetime) -> tuple[Span, ...]:
    """When somebody who came was there: an hour or more of it in all but the shortest sessions."""
    late = rng.randint(900, 1500) if rng.random() < 0.1 else rng.randint(-240, 300)
    joined = begins + timedelta(seconds=late)
    left = ends + timedelta(seconds=rng.randint(-240, 60))
    stays = [(joined, left)]
    for _ in range(rng.choices((0, 1, 2), weights=(70, 24, 6))[0]):  # the line drops, and is back
        since, until = stays.pop()
        dropped = since + (until - since) * rng.uniform(0.2, 0.8)
        dropped = dropped.replace(microsecond=0)
        back = dropped + timedelta(seconds=rng.randint(20, 200))
        stays += [(since, dropped), (min(back, until), until)]
    if (
        rng.random() < 0.08
    ):  # the telephone for the sound, beside the screen: the same minutes twice
        stays.append((joined + timedelta(seconds=45), left))
    return tuple(stays)


def _length(seconds: int) -> str:
    """As Teams writes it, such as `1h 4m 30s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    amounts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return " ".join(f"{amount}{unit}" for amount, unit in amounts if amount) or "0s"


def _seconds(span: Span) -> int:
    return int((span[1] - span[0]).total_seconds())


def _teams_time(moment: datetime) -> str:
    return f"{moment:%d/%m/%y, %H:%M:%S}"


def _teams_text(report: _Report) -> str:
    """The three sections that Teams has written since 2021, its day before the month."""
    present = [sum(map(_seconds, person.stays)) for person in report.people]
    lines: list[tuple[str, ...]] = [
        ("1. Summary",),
        ("Meeting title", f"Peer supervision {report.session.group_id}"),
        ("Attended participants", str(len(report.people))),
        ("Start time", _teams_time(report.span[0])),
        ("End time", _teams_time(report.span[1])),
        ("Meeting duration", _length(_seconds(report.span))),
        ("Average attendance time", _length(sum(present) // len(present))),
        (),
        ("2. Participants",),
        TEAMS_PEOPLE,
    ]
    for person, seconds in zip(report.people, present, strict=True):
        first = _teams_time(min(joined for joined, _ in person.stays))
        last = _teams_time(max(left for _, left in person.stays))
        address = (person.email, person.email)
        lines.append((person.name, first, last, _length(seconds), *address, person.role, "Y"))
    lines += [(), ("3. In-Meeting activities",), TEAMS_STAYS]
    for person, stay in report.rows:
        times = (_teams_time(stay[0]), _teams_time(stay[1]), _length(_seconds(stay)))
        lines.append((person.name, *times, person.email, person.role, "Y"))
    # Teams quotes nothing, and no name here holds a tab.
    return "".join("\t".join(fields) + "\n" for fields in lines)


def _zoom_time(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y %I:%M:%S %p}"


def _zoom_minutes(span: Span) -> str:
    return str(-(-_seconds(span) // 60))


def _zoom_rows(seed: int, report: _Report) -> list[tuple[str, ...]]:
    """Every stay and, for some, the wait before it until the host let them in."""
    rows: list[tuple[str, ...]] = []
    for person, stay in report.rows:
        is_host = person.role == "Organizer"
        name = f"{person.name} (Host)" if is_host else person.name
        guest = "No" if person.email else "Yes"
        draw = stream(seed, "waits", report.session.session_id, person.name, stay[0])
        if not is_host and draw.random() < 0.3:
            wait = (stay[0] - timedelta(seconds=draw.randint(5, 90)), stay[0])
            rows.append(_zoom_row(name, person.email, wait, guest, "Yes"))
        rows.append(_zoom_row(name, person.email, stay, guest, "No"))
    return rows


def _zoom_row(name: str, email: str, span: Span, guest: str, waits: str) -> tuple[str, ...]:
    times = (_zoom_time(span[0]), _zoom_time(span[1]), _zoom_minutes(span))
    return (name, email, *times, guest, waits, "Y")


def _zoom_text(programme: Programme, report: _Report, rows: list[tuple[str, ...]]) -> bytes:
    group_id = report.session.group_id
    host = next(person for person in report.people if person.role == "Organizer")
    number = f"{stream(programme.seed, 'zoom', group_id).randrange(10**10):010d}"
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(ZOOM_MEETING)
    lines.writerow(
        (
            f"Peer supervision {group_id}",
            f"8{number[:2]} {number[2:6]} {number[6:]}",
            _zoom_time(report.span[0]),
            _zoom_time(report.span[1]),
            host.email,
            _zoom_minutes(report.span),
            str(len(report.people)),
        )
    )
    lines.writerow(())
    lines.writerow(ZOOM_STAYS)
    lines.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
