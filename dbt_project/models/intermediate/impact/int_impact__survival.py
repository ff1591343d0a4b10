"""Grain: one row per term of a model of how long people stay, or posts stand open."""


def model(dbt, session):  # noqa: ARG001
    """Rungs 2c and 3, as `warehouse.ladder.people` makes them."""
    from warehouse import beside, programme
    from warehouse.ladder import people

    return beside.run(
        people.survival,
        dbt.ref("int_impact__attendance_rows"),
        dbt.ref("int_impact__vacancy_waits"),
        programme.of_this_build(),
    )
