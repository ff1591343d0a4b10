"""A board's file made by hand, for the tests of the dashboard.

The staff figures are invented and small enough to work out; the benchmark figures are the
Department for Education's own, read from the open data file that stands in the project.
"""

from __future__ import annotations

import csv
import json
import random
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

PROJECT = Path(__file__).resolve().parents[1]
DFE = PROJECT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"

# Southampton's ten, under each of the two models.
NEIGHBOURS = {
    "2021": ["851", "373", "874", "879", "831", "801", "331", "861", "810", "355"],
    "2025": ["331", "831", "851", "373", "312", "355", "874", "383", "350", "320"],
}
# Kent's first neighbours, among them one that the file holds only with its twin (940 / 941).
OTHERS = {"2021": {"886": ["881", "941", "850"]}, "2025": {"886": ["881", "850", "878"]}}

COMMENTS = {
    ("retention_monthly", "headcount"): "People in post on the last day of the month.",
    ("retention_monthly", "turnover_rate_12m"): (
        "Leavers of the last twelve months divided by the mean headcount of 13 month ends."
    ),
    ("retention_monthly", "stability_index_12m"): (
        "Share of the people in post a year before who are still in post."
    ),
    ("retention_monthly", "unexplained_exits"): "Posts that ended without a leaver record.",
    ("recruitment_monthly", "vacancy_rate"): (
        "vacant_fte over vacant_fte and the permanent and fixed-term FTE in post together."
    ),
    ("participation_quarterly", "coverage_84d"): (
        "People in post who came to a held session in the 84 days, over all people in post."
    ),
    ("debrief_yearly", "declined"): "Declined: an outcome, and no failure of anyone.",
    ("wellbeing_wave", "mean_score"): "Mean of the scores. Null where there is none.",
    ("impact_its", "lower_95"): "Lower end of the 95 % interval, null where there is none.",
    ("impact_its", "upper_95"): "Upper end of the 95 % interval, null where there is none.",
    ("retention_yearly_dfe", "turnover_rate_fte"): (
        "FTE of leavers in the year divided by FTE in post on 30 September."
    ),
}

MONTHLY = """
create table marts.retention_monthly (
    month_end date, scope_type varchar, scope_name varchar,
    headcount bigint, fte decimal(18, 9), starters bigint, leavers bigint,
    leavers_fte decimal(18, 9),
    voluntary_leavers bigint, voluntary_leavers_symbol varchar,
    retirements bigint, retirements_symbol varchar,
    transfers bigint, transfers_symbol varchar,
    unexplained_exits bigint, leavers_12m bigint, turnover_rate_12m double,
    stability_index_12m double,
    early_leavers_12m bigint, early_leavers_12m_symbol varchar,
    agency_headcount bigint, agency_fte decimal(18, 9), agency_rate double
)
"""
YEARLY = """
create table marts.retention_yearly_dfe (
    year integer, turnover_rate_fte double, vacancy_rate_fte double, agency_rate_fte double,
    leavers_fte double, inpost_fte double, vacant_fte double, agency_fte double,
    leavers_headcount bigint, inpost_headcount bigint
)
"""
BENCHMARK = """
create table marts.dfe_benchmark (
    release_as_of date, year integer, geographic_level varchar, area_code varchar,
    old_la_code varchar, area_name varchar, indicator varchar, published_value double,
    symbol varchar, recomputed_value double
)
"""
NEIGHBOUR = """
create table marts.statistical_neighbours (
    model varchar, old_la_code varchar, rank integer, neighbour_old_la_code varchar,
    closeness varchar
)
"""
RELEASE = """
create table marts.release_info (
    version varchar, latest_hr_staff_as_of date, built_at timestamp, synthetic boolean
)
"""
LOADS = """
create table marts.load_summary (
    source varchar, latest_as_of date, files_loaded bigint, files_rejected bigint,
    files_superseded bigint, rows_loaded bigint, rows_quarantined bigint
)
"""


@dataclass(frozen=True)
class Table:
    """A table whose rows are written as dicts. A hideable column has its symbol beside it.

    In a row, a `Hidden` stands for a value that is null with its symbol.
    """

    keys: dict[str, str]
    shown: dict[str, str] = field(default_factory=dict)
    hideable: dict[str, str] = field(default_factory=dict)

    def ddl(self, name: str) -> str:
        """The statement that makes the table in the schema `marts`."""
        columns = [f"{column} {kind}" for column, kind in {**self.keys, **self.shown}.items()]
        for column, kind in self.hideable.items():
            columns += [f"{column} {kind}", f"{column}_symbol varchar"]
        return f"create table marts.{name} ({', '.join(columns)})"

    def values(self, row: Mapping[str, object]) -> list[object]:
        """One row in the order of the columns. A column that the row lacks is null."""
        out = [row.get(column) for column in (*self.keys, *self.shown)]
        for column in self.hideable:
            cell = row.get(column)
            out += [None, cell.symbol] if isinstance(cell, Hidden) else [cell, None]
        return out


@dataclass(frozen=True)
class Hidden:
    """A cell that the board may not see, or that does not exist yet."""

    symbol: str = "c"


