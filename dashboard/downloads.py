"""Files to take away: a table as CSV or XLSX, a chart as PNG. Each says in itself what it shows.

Nothing heavy is imported here: a file is made when its button is pressed, and what makes it is
loaded then.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from dashboard import theme, words

# What a spreadsheet takes for the beginning of a formula.
FORMULA_LEADS = frozenset("=+-@\t\r")
# A picture is as wide as this at first (CSS pixels) and twice as many dots.
PICTURE_WIDTH = 880
PICTURE_SCALE = 2
# The grammar's release that Altair writes and the renderer knows.
VEGA_LITE = "6.4"


@dataclass(frozen=True)
class Facts:
    """What is printed in every file, so that it can be judged wherever it goes.

    ``measure``: what is shown, in words. ``period``: from when to when, in words. ``n``: how many
    people or events are behind it, in words. ``as_of``: how far the records reach, an ISO day.
    """

    page: str
    measure: str
    period: str
    n: str
    source: str
    as_of: str
    version: str
    synthetic: bool

    @property
    def kind(self) -> str:
        """Whether the figures are of real people, in words."""
        return "Synthetic data: made up, of no real person" if self.synthetic else "Real data"

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """All of it as pairs of a name and what it says, none of them empty."""
        said = (
            ("Page", self.page),
            ("Measure", self.measure),
            ("Period", self.period),
            ("Behind the figures (n)", self.n),
            ("Kind of data", self.kind),
            ("Source", self.source),
            ("As at", self.as_of),
            ("Version of the figures", self.version),
        )
        return tuple((name, text or "not known") for name, text in said)

    def file_name(self, ending: str) -> str:
        """Page, measure, period and version in letters that every file system takes."""
        parts = [self.page, self.measure, self.period, self.version]
        name = "-".join(filter(None, (_slug(part) for part in parts)))
        return f"{name}{'-synthetic' if self.synthetic else ''}.{ending}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def facts(
    raw: pd.DataFrame,
    *,
    page: str,
    measure: str,
    source: str,
    as_of: str,
    version: str,
    synthetic: bool,
) -> Facts:
    """What can be said of a table by looking at it: its period and what is behind its last row."""
    return Facts(
        page=page,
        measure=measure,
        period=words.period_of(raw),
        n=words.n_of(raw),
        source=source,
        as_of=as_of,
        version=version,
        synthetic=synthetic,
    )


def csv_bytes(table: pd.DataFrame, about: Facts) -> bytes:
    """The table as CSV for a spreadsheet, and in columns of their own what the file is.

    A text cell that a spreadsheet would take for a formula is led by an apostrophe.
    """
    out = table.copy()
    out["synthetic"] = "yes" if about.synthetic else "no"
    out["as_at"] = about.as_of
    out["period"] = about.period
    out["n"] = about.n
    out["source"] = about.source
    out["version"] = about.version
    for column in out.columns:
        out[column] = out[column].map(_not_a_formula)
    # The byte-order mark is for Excel, which otherwise reads the file as Windows-1252.
    return out.to_csv(index=False).encode("utf-8-sig")


def _not_a_formula(cell: object) -> object:
    """A line's end goes too: some programs begin a new row there, and with it a formula."""
    if not isinstance(cell, str):
        return cell
    text = re.sub(r"[\t\r\n]", " ", cell)
    return "'" + text if {cell[:1], text.lstrip()[:1]} & FORMULA_LEADS else text


def xlsx_bytes(table: pd.DataFrame, about: Facts) -> bytes:
    """The table as a workbook: the figures on the first sheet, what they are on the second.

    Numbers stay numbers, days are days, shares look like percentages; text is written as text,
    whatever it begins with, and is no formula. What the file is also stands below each printed page.
    """
    import xlsxwriter

    held = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(held, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats = {
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "share": book.add_format({"num_format": "0.0%"}),
        }
        sheet = book.add_worksheet("Figures")
        for at, column in enumerate(table.columns):
            sheet.write_string(0, at, str(column), bold)
            for line, cell in enumerate(table[column], start=1):
                _write(sheet, line, at, cell, formats, is_share=str(column) in words.RATES)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(table.columns) - 1, 0), 18)
        footer = f"{about.kind}. {about.measure}, {about.period}. As at {about.as_of}."
        # In a footer an ampersand begins a code, and 255 characters are the most.
        sheet.set_footer("&L" + footer[:200].replace("&", "&&") + "&RPage &P of &N")
        told = book.add_worksheet("About these figures")
        told.set_column(0, 0, 26)
        told.set_column(1, 1, 90)
        for line, (name, text) in enumerate(about.lines):
            told.write_string(line, 0, name, bold)
            told.write_string(line, 1, text)
        if any(str(column).endswith("_symbol") for column in table.columns):
            told.write_string(len(about.lines), 0, "Symbols", bold)
            told.write_string(len(about.lines), 1, words.symbol_note(["c", "z", "x"]))
    return held.getvalue()


def _write(
    sheet: Any, line: int, at: int, cell: object, formats: dict[str, Any], *, is_share: bool
) -> None:
    """One cell by its kind. A missing value leaves the cell empty: it is no zero."""
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and cell != cell):
        return
    if isinstance(cell, bool):
        sheet.write_boolean(line, at, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(line, at, cell, formats["share"] if is_share else None)
    elif isinstance(cell, datetime | date):
        sheet.write_datetime(line, at, cell, formats["day"])
    else:
        sheet.write_string(line, at, str(cell))


def png_bytes(specification: dict[str, Any], about: Facts) -> bytes:
    """A chart as a picture: what it measures above it; kind of data, source, period and n below it.

    Drawn by Vega itself, inside this process; it may load nothing from anywhere.
    """
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png(
        picture(specification, about),
        vl_version=VEGA_LITE,
        scale=PICTURE_SCALE,
        allowed_base_urls=[],
    )
    return drawn


def picture(specification: dict[str, Any], about: Facts) -> dict[str, Any]:
    """The chart as it stands in a picture: of a width of its own, with a heading and a footing."""
    inner = {key: value for key, value in specification.items() if key not in _OUTER}
    outer = {key: value for key, value in specification.items() if key in _OUTER}
    inner["width"] = PICTURE_WIDTH
    title = inner.get("title")
    title = dict(title) if isinstance(title, dict) else {"orient": "bottom", "anchor": "start"}
    title["text"] = [
        f"{about.kind}. Source: {about.source}, as at {about.as_of}.",
        f"{about.period}. {about.n}",
        f"Page {about.page}, version {about.version} of the figures.",
    ]
    inner["title"] = title
    return outer | {
        "title": {
            "text": about.measure,
            "anchor": "start",
            "fontSize": 18,
            "offset": 14,
            "color": theme.INK,
        },
        "vconcat": [inner],
    }


# What a specification may say at its top alone.
_OUTER: Iterable[str] = frozenset(
    {"$schema", "background", "config", "datasets", "padding", "usermeta"}
)
