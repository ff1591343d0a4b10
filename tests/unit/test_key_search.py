"""`warehouse.key_search`: whatever a plain reading of the bytes finds is found, packed or not."""

import gzip
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import key_search
from warehouse.key_search import KeySearch

KEYS = ["0123456789abcdef" * 2, "f" * 32, "aaaabbbbccccddddeeeeffff00001111"]
PIECES = st.sampled_from(
    [
        *KEYS,
        *(key.upper() for key in KEYS),
        *(key[:31] for key in KEYS),
        "f",
        "0a",
        "G",
        "-",
        "\n",
        "é",
    ]
)


def is_found(path: Path) -> bool:
    search = KeySearch(KEYS)
    search.look_into(path, "shown")
    assert search.files == 1
    assert search.bytes == path.stat().st_size
    return search.found == ["shown"]


@given(st.lists(PIECES, max_size=8), st.integers(1, 40))
def test_bytes_and_gzip_are_searched_as_a_plain_reading_does(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], read: int
) -> None:
    """Keys beside other digits, in capitals, cut short, and over the border of two reads."""
    folder = tmp_path_factory.mktemp("search")
    text = "".join(pieces)
    expected = any(key in text.lower() for key in KEYS)
    (folder / "plain").write_text(text, encoding="utf-8")
    (folder / "packed").write_bytes(gzip.compress(text.encode()))
    assert is_found(folder / "plain") == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_search, "_BYTES_IN_A_READ", read)
        assert is_found(folder / "packed") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"'{KEYS[0]}'", True),
        (f'\'{{"who": "{KEYS[1].upper()}"}}\'', True),
        (f"'{KEYS[2][:31]}'", False),
        ("null", False),
    ],
)
def test_every_text_column_of_parquet_and_duckdb_is_searched(
    tmp_path: Path, value: str, expected: bool
) -> None:
    """The second of two text columns, in the second row, beside a number; and a table without a text."""
    parquet, database = tmp_path / "rows.parquet", tmp_path / "rows.duckdb"
    rows = f"select * from (values (1, 'other', 'x'), (2, null, {value})) as t (n, one, two)"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table numbers as select 1 as n")
        connection.execute("create schema marts")
        connection.execute(f"create table marts.rows as {rows}")
        connection.execute(f"copy ({rows}) to '{parquet}' (compression zstd)")
    assert is_found(parquet) == expected
    assert is_found(database) == expected


def test_one_search_reads_many_files(tmp_path: Path) -> None:
    for number in range(3):
        duckdb.sql(
            f"select {number} as n, '{KEYS[0] if number == 1 else 'none'}' as k"
        ).write_parquet(str(tmp_path / f"{number}.parquet"))
    search = KeySearch(KEYS)
    for path in sorted(tmp_path.iterdir()):
        search.look_into(path, path.name)
    assert search.found == ["1.parquet"]
    assert search.files == 3
