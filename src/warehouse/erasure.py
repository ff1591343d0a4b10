"""Take a person out of all that the warehouse holds, and prove it.

A tombstone first, so that no file that lands again brings them back; then landing (where asked),
the kept versions, quarantine and lake; then a new version. What the tombstones say is carried out
by ``take_out_the_buried``, which may be killed at any moment: the next run that holds the lock ends
it. The state afterwards is the one there would be had the tombstone always been there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial as partial_of
from pathlib import Path

import duckdb

from warehouse import (
    contracts,
    lake,
    nightly,
    person,
    pseudonyms,
    publish,
    purged_rows,
    set_aside,
    tombstones,
)
from warehouse.contracts import Contract, Registry
from warehouse.errors import BadConfiguration, CouldNotFinish, WarehouseError
from warehouse.files import partial, put_in_place
from warehouse.ingest import batch, people
from warehouse.ingest.judging import literal, quoted
from warehouse.ingest.rewriting import NotTheSame
from warehouse.key_search import KeySearch
from warehouse.nightly import Outcome, Say, silent
from warehouse.person import Person
from warehouse.settings import Settings
from warehouse.tombstones import Tombstones

_LEFT_ALONE = "without them it would not read as before for everybody else"
_OPEN: dict[str, str | bool | int | float | list[str]] = {"temp_directory": "", "threads": 2}


@dataclass(frozen=True)
class Place:
    """One place that was searched, and the person's rows that were found in it and taken out.

    ``emptied``: rows about something else, which only named them and stay without the key. ``left``:
    files of the place that a search of every byte afterwards found a key in; of a landing file, the
    rows that still stand in it.
    """

    place: str
    found: int
    removed: int
    emptied: int = 0
    left: int = 0
    note: str | None = None


@dataclass(frozen=True)
class Proof:
    """What an erasure did, and what a search of every byte afterwards found."""

    erased_on: str
    reason: str
    places: tuple[Place, ...]
    landing_still_holds: tuple[Place, ...]
    landing_not_searched: tuple[str, ...]
    files_searched: int
    bytes_searched: int
    files_that_still_hold_a_key: tuple[str, ...]
    outcome: Outcome = field(default_factory=lambda: Outcome(status="skipped"))

    @property
    def exit_code(self) -> int:
        """1 where a key is left, else how the building of a new version ended."""
        return 1 if self.files_that_still_hold_a_key else self.outcome.exit_code

    def as_dict(self) -> dict[str, object]:
        """For a machine."""
        facts = asdict(self)
        outcome = facts.pop("outcome")
        return facts | {"status": outcome["status"], "version": outcome["version"]}


def erase(
    settings: Settings,
    employee_id: str,
    reason: str,
    *,
    with_landing: bool = False,
    say: Say = silent,
) -> Proof:
    """Erase the person whom the HR system knows by this number; returns the proof report.

    reason: why, in a few words without a name; it stays in the tombstone. ``with_landing``: also
    write the landing files anew that hold them. A new version is published at the end; where it
    cannot be, ``outcome`` says why, and the person is out of the kept ones all the same.
    Raises WarehouseError; a second call goes on where a first one ended.
    """
    if not reason.strip():
        raise BadConfiguration("--reason is empty. Say in a few words why, without a name.")
    pseudonymiser = pseudonyms.load(settings)
    erased_on = datetime.now(UTC).date().isoformat()
    done: list[Place] = []
    left_alone: set[str] = set()
    whom: list[Person] = []

    def take_out(registry: Registry) -> None:
        known = person.known_by(employee_id, registry, pseudonymiser)
        known = known.with_keys(tombstones.known_keys(settings, known.staff_key))
        say("Looking for the person in landing and lake …")
        known = known.with_keys(_email_keys(settings, registry, known))
        whom.append(known)
        tombstones.bury(settings, known.staff_key, known.keys, erased_on, reason.strip())
        if with_landing:
            done.extend(_rewrite_landing(settings, registry, known, left_alone))
        done.extend(take_out_the_buried(settings, registry))

    try:
        outcome = nightly.build(settings, skip_without_staff=True, first=take_out, say=say)
    except WarehouseError as error:
        if not whom or tombstones.outstanding(settings):
            raise
        outcome = Outcome(status=error.status, exit_code=error.exit_code, messages=(str(error),))
    return _proved(settings, whom[0], erased_on, reason.strip(), done, left_alone, outcome)


def take_out_the_buried(settings: Settings, registry: Registry) -> list[Place]:
    """Take everybody who has a tombstone out of the kept versions, what was rebuilt of the past in the
    home, quarantine and lake.

    To be called with the lock held. Safe to be killed and called again. Raises CouldNotFinish
    where a file cannot be read or written; the erasure is then still under way.
    """
    buried = tombstones.load(settings)
    # It may quote a row of theirs.
    nightly.database_log(settings).unlink(missing_ok=True)
    blank = {source: _only_named(contract) for source, contract in registry.items()}
    anywhere = frozenset().union(*blank.values())
    try:
        # On the workbench, which gives the same rows the same bytes.
        with batch.open_workbench() as connection:
            # The published lists of bad rows have no keys, so the quarantine is asked before it
            # loses them.
            bad_rows = _bad_rows(connection, settings, registry, buried)
            places = [
                _out_of_version(settings, folder, buried, anywhere, bad_rows)
                for folder in publish.folders_with_people(settings)
            ]
            for files in (settings.set_aside, lake.BAD_ROWS), (settings.lake, ".parquet"):
                places += _out_of_folder(connection, settings, *files, registry, buried, blank)
            _count_anew(connection, settings)
        set_aside.show_nothing_else(settings)
    except duckdb.Error as error:
        raise CouldNotFinish(
            f"A file of lake/, published/ or build/ could not be read or written "
            f"({type(error).__name__}), so the erasure has not ended. Mend it and run the command again."
        ) from None
    tombstones.carried_out(settings, buried)
    return places


def _only_named(contract: Contract) -> frozenset[str]:
    """The lake's columns of a source in which a person is named by a row about something else."""
    return frozenset(
        column.lake_name for column in contract.kept_columns if column.on_erasure == "blank"
    )


