"""Nights under a real scheduler, started over the REST API or from a terminal.

They are judged by what they published. One Airflow serves the whole module. Each story moves into
an empty home first, so none builds on another; the second and third test look at two chapters of one
story.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.canaries import everything_under
from tests.end_to_end.airflow_support import (
    BAD_LEAVER_ID,
    BAD_LEAVER_NOTE,
    BUILD,
    SNAPSHOTS,
    Nights,
    Run,
    names_in_exports,
    people_in_snapshot,
    published_by_dfe,
    rows,
    tables,
    taking_alerts,
    the_runbooks_backfill,
)
from warehouse.airflow_local import expected_dags, ingest_dags
from warehouse.nightly import FAMILIES

INGESTS = tuple(sorted(ingest_dags()))
# They go by the clock alone, and wait for nobody.
APART = ("alert_when_stale", "housekeeping")

# Reports of online sessions and the census return are generated from 2021 on.
BEFORE_THEIR_TIME = {"attendance_teams", "attendance_zoom", "csww_return"}

MONTHS = "SELECT count(*) FROM marts.retention_monthly WHERE scope_type = 'service'"
RETENTION = "SELECT * FROM marts.retention_monthly ORDER BY month_end, scope_type, scope_name"
SOUTHAMPTON = """
    SELECT published_value FROM marts.dfe_benchmark
    WHERE old_la_code = '852' AND year = 2025 AND indicator = 'turnover_rate_fte'
"""


@pytest.fixture(scope="module")
def alerts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a webhook, and the alerts that it has been sent."""
    with taking_alerts() as (url, got):
        yield url, got


@pytest.fixture(scope="module")
def nights(
    tmp_path_factory: pytest.TempPathFactory, alerts: tuple[str, list[dict[str, Any]]]
) -> Iterator[Nights]:
    """A scheduler whose DAGs are switched on, and whose first runs, in an empty home, are over."""
    nights = Nights(tmp_path_factory.mktemp("nights"), webhook=alerts[0])
    nights.move_into_an_empty_home()
    with nights.airflow as airflow:
        airflow.wait_until_ready()
        airflow.unpause(BUILD)
        nights.next_run(BUILD, "scheduled", set())
        for dag_id in (*INGESTS, *APART):
            airflow.unpause(dag_id)
        for dag_id in (*INGESTS, *APART):
            nights.next_run(dag_id, "scheduled", set())
        # The next hour's check would look into a home that is being moved.
        airflow.call("PATCH", "/api/v2/dags/alert_when_stale", {"is_paused": True})
        nights.next_run(BUILD, "asset_triggered", set())
        yield nights


def test_before_the_first_staff_export_every_run_is_green_and_nothing_is_built(
    nights: Nights,
) -> None:
    """Switching a DAG on starts one run at once; in an empty home that must not look broken."""
    for dag_id in sorted(expected_dags()):
        first = nights.airflow.runs(dag_id)[0]
        assert (first["run_type"], first["state"]) == ("scheduled", "success")
    for run in nights.airflow.runs(BUILD)[:2]:
        (task,) = nights.airflow.tasks(BUILD, run["dag_run_id"])
        assert task["state"] == "skipped"


@pytest.fixture(scope="module")
def whole_night(nights: Nights) -> Run:
    """Every source has landed; all families are started by hand, the build follows by itself."""
    nights.move_into_an_empty_home()
    nights.land_staff()
    nights.land_benchmarks()
    known = nights.run_ids(BUILD)
    started = {dag_id: nights.airflow.trigger(dag_id) for dag_id in INGESTS}
    for dag_id, run_id in started.items():
        assert nights.finished(dag_id, run_id)["state"] == "success"
    run = nights.next_run(BUILD, "asset_triggered", known)
    published = nights.home / "published"
    landing = nights.home / "landing"
    first = landing / "hr_staff" / "hr_staff_2019-01-31.csv"
    return {
        "state": run["state"],
        "tables": {name: tables(published / f"{name}.duckdb") for name in ("board", "analyst")},
        "months": rows(published / "analyst.duckdb", MONTHS),
        "board_months": rows(published / "board.duckdb", MONTHS),
        "first_headcount": rows(
            published / "analyst.duckdb",
            "SELECT headcount FROM marts.retention_monthly "
            "WHERE scope_type = 'service' AND month_end = DATE '2019-01-31'",
        ),
        "in_first_file": people_in_snapshot(
            first,
            lambda row: row["contract_type"] != "agency" and row["start_date"] <= "2019-01-31",
        ),
        "southampton": rows(published / "board.duckdb", SOUTHAMPTON),
        "manifest": rows(
            published / "analyst.duckdb",
            "SELECT source, status, count(*) FROM ops.load_manifest GROUP BY ALL",
        ),
        "landed": {folder.name: len(list(folder.iterdir())) for folder in landing.iterdir()},
        "last_night": json.loads((published / "last_night.json").read_text()),
        "events": nights.airflow.call("GET", "/api/v2/assets/events?limit=100")["asset_events"],
    }


