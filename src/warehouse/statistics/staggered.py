"""Staggered rollout: do teams change when their own group starts, beside teams whose group has not?

Two-way fixed effects is not used: it compares late starters with early ones, whose own change goes on,
and where effects grow it can turn their sign round (Goodman-Bacon 2021).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial, prod
from typing import Any

import numpy as np
import pandas as pd

from warehouse.statistics.checks import POWER_FACTOR, Z95, Check, check
from warehouse.statistics.frames import Floats, labels, names, numbers, require_columns, whole

CONTROLS = ("never_treated", "not_yet_treated")
# Our names for the estimators, and the library's.
ESTIMATORS = {"doubly_robust": "dr", "regression": "reg"}
# With fewer units in a group or to compare with, the errors of large samples are too small.
FEW_UNITS = 10


def group_time_att(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    covariates: Sequence[str] = (),
    control: str = "never_treated",
    estimator: str = "doubly_robust",
) -> pd.DataFrame:
    """The average effect on each group of units that began together, at each time.

    frame: one row a unit and time, every unit at every time. unit: column of labels. time: column of
    numbers. outcome: column of numbers. first_treated: column of the time from which the unit is
    treated, the same in all its rows; 0 or empty is never. Who begins after the last time counts as
    never treated; who was treated at the first time has no time before and is left out. covariates:
    columns of numbers, taken at the base period. control: `never_treated` or `not_yet_treated`.
    estimator: `doubly_robust` or `regression`, which are the same without covariates. The base period
    is the one before the group began, or before the time itself where that is earlier (varying); no
    anticipation.

    Gives, sorted, one row for every group and time: `group`, `time`, `att` (units of the outcome), `se`,
    `lower_95`, `upper_95`; the base period is 0 with null error, a cell with nobody to compare with is
    null. `.attrs["aggregates"]`: `simple`, `dynamic`, `group`, `calendar`, each {`att`, `se`,
    `lower_95`, `upper_95`}, and but for `simple` `by`: {event time, group or calendar time: the same
    four}; `dynamic` is the plain mean over event times of 0 or more. `.attrs["checks"]`: `pre_trends`
    (Wald test that all effects before are 0), `units`.

    Raises ValueError for missing columns, empty or repeated rows, a unit without a row at some time, a
    unit whose first time changes, an unknown control or estimator, nobody treated after the first time,
    and nobody to compare with.
    Source: Callaway, Sant'Anna (2021), J Econometrics 225, 200-230; Sant'Anna, Zhao (2020).
    """
    adjusted = names(covariates)
    if control not in CONTROLS:
        raise ValueError(f"control is one of {', '.join(CONTROLS)}.")
    if not isinstance(estimator, str) or estimator not in ESTIMATORS:
        raise ValueError(f"estimator is one of {', '.join(ESTIMATORS)}.")
    require_columns(frame, [unit, time, outcome, first_treated, *adjusted])
    panel = _panel(frame, unit, time, outcome, first_treated, adjusted)
    never = panel["first"] == 0
    if not never.any() and (control == "never_treated" or panel["first"].nunique() < 2):
        raise ValueError(
            "There is nobody to compare with: every unit is treated. Add units that are not, or where "
            "groups begin at different times, take not_yet_treated."
        )
    cells = _cells(panel, adjusted, control, ESTIMATORS[estimator])
    result = _table(cells, panel)
    result.attrs = {
        "aggregates": _aggregates(cells),
        "checks": {"pre_trends": _pre_trends(cells), "units": _units(cells)},
    }
    return result


def reassigned(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    control: str = "never_treated",
    draws: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """The simple average effect, and how often chance gives as large a one: starts dealt out anew.

    For few units, where the errors of `group_time_att` are too small. The same start dates are dealt
    out among the units at random, and the effect is estimated for each deal. Arguments as there;
    draws: how many deals, 99 or more; seed: of the deals, which the seed alone decides.

    Gives one row: `estimate` (`simple` of `group_time_att`, without covariates), `p_value` (share of
    deals with as large an effect, the real one included), `smallest_p` (that 1 / draws and the number
    of different deals allow), `placebo_sd` (of the deals' effects), `minimum_detectable` (2.8
    placebo_sd: 80 % power), `n_units`, `draws`. Raises ValueError as `group_time_att`.
    Source: Fisher (1935); Roth, Sant'Anna (2023), J Political Economy Microeconomics 1, 669-709.
    """
    if control not in CONTROLS:
        raise ValueError(f"control is one of {', '.join(CONTROLS)}.")
    draws = whole(draws, "draws", 99)
    require_columns(frame, [unit, time, outcome, first_treated])
    panel = _panel(frame, unit, time, outcome, first_treated, [])
    wide = panel.pivot(index="unit", columns="time", values="outcome")
    values, times = wide.to_numpy(dtype="float64"), wide.columns.to_numpy(dtype="float64")
    cohorts = panel.groupby("unit")["first"].first().to_numpy(dtype="float64")
    random = np.random.default_rng(whole(seed, "seed", 0))
    # A deal has the same numbers in each group, so that each has an effect as the real one has.
    deals = np.stack([cohorts, *(random.permutation(cohorts) for _ in range(draws))])
    estimate, *effects = _simple(values, times, deals, control).tolist()
    if np.isnan(estimate):
        raise ValueError(
            "There is nobody to compare with: every unit is treated. Add units that are not, or where "
            "groups begin at different times, take not_yet_treated."
        )
    dealt = np.array(effects)
    as_large = int((np.abs(dealt) >= abs(estimate) - 1e-9 * max(1.0, abs(estimate))).sum())
    spread = float(dealt.std(ddof=1))
    _, sizes = np.unique(cohorts, return_counts=True)
    different = factorial(len(cohorts)) // prod(factorial(int(size)) for size in sizes)
    return pd.DataFrame(
        {
            "estimate": [estimate],
            "p_value": [(1 + as_large) / (1 + draws)],
            "smallest_p": [max(1 / (1 + draws), 1 / different)],
            "placebo_sd": [spread],
            "minimum_detectable": [POWER_FACTOR * spread],
            "n_units": [len(cohorts)],
            "draws": [draws],
        }
    )


def _simple(values: Floats, times: Floats, deals: Floats, control: str) -> Floats:
    """The mean effect over all cells after a group began, weighted by size; NaN without any cell.

    values: one line a unit. deals: one line a deal, each unit's first treated time in it; the numbers in
    each group are the same in all. All deals at once, as hundreds of them one by one take seconds.
    """
    total, weight = np.zeros(len(deals)), 0
    for group in np.unique(deals[0][deals[0] != 0]):
        own = (deals == group).astype("float64")
        size = own[0].sum()
        base = np.flatnonzero(times < group)[-1]
        moved = values - values[:, [base]]
        for position in np.flatnonzero(times >= group):
            others = deals == 0
            if control == "not_yet_treated":
                others |= deals > times[position]
            compared = others[0].sum()
            if compared:
                change = moved[:, position]
                total += own @ change - size * (others @ change) / compared
                weight += int(size)
    return total / weight if weight else np.full(len(deals), np.nan)


@dataclass(frozen=True)
class _Cells:
    """Estimated cells: for each its group, time and effect, and each unit's influence on it.

    influence: one line a unit, one column a cell; the squares of a column add up to its variance.
    cohorts: each unit's first treated time, 0 for never.
    """

    group: Floats
    time: Floats
    att: Floats
    influence: Floats
    cohorts: Floats


def _panel(
    frame: pd.DataFrame,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    covariates: list[str],
) -> pd.DataFrame:
    first = np.nan_to_num(numbers(frame, first_treated, missing=True), nan=0.0)
    panel = pd.DataFrame(
        {
            # Positions stand for units, so that no message of the library can name one.
            "unit": pd.factorize(labels(frame, unit))[0],
            "time": numbers(frame, time),
            "outcome": numbers(frame, outcome),
            "first": first,
            **{f"x{position}": numbers(frame, name) for position, name in enumerate(covariates)},
        }
    )
    if panel.duplicated(["unit", "time"]).any():
        raise ValueError(f"Some {unit} has two rows of one {time}. Keep one row of each.")
    if (panel.groupby("unit")["first"].nunique() > 1).any():
        raise ValueError(
            f"{first_treated} changes within a {unit}. It is when the unit was treated first, the same in "
            "all its rows."
        )
    times = np.sort(panel["time"].unique())
    if len(times) < 2:
        raise ValueError(f"There is one {time} only. A change needs two.")
    if len(panel) < panel["unit"].nunique() * len(times):
        raise ValueError(
            f"Some {unit} has no row at some {time}. Add the rows, or leave the unit or the time out."
        )
    # Nothing is known of them from before, so they can neither be judged nor compared with.
    panel = panel[(panel["first"] == 0) | (panel["first"] > times[0])]
    panel = panel.assign(first=panel["first"].where(panel["first"] <= times[-1], 0.0))
    if not (panel["first"] != 0).any():
        raise ValueError(
            "Nobody is treated after the first and by the last time, so there is no effect to estimate."
        )
    # In the library's own order of units, which its influence functions count by.
    ordered: pd.DataFrame = panel.sort_values(["unit", "time"], ignore_index=True)
    return ordered


def _cells(panel: pd.DataFrame, covariates: list[str], control: str, method: str) -> _Cells:
    # Imported here, since the library takes seconds and a page must not.
    from diff_diff import CallawaySantAnna

    columns = [f"x{position}" for position in range(len(covariates))] or None
    try:
        with warnings.catch_warnings():
            # Small groups and empty cells are looked at here, by figures.
            warnings.simplefilter("ignore")
            fit = CallawaySantAnna(
                control_group=control,
                estimation_method=method,
                base_period="varying",
                rank_deficient_action="error",
            ).fit(
                panel,
                outcome="outcome",
                unit="unit",
                time="time",
                first_treat="first",
                covariates=columns,
            )
    except (ValueError, np.linalg.LinAlgError) as error:
        raise ValueError(
            "The effects cannot be estimated: there is nobody to compare with, or the covariates follow "
            "from each other or say who is treated. Leave covariates out, or add units."
        ) from error
    cohorts = panel.groupby("unit")["first"].first().to_numpy(dtype="float64")
    found = [
        (float(group), float(time), float(cell["effect"]))
        for (group, time), cell in sorted(fit.group_time_effects.items())
        if np.isfinite(cell["effect"])
    ]
    influence = np.zeros((len(cohorts), len(found)))
    # The library aggregates neither by calendar time nor over groups; the influence functions that it
    # keeps for its own aggregates carry all of them alike. The version is pinned, and a test compares.
    kept = fit._aggregation_kit.influence
    for position, (group, time, _) in enumerate(found):
        own = kept[(group, time)]
        influence[own["treated_idx"], position] += own["treated_inf"]
        influence[own["control_idx"], position] += own["control_inf"]
    figures = np.array(found)
    return _Cells(figures[:, 0], figures[:, 1], figures[:, 2], influence, cohorts)


def _table(cells: _Cells, panel: pd.DataFrame) -> pd.DataFrame:
    times = np.sort(panel["time"].unique())
    groups = np.unique(cells.cohorts[cells.cohorts != 0])
    estimated = pd.DataFrame(
        {
            "group": cells.group,
            "time": cells.time,
            "att": cells.att,
            "se": np.sqrt((cells.influence**2).sum(axis=0)),
        }
    )
    grid = pd.MultiIndex.from_product([groups, times], names=["group", "time"]).to_frame(
        index=False
    )
    result = grid.merge(estimated, on=["group", "time"], how="left", validate="one_to_one")
    # With a varying base only the first time has none before it: it is its own base.
    result.loc[result["time"] == times[0], "att"] = 0.0
    # Who stands alone on both sides has no spread to estimate an error from.
    result["se"] = result["se"].where(result["se"] > 0)
    for column in ("group", "time"):
        if (result[column] == np.floor(result[column])).all():
            result[column] = result[column].astype("int64")
    return result.assign(
        lower_95=result["att"] - Z95 * result["se"], upper_95=result["att"] + Z95 * result["se"]
    )


def _aggregates(cells: _Cells) -> dict[str, Any]:
    after = cells.time >= cells.group
    if not after.any():
        raise ValueError(
            "There is nobody to compare with at any time after a group began. Add units that begin later "
            "or never."
        )
    events = cells.time - cells.group
    dynamic = _each(events, lambda event: _weighted(cells, events == event))
    group = _each(cells.group[after], lambda one: _mean(cells, after & (cells.group == one)))
    calendar = _each(cells.time[after], lambda one: _weighted(cells, after & (cells.time == one)))
    later = [one for event, one in dynamic.items() if event >= 0]
    return {
        "simple": _summary(*_weighted(cells, after)),
        "dynamic": _summary(*_average(later)) | _by(dynamic),
        "group": _summary(*_over_groups(cells, group)) | _by(group),
        "calendar": _summary(*_average(list(calendar.values()))) | _by(calendar),
    }


# An effect and each unit's influence on it.
Effect = tuple[float, Floats]


def _each(keys: Floats, effect: Callable[[float], Effect]) -> dict[float, Effect]:
    return {float(key): effect(float(key)) for key in np.unique(keys)}


def _mean(cells: _Cells, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Effect:
    return float(cells.att[chosen].mean()), cells.influence[:, chosen].mean(axis=1)


def _average(effects: list[Effect]) -> Effect:
    att = float(np.mean([effect for effect, _ in effects]))
    return att, np.mean([influence for _, influence in effects], axis=0)


def _weighted(cells: _Cells, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Effect:
    """Cells weighted by the size of their group, whose share is itself estimated."""
    return _by_size(
        cells.cohorts, cells.group[chosen], cells.att[chosen], cells.influence[:, chosen]
    )


def _over_groups(cells: _Cells, group: dict[float, Effect]) -> Effect:
    return _by_size(
        cells.cohorts,
        np.array(list(group)),
        np.array([effect for effect, _ in group.values()]),
        np.column_stack([influence for _, influence in group.values()]),
    )


def _by_size(cohorts: Floats, groups: Floats, att: Floats, influence: Floats) -> Effect:
    member = (cohorts[:, None] == groups[None, :]).astype("float64")
    share = member.mean(axis=0)
    weight = share / share.sum()
    # How far a unit's own group moves the weights (Callaway and Sant'Anna 2021, theorem 4).
    moved = (member - share) / share.sum() - (member - share).sum(axis=1, keepdims=True) * (
        share / share.sum() ** 2
    )
    return float(weight @ att), influence @ weight + moved @ att / len(cohorts)


def _summary(att: float, influence: Floats) -> dict[str, Any]:
    se = float(np.sqrt((influence**2).sum()))
    if se == 0:
        se = float("nan")
    return {"att": att, "se": se, "lower_95": att - Z95 * se, "upper_95": att + Z95 * se}


def _by(effects: dict[float, Effect]) -> dict[str, Any]:
    return {
        "by": {
            int(key) if key == int(key) else key: _summary(*effect)
            for key, effect in effects.items()
        }
    }


def _pre_trends(cells: _Cells) -> Check:
    from scipy.stats import chi2

    before = cells.time < cells.group
    if not before.any():
        return check(
            None, "There is one time before each group begins, so trends before cannot be tested."
        )
    att, influence = cells.att[before], cells.influence[:, before]
    variance = influence.T @ influence
    rank = int(np.linalg.matrix_rank(variance))
    if rank == 0:
        return check(None, "There are too few units to test trends before.", df=0)
    statistic = float(att @ np.linalg.pinv(variance) @ att)
    p_value = float(chi2.sf(statistic, rank))
    return check(
        p_value >= 0.05,
        "No sign that groups moved apart before they began."
        if p_value >= 0.05
        else "Groups moved apart before they began, so what came after may be the same drift.",
        test="Wald",
        chi_square=statistic,
        df=rank,
        p_value=p_value,
    )


def _units(cells: _Cells) -> Check:
    counts = {group: int((cells.cohorts == group).sum()) for group in np.unique(cells.cohorts)}
    treated = {group: n for group, n in counts.items() if group != 0}
    never, least = counts.get(0.0, 0), min(treated.values())
    enough = min(least, never or least) >= FEW_UNITS
    return check(
        enough,
        f"{len(treated)} groups begin, the smallest with {_units_of(least)}; {_units_of(never)} never "
        "begin"
        + (
            "."
            if enough
            else ". The errors are those of large samples, and too small here: deal the starts out anew (reassigned)."
        ),
        n_groups=len(treated),
        smallest_group=least,
        n_never_treated=never,
        n_units=len(cells.cohorts),
    )


def _units_of(n: int) -> str:
    return f"{n} unit{'' if n == 1 else 's'}"
