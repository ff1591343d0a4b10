"""The demonstration: one night on real input under a real Airflow, then the board's dashboard.

Synthetic HR exports and the published children's social work workforce file land in `var/`; Airflow
runs the same DAGs as in service; what they publish is shown. Everything that is written lies under
the one folder, and every process that is started ends with this one.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import filecmp
import os
import secrets
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warehouse import settings as warehouse_settings
from warehouse.airflow_local import LocalAirflow, free_port, ingest_dags
from warehouse.errors import (
    AnotherRunHoldsTheLock,
    BadConfiguration,
    CouldNotFinish,
    WarehouseError,
)
from warehouse.keeper import Child, Kept, adopt_orphans, end_descendants
from warehouse.settings import Settings

# The Department for Education's files, and how each lands: under the day of its release.
DFE_FILES = {
    Path("data/dfe/csww_headline_measures_2017_to_2022.csv"): Path(
        "dfe_workforce/csww_headline_measures_2023-02-23.csv"
    ),
    Path("data/dfe/csww_indicators_2017_to_2025.csv"): Path(
        "dfe_workforce/csww_indicators_2026-03-19.csv"
    ),
}

DASHBOARD_PORT = 8501
BUILD = "build_warehouse"


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; returns the process's exit status (0 when a version stands published)."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts what it puts in the background with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Whatever is left when a keeper is killed becomes ours to end.
    adopt_orphans()
    try:
        home = Path(options.home).absolute() if options.home else None
        settings = warehouse_settings.load(home or warehouse_settings.project_root() / "var")
        with _only_one(settings):
            _prepare(settings)
            _say_what_stands(settings, _run_the_night(settings))
        if options.serve:
            _serve(settings)
    except WarehouseError as refused:
        say(str(refused), to=sys.stderr)
        return refused.exit_code
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    finally:
        end_descendants([])
    return 0


def say(sentence: str, *, to: Any = None) -> None:
    """One sentence of progress, shown at once also where the output is a pipe."""
    print(sentence, file=to or sys.stdout, flush=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m warehouse.demo", description=__doc__)
    parser.add_argument(
        "--home", help="folder that takes everything (default: var/ in the project)"
    )
    parser.add_argument(
        "--serve",
        action=argparse.BooleanOptionalAction,
        default=os.environ.get("DEMO_SERVE", "1") != "0",
        help="serve the dashboard afterwards until Ctrl-C (default, unless DEMO_SERVE=0)",
    )
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Hold the home for this demonstration: a second one would end the first one's Airflow."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        handle = os.open(settings.home / "demo.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BadConfiguration(
            f"{settings.home} cannot be written ({error.strerror}). "
            "Give this account write access to it, or name another folder with --home."
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AnotherRunHoldsTheLock(
            f"Another demonstration is at work in {settings.home}. "
            "End it, or give this one a folder of its own with --home."
        ) from None
    else:
        yield
    finally:
        os.close(handle)


def _prepare(settings: Settings) -> None:
    """The key, and the environment that this process and Airflow's tasks share."""
    key_file = settings.home / "pseudonym.key"
    if not key_file.exists():
        if any(settings.landing.glob("hr_*/*")) or any(settings.lake.glob("hr_*/*")):
            raise BadConfiguration(
                f"{settings.home} holds HR exports that no demonstration wrote, and invented people "
                "must not be mixed with real ones. Name another folder with --home."
            )
        say(f"Making a pseudonym key for the demonstration alone: {key_file}.")
        written = key_file.with_name(".pseudonym.key.part")
        written.unlink(missing_ok=True)
        written.touch(mode=0o600)
        written.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        written.replace(key_file)
    # A key of the service's own has no place in a demonstration, and its value would win.
    os.environ.pop("WAREHOUSE_PSEUDONYM_KEY", None)
    os.environ["WAREHOUSE_PSEUDONYM_KEY_FILE"] = str(key_file)
    os.environ["WAREHOUSE_DEMO"] = "1"
    os.environ["WAREHOUSE_HOME"] = str(settings.home)


