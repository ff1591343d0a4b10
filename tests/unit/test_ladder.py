"""`warehouse.ladder`: from figures to the rows of the impact marts, each rung and its refusals."""

from __future__ import annotations

import json
import math
import operator
import os
import random
import re
import signal
import sys
import types
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests import golden
from tests.unit.test_impact import reading_ease
from warehouse import beside, instruments, programme, settings
from warehouse.impact import GRADE_RULES, smallest_detectable_difference
from warehouse.ladder import councils, people, series
from warehouse.ladder.rows import INNER_COLUMNS, rounded
from warehouse.ladder.verdict import verdict
from warehouse.statistics.survival import rate_ratio

PROGRAMME = programme.load(settings.load())
SCORES = series.scores(instruments.load(settings.project_root() / "expectations/instruments"))


def months(first: str, number: int) -> list[date]:
    return [day.date() for day in pd.date_range(first, periods=number, freq="ME")]


def service(leavers: Callable[[date], int], number: int = 62) -> pd.DataFrame:
    """Months of a service of 250 people from November 2016 on, to December 2021."""
    ends = months("2016-11-30", number)
    return pd.DataFrame(
        {"month_end": ends, "headcount": 250, "leavers": [leavers(end) for end in ends]}
    )


def spread(mean: int) -> Callable[[date], int]:
    """A count a month within two of a mean, the same whenever it is asked for."""
    return lambda end: mean + random.Random(f"{end}").randint(-2, 2)


def of(table: pd.DataFrame, method: str, term: str) -> pd.Series[Any]:
    (position,) = table.index[(table["method"] == method) & (table["term"] == term)]
    return table.loc[position]


def its(
    table: pd.DataFrame, waves: pd.DataFrame | None = None, teams: pd.DataFrame | None = None
) -> pd.DataFrame:
    no_waves = pd.DataFrame(columns=["wave_date", "instrument", "subscale", "responses"])
    no_teams = pd.DataFrame(
        columns=["team", "month_end", "headcount", "leavers", "group_started_on"]
    )
    return series.its(
        table,
        no_waves if waves is None else waves,
        no_teams if teams is None else teams,
        PROGRAMME,
        SCORES,
    )


def test_a_halving_when_the_programme_begins_is_found_and_graded() -> None:
    """Eight leavers a month until 2018, four from 2019 on: a ratio of 0.5, less 50 %.

    Weak, as the calibration found that what moves the whole service misleads it.
    """
    found = its(service(lambda end: spread(8)(end) if end.year < 2019 else spread(4)(end)))
    main = of(found, "segmented_regression", "level")
    assert 0.4 < main["estimate"] < 0.65
    assert main["upper_95"] < 1
    assert main["is_main"]
    assert (main["outcome"], main["grade"]) == ("better", "weak")
    assert json.loads(main["assumption_checks"])["calibration"]["capped_at"] == "weak"
    assert main["sentence"].startswith("Leaving fell by ")
    assert "It sets April 2019 to February 2020 beside" in main["sentence"]


def test_the_plain_rates_are_those_of_the_programmes_months_and_of_the_year_before() -> None:
    """Eight leavers a month in 2018, four from 2019 on, of 250: 52 in 13 months beside 96 in 12.

    52 / (13 x 250) over 96 / (12 x 250) is 0.5. After it, from February 2020 to December 2021, 92 in 23.
    """
    table = service(lambda end: 8 if end.year < 2019 else 4)
    during = of(its(table), "before_and_after", "during")
    after = of(its(table), "before_and_after", "after")
    assert (during["estimate"], after["estimate"]) == pytest.approx((0.5, 0.5))
    assert (during["n"], after["n"]) == (52 + 96, 92 + 96)
    wanted = rate_ratio(52, 13 * 250, 96, 12 * 250)
    assert during["lower_95"] == pytest.approx(wanted.lower_95)
    assert during["upper_95"] == pytest.approx(wanted.upper_95)
    assert (during["is_main"], during["outcome"], during["grade"]) == (False, "better", "weak")
    assert during["sentence"].startswith(
        "Leaving, during the programme and beside 2018, fell by 50 %."
    )
    assert during["sentence"].endswith(
        "It does not show that the programme did it. " + series.PLAIN
    )
    assert after["sentence"].endswith(series.TOGETHER)


