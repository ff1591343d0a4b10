"""Search every byte of files for keyed hashes, decoded where they are packed: the proof of an erasure.

Knows nothing of what a file is for: it is a second opinion on what ``erasure`` says it has done.
"""

import gzip
import mmap
import re
import zlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import duckdb

from warehouse.errors import CouldNotFinish
from warehouse.ingest.judging import literal, quoted

_BYTES_IN_A_READ = 1 << 22
_DIGITS = 32
# Whatever could hold a key; to look for each key by itself takes longer the more keys there are.
_RUN = re.compile(rb"[0-9A-Fa-f]{%d,}" % _DIGITS)


class KeySearch:
    """Counts the files and bytes it looked into, and names those in which it found a key."""

    def __init__(self, keys: Iterable[str]) -> None:
        """keys: 32 hexadecimal digits each, at least one."""
        self._keys = frozenset(key.lower().encode() for key in keys)
        self._pattern = "|".join(sorted(key.decode() for key in self._keys))
        self.files = 0
        self.bytes = 0
        self.found: list[str] = []

    def look_into(self, path: Path, shown: str) -> None:
        """Search one file: as it is, and unpacked (gzip, Parquet, DuckDB). ``shown``: its name.

        Raises CouldNotFinish for one that cannot be read: nothing would be proved then.
        """
        try:
            self.files += 1
            self.bytes += path.stat().st_size
            if self._in_bytes(path) or self._in_decoded(path):
                self.found.append(shown)
        except FileNotFoundError:
            return  # a log that another program has just removed
        except (OSError, EOFError, zlib.error, duckdb.Error) as error:
            raise CouldNotFinish(
                f"A file under {Path(shown).parts[0]}/ could not be searched ({type(error).__name__}), "
                "so it is not proved that nothing is left. Mend or remove it and run the command again."
            ) from None

    def _in_bytes(self, path: Path) -> bool:
        if path.stat().st_size == 0:
            return False
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as seen:
            return self._holds_a_key(seen)

    def _holds_a_key(self, text: bytes | mmap.mmap) -> bool:
        for found in _RUN.finditer(text):
            run = found.group().lower()
            if any(run[at : at + _DIGITS] in self._keys for at in range(len(run) - _DIGITS + 1)):
                return True
        return False

    @cached_property
    def _reader(self) -> duckdb.DuckDBPyConnection:
        """For all Parquet files: opening one for each takes longer than searching it."""
        return duckdb.connect(config={"temp_directory": ""})

    def _in_decoded(self, path: Path) -> bool:
        with path.open("rb") as stream:
            head = stream.read(12)
        if head.startswith(b"\x1f\x8b"):
            return self._in_gzip(path)
        if head.startswith(b"PAR1"):
            return self._in_relation(self._reader, f"read_parquet({literal(str(path))})")
        if head[8:12] == b"DUCK":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute(
                    "select schema_name, table_name from duckdb_tables() order by all"
                ).fetchall()
                return any(
                    self._in_relation(connection, f"{quoted(schema)}.{quoted(table)}")
                    for schema, table in tables
                )
        return False

    def _in_gzip(self, path: Path) -> bool:
        tail = b""
        try:
            with gzip.open(path, "rb") as stream:
                while part := stream.read(_BYTES_IN_A_READ):
                    text = tail + part
                    if self._holds_a_key(text):
                        return True
                    tail = text[1 - _DIGITS :]
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return False  # a broken archive of landing: what can be unpacked of it was searched
        return False

    def _in_relation(self, connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
        described = connection.execute(f"describe select * from {relation}").fetchall()
        texts = [name for name, kind, *_ in described if "VARCHAR" in kind or "BLOB" in kind]
        if not texts:
            return False
        # The row as one text, in small letters: making the pattern ready takes longer than a small file, and
        # it is made ready once for each place where it stands. No digit is on both sides of the blank.
        row = ", ".join(f"{quoted(name)}::varchar" for name in texts)
        found = connection.execute(
            f"select 1 from {relation} where regexp_matches(lower(concat_ws(' ', {row})), $pattern) limit 1",
            {"pattern": self._pattern},
        ).fetchone()
        return found is not None
