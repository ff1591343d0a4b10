"""Counts that add up: what follows from those that are shown, and what has to be hidden so that it doesn't.

Both questions are asked of a ``Sums``: numbers (cells) of which some are hidden, and equations between
them. An attacker knows the equations, the shown cells and how small or large a hidden one can be. What
is possible for a hidden cell is then an interval whose ends two linear programs find. What has to be
hidden at the least loss is one mixed-integer program: a cell may move in the attacker's mind only if
it is hidden, and for every cell that must be safe some possible table lies low enough, another high
enough (Fischetti and Salazar-González 2001, their model with one flow for each cell and direction).

Solved by HiGHS, in SciPy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What HiGHS lets an equation be off by, and the rounding of its results that follows from it.
TOLERANCE = 1e-6
DECIMALS = 6


def load_library() -> None:
    """Import the solver, which takes a second: called while dbt works in its own process."""
    import scipy.optimize
    import scipy.sparse.csgraph  # noqa: F401


@dataclass(frozen=True)
class Sums:
    """Cells and the equations between them.

    ``matrix``: sparse, one row an equation, one column a cell: ``matrix @ values == right`` holds of the
    true values. ``values``: (cells,) the true ones; only those of shown cells are known to the
    attacker. ``lowest`` and ``highest``: (cells,) what anybody knows of a hidden cell.
    """

    matrix: Any
    right: "NDArray[np.float64]"
    values: "NDArray[np.float64]"
    lowest: "NDArray[np.float64]"
    highest: "NDArray[np.float64]"


@dataclass(frozen=True)
class Demand:
    """How far a hidden cell must seem to reach: ``down`` below and ``up`` above its true value, and
    ``width`` from its lowest to its highest possible value."""

    cell: int
    down: float = 0.0
    up: float = 0.0
    width: float = 0.0


class Contradiction(ValueError):
    """What is shown does not add up, whatever the hidden cells are."""


def sums(
    equations: Sequence[dict[int, float]],
    right: Sequence[float],
    values: Sequence[float],
    lowest: Sequence[float] | None = None,
    highest: Sequence[float] | None = None,
) -> Sums:
    """``Sums`` of equations given as {cell: coefficient}; without bounds a cell is 0 or more."""
    from scipy.sparse import coo_array

    rows = [row for row, terms in enumerate(equations) for _ in terms]
    columns = [cell for terms in equations for cell in terms]
    factors = [factor for terms in equations for factor in terms.values()]
    size = len(values)
    return Sums(
        matrix=coo_array((factors, (rows, columns)), shape=(len(equations), size)).tocsr(),
        right=np.asarray(right, dtype=float),
        values=np.asarray(values, dtype=float),
        lowest=np.zeros(size) if lowest is None else np.asarray(lowest, dtype=float),
        highest=np.full(size, np.inf) if highest is None else np.asarray(highest, dtype=float),
    )


def intervals(
    cells: Sums, hidden: "NDArray[np.bool_]", targets: Iterable[int]
) -> "NDArray[np.float64]":
    """(targets, 2): the lowest and the highest possible value of each of some hidden cells.

    hidden: (cells,) which values the attacker lacks. Infinite where there is no bound. Raises
    Contradiction where no value is possible.
    """
    from scipy.optimize import linprog

    unknown = np.flatnonzero(hidden)
    place = {int(cell): position for position, cell in enumerate(unknown)}
    matrix, right = _of_the_unknown(cells, hidden)
    bounds = np.column_stack((cells.lowest[unknown], cells.highest[unknown]))
    found = []
    for target in targets:
        ends = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(unknown))
            goal[place[target]] = sign
            answer = linprog(goal, A_eq=matrix, b_eq=right, bounds=bounds, method="highs")
            if answer.status == 3:
                ends.append(-sign * np.inf)
            elif answer.status == 0:
                ends.append(round(sign * answer.fun, DECIMALS) + 0.0)
            else:
                raise Contradiction(
                    "The shown values and totals do not add up, so nothing can be said of the hidden "
                    "ones. Compare them with the table that they were taken from."
                )
        found.append(ends)
    return np.array(found, dtype=float).reshape(-1, 2)


def intervals_together(
    cells: Sums, hidden: "NDArray[np.bool_]", targets: Sequence[int], parts: Sequence[int]
) -> "NDArray[np.float64]":
    """As ``intervals``, many at once: one linear program answers for one cell of every part.

    parts: the part of each target; two parts share no equation of hidden cells, so the least sum of one
    cell of each is the least of each. Every hidden cell needs a finite ``highest``.
    """
    from scipy.optimize import linprog

    unknown = np.flatnonzero(hidden)
    place = {int(cell): position for position, cell in enumerate(unknown)}
    matrix, right = _of_the_unknown(cells, hidden)
    bounds = np.column_stack((cells.lowest[unknown], cells.highest[unknown]))
    rounds: dict[int, list[int]] = {}
    turns: dict[int, int] = {}
    for number, part in enumerate(parts):
        turns[part] = turns.get(part, -1) + 1
        rounds.setdefault(turns[part], []).append(number)
    found = np.empty((len(targets), 2))
    for numbers in rounds.values():
        columns = [place[targets[number]] for number in numbers]
        for end, sign in enumerate((1.0, -1.0)):
            goal = np.zeros(len(unknown))
            goal[columns] = sign
            answer = linprog(goal, A_eq=matrix, b_eq=right, bounds=bounds, method="highs")
            if answer.status != 0:
                raise Contradiction("The shown values and totals do not add up.")
            found[numbers, end] = answer.x[columns]
    return found


def _of_the_unknown(cells: Sums, hidden: "NDArray[np.bool_]") -> tuple[Any, "NDArray[np.float64]"]:
    """The equations that are left when the shown values are put into them."""
    shown = np.where(hidden, 0.0, cells.values)
    left = cells.right - cells.matrix @ shown
    matrix = cells.matrix[:, np.flatnonzero(hidden)]
    says_something = np.diff(matrix.indptr) > 0
    room = TOLERANCE * np.maximum(1.0, np.abs(cells.matrix) @ np.abs(shown))
    if np.any(np.abs(left[~says_something]) > room[~says_something]):
        raise Contradiction(
            "The shown values and totals do not add up. Compare them with the table that they were "
            "taken from."
        )
    return matrix[says_something], left[says_something]


def least_loss(
    cells: Sums,
    must: "NDArray[np.bool_]",
    may: "NDArray[np.bool_]",
    costs: "NDArray[np.float64]",
    demands: Sequence[Demand],
) -> "NDArray[np.bool_] | None":
    """Which cells to hide so that every demand is met at the least sum of costs; None: no way.

    must, may, costs: (cells,) which are hidden in any case, which may be beside them, and what hiding
    one costs. A cell that is neither is known to the attacker for good.
    """
    too_few: list[NDArray[np.bool_]] = []
    while True:
        hidden = _cheapest(cells, must, may, costs, demands, too_few)
        if hidden is None or _are_met(cells, hidden, demands):
            return hidden
        # The solver lets a cell be hidden by a millionth, which can be worth more than that in another.
        # What does not protect protects no more with fewer cells, so one of the others has to be hidden.
        too_few.append(hidden)


def _are_met(cells: Sums, hidden: "NDArray[np.bool_]", demands: Sequence[Demand]) -> bool:
    found = intervals(cells, hidden, [one.cell for one in demands])
    slack = 10 * TOLERANCE
    return all(
        low <= cells.values[one.cell] - one.down + slack
        and high >= cells.values[one.cell] + one.up - slack
        and high - low >= one.width - slack
        for (low, high), one in zip(found, demands, strict=True)
    )


def _cheapest(
    cells: Sums,
    must: "NDArray[np.bool_]",
    may: "NDArray[np.bool_]",
    costs: "NDArray[np.float64]",
    demands: Sequence[Demand],
    too_few: Sequence["NDArray[np.bool_]"],
) -> "NDArray[np.bool_] | None":
    """The mixed-integer program. Its variables: one binary a cell, then a flow a demand and direction.

    A flow is how far each cell is from its true value in a table that the attacker thinks possible, as a
    multiple of the demand. No cell has to move further than that: the equations are those of a
    network, in which what one cell has to move goes round in circles, each cell once.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, coo_array, csr_array, diags_array

    movable = np.flatnonzero(must | may)
    size = len(movable)
    place = {int(cell): position for position, cell in enumerate(movable)}
    matrix = csr_array(cells.matrix[:, movable])
    values = cells.values[movable]
    below, above = values - cells.lowest[movable], cells.highest[movable] - values

    flows: list[tuple[float, int]] = []  # reach, direction
    asked: list[tuple[list[tuple[int, float]], float]] = []  # flows' share in a cell, at least
    for one in demands:
        reach = max(one.down, one.up, one.width)
        mine: list[tuple[int, float]] = []
        for direction, least in ((-1, one.down), (1, one.up)):
            if least > 0 or one.width > 0:
                column = size * (1 + len(flows)) + place[one.cell]
                flows.append((reach, direction))
                mine.append((column, float(direction)))
                if least > 0:
                    asked.append(([(column, float(direction))], least / reach))
        if one.width > 0:
            asked.append((mine, one.width / reach))

    blocks: list[Any] = []
    uppers: list[NDArray[np.float64]] = []
    lowers: list[NDArray[np.float64]] = []
    for number, (reach, _) in enumerate(flows):
        grid: list[Any] = [None] * (1 + len(flows))
        grid[1 + number] = matrix
        blocks.append(grid)
        lowers.append(np.zeros(matrix.shape[0]))
        uppers.append(np.zeros(matrix.shape[0]))
        one_each = diags_array(np.ones(size))
        for sign, room in ((1.0, above), (-1.0, below)):
            grid = [None] * (1 + len(flows))
            grid[0] = diags_array(-np.minimum(np.maximum(room, 0.0) / reach, 1.0))
            grid[1 + number] = sign * one_each
            blocks.append(grid)
            lowers.append(np.full(size, -np.inf))
            uppers.append(np.zeros(size))
    width = size * (1 + len(flows))
    constraints = []
    if flows:
        constraints.append(
            LinearConstraint(
                csr_array(block_array(_filled(blocks, size), format="csr")),
                np.concatenate(lowers),
                np.concatenate(uppers),
            )
        )
    extra: list[tuple[list[tuple[int, float]], float]] = list(asked)
    for pattern in too_few:
        others = np.flatnonzero(~pattern[movable])
        extra.append(([(int(position), 1.0) for position in others], 1.0))
    if extra:
        rows = [row for row, (terms, _) in enumerate(extra) for _ in terms]
        columns = [column for terms, _ in extra for column, _ in terms]
        factors = [factor for terms, _ in extra for _, factor in terms]
        left = coo_array((factors, (rows, columns)), shape=(len(extra), width)).tocsr()
        constraints.append(LinearConstraint(left, np.array([least for _, least in extra]), np.inf))

    answer = milp(
        np.concatenate((costs[movable], np.zeros(width - size))),
        integrality=np.concatenate((np.ones(size), np.zeros(width - size))),
        bounds=Bounds(
            np.concatenate((must[movable].astype(float), np.full(width - size, -1.0))),
            np.ones(width),
        ),
        constraints=constraints,
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None
    hidden = np.zeros(len(cells.values), dtype=bool)
    hidden[movable] = answer.x[:size] > 0.5
    return hidden


def _filled(blocks: list[list[Any]], size: int) -> list[list[Any]]:
    """A grid in which every column has a block, from which the width of the others is known."""
    from scipy.sparse import csr_array

    first = blocks[0]
    rows = next(block for block in first if block is not None).shape[0]
    blocks[0] = [csr_array((rows, size)) if block is None else block for block in first]
    return blocks