def test_plain_rates_need_a_year_on_both_sides_and_somebody_who_left() -> None:
    table = service(spread(4))
    days = pd.to_datetime(table["month_end"])
    for short in (table[days > pd.Timestamp("2018-01-31")], table[days < "2019-12-31"]):
        row = of(its(short), "before_and_after", "during")
        assert row["grade"] == "not enough data"
        assert "has fewer than 12 months" in row["sentence"]
    nobody = of(its(service(lambda end: 4 if end.year < 2019 else 0)), "before_and_after", "during")
    assert nobody["grade"] == "not enough data"
    assert "nobody left" in nobody["sentence"]


def test_what_came_after_january_2020_is_weak_and_says_so() -> None:
    """Four a month until February 2020, eight from March on: worse, and nobody knows by what."""
    found = its(service(lambda end: spread(4)(end) if end < date(2020, 3, 1) else spread(8)(end)))
    step = of(found, "segmented_regression", "level_2")
    assert (step["outcome"], step["grade"], step["is_main"]) == ("worse", "weak", False)
    assert "It does not show that the programme did it." in step["sentence"]
    assert step["sentence"].endswith(
        "What came after January 2020 and the pandemic cannot be told apart."
    )


def test_slopes_other_starts_and_another_family_stand_beside_the_one_fixed_beforehand() -> None:
    found = its(service(spread(4)))
    regressions = found[found["method"].str.startswith("segmented")]
    assert list(zip(regressions["method"], regressions["term"], strict=True)) == [
        ("segmented_regression", "level"),
        ("segmented_regression", "level_2"),
        ("segmented_regression_with_slopes", "level"),
        ("segmented_regression_with_slopes", "slope"),
        ("segmented_regression_negative_binomial", "level"),
        ("segmented_regression_other_start", "level_-3_months"),
        ("segmented_regression_other_start", "level_+3_months"),
        ("segmented_regression_other_start", "level_+6_months"),
    ]
    assert list(regressions["is_main"]) == [True] + [False] * 7


@pytest.mark.parametrize("number", [0, 1, 20, 26])
def test_too_few_months_are_a_row_that_says_so(number: int) -> None:
    """Twenty months end in June 2018, before the programme; 26 have none after its washout."""
    found = its(service(spread(4), number))
    assert len(found) == 8 + 2 + 1 + 1
    assert set(found["grade"]) == {"not enough data"}
    assert found["estimate"].isna().all()
    main = of(found, "segmented_regression", "level")
    assert main["sentence"].startswith("Leaving: there is not enough data to say. ")
    assert json.loads(main["assumption_checks"])["estimate"]["passed"] is None


def wave(day: str, mean: float, low: float, **changes: Any) -> dict[str, Any]:
    return {
        "wave_date": date.fromisoformat(day),
        "instrument": "who5",
        "subscale": "wellbeing",
        "responses": 101,
        "mean_score": mean,
        "lower_95": mean - 3.9679,
        "upper_95": mean + 3.9679,
        "response_rate": 0.5,
        "share_low": low,
    } | changes


