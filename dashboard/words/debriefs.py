"""Debriefs: is help there after an incident? Nothing here is good or bad news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dashboard.words.common import counted, day, joined, whole

_OUTCOMES = ("offered", "held", "declined")

DEBRIEF_NOTE = (
    "**No figure here is a target.** Evidence bodies advise against compulsory single-session "
    "debriefing, so more is not better and fewer is not worse. Declining is an outcome and not a "
    "failure: the person was asked and chose."
)

NO_DEBRIEF_FILE = (
    "**No debrief data has arrived**, so this page cannot say whether help is there after an incident. "
    "That no debrief is counted does not mean that there was none."
)

TIMING_NOTE = (
    "Models of debriefing differ on when it should come: within 24 to 72 hours, 1 to 10 days, or "
    "3 to 28 days. No share within any number of days is a target here. A median is shown where "
    "at least 10 debriefs were held."
)


def years_note(marks: Sequence[tuple[str, date]]) -> str:
    """What a year here is, and the days that a chart by year cannot mark. marks: label and day."""
    said = "; ".join(f"{label}, {day(when)}" for label, when in marks)
    return (
        "By the year in which the debrief was requested, whenever it was held. Bear in mind: "
        f"{said}. A year that holds such a day is not one like the others."
    )


def debrief_answer(row: Mapping[str, Any] | None) -> str:
    """The sentence at the top, from `debrief_to_date`."""
    if row is None or (row.get("requested") is None and row.get("requested_symbol") != "c"):
        return "No debrief has been published yet."
    if row.get("requested") is None:
        return "Debriefs have been requested, too few of them to say how many."
    shown = [f"{whole(row[c])} **{c}**" for c in _OUTCOMES if row.get(c) is not None]
    hidden = [c for c in _OUTCOMES if row.get(c) is None]
    was = counted(row["requested"], "debrief was requested", "debriefs were requested")
    said = f"From the first record to date, **{was}**"
    said += f": {joined(shown)}." if shown else "."
    if hidden:
        said += f" How many were {joined(hidden)} is hidden, since so few people are behind it."
    if row.get("median_days_to_held") is not None:
        said += (
            f" Half of those held took place within {whole(row['median_days_to_held'])} days of "
            "the incident."
        )
    return said
