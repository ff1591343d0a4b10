"""The backup, rehearsed: what is lost with a machine comes back from lake, control, mappings and key.

One programme, with bad rows and a source under headings of its own, is taken in and published once;
every test restores into a home of its own.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.nights import KEY, Ended, ask, fill_landing, published, warehouse
from warehouse import housekeeping, lake, nightly
from warehouse.settings import Settings

PROJECT = Path(__file__).parents[2]
# docs/runbook.md names the same three, the first two below the home.
BACKED_UP = ("home/lake", "home/control", "mappings")
MAPPING = "aliases: {absence_start: First day off}\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one good night, beside its folder of mappings, which absence cannot be read without."""
    home = tmp_path_factory.mktemp("served") / "home"
    fill_landing(home)
    exports = sorted((home / "landing/absence").glob("*.csv"))
    for path in exports:
        text = path.read_text(encoding="utf-8")
        assert "absence_start" in text
        path.write_text(text.replace("absence_start", "First day off"), encoding="utf-8")
    mapping = mappings_of(home) / "absence.yaml"
    mapping.parent.mkdir()
    mapping.write_text(MAPPING, encoding="utf-8")
    ended = run(home, "nightly")
    assert ended.code == 3, ended.errors  # the bad rows that every programme has
    assert ask(
        home,
        "select count(*), sum(files_rejected), max(rows_loaded) > 0 from marts.load_summary "
        "where source = 'absence'",
    ) == [(1, 0, True)]
    return home


def mappings_of(home: Path) -> Path:
    return home.parent / "mappings"


def run(home: Path, *arguments: str, **changes: str | None) -> Ended:
    """A command of the machine that this home is on."""
    return warehouse(home, *arguments, **{"WAREHOUSE_MAPPINGS": str(mappings_of(home)), **changes})


def restored(served: Path, folder: Path) -> Path:
    """A new home that holds what a backup holds, and nothing else."""
    for name in BACKED_UP:
        shutil.copytree(served.parent / name, folder / name)
    assert {path.name for path in (folder / "home").iterdir()} == {"lake", "control"}
    return folder / "home"


def quarantine(home: Path) -> dict[str, bytes]:
    """{source/file: bytes} of the lists of bad rows that people are shown."""
    folder = home / "quarantine"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_restored_home_builds_the_same_content(served: Path, tmp_path: Path) -> None:
    """No landing, quarantine, version or log was backed up: `build` makes all of it again, row by row.

    Both schemas of both published files, and byte by byte the lists of bad rows.
    """
    home = restored(served, tmp_path)
    ended = run(home, "build")
    assert ended.code == 0, ended.errors
    before, after = published(served), published(home)
    assert before["ops.load_manifest"]
    assert before["ops.quarantined_rows"]
    assert before["marts.absence_monthly"]
    assert after.keys() == before.keys()
    for table, rows in before.items():
        assert after[table] == rows, table
    assert quarantine(served)
    assert quarantine(home) == quarantine(served)


def test_the_exports_that_land_again_after_a_restore_are_known(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender sends everything once more: the same bytes are judged once, so nothing is read.

    That the mappings were restored too is part of it: without them every export of absence is read
    again, and rejected.
    """
    home = restored(served, tmp_path)
    shutil.copytree(served / "landing", home / "landing")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
    settings = Settings(home=home, project=PROJECT, own_mappings=mappings_of(home))
    outcome = nightly.ingest(settings=settings)
    assert (outcome.status, outcome.files) == ("ingested", 0)

    without = nightly.ingest(settings=replace(settings, own_mappings=None))
    exports = len(list((home / "landing/absence").glob("*.csv")))
    assert exports
    assert (without.files, without.files_rejected) == (exports, exports)


def test_another_key_than_the_backups_is_refused(served: Path, tmp_path: Path) -> None:
    """With it every person would appear twice. Exit 2, and the restored home is as it was."""
    home = restored(served, tmp_path)
    fill_landing(home)
    ended = run(home, "nightly", WAREHOUSE_PSEUDONYM_KEY="6b" * 32)
    assert ended.code == 2
    assert "not the one that this home was filled with" in ended.errors
    assert not list((home / "published").glob("*.duckdb"))


def test_tidying_landing_changes_nothing_that_is_published(served: Path, tmp_path: Path) -> None:
    """A year later every landing file is gone: the digest of the inputs, and so the night, is the same."""
    home = tmp_path / "home"
    shutil.copytree(served, home, symlinks=True)
    shutil.copytree(mappings_of(served), mappings_of(home))
    settings = Settings(home=home, project=PROJECT, own_mappings=mappings_of(home))
    before = published(home)
    landed = [path for path in (home / "landing").rglob("*") if path.is_file()]
    judged = lake.arrivals(settings)
    assert landed

    ended = housekeeping.run(settings, now=datetime.now(UTC) + timedelta(days=365))

    assert ended.files == len(landed) == len(judged)
    assert not [path for path in (home / "landing").rglob("*") if path.is_file()]
    assert lake.arrivals(settings) == judged
    night = run(home, "nightly")
    assert (night.code, night.result["status"]) == (0, "nothing_new")
    assert published(home) == before
    noted = json.loads((home / "published" / nightly.LAST_NIGHT).read_text(encoding="utf-8"))
    assert noted["status"] == "nothing_new"
