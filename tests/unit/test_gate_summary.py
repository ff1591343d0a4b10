"""How many rules a version does not meet, in the board's file: numbers by level and nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse import publish
from warehouse.disclosure import boardfile, releases


def written(folder: Path, findings: list[tuple[str, str]]) -> Path:
    """A board's file of what changes every night. findings: (level, rule)."""
    build_file, board_file = folder / "build.duckdb", folder / "board.duckdb"
    with duckdb.connect(str(build_file)) as build:
        build.execute("create schema marts; create schema ops")
        for table in releases.ALWAYS_FRESH:
            build.execute(f"create table marts.{table} (version varchar)")
        build.execute(
            "create table ops.gate_findings (level varchar, rule varchar, message varchar)"
        )
        for level, rule in findings:
            build.execute("insert into ops.gate_findings values (?, ?, 'in words')", [level, rule])
    with publish._Copying(build_file, board_file) as copy:
        boardfile.write_fresh(copy)
    return board_file


@pytest.mark.parametrize(
    ("findings", "counted"),
    [
        ([], {"warn": 0, "inform": 0}),
        ([("warn", "a"), ("inform", "b"), ("inform", "c")], {"warn": 1, "inform": 2}),
    ],
)
def test_rules_that_are_not_met_are_counted_by_level(
    tmp_path: Path, findings: list[tuple[str, str]], counted: dict[str, int]
) -> None:
    with duckdb.connect(str(written(tmp_path, findings)), read_only=True) as board:
        held = board.execute("select level, rules_not_met from marts.gate_summary").fetchall()
        comments = board.execute(
            "select count(*), count(comment) from duckdb_columns() where table_name = 'gate_summary'"
        ).fetchone()
        schemas = board.execute("select distinct schema_name from duckdb_tables()").fetchall()
    assert dict(held) == counted
    assert comments == (2, 2)
    assert schemas == [("marts",)]
