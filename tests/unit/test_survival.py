"""`statistics.survival`, against R's survival package, and where the wrong method would mislead."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import golden
from warehouse.statistics import survival

HEART: dict[str, Any] = {"subject": "id", "start": "start", "stop": "stop", "event": "event"}


@pytest.fixture(scope="module")
def lung() -> pd.DataFrame:
    return golden.table("survival", "lung.csv")


@pytest.fixture(scope="module")
def heart() -> pd.DataFrame:
    return golden.table("survival", "heart.csv")


def as_stretches(frame: pd.DataFrame, duration: str, event: str) -> pd.DataFrame:
    """One row a subject from 0 to its duration; R takes half a day for who died on the first."""
    return pd.DataFrame(
        {
            **{name: frame[name] for name in frame.columns if name not in ("start", "stop")},
            "id": range(len(frame)),
            "start": 0.0,
            "stop": frame[duration].clip(lower=0.5),
            "event": frame[event],
        }
    )


def agrees(row: pd.Series[Any], wanted: dict[str, Any]) -> None:
    for ours, theirs in (
        ("coefficient", "coef"),
        ("se", "se"),
        ("hazard_ratio", "hr"),
        ("lower_95", "lo"),
        ("upper_95", "hi"),
        ("p_value", "p"),
    ):
        assert row[ours] == pytest.approx(wanted[theirs], abs=1e-6)


# Rates


@pytest.mark.parametrize(
    ("events", "lower", "upper"),
    [(0, 0.0, 3.69), (1, 0.03, 5.57), (10, 4.80, 18.39), (100, 81.36, 121.63)],
)
def test_the_interval_of_a_rate_is_garwoods(events: int, lower: float, upper: float) -> None:
    """Exact limits of a Poisson count as tables have them (Ulm 1990), over 50 staff-years."""
    found = survival.rate(events, 50.0)
    assert found.rate == events / 50
    assert found.lower_95 * 50 == pytest.approx(lower, abs=5e-3)
    assert found.upper_95 * 50 == pytest.approx(upper, abs=5e-3)


@settings(max_examples=50, deadline=None)
@given(events=st.integers(0, 500), exposure=st.floats(0.1, 1e6))
def test_the_limits_of_a_rate_leave_2_5_per_cent_on_each_side(events: int, exposure: float) -> None:
    from scipy.stats import poisson

    found = survival.rate(events, exposure)
    assert poisson.cdf(events, found.upper_95 * exposure) == pytest.approx(0.025)
    if events:
        assert poisson.sf(events - 1, found.lower_95 * exposure) == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("events", "exposure"),
    [(-1, 1), (0.5, 1), (1, 0), (1, -2), (1, math.nan), (math.inf, 1), ("1", 1), (None, 1)],
)
def test_a_rate_without_a_count_or_without_exposure_is_refused(events: Any, exposure: Any) -> None:
    with pytest.raises(ValueError, match=r"[.]$"):
        survival.rate(events, exposure)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ((11, 800, 21, 3011), (1.971488, 0.8584264, 4.2772659)),
        ((4, 2.0, 4, 2.0), (1.0, 0.157013 / 0.842987, 0.842987 / 0.157013)),
    ],
)
def test_the_interval_of_a_ratio_of_rates_is_the_exact_one_of_two_poisson_counts(
    counts: tuple[int, float, int, float], wanted: tuple[float, float, float]
) -> None:
    """The first as R prints it for `poisson.test(c(11, 21), c(800, 3011))`, an example of its manual.

    4 of 8 have the limits 0.157013 and 0.842987 (Clopper, Pearson), and odds are the ratio.
    """
    found = survival.rate_ratio(*counts)
    assert (found.ratio, found.lower_95, found.upper_95) == pytest.approx(wanted, rel=1e-5)


@settings(max_examples=50, deadline=None)
@given(
    events=st.integers(0, 60),
    before=st.integers(0, 60),
    exposure=st.floats(1, 1e4),
    exposure_before=st.floats(1, 1e4),
)
def test_a_ratio_of_rates_turns_round_with_its_windows_and_agrees_with_its_p(
    events: int, before: int, exposure: float, exposure_before: float
) -> None:
    there = survival.rate_ratio(events, exposure, before, exposure_before)
    back = survival.rate_ratio(before, exposure_before, events, exposure)
    assert there.p_value == pytest.approx(back.p_value)
    if events:
        assert 1 / there.lower_95 == pytest.approx(back.upper_95)
    if events and before:
        assert there.ratio == pytest.approx(1 / back.ratio)
        assert there.lower_95 <= there.ratio <= there.upper_95
    if abs(there.p_value - 0.05) > 1e-9:
        assert (there.lower_95 > 1 or there.upper_95 < 1) == (there.p_value < 0.05)


def test_a_ratio_without_events_has_no_end_and_no_figure() -> None:
    none = survival.rate_ratio(0, 5, 0, 5)
    assert math.isnan(none.ratio)
    assert (none.lower_95, none.upper_95, none.p_value) == (0.0, math.inf, 1.0)
    assert survival.rate_ratio(3, 5, 0, 5).ratio == survival.rate_ratio(3, 5, 0, 5).upper_95
    assert survival.rate_ratio(0, 5, 3, 5).lower_95 == 0
    for wrong in ((1, 0, 1, 1), (1, 1, -1, 1), (1.5, 1, 1, 1)):
        with pytest.raises(ValueError, match=r"[.]$"):
            survival.rate_ratio(*wrong)


# Curves


def test_the_curve_of_the_lung_trial_is_as_r_has_it(lung: pd.DataFrame) -> None:
    """R gives the curve at chosen times: what ours says at the last time up to then."""
    result = survival.kaplan_meier(lung, duration="time", event="event")
    wanted = golden.expected("survival")
    assert list(result.index) == list(range(len(result)))
    assert set(result["group"]) == {"all"}
    for row in wanted["lung_km_overall_log-log"][1:]:
        at = result[result["time"] <= row["time"]].iloc[-1]
        assert at["survival"] == pytest.approx(row["survival"], abs=1e-6)
        assert at["std_error"] == pytest.approx(row["std_err"], abs=1e-6)
        assert at["lower_95"] == pytest.approx(row["lower"], abs=1e-6)
        assert at["upper_95"] == pytest.approx(row["upper"], abs=1e-6)
        later = result[result["time"] >= row["time"]].iloc[0]
        assert later["n_at_risk"] == row["n_risk"]
    assert result["n_events"].sum() == 165
    assert result.attrs["median"] == {"all": wanted["lung_median"][0]["median"]}
    assert "logrank" not in result.attrs


def test_two_curves_have_medians_and_a_log_rank_test_as_in_r(lung: pd.DataFrame) -> None:
    result = survival.kaplan_meier(lung, duration="time", event="event", group="sex")
    wanted = golden.expected("survival")
    for row in wanted["lung_km_sex_log"]:
        own = result[result["group"] == int(row["strata"][-1])]
        at = own[own["time"] <= row["time"]].iloc[-1]
        assert at["survival"] == pytest.approx(row["survival"], abs=1e-6)
        assert at["std_error"] == pytest.approx(row["std_err"], abs=1e-6)
    medians = [row["median"] for row in wanted["lung_median_sex"]]
    assert result.attrs["median"] == dict(zip((1, 2), medians, strict=True))
    logrank = result.attrs["logrank"]
    assert logrank["chi_square"] == pytest.approx(wanted["lung_logrank"]["chisq"], abs=1e-6)
    assert logrank["p_value"] == pytest.approx(wanted["lung_logrank"]["p"], abs=1e-6)
    assert logrank["df"] == 1


def curve(*subjects: tuple[float, int], **columns: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(list(subjects), columns=["months", "left"])
    return frame.assign(**columns)


def test_a_small_curve_by_hand() -> None:
    """Ends at 2 (left), 3 (still here), 5 (left), 5 (left).

    At 2 four are at risk: 3/4; at 3 nobody leaves; at 5 both leave, and survival is 0. Greenwood at 2:
    0.75 x sqrt(1 / (4 x 3)) = 0.2165. Log-log: 0.75 ^ exp(+-1.959964 x sqrt(1/12) / 0.28768), which is
    0.1279 and 0.9605.
    """
    result = survival.kaplan_meier(
        curve((2, 1), (3, 0), (5, 1), (5, 1)), duration="months", event="left"
    )
    assert list(result["time"]) == [2, 3, 5]
    assert list(result["n_at_risk"]) == [4, 3, 2]
    assert list(result["n_events"]) == [1, 0, 2]
    assert list(result["survival"]) == pytest.approx([0.75, 0.75, 0])
    assert list(result["std_error"][:2]) == pytest.approx([0.21651, 0.21651], abs=1e-5)
    assert list(result["lower_95"][:2]) == pytest.approx([0.12795, 0.12795], abs=1e-4)
    assert list(result["upper_95"][:2]) == pytest.approx([0.96055, 0.96055], abs=1e-4)
    assert result.loc[2, ["std_error", "lower_95", "upper_95"]].isna().all()
    assert result.attrs["median"] == {"all": 5.0}


def test_before_the_first_event_the_interval_is_one() -> None:
    result = survival.kaplan_meier(curve((1, 0), (2, 1), (9, 0)), duration="months", event="left")
    first = result.iloc[0]
    assert (first["survival"], first["lower_95"], first["upper_95"]) == (1, 1, 1)
    assert result.attrs["median"] == {"all": 2.0}


def test_who_enters_late_is_not_at_risk_before() -> None:
    """Watched: (0, 2], (0, 6], (3, 5], (4, 6]; the first and third leave at their ends, the last at 6.

    At 2 two are at risk: 1/2. At 5 three are (the second, third, fourth): 1/2 x 2/3 = 1/3. At 6 two:
    1/6. Counting everybody from 0 would make 3/4 of the first step.
    """
    frame = curve((2, 1), (6, 0), (5, 1), (6, 1), seen_from=[0, 0, 3, 4])
    result = survival.kaplan_meier(frame, duration="months", event="left", entry="seen_from")
    assert list(result["time"]) == [0, 2, 3, 4, 5, 6]
    assert list(result["n_at_risk"]) == [0, 2, 1, 2, 3, 2]
    assert list(result["n_events"]) == [0, 1, 0, 0, 1, 1]
    assert list(result["survival"]) == pytest.approx([1, 1 / 2, 1 / 2, 1 / 2, 1 / 3, 1 / 6])
    risk = result.attrs["checks"]["risk_sets"]
    assert (risk["passed"], risk["smallest"]) == (False, 2)


def test_a_landmark_keeps_who_got_beyond_it_on_the_same_clock() -> None:
    """Beyond 2: ends 3 (left), 5 (still here), 6 (left). 2/3 at 3, then 0 at 6.

    Who ended at the landmark itself is not beyond it.
    """
    frame = curve((1, 1), (2, 1), (3, 1), (5, 0), (6, 1), seen_from=[0, 0, 1, 4, 0])
    result = survival.kaplan_meier(frame, duration="months", event="left", landmark=2)
    assert list(result["time"]) == [3, 5, 6]
    assert list(result["survival"]) == pytest.approx([2 / 3, 2 / 3, 0])
    # Entered at 4, hence not at risk at 3: 1/2 there.
    late = survival.kaplan_meier(
        frame, duration="months", event="left", landmark=2, entry="seen_from"
    )
    assert list(late["time"]) == [3, 4, 5, 6]
    assert list(late["n_at_risk"]) == [2, 1, 2, 1]
    assert list(late["survival"]) == pytest.approx([1 / 2, 1 / 2, 1 / 2, 0])


def test_the_log_rank_test_with_late_entry_is_as_statsmodels_has_it() -> None:
    from statsmodels.duration.survfunc import survdiff

    random = np.random.default_rng(11)
    entry = np.round(random.uniform(0, 10, 120), 1)
    duration = entry + np.round(random.exponential(12, 120), 0) + 0.55
    frame = pd.DataFrame(
        {
            "months": duration,
            "left": random.integers(0, 2, 120),
            "from": entry,
            "team": random.choice(["A", "B", "C"], 120),
        }
    )
    ours = survival.kaplan_meier(
        frame, duration="months", event="left", entry="from", group="team"
    ).attrs["logrank"]
    chi_square, p_value = survdiff(
        frame["months"], frame["left"], frame["team"], entry=frame["from"]
    )
    assert ours["chi_square"] == pytest.approx(chi_square)
    assert ours["p_value"] == pytest.approx(p_value)
    assert ours["df"] == 2


def test_where_nobody_left_the_curve_is_flat_and_says_so() -> None:
    frame = curve((3, 0), (4, 0), team=["A", "B"])
    result = survival.kaplan_meier(frame, duration="months", event="left", group="team")
    assert list(result["survival"]) == [1, 1]
    assert result.attrs["median"] == {"A": None, "B": None}
    assert result.attrs["logrank"] == {"chi_square": None, "df": 1, "p_value": None}
    assert result.attrs["checks"]["risk_sets"]["passed"] is None


@pytest.mark.parametrize(
    ("frame", "changes", "says"),
    [
        (curve((1, 1)).drop(columns="left"), {}, "no column left"),
        (curve((1, 1)), {"group": "team"}, "no column team"),
        (curve((1, 1)).head(0), {}, "no rows"),
        (curve((-1, 1)), {}, "negative"),
        (curve((1, 2)), {}, "has to be 1"),
        (curve((1, 1), (math.nan, 0)), {}, "empty in 1 rows"),
        (curve((1, 1), team=[None]), {"group": "team"}, "team is empty"),
        (curve((1, 1), (2, 1), team=[1, "a"]), {"group": "team"}, "mixes kinds"),
        (curve((1, 1), seen=[1]), {"entry": "seen"}, "to under months"),
        (curve((1, 1), seen=[-1]), {"entry": "seen"}, "to under months"),
        (curve((1, 1)), {"landmark": 1}, "Nobody is left"),
        (curve((1, 1)), {"landmark": "1"}, "landmark has to be a number"),
        (curve((1, 1)).assign(left="yes"), {}, "not numbers"),
    ],
)
def test_a_curve_that_cannot_be_drawn_is_refused_with_a_sentence(
    frame: pd.DataFrame, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        survival.kaplan_meier(frame, **{"duration": "months", "event": "left"} | changes)


subjects = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 1), st.integers(0, 11), st.sampled_from("AB")),
    min_size=2,
    max_size=30,
).map(
    lambda rows: pd.DataFrame(
        [(months, left, min(seen, months - 1), team) for months, left, seen, team in rows],
        columns=["months", "left", "seen", "team"],
    )
)


@settings(max_examples=25, deadline=None)
@given(frame=subjects, shuffle=st.randoms(use_true_random=False))
def test_a_curve_falls_within_its_interval_whatever_the_order_of_rows(
    frame: pd.DataFrame, shuffle: Any
) -> None:
    before = frame.copy(deep=True)
    arguments: dict[str, Any] = {"duration": "months", "event": "left", "group": "team"}
    for entry in (None, "seen"):
        result = survival.kaplan_meier(frame, **arguments, entry=entry)
        for _, own in result.groupby("group"):
            assert own["time"].is_monotonic_increasing
            assert own["survival"].between(0, 1).all()
            assert (own["survival"].diff().dropna() <= 1e-12).all()
            alive = own[own["survival"] > 0]
            assert (alive["lower_95"] <= alive["survival"] + 1e-12).all()
            assert (alive["survival"] <= alive["upper_95"] + 1e-12).all()
        assert result["n_events"].sum() == frame["left"].sum()
        order = list(range(len(frame)))
        shuffle.shuffle(order)
        again = survival.kaplan_meier(frame.iloc[order], **arguments, entry=entry)
        pd.testing.assert_frame_equal(again, result)
        assert again.attrs["median"] == result.attrs["median"]
    pd.testing.assert_frame_equal(frame, before)


# Cox regression


def test_cox_on_the_lung_trial_is_as_r_has_it(lung: pd.DataFrame) -> None:
    complete = as_stretches(lung.dropna(subset=["ph.ecog"]), "time", "event")
    result = survival.time_varying_cox(complete, **HEART, covariates=["age", "sex", "ph.ecog"])
    wanted = golden.expected("survival")
    for (_, row), theirs in zip(result.iterrows(), wanted["lung_cox_efron"], strict=True):
        assert row["term"] == theirs["term"]
        agrees(row, theirs)
    meta = wanted["lung_cox_meta"]
    assert (result.attrs["n_subjects"], result.attrs["n_events"]) == (meta["n"], meta["nevent"])
    check = result.attrs["checks"]["proportional_hazards"]
    *each, together = wanted["lung_cox_zph"]
    for theirs in each:
        ours = check[f"chi_square_{theirs['term']}"]
        assert ours == pytest.approx(theirs["chisq"], abs=1e-4)
        assert check[f"p_value_{theirs['term']}"] == pytest.approx(theirs["p"], abs=1e-4)
    assert check["chi_square"] == pytest.approx(together["chisq"], abs=1e-4)
    assert check["p_value"] == pytest.approx(together["p"], abs=1e-4)
    assert check["passed"] is True


def test_a_transplant_counts_from_when_it_was_made_as_in_r(heart: pd.DataFrame) -> None:
    result = survival.time_varying_cox(heart, **HEART, covariates=["transplant"])
    (wanted,) = golden.expected("survival")["heart_tv_cox_transplant"]
    agrees(result.iloc[0], wanted)
    # Efron's ties: Breslow's give 0.1257 here.
    assert result.loc[0, "coefficient"] == pytest.approx(0.1271411266, abs=1e-7)


def test_ever_transplanted_as_a_fixed_group_makes_a_benefit_of_nothing(heart: pd.DataFrame) -> None:
    """Who lived long enough to get a heart had lived long: 0.27 fixed, 1.14 when it is timed.

    "Staff who ever attended stay longer" is the same trap. The functions offer no such group: it has
    to be made by hand, as here, and a landmark or (start, stop] rows take the benefit away.
    """
    jasa = golden.table("survival", "jasa.csv")
    fixed = survival.time_varying_cox(
        as_stretches(jasa, "futime", "fustat"), **HEART, covariates=["transplant"]
    )
    timed = survival.time_varying_cox(heart, **HEART, covariates=["transplant"])
    agrees(fixed.iloc[0], golden.expected("survival")["jasa_naive_cox_transplant"][0])
    assert fixed.loc[0, "hazard_ratio"] == pytest.approx(0.27, abs=0.005)
    assert fixed.loc[0, "upper_95"] < 0.5
    assert timed.loc[0, "hazard_ratio"] == pytest.approx(1.14, abs=0.005)
    assert timed.loc[0, "lower_95"] < 1 < timed.loc[0, "upper_95"]
    # Who had a heart by day 30, among those alive then: no gain either.
    by_day_30 = jasa.assign(early=(jasa["wait.time"] <= 30).astype("int64"))
    curves = survival.kaplan_meier(
        by_day_30, duration="futime", event="fustat", group="early", landmark=30
    )
    assert curves.attrs["logrank"]["p_value"] > 0.5
    naive = survival.kaplan_meier(jasa, duration="futime", event="fustat", group="transplant")
    theirs = golden.expected("survival")["jasa_naive_logrank"]
    assert naive.attrs["logrank"]["chi_square"] == pytest.approx(theirs["chisq"], abs=1e-6)


def staff_under_notice(lag: int) -> pd.DataFrame:
    """400 people who leave at random (mean 700 days), whatever they attend, over up to 900 days.

    A session every 42 days, attended by the toss of a coin, but not in the last 10 to 80 days before
    leaving: that is the notice. A stretch says whether the last session at least `lag` days before was
    attended.
    """
    random = np.random.default_rng(20190131)
    rows = []
    for person in range(400):
        leaves = 100 + random.exponential(700)
        notice = random.uniform(10, 80)
        end = min(leaves, 900.0)
        sessions = np.arange(0.0, 900.0, 42.0)
        attended = (random.random(len(sessions)) < 0.5) & (sessions < leaves - notice)
        cuts = np.unique(np.clip([90.0, *(sessions + lag), end], 90.0, end))
        for start, stop in pairwise(cuts):
            known = np.flatnonzero(sessions + lag <= start)
            rows.append(
                {
                    "id": person,
                    "start": start,
                    "stop": stop,
                    "event": int(stop == end and leaves <= 900),
                    "attended": int(len(known) > 0 and attended[known[-1]]),
                }
            )
    return pd.DataFrame(rows)


def test_under_notice_attendance_without_a_lag_seems_to_keep_people() -> None:
    """Nothing is true here; 90 days outlast any notice of up to 80, so the lag finds nothing."""
    unlagged = survival.time_varying_cox(staff_under_notice(0), **HEART, covariates=["attended"])
    lagged = survival.time_varying_cox(staff_under_notice(90), **HEART, covariates=["attended"])
    assert unlagged.attrs["n_events"] == lagged.attrs["n_events"] > 150
    assert unlagged.loc[0, "upper_95"] < 0.2
    assert lagged.loc[0, "lower_95"] < 1 < lagged.loc[0, "upper_95"]
    assert 0.75 < lagged.loc[0, "hazard_ratio"] < 1.33


def test_late_entry_is_left_open_at_its_beginning() -> None:
    """At 5 one leaves; who enters at 5 is not at risk then, so adding them changes nothing."""
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "start": [0, 0, 0, 0],
            "stop": [5, 6, 7, 8],
            "event": [1, 1, 1, 0],
            "x": [1, 0, 1, 0],
        }
    )
    entering = pd.DataFrame({"id": [5], "start": [5], "stop": [5.5], "event": [0], "x": [1]})
    alone = survival.time_varying_cox(frame, **HEART, covariates=["x"])
    joined = survival.time_varying_cox(pd.concat([frame, entering]), **HEART, covariates=["x"])
    assert list(joined["coefficient"]) == pytest.approx(list(alone["coefficient"]), abs=1e-7)
    earlier = survival.time_varying_cox(
        pd.concat([frame, entering.assign(start=4.9)]), **HEART, covariates=["x"]
    )
    assert abs(earlier.loc[0, "coefficient"] - alone.loc[0, "coefficient"]) > 0.01


def test_strata_have_hazards_of_their_own_as_in_lifelines(lung: pd.DataFrame) -> None:
    """lifelines' other Cox regression, of durations, which shares no fitting code with this one."""
    from lifelines import CoxPHFitter

    complete = as_stretches(lung.dropna(subset=["ph.ecog"]), "time", "event")
    ours = survival.time_varying_cox(
        complete, **HEART, covariates=["age", "ph.ecog"], strata=["sex"]
    )
    theirs = CoxPHFitter().fit(
        complete[["time", "event", "age", "ph.ecog", "sex"]], "time", "event", strata=["sex"]
    )
    assert list(ours["coefficient"]) == pytest.approx(list(theirs.params_), abs=1e-4)
    assert list(ours["se"]) == pytest.approx(list(theirs.standard_errors_), abs=1e-4)
    two = complete.assign(institution=np.arange(len(complete)) % 3)
    both = survival.time_varying_cox(
        two, **HEART, covariates=["age", "ph.ecog"], strata=["sex", "institution"]
    )
    assert list(both["term"]) == ["age", "ph.ecog"]
    assert both.loc[0, "coefficient"] != ours.loc[0, "coefficient"]


