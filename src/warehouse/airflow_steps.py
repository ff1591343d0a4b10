"""What every DAG shares: one pool, short retries, and how the end of a step is told to Airflow.

A DAG file says when and in what order; this module says what green, pink and red mean, so that the
same night reads the same in every DAG. Imported by DAG files alone: nothing else needs Airflow.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier, CronTriggerTimetable
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from warehouse import alerts
from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from warehouse.nightly import Outcome

# DuckDB takes one writer; whoever runs this Airflow creates the pool with one slot.
POOL = "warehouse"

SUCCESS = frozenset({0, 3})
# Waiting and trying again mends a full disk or a held lock. It does not mend a missing key (2) or
# a failed gate (4): those two need a person, so they fail at once.
NEEDS_A_PERSON = frozenset({2, 4})


class StepFailed(AirflowException):
    """A step said why it failed, in a sentence for a person; Airflow may try it again."""


class StepNeedsAPerson(AirflowFailException):
    """As StepFailed, but trying again would change nothing."""


class AlertOnFailure(BaseNotifier):
    """Tells a person, by the channels of warehouse.alerts, that a task has failed for good."""

    def notify(self, context: Any) -> None:
        """context: what Airflow knows of the failed task. Never raises on purpose; it is logged."""
        log = logging.getLogger(__name__)
        alerts.send(_alert(context), say=lambda sentence: log.warning("%s", sentence))


def _alert(context: Any) -> alerts.Alert:
    """What a failed task's alert says: our own sentence, or only the kind of an unexpected error.

    Such an error's text could quote a row, so it stays in the task's log.
    """
    task = context["task_instance"]
    error = context.get("exception")
    if isinstance(error, (StepFailed, StepNeedsAPerson)):
        sentence = str(error)
    else:
        kind = type(error).__name__ if isinstance(error, BaseException) else "no reason given"
        sentence = f"It ended unexpectedly ({kind}). Read the log of the task."
    return alerts.Alert(
        subject=f"{task.dag_id} has failed",
        sentence=f"{sentence} The last good version still stands.",
        facts={"dag": task.dag_id, "task": task.task_id, "run": task.run_id},
    )


DAG_SETTINGS: dict[str, Any] = {
    # A fixed day in the past: with catchup off it only says that the latest slot may run at once.
    "start_date": datetime(2024, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {
        "owner": "warehouse",
        "pool": POOL,
        "retries": 2,
        "retry_delay": timedelta(seconds=20),
        "execution_timeout": timedelta(hours=2),
        # Once the last attempt has failed, not at each one.
        "on_failure_callback": AlertOnFailure(),
    },
    "tags": ["warehouse"],
}

WHEN_RED = """
## When a run is red

A red run published nothing, and **the last good version still stands**: the dashboard goes on
showing it and says how old it is. The last line of the task's log says what went wrong, where, and
what to do. The exit code at its end tells the kind:

| code | what it means | what to do |
|---|---|---|
| 1 | the step could not finish: disk full, a read error, a tool that failed | free the disk or mend what the line names, then clear the task |
| 2 | settings: the pseudonym key is missing, short or refused, or the home cannot be written | correct the setting, then clear the task; it is not tried again by itself |
| 4 | a check failed, so the new version was held back | read which check and which source; correct the export, or let the file through with `warehouse accept`, then clear the task; it is not tried again by itself |
| 5 | another run holds the lock | wait for that run; the task tries again by itself |

Clearing a task is always safe: a batch is written whole or not at all, and the same files make the
same version. A task waits in the pool `warehouse`, which needs exactly one slot: where it stays
queued for ever, that pool is missing (`airflow pools set warehouse 1 "one writer"`).

A green run can have found problems (code 3): its log then holds a warning for each, and
`warehouse status` lists the rows and files that are set aside.
"""  # noqa: E501  (a table row is one line)

Say = Callable[[str], None]


def nightly_at(hour: int) -> CronTriggerTimetable:
    """Every night at this full hour (0 to 23) by the clock on the wall in Southampton."""
    return CronTriggerTimetable(f"0 {hour} * * *", timezone="Europe/London")


def sundays_at(hour: int) -> CronTriggerTimetable:
    """Every Sunday at this full hour (0 to 23) by the clock on the wall in Southampton."""
    return CronTriggerTimetable(f"0 {hour} * * 0", timezone="Europe/London")


def every_hour_at(minute: int) -> CronTriggerTimetable:
    """Every hour at this minute (0 to 59)."""
    return CronTriggerTimetable(f"{minute} * * * *", timezone="Europe/London")


def run_step(step: Callable[[Say], Outcome]) -> Outcome:
    """Run one step of the night and tell Airflow how it ended, by the step's exit code.

    step: takes what it may say its progress with, which goes to the task's log.
    0 is success; 3 is success with each message logged as a warning; status `skipped` skips the
    task. Codes 2 and 4 fail at once; every other one fails, and Airflow tries again.
    """
    log = logging.getLogger(__name__)
    # It tells at level INFO of every class that it registers: hundreds of lines before the one
    # that matters.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    try:
        outcome = step(lambda sentence: log.info("%s", sentence))
    except WarehouseError as refused:
        # The sentence is written for a person; the traceback behind it would only bury it.
        raise _failure(refused.exit_code, str(refused)) from None
    sentences = " ".join(outcome.messages) or f"The step ended as {outcome.status}."
    if outcome.status == "skipped":
        raise AirflowSkipException(sentences)
    if outcome.exit_code not in SUCCESS:
        raise _failure(outcome.exit_code, sentences)
    for message in outcome.messages:
        log.log(logging.WARNING if outcome.exit_code else logging.INFO, "%s", message)
    return outcome


def _failure(exit_code: int, sentence: str) -> AirflowException:
    kind = StepNeedsAPerson if exit_code in NEEDS_A_PERSON else StepFailed
    return kind(f"{sentence} (exit code {exit_code})")
