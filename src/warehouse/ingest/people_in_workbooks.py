"""Find a person in an Excel workbook, and write it anew without them.

What is written holds the cells of the first sheet as they are read, each under its row's number and
of its kind (text, yes or no, number, day): formulas become their values. All else that a workbook
may hold is never read, could name anybody, and is left out: other sheets, comments, links, looks.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from warehouse.contracts import Contract
from warehouse.ingest import workbook_writing, workbooks
from warehouse.ingest.reading import FileRefused
from warehouse.ingest.rewriting import NotTheSame, id_places, theirs_in_row
from warehouse.ingest.workbooks import Cell, NotReadable, Sheet
from warehouse.person import Person
from warehouse.tombstones import PLACEHOLDER

_SEPARATORS = re.compile(r'[,;:\t|"<>=\r\n]')


@dataclass(frozen=True)
class _Row:
    """A row that is not blank; ``is_misfit``: it has a cell right of the last heading."""

    number: int
    cells: dict[int, Cell]
    is_misfit: bool = False
    is_theirs: bool = False
    named_at: tuple[int, ...] = ()


def found(path: Path, contract: Contract, person: Person) -> tuple[int, int]:
    """(rows of theirs, rows and other texts that only name them).

    Raises FileRefused where the workbook cannot be read or its first sheet has no columns of ids.
    """
    elsewhere, shared = 0, set()
    with _readable():
        for is_shared, text in workbooks.beyond_first_sheet(path):
            words = {word for word in _words(text) if person.is_named_by(word)}
            if is_shared:
                shared |= words
            else:
                elsewhere += bool(words)
    rows = named = 0
    with _readable(), workbooks.opened(path) as sheet:
        for row in _rows(sheet, contract, person):
            rows += row.is_theirs
            named += bool(row.named_at)
            for cell in row.cells.values() if shared else ():
                shared -= _words(sheet.as_text(cell))
    return rows, named + elsewhere + len(shared)


def write_without(path: Path, written: Path, contract: Contract, person: Person) -> list[int]:
    """Write a workbook without the person; returns the numbers of the rows that were theirs.

    A row with too many cells is nobody's and stays one, without what stood in it. Raises NotTheSame
    where what was written does not read as the rows that were to stay: nothing counts then.
    """
    taken_out: list[int] = []

    def noting(rows: Iterator[_Row]) -> Iterator[_Row]:
        for row in rows:
            if row.is_theirs and not row.is_misfit:
                taken_out.append(row.number)
            yield row

    try:
        with workbooks.opened(path) as sheet:
            rows = _without(noting(_rows(sheet, contract, person)))
            workbook_writing.write(written, rows, counts_from_1904=sheet.counts_from_1904)
        with workbooks.opened(path) as before, workbooks.opened(written) as after:
            pairs = zip_longest(_without(_rows(before, contract, person)), after.rows)
            same = before.counts_from_1904 == after.counts_from_1904
            if not same or any(expected != read for expected, read in pairs):
                raise NotTheSame
    except NotReadable:
        raise NotTheSame from None
    return taken_out


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except NotReadable as error:
        raise FileRefused("unreadable", str(error)) from None


def _words(text: str) -> set[str]:
    return set(_SEPARATORS.split(text))


def _rows(sheet: Sheet, contract: Contract, person: Person) -> Iterator[_Row]:
    """Every row that is not blank, the header first, with what is the person's in it."""
    rows = iter(sheet.rows)
    number, cells = next(rows, (0, {}))
    if not cells:
        raise FileRefused("empty", "the first sheet is empty: there is not even a header row.")
    width = max(cells) + 1
    header = [sheet.as_text(cells[at]) if at in cells else "" for at in range(width)]
    places = id_places(contract, header)
    yield _Row(number, cells)
    for number, cells in rows:
        row = _Row(number, cells, is_misfit=max(cells) >= width)
        if row.is_misfit:
            # Of such a row nobody knows which cell is which.
            texts = map(sheet.as_text, cells.values())
            yield replace(row, is_theirs=any(map(person.is_named_by, texts)))
            continue
        is_theirs, named_at = theirs_in_row(
            places,
            person,
            lambda at, column, cells=cells: (  # type: ignore[misc]
                sheet.as_text(cells[at], column) if at in cells else ""
            ),
        )
        yield replace(row, is_theirs=is_theirs, named_at=named_at)


def _without(rows: Iterator[_Row]) -> Iterator[tuple[int, dict[int, Cell]]]:
    for row in rows:
        if not row.is_theirs:
            yield row.number, row.cells | dict.fromkeys(row.named_at, PLACEHOLDER)
        elif row.is_misfit:
            yield row.number, {max(row.cells): "-"}
