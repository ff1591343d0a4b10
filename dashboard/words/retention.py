"""Retention: are staff staying?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.words.common import COLUMNS, counted, day, month, people, percent, whole


@dataclass(frozen=True)
class Reading:
    """The service at one month end. Rates are fractions; None where the file has none."""

    month_end: date
    headcount: int
    turnover: float | None = None
    leavers_12m: int | None = None
    stability: float | None = None
    headcount_year_before: int | None = None
    unexplained_12m: int | None = None
    agency_rate: float | None = None
    agency_headcount: int | None = None


def retention_answer(reading: Reading | None) -> str:
    """The sentence at the top of the retention page, for the last month of the chosen period."""
    if reading is None:
        return "No month of staff records has been published for this period."
    if reading.turnover is None or reading.leavers_12m is None:
        return (
            f"{whole(reading.headcount)} staff were in post on {day(reading.month_end)}. Turnover "
            "and stability need a whole year of records before that day."
        )
    said = (
        f"In the 12 months to {day(reading.month_end)}, **{people(reading.leavers_12m)} left**: "
        f"turnover was **{percent(reading.turnover)}** of average headcount."
    )
    if reading.stability is not None:
        of = (
            f"the {whole(reading.headcount_year_before)} people"
            if reading.headcount_year_before is not None
            else "the people"
        )
        said += f" Of {of} in post a year before, **{percent(reading.stability)}** were still here."
    return said


def unexplained_note(reading: Reading | None) -> str:
    """Said beside turnover wherever posts ended without a leaver record; empty if none did."""
    if reading is None or not reading.unexplained_12m:
        return ""
    number = reading.unexplained_12m
    them = "It" if number == 1 else "They"
    return (
        f"In the same 12 months {counted(number, 'post', 'posts')} ended without a leaver record. "
        f"{them} could not be counted as leaving, so turnover is too low by up to that many."
    )


def hidden_note(hidden: dict[str, str]) -> str:
    """What is held back from the monthly page, and why; empty if nothing is."""
    if not hidden:
        return ""
    names = [COLUMNS.get(column, column.replace("_", " ")).lower() for column in hidden]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return (
        f"Held back month by month: {listed}. So few people are behind each that a colleague "
        "could be recognised. A hidden figure is not a zero."
    )


REASONS_NOTE = (
    "Calendar years. Who left in their first year is counted under their reason as well. Reasons "
    "other than these three are not shown, so the parts need not add up to all leavers."
)

DFE_TURNOVER_NOTE = (
    "Social workers only, by the Department's rule: leavers of the year divided by the staff in "
    "post **at its end**, in full-time equivalents. The turnover above divides by the **average** "
    "number of all staff through the year, so the two must not be set side by side."
)


def describe_flows(
    days: Sequence[date], starters: Sequence[int], leavers: Sequence[int], marks: str
) -> str:
    """Starters and leavers by month in words, with totals."""
    if not days:
        return "Starters and leavers: no month has a figure."
    return (
        f"Bar chart of starters above the line and leavers below it, "
        f"{counted(len(days), 'month', 'months')} from {month(days[0])} to {month(days[-1])}. "
        f"{people(sum(starters)).capitalize()} started and {people(sum(leavers))} left; the most "
        f"leavers in one month were {whole(max(leavers))}, in "
        f"{month(days[list(leavers).index(max(leavers))])}. {marks}"
    )


def describe_exits(days: Sequence[date], exits: Sequence[int], marks: str) -> str:
    """Unexplained exits by month in words."""
    if not days:
        return "Exits without a leaver record: no month has a figure."
    months = sum(1 for count in exits if count)
    return (
        f"Bar chart of posts that ended without a leaver record, by month from {month(days[0])} "
        f"to {month(days[-1])}: {whole(sum(exits))} in all, in "
        f"{counted(months, 'month', 'months')}. {marks}"
    )


def describe_years(name: str, years: Sequence[int], values: Sequence[float | None]) -> str:
    """Yearly rates in words, every one of them."""
    said = "; ".join(
        f"{year}: {'no figure' if rate is None else percent(rate)}"
        for year, rate in zip(years, values, strict=True)
    )
    return f"{name}, by year to 30 September. {said}."
