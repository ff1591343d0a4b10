"""The workforce marts once more, counted slowly: a walk over people and days.

Nothing here is shared with the product, and nothing is clever: no SQL, no frames, no windows. Each
function says one sentence of the metric definitions. Rows come in as plain dicts with the columns
of the lake tables `hr_staff` and `hr_leavers`, and go out as plain dicts with the columns of the
marts `staff_spells`, `hr_reconciliation`, `retention_monthly` and `retention_yearly_dfe`.

FTE is added up in `Fraction`, so that no order of adding makes a difference; it is turned into a
float when a row goes out.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
Key = tuple[str, date]

DAY = timedelta(days=1)
EMPLOYED = ("permanent", "fixed_term")
# These say too much of one person to stand beside a key: the list of spells calls them `other`.
SHOWN_AS_OTHER = ("dismissal", "death_in_service")
ATTRIBUTES = ("team", "job_role", "is_social_worker", "contract_type", "fte")


@dataclass
class Spell:
    """One (staff_key, start_date) that some good row of a snapshot names."""

    staff_key: str
    start_date: date
    held_on: set[date] = field(default_factory=set)  # snapshots, rows with bad cells included
    good_on: dict[date, Row] = field(default_factory=dict)  # snapshot -> the row that gives values
    record: Row | None = None  # the leaver record that is taken for this spell, rescinded or not
    last_day: date | None = None
    exit_kind: str | None = None

    def on(self, day: date) -> Row:
        """The attributes that count on `day`."""
        before = [as_of for as_of in self.good_on if as_of <= day]
        return self.good_on[max(before) if before else min(self.good_on)]

    def is_in_post(self, day: date) -> bool:
        return self.start_date <= day and (self.last_day is None or day <= self.last_day)

    def is_employed(self, day: date) -> bool:
        """In post on `day` with a permanent or fixed-term contract."""
        return self.is_in_post(day) and self.on(day)["contract_type"] in EMPLOYED

    def is_agency(self, day: date) -> bool:
        return self.is_in_post(day) and self.on(day)["contract_type"] == "agency"


@dataclass
class Workforce:
    """What the sources say, put together: the spells and what was strange about them."""

    snapshots: list[date]
    spells: list[Spell]
    never_in_post: list[Row]  # leaver records of nobody's spell
    reconciliation: list[Row]
    team_names: list[str]
    role_names: list[str]

    def months(self) -> list[date]:
        """The month ends that are reported, oldest first."""
        if not self.snapshots:
            return []
        found = []
        month = month_end(self.snapshots[0])
        while month <= self.snapshots[-1]:
            found.append(month)
            month = month_end(month + DAY)
        return found


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def a_year_before(month: date) -> date:
    """The month end twelve months before the month end `month`."""
    return month_end(date(month.year - 1, month.month, 1))


def understand(
    staff_rows: Iterable[Row], leaver_rows: Iterable[Row], snapshots: Iterable[date]
) -> Workforce:
    """Spells, their last days and the reconciliation list.

    staff_rows, leaver_rows: rows of standing files, in any order. snapshots: the as-of dates of the
    standing hr_staff files, also of one in which no row could be read.
    """
    days = sorted(set(snapshots))
    staff = list(staff_rows)
    spells = known_spells(staff)
    records = effective_records(leaver_rows)
    never, listed = match_records(spells, records)
    for spell in spells.values():
        listed += settle_end(spell, days)
    good = [row for row in staff if row["row_status"] == "good"]
    return Workforce(
        days,
        sorted(spells.values(), key=lambda spell: (spell.staff_key, spell.start_date)),
        never,
        listed,
        sorted({row["team"] for row in good}),
        sorted({row["job_role"] for row in good}),
    )


def known_spells(staff: list[Row]) -> dict[Key, Spell]:
    """A spell is known once a good row names it; a bad row with a readable key says only 'here'."""
    spells: dict[Key, Spell] = {}
    for row in staff:
        if row["row_status"] == "good":
            key = (row["staff_key"], row["start_date"])
            spell = spells.setdefault(key, Spell(*key))
            rival = spell.good_on.get(row["as_of"])
            if rival is None or rival["file_sha256"] < row["file_sha256"]:
                spell.good_on[row["as_of"]] = row
    for row in staff:
        key = (row["staff_key"], row["start_date"])
        if key in spells:
            spells[key].held_on.add(row["as_of"])
    return spells


def effective_records(leaver_rows: Iterable[Row]) -> dict[Key, Row]:
    """The statement that stands for each key; a key whose standing statement is void is gone."""
    latest: dict[Key, Row] = {}
    for row in leaver_rows:
        key = (row["staff_key"], row["start_date"])
        rival = latest.get(key)
        if rival is None or statement_order(rival) < statement_order(row):
            latest[key] = row
    return {key: row for key, row in latest.items() if not row["void"]}


def statement_order(row: Row) -> tuple[date, str]:
    return row["as_of"], row["file_sha256"]


def match_records(spells: dict[Key, Spell], records: dict[Key, Row]) -> tuple[list[Row], list[Row]]:
    """Give each record to its spell. Returns the records of no spell, and what is to be listed."""
    for key, record in records.items():
        if key in spells:
            spells[key].record = record
    own = {key for key in records if key in spells}
    never: list[Row] = []
    taken: dict[Key, Row] = {}
    for key, record in records.items():
        if key in spells:
            continue
        candidates = [
            spell_key
            for spell_key in spells
            if spell_key[0] == key[0]
            and spell_key[1] <= record["leaving_date"]
            and spell_key not in own
        ]
        if len(candidates) != 1:
            never.append(record)
            continue
        (spell_key,) = candidates
        rival = taken.get(spell_key)
        if rival is None or statement_order(rival) < statement_order(record):
            taken[spell_key] = record
    listed = [
        issue("leaver_never_in_post", (r["staff_key"], r["start_date"]), r["as_of"]) for r in never
    ]
    for spell_key, record in taken.items():
        spells[spell_key].record = record
        listed.append(issue("start_date_differs", spell_key, record["as_of"]))
    return never, listed


def issue(name: str, key: Key, as_of: date) -> Row:
    return {"issue": name, "staff_key": key[0], "start_date": key[1], "as_of": as_of}


def settle_end(spell: Spell, snapshots: list[date]) -> list[Row]:
    """Set last_day and exit_kind; return what is to be listed about the end."""
    key = (spell.staff_key, spell.start_date)
    last_held = max(spell.held_on)
    lacking = [as_of for as_of in snapshots if as_of > last_held]
    record = spell.record
    if record is not None and record["record_status"] == "leaver":
        spell.last_day = record["leaving_date"]
        spell.exit_kind = "leaver"
        if last_held > spell.last_day:
            return [issue("in_post_after_leaving", key, last_held)]
    elif lacking:
        spell.last_day = last_held
        if last_known(spell)["contract_type"] == "agency":
            spell.exit_kind = "agency_ended"
        else:
            spell.exit_kind = "unexplained"
            return [issue("vanished_without_leaver_record", key, lacking[0])]
    return []


def last_known(spell: Spell) -> Row:
    return spell.good_on[max(spell.good_on)]


# ------------------------------------------------------------------------------------------- marts


def staff_spells(workforce: Workforce) -> list[Row]:
    """One row a spell, those that only a leaver record knows included."""
    rows = []
    for spell in workforce.spells:
        record = spell.record if spell.exit_kind == "leaver" else None
        rows.append(
            {
                "staff_key": spell.staff_key,
                "start_date": spell.start_date,
                "last_day": spell.last_day,
                "exit_kind": spell.exit_kind,
                "leaving_reason": shown_reason(record) if record else None,
                "destination": record["destination"] if record else None,
                **{name: last_known(spell)[name] for name in ATTRIBUTES},
            }
        )
    for record in workforce.never_in_post:
        left = record["record_status"] == "leaver"
        rows.append(
            {
                "staff_key": record["staff_key"],
                "start_date": record["start_date"],
                "last_day": record["leaving_date"] if left else None,
                "exit_kind": "leaver" if left else None,
                "leaving_reason": shown_reason(record) if left else None,
                "destination": record["destination"] if left else None,
                **dict.fromkeys(ATTRIBUTES),
            }
        )
    return rows


def shown_reason(record: Row) -> str:
    reason = str(record["leaving_reason"])
    return "other" if reason in SHOWN_AS_OTHER else reason


def hr_reconciliation(workforce: Workforce) -> list[Row]:
    """One row a spell and issue (without `detail`, which is words)."""
    return list(workforce.reconciliation)


InScope = Callable[[Row], bool]


def scopes(workforce: Workforce) -> list[tuple[str, str, InScope]]:
    """Every scope that has rows, with the test that a spell's attributes have to pass."""

    def team(name: str) -> InScope:
        return lambda held: held["team"] == name

    def role(name: str) -> InScope:
        return lambda held: held["job_role"] == name

    return [
        ("service", "all", lambda _: True),
        ("social_workers", "all", lambda held: bool(held["is_social_worker"])),
        *(("team", name, team(name)) for name in workforce.team_names),
        *(("role", name, role(name)) for name in workforce.role_names),
    ]


