"""Which figures are drawn as control charts, as which, and where their limits begin anew.

The chart follows from the metric's kind in the registry: `xmr` for a measurement, `u` for a count per
exposure, `g` for a rare event. What no chart fits is named here with the reason.

Everything heavy is imported when points are made, since the command line reads this module too.
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from warehouse.errors import BadConfiguration
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

# The tables whose figures are charted, and the column of their points' dates. Not the debriefs' shares
# and medians: of one or two debriefs in a month a share is 0 or 1, whatever happens.
TABLES = {
    "retention_monthly": "month_end",
    "recruitment_monthly": "month_end",
    "absence_monthly": "month_end",
    "caseload_monthly": "month_end",
    "participation_monthly": "month_end",
    "absence_quarterly": "quarter_end",
    "participation_quarterly": "quarter_end",
}
# What a count is counted per: the sum of columns of the same table, or the month or quarter itself.
ONE_PERIOD: tuple[str, ...] = ()
_PLANNED = ("sessions_held", "sessions_cancelled")
EXPOSURES = {
    ("retention_monthly", "starters"): ("headcount",),
    ("retention_monthly", "leavers"): ("headcount",),
    ("retention_monthly", "voluntary_leavers"): ("headcount",),
    ("recruitment_monthly", "opened"): ONE_PERIOD,
    ("recruitment_monthly", "filled"): ONE_PERIOD,
    ("recruitment_monthly", "withdrawn"): ONE_PERIOD,
    ("participation_monthly", "sessions_cancelled"): _PLANNED,
    ("participation_quarterly", "sessions_cancelled"): _PLANNED,
}
# Stocks: nearly all of them are still there a month later, so that neighbouring points share their data
# as those of a rolling figure do. In the demonstration 93 % of the points of staff in post would be
# special causes. Their rates stay, as boards know them charted.
STOCKS = frozenset(
    {
        ("retention_monthly", "headcount"),
        ("retention_monthly", "fte"),
        ("retention_monthly", "agency_headcount"),
        ("retention_monthly", "agency_fte"),
        ("recruitment_monthly", "open_vacancies"),
        ("recruitment_monthly", "vacant_fte"),
        ("recruitment_monthly", "agency_covered_fte"),
        ("recruitment_monthly", "median_age_open_days"),
        ("absence_monthly", "working_days_available"),
        ("caseload_monthly", "case_holders"),
        ("caseload_monthly", "cases"),
        ("participation_monthly", "groups_active"),
        ("participation_monthly", "groups_on_cadence"),
        ("participation_quarterly", "groups_active"),
        ("participation_quarterly", "groups_on_cadence"),
    }
)
# Groups meet by a timetable, so that the number of sessions is planned and varies less than chance.
PLANNED = frozenset(
    {("participation_monthly", "sessions_held"), ("participation_quarterly", "sessions_held")}
)
# Counts that come in lumps: one absence is many days, one session many people. Limits that suppose
# single events would call their common causes special; their rates are charted instead.
IN_LUMPS = frozenset(
    {
        ("retention_monthly", "leavers_fte"),
        ("absence_monthly", "working_days_lost"),
        ("absence_monthly", "stress_days_lost"),
        ("participation_monthly", "invited"),
        ("participation_monthly", "attended"),
    }
)
NOT_CHARTED = STOCKS | PLANNED | IN_LUMPS
# The rare events whose days are known, `int_impact__rare_events`.
RARE_EVENTS = frozenset(
    {
        ("retention_monthly", "retirements"),
        ("retention_monthly", "transfers"),
        ("retention_monthly", "unexplained_exits"),
        ("debrief_monthly", "requested"),
        ("debrief_monthly", "offered"),
        ("debrief_monthly", "held"),
        ("debrief_monthly", "declined"),
    }
)
# Below the service, where a month has less than one event on average, limits of a count mean nothing.
FEWEST_EVENTS_A_POINT = 1.0

KEYS = ["metric", "scope_type", "scope_name", "chart"]
COLUMNS = [
    *KEYS, "series", "date", "value", "segment", "mean", "lower_limit", "upper_limit", "special_cause",
    "side", "point_type", "trial_limits", "point", "rebase_reason",
]  # fmt: skip

_CHARTS = {"measurement": "xmr", "count_per_exposure": "u", "rare_event": "g"}
_OTHER_WAY = {"increase": "decrease", "decrease": "increase", "neutral": "neutral"}
# Between the parts of a series' name; it stands in no name of a team or role.
_BETWEEN = "\x1f"


@dataclass(frozen=True)
class Chart:
    """How one metric of one table is charted. `exposure`: see EXPOSURES; None but for a u-chart."""

    series: str
    metric: str
    chart: str
    improvement: str
    is_share: bool
    exposure: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Rebase:
    """From this day on the limits of a metric (`table.column`) begin anew, and why."""

    metric: str
    on: date
    reason: str


def is_rolling(table: str, metric: str) -> bool:
    """Whether neighbouring points share data, so that one event makes a run of many.

    A window of 84 days is shorter than a quarter, so a quarter's ends share none of it.
    """
    return "_12m" in metric or ("_84d" in metric and TABLES.get(table) == "month_end")


def charts(registry: Path) -> list[Chart]:
    """The chart of each metric that has one, from the CSV of the registry, in its order."""
    found = []
    with registry.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            key = (row["mart"], row["metric"])
            chart = _CHARTS[row["kind"]]
            is_charted = key in RARE_EVENTS if chart == "g" else row["mart"] in TABLES
            if not is_charted or is_rolling(*key) or key in NOT_CHARTED:
                continue
            found.append(
                Chart(
                    *key,
                    chart=chart,
                    # Of rare events days are charted: the more between them, the fewer they are.
                    improvement=_OTHER_WAY[row["direction"]] if chart == "g" else row["direction"],
                    is_share=row["unit"] == "share",
                    exposure=EXPOSURES[key] if chart == "u" else None,
                )
            )
    return found


def rebases(settings: Settings) -> list[Rebase]:
    """What `programme.yml` says under `rebases`; none where it says nothing.

    Raises BadConfiguration for one that lacks its metric, date or reason, names a metric that is not
    charted, or stands twice.
    """
    stated = settings.programme().get("rebases") or []
    if not isinstance(stated, list):
        _refuse("has to be a list, each with metric, date and reason")
    if not stated:
        return []
    registry = settings.dbt_project / "metrics.csv"
    known = {f"{chart.series}.{chart.metric}" for chart in charts(registry)}
    found: list[Rebase] = []
    for one in stated:
        if not isinstance(one, dict) or set(one) != {"metric", "date", "reason"}:
            _refuse("has to give each rebase a metric, a date and a reason, and nothing else")
        if one["metric"] not in known:
            _refuse(
                "names a metric that is not charted; docs/metrics.md lists them as table.metric"
            )
        if not isinstance(one["date"], date) or isinstance(one["date"], datetime):
            _refuse("has a date that is none; write it as 2020-03-31")
        if not isinstance(one["reason"], str) or not one["reason"].strip():
            _refuse("lacks a reason; without one, limits that move would hide a change")
        found.append(Rebase(one["metric"], one["date"], " ".join(one["reason"].split())))
    if len({(one.metric, one.on) for one in found}) < len(found):
        _refuse("gives one metric and date twice")
    return found


def _refuse(what: str) -> NoReturn:
    raise BadConfiguration(
        f"programme.yml: 'rebases' {what}. Nothing was published. Correct it and run again."
    )


def as_json(stated: Iterable[Rebase]) -> str:
    """Rebases as text, as the build hands them to dbt."""
    return json.dumps([[one.metric, one.on.isoformat(), one.reason] for one in stated])


def from_json(text: str) -> list[Rebase]:
    """The rebases that `as_json` wrote."""
    return [
        Rebase(metric, date.fromisoformat(on), reason) for metric, on, reason in json.loads(text)
    ]


def points(
    tables: Mapping[str, pd.DataFrame],
    events: pd.DataFrame,
    wanted: Iterable[Chart],
    stated: Iterable[Rebase] = (),
) -> pd.DataFrame:
    """Every point of every chart.

    tables: by name as in TABLES, each with the date column, `scope_type`, `scope_name` and the
    metrics. events: `series` (table), `metric`, `scope_type`, `scope_name`, `event_date`, one row a
    rare event and scope. wanted: what to chart. stated: where limits begin anew; a date between two
    points means the later one, and one after the last point means nothing yet.

    Gives COLUMNS: the columns of `statistics.control_chart`, in which `series` is the table, led by
    the metric, scope and chart, followed by `point`, the number of the point in its chart from 1, and
    `rebase_reason`, that of its segment. A scope without a single value has no chart.
    """
    import pandas as pd

    stated = list(stated)
    found = [
        made for chart in wanted for made in [_of_chart(chart, tables, events, stated)] if len(made)
    ]
    if not found:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    together: pd.DataFrame = pd.concat(found, ignore_index=True)
    together.attrs = {}
    return together


def _of_chart(
    chart: Chart, tables: Mapping[str, pd.DataFrame], events: pd.DataFrame, stated: list[Rebase]
) -> pd.DataFrame:
    import pandas as pd

    from warehouse.statistics import control_chart

    own = [one for one in stated if one.metric == f"{chart.series}.{chart.metric}"]
    if chart.chart == "g":
        here = events[(events["series"] == chart.series) & (events["metric"] == chart.metric)]
        day = "event_date"
    else:
        here, day = tables[chart.series], TABLES[chart.series]
        if chart.series.startswith("participation_"):
            here = _since_the_first_session(here, day)
    scope = here["scope_type"].str.cat(here["scope_name"], sep=_BETWEEN)
    frame = pd.DataFrame({"day": pd.to_datetime(here[day]), "scope": scope})
    dates = [pd.Timestamp(one.on) for one in own]
    with warnings.catch_warnings():
        # The column trial_limits says it of each point.
        warnings.filterwarnings("ignore", ".*trial limits", UserWarning)
        # A rebase may lie outside the days of one scope's few events.
        warnings.filterwarnings("ignore", "Nothing was rebased", UserWarning)
        if chart.chart == "g":
            made = control_chart.g_chart(
                frame,
                event_date="day",
                series="scope",
                improvement=chart.improvement,
                rebase=dates,
            )
        elif chart.chart == "u":
            frame["count"] = here[chart.metric].astype("float64")
            frame["exposure"] = _exposure(here, chart)
            frame = _with_enough_events(frame)
            made = control_chart.u_chart(
                frame,
                date="day",
                count="count",
                exposure="exposure",
                series="scope",
                improvement=chart.improvement,
                rebase=_firsts(frame, dates),
            )
        else:
            frame["value"] = here[chart.metric].astype("float64")
            frame = frame[frame.groupby("scope")["value"].transform("count") > 0]
            made = control_chart.xmr(
                frame,
                date="day",
                value="value",
                series="scope",
                improvement=chart.improvement,
                rebase=_firsts(frame, dates),
                bounds=_bounds(chart, frame["value"]),
            )
    # The icons say nothing that the rows do not, and pandas copies them at every step.
    made.attrs = {}
    return _as_rows(chart, made, own)


def _exposure(here: pd.DataFrame, chart: Chart) -> pd.Series[float]:
    if not chart.exposure:
        return here[chart.metric].astype("float64").notna().map({True: 1.0, False: float("nan")})
    exposure = here[list(chart.exposure)].astype("float64").sum(axis="columns", skipna=False)
    # A month in which nobody was there has no rate.
    return exposure.where(exposure > 0)


def _since_the_first_session(table: pd.DataFrame, day: str) -> pd.DataFrame:
    """Without what was before the programme: its beginning is known, and no signal of anything."""
    began = table.loc[table["sessions_held"] > 0, day].min()
    since: pd.DataFrame = table[table[day] >= began]
    return since


def _with_enough_events(frame: pd.DataFrame) -> pd.DataFrame:
    by_scope = frame.groupby("scope")["count"]
    is_service = frame["scope"].str.startswith(f"service{_BETWEEN}")
    enough = is_service | (by_scope.transform("mean") >= FEWEST_EVENTS_A_POINT)
    known = (frame["count"] / frame["exposure"]).groupby(frame["scope"]).transform("count") > 0
    return frame[enough & known]


def _bounds(chart: Chart, values: pd.Series[float]) -> tuple[float | None, float | None]:
    """What a figure of this unit cannot be beyond, and is not."""
    low = 0.0 if not (values < 0).any() else None
    # Days lost of a person who works two days a week can be more than their days.
    high = 1.0 if chart.is_share and not (values > 1).any() else None
    return low, high


def _firsts(frame: pd.DataFrame, dates: list[pd.Timestamp]) -> dict[str, list[pd.Timestamp]]:
    """The first point of each scope on or after each date, where there is one."""
    firsts: dict[str, list[pd.Timestamp]] = {}
    for day in dates:
        later = frame[frame["day"] >= day].groupby("scope")["day"].min()
        for scope, first in later.items():
            firsts.setdefault(str(scope), []).append(first)
    return firsts


def _as_rows(chart: Chart, made: pd.DataFrame, own: list[Rebase]) -> pd.DataFrame:
    import pandas as pd

    scopes = {name: name.split(_BETWEEN, 1) for name in made["series"].unique()}
    rows = made.assign(
        metric=chart.metric,
        scope_type=made["series"].map({name: parts[0] for name, parts in scopes.items()}),
        scope_name=made["series"].map({name: parts[1] for name, parts in scopes.items()}),
        chart=chart.chart,
        point=made.groupby("series").cumcount() + 1,
        rebase_reason=pd.Series([None] * len(made), dtype="object"),
        series=chart.series,
    )
    for one in sorted(own, key=lambda each: each.on):
        after = (rows["date"] >= pd.Timestamp(one.on)) & (rows["segment"] > 0)
        rows.loc[after, "rebase_reason"] = one.reason
    return rows[COLUMNS]
