"""`statistics.control_chart`: other people's answers, and examples of books worked again."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from warehouse.statistics import control_chart
from warehouse.statistics.control_chart import g_chart, t_chart, u_chart, xmr

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "spc_golden"
CASES = json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8"))
COLUMNS = [
    "series", "date", "value", "segment", "mean", "lower_limit", "upper_limit", "special_cause",
    "side", "point_type", "trial_limits",
]  # fmt: skip
CAUSES = {
    "Common Cause": (None, 0),
    "Above UCL": ("outside", 1),
    "Below LCL": ("outside", -1),
    "7 Point Trend (Increasing)": ("trend", 1),
    "7 Point Trend (Decreasing)": ("trend", -1),
    "2 in 3 Above CL": ("two_in_three", 1),
    "2 in 3 Below CL": ("two_in_three", -1),
    "7 Points Above CL": ("shift", 1),
    "7 Points Below CL": ("shift", -1),
}


def golden(name: str) -> pd.DataFrame:
    frame = pd.read_csv(GOLDEN / name, dtype={"facet": str})
    frame["facet"] = frame["facet"].fillna("all")
    frame["date"] = pd.to_datetime(frame["date"])
    return frame


INPUTS, EXPECTED = golden("inputs.csv"), golden("expected_points.csv")


def months(values: list[Any], **columns: list[Any]) -> pd.DataFrame:
    """One row a value, at month ends from January 2016 on."""
    days = pd.date_range("2016-01-31", periods=len(values), freq="ME")
    return pd.DataFrame({"day": days, "value": values, **columns})


def chart(values: list[Any], **options: Any) -> pd.DataFrame:
    """The XmR chart of one series, whose trial limits are not what the test is about."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "1 series have a segment of fewer")
        return xmr(months(values), date="day", value="value", **options)


def causes(found: pd.DataFrame) -> list[tuple[str | None, int]]:
    return list(zip(found["special_cause"], found["side"], strict=True))


def events(gaps: list[float], first: str = "2016-01-01") -> pd.DataFrame:
    """Events with so many days between them: one more than there are gaps."""
    after = np.cumsum([0.0, *gaps])
    return pd.DataFrame({"day": pd.Timestamp(first) + pd.to_timedelta(after, unit="D")})


