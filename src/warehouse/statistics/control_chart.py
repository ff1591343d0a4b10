"""Control charts: is a change more than noise?

`xmr` is the chart of individual values with the rules of NHS England's "Making Data Count", as
NHSRplotthedots 0.2.2 computes them. `u_chart` is for events per exposure, `g_chart` and `t_chart`
for events so rare that the time between two of them says more than their number in a month.

All four give the same columns, sorted by series and date, one row a point:

- `series` (text), `date` (as it was given), `value` (float), `segment` (0 until the first rebase);
- `mean`, `lower_limit`, `upper_limit` (float, in the unit of `value`; NaN where there is nothing to
  compute them from). For a t-chart `mean` is the centre line;
- `special_cause`: `outside`, `trend`, `two_in_three`, `shift` or None, the first that holds; `side`:
  that cause's side, 1 above or rising, -1 below or falling, 0 without one;
- `point_type`: `common_cause`, `special_cause_improvement`, `special_cause_concern`,
  `special_cause_neutral_high` or `special_cause_neutral_low`;
- `trial_limits`: whether the segment has fewer than 13 points.

`.attrs["icons"]` is {series: {"variation": …, "assurance": …}} of each series' last point:
`common_cause`, `improvement_high`, `improvement_low`, `concern_high`, `concern_low`, `neutral_high`
or `neutral_low`; and `pass`, `fail`, `inconsistent`, or None where there is no target to meet.

A missing value keeps its row, without a cause, and breaks every run that it stands in. No rule crosses
a rebase. The frame that is given is never changed. Bad input raises ValueError.

Of series of 60 points in which nothing ever changes, every second shows a signal somewhere, mostly a
run of seven: three points a series (2,000 simulated; tests/unit/test_control_chart.py). Whoever looks at
dozens of charts will see some.

Do not give these charts a rolling figure, such as a rate over twelve months: its points share data,
so that one event makes a run of twelve.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as calendar_date
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse.statistics.frames import label

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bounds = tuple[float | None, float | None]
Target = float | Mapping[Any, float | None] | None
Rebase = Iterable[Any] | Mapping[Any, Iterable[Any]]

LIMIT = 2.66  # 3 / d2 with d2 = 1.128, for ranges of two
NEAR = 2 / 3
SCREEN = 3.267  # D4 for ranges of two: a range beyond it is none of common cause
RUN = 7
FEWEST_POINTS = 13
FEWEST_TO_FIX = 12
# Nelson's power, by which times between events of a constant rate become nearly normal.
POWER = 3.6
# A sum of some hundred figures is exact to about 1e-14 of them. What differs by less than this share
# of the largest figure of its segment is the same: else rounding would move a constant series.
SAME = 1e-10
DAY = 24 * 60 * 60

_CAUSES = np.array([None, "outside", "trend", "two_in_three", "shift"], dtype=object)
_BETTER = {"increase": 1, "decrease": -1, "neutral": 0}


@dataclass(frozen=True)
class _Rows:
    """The points' order and place: arrays of one length, sorted by series and date.

    order: position in the frame. stamps: microseconds, since nanoseconds end in the year 2262.
    code: number of the series in `names`.
    """

    order: Integers
    stamps: Integers
    code: Integers
    names: list[str]
    dates: pd.Series[Any]
    timezone: Any

    def __len__(self) -> int:
        return len(self.order)

    @property
    def is_first(self) -> Flags:
        """Whether the row is its series' first."""
        first: Flags = np.diff(self.code, prepend=-1) != 0
        return first

    def without_first(self) -> _Rows:
        """All rows but the first of each series."""
        kept = ~self.is_first
        return _Rows(
            self.order[kept],
            self.stamps[kept],
            self.code[kept],
            self.names,
            self.dates[kept],
            self.timezone,
        )


@dataclass(frozen=True)
class _Lines:
    """What each point is held against. `middle` is the line of which a run keeps to one side."""

    mean: Floats
    lower: Floats
    upper: Floats
    near_lower: Floats
    near_upper: Floats
    middle: Floats


@dataclass(frozen=True)
class _Asked:
    """What all four charts are asked alike, checked."""

    improvement: int
    target: Target
    fix_after: int | None
    bounds: Bounds


