"""Judge what lies in landing: every file once, each written whole or not at all."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from warehouse import lake, tombstones
from warehouse.contracts import Contract, Registry
from warehouse.files import sha256_of
from warehouse.ingest import names
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings
from warehouse.tombstones import Tombstones

# Some ten times as much is needed to judge it. A year of monthly exports is below this.
BYTES_IN_A_GROUP = 16_000_000
# Each file's rows are looked for among those of its group, so that thousands would take long.
FILES_IN_A_GROUP = 500

# A file in a folder that is no source is judged by no contract.
NO_CONTRACT = "0" * 64


@dataclass(frozen=True)
class Candidate:
    """A file in landing, with all that its place and name say of it."""

    path: Path
    arrival: Arrival


def take_in(
    settings: Settings,
    registry: Registry,
    pseudonymiser: Pseudonymiser,
    contracts: Iterable[Contract],
    say: Callable[[str], None],
    on_record: Callable[[Arrival], None] = lambda _: None,
    on_news: Callable[[], None] = lambda: None,
) -> list[Arrival]:
    """Judge every file of these sources, and every file in a folder that is no source, that has
    not been judged before. Returns the arrivals that this call recorded, in order.

    ``on_record`` is called with each of them once its record is there, since those before a file that
    ends the call with an error stay taken in. ``on_news`` is called once, before the first such file is
    judged.
    """
    earlier = {lake.arrival_path(settings, arrival): arrival for arrival in lake.arrivals(settings)}
    # What was written of a file may have been lost since: then it is judged again.
    known = {path for path, arrival in earlier.items() if lake.is_complete(settings, arrival)}
    new = [
        one
        for one in candidates(settings, registry, contracts)
        if lake.arrival_path(settings, one.arrival) not in known
    ]
    if not new:
        return []
    on_news()
    # Imported here: a night without new files needs neither DuckDB nor Arrow.
    from warehouse.ingest import batch

    recorded = []

    def note(arrival: Arrival) -> None:
        before = earlier.get(lake.arrival_path(settings, arrival))
        if before is not None:
            arrival = replace(arrival, received_at=before.received_at)
        lake.record(settings, arrival)
        recorded.append(arrival)
        on_record(arrival)
        say(in_words(arrival))

    with batch.open_workbench() as workbench:
        for group in _groups(new):
            named = [(one.path, one.arrival) for one in group if not one.arrival.rejected]
            for one in group:
                if one.arrival.rejected:
                    note(one.arrival)
            if not named:
                continue
            contract = registry[named[0][1].source]
            for arrival in batch.write(workbench, settings, contract, pseudonymiser, named):
                note(arrival)
    written = {lake.arrival_path(settings, arrival) for arrival in recorded}
    for one in new:
        if lake.arrival_path(settings, one.arrival) not in written:
            say(f"{_shown(one.arrival)}: still being written, left for the next run.")
    return recorded


def _groups(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Candidates of one source in groups that fit into memory; a large file is a group of its own."""
    group: list[Candidate] = []
    weight = 0
    for candidate in candidates:
        size = candidate.path.stat().st_size
        other = bool(group) and group[0].arrival.source != candidate.arrival.source
        full = weight + size > BYTES_IN_A_GROUP or len(group) == FILES_IN_A_GROUP
        if group and (other or full):
            yield group
            group, weight = [], 0
        group.append(candidate)
        weight += size
    if group:
        yield group


def candidates(
    settings: Settings, registry: Registry, contracts: Iterable[Contract]
) -> Iterator[Candidate]:
    """Every file of these sources in landing, and every one in a folder that is no source."""
    buried = tombstones.load(settings)
    for contract in contracts:
        folder = settings.landing / contract.source
        for path in _files(folder) if contract.lands and folder.is_dir() else ():
            yield candidate(path, contract, buried)
    for path in sorted(settings.landing.iterdir()) if settings.landing.is_dir() else ():
        is_way_in = path.name in registry and registry[path.name].lands
        if path.is_dir() and not is_way_in and not path.name.startswith("."):
            for stray in _files(path):
                yield _stray(stray, names.folder_as_source(path.name))
        elif names.is_looked_at(path):
            yield _stray(path, "unknown")


def _files(folder: Path) -> list[Path]:
    # By scandir: a folder may hold ten thousand files.
    with os.scandir(folder) as entries:
        return sorted(
            path for path in (Path(entry.path) for entry in entries) if names.is_looked_at(path)
        )


def candidate(path: Path, contract: Contract, buried: Tombstones) -> Candidate:
    """A file as one of this source, wherever it lies: known by its name and bytes, not judged yet."""
    # A file that was written anew without somebody's rows is still the file that was judged.
    sha256 = buried.original(contract.source, path.name, sha256_of(path))
    name = names.parse(path.name, contract.reader)
    if name is None:
        refused = _blank(
            contract.source, names.without_words(path.name, sha256), sha256, contract.fingerprint
        )
        return Candidate(
            path,
            replace(
                refused,
                rejected=True,
                reason_code="no_as_of_date",
                sentence=(
                    "the name does not end in _YYYY-MM-DD (or _YYYY-MM-DD_rN) before "
                    f".{names.kinds(contract.reader)[0]}: rename it."
                ),
            ),
        )
    arrival = replace(
        _blank(contract.source, path.name, sha256, contract.fingerprint),
        stem=name.stem,
        as_of=name.as_of,
        revision=name.revision,
    )
    return Candidate(path, arrival)


def _stray(path: Path, source: str) -> Candidate:
    sha256 = sha256_of(path)
    return Candidate(
        path,
        replace(
            _blank(source, names.without_words(path.name, sha256), sha256, NO_CONTRACT),
            rejected=True,
            reason_code="unknown_source",
            sentence="it lies in no known source's folder of landing: move it to the right one.",
        ),
    )


def _blank(source: str, file_name: str, sha256: str, contract: str) -> Arrival:
    return Arrival(
        source=source,
        file_name=file_name,
        stem="",
        as_of=None,
        revision=0,
        sha256=sha256,
        contract=contract,
        rejected=False,
        reason_code=None,
        sentence=None,
        rows_read=0,
        rows_loaded=0,
        rows_quarantined=0,
        extra_columns=None,
        received_at=datetime.now(UTC).replace(microsecond=0),
    )


def _shown(arrival: Arrival) -> str:
    return f"{arrival.source}/{arrival.file_name}"


def in_words(arrival: Arrival) -> str:
    """What became of a file, as a sentence for a person."""
    if arrival.rejected:
        return f"{_shown(arrival)}: rejected ({arrival.reason_code}): {arrival.sentence}"
    said = f"{_shown(arrival)}: {arrival.rows_loaded} rows loaded"
    if arrival.rows_quarantined:
        said += f", {arrival.rows_quarantined} quarantined"
    return said