def test_there_are_57_series_of_others_and_one_that_they_refuse() -> None:
    assert len(CASES) == 57
    assert [case["case_id"] for case in CASES if case.get("error")] == ["syn_duplicate_month_a"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case_id"])
def test_limits_labels_and_icons_are_those_of_nhsrplotthedots(case: dict[str, Any]) -> None:
    given = INPUTS[INPUTS["case_id"] == case["case_id"]]
    kept = given.copy(deep=True)
    expected = EXPECTED[EXPECTED["case_id"] == case["case_id"]].reset_index(drop=True)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")

        def ask() -> pd.DataFrame:
            return xmr(
                given,
                date="date",
                value="value",
                series="facet",
                improvement=case["improvement_direction"],
                target=case["target"],
                rebase=case["rebase"] or (),
                fix_after=case["fix_after_n_points"],
                screen=case["screen_outliers"],
            )

        if case.get("error"):
            with pytest.raises(ValueError, match="the same date"):
                ask()
            return
        found = ask()
    pd.testing.assert_frame_equal(given, kept)
    assert len(found) == len(expected) > 0
    assert list(found.columns) == COLUMNS
    for ours, theirs in (("mean", "mean"), ("lower_limit", "lpl"), ("upper_limit", "upl")):
        np.testing.assert_allclose(found[ours], expected[theirs], rtol=1e-9, atol=0)
    assert causes(found) == [CAUSES[label] for label in expected["special_cause_type"]]
    for ours, theirs in (
        ("series", "facet"), ("date", "date"), ("value", "value"), ("segment", "rebase_group"),
        ("point_type", "point_type"), ("trial_limits", "short_group_warning"),
    ):  # fmt: skip
        pd.testing.assert_series_equal(
            found[ours], expected[theirs], check_names=False, check_dtype=False
        )
    assert found.attrs["icons"] == {
        facet: {"variation": icons["variation"], "assurance": icons["assurance"]}
        for facet, icons in case["icons"].items()
    }
    said = " ".join(str(one.message) for one in warned)
    assert ("trial limits" in said) is case["warned_short_group"]
    assert ("Nothing was rebased on 2019-04-15" in said) is (
        case["case_id"] == "syn_rebase_date_not_in_data_a"
    )
    # Whoever asked is named, and not a line in here.
    assert {Path(one.filename) for one in warned} <= {Path(__file__)}


def test_limits_are_the_mean_and_2_66_mean_ranges() -> None:
    """10, 12, 11: mean 11, ranges 2 and 1, mean range 1.5; 11 ± 2.66 × 1.5 is 7.01 and 14.99."""
    found = chart([10, 12, 11])
    assert list(found["mean"]) == [11.0] * 3
    assert list(found["lower_limit"]) == pytest.approx([7.01] * 3)
    assert list(found["upper_limit"]) == pytest.approx([14.99] * 3)
    assert list(found["trial_limits"]) == [True] * 3


def test_a_point_on_a_limit_is_inside() -> None:
    """By its spec one range is 100 and eleven are 0: mean range 100/12 without screening.

    Eleven zeros and 100, then the limit itself as a fourteenth point of a series fixed after 12:
    mean 100/12 = 8.333, ranges 0 × 10 and 100, mean 100/11; the upper limit is
    8.333 + 2.66 × 9.0909 = 32.515. A value of just that is inside, and one a thousandth above is out.
    """
    base = [0.0] * 11 + [100.0]
    upper = 100 / 12 + 2.66 * 100 / 11
    on = chart([*base, 0.0, upper], fix_after=12, screen=False)
    above = chart([*base, 0.0, upper + 0.001], fix_after=12, screen=False)
    assert on["upper_limit"].iloc[-1] == pytest.approx(upper)
    assert causes(on)[-1] == (None, 0)
    assert causes(above)[-1] == ("outside", 1)


def test_a_constant_series_has_no_signal_whatever_its_rounding() -> None:
    """0.1 + 0.2 is 0.30000000000000004: twenty of it beside 0.3 would be a run of rounding."""
    found = chart([0.1 + 0.2] * 10 + [0.3] * 10, target=0.3)
    assert set(causes(found)) == {(None, 0)}
    assert found.attrs["icons"]["all"] == {"variation": "common_cause", "assurance": "inconsistent"}


def test_a_missing_value_breaks_the_run_that_it_stands_in() -> None:
    """Seven of 6 and 9 below a mean of 10 are a shift; four, a gap and three are none."""
    low, high = [6, 9, 6, 9, 6, 9, 6], [14, 11, 14, 11, 14, 11, 14]
    whole = chart([*low, *high])
    broken = chart([*low[:4], np.nan, *low[4:], *high])
    assert causes(whole)[:7] == [("shift", -1)] * 7
    assert causes(broken)[:8] == [(None, 0)] * 8
    assert broken["point_type"].iloc[4] == "common_cause"
    assert math.isnan(broken["value"].iloc[4])
    assert broken["mean"].notna().all()


def test_a_rebase_starts_mean_and_runs_anew_and_says_which_dates_are_not_there() -> None:
    """14 points of 10 and 14, then 14 of 16 and 20: without a rebase two shifts, with one none."""
    frame = months([10, 14] * 7 + [16, 20] * 7)
    plain = xmr(frame, date="day", value="value")
    rebased = xmr(frame, date="day", value="value", rebase=[date(2017, 3, 31)])
    assert {cause for cause, _ in causes(plain)} == {"shift"}
    assert {cause for cause, _ in causes(rebased)} == {None}
    assert list(rebased["segment"]) == [0] * 14 + [1] * 14
    assert (rebased["mean"].iloc[0], rebased["mean"].iloc[-1]) == (12, 18)
    with pytest.warns(UserWarning, match="2017-03-30"):
        missed = xmr(frame, date="day", value="value", rebase=[date(2017, 3, 30)])
    pd.testing.assert_frame_equal(missed, plain)


def test_a_rebase_of_one_series_leaves_the_others() -> None:
    values = [10, 11] * 7 + [20, 21] * 7
    frame = pd.concat([months(values, team=[team] * 28) for team in ("B", "A")])
    found = xmr(frame, date="day", value="value", series="team", rebase={"B": [date(2017, 3, 31)]})
    assert list(found["series"]) == ["A"] * 28 + ["B"] * 28
    assert found.groupby("series")["segment"].max().to_dict() == {"A": 0, "B": 1}
    with pytest.warns(UserWarning, match="2017-03-31"):
        xmr(frame, date="day", value="value", series="team", rebase={"C": [date(2017, 3, 31)]})


def test_limits_are_clipped_where_a_rate_can_not_be_and_signals_stay() -> None:
    """Mean 0.05, mean range 0.1: 0.05 ± 0.266 reaches below 0, and a rate does not."""
    rates = [0.0, 0.1] * 10
    plain, clipped = chart(rates), chart(rates, bounds=(0, 1))
    assert plain["lower_limit"].iloc[0] == pytest.approx(0.05 - 0.266)
    assert set(clipped["lower_limit"]) == {0.0}
    assert list(clipped["upper_limit"]) == list(plain["upper_limit"])
    assert causes(clipped) == causes(plain)


def test_dates_come_back_as_they_were_given() -> None:
    days = [date(2019, 1, 1) + timedelta(days=n) for n in range(13)]
    frame = pd.DataFrame({"day": days[::-1], "value": [Decimal(n) for n in range(13)]})
    found = xmr(frame, date="day", value="value")
    assert list(found["date"]) == days
    assert list(found["value"]) == [float(n) for n in range(12, -1, -1)]
    assert list(found.index) == list(range(13))


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, None, *range(20)], dtype="Int64"),
        pd.Series([1.0, pd.NA, *map(float, range(20))], dtype=object),
        pd.Series([Decimal(1), None, *map(Decimal, range(20))], dtype=object),
        np.array([1, np.nan, *range(20)], dtype=np.float32),
    ],
    ids=["nullable", "pd.NA", "Decimal", "float32"],
)
def test_a_number_is_a_number_however_pandas_holds_it(values: Any) -> None:
    plain = xmr(months([1.0, np.nan, *map(float, range(20))]), date="day", value="value")
    frame = months([0.0] * 22)
    frame["value"] = values
    pd.testing.assert_frame_equal(xmr(frame, date="day", value="value"), plain)