def xmr(
    frame: pd.DataFrame,
    *,
    date: str,
    value: str,
    series: str | None = None,
    improvement: str = "increase",
    target: Target = None,
    rebase: Rebase = (),
    fix_after: int | None = None,
    screen: bool = True,
    bounds: Bounds = (None, None),
) -> pd.DataFrame:
    """The chart of individual values and moving ranges, by the rules of Making Data Count.

    frame: one row a point. date: its column of dates or timestamps. value: its column of numbers, NaN
    where missing. series: a column that tells series apart, or None for one series named `all`.
    improvement: `increase`, `decrease` or `neutral`. target: a number, or {series: number}; a series
    that is not in it has none. rebase: dates, or {series: dates}, each the first of a new segment.
    fix_after: limits come from the first so many points of a segment, at least 12. screen: ranges of
    3.267 times their mean or more are left out once (False: as the Making Data Count spreadsheet
    does). bounds: the least and the most that a value can be, by which limits are clipped.

    Limits are mean ± 2.66 × mean moving range, between consecutive rows whatever their dates; a point
    on a limit is inside, one on the mean breaks a run. Columns and icons: as the module says. Warns
    (UserWarning) of segments under 13 points and of a rebase date that is not in the data.
    Raises ValueError for what is missing, no number, infinite, outside its bounds, two rows of one
    series and date, and an unknown option.
    Source: NHS England, Making Data Count; NHSRplotthedots 0.2.2 (MIT), whose answers on 57 series
    are in tests/data/spc_golden. Montgomery, Introduction to Statistical Quality Control, 6th edition, 6.4.
    """
    asked = _asked(improvement, target, fix_after, bounds)
    rows = _rows(frame, date, series)
    _refuse_repeated(rows)
    values = _numbers(frame, value)[rows.order]
    segments, absent = _segments(rows, rebase, exact=True)
    lines = _of_moving_ranges(values, segments, asked.fix_after, screen=screen)
    return _chart(rows, values, segments, lines, asked, absent)


def u_chart(
    frame: pd.DataFrame,
    *,
    date: str,
    count: str,
    exposure: str,
    series: str | None = None,
    improvement: str = "increase",
    target: Target = None,
    rebase: Rebase = (),
    fix_after: int | None = None,
    bounds: Bounds = (0, None),
) -> pd.DataFrame:
    """Events per exposure, such as leavers per person in post, with limits for each point.

    count: a column of events, 0 or more. exposure: a column, above 0, in which they could have
    happened. A point whose count or exposure is missing is a missing value. The other arguments are
    those of `xmr`; `target` and `improvement` speak of the rate.

    `value` is count ÷ exposure. `mean` is ū = Σ count ÷ Σ exposure of the segment (of its first
    `fix_after` points); limits are ū ± 3 √(ū ÷ exposure), near limits at two thirds, clipped at 0.
    Runs are judged as in `xmr`. The limits suppose that events come one by one (Poisson): days
    lost or staff who attend come in lumps, and this chart would call common causes special.
    Raises ValueError as `xmr` does, and for a negative count and an exposure that is not above 0.
    Source: Montgomery, Introduction to Statistical Quality Control, 6th edition, 7.3.2.
    """
    asked = _asked(improvement, target, fix_after, bounds)
    rows = _rows(frame, date, series)
    _refuse_repeated(rows)
    counts = _numbers(frame, count)[rows.order]
    exposures = _numbers(frame, exposure)[rows.order]
    if (counts < 0).any():
        raise ValueError(f"{count} is below 0 in some rows, and nothing happens less than never.")
    if (exposures <= 0).any():
        raise ValueError(
            f"{exposure} is 0 or below in some rows: a rate without exposure is not zero. "
            "Leave those rows out, or leave the exposure empty."
        )
    segments, absent = _segments(rows, rebase, exact=True)
    values = counts / exposures
    known = np.isfinite(values) & _is_base(segments, asked.fix_after)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _sums(counts, known, segments) / _sums(exposures, known, segments)
    mean = mean[segments]
    spread = 3 * np.sqrt(mean / exposures)
    lines = _lines_about(mean, spread, middle=mean)
    return _chart(rows, values, segments, lines, asked, absent)


