"""Every gate on the marts speaks when its figure is broken, and is silent when it is not.

One programme is built once. Each test breaks one figure of the build file in a transaction that is
taken back, and runs the one suite that should notice. The gates on arrivals, which look at files
and at no mart, are tried on hand-made facts.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests import nights
from warehouse import contracts, dbt_process, findings, gates, lake, nightly
from warehouse.errors import GateFailed
from warehouse.findings import Finding
from warehouse.lake import Standing
from warehouse.settings import Settings, project_root

PROJECT = project_root()


@dataclass(frozen=True)
class Built:
    """A build file that can be written to, and what the gates are told beside it."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    manifest: list[Standing]

    def found_in(self, suite: str) -> dict[str, Finding]:
        """{rule: what the suite finds in the build file as it is now}; the last mart's, of several."""
        query = "\n".join(gates.read_suite(self.settings, suite)["meta"]["query"])
        checking = gates.Checking(
            self.settings, self.manifest, findings.read_lineage(self.settings)
        )
        return {one.rule: one for one in checking.run(suite, self.connection.execute(query).df())}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Forty people over fifteen months, the Department's file, and its sample of a census return."""
    home = tmp_path_factory.mktemp("gates") / "home"
    nights.fill_landing(home)
    census_return = home / "landing/csww_return/return_2022-09-30.xml"
    census_return.parent.mkdir(exist_ok=True)
    shutil.copyfile(PROJECT / "tests/data/csww/csww_2022_sample.xml", census_return)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", nights.KEY)
        settings = Settings(home=home, project=PROJECT)
        nightly.ingest(settings=settings)
        registry = contracts.load(settings)
        kept = home / "kept.duckdb"
        nightly.look_at_todays_marts(settings, registry, _copied_to(kept))
        manifest = lake.manifest(lake.arrivals(settings), registry)
    with duckdb.connect(str(kept)) as connection:
        gates.bring_published(connection, findings.Before())
        yield Built(settings, connection, manifest)


def _copied_to(target: Path) -> Callable[[Path], None]:
    def copy(build_file: Path) -> None:
        target.write_bytes(build_file.read_bytes())

    return copy


SERVICE = "scope_type = 'service'"
NEWEST = f"{SERVICE} and month_end = date '2019-12-31'"
STAFF = "landing/hr_staff/hr_staff_2019-12-31.csv"
LEAVERS = "landing/hr_leavers/hr_leavers_2019-12-31.csv"
VACANCIES = "landing/hr_vacancies/hr_vacancies_2019-12-31.csv"
ABSENCE = "landing/absence/absence_2019-12-31.csv"
SESSIONS = "landing/group_sessions/group_sessions_2019-12-31.csv"
REGISTER = "landing/group_attendance/group_attendance_2019-12-31.csv"
SURVEY = "landing/wellbeing_survey/wellbeing_survey_2019-11-30.csv"
DFE = "landing/dfe_workforce/csww_indicators_2026-03-19.csv"
RETURN = "landing/csww_return/return_2022-09-30.xml"

