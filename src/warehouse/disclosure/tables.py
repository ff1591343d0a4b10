"""One table of counts with its totals: hide what is needed, and try to find out what was hidden."""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.disclosure.linear import Sums

TOTAL = "total"


class NoSafePattern(ValueError):
    """However much is hidden, what must be hidden could be worked out from what may not be."""


def protect(
    table: "pd.DataFrame",
    *,
    margins: Literal["published", "suppressible"],
    rule: Mapping[tuple[Any, Any], tuple[float, float]],
) -> "pd.DataFrame":
    """Hide cells of a table at the least loss, so that an attacker learns too little of any of them.

    table: counts of 0 or more, one row and one column a label, no totals. margins: ``published`` where
    all totals are shown, ``suppressible`` where they may be hidden too. rule: {(row, column): (low,
    high)} of each cell that must be hidden: the attacker's interval has to reach down to low and up
    to high, in the table's own unit. A total is a cell with the label ``total``.

    Returns a new float frame with a row and a column ``total``, NaN where hidden. ``.attrs["cost"]`` is
    the sum of max(value, 1) over all hidden cells, the least possible. Raises NoSafePattern where
    there is no pattern, ValueError for a table or rule that is none.
    """
    import numpy as np
    import pandas as pd

    from warehouse.disclosure import linear

    if margins not in ("published", "suppressible"):
        raise ValueError(f"margins is 'published' or 'suppressible', not {margins!r}.")
    whole = _with_totals(table)
    values = whole.to_numpy().ravel()
    places = {
        (row, column): position
        for position, (row, column) in enumerate(
            (row, column) for row in whole.index for column in whole.columns
        )
    }
    must = np.zeros(len(values), dtype=bool)
    demands = []
    for cell, (low, high) in _intervals(rule):
        if cell not in places:
            raise ValueError(f"The rule names {cell!r}, which is no cell of the table.")
        if not low <= high:
            raise ValueError(f"The rule for {cell!r} asks for a low above its high.")
        position = places[cell]
        must[position] = True
        value = float(values[position])
        demands.append(
            linear.Demand(position, down=max(value - low, 0.0), up=max(high - value, 0.0))
        )
    is_total = np.array([TOTAL in cell for cell in places])
    if margins == "published" and (must & is_total).any():
        raise NoSafePattern("The rule hides a total, but margins='published' shows all of them.")
    may = ~must if margins == "suppressible" else ~must & ~is_total
    costs = np.maximum(values, 1.0)
    hidden = linear.least_loss(_sums(whole), must, may, costs, demands)
    if hidden is None:
        raise NoSafePattern(
            "No pattern protects every cell of the rule, however much is hidden. Put rows or columns "
            "together, or let totals be hidden too (margins='suppressible')."
        )
    shown = pd.DataFrame(
        np.where(hidden, np.nan, values).reshape(whole.shape),
        index=whole.index,
        columns=whole.columns,
    )
    shown.attrs["cost"] = float(costs[hidden].sum())
    return shown


def attack(published: "pd.DataFrame") -> "pd.DataFrame":
    """What can be worked out of the hidden cells of a table, knowing only that counts add up.

    published: a frame as ``protect`` returns it: a row and a column ``total``, NaN where hidden.
    Returns one row a hidden cell, in the order of the table: ``row``, ``column``, ``lower``, ``upper``
    (float, in the table's own unit; ``inf`` without a bound). Raises ValueError where the labels are
    not unique, a total is missing, or the shown values do not add up.
    """
    import numpy as np
    import pandas as pd

    from warehouse.disclosure import linear

    _require_labels(published)
    if TOTAL not in published.index or TOTAL not in published.columns:
        raise ValueError("The table needs a row and a column 'total', NaN where hidden.")
    whole = _as_floats(_last(published))
    values = whole.to_numpy().ravel()
    hidden = np.isnan(values)
    _require_counts(values[~hidden])
    cells = [(row, column) for row in whole.index for column in whole.columns]
    found = linear.intervals(_sums(whole.fillna(0.0)), hidden, np.flatnonzero(hidden).tolist())
    bounds = dict(zip((cell for cell, gone in zip(cells, hidden, strict=True) if gone), found,
                      strict=True))  # fmt: skip
    in_order = [
        (row, column) for row in published.index for column in published.columns
        if (row, column) in bounds
    ]  # fmt: skip
    return pd.DataFrame(
        {
            "row": [row for row, _ in in_order],
            "column": [column for _, column in in_order],
            "lower": [float(bounds[cell][0]) for cell in in_order],
            "upper": [float(bounds[cell][1]) for cell in in_order],
        }
    )


def _with_totals(table: "pd.DataFrame") -> "pd.DataFrame":
    _require_labels(table)
    if TOTAL in table.index or TOTAL in table.columns:
        raise ValueError("The table has a label 'total' already. Give the counts without totals.")
    if table.empty:
        raise ValueError("The table has no cells.")
    whole = _as_floats(table)
    _require_counts(whole.to_numpy().ravel())
    whole[TOTAL] = whole.sum(axis=1)
    whole.loc[TOTAL] = whole.sum(axis=0)
    whole.attrs = {}
    return whole


def _intervals(rule: Any) -> list[tuple[Any, Any]]:
    """The rule's cells, each with what an attacker's interval has to reach down and up to."""
    if not isinstance(rule, Mapping):
        raise ValueError("The rule is {(row, column): (low, high)}, one for each cell to hide.")
    found = []
    for cell, reach in rule.items():
        ends = tuple(reach) if isinstance(reach, Iterable) else ()
        if len(ends) != 2 or not all(isinstance(end, Real) for end in ends):
            raise ValueError(f"The rule for {cell!r} is no pair of numbers: low, high.")
        found.append((cell, ends))
    return found


def _as_floats(table: "pd.DataFrame") -> "pd.DataFrame":
    try:
        return table.astype(float)
    except (TypeError, ValueError):
        # The library's own message would say what stands in the cell.
        raise ValueError("The table holds something that is no number.") from None


def _require_labels(table: Any) -> None:
    import pandas as pd

    if not isinstance(table, pd.DataFrame):
        raise ValueError("This is no pandas frame. Give counts, one row and one column a label.")
    if not table.index.is_unique or not table.columns.is_unique:
        raise ValueError("Two rows or two columns of the table have one label.")


def _require_counts(values: Any) -> None:
    import numpy as np

    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("The table holds something that is no count of 0 or more.")


def _last(published: "pd.DataFrame") -> "pd.DataFrame":
    """The table with its totals at the end."""
    rows = [label for label in published.index if label != TOTAL]
    columns = [label for label in published.columns if label != TOTAL]
    return published.loc[[*rows, TOTAL], [*columns, TOTAL]]


def _sums(whole: "pd.DataFrame") -> "Sums":
    """Every row and every column but its total adds up to it, the totals too. Totals stand last."""
    from warehouse.disclosure import linear

    rows, columns = whole.shape
    equations = [
        {row * columns + column: 1.0 if column < columns - 1 else -1.0 for column in range(columns)}
        for row in range(rows)
    ]
    equations += [
        {row * columns + column: 1.0 if row < rows - 1 else -1.0 for row in range(rows)}
        for column in range(columns)
    ]
    return linear.sums(equations, [0.0] * len(equations), whole.to_numpy().ravel().tolist())
