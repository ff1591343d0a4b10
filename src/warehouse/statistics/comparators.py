"""Did one council part from councils like it? Published figures, and permutation for chance.

One unit is treated. What chance alone does is read from the donors: each in turn takes the treated
unit's place (Abadie, Diamond, Hainmueller 2010). With few donors no result can be unlikely, so the
smallest possible p stands beside every p.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from warehouse.statistics.checks import POWER_FACTOR, Check, check
from warehouse.statistics.frames import Floats, label, numbers, plain, require_columns, several

# With fewer, many weights fit the past without error and say nothing about what came after.
LEAST_PRE_PERIODS = 8
# Published rates have one decimal, so placebos tie; sums of them tie up to rounding.
TIE = 1e-9
# Estimates that lie closer together, as a share of the largest outcome, are one: the solver's rounding.
SINGLE = 1e-4
# A drift apart before that so few donors share is a warning; 5 % would be out of reach of 10 donors.
UNUSUAL = 0.1


class NotEnoughPrePeriods(ValueError):
    """A synthetic control was asked for on fewer periods before than can hold it."""


@dataclass(frozen=True)
class _Panel:
    """Complete outcomes: `treated` one number a time, `donors` one line a time, one column a donor."""

    before: list[Any]
    after: list[Any]
    treated: Floats
    donors: Floats
    units: list[Any]
    left_out: int

    @property
    def n_before(self) -> int:
        """How many of the lines lie before."""
        return len(self.before)


def difference_in_differences(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    treated: Any,
    before: Sequence[Any],
    after: Sequence[Any],
    donors: Sequence[Any],
) -> pd.DataFrame:
    """How much more one unit changed than the mean of its donors, and how unusual that is.

    frame: one row a unit and time; units and times that are not named are ignored. unit, time: columns
    of labels. outcome: column of numbers, empty where there is no figure. treated: the unit. before,
    after: lists of values of `time`. donors: the units to compare with. Periods after in which the
    treated unit has no value are left out, then donors that lack any remaining period.

    Gives one row: `estimate` (treated change less donor mean change, units of the outcome),
    `treated_change`, `donor_mean_change` (changes of plain means), `placebo_sd` (sd of the donors'
    changes, n - 1, times the root of 1 + 1/n), `p_value` (share of treated and donors whose change
    against the other donors is as large, the treated included), `smallest_p` (1 / (1 + n)),
    `minimum_detectable` (2.8 placebo_sd: 80 % power), `n_donors`, `n_before`, `n_after`. `.attrs`:
    `placebos` {donor: its change against the other donors}, `checks` (`pre_trends`, `donors`).

    Raises ValueError for missing columns, two rows of one unit and time, an unknown treated unit, a
    treated unit without a value in a period before or in all after, the treated unit among the donors,
    a donor or period named twice, a period before that is not earlier than all after, and fewer than
    two donors that are left.
    Source: Card, Krueger (1994); Conley, Taber (2011) for the spread of placebos.
    """
    panel = _panel(frame, unit, time, outcome, treated, before, after, donors)
    changes = _change(panel.donors, panel.n_before)
    treated_change = float(_change(panel.treated[:, None], panel.n_before)[0])
    donor_mean = float(changes.mean())
    n = len(changes)
    placebos = _against_others(changes)
    placebo_sd = float(changes.std(ddof=1) * np.sqrt(1 + 1 / n))
    result = pd.DataFrame(
        {
            "estimate": [treated_change - donor_mean],
            "treated_change": [treated_change],
            "donor_mean_change": [donor_mean],
            "placebo_sd": [placebo_sd],
            "p_value": [_as_extreme(treated_change - donor_mean, placebos)],
            "smallest_p": [1 / (1 + n)],
            "minimum_detectable": [POWER_FACTOR * placebo_sd],
            "n_donors": [n],
            "n_before": [panel.n_before],
            "n_after": [len(panel.after)],
        }
    )
    result.attrs = {
        "placebos": dict(zip(panel.units, placebos.tolist(), strict=True)),
        "checks": {"pre_trends": _pre_trends(panel), "donors": _donors(panel)},
    }
    return result


def synthetic_control(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    treated: Any,
    before: Sequence[Any],
    after: Sequence[Any],
    donors: Sequence[Any],
) -> pd.DataFrame:
    """One unit beside the mix of donors that followed it most closely before, by outcomes alone.

    Arguments as in `difference_in_differences`, with at least 8 periods before. Weights are 0 or more,
    add up to 1 and have the least squared gap before (non-negative least squares).

    Gives one row: `estimate` (mean gap after, units of the outcome), `pre_rmse`, `p_value` (rank of the
    mean squared gap after over that before, among the treated and all donors, each donor fitted on the
    other donors), `smallest_p`, `determined` (whether one estimate alone fits best), `estimate_lowest`,
    `estimate_highest` (over all weights that fit as well), `n_donors`. Where it is not determined (with
    many donors the fit has no error and no single solution), `estimate` and `p_value` are NaN.
    `.attrs`: `weights` {donor: weight}, `gaps` {time: gap} (both empty where it is not determined, as
    one of many would mislead), `placebo_ratios` {unit: ratio after / before, the treated one too; inf
    without error before}, `checks` (`pre_periods`, `fit`, `donors`).

    Raises NotEnoughPrePeriods under 8 periods before; else ValueError as `difference_in_differences`.
    Source: Abadie, Diamond, Hainmueller (2010); Lawson, Hanson (1974) for the fit.
    """
    panel = _panel(frame, unit, time, outcome, treated, before, after, donors)
    if panel.n_before < LEAST_PRE_PERIODS:
        raise NotEnoughPrePeriods(
            f"A synthetic control needs {LEAST_PRE_PERIODS} periods before, and there are "
            f"{panel.n_before}: many mixes of donors would fit them and differ afterwards. "
            "Use difference_in_differences."
        )
    n_before, n = panel.n_before, len(panel.units)
    weights = _weights(panel.treated[:n_before], panel.donors[:n_before])
    gaps = panel.treated - panel.donors @ weights
    lowest, highest = _range_of_estimates(panel, weights)
    scale = float(np.abs(panel.donors).max()) or 1.0
    determined = highest - lowest <= SINGLE * scale
    ratios = {plain(treated): _ratio(gaps, n_before, scale)}
    for position, donor in enumerate(panel.units):
        own, others = panel.donors[:, position], np.delete(panel.donors, position, axis=1)
        placebo = own - others @ _weights(own[:n_before], others[:n_before])
        ratios[donor] = _ratio(placebo, n_before, scale)
    own_ratio = ratios[plain(treated)]
    rank = sum(ratio >= own_ratio * (1 - TIE) for ratio in ratios.values())
    pre_rmse = float(np.sqrt((gaps[:n_before] ** 2).mean()))
    result = pd.DataFrame(
        {
            "estimate": [float(gaps[n_before:].mean()) if determined else np.nan],
            "pre_rmse": [pre_rmse],
            "p_value": [rank / (1 + n) if determined else np.nan],
            "smallest_p": [1 / (1 + n)],
            "determined": [determined],
            "estimate_lowest": [lowest],
            "estimate_highest": [highest],
            "n_donors": [n],
        }
    )
    times = [*panel.before, *panel.after]
    result.attrs = {
        "weights": dict(zip(panel.units, weights.tolist(), strict=True)) if determined else {},
        "gaps": dict(zip(times, gaps.tolist(), strict=True)) if determined else {},
        "placebo_ratios": ratios,
        "checks": {
            "pre_periods": check(
                True, f"{n_before} periods before.", n_before=n_before, n_after=len(panel.after)
            ),
            "fit": _fit_check(panel, gaps, determined),
            "donors": _donors(panel),
        },
    }
    return result


def _panel(
    frame: pd.DataFrame,
    unit: str,
    time: str,
    outcome: str,
    treated: Any,
    before: Sequence[Any],
    after: Sequence[Any],
    donors: Sequence[Any],
) -> _Panel:
    before, after = several(before, "before"), several(after, "after")
    donors, treated = several(donors, "donors"), label(treated, "treated")
    require_columns(frame, [unit, time, outcome])
    for listed, what in ((before, "before"), (after, "after"), (donors, "donors")):
        if not listed:
            raise ValueError(f"{what} is empty. Name at least one.")
        if len(set(listed)) < len(listed):
            raise ValueError(f"{what} names one twice. Name each once.")
    try:
        earlier = max(before) < min(after)
    except TypeError as error:
        raise ValueError("Give before and after as values of one kind.") from error
    if not earlier:
        raise ValueError("Every period before has to be earlier than every period after.")
    if treated in donors:
        raise ValueError("The treated unit is among the donors. It cannot be its own comparison.")
    # Rows of regions and of the country, which have no unit, may stand in the frame.
    table = pd.DataFrame({"unit": frame[unit].to_numpy(), "time": frame[time].to_numpy()})
    asked = table["unit"].isin([treated, *donors]) & table["time"].isin([*before, *after])
    table = table[asked].assign(outcome=numbers(frame.loc[asked.to_numpy()], outcome, missing=True))
    if table.duplicated(["unit", "time"]).any():
        raise ValueError(
            f"Some {unit} has two rows of one {time}. Keep one release, so that each has one row."
        )
    wide = table.pivot(index="time", columns="unit", values="outcome")
    wide = wide.reindex(index=[*before, *after], columns=[treated, *donors])
    own = wide[treated]
    if own.isna().all():
        raise ValueError(
            f"The treated unit has no figure in any of those periods. Check that {unit} and {time} hold "
            "what is named, in the same type: 852 is not '852'."
        )
    if own.loc[before].isna().any():
        raise ValueError(
            "The treated unit has no figure in a period before. Leave that period out of before."
        )
    after = [period for period in after if not pd.isna(own.loc[period])]
    if not after:
        raise ValueError("The treated unit has no figure in any period after.")
    wide = wide.loc[[*before, *after]]
    has_all = wide.notna().all().to_dict()
    complete = [donor for donor in donors if has_all[donor]]
    if len(complete) < 2:
        raise ValueError(
            f"{len(complete)} of {len(donors)} donors have a figure in every period. At least two are "
            "needed to compare with: name more donors, or fewer periods."
        )
    return _Panel(
        before=[plain(period) for period in before],
        after=[plain(period) for period in after],
        treated=wide[treated].to_numpy(dtype="float64"),
        donors=wide[complete].to_numpy(dtype="float64"),
        units=[plain(donor) for donor in complete],
        left_out=len(donors) - len(complete),
    )


def _change(values: Floats, n_before: int) -> Floats:
    change: Floats = values[n_before:].mean(axis=0) - values[:n_before].mean(axis=0)
    return change


def _against_others(figures: Floats) -> Floats:
    """Each donor's figure less the mean of the other donors'."""
    n = len(figures)
    against: Floats = figures - (figures.sum() - figures) / (n - 1)
    return against


def _as_extreme(estimate: float, placebos: Floats) -> float:
    as_large = np.abs(placebos) >= abs(estimate) - TIE * max(1.0, abs(estimate))
    return float((1 + as_large.sum()) / (1 + len(placebos)))


def _pre_trends(panel: _Panel) -> Check:
    """Whether the treated unit moved apart from the donors already before: slopes, by placebo."""
    n_before = panel.n_before
    if n_before < 3:
        return check(
            None,
            f"With {n_before} period{'s' if n_before > 1 else ''} before, whether they ran side by side "
            "cannot be tested.",
            n_before=n_before,
        )
    n = len(panel.units)
    if 1 / (1 + n) >= UNUSUAL:
        return check(
            None,
            f"With {n} donors none can stand out, so whether they ran side by side cannot be tested.",
            n_before=n_before,
        )
    steps = np.arange(n_before) - (n_before - 1) / 2
    slopes = steps @ panel.donors[:n_before] / (steps**2).sum()
    slope = float(steps @ panel.treated[:n_before] / (steps**2).sum() - slopes.mean())
    p_value = _as_extreme(slope, _against_others(slopes))
    return check(
        p_value >= UNUSUAL,
        "Before, it moved no more apart from its donors than they from each other."
        if p_value >= UNUSUAL
        else "It moved apart from its donors already before, so what came after may be the same drift.",
        n_before=n_before,
        slope_apart=slope,
        p_value=p_value,
    )


def _donors(panel: _Panel) -> Check:
    n = len(panel.units)
    # p has to be under 5 %, and that of the first among n and the treated is 1 / (1 + n).
    enough = n >= 20
    return check(
        enough,
        f"{n} donors, so p cannot fall below {1 / (1 + n):.2g}"
        + ("." if enough else ": no result could be unlikely by the usual 5 %."),
        n_donors=n,
        n_left_out=panel.left_out,
        smallest_p=1 / (1 + n),
    )


def _weights(target: Floats, donors: Floats) -> Floats:
    """Weights of 0 or more that add up to 1, with the least squared distance to the target.

    Least squares of the donors' differences from the target, with one more line that asks for a sum of
    1, has its solution in the direction of the best weights whatever the sum comes to; dividing by
    the sum gives them exactly, without a penalty to choose.
    """
    from scipy.optimize import nnls

    apart = donors - target[:, None]
    # In one scale with the line of ones, so that neither drowns in the other's rounding.
    scale = np.sqrt((apart**2).mean()) or 1.0
    lines = np.vstack([apart / scale, np.ones(donors.shape[1])])
    found, _ = nnls(lines, np.append(np.zeros(len(target)), 1.0), maxiter=50 * donors.shape[1])
    weights: Floats = found / found.sum()
    return weights


def _range_of_estimates(panel: _Panel, weights: Floats) -> tuple[float, float]:
    """The least and the greatest mean gap after, over all weights with the same fit before.

    A least-squares fit is unique even where its weights are not, so these are all weights that give the
    same fitted values: a linear program.
    """
    from scipy.optimize import linprog

    n_before = panel.n_before
    past, later = panel.donors[:n_before], panel.donors[n_before:].mean(axis=0)
    scale = float(np.abs(panel.donors).max()) or 1.0
    lines = np.vstack([past / scale, np.ones(len(weights))])
    own = float(panel.treated[n_before:].mean())
    at_weights = own - float(later @ weights)
    ends = []
    for sign in (1.0, -1.0):
        # The weights found fit up to rounding, so a plain equality would be a matter of luck.
        found = linprog(
            sign * later / scale,
            A_ub=np.vstack([lines, -lines]),
            b_ub=np.concatenate([lines @ weights, -lines @ weights]) + 1e-10,
            bounds=(0, None),
            method="highs",
        )
        ends.append(own - sign * float(found.fun) * scale if found.success else at_weights)
    # The solver's own tolerance must not put the estimate outside its range.
    return min(*ends, at_weights), max(*ends, at_weights)


def _ratio(gaps: Floats, n_before: int, scale: float) -> float:
    """Mean squared gap after over that before; no gap at all is 0, one after a perfect fit is inf."""
    past, later = float((gaps[:n_before] ** 2).mean()), float((gaps[n_before:] ** 2).mean())
    nothing = (1e-9 * scale) ** 2
    if later <= nothing:
        return 0.0
    return later / past if past > nothing else float("inf")


def _fit_check(panel: _Panel, gaps: Floats, determined: bool) -> Check:
    n_before = panel.n_before
    rmse = float(np.sqrt((gaps[:n_before] ** 2).mean()))
    spread = float(panel.donors[:n_before].std())
    if not determined:
        return check(
            False,
            "Many mixes of donors fit the past equally well and differ afterwards, so there is no one "
            "estimate.",
            pre_rmse=rmse,
        )
    close = rmse <= 0.25 * spread
    return check(
        close,
        "The mix of donors follows the past closely."
        if close
        else "No mix of donors follows the past closely, so the gap afterwards says little.",
        pre_rmse=rmse,
        donor_sd=spread,
    )