# (suite, rule, mart, what breaks it, rows that are then broken, a file that must be named)
BROKEN: list[tuple[str, str, str, str, int | None, str | None]] = [
    ("marts_months", "no_month_missing", "recruitment_monthly",
     "delete from marts.recruitment_monthly where month_end = date '2019-11-30'", 1, VACANCIES),
    ("marts_months", "all_reach_the_same_month", "debrief_monthly",
     "delete from marts.debrief_monthly where month_end = date '2019-12-31'", 14, None),
    ("marts_months", "no_future_month", "retention_monthly",
     f"insert into marts.retention_monthly by name select * replace (date '2020-01-31' as month_end) "
     f"from marts.retention_monthly where {NEWEST}", 1, STAFF),
    ("marts_months", "month_ends_are_last_days", "absence_monthly",
     "update marts.absence_monthly set month_end = date '2019-12-30' where month_end = date '2019-12-31'",
     1, ABSENCE),
    ("marts_months", "a_month_and_scope_once", "caseload_monthly",
     f"insert into marts.caseload_monthly from marts.caseload_monthly where {NEWEST}", 1, STAFF),
    ("marts_months", "every_scope_in_every_month", "participation_monthly",
     f"delete from marts.participation_monthly where {NEWEST}", 1, STAFF),
    ("marts_not_empty", "not_empty", "staff_spells", "delete from marts.staff_spells", 1, STAFF),
    ("marts_not_empty", "not_empty_though_files_came", "wellbeing_wave",
     "delete from marts.wellbeing_wave", 1, SURVEY),
    ("marts_retention_monthly", "counts_not_below_zero", "retention_monthly",
     f"update marts.retention_monthly set starters = -1 where {NEWEST}", 1, STAFF),
    ("marts_retention_monthly", "reasons_within_leavers", "retention_monthly",
     f"update marts.retention_monthly set retirements = leavers + 1 where {NEWEST}", 1, LEAVERS),
    ("marts_retention_monthly", "early_leavers_within_leavers", "retention_monthly",
     f"update marts.retention_monthly set early_leavers_12m = leavers_12m + 1 where {NEWEST}", 1, LEAVERS),
    ("marts_retention_monthly", "stability_within_bounds", "retention_monthly",
     f"update marts.retention_monthly set stability_index_12m = 1.1 where {NEWEST}", 1, STAFF),
    ("marts_retention_monthly", "agency_rate_within_bounds", "retention_monthly",
     f"update marts.retention_monthly set agency_rate = -0.1 where {NEWEST}", 1, STAFF),
    ("marts_retention_monthly", "scope_within_service", "retention_monthly",
     f"update marts.retention_monthly set headcount = 1 where {NEWEST}", None, STAFF),
    ("marts_retention_monthly", "teams_hold_the_service", "retention_monthly",
     f"update marts.retention_monthly set headcount = 1000 where {NEWEST}", 1, STAFF),
    ("marts_retention_monthly", "turnover_of_a_part_plausible", "retention_monthly",
     "update marts.retention_monthly set turnover_rate_12m = 1.6 where scope_type = 'social_workers' "
     "and month_end = date '2019-12-31'", 1, LEAVERS),
    # From some 40 people to 100 in the last month; nothing else of that month is looked at here.
    ("marts_retention_service", "headcount_near_month_before", "retention_monthly",
     f"update marts.retention_monthly set headcount = 100 where {NEWEST}", 1, STAFF),
    ("marts_published", "headcount_near_published", "retention_monthly",
     "insert into published_months values (date '2019-12-31', 100)", 1, STAFF),
    ("marts_published", "published_months_stay", "retention_monthly",
     "insert into published_months values (date '2020-01-31', 40)", 1, STAFF),
    ("marts_retention_service", "starters_less_leavers_reconcile", "retention_monthly",
     f"update marts.retention_monthly set starters = starters + 5 where {NEWEST}", 1, STAFF),
    ("marts_retention_service", "fte_a_head_plausible", "retention_monthly",
     f"update marts.retention_monthly set fte = headcount * 1.2 where {NEWEST}", 1, STAFF),
    # Five unexplained exits and at most a few leavers: far over 15 % of who went.
    ("marts_retention_service", "few_unexplained_exits", "retention_monthly",
     f"update marts.retention_monthly set unexplained_exits = 5 where {NEWEST}", 1, LEAVERS),
    ("marts_retention_service", "no_unexplained_exits", "retention_monthly",
     f"update marts.retention_monthly set unexplained_exits = 1 where {NEWEST}", None, STAFF),
    ("marts_stock_and_flow", "stock_and_flow_agree", "retention_monthly",
     "update intermediate.int_workforce__in_post_balance set begun = begun + 1 "
     "where month_end = date '2019-12-31' and contract_family = 'employed'", 1, STAFF),
    ("marts_programme", "counts_not_below_zero", "recruitment_monthly",
     f"update marts.recruitment_monthly set opened = -1 where {NEWEST}", 1, VACANCIES),
    ("marts_programme", "part_within_whole", "absence_monthly",
     f"update marts.absence_monthly set stress_days_lost = working_days_lost + 1 where {NEWEST}", 1, ABSENCE),
    ("marts_programme", "share_within_bounds", "participation_monthly",
     f"update marts.participation_monthly set attendance_rate = 1.2 where {NEWEST}", 1, None),
    ("marts_programme", "parts_add_up", "debrief_monthly",
     f"update marts.debrief_monthly set requested = requested + 1 where {NEWEST}", 1, None),
    ("marts_session", "attended_within_invited", "participation_session",
     "update marts.participation_session set invited = attended - 1 where session_id = "
     "(select max(session_id) from marts.participation_session where attended > 0)", 1, None),
    ("marts_session", "session_size_plausible", "participation_session",
     "update marts.participation_session set attended = 41, invited = 41 where session_id = "
     "(select arg_max(session_id, session_date) from marts.participation_session)", 1, REGISTER),
    ("marts_session", "sessions_in_order", "participation_session",
     "update marts.participation_session set days_since_previous = -1 where session_id = "
     "(select arg_max(session_id, session_date) from marts.participation_session)", 1, SESSIONS),
    ("marts_session", "sessions_counted_once", "participation_monthly",
     f"update marts.participation_monthly set sessions_held = sessions_held + 1 where {NEWEST}", 1, SESSIONS),
    ("marts_session", "held_sessions_have_registers", "participation_monthly",
     "update marts.participation_session set attended = 0", None, REGISTER),
    ("marts_bands", "turnover_plausible", "retention_monthly",
     f"update marts.retention_monthly set turnover_rate_12m = 0.6, headcount = 30 where {NEWEST}", 1, LEAVERS),
    ("marts_bands", "vacancy_rate_plausible", "recruitment_monthly",
     f"update marts.recruitment_monthly set vacancy_rate = 0.6, open_vacancies = 10 where {NEWEST}", 1, VACANCIES),
    ("marts_bands", "vacancies_get_closed", "recruitment_monthly",
     f"update marts.recruitment_monthly set median_age_open_days = 366, open_vacancies = 10 where {NEWEST}",
     1, VACANCIES),
    ("marts_bands", "absence_rate_plausible", "absence_monthly",
     f"update marts.absence_monthly set absence_rate = 0.3, working_days_available = 600 where {NEWEST}",
     1, ABSENCE),
    ("marts_bands", "mean_caseload_plausible", "caseload_monthly",
     f"update marts.caseload_monthly set mean_caseload = 41, case_holders = 10 where {NEWEST}", 1, STAFF),
    ("marts_bands", "coverage_at_most_all", "participation_monthly",
     f"update marts.participation_monthly set coverage_84d = 1.1 where {NEWEST}", 1, REGISTER),
    ("marts_bands", "response_rate_at_most_all", "wellbeing_wave",
     f"update marts.wellbeing_wave set response_rate = 1.1 where {SERVICE} and wave_date = "
     "(select max(wave_date) from marts.wellbeing_wave)", 1, SURVEY),
    ("marts_vacancy_teams", "few_vacancies_of_unknown_teams", "recruitment_monthly",
     "insert into intermediate.int_recruitment__vacancies by name select 'v' || range as vacancy_id, 'Elsewhere' "
     "as team, date '2019-12-01' as opened_date, date '2999-01-01' as vacant_before from range(50)", 1, VACANCIES),
    ("marts_vacancy_teams", "no_vacancy_of_an_unknown_team", "recruitment_monthly",
     "insert into intermediate.int_recruitment__vacancies by name select 'v' as vacancy_id, 'Elsewhere' as team, "
     "date '2019-12-01' as opened_date, date '2999-01-01' as vacant_before", 1, VACANCIES),
    # Every row of the source waits: far over one in twenty.
    ("marts_keys", "few_unmatched_keys", "unmatched_rows",
     "update ops.unmatched_rows set rows = 1000 where source = 'group_sessions'", 1, SESSIONS),
    ("marts_keys", "few_unmatched_addresses", "unmatched_rows",
     "insert into ops.unmatched_rows values ('group_sessions', 'email', 1000)", 1, SESSIONS),
    ("marts_keys", "no_unmatched_key", "unmatched_rows",
     "update ops.unmatched_rows set rows = 1 where source = 'group_sessions'", None, SESSIONS),
    # 63 days after the last monthly files: one more than they have.
    ("marts_freshness", "sources_are_fresh", "load_summary",
     "update marts.release_info set built_at = timestamp '2020-03-03'", None, ABSENCE),
    ("marts_freshness", "sources_have_come", "load_summary",
     "update marts.load_summary set latest_as_of = null where source = 'absence'", 1, ABSENCE),
    ("marts_benchmarks", "authorities_are_all_there", "dfe_benchmark",
     "delete from marts.dfe_benchmark where year = 2025 and geographic_level = 'Local authority' "
     "and old_la_code > '850'", 1, DFE),
    ("marts_benchmarks", "no_figure_below_zero", "dfe_benchmark",
     "update marts.dfe_benchmark set published_value = -1 where year = 2025 and old_la_code = '852'", 1, DFE),
    ("marts_benchmarks", "rates_are_fractions", "dfe_benchmark",
     "update marts.dfe_benchmark set published_value = 14.9 where year = 2025 and old_la_code = '852'", 1, DFE),
    # 100 of some 150 × 5 testable figures of the year.
    ("marts_benchmarks", "rates_rebuild_from_counts", "dfe_benchmark",
     "update marts.dfe_conformance set authorities_not_consistent = 100 where year = 2025 "
     "and indicator = (select min(indicator) from marts.dfe_conformance where year = 2025 "
     "and authorities_testable > 100)", 1, DFE),
    ("marts_census_return", "return_keeps_its_rules", "csww_conformance",
     "update marts.csww_conformance set records_failing = 1", None, RETURN),
    ("marts_census_return", "return_agrees_with_hr", "csww_return_check",
     "insert into marts.csww_return_check values (2022, 'agency_headcount', 100, 80, 20)", 1, RETURN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("suite", "rule", "mart", "breaks", "rows", "file"),
    BROKEN,
    ids=[f"{suite}-{rule}" for suite, rule, *_ in BROKEN],
)
def test_a_gate_says_which_mart_rule_rows_and_file(
    built: Built, suite: str, rule: str, mart: str, breaks: str, rows: int | None, file: str | None
) -> None:
    """``rows`` None: some rows of the programme are so already, or how many depends on its seed."""
    built.connection.execute("begin")
    try:
        built.connection.execute(breaks)
        found = built.found_in(suite)
    finally:
        built.connection.execute("rollback")
    assert rule in found
    finding = found[rule]
    assert finding.mart == mart
    assert finding.rows
    assert finding.rows == (finding.rows if rows is None else rows)
    assert finding.message.startswith(f"{mart}, rule {rule}: ")
    assert f"({finding.rows} row" in finding.message
    assert finding.likely_files
    assert file is None or file in finding.likely_files
    assert finding.message.endswith(f"Likely cause: {', '.join(finding.likely_files)}.")
    assert all((built.settings.home / name).is_file() for name in finding.likely_files)


def test_every_gate_on_a_mart_is_broken_by_a_test() -> None:
    suites = sorted((PROJECT / "expectations/suites").glob("marts_*.json"))
    there = {
        (path.stem, one["meta"]["rule"])
        for path in suites
        for one in json.loads(path.read_text(encoding="utf-8"))["expectations"]
    }
    assert there == {(suite, rule) for suite, rule, *_ in BROKEN}


def test_a_sound_programme_meets_every_gate_that_blocks_or_warns(built: Built) -> None:
    """But for freshness: its files end with 2019."""
    suites = sorted((PROJECT / "expectations/suites").glob("marts_*.json"))
    found = [one for path in suites for one in built.found_in(path.stem).values()]
    graver = {one.rule for one in found if one.level != "inform"}
    assert graver == {"sources_are_fresh"}


def test_two_reasons_of_one_person_pass_and_a_reason_above_the_leavers_does_not(
    built: Built,
) -> None:
    """Who resigns from one post and retires from another in a month is 1 leaver, 1 resignation and
    1 retirement, and 1 - max(1, 1, 0) = 0. Of 2 resignations of 1 leaver it is 1 - 2 = -1."""
    refused = {}
    for reasons in ((1, 1, 0), (1, 1, 1), (2, 0, 0), (0, 2, 0), (0, 0, 2)):
        built.connection.execute("begin")
        try:
            built.connection.execute(
                "update marts.retention_monthly set leavers = 1, voluntary_leavers = ?, retirements = ?, "
                f"transfers = ? where {NEWEST}",
                reasons,
            )
            refused[reasons] = "reasons_within_leavers" in built.found_in("marts_retention_monthly")
        finally:
            built.connection.execute("rollback")
    assert refused == {
        (1, 1, 0): False,
        (1, 1, 1): False,
        (2, 0, 0): True,
        (0, 2, 0): True,
        (0, 0, 2): True,
    }


def test_a_session_corrected_in_a_closed_month_stops_no_night(built: Built) -> None:
    """A closed month keeps its sum when one of its sessions is withdrawn later: that is one session
    fewer than the sum says, in a closed month by decision, in an open one by a fault."""
    refused = {}
    for closed in (True, False):
        built.connection.execute("begin")
        try:
            built.connection.execute(
                "delete from marts.participation_session where session_id = (select max(session_id) "
                "from marts.participation_session where last_day(session_date) = date '2019-11-30')"
            )
            if closed:
                built.connection.execute(
                    "insert into intermediate.int_closing__rows by name select 'participation_monthly' "
                    "as mart, date '2019-11-30' as month_end"
                )
            refused[closed] = built.found_in("marts_session").get("sessions_counted_once")
        finally:
            built.connection.execute("rollback")
    assert refused[True] is None
    assert refused[False] is not None
    assert refused[False].rows == 1


# A value that no table has, by the type of the column.
NOWHERE = {"DATE": "1900-01-31", "INTEGER": "1900", "VARCHAR": "nowhere"}


def test_a_key_that_leads_nowhere_is_told_by_mart_column_and_key(built: Built) -> None:
    """Of each key that dbt's test names, one row is given a value that no table has; of several columns,
    the last. A second release of the Department's is not in this programme."""
    run = json.loads(dbt_process.results_path(built.settings).read_text(encoding="utf-8"))
    (compiled,) = (
        one["compiled_code"]
        for one in run["results"]
        if one["unique_id"] == "test.warehouse.every_key_leads_to_its_row"
    )
    query = compiled.replace('"warehouse".', "")
    assert built.connection.execute(query).fetchall() == []
    keys = re.findall(r"'(\w+)' as mart,\s+'([\w, ]+)' as column_name", query)
    expected, empty = set(), set()
    built.connection.execute("begin")
    try:
        for mart, columns in keys:
            column = columns.split(", ")[-1]
            ((schema, kind),) = built.connection.execute(
                "select table_schema, data_type from information_schema.columns "
                "where table_name = ? and column_name = ? and table_schema in ('marts', 'ops')",
                [mart, column],
            ).fetchall()
            ((changed,),) = built.connection.execute(
                f"update {schema}.{mart} set {column} = '{NOWHERE[kind]}' where rowid = "
                f"(select min(rowid) from {schema}.{mart} where {column} is not null)"
            ).fetchall()
            if changed:
                expected.add((mart, columns, NOWHERE[kind]))
            else:
                empty.add(mart)
        told = built.connection.execute(query).fetchall()
    finally:
        built.connection.execute("rollback")
    assert {(mart, columns, key.split(", ")[-1]) for mart, columns, key in told} == expected
    assert len(told) == len(expected)
    assert len(keys) > 20
    assert empty == {"dfe_revisions"}


# What of one file's facts is broken, and the gate that says so.
BROKEN_FACTS = {
    "rows_accounted_for": {"rows_unaccounted_for": 1},
    "few_bad_rows": {"bad_share": 0.06},
    "day_has_come": {"days_ahead": 1},
    "snapshot_overlaps": {"overlap_with_previous": 0.79},
    "few_new_teams": {"new_teams": 4},
    "as_many_rows_as_before": {"rows_beside_previous": 1.3},
    "bytes_are_new": {"other_days_with_these_bytes": 1},
    "news_is_recent": {"days_without_news": 93},
    "no_snapshot_left_out": {"days_since_previous": 61},
}


@pytest.mark.parametrize("rule", [*BROKEN_FACTS, None])
def test_a_gate_on_arrivals_names_the_file(rule: str | None) -> None:
    settings = Settings(home=Path("unused"), project=PROJECT)
    sound = {
        "mart": "hr_staff",
        "source": "hr_staff",
        "file_name": "hr_staff_2019-11-30.csv",
        "month": date(2019, 11, 30),
        "rows_unaccounted_for": 0,
        "bad_share": 0.0,
        "days_ahead": 0,
        "overlap_with_previous": 0.97,
        "new_teams": 0,
        "rows_beside_previous": None,
        "days_since_previous": 31,
        "other_days_with_these_bytes": 0,
        "days_without_news": 92,
    }
    other = sound | {"file_name": "hr_staff_2019-12-31.csv", "month": date(2019, 12, 31)}
    broken = other | BROKEN_FACTS.get(rule or "", {})
    checking = gates.Checking(settings, [], findings.Lineage({}))
    found = checking.run("arrivals", pd.DataFrame([sound, broken]))
    assert [one.rule for one in found] == ([rule] if rule else [])
    for one in found:
        assert (one.mart, one.rows) == ("hr_staff", 1)
        assert one.likely_files == ("landing/hr_staff/hr_staff_2019-12-31.csv",)
        assert f"hr_staff, rule {rule}: " in one.message
        assert "(1 row, 2019-12). Likely cause: landing/hr_staff/" in one.message


def test_a_register_sent_twice_is_told_from_a_list_of_groups_that_stays_the_same(
    built: Built,
) -> None:
    """November's files once more as April's. A list of groups may well be the same."""
    files = {row.arrival.file_name: row.arrival for row in built.manifest}
    november = [files[f"{source}_2019-11-30.csv"] for source in ("group_attendance", "groups")]
    again = [
        replace(one, as_of=date(2020, 4, 30), file_name=f"{one.source}_2020-04-30.csv")
        for one in november
    ]
    manifest = [*built.manifest, *(Standing(one, "loaded") for one in again)]
    found = gates.check_arrivals(built.settings, findings.Before(tuple(again)), manifest)
    copied = [one for one in found if one.rule == "bytes_are_new"]
    # Said of the night, and, as it is the newest register, kept with the version.
    assert [one.of_the_run for one in copied] == [True, False]
    assert {one.likely_files for one in copied} == {
        ("landing/group_attendance/group_attendance_2020-04-30.csv",)
    }


def test_a_file_in_which_nothing_is_recent_is_an_old_one(built: Built, tmp_path: Path) -> None:
    """The last absence began on 15 November 2019: 92 days before 15 February 2020, which is a quarter
    without news and may be, and 93 before the 16th. A list of under twenty rows is not looked at."""
    files = {row.arrival.file_name: row.arrival for row in built.manifest}
    settings = Settings(home=tmp_path, project=PROJECT)
    spoken_of = {}
    for day, rows in ((15, 20), (16, 20), (16, 19)):
        arrival = replace(
            files["absence_2019-11-30.csv"], as_of=date(2020, 2, day), rows_loaded=rows
        )
        batch = lake.batch_path(settings, arrival)
        batch.parent.mkdir(parents=True, exist_ok=True)
        built.connection.execute(
            f"copy (select date '2019-11-15' as absence_start) to '{batch}' (format parquet)"
        )
        found = gates.check_arrivals(settings, findings.Before((arrival,)), [])
        spoken_of[day, rows] = "news_is_recent" in {one.rule for one in found}
    assert spoken_of == {(15, 20): False, (16, 20): True, (16, 19): False}


def test_every_gate_on_arrivals_is_broken_by_a_test() -> None:
    settings = Settings(home=Path("unused"), project=PROJECT)
    rules = [one["meta"]["rule"] for one in gates.read_suite(settings, "arrivals")["expectations"]]
    assert sorted(rules) == sorted(BROKEN_FACTS)


def test_a_gate_that_cannot_be_judged_is_not_met() -> None:
    """A frame without the column that a rule looks at, as after a renamed mart column."""
    settings = Settings(home=Path("unused"), project=PROJECT)
    checking = gates.Checking(settings, [], findings.Lineage({}))
    (found,) = checking.run("marts_stock_and_flow", pd.DataFrame({"renamed": [0]}))
    assert (found.level, found.rows) == ("block", None)
    assert "(could not be judged)" in found.message


def test_only_what_blocks_stops_and_only_what_warns_is_said() -> None:
    def finding(level: str) -> Finding:
        return Finding("marts_x", "mart", "rule", level, 1, f"It is a matter to {level}.")

    found = [finding("inform"), finding("warn"), finding("warn")]
    assert gates.stop_on_blocking(found) == ["It is a matter to warn."]
    with pytest.raises(GateFailed) as stopped:
        gates.stop_on_blocking(
            [*found, *(replace(finding("block"), says=f"It is {n} to block.") for n in range(4))]
        )
    assert str(stopped.value).count("to block.") == gates.MOST_BLOCKS_SAID
    assert "And 1 more. Nothing was published" in str(stopped.value)
