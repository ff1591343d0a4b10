"""A board's file made by hand, for the tests of the dashboard.

The staff figures are invented and small enough to work out; the benchmark figures are the
Department for Education's own, read from the open data file that stands in the project.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
DFE = PROJECT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"

# Southampton's ten, under each of the two models.
NEIGHBOURS = {
    "2021": ["851", "373", "874", "879", "831", "801", "331", "861", "810", "355"],
    "2025": ["331", "831", "851", "373", "312", "355", "874", "383", "350", "320"],
}
# Kent's first neighbours, among them one that the file holds only with its twin (940 / 941).
OTHERS = {"2021": {"886": ["881", "941", "850"]}, "2025": {"886": ["881", "850", "878"]}}

COMMENTS = {
    ("retention_monthly", "headcount"): "People in post on the last day of the month.",
    ("retention_monthly", "turnover_rate_12m"): (
        "Leavers of the last twelve months divided by the mean headcount of 13 month ends."
    ),
    ("retention_monthly", "stability_index_12m"): (
        "Share of the people in post a year before who are still in post."
    ),
    ("retention_monthly", "unexplained_exits"): "Posts that ended without a leaver record.",
    ("retention_yearly_dfe", "turnover_rate_fte"): (
        "FTE of leavers in the year divided by FTE in post on 30 September."
    ),
}

MONTHLY = """
create table marts.retention_monthly (
    month_end date, scope_type varchar, scope_name varchar,
    headcount bigint, fte decimal(18, 9), starters bigint, leavers bigint,
    leavers_fte decimal(18, 9),
    voluntary_leavers bigint, voluntary_leavers_symbol varchar,
    retirements bigint, retirements_symbol varchar,
    transfers bigint, transfers_symbol varchar,
    unexplained_exits bigint, leavers_12m bigint, turnover_rate_12m double,
    stability_index_12m double,
    early_leavers_12m bigint, early_leavers_12m_symbol varchar,
    agency_headcount bigint, agency_fte decimal(18, 9), agency_rate double
)
"""
YEARLY = """
create table marts.retention_yearly_dfe (
    year integer, turnover_rate_fte double, vacancy_rate_fte double, agency_rate_fte double,
    leavers_fte double, inpost_fte double, vacant_fte double, agency_fte double,
    leavers_headcount bigint, inpost_headcount bigint
)
"""
BENCHMARK = """
create table marts.dfe_benchmark (
    release_as_of date, year integer, geographic_level varchar, area_code varchar,
    old_la_code varchar, area_name varchar, indicator varchar, published_value double,
    symbol varchar, recomputed_value double
)
"""
NEIGHBOUR = """
create table marts.statistical_neighbours (
    model varchar, old_la_code varchar, rank integer, neighbour_old_la_code varchar,
    closeness varchar
)
"""
RELEASE = """
create table marts.release_info (
    version varchar, latest_hr_staff_as_of date, built_at timestamp, synthetic boolean
)
"""
LOADS = """
create table marts.load_summary (
    source varchar, latest_as_of date, files_loaded bigint, files_rejected bigint,
    files_superseded bigint, rows_loaded bigint, rows_quarantined bigint
)
"""
TABLES = {
    "retention_monthly": MONTHLY,
    "retention_yearly_dfe": YEARLY,
    "dfe_benchmark": BENCHMARK,
    "statistical_neighbours": NEIGHBOUR,
    "release_info": RELEASE,
    "load_summary": LOADS,
}


@dataclass(frozen=True)
class Board:
    """What to put into the file. The defaults make a whole and healthy one."""

    version: str = "v1"
    first: date = date(2017, 12, 31)
    last: date = date(2021, 12, 31)
    synthetic: bool = True
    empty: tuple[str, ...] = ()  # tables that are there and hold no row
    missing: tuple[str, ...] = ()  # tables that are not there at all
    unexplained: bool = True
    headcount_shift: int = 0  # added to every headcount: tells one version from the next


def month_ends(first: date, last: date) -> list[date]:
    """The last day of each month from `first` to `last`, both month ends themselves."""
    days = [first]
    while days[-1] < last:
        # Four days after the 28th of the next month lie in the month after it.
        later = (days[-1] + timedelta(days=1)).replace(day=28) + timedelta(days=4)
        days.append(later - timedelta(days=later.day))
    return days


def _monthly(board: Board) -> list[tuple[object, ...]]:
    """Staff figures that vary as real ones do. Headcount follows starters, leavers and exits."""
    chance = random.Random(852)
    months = month_ends(board.first, board.last)
    headcount = 226 + board.headcount_shift
    heads: list[int] = []
    leavers: list[int] = []
    rows: list[tuple[object, ...]] = []
    for i, month in enumerate(months):
        left = chance.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, 5))
        came = chance.choice((0, 1, 1, 2, 2, 3, 3, 4, 6))
        gone = chance.choice((0, 0, 0, 0, 1, 2)) if board.unexplained else 0
        if i:
            headcount += came - left - gone
        heads.append(headcount)
        leavers.append(left)
        turnover = stability = left_12m = None
        if i >= 12:
            left_12m = sum(leavers[-12:])
            turnover = left_12m / (sum(heads[-13:]) / 13)
            stability = 1 - turnover * chance.uniform(0.85, 1.0)
        agency = 14 + (i * 5) % 7
        fte = round(headcount * 0.93, 2)
        agency_fte = round(agency * 0.96, 2)
        rows.append(
            (
                month, "service", "all", headcount, fte, came, left, round(left * 0.9, 2),
                None, "c", None, "c", None, "c", gone, left_12m, turnover, stability,
                None, "c", agency, agency_fte, agency_fte / (fte + agency_fte),
            )
        )  # fmt: skip
    return rows


def _yearly(board: Board) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for i, year in enumerate(range(2018, 2022)):
        leavers, in_post, agency = 17.5 + 3 * i, 130.0 - i, 15.0 + i
        rows.append(
            (
                year, leavers / in_post, None, agency / (agency + in_post), leavers, in_post,
                None, agency, 19 + 3 * i, 140 - i,
            )
        )  # fmt: skip
    return rows


def _benchmark() -> list[tuple[object, ...]]:
    """The open data file, one row a year, area and indicator; rates as fractions."""
    rows: list[tuple[object, ...]] = []
    with DFE.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        indicators = list(reader.fieldnames or [])[10:]
        for line in reader:
            level = line["geographic_level"]
            code, name = {
                "National": (line["country_code"], line["country_name"]),
                "Regional": (line["region_code"], line["region_name"]),
            }.get(level, (line["new_la_code"], line["la_name"]))
            old = line["old_la_code"] or None
            for indicator in indicators:
                text = line[indicator].strip()
                value: float | None = None
                symbol: str | None = None
                try:
                    value = float(text)
                except ValueError:
                    symbol = text or "x"
                if value is not None and "_rate_" in indicator:
                    value /= 100
                rows.append(
                    (
                        date(2026, 3, 19), int(line["time_period"]), level, code, old, name,
                        indicator, value, symbol, None,
                    )
                )  # fmt: skip
    return rows


def _neighbours() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for model, ten in NEIGHBOURS.items():
        for council, codes in {"852": ten, **OTHERS[model]}.items():
            rows += [(model, council, i, code, "Close") for i, code in enumerate(codes, start=1)]
    return rows


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Iterable[object]]
) -> None:
    if not rows:
        return
    import pandas as pd

    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where table_name = ? order by column_index",
            [table],
        ).fetchall()
    ]
    frame = pd.DataFrame([list(row) for row in rows], columns=columns, dtype=object)
    connection.register("incoming", frame)
    connection.execute(f"insert into marts.{table} select * from incoming")
    connection.unregister("incoming")


def write_board(path: Path, board: Board | None = None) -> Path:
    """Write one board's file at `path` and return it. Refuses to overwrite."""
    board = board or Board()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise FileExistsError(f"{path.name} is there already")
    path.write_bytes(_file_of(board))
    return path


