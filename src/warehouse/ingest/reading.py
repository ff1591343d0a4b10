"""The structure of a landing file: encoding, header, records, and the line on which each begins.

What a record is, is what Python's csv reader says: it alone of the readers tried gives the physical
line of every record, passes NUL bytes and quoted newlines through, and never loses a row. Where a
block of lines is so regular that there is but one way to take it apart, Arrow's reader does it many
times as fast (``_parsed``). All typing and judging is SQL over what comes out of here (``judging``).
"""

import codecs
import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from warehouse.contracts import Column
from warehouse.ingest import workbooks
from warehouse.texts import squeezed

ROWS_IN_A_CHUNK = 100_000
BYTES_IN_A_BLOCK = 1 << 22
# Below this, Arrow's making ready costs more than Python's reading.
FEWEST_BYTES_FOR_ARROW = 1 << 15
# An archive that unpacks to more is no month's export, and would fill the memory.
MOST_UNPACKED_BYTES = 1 << 31
MOST_BYTES_IN_A_LINE = 1 << 30

FILE = "file_number"
LINE = "line"
MISFIT = "misfit"
LATEST = "latest"


class FileRefused(Exception):
    """The whole file is rejected. ``reason_code`` as in the manifest; the message is a sentence."""

    def __init__(self, reason_code: str, sentence: str, extra_columns: str | None = None) -> None:
        super().__init__(sentence)
        self.reason_code = reason_code
        self.extra_columns = extra_columns


@dataclass(frozen=True)
class Layout:
    """Where each contract column stands in the file, and what else is there.

    ``constants``: what a column holds in every row where the file does not have it.
    """

    positions: dict[str, int]
    width: int
    extra_columns: str | None
    constants: dict[str, str] = field(default_factory=dict)


def _cp1252_or_c1(error: UnicodeError) -> tuple[str, int]:
    # Five bytes have no meaning in Windows-1252. They are kept as the control characters of the
    # same number, as browsers do: refusing them would lose a file over one stray byte.
    assert isinstance(error, UnicodeDecodeError)
    broken = error.object[error.start : error.end]
    return "".join(chr(byte) for byte in broken), error.end


codecs.register_error("cp1252_or_c1", _cp1252_or_c1)


