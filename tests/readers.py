"""Ten readers of published files in one process, for the test that has a writer beside them.

    python -m tests.readers HOME

Nine read the board's file as the dashboard's pages do, one the analysts' as `warehouse query` does,
until the file `HOME/stop` is there. "reading" is said first; then each says, as a line of JSON, which
versions it saw in turn, and
every fault: an exception, a problem in words, two tables of one page from two versions.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard import data
from warehouse import reading_published, settings


def of_the_board(home: Path) -> set[int]:
    """One page's run: the versions that its release and two of its tables are of."""
    opening = data.open_board(home)
    if opening.problem or opening.board is None:
        raise ValueError(opening.problem)
    board = opening.board
    rows = int(board.loads()["rows_loaded"].iloc[0])
    year = int(board.retention_by_year()["year"].iloc[0])
    return {int(board.release.version.removeprefix("v")), rows, year}


def of_the_analysts(home: Path) -> set[int]:
    """One query's run: the versions that two tables are of."""
    with reading_published.opened(settings.load(home)) as connection:
        first = reading_published.rows(connection, "select rows_loaded from marts.load_summary")
        second = reading_published.rows(connection, "select year from marts.retention_yearly_dfe")
    return {int(str(first[0]["rows_loaded"])), int(str(second[0]["year"]))}


def read(home: Path, once: Callable[[Path], set[int]], found: list[dict[str, Any]]) -> None:
    """Read until told to stop, and note what was seen."""
    seen: list[int] = []
    faults: list[str] = []
    runs = 0
    stopping = False
    while not stopping:
        # The last read comes after the word to stop, and so sees the last version.
        stopping = (home / "stop").exists()
        runs += 1
        try:
            versions = once(home)
        except Exception as fault:
            faults.append(f"{type(fault).__name__}: {fault}")
            continue
        if len(versions) != 1:
            faults.append(f"mixed: {sorted(versions)}")
        seen += [one for one in versions if one != (seen or [None])[-1]]
    found.append({"reader": once.__name__, "seen": seen, "faults": faults[:5], "runs": runs})


def main(home: Path) -> None:
    """Ten threads; then their reports."""
    logging.disable(logging.WARNING)  # Streamlit says at each read that nobody is looking
    found: list[dict[str, Any]] = []
    kinds: list[Callable[[Path], set[int]]] = [of_the_board] * 9 + [of_the_analysts]
    readers = [threading.Thread(target=read, args=(home, kind, found)) for kind in kinds]
    for reader in readers:
        reader.start()
    print("reading", flush=True)
    for reader in readers:
        reader.join()
    for one in found:
        print(json.dumps(one))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