def has_other_post(workforce: Workforce, spell: Spell, day: date) -> bool:
    """Whether the person is employed on `day` under another spell, anywhere in the service."""
    return any(
        other.is_employed(day)
        for other in workforce.spells
        if other.staff_key == spell.staff_key and other is not spell
    )


def leaving_spells(workforce: Workforce) -> list[Spell]:
    """Spells whose end makes their person a leaver."""
    return [
        spell
        for spell in workforce.spells
        if spell.exit_kind == "leaver"
        and spell.last_day is not None
        and spell.on(spell.last_day)["contract_type"] in EMPLOYED
        and not has_other_post(workforce, spell, spell.last_day + DAY)
    ]


def starting_spells(workforce: Workforce) -> list[Spell]:
    """Spells whose beginning makes their person a starter."""
    return [
        spell
        for spell in workforce.spells
        if spell.is_employed(spell.start_date)
        and not has_other_post(workforce, spell, spell.start_date - DAY)
    ]


def people(spells: Iterable[Spell]) -> int:
    return len({spell.staff_key for spell in spells})


def fte_on(day: date, spells: Iterable[Spell]) -> Fraction:
    """The FTE of each spell on `day`, added up."""
    return sum((Fraction(spell.on(day)["fte"]) for spell in spells), Fraction(0))