def g_chart(
    frame: pd.DataFrame,
    *,
    event_date: str,
    series: str | None = None,
    improvement: str = "increase",
    target: Target = None,
    rebase: Rebase = (),
    fix_after: int | None = None,
    bounds: Bounds = (0, None),
) -> pd.DataFrame:
    """Whole days between rare events that are dated by day; several may fall on one day.

    frame: one row an event. event_date: its column of dates; a time of day is left out of account.
    A point is the days since the series' previous event (0 on the same day), dated by the event that
    ended them: a series of n events has n - 1 points. `improvement="increase"`: the rarer the
    better. rebase: the first point dated on or after such a date begins a segment, since events do
    not fall on chosen days. The other arguments are those of `xmr`, `target` in days.

    `mean` is the mean number of days x̄; limits are x̄ ± 3 √(x̄ (x̄ + 1)), clipped at 0: the lower one
    is always 0. Near limits are at two thirds. Runs are judged against the theoretical median, 0.693 x̄: of
    days between events 63 % lie below their mean, so that beside the mean a stable series would
    show runs of seven below it time and again. Even so some 2 % of a stable series' points lie above
    the upper limit; see `t_chart` where no two events share a moment.
    Raises ValueError as `xmr` does, but for two events on one day.
    Sources: Benneyan (2001), Number-between g-type statistical quality control charts, Health Care
    Management Science 4, 305-318; Kaminsky et al. (1992), Journal of Quality Technology 24, 63-69;
    for the median Provost and Murray (2011), The Health Care Data Guide, p. 228.
    """
    asked = _asked(improvement, target, fix_after, bounds)
    events = _rows(frame, event_date, series, by_day=True)
    rows = events.without_first()
    values = _days_between(events)
    segments, absent = _segments(rows, rebase, exact=False)
    known = _is_base(segments, asked.fix_after)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _sums(values, known, segments) / _sums(np.ones(len(rows)), known, segments)
    mean = mean[segments]
    spread = 3 * np.sqrt(mean * (mean + 1))
    lines = _lines_about(mean, spread, middle=np.log(2) * mean)
    return _chart(rows, values, segments, lines, asked, absent)


def t_chart(
    frame: pd.DataFrame,
    *,
    event_date: str,
    series: str | None = None,
    improvement: str = "increase",
    target: Target = None,
    rebase: Rebase = (),
    fix_after: int | None = None,
    screen: bool = True,
    bounds: Bounds = (0, None),
) -> pd.DataFrame:
    """Time between rare events, in days, where no two happen at one moment.

    frame: one row an event. event_date: its column of dates or timestamps. Points, `improvement`,
    `rebase` and `target` are those of `g_chart`, but `value` counts parts of a day.

    Times between events that come at a constant rate are exponential, and skew. Their power
    y = t^(1/3.6) is nearly normal, so that the rules and limits of `xmr` are applied to y and turned
    back: centre line ȳ^3.6 (in the column `mean`), limits (ȳ ± 2.66 × mean range of y)^3.6, 0 where
    the base is below 0.
    Raises ValueError as `xmr` does, also for two events of one series at the same moment.
    Sources: Nelson (1994), A control chart for parts-per-million nonconforming items, Journal of
    Quality Technology 26, 239-240; Montgomery, Introduction to Statistical Quality Control, 6th edition, 7.3.5;
    for screening Provost and Murray (2011), The Health Care Data Guide, chapter 7.
    """
    asked = _asked(improvement, target, fix_after, bounds)
    events = _rows(frame, event_date, series)
    _refuse_repeated(events, "For events that are dated by day take g_chart.")
    rows = events.without_first()
    values = _days_between(events)
    segments, absent = _segments(rows, rebase, exact=False)
    y = values ** (1 / POWER)
    found = _of_moving_ranges(y, segments, asked.fix_after, screen=screen)
    causes, side = _causes(y, segments, found)
    mean, lower, upper = (
        np.maximum(line, 0) ** POWER for line in (found.mean, found.lower, found.upper)
    )
    # Only what is shown is turned back: the rules have been applied to y.
    lines = _Lines(mean, lower, upper, near_lower=lower, near_upper=upper, middle=mean)
    return _chart(rows, values, segments, lines, asked, absent, judged=(causes, side))


