"""One landing file into one lake batch: read, typed, judged, pseudonymised, written whole.

Everything between the file and the pseudonymised batch happens in the memory of this process, on
a DuckDB connection that may not spill to disk, so that no name or id is ever written.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse import lake
from warehouse.contracts import Contract
from warehouse.errors import CouldNotFinish, disk_full
from warehouse.files import FileIsChanging, partial, put_in_place, sha256_of
from warehouse.ingest import judging, names
from warehouse.ingest.judging import literal, quoted
from warehouse.ingest.reading import (
    FIELDS,
    LINE,
    FileRefused,
    Layout,
    chunks,
    lay_out,
    records,
)
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings

# A file with more bad rows than this is rejected whole: it is more likely the wrong file, or one
# with shifted columns, than a good file with some bad rows.
MOST_BAD_SHARE = 0.20
FEWEST_BAD_ROWS = 5


def open_workbench() -> duckdb.DuckDBPyConnection:
    """The in-memory connection that files are judged on, one after the other.

    The optimiser's choice of build side takes three times the memory on large files, and the rest
    of its work costs more than it saves on a month's export; without a temporary directory
    nothing personal can be spilled to disk.
    """
    return duckdb.connect(
        config={
            "temp_directory": "",
            "threads": 2,
            "disabled_optimizers": "join_order,build_side_probe_side",
        }
    )


def write(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    pseudonymiser: Pseudonymiser,
    path: Path,
    arrival: Arrival,
) -> Arrival:
    """Judge one file and write its batch and its quarantine; returns the arrival with its counts.

    ``connection``: from ``open_workbench``; left as it was found, without a row of the file.

    Raises FileIsChanging where the bytes read were not those that the arrival names, and
    CouldNotFinish where the disk is full or a write fails.
    """
    try:
        layout = _read(connection, contract, path)
        _judge(connection, contract, layout, arrival)
        judged = _counted(connection, replace(arrival, extra_columns=layout.extra_columns))
        # The file may have been replaced between hashing and reading.
        if sha256_of(path) != arrival.sha256:
            raise FileIsChanging
        _write_quarantine(connection, settings, contract, judged)
        if not judged.rejected:
            _pseudonymise(connection, contract, pseudonymiser)
            _write_batch(connection, settings, contract, judged)
        return judged
    except FileRefused as refused:
        if sha256_of(path) != arrival.sha256:
            raise FileIsChanging from None
        return replace(
            arrival,
            rejected=True,
            reason_code=refused.reason_code,
            sentence=str(refused),
            extra_columns=refused.extra_columns,
        )
    except duckdb.Error as error:
        # The message of a database error may quote a row, so it is never passed on.
        if "No space left" in str(error) or "ENOSPC" in str(error):
            raise CouldNotFinish(disk_full(str(settings.home))) from None
        raise CouldNotFinish(
            f"{arrival.source}/{arrival.file_name}: could not be written to the lake "
            f"({type(error).__name__}). Nothing was published; mend the cause and run again."
        ) from None
    finally:
        for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f"drop table {quoted(table)}")


def _read(connection: duckdb.DuckDBPyConnection, contract: Contract, path: Path) -> Layout:
    """Fill table ``raw`` with the file's text. Raises FileRefused where the file as a whole is no good."""
    name = names.parse(path.name)
    assert name is not None  # a file without a date never gets here
    wanted = [column.name for column in contract.kept_columns]
    fields = ", ".join(f"{quoted(column)} varchar" for column in wanted)
    connection.execute(f"create table raw ({LINE} bigint, {FIELDS} integer, {fields})")
    with records(path, name.kind) as rows:
        _, header = next(rows, (0, None))
        if header is None:
            raise FileRefused("empty", "the file is empty: there is not even a header row.")
        first = next(rows, None)
        if first is None and contract.kind == "snapshot":
            raise FileRefused("empty", "a snapshot without rows would say that nobody is there.")
        needed = {column.name for column in contract.columns if column.required}
        layout = lay_out(header, contract.names, needed, contract.source)
        for chunk in chunks(_with_first(first, rows), layout, wanted):
            connection.register("chunk", pa.Table.from_batches([chunk]))
            connection.execute("insert into raw select * from chunk")
            connection.unregister("chunk")
    return layout


