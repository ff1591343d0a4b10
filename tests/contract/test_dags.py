"""The DAGs as Airflow reads them: names, times, assets, and what red means.

Nothing runs here. The end-to-end tests show the same DAGs under a scheduler.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from warehouse import errors
from warehouse.airflow_local import POOL, expected_dags
from warehouse.nightly import FAMILIES, Outcome

PROJECT = Path(__file__).parents[2]
DAGS = PROJECT / "dags"
DAG_FILES = sorted(DAGS.glob("*.py"))
HEAVY = ("duckdb", "pandas", "numpy", "pyarrow", "dbt", "great_expectations", "streamlit")


@pytest.fixture(scope="module", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Importing Airflow writes its configuration: into a folder of the tests', not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        yield


@pytest.fixture(scope="module")
def bag(airflow_home: Any) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(DAGS))


def test_the_expected_dags_load_without_an_error(bag: Any) -> None:
    """One DAG a family of sources, the build, the tidying and the watch: five and three are eight."""
    assert bag.import_errors == {}
    assert set(bag.dags) == {
        "ingest_hr",
        "ingest_sessions",
        "ingest_debriefs",
        "ingest_wellbeing",
        "ingest_benchmarks",
        "build_warehouse",
        "housekeeping",
        "alert_when_stale",
    }
    assert set(bag.dags) == expected_dags()


def test_every_dag_file_says_airflow_and_dag() -> None:
    """Airflow passes over a file without these two words, and reports no error."""
    assert DAG_FILES
    for path in DAG_FILES:
        text = path.read_text(encoding="utf-8").lower()
        assert "airflow" in text, path
        assert "dag" in text, path


def test_no_dag_reads_the_clock() -> None:
    """A retry tomorrow must do what the run was for, so no DAG asks what time it is."""
    assert DAG_FILES
    for path in DAG_FILES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(now|utcnow|today|time)\(", text), path


def test_reading_the_dags_imports_nothing_heavy(tmp_path: Path) -> None:
    """The DAG processor reads the files all day: in a process of its own, none of these is there."""
    program = (
        "import json, sys\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        f"bag = DagBag({str(DAGS)!r})\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print(json.dumps({'dags': sorted(bag.dags), 'heavy': heavy}))\n"
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")
    }
    environment |= {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=120,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found["dags"]) == expected_dags()
    assert found["heavy"] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_a_nightly_dag_that_announces_its_asset(bag: Any, family: str) -> None:
    dag = bag.dags[f"ingest_{family}"]
    (task,) = dag.tasks
    assert [asset.uri for asset in task.outlets] == [f"lake/{family}"]
    assert dag.timetable.expression == "0 2 * * *"
    assert str(dag.timetable.timezone) == "Europe/London"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_dag_names_the_sources_that_it_reads(bag: Any, family: str) -> None:
    for source in FAMILIES[family]:
        assert f"`{source}`" in bag.dags[f"ingest_{family}"].doc_md


def test_the_build_waits_for_all_families_and_runs_at_five_whatever_happened(bag: Any) -> None:
    """A plain list of assets would let one broken family stop every build."""
    from airflow.sdk import AssetAll, AssetOrTimeSchedule

    schedule = bag.dags["build_warehouse"].timetable
    assert isinstance(schedule, AssetOrTimeSchedule)
    assert isinstance(schedule.asset_condition, AssetAll)
    assert {asset.uri for asset in schedule.asset_condition.objects} == {
        f"lake/{family}" for family in FAMILIES
    }
    assert schedule.timetable.expression == "0 5 * * *"
    assert str(schedule.timetable.timezone) == "Europe/London"


@pytest.mark.parametrize("dag_id", sorted(expected_dags()))
def test_every_dag_says_what_a_red_run_means(bag: Any, dag_id: str) -> None:
    """By each exit code that fails a task: 1, 2, 4 and 5."""
    words = bag.dags[dag_id].doc_md
    assert "last good version still stands" in words
    for code in (1, 2, 4, 5):
        assert f"\n| {code} | " in words


@pytest.mark.parametrize("dag_id", sorted(expected_dags()))
def test_every_task_tries_again_within_a_minute_and_alerts_when_it_fails_for_good(
    bag: Any, dag_id: str
) -> None:
    from warehouse.airflow_steps import AlertOnFailure

    dag = bag.dags[dag_id]
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert dag.tasks
    for task in dag.tasks:
        assert [type(one) for one in task.on_failure_callback] == [AlertOnFailure]
        assert not task.on_retry_callback
        assert task.retries == 2
        assert timedelta(0) < task.retry_delay <= timedelta(seconds=60)
        assert not task.retry_exponential_backoff


@pytest.mark.parametrize("dag_id", sorted(expected_dags() - {"alert_when_stale"}))
def test_every_task_that_writes_waits_for_the_one_writer(bag: Any, dag_id: str) -> None:
    assert {task.pool for task in bag.dags[dag_id].tasks} == {"warehouse"} == {POOL}


def test_the_watch_does_not_wait_behind_the_build_that_it_watches(bag: Any) -> None:
    """A build that hangs holds the writers' pool, and then the figures grow stale."""
    (task,) = bag.dags["alert_when_stale"].tasks
    assert task.pool == "default_pool"
    assert bag.dags["alert_when_stale"].timetable.expression == "15 * * * *"


def test_housekeeping_comes_once_a_week_when_the_night_is_over(bag: Any) -> None:
    """Sundays at six: ingest begins at two, the build at five."""
    timetable = bag.dags["housekeeping"].timetable
    assert timetable.expression == "0 6 * * 0"
    assert str(timetable.timezone) == "Europe/London"


