"""Law one: what stands is a pure function of the files that have landed.

Not of the order in which they came, in how many nights and families, how often, whether they are
still there, nor of a `kill -9` in between. Here everything up to dbt's door is compared: the
manifest, the rows of every source, the quarantine. Whole nights: `tests/end_to_end`.
"""

import gzip
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.nights import KEY, RUN_METADATA, environment
from warehouse import build, contracts, lake, nightly
from warehouse.ingest import landing
from warehouse.settings import Settings, project_root

REGISTRY = contracts.load(Settings(home=Path("unused"), project=project_root()))
STAFF = "employee_id,full_name,team,job_role,is_social_worker,contract_type,fte,start_date"
LEAVERS = "employee_id,start_date,leaving_date,leaving_reason,record_status,void"
ATTENDANCE = "session_id,employee_id,attendance,void"
DAYS = ("2019-01-31", "2019-03-31")
FIRST_NIGHT = datetime(2019, 4, 1, 2, 0, tzinfo=UTC)

State = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Landed:
    """One file that a sender put into landing."""

    folder: str
    name: str
    data: bytes


def pick(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def rows(*cells: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.tuples(*cells).map(",".join), max_size=6)


people = pick("p1", "p2", "p3", "p4", "")
# Seven is no FTE and "soon" no date: a few rows are bad, and at times a whole file is.
staff_rows = rows(
    people,
    pick("Jane"),
    pick("North", "South"),
    pick("case_holder"),
    pick("Y"),
    pick("permanent", "agency"),
    pick("1", "0.5", "7"),
    pick("2018-05-01", "2018-06-01", "soon"),
)
leaver_rows = rows(
    people,
    pick("2018-05-01", "2018-06-01"),
    pick("2019-01-15", "2019-03-31", "2018-01-01"),
    pick("resignation", "retirement"),
    pick("leaver", "rescinded"),
    pick("", "Y", "N"),
)
attendance_rows = rows(
    pick("s1", "s2"), people, pick("attended", "apologies", "asleep"), pick("", "Y")
)
TABLES = {
    "hr_staff": (STAFF, staff_rows),
    "hr_leavers": (LEAVERS, leaver_rows),
    "group_attendance": (ATTENDANCE, attendance_rows),
}


@st.composite
def landed_files(draw: st.DrawFn, sources: Sequence[str]) -> Landed:
    """An export of a source: a first issue or a re-issue, packed or not, named well or badly, now and
    then without its heading or in a folder that is no source."""
    source = draw(pick(*sources))
    heading, body = TABLES[source]
    lines = [heading, *draw(body)]
    if draw(st.integers(0, 9)) == 0:
        lines = lines[1:]
    data = ("\n".join(lines) + "\n").encode()
    revision = draw(pick("", "", "", "_r2"))
    name = f"{draw(pick('a', 'a', 'a', 'b'))}_{draw(pick(*DAYS))}{revision}"
    ending = draw(pick(".csv", ".csv", ".csv.gz", ".csv.gz", "_late.csv"))
    if ending == ".csv.gz":
        data = gzip.compress(data, mtime=0)
    return Landed(draw(pick(*[source] * 9, "hr_stafff")), name + ending, data)


@st.composite
def sets_of_files(draw: st.DrawFn) -> list[Landed]:
    """Of few sources at a time, so that files are often about the same export."""
    sources = draw(st.lists(pick(*TABLES), min_size=1, max_size=2, unique=True))
    return draw(st.lists(landed_files(sources), min_size=2, max_size=10, unique=True))


file_sets = sets_of_files()


def put(home: Path, files: Iterable[Landed]) -> None:
    for file in files:
        path = home / "landing" / file.folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


def state(home: Path, known_on: date | None = None) -> State:
    """All rows of all that dbt is handed, but what a run says of itself."""
    where = Settings(home=home, project=project_root())
    manifest = lake.manifest(lake.arrivals(where), REGISTRY, known_on=known_on)
    with tempfile.TemporaryDirectory() as folder:
        under_way = build.Build(Path(folder) / "b.duckdb", "v", FIRST_NIGHT)
        build.prepare(where, REGISTRY, manifest, under_way, {})
        with duckdb.connect(str(under_way.file), read_only=True) as connection:
            found = {}
            for (relation,) in connection.execute(
                "select table_schema || '.' || table_name from information_schema.tables order by all"
            ).fetchall():
                left_out = RUN_METADATA.get(relation, ())
                columns = f"* exclude ({', '.join(left_out)})" if left_out else "*"
                found[relation] = connection.execute(
                    f"select {columns} from {relation} order by all"
                ).fetchall()
    assert "lake.hr_staff" in found
    return found


@pytest.fixture(autouse=True, scope="module")
def _key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
        yield


@contextmanager
def a_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "home"


def take_in(home: Path, night: int, families: Sequence[str] | None = None) -> None:
    """Judge what is new on the so-manieth night, which is a day after the one before."""
    moment = FIRST_NIGHT + timedelta(days=night)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return moment

    where = Settings(home=home, project=project_root())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing, "datetime", Clock)
        for family in families or (None,):
            nightly.ingest(family, where)


