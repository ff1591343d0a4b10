"""A workbook of one sheet, written row by row: for a landing file that is written anew.

Written here, and not by a library (decision 29): the one at hand keeps sixteen digits of a number
where a computed FTE has seventeen, and puts the cells, names among them, into temporary files first.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from warehouse.ingest.workbooks import Cell, Number

_TYPES = "http://schemas.openxmlformats.org"
_MAIN = f"{_TYPES}/spreadsheetml/2006/main"
_KINDS = f"{_TYPES}/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DATE_STYLE = 1
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_TYPES}/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_CONTENT}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_TYPES}/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_KINDS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_KINDS}">{{calendar}}'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_TYPES}/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_KINDS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_KINDS}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1">'
    '<font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" xfId="0"/>'
    '<xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_SHEET = "xl/worksheets/sheet1.xml"
# What XML cannot hold, and what would be taken for such a character written out.
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def write(
    path: Path, rows: Iterable[tuple[int, Mapping[int, Cell]]], *, counts_from_1904: bool
) -> None:
    """Write rows, (number from 1, {position from 0: cell}) in ascending order, as the only sheet.

    A row at a time: never the sheet as a whole. The same rows give the same bytes.
    """
    calendar = '<workbookPr date1904="1"/>' if counts_from_1904 else "<workbookPr/>"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, part in _PARTS.items():
            archive.writestr(_part(name), _HEAD + part.replace("{calendar}", calendar))
        with archive.open(_part(_SHEET), "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, cells in rows:
                written = "".join(
                    _cell(f"{_letters(position)}{number}", cell, counts_from_1904)
                    for position, cell in sorted(cells.items())
                )
                sheet.write(f'<row r="{number}">{written}</row>\n'.encode())
            sheet.write(b"</sheetData></worksheet>")


def _part(name: str) -> ZipInfo:
    part = ZipInfo(name)  # of 1 January 1980, whenever it is written
    part.compress_type = ZIP_DEFLATED
    return part


def _letters(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _cell(reference: str, cell: Cell, counts_from_1904: bool) -> str:
    if isinstance(cell, bool):
        return f'<c r="{reference}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, Number):
        return f'<c r="{reference}"><v>{_digits(cell.value)}</v></c>'
    if isinstance(cell, str):
        text = _TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", cell)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    serial = _serial(cell, counts_from_1904)
    if serial is None:
        return f'<c r="{reference}" t="d" s="{_DATE_STYLE}"><v>{cell.isoformat()}</v></c>'
    return f'<c r="{reference}" s="{_DATE_STYLE}"><v>{serial}</v></c>'


def _digits(value: float) -> str:
    """As many digits as give the same number again, and no ``.0``."""
    return repr(value).removesuffix(".0").upper()


def _serial(day: date, counts_from_1904: bool) -> int | None:
    """The inverse of ``workbooks.day_of``; None for a day before the calendar begins."""
    if counts_from_1904:
        serial = (day - date(1904, 1, 1)).days
        return serial if serial >= 0 else None
    serial = (day - date(1899, 12, 31)).days
    return serial + (serial >= 60) if serial > 0 else None
