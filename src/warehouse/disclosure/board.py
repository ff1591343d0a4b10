"""Which tables, rows and columns the board's file holds, and which of its cells are hidden.

The board's file has no team, no role and no person in it. At service scope, headcount, starters,
leavers, vacancies and their twelve-month figures are published as they are: that a colleague came
or left is known to all, and the Department for Education publishes ones and twos. What says more
than that (why people left, sickness, debriefs, answers to a survey, who came) is released by year, by
quarter or to date, and there small numbers are hidden:

- a count of 1 to 7, and one that leaves 1 to 7 of a total that is shown;
- a zero beside hidden cells of its row, which would otherwise say what the others are not;
- a rate or median of which a count is hidden, and a median of fewer than ten events;
- a survey result of fewer than eleven respondents, and shares of 0 % and 100 %.

In the monthly tables such columns stand empty, so that a table has the same columns everywhere.
A hidden cell is null with symbol ``c``, one that does not exist null with symbol ``x``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

HIDDEN = "c"
NOT_AVAILABLE = "x"
SMALL = "between 1 and 7"
FEWEST_EVENTS_FOR_A_MEDIAN = 10
FEWEST_RESPONDENTS = 11

SYMBOL_COMMENT = (
    "Why the value beside it is null: c, hidden so that nobody can be recognised; x, not available; "
    "null where it is shown."
)


@dataclass(frozen=True)
class Group:
    """Counts that are parts of one total, of which small ones and small remainders are hidden.

    ``total``: a column or expression. ``total_is_hidden``: whether the total itself is hidden where
    it is small, and its parts with it.
    """

    total: str
    parts: tuple[str, ...]
    total_is_hidden: bool = False


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
    """

    source: str
    rows: str = "true"
    columns: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    hidden_where: str = "true"
    groups: tuple[Group, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    beside: Beside | None = None

    @property
    def symbolled(self) -> tuple[str, ...]:
        """The columns that can be hidden, each of which has a symbol beside it."""
        found = [*self.hidden, *self.conditions]
        for group in self.groups:
            found += [group.total] if group.total_is_hidden else []
            found += group.parts
        return tuple(dict.fromkeys(found))


def _few(events: str) -> str:
    return f"coalesce({events}, 0) < {FEWEST_EVENTS_FOR_A_MEDIAN}"


def _small_part(part: str, total: str) -> str:
    return f"{part} {SMALL} or {total} - {part} {SMALL}"


_SERVICE = "scope_type = 'service'"
_TOO_FEW_ANSWERS = f"responses < {FEWEST_RESPONDENTS}"
_SPEAKS_OF_EVERYONE = "{0} in (0, 1)"
_DEBRIEF_GROUPS = (
    Group("requested", ("offered", "held", "declined"), total_is_hidden=True),
    Group("held", ("held_within_3_days",)),
    Group("staff_affected", (), total_is_hidden=True),
)
_DEBRIEF_COUNTS = (
    "requested", "offered", "held", "declined", "held_within_3_days", "median_days_to_held",
    "uptake_rate", "staff_affected", "staff_attended", "attendance_rate", "follow_up_rate",
)  # fmt: skip
_DEBRIEF_CONDITIONS = {
    "median_days_to_held": f"{{flag:held}} or {_few('held')}",
    "uptake_rate": "{flag:requested} or {flag:held}",
    "staff_attended": f"{{flag:held}} or staff_attended {SMALL}",
    "attendance_rate": "{flag:staff_attended} or "
    + _small_part("staff_attended", "round(staff_attended / nullif(attendance_rate, 0))"),
    "follow_up_rate": "{flag:held} or " + _small_part("round(follow_up_rate * held)", "held"),
}

# A relation that is not named here is not in the board's file.
RELEASES: Mapping[str, Release] = {
    "retention_monthly": Release(
        source="marts.retention_monthly",
        rows=_SERVICE,
        hidden=("voluntary_leavers", "retirements", "transfers", "early_leavers_12m"),
    ),
    "retention_yearly": Release(
        source="intermediate.int_board__retention_yearly",
        groups=(
            Group("leavers", ("voluntary_leavers", "retirements", "transfers")),
            Group("leavers", ("early_leavers_12m",)),
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
    "recruitment_quarterly": Release(source="intermediate.int_board__recruitment_quarterly"),
    "recruitment_yearly": Release(
        source="intermediate.int_board__recruitment_yearly",
        columns=(
            "year",
            "scope_type",
            "scope_name",
            "opened",
            "filled",
            "withdrawn",
            "median_days_to_offer_12m",
            "median_days_to_start_12m",
        ),
        conditions={
            "median_days_to_offer_12m": _few("offers_12m"),
            "median_days_to_start_12m": _few("starts_12m"),
        },
    ),
    "participation_monthly": Release(
        source="marts.participation_monthly",
        rows=_SERVICE,
        hidden=("invited", "attended", "attendance_rate", "staff_reached_84d", "coverage_84d"),
    ),
    "participation_quarterly": Release(
        source="intermediate.int_board__participation_quarterly",
        columns=(
            "quarter_end",
            "scope_type",
            "scope_name",
            "sessions_held",
            "sessions_cancelled",
            "attendance_rate",
            "share_under",
            "share_norm",
            "share_over_norm",
            "share_over_capacity",
            "coverage_84d",
            "groups_active",
            "groups_on_cadence",
            "independent_facilitation_rate",
        ),
        conditions={
            "attendance_rate": _small_part("attended", "invited"),
            "coverage_84d": _small_part(
                "staff_reached_84d", "round(staff_reached_84d / nullif(coverage_84d, 0))"
            ),
        },
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
        source="intermediate.int_board__debrief_yearly",
        groups=_DEBRIEF_GROUPS,
        conditions=_DEBRIEF_CONDITIONS,
    ),
    "debrief_to_date": Release(
        source="intermediate.int_board__debrief_to_date",
        groups=_DEBRIEF_GROUPS,
        conditions=_DEBRIEF_CONDITIONS,
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
                share: f"{_TOO_FEW_ANSWERS} or {_SPEAKS_OF_EVERYONE.format(share)}"
                for share in ("share_low", "share_middle", "share_high")
            },
        },
    ),
    "absence_monthly": Release(
        source="marts.absence_monthly",
        rows=_SERVICE,
        hidden=("working_days_lost", "stress_days_lost", "absence_rate", "stress_share"),
    ),
    "absence_yearly": Release(
        source="intermediate.int_board__absence_yearly",
        groups=(Group("working_days_lost", ("stress_days_lost",), total_is_hidden=True),),
        conditions={
            "absence_rate": "{flag:working_days_lost}",
            "stress_share": "{flag:working_days_lost} or {flag:stress_days_lost}",
        },
    ),
    "caseload_monthly": Release(source="marts.caseload_monthly", rows=_SERVICE),
    "dfe_benchmark": Release(source="marts.dfe_benchmark"),
    "statistical_neighbours": Release(source="marts.statistical_neighbours"),
    "release_info": Release(source="marts.release_info"),
    "load_summary": Release(source="marts.load_summary"),
}


def select(release: Release, columns: Mapping[str, str], database: str) -> str:
    """The query that gives a relation's rows as the board may see them.

    columns: {name: DuckDB type} of the relation, in order. ``database``: where the relations are.
    """
    flags = _flags(release)
    shown = []
    for name in release.columns or columns:
        if name in flags:
            flag = f'"{name} is hidden"'
            shown += [
                f"case when not {flag} then {name} end as {name}",
                f"case when {flag} then '{HIDDEN}' when {name} is null then '{NOT_AVAILABLE}' end "
                f"as {name}_symbol",
            ]
        else:
            shown.append(name)
    rows = f"select * from {database}.{release.source} where {release.rows}"
    if release.beside:
        beside = release.beside
        wanted = ", ".join((*beside.key, *beside.columns))
        rows = (
            f"select * from ({rows}) left join "
            f"(select {wanted} from {database}.{beside.relation}) using ({', '.join(beside.key)})"
        )
    tests = "".join(
        f', coalesce({test}, false) as "{name} is hidden"' for name, test in flags.items()
    )
    return f"select {', '.join(shown)} from (select *{tests} from ({rows}) as released) as judged"


def _flags(release: Release) -> dict[str, str]:
    """{column: the SQL condition under which it is hidden}, conditions on other flags written out."""
    flags = dict.fromkeys(release.hidden, release.hidden_where)
    for group in release.groups:
        whole = f"{group.total} {SMALL}"
        if group.total_is_hidden:
            flags[group.total] = whole
        inherited = flags.get(group.total, "false")
        own = {part: _small_part(part, group.total) for part in group.parts}
        any_hidden = " or ".join(f"coalesce({test}, false)" for test in own.values()) or "false"
        for part, test in own.items():
            flags[part] = f"({inherited}) or {test} or ({part} = 0 and ({any_hidden}))"
    for name, condition in release.conditions.items():
        for other, test in flags.items():
            condition = condition.replace(f"{{flag:{other}}}", f"coalesce({test}, false)")
        flags[name] = condition
    return flags
