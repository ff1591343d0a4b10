"""The sentences that the board reads, as pure functions of the figures.

Rates come in as fractions and go out as percentages. A figure never goes out without its period
and the number of people behind it, and no sentence says that the programme caused anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

QUESTIONS = {
    "Overview": "Is the programme working?",
    "Retention": "Are staff staying?",
    "Benchmarks": "How do we compare?",
}

SYMBOLS = {
    "c": "hidden so that no one can be recognised",
    "z": "not applicable",
    "x": "not available",
    "u": "too unreliable to publish",
    "low": "rounds to zero, but is not zero",
    "k": "rounds to zero, but is not zero",
}

LICENCE = "Contains public sector information licensed under the Open Government Licence v3.0."

# What the overview will answer for, and the table that each answer comes from.
MEASURES_BY_TABLE = {
    "recruitment_monthly": "vacancies and time to hire",
    "participation_monthly": "how many staff the supervision groups reach",
    "debrief_yearly": "debriefs offered and held",
    "wellbeing_wave": "wellbeing scores",
}

SOURCES = {
    "hr_staff": "Staff list",
    "hr_leavers": "Leaver records",
    "dfe_workforce": "The Department's workforce statistics",
}

COLUMNS = {
    "month_end": "Month end",
    "headcount": "Staff in post",
    "fte": "Staff in post (FTE)",
    "starters": "Starters",
    "leavers": "Leavers",
    "leavers_12m": "Leavers, 12 months",
    "turnover_rate_12m": "Turnover, 12 months",
    "stability_index_12m": "Stability, 12 months",
    "headcount_year_before": "In post a year before",
    "unexplained_exits": "Exits without a record",
    "unexplained_exits_12m": "Exits without a record, 12 months",
    "voluntary_leavers": "Resignations",
    "retirements": "Retirements",
    "transfers": "Transfers within the council",
    "early_leavers_12m": "Leavers in their first year, 12 months",
    "agency_headcount": "Agency workers",
    "agency_fte": "Agency workers (FTE)",
    "agency_rate": "Agency share of FTE",
    "year": "Year to 30 September",
    "turnover_rate_fte": "Turnover of FTE",
    "leavers_fte": "Leavers (FTE)",
    "inpost_fte": "In post on 30 September (FTE)",
    "leavers_headcount": "Leavers (people)",
    "inpost_headcount": "In post on 30 September (people)",
    "agency_rate_fte": "Agency share of FTE",
    "vacancy_rate_fte": "Vacancy rate (FTE)",
    "vacant_fte": "Vacant posts (FTE)",
}


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


def funded(first: date, last: date) -> str:
    """What the shaded band of a time chart is."""
    return f"Shaded: the months in which the programme was funded, {month(first)} to {month(last)}."


def percent(fraction: float) -> str:
    """0.149 -> '14.9%'."""
    return f"{fraction * 100:.1f}%"


def whole(count: float) -> str:
    """12345.0 -> '12,345'."""
    return f"{round(count):,}"


def value(number: float, unit: str) -> str:
    """A figure in its unit, as a person writes it."""
    if unit == "rate":
        return percent(number)
    if unit in {"people", "cases", "days"}:
        return whole(number)
    return f"{number:,.1f}"


def day(when: date | datetime) -> str:
    """31 December 2021."""
    return f"{when.day} {when:%B %Y}"


def short_day(when: date | datetime) -> str:
    """31 Jan 2020."""
    return f"{when.day} {when:%b %Y}"


def month(when: date | datetime) -> str:
    """December 2021."""
    return f"{when:%B %Y}"


def counted(count: float, one: str, many: str) -> str:
    """'1 person', '3 people', 'no people'."""
    number = round(count)
    if number == 0:
        return f"no {many}"
    return f"{number:,} {one if number == 1 else many}"


def people(count: float) -> str:
    """'1 person', '3 people', 'no people'."""
    return counted(count, "person", "people")


def symbol_note(symbols: Sequence[str]) -> str:
    """What the symbols in a table mean, each once; empty without any."""
    known = [s for s in dict.fromkeys(symbols) if s in SYMBOLS]
    return "; ".join(f"{s}: {SYMBOLS[s]}" for s in known) + ("." if known else "")


@dataclass(frozen=True)
class Reading:
    """The service at one month end. Rates are fractions; None where the file has none."""

    month_end: date
    headcount: int
    turnover: float | None = None
    leavers_12m: int | None = None
    stability: float | None = None
    headcount_year_before: int | None = None
    unexplained_12m: int | None = None
    agency_rate: float | None = None
    agency_headcount: int | None = None


def as_at(as_of: date | None) -> str:
    """How far the staff records reach: on every page but the benchmarks."""
    if as_of is None:
        return "No staff records have been taken in yet"
    return f"Staff figures as at **{day(as_of)}**"


def released(releases: Sequence[date]) -> str:
    """Which release of the Department's statistics the benchmarks are from."""
    if not releases:
        return "No release of the Department's statistics has been taken in yet"
    return f"Department for Education, release of **{day(max(releases))}**"


