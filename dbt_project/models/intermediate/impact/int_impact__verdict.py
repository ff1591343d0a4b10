"""Grain: one row, the verdict."""


def model(dbt, session):  # noqa: ARG001
    """The verdict on all findings, as `warehouse.ladder.verdict` makes it."""
    from warehouse import beside, programme
    from warehouse.ladder import verdict

    return beside.run(
        verdict.verdict,
        dbt.ref("int_impact__its"),
        dbt.ref("int_impact__survival"),
        dbt.ref("int_impact__comparator"),
        programme.of_this_build(),
    )
