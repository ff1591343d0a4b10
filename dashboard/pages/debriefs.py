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
_DAYS = {
    column: words.COLUMNS[column]
    for column in (
        "held_within_3_days", "held_4_to_10_days", "held_11_to_28_days", "held_over_28_days",
    )
}  # fmt: skip
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
    if board.not_come("debrief_to_date"):
        layout.answer(words.NO_DEBRIEF_FILE)
        st.markdown(words.DEBRIEF_NOTE)
        return
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
        _days(board, to_date)
    st.header("By year", anchor=False)
    if not years:
        st.markdown("No year of debriefs has been published.")
        return
    period, scope = layout.filters(board, known)
    chosen = [row for row in layout.in_years(years) if period.holds(row["day"])]
    if chosen:
        _bars(board, chosen, "year", "Bars of debriefs by calendar year", "debriefs-by-year")
        st.caption(words.years_note([(mark.label, mark.day) for mark in known.marks]))
    else:
        st.markdown("No year that ends in this period has been published.")
    layout.parts_of_the_service(
        board,
        "debrief_yearly",
        ("requested", "offered", "held", "declined"),
        file_name="debriefs-by-area",
        scope=scope,
    )
    requested = ("requested", "request", "requests")
    layout.compare(
        board,
        known,
        lines=[
            words.LatestOf(
                f"{name}, last year", layout.in_years(years), column, "count",
                requested, by_year=True,
            )
            for column, name in _OUTCOMES.items()
        ],
        file_name="before-during-after",
    )  # fmt: skip
    layout.definitions_of(
        board,
        {"debrief_yearly": (*_OUTCOMES, *_MORE), "debrief_to_date": tuple(_DAYS)},
    )


def _days(board: Board, to_date: list[dict[str, Any]]) -> None:
    """How many days went by until a debrief was held, as a distribution and to date alone."""
    st.header("Days from incident to debrief", anchor=False)
    st.markdown(words.TIMING_NOTE)
    if all(row.get(column) is None for row in to_date for column in _DAYS):
        st.markdown(f"How many were held after how many days is not shown. {words.HIDDEN_NOTE}")
        return
    layout.counts_figure(
        board,
        [{**row, "period": "All years"} for row in to_date],
        group="period",
        columns=_DAYS,
        unit="count",
        what="Bars of debriefs held by days from the incident, to date",
        table=("period", *_DAYS, "held", "median_days_to_held"),
        file_name="days-to-debrief",
    )
    layout.hidden_note(to_date, tuple(_DAYS))


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
