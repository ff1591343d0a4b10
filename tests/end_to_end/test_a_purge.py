"""Purging old leavers in real processes: no figure moves, no key stays, who is taken on again is there."""

import csv
import json
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests import nights
from tests.nights import ask, fill_landing, finished, published, start, warehouse
from tests.oracle.landing import staff_key
from warehouse.key_search import KeySearch

# With two years to keep and a last snapshot of December 2020: closed are the months to December 2018,
# and who goes had left by December 2017.
YEARS = {"WAREHOUSE_KEEP_LEAVERS_YEARS": "2"}
CLOSED_UNTIL = date(2018, 12, 31)
LEFT_BY = date(2017, 12, 31)
# What tells of people or of loaded rows, and not of months.
OF_PEOPLE_OR_ROWS = (
    "marts.staff_spells",
    # How long people stay is watched from the day after the closed months (decision 32).
    "marts.impact_survival",
    "marts.impact_survival_curve",
    "marts.hr_reconciliation",
    "marts.load_summary",
    "board marts.load_summary",
    "ops.load_manifest",
    "ops.quarantined_rows",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one night over four and a quarter years."""
    home = tmp_path_factory.mktemp("purge") / "home"
    fill_landing(home, start="2016-10-01", end="2020-12-31")
    ended = warehouse(home, "nightly")
    assert ended.code in (0, 3), ended.errors
    return home


def gone_for_long(home: Path) -> set[str]:
    """The keys of who is in post in no month from January 2018 on, by the published spells."""
    rows = ask(
        home,
        "select staff_key from marts.staff_spells group by all "
        f"having bool_and(coalesce(last_day <= date '{LEFT_BY}', false))",
    )
    return {key for (key,) in rows}


def files_with(home: Path, keys: Iterable[str]) -> list[str]:
    """Files of the home that hold one of the keys in any form, the tombstones of purges apart."""
    search = KeySearch(keys)
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.parent != home / "control/purges":
            search.look_into(path, str(path.relative_to(home)))
    return sorted(search.found)


def killed_when(home: Path, there: str, *arguments: str) -> None:
    """Start a command and kill it with signal 9 as soon as a file of that pattern is there."""
    process = start(home, *arguments, **YEARS)
    deadline = time.monotonic() + 280
    while not any(home.glob(there)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert any(home.glob(there))


def moved(
    before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]
) -> list[str]:
    """Tables of months that are not what they were. Their names alone: a diff of all rows takes minutes.

    Charts of single events are left out, whose days go with the people.
    """
    return sorted(
        table
        for table in before.keys() | after.keys()
        if table not in OF_PEOPLE_OR_ROWS
        and charts_of_months(table, before.get(table)) != charts_of_months(table, after.get(table))
    )


def charts_of_months(
    table: str, rows: list[tuple[Any, ...]] | None
) -> list[tuple[Any, ...]] | None:
    if rows is None or table != "marts.spc_points":
        return rows
    return [row for row in rows if not {"g", "t"} & set(row)]


def test_a_purge_moves_no_figure_leaves_no_key_and_lets_people_come_back(home: Path) -> None:
    """Killed when the months are closed and again when the tombstones stand; then ended.

    Then the first snapshot is landed again, and a new one in which one of the purged begins anew.
    """
    before = published(home)
    going = gone_for_long(home)
    assert len(going) >= 5
    status = json.loads(warehouse(home, "status", "--json", **YEARS).said)
    assert status["purge_due"]["people"] == len(going)
    assert status["purge_due"]["closed_until"] == str(CLOSED_UNTIL)
    assert json.loads(warehouse(home, "status", "--json").said)["purge_due"] is None

    killed_when(home, "lake/_manifest/closed_months/*.json", "purge")
    killed_when(home, "control/purges/*.json", "purge")
    ended = finished(start(home, "purge", **YEARS))
    assert ended.code == 0, ended.errors

    after = published(home)
    assert moved(before, after) == []
    events = ask(home, "select min(date), count(*) from marts.spc_points where chart = 'g'")
    assert events[0][0] > CLOSED_UNTIL
    assert events[0][1]
    assert not gone_for_long(home)
    (tombstone,) = (home / "control/purges").glob("*.json")
    keys = set(json.loads(tombstone.read_text(encoding="utf-8"))["last_days"])
    assert keys & going
    still_invited = going - keys
    assert {key for (key,) in ask(home, "select staff_key from marts.staff_spells")} == {
        row[0] for row in before["marts.staff_spells"]
    } - keys
    assert len(still_invited) < len(going) / 2
    assert files_with(home, keys) == []

    again = warehouse(home, "purge", "--json", **YEARS)
    assert (again.code, again.result["status"]) == (0, "nothing_to_purge"), again.errors
    now = published(home)
    assert [table for table in after if now[table] != after[table]] == []

    who, key, rehired_on = land_again_with_a_rehire(home, keys)
    ended = warehouse(home, "nightly")
    assert ended.code in (0, 3), ended.errors
    assert ask(home, "select staff_key, start_date from marts.staff_spells "
                     f"where staff_key = '{key}'") == [(key, rehired_on)]  # fmt: skip
    assert files_with(home, keys - {key}) == []
    closed = f"from marts.retention_monthly where month_end <= date '{CLOSED_UNTIL}' order by all"
    assert ask(home, closed) == [
        row for row in before["marts.retention_monthly"] if row[0] <= CLOSED_UNTIL
    ]
    assert not any(who in str(row) for row in ask(home, "from ops.load_manifest"))


def land_again_with_a_rehire(home: Path, keys: set[str]) -> tuple[str, str, date]:
    """(number, key, first day) of a purged person who is taken on again in January 2021.

    Also lands the first snapshot again, with other bytes: all of its rows are of then.
    """
    folder = home / "landing/hr_staff"
    files = sorted(folder.glob("*.csv"))
    first, last = files[0], files[-1]
    replay = folder / f"{first.stem}_r2.csv"
    replay.write_bytes(first.read_bytes() + b"\r\n")
    with first.open(encoding="utf-8", newline="") as stream:
        rows = [
            row
            for row in csv.DictReader(stream)
            if staff_key(row["employee_id"], nights.KEY) in keys
        ]
    # Without the old address, whose key is looked for in every byte.
    theirs = rows[0] | {"start_date": "2021-01-04", "email": ""}
    new = folder / f"{last.stem.rpartition('_')[0]}_2021-01-31.csv"
    new.write_bytes(last.read_bytes())
    with new.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(theirs)).writerow(theirs)
    who = theirs["employee_id"]
    return who, staff_key(who, nights.KEY), date(2021, 1, 4)
