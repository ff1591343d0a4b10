"""A scheduler of our own, homes for it to work in, and what can be read from a published version."""

from __future__ import annotations

import contextlib
import csv
import json
import shlex
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb

from warehouse import generate
from warehouse.airflow_local import LocalAirflow

PROJECT = Path(__file__).parents[2]
DFE_FILE = PROJECT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"
KEY = "5c" * 32
RUNBOOK = PROJECT / "docs" / "runbook.md"

# Fifteen month ends: 31 January 2019 to 31 March 2020.
FROM, TO, SNAPSHOTS = date(2019, 1, 1), date(2020, 3, 31), 15
BUILD = "build_warehouse"

# One row that breaks its contract, with values that stand nowhere else.
BAD_LEAVER_ID = "ZQ-4417-PLANTED"
BAD_LEAVER_NOTE = "Ask Persephone Quillfeather"

Run = dict[str, Any]


class Nights:
    """One real scheduler, and one home after another in the place where it looks."""

    def __init__(self, folder: Path, *, database: str | None = None, webhook: str = "") -> None:
        """folder: an empty one. The scheduler is started by `self.airflow.start()`.

        database: as LocalAirflow takes it. webhook: where alerts go.
        """
        self.home = folder / "home"
        self._folder = folder
        self.airflow = LocalAirflow(
            folder / "airflow",
            project=PROJECT,
            settings={
                "WAREHOUSE_HOME": str(self.home),
                "WAREHOUSE_PSEUDONYM_KEY": KEY,
                "WAREHOUSE_ALERT_WEBHOOK": webhook,
                # A proxy that the caller's environment names has nothing to do with loopback.
                "no_proxy": "127.0.0.1",
            },
            database=database,
        )

    def move_into_an_empty_home(self) -> None:
        """Put the home aside, if there is one, and make a new one. Nothing may be running."""
        if self.home.exists():
            earlier = len(list(self._folder.glob("earlier_home_*")))
            self.home.rename(self._folder / f"earlier_home_{earlier}")
        (self.home / "landing").mkdir(mode=0o700, parents=True)

    def land_staff(self) -> list[Path]:
        """Exports of a small invented service, of every source: 15 staff snapshots among them."""
        return generate.write(self.home / "landing", seed=7, staff=40, start=FROM, end=TO)

    def land_benchmarks(self) -> Path:
        """The Department for Education's real file."""
        target = self.home / "landing" / "dfe_workforce" / "csww_indicators_2026-03-19.csv"
        target.parent.mkdir(parents=True)
        shutil.copyfile(DFE_FILE, target)
        return target

    def land_a_bad_leaver(self) -> None:
        """A leaver file of April 2020 whose only row has no leaving date."""
        folder = self.home / "landing" / "hr_leavers"
        with (folder / "hr_leavers_2020-03-31.csv").open(encoding="utf-8", newline="") as stream:
            columns = next(csv.reader(stream))
        bad = dict.fromkeys(columns, "") | {
            "employee_id": BAD_LEAVER_ID,
            "start_date": "2015-01-05",
            "leaving_reason": "resignation",
            "record_status": "leaver",
            "exit_interview_notes": BAD_LEAVER_NOTE,
            "synthetic": "Y",
        }
        with (folder / "hr_leavers_2020-04-30.csv").open(
            "w", encoding="utf-8", newline=""
        ) as stream:
            writer = csv.DictWriter(stream, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerow(bad)

    def finished(self, dag_id: str, run_id: str) -> Run:
        """This run, once it is over."""
        return self.airflow.wait_for_run(dag_id, lambda run: run["dag_run_id"] == run_id)

    def trigger_and_finish(self, dag_id: str) -> Run:
        """Start a run over the REST API and wait until it is over."""
        return self.finished(dag_id, self.airflow.trigger(dag_id))

    def next_run(self, dag_id: str, run_type: str, known: set[str]) -> Run:
        """The first run of this type that is not among `known` run ids, once it is over."""
        return self.airflow.wait_for_run(
            dag_id,
            lambda run: run["run_type"] == run_type and run["dag_run_id"] not in known,
        )

    def run_ids(self, dag_id: str) -> set[str]:
        """Every run that a DAG has had so far."""
        return {str(run["dag_run_id"]) for run in self.airflow.runs(dag_id)}

    def backfill(self, arguments: list[str]) -> list[Run]:
        """Run `airflow` with these arguments of a backfill; its runs once over, by their slots."""
        dag_id = arguments[arguments.index("--dag-id") + 1]
        known = self.run_ids(dag_id)
        self.airflow.command(*arguments)
        runs = [self.finished(dag_id, run_id) for run_id in self.run_ids(dag_id) - known]
        return sorted(runs, key=lambda run: str(run["logical_date"]))

    def wait_for_first_failure(self, dag_id: str, run_id: str) -> None:
        """Return as soon as a task of this run has failed once, tried again or not."""

        def failed_once() -> tuple[bool | None, str]:
            states = [task["state"] for task in self.airflow.tasks(dag_id, run_id)]
            bad = any(state in ("up_for_retry", "failed") for state in states)
            return (True if bad else None), str(states)

        self.airflow.wait_until(f"{dag_id}: waiting for its failure", failed_once)


def the_runbooks_backfill() -> list[str]:
    """The command for a backfill that stands in the runbook, word for word after `airflow`."""
    (command,) = (
        line
        for line in RUNBOOK.read_text(encoding="utf-8").splitlines()
        if line.startswith("    airflow backfill create ")
    )
    return shlex.split(command)[1:]


@contextlib.contextmanager
def taking_alerts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook on loopback: its address, and what has been sent to it so far."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep the tests' own output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", got
        server.shutdown()


def rows(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a query on a published file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tables(file: Path) -> set[str]:
    """Names of the tables in schema marts of a published file."""
    found = rows(file, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts'")
    return {str(name) for (name,) in found}


def people_in_snapshot(file: Path, wanted: Callable[[dict[str, str]], bool]) -> int:
    """How many different people a landed hr_staff file holds, of those rows that are wanted."""
    with file.open(encoding="utf-8", newline="") as stream:
        return len({row["employee_id"] for row in csv.DictReader(stream) if wanted(row)})


def published_by_dfe(year: str, old_la_code: str, column: str) -> str:
    """One cell of the Department's own file."""
    with DFE_FILE.open(encoding="utf-8-sig", newline="") as stream:
        (cell,) = (
            row[column]
            for row in csv.DictReader(stream)
            if row["time_period"] == year and row["old_la_code"] == old_la_code
        )
    return cell


def names_in_exports(folder: Path) -> set[str]:
    """Every full name and e-mail address in the hr_staff files of a landing folder."""
    found: set[str] = set()
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found |= {row["full_name"], row["email"]} - {""}
    return found
