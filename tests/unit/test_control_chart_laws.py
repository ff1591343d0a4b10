"""What holds of every control chart, whatever the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.statistics.control_chart import g_chart, t_chart, u_chart, xmr

pytestmark = pytest.mark.filterwarnings("ignore:.*trial limits:UserWarning")

LABELS = ["special_cause", "side", "segment", "trial_limits"]
JUDGED = [*LABELS, "point_type"]
LIMITS = ["mean", "lower_limit", "upper_limit"]
# Without a deadline: how long an example takes says more of the machine than of the chart.
LAW = settings(max_examples=40, deadline=None)
DAYS = pd.date_range("2016-01-31", periods=60, freq="ME")

# Whole numbers, a few of them missing: sums are exact, so that a law is not one of rounding. Runs of
# one level and steps make each rule fire now and then.
FIGURES = st.lists(st.integers(0, 12) | st.none(), min_size=1, max_size=40)
RUNS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 9), st.integers(-2, 2)), min_size=1, max_size=6
).map(lambda runs: [level + step * n for level, length, step in runs for n in range(length)])
SERIES = FIGURES | RUNS
REBASES = st.sets(st.integers(0, 39), max_size=2)


def frame_of(values: list[int | None]) -> pd.DataFrame:
    figures = [np.nan if value is None else float(value) for value in values]
    return pd.DataFrame({"day": DAYS[: len(values)], "value": figures, "team": "A"})


def chart(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return xmr(frame, date="day", value="value", **options)


def of(values: list[Any], rebases: set[int], **options: Any) -> pd.DataFrame:
    dates = [DAYS[place] for place in rebases if place < len(values)]
    return chart(frame_of(values), rebase=dates, **options)


@LAW
@given(SERIES, REBASES, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_the_rows_does_not_matter(
    values: list[int | None], rebases: set[int], chance: Any, screen: bool
) -> None:
    frame = frame_of(values)
    places = list(range(len(values)))
    chance.shuffle(places)
    shuffled = frame.iloc[places]
    dates = [DAYS[place] for place in rebases if place < len(values)]
    found = chart(shuffled, rebase=dates, screen=screen)
    pd.testing.assert_frame_equal(found, chart(frame, rebase=dates, screen=screen))


@LAW
@given(SERIES, REBASES, st.integers(-1000, 1000), st.sampled_from([0.25, 0.5, 2, 8]))
def test_shift_and_scale_move_the_limits_and_no_label(
    values: list[int | None], rebases: set[int], shift: int, scale: float
) -> None:
    """In other units, such as days for hours, the chart says the same."""
    plain = of(values, rebases)
    moved = [None if value is None else value * scale + shift for value in values]
    found = of(moved, rebases)
    assert found[JUDGED].equals(plain[JUDGED])
    for limit in LIMITS:
        np.testing.assert_allclose(found[limit], plain[limit] * scale + shift, rtol=1e-9, atol=1e-9)


@LAW
@given(SERIES, REBASES)
def test_turned_upside_down_every_cause_changes_side(
    values: list[int | None], rebases: set[int]
) -> None:
    plain = of(values, rebases)
    found = of([None if value is None else -value for value in values], rebases)
    assert found["special_cause"].equals(plain["special_cause"])
    assert list(found["side"]) == [-side for side in plain["side"]]
    np.testing.assert_allclose(found["lower_limit"], -plain["upper_limit"], rtol=1e-9, atol=1e-9)


@LAW
@given(SERIES, REBASES)
def test_what_is_improvement_the_other_way_is_concern(
    values: list[int | None], rebases: set[int]
) -> None:
    swapped = {
        "special_cause_improvement": "special_cause_concern",
        "special_cause_concern": "special_cause_improvement",
        "common_cause": "common_cause",
    }
    up = of(values, rebases, improvement="increase")
    down = of(values, rebases, improvement="decrease")
    neutral = of(values, rebases, improvement="neutral")
    assert up[LABELS].equals(down[LABELS])
    assert up[LABELS].equals(neutral[LABELS])
    assert [swapped[one] for one in up["point_type"]] == list(down["point_type"])
    icons = [found.attrs["icons"]["all"]["variation"] for found in (up, down, neutral)]
    assert len({icon.partition("_")[2] for icon in icons}) == 1


@LAW
@given(SERIES, SERIES, REBASES)
def test_one_series_does_not_depend_on_another(
    one: list[int | None], other: list[int | None], rebases: set[int]
) -> None:
    dates = [DAYS[place] for place in rebases if place < min(len(one), len(other))]
    both = pd.concat([frame_of(other).assign(team="B"), frame_of(one)])
    found = chart(both, series="team", rebase=dates, target={"B": 5})
    alone = chart(frame_of(one), series="team", rebase=dates)
    pd.testing.assert_frame_equal(found[found["series"] == "A"], alone)
    assert found.attrs["icons"]["A"] == alone.attrs["icons"]["A"]


@LAW
@given(SERIES, SERIES)
def test_a_segment_is_judged_as_if_it_were_alone(
    before: list[int | None], after: list[int | None]
) -> None:
    """No rule crosses a rebase."""
    frame = frame_of([*before, *after][: len(DAYS)])
    if len(frame) <= len(before):
        frame = frame_of([*before[:20], *after[:20]])
        before = before[:20]
    whole = chart(frame, rebase=[DAYS[len(before)]])
    second = chart(frame.iloc[len(before) :])
    kept = ["special_cause", "side", "point_type", "trial_limits", *LIMITS]
    found = whole.iloc[len(before) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[kept], second[kept])
    assert set(found["segment"]) == {1}


@LAW
@given(SERIES, REBASES, st.booleans())
def test_a_cause_is_what_its_rule_says(
    values: list[int | None], rebases: set[int], screen: bool
) -> None:
    """Each label against its rule's own words; and what lies outside always says so."""
    found = of(values, rebases, screen=screen)
    for row in found.itertuples():
        assert (row.side != 0) == (row.special_cause is not None)
        beyond = row.value > row.upper_limit + 1e-6 or row.value < row.lower_limit - 1e-6
        if beyond:
            assert row.special_cause == "outside"
        if row.special_cause == "outside":
            assert (row.value > row.mean) == (row.side > 0)
            assert row.value >= row.upper_limit or row.value <= row.lower_limit
        if row.special_cause in ("shift", "two_in_three"):
            assert (row.value > row.mean) == (row.side > 0)
    for number, label in ((7, "shift"), (7, "trend")):
        for _, segment in found.groupby("segment"):
            if len(segment) < number:
                assert label not in set(segment["special_cause"])


