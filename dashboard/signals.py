"""For each headline measure: the change that was found, what could have been seen, and its chart.

Nothing is worked out here: findings and points come from the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import icons, layout, rows, words
from dashboard.data import Board


@dataclass(frozen=True)
class Measure:
    """A headline measure: the rung that judges its change, and the figure that is charted.

    finding: method and term on that rung, where that is not the one fixed beforehand. unjudged: why its
    change has no interval. uncharted: why it has no control chart, where it has none by rule.
    """

    name: str
    rung: str = ""
    finding: tuple[str, str] | None = None
    unjudged: str = ""
    chart: tuple[str, str] | None = None
    uncharted: str = ""


MEASURES = (
    Measure("Leaving", "leaving", chart=("retention_monthly", "leavers")),
    Measure(
        "Leaving, plain rates",
        "leaving",
        finding=("before_and_after", "during"),
        uncharted="The same leavers as above",
    ),
    Measure("Filling of posts", "recruitment", chart=("recruitment_monthly", "filled")),
    Measure(
        "Vacancy rate", chart=("recruitment_monthly", "vacancy_rate"), unjudged=words.LEVELS_FOLLOW
    ),
    Measure(
        "Agency share", chart=("retention_monthly", "agency_rate"), unjudged=words.LEVELS_FOLLOW
    ),
    Measure("Wellbeing", "wellbeing", uncharted="Two surveys a year make no chart"),
    Measure("Coverage", unjudged=words.NONE_BEFORE, uncharted="Shown by quarter alone"),
    Measure("Debriefs", unjudged=words.NONE_BEFORE, uncharted="No direction is good or bad"),
)
_COLUMNS = ("measure", "change", "detectable", "months", "variation", "assurance")
# As far back as an eye can follow a line of this size.
MONTHS_DRAWN = 24


def findings_by_rung(held: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The finding of each rung that was fixed beforehand, where the file has one."""
    found = {}
    for rung in words.RUNGS:
        own = [row for row in held if words.is_of(rung, row)]
        if own:
            found[rung.key] = words.main_of(rung, own)
    return found


def table(board: Board, *, file_name: str) -> None:
    """The table with its CSV; a sentence where the file has neither findings nor charts."""
    findings = board.findings()
    found = findings_by_rung(findings)
    charted = board.charted()
    if not found and not charted:
        st.markdown(words.NO_SIGNALS)
        return
    lines: list[tuple[str, list[tuple[str | icons.Icon, str]]]] = []
    raw = []
    for measure in MEASURES:
        change, least = _change(measure, _finding(measure, found, findings))
        icon, said, why = _variation(board, measure, charted)
        line, span = _months(board, measure, charted)
        target = words.NO_TARGET if measure.chart in charted else ""
        lines.append(
            (measure.name, [change, least, (line, span), (icon or said, why), ("–", target)])
        )
        raw.append(
            {
                "measure": measure.name,
                "change": " ".join(change).strip(),
                "detectable": least[0],
                "months": span or "–",
                "variation": f"{icon.name if icon else said}; {why}".strip("; "),
                "assurance": target or "–",
            }
        )
    layout.scorecard(
        "Changes since the programme began, what would have shown, and whether the latest month is "
        "more than noise",
        [
            ("Change found", "95% interval"),
            ("Would have shown", "four times out of five"),
            ("Latest months", "lowest and highest"),
            ("Variation", "latest month"),
            ("Assurance", "beside a target"),
        ],
        lines,
        strong=1,
    )
    st.caption(words.SIGNALS_NOTE)
    layout.download(
        rows.raw(raw, _COLUMNS),
        file_name=file_name,
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
        width="content",
    )


def charts_table(board: Board) -> None:
    """What the latest month of each control chart says; a sentence where the file has none."""
    charted = board.charted()
    lines: list[tuple[str, list[tuple[str | icons.Icon, str]]]] = []
    for key, chart in words.CHARTED.items():
        if key not in charted:
            continue
        last = board.control_points(*key)[-1]
        icon = icons.variation(str(last["point_type"]), int(last["side"]))
        said = f"{words.variation_words(last)}. {words.variation_why(last)}"
        figure = (
            "–" if last["value"] is None else words.control_value(last["value"], chart.unit),
            words.limits_words(last, chart.unit),
        )
        lines.append((chart.label, [figure, (icon, said)]))
    if not lines:
        st.markdown(words.NO_SIGNALS)
        return
    layout.scorecard(
        "The latest month of each figure that has a control chart",
        [("Latest month", "limits of chance"), ("Variation", "")],
        lines,
        strong=1,
    )
    st.caption(f"{words.ICONS_NOTE} {words.CONTROL_NOTE}")


def _finding(
    measure: Measure, found: dict[str, dict[str, Any]], findings: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The finding that a measure's line speaks of, where the file has it."""
    if measure.finding is None:
        return found.get(measure.rung)
    return next((row for row in findings if (row["method"], row["term"]) == measure.finding), None)


def _change(
    measure: Measure, row: dict[str, Any] | None
) -> tuple[tuple[str, str], tuple[str, str]]:
    if row is None:
        return ("–", measure.unjudged or "no method judges it here"), ("–", "")
    if words.switched_off(row):
        return ("–", "the method is switched off"), ("–", "")
    rung = words.rung(measure.rung)
    unit = words.unit_of(row)
    n = f"n = {words.whole(row['n'])}; " if row["n"] is not None else ""
    return (
        (words.change_words(row, rung.scale, unit), f"{n}{row['grade']}"),
        (words.detectable_words(row, rung.scale, unit), ""),
    )


def _months(
    board: Board, measure: Measure, charted: frozenset[tuple[str, str]]
) -> tuple[str | icons.Icon, str]:
    """The last months as a line, and between what they lay."""
    if measure.chart is None or measure.chart not in charted:
        return "–", ""
    points = board.control_points(*measure.chart)[-MONTHS_DRAWN:]
    held = [row["value"] for row in points if row["value"] is not None]
    if not held:
        return "–", ""
    unit = words.CHARTED[measure.chart].unit
    span = words.span_words(
        words.control_value(min(held), unit), words.control_value(max(held), unit), len(points)
    )
    return icons.sparkline([row["value"] for row in points], f"{measure.name}, {span}"), span


def _variation(
    board: Board, measure: Measure, charted: frozenset[tuple[str, str]]
) -> tuple[icons.Icon | None, str, str]:
    if measure.chart is None or measure.chart not in charted:
        return None, "–", measure.uncharted or "no chart in the file"
    last = board.control_points(*measure.chart)[-1]
    said = words.variation_words(last)
    return (
        icons.variation(str(last["point_type"]), int(last["side"])),
        said,
        f"{said}. {words.variation_why(last)}",
    )
