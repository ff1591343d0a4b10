"""Questionnaires as their authors published them: items, answers, scores and cut-offs.

Each is described in ``expectations/instruments/<name>.yaml`` by item numbers alone, never by texts:

``items`` how many, numbered from 1. ``answers``: ``least``, ``most`` and ``step`` (1 where not said).
Of each subscale ``items``, ``reversed`` (items that count as least + most - answer), ``score``:
``sum``, times ``multiply_by`` where that is given; ``mean``; or ``conversion``, a table of the score
for each sum. ``bands``: ``low_up_to`` and ``high_from``, either, both or none; ``band_names`` in words.

A score is kept as whole ``points`` over a ``divisor``, so that sums of scores and of their squares
are exact, in whatever order they are added. dbt reads the same descriptions as seeds, which
``python -m warehouse.dbt_sources`` writes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from warehouse.errors import BadConfiguration

# libyaml is several times faster; without it the plain loader reads the same.
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CONVERSION_DIVISOR = 100
SCORES = ("sum", "mean", "conversion")


@dataclass(frozen=True)
class Subscale:
    """One score of a questionnaire.

    `conversion`: {sum of the answers: points}, empty without. `bands`: how many the published
    cut-offs make, 0, 2 or 3; `low_up_to` and `high_from` are their ends in points, 0 without any.
    """

    name: str
    label: str
    items: tuple[int, ...]
    reversed_items: frozenset[int]
    multiply_by: int
    divisor: int
    conversion: Mapping[int, int]
    bands: int
    low_up_to: int
    high_from: int

    def band(self, points: float) -> str | None:
        """`low`, `middle` or `high` by the published cut-offs; None where there is none."""
        if not self.bands:
            return None
        if points <= self.low_up_to:
            return "low"
        return "high" if points >= self.high_from else "middle"


@dataclass(frozen=True)
class Instrument:
    """One questionnaire. `least`, `most`, `step`: which answers there are."""

    name: str
    label: str
    items: int
    least: int
    most: int
    step: int
    subscales: tuple[Subscale, ...]
    source: str
    licence: str

    @cached_property
    def answers(self) -> frozenset[int]:
        """Every answer that an item can have."""
        return frozenset(range(self.least, self.most + 1, self.step))


def load(folder: Path) -> dict[str, Instrument]:
    """{name: questionnaire} of every description in a folder, by name.

    Raises BadConfiguration for one that cannot be scored.
    """
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        said = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML_LOADER)  # noqa: S506 - safe
        try:
            found[path.stem] = described(said)
        except (KeyError, TypeError, ValueError) as error:
            raise BadConfiguration(
                f"expectations/instruments/{path.name} cannot be used: {error}. "
                "Compare it with the others in that folder."
            ) from error
        if found[path.stem].name != path.stem:
            raise BadConfiguration(
                f"expectations/instruments/{path.name} has another name inside. "
                "Name the file as the questionnaire."
            )
    return found


def described(said: Mapping[str, Any]) -> Instrument:
    """The questionnaire that a description's YAML says.

    Raises KeyError for a part that is missing and ValueError for one that contradicts another.
    """
    answers = said["answers"]
    least, most, step = int(answers["least"]), int(answers["most"]), int(answers.get("step", 1))
    if step < 1 or most <= least or (most - least) % step:
        raise ValueError("answers must go up from least to most in whole steps")
    return Instrument(
        name=str(said["name"]),
        label=str(said["label"]),
        items=int(said["items"]),
        least=least,
        most=most,
        step=step,
        subscales=tuple(
            _subscale(each, int(said["items"]), (least, most, step)) for each in said["subscales"]
        ),
        source=str(said["source"]),
        licence=str(said["licence"]),
    )


def _subscale(said: Mapping[str, Any], items: int, answers: tuple[int, int, int]) -> Subscale:
    name, kind = str(said["name"]), said["score"]
    own = tuple(said["items"])
    backwards = frozenset(said.get("reversed", ()))
    if kind not in SCORES:
        raise ValueError(f"score of {name} must be one of {', '.join(SCORES)}")
    if not own or len(set(own)) < len(own) or not set(own) <= set(range(1, items + 1)):
        raise ValueError(f"items of {name} must be different numbers from 1 to {items}")
    if not backwards <= set(own):
        raise ValueError(f"reversed items of {name} must be among its items")
    conversion = {}
    if kind == "conversion":
        conversion = {
            int(total): round(float(score) * CONVERSION_DIVISOR)
            for total, score in said["conversion"].items()
        }
        least, most, step = answers
        if sorted(conversion) != list(range(least * len(own), most * len(own) + 1, step)):
            raise ValueError(f"conversion of {name} must have every possible sum of its answers")
    divisor = {"sum": 1, "mean": len(own), "conversion": CONVERSION_DIVISOR}[kind]
    bands, low_up_to, high_from = _bands(name, said.get("bands") or {}, divisor)
    return Subscale(
        name=name,
        label=str(said["label"]),
        items=own,
        reversed_items=backwards,
        multiply_by=int(said.get("multiply_by", 1)),
        divisor=divisor,
        conversion=conversion,
        bands=bands,
        low_up_to=low_up_to,
        high_from=high_from,
    )


def _bands(name: str, said: Mapping[str, Any], divisor: int) -> tuple[int, int, int]:
    """How many bands there are, and in whole points where the low one ends and the high one begins."""
    if not said:
        return 0, 0, 0
    if not set(said) <= {"low_up_to", "high_from"}:
        raise ValueError(f"bands of {name} are low_up_to and high_from")
    ends = {end: Fraction(str(score)) * divisor for end, score in said.items()}
    # Of one cut-off the other band takes all the rest, from the next whole point on.
    if "low_up_to" in ends:
        low = math.floor(ends["low_up_to"])
        high = math.ceil(ends.get("high_from", Fraction(low + 1)))
    else:
        high = math.ceil(ends["high_from"])
        low = high - 1
    if high <= low:
        raise ValueError(f"bands of {name} overlap")
    return len(said) + 1, low, high


def seeds(found: Mapping[str, Instrument]) -> dict[str, str]:
    """{name of the seed: its text} of what dbt needs to score the questionnaires."""
    items = [
        "instrument,subscale,item,sign,reversed_from,multiply_by,divisor,is_converted,bands,"
        "low_up_to,high_from"
    ]
    conversions = ["instrument,subscale,answer_sum,points"]
    for instrument in found.values():
        for subscale in instrument.subscales:
            scoring = (
                f"{subscale.multiply_by},{subscale.divisor},"
                f"{'true' if subscale.conversion else 'false'},"
                f"{subscale.bands},{subscale.low_up_to},{subscale.high_from}"
            )
            for item in subscale.items:
                ends = instrument.least + instrument.most
                own = f"-1,{ends}" if item in subscale.reversed_items else "1,0"
                items.append(f"{instrument.name},{subscale.name},q{item},{own},{scoring}")
            conversions += [
                f"{instrument.name},{subscale.name},{total},{points}"
                for total, points in subscale.conversion.items()
            ]
    return {
        name: "\n".join(lines) + "\n"
        for name, lines in (("instrument_items", items), ("instrument_conversions", conversions))
    }