def _with_first(
    first: tuple[int, list[str]] | None, rest: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    if first is not None:
        yield first
        yield from rest


def _judge(
    connection: duckdb.DuckDBPyConnection, contract: Contract, layout: Layout, arrival: Arrival
) -> None:
    """Fill table ``judged``: each row's values and its first fault, as text ``column:reason``."""
    assert arrival.as_of is not None
    query = judging.judged_rows(contract, "raw", layout.width)
    connection.execute(f"create table judged as {query}", judging.parameters(query, arrival.as_of))
    connection.execute("drop table raw")


def _counted(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> Arrival:
    """The arrival with its counts, rejected where too many rows are bad."""
    row = connection.execute("select count(*), count(fault) from judged").fetchone()
    assert row is not None
    read, bad = row
    if bad >= FEWEST_BAD_ROWS and bad > MOST_BAD_SHARE * read:
        return replace(
            arrival,
            rejected=True,
            reason_code="too_many_bad_rows",
            sentence=(
                f"{bad} of {read} rows are bad, more than {MOST_BAD_SHARE:.0%}. Nothing was loaded: "
                f"see ops.quarantined_rows for line, column and reason, and send a corrected file."
            ),
            rows_read=read,
            rows_quarantined=bad,
        )
    return replace(arrival, rows_read=read, rows_loaded=read - bad, rows_quarantined=bad)


def _write_quarantine(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, arrival: Arrival
) -> None:
    target = lake.quarantine_path(settings, arrival)
    if not arrival.rows_quarantined:
        return
    faults = connection.execute(
        "select distinct fault from judged where fault is not null order by fault"
    ).fetchall()
    explained = [
        (fault, column or None, reason, judging.explain(contract, column, reason))
        for (fault,) in faults
        for column, reason in [fault.split(":")]
    ]
    connection.execute(
        "create table explained (fault varchar, column_name varchar, reason_code varchar, detail varchar)"
    )
    connection.executemany("insert into explained values (?, ?, ?, ?)", explained)
    _copy(
        connection,
        f"""
        select judged.{LINE}, explained.column_name, explained.reason_code, explained.detail
        from judged inner join explained using (fault)
        order by judged.{LINE}
        """,
        target,
    )


def _pseudonymise(
    connection: duckdb.DuckDBPyConnection, contract: Contract, pseudonymiser: Pseudonymiser
) -> None:
    """One table ``keys_<column>`` of (value, hashed) for each id column.

    Distinct values are hashed here in Python, so the key never gets into SQL, and joined back:
    a function called for each row would cost five to ten times as much.
    """
    for column in contract.kept_columns:
        if column.privacy != "id":
            continue
        name = quoted(column.name)
        values = connection.execute(
            f"select distinct {name} from judged where {name} is not null"
        ).fetchall()
        hashed = pseudonymiser.hash_all((value for (value,) in values), column.id_domain)
        table = pa.table(
            {
                "value": pa.array(hashed.keys(), pa.string()),
                "hashed": pa.array(hashed.values(), pa.string()),
            }
        )
        connection.register("hashed_values", table)
        connection.execute(
            f"create table {quoted('keys_' + column.name)} as select * from hashed_values"
        )
        connection.unregister("hashed_values")


def _write_batch(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, arrival: Arrival
) -> None:
    """Good rows, and for hr_staff also the bare presence of bad ones, in the order of the key.

    Sorted because a join gives rows in any order, and the same file must give the same bytes.
    """
    keys = {contract.column(name).lake_name for name in contract.key}
    values = []
    joins = []
    for column in contract.kept_columns:
        value = f"judged.{quoted(column.name)}"
        if column.privacy == "id":
            table = quoted("keys_" + column.name)
            joins.append(f"left join {table} on {table}.value = {value}")
            value = f"{table}.hashed"
        if column.lake_name not in keys:
            value = f"case when judged.fault is null then {value} end"
        values.append(f"{value} as {quoted(column.lake_name)}")
    kept = "judged.fault is null"
    if contract.keeps_presence:
        readable = " and ".join(f"judged.{quoted(name)} is not null" for name in contract.key)
        kept += f" or ({readable} and judged.fault not like ':%' and judged.fault not like '%:duplicate_key')"
    order = ", ".join(quoted(contract.column(name).lake_name) for name in contract.key)
    _copy(
        connection,
        f"""
        select {", ".join(values)},
            date '{arrival.as_of}' as as_of,
            '{arrival.sha256}' as file_sha256,
            judged.{LINE},
            case when judged.fault is null then 'good' else 'presence' end as row_status
        from judged {" ".join(joins)}
        where {kept}
        order by {order}, judged.{LINE}
        """,
        lake.batch_path(settings, arrival),
    )


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = partial(target)
    connection.execute(
        f"copy ({query}) to {literal(str(written))} (format parquet, compression zstd)"
    )
    put_in_place(written, target)
