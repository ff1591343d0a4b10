"""The frame that every page stands in: question, notices, answer, figures with their tables."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st
from altair.utils import schemapi

from dashboard import charts, data, downloads, icons, link, metrics, programme, rows, theme, words
from dashboard.downloads import Facts

# Altair checks each part of a chart as it is made, which takes longer than all the rest of a page.
# The charts are checked whole in the tests.
schemapi.disable_debug_mode()

# Which page is being drawn, and of which version: what its files are named by.
_drawn: ContextVar[Drawn] = ContextVar("drawn")
WHOLE_SERVICE = "Whole service"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Drawn:
    """The page that is being drawn: its title, and the version of the figures on it."""

    title: str
    version: str


def page(
    title: str,
    show: Callable[[data.Board, programme.Programme], None],
    without_board: Callable[[], None] | None = None,
) -> None:
    """Draw one page: its question as the only h1, what to know of the data, then the page itself.

    Without a readable board the page is a sentence that says so, and what to do, and whatever
    `without_board` can still say.
    """
    st.html(theme.CSS)
    asked = link.begin()
    st.title(words.QUESTIONS[title], anchor=False)
    warehouse_home = data.home()
    opening = data.open_board(warehouse_home)
    night = data.last_night(warehouse_home)
    now = datetime.now(UTC)
    if opening.problem:
        st.error(
            opening.problem
            + (
                f" The figures below are the last good ones, of version "
                f"{opening.board.release.version}."
                if opening.board
                else ""
            )
        )
    if opening.board is None:
        if without_board:
            without_board()
        return
    board = opening.board
    if board.release.synthetic:
        st.info(words.synthetic_notice(title))
    if night is None or night.is_stale(now):
        st.warning(words.stale(night.last_good_at if night else None, now))
    with st.container(key="as-at"):
        st.markdown(
            " · ".join(
                (
                    words.as_at(board.release.as_of)
                    if title != "Benchmarks"
                    else words.released(board.releases()),
                    words.published(board.release.built_at),
                    words.freshness(night.last_good_at if night else None, now),
                )
            )
        )
    misunderstood = st.container()
    known = programme.load()
    link.keep(asked, "period", [period.key for period in known.periods])
    link.keep(asked, "scope", scopes(board))
    _drawn.set(Drawn(title, board.release.version))
    try:
        show(board, known)
    except data.BoardUnreadable as fault:
        st.error(str(fault))
    if not link.is_understood(asked):
        misunderstood.warning(words.LINK_NOTE)


def answer(sentence: str) -> None:
    """The one generated sentence that answers the page's question."""
    with st.container(key="answer"):
        st.markdown(sentence)


def recall(key: str, options: Collection[str]) -> None:
    """Before a selection is drawn: take it up again as it was left, if the link doesn't say."""
    link.recall(key, options)


def remember(key: str) -> None:
    """After a selection is drawn: keep it, since Streamlit forgets it on a page without it."""
    link.remember(key)


def scopes(board: data.Board) -> list[str]:
    """The whole service, and the parts of it that the file shows on their own."""
    held = board.below_the_service("retention_yearly")
    return [WHOLE_SERVICE, *dict.fromkeys(words.scope_label(row) for row in held)]


def scope_filter(board: data.Board) -> str:
    """Choose the whole service or a part of it; it stays chosen across pages and in the link.

    Returns `WHOLE_SERVICE` or the name of a part, as `parts_of_the_service` takes it.
    """
    options = scopes(board)
    recall("scope", options)
    chosen = st.selectbox("Part of the service", options, key="scope", bind="query-params")
    remember("scope")
    if chosen != WHOLE_SERVICE:
        st.caption(words.PART_NOTE)
    return chosen


