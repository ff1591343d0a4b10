"""The first sheet of an Excel workbook (.xlsx), row by row, without ever holding it whole.

Read here with expat, and not by a library, for three reasons (decision 11): the readers tried
either lay out a grid as large as the farthest cell, so that one stray cell ends the whole night;
or refuse what Excel opens; and none says of a plain number in a date column which calendar (1900 or
1904) the workbook counts in. A workbook comes from outside, so its document types and entities are
refused and what it unpacks to is bounded.
"""

import io
import math
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from lzma import LZMAError
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from warehouse.contracts import Column

# What all parts of a workbook that are read may unpack to. A sheet of a million rows and ten
# columns is some 500 MB; the texts that its cells share are held in memory, and are bounded closer.
MOST_UNPACKED_BYTES = 1 << 31
MOST_TEXT_BYTES = 1 << 28
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
_BYTES_IN_A_READ = 1 << 18

_LAST_SERIAL = 2_958_465  # 31 December 9999 in the calendar of 1900
# Numbers of formats that Excel has built in and that show a day: 14 to 17, 22, and the East Asian.
_DATE_FORMATS = frozenset((14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58))
# In a format code these stand for themselves: "text", \c, _c, *c, and [colour], [condition], [locale].
_NOT_FORMAT = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]?', re.DOTALL)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ISO_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T.*)?")


class NotReadable(Exception):
    """The workbook is broken, protected, too large, or none. The message is a sentence without values."""


class Number(NamedTuple):
    """A number that is not styled as a date."""

    value: float


