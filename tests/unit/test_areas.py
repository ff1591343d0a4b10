"""The areas that programme.yml names: at most three, each a list of teams, no team in two."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from warehouse.errors import BadConfiguration
from warehouse.generate import vocabulary
from warehouse.settings import Settings, load


def areas(project: Path, named: object) -> dict[str, list[str]]:
    (project / "programme.yml").write_text(yaml.safe_dump({"areas": named}), encoding="utf-8")
    return Settings(home=project, project=project).areas()


def test_a_programme_without_areas_has_none(tmp_path: Path) -> None:
    assert areas(tmp_path, None) == {}
    assert areas(tmp_path, {}) == {}


def test_the_areas_of_the_programme_are_of_teams_that_there_are_and_leave_as_many_in_none() -> None:
    """Of 100 posts 31 are in the first area, 31 in the second and 38 in none: 87, 87 and 106 of 280."""
    named = load().areas()
    teams = [team for members in named.values() for team in members]
    assert set(teams) <= set(vocabulary.TEAMS)
    sizes = [sum(vocabulary.TEAMS[team] for team in members) for members in named.values()]
    in_none = sum(vocabulary.TEAMS.values()) - sum(sizes)
    assert (sizes, in_none) == ([31, 31], 38)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({name: [f"Team {name}"] for name in "ABCD"}, "names 4 areas, and 3 are the most"),
        ({"A": ["North", "South"], "B": ["South"]}, "names South more than once"),
        ({"A": ["North", "North"]}, "names North more than once"),
        ({"A": "North"}, "has to give each area a list of teams"),
        ({"A": []}, "has to give each area a list of teams"),
        ({"A": [7]}, "has to give each area a list of teams"),
        (["North"], "has to give each area a list of teams"),
    ],
)
def test_areas_that_cannot_be_are_refused_with_what_to_do(
    tmp_path: Path, named: object, said: str
) -> None:
    with pytest.raises(BadConfiguration, match=said) as refused:
        areas(tmp_path, named)
    assert "Nothing was published." in str(refused.value)


def test_the_days_that_part_before_during_and_after_are_those_of_the_programme() -> None:
    """Funded from January 2019, so from the first of it; the end is the last day of January 2020."""
    assert load().windows() == {"funded_from": "2019-01-01", "programme_end": "2020-01-31"}


def test_a_programme_that_names_no_days_has_no_windows(tmp_path: Path) -> None:
    (tmp_path / "programme.yml").write_text("{}", encoding="utf-8")
    assert Settings(home=tmp_path, project=tmp_path).windows() == {}


@pytest.mark.parametrize(
    "said",
    [
        {"funding": "2019-01", "programme_end": "2020-01-31"},
        {"funding": {"from": "January 2019"}, "programme_end": "2020-01-31"},
        {"funding": {"from": "2019-01"}},
        {"funding": {"from": "2020-02"}, "programme_end": "2020-01-31"},
    ],
)
def test_a_programme_without_its_days_is_refused(tmp_path: Path, said: dict[str, object]) -> None:
    (tmp_path / "programme.yml").write_text(yaml.safe_dump(said), encoding="utf-8")
    with pytest.raises(BadConfiguration, match="'funding' has to give 'from'"):
        Settings(home=tmp_path, project=tmp_path).windows()
