"""Unmistakable values for a landing folder, and a search for them in everything that was written."""

import csv
import gzip
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import duckdb

from warehouse.contracts import Column, Contract, Registry

# An é, so that a file of Windows-1252 holds other bytes than one of UTF-8.
MARK = "Zqcanaré"
# The last snapshot of the programmes that tests land: nobody planted vanishes from a later one.
AS_OF = "2019-12-31"

Row = dict[str, str]

_HEX_RUN = re.compile(rb"[0-9a-f]{32,}")
# DuckDB's file begins with three headers of a page each; a file cut within them holds no table.
_DUCKDB_HEADERS = 3 * 4096


class Flock:
    """Every planted value: one for each place, so that what is found says where it came from."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def one(self, place: str) -> str:
        """A value that no other place has, with no comma in it."""
        value = f"{MARK} {len(self.values):03d} {place}"
        self.values.append(value)
        return value


def plant(landing: Path, registry: Registry, flock: Flock) -> list[Path]:
    """For every source that is a table, good and bad rows with a canary in each id and drop column,
    and every kind of file that is refused; then names that say too much. Returns the files."""
    written = []
    for contract in registry.values():
        if contract.reader == "table":
            written += _plant_source(landing / contract.source, contract, flock)
    elsewhere = landing / flock.one("folder")
    elsewhere.mkdir()
    for folder in (elsewhere, landing, landing / "hr_staff"):
        path = folder / f"{flock.one('file name')}.csv"
        path.write_text(f"employee_id\n{flock.one('stray row')}\n", encoding="utf-8")
        written.append(path)
    return written


def _plant_source(folder: Path, contract: Contract, flock: Flock) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    sample = _sample(folder, contract)
    secret = [one.name for one in contract.columns if one.privacy != "keep"]
    named = dict.fromkeys([*sample, *secret])

    free_keys = [
        one.name
        for one in map(contract.column, contract.key)
        if one.privacy == "keep" and one.type == "string" and not one.allowed
    ]

    def row(place: str, **changes: str) -> list[str]:
        canaries = {
            one: flock.one(f"{contract.source} {one} {place}")
            + ("@example.org" if "mail" in one else "")
            for one in secret
        }
        # Rows of one key would be refused as repeats, and then nothing of them would be kept.
        number = len(flock.values)
        keys = {name: f"{sample.get(name, '')}-{number}" for name in free_keys}
        cells = {**dict.fromkeys(named, ""), **sample, **keys, **canaries, **changes}
        return list(cells.values())

    header = list(named)
    required = next(one.name for one in contract.columns if one.required and one.privacy == "keep")
    extra = flock.one(f"{contract.source} extra column")
    good = [row(f"good {number}") for number in range(6)]
    tables = {
        "rows": [header, *good, row("bad", **{required: ""}), [*row("too many"), "x"]],
        "refused": [header, *(row(f"bad {n}", **{required: ""}) for n in range(6))],
        "headless": [row("header"), row("first")],
        "extra": [[*header, extra], [*row("extra"), flock.one("extra value")]],
        "twice": [[*header, header[0]], [*row("twice"), flock.one("second value")]],
        "quotes": [header, row('unended "')],
    }
    written = []
    for stem, lines in tables.items():
        path = folder / f"{stem}_{AS_OF}.csv"
        with path.open("w", encoding="cp1252" if stem == "rows" else "utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
        written.append(path)
    broken = folder / f"broken_{AS_OF}.csv.gz"
    packed = gzip.compress(written[0].read_bytes(), compresslevel=0)
    broken.write_bytes(packed[: len(packed) - 20])
    workbook = folder / f"workbook_{AS_OF}.xlsx"
    workbook.write_bytes(b"PK\x03\x04" + written[0].read_bytes())
    return [*written, broken, workbook]


def _sample(folder: Path, contract: Contract) -> Row:
    """A good row: the last one that the generator wrote, else one made up from the contract."""
    landed = sorted(folder.glob("*.csv"))
    if landed:
        with landed[-1].open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        if rows:
            return dict(rows[-1])
    return {one.name: _made_up(one) for one in contract.columns if one.required}


def _made_up(column: Column) -> str:
    if column.allowed:
        return column.allowed[0]
    return {"date": "2019-01-07", "integer": "1", "number": "1", "boolean": "Y"}.get(
        column.type, "a text"
    )


def written_out(value: str) -> Iterator[bytes]:
    """The forms in which a value would betray a person: as text, and as a hash without a key."""
    for text in {value, value.lower(), value.upper()}:
        for encoding in ("utf-8", "cp1252", "utf-16-le", "utf-16-be"):
            yield text.encode(encoding)
    yield from hashes(value)


def hashes(value: str) -> Iterator[bytes]:
    """What anybody could compute from a name that they guess at."""
    for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256):
        yield algorithm(value.encode()).hexdigest().encode()


@cache
def _beginnings(values: tuple[str, ...]) -> frozenset[bytes]:
    """The first 32 digits of every hash of the values: enough to know one by."""
    return frozenset(digest[:32] for value in values for digest in hashes(value))


def found_in(data: bytes, values: Iterable[str]) -> list[str]:
    """Which of the values stand in these bytes, in any form."""
    lowered = data.lower()
    # Every text form holds the mark; without its é all encodings of one width agree on it.
    narrow = MARK[:-1].lower().encode()
    wide = MARK[:-1].lower().encode("utf-16-le").rstrip(b"\0")
    found = [MARK] if narrow in lowered or wide in lowered else []
    # One pass over the bytes finds all hashes there are.
    digests = _beginnings(tuple(values))
    words = {run[at : at + 32] for run in _HEX_RUN.findall(lowered) for at in range(len(run) - 31)}
    return found + [digest.decode() for digest in digests & words]


def everything_under(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """(what it is, its bytes) of every name and every file, packed and tabular ones opened too."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            yield f"the name of {path}", str(path.relative_to(folder)).encode()
            if path.is_symlink() or not path.is_file():
                continue
            data = path.read_bytes()
            yield str(path), data
            if data.startswith(b"\x1f\x8b"):
                yield f"{path}, unpacked", gzip.decompress(data)
            elif data.startswith(b"PAR1") and data.endswith(b"PAR1"):
                rows = duckdb.sql(f"from read_parquet('{path}')").fetchall()
                yield f"{path}, as rows", repr(rows).encode()
            elif data[8:12] == b"DUCK" and len(data) >= _DUCKDB_HEADERS:
                yield from _tables(path)


def _tables(path: Path) -> Iterator[tuple[str, bytes]]:
    # A copy, with its log: opening a file that a killed run has left would write to it.
    with tempfile.TemporaryDirectory() as folder:
        for part in path.parent.glob(f"{path.name}*"):
            shutil.copyfile(part, Path(folder) / part.name)
        with duckdb.connect(str(Path(folder) / path.name)) as connection:
            comments = connection.execute("select comment, sql from duckdb_tables()").fetchall()
            yield f"{path}, definitions", repr(comments).encode()
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() where not temporary"
            ).fetchall():
                rows = connection.execute(f'from "{schema}"."{table}"').fetchall()
                yield f"{path}, {schema}.{table}", repr(rows).encode()
