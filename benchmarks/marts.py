"""What dbt costs: its build of all marts beside one DuckDB session that computes the same rows.

    python benchmarks/marts.py [--staff N ...] [--rounds N]

Method: see benchmarks/README.md. Before anything is timed, every mart is compared row by row.
Prints one line a figure and, last, one JSON object; ends with 1 where dbt takes longer or more
memory than it may.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import bulk_lake
import duckdb
from nightly import PROGRAMS, Figure, empty_project, measure

from warehouse import build, contracts, lake
from warehouse.settings import Settings, project_root

# Unit tests are for CI, in a night as here.
BUILD = ("build", "--exclude-resource-type", "unit_test")
BY_HAND = Path(__file__).with_name("marts.sql")
# At most so many times the session, beside dbt's own start; and so much memory.
MOST_TIMES = 2.0
MOST_MIB = 2048
# The file that is built has this name in every variant, so that dbt's statements are its own.
FILE = "warehouse.duckdb"
SESSION: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "1400MiB",
    "preserve_insertion_order": "false",
}


def elsewhere(work: Callable[..., Any], *arguments: object) -> Any:
    """Do something large in another process: what this one held would count as a child's peak."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(work, *arguments).result()


def prepare(folder: Path, staff: int) -> Path:
    """A lake of so many staff, and of it a build file as a night hands it to dbt."""
    home = folder / "home"
    bulk_lake.write(home, staff)
    settings = Settings(home=home, project=project_root())
    registry = contracts.load(settings)
    manifest = lake.manifest(lake.arrivals(settings), registry)
    prepared = folder / "prepared" / FILE
    under_way = build.Build(prepared, "bulk", datetime(2022, 1, 5, tzinfo=UTC))
    build.prepare(settings, registry, manifest, under_way, {})
    return prepared


