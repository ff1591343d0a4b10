"""Airflow DAGs that bring what has landed into the lake: one DAG for each family of sources."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, dag, task

from warehouse import airflow_steps
from warehouse.nightly import FAMILIES

DOC = """
Reads the files in `landing/` for {sources}, replaces every employee id by a keyed hash, sets aside
what the contract refuses, and writes what is good to the lake. Nightly at 02:00. The asset
`lake/{family}` is announced also when nothing was new or a file was rejected, so that one bad
export holds up nobody else. A red run of this DAG holds up its own sources alone: the others are
built without its news at 05:00.
"""


def make_ingest(family: str, sources: tuple[str, ...]) -> None:
    """Make the DAG `ingest_<family>`: one task, which announces the asset `lake/<family>`."""
    announced = Asset(f"lake/{family}")
    doc_md = DOC.format(family=family, sources=", ".join(f"`{source}`" for source in sources))

    @dag(
        dag_id=f"ingest_{family}",
        schedule=airflow_steps.nightly_at(2),
        doc_md=doc_md + airflow_steps.WHEN_RED,
        **airflow_steps.DAG_SETTINGS,
    )
    def ingest_family() -> None:
        @task(outlets=[announced])
        def ingest(*, outlet_events: Any = None) -> dict[str, Any]:
            from warehouse import nightly

            outcome = airflow_steps.run_step(lambda say: nightly.ingest(family, say=say))
            outlet_events[announced].extra = {
                "status": outcome.status,
                "messages": list(outcome.messages),
            }
            return outcome.as_dict()

        ingest()

    ingest_family()


for _family, _sources in FAMILIES.items():
    make_ingest(_family, _sources)