@pytest.mark.parametrize("family", FAMILIES)
def test_each_ingest_can_be_backfilled_by_date(bag: Any, family: str) -> None:
    """Two nights, 3 and 4 March 2026, are two slots of a schedule that goes by the clock alone."""
    from airflow.serialization.serialized_objects import DagSerialization

    dag = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags[f"ingest_{family}"]))
    assert dag.timetable.periodic
    found = [
        info.logical_date.date().isoformat()
        for info in dag.iter_dagrun_infos_between(
            datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, 23, tzinfo=UTC)
        )
    ]
    assert found == ["2026-03-03", "2026-03-04"]


class FailedTask:
    """As Airflow describes a task instance to whoever it tells of a failure."""

    dag_id, task_id, run_id = "ingest_hr", "ingest", "scheduled__2026-03-03"


def _alerted(error: BaseException | None, patch: pytest.MonkeyPatch) -> str:
    from warehouse import airflow_steps, alerts

    sent: list[alerts.Alert] = []
    patch.setattr(alerts, "send", lambda alert, **_: sent.append(alert))
    airflow_steps.AlertOnFailure()({"task_instance": FailedTask(), "exception": error})
    (alert,) = sent
    return alert.text


def test_an_alert_says_what_failed_and_why_in_the_steps_own_words(
    airflow_home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowException

    from warehouse.airflow_steps import run_step

    def step(say: Any) -> Outcome:
        raise errors.GateFailed("40 of 230 spells are gone.")

    with pytest.raises(AirflowException) as red:
        run_step(step)
    text = _alerted(red.value, monkeypatch)
    assert text.startswith("ingest_hr has failed\n")
    assert "40 of 230 spells are gone. (exit code 4) The last good version still stands." in text
    assert "run: scheduled__2026-03-03" in text


@pytest.mark.parametrize("error", [ValueError("Persephone Quillfeather is no number"), None])
def test_an_alert_never_repeats_an_unexpected_errors_words(
    airflow_home: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException | None
) -> None:
    """They could quote a row. The kind of the error is enough to begin with."""
    text = _alerted(error, monkeypatch)
    assert "Persephone" not in text
    assert ("ValueError" if error else "no reason given") in text
    assert "Read the log of the task." in text


@dataclass
class Said:
    """Collects what a step wrote to its task's log."""

    lines: list[tuple[int, str]]

    def at(self, level: int) -> list[str]:
        return [line for number, line in self.lines if number == level]


@pytest.fixture
def said(airflow_home: Any) -> Any:
    from warehouse import airflow_steps

    lines: list[tuple[int, str]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append((record.levelno, record.getMessage()))

    log = logging.getLogger(airflow_steps.__name__)
    collector, level, disabled = Collector(), log.level, log.disabled
    log.addHandler(collector)
    log.setLevel(logging.INFO)
    log.disabled = False
    yield Said(lines)
    log.removeHandler(collector)
    log.setLevel(level)
    log.disabled = disabled


def test_a_clean_step_is_green_and_logs_what_it_did(said: Said) -> None:
    from warehouse.airflow_steps import run_step

    outcome = Outcome(status="ingested", messages=("One file was read.",))
    assert run_step(lambda say: outcome) is outcome
    assert said.lines == [(logging.INFO, "One file was read.")]


def test_a_step_with_problems_is_green_and_logs_each_as_a_warning(said: Said) -> None:
    """Exit code 3: something was set aside, and the rest was loaded."""
    from warehouse.airflow_steps import run_step

    outcome = Outcome(
        status="ingested_with_problems",
        exit_code=3,
        messages=("hr_staff: 2 rows were set aside.", "hr_leavers: 1 file was rejected."),
    )
    assert run_step(lambda say: outcome) is outcome
    assert said.at(logging.WARNING) == list(outcome.messages)


def test_what_a_step_says_on_its_way_stands_in_the_log(said: Said) -> None:
    from warehouse.airflow_steps import run_step

    def step(say: Any) -> Outcome:
        say("Building the marts.")
        return Outcome(status="nothing_new")

    run_step(step)
    assert said.at(logging.INFO) == ["Building the marts."]


def test_nothing_to_build_from_is_skipped(said: Said) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from warehouse.airflow_steps import run_step

    with pytest.raises(AirflowSkipException, match="No staff"):
        run_step(lambda say: Outcome(status="skipped", messages=("No staff export yet.",)))


@pytest.mark.parametrize(
    ("error", "code", "tried_again"),
    [
        (errors.CouldNotFinish, 1, True),
        (errors.BadConfiguration, 2, False),
        (errors.GateFailed, 4, False),
        (errors.AnotherRunHoldsTheLock, 5, True),
    ],
)
def test_a_refusal_is_red_with_its_one_sentence(
    said: Said, error: type[errors.WarehouseError], code: int, tried_again: bool
) -> None:
    """Waiting mends a disk or a lock; a missing key or a failed gate needs a person at once."""
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    from warehouse.airflow_steps import run_step

    def step(say: Any) -> Outcome:
        raise error("The disk is full.")

    with pytest.raises(AirflowException) as red:
        run_step(step)
    assert str(red.value) == f"The disk is full. (exit code {code})"
    assert isinstance(red.value, AirflowFailException) is not tried_again
    # The traceback of the refusal would bury the sentence in the log.
    assert red.value.__suppress_context__


def test_an_outcome_that_is_no_success_is_red(said: Said) -> None:
    """A step that returns its failure instead of raising it must not turn green."""
    from airflow.sdk.exceptions import AirflowFailException

    from warehouse.airflow_steps import run_step

    outcome = Outcome(status="gate_failed", exit_code=4, messages=("A check failed.",))
    with pytest.raises(AirflowFailException, match="A check failed"):
        run_step(lambda say: outcome)
