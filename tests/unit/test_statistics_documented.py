"""The page on the statistics: its example runs, and it names every function and check there is."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import re
from typing import Any

import numpy as np
import pandas as pd

from tests import golden
from tests.children import said_by
from warehouse.statistics import comparators, interrupted, staggered, survival

TEXT = (golden.ROOT / "docs" / "statistics.md").read_text("utf-8")


def test_the_example_runs_and_finds_the_halving() -> None:
    """16 leavers in every four months before, 8 from then on."""
    (code,) = re.findall(r"^```python\n(.+?)^```", TEXT, re.M | re.S)
    said = io.StringIO()
    names: dict[str, pd.DataFrame] = {}
    with contextlib.redirect_stdout(said):
        exec(code, names)  # our own page
    assert 0.4 < float(said.getvalue().split(" ")[0]) < 0.6
    for check in names["result"].attrs["checks"]:
        assert f"{check}: " in said.getvalue()
        assert f"`{check}`" in TEXT


def test_every_function_is_on_the_page() -> None:
    own = [
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in (comparators, interrupted, staggered, survival)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert len(own) == 9
    for name in own:
        assert f"`{name}`" in TEXT


def test_what_a_result_carries_is_plain() -> None:
    """Dicts, numbers and text, as JSON has them: numpy's own integers and flags it refuses."""
    mpdta, heart = golden.table("did", "mpdta.csv"), golden.table("survival", "heart.csv")
    belts = golden.table("its", "seatbelts.csv").assign(t=range(192))
    packs = golden.table("synthetic_control", "prop99.csv")
    compared: dict[str, Any] = {
        "unit": "state",
        "time": "year",
        "outcome": "packs_per_capita",
        "treated": "California",
        "before": packs["year"].unique()[:19],
        "after": packs["year"].unique()[19:],
        "donors": packs["state"].unique()[3:20],
    }
    results = [
        staggered.group_time_att(
            mpdta, unit="countyreal", time="year", outcome="lemp", first_treated="first.treat"
        ),
        survival.time_varying_cox(
            heart,
            subject="id",
            start="start",
            stop="stop",
            event="event",
            covariates=["transplant"],
        ),
        survival.kaplan_meier(heart, duration="stop", event="event", group="surgery"),
        interrupted.segmented(
            belts, time="t", count="drivers", exposure=None, interruption=np.int64(169)
        ),
        interrupted.segmented(
            belts,
            time="t",
            count="drivers",
            exposure=None,
            interruption=169,
            family="negative_binomial",
        ),
        comparators.difference_in_differences(packs, **compared),
        comparators.synthetic_control(packs, **compared),
    ]
    for result in results:
        assert json.loads(json.dumps(result.attrs))
        for check in result.attrs["checks"].values():
            assert check["passed"] in (True, False, None)
            assert re.fullmatch(r"[A-Z0-9].+[.]", check["sentence"])


def test_importing_the_functions_brings_no_heavy_library_along() -> None:
    """They come with the first estimate, in the pipeline; a page that imports a name waits for none."""
    names = "comparators, interrupted, staggered, survival"
    asked = (
        f"import sys, warehouse.impact; from warehouse.statistics import {names}; "
        "print([name for name in ('scipy', 'statsmodels', 'lifelines', 'diff_diff') "
        "if name in sys.modules])"
    )
    assert said_by(asked) == ["[]"]
