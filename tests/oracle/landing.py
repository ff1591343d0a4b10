"""Landed staff and leaver files, read plainly into the rows that the lake should hold.

For files as `warehouse generate` writes them: canonical names and formats, UTF-8, no quoted line
breaks, one export a date. Judges each row by the source contracts, in their order, and replaces
the employee id by its keyed hash, both without the product's code.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.oracle.programmes import LakeRows

TextRow = dict[str, str]
Row = dict[str, Any]

JOB_ROLES = {
    "senior_manager": "Y",
    "middle_manager": "Y",
    "first_line_manager": "Y",
    "senior_practitioner": "Y",
    "case_holder": "Y",
    "qualified_without_cases": "Y",
    "family_support": "N",
    "business_support": "N",
}
REASONS = {
    "resignation",
    "retirement",
    "end_of_contract",
    "redundancy",
    "dismissal",
    "transfer",
    "death_in_service",
    "other",
}
DESTINATIONS = {
    "other_council",
    "agency",
    "voluntary_sector",
    "health",
    "other_social_work",
    "not_social_work",
    "not_known",
}


def date_fault(text: str, as_of: date) -> str | None:
    """Why `text` is no date from 1950 to two years after the as-of date; None if it is one."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return "not_a_date"
    day = date.fromisoformat(text)
    return None if date(1950, 1, 1) <= day <= as_of + timedelta(days=730) else "out_of_range"


def staff_fault(row: TextRow, as_of: date) -> tuple[str, str] | None:
    """The first faulty column of a staff row in the contract's order, and why; None if clean."""
    for column in ("employee_id", "team", "job_role", "is_social_worker", "contract_type", "fte"):
        if not row[column]:
            return column, "missing_value"
        if column == "job_role" and row[column] not in JOB_ROLES:
            return column, "not_allowed"
        if column == "is_social_worker" and row[column] not in {"Y", "N"}:
            return column, "not_allowed"
        if column == "contract_type" and row[column] not in {"permanent", "fixed_term", "agency"}:
            return column, "not_allowed"
    if not re.fullmatch(r"\d+(\.\d+)?", row["fte"]):
        return "fte", "not_a_number"
    if not 0 < float(row["fte"]) <= 1:
        return "fte", "out_of_range"
    if reason := date_fault(row["start_date"], as_of):
        return "start_date", reason
    if row["caseload"] and not re.fullmatch(r"\d+", row["caseload"]):
        return "caseload", "not_a_number"
    assert row["synthetic"] == "Y"
    return None


def leaver_fault(row: TextRow, as_of: date) -> tuple[str, str] | None:
    """The first faulty column of a leaver row in the contract's order, and why; None if clean."""
    for column in ("start_date", "leaving_date"):
        if not row[column]:
            return column, "missing_value"
        if reason := date_fault(row[column], as_of):
            return column, reason
    if row["leaving_date"] < row["start_date"]:
        return "leaving_date", "date_order"
    if row["leaving_reason"] not in REASONS:
        return "leaving_reason", "not_allowed"
    if row["destination"] and row["destination"] not in DESTINATIONS:
        return "destination", "not_allowed"
    if row["record_status"] not in {"leaver", "rescinded"}:
        return "record_status", "not_allowed"
    assert row["employee_id"]
    assert row["void"] in {"Y", "N"}
    assert row["synthetic"] == "Y"
    return None


def found_faults(
    source: str, as_of: date, rows: Sequence[TextRow]
) -> list[tuple[int, str | None, str]]:
    """Line, column and reason of every bad row, by a reading of the contracts of its own."""
    judge = staff_fault if source == "hr_staff" else leaver_fault
    seen: set[tuple[str, str]] = set()
    faults: list[tuple[int, str | None, str]] = []
    for line, row in enumerate(rows, start=2):
        key = (row["employee_id"], row["start_date"])
        if fault := judge(row, as_of):
            faults.append((line, *fault))
        elif key in seen:
            faults.append((line, None, "duplicate_key"))
        else:
            seen.add(key)
    return faults


def staff_key(employee_id: str, key_hex: str) -> str:
    """The first 16 bytes of HMAC-SHA-256 of the id, as hex, under the key that the hex text spells."""
    return hmac.new(bytes.fromhex(key_hex), employee_id.encode(), hashlib.sha256).hexdigest()[:32]


def read_landing(landing: Path, key_hex: str) -> tuple[LakeRows, list[Row]]:
    """What the lake should hold of these files, and the rows that should be in quarantine."""
    staff: list[Row] = []
    leavers: list[Row] = []
    manifest: list[Row] = []
    quarantined: list[Row] = []
    for source, kept in (("hr_staff", staff), ("hr_leavers", leavers)):
        for path in sorted((landing / source).glob("*.csv")):
            content = path.read_bytes()
            as_of = date.fromisoformat(path.stem[-10:])
            rows = list(csv.DictReader(content.decode("utf-8").splitlines()))
            faults = {
                line: (column, why) for line, column, why in found_faults(source, as_of, rows)
            }
            manifest.append(
                {
                    "source": source,
                    "file_name": path.name,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "as_of": as_of,
                    "status": "partly_loaded" if faults else "loaded",
                    "rows_read": len(rows),
                    "rows_loaded": len(rows) - len(faults),
                    "rows_quarantined": len(faults),
                }
            )
            for line, row in enumerate(rows, start=2):
                found = {
                    "staff_key": staff_key(row["employee_id"], key_hex),
                    "start_date": date.fromisoformat(row["start_date"]),
                    "as_of": as_of,
                    "file_sha256": manifest[-1]["sha256"],
                    "row_status": "good",
                }
                if line in faults:
                    column, why = faults[line]
                    quarantined.append(
                        {
                            "source": source,
                            "file_name": path.name,
                            "line": line,
                            "column_name": column,
                            "reason_code": why,
                        }
                    )
                    if source == "hr_staff":  # the key says that the person is there
                        kept.append(found | {"row_status": "presence"})
                elif source == "hr_staff":
                    kept.append(found | staff_values(row))
                else:
                    kept.append(found | leaver_values(row))
    return LakeRows(staff, leavers, manifest), quarantined


def staff_values(row: TextRow) -> Row:
    """The typed values of a good staff row."""
    return {
        "team": row["team"],
        "job_role": row["job_role"],
        "is_social_worker": row["is_social_worker"] == "Y",
        "contract_type": row["contract_type"],
        "fte": Decimal(row["fte"]),
    }


def leaver_values(row: TextRow) -> Row:
    """The typed values of a good leaver row."""
    return {
        "leaving_date": date.fromisoformat(row["leaving_date"]),
        "leaving_reason": row["leaving_reason"],
        "destination": row["destination"] or None,
        "record_status": row["record_status"],
        "void": row["void"] == "Y",
    }
