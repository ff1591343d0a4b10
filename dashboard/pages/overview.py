"""Overview: is the programme working?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import streamlit as st

from dashboard import charts, instruments, layout, rows, signals, words
from dashboard.data import Board
from dashboard.programme import Programme
from dashboard.words import Reading

_COLUMNS = (
    "month_end",
    "turnover_rate_12m",
    "leavers_12m",
    "headcount",
    "unexplained_exits_12m",
)


_TOLD = (
    "release_number",
    "released_as_of",
    "series",
    "metric",
    "detail",
    "period",
    "value_shown",
    "value_now",
    "is_revised",
)


def _cells(reading: Reading | None) -> list[tuple[str, str]]:
    """The scorecard's four figures for one month end, each with the people behind it."""
    none = ("–", "not in the file")
    if reading is None:
        return [none, none, none, none]
    no_year = ("–", "needs a whole year of records")
    turnover = no_year
    if reading.turnover is not None and reading.leavers_12m is not None:
        turnover = (words.percent(reading.turnover), f"{words.people(reading.leavers_12m)} left")
        if reading.unexplained_12m:
            exits = words.counted(reading.unexplained_12m, "exit", "exits")
            turnover = (turnover[0], f"{turnover[1]}, and {exits} without a record")
    stability = no_year
    if reading.stability is not None:
        of = reading.headcount_year_before
        stability = (
            words.percent(reading.stability),
            f"of {words.whole(of)} in post a year before" if of is not None else "",
        )
    agency = ("–", "no figure")
    if reading.agency_rate is not None and reading.agency_headcount is not None:
        agency = (
            words.percent(reading.agency_rate),
            words.counted(reading.agency_headcount, "agency worker", "agency workers"),
        )
    return [(words.whole(reading.headcount), "people"), turnover, stability, agency]


_MISSING = ("–", "not in the file")


def _vacancies(board: Board, day: date) -> tuple[str, str]:
    row = next((r for r in board.service("recruitment_monthly") if r["day"] == day), None)
    if row is None or row["vacancy_rate"] is None:
        return _MISSING
    posts = words.counted(row["open_vacancies"], "post", "posts")
    return words.percent(row["vacancy_rate"]), f"{posts} vacant"


def _coverage(board: Board, day: date) -> tuple[str, str]:
    """Of the last whole quarter by that day, if that is no older than a quarter."""
    quarters = [
        row
        for row in board.service("participation_quarterly")
        if day - timedelta(days=92) < row["day"] <= day and row["sessions_held"]
    ]
    if not quarters:
        return ("–", "no session held")
    row = quarters[-1]
    sessions = words.counted(row["sessions_held"], "session", "sessions")
    return (
        words.value_or_symbol(row, "coverage_84d", "rate"),
        f"of all staff; {sessions} in the quarter to {words.short_day(row['day'])}",
    )


def _debriefs(board: Board, day: date) -> tuple[str, str]:
    """Of the calendar year that ends by that day: the figures of a running year would grow."""
    year = day.year if (day.month, day.day) == (12, 31) else day.year - 1
    row = next((r for r in board.service("debrief_yearly") if r["year"] == year), None)
    if row is None:
        return ("–", f"none requested in {year}")
    offered = words.value_or_symbol(row, "offered", "count")
    requested = words.value_or_symbol(row, "requested", "count")
    return (
        words.value_or_symbol(row, "held", "count"),
        f"offered: {offered}; requested: {requested}; {year}",
    )


def _wellbeing(board: Board, day: date) -> tuple[str, str]:
    """Of the latest wave of the year before that day, the first score of the file."""
    waves = [
        row
        for row in board.service("wellbeing_wave")
        if day - timedelta(days=365) < row["day"] <= day
    ]
    if not waves:
        return ("–", "no wave in the year before")
    first = (waves[0]["instrument"], waves[0]["subscale"])
    row = [r for r in waves if (r["instrument"], r["subscale"]) == first][-1]
    scored = words.value_or_symbol(row, "responses", "count")
    return (
        words.value_or_symbol(row, "mean_score", "score"),
        f"{instruments.scale(*first).label}; scored responses: {scored}, "
        f"{words.short_day(row['day'])}",
    )


_TOPICS: tuple[tuple[str, str, Callable[[Board, date], tuple[str, str]]], ...] = (
    ("recruitment_monthly", "Vacancy rate, on the day", _vacancies),
    ("participation_quarterly", "Coverage, latest quarter", _coverage),
    ("debrief_yearly", "Debriefs held, latest whole year", _debriefs),
    ("wellbeing_wave", "Wellbeing, latest wave", _wellbeing),
)


_COMPARED = ("turnover_a_year", "unexplained_a_year", "mean_headcount", "agency_rate",
             "vacancy_rate")  # fmt: skip


def _published(board: Board) -> list[words.LatestOf]:
    """The headline measures that are published by quarter, by year and by wave."""
    named, scores = instruments.first_measured(board.service("wellbeing_wave"))
    return [
        words.LatestOf(
            "Coverage, last quarter", board.service("participation_quarterly"), "coverage_84d",
            "rate", ("sessions_held", "session", "sessions"),
        ),
        words.LatestOf(
            "Debriefs held, last year", layout.in_years(board.service("debrief_yearly")), "held",
            "count", ("requested", "request", "requests"), by_year=True,
        ),
        words.LatestOf(
            f"{named}, last wave", scores, "mean_score", "score",
            ("responses", "scored response", "scored responses"),
        ),
    ]  # fmt: skip


