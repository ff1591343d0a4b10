"""The processes of docker-compose.yml, started by hand on Debian's PostgreSQL.

Scheduler with LocalExecutor, DAG processor and API server are processes of their own, as
in containers. The database is a new one on loopback, owned by a user who is not root, and gone when
the test has ended.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.airflow_support import Nights, the_runbooks_backfill
from warehouse.airflow_local import free_port
from warehouse.keeper import Child, Kept

BENCHMARKS = "ingest_benchmarks"
# PostgreSQL refuses to run as root; Debian's package makes this user for it.
AS_POSTGRES: tuple[str, ...] = (
    ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    if os.geteuid() == 0
    else ()
)


def programs() -> Path:
    """Where Debian keeps the programs of its newest PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "PostgreSQL is missing: sh scripts/install_postgres.sh"
    return found[-1].parent


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """SQLAlchemy's address of an empty database called airflow."""
    # Not below pytest's own folder, which nobody but its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="warehouse-postgres-"))
    kept = None
    try:
        password = secrets.token_hex(16)
        (folder / "password").write_text(password, encoding="ascii")
        if AS_POSTGRES:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        initdb = (
            *(str(programs() / "initdb"), "--pgdata", str(folder / "data"), "--no-sync"),
            *("--username=airflow", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
        )
        subprocess.run((*AS_POSTGRES, *initdb), check=True, stdout=subprocess.DEVNULL, cwd="/")
        port = free_port()
        server = (
            *(str(programs() / "postgres"), "-D", str(folder / "data"), "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
            *("-c", "fsync=off"),
        )
        log = folder / "server.log"
        kept = Kept(
            [Child("postgres", (*AS_POSTGRES, *server), log)], env=dict(os.environ), cwd=Path("/")
        )
        address = f"airflow:{password}@127.0.0.1:{port}"
        create = (
            *(str(programs() / "psql"), f"postgresql://{address}/postgres"),
            *("--quiet", "--command=CREATE DATABASE airflow"),
        )
        deadline = time.monotonic() + 60
        while subprocess.run(create, capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.3)
        yield f"postgresql+psycopg2://{address}/airflow"
    finally:
        if kept is not None:
            kept.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Nights]:
    nights = Nights(tmp_path_factory.mktemp("postgres"), database=database)
    nights.move_into_an_empty_home()
    nights.land_benchmarks()
    with nights.airflow as airflow:
        airflow.wait_until_ready()
        yield nights


def test_an_ingest_runs_on_postgres_and_its_result_is_kept_there(
    nights: Nights, database: str
) -> None:
    """One file of the Department's is read, by a task that the scheduler started by itself."""
    nights.airflow.unpause(BENCHMARKS)
    run = nights.next_run(BENCHMARKS, "scheduled", set())
    assert run["state"] == "success"
    outcome = nights.airflow.returned(BENCHMARKS, run["dag_run_id"])
    assert (outcome["status"], outcome["files"]) == ("ingested", 1)
    assert list((nights.home / "lake" / "dfe_workforce").glob("*.parquet"))
    assert not list(nights.airflow.home.glob("*.db"))
    address = database.replace("+psycopg2", "")
    kept = subprocess.run(
        (
            *(str(programs() / "psql"), address, "--no-align", "--tuples-only"),
            *("--command", f"SELECT state FROM dag_run WHERE dag_id = '{BENCHMARKS}'"),
        ),
        capture_output=True,
        text=True,
        check=True,
    )
    assert kept.stdout.split() == ["success"]


def test_a_backfill_from_a_terminal_runs_on_postgres(nights: Nights) -> None:
    """The runbook's command for another DAG: three nights, nothing new in any of them.

    Scheduler and command line ask PostgreSQL in dialects of their own; SQLite shows neither.
    """
    command = [BENCHMARKS if word == "ingest_hr" else word for word in the_runbooks_backfill()]
    runs = nights.backfill(command)
    assert [(run["state"], run["run_type"]) for run in runs] == [("success", "backfill")] * 3
    for run in runs:
        outcome = nights.airflow.returned(BENCHMARKS, run["dag_run_id"])
        assert (outcome["status"], outcome["files"]) == ("ingested", 0)


def test_every_process_reports_itself_well(nights: Nights) -> None:
    """The health checks of the compose file ask the same page."""
    health = nights.airflow.call("GET", "/api/v2/monitor/health")
    for part in ("metadatabase", "scheduler", "dag_processor"):
        assert health[part]["status"] == "healthy", part
