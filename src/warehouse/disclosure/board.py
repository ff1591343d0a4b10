"""Which tables, rows and columns of ``marts`` the board's file holds.

The board's file has no team, no role and no person in it. At service scope, the headcount, the
starters, the leavers and their twelve-month figures are published as they are: that a colleague
came or left is known to all, and the Department for Education publishes ones and twos. What says
more than that (why people left, how soon) is hidden in the monthly table. See docs/decisions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

HIDDEN = "c"


@dataclass(frozen=True)
class Release:
    """How one mart is released: which rows, and which columns are hidden in every row."""

    rows: str = "true"
    hidden: tuple[str, ...] = ()


# A mart that is not named here is not in the board's file.
RELEASES: Mapping[str, Release] = {
    "retention_monthly": Release(
        rows="scope_type = 'service'",
        hidden=("voluntary_leavers", "retirements", "transfers", "early_leavers_12m"),
    ),
    "retention_yearly_dfe": Release(),
    "dfe_benchmark": Release(),
    "statistical_neighbours": Release(),
    "release_info": Release(),
    "load_summary": Release(),
}
SYMBOL_COMMENT = (
    "Why the value beside it is null: c, hidden so that nobody can be recognised; "
    "null where it is shown."
)


def select(mart: str, columns: Mapping[str, str], relation: str) -> str:
    """The query that gives a mart's rows as the board may see them.

    columns: {name: DuckDB type} of the mart, in order. A hidden column is null in every row, and
    its symbol stands beside it.
    """
    release = RELEASES[mart]
    shown = []
    for name, kind in columns.items():
        if name in release.hidden:
            shown += [f"null::{kind} as {name}", f"'{HIDDEN}' as {name}_symbol"]
        else:
            shown.append(name)
    return f"select {', '.join(shown)} from {relation} where {release.rows}"