@LAW
@given(SERIES, st.integers(0, 40), REBASES)
def test_clipping_moves_no_label(
    values: list[int | None], headroom: int, rebases: set[int]
) -> None:
    known = [value for value in values if value is not None]
    low, high = min(known, default=0), max(known, default=0) + headroom + 1
    plain, clipped = of(values, rebases), of(values, rebases, bounds=(low, high))
    assert clipped[JUDGED].equals(plain[JUDGED])
    limits = clipped[["lower_limit", "upper_limit"]].to_numpy().ravel()
    limits = limits[~np.isnan(limits)]
    assert ((limits >= low) & (limits <= high)).all()


@LAW
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30)), min_size=1, max_size=40))
def test_a_rate_in_thousands_says_the_same_as_in_ones(pairs: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame(pairs, columns=["count", "staff"]).assign(day=DAYS[: len(pairs)])
    plain = u_chart(frame, date="day", count="count", exposure="staff")
    frame["staff"] = frame["staff"] / 1024
    found = u_chart(frame, date="day", count="count", exposure="staff")
    assert found[JUDGED].equals(plain[JUDGED])
    for limit in LIMITS:
        np.testing.assert_allclose(found[limit], plain[limit] * 1024, rtol=1e-9, atol=1e-9)
    assert found["mean"].iloc[0] * frame["staff"].sum() == pytest.approx(frame["count"].sum())
    assert (found["lower_limit"] >= 0).all()


@LAW
@given(st.lists(st.integers(1, 200), min_size=1, max_size=60))
def test_events_say_the_same_on_whatever_day_they_began(gaps: list[int]) -> None:
    """Only the days between count; as many as there are gaps; the lower limit of a g-chart is 0."""
    for ask in (g_chart, t_chart):
        frames = [
            pd.DataFrame(
                {"day": pd.Timestamp(first) + pd.to_timedelta(np.cumsum([0, *gaps]), unit="D")}
            )
            for first in ("2016-02-28", "2019-07-01")
        ]
        one, other = (ask(frame, event_date="day") for frame in frames)
        assert list(one["value"]) == pytest.approx(gaps)
        pd.testing.assert_frame_equal(one.drop(columns="date"), other.drop(columns="date"))
        assert (one["lower_limit"].dropna() >= 0).all()
    longer = (one["upper_limit"] >= one["mean"]) | one["upper_limit"].isna()
    assert longer.all()


@LAW
@given(st.lists(st.integers(1, 200), min_size=2, max_size=60), REBASES)
def test_a_t_chart_is_the_xmr_chart_of_the_power(gaps: list[int], rebases: set[int]) -> None:
    """y = t^(1/3.6): causes and sides are those of y, limits are those of y to the power 3.6."""
    days = pd.Timestamp("2016-01-01") + pd.to_timedelta(np.cumsum([0, *gaps]), unit="D")
    dates = [days[place + 1] for place in rebases if place < len(gaps)]
    found = t_chart(pd.DataFrame({"day": days}), event_date="day", rebase=dates)
    powers = pd.DataFrame({"day": days[1:], "value": np.array(gaps) ** (1 / 3.6)})
    plain = chart(powers, rebase=dates)
    assert found[JUDGED].equals(plain[JUDGED])
    for limit in LIMITS:
        turned = np.maximum(plain[limit], 0) ** 3.6
        np.testing.assert_allclose(found[limit], turned, rtol=1e-9, atol=1e-9)


@LAW
@given(SERIES, REBASES)
def test_the_frame_that_is_given_is_never_changed(
    values: list[int | None], rebases: set[int]
) -> None:
    frame = frame_of(values)
    kept = frame.copy(deep=True)
    dates = [DAYS[place] for place in rebases if place < len(values)]
    found = chart(frame, rebase=dates, series="team")
    found.loc[:, "value"] = -1.0
    pd.testing.assert_frame_equal(frame, kept)
