"""Whether a method has earned its place before the board: it is tried where the truth is known.

`benchmarks/calibration.py` plays made-up services through, runs each method on them as the pipeline
does, and writes what it found to `calibration.json` beside this module and to docs/calibration.md. The
rule stands here, and reads the report each time, so that nobody decides after having looked:

- Where a method's own assumptions hold, it is switched off for the board when its 95 % interval
  covers the truth significantly less than 93 % of the time, or when it finds something where there is
  nothing significantly more than 7 % of the time: exact binomial tests, one-sided, at a family-wise
  5 % by Holm over all methods and scenarios. Covering more is reported and never a fault.
- Stress scenarios break an assumption on purpose. Where one misleads a method by the same tests, or
  moves its mean off the truth by more than chance (normal test), the bias is printed beside the
  estimate, and the estimate earns no more than `weak`.
- A method that nobody has tried is not shown.

`ladder.rows.row` asks for every estimate that a mart holds:

    verdict = calibration.allowed("segmented_regression", "level_2")
    grade = impact.grade(finding, capped_at=verdict.capped_at)

The method is a key of `warehouse.impact.BEST_GRADES`. The term is one of TERMS where the estimate is
open to a stress that others of the method are not: what lies after the lockdown, a baseline with 2019
in it, or the share of low scores. Any other term, or none, means the method's main estimate.
`checks()` gives the same as an assumption check for `assumption_checks`, with the biases in its
sentence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from warehouse.impact import BEST_GRADES, Grade
from warehouse.statistics.checks import Check, check

LEAST_COVERAGE, MOST_FALSE_POSITIVES, FAMILY_WISE = 0.93, 0.07, 0.05
MAIN = "main"
# Estimates of a method that are open to a stress of their own, by the names that the marts give them.
TERMS: Mapping[str, str] = {
    "level_2": "after_lockdown",
    "after": "after_lockdown",
    "after_lockdown": "after_lockdown",
    "2019_in_baseline": "2019_in_baseline",
    "share_low": "share_low",
    "share_low_after_lockdown": "share_low_after_lockdown",
}
REPORT = "calibration.json"


@dataclass(frozen=True)
class Result:
    """One method in one scenario, counted over the programmes that gave an estimate.

    kind: `sound` where the method's assumptions hold, else `stress`. told: the scenario in words, as a
    sentence goes on after "services in which". scale: `ratio` (truth, mean and sd are logarithms) or
    `difference`, in `unit`. is_null: whether there is nothing to find. covered: intervals with the
    truth in them. rejected: findings of a change, right or wrong. variant: of the method, such as how
    many councils it compares with.
    """

    method: str
    term: str
    scenario: str
    kind: str
    told: str
    scale: str
    unit: str
    is_null: bool
    programmes: int
    estimated: int
    truth: float
    mean: float
    sd: float
    covered: int
    rejected: int
    variant: str = ""

    @property
    def bias(self) -> float:
        """How far the mean estimate lies from the truth, as `scale` has it."""
        return self.mean - self.truth


@dataclass(frozen=True)
class Verdict:
    """What the calibration says of one estimate of a method.

    allowed: whether the board may see it. capped_at: the most that it may earn. reason: why it is
    allowed or not, a sentence. biases: sentences on what it does where its assumptions do not hold, to
    be printed beside the estimate.
    """

    method: str
    term: str
    allowed: bool
    capped_at: Grade
    reason: str
    biases: tuple[str, ...]


# Whether methods are being tried just now: then no earlier report has a say, or what it once switched
# off, or did not know, would never be tried again.
_on_trial: ContextVar[bool] = ContextVar("on_trial", default=False)


@contextmanager
def on_trial() -> Iterator[None]:
    """Within it every estimate is shown as it is: for whoever tries the methods, and nobody else."""
    before = _on_trial.set(True)
    try:
        yield
    finally:
        _on_trial.reset(before)


@dataclass(frozen=True)
class Test:
    """One test of a result. what: `coverage`, `false positives` or `bias`. fails: by Holm, at 5 %."""

    result: Result
    what: str
    p_value: float
    fails: bool

    __test__ = False  # no test of pytest's


def allowed(
    method: str, term: str | None = None, results: Sequence[Result] | None = None
) -> Verdict:
    """What the calibration says of an estimate: may the board see it, and what can it earn?

    method: a key of `impact.BEST_GRADES`. term: of the estimate, see TERMS. results: those of another
    report, instead of the one beside this module. Raises ValueError for an unknown method.
    """
    if method not in BEST_GRADES:
        raise ValueError(f"method is one of {', '.join(BEST_GRADES)}.")
    own_term = TERMS.get(term or MAIN, MAIN)
    if results is None and _on_trial.get():
        return Verdict(method, own_term, True, "strong", "It is being tried.", ())
    tests = _tests_reported() if results is None else tests_of(results)
    # An estimate with a stress of its own has the method's other stresses too.
    own = [
        test
        for test in tests
        if test.result.method == method and test.result.term in (MAIN, own_term)
    ]
    sound = [test for test in own if test.result.kind == "sound"]
    if not any(test.what == "coverage" for test in sound):
        return Verdict(
            method, own_term, False, "weak", "It was not tried where the truth is known.", ()
        )
    failing = [test for test in sound if test.fails]
    stressed: dict[tuple[str, str], Result] = {}
    for test in own:
        one = test.result
        if one.kind == "stress" and test.fails:
            # Of variants in one scenario, the one that is misled most often speaks for all.
            other = stressed.get((one.scenario, one.term), one)
            stressed[one.scenario, one.term] = max(one, other, key=lambda each: each.rejected)
    return Verdict(
        method,
        own_term,
        allowed=not failing,
        capped_at="weak" if stressed or failing else "strong",
        reason=_reason(sound, failing),
        # What bears on this very estimate is told; the main one's only where there is nothing nearer.
        biases=tuple(
            _bias(result)
            for result in stressed.values()
            if result.term == own_term or all(term != own_term for _, term in stressed)
        ),
    )


def checks(method: str, term: str | None = None, *, is_tried: bool = True) -> dict[str, Check]:
    """The verdict as one more check of an estimate, for `assumption_checks`: {"calibration": …}.

    is_tried: false where the method was tried in another form alone; then nothing is known to have
    passed, and what is told is of that other form.
    """
    found = allowed(method, term)
    said = [found.reason, *found.biases]
    if not is_tried:
        said = ["This form was not tried by itself. Of the one that was:", *said]
    return {
        "calibration": check(
            found.allowed if is_tried else None, " ".join(said), capped_at=found.capped_at
        )
    }


def tests_of(results: Iterable[Result]) -> list[Test]:
    """Every test of these results, and whether it fails by Holm within its family.

    The sound ones are one family, the stresses another, in which the bias is tested too: where the
    assumptions hold, what counts of a bias is what it does to coverage. A result without any estimate
    has no test.
    """
    made: list[Test] = []
    for kind in ("sound", "stress"):
        family: list[tuple[Result, str, float]] = []
        for result in results:
            if result.kind == kind and result.estimated:
                family.append((result, "coverage", _at_most(result.covered, result.estimated)))
                if result.is_null:
                    family.append(
                        (result, "false positives", _at_least(result.rejected, result.estimated))
                    )
                if kind == "stress":
                    family.append((result, "bias", _off(result)))
        fails = holm([p for _, _, p in family])
        made += [
            Test(result, what, p, failed)
            for (result, what, p), failed in zip(family, fails, strict=True)
        ]
    return made


def holm(p_values: Sequence[float], level: float = FAMILY_WISE) -> list[bool]:
    """Which tests are significant at a family-wise level, in the order given. Holm (1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    found = [False] * len(p_values)
    for rank, place in enumerate(order):
        if p_values[place] > level / (len(order) - rank):
            break
        found[place] = True
    return found


def _at_most(successes: int, trials: int) -> float:
    """How likely so few are, or fewer, where coverage is just what we ask for."""
    from scipy.stats import binom

    return float(binom.cdf(successes, trials, LEAST_COVERAGE))


def _at_least(successes: int, trials: int) -> float:
    """How likely so many are, or more, where false positives are just what we bear."""
    from scipy.stats import binom

    return float(binom.sf(successes - 1, trials, MOST_FALSE_POSITIVES))


def _off(result: Result) -> float:
    """How likely the mean lies so far from the truth by chance, either way."""
    from scipy.stats import norm

    error = result.sd / math.sqrt(result.estimated)
    return float(2 * norm.sf(abs(result.bias) / error)) if error else 1.0


def _reason(sound: Sequence[Test], failing: Sequence[Test]) -> str:
    if failing:
        worst = min(failing, key=lambda test: test.p_value)
        share = worst.result.covered if worst.what == "coverage" else worst.result.rejected
        percent = 100 * share / worst.result.estimated
        return (
            f"It is not for the board. Tried on {worst.result.estimated} made-up services in which "
            f"{worst.result.told}, "
            + (
                f"its range held the truth in {percent:.0f} % of them, where it should in 95 %."
                if worst.what == "coverage"
                else f"it found a change in {percent:.0f} % of them, where there was none."
            )
        )
    covers = [100 * t.result.covered / t.result.estimated for t in sound if t.what == "coverage"]
    finds = [100 * t.result.rejected / t.result.estimated for t in sound if t.what != "coverage"]
    n = sum({test.result.scenario: test.result.estimated for test in sound}.values())
    return (
        f"Tried on {n:,} made-up services of which the truth is known, its range held it in at least "
        f"{math.floor(min(covers))} % of each kind"
        + (
            f", and it found a change in at most {math.ceil(max(finds))} % where there was none."
            if finds
            else "."
        )
    )


def _bias(result: Result) -> str:
    """What a method does under a stress, in words: by how much it is off, how often it is misled."""
    if result.scale == "ratio":
        percent = 100 * (math.exp(result.bias) - 1)
        off = f"{'higher' if percent > 0 else 'lower'} by {abs(percent):.0f} %"
    else:
        off = f"{'higher' if result.bias > 0 else 'lower'} by {abs(result.bias):.1f} {result.unit}"
    share = 100 * result.rejected / result.estimated
    missed = 100 * (1 - result.covered / result.estimated)
    return f"In made-up services in which {result.told}, it came out {off} than the truth" + (
        f", and found a change that was not there in {share:.0f} % of them."
        if result.is_null
        else f", and its range missed the truth in {missed:.0f} % of them."
    )


@cache
def _tests_reported() -> tuple[Test, ...]:
    """The tests of the report beside this module."""
    return tuple(tests_of(read(files("warehouse").joinpath(REPORT).read_text("utf-8"))[0]))


def read(text: str) -> tuple[list[Result], Mapping[str, Any]]:
    """Results and everything else of a report, as the benchmark writes it."""
    stated: dict[str, Any] = json.loads(text)
    names = Result.__dataclass_fields__
    results = [
        Result(**{name: value for name, value in one.items() if name in names})
        for one in stated.pop("results")
    ]
    return results, stated
