"""Recruitment: are posts being filled?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.words.common import counted, day, month, percent, symbol_words, value, whole

_ENOUGH = 10  # events that a median needs


NO_VACANCY_FILE = (
    "**No vacancy data has arrived**, so this page cannot say whether posts are being filled. That no "
    "vacancy is counted does not mean that there is none."
)


def recruitment_answer(row: Mapping[str, Any] | None) -> str:
    """The sentence at the top, for the last month of the chosen period (`recruitment_monthly`)."""
    if row is None:
        return "No month of vacancies has been published for this period."
    posts = counted(row["open_vacancies"], "post was", "posts were")
    said = f"On {day(row['day'])}, **{posts} vacant**"
    if row["vacancy_rate"] is None:
        return f"{said}. There is no vacancy rate for that day."
    said += (
        f" ({value(row['vacant_fte'], 'fte')} FTE): a vacancy rate of "
        f"**{percent(row['vacancy_rate'])}**."
    )
    if row["agency_covered_fte"] is not None and row["vacant_fte"]:
        said += f" Agency workers covered {value(row['agency_covered_fte'], 'fte')} FTE of them."
    offer, start = row.get("median_days_to_offer_12m"), row.get("median_days_to_start_12m")
    if offer is not None:
        said += (
            f" In the 12 months before, half of all offers came within **{whole(offer)} days** "
            "of a vacancy's opening"
        )
        if start is not None:
            said += f", and half of the people appointed started within **{whole(start)} days**"
        said += "."
    return said


def days_note(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the medians are, and how many months have none because of small numbers."""
    hidden = sum(1 for row in rows if row.get("median_days_to_offer_12m_symbol") == "c")
    note = (
        "Medians over the 12 months to each month end, counted from a vacancy's opening; posts "
        "that are still open are the third line, since finished ones alone look faster while a "
        "backlog grows."
    )
    if hidden:
        note += (
            f" {counted(hidden, 'month has', 'months have')} no median to offer on show: fewer "
            f"than {_ENOUGH} offers ({symbol_words('c')})."
        )
    return note


def describe_vacancies(rows: Sequence[Mapping[str, Any]], marks: str) -> str:
    """Vacancies opened, filled and withdrawn by month in words, with totals."""
    if not rows:
        return "Vacancies: no month has a figure."
    total = {c: sum(row[c] or 0 for row in rows) for c in ("opened", "filled", "withdrawn")}
    return (
        f"Bar chart of vacancies opened above the line, filled and withdrawn below it, by month "
        f"from {month(rows[0]['day'])} to {month(rows[-1]['day'])}: {whole(total['opened'])} "
        f"opened, {whole(total['filled'])} filled, {whole(total['withdrawn'])} withdrawn. {marks}"
    )
