"""The marts of recruitment, participation, debriefs, wellbeing, absence and caseload, counted slowly.

As `workforce.py`: plain dicts with the columns of the lake come in, plain dicts with the columns of
the marts go out, each function says one sentence of the metric definitions, and nothing is shared
with the product. FTE and days are added up in `Fraction`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from dateutil.easter import easter
from scipy import stats

from tests.oracle.workforce import (
    DAY,
    Spell,
    Workforce,
    a_year_before,
    fte_on,
    people,
    ratio,
    scopes,
    statement_order,
)

Row = dict[str, Any]
SATURDAY = 5
CYCLES_OF_REACH = timedelta(days=84)
CADENCE_GRACE = 7
# Bank holidays that were moved or given for once: the day, and the one that it replaced.
MOVED = {
    date(2011, 4, 29): None,
    date(2012, 6, 4): date(2012, 5, 28),
    date(2012, 6, 5): None,
    date(2020, 5, 8): date(2020, 5, 4),
    date(2022, 6, 2): date(2022, 5, 30),
    date(2022, 6, 3): None,
    date(2022, 9, 19): None,
    date(2023, 5, 8): None,
}
# Of each questionnaire and score, as the authors publish it: the items, those that count the other
# way round, the sum of least and greatest answer, how a sum becomes the score, and the cut-offs.
PROQOL_CUT_OFFS = (22, 42)
SWEMWBS = (
    700, 951, 1125, 1240, 1333, 1408, 1475, 1532, 1584, 1636, 1688, 1743, 1798, 1859, 1925, 1998,
    2073, 2154, 2235, 2321, 2411, 2503, 2602, 2703, 2813, 2931, 3070, 3255, 3500,
)  # fmt: skip
SCORES: dict[
    tuple[str, str], tuple[list[int], set[int], int, Callable[[int], Fraction], Any, Any]
] = {
    ("who5", "wellbeing"): ([1, 2, 3, 4, 5], set(), 5, lambda total: Fraction(4 * total), 50, None),
    ("proqol5", "compassion_satisfaction"): (
        [3, 6, 12, 16, 18, 20, 22, 24, 27, 30], set(), 6, Fraction, *PROQOL_CUT_OFFS
    ),
    ("proqol5", "burnout"): (
        [1, 4, 8, 10, 15, 17, 19, 21, 26, 29], {1, 4, 15, 17, 29}, 6, Fraction, *PROQOL_CUT_OFFS
    ),
    ("proqol5", "secondary_traumatic_stress"): (
        [2, 5, 7, 9, 11, 13, 14, 23, 25, 28], set(), 6, Fraction, *PROQOL_CUT_OFFS
    ),
    ("cbi", "personal"): (
        [1, 2, 3, 4, 5, 6], set(), 100, lambda total: Fraction(total, 6), None, 50
    ),
    ("cbi", "work"): (
        [7, 8, 9, 10, 11, 12, 13], {13}, 100, lambda total: Fraction(total, 7), None, 50
    ),
    ("cbi", "client"): (
        [14, 15, 16, 17, 18, 19], set(), 100, lambda total: Fraction(total, 6), None, 50
    ),
    ("swemwbs", "wellbeing"): (
        [1, 2, 3, 4, 5, 6, 7], set(), 6, lambda total: Fraction(SWEMWBS[total - 7], 100), None, None
    ),
}  # fmt: skip


@dataclass
class Programme:
    """Rows of standing files of the sources that the programme has besides staff and leavers.

    The as-of dates of `group_members` and `absence` files stand apart, since a file without a row
    says something too.
    """

    hr_vacancies: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    group_members: list[Row] = field(default_factory=list)
    group_sessions: list[Row] = field(default_factory=list)
    group_attendance: list[Row] = field(default_factory=list)
    debriefs: list[Row] = field(default_factory=list)
    wellbeing_survey: list[Row] = field(default_factory=list)
    absence: list[Row] = field(default_factory=list)
    sword_results: list[Row] = field(default_factory=list)
    evidence_register: list[Row] = field(default_factory=list)
    csww_return: list[Row] = field(default_factory=list)
    load_manifest: list[Row] = field(default_factory=list)

    def days_of(self, source: str) -> list[date]:
        """As-of dates of the standing files of one source, oldest first."""
        return sorted(
            {
                row["as_of"]
                for row in self.load_manifest
                if row["source"] == source and row["status"] in ("loaded", "partly_loaded")
            }
        )


def standing(rows: Iterable[Row], *key: str) -> list[Row]:
    """The last word on each key; a key whose last word is void is gone."""
    latest: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        name = tuple(row[column] for column in key)
        if name not in latest or statement_order(latest[name]) < statement_order(row):
            latest[name] = row
    return [row for row in latest.values() if not row["void"]]


def snapshot(rows: Iterable[Row], as_of: date, *key: str) -> list[Row]:
    """The rows of one day's snapshot; of two with one key the greater hash gives the values."""
    return [
        row | {"void": False}
        for row in standing(({**row, "void": False} for row in rows if row["as_of"] == as_of), *key)
    ]


