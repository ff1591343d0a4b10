"""The questionnaires as their authors published them: name, scale and cut-offs.

Read from the project's own descriptions, by which the warehouse scores the answers too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "expectations" / "instruments"


@dataclass(frozen=True)
class Scale:
    """One score of a questionnaire, as its authors publish it.

    `low_up_to` and `high_from`: the ends of the low and of the high band, where there are any.
    `bands`: {`low`, `middle`, `high`: what the authors call it}. `terms`: source and licence.
    """

    label: str
    lowest: float | None = None
    highest: float | None = None
    low_up_to: float | None = None
    high_from: float | None = None
    bands: tuple[tuple[str, str], ...] = ()
    terms: str = ""

    @property
    def ends(self) -> tuple[float, float] | None:
        """The least and the greatest possible score."""
        if self.lowest is None or self.highest is None:
            return None
        return self.lowest, self.highest

    @property
    def cut_offs(self) -> tuple[float, ...]:
        """The published cut-offs, upwards."""
        return tuple(end for end in (self.low_up_to, self.high_from) if end is not None)

    @property
    def named_bands(self) -> tuple[tuple[str, str], ...]:
        """(column of the share, its band in words with its scores), from low to high."""
        low, high = self.low_up_to, self.high_from
        scores = {
            "low": f"{low:g} or less" if low is not None else f"under {high or 0:g}",
            "middle": f"over {low or 0:g} and under {high or 0:g}",
            "high": f"{high:g} or more" if high is not None else f"over {low or 0:g}",
        }
        return tuple((f"share_{band}", f"{scores[band]} ({name})") for band, name in self.bands)


@lru_cache(maxsize=32)
def scale(instrument: str, subscale: str, folder: Path = FOLDER) -> Scale:
    """The scale of that score; one that no description knows keeps its own name and no more."""
    for file in sorted(folder.glob("*.yaml")):
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        if said["name"] == instrument:
            for each in said["subscales"]:
                if each["name"] == subscale:
                    return _scale(said, each)
    return Scale(f"{instrument} ({subscale})")


def _scale(said: dict[str, Any], subscale: dict[str, Any]) -> Scale:
    items, answers = len(subscale["items"]), said["answers"]
    # A mean of answers and a conversion keep to the ends of one answer, and of their sum.
    times = 1 if subscale["score"] == "mean" else items * float(subscale.get("multiply_by", 1))
    bands = subscale.get("bands") or {}
    label = str(said["label"])
    return Scale(
        label=label if len(said["subscales"]) == 1 else f"{label}: {subscale['label']}",
        lowest=times * float(answers["least"]),
        highest=times * float(answers["most"]),
        low_up_to=_number(bands.get("low_up_to")),
        high_from=_number(bands.get("high_from")),
        bands=tuple((subscale.get("band_names") or {}).items()),
        terms=f"{said['source']}. {said['licence']}",
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def first_measured(waves: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """(name, waves) of the score that the first wave of all gave; "Wellbeing" where there was none."""
    if not waves:
        return "Wellbeing", []
    first = (waves[0]["instrument"], waves[0]["subscale"])
    return scale(*first).label, [
        row for row in waves if (row["instrument"], row["subscale"]) == first
    ]