def test_a_night_that_is_started_over_the_api_is_published(whole_night: Run) -> None:
    """15 month ends from January 2019 to March 2020 have landed, so 15 are in both files."""
    assert whole_night["state"] == "success"
    assert whole_night["months"] == [(SNAPSHOTS,)]
    assert whole_night["board_months"] == [(SNAPSHOTS,)]
    assert whole_night["last_night"]["status"] == "published"


def test_every_file_that_landed_stands_in_the_manifest(whole_night: Run) -> None:
    """Every source of every family but those of 2021; 15 staff snapshots and one file of the
    Department's are among them.
    """
    standing: dict[str, int] = {}
    for source, status, files in whole_night["manifest"]:
        assert status in ("loaded", "partly_loaded")
        standing[source] = standing.get(source, 0) + files
    assert standing == {source: files for source, files in whole_night["landed"].items() if files}
    assert (
        set(standing)
        == {source for sources in FAMILIES.values() for source in sources} - BEFORE_THEIR_TIME
    )
    assert (standing["hr_staff"], standing["dfe_workforce"]) == (SNAPSHOTS, 1)


def test_the_first_month_counts_the_people_of_the_first_export(whole_night: Run) -> None:
    """On its own as-of date a snapshot is the stock: its people but agency and those yet to begin."""
    assert whole_night["in_first_file"] > 0
    assert whole_night["first_headcount"] == [(whole_night["in_first_file"],)]


def test_the_real_benchmark_reaches_the_board_as_a_fraction(whole_night: Run) -> None:
    """The Department prints per cent; the mart holds that divided by 100."""
    per_cent = float(published_by_dfe("2025", "852", "turnover_rate_fte"))
    ((value,),) = whole_night["southampton"]
    assert float(value) == pytest.approx(per_cent / 100)


def test_no_person_reaches_the_board(whole_night: Run) -> None:
    assert "staff_spells" in whole_night["tables"]["analyst"]
    assert not {"staff_spells", "hr_reconciliation"} & whole_night["tables"]["board"]


def test_a_family_with_problems_is_green_and_its_asset_says_which(whole_night: Run) -> None:
    """The generator plants bad rows: exit code 3, and one sentence for each file that had some."""
    partly = sum(
        files
        for source, status, files in whole_night["manifest"]
        if status == "partly_loaded" and source in FAMILIES["hr"]
    )
    assert partly > 0
    told = {
        event["source_dag_id"]: event["extra"]
        for event in sorted(whole_night["events"], key=lambda event: event["timestamp"])
    }
    assert told["ingest_hr"]["status"] == "ingested_with_problems"
    assert len(told["ingest_hr"]["messages"]) == partly
    assert told["ingest_benchmarks"] == {"status": "ingested", "messages": []}


@dataclass
class Chapters:
    """What could be seen after HR came alone, and after benchmarks came alone."""

    benchmarks_failed: Run
    benchmarks_log: list[str]
    build_without_benchmarks: Run
    months: list[tuple[Any, ...]]
    no_benchmark: list[tuple[Any, ...]]
    retention_before: list[tuple[Any, ...]]
    version_before: str
    hr_failed: Run
    hr_log: list[str]
    benchmarks_mended: Run
    build_without_hr: Run
    southampton: list[tuple[Any, ...]]
    retention_after: list[tuple[Any, ...]]
    version_after: str


@pytest.fixture(scope="module")
def broken_families(nights: Nights, whole_night: Run) -> Chapters:
    """Benchmarks are broken while HR comes; then they are mended, and HR is broken.

    Whole_night is asked for only so that its home is no longer in use. A run of the build that is
    started over the API stands for the one at 05:00.
    """
    airflow, home = nights.airflow, nights.home
    nights.move_into_an_empty_home()
    nights.land_staff()
    nights.land_benchmarks()
    # A plain file where the batches of this source belong: nothing can be written there.
    obstacle = home / "lake" / "dfe_workforce"
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("in the way")

    broken_benchmarks = airflow.trigger("ingest_benchmarks")
    nights.wait_for_first_failure("ingest_benchmarks", broken_benchmarks)
    assert nights.trigger_and_finish("ingest_hr")["state"] == "success"
    build_without_benchmarks = nights.trigger_and_finish(BUILD)
    benchmarks_failed = nights.finished("ingest_benchmarks", broken_benchmarks)
    analyst = home / "published" / "analyst.duckdb"
    current = home / "published" / "current"
    months, none = rows(analyst, MONTHS), rows(analyst, "SELECT * FROM marts.dfe_benchmark")
    retention_before, version_before = rows(analyst, RETENTION), current.resolve().name

    obstacle.unlink()
    # A new file with a bad row, and no place where this source's bad rows could be listed.
    nights.land_a_bad_leaver()
    obstacle = home / "quarantine" / "hr_leavers"
    assert not obstacle.exists()
    obstacle.write_text("in the way")

    broken_hr = airflow.trigger("ingest_hr")
    nights.wait_for_first_failure("ingest_hr", broken_hr)
    benchmarks_mended = nights.trigger_and_finish("ingest_benchmarks")
    build_without_hr = nights.trigger_and_finish(BUILD)
    hr_failed = nights.finished("ingest_hr", broken_hr)
    return Chapters(
        benchmarks_failed=benchmarks_failed,
        benchmarks_log=airflow.task_log("ingest_benchmarks", broken_benchmarks),
        build_without_benchmarks=build_without_benchmarks,
        months=months,
        no_benchmark=none,
        retention_before=retention_before,
        version_before=version_before,
        hr_failed=hr_failed,
        hr_log=airflow.task_log("ingest_hr", broken_hr),
        benchmarks_mended=benchmarks_mended,
        build_without_hr=build_without_hr,
        southampton=rows(home / "published" / "board.duckdb", SOUTHAMPTON),
        retention_after=rows(analyst, RETENTION),
        version_after=current.resolve().name,
    )