def test_waves_differ_by_their_means_and_bounds_say_what_those_who_did_not_answer_could_do() -> (
    None
):
    """101 answers: t is 1.98397, so the error of a mean is 3.9679 / 1.98397 = 2; of two, 2.83.

    50 to 60 is 10 points, of 10 ± 1.96 × 2.83 = 4.46 to 15.54. Half answered: had the others been at 0
    or 100, before 25 to 75, after 30 to 80, so the change lies from -45 to 55.
    """
    found = its(
        service(spread(4)), pd.DataFrame([wave("2018-11-30", 50, 0.4), wave("2019-11-30", 60, 0.3)])
    )
    mean = found[(found["method"] == "waves") & (found["metric"] == "mean_score")].iloc[0]
    assert mean["term"] == "who5.wellbeing 2018-11-30 2019-11-30"
    assert mean["estimate"] == 10
    assert mean["lower_95"] == pytest.approx(4.456, abs=0.001)
    assert mean["upper_95"] == pytest.approx(15.544, abs=0.001)
    assert (mean["n"], mean["outcome"], mean["grade"]) == (202, "better", "weak")
    bounds = json.loads(mean["assumption_checks"])["non_response"]
    assert (bounds["lowest"], bounds["highest"], bounds["passed"]) == (-45, 55, False)
    share = found[(found["method"] == "waves") & (found["metric"] == "share_low")].iloc[0]
    assert share["estimate"] == pytest.approx(-10)


def test_more_burnout_is_worse_and_more_wellbeing_is_better() -> None:
    rows = [
        wave(day, mean, 0.3) | {"instrument": "proqol5", "subscale": "burnout"}
        for day, mean in (("2018-11-30", 20.0), ("2019-11-30", 35.0))
    ]
    found = its(service(spread(4)), pd.DataFrame(rows))
    assert found[found["metric"] == "mean_score"].iloc[0]["outcome"] == "worse"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"responses": 10}, "fewer than 11 answers"),
        ({"share_low": 0.0}, "nobody or everybody was low"),
        ({"share_low": None}, "no published cut-off"),
    ],
)
def test_a_wave_that_would_speak_of_single_people_gives_no_difference(
    changes: dict[str, Any], says: str
) -> None:
    rows = [wave("2018-11-30", 50, 0.4), wave("2019-11-30", 60, 0.3, **changes)]
    found = its(service(spread(4)), pd.DataFrame(rows))
    share = found[found["metric"] == "share_low"].iloc[0]
    assert share["grade"] == "not enough data"
    assert says in share["sentence"]
    assert pd.isna(share["estimate"])


