"""The first sheet of a workbook: what each kind of cell is, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from tests.workbook import CLOCK, DAY, MAIN, MONEY, NAMED, OWN_DAY, cell, sheet, workbook
from warehouse.contracts import Column
from warehouse.ingest import workbooks
from warehouse.ingest.workbooks import NotReadable

TEXT = Column(name="team", type="string", description="")
DATE = Column(name="start_date", type="date", description="")
FLAG = Column(name="void", type="boolean", description="")
NUMBER = Column(name="fte", type="number", description="")


def read(tmp_path: Path, written: bytes, *columns: Column) -> list[tuple[int, list[str | None]]]:
    """(row number, texts by position) of each row that is not blank."""
    path = tmp_path / "file.xlsx"
    path.write_bytes(written)
    with workbooks.opened(path) as found:
        return [
            (
                number,
                [
                    found.as_text(cells[at], columns[at] if at < len(columns) else None)
                    if at in cells
                    else None
                    for at in range(max(cells) + 1)
                ],
            )
            for number, cells in found.rows
        ]


@pytest.mark.parametrize(
    ("written", "column", "text"),
    [
        (cell(date(2019, 3, 31)), DATE, "2019-03-31"),
        (cell(43555, OWN_DAY), DATE, "2019-03-31"),
        (cell(43555.75, DAY), DATE, "2019-03-31"),  # shown as a day: six in the evening is left out
        (cell(43555, DAY), TEXT, "2019-03-31"),
        (cell(43555), DATE, "2019-03-31"),
        (cell(43555.0, MONEY), DATE, "2019-03-31"),
        (cell(43555), TEXT, "43555"),
        (cell(43555, CLOCK), NUMBER, "43555"),
        (cell(12, NAMED), NUMBER, "12"),
        (cell("31/03/2019"), DATE, "31/03/2019"),
        (cell(-1), DATE, "-1"),
        (cell(2958466), DATE, "2958466"),  # the day after 31 December 9999
        (cell(3.0), NUMBER, "3"),
        (cell(0.8), NUMBER, "0.8"),
        (("", "<v>0.80000000000000004</v>"), NUMBER, "0.8"),
        (("", "<v>1E-07</v>"), NUMBER, "0.0000001"),
        (("", "<v>1E+20</v>"), NUMBER, "100000000000000000000"),
        (cell(True), FLAG, "Y"),
        (cell(False), FLAG, "N"),
        (cell(True), TEXT, "TRUE"),
        (cell(" MASH "), TEXT, " MASH "),
        (cell("a_x000D_b"), TEXT, "a\rb"),
        (cell("Zoë’s ☕"), TEXT, "Zoë’s ☕"),
        ((' t="str"', "<f>A1</f><v>made up</v>"), TEXT, "made up"),
        ((' t="s"', "<v>1</v>"), TEXT, "two parts"),
        ((' t="d"', "<v>2019-03-31T00:00:00</v>"), DATE, "2019-03-31"),
    ],
)
def test_a_cell_reads_as_the_csv_of_its_sheet_would_have_it(
    tmp_path: Path, written: tuple[str, str], column: Column, text: str
) -> None:
    """43555 is 31 March 2019: 43101 is 1 January 2018, and 454 days follow (365 + 31 + 28 + 30)."""
    shared = "<si><t>one</t></si><si><r><t>two </t></r><r><t>parts</t></r><rPh><t>x</t></rPh></si>"
    book = workbook({1: [written]}, texts=shared)
    assert read(tmp_path, book, column) == [(1, [text])]


@pytest.mark.parametrize(
    "written",
    [
        cell(None, DAY),
        ("", "<f>1/0</f>"),
        (' t="e"', "<v>#N/A</v>"),
        (' t="s"', "<v>0</v>"),
        (' t="inlineStr"', "<is><t></t></is>"),
        (' t="str"', "<v></v>"),
    ],
)
def test_an_empty_cell_and_an_error_are_nothing(tmp_path: Path, written: tuple[str, str]) -> None:
    book = workbook({1: ["a"], 2: [written]}, texts="<si><t/></si>")
    assert read(tmp_path, book) == [(1, ["a"])]


def test_a_workbook_of_1904_counts_its_days_from_there(tmp_path: Path) -> None:
    """31 March 2019 lies 1,462 days nearer: 43555 - 1462 = 42093. Day 0 is 1 January 1904."""
    book = workbook({1: [cell(42093, DAY), cell(42093), cell(0, DAY)]}, from_1904=True)
    assert read(tmp_path, book, DATE, DATE, DATE) == [
        (1, ["2019-03-31", "2019-03-31", "1904-01-01"])
    ]


@pytest.mark.parametrize(
    ("day", "text"),
    [(1, "1900-01-01"), (59, "1900-02-28"), (60, "1900-02-28"), (61, "1900-03-01")],
)
def test_the_leap_day_that_1900_never_had_moves_no_other(day: int, text: str) -> None:
    assert str(workbooks.day_of(day, counts_from_1904=False)) == text


@pytest.mark.parametrize(
    ("code", "is_day"),
    [
        ("dd/mm/yyyy", True),
        ("mmm yy", True),
        ("yyyy-mm-dd hh:mm", True),
        ("General", False),
        ("0.00", False),
        ("[h]:mm:ss", False),
        ('0" days"', False),
        ("[Red]0;[Yellow]0", False),
        ("\\d0", False),
        ("_d0*y", False),
        ("0;dd", False),
    ],
)
def test_a_format_shows_a_day_where_a_day_or_year_is_in_it(code: str, is_day: bool) -> None:
    assert workbooks.shows_a_day(code) is is_day


def test_rows_keep_their_numbers_and_blank_ones_are_none(tmp_path: Path) -> None:
    book = workbook({2: ["a", "b"], 3: [cell(None)], 4: [], 9: [cell(None), "x"]})
    assert read(tmp_path, book) == [(2, ["a", "b"]), (9, [None, "x"])]


def test_cells_without_a_reference_follow_each_other(tmp_path: Path) -> None:
    body = (
        "<worksheet><sheetData><row><c><v>1</v></c><c><v>2</v></c></row>"
        '<row><c r="B2"><v>3</v></c><c><v>4</v></c></row></sheetData></worksheet>'
    )
    assert read(tmp_path, workbook(body)) == [(1, ["1", "2"]), (2, [None, "3", "4"])]


def test_elements_may_carry_a_prefix(tmp_path: Path) -> None:
    body = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr">'
        "<x:is><x:t>a</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert read(tmp_path, workbook(body)) == [(1, ["a"])]


def test_one_cell_in_the_farthest_corner_takes_no_memory_for_those_before(tmp_path: Path) -> None:
    """A grid of 1,048,576 rows and 16,384 columns would have 17 thousand million cells."""
    body = (
        '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
    )
    path = tmp_path / "file.xlsx"
    path.write_bytes(workbook(body))
    with workbooks.opened(path) as found:
        cells = [(number, list(cells)) for number, cells in found.rows]
    assert cells == [(1, [0]), (1048576, [16383])]


def test_the_strict_kind_of_workbook_reads_like_the_other(tmp_path: Path) -> None:
    rows = {1: ["a"], 2: [date(2019, 3, 31)]}
    strict = "http://purl.oclc.org/ooxml"
    body = sheet(rows).replace(MAIN, f"{strict}/spreadsheetml/main")
    book = (
        f'<workbook xmlns="{strict}/spreadsheetml/main" '
        f'xmlns:r="{strict}/officeDocument/relationships">'
        '<sheets><sheet name="Staff" sheetId="1" r:id="rId2"/></sheets></workbook>'
    )
    written = workbook(body, parts={"xl/workbook.xml": book})
    assert read(tmp_path, written) == read(tmp_path, workbook(rows))


ENTITY = '<!DOCTYPE w [<!ENTITY a "Jane">]><worksheet><sheetData/></worksheet>'


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"a,b\n1,2\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Jane" * 200,
        workbook({1: ["a"]})[:-200],
        workbook({1: ["a"]}).replace(b"xl/workbook.xml", b"xl/workbooc.xml"),
        workbook("<worksheet><sheetData>"),
        workbook(ENTITY),
        workbook({1: [(' t="s"', "<v>5</v>")]}),
        workbook({1: [(' t="s"', "<v>-1</v>")]}),
        workbook({1: [(' t="q"', "<v>5</v>")]}),
        workbook({1: [("", "<v>nan</v>")]}),
        workbook({1: [("", "<v>Jane</v>")]}),
        workbook('<w><row r="0"><c r="A0"><v>1</v></c></row></w>'),
        workbook('<w><row r="2"/><row r="1"/></w>'),
        workbook('<w><row r="1"><c r="A2"><v>1</v></c></row></w>'),
        workbook('<w><row r="1"><c r="XFE1"><v>1</v></c></row></w>'),
        workbook({1: ["a"]}, parts={"xl/worksheets/sheet2.xml": None}),
        workbook({1: ["a"]}, parts={"xl/workbook.xml": "<workbook/>"}),
    ],
)
def test_what_is_no_whole_workbook_is_not_readable_and_nothing_of_it_is_repeated(
    tmp_path: Path, broken: bytes
) -> None:
    with pytest.raises(NotReadable) as refused:
        read(tmp_path, broken)
    assert "Jane" not in str(refused.value)


def test_a_workbook_without_styles_or_shared_texts_is_read(tmp_path: Path) -> None:
    book = workbook({1: ["a", 1]}, parts={"xl/styles.xml": None, "xl/sharedStrings.xml": None})
    assert read(tmp_path, book) == [(1, ["a", "1"])]


def test_what_unpacks_to_more_than_the_bound_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A megabyte of spaces between two rows packs to a kilobyte; the bound is set to half of it."""
    body = f'<w><row r="1"><c r="A1"><v>1</v></c></row>{" " * 1_000_000}<row r="2"/></w>'
    assert len(workbook(body)) < 10_000
    assert read(tmp_path, workbook(body)) == [(1, ["1"])]
    monkeypatch.setattr(workbooks, "MOST_UNPACKED_BYTES", 500_000)
    with pytest.raises(NotReadable, match="unpacks to more"):
        read(tmp_path, workbook(body))
