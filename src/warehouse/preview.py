"""What one file would change, worked out in memory: nothing is written and no lock is taken.

The file is judged by the code that would take it in. What stands now and what would stand with it
are two databases in memory, each with the lake's rows; for staff and leavers also with the spells,
made by the project's own models, so that a preview and a build can't come to differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import jinja2

from warehouse import contracts, gates, lake, operations, pseudonyms, tombstones
from warehouse.build import create_lake_table
from warehouse.contracts import Contract, Registry
from warehouse.errors import BadConfiguration, CouldNotFinish
from warehouse.ingest import batch, landing, names
from warehouse.ingest.judging import quoted
from warehouse.lake import Arrival, Standing
from warehouse.settings import Settings

SOURCES_OF_SPELLS = ("hr_staff", "hr_leavers")
_ARRIVED = "memory.main.arrived"
_SHOWN_BAD_ROWS = 20


@dataclass(frozen=True)
class Records:
    """Keys beside what stands now; ``corrected`` ones have other attributes, counted by column.

    A key that is withdrawn (``void``) is not there, so it counts as vanished.
    """

    new: int = 0
    corrected: int = 0
    vanished: int = 0
    unchanged: int = 0
    corrected_by_column: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class People:
    """Persons of this snapshot beside the one it is compared with, and spells that would end, or not.

    ``ending`` and ``no_longer_ending`` are spells by kind of exit (``leaver``, ``unexplained``,
    ``agency_ended``); ``appearing`` and ``disappearing`` are None but for a staff snapshot.
    """

    appearing: int | None
    disappearing: int | None
    ending: Mapping[str, int]
    no_longer_ending: Mapping[str, int]


@dataclass(frozen=True)
class Preview:
    """What would become of a file, and what would become of the figures' sources with it.

    ``status``: as ``ops.load_manifest`` would have it, or ``not_looked_at``. ``compared_with``: the
    as-of date of the snapshot that a snapshot is compared with; None for records and for a first
    snapshot. ``bad_rows``: line, column, reason and words, never a value.
    """

    source: str
    file_name: str
    as_of: date | None
    revision: int
    sha256: str
    status: str
    reason_code: str | None = None
    sentence: str | None = None
    judged_before: bool = False
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    extra_columns: str | None = None
    bad_rows: Sequence[Mapping[str, object]] = ()
    would_supersede: Sequence[str] = ()
    stands_instead: str | None = None
    compared_with: date | None = None
    records: Records = field(default_factory=Records)
    people: People | None = None
    warnings: Sequence[str] = ()

    @property
    def something_is_bad(self) -> bool:
        """Whether the file would be rejected, has bad rows, or lacks far more than usual."""
        return self.status == "rejected" or bool(self.rows_quarantined or self.warnings)

    def as_dict(self) -> dict[str, object]:
        """The machine's view."""
        return asdict(self)


def of(settings: Settings, path: Path, source: str | None = None) -> Preview:
    """Preview a file that may lie anywhere; ``source``: where its folder's name is none.

    Raises BadConfiguration where the file or its source can't be told, or the key is not usable;
    CouldNotFinish where what stands in the lake can't be read.
    """
    registry = contracts.load(settings)
    contract = _contract(registry, path, source)
    if not path.is_file():
        raise BadConfiguration("There is no such file. Nothing was read and nothing was changed.")
    pseudonymiser = pseudonyms.load(settings, only_read=True)
    try:
        arrival = landing.candidate(path, contract, tombstones.load(settings)).arrival
    except OSError as error:
        raise BadConfiguration(f"The file cannot be read ({error.strerror}).") from None
    if not names.is_looked_at(path):
        return replace(_seen(arrival), status="not_looked_at")
    try:
        with batch.open_workbench() as connection:
            return _compared(settings, registry, contract, pseudonymiser, path, arrival, connection)
    except duckdb.Error as error:
        # The message of a database error may quote a row, so it is never passed on.
        raise CouldNotFinish(
            f"{contract.source}: the file could not be compared with what stands in the lake "
            f"({type(error).__name__}). Nothing was changed. Is a file of lake/ damaged? warehouse build "
            "--out DIR names it."
        ) from None


def _contract(registry: Registry, path: Path, source: str | None) -> Contract:
    name = source or path.absolute().parent.name
    if name not in registry:
        which = "--source names none" if source else "The file's folder is not named after one"
        raise BadConfiguration(
            f"{which} of the sources, so the file's contract is not known. Give --source with one of: "
            f"{', '.join(registry)}."
        )
    return registry[name]