def period_filter(known: programme.Programme) -> programme.Period:
    """Choose a ready-made period; it stays chosen across pages and stands in the link."""
    options = {period.key: period for period in known.periods}
    recall("period", options)
    chosen = st.segmented_control(
        "Period",
        list(options),
        default="Whole record",
        required=True,
        key="period",
        bind="query-params",
        # Beside another choice on a narrow screen, the last period would be cut off.
        wrap=True,
    )
    remember("period")
    period = options.get(chosen or "", known.periods[0])
    st.caption(_period_words(period, known))
    return period


def _period_words(period: programme.Period, known: programme.Programme) -> str:
    if period.first is None and period.last is None:
        return (
            f"Every month in the file. Before, during and after the programme: funded from "
            f"{words.month(known.funded_from)}, ended {words.day(known.programme_end)}."
        )
    if period.first is None and period.last is not None:
        return f"Months up to {words.day(period.last)}, before the programme was funded."
    if period.last is None and period.first is not None:
        return f"Months from {words.day(period.first)} on, after the programme ended."
    assert period.first is not None
    assert period.last is not None
    return f"Months from {words.day(period.first)} to {words.day(period.last)}."


def figure(
    chart: alt.LayerChart,
    table: pd.DataFrame,
    raw: pd.DataFrame,
    *,
    file_name: str,
    synthetic: bool,
    as_of: str,
    symbols: str = "",
    source: str = "",
) -> None:
    """A chart, its table, and both as files.

    table: cells as people read them. raw: the same rows for the files, numbers as the mart has them.
    file_name: what is measured, in words with hyphens: the files' names and headings are made of it.
    symbols: what the symbols in the table mean; found in the table where it is not said. source: where
    the figures come from; the records of the service where it is not said.
    """
    specification = chart.to_dict(validate=False)
    st.vega_lite_chart(specification, theme=None, width="stretch")
    with st.expander("Show the figures"):
        st.dataframe(table, hide_index=True, width="stretch", alt=f"Table: {file_name}")
        explained = symbols or words.symbol_note(rows.symbols_in(table))
        if explained:
            st.caption(explained)
    about = _facts(raw, file_name=file_name, synthetic=synthetic, as_of=as_of, source=source)
    _buttons(raw, about, key=file_name, specification=specification)


def download(
    raw: pd.DataFrame,
    *,
    file_name: str,
    synthetic: bool,
    as_of: str,
    source: str = "",
    width: str = "stretch",  # noqa: ARG001 - the buttons are as wide as their words
) -> None:
    """Buttons for the rows of a table without a chart, as CSV and XLSX."""
    about = _facts(raw, file_name=file_name, synthetic=synthetic, as_of=as_of, source=source)
    _buttons(raw, about, key=file_name)


def _facts(raw: pd.DataFrame, *, file_name: str, synthetic: bool, as_of: str, source: str) -> Facts:
    drawn = _drawn.get(Drawn("", ""))
    return downloads.facts(
        raw,
        page=drawn.title,
        measure=file_name.replace("-", " ").capitalize(),
        source=source or words.records_of(programme.load().service),
        as_of=as_of,
        version=drawn.version,
        synthetic=synthetic,
    )


def _buttons(
    raw: pd.DataFrame, about: Facts, *, key: str, specification: dict[str, Any] | None = None
) -> None:
    """A button a file. Each file is made when its button is pressed, and not before."""
    made: list[tuple[str, str, Callable[[], bytes]]] = [
        ("csv", "text/csv", lambda: downloads.csv_bytes(raw, about)),
        ("xlsx", XLSX, lambda: downloads.xlsx_bytes(raw, about)),
    ]
    if specification is not None:
        made.append(("png", "image/png", lambda: downloads.png_bytes(specification, about)))
    with st.container(horizontal=True, gap="small", key=f"files-{key}"):
        for ending, mime, make in made:
            st.download_button(
                f"Download as {ending.upper()}",
                data=make,
                file_name=about.file_name(ending),
                mime=mime,
                key=f"{ending}-{key}",
                on_click="ignore",
            )