def _email_keys(settings: Settings, registry: Registry, known: Person) -> frozenset[str]:
    contract = registry["hr_staff"]
    batches = [str(path) for path in sorted((settings.lake / contract.source).glob("*.parquet"))]
    with duckdb.connect(config=_OPEN) as connection:
        return person.email_keys(connection, batches, known)


def _rewrite_landing(
    settings: Settings, registry: Registry, known: Person, left_alone: set[str]
) -> list[Place]:
    """Write the landing files anew that hold the person; those that cannot be go into ``left_alone``."""
    done = []
    with batch.open_workbench() as workbench:
        for held in people.holding(settings, registry, known):
            if held.by_hand:
                continue
            arrival = held.candidate.arrival
            name = f"landing/{arrival.source}/{arrival.file_name}"
            try:
                people.rewrite(settings, workbench, registry[arrival.source], held, known)
            except NotTheSame:
                left_alone.add(name)
                continue
            done.append(Place(name, held.rows + held.named, held.rows, held.named))
    return done


BadRow = tuple[str, str, int]


def _bad_rows(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    registry: Registry,
    buried: Tombstones,
) -> frozenset[BadRow]:
    """(source, file name, line) of every bad row that is known to be somebody's who has a tombstone."""
    found: set[BadRow] = set()
    for arrival in lake.arrivals(settings):
        path = lake.quarantine_path(settings, arrival)
        if not arrival.rows_quarantined or not path.exists():
            continue
        columns = _text_columns(connection, path)
        purged = _purged_in_file(settings, registry, buried, path)
        theirs = f"({_theirs(columns, buried.keys)} or {purged(columns)})"
        lines = connection.execute(
            f"select line from read_parquet({literal(str(path))}) where {theirs}"
        ).fetchall()
        found.update((arrival.source, arrival.file_name, line) for (line,) in lines)
    return frozenset(found)