def _seen(arrival: Arrival) -> Preview:
    return Preview(
        source=arrival.source,
        file_name=arrival.file_name,
        as_of=arrival.as_of,
        revision=arrival.revision,
        sha256=arrival.sha256,
        status="rejected",
        reason_code=arrival.reason_code,
        sentence=arrival.sentence,
        rows_read=arrival.rows_read,
        rows_loaded=arrival.rows_loaded,
        rows_quarantined=arrival.rows_quarantined,
        extra_columns=arrival.extra_columns,
    )


def _compared(
    settings: Settings,
    registry: Registry,
    contract: Contract,
    pseudonymiser: pseudonyms.Pseudonymiser,
    path: Path,
    arrival: Arrival,
    connection: duckdb.DuckDBPyConnection,
) -> Preview:
    bad_rows: list[dict[str, object]] = []
    if not arrival.rejected:
        (arrival,) = batch.judge(
            connection, contract, pseudonymiser, [(path, arrival)], tombstones.load(settings)
        )
        if arrival.rows_quarantined:
            bad_rows = _as_dicts(connection.execute(batch.bad_rows(0)))
        if not arrival.rejected:
            connection.execute(
                f"create table {_ARRIVED} as {batch.batch_rows(contract, arrival, 0)}"
            )
    recorded = lake.arrivals(settings)
    now = lake.standing(recorded, registry)
    then = lake.standing([*recorded, arrival], registry)
    (ours,) = (row for row in then if row.arrival.file_id == arrival.file_id)
    before, after = _standing_names(now, contract), _standing_names(then, contract)
    seen = replace(
        _seen(arrival),
        status=ours.status,
        judged_before=any(
            (one.file_id, one.contract) == (arrival.file_id, arrival.contract) for one in recorded
        ),
        bad_rows=bad_rows,
        would_supersede=sorted(name for key, name in before.items() if key not in after),
        stands_instead=_stands_instead(then, ours),
    )
    # Under a contract that has changed since, the same bytes may say something else.
    if seen.judged_before or (before.keys() == after.keys() and not ours.stands):
        return seen
    _State(connection, "now").fill(settings, registry, contract, now)
    _State(connection, "afterwards").fill(settings, registry, contract, then, arrival)
    compared_with = _compared_with(now, arrival) if contract.kind == "snapshot" else None
    records = _records(connection, contract, arrival, compared_with)
    people = _people(connection, contract, arrival, compared_with)
    return replace(
        seen,
        compared_with=compared_with,
        records=records,
        people=people,
        warnings=_warnings(settings, connection, contract, then, records),
    )