def published(built_at: datetime | None) -> str:
    """When the file was made."""
    return "date of publishing not known" if built_at is None else f"published {day(built_at)}"


def ago(hours: float) -> str:
    """A length of time, rounded down to hours, or to days from two days on."""
    if hours < 1:
        return "within the last hour"
    if hours < 48:
        return f"{counted(hours // 1, 'hour', 'hours')} ago"
    return f"{counted(hours // 24, 'day', 'days')} ago"


def freshness(last_good: datetime | None, now: datetime) -> str:
    """How long ago the nightly job last ended well."""
    if last_good is None:
        return "last good night not known"
    return f"last good night {ago((now - last_good).total_seconds() / 3600)}"


def stale(last_good: datetime | None, now: datetime) -> str:
    """The banner for a missed night."""
    if last_good is None:
        return (
            "**No night is known to have ended well.** These figures may be older than they look. "
            "Whoever runs the warehouse can see why with `warehouse status`."
        )
    hours = (now - last_good).total_seconds() / 3600
    return (
        f"**A night was missed.** The nightly job last ended well on {day(last_good)} at "
        f"{last_good:%H:%M} ({last_good.tzname()}), {ago(hours)}. The figures below are the last good ones. "
        "Whoever runs the warehouse can see why with `warehouse status`."
    )


def staff_source(synthetic: bool, as_of: date | None) -> str:
    """The line under a chart of staff, which goes wherever a picture of it goes."""
    kind = "Synthetic data" if synthetic else "Staff records"
    return f"{kind}, as at {short_day(as_of)}" if as_of else kind


def department_source(release: date) -> str:
    """The line under a chart of the Department's statistics."""
    return f"DfE, release of {short_day(release)}, OGL v3.0"


def synthetic_notice(page: str) -> str:
    """Said on every page while the file's own flag says that the staff are made up."""
    if page == "Benchmarks":
        return (
            "**Real figures on this page.** They are the Department for Education's published "
            "statistics. The staff records behind the other pages are synthetic: made up to show "
            "how the system works."
        )
    return (
        "**Synthetic data.** The staff records behind this page are made up to show how the "
        "system works. They describe no real person and say nothing about Southampton."
    )


