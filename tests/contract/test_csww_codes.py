"""The codes of the census return: the seed, the contract and the warehouse's own words agree."""

import csv
from pathlib import Path

import pytest

from warehouse import contracts
from warehouse.contracts import Registry
from warehouse.ingest import csww
from warehouse.settings import Settings, project_root

PROJECT = project_root()
ELEMENTS = {
    "agency_worker": ("AgencyWorker",),
    "gender": ("GenderCurrent",),
    "sex": ("Sex",),
    "ethnicity": ("Ethnicity",),
    "qualification_level": ("QualLevel",),
    "yes_no": ("StepUpGrad", "FrontlineGrad", "Absat30Sept"),
    "role": ("OrgRole",),
    "origin": ("StartOrigin",),
    "destination": ("LeaverDestination",),
    "leaving_reason": ("ReasonLeave",),
    "absence_reason": ("ReasonAbsence",),
    "career_stage": ("CFKSSstatus",),
    "no_all_some": ("RecruitmentBonus", "RetentionBonus", "CostSWE", "CostDBS"),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return contracts.load(Settings(home=Path("unused"), project=PROJECT))


@pytest.fixture(scope="module")
def codes() -> list[dict[str, str]]:
    with (PROJECT / "dbt_project/seeds/csww_codes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words(codes: list[dict[str, str]], code_set: str) -> dict[str, str]:
    return {row["code"]: row["warehouse_value"] for row in codes if row["code_set"] == code_set}


def test_an_element_takes_the_codes_of_its_set_and_no_other(
    registry: Registry, codes: list[dict[str, str]]
) -> None:
    assert {row["code_set"] for row in codes} == set(ELEMENTS)
    for code_set, elements in ELEMENTS.items():
        for element in elements:
            allowed = registry["csww_return"].column(element).allowed
            assert allowed == tuple(words(codes, code_set)), element


def test_destinations_are_origins_one_code_back(codes: list[dict[str, str]]) -> None:
    """Nobody leaves for being newly qualified: nine destinations are the origins 2 to 10."""
    origins, destinations = words(codes, "origin"), words(codes, "destination")
    assert origins["1"] == "newly_qualified"
    assert len(destinations) == 9
    for code, word in destinations.items():
        assert origins[str(int(code) + 1)] == word
    labels = {(row["code_set"], row["code"]): row["label"] for row in codes}
    for code in destinations:
        assert labels["destination", code] == labels["origin", str(int(code) + 1)]


def test_the_words_are_those_of_staff_and_leavers(
    registry: Registry, codes: list[dict[str, str]]
) -> None:
    """`newly_qualified` alone is new; business and family support are no social workers' roles."""
    for code_set, source, column in (
        ("role", "hr_staff", "job_role"),
        ("leaving_reason", "hr_leavers", "leaving_reason"),
        ("destination", "hr_leavers", "destination"),
    ):
        used = set(words(codes, code_set).values()) - {""}
        assert used
        assert used <= set(registry[source].column(column).allowed)
    assert len(set(words(codes, "role").values())) == 6
    assert "" not in words(codes, "role").values()


def test_every_code_is_of_years_that_can_be_read(codes: list[dict[str, str]]) -> None:
    for row in codes:
        assert csww.FIRST_YEAR <= int(row["first_year"]) <= int(row["last_year"]) <= csww.LAST_YEAR
