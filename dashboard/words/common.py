"""Figures, days and symbols in words: what every page says in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from dashboard import metrics

SYMBOLS = {
    "c": "hidden so that no one can be recognised",
    "z": "not applicable",
    "x": "not available",
    "u": "too unreliable to publish",
    "low": "rounds to zero, but is not zero",
    "k": "rounds to zero, but is not zero",
}


# What a metric is called, the registry says once; here stand the columns that are none.
COLUMNS = {
    **metrics.LABELS,
    "month_end": "Month end",
    "year": "Year",
    "scope": "Part of the service",
    "quarter_end": "Quarter to",
    "group_id": "Group",
    "cycle": "Cycle",
    "status": "What came of it",
    "promise": "Promise",
    "promised": "Promised",
    "observed": "Seen",
    "met": "Kept in full",
    "n": "Out of",
    "period": "Period",
    "wave_date": "Wave",
    "instrument": "Questionnaire",
    "subscale": "Scale",
    "value": "Figure",
    "mean": "Mean",
    "lower_limit": "Lower limit",
    "upper_limit": "Upper limit",
    "point_type": "What it is",
    "special_cause": "Rule",
    "rebase_reason": "Why limits begin anew",
    "released": "Told in",
    "headline": "Figure",
    "told_then": "As told then",
    "told_now": "Now",
    "revised": "Revised",
    "line": "Which",
    "estimate_said": "Estimate (95% interval)",
    "detectable_said": "Would have been seen",
    "p_value_said": "p",
    "grade": "Grade",
    "group": "Group",
    "month": "Month",
    "at_risk": "At risk",
    "survival": "Still there",
    "point": "Point",
    "status_said": "Status",
    "indicator": "Indicator",
    "what_is_missing": "What is missing",
    "table_name": "Table",
    "released_as_of": "Released, as at",
    "reason": "Why it was released",
    "figures_to": "Figures to date, up to",
    "cells_shown": "Cells shown",
    "cells_hidden": "Cells hidden",
    "cells_tried": "Hidden counts attacked",
    "narrowest_interval": "Narrowest range found",
    "source": "Source",
    "latest_as_of": "Latest, as at",
    "files_loaded": "Files taken in",
    "files_rejected": "Files refused",
    "files_superseded": "Files replaced",
    "rows_loaded": "Rows taken in",
    "rows_quarantined": "Rows set aside",
}

# The columns that hold fractions of 1 and are read as percentages.
RATES = metrics.SHARES

# What may come of a group's cycle.
STATUSES = {
    "held": "held",
    "cancelled": "cancelled",
    "late": "no session in time",
}


def definition(table: str, column: str, meaning: str) -> str:
    """What a column is called and means, in the words of the file, and what to mind of a metric."""
    caveat = metrics.CAVEATS.get((table, column))
    said = f"**{COLUMNS.get(column, column)}** (`{column}`). {meaning}"
    return f"{said} *Mind: {caveat}*" if caveat else said


def symbol_words(symbol: str | None) -> str:
    """Why a figure is missing, short enough to stand where it would."""
    return {"c": "hidden", "z": "not applicable"}.get(symbol or "x", "no figure")


def value_or_symbol(row: Mapping[str, Any], column: str, unit: str) -> str:
    """A figure of a row, or in words why there is none."""
    number = row.get(column)
    return symbol_words(row.get(f"{column}_symbol")) if number is None else value(number, unit)


def joined(parts: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


AREAS_NOTE = (
    "Counts are rounded to the nearest 5, and rates are made of the rounded counts. A part of the "
    "service has at least 70 people; where a number of one part must be hidden, it is for all."
)


PART_NOTE = (
    "A part of the service is shown by year alone, in the tables by area and year. What stands by "
    "month or by quarter is of the whole service."
)


def records_of(service: str) -> str:
    """Where the figures of staff come from, for a file that is taken away."""
    return f"{service}: its records, as the warehouse has them"


def scope_label(row: Mapping[str, Any]) -> str:
    """The name of a part of the service: an area's own, or the social workers."""
    return "Social workers" if row["scope_type"] == "social_workers" else str(row["scope_name"])


HIDDEN_NOTE = (
    "A hidden figure (c) is held back so that no one can be recognised. It is not a zero, and "
    "nothing is drawn in its place."
)