@lru_cache(maxsize=16)
def _file_of(board: Board) -> bytes:
    """The file's bytes: most tests want the same board, and making one takes a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "board.duckdb"
        _make(path, board)
        return path.read_bytes()


def _make(path: Path, board: Board) -> None:
    rows: dict[str, Sequence[Iterable[object]]] = {
        "retention_monthly": _monthly(board),
        "retention_yearly_dfe": _yearly(board),
        "dfe_benchmark": _benchmark(),
        "statistical_neighbours": _neighbours(),
        "release_info": [
            (
                board.version,
                board.last,
                datetime.fromisoformat("2026-11-22T02:10:00"),
                board.synthetic,
            )
        ],
        "load_summary": [
            ("hr_staff", board.last, 49, 0, 0, 12000, 3),
            ("hr_leavers", board.last, 49, 1, 0, 900, 0),
            ("dfe_workforce", date(2026, 3, 19), 1, 0, 0, 1463, 0),
        ],
    }
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as board (storage_version 'v1.5.0')")
        connection.execute("use board")
        connection.execute("create schema marts")
        for table, ddl in TABLES.items():
            if table in board.missing:
                continue
            connection.execute(ddl)
            if table not in board.empty:
                _insert(connection, table, rows[table])
        for (table, column), words in COMMENTS.items():
            if table not in board.missing:
                connection.execute(f"comment on column marts.{table}.{column} is '{words}'")
        connection.execute("use memory")
        connection.execute("detach board")


def write_last_night(
    home: Path, *, hours_ago: float = 2.0, status: str = "published", version: str = "v1"
) -> Path:
    """Write `published/last_night.json` as if the last good night ended `hours_ago` hours ago."""
    ended = datetime.now(UTC) - timedelta(hours=hours_ago)
    published = home / "published"
    published.mkdir(parents=True, exist_ok=True)
    path = published / "last_night.json"
    stamp = ended.isoformat(timespec="seconds")
    path.write_text(
        json.dumps(
            {"status": status, "finished_at": stamp, "version": version, "last_good_at": stamp}
        ),
        encoding="utf-8",
    )
    return path


def publish(home: Path, board: Board | None = None) -> Path:
    """Put a version into the home as the nightly job would, and flip the link to it."""
    board = board or Board()
    published = home / "published"
    path = write_board(published / "versions" / board.version / "board" / "board.duckdb", board)
    flip(home, board.version)
    fixed = published / "board.duckdb"
    if not fixed.is_symlink():
        fixed.symlink_to(Path("current") / "board" / "board.duckdb")
    return path


def flip(home: Path, version: str) -> None:
    """Point `published/current` at a version: a new link under another name, then one rename."""
    published = home / "published"
    fresh = published / ".current.new"
    fresh.symlink_to(Path("versions") / version)
    fresh.replace(published / "current")


def make_home(home: Path, board: Board | None = None, *, hours_ago: float = 2.0) -> Path:
    """A whole home with one published version and a night that ended `hours_ago` hours ago."""
    board = board or Board()
    publish(home, board)
    write_last_night(home, hours_ago=hours_ago, version=board.version)
    return home
