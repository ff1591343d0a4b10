"""The backup, rehearsed: what is lost with a machine comes back from three folders and the key.

One programme is taken in and published once; every test restores into a home of its own.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.nights import KEY, Ended, fill_landing, published, warehouse
from warehouse import housekeeping, lake, nightly
from warehouse.settings import Settings

PROJECT = Path(__file__).parents[2]
# docs/runbook.md names the same three.
BACKED_UP = ("lake", "quarantine", "control")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one good night."""
    home = tmp_path_factory.mktemp("served") / "home"
    fill_landing(home)
    assert warehouse(home, "nightly").code in (0, 3)
    return home


def restored(served: Path, folder: Path) -> Path:
    """A new home that holds what a backup holds, and nothing else."""
    home = folder / "home"
    for name in BACKED_UP:
        shutil.copytree(served / name, home / name)
    return home


def test_the_restored_home_builds_the_same_content(served: Path, tmp_path: Path) -> None:
    """No landing, no version, no log was backed up: `build` makes the figures again, row by row."""
    home = restored(served, tmp_path)
    ended = warehouse(home, "build")
    assert ended.code == 0, ended.errors
    before, after = published(served), published(home)
    assert before["ops.load_manifest"]
    assert before["ops.quarantined_rows"]
    assert after.keys() == before.keys()
    for table, rows in before.items():
        assert after[table] == rows, table


def test_the_exports_that_land_again_after_a_restore_are_known(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender sends everything once more: the same bytes are judged once, so nothing is read."""
    home = restored(served, tmp_path)
    shutil.copytree(served / "landing", home / "landing")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
    outcome = nightly.ingest(settings=Settings(home=home, project=PROJECT))
    assert (outcome.status, outcome.files) == ("ingested", 0)


def test_another_key_than_the_backups_is_refused(served: Path, tmp_path: Path) -> None:
    """With it every person would appear twice. Exit 2, and the restored home is as it was."""
    home = restored(served, tmp_path)
    fill_landing(home)
    ended: Ended = warehouse(home, "nightly", WAREHOUSE_PSEUDONYM_KEY="6b" * 32)
    assert ended.code == 2
    assert "not the one that this home was filled with" in ended.errors
    assert not list((home / "published").glob("*.duckdb"))


def test_tidying_landing_changes_nothing_that_is_published(served: Path, tmp_path: Path) -> None:
    """A year later every landing file is gone: the digest of the inputs, and so the night, is the same."""
    home = tmp_path / "home"
    shutil.copytree(served, home, symlinks=True)
    settings = Settings(home=home, project=PROJECT)
    before = published(home)
    landed = [path for path in (home / "landing").rglob("*") if path.is_file()]
    judged = lake.arrivals(settings)
    assert landed

    ended = housekeeping.run(settings, now=datetime.now(UTC) + timedelta(days=365))

    assert ended.files == len(landed) == len(judged)
    assert not [path for path in (home / "landing").rglob("*") if path.is_file()]
    assert lake.arrivals(settings) == judged
    night = warehouse(home, "nightly")
    assert (night.code, night.result["status"]) == (0, "nothing_new")
    assert published(home) == before
    noted = json.loads((home / "published" / nightly.LAST_NIGHT).read_text(encoding="utf-8"))
    assert noted["status"] == "nothing_new"
