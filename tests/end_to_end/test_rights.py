"""Erasing a person in real processes: what is published afterwards, after a kill too."""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

from tests import nights
from tests.nights import ask, content, fill_landing, warehouse
from tests.oracle.landing import staff_key
from warehouse.key_search import KeySearch

WHO = "ERASE-ME-77"
KEY_OF_WHO = staff_key(WHO, nights.KEY)
WORDS = ("erase", "--employee-id", "-", "--reason", "asked for by the person")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one good night, in which one person stands under an unmistakable number.

    Everything that the generator says of one member of a group is given to them, and one bad row.
    """
    home = tmp_path_factory.mktemp("rights") / "home"
    fill_landing(home)
    attendance = sorted((home / "landing/group_attendance").glob("*.csv"))
    theirs = attendance[0].read_text(encoding="utf-8").splitlines()[1].split(",")[1]
    for path in (home / "landing").glob("*/*.csv"):
        text = path.read_text(encoding="utf-8")
        if theirs in text:
            path.write_text(text.replace(theirs, WHO), encoding="utf-8")
    with attendance[-1].open("a", encoding="utf-8") as stream:
        fields = {"session_id": "G99-999", "employee_id": WHO, "attendance": "perhaps"}
        header = attendance[-1].read_text(encoding="utf-8").splitlines()[0].split(",")
        stream.write(",".join(fields.get(name, "") for name in header) + "\n")
    ended = warehouse(home, "nightly")
    assert ended.code == 3, ended.errors  # their bad row
    assert ask(
        home, f"select count(*) from marts.staff_spells where staff_key = '{KEY_OF_WHO}'"
    ) != [(0,)]
    return home


def told(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that takes the person's number from standard input."""
    return subprocess.run(
        [str(nights.WAREHOUSE), *arguments],
        input=f"{WHO}\n",
        env=nights.environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_killed_erasure_is_ended_by_the_next_night_and_equals_one_from_the_start(
    home: Path, tmp_path: Path
) -> None:
    """kill -9 once the tombstone stands; then a night; then the command again; then a replay.

    The replay has the landing files and the tombstone alone, so the home with the erasure and the
    home that never knew the person have to publish the same content.
    """
    before = json.loads(told(home, "subject-access", "--employee-id", "-").stdout)
    assert before["lake"]["sources"]
    assert before["quarantine"]["rows"]
    old_version = str((home / "published/current").readlink())

    process = subprocess.Popen(
        [str(nights.WAREHOUSE), *WORDS],
        env=nights.environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(WHO)
    process.stdin.close()
    tombstone = home / "control/tombstones" / f"{KEY_OF_WHO}.json"
    deadline = time.monotonic() + 60
    while not tombstone.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert tombstone.exists()

    night = warehouse(home, "nightly")
    assert (night.code, night.result["status"]) == (0, "published"), night.errors
    again = told(home, *WORDS, "--with-landing", "--json")
    assert again.returncode == 0, again.stderr
    proof = json.loads(again.stdout.splitlines()[-1])
    assert proof["status"] == "nothing_new"
    assert proof["landing_still_holds"] == []
    assert any(one["place"].startswith("landing/hr_staff/") for one in proof["places"])
    assert WHO not in again.stdout + again.stderr
    assert KEY_OF_WHO not in again.stdout + again.stderr

    keys = json.loads(tombstone.read_text(encoding="utf-8"))["keys"]
    assert len(keys) == 3  # staff, survey, e-mail
    search = KeySearch(keys)
    for path in home.rglob("*"):
        if path.is_file() and path.parent != tombstone.parent:
            search.look_into(path, str(path.relative_to(home)))
            assert WHO.encode() not in path.read_bytes()
    assert search.found == []
    # The version of the evening before is still there, without them.
    old = home / "published" / old_version / "analyst/analyst.duckdb"
    with duckdb.connect(str(old), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from marts.staff_spells").fetchall() == [
            (True,)
        ]

    afresh = tmp_path / "home"
    shutil.copytree(home / "landing", afresh / "landing")
    shutil.copytree(home / "control/tombstones", afresh / "control/tombstones")
    shutil.copytree(home / "control/landing_rewrites", afresh / "control/landing_rewrites")
    replayed = warehouse(afresh, "nightly")
    assert replayed.result["status"] == "published_with_problems", replayed.errors  # of others
    # The board goes on seeing what was released before: less one person the next day would be that person.
    assert content(afresh / "published/analyst.duckdb") == content(
        home / "published/analyst.duckdb"
    )

    after = json.loads(told(home, "subject-access", "--employee-id", "-").stdout)
    assert after["nothing_is_held"]
