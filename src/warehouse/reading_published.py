"""Read the published analysts' file: read-only, and locked so that SQL can reach nothing else."""

import csv
import difflib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from warehouse import publish
from warehouse.errors import BadConfiguration, CouldNotFinish
from warehouse.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A locked, read-only connection to the current version's analysts' file.

    Read-only alone can attach other files, read any file of the account and write to disk; with
    external access off and the configuration locked it can do none of these.
    """
    if publish.current_version(settings) is None:
        raise BadConfiguration(
            f"Nothing is published in {settings.home} yet. Run warehouse nightly, or give --home."
        )
    path = (settings.published / publish.CURRENT / publish.ANALYST).resolve()
    try:
        connection = duckdb.connect(str(path), read_only=True)
        # In this order: once external access is off, the temporary directory can't be changed.
        for setting in (
            "temp_directory = ''",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            connection.execute(f"set {setting}")
    except duckdb.Error as error:
        raise CouldNotFinish(
            f"The published file could not be opened ({type(error).__name__}). "
            "Go back with warehouse rollback, or make it anew with warehouse build."
        ) from None
    try:
        yield connection
    finally:
        connection.close()


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, object]]:
    """A query's rows as dicts. Raises BadConfiguration for SQL that does not run."""
    try:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except duckdb.Error as error:
        raise BadConfiguration(f"The query did not run. {str(error).strip()}") from None


def shown(connection: duckdb.DuckDBPyConnection, sql: str, style: str) -> str:
    """A query's result as a table for a person, CSV (RFC 4180), or a JSON array of objects."""
    try:
        if style == "table":
            # A statement without a result gives None, whatever the library's types say.
            return str(connection.sql(sql) or "The statement gave no rows.")
    except duckdb.Error as error:
        raise BadConfiguration(f"The query did not run. {str(error).strip()}") from None
    found = rows(connection, sql)
    if style == "json":
        return json.dumps(found, default=str)
    text = io.StringIO()
    names = [column[0] for column in connection.description or ()]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if value is None else value for value in row.values()] for row in found)
    return text.getvalue().rstrip("\n")


def listed(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every table of the file with its rows and what a row of it is, one line each."""
    lines = []
    for schema, table, comment in connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() order by all"
    ).fetchall():
        (count,) = connection.execute(f'select count(*) from {schema}."{table}"').fetchall()[0]
        first_sentence = " ".join((comment or "").split()).partition(". ")[0].rstrip(".")
        lines.append(f"{schema}.{table} ({count:,} rows): {first_sentence}.")
    return lines


def described(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """A table's meaning and its columns', one line each. Raises BadConfiguration where there is none."""
    schema, _, name = table.rpartition(".")
    found = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() "
        "where table_name = ? and (schema_name = ? or ? = '') order by schema_name",
        [name, schema, schema],
    ).fetchall()
    if not found:
        raise BadConfiguration(_no_such_table(connection, table))
    registered = {(row["mart"], row["metric"]): row for row in metrics_of(connection)}
    lines = []
    for schema_name, table_name, comment in found:
        lines.append(f"{schema_name}.{table_name}: {comment}")
        columns = connection.execute(
            "select column_name, lower(data_type), comment from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [schema_name, table_name],
        ).fetchall()
        for column, kind, meaning in columns:
            lines.append(f"  {column} ({kind}): {' '.join((meaning or '').split())}")
            metric = registered.get((table_name, column)) if schema_name == "marts" else None
            if metric:
                lines.append(
                    f"    unit: {metric['unit']}; better: {metric['direction']}; mind: {metric['caveat']}"
                )
    return lines


def metrics_of(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The registry of metrics that the file carries; empty in a version from before there was one."""
    there = _has(connection, "marts", "metrics")
    return rows(connection, "from marts.metrics") if there else []


def findings_of(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """What the gates found in the version and let pass, warnings first; empty in one from before."""
    there = _has(connection, "ops", "gate_findings")
    query = "from ops.gate_findings order by level = 'warn' desc, suite, rule, mart"
    return rows(connection, query) if there else []


def _has(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    query = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
    return connection.execute(query, [schema, table]).fetchone() is not None


def _no_such_table(connection: duckdb.DuckDBPyConnection, asked: str) -> str:
    known = [
        (schema, table)
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
    ]
    names = {name: f"{schema}.{table}" for schema, table in known
             for name in (table, f"{schema}.{table}")}  # fmt: skip
    near = difflib.get_close_matches(asked.lower(), names, n=3)
    meant = list(dict.fromkeys(names[name] for name in near))
    guess = f" Did you mean {' or '.join(meant)}?" if meant else ""
    return (
        f"There is no table of that name.{guess} "
        f"Known: {', '.join(f'{schema}.{table}' for schema, table in known)}."
    )
