"""Which tables, rows and columns the board's file holds, and which of its cells are hidden.

The board's file has no team, no role and no person in it. At service scope, headcount, starters,
leavers, vacancies and their twelve-month figures are published as they are: that a colleague came
or left is known to all, and the Department for Education publishes ones and twos. What says more
than that (why people left, sickness, debriefs, answers to a survey, who came) is released by year, by
quarter or to date, and there small numbers are hidden:

- a count of 1 to 7, and one that leaves 1 to 7 of a total that is shown;
- a zero beside hidden cells of its row, which would otherwise say what the others are not;
- a rate or median of which a count is hidden, and a median of fewer than ten events;
- a survey result of fewer than eleven respondents, and shares of 0 % and 100 %;
- a figure to date that would give away a hidden year, or the years in its place (`_to_date_or_years`).

Below the service there are its social workers and the areas of `programme.yml`, by year alone, of at
least 70 people; their counts are rounded to the nearest 5 (`_below_the_service`).

In the monthly tables such columns stand empty, so that a table has the same columns everywhere.
A hidden cell is null with symbol ``c``, one that does not exist null with symbol ``x``.
"""

import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

HIDDEN = "c"
NOT_AVAILABLE = "x"
LARGEST_SMALL = 7
FEWEST_EVENTS_FOR_A_MEDIAN = 10
FEWEST_RESPONDENTS = 11
FEWEST_PEOPLE_OF_AN_AREA = 70
ROUNDED_TO = 5
# A hidden cell is never one of only two unknown parts of a shown total, nor the only one.
FEWEST_UNKNOWN_PARTS = 3
# What is left of an exact total when rounded parts are taken away must leave each of them its whole
# range, which is four wide: two below and two above the multiple of five.
HALF_A_RANGE = 2

SYMBOL_COMMENT = (
    "Why the value beside it is null: c, hidden so that nobody can be recognised; x, not available; "
    "null where it is shown."
)


@dataclass(frozen=True)
class Group:
    """Counts that are parts of one total, of which small ones and small remainders are hidden.

    ``total``: a column or expression. ``total_is_hidden``: whether the total itself is hidden where
    it is small, and its parts with it. ``is_whole``: the parts make up the total, so that one or two
    hidden ones could be worked out from the others. ``fewest``: the parts of a smaller total are
    hidden. ``adding``: those of the parts of which nobody is in two, so that they and a rest that is
    never shown add up to the total; all of them where it is None.
    """

    total: str
    parts: tuple[str, ...]
    total_is_hidden: bool = False
    is_whole: bool = False
    fewest: int = 0
    adding: tuple[str, ...] | None = None

    @property
    def exclusive(self) -> tuple[str, ...]:
        """The parts that add up to no more than the total."""
        return self.parts if self.adding is None else self.adding


@dataclass(frozen=True)
class Below:
    """What is told of the social workers and the areas, by year.

    ``counts``: rounded there, or hidden (people, FTE, days, sessions). ``rates``: for each rate its
    formula, in which ``{column}`` stands for the rounded count. Other columns are as they are.
    """

    counts: tuple[str, ...]
    rates: Mapping[str, str] = field(default_factory=dict)

    @property
    def ratios(self) -> dict[str, tuple[str, str]]:
        """{rate: the count above and the count below the line}."""
        return {
            rate: (above, below)
            for rate, (above, below) in (
                (rate, _parts_of(formula)) for rate, formula in self.rates.items()
            )
        }


