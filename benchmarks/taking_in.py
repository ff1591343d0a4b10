"""How long attendance rows take from CSV to pseudonymised Parquet, beside what one would do instead.

    python benchmarks/taking_in.py [--rows N] [--people N] [--rounds N] [--only NAME ...]

Method: see benchmarks/README.md. Prints one line a variant and, last, one JSON object.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import hmac
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

from nightly import Figure, measure

KEY = bytes(range(32))
COLUMNS = ("session_id", "employee_id", "attendance", "void", "synthetic")
OUTCOMES = ("attended", "attended", "attended", "attended", "apologies", "did_not_attend")
AS_OF = date(2019, 12, 31)


def write_file(path: Path, rows: int, people: int) -> None:
    """Attendance as ``warehouse generate`` writes it: eight people a session, the same by one seed."""
    chosen = random.Random(1)  # noqa: S311 - made-up data, not secrets
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(COLUMNS) + "\r\n")
        for row in range(rows):
            session, seat = divmod(row, 8)
            person = (session * 7919 + seat * 977) % people
            stream.write(f"S{session:07d},E{person:06d},{chosen.choice(OUTCOMES)},N,Y\r\n")


def staff_key(employee_id: str) -> str:
    """The keyed hash that every variant but the floor makes."""
    return hmac.new(KEY, employee_id.encode(), hashlib.sha256).hexdigest()[:32]


def floor(source: Path, folder: Path) -> None:
    """DuckDB's reader with declared types, and COPY TO Parquet: ids in clear, nothing checked."""
    import duckdb

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"copy (select * from read_csv('{source}', auto_detect=false, header=true, delim=',', "
            f"columns={{{columns}}})) to '{folder / 'out.parquet'}' (format parquet)"
        )


def product(source: Path, folder: Path) -> None:
    """What a night does: read, line by line; every rule; keyed hash; sorted; manifest; durable."""
    from warehouse import contracts
    from warehouse.ingest import landing
    from warehouse.pseudonyms import Pseudonymiser
    from warehouse.settings import Settings, project_root

    settings = Settings(home=folder, project=project_root())
    registry = contracts.load(settings)
    place = settings.landing / "group_attendance" / f"attendance_{AS_OF}.csv"
    place.parent.mkdir(parents=True)
    os.link(source, place)
    (arrival,) = landing.take_in(
        settings, registry, Pseudonymiser(KEY), [registry["group_attendance"]], print
    )
    if arrival.rejected or arrival.rows_quarantined:
        raise SystemExit("the made-up file has bad rows; nothing was measured.")


def _duckdb(source: Path, folder: Path, key: str, keys: str = "") -> None:
    import duckdb
    import pyarrow as pa

    with duckdb.connect(
        config={"threads": 2, "disabled_optimizers": "join_order,build_side_probe_side"}
    ) as connection:
        connection.execute(
            f"create table raw as select * from read_csv('{source}', all_varchar=true, header=true)"
        )
        if keys:
            found = connection.execute("select distinct employee_id from raw").fetchall()
            ids = [one for (one,) in found]
            table = pa.table({"value": ids, "hashed": [staff_key(one) for one in ids]})
            connection.register("hashed", table)
            connection.execute("create table keys as select * from hashed")
        else:
            connection.create_function("staff_key", staff_key, ["VARCHAR"], "VARCHAR")
        connection.execute(
            f"copy (select session_id, {key} as staff_key, attendance, void, synthetic from raw {keys} "
            f"order by 1, 2) to '{folder / 'out.parquet'}' (format parquet)"
        )


def duckdb_join(source: Path, folder: Path) -> None:
    """DuckDB, HMAC of the distinct ids in Python, joined back and sorted; no checks, no lines."""
    _duckdb(source, folder, "hashed", "left join keys on value = employee_id")


def duckdb_udf(source: Path, folder: Path) -> None:
    """DuckDB with a Python function for each row, sorted; no checks, no lines."""
    _duckdb(source, folder, "staff_key(employee_id)")


def pandas_map(source: Path, folder: Path) -> None:
    """pandas on Arrow's reader, HMAC of the distinct ids, sorted; no checks, no lines."""
    import pandas as pd

    frame = pd.read_csv(source, engine="pyarrow", dtype=str)
    keys = {one: staff_key(one) for one in frame["employee_id"].unique()}
    frame["employee_id"] = frame["employee_id"].map(keys)
    frame.sort_values(["session_id", "employee_id"]).to_parquet(folder / "out.parquet")


def duckdb_checked(source: Path, folder: Path) -> None:
    """As ``duckdb_join``, with the contract's rules as SQL and what is wrong with which line."""
    import duckdb
    import pyarrow as pa

    with duckdb.connect(
        config={"threads": 2, "disabled_optimizers": "join_order,build_side_probe_side"}
    ) as connection:
        connection.execute(
            f"""
            create table raw as
            select *, row_number() over () + 1 as line
            from read_csv('{source}', all_varchar=true, header=true)
            """
        )
        connection.execute(
            f"""
            create table judged as
            select *, case
                when coalesce(trim(session_id), '') = '' then 'session_id: missing_value'
                when coalesce(trim(employee_id), '') = '' then 'employee_id: missing_value'
                when coalesce(trim(attendance), '') = '' then 'attendance: missing_value'
                when attendance not in {tuple(sorted(set(OUTCOMES)))} then 'attendance: not_allowed'
                when void not in ('Y', 'N') then 'void: not_allowed'
                when synthetic not in ('Y', 'N') then 'synthetic: not_allowed'
                when row_number() over (partition by session_id, employee_id order by line) > 1
                    then 'session_id: duplicate_key'
            end as fault
            from raw
            """
        )
        found = connection.execute("select distinct employee_id from judged").fetchall()
        ids = [one for (one,) in found]
        connection.register(
            "hashed", pa.table({"value": ids, "hashed": [staff_key(one) for one in ids]})
        )
        connection.execute("create table keys as select * from hashed")
        connection.execute(
            "copy (select session_id, hashed as staff_key, attendance, void, synthetic, line from judged "
            "left join keys on value = employee_id where fault is null order by 1, 2) "
            f"to '{folder / 'out.parquet'}' (format parquet)"
        )
        connection.execute(
            "copy (select line, fault from judged where fault is not null order by line) "
            f"to '{folder / 'bad.parquet'}' (format parquet)"
        )


