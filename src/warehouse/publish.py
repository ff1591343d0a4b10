"""A new version folder, then one link flipped.

``published/versions/<version>/`` is written under another name, checked by reading all of it,
renamed, and only then does ``published/current`` point to it. Who has an old file open keeps
reading the old version; a version's file name is never used again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from warehouse.errors import BadConfiguration, CouldNotFinish, disk_full, is_full
from warehouse.files import (
    fsync_file,
    fsync_folder,
    partial,
    point_link,
    put_in_place,
    remove_tree,
    write_text_atomically,
)
from warehouse.settings import Settings

if TYPE_CHECKING:
    from warehouse.disclosure.boardfile import Plan
    from warehouse.disclosure.releases import Release
    from warehouse.lake import Arrival, Standing

VERSIONS = "versions"
CURRENT = "current"
BOARD = Path("board") / "board.duckdb"
ANALYST = Path("analyst") / "analyst.duckdb"
RELEASE_FILE = "release.json"
# In that file: the number of the release whose people figures the board's file shows.
PEOPLE_RELEASE = "people_release"
JOURNAL = "publications.jsonl"
# In build/, before the day: what the warehouse knew then.
AS_KNOWN_ON = "as_known_on_"
KEEP_KNOWN_ON_DAYS = 30


@dataclass(frozen=True)
class Publication:
    """One line of the journal of what was published."""

    version: str
    published_at: str
    inputs: str
    new_files: tuple[str, ...]


def version_name(built_at: datetime, inputs: str) -> str:
    """The name of a version: when it was built (UTC) and the first digits of what it was built from."""
    return f"{built_at:%Y%m%dT%H%M%SZ}-{inputs[:8]}"


def write_version(
    build_file: Path, folder: Path, version: str = "", wanted: "Plan | None" = None
) -> "Release | None":
    """Write both files of a version into ``folder``, close them, and read them back whole.

    wanted: which people figures the board's file shows; without one, today's, as if there had been no
    release. Returns the release that it made, None where the last one stands. Raises CouldNotFinish
    where a file is not as it was written, GateFailed where a hidden count could be worked out.
    """
    # Imported here: flipping and listing versions needs no DuckDB.
    from warehouse import metrics
    from warehouse.disclosure import boardfile
    from warehouse.operations import UNPUBLISHED

    analyst_file, board_file = folder / ANALYST, folder / BOARD
    for path in (analyst_file, board_file):
        path.parent.mkdir(parents=True)
    analyst_file.parent.chmod(0o750)

    def write_analysts() -> None:
        with _Copying(build_file, analyst_file) as copy:
            for table in (*copy.tables("marts"), *copy.tables("ops")):
                if table not in UNPUBLISHED and table != metrics.TABLE:
                    copy.table(table, table)
            copy.metrics()
        _check_and_keep(analyst_file)

    # Beside each other: they read the same file, and neither knows of the other's.
    with ThreadPoolExecutor(max_workers=1) as other:
        analysts = other.submit(write_analysts)
        released = _write_boards(build_file, board_file, version, wanted or boardfile.Plan())
        analysts.result()
    return released


def _write_boards(
    build_file: Path, board_file: Path, version: str, wanted: "Plan"
) -> "Release | None":
    from warehouse.disclosure import boardfile

    if wanted.standing:
        with _Copying(build_file, board_file) as copy:
            wanted = boardfile.of_todays_shape(wanted, copy.columns)
    released = None
    if wanted.standing:
        with _Copying(wanted.standing, board_file) as copy:
            boardfile.write_standing(copy)
    with _Copying(build_file, board_file) as copy:
        boardfile.write_fresh(copy)
        if not wanted.standing:
            released = boardfile.write_people(copy, wanted, version)
        copy.metrics()
    _check_and_keep(board_file)
    return released


class _Copying:
    """Copies tables with their comments from an attached build file into a new published file."""

    def __init__(self, build_file: Path, target: Path) -> None:
        import duckdb

        from warehouse.build import STORAGE_VERSION
        from warehouse.ingest.judging import literal

        self._literal = literal
        self._connection = duckdb.connect(
            str(target), config={"storage_compatibility_version": STORAGE_VERSION, "threads": 2}
        )
        self._connection.execute(f"attach {literal(str(build_file))} as build (read_only)")
        # Read once: DuckDB walks through the whole catalogue for each question to these views.
        self._columns: dict[str, list[tuple[str, str, str | None]]] = {}
        for relation, name, kind, comment in self._connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type, comment "
            "from duckdb_columns() where database_name = 'build' order by table_oid, column_index"
        ).fetchall():
            self._columns.setdefault(relation, []).append((name, kind, comment))
        self._tables: dict[str, str | None] = dict(
            self._connection.execute(
                "select schema_name || '.' || table_name, comment from duckdb_tables() "
                "where database_name = 'build' order by all"
            ).fetchall()
        )

    def __enter__(self) -> "_Copying":
        self._connection.execute("begin")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._connection.execute("rollback" if kind else "commit")
        self._connection.execute("detach build")
        self._connection.execute("checkpoint")
        self._connection.close()

    @property
    def connection(self) -> Any:
        """The connection to the file that is made, with the other as ``build``."""
        return self._connection

    def tables(self, schema: str) -> list[str]:
        """``schema.table`` for each table of the build file's schema."""
        return [name for name in self._tables if name.partition(".")[0] == schema]

    def columns(self, relation: str) -> dict[str, str]:
        """{name: type} of ``schema.table`` in order."""
        return {name: kind for name, kind, _ in self._columns[relation]}

    def table(
        self,
        relation: str,
        target: str,
        query: str | None = None,
        comments: Mapping[str, str] | None = None,
    ) -> None:
        """Copy ``relation`` of the build file to ``target``, with its comments and those given.

        Sorted by all its columns, so that equal content gives equal files. Where ``query`` takes
        only some columns, the comments of the others stay behind.
        """
        execute = self._connection.execute
        execute(f"create schema if not exists {target.partition('.')[0]}")
        source = query or f"select * from build.{relation}"
        execute(f"create table {target} as select * from ({source}) order by all")
        said = {name: comment for name, _, comment in self._columns[relation] if comment}
        taken = {name for (name, *_) in execute(f"describe {target}").fetchall()}
        remarks = [
            f"comment on column {target}.{name} is {self._literal(comment)}"
            for name, comment in {**said, **(comments or {})}.items()
            if name in taken
        ]
        if on_table := self._tables[relation]:
            remarks.append(f"comment on table {target} is {self._literal(on_table)}")
        if remarks:
            execute(";".join(remarks))

    def metrics(self) -> None:
        """Copy of the registry of metrics what speaks of the tables that have been copied."""
        from warehouse import metrics

        query = (
            f"select * from build.{metrics.TABLE} where mart in (select table_name "
            "from duckdb_tables() where schema_name = 'marts' and database_name <> 'build')"
        )
        self.table(metrics.TABLE, metrics.TABLE, query)


