"""No landing value of class id or drop, and no heading or name that a contract does not know, is in
anything that is ever written or said: good nights, stopped ones, broken ones and killed ones."""

import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from tests import canaries, nights
from tests.canaries import Flock
from tests.nights import PROJECT, Ended, ask, fill_landing
from warehouse import contracts
from warehouse.settings import Settings, project_root

REGISTRY = contracts.load(Settings(home=Path("unused"), project=project_root()))


@dataclass
class Haunt:
    """A home full of canaries, a temporary folder of its own, and all that was ever said."""

    root: Path
    flock: Flock = field(default_factory=Flock)
    said: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.root / "home"

    def run(self, *arguments: str, **changes: str | None) -> Ended:
        ended = nights.warehouse(self.home, *arguments, TMPDIR=str(self.root / "tmp"), **changes)
        self.said += [ended.said, ended.errors]
        return ended

    def run_until(self, ready: Callable[[], bool]) -> None:
        """Start a night and kill it with SIGKILL as soon as something is there."""
        process = nights.start(self.home, "nightly", TMPDIR=str(self.root / "tmp"))
        deadline = time.monotonic() + 240
        while not ready():
            assert process.poll() is None, "the run ended before the moment that the test waits for"
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        self.said += process.communicate()

    def leaks(self) -> list[str]:
        """Where a planted value stands, outside landing."""
        folders = [
            one
            for one in (*self.home.iterdir(), self.root / "tmp")
            if one.is_dir() and one.name != "landing"
        ]
        top = [one for one in self.home.iterdir() if one.is_file()]
        sources = [
            *canaries.everything_under(folders),
            *((str(one), one.read_bytes()) for one in top),
            *((f"said: {text}", text.encode()) for text in self.said),
        ]
        assert len(sources) > 30
        return [what for what, data in sources if canaries.found_in(data, self.flock.values)]


