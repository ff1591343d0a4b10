"""Benchmarks: how do we compare?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, layout, link, rows, words
from dashboard.data import Board, Choice
from dashboard.programme import Programme

_FIRST = list(words.INDICATORS)


def _model_name(name: str) -> str:
    return f"{name} model" if name else "none known"


def _select(label: str, options: list[str], key: str, first: str = "") -> str:
    """A select box that stands in the link and is found again as it was left."""
    layout.recall(key, options)
    chosen = st.selectbox(
        label,
        options,
        index=options.index(first) if first in options else 0,
        key=key,
        bind="query-params",
    )
    layout.remember(key)
    return chosen


def _choose(board: Board, known: Programme) -> Choice:
    """The page's selections, each in the link as plain text; anything unknown falls away."""
    releases = board.releases()
    # The newest release, unless an older one was chosen below: what can be chosen follows from it.
    release = st.session_state.get("release", releases[0])
    if release not in releases:
        release = releases[0]
    councils = board.councils(release)
    home = known.old_la_code if known.old_la_code in councils else next(iter(councils))
    first, second = st.columns([3, 2])
    with second:
        names = {f"{name} ({code})": code for code, name in councils.items()}
        shown = {code: name for name, code in names.items()}
        council = names[_select("Council", list(names), "council", shown[home])]
    with first:
        held = board.indicators(release)
        order = [i for i in _FIRST if i in held] + [i for i in held if i not in _FIRST]
        labels = {words.indicator(name).label: name for name in order}
        indicator = labels[_select("Indicator", list(labels), "indicator")]
    models = board.neighbour_models(council) or [""]
    regions = board.regions(release) or [""]
    with st.expander("Whom to compare with"):
        layout.recall("neighbours", models)
        link.note("neighbours", [*models, *map(_model_name, models)])
        model = st.segmented_control(
            "Statistical neighbours",
            models,
            default=models[0],
            required=True,
            format_func=_model_name,
            key="neighbours",
            bind="query-params",
        )
        layout.remember("neighbours")
        st.caption(
            "Councils with a like population, by two models. The 2021 model is the nearer one to "
            "the programme's years; which one is chosen moves the comparison."
        )
        region = _select("Region", regions, "region", known.region)
        if len(releases) > 1:
            release = st.selectbox("Release", releases, format_func=words.day, key="release")
    kind = words.indicator(indicator)
    return Choice(release, indicator, council, region, model or models[0], kind.top, kind.bottom)


def show(board: Board, known: Programme) -> None:
    """The sentence, the lines, one year's order, the rank, and what the symbols mean."""
    if not board.releases():
        layout.answer(
            "The Department for Education's figures have not been taken in yet, so there is "
            "nothing to compare with."
        )
        return
    sentence = st.container()
    choice = _choose(board, known)
    kind = words.indicator(choice.indicator)
    lines = rows.records(board.benchmark_lines(choice))
    standing = {row["year"]: row for row in rows.records(board.standing(choice))}
    own = [row for row in lines if row["role"] == "council"]
    if not own:
        with sentence:
            layout.answer("This release holds no figure of that council for this indicator.")
        return
    years = sorted({row["year"] for row in lines})
    name = board.councils(choice.release)[choice.council]
    latest = _comparison(choice, name, own[-1]["year"], lines, standing)
    with sentence:
        layout.answer(words.benchmark_answer(latest))

    source = words.department_source(choice.release)
    st.header(kind.label, anchor=False)
    st.caption(
        f"{kind.meaning} Release of {words.day(choice.release)}, years {years[0]} to {years[-1]}."
    )
    drawn = _drawn(lines, standing, comparable=kind.unit in words.COMPARABLE)
    named: dict[str, list[tuple[int, float | None]]] = {}
    for row in drawn:
        if row["role"] != "neighbour":
            named.setdefault(row["name"], []).append((row["year"], row["value"]))
    marked = words.describe_marks([(mark.label, mark.day) for mark in known.marks])
    description = words.describe_comparison(latest, named, marked)
    symbols = words.symbol_note([row["symbol"] for row in lines if row["symbol"]])
    layout.figure(
        charts.benchmark(
            drawn, unit=kind.unit, programme=known, description=description, source=source
        ),
        _table(drawn, kind),
        _raw(drawn, choice),
        file_name=f"benchmark-{choice.indicator}",
        synthetic=False,
        as_of=str(choice.release),
        symbols=symbols,
        source=source,
    )
    notes = [
        "The thin grey lines are the statistical neighbours."
        if any(row["role"] == "neighbour" for row in lines)
        else "No statistical neighbours are known for this council.",
        ""
        if kind.unit in words.COMPARABLE
        else "England and the region are left out: their counts are many times a council's.",
        words.revision_note(
            [
                (row["release_as_of"], row["year"], row["published_value"])
                for row in rows.records(board.revised(choice))
            ],
            kind.unit,
        ),
        symbols,
        words.return_error_note(choice.council, choice.indicator, years[0], years[-1]),
    ]
    st.caption(" ".join(note for note in notes if note))

    st.header("One year, in order", anchor=False)
    link.note("year", years)
    year = st.selectbox(
        "Year to 30 September", years[::-1], key="year", bind="query-params", width=220
    )
    that = _comparison(choice, name, year, lines, standing)
    st.markdown(words.place_words(that, standing.get(year, {}).get("fewest_in_post") or 0))
    in_year = [row for row in drawn if row["year"] == year]
    ordered = sorted(in_year, key=lambda row: (row["value"] is None, row["value"] or 0.0))
    description = words.describe_ranking(
        kind.label, year, [(row["name"], _figure(row, kind.unit)) for row in ordered]
    )
    layout.figure(
        charts.ranking(in_year, unit=kind.unit, description=description, source=source),
        _table(ordered, kind),
        _raw(ordered, choice),
        file_name=f"benchmark-{choice.indicator}-{year}",
        synthetic=False,
        as_of=str(choice.release),
        symbols=symbols,
        source=source,
    )

    below = words.indicator(kind.bottom).label if kind.bottom else ""
    n = ("bottom_count", below[:1].lower() + below[1:], below[:1].lower() + below[1:])
    line = words.LatestOf(
        f"{kind.label}, {name}, last census",
        [{**row, "day": date(row["year"], 9, 30)} for row in own],
        "published_value",
        kind.unit,
        n if kind.bottom else None,
        by_year=True,
    )
    layout.compare(board, known, lines=[line], file_name="before-during-after", of=name)

    st.header("Where these figures come from", anchor=False)
    st.markdown(
        "Department for Education, *Children's social work workforce*, release of "
        f"{words.day(choice.release)}: a census of every local authority in England, counted on "
        "30 September. The turnover here divides by the social workers in post at the end of the "
        f"year; the Retention page divides by the average of all staff. {words.LICENCE}"
    )