def teams(rate_after: float, number: int = 40) -> pd.DataFrame:
    """Teams of 100 people, of which each month 3 leave, begun in five quarters from 2019 on."""
    rows = []
    for team in range(number):
        began = date(2019 + team % 5 // 4, 1 + 3 * (team % 5 % 4), 15)
        for end in months("2017-01-31", 42):
            rate = 3 if end < began else rate_after
            noise = random.Random(f"{team} {end}").random() < 0.5
            rows.append(
                {
                    "team": f"T{team:02}",
                    "month_end": end,
                    "headcount": 100,
                    "leavers": int(rate) + noise,
                    "group_started_on": began,
                }
            )
    return pd.DataFrame(rows)


def test_a_rollout_that_could_show_half_of_leaving_is_estimated_with_its_quarters() -> None:
    """Forty teams of a hundred lose two of about ten in a quarter's leavers a month: six fewer a quarter."""
    found = its(service(spread(4)), teams=teams(1.0))
    simple = of(found, "staggered", "simple")
    assert -7 < simple["estimate"] < -5
    assert simple["outcome"] == "better"
    assert simple["n"] == 40
    events = found[found["method"] == "staggered_event_study"]
    assert "event_0" in set(events["term"])
    assert set(events["grade"]) <= {"weak", "not enough data"}


def test_fourteen_small_teams_are_told_why_there_is_no_panel() -> None:
    """Of a dozen people one leaves now and then: what could be seen is more than half of that."""
    few = teams(3.0, 14).assign(headcount=12)
    few["leavers"] = [random.Random(row).random() < 0.12 for row in range(len(few))]
    found = its(service(spread(4)), teams=few.assign(leavers=few["leavers"].astype(int)))
    simple = of(found, "staggered", "simple")
    assert simple["grade"] == "not enough data"
    assert pd.isna(simple["estimate"])
    power = json.loads(simple["assumption_checks"])["power"]
    assert power["passed"] is False
    assert power["minimum_detectable"] > power["base_rate"] / 2
    assert found[found["method"] == "staggered_event_study"].empty


def attendance(hazard_ratio: float) -> pd.DataFrame:
    """Two hundred people over 1,000 days; the odd ones have attended from day 300 on."""
    rows = []
    for person in range(200):
        draw = random.Random(person)
        attends = person % 2 == 1
        spent, leaves = -600 * math.log(draw.random()), 0
        for begin, end, ratio in ((0, 300, 1.0), (300, 1000, hazard_ratio if attends else 1.0)):
            if spent > (end - begin) * ratio:
                spent -= (end - begin) * ratio
                continue
            leaves = begin + max(1, int(spent / ratio))
            break
        stop = leaves or 1000
        for begin, end in ((0, min(stop, 300)), (300, stop)):
            if begin < end:
                rows.append(
                    {
                        "staff_key": f"p{person:03}",
                        "began_on": date(2016, 1, 1),
                        "start": begin,
                        "stop": end,
                        "is_left": bool(leaves) and end == stop,
                        "is_attended": attends and begin == 300,
                        "years_band": 0,
                    }
                )
    table = pd.DataFrame(rows)
    return pd.concat([table.assign(lag_days=lag) for lag in (0, 60, 90, 120)])


NO_ROWS = attendance(1.0).iloc[:0]
NO_WAITS = pd.DataFrame(columns=["vacancy_id", "opened_on", "waited_until", "is_filled"])


def test_who_attends_and_stays_longer_is_never_more_than_weak() -> None:
    found = people.survival(attendance(0.3), NO_WAITS, PROGRAMME)
    main = of(found, "time_varying_cox", "attended_90_days")
    assert 0.15 < main["estimate"] < 0.5
    assert (main["outcome"], main["grade"], main["is_main"]) == ("better", "weak", True)
    assert "Who attends chose to" in main["sentence"]
    assert list(found[found["method"] == "time_varying_cox"]["term"]) == [
        "attended_90_days", "attended_0_days", "attended_60_days", "attended_120_days",
    ]  # fmt: skip
    assert found["is_main"].sum() == 2
    assert of(found, "recruitment_cox", "during")["grade"] == "not enough data"


def test_without_a_whole_year_nobody_is_watched_and_a_row_says_so() -> None:
    found = people.survival(NO_ROWS, NO_WAITS, PROGRAMME)
    assert list(found["term"]) == ["attended_90_days", "during"]
    assert set(found["grade"]) == {"not enough data"}
    assert people.curves(NO_STAYS, NO_WAITS, PROGRAMME).empty


def waits(days_before: int, days_during: int) -> pd.DataFrame:
    """A post a week from 2017 to 2019, each filled so many days later, now and then a few more."""
    rows = []
    for week in range(150):
        opened = date(2017, 1, 2) + timedelta(weeks=week)
        took = days_before if opened < PROGRAMME.starts_on else days_during
        filled = opened + timedelta(days=took + week * 13 % 29)
        rows.append(
            {
                "vacancy_id": f"V{week}",
                "opened_on": opened,
                "waited_until": min(filled, date(2019, 12, 31)),
                "is_filled": filled <= date(2019, 12, 31),
            }
        )
    return pd.DataFrame(rows)


def test_posts_that_are_filled_sooner_during_the_programme_are_better() -> None:
    found = people.survival(NO_ROWS, waits(60, 50), PROGRAMME)
    during = of(found, "recruitment_cox", "during")
    assert during["estimate"] > 1
    assert during["outcome"] == "better"
    # Nobody has a day after the programme, so there is no such term.
    assert "after" not in set(found["term"])


def test_a_post_counts_in_each_period_in_which_it_was_open() -> None:
    """Opened on 22 December 2018, filled on 10 January 2019: ten days before, ten during, filled then."""
    one = pd.DataFrame(
        {
            "vacancy_id": ["V"],
            "opened_on": [date(2018, 12, 22)],
            "waited_until": [date(2019, 1, 10)],
            "is_filled": [True],
        }
    )
    rows = people._by_period(one, PROGRAMME)
    assert rows[["start", "stop", "event", "during", "after"]].to_numpy().tolist() == [
        [0, 10, 0, 0, 0],
        [10, 20, 1, 1, 0],
    ]


def stay(person: int, until: date, *, is_left: bool, came: date | None) -> dict[str, Any]:
    return {
        "staff_key": f"p{person}",
        "began_on": date(2015, 1, 1),
        "seen_from": date(2016, 10, 31),
        "seen_until": until,
        "is_left": is_left,
        "first_attended_on": came,
    }


NO_STAYS = pd.DataFrame([stay(1, date(2020, 12, 31), is_left=False, came=None)]).iloc[:0]


def cohort(leavers_who_came: int, leavers_who_did_not: int) -> pd.DataFrame:
    """Forty of each kind in post on 31 January 2020 and seen to the end of 2021."""
    rows = []
    for came, leavers in ((date(2019, 5, 1), leavers_who_came), (None, leavers_who_did_not)):
        for number in range(40):
            left = number < leavers
            until = date(2020, 3 + number % 9, 10) if left else date(2021, 12, 31)
            rows.append(stay(len(rows), until, is_left=left, came=came))
    return pd.DataFrame(rows)


def test_a_curve_begins_at_the_programmes_end_and_goes_by_whole_months() -> None:
    """Ten of forty leave in 2020: after twelve months 30 of 40 are there, at risk still, 75 %."""
    found = people.curves(cohort(10, 20), NO_WAITS, PROGRAMME)
    came = found[found["group"] == "staff_attended"].set_index("month")
    assert came.loc[0, "survival"] == 1
    assert (came.loc[12, "survival"], came.loc[12, "at_risk"]) == (0.75, 30)
    others = found[found["group"] == "staff_not_attended"].set_index("month")
    assert others.loc[12, "survival"] == 0.5


@pytest.mark.parametrize(
    ("leavers", "months_for_the_board"),
    [
        # Eight and more of each group: the first year is told, and nothing in between.
        ((8, 20), {0, 12}),
        # Seven of one group would be told, and the others of the year by what is left.
        ((7, 20), {0}),
        ((20, 0), {0}),
    ],
)
def test_the_board_sees_of_staff_years_with_eight_leavers_of_each_group(
    leavers: tuple[int, int], months_for_the_board: set[int]
) -> None:
    found = people.curves(cohort(*leavers), NO_WAITS, PROGRAMME)
    assert set(found.loc[found["is_for_board"], "month"]) == months_for_the_board
    assert (found.loc[found["is_for_board"], "at_risk"] >= 10).all()


def test_the_board_sees_of_posts_months_with_ten_at_risk() -> None:
    found = people.curves(NO_STAYS, waits(60, 50), PROGRAMME)
    shown = found[found["is_for_board"]]
    assert len(shown) > 3
    assert shown["at_risk"].min() >= 10
    few = people.curves(NO_STAYS, waits(60, 50).head(9), PROGRAMME)
    assert len(few) > 1
    assert not few["is_for_board"].any()


def published() -> pd.DataFrame:
    """Southampton and all others, of the release that the golden figures were worked out from."""
    return pd.concat(
        [golden.authorities(name).assign(indicator=name) for name in councils.INDICATORS],
        ignore_index=True,
    )


def neighbours() -> pd.DataFrame:
    figures = golden.expected("southampton")
    return pd.DataFrame(
        [
            {"model": model, "old_la_code": "852", "neighbour_old_la_code": code}
            for model in ("2025", "2021")
            for code in figures[f"neighbours_{model}"]
        ]
    )


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    return councils.comparator(published(), neighbours(), PROGRAMME)


POOLS = {"SN2025": "neighbours_2025", "SN2021": "neighbours_2021", "South East": "region"}


def test_southampton_beside_others_is_as_it_was_computed_before(compared: pd.DataFrame) -> None:
    """Forty figures of turnover and agency staff: five windows, four pools."""
    figures = golden.expected("southampton")
    for row in figures["rows"]:
        years = re.findall(r"(\d{4})(?:-(\d\d))?", row["window"])
        window = " ".join(
            f"{first}-20{last}" if last else f"{first}-{first}" for first, last in years
        )
        term = f"{POOLS.get(row['donors'], 'england')} {window}"
        own = compared[(compared["metric"] == row["measure"])]
        found = of(own, "difference_in_differences", term)
        assert found["estimate"] == pytest.approx(row["did"], abs=figures["tolerance"]["did"])
        assert found["p_value"] == pytest.approx(row["perm_p"], abs=figures["tolerance"]["perm_p"])
        assert found["minimum_detectable"] == pytest.approx(2.8 * row["placebo_sd"], abs=0.01)
        assert found["n"] == row["n_donors"] + 1
    assert len(figures["rows"]) == 40


def test_every_window_and_pool_of_every_indicator_stands_beside_the_others(
    compared: pd.DataFrame,
) -> None:
    """Five indicators, five windows, four pools, and of each indicator the refused synthetic control."""
    assert len(compared) == 5 * 5 * 4 + 5
    assert compared["is_main"].sum() == 5 * 4
    assert set(compared[compared["is_main"]]["term"].str.partition(" ")[2]) == {
        "2017-2018 2019-2020"
    }


def test_2019_in_the_baseline_is_said_and_earns_no_more_than_weak(compared: pd.DataFrame) -> None:
    flattered = compared[compared["term"].str.contains("2017-2019")]
    assert len(flattered) == 20
    assert flattered["sentence"].str.contains("It counts 2019, the worst year, as before").all()
    assert set(flattered["grade"]) <= {"weak", "not enough data"}
    others = compared[compared["term"].str.contains("2017-2018")]
    assert not others["sentence"].str.contains("worst year").any()


def test_a_synthetic_southampton_is_refused_in_words(compared: pd.DataFrame) -> None:
    refused = compared[compared["method"] == "synthetic_control"]
    assert set(refused["grade"]) == {"not enough data"}
    assert refused["sentence"].str.contains("There are 2 years from before, and 8 are the").all()
    assert refused["estimate"].isna().all()


def test_no_claim_of_a_gain_is_made_for_southampton(compared: pd.DataFrame) -> None:
    """On real figures: nothing better that would count, and turnover could not have shown it."""
    counted = compared[compared["grade"].isin(["moderate", "strong"])]
    assert "better" not in set(counted["outcome"])
    turnover = compared[(compared["metric"] == "turnover_rate_fte") & compared["is_main"]]
    assert (turnover["minimum_detectable"] > 9).all()


def test_councils_without_figures_give_the_same_rows_without_estimates() -> None:
    found = councils.comparator(published().iloc[:0], neighbours().iloc[:0], PROGRAMME)
    assert len(found) == 105
    assert set(found["grade"]) == {"not enough data"}


def test_the_order_of_the_rows_changes_no_byte() -> None:
    def mixed(table: pd.DataFrame) -> pd.DataFrame:
        return table.sample(frac=1, random_state=1, ignore_index=True)

    waves = pd.DataFrame([wave("2018-11-30", 50, 0.4), wave("2019-11-30", 60, 0.3)])
    months_, teams_, rows_, waits_ = (
        service(spread(4)),
        teams(1.0, 14),
        attendance(0.5),
        waits(60, 50),
    )
    assert (
        its(months_, waves, teams_).to_csv()
        == its(mixed(months_), mixed(waves), mixed(teams_)).to_csv()
    )
    assert (
        people.survival(rows_, waits_, PROGRAMME).to_csv()
        == people.survival(mixed(rows_), mixed(waits_), PROGRAMME).to_csv()
    )
    assert (
        people.curves(cohort(10, 20), waits_, PROGRAMME).to_csv()
        == people.curves(mixed(cohort(10, 20)), mixed(waits_), PROGRAMME).to_csv()
    )


def test_every_row_has_its_columns_checks_that_are_json_and_words_that_are_plain(
    compared: pd.DataFrame,
) -> None:
    waves = pd.DataFrame([wave("2018-11-30", 50, 0.4), wave("2021-11-30", 60, 0.3)])
    tables = [
        compared,
        its(service(spread(4)), waves, teams(1.0, 14)),
        people.survival(attendance(0.5), waits(60, 50), PROGRAMME),
    ]
    for table in tables:
        assert list(table.columns) == INNER_COLUMNS
        for row in table.to_dict("records"):
            for name, check in json.loads(row["assumption_checks"]).items():
                assert set(check) >= {"passed", "sentence"}, name
            text = row["sentence"]
            assert not re.search(r"\bnan\b|None|<NA>|,[.:]", text), text
            assert reading_ease(text) > 50, text


def test_the_verdict_counts_what_was_fixed_beforehand_and_graded_well() -> None:
    def table(*rows: tuple[str, str, bool, str]) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=["outcome", "grade", "is_main", "topic"])

    found = verdict(
        table(("better", "moderate", True, "Leaving"), ("worse", "moderate", False, "Beside it")),
        table(("worse", "weak", True, "Filling")),
        table(
            ("no sign either way", "strong", True, "The caseload"),
            ("not enough data", "not enough data", True, "Turnover"),
        ),
        PROGRAMME,
    ).iloc[0]
    assert found["verdict"] == "better than expected"
    assert found["rule"] == PROGRAMME.rule
    assert [found[name] for name in ("better", "worse", "no_sign_either_way", "not_counted")] == [
        1, 0, 1, 2,
    ]  # fmt: skip
    assert found["counted_findings"] == "Leaving; The caseload"
    assert (found["better_not_counted"], found["worse_not_counted"]) == (0, 1)


