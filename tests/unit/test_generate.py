"""The synthetic programme: same seed, same bytes; what is written keeps the source contracts."""

from __future__ import annotations

import csv
import hashlib
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.landing import JOB_ROLES, found_faults, leaver_fault
from warehouse import generate
from warehouse.errors import BadConfiguration
from warehouse.generate import DOCUMENTS, EXPORTERS, Effect
from warehouse.generate.calendar import snapshot_dates
from warehouse.generate.debriefs import make_debriefs
from warehouse.generate.exports import Export, hr_leavers, hr_staff
from warehouse.generate.participation_exports import attended_days, memberships, register
from warehouse.generate.programme import Programme, Spell, agency_level, simulate

START, END = date(2016, 10, 1), date(2021, 12, 31)
DFE_FILE = Path(__file__).resolve().parents[2] / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"
SOUTHAMPTON = "852"
# Before the programme begins in January 2019 these have no file.
FROM_THE_FIRST_DATE = ("hr_staff", "hr_leavers", "hr_vacancies", "absence")


def tree(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def exports(programme: Programme, dates: list[date]) -> Iterator[Export]:
    for exporter in EXPORTERS.values():
        yield from exporter(programme, dates)


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
    assert len(tree(tmp_path / "a")) == 36  # four sources, October 2016 to June 2017
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
        for source in FROM_THE_FIRST_DATE
        for day in ("2016-10-31", "2016-11-30", "2016-12-31")
    ]
    assert sorted(p for p in landing.rglob("*") if p.is_file()) == sorted(paths)
    assert stat.S_IMODE(landing.stat().st_mode) == 0o700
    assert b"\r" not in paths[0].read_bytes()
    assert [sentence.split(":")[0] for sentence in said] == [*EXPORTERS, *DOCUMENTS]
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
    assert sum(reasons.values()) < 250  # of some 47,000 rows


def test_social_workers_are_the_six_roles_that_the_census_counts(
    programme: Programme, month_ends: list[date]
) -> None:
    rows = [row for export in hr_staff(programme, month_ends) for row in export.rows]
    flags = {(row["job_role"], row["is_social_worker"]) for row in rows if row["is_social_worker"]}
    assert flags == set(JOB_ROLES.items())


def test_the_service_has_the_size_and_turnover_that_it_is_asked_for(
    programme: Programme, month_ends: list[date]
) -> None:
    """280 people on average within 8 %, never further than 18 %; 17 to 93 agency workers, 14 teams.

    The service grows, as Southampton's did. 9 to 16 % of the mean headcount leave in a year, taken
    over the five years 2017 to 2021.
    """
    employed = [{s.person for s in programme.spells if is_employed(s, d)} for d in month_ends]
    assert all(230 <= len(people) <= 330 for people in employed)
    assert 258 <= sum(map(len, employed)) / len(employed) <= 302
    for day in month_ends:
        agency = [s for s in programme.spells if s.is_in_post(day) and not is_employed(s, day)]
        assert 17 <= len(agency) <= 93
    assert len({a.team for s in programme.spells for _, a in s.history}) == 14
    left = leavers(programme, month_ends[2], month_ends[-1])
    years = (month_ends[-1] - month_ends[2]).days / 365.25
    mean = sum(map(len, employed[2:])) / len(employed[2:])
    assert 0.09 <= len(left) / years / mean <= 0.16


def leavers(programme: Programme, after: date, until: date) -> list[Spell]:
    """Spells that truly ended in (after, until] and whose person is not employed the day after."""
    again = {
        (other.person, day)
        for other in programme.spells
        for day in (other.start,)
        if is_employed(other, day)
    }
    return [
        spell
        for spell in programme.spells
        if spell.start <= spell.last_day
        and after < spell.last_day <= until
        and is_employed(spell, spell.last_day)
        and (spell.person, spell.last_day + timedelta(days=1)) not in again
    ]


