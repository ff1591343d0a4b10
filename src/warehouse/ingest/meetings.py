"""Attendance reports of Microsoft Teams and participant lists of Zoom, taken apart.

A report is no table: it has a summary above, sections below one another, and a layout for every
year and language of the software. Out of here comes what ``reading`` makes of a table, one row for
each stay, so that judging, pseudonyms and writing are the same for every source. Names are used to
pair events and get no further than this module.

Headings are found through the contract (aliases included), never by place. Which of day and month
comes first is the ``date_format`` of its column ``joined_at``; that it is right is seen from the day
in the file's name, for the report itself cannot say.
"""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa

from warehouse.contracts import Contract
from warehouse.ingest.meeting_times import after, as_datetime, day_after, duration, moment
from warehouse.ingest.names import ExportName
from warehouse.ingest.reading import (
    FILE,
    LATEST,
    LINE,
    MISFIT,
    FileRefused,
    detect_encoding,
    opened,
)

# A report of a thousand stays has a tenth of a megabyte: what is much larger is something else.
MOST_BYTES = 8_000_000
_LONGEST_HEADING = 100

LAYOUTS = {
    "teams": (
        "Name with Join time and Leave time; Name with First join and Last leave; "
        "Full Name with User Action and Timestamp"
    ),
    "zoom": (
        "Name (Original Name) with Join Time and Leave Time; "
        "Name (Original Name) with Total Duration (Minutes)"
    ),
}
# What tells the lists apart, the one that says most of a stay first.
_KINDS = ("joined_at", "first_join", "action_at", "minutes")
_ORGANISER = frozenset({"organizer", "organiser"})
# In Zoom's wide export these two are the host's where they come first and the participant's after.
_TWICE_IN_ZOOM = frozenset({"email", "minutes"})

_SECTION_TITLE = re.compile(r"[0-9]+\.\s.*")


@dataclass
class Listing:
    """A header found in the report, and the records under it: (line, fields).

    ``places``: where each column of the contract stands; ``width``: fields up to the last heading.
    """

    header: list[str]
    places: dict[str, list[int]]
    width: int
    records: list[tuple[int, list[str]]] = field(default_factory=list)

    @property
    def kind(self) -> str | None:
        """Which of ``_KINDS`` it is; None where it lists no people."""
        if "full_name" not in self.places:
            return None
        return next((kind for kind in _KINDS if kind in self.places), None)

    @property
    def is_of_meetings(self) -> bool:
        """Whether it says what was met for, and by whom, instead of who came."""
        return "full_name" not in self.places and {"meeting_id", "started_at"} <= set(self.places)

    def cell(self, fields: list[str], column: str, *, first: bool = False) -> str:
        """A record's value of a column, '' where the list has no such column."""
        places = self.places.get(column)
        return bare(fields[places[0 if first else -1]]) if places else ""


@dataclass(frozen=True)
class _Stay:
    """One row to be judged: contract columns by name; ``fits`` as ``misfit`` in ``reading``."""

    line: int
    values: dict[str, str]
    misfit: int = 0


def read(
    contract: Contract, path: Path, name: ExportName, file_number: int
) -> tuple[list[pa.RecordBatch], None]:
    """The stays of one report, as Arrow text in the shape of ``reading.chunks``; extra columns are
    not counted, for a report has more than anybody needs.

    Times that could be read are ``YYYY-MM-DD HH:MM:SS``; others stay as they are, for judging to
    refuse. ``latest`` is the day after the meeting: a night shift's session may end then. Raises
    FileRefused for a workbook, an empty file, a report of no known layout, a repeated column,
    several meetings, and one of which no join lies on the day in the file's name.
    """
    _, lists = taken_apart(contract, text_of(path, name.kind))
    people = _most_telling(lists)
    _refuse_repeated(contract, people)
    date_format = contract.column("joined_at").date_format
    day_first = date_format.find("%d") <= date_format.find("%m")
    if contract.reader == "zoom":
        stays = _zoom_stays(lists, people, name.as_of, day_first)
    else:
        stays = _teams_stays(people, day_first)
    _refuse_another_day(contract, stays, name.as_of, day_first)
    return [_packed(contract, stays, file_number, day_after(name.as_of))], None


def text_of(path: Path, kind: str) -> str:
    """A report's text, without a byte order mark. Raises FileRefused for what is no report's size."""
    if kind == "xlsx":
        raise FileRefused(
            "unreadable",
            "a meeting's report is the CSV that Teams or Zoom wrote: land that, not a workbook.",
        )
    with opened(path, kind) as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise FileRefused(
            "unreadable", f"the file has more than {MOST_BYTES:,} bytes: it is no meeting's report."
        )
    encoding, errors = detect_encoding(io.BytesIO(content))
    text = content.decode(encoding, errors)
    if not text.strip():
        raise FileRefused("empty", "the file is empty: there is not even a header row.")
    return text