C = Hidden("c")
X = Hidden("x")
_SCOPE = {"scope_type": "varchar", "scope_name": "varchar"}
_DEBRIEF = {
    "requested": "bigint", "offered": "bigint", "held": "bigint", "declined": "bigint",
    "held_within_3_days": "bigint", "median_days_to_held": "double", "uptake_rate": "double",
    "staff_affected": "bigint", "staff_attended": "bigint", "attendance_rate": "double",
    "follow_up_rate": "double",
}  # fmt: skip
_BANDS = {
    "held_4_to_10_days": "bigint", "held_11_to_28_days": "bigint", "held_over_28_days": "bigint",
}  # fmt: skip
TOPICS = {
    "recruitment_monthly": Table(
        {"month_end": "date", **_SCOPE},
        {
            "open_vacancies": "integer", "vacant_fte": "decimal(18, 9)", "vacancy_rate": "double",
            "opened": "integer", "filled": "integer", "withdrawn": "integer",
            "agency_covered_fte": "decimal(18, 9)",
        },
        {
            "median_days_to_offer_12m": "double", "median_days_to_start_12m": "double",
            "median_age_open_days": "double",
        },
    ),
    "recruitment_yearly": Table(
        {"year": "integer", **_SCOPE},
        {},
        {
            "opened": "integer", "filled": "integer", "withdrawn": "integer",
            "median_days_to_offer_12m": "double", "median_days_to_start_12m": "double",
        },
    ),
    "retention_yearly": Table(
        {"year": "integer", **_SCOPE},
        {},
        {
            "headcount": "integer", "fte": "double", "starters": "integer", "leavers": "integer",
            "voluntary_leavers": "integer", "retirements": "integer", "transfers": "integer",
            "unexplained_exits": "integer", "early_leavers_12m": "integer",
            "mean_headcount_12m": "double", "turnover_rate_12m": "double",
        },
    ),
    "participation_monthly": Table(
        {"month_end": "date", **_SCOPE},
        {
            "sessions_held": "integer", "sessions_cancelled": "integer",
            "groups_active": "integer", "groups_on_cadence": "integer",
            "independent_facilitation_rate": "double",
        },
        {
            "invited": "integer", "attended": "integer", "attendance_rate": "double",
            "staff_reached_84d": "integer", "coverage_84d": "double",
        },
    ),
    "recruitment_quarterly": Table(
        {"quarter_end": "date", **_SCOPE},
        {"opened": "integer", "filled": "integer", "withdrawn": "integer"},
    ),
    "participation_yearly": Table(
        {"year": "integer", **_SCOPE},
        {"sessions_held": "integer", "sessions_cancelled": "integer"},
        {
            "invited": "integer", "attended": "integer", "attendance_rate": "double",
            "staff_reached_84d": "integer", "coverage_84d": "double",
        },
    ),
    "absence_quarterly": Table(
        {"quarter_end": "date", **_SCOPE},
        {},
        {"absence_rate": "double", "stress_share": "double"},
    ),
    "participation_quarterly": Table(
        {"quarter_end": "date", **_SCOPE},
        {"sessions_held": "integer", "sessions_cancelled": "integer"},
        {
            "attendance_rate": "double", "coverage_84d": "double", "share_under": "double",
            "share_norm": "double", "share_over_norm": "double", "share_over_capacity": "double",
        },
    ),
    "group_cadence": Table({"group_id": "varchar", "cycle": "integer", "status": "varchar"}),
    "programme_fidelity": Table(
        {"month_end": "date", "promise": "varchar", "promised": "double"},
        {},
        {"observed": "double", "met": "boolean", "n": "integer"},
    ),
    "debrief_yearly": Table({"year": "integer", **_SCOPE}, {}, _DEBRIEF),
    "debrief_to_date": Table({"period": "varchar", **_SCOPE}, {}, {**_DEBRIEF, **_BANDS}),
    "wellbeing_wave": Table(
        {"wave_date": "date", "instrument": "varchar", "subscale": "varchar", **_SCOPE},
        {},
        {
            "responses": "integer", "mean_score": "double", "lower_95": "double",
            "upper_95": "double", "response_rate": "double", "share_low": "double",
            "share_middle": "double", "share_high": "double",
        },
    ),
    "absence_yearly": Table(
        {"year": "integer", **_SCOPE},
        {},
        {
            "working_days_lost": "double", "stress_days_lost": "double",
            "working_days_available": "double", "absence_rate": "double", "stress_share": "double",
        },
    ),
    "caseload_monthly": Table(
        {"month_end": "date", **_SCOPE},
        {
            "case_holders": "integer", "cases": "integer", "mean_caseload": "double",
            "p90_caseload": "double",
        },
    ),
}  # fmt: skip
_FINDING = Table(
    {"metric": "varchar", **_SCOPE, "method": "varchar", "term": "varchar"},
    {
        "estimate": "double", "lower_95": "double", "upper_95": "double", "p_value": "double",
        "n": "integer", "minimum_detectable": "double", "assumption_checks": "varchar",
        "grade": "varchar", "sentence": "varchar",
    },
)  # fmt: skip
TOPICS |= {
    "spc_points": Table(
        {"metric": "varchar", **_SCOPE, "chart": "varchar", "series": "varchar", "date": "date"},
        {
            "value": "double", "segment": "integer", "mean": "double", "lower_limit": "double",
            "upper_limit": "double", "special_cause": "varchar", "side": "integer",
            "point_type": "varchar", "trial_limits": "boolean", "point": "integer",
            "rebase_reason": "varchar",
        },
    ),
    "impact_its": _FINDING,
    "impact_survival": _FINDING,
    "impact_comparator": _FINDING,
    "impact_survival_curve": Table(
        {'"group"': "varchar", "month": "integer"},
        {"at_risk": "integer", "survival": "double", "lower_95": "double", "upper_95": "double"},
    ),
    "impact_verdict": Table(
        {"verdict": "varchar", "rule": "varchar"},
        {"better": "integer", "worse": "integer", "no_sign_either_way": "integer",
         "not_counted": "integer", "counted_findings": "varchar", "better_not_counted": "integer",
         "worse_not_counted": "integer"},
    ),
    "principle_6": Table(
        {"point": "integer", "status": "varchar", "indicator": "varchar"},
        {"what_is_missing": "varchar"},
        {"value": "double", "n": "integer"},
    ),
    "headline_shown": Table(
        {"release_number": "integer", "released_as_of": "date", "series": "varchar",
         "metric": "varchar", "detail": "varchar", **_SCOPE, "period": "varchar"},
        {"is_revised": "boolean"},
        {"value_shown": "double", "value_now": "double"},
    ),
}  # fmt: skip
WINDOWS = """
create table marts.retention_windows (
    month_end date, scope_type varchar, scope_name varchar, unexplained_exits_12m integer,
    headcount_12m_before integer
)
"""
STANDING = """
create table marts.benchmark_standing (
    release_as_of date, year integer, old_la_code varchar, indicator varchar, model varchar,
    neighbours_median double, neighbours_with_figure integer, place integer, councils integer,
    fewest_in_post integer
)
"""
COMPARISON = """
create table marts.comparison_windows (
    window_name varchar, series varchar, metric varchar, scope_type varchar, scope_name varchar,
    first_month_end date, last_month_end date, months integer, n integer, value double,
    change_since_before double
)
"""
REPORT = """
create table marts.disclosure_report (
    table_name varchar, released_as_of date, reason varchar, figures_to date, cells_shown integer,
    cells_hidden integer, cells_tried integer, narrowest_interval double
)
"""
GATES = "create table marts.gate_summary (level varchar, rules_not_met integer)"
TABLES = {
    "comparison_windows": COMPARISON,
    "disclosure_report": REPORT,
    "gate_summary": GATES,
    "retention_windows": WINDOWS,
    "benchmark_standing": STANDING,
    "retention_monthly": MONTHLY,
    "retention_yearly_dfe": YEARLY,
    "dfe_benchmark": BENCHMARK,
    "statistical_neighbours": NEIGHBOUR,
    "release_info": RELEASE,
    "load_summary": LOADS,
    **{name: table.ddl(name) for name, table in TOPICS.items()},
}


