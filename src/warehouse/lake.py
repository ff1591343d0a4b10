"""Immutable batches, and the manifest that says which of them stand.

A batch is ``lake/<source>/<as-of>_<sha256>_<contract>.parquet``, named by what it was made from.
Beside the batches, ``lake/_quarantine/<source>/`` holds the list of each one's bad rows, and
``lake/_manifest/<source>/`` one small record for each file name under which those bytes arrived,
written last: a file counts as judged once its record is there. What stands is worked out from the
records alone, never from the order in which they were written.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from warehouse.contracts import Registry
from warehouse.errors import CouldNotFinish
from warehouse.files import sha256_of, write_text_atomically
from warehouse.settings import Settings

MANIFEST = "_manifest"
# Parquet too, but under a name of its own: no pattern for batches is to take a list for one.
BAD_ROWS = ".bad_rows"
# How DuckDB writes a batch, whoever writes it: the same rows are to give the same bytes. The lowest
# level: the next ones take a tenth longer for the whole file and save a twentieth of its size.
WRITTEN_AS = "(format parquet, compression zstd, compression_level 1)"


@dataclass(frozen=True)
class Arrival:
    """One landed file, as it was judged under one contract.

    ``as_of`` is None and ``revision`` 0 for a file whose name or folder said nothing. ``rejected``
    files have a ``reason_code``. Counts are of data rows.
    """

    source: str
    file_name: str
    stem: str
    as_of: date | None
    revision: int
    sha256: str
    contract: str
    rejected: bool
    reason_code: str | None
    sentence: str | None
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    extra_columns: str | None
    received_at: datetime
    # Of the two files as they were written; None where there is none, or an old record does not say.
    batch_sha256: str | None = None
    quarantine_sha256: str | None = None

    @property
    def batch(self) -> str:
        """The name that the batch and its quarantine share."""
        return f"{self.as_of or 'undated'}_{self.sha256[:32]}_{self.contract[:12]}"

    @property
    def file_id(self) -> tuple[str, str, str]:
        """What makes two names one file: source, as-of date and bytes."""
        return (self.source, str(self.as_of), self.sha256)


@dataclass(frozen=True)
class Standing:
    """A row of ``ops.load_manifest``: an arrival and what became of it.

    ``read_again``: an older judgement of a file that has since been read under another contract or
    mapping. It is superseded, and says nothing of the file as it stands today.
    """

    arrival: Arrival
    status: str
    read_again: bool = False

    @property
    def stands(self) -> bool:
        """Whether the file's rows are part of what the marts are made from."""
        return self.status in ("loaded", "partly_loaded")


def batch_path(settings: Settings, arrival: Arrival) -> Path:
    """Where the good rows of a file are."""
    return settings.lake / arrival.source / f"{arrival.batch}.parquet"


def quarantine_path(settings: Settings, arrival: Arrival) -> Path:
    """Where the list of a file's bad rows is; the file is absent when there are none."""
    return settings.set_aside / arrival.source / f"{arrival.batch}{BAD_ROWS}"