def _size(path: Path) -> int:
    """Bytes; 0 of a file that went away after it was listed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.fixture(scope="module")
def haunt(tmp_path_factory: pytest.TempPathFactory) -> Haunt:
    """After a good night over a small programme and every canary."""
    haunt = Haunt(tmp_path_factory.mktemp("haunt"))
    (haunt.root / "tmp").mkdir()
    fill_landing(haunt.home, staff=20, start="2019-01-01")
    canaries.plant(haunt.home / "landing", REGISTRY, haunt.flock)
    ended = haunt.run("nightly")
    assert ended.code == 3, ended.errors
    assert ended.result["status"] == "published_with_problems"
    return haunt


def test_a_leak_of_any_kind_would_be_found(tmp_path: Path) -> None:
    """The search itself: a name, text in four encodings, packed, in Parquet, in DuckDB, hashed."""
    flock = Flock()
    value = flock.one("somewhere")

    def found(name: str, data: bytes) -> bool:
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        return any(
            canaries.found_in(one, flock.values) for _, one in canaries.everything_under([folder])
        )

    assert not found("nothing.txt", b"a harmless line, with 0123456789abcdef in it" * 9)
    for number, form in enumerate(canaries.written_out(value)):
        assert found(f"text{number}.log", b"line\n" + form + b"\n")
    assert found("packed.gz", canaries.gzip.compress(value.encode()))
    assert found(f"{canaries.MARK}.csv", b"")
    for name, write in (
        (
            "table.parquet",
            f"copy (select '{value}' as x) to '{{}}' (format parquet, compression zstd)",
        ),
        (
            "table.duckdb",
            f"attach '{{}}' as f; create table f.t as select '{value}' as x; detach f",
        ),
    ):
        folder = tmp_path / f"of_{name.partition('.')[2]}"
        folder.mkdir()
        duckdb.sql(write.format(folder / name))
        assert any(
            canaries.found_in(one, flock.values) for _, one in canaries.everything_under([folder])
        )


def test_every_id_and_drop_column_of_every_table_is_planted(haunt: Haunt) -> None:
    places = " ".join(haunt.flock.values)
    secret = [
        f"{contract.source} {column.name} good"
        for contract in REGISTRY.values()
        for column in contract.columns
        if column.privacy != "keep" and contract.reader == "table"
    ]
    assert len(secret) >= 13
    assert not [place for place in secret if place not in places]


def test_a_good_night_writes_and_says_none_of_them(haunt: Haunt) -> None:
    """The planted rows were read, both good and bad; the planted files were refused for each reason."""
    assert haunt.leaks() == []
    sources = {
        one.source
        for one in REGISTRY.values()
        if one.reader == "table" and any(column.privacy != "keep" for column in one.columns)
    }
    loaded = ask(
        haunt.home,
        "select source from ops.load_manifest where file_name like 'rows_%' and status = 'partly_loaded'",
    )
    assert sources
    assert sources <= {one for (one,) in loaded}
    reasons = ask(haunt.home, "select distinct reason_code from ops.load_manifest order by all")
    assert {one for (one,) in reasons} >= {
        "unknown_source", "no_as_of_date", "unreadable", "repeated_column", "missing_column",
        "too_many_bad_rows",
    }  # fmt: skip
    extra = ask(
        haunt.home, "select extra_columns from ops.load_manifest where file_name like 'extra_%'"
    )
    assert extra
    assert all(text.startswith("1 (position ") for (text,) in extra)


def test_neither_a_preview_nor_a_refusal_says_any_of_them(haunt: Haunt) -> None:
    staff = haunt.home / "landing" / "hr_staff"
    planted = [one for one in sorted(staff.iterdir()) if canaries.AS_OF in one.name]
    odd = [one for one in staff.iterdir() if canaries.MARK in one.name]
    assert len(planted) > 5
    assert odd
    for path in (*planted, *odd):
        assert haunt.run("preview", str(path)).code in (0, 3)
    moved = haunt.root / path.name
    shutil.copyfile(planted[0], moved)
    assert haunt.run("preview", str(moved)).code == 2
    assert haunt.run("accept", str(moved), "--reason", "A word.").code == 2
    assert haunt.run("status").code == 0
    assert haunt.leaks() == []


def test_neither_a_gate_nor_a_broken_tool_nor_a_kill_lets_any_of_them_out(
    haunt: Haunt, tmp_path: Path
) -> None:
    """A half-written snapshot (exit 4); a model that no database can run (exit 1); a key that has
    changed (exit 2); a lake file of which half is gone (exit 1); and SIGKILL while batches are
    written and while dbt builds. What each left behind is searched before the next tidies it up."""
    landing = haunt.home / "landing"
    last = sorted((landing / "hr_staff").glob("hr_staff_*.csv"))[-1]
    lines = last.read_text(encoding="utf-8").splitlines()
    half = landing / "hr_staff" / "hr_staff_2020-01-31.csv"
    half.write_text("\n".join(lines[: len(lines) // 4]) + "\n", encoding="utf-8")
    assert haunt.run("nightly").code == 4
    assert haunt.leaks() == []
    half.unlink()

    project = tmp_path / "project"
    for part in ("dbt_project", "expectations"):
        shutil.copytree(PROJECT / part, project / part)
    shutil.copy(PROJECT / "programme.yml", project)
    model = next((project / "dbt_project/models").rglob("stg_hr_staff.sql"))
    model.write_text(
        model.read_text(encoding="utf-8").replace(
            "select * from typed", "select staff_key::integer from typed"
        ),
        encoding="utf-8",
    )
    assert haunt.run("nightly", WAREHOUSE_PROJECT=str(project)).code == 1
    assert haunt.leaks() == []
    assert haunt.run("nightly", WAREHOUSE_PSEUDONYM_KEY="6b" * 32).code == 2

    # Everything is judged anew, and the run is killed with much of it half-written.
    shutil.rmtree(haunt.home / "lake")
    haunt.run_until(lambda: len(list(haunt.home.glob("lake/*/*.parquet"))) > 20)
    assert haunt.leaks() == []
    # All of it again gives what is published already: only something new makes a night build.
    leavers = sorted((landing / "hr_leavers").glob("hr_leavers_*.csv"))[-1]
    header = leavers.read_text(encoding="utf-8").splitlines()[0]
    leavers.with_name("hr_leavers_2020-01-31.csv").write_text(f"{header}\n", encoding="utf-8")
    haunt.run_until(
        lambda: sum(map(_size, haunt.home.glob("build/run/warehouse.duckdb*"))) > 1 << 20
    )
    assert haunt.leaks() == []

    batch = next(iter(sorted((haunt.home / "lake/hr_staff").glob("*.parquet"))))
    batch.write_bytes(batch.read_bytes()[: batch.stat().st_size // 2])
    assert haunt.run("nightly").code == 1
    assert haunt.leaks() == []