def test_a_hazard_ratio_that_changes_with_time_is_seen() -> None:
    """For the first 200 days the covariate doubles leaving three times over, afterwards it halves it."""
    random = np.random.default_rng(5)
    x = random.integers(0, 2, 600)
    first = random.exponential(1 / (0.002 * np.where(x == 1, 4.0, 1.0)))
    then = 200 + random.exponential(1 / (0.004 * np.where(x == 1, 0.4, 1.0)))
    frame = as_stretches(
        pd.DataFrame({"days": np.where(first < 200, first, then), "left": 1, "x": x}),
        "days",
        "left",
    )
    checks = survival.time_varying_cox(frame, **HEART, covariates=["x"]).attrs["checks"]
    assert checks["proportional_hazards"]["passed"] is False
    assert checks["proportional_hazards"]["p_value"] < 1e-6
    assert checks["events_per_term"]["passed"] is True


def spells(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["id", "start", "stop", "event", "x"])


SOUND = spells((1, 0, 5, 1, 1), (2, 0, 6, 1, 0), (3, 0, 7, 1, 1), (4, 0, 8, 0, 0))


@pytest.mark.parametrize(
    ("frame", "changes", "says"),
    [
        (SOUND.drop(columns="x"), {}, "no column x"),
        (SOUND.head(0), {}, "no rows"),
        (SOUND.assign(stop=SOUND["start"]), {}, "start is not before stop in 4 rows"),
        (SOUND.assign(start=9), {}, "start is not before stop"),
        (SOUND.assign(event=0), {}, "Nobody had the event"),
        (SOUND.assign(event=2), {}, "has to be 1"),
        (SOUND.assign(x=np.nan), {}, "empty in 4 rows"),
        (SOUND.assign(x="yes"), {}, "not numbers"),
        (SOUND.assign(stop=pd.Timestamp("2019-01-01")), {}, "not numbers"),
        (SOUND.assign(id=None), {}, "id is empty"),
        (SOUND.assign(x=1), {}, "never differs"),
        (SOUND.assign(y=1 - SOUND["x"]), {"covariates": ["x", "y"]}, "y never differs"),
        (SOUND.assign(team=SOUND["x"]), {"strata": ["team"]}, "never differs"),
        (SOUND.assign(team=None), {"strata": ["team"]}, "team is empty"),
        (SOUND, {"covariates": []}, "at least one covariate"),
        (SOUND.assign(event=[1, 0, 1, 0]), {}, "one side|says nearly all"),
        (spells((1, 0, 5, 0, 1), (1, 4, 6, 1, 0), (2, 0, 9, 0, 1)), {}, "overlap"),
        (spells((1, 0, 5, 1, 1), (1, 5, 6, 1, 0), (2, 0, 9, 0, 1)), {}, "rows after its event"),
    ],
)
def test_hazards_that_cannot_be_compared_are_refused_with_a_sentence(
    frame: pd.DataFrame, changes: dict[str, Any], says: str
) -> None:
    arguments: dict[str, Any] = {**HEART, "covariates": ["x"]}
    with pytest.raises(ValueError, match=says):
        survival.time_varying_cox(frame, **(arguments | changes))


