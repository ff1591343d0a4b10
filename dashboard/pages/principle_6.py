"""Principle 6: do we do what the evidence asks?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import layout, rows, words
from dashboard.data import Board
from dashboard.programme import Programme

_COLUMNS = ("point", "status", "indicator", "value", "n", "what_is_missing")
_SHOWN = ("point", "status_said", "indicator", "value", "n", "what_is_missing")


def show(board: Board, known: Programme) -> None:
    """Each point with its status, the indicators behind it, and what is missing."""
    held = board.principle()
    layout.answer(words.principle_answer(held))
    st.caption(f"{words.PRINCIPLE_NOTE} {known.service}.")
    if not held:
        return
    points: dict[Any, list[dict[str, Any]]] = {}
    for row in held:
        points.setdefault(row["point"], []).append(row)
    for point, own in points.items():
        st.header(words.point_name(point), anchor=False)
        st.markdown(f"**{words.status_words(str(own[0]['status']))}**")
        layout.scorecard(
            f"Indicators behind point {point}",
            [("Figure", ""), ("Rests on", "")],
            [
                (
                    words.indicator_name(str(row["indicator"])),
                    [(words.indicator_value(row), ""), (words.indicator_n(row), "")],
                )
                for row in own
                if row["indicator"]
            ],
            first="Indicator",
            strong=0,
        )
        if missing := words.missing_words(own):
            st.markdown(missing)
    st.header("All of it as a table", anchor=False)
    said = [
        {
            **row,
            "status_said": words.status_words(str(row["status"])),
            "indicator": words.indicator_name(str(row["indicator"])),
            "value": words.indicator_value(row),
        }
        for row in held
    ]
    st.dataframe(
        rows.table(said, _SHOWN), hide_index=True, width="stretch", alt="Table: principle 6"
    )
    layout.download(
        rows.raw(held, _COLUMNS),
        file_name="principle-6",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
        width="content",
    )
    layout.definitions(board, "principle_6", _COLUMNS)


layout.page("Principle 6", show)
