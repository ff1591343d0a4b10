"""The structure of a landing file: encodings, physical lines, headings."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from warehouse.ingest import reading
from warehouse.ingest.reading import FileRefused


def read(path: Path, kind: str = "csv") -> list[tuple[int, list[str]]]:
    with reading.records(path, kind) as rows:
        return list(rows)


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
    assert read(path) == [(1, ["name"]), (2, ["Zoë’s café"])]


def test_a_byte_without_meaning_in_windows_1252_loses_no_row(tmp_path: Path) -> None:
    """0x81 is undefined there; it is kept as the control character U+0081."""
    path = tmp_path / "file.csv"
    path.write_bytes(b"name\n\xe9\x81\n")
    assert read(path) == [(1, ["name"]), (2, ["é\x81"])]


def test_a_record_is_numbered_by_the_physical_line_on_which_it_begins(tmp_path: Path) -> None:
    """Line 1 is the header, 2 and 3 are one record, 4 and 6 are blank, 7 holds a NUL byte."""
    path = tmp_path / "file.csv"
    path.write_bytes(b'a,b\n1,"two\nlines"\n\n2,x\n   \n3,"\x00"\n')
    assert read(path) == [
        (1, ["a", "b"]),
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
    assert read(path, "csv.gz") == [(1, ["a"]), (2, ["1"])]


@pytest.mark.parametrize("broken", [b"a\n1\n", gzip.compress(b"a\n1\n" * 5000)[:-20], b"\x1f\x8b"])
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
    with reading.records(path, "csv") as rows:
        header = next(rows)[1]
        layout = reading.lay_out(header, {"team": "team"}, set(), "source")
        (chunk,) = reading.chunks(rows, layout, ["team", "fte"], 4, date(2021, 3, 31))
    assert chunk.to_pydict() == {
        "file_number": [4, 4],
        "line": [2, 3],
        "misfit": [0, -1],
        "latest": [date(2021, 3, 31)] * 2,
        "team": ["MASH", ""],
        "fte": [None, None],
    }
