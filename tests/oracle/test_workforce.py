"""The plain implementation itself, against figures worked by hand in the docstrings."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import workforce
from tests.oracle.programmes import LakeRows, build, programmes

Row = dict[str, Any]


def month_ends(first: date, number: int) -> list[date]:
    dates = [workforce.month_end(first)]
    while len(dates) < number:
        dates.append(workforce.month_end(dates[-1] + timedelta(days=1)))
    return dates


def listed(
    who: str,
    start: date,
    dates: list[date],
    *,
    team: str = "A",
    role: str = "case_holder",
    social: bool = True,
    contract: str = "permanent",
    fte: str = "1",
    sha: str = "s",
    status: str = "good",
) -> list[Row]:
    """A staff row in the snapshot of each date."""
    return [
        {
            "staff_key": who,
            "start_date": start,
            "team": team,
            "job_role": role,
            "is_social_worker": social,
            "contract_type": contract,
            "fte": Decimal(fte),
            "as_of": as_of,
            "file_sha256": sha,
            "row_status": status,
        }
        for as_of in dates
    ]


def left(
    who: str,
    start: date,
    leaving: date,
    *,
    as_of: date | None = None,
    reason: str = "resignation",
    status: str = "leaver",
    void: bool = False,
    sha: str = "l",
) -> Row:
    return {
        "staff_key": who,
        "start_date": start,
        "leaving_date": leaving,
        "leaving_reason": reason,
        "destination": "health",
        "record_status": status,
        "void": void,
        "as_of": as_of or leaving,
        "file_sha256": sha,
    }


def figures(
    staff: list[Row], leavers: list[Row], snapshots: list[date] | None = None
) -> dict[str, list[Row]]:
    dates = snapshots or sorted({row["as_of"] for row in staff})
    return workforce.marts(staff, leavers, dates)


def month(marts: dict[str, list[Row]], day: date, scope: str = "service", name: str = "all") -> Row:
    (row,) = [
        row
        for row in marts["retention_monthly"]
        if (row["month_end"], row["scope_type"], row["scope_name"]) == (day, scope, name)
    ]
    return row


def end_of(marts: dict[str, list[Row]], who: str, start: date) -> tuple[date | None, str | None]:
    (row,) = [
        row
        for row in marts["staff_spells"]
        if (row["staff_key"], row["start_date"]) == (who, start)
    ]
    return row["last_day"], row["exit_kind"]


def issues(marts: dict[str, list[Row]]) -> set[tuple[str, str, date, date]]:
    return {
        (row["issue"], row["staff_key"], row["start_date"], row["as_of"])
        for row in marts["hr_reconciliation"]
    }


OLD = date(2010, 1, 1)
YEAR = month_ends(date(2018, 12, 31), 13)  # December 2018 to December 2019


def test_one_leaver_of_ten_is_a_turnover_of_a_tenth_and_a_little() -> None:
    """10 in post at twelve month ends, 9 at the last: 1 / ((12 * 10 + 9) / 13) = 0.100775...

    9 of the 10 people of December 2018 are there in December 2019: stability 0.9. Before December
    2019 the month a year back is not reported, and the 12-month columns are null.
    """
    staff = [row for i in range(9) for row in listed(f"p{i}", OLD, YEAR)]
    staff += listed("gone", OLD, YEAR[:12])
    marts = figures(staff, [left("gone", OLD, date(2019, 12, 10))])
    row = month(marts, YEAR[-1])
    assert row["turnover_rate_12m"] == pytest.approx(0.10077519379844961, abs=1e-15)
    assert row["stability_index_12m"] == 0.9
    assert (row["headcount"], row["leavers"], row["leavers_12m"]) == (9, 1, 1)
    assert (row["voluntary_leavers"], row["retirements"], row["early_leavers_12m"]) == (1, 0, 0)
    before = month(marts, YEAR[-2])
    assert before["headcount"] == 10
    for column in ("leavers_12m", "turnover_rate_12m", "stability_index_12m", "early_leavers_12m"):
        assert before[column] is None


def test_months_run_from_the_first_snapshots_month_end_to_the_last_one_reached() -> None:
    """Snapshots on 15 January and 27 April report January, February and March, not April."""
    staff = listed("a", OLD, [date(2019, 1, 15), date(2019, 4, 27)])
    reported = [
        row["month_end"]
        for row in figures(staff, [])["retention_monthly"]
        if row["scope_type"] == "service"
    ]
    assert reported == [date(2019, 1, 31), date(2019, 2, 28), date(2019, 3, 31)]


def test_two_posts_are_one_person_and_a_post_given_up_is_no_leaving() -> None:
    """0.6 + 0.4 FTE in teams A and B: one head in the service and in each team, FTE 1.0; when B's
    post is given up in March, nobody leaves, in team B neither, and 0.6 FTE remain."""
    dates = month_ends(date(2019, 1, 31), 4)
    second = date(2018, 5, 1)
    staff = listed("a", OLD, dates, fte="0.6")
    staff += listed("a", second, dates[:2], team="B", fte="0.4")
    marts = figures(staff, [left("a", second, date(2019, 3, 10))])
    january, march = month(marts, dates[0]), month(marts, dates[2])
    assert (january["headcount"], january["fte"]) == (1, 1.0)
    assert month(marts, dates[0], "team", "B")["headcount"] == 1
    assert month(marts, dates[0], "team", "A")["fte"] == 0.6
    assert (march["headcount"], march["fte"], march["leavers"], march["leavers_fte"]) == (
        1,
        0.6,
        0,
        0,
    )
    assert month(marts, dates[2], "team", "B")["leavers"] == 0
    assert month(marts, dates[2], "team", "B")["headcount"] == 0


def test_both_posts_left_on_one_day_are_one_leaver_with_the_fte_of_both() -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    second, last = date(2018, 5, 1), date(2019, 2, 14)
    staff = listed("a", OLD, dates[:1], fte="0.6")
    staff += listed("a", second, dates[:1], team="B", fte="0.4")
    staff += listed("b", OLD, dates)
    leavers = [left("a", OLD, last), left("a", second, last, reason="retirement")]
    marts = figures(staff, leavers)
    row = month(marts, dates[1])
    assert (row["leavers"], row["leavers_fte"]) == (1, 1.0)
    assert (row["voluntary_leavers"], row["retirements"]) == (1, 1)
    assert month(marts, dates[1], "team", "B")["leavers_fte"] == 0.4


@pytest.mark.parametrize(
    ("second_contract", "gap", "leavers", "starters"),
    [
        ("permanent", 1, 0, 0),  # the next day: a new contract, no leaving
        ("permanent", 2, 1, 1),  # a day out of post lies between
        ("agency", 1, 1, 0),  # an agency spell is no permanent or fixed-term one
    ],
)
def test_a_new_contract_the_next_day_is_not_leaving(
    second_contract: str, gap: int, leavers: int, starters: int
) -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    last = date(2019, 2, 14)
    begins = last + timedelta(days=gap)
    staff = listed("a", OLD, dates[:1], contract="fixed_term")
    staff += listed("a", begins, dates[1:], contract=second_contract)
    row = month(figures(staff, [left("a", OLD, last)]), dates[1])
    assert (row["leavers"], row["starters"]) == (leavers, starters)


def test_a_person_who_leaves_twice_in_a_year_counts_once_in_the_window() -> None:
    """Leaves in February and, rehired in March, in August: 1 + 1 by month, 1 in twelve months.

    The second spell lasts from 1 March to 31 August 2019, 183 days: an early leaver.
    """
    staff = listed("a", OLD, YEAR[:2]) + listed("b", OLD, YEAR)
    again = date(2019, 3, 1)
    staff += listed("a", again, YEAR[3:8])
    leavers = [left("a", OLD, date(2019, 2, 10)), left("a", again, date(2019, 8, 31))]
    marts = figures(staff, leavers)
    assert [month(marts, day)["leavers"] for day in YEAR] == [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert month(marts, YEAR[-1])["leavers_12m"] == 1
    assert month(marts, YEAR[-1])["early_leavers_12m"] == 1


@pytest.mark.parametrize(("days", "early"), [(364, 1), (365, 0)])
def test_fewer_than_365_days_of_service_are_early(days: int, early: int) -> None:
    last = date(2019, 12, 20)
    start = last - timedelta(days=days)
    before = [day for day in YEAR if day < last]
    staff = listed("a", start, before) + listed("b", OLD, YEAR)
    assert month(figures(staff, [left("a", start, last)]), YEAR[-1])["early_leavers_12m"] == early


def test_who_vanishes_without_a_record_is_unexplained_and_no_leaver() -> None:
    """Last held in January, lacking in February: last day 31 January, listed as of 28 February."""
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, dates[:1]) + listed("b", OLD, dates)
    marts = figures(staff, [])
    assert end_of(marts, "a", OLD) == (dates[0], "unexplained")
    assert issues(marts) == {("vanished_without_leaver_record", "a", OLD, dates[1])}
    assert month(marts, dates[0])["unexplained_exits"] == 1
    assert month(marts, dates[0])["headcount"] == 2
    assert month(marts, dates[1])["headcount"] == 1
    assert month(marts, dates[0])["leavers"] == month(marts, dates[1])["leavers"] == 0


def test_a_gap_between_two_snapshots_that_hold_the_spell_ends_nothing() -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, [dates[0], dates[2]]) + listed("b", OLD, dates)
    marts = figures(staff, [])
    assert end_of(marts, "a", OLD) == (None, None)
    assert month(marts, dates[1])["headcount"] == 2
    assert issues(marts) == set()


def test_a_row_of_which_only_the_key_was_read_keeps_the_last_attributes() -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, dates[:1], team="A") + listed("b", OLD, dates)
    staff += listed("a", OLD, dates[1:2], team="B", status="presence")
    staff += listed("c", OLD, dates, status="presence")
    marts = figures(staff, [])
    assert end_of(marts, "a", OLD) == (dates[1], "unexplained")
    assert month(marts, dates[1], "team", "A")["headcount"] == 2
    assert {row["staff_key"] for row in marts["staff_spells"]} == {"a", "b"}
    assert {row["scope_name"] for row in marts["retention_monthly"]} == {"all", "A", "case_holder"}


def test_a_snapshot_of_which_no_row_could_be_read_is_a_snapshot() -> None:
    """February's file stands without a readable row: 'a' and 'b' are lacking there, 'b' is back."""
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, dates[:1]) + listed("b", OLD, [dates[0], dates[2]])
    marts = figures(staff, [], dates)
    assert issues(marts) == {("vanished_without_leaver_record", "a", OLD, dates[1])}