def describe_series(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    unit: str,
    marks: str = "",
) -> str:
    """Several measures over time in words: each one's first and last figure, and what is hidden.

    rows hold `day`. columns: each column with its name.
    """
    said = []
    for column, name in columns.items():
        known = [(row["day"], row[column]) for row in rows if row.get(column) is not None]
        hidden = sum(1 for row in rows if row.get(f"{column}_symbol") == "c")
        if known:
            (first_day, first), (last_day, last) = known[0], known[-1]
            text = (
                f"{name}: {value(first, unit)} in {month(first_day)}, "
                f"{value(last, unit)} in {month(last_day)}"
            )
        else:
            text = f"{name}: no figure"
        said.append(text + (f", {counted(hidden, 'figure', 'figures')} hidden" if hidden else ""))
    return f"{kind}. {'; '.join(said)}. {marks}".strip()


def describe_counts(
    kind: str,
    group: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    unit: str,
) -> str:
    """Bars in words: every one of them, group by group."""
    said = [
        f"{row[group]}: "
        + ", ".join(
            f"{name.lower()} {value_or_symbol(row, column, unit)}"
            for column, name in columns.items()
        )
        for row in rows
    ]
    return f"{kind}. {'; '.join(said)}."


def funded(first: date, last: date) -> str:
    """What the shaded band of a time chart is."""
    return f"Shaded: the months in which the programme was funded, {month(first)} to {month(last)}."


def percent(fraction: float) -> str:
    """0.149 -> '14.9%'."""
    return f"{fraction * 100:.1f}%"


def whole(count: float) -> str:
    """12345.0 -> '12,345'."""
    return f"{round(count):,}"


def value(number: float, unit: str) -> str:
    """A figure in its unit, as a person writes it."""
    if unit == "rate":
        return percent(number)
    if unit in {"people", "cases", "days", "count"}:
        return whole(number)
    return f"{number:,.1f}"


def day(when: date | datetime) -> str:
    """31 December 2021."""
    return f"{when.day} {when:%B %Y}"


def short_day(when: date | datetime) -> str:
    """31 Jan 2020."""
    return f"{when.day} {when:%b %Y}"


def month(when: date | datetime) -> str:
    """December 2021."""
    return f"{when:%B %Y}"


def counted(count: float, one: str, many: str) -> str:
    """'1 person', '3 people', 'no people'."""
    number = round(count)
    if number == 0:
        return f"no {many}"
    return f"{number:,} {one if number == 1 else many}"


def people(count: float) -> str:
    """'1 person', '3 people', 'no people'."""
    return counted(count, "person", "people")


def symbol_note(symbols: Sequence[str]) -> str:
    """What the symbols in a table mean, each once; empty without any."""
    known = [s for s in dict.fromkeys(symbols) if s in SYMBOLS]
    return "; ".join(f"{s}: {SYMBOLS[s]}" for s in known) + ("." if known else "")


def staff_source(synthetic: bool, as_of: date | None) -> str:
    """The line under a chart of staff, which goes wherever a picture of it goes."""
    kind = "Synthetic data" if synthetic else "Staff records"
    return f"{kind}, as at {short_day(as_of)}" if as_of else kind


def describe_months(
    name: str, days: Sequence[date], values: Sequence[float | None], unit: str, marks: str
) -> str:
    """A monthly line in words: ends, highest and lowest, with their months."""
    known = [(d, v) for d, v in zip(days, values, strict=True) if v is not None]
    if not known:
        return f"{name}: no month has a figure. {marks}"
    (first_day, first), (last_day, last) = known[0], known[-1]
    top_day, top = max(known, key=lambda pair: pair[1])
    low_day, low = min(known, key=lambda pair: pair[1])
    return (
        f"Line chart of {name.lower()}, {counted(len(known), 'month', 'months')} from "
        f"{month(first_day)} to {month(last_day)}. It starts at {value(first, unit)} and ends at "
        f"{value(last, unit)}; the highest is {value(top, unit)} in {month(top_day)}, the lowest "
        f"{value(low, unit)} in {month(low_day)}. {marks}"
    )


def describe_marks(marks: Sequence[tuple[str, date]]) -> str:
    """The days that a time axis marks, in words."""
    return "Marked: " + "; ".join(f"{label}, {day(when)}" for label, when in marks) + "."
