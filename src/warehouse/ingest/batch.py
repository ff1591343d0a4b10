"""Landing files into lake batches: read, typed, judged, pseudonymised, each written whole.

Everything between the file and the pseudonymised batch happens in the memory of this process, on
a DuckDB connection that may not spill to disk, so that no name or id is ever written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse import lake, tombstones
from warehouse.contracts import Contract
from warehouse.errors import CouldNotFinish, disk_full
from warehouse.files import partial, put_in_place, sha256_of
from warehouse.ingest import judging, meetings, names, taking_out
from warehouse.ingest.judging import literal, quoted
from warehouse.ingest.reading import (
    FILE,
    LINE,
    FileRefused,
    chunks,
    lay_out,
    records,
    with_constants,
)
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings

# What takes files apart that are no table of a header and rows, by the contract's ``reader``.
NATIVE_READERS = {"teams": meetings.read, "zoom": meetings.read}


def open_workbench() -> duckdb.DuckDBPyConnection:
    """The in-memory connection that files are judged on, one after the other.

    The optimiser's choice of build side takes three times the memory on large files. Statistics
    carried through a query would let a file's neighbours decide how its Parquet is encoded, and the
    same file is to give the same bytes. Without a temporary directory nothing personal can be
    spilled to disk.
    """
    return duckdb.connect(
        config={
            "temp_directory": "",
            "threads": 2,
            "disabled_optimizers": "join_order,build_side_probe_side,statistics_propagation",
        }
    )


def write(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    pseudonymiser: Pseudonymiser,
    files: Sequence[tuple[Path, Arrival]],
) -> Iterator[Arrival]:
    """Judge some files of one source together and write the batch and the quarantine of each.

    Yields each file's arrival with its counts as soon as its batch is in place, in the order of
    ``files``; a file whose bytes are no longer those that its arrival names is passed over, for it
    is still being written. Together, because a month's export is so small that making ready costs
    more than the work; never so many that they fill the memory (``landing`` sees to that).
    Who has a tombstone is judged like anybody else and then taken out: what was erased must not
    decide whether a file is rejected.

    ``connection``: from ``open_workbench``; left as it was found, without a row of any file.
    Raises CouldNotFinish where the disk is full or a write fails.
    """
    buried = tombstones.load(settings)
    try:
        read = judge(connection, contract, pseudonymiser, files, buried)
        for number, ((path, _), arrival) in enumerate(zip(files, read, strict=True)):
            # The file may have been replaced between hashing and reading.
            found = buried.original(arrival.source, arrival.file_name, sha256_of(path))
            if found != arrival.sha256:
                continue
            if arrival.rows_quarantined:
                _write_quarantine(connection, settings, contract, arrival, number)
            if not arrival.rejected:
                _write_batch(connection, settings, contract, arrival, number)
            yield arrival
    except duckdb.Error as error:
        # The message of a database error may quote a row, so it is never passed on.
        if "No space left" in str(error) or "ENOSPC" in str(error):
            raise CouldNotFinish(disk_full(str(settings.home))) from None
        raise CouldNotFinish(
            f"{contract.source}: files could not be written to the lake ({type(error).__name__}). "
            "Nothing was published; mend the cause and run again."
        ) from None
    finally:
        for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f"drop table {quoted(table)}")


def judge(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    pseudonymiser: Pseudonymiser,
    files: Sequence[tuple[Path, Arrival]],
    buried: tombstones.Tombstones,
) -> list[Arrival]:
    """The files' arrivals with their counts, without whom ``buried`` has; writes nothing.

    Leaves on the connection what ``batch_rows`` and ``bad_rows`` select from, where any of the
    files could be read as a table.
    """
    rewrites = taking_out.rewrites_of(files, buried)
    text: list[pa.RecordBatch] = []
    read: list[Arrival] = []
    for number, (path, arrival) in enumerate(files):
        arrived, batches = _read(contract, path, arrival, number, number in rewrites)
        read.append(arrived)
        text += batches
    if not text:
        return read
    _judge(connection, contract, pa.Table.from_batches(text))
    text.clear()
    _explain(connection, contract)
    _pseudonymise(connection, contract, pseudonymiser)
    taking_out.count_what_is_missing(connection, rewrites)
    read = _counted(connection, contract, read)
    return taking_out.take_out(connection, contract, pseudonymiser, buried.keys, read)


def _read(
    contract: Contract, path: Path, arrival: Arrival, number: int, is_rewritten: bool = False
) -> tuple[Arrival, list[pa.RecordBatch]]:
    """The file's text, and its arrival: rejected, with no text, where the file as a whole is no good.

    ``is_rewritten``: it was written anew without somebody's rows, and so was not empty.
    """
    name = names.parse(path.name)
    assert name is not None  # a file without a date never gets here
    wanted = [column.name for column in contract.kept_columns]
    try:
        if contract.reader in NATIVE_READERS:
            return arrival, NATIVE_READERS[contract.reader](contract, path, name, number)
        with records(path, name.kind) as rows:
            _, header = next(rows, (0, None))
            if header is None:
                raise FileRefused("empty", "the file is empty: there is not even a header row.")
            first = next(rows, None)
            if first is None and contract.kind == "snapshot" and not is_rewritten:
                raise FileRefused(
                    "empty", "a snapshot without rows would say that nobody is there."
                )
            layout = lay_out(
                header,
                contract.names,
                contract.needed,
                contract.source,
                known_extras=contract.known_extras,
                constants=contract.constants,
            )
            latest = judging.latest_date(name.as_of)
            batches = list(chunks(_with_first(first, rows), layout, wanted, number, latest))
            batches = [with_constants(one, layout) for one in batches]
    except FileRefused as refused:
        rejected = replace(
            arrival,
            rejected=True,
            reason_code=refused.reason_code,
            sentence=str(refused),
            extra_columns=refused.extra_columns,
        )
        return rejected, []
    return replace(arrival, extra_columns=layout.extra_columns), batches


def _with_first(
    first: tuple[int, list[str]] | None, rest: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    if first is not None:
        yield first
        yield from rest


def _judge(connection: duckdb.DuckDBPyConnection, contract: Contract, raw: pa.Table) -> None:
    """Fill table ``judged``: each row's values and its first fault, as text ``column:reason``."""
    connection.register("raw", raw)
    query = judging.judged_rows(contract, "raw")
    connection.execute(f"create table judged as {query}", judging.parameters(query))
    connection.unregister("raw")


