"""When the board's people figures change, and what is kept of it."""

import json
from datetime import date
from pathlib import Path

import pytest

from warehouse.disclosure import releases
from warehouse.disclosure.releases import Release
from warehouse.settings import Settings, project_root


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, project=project_root())


@pytest.mark.parametrize(
    ("month", "day"),
    [
        # Monday 2 to Friday 6 March 2020.
        (date(2020, 3, 1), date(2020, 3, 6)),
        # The first is a holiday, 4 and 5 a weekend: 2, 3, 6, 7, 8.
        (date(2020, 1, 1), date(2020, 1, 8)),
        # Good Friday is 10 April 2020, after 1, 2, 3, 6 and 7.
        (date(2020, 4, 1), date(2020, 4, 7)),
        # The Friday 8 May 2020 is a holiday: 1, 4, 5, 6, 7.
        (date(2020, 5, 1), date(2020, 5, 7)),
    ],
)
def test_figures_are_released_on_the_fifth_working_day(
    settings: Settings, month: date, day: date
) -> None:
    assert releases.release_days(settings, month, month) == [day]


def why(settings: Settings, then: str, now: str, **changes: object) -> str | None:
    last = Release(1, "v1", then, "the first release", ("hr_staff",))
    facts: dict[str, object] = {
        "as_of": date.fromisoformat(now),
        "sources": ("hr_staff",),
        "asked": None,
    }
    return releases.why(settings, last, **{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        # A late record of the same snapshots changes nothing.
        ("2020-01-31", "2020-01-31", None),
        # The fifth working day of February 2020 is Friday 7.
        ("2020-01-31", "2020-02-06", None),
        ("2020-01-31", "2020-02-07", "the monthly release of February 2020"),
        ("2020-02-07", "2020-02-29", None),
        ("2020-01-31", "2020-04-30", "the monthly release of April 2020"),
        # A snapshot of long ago is no news.
        ("2020-01-31", "2019-12-31", None),
    ],
)
def test_figures_change_once_a_month_by_the_datas_own_date(
    settings: Settings, then: str, now: str, expected: str | None
) -> None:
    assert why(settings, then, now) == expected


def test_what_else_releases(settings: Settings) -> None:
    day = "2020-01-31"
    assert why(settings, day, day, asked="A wrong team was named") == "A wrong team was named"
    assert "first figures of debriefs" in str(
        why(settings, day, day, sources=("debriefs", "hr_staff"))
    )
    first = releases.why(settings, None, as_of=None, sources=(), asked=None)
    assert first == "the first release"


def test_a_release_is_kept_with_what_it_showed_and_nothing_else(settings: Settings) -> None:
    figures = {"debrief_yearly": [{"year": 2019, "scope_type": "service", "scope_name": "all",
                                   "held": None, "held_symbol": "c", "requested": 21}]}  # fmt: skip
    kept = Release(1, "v1", "2019-12-31", "the first release", ("hr_staff",), figures, {})
    releases.note(settings, kept)
    assert releases.released(settings) == [kept]
    (file,) = (settings.control / "releases").glob("*.json")
    assert json.loads(file.read_text(encoding="utf-8"))["figures"] == figures
    known = kept.as_known({"debrief_yearly": ("year", "scope_type", "scope_name")})
    assert known.shown["debrief_yearly"][2019, "service", "all"]["requested"] == 21
