"""What a landing file's name says: ``<stem>_YYYY-MM-DD[_rN].csv|.csv.gz|.xlsx``, ``.xml`` for a return."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_PATTERN = re.compile(
    r"(?P<stem>.+)_(?P<as_of>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:_r(?P<revision>[0-9]{1,9}))?"
    r"\.(?P<kind>csv|csv\.gz|xlsx|xml)",
    re.DOTALL,
)
# What the readers that do not read tables take; every other one reads a table's kinds.
_KINDS = {"csww": ("xml",)}
_TABLE_KINDS = ("csv", "csv.gz", "xlsx")
_KNOWN_EXTENSION = re.compile(r"(\.[A-Za-z0-9]{1,5}){1,2}\Z")
_LOOKS_LIKE_A_SOURCE = re.compile(r"[a-z][a-z0-9_]{1,40}")


@dataclass(frozen=True)
class ExportName:
    """A file name that fits the pattern, taken apart."""

    stem: str
    as_of: date
    revision: int
    kind: str


def kinds(reader: str) -> tuple[str, ...]:
    """The kinds of file (name endings without the leading dot) that a contract's reader takes."""
    return _KINDS.get(reader, _TABLE_KINDS)


def parse(file_name: str, reader: str = "table") -> ExportName | None:
    """The parts of a landing file's name; None where it does not fit or its date is none.

    ``reader``: the contract's, which decides on the kinds of file.
    """
    match = _PATTERN.fullmatch(file_name)
    if match is None or match["kind"] not in kinds(reader):
        return None
    try:
        as_of = date.fromisoformat(match["as_of"])
    except ValueError:
        return None
    return ExportName(
        stem=match["stem"],
        as_of=as_of,
        revision=int(match["revision"] or 1),
        kind=match["kind"],
    )


def stem(file_name: str) -> str | None:
    """What stands before the date of a name that fits the pattern, whichever reader takes it; else None."""
    match = _PATTERN.fullmatch(file_name)
    return match["stem"] if match else None


def is_looked_at(path: Path) -> bool:
    """False for files that are hidden, temporary, or still being copied in."""
    name = path.name
    return not (
        name.startswith((".", "~$")) or name.endswith((".part", ".tmp")) or not path.is_file()
    )


def without_words(file_name: str, sha256: str) -> str:
    """How a name that does not fit is listed: by hash and extension, for it may hold a person's name."""
    extension = _KNOWN_EXTENSION.search(file_name)
    return f"{sha256[:16]}{extension[0].lower() if extension else ''}"


def folder_as_source(folder_name: str) -> str:
    """How an unknown landing folder is listed: by its name only where that has a source's shape."""
    return folder_name if _LOOKS_LIKE_A_SOURCE.fullmatch(folder_name) else "unknown"
