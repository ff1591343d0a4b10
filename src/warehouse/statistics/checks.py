"""How a check of an assumption is written down, and what all intervals and powers here are of.

Apart from the frames, so that whoever only hands figures on imports neither numpy nor pandas.
"""

from __future__ import annotations

from typing import Any

# A check of an assumption: `passed` (None where the data cannot say), `sentence`, and its figures.
Check = dict[str, Any]

# The 97.5 % point of the normal distribution: all intervals here are 95 %.
Z95 = 1.959964
# 80 % power at a two-sided 5 % (1.96 + 0.84): what an estimate with this error would have shown.
POWER_FACTOR = 2.8


def check(passed: bool | None, sentence: str, **figures: float | int | str | None) -> Check:
    """One assumption and whether it is seen to hold, for `.attrs["checks"]`.

    passed: None where the data cannot say. figures: what the sentence rests on.
    """
    return {"passed": None if passed is None else bool(passed), **figures, "sentence": sentence}
