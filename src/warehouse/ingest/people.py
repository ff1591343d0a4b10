"""Find a person's rows in landing files, and write such a file anew without them.

A rewritten file keeps every other line as it was, byte for byte and at its place: where a row was
stands an empty line, which is no row. A row that is about something else and only names the person
stays, with a placeholder for the id. For workbooks and reports see ``people_in_workbooks`` and
``people_in_reports``.
"""

import contextlib
import csv
import html
import io
import os
import re
import shutil
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from warehouse import tombstones
from warehouse.contracts import Column, Contract, Registry
from warehouse.files import partial, put_in_place, sha256_of
from warehouse.ingest import batch, landing, names, people_in_reports, people_in_workbooks
from warehouse.ingest.landing import Candidate
from warehouse.ingest.reading import FileRefused
from warehouse.ingest.rewriting import (
    NotTheSame,
    Text,
    id_places,
    line_end,
    opened,
    theirs_in_row,
    writing,
)
from warehouse.person import Person
from warehouse.settings import Settings
from warehouse.tombstones import PLACEHOLDER, Rewrite

REPORTS = frozenset({"teams", "zoom"})
_LARGEST_WORKBOOK = 1 << 30
_SEPARATORS = re.compile(r'[,;\t|"<>=\r\n]')


@dataclass(frozen=True)
class Held:
    """A landing file that holds a person. ``rows`` are theirs, ``named`` only name them.

    ``by_hand``: why the file cannot be rewritten; None where it can. ``unread``: it could not be
    searched, so nobody knows whether they stand in it.
    """

    candidate: Candidate
    rows: int = 0
    named: int = 0
    by_hand: str | None = None
    unread: bool = False


@dataclass(frozen=True)
class _Row:
    """One record: its physical lines as they were read, and what is theirs in it."""

    line: int
    raw: tuple[str, ...]
    fields: tuple[str, ...]
    is_theirs: bool = False
    named_at: tuple[int, ...] = ()
    # 1 with more fields than the header, -1 with fewer.
    misfit: int = 0


def holding(settings: Settings, registry: Registry, person: Person) -> Iterator[Held]:
    """Every file in landing that holds the person, or that cannot be searched for them."""
    for candidate in landing.candidates(settings, registry, registry.values()):
        held = _look(candidate, registry.get(candidate.arrival.source), person)
        if held is not None:
            yield held


def _look(candidate: Candidate, contract: Contract | None, person: Person) -> Held | None:
    path, kind = candidate.path, _kind(candidate.path)
    try:
        if contract is not None and not candidate.arrival.rejected:
            rows, named = _found(path, kind, contract, person)
            return Held(candidate, rows, named) if rows + named else None
    except FileRefused:
        pass  # no table or report by this contract: looked through word by word
    except (csv.Error, UnicodeError):
        return Held(candidate, unread=True, by_hand="it is no text that can be read")
    try:
        lines = sum(any(map(person.is_named_by, words)) for words in _words(path, kind))
    except (FileRefused, csv.Error, UnicodeError):
        return Held(candidate, unread=True, by_hand="it cannot be read")
    why = "it is no table or report of a known source"
    return Held(candidate, lines, by_hand=why) if lines else None


def _found(path: Path, kind: str, contract: Contract, person: Person) -> tuple[int, int]:
    """(rows of theirs, others that name them). Raises FileRefused for what is none of the source's."""
    if contract.reader in REPORTS:
        return people_in_reports.found(path, kind, contract, person)
    if contract.reader != "table":
        raise FileRefused("unreadable", "it is a return in which nobody is known by that number.")
    if kind == "xlsx":
        return people_in_workbooks.found(path, contract, person)
    with opened(path, kind) as text:
        theirs = [row for row in _rows(text, contract, person) if _concerns(row)]
    rows = sum(row.is_theirs for row in theirs)
    return rows, len(theirs) - rows


def rewrite(
    settings: Settings,
    workbench: duckdb.DuckDBPyConnection,
    contract: Contract,
    held: Held,
    person: Person,
) -> None:
    """Write a file that ``holding`` found anew without the person; mode and times stay.

    Noted in control/ before it is put in place, so that it counts as the file that it was. Raises
    NotTheSame where it would not read as before for everybody else: nothing is changed then.
    """
    path, arrival = held.candidate.path, held.candidate.arrival
    bad = batch.faulty_lines(workbench, contract, path, arrival)
    before = tombstones.load(settings).rewrite(contract.source, path.name, sha256_of(path))
    rows = bad_rows = 0
    written = partial(path)
    try:
        for line in _write_without(path, written, contract, person):
            rows += 1
            bad_rows += line in bad
    except (NotTheSame, UnicodeError):
        written.unlink(missing_ok=True)
        raise NotTheSame from None
    shutil.copystat(path, written)
    with contextlib.suppress(PermissionError):
        owner = path.stat()
        os.chown(written, owner.st_uid, owner.st_gid)
    tombstones.note_rewrite(
        settings,
        Rewrite(
            source=contract.source,
            file_name=path.name,
            sha256=sha256_of(written),
            instead_of=arrival.sha256,
            rows=rows + (before.rows if before else 0),
            bad_rows=bad_rows + (before.bad_rows if before else 0),
        ),
    )
    put_in_place(written, path)


