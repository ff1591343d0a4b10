"""What HR exports of the programme: one file a source and as-of date.

A few cells are spoilt on purpose, so that the quarantine has something to show: in about every
second staff list one or two rows (hours where FTE belongs, an empty cell, a contract type of the
wrong words, text for a number, a row that stands twice), and in about one leaver record in
thirty, the first time that it is exported, a fault that the next export puts right. It stays far
below the share at which a whole file is refused. Each fault is listed in `Export.faults`. No fault
touches the key of a row, so that a spoilt row still says whose it is. The other sources have a few
faults each, of the kind that people make who type.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.generate.absence import Absence
from warehouse.generate.programme import Attributes, LeaverEntry, LeaverRecord, Programme, Spell
from warehouse.generate.streams import stream

HR_STAFF_COLUMNS = (
    "employee_id",
    "full_name",
    "email",
    "team",
    "job_role",
    "is_social_worker",
    "contract_type",
    "fte",
    "start_date",
    "caseload",
    "synthetic",
)
HR_LEAVERS_COLUMNS = (
    "employee_id",
    "start_date",
    "leaving_date",
    "leaving_reason",
    "destination",
    "record_status",
    "exit_interview_notes",
    "void",
    "synthetic",
)
HR_VACANCIES_COLUMNS = (
    "vacancy_id",
    "team",
    "job_role",
    "is_social_worker",
    "fte",
    "opened_date",
    "advertised_date",
    "offer_date",
    "start_date",
    "closed_date",
    "status",
    "applicants",
    "covered_by_agency",
    "void",
    "synthetic",
)
ABSENCE_COLUMNS = (
    "employee_id",
    "absence_start",
    "absence_end",
    "reason",
    "working_days_lost",
    "void",
    "synthetic",
)
# A system exports the records that were made or changed of late.
WINDOW_DAYS = 92

# column, what is written, the reason code under which it has to be found again
STAFF_FAULTS = (
    ("fte", "", "missing_value"),
    ("fte", "37", "out_of_range"),
    ("contract_type", "Perm", "not_allowed"),
    ("is_social_worker", "", "missing_value"),
    ("caseload", "n/k", "not_a_number"),
    (None, None, "duplicate_key"),
)
LEAVER_FAULTS = (
    ("leaving_reason", "personal reasons", "not_allowed"),
    ("leaving_date", "", "missing_value"),
    ("leaving_date", "the day before the start", "date_order"),
)
LEAVER_FAULT_SHARE = 0.03
VACANCY_FAULTS = (
    ("status", "Filled", "not_allowed"),
    ("fte", "37", "out_of_range"),
    ("applicants", "lots", "not_a_number"),
    ("covered_by_agency", "", "missing_value"),
)
ABSENCE_FAULTS = (
    ("reason", "flu", "not_allowed"),
    ("working_days_lost", "", "missing_value"),
    ("working_days_lost", "2 days", "not_a_number"),
)
FAULT_SHARE = 0.012

Row = dict[str, str]


@dataclass(frozen=True)
class Fault:
    """A row that was spoilt on purpose: its line (header = 1), column and expected reason code."""

    line: int
    column: str | None
    reason_code: str


@dataclass(frozen=True)
class Export:
    """One file: rows of text by column name, in the order in which they are written."""

    source: str
    as_of: date
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]

    @property
    def file_name(self) -> str:
        """The name in the landing layout, such as `hr_staff_2019-03-31.csv`."""
        return f"{self.source}_{self.as_of.isoformat()}.csv"


@dataclass(frozen=True)
class Document:
    """One file that is no table: the bytes that are written, and how many records they hold."""

    source: str
    as_of: date
    file_name: str
    content: bytes
    records: int


def hr_staff(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The staff list as at each date, by employee and start date: everyone whom HR lists then."""
    # A row changes with the attributes or the month: daily exports mostly repeat yesterday's rows.
    latest: dict[Spell, tuple[date, Attributes, Row]] = {}
    for as_of in dates:
        rows: list[Row] = []
        month = as_of.replace(day=1)
        for spell in programme.spells:
            if not spell.is_listed(as_of):
                continue
            held = spell.attributes_on(as_of)
            known = latest.get(spell)
            if known is None or known[:2] != (month, held) or as_of <= spell.start:
                known = latest[spell] = (month, held, _staff_row(spell, held, as_of))
            rows.append(known[2])
        faults = _spoil_staff(rows, stream(programme.seed, "faults", "hr_staff", as_of))
        yield Export("hr_staff", as_of, HR_STAFF_COLUMNS, tuple(rows), tuple(faults))


