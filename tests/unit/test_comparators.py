"""`statistics.comparators`, on California's tobacco law and on Southampton's published figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import golden
from warehouse.statistics import comparators
from warehouse.statistics.comparators import NotEnoughPrePeriods

YEARS = {"unit": "unit", "time": "year", "outcome": "value"}


@pytest.fixture(scope="module")
def california() -> dict[str, Any]:
    frame = golden.table("synthetic_control", "prop99.csv")
    return {
        "frame": frame,
        "unit": "state",
        "time": "year",
        "outcome": "packs_per_capita",
        "treated": "California",
        "before": range(1970, 1989),
        "after": range(1989, 2001),
        "donors": [state for state in frame["state"].unique() if state != "California"],
    }


def southampton(row: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a row of the expected figures stands for; its window is as `pre 2017-18`."""
    frame = golden.authorities(row["measure"])
    figures = golden.expected("southampton")
    pools = {
        "SN2025": figures["neighbours_2025"],
        "SN2021": figures["neighbours_2021"],
        "South East": frame.loc[frame["region_name"] == "South East", "old_la_code"].unique(),
        "England": frame["old_la_code"].unique(),
    }
    windows = []
    for part in row["window"].replace("pre ", "").replace("post ", "").split(", "):
        first, _, last = part.partition("-")
        windows.append(list(range(int(first), 2000 + int(last or first[-2:]) + 1)))
    return {
        "frame": frame,
        "unit": "old_la_code",
        "time": "year",
        "outcome": "value",
        "treated": "852",
        "before": windows[0],
        "after": windows[1],
        "donors": [code for code in pools[row["donors"]] if code != "852"],
    }


EXPECTED = golden.expected("southampton")


@pytest.mark.parametrize(
    "row",
    EXPECTED["rows"],
    ids=[f"{row['measure']} {row['window']} {row['donors']}" for row in EXPECTED["rows"]],
)
def test_southampton_is_as_it_was_computed_before(row: dict[str, Any]) -> None:
    found = comparators.difference_in_differences(**southampton(row)).iloc[0]
    tolerance = EXPECTED["tolerance"]
    assert found["estimate"] == pytest.approx(row["did"], abs=tolerance["did"])
    assert found["treated_change"] == pytest.approx(row["southampton_change"], abs=tolerance["did"])
    assert found["donor_mean_change"] == pytest.approx(
        row["donor_mean_change"], abs=tolerance["did"]
    )
    assert found["placebo_sd"] == pytest.approx(row["placebo_sd"], abs=tolerance["did"])
    assert found["p_value"] == pytest.approx(row["perm_p"], abs=tolerance["perm_p"])
    assert found["smallest_p"] == pytest.approx(row["min_p"], abs=tolerance["perm_p"])
    assert found["n_donors"] == row["n_donors"]
    assert found["minimum_detectable"] == pytest.approx(2.8 * found["placebo_sd"])


def test_the_worst_year_in_the_baseline_makes_a_gain_of_nothing() -> None:
    """2019 is Southampton's worst year of agency staff and falls inside the programme.

    Without it agency fell by 0.6 points more than at its neighbours, with it by 7.5: the years after
    are the same.
    """
    rows = {
        row["window"]: comparators.difference_in_differences(**southampton(row)).iloc[0]
        for row in EXPECTED["rows"]
        if row["measure"] == "agency_rate_fte" and row["donors"] == "SN2025"
    }
    honest = rows["pre 2017-18, post 2020-25"]
    flattered = rows["pre 2017-19, post 2020-25"]
    assert honest["estimate"] == pytest.approx(-0.567, abs=0.002)
    assert honest["p_value"] == 1
    assert flattered["estimate"] == pytest.approx(-7.45, abs=0.002)
    # The year itself stands out as worse, which is what the later years fall back from.
    assert rows["pre 2017-18, post 2019"]["estimate"] > 20


def test_a_synthetic_southampton_is_refused_on_the_years_that_there_are() -> None:
    for row in EXPECTED["rows"]:
        if row["donors"] == "England":
            with pytest.raises(NotEnoughPrePeriods, match="needs 8 periods before"):
                comparators.synthetic_control(**southampton(row))


