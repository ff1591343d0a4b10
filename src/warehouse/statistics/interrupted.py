"""Interrupted time series: did the level of a monthly count change when something began?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse.statistics.checks import Z95, Check, check
from warehouse.statistics.frames import (
    Floats,
    names,
    numbers,
    plain,
    require_columns,
    several,
    whole,
)

if TYPE_CHECKING:
    from statsmodels.genmod.generalized_linear_model import GLMResults

Whole = npt.NDArray[np.int64]
FAMILIES = ("quasi_poisson", "negative_binomial", "gaussian")
# A fitted mean this far below the average means that a coefficient runs off to minus infinity.
VANISHING = 1e-7


def segmented(
    frame: pd.DataFrame,
    *,
    time: str,
    count: str,
    exposure: str | None,
    interruption: Any,
    harmonics: int = 2,
    washout: int = 0,
    further_segments: Sequence[Any] = (),
    slope_change: bool = False,
    family: str = "quasi_poisson",
    covariates: Sequence[str] = (),
    period: int = 12,
    hac_lags: int | None = None,
) -> pd.DataFrame:
    """A segmented regression of a series with a step where something began.

    frame: one row a period, in order. time: column of consecutive whole numbers, or one date a month
    (counted from 1). count: column of events, 0 or more; for `gaussian` any measurement. exposure:
    column of what the count is divided by (staff-months), above 0, or None; its logarithm is the
    offset. interruption: the first affected value of `time`; further_segments: first values of later
    steps. harmonics: sine and cosine pairs of `period`, at most half of it, where the last sine, which
    is always 0, is left out. washout: periods from the interruption on that are left out.
    slope_change: whether each step has a slope too, 1 in its first period. family: `quasi_poisson`,
    `negative_binomial` (NB2, dispersion by maximum likelihood) or `gaussian`. covariates: further
    columns. hac_lags: None is floor(4 (n / 100) ^ (2 / 9)).

    Gives one row a term: `term` (`intercept`, `trend`, `level`, `slope`, `level_2`, `slope_2`, …,
    `sin_1`, `cos_1`, …, covariates), `coefficient` (log scale for counts), `rate_ratio` (NaN for
    gaussian), `se_model`, `se_hac` (Newey-West, Bartlett), `se` (the larger), `lower_95`, `upper_95`
    (of the rate ratio; of the coefficient for gaussian), `p_value` (normal, two-sided). `.attrs`:
    `dispersion` (Pearson), `n`, `deviance` (gaussian: residual sum of squares), `df_resid`, `family`,
    `checks` (`overdispersion`, `residual_autocorrelation`, `periods`).

    Raises ValueError for missing columns, time that is unsorted, repeated or has gaps, an
    interruption or segment outside the data, negative counts, exposure of 0 or less, empty values,
    an unknown family, terms that say the same, too few periods, and a segment without any event.
    Source: Lopez Bernal, Cummins, Gasparrini (2017), Int J Epidemiol 46, 348-355; Newey, West (1987).
    """
    wanted = names(covariates)
    if family not in FAMILIES:
        raise ValueError(f"The family is one of {', '.join(FAMILIES)}.")
    if family == "gaussian" and exposure is not None:
        raise ValueError(
            "A gaussian series has no exposure. Give the measurement itself, and exposure None."
        )
    period = whole(period, "period", 2)
    harmonics = whole(harmonics, "harmonics", 0)
    if harmonics > period // 2:
        raise ValueError(f"With period {period} there are at most {period // 2} harmonics.")
    washout = whole(washout, "washout", 0)
    require_columns(frame, [time, count, *([] if exposure is None else [exposure]), *wanted])

    further = several(further_segments, "further_segments")
    clock, starts = _clock(frame[time], [interruption, *further], time)
    kept = (clock < starts[0]) | (clock >= starts[0] + washout)
    if not (kept & (clock >= starts[0])).any():
        raise ValueError("The washout leaves no affected period. Shorten it.")
    # What is left out may be empty or odd: it is not looked at.
    rows = frame.loc[kept]
    clock = clock[kept]
    design = _design(clock, starts, slope_change, harmonics, period)
    for name in wanted:
        if name in design:
            raise ValueError(f"A covariate cannot be called {name}, as a term is. Rename it.")
        design[name] = numbers(rows, name)
    terms, matrix = list(design), np.column_stack(list(design.values()))
    if len(rows) <= len(terms):
        raise ValueError(
            f"{len(rows)} periods cannot carry {len(terms)} terms. Add periods, or leave terms out."
        )
    _refuse_collinear(terms, matrix)
    values = numbers(rows, count)
    lags = (
        int(np.floor(4 * (len(rows) / 100) ** (2 / 9)))
        if hac_lags is None
        else whole(hac_lags, "hac_lags", 0)
    )
    if lags >= len(rows):
        raise ValueError(f"hac_lags has to be under the number of periods, {len(rows)}.")
    offset = None
    if family != "gaussian":
        offset = _offset(rows, exposure)
        _refuse_empty_segments(values, clock, starts)

    fit, alpha = _fit(values, matrix, offset, family)
    return _result(fit, alpha, terms, matrix, lags, family, clock, starts[0], period)


def _clock(column: pd.Series[Any], starts: list[Any], name: str) -> tuple[Whole, list[int]]:
    """Time as whole numbers that rise by one, and where the segments start on it."""
    if column.isna().any():
        raise ValueError(f"{name} is empty in some rows. Give each row its period.")
    if pd.api.types.is_numeric_dtype(column.dtype):
        clock = column.to_numpy(dtype="int64")
        if (clock != column.to_numpy(dtype="float64")).any():
            raise ValueError(f"{name} has to be whole numbers that rise by one, or dates.")
        marks = [plain(start) for start in starts]
        if any(isinstance(mark, bool) or mark is None or mark != _as_int(mark) for mark in marks):
            raise ValueError(f"Give the interruption as {name} has it, as a whole number.")
        found = [int(mark) for mark in marks]
    else:
        try:
            months = _months(column)
            found = [int(_months(pd.Series([start]))[0]) for start in starts]
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{name} and the interruption are both whole numbers, or both dates, one a month."
            ) from error
        found = [month - int(months[0]) + 1 for month in found]
        clock = months - months[0] + 1
    if (np.diff(clock) != 1).any():
        raise ValueError(
            f"{name} does not rise by one period from row to row. Sort it, keep one row a period, and "
            "add the periods that are missing: a month without a row is not a month without events."
        )
    if any(start <= clock[0] or start > clock[-1] for start in found):
        raise ValueError(
            f"An interruption or further segment has to be a value of {name} after the first one."
        )
    if len(set(found)) < len(found):
        raise ValueError("Two segments begin in the same period. Keep one of them.")
    return clock, found


def _as_int(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _months(column: pd.Series[Any]) -> Whole:
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    # Numbers would be read as nanoseconds since 1970; text is a date in one form alone, 2019-01-31.
    if pd.api.types.is_numeric_dtype(column.dtype):
        raise TypeError("numbers are not dates")
    dates = pd.to_datetime(column, format="ISO8601")
    return np.asarray(dates.dt.year * 12 + dates.dt.month, dtype="int64")


def _design(
    clock: Whole,
    starts: list[int],
    slope_change: bool,
    harmonics: int,
    period: int,
) -> dict[str, Floats]:
    design: dict[str, Floats] = {
        "intercept": np.ones(len(clock)),
        "trend": clock.astype("float64"),
    }
    for number, start in enumerate(starts, start=1):
        suffix = "" if number == 1 else f"_{number}"
        design[f"level{suffix}"] = (clock >= start).astype("float64")
        if slope_change:
            design[f"slope{suffix}"] = np.maximum(clock - start + 1, 0).astype("float64")
    for pair in range(1, harmonics + 1):
        angle = 2 * np.pi * pair * clock / period
        # The sine of half a turn a period is 0 throughout.
        if 2 * pair != period:
            design[f"sin_{pair}"] = np.sin(angle)
        design[f"cos_{pair}"] = np.cos(angle)
    return design


def _refuse_collinear(terms: list[str], matrix: Floats) -> None:
    """Raise ValueError, naming them, for terms that follow from the ones before them."""
    # On columns of length 1, what is left of a column after the ones before it is a relative figure.
    lengths = np.linalg.norm(matrix, axis=0)
    scaled = matrix / np.where(lengths > 0, lengths, 1.0)
    basis = np.zeros((len(matrix), 0))
    follow = []
    for position, term in enumerate(terms):
        rest = scaled[:, position] - basis @ (basis.T @ scaled[:, position])
        rest = rest - basis @ (basis.T @ rest)
        if np.linalg.norm(rest) < 1e-9:
            follow.append(term)
        else:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    if follow:
        raise ValueError(
            f"{', '.join(follow)} follows from the other terms (collinear), so its effect cannot be "
            "told from theirs. Leave it out, or add periods."
        )


def _offset(rows: pd.DataFrame, exposure: str | None) -> Floats:
    if exposure is None:
        return np.zeros(len(rows))
    values = numbers(rows, exposure)
    if (values <= 0).any():
        raise ValueError(
            f"{exposure} is 0 or less in {int((values <= 0).sum())} periods. A period without exposure "
            "has no rate: begin the series later, or leave the period out by the washout."
        )
    return np.log(values)


def _refuse_empty_segments(values: Floats, clock: Whole, starts: list[int]) -> None:
    if (values < 0).any():
        raise ValueError(f"The count is negative in {int((values < 0).sum())} periods.")
    edges = [int(clock[0]), *sorted(starts), int(clock[-1]) + 1]
    for begin, end in pairwise(edges):
        inside = (clock >= begin) & (clock < end)
        if inside.any() and values[inside].sum() == 0:
            raise ValueError(
                "One segment has no event at all, so a rate ratio would be 0 or infinite. Join it to "
                "another segment, or say that there is not enough data."
            )


def _fit(
    values: Floats, matrix: Floats, offset: Floats | None, family: str
) -> tuple[GLMResults, float | None]:
    """The fitted model, with scale 1 for counts, and the dispersion of a negative binomial."""
    # Imported here, since the libraries take seconds and a page must not.
    from scipy.optimize import minimize_scalar
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    def fitted(kind: Any) -> GLMResults:
        with warnings.catch_warnings():
            # Non-convergence is looked at below, and becomes an error with a sentence.
            warnings.simplefilter("ignore")
            return GLM(values, matrix, family=kind, offset=offset).fit(
                maxiter=200, tol=1e-10, rtol=1e-13
            )

    alpha: float | None = None
    try:
        if family == "gaussian":
            fit = fitted(families.Gaussian())
        elif family == "quasi_poisson":
            fit = fitted(families.Poisson())
        else:
            # The likelihood has one maximum in the logarithm of alpha; e^-16 is as good as Poisson.
            best = minimize_scalar(
                lambda log_alpha: (
                    -fitted(families.NegativeBinomial(alpha=float(np.exp(log_alpha)))).llf
                ),
                bounds=(-16.0, 4.0),
                method="bounded",
                options={"xatol": 1e-7},
            )
            alpha = float(np.exp(best.x))
            fit = fitted(families.NegativeBinomial(alpha=alpha))
    except (ValueError, np.linalg.LinAlgError) as error:
        raise ValueError(
            "The model could not be fitted to this series. Leave terms out, or take fewer segments."
        ) from error
    runaway = family != "gaussian" and fit.mu.min() < VANISHING * fit.mu.mean()
    if not fit.converged or runaway or not np.isfinite(fit.params).all():
        raise ValueError(
            "Some term has no event on one side of it, so its effect has no estimate. Take fewer "
            "harmonics or segments, or say that there is not enough data."
        )
    return fit, alpha


def _result(
    fit: GLMResults,
    alpha: float | None,
    terms: list[str],
    matrix: Floats,
    lags: int,
    family: str,
    clock: Whole,
    start: int,
    period: int,
) -> pd.DataFrame:
    from scipy.stats import norm
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    values, means = np.asarray(fit.model.endog), np.asarray(fit.mu)
    df_resid = len(values) - len(terms)
    variance = {
        "gaussian": np.ones_like(means),
        "quasi_poisson": means,
        "negative_binomial": means + (alpha or 0.0) * means**2,
    }[family]
    pearson = (values - means) / np.sqrt(variance)
    dispersion = float((pearson**2).sum() / df_resid)
    # For the log link, d mean / d linear predictor is the mean; for the identity it is 1.
    slope = np.ones_like(means) if family == "gaussian" else means
    bread = np.linalg.inv((matrix * (slope**2 / variance)[:, None]).T @ matrix)
    scores = matrix * ((values - means) * slope / variance)[:, None]
    hac = bread @ S_hac_simple(scores, nlags=lags) @ bread
    scale = 1.0 if family == "negative_binomial" else dispersion
    coefficient = np.asarray(fit.params, dtype="float64")
    se_model = np.sqrt(scale * np.diag(bread))
    # Rounding can leave a variance that is 0 a little below it.
    se_hac = np.sqrt(np.maximum(np.diag(hac), 0.0))
    # Long lags on a short series give errors that are too small; the larger is reported.
    se = np.maximum(se_model, se_hac)
    lower, upper = coefficient - Z95 * se, coefficient + Z95 * se
    counts = family != "gaussian"
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0, np.abs(coefficient) / se, np.inf)
    with np.errstate(over="ignore"):
        result = pd.DataFrame(
            {
                "term": terms,
                "coefficient": coefficient,
                "rate_ratio": np.exp(coefficient) if counts else np.nan,
                "se_model": se_model,
                "se_hac": se_hac,
                "se": se,
                "lower_95": np.exp(lower) if counts else lower,
                "upper_95": np.exp(upper) if counts else upper,
                "p_value": 2 * norm.sf(z),
            }
        )
    checks = {
        "residual_autocorrelation": _autocorrelation(pearson, len(terms), period),
        "periods": _periods(values, clock, start, counts, period),
    }
    if counts:
        checks["overdispersion"] = _overdispersion(dispersion, df_resid, alpha)
    result.attrs = {
        "dispersion": dispersion,
        "n": len(values),
        "deviance": float(((values - means) ** 2).sum()) if not counts else float(fit.deviance),
        "df_resid": df_resid,
        "family": family,
        "checks": checks,
    }
    return result


def _autocorrelation(residuals: Floats, terms: int, period: int) -> Check:
    """Ljung and Box (1978) over a season, or over a fifth of a short series."""
    from scipy.stats import chi2

    n = len(residuals)
    lags = max(1, min(period, n // 5))
    centred = residuals - residuals.mean()
    total = float((centred**2).sum())
    if n - terms < 2 or total < 1e-20:
        return check(None, "There are too few periods to look for autocorrelation.", lags=lags)
    shares = [
        float((centred[lag:] * centred[:-lag]).sum() / total) ** 2 / (n - lag)
        for lag in range(1, lags + 1)
    ]
    statistic = n * (n + 2) * sum(shares)
    p_value = float(chi2.sf(statistic, lags))
    return check(
        p_value >= 0.05,
        "No sign that one period's surprise carries over to the next."
        if p_value >= 0.05
        else "One period's surprise carries over to the next. The interval allows for the nearest "
        "periods only.",
        test="Ljung-Box",
        lags=lags,
        statistic=float(statistic),
        p_value=p_value,
    )


def _overdispersion(dispersion: float, df_resid: int, alpha: float | None) -> Check:
    from scipy.stats import chi2

    p_value = float(chi2.sf(dispersion * df_resid, df_resid))
    if alpha is None:
        # Quasi-Poisson widens its errors by what it finds, so there is nothing to fail.
        return check(
            True,
            f"The counts vary {dispersion:.2g} times as much as chance alone would make them, and the "
            "interval allows for it.",
            pearson_dispersion=dispersion,
            p_value=p_value,
        )
    return check(
        p_value >= 0.05,
        "The negative binomial accounts for how much the counts vary."
        if p_value >= 0.05
        else "The counts vary more than the negative binomial accounts for.",
        pearson_dispersion=dispersion,
        alpha=alpha,
        p_value=p_value,
    )


def _periods(
    values: Floats,
    clock: Whole,
    start: int,
    counts: bool,
    period: int,
) -> Check:
    before, after = int((clock < start).sum()), int((clock >= start).sum())
    # Below two seasons before, season and trend cannot be told apart.
    enough = before >= 2 * period and after >= period
    figures: dict[str, float | int] = {"n_before": before, "n_after": after}
    if counts:
        figures |= {
            "events_before": float(values[clock < start].sum()),
            "events_after": float(values[clock >= start].sum()),
        }
    return check(
        enough,
        f"{before} periods before and {after} from then on"
        + ("." if enough else f": fewer than the {2 * period} and {period} that we ask for."),
        **figures,
    )
