"""Whatever bytes land: judged without a crash, and every record that is read is loaded or quarantined.

`make fuzz` runs these laws for as long as one likes; here they are run for some seconds.
"""

import gzip
import os
import tempfile
import zipfile
from datetime import date
from pathlib import Path
from unittest import mock

import duckdb
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.arrivals import blank
from tests.workbook import cell, sheet, workbook
from warehouse import contracts, lake
from warehouse.contracts import Registry
from warehouse.ingest import batch, reading, workbooks
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

# The laws as often as a test run has time for; FUZZ_EXAMPLES has them tried more often.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
FUZZED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
FILE_REASONS = {"empty", "unreadable", "repeated_column", "missing_column", "too_many_bad_rows"}
HEADER = "employee_id,start_date,leaving_date,leaving_reason,destination,record_status,void"
FIELDS = st.sampled_from(
    [
        "7", "8", "", " ", "2018-05-01", "2019-02-28", "2018-02-30", "1949-12-31", "31/01/2019",
        "43555", "resignation", "retirement", "leaver", "rescinded", "agency", "Y", "N", "é", "\x00",
        '"', '"7"', '"7,8"', '"7\n8"', '""', "\r", "\u00a0", "1e3", "x" * 3000, "#N/A", "\ufeff",
    ]
)  # fmt: skip
GOOD = "{},2018-05-01,2019-02-28,resignation,,leaver,N"
LINES = st.one_of(
    st.integers(1, 30).map(GOOD.format),
    st.integers(1, 30).map(GOOD.format),
    st.lists(FIELDS, max_size=9).map(",".join),
)
TEXTS = st.builds(
    lambda header, lines, end: end.join((header, *lines)),
    st.sampled_from([HEADER, HEADER, HEADER, HEADER.upper(), HEADER + ",notes", "", HEADER[5:]]),
    st.lists(LINES, max_size=25),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 60000),
    st.floats(-10, 60000),
    st.dates(date(1900, 3, 1), date(2030, 1, 1)),
    FIELDS.map(lambda text: text.replace("\x00", "").replace("\r", " ")),
).map(cell)
GOOD_CELLS = st.integers(1, 30).map(
    lambda number: [
        cell(number), cell(date(2018, 5, 1)), cell(43500), cell("resignation"), cell(None),
        cell("leaver"), cell(False),
    ]
)  # fmt: skip
SHEETS = st.lists(st.one_of(GOOD_CELLS, GOOD_CELLS, st.lists(CELLS, max_size=9)), max_size=20).map(
    lambda rows: sheet({1: HEADER.split(","), **dict(enumerate(rows, start=2))})
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return contracts.load(Settings(home=Path("unused"), project=project_root()))


def mutated(written: bytes, changes: list[tuple[int, bytes]], cut: int) -> bytes:
    """The bytes with some of them overwritten, and the last few gone."""
    changed = bytearray(written)
    for place, to in changes:
        at = place % (len(changed) + 1)
        changed[at : at + len(to)] = to
    return bytes(changed[: len(changed) - cut]) if cut else bytes(changed)


CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=4)), max_size=6
)
CUTS = st.sampled_from([0, 0, 0, 1, 7, 100])


def judge(
    registry: Registry, kind: str, written: bytes
) -> tuple[Arrival, list[tuple[int, str | None, str]], list[tuple[int, str]]]:
    """What becomes of one file: its arrival, its quarantine, and (line, status) of its batch."""
    contract = registry["hr_leavers"]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), project=project_root())
        path = settings.landing / "hr_leavers" / f"x_2019-03-31.{kind}"
        path.parent.mkdir(parents=True)
        path.write_bytes(written)
        files = [(path, blank(contract, path))]
        with (
            mock.patch.object(reading, "FEWEST_BYTES_FOR_ARROW", 0),
            batch.open_workbench() as workbench,
        ):
            (arrival,) = batch.write(workbench, settings, contract, Pseudonymiser(bytes(32)), files)
            assert not workbench.execute("select * from duckdb_tables()").fetchall()
        bad, good = (
            duckdb.sql(f"select {columns} from read_parquet('{one}') order by all").fetchall()
            if one.exists()
            else []
            for columns, one in (
                ("line, column_name, reason_code", lake.quarantine_path(settings, arrival)),
                ("line, row_status", lake.batch_path(settings, arrival)),
            )
        )
    return arrival, bad, good


