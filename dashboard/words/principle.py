"""Principle 6: do we do what the evidence asks?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.words.common import COLUMNS, RATES, counted, percent, whole
from dashboard.words.impact import plain_name

Row = Mapping[str, Any]

# The points of Principle 6, as short as they can be said.
POINTS = {
    1: "Leaders recognise the emotional impact of the work",
    2: "Reflective supervision is of high quality, across agencies",
    3: "Impact counts when cases, structures and posts are decided",
    4: "Leaders create resilience and watch for pitfalls",
    5: "People learn from and support each other, beyond training",
    6: "Supervision and learning are evaluated",
}
# Status by word and mark, never by colour.
STATUSES_OF_A_POINT = {
    "evidenced": ("●", "Evidenced"),
    "partly": ("◐", "Partly evidenced"),
    "partly evidenced": ("◐", "Partly evidenced"),
    "not evidenced by this data": ("○", "Not evidenced by this data"),
    "not evidenced": ("○", "Not evidenced by this data"),
}
# Indicators that are no figure of the registry: what they are called, and which are shares.
INDICATOR_NAMES = {
    "documents_current": "Documents in the evidence register that are reviewed and current",
    "debriefs_offered_share": "Debriefs offered, of those requested",
    "gap_within_cadence": "Groups meeting every six weeks, within a week",
    "independent_facilitator": "Sessions with an independent facilitator",
    "attended_6_to_8": "Sessions with 6 to 8 people",
    "sessions_held_share": "Sessions held, of those planned",
    "wellbeing_mean_score": "Mean score of the latest wellbeing survey",
    "survey_response_rate": "Staff who answered the latest wellbeing survey",
    "survey_waves": "Wellbeing surveys so far",
    "findings_graded_moderate_or_strong": "Main findings on impact graded moderate or strong",
}
_SHARES = RATES | {
    "documents_current",
    "debriefs_offered_share",
    "gap_within_cadence",
    "independent_facilitator",
    "attended_6_to_8",
    "sessions_held_share",
    "survey_response_rate",
}
# As the mart begins what is missing where a promise is seen to be missed.
FALLS_SHORT = "What was promised itself: the figure falls short of it."
PRINCIPLE_NOTE = (
    "A status says what this data can show, and nothing of what is done without leaving a trace in it. "
    "Not evidenced does not mean not done."
)


def point_name(point: object) -> str:
    """The heading of a point: its number and what it asks."""
    text = str(point).strip()
    number = int(text[0]) if text[:1].isdigit() else 0
    return f"{number}. {POINTS[number]}" if number in POINTS else plain_name(text)


def status_words(status: str) -> str:
    """The mark of a status and the status in words."""
    mark, said = STATUSES_OF_A_POINT.get(status, ("○", plain_name(status)))
    return f"{mark} {said}"


def indicator_name(indicator: str) -> str:
    """What an indicator is called: as the registry has it, else in its own words."""
    return INDICATOR_NAMES.get(indicator) or COLUMNS.get(indicator, plain_name(indicator))


def indicator_value(row: Row) -> str:
    """An indicator's figure in its unit; hidden and missing ones in words."""
    value = row.get("value")
    if value is None:
        return "hidden" if row.get("value_symbol") == "c" else "no figure"
    if row["indicator"] in _SHARES:
        return percent(value)
    return whole(value) if float(value).is_integer() else f"{value:,.1f}"


def indicator_n(row: Row) -> str:
    """How many the figure rests on."""
    return f"n = {whole(row['n'])}" if row.get("n") is not None else "–"


def missing_words(rows: Sequence[Row]) -> str:
    """What is missing of a point: promises that are missed, by name, and what no indicator can say."""
    texts = [str(row["what_is_missing"] or "") for row in rows]
    missed = [
        indicator_name(str(row["indicator"]))
        for row, text in zip(rows, texts, strict=True)
        if text.startswith(FALLS_SHORT)
    ]
    beyond = dict.fromkeys(text.removeprefix(FALLS_SHORT).strip() for text in texts)
    said = [f"These fall short of what was promised: {'; '.join(missed)}."] if missed else []
    said += [text for text in beyond if text]
    return f"**What is missing.** {' '.join(said)}" if said else ""


def principle_answer(rows: Sequence[Row]) -> str:
    """The sentence at the top: how many of the points are evidenced, partly, and not."""
    if not rows:
        return "The six points have not been looked at yet: no figure of them has been published."
    by_point = {row["point"]: status_words(str(row["status"])).split(" ", 1)[1] for row in rows}
    said = [
        (sum(1 for status in by_point.values() if status == wanted), wanted.lower())
        for wanted in ("Evidenced", "Partly evidenced", "Not evidenced by this data")
    ]
    parts = [f"**{whole(count) if count else 'none'}** {status}" for count, status in said]
    return (
        f"{counted(len(by_point), 'point was', 'points were').capitalize()} looked at: {parts[0]}, "
        f"{parts[1]} and {parts[2]}."
    )


def describe_status(rows: Sequence[Row]) -> str:
    """Every point with its status, in words."""
    seen = {row["point"]: str(row["status"]) for row in rows}
    return "; ".join(
        f"{point_name(point)}: {status_words(status)}" for point, status in seen.items()
    )
