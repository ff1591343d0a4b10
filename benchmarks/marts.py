"""What dbt costs: its build of all marts beside DuckDB's SQL by hand that computes the same rows.

    python benchmarks/marts.py [--staff N ...] [--rounds N]

Method: see benchmarks/README.md. Before anything is timed, every mart is compared row by row.
Prints one line a figure and, last, one JSON object; ends with 1 where dbt takes longer or more memory
than it may.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bulk_lake
import duckdb
from nightly import PROGRAMS, Figure, empty_project, measure

from warehouse import build, contracts, dbt_process, lake
from warehouse.settings import Settings, project_root

# Unit tests are for CI, in a night as here.
MODELS = ("build", "--exclude-resource-type", "unit_test", "test")
NIGHTLY = ("build", "--exclude-resource-type", "unit_test")
SEEDS = project_root() / "dbt_project" / "seeds"
SCRIPTS = Path(__file__).with_name("by_hand")
# What the analysts' file has beside the marts that dbt makes in SQL, and the script makes too.
BESIDE_MARTS = ("ops.unmatched_rows",)
# Marts of Python models: what a library fits is as slow from a script.
FITTED = project_root() / "dbt_project" / "models" / "marts" / "impact"
# The registry of metrics is filled before dbt begins.
FILLED_BEFORE = ("marts.metrics",)
# From so many staff on (of fewer, nearly all is dbt's own), dbt takes at most so many times the
# script, beside dbt's own start, and so much memory.
BOUND_FROM = 36_000
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
    env = dbt_process.environment(settings, folder / "target", folder / "logs")
    return command, env | {"WAREHOUSE_BUILD_FILE": str(folder / FILE)}


def run_by_hand(file: Path) -> None:
    """Make every mart in a prepared build file with the SQL of ``by_hand``, in one DuckDB session."""
    with duckdb.connect(str(file), config=SESSION) as connection:
        settings = Settings(home=file.parent, project=project_root())
        for name, value in {"seeds": str(SEEDS), **settings.windows()}.items():
            connection.execute(f"set variable {name} = ?", [value])
        for script in sorted(SCRIPTS.glob("*.sql")):
            connection.execute(script.read_text("utf-8"))


def made_by_hand(file: Path) -> list[str]:
    """The tables in ``file`` that the script is to make: ``schema.table``, sorted.

    Of a file that dbt built, these are all marts but those of Python models; of one that the script
    filled, what it made.
    """
    left_out = {f"marts.{path.stem}" for path in FITTED.glob("*.sql")} | set(FILLED_BEFORE)
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
    return [
        name
        for (name,) in names
        if name in BESIDE_MARTS or (name.startswith("marts.") and name not in left_out)
    ]


def differences(built: Path, other: Path, names: list[str]) -> dict[str, int]:
    """For each table: how many rows only one of the two files has, by dbt's columns, no tolerance."""
    with duckdb.connect(config={**SESSION, "memory_limit": "4GiB"}) as connection:
        connection.execute(f"attach '{built}' as built (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        counts = {}
        for name in names:
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


def require_equal(built: Path, by_hand: Path) -> list[str]:
    """The tables that both made. Raises SystemExit where rows differ or only one has a table."""
    names = made_by_hand(built)
    alone = set(names).symmetric_difference(made_by_hand(by_hand))
    wrong = [f"{name} (of one of the two alone)" for name in sorted(alone)]
    both = [name for name in names if name not in alone]
    counts = elsewhere(differences, built, by_hand, both)
    wrong += [f"{name} ({rows} rows)" for name, rows in counts.items() if rows]
    if wrong:
        raise SystemExit(
            f"The script does not give what dbt gives: {', '.join(wrong)}. Nothing was measured. A "
            f"definition that changed has to change in {SCRIPTS.name}/ too."
        )
    return names


def fresh(prepared: Path, folder: Path) -> Path:
    """A folder with a copy of the prepared build file and nothing else that a run leaves."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(prepared, folder / FILE)
    return folder


def measure_size(folder: Path, staff: int, rounds: int) -> list[dict[str, Figure]]:
    """All figures of one size of service, by round."""
    print(f"{staff} staff: making the lake …", flush=True)
    prepared = elsewhere(prepare, folder, staff)
    nightly, env = dbt(fresh(prepared, folder / "dbt"), *NIGHTLY)
    measure(nightly, env, folder)  # parses the project for the first time
    built = folder / "built.duckdb"
    shutil.copyfile(folder / "dbt" / FILE, built)
    script = [sys.executable, __file__, "--by-hand", str(folder / "by_hand" / FILE)]
    fresh(prepared, folder / "by_hand")
    measure(script, dict(os.environ), folder)
    same = require_equal(built, folder / "by_hand" / FILE)
    print(f"{staff} staff: {len(same)} tables have the same rows", flush=True)
    chosen = [f"+{name.partition('.')[2]}" for name in same]
    variants = {
        "dbt, the same marts": dbt(folder / "dbt", *MODELS, "--select", *chosen)[0],
        "dbt, all models": dbt(folder / "dbt", *MODELS)[0],
        "dbt, all models and tests": nightly,
    }
    floor, floor_env = empty_project(folder / "floor")
    measure(floor, floor_env, folder / "floor")
    found = []
    for number in range(rounds):
        print(f"{staff} staff: round {number + 1} …", flush=True)
        figures = {"floor": measure(floor, floor_env, folder / "floor")}
        fresh(prepared, folder / "by_hand")
        figures["by hand"] = measure(script, dict(os.environ), folder)
        for name, command in variants.items():
            fresh(prepared, folder / "dbt")
            figures[name] = measure(command, env, folder)
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
    times = {
        name: statistics.median(
            (one[name].wall - one["floor"].wall) / one["by hand"].wall for one in rounds
        )
        for name in rounds[0]
        if name.startswith("dbt")
    }
    for name, ratio in times.items():
        print(f"{staff} staff, {name}: {ratio:.2f} x by hand, beside dbt's own start")
    peak = max(one[name].peak_mib for one in rounds for name in times)
    within = times["dbt, the same marts"] <= MOST_TIMES and peak <= MOST_MIB
    return within or staff < BOUND_FROM


def main() -> int:
    """Measure every size that is asked for; 1 where one does not keep within its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--staff", type=int, nargs="+", default=[250, 36_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--by-hand", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.by_hand:
        run_by_hand(options.by_hand)
        return 0
    found = {}
    well = True
    for staff in sorted(options.staff):
        with tempfile.TemporaryDirectory() as folder:
            found[staff] = measure_size(Path(folder), staff, options.rounds)
        well &= judged(staff, found[staff])
    facts = {
        staff: [{name: asdict(figure) for name, figure in one.items()} for one in rounds]
        for staff, rounds in found.items()
    }
    print(json.dumps(facts))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
