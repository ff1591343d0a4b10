"""The statutory census return (children's social work workforce census, XML) as records.

A return is one ``Message`` with a ``Header``, one element about the authority (``LALevelVacancies``,
``LALevel`` from 2025) and one ``CSWWWorker`` for each social worker. What comes out has the shape
that ``reading`` gives for a table, so that judging, quarantine, pseudonymisation and writing are the
same for both.

The file comes from another system and is not trusted. Python's own expat parser reads it piece by
piece; a document type declaration, the only place where an entity can be declared, ends the
reading, so nothing is ever expanded or fetched. Size, depth, single pieces and texts are bounded.
"""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.parsers import expat

import pyarrow as pa

from warehouse.contracts import Contract
from warehouse.ingest.judging import latest_date
from warehouse.ingest.names import ExportName
from warehouse.ingest.reading import FILE, LATEST, LINE, MISFIT, FileRefused

FIRST_YEAR, LAST_YEAR = 2021, 2025

# The largest authorities return some 1,500 workers, 2 MB.
MOST_BYTES = 32 << 20
MOST_DEPTH = 8
MOST_CHARACTERS = 1_000
MOST_RECORDS = 20_000
# The parser keeps every name of an element or attribute that it ever met; a return has some 50.
MOST_NAMES = 500
# A tag or comment that does not end is read again from its start with every piece that is fed.
_MOST_BYTES_IN_A_TOKEN = 256 << 10
_BYTES_IN_A_READ = 64 << 10

_RECORDS = {"LALevelVacancies": "authority", "LALevel": "authority", "CSWWWorker": "worker"}
_HEADER = {"Collection", "Year", "ReferenceDate", "LEA"}
_OF_THE_AUTHORITY = {
    "NumberOfVacancies",
    "NoAgencyFTE",
    "NoAgencyHeadcount",
    "RecruitmentBonus",
    "RetentionBonus",
    "PerformanceAward",
    "CarAllowance",
    "RelocationPackage",
    "RegionalWeighting",
    "CostSWE",
    "CostDBS",
    "OtherAllowances",
}
_OF_BOTH = {"void", "synthetic"}
# What this module says of a record itself; no element of a file may be called so.
_OWN = {
    "record_type",
    "LEA",
    "swe_number_state",
    "birth_date_state",
    "sex_state",
    "ethnicity_state",
    "institution_state",
}
# The schemas allow several of these; what stands first counts.
_MAY_REPEAT = {"QualInst", "ContractWeeks", "Absat30Sept", "ReasonAbsence", "CFKSSstatus"}

_ENCODINGS = {"utf-8", "utf-16", "us-ascii", "iso-8859-1", "windows-1252"}