def test_an_agency_worker_just_ends() -> None:
    """In post in January at 0.5 beside 1.5 of staff: agency rate 0.5 / (0.5 + 1.5) = 0.25."""
    dates = month_ends(date(2019, 1, 31), 2)
    staff = listed("x", OLD, dates[:1], contract="agency", fte="0.5")
    staff += listed("b", OLD, dates) + listed("c", OLD, dates, fte="0.5")
    marts = figures(staff, [])
    assert end_of(marts, "x", OLD) == (dates[0], "agency_ended")
    assert issues(marts) == set()
    row = month(marts, dates[0])
    assert (row["agency_headcount"], row["agency_fte"], row["agency_rate"]) == (1, 0.5, 0.25)
    assert (row["headcount"], row["unexplained_exits"]) == (2, 0)


def test_a_spell_changes_scope_by_the_snapshot_at_or_before_the_day() -> None:
    """Team A in the snapshot of 31 January, B in that of 15 March: A still counts on 28 February.

    The leaving day, 14 March, lies before the snapshot that says B: the leaver is team A's.
    """
    dates = [date(2019, 1, 31), date(2019, 3, 15), date(2019, 4, 30)]
    staff = listed("a", OLD, dates[:1], team="A") + listed("a", OLD, dates[1:2], team="B")
    staff += listed("z", OLD, dates, team="C")
    marts = figures(staff, [left("a", OLD, date(2019, 3, 14))])
    assert month(marts, date(2019, 2, 28), "team", "A")["headcount"] == 1
    assert month(marts, date(2019, 2, 28), "team", "B")["headcount"] == 0
    assert month(marts, date(2019, 3, 31), "team", "A")["leavers"] == 1
    assert month(marts, date(2019, 3, 31), "team", "B")["leavers"] == 0
    assert issues(marts) == {("in_post_after_leaving", "a", OLD, date(2019, 3, 15))}


