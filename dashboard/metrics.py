"""What the registry of metrics says: what each column is called, and which ones are shares.

Read from the project's own `dbt_project/metrics.csv`, which is made from the YAML beside the models.
"""

from __future__ import annotations

import csv
from pathlib import Path

REGISTRY = Path(__file__).resolve().parents[1] / "dbt_project" / "metrics.csv"


def _registered() -> list[dict[str, str]]:
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


_ROWS = _registered()

# {column: label}; a column bears the same label in every table.
LABELS = {row["metric"]: row["label"] for row in _ROWS}

# The columns that hold fractions of 1 and are read as percentages.
SHARES = frozenset(row["metric"] for row in _ROWS if row["unit"] == "share")

# The columns that count people, events or things: what a figure's n is read from.
COUNTS = frozenset(
    row["metric"]
    for row in _ROWS
    if row["unit"]
    in {
        "people", "cases", "debriefs", "sessions", "invitations", "attendances", "groups", "posts",
        "vacancies", "spells",
    }
    and not row["metric"].startswith("p90")
)  # fmt: skip

# {(table, column): what a metric means, where the file itself does not say}
DEFINITIONS = {(row["mart"], row["metric"]): row["definition"] for row in _ROWS}

# {(table, column): what must be known before anything is concluded from it}
CAVEATS = {(row["mart"], row["metric"]): row["caveat"] for row in _ROWS}
