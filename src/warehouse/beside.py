"""Sums of the impact in a process of their own, beside dbt.

dbt keeps one core busy with its own Python while it builds. So a second process imports the libraries
of statistics (seconds) while dbt builds the first models, and works out what the Python models hand to it:
their threads wait without holding anything up. Where `start` was not called, as with plain dbt and in
tests, the same functions run where they are called.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from warehouse import keeper

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

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


@dataclass(frozen=True)
class _Helper:
    """The process, our end of the pipe to it, and who may use that."""

    process: SpawnProcess
    pipe: Connection
    turn: threading.Lock = field(default_factory=threading.Lock)


_helper: list[_Helper] = []


def start(libraries: Sequence[str] = LIBRARIES) -> None:
    """Start the process, which begins to import at once. Call it once, from the main thread."""
    # Imported here, since the command line reads this module too.
    import multiprocessing

    # A fork of a process with threads can stand still for ever.
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    # A daemon is ended with this process, whatever it is at.
    process = spawning.Process(target=_work, args=(theirs, tuple(libraries)), daemon=True)
    process.start()
    theirs.close()
    _helper.append(_Helper(process, ours))


def stop() -> None:
    """End the process where there is one, whatever it is at."""
    while _helper:
        helper = _helper.pop()
        helper.process.kill()
        helper.process.join()
        helper.pipe.close()


def run(function: Callable[..., T], *arguments: Any) -> T:
    """What the function makes of the arguments, from the process where it was started.

    Raises what the function raises. Where the process is gone, it is worked out here.
    """
    if not _helper:
        return function(*arguments)
    helper = _helper[0]
    try:
        with helper.turn:
            helper.pipe.send((function, arguments))
            found, refused = helper.pipe.recv()
    except (EOFError, ConnectionError):
        return function(*arguments)
    if refused is not None:
        raise refused
    return found  # type: ignore[no-any-return]


def _work(pipe: Connection, libraries: Sequence[str]) -> None:
    keeper.die_with_parent()
    # What waits for it comes late in a build; until then dbt and the gates' library come first.
    os.nice(10)
    for name in libraries:
        importlib.import_module(name)
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((function(*arguments), None))
        except Exception as error:
            pipe.send((None, error))