def _lines_about(mean: Floats, spread: Floats, *, middle: Floats) -> _Lines:
    """Limits at one distance on both sides of the mean, near limits at two thirds of it."""
    near = NEAR * spread
    return _Lines(mean, mean - spread, mean + spread, mean - near, mean + near, middle)


def _asked(improvement: str, target: Target, fix_after: int | None, bounds: Bounds) -> _Asked:
    if not isinstance(improvement, str) or improvement not in _BETTER:
        raise ValueError(f"improvement has to be one of {', '.join(_BETTER)}.")
    if fix_after is not None and (
        isinstance(fix_after, bool)
        or not isinstance(fix_after, (int, np.integer))
        or fix_after < FEWEST_TO_FIX
    ):
        raise ValueError(
            f"fix_after has to be a whole number of {FEWEST_TO_FIX} or more: limits of fewer points "
            "move too much. Leave it out to use all points."
        )
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
        raise ValueError(
            "bounds has to be a pair: the least and the most, None where there is none."
        )
    low, high = (None if bound is None else _number(bound, "bounds") for bound in bounds)
    if low is not None and high is not None and low >= high:
        raise ValueError("The first of bounds has to be below the second.")
    given = list(target.values()) if isinstance(target, Mapping) else [target]
    for one in given:
        if one is not None and _is_beyond(np.array([_number(one, "target")]), (low, high)).any():
            raise ValueError("A target lies outside bounds, so that no value could ever meet it.")
    return _Asked(_BETTER[improvement], target, fix_after, (low, high))


def _number(given: Any, name: str) -> float:
    # True is a number in Python, and text that looks like one would be a guess.
    if isinstance(given, (bool, np.bool_)) or not isinstance(given, (Real, Decimal)):
        raise ValueError(f"{name} holds something that is no number.")
    if not np.isfinite(float(given)):
        raise ValueError(f"{name} holds a number that is missing or infinite.")
    return float(given)


def _is_beyond(values: Floats, bounds: Bounds) -> Flags:
    low, high = bounds
    beyond = np.zeros(len(values), dtype=bool)
    if low is not None:
        beyond |= values < low - SAME * max(1.0, abs(low))
    if high is not None:
        beyond |= values > high + SAME * max(1.0, abs(high))
    return beyond


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if not isinstance(frame, pd.DataFrame):
        raise ValueError("A chart is made from a pandas DataFrame, one row a point or event.")
    found = list(frame.columns).count(label(name, "A column's name"))
    if found != 1:
        raise ValueError(
            f"The frame has {found} columns {name}. "
            f"{'Keep one of them.' if found else 'Name one that it has.'}"
        )
    return frame[name]


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    """The column as floats, NaN where empty; refuses all that is no finite number."""
    column = _column(frame, name)
    if pd.api.types.is_bool_dtype(column.dtype) or not (
        pd.api.types.is_numeric_dtype(column.dtype)
        or all(
            pd.isna(one) or (isinstance(one, (Real, Decimal)) and not isinstance(one, bool))
            for one in column
        )
    ):
        raise ValueError(
            f"{name} holds something that is no number. Correct it, or leave it empty."
        )
    if pd.api.types.is_complex_dtype(column.dtype):
        raise ValueError(f"{name} holds complex numbers. Give real ones.")
    numbers = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if np.isinf(numbers).any():
        raise ValueError(f"{name} holds an infinite number. Correct it, or leave it empty.")
    return numbers


def _moments(given: Any, what: str) -> pd.DatetimeIndex:
    """Dates or timestamps (also as ISO text) in microseconds; refuses what is missing or none."""
    values = pd.Series(list(given), dtype=object)
    dated = all(isinstance(one, (calendar_date, np.datetime64, str)) for one in values)
    if values.isna().any() or not dated:
        raise ValueError(
            f"{what} holds something that is missing or no date. Correct it or leave it out."
        )
    try:
        return pd.DatetimeIndex(pd.to_datetime(values, format="ISO8601")).as_unit("us")
    except (ValueError, TypeError, OverflowError) as wrong:
        raise ValueError(
            f"{what} holds a date that cannot be read, or dates with and without a time zone."
        ) from wrong


