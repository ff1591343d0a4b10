"""Is it fit to be published? The checks between the marts and the published files.

Great Expectations guards two doors: ``arrivals`` (what a night brought, one row a file) and
``marts`` (what would be published). The suites are JSON under ``expectations/suites/``; each
expectation's ``meta`` has a ``level`` (``block`` stops the night, ``warn`` is said and no more) and
a ``message`` for a person. It is given small frames that hold no id and no name, because its
results may quote what it was given.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import lake
from warehouse.build import connect
from warehouse.contracts import FEWEST_BAD_ROWS
from warehouse.errors import BadConfiguration, GateFailed
from warehouse.files import write_text_atomically
from warehouse.lake import Arrival, Standing
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

MOST_VANISHED_SHARE = 0.10
FEWEST_VANISHED = 10
ACCEPTANCES = "acceptances"


@dataclass(frozen=True)
class Finding:
    """An expectation that was not met: how grave, and what to tell a person."""

    level: str
    message: str


@dataclass(frozen=True)
class Vanishing:
    """A staff snapshot from which ``vanished`` of the ``spells`` of the one before are gone."""

    as_of: date
    file_names: tuple[str, ...]
    vanished: int
    spells: int


def accept(settings: Settings, sha256: str, reason: str) -> None:
    """Keep a steward's word that a snapshot is right although many have vanished from it.

    Raises BadConfiguration where no staff snapshot of these bytes was ever taken in: a wrong path
    must not look like a decision.
    """
    if not any(
        arrival.source == "hr_staff" and arrival.sha256 == sha256 and not arrival.rejected
        for arrival in lake.arrivals(settings)
    ):
        raise BadConfiguration(
            "No staff snapshot with these bytes has been taken in, so there is nothing to accept. Name "
            "the file that the gate named, as it lies in landing/hr_staff/; one that has just landed is "
            "taken in by: warehouse nightly."
        )
    write_text_atomically(
        settings.control / ACCEPTANCES / f"{sha256}.json",
        json.dumps({"sha256": sha256, "reason": reason}, indent=1) + "\n",
    )


def acceptances(settings: Settings) -> frozenset[str]:
    """SHA-256 of every accepted snapshot file."""
    return frozenset(path.stem for path in (settings.control / ACCEPTANCES).glob("*.json"))


def require_staff(manifest: Iterable[Standing]) -> None:
    """Raises GateFailed where no staff snapshot stands: nothing could be said of anything."""
    if not any(row.stands and row.arrival.source == "hr_staff" for row in manifest):
        raise GateFailed(
            "No hr_staff snapshot has been loaded, so there is nothing to publish. "
            "Put one into landing/hr_staff/ (hr_staff_YYYY-MM-DD.csv) and run again."
        )


def require_no_mass_vanishing(
    settings: Settings, build_file: Path, manifest: Iterable[Standing]
) -> None:
    """Raises GateFailed where a staff snapshot lacks far more people than left.

    A half-written export must not become a mass exit. A steward lets it through with
    ``warehouse accept``.
    """
    with connect(build_file, read_only=True) as connection:
        found = mass_vanishing(settings, connection, manifest)
    for one in found:
        names = ", ".join(f"landing/hr_staff/{file_name}" for file_name in one.file_names)
        raise GateFailed(
            f"{names}: {one.vanished} of {one.spells} permanent and fixed-term spells of the snapshot before "
            "are gone without a leaver record. Nothing was published and the last good version stands. Land a "
            "complete file as _r2, or the missing leaver records; if the file is right, run: "
            f'warehouse accept {names.split(", ")[0]} --reason "…".'
        )


def far_more_than_usual(vanished: int, held: int) -> bool:
    """Whether so many of ``held`` are gone that a half-written export is likelier than an exodus."""
    return vanished >= FEWEST_VANISHED and vanished > MOST_VANISHED_SHARE * held


def mass_vanishing(
    settings: Settings, connection: duckdb.DuckDBPyConnection, manifest: Iterable[Standing]
) -> list[Vanishing]:
    """The staff snapshots that lack far more people than left, but those that a steward accepted.

    Between one hr_staff snapshot and the next: permanent and fixed-term spells of the one that are
    not in the other and have no leaver record, more than 10 % of them and at least 10.
    Closed months are not looked at: they passed, and without who was purged their shares would be
    others. ``connection`` has ``lake.hr_staff``, ``lake.closed_months``, ``ops.load_manifest`` and
    ``marts.staff_spells``, as a build file does.
    """
    accepted = acceptances(settings)
    staff = [row.arrival for row in manifest if row.stands and row.arrival.source == "hr_staff"]
    found = []
    for as_of, vanished, spells in connection.execute(_VANISHED).fetchall():
        files = [file for file in staff if file.as_of == as_of]
        if far_more_than_usual(vanished, spells) and not any(
            file.sha256 in accepted for file in files
        ):
            names = tuple(file.file_name for file in files)
            found.append(Vanishing(as_of, names, vanished, spells))
    return found


_VANISHED = """
with snapshots as (
    select as_of, lead(as_of) over (order by as_of) as next_as_of
    from (
        select distinct as_of from ops.load_manifest
        where source = 'hr_staff' and status in ('loaded', 'partly_loaded')
    )
),
held as (
    select staff_key, start_date, as_of,
        max(contract_type) filter (where row_status = 'good') as contract_type
    from lake.hr_staff
    group by staff_key, start_date, as_of
),
known as (
    select *,
        coalesce(
            contract_type,
            last_value(contract_type ignore nulls) over (
                partition by staff_key, start_date order by as_of
            )
        ) as known_contract_type
    from held
),
gone as (
    select
        snapshots.next_as_of as as_of,
        count(*) as spells,
        count(*) filter (where later.staff_key is null and spells.exit_kind is distinct from 'leaver') as vanished
    from known
    inner join snapshots on known.as_of = snapshots.as_of and snapshots.next_as_of is not null
    left join held as later
        on known.staff_key = later.staff_key and known.start_date = later.start_date
        and later.as_of = snapshots.next_as_of
    left join marts.staff_spells as spells
        on known.staff_key = spells.staff_key and known.start_date = spells.start_date
    where known.known_contract_type in ('permanent', 'fixed_term')
    group by snapshots.next_as_of
)
select as_of, vanished, spells from gone
where as_of > (select coalesce(max(period_end), date '0001-01-01') from lake.closed_months)
order by as_of
"""


def check_arrivals(
    settings: Settings, new: Iterable[Arrival], manifest: Iterable[Standing]
) -> list[Finding]:
    """Door one: the files that no published version holds yet, one row each.

    They stay new until a version with them is published, so a check that stopped one night stops
    the next one too.
    """
    judged = list(new)
    if not judged:
        return []
    import pandas as pd

    staff = sorted(
        (row.arrival for row in manifest if row.stands and row.arrival.source == "hr_staff"),
        key=lambda one: (str(one.as_of), one.file_name),
    )
    with duckdb.connect() as connection:
        facts = [_file_facts(settings, connection, arrival, staff) for arrival in judged]
    return _validate(settings, "arrivals", pd.DataFrame(facts))


def _file_facts(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    staff: list[Arrival],
) -> dict[str, Any]:
    overlap, new_teams = None, 0
    before = [one for one in staff if one.as_of and arrival.as_of and one.as_of < arrival.as_of]
    if arrival in staff and before:
        overlap, new_teams = _beside_previous(settings, connection, before[-1], arrival)
    return {
        "rows_unaccounted_for": (
            0
            if arrival.rejected
            else arrival.rows_read - arrival.rows_loaded - arrival.rows_quarantined
        ),
        # One bad row in a file of ten says nothing about the file.
        "bad_share": (
            arrival.rows_quarantined / arrival.rows_read
            if arrival.rows_quarantined >= FEWEST_BAD_ROWS
            else 0.0
        ),
        "days_ahead": (arrival.as_of - arrival.received_at.date()).days if arrival.as_of else 0,
        "overlap_with_previous": overlap,
        "new_teams": new_teams,
    }


def _beside_previous(
    settings: Settings, connection: duckdb.DuckDBPyConnection, before: Arrival, now: Arrival
) -> tuple[float | None, int]:
    """(share of the former snapshot's spells that this one holds too, teams it never named)."""
    row = connection.execute(
        """
        with former as (from read_parquet($former)), latter as (from read_parquet($latter))
        select
            (select avg((later.staff_key is not null)::integer)
             from former left join (select distinct staff_key, start_date from latter) as later
             using (staff_key, start_date)),
            (select count(distinct team) from latter where team not in (
                select team from former where team is not null))
        """,
        {
            "former": str(lake.batch_path(settings, before)),
            "latter": str(lake.batch_path(settings, now)),
        },
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def check_marts(settings: Settings, build_file: Path) -> list[Finding]:
    """Door two: the marts before they are published. Returns what was found, grave or not."""
    findings = []
    with connect(build_file, read_only=True) as connection:
        for suite in sorted(settings.suites.glob("marts_*.json")):
            query = json.loads(suite.read_text(encoding="utf-8"))["meta"]["query"]
            findings += _validate(settings, suite.stem, _frame(connection, query))
    return findings


def stop_on_blocking(findings: Iterable[Finding]) -> list[str]:
    """The sentences of what only warns. Raises GateFailed with the first that blocks."""
    warnings = []
    for finding in findings:
        if finding.level == "block":
            raise GateFailed(
                f"{finding.message} Nothing was published and the last good version stands."
            )
        warnings.append(finding.message)
    return warnings


def load_library() -> None:
    """Import Great Expectations, which takes seconds: called while dbt works in its own process."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    import great_expectations  # noqa: F401


def _frame(connection: duckdb.DuckDBPyConnection, query: str) -> "pd.DataFrame":
    return connection.execute(query).df()


def _validate(settings: Settings, suite_name: str, frame: "pd.DataFrame") -> list[Finding]:
    """Run one suite on one frame. An expectation that could not be run counts as not met."""
    load_library()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    document = json.loads((settings.suites / f"{suite_name}.json").read_text(encoding="utf-8"))
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    batch = (
        context.data_sources.add_pandas(suite_name)
        .add_dataframe_asset(suite_name)
        .add_batch_definition_whole_dataframe(suite_name)
    )
    suite = gx.ExpectationSuite(
        name=suite_name,
        expectations=[
            ExpectationConfiguration(type=one["type"], kwargs=one["kwargs"], meta=one["meta"])
            .to_domain_obj()
            for one in document["expectations"]
        ],
    )  # fmt: skip
    result = batch.get_batch(batch_parameters={"dataframe": frame}).validate(
        suite, result_format={"result_format": "BOOLEAN_ONLY", "partial_unexpected_count": 0}
    )
    findings = []
    for one in result.results:
        # An error inside the library comes back as "not met" with an exception beside it.
        if not one.success and one.expectation_config is not None:
            meta = one.expectation_config.meta or {}
            findings.append(Finding(meta["level"], f"{suite_name}: {meta['message']}"))
    return findings
