"""`statistics.staggered.group_time_att`, against R's `did`, and where two-way fixed effects misleads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import golden
from warehouse.statistics import staggered

MPDTA: dict[str, Any] = {
    "unit": "countyreal",
    "time": "year",
    "outcome": "lemp",
    "first_treated": "first.treat",
}
TEAMS: dict[str, Any] = {
    "unit": "team",
    "time": "month",
    "outcome": "value",
    "first_treated": "began",
}


@pytest.fixture(scope="module")
def counties() -> pd.DataFrame:
    return golden.table("did", "mpdta.csv")


@pytest.fixture(scope="module")
def effects(counties: pd.DataFrame) -> pd.DataFrame:
    return staggered.group_time_att(counties, **MPDTA)


def two_way_fixed_effects(frame: pd.DataFrame, names: dict[str, Any]) -> float:
    """The coefficient of "has begun" beside a dummy for each unit and each time: the wrong method."""
    began = frame[names["first_treated"]]
    treated = ((began > 0) & (frame[names["time"]] >= began)).astype("float64")
    columns = pd.DataFrame({"outcome": frame[names["outcome"]], "treated": treated})
    # Balanced panel: taking out both means is the same as the dummies.
    for key in (names["unit"], names["time"]):
        columns = columns - columns.groupby(frame[key]).transform("mean")
    return float((columns["outcome"] @ columns["treated"]) / (columns["treated"] ** 2).sum())


def test_each_group_and_time_is_as_published(effects: pd.DataFrame) -> None:
    wanted = golden.expected("did")
    tolerance = wanted["tolerance"]["att_published"]
    found = effects.set_index(["group", "time"])
    # Three groups by five years.
    assert len(found) == 15
    assert list(effects.index) == list(range(15))
    for group, years in wanted["published_did_R_readme"]["att_gt"].items():
        for year, att in years.items():
            assert found.loc[(int(group), int(year)), "att"] == pytest.approx(att, abs=tolerance)
    # 2003 has no year before it, and is the base of each group.
    for group in (2004, 2006, 2007):
        base = found.loc[(group, 2003)]
        assert base["att"] == 0
        assert base[["se", "lower_95", "upper_95"]].isna().all()
    rest = effects[effects["time"] > 2003]
    assert list(rest["lower_95"]) == pytest.approx(list(rest["att"] - 1.959964 * rest["se"]))
    assert list(rest["upper_95"]) == pytest.approx(list(rest["att"] + 1.959964 * rest["se"]))


def test_the_aggregates_are_as_published_and_recomputed(effects: pd.DataFrame) -> None:
    wanted = golden.expected("did")
    published, exact = wanted["published_did_R_readme"], wanted["recomputed"]
    tolerance = wanted["tolerance"]
    found = effects.attrs["aggregates"]
    for name in ("simple", "dynamic", "group", "calendar"):
        recomputed = exact[{"simple": "simple_att"}.get(name, f"{name}_overall_att")]
        assert found[name]["att"] == pytest.approx(recomputed, abs=tolerance["att_exact"])
        assert found[name]["lower_95"] < found[name]["att"] < found[name]["upper_95"]
    assert found["simple"]["se"] == pytest.approx(exact["simple_se_analytic"], abs=1e-6)
    for name in ("dynamic", "group"):
        assert found[name]["se"] == pytest.approx(
            published[f"{name}_overall"]["se"], rel=tolerance["se_analytic_relative"]
        )
        assert {str(key): round(by["att"], 4) for key, by in found[name]["by"].items()} == {
            key: pytest.approx(att, abs=tolerance["att_published"])
            for key, att in published[name].items()
        }
    assert list(found["calendar"]["by"]) == [2004, 2005, 2006, 2007]


def test_the_pre_trends_test_is_as_published(effects: pd.DataFrame) -> None:
    check = effects.attrs["checks"]["pre_trends"]
    wanted = golden.expected("did")["published_did_R_readme"]["pretest_p"]
    assert check["p_value"] == pytest.approx(wanted, abs=1e-5)
    assert (check["df"], check["passed"]) == (5, True)


@pytest.mark.parametrize("control", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("estimator", ["doubly_robust", "regression"])
def test_the_errors_that_we_add_up_are_those_of_the_library(
    counties: pd.DataFrame, control: str, estimator: str
) -> None:
    """The library gives these three itself; calendar time and the mean over groups it does not."""
    from diff_diff import CallawaySantAnna

    ours = staggered.group_time_att(
        counties, **MPDTA, covariates=["lpop"], control=control, estimator=estimator
    )
    method = {"doubly_robust": "dr", "regression": "reg"}[estimator]
    theirs = CallawaySantAnna(control_group=control, estimation_method=method).fit(
        counties,
        outcome="lemp",
        unit="countyreal",
        time="year",
        first_treat="first.treat",
        covariates=["lpop"],
    )
    cells = ours[ours["se"].notna()].set_index(["group", "time"])
    assert len(cells) == len(theirs.group_time_effects) == 12
    for key, cell in theirs.group_time_effects.items():
        assert cells.loc[key, "att"] == pytest.approx(cell["effect"], abs=1e-9)
        assert cells.loc[key, "se"] == pytest.approx(cell["se"], rel=1e-6)
    aggregates = ours.attrs["aggregates"]
    assert aggregates["simple"]["att"] == pytest.approx(theirs.overall_att, abs=1e-9)
    assert aggregates["simple"]["se"] == pytest.approx(theirs.overall_se, rel=1e-6)
    events, groups = theirs.aggregate("event_study"), theirs.aggregate("group")
    for own, other in (
        (aggregates["dynamic"]["by"], zip(events.event_time, events.att, events.se, strict=True)),
        (aggregates["group"]["by"], zip(groups.label, groups.att, groups.se, strict=True)),
    ):
        for key, att, se in other:
            assert own[int(key)]["att"] == pytest.approx(att, abs=1e-9)
            assert own[int(key)]["se"] == pytest.approx(se, rel=1e-6)
    # The mean over event times: their covariance matrix, an equal weight for each of 0 to 3.
    later = np.array([event >= 0 for event in events.vcov_index])
    spread = float(np.sqrt(events.vcov[np.ix_(later, later)].sum())) / later.sum()
    assert aggregates["dynamic"]["se"] == pytest.approx(spread, rel=1e-6)


def rollout(**changes: Any) -> pd.DataFrame:
    """Six teams over eight months without chance: effects that grow by 1 a month from the start on.

    Two teams begin in month 3, two in month 6, two never. Levels differ by team and by month.
    """
    rows = []
    for team, began in enumerate([3, 3, 6, 6, 0, 0]):
        for month in range(1, 9):
            effect = month - began + 1 if began and month >= began else 0
            rows.append((f"team {team}", month, 10.0 * team + month % 3 + effect, began))
    return pd.DataFrame(rows, columns=["team", "month", "value", "began"]).assign(**changes)


EVERYBODY = rollout().query("began > 0")


def test_two_way_fixed_effects_is_off_on_staggered_adoption(
    counties: pd.DataFrame, effects: pd.DataFrame
) -> None:
    """On the counties -0.0365 for -0.0400; where effects grow it can miss by more than half.

    Without the teams that never begin, month 6 on compares the late with the early, whose own growth
    counts against them. True: 1, 2, 3 in months 3 to 5 of the first two teams, on average 2.
    """
    wanted = golden.expected("did")["recomputed"]["twfe_coef"]
    assert two_way_fixed_effects(counties, MPDTA) == pytest.approx(wanted, abs=1e-6)
    assert abs(effects.attrs["aggregates"]["simple"]["att"] - wanted) > 0.003
    right = staggered.group_time_att(EVERYBODY, **TEAMS, control="not_yet_treated")
    assert right.attrs["aggregates"]["simple"]["att"] == pytest.approx(2)
    assert two_way_fixed_effects(EVERYBODY, TEAMS) < 1


def test_known_effects_come_back_for_every_group_and_time() -> None:
    found = staggered.group_time_att(rollout(), **TEAMS)
    for row in found.itertuples():
        truth = row.time - row.group + 1 if row.time >= row.group else 0
        assert row.att == pytest.approx(truth, abs=1e-9)
    # Of month 3's group 1 to 6, of month 6's 1 to 3: (21 + 6) / 9.
    aggregates = found.attrs["aggregates"]
    assert aggregates["simple"]["att"] == pytest.approx(3)
    # Group means 3.5 and 2, two teams each.
    assert aggregates["group"]["att"] == pytest.approx(2.75)
    # Event times 0 to 5 have effects 1 to 6.
    assert aggregates["dynamic"]["att"] == pytest.approx(3.5)
    # Months 3 to 8: 1, 2, 3, (4 + 1) / 2, (5 + 2) / 2, (6 + 3) / 2.
    assert aggregates["calendar"]["att"] == pytest.approx((1 + 2 + 3 + 2.5 + 3.5 + 4.5) / 6)
    assert list(aggregates["dynamic"]["by"]) == [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
    assert found.attrs["checks"]["units"]["passed"] is False
    assert found.attrs["checks"]["units"]["smallest_group"] == 2


def test_never_may_be_empty_and_so_may_a_start_after_the_last_month() -> None:
    plain = staggered.group_time_att(rollout(), **TEAMS)
    frame = rollout()
    empty = frame.assign(began=frame["began"].where(frame["began"] > 0))
    pd.testing.assert_frame_equal(staggered.group_time_att(empty, **TEAMS), plain)
    later = frame.assign(began=frame["began"].replace(0, 99))
    pd.testing.assert_frame_equal(staggered.group_time_att(later, **TEAMS), plain)


def test_who_began_with_the_first_month_is_neither_judged_nor_compared_with() -> None:
    frame = rollout()
    early = frame[frame["team"] == "team 0"].assign(team="early", began=1, value=99.0)
    joined = staggered.group_time_att(pd.concat([frame, early]), **TEAMS)
    pd.testing.assert_frame_equal(joined, staggered.group_time_att(frame, **TEAMS))
    assert joined.attrs["checks"]["units"]["n_units"] == 6


def test_where_nobody_is_left_to_compare_with_the_cell_is_null() -> None:
    """Without a team that never begins, from month 6 on all have begun.

    From month 3 on those of month 6 have nobody either: the others have begun.
    """
    found = staggered.group_time_att(EVERYBODY, **TEAMS, control="not_yet_treated")
    null = found[found["att"].isna()]
    wanted = [(3, 6), (3, 7), (3, 8)] + [(6, month) for month in range(3, 9)]
    assert list(zip(null["group"], null["time"], strict=True)) == wanted
    assert null[["se", "lower_95", "upper_95"]].isna().all(axis=None)


def test_drifting_apart_before_is_seen() -> None:
    random = np.random.default_rng(8)
    frame = pd.concat(
        [
            pd.DataFrame({"team": team, "month": range(1, 9), "began": 6 * (team % 2)})
            for team in range(60)
        ],
        ignore_index=True,
    )
    noise = random.normal(0, 0.5, len(frame))
    sound = staggered.group_time_att(frame.assign(value=noise), **TEAMS)
    drifting = staggered.group_time_att(
        frame.assign(value=noise + 0.7 * frame["month"] * (frame["began"] > 0)), **TEAMS
    )
    assert sound.attrs["checks"]["pre_trends"]["passed"] is True
    assert drifting.attrs["checks"]["pre_trends"]["passed"] is False
    assert sound.attrs["checks"]["units"]["passed"] is True


@pytest.mark.parametrize(
    ("frame", "changes", "says"),
    [
        (rollout().drop(columns="began"), {}, "no column began"),
        (rollout(), {"covariates": ["size"]}, "no column size"),
        (rollout().head(0), {}, "no rows"),
        (rollout(began=0), {}, "Nobody is treated"),
        (rollout(began=1), {}, "Nobody is treated"),
        (rollout(began=50), {}, "Nobody is treated"),
        (EVERYBODY, {}, "nobody to compare with"),
        (
            EVERYBODY.query("began == 3"),
            {"control": "not_yet_treated"},
            "nobody to compare with",
        ),
        (rollout(), {"control": "everybody"}, "control is one of"),
        (rollout(), {"estimator": "ipw"}, "estimator is one of"),
        (rollout(value=np.nan), {}, "value is empty in 48 rows"),
        (rollout(value="high"), {}, "not numbers"),
        (rollout(team=None), {}, "team is empty"),
        (rollout().iloc[1:], {}, "no row at some month"),
        (pd.concat([rollout(), rollout().head(1)]), {}, "two rows of one month"),
        (rollout(began=[0, 3] * 24), {}, "began changes within a team"),
        (rollout(month=1).drop_duplicates("team"), {}, "one month only"),
        (
            rollout(a=range(48), b=range(0, 96, 2)),
            {"covariates": ["a", "b"]},
            "cannot be estimated",
        ),
    ],
)
def test_a_rollout_that_cannot_be_judged_is_refused_with_a_sentence(
    frame: pd.DataFrame, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        staggered.group_time_att(frame, **(TEAMS | changes))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 1000),
    factor=st.floats(0.1, 20),
    control=st.sampled_from(["never_treated", "not_yet_treated"]),
    shuffle=st.randoms(use_true_random=False),
)
def test_names_order_levels_and_common_shocks_change_no_effect(
    seed: int, factor: float, control: str, shuffle: Any
) -> None:
    """What is added to a team for ever, or to a month for all, is no effect."""
    random = np.random.default_rng(seed)
    frame = rollout()
    frame["value"] = frame["value"] + random.normal(0, 1, len(frame))
    before = frame.copy(deep=True)
    plain = staggered.group_time_att(frame, **TEAMS, control=control)
    teams = {name: position for position, name in enumerate(frame["team"].unique())}
    codes = list(range(100, 106))
    shuffle.shuffle(codes)
    number = frame["team"].map(teams)
    other = frame.assign(
        team=number.map(lambda position: codes[position]),
        value=factor * frame["value"] + 7.0 * number + 3.0 * frame["month"] ** 2,
    ).sample(frac=1, random_state=seed)
    moved = staggered.group_time_att(other, **TEAMS, control=control)
    for column in ("att", "se"):
        assert list(moved[column]) == pytest.approx(
            list(plain[column] * factor), abs=1e-7, nan_ok=True
        )
    for name, aggregate in plain.attrs["aggregates"].items():
        ours = moved.attrs["aggregates"][name]
        assert ours["att"] == pytest.approx(aggregate["att"] * factor, abs=1e-7)
        assert ours["se"] == pytest.approx(aggregate["se"] * factor, abs=1e-7)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("control", ["never_treated", "not_yet_treated"])
def test_dealing_the_starts_out_anew_begins_from_the_same_estimate(
    counties: pd.DataFrame, control: str
) -> None:
    found = staggered.reassigned(counties, **MPDTA, control=control, draws=99).iloc[0]
    simple = staggered.group_time_att(counties, **MPDTA, control=control).attrs["aggregates"]
    assert found["estimate"] == pytest.approx(simple["simple"]["att"], abs=1e-9)
    assert found["minimum_detectable"] == pytest.approx(2.8 * found["placebo_sd"])


def test_where_units_are_many_and_alike_dealing_gives_the_error_of_large_samples() -> None:
    """200 teams that differ by chance alone; a standard deviation of 199 deals is good to 5 %."""
    random = np.random.default_rng(12)
    frame = pd.DataFrame(
        [(team, month, 4 * (team % 2)) for team in range(200) for month in range(1, 7)],
        columns=["team", "month", "began"],
    )
    frame["value"] = random.normal(size=len(frame))
    dealt = staggered.reassigned(frame, **TEAMS, draws=199).iloc[0]
    simple = staggered.group_time_att(frame, **TEAMS).attrs["aggregates"]["simple"]
    assert dealt["placebo_sd"] == pytest.approx(simple["se"], rel=0.2)


def test_few_teams_allow_no_small_p() -> None:
    """One of four teams begins: 4 deals, so p cannot be under a quarter, however large the effect."""
    frame = rollout()
    frame = frame[frame["team"].isin(["team 0", "team 4", "team 5", "team 2"])]
    frame = frame.assign(began=3 * (frame["team"] == "team 0"))
    found = staggered.reassigned(frame, **TEAMS, draws=199).iloc[0]
    assert (found["smallest_p"], found["n_units"]) == (0.25, 4)
    assert 0.15 < found["p_value"] < 0.37


def test_chance_alone_is_seldom_taken_for_an_effect() -> None:
    """40 rollouts among 14 teams without an effect: 2 at 5 % are expected, 8 and more 1 in 1,000.

    Independent months, so that only the dealing is tried; the same seeds each time.
    """
    below = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        frame = pd.DataFrame(
            [
                (team, month, [0, 0, 4, 4, 6, 6, 0][team % 7])
                for team in range(14)
                for month in range(1, 9)
            ],
            columns=["team", "month", "began"],
        )
        frame["value"] = random.normal(size=len(frame))
        p_value = staggered.reassigned(frame, **TEAMS, draws=99, seed=seed).loc[0, "p_value"]
        below += p_value <= 0.05
    assert below < 8


def test_the_seed_alone_decides_the_deals() -> None:
    first = staggered.reassigned(rollout(), **TEAMS, draws=99, seed=1)
    again = staggered.reassigned(rollout(), **TEAMS, draws=99, seed=1)
    other = staggered.reassigned(rollout(), **TEAMS, draws=99, seed=2)
    pd.testing.assert_frame_equal(first, again)
    assert first.loc[0, "placebo_sd"] != other.loc[0, "placebo_sd"]


@pytest.mark.parametrize(
    ("frame", "changes", "says"),
    [
        (rollout(), {"control": "everybody"}, "control is one of"),
        (rollout(), {"draws": 10}, "draws is a whole number of 99"),
        (EVERYBODY, {}, "nobody to compare with"),
        (EVERYBODY.query("began == 3"), {"control": "not_yet_treated"}, "nobody to compare with"),
        (rollout(began=0), {}, "Nobody is treated"),
    ],
)
def test_deals_that_cannot_be_made_are_refused_with_a_sentence(
    frame: pd.DataFrame, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        staggered.reassigned(frame, **(TEAMS | changes))
