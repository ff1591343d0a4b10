"""What a landing file's name says, and how one that says nothing is listed."""

from datetime import date
from pathlib import Path

import pytest

from warehouse.ingest import names
from warehouse.ingest.names import ExportName


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("hr_staff_2019-03-31.csv", ExportName("hr_staff", date(2019, 3, 31), 1, "csv")),
        ("hr_staff_2019-03-31_r2.csv", ExportName("hr_staff", date(2019, 3, 31), 2, "csv")),
        (
            "any stem, any_2020-02-29_r10.csv.gz",
            ExportName("any stem, any", date(2020, 2, 29), 10, "csv.gz"),
        ),
        ("a_2018-01-01_2019-03-31.csv", ExportName("a_2018-01-01", date(2019, 3, 31), 1, "csv")),
        ("x_2019-03-31.xlsx", ExportName("x", date(2019, 3, 31), 1, "xlsx")),
        ("x_2019-02-29.csv", None),  # no such day
        ("x_2019-3-31.csv", None),
        ("_2019-03-31.csv", None),  # no stem
        ("x_2019-03-31.CSV", None),
        ("x_2019-03-31_rII.csv", None),
        ("x_2019-03-31.txt", None),
        ("Jane Smith.csv", None),
    ],
)
def test_a_name_is_taken_apart_or_does_not_fit(file_name: str, expected: ExportName | None) -> None:
    assert names.parse(file_name) == expected


@pytest.mark.parametrize(
    ("file_name", "is_looked_at"),
    [
        ("a_2019-03-31.csv", True),
        ("anything.else", True),
        (".a_2019-03-31.csv", False),
        ("~$a_2019-03-31.xlsx", False),
        ("a_2019-03-31.csv.part", False),
        ("a_2019-03-31.csv.tmp", False),
    ],
)
def test_hidden_and_unfinished_files_are_not_looked_at(
    tmp_path: Path, file_name: str, is_looked_at: bool
) -> None:
    path = tmp_path / file_name
    path.touch()
    assert names.is_looked_at(path) is is_looked_at
    assert not names.is_looked_at(tmp_path)  # a folder is no file


@pytest.mark.parametrize(
    ("file_name", "listed"),
    [
        ("Jane Smith.csv", "0123456789abcdef.csv"),
        ("Jane.Smith resigns.tar.gz", "0123456789abcdef.tar.gz"),
        ("Jane Smith", "0123456789abcdef"),
        ("notes.JaneSmith", "0123456789abcdef"),
    ],
)
def test_a_name_that_does_not_fit_is_listed_without_its_words(file_name: str, listed: str) -> None:
    assert names.without_words(file_name, "0123456789abcdef" * 4) == listed


def test_an_unknown_folder_is_named_only_where_it_looks_like_a_source() -> None:
    assert names.folder_as_source("hr_stafff") == "hr_stafff"
    assert names.folder_as_source("Jane Smith") == "unknown"
    assert names.folder_as_source("JaneSmith") == "unknown"
