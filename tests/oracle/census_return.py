"""The marts of the council's own census return, counted slowly.

As `workforce.py`: plain rows of the lake table `csww_return` in, plain rows of the marts out. The
census's codes are written out here once more, from its own guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.services import standing

Row = dict[str, Any]

ROLES = {
    "1": "senior_manager",
    "2": "middle_manager",
    "3": "first_line_manager",
    "4": "senior_practitioner",
    "5": "case_holder",
    "6": "qualified_without_cases",
}
ORIGINS = {
    "1": ("newly_qualified", "Newly Qualified Social Workers"),
    "2": ("other_council", "Social Worker Role in a Different Local Authority in England"),
    "3": ("other_social_work", "Social Worker Role Outside England"),
    "4": ("agency", "Agency or Consultancy in Social Work (in England)"),
    "5": ("other_social_work", "Other Social Work Role Non-local Authority (in England)"),
    "6": (
        "not_social_work",
        "Other Social Care Role in Local Authority/Non-local Authority (in England)",
    ),
    "7": (
        "not_social_work",
        "Non-social Care Role/Any Role Outside England/No Employment/Career Break",
    ),
    "8": (None, "Other"),
    "9": ("not_known", "Not Known"),
    "10": ("not_known", "Not Yet Collected"),
}
# A destination is an origin one code further down, but for the newly qualified.
DESTINATIONS = {str(int(code) - 1): said for code, said in ORIGINS.items() if code != "1"}
# Who died or was dismissed reads `other` beside a key; 9 and 10 are not known.
REASONS = {
    "1": "resignation",
    "2": "redundancy",
    "3": "redundancy",
    "4": "other",
    "5": "retirement",
    "6": "other",
    "7": "transfer",
    "8": "other",
}
STAGES = {
    "1": "assessed_and_supported_year",
    "2": "frontline_practitioner",
    "3": "practice_supervisor",
    "4": "practice_leader",
}


def records(rows: Iterable[Row]) -> list[Row]:
    """The last word on each record of a census day; no return corrects another day's."""
    return standing(rows, "as_of", "record_type", "swe_key", "role_start_date")


def workers(rows: Iterable[Row]) -> list[Row]:
    return [row for row in records(rows) if row["record_type"] == "worker"]


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def leading(row: Row) -> Row:
    return {
        "year": row["as_of"].year,
        "swe_key": row["swe_key"],
        "role_start_date": row["role_start_date"],
        "is_agency": row["agency_worker"] == "1",
        "job_role": ROLES.get(row["organisation_role"]),
    }


def csww_staff(rows: Iterable[Row]) -> list[Row]:
    """Whoever has no last day is in post."""
    found = []
    for row in workers(rows):
        if row["role_end_date"] is not None:
            continue
        origin, in_full = ORIGINS.get(row["start_origin"], (None, None))
        found.append(
            leading(row)
            | {
                "fte": number(row["fte"]),
                "origin": origin,
                "origin_as_returned": in_full,
                "career_stage": STAGES.get(row["career_stage"]),
                "cases": row["cases"],
            }
        )
    return found


def lost_fte(row: Row) -> Any:
    """What a leaver took along: the FTE, or where it is 0 or not given that of a year before."""
    return row["fte"] if row["fte"] else row["fte30"]


def csww_leavers(rows: Iterable[Row]) -> list[Row]:
    found = []
    for row in workers(rows):
        if row["role_end_date"] is None:
            continue
        destination, in_full = DESTINATIONS.get(row["leaver_destination"], (None, None))
        found.append(
            leading(row)
            | {
                "leaving_date": row["role_end_date"],
                "fte": number(lost_fte(row)),
                "leaving_reason": REASONS.get(row["reason_leave"]),
                "destination": destination,
                "destination_as_returned": in_full,
            }
        )
    return found


def csww_vacancies(rows: Iterable[Row]) -> list[Row]:
    return [
        {
            "year": row["as_of"].year,
            "old_la_code": row["old_la_code"],
            "vacant_fte": number(row["vacant_fte"]),
            "agency_cover_fte": number(row["agency_cover_fte"]),
            "agency_cover_headcount": row["agency_cover_headcount"],
        }
        for row in records(rows)
        if row["record_type"] == "authority"
    ]


Test = Callable[[Row], bool]


def given(row: Row, *columns: str) -> bool:
    return all(row[column] is not None for column in columns)


def outside(value: Any, least: Any, most: Any) -> bool:
    return value is not None and not least <= value <= most


