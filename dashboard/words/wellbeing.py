"""Wellbeing: how are people?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.words.common import counted, day, percent, symbol_words

WAVES_NOTE = (
    "Each wave asked everyone and counts those who chose to answer, so two waves are not the same "
    "people, and the points are not joined. Those who do not answer may be better or worse off."
)
NO_SURVEY_FILE = (
    "**No wellbeing survey has arrived**, so this page cannot say how people feel. That no wave is "
    "shown does not mean that nobody was asked."
)
NO_ABSENCE = "Sickness absence has not been taken in: that none is counted does not mean that nobody was ill."
INTERVAL_NOTE = (
    "The upright lines are 95% intervals of the mean (Student's t). Where those of two waves "
    "overlap widely, chance alone may explain the difference."
)


def _one_decimal(number: float) -> str:
    return f"{number:.1f}"


def wellbeing_answer(
    row: Mapping[str, Any] | None, label: str, bands: Sequence[tuple[str, str]]
) -> str:
    """The sentence at the top: the latest wave that can be shown (`wellbeing_wave`).

    bands: (column of the share, its band in words) from low to high.
    """
    if row is None:
        return "No wave of the wellbeing survey has been published yet."
    if row.get("mean_score") is None:
        return (
            f"In the wave of {day(row['day'])} the scores are "
            f"{symbol_words(row.get('mean_score_symbol'))}: too few responses have a score to show them."
        )
    said = f"In the wave of {day(row['day'])}, "
    if row.get("response_rate") is not None:
        said += f"**{percent(row['response_rate'])} of all staff in post answered**. The"
    else:
        said += "the"
    said += f" mean score on the {label} was **{_one_decimal(row['mean_score'])}**"
    if row.get("lower_95") is not None and row.get("upper_95") is not None:
        said += (
            f" (95% interval {_one_decimal(row['lower_95'])} to {_one_decimal(row['upper_95'])})"
        )
    # Who missed an item answered and has no score: the two figures are of different people.
    if row.get("responses") is not None:
        scored = counted(row["responses"], "scored response", "scored responses")
        said += f", from **{scored}**"
    said += "."
    shares = [
        f"**{percent(row[column])}** scored {name}"
        for column, name in bands
        if row.get(column) is not None
    ]
    if shares:
        said += f" By the published cut-offs {', '.join(shares)}."
    return said


def describe_waves(
    label: str, rows: Sequence[Mapping[str, Any]], cut_offs: Sequence[float], marks: str
) -> str:
    """Every wave in words, with its interval."""
    said = []
    for row in rows:
        if row.get("mean_score") is None:
            said.append(f"{day(row['day'])}: {symbol_words(row.get('mean_score_symbol'))}")
            continue
        text = f"{day(row['day'])}: {_one_decimal(row['mean_score'])}"
        if row.get("lower_95") is not None:
            text += f" ({_one_decimal(row['lower_95'])} to {_one_decimal(row['upper_95'])})"
        said.append(text)
    line = "".join(f" A dashed line marks the cut-off, {cut_off:g}." for cut_off in cut_offs)
    return (
        f"Mean scores of the {label} with 95% intervals, "
        f"{counted(len(rows), 'wave', 'waves')}. {'; '.join(said)}.{line} {marks}"
    )
