"""Find a person in a report of Teams or Zoom, and write it anew without them.

Rows under their e-mail address become empty lines. Every other line stays, with a placeholder where
it holds their address, or the name that their own rows go by: a summary, the host of a meeting, the
events of the list of 2020. A namesake who has another address keeps row and name.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.contracts import Contract
from warehouse.ingest import meetings
from warehouse.ingest.meetings import Listing, bare, misfit_of, plain
from warehouse.ingest.names import ExportName
from warehouse.ingest.reading import LINE, MISFIT, FileRefused
from warehouse.ingest.rewriting import NotTheSame, Text, line_end, opened, writing
from warehouse.person import Person
from warehouse.tombstones import PLACEHOLDER

_HOST = re.compile("host|organi[sz]er")
_NAMING = frozenset({"full_name", "email", "host_email"})
_ADDRESS = re.compile(r'[^\s,;:<>"()|=]+@[^\s,;:<>"()|=]+')
_ORIGINAL_NAME = re.compile(r"(.+?)\s*\((.+)\)")


@dataclass(frozen=True)
class _Record:
    """One record, or a blank line: its physical lines, and what is the person's in it.

    ``instead``: what stands in a field that names them, by its place. ``misfit``: as in ``meetings``.
    """

    raw: tuple[str, ...]
    fields: list[str]
    listing: Listing | None = None
    is_theirs: bool = False
    misfit: int = 0
    instead: tuple[tuple[int, str], ...] = ()


def found(path: Path, kind: str, contract: Contract, person: Person) -> tuple[int, int]:
    """(records of theirs in every list, other records that name them).

    Raises FileRefused where no list of people is found, UnicodeError for text that is none.
    """
    with opened(path, kind) as text:
        _, records = _judged(path, kind, text, contract, person)
    return sum(one.is_theirs for one in records), sum(bool(one.instead) for one in records)


def write_without(
    path: Path, written: Path, name: ExportName, contract: Contract, person: Person
) -> list[int]:
    """Write a report without the person; returns the lines of the stays that were theirs.

    Raises NotTheSame where everybody else's stays would not read as before, and UnicodeError where
    its text would not come out as it went in: nothing counts then.
    """
    with opened(path, name.kind) as text:
        separator, records = _judged(path, name.kind, text, contract, person)
        with writing(written, name.kind) as target:
            target.write(text.mark)
            for record in records:
                for line in _without(record, text, separator):
                    target.write(text.encoded(line))
    try:
        (before,), _ = meetings.read(contract, path, name, 0)
        (after,), _ = meetings.read(contract, written, name, 0)
    except FileRefused:
        # A report that was refused may be one for everybody else's sake: whose, is not known.
        raise NotTheSame from None
    email = contract.column("email")
    theirs = [
        not misfit and person.key_in(email, address) in person.keys
        for address, misfit in zip(
            before.column("email").to_pylist(), before.column(MISFIT).to_pylist(), strict=True
        )
    ]
    rows = before.to_pylist()
    if after.to_pylist() != _those(rows, [not one for one in theirs]):
        raise NotTheSame
    return [row[LINE] for row in _those(rows, theirs)]


def _those(rows: list[dict[str, Any]], wanted: list[bool]) -> list[dict[str, Any]]:
    return [row for row, is_wanted in zip(rows, wanted, strict=True) if is_wanted]


def _judged(
    path: Path, kind: str, text: Text, contract: Contract, person: Person
) -> tuple[str, list[_Record]]:
    """(separator, every record and blank line of the report)."""
    separator, lists = meetings.taken_apart(contract, meetings.text_of(path, kind))
    by_line = {line: one for one in lists for line, _ in one.records}
    records = [
        _with_owner(record, by_line.get(line), contract, person)
        for line, record in _records(text, separator)
    ]
    names = _Names(records, contract, person)
    return separator, [names.judged(one) for one in records]


def _records(text: Text, separator: str) -> Iterator[tuple[int, _Record]]:
    taken: list[str] = []

    def decoded() -> Iterator[str]:
        for line in text.lines:
            taken.append(line)
            yield text.decoded(line)

    reader = meetings.reader_of(decoded(), separator)
    begins = 1
    for fields in reader:
        yield begins, _Record(tuple(taken), fields)
        taken.clear()
        begins = reader.line_num + 1


def _with_owner(
    record: _Record, listing: Listing | None, contract: Contract, person: Person
) -> _Record:
    """The record with the list it stands in, if any, and whether it is a row of the person's."""
    if listing is None or not listing.kind:
        return _Record(record.raw, record.fields, listing)
    misfit = misfit_of(listing, record.fields)
    if misfit:
        # Of such a row nobody knows which field is which.
        is_theirs = any(person.has_address(bare(field)) for field in record.fields)
    else:
        address = listing.cell(record.fields, "email")
        is_theirs = person.key_in(contract.column("email"), address) in person.keys
    return _Record(record.raw, record.fields, listing, is_theirs, misfit)


