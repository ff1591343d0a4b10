"""A synthetic year online: the marts count whom the programme let attend, and match its own return."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest

from tests.oracle.compare import read_mart
from warehouse import generate, nightly, settings
from warehouse.generate.meeting_reports import dials_in
from warehouse.generate.participation_exports import register
from warehouse.generate.programme import simulate

KEY = "5a" * 32
SEED, STAFF, START, END = 7, 90, date(2020, 9, 1), date(2021, 10, 31)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """Some 90 people and seven groups, 14 snapshots: two groups meet in Teams, one in Zoom."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
        home = settings.load(tmp_path_factory.mktemp("online_year"))
        generate.write(home.landing, seed=SEED, staff=STAFF, start=START, end=END)
        outcome = nightly.run(home)
    assert outcome.status.startswith("published"), outcome.messages
    assert outcome.files_rejected == 0
    return home


def test_who_attended_by_the_programme_is_counted_by_the_marts(home: settings.Settings) -> None:
    """Sessions to the end of September, which two exports have shown, so that faults were put right.

    Not counted, though they came: who dialled in, and a number that HR has never given to anybody.
    """
    programme = simulate(SEED, STAFF, START, END)
    people = {spell.person.employee_id for spell in programme.spells}
    expected = {
        session.session_id: 0
        for group in programme.groups
        for session in group.sessions
        if session.report and session.day <= date(2021, 9, 30)
    }
    sources = {s.report for g in programme.groups for s in g.sessions if s.session_id in expected}
    assert sources == {"attendance_teams", "attendance_zoom"}
    uncounted = 0
    for seen in register(programme):
        if seen.session.session_id in expected and seen.attendance == "attended":
            is_counted = seen.employee_id in people and not dials_in(
                programme, seen.session, seen.employee_id
            )
            expected[seen.session.session_id] += is_counted
            uncounted += not is_counted
    rows = read_mart(home.published / "analyst.duckdb", "participation_session")
    found = {row["session_id"]: row["attended"] for row in rows if row["session_id"] in expected}
    assert found == expected
    assert len(expected) > 12
    assert sum(expected.values()) > 60
    assert 0 < uncounted <= 0.1 * sum(expected.values())


def test_the_years_return_and_the_exports_say_the_same_but_for_what_hr_was_not_told(
    home: settings.Settings,
) -> None:
    """Nobody filled in a form for who left with the reason 9: in the exports they have only vanished.

    Their hours are the return's alone too. In post, agency's and vacant: the same to the last digit.
    """
    (path,) = (home.landing / "csww_return").iterdir()
    untold = [
        float(worker.findtext("FTE30") or 0)
        for worker in ElementTree.fromstring(path.read_bytes()).iter("CSWWWorker")
        if worker.findtext("ReasonLeave") == "9"
    ]
    rows = read_mart(home.published / "analyst.duckdb", "csww_return_check")
    found = {row["measure"]: round(row["difference"], 9) for row in rows}
    assert found == {
        "inpost_fte": 0.0,
        "inpost_headcount": 0.0,
        "leavers_fte": sum(untold),
        "leavers_headcount": float(len(untold)),
        "vacant_fte": 0.0,
        "agency_fte": 0.0,
        "agency_headcount": 0.0,
    }
    assert all(row["from_return"] > 0 for row in rows)
    failing = {
        row["rule"]
        for row in read_mart(home.published / "analyst.duckdb", "csww_conformance")
        if row["records_failing"]
    }
    assert failing <= {"institution_given"}
