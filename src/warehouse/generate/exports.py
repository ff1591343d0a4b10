"""What HR exports of the programme: one file a source and as-of date.

A few cells are spoilt on purpose, so that the quarantine has something to show: in about every
second staff list one or two rows (hours where FTE belongs, an empty cell, a contract type of the
wrong words, text for a number, a row that stands twice), and in about one leaver record in
thirty, the first time that it is exported, a fault that the next export puts right. It stays far
below the share at which a whole file is refused. Each fault is listed in `Export.faults`. No fault
touches the key of a row, so that a spoilt row still says whose it is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

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
# An HR system exports the leaver records that were made or changed of late.
LEAVER_WINDOW_DAYS = 92

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
        opens = date.min if as_of == dates[0] else as_of - timedelta(days=LEAVER_WINDOW_DAYS)
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


EXPORTERS = {"hr_staff": hr_staff, "hr_leavers": hr_leavers}


def _yes_no(flag: bool) -> str:
    return "Y" if flag else "N"


def _staff_row(spell: Spell, held: Attributes, as_of: date) -> Row:
    caseload = spell.caseload_on(as_of)
    return {
        "employee_id": spell.person.employee_id,
        "full_name": spell.person.full_name,
        "email": spell.person.email,
        "team": held.team,
        "job_role": held.job_role,
        "is_social_worker": _yes_no(held.is_social_worker),
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
        "void": _yes_no(entry.void),
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