_SWE_NUMBER = re.compile(r"[A-Za-z]{2}[0-9]{1,12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# An xs:date may name a time zone, which says nothing of a day in post.
_TIME_ZONE = re.compile(r"(?<=[0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})\Z")


def read(
    contract: Contract, path: Path, name: ExportName, file_number: int
) -> tuple[list[pa.RecordBatch], str | None]:
    """The records of one return as Arrow text, and how many unknown elements it has (null: none).

    The reference date is what the file's name gives. The batch has ``file_number``;
    ``line``, on which the record's element begins; ``misfit``, 1 where an element stands twice in
    its record, holds others or is too long, else 0; ``latest``; and a text for each column that the
    contract keeps. What the contract drops is looked at here for its form alone: its ``…_state``
    says ``given``, ``absent`` or ``faulty``. Raises FileRefused for what is no such return.
    """
    _require_census_day(name.as_of)
    reader = _Reader(contract, name.as_of)
    reader.feed(path)
    if not any(record["record_type"] == "worker" for record in reader.records):
        raise FileRefused(
            "empty", "the return has no CSWWWorker: it would say that nobody is there."
        )
    batch = _batch(reader, contract, file_number, latest_date(name.as_of))
    return [batch], _extras(reader.unknown)


def _require_census_day(as_of: date) -> None:
    if (as_of.month, as_of.day) != (9, 30):
        raise FileRefused(
            "unreadable",
            "a return speaks for a 30 September and the file's name has another day: "
            "rename it to <stem>_YYYY-09-30.xml.",
        )
    if not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        raise FileRefused(
            "unreadable",
            f"returns of {FIRST_YEAR} to {LAST_YEAR} can be read, and the file's name has another year. "
            "Check the name; for a newer census its elements have to be added to "
            "expectations/contracts/csww_return.yaml first.",
        )


def _extras(unknown: set[str]) -> str | None:
    if not unknown:
        return None
    return f"{len(unknown)} (elements that the contract does not know)"


def _batch(reader: "_Reader", contract: Contract, file_number: int, latest: date) -> pa.RecordBatch:
    count = len(reader.records)
    columns = {
        FILE: pa.repeat(pa.scalar(file_number, pa.int32()), count),
        LINE: pa.array(reader.lines, pa.int64()),
        MISFIT: pa.array(reader.misfits, pa.int8()),
        LATEST: pa.repeat(pa.scalar(latest, pa.date32()), count),
    }
    for column in contract.kept_columns:
        texts = [record.get(column.name) for record in reader.records]
        columns[column.name] = pa.array(texts, pa.string())
    return pa.RecordBatch.from_pydict(columns)


class _Reader:
    """Expat's events into records. ``records``, ``lines`` and ``misfits`` go together."""

    def __init__(self, contract: Contract, as_of: date) -> None:
        self.records: list[dict[str, str]] = []
        self.lines: list[int] = []
        self.misfits: list[int] = []
        self.unknown: set[str] = set()
        self._contract = contract
        self._as_of = as_of
        self._elements = {
            name: column for name, column in contract.names.items() if column not in _OWN
        }
        self._kept = {column.name for column in contract.kept_columns}
        self._ethnicities = frozenset(contract.column("Ethnicity").allowed)
        sex = "GenderCurrent" if as_of.year <= 2023 else "Sex"
        self._sex, self._sexes = sex, frozenset(contract.column(sex).allowed)
        self._path: list[str] = []
        self._record: dict[str, str] | None = None
        self._misfit = 0
        self._text: list[str] | None = None
        self._length = 0
        self._names: set[str] = set()
        self._seen: set[str] = set()
        self._header: dict[str, str] = {}
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = _require_known_encoding
        self._parser.StartDoctypeDeclHandler = _refuse_declarations
        self._parser.EntityDeclHandler = _refuse_declarations
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, path: Path) -> None:
        """Read the whole file. Raises FileRefused where it is not well-formed, too large or no return."""
        fed = 0
        try:
            with path.open("rb") as stream:
                while piece := stream.read(_BYTES_IN_A_READ):
                    fed += len(piece)
                    if fed > MOST_BYTES:
                        raise FileRefused(
                            "unreadable",
                            f"the file is larger than {MOST_BYTES >> 20} MiB, and a return is below 3: "
                            "check what was sent.",
                        )
                    self._parser.Parse(piece)
                    if fed - self._parser.CurrentByteIndex > _MOST_BYTES_IN_A_TOKEN:
                        raise FileRefused(
                            "unreadable",
                            f"line {self._parser.CurrentLineNumber} has a tag or a comment without an end: "
                            "export the return again.",
                        )
            if not fed:
                raise FileRefused("empty", "the file is empty: send it again.")
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise FileRefused(
                "unreadable",
                f"it is no well-formed XML (line {error.lineno}: {expat.ErrorString(error.code)}): "
                "export the return again, one return to a file.",
            ) from None
        self._check_header()
        for record in self.records:
            if record["record_type"] == "authority" and "LEA" in self._header:
                record["LEA"] = self._header["LEA"]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._names.add(name)
        self._names.update(attributes)
        name = name.rpartition(":")[2]
        self._path.append(name)
        depth = len(self._path)
        if depth > MOST_DEPTH or len(self._names) > MOST_NAMES:
            raise FileRefused(
                "unreadable",
                f"its elements are nested deeper or have more names than a return's (line "
                f"{self._parser.CurrentLineNumber}): this is no census return.",
            )
        if depth == 1 and name != "Message":
            raise FileRefused(
                "unreadable", "its outermost element is not Message: this is no census return."
            )
        if depth == 2:
            self._begin(name)
        elif self._record is not None:
            if depth > 3 and self._path[2].casefold() in self._elements:
                # Values are texts: an element inside one is something misplaced.
                self._misfit = 1
            self._listen()
        elif depth in (3, 4) and self._path[1] == "Header":
            if name in ("CollectionDetails", "Source"):
                self._only_once(name)
            self._listen()

    def _begin(self, name: str) -> None:
        kind = _RECORDS.get(name)
        if kind != "worker" and (kind or name == "Header"):
            self._only_once(kind or name)
        if kind:
            if len(self.records) == MOST_RECORDS:
                raise FileRefused(
                    "unreadable",
                    f"it has more than {MOST_RECORDS:,} records: this is no authority's return.",
                )
            self._record, self._misfit = {"record_type": kind}, 0
            self.lines.append(self._parser.CurrentLineNumber)
        elif name != "Header":
            self.unknown.add(name)

    def _only_once(self, name: str) -> None:
        if name in self._seen:
            raise FileRefused(
                "unreadable",
                f"a second return begins on line {self._parser.CurrentLineNumber}: land one return to a file.",
            )
        self._seen.add(name)

    def _listen(self) -> None:
        self._text, self._length = [], 0

    def _characters(self, text: str) -> None:
        if self._text is None:
            if self._record is not None and len(self._path) == 2 and text.strip():
                self._misfit = 1
            return
        self._length += len(text)
        if self._length <= MOST_CHARACTERS:
            self._text.append(text)

    def _end(self, _: str) -> None:
        name = self._path.pop()
        depth = len(self._path) + 1
        if depth == 2 and self._record is not None:
            self._close(self._record)
        elif depth == 3 and self._record is not None:
            self._take(self._record, name)
        elif depth == 4 and self._path[1] == "Header" and name in _HEADER:
            self._header.setdefault(name, "".join(self._text or ()).strip())
        self._text = None

    def _take(self, record: dict[str, str], name: str) -> None:
        column = self._elements.get(name.casefold())
        of_authority = record["record_type"] == "authority"
        if column is None or (
            column not in _OF_BOTH and (column in _OF_THE_AUTHORITY) is not of_authority
        ):
            self.unknown.add(name)
            return
        if self._length > MOST_CHARACTERS:
            self._misfit = 1
        if column in record:
            if column not in _MAY_REPEAT:
                self._misfit = 1
            return
        text = "".join(self._text or ())
        if self._contract.column(column).type == "date":
            text = _without_time_zone(text)
        record[column] = text

    def _close(self, record: dict[str, str]) -> None:
        if record["record_type"] == "worker":
            number = record.get("SWENo", "").strip()
            if number:
                regular = _SWE_NUMBER.fullmatch(number)
                record["swe_number_state"] = "given" if regular else "faulty"
            else:
                record["swe_number_state"] = "absent"
            record["birth_date_state"] = _state(record.get("PersonBirthDate"), _is_date)
            record["sex_state"] = _state(record.get(self._sex), self._sexes.__contains__)
            record["ethnicity_state"] = _state(
                record.get("Ethnicity"), self._ethnicities.__contains__
            )
            record["institution_state"] = _state(record.get("QualInst"), bool)
        # From here on nothing of class drop is held.
        self.records.append({name: text for name, text in record.items() if name in self._kept})
        self.misfits.append(self._misfit)
        self._record = None

    def _check_header(self) -> None:
        """Raises FileRefused where the header speaks of another collection or another year."""
        if self._header.get("Collection", "") not in ("", "CSWW"):
            raise FileRefused("unreadable", "its header names another collection than CSWW.")
        year, day = str(self._as_of.year), self._as_of.isoformat()
        for element, expected in (("Year", year), ("ReferenceDate", day)):
            if _without_time_zone(self._header.get(element, "")) not in ("", expected):
                raise FileRefused(
                    "unreadable",
                    f"{element} in its header is not that of the file's name ({day}): "
                    "rename the file, or land the return of that year.",
                )


def _state(text: str | None, is_good: Callable[[str], bool]) -> str:
    stripped = (text or "").strip()
    if not stripped:
        return "absent"
    return "given" if is_good(stripped) else "faulty"


def _without_time_zone(text: str) -> str:
    return _TIME_ZONE.sub("", text.strip())


def _is_date(text: str) -> bool:
    day = _without_time_zone(text)
    if not _DATE.fullmatch(day):
        return False
    try:
        return date.fromisoformat(day) is not None
    except ValueError:
        return False


def _refuse_declarations(*_: object) -> None:
    raise FileRefused(
        "unreadable",
        "it has a document type declaration, with which a file can make its reader fetch or expand "
        "something: no census return has one. Export the return again.",
    )


def _require_known_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    # Expat asks Python for any other, and not every codec is meant for a stranger's bytes.
    if (encoding or "utf-8").lower() not in _ENCODINGS:
        raise FileRefused(
            "unreadable", "it declares an unusual encoding: export the return as UTF-8."
        )
