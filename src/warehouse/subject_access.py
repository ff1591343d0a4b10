"""All that is held on one person, for an answer to a request under Article 15 UK GDPR.

Reads only: nothing is written to disk, and the database connections may not spill to it.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import contracts, lake, person, pseudonyms, publish, set_aside
from warehouse.contracts import Registry
from warehouse.errors import BadConfiguration, CouldNotFinish
from warehouse.ingest import people
from warehouse.ingest.judging import literal, quoted
from warehouse.lake import Arrival, Standing
from warehouse.person import Person
from warehouse.settings import Settings

EXPLAINED = {
    "lake": "What the exports say, one row for each statement; names and free text are never kept.",
    "quarantine": "Rows of exports that broke a rule: what was wrong and where, never the value.",
    "published": (
        "Rows of the analysts' file, in each version that is kept and in what was rebuilt as known on a day."
    ),
    "landing": (
        "Exports as they arrived, with names, e-mail addresses and notes, workbooks and meetings' "
        "reports among them. Only the file and the number of rows are given: read them in the file "
        "itself, then hand them on as the council's policy says."
    ),
    "not_searched": (
        "Files in landing that cannot be read as text, and sources whose ids cannot be told from the "
        "HR system's number: look there by hand."
    ),
}


def held_on(settings: Settings, employee_id: str) -> dict[str, Any]:
    """Everything held on the person whom the HR system knows by this number, as plain data.

    Raises BadConfiguration where the home or the number is none, CouldNotFinish where a file of the
    warehouse cannot be read.
    """
    if not (settings.control / pseudonyms.FINGERPRINT_FILE).exists():
        raise BadConfiguration(
            f"{settings.home} has taken nothing in yet, so nothing is held there. Give --home."
        )
    registry = contracts.load(settings)
    known = person.known_by(employee_id, registry, pseudonyms.load(settings))
    manifest = lake.standing(lake.arrivals(settings), registry)
    try:
        with duckdb.connect(config={"temp_directory": "", "threads": 2}) as connection:
            batches = [str(path) for path in sorted((settings.lake / "hr_staff").glob("*.parquet"))]
            known = known.with_keys(person.email_keys(connection, batches, known))
            in_lake = _in_lake(connection, settings, registry, manifest, known)
            bad = _in_quarantine(connection, settings, manifest, known)
        in_versions = {
            folder.name: rows
            for folder in publish.folders_with_people(settings)
            if (rows := _in_version(folder, known))
        }
    except duckdb.Error as error:
        raise CouldNotFinish(
            f"A file of lake/, quarantine/, published/ or build/ could not be read ({type(error).__name__}), "
            "so this would not be all. Restore it from the backup and run again."
        ) from None
    in_landing, unread = _in_landing(settings, registry, known)
    return {
        "as_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "nothing_is_held": not (in_lake or bad or in_versions or in_landing),
        "lake": {"meaning": EXPLAINED["lake"], "sources": in_lake},
        "quarantine": {"meaning": EXPLAINED["quarantine"], "rows": bad},
        "published": {"meaning": EXPLAINED["published"], "versions": in_versions},
        "landing": {"meaning": EXPLAINED["landing"], "files": in_landing},
        "not_searched": {
            "meaning": EXPLAINED["not_searched"],
            "files": unread,
            "sources": _out_of_reach(registry),
        },
    }


def _in_lake(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    registry: Registry,
    manifest: list[Standing],
    known: Person,
) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in manifest:
        path = lake.batch_path(settings, row.arrival)
        if row.arrival.rejected:
            continue
        for one in _rows_with(connection, f"read_parquet({literal(str(path))})", known):
            facts = {"file_name": row.arrival.file_name, "file_stands": row.stands, **one}
            found.setdefault(row.arrival.source, []).append(facts)
    return [
        {
            "source": source,
            "meaning": registry[source].description if source in registry else None,
            "columns": _meanings(registry, source),
            "rows": rows,
        }
        for source, rows in sorted(found.items())
    ]


def _meanings(registry: Registry, source: str) -> dict[str, str]:
    if source not in registry:
        return {}
    own = {column.lake_name: column.description for column in registry[source].kept_columns}
    return own | dict(contracts.ROW_COLUMN_DESCRIPTIONS)


def _in_quarantine(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    manifest: list[Standing],
    known: Person,
) -> list[dict[str, Any]]:
    def of(arrival: Arrival) -> list[dict[str, Any]]:
        if not arrival.rows_quarantined:
            return []
        path = lake.quarantine_path(settings, arrival)
        if not path.exists():
            # A home from before the lake kept these, which no run has brought over yet.
            path = set_aside.shown_path(settings, path)
        wanted = ("line", "column_name", "reason_code", "detail")
        about = {
            "source": arrival.source,
            "file_name": arrival.file_name,
            "as_of": str(arrival.as_of),
        }
        return [
            about | {name: row[name] for name in wanted}
            for row in _rows_with(connection, f"read_parquet({literal(str(path))})", known)
        ]

    return [row for standing in manifest for row in of(standing.arrival)]


def _in_version(folder: Path, known: Person) -> dict[str, list[dict[str, Any]]]:
    path: Path = folder / publish.ANALYST
    with duckdb.connect(
        str(path), read_only=True, config={"temp_directory": "", "threads": 2}
    ) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        found = {table: _rows_with(connection, table, known) for (table,) in tables}
    return {table: rows for table, rows in found.items() if rows}


def _in_landing(
    settings: Settings, registry: Registry, known: Person
) -> tuple[list[dict[str, Any]], list[str]]:
    found, unread = [], []
    for held in people.holding(settings, registry, known):
        arrival = held.candidate.arrival
        name = f"{arrival.source}/{arrival.file_name}"
        if held.unread:
            unread.append(name)
        else:
            found.append({"file": name, "rows": held.rows, "rows_that_name_them": held.named})
    return found, unread


def _rows_with(
    connection: duckdb.DuckDBPyConnection, relation: str, known: Person
) -> list[dict[str, Any]]:
    """The relation's rows with one of the person's keys in a text column, each as {column: value}."""
    described = connection.execute(f"describe select * from {relation}").fetchall()
    texts = [name for name, kind, *_ in described if kind == "VARCHAR"]
    if not texts:
        return []
    theirs = " or ".join(f"list_contains($keys, {quoted(name)})" for name in texts)
    cursor = connection.execute(
        f"select * from {relation} where {theirs} order by all", {"keys": sorted(known.keys)}
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _out_of_reach(registry: Registry) -> list[str]:
    """Sources that hold people under ids of other domains alone."""
    reachable = {*pseudonyms.EMPLOYEE_DOMAINS, pseudonyms.EMAIL_DOMAIN}
    return [
        contract.source
        for contract in registry.values()
        if (domains := {one.id_domain for one in contract.kept_columns if one.privacy == "id"})
        and not domains & reachable
    ]
