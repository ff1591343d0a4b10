"""The page on the statistics: its example runs, and it names every function and check there is."""

from __future__ import annotations

import contextlib
import inspect
import io
import re

import pandas as pd

from tests.golden import ROOT
from warehouse.statistics import comparators, interrupted, staggered, survival

TEXT = (ROOT / "docs" / "statistics.md").read_text("utf-8")


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
    assert len(own) == 7
    for name in own:
        assert f"`{name}`" in TEXT
