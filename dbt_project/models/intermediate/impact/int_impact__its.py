"""Grain: one row per term of an interrupted series, pair of survey waves, or rollout."""


def model(dbt, session):  # noqa: ARG001
    """Rungs 2, 2b and 4, as `warehouse.ladder.series` makes them."""
    from warehouse import beside, instruments, programme
    from warehouse.ladder import series
    from warehouse.settings import project_root

    service = "scope_type = 'service'"
    known = series.scores(instruments.load(project_root() / "expectations" / "instruments"))
    return beside.run(
        series.its,
        dbt.ref("retention_monthly").filter(service),
        dbt.ref("wellbeing_wave").filter(service),
        dbt.ref("int_impact__team_months"),
        programme.of_this_build(),
        known,
    )
