"""How long a night takes, as a ratio to an empty dbt project in the same round.

    python benchmarks/nightly.py [--rounds N]

Method: see benchmarks/README.md. Prints one line a figure and, last, one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
DFE_FILE = PROJECT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"
LAST_MONTH = date(2021, 12, 31)
NEXT_MONTH = date(2022, 1, 31)


@dataclass(frozen=True)
class Figure:
    """One process: wall clock and processor seconds, and its largest resident set in MiB."""

    wall: float
    cpu: float
    peak_mib: float


def measure(
    command: list[str], env: dict[str, str], cwd: Path, allowed: tuple[int, ...] = (0,)
) -> Figure:
    """Run one command in a measuring process of its own, so that its children are counted with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        began = time.monotonic()
        done = subprocess.run(command, env=env, cwd=cwd, stdout=subprocess.DEVNULL, check=False)
        wall = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        facts = [done.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]
        os.write(writing, json.dumps(facts).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        code, wall, cpu, peak = json.loads(stream.read())
    os.waitpid(child, 0)
    if code not in allowed:
        raise SystemExit(f"{' '.join(command)} ended with {code}; nothing was measured.")
    return Figure(wall, cpu, peak)


def empty_project(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The floor: a dbt project with one model, and the command that runs it."""
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "one.sql").write_text("select 1 as one\n", encoding="utf-8")
    (folder / "dbt_project.yml").write_text(
        "name: floor\nversion: '1.0'\nconfig-version: 2\nprofile: floor\n"
        "flags: {send_anonymous_usage_stats: false}\n",
        encoding="utf-8",
    )
    (folder / "profiles.yml").write_text(
        "floor: {target: dev, outputs: {dev: {type: duckdb, path: floor.duckdb, threads: 2}}}\n",
        encoding="utf-8",
    )
    command = [str(PROGRAMS / "dbt"), "--quiet", "run", "--profiles-dir", str(folder)]
    return command, {**os.environ, "DO_NOT_TRACK": "1"}


def land(home: Path, *, until: date) -> None:
    """The demo's exports up to a month end; files that are there already stay as they are."""
    from warehouse import generate

    generate.write(home / "landing", end=until)
    folder = home / "landing" / "dfe_workforce"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(DFE_FILE, folder / "csww_indicators_2026-03-19.csv")


def one_round(folder: Path) -> dict[str, Figure]:
    """All figures of one round."""
    home = folder / "home"
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WAREHOUSE_")},
        "WAREHOUSE_HOME": str(home),
        "WAREHOUSE_PSEUDONYM_KEY": "5a" * 32,
    }
    nightly = [sys.executable, "-m", "warehouse.cli", "nightly"]
    land(home, until=LAST_MONTH)
    command, floor_env = empty_project(folder / "floor")
    measure(command, floor_env, folder / "floor")  # parses the project for the first time
    figures = {"floor": measure(command, floor_env, folder / "floor")}
    figures["five years from an empty home"] = measure(nightly, env, folder, (0, 3))
    land(home, until=NEXT_MONTH)
    figures["one more night's files"] = measure(nightly, env, folder, (0, 3))
    figures["nothing new"] = measure(nightly, env, folder)
    return figures


def main() -> int:
    """Measure some rounds and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = []
    for number in range(parser.parse_args().rounds):
        print(f"Round {number + 1} …", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(one_round(Path(folder)))
    for name in rounds[0]:
        walls = [figures[name].wall for figures in rounds]
        ratios = [figures[name].wall / figures["floor"].wall for figures in rounds]
        peak = max(figures[name].peak_mib for figures in rounds)
        print(
            f"{name}: {statistics.median(walls):.2f} s [{min(walls):.2f}-{max(walls):.2f}], "
            f"{statistics.median(ratios):.2f} x floor [{min(ratios):.2f}-{max(ratios):.2f}], "
            f"peak {peak:.0f} MiB"
        )
    print(json.dumps([{name: asdict(figure) for name, figure in one.items()} for one in rounds]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
