"""Before, during and after the programme: figures side by side, and no word on what caused what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard.words.common import counted, joined, month, percent, short_day, symbol_words, whole

Row = Mapping[str, Any]

COMPARED_WINDOWS = ("before", "during", "after")
# A window of fewer months says as much of its season as of its years.
FEWEST_MONTHS = 12
# Of fewer events chance alone doubles a figure or halves it.
FEWEST_EVENTS = 10

CANNOT_TELL = (
    "Nothing here says why a figure moved. A window says what was; the pandemic and much else lie "
    "between them. Where a window has under 12 months or under 10 events, or a figure is hidden, "
    "the change is left out: these figures cannot tell."
)
LATEST_OF_NOTE = (
    "What is published by quarter, by year or by wave stands as the last one that ends in each "
    "window."
)


@dataclass(frozen=True)
class ComparedMetric:
    """One metric of `comparison_windows`: its name, its unit, and what its n counts.

    `means`: how it is made. `events`: whether n counts events, of which too few say nothing; else it counts month ends.
    """

    label: str
    unit: str
    one: str
    many: str
    means: str
    events: bool = True


def _of_months(label: str, unit: str, means: str) -> ComparedMetric:
    return ComparedMetric(label, unit, "month end", "month ends", means, events=False)


COMPARED = {
    "mean_headcount": _of_months(
        "Staff in post, mean of month ends",
        "people",
        "Permanent and fixed-term people in post at each month end of the window, on average.",
    ),
    "turnover_a_year": ComparedMetric(
        "Turnover a year",
        "rate",
        "leaver",
        "leavers",
        "Leavers of the window, times twelve, divided by the sum of its month ends' headcounts. Too "
        "low by exits without a record. It is not the Department's turnover.",
    ),
    "starters_a_year": ComparedMetric(
        "Starters a year, share of staff",
        "rate",
        "starter",
        "starters",
        "Starters of the window, times twelve, divided by the sum of its month ends' headcounts.",
    ),
    "unexplained_a_year": ComparedMetric(
        "Exits without a record a year, share of staff",
        "rate",
        "exit",
        "exits",
        "Posts that ended without a leaver record, times twelve, divided by the sum of the month "
        "ends' headcounts: turnover is too low by up to as much.",
    ),
    "agency_rate": _of_months(
        "Agency share of FTE",
        "rate",
        "Full-time equivalents of agency workers over those of all staff, summed over month ends.",
    ),
    "vacancy_rate": _of_months(
        "Vacancy rate, mean of month ends",
        "rate",
        "Vacant FTE as a share of vacant FTE and FTE in post, the mean of the window's month ends.",
    ),
    "opened_a_year": ComparedMetric(
        "Vacancies opened a year",
        "count",
        "vacancy",
        "vacancies",
        "Vacancies opened in the window, times twelve, divided by its months.",
    ),
    "filled_a_year": ComparedMetric(
        "Vacancies filled a year",
        "count",
        "vacancy",
        "vacancies",
        "Vacancies filled in the window, times twelve, divided by its months.",
    ),
    "sessions_a_year": ComparedMetric(
        "Sessions held a year",
        "count",
        "session",
        "sessions",
        "Supervision sessions held in the window, times twelve, divided by its months.",
    ),
    "cancelled_share": ComparedMetric(
        "Planned sessions cancelled",
        "rate",
        "planned session",
        "planned sessions",
        "Cancelled sessions of the window as a share of those held and cancelled.",
    ),
    "independent_share": ComparedMetric(
        "Sessions with an independent facilitator",
        "rate",
        "session held",
        "sessions held",
        "Held sessions with an independent facilitator as a share of those held in the window.",
    ),
    "mean_caseload": _of_months(
        "Cases a worker, mean of month ends",
        "cases a worker",
        "Cases divided by the FTE of those who hold any, the mean of the window's month ends.",
    ),
}


def figure(value: float | None, unit: str) -> str:
    """A figure in its unit; a dash where there is none."""
    if value is None:
        return "–"
    if unit == "rate":
        return percent(value)
    if unit in {"people", "count"}:
        return whole(value)
    return f"{value:,.1f}"


def comparison_change(difference: float | None, unit: str, than: str) -> str:
    """How much more or less than before; empty where nothing can be said.

    A difference that rounds to nothing is none.
    """
    if difference is None:
        return ""
    size = abs(difference) * 100 if unit == "rate" else abs(difference)
    places = 0 if unit in {"people", "count"} else 1
    text = f"{size:,.{places}f}"
    if not float(text.replace(",", "")):
        return f"as {than}"
    way = "more" if difference > 0 else "less"
    return f"{text} {'points ' if unit == 'rate' else ''}{way} than {than}"


def comparison_cell(row: Row | None, before: Row | None) -> tuple[str, str]:
    """One window of one metric: the figure, and below it n, months and the change since before."""
    if row is None:
        return "–", "no month of it is in the file"
    measure = COMPARED[row["metric"]]
    months = counted(row["months"], "month", "months")
    parts = [months if not measure.events else f"{_behind(row)} in {months}"]
    if row["value"] is None:
        return "–", f"{parts[0]}: no figure"
    if row["window_name"] != "before":
        can = all(_says_enough(one) for one in (row, before))
        said = comparison_change(row["change_since_before"], measure.unit, "before") if can else ""
        parts.append(said or "change: cannot tell")
    return figure(row["value"], measure.unit), "; ".join(parts)


def _behind(row: Row) -> str:
    measure = COMPARED[row["metric"]]
    return counted(row["n"], measure.one, measure.many)


def _says_enough(row: Row | None) -> bool:
    return (
        row is not None
        and row["value"] is not None
        and row["months"] >= FEWEST_MONTHS
        and (not COMPARED[row["metric"]].events or row["n"] >= FEWEST_EVENTS)
    )


def comparison_span(rows: Sequence[Row], window: str) -> str:
    """From which month to which a window's rows reach, in words."""
    held = [row for row in rows if row["window_name"] == window]
    if not held:
        return "no month in the file"
    first = min(row["first_month_end"] for row in held)
    last = max(row["last_month_end"] for row in held)
    return month(first) if first == last else f"{month(first)} to {month(last)}"


