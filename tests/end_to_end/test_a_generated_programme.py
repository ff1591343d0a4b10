"""A synthetic programme, one night, and every figure counted again from the files.

The files are read a second time by plain code, which judges, hashes and counts by itself; what was
published has to be the same, row by row: the marts, the manifest and the quarantine.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.oracle.building import published_marts
from tests.oracle.compare import disagreements, read_mart
from tests.oracle.landing import read_landing
from warehouse import generate, nightly, settings

KEY = "5a" * 32


def test_a_night_publishes_what_a_plain_reading_of_the_files_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some 90 people from January 2018 to January 2020, 25 snapshots; faults as they come."""
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
    home = settings.load(tmp_path / "home")
    generate.write(home.landing, seed=7, staff=90, start=date(2018, 1, 1), end=date(2020, 1, 31))
    lake, programme, quarantined = read_landing(home.landing, KEY)
    expected = published_marts(lake, programme, lake.load_manifest)
    empty = {mart for mart, rows in expected.items() if not rows}
    assert all(mart.startswith("csww_") for mart in empty), "the census return begins in 2021"
    files = sum(1 for path in home.landing.rglob("*.csv"))
    assert len(lake.load_manifest) == files > 100
    assert quarantined, "a programme without a fault would show nothing"

    outcome = nightly.run(home)

    assert outcome.status == "published_with_problems", outcome.messages
    assert outcome.exit_code == 3
    assert outcome.files == files
    assert outcome.rows_loaded == sum(row["rows_loaded"] for row in lake.load_manifest)
    assert outcome.rows_quarantined == len(quarantined)
    published = home.published / "analyst.duckdb"
    found = [
        line
        for mart, rows in expected.items()
        for line in disagreements(mart, rows, read_mart(published, mart))
    ]
    assert not found, f"{len(found)} disagreements, of which:\n" + "\n".join(found[:40])
    with duckdb.connect(str(published), read_only=True) as connection:
        manifest = connection.execute(
            "select source, file_name, sha256, as_of, status, rows_read, rows_loaded, "
            "rows_quarantined from ops.load_manifest order by source, as_of"
        ).fetchall()
        bad_rows = connection.execute(
            "select source, file_name, line, reason_code from ops.quarantined_rows"
        ).fetchall()
    assert manifest == sorted(
        (tuple(row.values()) for row in lake.load_manifest), key=lambda row: (row[0], row[3])
    )
    assert sorted(bad_rows) == sorted(
        (row["source"], row["file_name"], row["line"], row["reason_code"]) for row in quarantined
    )
    names = {
        cell
        for file in (home.landing / "hr_staff").glob("*.csv")
        for line in file.read_text("utf-8").splitlines()[1:]
        for cell in line.split(",")[:1]
    }
    rows = read_mart(published, "staff_spells")
    assert len(names) > 100
    assert not names & {str(value) for row in rows for value in row.values()}
    charts_show_the_figures_of_the_marts(home.published)


def charts_show_the_figures_of_the_marts(published: Path) -> None:
    """Values of the charts beside the marts; n events have n - 1 times between; the board's part of it."""
    with duckdb.connect(str(published / "analyst.duckdb"), read_only=True) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        charted = rows("select distinct chart, series, metric from marts.spc_points")
        assert {chart for chart, _, _ in charted} == {"xmr", "u", "g"}
        assert not [metric for _, _, metric in charted if metric.endswith("_12m")]
        monthly = [(s, m) for chart, s, m in charted if chart == "xmr" and s.endswith("_monthly")]
        assert len(monthly) >= 5
        for series, metric in monthly:
            assert rows(
                f"select count(*) > 0, count(*) filter (where point.value is distinct from mart.{metric}) "
                f"from marts.spc_points as point left join marts.{series} as mart "
                "on point.date = mart.month_end and point.scope_type = mart.scope_type "
                "and point.scope_name = mart.scope_name "
                f"where point.series = '{series}' and point.metric = '{metric}'"
            ) == [(True, 0)], (series, metric)
        assert rows(
            "select count(*), count(*) filter (where abs(point.value - mart.leavers / mart.headcount) "
            "> 1e-12) from marts.spc_points as point inner join marts.retention_monthly as mart "
            "on point.date = mart.month_end and point.scope_type = mart.scope_type "
            "and point.scope_name = mart.scope_name "
            "where point.metric = 'leavers' and point.chart = 'u' and point.scope_type = 'service'"
        ) == [(25, 0)]
        rare = [(series, metric) for chart, series, metric in charted if chart == "g"]
        assert ("debrief_monthly", "requested") in rare
        for series, metric in rare:
            counted = rows(
                f"select scope_type, scope_name, sum({metric}) - 1 from marts.{series} "
                f"group by all having sum({metric}) > 1 order by all"
            )
            assert counted == rows(
                "select scope_type, scope_name, count(*) from marts.spc_points where chart = 'g' "
                f"and series = '{series}' and metric = '{metric}' group by all order by all"
            ), (series, metric)
        at_the_service = rows(
            "select * from marts.spc_points where scope_type = 'service' and chart <> 'g' "
            "and series in ('retention_monthly', 'recruitment_monthly') "
            "and metric not in ('voluntary_leavers') order by all"
        )
    with duckdb.connect(str(published / "board.duckdb"), read_only=True) as connection:
        shown = connection.execute("select * from marts.spc_points order by all").fetchall()
    assert shown
    assert {(row[1], row[3]) for row in shown} <= {("service", "xmr"), ("service", "u")}
    assert [row for row in shown if row[4].startswith("re")] == at_the_service
