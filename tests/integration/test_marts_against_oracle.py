"""The workforce marts, row by row, against the plain second implementation in `tests/oracle`.

Each case makes a workforce full of corners up, writes it into a build file as ingest would leave
it, lets dbt build everything in a process of its own, and compares every row and every column.
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
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.oracle import workforce
from tests.oracle.compare import differs, disagreements, read_mart
from tests.oracle.programmes import LakeRows, build

PROJECT = Path(__file__).resolve().parents[2]
DFE_FILE = PROJECT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"

Row = dict[str, Any]

HR_STAFF = {
    "staff_key": "varchar",
    "email_key": "varchar",
    "team": "varchar",
    "job_role": "varchar",
    "is_social_worker": "boolean",
    "contract_type": "varchar",
    "fte": "decimal(18, 9)",
    "start_date": "date",
    "caseload": "bigint",
    "synthetic": "boolean",
    "as_of": "date",
    "file_sha256": "varchar",
    "line": "bigint",
    "row_status": "varchar",
}
HR_LEAVERS = {
    "staff_key": "varchar",
    "start_date": "date",
    "leaving_date": "date",
    "leaving_reason": "varchar",
    "destination": "varchar",
    "record_status": "varchar",
    "void": "boolean",
    "synthetic": "boolean",
    "as_of": "date",
    "file_sha256": "varchar",
    "line": "bigint",
    "row_status": "varchar",
}
LOAD_MANIFEST = {
    "source": "varchar",
    "file_name": "varchar",
    "sha256": "varchar",
    "as_of": "date",
    "revision": "integer",
    "status": "varchar",
    "reason_code": "varchar",
    "rows_read": "bigint",
    "rows_loaded": "bigint",
    "rows_quarantined": "bigint",
    "extra_columns": "varchar",
    "received_at": "timestamp",
    "loaded_in_version": "varchar",
}
QUARANTINED_ROWS = {
    "source": "varchar",
    "file_name": "varchar",
    "line": "bigint",
    "column_name": "varchar",
    "reason_code": "varchar",
    "detail": "varchar",
}
BUILD_INFO = {"version": "varchar", "built_at": "timestamp"}


def dfe_workforce() -> dict[str, str]:
    """The columns of the published file, as the lake types them."""
    with DFE_FILE.open(encoding="utf-8-sig", newline="") as file:
        published = next(csv.reader(file))
    columns = dict.fromkeys(published, "varchar") | {"time_period": "integer"}
    return columns | {
        "void": "boolean",
        "as_of": "date",
        "file_sha256": "varchar",
        "line": "bigint",
        "row_status": "varchar",
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


def write_build_file(path: Path, lake: LakeRows) -> None:
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
        for row in lake.load_manifest
    ]
    with duckdb.connect(str(path)) as build_file:
        build_file.execute("create schema lake; create schema ops; begin")
        fill(build_file, "lake.hr_staff", HR_STAFF, lake.hr_staff)
        fill(build_file, "lake.hr_leavers", HR_LEAVERS, lake.hr_leavers)
        fill(build_file, "lake.dfe_workforce", dfe_workforce(), [])
        fill(build_file, "ops.load_manifest", LOAD_MANIFEST, manifest)
        fill(build_file, "ops.quarantined_rows", QUARANTINED_ROWS, [])
        fill(build_file, "ops.build_info", BUILD_INFO, [{"version": "v1", "built_at": built_at}])
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
    lake = build(random.Random(seed), people, months)
    expected = workforce.marts(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    build_file = workshop / "build.duckdb"
    build_file.unlink(missing_ok=True)
    write_build_file(build_file, lake)
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