def _rows(frame: pd.DataFrame, date: str, series: str | None, *, by_day: bool = False) -> _Rows:
    column = _column(frame, date)
    if isinstance(column.dtype, (np.dtype, pd.DatetimeTZDtype)) and column.dtype.kind == "M":
        if column.isna().any():
            raise ValueError(f"{date} holds a missing date. Correct it or leave it out.")
        moments = pd.DatetimeIndex(column).as_unit("us")
    else:
        moments = _moments(column, date)
    if by_day:
        moments = moments.normalize()
    stamps = np.asarray(moments.asi8, dtype=np.int64)
    if series is None:
        code, names = np.zeros(len(frame), dtype=np.int64), ["all"]
    else:
        named = _column(frame, series)
        if named.isna().any():
            raise ValueError(
                f"{series} is empty in some rows. Name the series that they belong to."
            )
        code, found = pd.factorize(named.astype(str).to_numpy(dtype=object), sort=True)
        names = [str(name) for name in found]
    order = np.lexsort((stamps, code))
    return _Rows(order, stamps[order], code[order], names, column.iloc[order], moments.tz)


def _refuse_repeated(rows: _Rows, hint: str = "Keep one of them.") -> None:
    if ((np.diff(rows.code) == 0) & (np.diff(rows.stamps) == 0)).any():
        raise ValueError(f"Two rows of one series have the same date. {hint}")


def _days_between(events: _Rows) -> Floats:
    """Days from each event to the next of its series."""
    moments = events.stamps
    if events.timezone is not None:
        # Days as the clock on the wall counts them: a day that loses an hour is a day.
        local = pd.DatetimeIndex(moments, tz="UTC").tz_convert(events.timezone)
        moments = np.asarray(local.tz_localize(None).asi8, dtype=np.int64)
    between: Floats = (np.diff(moments) / (DAY * 1e6))[np.diff(events.code) == 0]
    return between


def _segments(rows: _Rows, rebase: Rebase, *, exact: bool) -> tuple[Integers, list[str]]:
    """(number of the segment of each row, over all series; rebase dates that are not in the data).

    exact: a rebase date has to be a point's own; else the first point on or after it is taken.
    """
    starts = rows.is_first
    absent: set[str] = set()
    edges = [*np.flatnonzero(starts).tolist(), len(rows)]
    present = {rows.names[rows.code[edge]]: number for number, edge in enumerate(edges[:-1])}
    if isinstance(rebase, Mapping):
        wanted = {str(name): _rebases(dates, rows) for name, dates in rebase.items()}
    else:
        wanted = dict.fromkeys(present, _rebases(rebase, rows))
    for name, dates in wanted.items():
        for moment, stamp in zip(dates, dates.asi8, strict=True):
            where = present.get(name)
            at = len(rows)
            if where is not None:
                own = rows.stamps[edges[where] : edges[where + 1]]
                at = int(np.searchsorted(own, stamp))
                there = at < len(own) and (not exact or own[at] == stamp)
                if there:
                    starts[edges[where] + at] = True
                    continue
            absent.add(f"{moment:%Y-%m-%d}")
    return np.cumsum(starts) - 1, sorted(absent)


def _rebases(dates: Any, rows: _Rows) -> pd.DatetimeIndex:
    if isinstance(dates, (calendar_date, np.datetime64, str)):
        dates = [dates]
    if not isinstance(dates, Iterable):
        raise ValueError("rebase has to be a list of dates, or {series: dates}.")
    moments = _moments(dates, "rebase")
    if len(moments) and (moments.tz is None) != (rows.timezone is None):
        raise ValueError(
            "rebase and the dates of the data have to be both with a time zone, or without."
        )
    return moments


def _is_base(segments: Integers, fix_after: int | None) -> Flags:
    """Whether the row is one that its segment's limits are computed from."""
    if fix_after is None:
        return np.ones(len(segments), dtype=bool)
    first = np.flatnonzero(np.diff(segments, prepend=-1) != 0)
    within: Flags = np.arange(len(segments)) - first[segments] < fix_after
    return within


def _sums(values: Floats, counted: Flags, segments: Integers) -> Floats:
    """The sum of the counted values of each segment."""
    number = int(segments[-1]) + 1 if len(segments) else 0
    sums: Floats = np.bincount(segments[counted], weights=values[counted], minlength=number).astype(
        np.float64
    )
    return sums


