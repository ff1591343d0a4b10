"""How long until somebody leaves, or a post is filled: rates, curves and hazard ratios.

A person cannot attend after leaving, so "ever attended" as a fixed group makes any programme look
good (immortal time). Attendance belongs into (start, stop] rows of `time_varying_cox`, or behind a
landmark of `kaplan_meier`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse.statistics.checks import Z95, Check, check
from warehouse.statistics.frames import Floats, labels, names, numbers, plain, require_columns

Flags = npt.NDArray[np.bool_]
# The standard error of a coefficient, in standard deviations of its covariate, above which the
# likelihood has no maximum: all events lie on one side.
RUNAWAY = 100.0
# A group below this many events for each term says little (Peduzzi and others, 1995).
EVENTS_PER_TERM = 10
UNSETTLED = (
    "The model does not settle: some covariate says nearly all of who has the event. Leave it out, or "
    "say that there is not enough data."
)


@dataclass(frozen=True)
class Rate:
    """Events for each unit of exposure, with its exact 95 % interval."""

    rate: float
    lower_95: float
    upper_95: float


@dataclass(frozen=True)
class RateRatio:
    """One rate over another, with its exact 95 % interval and two-sided p."""

    ratio: float
    lower_95: float
    upper_95: float
    p_value: float


def rate(events: int, exposure: float) -> Rate:
    """Events for each unit of exposure, with an exact 95 % Poisson interval.

    events: a whole number, 0 or more. exposure: above 0, in any unit (staff-years), which is the unit
    of the result. Raises ValueError for anything else: a rate without exposure is not zero.
    Source: Garwood (1936), exact limits for a Poisson mean, by the chi-square distribution.
    """
    from scipy.stats import chi2

    count, over = _number(events, "events"), _number(exposure, "exposure")
    if count < 0 or count != int(count):
        raise ValueError("Events are counted: a whole number, 0 or more.")
    if over <= 0:
        raise ValueError("Exposure is 0 or less. A rate without exposure is not zero: show none.")
    lower = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    upper = chi2.ppf(0.975, 2 * count + 2) / 2
    return Rate(rate=count / over, lower_95=float(lower / over), upper_95=float(upper / over))


def rate_ratio(
    events: int, exposure: float, events_before: int, exposure_before: float
) -> RateRatio:
    """How many times the rate before a rate is, with an exact 95 % interval for two Poisson counts.

    events, events_before: whole numbers, 0 or more. exposure, exposure_before: above 0, in one unit. Of
    all events together those of the later window are binomial, whatever the rate; its exact limits
    (Clopper, Pearson 1934) give those of the ratio, and p is twice the smaller tail. Without an event
    before, the ratio and its upper end are infinite; without any event there is no ratio (NaN), the
    interval has no end, and p is 1. Raises ValueError for anything else.
    Source: Przyborowski, Wilenski (1940).
    """
    from scipy.stats import binomtest

    later, earlier = rate(events, exposure), rate(events_before, exposure_before)
    both = int(events) + int(events_before)
    if not both:
        return RateRatio(ratio=math.nan, lower_95=0.0, upper_95=math.inf, p_value=1.0)
    share = float(exposure) / (float(exposure) + float(exposure_before))
    tails = [
        binomtest(int(events), both, share, alternative=side).pvalue for side in ("less", "greater")
    ]
    ends = binomtest(int(events), both).proportion_ci(0.95, method="exact")
    lower, upper = (
        end / (1 - end) * (1 - share) / share if end < 1 else math.inf
        for end in (float(ends.low), float(ends.high))
    )
    return RateRatio(
        ratio=later.rate / earlier.rate if earlier.rate else math.inf,
        lower_95=lower,
        upper_95=upper,
        p_value=min(1.0, 2 * float(min(tails))),
    )


def _number(value: Any, name: str) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = float("nan")
    if not np.isfinite(found) or isinstance(value, (bool, str)):
        raise ValueError(f"{name} has to be a number.")
    return found


def kaplan_meier(
    frame: pd.DataFrame,
    *,
    duration: str,
    event: str,
    group: str | None = None,
    entry: str | None = None,
    landmark: float | None = None,
) -> pd.DataFrame:
    """The share that has not had the event yet, by time since the start.

    frame: one row a subject. duration: column of the time to the event or to the end of watching, 0 or
    more. event: column of 1 (happened) or 0 (not yet). group: column of labels, or None. entry: column
    of the time from which the subject was watched, from 0 to under its duration (late entry), or None.
    landmark: keeps those whose duration is longer, their curve beginning at 1 there.

    Gives, sorted by group and time, one row for each time of an event, an end or an entry: `group`
    (`all` without one), `time` (on the original clock), `n_at_risk` (just before: entry < time <=
    duration), `n_events`, `survival`, `std_error` (Greenwood; NaN at survival 0), `lower_95`,
    `upper_95` (log-log; 1 before the first event, NaN at survival 0). `.attrs`: `median` {group: first
    time at which survival is a half or less, or None}; with `group`, `logrank` {`chi_square`, `df`,
    `p_value`; None where there is one group, or no event}; `checks`.

    Raises ValueError for missing columns, empty or negative values, an event other than 0 and 1, an
    entry at or after its duration, and a landmark beyond which nobody is left.
    Source: Kaplan, Meier (1958); Greenwood (1926); Kalbfleisch, Prentice (2002), log-log limits.
    """
    optional = [name for name in (group, entry) if name is not None]
    require_columns(frame, [duration, event, *optional])
    ends, happened = numbers(frame, duration), _flags(frame, event)
    if (ends < 0).any():
        raise ValueError(f"{duration} is negative in some rows. Count it from the start.")
    # Without late entry everybody is watched from the start, an event at time 0 included.
    starts = np.full(len(ends), -np.inf) if entry is None else numbers(frame, entry)
    if entry is not None and ((starts < 0) | (starts >= ends)).any():
        raise ValueError(f"{entry} has to lie from 0 to under {duration} in every row.")
    groups = pd.Series(["all"] * len(ends)) if group is None else labels(frame, group)
    if landmark is not None:
        mark = _number(landmark, "landmark")
        kept = ends > mark
        if not kept.any():
            raise ValueError("Nobody is left beyond the landmark. Choose an earlier one.")
        # Who was there before is watched from the landmark on.
        starts = np.where(starts <= mark, -np.inf, starts)[kept]
        ends, happened, groups = ends[kept], happened[kept], groups[kept].reset_index(drop=True)

    try:
        present = sorted(groups.unique())
    except TypeError as error:
        raise ValueError(f"{group} mixes kinds of labels. Make all of them text.") from error
    curves, median, smallest = [], {}, []
    for label in present:
        inside = (groups == label).to_numpy()
        curve = _curve(starts[inside], ends[inside], happened[inside])
        reached = curve.loc[curve["survival"] <= 0.5 + 1e-9, "time"]
        median[plain(label)] = None if reached.empty else float(reached.iloc[0])
        smallest += _early_risk_set(curve)
        curve.insert(0, "group", label)
        curves.append(curve)
    result = pd.concat(curves, ignore_index=True)
    result.attrs = {"median": median, "checks": {"risk_sets": _risk_sets(smallest)}}
    if group is not None:
        result.attrs["logrank"] = _logrank(starts, ends, happened, groups, present)
    return result


def _flags(frame: pd.DataFrame, column: str) -> Flags:
    values = numbers(frame, column)
    if not np.isin(values, (0.0, 1.0)).all():
        raise ValueError(f"{column} has to be 1 (it happened) or 0 (it has not yet) in every row.")
    flags: Flags = values == 1.0
    return flags


def _curve(starts: Floats, ends: Floats, happened: Flags) -> pd.DataFrame:
    times = np.unique(np.concatenate([ends, starts[np.isfinite(starts)]]))
    # Every entry lies before its end, so who has entered less who has ended is who is at risk.
    at_risk = np.searchsorted(np.sort(starts), times) - np.searchsorted(np.sort(ends), times)
    of_events = np.sort(ends[happened])
    events = np.searchsorted(of_events, times, side="right") - np.searchsorted(of_events, times)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(at_risk > 0, events / np.maximum(at_risk, 1), 0.0)
        survival = np.cumprod(1 - share)
        # Greenwood's sum; infinite once everybody at risk has had the event.
        left = at_risk - events
        terms = np.where(events > 0, events / (at_risk * np.where(left > 0, left, np.nan)), 0.0)
        total = np.cumsum(terms)
        std_error = survival * np.sqrt(total)
        spread = np.exp(Z95 * np.sqrt(total) / np.abs(np.log(survival)))
        lower, upper = survival**spread, survival ** (1 / spread)
    begun = np.cumsum(events) > 0
    ended = survival == 0
    return pd.DataFrame(
        {
            "time": times,
            "n_at_risk": at_risk.astype("int64"),
            "n_events": events.astype("int64"),
            "survival": survival,
            "std_error": np.where(ended, np.nan, std_error),
            "lower_95": np.where(ended, np.nan, np.where(begun, lower, 1.0)),
            "upper_95": np.where(ended, np.nan, np.where(begun, upper, 1.0)),
        }
    )


def _early_risk_set(curve: pd.DataFrame) -> list[int]:
    """The fewest at risk at an event while numbers were still rising, or at the first event.

    Every curve ends with few; few at the beginning, as late entry brings it about, moves all of it.
    """
    at_events = curve.loc[curve["n_events"] > 0, "n_at_risk"]
    if at_events.empty:
        return []
    return [int(at_events.iloc[: int(at_events.to_numpy().argmax()) + 1].min())]


def _risk_sets(smallest: list[int]) -> Check:
    if not smallest:
        return check(None, "Nobody had the event yet, so the curve does not fall.", smallest=None)
    least = min(smallest)
    return check(
        least >= 5,
        f"When the curve begins to fall, {least} are at risk"
        + ("." if least >= 5 else ": too few, and all that follows hangs on them. Use a landmark."),
        smallest=least,
    )


def _logrank(
    starts: Floats, ends: Floats, happened: Flags, groups: pd.Series[Any], present: list[Any]
) -> dict[str, float | int | None]:
    """The log-rank test with late entry: observed less expected, hypergeometric variance."""
    from scipy.stats import chi2

    df = len(present) - 1
    if df < 1 or not happened.any():
        return {"chi_square": None, "df": df, "p_value": None}
    codes = np.array([(groups == label).to_numpy() for label in present])
    difference, variance = np.zeros(len(present)), np.zeros((len(present), len(present)))
    for time in np.unique(ends[happened]):
        at_risk = codes[:, (starts < time) & (time <= ends)].sum(axis=1)
        events = codes[:, happened & (ends == time)].sum(axis=1)
        n, d = at_risk.sum(), events.sum()
        share = at_risk / n
        difference += events - d * share
        if n > 1:
            variance += d * (n - d) / (n - 1) * (np.diag(share) - np.outer(share, share))
    # The differences add up to 0, so one group is left out; a group never at risk adds nothing.
    statistic = float(difference[:-1] @ np.linalg.pinv(variance[:-1, :-1]) @ difference[:-1])
    return {"chi_square": statistic, "df": df, "p_value": float(chi2.sf(statistic, df))}


def time_varying_cox(
    frame: pd.DataFrame,
    *,
    subject: str,
    start: str,
    stop: str,
    event: str,
    covariates: Sequence[str],
    strata: Sequence[str] = (),
) -> pd.DataFrame:
    """Cox regression where covariates may change over time, so that they say what was known then.

    frame: one row a subject and stretch of time (start, stop], `start` < `stop`, in which nothing
    changes; late entry and gaps are allowed. subject: column of labels. event: 1 in the row at whose
    end it happened, which is the subject's last; else 0. covariates: columns of numbers. strata:
    columns of labels (team, role) each with a baseline hazard of its own. Ties are Efron's.

    Gives one row a covariate: `term`, `coefficient`, `se`, `hazard_ratio`, `lower_95`, `upper_95` (of
    the hazard ratio), `p_value` (normal, two-sided). `.attrs`: `n_subjects`, `n_events`, `checks`
    (`proportional_hazards`: the score test of Grambsch and Therneau on the Kaplan-Meier scale, for each
    term and together; `events_per_term`).

    Raises ValueError for missing columns, empty values, start >= stop, stretches of a subject that
    overlap, rows after an event, no events, covariates that never differ among those at risk or follow
    from each other, and events on one side of a covariate only.
    Source: Cox (1972); Andersen, Gill (1982); Efron (1977); Grambsch, Therneau (1994).
    """
    terms, layers = names(covariates), names(strata, "strata")
    if not terms:
        raise ValueError("Name at least one covariate.")
    require_columns(frame, [subject, start, stop, event, *terms, *layers])
    begins, ends, happened = numbers(frame, start), numbers(frame, stop), _flags(frame, event)
    if (begins >= ends).any():
        raise ValueError(
            f"{start} is not before {stop} in {int((begins >= ends).sum())} rows. A stretch ends after "
            "it begins: leave out rows of no length."
        )
    subjects = pd.factorize(labels(frame, subject))[0]
    _refuse_overlaps(subjects, begins, ends, happened)
    if not happened.any():
        raise ValueError("Nobody had the event, so there is no hazard to compare.")
    values = np.column_stack([numbers(frame, name) for name in terms])
    layer = np.zeros(len(frame), dtype="int64")
    if layers:
        layer = pd.factorize(pd.MultiIndex.from_arrays([labels(frame, name) for name in layers]))[0]

    # Coefficients on the scale of standard deviations, as rounding does the least harm there.
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    rows = _Stretches(begins, ends, happened, scaled, layer)
    _refuse_undetermined(rows, terms)
    fit = _fitted(rows, subjects)
    coefficient = fit.params_.to_numpy(dtype="float64")
    covariance = fit.variance_matrix_.to_numpy(dtype="float64")
    se = np.sqrt(np.diag(covariance))
    if not np.isfinite(se).all() or (se > RUNAWAY).any():
        raise ValueError(
            "All events lie on one side of a covariate, so its hazard ratio would be 0 or infinite. "
            "Leave it out, or say that there is not enough data."
        )
    from scipy.stats import norm

    at_estimate = list(_risk(rows, coefficient))
    _refuse_unsettled(at_estimate, covariance)
    checks = {
        "proportional_hazards": _proportional_hazards(rows, at_estimate, terms),
        "events_per_term": _events_per_term(int(happened.sum()), len(terms)),
    }
    coefficient, se = coefficient / spread, se / spread
    result = pd.DataFrame(
        {
            "term": terms,
            "coefficient": coefficient,
            "se": se,
            "hazard_ratio": np.exp(coefficient),
            "lower_95": np.exp(coefficient - Z95 * se),
            "upper_95": np.exp(coefficient + Z95 * se),
            "p_value": 2 * norm.sf(np.abs(coefficient) / se),
        }
    )
    result.attrs = {
        "n_subjects": int(subjects.max()) + 1,
        "n_events": int(happened.sum()),
        "checks": checks,
    }
    return result


@dataclass(frozen=True)
class _Stretches:
    """(start, stop] rows: each array has one element, and `values` one line, a row."""

    start: Floats
    stop: Floats
    event: Flags
    values: Floats
    layer: npt.NDArray[np.int64]


def _refuse_overlaps(
    subjects: npt.NDArray[np.int64], begins: Floats, ends: Floats, happened: Flags
) -> None:
    order = np.lexsort((begins, subjects))
    same = subjects[order][1:] == subjects[order][:-1]
    if (same & (begins[order][1:] < ends[order][:-1])).any():
        raise ValueError(
            "Stretches of one subject overlap, so it would be counted twice. Cut them where one begins."
        )
    if (same & happened[order][:-1]).any():
        raise ValueError(
            "A subject has rows after its event. Mark the event in the last row alone; somebody who "
            "came back is a new subject."
        )


# A time of an event, what was seen, and the mean and covariance among those at risk.
Moment = tuple[float, Floats, Floats, Floats]


def _risk(rows: _Stretches, coefficient: Floats) -> Iterator[Moment]:
    """For each time of an event in each stratum, and for each event at it, in Efron's manner.

    Gives the time, the sum of the covariates of those with the event (for the first of the events at
    that time, else 0), their mean and their covariance among those at risk.
    """
    weights = np.exp(rows.values @ coefficient)
    for layer in np.unique(rows.layer[rows.event]):
        inside = rows.layer == layer
        for time in np.unique(rows.stop[rows.event & inside]):
            at_risk = inside & (rows.start < time) & (time <= rows.stop)
            values, now = rows.values[at_risk], (rows.event & (rows.stop == time))[at_risk]
            weight, tied = weights[at_risk], int(now.sum())
            for step in range(tied):
                # Of tied events each in turn is only partly still at risk.
                part = weight * np.where(now, 1 - step / tied, 1.0)
                mean = part @ values / part.sum()
                centred = values - mean
                covariance = (centred * part[:, None]).T @ centred / part.sum()
                seen = values[now].sum(axis=0) if step == 0 else np.zeros_like(mean)
                yield float(time), seen, mean, covariance


def _refuse_undetermined(rows: _Stretches, terms: list[str]) -> None:
    """Raise ValueError for covariates that do not differ, or say the same, among those at risk."""
    width = len(terms)
    information = np.zeros((width, width))
    for _, _, _, covariance in _risk(rows, np.zeros(width)):
        information += covariance
    undetermined, kept = [], list[int]()
    for position, term in enumerate(terms):
        rest = information[position, position]
        if kept:
            across = information[np.ix_(kept, [position])][:, 0]
            rest -= across @ np.linalg.solve(information[np.ix_(kept, kept)], across)
        if rest <= 1e-9 * rows.event.sum():
            undetermined.append(term)
        else:
            kept.append(position)
    if undetermined:
        raise ValueError(
            f"{', '.join(undetermined)} never differs among those at risk, or follows from the other "
            "covariates (collinear), so it has no hazard ratio. Leave it out."
        )


def _refuse_unsettled(at_estimate: list[Moment], covariance: Floats) -> None:
    """Raise ValueError where the library stopped short of the maximum, which it only warns of."""
    score = np.sum([seen - mean for _, seen, mean, _ in at_estimate], axis=0)
    if not float(score @ covariance @ score) < 1e-8:
        raise ValueError(UNSETTLED)


def _fitted(rows: _Stretches, subjects: npt.NDArray[np.int64]) -> Any:
    # Imported here, since the library takes seconds and a page must not.
    from lifelines import CoxTimeVaryingFitter
    from lifelines.exceptions import ConvergenceError

    class Estimator(CoxTimeVaryingFitter):  # type: ignore[misc]
        """Leaves out the baseline hazard: nobody asks for it, and it takes as long as the rest."""

        def _compute_cumulative_baseline_hazard(self, *_: Any) -> None:
            return None

        def _compute_baseline_survival(self) -> None:
            return None

    table = pd.DataFrame(
        rows.values, columns=[f"x{position}" for position in range(rows.values.shape[1])]
    )
    table = table.assign(
        subject=subjects, start=rows.start, stop=rows.stop, event=rows.event, layer=rows.layer
    )
    strata = "layer" if len(np.unique(rows.layer)) > 1 else None
    if strata is None:
        table = table.drop(columns="layer")
    try:
        with warnings.catch_warnings():
            # Low variance and slow convergence are looked at here, by figures.
            warnings.simplefilter("ignore")
            return Estimator().fit(
                table,
                id_col="subject",
                start_col="start",
                stop_col="stop",
                event_col="event",
                strata=strata,
                # Whole Newton steps; the library shortens them itself where they overshoot.
                fit_options={"precision": 1e-12, "max_steps": 200, "step_size": 1.0},
            )
    except (ConvergenceError, ValueError, np.linalg.LinAlgError) as error:
        raise ValueError(UNSETTLED) from error


def _proportional_hazards(rows: _Stretches, at_estimate: list[Moment], terms: list[str]) -> Check:
    """The score test of a trend of each coefficient with time, as R's `cox.zph` has it.

    The clock is 1 less the Kaplan-Meier curve of all rows just before each event, so that single late
    events do not decide.
    """
    from scipy.stats import chi2

    if len(np.unique(rows.stop[rows.event])) < 2:
        return check(None, "There are too few times of events to test proportional hazards.")
    width = len(terms)
    curve = _curve(rows.start, rows.stop, rows.event)
    curve = curve[curve["n_events"] > 0]
    before = [1.0, *curve["survival"].tolist()[:-1]]
    clock = dict(zip(curve["time"], before, strict=True))
    centre = float(np.average(list(clock.values()), weights=curve["n_events"].to_numpy()))
    score = np.zeros(width)
    plain_, mixed, squared = (np.zeros((width, width)) for _ in range(3))
    for time, seen, mean, covariance in at_estimate:
        at = centre - clock[time]
        score += at * (seen - mean)
        plain_ += covariance
        mixed += at * covariance
        squared += at**2 * covariance
    # What is left of the trend's information once the coefficients themselves are estimated.
    solved = np.linalg.solve(plain_, mixed)
    together = squared - mixed.T @ solved
    figures: dict[str, float | int | str | None] = {}
    worst = 1.0
    for position, term in enumerate(terms):
        alone = squared[position, position] - mixed[:, position] @ solved[:, position]
        statistic = float(score[position] ** 2 / alone) if alone > 0 else 0.0
        p_value = float(chi2.sf(statistic, 1))
        figures |= {f"chi_square_{term}": statistic, f"p_value_{term}": p_value}
        worst = min(worst, p_value)
    statistic = float(score @ np.linalg.pinv(together) @ score)
    p_value = float(chi2.sf(statistic, width))
    passed = min(p_value, worst * width) >= 0.05
    return check(
        passed,
        "No sign that the hazard ratio changes with time."
        if passed
        else "The hazard ratio changes with time, so one figure for it is an average.",
        test="Grambsch-Therneau score test",
        chi_square=statistic,
        df=width,
        p_value=p_value,
        **figures,
    )


def _events_per_term(events: int, terms: int) -> Check:
    enough = events >= EVENTS_PER_TERM * terms
    return check(
        enough,
        f"{events} events for {terms} covariate{'s' if terms > 1 else ''}"
        + (
            "."
            if enough
            else f": fewer than {EVENTS_PER_TERM} for each, so the errors are too small."
        ),
        n_events=events,
    )
