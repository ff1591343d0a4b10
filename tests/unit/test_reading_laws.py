"""Whatever the bytes: what Arrow takes apart is what Python's csv reader would have."""

import csv
import io
import os
from datetime import date
from unittest import mock

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.contracts import Column
from warehouse.ingest import reading
from warehouse.ingest.reading import Layout

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))  # more than usual: `make fuzz`

Rows = list[tuple[int, int, list[str]]]

# Pieces of which odd files are made; a random text would hardly ever have a quote beside a comma.
PIECES = st.sampled_from(
    [
        "a", "bc", "é", "ﬁ", "7", ",", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', '",', ',"',
        '"a"', '"b,c"', ',"x"\n', '"\n"', "a,b\n", "1,2\r\n", " ", "\t", "\x00", "\x0b", "\x0c",
        "\x1c", "\x85", "\u2028", "\ufeff", "'", "\\", "\\,", '\\"', "#", ";", "NULL", "\u00a0",
    ]
)  # fmt: skip
REGULAR_LINES = st.lists(
    st.lists(
        st.sampled_from(["a", "", '"b"', '"c,d"', '""', "é", " ", "\x00"]), min_size=2, max_size=3
    ).map(",".join),
    max_size=12,
).map("\n".join)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), REGULAR_LINES)


def plainly(text: str) -> tuple[list[str] | None, Rows]:
    """The header, and (line, misfit, fields, blank for a misfit) of each record, one by one."""
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO(text, newline=""))
    records = []
    line = 1
    for fields in reader:
        if len(fields) > 1 or (fields and fields[0].strip()):
            records.append((line, fields))
        line = reader.line_num + 1
    if not records:
        return None, []
    header = records[0][1]
    width = len(header)
    return header, [
        (
            at,
            (len(fields) > width) - (len(fields) < width),
            fields if len(fields) == width else [""] * width,
        )
        for at, fields in records[1:]
    ]


def by_product(blocks: list[bytes]) -> tuple[list[str] | None, Rows]:
    """The same by way of the product, every block offered to Arrow however small it is."""
    with mock.patch.object(reading, "FEWEST_BYTES_FOR_ARROW", 0):
        found = reading._TextTable(iter(blocks))
        header = found.header
        if header is None:
            return None, []
        names = [str(position) for position in range(len(header))]
        layout = Layout({name: int(name) for name in names}, len(header), None)
        columns = [Column(name=name, type="string", description="") for name in names]
        batches = list(found.batches(layout, columns, 0, date(2021, 3, 31)))
        assert found.has_rows == any(batch.num_rows for batch in batches)
    return header, [
        (row["line"], row["misfit"], [row[name] for name in names])
        for row in pa.Table.from_batches(batches).to_pylist()
    ]


def blocks_of(text: str, size: int) -> list[bytes]:
    with mock.patch.object(reading, "BYTES_IN_A_BLOCK", size):
        return list(reading._blocks(io.BytesIO(text.encode()), "utf-8", "strict"))


@settings(max_examples=max(600, EXAMPLES), deadline=None)
@given(TEXTS, st.integers(1, 30))
@example("a,b\n1,2\r\r3,4\n", 30)
@example('a,b\n1,"2\r3"\n', 30)
@example('a,b\n"x,1\n2,y"\n3,4\n', 9)
@example('a,b\n1,2\n"3,4', 5)
@example("a,b\n\n1,2\n \n3,4", 30)
@example("a,b\n1\n1,2,3\n", 30)
@example("a\n\n1\n", 2)
def test_a_block_taken_apart_as_a_whole_gives_the_records_of_the_csv_reader(
    text: str, size: int
) -> None:
    """Same header, same fields, same physical lines, same misfits, wherever the blocks end."""
    assert by_product(blocks_of(text, size)) == plainly(text)


@settings(max_examples=max(300, EXAMPLES), deadline=None)
@given(TEXTS, st.integers(1, 30))
def test_blocks_end_where_physical_lines_do_and_lose_nothing(text: str, size: int) -> None:
    blocks = blocks_of(text, size)
    assert b"".join(blocks) == text.encode()
    lines = [
        line for block in blocks for line in io.StringIO(block.decode(), newline="").readlines()
    ]
    assert lines == io.StringIO(text, newline="").readlines()


@settings(max_examples=max(200, EXAMPLES), deadline=None)
@given(TEXTS, st.integers(1, 30))
def test_every_encoding_gives_the_same_blocks_of_text(text: str, size: int) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        stream = io.BytesIO(text.encode(encoding))
        named = reading.detect_encoding(stream)
        stream.seek(0)
        with mock.patch.object(reading, "BYTES_IN_A_BLOCK", size):
            assert b"".join(reading._blocks(stream, *named)) == text.encode()


def test_regular_files_are_read_by_arrow() -> None:
    """Else the equality above would say nothing: plain, quoted and CRLF lines are never left to Python."""
    for text in ("1,2\n3,4\n", '"1","2,3"\r\n4,""\r\n', "1,2"):
        layout = Layout({"a": 0, "b": 1}, 2, None)
        with mock.patch.object(reading, "FEWEST_BYTES_FOR_ARROW", 0):
            assert reading._is_regular(text.encode())
            assert reading._parsed(text.encode(), layout, ["a", "b"]) is not None
