"""Which refused files and bad rows somebody still has to look at. Imported only for ``warehouse status``.

``ops`` lists all that was ever refused; here what has been mended since is left out: by a good file
of the same export, or by the same bytes under a name, or in a folder, that could be read.
"""

import duckdb

from warehouse import reading_published as reading

# What comes before the revision and the kind makes an export with the source (ingest/names.py).
_FILES = r"""
with files as (
    select *, regexp_replace(file_name, '(_r[0-9]{1,9})?\.(csv|csv\.gz|xlsx|xml)$', '') as export
    from ops.load_manifest
),
-- An earlier reading of a file is superseded like a file that another replaced.
open_files as (
    select distinct source, file_name, reason_code, status from files
    where status in ('loaded', 'partly_loaded')
        or status = 'rejected' and not exists (
            select 1 from files as good
            where good.status in ('loaded', 'partly_loaded')
                and (
                    good.sha256 = files.sha256
                    or good.source = files.source
                        and good.as_of = files.as_of
                        and good.export = files.export
                        -- Landed over the bad one, under its own name.
                        and (good.revision, good.received_at) > (files.revision, files.received_at)
                )
        )
)
"""


def rejected(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Rejected files (source, file_name, reason_code) in whose place no good one stands."""
    return reading.rows(
        connection,
        f"{_FILES} select source, file_name, reason_code from open_files where status = 'rejected' order by all",
    )


def quarantined(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Bad rows by source, file_name and reason_code, with rows and first_line, but for superseded files'."""
    return reading.rows(
        connection,
        f"{_FILES} select source, file_name, reason_code, count(*) as rows, min(line) as first_line "
        "from ops.quarantined_rows semi join open_files using (source, file_name) group by all order by all",
    )
