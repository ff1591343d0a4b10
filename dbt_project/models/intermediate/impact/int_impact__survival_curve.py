"""Grain: one row per group and whole month of its curve."""


def model(dbt, session):  # noqa: ARG001
    """The curves beside rungs 2c and 3, as `warehouse.ladder.people` makes them."""
    from warehouse import beside, programme
    from warehouse.ladder import people

    return beside.run(
        people.curves,
        dbt.ref("int_impact__stays"),
        dbt.ref("int_impact__vacancy_waits"),
        programme.of_this_build(),
    )