def taken_apart(contract: Contract, text: str) -> tuple[str, list[Listing]]:
    """(separator, every list in the report), by the separator under which one of people is found.

    Raises FileRefused where there is none of people.
    """
    known = {
        plain(heading): column.name
        for column in contract.columns
        for heading in (column.name, *column.aliases)
    }
    for separator in ("\t", ",", ";"):
        lists = list(_found(_records(text, separator), known))
        if any(one.kind for one in lists):
            return separator, lists
    raise FileRefused(
        "missing_column",
        "no list of participants was found. Nothing was loaded. Known lists have the columns "
        f"{LAYOUTS[contract.reader]}. Add other headings to the aliases in "
        f"expectations/mappings/{contract.source}.yaml.",
    )


def reader_of(lines: Iterable[str], separator: str) -> "csv._reader":  # type: ignore[name-defined]
    """A reader of a report's physical lines."""
    csv.field_size_limit(sys.maxsize)
    # Teams quotes nothing between tabs: a name that begins with a quote must not swallow the rest.
    if separator == "\t":
        return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=separator)


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = reader_of(io.StringIO(text, newline=""), separator)
    line = 1
    for fields in reader:
        if any(bare(one) for one in fields):
            yield line, fields
        line = reader.line_num + 1


def _found(records: Iterable[tuple[int, list[str]]], known: dict[str, str]) -> Iterator[Listing]:
    current: Listing | None = None
    for line, fields in records:
        places: dict[str, list[int]] = {}
        for place, heading in enumerate(fields):
            column = known.get(plain(heading)) if len(heading) <= _LONGEST_HEADING else None
            if column is not None:
                places.setdefault(column, []).append(place)
        header = Listing(fields, places, _width(fields))
        if header.kind or header.is_of_meetings:
            current = header
            yield header
        elif _SECTION_TITLE.fullmatch(bare(fields[0])) and not any(map(bare, fields[1:])):
            current = None
        elif current is not None:
            current.records.append((line, fields))


def _most_telling(lists: Iterable[Listing]) -> list[Listing]:
    """The lists of people of the kind that says most, of those with anybody in them."""
    of_people = [one for one in lists if one.kind]
    filled = [one for one in of_people if one.records] or of_people
    best = min(_KINDS.index(str(one.kind)) for one in filled)
    return [one for one in filled if one.kind == _KINDS[best]]


def _refuse_repeated(contract: Contract, people: Iterable[Listing]) -> None:
    allowed = _TWICE_IN_ZOOM if contract.reader == "zoom" else frozenset()
    for one in people:
        for column, places in one.places.items():
            if len(places) > (2 if column in allowed else 1):
                raise FileRefused(
                    "repeated_column",
                    f"column '{column}' stands in one list twice. Nothing was loaded: take one of "
                    "the two out.",
                )


def _refuse_another_day(
    contract: Contract, stays: Iterable[_Stay], as_of: date, day_first: bool
) -> None:
    """A wrong order of day and month would pass for another day's meeting, or for none."""
    joins = [stay.values["joined_at"] for stay in stays if stay.values.get("joined_at")]
    if joins and not any(join.startswith(f"{as_of} ") for join in joins):
        order = "day before the month" if day_first else "month before the day"
        raise FileRefused(
            "unreadable",
            f"none of its {len(joins)} join times lies on the day in the file's name, read with the "
            f"{order}. Nothing was loaded. Put the meeting's day into the name, or set date_format in "
            f"expectations/mappings/{contract.source}.yaml to the order in which it is written.",
        )


def _teams_stays(people: Iterable[Listing], day_first: bool) -> list[_Stay]:
    stays: list[_Stay] = []
    for one in people:
        for line, fields in one.records:
            if misfit := misfit_of(one, fields):
                stays.append(_Stay(line, {}, misfit))
            elif one.kind == "action_at":
                _note_action(stays, one, line, fields, day_first)
            else:
                stays.append(_Stay(line, _teams_values(one, fields, day_first)))
    return stays


def _teams_values(one: Listing, fields: list[str], day_first: bool) -> dict[str, str]:
    values = _as_given(one, fields)
    role = one.cell(fields, "stated_role").casefold()
    values["attends_as"] = "organiser" if role in _ORGANISER else "participant"
    if one.kind == "joined_at":
        values["joined_at"] = moment(one.cell(fields, "joined_at"), day_first)
        values["left_at"] = moment(one.cell(fields, "left_at"), day_first)
        return values
    joined = moment(one.cell(fields, "first_join"), day_first)
    left = moment(one.cell(fields, "last_leave"), day_first)
    # Between first join and last leave somebody may have been away: the time stated is the stay.
    stated = duration(one.cell(fields, "time_in_meeting"))
    began = as_datetime(joined)
    if stated is not None and began is not None:
        ended = after(began, stated)
        left = min(left, ended) if as_datetime(left) else ended
    return values | {"joined_at": joined, "left_at": left}


