"""Do more social workers leave Southampton than leave the councils most like it?

A marimo notebook: `.venv/bin/marimo edit notebooks/turnover_beside_the_neighbours.py -- --home var`
opens it in a browser; with `.venv/bin/python` in place of `marimo edit` it runs from top to bottom
and prints its answer, as the tests run it.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Turnover beside the neighbours")


@app.cell
def _():
    import marimo as mo

    from warehouse import reading_published as reading
    from warehouse import settings

    southampton = "852"
    home = settings.load(mo.cli_args().get("home"))
    return southampton, home, mo, reading


@app.cell
def _(mo):
    mo.md("""
    # Turnover beside the neighbours

    *A question of the board: do more social workers leave Southampton than leave the councils
    most like it?*

    From scratch: the published counts, divided here by the Department's own definition, beside
    the statistical neighbours of both models. The Department's published rate is used only to
    check the division.

    ## The counts

    FTE of those who left in the year and FTE in post at its end, for every council that
    published both in the newest release. Nothing is filled in for the others.
    """)
    return


@app.cell
def _(southampton, home, reading):
    with reading.opened(home) as connection:
        every = connection.sql(
            """
            select
                year,
                old_la_code,
                max(published_value) filter (where indicator = 'leavers_fte') as left_fte,
                max(published_value) filter (where indicator = 'inpost_fte') as in_post_fte,
                max(published_value) filter (where indicator = 'turnover_rate_fte') as published
            from marts.dfe_benchmark
            where
                geographic_level = 'Local authority'
                and release_as_of = (select max(release_as_of) from marts.dfe_benchmark)
            group by all
            """
        ).df()
        neighbours = connection.sql(
            "select model, neighbour_old_la_code as old_la_code from marts.statistical_neighbours "
            f"where old_la_code = '{southampton}'"
        ).df()
    counts = every[every["left_fte"].notna() & (every["in_post_fte"] > 0)].copy()
    counts["turnover"] = counts["left_fte"] / counts["in_post_fte"]
    return counts, neighbours


@app.cell
def _(mo):
    mo.md("""
    ## The check

    Counts are rounded to 0.1 FTE and rates to 0.1 %, so ours and the published rate may differ
    by the roundings and no more.
    """)
    return


@app.cell
def _(counts):
    off = (counts["turnover"] - counts["published"]).abs()
    allowed = 0.0005 + 0.05 * (1 + counts["turnover"]) / counts["in_post_fte"] + 1e-9
    rebuilt = off.notna()
    assert rebuilt.sum() > 1000, "too few councils to check the division on"
    assert (off[rebuilt] <= allowed[rebuilt]).all(), "a rate is not what its counts make it"
    print(f"{rebuilt.sum():,} published rates rebuilt from their counts.")
    return


@app.cell
def _(mo):
    mo.md("""
    ## Beside the neighbours

    The median of those that have a figure, and how many have a higher one.
    """)
    return


@app.cell
def _(southampton, counts, neighbours):
    import pandas as pd

    ours = counts[counts["old_la_code"] == southampton].sort_values("year")
    lines = []
    for _, one in ours.iterrows():
        line = {
            "year": one["year"],
            "left_fte": one["left_fte"],
            "in_post_fte": one["in_post_fte"],
            "southampton": one["turnover"],
        }
        for model, codes in neighbours.groupby("model")["old_la_code"]:
            theirs = counts[(counts["year"] == one["year"]) & counts["old_la_code"].isin(codes)]
            line[f"median_{model}"] = theirs["turnover"].median()
            line[f"higher_{model}"] = int((theirs["turnover"] > one["turnover"]).sum())
            line[f"of_{model}"] = len(theirs)
        lines.append(line)
    beside = pd.DataFrame(lines).set_index("year")
    print(beside.round(3).to_string())
    beside  # noqa: B018 (marimo shows the last expression of a cell)
    return (beside,)


@app.cell
def _(mo):
    mo.md("""
    ## What may be said

    In which years Southampton lay above its neighbours. Not why: some twenty FTE leave in a year,
    so that two more or fewer move the rate by a percentage point, and councils differ in much
    else than a programme.
    """)
    return


@app.cell
def _(beside):
    above = int((beside["southampton"] > beside["median_2025"]).sum())
    print(
        f"Above the median of its neighbours (2025 model) in {above} of {len(beside)} years. "
        "This shows nothing of why."
    )
    return


if __name__ == "__main__":
    app.run()