def dbt(folder: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """dbt's command as a night gives it, on the build file in ``folder``, and its environment."""
    settings = Settings(home=folder, project=project_root())
    command = [str(PROGRAMS / "dbt"), "--quiet", "--no-write-json", "--no-version-check"]
    command += ["--log-level-file", "none", *arguments]
    command += ["--project-dir", str(settings.dbt_project)]
    command += ["--profiles-dir", str(settings.dbt_project)]
    told = {
        "WAREHOUSE_BUILD_FILE": str(folder / FILE),
        "WAREHOUSE_AREAS": json.dumps(settings.areas()),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    return command, {**os.environ, **told}


def statements(built: Path, target: Path) -> list[str]:
    """What dbt ran in ``built``, as plain statements: every relation once, each after those it reads.

    Seeds are read from their files; there are no contracts, no comments and no tests.
    """
    seeds = project_root() / "dbt_project" / "seeds"
    with duckdb.connect(str(built), read_only=True) as connection:
        kinds = dict.fromkeys(_names(connection, "duckdb_views", "view_name"), "view")
        kinds |= dict.fromkeys(_names(connection, "duckdb_tables", "table_name"), "table")
        found = [_seed(connection, path) for path in sorted(seeds.glob("*.csv"))]
    queries: dict[str, str] = {}
    reads: dict[str, set[str]] = {}
    compiled = target / "compiled" / "warehouse" / "models"
    for path in compiled.rglob("*.sql"):
        name = next((one for one in kinds if one.split(".")[1] == path.stem), None)
        if name is not None:
            queries[name] = path.read_text("utf-8")
            pairs = re.findall(r'"warehouse"\."(\w+)"\."(\w+)"', queries[name])
            reads[name] = {".".join(pair) for pair in pairs}
    schemas = sorted({name.split(".")[0] for name in kinds} - {"lake"})
    order = [name for name in TopologicalSorter(reads).static_order() if name in queries]
    return [
        *(f"create schema if not exists {schema}" for schema in schemas),
        *found,
        *(f"create {kinds[name]} {name} as {queries[name]}" for name in order),
    ]


def _seed(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """The statement that reads a seed, with the types that it has in the build."""
    described = connection.execute(f"describe seeds.{path.stem}").fetchall()
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind, *_ in described)
    return (
        f"create table seeds.{path.stem} as "
        f"select * from read_csv('{path}', header=true, columns={{{columns}}})"
    )


def _names(connection: duckdb.DuckDBPyConnection, function: str, column: str) -> list[str]:
    query = f"select schema_name || '.' || {column} from {function}() where not internal order by 1"
    return [name for (name,) in connection.execute(query).fetchall()]


def run_session(file: Path, script: Path) -> None:
    """Run the statements of a script, one after the other, in one DuckDB session."""
    with duckdb.connect(str(file), config=SESSION) as connection:
        for statement in script.read_text("utf-8").split("\n;\n"):
            connection.execute(statement)


def differences(built: Path, other: Path) -> dict[str, int]:
    """For each mart and each of the board's tables that ``other`` has: rows that only one has."""
    with duckdb.connect(config={**SESSION, "memory_limit": "4GiB"}) as connection:
        connection.execute(f"attach '{built}' as built (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        found = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'other' "
            "and (schema_name in ('marts', 'ops') or table_name like 'int\\_board\\_\\_%' escape '\\') "
            "order by all"
        ).fetchall()
        counts = {}
        for (name,) in found:
            columns = [row[0] for row in connection.execute(f"describe built.{name}").fetchall()]
            one, two = (
                f"select {', '.join(columns)} from {file}.{name}" for file in ("built", "other")
            )
            row = connection.execute(
                f"select count(*) from ((({one}) except all ({two})) union all "
                f"(({two}) except all ({one})))"
            ).fetchone()
            counts[name] = row[0] if row else 0
    return counts


def require_equal(built: Path, other: Path, what: str, *, all_of_them: bool) -> list[str]:
    """The tables that both have. Raises SystemExit where rows differ or, if asked, one is missing."""
    counts = elsewhere(differences, built, other)
    wrong = [f"{name} ({rows} rows)" for name, rows in counts.items() if rows]
    if all_of_them:
        with duckdb.connect(str(built), read_only=True) as connection:
            there = _names(connection, "duckdb_tables", "table_name")
        wrong += [
            f"{name} (not there)"
            for name in there
            if name.startswith("marts.") and name not in counts
        ]
    if wrong:
        raise SystemExit(
            f"{what} does not give what dbt gives: {', '.join(wrong)}. Nothing was measured."
        )
    return sorted(counts)


def fresh(prepared: Path, folder: Path) -> Path:
    """A folder with a copy of the prepared build file and nothing else that a run leaves."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(prepared, folder / FILE)
    return folder


def measure_size(folder: Path, staff: int, rounds: int) -> list[dict[str, Figure]]:
    """All figures of one size of service, by round."""
    print(f"{staff} staff: making the lake …", flush=True)
    prepared = elsewhere(prepare, folder, staff)
    command, env = dbt(fresh(prepared, folder / "dbt"), *BUILD)
    measure(command, env, folder)  # parses the project for the first time
    built = folder / "built.duckdb"
    shutil.copyfile(folder / "dbt" / FILE, built)
    script = folder / "statements.sql"
    script.write_text("\n;\n".join(statements(built, folder / "dbt" / "target")), "utf-8")
    sessions = {"the same statements": script, "by hand": BY_HAND}
    commands = {
        name: [sys.executable, __file__, "--session", str(folder / "session" / FILE), str(path)]
        for name, path in sessions.items()
    }
    by_hand: list[str] = []
    for name in sessions:
        fresh(prepared, folder / "session")
        measure(commands[name], dict(os.environ), folder)
        by_hand = require_equal(
            built, folder / "session" / FILE, name, all_of_them=name != "by hand"
        )
    chosen = [f"+{name.split('.')[1]}" for name in by_hand if name != "marts.metrics"]
    floor, floor_env = empty_project(folder / "floor")
    measure(floor, floor_env, folder / "floor")
    found = []
    for number in range(rounds):
        print(f"{staff} staff: round {number + 1} …", flush=True)
        figures = {"floor": measure(floor, floor_env, folder / "floor")}
        for name, session in commands.items():
            fresh(prepared, folder / "session")
            figures[name] = measure(session, dict(os.environ), folder)
        fresh(prepared, folder / "dbt")
        figures["dbt build"] = measure(command, env, folder)
        fresh(prepared, folder / "dbt")
        some, _ = dbt(folder / "dbt", "run", "--select", *chosen)
        figures["dbt run of the marts by hand"] = measure(some, env, folder)
        found.append(figures)
    return found


def judged(staff: int, rounds: list[dict[str, Figure]]) -> bool:
    """Print the figures of one size; whether dbt keeps within what it may take."""
    for name in rounds[0]:
        walls = [one[name].wall for one in rounds]
        cpu = statistics.median(one[name].cpu for one in rounds)
        peak = max(one[name].peak_mib for one in rounds)
        print(
            f"{staff} staff, {name}: {statistics.median(walls):.1f} s "
            f"[{min(walls):.1f}-{max(walls):.1f}], processor {cpu:.1f} s, peak {peak:.0f} MiB"
        )
    well = True
    for name, session in [
        ("dbt build", "the same statements"),
        ("dbt run of the marts by hand", "by hand"),
    ]:
        times = statistics.median(
            (one[name].wall - one["floor"].wall) / one[session].wall for one in rounds
        )
        print(f"{staff} staff, {name}: {times:.2f} x {session}, beside dbt's own start")
        well &= times <= MOST_TIMES
    return well and max(one["dbt build"].peak_mib for one in rounds) <= MOST_MIB


def main() -> int:
    """Measure every size that is asked for; only the largest must keep within its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--staff", type=int, nargs="+", default=[250, 36_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--session", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.session:
        run_session(*options.session)
        return 0
    found = {}
    well = True
    for staff in sorted(options.staff):
        with tempfile.TemporaryDirectory() as folder:
            found[staff] = measure_size(Path(folder), staff, options.rounds)
        well = judged(staff, found[staff])
    facts = {
        staff: [{name: asdict(figure) for name, figure in one.items()} for one in rounds]
        for staff, rounds in found.items()
    }
    print(json.dumps(facts))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
