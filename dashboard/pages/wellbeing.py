"""Wellbeing: how are people?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import charts, control, instruments, layout, link, words
from dashboard.charts import Series
from dashboard.data import Board
from dashboard.programme import Period, Programme

_WAVE = (
    "wave_date",
    "responses",
    "response_rate",
    "mean_score",
    "lower_95",
    "upper_95",
    "share_low",
    "share_middle",
    "share_high",
)
_QUARTERLY = (
    (Series("absence_rate", "Absence"), "Sickness absence by quarter"),
    (Series("stress_share", "Stress"), "Share of it that is stress, by quarter"),
)
_ABSENCE = {"absence_rate": words.COLUMNS["absence_rate"]}


def show(board: Board, known: Programme) -> None:
    """Scores by wave, who answered, sickness by year and cases a worker."""
    period, scope = layout.filters(board, known)
    waves = board.service("wellbeing_wave")
    measures = list(dict.fromkeys((row["instrument"], row["subscale"]) for row in waves))
    if measures:
        _measure(board, known, period, waves, measures)
    else:
        lacking = board.not_come("wellbeing_wave")
        layout.answer(words.NO_SURVEY_FILE if lacking else words.wellbeing_answer(None, "", ()))
    _absence(board, period, scope)
    _absence_by_quarter(board, known, period)
    _caseload(board, known, period)
    control.section(board, known, "caseload_monthly")
    _compare(board, known, waves)


def _compare(board: Board, known: Programme, waves: list[dict[str, Any]]) -> None:
    """What is published by wave and by year, and cases a worker."""
    named, scores = instruments.first_measured(waves)
    answers = ("responses", "scored response", "scored responses")
    years = layout.in_years(board.service("absence_yearly"))
    layout.compare(
        board,
        known,
        compared=("mean_caseload",),
        lines=[
            words.LatestOf(f"{named}, last wave", scores, "mean_score", "score", answers),
            words.LatestOf("Response rate, last wave", scores, "response_rate", "rate", answers),
            words.LatestOf(
                "Sickness absence, last year", years, "absence_rate", "rate",
                ("working_days_lost", "working day lost", "working days lost"), by_year=True,
            ),
        ],
        file_name="before-during-after",
    )  # fmt: skip


def _measure(
    board: Board,
    known: Programme,
    period: Period,
    waves: list[dict[str, Any]],
    measures: list[tuple[str, str]],
) -> None:
    """One score of one questionnaire, chosen where there are several."""
    chosen = measures[0]
    if len(measures) > 1:
        labels = {instruments.scale(*measure).label: measure for measure in measures}
        link.note("scale", list(labels))
        chosen = labels[
            st.selectbox("Questionnaire and scale", list(labels), key="scale", bind="query-params")
        ]
    every = [row for row in waves if (row["instrument"], row["subscale"]) == chosen]
    held = [row for row in every if period.holds(row["day"])]
    shown = [row for row in held if row.get("mean_score") is not None] or held
    scale = instruments.scale(*chosen)
    if not shown:
        layout.answer(words.wellbeing_answer(None, "", ()))
        return
    layout.answer(words.wellbeing_answer(shown[-1], scale.label, scale.named_bands))
    _scores(board, known, scale, held, *chosen)
    st.caption(f"{words.INTERVAL_NOTE} {words.WAVES_NOTE} {scale.terms}".strip())
    _answered(board, held)
    layout.definitions(board, "wellbeing_wave", _WAVE)


def _scores(
    board: Board,
    known: Programme,
    scale: instruments.Scale,
    held: list[dict[str, Any]],
    instrument: str,
    subscale: str,
) -> None:
    st.header(scale.label, anchor=False)
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    layout.service_figure(
        board,
        charts.waves(
            held,
            scale=scale.ends,
            cut_offs=scale.cut_offs,
            programme=known,
            description=words.describe_waves(scale.label, held, scale.cut_offs, marked),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
        ),
        held[::-1],
        _WAVE,
        file_name=f"{instrument}-{subscale}",
    )


def _answered(board: Board, held: list[dict[str, Any]]) -> None:
    """How many of the staff answered, by wave of one score."""
    st.header("Who answered", anchor=False)
    name = {"response_rate": words.COLUMNS["response_rate"]}
    named = [{**row, "year": words.short_day(row["day"])} for row in held]
    layout.service_figure(
        board,
        charts.counts(
            named,
            group="year",
            columns=name,
            unit="rate",
            description=words.describe_counts(
                "Bars of the response rate by wave", "year", named, name, "rate"
            ),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
        ),
        held[::-1],
        ("wave_date", "response_rate", "responses"),
        file_name="response-rate",
    )
    st.caption(
        "People who answered, as a share of all staff in post on the wave's day, agency workers "
        "included. A response that misses an item has no score: it is in this share, and not "
        "among the responses counted."
    )
    layout.hidden_note(held, ("response_rate",))


def _absence(board: Board, period: Period, scope: str) -> None:
    st.header("Sickness absence by year", anchor=False)
    every = layout.in_years(board.service("absence_yearly"))
    if not every:
        st.markdown(words.NO_ABSENCE)
        return
    years = [row for row in every if period.holds(row["day"])]
    if not years:
        st.markdown("No year that ends in this period has been published.")
        return
    layout.counts_figure(
        board,
        years,
        group="year",
        columns=_ABSENCE,
        unit="rate",
        what="Bars of sickness absence by calendar year",
        table=(
            "year",
            *_ABSENCE,
            "working_days_lost",
            "working_days_available",
            "stress_days_lost",
            "stress_share",
        ),
        file_name="sickness-absence-by-year",
    )
    st.caption(
        "Working days lost to sickness as a share of those available, permanent and fixed-term "
        "staff. What was lost to stress, anxiety or depression stands in the figures."
    )
    layout.hidden_note(years, tuple(_ABSENCE))
    layout.parts_of_the_service(
        board,
        "absence_yearly",
        (*_ABSENCE, "working_days_lost", "working_days_available"),
        file_name="absence-by-part",
        scope=scope,
    )
    layout.definitions(
        board,
        "absence_yearly",
        (
            *_ABSENCE,
            "working_days_lost",
            "working_days_available",
            "stress_days_lost",
            "stress_share",
        ),
    )


def _absence_by_quarter(board: Board, known: Programme, period: Period) -> None:
    """The two shares each on a scale of its own: one is a twentieth, the other a third or a half."""
    every = board.service("absence_quarterly")
    quarters = [row for row in every if period.holds(row["day"])]
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    for series, title in _QUARTERLY:
        if not any(row.get(series.column) is not None for row in quarters):
            continue
        st.header(title, anchor=False)
        layout.service_figure(
            board,
            charts.lines(
                every,
                series=(series,),
                unit="rate",
                programme=known,
                period=period,
                description=words.describe_series(
                    f"Line chart of {title.lower()}",
                    quarters,
                    {series.column: series.name},
                    "rate",
                    marked,
                ),
                source=words.staff_source(board.release.synthetic, board.release.as_of),
                when="Quarter to",
            ),
            quarters[::-1],
            ("quarter_end", "absence_rate", "stress_share"),
            file_name=f"{series.column.replace('_', '-')}-by-quarter",
        )
    layout.hidden_note(quarters, ("absence_rate", "stress_share"))


def _caseload(board: Board, known: Programme, period: Period) -> None:
    st.header("Cases a worker", anchor=False)
    every = board.service("caseload_monthly")
    if not any(row.get("mean_caseload") is not None for row in every):
        st.markdown("Caseloads have not been taken in.")
        return
    months = [row for row in every if period.holds(row["day"])]
    if not months:
        st.markdown("No month of this period has a figure.")
        return
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    layout.service_figure(
        board,
        charts.months(
            every,
            column="mean_caseload",
            name=words.COLUMNS["mean_caseload"],
            unit="cases a worker",
            programme=known,
            period=period,
            description=words.describe_months(
                "Cases a worker",
                [row["day"] for row in months],
                [row["mean_caseload"] for row in months],
                "cases a worker",
                marked,
            ),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
            count="case_holders",
        ),
        months[::-1],
        ("month_end", "mean_caseload", "p90_caseload", "case_holders", "cases"),
        file_name="cases-a-worker",
    )
    st.caption(
        "Cases at each month end, divided by the full-time equivalents of those who hold any, "
        "agency workers included. " + words.funded(known.funded_from, known.funded_to)
    )
    layout.definitions(
        board, "caseload_monthly", ("mean_caseload", "p90_caseload", "case_holders", "cases")
    )


layout.page("Wellbeing", show)