def overview_answer(now: Reading | None, before: Reading | None, end: Reading | None) -> str:
    """The sentence at the top of the overview. It never claims an effect."""
    if now is None:
        return "There is nothing to judge by yet: no month of staff records has been published."
    if now.turnover is None or now.leavers_12m is None:
        return (
            f"It is too early to tell. {whole(now.headcount)} staff were in post on "
            f"{day(now.month_end)}; turnover needs a whole year of records."
        )
    start = (
        f"**These figures alone cannot tell.** In the 12 months to {day(now.month_end)}, "
        f"{people(now.leavers_12m)} left, {percent(now.turnover)} of average headcount."
    )
    parts = []
    if before is not None and before.turnover is not None and before.leavers_12m is not None:
        parts.append(
            f"{percent(before.turnover)} ({people(before.leavers_12m)}) in the 12 months to "
            f"{day(before.month_end)}, before the programme was funded"
        )
    if end is not None and end.turnover is not None and end.leavers_12m is not None:
        parts.append(
            f"{percent(end.turnover)} ({people(end.leavers_12m)}) in the 12 months to "
            f"{day(end.month_end)}, when it ended"
        )
    if parts:
        return f"{start} It was {', and '.join(parts)}."
    return f"{start} There is no earlier year in the file to set it beside."


WHY_NOT = (
    "**Small numbers.** With so few people leaving in a year, chance alone can move turnover by "
    "several percentage points from one year to the next.",
    "**Nothing to compare with.** The groups were open to the whole service, so no part of it "
    "shows what would have happened otherwise.",
    "**The pandemic.** The first lockdown came within two months of the programme's end, and "
    "may have changed who left and when.",
)


def month_changes(
    last: Reading, previous: Reading | None, starters: int, leavers: int, unexplained: int
) -> list[str]:
    """What changed in the latest month, one sentence each."""
    lines = [f"In {month(last.month_end)}, {people(starters)} started and {people(leavers)} left."]
    if previous is not None:
        moved = last.headcount - previous.headcount
        if moved == 0:
            lines.append(f"Headcount stayed at {whole(last.headcount)}.")
        else:
            lines.append(
                f"Headcount went from {whole(previous.headcount)} to {whole(last.headcount)}."
            )
        if last.turnover is not None and previous.turnover is not None:
            if percent(last.turnover) == percent(previous.turnover):
                lines.append(f"Turnover over 12 months stayed at {percent(last.turnover)}.")
            else:
                lines.append(
                    f"Turnover over 12 months went from {percent(previous.turnover)} "
                    f"to {percent(last.turnover)}."
                )
    if unexplained:
        ended = counted(unexplained, "post", "posts")
        lines.append(f"{ended[0].upper()}{ended[1:]} ended without a leaver record.")
    return lines


def received(
    source: str, latest: date | None, files: int, rows: int, set_aside: int, refused: int
) -> str:
    """What came of one source: how much was taken in, and what was not."""
    name = SOURCES.get(source, source.replace("_", " "))
    until = f", the latest as at {day(latest)}" if latest else ""
    return (
        f"**{name}**: {counted(files, 'file', 'files')}{until}, {counted(rows, 'row', 'rows')} "
        f"taken in; {counted(set_aside, 'row', 'rows')} set aside as faulty, "
        f"{counted(refused, 'file', 'files')} refused."
    )


def not_yet(tables: frozenset[str]) -> str:
    """Which measures of the question are not in the file yet; empty when all are."""
    missing = [name for table, name in MEASURES_BY_TABLE.items() if table not in tables]
    if not missing:
        return ""
    listed = missing[0] if len(missing) == 1 else ", ".join(missing[:-1]) + " and " + missing[-1]
    return (
        f"Not yet taken in: {listed}. They belong to this question, and it is not answered "
        "until they are here."
    )


def retention_answer(reading: Reading | None) -> str:
    """The sentence at the top of the retention page, for the last month of the chosen period."""
    if reading is None:
        return "No month of staff records has been published for this period."
    if reading.turnover is None or reading.leavers_12m is None:
        return (
            f"{whole(reading.headcount)} staff were in post on {day(reading.month_end)}. Turnover "
            "and stability need a whole year of records before that day."
        )
    said = (
        f"In the 12 months to {day(reading.month_end)}, **{people(reading.leavers_12m)} left**: "
        f"turnover was **{percent(reading.turnover)}** of average headcount."
    )
    if reading.stability is not None:
        of = (
            f"the {whole(reading.headcount_year_before)} people"
            if reading.headcount_year_before is not None
            else "the people"
        )
        said += f" Of {of} in post a year before, **{percent(reading.stability)}** were still here."
    return said


