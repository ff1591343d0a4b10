"""Operations: did the last night go well? For data stewards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from dashboard.words.about import SOURCES
from dashboard.words.common import counted, day
from dashboard.words.frame import ago

# What `last_night.json` says, as a sentence on that night.
NIGHTS = {
    "published": "The last night published a new version, and nothing was refused or set aside in it.",
    "published_with_problems": (
        "The last night published a new version, and refused files or set rows aside."
    ),
    "nothing_new": "Nothing new had come in the last night, so the version before it stands.",
    "gate_failed": (
        "**The last night published nothing: a gate failed.** The last good version stands. "
        "`warehouse status` names the gate, and the runbook says what to do (exit 4)."
    ),
    "failed": (
        "**The last night could not finish.** The last good version stands. Its log says why, and the "
        "runbook what to do (exit 1)."
    ),
    "locked": (
        "**The last run found another one at work** and did nothing. If that one has ended too, the "
        "runbook says what to do (exit 5)."
    ),
}
UNKNOWN = (
    "**What the last night did is not known**: its report is missing or cannot be read. "
    "`warehouse status` says more."
)
# A source that comes every month is late when two have passed since what it last spoke of.
LATE_AFTER_DAYS = 62
WHAT_TO_DO = (
    "**Files that were refused**: `warehouse status` lists each with its reason. Ask the sender for "
    "a corrected one; it is taken in the night it lands.",
    '**Rows that were set aside**: `warehouse query "from ops.quarantined_rows"` says file, line, '
    "column and reason, never a value. The rows come in with the next corrected file.",
    "**What the gates found and let pass** stands in `warehouse status` and in `ops.gate_findings`.",
    "**A version that should not stand**: `warehouse rollback` goes back to the one before.",
)


def answer(status: str | None, finished: datetime | None) -> str:
    """The sentence at the top: how the last night ended, and when."""
    if status is None:
        return UNKNOWN
    said = NIGHTS.get(status, UNKNOWN)
    when = (
        f" It ended on {day(finished)} at {finished:%H:%M} ({finished.tzname()})."
        if finished
        else ""
    )
    return said + when


def last_good(moment: datetime | None, now: datetime) -> str:
    """When a night last ended well."""
    if moment is None:
        return "No night is known to have ended well."
    return (
        f"A night last ended well on {day(moment)} at {moment:%H:%M} ({moment.tzname()}), "
        f"{ago((now - moment).total_seconds() / 3600)}."
    )


def by_source(loads: Sequence[Mapping[str, Any]], today: date) -> list[dict[str, Any]]:
    """The sources as rows to read, those that need somebody first.

    The share of rows set aside is of all rows that came; days are counted to `today`.
    """
    rows = []
    for load in loads:
        latest = load["latest_as_of"]
        came = (load["rows_loaded"] or 0) + (load["rows_quarantined"] or 0)
        rows.append(
            {
                **load,
                "source": SOURCES.get(load["source"], load["source"]),
                "days_since": (today - latest).days if latest else None,
                "quarantined_share": (load["rows_quarantined"] or 0) / came if came else None,
            }
        )
    return sorted(
        rows,
        key=lambda row: (
            -(row["files_rejected"] or 0), -(row["rows_quarantined"] or 0), row["source"],
        ),
    )  # fmt: skip


def to_see_to(loads: Sequence[Mapping[str, Any]]) -> str:
    """How much is open: files refused, rows set aside, and from how many sources."""
    files = sum(row["files_rejected"] or 0 for row in loads)
    kept_back = sum(row["rows_quarantined"] or 0 for row in loads)
    sources = sum(1 for row in loads if row["files_rejected"] or row["rows_quarantined"])
    if not files and not kept_back:
        return "No file is refused and no row set aside."
    return (
        f"{counted(files, 'file is', 'files are').capitalize()} refused and "
        f"{counted(kept_back, 'row is', 'rows are')} set aside, from "
        f"{counted(sources, 'source', 'sources')}. The figures leave them out."
    )
