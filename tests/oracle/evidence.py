"""The marts of the resilience diagnostic, the evidence register, and what is said of the version.

As `workforce.py`: plain rows of the lake in, plain rows of the marts out, nothing shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from tests.oracle.services import Programme, standing
from tests.oracle.workforce import Workforce

Row = dict[str, Any]
STANDING = ("loaded", "partly_loaded")
# Every source that is told of, whether or not anything of it came.
SOURCES = (
    "absence", "attendance_teams", "attendance_zoom", "csww_return", "debriefs", "dfe_workforce",
    "evidence_register", "group_attendance", "group_members", "group_sessions", "groups",
    "hr_leavers", "hr_staff", "hr_vacancies", "sword_results", "wellbeing_survey",
)  # fmt: skip


def sword_results(programme: Programme) -> list[Row]:
    """The last word on each wave, principle and item, as it was returned."""
    return [
        {
            "wave_date": row["wave_date"],
            "principle": row["principle"],
            "item": row["item"],
            "responses": row["responses"],
            **{
                band: None if row[band] is None else float(row[band])
                for band in ("share_low", "share_middle", "share_high")
            },
        }
        for row in standing(programme.sword_results, "wave_date", "principle", "item")
    ]


def evidence_register(workforce: Workforce, programme: Programme) -> list[Row]:
    """The last word on each document, judged by the day of the latest staff list."""
    today = max(workforce.snapshots, default=None)
    return [
        {
            "point": row["point"],
            "document": row["document"],
            "owner_role": row["owner_role"],
            "dated": row["dated"],
            "review_date": row["review_date"],
            "stated_as_of": row["as_of"],
            "judged_as_of": today,
            "review_status": review_status(row["review_date"], today),
        }
        for row in standing(programme.evidence_register, "point", "document")
    ]


def review_status(review_date: date | None, today: date | None) -> str | None:
    if review_date is None:
        return "no_review_date"
    if today is None:
        return None
    return "overdue" if review_date < today else "current"


def load_summary(manifest: Iterable[Row]) -> list[Row]:
    """One row a source. Bad rows are counted of every file, also of one that stands no longer."""
    files = [row for row in manifest if not row.get("read_again")]
    rows = []
    for source in SOURCES:
        own = [row for row in files if row["source"] == source]
        standing_files = [row for row in own if row["status"] in STANDING]
        rows.append(
            {
                "source": source,
                "latest_as_of": max((row["as_of"] for row in standing_files), default=None),
                "files_loaded": len(standing_files),
                "files_rejected": sum(row["status"] == "rejected" for row in own),
                "files_superseded": sum(row["status"] == "superseded" for row in own),
                "rows_loaded": sum(row["rows_loaded"] for row in standing_files),
                "rows_quarantined": sum(row["rows_quarantined"] for row in own),
            }
        )
    return rows


def release_info(workforce: Workforce, build: Row, every_row: Iterable[Row]) -> list[Row]:
    """One row; one row of any source that says so makes the version synthetic."""
    return [
        {
            "version": build["version"],
            "latest_hr_staff_as_of": max(workforce.snapshots, default=None),
            "built_at": build["built_at"],
            "synthetic": any(row.get("synthetic") for row in every_row),
        }
    ]
