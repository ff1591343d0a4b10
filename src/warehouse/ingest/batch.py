"""Landing files into lake batches: read, typed, judged, pseudonymised, each written whole.

Everything between the file and the pseudonymised batch happens in the memory of this process, on
a DuckDB connection that may not spill to disk, so that no name or id is ever written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from warehouse import lake, set_aside, tombstones
from warehouse.contracts import Contract
from warehouse.errors import CouldNotFinish, disk_full
from warehouse.files import is_open_for_writing, partial, put_in_place, sha256_of
from warehouse.ingest import csww, judging, meetings, names, taking_out
from warehouse.ingest.judging import literal, quoted
from warehouse.ingest.reading import (
    FILE,
    LINE,
    FileRefused,
    lay_out,
    table,
    text_array,
    with_constants,
)
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings
from warehouse.tombstones import Tombstones

# What takes files apart that are no table of a header and rows, by the contract's ``reader``.
NATIVE_READERS = {"csww": csww.read, "teams": meetings.read, "zoom": meetings.read}


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
    ``files``; a file that is open for writing, or whose bytes are no longer those that its arrival
    names, is passed over, for it is still being written. Together, because a month's export is so
    small that making ready costs more than the work; never so many that they fill the memory
    (``landing`` sees to that).
    Who has a tombstone is judged like anybody else and then taken out: what was erased must not
    decide whether a file is rejected.

    ``connection``: from ``open_workbench``; left as it was found, without a row of any file.
    Raises CouldNotFinish where the disk is full or a write fails.
    """
    buried = tombstones.load(settings)
    try:
        read = judge(connection, contract, pseudonymiser, files, buried)
        for number, ((path, _), arrival) in enumerate(zip(files, read, strict=True)):
            found = _sha256_if_still(path)
            if found is None or buried.original(arrival.source, arrival.file_name, found) != (
                arrival.sha256
            ):
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
    buried: Tombstones,
) -> list[Arrival]:
    """The files' arrivals with their counts, without who is ``buried``; writes nothing.

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
    return taking_out.take_out(connection, contract, pseudonymiser, buried, read)


def _sha256_if_still(path: Path) -> str | None:
    """SHA-256 of a file that nobody is writing to; None where somebody is, or where it is gone.

    The bytes alone would not tell of a sender who pauses between two parts.
    """
    try:
        return None if is_open_for_writing(path) else sha256_of(path)
    except FileNotFoundError:
        return None


def _read(
    contract: Contract, path: Path, arrival: Arrival, number: int, is_rewritten: bool = False
) -> tuple[Arrival, list[pa.RecordBatch]]:
    """The file's text, and its arrival: rejected, with no text, where the file as a whole is no good.

    ``is_rewritten``: it was written anew without somebody's rows, and so was not empty.
    """
    name = names.parse(path.name, contract.reader)
    assert name is not None  # a file without a date never gets here
    try:
        if contract.reader in NATIVE_READERS:
            native, extra_columns = NATIVE_READERS[contract.reader](contract, path, name, number)
            batches = [judging.trimmed(one) for one in native]
            return replace(arrival, extra_columns=extra_columns), batches
        with table(path, name.kind) as found:
            if found.header is None:
                raise FileRefused("empty", "the file is empty: there is not even a header row.")
            if contract.kind == "snapshot" and not is_rewritten and not found.has_rows:
                raise FileRefused(
                    "empty", "a snapshot without rows would say that nobody is there."
                )
            layout = lay_out(
                found.header,
                contract.names,
                contract.needed,
                contract.source,
                known_extras=contract.known_extras,
                constants=contract.constants,
            )
            latest = judging.latest_date(name.as_of)
            batches = [
                judging.trimmed(with_constants(one, layout))
                for one in found.batches(layout, contract.kept_columns, number, latest)
            ]
    except FileNotFoundError:
        return arrival, []  # taken away since it was found; ``write`` passes over it
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


def _judge(connection: duckdb.DuckDBPyConnection, contract: Contract, raw: pa.Table) -> None:
    """Fill table ``judged``: each row's values and its first fault, as text ``column:reason``."""
    connection.register("raw", raw)
    query = judging.judged_rows(contract, "raw")
    connection.execute(f"create table judged as {query}", judging.parameters(query))
    connection.unregister("raw")
    hashes = connection.execute(judging.key_hashes(contract, "judged")).fetchnumpy()
    ordered = np.sort(hashes["key_hash"])
    if (ordered[1:] == ordered[:-1]).any():
        connection.execute(f"create table repeated as {judging.repeated_keys(contract, 'judged')}")
        connection.execute(judging.marking_of_repeats(contract, "judged", "repeated"))
        connection.execute("drop table repeated")


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
    target = lake.quarantine_path(settings, arrival)
    _copy(connection, bad_rows(number, contract), target)
    set_aside.show(settings, target)


def bad_rows(number: int, owners: Contract | None = None) -> str:
    """A query for the bad rows of a judged file: line, column, reason code and words, no value.

    ``owners``: their contract, where beside them is to stand whose row it is, as keyed hashes: for
    erasing and for telling a person what is held on them; nobody else is shown those.
    """
    kept = owners.kept_columns if owners else ()
    ids = [column for column in kept if column.privacy == "id"]
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
                "value": text_array(list(hashed.keys())),
                "hashed": text_array(list(hashed.values())),
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
    """A query for good rows, and for hr_staff also the bare presence of bad ones, in the file's order.

    Sorted because a join gives rows in any order, and the same file must give the same bytes. By line,
    in which they nearly are: by key it would take three times as long. Where a line holds several
    records, as in a report, the key tells them apart.
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
    order = f"judged.{LINE}"
    if contract.reader in NATIVE_READERS:
        order += "".join(f", {quoted(contract.column(name).lake_name)}" for name in contract.key)
    # What is the same in every row is added after sorting, which would carry it along.
    return f"""
        with kept as (
            select {", ".join(values)},
                judged.{LINE},
                case when judged.fault is null then 'good' else 'presence' end as row_status
            from judged {" ".join(joins)}
            where judged.{FILE} = {number} and ({kept})
            order by {order}
        )
        select * exclude ({LINE}, row_status),
            date '{arrival.as_of}' as as_of,
            '{arrival.sha256}' as file_sha256,
            {LINE},
            row_status
        from kept
        """


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = partial(target)
    connection.execute(f"copy ({query}) to {literal(str(written))} {lake.WRITTEN_AS}")
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
