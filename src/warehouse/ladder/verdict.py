"""What all findings come to together, by the rule that `programme.yml` states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse import impact
from warehouse.impact import Grade, Outcome
from warehouse.programme import Programme

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["verdict", "rule", "better", "worse", "no_sign_either_way", "not_counted"]


def verdict(
    its: pd.DataFrame, survival: pd.DataFrame, comparator: pd.DataFrame, programme: Programme
) -> pd.DataFrame:
    """One row: the verdict, its rule, and of how many findings it is made.

    Each frame has `is_main`, `outcome` and `grade`; only rows that were fixed beforehand as the main ones
    are looked at. better, worse, no_sign_either_way: main findings whose grade counts. not_counted: the
    others.
    """
    import pandas as pd

    found: list[tuple[Outcome, Grade]] = [
        (outcome, grade)
        for table in (its, survival, comparator)
        for outcome, grade, is_main in zip(
            table["outcome"], table["grade"], table["is_main"], strict=True
        )
        if is_main
    ]
    counted = [outcome for outcome, grade in found if grade in programme.counted_grades]
    return pd.DataFrame(
        {
            "verdict": [impact.verdict(found, counted_grades=programme.counted_grades)],
            "rule": [programme.rule],
            "better": [counted.count("better")],
            "worse": [counted.count("worse")],
            "no_sign_either_way": [counted.count("no sign either way")],
            "not_counted": [len(found) - len(counted)],
        }
    )
