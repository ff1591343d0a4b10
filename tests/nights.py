"""What the tests of whole nights share: a small programme, a real process, and what it published."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
WAREHOUSE = Path(sys.executable).with_name("warehouse")
DFE_FILE = PROJECT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"
KEY = "5a" * 32

# What a run says of itself: it differs between two runs over the same files.
RUN_METADATA = {
    "ops.load_manifest": ("received_at", "loaded_in_version"),
    "marts.release_info": ("version", "built_at"),
}


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit status, its last line read as JSON where it is, its words."""

    code: int
    result: dict[str, Any]
    said: str
    errors: str


def environment(home: Path, **changes: str | None) -> dict[str, str]:
    """The environment of a run: the caller's, with this home and a key of the tests' own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WAREHOUSE_")}
    wanted: dict[str, str | None] = {
        "WAREHOUSE_HOME": str(home),
        "WAREHOUSE_PSEUDONYM_KEY": KEY,
        **changes,
    }
    return clean | {name: value for name, value in wanted.items() if value is not None}


def warehouse(home: Path, *arguments: str, **changes: str | None) -> Ended:
    """Run one command as a user would, in a process of its own."""
    return finished(start(home, *arguments, **changes))


def start(home: Path, *arguments: str, **changes: str | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(WAREHOUSE), *arguments],
        env=environment(home, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> Ended:
    said, errors = process.communicate(timeout=300)
    lines = said.strip().splitlines()
    try:
        result = json.loads(lines[-1]) if lines else {}
    except ValueError:
        result = {}
    return Ended(process.returncode, result if isinstance(result, dict) else {}, said, errors)


def fill_landing(
    home: Path, *, staff: int = 40, start: str = "2018-10-01", end: str = "2019-12-31"
) -> None:
    """A small synthetic programme and the real benchmark file, as they would arrive."""
    from warehouse import generate

    generate.write(
        home / "landing",
        seed=3,
        staff=staff,
        start=date.fromisoformat(start),
        end=date.fromisoformat(end),
    )
    folder = home / "landing" / "dfe_workforce"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(DFE_FILE, folder / "csww_indicators_2026-03-19.csv")


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """{schema.table: all rows in order}, without what a run says of itself."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            table: connection.execute(
                f"select * exclude ({', '.join(RUN_METADATA[table])}) from {table} order by all"
                if table in RUN_METADATA
                else f"select * from {table} order by all"
            ).fetchall()
            for (table,) in tables
        }


def published(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The content of both published files."""
    board = {
        f"board {name}": rows for name, rows in content(home / "published/board.duckdb").items()
    }
    return content(home / "published/analyst.duckdb") | board


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the published analysts' file."""
    with duckdb.connect(str(home / "published/analyst.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()
