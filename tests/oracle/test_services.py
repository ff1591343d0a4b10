"""The plain count of programmes, against examples that were worked by hand from the definitions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle import services
from tests.oracle.services import Programme, bank_holidays
from tests.oracle.workforce import Workforce, understand

Row = dict[str, Any]
JANUARY, FEBRUARY, MARCH = date(2019, 1, 31), date(2019, 2, 28), date(2019, 3, 31)


def stated(as_of: date = MARCH, sha256: str = "aa", **values: Any) -> Row:
    return {"void": False, "as_of": as_of, "file_sha256": sha256, "row_status": "good"} | values


def staff(*keys: str, caseloads: tuple[int | None, ...] = (), **values: Any) -> Workforce:
    """People in post from 2018 on, full-time case holders in North, in three snapshots."""
    rows = [
        stated(as_of, staff_key=key, start_date=date(2018, 1, 1), team="North",
               job_role="case_holder", is_social_worker=True, contract_type="permanent",
               fte=Decimal(1), caseload=dict(zip(keys, caseloads, strict=False)).get(key))
        | values
        for as_of in (JANUARY, FEBRUARY, MARCH)
        for key in keys
    ]  # fmt: skip
    return understand(rows, [], [JANUARY, FEBRUARY, MARCH])


def files(*named: tuple[str, date]) -> list[Row]:
    return [{"source": source, "as_of": as_of, "status": "loaded"} for source, as_of in named]


def row_of(rows: list[Row], **where: Any) -> Row:
    (found,) = [row for row in rows if all(row[name] == value for name, value in where.items())]
    return found


def vacancy(**values: Any) -> Row:
    return stated(
        **{
            "vacancy_id": "v1", "team": "North", "job_role": "case_holder",
            "is_social_worker": True, "fte": Decimal("0.5"), "opened_date": date(2019, 1, 10),
            "offer_date": None, "start_date": None, "closed_date": None, "status": "open",
            "covered_by_agency": True,
        } | values
    )  # fmt: skip


def test_a_filled_vacancy_is_vacant_until_the_day_before_the_first_day() -> None:
    """Closed on 20 February, first day 1 April: vacant on 31 March, 80 days after 10 January.

    Two people at 1 FTE: 0.5 / (0.5 + 2) = 0.2. It counts as filled in February, when it closed.
    """
    filled = vacancy(
        offer_date=date(2019, 2, 10),
        closed_date=date(2019, 2, 20),
        start_date=date(2019, 4, 1),
        status="filled",
    )
    rows = services.recruitment_monthly(staff("p", "q"), Programme(hr_vacancies=[filled]))
    march = row_of(rows, month_end=MARCH, scope_type="service")
    assert march["open_vacancies"] == 1
    assert march["vacancy_rate"] == pytest.approx(0.2)
    assert march["median_age_open_days"] == 80.0
    assert march["agency_covered_fte"] == 0.5
    assert march["median_days_to_offer_12m"] is None  # a year before is not reported
    assert row_of(rows, month_end=FEBRUARY, scope_type="service")["filled"] == 1
    begins = filled | {"start_date": MARCH}
    rows = services.recruitment_monthly(staff("p"), Programme(hr_vacancies=[begins]))
    assert row_of(rows, month_end=MARCH, scope_type="team")["open_vacancies"] == 0


def test_a_withdrawn_vacancy_ends_on_its_closed_date_and_a_void_one_never_was() -> None:
    given_up = vacancy(closed_date=MARCH, start_date=date(2019, 5, 1), status="withdrawn")
    assert not services.is_vacant(given_up, MARCH)
    assert services.is_vacant(given_up, date(2019, 3, 30))
    void = [vacancy(as_of=FEBRUARY), vacancy(void=True)]
    rows = services.recruitment_monthly(staff("p"), Programme(hr_vacancies=void))
    assert row_of(rows, month_end=MARCH, scope_type="service")["opened"] == 0


def meeting(session_id: str, day: date, **values: Any) -> Row:
    held = {"group_id": "g", "status": "held", "facilitator_independent": True}
    return stated(session_id=session_id, session_date=day) | held | values


def a_group(sessions: list[Row], attended: dict[str, list[str]], **also: Any) -> Programme:
    group = stated(group_id="g", started_on=date(2019, 1, 1), ended_on=None, cadence_days=42)
    return Programme(
        groups=[group],
        group_sessions=sessions,
        group_attendance=[
            stated(session_id=session, staff_key=who, attendance="attended")
            for session, people in attended.items()
            for who in people
        ],
        load_manifest=files(("groups", MARCH), ("group_members", FEBRUARY)),
        **also,
    )


def test_those_invited_are_the_members_of_the_day_and_whoever_came() -> None:
    """Members p, q (joined that day) and r (left the day before); s came as a guest; x is unknown.

    Invited: p, q, s; attended: p, s; 2 / 3.
    """
    day = date(2019, 2, 5)
    members = [
        stated(FEBRUARY, group_id="g", staff_key="p", joined_on=date(2019, 1, 1), left_on=None),
        stated(FEBRUARY, group_id="g", staff_key="q", joined_on=day, left_on=None),
        stated(FEBRUARY, group_id="g", staff_key="r", joined_on=date(2019, 1, 1),
               left_on=date(2019, 2, 4)),
    ]  # fmt: skip
    programme = a_group([meeting("a", day)], {"a": ["p", "s", "x"]}, group_members=members)
    workforce = staff("p", "q", "r", "s")
    (row,) = services.participation_session(services.meetings(workforce, programme))
    assert (row["invited"], row["attended"]) == (3, 2)
    assert row["attendance_rate"] == pytest.approx(2 / 3)
    assert row["size_band"] == "under"
    assert {r["key_name"]: r["rows"] for r in services.unmatched_rows(workforce, programme)} == {
        "group_id": 0, "session_id": 0, "employee_id": 1,
    }  # fmt: skip


def test_on_cadence_is_up_to_a_week_late_and_a_cancelled_session_keeps_no_group_going() -> None:
    """49 days after 1 January is 19 February; the cancelled one between them does not count."""
    sessions = [
        meeting("a", date(2019, 1, 1)),
        meeting("b", date(2019, 2, 10), status="cancelled"),
        meeting("c", date(2019, 2, 19)),
        meeting("d", date(2019, 3, 20)),
    ]
    rows = services.participation_session(services.meetings(staff("p"), a_group(sessions, {})))
    assert [(r["days_since_previous"], r["on_cadence"]) for r in rows] == [
        (None, None), (None, None), (49, True), (29, True),
    ]  # fmt: skip
    fidelity = services.programme_fidelity(
        staff("p"), a_group(sessions, {}), services.meetings(staff("p"), a_group(sessions, {}))
    )
    kept = row_of(fidelity, month_end=None, promise="gap_within_cadence")
    assert (kept["observed"], kept["n"], kept["met"]) == (0.5, 2, False)  # 29 is below 42 - 7
    none = row_of(fidelity, month_end=None, promise="none_over_12")
    assert (none["observed"], none["met"]) == (0.0, True)


def test_a_cycle_is_held_cancelled_or_late_and_counts_once_it_has_ended() -> None:
    """From 1 January, cycle 1 ends on 11 February and cycle 2 on 25 March; cycle 3 goes on."""
    sessions = [meeting("a", date(2019, 2, 12), status="cancelled")]
    programme = a_group(sessions, {})
    workforce = staff("p")
    rows = services.group_cadence(workforce, programme, services.meetings(workforce, programme))
    assert [(r["cycle"], r["status"]) for r in rows] == [(1, "late"), (2, "cancelled")]


def test_reach_looks_back_eighty_four_days() -> None:
    """84 days before 31 March is 6 January: a session of that day is out, one of the 7th is in."""
    for day, reached in ((date(2019, 1, 6), 0), (date(2019, 1, 7), 1)):
        programme = a_group([meeting("a", day)], {"a": ["p"]})
        workforce = staff("p", "q")
        rows = services.participation_monthly(
            workforce, programme, services.meetings(workforce, programme)
        )
        march = row_of(rows, month_end=MARCH, scope_type="service")
        assert march["coverage_84d"] == reached / 2
        assert row_of(rows, month_end=MARCH, scope_type="team")["sessions_held"] is None


def test_a_debrief_counts_in_the_month_of_its_request() -> None:
    """Asked for on 31 January, held on 4 February, five days after the incident of 30 January."""
    log = [
        stated(debrief_id="d1", incident_date=date(2019, 1, 30), team="North", status="held",
               requested_date=JANUARY, offered_date=JANUARY, held_date=date(2019, 2, 4),
               staff_affected=4, staff_attended=3, follow_up_offered=True),
        stated(debrief_id="d2", incident_date=JANUARY, team="North", status="declined",
               requested_date=JANUARY, offered_date=JANUARY, held_date=None,
               staff_affected=2, staff_attended=None, follow_up_offered=None),
    ]  # fmt: skip
    rows = services.debrief_monthly(staff("p"), Programme(debriefs=log))
    january = row_of(rows, month_end=JANUARY, scope_type="service")
    assert (january["requested"], january["held"], january["declined"]) == (2, 1, 1)
    assert (january["median_days_to_held"], january["held_within_3_days"]) == (5.0, 0)
    assert (january["uptake_rate"], january["staff_affected"]) == (0.5, 6)
    assert january["attendance_rate"] == 0.75
    assert row_of(rows, month_end=FEBRUARY, scope_type="service")["held"] == 0


def answer(key: str, *answers: int | None, **values: Any) -> Row:
    items = dict(zip(("q1", "q2", "q3", "q4", "q5"), answers, strict=True))
    shared = {"wave_date": MARCH, "instrument": "who5", "team": "North", "respondent_key": key}
    return stated(response_key=key) | shared | items | values


def test_who5_is_four_times_the_sum_and_the_interval_is_students() -> None:
    """40 and 60: mean 50, sd sqrt(200), t(1) = 12.706: 50 -/+ 12.706 x 10. 40 is low, 60 is not.

    A third answer misses an item: three people of four answered, two are scored.
    """
    answers = [
        answer("a", 2, 2, 2, 2, 2),
        answer("b", 3, 3, 3, 3, 3),
        answer("c", 1, 1, None, 1, 1),
    ]
    rows = services.wellbeing_wave(staff("p", "q", "r", "s"), Programme(wellbeing_survey=answers))
    row = row_of(rows, scope_type="service")
    assert (row["responses"], row["mean_score"], row["response_rate"]) == (2, 50.0, 0.75)
    assert row["sd_score"] == pytest.approx(200**0.5)
    assert row["upper_95"] == pytest.approx(50 + 127.06204736)
    assert (row["share_low"], row["share_middle"], row["share_high"]) == (0.5, None, 0.5)
    answers[0]["respondent_key"] = None
    anonymous = services.wellbeing_wave(staff("p"), Programme(wellbeing_survey=answers))
    assert row_of(anonymous, scope_type="service")["response_rate"] is None


def test_the_plain_scores_are_those_of_the_published_examples() -> None:
    """ProQOL burnout 20 (30 without reversal), CBI work 325 / 7, SWEMWBS 24 is 21.54."""
    proqol = {f"q{n}": 4 if n in (1, 4, 15, 17, 29) else 2 for n in range(1, 31)}
    work = dict(zip(range(7, 14), (75, 50, 50, 75, 25, 25, 75), strict=True))
    cbi = {f"q{n}": answer for n, answer in work.items()}
    swemwbs = {f"q{n}": answer for n, answer in enumerate((3, 4, 3, 3, 4, 3, 4), start=1)}
    assert services.scored({"instrument": "proqol5", **proqol}, "burnout") == 20
    assert services.scored({"instrument": "cbi", **cbi}, "work") == Fraction(325, 7)
    assert services.scored({"instrument": "swemwbs", **swemwbs}, "wellbeing") == Fraction("21.54")
    assert services.scored({"instrument": "swemwbs", **swemwbs, "q7": None}, "wellbeing") is None


def test_days_lost_are_spread_over_weekdays_and_a_weekend_counts_on_its_first_day() -> None:
    """Wed 30 January to Tue 5 February is five weekdays, two of them in January: 4 x 2 / 5 = 1.6.

    January 2019 has 23 weekdays less New Year's Day; one full-timer: 22 days.
    """
    lost = [
        stated(staff_key="p", absence_start=date(2019, 1, 30), absence_end=date(2019, 2, 5),
               reason="stress_anxiety_depression", working_days_lost=Decimal(4)),
        stated(staff_key="p", absence_start=date(2019, 2, 9), absence_end=date(2019, 2, 10),
               reason="other", working_days_lost=Decimal(1)),
    ]  # fmt: skip
    programme = Programme(absence=lost, load_manifest=files(("absence", MARCH)))
    rows = services.absence_monthly(staff("p"), programme)
    january = row_of(rows, month_end=JANUARY, scope_type="service")
    assert (january["working_days_lost"], january["working_days_available"]) == (1.6, 22.0)
    february = row_of(rows, month_end=FEBRUARY, scope_type="service")
    assert february["working_days_lost"] == pytest.approx(2.4 + 1)
    assert february["stress_share"] == pytest.approx(2.4 / 3.4)


def test_an_open_absence_runs_to_the_latest_absence_file() -> None:
    """Open since Monday 25 March, files to Friday 29 March: five weekdays of two days in all."""
    lost = [stated(staff_key="p", absence_start=date(2019, 3, 25), absence_end=None,
                   reason="other", working_days_lost=Decimal(2))]  # fmt: skip
    programme = Programme(absence=lost, load_manifest=files(("absence", date(2019, 3, 29))))
    rows = services.absence_monthly(staff("p", contract_type="fixed_term"), programme)
    assert row_of(rows, month_end=MARCH, scope_type="service")["working_days_lost"] == 2.0


def test_case_holders_have_a_case_and_the_percentile_lies_between_two_of_them() -> None:
    """10, 20 and 30 cases (0 and none do not count): 60 / 3; the 90th is 20 + 0.8 x 10 = 28."""
    workforce = staff("p", "q", "r", "s", "t", caseloads=(10, 20, 30, 0, None))
    row = row_of(services.caseload_monthly(workforce), month_end=MARCH, scope_type="service")
    assert (row["case_holders"], row["cases"]) == (3, 60)
    assert (row["mean_caseload"], row["p90_caseload"]) == (20.0, 28.0)


def test_bank_holidays_move_off_weekends_and_for_anniversaries() -> None:
    """In 2020 the early May one was on the 8th and Boxing Day, a Saturday, was given on the 28th."""
    assert bank_holidays(2020) == {
        date(2020, 1, 1), date(2020, 4, 10), date(2020, 4, 13), date(2020, 5, 8),
        date(2020, 5, 25), date(2020, 8, 31), date(2020, 12, 25), date(2020, 12, 28),
    }  # fmt: skip