def _as_dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    columns = [one[0] for one in result.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _standing_names(
    manifest: Iterable[Standing], contract: Contract
) -> dict[tuple[str, str, str], str]:
    return {
        row.arrival.file_id: row.arrival.file_name
        for row in manifest
        if row.stands and row.arrival.source == contract.source
    }


def _stands_instead(manifest: Iterable[Standing], ours: Standing) -> str | None:
    """The file that this one would have no say beside, where there is one."""
    if ours.status != "superseded":
        return None
    mine = ours.arrival
    return next(
        row.arrival.file_name
        for row in manifest
        if row.stands
        and (row.arrival.source, row.arrival.stem, row.arrival.as_of)
        == (mine.source, mine.stem, mine.as_of)
    )


def _compared_with(now: Iterable[Standing], arrival: Arrival) -> date | None:
    """The day whose snapshot stands now: the file's own, else the last one before it."""
    assert arrival.as_of is not None  # a file without a date is rejected
    days = {row.arrival.as_of for row in now if row.stands and row.arrival.source == arrival.source}
    return max((day for day in days if day and day <= arrival.as_of), default=None)


class _State:
    """A database in memory with what stands at one time: ``lake``, ``ops`` and, for staff, ``marts``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        self._connection = connection
        connection.execute(f"attach ':memory:' as {name}")
        connection.execute(f"use {name}")
        connection.execute("create schema lake; create schema marts")

    def fill(
        self,
        settings: Settings,
        registry: Registry,
        contract: Contract,
        manifest: list[Standing],
        arrived: Arrival | None = None,
    ) -> None:
        """``arrived``: the file whose rows are not in the lake yet, where its rows count."""
        with_spells = contract.source in SOURCES_OF_SPELLS
        for source in SOURCES_OF_SPELLS if with_spells else (contract.source,):
            in_lake = [row for row in manifest if not _is(row, arrived)]
            counts = source == contract.source and any(
                _is(row, arrived) and row.stands for row in manifest
            )
            create_lake_table(self._connection, settings, registry[source], in_lake)
            if counts:
                self._connection.execute(
                    f"insert into lake.{source} by name select * from {_ARRIVED}"
                )
        if with_spells:
            create_lake_table(self._connection, settings, registry["closed_months"], manifest)
            operations.create_tables(self._connection)
            operations.fill_manifest(self._connection, manifest, {}, "preview")
            _Models(settings, self._connection).make("staff_spells")


def _is(row: Standing, arrived: Arrival | None) -> bool:
    return arrived is not None and row.arrival.file_id == arrived.file_id


class _Models:
    """The project's dbt models, made into tables of schema ``marts`` here without dbt.

    For models that use nothing of dbt but ``ref``, ``source``, ``config`` and the project's macros.
    """

    def __init__(self, settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._made: set[str] = set()
        self._files = {path.stem: path for path in (settings.dbt_project / "models").rglob("*.sql")}
        # {% test %} blocks are dbt's own syntax, and no model calls them.
        macros = [
            path.read_text(encoding="utf-8")
            for path in sorted((settings.dbt_project / "macros").glob("*.sql"))
            if not path.name.startswith("test_")
        ]
        self._macros = "\n".join(macros)
        self._jinja = jinja2.Environment(
            extensions=["jinja2.ext.do"],
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - this is SQL of our own, no page
        )

    def make(self, name: str) -> str:
        """Make a model and all that it refers to; returns its relation."""
        relation = f"marts.{name}"
        if name not in self._made:
            self._made.add(name)
            template = self._macros + self._files[name].read_text(encoding="utf-8")
            query = self._jinja.from_string(template).render(
                ref=self.make,
                source=lambda schema, table: f"{schema}.{table}",
                config=lambda **_: "",
            )
            self._connection.execute(f"create table {relation} as {query}")
        return relation


def _records(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    arrival: Arrival,
    compared_with: date | None,
) -> Records:
    """Compare the statement in force for each key, before and after."""
    key = [quoted(contract.column(name).lake_name) for name in contract.key]
    if contract.key_holds_release:
        key.append("as_of")
    own = {quoted(name) for name in contract.lake_columns} - {
        quoted(name) for name in contracts.ROW_COLUMNS
    }
    attributes = sorted(own - set(key))
    counts = ", ".join(
        f"count(*) filter (where was and is_now and both_good and {_differs(name)})"
        for name in attributes
    )
    changed = " or ".join(_differs(name) for name in attributes)
    listed = ", ".join(key)
    sides = ", ".join(
        f"max({name}) filter (where side = {side}) as {_side(name, side)}"
        for name in attributes
        for side in (0, 1)
    )
    row = connection.execute(
        f"""
        with sides as (
            select 0 as side, * from ({_in_force(contract, "now", listed, compared_with)})
            union all by name
            select 1 as side, * from ({_in_force(contract, "afterwards", listed, arrival.as_of)})
        ),
        keys as (
            select {listed}, bool_or(side = 0) as was, bool_or(side = 1) as is_now,
                bool_and(row_status = 'good') as both_good, {sides}
            from sides group by {listed}
        )
        select
            count(*) filter (where is_now and not was),
            count(*) filter (where was and not is_now),
            count(*) filter (where was and is_now),
            count(*) filter (where was and is_now and both_good and ({changed})),
            {counts}
        from keys
        """
    ).fetchone()
    assert row is not None
    new, vanished, both, corrected, *by_column = row
    named = {
        name.strip('"'): number
        for name, number in zip(attributes, by_column, strict=True)
        if number
    }
    return Records(new, corrected, vanished, both - corrected, named)


def _side(name: str, side: int) -> str:
    return quoted(f"{name} {side}")


def _differs(name: str) -> str:
    return f"{_side(name, 0)} is distinct from {_side(name, 1)}"


def _in_force(contract: Contract, state: str, key: str, as_of: date | None) -> str:
    """One row a key: of a snapshot its rows of that day, of records the latest statement not withdrawn."""
    there = f"as_of = date '{as_of}'" if contract.kind == "snapshot" else "true"
    if contract.kind == "snapshot" and as_of is None:
        there = "false"
    withdrawn = "coalesce(void, false)" if contract.kind == "records" else "false"
    return f"""
        select * from (
            select * from {state}.lake.{contract.source} where {there}
            qualify row_number() over (
                partition by {key}
                order by row_status = 'good' desc, as_of desc, file_sha256 desc, line asc
            ) = 1
        ) where not {withdrawn}
    """


def _people(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    arrival: Arrival,
    compared_with: date | None,
) -> People | None:
    if contract.source not in SOURCES_OF_SPELLS:
        return None
    appearing = disappearing = None
    if contract.source == "hr_staff":
        row = connection.execute(
            """
            with was as (select distinct staff_key from now.lake.hr_staff where as_of = $before),
            is_now as (select distinct staff_key from afterwards.lake.hr_staff where as_of = $as_of)
            select
                (select count(*) from is_now anti join was using (staff_key)),
                (select count(*) from was anti join is_now using (staff_key))
            """,
            {"before": compared_with, "as_of": arrival.as_of},
        ).fetchone()
        assert row is not None
        appearing, disappearing = row
    return People(
        appearing,
        disappearing,
        ending=_exits(connection, "afterwards", "now"),
        no_longer_ending=_exits(connection, "now", "afterwards"),
    )


def _exits(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> dict[str, int]:
    """{kind of exit: spells} that end so in the one state and do not in the other."""
    return dict(
        connection.execute(
            f"""
            select exit_kind, count(*) from {one}.marts.staff_spells
            anti join {other}.marts.staff_spells using (staff_key, start_date, exit_kind)
            where exit_kind is not null
            group by exit_kind order by exit_kind
            """
        ).fetchall()
    )


def _warnings(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    then: list[Standing],
    records: Records,
) -> list[str]:
    if contract.source in SOURCES_OF_SPELLS:
        # The state that was filled last is the one in use, so the gate's own query reads it.
        return [
            f"{', '.join(one.file_names)}: {one.vanished} of {one.spells} permanent and fixed-term spells of "
            "the snapshot before would be gone without a leaver record, far more than usual. Nothing would "
            "be published until a complete file or the leaver records are there, or it is accepted "
            "(warehouse accept)."
            for one in gates.mass_vanishing(settings, connection, then)
        ]
    held = records.vanished + records.corrected + records.unchanged
    if gates.far_more_than_usual(records.vanished, held):
        return [
            f"{records.vanished} of {held} records would be gone, far more than usual: is the file complete?"
        ]
    return []


def in_words(preview: Preview) -> list[str]:
    """The sentences for a person."""
    what = f"{preview.source}/{preview.file_name}"
    if preview.status == "not_looked_at":
        return [
            f"{what}: files of such a name are passed over (hidden, or still being copied). Rename it."
        ]
    said = []
    if preview.status == "rejected":
        said.append(f"{what}: would be rejected ({preview.reason_code}): {preview.sentence}")
    else:
        said.append(
            f"{what} (as of {preview.as_of}, revision {preview.revision}): would be "
            f"{preview.status.replace('_', ' ')}; {preview.rows_read} rows read, {preview.rows_loaded} good, "
            f"{preview.rows_quarantined} bad."
        )
    if preview.extra_columns:
        said.append(f"Columns that the contract does not know: {preview.extra_columns}.")
    said += [
        f"  line {row['line']}, {row['column_name'] or 'the whole row'}: {row['reason_code']}: {row['detail']}"
        for row in preview.bad_rows[:_SHOWN_BAD_ROWS]
    ]
    if len(preview.bad_rows) > _SHOWN_BAD_ROWS:
        said.append(f"  … and {len(preview.bad_rows) - _SHOWN_BAD_ROWS} more (--json lists all).")
    if preview.judged_before:
        said.append("These bytes were judged before, so taking them in again changes no figure.")
    if preview.stands_instead:
        said.append(f"{preview.stands_instead} would stand instead, so this file changes nothing.")
    said += [f"It would replace {name}." for name in preview.would_supersede]
    if preview.status in ("loaded", "partly_loaded") and not preview.judged_before:
        said += _changes_in_words(preview)
    said += [f"Warning: {warning}" for warning in preview.warnings]
    said.append("This was a preview: nothing has been changed.")
    return said


def _changes_in_words(preview: Preview) -> list[str]:
    records = preview.records
    beside = (
        f"Beside the snapshot of {preview.compared_with}"
        if preview.compared_with
        else "Beside what stands now"
    )
    said = [
        f"{beside}: {records.new} new, {records.corrected} corrected, {records.vanished} vanished, "
        f"{records.unchanged} as before."
    ]
    if records.corrected_by_column:
        columns = ", ".join(
            f"{name} ({number})" for name, number in records.corrected_by_column.items()
        )
        said.append(f"  Corrected: {columns}.")
    people = preview.people
    if people is None:
        return said
    if people.appearing is not None:
        said.append(
            f"People: {people.appearing} would appear, {people.disappearing} would no longer be there."
        )
    said += [
        f"  Spells that would end ({kind}): {number}." for kind, number in people.ending.items()
    ]
    said += [
        f"  Spells that would no longer end ({kind}): {number}."
        for kind, number in people.no_longer_ending.items()
    ]
    return said
