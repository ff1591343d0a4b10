"""What is hidden from the board: small counts, small remainders, and what would give them away."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from warehouse.disclosure import board
from warehouse.disclosure.board import RELEASES, Below, Beside, Group, Release


def shown(release: Release, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the board would see them, from a relation ``marts.t`` made of ``rows``.

    Where they are by scope, everybody is a member of a scope of 100 in a service of 500.
    """
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as build; create schema build.marts")
        connection.execute("create schema build.intermediate")
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
                "select column_name, data_type from duckdb_columns() "
                "where database_name = 'build' and table_name = 't'"
            ).fetchall()
        )
        if release.below and "headcount" not in columns:
            connection.execute(
                "create table build.intermediate.int_board__retention as select *, "
                "case when scope_type = 'service' then 500 else 100 end as headcount from build.marts.t"
            )
        elif release.below:
            connection.execute(
                "create view build.intermediate.int_board__retention as from build.marts.t"
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


DAYS = ("held_within_3_days", "held_4_to_10_days", "held_11_to_28_days", "held_over_28_days")


def debrief(**changes: Any) -> dict[str, Any]:
    row = {
        "period": "to_date", "requested": 60, "offered": 50, "held": 40, "declined": 10,
        "held_within_3_days": 20, "held_4_to_10_days": 10, "held_11_to_28_days": 10,
        "held_over_28_days": 0, "median_days_to_held": 4.0, "uptake_rate": 40 / 60,
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
            {"held", *DAYS, "median_days_to_held", "uptake_rate", "staff_attended",
             "attendance_rate", "follow_up_rate"},
        ),
        # 9 held: enough to be counted, too few for a median and for days.
        (
            {"held": 9, "held_within_3_days": 0, "held_4_to_10_days": 9, "held_11_to_28_days": 0,
             "follow_up_rate": 0.0},
            {"median_days_to_held", *DAYS},
        ),
        # 3 of 40 came after 28 days and the others are 20, 9 and 8: the three would be what is left.
        (
            {"held_4_to_10_days": 9, "held_11_to_28_days": 8, "held_over_28_days": 3},
            set(DAYS),
        ),
        # Three hidden ones of 40 can be any that add up to 14; 26 stand, since 14 others do.
        (
            {"held_within_3_days": 26, "held_4_to_10_days": 5, "held_11_to_28_days": 4,
             "held_over_28_days": 5},
            set(DAYS[1:]),
        ),
        # 3 of 40 followed up would be read off the rate.
        ({"follow_up_rate": 3 / 40}, {"follow_up_rate"}),
        # 100 of 105 attended: the five who did not would be.
        ({"attendance_rate": 100 / 105}, {"attendance_rate"}),
        ({"requested": 6, "offered": 6, "held": 6, "declined": 0, "held_within_3_days": 6,
          "held_4_to_10_days": 0, "held_11_to_28_days": 0},
         {"requested", "offered", "held", "declined", *DAYS, "median_days_to_held", "uptake_rate",
           "staff_attended", "attendance_rate", "follow_up_rate"}),
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


def test_a_share_of_nobody_hides_the_others_which_would_give_it_away() -> None:
    """Of three bands 0 % are high: 60 % and 40 %, shown, would add up to 1 and say so."""
    release = RELEASES["wellbeing_wave"]
    here = Release("marts.t", hidden=release.hidden, conditions=release.conditions)
    base = {
        "responses": 20, "mean_score": 25.0, "lower_95": 23.0, "upper_95": 27.0, "sd_score": 4.0,
        "response_rate": 0.4, "share_low": 0.25, "share_middle": 0.5, "share_high": 0.25,
    }  # fmt: skip
    shares = ("share_low", "share_middle", "share_high")
    seen, given_away, uncut = shown(
        here,
        [
            base,
            base | {"share_low": 0.6, "share_middle": 0.4, "share_high": 0.0},
            base | dict.fromkeys(shares),
        ],
    )
    assert [float(seen[share]) for share in shares] == [0.25, 0.5, 0.25]
    assert [(given_away[share], given_away[f"{share}_symbol"]) for share in shares] == [
        (None, "c")
    ] * 3
    assert [(uncut[share], uncut[f"{share}_symbol"]) for share in shares] == [(None, "x")] * 3


SERVICE = {"scope_type": "service", "scope_name": "all"}
BELOW = Release("marts.t", below=Below(counts=("people",)))


def year_of(
    service: float, *areas: float, year: int = 2019, scope_type: str = "area"
) -> Iterator[dict[str, Any]]:
    """A year's rows of one count: the service, then its areas (or its social workers)."""
    yield {"year": year, **SERVICE, "people": service}
    for i, area in enumerate(areas):
        name = "all" if scope_type == "social_workers" else f"Area {i}"
        yield {"year": year, "scope_type": scope_type, "scope_name": name, "people": area}


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["scope_type"] != "service", row["scope_name"]))


