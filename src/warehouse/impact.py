"""What a finding is worth and how it is said: grades and sentences, from figures by written rules.

Nobody chooses a word here after having looked. The functions are pure: a finding in, text out. What
the figures rest on is `warehouse.statistics`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from warehouse.statistics.checks import POWER_FACTOR

Scale = Literal["ratio", "difference"]
Direction = Literal["increase", "decrease"]
Outcome = Literal["better", "worse", "no sign either way", "not enough data"]
Grade = Literal["strong", "moderate", "weak", "not enough data"]

# The most that a method can earn, whatever its figures: by what it compares with.
BEST_GRADES: Mapping[str, Grade] = {
    # The same teams before and after; nobody else at the same time.
    "segmented_regression": "moderate",
    # The same, and a trend is not allowed for either.
    "before_and_after": "weak",
    "waves": "weak",
    "recruitment": "moderate",
    # Who attends chose to.
    "attendance": "weak",
    "staggered": "strong",
    "difference_in_differences": "strong",
    "synthetic_control": "strong",
}
# Below this many events no interval of a rate is of use: at 10 it runs from half to nearly double.
LEAST_EVENTS = 10
SIGNIFICANT = 0.05
GRADE_RULES: Mapping[Grade, str] = {
    "strong": "It compares with others at the same time, and every check of its assumptions passed.",
    "moderate": "No check of its assumptions failed. It has nobody to compare with at the same time, or "
    "some check could not be made.",
    "weak": "A check of its assumptions failed, those who took part chose to, or it went astray on "
    "made-up services that break its assumptions.",
    "not enough data": f"There is no estimate. Or it rests on fewer than {LEAST_EVENTS} events, or on too few "
    "to compare with for any change to stand out. Or nothing showed, where even an end of all of it might "
    "not have.",
}
ORDER: tuple[Grade, ...] = ("not enough data", "weak", "moderate", "strong")


@dataclass(frozen=True)
class Finding:
    """One estimate of a change, with what is needed to grade it and to say it.

    subject: what changed, as a sentence begins with it ("Leaving", "The agency rate"). scale: `ratio`
    (1 is no change) or `difference` (0 is no change, in `unit`, such as "points"). better: the
    direction that is good. estimate, lower_95, upper_95: on that scale, or None. minimum_detectable:
    the smallest change that would have shown with 80 % power: a ratio on the side of `better`, or a
    difference above 0; None where it is not known. base: for differences, the level before, from which
    it could fall to 0 at most; or None. events: how many events it rests on, or None where nothing was
    counted. p_value: of a test that does not follow from the interval (placebos), else None.
    smallest_p: the least that this test could have said, whatever happened, else None. checks: as
    `warehouse.statistics` gives them. method: a key of BEST_GRADES.

    Raises ValueError for an unknown scale, direction or method, and for an interval without its
    estimate or the wrong way round.
    """

    subject: str
    scale: Scale
    better: Direction
    method: str
    estimate: float | None
    lower_95: float | None
    upper_95: float | None
    minimum_detectable: float | None = None
    base: float | None = None
    events: int | None = None
    unit: str = "points"
    p_value: float | None = None
    smallest_p: float | None = None
    checks: Mapping[str, Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        if self.scale not in ("ratio", "difference") or self.better not in ("increase", "decrease"):
            raise ValueError("scale is ratio or difference, and better is increase or decrease.")
        if self.method not in BEST_GRADES:
            raise ValueError(f"method is one of {', '.join(BEST_GRADES)}.")
        ends = (self.lower_95, self.estimate, self.upper_95)
        known = [end for end in ends if _is_known(end)]
        if known and len(known) < 3:
            raise ValueError("Give estimate, lower_95 and upper_95 together, or none of them.")
        if known != sorted(known):
            raise ValueError("The estimate has to lie within its interval, the lower end first.")
        if self.scale == "ratio" and any(end < 0 for end in known):
            raise ValueError("A ratio cannot be negative. Give it as such, not as its logarithm.")

    @property
    def topic(self) -> str:
        """The subject as it stands before a colon: without the comma that a verb would follow."""
        return self.subject.rstrip(",")

    @property
    def no_change(self) -> float:
        """What the scale has where nothing changed."""
        return 1.0 if self.scale == "ratio" else 0.0


def _is_known(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def smallest_detectable_ratio(se: float, better: Direction) -> float:
    """The smallest ratio that would have shown with 80 % power, on the side of `better`.

    se: standard error of the logarithm, above 0. Two-sided 5 %: 2.8 standard errors from no change.
    Raises ValueError for an error of 0 or less.
    """
    return math.exp((1 if better == "increase" else -1) * smallest_detectable_difference(se))


def smallest_detectable_difference(se: float) -> float:
    """The smallest difference that would have shown with 80 % power: 2.8 standard errors.

    se: in the unit of the difference, above 0. Raises ValueError for an error of 0 or less.
    """
    if not se > 0 or math.isinf(se):
        raise ValueError(
            "Without a standard error above 0, nothing can be said of what would show."
        )
    return POWER_FACTOR * se


def grade(finding: Finding, *, capped_at: Grade = "strong", least: int = LEAST_EVENTS) -> Grade:
    """What the finding is worth, by GRADE_RULES; whether it is good or bad plays no part.

    capped_at: the most it may earn, `weak` where a calibration found bias. least: fewest events.
    """
    if not _is_known(finding.estimate) or _none_can_stand_out(finding) or _was_too_little(finding):
        return "not enough data"
    if finding.events is not None and finding.events < least:
        return "not enough data"
    passed = [check.get("passed") for check in (finding.checks or {}).values()]
    earned: Grade = "strong"
    if any(one is False for one in passed):
        earned = "weak"
    elif not passed or any(one is None for one in passed):
        earned = "moderate"
    return min(earned, BEST_GRADES[finding.method], capped_at, key=ORDER.index)


def _none_can_stand_out(finding: Finding) -> bool:
    """Whether the test could tell no change at all, however large: too few to compare with."""
    return _is_known(finding.smallest_p) and finding.smallest_p >= SIGNIFICANT


def _is_more_than_all(finding: Finding) -> bool:
    """Whether the smallest change that would show is more than a fall to nothing."""
    return (
        finding.scale == "difference"
        and finding.better == "decrease"
        and _is_known(finding.base)
        and _is_known(finding.minimum_detectable)
        and finding.minimum_detectable > finding.base
    )


def _was_too_little(finding: Finding) -> bool:
    """Whether nothing showed where even a fall to nothing might not have.

    What did show counts, whichever way it went. To judge by the size of the noise alone would keep
    falls and hide rises, since the level before is in both.
    """
    return _is_more_than_all(finding) and not _is_apart(finding)


def _is_apart(finding: Finding) -> bool:
    """Whether the whole interval lies on one side of no change, strictly."""
    assert finding.lower_95 is not None
    assert finding.upper_95 is not None
    return not finding.lower_95 <= finding.no_change <= finding.upper_95


def outcome(finding: Finding, *, least: int = LEAST_EVENTS) -> Outcome:
    """Better or worse where the whole 95 % interval lies on one side of no change, strictly.

    Where the finding has a test of its own, that has to be under 5 % too.
    """
    if grade(finding, least=least) == "not enough data":
        return "not enough data"
    assert finding.lower_95 is not None
    if not _is_apart(finding) or _may_be_chance(finding):
        return "no sign either way"
    rose = finding.lower_95 > finding.no_change
    return "better" if rose == (finding.better == "increase") else "worse"


def _may_be_chance(finding: Finding) -> bool:
    return _is_known(finding.p_value) and finding.p_value >= SIGNIFICANT


def sentence(finding: Finding, *, capped_at: Grade = "strong", least: int = LEAST_EVENTS) -> str:
    """The finding in plain English, to be read aloud: two to four short sentences."""
    found = outcome(finding, least=least)
    if found == "not enough data":
        return f"{finding.topic}: there is not enough data to say. {_why_not(finding, least)}"
    assert finding.lower_95 is not None
    assert finding.upper_95 is not None
    assert finding.estimate is not None
    ends = sorted(
        (finding.lower_95, finding.upper_95), key=lambda end: abs(end - finding.no_change)
    )
    low, high = finding.lower_95, finding.upper_95
    verb = "rose" if finding.estimate > finding.no_change else "fell"
    parts = []
    if found != "no sign either way":
        parts.append(f"{finding.subject} {verb} by {_size(finding, finding.estimate)}.")
        parts.append(
            f"It may be as little as {_size(finding, ends[0])} or as much as {_size(finding, ends[1])}."
        )
        parts.append(f"That is {found}, and more than chance alone would do.")
    elif _is_apart(finding):
        # The placebos decide: as large a change turns up too often among those it is compared with.
        parts.append(f"{finding.subject} {verb} by {_size(finding, finding.estimate)}.")
        parts.append(
            "Others moved as much too often to rule out chance, so it is no sign either way."
        )
    else:
        parts.append(f"{finding.topic}: there is no sign of a change either way.")
        parts.append(f"It may have gone from {_change(finding, low)} to {_change(finding, high)}.")
    if found == "no sign either way" and _is_known(finding.minimum_detectable):
        parts.append(_what_would_show(finding))
    if grade(finding, capped_at=capped_at, least=least) == "weak" and found != "no sign either way":
        parts.append("It does not show that the programme did it.")
    return " ".join(parts)


def _why_not(finding: Finding, least: int) -> str:
    if finding.events is not None and finding.events < least:
        return f"It rests on fewer than {least} events."
    if _none_can_stand_out(finding):
        return "There are too few to compare with: no change, however large, could be told from chance."
    if _was_too_little(finding):
        return _what_would_show(finding)
    return "No figure could be worked out."


def _what_would_show(finding: Finding) -> str:
    """The smallest change that would have shown with 80 % power, as a sentence."""
    if _is_more_than_all(finding):
        return (
            f"It would take {_detectable(finding)} to stand out four times out of five, more than a fall "
            "to nothing."
        )
    return f"{_detectable(finding).capitalize()} would have shown four times out of five, a smaller one less often."


def _size(finding: Finding, value: float) -> str:
    """How far a value lies from no change, without its direction."""
    if finding.scale == "ratio":
        percent = 100 * abs(value - 1)
        return "less than 1 %" if percent < 0.5 else f"{_plain(percent, 0)} %"
    size = abs(value)
    if size < 0.05:
        return f"less than 0.1 {finding.unit}"
    return f"{_plain(size, 1)} {finding.unit}"


def _plain(number: float, digits: int) -> str:
    if math.isinf(number):
        return "any number of"
    return f"{number:,.{digits}f}"


def _change(finding: Finding, value: float) -> str:
    if value == finding.no_change:
        return "no change"
    return f"a {'rise' if value > finding.no_change else 'fall'} of {_size(finding, value)}"


def _detectable(finding: Finding) -> str:
    assert finding.minimum_detectable is not None
    way = "rise" if finding.better == "increase" else "fall"
    return f"a {way} of {_size(finding, finding.minimum_detectable)}"


VERDICTS: Mapping[Outcome, str] = {
    "better": "better than expected",
    "worse": "worse than expected",
    "no sign either way": "no sign either way",
    "not enough data": "not enough data",
}


def verdict(
    findings: Iterable[tuple[Outcome, Grade]],
    *,
    counted_grades: Collection[str] = ("moderate", "strong"),
) -> str:
    """The verdict on all findings by the rule in `programme.yml`: one of the values of VERDICTS.

    findings: the outcome and the grade of each, in any order. counted_grades: those that count.
    """
    counted = {found for found, worth in findings if worth in counted_grades}
    if not counted:
        return VERDICTS["not enough data"]
    told = counted & {"better", "worse"}
    return VERDICTS[told.pop()] if len(told) == 1 else VERDICTS["no sign either way"]
