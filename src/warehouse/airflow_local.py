"""A real Airflow on this machine alone, for the demonstration and for the tests.

Metadata database, scheduler, DAG processor and API server are started as separate processes on the
loopback address, without a service and by default with SQLite, and are gone when the owner is gone. The
metadata start empty each time: what a killed scheduler left behind would otherwise block the next
one for minutes, and nothing of worth is kept there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from warehouse.errors import CouldNotFinish
from warehouse.keeper import Child, Kept

FINISHED = frozenset({"success", "failed"})

# The pool that guards DuckDB's one writer; the same name stands in airflow_steps.py, which needs
# Airflow itself to be imported and so cannot be read here.
POOL = "warehouse"

# Asked this often while waiting; a person is told how it stands every SAY_SECONDS.
_POLL_SECONDS = 0.7
_SAY_SECONDS = 5.0
# A command only writes to the metadata; most of its time goes into starting.
_COMMAND_SECONDS = 300.0

# What a child may take over from the caller's environment besides WAREHOUSE_ settings.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONPATH", "VIRTUAL_ENV")

Say = Callable[[str], None]
T = TypeVar("T")


class LocalAirflow:
    """Airflow on loopback. Use it as a context: it starts on entry, everything ends on exit."""

    def __init__(
        self,
        home: Path,
        *,
        project: Path,
        settings: dict[str, str],
        database: str | None = None,
        say: Say = print,
    ) -> None:
        """home: Airflow's own folder, emptied on start. settings: WAREHOUSE_ variables for the tasks.

        project: the folder that holds `dags/`. database: SQLAlchemy's address of an empty metadata
        database (default: SQLite, in a file of `home`). say: takes one sentence of progress.
        """
        self.home = home.absolute()
        self.url = ""
        self._project = project
        self._settings = settings
        # Four processes share one SQLite file, so a writer waits for its turn.
        self._database = database or f"sqlite:///{self.home}/airflow.db?timeout=30"
        self._say = say
        self._kept: Kept | None = None
        self._token = ""

    def __enter__(self) -> LocalAirflow:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make fresh metadata and start every process; `wait_until_ready` says when they are up.

        Raises CouldNotFinish when the metadata cannot be made.
        """
        if self.home.exists():
            shutil.rmtree(self.home)
        (self.home / "logs").mkdir(parents=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        env = self._environment()
        airflow = (sys.executable, "-m", "airflow")
        serve = ("api-server", "--host", "127.0.0.1", "--port", str(port))

        self._say("Airflow: making its metadata database.")
        self._run_once("database", (*airflow, "db", "migrate"), env)

        self._say(f"Airflow: starting scheduler, DAG processor and API server on {self.url}.")
        self._kept = Kept(
            [
                self._child("api-server", (*airflow, *serve)),
                self._child("dag-processor", (*airflow, "dag-processor")),
                self._child("scheduler", (*airflow, "scheduler", "--skip-serve-logs")),
            ],
            env=env,
            cwd=self._project,
        )

    def wait_until_ready(self) -> None:
        """Return once every DAG has been read and the pool stands.

        Raises CouldNotFinish when a process ends early, a DAG cannot be read, or minutes pass.
        """
        self.wait_until("Airflow", self._is_ready)
        self.call("POST", "/api/v2/pools", {"name": POOL, "slots": 1})

    def stop(self) -> None:
        """End every process. Nothing happens where nothing runs."""
        if self._kept is not None:
            self._kept.stop()
            self._kept = None

    def unpause(self, dag_id: str) -> None:
        """Switch a DAG on. Its latest slot starts at once, as it would for anyone who does this."""
        self.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str) -> str:
        """Start one run by hand and return its run id."""
        run = self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})
        return str(run["dag_run_id"])

    def command(self, *arguments: str) -> str:
        """Run one command of Airflow's on these metadata, as from a terminal; what it printed.

        arguments: what stands behind `airflow`. Raises CouldNotFinish when its status is not 0.
        """
        ended = subprocess.run(
            (sys.executable, "-m", "airflow", *arguments),
            env=self._environment(),
            cwd=self._project,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        if ended.returncode:
            raise CouldNotFinish(
                f"airflow {' '.join(arguments)} ended with status {ended.returncode}. "
                f"Read what it said, correct it and run it again: {ended.stderr[-500:]}"
            )
        return ended.stdout

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Every run of a DAG as Airflow describes it, oldest first."""
        answer = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?order_by=id")
        return list(answer["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Every task instance of one run as Airflow describes it."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return list(self.call("GET", path)["task_instances"])

    def wait_for_run(
        self, dag_id: str, which: Callable[[dict[str, Any]], bool], *, seconds: float = 900
    ) -> dict[str, Any]:
        """The first run that `which` picks, once it has finished (state `success` or `failed`)."""

        def finished() -> tuple[dict[str, Any] | None, str]:
            for run in filter(which, self.runs(dag_id)):
                state = str(run["state"])
                steps = ", ".join(
                    f"{t['task_id']} {t['state'] or 'not started'}"
                    for t in self.tasks(dag_id, run["dag_run_id"])
                )
                return (run if state in FINISHED else None), f"{state} ({steps})"
            return None, "no run yet"

        return self.wait_until(f"Airflow: {dag_id}", finished, seconds=seconds)

    def returned(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """What the one task of a run returned: the outcome of its step as a dictionary."""
        (task,) = self.tasks(dag_id, run_id)
        path = (
            f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task['task_id']}"
            "/xcomEntries/return_value?stringify=false"
        )
        return dict(self.call("GET", path)["value"])

    def task_log(self, dag_id: str, run_id: str) -> list[str]:
        """What the tasks of a run logged in their last attempt, a message a line."""
        lines: list[str] = []
        for task in self.tasks(dag_id, run_id):
            attempt = max(int(task["try_number"] or 0), 1)
            path = (
                f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task['task_id']}"
                f"/logs/{attempt}"
            )
            for entry in self.call("GET", path)["content"]:
                lines += _messages(entry)
        # Airflow folds its own preliminaries into groups for its web page.
        return [line for line in lines if not line.startswith("::")]

    def wait_until(
        self, doing: str, check: Callable[[], tuple[T | None, str]], *, seconds: float = 300
    ) -> T:
        """Ask `check` until its first part is not None; say its second part, a state, at times.

        Raises CouldNotFinish after `seconds`, or as soon as one of the processes has ended.
        """
        started = last_said = time.monotonic()
        while True:
            self._all_alive()
            found, state = check()
            if found is not None:
                return found
            now = time.monotonic()
            if now - started > seconds:
                raise CouldNotFinish(
                    f"{doing}: still {state} after {seconds:.0f} s. "
                    f"Read {self.home / 'logs'}, then run it again."
                )
            if now - last_said >= _SAY_SECONDS:
                self._say(f"{doing}: {state}, {now - started:.0f} s.")
                last_said = now
            time.sleep(_POLL_SECONDS)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request to the REST API; the answer as Airflow gives it. Raises CouldNotFinish."""
        if not self._token:
            self._token = str(_ask("GET", f"{self.url}/auth/token", None, "")["access_token"])
        try:
            return _ask(method, self.url + path, body, self._token)
        except urllib.error.HTTPError as error:
            said = error.read(500).decode("utf-8", "replace")
            raise CouldNotFinish(
                f"Airflow refused {method} {path} with {error.code}: {said}"
            ) from None
        except OSError as error:
            raise CouldNotFinish(
                f"Airflow did not answer {method} {path} ({error}). "
                f"Read {self.home / 'logs' / 'api-server.log'}."
            ) from None

    def _is_ready(self) -> tuple[bool | None, str]:
        try:
            health = self._try("/api/v2/monitor/health")
            for part in ("scheduler", "dag_processor"):
                if health[part]["status"] != "healthy":
                    return None, f"its {part.replace('_', ' ')} is not up yet"
            # The first request for a task makes the API server build the tasks' interface, which
            # takes it ten seconds; better now than while the first task waits.
            self._try("/execution/health")
        except TimeoutError:
            return None, "its API server is preparing the tasks' interface"
        except OSError:
            return None, "its API server is not up yet"
        errors = self.call("GET", "/api/v2/importErrors")["import_errors"]
        if errors:
            raise CouldNotFinish(
                f"{errors[0]['filename']} could not be read as a DAG, so nothing was run. "
                f"Mend it and run again: {errors[0]['stack_trace']}"
            )
        found = {dag["dag_id"] for dag in self.call("GET", "/api/v2/dags")["dags"]}
        if missing := expected_dags() - found:
            return None, f"{', '.join(sorted(missing))} not read yet"
        return True, "ready"

    def _try(self, path: str) -> dict[str, Any]:
        return _ask("GET", self.url + path, None, "", seconds=2)

    def _all_alive(self) -> None:
        ended = self._kept.ended() if self._kept is not None else {}
        for name, code in ended.items():
            raise CouldNotFinish(
                f"Airflow's {name} ended by itself (status {code}). "
                f"Nothing was lost: read {self.home / 'logs'}, then run it again."
            )

    def _run_once(self, name: str, argv: tuple[str, ...], env: dict[str, str]) -> None:
        child = self._child(name, argv)
        kept = Kept([child], env=env, cwd=self._project)
        try:
            code = self.wait_until(
                f"Airflow: {name}", lambda: (next(iter(kept.ended().values()), None), "at work")
            )
        finally:
            kept.stop()
        if code:
            raise CouldNotFinish(
                f"Airflow's {name} could not be made (status {code}). "
                f"Read {child.log}, mend what it names, then run it again."
            )

    def _child(self, name: str, argv: tuple[str, ...]) -> Child:
        return Child(name=name, argv=argv, log=self.home / "logs" / f"{name}.log")

    def _environment(self) -> dict[str, str]:
        """The children's whole environment: nothing of the caller's own Airflow comes through."""
        env = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        env |= self._settings
        env |= {
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "False",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
            "AIRFLOW_HOME": str(self.home),
        }
        for section, options in self._options().items():
            for option, value in options.items():
                env[f"AIRFLOW__{section}__{option}".upper()] = value
        return env

    def _options(self) -> dict[str, dict[str, str]]:
        return {
            "core": {
                "dags_folder": str(self._project / "dags"),
                "plugins_folder": str(self.home / "plugins"),
                "load_examples": "False",
                "executor": "LocalExecutor",
                "parallelism": "2",
                # No look-up of names: this machine may have no resolver.
                "hostname_callable": "socket.gethostname",
                "execution_api_server_url": f"{self.url}/execution/",
                # Loopback only, and gone with its owner: everyone who can reach it owns it.
                "simple_auth_manager_all_admins": "True",
            },
            "database": {"sql_alchemy_conn": self._database},
            "api": {
                "workers": "1",
                "secret_key": secrets.token_hex(32),
            },
            "api_auth": {"jwt_secret": secrets.token_hex(64)},
            "logging": {"logging_level": "INFO", "namespace_levels": "airflow.models.dag=WARNING"},
            # A task asks the API server, which on a busy machine may take its time.
            "workers": {"execution_api_timeout": "30"},
            "usage_data_collection": {"enabled": "False"},
            "dag_processor": {"parsing_processes": "1", "refresh_interval": "60"},
            "scheduler": {
                "scheduler_idle_sleep_time": "0.5",
                # A worker that was killed is noticed within a minute instead of five.
                "task_instance_heartbeat_timeout": "60",
            },
        }


def expected_dags() -> set[str]:
    """Names of the DAGs that the house has: the night's, the weekly tidying and the watch."""
    return ingest_dags() | {"build_warehouse", "housekeeping", "alert_when_stale"}


def ingest_dags() -> set[str]:
    """Names of the DAGs that take in what has landed: one a family of sources."""
    from warehouse.nightly import FAMILIES

    return {f"ingest_{family}" for family in FAMILIES}


def free_port(preferred: int = 0) -> int:
    """A TCP port on 127.0.0.1 that nobody listens on: `preferred` where it is free, else any."""
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise CouldNotFinish("No port is free on 127.0.0.1. End a program that listens there.")


def _ask(
    method: str, url: str, body: dict[str, Any] | None, token: str, *, seconds: float = 120
) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310  (always http, always loopback)
        url, data=data, headers=headers, method=method
    )
    # A proxy named in the environment has nothing to do with loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=seconds) as answer:
        text = answer.read()
    return dict(json.loads(text)) if text else {}


def _messages(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield str(entry)
        return
    yield str(entry.get("event", ""))
    for detail in entry.get("error_detail") or ():
        yield f"{detail.get('exc_type')}: {detail.get('exc_value')}"