def show(board: Board, known: Programme) -> None:
    """The answer, the measures then and now, turnover over time, and what changed last month."""
    months = rows.records(board.retention())
    before = rows.at(months, known.baseline_to)
    end = rows.at(months, known.programme_end)
    now = rows.reading(months[-1]) if months else None
    layout.answer(words.overview_answer(now, before, end))
    held = board.filled(words.MEASURES_BY_TABLE)
    missing = words.not_yet(held)
    if now is None:
        st.markdown(missing)
        return

    st.header("Then and now", anchor=False)
    columns = [_cells(before), _cells(end), _cells(now)]
    names = (
        "Staff in post, on the day",
        "Turnover, 12 months to the day",
        "Stability, 12 months to the day",
        "Agency share of FTE, on the day",
    )
    layout.scorecard(
        "The whole service. Staff are permanent and fixed-term; coverage counts agency workers too",
        [
            ("Before the programme", words.short_day(known.baseline_to)),
            ("At its end", words.short_day(known.programme_end)),
            ("Now", words.short_day(now.month_end)),
        ],
        [
            *((name, [column[i] for column in columns]) for i, name in enumerate(names)),
            *(
                (
                    name,
                    [
                        cell(board, day)
                        for day in (known.baseline_to, known.programme_end, now.month_end)
                    ],
                )
                for table, name, cell in _TOPICS
                if table in held
            ),
        ],
    )
    if missing:
        st.caption(missing)
    layout.definitions_of(
        board,
        {
            "retention_monthly": (
                "headcount", "turnover_rate_12m", "stability_index_12m", "agency_rate",
                "leavers_12m", "unexplained_exits",
            ),
            "retention_windows": ("unexplained_exits_12m",),
            "recruitment_monthly": ("vacancy_rate", "open_vacancies"),
            "participation_quarterly": ("coverage_84d", "sessions_held"),
            "debrief_yearly": ("requested", "offered", "held"),
            "wellbeing_wave": ("mean_score", "responses"),
        },
    )  # fmt: skip

    layout.compare(
        board, known, compared=_COMPARED, lines=_published(board), file_name="before-during-after"
    )

    st.header("Could we have seen a change?", anchor=False)
    findings = board.findings()
    if findings:
        st.markdown(words.impact_answer(board.verdict(), findings))
    signals.table(board, file_name="overview-signals")

    source = words.staff_source(board.release.synthetic, board.release.as_of)
    st.header("The programme in dates", anchor=False)
    dates = words.timeline(known, months[0]["day"], now.month_end)
    st.markdown("\n".join(f"- {line}" for line in dates))

    st.header("Turnover through the programme", anchor=False)
    period = layout.period_filter(known)
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    shown = [row for row in months if period.holds(row["day"])]
    description = words.describe_months(
        "Turnover over 12 months",
        [row["day"] for row in shown],
        [row["turnover_rate_12m"] for row in shown],
        "rate",
        marked,
    )
    layout.figure(
        charts.months(
            months,
            column="turnover_rate_12m",
            name=words.COLUMNS["turnover_rate_12m"],
            unit="rate",
            programme=known,
            period=period,
            description=description,
            source=source,
            count="leavers_12m",
        ),
        rows.table(shown[::-1], _COLUMNS),
        rows.raw(shown[::-1], _COLUMNS),
        file_name="overview-turnover",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
    )
    st.caption(
        "Each point covers the 12 months before it, so a change shows slowly over the year after. "
        + words.funded(known.funded_from, known.funded_to)
    )

    st.header("Why these figures cannot tell", anchor=False)
    st.markdown("\n".join(f"- {reason}" for reason in words.WHY_NOT))

    st.header("What changed in the last month", anchor=False)
    last = months[-1]
    previous = rows.reading(months[-2]) if len(months) > 1 else None
    changes = words.month_changes(
        now, previous, last["starters"], last["leavers"], last["unexplained_exits"] or 0
    )
    st.markdown("\n".join(f"- {line}" for line in changes))

    _told_before(board)

    loads = rows.records(board.loads())
    if loads:
        st.header("What these figures rest on", anchor=False)
        st.markdown(
            words.about_answer(loads, board.release.as_of)
            + " The page About the data lists them source by source."
        )


def _told_before(board: Board) -> None:
    """The headline figures of earlier releases beside what they are now."""
    told = board.told_before()
    if not told:
        return
    st.header("What we told you before", anchor=False)
    newest = max(row["release_number"] for row in told)
    earlier = [row for row in told if row["release_number"] < newest]
    st.markdown(words.told_answer(earlier))
    if not earlier:
        return
    said = [
        {
            "released": words.month(row["day"]) if row["day"] else "–",
            "headline": words.headline_name(row),
            "period": row["period"],
            "told_then": words.headline_value(row, "value_shown"),
            "told_now": words.headline_value(row, "value_now"),
            "revised": words.revised_words(row),
        }
        for row in earlier
    ]
    st.dataframe(
        rows.table(said, ("released", "headline", "period", "told_then", "told_now", "revised")),
        hide_index=True,
        width="stretch",
        alt="Table: headline figures as they were told, and as they are now",
    )
    layout.download(
        rows.raw(earlier, _TOLD),
        file_name="what-we-told-you-before",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
        width="content",
    )
    st.caption(words.TOLD_NOTE)


layout.page("Overview", show)
