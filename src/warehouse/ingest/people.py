"""Find a person's rows in landing files, and write such a file anew without them.

A rewritten file keeps every other line as it was, byte for byte and at its place: where a row was
stands an empty line, which is no row. A row that is about something else and only names the person
stays, with a placeholder for the id. Workbooks and native reports are searched but not rewritten.
"""

import contextlib
import csv
import gzip
import html
import io
import os
import re
import shutil
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

import duckdb

from warehouse import tombstones
from warehouse.contracts import Column, Contract, Registry
from warehouse.files import partial, put_in_place, sha256_of
from warehouse.ingest import batch, landing, names, reading
from warehouse.ingest.landing import Candidate
from warehouse.ingest.reading import FileRefused
from warehouse.person import Person
from warehouse.settings import Settings
from warehouse.tombstones import PLACEHOLDER, Rewrite

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


@dataclass(frozen=True)
class _Text:
    """A file's lines as text that gives the same bytes again."""

    lines: Iterator[str]
    decoded: Callable[[str], str]
    encoded: Callable[[str], bytes]
    as_raw: Callable[[str], str]


def holding(settings: Settings, registry: Registry, person: Person) -> Iterator[Held]:
    """Every file in landing that holds the person, or that cannot be searched for them."""
    for candidate in landing.candidates(settings, registry, registry.values()):
        held = _look(candidate, registry.get(candidate.arrival.source), person)
        if held is not None:
            yield held


def _look(candidate: Candidate, contract: Contract | None, person: Person) -> Held | None:
    path, kind = candidate.path, _kind(candidate.path)
    try:
        if kind != "xlsx" and contract is not None and not candidate.arrival.rejected:
            theirs = [row for row in _rows(path, kind, contract, person) if _concerns(row)]
            rows = sum(row.is_theirs for row in theirs)
            if not theirs:
                return None
            return Held(candidate, rows, len(theirs) - rows)
    except FileRefused:
        pass  # no table by this contract: looked through word by word
    except (csv.Error, UnicodeError):
        return Held(candidate, unread=True, by_hand="it is no text that can be read")
    try:
        lines = sum(any(map(person.is_named_by, words)) for words in _words(path, kind))
    except (FileRefused, csv.Error, UnicodeError):
        return Held(candidate, unread=True, by_hand="it cannot be read")
    why = "it is a workbook" if kind == "xlsx" else "its columns are not those of a known source"
    return Held(candidate, lines, by_hand=why) if lines else None


def rewrite(
    settings: Settings,
    workbench: duckdb.DuckDBPyConnection,
    contract: Contract,
    held: Held,
    person: Person,
) -> None:
    """Write a file that ``holding`` found anew without the person; mode and times stay.

    Noted in control/ before it is put in place, so that it counts as the file that it was. Raises
    UnicodeError where the file has text that would not come out as it went in: nothing is changed.
    """
    path, arrival = held.candidate.path, held.candidate.arrival
    bad = batch.faulty_lines(workbench, contract, path, arrival)
    before = tombstones.load(settings).rewrite(contract.source, path.name, sha256_of(path))
    rows = bad_rows = 0
    written = partial(path)
    kind = _kind(path)
    with _writing(written, kind) as target, _opened(path, kind) as text:
        for row in _rows_of(text, contract, person):
            if row.is_theirs and not row.misfit:
                rows += 1
                bad_rows += row.line in bad
            for line in _without(row, text):
                target.write(text.encoded(line))
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
    with _opened(path, kind) as text:
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


def _rows(path: Path, kind: str, contract: Contract, person: Person) -> Iterator[_Row]:
    with _opened(path, kind) as text:
        yield from _rows_of(text, contract, person)


def _rows_of(text: _Text, contract: Contract, person: Person) -> Iterator[_Row]:
    """Every record of a table, the header and blank lines too, with what is the person's in it.

    Raises FileRefused where the table has not the columns that ids stand in.
    """
    if contract.reader != "table":
        raise FileRefused("unreadable", "it is a native report.")
    records = _records(text)
    positions: dict[str, int] = {}
    width = 0
    for row in records:
        if not width and any(field.strip() for field in row.fields):
            width = len(row.fields)
            header = [field.lstrip("\ufeff") for field in row.fields]
            positions = reading.lay_out(header, contract.names, set(), contract.source).positions
            if any(column.required and column.name not in positions for column in _ids(contract)):
                raise FileRefused("missing_column", "it has no column for the ids.")
            yield row
        elif not row.fields:
            yield row
        elif len(row.fields) != width:
            # Of such a row nobody knows which field is which.
            is_theirs = any(map(person.is_named_by, row.fields))
            misfit = 1 if len(row.fields) > width else -1
            yield replace(row, is_theirs=is_theirs, misfit=misfit)
        else:
            yield _judged(row, contract, positions, person)


def _ids(contract: Contract) -> list[Column]:
    return [column for column in contract.kept_columns if column.privacy == "id"]


def _judged(row: _Row, contract: Contract, positions: dict[str, int], person: Person) -> _Row:
    named_at = []
    for column in _ids(contract):
        position = positions.get(column.name)
        if position is None or person.key_in(column, row.fields[position]) not in person.keys:
            continue
        if column.on_erasure == "row":
            return replace(row, is_theirs=True)
        named_at.append(position)
    return replace(row, named_at=tuple(named_at))


def _records(text: _Text) -> Iterator[_Row]:
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


def _without(row: _Row, text: _Text) -> Iterator[str]:
    """The row's physical lines, as many as before, without what is the person's."""
    if not _concerns(row):
        yield from row.raw
        return
    ends = [line[len(line.rstrip("\r\n")) :] for line in row.raw]
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


@contextmanager
def _opened(path: Path, kind: str) -> Iterator[_Text]:
    """A file's physical lines, its encoding found as ``ingest.reading`` finds it.

    Lines of a one-byte encoding or UTF-8 are handed on as Latin-1, in which every byte is one
    character, so that what is not touched comes out as it went in.
    """
    with reading.opened(path, kind) as stream:
        encoding, errors = reading.detect_encoding(stream)
    with reading.opened(path, kind) as stream:
        if encoding.startswith(("utf-16", "utf-32")):
            yield _wide(stream.read(), encoding)
            return
        plain = "utf-8" if encoding == "utf-8-sig" else encoding
        raw = io.TextIOWrapper(stream, encoding="latin-1", newline="")
        yield _Text(
            lines=iter(raw),
            decoded=lambda line: line.encode("latin-1").decode(plain, errors),
            encoded=lambda line: line.encode("latin-1"),
            as_raw=lambda line: line.encode(plain, "strict").decode("latin-1"),
        )


def _wide(content: bytes, encoding: str) -> _Text:
    """The same for UTF-16: read whole. Raises UnicodeError where it would not come out as it was."""
    exact = encoding
    if encoding == "utf-16":
        exact = "utf-16-le" if content.startswith(b"\xff\xfe") else "utf-16-be"
    text = content.decode(exact)
    if text.encode(exact) != content:
        raise UnicodeError("does not come out as it went in")
    return _Text(
        lines=iter(io.StringIO(text, newline="")),
        decoded=lambda line: line,
        encoded=lambda line: line.encode(exact),
        as_raw=lambda line: line,
    )


@contextmanager
def _writing(path: Path, kind: str) -> Iterator[IO[bytes]]:
    with path.open("wb") as plain:
        if kind != "csv.gz":
            yield plain
            return
        # Without name and time in it: the same rows are to give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0) as packed:
            yield cast(IO[bytes], packed)