def hr_leavers(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The leaver records that were made or changed in the 92 days to each date.

    The first file reaches as far back as it takes to hold everyone who leaves on or after its
    as-of date; who had left before is in no staff list, and is left out. A file without records
    is a month in which nothing happened.
    """
    previous = date.min
    for as_of in dates:
        opens = date.min if as_of == dates[0] else as_of - timedelta(days=WINDOW_DAYS)
        rows: list[Row] = []
        faults: list[Fault] = []
        for record in programme.leaver_records:
            entry = record.entry_on(as_of)
            if entry is None or entry.changed_on <= opens or entry.leaving_date < dates[0]:
                continue
            rows.append(_leaver_row(record, entry))
            if entry.changed_on > previous:  # the first export that has it in this form
                faults += _spoil_leaver(rows, record, entry, programme.seed)
        yield Export("hr_leavers", as_of, HR_LEAVERS_COLUMNS, tuple(rows), tuple(faults))
        previous = as_of


def hr_vacancies(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The vacancies that were opened or changed in the 92 days to each date.

    The first file also has everything that is still vacant on its date.
    """
    previous = date.min
    for as_of in dates:
        opens = as_of - timedelta(days=WINDOW_DAYS)
        rows: list[Row] = []
        faults: list[Fault] = []
        for vacancy in programme.vacancies:
            entry = vacancy.entry_on(as_of)
            if entry is None:
                continue
            is_vacant = entry.closed_date is None or (entry.start_date or date.min) > as_of
            if entry.changed_on <= opens and not (as_of == dates[0] and is_vacant):
                continue
            rows.append(
                {
                    "vacancy_id": vacancy.vacancy_id,
                    "team": vacancy.team,
                    "job_role": vacancy.job_role,
                    "is_social_worker": yes_no(vacancy.is_social_worker),
                    "fte": vacancy.fte,
                    "opened_date": vacancy.opened_date.isoformat(),
                    "advertised_date": day_text(entry.advertised_date),
                    "offer_date": day_text(entry.offer_date),
                    "start_date": day_text(entry.start_date),
                    "closed_date": day_text(entry.closed_date),
                    "status": entry.status,
                    "applicants": "" if entry.applicants is None else str(entry.applicants),
                    "covered_by_agency": yes_no(vacancy.is_covered),
                    "void": yes_no(entry.void),
                    "synthetic": "Y",
                }
            )
            if entry.changed_on > previous:
                rng = stream(programme.seed, "faults", vacancy.vacancy_id, entry.changed_on)
                faults += spoil_last(rows, rng, FAULT_SHARE, VACANCY_FAULTS)
        yield Export("hr_vacancies", as_of, HR_VACANCIES_COLUMNS, tuple(rows), tuple(faults))
        previous = as_of


def absence(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """The absences of permanent and fixed-term people that go on, or ended in the last 92 days."""
    known = _absences_in_post(programme, dates[0] - timedelta(days=WINDOW_DAYS), dates[-1])
    previous = date.min
    for as_of in dates:
        opens = as_of - timedelta(days=WINDOW_DAYS)
        rows: list[Row] = []
        faults: list[Fault] = []
        for item, last, fte in known:
            settled_on = max(last, item.recorded_on) + timedelta(days=2)
            corrected_on = settled_on + timedelta(days=35)
            changed_on = corrected_on if item.was_recorded_short else settled_on
            if item.recorded_on > as_of or changed_on <= opens:
                continue
            ends = last
            if item.was_recorded_short and as_of < corrected_on:
                ends = max(last - timedelta(days=3), item.start)
            counted = ends if as_of >= settled_on else min(ends, as_of)
            days = max(item.weekdays_until(counted), 0) * fte
            rows.append(
                {
                    "employee_id": item.employee_id,
                    "absence_start": item.start.isoformat(),
                    "absence_end": ends.isoformat() if as_of >= settled_on else "",
                    "reason": "stress_anxiety_depression" if item.is_stress else "other",
                    "working_days_lost": f"{days:.1f}",
                    "void": "N",
                    "synthetic": "Y",
                }
            )
            if item.recorded_on > previous:
                rng = stream(programme.seed, "faults", "absence", item.employee_id, item.start)
                faults += spoil_last(rows, rng, FAULT_SHARE, ABSENCE_FAULTS)
        yield Export("absence", as_of, ABSENCE_COLUMNS, tuple(rows), tuple(faults))
        previous = as_of


def _absences_in_post(
    programme: Programme, since: date, until: date
) -> list[tuple[Absence, date, float]]:
    """Absences that begin in post, with their last day in post and the hours of the first day."""
    found = []
    seen: set[tuple[str, date]] = set()
    for spell in programme.spells:
        items = programme.absences.get(spell.person.employee_id, [])
        for item in items[bisect_right(items, spell.start, key=lambda one: one.start) :]:
            if item.start > min(spell.last_day, until):
                break
            held = spell.attributes_on(item.start)
            key = (item.employee_id, item.start)
            if item.end < since or held.contract_type == "agency" or key in seen:
                continue
            seen.add(key)
            found.append((item, min(item.end, spell.last_day), float(held.fte)))
    return found


def spoil_last(
    rows: list[Row],
    rng: random.Random,
    share: float,
    faults: Sequence[tuple[str, str, str]],
) -> list[Fault]:
    """Spoil the last of `rows`, in place, in a share of cases."""
    if rng.random() >= share:
        return []
    column, text, reason = rng.choice(faults)
    rows[-1] = {**rows[-1], column: text}
    return [Fault(len(rows) + 1, column, reason)]


def day_text(day: date | None) -> str:
    """A date as it is written; empty for none."""
    return "" if day is None else day.isoformat()


def yes_no(flag: bool) -> str:
    """`Y` or `N`."""
    return "Y" if flag else "N"


def _staff_row(spell: Spell, held: Attributes, as_of: date) -> Row:
    caseload = spell.caseload_on(as_of)
    return {
        "employee_id": spell.person.employee_id,
        "full_name": spell.person.full_name,
        "email": spell.person.email,
        "team": held.team,
        "job_role": held.job_role,
        "is_social_worker": yes_no(held.is_social_worker),
        "contract_type": held.contract_type,
        "fte": held.fte,
        "start_date": spell.start.isoformat(),
        "caseload": "" if caseload is None else str(caseload),
        "synthetic": "Y",
    }


def _leaver_row(record: LeaverRecord, entry: LeaverEntry) -> Row:
    return {
        "employee_id": record.person.employee_id,
        "start_date": record.start.isoformat(),
        "leaving_date": entry.leaving_date.isoformat(),
        "leaving_reason": entry.leaving_reason,
        "destination": entry.destination,
        "record_status": entry.record_status,
        "exit_interview_notes": entry.notes,
        "void": yes_no(entry.void),
        "synthetic": "Y",
    }


def _spoil_staff(rows: list[Row], rng: random.Random) -> list[Fault]:
    """Spoil no row, one or two of `rows`, in place; a doubled row is added at the end."""
    number = rng.choices((0, 1, 2), weights=(50, 38, 12))[0]
    spoilt = rng.sample(range(len(rows)), min(number, len(rows)))
    faults = []
    for position in spoilt:
        column, text, reason = rng.choice(STAFF_FAULTS)
        if column is None or text is None:
            rows.append(dict(rows[position]))
            faults.append(Fault(len(rows) + 1, None, reason))
        else:
            rows[position] = {**rows[position], column: text}
            faults.append(Fault(position + 2, column, reason))
    return faults


def _spoil_leaver(
    rows: list[Row], record: LeaverRecord, entry: LeaverEntry, seed: int
) -> list[Fault]:
    """Sometimes spoil the last of `rows`, in place."""
    rng = stream(
        seed, "faults", "hr_leavers", record.person.employee_id, record.start, entry.changed_on
    )
    if rng.random() >= LEAVER_FAULT_SHARE:
        return []
    column, text, reason = rng.choice(LEAVER_FAULTS)
    if reason == "date_order":
        text = (record.start - timedelta(days=1)).isoformat()
    rows[-1] = {**rows[-1], column: text}
    return [Fault(len(rows) + 1, column, reason)]