def census(programme: Programme, year: int) -> dict[str, float]:
    """What a census of social workers would find of the year to 30 September."""
    day, before = date(year, 9, 30), date(year - 1, 9, 30)
    transferred = {
        (r.person, e.leaving_date)
        for r in programme.leaver_records
        for e in r.entries
        if e.leaving_reason == "transfer"
    }
    employed_before = {(s.person, s.last_day) for s in programme.spells}
    vacant = 0.0
    for vacancy in programme.vacancies:
        entry = vacancy.entry_on(day)
        if entry is None or entry.void or not vacancy.is_social_worker:
            continue
        if entry.closed_date is None or (entry.start_date or day) > day:
            vacant += float(vacancy.fte)
    return {
        "inpost_headcount": len(
            {
                s.person
                for s in programme.spells
                if is_employed(s, day) and s.attributes_on(day).is_social_worker
            }
        ),
        "starters_headcount": sum(
            is_employed(s, s.start)
            and before < s.start <= day
            and s.attributes_on(s.start).is_social_worker
            and (s.person, s.start - timedelta(days=1)) not in employed_before
            for s in programme.spells
        ),
        "leavers_headcount": sum(
            s.attributes_on(s.last_day).is_social_worker
            and (s.person, s.last_day) not in transferred
            for s in leavers(programme, before, day)
        ),
        "vacancy_fte": vacant,
        "agency_headcount": sum(
            s.is_in_post(day) and not is_employed(s, day) and s.attributes_on(day).is_social_worker
            for s in programme.spells
        ),
    }


def test_social_workers_follow_southamptons_published_census_years(programme: Programme) -> None:
    """All five figures are printed beside the real ones; starters balance the others.

    Bounds: people in post within 12 %, agency workers within 12 %, vacancies within 30 %, leavers
    within three standard deviations of a Poisson count, 3 x sqrt(n).
    """
    with DFE_FILE.open(encoding="utf-8-sig", newline="") as file:
        published = {
            int(row["time_period"]): row
            for row in csv.DictReader(file)
            if row["old_la_code"] == SOUTHAMPTON
        }
    for year in range(2017, 2022):
        found = census(programme, year)
        real = {name: float(published[year][name]) for name in found}
        print(year, {name: f"{found[name]:g} ({real[name]:g} real)" for name in found})
        for name, within in (
            ("inpost_headcount", 0.12 * real["inpost_headcount"]),
            ("agency_headcount", 0.12 * real["agency_headcount"]),
            ("vacancy_fte", 0.30 * real["vacancy_fte"]),
            ("leavers_headcount", 3 * real["leavers_headcount"] ** 0.5),
        ):
            assert abs(found[name] - real[name]) <= within, (year, name, found[name], real[name])
        assert found["starters_headcount"] > 0


def test_vacancies_follow_from_the_leavers_and_lead_to_the_starters(programme: Programme) -> None:
    """A post is vacant from the day after its holder left to the day before the next one's first."""
    ends = {s.last_day + timedelta(days=1) for s in programme.spells}
    begins = {s.start for s in programme.spells}
    chained = 0
    for vacancy in programme.vacancies:
        days = [
            vacancy.opened_date,
            vacancy.entries[-1].offer_date or vacancy.opened_date,
            vacancy.start_date or END,
        ]
        if vacancy.entries[-1].offer_date:
            assert days == sorted(days)
        if vacancy.start_date and vacancy.start_date <= END and not vacancy.entries[-1].void:
            assert vacancy.start_date in begins
        chained += vacancy.opened_date in ends
    statuses = {e.status for v in programme.vacancies for e in v.entries}
    assert statuses == {"open", "on_hold", "offered", "filled", "withdrawn"}
    assert chained > 200