def test_a_newcomer_has_the_attributes_of_the_first_snapshot_that_names_them() -> None:
    """Begins on 10 February, first listed on 31 March: a starter of February, in team B."""
    dates = [date(2019, 1, 31), date(2019, 3, 31)]
    start = date(2019, 2, 10)
    staff = listed("n", start, dates[1:], team="B") + listed("a", OLD, dates)
    february = month(figures(staff, []), date(2019, 2, 28), "team", "B")
    assert (february["starters"], february["headcount"]) == (1, 1)


def test_who_signed_and_never_began_is_no_starter() -> None:
    """Listed in January for 1 March, gone in February: unexplained by 31 January, never in post."""
    dates = month_ends(date(2019, 1, 31), 3)
    start = date(2019, 3, 1)
    staff = listed("n", start, dates[:1]) + listed("a", OLD, dates)
    marts = figures(staff, [])
    assert end_of(marts, "n", start) == (dates[0], "unexplained")
    assert issues(marts) == {("vanished_without_leaver_record", "n", start, dates[1])}
    assert [month(marts, day)["headcount"] for day in dates] == [1, 1, 1]
    assert [month(marts, day)["starters"] for day in dates] == [0, 0, 0]
    assert month(marts, dates[0])["unexplained_exits"] == 1


def test_a_rescinded_resignation_ends_nothing_and_explains_no_absence() -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    withdrawn = left("a", OLD, date(2019, 2, 20), as_of=dates[1], status="rescinded")
    given = left("a", OLD, date(2019, 2, 20), as_of=dates[0])
    stays = listed("a", OLD, dates) + listed("b", OLD, dates)
    assert end_of(figures(stays, [withdrawn, given]), "a", OLD) == (None, None)
    goes = listed("a", OLD, dates[:2]) + listed("b", OLD, dates)
    assert end_of(figures(goes, [withdrawn, given]), "a", OLD) == (dates[1], "unexplained")