def unexplained_note(reading: Reading | None) -> str:
    """Said beside turnover wherever posts ended without a leaver record; empty if none did."""
    if reading is None or not reading.unexplained_12m:
        return ""
    number = reading.unexplained_12m
    them = "It" if number == 1 else "They"
    return (
        f"In the same 12 months {counted(number, 'post', 'posts')} ended without a leaver record. "
        f"{them} could not be counted as leaving, so turnover is too low by up to that many."
    )


def hidden_note(hidden: dict[str, str]) -> str:
    """What is held back from the monthly page, and why; empty if nothing is."""
    if not hidden:
        return ""
    names = [COLUMNS.get(column, column.replace("_", " ")).lower() for column in hidden]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return (
        f"Held back month by month: {listed}. So few people are behind each that a colleague "
        "could be recognised. A hidden figure is not a zero."
    )


DFE_TURNOVER_NOTE = (
    "Social workers only, by the Department's rule: leavers of the year divided by the staff in "
    "post **at its end**, in full-time equivalents. The turnover above divides by the **average** "
    "number of all staff through the year, so the two must not be set side by side."
)


def describe_months(
    name: str, days: Sequence[date], values: Sequence[float | None], unit: str, marks: str
) -> str:
    """A monthly line in words: ends, highest and lowest, with their months."""
    known = [(d, v) for d, v in zip(days, values, strict=True) if v is not None]
    if not known:
        return f"{name}: no month has a figure. {marks}"
    (first_day, first), (last_day, last) = known[0], known[-1]
    top_day, top = max(known, key=lambda pair: pair[1])
    low_day, low = min(known, key=lambda pair: pair[1])
    return (
        f"Line chart of {name.lower()}, {counted(len(known), 'month', 'months')} from "
        f"{month(first_day)} to {month(last_day)}. It starts at {value(first, unit)} and ends at "
        f"{value(last, unit)}; the highest is {value(top, unit)} in {month(top_day)}, the lowest "
        f"{value(low, unit)} in {month(low_day)}. {marks}"
    )


def describe_marks(marks: Sequence[tuple[str, date]]) -> str:
    """The days that a time axis marks, in words."""
    return "Marked: " + "; ".join(f"{label}, {day(when)}" for label, when in marks) + "."


def describe_flows(
    days: Sequence[date], starters: Sequence[int], leavers: Sequence[int], marks: str
) -> str:
    """Starters and leavers by month in words, with totals."""
    if not days:
        return "Starters and leavers: no month has a figure."
    return (
        f"Bar chart of starters above the line and leavers below it, "
        f"{counted(len(days), 'month', 'months')} from {month(days[0])} to {month(days[-1])}. "
        f"{people(sum(starters)).capitalize()} started and {people(sum(leavers))} left; the most "
        f"leavers in one month were {whole(max(leavers))}, in "
        f"{month(days[list(leavers).index(max(leavers))])}. {marks}"
    )


def describe_exits(days: Sequence[date], exits: Sequence[int], marks: str) -> str:
    """Unexplained exits by month in words."""
    if not days:
        return "Exits without a leaver record: no month has a figure."
    months = sum(1 for count in exits if count)
    return (
        f"Bar chart of posts that ended without a leaver record, by month from {month(days[0])} "
        f"to {month(days[-1])}: {whole(sum(exits))} in all, in "
        f"{counted(months, 'month', 'months')}. {marks}"
    )


def describe_years(name: str, years: Sequence[int], values: Sequence[float | None]) -> str:
    """Yearly rates in words, every one of them."""
    said = "; ".join(
        f"{year}: {'no figure' if rate is None else percent(rate)}"
        for year, rate in zip(years, values, strict=True)
    )
    return f"{name}, by year to 30 September. {said}."


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