def _write_exports(settings: Settings) -> None:
    from warehouse import generate

    settings.landing.mkdir(mode=0o700, exist_ok=True)
    aside = settings.home / ".demo_exports.part"
    if aside.exists():
        shutil.rmtree(aside)
    say("Writing the synthetic programme's exports: 2016 to 2021, a file a month and source.")
    written = generate.write(aside, progress=say)
    new = 0
    for path in written:
        new += _land(path, settings.landing / path.relative_to(aside))
    shutil.rmtree(aside)
    for real, lands_as in DFE_FILES.items():
        new += _land(settings.project / real, settings.landing / lands_as)
    if new:
        names = " and ".join(path.name for path in DFE_FILES.values())
        say(f"{new} files landed in {settings.landing}. Real are {names}; the rest is synthetic.")
    else:
        held = len(written) + len(DFE_FILES)
        say(f"All {held} files were in {settings.landing} already, unchanged.")


def _land(source: Path, target: Path) -> bool:
    """Copy a file into landing unless the same bytes stand there; whole or not at all."""
    if target.exists() and filecmp.cmp(source, target, shallow=False):
        return False
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Landing does not look at names that begin with a dot or end in .part.
    copy = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, copy)
    copy.replace(target)
    return True


def _run_the_night(settings: Settings) -> list[str]:
    """Run the DAGs; returns how each build ended, in order."""
    shared = {name: value for name, value in os.environ.items() if name.startswith("WAREHOUSE_")}
    airflow = LocalAirflow(
        settings.home / "airflow", project=settings.project, settings=shared, say=say
    )
    with airflow:
        # Its processes need a while to come up, and nothing runs before a DAG is switched on.
        _write_exports(settings)
        airflow.wait_until_ready()
        # Switched on, a DAG runs its latest slot. The build goes first: on a new home it has
        # nothing to build yet and is skipped, and then starts again when its assets are there.
        airflow.unpause(BUILD)
        ended = [_finish(airflow, BUILD, "scheduled")]
        ingests = sorted(ingest_dags())
        for dag_id in ingests:
            airflow.unpause(dag_id)
        for dag_id in ingests:
            _finish(airflow, dag_id, "scheduled")
        say(f"All families have announced their assets, so Airflow starts {BUILD} by itself.")
        ended.append(_finish(airflow, BUILD, "asset_triggered"))
        say("Stopping Airflow.")
    return ended


def _finish(airflow: LocalAirflow, dag_id: str, run_type: str) -> str:
    """Wait for a DAG's first run of this type and say how it ended; its step's status is returned.

    Raises CouldNotFinish with the end of the task's log when the run is red.
    """
    run = airflow.wait_for_run(dag_id, lambda run: run["run_type"] == run_type)
    run_id = str(run["dag_run_id"])
    if run["state"] != "success":
        tail = "\n  ".join(airflow.task_log(dag_id, run_id)[-12:])
        raise CouldNotFinish(
            f"{dag_id} ended {run['state']}; nothing was published by it. Its log ends:\n  {tail}"
        )
    states = {str(task["state"]) for task in airflow.tasks(dag_id, run_id)}
    if states == {"skipped"}:
        say(f"{dag_id}: skipped, as there is nothing to build from yet.")
        return "skipped"
    outcome = airflow.returned(dag_id, run_id)
    say(f"{dag_id}: {_in_words(outcome)}")
    return str(outcome["status"])


def _in_words(outcome: dict[str, Any]) -> str:
    status = str(outcome["status"]).replace("_", " ")
    counts = ", ".join(
        f"{outcome[name]:,} {word}"
        for name, word in (
            ("files", "files read"),
            ("rows_loaded", "rows loaded"),
            ("rows_quarantined", "rows set aside"),
            ("files_rejected", "files rejected"),
        )
        if outcome[name]
    )
    said = f"{status} in {float(outcome['seconds']):.0f} s"
    return f"{said}: {counts}." if counts else f"{said}."


