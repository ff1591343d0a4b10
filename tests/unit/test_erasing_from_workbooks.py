"""A workbook is written anew without a person: every other cell reads as it did, and nothing names them."""

import html
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.erasures import WHO, from_the_start, holders, new_home, state, without_dbt
from tests.workbook import DAY, OWN_DAY, cell, sheet, workbook
from warehouse import erasure, nightly, subject_access, tombstones
from warehouse.files import sha256_of
from warehouse.ingest import workbook_writing, workbooks
from warehouse.ingest.workbooks import Cell, Number
from warehouse.settings import Settings

PLACE = "hr_staff/s_2019-03-31.xlsx"
HEADER = ("employee_id", "full_name", "email", "team", "job_role", "is_social_worker",
          "contract_type", "fte", "start_date")  # fmt: skip
AT = ("MASH", "case_holder", True, "permanent")
# 1 May 2018 in the calendar of 1900: 43,101 is 1 January 2018, and 120 days follow.
START = 43221
JANE = (8, " Jane ", "jane@example.org", *AT, 0.30000000000000004, cell(START, OWN_DAY))
HERS = (WHO, "Canaria Namesake", "Canaria@example.org", *AT, 1, cell(START, DAY))
ROWS: Mapping[int, tuple[object, ...]] = {
    1: HEADER,
    3: HERS,
    4: JANE,
    6: (*HERS[:7], 9, "2017-05-01"),  # 9 FTE: bad
    7: (*JANE[:7], 9, "2017-05-01"),
    9: (*HERS, "more"),  # a cell right of the last heading
}
SHE = ("canaria", WHO.lower())


@pytest.fixture(autouse=True)
def _no_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    without_dbt(monkeypatch)


def rows_of(path: Path) -> list[tuple[int, dict[int, Cell]]]:
    with workbooks.opened(path) as found:
        return list(found.rows)


def words_of(settings: Settings) -> str:
    """Every byte of landing and control as text, in small letters, unpacked from the workbooks."""
    held = []
    for folder in (settings.landing, settings.control):
        for path in folder.rglob("*"):
            if not path.is_file():
                continue
            held.append(path.read_bytes())
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as archive:
                    held += [one.encode() for one in archive.namelist()]
                    held += [archive.read(one) for one in archive.namelist()]
    assert held
    return html.unescape("\n".join(one.decode("latin-1") for one in held)).lower()


def stands_as_if_never_there(settings: Settings, tmp_path: Path) -> None:
    """No new file, nothing of hers, and the same state from a lake that is filled anew."""
    after = state(settings)
    assert nightly.ingest(settings=settings).files == 0
    assert state(settings) == after
    assert state(from_the_start(settings, tmp_path / "afresh")) == after
    assert holders(settings) == []
    assert not any(one in words_of(settings) for one in SHE)


def test_every_other_cell_keeps_its_row_its_kind_and_its_value(tmp_path: Path) -> None:
    """Rows 3 and 6 are hers and go; row 9 is nobody's, for it has a cell too many, and stays one."""
    settings = new_home(tmp_path / "home", {PLACE: workbook(ROWS)})
    before = dict(rows_of(settings.landing / PLACE))
    assert before[4][7] == Number(0.30000000000000004)
    assert (before[4][5], before[4][8]) == (True, date(2018, 5, 1))
    proof = erasure.erase(settings, WHO, "asked for", with_landing=True)
    assert proof.landing_still_holds == ()
    assert rows_of(settings.landing / PLACE) == [
        (1, before[1]), (4, before[4]), (7, before[7]), (9, {9: "-"}),
    ]  # fmt: skip
    (facts, *_) = state(settings)[PLACE]
    # Of five rows hers are two in the counts: a good one, and one of 9 FTE.
    assert (facts["rows_read"], facts["rows_loaded"], facts["rows_quarantined"]) == (3, 1, 2)
    stands_as_if_never_there(settings, tmp_path)


