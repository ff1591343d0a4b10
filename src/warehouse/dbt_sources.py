"""Writes dbt's source definitions from the contracts: ``python -m warehouse.dbt_sources``.

The seeds by which dbt scores the questionnaires are written with them. Tests hold the committed
files equal to what this gives, so that a source's columns and a questionnaire's items are written
down once.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

from warehouse import contracts, instruments
from warehouse.contracts import ROW_COLUMN_DESCRIPTIONS, Contract, Registry
from warehouse.operations import OPS_TABLES
from warehouse.settings import Settings, load

HEADER = (
    "# Written by `make sources` from expectations/contracts/ and the tables of schema ops.\n"
    "# Change it there, not here.\n"
)


def path(settings: Settings) -> Path:
    """Where dbt looks for it."""
    return settings.dbt_project / "models" / "staging" / "_lake__sources.yml"


def most_days(settings: Settings) -> dict[str, int]:
    """How old, in days, the newest file of a source may be: as the suite of freshness has it.

    The suite is the one place; of a source that it does not name nobody expects a file.
    """
    suite = settings.suites / "marts_freshness.json"
    query = "\n".join(json.loads(suite.read_text(encoding="utf-8"))["meta"]["query"])
    rhythm, _, _ = query.partition("\nselect")
    with duckdb.connect() as connection:
        return dict(connection.execute(f"{rhythm} select source, most_days from rhythm").fetchall())


def render(registry: Registry, most_days: Mapping[str, int]) -> str:
    """The YAML text for all sources of the registry and all tables of schema ``ops``.

    ``most_days``: {source: how old its newest file may be}; dbt warns of an older one where it is asked
    (``make freshness``).
    """
    document = {
        "version": 2,
        "sources": [
            {
                "name": "lake",
                "schema": "lake",
                "description": (
                    "What the standing files say, one relation a source: typed, checked and "
                    "pseudonymised by its contract. Rows of superseded or rejected files are not here."
                ),
                "tables": [
                    _lake_table(contract, most_days.get(contract.source))
                    for contract in registry.values()
                ],
            },
            {
                "name": "ops",
                "schema": "ops",
                "description": "What the warehouse notes about its own work.",
                "tables": [
                    {
                        "name": table,
                        "description": description,
                        "columns": [
                            {"name": name, "description": meaning, "data_type": kind.lower()}
                            for name, (kind, meaning) in columns.items()
                        ],
                    }
                    for table, (description, columns) in OPS_TABLES.items()
                ],
            },
        ],
    }
    return HEADER + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _lake_table(contract: Contract, days: int | None) -> dict[str, Any]:
    meanings = {column.lake_name: column.description for column in contract.kept_columns}
    meanings |= ROW_COLUMN_DESCRIPTIONS
    return {
        "name": contract.source,
        "description": contract.description,
        **(_freshness(days) if days is not None else {}),
        "columns": [
            {"name": name, "description": meanings[name], "data_type": kind.lower()}
            for name, kind in contract.lake_columns.items()
        ],
    }


def _freshness(days: int) -> dict[str, Any]:
    # A file speaks for a whole day, so it is as old as that day's end: then dbt warns from the same day
    # on as the suite, which counts days.
    return {
        "config": {
            "loaded_at_field": "cast(as_of as timestamp) + interval 1 day",
            "freshness": {"warn_after": {"count": days, "period": "day"}},
        }
    }


def main() -> int:
    """Write the files anew."""
    settings = load()
    text = render(contracts.load(settings), most_days(settings))
    path(settings).write_text(text, encoding="utf-8")
    print(f"Written: {path(settings).relative_to(settings.project)}")
    for name, text in instruments.seeds(contracts.load_instruments(settings)).items():
        seed = settings.dbt_project / "seeds" / f"{name}.csv"
        seed.write_text(text, encoding="utf-8")
        print(f"Written: {seed.relative_to(settings.project)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
