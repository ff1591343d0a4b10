"""Sums of the impact and the points of the charts in a process of their own, beside dbt.

dbt keeps one core busy with its own Python while it builds. So a second process imports pandas and the
libraries of statistics (seconds) while dbt builds the first models, and works out what the Python models
hand to it: their threads wait without holding anything up. Tables go there and back as Arrow, so that
dbt's own process never imports pandas; DuckDB makes frames of them there, as it would have here. Where
`start` was not called, as with plain dbt and in tests, the same functions run where they are called.
"""

from __future__ import annotations

import gc
import importlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from warehouse import keeper

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    import pyarrow as pa

LIBRARIES = (
    "duckdb",
    "pandas",
    "scipy.stats",
    "statsmodels.genmod.generalized_linear_model",
    "statsmodels.stats.sandwich_covariance",
    "lifelines",
    "warehouse.ladder.series",
    "warehouse.ladder.people",
    "warehouse.ladder.councils",
    "warehouse.statistics.control_chart",
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


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function makes of the arguments, from the process where it was started.

    DuckDB's relations, as arguments and in dicts among them, reach the function as frames of pandas. A
    frame that it makes comes back as an Arrow table where it was made in the other process.

    Raises what the function raises. Where the process is gone, it is worked out here.
    """
    if not _helper:
        return function(*_as_frames(arguments))
    helper = _helper[0]
    tables = _as_tables(arguments)
    try:
        with helper.turn:
            helper.pipe.send((function, tables))
            found, refused = helper.pipe.recv()
    except (EOFError, ConnectionError):
        return function(*_as_frames(arguments))
    if refused is not None:
        raise refused
    return found


@dataclass(frozen=True)
class _Table:
    """A relation on its way, told apart from what is handed over as it is."""

    rows: pa.Table


def _each(argument: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    """The argument with whatever is of this kind changed, in a dict too."""
    if isinstance(argument, dict):
        return {name: _each(each, kind, change) for name, each in argument.items()}
    return change(argument) if isinstance(argument, kind) else argument


# DuckDB is imported where it is needed, since the command line reads this module too.


def _as_frames(arguments: Sequence[Any]) -> list[Any]:
    from duckdb import DuckDBPyRelation

    return [_each(one, DuckDBPyRelation, lambda relation: relation.df()) for one in arguments]


def _as_tables(arguments: Sequence[Any]) -> list[Any]:
    from duckdb import DuckDBPyRelation

    def table(relation: DuckDBPyRelation) -> _Table:
        return _Table(relation.to_arrow_table())

    return [_each(one, DuckDBPyRelation, table) for one in arguments]


def _work(pipe: Connection, libraries: Sequence[str]) -> None:
    keeper.die_with_parent()
    # What waits for it comes late in a build; until then dbt and the gates' library come first.
    os.nice(10)
    # Nothing but modules is made, and looking for what could be freed is a tenth of it.
    gc.disable()
    for name in libraries:
        importlib.import_module(name)
    gc.enable()
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((_result(function, arguments), None))
        except Exception as error:
            pipe.send((None, error))


def _result(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    import duckdb
    import pandas as pd

    def frame(table: _Table) -> pd.DataFrame:
        return duckdb.from_arrow(table.rows).df()  # type: ignore[no-any-return]

    found = function(*(_each(one, _Table, frame) for one in arguments))
    return duckdb.from_df(found).to_arrow_table() if isinstance(found, pd.DataFrame) else found