def _check_and_keep(path: Path) -> None:
    _check(path)
    fsync_file(path)
    fsync_folder(path.parent)


def _check(path: Path) -> None:
    """Read every table of a closed file to its end: a file copied without its log has none."""
    import duckdb

    wal = path.with_name(path.name + ".wal")
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f"select sum(hash(t)) from {schema}.{table} as t").fetchall()
    if wal.exists() or not tables:
        raise CouldNotFinish(
            f"The new {path.name} could not be read back whole, so it was not published and the last "
            "good version stands. Run again; if it happens twice, check the disk."
        )


def rewrite_without(analyst_file: Path, queries: Mapping[str, str]) -> None:
    """Write an analysts' file of the home anew without some of its rows.

    queries: {``schema.table``: what is to stay of it, as a query over ``build.<schema>.<table>``};
    of any other table all stays. A new file, since a database goes on holding the bytes of rows that
    were deleted; checked, then put in place in one step, under the old one's mode.
    """
    unfinished = partial(analyst_file.with_suffix(""))
    remove_tree(unfinished)
    unfinished.mkdir(mode=0o700)
    written = unfinished / analyst_file.name
    with _Copying(analyst_file, written) as copy:
        for table in (*copy.tables("marts"), *copy.tables("ops")):
            copy.table(table, table, queries.get(table))
    _check(written)
    written.chmod(analyst_file.stat().st_mode & 0o777)
    put_in_place(written, analyst_file)
    remove_tree(unfinished)


