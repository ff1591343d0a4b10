"""What all findings come to together, by the rule that `programme.yml` states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse import impact
from warehouse.impact import Grade, Outcome
from warehouse.programme import Programme

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "verdict", "rule", "better", "worse", "no_sign_either_way", "not_counted", "counted_findings",
    "better_not_counted", "worse_not_counted",
]  # fmt: skip


def verdict(
    its: pd.DataFrame, survival: pd.DataFrame, comparator: pd.DataFrame, programme: Programme
) -> pd.DataFrame:
    """One row: the verdict, its rule, and of how many findings it is made.

    Each frame has `is_main`, `outcome`, `grade` and `topic`; only rows that were fixed beforehand as the
    main ones are looked at. better, worse, no_sign_either_way: main findings whose grade counts.
    not_counted: the others, of which better_not_counted and worse_not_counted found something.
    counted_findings: what the first are of, by `; `, empty where there is none.
    """
    import pandas as pd

    names = ["outcome", "grade", "topic"]
    found: list[tuple[Outcome, Grade, str]] = [
        line
        for table in (its, survival, comparator)
        for line in table.loc[table["is_main"], names].itertuples(index=False, name=None)
    ]
    counted = [one for one in found if one[1] in programme.counted_grades]
    others = [outcome for outcome, grade, _ in found if grade not in programme.counted_grades]
    outcomes = [outcome for outcome, _, _ in counted]
    return pd.DataFrame(
        {
            "verdict": [
                impact.verdict([one[:2] for one in found], counted_grades=programme.counted_grades)
            ],
            "rule": [programme.rule],
            "better": [outcomes.count("better")],
            "worse": [outcomes.count("worse")],
            "no_sign_either_way": [outcomes.count("no sign either way")],
            "not_counted": [len(others)],
            "counted_findings": ["; ".join(topic for _, _, topic in counted)],
            "better_not_counted": [others.count("better")],
            "worse_not_counted": [others.count("worse")],
        }
    )