def fte_when_left(spells: Iterable[Spell]) -> Fraction:
    """The FTE of each spell on its last day, added up."""
    return sum((fte_on(last_day_of(spell), [spell]) for spell in spells), Fraction(0))


def ratio(part: Fraction | int, whole: Fraction | int) -> float | None:
    return float(Fraction(part) / Fraction(whole)) if whole else None


def last_day_of(spell: Spell) -> date:
    assert spell.last_day is not None
    return spell.last_day


def retention_monthly(workforce: Workforce) -> list[Row]:
    """One row a reported month end and scope."""
    months = workforce.months()
    leaving, starting = leaving_spells(workforce), starting_spells(workforce)
    unexplained = [spell for spell in workforce.spells if spell.exit_kind == "unexplained"]
    rows = []
    for scope_type, scope_name, in_scope in scopes(workforce):
        employed = {
            month: [s for s in workforce.spells if s.is_employed(month) and in_scope(s.on(month))]
            for month in months
        }
        agency = {
            month: [s for s in workforce.spells if s.is_agency(month) and in_scope(s.on(month))]
            for month in months
        }
        left = [s for s in leaving if in_scope(s.on(last_day_of(s)))]
        began = [s for s in starting if in_scope(s.on(s.start_date))]
        vanished = [s for s in unexplained if in_scope(s.on(last_day_of(s)))]
        for month in months:
            first = month.replace(day=1)
            left_now = [s for s in left if first <= last_day_of(s) <= month]
            by_reason = {
                reason: people(s for s in left_now if reason_of(s) == reason)
                for reason in ("resignation", "retirement", "transfer")
            }
            stock = fte_on(month, employed[month])
            agency_stock = fte_on(month, agency[month])
            rows.append(
                {
                    "month_end": month,
                    "scope_type": scope_type,
                    "scope_name": scope_name,
                    "headcount": people(employed[month]),
                    "fte": float(stock),
                    "starters": people(s for s in began if first <= s.start_date <= month),
                    "leavers": people(left_now),
                    "leavers_fte": float(fte_when_left(left_now)),
                    "voluntary_leavers": by_reason["resignation"],
                    "retirements": by_reason["retirement"],
                    "transfers": by_reason["transfer"],
                    "unexplained_exits": sum(first <= last_day_of(s) <= month for s in vanished),
                    **twelve_months(months, month, left, employed),
                    "agency_headcount": people(agency[month]),
                    "agency_fte": float(agency_stock),
                    "agency_rate": ratio(agency_stock, stock + agency_stock),
                }
            )
    return rows