def test_california_is_as_published(california: dict[str, Any]) -> None:
    wanted = golden.expected("synthetic_control")
    recomputed, tolerance = wanted["recomputed"], wanted["tolerance"]
    simple = comparators.difference_in_differences(**california).iloc[0]
    assert simple["estimate"] == pytest.approx(recomputed["did"], abs=tolerance["did"])
    assert simple["estimate"] == pytest.approx(wanted["published_synthdid_paper"]["did"], abs=0.05)

    result = comparators.synthetic_control(**california)
    found = result.iloc[0]
    assert found["estimate"] == pytest.approx(
        recomputed["sc_mean_gap_1989_2000"], abs=tolerance["sc"]
    )
    assert found["estimate"] == pytest.approx(wanted["published_synthdid_paper"]["sc"], abs=0.1)
    assert found["pre_rmse"] == pytest.approx(recomputed["pre_rmse"], abs=1e-3)
    assert found["p_value"] == pytest.approx(recomputed["pseudo_p"])
    assert found["smallest_p"] == pytest.approx(1 / 39)
    assert found["determined"]
    assert found["estimate_lowest"] == pytest.approx(found["estimate"], abs=1e-3)
    assert found["estimate_highest"] == pytest.approx(found["estimate"], abs=1e-3)
    for state, weight in result.attrs["weights"].items():
        assert weight == pytest.approx(
            recomputed["weights"].get(state, 0), abs=tolerance["weights"]
        )
    for year, gap in recomputed["gap"].items():
        assert result.attrs["gaps"][int(year)] == pytest.approx(gap, abs=tolerance["sc"])
    ratios = sorted(result.attrs["placebo_ratios"].values(), reverse=True)
    assert len(ratios) == recomputed["of"]
    own = result.attrs["placebo_ratios"]["California"]
    assert ratios.index(own) + 1 == recomputed["post_pre_mspe_ratio_rank"]


def panel(values: dict[str, list[float | None]], first: int = 2011) -> pd.DataFrame:
    """One row a unit and year; a list holds a unit's values from `first` on."""
    return pd.DataFrame(
        [
            {"unit": unit, "year": first + step, "value": value}
            for unit, own in values.items()
            for step, value in enumerate(own)
        ]
    ).astype({"value": "float64"})


