"""The lists of bad rows are the lake's; what stands in quarantine/ is a copy that can be lost."""

import json
import shutil
from pathlib import Path

import pytest

from tests.erasures import WHO, holders, new_home, state, without_dbt
from warehouse import erasure, lake, nightly, subject_access
from warehouse.errors import CouldNotFinish
from warehouse.lake import Arrival
from warehouse.settings import Settings


@pytest.fixture(autouse=True)
def _no_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    without_dbt(monkeypatch)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with three bad rows, all in one file of hr_staff."""
    return new_home(tmp_path / "home")


def lists(settings: Settings) -> tuple[Path, Path]:
    """The list of hr_staff's bad rows: as the lake holds it, and as it is shown."""
    (kept,) = settings.set_aside.glob("*/*")
    return kept, settings.quarantine / "hr_staff" / f"{kept.stem}.parquet"


def as_before(settings: Settings) -> Path:
    """Make the home one from before the lake held the lists; returns the list."""
    kept, shown = lists(settings)
    shutil.rmtree(settings.set_aside)
    assert shown.is_file(), kept
    return shown


def flipped(path: Path) -> None:
    """One bit in the middle of the pages."""
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def the_record(settings: Settings) -> Arrival:
    (arrival,) = [one for one in lake.arrivals(settings) if one.rows_quarantined]
    return arrival


def test_a_list_is_kept_in_the_lake_and_shown_beside_it_byte_for_byte(settings: Settings) -> None:
    kept, shown = lists(settings)
    assert kept == lake.quarantine_path(settings, the_record(settings))
    assert kept.is_relative_to(settings.lake)
    assert kept.read_bytes() == shown.read_bytes()
    assert [path for path in settings.quarantine.rglob("*") if path.is_file()] == [shown]


@pytest.mark.parametrize("harm", ["one bit", "gone", "all gone"])
def test_what_is_shown_is_made_anew_by_the_next_run(settings: Settings, harm: str) -> None:
    kept, shown = lists(settings)
    whole, before = kept.read_bytes(), state(settings)
    if harm == "one bit":
        flipped(shown)
    elif harm == "gone":
        shown.unlink()
    else:
        shutil.rmtree(settings.quarantine)
    nightly.build(settings)
    assert (kept.read_bytes(), shown.read_bytes()) == (whole, whole)
    assert state(settings) == before


def test_a_damaged_list_is_named_and_not_shown_until_it_is_mended(settings: Settings) -> None:
    """Landing is tidied, so the file cannot be judged again; the copy, being whole, takes its place."""
    kept, shown = lists(settings)
    whole, before = kept.read_bytes(), state(settings)
    shutil.rmtree(settings.landing)
    flipped(kept)
    with pytest.raises(CouldNotFinish, match=rf"lake/_quarantine/hr_staff/{kept.name} is damaged"):
        nightly.build(settings)
    assert shown.read_bytes() == whole
    kept.unlink()
    nightly.build(settings)
    assert kept.read_bytes() == whole
    assert state(settings) == before


def test_a_list_that_is_nowhere_whole_is_named_until_its_file_is_judged_again(
    settings: Settings,
) -> None:
    kept, shown = lists(settings)
    whole, before = kept.read_bytes(), state(settings)
    kept.unlink()
    flipped(shown)
    with pytest.raises(CouldNotFinish, match=rf"lake/_quarantine/hr_staff/{kept.name} is gone"):
        nightly.build(settings)
    assert nightly.ingest(settings=settings).files == 1
    assert (kept.read_bytes(), shown.read_bytes()) == (whole, whole)
    assert state(settings) == before


@pytest.mark.parametrize("sealed", [True, False])
def test_a_home_from_before_is_brought_over_without_a_word(
    settings: Settings, sealed: bool
) -> None:
    """Nothing is judged again: landing is tidied. Older records have no seal to compare with."""
    before = state(settings)
    shutil.rmtree(settings.landing)
    shown = as_before(settings)
    if not sealed:
        record = lake.arrival_path(settings, the_record(settings))
        facts = json.loads(record.read_text(encoding="utf-8"))
        record.write_text(json.dumps(facts | {"quarantine_sha256": None}), encoding="utf-8")
    said: list[str] = []
    ended = nightly.run(settings, said.append)
    assert (ended.status, ended.files) == ("nothing_new", 0)
    assert said == []
    assert lists(settings)[0].read_bytes() == shown.read_bytes()
    assert state(settings) == before


def test_what_is_held_on_a_person_is_told_of_a_home_from_before_too(settings: Settings) -> None:
    """Their one bad row whose number could be read, on line 5; asking writes nothing."""
    as_before(settings)
    held = subject_access.held_on(settings, WHO)
    assert [row["line"] for row in held["quarantine"]["rows"]] == [5]
    assert not settings.set_aside.exists()


def test_a_person_is_taken_out_of_a_home_from_before(settings: Settings, tmp_path: Path) -> None:
    later = Settings(home=tmp_path / "later", project=settings.project)
    shutil.copytree(settings.home, later.home)
    erasure.erase(settings, WHO, "asked for")
    as_before(later)
    erasure.erase(later, WHO, "asked for")
    assert holders(later) == []
    assert state(later) == state(settings)


def test_an_erasure_that_was_killed_before_the_lake_held_the_lists_is_ended(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list was written anew and its record was not, so it is not as it was sealed."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lake, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            erasure.erase(settings, WHO, "asked for")
    kept, shown = lists(settings)
    shutil.copy2(kept, shown)  # as the erasure of before would have left it
    shutil.rmtree(settings.landing)
    as_before(settings)
    nightly.build(settings)
    assert holders(settings) == []
    assert the_record(settings).rows_quarantined == 2


def test_no_copy_outlasts_an_erasure_that_the_lake_knows_nothing_of(settings: Settings) -> None:
    """One that is in no record and holds her key, and one that nobody can open, are no obstacle."""
    kept, shown = lists(settings)
    stray = shown.with_name("2018-03-31_of_another_lake.parquet")
    shutil.copy2(shown, stray)
    shown.write_bytes(b"damaged")
    proof = erasure.erase(settings, WHO, "asked for")
    assert proof.files_that_still_hold_a_key == ()
    assert not stray.exists()
    assert shown.read_bytes() == kept.read_bytes()
    assert holders(settings) == []