def place_version(
    settings: Settings,
    build_file: Path,
    version: str,
    release: dict[str, object],
    wanted: "Plan | None" = None,
) -> str:
    """Write a version under a hidden name and rename it into ``versions/``; returns its final name.

    wanted: which people figures the board sees; a release of them is noted when they are in place.
    """
    versions = settings.published / VERSIONS
    versions.mkdir(parents=True, exist_ok=True)
    taken = {path.name for path in versions.iterdir()}
    # Two builds of one second: a name that a reader may hold open is never used again.
    name = (
        version
        if version not in taken
        else f"{version}-{sum(one.startswith(version) for one in taken) + 1}"
    )
    unfinished = partial(versions / name)
    remove_tree(unfinished)
    unfinished.mkdir()
    released = write_version(build_file, unfinished, name, wanted)
    if wanted:
        last = wanted.earlier[-1].number if wanted.earlier else 0
        release = release | {PEOPLE_RELEASE: released.number if released else last}
    write_text_atomically(
        unfinished / RELEASE_FILE, json.dumps(release, indent=1, sort_keys=True) + "\n"
    )
    fsync_folder(unfinished)
    unfinished.rename(versions / name)
    fsync_folder(versions)
    if released:
        from warehouse.disclosure import releases

        releases.note(settings, released)
    return name


