"""Landed files, read plainly into the rows that the lake should hold.

For files as `warehouse generate` writes them: canonical names and formats, UTF-8, no quoted line
breaks, one export a date. Judges each row by the source contracts, in their order, and replaces
the employee id by its keyed hash, both without the product's code.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.oracle.programmes import LakeRows
from tests.oracle.services import Programme

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


@dataclass(frozen=True)
class Column:
    """What a cell may hold: a kind (text, date, int, number, flag) or one of some words."""

    kind: str = "text"
    required: bool = False
    words: tuple[str, ...] = ()
    least: float = -math.inf
    most: float = math.inf

    def fault(self, text: str, as_of: date) -> str | None:
        """Why the cell is bad; None if it is not."""
        if not text:
            return "missing_value" if self.required else None
        if self.words or self.kind == "flag":
            return None if text in (self.words or ("Y", "N")) else "not_allowed"
        if self.kind == "date":
            return date_fault(text, as_of)
        if self.kind in ("int", "number"):
            pattern = r"[+-]?\d+" if self.kind == "int" else r"[+-]?\d+(\.\d+)?"
            if not re.fullmatch(pattern, text):
                return "not_a_number"
            return None if self.least <= float(text) <= self.most else "out_of_range"
        return None

    def value(self, text: str) -> Any:
        """The typed value of a good cell."""
        if not text:
            return None
        return {
            "text": str,
            "date": date.fromisoformat,
            "int": int,
            "number": Decimal,
            "flag": "Y".__eq__,
        }[self.kind](text)


TEXT, DATE = Column("text", required=True), Column("date", required=True)
FLAG = Column("flag", required=True)
VOID = Column("flag")


def one_of(*words: str) -> Column:
    return Column("text", required=True, words=words)


# What is judged of the other sources, in the order of their contracts.
OTHERS: dict[str, dict[str, Column]] = {
    "hr_vacancies": {
        "vacancy_id": TEXT,
        "team": TEXT,
        "job_role": one_of(*JOB_ROLES),
        "is_social_worker": FLAG,
        "fte": Column("number", required=True, least=0.000000001, most=1),
        "opened_date": DATE,
        "advertised_date": Column("date"),
        "offer_date": Column("date"),
        "start_date": Column("date"),
        "closed_date": Column("date"),
        "status": one_of("open", "on_hold", "offered", "filled", "withdrawn"),
        "applicants": Column("int", least=0),
        "covered_by_agency": FLAG,
        "void": VOID,
    },
    "absence": {
        "employee_id": TEXT,
        "absence_start": DATE,
        "absence_end": Column("date"),
        "reason": one_of("stress_anxiety_depression", "other"),
        "working_days_lost": Column("number", required=True, least=0),
        "void": VOID,
    },
    "groups": {
        "group_id": TEXT,
        "teams": TEXT,
        "started_on": DATE,
        "ended_on": Column("date"),
        "capacity": Column("int", required=True, least=1, most=12),
        "cadence_days": Column("int", required=True, least=1),
    },
    "group_members": {
        "group_id": TEXT,
        "employee_id": TEXT,
        "joined_on": DATE,
        "left_on": Column("date"),
    },
    "group_sessions": {
        "session_id": TEXT,
        "group_id": TEXT,
        "session_date": DATE,
        "status": one_of("held", "cancelled"),
        "facilitator_id": TEXT,
        "facilitator_independent": FLAG,
        "mode": one_of("in_person", "online"),
        "duration_minutes": Column("int", least=1, most=480),
        "void": VOID,
    },
    "group_attendance": {
        "session_id": TEXT,
        "employee_id": TEXT,
        "attendance": one_of("attended", "apologies", "did_not_attend"),
        "void": VOID,
    },
    "debriefs": {
        "debrief_id": TEXT,
        "incident_date": DATE,
        "incident_type": one_of(
            "child_death",
            "serious_harm",
            "violence_to_staff",
            "threat_to_staff",
            "suicide_or_self_harm",
            "distressing_disclosure",
            "other",
        ),
        "team": TEXT,
        "requested_date": DATE,
        "offered_date": Column("date"),
        "held_date": Column("date"),
        "status": one_of("requested", "offered", "held", "declined", "cancelled"),
        "format": one_of("individual", "group"),
        "facilitator_id": Column(),
        "staff_affected": Column("int", required=True, least=1),
        "staff_attended": Column("int", least=0),
        "follow_up_offered": Column("flag"),
        "void": VOID,
    },
    "wellbeing_survey": {
        "response_id": TEXT,
        "wave_date": DATE,
        "instrument": one_of("who5"),
        "employee_id": Column(),
        "team": Column(),
        **{f"q{item}": Column("int", least=0, most=5) for item in range(1, 6)},
        "void": VOID,
    },
    "sword_results": {
        "wave_date": DATE,
        "principle": one_of(
            "secure_base",
            "sense_of_appreciation",
            "learning_organisation",
            "mission_and_vision",
            "wellbeing",
        ),
        "item": Column(),
        "share_low": Column("number", least=0, most=1),
        "share_middle": Column("number", least=0, most=1),
        "share_high": Column("number", least=0, most=1),
        "responses": Column("int", required=True, least=0),
        "void": VOID,
    },
    "evidence_register": {
        "point": Column("int", required=True, least=1, most=6),
        "document": TEXT,
        "owner_role": Column(),
        "dated": DATE,
        "review_date": Column("date"),
        "void": VOID,
    },
}
KEYS = {
    "hr_staff": ("employee_id", "start_date"),
    "hr_leavers": ("employee_id", "start_date"),
    "hr_vacancies": ("vacancy_id",),
    "absence": ("employee_id", "absence_start"),
    "groups": ("group_id",),
    "group_members": ("group_id", "employee_id"),
    "group_sessions": ("session_id",),
    "group_attendance": ("session_id", "employee_id"),
    "debriefs": ("debrief_id",),
    "wellbeing_survey": ("response_id",),
    "sword_results": ("wave_date", "principle", "item"),
    "evidence_register": ("point", "document"),
}
# Which date may not come before which others, in each source.
ORDERS = {
    "hr_vacancies": {
        "advertised_date": ("opened_date",),
        "offer_date": ("opened_date",),
        "start_date": ("opened_date",),
        "closed_date": ("opened_date",),
    },
    "absence": {"absence_end": ("absence_start",)},
    "groups": {"ended_on": ("started_on",)},
    "group_members": {"left_on": ("joined_on",)},
    "debriefs": {
        "requested_date": ("incident_date",),
        "offered_date": ("requested_date",),
        "held_date": ("requested_date", "offered_date"),
    },
}
# Cells that are filled exactly where the status is one of these (follow-up: at least there).
FILLED_WHERE = {
    ("hr_vacancies", "closed_date"): ("filled", "withdrawn"),
    ("debriefs", "held_date"): ("held",),
    ("debriefs", "staff_attended"): ("held",),
    ("debriefs", "follow_up_offered"): ("held",),
}


def other_fault(source: str, row: TextRow, as_of: date) -> tuple[str, str] | None:
    """The first faulty column of a row of another source in the contract's order, and why."""
    assert row["synthetic"] == "Y"
    columns = OTHERS[source]
    for name, column in columns.items():
        if reason := column.fault(row[name], as_of):
            return name, reason
        for other in ORDERS.get(source, {}).get(name, ()):
            is_judged = row[name] and row[other] and not columns[other].fault(row[other], as_of)
            if is_judged and row[name] < row[other]:
                return name, "date_order"
        if name == "staff_attended" and row[name] and row["staff_affected"].isdigit():
            assert int(row[name]) <= int(row["staff_affected"])
        where = FILLED_WHERE.get((source, name))
        if where and not columns["status"].fault(row["status"], as_of):
            if row["status"] in where and not row[name]:
                return name, "conditional_missing"
            if row["status"] not in where and row[name]:
                return name, "conditional_present"
    return None