def test_an_empty_frame_has_an_empty_chart() -> None:
    found = xmr(months([]), date="day", value="value")
    assert list(found.columns) == COLUMNS
    assert len(found) == 0
    assert found.attrs["icons"] == {}


def test_counts_per_wafer_are_those_of_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook 6.3.3.1: 400 defects on 25 wafers, c̄ = 16, limits 16 ± 3 √16: 4 and 28.

    The third wafer has 28: on the limit, and so inside. The 24th has 31: outside.
    """
    defects = [
        16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31, 13,
    ]  # fmt: skip
    frame = months([1] * 25, defects=defects).rename(columns={"value": "wafers"})
    found = u_chart(frame, date="day", count="defects", exposure="wafers", improvement="decrease")
    assert set(found["mean"]) == {16.0}
    assert set(found["lower_limit"]) == {4.0}
    assert set(found["upper_limit"]) == {28.0}
    assert [row for row, (cause, _) in enumerate(causes(found)) if cause == "outside"] == [23]
    assert found["point_type"].iloc[23] == "special_cause_concern"


def test_a_u_chart_of_equal_exposures_is_montgomerys_of_shipments() -> None:
    """Errors in 50 shipments a week, 20 weeks (Montgomery, 6th edition, section 7.3.1).

    74 errors ÷ 1,000 shipments: ū = 0.0740; 0.0740 ± 3 √(0.0740 ÷ 50) = 0.1894 and below 0: 0.
    """
    errors = [2, 3, 8, 1, 1, 4, 1, 4, 5, 1, 8, 2, 4, 3, 4, 1, 8, 3, 7, 4]
    frame = months(errors, shipments=[50] * 20)
    found = u_chart(frame, date="day", count="value", exposure="shipments")
    assert found["mean"].iloc[0] == pytest.approx(0.0740)
    assert found["upper_limit"].iloc[0] == pytest.approx(0.1894, abs=5e-5)
    assert set(found["lower_limit"]) == {0.0}
    assert "outside" not in set(found["special_cause"])


def test_a_u_chart_has_limits_of_each_points_own_exposure() -> None:
    """Faults in ten rolls of dyed cloth (Montgomery, section 7.3.2): 153 ÷ 107.5 units, ū = 1.42.

    Roll 1 of 10 units: 1.4233 ± 3 √(1.4233 ÷ 10) = 0.29 and 2.55; roll 3 of 13: 0.43 and 2.42.
    """
    faults = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23]
    units = [10.0, 8.0, 13.0, 10.0, 9.5, 10.0, 12.0, 10.5, 12.0, 12.5]
    frame = months(faults, units=units)
    with pytest.warns(UserWarning, match="trial limits"):
        found = u_chart(frame, date="day", count="value", exposure="units")
    assert found["mean"].iloc[0] == pytest.approx(153 / 107.5)
    assert found["lower_limit"].iloc[0] == pytest.approx(0.29, abs=0.005)
    assert found["upper_limit"].iloc[0] == pytest.approx(2.555, abs=0.001)
    assert found["lower_limit"].iloc[2] == pytest.approx(0.431, abs=0.001)
    assert found["upper_limit"].iloc[2] == pytest.approx(2.416, abs=0.001)
    assert list(found["value"]) == pytest.approx(
        [n / d for n, d in zip(faults, units, strict=True)]
    )


def test_a_month_without_anybody_in_post_has_no_rate_and_no_limits() -> None:
    """12 leavers of 120 person-months; the third month is not known: ū = 0.1 of the others."""
    frame = months([1.0] * 12 + [np.nan], staff=[10.0] * 12 + [np.nan])
    found = u_chart(frame, date="day", count="value", exposure="staff")
    assert list(found["mean"]) == pytest.approx([0.1] * 13)
    assert found.iloc[-1][["value", "lower_limit", "upper_limit"]].isna().all()
    assert causes(found)[-1] == (None, 0)


INFECTIONS = (
    "0417 0417 0417 0419 0420 0503 0505 0505 0506 0507 0508 0509 0509 0510 0511 0527 0527 0528 0529 "
    "0531 0610 0611 0612 0614 0616 0616 0618 0621 0621"
)


def test_days_between_infections_are_charted_as_benneyan_does() -> None:
    """29 infections (Benneyan 1998, as the SAS/QC manual gives their dates), 17 April to 21 June.

    65 days in 28 gaps: x̄ = 2.3214; √(2.3214 × 3.3214) = 2.7768; the upper limit is
    2.3214 + 3 × 2.7768 = 10.652, the lower 0. Two gaps are longer, 13 and 16 days, to 3 and 27 May.
    """
    days = [date(1995, int(day[:2]), int(day[2:])) for day in INFECTIONS.split()]
    found = g_chart(pd.DataFrame({"day": days}), event_date="day")
    assert len(found) == 28
    assert list(found["value"]) == [(after - before).days for before, after in pairwise(days)]
    assert found["mean"].iloc[0] == pytest.approx(65 / 28)
    assert found["upper_limit"].iloc[0] == pytest.approx(10.652, abs=0.001)
    assert set(found["lower_limit"]) == {0.0}
    outside = found[found["special_cause"] == "outside"]
    assert list(outside["date"]) == [date(1995, 5, 3), date(1995, 5, 27)]
    assert set(outside["point_type"]) == {"special_cause_improvement"}


def test_a_stable_series_of_rare_events_runs_below_the_middle_as_seldom_as_above() -> None:
    """Days between events are skew: 63 % lie below their mean, and half below 0.693 of it.

    Of 100,000 gaps with a mean of 20 days (geometric, one seed): beside the mean, a chance of
    0.63^7 = 4 % at each point for a run below; beside the median, 0.5^7 = 0.8 % on either side.
    """
    drawn = np.random.default_rng(20190131).geometric(1 / 21, 100_000) - 1
    found = g_chart(events([float(gap) for gap in drawn], "1800-01-01"), event_date="day")
    shifts = found.loc[found["special_cause"] == "shift", "side"]
    below, above = (shifts == -1).mean(), (shifts == 1).mean()
    assert below / above < 1.5
    # Some two in a hundred lie above the limit, e^-4, as the docstring warns.
    outside = (found["special_cause"] == "outside").mean()
    assert 0.014 < outside < 0.022


def test_of_stable_series_every_second_shows_a_signal_somewhere() -> None:
    """So a signal is a reason to ask, and no proof: the docstring and the documents say how often.

    500 series of 60 normal values, one seed: some 47 % with a signal, 5 % of points, mostly runs.
    """
    drawn = np.random.default_rng(20200131).normal(size=500 * 60)
    frame = pd.concat([months(list(part)) for part in drawn.reshape(500, 60)], ignore_index=True)
    frame["name"] = np.repeat(np.arange(500), 60)
    found = xmr(frame, date="day", value="value", series="name")
    signals = found["side"] != 0
    assert 0.40 < signals.groupby(found["series"]).any().mean() < 0.55
    assert 2.5 < signals.sum() / 500 < 4
    assert (found["special_cause"] == "shift").sum() / signals.sum() > 0.75


VALVE = [
    286,
    948,
    536,
    124,
    816,
    729,
    4,
    143,
    431,
    8,
    2837,
    596,
    81,
    227,
    603,
    492,
    1199,
    1214,
    2831,
    96,
]


def test_time_between_valve_failures_is_charted_as_montgomery_does() -> None:
    """Hours between failures of a valve (Montgomery, section 7.3.5), to the power 1/3.6.

    y: 4.81, 6.71, 5.73, …; ȳ = 5.389, mean moving range 2.361; ȳ ± 2.66 × 2.361 is 11.669 and
    below 0. No point is outside. Turned back: 5.389^3.6 = 430 hours, 11.669^3.6 = 6,940.
    """
    hours = [float(hour) for hour in VALVE]
    found = t_chart(events([hour / 24 for hour in hours]), event_date="day")
    y = [hour ** (1 / 3.6) for hour in hours]
    ranges = [abs(after - before) for before, after in pairwise(y)]
    centre, mean_range = sum(y) / 20, sum(ranges) / 19
    assert (centre, mean_range) == (
        pytest.approx(5.389, abs=0.001),
        pytest.approx(2.361, abs=0.001),
    )
    assert list(found["value"] * 24) == pytest.approx(hours)
    assert found["mean"].iloc[0] * 24 == pytest.approx(centre**3.6)
    assert found["upper_limit"].iloc[0] * 24 == pytest.approx((centre + 2.66 * mean_range) ** 3.6)
    assert found["upper_limit"].iloc[0] * 24 == pytest.approx(6940, rel=0.0001)
    assert set(found["lower_limit"]) == {0.0}
    assert set(causes(found)) == {(None, 0)}


def test_a_rebase_of_events_begins_with_the_first_that_ends_on_or_after_it() -> None:
    """Events 10 days apart, then 30: no event on 1 May 2016, so the gap that ends on 20 May is first."""
    frame = events([10.0] * 13 + [30.0] * 13, "2016-01-01")
    found = g_chart(frame, event_date="day", rebase=[date(2016, 5, 11)])
    assert list(found["segment"]) == [0] * 13 + [1] * 13
    assert list(found["date"])[13] == pd.Timestamp("2016-06-09")
    assert list(found["mean"]) == pytest.approx([10.0] * 13 + [30.0] * 13)
    with pytest.warns(UserWarning, match="2030-01-01"):
        g_chart(frame, event_date="day", rebase=[date(2030, 1, 1)])


def test_a_single_event_has_no_time_between() -> None:
    assert len(g_chart(events([]), event_date="day")) == 0
    assert len(t_chart(events([]), event_date="day")) == 0


def test_a_longer_time_without_a_bad_event_is_an_improvement() -> None:
    """Thirteen gaps of 2 and 3 days, then one of 100: a rare event that became rarer."""
    found = t_chart(events([2.0, 3.0] * 7 + [100.0]), event_date="day", target=1.0)
    assert causes(found)[-1] == ("outside", 1)
    assert found.attrs["icons"]["all"] == {"variation": "improvement_high", "assurance": "pass"}


GOOD = months([float(n % 5) for n in range(20)], staff=[10.0] * 20, team=["A"] * 20)


def spoilt(**columns: Any) -> pd.DataFrame:
    """The good frame with one column put in another's place, or one value in the first row."""
    frame = GOOD.copy()
    for name, value in columns.items():
        if isinstance(value, list):
            frame[name] = value
        else:
            frame[name] = frame[name].astype(object)
            frame.loc[0, name] = value
    return frame


