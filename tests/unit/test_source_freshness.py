"""What `make freshness` lets dbt ask: of each source the newest day, and of nobody's rows."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.arrivals import judged
from warehouse import contracts, dbt_sources, lake, source_freshness
from warehouse.lake import Standing
from warehouse.settings import Settings, project_root

PROJECT = project_root()
SETTINGS = Settings(home=Path("unused"), project=PROJECT)


def landed(settings: Settings, as_of: date, status: str) -> Standing:
    """A staff snapshot with one row, of which the batch is in the home's lake."""
    arrival = judged("hr_staff", as_of, sha256=f"{as_of:%m}" * 32)
    batch = lake.batch_path(settings, arrival)
    batch.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"select 'somebody' as staff_key, date '{as_of}' as as_of").write_parquet(str(batch))
    return Standing(arrival, status)


def test_dbt_is_shown_the_days_of_standing_files_and_nothing_else(tmp_path: Path) -> None:
    """October's and November's snapshots stand and December's was superseded: the newest is November's."""
    settings = Settings(home=tmp_path / "home", project=PROJECT)
    manifest = [
        landed(settings, date(2019, 10, 31), "loaded"),
        landed(settings, date(2019, 11, 30), "partly_loaded"),
        landed(settings, date(2019, 12, 31), "superseded"),
    ]
    registry = contracts.load(settings)
    build_file = tmp_path / "warehouse.duckdb"
    source_freshness.prepare(build_file, settings, registry, manifest)
    with duckdb.connect(str(build_file), read_only=True) as connection:
        shown = connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'lake'"
        ).fetchall()
        newest = connection.execute("select max(as_of), count(*) from lake.hr_staff").fetchall()
        none = connection.execute("select max(as_of), count(*) from lake.absence").fetchall()
    assert sorted(shown) == sorted((source, "as_of") for source in registry)
    assert newest == [(date(2019, 11, 30), 2)]
    assert none == [(None, 0)]


@pytest.mark.parametrize(("days", "is_late"), [(62, False), (63, True)])
def test_dbt_and_the_suite_warn_from_the_same_day_on(days: int, is_late: bool) -> None:
    """A monthly file may be 62 days old. At noon of the 62nd day after its own it is, by the clock, 62.5
    days from its day's beginning and 61.5 from its end; a day later 62.5 from its end, and late."""
    sources = yaml.safe_load(dbt_sources.path(SETTINGS).read_text(encoding="utf-8"))["sources"]
    (asked,) = (one["config"] for one in sources[0]["tables"] if one["name"] == "hr_staff")
    as_of = date(2019, 11, 30)
    now = datetime(2019, 11, 30, 12) + timedelta(days=days)  # noqa: DTZ001 - as DuckDB's timestamp
    query = "\n".join(
        json.loads((SETTINGS.suites / "marts_freshness.json").read_text(encoding="utf-8"))["meta"][
            "query"
        ]
    )
    with duckdb.connect() as connection:
        ((loaded_at,),) = connection.execute(
            f"select {asked['loaded_at_field']} from (select ?::date as as_of)", [as_of]
        ).fetchall()
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.release_info as select ?::timestamp as built_at", [now]
        )
        connection.execute(
            "create table marts.load_summary as select 'hr_staff' as source, ?::date as latest_as_of",
            [as_of],
        )
        ((overdue,),) = connection.execute(
            f"select days_overdue from ({query}) where source = 'hr_staff'"
        ).fetchall()
    most = timedelta(**{f"{asked['freshness']['warn_after']['period']}s": 62})
    assert asked["freshness"]["warn_after"]["count"] == 62
    assert (now - loaded_at > most) == is_late
    assert (overdue > 0) == is_late


def test_every_source_of_which_a_file_is_expected_has_its_days() -> None:
    """Online attendance is a register's other form, and nobody sends closed months."""
    registry = contracts.load(SETTINGS)
    days = dbt_sources.most_days(SETTINGS)
    assert set(registry) - set(days) == {"attendance_teams", "attendance_zoom", "closed_months"}
    assert set(days) < set(registry)
