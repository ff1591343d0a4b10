"""Overview: is the programme working? No sentence here claims an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dashboard import instruments
from dashboard.programme import Programme
from dashboard.words.common import (
    COLUMNS,
    RATES,
    counted,
    day,
    month,
    people,
    percent,
    symbol_words,
    whole,
)
from dashboard.words.retention import Reading

# What the overview will answer for, and the table that each answer comes from.
MEASURES_BY_TABLE = {
    "recruitment_monthly": "vacancies and time to hire",
    "participation_quarterly": "how many staff the supervision groups reach",
    "debrief_yearly": "debriefs offered and held",
    "wellbeing_wave": "wellbeing scores",
}


def timeline(known: Programme, first: date, last: date) -> list[str]:
    """The programme's dates in order, as lines of a list. first, last: month ends of the figures."""
    dated = [
        (first, f"**{month(first)}.** The staff figures begin."),
        (
            known.baseline_from,
            f"**{month(known.baseline_from)} to {month(known.baseline_to)}.** The year to compare with, "
            "before the programme was funded.",
        ),
        (
            known.funded_from,
            f"**{month(known.funded_from)} to {month(known.funded_to)}.** The programme is funded.",
        ),
        *((mark.day, f"**{day(mark.day)}.** {mark.label}.") for mark in known.marks),
        (last, f"**{month(last)}.** The staff figures end."),
    ]
    return [line for _, line in sorted(dated, key=lambda one: one[0])]


def overview_answer(now: Reading | None, before: Reading | None, end: Reading | None) -> str:
    """The sentence at the top of the overview. It never claims an effect."""
    if now is None:
        return "There is nothing to judge by yet: no month of staff records has been published."
    if now.turnover is None or now.leavers_12m is None:
        return (
            f"It is too early to tell. {whole(now.headcount)} staff were in post on "
            f"{day(now.month_end)}; turnover needs a whole year of records."
        )
    start = (
        f"**These figures alone cannot tell.** In the 12 months to {day(now.month_end)}, "
        f"{people(now.leavers_12m)} left, {percent(now.turnover)} of average headcount."
    )
    parts = []
    if before is not None and before.turnover is not None and before.leavers_12m is not None:
        parts.append(
            f"{percent(before.turnover)} ({people(before.leavers_12m)}) in the 12 months to "
            f"{day(before.month_end)}, before the programme was funded"
        )
    if end is not None and end.turnover is not None and end.leavers_12m is not None:
        parts.append(
            f"{percent(end.turnover)} ({people(end.leavers_12m)}) in the 12 months to "
            f"{day(end.month_end)}, when it ended"
        )
    if parts:
        return f"{start} It was {', and '.join(parts)}."
    return f"{start} There is no earlier year in the file to set it beside."


WHY_NOT = (
    "**Small numbers.** With so few people leaving in a year, chance alone can move turnover by "
    "several percentage points from one year to the next.",
    "**Nothing to compare with.** The groups were open to the whole service, so no part of it "
    "shows what would have happened otherwise.",
    "**The pandemic.** The first lockdown came within two months of the programme's end, and "
    "may have changed who left and when.",
)


def month_changes(
    last: Reading, previous: Reading | None, starters: int, leavers: int, unexplained: int
) -> list[str]:
    """What changed in the latest month, one sentence each."""
    lines = [f"In {month(last.month_end)}, {people(starters)} started and {people(leavers)} left."]
    if previous is not None:
        moved = last.headcount - previous.headcount
        if moved == 0:
            lines.append(f"Headcount stayed at {whole(last.headcount)}.")
        else:
            lines.append(
                f"Headcount went from {whole(previous.headcount)} to {whole(last.headcount)}."
            )
        if last.turnover is not None and previous.turnover is not None:
            if percent(last.turnover) == percent(previous.turnover):
                lines.append(f"Turnover over 12 months stayed at {percent(last.turnover)}.")
            else:
                lines.append(
                    f"Turnover over 12 months went from {percent(previous.turnover)} "
                    f"to {percent(last.turnover)}."
                )
    if unexplained:
        ended = counted(unexplained, "post", "posts")
        lines.append(f"{ended[0].upper()}{ended[1:]} ended without a leaver record.")
    return lines


def not_yet(tables: frozenset[str]) -> str:
    """Which measures of the question are not in the file yet; empty when all are."""
    missing = [name for table, name in MEASURES_BY_TABLE.items() if table not in tables]
    if not missing:
        return ""
    listed = missing[0] if len(missing) == 1 else ", ".join(missing[:-1]) + " and " + missing[-1]
    return (
        f"Not yet taken in: {listed}. They belong to this question, and it is not answered "
        "until they are here."
    )


def headline_name(row: Mapping[str, Any]) -> str:
    """What a headline figure is called; of a survey with its scale."""
    name = COLUMNS.get(str(row["metric"]), str(row["metric"]))
    if row["series"] == "debrief_yearly":
        name = f"Debriefs {name[0].lower()}{name[1:]}"
    instrument, _, subscale = str(row["detail"] or "").partition(" ")
    return f"{name}, {instruments.scale(instrument, subscale).label}" if subscale else name


def headline_value(row: Mapping[str, Any], column: str) -> str:
    """A figure as it was told, in the unit of its measure, or why it is not shown."""
    number = row[column]
    if number is None:
        return symbol_words(row.get(f"{column}_symbol"))
    if row["metric"] in RATES:
        return percent(number)
    return whole(number) if float(number).is_integer() else f"{number:,.1f}"


def revised_words(row: Mapping[str, Any]) -> str:
    """Whether a figure is still what was told."""
    if row["is_revised"] is None:
        return "not shown"
    if not row["is_revised"]:
        return "as told"
    same = headline_value(row, "value_shown") == headline_value(row, "value_now")
    return "revised, by less than is shown" if same else "revised"


TOLD_NOTE = (
    "Records come late and are corrected, so a figure of a month can change after the board has seen it. "
    "The last twelve monthly releases. What is hidden now, or was then, is shown in neither column."
)


def told_answer(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many of the figures that were told before have changed since."""
    if not rows:
        return "These are the first headline figures of this kind, so nothing was told before."
    revised = sum(1 for row in rows if row["is_revised"])
    told = counted(len(rows), "headline figure was", "headline figures were")
    since = counted(revised, "has", "have") if revised else "none has"
    return f"{told[0].upper()}{told[1:]} told at earlier releases; **{since} been revised since**."
