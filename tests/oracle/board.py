"""The board's own tables by quarter, year and to date, counted slowly.

As `workforce.py`: nothing is shared with the product. A quarter or a year counts where every month
of it is reported; by year there is a row for the service, for its social workers and for each area
that the programme names (a list of teams), by quarter and to date for the service alone. Nothing is
hidden or rounded here: that comes after.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.services import (
    Meeting,
    Programme,
    absence_monthly,
    active_groups,
    groups_on_cadence,
    in_post,
    median,
    reach,
    share,
    standing,
)
from tests.oracle.workforce import (
    Spell,
    Workforce,
    a_year_before,
    fte_on,
    last_day_of,
    leaving_spells,
    people,
    ratio,
    reason_of,
    starting_spells,
)

Row = dict[str, Any]
Areas = Mapping[str, Sequence[str]]
InScope = Callable[[Row], bool]
LONG_AGO = date(1900, 1, 1)


@dataclass(frozen=True)
class Period:
    """A quarter, a year, or all there is up to the last reported month."""

    kind: str
    first: date
    last: date

    @property
    def names(self) -> Row:
        return {
            "period_kind": self.kind,
            "quarter_end": self.last if self.kind == "quarter" else None,
            "year": self.last.year if self.kind == "year" else None,
            "period": "to_date" if self.kind == "to_date" else None,
        }

    def holds(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last


def periods(workforce: Workforce, *kinds: str) -> list[Period]:
    months = workforce.months()
    found = []
    for last in months:
        for kind, length in (("quarter", 3), ("year", 12)):
            first = date(last.year, last.month - length + 1, 1) if last.month >= length else None
            if first is None or last.month % length:
                continue
            if sum(first <= month <= last for month in months) == length:
                found.append(Period(kind, first, last))
    if months:
        found.append(Period("to_date", LONG_AGO, months[-1]))
    return [period for period in found if period.kind in kinds]


def scopes_of(period: Period, areas: Areas) -> list[tuple[str, str, InScope]]:
    """Whom rows of the period count, with the test that attributes have to pass."""

    def area(teams: Sequence[str]) -> InScope:
        return lambda held: held["team"] in teams

    everyone: list[tuple[str, str, InScope]] = [("service", "all", lambda _: True)]
    if period.kind != "year":
        return everyone
    return [
        *everyone,
        ("social_workers", "all", lambda held: bool(held["is_social_worker"])),
        *(("area", name, area(teams)) for name, teams in areas.items()),
    ]


def leading(period: Period, scope_type: str, scope_name: str, *names: str) -> Row:
    return {name: period.names[name] for name in names} | {
        "scope_type": scope_type,
        "scope_name": scope_name,
    }


def retention(workforce: Workforce, areas: Areas) -> list[Row]:
    """One row a whole calendar year and scope."""
    months = workforce.months()
    leaving, starting = leaving_spells(workforce), starting_spells(workforce)
    rows = []
    for year in periods(workforce, "year"):
        thirteen = [a_year_before(year.last), *(m for m in months if year.holds(m))]
        for scope_type, scope_name, in_scope in scopes_of(year, areas):

            def employed(day: date, in_scope: InScope = in_scope) -> list[Spell]:
                return [s for s in workforce.spells if s.is_employed(day) and in_scope(s.on(day))]

            left = [s for s in leaving if year.holds(s.last_day) and in_scope(s.on(last_day_of(s)))]
            began = [
                s for s in starting if year.holds(s.start_date) and in_scope(s.on(s.start_date))
            ]
            vanished = [
                s
                for s in workforce.spells
                if s.exit_kind == "unexplained"
                and year.holds(s.last_day)
                and in_scope(s.on(last_day_of(s)))
            ]
            mean = (
                Fraction(sum(people(employed(month)) for month in thirteen), 13)
                if thirteen[0] in months
                else None
            )
            rows.append(
                leading(year, scope_type, scope_name, "year")
                | {
                    "headcount": people(employed(year.last)),
                    "fte": float(fte_on(year.last, employed(year.last))),
                    "starters": people(began),
                    "leavers": people(left),
                    **{
                        column: people(s for s in left if reason_of(s) == reason)
                        for column, reason in (
                            ("voluntary_leavers", "resignation"),
                            ("retirements", "retirement"),
                            ("transfers", "transfer"),
                        )
                    },
                    "unexplained_exits": len(vanished),
                    "early_leavers_12m": people(
                        s for s in left if (last_day_of(s) - s.start_date).days < 365
                    ),
                    "mean_headcount_12m": None if mean is None else float(mean),
                    "turnover_rate_12m": ratio(people(left), mean) if mean else None,
                }
            )
    return rows


def retention_windows(workforce: Workforce) -> list[Row]:
    """One row a reported month end, the service; null until the month end a year before is there."""
    months = workforce.months()
    rows = []
    for month in months:
        opening = a_year_before(month)
        known = opening in months
        unexplained = sum(
            s.exit_kind == "unexplained" and opening < last_day_of(s) <= month
            for s in workforce.spells
        )
        before = people(s for s in workforce.spells if s.is_employed(opening))
        rows.append(
            {
                "month_end": month,
                "scope_type": "service",
                "scope_name": "all",
                "unexplained_exits_12m": unexplained if known else None,
                "headcount_12m_before": before if known else None,
            }
        )
    return rows


def recruitment(workforce: Workforce, programme: Programme, areas: Areas) -> list[Row]:
    """One row a quarter, year or to date, and scope."""
    vacancies = standing(programme.hr_vacancies, "vacancy_id")
    rows = []
    for period in periods(workforce, "quarter", "year", "to_date"):
        for scope_type, scope_name, in_scope in scopes_of(period, areas):
            own = [v for v in vacancies if in_scope(v)]
            offers = [
                (v["offer_date"] - v["opened_date"]).days
                for v in own
                if period.holds(v["offer_date"])
            ]
            starts = [
                (v["start_date"] - v["opened_date"]).days
                for v in own
                if v["status"] == "filled" and period.holds(v["start_date"])
            ]
            closed = [v["status"] for v in own if period.holds(v["closed_date"])]
            rows.append(
                leading(
                    period, scope_type, scope_name, "period_kind", "quarter_end", "year", "period"
                )
                | {
                    "opened": sum(period.holds(v["opened_date"]) for v in own),
                    "filled": closed.count("filled"),
                    "withdrawn": closed.count("withdrawn"),
                    "offers_12m": len(offers),
                    "median_days_to_offer_12m": median(offers),
                    "starts_12m": len(starts),
                    "median_days_to_start_12m": median(starts),
                }
            )
    return rows


def participation(
    workforce: Workforce, programme: Programme, meetings: list[Meeting], areas: Areas
) -> list[Row]:
    """Sessions over a period, groups and coverage as at its end; below the service, people."""
    rows = []
    for period in periods(workforce, "quarter", "year", "to_date"):
        within = [m for m in meetings if period.holds(m.day)]
        held = [m for m in within if m.is_held]
        bands = [m.size_band for m in held]
        active = active_groups(programme, period.last)
        for scope_type, scope_name, in_scope in scopes_of(period, areas):
            is_service = scope_type == "service"
            there = {
                s.staff_key for s in in_post(workforce, period.last) if in_scope(s.on(period.last))
            }
            if not is_service and not there:
                continue  # nobody to be reached: the year has no row of this scope
            invited = sum(len(m.invited if is_service else m.invited & there) for m in held)
            attended = sum(len(m.attended if is_service else m.attended & there) for m in held)
            reached, everybody = reach(workforce, meetings, period.last, in_scope)
            rows.append(
                leading(
                    period, scope_type, scope_name, "period_kind", "quarter_end", "year", "period"
                )
                | {
                    "sessions_held": len(held) if is_service else None,
                    "sessions_cancelled": len(within) - len(held) if is_service else None,
                    "invited": invited,
                    "attended": attended,
                    "attendance_rate": share(attended, invited),
                    **{
                        f"share_{band}": (
                            share(bands.count(band), len(held)) if is_service else None
                        )
                        for band in ("under", "norm", "over_norm", "over_capacity")
                    },
                    "people": everybody,
                    "staff_reached_84d": reached,
                    "coverage_84d": share(reached, everybody),
                    "groups_active": len(active) if is_service else None,
                    "groups_on_cadence": (
                        groups_on_cadence(active, meetings, period.last) if is_service else None
                    ),
                    "independent_facilitation_rate": (
                        share(sum(m.row["facilitator_independent"] for m in held), len(held))
                        if is_service
                        else None
                    ),
                }
            )
    return rows


def debrief(workforce: Workforce, programme: Programme, areas: Areas) -> list[Row]:
    """Debriefs asked for in a year, by scope (no social workers: a debrief is a team's), or to date."""
    log = standing(programme.debriefs, "debrief_id")
    rows = []
    for period in periods(workforce, "year", "to_date"):
        for scope_type, scope_name, in_scope in scopes_of(period, areas):
            if scope_type == "social_workers":
                continue
            asked = [d for d in log if period.holds(d["requested_date"]) and in_scope(d)]
            held = [d for d in asked if d["status"] == "held"]
            waits = [(d["held_date"] - d["incident_date"]).days for d in held]
            affected = sum(d["staff_affected"] for d in held)
            attended = sum(d["staff_attended"] for d in held)
            followed = sum(bool(d["follow_up_offered"]) for d in held)
            rows.append(
                leading(period, scope_type, scope_name, "period_kind", "year", "period")
                | {
                    "requested": len(asked),
                    "offered": sum(d["offered_date"] is not None for d in asked),
                    "held": len(held),
                    "declined": sum(d["status"] == "declined" for d in asked),
                    "held_within_3_days": sum(wait <= 3 for wait in waits),
                    "median_days_to_held": median(waits),
                    "uptake_rate": share(len(held), len(asked)),
                    "staff_affected": sum(d["staff_affected"] for d in asked),
                    "staff_attended": attended,
                    "attendance_rate": share(attended, affected),
                    "follow_up_rate": share(followed, len(held)),
                    "held_4_to_10_days": sum(3 < wait <= 10 for wait in waits),
                    "held_11_to_28_days": sum(10 < wait <= 28 for wait in waits),
                    "held_over_28_days": sum(wait > 28 for wait in waits),
                    "staff_affected_where_held": affected,
                    "followed_up": followed,
                }
            )
    return rows


def absence(workforce: Workforce, programme: Programme) -> list[Row]:
    """The sums of the months of a quarter, for the service, or of a year, social workers too."""
    by_month = absence_monthly(workforce, programme)
    rows = []
    for period in periods(workforce, "quarter", "year"):
        for scope_type in ("service", "social_workers"):
            if period.kind == "quarter" and scope_type != "service":
                continue
            months = [
                row
                for row in by_month
                if row["scope_type"] == scope_type and period.holds(row["month_end"])
            ]
            lost, stress, available = (
                math.fsum(row[column] for row in months)
                for column in ("working_days_lost", "stress_days_lost", "working_days_available")
            )
            rows.append(
                leading(period, scope_type, "all", "period_kind", "quarter_end", "year")
                | {
                    "working_days_lost": lost,
                    "stress_days_lost": stress,
                    "working_days_available": available,
                    "absence_rate": lost / available if available else None,
                    "stress_share": stress / lost if lost else None,
                }
            )
    return rows


def comparison(
    monthly: Mapping[str, list[Row]], funded_from: date, programme_end: date
) -> list[Row]:
    """One row a window and metric of the service, from the plain monthly tables.

    Each part: what a month adds above the line, below it, and to n.
    """

    def windows() -> dict[str, Callable[[date], bool]]:
        return {
            "before": lambda day: day < funded_from,
            "during": lambda day: funded_from <= day <= programme_end,
            "after": lambda day: day > programme_end,
        }

    parts: dict[tuple[str, str], Callable[[Row], tuple[Any, Any, int]]] = {
        ("retention_monthly", "mean_headcount"): lambda r: (r["headcount"], 1, 1),
        ("retention_monthly", "turnover_a_year"): lambda r: (
            12 * r["leavers"],
            r["headcount"],
            r["leavers"],
        ),
        ("retention_monthly", "starters_a_year"): lambda r: (
            12 * r["starters"],
            r["headcount"],
            r["starters"],
        ),
        ("retention_monthly", "unexplained_a_year"): lambda r: (
            12 * r["unexplained_exits"],
            r["headcount"],
            r["unexplained_exits"],
        ),
        ("retention_monthly", "agency_rate"): lambda r: (
            Fraction(r["agency_fte"]),
            Fraction(r["fte"]) + Fraction(r["agency_fte"]),
            1,
        ),
        ("recruitment_monthly", "vacancy_rate"): lambda r: (Fraction(r["vacancy_rate"]), 1, 1),
        ("recruitment_monthly", "opened_a_year"): lambda r: (12 * r["opened"], 1, r["opened"]),
        ("recruitment_monthly", "filled_a_year"): lambda r: (12 * r["filled"], 1, r["filled"]),
        ("participation_monthly", "sessions_a_year"): lambda r: (
            12 * r["sessions_held"],
            1,
            r["sessions_held"],
        ),
        ("participation_monthly", "cancelled_share"): lambda r: (
            r["sessions_cancelled"],
            r["sessions_held"] + r["sessions_cancelled"],
            r["sessions_held"] + r["sessions_cancelled"],
        ),
        ("participation_monthly", "independent_share"): lambda r: (
            Fraction(r["independent_facilitation_rate"]) * r["sessions_held"],
            r["sessions_held"],
            r["sessions_held"],
        ),
        ("caseload_monthly", "mean_caseload"): lambda r: (Fraction(r["mean_caseload"]), 1, 1),
    }
    wanted = {"vacancy_rate": "vacancy_rate", "mean_caseload": "mean_caseload"}
    wanted |= {"independent_share": "independent_facilitation_rate"}
    rows: list[Row] = []
    for (series, metric), part in parts.items():
        before: float | None = None
        for window, holds in windows().items():
            held = [
                (r["month_end"], *part(r))
                for r in monthly[series]
                if r["scope_type"] == "service"
                and holds(r["month_end"])
                and (metric not in wanted or r[wanted[metric]] is not None)
            ]
            if not held:
                continue
            below = sum(down for _, _, down, _ in held)
            value = float(sum(up for _, up, _, _ in held) / Fraction(below)) if below else None
            if window == "before":
                before = value
            change = window != "before" and value is not None and before is not None
            rows.append(
                {
                    "window_name": window,
                    "series": series,
                    "metric": metric,
                    "scope_type": "service",
                    "scope_name": "all",
                    "first_month_end": min(day for day, *_ in held),
                    "last_month_end": max(day for day, *_ in held),
                    "months": len(held),
                    "n": sum(n for *_, n in held),
                    "value": value,
                    "change_since_before": value - before if change else None,
                }
            )
    return rows


def tables(
    workforce: Workforce, programme: Programme, meetings: list[Meeting], areas: Areas
) -> dict[str, list[Row]]:
    """All of them, by the names of the models that the board's file is made from."""
    return {
        "int_board__retention": retention(workforce, areas),
        "int_board__retention_windows": retention_windows(workforce),
        "int_board__recruitment": recruitment(workforce, programme, areas),
        "int_board__participation": participation(workforce, programme, meetings, areas),
        "int_board__debrief": debrief(workforce, programme, areas),
        "int_board__absence": absence(workforce, programme),
    }
