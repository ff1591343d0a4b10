"""What the rungs of the impact are worked out from, counted slowly.

As `workforce.py`: plain dicts come in and go out, each function says one sentence of the definitions, and
nothing is shared with the product. The statistics themselves are held to published figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from tests.oracle.services import Meeting, Programme, known_groups, snapshot, standing
from tests.oracle.workforce import DAY, Workforce, leaving_spells

Row = dict[str, Any]
LAGS = (0, 60, 90, 120)
BANDS = (1, 3, 6)


def watched(workforce: Workforce) -> tuple[date, date] | None:
    """From the first snapshot to the last 31 December that is reported; None without one after it."""
    ends = [month for month in workforce.months() if month.month == 12]
    if not ends or workforce.snapshots[0] >= ends[-1]:
        return None
    return workforce.snapshots[0], ends[-1]


def employed_stretches(workforce: Workforce, staff_key: str) -> list[tuple[date, date | None]]:
    """A person's unbroken stretches of employed days, whatever the post: first day, last day or none."""
    spells = [spell for spell in workforce.spells if spell.staff_key == staff_key]
    # On no other day can anything change.
    days = sorted(
        {spell.start_date for spell in spells}
        | {spell.last_day + DAY for spell in spells if spell.last_day is not None}
        | {day for spell in spells for day in spell.good_on}
    )
    found: list[tuple[date, date | None]] = []
    for day in days:
        is_employed = any(spell.is_employed(day) for spell in spells)
        if is_employed and (not found or found[-1][1] is not None):
            found.append((day, None))
        elif not is_employed and found and found[-1][1] is None:
            found[-1] = (found[-1][0], day - DAY)
    return found


def stays(workforce: Workforce, meetings: Iterable[Meeting]) -> list[Row]:
    """One row a person and stretch, as far as it is watched."""
    window = watched(workforce)
    if window is None:
        return []
    first, last = window
    left = {(spell.staff_key, spell.last_day) for spell in leaving_spells(workforce)}
    came: dict[str, date] = {}
    for meeting in meetings:
        for person in meeting.attended if meeting.is_held else ():
            came[person] = min(meeting.day, came.get(person, meeting.day))
    return [
        {
            "staff_key": person,
            "began_on": began,
            "seen_from": max(began, first),
            "seen_until": last if ended is None else min(ended, last),
            "is_left": ended is not None and ended <= last and (person, ended) in left,
            "first_attended_on": came.get(person),
        }
        for person in sorted({spell.staff_key for spell in workforce.spells})
        for began, ended in employed_stretches(workforce, person)
        if began <= last and (ended is None or ended >= first)
    ]


def years_later(day: date, years: int) -> date:
    """The same day of a later year; of 29 February the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def attendance_rows(workforce: Workforce, all_stays: Iterable[Row]) -> list[Row]:
    """Each stay day by day for each lag, days in which nothing changes put together."""
    window = watched(workforce)
    rows: list[Row] = []
    for stay in all_stays:
        assert window is not None
        first = window[0]
        begins, ends = (stay["seen_from"] - first).days, (stay["seen_until"] - first).days
        turns = [(years_later(stay["began_on"], years) - first).days for years in BANDS]
        attended = stay["first_attended_on"]
        for lag in LAGS:
            since = None if attended is None else (attended - first).days + lag
            row: Row = {}
            for day in range(begins, ends + 1):
                state = {
                    "is_attended": since is not None and day >= since,
                    "years_band": sum(day >= turn for turn in turns),
                }
                if row and state.items() <= row.items():
                    row["stop"] = day + 1
                    continue
                row = {
                    "lag_days": lag,
                    "staff_key": stay["staff_key"],
                    "began_on": stay["began_on"],
                    "start": day,
                    "stop": day + 1,
                    "is_left": False,
                    **state,
                }
                rows.append(row)
            row["is_left"] = stay["is_left"]
    return rows


def vacancy_waits(workforce: Workforce, programme: Programme) -> list[Row]:
    """One row a vacancy that was opened on a reported day: the first and the last belong to them."""
    months = workforce.months()
    rows = []
    for vacancy in standing(programme.hr_vacancies, "vacancy_id") if months else ():
        closed = vacancy["closed_date"]
        if months[0] <= vacancy["opened_date"] <= months[-1]:
            is_closed = closed is not None and closed <= months[-1]
            rows.append(
                {
                    "vacancy_id": vacancy["vacancy_id"],
                    "opened_on": vacancy["opened_date"],
                    "waited_until": closed if is_closed else months[-1],
                    "is_filled": is_closed and vacancy["status"] == "filled",
                }
            )
    return rows


def group_starts(workforce: Workforce, programme: Programme) -> dict[str, date]:
    """Of each team the day on which the first group began that three of its people joined."""
    joined = {
        (row["group_id"], row["staff_key"], row["joined_on"])
        for as_of in programme.days_of("group_members")
        for row in snapshot(programme.group_members, as_of, "group_id", "staff_key")
    }
    members: dict[tuple[str, str], set[str]] = {}
    for group_id, person, day in joined:
        for spell in workforce.spells:
            if spell.staff_key == person and spell.is_in_post(day):
                members.setdefault((group_id, spell.on(day)["team"]), set()).add(person)
    groups = known_groups(programme)
    starts: dict[str, date] = {}
    for (group_id, team), people in members.items():
        if len(people) >= 3 and group_id in groups:
            began = groups[group_id]["started_on"]
            starts[team] = min(began, starts.get(team, began))
    return starts


def team_months(
    workforce: Workforce, programme: Programme, retention_monthly: Iterable[Row]
) -> list[Row]:
    """One row a team and reported month."""
    starts = group_starts(workforce, programme)
    return [
        {
            "team": row["scope_name"],
            "month_end": row["month_end"],
            "headcount": row["headcount"],
            "leavers": row["leavers"],
            "group_started_on": starts.get(row["scope_name"]),
        }
        for row in retention_monthly
        if row["scope_type"] == "team"
    ]


def tables(
    workforce: Workforce,
    programme: Programme,
    meetings: Iterable[Meeting],
    retention_monthly: Iterable[Row],
) -> dict[str, list[Row]]:
    """All of them, by the model's name."""
    all_stays = stays(workforce, meetings)
    window = watched(workforce)
    days = (
        []
        if window is None
        else [dict(zip(("watched_from", "watched_until"), window, strict=True))]
    )
    return {
        "int_impact__watched": days,
        "int_impact__stays": all_stays,
        "int_impact__attendance_rows": attendance_rows(workforce, all_stays),
        "int_impact__vacancy_waits": vacancy_waits(workforce, programme),
        "int_impact__team_months": team_months(workforce, programme, retention_monthly),
    }
