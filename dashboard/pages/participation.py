"""Participation: are people taking part?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import charts, control, layout, rows, words
from dashboard.charts import Series
from dashboard.data import Board
from dashboard.programme import Period, Programme

_SHARES = ("share_under", "share_norm", "share_over_norm", "share_over_capacity")
_RATES = (
    Series("attendance_rate", words.COLUMNS["attendance_rate"]),
    Series("coverage_84d", "Coverage"),
)


def show(board: Board, known: Programme) -> None:
    """The promise tracker, then coverage, sizes, cadence and facilitators."""
    if lacking := board.not_come("participation_quarterly"):
        layout.answer(words.no_session_file(lacking))
        return
    promises = board.promises()
    quarters = board.service("participation_quarterly")
    sentence = st.container()
    if not promises and not quarters:
        with sentence:
            layout.answer(words.participation_answer({}, None))
    else:
        _tracker(board, promises)
        period, _ = layout.filters(board, known)
        shown = [row for row in quarters if period.holds(row["day"])]
        with sentence:
            layout.answer(words.participation_answer(promises, shown[-1] if shown else None))
        _quarters(board, known, period, quarters)
        layout.compare(
            board,
            known,
            compared=("sessions_a_year", "cancelled_share", "independent_share"),
            lines=[
                words.LatestOf(
                    f"{each.name}, last quarter", quarters, each.column, "rate",
                    ("sessions_held", "session", "sessions"),
                )
                for each in _RATES
            ],
            file_name="before-during-after",
        )  # fmt: skip
    _yearly(board)
    _cadence(board)
    _facilitators(board, known)
    control.section(board, known, "participation_monthly")
    layout.definitions_of(
        board,
        {
            "participation_quarterly": (
                "attendance_rate", "coverage_84d", *_SHARES, "sessions_held", "sessions_cancelled",
            ),
            "participation_yearly": ("invited", "attended", "staff_reached_84d"),
            "participation_monthly": (
                "independent_facilitation_rate", "groups_active", "groups_on_cadence",
            ),
        },
    )  # fmt: skip


def _tracker(board: Board, promises: dict[str, dict[str, Any]]) -> None:
    """Each promise to date: the share first, whether it was kept in full second."""
    st.header("What was promised, to date", anchor=False)
    held = [promises[name] for name in words.PROMISES if name in promises]
    if not held:
        st.markdown("The file does not say how the promises of the programme were kept.")
        return
    layout.scorecard(
        "What was seen from the first session to the last reported month, beside the promise",
        [("Seen", ""), ("Promised", ""), ("Kept in full", "")],
        [
            (
                words.PROMISES[row["promise"]].label,
                [words.seen(row), (words.promised(row), ""), (words.kept(row), "")],
            )
            for row in held
        ],
        first="Promise",
        strong=0,
    )
    columns = ("promise", "promised", "observed", "met", "n")
    layout.download(
        rows.raw(held, columns),
        file_name="promises-to-date",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
        width="content",
    )
    layout.definitions(board, "programme_fidelity", columns)


def _quarters(
    board: Board, known: Programme, period: Period, quarters: list[dict[str, Any]]
) -> None:
    shown = [row for row in quarters if period.holds(row["day"])]
    source = words.staff_source(board.release.synthetic, board.release.as_of)
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    st.header("Coverage and attendance", anchor=False)
    if not shown:
        st.markdown("No quarter of this period has a session.")
        return
    names = {each.column: each.name for each in _RATES}
    if any(row.get(column) is not None for row in shown for column in names):
        layout.service_figure(
            board,
            charts.lines(
                quarters,
                series=_RATES,
                unit="rate",
                programme=known,
                period=period,
                description=words.describe_series(
                    "Line chart of attendance and coverage by quarter",
                    shown, names, "rate", marked,
                ),
                source=source,
                when="Quarter to",
            ),
            shown[::-1],
            ("quarter_end", "attendance_rate", "coverage_84d", "sessions_held",
             "sessions_cancelled"),
            file_name="coverage-and-attendance",
        )  # fmt: skip
    else:
        st.markdown(f"No quarter of this period shows a figure. {words.HIDDEN_NOTE}")
    st.caption(f"{words.COVERAGE_NOTE} {words.funded(known.funded_from, known.funded_to)}")

    st.header("Size of sessions", anchor=False)
    if any(row.get(column) is not None for row in shown for column in _SHARES):
        layout.service_figure(
            board,
            charts.shares(
                quarters,
                columns=_SHARES,
                programme=known,
                period=period,
                description=words.describe_series(
                    "Bars of held sessions by how many people came, by quarter",
                    shown, {column: words.COLUMNS[column] for column in _SHARES}, "rate", marked,
                ),
                source=source,
                first="share_norm",
            ),
            shown[::-1],
            ("quarter_end", *_SHARES, "sessions_held"),
            file_name="size-of-sessions",
        )  # fmt: skip
    else:
        st.markdown(f"No quarter of this period shows a figure. {words.HIDDEN_NOTE}")
    st.caption(words.SIZES_NOTE)
    layout.hidden_note(shown, _SHARES)


def _yearly(board: Board) -> None:
    """Years of the service as bars, and its parts as a table."""
    st.header("By year", anchor=False)
    years = board.service("participation_yearly")
    if not years:
        st.markdown("No year of sessions has been published.")
        return
    counts = ("invited", "attended", "staff_reached_84d", "sessions_held", "sessions_cancelled")
    layout.counts_figure(
        board,
        years,
        group="year",
        columns={each.column: each.name for each in _RATES},
        unit="rate",
        what="Bars of attendance and coverage by calendar year",
        table=("year", *(each.column for each in _RATES), *counts),
        file_name="participation-by-year",
    )
    st.caption("Calendar years; coverage is that of the 84 days to 31 December.")
    layout.hidden_note(years, tuple(each.column for each in _RATES))
    layout.parts_of_the_service(
        board,
        "participation_yearly",
        (*(each.column for each in _RATES), "invited", "attended", "staff_reached_84d"),
        file_name="participation-by-area",
        scope=layout.scope_chosen(board),
    )


def _cadence(board: Board) -> None:
    st.header("Did each group meet in each cycle?", anchor=False)
    cells = board.cadence()
    if not cells:
        st.markdown("No cycle of a supervision group has ended yet.")
        return
    layout.service_figure(
        board,
        charts.cadence(
            cells,
            description=words.describe_cadence(cells),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
        ),
        cells,
        ("group_id", "cycle", "status"),
        file_name="groups-by-cycle",
    )
    st.caption(words.CADENCE_KEY)


def _facilitators(board: Board, known: Programme) -> None:
    st.header("Independent facilitators", anchor=False)
    column = "independent_facilitation_rate"
    months = [row for row in board.service("participation_monthly") if row["sessions_held"]]
    if not any(row.get(column) is not None for row in months):
        st.markdown("No month of sessions has been published.")
        return
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    layout.service_figure(
        board,
        charts.months(
            months,
            column=column,
            name=words.COLUMNS[column],
            unit="rate",
            programme=known,
            period=known.periods[0],
            description=words.describe_months(
                "Sessions with an independent facilitator",
                [row["day"] for row in months],
                [row[column] for row in months],
                "rate",
                marked,
            ),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
            count="sessions_held",
        ),
        months[::-1],
        ("month_end", column, "sessions_held", "sessions_cancelled", "groups_active",
         "groups_on_cadence"),
        file_name="independent-facilitators",
    )  # fmt: skip
    st.caption(
        "Held sessions with an independent facilitator, as a share of the month's held sessions. "
        "Every month in the file with a session."
    )


layout.page("Participation", show)