def changed(frame: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    arguments: dict[str, Any] = {
        **YEARS,
        "treated": "T",
        "before": [2011, 2012],
        "after": [2013, 2014],
        "donors": ["A", "B", "C"],
    }
    return comparators.difference_in_differences(frame, **(arguments | changes))


SMALL: dict[str, list[float | None]] = {
    "T": [10, 12, 20, 22],
    "A": [5, 5, 6, 6],
    "B": [7, 9, 11, 13],
    "C": [1, 3, 1, 3],
}


def test_a_small_comparison_by_hand() -> None:
    """T: 11 to 21, +10. A +1, B 8 to 12, +4, C 0: mean 5/3, so 25/3.

    Placebos: A 1 - 2 = -1, B 4 - 1/2 = 3.5, C 0 - 2.5 = -2.5. None is as large: p = 1/4. The sd of 1,
    4, 0 is 2.0817; times root(4/3) 2.4037.
    """
    found = changed(panel(SMALL)).iloc[0]
    assert found["estimate"] == pytest.approx(25 / 3)
    assert (found["treated_change"], found["donor_mean_change"]) == pytest.approx((10, 5 / 3))
    assert found["placebo_sd"] == pytest.approx(2.4037, abs=1e-4)
    assert (found["p_value"], found["smallest_p"]) == (0.25, 0.25)
    assert found["minimum_detectable"] == pytest.approx(6.7304, abs=1e-4)
    assert (found["n_donors"], found["n_before"], found["n_after"]) == (3, 2, 2)
    placebos = changed(panel(SMALL)).attrs["placebos"]
    assert placebos == pytest.approx({"A": -1, "B": 3.5, "C": -2.5})


def test_placebos_of_the_same_size_count_as_large() -> None:
    """T +1 less the mean of +0.2, -0.8, +0.9 (0.1) is 0.9; A's placebo is 0.15, B's -1.35, C's 1.2."""
    frame = panel({"T": [0, 1], "A": [0, 0.2], "B": [0, -0.8], "C": [0, 0.9]})
    arguments: dict[str, Any] = {"before": [2011], "after": [2012]}
    assert changed(frame, **arguments).iloc[0]["p_value"] == 0.75
    # Donors of +0.1, -0.1 and 0 change by 0.15, -0.15 and 0 against the others, as far as T's +0.15.
    tied = panel({"T": [0, 0.15], "A": [0.1, 0.2], "B": [0.3, 0.2], "C": [0.7, 0.7]})
    assert changed(tied, **arguments).iloc[0]["p_value"] == 0.75


def test_a_year_without_the_treated_unit_is_left_out_and_then_donors_that_lack_any() -> None:
    """2014 goes, as T has none; C, which lacks 2013, goes, and B, which lacks 2014 alone, stays."""
    frame = panel(
        {
            "T": [10, 12, 20, None],
            "A": [5, 5, 6, 6],
            "B": [7, 9, 11, None],
            "C": [1, 3, None, 3],
        }
    )
    result = changed(frame)
    found = result.iloc[0]
    assert (found["n_after"], found["n_donors"]) == (1, 2)
    # T 11 to 20, +9; A +1, B 8 to 11, +3.
    assert found["estimate"] == pytest.approx(9 - 2)
    assert result.attrs["checks"]["donors"]["n_left_out"] == 1
    # A donor that the frame does not have at all is one that lacks its periods.
    named = changed(frame, donors=["A", "B", "nowhere"])
    pd.testing.assert_frame_equal(named, changed(frame, donors=["A", "B"]))


def test_the_checks_say_what_the_years_before_can_carry() -> None:
    short = changed(panel(SMALL)).attrs["checks"]
    assert short["pre_trends"]["passed"] is None
    assert short["pre_trends"]["sentence"].startswith("With 2 periods before, whether")
    assert short["donors"]["passed"] is False
    # T climbs by 3 a year, 20 donors by 0 or 1: none drifts apart as far.
    climbing: dict[str, list[float | None]] = {"T": [0, 3, 6, 9, 12]}
    climbing |= {f"D{n}": [float(n + step * (n % 2)) for step in range(5)] for n in range(20)}
    result = changed(
        panel(climbing),
        before=[2011, 2012, 2013, 2014],
        after=[2015],
        donors=[f"D{n}" for n in range(20)],
    )
    trends = result.attrs["checks"]["pre_trends"]
    assert trends["passed"] is False
    assert trends["slope_apart"] == pytest.approx(3 - 0.5)
    assert trends["p_value"] == pytest.approx(1 / 21)
    assert result.attrs["checks"]["donors"]["passed"] is True
    # Of nine donors and the treated one, the furthest apart is one of ten: nothing out of the way.
    nine = changed(
        panel(climbing),
        before=[2011, 2012, 2013, 2014],
        after=[2015],
        donors=[f"D{n}" for n in range(9)],
    )
    assert nine.attrs["checks"]["pre_trends"]["passed"] is None
    assert nine.attrs["checks"]["pre_trends"]["sentence"].startswith("With 9 donors none can")


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no column", {"outcome": "rate"}, "no column rate"),
    ("no such unit", {"treated": "X"}, "no figure in any"),
    ("another type", {"treated": 852}, "852 is not '852'"),
    ("among its donors", {"donors": ["A", "B", "T"]}, "among the donors"),
    ("a donor twice", {"donors": ["A", "A", "B"]}, "names one twice"),
    ("a year twice", {"before": [2011, 2011]}, "names one twice"),
    ("no years before", {"before": []}, "before is empty"),
    ("no years after", {"after": []}, "after is empty"),
    ("no donors", {"donors": []}, "donors is empty"),
    ("one donor", {"donors": ["A"]}, "1 of 1 donors"),
    ("donors that are not there", {"donors": ["X", "Y"]}, "0 of 2 donors"),
    ("before not before", {"before": [2011, 2013], "after": [2012]}, "has to be earlier"),
    ("a year in both", {"before": [2011, 2013]}, "has to be earlier"),
    ("years of two kinds", {"after": ["2013"]}, "one kind"),
    ("no figure before", {"before": [2010, 2011]}, "in a period before"),
    ("no figure after", {"after": [2019]}, "any period after"),
]


