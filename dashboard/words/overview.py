"""Overview: is the programme working? No sentence here claims an effect."""

from __future__ import annotations

from dashboard.words.common import counted, day, month, people, percent, whole
from dashboard.words.retention import Reading

# What the overview will answer for, and the table that each answer comes from.
MEASURES_BY_TABLE = {
    "recruitment_monthly": "vacancies and time to hire",
    "participation_quarterly": "how many staff the supervision groups reach",
    "debrief_yearly": "debriefs offered and held",
    "wellbeing_wave": "wellbeing scores",
}


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
