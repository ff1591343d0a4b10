"""Sums of the impact in a process of their own, beside dbt.

dbt keeps one core busy with its own Python while it builds. So a second process imports the libraries
of statistics (seconds) while dbt builds the first models, and works out what the Python models hand to it:
their threads wait without holding anything up. Where `start` was not called, as with plain dbt and in
tests, the same functions run where they are called.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from warehouse import keeper

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

T = TypeVar("T")
LIBRARIES = (
    "pandas",
    "scipy.stats",
    "statsmodels.genmod.generalized_linear_model",
    "statsmodels.stats.sandwich_covariance",
    "lifelines",
    "warehouse.ladder.series",
    "warehouse.ladder.people",
    "warehouse.ladder.councils",
)
_helper: list[ProcessPoolExecutor] = []


def start(libraries: Sequence[str] = LIBRARIES) -> None:
    """Start the process, which begins to import at once. Call it once, from the main thread."""
    # Imported here, since the command line reads this module too.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(
        1,
        # A fork of a process with threads can stand still for ever.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
    )
    pool.submit(_import_all, tuple(libraries))
    _helper.append(pool)


def stop() -> None:
    """End the process where there is one, whatever it is at."""
    while _helper:
        _helper.pop().shutdown(wait=False, cancel_futures=True)


def run(function: Callable[..., T], *arguments: Any) -> T:
    """What the function makes of the arguments, from the process where it was started."""
    if not _helper:
        return function(*arguments)
    return _helper[0].submit(function, *arguments).result()


def _begin() -> None:
    keeper.die_with_parent()
    # What waits for it comes late in a build; until then dbt and the gates' library come first.
    os.nice(10)


def _import_all(libraries: Sequence[str]) -> None:
    for name in libraries:
        importlib.import_module(name)
