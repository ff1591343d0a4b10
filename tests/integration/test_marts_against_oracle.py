"""The marts, row by row, against the plain second implementation in `tests/oracle`.

Each case makes up a workforce and a programme full of corners, writes them into a build file as
ingest would leave it, lets dbt build everything in a process of its own, and compares every row and every column.
Whole numbers, dates and words have to be equal, fractions and FTE to one part in 10^12.
"""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.oracle import histories, services, workforce
from tests.oracle.compare import differs, disagreements, read_mart
from tests.oracle.programmes import LakeRows, build
from tests.oracle.services import Programme

PROJECT = Path(__file__).resolve().parents[2]

Row = dict[str, Any]


def source_columns() -> dict[str, dict[str, str]]:
    """The columns and types of every table that dbt reads, as its source definitions name them."""
    path = PROJECT / "dbt_project" / "models" / "staging" / "_lake__sources.yml"
    sources = yaml.safe_load(path.read_text("utf-8"))["sources"]
    return {
        f"{source['schema']}.{table['name']}": {
            column["name"]: column["data_type"] for column in table["columns"]
        }
        for source in sources
        for table in source["tables"]
    }


def fill(
    build_file: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: Iterable[Row]
) -> None:
    names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    build_file.execute(f"create table {table} ({names})")
    # By way of a file: DuckDB copies thousands of rows at once, but inserts them one by one.
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv") as text:
        lines = csv.DictWriter(text, columns, extrasaction="ignore")
        lines.writeheader()
        lines.writerows(rows)
        text.flush()
        build_file.execute(f"copy {table} from '{text.name}' (header, nullstr '')")


def write_build_file(path: Path, lake: LakeRows, programme: Programme) -> None:
    """A build file as it stands before dbt begins."""
    built_at = datetime(2022, 1, 3, 5, 0)  # noqa: DTZ001 - DuckDB's timestamp has no zone
    manifest = [
        {
            "file_name": f"{row['source']}_{row['as_of']}.csv",
            "revision": 1,
            "rows_read": 0,
            "rows_loaded": 0,
            "rows_quarantined": 0,
            "received_at": built_at,
            **row,
        }
        for row in [*lake.load_manifest, *programme.load_manifest]
    ]
    rows: dict[str, list[Row]] = {
        "lake.hr_staff": lake.hr_staff,
        "lake.hr_leavers": lake.hr_leavers,
        **{
            f"lake.{one.name}": getattr(programme, one.name)
            for one in fields(programme)
            if one.name != "load_manifest"
        },
        "ops.load_manifest": manifest,
        "ops.build_info": [{"version": "v1", "built_at": built_at, "minimum_stay_minutes": 10}],
    }
    tables = source_columns()
    assert rows.keys() <= tables.keys()
    with duckdb.connect(str(path)) as build_file:
        build_file.execute("create schema lake; create schema ops; begin")
        for table, columns in tables.items():
            fill(build_file, table, columns, rows.get(table, []))
        build_file.execute("commit")


def run_dbt(build_file: Path) -> None:
    """Build everything, tests of the data included, as a child process."""
    project = PROJECT / "dbt_project"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            "build",
            "--exclude-resource-type",
            "unit_test",
        ],
        cwd=project,
        env={
            **os.environ,
            "WAREHOUSE_BUILD_FILE": str(build_file),
            "DBT_PROFILES_DIR": str(project),
            "DBT_TARGET_PATH": str(build_file.parent / "target"),
            "DBT_LOG_PATH": str(build_file.parent / "logs"),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all cases, so that dbt reads its project once and remembers it."""
    return tmp_path_factory.mktemp("workshop")


@pytest.mark.parametrize(
    ("seed", "people", "months"),
    [
        pytest.param(10, 200, 40, id="two hundred people over forty months, from October"),
        pytest.param(2, 300, 30, id="three hundred people over thirty months, from June"),
        pytest.param(5, 12, 1, id="a single month"),
    ],
)
def test_the_marts_say_what_a_plain_count_of_days_and_people_says(
    workshop: Path, seed: int, people: int, months: int
) -> None:
    rng = random.Random(seed)
    lake = build(rng, people, months)
    programme = histories.build(rng, lake)
    known = workforce.understand(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    expected = workforce.marts(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    yearly = services.with_vacancies(expected["retention_yearly_dfe"], programme)
    expected |= services.marts(known, programme) | {"retention_yearly_dfe": yearly}
    build_file = workshop / "build.duckdb"
    build_file.unlink(missing_ok=True)
    write_build_file(build_file, lake, programme)
    run_dbt(build_file)
    found: list[str] = []
    for mart, rows in expected.items():
        built = read_mart(build_file, mart)
        found += disagreements(mart, rows, built)
        assert bool(rows) == bool(built)
    assert not found, f"{len(found)} disagreements, of which:\n" + "\n".join(found[:40])
    assert expected["staff_spells"]
    assert expected["retention_monthly"]
    details = [row["detail"] for row in read_mart(build_file, "hr_reconciliation")]
    assert all(details), "every issue is put into words"


def test_a_disagreement_of_one_cell_or_one_row_is_found() -> None:
    """The comparison itself: a figure that is off by 10^-9, a row too many, a null for a nought."""
    row = {"year": 2019, "turnover_rate_fte": 0.1, "leavers_fte": 1.0}
    assert disagreements("retention_yearly_dfe", [row], [dict(row)]) == []
    off = row | {"turnover_rate_fte": 0.1 + 1e-9}
    assert len(disagreements("retention_yearly_dfe", [row], [off])) == 1
    none = row | {"leavers_fte": None}
    assert len(disagreements("retention_yearly_dfe", [row], [none])) == 1
    more = row | {"year": 2020}
    assert len(disagreements("retention_yearly_dfe", [row], [row, more])) == 1
    assert len(disagreements("retention_yearly_dfe", [row, more], [row])) == 1
    assert differs(date(2019, 9, 30), date(2019, 10, 1))