def pandas_checked(source: Path, folder: Path) -> None:
    """As ``pandas_map``, with the contract's rules on whole columns and what is wrong with which line."""
    import pandas as pd

    frame = pd.read_csv(source, engine="pyarrow", dtype=str, keep_default_na=False)
    frame["line"] = range(2, len(frame) + 2)
    frame["fault"] = ""
    for fault, wrong in (
        ("session_id: missing_value", frame["session_id"].str.strip() == ""),
        ("employee_id: missing_value", frame["employee_id"].str.strip() == ""),
        ("attendance: missing_value", frame["attendance"].str.strip() == ""),
        ("attendance: not_allowed", ~frame["attendance"].isin(set(OUTCOMES))),
        ("void: not_allowed", ~frame["void"].isin({"Y", "N"})),
        ("synthetic: not_allowed", ~frame["synthetic"].isin({"Y", "N"})),
        ("session_id: duplicate_key", frame.duplicated(["session_id", "employee_id"])),
    ):
        frame.loc[wrong & (frame["fault"] == ""), "fault"] = fault
    bad = frame.loc[frame["fault"] != "", ["line", "fault"]]
    good = frame.loc[frame["fault"] == ""].drop(columns="fault")
    keys = {one: staff_key(one) for one in good["employee_id"].unique()}
    good["employee_id"] = good["employee_id"].map(keys)
    good.sort_values(["session_id", "employee_id"]).to_parquet(folder / "out.parquet")
    bad.to_parquet(folder / "bad.parquet")


def pandas_rows(source: Path, folder: Path) -> None:
    """pandas as one would write it first: its own reader, HMAC for each row; no checks, no lines."""
    import pandas as pd

    frame = pd.read_csv(source, dtype=str)
    frame["employee_id"] = frame["employee_id"].map(staff_key)
    frame.sort_values(["session_id", "employee_id"]).to_parquet(folder / "out.parquet")


def python_rows(source: Path, folder: Path) -> None:
    """Python's csv module with the contract's rules by hand, keys kept, and pyarrow; lines and reasons."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    known: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    good: list[tuple[str, str, str, str, str, int]] = []
    bad: list[tuple[int, str]] = []
    with source.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for session, person, outcome, void, synthetic in reader:
            if not session.strip() or not person.strip():
                bad.append((reader.line_num, "missing_value"))
            elif outcome not in OUTCOMES or void not in "YN" or synthetic not in "YN":
                bad.append((reader.line_num, "not_allowed"))
            elif (session, person) in seen:
                bad.append((reader.line_num, "duplicate_key"))
            else:
                seen.add((session, person))
                key = known.get(person) or known.setdefault(person, staff_key(person))
                good.append((session, key, outcome, void, synthetic, reader.line_num))
    good.sort()
    columns = dict(zip((*COLUMNS, "line"), zip(*good, strict=True), strict=True))
    pq.write_table(pa.table(columns), folder / "out.parquet")


VARIANTS: dict[str, Callable[[Path, Path], None]] = {
    one.__name__: one
    for one in (
        floor,
        product,
        duckdb_checked,
        pandas_checked,
        python_rows,
        duckdb_join,
        pandas_map,
        pandas_rows,
        duckdb_udf,
    )
}


def one_round(source: Path, names: list[str]) -> dict[str, Figure]:
    """Each variant once, in a process and a folder of its own."""
    figures = {}
    for name in names:
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            command = [sys.executable, __file__, "--variant", name, str(source), folder]
            figures[name] = measure(command, dict(os.environ), source.parent)
    return figures


def main() -> int:
    """Measure some rounds and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=36_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--variant", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.variant:
        name, source, folder = options.variant
        VARIANTS[name](Path(source), Path(folder))
        return 0
    names = list(dict.fromkeys(["floor", *options.only]))
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "attendance.csv"
        write_file(made, options.rows, options.people)
        rounds = []
        for number in range(options.rounds):
            print(f"Round {number + 1} …", flush=True)
            # Every other round the other way round, so that nobody always has the warm disk.
            rounds.append(one_round(made, names if number % 2 == 0 else names[::-1]))
    for name in names:
        walls = [figures[name].wall / figures["floor"].wall for figures in rounds]
        processor = statistics.median(one[name].cpu / one["floor"].cpu for one in rounds)
        wall = statistics.median(figures[name].wall for figures in rounds)
        peak = max(figures[name].peak_mib for figures in rounds)
        print(
            f"{name}: {wall:.2f} s, {statistics.median(walls):.2f} x floor "
            f"[{min(walls):.2f}-{max(walls):.2f}], processor {processor:.2f} x, peak {peak:.0f} MiB"
        )
    print(json.dumps([{name: asdict(one) for name, one in figures.items()} for figures in rounds]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
