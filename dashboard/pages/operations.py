"""Operations: did the last night go well? For data stewards alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import data, layout, rows, words
from dashboard.data import Board
from dashboard.programme import Programme
from dashboard.words import operations as said

_COLUMNS = {
    "source": "Source",
    "latest_as_of": "Latest as at",
    "days_since": "Days since",
    "files_loaded": "Files taken in",
    "files_rejected": "Files refused",
    "files_superseded": "Files superseded",
    "rows_loaded": "Rows taken in",
    "rows_quarantined": "Rows set aside",
    "quarantined_share": "Share set aside",
}


def show(board: Board, _: Programme) -> None:
    """The last night, what it refused and set aside, how fresh each source is, what to do."""
    now = datetime.now(UTC)
    _night(now)
    st.caption(f"Version {board.release.version} of the figures is shown.")

    st.header("What waits for somebody", anchor=False)
    loads = rows.records(board.loads())
    if loads:
        st.markdown(said.to_see_to(loads))
        listed = said.by_source(loads, now.date())
        st.dataframe(_table(listed), hide_index=True, width="stretch", alt="Table: sources")
        layout.download(
            rows.raw(listed, list(_COLUMNS)),
            file_name="operations",
            synthetic=board.release.synthetic,
            as_of=str(board.release.as_of),
            width="content",
        )
        st.caption(
            "Sources with refused files or rows set aside stand first. Days since: from the last day "
            "that the source's newest file speaks of until today."
        )
    else:
        st.markdown("The published file does not say what has come.")

    st.header("What is kept from the board", anchor=False)
    report = board.attacked()
    st.markdown(
        words.attacked_words(report)
        if report
        else "The published file does not say what is hidden."
    )

    _what_to_do()


def _night(now: datetime) -> None:
    night = data.last_night(data.home())
    layout.answer(
        said.answer(night.status if night else None, night.finished_at if night else None)
    )
    st.markdown(said.last_good(night.last_good_at if night else None, now))


def _what_to_do() -> None:
    st.header("What to do", anchor=False)
    st.markdown("\n".join(f"- {line}" for line in said.WHAT_TO_DO))


def without_board() -> None:
    """Where the board's file cannot be read, the night's own report still says what happened."""
    _night(datetime.now(UTC))
    _what_to_do()


def _table(listed: list[dict[str, object]]) -> pd.DataFrame:
    """The sources as people read them: a dash where nothing has come."""

    def cell(column: str, value: object) -> str:
        if value is None:
            return "–"
        if column == "quarantined_share" and isinstance(value, float):
            return f"{value:.2%}"
        return f"{value:,}" if isinstance(value, int) else str(value)

    return pd.DataFrame(
        {name: [cell(column, row[column]) for row in listed] for column, name in _COLUMNS.items()}
    )


layout.page("Operations", show, without_board)