def median(values: Sequence[int]) -> float | None:
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    if len(values) % 2:
        return float(ordered[middle])
    return (ordered[middle - 1] + ordered[middle]) / 2


def share(part: int | Fraction, whole: int | Fraction | None) -> float | None:
    return ratio(part, whole) if whole else None


def in_post(workforce: Workforce, day: date) -> list[Spell]:
    """All spells in post on `day`, agency included."""
    return [spell for spell in workforce.spells if spell.is_in_post(day)]


def leading(month: date, scope_type: str, scope_name: str) -> Row:
    return {"month_end": month, "scope_type": scope_type, "scope_name": scope_name}


InScope = Callable[[Row], bool]


def scopes_with(
    workforce: Workforce, rows: Iterable[Row], columns: dict[str, str]
) -> list[tuple[str, str, InScope]]:
    """The workforce's scopes, and those teams and roles that only `rows` name."""
    found = scopes(workforce)
    known = {(scope_type, name) for scope_type, name, _ in found}

    def test(column: str, name: str) -> InScope:
        return lambda held: held[column] == name

    for row in rows:
        for scope_type, column in columns.items():
            if (scope_type, row[column]) not in known:
                known.add((scope_type, row[column]))
                found.append((scope_type, row[column], test(column, row[column])))
    return found


# ------------------------------------------------------------------------------------- recruitment


def is_vacant(vacancy: Row, day: date) -> bool:
    """Opened and not closed; a filled one until the day before the appointed person's first."""
    if vacancy["opened_date"] > day:
        return False
    if vacancy["closed_date"] is None or vacancy["closed_date"] > day:
        return True
    return (
        vacancy["status"] == "filled"
        and vacancy["start_date"] is not None
        and vacancy["start_date"] > day
    )


def recruitment_monthly(workforce: Workforce, programme: Programme) -> list[Row]:
    """One row a reported month end and scope."""
    months = workforce.months()
    vacancies = standing(programme.hr_vacancies, "vacancy_id")
    columns = {"team": "team", "role": "job_role"}
    rows = []
    for scope_type, scope_name, in_scope in scopes_with(workforce, programme.hr_vacancies, columns):
        own = [vacancy for vacancy in vacancies if in_scope(vacancy)]
        for month in months:
            first, year_ago = month.replace(day=1), a_year_before(month)
            vacant = [vacancy for vacancy in own if is_vacant(vacancy, month)]
            closed = [
                v
                for v in own
                if v["closed_date"] is not None and first <= v["closed_date"] <= month
            ]
            offers = [
                (v["offer_date"] - v["opened_date"]).days
                for v in own
                if v["offer_date"] is not None and year_ago < v["offer_date"] <= month
            ]
            starts = [
                (v["start_date"] - v["opened_date"]).days
                for v in own
                if v["status"] == "filled"
                and v["start_date"] is not None
                and year_ago < v["start_date"] <= month
            ]
            vacant_fte = sum((Fraction(v["fte"]) for v in vacant), Fraction(0))
            stock = fte_on(
                month,
                (s for s in workforce.spells if s.is_employed(month) and in_scope(s.on(month))),
            )
            covered = sum(
                (Fraction(v["fte"]) for v in vacant if v["covered_by_agency"]), Fraction(0)
            )
            rows.append(
                leading(month, scope_type, scope_name)
                | {
                    "open_vacancies": len(vacant),
                    "vacant_fte": float(vacant_fte),
                    "vacancy_rate": ratio(vacant_fte, vacant_fte + stock),
                    "opened": sum(first <= v["opened_date"] <= month for v in own),
                    "filled": sum(v["status"] == "filled" for v in closed),
                    "withdrawn": sum(v["status"] == "withdrawn" for v in closed),
                    "median_days_to_offer_12m": median(offers) if year_ago in months else None,
                    "median_days_to_start_12m": median(starts) if year_ago in months else None,
                    "agency_covered_fte": float(covered),
                    "median_age_open_days": median(
                        [(month - v["opened_date"]).days for v in vacant]
                    ),
                }
            )
    return rows