def areas_shown(*rows: Mapping[str, Any], release: Release = BELOW) -> list[int | None]:
    found = in_order(shown(release, list(rows)))
    return [row["people"] for row in found if row["scope_type"] != "service"]


@pytest.mark.parametrize(
    ("service", "areas", "expected"),
    [
        (60, (18, 21), [20, 20]),  # 21 in none of them
        (60, (7, 21), [None, None]),  # a small one, and its neighbour is shown or hidden with it
        (60, (54, 0), [None, None]),  # 6 are not in the first
        (60, (33, 20), [None, None]),  # 7 are in none of the two
        (60, (0, 21), [0, 20]),
        (0, (0, 0), [0, 0]),
        # 44 = 17 + 17 + 10, shown as 15 and 15: the 14 left over leave each its five values.
        (44, (17, 17), [15, 15]),
        # 42 = 17 + 17 + 8: of the 12 left over at least 8 are in none, so the errors add up to 4 or
        # less; each can be 2, and neither is known.
        (42, (17, 17), [15, 15]),
        # 28 = 8 + 12 + 8, shown as 10 and 10: 8 are left over, so the errors add up to 0 or less.
        (28, (8, 12), [10, 10]),
        # 27 = 8 + 11 + 8 would leave 7: the errors add up to -1 or less and none can be 2 beside -2.
        (27, (8, 11), [None, None]),
        # Nobody is in none: 36 = 13 + 12 + 11, shown as 15, 10 and 10, errors that add up to 1.
        (36, (13, 12, 11), [15, 10, 10]),
        # 36 = 12 + 12 + 12, shown as 10 each, would have to be two more each.
        (36, (12, 12, 12), [None, None, None]),
        (36, (18, 18), [None, None]),  # 20 and 20: two fewer each
        (40, (20, 20), [20, 20]),
    ],
)
def test_areas_are_rounded_to_five_and_shown_together_or_not_at_all(
    service: int, areas: tuple[int, ...], expected: list[int | None]
) -> None:
    assert areas_shown(*year_of(service, *areas)) == expected


@pytest.mark.parametrize(
    ("service", "social_workers", "expected"),
    [
        (60, 42, 40),
        (60, 7, None),
        (60, 53, None),  # 7 are no social workers
        (60, 52, 50),  # 60 - 50 = 10 and the rest is 8 or more: 48 to 52
        (58, 50, None),  # 58 - 50 = 8 would rule out 51 and 52
        (60, 60, None),  # all are, as 60 of 60 would say
    ],
)
def test_social_workers_are_shown_where_the_rest_may_be_known_too(
    service: int, social_workers: int, expected: int | None
) -> None:
    found = areas_shown(*year_of(service, social_workers, scope_type="social_workers"))
    assert found == [expected]


