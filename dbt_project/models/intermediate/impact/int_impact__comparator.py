"""Grain: one row per indicator, method, pool of councils and window of years."""


def model(dbt, session):  # noqa: ARG001
    """Rung 5, as `warehouse.ladder.councils` makes it."""
    from warehouse import beside, programme
    from warehouse.ladder import councils

    return beside.run(
        councils.comparator,
        dbt.ref("int_impact__council_figures"),
        dbt.ref("statistical_neighbours"),
        programme.of_this_build(),
    )
