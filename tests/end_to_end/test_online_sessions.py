"""A night with the reports of online sessions: who attended, who waits, and what is kept of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.nights import ask, published, warehouse

PEOPLE = {number: f"zqperson{number}@example.org" for number in range(1, 9)}
HOST = "zqhost@example.org"
TEAMS_HEADER = "Name\tJoin time\tLeave time\tDuration\tEmail\tRole\n"

Rows = list[tuple[Any, ...]]


def land(home: Path, source: str, name: str, content: str | bytes) -> None:
    folder = home / "landing" / source
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def land_programme(home: Path) -> None:
    """Eight people, all in group A, person 8 its facilitator; four sessions in March 2019."""
    for day in ("2019-02-28", "2019-03-31"):
        lines = [
            f"{number},Zqname {number},{email.upper()},North,case_holder,Y,permanent,1,2018-01-01,10"
            for number, email in PEOPLE.items()
        ]
        header = (
            "employee_id,full_name,email,team,job_role,is_social_worker,contract_type,fte,start_date,"
            "caseload"
        )
        land(home, "hr_staff", f"hr_staff_{day}.csv", "\n".join((header, *lines)))
    land(
        home,
        "groups",
        "groups_2019-03-31.csv",
        "group_id,teams,started_on,ended_on,capacity,cadence_days\nA,North,2018-01-01,,12,42\n",
    )
    land(
        home,
        "group_members",
        "group_members_2019-03-31.csv",
        "group_id,employee_id,joined_on,left_on\n"
        + "".join(f"A,{number},2018-01-01,\n" for number in PEOPLE if number < 8),
    )
    sessions = "".join(
        f"s{number},A,2019-03-0{number},held,8,Y,online,90\n" for number in (4, 5, 6, 7)
    )
    header = (
        "session_id,group_id,session_date,status,facilitator_id,facilitator_independent,mode,"
        "duration_minutes\n"
    )
    land(home, "group_sessions", "group_sessions_2019-03-31.csv", header + sessions)


def stay(person: int | None, day: str, joined: str, left: str, role: str = "Presenter") -> str:
    email = "" if person is None else PEOPLE.get(person, HOST)
    return f"Zqname\t{day}, {joined}\t{day}, {left}\t\t{email}\t{role}\n"


def land_reports(home: Path) -> None:
    """
    s4, in two parts: the host organised it; 1 was there for 90 minutes, 2 for six in each part, 3 for
    nine minutes and 59 seconds, 4 on two devices for the same eight minutes, 8 facilitated; an unknown
    address and a telephone. s5, by Zoom: 5 for 30 minutes, 6 waiting to be let in, and a guest.
    s6 has a register, by which 6 came: its report names 7. s7's report is of 8 March, the day after.
    """
    first = (
        "3. In-Meeting activities\n" + TEAMS_HEADER
        + stay(0, "04/03/19", "09:00:00", "10:30:00", "Organizer")
        + stay(1, "04/03/19", "09:00:00", "10:30:00")
        + stay(2, "04/03/19", "09:00:00", "09:06:00")
        + stay(3, "04/03/19", "09:00:00", "09:09:59")
        + stay(4, "04/03/19", "09:00:00", "09:08:00") * 2
        + stay(8, "04/03/19", "09:00:00", "10:30:00")
        + stay(0, "04/03/19", "09:00:00", "10:30:00")
        + stay(None, "04/03/19", "09:00:00", "10:30:00")
    )  # fmt: skip
    land(home, "attendance_teams", "s4_2019-03-04.csv", first.encode("utf-16"))
    second = TEAMS_HEADER + stay(2, "04/03/19", "10:00:00", "10:06:00")
    land(home, "attendance_teams", "s4__2_2019-03-04.csv", second)
    # The order of day and month is wrong in this one: it would be of 3 April.
    land(home, "attendance_teams", "s4__3_2019-03-04.csv", second.replace("04/03/19", "03/04/19"))
    land(
        home,
        "attendance_zoom",
        "s5_2019-03-05.csv",
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room\n"
        f"Zq 5,{PEOPLE[5]},05/03/2019 09:00,05/03/2019 09:30,30,No,No\n"
        f"Zq 6,{PEOPLE[6]},05/03/2019 09:00,05/03/2019 09:30,30,No,Yes\n"
        "iPhone (Zq),,05/03/2019 09:00,05/03/2019 10:30,90,Yes,No\n",
    )
    land(
        home,
        "group_attendance",
        "group_attendance_2019-03-31.csv",
        "session_id,employee_id,attendance\ns6,6,attended\n",
    )
    seventh = TEAMS_HEADER + stay(7, "06/03/19", "09:00:00", "10:00:00")
    land(home, "attendance_teams", "s6_2019-03-06.csv", seventh)
    late = TEAMS_HEADER + stay(7, "08/03/19", "09:00:00", "10:00:00")
    land(home, "attendance_teams", "s7_2019-03-08.csv", late)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("online")
    land_programme(folder)
    land_reports(folder)
    ended = warehouse(folder, "nightly")
    assert (ended.code, ended.result["files_rejected"]) == (3, 1), ended.errors
    return folder


def test_a_session_counts_whom_its_reports_show_for_ten_minutes_or_more(home: Path) -> None:
    """s4: 1, and 2 with twice six minutes, of seven members. s5: 5. s6: 6, by hand. s7: nobody yet."""
    assert ask(
        home,
        "select session_id, invited, attended from marts.participation_session order by session_id",
    ) == [("s4", 7, 2), ("s5", 7, 1), ("s6", 7, 1), ("s7", 7, 0)]


def test_guests_and_reports_of_no_session_wait_and_are_counted(home: Path) -> None:
    """Teams: the unknown address and the telephone, s7's stay on a day without it; Zoom: the guest."""
    found = ask(
        home,
        "select source, key_name, rows from ops.unmatched_rows where source like 'attendance%' "
        "order by all",
    )
    assert found == [
        ("attendance_teams", "email", 2),
        ("attendance_teams", "session_id", 1),
        ("attendance_zoom", "email", 1),
        ("attendance_zoom", "session_id", 0),
    ]


def test_a_report_in_the_wrong_order_of_day_and_month_is_rejected_whole(home: Path) -> None:
    assert ask(
        home,
        "select file_name, reason_code, rows_loaded from ops.load_manifest where status = 'rejected'",
    ) == [("s4__3_2019-03-04.csv", "unreadable", 0)]


def test_nothing_that_was_written_holds_a_name_or_an_address(home: Path) -> None:
    """Every file outside landing, and every value of the published ones."""
    files = [
        path for path in home.rglob("*") if path.is_file() and home / "landing" not in path.parents
    ]
    assert len(files) > 10
    for path in files:
        content = path.read_bytes().lower()
        for planted in (b"zqperson", b"zqhost", b"zqname"):
            assert planted not in content, path
    assert "zqperson" not in str(published(home)).lower()
