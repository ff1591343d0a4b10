"""The structure of a landing file: encoding, header, records, and the line on which each begins.

Python's csv reader takes the records apart, because it alone of the readers tried gives the
physical line of every record, passes NUL bytes and quoted newlines through, and never loses a
row. All typing and judging is SQL over what comes out of here (``judging``).
"""

import codecs
import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from warehouse.ingest.texts import squeezed

ROWS_IN_A_CHUNK = 100_000
_BYTES_IN_A_READ = 1 << 20

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
            chunk = stream.read(_BYTES_IN_A_READ)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", "cp1252_or_c1"
    return "utf-8", "strict"


@contextmanager
def opened(path: Path, kind: str) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked. A broken archive raises FileRefused (unreadable) when it is met."""
    if kind == "xlsx":
        raise FileRefused(
            "unreadable", "workbooks cannot be read yet: export the sheet as CSV and land that."
        )
    try:
        if kind == "csv.gz":
            with gzip.open(path, "rb") as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            with path.open("rb") as plain:
                yield plain
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise FileRefused("unreadable", "the gzip archive is broken: send it again.") from None


@contextmanager
def records(path: Path, kind: str) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """(physical line on which it begins, fields) for each record, the header first, blank lines left out."""
    csv.field_size_limit(sys.maxsize)
    with opened(path, kind) as stream:
        encoding, errors = detect_encoding(stream)
    with opened(path, kind) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
        yield _numbered(csv.reader(text))


def _numbered(reader: "csv._reader") -> Iterator[tuple[int, list[str]]]:  # type: ignore[name-defined]
    line = 1
    for fields in reader:
        if len(fields) > 1 or (fields and fields[0].strip()):
            yield line, fields
        line = reader.line_num + 1


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
    rows: Iterator[tuple[int, list[str]]],
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
    schema = pa.schema(
        [
            (FILE, pa.int32()),
            (LINE, pa.int64()),
            (MISFIT, pa.int8()),
            (LATEST, pa.date32()),
            *((column, pa.string()) for column in columns),
        ]
    )
    width = layout.width
    blank = [""] * width
    lines: list[int] = []
    misfits: list[int] = []
    kept: list[list[str]] = []

    def packed() -> pa.RecordBatch:
        by_position = list(zip(*kept, strict=True)) if kept else [()] * width
        count = len(lines)
        arrays = [
            pa.repeat(pa.scalar(file_number, pa.int32()), count),
            pa.array(lines, pa.int64()),
            pa.array(misfits, pa.int8()),
            pa.repeat(pa.scalar(latest, pa.date32()), count),
        ]
        for column in columns:
            position = layout.positions.get(column)
            arrays.append(
                pa.nulls(count, pa.string())
                if position is None
                else pa.array(by_position[position], pa.string())
            )
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    for line, fields in rows:
        lines.append(line)
        misfits.append((len(fields) > width) - (len(fields) < width))
        kept.append(fields if len(fields) == width else blank)
        if len(lines) == ROWS_IN_A_CHUNK:
            yield packed()
            lines, misfits, kept = [], [], []
    yield packed()
