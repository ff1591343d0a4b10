"""What several tests of the readers say of a file that they have just put into landing."""

from pathlib import Path

from warehouse.contracts import Contract
from warehouse.ingest import landing
from warehouse.lake import Arrival
from warehouse.tombstones import Tombstones


def blank(contract: Contract, path: Path) -> Arrival:
    """The file as the product lists it before it is judged, with nobody erased."""
    return landing.candidate(path, contract, Tombstones()).arrival