def by_xmr(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return xmr(frame, date="day", value="value", **options)


def by_u(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return u_chart(frame, date="day", count="value", exposure="staff", **options)


def by_g(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return g_chart(frame, event_date="day", **options)


def by_t(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return t_chart(frame, event_date="day", **options)


@pytest.mark.parametrize("ask", [by_xmr, by_u, by_g, by_t])
@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        (GOOD.drop(columns="day"), {}, "0 columns day"),
        (pd.concat([GOOD, GOOD[["day"]]], axis="columns"), {}, "2 columns day"),
        (spoilt(day=None), {}, "day holds .*missing"),
        (spoilt(day=pd.NaT), {}, "day holds .*missing"),
        (spoilt(day=20190131), {}, "day holds something that is missing or no date"),
        (spoilt(day="31/01/2019"), {}, "day holds a date that cannot be read"),
        (GOOD, {"series": "nobody"}, "0 columns nobody"),
        (spoilt(team=None), {"series": "team"}, "team is empty"),
        (GOOD, {"improvement": "up"}, "one of increase, decrease, neutral"),
        (GOOD, {"improvement": None}, "one of increase, decrease, neutral"),
        (GOOD, {"fix_after": 11}, "12 or more"),
        (GOOD, {"fix_after": 12.5}, "12 or more"),
        (GOOD, {"fix_after": True}, "12 or more"),
        (GOOD, {"target": "high"}, "target holds something that is no number"),
        (GOOD, {"target": {"all": math.inf}}, "target holds a number that is missing or infinite"),
        (GOOD, {"target": -1, "bounds": (0, None)}, "A target lies outside bounds"),
        (GOOD, {"bounds": (1, 0)}, "below the second"),
        (GOOD, {"bounds": 0}, "a pair"),
        (GOOD, {"rebase": ["soon"]}, "rebase holds a date that cannot be read"),
        (GOOD, {"rebase": 2019}, "rebase has to be"),
        (GOOD, {"rebase": [None]}, "rebase holds"),
        (GOOD, {"rebase": [pd.Timestamp("2019-01-31", tz="UTC")]}, "time zone"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    ask: Callable[..., pd.DataFrame], frame: pd.DataFrame, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        ask(frame, **options)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("ask", "frame", "options", "said"),
    [
        (by_xmr, spoilt(value="3"), {}, "value holds something that is no number"),
        (by_xmr, spoilt(value=[True] * 20), {}, "value holds something that is no number"),
        (by_xmr, spoilt(value=math.inf), {}, "value holds an infinite number"),
        (by_xmr, spoilt(value=[1j] * 20), {}, "no number|complex"),
        (by_xmr, pd.concat([GOOD, GOOD.iloc[[3]]]), {}, "the same date"),
        (by_u, pd.concat([GOOD, GOOD.iloc[[3]]]), {}, "the same date"),
        (by_t, pd.concat([GOOD, GOOD.iloc[[3]]]), {}, "the same date.* take g_chart"),
        (by_xmr, GOOD, {"bounds": (0, 1)}, "outside bounds"),
        (by_u, spoilt(value=-1.0), {}, "value is below 0"),
        (by_u, spoilt(staff=0), {}, "staff is 0 or below"),
        (by_u, spoilt(staff=-3.0), {}, "staff is 0 or below"),
        (by_u, spoilt(staff="ten"), {}, "staff holds something that is no number"),
        (by_xmr, [1, 2, 3], {}, "pandas DataFrame"),
    ],
)
def test_bad_figures_are_refused_with_a_sentence(
    ask: Callable[..., pd.DataFrame], frame: Any, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        ask(frame, **options)
    assert str(refused.value).endswith(".")


def test_the_module_needs_nothing_heavier_than_pandas() -> None:
    """It runs in every night's build."""
    source = Path(control_chart.__file__).read_text(encoding="utf-8")
    assert not [
        name for name in ("scipy", "statsmodels", "lifelines") if f"import {name}" in source
    ]