def with_vacancies(dfe_rows: Iterable[Row], programme: Programme) -> list[Row]:
    """`retention_yearly_dfe` with its vacancies, unknown where no vacancy file has ever come."""
    known = bool(programme.days_of("hr_vacancies"))
    vacancies = standing(programme.hr_vacancies, "vacancy_id")
    rows = []
    for row in dfe_rows:
        day = date(row["year"], 9, 30)
        vacant = [v for v in vacancies if v["is_social_worker"] and is_vacant(v, day)]
        fte = sum((Fraction(v["fte"]) for v in vacant), Fraction(0))
        rate = ratio(fte, fte + Fraction(row["inpost_fte"])) if known else None
        rows.append(row | {"vacant_fte": float(fte) if known else None, "vacancy_rate_fte": rate})
    return rows


# ----------------------------------------------------------------------------------- participation


@dataclass
class Meeting:
    """A session of a known group, and which known people were invited to it and came."""

    row: Row
    group: Row
    invited: set[str]
    attended: set[str]
    days_since_previous: int | None = None

    @property
    def day(self) -> date:
        day: date = self.row["session_date"]
        return day

    @property
    def is_held(self) -> bool:
        return bool(self.row["status"] == "held")

    @property
    def on_cadence(self) -> bool | None:
        if self.days_since_previous is None:
            return None
        return bool(self.days_since_previous <= self.group["cadence_days"] + CADENCE_GRACE)

    @property
    def size_band(self) -> str | None:
        came = len(self.attended)
        if not self.is_held:
            return None
        if came < 6:
            return "under"
        return "norm" if came <= 8 else "over_norm" if came <= 12 else "over_capacity"


def known_groups(programme: Programme) -> dict[str, Row]:
    """Each group as the latest snapshot that holds it says."""
    found: dict[str, Row] = {}
    for as_of in programme.days_of("groups"):
        for row in snapshot(programme.groups, as_of, "group_id"):
            found[row["group_id"]] = row
    return found


def known_people(workforce: Workforce) -> set[str]:
    return {spell.staff_key for spell in workforce.spells}


def meetings(workforce: Workforce, programme: Programme) -> list[Meeting]:
    """The sessions of known groups, oldest first."""
    groups, known = known_groups(programme), known_people(workforce)
    lists = {
        as_of: snapshot(programme.group_members, as_of, "group_id", "staff_key")
        for as_of in programme.days_of("group_members")
    }
    register = standing(programme.group_attendance, "session_id", "staff_key")
    found = []
    for session in standing(programme.group_sessions, "session_id"):
        if session["group_id"] not in groups:
            continue
        day = session["session_date"]
        later = [as_of for as_of in lists if as_of >= day]
        chosen = (min(later) if later else max(lists)) if lists else None
        members = {
            row["staff_key"]
            for row in (lists[chosen] if chosen else [])
            if row["group_id"] == session["group_id"]
            and row["joined_on"] <= day
            and (row["left_on"] is None or row["left_on"] >= day)
        }
        lines = [row for row in register if row["session_id"] == session["session_id"]]
        invited = members | {row["staff_key"] for row in lines}
        attended = {row["staff_key"] for row in lines if row["attendance"] == "attended"}
        found.append(
            Meeting(session, groups[session["group_id"]], invited & known, attended & known)
        )
    found.sort(key=lambda meeting: (meeting.day, meeting.row["session_id"]))
    previous: dict[str, date] = {}
    for meeting in found:
        if meeting.is_held:
            before = previous.get(meeting.row["group_id"])
            if before is not None:
                meeting.days_since_previous = (meeting.day - before).days
            previous[meeting.row["group_id"]] = meeting.day
    return found


