"""What several tests say of a file: one that they have just put into landing, or one that was judged."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from warehouse.contracts import Contract
from warehouse.ingest import landing
from warehouse.lake import Arrival
from warehouse.tombstones import Tombstones


def blank(contract: Contract, path: Path) -> Arrival:
    """The file as the product lists it before it is judged, with nobody erased."""
    return landing.candidate(path, contract, Tombstones()).arrival


def judged(source: str, as_of: date, **changes: object) -> Arrival:
    """A good first issue of one row, named as its source, as the lake has it on record."""
    arrival = Arrival(
        source=source,
        file_name=f"{source}_{as_of}.csv",
        stem=source,
        as_of=as_of,
        revision=1,
        sha256="a" * 64,
        contract="c" * 64,
        rejected=False,
        reason_code=None,
        sentence=None,
        rows_read=1,
        rows_loaded=1,
        rows_quarantined=0,
        extra_columns=None,
        received_at=datetime(2019, 6, 1, 2, 0, tzinfo=UTC),
    )
    return replace(arrival, **changes)  # type: ignore[arg-type]