def detect_encoding(stream: IO[bytes]) -> tuple[str, str]:
    """(encoding, error handler) of a byte stream: its BOM, else strict UTF-8, else Windows-1252."""
    head = stream.read(4)
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(bom):
            return encoding, "replace"
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    chunk = head
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = stream.read(BYTES_IN_A_BLOCK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", "cp1252_or_c1"
    return "utf-8", "strict"


class _BoundedGzip(gzip.GzipFile):
    """An archive that is refused as soon as it has given more than MOST_UNPACKED_BYTES."""

    _given = 0

    def read(self, size: int | None = -1) -> bytes:
        unpacked = super().read(size)
        self._given += len(unpacked)
        if self._given > MOST_UNPACKED_BYTES:
            raise FileRefused(
                "unreadable",
                f"the archive unpacks to more than {MOST_UNPACKED_BYTES >> 30} GiB: send it in parts.",
            )
        return unpacked


@contextmanager
def opened(path: Path, kind: str) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked. A broken archive raises FileRefused (unreadable) when it is met."""
    try:
        if kind == "csv.gz":
            with _BoundedGzip(path, "rb") as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            with path.open("rb") as plain:
                yield plain
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise FileRefused("unreadable", "the gzip archive is broken: send it again.") from None


Record = tuple[int, list[str]]


class Table(Protocol):
    """A landing file with its header read: what ``table`` gives, whatever the kind of file."""

    @property
    def header(self) -> list[str] | None:
        """The headings; None where there is not a single record."""

    @property
    def has_rows(self) -> bool:
        """Whether there is any record below the header."""

    def batches(
        self, layout: Layout, columns: Sequence[Column], file_number: int, latest: date
    ) -> Iterator[pa.RecordBatch]:
        """The records below the header, in the form of ``chunks``. To be asked for once."""


@contextmanager
def table(path: Path, kind: str) -> Iterator[Table]:
    """A landing file, opened as far as its header; it has to be read within the ``with`` block.

    ``kind``: ``csv``, ``csv.gz`` or ``xlsx``. Raises FileRefused (unreadable) for a broken or
    oversized archive or workbook, here or while its rows are being read.
    """
    if kind == "xlsx":
        try:
            with workbooks.opened(path) as sheet:
                yield _WorkbookTable(sheet)
        except workbooks.NotReadable as error:
            raise FileRefused("unreadable", str(error)) from None
        return
    with opened(path, kind) as stream:
        encoding, errors = detect_encoding(stream)
    try:
        with opened(path, kind) as stream:
            yield _TextTable(_blocks(stream, encoding, errors))
    except UnicodeError:
        # Every text can be decoded under the encoding that was found, unless it has changed since.
        raise FileRefused("unreadable", "the file changed while it was read.") from None


def _is_blank(fields: list[str]) -> bool:
    return len(fields) < 2 and not (fields and fields[0].strip())


def _blocks(stream: IO[bytes], encoding: str, errors: str) -> Iterator[bytes]:
    """The text as UTF-8, in blocks of whole physical lines; the last may lack its line end."""
    # Bytes that are known to be UTF-8 are passed on as they are.
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)(errors)
    held: list[bytes] = []
    while chunk := stream.read(BYTES_IN_A_BLOCK):
        if decoder:
            chunk = decoder.decode(chunk).encode()
        # A carriage return at the very end may be the first half of a line end.
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, max(len(chunk) - 1, 0))) + 1
        if end:
            yield b"".join((*held, chunk[:end]))
            held = [chunk[end:]]
        else:
            held.append(chunk)
            if sum(map(len, held)) > MOST_BYTES_IN_A_LINE:
                raise FileRefused("unreadable", "one line of it is longer than 1 GiB.")
    if decoder:
        held.append(decoder.decode(b"", final=True).encode())
    if last := b"".join(held):
        yield last


class _TextTable:
    """A CSV file, given as blocks of whole lines.

    Each block is taken apart by Arrow where it is regular, else by Python's csv reader, which goes
    on into the next block only where a quoted field does.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        csv.field_size_limit(sys.maxsize)
        self._blocks = blocks
        self._line = 1  # on which the next record begins
        self._head: list[Record] = []
        while len(self._head) < 2 and (block := next(self._blocks, None)) is not None:
            self._read_head(block)

    @property
    def header(self) -> list[str] | None:
        return self._head[0][1] if self._head else None

    @property
    def has_rows(self) -> bool:
        return len(self._head) > 1

    def batches(
        self, layout: Layout, columns: Sequence[Column], file_number: int, latest: date
    ) -> Iterator[pa.RecordBatch]:
        packer = _Packer(layout, [column.name for column in columns], file_number, latest)
        for record in self._head[1:]:
            packer.add(*record)
        for block in self._blocks:
            parsed = _parsed(block, layout, packer.columns) if _is_regular(block) else None
            if parsed is not None:
                if packer.holds_any:
                    yield packer.packed()
                yield packer.filled(parsed, self._line)
                self._line += parsed.num_rows
                continue
            for record in self._by_python(block):
                if packer.add(*record):
                    yield packer.packed()
        yield packer.packed()

    def _read_head(self, block: bytes) -> None:
        """Read on as far as the first record below the header, and put back what follows it."""
        reader, lines = self._reader(block)
        before = self._line - 1
        for fields in reader:
            if not _is_blank(fields):
                self._head.append((self._line, fields))
            self._line = before + reader.line_num + 1
            if len(self._head) == 2 or reader.line_num == len(lines):
                break
        if rest := "".join(lines[reader.line_num :]):
            self._blocks = chain([rest.encode()], self._blocks)

    def _by_python(self, block: bytes) -> Iterator[Record]:
        """The records of a block, and of as many blocks more as a quoted field reaches into."""
        reader, lines = self._reader(block)
        before = self._line - 1
        for fields in reader:
            if not _is_blank(fields):
                yield self._line, fields
            self._line = before + reader.line_num + 1
            if reader.line_num == len(lines):
                break

    def _reader(self, block: bytes) -> "tuple[csv._reader, list[str]]":  # type: ignore[name-defined]
        """A reader of a block, and the physical lines it was given: more of them in mid-record."""
        lines = _lines(block)

        def more() -> Iterator[str]:
            for following in self._blocks:
                added = _lines(following)
                lines.extend(added)
                yield from added

        return csv.reader(chain(tuple(lines), more())), lines


def _lines(block: bytes) -> list[str]:
    # The bytes are UTF-8, unless the file was changed meanwhile: it is then passed over anyway.
    return list(io.StringIO(block.decode(errors="replace"), newline=""))


def _is_regular(block: bytes) -> bool:
    """Whether each line of a block of whole lines, begun at a record, is a record or blank.

    That is so where each line ends with a line feed, with or without a carriage return before it,
    and each quote begins or ends a field that is quoted as a whole, has no quote in it, and ends on
    its own line.
    """
    if len(block) < FEWEST_BYTES_FOR_ARROW:
        return False
    # With a line feed at each end, the first and the last character have neighbours too.
    codes = np.frombuffer(b"\n" + block + b"\n", np.uint8)
    if b"\r" in block:
        returns = np.flatnonzero(codes == ord("\r"))
        if not (codes[returns + 1] == ord("\n")).all():
            return False
    if b'"' not in block:
        return True
    quotes = np.flatnonzero(codes == ord('"'))
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    line_ends = np.flatnonzero(codes == ord("\n"))
    return bool(
        np.isin(codes[opening - 1], (ord(","), ord("\n"))).all()
        and np.isin(codes[closing + 1], (ord(","), ord("\r"), ord("\n"))).all()
        and (np.searchsorted(line_ends, opening) == np.searchsorted(line_ends, closing)).all()
    )


def _parsed(block: bytes, layout: Layout, columns: Iterable[str]) -> pa.Table | None:
    """The wanted columns of a regular block, named by their position.

    None where Arrow refuses it, as it does a line that has not the header's width, or where it has
    passed over a blank line: the records then do not stand on lines that follow each other.
    """
    if layout.width < 2:
        return None  # a line of spaces is one field too, and blank lines are no rows
    wanted = [str(layout.positions[column]) for column in columns if column in layout.positions]
    try:
        parsed = arrow_csv.read_csv(
            pa.BufferReader(block),
            read_options=arrow_csv.ReadOptions(
                block_size=len(block) + 1,
                column_names=[str(position) for position in range(layout.width)],
            ),
            parse_options=arrow_csv.ParseOptions(
                quote_char='"' if b'"' in block else False,
                double_quote=False,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        return None
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    return parsed if parsed.num_rows == lines else None


class _WorkbookTable:
    """The first sheet of a workbook; a row's line is its number in the sheet."""

    def __init__(self, sheet: workbooks.Sheet) -> None:
        self._rows = iter(sheet.rows)
        self._sheet = sheet
        self._header = next(self._rows, None)
        self._first = next(self._rows, None)

    @property
    def header(self) -> list[str] | None:
        if self._header is None:
            return None
        _, cells = self._header
        return [
            self._sheet.as_text(cells[position]) if position in cells else ""
            for position in range(max(cells) + 1)
        ]

    @property
    def has_rows(self) -> bool:
        return self._first is not None

    def batches(
        self, layout: Layout, columns: Sequence[Column], file_number: int, latest: date
    ) -> Iterator[pa.RecordBatch]:
        wanted = {
            layout.positions[column.name]: column
            for column in columns
            if column.name in layout.positions
        }
        names = [column.name for column in columns]
        rows = chain([self._first] if self._first else [], self._rows)
        return chunks(
            ((line, self._fields(cells, wanted, layout.width)) for line, cells in rows),
            layout,
            names,
            file_number,
            latest,
        )

    def _fields(
        self, cells: dict[int, workbooks.Cell], wanted: dict[int, Column], width: int
    ) -> list[str]:
        """A row as text. One cell right of the last heading makes it a row with too many columns."""
        fields = [""] * (width + (max(cells) >= width))
        for position, column in wanted.items():
            if position in cells:
                fields[position] = self._sheet.as_text(cells[position], column)
        return fields


def lay_out(
    header: list[str],
    names: Mapping[str, str],
    needed: set[str],
    source: str,
    *,
    known_extras: Sequence[str] = (),
    constants: Mapping[str, str] | None = None,
) -> Layout:
    """Match a header with the contract's names (aliases included), blind to case and white space.

    ``known_extras``: headings that may be written out though the contract has no such column.
    ``constants``: what a column holds throughout where the file lacks it. Raises FileRefused for a
    column that comes twice or a required one that is missing. Any other heading that the contract
    does not have is given by position alone: in a file without a header row it is the first
    person's name.
    """
    known = {squeezed(heading): column for heading, column in names.items()}
    nameable = {squeezed(heading): heading for heading in known_extras}
    positions: dict[str, int] = {}
    extras: list[int] = []
    named_extras: list[str] = []
    repeated: str | None = None
    for position, heading in enumerate(header):
        compared = squeezed(heading)
        column = known.get(compared)
        if column is None:
            if compared in nameable:
                named_extras.append(nameable[compared])
            else:
                extras.append(position + 1)
        elif column in positions:
            repeated = repeated or column
        else:
            positions[column] = position
    unknown = [(place, squeezed(header[place - 1])) for place in extras]
    looks_like = {
        column: place
        for column in dict.fromkeys(known.values())
        if column not in positions and unknown
        for place in [_likeliest(unknown, [one for one, to in known.items() if to == column])]
        if place is not None
    }
    extra_columns = describe_extras(extras, named_extras, looks_like)
    if repeated:
        raise FileRefused(
            "repeated_column",
            f"column '{repeated}' stands in the file twice. Nothing was loaded: take one of the two out.",
            extra_columns,
        )
    missing = [
        column for column in dict.fromkeys(known.values()) if column in needed - set(positions)
    ]
    if missing:
        alike = looks_like.get(missing[0])
        raise FileRefused(
            "missing_column",
            f"required column '{missing[0]}' is missing ({len(extras)} columns have unknown names"
            f"{f'; column {alike} looks like it' if alike else ''}). Nothing was loaded. Add its "
            f"heading to the aliases in expectations/mappings/{source}.yaml (docs/mappings.md).",
            extra_columns,
        )
    return Layout(positions, len(header), extra_columns, dict(constants or {}))


def with_constants(batch: pa.RecordBatch, layout: Layout) -> pa.RecordBatch:
    """The same records, with its constant in each column that has one and that the file lacks."""
    for column, value in layout.constants.items():
        place = batch.schema.get_field_index(column)
        if column not in layout.positions and place >= 0:
            constant = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
            batch = batch.set_column(place, batch.schema.field(place), constant)
    return batch


# A heading longer than this is none, and comparing long texts takes the square of their length.
_LONGEST_COMPARED = 60
_MOST_COMPARED = 200
_LEAST_ALIKE = 0.7


def _likeliest(unknown: list[tuple[int, str]], would_do: list[str]) -> int | None:
    """The place of the unknown heading that is most like one of those; None where none is like it."""
    short = [one for one in unknown if 0 < len(one[1]) <= _LONGEST_COMPARED][:_MOST_COMPARED]
    found = []
    for wanted in would_do:
        matcher = SequenceMatcher(None, "", _bare(wanted))
        for place, heading in short:
            matcher.set_seq1(_bare(heading))
            # The quick one is never less than the true one, and most headings are not alike at all.
            if matcher.quick_ratio() >= _LEAST_ALIKE and matcher.ratio() >= _LEAST_ALIKE:
                found.append((matcher.ratio(), -place))
    return -max(found)[1] if found else None


def _bare(heading: str) -> str:
    return re.sub(r"[\W_]", "", heading)


def describe_extras(
    positions: list[int], names: Sequence[str] = (), looks_like: Mapping[str, int] | None = None
) -> str | None:
    """How columns beyond the contract's are listed: those that may be named, the others by place.

    ``looks_like``: {column that the file lacks: place of an unknown heading that is like its own}. An
    optional column under a new heading would otherwise be empty from then on, and nobody would know.
    """
    listed = sorted(set(names))
    if positions:
        places = ", ".join(str(position) for position in positions[:20])
        more = ", …" if len(positions) > 20 else ""
        listed.append(f"{len(positions)} (position {places}{more})")
        listed += [
            f"position {place} looks like {column}" for column, place in (looks_like or {}).items()
        ]
    return "; ".join(listed) or None


def chunks(
    rows: Iterable[Record],
    layout: Layout,
    columns: list[str],
    file_number: int,
    latest: date,
) -> Iterator[pa.RecordBatch]:
    """The records as Arrow text: one column for each wanted one, and four that judging needs.

    These are ``file_number``; ``line``; ``misfit``, -1 for a record with too few fields, 1 for one
    with too many, else 0; and ``latest``, the last date that the file may name. Only wanted columns
    are taken over, so a column of class drop never gets beyond this function. A column that the
    file does not have is null throughout. Of a misfit no value is read.
    """
    packer = _Packer(layout, columns, file_number, latest)
    for line, fields in rows:
        if packer.add(line, fields):
            yield packer.packed()
    yield packer.packed()


# pa.array and pa.scalar would import pandas first, which takes longer than reading a month's export.
def text_array(values: Sequence[str]) -> pa.Array:
    """An Arrow array of texts, together below 2 GiB."""
    joined = "".join(values)
    if joined.isascii():
        lengths = np.fromiter(map(len, values), np.int64, len(values))
        written = joined.encode()
    else:
        encoded = [value.encode() for value in values]
        lengths = np.fromiter(map(len, encoded), np.int64, len(values))
        written = b"".join(encoded)
    ends = np.zeros(len(values) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise FileRefused("unreadable", "some of its rows hold more than 2 GiB: send it in parts.")
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(written)]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def _number_array(values: "np.ndarray[tuple[int], np.dtype[Any]]", kind: pa.DataType) -> pa.Array:
    """An Arrow array over the memory of a numpy array of the same width."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


class _Packer:
    """Gathers records into Arrow batches of the form that ``chunks`` describes."""

    def __init__(self, layout: Layout, columns: list[str], file_number: int, latest: date) -> None:
        self.columns = columns
        self._layout = layout
        self._blank = [""] * layout.width
        self._file_number = file_number
        self._latest = (latest - date(1970, 1, 1)).days
        self._schema = pa.schema(
            [
                (FILE, pa.int32()),
                (LINE, pa.int64()),
                (MISFIT, pa.int8()),
                (LATEST, pa.date32()),
                *((column, pa.string()) for column in columns),
            ]
        )
        self._lines: list[int] = []
        self._misfits: list[int] = []
        self._kept: list[list[str]] = []

    @property
    def holds_any(self) -> bool:
        """Whether there are records that were not packed yet."""
        return bool(self._lines)

    def add(self, line: int, fields: list[str]) -> bool:
        """Add a record; True where a batch is full and must be packed."""
        width = self._layout.width
        self._lines.append(line)
        self._misfits.append((len(fields) > width) - (len(fields) < width))
        self._kept.append(fields if len(fields) == width else self._blank)
        return len(self._lines) >= ROWS_IN_A_CHUNK

    def packed(self) -> pa.RecordBatch:
        """What was added since the last time."""
        by_position = list(zip(*self._kept, strict=True)) or [()] * self._layout.width
        batch = self._batch(
            np.array(self._lines, np.int64),
            np.array(self._misfits, np.int8),
            {
                column: text_array(by_position[position])
                for column, position in self._layout.positions.items()
                if column in self.columns
            },
        )
        self._lines, self._misfits, self._kept = [], [], []
        return batch

    def filled(self, parsed: pa.Table, line: int) -> pa.RecordBatch:
        """A block that was parsed as a whole, one record a line, the first on this line."""
        return self._batch(
            np.arange(line, line + parsed.num_rows, dtype=np.int64),
            np.zeros(parsed.num_rows, np.int8),
            {
                column: parsed.column(str(position)).combine_chunks()
                for column, position in self._layout.positions.items()
                if column in self.columns
            },
        )

    def _batch(
        self,
        lines: "np.ndarray[tuple[int], np.dtype[np.int64]]",
        misfits: "np.ndarray[tuple[int], np.dtype[np.int8]]",
        values: dict[str, pa.Array],
    ) -> pa.RecordBatch:
        count = len(lines)
        arrays = [
            _number_array(np.full(count, self._file_number, np.int32), pa.int32()),
            _number_array(lines, pa.int64()),
            _number_array(misfits, pa.int8()),
            _number_array(np.full(count, self._latest, np.int32), pa.date32()),
            *(values.get(column, pa.nulls(count, pa.string())) for column in self.columns),
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)