def _say_what_stands(settings: Settings, builds: list[str]) -> None:
    """A few sentences out of the board's file, and how to ask more; builds: how they ended."""
    board = settings.published / "board.duckdb"
    if not board.exists():
        raise CouldNotFinish(
            f"The night ended without a published version. Read {settings.home / 'airflow' / 'logs'}."
        )
    version = (settings.published / "current").resolve().name
    if set(builds) <= {"nothing_new", "skipped"}:
        say(f"Nothing new had landed, so version {version} still stands in {settings.published}.")
    else:
        say(f"Published: version {version}, in {settings.published}.")
    for sentence in _board_sentences(board):
        say(f"  {sentence}")
    home = os.path.relpath(settings.home)
    say("Ask it yourself:")
    say(
        '  .venv/bin/warehouse query "SELECT month_end, headcount, turnover_rate_12m FROM '
        "marts.retention_monthly WHERE scope_type = 'service' ORDER BY month_end\" "
        f"--home {home}"
    )
    say(f"  .venv/bin/warehouse status --home {home}   (what was set aside, and why)")


def _board_sentences(board: Path) -> Iterator[str]:
    import duckdb

    with duckdb.connect(str(board), read_only=True) as connection:
        months = connection.execute(
            """
            SELECT month_end, headcount, turnover_rate_12m
            FROM marts.retention_monthly
            WHERE scope_type = 'service' AND turnover_rate_12m IS NOT NULL
            ORDER BY month_end DESC
            LIMIT 1
            """
        ).fetchall()
        southampton = connection.execute(
            """
            SELECT here.year, here.published_value, england.published_value
            FROM marts.dfe_benchmark AS here
            JOIN marts.dfe_benchmark AS england
              USING (release_as_of, year, indicator)
            WHERE here.old_la_code = '852' AND england.geographic_level = 'National'
              AND indicator = 'turnover_rate_fte'
              AND here.published_value IS NOT NULL
            ORDER BY here.release_as_of DESC, here.year DESC
            LIMIT 1
            """
        ).fetchall()
    for month_end, headcount, rate in months:
        yield (
            f"In the invented service, {headcount} people were in post on {month_end:%-d %B %Y}, and "
            f"{rate:.1%} of the average staff had left in the 12 months before."
        )
    for year, here, england in southampton:
        yield (
            f"In the real one, {float(here):.1%} of Southampton's social worker posts (FTE) turned over "
            f"in the year to September {year}; in England {float(england):.1%} (Department for "
            "Education)."
        )


def _serve(settings: Settings) -> None:
    """Serve the dashboard and stay until Ctrl-C."""
    port = free_port(DASHBOARD_PORT)
    log = settings.logs / "dashboard.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    script = settings.project / "dashboard" / "serve.py"
    argv = (sys.executable, str(script), "--home", str(settings.home), "--port", str(port))
    kept = Kept([Child("dashboard", argv, log)], env=dict(os.environ), cwd=settings.project)
    url = f"http://127.0.0.1:{port}"
    try:
        say("Starting the dashboard.")
        deadline = time.monotonic() + 60
        while not _answers(f"{url}/_stcore/health"):
            if kept.ended() or time.monotonic() > deadline:
                raise CouldNotFinish(f"The dashboard did not start. Read {log}.")
            time.sleep(0.3)
        say(f"The dashboard is at {url}  (Ctrl-C ends it)")
        while not kept.ended():
            time.sleep(0.5)
        raise CouldNotFinish(f"The dashboard ended by itself. Read {log}.")
    except KeyboardInterrupt:
        say("Stopping the dashboard.")
    finally:
        kept.stop()


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    sys.exit(main())
