"""`statistics.interrupted.segmented`, against R on the seat belt law, and by its own laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import golden
from warehouse.statistics import interrupted

LAW = 170  # February 1983, counted from January 1969
ARGUMENTS: dict[str, Any] = {
    "time": "t",
    "count": "drivers",
    "exposure": None,
    "interruption": LAW,
}


@pytest.fixture(scope="module")
def seatbelts() -> pd.DataFrame:
    frame = golden.table("its", "seatbelts.csv")
    frame["t"] = range(1, len(frame) + 1)
    frame["log_drivers"] = np.log(frame["drivers"])
    frame["log_petrol"] = np.log(frame["PetrolPrice"])
    frame["log_kms"] = np.log(frame["kms"])
    return frame


def of(result: pd.DataFrame, term: str) -> Any:
    return result.set_index("term").loc[term]


def leavers(n: int = 48, start: int = 25, **columns: Any) -> pd.DataFrame:
    """Four leavers a month before `start` and two from then on, with a ripple, of 200 staff-months."""
    months = np.arange(1, n + 1)
    counts = np.where(months < start, 4, 2) + (months % 3 == 0) - (months % 5 == 0)
    return pd.DataFrame({"month": months, "leavers": counts, "staff": 200.0, **columns})


def fitted(frame: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    arguments: dict[str, Any] = {
        "time": "month",
        "count": "leavers",
        "exposure": "staff",
        "interruption": 25,
        "harmonics": 0,
    }
    return interrupted.segmented(frame, **(arguments | changes))


def test_the_seat_belt_law_is_as_r_has_it(seatbelts: pd.DataFrame) -> None:
    result = interrupted.segmented(seatbelts, **ARGUMENTS)
    wanted = golden.expected("its")["seatbelts_quasipoisson"]
    level = of(result, "level")
    assert result.attrs["dispersion"] == pytest.approx(wanted["dispersion_pearson"], abs=1e-6)
    assert level["coefficient"] == pytest.approx(wanted["law"]["coef"], abs=1e-6)
    assert level["se_model"] == pytest.approx(wanted["law"]["se"], abs=1e-6)
    assert level["rate_ratio"] == pytest.approx(wanted["law"]["rr"], abs=1e-6)
    # The model's error is the larger of the two here, so the interval is R's.
    assert level["se"] == level["se_model"] > level["se_hac"]
    assert level["lower_95"] == pytest.approx(wanted["law"]["lo"], abs=1e-6)
    assert level["upper_95"] == pytest.approx(wanted["law"]["hi"], abs=1e-6)
    assert list(result.index) == list(range(7))
    assert list(result["term"]) == [
        "intercept",
        "trend",
        "level",
        "sin_1",
        "cos_1",
        "sin_2",
        "cos_2",
    ]
    # 192 months less 7 terms.
    assert (result.attrs["n"], result.attrs["df_resid"]) == (192, 185)


def test_a_measurement_with_free_months_and_covariates_is_as_r_has_it(
    seatbelts: pd.DataFrame,
) -> None:
    """Six harmonics of twelve months are eleven terms, as many as month dummies."""
    result = interrupted.segmented(
        seatbelts,
        **ARGUMENTS | {"count": "log_drivers"},
        harmonics=6,
        family="gaussian",
        covariates=["log_petrol", "log_kms"],
        hac_lags=12,
    )
    wanted = golden.expected("its")["seatbelts_loglinear"]
    level = of(result, "level")
    assert level["coefficient"] == pytest.approx(wanted["law"]["coef"], abs=1e-6)
    assert level["se_model"] == pytest.approx(wanted["law"]["se_ols"], abs=1e-6)
    assert level["se_hac"] == pytest.approx(wanted["law"]["se_newey_west_lag12"], abs=1e-6)
    assert level["se"] == level["se_hac"]
    assert level["lower_95"] == pytest.approx(level["coefficient"] - 1.959964 * level["se"])
    assert of(result, "log_petrol")["coefficient"] == pytest.approx(wanted["log_petrol"], abs=1e-6)
    assert of(result, "log_kms")["coefficient"] == pytest.approx(wanted["log_kms"], abs=1e-6)
    assert result["rate_ratio"].isna().all()
    assert "sin_6" not in set(result["term"])
    assert "cos_6" in set(result["term"])


def test_without_trend_or_season_the_level_is_the_ratio_of_the_rates() -> None:
    """An even series: 4 of 200 before and 1 of 100 after is 0.02 and 0.01, a half."""
    frame = pd.DataFrame(
        {
            "month": range(1, 41),
            "leavers": [4] * 20 + [1] * 20,
            "staff": [200.0] * 20 + [100.0] * 20,
        }
    )
    result = fitted(frame, interruption=21)
    assert of(result, "level")["rate_ratio"] == pytest.approx(0.5)
    assert of(result, "trend")["coefficient"] == pytest.approx(0, abs=1e-9)
    assert of(result, "intercept")["rate_ratio"] == pytest.approx(0.02)


def test_slopes_count_from_one_in_the_first_affected_period() -> None:
    """y = 10 + t, then 3 more and 2 more a period: at t = 5, the first affected, 10 + 5 + 3 + 2.

    The second step, from t = 9 on, takes 7 away and adds 1 a period.
    """
    t = np.arange(1, 13)
    value = 10.0 + t + np.where(t >= 5, 3 + 2 * (t - 4), 0) + np.where(t >= 9, -7 + (t - 8), 0)
    result = interrupted.segmented(
        pd.DataFrame({"t": t, "y": value}),
        time="t",
        count="y",
        exposure=None,
        interruption=5,
        further_segments=[9],
        slope_change=True,
        harmonics=0,
        family="gaussian",
    )
    assert list(result["term"]) == ["intercept", "trend", "level", "slope", "level_2", "slope_2"]
    assert list(result["coefficient"]) == pytest.approx([10, 1, 3, 2, -7, 1])


def test_a_washout_leaves_periods_out_and_the_clock_going() -> None:
    """Months 25 to 27 are wild and empty; without them 0.5 holds, and the slope goes on from 4."""
    frame = leavers().astype({"leavers": "float64"})
    frame.loc[frame["month"].isin([25, 26, 27]), "leavers"] = [900.0, np.nan, 900.0]
    with_washout = fitted(frame, washout=3)
    without_rows = frame[~frame["month"].isin([25, 26, 27])]
    assert with_washout.attrs["n"] == len(without_rows) == 45
    t = np.arange(1, 25)
    value = np.where(t >= 13, 5.0 + 2 * (t - 12), 5.0)
    slope = interrupted.segmented(
        pd.DataFrame({"t": t, "y": value}),
        time="t",
        count="y",
        exposure=None,
        interruption=13,
        washout=3,
        slope_change=True,
        harmonics=0,
        family="gaussian",
    )
    assert of(slope, "slope")["coefficient"] == pytest.approx(2)
    assert of(slope, "level")["coefficient"] == pytest.approx(0, abs=1e-9)


def test_the_automatic_lags_are_those_of_newey_and_west(seatbelts: pd.DataFrame) -> None:
    """192 months: 4 x 1.92 ^ (2/9) is 4.62, so 4 lags."""
    automatic = interrupted.segmented(seatbelts, **ARGUMENTS)
    four = interrupted.segmented(seatbelts, **ARGUMENTS, hac_lags=4)
    five = interrupted.segmented(seatbelts, **ARGUMENTS, hac_lags=5)
    assert of(automatic, "level")["se_hac"] == of(four, "level")["se_hac"]
    assert of(automatic, "level")["se_hac"] != of(five, "level")["se_hac"]


def test_a_negative_binomial_is_as_its_joint_maximum_likelihood() -> None:
    """statsmodels' own NB2 maximises over the dispersion and the coefficients at once."""
    import statsmodels.discrete.discrete_model as discrete
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    random = np.random.default_rng(7)
    months = np.arange(1, 121)
    staff = 150.0 + 50 * random.random(120)
    means = staff * 0.03 * np.where(months >= 61, 0.6, 1.0)
    frame = pd.DataFrame(
        {
            "month": months,
            "leavers": random.poisson(means * random.gamma(2.0, 0.5, 120)),
            "staff": staff,
        }
    )
    result = fitted(frame, interruption=61, family="negative_binomial")
    design = np.column_stack([np.ones(120), months, (months >= 61).astype("float64")])
    joint = discrete.NegativeBinomial(frame["leavers"], design, exposure=staff).fit(
        start_params=[*result["coefficient"], 0.5], method="newton", disp=False, maxiter=200
    )
    assert joint.mle_retvals["converged"]
    assert list(result["coefficient"]) == pytest.approx(list(joint.params[:3]), abs=1e-5)
    alpha = result.attrs["checks"]["overdispersion"]["alpha"]
    assert alpha == pytest.approx(joint.params.iloc[3], rel=1e-4)
    # With the dispersion taken as known, as R's glm.nb has it: no further scale.
    known = GLM(
        frame["leavers"], design, family=families.NegativeBinomial(alpha=alpha), exposure=staff
    ).fit()
    assert list(result["se_model"]) == pytest.approx(list(known.bse), rel=1e-6)


