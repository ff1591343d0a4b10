"""The week's tidying: landing files that have served, old versions, old logs, old leavers.

What is published is made from the lake, so a landing file that has been judged is no longer
needed; it holds names, so it is not kept for longer than somebody may have to look at it. A file
that has not been judged under today's contract is never touched.
"""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse import contracts, lake, lock, publish
from warehouse.errors import BadConfiguration, from_os_error, no_home
from warehouse.ingest import landing
from warehouse.nightly import Outcome, Say, silent
from warehouse.settings import Settings
from warehouse.settings import load as load_settings

KEEP_LOADED_DAYS = 30
# A rejected file waits longer: its contents stand nowhere else.
KEEP_REJECTED_DAYS = 90
KEEP_LOGS_DAYS = 30
ANNOUNCED_DAYS = 7


@dataclass(frozen=True)
class Due:
    """A landing file and the instant (UTC) from which housekeeping removes it.

    ``file_name`` is as the manifest shows it, which may differ from the path's own name: a name
    without an as-of date could be a person's.
    """

    source: str
    file_name: str
    status: str
    remove_after: datetime
    path: Path


def due(
    settings: Settings, *, within_days: float = ANNOUNCED_DAYS, now: datetime | None = None
) -> list[Due]:
    """Landing files that go within so many days, those overdue too, the first to go first.

    Loaded and superseded files (status ``loaded``) go WAREHOUSE_KEEP_LANDING_DAYS (30) days after
    they were received, rejected ones (status ``rejected``) after WAREHOUSE_KEEP_REJECTED_DAYS
    (90). Changes nothing. Raises BadConfiguration where a setting is no number of days.
    """
    keep = {
        "loaded": _days("WAREHOUSE_KEEP_LANDING_DAYS", KEEP_LOADED_DAYS),
        "rejected": _days("WAREHOUSE_KEEP_REJECTED_DAYS", KEEP_REJECTED_DAYS),
    }
    before = (now or datetime.now(UTC)) + timedelta(days=within_days)
    registry = contracts.load(settings)
    judged = lake.arrivals(settings)
    on_record = {lake.arrival_path(settings, arrival) for arrival in judged}
    known = {
        (*arrival.file_id, arrival.file_name): arrival
        for arrival in lake.effective(judged, registry)
    }
    # A file that is younger than the shortest wait cannot be due, and need not be read.
    if not judged or min(one.received_at for one in judged) + min(keep.values()) > before:
        return []
    found = []
    for candidate in landing.candidates(settings, registry, registry.values()):
        arrival = candidate.arrival
        if lake.arrival_path(settings, arrival) not in on_record:
            continue
        arrival = known[(*arrival.file_id, arrival.file_name)]
        status = "rejected" if arrival.rejected else "loaded"
        remove_after = arrival.received_at + keep[status]
        if remove_after <= before:
            found.append(
                Due(arrival.source, arrival.file_name, status, remove_after, candidate.path)
            )
    return sorted(found, key=lambda one: (one.remove_after, one.source, one.file_name))


def clear_landing(
    settings: Settings, say: Say = silent, *, now: datetime | None = None
) -> list[Due]:
    """Remove the landing files that are due, and return them; to be called with the lock held.

    Every night does this and not housekeeping alone, so that names go where no Airflow runs too.
    """
    gone = due(settings, within_days=0, now=now)
    for file in gone:
        file.path.unlink(missing_ok=True)
        say(f"Removed from landing ({file.status}): {file.source}/{file.file_name}.")
    return gone


def run(
    settings: Settings | None = None,
    say: Say = silent,
    *,
    now: datetime | None = None,
    more_logs: Iterable[Path] = (),
) -> Outcome:
    """Tidy the home: due landing files, versions beyond the kept ones, past days and logs of 30 days ago.

    Then, where WAREHOUSE_KEEP_LEAVERS_YEARS is set, leavers that old are purged and a version without
    them is published; no figure changes by it. ``more_logs``: folders besides the home's own in which
    old logs are removed. Status ``tidied`` or ``nothing_to_tidy``. Raises AnotherRunHoldsTheLock,
    BadConfiguration, CouldNotFinish where something could not be removed, or what ``purge.run`` raises.
    """
    settings = settings or load_settings()
    now = now or datetime.now(UTC)
    try:
        settings.control.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise no_home(error, settings.home) from None
    try:
        with lock.held(settings):
            gone = clear_landing(settings, say, now=now)
            versions = publish.prune(settings)
            for version in versions:
                say(f"Removed version {version}.")
            known_on = publish.prune_known_on(settings, now)
            for folder in known_on:
                say(f"Removed build/{folder}.")
            before = now.timestamp() - KEEP_LOGS_DAYS * 24 * 3600
            logs = sum(_remove_old(folder, before) for folder in (settings.logs, *more_logs))
    except OSError as error:
        raise from_os_error(error, settings.home) from None
    purged, words = _purge(settings, say)
    said = ", ".join(
        f"{count} {one if count == 1 else more}"
        for count, one, more in (
            (len(gone), "landing file", "landing files"),
            (len(versions), "version", "versions"),
            (len(known_on), "version of a past day", "versions of past days"),
            (logs, "log file", "log files"),
        )
    )
    return Outcome(
        status="tidied" if gone or versions or known_on or logs or purged else "nothing_to_tidy",
        files=len(gone),
        messages=(f"Removed: {said}. No figure that is published changes.", *words),
    )


def _purge(settings: Settings, say: Say) -> tuple[bool, tuple[str, ...]]:
    """(whether somebody was purged, what there is to say of it)."""
    if settings.keep_leavers_years is None:
        return False, ()
    # Imported here: hardly a house keeps to such a rule, and it brings in DuckDB.
    from warehouse import purge

    done = purge.run(settings, say)
    return bool(done.people), tuple(purge.in_words(done)) if done.closed_until else ()


def _remove_old(folder: Path, before: float) -> int:
    """Remove files last written before an instant, and old empty folders; returns how many files.

    A folder that was changed lately stays even when it is empty: a task may be about to write there.
    """
    removed = 0
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(place, name)
            # Another program may tidy its own logs at the same moment.
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    path.unlink()
                    removed += 1
        inner = Path(place)
        if inner != folder and inner.stat().st_mtime < before and not any(inner.iterdir()):
            inner.rmdir()
    return removed


def _days(name: str, default: int) -> timedelta:
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 36500):
        raise BadConfiguration(
            f"{name} must be a whole number of days, at least 1. Correct it or unset it."
        )
    return timedelta(days=int(text))