def service_figure(
    board: data.Board,
    chart: alt.LayerChart,
    shown: Sequence[dict[str, Any]],
    columns: Sequence[str],
    *,
    file_name: str,
) -> None:
    """A chart of the service's own records with its table, CSV and the symbols in them."""
    figure(
        chart,
        rows.table(shown, columns),
        rows.raw(shown, columns),
        file_name=file_name,
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
        symbols=words.symbol_note(rows.symbols(shown, columns)),
    )


def counts_figure(
    board: data.Board,
    shown: Sequence[dict[str, Any]],
    *,
    group: str,
    columns: dict[str, str],
    unit: str,
    what: str,
    table: Sequence[str],
    file_name: str,
) -> None:
    """Bars of some columns for each ``group``, with their figures, described by ``what`` they are."""
    service_figure(
        board,
        charts.counts(
            shown,
            group=group,
            columns=columns,
            unit=unit,
            description=words.describe_counts(what, group, shown, columns, unit),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
        ),
        shown,
        table,
        file_name=file_name,
    )


def scope_chosen(board: data.Board) -> str:
    """The part of the service that is chosen on this page, or was on another one."""
    chosen = st.session_state.get("scope", st.session_state.get("kept-scope"))
    return str(chosen) if chosen in scopes(board) else WHOLE_SERVICE


def parts_of_the_service(
    board: data.Board,
    table: str,
    columns: Sequence[str],
    *,
    file_name: str,
    scope: str = WHOLE_SERVICE,
) -> None:
    """The social workers and the areas by year, as a table; a sentence where there are none.

    scope: the one part that is chosen, or the whole service for all of them.
    """
    held = [
        {**row, "scope": words.scope_label(row)}
        for row in board.below_the_service(table)
        if scope in (WHOLE_SERVICE, words.scope_label(row))
    ]
    if not held:
        st.markdown(
            "No part of the service is large enough to be shown on its own, or none is named."
        )
        return
    shown = ("year", "scope", *columns)
    st.dataframe(
        rows.table(held, shown), hide_index=True, width="stretch", alt=f"Table: {file_name}"
    )
    download(
        rows.raw(held, ("year", "scope_type", "scope_name", *columns)),
        file_name=file_name,
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
    )
    note = words.symbol_note(rows.symbols(held, columns))
    st.caption(f"{words.AREAS_NOTE} {note}".strip())


