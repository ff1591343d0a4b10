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
    """One score of a questionnaire. `cut_off`: a score up to and with it is low."""

    label: str
    lowest: float | None = None
    highest: float | None = None
    cut_off: float | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        """The least and the greatest possible score."""
        if self.lowest is None or self.highest is None:
            return None
        return self.lowest, self.highest


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
    items, times = len(subscale["items"]), float(subscale.get("multiply_by", 1))
    low = (subscale.get("bands") or {}).get("low_up_to")
    return Scale(
        label=str(said["label"]),
        lowest=items * times * float(said["answers"]["least"]),
        highest=items * times * float(said["answers"]["most"]),
        cut_off=None if low is None else float(low),
    )