def test_a_form_that_was_not_tried_says_so_and_earns_no_more_than_moderate(
    compared: pd.DataFrame,
) -> None:
    """Made-up councils have a turnover; other lags, slopes and starts are beside what was tried."""
    tables = [
        compared,
        its(service(spread(4)), pd.DataFrame([wave("2018-11-30", 50, 0.4)]), teams(1.0, 14)),
        people.survival(attendance(0.5), waits(60, 50), PROGRAMME),
    ]
    rows = [
        row for table in tables for row in table.to_dict("records") if pd.notna(row["estimate"])
    ]
    untried = {
        (row["method"], row["term"].partition(" ")[0], row["metric"])
        for row in rows
        if "not tried by itself" in row["assumption_checks"]
    }
    tried = {(r["method"], r["term"].partition(" ")[0], r["metric"]) for r in rows} - untried
    assert {metric for method, _, metric in tried if method == "difference_in_differences"} == {
        "turnover_rate_fte"
    }
    assert {term for method, term, _ in tried if method == "time_varying_cox"} == {
        "attended_90_days"
    }
    assert {method for method, _, _ in untried} == {
        "difference_in_differences", "time_varying_cox", "segmented_regression_with_slopes",
        "segmented_regression_negative_binomial", "segmented_regression_other_start",
        "staggered_event_study",
    }  # fmt: skip
    for row in rows:
        if "not tried by itself" in row["assumption_checks"]:
            assert row["grade"] in ("moderate", "weak", "not enough data")
            assert json.loads(row["assumption_checks"])["calibration"]["passed"] is None