def test_counts_that_vary_no_more_than_chance_need_no_negative_binomial() -> None:
    """Counts as even as these are have no overdispersion, so it comes to the Poisson's figures."""
    poisson, binomial = fitted(leavers()), fitted(leavers(), family="negative_binomial")
    assert binomial.attrs["checks"]["overdispersion"]["alpha"] < 1e-6
    assert list(binomial["coefficient"]) == pytest.approx(list(poisson["coefficient"]), abs=1e-6)


def test_month_ends_are_counted_from_one() -> None:
    numbered = leavers()
    ends = pd.date_range("2017-01-31", periods=48, freq="ME")
    for dates, mark in (
        (pd.Series(ends), pd.Timestamp("2019-01-31")),
        (pd.Series(ends.date), ends[24].date()),
        (pd.Series(ends.to_period("M")), pd.Period("2019-01", "M")),
        (pd.Series(ends.strftime("%Y-%m-%d")), "2019-01-31"),
        (pd.Series(ends), "2019-01-31"),
    ):
        result = fitted(numbered.assign(month=dates), interruption=mark, harmonics=2)
        pd.testing.assert_frame_equal(result, fitted(numbered, harmonics=2))


def test_the_checks_say_what_a_reader_has_to_know(seatbelts: pd.DataFrame) -> None:
    """Deaths by month hang together strongly: 12 lags, chi-square far beyond 21.0 (5 %)."""
    checks = interrupted.segmented(seatbelts, **ARGUMENTS).attrs["checks"]
    assert checks["residual_autocorrelation"]["passed"] is False
    assert checks["residual_autocorrelation"]["lags"] == 12
    assert checks["residual_autocorrelation"]["statistic"] > 21.0
    assert checks["overdispersion"]["pearson_dispersion"] == pytest.approx(15.646, abs=1e-3)
    assert checks["periods"] == {
        "passed": True,
        "n_before": 169,
        "n_after": 23,
        "events_before": float(seatbelts["drivers"].iloc[:169].sum()),
        "events_after": float(seatbelts["drivers"].iloc[169:].sum()),
        "sentence": "169 periods before and 23 from then on.",
    }
    short = fitted(leavers(30, start=25)).attrs["checks"]["periods"]
    assert short["passed"] is False
    assert short["sentence"].startswith("24 periods before and 6 from then on: fewer")