def test_the_calendar_of_1904_is_kept(tmp_path: Path) -> None:
    """1 May 2018 is day 43,221 - 1,462 = 41,759 there, styled as a day or as a plain number."""
    rows = {
        1: HEADER,
        2: (*HERS[:8], cell(START - 1462, DAY)),
        3: (*JANE[:8], cell(START - 1462, DAY)),
        4: (9, *JANE[1:8], START - 1462),
    }
    settings = new_home(tmp_path / "home", {PLACE: workbook(rows, from_1904=True)})
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    with workbooks.opened(settings.landing / PLACE) as found:
        assert found.counts_from_1904
        assert [cells[8] for _, cells in found.rows] == [
            "start_date", date(2018, 5, 1), Number(41759.0),
        ]  # fmt: skip
    stands_as_if_never_there(settings, tmp_path)


def test_a_row_that_only_names_them_keeps_everything_but_the_id(tmp_path: Path) -> None:
    place = "group_sessions/g_2019-03-31.xlsx"
    header = ("session_id", "group_id", "session_date", "status", "facilitator_id",
              "facilitator_independent", "mode")  # fmt: skip
    rows = {
        1: header,
        2: ("S1", "G1", date(2019, 3, 5), "held", WHO, "Y", "online"),
        3: ("S2", "G1", date(2019, 3, 6), "held", 8, "Y", "online"),
    }
    settings = new_home(tmp_path / "home", {place: workbook(rows)})
    before = dict(rows_of(settings.landing / place))
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    after = dict(rows_of(settings.landing / place))
    assert after == {**before, 2: {**before[2], 4: "[erased]"}}
    stands_as_if_never_there(settings, tmp_path)


def test_whatever_else_a_workbook_says_of_them_goes_too(tmp_path: Path) -> None:
    """As a program writes it: texts that cells share, a formula, links, a comment, a title, a name,
    and a second sheet."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        book.set_properties({"author": "Canaria Namesake"})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        staff, notes = book.add_worksheet(f"Team of {WHO}"), book.add_worksheet("Notes")
        staff.write_row(0, 0, HEADER)
        for number, (who, name) in enumerate(((WHO, "Canaria Namesake"), ("8", "Jane")), start=1):
            address = f"{name.split()[0].lower()}@example.org"
            staff.write_row(number, 0, (who, name, address, *AT))
            staff.write_url(number, 2, f"mailto:{address}", string=address)
            staff.write_formula(number, 7, "=4/5", value=0.8)
            staff.write_datetime(number, 8, date(2018, 5, 1), day)
        staff.write_comment(2, 1, "Sits beside Canaria Namesake.")
        notes.write_row(0, 0, ("Canaria Namesake", WHO))
        book.define_name("them", "=Notes!$A$1")
    settings = new_home(tmp_path / "home", {PLACE: packed.getvalue()})
    assert all(one in words_of(settings) for one in SHE)
    before = dict(rows_of(settings.landing / PLACE))
    assert before[3][7] == Number(0.8)
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    assert dict(rows_of(settings.landing / PLACE)) == {1: before[1], 3: before[3]}
    stands_as_if_never_there(settings, tmp_path)


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/worksheets/sheet1.xml": sheet({1: ["moved", WHO]})},
        {"xl/comments1.xml": "<comments><t>canaria@example.org: ask</t></comments>"},
        {"xl/pivotCache/pivotCacheRecords1.xml": f'<r><s v="{WHO}"/></r>'},
        {"xl/worksheets/_rels/sheet2.xml.rels": '<r><R Target="mailto:Canaria@example.org"/></r>'},
        {"xl/sharedStrings.xml": f"<sst><si><t>{WHO}</t></si></sst>"},
    ],
    ids=["another sheet", "a comment", "a pivot table", "a link", "a text that no cell has"],
)
def test_a_workbook_that_names_them_beyond_its_first_sheet_is_found_and_written_anew(
    tmp_path: Path, parts: Mapping[str, str]
) -> None:
    other = "hr_staff/t_2019-04-30.xlsx"
    landed = {PLACE: workbook(ROWS), other: workbook({1: HEADER, 2: JANE}, parts=parts)}
    settings = new_home(tmp_path / "home", landed)
    before = rows_of(settings.landing / other)
    held = {one["file"]: one for one in subject_access.held_on(settings, WHO)["landing"]["files"]}
    assert (held[other]["rows"], held[other]["rows_that_name_them"]) == (0, 1)
    assert held[PLACE]["rows"] == 3
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    assert rows_of(settings.landing / other) == before
    stands_as_if_never_there(settings, tmp_path)
    assert subject_access.held_on(settings, WHO)["landing"]["files"] == []


def test_a_second_erasure_finds_nothing_and_writes_nothing(tmp_path: Path) -> None:
    settings = new_home(tmp_path / "home", {PLACE: workbook(ROWS)})
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    after = sha256_of(settings.landing / PLACE)
    proof = erasure.erase(settings, WHO, "asked for", with_landing=True)
    assert [one.place for one in proof.places if one.place.startswith("landing")] == []
    assert sha256_of(settings.landing / PLACE) == after


def test_a_workbook_is_written_anew_for_one_person_after_the_other(tmp_path: Path) -> None:
    settings = new_home(tmp_path / "home", {PLACE: workbook(ROWS)})
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    erasure.erase(settings, "8", "asked for", with_landing=True)
    assert [number for number, _ in rows_of(settings.landing / PLACE)] == [1, 9]
    stands_as_if_never_there(settings, tmp_path)


def test_a_workbook_that_would_not_read_the_same_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that loses the last digit of 0.30000000000000004: nothing but that is wrong."""
    settings = new_home(tmp_path / "home", {PLACE: workbook(ROWS)})
    before = sha256_of(settings.landing / PLACE)
    monkeypatch.setattr(workbook_writing, "_digits", lambda value: f"{value:.16G}")
    proof = erasure.erase(settings, WHO, "asked for", with_landing=True)
    (still,) = proof.landing_still_holds
    assert still.place == f"landing/{PLACE}"
    assert "put a file without them in its place" in str(still.note)
    assert sha256_of(settings.landing / PLACE) == before
    assert [one.name for one in (settings.landing / "hr_staff").iterdir()] == [Path(PLACE).name]
    assert not (settings.control / tombstones.REWRITES).exists()


