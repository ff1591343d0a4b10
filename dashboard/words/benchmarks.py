"""Benchmarks: how do we compare?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.words.common import SYMBOLS, day, short_day, value

LICENCE = "Contains public sector information licensed under the Open Government Licence v3.0."


@dataclass(frozen=True)
class Indicator:
    """One of the Department's indicators: how to name it, and which counts a rate is made of."""

    label: str
    unit: str  # `rate` (a fraction), `fte`, `people`, `cases`, `days` or `cases a worker`
    meaning: str
    top: str = ""
    bottom: str = ""
    behind: str = ""  # the two counts in words, with {top} and {bottom}


INDICATORS = {
    "turnover_rate_headcount": Indicator(
        "Turnover of social workers",
        "rate",
        "Children's social workers who left in the year, divided by those in post at its end.",
        "leavers_headcount",
        "inpost_headcount",
        "{top} left; {bottom} in post at the end of the year",
    ),
    "turnover_rate_fte": Indicator(
        "Turnover of social workers (FTE)",
        "rate",
        "FTE of the social workers who left in the year, divided by the FTE in post at its end.",
        "leavers_fte",
        "inpost_fte",
        "{top} FTE left; {bottom} FTE in post at the end of the year",
    ),
    "vacancy_rate_fte": Indicator(
        "Vacancy rate",
        "rate",
        "Vacant FTE divided by vacant FTE and FTE in post together. A post that an agency worker "
        "covers counts as vacant.",
        "vacancy_fte",
        "inpost_fte",
        "{top} FTE vacant; {bottom} FTE in post",
    ),
    "agency_rate_fte": Indicator(
        "Agency share (FTE)",
        "rate",
        "FTE of agency workers divided by agency FTE and FTE in post together.",
        "agency_fte",
        "inpost_fte",
        "{top} FTE of agency workers; {bottom} FTE in post",
    ),
    "agency_rate_headcount": Indicator(
        "Agency share (people)",
        "rate",
        "Agency workers divided by agency workers and social workers in post together.",
        "agency_headcount",
        "inpost_headcount",
        "{top} agency workers; {bottom} social workers in post",
    ),
    "caseload_fte": Indicator(
        "Cases a social worker",
        "cases a worker",
        "Cases divided by the FTE of the social workers who hold any. Agency workers are counted.",
        "cases",
        "case_holders_fte",
        "{top} cases; {bottom} FTE of case holders",
    ),
    "absence_rate_fte": Indicator(
        "Sickness absence",
        "rate",
        "Working days lost to sickness divided by the working days of the FTE in post.",
        "working_days_lost_fte",
        "inpost_fte",
        "{top} working days lost; {bottom} FTE in post",
    ),
    "vacancy_agency_cover_rate_fte": Indicator(
        "Vacant posts covered by agency workers",
        "rate",
        "FTE of agency workers who cover a vacancy, divided by vacant FTE.",
        "agency_cover_fte",
        "vacancy_fte",
        "{top} FTE covering; {bottom} FTE vacant",
    ),
    "agency_cover_rate_fte": Indicator(
        "Agency workers who cover a vacancy",
        "rate",
        "FTE of agency workers who cover a vacancy, divided by the FTE of all agency workers.",
        "agency_cover_fte",
        "agency_fte",
        "{top} FTE covering; {bottom} FTE of agency workers",
    ),
    "inpost_headcount": Indicator(
        "Social workers in post", "people", "Children's social workers in post on 30 September."
    ),
    "inpost_fte": Indicator(
        "Social workers in post (FTE)", "fte", "Their full-time equivalents on 30 September."
    ),
    "starters_headcount": Indicator(
        "Social workers who started", "people", "People who started in the year."
    ),
    "starters_fte": Indicator(
        "Social workers who started (FTE)", "fte", "FTE of those who started in the year."
    ),
    "leavers_headcount": Indicator(
        "Social workers who left", "people", "People who left in the year."
    ),
    "leavers_fte": Indicator(
        "Social workers who left (FTE)", "fte", "FTE of those who left in the year."
    ),
    "vacancy_fte": Indicator(
        "Vacant posts (FTE)", "fte", "Vacant FTE on 30 September, whether or not advertised."
    ),
    "agency_headcount": Indicator(
        "Agency workers", "people", "Agency social workers on 30 September."
    ),
    "agency_fte": Indicator(
        "Agency workers (FTE)", "fte", "FTE of agency social workers on 30 September."
    ),
    "agency_cover_fte": Indicator(
        "Agency workers covering vacancies (FTE)", "fte", "FTE of those who cover a vacancy."
    ),
    "case_holders_fte": Indicator(
        "Case holders (FTE)", "fte", "FTE of social workers with at least one case."
    ),
    "cases": Indicator("Cases", "cases", "Cases held on 30 September."),
    "working_days_lost_fte": Indicator(
        "Working days lost to sickness", "days", "Working days lost in the year, by FTE."
    ),
}


# Units in which areas of any size can be set side by side.
COMPARABLE = frozenset({"rate", "cases a worker"})


def indicator(name: str) -> Indicator:
    """The indicator of that column name; one that is not known here keeps its own name."""
    known = INDICATORS.get(name)
    if known:
        return known
    return Indicator(name.replace("_", " "), "rate" if "_rate_" in name else "people", "")


def department_source(release: date) -> str:
    """The line under a chart of the Department's statistics."""
    return f"DfE, release of {short_day(release)}, OGL v3.0"


