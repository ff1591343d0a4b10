"""Each corner case of the definitions once, in a team of its own, and what the marts say of it.

One build for all of them. `docs/corner_cases.md` lists the cases with these tests and others.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.building import built_tables, run_dbt, write_build_file
from tests.oracle.compare import disagreements, read_mart
from tests.oracle.corner_cases import MONTHS, OLD, as_reported, programme_rows, workforce_rows

Row = dict[str, Any]
Marts = dict[str, list[Row]]
AREAS = {"Corners": ["Rehire", "Empty"]}
# What the plain implementation is told otherwise: it has a register where dbt has a Teams report.
OF_THE_REPORT = {"unmatched_rows", "load_summary"}


@pytest.fixture(scope="module")
def build_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corners") / "warehouse.duckdb"
    programme = programme_rows()
    lines, report = as_reported(programme)
    files = [file for file in programme.load_manifest if file["source"] != "group_attendance"]
    landed = replace(programme, group_attendance=[], load_manifest=[*files, report])
    write_build_file(path, workforce_rows(), landed, {"lake.attendance_teams": lines})
    run_dbt(path, AREAS)
    return path


@pytest.fixture(scope="module")
def marts(build_file: Path) -> Marts:
    return {
        name: read_mart(build_file, name)
        for name in (
            "staff_spells", "hr_reconciliation", "retention_monthly", "recruitment_monthly",
            "participation_session", "participation_monthly", "caseload_monthly",
            "debrief_monthly",
        )
    }  # fmt: skip


def team(
    marts: Marts, name: str, year: int, month: int, mart: str = "retention_monthly"
) -> dict[str, Any]:
    """The team's row of a month."""
    (row,) = [
        row
        for row in marts[mart]
        if (row["scope_type"], row["scope_name"]) == ("team", name)
        and (row["month_end"].year, row["month_end"].month) == (year, month)
    ]
    return row