@dataclass(frozen=True)
class Board:
    """What to put into the file. The defaults make a whole and healthy one."""

    version: str = "v1"
    first: date = date(2017, 12, 31)
    last: date = date(2021, 12, 31)
    synthetic: bool = True
    empty: tuple[str, ...] = ()  # tables that are there and hold no row
    missing: tuple[str, ...] = ()  # tables that are not there at all
    unexplained: bool = True
    headcount_shift: int = 0  # added to every headcount: tells one version from the next
    without: tuple[str, ...] = ()  # sources of which no file has ever come
    suppressed: bool = False  # every cell that may be hidden is
    older_release: bool = False  # the Department's release before the newest is there too


def month_ends(first: date, last: date) -> list[date]:
    """The last day of each month from `first` to `last`, both month ends themselves."""
    days = [first]
    while days[-1] < last:
        # Four days after the 28th of the next month lie in the month after it.
        later = (days[-1] + timedelta(days=1)).replace(day=28) + timedelta(days=4)
        days.append(later - timedelta(days=later.day))
    return days


def _monthly(board: Board) -> list[tuple[object, ...]]:
    """Staff figures that vary as real ones do. Headcount follows starters, leavers and exits."""
    chance = random.Random(852)
    months = month_ends(board.first, board.last)
    headcount = 226 + board.headcount_shift
    heads: list[int] = []
    leavers: list[int] = []
    rows: list[tuple[object, ...]] = []
    for i, month in enumerate(months):
        left = chance.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, 5))
        came = chance.choice((0, 1, 1, 2, 2, 3, 3, 4, 6))
        gone = chance.choice((0, 0, 0, 0, 1, 2)) if board.unexplained else 0
        if i:
            headcount += came - left - gone
        heads.append(headcount)
        leavers.append(left)
        turnover = stability = left_12m = None
        if i >= 12:
            left_12m = sum(leavers[-12:])
            turnover = left_12m / (sum(heads[-13:]) / 13)
            stability = 1 - turnover * chance.uniform(0.85, 1.0)
        agency = 14 + (i * 5) % 7
        fte = round(headcount * 0.93, 2)
        agency_fte = round(agency * 0.96, 2)
        rows.append(
            (
                month, "service", "all", headcount, fte, came, left, round(left * 0.9, 2),
                None, "c", None, "c", None, "c", gone, left_12m, turnover, stability,
                None, "c", agency, agency_fte, agency_fte / (fte + agency_fte),
            )
        )  # fmt: skip
    return rows


def _yearly(board: Board) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for i, year in enumerate(range(2018, 2022)):
        leavers, in_post, agency = 17.5 + 3 * i, 130.0 - i, 15.0 + i
        rows.append(
            (
                year, leavers / in_post, None, agency / (agency + in_post), leavers, in_post,
                None, agency, 19 + 3 * i, 140 - i,
            )
        )  # fmt: skip
    return rows


def _windows(board: Board) -> list[tuple[object, ...]]:
    """What looks back a year from the thirteenth month on: exits of twelve, a headcount."""
    months = _monthly(board)
    return [
        (
            row[0], "service", "all",
            sum(int(str(one[14])) for one in months[i - 11 : i + 1]) if i >= 12 else None,
            months[i - 12][3] if i >= 12 else None,
        )
        for i, row in enumerate(months)
    ]  # fmt: skip


def _comparison(board: Board) -> list[tuple[object, ...]]:
    """Turnover as `_monthly` has it; of all else a figure that can be told apart from others."""
    months = _monthly(board)
    windows = {
        "before": [row for row in months if str(row[0]) < "2019-01-01"],
        "during": [row for row in months if "2019-01-01" <= str(row[0]) <= "2020-01-31"],
        "after": [row for row in months if str(row[0]) > "2020-01-31"],
    }
    made_up = {
        ("retention_monthly", "mean_headcount"): 210.4, ("retention_monthly", "starters_a_year"): 0.12,
        ("retention_monthly", "unexplained_a_year"): 0.02, ("retention_monthly", "agency_rate"): 0.07,
        ("recruitment_monthly", "vacancy_rate"): 0.09, ("recruitment_monthly", "opened_a_year"): 31.0,
        ("recruitment_monthly", "filled_a_year"): 24.0,
        ("participation_monthly", "sessions_a_year"): 170.0,
        ("participation_monthly", "cancelled_share"): 0.11,
        ("participation_monthly", "independent_share"): 0.86,
        ("caseload_monthly", "mean_caseload"): 17.3,
    }  # fmt: skip
    rows: list[tuple[object, ...]] = []
    before: float | None = None
    for window, held in windows.items():
        if not held:
            continue
        left = sum(int(str(row[6])) for row in held)
        turnover = 12 * left / sum(int(str(row[3])) for row in held)
        before = turnover if window == "before" else before
        ends = (held[0][0], held[-1][0], len(held))
        scope = ("service", "all")
        rows.append(
            (window, "retention_monthly", "turnover_a_year", *scope, *ends, left, turnover,
             None if window == "before" or before is None else turnover - before)
        )  # fmt: skip
        for (series, metric), value in made_up.items():
            change = None if window == "before" else 0.01 * value
            rows.append((window, series, metric, *scope, *ends, 24, value, change))
    return rows


