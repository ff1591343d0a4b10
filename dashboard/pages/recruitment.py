"""Recruitment: are posts being filled?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import charts, control, layout, words
from dashboard.charts import Series
from dashboard.data import Board
from dashboard.programme import Period, Programme

_DAYS = (
    Series("median_days_to_offer_12m", "To offer"),
    Series("median_days_to_start_12m", "To start"),
    Series("median_age_open_days", "Still open"),
)
_COVER = (
    Series("vacant_fte", "Vacant"),
    Series("agency_covered_fte", "Covered"),
)
_YEARLY = {column: words.COLUMNS[column] for column in ("opened", "filled", "withdrawn")}


def show(board: Board, known: Programme) -> None:
    """Vacancy rate, vacancies opened and closed, days to offer and start, agency cover, years."""
    months = board.service("recruitment_monthly")
    if board.not_come("recruitment_monthly"):
        layout.answer(words.NO_VACANCY_FILE)
        return
    if months:
        _monthly(board, known, months)
    else:
        layout.answer(words.recruitment_answer(None))
    control.section(board, known, "recruitment_monthly")
    _quarterly(board, known)
    _yearly(board)


def _monthly(board: Board, known: Programme, months: list[dict[str, Any]]) -> None:
    sentence = st.container()
    period, _ = layout.filters(board, known)
    shown = [row for row in months if period.holds(row["day"])]
    with sentence:
        layout.answer(words.recruitment_answer(shown[-1] if shown else None))
    if not shown:
        return
    source = words.staff_source(board.release.synthetic, board.release.as_of)
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    newest = shown[::-1]

    st.header("Vacancy rate", anchor=False)
    layout.service_figure(
        board,
        charts.months(
            months,
            column="vacancy_rate",
            name=words.COLUMNS["vacancy_rate"],
            unit="rate",
            programme=known,
            period=period,
            description=words.describe_months(
                "Vacancy rate",
                [row["day"] for row in shown],
                [row["vacancy_rate"] for row in shown],
                "rate",
                marked,
            ),
            source=source,
            count="open_vacancies",
        ),
        newest,
        ("month_end", "vacancy_rate", "vacant_fte", "open_vacancies"),
        file_name="vacancy-rate",
    )
    st.caption(
        "Vacant FTE at each month end, as a share of vacant FTE and FTE in post together. A post "
        "is vacant until the day before the new person starts: an accepted offer fills no post. "
        + words.funded(known.funded_from, known.funded_to)
    )

    st.header("Vacancies opened and closed", anchor=False)
    layout.service_figure(
        board,
        charts.vacancies(
            months,
            programme=known,
            period=period,
            description=words.describe_vacancies(shown, marked),
            source=source,
        ),
        newest,
        ("month_end", "opened", "filled", "withdrawn", "open_vacancies"),
        file_name="vacancies-opened-and-closed",
    )

    st.header("Days to offer and to start", anchor=False)
    _lines(
        board, known, period, months, _DAYS, "days",
        kind="Line chart of median days from a vacancy's opening",
        columns=("month_end", *(each.column for each in _DAYS)),
        file_name="days-to-offer-and-start",
    )  # fmt: skip
    st.caption(words.days_note(shown))

    st.header("Agency cover", anchor=False)
    _lines(
        board, known, period, months, _COVER, "fte",
        kind="Line chart of vacant FTE and the part that agency workers cover",
        columns=("month_end", "vacant_fte", "agency_covered_fte"),
        file_name="agency-cover",
    )  # fmt: skip
    st.caption(
        "Vacant full-time equivalents at each month end, and the part of them that agency workers "
        "cover."
    )
    layout.compare(
        board,
        known,
        compared=("vacancy_rate", "opened_a_year", "filled_a_year"),
        file_name="before-during-after",
    )
    layout.definitions(
        board,
        "recruitment_monthly",
        ("vacancy_rate", "open_vacancies", "vacant_fte", "opened", "filled", "withdrawn",
         "median_days_to_offer_12m", "median_days_to_start_12m", "median_age_open_days",
         "agency_covered_fte"),
    )  # fmt: skip


def _lines(
    board: Board,
    known: Programme,
    period: Period,
    months: list[dict[str, Any]],
    series: tuple[Series, ...],
    unit: str,
    *,
    kind: str,
    columns: tuple[str, ...],
    file_name: str,
) -> None:
    """A few monthly lines with their table; a sentence where no month has a figure."""
    shown = [row for row in months if period.holds(row["day"])]
    if all(row.get(each.column) is None for row in shown for each in series):
        why = words.symbol_note(
            [row.get(f"{each.column}_symbol") or "x" for row in shown for each in series]
        )
        st.markdown(f"No month of this period has a figure on show ({why.rstrip('.')}).")
        return
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    layout.service_figure(
        board,
        charts.lines(
            months,
            series=series,
            unit=unit,
            programme=known,
            period=period,
            description=words.describe_series(
                kind, shown, {each.column: each.name for each in series}, unit, marked
            ),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
        ),
        shown[::-1],
        columns,
        file_name=file_name,
    )


def _quarterly(board: Board, known: Programme) -> None:
    quarters = board.service("recruitment_quarterly")
    if not quarters:
        return
    st.header("By quarter", anchor=False)
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    layout.service_figure(
        board,
        charts.lines(
            quarters,
            series=[Series(column, name) for column, name in _YEARLY.items()],
            unit="count",
            programme=known,
            period=known.periods[0],
            description=words.describe_series(
                "Line chart of vacancies by quarter", quarters, _YEARLY, "count", marked
            ),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
            when="Quarter to",
        ),
        quarters[::-1],
        ("quarter_end", *_YEARLY),
        file_name="recruitment-by-quarter",
    )
    st.caption(
        "Every whole quarter in the file. " + words.funded(known.funded_from, known.funded_to)
    )


def _yearly(board: Board) -> None:
    st.header("By year", anchor=False)
    years = board.service("recruitment_yearly")
    if not years:
        st.markdown("No year of vacancies has been published.")
        return
    layout.counts_figure(
        board,
        years,
        group="year",
        columns=_YEARLY,
        unit="count",
        what="Bars of vacancies by calendar year",
        table=("year", *_YEARLY, "median_days_to_offer_12m", "median_days_to_start_12m"),
        file_name="recruitment-by-year",
    )
    st.caption(
        "Calendar years. The medians of days to offer and to start stand in the figures; each "
        "needs 10 events. A vacancy that is filled in a later year than it was opened counts in "
        "both."
    )
    layout.parts_of_the_service(
        board,
        "recruitment_yearly",
        (*_YEARLY, "median_days_to_offer_12m", "median_days_to_start_12m"),
        file_name="recruitment-by-area",
        scope=layout.scope_chosen(board),
    )


layout.page("Recruitment", show)