def test_years_after_the_programme_earn_no_more_than_weak(compared: pd.DataFrame) -> None:
    after = compared[compared["term"].str.contains(" 2020-")]
    assert len(after) == 3 * 20
    assert set(after["grade"]) <= {"weak", "not enough data"}


def test_ten_councils_are_said_to_be_too_few_to_tell_anything(compared: pd.DataFrame) -> None:
    """Of ten or eighteen others chance alone has every 11th or 19th place; 5 % needs twenty."""
    few = compared[(compared["n"] <= 20) & compared["estimate"].notna()]
    assert set(few["term"].str.partition(" ")[0]) == {
        "neighbours_2025",
        "neighbours_2021",
        "region",
    }
    assert set(few["grade"]) == {"not enough data"}
    assert few["sentence"].str.contains("no change, however large, could be told").all()
    assert not compared["sentence"].str.contains("ould have seen").any()


def test_the_months_that_are_named_are_months_that_there_are() -> None:
    """From April 2019, three months after the start, to September 2019, the newest here."""
    months = service(spread(4))
    short = months[pd.to_datetime(months["month_end"]) <= pd.Timestamp("2019-09-30")]
    (main,) = [row for row in series.leaving(short, PROGRAMME) if row["is_main"]]
    assert "It sets April 2019 to September 2019 beside" in main["sentence"]
    (main,) = [row for row in series.leaving(months, PROGRAMME) if row["is_main"]]
    assert "It sets April 2019 to February 2020 beside" in main["sentence"]


