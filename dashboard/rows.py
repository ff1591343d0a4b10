"""From the file's frames to plain rows, and to tables as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from dashboard import words
from dashboard.words import Reading

RATES = {
    "turnover_rate_12m",
    "stability_index_12m",
    "agency_rate",
    "turnover_rate_fte",
    "vacancy_rate_fte",
    "agency_rate_fte",
}


def plain(cell: Any) -> Any:
    """A cell as plain Python: NaN, NaT and NA become None, timestamps become dates."""
    if cell is None or cell is pd.NaT or (not isinstance(cell, str) and pd.isna(cell)):
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return cell.item() if hasattr(cell, "item") else cell


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts of plain values; a `month_end` also stands as `day`."""
    out = []
    for raw in frame.to_dict("records"):
        row = {str(key): plain(cell) for key, cell in raw.items()}
        if "month_end" in row:
            row["day"] = row["month_end"]
        out.append(row)
    return out


def reading(row: dict[str, Any]) -> Reading:
    """One month of `retention` as a reading."""
    return Reading(
        month_end=row["day"],
        headcount=row["headcount"],
        turnover=row["turnover_rate_12m"],
        leavers_12m=row["leavers_12m"],
        stability=row["stability_index_12m"],
        headcount_year_before=row["headcount_year_before"],
        unexplained_12m=row["unexplained_exits_12m"],
        agency_rate=row["agency_rate"],
        agency_headcount=row["agency_headcount"],
    )


def at(rows: Sequence[dict[str, Any]], month_end: date) -> Reading | None:
    """The reading of exactly that month end; None if the month was not reported."""
    for row in rows:
        if row["day"] == month_end:
            return reading(row)
    return None


def raw(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows for a spreadsheet: the mart's own column names, rates as fractions, empty for null."""
    return pd.DataFrame({column: [row[column] for row in rows] for column in columns}, dtype=object)


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a table to read: named columns, rates as percentages, a dash for no figure."""

    def cell(column: str, held: Any) -> Any:
        if held is None:
            return "–"
        if isinstance(held, date):
            return held.isoformat()
        if column in RATES:
            return words.percent(held)
        if isinstance(held, float):
            return f"{held:,.1f}"
        return str(held)

    return pd.DataFrame(
        {
            words.COLUMNS.get(column, column): [cell(column, row[column]) for row in rows]
            for column in columns
        }
    )