def test_residual_autocorrelation_is_as_statsmodels_has_it() -> None:
    from statsmodels.stats.diagnostic import acorr_ljungbox

    random = np.random.default_rng(3)
    y = np.cumsum(random.normal(size=60)) * 0.3 + random.normal(size=60)
    frame = pd.DataFrame({"t": range(60), "y": y})
    result = interrupted.segmented(
        frame, time="t", count="y", exposure=None, interruption=30, family="gaussian", harmonics=0
    )
    design = np.column_stack([np.ones(60), range(60), [0] * 30 + [1] * 30])
    residuals = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    theirs = acorr_ljungbox(residuals, lags=[12]).iloc[0]
    ours = result.attrs["checks"]["residual_autocorrelation"]
    assert ours["statistic"] == pytest.approx(theirs["lb_stat"])
    assert ours["p_value"] == pytest.approx(theirs["lb_pvalue"])


REFUSED: list[tuple[str, pd.DataFrame, dict[str, Any], str]] = [
    ("no column", leavers().drop(columns="leavers"), {}, "no column leavers"),
    ("no exposure column", leavers(), {"exposure": "posts"}, "no column posts"),
    ("no covariate", leavers(), {"covariates": ["x"]}, "no column x"),
    ("no rows", leavers().head(0), {}, "no rows"),
    ("unsorted", leavers().iloc[::-1], {}, "Sort it"),
    ("a gap", leavers().drop(index=5), {}, "does not rise by one"),
    ("a month twice", leavers().assign(month=[1, 1, *range(2, 48)]), {}, "does not rise by one"),
    ("an empty month", leavers().assign(month=[None, *range(2, 49)]), {}, "empty"),
    ("half months", leavers().assign(month=np.arange(48) + 0.5), {}, "whole numbers"),
    ("text as time", leavers().assign(month="31/01/2019"), {}, "or both dates"),
    ("negative", leavers().assign(leavers=-1), {}, "negative"),
    ("text", leavers().assign(leavers="4"), {}, "not numbers"),
    ("empty count", leavers().assign(leavers=[np.nan] + [1.0] * 47), {}, "empty in 1 rows"),
    ("infinite", leavers().assign(staff=np.inf), {}, "infinite"),
    ("no exposure", leavers().assign(staff=0.0), {}, "0 or less in 48 periods"),
    ("before the data", leavers(), {"interruption": 0}, "after the first"),
    ("at the first period", leavers(), {"interruption": 1}, "after the first"),
    ("after the data", leavers(), {"interruption": 49}, "after the first"),
    ("not a period", leavers(), {"interruption": 24.5}, "whole number"),
    ("a date among numbers", leavers(), {"interruption": pd.Timestamp("2019-01-31")}, "whole"),
    ("a segment outside", leavers(), {"further_segments": [60]}, "after the first"),
    ("two segments in one", leavers(), {"further_segments": [25]}, "same period"),
    ("an unknown family", leavers(), {"family": "poisson"}, "family is one of"),
    ("gaussian with exposure", leavers(), {"family": "gaussian"}, "has no exposure"),
    ("too many harmonics", leavers(), {"harmonics": 7}, "at most 6"),
    ("half a harmonic", leavers(), {"harmonics": 1.5}, "harmonics is a whole number"),
    ("a negative washout", leavers(), {"washout": -1}, "washout is a whole number"),
    ("all washed out", leavers(), {"washout": 24}, "no affected period"),
    ("long lags", leavers(), {"hac_lags": 48}, "hac_lags"),
    ("too few periods", leavers(12, 7), {"harmonics": 6, "interruption": 7}, "12 periods cannot"),
    ("a covariate that is the trend", leavers(x=np.arange(48.0)), {"covariates": ["x"]}, "x follo"),
    ("a constant covariate", leavers(x=1.0), {"covariates": ["x"]}, "x follows"),
    ("a covariate twice", leavers(x=1.0), {"covariates": ["x", "x"]}, "named twice"),
    ("a covariate named as a term", leavers(level=1.0), {"covariates": ["level"]}, "level"),
    ("no event at all", leavers().assign(leavers=0), {}, "no event at all"),
    (
        "no event afterwards",
        leavers().assign(leavers=[1, 2] * 12 + [0] * 24),
        {},
        "no event at all",
    ),
    (
        "no event in any June",
        leavers().assign(leavers=[0 if m % 12 == 6 else 3 + m % 4 for m in range(1, 49)]),
        {"harmonics": 6},
        "no event on one side",
    ),
]


