"""The Airflow DAG that tidies once a week: landing, old versions, old logs, old leavers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.configuration import conf
from airflow.sdk import dag, task

from warehouse import airflow_steps

DOC = """
Removes landing files that have been judged (30 days after a loaded one was received, 90 after a
rejected one; `warehouse status` names them before), published versions beyond those that are kept,
and logs older than 30 days, Airflow's own included. Where `WAREHOUSE_KEEP_LEAVERS_YEARS` is set, leavers
that old are purged and a version without them is published. Sundays at 06:00. No figure changes by it. A red
run leaves more lying about, and nothing else.
"""


@dag(
    schedule=airflow_steps.sundays_at(6),
    doc_md=DOC + airflow_steps.WHEN_RED,
    **airflow_steps.DAG_SETTINGS,
)
def housekeeping() -> None:
    """One task, under the same lock as the night."""

    @task
    def tidy() -> dict[str, Any]:
        from warehouse import housekeeping as the_house

        logs = Path(conf.get("logging", "base_log_folder"))
        return airflow_steps.run_step(
            lambda say: the_house.run(say=say, more_logs=[logs])
        ).as_dict()

    tidy()


housekeeping()
