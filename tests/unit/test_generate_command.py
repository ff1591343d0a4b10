"""`warehouse generate` from the command line: the effects that can be planted, and what is refused."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from warehouse import cli, generate
from warehouse.generate import Effect

OPTIONS = [f"--effect-{field.name.replace('_', '-')}" for field in fields(Effect)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the command asks of the generator, which then writes nothing."""
    calls: list[dict[str, Any]] = []

    def write(out: Path, **asked_for: Any) -> list[Path]:
        calls.append(asked_for)
        return []

    monkeypatch.setattr(generate, "write", write)
    return calls


def generated(*arguments: str) -> int:
    return cli.main(["generate", "--out", "unused", *arguments])


def test_every_field_of_an_effect_has_an_option_in_a_group_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert sorted((*cli.EFFECTS, *cli.EFFECT_COURSE)) == sorted(f.name for f in fields(Effect))
    with pytest.raises(SystemExit) as ended:
        cli.main(["generate", "--help"])
    assert ended.value.code == 0
    group = capsys.readouterr().out.split("a known effect:")[1]
    assert [option for option in OPTIONS if option not in group] == []


def test_the_defaults_that_help_names_are_those_of_the_effect() -> None:
    effect = Effect()
    assert f"(default {effect.starts_on})" in cli.EFFECT_COURSE["starts_on"][2]
    assert f"(default {effect.delay_days})" in cli.EFFECT_COURSE["delay_days"][2]
    assert effect.half_life_days is None


def test_what_is_given_reaches_the_generator_and_is_said(
    asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    words = {
        "--effect-leaving-hazard-ratio": "0.5",
        "--effect-fill-rate-ratio": "2",
        "--effect-wellbeing-shift": "-4.5",
        "--effect-starts-on": "2019-06-01",
        "--effect-delay-days": "0",
        "--effect-half-life-days": "365",
        "--effect-self-selection": "1.5",
        "--effect-pandemic-hazard-ratio": "0.7",
        "--effect-pandemic-wellbeing-shift": "-6",
    }
    assert sorted(words) == sorted(OPTIONS)
    assert generated(*(f"{option}={value}" for option, value in words.items())) == 0
    (call,) = asked
    assert call["effect"] == Effect(
        leaving_hazard_ratio=0.5,
        fill_rate_ratio=2.0,
        wellbeing_shift=-4.5,
        starts_on=date(2019, 6, 1),
        delay_days=0,
        half_life_days=365.0,
        self_selection=1.5,
        pandemic_hazard_ratio=0.7,
        pandemic_wellbeing_shift=-6.0,
    )
    assert "Planted in them: leaving_hazard_ratio 0.5, " in capsys.readouterr().out


def test_without_an_option_nothing_is_planted_and_nothing_said_of_it(
    asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert generated() == 0
    assert asked[0]["effect"] == Effect()
    assert "Planted" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(
            (ratio, value)
            for ratio in (OPTIONS[0], OPTIONS[1], OPTIONS[7])
            for value in ("0", "-1")
        ),
        ("--effect-leaving-hazard-ratio", "101"),
        ("--effect-leaving-hazard-ratio", "nan"),
        ("--effect-fill-rate-ratio", "inf"),
        ("--effect-wellbeing-shift", "100.5"),
        ("--effect-wellbeing-shift", "nan"),
        ("--effect-pandemic-wellbeing-shift", "-101"),
        ("--effect-self-selection", "11"),
        ("--effect-delay-days", "-1"),
        ("--effect-half-life-days", "0"),
        ("--effect-half-life-days", "inf"),
        ("--effect-half-life-days", "nan"),
    ],
)
def test_an_effect_that_cannot_be_is_refused_by_its_options_name(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 and one sentence, before anything is written."""
    beside = ["--effect-leaving-hazard-ratio=0.5"] if option in OPTIONS[3:6] else []
    out = tmp_path / "landing"
    arguments = ["generate", "--out", str(out), f"{option}={value}", *beside]
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{option} has to be ")
    assert "nothing was written" in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--effect-leaving-hazard-ratio", "half"),
        ("--effect-starts-on", "June"),
        (OPTIONS[4], "1.5"),
    ],
)
def test_what_is_no_number_or_date_is_refused_as_any_option_is(
    option: str, value: str, asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        generated(f"{option}={value}")
    assert ended.value.code == 2
    assert f"argument {option}: " in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize("option", ["starts-on=2019-06-01", "delay-days=30", "half-life-days=90"])
@pytest.mark.parametrize("beside", [[], ["--effect-self-selection=1"]])
def test_a_course_without_anything_that_has_one_is_refused(
    option: str, beside: list[str], asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Self-selection and the pandemic have neither start, delay nor decay."""
    assert generated(f"--effect-{option}", *beside) == 2
    assert f"--effect-{option.split('=')[0]} would do nothing alone" in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(
    "days",
    [
        ["--from", "9998-01-01", "--to", "9999-12-31"],
        ["--to", "2101-01-01"],
        ["--from", "9999-12-31", "--to", "9999-12-31", "--every", "day"],
    ],
)
def test_days_beyond_2100_are_refused_before_anything_is_written(
    days: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["generate", "--out", str(tmp_path / "landing"), *days]) == 2
    assert "--to lies after 2100-12-31; nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "landing").exists()


def test_a_planted_effect_changes_who_leaves_and_the_same_words_give_the_same_bytes(
    tmp_path: Path,
) -> None:
    """Small: 60 people to the end of 2019, who leave a tenth as often once they have attended."""
    common = ("--staff", "60", "--to", "2019-12-31")
    planted = ("--effect-leaving-hazard-ratio", "0.1", "--effect-delay-days", "0")
    files = []
    for name, words in (("plain", ()), ("once", planted), ("again", planted)):
        out = tmp_path / name
        assert cli.main(["generate", "--out", str(out), *common, *words]) == 0
        files.append((out / "hr_leavers" / "hr_leavers_2019-12-31.csv").read_bytes())
    plain, once, again = files
    assert once == again
    assert once != plain