def test_the_same_workbook_is_written_anew_in_the_same_bytes(tmp_path: Path) -> None:
    written = set()
    for name in ("one", "two"):
        settings = new_home(tmp_path / name, {PLACE: workbook(ROWS)})
        erasure.erase(settings, WHO, "asked for", with_landing=True)
        written.add(sha256_of(settings.landing / PLACE))
        noted = next((settings.control / tombstones.REWRITES).glob("*.json"))
        facts = json.loads(noted.read_text(encoding="utf-8"))
        assert (facts["rows"], facts["bad_rows"]) == (2, 1)
    assert len(written) == 1


CELLS = st.one_of(
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False).map(Number),
    # A number that is styled as a day is read as one, so a day is never written as a plain number.
    st.dates(),
    st.text(
        st.one_of(
            st.characters(exclude_categories=["Cs"]),
            st.sampled_from("\x00\x07\t\n\r_x000D_<&>\"' \ufffe\uffff"),
        ),
        min_size=1,
    ),
    st.sampled_from(["_x000D_", "_x005F_x000D_", "]]>", " two  spaces "]),
)
ROW = st.dictionaries(st.integers(0, 800), CELLS, min_size=1, max_size=5)


@given(rows=st.dictionaries(st.integers(1, 1_048_576), ROW, max_size=5), from_1904=st.booleans())
@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_was_written_reads_as_it_was(
    tmp_path: Path, rows: dict[int, dict[int, Cell]], from_1904: bool
) -> None:
    """Any text, number and day of any year; in the calendar of 1904 also those before it begins."""
    path = tmp_path / "rows.xlsx"
    expected = sorted(rows.items())
    workbook_writing.write(path, expected, counts_from_1904=from_1904)
    assert rows_of(path) == expected