def participation_session(held: list[Meeting]) -> list[Row]:
    """One row a session of a known group."""
    return [
        {
            "session_id": meeting.row["session_id"],
            "group_id": meeting.row["group_id"],
            "session_date": meeting.day,
            "status": meeting.row["status"],
            "invited": len(meeting.invited),
            "attended": len(meeting.attended),
            "attendance_rate": share(len(meeting.attended), len(meeting.invited)),
            "days_since_previous": meeting.days_since_previous,
            "on_cadence": meeting.on_cadence,
            "size_band": meeting.size_band,
        }
        for meeting in held
    ]


def active_groups(programme: Programme, day: date) -> list[Row]:
    return [
        group
        for group in known_groups(programme).values()
        if group["started_on"] <= day and (group["ended_on"] is None or group["ended_on"] >= day)
    ]


def groups_on_cadence(active: list[Row], all_meetings: list[Meeting], day: date) -> int:
    """How many of the groups met no longer ago than their cadence and a week."""
    return sum(
        any(
            m.is_held
            and m.row["group_id"] == group["group_id"]
            and day - timedelta(days=group["cadence_days"] + CADENCE_GRACE) < m.day <= day
            for m in all_meetings
        )
        for group in active
    )


def reach(
    workforce: Workforce, held: list[Meeting], month: date, in_scope: InScope
) -> tuple[int, int]:
    """How many people in post on `month` came to a session in the 84 days, and how many there are."""
    there = {s.staff_key for s in in_post(workforce, month) if in_scope(s.on(month))}
    came = {
        who
        for meeting in held
        if meeting.is_held and month - CYCLES_OF_REACH < meeting.day <= month
        for who in meeting.attended
    }
    return len(there & came), len(there)


def participation_monthly(
    workforce: Workforce, programme: Programme, all_meetings: list[Meeting]
) -> list[Row]:
    """One row a reported month end and scope."""
    rows = []
    for month in workforce.months():
        first = month.replace(day=1)
        within = [m for m in all_meetings if first <= m.day <= month]
        held = [m for m in within if m.is_held]
        active = active_groups(programme, month)
        on_cadence = groups_on_cadence(active, all_meetings, month)
        for scope_type, scope_name, in_scope in scopes(workforce):
            is_service = scope_type == "service"
            there = {s.staff_key for s in in_post(workforce, month) if in_scope(s.on(month))}
            invited = sum(len(m.invited if is_service else m.invited & there) for m in held)
            attended = sum(len(m.attended if is_service else m.attended & there) for m in held)
            reached, everybody = reach(workforce, all_meetings, month, in_scope)
            independent = sum(m.row["facilitator_independent"] for m in held)
            rows.append(
                leading(month, scope_type, scope_name)
                | {
                    "sessions_held": len(held) if is_service else None,
                    "sessions_cancelled": len(within) - len(held) if is_service else None,
                    "invited": invited,
                    "attended": attended,
                    "attendance_rate": share(attended, invited),
                    "staff_reached_84d": reached,
                    "coverage_84d": share(reached, everybody),
                    "groups_active": len(active) if is_service else None,
                    "groups_on_cadence": on_cadence if is_service else None,
                    "independent_facilitation_rate": (
                        share(independent, len(held)) if is_service else None
                    ),
                }
            )
    return rows


def programme_fidelity(
    workforce: Workforce, programme: Programme, all_meetings: list[Meeting]
) -> list[Row]:
    """One row a reported month and promise, and one a promise to date."""
    months = workforce.months()
    rows: list[Row] = []
    for month in months:
        within = [m for m in all_meetings if month.replace(day=1) <= m.day <= month]
        rows += promises(workforce, programme, all_meetings, within, month, month)
    if months:
        within = [m for m in all_meetings if m.day <= months[-1]]
        rows += promises(workforce, programme, all_meetings, within, months[-1], None)
    return rows


