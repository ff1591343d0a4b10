"""Grain: one row, the verdict."""


def model(dbt, session):  # noqa: ARG001
    """The verdict on all findings, as `warehouse.ladder.verdict` makes it."""
    from warehouse import programme
    from warehouse.ladder import verdict

    return verdict.verdict(
        dbt.ref("int_impact__its").df(),
        dbt.ref("int_impact__survival").df(),
        dbt.ref("int_impact__comparator").df(),
        programme.of_this_build(),
    )
