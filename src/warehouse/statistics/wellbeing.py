"""Scores of wellbeing questionnaires, as their authors publish the scoring."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from numbers import Real
from typing import Any

import pandas as pd

from warehouse import instruments
from warehouse.instruments import Instrument, Subscale
from warehouse.settings import project_root
from warehouse.statistics.frames import several


@cache
def _known() -> dict[str, Instrument]:
    return instruments.load(project_root() / "expectations" / "instruments")


def score(frame: pd.DataFrame, instrument: str) -> pd.DataFrame:
    """The score of each response on each subscale, and its band by the published cut-offs.

    frame: one row a response, `response_id` (any, unique) and the item columns `q1`, `q2`, … as
    numbers; NaN or None where an item was not answered; further columns are ignored. A subscale none
    of whose items has a column was not asked, and has no score. instrument: its name in
    `expectations/instruments/`.

    Gives one row a response and subscale, responses in the order of `frame`, subscales in that of
    the instrument: `response_id`, `subscale`, `score` (float in the units of the instrument, NaN
    where an item of the subscale is missing), `band` (`low`, `middle`, `high`, or None without a
    score or a published cut-off; no `middle` where there is one cut-off). `.attrs`: `instrument`,
    `label`, `source`, `licence`, as text.

    Raises ValueError for what is no frame, an instrument that is not configured, a missing, empty or
    repeated `response_id`, a repeated column, no item column at all, a subscale with columns for some of its
    items only, and an answer that the instrument does not have.
    Source: the publication that the description of each instrument names.
    """
    if not isinstance(instrument, str) or instrument not in _known():
        raise ValueError(
            "No instrument of that name is configured. "
            f"Name one of: {', '.join(_known())}, or describe it in expectations/instruments/."
        )
    asked = _known()[instrument]
    _check(frame, asked)
    answers = {
        item: _answers(frame, item, asked)
        for item in range(1, asked.items + 1)
        if f"q{item}" in frame.columns
    }
    scored = [_scored(frame["response_id"], answers, asked, each) for each in asked.subscales]
    # Every part has the positions 0 to n - 1: a stable sort sets each response's scores together.
    result = pd.concat(scored).sort_index(kind="stable").reset_index(drop=True)
    result.attrs = {
        "instrument": asked.name,
        "label": asked.label,
        "source": asked.source,
        "licence": asked.licence,
    }
    return result


def _check(frame: pd.DataFrame, asked: Instrument) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise ValueError("This is no pandas frame. Give a frame with one row a response.")
    columns = list(frame.columns)
    if "response_id" not in columns:
        raise ValueError(
            "The frame has no column response_id. Give each response a name of its own."
        )
    wanted = ["response_id", *(f"q{item}" for item in range(1, asked.items + 1))]
    repeated = [name for name in wanted if columns.count(name) > 1]
    if repeated:
        raise ValueError(f"The frame has more than one column {repeated[0]}. Keep one of them.")
    several(frame["response_id"], "response_id")
    if frame["response_id"].isna().any() or frame["response_id"].duplicated().any():
        raise ValueError(
            "response_id is empty or repeated. Give each response one row and a name of its own."
        )
    if not set(wanted[1:]) & set(columns):
        raise ValueError(
            f"The frame has no item column. {asked.name} has q1 to q{asked.items}: rename them so."
        )
    for subscale in asked.subscales:
        missing = [f"q{item}" for item in subscale.items if f"q{item}" not in columns]
        if 0 < len(missing) < len(subscale.items):
            raise ValueError(
                f"The frame lacks {', '.join(missing)} of the subscale {subscale.name}. "
                "Add the columns, empty where the items were not answered."
            )


def _answers(frame: pd.DataFrame, item: int, asked: Instrument) -> pd.Series[float]:
    column = frame[f"q{item}"]
    given = [value for value in column if not pd.isna(value)]
    # True is a number in Python, and text that looks like one would be a guess.
    numbers = all(
        isinstance(value, (Real, Decimal)) and not isinstance(value, bool) for value in given
    )
    if not numbers or not set(given) <= asked.answers:
        raise ValueError(
            f"q{item} holds an answer that {asked.name} does not have: whole numbers from "
            f"{asked.least} to {asked.most}{f' in steps of {asked.step}' if asked.step > 1 else ''}. "
            "Correct it, or leave it empty."
        )
    return pd.Series(
        [float("nan") if pd.isna(value) else float(value) for value in column], dtype="float64"
    )


def _scored(
    responses: pd.Series[Any],
    answers: dict[int, pd.Series[float]],
    asked: Instrument,
    own: Subscale,
) -> pd.DataFrame:
    points = pd.Series([float("nan")] * len(responses), dtype="float64")
    if set(own.items) <= set(answers):
        # A missing answer makes the sum missing: nothing is filled in.
        ends = asked.least + asked.most
        total = pd.concat(
            [
                ends - answers[item] if item in own.reversed_items else answers[item]
                for item in own.items
            ],
            axis="columns",
        ).sum(axis="columns", skipna=False)
        points = total.map(own.conversion) if own.conversion else total * own.multiply_by
    bands = [None if pd.isna(value) else own.band(value) for value in points]
    return pd.DataFrame(
        {
            "response_id": responses.reset_index(drop=True),
            "subscale": own.name,
            "score": points.astype("float64") / own.divisor,
            "band": pd.Series(bands, dtype="object"),
        }
    )
