"""`warehouse.impact`: each case of grade and wording, and that the words are easy to read."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import impact, programme, settings
from warehouse.impact import Finding

SOUND = {"pre_trends": {"passed": True}, "donors": {"passed": True}}
UNTESTED = {"pre_trends": {"passed": None}, "donors": {"passed": True}}
FAILED = {"pre_trends": {"passed": None}, "donors": {"passed": False}}


def leaving(
    estimate: float | None, lower: float | None, upper: float | None, **changes: Any
) -> Finding:
    return Finding(
        **{
            "subject": "Leaving",
            "scale": "ratio",
            "better": "decrease",
            "method": "segmented_regression",
            "estimate": estimate,
            "lower_95": lower,
            "upper_95": upper,
            "minimum_detectable": 0.6,
            "events": 120,
            "checks": SOUND,
        }
        | changes
    )


def agency(estimate: float | None, lower: float | None, upper: float | None, **changes: Any) -> Any:
    return Finding(
        **{
            "subject": "The agency rate, beside councils like ours,",
            "scale": "difference",
            "better": "decrease",
            "method": "difference_in_differences",
            "estimate": estimate,
            "lower_95": lower,
            "upper_95": upper,
            "minimum_detectable": 6.4,
            "base": 13.0,
            "checks": SOUND,
        }
        | changes
    )


def test_a_fall_that_is_good_is_said_as_better() -> None:
    """0.70 is 30 % less; 0.55 and 0.90 are 45 % and 10 % less."""
    finding = leaving(0.70, 0.55, 0.90)
    assert impact.outcome(finding) == "better"
    assert impact.grade(finding) == "moderate"
    assert impact.sentence(finding) == (
        "Leaving fell by 30 %. It may be as little as 10 % or as much as 45 %. "
        "That is better, and more than chance alone would do."
    )


def test_a_rise_that_is_bad_is_said_as_worse() -> None:
    finding = agency(14.9, 0.4, 29.4)
    assert impact.outcome(finding) == "worse"
    assert impact.grade(finding) == "strong"
    assert impact.sentence(finding) == (
        "The agency rate, beside councils like ours, rose by 14.9 points. It may be as little as "
        "0.4 points or as much as 29.4 points. That is worse, and more than chance alone would do."
    )


def test_an_interval_that_holds_no_change_is_no_sign_and_says_what_would_have_shown() -> None:
    """What could have been seen, 0.6, is a fall of 40 %."""
    finding = leaving(0.85, 0.62, 1.17)
    assert impact.outcome(finding) == "no sign either way"
    assert impact.sentence(finding) == (
        "Leaving: there is no sign of a change either way. It may have gone from a fall of 38 % to a "
        "rise of 17 %. A fall of 40 % would have shown four times out of five, a smaller one less often."
    )
    assert impact.outcome(leaving(0.9, 0.8, 1.0)) == "no sign either way"


def test_placebos_that_move_as_much_take_the_claim_back() -> None:
    """Agency 2019 beside 140 councils: the interval leaves 0 out, but one in eleven moved as much."""
    finding = agency(20.7, 7.9, 33.5, p_value=0.091, minimum_detectable=11.2, smallest_p=1 / 141)
    assert impact.outcome(finding) == "no sign either way"
    assert impact.sentence(finding) == (
        "The agency rate, beside councils like ours, rose by 20.7 points. Others moved as much too "
        "often to rule out chance, so it is no sign either way. A fall of 11.2 points would have shown "
        "four times out of five, a smaller one less often."
    )
    assert impact.outcome(agency(20.7, 7.9, 33.5, p_value=0.047)) == "worse"


@pytest.mark.parametrize(
    ("donors", "can_tell"), [(10, False), (18, False), (19, False), (20, True)]
)
def test_with_few_to_compare_with_no_change_could_be_told(donors: int, can_tell: bool) -> None:
    """The smallest p is 1/11, 1/19, 1/20, 1/21; only the last is under 1/20."""
    least = 1 / (1 + donors)
    finding = agency(-30.0, -33.0, -27.0, p_value=least, minimum_detectable=4.0, smallest_p=least)
    assert (impact.outcome(finding) == "better") == can_tell
    assert (impact.grade(finding) == "not enough data") != can_tell
    told = "no change, however large, could be told from chance" in impact.sentence(finding)
    assert told != can_tell


def test_what_showed_counts_whichever_way_though_the_noise_is_larger_than_the_rate() -> None:
    """At a level of 9, a change of 20 is what would show four times in five; one of 8.5 showed."""
    for sign, said in ((-1, "better"), (1, "worse")):
        lower, estimate, upper = sorted((sign * 0.5, sign * 8.5, sign * 16.5))
        finding = agency(estimate, lower, upper, minimum_detectable=20.0, base=9.0)
        assert impact.outcome(finding) == said
        assert impact.grade(finding) == "strong"


@pytest.mark.parametrize(
    ("finding", "why"),
    [
        (leaving(None, None, None), "No figure could be worked out."),
        (leaving(math.nan, math.nan, math.nan), "No figure could be worked out."),
        (leaving(0.5, 0.3, 0.8, events=9), "It rests on fewer than 10 events."),
        (
            agency(-2.0, -9.0, 5.0, minimum_detectable=20.0, base=9.0),
            "It would take a fall of 20.0 points to stand out four times out of five, more than a fall "
            "to nothing.",
        ),
    ],
)
def test_too_little_to_go_by_is_said_and_not_hidden(finding: Finding, why: str) -> None:
    assert impact.outcome(finding) == impact.grade(finding) == "not enough data"
    assert impact.sentence(finding) == (
        f"{finding.subject.rstrip(',')}: there is not enough data to say. {why}"
    )


def test_what_a_rise_is_good_for_is_better_when_it_rises() -> None:
    filling = leaving(1.5, 1.2, 1.9, subject="Filling posts", better="increase")
    assert impact.outcome(filling) == "better"
    assert impact.sentence(filling).startswith("Filling posts rose by 50 %.")
    assert impact.outcome(leaving(1.5, 1.2, 1.9)) == "worse"


def test_who_chose_to_attend_shows_no_effect_of_the_programme() -> None:
    finding = leaving(0.5, 0.3, 0.8, method="attendance")
    assert impact.grade(finding) == "weak"
    assert impact.sentence(finding).endswith("It does not show that the programme did it.")


@pytest.mark.parametrize(
    ("method", "checks", "capped_at", "worth"),
    [
        ("difference_in_differences", SOUND, "strong", "strong"),
        ("difference_in_differences", UNTESTED, "strong", "moderate"),
        ("difference_in_differences", FAILED, "strong", "weak"),
        ("difference_in_differences", {}, "strong", "moderate"),
        ("difference_in_differences", SOUND, "weak", "weak"),
        ("segmented_regression", SOUND, "strong", "moderate"),
        ("segmented_regression", FAILED, "strong", "weak"),
        ("attendance", SOUND, "strong", "weak"),
        ("waves", SOUND, "strong", "weak"),
        ("staggered", SOUND, "moderate", "moderate"),
    ],
)
def test_a_grade_follows_from_method_checks_and_calibration(
    method: str, checks: Any, capped_at: Any, worth: str
) -> None:
    for estimate in ((0.5, 0.3, 0.8), (1.0, 0.8, 1.2), (2.0, 1.5, 3.0)):
        finding = leaving(*estimate, method=method, checks=checks)
        assert impact.grade(finding, capped_at=capped_at) == worth


def test_every_method_and_grade_has_its_rule() -> None:
    assert set(impact.GRADE_RULES) == set(impact.ORDER)
    assert set(impact.BEST_GRADES.values()) <= set(impact.ORDER)


def test_what_would_have_shown_is_2_8_errors_away() -> None:
    """exp(-2.8 x 0.25) is 0.4966: a halving. exp(2.8 x 0.25) is 2.0138."""
    assert impact.smallest_detectable_ratio(0.25, "decrease") == pytest.approx(0.4966, abs=1e-4)
    assert impact.smallest_detectable_ratio(0.25, "increase") == pytest.approx(2.0138, abs=1e-4)
    assert impact.smallest_detectable_difference(5.0) == 14.0
    for error in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="standard error"):
            impact.smallest_detectable_difference(error)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scale": "log"}, "scale is"),
        ({"better": "up"}, "better is"),
        ({"method": "ever_attended"}, "method is one of"),
        ({"lower_95": None}, "together"),
        ({"lower_95": 0.95}, "within its interval"),
        ({"lower_95": -0.3}, "not as its logarithm"),
    ],
)
def test_a_finding_that_contradicts_itself_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        leaving(0.7, changes.pop("lower_95", 0.5), 0.9, **changes)


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([], "not enough data"),
        ([("not enough data", "not enough data")], "not enough data"),
        ([("better", "weak"), ("better", "weak")], "not enough data"),
        ([("better", "moderate"), ("no sign either way", "strong")], "better than expected"),
        ([("worse", "strong"), ("better", "weak")], "worse than expected"),
        ([("worse", "strong"), ("better", "moderate")], "no sign either way"),
        ([("no sign either way", "moderate")], "no sign either way"),
    ],
)
def test_the_verdict_follows_the_rule_that_is_printed_below_it(findings: Any, verdict: str) -> None:
    assert impact.verdict(findings) == verdict
    assert impact.verdict(reversed(findings)) == verdict


outcomes = st.sampled_from(["better", "worse", "no sign either way"])
grades = st.sampled_from(["weak", "moderate", "strong"])
MIRROR = {"better": "worse", "worse": "better", "no sign either way": "no sign either way"}


@given(findings=st.lists(st.tuples(outcomes, grades), max_size=6))
def test_good_and_bad_news_weigh_the_same(findings: Any) -> None:
    mirrored = impact.verdict((MIRROR[found], worth) for found, worth in findings)
    swapped = {"better than expected": "worse than expected"}
    swapped |= {worse: better for better, worse in swapped.items()}
    plain = impact.verdict(findings)
    assert mirrored == swapped.get(plain, plain)


@given(
    estimate=st.floats(0.01, 20),
    below=st.floats(0, 1),
    above=st.floats(0, 5),
    better=st.sampled_from(["increase", "decrease"]),
)
def test_words_go_by_the_interval_and_never_claim_more(
    estimate: float, below: float, above: float, better: str
) -> None:
    finding = leaving(estimate, estimate * (1 - below), estimate * (1 + above), better=better)
    assert finding.lower_95 is not None
    assert finding.upper_95 is not None
    holds = finding.lower_95 <= 1 <= finding.upper_95
    text = impact.sentence(finding)
    assert ("no sign of a change" in text) == holds
    assert ("more than chance" in text) != holds
    assert not re.search(r"\bnan\b|None|-\d", text)


def syllables(word: str) -> int:
    """Groups of vowels, less a silent e: the usual rule of thumb, off by one now and then."""
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def reading_ease(text: str) -> float:
    """Flesch (1948): 206.835 - 1.015 words a sentence - 84.6 syllables a word. 60 is plain English."""
    sentences = len(re.findall(r"[.:](?:\s|$)", text))
    words = re.findall(r"[a-z]+|\d[\d.,]*", text.lower())
    total = sum(1 if word[0].isdigit() else syllables(word) for word in words)
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * total / len(words)


def test_the_reading_ease_tells_plain_from_stilted() -> None:
    """The cat sat on the mat: 206.835 - 6.09 - 84.6 = 116.1, as tables of examples have it."""
    assert reading_ease("The cat sat on the mat.") == pytest.approx(116.145)
    assert (
        reading_ease("The quasi-experimental estimation demonstrates statistical insignificance.")
        < 0
    )


def every_case() -> list[str]:
    texts = [*impact.GRADE_RULES.values(), programme.load(settings.load()).rule]
    for method, better, interval, worth in itertools.product(
        impact.BEST_GRADES,
        ("increase", "decrease"),
        ((0.7, 0.5, 0.9), (1.4, 1.1, 1.8), (1.0, 0.8, 1.3), (None, None, None)),
        (SOUND, FAILED),
    ):
        finding = leaving(*interval, better=better, method=method, checks=worth)
        texts.append(impact.sentence(finding))
        texts.append(impact.sentence(replace(finding, p_value=0.2)))
        texts.append(impact.sentence(replace(finding, smallest_p=0.2)))
    return texts


def test_every_sentence_is_plain_english() -> None:
    """Flesch's 60 and more is what people of 13 to 15 read easily; no sentence is over 30 words."""
    texts = every_case()
    assert len(set(texts)) > 10
    for text in texts:
        assert reading_ease(text) >= 60, text
        for part in re.split(r"(?<=[.])\s", text):
            assert len(part.split()) <= 30, part