def _explain(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Fill table ``explained``: column, reason and words for each fault that there is."""
    faults = connection.execute(
        "select distinct fault from judged where fault is not null order by fault"
    ).fetchall()
    connection.execute(
        "create table explained "
        "(fault varchar, column_name varchar, reason_code varchar, detail varchar)"
    )
    rows = [
        (fault, column or None, reason, judging.explain(contract, column, reason))
        for (fault,) in faults
        for column, reason in [fault.split(":")]
    ]
    if rows:
        connection.executemany("insert into explained values (?, ?, ?, ?)", rows)


def _counted(
    connection: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[Arrival]
) -> list[Arrival]:
    """The arrivals with their counts, rejected where too many rows are bad."""
    counts = {
        number: (read, bad)
        for number, read, bad in connection.execute(
            f"select {FILE}, count(*), count(fault) from judged group by {FILE}"
        ).fetchall()
    }
    return [
        _with_counts(arrival, contract, *counts.get(number, (0, 0)))
        for number, arrival in enumerate(files)
    ]


def _with_counts(arrival: Arrival, contract: Contract, read: int, bad: int) -> Arrival:
    if arrival.rejected:
        return arrival
    if bad >= contract.fewest_bad_rows and bad > contract.most_bad_share * read:
        return replace(
            arrival,
            rejected=True,
            reason_code="too_many_bad_rows",
            sentence=(
                f"{bad} of {read} rows are bad, more than {contract.most_bad_share:.0%}. Nothing was loaded: "
                f"see ops.quarantined_rows for line, column and reason, and send a corrected file."
            ),
            rows_read=read,
            rows_quarantined=bad,
        )
    return replace(arrival, rows_read=read, rows_loaded=read - bad, rows_quarantined=bad)


def _write_quarantine(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    arrival: Arrival,
    number: int,
) -> None:
    _copy(connection, bad_rows(contract, number), lake.quarantine_path(settings, arrival))


def bad_rows(contract: Contract, number: int) -> str:
    """A query for the bad rows of a judged file: line, column, reason, words; and whose each is, hashed.

    The hashes are for erasing and for telling a person what is held on them; nobody else is shown them.
    """
    ids = [column for column in contract.kept_columns if column.privacy == "id"]
    tables = [quoted("keys_" + column.name) for column in ids]
    hashed = [
        f", {table}.hashed as {quoted(column.lake_name)}"
        for column, table in zip(ids, tables, strict=True)
    ]
    joins = [
        f"left join {table} on {table}.value = judged.{quoted(column.name)}"
        for column, table in zip(ids, tables, strict=True)
    ]
    return f"""
        select judged.{LINE}, explained.column_name, explained.reason_code, explained.detail
            {" ".join(hashed)}
        from judged inner join explained using (fault) {" ".join(joins)}
        where judged.{FILE} = {number}
        order by judged.{LINE}
        """


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
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    arrival: Arrival,
    number: int,
) -> None:
    _copy(connection, batch_rows(contract, arrival, number), lake.batch_path(settings, arrival))


def batch_rows(contract: Contract, arrival: Arrival, number: int) -> str:
    """A query for good rows, and for hr_staff also the bare presence of bad ones, by the key's order.

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
    return f"""
        select {", ".join(values)},
            date '{arrival.as_of}' as as_of,
            '{arrival.sha256}' as file_sha256,
            judged.{LINE},
            case when judged.fault is null then 'good' else 'presence' end as row_status
        from judged {" ".join(joins)}
        where judged.{FILE} = {number} and ({kept})
        order by {order}, judged.{LINE}
        """


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = partial(target)
    connection.execute(
        f"copy ({query}) to {literal(str(written))} (format parquet, compression zstd)"
    )
    put_in_place(written, target)


def faulty_lines(
    connection: duckdb.DuckDBPyConnection, contract: Contract, path: Path, arrival: Arrival
) -> set[int]:
    """The lines of a file's bad rows, by today's contract; writes nothing.

    ``connection``: from ``open_workbench``; left as it was found.
    """
    _, batches = _read(contract, path, arrival, 0, is_rewritten=True)
    if not batches:
        return set()
    try:
        _judge(connection, contract, pa.Table.from_batches(batches))
        found = connection.execute(f"select {LINE} from judged where fault is not null").fetchall()
        return {line for (line,) in found}
    finally:
        connection.execute("drop table if exists judged")
