"""Twenty readers in two processes while a new version is published every second."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from tests.board_fixture import LOADS, RELEASE, YEARLY
from warehouse import publish, settings

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = 10


def make(path: Path, number: int) -> None:
    """A file every table of which says the number of its version."""
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for ddl in (RELEASE, LOADS, YEARLY):
            connection.execute(ddl)
        connection.execute(
            "insert into marts.release_info values (?, date '2021-12-31', now(), true)",
            [f"v{number:03}"],
        )
        connection.execute(
            "insert into marts.load_summary (source, rows_loaded) values ('hr_staff', ?)", [number]
        )
        connection.execute("insert into marts.retention_yearly_dfe (year) values (?)", [number])


def publish_version(home: Path, number: int) -> None:
    """As a night does at its end: a hidden folder, its name, the link, and the oldest pruned."""
    at = settings.load(home)
    name = f"v{number:03}"
    unfinished = at.published / publish.VERSIONS / f".{name}"
    for file in (publish.BOARD, publish.ANALYST):
        make(unfinished / file, number)
    unfinished.rename(unfinished.with_name(name))
    publish.flip(at, name)
    publish.prune(at)


def test_twenty_readers_see_no_error_and_no_mixture_while_a_version_is_published_every_second(
    tmp_path: Path,
) -> None:
    """Versions 1 to 10, one a second, of which the seven newest are kept. Each reader sees versions
    in their order and the last one in the end; none sees two in one page."""
    publish_version(tmp_path, 1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.readers", str(tmp_path)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline().strip() == "reading"
        for number in range(2, VERSIONS + 1):
            time.sleep(1)
            publish_version(tmp_path, number)
    finally:
        (tmp_path / "stop").touch()
        said = [reader.communicate(timeout=60) for reader in readers]
    found = [json.loads(line) for out, _ in said for line in out.splitlines()]
    assert len(found) == 20, said[0][1]
    assert [one["faults"] for one in found if one["faults"]] == []
    for one in found:
        assert one["seen"] == sorted(one["seen"])
        assert one["seen"][-1] == VERSIONS
    assert all(len(one["seen"]) > 1 for one in found)
    kept = publish.kept_versions(settings.load(tmp_path))
    assert kept == [f"v{number:03}" for number in range(VERSIONS - 6, VERSIONS + 1)]
