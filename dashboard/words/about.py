"""About the data: can I trust this?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dashboard.words.common import counted, day, joined

SOURCES = {
    "hr_staff": "Staff list",
    "hr_leavers": "Leaver records",
    "hr_vacancies": "Vacancies",
    "groups": "Supervision groups",
    "group_members": "Members of the groups",
    "group_sessions": "Supervision sessions",
    "group_attendance": "Attendance at sessions",
    "attendance_teams": "Microsoft Teams attendance reports",
    "attendance_zoom": "Zoom participant lists",
    "debriefs": "Debrief log",
    "wellbeing_survey": "Wellbeing survey",
    "absence": "Sickness absence",
    "dfe_workforce": "The Department's workforce statistics",
    "sword_results": "Results of the SWORD survey",
    "evidence_register": "Register of evidence",
    "csww_return": "The council's own census return",
}

DISCLOSURE_RULES = (
    "**Numbers of people joining, leaving and in post** are shown by month for the whole service. "
    "Colleagues know who came and who left, and the Department publishes ones and twos.",
    "**Whatever says more than that** (why people left, absence, debriefs, attendance, survey "
    "answers) is shown by quarter, by year or to date. Counts of 1 to 7 are hidden, and so is "
    "a count that leaves 1 to 7 of a total on show.",
    "**A zero beside hidden figures** is hidden like them, and so is a rate that a hidden count is "
    "part of: otherwise what is on show would give away what is not.",
    "**No team, role or person** is in the file behind these pages. Below the whole service there are "
    "its social workers and areas of at least 70 people, once a year, rounded to the nearest 5; a "
    "number is shown for all areas of a year or for none.",
    "**Medians** need 10 events behind them, **survey results** 11 responses with a score.",
    "**A hidden figure is marked c and is not a zero.** z: not applicable. x: not available.",
)

GAPS = (
    "**Leaving without a record.** People who vanish from the staff list without a leaver record "
    "are not counted as leaving: turnover is too low by as many. The Retention page says how many.",
    "**Who answers a survey** chooses to. Each wave is other people, and those who keep silent "
    "may be better or worse off.",
    "**Survey answers stand alone.** Their numbers cannot be traced to a person's work, so nobody "
    "can say whether those who came to a group feel better than those who did not.",
    "**Before the groups began** there is no attendance to compare with.",
    "**The pandemic** began within two months of the programme's end.",
    "**Reports come late.** Records for the latest months may still change.",
)


WHEN_RELEASED = (
    "**Figures of people change once a month**, five working days after a month's end, or when the "
    "person in charge of the data releases them with a reason. In between only the news of what "
    "has come changes: yesterday's figures beside today's would show one late record."
)
HOW_ATTACKED = (
    "**Figures of people are attacked before they are published.** A program that knows every value "
    "in this file, the last 12 releases and every rule tries to work out each hidden number. Where "
    "it could narrow one down to fewer than five numbers, nothing is published."
)
GATES_NOTE = (
    "Before a version is published it is held to rules of three levels. What breaks a rule that "
    "blocks is never published."
)


def gates_words(gates: Mapping[str, int] | None) -> str:
    """How many rules the published version does not meet, by level."""
    if gates is None:
        return f"{GATES_NOTE} This file does not say how many of the other rules it does not meet."
    warned, noted = gates.get("warn", 0), gates.get("inform", 0)
    return (
        f"{GATES_NOTE} Of the others, this version does not meet "
        f"**{counted(warned, 'rule that warns', 'rules that warn')}** and "
        f"**{counted(noted, 'rule that informs', 'rules that inform')}**. Whoever runs the "
        "warehouse sees them with `warehouse status`."
    )


def attacked_words(report: Sequence[Mapping[str, Any]]) -> str:
    """What came of the attack on the published figures, in one sentence."""
    hidden = sum(row["cells_hidden"] or 0 for row in report)
    tried = sum(row["cells_tried"] or 0 for row in report)
    widths = [row["narrowest_interval"] for row in report if row["narrowest_interval"] is not None]
    said = f"{counted(hidden, 'cell is', 'cells are').capitalize()} hidden"
    if not widths:
        return f"{said}, and no hidden count had to be attacked."
    return (
        f"{said}. The attacker tried {counted(tried, 'hidden count', 'hidden counts')}; the closest "
        f"it came to any was {min(widths):g} between the smallest and the largest possible number."
    )


def about_answer(loads: Sequence[Mapping[str, Any]], as_of: date | None) -> str:
    """The sentence at the top: how much has come, and how much of it was not taken in."""
    if not loads:
        return "What has been received is not known: the published file does not say."
    files = sum(row["files_loaded"] or 0 for row in loads)
    refused = sum(row["files_rejected"] or 0 for row in loads)
    kept_back = sum(row["rows_quarantined"] or 0 for row in loads)
    with_files = sum(1 for row in loads if row["files_loaded"])
    reach = f", with staff records as at **{day(as_of)}**" if as_of else ""
    in_staff_list = any(row["source"] == "hr_staff" and row["rows_quarantined"] for row in loads)
    still_there = (
        " But somebody whom the staff list had before without a fault still counts as there, where "
        "their faulty row can be told to be theirs."
    )
    return (
        f"The figures rest on **{counted(files, 'file', 'files')}** from "
        f"{counted(with_files, 'source', 'sources')}{reach}. "
        f"{counted(refused, 'file was', 'files were').capitalize()} refused and "
        f"{counted(kept_back, 'row was', 'rows were')} set aside as faulty: no figure uses what "
        f"they say.{still_there if in_staff_list else ''}"
    )


def nothing_came(loads: Sequence[Mapping[str, Any]]) -> str:
    """Which sources the warehouse knows of and no file has come from; empty without any."""
    names = [
        SOURCES.get(row["source"], row["source"].replace("_", " "))
        for row in loads
        if not row["files_loaded"]
    ]
    if not names:
        return ""
    return f"**No file stands from**: {joined([n[0].lower() + n[1:] for n in names])}."
