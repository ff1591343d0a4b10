"""The lists of bad rows: kept in the lake, and shown in ``quarantine/`` as a copy for people.

``lake/_quarantine/<source>/`` holds them, each under the name of its batch and sealed with it, so that
the lake is all that a version is made from. Nothing is read from ``quarantine/`` but by ``bring_over``:
what is lost or damaged there is made anew from the lake.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from warehouse import lake, tombstones
from warehouse.files import partial, put_in_place, sha256_of
from warehouse.lake import Arrival
from warehouse.settings import Settings


def shown_path(settings: Settings, kept: Path) -> Path:
    """Where the copy of a list of the lake is."""
    return settings.quarantine / kept.relative_to(settings.set_aside).with_suffix(".parquet")


def show(settings: Settings, kept: Path) -> None:
    """Make the copy of a list the same as the list, unless it is. Raises OSError."""
    shown = shown_path(settings, kept)
    if not shown.is_file() or sha256_of(shown) != sha256_of(kept):
        _copy(kept, shown)


def show_all(settings: Settings, judged: Iterable[Arrival]) -> None:
    """The same for the lists of these files, which ``lake.require_whole`` has found to be whole."""
    for kept in {lake.quarantine_path(settings, one) for one in judged if one.rows_quarantined}:
        show(settings, kept)


def show_nothing_else(settings: Settings) -> None:
    """Leave no copy that says more than the lake: each as its list is, and none without a list.

    Copies are not opened, so a damaged one is no obstacle to an erasure. Raises OSError.
    """
    for shown in sorted(settings.quarantine.glob("*/*.parquet")):
        kept = _kept_path(settings, shown)
        if kept.is_file():
            show(settings, kept)
        else:
            shown.unlink()


def bring_over(settings: Settings) -> None:
    """Copy into the lake what only ``quarantine/`` holds, as in a home from before this was kept.

    Only what is as its record sealed it, or what an erasure has written anew and could not seal any
    more; else the file is judged again, or named as gone. Raises OSError, CouldNotFinish.
    """
    alone = {
        shown
        for shown in settings.quarantine.glob("*/*.parquet")
        if not _kept_path(settings, shown).exists()
    }
    if not alone:
        return
    seals: dict[Path, set[str | None]] = defaultdict(set)
    for arrival in lake.arrivals(settings):
        if arrival.rows_quarantined:
            kept = lake.quarantine_path(settings, arrival)
            seals[shown_path(settings, kept)].add(arrival.quarantine_sha256)
    for shown in sorted(alone & seals.keys()):
        # A record from before seals were kept says nothing.
        if seals[shown] & {sha256_of(shown), None} or tombstones.outstanding(settings):
            _copy(shown, _kept_path(settings, shown))


def _kept_path(settings: Settings, shown: Path) -> Path:
    return settings.set_aside / shown.relative_to(settings.quarantine).with_suffix(lake.BAD_ROWS)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = partial(target)
    # With its time: what is newer than its record is taken for written anew by an erasure.
    shutil.copy2(path, written)
    put_in_place(written, target)