@pytest.mark.parametrize(
    ("frame", "changes", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_cannot_be_estimated_is_refused_with_a_sentence(
    frame: pd.DataFrame, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        fitted(frame, **changes)


def test_the_frame_is_left_as_it_was(seatbelts: pd.DataFrame) -> None:
    before = seatbelts.copy(deep=True)
    interrupted.segmented(seatbelts, **ARGUMENTS)
    pd.testing.assert_frame_equal(seatbelts, before)


series = st.lists(st.integers(1, 12), min_size=40, max_size=40)


@settings(max_examples=25, deadline=None)
@given(counts=series, factor=st.floats(0.01, 100))
def test_scaling_the_exposure_moves_the_intercept_alone(counts: list[int], factor: float) -> None:
    """log(rate) falls by log(factor) throughout, and nothing else knows of it."""
    frame = leavers(40).assign(leavers=counts)
    plain = fitted(frame, harmonics=1)
    scaled = fitted(frame.assign(staff=frame["staff"] * factor), harmonics=1)
    moved = scaled["coefficient"] - plain["coefficient"]
    assert moved.iloc[0] == pytest.approx(-np.log(factor), abs=1e-6)
    assert list(moved.iloc[1:]) == pytest.approx([0] * (len(moved) - 1), abs=1e-6)
    assert list(scaled["se"]) == pytest.approx(list(plain["se"]), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(counts=series, shift=st.integers(-5000, 5000))
def test_where_the_clock_begins_changes_no_step(counts: list[int], shift: int) -> None:
    frame = leavers(40).assign(leavers=counts)
    plain = fitted(frame)
    moved = fitted(frame.assign(month=frame["month"] + shift), interruption=25 + shift)
    for column in ("coefficient", "se", "p_value"):
        assert list(moved[column][1:]) == pytest.approx(list(plain[column][1:]), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(counts=series)
def test_the_interval_holds_the_estimate_and_is_never_narrower_than_either_error(
    counts: list[int],
) -> None:
    result = fitted(leavers(40).assign(leavers=counts))
    assert (result["lower_95"] <= result["rate_ratio"]).all()
    assert (result["rate_ratio"] <= result["upper_95"]).all()
    assert (result["se"] >= result["se_model"]).all()
    assert (result["se"] >= result["se_hac"]).all()
    assert result["p_value"].between(0, 1).all()
