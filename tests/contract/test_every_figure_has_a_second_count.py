"""Every column of every mart is filled by a plain second implementation too, or said to be words."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.test_marts_build import NEIGHBOUR_LISTS, RELEASES
from tests.oracle import (
    benchmarks,
    board,
    census_return,
    evidence,
    histories,
    impact,
    services,
    workforce,
)
from tests.oracle.building import PROJECT, built_tables
from tests.oracle.compare import KEYS, WORDS
from tests.oracle.programmes import TEAMS, build

MODELS = PROJECT / "dbt_project" / "models"
# A chart has no second count of its own: its arithmetic is held to published figures, its values to the
# marts that they are taken from.
CHARTS = {
    "spc_points": (
        "tests/unit/test_control_chart.py",
        "tests/unit/test_charted.py",
        "tests/end_to_end/test_a_generated_programme.py",
    )
}
# Nor has a statistic: it is held to published figures, and what it is worked out from is counted twice.
STATISTICS = {
    "impact_its": ("tests/unit/test_interrupted_series.py", "tests/unit/test_ladder.py"),
    "impact_survival": ("tests/unit/test_survival.py", "tests/unit/test_ladder.py"),
    "impact_survival_curve": ("tests/unit/test_survival.py", "tests/unit/test_ladder.py"),
    "impact_comparator": ("tests/unit/test_comparators.py", "tests/unit/test_ladder.py"),
    "impact_verdict": ("tests/unit/test_impact.py", "tests/unit/test_ladder.py"),
    # Figures of other marts, each counted twice there, beside words that stand in a seed.
    "principle_6": ("dbt_project/models/marts/impact/_impact__unit_tests.yml",),
}
WORKED_OUT_FROM = (
    "int_impact__watched", "int_impact__stays", "int_impact__attendance_rows",
    "int_impact__vacancy_waits", "int_impact__team_months", "int_impact__council_figures",
)  # fmt: skip
PLAIN = (workforce, services, board, evidence, census_return, impact, benchmarks)


@pytest.fixture(scope="module")
def modelled() -> dict[str, dict[str, str]]:
    """Columns and types of what is counted twice, from its YAML."""
    return {
        model["name"]: {
            column["name"]: column.get("data_type", "varchar") for column in model["columns"]
        }
        for folder in ("marts", "operations", "intermediate/board", "intermediate/impact")
        for path in (MODELS / folder).rglob("*__models.yml")
        for model in yaml.safe_load(path.read_text("utf-8"))["models"]
        if model["name"] not in CHARTS | STATISTICS
        and (folder != "intermediate/impact" or model["name"] in WORKED_OUT_FROM)
    }


def of_one_year(path: Path, folder: Path) -> Path:
    """A release's file with its rows of 2022 alone: the columns are the same, and it is read fast."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        heading, *lines = csv.reader(file)
    kept = folder / path.name
    with kept.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heading, *(line for line in lines if line[0] == "2022")])
    return kept


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What the plain implementations fill, by table: the same two functions are held to dbt's marts."""
    rng = random.Random(3)
    lake = build(rng, 60, 26)
    programme = histories.build(rng, lake)
    folder = tmp_path_factory.mktemp("releases")
    files = {release: of_one_year(path, folder) for release, path in RELEASES.items()}
    return built_tables(lake, programme, {"An area": TEAMS[:2]}) | benchmarks.marts(
        files, NEIGHBOUR_LISTS
    )


def test_every_column_of_every_mart_has_a_second_count_or_is_said_to_be_words(
    modelled: dict[str, dict[str, str]], counted: dict[str, list[dict[str, Any]]]
) -> None:
    assert modelled.keys() == counted.keys() == KEYS.keys()
    assert len(modelled) > 30
    for table, columns in modelled.items():
        assert counted[table], f"{table}: a table without a row shows no column"
        filled = {tuple(sorted(row)) for row in counted[table]}
        assert filled == {tuple(sorted(columns.keys() - WORDS.get(table, {}).keys()))}, table


def test_no_figure_is_among_the_words_that_nothing_is_held_to(
    modelled: dict[str, dict[str, str]],
) -> None:
    """A number, a date or a yes or no is a figure; each exception is there and says why it is one."""
    assert WORDS
    for table, columns in WORDS.items():
        for column, reason in columns.items():
            assert modelled[table][column] == "varchar", f"{table}.{column}"
            assert reason


def test_the_readme_of_the_tests_says_which_table_is_counted_again_where(
    counted: dict[str, list[dict[str, Any]]],
) -> None:
    """Of each plain implementation the tables that it fills, in the words of tests/README.md."""
    text = (PROJECT / "tests" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `oracle/(\w+)\.py` \| (.+?) \|", text, re.M)
    assert {name for name, _ in rows} == {one.__name__.rpartition(".")[2] for one in PLAIN}
    named = [table for _, tables in rows for table in re.findall(r"`(\w+)`", tables)]
    assert len(named) == len(set(named))
    assert set(named) == set(counted)


def test_a_second_count_shares_no_code_with_the_product() -> None:
    """Nothing in tests/oracle that counts imports the warehouse, nor reads its SQL."""
    checked = 0
    for module in PLAIN:
        assert module.__file__
        text = Path(module.__file__).read_text("utf-8")
        checked += 1
        assert not re.search(r"^\s*(?:from|import) (?:warehouse|duckdb|dbt)", text, re.M), module
        assert "dbt_project" not in text, module
    assert checked == len(PLAIN)


def test_charts_and_statistics_are_held_to_published_figures_and_to_the_marts() -> None:
    for table, tests in (CHARTS | STATISTICS).items():
        assert list(MODELS.rglob(f"marts/**/{table}.sql"))
        assert [test for test in tests if not (PROJECT / test).exists()] == []