def rules(same_day: list[Row]) -> list[tuple[str, str, Test, Test]]:
    """Name, origin, which records of one return a rule is about, and which of these break it."""

    def employed(until: int = 2025) -> Test:
        return lambda row: row["agency_worker"] == "0" and row["as_of"].year <= until

    def unsaid(column: str) -> Test:
        return lambda row: row[column] is None

    def not_given(column: str) -> Test:
        return lambda row: row[column] != "given"

    def worker(row: Row) -> bool:
        return bool(row["record_type"] == "worker")

    def ended(row: Row) -> bool:
        return worker(row) and given(row, "role_end_date")

    def twice(row: Row) -> bool:
        return sum(worker(other) and other["swe_key"] == row["swe_key"] for other in same_day) > 1

    def stands_alone(row: Row, *columns: str) -> bool:
        return len({row[column] is None for column in columns}) > 1

    return [
        ("birth_date_given", "census", employed(), not_given("birth_date_state")),
        ("sex_given", "census", employed(), not_given("sex_state")),
        ("ethnicity_given", "census", employed(), not_given("ethnicity_state")),
        ("institution_given", "census", employed(2024), not_given("institution_state")),
        ("step_up_given", "census", employed(), unsaid("step_up_graduate")),
        ("role_given", "census", employed(), unsaid("organisation_role")),
        ("role_start_given", "census", employed(), unsaid("role_start_date")),
        ("origin_given", "census", employed(), unsaid("start_origin")),
        ("fte30_given", "census", employed(), unsaid("fte30")),
        ("working_days_lost_given", "census", employed(), unsaid("working_days_lost")),
        ("frontline_given", "census", employed(), unsaid("frontline_graduate")),
        ("start_date_with_origin", "census", worker,
         lambda row: stands_alone(row, "role_start_date", "start_origin")),
        ("end_date_with_reason_and_destination", "census", worker,
         lambda row: stands_alone(row, "role_end_date", "reason_leave", "leaver_destination")),
        ("fte_of_a_leaver_is_0", "census", ended, lambda row: bool(row["fte"])),
        ("role_end_in_census_year", "census", ended,
         lambda row: outside(
             row["role_end_date"], date(row["as_of"].year - 1, 10, 1), row["as_of"])),
        ("fte_from_0_to_1", "census", worker,
         lambda row: outside(row["fte"], 0, 1) or outside(row["fte30"], 0, 1)),
        ("cases_up_to_40", "census", lambda row: worker(row) and given(row, "cases"),
         lambda row: row["cases"] > 40),
        ("contract_up_to_500_weeks", "census",
         lambda row: worker(row) and given(row, "contract_weeks"),
         lambda row: row["contract_weeks"] > 500),
        ("swe_number_has_its_form", "census", worker, not_given("swe_number_state")),
        ("one_record_a_worker", "warehouse", worker, twice),
        ("fte_given_in_post", "warehouse",
         lambda row: worker(row) and not ended(row), unsaid("fte")),
        ("role_start_by_census_day", "warehouse",
         lambda row: worker(row) and given(row, "role_start_date"),
         lambda row: row["role_start_date"] > row["as_of"]),
        ("role_end_after_start", "warehouse",
         lambda row: worker(row) and given(row, "role_start_date", "role_end_date"),
         lambda row: row["role_end_date"] < row["role_start_date"]),
        ("authority_counts_given", "warehouse", lambda row: row["record_type"] == "authority",
         lambda row: not given(
             row, "vacant_fte", "agency_cover_fte", "agency_cover_headcount")),
    ]  # fmt: skip


def csww_conformance(rows: Iterable[Row]) -> list[Row]:
    """One row a return and rule; without `description`, which is words."""
    stated = records(rows)
    found = []
    for day in sorted({row["as_of"] for row in stated}):
        same_day = [row for row in stated if row["as_of"] == day]
        for name, origin, applies, breaks in rules(same_day):
            about = [row for row in same_day if applies(row)]
            found.append(
                {
                    "year": day.year,
                    "rule": name,
                    "rule_from": origin,
                    "records_checked": len(about),
                    "records_failing": sum(breaks(row) for row in about),
                }
            )
    return found


def csww_return_check(
    rows: Iterable[Row], yearly: Iterable[Row], monthly: Iterable[Row]
) -> list[Row]:
    """The return beside `retention_yearly_dfe` and, for agency people, `retention_monthly`."""
    stated = records(rows)
    ours = {row["year"]: row for row in yearly}
    our_agency = {
        row["month_end"].year: row["agency_headcount"]
        for row in monthly
        if row["scope_type"] == "social_workers" and row["month_end"].month == 9
    }
    found = []
    for year in sorted({row["as_of"].year for row in stated}):
        own = [row for row in stated if row["as_of"].year == year]
        there = [row for row in own if row["record_type"] == "worker"]
        in_post = [row for row in there if row["role_end_date"] is None]
        left = [
            row
            for row in there
            if row["role_end_date"] is not None
            and row["agency_worker"] == "0"
            and REASONS.get(row["reason_leave"]) != "transfer"
        ]
        of_staff = [row for row in in_post if row["agency_worker"] == "0"]
        of_agency = [row for row in in_post if row["agency_worker"] == "1"]
        vacant = [row["vacant_fte"] for row in own if row["record_type"] == "authority"]
        measures = {
            "inpost_fte": added([row["fte"] for row in of_staff]),
            "inpost_headcount": heads(of_staff),
            "leavers_fte": added([lost_fte(row) for row in left]),
            "leavers_headcount": heads(left),
            "vacant_fte": number(vacant[0]) if vacant else None,
            "agency_fte": added([row["fte"] for row in of_agency]),
            "agency_headcount": heads(of_agency),
        }
        for measure, returned in measures.items():
            held = ours.get(year, {}).get(measure)
            if measure == "agency_headcount":
                held = our_agency.get(year)
            found.append(
                {
                    "year": year,
                    "measure": measure,
                    "from_return": returned,
                    "from_warehouse": held,
                    "difference": (None if held is None or returned is None else returned - held),
                }
            )
    return found


def added(values: list[Any]) -> float:
    return float(sum((Fraction(value) for value in values if value is not None), Fraction(0)))


def heads(rows: list[Row]) -> float:
    return float(len({row["swe_key"] for row in rows}))


def marts(rows: list[Row], yearly: Iterable[Row], monthly: Iterable[Row]) -> dict[str, list[Row]]:
    """All of them, by name."""
    return {
        "csww_staff": csww_staff(rows),
        "csww_leavers": csww_leavers(rows),
        "csww_vacancies": csww_vacancies(rows),
        "csww_conformance": csww_conformance(rows),
        "csww_return_check": csww_return_check(rows, yearly, monthly),
    }
