"""What the board was told before, beside what is so now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from warehouse.disclosure import headlines
from warehouse.disclosure.releases import Release

NAMES = (
    "release_number", "released_as_of", "series", "metric", "detail", "scope_type", "scope_name",
    "period", "value_shown", "value_shown_symbol", "value_now", "value_now_symbol", "is_revised",
)  # fmt: skip
SCOPE = {"scope_type": "service", "scope_name": "all"}


def vacancy(day: str, rate: float | None) -> dict[str, Any]:
    return {"month_end": date.fromisoformat(day), **SCOPE, "vacancy_rate": rate}


def told(*rows: dict[str, Any], table: str = "recruitment_monthly") -> list[dict[str, Any]]:
    return headlines.read({table: rows}.__getitem__, {table})


def released(number: int, as_of: str, figures: list[dict[str, Any]]) -> Release:
    return Release(number, f"v{number}", as_of, "a test", headlines=headlines.newest(figures))


def beside(earlier: list[Release], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(zip(NAMES, row, strict=True)) for row in headlines.beside(earlier, now)]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute("create schema marts")
        yield made


def test_a_figure_that_was_corrected_is_seen_to_be_revised() -> None:
    """January's 10 % became 12 % when February came; February is told for the first time."""
    january = told(vacancy("2021-01-31", 0.10))
    february = told(vacancy("2021-01-31", 0.12), vacancy("2021-02-28", 0.11))
    rows = beside(
        [released(1, "2021-01-31", january), released(2, "2021-02-28", february)], february
    )
    assert [
        (row["release_number"], row["released_as_of"], row["period"], row["value_shown"],
         row["value_now"], row["is_revised"])
        for row in rows
    ] == [
        (1, date(2021, 1, 31), "2021-01-31", 0.10, 0.12, True),
        (2, date(2021, 2, 28), "2021-02-28", 0.11, 0.11, False),
    ]  # fmt: skip


def test_the_rounding_of_a_sum_is_no_revision() -> None:
    """0.1 + 0.2 is 0.30000000000000004."""
    (row,) = beside(
        [released(1, "2021-01-31", told(vacancy("2021-01-31", 0.1 + 0.2)))],
        told(vacancy("2021-01-31", 0.3)),
    )
    assert row["is_revised"] is False


def debriefs(held: int | None) -> list[dict[str, Any]]:
    row = {
        "year": 2020, **SCOPE, "offered": 30, "offered_symbol": None, "held": held,
        "held_symbol": "c" if held is None else None,
    }  # fmt: skip
    return told(row, table="debrief_yearly")


@pytest.mark.parametrize(("then", "now"), [(None, 18), (18, None), (None, None)])
def test_a_figure_that_is_hidden_now_or_was_then_stays_hidden(
    then: int | None, now: int | None
) -> None:
    rows = beside([released(1, "2021-01-31", debriefs(then))], debriefs(now))
    (held,) = [row for row in rows if row["metric"] == "held"]
    assert (held["value_shown"], held["value_now"], held["is_revised"]) == (None, None, None)
    assert (held["value_shown_symbol"], held["value_now_symbol"]) == ("c", "c")
    (offered,) = [row for row in rows if row["metric"] == "offered"]
    assert (offered["value_shown"], offered["value_now"]) == (30.0, 30.0)


def test_a_period_that_is_no_longer_there_is_shown_in_neither_column() -> None:
    (row,) = beside(
        [released(1, "2021-01-31", told(vacancy("2021-01-31", 0.1)))],
        told(vacancy("2021-02-28", 0.1)),
    )
    assert (row["value_shown"], row["value_shown_symbol"]) == (None, "x")
    assert (row["value_now"], row["value_now_symbol"]) == (None, "x")


def test_a_release_keeps_the_newest_period_of_each_figure_and_the_service_alone() -> None:
    area = {**vacancy("2021-03-31", 0.5), "scope_type": "area", "scope_name": "North"}
    kept = released(
        1, "2021-02-28", told(vacancy("2021-01-31", 0.1), vacancy("2021-02-28", 0.2), area)
    )
    assert [(row["period"], row["value"]) for row in kept.headlines] == [("2021-02-28", 0.2)]


def test_scales_of_a_questionnaire_are_told_apart() -> None:
    rows = [
        {"wave_date": date(2021, 5, 31), "instrument": "proqol5", "subscale": scale, **SCOPE,
         "mean_score": score, "mean_score_symbol": None}
        for scale, score in (("burnout", 24.0), ("compassion_satisfaction", 39.0))
    ]  # fmt: skip
    kept = headlines.newest(told(*rows, table="wellbeing_wave"))
    assert {row["detail"]: row["value"] for row in kept} == {
        "proqol5 burnout": 24.0, "proqol5 compassion_satisfaction": 39.0,
    }  # fmt: skip


def test_only_the_last_twelve_releases_are_shown() -> None:
    now = told(vacancy("2021-01-31", 0.1))
    rows = beside([released(number, "2021-01-31", now) for number in range(1, 16)], now)
    assert [row["release_number"] for row in rows] == list(range(4, 16))


def test_a_release_of_an_earlier_version_of_the_warehouse_shows_nothing() -> None:
    assert beside([Release(1, "v1", "2021-01-31", "a test")], debriefs(18)) == []


def test_the_table_says_what_it_is_also_without_a_row(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    headlines.write(connection, [])
    said = connection.execute(
        "select count(*), count(comment) from duckdb_columns() where table_name = 'headline_shown'"
    ).fetchone()
    assert said == (len(NAMES), len(NAMES))
    assert connection.execute("select count(*) from marts.headline_shown").fetchone() == (0,)


def test_rows_are_written_as_they_were_worked_out(connection: duckdb.DuckDBPyConnection) -> None:
    now = told(vacancy("2021-01-31", 0.12))
    rows = headlines.beside([released(1, "2021-01-31", told(vacancy("2021-01-31", 0.10)))], now)
    headlines.write(connection, rows)
    assert connection.execute("select * from marts.headline_shown").fetchall() == rows
