"""From the file's frames to plain rows, and to tables as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from dashboard import words
from dashboard.words import Reading


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
        headcount_year_before=row["headcount_12m_before"],
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
    """Rows for a spreadsheet: the mart's own column names, rates as fractions, empty for null.

    Where a column can be hidden, its symbols stand beside it.
    """
    out: dict[str, list[Any]] = {}
    for column in columns:
        out[column] = [row.get(column) for row in rows]
        symbol = f"{column}_symbol"
        if any(symbol in row for row in rows):
            out[symbol] = [row.get(symbol) for row in rows]
    return pd.DataFrame(out, dtype=object)


def symbols(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[str]:
    """The symbols that stand for a figure in these columns, each once."""
    found = [
        row.get(f"{column}_symbol") for row in rows for column in columns if row.get(column) is None
    ]
    return list(dict.fromkeys(symbol for symbol in found if symbol))


def symbols_in(table: pd.DataFrame) -> list[str]:
    """The symbols that stand in a table as people read it, each once."""
    found = [cell for column in table.columns for cell in table[column] if cell in words.SYMBOLS]
    return list(dict.fromkeys(found))


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a table to read: named columns, rates as percentages, a dash for no figure.

    A hidden figure shows its symbol.
    """

    def cell(column: str, row: dict[str, Any]) -> str:
        held = row.get(column)
        if held is None:
            return row.get(f"{column}_symbol") or "–"
        if isinstance(held, date):
            return held.isoformat()
        if column in words.RATES:
            return words.percent(held)
        if isinstance(held, float):
            return f"{held:,.1f}"
        if isinstance(held, bool):
            return "yes" if held else "no"
        if isinstance(held, int) and column not in {"year", "cycle"}:
            return words.whole(held)
        return str(held)

    return pd.DataFrame(
        {
            words.COLUMNS.get(column, column): [cell(column, row) for row in rows]
            for column in columns
        }
    )
