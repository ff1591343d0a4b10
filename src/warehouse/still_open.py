"""Which refused files and bad rows somebody still has to look at. Imported only for ``warehouse status``.

``ops`` lists all that was ever refused; here what has been mended since is left out: by a good file
of the same export, or by the same bytes under a name, or in a folder, that could be read.
"""

from collections.abc import Iterable
from typing import Any

import duckdb

from warehouse import reading_published as reading
from warehouse.ingest import names

Row = dict[str, Any]


def rejected(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Rejected files (source, file_name, reason_code) in whose place no good one stands."""
    shown = ("source", "file_name", "reason_code")
    found = [
        tuple(file[name] for name in shown)
        for file in _open_files(connection)
        if file["status"] == "rejected"
    ]
    # Other bytes under the same name, refused for the same reason, are one thing to look at.
    return [dict(zip(shown, one, strict=True)) for one in dict.fromkeys(found)]


def quarantined(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Bad rows by source, file_name and reason_code, with rows and first_line, but for superseded files'."""
    still = {(file["source"], file["file_name"]) for file in _open_files(connection)}
    counted = reading.rows(
        connection,
        "select source, file_name, reason_code, count(*) as rows, min(line) as first_line "
        "from ops.quarantined_rows group by all order by all",
    )
    return [row for row in counted if (row["source"], row["file_name"]) in still]


def _open_files(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Files that stand, and rejected ones that nothing has mended; an earlier reading is superseded."""
    listed = reading.rows(
        connection,
        "select source, file_name, reason_code, status, sha256, as_of, revision, received_at "
        "from ops.load_manifest where status <> 'superseded' order by source, file_name, reason_code",
    )
    good = [file for file in listed if file["status"] != "rejected"]
    bytes_taken_in = {file["sha256"] for file in good}
    newest = _newest(good)

    def is_mended(file: Row) -> bool:
        # Of two with one revision, the good one landed later over the bad one, under its own name.
        after = newest.get(_export(file))
        own = (file["revision"], file["received_at"])
        return file["sha256"] in bytes_taken_in or (after is not None and after > own)

    return [file for file in listed if file["status"] != "rejected" or not is_mended(file)]


def _newest(files: Iterable[Row]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for file in files:
        own = (file["revision"], file["received_at"])
        found[_export(file)] = max(own, found.get(_export(file), own))
    return found


def _export(file: Row) -> tuple[Any, ...]:
    """What one file of an export shares with its corrections; a name without a date has no other."""
    return file["source"], file["as_of"], names.stem(str(file["file_name"]))
