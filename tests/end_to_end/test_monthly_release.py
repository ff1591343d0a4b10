"""The board's people figures change once a month or when a steward says so; nobody is in its file."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.canaries import everything_under
from tests.nights import ask, content, fill_landing, warehouse
from warehouse.disclosure.releases import ALWAYS_FRESH

# What rows of the lake are told apart by, a group's number apart: the heat map of the board has it.
_KEY = re.compile(r"_key$|^(session|debrief|vacancy)_id$")


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("release") / "home"
    fill_landing(home, staff=40)
    assert warehouse(home, "nightly").code in (0, 3)
    return home


@pytest.fixture
def home(first_night: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "home"
    shutil.copytree(first_night, copy, symlinks=True)
    return copy


def board_of(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    return content(home / "published/board.duckdb")


def people_figures(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    fresh = {f"marts.{table}" for table in ALWAYS_FRESH} | {"marts.metrics"}
    return {table: rows for table, rows in board_of(home).items() if table not in fresh}


FTE = (
    "select last(fte order by month_end) from marts.retention_monthly where scope_type = 'service'"
)


def fte_shown(home: Path) -> Any:
    with duckdb.connect(str(home / "published/board.duckdb"), read_only=True) as connection:
        return connection.execute(FTE).fetchall()


def reasons(home: Path) -> list[str]:
    return [
        json.loads(path.read_text(encoding="utf-8"))["reason"]
        for path in sorted((home / "control/releases").glob("*.json"))
    ]


def test_a_late_record_changes_the_boards_figures_at_the_next_release_alone(home: Path) -> None:
    """The last snapshot comes again with half the hours of whoever worked full time: analysts see it, and
    the board what came in. A steward releases it with a reason; and so does the next month's snapshot
    by itself."""
    assert reasons(home) == ["the first release"]
    before, there = people_figures(home), fte_shown(home)
    last = sorted((home / "landing/hr_staff").glob("*.csv"))[-1]
    with last.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with last.with_name(f"{last.stem}_r2.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(
            row | ({"fte": "0.5"} if float(row["fte"] or 0) == 1 else {}) for row in rows
        )
    assert warehouse(home, "nightly").code in (0, 3)
    corrected = ask(home, FTE)
    assert corrected < there
    assert people_figures(home) == before
    summary = {row[0]: row for row in board_of(home)["marts.load_summary"]}
    assert summary["hr_staff"][4] == 1  # superseded
    assert reasons(home) == ["the first release"]

    assert warehouse(home, "release", "--reason", " ").code == 2
    released = warehouse(home, "release", "--reason", "A person had been counted twice")
    assert (released.code, released.result["status"]) == (0, "published")
    assert fte_shown(home) == corrected
    assert reasons(home)[1:] == ["A person had been counted twice"]
    report = board_of(home)["marts.disclosure_report"]
    assert {row[2] for row in report} == {"A person had been counted twice"}
    assert sum(row[6] for row in report) > 10  # cells tried
    # The same month was told twice, and headcount was not what the hours of some people change.
    told = [row for row in board_of(home)["marts.headline_shown"] if row[3] == "headcount"]
    assert [row[0] for row in told] == [1, 2]
    assert len({row[7] for row in told}) == 1
    assert [row[12] for row in told] == [False, False]
    rates = [row for row in board_of(home)["marts.headline_shown"] if row[3] == "vacancy_rate"]
    assert [row[12] for row in rates] == [True, False]  # vacant FTE over more or less of them
    assert rates[0][8] != rates[0][10] == rates[1][8]

    fill_landing(home, staff=40, end="2020-01-31")
    last.unlink()
    assert warehouse(home, "nightly").code in (0, 3)
    assert reasons(home)[2:] == ["the monthly release of January 2020"]


def test_no_key_of_a_person_session_or_debrief_is_in_the_boards_file(first_night: Path) -> None:
    """Every value that the lake tells rows apart by is looked for in every byte and every cell."""
    with duckdb.connect() as connection:
        keys = set()
        for path in (first_night / "lake").rglob("*.parquet"):
            columns = connection.execute(f"describe from read_parquet('{path}')").fetchall()
            for name in [column[0] for column in columns if _KEY.search(column[0])]:
                keys |= {
                    str(value)
                    for (value,) in connection.execute(
                        f"select distinct \"{name}\" from read_parquet('{path}') "
                        f'where "{name}" is not null'
                    ).fetchall()
                }
    assert len(keys) > 300
    assert min(map(len, keys)) > 4
    found = dict(everything_under([first_night / "published/current/board"]))
    assert sum(len(data) for data in found.values()) > 100_000
    together = b"\n".join(found.values())
    assert not [key for key in keys if key.encode() in together]
    analysts = b"\n".join(
        data for what, data in everything_under([first_night / "published/current/analyst"])
    )
    assert [key for key in keys if key.encode() in analysts]


def test_no_table_of_the_boards_file_has_a_row_for_a_person(first_night: Path) -> None:
    """Every table is one row a period and scope, a group and cycle, or of what is public: by its columns
    no row can be about anybody. Scopes are the service, its social workers and areas."""
    with duckdb.connect(str(first_night / "published/board.duckdb"), read_only=True) as connection:
        columns: dict[str, set[str]] = {}
        for table, name in connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
        ).fetchall():
            columns.setdefault(table, set()).add(name)
        by_scope = {table for table, names in columns.items() if "scope_type" in names}
        for table in by_scope:
            keys = [
                name
                for name in ("month_end", "quarter_end", "year", "period", "wave_date", "instrument",
                             "subscale", "promise", "metric", "chart", "series", "date",
                             "window_name", "release_number", "detail", "method", "term",
                             "scope_type", "scope_name")
                if name in columns[table]
            ]  # fmt: skip
            (repeated,) = connection.execute(
                f"select count(*) - count(distinct ({', '.join(keys)})) from marts.{table}"
            ).fetchall()[0]
            assert repeated == 0, table
            scopes = {
                scope
                for (scope,) in connection.execute(
                    f"select distinct scope_type from marts.{table}"
                ).fetchall()
            }
            assert scopes <= {"service", "social_workers", "area"}, table
    assert set(columns) - by_scope == {
        "benchmark_standing", "dfe_benchmark", "disclosure_report", "gate_summary", "group_cadence",
        "impact_survival_curve", "impact_verdict", "load_summary", "metrics", "principle_6",
        "programme_fidelity", "release_info", "retention_yearly_dfe", "statistical_neighbours",
    }  # fmt: skip