def test_groups_start_one_after_another_and_move_online_with_the_lockdown(
    programme: Programme,
) -> None:
    """22 groups in 2019, from six to eight members by median, six weeks between most sessions."""
    starts = sorted(group.started_on for group in programme.groups)
    assert len(starts) == 22
    assert date(2019, 1, 7) <= starts[0] < date(2019, 3, 1) < starts[11] < starts[-1]
    assert starts[-1] < date(2020, 1, 1)
    sizes = sorted(
        sum(m.group_id == g.group_id and m.joined_on <= day <= (m.left_on or day) for m in members)
        for day, members in [(date(2020, 1, 31), memberships(programme))]
        for g in programme.groups
    )
    assert 6 <= sizes[len(sizes) // 2] <= 9
    sessions = [s for g in programme.groups for s in g.sessions if s.day <= END]
    assert all(s.is_online == (s.day >= date(2020, 3, 23)) for s in sessions if s.day.year < 2021)
    held = sum(s.is_held for s in sessions) / len(sessions)
    assert 0.8 <= held <= 0.95
    gaps = [
        (b.day - a.day).days
        for g in programme.groups
        for a, b in pairwise([s for s in g.sessions if s.is_held])
    ]
    assert 0.6 <= sum(35 <= gap <= 49 for gap in gaps) / len(gaps) < 1
    independent = sum(s.is_independent for s in sessions) / len(sessions)
    assert 0.8 <= independent < 1


def test_nobody_attends_who_is_away_sick_on_notice_or_gone(programme: Programme) -> None:
    spells: dict[str, list[Spell]] = {}
    for spell in programme.spells:
        spells.setdefault(spell.person.employee_id, []).append(spell)
    came = kept_away = 0
    for who, days in attended_days(programme).items():
        for day in days:
            if who.startswith("X"):  # a number that HR has never given
                continue
            came += 1
            mine = [s for s in spells[who] if s.is_in_post(day)]
            assert all(not a.start <= day <= a.end for a in programme.absences[who]) or not mine
    for seen in register(programme):
        mine = [s for s in spells.get(seen.employee_id, []) if s.is_in_post(seen.session.day)]
        on_notice = [s for s in mine if s.notice_from and s.notice_from <= seen.session.day]
        if mine and on_notice == mine:
            kept_away += seen.attendance != "attended"
    assert came > 1500
    assert kept_away > 20


def test_about_eighteen_individual_debriefs_are_held_in_fifteen_months(
    programme: Programme,
) -> None:
    """18 in 15 months over ten seeds is 180, and 3 x sqrt(180) is 40 either way."""
    held = 0
    for seed in range(10):
        log = make_debriefs(replace(programme, seed=seed, end=date(2020, 4, 14)))
        held += sum(d.format == "individual" and d.entries[-1].status == "held" for d in log)
        assert any(d.format == "group" for d in log)
    assert 140 <= held <= 220


def test_a_known_effect_moves_what_it_is_said_to_move_and_none_moves_nothing() -> None:
    """Same seed, same draws: halved leaving for those who attend lets nobody leave earlier."""
    plain = simulate(3, 280, START, END)
    again = simulate(3, 280, START, END, Effect())
    assert [(s.person, s.start, s.last_day) for s in plain.spells] == [
        (s.person, s.start, s.last_day) for s in again.spells
    ]
    stays = simulate(3, 280, START, END, Effect(leaving_hazard_ratio=0.3))
    first_day = date(2019, 1, 1) + timedelta(days=90)
    ends = {(s.person, s.start): s.last_day for s in stays.spells}
    longer = 0
    for spell in plain.spells:
        later = ends.get((spell.person, spell.start))
        if spell.last_day < first_day:
            assert later == spell.last_day
        longer += later is not None and later > spell.last_day
    assert longer > 5
    assert len(leavers(stays, first_day, END)) < len(leavers(plain, first_day, END))

    def filled(programme: Programme) -> int:
        return sum(
            v.start_date is not None and v.opened_date.year == 2019 for v in programme.vacancies
        )

    assert filled(simulate(3, 280, START, END, Effect(fill_rate_ratio=3.0))) > filled(plain)
    lockdown = Effect(pandemic_hazard_ratio=3.0)
    shocked = leavers(simulate(3, 280, START, END, lockdown), date(2020, 3, 23), date(2021, 3, 22))
    assert len(shocked) > len(leavers(plain, date(2020, 3, 23), date(2021, 3, 22)))


def test_an_effect_begins_after_its_delay_and_fades_by_half_lives() -> None:
    """From day 90 on: 1; half a year of 182 days later a half, and then a quarter."""
    effect = Effect(delay_days=90, half_life_days=182)
    assert [effect.weight(day) for day in (0, 89, 90, 272, 454)] == [0.0, 0.0, 1.0, 0.5, 0.25]
    halves = Effect(leaving_hazard_ratio=0.5, delay_days=90)
    seen = [date(2019, 6, 1)]
    assert halves.on_leaving(date(2019, 8, 29), seen) == 1.0
    assert halves.on_leaving(date(2019, 8, 30), seen) == 0.5
    assert halves.on_leaving(date(2019, 8, 30), [date(2018, 12, 31)]) == 1.0
    shifts = Effect(wellbeing_shift=4.0, pandemic_wellbeing_shift=-6.0)
    assert shifts.on_wellbeing(date(2019, 11, 30), seen) == 4.0
    assert shifts.on_wellbeing(date(2020, 5, 31), seen) == -2.0
    with pytest.raises(BadConfiguration, match="above 0"):
        Effect(leaving_hazard_ratio=0.0)


def test_agency_use_runs_in_straight_lines_between_the_days_named() -> None:
    """20.5 on 30 September 2017, 32 a year (365 days) later; 182 days on, half-way; flat outside."""
    assert agency_level(date(2018, 3, 31)) == pytest.approx(20.5 + 11.5 * 182 / 365)
    assert agency_level(date(2010, 1, 1)) == 24
    assert agency_level(date(2030, 1, 1)) == 50


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