_GROUPS_FROM = date(2019, 1, 31)  # the month in which the supervision groups start
_SERVICE = {"scope_type": "service", "scope_name": "all"}


def _recruitment(months: Sequence[date]) -> list[dict[str, object]]:
    """Vacant FTE runs from 9.5 to 15.1; the medians exist from the thirteenth month on."""
    rows: list[dict[str, object]] = []
    for i, month in enumerate(months):
        vacant, posts = 9.5 + (i * 7 % 9) * 0.7, 190.0
        rows.append(
            {
                "month_end": month, "open_vacancies": 10 + i * 7 % 9, "vacant_fte": vacant,
                "vacancy_rate": vacant / (vacant + posts), "opened": i % 4,
                "filled": (i + 1) % 4, "withdrawn": 1 if i % 5 == 0 else 0,
                "agency_covered_fte": round(vacant * 0.4, 1),
                "median_days_to_offer_12m": 38.5 + i % 6 if i >= 12 else X,
                "median_days_to_start_12m": 92.0 + i % 8 if i >= 12 else X,
                "median_age_open_days": 61.0 + i % 11,
            }
        )  # fmt: skip
    return rows


def _participation(months: Sequence[date]) -> dict[str, list[dict[str, object]]]:
    """22 groups from 2019 on: 28 or 29 sessions a month, one cancelled."""
    running = [month for month in months if month >= _GROUPS_FROM]
    monthly: list[dict[str, object]] = [
        {
            "month_end": month,
            "sessions_held": 14 + i % 2 if month in running else 0,
            "sessions_cancelled": 1 if month in running else 0,
            "groups_active": 22 if month in running else 0,
            "groups_on_cadence": 19 + i % 3 if month in running else 0,
            "independent_facilitation_rate": 0.9 + i % 2 * 0.05 if month in running else None,
            **dict.fromkeys(TOPICS["participation_monthly"].hideable, C),
        }
        for i, month in enumerate(months)
    ]
    quarterly: list[dict[str, object]] = []
    for i, month in enumerate(month for month in running if month.month % 3 == 0):
        under = 0.20 + i % 4 * 0.02
        quarterly.append(
            {
                "quarter_end": month, "sessions_held": 43 + i % 2, "sessions_cancelled": 3,
                "attendance_rate": 0.68 + i % 5 * 0.01, "coverage_84d": 0.44 + i % 6 * 0.01,
                # The third quarter had so few large sessions that their share is hidden.
                "share_under": under, "share_norm": 0.70 - under if i != 2 else C,
                "share_over_norm": 0.28, "share_over_capacity": 0.02 if i != 2 else C,
            }
        )  # fmt: skip
    if not running:
        return {"participation_monthly": monthly}
    cadence: list[dict[str, object]] = [
        {
            "group_id": f"G{group:02d}", "cycle": cycle,
            "status": "cancelled" if (group * cycle) % 13 == 5
            else "late" if (group + cycle) % 17 == 3 else "held",
        }
        for group in range(1, 23)
        for cycle in range(1, len(running) * 30 // 42)
    ]  # fmt: skip
    fidelity: list[dict[str, object]] = [
        {
            "promise": promise, "promised": promised, "observed": observed, "met": met, "n": n,
            "month_end": None,
        }
        for promise, promised, observed, met, n in (
            ("groups_active", 22.0, 22.0, True, None),
            ("attended_6_to_8", 1.0, 0.473, False, 522),
            ("none_over_12", 0.0, 9.0, False, 522),
            ("gap_within_cadence", 1.0, 0.861, False, 500),
            ("independent_facilitator", 1.0, 0.925, False, 522),
            ("coverage_84d", 1.0, 0.461, False, None),
        )
    ]  # fmt: skip
    return {
        "participation_monthly": monthly,
        "participation_quarterly": quarterly,
        "group_cadence": cadence,
        "programme_fidelity": fidelity,
    }


def _debriefs() -> dict[str, list[dict[str, object]]]:
    """2018 hides its outcomes, and 2021 the few that were declined and what completes them."""
    counts: list[dict[str, object]] = [
        {"year": 2018, "requested": 9, "offered": C, "held": C, "declined": C,
         "median_days_to_held": X, "uptake_rate": C, "staff_affected": 41},
        {"year": 2019, "requested": 44, "offered": 36, "held": 24, "declined": 10,
         "median_days_to_held": 9.5, "uptake_rate": 24 / 44, "staff_affected": 163,
         "staff_attended": 92, "attendance_rate": 0.66, "follow_up_rate": 0.5},
        {"year": 2020, "requested": 38, "offered": 30, "held": 18, "declined": 9,
         "median_days_to_held": 12.0, "uptake_rate": 18 / 38, "staff_affected": 140,
         "staff_attended": 70, "attendance_rate": 0.61, "follow_up_rate": C},
        {"year": 2021, "requested": 27, "offered": C, "held": 15, "declined": C,
         "median_days_to_held": 11.0, "uptake_rate": 15 / 27, "staff_affected": 101},
    ]  # fmt: skip
    rest = dict.fromkeys(_DEBRIEF, C)
    to_date = {
        **rest, "held_within_3_days": 9, "held_4_to_10_days": 20, "held_11_to_28_days": 24,
        "held_over_28_days": 9, "period": "to_date", "requested": 118, "offered": 95, "held": 62, "declined": 24,
        "median_days_to_held": 11.0, "uptake_rate": 62 / 118,
    }  # fmt: skip
    return {
        "debrief_yearly": [{**rest, **row} for row in counts],
        "debrief_to_date": [to_date],
    }


def _below(board: Board) -> dict[str, list[dict[str, object]]]:
    """The social workers and two areas by year, rounded to 5; 2019 hides the areas' leavers."""
    scopes = (
        {"scope_type": "social_workers", "scope_name": "all"},
        {"scope_type": "area", "scope_name": "Children looked after"},
        {"scope_type": "area", "scope_name": "Front door and assessment"},
    )
    retention: list[dict[str, object]] = []
    participation: list[dict[str, object]] = []
    recruitment: list[dict[str, object]] = []
    for year in range(2018, board.last.year + 1):
        for i, scope in enumerate(scopes):
            few = year == 2019 and scope["scope_type"] == "area"
            people, left = (145, 20) if i == 0 else (85 + 5 * i, 10)
            retention.append(
                {
                    **dict.fromkeys(TOPICS["retention_yearly"].hideable, C), **scope, "year": year,
                    "headcount": people, "fte": people - 10.0, "starters": 15,
                    "leavers": C if few else left, "mean_headcount_12m": float(people),
                    "turnover_rate_12m": C if few else left / people,
                }
            )  # fmt: skip
            participation.append(
                {
                    **scope, "year": year, "invited": 250, "attended": 190, "attendance_rate": 0.76,
                    "staff_reached_84d": 45, "coverage_84d": 0.5,
                }
            )  # fmt: skip
            recruitment.append(
                {
                    **scope, "year": year, "opened": 15, "filled": 10, "withdrawn": C,
                    "median_days_to_offer_12m": 41.0, "median_days_to_start_12m": C,
                }
            )  # fmt: skip
    return {
        "retention_yearly": retention,
        "participation_yearly": participation,
        "recruitment_yearly": recruitment,
    }


def _wellbeing() -> list[dict[str, object]]:
    """Six waves of WHO-5; too few answered the fourth one."""
    rows: list[dict[str, object]] = []
    waves = (
        (date(2018, 11, 30), 128, 50.9, 0.581, 0.46),
        (date(2019, 5, 31), 119, 52.0, 0.545, 0.44),
        (date(2019, 11, 30), 131, 54.3, 0.602, 0.41),
        (date(2020, 5, 31), None, None, None, None),
        (date(2020, 11, 30), 97, 49.2, 0.448, 0.49),
        (date(2021, 11, 30), 104, 51.1, 0.491, 0.47),
    )
    for day, responses, mean, rate, low in waves:
        key = {"wave_date": day, "instrument": "who5", "subscale": "wellbeing"}
        if responses is None or mean is None or low is None:
            rows.append({**key, **dict.fromkeys(TOPICS["wellbeing_wave"].hideable, C)})
            continue
        rows.append(
            {
                **key, "responses": responses, "mean_score": mean, "lower_95": mean - 3.3,
                "upper_95": mean + 3.3, "response_rate": rate, "share_low": low,
                "share_middle": Hidden("z"), "share_high": 1 - low,
            }
        )  # fmt: skip
    return rows


_SOUND = json.dumps(
    {
        "overdispersion": {"passed": True, "sentence": "The counts vary as chance makes them."},
        "periods": {"passed": None, "sentence": "There are 27 months before, which is few."},
    }
)


def _finding(
    metric: str, method: str, term: str, figures: Sequence[object], grade: str, sentence: str
) -> dict[str, object]:
    """figures: estimate, lower_95, upper_95, p_value, n, minimum_detectable."""
    names = ("estimate", "lower_95", "upper_95", "p_value", "n", "minimum_detectable")
    return {
        "metric": metric, "method": method, "term": term, **dict(zip(names, figures, strict=True)),
        "grade": grade, "sentence": sentence, "assumption_checks": _SOUND,
    }  # fmt: skip


def _impact() -> dict[str, list[dict[str, object]]]:
    """Leaving fell, nothing is known of the rollout, and no rung but the comparators is strong."""
    none = (None, None, None, None, 14, 5.2)
    its = [
        _finding("leavers", "segmented_regression", "level", (0.7, 0.55, 0.9, 0.004, 120, 0.68),
                 "moderate", "Leaving fell by 30 %. That is better, and more than chance."),
        _finding("leavers", "segmented_regression", "level_2", (1.1, 0.7, 1.7, 0.7, 120, 0.5),
                 "weak", "Leaving, from March 2020 on: there is no sign of a change."),
        _finding("leavers", "segmented_regression_other_start", "level_-3_months",
                 (0.8, 0.6, 1.1, 0.2, 120, 0.66), "moderate", "There is no sign either way."),
        _finding("leavers", "segmented_regression_with_slopes", "level",
                 (0.74, 0.4, 1.4, 0.3, 120, 0.41), "moderate", "There is no sign either way."),
        _finding("leavers", "before_and_after", "during", (0.8, 0.6, 1.1, 0.16, 70, 0.5), "weak",
                 "There is no sign of a change either way."),
        _finding("mean_score", "waves", "who5.wellbeing 2018-11-30 2019-11-30",
                 (3.4, -1.3, 8.1, None, 259, 6.7), "weak",
                 "The mean score of WHO5 WELLBEING: there is no sign of a change either way."),
        _finding("share_low", "waves", "who5.wellbeing 2018-11-30 2019-11-30",
                 (-5.0, -17.4, 7.4, None, 259, 17.6), "weak",
                 "The share low on WHO5 WELLBEING: there is no sign of a change either way."),
        _finding("leavers", "staggered", "simple", none, "not enough data",
                 "Leaving, in teams whose group has begun,: there is not enough data to say."),
    ]  # fmt: skip
    survival = [
        _finding("filled", "recruitment_cox", "during", (1.2, 0.9, 1.6, 0.21, 150, 1.5), "moderate",
                 "The pace at which posts are filled: there is no sign of a change either way."),
        _finding("leavers", "time_varying_cox", "attended_90_days",
                 (0.6, 0.4, 0.9, 0.013, 130, 0.56), "weak",
                 "Leaving, among those who had attended, fell by 40 %."),
        _finding("leavers", "time_varying_cox", "attended_0_days",
                 (0.3, 0.2, 0.45, 0.0001, 130, 0.56), "weak", "It fell by 70 %."),
    ]  # fmt: skip
    comparator = [
        _finding(metric, "difference_in_differences", f"{peers} {window}",
                 (estimate, estimate - 6, estimate + 6, 0.18, 10, 8.6), "moderate",
                 "There is no sign either way.")
        for metric, estimate in (("agency_rate_fte", 2.5), ("turnover_rate_fte", -1.5))
        for peers in ("england", "region")
        for window in ("2017-2018 2019-2020", "2017-2018 2020-2020")
    ]  # fmt: skip
    curve: list[dict[str, object]] = [
        {
            '"group"': group, "month": month, "at_risk": 90 - month, "survival": 1 - fall * month,
            "lower_95": 1 - fall * month - 0.05, "upper_95": min(1.0, 1 - fall * month + 0.05),
        }
        for group, fall in (("staff_attended", 0.006), ("staff_not_attended", 0.011))
        for month in (0, 12, 24)
    ]  # fmt: skip
    principle: list[dict[str, object]] = [
        {"point": point, "status": status, "indicator": indicator, "value": value, "n": n,
         "what_is_missing": missing}
        for point, status, indicator, value, n, missing in (
            (1, "not evidenced by this data", "debriefs_offered_share", C, C,
             "A dated register of strategy and policy."),
            (2, "evidenced", "coverage_84d", 0.46, 212, None),
            (2, "evidenced", "attended_6_to_8", 0.473, 522, None),
            (3, "partly", "vacancy_rate", 0.07, 14, "Whether impact was considered is not recorded."),
            (4, "partly", "wellbeing_mean_score", 51.1, 104, "What came of audits."),
            (5, "evidenced", "groups_active", 22.0, None, None),
            (6, "partly", "survey_response_rate", 0.491, 212, "Ratings of sessions."),
        )
    ]  # fmt: skip
    return {
        "impact_its": its,
        "impact_survival": survival,
        "impact_comparator": comparator,
        "impact_survival_curve": curve,
        "impact_verdict": [
            {
                "verdict": "better than expected",
                "rule": "We count findings graded moderate or strong.",
                "better": 1,
                "worse": 0,
                "no_sign_either_way": 3,
                "not_counted": 4,
                "counted_findings": "Leaving; The agency rate, beside all councils",
                "better_not_counted": 1,
                "worse_not_counted": 0,
            }
        ],
        "principle_6": principle,
    }


def _control(months: Sequence[date]) -> list[dict[str, object]]:
    """Leavers with one month beyond the limit, and vacancies on trial limits after a rebase."""
    rows: list[dict[str, object]] = []
    for i, month in enumerate(months):
        out = i == 30
        rows.append(
            {
                "metric": "leavers", "series": "retention_monthly", "chart": "u", "date": month,
                "value": 0.031 if out else 0.008 + i % 3 * 0.002, "segment": 0, "mean": 0.0105,
                "lower_limit": 0.0, "upper_limit": 0.028, "side": 1 if out else 0,
                "special_cause": "outside" if out else None, "trial_limits": False, "point": i + 1,
                "point_type": "special_cause_concern" if out else "common_cause",
            }
        )  # fmt: skip
        late = i >= len(months) - 8
        rows.append(
            {
                "metric": "vacancy_rate", "series": "recruitment_monthly", "chart": "xmr",
                "date": month, "value": 0.05 if late else 0.07, "segment": int(late),
                "mean": 0.05 if late else 0.07, "lower_limit": 0.04, "upper_limit": 0.09,
                "side": -1 if late else 0, "special_cause": "shift" if late else None,
                "point_type": "special_cause_improvement" if late else "common_cause",
                "trial_limits": late, "point": i + 1,
                "rebase_reason": "Posts are counted from May on." if late else None,
            }
        )  # fmt: skip
    return rows


def _headlines(board: Board) -> list[dict[str, object]]:
    """Two releases: turnover stood, the vacancy rate was revised, debriefs held are hidden now."""
    row = {"release_number": 1, "released_as_of": date(2021, 11, 30), "detail": ""}
    return [
        {**row, "series": "retention_monthly", "metric": "turnover_rate_12m",
         "period": "2021-11-30", "value_shown": 0.148, "value_now": 0.148, "is_revised": False},
        {**row, "series": "recruitment_monthly", "metric": "vacancy_rate", "period": "2021-11-30",
         "value_shown": 0.071, "value_now": 0.064, "is_revised": True},
        {**row, "series": "debrief_yearly", "metric": "held", "period": "2020",
         "value_shown": C, "value_now": C},
        {**row, "release_number": 2, "released_as_of": board.last, "series": "retention_monthly",
         "metric": "turnover_rate_12m", "period": "2021-12-31", "value_shown": 0.149,
         "value_now": 0.149, "is_revised": False},
    ]  # fmt: skip


def _topics(board: Board) -> dict[str, list[list[object]]]:
    """The rows of every table of `TOPICS`, in the order of its columns."""
    months = month_ends(board.first, board.last)
    years = range(2018, board.last.year + 1)
    rows: dict[str, list[dict[str, object]]] = {
        "recruitment_monthly": _recruitment(months),
        "recruitment_quarterly": [
            {"quarter_end": month, "opened": 7 + i % 3, "filled": 5 + i % 4, "withdrawn": i % 2}
            for i, month in enumerate(month for month in months if month.month % 3 == 0)
        ],
        "absence_quarterly": [
            {
                "quarter_end": month, "absence_rate": 0.045 + i % 4 * 0.002,
                "stress_share": 0.28 + i % 5 * 0.01,
            }
            for i, month in enumerate(month for month in months if month.month % 3 == 0)
        ],
        "recruitment_yearly": [
            {
                "year": year, "opened": 24 + year % 5, "filled": 19 + year % 4,
                "withdrawn": 3 + year % 2, "median_days_to_offer_12m": 40.0 + year % 3,
                "median_days_to_start_12m": 95.0 + year % 6,
            }
            for year in years
        ],
        "retention_yearly": [
            {
                "year": year, "starters": 30 + year % 4, "leavers": 28 + year % 3,
                "unexplained_exits": 4 if board.unexplained else 0,
                "voluntary_leavers": 17 + year % 3 if year != 2019 else C,
                "retirements": C, "transfers": C, "early_leavers_12m": 9 if year != 2019 else C,
                "headcount": 226, "fte": 210.5, "mean_headcount_12m": 225.0,
                "turnover_rate_12m": (28 + year % 3) / 225,
            }
            for year in years
        ],
        "participation_yearly": [
            {
                "year": year, "sessions_held": 176, "sessions_cancelled": 12, "invited": 1300,
                "attended": 900, "attendance_rate": 900 / 1300, "staff_reached_84d": 110,
                "coverage_84d": 0.46,
            }
            for year in years
        ],
        **_participation(months),
        **_debriefs(),
        **_impact(),
        "spc_points": _control(months),
        "headline_shown": _headlines(board),
        "wellbeing_wave": _wellbeing(),
        "absence_yearly": [
            {
                "year": year, "working_days_lost": 2400.0 + 100 * (year % 3),
                "stress_days_lost": 700.0 + 40 * (year % 4), "working_days_available": 49000.0,
                "absence_rate": (2400 + 100 * (year % 3)) / 49000,
                "stress_share": (700 + 40 * (year % 4)) / (2400 + 100 * (year % 3)),
            }
            for year in years
        ],
        "caseload_monthly": [
            {
                "month_end": month, "case_holders": 96 + i % 5, "cases": 1500 + i % 7 * 10,
                "mean_caseload": (1500 + i % 7 * 10) / (90 + i % 5), "p90_caseload": 23.0,
            }
            for i, month in enumerate(months)
        ],
    }  # fmt: skip
    for name, below in _below(board).items():
        rows[name] += below
    out: dict[str, list[list[object]]] = {}
    for name, table in TOPICS.items():
        hidden = dict.fromkeys(table.hideable, C) if board.suppressed else {}
        out[name] = [table.values({**_SERVICE, **row, **hidden}) for row in rows.get(name, [])]
    return out


def _benchmark() -> list[tuple[object, ...]]:
    """The open data file, one row a year, area and indicator; rates as fractions."""
    rows: list[tuple[object, ...]] = []
    with DFE.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        indicators = list(reader.fieldnames or [])[10:]
        for line in reader:
            level = line["geographic_level"]
            code, name = {
                "National": (line["country_code"], line["country_name"]),
                "Regional": (line["region_code"], line["region_name"]),
            }.get(level, (line["new_la_code"], line["la_name"]))
            old = line["old_la_code"] or None
            for indicator in indicators:
                text = line[indicator].strip()
                value: float | None = None
                symbol: str | None = None
                try:
                    value = float(text)
                except ValueError:
                    symbol = text or "x"
                if value is not None and "_rate_" in indicator:
                    value /= 100
                rows.append(
                    (
                        date(2026, 3, 19), int(line["time_period"]), level, code, old, name,
                        indicator, value, symbol, None,
                    )
                )  # fmt: skip
    return rows


def _older() -> list[tuple[object, ...]]:
    """A release of 2023 until 2022 without starters, in which Kingston stood alone.

    Southampton's headcount turnover of 2019 was 17.5 % there, and that of 2022 21.8 %.
    """
    before = {("852", 2019): 0.175, ("852", 2022): 0.218}
    rows: list[tuple[object, ...]] = []
    for _, year, level, code, old, name, indicator, value, symbol, _ in _benchmark():
        if int(str(year)) > 2022 or str(indicator).startswith("starters"):
            continue
        if indicator == "turnover_rate_headcount":
            value = before.get((str(old), int(str(year))), value)
        if old == "314 / 318":
            code, old, name = "E09000021", "314", "Kingston upon Thames"
        rows.append(
            (date(2023, 2, 23), year, level, code, old, name, indicator, value, symbol, None)
        )
    return rows


def _neighbours() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for model, ten in NEIGHBOURS.items():
        for council, codes in {"852": ten, **OTHERS[model]}.items():
            rows += [(model, council, i, code, "Close") for i, code in enumerate(codes, start=1)]
    return rows


@lru_cache(maxsize=1)
def _standing() -> pa.Table:
    """Each council's neighbours' median and its place among those of 30 social workers or more."""
    at: dict[tuple[object, object], dict[str, float | None]] = {}
    for _, year, level, _, code, _, indicator, value, _, _ in _benchmark():
        if level == "Local authority" and code is not None:
            known_value = None if value is None else float(str(value))
            at.setdefault((year, indicator), {})[str(code)] = known_value
    reported = {part: code for held in at.values() for code in held for part in code.split(" / ")}
    lists: dict[tuple[str, str], set[str]] = {}
    for model, council, _, neighbour, _ in _neighbours():
        own, other = reported.get(str(council)), reported.get(str(neighbour))
        if own and other and own != other:
            lists.setdefault((str(model), own), set()).add(other)
    columns: dict[str, list[object]] = {}
    for (year, indicator), held in at.items():
        sizes = at[year, "inpost_headcount"]
        large = {
            code: value
            for code, value in held.items()
            if value is not None and (sizes.get(code) or 0) >= 30
        }
        ordered = sorted(large.values())
        for code in held:
            place = bisect_left(ordered, large[code]) + 1 if code in large else None
            for model in NEIGHBOURS:
                theirs = [held.get(other) for other in lists.get((model, code), ())]
                known = [one for one in theirs if one is not None]
                row: dict[str, object] = {
                    "release_as_of": date(2026, 3, 19), "year": year, "old_la_code": code,
                    "indicator": indicator, "model": model,
                    "neighbours_median": median(known) if known else None,
                    "neighbours_with_figure": len(known), "place": place,
                    "councils": len(ordered) if place else None, "fewest_in_post": 30,
                }  # fmt: skip
                for name, cell in row.items():
                    columns.setdefault(name, []).append(cell)
    return pa.table(columns)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Iterable[object]]
) -> None:
    if not rows:
        return
    import pandas as pd

    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where table_name = ? order by column_index",
            [table],
        ).fetchall()
    ]
    frame = pd.DataFrame([list(row) for row in rows], columns=columns, dtype=object)
    connection.register("incoming", frame)
    connection.execute(f"insert into marts.{table} select * from incoming")
    connection.unregister("incoming")