def one_after_the_other(home: Path, files: Iterable[Landed]) -> State:
    """The plainest history: each file on a night of its own, in the order of names and bytes."""
    for night, file in enumerate(sorted(files, key=lambda one: (one.folder, one.name, one.data))):
        put(home, [file])
        take_in(home, night)
    return state(home)


def in_nights(draw: st.DataObject, files: Sequence[Landed]) -> list[list[Landed]]:
    """The files in any order, cut into nights; two of one name never come in one night, since the
    second would overwrite the first before anybody saw it."""
    nights: list[list[Landed]] = [[]]
    for file in draw.draw(st.permutations(files), label="order"):
        clashes = any((one.folder, one.name) == (file.folder, file.name) for one in nights[-1])
        if clashes or draw.draw(st.integers(0, 3), label="next night") == 0:
            nights.append([])
        nights[-1].append(file)
    return nights


slow = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@slow
@given(file_sets, st.data())
def test_order_batching_repetition_and_removal_change_nothing(
    files: list[Landed], draw: st.DataObject
) -> None:
    with a_home() as plain, a_home() as other:
        expected = one_after_the_other(plain, files)
        seen: list[Landed] = []
        nights = in_nights(draw, files)
        for number, night in enumerate(nights):
            if draw.draw(st.booleans(), label="landing is emptied"):
                shutil.rmtree(other / "landing", ignore_errors=True)
            # What came before may come again, but never over a file that is yet to be judged.
            names = {(one.folder, one.name) for one in night}
            again = [one for one in seen if (one.folder, one.name) not in names]
            if again:
                put(other, draw.draw(st.lists(st.sampled_from(again), max_size=3), label="again"))
            put(other, night)
            families = draw.draw(st.permutations(sorted(nightly.FAMILIES)), label="families")
            by_family = draw.draw(st.booleans(), label="by family")
            take_in(other, number, families if by_family else None)
            seen += night
        shutil.rmtree(other / "landing")
        take_in(other, len(nights))
        assert state(other) == expected


@slow
@given(file_sets, st.data())
def test_what_was_known_on_a_day_can_be_told_on_any_later_day(
    files: list[Landed], draw: st.DataObject
) -> None:
    """The clock is turned by a day from night to night; a file that comes again is as old as it was."""
    with a_home() as home:
        known: dict[date, State] = {}
        nights = in_nights(draw, files)
        for number, night in enumerate(nights):
            # All that came before lies there still, or again, unless its name was taken.
            put(home, [*itertools.chain(*nights[:number]), *night])
            take_in(home, number)
            known[FIRST_NIGHT.date() + timedelta(days=number)] = state(home)
        for day, then in known.items():
            assert state(home, known_on=day) == then
        assert state(home, known_on=FIRST_NIGHT.date() - timedelta(days=1))["lake.hr_staff"] == []


# Ends itself with SIGKILL at the n-th time that Python opens, makes, renames or removes a file in the home.
KILLED_AT = """
import os, signal, sys
from pathlib import Path
home, left = sys.argv[1], int(sys.argv[2])
from warehouse import nightly
from warehouse.settings import load
from warehouse.ingest import batch

def watch(event, arguments):
    global left
    if event in ("open", "os.rename", "os.mkdir", "os.remove") and str(arguments[0]).startswith(home):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
nightly.ingest(settings=load(home))
"""


def killed(home: Path, moment: int) -> bool:
    """Whether an ingest was killed at that moment; False where it had ended before."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(home), str(moment)],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(file_sets, st.lists(st.integers(1, 120), min_size=1, max_size=2))
def test_killed_at_any_moment_the_next_run_comes_out_the_same(
    files: list[Landed], moments: list[int]
) -> None:
    """A real process, gone without a word; what it left half-written is swept by the next."""
    files = list({(one.folder, one.name): one for one in files}.values())
    with a_home() as plain, a_home() as other:
        put(plain, files)
        take_in(plain, 0)
        put(other, files)
        for moment in moments:
            killed(other, moment)
        take_in(other, 0)
        assert state(other) == state(plain)
        assert not [path for path in other.rglob("*") if path.name.endswith(".part")]


def test_the_kill_of_these_tests_does_kill() -> None:
    with a_home() as home:
        put(home, [Landed("hr_leavers", "a_2019-01-31.csv", f"{LEAVERS}\n".encode())])
        assert killed(home, 1)
        assert not list(home.glob("lake/_manifest/*/*.json"))
        assert killed(home, 12)
        assert not killed(home, 100_000)
        assert len(list(home.glob("lake/_manifest/*/*.json"))) == 1
        assert os.environ["WAREHOUSE_PSEUDONYM_KEY"] == KEY