class _Names:
    """What a person is called in a report, and where else that stands."""

    def __init__(self, records: list[_Record], contract: Contract, person: Person) -> None:
        self._person = person
        called: set[str] = set()
        addresses: set[str] = set()
        for record in records:
            called |= set(self._called(record))
            if record.is_theirs and not record.misfit and record.listing:
                addresses.add(record.listing.cell(record.fields, "email"))
                # The list of Teams gives the account's name too, which may be another address.
                if contract.reader == "teams":
                    addresses |= {one for one in map(bare, record.fields) if "@" in one}
        self._addresses = {one.casefold() for one in addresses}
        for name in tuple(called):
            # Zoom writes the name that was chosen, and in brackets the account's.
            if match := _ORIGINAL_NAME.fullmatch(name):
                called |= {bare(match[1]), bare(match[2])}
        self._called_so = {one.casefold() for one in called | addresses if one}
        # One word alone could be part of anybody's name.
        within = sorted((one for one in self._called_so if " " in one or "@" in one), key=len)
        self._within = (
            re.compile(
                rf"(?<![\w@.-])(?:{'|'.join(map(re.escape, reversed(within)))})(?![\w@-])", re.I
            )
            if within
            else None
        )
        everything = {field for record in records for field in record.fields}
        numbered = (f"[erased {number}]" for number in range(2, len(records) + 3))
        self._placeholder = next(
            one for one in (PLACEHOLDER, *numbered) if not any(one in field for field in everything)
        )

    def judged(self, record: _Record) -> _Record:
        """The record with what is to stand in the fields that name the person."""
        if record.is_theirs:
            return record
        instead = tuple(
            (place, other)
            for place, field in enumerate(record.fields)
            if (other := self._without(record, place, field)) != field
        )
        if not instead:
            return record
        return _Record(
            record.raw, record.fields, record.listing, misfit=record.misfit, instead=instead
        )

    def _called(self, record: _Record) -> Iterator[str]:
        """The names beside the person's address: in rows of theirs, and where they are the host."""
        listing, fields = record.listing, record.fields
        if listing is None or misfit_of(listing, fields):
            return
        if record.is_theirs:
            yield listing.cell(fields, "full_name")
        for place in (*listing.places.get("email", ()), *listing.places.get("host_email", ())):
            heading = plain(listing.header[place - 1]) if place else ""
            names_host = heading.endswith("name") or _HOST.fullmatch(heading)
            if names_host and self._person.has_address(bare(fields[place])):
                yield bare(fields[place - 1])

    def _without(self, record: _Record, place: int, field: str) -> str:
        """A field without the person: as it was where it does not name them."""
        text = bare(field)
        if self._is_theirs(text):
            return self._placeholder
        if _is_of_the_stay(record, place):
            return field
        field = _ADDRESS.sub(
            lambda match: self._placeholder if self._is_theirs(match[0]) else match[0], field
        )
        if self._is_somebody_elses(record, place):
            return field
        if text.casefold() in self._called_so or self._is_their_number(record, place, text):
            return self._placeholder
        return self._within.sub(self._placeholder, field) if self._within else field

    def _is_theirs(self, address: str) -> bool:
        return self._person.has_address(address) or address.casefold() in self._addresses

    def _is_somebody_elses(self, record: _Record, place: int) -> bool:
        """Whether a name stands beside an address that is not the person's."""
        listing, fields = record.listing, record.fields
        beside = [one for one in fields[place + 1 : place + 2] if "@" in one]
        if listing is not None and place in listing.places.get("full_name", ()):
            beside = [] if record.misfit else [listing.cell(fields, "email")]
        elif listing is None:
            beside = [one for one in fields if "@" in one]
        return any(one and not self._is_theirs(one) for one in map(bare, beside))

    def _is_their_number(self, record: _Record, place: int, text: str) -> bool:
        """Whether it is their staff number: only where no count or minute could stand."""
        listing = record.listing
        if listing is None or place >= len(listing.header):
            return False
        heading = plain(listing.header[place])
        is_of_people = place in listing.places.get("full_name", ()) or any(
            one in heading for one in ("participantid", "employee", "staff", "upn")
        )
        return is_of_people and self._person.is_named_by(text)


def _is_of_the_stay(record: _Record, place: int) -> bool:
    """Whether the field stands in a column of times, minutes or roles, which no name is looked for in."""
    places = record.listing.places if record.listing else {}
    return any(place in places[column] for column in places if column not in _NAMING)


def _without(record: _Record, text: Text, separator: str) -> Iterator[str]:
    """The record's physical lines, as many as before, without what is the person's."""
    if not record.is_theirs and not record.instead:
        yield from record.raw
        return
    ends = [line_end(line) for line in record.raw]
    if record.is_theirs:
        # A row of too few or too many fields is nobody's, and goes on being counted as one.
        width = record.listing.width if record.listing else 0
        stub = {1: separator * width + "-", -1: "-", 0: ""}[record.misfit]
        yield text.as_raw(stub) + ends[0]
        yield from ends[1:]
        return
    instead = dict(record.instead)
    body = record.raw[0].rstrip("\r\n")
    if len(record.raw) == 1 and (separator == "\t" or '"' not in body):
        pieces = body.split(separator)
        for place, other in instead.items():
            pieces[place] = text.as_raw(other)
        yield separator.join(pieces) + ends[0]
        return
    fields = [instead.get(place, field) for place, field in enumerate(record.fields)]
    line = io.StringIO(newline="")
    writer = csv.writer(
        line, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=ends[-1] or "\n"
    )
    writer.writerow(fields)
    lines = list(io.StringIO(line.getvalue(), newline=""))
    # A name that went over two lines is on one now.
    lines += [ends[-1]] * (len(record.raw) - len(lines))
    yield from map(text.as_raw, lines)
