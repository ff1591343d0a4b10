"""What every way of writing a landing file anew needs: text that gives the same bytes again, which
columns hold ids, and what is said where the file would not read as before."""

import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from warehouse.contracts import Column, Contract
from warehouse.ingest import reading
from warehouse.ingest.reading import FileRefused
from warehouse.person import Person


class NotTheSame(Exception):
    """Without the person the file would not read as before for everybody else: it is left alone."""


@dataclass(frozen=True)
class Text:
    """A file's physical lines, after its byte order mark, as text that gives the same bytes again."""

    lines: Iterator[str]
    mark: bytes
    decoded: Callable[[str], str]
    encoded: Callable[[str], bytes]
    as_raw: Callable[[str], str]


@contextmanager
def opened(path: Path, kind: str) -> Iterator[Text]:
    """A file's physical lines, its encoding found as ``ingest.reading`` finds it.

    Lines of a one-byte encoding or UTF-8 are handed on as Latin-1, in which every byte is one
    character, so that what is not touched comes out as it went in. Raises UnicodeError where
    UTF-16 would not.
    """
    with reading.opened(path, kind) as stream:
        encoding, errors = reading.detect_encoding(stream)
    with reading.opened(path, kind) as stream:
        if encoding == "utf-16":
            yield _wide(stream.read())
            return
        mark = stream.read(3) if encoding == "utf-8-sig" else b""
        plain = "utf-8" if encoding == "utf-8-sig" else encoding
        raw = io.TextIOWrapper(stream, encoding="latin-1", newline="")
        yield Text(
            lines=iter(raw),
            mark=mark,
            decoded=lambda line: line.encode("latin-1").decode(plain, errors),
            encoded=lambda line: line.encode("latin-1"),
            as_raw=lambda line: line.encode(plain, "strict").decode("latin-1"),
        )


def _wide(content: bytes) -> Text:
    mark, rest = content[:2], content[2:]
    exact = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    text = rest.decode(exact)
    if text.encode(exact) != rest:
        raise UnicodeError("does not come out as it went in")
    return Text(
        lines=iter(io.StringIO(text, newline="")),
        mark=mark,
        decoded=lambda line: line,
        encoded=lambda line: line.encode(exact),
        as_raw=lambda line: line,
    )


@contextmanager
def writing(path: Path, kind: str) -> Iterator[IO[bytes]]:
    """A file to be written, packed where its kind is; the same bytes in give the same bytes out."""
    with path.open("wb") as plain:
        if kind != "csv.gz":
            yield plain
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0) as packed:
            yield cast(IO[bytes], packed)


def line_end(line: str) -> str:
    """What ends a physical line; empty for the last one of a file that has no line end."""
    return line[len(line.rstrip("\r\n")) :]


def id_places(contract: Contract, header: list[str]) -> Mapping[int, Column]:
    """{place in the row: column} of the ids that a table with this header has, in the contract's order.

    Raises FileRefused where a required one is not there: it is no table of this source.
    """
    positions = reading.lay_out(header, contract.names, set(), contract.source).positions
    columns = [column for column in contract.kept_columns if column.privacy == "id"]
    if any(column.required and column.name not in positions for column in columns):
        raise FileRefused("missing_column", "it has no column for the ids.")
    return {positions[one.name]: one for one in columns if one.name in positions}


def theirs_in_row(
    places: Mapping[int, Column], person: Person, text_at: Callable[[int, Column], str]
) -> tuple[bool, tuple[int, ...]]:
    """(whether a row is the person's, the places where a row about something else names them)."""
    named_at = []
    for place, column in places.items():
        if person.key_in(column, text_at(place, column)) in person.keys:
            if column.on_erasure == "row":
                return True, ()
            named_at.append(place)
    return False, tuple(named_at)
