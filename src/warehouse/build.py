"""Runs dbt in a build file that nobody else reads.

The file holds schema ``lake`` (one relation a source: the rows of standing files), schema ``ops``,
and then what dbt makes of them. dbt runs in a child process: in this one it would keep DuckDB's
lock.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

import duckdb

from warehouse import dbt_process, findings, lake, metrics, operations
from warehouse.contracts import Contract, Registry
from warehouse.dbt_process import DbtProcess
from warehouse.errors import CouldNotFinish, GateFailed, disk_full, is_full
from warehouse.findings import Before, Finding
from warehouse.ingest.judging import literal, quoted
from warehouse.lake import Standing
from warehouse.settings import Settings

# Clients are still at 1.5 and refuse files in the format that 2.0 writes by default.
STORAGE_VERSION = "v1.5.0"

# The rest stands in dbt's log: a sentence of forty tests is read by nobody.
MOST_TESTS_SAID = 3


@dataclass(frozen=True)
class Build:
    """One build under way: its file, and the version that it may become."""

    file: Path
    version: str
    built_at: datetime


def prepare(
    settings: Settings,
    registry: Registry,
    manifest: list[Standing],
    build: Build,
    loaded_in: dict[str, str],
) -> None:
    """Make the build file, with ``lake``, ``ops`` and ``marts.metrics`` filled, ready for dbt."""
    build.file.parent.mkdir(parents=True, exist_ok=True)
    with connect(build.file) as connection:
        connection.execute("create schema lake")
        for contract in registry.values():
            create_lake_table(connection, settings, contract, manifest)
        metrics.fill(connection, settings)
        operations.create_tables(connection)
        operations.fill_manifest(connection, manifest, loaded_in, build.version)
        operations.fill_quarantine(connection, settings, manifest)
        connection.execute(
            "insert into ops.build_info values (?, ?, ?)",
            [
                build.version,
                build.built_at.replace(tzinfo=None),
                settings.minimum_stay_minutes(),
            ],
        )


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a build file, in the storage format that every client reads."""
    config: dict[str, str | bool | int | float | list[str]] = {"threads": 2}
    if not read_only:
        config["storage_compatibility_version"] = STORAGE_VERSION
    return duckdb.connect(str(path), read_only=read_only, config=config)


def create_lake_table(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    manifest: Iterable[Standing],
) -> None:
    """``lake.<source>``: the standing batches' rows, with the contract's columns and no others.

    A table, because a view would open every batch anew for each model that reads it. Batches of
    one contract have the same columns; one that an older contract wrote may lack some, which then
    are null.
    """
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in contract.lake_columns.items())
    connection.execute(f"create table lake.{contract.source} ({columns})")
    batches: dict[str, list[str]] = {}
    for row in manifest:
        if row.stands and row.arrival.source == contract.source:
            path = str(lake.batch_path(settings, row.arrival))
            batches.setdefault(row.arrival.contract, []).append(path)
    for _, paths in sorted(batches.items()):
        there = {
            row[0]
            for row in connection.execute(
                "select distinct name from parquet_schema($path)", {"path": paths[0]}
            ).fetchall()
        }
        wanted = ", ".join(quoted(name) for name in contract.lake_columns if name in there)
        listed = ", ".join(literal(path) for path in paths)
        connection.execute(
            f"insert into lake.{contract.source} ({wanted}) "
            f"select {wanted} from read_parquet([{listed}])"
        )


def finish_dbt(
    settings: Settings,
    process: DbtProcess,
    manifest: Sequence[Standing],
    before: Before,
    say: Callable[[str], None],
) -> list[Finding]:
    """Wait for dbt; returns what its tests only warn of.

    Raises GateFailed where its tests failed, CouldNotFinish where it did.
    """
    while (exit_status := process.wait(5)) is None:
        say("dbt is still building the marts …")
    outcomes = _outcomes(settings)
    failed = [one for one in outcomes if one.status == "fail"]
    broken = [one.name for one in outcomes if one.status == "error"]
    if broken or (exit_status != 0 and not failed):
        words = dbt_process.log_path(settings).read_text(encoding="utf-8", errors="replace")
        if "No space left" in words or not _has_room(settings):
            raise CouldNotFinish(disk_full(str(settings.home)))
        at = f" at {', '.join(broken[:5])}" if broken else ""
        raise CouldNotFinish(
            f"dbt could not build the marts{at}. Nothing was published and the last good version "
            "stands. logs/dbt/last_build.log in the home says why."
        )
    if failed:
        said = [_found(settings, one, manifest, before).message for one in failed[:MOST_TESTS_SAID]]
        more = f" And {len(failed) - len(said)} more." if len(failed) > len(said) else ""
        raise GateFailed(
            f"{len(failed)} dbt test(s) failed. {' '.join(said)}{more} Nothing was published and the last "
            "good version stands. logs/dbt/last_build.log in the home says which query found the rows."
        )
    return [_found(settings, one, manifest, before) for one in outcomes if one.status == "warn"]


def _has_room(settings: Settings) -> bool:
    """Whether another megabyte can be written beside the build file.

    On a disk that is full to the last page dbt's log cannot say so: it is empty, or ends with a page.
    """
    try:
        with TemporaryFile(dir=settings.scratch) as probe:
            probe.write(bytes(1 << 20))
            probe.flush()
    except OSError as error:
        return not is_full(error)
    return True


@dataclass(frozen=True)
class _Outcome:
    """How one node of dbt's run ended; ``failures``: rows that a test found; ``query``: its SQL."""

    name: str
    status: str
    failures: int | None
    query: str


def _outcomes(settings: Settings) -> list[_Outcome]:
    """How each node of the last run ended; empty where dbt came to no end."""
    try:
        written = dbt_process.results_path(settings).read_text(encoding="utf-8")
        return [
            _Outcome(
                row["unique_id"].split(".")[2],
                row["status"],
                row["failures"],
                row.get("compiled_code") or "",
            )
            for row in json.loads(written)["results"]
        ]
    except (OSError, ValueError, KeyError):
        return []


def _found(
    settings: Settings, test: _Outcome, manifest: Sequence[Standing], before: Before
) -> Finding:
    """What a dbt test found, in the form that every check has."""
    lineage = findings.read_lineage(settings)
    says = "a test of dbt's found rows that should not be there."
    places = _places(settings, test)
    if places:
        mart = places[0][0]
        sources = [name for place, _ in places for name in lineage.sources(place)]
        says = f"{says.rstrip('.')}: {'; '.join('.'.join(place) for place in places)}."
    else:
        mart = lineage.tested(test.name)
        sources = [*lineage.sources(test.name)]
    return Finding(
        suite="dbt",
        mart=mart,
        rule=test.name,
        level="block" if test.status == "fail" else "warn",
        rows=test.failures,
        says=findings.in_words(mart, test.name, says, test.failures),
        likely_files=findings.likely_files(manifest, sources, new=before.new_ids),
        kept_files=findings.likely_files(manifest, sources),
    )


def _places(settings: Settings, test: _Outcome) -> list[tuple[str, str]]:
    """Mart and column of the rows that a test found, where it looks at several and so names them.

    The test's own SQL is asked again, in the build file, which dbt has let go of.
    """
    asked = f"select distinct mart, column_name from ({test.query}\n) order by all"
    try:
        with connect(dbt_process.build_file(settings), read_only=True) as connection:
            return connection.execute(asked).fetchall()
    except duckdb.Error:
        # Most tests look at one model, and their rows have no such columns.
        return []
