"""Small workbooks for tests: the parts that Excel writes, with only what a reader has to know."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date

TYPES = "http://schemas.openxmlformats.org"
MAIN = f"{TYPES}/spreadsheetml/2006/main"
KINDS = f"{TYPES}/officeDocument/2006/relationships"
# Cell styles: 0 general, 1 a built-in date, 2 dd/mm/yyyy, 3 #,##0.00, 4 mm:ss, 5 [Red]0 "days".
DAY, OWN_DAY, MONEY, CLOCK, NAMED = 1, 2, 3, 4, 5
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="4">'
    '<numFmt numFmtId="164" formatCode="[$-809]dd\\/mm\\/yyyy;@"/>'
    '<numFmt numFmtId="165" formatCode="mm:ss"/>'
    '<numFmt numFmtId="166" formatCode="[Red]0&quot; days&quot;"/></numFmts>'
    '<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="6">'
    + "".join(f'<xf numFmtId="{one}"/>' for one in (0, 14, 164, 4, 165, 166))
    + "</cellXfs></styleSheet>"
)


def serial(day: date) -> int:
    """A day after February 1900 in the calendar of 1900: 31 March 2019 is 43555."""
    return (day - date(1899, 12, 30)).days


def cell(value: object, style: int = 0) -> tuple[str, str]:
    """The attributes and the content of a cell element; None is an empty, styled one."""
    styled = f' s="{style}"' if style else ""
    if value is None:
        return styled, ""
    if isinstance(value, bool):
        return f' t="b"{styled}', f"<v>{int(value)}</v>"
    if isinstance(value, date):
        return f' s="{style or DAY}"', f"<v>{serial(value)}</v>"
    if isinstance(value, int | float):
        return styled, f"<v>{value!r}</v>"
    text = str(value).replace("&", "&amp;").replace("<", "&lt;")
    return f' t="inlineStr"{styled}', f'<is><t xml:space="preserve">{text}</t></is>'


def sheet(rows: Mapping[int, Sequence[object]]) -> str:
    """A sheet of {row number: values, or what ``cell`` gives}, from the first column on."""
    written = []
    for number, values in rows.items():
        cells = []
        for position, value in enumerate(values):
            attributes, content = value if isinstance(value, tuple) else cell(value)
            cells.append(f'<c r="{chr(65 + position)}{number}"{attributes}>{content}</c>')
        written.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(written)}</sheetData></worksheet>'


def workbook(
    rows: Mapping[int, Sequence[object]] | str,
    *,
    from_1904: bool = False,
    texts: str = "",
    parts: Mapping[str, str | bytes | None] | None = None,
) -> bytes:
    """A workbook of this sheet and a second one. ``parts`` replaces parts, or takes them out."""
    body = rows if isinstance(rows, str) else sheet(rows)
    calendar = ' date1904="1"' if from_1904 else ""
    content: dict[str, str | bytes | None] = {
        "_rels/.rels": f'<Relationships xmlns="{TYPES}/package/2006/relationships"><Relationship '
        f'Id="rId1" Type="{KINDS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><workbookPr{calendar}/>'
        '<sheets><sheet name="Staff" sheetId="7" r:id="rId2"/>'
        '<sheet name="Notes" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{TYPES}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{KINDS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{KINDS}/worksheet" Target="/xl/worksheets/sheet2.xml"/>'
        f'<Relationship Id="rId3" Type="{KINDS}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId4" Type="{KINDS}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet({1: ["not", "this", "one"]}),
        "xl/worksheets/sheet2.xml": body,
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        **(parts or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            if part is not None:
                archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