@pytest.mark.parametrize(
    "method", [comparators.difference_in_differences, comparators.synthetic_control]
)
@pytest.mark.parametrize(
    ("changes", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_comparison_that_cannot_be_made_is_refused_with_a_sentence(
    changes: dict[str, Any], says: str, method: Any
) -> None:
    arguments: dict[str, Any] = {
        **YEARS,
        "treated": "T",
        "before": [2011, 2012],
        "after": [2013, 2014],
        "donors": ["A", "B", "C"],
    }
    with pytest.raises(ValueError, match=says):
        method(panel(SMALL), **(arguments | changes))


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (panel(SMALL).head(0), "no rows"),
        (pd.concat([panel(SMALL), panel({"A": [1]})]), "two rows of one year"),
        (panel(SMALL).assign(value="low"), "not numbers"),
        (panel(SMALL).assign(value=np.inf), "infinite"),
    ],
)
def test_a_frame_that_cannot_be_compared_is_refused(frame: pd.DataFrame, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        changed(frame)


def test_rows_of_regions_and_signs_of_others_do_no_harm() -> None:
    """National rows have no code, and a council that is not asked for may hold `x`."""
    frame = panel(SMALL).astype({"value": "object"})
    others = pd.DataFrame({"unit": [None, "Z"], "year": [2011, 2011], "value": [8.0, "x"]})
    pd.testing.assert_frame_equal(changed(pd.concat([frame, others])), changed(panel(SMALL)))


def mix(donors: int, seed: int, weights: list[float], before: int = 10) -> dict[str, Any]:
    """Random donors and a treated unit that is a mix of the first of them, and 5 higher after."""
    random = np.random.default_rng(seed)
    values = random.normal(20, 4, size=(before + 3, donors))
    own = values[:, : len(weights)] @ np.array(weights)
    own[before:] += 5
    columns = {f"D{n}": list(values[:, n]) for n in range(donors)}
    return {
        "frame": panel({"T": list(own), **columns}),
        **YEARS,
        "treated": "T",
        "before": list(range(2011, 2011 + before)),
        "after": list(range(2011 + before, 2014 + before)),
        "donors": list(columns),
    }


def test_a_mix_that_the_years_determine_is_found_again() -> None:
    result = comparators.synthetic_control(**mix(5, 1, [0.6, 0.3, 0.1]))
    found = result.iloc[0]
    assert found["determined"]
    assert found["estimate"] == pytest.approx(5)
    assert list(result.attrs["weights"].values()) == pytest.approx([0.6, 0.3, 0.1, 0, 0], abs=1e-7)
    assert list(result.attrs["gaps"]) == list(range(2011, 2024))
    assert found["p_value"] == pytest.approx(1 / 6)


def test_where_many_mixes_fit_no_estimate_is_given_but_its_range() -> None:
    """With 8 years and 30 donors the mean of all is also the mean of others, which go elsewhere."""
    arguments = mix(30, 2, [1 / 30] * 30, before=8)
    result = comparators.synthetic_control(**arguments)
    found = result.iloc[0]
    assert not found["determined"]
    assert found["pre_rmse"] == pytest.approx(0, abs=1e-6)
    assert np.isnan(found["estimate"])
    assert np.isnan(found["p_value"])
    # The true mix is one of them.
    assert found["estimate_lowest"] < 5 < found["estimate_highest"]
    assert found["estimate_highest"] - found["estimate_lowest"] > 1
    assert result.attrs["weights"] == result.attrs["gaps"] == {}
    assert result.attrs["checks"]["fit"]["passed"] is False


def test_two_donors_that_were_alike_before_leave_the_estimate_open() -> None:
    """The fit has an error, but the twins may share their weight as one likes; after, they part."""
    random = np.random.default_rng(4)
    values = random.normal(20, 4, size=(11, 4))
    values[:8, 1] = values[:8, 0]
    own = values[:, 0] + random.normal(0, 0.5, 11)
    columns = {f"D{n}": list(values[:, n]) for n in range(4)}
    result = comparators.synthetic_control(
        panel({"T": list(own), **columns}),
        **YEARS,
        treated="T",
        before=list(range(2011, 2019)),
        after=[2019, 2020, 2021],
        donors=list(columns),
    )
    assert result.loc[0, "pre_rmse"] > 0.01
    assert not result.loc[0, "determined"]
    assert result.loc[0, "estimate_lowest"] < result.loc[0, "estimate_highest"]


def test_seven_years_before_are_too_few_and_eight_enough() -> None:
    arguments = mix(4, 3, [0.5, 0.5], before=8)
    assert comparators.synthetic_control(**arguments).loc[0, "n_donors"] == 4
    with pytest.raises(NotEnoughPrePeriods, match="there are 7"):
        comparators.synthetic_control(**arguments | {"before": arguments["before"][1:]})
    assert issubclass(NotEnoughPrePeriods, ValueError)


changes = st.lists(st.floats(-30, 30), min_size=3, max_size=9)


@settings(max_examples=50, deadline=None)
@given(
    donors=changes,
    own=st.floats(-30, 30),
    shift=st.floats(-50, 50),
    factor=st.floats(0.1, 10),
    shuffle=st.randoms(use_true_random=False),
)
def test_names_order_level_and_unit_change_no_comparison(
    donors: list[float], own: float, shift: float, factor: float, shuffle: Any
) -> None:
    values: dict[str, list[float | None]] = {"T": [3.0, 3.0 + own]}
    values |= {f"D{n}": [float(n), n + change] for n, change in enumerate(donors)}
    listed = [f"D{n}" for n in range(len(donors))]
    frame = panel(values)
    before = frame.copy(deep=True)
    arguments: dict[str, Any] = {**YEARS, "before": [2011], "after": [2012]}
    plain = comparators.difference_in_differences(
        frame, **arguments, treated="T", donors=listed
    ).iloc[0]
    assert plain["smallest_p"] <= plain["p_value"] <= 1
    assert plain["smallest_p"] == 1 / (1 + len(donors))
    assert plain["estimate"] == pytest.approx(own - sum(donors) / len(donors), abs=1e-9)

    renamed = frame.assign(
        unit=frame["unit"].map(lambda unit: 999 if unit == "T" else -int(unit[1:])),
        value=frame["value"] * factor + shift,
    ).sample(frac=1, random_state=shuffle.randrange(1000))
    codes = [-n for n in range(len(donors))]
    shuffle.shuffle(codes)
    other = comparators.difference_in_differences(
        renamed, **arguments, treated=999, donors=codes
    ).iloc[0]
    for column in ("estimate", "placebo_sd", "minimum_detectable"):
        assert other[column] == pytest.approx(plain[column] * factor, abs=1e-7)
    pd.testing.assert_frame_equal(frame, before)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), donors=st.integers(3, 12), factor=st.floats(0.1, 100))
