"""The two models that make attendance of meeting reports, against a count minute by minute.

The models' own SQL runs on random rows, without dbt: what it refers to are tables of the same name.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.settings import project_root

MODELS = project_root() / "dbt_project/models/intermediate/participation"
NINE = datetime(2019, 3, 5, 9, 0)  # noqa: DTZ001 - a report's clock has no zone
DAYS = [date(2019, 1, 1) + timedelta(days=10 * step) for step in range(4)]

Row = tuple[Any, ...]

COLUMNS = {
    "stg_build_info": {"minimum_stay_minutes": pa.int32()},
    "stg_group_attendance": {
        "session_id": pa.string(),
        "staff_key": pa.string(),
        "is_attended": pa.bool_(),
        "is_latest": pa.bool_(),
        "is_void": pa.bool_(),
    },
    "int_participation__stays": {
        "session_id": pa.string(),
        "is_session_known": pa.bool_(),
        "staff_key": pa.string(),
        "joined_at": pa.timestamp("us"),
        "left_at": pa.timestamp("us"),
    },
    "stg_hr_staff": {
        "email_key": pa.string(),
        "staff_key": pa.string(),
        "as_of": pa.date32(),
        "gives_attributes": pa.bool_(),
    },
    "stg_group_sessions": {
        "session_id": pa.string(),
        "session_date": pa.date32(),
        "facilitator_key": pa.string(),
        "is_latest": pa.bool_(),
        "is_void": pa.bool_(),
    },
}
REPORT = {
    "source": pa.string(),
    "session_id": pa.string(),
    "meeting_day": pa.date32(),
    "email_key": pa.string(),
    "joined_at": pa.timestamp("us"),
    "left_at": pa.timestamp("us"),
    "is_participant": pa.bool_(),
    "is_void": pa.bool_(),
}


def answer(model: str, tables: dict[str, list[Row]]) -> list[Row]:
    """All rows that a model makes of these tables, in order."""
    sql = (MODELS / f"{model}.sql").read_text(encoding="utf-8")
    assert "{{" not in re.sub(r"\{\{ ref\('\w+'\) \}\}", "", sql)
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            kinds = COLUMNS.get(name, REPORT)
            arrays = [
                pa.array([row[place] for row in rows], kind)
                for place, kind in enumerate(kinds.values())
            ]
            connection.register(name, pa.table(arrays, names=list(kinds)))
        found = connection.execute(re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", sql)).fetchall()
    return sorted(found, key=str)


minutes = st.integers(0, 40)
stay = st.tuples(
    st.sampled_from(["s1", "s2"]), st.sampled_from([True, True, True, False]),
    st.sampled_from(["a", "b", None]), minutes, minutes,
)  # fmt: skip
register_row = st.tuples(
    st.sampled_from(["s1", "s2"]), st.sampled_from(["a", "b"]), st.booleans(), st.just(True),
    st.booleans(),
)  # fmt: skip


@given(
    stays=st.lists(stay, max_size=12),
    register=st.lists(register_row, max_size=2, unique_by=lambda row: row[:2]),
    minimum=st.integers(0, 40),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_was_there_in_so_many_minutes_attended_and_a_register_wins(
    stays: list[Row], register: list[Row], minimum: int
) -> None:
    """A set of the minutes in which somebody was there is as large as their stays put together.

    A stay begins and ends on whole minutes here: minute m is covered by [joined, left) if
    joined <= m < left, so two devices in one minute give the set one member.
    """
    stays = [(*one[:3], *sorted(one[3:])) for one in stays]
    covered: dict[tuple[str, str], set[int]] = {}
    for session, is_known, person, joined, left in stays:
        if is_known and person is not None:
            covered.setdefault((session, person), set()).update(range(joined, left))
    by_hand = [row[:3] for row in register if not row[4]]
    kept = {session for session, _, _ in by_hand}
    expected = by_hand + [
        (session, person, True)
        for (session, person), present in covered.items()
        if session not in kept and len(present) >= minimum
    ]
    tables = {
        "stg_build_info": [(minimum,)],
        "stg_group_attendance": register,
        "int_participation__stays": [
            (*one[:3], NINE + timedelta(minutes=one[3]), NINE + timedelta(minutes=one[4]))
            for one in stays
        ],
    }
    assert answer("int_participation__attendance", tables) == sorted(expected, key=str)


address = st.tuples(
    st.sampled_from(["e1", "e2", None]), st.sampled_from(["a", "b"]), st.sampled_from(DAYS),
    st.sampled_from([True, True, False]),
)  # fmt: skip
entry = st.tuples(
    st.sampled_from(["s1", "s2"]), st.sampled_from(DAYS), st.sampled_from(["e1", "e2", "e3", None]),
    st.just(NINE), st.just(NINE), st.sampled_from([True, True, False]), st.sampled_from([False, False, True]),
)  # fmt: skip
session_row = st.tuples(
    st.sampled_from(["s1", "s2"]), st.sampled_from(DAYS), st.sampled_from(["a", "b", None]),
    st.just(True), st.sampled_from([False, False, True]),
)  # fmt: skip


@given(
    staff=st.lists(address, max_size=10),
    teams=st.lists(entry, max_size=5),
    zoom=st.lists(entry, max_size=3),
    sessions=st.lists(session_row, max_size=2, unique_by=lambda row: row[0]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_address_is_whose_it_was_on_the_day_and_a_session_is_of_its_own_day(
    staff: list[Row], teams: list[Row], zoom: list[Row], sessions: list[Row]
) -> None:
    """Person by person and snapshot by snapshot, in the words of the model's description."""
    expected = []
    scheduled = {(row[0], row[1]): row[2] for row in sessions if not row[4]}
    for source, entries in (("attendance_teams", teams), ("attendance_zoom", zoom)):
        for session, day, email, joined, left, is_participant, is_void in entries:
            if is_void or not is_participant:
                continue
            naming = [row for row in staff if row[3] and email is not None and row[0] == email]
            before = [row[2] for row in naming if row[2] <= day]
            speaks = max(before) if before else min((row[2] for row in naming), default=None)
            people = {row[1] for row in naming if row[2] == speaks}
            person = people.pop() if len(people) == 1 else None
            is_known = (session, day) in scheduled
            if person is not None and is_known and scheduled[session, day] == person:
                continue
            expected.append((source, session, is_known, person, joined, left))
    tables = {
        "stg_hr_staff": staff,
        "stg_attendance_teams": [("attendance_teams", *one) for one in teams],
        "stg_attendance_zoom": [("attendance_zoom", *one) for one in zoom],
        "stg_group_sessions": sessions,
    }
    assert answer("int_participation__stays", tables) == sorted(expected, key=str)