def _text_columns(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    described = connection.execute(
        f"describe select * from read_parquet({literal(str(path))})"
    ).fetchall()
    return [name for name, kind, *_ in described if kind == "VARCHAR"]


def _theirs(columns: Iterable[str], keys: frozenset[str]) -> str:
    """A condition that is true of a row with one of the keys in one of the columns, else false."""
    listed = ", ".join(literal(key) for key in sorted(keys))
    named = [f"coalesce({quoted(name)} in ({listed}), false)" for name in columns]
    return f"({' or '.join(named)})" if named and keys else "false"


PurgedIn = Callable[[Iterable[str]], str]


def _purged_in_file(
    settings: Settings, registry: Registry, buried: Tombstones, path: Path
) -> PurgedIn:
    """Gives the condition of a purged person's row in one of some columns of a lake or bad rows' file.

    Of a bad row no day is known, so it goes by the day that its file speaks for.
    """
    contract = registry.get(path.parent.name)
    if contract is None or not buried.purged:
        return lambda _: "false"
    wanted = {column.lake_name for column in purged_rows.columns(contract)}
    day, as_of = purged_rows.day_of(contract), "as_of"
    if path.parent.parent == settings.set_aside:
        day, as_of = None, f"try_cast({literal(path.name.partition('_')[0])} as date)"
    return lambda names: purged_rows.theirs(
        [name for name in names if name in wanted], buried.purged, day=day, as_of=as_of
    )


def _kept(
    columns: Iterable[str], keys: frozenset[str], blank: frozenset[str], purged: PurgedIn
) -> tuple[str, str, str]:
    """(condition of a row that goes, of one that only names them, replacements for those)."""

    def of_them(names: list[str]) -> str:
        return f"({_theirs(names, keys)} or {purged(names)})"

    columns = list(columns)
    goes = of_them([name for name in columns if name not in blank])
    emptied = [name for name in columns if name in blank]
    named = of_them(emptied)
    replaced = ", ".join(
        f"case when not {of_them([name])} then {quoted(name)} end as {quoted(name)}"
        for name in emptied
    )
    return goes, named, f"replace ({replaced})" if replaced else ""


def _out_of_version(
    settings: Settings,
    folder: Path,
    buried: Tombstones,
    blank: frozenset[str],
    bad_rows: frozenset[BadRow],
) -> Place:
    path = folder / publish.ANALYST
    removed = emptied = 0
    queries = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, columns in _tables(connection).items():
            texts = [name for name, kind in columns.items() if "VARCHAR" in kind]
            purged = partial_of(
                purged_rows.theirs,
                purged=buried.purged,
                day="start_date" if "start_date" in columns else None,
                as_of=None,
            )
            goes, named, replaced = _kept(texts, buried.keys, blank, purged)
            if table == "ops.quarantined_rows" and bad_rows:
                rows = ", ".join(
                    f"({literal(source)}, {literal(name)}, {line})"
                    for source, name, line in sorted(bad_rows)
                )
                goes = f"({goes} or (source, file_name, line) in ({rows}))"
            found = connection.execute(
                f"select count(*) filter (where {goes}), "
                f"count(*) filter (where not {goes} and {named}) from {table}"
            ).fetchone()
            assert found is not None
            if any(found):
                queries[table] = f"select * {replaced} from build.{table} where not {goes}"
            removed, emptied = removed + found[0], emptied + found[1]
    if queries:
        publish.rewrite_without(path, queries)
    return Place(str(folder.relative_to(settings.home)), removed + emptied, removed, emptied)


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """{schema.table: {column: type}} of the database that the connection was opened on."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where not internal order by all"
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _out_of_folder(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    folder: Path,
    suffix: str,
    registry: Registry,
    buried: Tombstones,
    blank: Mapping[str, frozenset[str]],
) -> list[Place]:
    """Write every batch or list of bad rows that holds one of the keys anew without it."""
    places = []
    for source in sorted(path for path in folder.iterdir() if path.is_dir()):
        removed = emptied = 0
        for path in sorted(source.glob(f"*{suffix}")):
            purged = _purged_in_file(settings, registry, buried, path)
            columns = _text_columns(connection, path)
            only_named = blank.get(source.name, frozenset())
            goes, named, replaced = _kept(columns, buried.keys, only_named, purged)
            listed = literal(str(path))
            found = connection.execute(
                f"select count(*) filter (where {goes}), "
                f"count(*) filter (where not {goes} and {named}) from read_parquet({listed})"
            ).fetchone()
            assert found is not None
            if any(found):
                written = partial(path)
                # In the order it had: the same file is to give the same batch.
                connection.execute(
                    f"copy (select * exclude (file_row_number) {replaced} "
                    f"from read_parquet({listed}, file_row_number = true) where not {goes} "
                    f"order by file_row_number) "
                    f"to {literal(str(written))} {lake.WRITTEN_AS}"
                )
                put_in_place(written, path)
            removed, emptied = removed + found[0], emptied + found[1]
        if removed + emptied:
            place = str(source.relative_to(settings.home))
            places.append(Place(place, removed + emptied, removed, emptied))
    return places


def _count_anew(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Put the counts of every record right by what its batch and quarantine now hold.

    From the files and not by subtraction, so that it can be done twice. Of a rejected file it goes
    on being said how many rows were read: whose the good ones were is not known any more.
    """
    for arrival in lake.arrivals(settings):
        bad_rows = lake.quarantine_path(settings, arrival)
        quarantined = 0
        if arrival.rows_quarantined and bad_rows.exists():
            quarantined = _count(connection, bad_rows, "true")
        now = replace(arrival, rows_quarantined=quarantined)
        if not arrival.rejected:
            good = "row_status = 'good'"
            loaded = _count(connection, lake.batch_path(settings, arrival), good)
            now = replace(now, rows_loaded=loaded, rows_read=loaded + quarantined)
        record = lake.arrival_path(settings, arrival)
        written = [path for path in (lake.batch_path(settings, arrival), bad_rows) if path.exists()]
        # What a record says of its files is of those that it was written after.
        is_older = any(_written_at(path) > _written_at(record) for path in written)
        if now != arrival or is_older:
            lake.record(settings, now)


def _written_at(path: Path) -> int:
    return path.stat().st_mtime_ns


def _count(connection: duckdb.DuckDBPyConnection, path: Path, condition: str) -> int:
    found = connection.execute(
        f"select count(*) from read_parquet({literal(str(path))}) where {condition}"
    ).fetchone()
    assert found is not None
    return int(found[0])


def _proved(
    settings: Settings,
    whom: Person,
    erased_on: str,
    reason: str,
    done: list[Place],
    left_alone: set[str],
    outcome: Outcome,
) -> Proof:
    """Search landing for the person and every other file of the home for their keys."""
    still, unread = [], []
    for held in people.holding(settings, contracts.load(settings), whom):
        arrival = held.candidate.arrival
        name = f"landing/{arrival.source}/{arrival.file_name}"
        if held.unread:
            unread.append(name)
            continue
        rows = held.rows + held.named
        by_hand = held.by_hand or (_LEFT_ALONE if name in left_alone else None)
        note = f"{by_hand}: put a file without them in its place" if by_hand else None
        still.append(Place(name, rows, 0, left=rows, note=note))
    search = KeySearch(whom.keys)
    for path in sorted(settings.home.rglob("*")):
        if path.is_file() and not path.is_symlink() and not tombstones.holds(settings, path):
            search.look_into(path, str(path.relative_to(settings.home)))
    left = tuple(search.found)
    places = tuple(
        replace(one, left=sum(name.startswith(f"{one.place}/") for name in left)) for one in done
    )
    return Proof(
        erased_on=erased_on,
        reason=reason,
        places=places,
        landing_still_holds=tuple(still),
        landing_not_searched=tuple(unread),
        files_searched=search.files,
        bytes_searched=search.bytes,
        files_that_still_hold_a_key=left,
        outcome=outcome,
    )


def in_words(proof: Proof) -> list[str]:
    """The proof report as sentences for a person; never the id, and no key."""
    said = [f"Erased on {proof.erased_on}. Reason: {proof.reason}"]
    found = [one for one in proof.places if one.found]
    for one in found:
        emptied = f", kept without their key {one.emptied}" if one.emptied else ""
        said.append(
            f"  {one.place}: found {one.found}, removed {one.removed}{emptied}, left {one.left}."
        )
    if not found:
        said.append(
            "  Nothing was found in lake, quarantine or published versions: check the id if that is a surprise."
        )
    said.append(
        f"Searched afterwards: {proof.files_searched} files, {proof.bytes_searched} bytes, decoded where "
        f"they are packed; {len(proof.files_that_still_hold_a_key)} of them hold a key of theirs."
    )
    said += [f"  STILL THERE: {name}" for name in proof.files_that_still_hold_a_key]
    if proof.landing_still_holds:
        said.append("Landing files that still hold them (a tombstone keeps them out of the lake):")
        said += [
            f"  {one.place}: {one.left} rows"
            + (f"; {one.note}." if one.note else "; --with-landing takes them out.")
            for one in proof.landing_still_holds
        ]
    else:
        said.append("No landing file that can be searched holds them.")
    if proof.landing_not_searched:
        said.append("Landing files that could not be searched; look into them by hand:")
        said += [f"  {name}" for name in proof.landing_not_searched]
    said.append(
        "Not reached from here: backups, copies made with --out, landing files that the senders keep, and a "
        "reader that has an old file open."
    )
    said += list(proof.outcome.messages)
    published = proof.outcome.status == "published"
    said.append(
        f"Published version {proof.outcome.version} is without them."
        if published
        else f"No new version was published ({proof.outcome.status})."
    )
    return said