@pytest.mark.parametrize(
    ("value", "as_written"),
    [(1 / 3, 0.333333333), (1234567.891234, 1234567.89), (None, None), (float("inf"), None)],
)
def test_figures_are_written_to_nine_digits(value: float | None, as_written: float | None) -> None:
    assert rounded(value) == as_written


def test_the_same_comes_from_the_process_beside_and_from_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where it was started, what is run is run there; where it was killed or ended, here again."""
    # Streamlit's own tests leave a page behind as the main module, which a new process would run.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    assert beside.run(os.getpid) == os.getpid()
    beside.start(libraries=())
    try:
        assert beside.run(os.getpid) != os.getpid()
        assert beside.run(rounded, 1 / 3) == rounded(1 / 3)
        with pytest.raises(ValueError, match="Without a standard error"):
            beside.run(smallest_detectable_difference, 0)
        os.kill(beside.run(os.getpid), signal.SIGKILL)
        assert beside.run(os.getpid) == os.getpid()
    finally:
        beside.stop()
    assert beside.run(os.getpid) == os.getpid()


def test_tables_reach_the_process_beside_and_come_back_as_they_would_be_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every type that a mart has, with an empty value of each, alone and in a dict."""
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    rows = duckdb.sql(
        "select * from (values (date '2019-01-31', timestamp '2019-01-31 10:00', true, 7, "
        "9000000000::bigint, 0.25::double, 1.50::decimal(9, 2), 'a team'), "
        "(null, null, null, null, null, null, null, null)) "
        "as rows (day, moment, flag, count, many, rate, exact, name)"
    )

    def written(found: object) -> tuple[list[object], list[object]]:
        table = duckdb.sql("from found")
        return table.types, table.fetchall()

    here = beside.run(pd.DataFrame.copy, rows)
    beside.start(libraries=())
    try:
        there = beside.run(pd.DataFrame.copy, rows)
        in_a_dict = beside.run(operator.itemgetter("rows"), {"rows": rows})
    finally:
        beside.stop()
    assert isinstance(here, pd.DataFrame)
    assert not isinstance(there, pd.DataFrame)
    assert written(there) == written(in_a_dict) == written(here)


def test_the_page_on_the_statistics_names_every_method_term_and_grade(
    compared: pd.DataFrame,
) -> None:
    text = (golden.ROOT / "docs" / "statistics.md").read_text("utf-8")
    tables = [
        compared,
        its(service(spread(4)), teams=teams(1.0)),
        people.survival(attendance(0.5), waits(60, 50), PROGRAMME),
    ]
    for table in tables:
        for method in table["method"].unique():
            assert f"`{method}`" in text
    for term in ("level", "level_2", "slope", "level_+3_months", "simple", "during", "after"):
        assert f"`{term}`" in text
    for grade, rule in GRADE_RULES.items():
        assert f"| `{grade}` | {rule} |" in text