def _means(values: Floats, counted: Flags, segments: Integers) -> Floats:
    """The mean of the counted values of each segment, NaN where there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Floats = _sums(values, counted, segments) / _sums(
            np.ones(len(values)), counted, segments
        )
    return means


def _of_moving_ranges(
    values: Floats, segments: Integers, fix_after: int | None, *, screen: bool
) -> _Lines:
    base = _is_base(segments, fix_after)
    mean = _means(values, base & ~np.isnan(values), segments)[segments]
    ranges = np.abs(np.diff(values, prepend=np.nan))
    counted = base & ~np.isnan(ranges) & (np.diff(segments, prepend=-1) == 0)
    mean_range = _means(ranges, counted, segments)
    if screen:
        with np.errstate(invalid="ignore"):
            counted &= ranges < SCREEN * mean_range[segments]
        mean_range = _means(ranges, counted, segments)
    spread = LIMIT * mean_range[segments]
    return _lines_about(mean, spread, middle=mean)


def _within(segments: Integers, back: int) -> Flags:
    """Whether the row so many rows back belongs to the same segment."""
    same = np.zeros(len(segments), dtype=bool)
    same[back:] = segments[back:] == segments[: len(segments) - back]
    return same


def _back(values: npt.NDArray[Any], steps: int) -> npt.NDArray[Any]:
    """The array moved down by so many rows, zeros above; moved up where steps is below 0."""
    moved = np.zeros_like(values)
    if abs(steps) >= len(values):
        return moved if steps else values
    if steps > 0:
        moved[steps:] = values[:-steps]
    elif steps < 0:
        moved[:steps] = values[-steps:]
    else:
        moved[:] = values
    return moved


def _causes(values: Floats, segments: Integers, lines: _Lines) -> tuple[Integers, Integers]:
    """(number of the cause in `_CAUSES`, its side) of each row."""
    size = np.zeros(int(segments[-1]) + 1 if len(segments) else 0)
    np.maximum.at(size, segments, np.nan_to_num(np.abs(values)))
    same = SAME * size[segments]
    with np.errstate(invalid="ignore"):
        # A comparison with what is missing is false, so a missing value is on no side of anything.
        outside = (values > lines.upper + same) * 1 - (values < lines.lower - same) * 1
        near = (values > lines.near_upper + same) | (values < lines.near_lower - same)
        near &= outside == 0
        side = (values > lines.middle + same) * 1 - (values < lines.middle - same) * 1
        steps = np.diff(values, prepend=np.nan)
        step = (steps > same) * 1 - (steps < -same) * 1
    step[~_within(segments, 1)] = 0
    trend = _trends(step)
    shift = np.where(_is_shift(side, segments), side, 0)
    pair = np.where(_is_two_in_three(near, side, segments), side, 0)
    causes = np.zeros(len(values), dtype=np.int64)
    sides = np.zeros(len(values), dtype=np.int64)
    for number, found in enumerate((outside, trend, pair, shift), start=1):
        taken = (causes == 0) & (found != 0)
        causes[taken] = number
        sides[taken] = found[taken]
    return causes, sides


def _trends(step: Integers) -> Integers:
    """The direction of the last run of six steps one way that each row is part of, or 0.

    A step between segments or over a missing value is 0, so that no run crosses either.
    """
    summed = sum((_back(step, back) for back in range(RUN - 1)), start=np.zeros_like(step))
    # The run of seven points that ends at the row.
    ends = np.sign(summed) * (np.abs(summed) == RUN - 1)
    trend = np.zeros_like(step)
    for ahead in range(RUN - 1, -1, -1):
        trend = np.where(trend == 0, _back(ends, -ahead), trend)
    return trend


def _is_shift(side: Integers, segments: Integers) -> Flags:
    run = np.cumsum((np.diff(side, prepend=2) != 0) | (np.diff(segments, prepend=-1) != 0)) - 1
    long_enough: Flags = (np.bincount(run)[run] >= RUN) & (side != 0)
    return long_enough


def _is_two_in_three(near: Flags, side: Integers, segments: Integers) -> Flags:
    pairs = near.astype(np.int64)
    # Windows of three that end at the row.
    ends = _within(segments, 2) & (pairs + _back(pairs, 1) + _back(pairs, 2) >= 2)
    ends &= np.abs(side + _back(side, 1) + _back(side, 2)) == 3
    found: Flags = near & (ends | _back(ends, -1) | _back(ends, -2))
    return found


def _chart(
    rows: _Rows,
    values: Floats,
    segments: Integers,
    lines: _Lines,
    asked: _Asked,
    absent: list[str],
    judged: tuple[Integers, Integers] | None = None,
) -> pd.DataFrame:
    if _is_beyond(values[~np.isnan(values)], asked.bounds).any():
        raise ValueError(
            "Some values lie outside bounds, so bounds are not their natural ones. "
            "A percentage, for one, goes from 0 to 100 and not to 1."
        )
    causes, side = judged or _causes(values, segments, lines)
    points = np.bincount(segments)[segments] if len(segments) else segments
    trial = points < FEWEST_POINTS
    types = _point_types(causes, side, asked.improvement)
    low, high = asked.bounds
    if low is not None or high is not None:
        lower, upper = (np.clip(line, low, high) for line in (lines.lower, lines.upper))
    else:
        lower, upper = lines.lower, lines.upper
    names = np.array(rows.names, dtype=object)
    first = segments[np.flatnonzero(rows.is_first)] if len(rows) else segments
    number = np.cumsum(rows.is_first) - 1
    chart = pd.DataFrame(
        {
            "series": pd.Series(names[rows.code], dtype="str"),
            "date": rows.dates.reset_index(drop=True),
            "value": values,
            "segment": segments - first[number] if len(rows) else segments,
            "mean": lines.mean,
            "lower_limit": lower,
            "upper_limit": upper,
            "special_cause": pd.Series(_CAUSES[causes], dtype="object"),
            "side": side,
            "point_type": pd.Series(types, dtype="str"),
            "trial_limits": trial,
        }
    )
    chart.attrs = {"icons": _icons(chart, lines, asked)}
    _warn(int(np.unique(rows.code[trial]).size), absent)
    return chart


def _point_types(causes: Integers, side: Integers, improvement: int) -> npt.NDArray[Any]:
    if improvement == 0:
        special = np.where(side > 0, "special_cause_neutral_high", "special_cause_neutral_low")
    else:
        better = side == improvement
        special = np.where(better, "special_cause_improvement", "special_cause_concern")
    return np.where(causes > 0, special, "common_cause").astype(object)


def _icons(chart: pd.DataFrame, lines: _Lines, asked: _Asked) -> dict[str, dict[str, str | None]]:
    """The two icons of each series, from its last row."""
    names, kinds = chart["series"].to_list(), chart["point_type"].to_list()
    side = chart["side"].to_numpy()
    last = [row for row in range(len(names)) if names[row + 1 : row + 2] != [names[row]]]
    targets = asked.target
    by_series = (
        {str(name): one for name, one in targets.items()}
        if isinstance(targets, Mapping)
        else dict.fromkeys(names, targets)
    )
    icons: dict[str, dict[str, str | None]] = {}
    for row in last:
        kind = kinds[row]
        height = "high" if side[row] > 0 else "low"
        what = kind.removeprefix("special_cause_").partition("_")[0]
        goal = by_series.get(names[row])
        icons[names[row]] = {
            "variation": "common_cause" if kind == "common_cause" else f"{what}_{height}",
            "assurance": None
            if goal is None or asked.improvement == 0
            else _assurance(float(goal), lines.lower[row], lines.upper[row], asked.improvement),
        }
    return icons


def _assurance(goal: float, lower: float, upper: float, improvement: int) -> str:
    same = SAME * max(abs(goal), abs(lower), abs(upper))
    if goal > upper + same:
        return "fail" if improvement > 0 else "pass"
    if goal < lower - same:
        return "pass" if improvement > 0 else "fail"
    return "inconsistent"


def _warn(trial: int, absent: list[str]) -> None:
    # Four calls up is whoever asked for the chart.
    if trial:
        warnings.warn(
            f"{trial} series have a segment of fewer than {FEWEST_POINTS} points: its limits are "
            "trial limits, and will move as points are added.",
            UserWarning,
            stacklevel=4,
        )
    if absent:
        warnings.warn(
            f"Nothing was rebased on {', '.join(absent)} in at least one series, which has no point "
            "of that date. Give the date of a segment's first point.",
            UserWarning,
            stacklevel=4,
        )