def _note_action(
    stays: list[_Stay], one: Listing, line: int, fields: list[str], day_first: bool
) -> None:
    """Joined begins a stay, Left ends the last open one of that name; a leave alone is a bad row."""
    name = one.cell(fields, "full_name")
    when = moment(one.cell(fields, "action_at"), day_first)
    values = _as_given(one, fields) | {"full_name": name, "attends_as": "participant"}
    if one.cell(fields, "user_action").casefold().startswith("joined"):
        stays.append(_Stay(line, values | {"joined_at": when, "left_at": ""}))
        return
    for stay in reversed(stays):
        if stay.values.get("full_name") == name and not stay.values["left_at"]:
            stay.values["left_at"] = when
            return
    stays.append(_Stay(line, values | {"joined_at": "", "left_at": when}))


def _zoom_stays(
    lists: Iterable[Listing], people: Iterable[Listing], as_of: date, day_first: bool
) -> list[_Stay]:
    hosts, meetings, began = set(), set(), ""
    for one in lists:
        for _, fields in one.records:
            if misfit_of(one, fields) or not (one.kind or one.is_of_meetings):
                continue
            repeated = len(one.places.get("email", ())) > 1
            host = one.cell(fields, "host_email")
            if one.is_of_meetings or repeated:
                host = host or one.cell(fields, "email", first=True)
            hosts.add(host.casefold())
            meetings.add(plain(one.cell(fields, "meeting_id")))
            began = began or one.cell(fields, "started_at")
    if len(meetings - {""}) > 1:
        raise FileRefused(
            "unreadable",
            "the list holds more than one meeting. Nothing was loaded: land one list for each session.",
        )
    start = as_datetime(moment(began, day_first)) or datetime.combine(as_of, time())
    stays = []
    for one in people:
        for line, fields in one.records:
            misfit = misfit_of(one, fields)
            values = {} if misfit else _zoom_values(one, fields, hosts - {""}, start, day_first)
            stays.append(_Stay(line, values, misfit))
    return stays


def _zoom_values(
    one: Listing, fields: list[str], hosts: set[str], start: datetime, day_first: bool
) -> dict[str, str]:
    values = _as_given(one, fields)
    values["attends_as"] = (
        "waiting_room"
        if one.cell(fields, "in_waiting_room").casefold() in ("yes", "y", "true")
        else "organiser"
        if values["email"].casefold() in hosts
        else "participant"
    )
    if one.kind == "joined_at":
        values["joined_at"] = moment(one.cell(fields, "joined_at"), day_first)
        values["left_at"] = moment(one.cell(fields, "left_at"), day_first)
        return values
    minutes = one.cell(fields, "minutes")
    stated = timedelta(minutes=int(minutes)) if re.fullmatch("[0-9]{1,4}", minutes) else None
    left = minutes if stated is None else after(start, stated)
    return values | {"joined_at": str(start), "left_at": left}


def _as_given(one: Listing, fields: list[str]) -> dict[str, str]:
    return {column: one.cell(fields, column) for column in ("email", "void", "synthetic")}


def _packed(
    contract: Contract, stays: list[_Stay], file_number: int, latest: date
) -> pa.RecordBatch:
    count = len(stays)
    columns: dict[str, pa.Array] = {
        FILE: pa.repeat(pa.scalar(file_number, pa.int32()), count),
        LINE: pa.array([stay.line for stay in stays], pa.int64()),
        MISFIT: pa.array([stay.misfit for stay in stays], pa.int8()),
        LATEST: pa.repeat(pa.scalar(latest, pa.date32()), count),
    }
    for column in contract.kept_columns:
        texts = [
            str(stay.line) if column.name == "entry" else stay.values.get(column.name, "")
            for stay in stays
        ]
        columns[column.name] = pa.array(texts, pa.string())
    return pa.RecordBatch.from_pydict(columns)


def _width(fields: list[str]) -> int:
    """Fields up to the last that is not empty: a spreadsheet pads every line of a file to one width."""
    return max((place for place, one in enumerate(fields, start=1) if bare(one)), default=0)


def misfit_of(one: Listing, fields: list[str]) -> int:
    """1 for a record with more fields than its list's header, -1 for one with fewer, else 0."""
    return (_width(fields) > one.width) - (len(fields) < one.width)


def bare(text: str) -> str:
    """A field without the white space and the pair of quotes around it."""
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == '"' else text


def plain(heading: str) -> str:
    """A heading's letters and digits: Zoom's exporters write Join Time, Join_Time and JoinTime."""
    return "".join(one for one in heading.casefold() if one.isalnum())