def promises(
    workforce: Workforce,
    programme: Programme,
    all_meetings: list[Meeting],
    within: list[Meeting],
    day: date,
    month_end: date | None,
) -> list[Row]:
    """The six promises, over the sessions `within`; groups and coverage are those of `day`."""
    held = [m for m in within if m.is_held]
    gaps = [(m.days_since_previous, m.group["cadence_days"]) for m in held]
    known_gaps = [(days, cadence) for days, cadence in gaps if days is not None]
    kept = sum(abs(days - cadence) <= CADENCE_GRACE for days, cadence in known_gaps)
    reached, everybody = reach(workforce, all_meetings, day, lambda _: True)
    independent = sum(m.row["facilitator_independent"] for m in held)
    norm = sum(m.size_band == "norm" for m in held)
    over = sum(m.size_band == "over_capacity" for m in held)
    facts: list[tuple[str, int, float | None, int | None]] = [
        ("groups_active", 22, float(len(active_groups(programme, day))), None),
        ("attended_6_to_8", 1, share(norm, len(held)), len(held)),
        ("none_over_12", 0, float(over), len(held)),
        ("gap_within_cadence", 1, share(kept, len(known_gaps)), len(known_gaps)),
        ("independent_facilitator", 1, share(independent, len(held)), len(held)),
        ("coverage_84d", 1, share(reached, everybody), None),
    ]
    rows: list[Row] = []
    for promise, promised, observed, n in facts:
        met = None
        if observed is not None and n != 0:
            met = observed <= promised if promise == "none_over_12" else observed >= promised
        rows.append(
            {
                "month_end": month_end,
                "promise": promise,
                "promised": promised,
                "observed": observed,
                "met": met,
                "n": n,
            }
        )
    return rows


def group_cadence(
    workforce: Workforce, programme: Programme, all_meetings: list[Meeting]
) -> list[Row]:
    """One row a group and cycle that the group ran to its end, by the last reported month."""
    months = workforce.months()
    if not months:
        return []
    rows = []
    for group in known_groups(programme).values():
        until = min(months[-1], group["ended_on"] or months[-1])
        length = timedelta(days=group["cadence_days"])
        opens, cycle = group["started_on"], 1
        while opens + length - DAY <= until:
            within = [
                m.is_held
                for m in all_meetings
                if m.row["group_id"] == group["group_id"] and opens <= m.day < opens + length
            ]
            status = "held" if any(within) else "cancelled" if within else "late"
            rows.append({"group_id": group["group_id"], "cycle": cycle, "status": status})
            opens, cycle = opens + length, cycle + 1
    return rows


def unmatched_rows(workforce: Workforce, programme: Programme) -> list[Row]:
    """How many standing rows wait for a group, a session or a person that no file has brought."""
    sessions = standing(programme.group_sessions, "session_id")
    register = standing(programme.group_attendance, "session_id", "staff_key")
    groups = {row["group_id"] for row in programme.groups}
    session_ids = {row["session_id"] for row in sessions}
    known = known_people(workforce)
    counts = {
        ("group_sessions", "group_id"): sum(row["group_id"] not in groups for row in sessions),
        ("group_attendance", "session_id"): sum(
            row["session_id"] not in session_ids for row in register
        ),
        ("group_attendance", "employee_id"): sum(row["staff_key"] not in known for row in register),
    }
    return [
        {"source": source, "key_name": key_name, "rows": rows}
        for (source, key_name), rows in counts.items()
    ]


# --------------------------------------------------------------------------------------- debriefs


def debrief_monthly(workforce: Workforce, programme: Programme) -> list[Row]:
    """One row a reported month end, for the service and each team, by the day of the request."""
    log = standing(programme.debriefs, "debrief_id")
    rows = []
    for scope_type, scope_name, in_scope in scopes_with(
        workforce, programme.debriefs, {"team": "team"}
    ):
        if scope_type not in ("service", "team"):
            continue
        for month in workforce.months():
            first = month.replace(day=1)
            asked = [d for d in log if first <= d["requested_date"] <= month and in_scope(d)]
            held = [d for d in asked if d["status"] == "held"]
            waits = [(d["held_date"] - d["incident_date"]).days for d in held]
            attended = sum(d["staff_attended"] for d in held)
            rows.append(
                leading(month, scope_type, scope_name)
                | {
                    "requested": len(asked),
                    "offered": sum(d["offered_date"] is not None for d in asked),
                    "held": len(held),
                    "declined": sum(d["status"] == "declined" for d in asked),
                    "held_within_3_days": sum(days <= 3 for days in waits),
                    "median_days_to_held": median(waits),
                    "uptake_rate": share(len(held), len(asked)),
                    "staff_affected": sum(d["staff_affected"] for d in asked),
                    "staff_attended": attended,
                    "attendance_rate": share(attended, sum(d["staff_affected"] for d in held)),
                    "follow_up_rate": share(sum(d["follow_up_offered"] for d in held), len(held)),
                }
            )
    return rows


