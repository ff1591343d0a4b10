"""Writes dbt's source definitions from the contracts: ``python -m warehouse.dbt_sources``.

The seeds by which dbt scores the questionnaires are written with them. Tests hold the committed
files equal to what this gives, so that a source's columns and a questionnaire's items are written
down once.
"""

import sys
from pathlib import Path
from typing import Any

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


def render(registry: Registry) -> str:
    """The YAML text for all sources of the registry and all tables of schema ``ops``."""
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
                "tables": [_lake_table(contract) for contract in registry.values()],
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


def _lake_table(contract: Contract) -> dict[str, Any]:
    meanings = {column.lake_name: column.description for column in contract.kept_columns}
    meanings |= ROW_COLUMN_DESCRIPTIONS
    return {
        "name": contract.source,
        "description": contract.description,
        "columns": [
            {"name": name, "description": meanings[name], "data_type": kind.lower()}
            for name, kind in contract.lake_columns.items()
        ],
    }


def main() -> int:
    """Write the files anew."""
    settings = load()
    path(settings).write_text(render(contracts.load(settings)), encoding="utf-8")
    print(f"Written: {path(settings).relative_to(settings.project)}")
    for name, text in instruments.seeds(contracts.load_instruments(settings)).items():
        seed = settings.dbt_project / "seeds" / f"{name}.csv"
        seed.write_text(text, encoding="utf-8")
        print(f"Written: {seed.relative_to(settings.project)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
