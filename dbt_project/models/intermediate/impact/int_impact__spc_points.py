"""Grain: one row per point of a control chart, which is a metric in a scope.

It reads the finished marts, so that a chart shows the figures that the marts show, the months that
a purge has closed among them.
"""


def model(dbt, session):  # noqa: ARG001
    """The points of every chart, as `warehouse.charted` makes them."""
    import os

    from warehouse import beside, charted
    from warehouse.settings import project_root

    tables = {
        "retention_monthly": dbt.ref("retention_monthly"),
        "recruitment_monthly": dbt.ref("recruitment_monthly"),
        "absence_monthly": dbt.ref("absence_monthly"),
        "caseload_monthly": dbt.ref("caseload_monthly"),
        "participation_monthly": dbt.ref("participation_monthly"),
        "absence_quarterly": dbt.ref("int_board__absence").filter("quarter_end is not null"),
        "participation_quarterly": dbt.ref("int_board__participation").filter(
            "quarter_end is not null"
        ),
    }
    return beside.run(
        charted.points,
        tables,
        dbt.ref("int_impact__rare_events"),
        charted.charts(project_root() / "dbt_project" / "metrics.csv"),
        charted.from_json(os.environ.get("WAREHOUSE_REBASES", "[]")),
    )