# -------------------------------------------------------------------------------------- wellbeing


def wellbeing_wave(workforce: Workforce, programme: Programme) -> list[Row]:
    """One row a wave, score and scope (the service, each team that somebody answered for)."""
    responses = standing(programme.wellbeing_survey, "response_key")
    rows = []
    for wave, instrument, subscale in sorted(
        {
            (row["wave_date"], *name)
            for row in responses
            for name in SCORES
            if name[0] == row["instrument"]
        }
    ):
        answers = [
            row for row in responses if (row["wave_date"], row["instrument"]) == (wave, instrument)
        ]
        teams = sorted({row["team"] for row in answers if row["team"] is not None})
        for scope_type, scope_name in [("service", "all"), *(("team", team) for team in teams)]:
            own = [row for row in answers if scope_type == "service" or row["team"] == scope_name]
            scores = [one for row in own if (one := scored(row, subscale)) is not None]
            there = people(
                spell
                for spell in in_post(workforce, wave)
                if scope_type == "service" or spell.on(wave)["team"] == scope_name
            )
            keys = [row["respondent_key"] for row in own]
            rows.append(
                {
                    "wave_date": wave,
                    "instrument": instrument,
                    "subscale": subscale,
                    "scope_type": scope_type,
                    "scope_name": scope_name,
                    "responses": len(scores),
                    **spread(scores),
                    "response_rate": None if None in keys else share(len(set(keys)), there),
                    **shares(scores, *SCORES[instrument, subscale][-2:]),
                }
            )
    return rows


def scored(row: Row, subscale: str) -> Fraction | None:
    """The score of one response; none where an item is missing."""
    items, backwards, ends, score, _, _ = SCORES[row["instrument"], subscale]
    answers = {item: row[f"q{item}"] for item in items}
    if None in answers.values():
        return None
    return score(
        sum(ends - answer if item in backwards else answer for item, answer in answers.items())
    )


def shares(scores: list[Fraction], low_up_to: int | None, high_from: int | None) -> Row:
    """Shares up to the one cut-off and from the other; of a single cut-off the rest is one band."""
    n = len(scores)
    low = sum(low_up_to is not None and score <= low_up_to for score in scores)
    high = sum(high_from is not None and score >= high_from for score in scores)
    if low_up_to is None and high_from is None:
        return {"share_low": None, "share_middle": None, "share_high": None}
    if high_from is None:
        return {"share_low": share(low, n), "share_middle": None, "share_high": share(n - low, n)}
    if low_up_to is None:
        return {"share_low": share(n - high, n), "share_middle": None, "share_high": share(high, n)}
    return {
        "share_low": share(low, n),
        "share_middle": share(n - low - high, n),
        "share_high": share(high, n),
    }


def spread(scores: list[Fraction]) -> Row:
    """Mean, its 95 % interval by Student's t, and the standard deviation over n - 1."""
    n = len(scores)
    mean = sum(scores, Fraction(0)) / n if n else None
    if mean is None or n < 2:
        return {
            "mean_score": None if mean is None else float(mean),
            "lower_95": None,
            "upper_95": None,
            "sd_score": None,
        }
    sd = math.sqrt(sum(((score - mean) ** 2 for score in scores), Fraction(0)) / (n - 1))
    half = float(stats.t.ppf(0.975, n - 1)) * sd / math.sqrt(n)
    return {
        "mean_score": float(mean),
        "lower_95": float(mean) - half,
        "upper_95": float(mean) + half,
        "sd_score": sd,
    }


# --------------------------------------------------------------------------- absence and caseload


def is_weekday(day: date) -> bool:
    return day.weekday() < SATURDAY


def bank_holidays(year: int) -> set[date]:
    """England's, by rule; one at a weekend is given on the next weekday that is none itself."""

    def monday_from(day: date) -> date:
        return day + timedelta(days=-day.weekday() % 7)

    moved = {day: old for day, old in MOVED.items() if day.year == year}
    sunday = easter(year)
    found = {
        sunday - timedelta(days=2),
        sunday + DAY,
        monday_from(date(year, 5, 1)),
        monday_from(date(year, 5, 25)),
        monday_from(date(year, 8, 25)),
    } - set(moved.values())
    found |= set(moved)
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        while not is_weekday(day) or day in found:
            day += DAY
        found.add(day)
    return found


