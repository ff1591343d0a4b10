"""Participation: are people taking part?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.words.about import SOURCES
from dashboard.words.common import STATUSES, counted, day, joined, percent, symbol_words, whole


@dataclass(frozen=True)
class Promise:
    """One promise of the programme, in the words of its board."""

    label: str
    unit: str  # `groups`, `sessions` or `share`
    of: str = ""  # what a share is a share of


PROMISES = {
    "groups_active": Promise("Groups running", "groups"),
    "attended_6_to_8": Promise("Sessions with 6 to 8 people", "share", "held sessions"),
    "none_over_12": Promise("Sessions with more than 12 people", "sessions", "held sessions"),
    "gap_within_cadence": Promise("Groups meeting every six weeks, within a week", "share", "gaps"),
    "independent_facilitator": Promise(
        "Sessions with an independent facilitator", "share", "held sessions"
    ),
    "coverage_84d": Promise("Staff who came at least once in 84 days", "share", "all staff"),
}


def promised(row: Mapping[str, Any]) -> str:
    """What was promised, as the board put it: '22', 'none', 'all'."""
    promise = PROMISES.get(row["promise"])
    if promise is None or promise.unit == "groups":
        return whole(row["promised"])
    if promise.unit == "sessions":
        return "none" if row["promised"] == 0 else f"at most {whole(row['promised'])}"
    return "all" if row["promised"] == 1 else percent(row["promised"])


def seen(row: Mapping[str, Any]) -> tuple[str, str]:
    """What was seen, and what it is a share of. A number over capacity comes as a share first."""
    promise = PROMISES.get(row["promise"], Promise(row["promise"], "share"))
    observed, n = row.get("observed"), row.get("n")
    if observed is None:
        return symbol_words(row.get("observed_symbol")), ""
    if promise.unit == "groups":
        return whole(observed), "on the last month end"
    if promise.unit == "sessions":
        if not n:
            return whole(observed), promise.of
        return percent(observed / n), f"{whole(observed)} of {whole(n)} {promise.of}"
    if n:
        return percent(observed), f"of {whole(n)} {promise.of}"
    return percent(observed), f"of {promise.of}"


def kept(row: Mapping[str, Any]) -> str:
    """Whether the promise was kept in full."""
    met = row.get("met")
    if met is None:
        return symbol_words(row.get("met_symbol"))
    return "yes" if met else "not in full"


def participation_answer(
    to_date: Mapping[str, Mapping[str, Any]], quarter: Mapping[str, Any] | None
) -> str:
    """The sentence at the top: the latest quarter, then the size of sessions to date.

    to_date: the rows of `programme_fidelity` without a month, by promise.
    """
    said = []
    if quarter is not None:
        head = f"In the quarter to {day(quarter['day'])}"
        sessions = counted(quarter["sessions_held"], "session was", "sessions were")
        text = f"{head}, **{sessions} held**"
        if quarter.get("attendance_rate") is not None:
            text += f", and **{percent(quarter['attendance_rate'])}** of those invited came"
        text += "."
        if quarter.get("coverage_84d") is not None:
            text += (
                f" **{percent(quarter['coverage_84d'])}** of all staff came at least once in the "
                "84 days to its end, which is two cycles of six weeks."
            )
        said.append(text)
    sizes = to_date.get("attended_6_to_8")
    if sizes is not None and sizes.get("observed") is not None and sizes.get("n"):
        said.append(
            f"To date, **{percent(sizes['observed'])}** of {whole(sizes['n'])} held sessions had "
            "the 6 to 8 people that were promised."
        )
    if not said:
        return "No supervision session has been published for this period."
    return " ".join(said)


def no_session_file(sources: Sequence[str]) -> str:
    """The sentence in place of the figures, where of some sources no file was ever taken in."""
    names = [SOURCES[source] for source in sources]
    listed = joined([name[0].lower() + name[1:] for name in names])
    return (
        f"**No data has arrived of {listed}**, so this page cannot say whether people are taking part. "
        "That nobody is counted does not mean that nobody came."
    )


def describe_cadence(rows: Sequence[Mapping[str, Any]]) -> str:
    """The grid of groups and cycles in words: how many of each kind, and the groups with most
    cycles that were not held."""
    if not rows:
        return "Groups by cycle: no cycle has ended yet."
    groups = sorted({str(row["group_id"]) for row in rows})
    tally = {s: sum(1 for row in rows if row["status"] == s) for s in STATUSES}
    missed = {g: sum(1 for r in rows if r["group_id"] == g and r["status"] != "held")
              for g in groups}  # fmt: skip
    most = max(missed.values())
    text = (
        f"Grid of {counted(len(groups), 'group', 'groups')} by cycle, "
        f"{counted(len(rows), 'cycle', 'cycles')} in all: "
        + ", ".join(f"{whole(tally[s])} {STATUSES[s]}" for s in STATUSES)
        + "."
    )
    if most:
        worst = [g for g in groups if missed[g] == most]
        text += f" Most cycles without a session: {', '.join(worst)}, {whole(most)} each."
    return text


CADENCE_KEY = (
    "A filled square: held. A cross: cancelled, with no other session in the cycle. A hollow "
    "circle: no session in time. No mark: the group did not run to the end of that cycle. Cycles "
    "are counted from each group's own first day, so a column is not a calendar month."
)

COVERAGE_NOTE = (
    "Coverage: of all staff in post at the quarter's end, agency workers included, the share who "
    "came to a session in the 84 days before. Attendance: of all invitations to held sessions, "
    "the share that were followed."
)

SIZES_NOTE = (
    "Groups were promised for 6 to 8 people, and never more than 12. Each lane shows that share "
    "of the quarter's held sessions, all to one scale, and the latest share in figures."
)