Cell = str | bool | Number | date


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet that are not blank, each with its number and {position from 0: cell}.

    ``counts_from_1904``: which calendar a serial date of this workbook counts in.
    """

    rows: Iterator[tuple[int, dict[int, Cell]]]
    counts_from_1904: bool

    def as_text(self, cell: Cell, column: Column | None = None) -> str:
        """A cell as the CSV of the same sheet would have it, for a column or a heading.

        Dates as ISO; 3.0 as 3, and no number with an exponent; TRUE and FALSE as Y and N in a
        column of those. A number in a date column is a serial date.
        """
        kind = column.type if column else "string"
        if isinstance(cell, bool):
            return ("N", "Y")[cell] if kind == "boolean" else ("FALSE", "TRUE")[cell]
        if isinstance(cell, Number):
            day = day_of(cell.value, self.counts_from_1904) if kind == "date" else None
            return day.isoformat() if day else _number_as_text(cell.value)
        return cell if isinstance(cell, str) else cell.isoformat()


def day_of(serial: float, counts_from_1904: bool) -> date | None:
    """The day of a serial date; None for a number that is none. The time of day is left out.

    In the calendar of 1900 day 1 is 1 January 1900 and day 60 a 29 February that never was, here
    the 28th; in that of 1904 day 0 is 1 January 1904.
    """
    if not 0 <= serial < _LAST_SERIAL + 1:
        return None
    days = math.floor(serial)
    if counts_from_1904:
        day = date(1904, 1, 1).toordinal() + days
        return date.fromordinal(day) if day <= date.max.toordinal() else None
    if days == 0:
        return None
    return date(1899, 12, 31) + timedelta(days=days - (days >= 60))


def _number_as_text(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    return format(Decimal(repr(value)), "f")


@contextmanager
def opened(path: Path) -> Iterator[Sheet]:
    """The first sheet of a workbook; its rows have to be read within the ``with`` block.

    Raises NotReadable for what is no workbook, a protected, broken or oversized one, here or while
    the rows are being read.
    """
    with _parts(path) as parts:
        yield _first_sheet(parts)


def beyond_first_sheet(path: Path) -> Iterator[tuple[bool, str]]:
    """(whether cells may share it, text) of all that a workbook holds beside its first sheet's cells.

    The texts that its cells share, those of the first sheet among them; the cells of other sheets;
    comments, properties, links, copies for a pivot table. Raises NotReadable as ``opened`` does.
    """
    with _parts(path) as parts:
        book = _laid_open(parts)
        yield from ((True, text) for text in book.texts)
        for name in book.sheets[1:]:
            if parts.has(name):
                sheet = book.sheet(parts, name)
                yield from (
                    (False, sheet.as_text(cell)) for _, row in sheet.rows for cell in row.values()
                )
        for name in sorted(parts.names() - {*book.sheets, book.texts_part}):
            if name.endswith((".xml", ".rels")):
                spoken = _Spoken()
                for _ in _parse(parts.pieces(name), spoken):
                    yield from ((False, text) for text in spoken.texts)
                    spoken.texts.clear()


@contextmanager
def _parts(path: Path) -> Iterator["_Parts"]:
    # From memory: a read error of the disk is then never taken for a fault of the file.
    packed = path.read_bytes()
    if packed.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise NotReadable(
            "the workbook is protected by a password or of the old kind (.xls): save it as .xlsx without one."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            yield _Parts(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        LZMAError,
        EOFError,
        NotImplementedError,
        RuntimeError,  # a part of the archive is encrypted
        expat.ExpatError,
        UnicodeError,
        LookupError,
        ValueError,
        OverflowError,
    ):
        raise NotReadable("the workbook is broken: save it anew and send it again.") from None


class _Parts:
    """The parts of a workbook, unpacked piece by piece within one bound for all of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = MOST_UNPACKED_BYTES

    def has(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def names(self) -> set[str]:
        return set(self._archive.NameToInfo)

    def pieces(self, name: str, most: int = MOST_UNPACKED_BYTES) -> Iterator[bytes]:
        """The bytes of a part. KeyError where there is none of that name."""
        with self._archive.open(name) as part:
            while piece := part.read(_BYTES_IN_A_READ):
                self._left -= len(piece)
                most -= len(piece)
                if self._left < 0 or most < 0:
                    raise NotReadable(
                        "the workbook unpacks to more than any export does: send it in parts, or as CSV."
                    )
                yield piece


Attributes = dict[str, str]


class _Handler:
    """What is told of each element, by its name without a namespace."""

    def start(self, name: str, attributes: Attributes) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


def _parse(pieces: Iterator[bytes], handler: _Handler) -> Iterator[None]:
    """Parse XML, tell the handler of it, and pause after each piece."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type

    def begin(name: str, attributes: Attributes) -> None:
        # Some programs write <x:row> for <row>; all others are spared a look at every name.
        if ":" in name:
            parser.StartElementHandler = lambda name, found: handler.start(_local(name), found)
            parser.EndElementHandler = lambda name: handler.end(_local(name))
        else:
            parser.StartElementHandler = handler.start
            parser.EndElementHandler = handler.end
        handler.start(_local(name), attributes)

    parser.StartElementHandler = begin
    parser.CharacterDataHandler = handler.text
    for piece in pieces:
        parser.Parse(piece, False)
        yield
    parser.Parse(b"", True)
    yield


def _refuse_document_type(*_: object) -> None:
    # A workbook has none. Entities that name each other or a file could only be declared in one.
    raise NotReadable("the workbook declares a document type, which no workbook does.")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _attribute(attributes: Attributes, name: str) -> str:
    """An attribute whatever its namespace's prefix; empty where it is not there."""
    return next((value for one, value in attributes.items() if one.endswith(f":{name}")), "")


def _whole(pieces: Iterator[bytes], handler: _Handler) -> None:
    for _ in _parse(pieces, handler):
        pass


def _first_sheet(parts: _Parts) -> Sheet:
    book = _laid_open(parts)
    return book.sheet(parts, book.sheets[0])


@dataclass(frozen=True)
class _LaidOpen:
    """Where a workbook's sheets are, in the order of their tabs, and what their cells go by."""

    sheets: list[str]
    texts_part: str
    texts: list[str]
    are_dates: list[bool]
    counts_from_1904: bool

    def sheet(self, parts: _Parts, name: str) -> Sheet:
        cells = _Cells(self.texts, self.are_dates, self.counts_from_1904)
        return Sheet(_rows(parts.pieces(name), cells), self.counts_from_1904)


def _laid_open(parts: _Parts) -> _LaidOpen:
    root = _Relations()
    _whole(parts.pieces("_rels/.rels"), root)
    main = root.first("officeDocument")
    folder, name = posixpath.split(main)
    relations = _Relations(folder)
    _whole(parts.pieces(posixpath.join(folder, "_rels", f"{name}.rels")), relations)
    book = _Book()
    _whole(parts.pieces(main), book)
    sheets = [relations.targets[one] for one in book.sheets if relations.kinds[one] == "worksheet"]
    if not sheets:
        raise NotReadable("the workbook has no sheet of cells.")
    styles, texts = _Styles(), _Texts()
    for kind, handler in (("styles", styles), ("sharedStrings", texts)):
        part = relations.first(kind, "")
        if part and parts.has(part):
            _whole(parts.pieces(part, MOST_TEXT_BYTES), handler)
    return _LaidOpen(
        sheets,
        relations.first("sharedStrings", ""),
        texts.texts,
        styles.are_dates(),
        book.counts_from_1904,
    )


def _rows(pieces: Iterator[bytes], cells: "_Cells") -> Iterator[tuple[int, dict[int, Cell]]]:
    for _ in _parse(pieces, cells):
        yield from cells.finished
        cells.finished.clear()


class _Relations(_Handler):
    """Which part is which: the kind and the place of each, by its id."""

    def __init__(self, folder: str = "") -> None:
        self._folder = folder
        self.kinds: dict[str, str] = {}
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            one = attributes["Id"]
            self.kinds[one] = attributes["Type"].rpartition("/")[2]
            target = posixpath.join("/", self._folder, attributes["Target"])
            self.targets[one] = posixpath.normpath(target).lstrip("/")

    def first(self, kind: str, otherwise: str | None = None) -> str:
        """The place of the first part of that kind; KeyError where there is none."""
        for one, its_kind in self.kinds.items():
            if its_kind == kind:
                return self.targets[one]
        if otherwise is None:
            raise KeyError(kind)
        return otherwise


class _Book(_Handler):
    """The sheets in the order of their tabs, and the calendar."""

    def __init__(self) -> None:
        self.sheets: list[str] = []
        self.counts_from_1904 = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "sheet":
            self.sheets.append(_attribute(attributes, "id"))
        elif name == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904", "0") in ("1", "true")


class _Spoken(_Handler):
    """Every text of a part that is no sheet, and every attribute that could be more than a count."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        # In a pivot table's copy of the rows <n v="7"/> is a number that stood in a cell.
        self.texts += [one for one in attributes.values() if name == "n" or not one.isdigit()]

    def text(self, text: str) -> None:
        self.texts.append(text)


class _Styles(_Handler):
    """Which of the cell styles show a day."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._is_within_cell_styles = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self._codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._is_within_cell_styles = True
        elif name == "xf" and self._is_within_cell_styles:
            self._formats.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._is_within_cell_styles = False

    def are_dates(self) -> list[bool]:
        """For each cell style, whether it shows a day."""
        return [
            shows_a_day(self._codes[one]) if one in self._codes else one in _DATE_FORMATS
            for one in self._formats
        ]


def shows_a_day(code: str) -> bool:
    """Whether a number format, such as ``dd/mm/yyyy``, shows a day: one that has a day or year in it.

    ``General`` and the names of colours have the letters too, and ``mm:ss`` is minutes.
    """
    shown = _NOT_FORMAT.sub("", code.partition(";")[0]).lower().replace("general", "")
    return "d" in shown or "y" in shown


class _Texts(_Handler):
    """The texts that cells share, without what is only said of their pronunciation."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._within: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:  # noqa: ARG002 - as all handlers
        self._within.append(name)
        if name == "si":
            self._pieces.clear()

    def text(self, text: str) -> None:
        if self._within[-1] == "t" and "rPh" not in self._within:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        self._within.pop()
        if name == "si":
            self.texts.append(_unescaped("".join(self._pieces)))


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written as _x000D_."""
    if "_x" not in text:
        return text
    return (
        _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )


@dataclass
class _Cells(_Handler):
    """Gathers the cells of each row; a row that has ended and is not blank lies in ``finished``."""

    texts: list[str]
    are_dates: list[bool]
    counts_from_1904: bool
    finished: list[tuple[int, dict[int, Cell]]] = field(default_factory=list)
    _row: int = 0
    _position: int = -1
    _cells: dict[int, Cell] = field(default_factory=dict)
    _kind: str = ""
    _style: int = 0
    _value: list[str] = field(default_factory=list)
    _inline: list[str] = field(default_factory=list)
    _gathered: list[str] | None = None
    _is_spoken: bool = False
    _columns: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v":
            self._gathered = self._value
        elif name == "t":
            self._gathered = None if self._is_spoken else self._inline
        elif name == "rPh":
            self._is_spoken = True
        elif name == "row":
            self._begin_row(attributes)

    def text(self, text: str) -> None:
        if self._gathered is not None:
            self._gathered.append(text)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._gathered = None
        elif name == "c":
            cell = self._cell()
            if cell is not None:
                self._cells[self._position] = cell
        elif name == "rPh":
            self._is_spoken = False
        elif name == "row":
            if self._cells:
                self.finished.append((self._row, self._cells))
            self._cells = {}

    def _begin_row(self, attributes: Attributes) -> None:
        before = self._row
        self._row = int(attributes.get("r", before + 1))
        if not before < self._row <= MOST_ROWS:
            raise ValueError("rows in no order")
        self._position = -1
        self._cells = {}

    def _begin_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        self._position = self._position + 1 if reference is None else self._column(reference)
        if self._position >= MOST_COLUMNS:
            raise ValueError("a column beyond the last")
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", 0))
        self._value.clear()
        self._inline.clear()

    def _column(self, reference: str) -> int:
        match = _REFERENCE.fullmatch(reference)
        if match is None or int(match[2]) != self._row:
            raise ValueError("a cell outside its row")
        letters = match[1]
        known = self._columns.get(letters)
        if known is None:
            known = 0
            for letter in letters:
                known = known * 26 + ord(letter) - ord("A") + 1
            self._columns[letters] = known
        return known - 1

    def _cell(self) -> Cell | None:
        """The cell's value; None where it is empty or holds an error such as #N/A."""
        if self._kind == "inlineStr":
            return _unescaped("".join(self._inline)) or None
        value = "".join(self._value)
        return _READERS[self._kind](self, value) if value else None

    def _shared(self, value: str) -> Cell | None:
        index = int(value)
        if index < 0:
            raise ValueError("a text before the first")
        return self.texts[index] or None

    def _number(self, value: str) -> Cell | None:
        number = float(value)
        if not math.isfinite(number):
            raise ValueError("no number")
        is_date = 0 <= self._style < len(self.are_dates) and self.are_dates[self._style]
        day = day_of(number, self.counts_from_1904) if is_date else None
        return day or Number(number)

    def _day(self, value: str) -> Cell | None:
        match = _ISO_DATE.fullmatch(value)
        return date.fromisoformat(match[1]) if match else value


_READERS: dict[str, Callable[[_Cells, str], Cell | None]] = {
    "n": _Cells._number,
    "s": _Cells._shared,
    "str": lambda _, value: _unescaped(value),
    "b": lambda _, value: value in ("1", "true"),
    "d": _Cells._day,
    "e": lambda *_: None,
}
