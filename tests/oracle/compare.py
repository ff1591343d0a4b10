"""Row by row and cell by cell: what the plain implementation says against what a mart holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
TOLERANCE = 1e-12
OPERATIONS = ("unmatched_rows",)

# What makes a row of each mart the same row in both; everything else is compared.
KEYS = {
    "staff_spells": ("staff_key", "start_date"),
    "hr_reconciliation": ("issue", "staff_key", "start_date"),
    "retention_monthly": ("month_end", "scope_type", "scope_name"),
    "retention_yearly_dfe": ("year",),
    "recruitment_monthly": ("month_end", "scope_type", "scope_name"),
    "participation_session": ("session_id",),
    "participation_monthly": ("month_end", "scope_type", "scope_name"),
    "programme_fidelity": ("month_end", "promise"),
    "group_cadence": ("group_id", "cycle"),
    "debrief_monthly": ("month_end", "scope_type", "scope_name"),
    "wellbeing_wave": ("wave_date", "instrument", "subscale", "scope_type", "scope_name"),
    "absence_monthly": ("month_end", "scope_type", "scope_name"),
    "caseload_monthly": ("month_end", "scope_type", "scope_name"),
    "unmatched_rows": ("source", "key_name"),
    "sword_results": ("wave_date", "principle", "item"),
    "evidence_register": ("point", "document"),
    "csww_staff": ("year", "swe_key", "role_start_date"),
    "csww_leavers": ("year", "swe_key", "role_start_date"),
    "csww_vacancies": ("year",),
    "csww_conformance": ("year", "rule"),
    "csww_return_check": ("year", "measure"),
    "load_summary": ("source",),
    "release_info": ("version",),
    "int_board__retention": ("year", "scope_type", "scope_name"),
    "int_board__retention_windows": ("month_end",),
    "int_board__recruitment": ("quarter_end", "year", "scope_type", "scope_name"),
    "int_board__participation": ("quarter_end", "year", "scope_type", "scope_name"),
    "int_board__debrief": ("year", "scope_type", "scope_name"),
    "int_board__absence": ("quarter_end", "year", "scope_type", "scope_name"),
    "comparison_windows": ("window_name", "series", "metric"),
    "int_impact__watched": ("watched_from",),
    "int_impact__stays": ("staff_key", "began_on"),
    "int_impact__attendance_rows": ("lag_days", "staff_key", "began_on", "start"),
    "int_impact__vacancy_waits": ("vacancy_id",),
    "int_impact__team_months": ("team", "month_end"),
    "int_impact__council_figures": ("indicator", "year", "old_la_code"),
    "dfe_benchmark": ("release_as_of", "year", "area_code", "indicator"),
    "dfe_conformance": ("release_as_of", "year", "indicator"),
    "dfe_revisions": ("release_after", "year", "area_code", "indicator"),
    "statistical_neighbours": ("model", "old_la_code", "rank"),
    "benchmark_standing": ("release_as_of", "year", "old_la_code", "indicator", "model"),
}

# Columns that are no figure and that no plain implementation fills, with the reason.
WORDS = {
    "hr_reconciliation": {"detail": "a sentence for people; issue, key and day are compared"},
    "csww_conformance": {"description": "a sentence for people; the rule's name is compared"},
}


def read_mart(build_file: Path, mart: str) -> list[Row]:
    with duckdb.connect(str(build_file), read_only=True) as connection:
        schema = "ops" if mart in OPERATIONS else "marts"
        schema = "intermediate" if mart.startswith("int_") else schema
        found = connection.execute(f"select * from {schema}.{mart}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def differs(ours: object, theirs: object, tolerance: float = TOLERANCE) -> bool:
    """Whether two cells disagree: numbers beyond the tolerance, anything else at all."""
    numbers = (int, float, Decimal)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is not theirs
    if isinstance(ours, numbers) and isinstance(theirs, numbers):
        return not math.isclose(float(ours), float(theirs), rel_tol=tolerance, abs_tol=tolerance)
    return ours != theirs


def by_key(rows: Iterable[Row], key: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        name = tuple(row[column] for column in key)
        assert name not in found, f"two rows of one key: {name}"
        found[name] = row
    return found


def disagreements(mart: str, expected: list[Row], built: list[Row]) -> list[str]:
    """Every row that only one side has, and every cell that the two fill differently."""
    key = KEYS[mart]
    ours, theirs = by_key(expected, key), by_key(built, key)
    found = [f"{mart}: only the plain one has {name}" for name in ours.keys() - theirs.keys()]
    found += [f"{mart}: only the mart has {name}" for name in theirs.keys() - ours.keys()]
    for name in sorted(ours.keys() & theirs.keys(), key=str):
        for column, value in ours[name].items():
            if column not in theirs[name]:
                found.append(f"{mart}: the mart has no column {column}")
            elif differs(value, theirs[name][column], TOLERANCE):
                found.append(f"{mart} {name} {column}: {value} is {theirs[name][column]} there")
        found += [
            f"{mart}: no plain one fills the column {column}"
            for column in theirs[name].keys() - ours[name].keys() - WORDS.get(mart, {}).keys()
        ]
    return sorted(set(found))
