"""The Airflow DAG that asks every hour whether a run has ended well of late, and alerts if not."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from warehouse import airflow_steps, alerts

DOC = """
Reads `published/last_night.json`. Where no run has ended well for 36 hours
(`WAREHOUSE_STALE_AFTER_HOURS`) it alerts, once until a run ends well again. Every hour. It does not
wait for the pool of the one writer, since a build that hangs there is one of the things it is for.
A red run could not deliver its alert, and the next one tries again. Where the scheduler itself has
stopped, this DAG has stopped with it: let `warehouse status` be asked from outside too.
"""


@dag(
    schedule=airflow_steps.every_hour_at(15),
    doc_md=DOC + airflow_steps.WHEN_RED,
    **airflow_steps.DAG_SETTINGS,
)
def alert_when_stale() -> None:
    """One task, which only reads what the night has written."""

    @task(pool="default_pool")
    def ask() -> dict[str, Any]:
        return airflow_steps.run_step(lambda say: alerts.alert_when_stale(say=say)).as_dict()

    ask()


alert_when_stale()
