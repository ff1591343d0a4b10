"""Control charts: is a change more than noise?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.words.common import COLUMNS, counted, day, month, percent


@dataclass(frozen=True)
class Charted:
    """A figure with a control chart: what a point of it is, and its unit (`rate` or a number)."""

    label: str
    unit: str


# {(table, column): what is charted}. Counts are charted for each person, month or session they are of.
CHARTED = {
    ("retention_monthly", "leavers"): Charted("Leavers in the month, per person in post", "rate"),
    ("retention_monthly", "starters"): Charted("Starters in the month, per person in post", "rate"),
    ("retention_monthly", "agency_rate"): Charted(COLUMNS["agency_rate"], "rate"),
    ("recruitment_monthly", "vacancy_rate"): Charted(COLUMNS["vacancy_rate"], "rate"),
    ("recruitment_monthly", "opened"): Charted("Vacancies opened in the month", "number"),
    ("recruitment_monthly", "filled"): Charted("Vacancies filled in the month", "number"),
    ("recruitment_monthly", "withdrawn"): Charted("Vacancies withdrawn in the month", "number"),
    ("caseload_monthly", "mean_caseload"): Charted(COLUMNS["mean_caseload"], "number"),
    ("caseload_monthly", "p90_caseload"): Charted(COLUMNS["p90_caseload"], "number"),
    ("participation_monthly", "sessions_cancelled"): Charted(
        "Sessions cancelled, of those planned in the month", "rate"
    ),
    ("participation_monthly", "independent_facilitation_rate"): Charted(
        COLUMNS["independent_facilitation_rate"], "rate"
    ),
}

CAUSES = {
    "outside": "beyond a limit",
    "trend": "seven points one way",
    "two_in_three": "two of three near a limit",
    "shift": "seven points on one side of the mean",
}
POINT_TYPES = {
    "common_cause": "nothing unusual",
    "special_cause_improvement": "unusual, better",
    "special_cause_concern": "unusual, worse",
    "special_cause_neutral_high": "unusually high",
    "special_cause_neutral_low": "unusually low",
}
CONTROL_KEY = (
    "Solid line: the mean. Dashed lines: the limits of what chance alone does. Grey circle: nothing "
    "unusual. Diamond: unusual, and better. Square: unusual, and worse. Triangle: unusual, where "
    "neither way is better."
)
CONTROL_NOTE = (
    "A signal says that something changed, and never what changed it. Of two such charts in which "
    "nothing ever changes, one shows a signal somewhere in five years."
)
ICONS_NOTE = (
    "Variation: a thin circle says nothing unusual; a thick circle, better than chance alone would be; "
    "a square, worse; a lozenge, unusual where neither way is better. H and L: high or low."
)
NO_TARGET = "No target is set"


def control_value(number: float, unit: str) -> str:
    """A point of a control chart, in its unit."""
    return percent(number) if unit == "rate" else f"{number:,.1f}"


def span_words(least: str, most: str, months: int) -> str:
    """Between what a figure lay in the last months."""
    return f"{least} to {most} in {counted(months, 'month', 'months')}"


def variation_words(row: Mapping[str, Any]) -> str:
    """What a point is, as it stands beside its icon."""
    said = POINT_TYPES.get(row["point_type"], POINT_TYPES["common_cause"])
    return said[0].upper() + said[1:]


def variation_why(row: Mapping[str, Any]) -> str:
    """The rule by which a point is unusual, and its month."""
    cause = CAUSES.get(row["special_cause"] or "")
    when = month(row["day"])
    return f"{when}: {cause}" if cause else when


def control_answer(label: str, rows: Sequence[Mapping[str, Any]], unit: str) -> str:
    """The sentence above a control chart: its last point, and what it is held against."""
    last = rows[-1]
    if last["value"] is None:
        return f"**{label}**: the last month, {month(last['day'])}, has no figure."
    said = (
        f"**{label}** stood at **{control_value(last['value'], unit)}** in {month(last['day'])}: "
        f"**{POINT_TYPES.get(last['point_type'], POINT_TYPES['common_cause'])}**"
    )
    cause = CAUSES.get(last["special_cause"] or "")
    if cause:
        said += f" ({cause})"
    said += "."
    if last["lower_limit"] is not None and last["upper_limit"] is not None:
        said += (
            f" Chance alone keeps it between {control_value(last['lower_limit'], unit)} and "
            f"{control_value(last['upper_limit'], unit)}."
        )
    return said


def rebase_notes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to know of the limits: where they begin anew and why, and where they are on trial."""
    notes = []
    first: dict[int, Mapping[str, Any]] = {}
    size: dict[int, int] = {}
    for row in rows:
        first.setdefault(row["segment"], row)
        size[row["segment"]] = size.get(row["segment"], 0) + 1
    for segment, row in first.items():
        if segment and row["rebase_reason"]:
            notes.append(f"Limits begin anew on {day(row['day'])}: {row['rebase_reason']}")
        if row["trial_limits"]:
            notes.append(
                f"**Trial limits** from {month(row['day'])}: they rest on "
                f"{counted(size[segment], 'month', 'months')} and will still move. Thirteen are needed."
            )
    return notes


def describe_control(
    label: str, rows: Sequence[Mapping[str, Any]], unit: str, marks: str = ""
) -> str:
    """A control chart in words: its ends, mean, limits, and how many points are unusual."""
    known = [row for row in rows if row["value"] is not None]
    if not known:
        return f"Control chart of {label.lower()}: no month has a figure. {marks}".strip()
    last = rows[-1]
    unusual = [row for row in rows if row["special_cause"]]
    said = (
        f"Control chart of {label[0].lower()}{label[1:]}, {counted(len(rows), 'month', 'months')} from "
        f"{month(rows[0]['day'])} to {month(last['day'])}. The last figure is "
        f"{control_value(known[-1]['value'], unit)}"
    )
    if last["mean"] is not None:
        said += f", the mean {control_value(last['mean'], unit)}"
    if last["lower_limit"] is not None and last["upper_limit"] is not None:
        said += (
            f", the limits {control_value(last['lower_limit'], unit)} to "
            f"{control_value(last['upper_limit'], unit)}"
        )
    said += f". {counted(len(unusual), 'point is', 'points are').capitalize()} unusual"
    if unusual:
        said += f", the latest in {month(unusual[-1]['day'])}"
    return f"{said}. {marks}".strip()


def limits_words(row: Mapping[str, Any], unit: str) -> str:
    """The limits of a point, or that there are none yet."""
    if row["lower_limit"] is None or row["upper_limit"] is None:
        return "no limits yet"
    low = control_value(row["lower_limit"], unit)
    return f"{low} to {control_value(row['upper_limit'], unit)}"
