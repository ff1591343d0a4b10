"""Reference data and figures of `tests/data/golden`, and the Department's own, for several tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "data" / "golden"


def table(folder: str, name: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / folder / name)


def expected(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / folder / "expected.json").read_text("utf-8"))
    return found


def authorities(measure: str) -> pd.DataFrame:
    """Local authorities by year: `old_la_code`, `region_name`, `year` and `value`, in points."""
    path = ROOT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"
    rows = pd.read_csv(path, dtype="str")
    rows = rows[rows["geographic_level"] == "Local authority"]
    return pd.DataFrame(
        {
            "old_la_code": rows["old_la_code"],
            "region_name": rows["region_name"],
            "year": rows["time_period"].astype("int64"),
            "value": pd.to_numeric(rows[measure], errors="coerce"),
        }
    ).reset_index(drop=True)