@dataclass(frozen=True)
class Beside:
    """Counts that conditions need and the board's file does not hold: a relation, its key, its columns."""

    relation: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Release:
    """How one table of the board's file is made.

    ``source``: the relation it is taken from. ``columns``: those that are taken, all where empty.
    ``hidden``: empty in every row (or where ``hidden_where`` holds). ``conditions``: for each column,
    an SQL condition under which it is hidden; ``{flag:x}`` in it stands for "column x is hidden".
    ``by_year_and_to_date``: counts that another table releases for the other kind of period from the
    same relation, so that the two have to be judged together. ``summed``: counts that add
    up over time, which ``months``, a relation that the board's file withholds, has by month.
    ``moves_with``: the counts that must have
    grown by more than a small number before a later release shows new figures to date.
    """

    source: str
    rows: str = "true"
    columns: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    hidden_where: str = "true"
    groups: tuple[Group, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    beside: Beside | None = None
    by_year_and_to_date: tuple[str, ...] = ()
    months: str | None = None
    summed: tuple[str, ...] = ()
    moves_with: tuple[str, ...] = ()
    below: Below | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """What names a row of what is released by year or to date; empty for any other table."""
        if self.below:
            return ("year", *_KEYS)
        return ("period", *_KEYS) if "period" in self.columns else ()

    @property
    def counts(self) -> tuple[str, ...]:
        """The columns that count people, events or days and can be hidden, in no table of rates."""
        found = [name for group in self.groups for name in (group.total, *group.parts)]
        found += [*self.summed, *(self.below.counts if self.below else ())]
        return tuple(
            name for name in dict.fromkeys(found) if not self.columns or name in self.columns
        )

    @property
    def symbolled(self) -> tuple[str, ...]:
        """The columns that can be hidden, each of which has a symbol beside it."""
        found = [*self.hidden, *self.conditions]
        for group in self.groups:
            found += [group.total] if group.total_is_hidden else []
            found += group.parts
        if self.below:
            found += [*self.below.counts, *self.below.rates]
        return tuple(
            name for name in dict.fromkeys(found) if not self.columns or name in self.columns
        )


def _few(events: str) -> str:
    return f"coalesce({events}, 0) < {FEWEST_EVENTS_FOR_A_MEDIAN}"


def _small(count: str) -> str:
    """More than nothing, and under eight: FTE and days come in fractions, and sums with noise."""
    return f"({count}) between 0.000001 and {LARGEST_SMALL + 0.999999}"


def _small_part(part: str, total: str) -> str:
    return f"{_small(part)} or {_small(f'{total} - {part}')}"


_SERVICE = "scope_type = 'service'"
_BELOW = "scope_type <> 'service'"
_KEYS = ("scope_type", "scope_name")
_TOO_FEW_ANSWERS = f"responses < {FEWEST_RESPONDENTS}"
_SPEAKS_OF_EVERYONE = "{0} in (0, 1)"
# The shares of one score add up to 1, so where one of them is hidden the others would give it away.
_A_SHARE_SPEAKS_OF_EVERYONE = " or ".join(
    f"coalesce({_SPEAKS_OF_EVERYONE.format(share)}, false)"
    for share in ("share_low", "share_middle", "share_high")
)
_YEAR = "period_kind = 'year'"
_QUARTER = "period_kind = 'quarter'"
_TO_DATE = "period_kind = 'to_date'"

_RECRUITMENT_COUNTS = ("opened", "filled", "withdrawn")
_RECRUITMENT_MEDIANS = {
    "median_days_to_offer_12m": _few("offers_12m"),
    "median_days_to_start_12m": _few("starts_12m"),
}
_SIZES = ("share_under", "share_norm", "share_over_norm", "share_over_capacity")
# How many sessions of a size there were names nobody, so one or two of them are shown. But the heat
# map says which groups met: of a handful of sessions, or where all were of one size, a share would
# tell the size of a single group's session, which is not the board's to know.
_ONE_SIZE = " or ".join(f"{share} = 1" for share in _SIZES)
_FEW_OR_ALIKE = f"{_small('sessions_held')} or {_ONE_SIZE}"
_PARTICIPATION_CONDITIONS = {
    "attendance_rate": _small_part("attended", "invited"),
    "coverage_84d": _small_part("staff_reached_84d", "people"),
    **dict.fromkeys(_SIZES, _FEW_OR_ALIKE),
}
# By quarter there are no counts beside the rates; where there are, a hidden one hides its rate.
_PARTICIPATION_BESIDE_COUNTS = _PARTICIPATION_CONDITIONS | {
    "attendance_rate": "{flag:invited} or {flag:attended} or "
    + _PARTICIPATION_CONDITIONS["attendance_rate"],
    "coverage_84d": "{flag:staff_reached_84d} or " + _PARTICIPATION_CONDITIONS["coverage_84d"],
}
_PARTICIPATION_GROUPS = (
    Group("invited", ("attended",), total_is_hidden=True),
    Group("people", ("staff_reached_84d",)),
)
_PARTICIPATION_MEASURES = (
    "sessions_held", "sessions_cancelled", "attendance_rate", *_SIZES, "coverage_84d",
    "groups_active", "groups_on_cadence", "independent_facilitation_rate",
)  # fmt: skip
_PARTICIPATION_COUNTS = ("invited", "attended", "staff_reached_84d")

_DAYS_TO_HELD = (
    "held_within_3_days", "held_4_to_10_days", "held_11_to_28_days", "held_over_28_days",
)  # fmt: skip
_DEBRIEF_GROUPS = (
    Group(
        "requested",
        ("offered", "held", "declined"),
        total_is_hidden=True,
        adding=("held", "declined"),
    ),
    Group("held", _DAYS_TO_HELD, is_whole=True, fewest=FEWEST_EVENTS_FOR_A_MEDIAN),
    Group("staff_affected", (), total_is_hidden=True),
)
_DEBRIEF_COUNTS = (
    "requested", "offered", "held", "declined", "held_within_3_days", "median_days_to_held",
    "uptake_rate", "staff_affected", "staff_attended", "attendance_rate", "follow_up_rate",
)  # fmt: skip
_DEBRIEF_BY_YEAR_AND_TO_DATE = (
    "requested", "offered", "held", "declined", "held_within_3_days", "staff_affected",
)  # fmt: skip
_DEBRIEF_CONDITIONS = {
    "median_days_to_held": f"{{flag:held}} or {_few('held')}",
    "uptake_rate": "{flag:requested} or {flag:held}",
    "staff_attended": f"{{flag:held}} or {_small('staff_attended')}",
    "attendance_rate": "{flag:staff_attended} or "
    + _small_part("staff_attended", "round(staff_attended / nullif(attendance_rate, 0))"),
    "follow_up_rate": "{flag:held} or " + _small_part("round(follow_up_rate * held)", "held"),
}
_ABSENCE_GROUPS = (Group("working_days_lost", ("stress_days_lost",), total_is_hidden=True),)
_ABSENCE_CONDITIONS = {
    "absence_rate": "{flag:working_days_lost}",
    "stress_share": "{flag:working_days_lost} or {flag:stress_days_lost}",
}

# Of each table those monthly figures that stand in the board's file in every month as they are: the
# lines of a chart are made of all its points, and would give away a hidden one. Charts of the days
# between rare events show the day of each.
CHARTED = {
    "retention_monthly": ("starters", "leavers", "agency_rate"),
    "recruitment_monthly": ("vacancy_rate", "opened", "filled", "withdrawn"),
    "caseload_monthly": ("mean_caseload", "p90_caseload"),
    "participation_monthly": ("sessions_cancelled", "independent_facilitation_rate"),
}
_CHARTED_AS_SHOWN = " or ".join(
    f"(series = '{table}' and metric in {names})" for table, names in CHARTED.items()
)

# The share of debriefs that were offered would give away a count to date that its own table hides; days
# lost and answers are told by their tables' rules. Where there is no figure, as before the first file,
# nothing is hidden either.
_PRINCIPLE_6_TOLD_ELSEWHERE = (
    "value is not null and (indicator = 'debriefs_offered_share' "
    f"or (indicator in ('wellbeing_mean_score', 'survey_response_rate') and n < {FEWEST_RESPONDENTS}) "
    "or (indicator = 'survey_response_rate' and value in (0, 1)) "
    f"or (indicator = 'absence_rate' and coalesce(n, 0) <= {LARGEST_SMALL}))"
)

# A relation that is not named here is not in the board's file.
RELEASES: Mapping[str, Release] = {
    "retention_monthly": Release(
        source="marts.retention_monthly",
        rows=_SERVICE,
        hidden=("voluntary_leavers", "retirements", "transfers", "early_leavers_12m"),
    ),
    # Of figures that retention_monthly shows for the service as they are.
    "retention_windows": Release(source="intermediate.int_board__retention_windows"),
    "retention_yearly": Release(
        source="intermediate.int_board__retention",
        groups=(
            Group("leavers", ("voluntary_leavers", "retirements", "transfers")),
            Group("leavers", ("early_leavers_12m",)),
        ),
        below=Below(
            counts=(
                "headcount",
                "fte",
                "starters",
                "leavers",
                "voluntary_leavers",
                "retirements",
                "transfers",
                "unexplained_exits",
                "early_leavers_12m",
                "mean_headcount_12m",
            ),
            rates={"turnover_rate_12m": "{leavers} / nullif({mean_headcount_12m}, 0)"},
        ),
    ),
    "retention_yearly_dfe": Release(source="marts.retention_yearly_dfe"),
    "recruitment_monthly": Release(
        source="marts.recruitment_monthly",
        rows=_SERVICE,
        beside=Beside(
            "intermediate.int_recruitment__by_month",
            ("month_end", "scope_type", "scope_name"),
            ("offers_12m", "starts_12m"),
        ),
        conditions={
            "median_days_to_offer_12m": _few("offers_12m"),
            "median_days_to_start_12m": _few("starts_12m"),
            "median_age_open_days": _few("open_vacancies"),
        },
    ),
    "recruitment_quarterly": Release(
        source="intermediate.int_board__recruitment",
        rows=_QUARTER,
        columns=("quarter_end", *_KEYS, *_RECRUITMENT_COUNTS),
    ),
    "recruitment_yearly": Release(
        source="intermediate.int_board__recruitment",
        rows=_YEAR,
        columns=("year", *_KEYS, *_RECRUITMENT_COUNTS, *_RECRUITMENT_MEDIANS),
        conditions=_RECRUITMENT_MEDIANS,
        below=Below(counts=_RECRUITMENT_COUNTS),
    ),
    "recruitment_to_date": Release(
        source="intermediate.int_board__recruitment",
        rows=_TO_DATE,
        columns=("period", *_KEYS, *_RECRUITMENT_COUNTS, *_RECRUITMENT_MEDIANS),
        conditions=_RECRUITMENT_MEDIANS,
    ),
    "participation_monthly": Release(
        source="marts.participation_monthly",
        rows=_SERVICE,
        hidden=("invited", "attended", "attendance_rate", "staff_reached_84d", "coverage_84d"),
    ),
    "participation_quarterly": Release(
        source="intermediate.int_board__participation",
        rows=_QUARTER,
        columns=("quarter_end", *_KEYS, *_PARTICIPATION_MEASURES),
        conditions=_PARTICIPATION_CONDITIONS,
    ),
    "participation_yearly": Release(
        source="intermediate.int_board__participation",
        rows=_YEAR,
        columns=("year", *_KEYS, *_PARTICIPATION_COUNTS, *_PARTICIPATION_MEASURES),
        groups=_PARTICIPATION_GROUPS,
        conditions=_PARTICIPATION_BESIDE_COUNTS,
        by_year_and_to_date=("invited", "attended"),
        months="marts.participation_monthly",
        summed=("invited", "attended"),
        below=Below(
            counts=(*_PARTICIPATION_COUNTS, "people"),
            rates={
                "attendance_rate": "{attended} / nullif({invited}, 0)",
                "coverage_84d": "{staff_reached_84d} / nullif({people}, 0)",
            },
        ),
    ),
    "participation_to_date": Release(
        source="intermediate.int_board__participation",
        rows=_TO_DATE,
        columns=("period", *_KEYS, *_PARTICIPATION_COUNTS, *_PARTICIPATION_MEASURES),
        groups=_PARTICIPATION_GROUPS,
        conditions=_PARTICIPATION_BESIDE_COUNTS,
        by_year_and_to_date=("invited", "attended"),
        months="marts.participation_monthly",
        summed=("invited", "attended"),
        moves_with=("invited", "attended"),
    ),
    "programme_fidelity": Release(
        source="marts.programme_fidelity",
        hidden=("observed", "met", "n"),
        hidden_where="month_end is not null "
        "and promise in ('attended_6_to_8', 'none_over_12', 'coverage_84d')",
    ),
    "group_cadence": Release(source="marts.group_cadence"),
    "debrief_monthly": Release(
        source="marts.debrief_monthly", rows=_SERVICE, hidden=_DEBRIEF_COUNTS
    ),
    "debrief_yearly": Release(
        source="intermediate.int_board__debrief",
        rows=_YEAR,
        columns=("year", *_KEYS, *_DEBRIEF_COUNTS),
        groups=_DEBRIEF_GROUPS,
        conditions=_DEBRIEF_CONDITIONS,
        by_year_and_to_date=_DEBRIEF_BY_YEAR_AND_TO_DATE,
        months="marts.debrief_monthly",
        summed=(*_DEBRIEF_BY_YEAR_AND_TO_DATE, "staff_attended"),
        below=Below(
            counts=(
                "requested",
                "offered",
                "held",
                "declined",
                "held_within_3_days",
                "staff_affected",
                "staff_attended",
                "staff_affected_where_held",
                "followed_up",
            ),
            rates={
                "uptake_rate": "{held} / nullif({requested}, 0)",
                "attendance_rate": "{staff_attended} / nullif({staff_affected_where_held}, 0)",
                "follow_up_rate": "{followed_up} / nullif({held}, 0)",
            },
        ),
    ),
    "debrief_to_date": Release(
        source="intermediate.int_board__debrief",
        rows=_TO_DATE,
        columns=("period", *_KEYS, *_DEBRIEF_COUNTS, *_DAYS_TO_HELD[1:]),
        groups=_DEBRIEF_GROUPS,
        conditions=_DEBRIEF_CONDITIONS,
        by_year_and_to_date=_DEBRIEF_BY_YEAR_AND_TO_DATE,
        months="marts.debrief_monthly",
        summed=(*_DEBRIEF_BY_YEAR_AND_TO_DATE, "staff_attended"),
        moves_with=("requested", "held"),
    ),
    "wellbeing_wave": Release(
        source="marts.wellbeing_wave",
        rows=_SERVICE,
        hidden=("sd_score",),
        conditions={
            "responses": _TOO_FEW_ANSWERS,
            "mean_score": _TOO_FEW_ANSWERS,
            "lower_95": _TOO_FEW_ANSWERS,
            "upper_95": _TOO_FEW_ANSWERS,
            "response_rate": f"{_TOO_FEW_ANSWERS} or {_SPEAKS_OF_EVERYONE.format('response_rate')}",
            **{
                share: f"{_TOO_FEW_ANSWERS} or ({share} is not null and ({_A_SHARE_SPEAKS_OF_EVERYONE}))"
                for share in ("share_low", "share_middle", "share_high")
            },
        },
    ),
    "absence_monthly": Release(
        source="marts.absence_monthly",
        rows=_SERVICE,
        hidden=("working_days_lost", "stress_days_lost", "absence_rate", "stress_share"),
    ),
    "absence_quarterly": Release(
        source="intermediate.int_board__absence",
        rows=_QUARTER,
        columns=("quarter_end", *_KEYS, "absence_rate", "stress_share"),
        groups=_ABSENCE_GROUPS,
        conditions=_ABSENCE_CONDITIONS,
    ),
    "absence_yearly": Release(
        source="intermediate.int_board__absence",
        rows=_YEAR,
        months="marts.absence_monthly",
        summed=("working_days_lost", "stress_days_lost"),
        columns=(
            "year",
            *_KEYS,
            "working_days_lost",
            "stress_days_lost",
            "working_days_available",
            *_ABSENCE_CONDITIONS,
        ),
        groups=_ABSENCE_GROUPS,
        conditions=_ABSENCE_CONDITIONS,
        below=Below(
            counts=("working_days_lost", "stress_days_lost", "working_days_available"),
            rates={
                "absence_rate": "{working_days_lost} / nullif({working_days_available}, 0)",
                "stress_share": "{stress_days_lost} / nullif({working_days_lost}, 0)",
            },
        ),
    ),
    "caseload_monthly": Release(source="marts.caseload_monthly", rows=_SERVICE),
    "spc_points": Release(
        source="marts.spc_points",
        rows=f"{_SERVICE} and chart in ('xmr', 'u') and ({_CHARTED_AS_SHOWN})",
    ),
    # Of months that are shown as they are.
    "comparison_windows": Release(source="marts.comparison_windows"),
    # Of the whole service, of at least eleven answers a survey, and of people by whole years.
    "impact_its": Release(source="marts.impact_its", rows=_SERVICE),
    "impact_survival": Release(source="marts.impact_survival", rows=_SERVICE),
    "impact_survival_curve": Release(
        source="marts.impact_survival_curve",
        rows="is_for_board",
        beside=Beside(
            "intermediate.int_impact__survival_curve", ("group", "month"), ("is_for_board",)
        ),
    ),
    "impact_comparator": Release(source="marts.impact_comparator"),
    "impact_verdict": Release(source="marts.impact_verdict"),
    "principle_6": Release(
        source="marts.principle_6",
        conditions={"value": _PRINCIPLE_6_TOLD_ELSEWHERE, "n": _PRINCIPLE_6_TOLD_ELSEWHERE},
    ),
    "dfe_benchmark": Release(source="marts.dfe_benchmark"),
    "benchmark_standing": Release(source="marts.benchmark_standing"),
    "statistical_neighbours": Release(source="marts.statistical_neighbours"),
    "release_info": Release(source="marts.release_info"),
    "load_summary": Release(source="marts.load_summary"),
}


def select(
    release: Release,
    columns: Mapping[str, str],
    database: str,
    further: Mapping[str, str] | None = None,
) -> str:
    """The query that gives a relation's rows as the board may see them.

    columns: {name: DuckDB type} of the relation, in order. ``database``: where the relations are.
    ``further``: {count: SQL condition on its row} under which it is hidden beside all rules.
    """
    further = further or {}
    counts = _count_flags(release, further)
    query = _with_flags(_taken(release, database), counts)
    if release.by_year_and_to_date:
        query = _to_date_or_years(query, release)
    for group in release.groups:
        if group.is_whole and set(group.parts) <= set(release.columns or columns):
            query = _not_one_or_two_parts(query, group.parts)
    if release.below:
        query = _below_the_service(query, release.below.counts)
    rates = _condition_flags(release, counts, further)
    query = _with_flags(query, rates, counts)
    flagged = {**counts, **rates}
    shown = []
    for name in release.columns or columns:
        value = _value(release.below, name, columns)
        if name in flagged:
            flag = _flag(name)
            shown += [
                f"case when not {flag} then {value} end as {name}",
                f"case when {flag} then '{HIDDEN}' when {value} is null then '{NOT_AVAILABLE}' end "
                f"as {name}_symbol",
            ]
        else:
            # A curve's `group` is a word of SQL's own.
            shown.append(f'"{name}"')
    return f"select {', '.join(shown)} from ({query}) as judged where {release.rows}"


def _flag(name: str) -> str:
    return f'"{name} is hidden"'


def _with_flags(query: str, flags: Mapping[str, str], before: Iterable[str] = ()) -> str:
    """Add a flag for each test; one that is there already is raised by either test."""
    tests = {name: f"coalesce({test}, false)" for name, test in flags.items()}
    raised = [
        f"{_flag(name)} or {tests.pop(name)} as {_flag(name)}" for name in before if name in tests
    ]
    added = "".join(f", {test} as {_flag(name)}" for name, test in tests.items())
    replaced = f" replace ({', '.join(raised)})" if raised else ""
    return f"select *{replaced}{added} from ({query}) as released"


def _taken(release: Release, database: str) -> str:
    """The rows that are judged: those released, and those that have to be judged beside them."""
    rows = f"select * from {database}.{release.source}"
    if release.beside:
        beside = release.beside
        # A curve's `group` is a word of SQL's own.
        key = ", ".join(f'"{name}"' for name in beside.key)
        rows += (
            f" left join (select {key}, {', '.join(beside.columns)} "
            f"from {database}.{beside.relation}) using ({key})"
        )
    if not release.by_year_and_to_date:
        rows += f" where {release.rows}"
    if release.below:
        rows = f"select * from ({rows}) where {_BELOW} is not true or {_large_enough(database)}"
    return rows


def _large_enough(database: str) -> str:
    """Whether a scope below the service may have rows in a year.

    All areas of the year, and whoever is in none of them, are at least 70 people (or nobody is in
    none): who is left over can be worked out. The same for the social workers and the rest.
    """
    least = FEWEST_PEOPLE_OF_AN_AREA
    together = "over (partition by year, scope_type)"
    return f"""(year, scope_type) in (
        select (year, scope_type) from (
            select year, scope_type, min(headcount) {together} as smallest,
                max(headcount) filter (where {_SERVICE}) over (partition by year)
                - sum(headcount) {together} as left_over
            from {database}.intermediate.int_board__retention
        ) where smallest >= {least} and (left_over <= 0 or left_over >= {least})
    )"""


def _count_flags(release: Release, further: Mapping[str, str]) -> dict[str, str]:
    """{count: the SQL condition on its row under which it is hidden}."""
    flags = dict.fromkeys(release.hidden, release.hidden_where)
    for group in release.groups:
        if group.total_is_hidden:
            flags[group.total] = f"{_small(group.total)} or {further.get(group.total, 'false')}"
        inherited = flags.get(group.total, "false")
        own = {part: _small_part(part, group.total) for part in group.parts}
        any_hidden = " or ".join(f"coalesce({test}, false)" for test in own.values()) or "false"
        few = f"{group.total} > 0 and {group.total} < {group.fewest}"
        for part, test in own.items():
            flags[part] = (
                f"({inherited}) or {few} or {test} or ({part} = 0 and ({any_hidden})) "
                f"or {further.get(part, 'false')}"
            )
    for name in release.below.counts if release.below else ():
        flags[name] = (
            f"({flags.get(name, 'false')}) or ({_BELOW} and {_small(name)}) "
            f"or {further.get(name, 'false')}"
        )
    return flags


def _condition_flags(
    release: Release, counts: Collection[str], further: Mapping[str, str]
) -> dict[str, str]:
    """{rate or median: the SQL condition under which it is hidden}, after all counts are judged."""
    flags: dict[str, str] = {}
    for name, rule in release.conditions.items():
        condition = f"{rule} or {further[name]}" if name in further else rule
        for other, test in {**dict.fromkeys(counts, "false"), **flags}.items():
            raised = f"coalesce({test}, false)"
            flag = f"({_flag(other)} or {raised})" if other in counts else raised
            condition = condition.replace(f"{{flag:{other}}}", flag)
        flags[name] = condition
    for name, formula in release.below.rates.items() if release.below else ():
        made_of = " or ".join(_flag(part) for part in _parts_of(formula))
        flags[name] = f"({flags.get(name, 'false')}) or ({_BELOW} and ({made_of}))"
    return flags


def _parts_of(formula: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(formula) if name]


def _rounded(count: str) -> str:
    return f"round({count} / {ROUNDED_TO}.0) * {ROUNDED_TO}"


def _value(below: Below | None, name: str, columns: Mapping[str, str]) -> str:
    """What is shown of a column: as it is for the service, rounded or of rounded counts below it."""
    if below and name in below.counts:
        return f"case when {_BELOW} then ({_rounded(name)})::{columns[name]} else {name} end"
    if below and name in below.rates:
        parts = {part: f"({_rounded(part)})" for part in _parts_of(below.rates[name])}
        return f"case when {_BELOW} then {below.rates[name].format(**parts)} else {name} end"
    return name


def _to_date_or_years(query: str, release: Release) -> str:
    """Judge the service's years beside what is to date, which must not give a hidden year away.

    It would where only one or two years are hidden, where the sum of the hidden ones leaves one of
    them less than a range of four (`_keeps_a_range`), and where it has 1 to 7 more than all years.
    Then what costs fewer cells is hidden: the one figure to date, or else the one year that is
    shown, and every other. A year of which nothing can be hidden, since its total is a 0, is none.
    """
    totals = {part: group.total for group in release.groups for part in group.parts}
    service_years = f"{_YEAR} and {_SERVICE}"
    sums, replaced = [], []
    for name in release.by_year_and_to_date:
        flag, total = _flag(name), totals.get(name)
        years = f"{service_years} and {total} <> 0" if total else service_years
        is_small = f"{name} <= {LARGEST_SMALL}"
        others = f"({total or name} - {name})"
        sums.append(
            f"max({name}) filter (where {_TO_DATE}) over () "
            f'- sum({name}) filter (where {service_years}) over () as "{name} outside",'
            f'count(*) filter (where {years}) over () as "{name} years",'
            f"count(*) filter (where {years} and not {flag} and {name} <> 0) over () "
            f'as "{name} years shown",'
            f"count(*) filter (where {years} and {flag} and {is_small}) over () "
            f'as "{name} small years",'
            f"count(*) filter (where {years} and {flag} and not {is_small}) over () "
            f'as "{name} large years",'
            f"coalesce(sum(case when {is_small} then {name} else -{others} end) "
            f'filter (where {years} and {flag}) over (), 0) as "{name} known",'
            f'bool_or({flag}) filter (where {_TO_DATE}) over () as "{name} to date hidden"'
        )
        small, large = f'"{name} small years"', f'"{name} large years"'
        known = f'"{name} known"'
        outside = _small(f'abs("{name} outside")')
        safe = (
            f"{small} + {large} = 0 or ({small} + {large} >= {FEWEST_UNKNOWN_PARTS} "
            f"and {_keeps_a_range(small, large, known)} and {_keeps_a_range(large, small, f'-{known}')})"
        )
        goes = f'{outside} or "{name} years shown" <> 1 or "{name} years" < {FEWEST_UNKNOWN_PARTS}'
        replaced.append(
            f'{flag} or coalesce(not "{name} to date hidden" and ({outside} or not ({safe})) '
            f"and case when {goes} then {_TO_DATE} else {years} end, false) as {flag}"
        )
    return f"select * replace ({', '.join(replaced)}) from (select *, {', '.join(sums)} from ({query}))"


def _keeps_a_range(cells: str, others: str, difference: str) -> str:
    """Whether each of some cells of 1 to 7 can still be one of five numbers, or there are none.

    difference: what is known of them, their sum less that of ``others`` cells of 1 to 7: those that
    are hidden because all but 1 to 7 are in them.
    """
    largest = f"least({LARGEST_SMALL}, {difference} + {LARGEST_SMALL} * {others} - ({cells} - 1))"
    smallest = f"greatest(1, {difference} + {others} - {LARGEST_SMALL} * ({cells} - 1))"
    return f"({cells} = 0 or {largest} - {smallest} >= {2 * HALF_A_RANGE})"


def _not_one_or_two_parts(query: str, parts: Iterable[str]) -> str:
    """Hide all parts of a whole where one or two are hidden: the others would give them away."""
    hidden = " + ".join(f"{_flag(part)}::integer" for part in parts)
    few = f"({hidden}) between 1 and {FEWEST_UNKNOWN_PARTS - 1}"
    replaced = ", ".join(f"{_flag(part)} or {few} as {_flag(part)}" for part in parts)
    return f"select * replace ({replaced}) from ({query})"


def _below_the_service(query: str, counts: Iterable[str]) -> str:
    """Show a year's count for all scopes of one kind, or for none of them.

    So no hidden one can be worked out from the others. It is hidden where it is for any of them or
    for the service, where the service less one of them, or less all, is 1 to 7, and where the exact
    total of the service leaves a rounded count less than its range of four:

    with n scopes that are not empty (a 0 is shown as it is), e the error of rounding of each (-2 to
    2), d the service less the rounded sum and r the number in none of them, the errors add up to
    d - r. Where r is 0 and known to be, every error can be anything if |d| <= 2 (n - 1) - 2. Where r
    is 8 or more, which is all that is known of it, the largest error is possible if
    d - 8 >= 2 - 2 (n - 1); the smallest always is.
    """
    together = "over (partition by year, scope_type)"
    every, gathered, judged, replaced = "over (partition by year)", [], [], []
    for name in counts:
        flag, whole, spread = _flag(name), f'"{name} of the service"', HALF_A_RANGE
        gathered.append(
            f"max({name}) filter (where {_SERVICE}) {every} as {whole},"
            f'count(*) filter (where {name} <> 0) {together} as "{name} scopes",'
            f'sum({name}) {together} as "{name} of all",'
            f'sum({_rounded(name)}) {together} as "{name} rounded"'
        )
        scopes = f'"{name} scopes"'
        left_over, off = f'{whole} - "{name} of all"', f'{whole} - "{name} rounded"'
        room = (
            f"case when {left_over} <= {LARGEST_SMALL} "
            f"then abs({off}) <= {spread} * ({scopes} - 2) "
            f"else {off} >= {LARGEST_SMALL + 1} + {spread} * (2 - {scopes}) end"
        )
        judged.append(
            f"{flag} or coalesce({whole} <> 0 and ({_small(f'{whole} - {name}')} "
            f'or {_small(left_over)} or not ({room})), false) as "{name} stands out"'
        )
        replaced.append(
            f'case when {_BELOW} then bool_or("{name} stands out") {together} '
            f"or bool_or({flag}) filter (where {_SERVICE}) {every} else {flag} end as {flag}"
        )
    return (
        f"select * replace ({', '.join(replaced)}) from (select *, {', '.join(judged)} "
        f"from (select *, {', '.join(gathered)} from ({query})))"
    )
