"""The list of corner cases names tests that there are, and every case has one on the built marts."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
import yaml

from warehouse.settings import project_root

PROJECT = project_root()
TEXT = (PROJECT / "docs/corner_cases.md").read_text(encoding="utf-8")
LISTED = dict(re.findall(r"^\| ([^|]+?) \| [^|]+ \| ([^|]+) \|$", TEXT, re.M))
CASES = (
    "Rehire",
    "Two posts",
    "One post given up",
    "Fixed-term to permanent the next day",
    "Agency to permanent",
    "Team change mid-month",
    "Future starter",
    "Future leaver",
    "Rescinded leaver",
    "Mistyped start date",
    "Unexplained exit",
    "Missing months",
    "29 February",
    "First and last month",
    "Empty team",
    "Zero denominator",
    "Appointed but not started",
    "Teams list without the absent",
)


@cache
def functions(pattern: str) -> set[str]:
    """Names of the test functions in files under tests/."""
    return {
        node.name
        for path in (PROJECT / "tests").rglob(pattern)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.fixture(scope="module")
def unit_tests() -> set[str]:
    return {
        test["name"]
        for path in (PROJECT / "dbt_project/models").rglob("*__unit_tests.yml")
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]
    }


def test_every_case_is_listed_once() -> None:
    assert LISTED.keys() - {"case", "---"} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_what_a_case_is_held_by_is_there(case: str, unit_tests: set[str]) -> None:
    named = re.findall(r"(unit: )?`(\w+)`", LISTED[case])
    assert named
    for unit, name in named:
        assert name in (unit_tests if unit else functions("test_*.py")), name
    on_the_marts = functions("test_corner_cases.py")
    assert any(name in on_the_marts for _, name in named)


def test_every_test_of_the_corner_cases_is_listed() -> None:
    found = functions("test_corner_cases.py")
    assert len(found) >= 18
    assert {name for name in found if f"`{name}`" not in TEXT} == set()