def test_what_is_hidden_for_the_service_is_hidden_for_its_areas() -> None:
    """Of 40 leavers 36 resigned: the 4 others hide it, in the areas with 18 of 20 and 10 of 10 too."""
    release = Release(
        "marts.t",
        groups=(Group("leavers", ("resigned",)),),
        below=Below(counts=("leavers", "resigned")),
    )
    rows = [
        {"year": 2019, **SERVICE, "leavers": 40, "resigned": 36},
        {"year": 2019, "scope_type": "area", "scope_name": "A", "leavers": 12, "resigned": 12},
        {"year": 2019, "scope_type": "area", "scope_name": "B", "leavers": 10, "resigned": 10},
    ]
    found = in_order(shown(release, rows))
    assert [row["leavers"] for row in found] == [40, 10, 10]
    assert [row["resigned_symbol"] for row in found] == ["c", "c", "c"]


def test_a_rate_of_an_area_is_made_of_its_rounded_counts_and_hidden_with_them() -> None:
    """12 of 88.4 are 10 of 90, a ninth; the service's own 40 of 285 stays exact."""
    release = Release(
        "marts.t",
        below=Below(
            counts=("leavers", "mean"), rates={"turnover": "{leavers} / nullif({mean}, 0)"}
        ),
    )
    rows = [
        {"year": 2019, **SERVICE, "leavers": 40, "mean": 285.0, "turnover": 40 / 285},
        {"year": 2019, "scope_type": "area", "scope_name": "A", "leavers": 12, "mean": 88.4,
         "turnover": 12 / 88.4},
        {"year": 2019, "scope_type": "area", "scope_name": "B", "leavers": 13, "mean": 91.0,
         "turnover": 13 / 91},
    ]  # fmt: skip
    service, first, second = in_order(shown(release, rows))
    assert (float(service["turnover"]), service["leavers"]) == (40 / 285, 40)
    assert (first["turnover"], float(first["mean"])) == (pytest.approx(1 / 9), 90)
    assert second["turnover"] == pytest.approx(15 / 90)
    rows[1]["leavers"] = 6
    assert [row["turnover_symbol"] for row in in_order(shown(release, rows))] == [None, "c", "c"]


@pytest.mark.parametrize(
    ("service", "areas", "is_there"),
    [
        (280, (90, 90), True),  # 100 in none
        (280, (69, 90), False),  # too small
        (280, (120, 91), False),  # 69 in none of the two would be known
        (280, (140, 140), True),  # nobody is in none
    ],
)
def test_an_area_of_fewer_than_70_people_has_no_row_and_neither_has_what_is_left_over(
    service: int, areas: tuple[int, ...], is_there: bool
) -> None:
    rows = [{**row, "headcount": row["people"]} for row in year_of(service, *areas, year=2019)]
    found = shown(Release("marts.t", below=Below(counts=("headcount",))), rows)
    assert len(found) == (1 + len(areas) if is_there else 1)


@pytest.mark.parametrize(
    ("areas", "totals"), [(1, range(20, 60)), (2, range(20, 50)), (3, range(41, 46))]
)
def test_who_knows_the_service_and_every_rule_is_left_five_values_for_each_rounded_count(
    areas: int, totals: range
) -> None:
    """Every way in which a service of so many can lie in its areas is published and compared.

    An attacker knows the service's exact total, all that is shown, whether every team is in an area,
    and the rules. What is possible is then every service that is published alike.
    """
    alike: dict[tuple[Any, ...], list[tuple[int, ...]]] = {}
    for total, left_over, truth, cells in published_at_once(areas, totals):
        alike.setdefault((total, left_over == 0, tuple(cells)), []).append(tuple(truth))
    compared = 0
    for (total, _, cells), possible in alike.items():
        for cell, values in zip(cells, zip(*possible, strict=True), strict=True):
            if cell:
                assert max(values) - min(values) >= 4, (total, cells, possible)
                compared += 1
            elif cell == 0:
                assert set(values) == {0}
    assert compared > 10


