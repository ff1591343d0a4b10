"""One row of an impact mart: an estimate, what could have been seen, its checks, grade and sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from warehouse import calibration, impact
from warehouse.impact import Finding, Grade
from warehouse.statistics.checks import check

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "metric", "scope_type", "scope_name", "method", "term", "estimate", "lower_95", "upper_95",
    "p_value", "n", "minimum_detectable", "assumption_checks", "grade", "sentence",
]  # fmt: skip
# What the verdict is made of, beside what the mart shows.
INNER_COLUMNS = [*COLUMNS, "is_main", "outcome", "topic"]
# Two nights of the same rows in another order may differ in the last bits of a sum, and a mart must not.
DIGITS = 9
# Said of whatever reaches into the months after the lockdown.
TOGETHER = "What came after January 2020 and the pandemic cannot be told apart."


@dataclass(frozen=True)
class Words:
    """What is said beside what follows from the figures.

    after: sentences that stand behind the finding's own, in plain English. why_not: why there is no
    estimate, where the figures do not say it themselves.
    """

    after: str = ""
    why_not: str = ""


def row(
    metric: str,
    term: str,
    finding: Finding,
    *,
    method: str | None = None,
    n: int | None,
    p_value: float | None = None,
    scope_type: str = "service",
    is_main: bool = False,
    capped_at: Grade = "strong",
    tried_as: str | None = None,
    is_tried: bool = True,
    words: Words | None = None,
) -> dict[str, Any]:
    """One row, with grade and sentence by the rules of `warehouse.impact`.

    The calibration has its say: what it found is one of the checks and caps the grade, and an estimate
    of a method that it switched off is not shown. tried_as: the term by which it knows the estimate,
    where that is not `term` (`calibration.TERMS`). is_tried: false where only another form of the
    method was tried, which is then said, and is a check that could not be made.
    method: as the mart names it, where that is not the method whose rules grade it. n: what the
    estimate rests on, in the unit that the mart's description gives for the method. p_value: shown to
    six digits where the finding has none of its own, since it says what the interval says. is_main: whether
    it was fixed beforehand as the one that the verdict counts.
    """
    said = words or Words()
    tried = calibration.allowed(finding.method, tried_as or term)
    checks = dict(finding.checks or {})
    if finding.estimate is not None:
        checks |= calibration.checks(finding.method, tried_as or term, is_tried=is_tried)
        most: Grade = "strong" if is_tried else "moderate"
        capped_at = min(capped_at, tried.capped_at, most, key=impact.ORDER.index)
        if not tried.allowed:
            finding = replace(finding, estimate=None, lower_95=None, upper_95=None, p_value=None)
            p_value = None
            said = Words(why_not=tried.reason)
    grade = impact.grade(finding, capped_at=capped_at)
    if grade == "not enough data" and finding.estimate is None and said.why_not:
        sentence = f"{finding.topic}: there is not enough data to say. {said.why_not}"
    else:
        sentence = impact.sentence(finding, capped_at=capped_at)
    return {
        "metric": metric,
        "scope_type": scope_type,
        "scope_name": "all",
        "method": method or finding.method,
        "term": term,
        "estimate": rounded(finding.estimate),
        "lower_95": rounded(finding.lower_95),
        "upper_95": rounded(finding.upper_95),
        "p_value": rounded(finding.p_value) if p_value is None else float(f"{p_value:.6g}"),
        "n": n,
        "minimum_detectable": rounded(finding.minimum_detectable),
        "assumption_checks": checks_as_json(checks),
        "grade": grade,
        "sentence": f"{sentence} {said.after}".strip(),
        "is_main": is_main,
        "outcome": impact.outcome(finding),
        "topic": finding.topic,
    }


def frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows as a frame with INNER_COLUMNS, typed also where there are none."""
    import pandas as pd

    made = pd.DataFrame(list(rows), columns=INNER_COLUMNS)
    floats = ["estimate", "lower_95", "upper_95", "p_value", "minimum_detectable"]
    return made.astype(
        {**dict.fromkeys(floats, "float64"), "n": "Int64", "is_main": "boolean"}
        | dict.fromkeys([*COLUMNS[:5], *COLUMNS[11:], "outcome", "topic"], "string")
    )


def rounded(value: float | None) -> float | None:
    """A figure to DIGITS significant digits; None where there is none or it has no end."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


def checks_as_json(checks: Mapping[str, Mapping[str, Any]]) -> str:
    """Checks as JSON text: {name: {passed, its figures, sentence}}, keys in order."""
    plain = {
        name: {key: rounded(one) if isinstance(one, float) else one for key, one in each.items()}
        for name, each in checks.items()
    }
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def reason(why: str) -> dict[str, dict[str, Any]]:
    """The one check of a row without an estimate: why there is none."""
    return {"estimate": check(None, why)}
