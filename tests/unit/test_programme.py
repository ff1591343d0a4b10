"""What `programme.yml` says of the programme: read before a night builds, and refused in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse import impact, programme
from warehouse.errors import BadConfiguration
from warehouse.settings import Settings, load

STATED = load().programme()


def loaded(project: Path, **changes: object) -> programme.Programme:
    text = yaml.safe_dump({**STATED, **changes})
    (project / "programme.yml").write_text(text, encoding="utf-8")
    return programme.load(Settings(home=project, project=project))


def test_the_programmes_dates_and_rule_are_read_and_reach_dbt_as_they_are(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert (found.old_la_code, found.region) == ("852", "South East")
    assert (found.baseline_from, found.baseline_to) == (date(2018, 1, 1), date(2018, 12, 31))
    assert found.starts_on == date(2019, 1, 1)
    assert found.ends_on == date(2020, 1, 31)
    assert found.pandemic_from == date(2020, 3, 1)
    assert programme.from_json(programme.as_json(found)) == found


def test_the_rule_names_every_verdict_there_is() -> None:
    rule = programme.load(load()).rule
    for said in impact.VERDICTS.values():
        assert said in rule


def test_without_a_build_the_projects_own_programme_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(programme.ENVIRONMENT, raising=False)
    own = programme.load(load())
    assert programme.of_this_build() == own
    handed = programme.as_json(own).replace("852", "851")
    monkeypatch.setenv(programme.ENVIRONMENT, handed)
    assert programme.of_this_build().old_la_code == "851"


VERDICT: Any = STATED["verdict"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"verdict": None}, "grades_that_count and rule"),
        ({"verdict": {**VERDICT, "more": 1}}, "grades_that_count and rule"),
        ({"verdict": {**VERDICT, "grades_that_count": []}}, "some of moderate, strong"),
        ({"verdict": {**VERDICT, "grades_that_count": ["weak"]}}, "some of moderate, strong"),
        ({"verdict": {**VERDICT, "grades_that_count": "strong"}}, "some of moderate, strong"),
        ({"verdict": {**VERDICT, "rule": "We look."}}, "say in words which grades count"),
        ({"verdict": {**VERDICT, "rule": None}}, "say in words which grades count"),
        ({"funding": None}, "'funding' has to name a month"),
        ({"funding": {"from": "2019-13"}}, "'funding' has to name a month"),
        ({"pandemic_from": "March 2020"}, "'pandemic_from' has to name a month"),
        ({"programme_end": "2020-01"}, "'programme_end' has to be a day"),
        ({"pandemic_from": "2020-01"}, "have to follow each other"),
        ({"baseline": None}, "'baseline' has to name a month"),
        ({"baseline": {"from": "2018-01", "to": "2019-01"}}, "have to follow each other"),
        ({"old_la_code": 852}, "'old_la_code' has to be a text"),
        ({"region": " "}, "'region' has to be a text"),
    ],
)
def test_a_programme_that_cannot_be_judged_by_is_refused(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(BadConfiguration, match=says) as refused:
        loaded(tmp_path, **changes)
    assert "Nothing was published." in str(refused.value)
