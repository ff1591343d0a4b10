"""The days that exports speak for."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from warehouse.errors import BadConfiguration

CADENCES = ("month", "week", "day")
SUNDAY = 6
# The programme plans a year ahead of it, and no later day can be written than the last one of 9999.
LATEST_END = date(2100, 12, 31)


def month_end(day: date) -> date:
    """The last calendar day of the month that `day` lies in."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def snapshot_dates(start: date, end: date, every: str) -> list[date]:
    """The as-of dates from `start` to `end`, both included, oldest first.

    The first is the month end on or after `start`, whatever the cadence. After it come, up to
    `end`, every month end (`month`), every Sunday (`week`) or every day (`day`).
    Refuses, with BadConfiguration, an unknown cadence, an end after 2100 and a range that holds no
    month end.
    """
    if every not in CADENCES:
        raise BadConfiguration(
            f"The cadence is one of {', '.join(CADENCES)}; nothing was written. "
            "Choose one of them with --every."
        )
    if end > LATEST_END:
        raise BadConfiguration(
            f"--to lies after {LATEST_END}; nothing was written. Give an earlier --to."
        )
    first = month_end(start)
    if first > end:
        raise BadConfiguration(
            f"No month end lies between {start} and {end}, so there is no day to export for; "
            "nothing was written. Choose a later --to or an earlier --from."
        )
    dates = [first]
    if every == "month":
        while (following := month_end(dates[-1] + timedelta(days=1))) <= end:
            dates.append(following)
        return dates
    day = first + timedelta(days=1)
    while day <= end:
        if every == "day" or day.weekday() == SUNDAY:
            dates.append(day)
        day += timedelta(days=1)
    return dates