def test_broken_benchmarks_do_not_hold_up_hr(broken_families: Chapters) -> None:
    """HR's 15 months are published, and the table of benchmarks is there, empty."""
    assert broken_families.benchmarks_failed["state"] == "failed"
    assert broken_families.build_without_benchmarks["state"] == "success"
    assert broken_families.months == [(SNAPSHOTS,)]
    assert broken_families.no_benchmark == []


def test_broken_hr_does_not_hold_up_benchmarks(broken_families: Chapters) -> None:
    """The new benchmarks are published, and the HR figures of the night before still stand."""
    assert broken_families.hr_failed["state"] == "failed"
    assert broken_families.benchmarks_mended["state"] == "success"
    assert broken_families.build_without_hr["state"] == "success"
    assert broken_families.version_after != broken_families.version_before
    per_cent = float(published_by_dfe("2025", "852", "turnover_rate_fte"))
    ((value,),) = broken_families.southampton
    assert float(value) == pytest.approx(per_cent / 100)
    assert broken_families.retention_before
    assert broken_families.retention_after == broken_families.retention_before


def test_a_failed_task_ends_its_log_with_one_sentence_and_its_exit_code(
    broken_families: Chapters,
) -> None:
    """An obstacle on the disk is exit code 1, which is tried again before it is red."""
    for log in (broken_families.benchmarks_log, broken_families.hr_log):
        assert [line for line in log if line.endswith("(exit code 1)")]


def test_whoever_watches_is_told_of_a_task_that_failed_for_good_and_of_a_stale_home(
    alerts: tuple[str, list[dict[str, Any]]], nights: Nights, broken_families: Chapters
) -> None:
    """One alert for the empty home of the beginning, and one for each of the two broken families.

    Each of the two was tried three times, and is told once.
    """
    told = [(alert["subject"], alert.get("dag")) for alert in alerts[1]]
    assert told == [
        ("The figures are stale", None),
        ("ingest_benchmarks has failed", "ingest_benchmarks"),
        ("ingest_hr has failed", "ingest_hr"),
    ]
    for alert in alerts[1][1:]:
        assert "(exit code 1) The last good version still stands." in alert["text"]
        assert BAD_LEAVER_ID not in alert["text"]
        assert BAD_LEAVER_NOTE not in alert["text"]


def test_the_runbooks_backfill_runs_each_night_and_the_first_takes_in_all_there_is(
    nights: Nights, broken_families: Chapters
) -> None:
    """Three nights, 1 to 3 March 2026, in the command that the runbook gives, HR having been mended.

    Three green runs, a night each: the first reads the one file that could not be judged before
    (its only row is bad), the two others find nothing new. No figure moves, since none is built.
    """
    analyst = nights.home / "published" / "analyst.duckdb"
    before = rows(analyst, RETENTION)
    (nights.home / "quarantine" / "hr_leavers").unlink()
    command = the_runbooks_backfill()
    assert command[2:4] == ["--dag-id", "ingest_hr"]
    runs = nights.backfill(command)
    assert [(run["state"], run["run_type"]) for run in runs] == [("success", "backfill")] * 3
    assert [run["logical_date"][:10] for run in runs] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    outcomes = [nights.airflow.returned("ingest_hr", run["dag_run_id"]) for run in runs]
    assert [outcome["files"] for outcome in outcomes] == [1, 0, 0]
    assert before
    assert rows(analyst, RETENTION) == before


def test_no_file_of_airflow_holds_a_person(nights: Nights, broken_families: Chapters) -> None:
    """Neither the people of the exports nor the bad row that could not be listed."""
    people = names_in_exports(nights.home / "landing" / "hr_staff")
    assert len(people) > 40
    written = [path for path in nights.airflow.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in written)
    assert any(path.name.startswith("attempt=") for path in written)
    # The home's own files too, as rows where they are packed: its logs, lake and published versions.
    of_home = [path for path in nights.home.iterdir() if path.is_dir() and path.name != "landing"]
    for what, data in everything_under([nights.airflow.home, *of_home]):
        text = data.decode("utf-8", "replace")
        assert not [
            person for person in (*people, BAD_LEAVER_ID, BAD_LEAVER_NOTE) if person in text
        ], what
