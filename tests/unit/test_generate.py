"""The synthetic programme: same seed, same bytes; what is written keeps the source contracts."""

from __future__ import annotations

import csv
import hashlib
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.landing import JOB_ROLES, found_faults, leaver_fault
from warehouse import generate
from warehouse.errors import BadConfiguration
from warehouse.generate.calendar import snapshot_dates
from warehouse.generate.exports import Export, hr_leavers, hr_staff
from warehouse.generate.programme import Programme, Spell, agency_level, simulate

START, END = date(2016, 10, 1), date(2021, 12, 31)


def tree(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def exports(programme: Programme, dates: list[date]) -> Iterator[Export]:
    yield from hr_staff(programme, dates)
    yield from hr_leavers(programme, dates)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return simulate(1, 280, START, END)


@pytest.fixture(scope="module")
def month_ends() -> list[date]:
    return snapshot_dates(START, END, "month")


def is_employed(spell: Spell, day: date) -> bool:
    return spell.is_in_post(day) and spell.attributes_on(day).contract_type != "agency"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate.write(tmp_path / name, seed=seed, staff=30, end=date(2017, 6, 30))
    assert len(tree(tmp_path / "a")) == 18  # two sources, October 2016 to June 2017
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert tree(tmp_path / "a").keys() == tree(tmp_path / "c").keys()
    assert tree(tmp_path / "a") != tree(tmp_path / "c")


def test_a_longer_period_only_adds_files_to_a_shorter_one(tmp_path: Path) -> None:
    generate.write(tmp_path / "short", staff=60, end=date(2018, 12, 31))
    generate.write(tmp_path / "long", staff=60, end=date(2021, 12, 31))
    short, long = tree(tmp_path / "short"), tree(tmp_path / "long")
    assert len(long) > len(short) > 0
    assert {name: long[name] for name in short} == short


def test_people_are_the_same_however_often_they_are_exported(tmp_path: Path) -> None:
    """A Sunday that is a month end (30 April 2017) has one staff list, whatever the cadence."""
    for every in ("month", "week", "day"):
        generate.write(tmp_path / every, staff=25, end=date(2017, 5, 31), every=every)
    name = "hr_staff/hr_staff_2017-04-30.csv"
    assert len({tree(tmp_path / every)[name] for every in ("month", "week", "day")}) == 1


def test_the_first_snapshot_is_the_month_end_and_the_cadence_follows_it() -> None:
    """1 October 2016 is a Saturday; after 31 October, November has Sundays 6, 13, 20 and 27."""
    through = date(2016, 11, 30)
    first = date(2016, 10, 31)
    assert snapshot_dates(START, through, "month") == [first, through]
    assert snapshot_dates(START, through, "week") == [
        first,
        *(date(2016, 11, day) for day in (6, 13, 20, 27)),
    ]
    assert snapshot_dates(START, through, "day") == [
        first,
        *(date(2016, 11, day) for day in range(1, 31)),
    ]
    assert snapshot_dates(date(2020, 2, 29), date(2020, 2, 29), "month") == [date(2020, 2, 29)]


def test_the_landing_layout_is_kept_and_nothing_half_written_stays(tmp_path: Path) -> None:
    said: list[str] = []
    landing = tmp_path / "deep" / "landing"
    paths = generate.write(landing, staff=10, end=date(2016, 12, 31), progress=said.append)
    assert [path.relative_to(landing).as_posix() for path in paths] == [
        f"{source}/{source}_{day}.csv"
        for source in ("hr_staff", "hr_leavers")
        for day in ("2016-10-31", "2016-11-30", "2016-12-31")
    ]
    assert sorted(p for p in landing.rglob("*") if p.is_file()) == sorted(paths)
    assert stat.S_IMODE(landing.stat().st_mode) == 0o700
    assert b"\r" not in paths[0].read_bytes()
    assert [sentence.split(":")[0] for sentence in said] == ["hr_staff", "hr_leavers"]
    header = next(csv.reader(paths[0].read_text("utf-8").splitlines()))
    assert header == (
        [
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
        ]
    )
    header = next(csv.reader(paths[3].read_text("utf-8").splitlines()))
    assert header == (
        [
            "employee_id",
            "start_date",
            "leaving_date",
            "leaving_reason",
            "destination",
            "record_status",
            "exit_interview_notes",
            "void",
            "synthetic",
        ]
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"every": "fortnight"}, "month, week, day"),
        ({"staff": 0}, "--staff"),
        ({"start": date(2017, 1, 1), "end": date(2017, 1, 30)}, "No month end"),
        ({"start": date(1980, 1, 1)}, "--from"),
    ],
)
def test_what_cannot_be_generated_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(BadConfiguration, match=says):
        generate.write(tmp_path / "landing", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "landing").exists()