def test_weights_are_shares_and_no_other_mix_fits_better(
    seed: int, donors: int, factor: float
) -> None:
    """Any step from the weights towards a single donor makes the fit no better: it is the best."""
    random = np.random.default_rng(seed)
    values = random.normal(20, 4, size=(12, donors))
    own = random.normal(24, 4, size=12)
    columns = {f"D{n}": list(values[:, n]) for n in range(donors)}
    arguments: dict[str, Any] = {
        **YEARS,
        "treated": "T",
        "before": list(range(2011, 2020)),
        "after": [2020, 2021, 2022],
        "donors": list(columns),
    }
    frame = panel({"T": list(own), **columns})
    result = comparators.synthetic_control(frame, **arguments)
    found, weights = result.iloc[0], np.array(list(result.attrs["weights"].values()))
    assert found["determined"]
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)
    assert found["smallest_p"] <= found["p_value"] <= 1
    assert found["estimate_lowest"] <= found["estimate"] <= found["estimate_highest"]

    def squares(mixed: Any) -> float:
        return float(((own - values @ mixed)[:9] ** 2).sum())

    for donor in range(donors):
        step = 0.99 * weights + 0.01 * np.eye(donors)[donor]
        assert squares(weights) <= squares(step) + 1e-9
    scaled = comparators.synthetic_control(
        frame.assign(value=frame["value"] * factor), **arguments
    ).iloc[0]
    assert scaled["estimate"] == pytest.approx(found["estimate"] * factor, rel=1e-6, abs=1e-6)
    assert scaled["p_value"] == found["p_value"]