def test_a_void_record_is_gone_and_a_later_statement_brings_it_back() -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, dates) + listed("b", OLD, dates)
    last = date(2019, 3, 31)
    statements = [
        left("a", OLD, last, as_of=dates[0]),
        left("a", OLD, last, as_of=dates[1], void=True),
        left("a", OLD, last, as_of=dates[2]),
    ]
    assert end_of(figures(staff, statements[:2]), "a", OLD) == (None, None)
    assert end_of(figures(staff, statements), "a", OLD) == (last, "leaver")


def test_of_two_statements_the_later_stands_and_of_one_date_the_greater_hash() -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, dates[:1]) + listed("b", OLD, dates)
    early, late = date(2019, 2, 5), date(2019, 2, 6)
    later = [left("a", OLD, early, as_of=dates[1]), left("a", OLD, late, as_of=dates[0], sha="z")]
    assert end_of(figures(staff, later), "a", OLD) == (early, "leaver")
    same = [left("a", OLD, early, as_of=dates[1], sha="b"), left("a", OLD, late, as_of=dates[1])]
    assert end_of(figures(staff, same), "a", OLD) == (late, "leaver")  # "l" is greater than "b"


def test_a_mistyped_start_date_is_taken_for_the_one_spell_that_it_can_mean() -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, dates[:1]) + listed("b", OLD, dates)
    typed, last = OLD - timedelta(days=1), date(2019, 2, 10)
    marts = figures(staff, [left("a", typed, last)])
    assert end_of(marts, "a", OLD) == (last, "leaver")
    assert issues(marts) == {("start_date_differs", "a", OLD, last)}
    assert len(marts["staff_spells"]) == 2


def test_a_mistyped_start_date_that_could_mean_two_spells_means_none() -> None:
    """Two spells without a record of their own; with a record for one, the other is meant.

    That record may be a rescinded one: it is the spell's own all the same.
    """
    dates = month_ends(date(2019, 1, 31), 3)
    second = date(2019, 1, 20)
    staff = listed("a", OLD, dates[:1]) + listed("a", second, dates[:2]) + listed("b", OLD, dates)
    typed, last = date(2019, 1, 21), date(2019, 3, 10)
    odd = left("a", typed, last)
    marts = figures(staff, [odd])
    assert ("leaver_never_in_post", "a", typed, last) in issues(marts)
    assert end_of(marts, "a", typed) == (last, "leaver")
    assert end_of(marts, "a", second) == (dates[1], "unexplained")
    own = left("a", OLD, date(2019, 1, 25), status="rescinded")
    marts = figures(staff, [odd, own])
    assert end_of(marts, "a", second) == (last, "leaver")
    assert ("start_date_differs", "a", second, last) in issues(marts)


