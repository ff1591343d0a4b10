"""Schema ``ops``: what the warehouse notes about its own work, with the meaning of every column."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from warehouse import lake
from warehouse.findings import Finding
from warehouse.ingest.judging import literal
from warehouse.lake import Standing
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

# {table: (description, {column: (type, description)})}
OPS_TABLES: Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]] = {
    "load_manifest": (
        "One row a file that has been judged, whatever became of it, and one for each earlier reading of it.",
        {
            "source": ("VARCHAR", "The landing folder; unknown where its name has no source's shape."),
            "file_name": ("VARCHAR", "The name it landed under; hash and extension where it did not fit."),
            "sha256": ("VARCHAR", "SHA-256 of the file's bytes."),
            "as_of": ("DATE", "The day the file speaks for, from its name; null where the name had none."),
            "revision": ("INTEGER", "1 for a first issue, N for _rN; null where the name had no date."),
            "status": (
                "VARCHAR",
                "loaded, partly_loaded (some rows bad), rejected, or superseded by another file or reading.",
            ),
            "reason_code": ("VARCHAR", "Why the whole file was rejected; null for any other."),
            "rows_read": ("BIGINT", "Rows under the header; 0 where the file could not be read as a table."),
            "rows_loaded": ("BIGINT", "Good rows; 0 for a rejected file."),
            "rows_quarantined": ("BIGINT", "Bad rows, listed in ops.quarantined_rows."),
            "extra_columns": (
                "VARCHAR",
                "How many columns the contract does not know, and where; names only of those that the mapping lists.",
            ),
            "received_at": ("TIMESTAMP", "When these bytes were first judged, UTC."),
            "loaded_in_version": ("VARCHAR", "The first version that counts this file; null for a rejected one."),
            "contract": ("VARCHAR", "First 12 digits of the hash of the contract and mapping it was read under."),
            "read_again": (
                "BOOLEAN",
                "True for an earlier reading: the file has been read since under another contract or mapping.",
            ),
        },
    ),
    "quarantined_rows": (
        "One row a bad row, under its first faulty column. Those of superseded and rejected files stay listed.",
        {
            "source": ("VARCHAR", "The source."),
            "file_name": ("VARCHAR", "The file, as in ops.load_manifest."),
            "line": ("BIGINT", "Physical line on which the row begins; the header is line 1."),
            "column_name": ("VARCHAR", "The first faulty column; null where the number of fields was wrong."),
            "reason_code": ("VARCHAR", "What is wrong, as a code."),
            "detail": ("VARCHAR", "What is wrong, in words that never repeat the value."),
        },
    ),
    "gate_findings": (
        "One row a rule that this version did not meet when it was checked, and mart: none of them stopped it.",
        {
            "suite": (
                "VARCHAR",
                "The suite of expectations/suites/ that holds the rule; dbt for a test of dbt's that warns.",
            ),
            "mart": ("VARCHAR", "The table that was looked at; in suite arrivals the source of the file."),
            "rule": ("VARCHAR", "The rule, as docs/gates.md lists it."),
            "level": (
                "VARCHAR",
                "warn (said by the run) or inform (kept here and shown by status); what blocks is never published.",
            ),
            "rows": ("BIGINT", "Rows that do not meet it; null where it could not be judged."),
            "likely_files": (
                "VARCHAR",
                "Landed files that likely caused it, likeliest first, with commas between; null where none is.",
            ),
            "message": ("VARCHAR", "All of it in words, but the files."),
        },
    ),
    "build_info": (
        "One row: the version being built.",
        {
            "version": ("VARCHAR", "Name of the version."),
            "built_at": ("TIMESTAMP", "When its build began, UTC."),
            "minimum_stay_minutes": (
                "INTEGER",
                "How long somebody must have been in an online session to have attended it.",
            ),
        },
    ),
}  # fmt: skip
# build_info reaches readers as marts.release_info.
UNPUBLISHED = ("ops.build_info",)


def create_tables(connection: "duckdb.DuckDBPyConnection") -> None:
    """Schema ``ops`` with its empty tables, every one and every column commented."""
    connection.execute("create schema ops")
    for table, (description, columns) in OPS_TABLES.items():
        fields = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        connection.execute(f"create table ops.{table} ({fields})")
        connection.execute(f"comment on table ops.{table} is {literal(description)}")
        for name, (_, meaning) in columns.items():
            connection.execute(f"comment on column ops.{table}.{name} is {literal(meaning)}")


def fill_manifest(
    connection: "duckdb.DuckDBPyConnection",
    rows: Iterable[Standing],
    loaded_in: Mapping[str, str],
    version: str,
) -> None:
    """``ops.load_manifest`` from what stands; ``loaded_in`` maps file ids to earlier versions."""
    values = [
        (
            row.arrival.source,
            row.arrival.file_name,
            row.arrival.sha256,
            row.arrival.as_of,
            row.arrival.revision or None,
            row.status,
            row.arrival.reason_code,
            row.arrival.rows_read,
            row.arrival.rows_loaded,
            row.arrival.rows_quarantined,
            row.arrival.extra_columns,
            row.arrival.received_at.replace(tzinfo=None),
            None if row.arrival.rejected else loaded_in.get("|".join(row.arrival.file_id), version),
            row.arrival.contract[:12],
            row.read_again,
        )
        for row in rows
    ]
    if values:
        # A list a column: row by row, five years of files take a second.
        kinds = [kind for kind, _ in OPS_TABLES["load_manifest"][1].values()]
        columns = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
        connection.execute(
            f"insert into ops.load_manifest select {columns}",
            [list(column) for column in zip(*values, strict=True)],
        )


def fill_quarantine(
    connection: "duckdb.DuckDBPyConnection", settings: Settings, rows: Iterable[Standing]
) -> None:
    """``ops.quarantined_rows`` from the quarantine files of all that was judged and has bad rows.

    Of a file that was read again only the reading that counts: a line is good or bad once.
    """
    for row in rows:
        if row.read_again or not row.arrival.rows_quarantined:
            continue
        path = lake.quarantine_path(settings, row.arrival)
        connection.execute(
            f"""
            insert into ops.quarantined_rows
            select ?, ?, line, column_name, reason_code, detail
            from read_parquet({literal(str(path))})
            order by line
            """,
            [row.arrival.source, row.arrival.file_name],
        )


def fill_findings(connection: "duckdb.DuckDBPyConnection", found: Iterable[Finding]) -> None:
    """``ops.gate_findings`` from what the checks found in this version."""
    values = [
        (
            one.suite,
            one.mart,
            one.rule,
            one.level,
            one.rows,
            ", ".join(one.kept_files) or None,
            one.says,
        )
        for one in found
        if not one.of_the_run
    ]
    if values:
        connection.executemany("insert into ops.gate_findings values (?, ?, ?, ?, ?, ?, ?)", values)