def _write_without(path: Path, written: Path, contract: Contract, person: Person) -> Iterable[int]:
    """Write the file under another name; returns the lines of the rows that are judged as theirs."""
    name = names.parse(path.name, contract.reader)
    assert name is not None  # a file without a date is not rewritten
    if contract.reader in REPORTS:
        return people_in_reports.write_without(path, written, name, contract, person)
    if name.kind == "xlsx":
        return people_in_workbooks.write_without(path, written, contract, person)
    taken_out = []
    with writing(written, name.kind) as target, opened(path, name.kind) as text:
        target.write(text.mark)
        for row in _rows(text, contract, person):
            if row.is_theirs and not row.misfit:
                taken_out.append(row.line)
            for line in _without(row, text):
                target.write(text.encoded(line))
    return taken_out


def _kind(path: Path) -> str:
    name = names.parse(path.name)
    if name is not None:
        return name.kind
    return {".gz": "csv.gz", ".xlsx": "xlsx"}.get(path.suffix.lower(), "csv")


def _concerns(row: _Row) -> bool:
    return row.is_theirs or bool(row.named_at)


def _words(path: Path, kind: str) -> Iterator[list[str]]:
    """What a line may hold as a value, for each line of a file of any shape."""
    if kind == "xlsx":
        yield from _workbook_words(path)
        return
    with opened(path, kind) as text:
        for line in text.lines:
            yield _SEPARATORS.split(text.decoded(line))


def _workbook_words(path: Path) -> Iterator[list[str]]:
    """Every text between two tags of a workbook's sheets and strings; of a date or a sum, the number."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [one for one in archive.infolist() if one.filename.endswith(".xml")]
            if sum(part.file_size for part in parts) > _LARGEST_WORKBOOK:
                raise FileRefused("unreadable", "it is too large to be searched.")
            for part in parts:
                text = archive.read(part).decode("utf-8")
                yield [html.unescape(word) for word in _SEPARATORS.split(text)]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError):
        raise FileRefused("unreadable", "it is no workbook.") from None


def _rows(text: Text, contract: Contract, person: Person) -> Iterator[_Row]:
    """Every record of a table, the header and blank lines too, with what is the person's in it.

    Raises FileRefused where the table has not the columns that ids stand in.
    """
    places: Mapping[int, Column] = {}
    width = 0
    for row in _records(text):
        if not width and any(field.strip() for field in row.fields):
            width = len(row.fields)
            places = id_places(contract, list(row.fields))
            yield row
        elif not row.fields:
            yield row
        elif len(row.fields) != width:
            # Of such a row nobody knows which field is which.
            is_theirs = any(map(person.is_named_by, row.fields))
            misfit = 1 if len(row.fields) > width else -1
            yield replace(row, is_theirs=is_theirs, misfit=misfit)
        else:
            is_theirs, named_at = theirs_in_row(
                places,
                person,
                lambda place, _, fields=row.fields: fields[place],  # type: ignore[misc]
            )
            yield replace(row, is_theirs=is_theirs, named_at=named_at)


def _records(text: Text) -> Iterator[_Row]:
    """The records as the reader of ``ingest.reading`` takes them apart, with their physical lines."""
    taken: list[str] = []

    def decoded() -> Iterator[str]:
        for line in text.lines:
            taken.append(line)
            yield text.decoded(line)

    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(decoded())
    begins = 1
    for fields in reader:
        yield _Row(begins, tuple(taken), tuple(fields))
        taken.clear()
        begins = reader.line_num + 1


def _without(row: _Row, text: Text) -> Iterator[str]:
    """The row's physical lines, as many as before, without what is the person's."""
    if not _concerns(row):
        yield from row.raw
        return
    ends = [line_end(line) for line in row.raw]
    if row.is_theirs:
        # A row of too few or too many fields is nobody's, and goes on being counted as one.
        width = len(row.fields) - 1 if row.misfit > 0 else 0
        stub = {1: "," * width, -1: "-", 0: ""}[row.misfit]
        yield from (stub + ends[0], *ends[1:])
        return
    fields = [
        PLACEHOLDER if place in row.named_at else field for place, field in enumerate(row.fields)
    ]
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator=ends[-1]).writerow(fields)
    yield text.as_raw(line.getvalue())
