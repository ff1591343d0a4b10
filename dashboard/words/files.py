"""What a file to take away says of itself: its period, and what is behind its figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import pandas as pd

from dashboard import metrics
from dashboard.words.common import COLUMNS, day, joined, whole

# The columns that order a table by time, in the order in which they are looked for.
_TIMES = ("month_end", "quarter_end", "wave_date", "date", "year")
# How many counts are named: more of them nobody reads.
_MOST_COUNTS = 3

LINK_NOTE = (
    "The link that you came by asked for something that is not known here. It was left out, and "
    "the page shows what it would without it."
)


def period_of(raw: pd.DataFrame) -> str:
    """From when to when the rows of a table are, in words; empty where no column says."""
    column = _time_column(raw)
    if column is None:
        return "Programme to date" if "period" in raw.columns else ""
    held = _known(raw[column])
    if not held:
        return ""
    first, last = min(held), max(held)
    if first == last:
        return _moment(first)
    return f"{_moment(first)} to {_moment(last)}"


def n_of(raw: pd.DataFrame) -> str:
    """The counts of a table's latest row in words, or how many rows it has."""
    rows = f"{whole(len(raw))} {'row' if len(raw) == 1 else 'rows'}"
    column = _time_column(raw)
    counts = [name for name in map(str, raw.columns) if name in metrics.COUNTS]
    if raw.empty or not counts:
        return f"n: {rows}; what each figure is made of stands in the table"
    last = raw.iloc[-1]
    if column is not None:
        newest = max(_known(raw[column]), default=None)
        last = raw[raw[column] == newest].iloc[0] if newest is not None else last
    said = []
    for name in counts:
        if _is_missing(last[name]):
            symbol = last.get(f"{name}_symbol")
            said.append(f"{COLUMNS[name].lower()} {symbol if symbol else 'not known'}")
        else:
            said.append(f"{COLUMNS[name].lower()} {whole(float(last[name]))}")
    when = f"In the latest row ({_moment(last[column])}): " if column is not None else ""
    return f"n: {rows}. {when}{joined(said[:_MOST_COUNTS])}"


def _time_column(raw: pd.DataFrame) -> str | None:
    return next((name for name in _TIMES if name in raw.columns), None)


def _known(cells: Iterable[Any]) -> list[Any]:
    return [cell for cell in cells if not _is_missing(cell)]


def _is_missing(cell: Any) -> bool:
    return cell is None or bool(pd.isna(cell))


def _moment(when: Any) -> str:
    return day(when) if isinstance(when, date | datetime) else str(when)