def of(row: Row, *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


def ends(marts: Marts, who: str) -> dict[date, tuple[date | None, str | None]]:
    """Last day and way of going of each of the person's spells, by their first days."""
    return {
        row["start_date"]: (row["last_day"], row["exit_kind"])
        for row in marts["staff_spells"]
        if row["staff_key"] == who
    }


def listed(marts: Marts, who: str) -> list[tuple[str, date, date]]:
    """What HR is asked about the person: issue, spell and day."""
    return [
        (row["issue"], row["start_date"], row["as_of"])
        for row in marts["hr_reconciliation"]
        if row["staff_key"] == who
    ]


def test_a_plain_count_of_every_corner_case_says_the_same(build_file: Path) -> None:
    expected = built_tables(workforce_rows(), programme_rows(), AREAS)
    compared = {mart: rows for mart, rows in expected.items() if mart not in OF_THE_REPORT}
    assert sum(bool(rows) for rows in compared.values()) > 15
    found = [
        line
        for mart, rows in compared.items()
        for line in disagreements(mart, rows, read_mart(build_file, mart))
    ]
    assert not found, f"{len(found)} disagreements, of which:\n" + "\n".join(found[:40])


def test_a_rehire_leaves_and_starts_and_counts_once_in_twelve_months(marts: Marts) -> None:
    """Left on 10 March 2019, back on the 20th, gone on 15 January 2020, after 301 days.

    In the year to 31 January 2020 one person left: 12 of 13 month ends have them, so turnover is
    1 / (12 / 13) = 13 / 12. The new spell began within the year: it is no stability.
    """
    march = team(marts, "Rehire", 2019, 3)
    assert of(march, "headcount", "starters", "leavers") == (1, 1, 1)
    january = team(marts, "Rehire", 2020, 1)
    assert of(january, "headcount", "leavers", "leavers_12m", "early_leavers_12m") == (0, 1, 1, 1)
    assert january["turnover_rate_12m"] == pytest.approx(13 / 12)
    assert january["stability_index_12m"] == 0
    assert ends(marts, "rehired") == {
        OLD: (date(2019, 3, 10), "leaver"),
        date(2019, 3, 20): (date(2020, 1, 15), "leaver"),
    }


def test_two_posts_are_one_person_of_both_their_hours(marts: Marts) -> None:
    """0.5 and 0.4 in one team: one person, 0.9 FTE, in each of the fifteen months."""
    rows = [row for row in marts["retention_monthly"] if row["scope_name"] == "Two posts"]
    assert len(rows) == 15
    assert {of(row, "headcount", "starters", "leavers") for row in rows} == {(1, 0, 0)}
    assert [row["fte"] for row in rows] == pytest.approx([0.9] * 15)


def test_one_post_given_up_is_no_leaving_and_takes_its_hours_along(marts: Marts) -> None:
    """The record is there, and the spell ends; the person holds another post the day after."""
    april, may = (team(marts, "One given up", 2019, month) for month in (4, 5))
    assert of(april, "headcount", "leavers") == of(may, "headcount", "leavers") == (1, 0)
    assert (april["fte"], may["fte"]) == (pytest.approx(0.9), pytest.approx(0.5))
    assert ends(marts, "gives up one")[date(2016, 1, 4)] == (date(2019, 5, 10), "leaver")


def test_fixed_term_to_permanent_the_next_day_is_neither_leaving_nor_starting(
    marts: Marts,
) -> None:
    """30 April and 1 May. Stability follows spells: of the one of March 2019 nothing is left."""
    april, may = (team(marts, "Made permanent", 2019, month) for month in (4, 5))
    columns = ("headcount", "starters", "leavers")
    assert of(april, *columns) == of(may, *columns) == (1, 0, 0)
    last = team(marts, "Made permanent", 2020, 3)
    assert of(last, "leavers_12m", "turnover_rate_12m", "stability_index_12m") == (0, 0, 0)


def test_agency_to_permanent_is_a_start_and_no_leaving(marts: Marts) -> None:
    """Agency workers end without a record, and nobody is asked why."""
    april, may = (team(marts, "Agency to permanent", 2019, month) for month in (4, 5))
    columns = ("headcount", "agency_headcount", "starters", "leavers", "unexplained_exits")
    assert of(april, *columns) == (0, 1, 0, 0, 0)
    assert of(may, *columns) == (1, 0, 1, 0, 0)
    assert (april["agency_rate"], may["agency_rate"]) == (1, 0)
    assert ends(marts, "agency") == {
        OLD: (date(2019, 4, 30), "agency_ended"),
        date(2019, 5, 1): (None, None),
    }
    assert listed(marts, "agency") == []


def test_agency_to_permanent_within_a_spell_is_a_conversion_and_no_start(marts: Marts) -> None:
    """The service began years before the contract changed."""
    april, may = (team(marts, "Agency within a spell", 2019, month) for month in (4, 5))
    columns = ("headcount", "agency_headcount", "starters", "leavers")
    assert of(april, *columns) == (0, 1, 0, 0)
    assert of(may, *columns) == (1, 0, 0, 0)


def test_a_team_change_mid_month_moves_a_person_from_the_snapshot_that_shows_it(
    marts: Marts,
) -> None:
    """Three in the old team at the end of April; the snapshot of 15 May has two in the new one.

    Who left on 12 May left the old team, who left on the 20th the new one; who stayed neither
    left the one nor started in the other.
    """
    columns = ("headcount", "starters", "leavers")
    assert of(team(marts, "Moved from", 2019, 4), *columns) == (3, 0, 0)
    assert of(team(marts, "Moved from", 2019, 5), *columns) == (0, 0, 1)
    assert of(team(marts, "Moved to", 2019, 4), *columns) == (0, 0, 0)
    assert of(team(marts, "Moved to", 2019, 5), *columns) == (1, 0, 1)


def test_a_future_starter_counts_from_the_first_day_and_who_never_came_never(
    marts: Marts,
) -> None:
    """Both signed in February for 15 April; one was gone from the list by 30 April.

    No export explains that: a vanished spell, last seen on 31 March.
    """
    columns = ("headcount", "starters", "unexplained_exits")
    found = [of(team(marts, "Future starter", 2019, month), *columns) for month in (2, 3, 4)]
    assert found == [(0, 0, 0), (0, 0, 0), (1, 1, 0)]
    found = [of(team(marts, "Never came", 2019, month), *columns) for month in (2, 3, 4)]
    assert found == [(0, 0, 0), (0, 0, 1), (0, 0, 0)]
    assert listed(marts, "never came") == [
        ("vanished_without_leaver_record", date(2019, 4, 15), date(2019, 4, 30))
    ]


def test_a_future_leaver_is_in_post_until_the_day(marts: Marts) -> None:
    """Notice given in March 2020 for 30 June, which is no reported month."""
    march = team(marts, "Future leaver", 2020, 3)
    assert of(march, "headcount", "leavers", "leavers_12m") == (1, 0, 0)
    assert ends(marts, "future leaver") == {OLD: (date(2020, 6, 30), "leaver")}


def test_a_rescinded_leaver_never_left(marts: Marts) -> None:
    """Said in February to leave on 30 April, withdrawn in March."""
    rows = [row for row in marts["retention_monthly"] if row["scope_name"] == "Rescinded"]
    assert [of(row, "headcount", "leavers") for row in rows] == [(1, 0)] * 15
    assert ends(marts, "rescinds") == {OLD: (None, None)}
    assert listed(marts, "rescinds") == []


def test_a_mistyped_start_date_ends_the_one_spell_that_it_can_mean(marts: Marts) -> None:
    """5 January 2017 in the leaver record, 1 May 2017 in the staff list."""
    assert team(marts, "Mistyped", 2019, 8)["leavers"] == 1
    start = date(2017, 5, 1)
    assert ends(marts, "mistyped") == {start: (date(2019, 8, 15), "leaver")}
    assert listed(marts, "mistyped") == [("start_date_differs", start, date(2019, 8, 31))]


def test_an_unexplained_exit_is_counted_apart_and_makes_no_turnover(marts: Marts) -> None:
    """Last listed on 31 August 2019, and in no leaver record ever."""
    columns = ("headcount", "leavers", "unexplained_exits")
    assert of(team(marts, "Unexplained", 2019, 8), *columns) == (1, 0, 1)
    assert of(team(marts, "Unexplained", 2019, 9), *columns) == (0, 0, 0)
    assert team(marts, "Unexplained", 2020, 3)["turnover_rate_12m"] == 0
    assert ends(marts, "vanishes") == {OLD: (date(2019, 8, 31), "unexplained")}
    assert listed(marts, "vanishes") == [("vanished_without_leaver_record", OLD, date(2019, 9, 30))]


def test_a_missing_month_is_reported_from_the_snapshots_around_it(marts: Marts) -> None:
    """No list of June 2019. Of three in May one left on 12 June, and one is gone by July.

    Nobody can say when in June or July: the last day that is known is 31 May.
    """
    columns = ("headcount", "leavers", "unexplained_exits")
    found = [of(team(marts, "Missing month", 2019, month), *columns) for month in (5, 6, 7)]
    assert found == [(3, 0, 1), (1, 1, 0), (1, 0, 0)]


def test_the_29th_of_february_is_a_month_end_and_a_last_day(marts: Marts) -> None:
    """Two of three left in February 2020, one on the 29th, who is in post on it.

    The window opens after 28 February 2019. The thirteen month ends have 2, eleven times 3, and 2
    people: 2 / (37 / 13) = 26 / 37. From 1 March 2019 to 28 February 2020 are 364 days: early.
    """
    february = team(marts, "Leap day", 2020, 2)
    assert february["month_end"] == date(2020, 2, 29)
    assert of(february, "headcount", "leavers", "leavers_12m", "early_leavers_12m") == (2, 2, 2, 1)
    assert february["turnover_rate_12m"] == pytest.approx(26 / 37)
    assert of(team(marts, "Leap day", 2020, 3), "headcount", "leavers") == (1, 0)


def test_the_first_and_the_last_month_are_whole_and_look_back_no_further_than_they_can(
    marts: Marts,
) -> None:
    """From the first list, of 20 January 2019, to the last, of 10 April 2020: fifteen months.

    Who started on 2 January counts in January, who left on the 31st left in it. Twelve months are
    known from 31 January 2020 on, after the 31st of the year before: nobody had left in them. Who
    left on 31 March 2020 counts, on 2 April no more.
    """
    rows = [row for row in marts["retention_monthly"] if row["scope_name"] == "First and last"]
    assert sorted(row["month_end"] for row in rows) == MONTHS
    january = team(marts, "First and last", 2019, 1)
    assert of(january, "headcount", "starters", "leavers") == (4, 1, 1)
    unknown = [row["month_end"] for row in rows if row["leavers_12m"] is None]
    assert sorted(unknown) == MONTHS[:12]
    assert of(team(marts, "First and last", 2020, 1), "headcount", "leavers_12m") == (3, 0)
    assert of(team(marts, "First and last", 2020, 3), "headcount", "leavers") == (3, 1)


def test_an_empty_team_keeps_its_rows_and_a_zero_denominator_makes_no_rate(marts: Marts) -> None:
    """The last person left on 10 February 2019. In the window to January 2020 that is one leaver
    of a mean of 1 / 13 people, a turnover of 13; from February on there is nothing to divide by.
    """
    rows = [row for row in marts["retention_monthly"] if row["scope_name"] == "Empty"]
    assert [row["headcount"] for row in sorted(rows, key=lambda row: row["month_end"])] == [
        1, *[0] * 14
    ]  # fmt: skip
    assert team(marts, "Empty", 2020, 1)["turnover_rate_12m"] == pytest.approx(13)
    february = team(marts, "Empty", 2020, 2)
    assert of(february, "leavers_12m", "early_leavers_12m", "fte", "agency_fte") == (0, 0, 0, 0)
    assert of(february, "turnover_rate_12m", "stability_index_12m", "agency_rate") == (
        None, None, None
    )  # fmt: skip
    for mart, columns, found in (
        ("recruitment_monthly", ("open_vacancies", "vacancy_rate"), (0, None)),
        ("participation_monthly", ("invited", "attendance_rate", "coverage_84d"), (0, None, None)),
        ("caseload_monthly", ("cases", "mean_caseload", "p90_caseload"), (0, None, None)),
        ("debrief_monthly", ("requested", "uptake_rate", "follow_up_rate"), (0, None, None)),
    ):
        assert of(team(marts, "Empty", 2020, 2, mart), *columns) == found, mart


def test_a_post_whose_appointed_person_has_not_started_is_vacant(marts: Marts) -> None:
    """Opened on 1 March 2019, filled on 10 April, first day 17 June: vacant on 31 May, for 91 days.

    Nobody else is in the team, so 0.8 of 0.8 posts are vacant, and then there is nothing to divide.
    """
    columns = ("open_vacancies", "filled", "vacancy_rate", "median_age_open_days")
    found = [
        of(team(marts, "Appointed", 2019, month, "recruitment_monthly"), *columns)
        for month in (3, 4, 5, 6)
    ]
    assert found == [(1, 0, 1, 30), (1, 1, 1, 60), (1, 0, 1, 91), (0, 0, None, None)]


def test_a_teams_list_names_who_came_and_the_absent_are_invited_all_the_same(
    marts: Marts,
) -> None:
    """Three members and a guest: the report has one member and the guest, 2 of 4."""
    (session,) = marts["participation_session"]
    assert of(session, "invited", "attended", "attendance_rate") == (4, 2, 0.5)
    may = team(marts, "Online group", 2019, 5, "participation_monthly")
    assert of(may, "invited", "attended", "attendance_rate") == (4, 2, 0.5)
    assert of(may, "staff_reached_84d", "coverage_84d") == (2, 0.5)
