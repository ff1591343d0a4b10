"""Asks dbt how old the sources are: ``python -m warehouse.source_freshness``, or ``make freshness``.

For analysts who know the question from other dbt projects. The night asks the same of its
versions in the suite ``marts_freshness``, with the same days (decision 25), and does not run this.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb

from warehouse import contracts, dbt_process, lake
from warehouse.contracts import Registry
from warehouse.errors import WarehouseError
from warehouse.ingest.judging import literal
from warehouse.lake import Standing
from warehouse.settings import Settings, load


def prepare(
    build_file: Path, settings: Settings, registry: Registry, manifest: Iterable[Standing]
) -> None:
    """Make a database with ``lake.<source>`` for each source: the days that its standing batches speak for.

    Views of the column ``as_of`` of the lake's Parquet and of nothing else, so it holds no row of anybody.
    A source without a standing batch has no row.
    """
    batches: dict[str, list[str]] = {source: [] for source in registry}
    for row in manifest:
        if row.stands:
            path = lake.batch_path(settings, row.arrival)
            batches[row.arrival.source].append(literal(str(path)))
    with duckdb.connect(str(build_file)) as connection:
        connection.execute("create schema lake")
        for source, paths in batches.items():
            rows = (
                f"select as_of from read_parquet([{', '.join(paths)}])"
                if paths
                else "select cast(null as date) as as_of where false"
            )
            connection.execute(f"create view lake.{source} as {rows}")


def ask(settings: Settings) -> int:
    """Run ``dbt source freshness`` on the home's lake; dbt's exit status, 0 also where it warns.

    What dbt says goes to standard output. Nothing is written to the home.
    Raises WarehouseError where the lake's records cannot be read.
    """
    registry = contracts.load(settings)
    manifest = lake.manifest(lake.arrivals(settings), registry)
    with tempfile.TemporaryDirectory() as folder:
        build_file = Path(folder, "warehouse.duckdb")
        prepare(build_file, settings, registry, manifest)
        target = Path(folder, "target")
        told = dbt_process.environment(settings, target, target)
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from dbt.cli.main import cli; cli()"),
                *("--no-version-check", "--no-use-colors", "source", "freshness"),
                *("--project-dir", str(settings.dbt_project)),
                *("--profiles-dir", str(settings.dbt_project)),
            ],
            env=told | {"WAREHOUSE_BUILD_FILE": str(build_file)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return done.returncode


def main() -> int:
    """Ask of the home that WAREHOUSE_HOME names, else of ``var/``."""
    try:
        return ask(load())
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
