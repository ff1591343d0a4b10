"""The structure of a landing file: encodings, physical lines, headings."""

import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from warehouse.contracts import Column
from warehouse.ingest import reading
from warehouse.ingest.reading import FileRefused, Layout

LATEST = date(2021, 3, 31)


def text_column(name: str) -> Column:
    return Column(name=name, type="string", description="")


def read(path: Path, kind: str = "csv") -> list[tuple[int, list[str]]]:
    """Every record with the line on which it begins, the header as on line 0."""
    with reading.table(path, kind) as found:
        header = found.header or []
        names = [str(position) for position in range(len(header))]
        layout = Layout({name: int(name) for name in names}, len(header), None)
        columns = [text_column(name) for name in names]
        rows = pa.Table.from_batches(found.batches(layout, columns, 0, LATEST)).to_pylist()
    return [(0, header), *((row["line"], [row[name] for name in names]) for row in rows)]


@pytest.mark.parametrize(
    "written",
    [
        "name\r\nZoë’s café\r\n".encode(),
        "name\r\nZoë’s café\r\n".encode("utf-8-sig"),
        "name\r\nZoë’s café\r\n".encode("utf-16"),
        "name\r\nZoë’s café\r\n".encode("utf-16-le").join([b"\xff\xfe", b""]),
        "name\r\nZoë’s café\r\n".encode("utf-16-be").join([b"\xfe\xff", b""]),
        "name\r\nZoë’s café\r\n".encode("cp1252"),
    ],
)
def test_a_name_with_accents_reads_the_same_in_every_encoding(
    tmp_path: Path, written: bytes
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(written)
    assert read(path) == [(0, ["name"]), (2, ["Zoë’s café"])]


def test_a_byte_without_meaning_in_windows_1252_loses_no_row(tmp_path: Path) -> None:
    """0x81 is undefined there; it is kept as the control character U+0081."""
    path = tmp_path / "file.csv"
    path.write_bytes(b"name\n\xe9\x81\n")
    assert read(path) == [(0, ["name"]), (2, ["é\x81"])]


def test_a_record_is_numbered_by_the_physical_line_on_which_it_begins(tmp_path: Path) -> None:
    """Line 1 is the header, 2 and 3 are one record, 4 and 6 are blank, 7 holds a NUL byte."""
    path = tmp_path / "file.csv"
    path.write_bytes(b'a,b\n1,"two\nlines"\n\n2,x\n   \n3,"\x00"\n')
    assert read(path) == [
        (0, ["a", "b"]),
        (2, ["1", "two\nlines"]),
        (5, ["2", "x"]),
        (7, ["3", "\x00"]),
    ]


def test_a_megabyte_in_one_field_is_a_field_like_others(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b\n" + "x" * 1_000_000 + ",1\n", encoding="utf-8")
    assert [len(field) for field in read(path)[1][1]] == [1_000_000, 1]


def test_a_gzipped_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(b"a\n1\n"))
    assert read(path, "csv.gz") == [(0, ["a"]), (2, ["1"])]


@pytest.mark.parametrize(
    "broken", [b"a\n1\n", gzip.compress(b"a\n1\n" * 5000, mtime=0)[:-20], b"\x1f\x8b"]
)
def test_a_broken_archive_is_unreadable(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(broken)
    with pytest.raises(FileRefused) as refused:
        read(path, "csv.gz")
    assert refused.value.reason_code == "unreadable"


NAMES = {"team": "team", "fte": "fte", "hours share": "fte"}


def test_headings_are_matched_blind_to_case_and_outer_space() -> None:
    layout = reading.lay_out(["\u00a0TEAM ", " Hours Share"], NAMES, {"team", "fte"}, "source")
    assert layout.positions == {"team": 0, "fte": 1}
    assert layout.extra_columns is None


def test_unknown_headings_are_given_by_position_alone() -> None:
    layout = reading.lay_out(["Jane Smith", "team", "0.5"], NAMES, {"team"}, "source")
    assert layout.extra_columns == "2 (position 1, 3)"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (["team", "fte", "Hours share"], "repeated_column"),
        (["team", "Jane Smith"], "missing_column"),
    ],
)
def test_a_repeated_or_missing_column_refuses_the_file_without_repeating_a_heading(
    header: list[str], reason: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        reading.lay_out(header, NAMES, {"team", "fte"}, "source")
    assert refused.value.reason_code == reason
    assert "Jane" not in str(refused.value)


def test_only_wanted_columns_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("name,team\nJane,MASH\nshort\n", encoding="utf-8")
    with reading.table(path, "csv") as found:
        layout = reading.lay_out(found.header or [], {"team": "team"}, set(), "source")
        columns = [text_column("team"), text_column("fte")]
        (chunk,) = found.batches(layout, columns, 4, LATEST)
    assert chunk.to_pydict() == {
        "file_number": [4, 4],
        "line": [2, 3],
        "misfit": [0, -1],
        "latest": [LATEST] * 2,
        "team": ["MASH", ""],
        "fte": [None, None],
    }
