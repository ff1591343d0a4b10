"""The section of a page that shows its figures as control charts, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import charts, layout, rows, words
from dashboard.data import Board
from dashboard.programme import Programme

_COLUMNS = (
    "month_end",
    "value",
    "mean",
    "lower_limit",
    "upper_limit",
    "point_type",
    "special_cause",
    "rebase_reason",
)


def section(board: Board, known: Programme, *series: str) -> None:
    """The control charts of some tables' figures that the file has, under a heading of their own.

    Nothing where the file has none: a version of an earlier release.
    """
    held = {
        key: label
        for key, label in words.CHARTED.items()
        if key[0] in series and key in board.charted()
    }
    if not held:
        return
    st.header("More than noise?", anchor=False)
    labels = {chart.label: key for key, chart in held.items()}
    key = f"chart-{series[0].split('_')[0]}"
    layout.recall(key, labels)
    chosen = st.selectbox("Control chart of", list(labels), key=key, bind="query-params")
    layout.remember(key)
    table, metric = labels.get(chosen, next(iter(held)))
    _chart(board, known, held[table, metric], board.control_points(table, metric), metric)


def _chart(
    board: Board, known: Programme, chart: words.Charted, points: list[dict[str, Any]], metric: str
) -> None:
    st.markdown(words.control_answer(chart.label, points, chart.unit))
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    newest = points[::-1]
    layout.figure(
        charts.control(
            points,
            name=chart.label,
            unit=chart.unit,
            programme=known,
            description=words.describe_control(chart.label, points, chart.unit, marked),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
        ),
        rows.table(_as_read(newest, chart.unit), _COLUMNS),
        rows.raw(newest, (*_COLUMNS, "segment", "side", "trial_limits", "chart", "series")),
        file_name=f"control-chart-{metric.replace('_', '-')}",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
    )
    for note in words.rebase_notes(points):
        st.markdown(note)
    st.caption(
        f"{words.CONTROL_KEY} {words.CONTROL_NOTE} "
        + words.funded(known.funded_from, known.funded_to)
    )
    layout.definitions(board, "spc_points", ("value", "mean", "upper_limit", "special_cause"))


def _as_read(points: Sequence[dict[str, Any]], unit: str) -> list[dict[str, Any]]:
    """The points with their figures and kinds in words."""
    figures = ("value", "mean", "lower_limit", "upper_limit")
    return [
        {
            **row,
            **{
                name: None if row[name] is None else words.control_value(row[name], unit)
                for name in figures
            },
            "point_type": words.POINT_TYPES.get(row["point_type"], row["point_type"]),
            "special_cause": words.CAUSES.get(row["special_cause"] or ""),
        }
        for row in points
    ]