@dataclass(frozen=True)
class Comparison:
    """One council's newest figure beside its comparators'. Values in the indicator's own unit."""

    council: str
    indicator: str
    year: int
    value: float | None
    symbol: str | None
    top_count: float | None
    bottom_count: float | None
    median: float | None
    median_n: int
    model: str
    region: str
    region_value: float | None
    england_value: float | None
    place: int | None
    councils: int | None


def _gap(one: float, other: float, unit: str) -> str:
    """How far `one` lies from `other`, in words."""
    shown = round(abs(one - other) * 100, 1) if unit == "rate" else round(abs(one - other), 1)
    if shown == 0:
        return "the same as"
    name = {
        "rate": "percentage points",
        "people": "people",
        "cases": "cases",
        "days": "days",
        "fte": "FTE",
        "cases a worker": "cases a worker",
    }[unit]
    return f"{shown:,.1f} {name} {'above' if one > other else 'below'}"


def comparison_counts(said: Comparison) -> str:
    """The counts behind a rate, in brackets; empty for a count."""
    kind = indicator(said.indicator)
    if not kind.top or said.top_count is None or said.bottom_count is None:
        return ""
    counts = kind.behind.format(
        top=value(said.top_count, indicator(kind.top).unit),
        bottom=value(said.bottom_count, indicator(kind.bottom).unit),
    )
    return f" ({counts})"


def benchmark_answer(said: Comparison) -> str:
    """The sentence at the top of the benchmarks page: figure, gap and place."""
    kind = indicator(said.indicator)
    when = f"In the year to 30 September {said.year}"
    if kind.unit not in {"rate", "days"} and not said.indicator.startswith(("leavers", "starters")):
        when = f"On 30 September {said.year}"
    name = kind.label[0].lower() + kind.label[1:]
    if said.value is None:
        why = SYMBOLS.get(said.symbol or "x", "not available")
        return (
            f"{when}, the figure for {name} in **{said.council}** is not shown: {why}. "
            "The chart shows the years that have one."
        )
    text = (
        f"{when}, {name} in **{said.council}** was **{value(said.value, kind.unit)}**"
        f"{comparison_counts(said)}."
    )
    beside = []
    if said.median is not None:
        beside.append(
            f"{_gap(said.value, said.median, kind.unit)} the median of its statistical neighbours "
            f"({value(said.median, kind.unit)}; {said.median_n} with a figure, "
            f"{said.model} model)"
        )
    if kind.unit in COMPARABLE:
        others = []
        if said.region_value is not None:
            others.append(f"{said.region} was at {value(said.region_value, kind.unit)}")
        if said.england_value is not None:
            others.append(f"England at {value(said.england_value, kind.unit)}")
        if beside:
            text += f" That is {beside[0]}."
        if others:
            text += f" {' and '.join(others)}."
    elif beside:
        text += f" That is {beside[0]}."
    return text


def place_words(said: Comparison, minimum: int) -> str:
    """Where the council stands among all that can be ranked."""
    if said.place is None or said.councils is None:
        return (
            f"{said.council} is not ranked for {said.year}: it has no figure, or fewer than "
            f"{minimum} social workers in post."
        )
    return (
        f"{said.council} is number **{said.place} of {said.councils}** councils in {said.year}, "
        f"counted from the lowest figure. Councils with fewer than {minimum} social workers in "
        "post are left out, since one person moves their rates by whole percentage points."
    )


def revision_note(earlier: Sequence[tuple[date, int, float]], unit: str) -> str:
    """That history is revised, and what the release before said of the council's years.

    earlier: (release, year, figure) of each year that had another figure then.
    """
    note = "The Department revises earlier years with each release"
    if not earlier:
        return f"{note}."
    figures = [f"{value(figure, unit)} for {year}" for _, year, figure in earlier]
    listed = " and ".join([", ".join(figures[:-1]), figures[-1]] if figures[1:] else figures)
    return f"{note}: that of {day(earlier[0][0])} had {listed}."


def return_error_note(council: str, name: str, shown_from: int, shown_to: int) -> str:
    """What is known of a figure that the publisher kept though it can't be right."""
    if council != "852" or name not in {"absence_rate_fte", "working_days_lost_fte"}:
        return ""
    if not shown_from <= 2022 <= shown_to:
        return ""
    return (
        "Southampton's 2022 return gives 7 working days lost for 226.9 FTE. That is an error in "
        "the return which the publisher kept; read 2022 as missing."
    )


def describe_comparison(
    said: Comparison, lines: Mapping[str, Sequence[tuple[int, float | None]]], marks: str
) -> str:
    """The benchmark chart in words: each named line's first and last figure."""
    kind = indicator(said.indicator)
    parts = []
    for name, points in lines.items():
        known = [(year, number) for year, number in points if number is not None]
        if not known:
            parts.append(f"{name}: no figure")
            continue
        (first_year, first), (last_year, last) = known[0], known[-1]
        parts.append(
            f"{name}: {value(first, kind.unit)} in {first_year}, "
            f"{value(last, kind.unit)} in {last_year}"
        )
    return f"Line chart of {kind.label.lower()} by year. {'; '.join(parts)}. {marks}"


def describe_ranking(name: str, year: int, rows: Sequence[tuple[str, str]]) -> str:
    """The dot chart of one year in words: every area with its figure, as they are sorted."""
    listed = "; ".join(f"{area}: {figure}" for area, figure in rows)
    return f"Dot chart of {name.lower()} in {year}, lowest first. {listed}."
