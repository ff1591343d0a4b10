"""A build file as ingest would leave it, dbt in a process of its own, and what the plain ones expect."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.oracle import board, census_return, evidence, impact, services, workforce
from tests.oracle.programmes import LakeRows
from tests.oracle.services import Programme

PROJECT = Path(__file__).resolve().parents[2]
BUILD = {
    "version": "v1",
    "built_at": datetime(2022, 1, 3, 5, 0),  # noqa: DTZ001 - DuckDB's timestamp has no zone
    "minimum_stay_minutes": 10,
}

# What parts before, during and after: the days of programme.yml.
WINDOWS = {"funded_from": date(2019, 1, 1), "programme_end": date(2020, 1, 31)}

Row = dict[str, Any]
Areas = Mapping[str, Sequence[str]]


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


def lake_tables(lake: LakeRows, programme: Programme) -> dict[str, list[Row]]:
    """The rows of every source that has any, by source."""
    return {
        "hr_staff": lake.hr_staff,
        "hr_leavers": lake.hr_leavers,
        **{
            one.name: getattr(programme, one.name)
            for one in fields(programme)
            if one.name != "load_manifest"
        },
    }


def manifest_rows(lake: LakeRows, programme: Programme) -> list[Row]:
    """Every judged file, with numbers of rows that are made up; some were read twice."""
    found = []
    for place, row in enumerate([*lake.load_manifest, *programme.load_manifest]):
        refused = row["status"] == "rejected"
        file = {
            "file_name": f"{row['source']}_{row['as_of']}.csv",
            "revision": 1,
            "rows_read": 11,
            "rows_loaded": 0 if refused else 11 - place % 5,
            "rows_quarantined": place % 5,
            "received_at": BUILD["built_at"],
            **row,
        }
        found.append(file)
        if place % 9 == 0:  # and an earlier reading of it, under a contract of then
            found.append(file | {"status": "superseded", "read_again": True})
    return found


def write_build_file(
    path: Path, lake: LakeRows, programme: Programme, more: Mapping[str, list[Row]] | None = None
) -> None:
    """A build file as it stands before dbt begins. `more`: rows of other sources, by table."""
    rows = {f"lake.{source}": found for source, found in lake_tables(lake, programme).items()}
    rows |= {"ops.load_manifest": manifest_rows(lake, programme), "ops.build_info": [BUILD]} | dict(
        more or {}
    )
    tables = source_columns()
    assert rows.keys() <= tables.keys()
    with duckdb.connect(str(path)) as build_file:
        build_file.execute("create schema lake; create schema ops; begin")
        for table, columns in tables.items():
            fill(build_file, table, columns, rows.get(table, []))
        build_file.execute("commit")


def run_dbt(build_file: Path, areas: Areas) -> None:
    """Build everything, tests of the data included, in the process that a night has for it."""
    project = str(PROJECT / "dbt_project")
    folder = build_file.parent
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "warehouse.dbt_child",
            str(folder / "run_results.json"),
            "--project-dir",
            project,
            "--profiles-dir",
            project,
        ],
        input=f"{build_file}\n",
        env={
            **os.environ,
            "WAREHOUSE_AREAS": json.dumps(areas),
            "WAREHOUSE_WINDOWS": json.dumps(
                {name: day.isoformat() for name, day in WINDOWS.items()}
            ),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def published_marts(
    lake: LakeRows, programme: Programme, manifest: Iterable[Row]
) -> dict[str, list[Row]]:
    """What the plain implementations say of every mart that a programme's own files fill."""
    known = workforce.understand(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    expected = workforce.marts(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    yearly = services.with_vacancies(expected["retention_yearly_dfe"], programme)
    return (
        expected
        | services.marts(known, programme)
        | {"retention_yearly_dfe": yearly}
        | census_return.marts(programme.csww_return, yearly, expected["retention_monthly"])
        | {
            "sword_results": evidence.sword_results(programme),
            "evidence_register": evidence.evidence_register(known, programme),
            "load_summary": evidence.load_summary(manifest),
        }
    )


def built_tables(lake: LakeRows, programme: Programme, areas: Areas) -> dict[str, list[Row]]:
    """The same of a whole build file: the board's own tables and the version too."""
    known = workforce.understand(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    held = services.meetings(known, programme)
    every_row = chain.from_iterable(lake_tables(lake, programme).values())
    marts = published_marts(lake, programme, manifest_rows(lake, programme))
    return (
        marts
        | impact.tables(known, programme, held, marts["retention_monthly"])
        | board.tables(known, programme, held, areas)
        | {"comparison_windows": board.comparison(marts, **WINDOWS)}
        | {"release_info": evidence.release_info(known, BUILD, every_row)}
    )