def hold_to_the_laws(registry: Registry, kind: str, written: bytes) -> None:
    arrival, bad, good = judge(registry, kind, written)
    event(arrival.reason_code or "loaded")
    assert arrival.rejected == (arrival.reason_code is not None)
    assert len(bad) == arrival.rows_quarantined
    assert len(good) == arrival.rows_loaded
    lines = [line for line, *_ in (*bad, *good)]
    assert len(set(lines)) == len(lines)
    assert all(line > 1 for line in lines)
    if arrival.rejected:
        assert arrival.reason_code in FILE_REASONS
        assert arrival.rows_loaded == 0
    else:
        assert arrival.rows_read == arrival.rows_loaded + arrival.rows_quarantined


@FUZZED
@given(
    text=TEXTS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    size=st.sampled_from([16, 100, 1 << 22]),
    changes=CHANGES,
    cut=CUTS,
)
def test_any_csv_is_judged_to_its_last_row(
    registry: Registry,
    text: str,
    encoding: str,
    size: int,
    changes: list[tuple[int, bytes]],
    cut: int,
) -> None:
    written = mutated(text.encode(encoding, "replace"), changes, cut)
    with mock.patch.object(reading, "BYTES_IN_A_BLOCK", size):
        hold_to_the_laws(registry, "csv", written)


@FUZZED
@given(text=TEXTS, changes=CHANGES, cut=CUTS)
def test_any_archive_is_judged_to_its_last_row(
    registry: Registry,
    text: str,
    changes: list[tuple[int, bytes]],
    cut: int,
) -> None:
    packed = gzip.compress(text.encode(), mtime=0)
    hold_to_the_laws(registry, "csv.gz", mutated(packed, changes, cut))


@FUZZED
@given(body=SHEETS, within=CHANGES, changes=CHANGES, cut=CUTS, is_broken=st.booleans())
def test_any_workbook_is_judged_to_its_last_row(
    registry: Registry,
    body: str,
    within: list[tuple[int, bytes]],
    changes: list[tuple[int, bytes]],
    cut: int,
    is_broken: bool,
) -> None:
    """Whole, or broken in the XML of the sheet and perhaps in the archive around it."""
    if is_broken:
        written = workbook(
            "", parts={"xl/worksheets/sheet2.xml": mutated(body.encode(), within, 0)}
        )
        written = mutated(written, changes, cut)
    else:
        written = workbook(body)
    hold_to_the_laws(registry, "xlsx", written)


@FUZZED
@given(
    part=st.sampled_from(
        ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
         "xl/sharedStrings.xml", "xl/worksheets/sheet2.xml"]
    ),
    changes=st.lists(
        st.tuples(
            st.integers(0, 1 << 20),
            st.sampled_from([b"<", b">", b'"', b"9", b"-", b"&", b"c", b"\xff", b"/", b" ", b":"]),
        ),
        min_size=1,
        max_size=3,
    ),
)  # fmt: skip
def test_a_workbook_with_any_part_broken_is_read_or_refused(
    part: str, changes: list[tuple[int, bytes]]
) -> None:
    """Nothing but NotReadable ever comes out of a part whose characters were changed."""
    whole = workbook(
        {1: ["a", 2, date(2019, 3, 31)], 2: [cell(None), (' t="s"', "<v>0</v>")]},
        texts="<si><t>b</t></si>",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.xlsx"
        path.write_bytes(whole)
        with zipfile.ZipFile(path) as archive:
            content = archive.read(part)
        path.write_bytes(workbook({1: ["a"]}, parts={part: mutated(content, changes, 0)}))
        try:
            with workbooks.opened(path) as found:
                rows = [found.as_text(one) for _, cells in found.rows for one in cells.values()]
        except workbooks.NotReadable:
            event("refused")
        else:
            assert all(isinstance(one, str) for one in rows)
