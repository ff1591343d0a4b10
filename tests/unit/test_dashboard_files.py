"""Files to take away: what they hold, what they say of themselves, and what they cannot do."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dashboard import charts, downloads, link, programme, rows, words
from dashboard.downloads import Facts
from tests.board_fixture import month_ends

ROOT = Path(__file__).resolve().parents[2]
KNOWN = programme.load()
ABOUT = Facts(
    page="Retention",
    measure="Turnover",
    period="31 January 2020 to 29 February 2020",
    n="n: 2 rows",
    source="A council",
    as_of="2020-02-29",
    version="v7",
    synthetic=True,
)
# What Excel, LibreOffice and Google take for the beginning of a formula.
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0"]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month_end": [date(2020, 2, 29), date(2020, 1, 31)],
            "turnover_rate_12m": [0.125, None],
            "turnover_rate_12m_symbol": [None, "c"],
            "leavers_12m": [28, 27],
            "area": ["=1+1", "Kent"],
        },
        dtype=object,
    )


def opened(table: pd.DataFrame, about: Facts = ABOUT) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(downloads.xlsx_bytes(table, about)))


def test_the_csv_says_what_it_is_in_every_row_and_holds_no_formula() -> None:
    table = pd.DataFrame({"Area": ["=1+1", "Kent"], "Figure": ["–", "4.0%"]})
    text = downloads.csv_bytes(table, ABOUT).decode("utf-8-sig")
    said = "yes,2020-02-29,31 January 2020 to 29 February 2020,n: 2 rows,A council,v7"
    assert text.splitlines() == [
        "Area,Figure,synthetic,as_at,period,n,source,version",
        f"'=1+1,–,{said}",
        f"Kent,4.0%,{said}",
    ]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_a_formula_in_a_workbook_whatever_it_begins_with(text: str) -> None:
    sheet = opened(pd.DataFrame({"area": [text]}))["Figures"]
    cell = sheet["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).replace("_x000D_", "\r") == text


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_begins_a_formula_in_a_csv(text: str) -> None:
    held = downloads.csv_bytes(pd.DataFrame({"area": [text]}), ABOUT)
    read = pd.read_csv(io.BytesIO(held), encoding="utf-8-sig", dtype=str, keep_default_na=False)
    assert len(read) == 1
    assert read["area"].iloc[0] == "'" + text.replace("\t", " ").replace("\r", " ")


def test_a_lines_end_inside_a_text_begins_no_row_of_its_own_in_a_csv() -> None:
    held = downloads.csv_bytes(pd.DataFrame({"area": ["Kent\r=1+1\n@x"]}), ABOUT)
    assert len(held.decode("utf-8-sig").splitlines()) == 2


def test_in_a_workbook_numbers_are_numbers_days_are_days_and_a_hidden_cell_is_empty() -> None:
    """A share of 0.125 is the number 0.125, shown as 12.5 %; the hidden one is no zero."""
    sheet = opened(frame())["Figures"]
    heads = [cell.value for cell in sheet[1]]
    first, second = (dict(zip(heads, sheet[i], strict=True)) for i in (2, 3))
    assert first["turnover_rate_12m"].value == 0.125
    assert first["turnover_rate_12m"].number_format == "0.0%"
    assert first["leavers_12m"].value == 28
    assert first["month_end"].value == datetime(2020, 2, 29)  # noqa: DTZ001 - as openpyxl gives it
    assert second["turnover_rate_12m"].value is None
    assert second["turnover_rate_12m_symbol"].value == "c"


def test_a_workbook_says_what_it_is_on_a_sheet_of_its_own_and_below_each_page() -> None:
    book = opened(frame())
    told = {row[0].value: row[1].value for row in book["About these figures"].iter_rows()}
    assert told["Kind of data"] == "Synthetic data: made up, of no real person"
    assert told["Period"] == ABOUT.period
    assert told["Source"] == "A council"
    assert told["As at"] == "2020-02-29"
    assert told["Version of the figures"] == "v7"
    assert told["Behind the figures (n)"] == "n: 2 rows"
    assert "c: hidden so that no one can be recognised" in told["Symbols"]
    assert "Synthetic data" in book["Figures"].oddFooter.left.text


def test_real_data_are_not_called_synthetic_in_a_file() -> None:
    real = Facts(**{**vars(ABOUT), "synthetic": False})
    told = {
        row[0].value: row[1].value
        for row in opened(frame(), real)["About these figures"].iter_rows()
    }
    assert told["Kind of data"] == "Real data"
    assert "synthetic" not in real.file_name("csv")
    assert b",no,2020-02-29," in downloads.csv_bytes(frame(), real)


def test_a_files_name_says_page_measure_period_version_and_whether_it_is_synthetic() -> None:
    assert ABOUT.file_name("xlsx") == (
        "retention-turnover-31-january-2020-to-29-february-2020-v7-synthetic.xlsx"
    )


def drawn() -> dict[str, object]:
    days = month_ends(date(2018, 1, 31), date(2021, 12, 31))
    months = [{"day": day, "rate": 0.1 + i / 1000, "n": i} for i, day in enumerate(days)]
    return charts.months(
        months, column="rate", name="Turnover", unit="rate", programme=KNOWN,
        period=KNOWN.periods[0], description="A line.", source="Where from.", count="n",
    ).to_dict(validate=False)  # fmt: skip


def test_a_picture_is_a_png_of_twice_its_width_and_more() -> None:
    """A PNG begins with its signature; its width and height stand in bytes 16 to 23."""
    picture = downloads.png_bytes(drawn(), ABOUT)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    assert width > 2 * downloads.PICTURE_WIDTH
    assert height > 2 * 355


def test_a_picture_bears_its_measure_and_what_it_is_made_of() -> None:
    whole = downloads.picture(drawn(), ABOUT)
    assert whole["title"]["text"] == "Turnover"
    (inner,) = whole["vconcat"]
    below = " ".join(inner["title"]["text"])
    for said in ("Synthetic data", "A council", "2020-02-29", ABOUT.period, "n: 2 rows", "v7"):
        assert said in below
    assert whole["datasets"]
    assert "datasets" not in inner


def test_the_period_and_n_of_a_file_are_read_from_its_rows() -> None:
    """The latest row is that of 29 February: 28 leavers."""
    assert words.period_of(frame()) == "31 January 2020 to 29 February 2020"
    assert words.n_of(frame()) == (
        "n: 2 rows. In the latest row (29 February 2020): leavers, 12 months 28"
    )
    years = pd.DataFrame({"year": [2018, 2019], "held": [None, 12], "held_symbol": ["c", None]})
    assert words.period_of(years) == "2018 to 2019"
    assert words.n_of(years) == "n: 2 rows. In the latest row (2019): held 12"
    assert words.n_of(years.head(1)) == "n: 1 row. In the latest row (2018): held c"
    assert words.period_of(pd.DataFrame({"period": ["to_date"]})) == "Programme to date"
    assert "what each figure is made of" in words.n_of(pd.DataFrame({"group_id": ["G1"]}))


def test_symbols_in_a_table_are_found_where_nobody_names_them() -> None:
    table = pd.DataFrame({"Held": ["c", "12"], "Days": ["x", "–"]})
    assert rows.symbols_in(table) == ["c", "x"]


def test_what_makes_files_is_loaded_when_a_file_is_asked_for_and_not_before() -> None:
    code = (
        "import sys; import dashboard.layout; "
        "print([name for name in ('xlsxwriter', 'vl_convert') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert said.stdout.strip() == "[]"


def test_a_link_is_understood_where_each_key_holds_one_known_text() -> None:
    link.begin()
    link.note("period", ["Before", "After"])
    assert link.is_understood({})
    assert link.is_understood({"period": ["After"]})
    for odd in (
        {"period": ["Yesterday"]},
        {"period": [""]},
        {"period": ["Before", "After"]},
        {"colour": ["red"]},
    ):
        assert not link.is_understood(odd)
