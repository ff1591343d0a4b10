"""Take who has a tombstone out of what was judged, before anything of it is written.

A file as a whole is judged with everybody in it, so that an erasure does not decide whether it is
rejected: rows that are gone from a rewritten landing file are counted in, then all of theirs out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from warehouse import purged_rows
from warehouse.contracts import Contract
from warehouse.files import sha256_of
from warehouse.ingest.judging import quoted
from warehouse.ingest.reading import FILE, LINE
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.tombstones import PLACEHOLDER, Purged, Rewrite, Tombstones


def rewrites_of(files: Sequence[tuple[Path, Arrival]], buried: Tombstones) -> dict[int, Rewrite]:
    """{number of the file: how it was rewritten} of those files that were."""
    return {
        number: rewrite
        for number, (path, arrival) in enumerate(files if buried.rewrites else ())
        if (rewrite := buried.rewrite(arrival.source, arrival.file_name, sha256_of(path)))
    }


def count_what_is_missing(
    connection: duckdb.DuckDBPyConnection, rewrites: Mapping[int, Rewrite]
) -> None:
    """Add an empty row to ``judged``, on no line, for each row that a rewritten file lacks."""
    for number, rewrite in rewrites.items():
        connection.execute(
            f"insert into judged ({FILE}, {LINE}, fault) "
            "select $number, -1, case when row < $bad_rows then ':erased' end from range($rows) as t (row)",
            {"number": number, "bad_rows": rewrite.bad_rows, "rows": rewrite.rows},
        )


def take_out(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    pseudonymiser: Pseudonymiser,
    buried: Tombstones,
    files: Sequence[Arrival],
) -> list[Arrival]:
    """Take the rows of who has a tombstone out of ``judged``; returns the arrivals counted without.

    Where a row only names somebody, the id is emptied. Of a rejected file the good rows are not
    known for ever, so it goes on saying how many were read.
    """
    if not buried.keys and not buried.purged:
        return list(files)
    connection.execute(f"delete from judged where {LINE} < 0")
    for column in contract.kept_columns:
        if column.privacy != "id":
            continue
        placeholder = pseudonymiser.hash_all([PLACEHOLDER], column.id_domain)
        theirs = (
            f"{quoted(column.name)} in (select value from {quoted('keys_' + column.name)} "
            "where list_contains($erased, hashed))"
        )
        connection.execute(
            f"update judged set {quoted(column.name)} = null where {theirs}"
            if column.on_erasure == "blank"
            else f"delete from judged where {theirs}",
            {"erased": sorted({*buried.keys, *placeholder.values()})},
        )
    if buried.purged:
        _take_out_purged(connection, contract, buried.purged, files)
    counts = {
        number: (read, bad)
        for number, read, bad in connection.execute(
            f"select {FILE}, count(*), count(fault) from judged group by {FILE}"
        ).fetchall()
    }
    return [
        _recounted(arrival, *counts.get(number, (0, 0))) for number, arrival in enumerate(files)
    ]


def _take_out_purged(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    purged: Mapping[str, Purged],
    files: Sequence[Arrival],
) -> None:
    """The same for old leavers, as far as a row is of the service that was purged."""
    connection.execute("create table purged (key varchar, last_day date, known_until date)")
    connection.executemany(
        "insert into purged values (?, ?, ?)",
        [(key, one.last_day, one.known_until) for key, one in sorted(purged.items())],
    )
    connection.execute("create table file_days (number bigint, as_of date)")
    connection.executemany(
        "insert into file_days values (?, ?)",
        [(number, arrival.as_of) for number, arrival in enumerate(files)],
    )
    day = f"judged.{quoted(contract.dated_by)}" if contract.dated_by else None
    for column in purged_rows.columns(contract):
        name, keys = quoted(column.name), quoted("keys_" + column.name)
        theirs = (
            f"exists (select 1 from {keys} as hashed inner join purged on hashed.hashed = purged.key "
            f"inner join file_days on file_days.number = judged.{FILE} "
            f"where hashed.value = judged.{name} and {purged_rows.is_past(day, 'file_days.as_of')})"
        )
        connection.execute(
            f"update judged set {name} = null where {theirs}"
            if column.on_erasure == "blank"
            else f"delete from judged where {theirs}"
        )


def _recounted(arrival: Arrival, read: int, bad: int) -> Arrival:
    if arrival.rejected:
        return replace(arrival, rows_quarantined=bad)
    return replace(arrival, rows_read=read, rows_loaded=read - bad, rows_quarantined=bad)