def days_from_to(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def absence_monthly(workforce: Workforce, programme: Programme) -> list[Row]:
    """One row a reported month end, for the service and its social workers."""
    files = programme.days_of("absence")
    by_person: dict[str, list[Spell]] = {}
    for spell in workforce.spells:
        by_person.setdefault(spell.staff_key, []).append(spell)
    lost: dict[tuple[date, str, bool], Fraction] = {}
    for absence in standing(programme.absence, "staff_key", "absence_start"):
        begins = absence["absence_start"]
        ends = absence["absence_end"] or max(files)
        days = [day for day in days_from_to(begins, ends) if is_weekday(day)] or [begins]
        each = Fraction(absence["working_days_lost"]) / len(days)
        is_stress = absence["reason"] == "stress_anxiety_depression"
        for day in days:
            held = [
                spell.on(day)
                for spell in by_person.get(absence["staff_key"], [])
                if spell.is_employed(day)
            ]
            month = day.replace(day=1)
            for scope_type, counts in (
                ("service", bool(held)),
                ("social_workers", any(attributes["is_social_worker"] for attributes in held)),
            ):
                if counts:
                    key = (month, scope_type, is_stress)
                    lost[key] = lost.get(key, Fraction(0)) + each
    rows = []
    for month in workforce.months():
        first = month.replace(day=1)
        working = sum(
            is_weekday(day) and day not in bank_holidays(day.year)
            for day in days_from_to(first, month)
        )
        for scope_type in ("service", "social_workers"):
            stock = fte_on(
                month,
                (
                    spell
                    for spell in workforce.spells
                    if spell.is_employed(month)
                    and (scope_type == "service" or spell.on(month)["is_social_worker"])
                ),
            )
            stress = lost.get((first, scope_type, True), Fraction(0))
            total = stress + lost.get((first, scope_type, False), Fraction(0))
            rows.append(
                leading(month, scope_type, "all")
                | {
                    "working_days_lost": float(total),
                    "stress_days_lost": float(stress),
                    "working_days_available": float(stock * working),
                    "absence_rate": ratio(total, stock * working),
                    "stress_share": ratio(stress, total),
                }
            )
    return rows


def caseload_on(spell: Spell, month: date) -> int:
    """The cases that the latest snapshot by `month` gives the spell; none where it gives none."""
    before = [as_of for as_of in spell.good_on if as_of <= month]
    return (spell.good_on[max(before)].get("caseload") or 0) if before else 0


def caseload_monthly(workforce: Workforce) -> list[Row]:
    """One row a reported month end and scope."""
    rows = []
    for scope_type, scope_name, in_scope in scopes(workforce):
        for month in workforce.months():
            holding = [
                spell
                for spell in in_post(workforce, month)
                if in_scope(spell.on(month)) and caseload_on(spell, month) >= 1
            ]
            cases: dict[str, int] = {}
            for spell in holding:
                cases[spell.staff_key] = cases.get(spell.staff_key, 0) + caseload_on(spell, month)
            rows.append(
                leading(month, scope_type, scope_name)
                | {
                    "case_holders": len(cases),
                    "cases": sum(cases.values()),
                    "mean_caseload": ratio(sum(cases.values()), fte_on(month, holding)),
                    "p90_caseload": percentile(list(cases.values()), Fraction(9, 10)),
                }
            )
    return rows


def percentile(values: list[int], at: Fraction) -> float | None:
    """By linear interpolation between the two nearest of the ordered values."""
    if not values:
        return None
    ordered = sorted(values)
    place = at * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def marts(workforce: Workforce, programme: Programme) -> dict[str, list[Row]]:
    """All of them, by name."""
    held = meetings(workforce, programme)
    return {
        "recruitment_monthly": recruitment_monthly(workforce, programme),
        "participation_session": participation_session(held),
        "participation_monthly": participation_monthly(workforce, programme, held),
        "programme_fidelity": programme_fidelity(workforce, programme, held),
        "group_cadence": group_cadence(workforce, programme, held),
        "debrief_monthly": debrief_monthly(workforce, programme),
        "wellbeing_wave": wellbeing_wave(workforce, programme),
        "absence_monthly": absence_monthly(workforce, programme),
        "caseload_monthly": caseload_monthly(workforce),
        "unmatched_rows": unmatched_rows(workforce, programme),
    }
