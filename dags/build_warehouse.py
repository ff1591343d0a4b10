"""The Airflow DAG that builds, checks and publishes a version once every family has announced."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, AssetAll, AssetOrTimeSchedule, dag, task

from warehouse import airflow_steps
from warehouse.nightly import FAMILIES

DOC = """
Builds every table from the lake in a file that nobody reads, checks it, and publishes it by
flipping one link. Starts when all of the families have announced their assets, and at 05:00
whatever happened, so that one broken family stops nobody. Where nothing has changed it ends at
once; before the first staff export it ends as skipped, because there is nothing to build from.
"""


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=airflow_steps.nightly_at(5),
        assets=AssetAll(*(Asset(f"lake/{family}") for family in FAMILIES)),
    ),
    doc_md=DOC + airflow_steps.WHEN_RED,
    **airflow_steps.DAG_SETTINGS,
)
def build_warehouse() -> None:
    """One task: build, gates and publication share a lock, and stand or fall together."""

    @task
    def build_check_and_publish() -> dict[str, Any]:
        from warehouse import nightly

        return airflow_steps.run_step(
            lambda say: nightly.build(skip_without_staff=True, say=say)
        ).as_dict()

    build_check_and_publish()


build_warehouse()
