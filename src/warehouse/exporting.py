"""The marts as Parquet, with a dictionary of their columns, for tools that read no DuckDB.

Read from the published analysts' file through the same locked connection as every query, so that
an export can hold nothing that the file does not. Imported only for ``warehouse export``.
"""

import csv
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import metrics, publish
from warehouse import reading_published as reading
from warehouse.errors import CouldNotFinish, disk_full, is_full
from warehouse.files import fsync_file, fsync_folder, partial, remove_tree
from warehouse.settings import Settings

DICTIONARY = "data_dictionary"
ROWS_AT_A_TIME = 100_000

_COLUMNS = """
select table_name, column_name, lower(data_type) as type, coalesce(comment, '') as meaning
from duckdb_columns()
where schema_name = 'marts'
order by table_name, column_index
"""
_HEADS = (
    "table", "column", "type", "meaning", "label", "unit", "direction", "kind", "source", "owner",
    "caveat",
)  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, and the rows of each table."""

    folder: Path
    rows: dict[str, int]


def export(settings: Settings, out: Path) -> Exported:
    """Write every table of ``marts`` to ``out`` as Parquet, with its dictionary and a README.

    ``out`` is made, or is empty; it appears whole or not at all. Raises BadConfiguration where it
    holds something, is no folder or lies in the home; CouldNotFinish where writing failed.
    """
    out = out.absolute()
    publish.refuse_unless_free(settings, out)
    unfinished = partial(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        remove_tree(unfinished)
        # Persons stand in it under their keys, as in the analysts' file, whose folder has this mode.
        unfinished.mkdir(mode=0o750)
        with reading.opened(settings) as connection:
            rows = _write(connection, unfinished)
        for path in unfinished.iterdir():
            fsync_file(path)
        fsync_folder(unfinished)
        # Over an empty folder; one that has been filled meanwhile is not replaced.
        unfinished.replace(out)
        fsync_folder(out.parent)
    except OSError as error:
        remove_tree(unfinished)
        if is_full(error):
            raise CouldNotFinish(disk_full(str(out.parent))) from None
        raise CouldNotFinish(
            f"{out} could not be written ({error.strerror}). Nothing was left there. Name another "
            "folder with --out, or give this account write access."
        ) from None
    except BaseException:
        remove_tree(unfinished)
        raise
    return Exported(out, rows)


def _write(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    release = reading.rows(connection, "from marts.release_info")[0]
    columns = reading.rows(connection, _COLUMNS)
    registered = {
        (str(row["mart"]), str(row["metric"])): row for row in reading.metrics_of(connection)
    }
    lines = [_line(column, registered) for column in columns]
    tables = list(dict.fromkeys(str(column["table_name"]) for column in columns))
    written = {table: _write_table(connection, table, release, lines, folder) for table in tables}
    (folder / f"{DICTIONARY}.csv").write_text(_as_csv(lines), encoding="utf-8")
    (folder / f"{DICTIONARY}.md").write_text(_as_markdown(lines), encoding="utf-8")
    (folder / "README.md").write_text(_readme(release, written), encoding="utf-8")
    return written


def _line(
    column: dict[str, object], registered: dict[tuple[str, str], dict[str, object]]
) -> dict[str, str]:
    """One line of the dictionary; what only a metric has is empty for any other column."""
    table, name = str(column["table_name"]), str(column["column_name"])
    metric = registered.get((table, name), {})
    return {
        "table": table,
        "column": name,
        "type": str(column["type"]),
        "meaning": " ".join(str(column["meaning"]).split()),
        **{head: str(metric.get(head, "")) for head in _HEADS[4:]},
    }


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    release: dict[str, object],
    lines: list[dict[str, str]],
    folder: Path,
) -> int:
    """Write one table batch by batch, so that memory does not grow with it; returns its rows."""
    batches = connection.sql(f'from marts."{table}" order by all').to_arrow_reader(ROWS_AT_A_TIME)
    meanings = {line["column"]: line["meaning"] for line in lines if line["table"] == table}
    schema = pa.schema(
        [field.with_metadata({"description": meanings[field.name]}) for field in batches.schema],
        metadata={name: json.dumps(value, default=str) for name, value in release.items()},
    )
    rows = 0
    with pq.ParquetWriter(folder / f"{table}.parquet", schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
    return rows


def _as_csv(lines: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _HEADS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _as_markdown(lines: list[dict[str, str]]) -> str:
    out = ["# Data dictionary", "", "A `share` is a fraction of 1."]
    table = ""
    for line in lines:
        if line["table"] != table:
            table = line["table"]
            out += ["", f"## {table}", "", "| column | type | meaning | unit | better | caveat |"]
            out.append("|---|---|---|---|---|---|")
        cells = (
            f"`{line['column']}`", line["type"], line["meaning"], line["unit"], line["direction"],
            line["caveat"],
        )  # fmt: skip
        out.append(f"| {' | '.join(metrics.in_a_cell(cell) for cell in cells)} |")
    return "\n".join(out) + "\n"


def _readme(release: dict[str, object], written: dict[str, int]) -> str:
    made_up = (
        "**The staff data in it are synthetic**: no person in it exists.\n\n"
        if release["synthetic"]
        else ""
    )
    listed = "\n".join(f"| `{table}.parquet` | {rows:,} |" for table, rows in written.items())
    return f"""# The marts of version {release["version"]}

{made_up}Staff records as at {release["latest_hr_staff_as_of"]}; built {release["built_at"]} UTC.
What every column means: `{DICTIONARY}.md`, or `{DICTIONARY}.csv` for a machine. Each Parquet file
carries the version and its columns' meanings too.

| file | rows |
|---|---|
{listed}

Persons stand in `staff_spells` and other tables under keyed hashes: keep this folder as you would
the analysts' file. `warehouse erase` cannot reach a copy: delete it when you are done, and make
another from the version of the day.

Nothing in it shows that the programme caused anything: there is no control group, one to four
people leave in a month, those who attend chose to, and a pandemic began seven weeks after January
2020. Benchmarks contain public sector information licensed under the Open Government Licence v3.0.
"""


def in_words(done: Exported) -> list[str]:
    """What was written, for a person."""
    return [
        f"{len(done.rows)} tables with {sum(done.rows.values()):,} rows written to {done.folder}"
        f"{os.sep}.",
        *(f"  {table}.parquet: {rows:,} rows" for table, rows in done.rows.items()),
        f"What each column means: {DICTIONARY}.md and {DICTIONARY}.csv beside them.",
    ]