def write_board(path: Path, board: Board | None = None) -> Path:
    """Write one board's file at `path` and return it. Refuses to overwrite."""
    board = board or Board()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise FileExistsError(f"{path.name} is there already")
    path.write_bytes(_file_of(board))
    return path


@lru_cache(maxsize=16)
def _file_of(board: Board) -> bytes:
    """The file's bytes: most tests want the same board, and making one takes a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "board.duckdb"
        _make(path, board)
        return path.read_bytes()


def _make(path: Path, board: Board) -> None:
    rows: dict[str, Sequence[Iterable[object]]] = {
        **_topics(board),
        "retention_monthly": _monthly(board),
        "retention_windows": _windows(board),
        "retention_yearly_dfe": _yearly(board),
        "dfe_benchmark": [*_benchmark(), *(_older() if board.older_release else [])],
        "statistical_neighbours": _neighbours(),
        "comparison_windows": _comparison(board),
        "disclosure_report": [
            ("debrief_to_date", board.last, "the monthly release", board.last, 40, 4, 3, 9.0),
            ("debrief_yearly", board.last, "the monthly release", None, 30, 12, 11, 5.0),
            ("retention_monthly", board.last, "the monthly release", None, 0, 196, 0, None),
        ],
        "gate_summary": [("inform", 3), ("warn", 1)],
        "benchmark_standing": [],  # many rows: these are put in as they are
        "release_info": [
            (
                board.version,
                board.last,
                datetime.fromisoformat("2026-11-22T02:10:00"),
                board.synthetic,
            )
        ],
        "load_summary": [
            ("hr_staff", board.last, 49, 0, 0, 12000, 3),
            ("hr_leavers", board.last, 49, 1, 0, 900, 0),
            *(
                (source, None, 0, 0, 0, 0, 0)
                if source in board.without
                else (source, board.last, files, 0, superseded, loaded, kept_back)
                for source, files, superseded, loaded, kept_back in (
                    ("hr_vacancies", 49, 0, 260, 0),
                    ("groups", 4, 0, 22, 0),
                    ("group_sessions", 36, 1, 558, 2),
                    ("group_attendance", 36, 0, 4900, 0),
                    ("debriefs", 16, 0, 19, 0),
                    ("absence", 49, 0, 2200, 0),
                    ("wellbeing_survey", 6, 0, 900, 0),
                )
            ),
            ("attendance_teams", None, 0, 0, 0, 0, 0),
            ("attendance_zoom", None, 0, 0, 0, 0, 0),
            ("sword_results", None, 0, 0, 0, 0, 0),
            ("dfe_workforce", date(2026, 3, 19), 1, 0, 0, 1463, 0),
        ],
    }
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as board (storage_version 'v1.5.0')")
        connection.execute("use board")
        connection.execute("create schema marts")
        for table, ddl in TABLES.items():
            if table in board.missing:
                continue
            connection.execute(ddl)
            if table not in board.empty:
                _insert(connection, table, rows[table])
        if not {"benchmark_standing", "dfe_benchmark"} & {*board.missing, *board.empty}:
            connection.register("standing", _standing())
            connection.execute("insert into marts.benchmark_standing by name from standing")
            connection.unregister("standing")
        for (table, column), words in COMMENTS.items():
            if table not in board.missing:
                connection.execute(f"comment on column marts.{table}.{column} is '{words}'")
        connection.execute("use memory")
        connection.execute("detach board")


def write_last_night(
    home: Path, *, hours_ago: float = 2.0, status: str = "published", version: str = "v1"
) -> Path:
    """Write `published/last_night.json` as if the last good night ended `hours_ago` hours ago."""
    ended = datetime.now(UTC) - timedelta(hours=hours_ago)
    published = home / "published"
    published.mkdir(parents=True, exist_ok=True)
    path = published / "last_night.json"
    stamp = ended.isoformat(timespec="seconds")
    path.write_text(
        json.dumps(
            {"status": status, "finished_at": stamp, "version": version, "last_good_at": stamp}
        ),
        encoding="utf-8",
    )
    return path


def publish(home: Path, board: Board | None = None) -> Path:
    """Put a version into the home as the nightly job would, and flip the link to it."""
    board = board or Board()
    published = home / "published"
    path = write_board(published / "versions" / board.version / "board" / "board.duckdb", board)
    flip(home, board.version)
    fixed = published / "board.duckdb"
    if not fixed.is_symlink():
        fixed.symlink_to(Path("current") / "board" / "board.duckdb")
    return path


def flip(home: Path, version: str) -> None:
    """Point `published/current` at a version: a new link under another name, then one rename."""
    published = home / "published"
    fresh = published / ".current.new"
    fresh.symlink_to(Path("versions") / version)
    fresh.replace(published / "current")


def make_home(home: Path, board: Board | None = None, *, hours_ago: float = 2.0) -> Path:
    """A whole home with one published version and a night that ended `hours_ago` hours ago."""
    board = board or Board()
    publish(home, board)
    write_last_night(home, hours_ago=hours_ago, version=board.version)
    return home