def found_faults(
    source: str, as_of: date, rows: Sequence[TextRow]
) -> list[tuple[int, str | None, str]]:
    """Line, column and reason of every bad row, by a reading of the contracts of its own."""
    seen: set[tuple[str, ...]] = set()
    faults: list[tuple[int, str | None, str]] = []
    for line, row in enumerate(rows, start=2):
        key = tuple(row[name] for name in KEYS[source])
        if source == "hr_staff":
            fault = staff_fault(row, as_of)
        elif source == "hr_leavers":
            fault = leaver_fault(row, as_of)
        else:
            fault = other_fault(source, row, as_of)
        if fault:
            faults.append((line, *fault))
        elif key in seen:
            faults.append((line, None, "duplicate_key"))
        else:
            seen.add(key)
    return faults


def staff_key(employee_id: str, key_hex: str) -> str:
    """The first 16 bytes of HMAC-SHA-256 of the id, as hex, under the key that the hex text spells."""
    return hmac.new(bytes.fromhex(key_hex), employee_id.encode(), hashlib.sha256).hexdigest()[:32]


def read_landing(landing: Path, key_hex: str) -> tuple[LakeRows, Programme, list[Row]]:
    """What the lake should hold of these files, and the rows that should be in quarantine."""
    kept: dict[str, list[Row]] = {source: [] for source in KEYS}
    manifest: list[Row] = []
    quarantined: list[Row] = []
    for source, found in kept.items():
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
                written = {
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
                        found.append(written | spell_key(row, key_hex) | {"row_status": "presence"})
                elif source == "hr_staff":
                    found.append(written | spell_key(row, key_hex) | staff_values(row))
                elif source == "hr_leavers":
                    found.append(written | spell_key(row, key_hex) | leaver_values(row))
                else:
                    found.append(written | other_values(source, row, key_hex))
    programme = Programme(
        load_manifest=manifest,
        **{
            one.name: kept.get(one.name, [])
            for one in fields(Programme)
            if one.name != "load_manifest"
        },
    )
    return LakeRows(kept["hr_staff"], kept["hr_leavers"], manifest), programme, quarantined


def spell_key(row: TextRow, key_hex: str) -> Row:
    """What a spell is known by."""
    return {
        "staff_key": staff_key(row["employee_id"], key_hex),
        "start_date": date.fromisoformat(row["start_date"]),
    }


def other_values(source: str, row: TextRow, key_hex: str) -> Row:
    """The typed values of a good row of another source, its person under the key of the lake."""
    found = {name: column.value(row[name]) for name, column in OTHERS[source].items()}
    if source == "wellbeing_survey":
        # Each domain has a key of its own: the setting's, applied to the word.
        response = hmac.new(bytes.fromhex(key_hex), b"response", hashlib.sha256).hexdigest()
        survey = hmac.new(bytes.fromhex(key_hex), b"survey", hashlib.sha256).hexdigest()
        found["response_key"] = staff_key(row["response_id"], response)
        known = row["employee_id"]
        found["respondent_key"] = staff_key(known, survey) if known else None
    elif "employee_id" in found:
        found["staff_key"] = staff_key(row["employee_id"], key_hex)
    return found


def staff_values(row: TextRow) -> Row:
    """The typed values of a good staff row."""
    return {
        "team": row["team"],
        "job_role": row["job_role"],
        "is_social_worker": row["is_social_worker"] == "Y",
        "contract_type": row["contract_type"],
        "fte": Decimal(row["fte"]),
        "caseload": int(row["caseload"]) if row["caseload"] else None,
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
