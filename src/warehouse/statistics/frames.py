"""What every statistic asks of the frame that it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def label(given: Any, what: str) -> Any:
    """One name or label as it was given. Raises ValueError for a list, a frame and the like."""
    try:
        hash(given)
    except TypeError:
        raise ValueError(f"{what} is one name or value, not several. Give one.") from None
    return given


def several(given: Any, what: str) -> list[Any]:
    """Names or labels as a list. Raises ValueError for one alone, and for what none can be.

    Without this, a text would be taken letter by letter.
    """
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise ValueError(f"{what} is a list. Give one, with the values that are meant.")
    return [label(one, f"Each of {what}") for one in given]


def names(given: str | Iterable[str], what: str = "covariates") -> list[str]:
    """Column names as a list; one name alone counts as a list of one.

    Raises ValueError for a repeated name, and for what is neither a name nor a list of names.
    """
    listed = [given] if isinstance(given, str) else several(given, what)
    if len(set(listed)) < len(listed):
        raise ValueError("A column is named twice. Name each column once.")
    return listed


def require_columns(frame: pd.DataFrame, wanted: Sequence[str]) -> None:
    """Refuse a frame without rows, without one of the columns, or with a column twice.

    frame: any. wanted: names of columns; one may be there twice. Raises ValueError, which names the
    columns.
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValueError("This is no pandas frame. Give a frame with named columns.")
    have = list(frame.columns)
    wanted = list(dict.fromkeys(label(name, "A column's name") for name in wanted))
    missing = [name for name in wanted if name not in have]
    if missing:
        raise ValueError(
            f"The frame has no column {', '.join(map(str, missing))}. Add it, or name another."
        )
    repeated = [name for name in wanted if have.count(name) > 1]
    if repeated:
        raise ValueError(f"The frame has more than one column {repeated[0]}. Keep one of them.")
    if frame.empty:
        raise ValueError("The frame has no rows, so there is nothing to estimate from.")


def numbers(frame: pd.DataFrame, column: str, *, missing: bool = False) -> Floats:
    """A column as floats, a copy.

    missing: whether empty values may stand, as NaN. Raises ValueError for text, dates, infinite
    and (unless allowed) empty values; the message names the column, never a value.
    """
    values = frame[column]
    # Decimals come from DuckDB as objects; text that looks like a number would be a guess.
    if values.dtype == object or pd.api.types.is_string_dtype(values.dtype):
        text = any(isinstance(value, (str, bytes)) for value in values)
    else:
        text = not pd.api.types.is_numeric_dtype(values.dtype)
    if not text:
        try:
            found: Floats = values.to_numpy(dtype="float64", na_value=np.nan, copy=True)
        except (TypeError, ValueError):
            text = True
    if text:
        raise ValueError(
            f"{column} holds values that are not numbers. Convert the column first, with signs "
            "such as z, x or low made empty."
        )
    if np.isinf(found).any():
        raise ValueError(f"{column} holds infinite values. Leave those rows out.")
    if not missing and np.isnan(found).any():
        raise ValueError(
            f"{column} is empty in {int(np.isnan(found).sum())} rows. "
            "Fill the values in, or leave those rows out on purpose."
        )
    return found


def labels(frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    """A column of labels, on positions 0 to n - 1. Raises ValueError where one is empty or a list."""
    found = frame[column].reset_index(drop=True)
    if found.isna().any():
        raise ValueError(f"{column} is empty in some rows. Give each row its {column}.")
    if found.dtype == object:
        several(found, column)
    return found


def plain(value: Any) -> Any:
    """A label as Python's own type, so that attributes hold no numpy scalars."""
    return value.item() if isinstance(value, np.generic) else value


def whole(value: object, name: str, least: int) -> int:
    """A whole number of at least `least`. Raises ValueError for anything else, True included."""
    number = plain(value)
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise ValueError(f"{name} is a whole number of {least} or more.")
    return number