def test_who_is_known_from_a_leaver_record_alone_is_in_no_scope() -> None:
    dates = month_ends(date(2019, 1, 31), 2)
    staff = listed("b", OLD, dates)
    leavers = [
        left("ghost", OLD, date(2019, 2, 10)),
        left("shadow", OLD, date(2019, 2, 10), status="rescinded"),
    ]
    marts = figures(staff, leavers)
    assert end_of(marts, "ghost", OLD) == (date(2019, 2, 10), "leaver")
    assert end_of(marts, "shadow", OLD) == (None, None)
    assert {issue[:2] for issue in issues(marts)} == {
        ("leaver_never_in_post", "ghost"),
        ("leaver_never_in_post", "shadow"),
    }
    assert month(marts, dates[0])["headcount"] == 1
    assert month(marts, dates[1])["leavers"] == 0


@pytest.mark.parametrize(
    ("reason", "shown"), [("dismissal", "other"), ("death_in_service", "other"), ("other", "other")]
)
def test_two_reasons_are_not_shown_beside_a_key_but_count_as_leaving(
    reason: str, shown: str
) -> None:
    dates = month_ends(date(2019, 1, 31), 3)
    staff = listed("a", OLD, dates[:1]) + listed("b", OLD, dates)
    marts = figures(staff, [left("a", OLD, date(2019, 2, 10), reason=reason)])
    assert {row["staff_key"]: row["leaving_reason"] for row in marts["staff_spells"]} == {
        "a": shown,
        "b": None,
    }
    assert month(marts, dates[1])["leavers"] == 1


def test_stability_follows_people_into_any_team_and_contract_but_not_into_a_new_spell() -> None:
    """Of three in team A in December 2018 one moved to B, one turned agency within the spell, and
    one came back under a new spell: 2 / 3."""
    half = YEAR[:6]
    rest = YEAR[6:]
    staff = listed("a", OLD, half) + listed("a", OLD, rest, team="B")
    staff += listed("b", OLD, half) + listed("b", OLD, rest, contract="agency")
    again = date(2019, 6, 15)
    staff += listed("c", OLD, half) + listed("c", again, rest)
    marts = figures(staff, [left("c", OLD, date(2019, 6, 10))])
    assert month(marts, YEAR[-1], "team", "A")["stability_index_12m"] == pytest.approx(2 / 3)


def test_the_census_year_counts_social_workers_without_transfers() -> None:
    """On 30 September 2019 2.5 FTE of social workers are in post and 0.5 of agency.

    In the year 0.8 FTE left by resignation and 1.0 by transfer, which is left out; a family
    support worker who left is no social worker. Turnover 0.8 / 2.5 = 0.32, agency 0.5 / 3 = 1/6.
    The year 2018 is not reported: the October before it lies before the first snapshot.
    """
    dates = month_ends(date(2018, 9, 30), 13)
    staff = listed("a", OLD, dates) + listed("b", OLD, dates) + listed("c", OLD, dates, fte="0.5")
    staff += listed("d", OLD, dates[:3], fte="0.8") + listed("e", OLD, dates[:3])
    staff += listed("f", OLD, dates[:3], social=False, role="family_support")
    staff += listed("x", OLD, dates, contract="agency", fte="0.5")
    last = date(2019, 1, 10)
    leavers = [left("d", OLD, last), left("e", OLD, last, reason="transfer"), left("f", OLD, last)]
    (row,) = figures(staff, leavers)["retention_yearly_dfe"]
    assert row == {
        "year": 2019,
        "turnover_rate_fte": pytest.approx(0.32),
        "vacancy_rate_fte": None,
        "agency_rate_fte": pytest.approx(1 / 6),
        "leavers_fte": 0.8,
        "inpost_fte": 2.5,
        "vacant_fte": None,
        "agency_fte": 0.5,
        "leavers_headcount": 1,
        "inpost_headcount": 3,
    }


def test_a_year_ends_on_29_february_where_there_is_one() -> None:
    """From 28 February 2019 to 29 February 2020; someone who left on the 29th is in post on it."""
    dates = month_ends(date(2019, 2, 28), 13)
    assert dates[-1] == date(2020, 2, 29)
    staff = listed("a", OLD, dates) + listed("b", OLD, dates[:-1])
    row = month(figures(staff, [left("b", OLD, dates[-1])]), dates[-1])
    assert (row["headcount"], row["leavers"], row["leavers_12m"]) == (2, 1, 1)
    assert row["turnover_rate_12m"] == 0.5


# ------------------------------------------------------------------------------------- properties

few = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@few
@given(programmes(), st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(lake: LakeRows, rng: random.Random) -> None:
    def as_sets(marts: dict[str, list[Row]]) -> dict[str, Counter[str]]:
        return {
            name: Counter(str(sorted(row.items(), key=str)) for row in rows)
            for name, rows in marts.items()
        }

    once = workforce.marts(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    staff = rng.sample(lake.hr_staff, len(lake.hr_staff))
    leavers = rng.sample(lake.hr_leavers, len(lake.hr_leavers))
    again = workforce.marts(staff, leavers, lake.snapshots)
    assert as_sets(once) == as_sets(again)


@few
@given(programmes())
def test_stock_and_flow_agree_on_spells_in_every_month(lake: LakeRows) -> None:
    """Spells in post on M are those of M-1, plus begun, less ended, plus and less conversions."""
    found = workforce.understand(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    months = found.months()
    for before, after in pairwise(months):
        for is_in in (workforce.Spell.is_employed, workforce.Spell.is_agency):
            flow = 0
            for spell in found.spells:
                served = spell.is_in_post(spell.start_date)
                begins = served and before < spell.start_date <= after
                ends = served and spell.last_day and before <= spell.last_day < after
                was = is_in(spell, spell.start_date if begins else before)
                stays = is_in(spell, workforce.last_day_of(spell) if ends else after)
                flow += bool(begins and was) - bool(ends and stays)
                if served and (begins or spell.is_in_post(before)):
                    flow += stays - was  # a conversion, in or out
            stock = [sum(is_in(spell, day) for spell in found.spells) for day in (before, after)]
            assert stock[1] == stock[0] + flow


@few
@given(programmes())
def test_every_scope_has_every_month_and_rates_lie_between_nought_and_one(lake: LakeRows) -> None:
    marts = workforce.marts(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    rows = marts["retention_monthly"]
    by_scope = Counter((row["scope_type"], row["scope_name"]) for row in rows)
    assert len(set(by_scope.values())) <= 1
    for row in rows:
        assert row["leavers"] >= row["voluntary_leavers"]
        assert row["leavers_12m"] is None or row["leavers_12m"] >= row["early_leavers_12m"]
        for column in ("agency_rate", "stability_index_12m"):
            assert row[column] is None or 0 <= row[column] <= 1
        assert (row["agency_rate"] is None) == (row["fte"] + row["agency_fte"] == 0)


@few
@given(programmes() | st.integers(0, 10**6).map(lambda seed: build(random.Random(seed), 40, 12)))
def test_made_up_rows_keep_to_what_the_lake_promises(lake: LakeRows) -> None:
    for rows in (lake.hr_staff, lake.hr_leavers):
        keys = Counter((r["file_sha256"], r["staff_key"], r["start_date"]) for r in rows)
        assert not keys or max(keys.values()) == 1
    assert all(row["leaving_date"] >= row["start_date"] for row in lake.hr_leavers)
    assert {row["as_of"] for row in lake.hr_staff} <= set(lake.snapshots)
    standing = {r["sha256"] for r in lake.load_manifest if r["status"].endswith("loaded")}
    assert {row["file_sha256"] for row in lake.hr_staff + lake.hr_leavers} <= standing


def test_a_large_made_up_workforce_holds_every_corner() -> None:
    """What the comparison of the marts rests on has to be there to be compared."""
    lake = build(random.Random(1), people=60, months=40)
    marts = workforce.marts(lake.hr_staff, lake.hr_leavers, lake.snapshots)
    assert {row["issue"] for row in marts["hr_reconciliation"]} == {
        "vanished_without_leaver_record",
        "in_post_after_leaving",
        "leaver_never_in_post",
        "start_date_differs",
    }
    assert {row["exit_kind"] for row in marts["staff_spells"]} == {
        "leaver",
        "unexplained",
        "agency_ended",
        None,
    }
    assert len(marts["retention_yearly_dfe"]) >= 2
    service = [row for row in marts["retention_monthly"] if row["scope_type"] == "service"]
    for column in (
        "starters",
        "leavers",
        "voluntary_leavers",
        "retirements",
        "transfers",
        "unexplained_exits",
        "leavers_12m",
        "early_leavers_12m",
        "agency_headcount",
    ):
        assert any(row[column] for row in service), column
    assert any(row["row_status"] == "presence" for row in lake.hr_staff)
    assert any(row["void"] for row in lake.hr_leavers)
