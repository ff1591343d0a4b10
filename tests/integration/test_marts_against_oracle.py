"""The marts, row by row, against the plain second implementation in `tests/oracle`.

Each case makes up a workforce and a programme full of corners, writes them into a build file as
ingest would leave it, lets dbt build everything in a process of its own, and compares every row and every column.
Whole numbers, dates and words have to be equal, fractions and FTE to one part in 10^12.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from tests.oracle import histories
from tests.oracle.building import PROJECT, Row, built_tables, run_dbt, write_build_file
from tests.oracle.compare import differs, disagreements, read_mart
from tests.oracle.programmes import TEAMS, build
from warehouse import findings, gates
from warehouse.settings import Settings

# An area with a team of which only vacancies and debriefs are known, and one of no team there is.
AREAS = {
    "One, with its 'own' mark": [TEAMS[0], "A team of vacancies and debriefs alone"],
    "Two": [TEAMS[2], TEAMS[3]],
    "Three": ["A team that no file names"],
}


@dataclass(frozen=True)
class Case:
    """A build file that dbt has filled, and what the plain implementation says of it, by table."""

    build_file: Path
    expected: dict[str, list[Row]]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all cases, so that dbt reads its project once and remembers it."""
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((10, 200, 40), id="two hundred people over forty months, from October"),
        pytest.param((2, 300, 30), id="three hundred people over thirty months, from June"),
        pytest.param((5, 12, 1), id="a single month"),
    ],
)
def case(request: pytest.FixtureRequest, workshop: Path) -> Case:
    """Of a seed, so many people and months. The next case is built in its place."""
    seed, people, months = request.param
    rng = random.Random(seed)
    lake = build(rng, people, months)
    programme = histories.build(rng, lake)
    expected = built_tables(lake, programme, AREAS)
    build_file = workshop / "warehouse.duckdb"
    build_file.unlink(missing_ok=True)
    write_build_file(build_file, lake, programme)
    run_dbt(build_file, AREAS)
    return Case(build_file, expected)


def test_the_marts_say_what_a_plain_count_of_days_and_people_says(case: Case) -> None:
    found: list[str] = []
    for mart, rows in case.expected.items():
        built = read_mart(case.build_file, mart)
        found += disagreements(mart, rows, built)
        assert bool(rows) == bool(built)
    assert not found, f"{len(found)} disagreements, of which:\n" + "\n".join(found[:40])
    assert case.expected["staff_spells"]
    assert case.expected["retention_monthly"]
    details = [row["detail"] for row in read_mart(case.build_file, "hr_reconciliation")]
    assert all(details), "every issue is put into words"


def test_no_gate_refuses_what_is_true_of_a_workforce_full_of_corners(case: Case) -> None:
    """Two posts, rehires, conversions, snapshots that lack people: odd, and so warned of, but true.

    In the case of three hundred people somebody leaves two posts in May 2019, for two reasons.
    """
    settings = Settings(home=case.build_file.parent, project=PROJECT)
    found = gates.check_marts(settings, case.build_file, [], findings.Before())
    assert [one.message for one in found if one.level == "block"] == []
    assert [one for one in found if one.level != "block"]


def test_a_disagreement_of_one_cell_or_one_row_is_found() -> None:
    """The comparison itself: a figure that is off by 10^-9, a row too many, a null for a nought."""
    row = {"year": 2019, "turnover_rate_fte": 0.1, "leavers_fte": 1.0}
    assert disagreements("retention_yearly_dfe", [row], [dict(row)]) == []
    off = row | {"turnover_rate_fte": 0.1 + 1e-9}
    assert len(disagreements("retention_yearly_dfe", [row], [off])) == 1
    none = row | {"leavers_fte": None}
    assert len(disagreements("retention_yearly_dfe", [row], [none])) == 1
    more = row | {"year": 2020}
    assert len(disagreements("retention_yearly_dfe", [row], [row, more])) == 1
    assert len(disagreements("retention_yearly_dfe", [row, more], [row])) == 1
    assert differs(date(2019, 9, 30), date(2019, 10, 1))