def window_words(first: date | None, last: date | None) -> str:
    """From when to when a window is, where no month's row says it."""
    if first is None:
        return f"to {short_day(last)}" if last else "ever"
    return (
        f"from {short_day(first)}" if last is None else f"{short_day(first)} to {short_day(last)}"
    )


def comparison_sentence(rows: Sequence[Row], metric: str) -> str:
    """One metric through the windows as a sentence; what cannot be said is said to be so."""
    held = {row["window_name"]: row for row in rows if row["metric"] == metric}
    named = [
        f"{figure(row['value'], COMPARED[metric].unit)} {window} it "
        f"({comparison_cell(row, None)[1].partition(';')[0]})"
        for window in COMPARED_WINDOWS
        if (row := held.get(window)) is not None and row["value"] is not None
    ]
    if not named:
        return "No month of any window has a figure."
    label = COMPARED[metric].label
    said = f"{label}, beside the programme: {joined(named)}."
    before, last = held.get("before"), held.get("after")
    if last is None or not (_says_enough(last) and _says_enough(before)):
        return f"{said} Whether it changed, these figures cannot tell."
    moved = comparison_change(last["change_since_before"], COMPARED[metric].unit, "before")
    return f"{said} After it, that is {moved}. **Why, these figures cannot tell.**"


@dataclass(frozen=True)
class LatestOf:
    """A measure that is published by quarter, year or wave.

    `rows`: oldest first, each with its `day`. `n`: the column that counts what is behind the
    figure, with its words for one and for many; None where the board sees no such count. `when`:
    how its day is said, by year where it is a year's.
    """

    label: str
    rows: Sequence[Row]
    column: str
    unit: str
    n: tuple[str, str, str] | None = None
    by_year: bool = False


def last_of_each(
    line: LatestOf, windows: Sequence[tuple[date | None, date | None]]
) -> list[Row | None]:
    """The last row of a line whose day lies in each window; None where there is none."""
    found: list[Row | None] = []
    for first, last in windows:
        held = [
            row
            for row in line.rows
            if (first is None or row["day"] >= first) and (last is None or row["day"] <= last)
        ]
        found.append(held[-1] if held else None)
    return found


def latest_of_cells(line: LatestOf, picked: Sequence[Row | None]) -> list[tuple[str, str]]:
    """The cells of `before`, `during` and `after` of such a measure."""
    before = picked[0]
    cells = []
    for place, row in enumerate(picked):
        if row is None:
            cells.append(("–", "nothing published"))
            continue
        when = f"{row['day']:%Y}" if line.by_year else f"to {short_day(row['day'])}"
        parts = [when]
        if line.n and line.n[0] != line.column:
            count = row.get(line.n[0])
            symbol = row.get(f"{line.n[0]}_symbol")
            parts.append(
                f"{line.n[2]}: {symbol_words(symbol)}"
                if count is None
                else counted(count, line.n[1], line.n[2])
            )
        value = row.get(line.column)
        if value is None:
            cells.append((symbol_words(row.get(f"{line.column}_symbol")), "; ".join(parts)))
            continue
        if place:
            known = before.get(line.column) if before is not None else None
            enough = (
                known is not None and _counts_enough(line, row) and _counts_enough(line, before)
            )
            said = (
                comparison_change(value - known, line.unit, "before")
                if enough and known is not None
                else ""
            )
            parts.append(said or "change: cannot tell")
        cells.append((figure(value, line.unit), "; ".join(parts)))
    return cells


def latest_of_sentence(line: LatestOf, picked: Sequence[Row | None]) -> str:
    """Such a measure through the windows as a sentence."""
    cells = latest_of_cells(line, picked)
    said = [
        f"{value} {window} it ({under.partition('; change')[0]})"
        for window, row, (value, under) in zip(COMPARED_WINDOWS, picked, cells, strict=True)
        if row is not None
    ]
    return (
        f"{line.label}, beside the programme: {joined(said)}. "
        "**Why it is so, these figures cannot tell.**"
    )


def _counts_enough(line: LatestOf, row: Row | None) -> bool:
    """Where n is known it is ten or more; where the board sees none, the figure stands for itself."""
    if row is None or line.n is None:
        return row is not None
    count = row.get(line.n[0])
    return count is not None and count >= FEWEST_EVENTS
