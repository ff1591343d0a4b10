"""Every way out of a read-only file that was ever tried, tried on the connections that serve.

A read-only connection alone reads any file of the account, attaches other databases and writes to
disk. Each attempt that works there is first shown to work there, so that what stops it here is the
lock and no slip of the pen.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard import data
from warehouse import reading_published, settings

Opened = Callable[[Path], AbstractContextManager[duckdb.DuckDBPyConnection]]


@dataclass(frozen=True)
class Attempt:
    """SQL that must fail. ``plainly``: whether a connection that is only read-only lets it through.

    `{secret}` is another database, `{text}` another file, `{link}` a link beside the served file to
    it, `{out}` a file that is not there yet, `{folder}` the folder of all these.
    """

    sql: str
    plainly: bool = True


ATTEMPTS = {
    # Reading something else.
    "attach": Attempt("attach '{secret}' as other (read_only); from other.marts.people"),
    "attach for writing": Attempt("attach '{secret}' as other (read_write); delete from other.marts.people"),
    "attach a new file": Attempt("attach '{out}' as other (read_write); create table other.t (x integer)"),
    "read_text": Attempt("from read_text('{text}')"),
    "read_blob": Attempt("from read_blob('{text}')"),
    "read_csv": Attempt("from read_csv('{text}')"),
    "read_csv of the system": Attempt("from read_csv('/etc/passwd', header = false, sep = ':')"),
    "read_json": Attempt("from read_json('{text}', format = 'newline_delimited')", False),
    "read_parquet": Attempt("from read_parquet('{text}')", False),
    "sniff_csv": Attempt("from sniff_csv('{text}')"),
    "a file by its name": Attempt("from '{text}'"),
    "glob": Attempt("from glob('/etc/*')"),
    "copy from": Attempt("create temp table t (a varchar, b varchar); copy t from '{text}'"),
    "summarize a file": Attempt("summarize from '{text}'"),
    "the way up": Attempt("from read_text('{folder}/marts/../secret.csv')"),
    "a link": Attempt("from read_text('{link}')"),
    "over the network": Attempt("from read_csv('http://127.0.0.1:9/x.csv')", False),
    "a frame of the program": Attempt("from frame_of_the_program"),
    "the environment": Attempt("select getenv('HOME')", False),
    # Writing.
    "copy to": Attempt("copy (select 1) to '{out}'"),
    "copy to parquet": Attempt("copy (select 1) to '{out}' (format parquet)"),
    "export": Attempt("export database '{out}'"),
    "create": Attempt("create table marts.mine (x integer)", False),
    "insert": Attempt("insert into marts.people values (2)", False),
    "delete": Attempt("delete from marts.people", False),
    "drop": Attempt("drop table marts.people", False),
    "comment": Attempt("comment on table marts.people is 'x'", False),
    "profiling to a file": Attempt("pragma enable_profiling = 'json'; "
                                   "pragma profiling_output = '{out}.json'; select 1"),
    "log to a file": Attempt("call enable_logging(storage = 'file', storage_path = '{out}')"),
    "a lasting secret": Attempt("set secret_directory = '{folder}'"),
    # Taking more than its share, and taking the lock off.
    "memory": Attempt("set memory_limit = '1GB'"),
    "threads": Attempt("set threads = 1"),
    "spilling to disk": Attempt("set temp_directory = '{folder}'"),
    "time": Attempt("set max_execution_time = 0"),
    "external access": Attempt("set enable_external_access = true", False),
    "the lock": Attempt("set lock_configuration = false", False),
    "reset of the lock": Attempt("reset lock_configuration", False),
    "allowed folders": Attempt("set allowed_directories = ['/']"),
    "allowed paths": Attempt("set allowed_paths = ['{text}']"),
    # Code of somebody else's.
    "install": Attempt("install httpfs from '{folder}'", False),
    "load": Attempt("load '{text}'", False),
    "where extensions come from": Attempt("set extension_directory = '{folder}'"),
    "unsigned extensions": Attempt("set allow_unsigned_extensions = true", False),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A folder with a served file and what somebody might want beside it."""

    folder: Path
    served: Path

    def sql(self, attempt: Attempt) -> str:
        return attempt.sql.format(
            secret=self.folder / "secret.duckdb",
            text=self.folder / "secret.csv",
            link=self.served.with_name("link.csv"),
            out=self.folder / "out",
            folder=self.folder,
        )

    def files(self) -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in sorted(self.folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small database, made once."""
    path = tmp_path_factory.mktemp("made") / "one.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.people as select 1 as n")
    return path


@pytest.fixture
def place(tmp_path: Path, file: Path) -> Place:
    published = tmp_path / "published"
    for kind in ("board", "analyst"):
        folder = published / "versions" / "v1" / kind
        folder.mkdir(parents=True)
        shutil.copy(file, folder / f"{kind}.duckdb")
        (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (published / "current").symlink_to(Path("versions") / "v1")
    shutil.copy(file, tmp_path / "secret.duckdb")
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "marts").mkdir()
    return Place(tmp_path, published / "versions" / "v1" / "board" / "board.duckdb")


@contextmanager
def plain(place: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(place.served), read_only=True) as connection:
        yield connection


@contextmanager
def boards(place: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    with data.connect(str(place.served)) as connection:
        yield connection


@contextmanager
def analysts(place: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading_published.opened(settings.load(place.folder)) as connection:
        yield connection


def run(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    """Run it as a caller would in whose program a frame of that name happens to stand."""
    import pandas as pd

    frame_of_the_program = pd.DataFrame({"x": [1]})
    assert len(frame_of_the_program) == 1
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize("name", list(ATTEMPTS))
@pytest.mark.parametrize("opened", [boards, analysts])
def test_no_way_leads_out_of_a_served_file(name: str, opened: Any, place: Place) -> None:
    before = place.files()
    with opened(place) as connection:
        with pytest.raises(duckdb.Error) as fault:
            run(connection, place.sql(ATTEMPTS[name]))
        assert not isinstance(fault.value, duckdb.ParserException)
        # The connection lives, and reads what it is there for.
        assert run(connection, "from marts.people") == [(1,)]
    assert place.files() == before


@pytest.mark.parametrize("name", [name for name, one in ATTEMPTS.items() if one.plainly])
def test_read_only_alone_would_let_it_through(name: str, place: Place) -> None:
    with plain(place) as connection:
        run(connection, place.sql(ATTEMPTS[name]))


def test_a_query_without_an_end_is_stopped(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board's connection gives a query ten seconds; here a fifth of one."""
    endless = (
        "with recursive r as (select 1 as n union all select n + 1 from r) select max(n) from r"
    )
    with boards(place) as connection:
        assert run(connection, "select current_setting('max_execution_time')") == [(10_000,)]
    monkeypatch.setitem(data._LIMITS, "max_execution_time", 200)
    with boards(place) as connection:
        with pytest.raises(duckdb.Error):
            run(connection, endless)
        assert run(connection, "from marts.people") == [(1,)]


def test_a_query_that_wants_all_memory_fails_and_the_process_lives(place: Place) -> None:
    """A list of 200 million numbers of eight bytes is 1.6 GB; the board's connection has 512 MB."""
    with boards(place) as connection:
        with pytest.raises(duckdb.OutOfMemoryException):
            run(connection, "select len(list(range)) from range(200000000)")
        assert run(connection, "from marts.people") == [(1,)]
        # Nothing was put onto the disk instead.
        assert run(connection, "select current_setting('temp_directory')") in ([("",)], [(None,)])
