"""Retention: are staff staying?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import charts, control, layout, rows, words
from dashboard.data import Board
from dashboard.programme import Period, Programme

_YEARLY = (
    "year",
    "turnover_rate_fte",
    "leavers_fte",
    "inpost_fte",
    "leavers_headcount",
    "inpost_headcount",
    "agency_rate_fte",
    "agency_fte",
    "vacancy_rate_fte",
    "vacant_fte",
)


_REASONS = {
    "leavers": "All leavers",
    "early_leavers_12m": "In their first year",
    "voluntary_leavers": "Resigned",
    "retirements": "Retired",
    "transfers": "Transferred",
}


def show(board: Board, known: Programme) -> None:
    """Turnover and stability, starters and leavers, what is missing, and the yearly census view."""
    months = rows.records(board.retention())
    if not months:
        layout.answer(words.retention_answer(None))
    else:
        _monthly(board, known, months)
    control.section(board, known, "retention_monthly")
    _reasons(board)
    _areas(board)
    _yearly(board, known)


def _monthly(board: Board, known: Programme, months: list[dict[str, Any]]) -> None:
    sentence = st.container()
    period, _ = layout.filters(board, known)
    shown = [row for row in months if period.holds(row["day"])]
    last = rows.reading(shown[-1]) if shown else None
    with sentence:
        layout.answer(words.retention_answer(last))
        note = words.unexplained_note(last)
        if note:
            st.markdown(note)
    if not shown:
        return
    source = words.staff_source(board.release.synthetic, board.release.as_of)
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])

    st.header("Turnover", anchor=False)
    _line(
        board, known, period, months, marked,
        column="turnover_rate_12m", name=words.COLUMNS["turnover_rate_12m"], count="leavers_12m",
        columns=("month_end", "turnover_rate_12m", "leavers_12m", "headcount",
                 "unexplained_exits_12m"),
        file_name="turnover",
    )  # fmt: skip
    st.caption(
        "Leavers of the 12 months before each month end, as a share of average headcount. "
        + words.funded(known.funded_from, known.funded_to)
    )

    st.header("Stability", anchor=False)
    known_rates = [r["stability_index_12m"] for r in months if r["stability_index_12m"] is not None]
    lowest = max(0.0, int((min(known_rates, default=1.0) - 0.05) * 10) / 10)
    _line(
        board, known, period, months, marked,
        column="stability_index_12m", name="Stability, 12 months", count="headcount_12m_before",
        columns=("month_end", "stability_index_12m", "headcount_12m_before"),
        file_name="stability", lowest=lowest,
    )  # fmt: skip
    st.caption(
        "Of the people in post a year before each month end, the share who are still in post. "
        f"The scale starts at {lowest:.0%}, not at zero."
    )

    st.header("Starters and leavers", anchor=False)
    description = words.describe_flows(
        [row["day"] for row in shown],
        [row["starters"] for row in shown],
        [row["leavers"] for row in shown],
        marked,
    )
    layout.figure(
        charts.flows(
            months, programme=known, period=period, description=description, source=source
        ),
        rows.table(shown[::-1], ("month_end", "starters", "leavers", "headcount")),
        rows.raw(shown[::-1], ("month_end", "starters", "leavers", "headcount")),
        file_name="starters-and-leavers",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
    )

    st.header("Exits without a leaver record", anchor=False)
    total = sum(row["unexplained_exits"] or 0 for row in shown)
    if total == 0:
        st.markdown(
            f"None between {words.month(shown[0]['day'])} and {words.month(shown[-1]['day'])}."
        )
    else:
        description = words.describe_exits(
            [row["day"] for row in shown],
            [row["unexplained_exits"] or 0 for row in shown],
            marked,
        )
        layout.figure(
            charts.exits(
                months, programme=known, period=period, description=description, source=source
            ),
            rows.table(shown[::-1], ("month_end", "unexplained_exits", "leavers")),
            rows.raw(shown[::-1], ("month_end", "unexplained_exits", "leavers")),
            file_name="exits-without-a-record",
            synthetic=board.release.synthetic,
            as_of=str(board.release.as_of),
        )
        st.caption(
            "People who were in one month's staff list and not in the next, and for whom no "
            "leaver record came. They may have left, moved or been missed out."
        )

    layout.definitions_of(
        board,
        {
            "retention_monthly": (
                "turnover_rate_12m", "stability_index_12m", "headcount", "starters", "leavers",
                "leavers_12m", "unexplained_exits",
            ),
            "retention_windows": ("unexplained_exits_12m", "headcount_12m_before"),
        },
    )  # fmt: skip

    layout.compare(
        board,
        known,
        compared=("turnover_a_year", "unexplained_a_year", "starters_a_year", "mean_headcount",
                 "agency_rate"),
        file_name="before-during-after",
    )  # fmt: skip

    hidden = board.hidden_retention()
    if hidden:
        st.header("Held back to protect people", anchor=False)
        st.markdown(words.hidden_note(hidden))
        st.table(
            {
                "Measure": [words.COLUMNS.get(column, column) for column in hidden],
                words.month(months[-1]["day"]): list(hidden.values()),
            },
            hide_index=True,
            width="content",
        )
        st.caption(words.symbol_note(list(hidden.values())))


def _line(
    board: Board,
    known: Programme,
    period: Period,
    months: list[dict[str, Any]],
    marked: str,
    *,
    column: str,
    name: str,
    count: str,
    columns: tuple[str, ...],
    file_name: str,
    lowest: float = 0.0,
) -> None:
    """One monthly rate with its table; a sentence instead where no month has it."""
    source = words.staff_source(board.release.synthetic, board.release.as_of)
    shown = [row for row in months if period.holds(row["day"])]
    if all(row[column] is None for row in shown):
        st.markdown(
            f"No month of this period has a figure: {name.split(',')[0].lower()} needs a whole "
            "year of records before it."
        )
        return
    description = words.describe_months(
        name, [row["day"] for row in shown], [row[column] for row in shown], "rate", marked
    )
    layout.figure(
        charts.months(
            months,
            column=column,
            name=name,
            unit="rate",
            programme=known,
            period=period,
            description=description,
            source=source,
            count=count,
            lowest=lowest,
        ),
        rows.table(shown[::-1], columns),
        rows.raw(shown[::-1], columns),
        file_name=file_name,
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
    )


def _reasons(board: Board) -> None:
    """Why people left and how soon, by calendar year: by month too few are behind each."""
    st.header("Early leavers and reasons by year", anchor=False)
    years = board.service("retention_yearly")
    if not years:
        st.markdown("No calendar year of leavers has been published.")
        return
    layout.counts_figure(
        board,
        years,
        group="year",
        columns=_REASONS,
        unit="count",
        what="Bars of leavers by calendar year",
        table=("year", "starters", *_REASONS, "unexplained_exits"),
        file_name="leavers-by-year",
    )
    st.caption(words.REASONS_NOTE)
    layout.hidden_note(years, tuple(_REASONS))
    layout.definitions(
        board, "retention_yearly", (*_REASONS, "starters", "unexplained_exits", "headcount", "fte")
    )


def _areas(board: Board) -> None:
    """Below the service by year alone, since a month of a part of it would single people out."""
    st.header("By area and year", anchor=False)
    layout.parts_of_the_service(
        board,
        "retention_yearly",
        ("headcount", "fte", "starters", "leavers", "turnover_rate_12m"),
        file_name="retention-by-area",
        scope=layout.scope_chosen(board),
    )


def _yearly(board: Board, known: Programme) -> None:
    st.header("Social workers by census year", anchor=False)
    years = rows.records(board.retention_by_year())
    if not years:
        st.markdown(
            "No census year can be shown yet: it takes every month from one October to the "
            "September after."
        )
        return
    st.markdown(words.DFE_TURNOVER_NOTE)
    source = words.staff_source(board.release.synthetic, board.release.as_of)
    name = "Turnover of social workers' FTE"
    description = (
        words.describe_years(
            name, [row["year"] for row in years], [row["turnover_rate_fte"] for row in years]
        )
        + " "
        + words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    )
    layout.figure(
        charts.yearly(
            years,
            column="turnover_rate_fte",
            name=name,
            programme=known,
            description=description,
            source=source,
        ),
        rows.table(years, _YEARLY),
        rows.raw(years, _YEARLY),
        file_name="social-workers-by-census-year",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
        symbols="A dash: no figure, because what it is made of has not been taken in.",
    )
    layout.definitions(
        board,
        "retention_yearly_dfe",
        _YEARLY[1:],
    )


layout.page("Retention", show)