def test_every_row_keeps_the_contract_but_for_the_faults_that_are_listed(
    programme: Programme, month_ends: list[date]
) -> None:
    reasons: Counter[str] = Counter()
    for export in exports(programme, month_ends):
        listed = sorted((f.line, f.column, f.reason_code) for f in export.faults)
        assert found_faults(export.source, export.as_of, export.rows) == listed, export.file_name
        assert len(listed) < 5 or len(listed) <= 0.2 * len(export.rows), export.file_name
        reasons.update(fault.reason_code for fault in export.faults)
    assert set(reasons) == {
        "missing_value",
        "not_allowed",
        "out_of_range",
        "not_a_number",
        "duplicate_key",
        "date_order",
    }
    assert sum(reasons.values()) < 100  # of some 22,000 rows


def test_social_workers_are_the_six_roles_that_the_census_counts(
    programme: Programme, month_ends: list[date]
) -> None:
    rows = [row for export in hr_staff(programme, month_ends) for row in export.rows]
    flags = {(row["job_role"], row["is_social_worker"]) for row in rows if row["is_social_worker"]}
    assert flags == set(JOB_ROLES.items())


def test_the_service_has_the_size_and_turnover_that_it_is_asked_for(
    programme: Programme, month_ends: list[date]
) -> None:
    """280 people within 10 %, some 200 of them social workers, 20 to 90 agency workers, 14 teams.

    11 to 17 % of the mean headcount leave in a year, taken over the five years 2017 to 2021.
    """
    employed = [{s.person for s in programme.spells if is_employed(s, d)} for d in month_ends]
    assert all(252 <= len(people) <= 308 for people in employed)
    for day in month_ends:
        social = {
            spell.person
            for spell in programme.spells
            if is_employed(spell, day) and spell.attributes_on(day).is_social_worker
        }
        agency = [s for s in programme.spells if s.is_in_post(day) and not is_employed(s, day)]
        assert 180 <= len(social) <= 235
        assert 18 <= len(agency) <= 90
    assert len({a.team for s in programme.spells for _, a in s.history}) == 14
    on_day_after = {
        (spell.person, spell.last_day)
        for spell in programme.spells
        if is_employed(spell, spell.last_day)
        and month_ends[2] < spell.last_day <= month_ends[-1]
        and not any(
            other.person == spell.person and is_employed(other, spell.last_day + timedelta(days=1))
            for other in programme.spells
        )
    }
    years = (month_ends[-1] - month_ends[2]).days / 365.25
    mean = sum(map(len, employed[2:])) / len(employed[2:])
    assert 0.11 <= len(on_day_after) / years / mean <= 0.17


def test_agency_use_runs_in_straight_lines_between_the_days_named() -> None:
    """24 on 1 October 2016, 33 two years on (730 days): 28.5 on the day between; flat outside."""
    assert agency_level(date(2017, 10, 1)) == pytest.approx(28.5)
    assert agency_level(date(2010, 1, 1)) == 24
    assert agency_level(date(2030, 1, 1)) == 48


def test_each_leaver_record_belongs_to_one_spell_but_for_mistyped_start_dates(
    programme: Programme,
) -> None:
    starts: dict[str, list[date]] = {}
    for spell in programme.spells:
        starts.setdefault(spell.person.employee_id, []).append(spell.start)
    keys = [(r.person.employee_id, r.start) for r in programme.leaver_records]
    assert len(keys) == len(set(keys))
    mistyped = [(who, start) for who, start in keys if start not in starts[who]]
    assert 0 < len(mistyped) < 0.04 * len(keys)
    for who, typed in mistyped:
        meant = {typed + timedelta(days=1), typed + timedelta(days=365)}
        assert meant & set(starts[who])