cohorts = st.lists(
    st.tuples(st.integers(2, 30), st.booleans(), st.integers(0, 4), st.sampled_from("AB")),
    min_size=25,
    max_size=45,
)


def people(rows: list[tuple[int, bool, int, str]]) -> pd.DataFrame:
    """Two of each kind at least, so that no covariate says all."""
    sure = [(7, True, 0, "A"), (9, True, 4, "A"), (8, True, 4, "B"), (11, True, 0, "B")]
    sure += [(12, True, 3, "A"), (13, True, 1, "B"), (28, True, 2, "A"), (30, False, 2, "B")]
    frame = pd.DataFrame([*sure, *rows], columns=["stop", "event", "x", "team"])
    return frame.assign(start=0, id=range(len(frame)))


@settings(max_examples=10, deadline=None)
@given(rows=cohorts, at=st.integers(1, 29), shuffle=st.randoms(use_true_random=False))
def test_cutting_stretches_and_shuffling_rows_changes_no_hazard_ratio(
    rows: list[tuple[int, bool, int, str]], at: int, shuffle: Any
) -> None:
    frame = people(rows)
    before = frame.copy(deep=True)
    whole = survival.time_varying_cox(frame, **HEART, covariates=["x"], strata=["team"])
    cut = frame["stop"] > at
    parts = pd.concat(
        [frame[~cut], frame[cut].assign(stop=at, event=False), frame[cut].assign(start=at)]
    )
    order = list(range(len(parts)))
    shuffle.shuffle(order)
    again = survival.time_varying_cox(parts.iloc[order], **HEART, covariates=["x"], strata=["team"])
    for column in ("coefficient", "se", "lower_95", "upper_95", "p_value"):
        assert list(again[column]) == pytest.approx(list(whole[column]), abs=1e-5, rel=1e-5)
    assert again.attrs["n_subjects"] == whole.attrs["n_subjects"] == len(frame)
    assert again.attrs["n_events"] == whole.attrs["n_events"] == frame["event"].sum()
    pd.testing.assert_frame_equal(frame, before)


@settings(max_examples=10, deadline=None)
@given(rows=cohorts, factor=st.floats(0.1, 50), shift=st.floats(-100, 100))
def test_the_unit_of_a_covariate_scales_its_coefficient_alone(
    rows: list[tuple[int, bool, int, str]], factor: float, shift: float
) -> None:
    frame = people(rows)
    plain = survival.time_varying_cox(frame, **HEART, covariates=["x"])
    other = survival.time_varying_cox(
        frame.assign(x=frame["x"] * factor + shift), **HEART, covariates=["x"]
    )
    assert other.loc[0, "coefficient"] * factor == pytest.approx(
        plain.loc[0, "coefficient"], abs=1e-5
    )
    assert other.loc[0, "p_value"] == pytest.approx(plain.loc[0, "p_value"], abs=1e-5)
