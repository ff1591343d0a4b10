"""What is hidden from the board: small counts, small remainders, and what would give them away."""

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from warehouse.disclosure import board
from warehouse.disclosure.board import RELEASES, Beside, Group, Release


def shown(release: Release, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the board would see them, from a relation ``marts.t`` made of ``rows``."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as build; create schema build.marts")
        names = list(rows[0])
        values = ", ".join(
            "("
            + ", ".join("null" if row[name] is None else repr(row[name]) for name in names)
            + ")"
            for row in rows
        )
        connection.execute(
            f"create table build.marts.t as from (values {values}) as v({', '.join(names)})"
        )
        columns = dict(
            connection.execute(
                "select column_name, data_type from duckdb_columns() where database_name = 'build'"
            ).fetchall()
        )
        cursor = connection.execute(board.select(release, columns, "build"))
        found = [column[0] for column in cursor.description or ()]
        return [dict(zip(found, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("total", "part", "is_hidden"),
    [
        (30, 8, False),
        (30, 7, True),
        (30, 1, True),
        (30, 0, False),  # nothing else is hidden that a zero could give away
        (30, 23, True),  # 7 others
        (30, 22, False),  # 8 others
        (30, 30, False),
        (5, 5, True),
    ],
)
def test_a_small_count_and_a_small_remainder_are_hidden(
    total: int, part: int, is_hidden: bool
) -> None:
    release = Release("marts.t", groups=(Group("total", ("part",)),))
    (row,) = shown(release, [{"total": total, "part": part}])
    assert row == {
        "total": total,
        "part": None if is_hidden else part,
        "part_symbol": "c" if is_hidden else None,
    }


def test_a_zero_beside_hidden_cells_is_hidden_like_them() -> None:
    """Of 40 leavers 20 resigned, 4 retired, none was transferred; 20 of 40 leaves 20."""
    (row,) = shown(
        Release("marts.t", groups=(Group("leavers", ("resigned", "retired", "transferred")),)),
        [{"leavers": 40, "resigned": 20, "retired": 4, "transferred": 0}],
    )
    assert (row["resigned"], row["retired"], row["transferred"]) == (20, None, None)
    assert (row["retired_symbol"], row["transferred_symbol"]) == ("c", "c")


def test_a_hidden_total_hides_its_parts() -> None:
    release = Release("marts.t", groups=(Group("asked", ("held",), total_is_hidden=True),))
    (row,) = shown(release, [{"asked": 6, "held": 0}])
    assert (row["asked"], row["held"]) == (None, None)


def test_a_rate_is_hidden_where_a_count_of_it_is() -> None:
    release = Release(
        "marts.t",
        groups=(Group("asked", ("held",), total_is_hidden=True),),
        conditions={"rate": "{flag:asked} or {flag:held}"},
    )
    few, many = shown(
        release, [{"asked": 20, "held": 3, "rate": 0.15}, {"asked": 40, "held": 20, "rate": 0.5}]
    )
    assert (few["rate"], few["rate_symbol"]) == (None, "c")
    assert (float(many["rate"]), many["rate_symbol"]) == (0.5, None)


def test_what_does_not_exist_is_not_called_hidden() -> None:
    release = Release("marts.t", conditions={"rate": "n < 10"})
    (row,) = shown(release, [{"n": 12, "rate": None}])
    assert (row["rate"], row["rate_symbol"]) == (None, "x")


def test_counts_from_beside_decide_and_are_not_shown() -> None:
    """Nine events are too few for a median, ten are enough; a month without a count has none."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as build; create schema build.marts")
        connection.execute(
            "create table build.marts.t as from (values (1, 30), (2, 31), (3, 32)) as v(month, median)"
        )
        connection.execute(
            "create table build.marts.side as from (values (1, 9), (2, 10)) as v(month, events)"
        )
        release = Release(
            "marts.t",
            conditions={"median": "coalesce(events, 0) < 10"},
            beside=Beside("marts.side", ("month",), ("events",)),
        )
        query = board.select(release, {"month": "INTEGER", "median": "INTEGER"}, "build")
        found = connection.execute(f"{query} order by month").fetchall()
    assert found == [(1, None, "c"), (2, 31, None), (3, None, "c")]


def test_in_a_month_everything_about_debriefs_and_sickness_is_hidden() -> None:
    assert set(RELEASES["debrief_monthly"].hidden) >= {
        "requested",
        "held",
        "staff_affected",
        "uptake_rate",
    }
    assert RELEASES["debrief_monthly"].hidden_where == "true"
    assert "working_days_lost" in RELEASES["absence_monthly"].hidden


def debrief(**changes: Any) -> dict[str, Any]:
    row = {
        "period": "to_date", "requested": 60, "offered": 50, "held": 40, "declined": 10,
        "held_within_3_days": 20, "median_days_to_held": 4.0, "uptake_rate": 40 / 60,
        "staff_affected": 200, "staff_attended": 100, "attendance_rate": 100 / 140,
        "follow_up_rate": 20 / 40,
    }  # fmt: skip
    return row | changes


def as_debrief(row: dict[str, Any]) -> dict[str, Any]:
    release = RELEASES["debrief_to_date"]
    here = Release("marts.t", groups=release.groups, conditions=release.conditions)
    return shown(here, [row])[0]


def test_enough_debriefs_are_shown_whole() -> None:
    row = as_debrief(debrief())
    assert not [name for name, value in row.items() if name.endswith("_symbol") and value]


@pytest.mark.parametrize(
    ("changes", "hidden"),
    [
        # 4 held: the rates and times of held ones go with it; 56 others of 60 would not.
        (
            {"held": 4, "held_within_3_days": 2, "uptake_rate": 4 / 60},
            {"held", "held_within_3_days", "median_days_to_held", "uptake_rate", "staff_attended",
             "attendance_rate", "follow_up_rate"},
        ),
        # 9 held: enough to be counted, too few for a median; 2 within three days leave 7.
        (
            {"held": 9, "held_within_3_days": 0, "follow_up_rate": 0.0},
            {"median_days_to_held"},
        ),
        # 3 of 40 followed up would be read off the rate.
        ({"follow_up_rate": 3 / 40}, {"follow_up_rate"}),
        # 100 of 105 attended: the five who did not would be.
        ({"attendance_rate": 100 / 105}, {"attendance_rate"}),
        ({"requested": 6, "offered": 6, "held": 6, "declined": 0, "held_within_3_days": 6},
         {"requested", "offered", "held", "declined", "held_within_3_days", "median_days_to_held",
          "uptake_rate", "staff_attended", "attendance_rate", "follow_up_rate"}),
    ],
)  # fmt: skip
def test_few_debriefs_are_hidden_with_all_that_gives_them_away(
    changes: dict[str, Any], hidden: set[str]
) -> None:
    row = as_debrief(debrief(**changes))
    assert {name.removesuffix("_symbol") for name, value in row.items() if value == "c"} == hidden
    assert all(row[name] is None for name in hidden)


def test_survey_results_need_eleven_respondents_and_speak_of_no_one_alone() -> None:
    release = RELEASES["wellbeing_wave"]
    here = Release("marts.t", hidden=release.hidden, conditions=release.conditions)
    base = {
        "responses": 11, "mean_score": 52.0, "lower_95": 48.0, "upper_95": 56.0, "sd_score": 9.0,
        "response_rate": 0.4, "share_low": 0.25, "share_middle": None, "share_high": 0.75,
    }  # fmt: skip
    enough, few, everyone = shown(
        here, [base, base | {"responses": 10}, base | {"share_low": 0.0, "share_high": 1.0}]
    )
    assert (float(enough["mean_score"]), enough["sd_score"], enough["share_middle_symbol"]) == (
        52.0,
        None,
        "x",
    )
    assert {few[name] for name in base} == {None}
    assert (everyone["share_low"], everyone["share_high"]) == (None, None)
    assert float(everyone["mean_score"]) == 52.0