def test_what_makes_real_exports_hard_to_count_is_there(
    programme: Programme, month_ends: list[date]
) -> None:
    first, last = month_ends[0], month_ends[-1]
    entries = [e for r in programme.leaver_records for e in r.entries]
    recorded = {(r.person.employee_id, r.start) for r in programme.leaver_records}
    within = [s for s in programme.spells if first <= s.last_day <= last]
    agency_only = [s for s in within if {a.contract_type for _, a in s.history} == {"agency"}]
    starts = {(s.person, s.start): s for s in programme.spells}
    assert any(e.changed_on < e.leaving_date for e in entries), "notice"
    assert any(e.changed_on > e.leaving_date + timedelta(days=14) for e in entries), "late record"
    assert any(e.record_status == "rescinded" for e in entries)
    assert any(e.void for e in entries)
    assert any(
        len(r.entries) > 1 and len({e.leaving_date for e in r.entries if not e.void}) > 1
        for r in programme.leaver_records
    ), "corrected leaving date"
    assert any(
        (s.person.employee_id, s.start) not in recorded and s not in agency_only for s in within
    ), "unexplained exit"
    assert all((s.person.employee_id, s.start) not in recorded for s in agency_only)
    assert any(s.listed_to > s.last_day for s in within), "still listed after leaving"
    assert any(s.listed_from < s.start and s.listed_from > first for s in programme.spells)
    assert any((s.person, s.last_day + timedelta(days=1)) in starts for s in within), "conversion"
    assert any(
        {a.contract_type for _, a in s.history} == {"fixed_term", "permanent"}
        for s in programme.spells
        if s.listed_from <= last
    ), "conversion within the spell"
    assert any(
        other.start > spell.last_day + timedelta(days=40)
        for spell in within
        for other in programme.spells
        if other.person == spell.person
    ), "rehire"
    assert any(
        spell.start < other.start <= spell.last_day
        for spell in programme.spells
        for other in programme.spells
        if other.person == spell.person and other is not spell
    ), "two posts"
    assert any(s.last_day < s.start for s in within), "signed, never began"
    assert any(len({a.team for _, a in s.history}) > 1 for s in within), "team move"


def test_a_faulty_leaver_record_is_put_right_in_the_next_export(
    programme: Programme, month_ends: list[date]
) -> None:
    files = list(hr_leavers(programme, month_ends))
    spoilt = 0
    for export, following in pairwise(files):
        for fault in export.faults:
            row = export.rows[fault.line - 2]
            key = (row["employee_id"], row["start_date"])
            again = [r for r in following.rows if (r["employee_id"], r["start_date"]) == key]
            assert len(again) == 1
            assert leaver_fault(again[0], following.as_of) is None
            spoilt += 1
    assert spoilt > 0


@settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(
    seed=st.integers(min_value=-(2**40), max_value=2**40),
    staff=st.integers(min_value=1, max_value=40),
    start=st.dates(min_value=date(2000, 1, 1), max_value=date(2022, 1, 1)),
    months=st.integers(min_value=1, max_value=30),
    every=st.sampled_from(["month", "month", "week"]),
)
def test_any_seed_size_and_period_give_files_that_keep_the_contract(
    seed: int, staff: int, start: date, months: int, every: str
) -> None:
    end = start + timedelta(days=31 * months)
    dates = snapshot_dates(start, end, every)
    programme = simulate(seed, staff, start, end)
    ids = {s.person.employee_id: s.person for s in programme.spells}
    assert len(ids) == len({s.person for s in programme.spells}), "one id, one person"
    keys = [(s.person, s.start) for s in programme.spells]
    assert len(keys) == len(set(keys))
    for export in exports(programme, dates):
        listed = sorted((f.line, f.column, f.reason_code) for f in export.faults)
        assert found_faults(export.source, export.as_of, export.rows) == listed
        assert len(listed) < 5