def reason_of(spell: Spell) -> str:
    assert spell.record is not None
    return str(spell.record["leaving_reason"])


def twelve_months(
    months: Sequence[date], month: date, left: list[Spell], employed: dict[date, list[Spell]]
) -> Row:
    """The columns that look back a year; all null until the month a year before is reported."""
    opening = a_year_before(month)
    if opening not in months:
        return dict.fromkeys(
            ("leavers_12m", "turnover_rate_12m", "stability_index_12m", "early_leavers_12m")
        )
    left_within = [s for s in left if opening < last_day_of(s) <= month]
    early = [s for s in left_within if (last_day_of(s) - s.start_date).days < 365]
    thirteen = [people(employed[m]) for m in months if opening <= m <= month]
    assert len(thirteen) == 13
    return {
        "leavers_12m": people(left_within),
        "turnover_rate_12m": ratio(people(left_within), Fraction(sum(thirteen), 13)),
        "stability_index_12m": ratio(
            people(s for s in employed[opening] if s.is_in_post(month)), people(employed[opening])
        ),
        "early_leavers_12m": people(early),
    }


def retention_yearly_dfe(workforce: Workforce) -> list[Row]:
    """One row a census year of social workers, as the Department for Education counts them."""
    months = workforce.months()
    leaving = leaving_spells(workforce)
    rows = []
    for closing in months:
        if (closing.month, closing.day) != (9, 30):
            continue
        if date(closing.year - 1, 10, 31) < months[0]:
            continue
        opening = date(closing.year - 1, 9, 30)
        social = [s for s in workforce.spells if s.on(closing)["is_social_worker"]]
        in_post = [s for s in social if s.is_employed(closing)]
        agency = [s for s in social if s.is_agency(closing)]
        left = [
            s
            for s in leaving
            if opening < last_day_of(s) <= closing
            and s.on(last_day_of(s))["is_social_worker"]
            and reason_of(s) != "transfer"
        ]
        in_post_fte = fte_on(closing, in_post)
        agency_fte = fte_on(closing, agency)
        leavers_fte = fte_when_left(left)
        rows.append(
            {
                "year": closing.year,
                "turnover_rate_fte": ratio(leavers_fte, in_post_fte),
                "vacancy_rate_fte": None,
                "agency_rate_fte": ratio(agency_fte, agency_fte + in_post_fte),
                "leavers_fte": float(leavers_fte),
                "inpost_fte": float(in_post_fte),
                "vacant_fte": None,
                "agency_fte": float(agency_fte),
                "leavers_headcount": people(left),
                "inpost_headcount": people(in_post),
            }
        )
    return rows


def marts(
    staff_rows: Iterable[Row], leaver_rows: Iterable[Row], snapshots: Iterable[date]
) -> dict[str, list[Row]]:
    """All four marts, by name."""
    workforce = understand(staff_rows, leaver_rows, snapshots)
    return {
        "staff_spells": staff_spells(workforce),
        "hr_reconciliation": hr_reconciliation(workforce),
        "retention_monthly": retention_monthly(workforce),
        "retention_yearly_dfe": retention_yearly_dfe(workforce),
    }
