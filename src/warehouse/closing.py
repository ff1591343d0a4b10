"""Close months: write what the marts say of them into the lake, before the rows behind it go.

``lake/closed_months/`` holds rows of the marts as they stood when old leavers were first purged up to
their month. The marts take them in place of what they would work out from who is left
(``with_closed`` in the dbt project). A row is closed once: what is closed stays as it was shown.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse import lake
from warehouse.contracts import Contract, Registry
from warehouse.files import partial, put_in_place
from warehouse.ingest.judging import literal, quoted
from warehouse.lake import Arrival
from warehouse.settings import Settings

SOURCE = "closed_months"


@dataclass(frozen=True)
class Mart:
    """A model of which rows are closed. ``period_end``: SQL for the last day that a row speaks of."""

    relation: str
    period_end: str
    key: tuple[str, ...]


_BY_MONTH = ("month_end", "scope_type", "scope_name")
_BY_PERIOD = ("quarter_end", "year", "scope_type", "scope_name")
# Null to date, which is never closed.
_WHOLE = "coalesce(quarter_end, make_date(year, 12, 31))"

# All that hangs on who was in post, came to a session or was absent. Time to date is worked out
# from closed sessions; recruitment's quarters and years, and debriefs, hang on no member of staff.
MARTS: Mapping[str, Mart] = {
    "retention_monthly": Mart("marts.retention_monthly", "month_end", _BY_MONTH),
    "absence_monthly": Mart("marts.absence_monthly", "month_end", _BY_MONTH),
    "caseload_monthly": Mart("marts.caseload_monthly", "month_end", _BY_MONTH),
    "recruitment_monthly": Mart("marts.recruitment_monthly", "month_end", _BY_MONTH),
    "participation_monthly": Mart("marts.participation_monthly", "month_end", _BY_MONTH),
    "participation_session": Mart("marts.participation_session", "session_date", ("session_id",)),
    "programme_fidelity": Mart("marts.programme_fidelity", "month_end", ("month_end", "promise")),
    "retention_yearly_dfe": Mart(
        "marts.retention_yearly_dfe", "make_date(year, 9, 30)", ("year",)
    ),
    "wellbeing_wave": Mart(
        "marts.wellbeing_wave",
        "wave_date",
        ("wave_date", "instrument", "subscale", "scope_type", "scope_name"),
    ),
    "int_board__retention": Mart(
        "intermediate.int_board__retention",
        "make_date(year, 12, 31)",
        ("year", "scope_type", "scope_name"),
    ),
    "int_board__retention_windows": Mart(
        "intermediate.int_board__retention_windows", "month_end", ("month_end",)
    ),
    "int_board__absence": Mart("intermediate.int_board__absence", _WHOLE, _BY_PERIOD),
    "int_board__participation": Mart("intermediate.int_board__participation", _WHOLE, _BY_PERIOD),
}  # fmt: skip


def close(settings: Settings, registry: Registry, build_file: Path, until: date) -> int:
    """Write every row of a period that ends by ``until`` and is not closed yet; returns how many.

    ``build_file``: a build of today's lake that passed every gate. A batch of its own each time, named
    by its content, so that a second call after a kill writes the same one. Raises duckdb.Error.
    """
    contract = registry[SOURCE]
    with duckdb.connect(config={"temp_directory": "", "threads": 2}) as connection:
        connection.execute(f"attach {literal(str(build_file))} as build (read_only)")
        _gather(connection, contract, until)
        rows = connection.execute("select * from closing order by all").fetchall()
        if not rows:
            return 0
        sha256 = hashlib.sha256(repr(rows).encode()).hexdigest()
        arrival = _arrival(contract, sha256, until, len(rows))
        target = lake.batch_path(settings, arrival)
        target.parent.mkdir(parents=True, exist_ok=True)
        written = partial(target)
        connection.execute(
            f"copy (select *, date '{until}' as as_of, '{sha256}' as file_sha256, "
            "row_number() over () as line, 'good' as row_status "
            f"from (select * from closing order by all)) to {literal(str(written))} {lake.WRITTEN_AS}"
        )
    put_in_place(written, target)
    lake.record(settings, arrival)
    return len(rows)


def _gather(connection: duckdb.DuckDBPyConnection, contract: Contract, until: date) -> None:
    columns = ", ".join(f"{quoted(one.lake_name)} {one.lake_type}" for one in contract.kept_columns)
    connection.execute(f"create table closing ({columns})")
    for name, mart in MARTS.items():
        same = " and ".join(
            f"closed.{column} is not distinct from mart_rows.{column}" for column in mart.key
        )
        connection.execute(
            f"insert into closing by name "
            f"select {literal(name)} as mart, {mart.period_end} as period_end, * "
            f"from build.{mart.relation} as mart_rows "
            f"where {mart.period_end} <= $until and not exists ("
            f"select 1 from build.lake.{SOURCE} as closed where closed.mart = {literal(name)} and {same})",
            {"until": until},
        )


def _arrival(contract: Contract, sha256: str, until: date, rows: int) -> Arrival:
    # A stem of its own, so that no closing is ever taken for a correction of another.
    stem = f"{SOURCE}_{sha256[:12]}"
    return Arrival(
        source=SOURCE,
        file_name=f"{stem}_{until}.parquet",
        stem=stem,
        as_of=until,
        revision=1,
        sha256=sha256,
        contract=contract.fingerprint,
        rejected=False,
        reason_code=None,
        sentence=None,
        rows_read=rows,
        rows_loaded=rows,
        rows_quarantined=0,
        extra_columns=None,
        received_at=datetime.now(UTC).replace(microsecond=0),
    )