def hidden_note(shown: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Said below a chart in which a figure is hidden, and not below the others."""
    if "c" in rows.symbols(shown, columns):
        st.caption(words.HIDDEN_NOTE)


def definitions(board: data.Board, table: str, columns: Sequence[str]) -> None:
    """What the measures of a section mean, in the words that the file carries."""
    definitions_of(board, {table: columns})


def definitions_of(board: data.Board, asked: Mapping[str, Sequence[str]]) -> None:
    """What measures of several tables mean, one click away: the file's words, else the registry's.

    A measure that stands in two of the tables is explained once.
    """
    lines: dict[str, str] = {}
    for table, columns in asked.items():
        meanings = board.meanings(table)
        for column in columns:
            meaning = meanings.get(column) or metrics.DEFINITIONS.get((table, column))
            if meaning:
                lines.setdefault(column, words.definition(table, column, meaning))
    with st.expander("What these measures mean"):
        st.markdown(
            "\n\n".join(lines.values())
            if lines
            else "The published file carries no definitions of these."
        )


def scorecard(
    caption: str,
    heads: Sequence[tuple[str, str]],
    lines: Sequence[tuple[str, Sequence[tuple[str | icons.Icon, str]]]],
    first: str = "Measure",
    strong: int | None = None,
) -> None:
    """A small table: each row a measure, each cell a figure and, under it, the people behind it.

    A figure may be an icon, whose meaning the second line says.
    heads: (name, second line) of each column, the last one being now. first: what the rows are.
    strong: the column that is set off, the last one unless said.
    """
    set_off = len(heads) - 1 if strong is None else strong

    def cell_class(i: int) -> str:
        return ' class="now"' if i == set_off else ""

    said = html.escape
    head = "".join(
        f'<th scope="col"{cell_class(i)}>{said(name)}<span class="n">{said(under)}</span></th>'
        for i, (name, under) in enumerate(heads)
    )
    body = ""
    for measure, cells in lines:
        body += f'<tr><th scope="row">{said(measure)}</th>'
        for i, (cell, n) in enumerate(cells):
            shown = cell.html if isinstance(cell, icons.Icon) else said(cell)
            label = ", ".join(part for part in heads[i] if part)
            body += (
                f'<td{cell_class(i)} data-label="{said(label)}">'
                f'<span class="figure">{shown}</span>'
                f'<span class="n">{said(n)}</span></td>'
            )
        body += "</tr>"
    st.html(
        f'<table class="scorecard"><caption>{said(caption)}</caption>'
        f'<thead><tr><th scope="col">{said(first)}</th>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def compare(
    board: data.Board,
    known: programme.Programme,
    *,
    compared: Sequence[str] = (),
    lines: Sequence[words.LatestOf] = (),
    file_name: str,
    of: str = "The whole service",
) -> None:
    """Before, during and after the programme, as a sentence and a table. of: whom it is about.

    compared: metrics of `comparison_windows`, the first of them said in the sentence. lines: measures that
    are published by quarter, year or wave.
    """
    st.header(f"Before, during and after {words.month(known.programme_end)}", anchor=False)
    held = [row for row in board.comparison() if row["metric"] in compared]
    windows = [(period.first, period.last) for period in known.periods[1:]]
    picked = [(line, words.last_of_each(line, windows)) for line in lines]
    if not held and not any(any(rows_) for _, rows_ in picked):
        st.markdown("Nothing that lies in one of the three windows has been published.")
        return
    if held:
        st.markdown(words.comparison_sentence(held, compared[0]))
    else:
        st.markdown(words.latest_of_sentence(*picked[0]))
    table = []
    for metric in compared:
        by_window = {row["window_name"]: row for row in held if row["metric"] == metric}
        if by_window:
            table.append(
                (
                    words.COMPARED[metric].label,
                    [
                        words.comparison_cell(by_window.get(window), by_window.get("before"))
                        for window in words.COMPARED_WINDOWS
                    ],
                )
            )
    table += [(line.label, words.latest_of_cells(line, rows_)) for line, rows_ in picked]
    scorecard(
        of,
        [
            (name, words.comparison_span(held, window) if held else words.window_words(first, last))
            for (name, window), (first, last) in zip(
                (("Before", "before"), ("During", "during"), ("After", "after")),
                windows,
                strict=True,
            )
        ],
        table,
        strong=1,
    )
    if held:
        columns = ("window_name", "metric", "first_month_end", "last_month_end", "months", "n",
                   "value", "change_since_before")  # fmt: skip
        download(
            rows.raw(held, columns),
            file_name=file_name,
            synthetic=board.release.synthetic,
            as_of=str(board.release.as_of),
        )
        with st.expander("What is compared here"):
            st.markdown(
                "\n\n".join(
                    f"**{words.COMPARED[metric].label}** (`{metric}`). {words.COMPARED[metric].means}"
                    for metric in compared
                )
            )
    st.caption(f"{words.LATEST_OF_NOTE if lines else ''} {words.CANNOT_TELL}".strip())


def in_years(rows_: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by year with the `day` on which each year ends: a year counts to the period of that day."""
    return [{**row, "day": date(row["year"], 12, 31)} for row in rows_]


def filters(board: data.Board, known: programme.Programme) -> tuple[programme.Period, str]:
    """Both choices side by side: the period, and the part of the service."""
    left, right = st.columns([3, 2])
    with left:
        period = period_filter(known)
    with right:
        scope = scope_filter(board)
    return period, scope
