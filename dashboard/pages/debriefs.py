"""Debriefs: is help there after an incident?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import layout, words
from dashboard.data import Board
from dashboard.programme import Programme

_OUTCOMES = {
    column: words.COLUMNS[column] for column in ("requested", "offered", "held", "declined")
}
_MORE = (
    "median_days_to_held",
    "held_within_3_days",
    "uptake_rate",
    "staff_affected",
    "staff_attended",
    "attendance_rate",
    "follow_up_rate",
)


def show(board: Board, known: Programme) -> None:
    """The programme to date, then by year. No target, no direction, no judgement."""
    to_date = board.service("debrief_to_date")
    years = board.service("debrief_yearly")
    layout.answer(words.debrief_answer(to_date[0] if to_date else None))
    st.markdown(words.DEBRIEF_NOTE)
    if to_date:
        st.header("Programme to date", anchor=False)
        _bars(
            board,
            [{**row, "period": "All years"} for row in to_date],
            "period",
            "Bars of debriefs to date",
            "debriefs-to-date",
        )
    st.header("By year", anchor=False)
    if not years:
        st.markdown("No year of debriefs has been published.")
        return
    _bars(board, years, "year", "Bars of debriefs by calendar year", "debriefs-by-year")
    st.caption(words.years_note([(mark.label, mark.day) for mark in known.marks]))
    st.markdown(words.TIMING_NOTE)
    layout.definitions(board, "debrief_yearly", (*_OUTCOMES, *_MORE))


def _bars(board: Board, rows: list[dict[str, Any]], group: str, kind: str, file_name: str) -> None:
    layout.counts_figure(
        board,
        rows,
        group=group,
        columns=_OUTCOMES,
        unit="count",
        what=kind,
        table=(group, *_OUTCOMES, *_MORE),
        file_name=file_name,
    )
    layout.hidden_note(rows, tuple(_OUTCOMES))


layout.page("Debriefs", show)
