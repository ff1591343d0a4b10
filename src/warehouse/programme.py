"""What `programme.yml` says of the programme that the impact is judged by: dates, council, verdict.

Read and checked before anything is built, so that a night ends with a sentence and not in a model.
"""

from __future__ import annotations

import json
import os
import re
from calendar import monthrange
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NoReturn

from warehouse.errors import BadConfiguration
from warehouse.settings import Settings

# Grades that may count towards a verdict. A weak finding never does.
COUNTABLE = ("moderate", "strong")
ENVIRONMENT = "WAREHOUSE_PROGRAMME"
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True)
class Programme:
    """The council, the dates, and the rule of the verdict.

    baseline_from, baseline_to: first and last day of the months before it that windows are set beside.
    starts_on: first day of the funding window. ends_on: last day of the period that is judged.
    pandemic_from: first day of the month from which figures have a step of their own. counted_grades:
    the grades that count towards the verdict. rule: the rule in words, printed under the verdict.
    """

    old_la_code: str
    region: str
    baseline_from: date
    baseline_to: date
    starts_on: date
    ends_on: date
    pandemic_from: date
    counted_grades: tuple[str, ...]
    rule: str


def load(settings: Settings) -> Programme:
    """The programme, from `programme.yml`.

    Raises BadConfiguration for what is missing, for dates that are none or out of order, for a
    grade that cannot count, and for a verdict without its rule in words.
    """
    stated = settings.programme()
    verdict = stated.get("verdict")
    if not isinstance(verdict, dict) or set(verdict) != {"grades_that_count", "rule"}:
        _refuse("'verdict' has to give grades_that_count and rule, and nothing else")
    grades, rule = verdict["grades_that_count"], verdict["rule"]
    if not isinstance(grades, list) or not grades or not set(grades) <= set(COUNTABLE):
        _refuse(f"'grades_that_count' of the verdict has to list some of {', '.join(COUNTABLE)}")
    if not isinstance(rule, str) or not all(grade in rule for grade in grades):
        _refuse("the verdict's 'rule' has to say in words which grades count")
    funding, baseline = stated.get("funding"), stated.get("baseline")
    first, last = (
        _month(baseline.get(end) if isinstance(baseline, dict) else None, "baseline")
        for end in ("from", "to")
    )
    found = Programme(
        old_la_code=_text(stated, "old_la_code"),
        region=_text(stated, "region"),
        baseline_from=first,
        baseline_to=last.replace(day=monthrange(last.year, last.month)[1]),
        starts_on=_month(funding.get("from") if isinstance(funding, dict) else None, "funding"),
        ends_on=_day(stated.get("programme_end"), "programme_end"),
        pandemic_from=_month(stated.get("pandemic_from"), "pandemic_from"),
        counted_grades=tuple(grades),
        rule=" ".join(rule.split()),
    )
    dates = (
        found.baseline_from, found.baseline_to, found.starts_on, found.ends_on, found.pandemic_from,
    )  # fmt: skip
    if any(one >= other for one, other in pairwise(dates)):
        _refuse(
            "'baseline', 'funding', 'programme_end' and 'pandemic_from' have to follow each other in time"
        )
    return found


def as_json(programme: Programme) -> str:
    """The programme as text, as the build hands it to dbt."""
    return json.dumps(asdict(programme), default=date.isoformat)


def from_json(text: str) -> Programme:
    """The programme that `as_json` wrote."""
    found: dict[str, Any] = json.loads(text)
    for name in ("baseline_from", "baseline_to", "starts_on", "ends_on", "pandemic_from"):
        found[name] = date.fromisoformat(found[name])
    found["counted_grades"] = tuple(found["counted_grades"])
    return Programme(**found)


def of_this_build() -> Programme:
    """The programme as the build handed it over, or from the project where dbt runs without a build."""
    from warehouse.settings import load as load_settings

    text = os.environ.get(ENVIRONMENT)
    return from_json(text) if text else load(load_settings())


def _text(stated: dict[str, object], name: str) -> str:
    found = stated.get(name)
    if not isinstance(found, str) or not found.strip():
        _refuse(f"'{name}' has to be a text")
    return found


def _month(found: object, name: str) -> date:
    match = _MONTH.fullmatch(str(found))
    if not match or not 1 <= int(match[2]) <= 12:
        _refuse(f"'{name}' has to name a month; write it as 2019-01")
    return date(int(match[1]), int(match[2]), 1)


def _day(found: object, name: str) -> date:
    if not isinstance(found, date) or isinstance(found, datetime):
        _refuse(f"'{name}' has to be a day; write it as 2020-01-31")
    return found


def _refuse(what: str) -> NoReturn:
    raise BadConfiguration(
        f"programme.yml: {what}. Nothing was published. Correct it and run again."
    )