def published_at_once(
    areas: int, totals: range
) -> list[tuple[int, int, list[int], list[int | None]]]:
    """(service, people in no area, in each area, shown of each), each in a year of its own."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as build; create schema build.marts")
        connection.execute("create schema build.intermediate")
        names = [f"a{i}" for i in range(areas)]
        most = totals[-1]
        ways = ", ".join(f"range({most + 1}) as _{name}({name})" for name in names)
        together = " + ".join(names)
        connection.execute(
            "create table ways as select row_number() over () as year, *, "
            f"total - ({together}) as left_over from {ways}, "
            f"range({totals[0]}, {most + 1}) as _t(total) where {together} <= total"
        )
        rows = (
            "select year, 'service' as scope_type, 'all' as scope_name, total as people from ways"
        )
        for name in names:
            rows += f" union all select year, 'area', '{name}', {name} from ways"
        connection.execute(f"create table build.marts.t as {rows}")
        connection.execute(
            "create table build.intermediate.int_board__retention as select year, scope_type, "
            "scope_name, case when scope_type = 'service' then 500 else 100 end as headcount "
            "from build.marts.t"
        )
        columns = {
            "year": "BIGINT", "scope_type": "VARCHAR", "scope_name": "VARCHAR", "people": "BIGINT",
        }  # fmt: skip
        return connection.execute(
            f"select total, left_over, [{', '.join(names)}], cells from ways join "
            "(select year, list(people order by scope_name) as cells from "
            f"({board.select(BELOW, columns, 'build')}) where scope_type = 'area' group by year) "
            "using (year)"
        ).fetchall()


def by_period(to_date: int, *years: int) -> tuple[int | None, list[int | None]]:
    """What is shown of a count to date and of its years, of which small ones are hidden."""
    release = Release(
        "marts.t", groups=(Group("held", (), total_is_hidden=True),), by_year_and_to_date=("held",)
    )
    rows: list[dict[str, Any]] = [
        {"period_kind": "year", "year": 2010 + i, **SERVICE, "held": held}
        for i, held in enumerate(years)
    ]
    rows.append({"period_kind": "to_date", "year": None, **SERVICE, "held": to_date})
    found = {row["year"]: row["held"] for row in shown(release, rows)}
    return found.pop(None), [found[year] for year in sorted(found)]


@pytest.mark.parametrize(
    ("to_date", "years", "expected"),
    [
        (60, (20, 20, 20), (60, [20, 20, 20])),
        # The 4 would be what is left: the one figure goes, and not the two.
        (64, (4, 30, 30), (None, [None, 30, 30])),
        # 18 debriefs in two of three years: the one year goes that would give away the other.
        (18, (0, 4, 14), (18, [None, None, None])),
        # A record of two years: the hidden one would be one of only two parts.
        (18, (4, 14), (None, [None, 14])),
        # Three hidden years of 1 to 7 add up to 12, and each can be any of these.
        (42, (3, 4, 5, 30), (42, [None, None, None, 30])),
        # They add up to 3, so each is 1.
        (63, (1, 1, 1, 30, 30), (None, [None, None, None, 30, 30])),
        # 21, so each is 7.
        (81, (7, 7, 7, 30, 30), (None, [None, None, None, 30, 30])),
        # 5 in the months of no whole year.
        (65, (20, 20, 20), (None, [20, 20, 20])),
        (69, (20, 20, 20), (69, [20, 20, 20])),
    ],
)
def test_a_figure_to_date_gives_no_hidden_year_away(
    to_date: int, years: tuple[int, ...], expected: tuple[int | None, list[int | None]]
) -> None:
    assert by_period(to_date, *years) == expected


def test_years_that_are_nearly_whole_are_hidden_and_their_sum_is_not() -> None:
    """Of 25, 33 and 24 debriefs asked for 18, 26 and 22 were held: 7, 7 and 2 were not, 16 in all.

    Each of three numbers of 1 to 7 that add up to 16 can be 2 to 7. In 2010 nothing was asked for, so
    nothing could be held: that 0 is no secret.
    """
    release = Release(
        "marts.t",
        groups=(Group("asked", ("held",), total_is_hidden=True),),
        by_year_and_to_date=("asked", "held"),
    )
    asked, held = (0, 25, 33, 24), (0, 18, 26, 22)
    rows: list[dict[str, Any]] = [
        {"period_kind": "year", "year": 2010 + i, **SERVICE, "asked": a, "held": h}
        for i, (a, h) in enumerate(zip(asked, held, strict=True))
    ]
    rows.append({"period_kind": "to_date", "year": None, **SERVICE, "asked": 82, "held": 66})
    found = {row["year"]: row["held"] for row in shown(release, rows)}
    assert found == {2010: 0, 2011: None, 2012: None, 2013: None, None: 66}
    # 7, 7 and 7 that were not held are all that add up to 21: the sum would say each.
    rows[3]["held"], rows[4]["held"] = 17, 61
    found = {row["year"]: row["held"] for row in shown(release, rows)}
    assert found == {2010: 0, 2011: None, 2012: None, 2013: None, None: None}


def test_a_few_sessions_or_sessions_all_of_one_size_have_no_shares() -> None:
    """The heat map says who met: 7 sessions, or all of 40 with 6 to 8, would size single groups."""
    release = RELEASES["participation_quarterly"]
    sizes = ("share_under", "share_norm", "share_over_norm", "share_over_capacity")
    here = Release("marts.t", conditions={name: release.conditions[name] for name in sizes})
    mixed = {"sessions_held": 40, **dict.fromkeys(sizes, 0.25)}
    few = mixed | {"sessions_held": 7}
    alike = {"sessions_held": 40, **dict.fromkeys(sizes, 0.0), "share_norm": 1.0}
    one, two, three = shown(here, [mixed, few, alike])
    assert [one[name] for name in sizes] == [0.25] * 4
    assert {two[name] for name in sizes} == {three[name] for name in sizes} == {None}


def test_of_a_curve_only_the_steps_that_are_for_the_board_are_shown() -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as build; create schema build.marts")
        connection.execute("create schema build.intermediate")
        steps = "(values ('staff_attended', 0, true), ('staff_attended', 1, false))"
        connection.execute(
            f"""create table build.marts.impact_survival_curve as select "group", month
            from {steps} as v("group", month, is_for_board)"""
        )
        connection.execute(
            f"""create table build.intermediate.int_impact__survival_curve as
            from {steps} as v("group", month, is_for_board)"""
        )
        columns = {"group": "VARCHAR", "month": "INTEGER"}
        query = board.select(RELEASES["impact_survival_curve"], columns, "build")
        assert connection.execute(query).fetchall() == [("staff_attended", 0)]


@pytest.mark.parametrize(
    ("indicator", "value", "n", "is_hidden"),
    [
        ("coverage_84d", 0.3, None, False),
        ("debriefs_offered_share", 0.5, 40, True),
        ("debriefs_offered_share", None, None, False),
        ("absence_rate", None, None, False),
        ("wellbeing_mean_score", 55.0, 10, True),
        ("wellbeing_mean_score", 55.0, 11, False),
        ("survey_response_rate", 1.0, 200, True),
        ("survey_response_rate", 0.5, 200, False),
        ("absence_rate", 0.03, 7, True),
        ("absence_rate", 0.03, 900, False),
    ],
)
def test_an_indicator_of_principle_6_tells_nothing_that_its_own_table_hides(
    indicator: str, value: float | None, n: int | None, is_hidden: bool
) -> None:
    """And of what there is no figure of, it says that, and not that one is hidden."""
    rows = [
        {"indicator": one, "value": figure, "n": many}
        for one, figure, many in ((indicator, value, n), ("turnover_rate_12m", 0.1, 12))
    ]
    release = replace(RELEASES["principle_6"], source="marts.t")
    (found,) = [row for row in shown(release, rows) if row["indicator"] == indicator]
    assert (found["value"] is None) == (is_hidden or value is None)
    assert found["value_symbol"] == ("c" if is_hidden else None if value is not None else "x")
    assert found["n_symbol"] == ("c" if is_hidden else None if n is not None else "x")