def arrival_path(settings: Settings, arrival: Arrival) -> Path:
    """Where the record of one arrival is."""
    name = hashlib.sha256(arrival.file_name.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return settings.lake / MANIFEST / arrival.source / f"{arrival.batch}_{name}.json"


def record(settings: Settings, arrival: Arrival) -> None:
    """Write an arrival's record, sealing what was written of it. After this the file counts as judged."""
    facts = asdict(arrival)
    facts["batch_sha256"] = _sealed(batch_path(settings, arrival))
    facts["quarantine_sha256"] = _sealed(quarantine_path(settings, arrival))
    facts["as_of"] = str(arrival.as_of) if arrival.as_of else None
    facts["received_at"] = arrival.received_at.isoformat()
    write_text_atomically(
        arrival_path(settings, arrival), json.dumps(facts, sort_keys=True, indent=1) + "\n"
    )


def _sealed(path: Path) -> str | None:
    return sha256_of(path) if path.is_file() else None


def is_complete(settings: Settings, arrival: Arrival) -> bool:
    """Whether all that was written of a judged file is still there."""
    if not arrival.rejected and not batch_path(settings, arrival).is_file():
        return False
    return not arrival.rows_quarantined or quarantine_path(settings, arrival).is_file()


def require_whole(
    settings: Settings, recorded: Iterable[Arrival], manifest: Iterable["Standing"]
) -> None:
    """Raises CouldNotFinish where a file that a version would be made from is damaged or gone.

    A flipped bit inside a Parquet page can read as another figure without a word, so bytes are
    compared, not only opened. One batch may have several records, one for each name of the file.
    """
    seals: dict[Path, set[str | None]] = defaultdict(set)
    for arrival in recorded:
        seals[batch_path(settings, arrival)].add(arrival.batch_sha256)
        seals[quarantine_path(settings, arrival)].add(arrival.quarantine_sha256)
    for row in manifest:
        arrival = row.arrival
        needed = [batch_path(settings, arrival)] if row.stands else []
        needed += [quarantine_path(settings, arrival)] if arrival.rows_quarantined else []
        for path in needed:
            found = _sealed(path)
            # A record from before seals were kept says nothing, so its file need only be there.
            if found is None or not seals[path] & {found, None}:
                raise CouldNotFinish(
                    f"{path.relative_to(settings.home)} is {'damaged' if found else 'gone'}. Nothing was "
                    "published and the last good version stands. Restore it from its backup; or remove it, "
                    f"see that landing/{arrival.source}/{arrival.file_name} is there (land it again if not), "
                    "and run again."
                )


def arrivals(settings: Settings) -> list[Arrival]:
    """Every arrival on record, in a fixed order. Raises CouldNotFinish for a record that is damaged."""
    found = []
    for path in sorted((settings.lake / MANIFEST).glob("*/*.json")):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            facts["as_of"] = date.fromisoformat(facts["as_of"]) if facts["as_of"] else None
            facts["received_at"] = datetime.fromisoformat(facts["received_at"])
            found.append(Arrival(**facts))
        except (ValueError, KeyError, TypeError):
            raise CouldNotFinish(
                f"The record lake/{MANIFEST}/{path.parent.name}/{path.name} is damaged. Nothing was "
                "published and the last good version stands. Restore it from the backup of lake/, or remove "
                "it and land the file again."
            ) from None
    return found


def effective(all_arrivals: Iterable[Arrival], registry: Registry) -> list[Arrival]:
    """One arrival for each name and bytes: the one judged under today's contract where there is one.

    Where a file is gone from landing, its batch under an older contract still stands; among
    several, the one that was judged last. ``received_at`` is always that of the first.
    """
    by_file: dict[tuple[str, str, str, str], list[Arrival]] = defaultdict(list)
    for arrival in all_arrivals:
        by_file[(*arrival.file_id, arrival.file_name)].append(arrival)
    chosen = []
    for same_file in by_file.values():
        contract = registry.get(same_file[0].source)
        today = contract.fingerprint if contract else ""
        best = max(
            same_file, key=lambda one: (one.contract == today, one.received_at, one.contract)
        )
        first = min(one.received_at for one in same_file)
        chosen.append(replace(best, received_at=first))
    return chosen


def standing(
    all_arrivals: Iterable[Arrival], registry: Registry, *, known_on: date | None = None
) -> list[Standing]:
    """What became of every file, one row each, ordered by source, as-of date, name and bytes.

    ``known_on``: only files received by the end of that day (UTC) are taken, and closed months
    whenever they were closed: the rows that they stand for are gone. The same bytes under
    one source and date are one file, known by the name of highest revision. Within an export
    (source, stem, date) the highest revision stands, of two with one revision the greater
    SHA-256; what it replaces is superseded, and a rejected file replaces nothing.
    """
    files: dict[tuple[str, str, str], Arrival] = {}
    for arrival in effective(all_arrivals, registry):
        landed = arrival.source not in registry or registry[arrival.source].lands
        if known_on is not None and landed and arrival.received_at.date() > known_on:
            continue
        known = files.get(arrival.file_id)
        if known is None:
            files[arrival.file_id] = arrival
        else:
            files[arrival.file_id] = _under_one_name(known, arrival)

    exports: dict[tuple[str, str, str], list[Arrival]] = defaultdict(list)
    for arrival in files.values():
        if not arrival.rejected:
            exports[(arrival.source, arrival.stem, str(arrival.as_of))].append(arrival)
    standing_ids = {
        max(export, key=lambda one: (one.revision, one.sha256)).file_id
        for export in exports.values()
    }
    rows = [Standing(arrival, _status(arrival, standing_ids)) for arrival in files.values()]
    return sorted(rows, key=_place)


def manifest(
    all_arrivals: Iterable[Arrival], registry: Registry, *, known_on: date | None = None
) -> list[Standing]:
    """The rows of ``ops.load_manifest``: those of ``standing``, and after each file its batches under
    other contracts and mappings, superseded and ``read_again``.
    """
    judged = list(all_arrivals)
    rows = standing(judged, registry, known_on=known_on)
    files = {row.arrival.file_id: row.arrival for row in rows}
    older = [Standing(arrival, "superseded", True) for arrival in _read_again(judged, files)]
    return sorted([*rows, *older], key=_place)


def _place(row: Standing) -> tuple[str | bool, ...]:
    arrival = row.arrival
    return (
        *arrival.file_id[:2],
        arrival.file_name,
        arrival.sha256,
        row.read_again,
        arrival.contract,
    )


def _under_one_name(first: Arrival, second: Arrival) -> Arrival:
    """Two arrivals of the same bytes as one: the name of highest revision, received when the first was."""
    # One name may make bytes unreadable that another reads: x.csv.gz that is no archive.
    named = max(first, second, key=lambda one: (not one.rejected, one.revision, one.file_name))
    return replace(named, received_at=min(first.received_at, second.received_at))


def _read_again(
    judged: Iterable[Arrival], files: Mapping[tuple[str, str, str], Arrival]
) -> list[Arrival]:
    """The batches of these files under contracts and mappings other than the one that counts.

    One for each file and contract. A judgement that rejected the file left no batch, so there is
    nothing of it that could be superseded.
    """
    older: dict[tuple[str, ...], Arrival] = {}
    for arrival in judged:
        counts = files.get(arrival.file_id)
        if counts is None or arrival.rejected or arrival.contract == counts.contract:
            continue
        batch = (*arrival.file_id, arrival.contract)
        older[batch] = _under_one_name(older.get(batch, arrival), arrival)
    # Under the name and since the night that the file is known by: one file is one file.
    return [
        replace(
            arrival,
            file_name=files[arrival.file_id].file_name,
            stem=files[arrival.file_id].stem,
            revision=files[arrival.file_id].revision,
            received_at=files[arrival.file_id].received_at,
        )
        for arrival in older.values()
    ]


@dataclass(frozen=True)
class OlderReading:
    """Files of one source that stand as another contract than today's read them."""

    source: str
    contract: str
    files: int
    first_as_of: date | None
    last_as_of: date | None


def older_readings(rows: Iterable[Standing], registry: Registry) -> list[OlderReading]:
    """What stands under contracts and mappings that are not today's, by source and contract.

    Their files are gone from landing, or the next run reads them again.
    """
    found: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for row in rows:
        contract = registry.get(row.arrival.source)
        if row.stands and contract and row.arrival.contract != contract.fingerprint:
            found[(row.arrival.source, row.arrival.contract)].append(row.arrival)
    return [
        OlderReading(
            source,
            contract,
            len(arrivals),
            min((one.as_of for one in arrivals if one.as_of), default=None),
            max((one.as_of for one in arrivals if one.as_of), default=None),
        )
        for (source, contract), arrivals in sorted(found.items())
    ]


def _status(arrival: Arrival, standing_ids: set[tuple[str, str, str]]) -> str:
    if arrival.rejected:
        return "rejected"
    if arrival.file_id not in standing_ids:
        return "superseded"
    return "partly_loaded" if arrival.rows_quarantined else "loaded"