def _comparison(
    choice: Choice,
    name: str,
    year: int,
    lines: list[dict[str, Any]],
    standing: dict[int, dict[str, Any]],
) -> words.Comparison:
    """One year of the chosen council beside its comparators."""
    in_year = {row["role"]: row for row in lines if row["year"] == year}
    own = in_year.get("council", {})
    stands = standing.get(year, {})
    return words.Comparison(
        council=name,
        indicator=choice.indicator,
        year=year,
        value=own.get("published_value"),
        symbol=own.get("symbol"),
        top_count=own.get("top_count"),
        bottom_count=own.get("bottom_count"),
        median=stands.get("neighbours_median"),
        median_n=stands.get("neighbours_with_figure") or 0,
        model=choice.model,
        region=choice.region,
        region_value=in_year.get("region", {}).get("published_value"),
        england_value=in_year.get("england", {}).get("published_value"),
        place=stands.get("place"),
        councils=stands.get("councils"),
    )


def _drawn(
    lines: list[dict[str, Any]], standing: dict[int, dict[str, Any]], *, comparable: bool
) -> list[dict[str, Any]]:
    """Rows for the charts: every area, and the neighbours' median as a line of its own.

    A region's or England's *count* is hundreds of times a council's, so it is left out: rates can
    be set side by side, counts can't.
    """
    out = [
        {
            "role": row["role"],
            "name": row["area_name"],
            "year": row["year"],
            "value": row["published_value"],
            "symbol": row["symbol"],
            "top_count": row["top_count"],
            "bottom_count": row["bottom_count"],
        }
        for row in lines
        if comparable or row["role"] not in {"region", "england"}
    ]
    for year, row in standing.items():
        if not row["neighbours_with_figure"]:
            continue
        out.append(
            {
                "role": "median",
                "name": "Neighbours' median",
                "year": year,
                "value": row["neighbours_median"],
                "symbol": None,
                "top_count": None,
                "bottom_count": row["neighbours_with_figure"],
            }
        )
    return out


def _figure(row: dict[str, Any], unit: str) -> str:
    if row["value"] is None:
        return row["symbol"] or "x"
    return words.value(row["value"], unit)


def _table(drawn: list[dict[str, Any]], kind: words.Indicator) -> pd.DataFrame:
    """The chart's figures as people read them, with the counts that a rate is made of."""
    columns: dict[str, list[str]] = {
        "Area": [row["name"] for row in drawn],
        "Year to 30 September": [str(row["year"]) for row in drawn],
        kind.label: [_figure(row, kind.unit) for row in drawn],
    }
    if kind.top:
        for side, key in ((kind.top, "top_count"), (kind.bottom, "bottom_count")):
            part = words.indicator(side)
            columns[part.label] = [
                "–"
                if row[key] is None or row["role"] == "median"
                else words.value(row[key], part.unit)
                for row in drawn
            ]
    return pd.DataFrame(columns)


def _raw(drawn: list[dict[str, Any]], choice: Choice) -> pd.DataFrame:
    """The same rows for a spreadsheet, numbers as published (rates as fractions)."""
    return pd.DataFrame(
        [
            {
                "release_as_of": choice.release,
                "year": row["year"],
                "area_name": row["name"],
                "indicator": choice.indicator,
                "value": row["value"],
                "symbol": row["symbol"],
            }
            for row in drawn
        ],
        dtype=object,
    )


layout.page("Benchmarks", show)
