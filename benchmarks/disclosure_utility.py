"""What the board still sees of a synthetic programme, and what hiding and rounding cost.

    python benchmarks/disclosure_utility.py [--staff N] [--to DATE] [--home DIR]

Generates the demo's programme (seed 1, to the end of 2021 or another day) with so many staff, runs one night over it,
and prints the figures of docs/disclosure_utility.md as Markdown. With --home it reads a home that has
published instead.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
COUNTS = ("headcount", "starters", "leavers")


def published(folder: Path, staff: int, end: date) -> Path:
    """A home in which one night over a programme of so many staff has been published."""
    from warehouse import generate

    home = folder / "home"
    generate.write(home / "landing", seed=1, staff=staff, end=end)
    env = {name: value for name, value in os.environ.items() if not name.startswith("WAREHOUSE_")}
    env |= {"WAREHOUSE_HOME": str(home), "WAREHOUSE_PSEUDONYM_KEY": "5a" * 32}
    night = [sys.executable, "-m", "warehouse.cli", "nightly"]
    done = subprocess.run(night, env=env, stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"The night ended with {done.returncode}; nothing was measured.")
    return home


def by_table(board: duckdb.DuckDBPyConnection) -> list[str]:
    """A line a table: values shown and hidden where any can be, cells tried, narrowest interval."""
    lines = [
        "| table | values shown | hidden | share shown | cells tried | narrowest interval |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for table, shown, hidden, tried, narrowest in board.execute(
        "select table_name, cells_shown, cells_hidden, cells_tried, narrowest_interval "
        "from marts.disclosure_report where cells_shown + cells_hidden > 0 order by all"
    ).fetchall():
        width = "" if narrowest is None else f"{narrowest:g}"
        share = f"{shown / (shown + hidden):.0%}"
        lines.append(f"| `{table}` | {shown} | {hidden} | {share} | {tried or ''} | {width} |")
    return lines


def by_column(board: duckdb.DuckDBPyConnection) -> list[str]:
    """A line a column of the tables by year and to date, at service scope: in how many periods it stands."""
    lines = ["| table | column | periods shown | of |", "|---|---|---:|---:|"]
    columns = board.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' "
        "and column_name like '%\\_symbol' escape '\\' "
        "and (table_name like '%\\_yearly' escape '\\' or table_name like '%\\_to\\_date' escape '\\') "
        "order by table_name, column_index"
    ).fetchall()
    for table, symbol in columns:
        ((shown, rows),) = board.execute(
            f"select count(*) filter (where {symbol} is distinct from 'c'), count(*) "
            f"from marts.{table} where scope_type = 'service'"
        ).fetchall()
        if shown < rows:
            lines.append(f"| `{table}` | `{symbol.removesuffix('_symbol')}` | {shown} | {rows} |")
    return lines


def below(board: duckdb.DuckDBPyConnection) -> list[str]:
    """A line a count of `retention_yearly` below the service: shown, and how far rounding can move it."""
    lines = ["| count | rows shown | of | median shown | 2 off are |", "|---|---:|---:|---:|---:|"]
    for count in COUNTS:
        ((shown, rows, middle),) = board.execute(
            f"select count({count}), count(*), median({count}) from marts.retention_yearly "
            "where scope_type <> 'service'"
        ).fetchall()
        off = f"{2 / middle:.0%}" if middle else ""
        lines.append(f"| {count} | {shown} | {rows} | {middle or 0:g} | {off} |")
    return lines


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--staff", type=int, default=230)
    parser.add_argument("--to", type=date.fromisoformat, default=date(2021, 12, 31))
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or published(Path(folder), options.staff, options.to)
        with duckdb.connect(str(home / "published/board.duckdb"), read_only=True) as board:
            for title, part in (
                ("By table", by_table), ("What is hidden of the service", by_column),
                ("Below the service", below),
            ):  # fmt: skip
                print(f"\n## {title}\n")
                print("\n".join(part(board)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