def board_file_of_release(settings: Settings, number: int) -> Path | None:
    """The board's file of the newest kept version that shows the people figures of a release."""
    for version in reversed(kept_versions(settings)):
        folder = settings.published / VERSIONS / version
        try:
            facts = json.loads((folder / RELEASE_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if facts.get(PEOPLE_RELEASE) == number and (folder / BOARD).is_file():
            return folder / BOARD
    return None


def flip(settings: Settings, version: str) -> None:
    """Point ``current`` at a version, and make sure the two fixed links are there."""
    point_link(settings.published / CURRENT, f"{VERSIONS}/{version}")
    for path in (BOARD, ANALYST):
        link = settings.published / path.name
        if not link.is_symlink():
            point_link(link, f"{CURRENT}/{path.as_posix()}")


def current_version(settings: Settings) -> str | None:
    """The version that readers see; None where there is none, or its files are gone."""
    link = settings.published / CURRENT
    if not link.is_symlink() or not all((link / path).is_file() for path in (BOARD, ANALYST)):
        return None
    return link.resolve().name


def kept_versions(settings: Settings) -> list[str]:
    """Versions on disk, oldest first."""
    folder = settings.published / VERSIONS
    if not folder.is_dir():
        return []
    return sorted(
        path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
    )


def prune(settings: Settings) -> list[str]:
    """Remove all but the newest versions, never the current one; returns what was removed."""
    spared = set(kept_versions(settings)[-settings.keep_versions :]) | {current_version(settings)}
    removed = [name for name in kept_versions(settings) if name not in spared]
    for name in removed:
        remove_tree(settings.published / VERSIONS / name)
    return removed


def rollback(settings: Settings, version: str | None) -> str:
    """Point back at an earlier version: the named one, else the one before the current.

    Raises BadConfiguration where there is no such version on disk.
    """
    versions = kept_versions(settings)
    current = current_version(settings)
    if version is None:
        earlier = [name for name in versions if current is not None and name < current]
        if not earlier:
            raise BadConfiguration(
                "There is no earlier version to go back to. warehouse status lists the versions kept."
            )
        version = earlier[-1]
    if version not in versions:
        raise BadConfiguration(
            f"There is no version of that name. Kept are: {', '.join(versions) or 'none'}."
        )
    flip(settings, version)
    return version


def journal(settings: Settings) -> list[Publication]:
    """All publications, oldest first. A line that a crash cut short is passed over."""
    path = settings.control / JOURNAL
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            facts = json.loads(line)
            found.append(Publication(**{**facts, "new_files": tuple(facts["new_files"])}))
        except (ValueError, TypeError, KeyError):
            continue
    return found


def not_yet_published(
    earlier: Iterable[Publication], manifest: "Iterable[Standing]"
) -> "list[Arrival]":
    """The files, each once, that no published version has taken into account yet."""
    known = {file_id for one in earlier for file_id in one.new_files}
    return [
        row.arrival
        for row in manifest
        if not row.read_again and "|".join(row.arrival.file_id) not in known
    ]


def headcounts(settings: Settings) -> list[tuple[date, int]]:
    """Month end and headcount of the whole service in the version that readers see.

    Empty where nothing is published, or where it cannot be read: a damaged version must not keep a
    whole one from taking its place.
    """
    import duckdb

    version = current_version(settings)
    if version is None:
        return []
    path = settings.published / VERSIONS / version / ANALYST
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(
                "select month_end, headcount from marts.retention_monthly "
                "where scope_type = 'service' order by month_end"
            ).fetchall()
    except duckdb.Error:
        return []


def note(settings: Settings, publication: Publication, earlier: Iterable[Publication]) -> None:
    """Add a publication to the journal."""
    lines = [
        json.dumps(vars(one) | {"new_files": list(one.new_files)})
        for one in (*earlier, publication)
    ]
    write_text_atomically(settings.control / JOURNAL, "\n".join(lines) + "\n")


def refuse_unless_free(settings: Settings, out: Path) -> None:
    """Raises BadConfiguration where a folder that --out names is none, holds something, or is in the home."""
    home = settings.home.resolve()
    if out.resolve() == home or home in out.resolve().parents:
        raise BadConfiguration(
            f"--out lies in the warehouse's home: {out}. The home is swept, backed up and erased from by "
            "commands that know nothing of such a copy. Name a folder outside it."
        )
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise BadConfiguration(f"--out is there and is no folder: {out}. Name another.")
    if out.is_dir() and any(out.iterdir()):
        raise BadConfiguration(
            f"--out is not empty: {out}. Nothing was written. Name a new folder, or empty this one."
        )


@contextmanager
def out_folder(settings: Settings, out: Path) -> Iterator[None]:
    """Make the folder that --out names, and leave nothing of it if the ``with`` block fails.

    Raises BadConfiguration where it is no folder, holds something, is in the home or cannot be written.
    """
    try:
        refuse_unless_free(settings, out)
        made = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        # Rights do not tell: a file system can be read-only, and its owner may write anywhere else.
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        if is_full(error):
            raise CouldNotFinish(disk_full(str(out))) from None
        raise BadConfiguration(
            f"--out cannot be written: {out} ({error.strerror}). Nothing was built. Name another folder, "
            "or give this account write access."
        ) from None
    try:
        yield
    except BaseException:
        for written in out.iterdir():
            if written.is_dir() and not written.is_symlink():
                remove_tree(written)
            else:
                written.unlink()
        if made:
            out.rmdir()
        raise


def export(
    build_file: Path,
    folder: Path,
    release: Mapping[str, object],
    say: Callable[[str], None],
) -> None:
    """Write a version into an empty folder of the caller's choice, in the layout of ``published/``.

    Raises CouldNotFinish where the operating system says no.
    """
    import duckdb

    try:
        _write_aside(build_file, folder, release)
    except duckdb.Error as error:
        if "No space left" in str(error):
            raise CouldNotFinish(disk_full(str(folder))) from None
        raise
    except OSError as error:
        if is_full(error):
            raise CouldNotFinish(disk_full(str(folder))) from None
        raise CouldNotFinish(
            f"--out could not be written: {folder} ({error.strerror}). Nothing in the home was changed. "
            "Name another folder, or mend that one and run again."
        ) from None
    say(f"Written to {folder}: nothing in the home was changed.")


def keep_as_known_on(
    settings: Settings,
    build_file: Path,
    day: date,
    release: Mapping[str, object],
    say: Callable[[str], None],
) -> None:
    """Write what was known on a day into the home's folder for it, in place of an earlier one.

    Outside ``published/``, since nothing that readers are sent to may stand on the past.
    """
    folder = settings.build / f"{AS_KNOWN_ON}{day}"
    unfinished = partial(folder)
    remove_tree(unfinished)
    unfinished.mkdir()
    _write_aside(build_file, unfinished, release)
    remove_tree(folder)
    unfinished.rename(folder)
    fsync_folder(folder.parent)
    say(
        f"Written to {folder}: what is published was not changed. It stays for {KEEP_KNOWN_ON_DAYS} days or "
        "until the same day is asked for again, and can be deleted at any time."
    )


def prune_known_on(settings: Settings, now: datetime) -> list[str]:
    """Remove what was written of a past day KEEP_KNOWN_ON_DAYS ago or earlier; returns the folders' names."""
    before = now.timestamp() - KEEP_KNOWN_ON_DAYS * 24 * 3600
    old = [
        folder
        for folder in sorted(settings.build.glob(f"{AS_KNOWN_ON}*"))
        if folder.lstat().st_mtime <= before
    ]
    for folder in old:
        remove_tree(folder)
    return [folder.name for folder in old]


def folders_with_people(settings: Settings) -> list[Path]:
    """Every folder of the home with an analysts' file: the kept versions, and what was known on a day."""
    versions = settings.published / VERSIONS
    return [
        *(versions / version for version in kept_versions(settings)),
        *sorted(
            folder
            for folder in settings.build.glob(f"{AS_KNOWN_ON}*")
            if (folder / ANALYST).is_file()
        ),
    ]


def _write_aside(build_file: Path, folder: Path, release: Mapping[str, object]) -> None:
    write_version(build_file, folder)
    write_text_atomically(
        folder / RELEASE_FILE, json.dumps(release, indent=1, sort_keys=True) + "\n"
    )
    for path in (BOARD, ANALYST):
        point_link(folder / path.name, path.as_posix())
