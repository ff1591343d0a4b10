"""What the board was told before: the headline figures of each release, beside what they are now.

Each release keeps its headline figures as they stood in the board's file, hidden ones as hidden. The next
ones show them beside what the same period's figure is then, so that a revised figure is seen to be
revised. What is hidden now, or was then, or is no longer there, is shown in neither column.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse.disclosure import board
from warehouse.disclosure.releases import Release
from warehouse.ingest.judging import literal

TABLE = "marts.headline_shown"
# As many releases as an attacker is taken to have kept.
RELEASES_SHOWN = 12
# Figures are sums of binary fractions: what differs by less is the same figure.
SAME = 1e-9

_COMMENTS = {
    "": "One row per release, headline figure and period: the figure as the board was shown it then, "
    "and what it is in this release. The last twelve releases.",
    "release_number": "Number of the release of people figures, from 1.",
    "released_as_of": "The newest staff snapshot when it was released, which gives its month.",
    "series": "The table that the figure stands in.",
    "metric": "The column of that table; marts.metrics says what it means.",
    "detail": "Of a survey: questionnaire and scale. Empty for all others.",
    "scope_type": "Always service: no smaller part has headline figures.",
    "scope_name": "Always all.",
    "period": "The period of the figure, the newest of its kind in that release: a day, or a year.",
    "value_shown": "The figure as it was shown then.",
    "value_shown_symbol": "Why value_shown is null: c, hidden then or now so that nobody can be "
    "recognised; x, it was not available, or is no longer.",
    "value_now": "The figure of the same period in this release.",
    "value_now_symbol": "As value_shown_symbol.",
    "is_revised": "Whether the two differ. Null where they are not shown.",
}


@dataclass(frozen=True)
class Headline:
    """A figure of the board's first page. `period`: the column that dates it. `detail`: columns that
    tell several such figures of one period apart."""

    table: str
    metric: str
    period: str
    detail: tuple[str, ...] = ()


HEADLINES = (
    Headline("retention_monthly", "turnover_rate_12m", "month_end"),
    Headline("retention_monthly", "stability_index_12m", "month_end"),
    Headline("retention_monthly", "headcount", "month_end"),
    Headline("recruitment_monthly", "vacancy_rate", "month_end"),
    Headline("participation_quarterly", "coverage_84d", "quarter_end"),
    Headline("debrief_yearly", "offered", "year"),
    Headline("debrief_yearly", "held", "year"),
    Headline("wellbeing_wave", "mean_score", "wave_date", ("instrument", "subscale")),
)

Told = Mapping[str, Any]
_KEY = ("series", "metric", "detail", "scope_type", "scope_name", "period")
_FIGURES = ("value_shown", "value_shown_symbol", "value_now", "value_now_symbol", "is_revised")


def read(
    rows_of: Callable[[str], Iterable[Mapping[str, Any]]], tables: Collection[str]
) -> list[Told]:
    """Every headline figure of the service in a board's file that has just been written.

    rows_of: the rows of a table of schema marts. tables: those that are there. Gives `series`,
    `metric`, `detail`, scope, `period` (text), `value` and `symbol`, of every period.
    """
    found: list[Told] = []
    for table in dict.fromkeys(one.table for one in HEADLINES if one.table in tables):
        rows = [row for row in rows_of(table) if row["scope_type"] == "service"]
        for one in (each for each in HEADLINES if each.table == table):
            for row in rows:
                value = row[one.metric]
                symbol = row.get(f"{one.metric}_symbol") or board.NOT_AVAILABLE
                found.append(
                    {
                        "series": table,
                        "metric": one.metric,
                        "detail": " ".join(str(row[name]) for name in one.detail),
                        "scope_type": row["scope_type"],
                        "scope_name": row["scope_name"],
                        "period": str(row[one.period]),
                        "value": None if value is None else float(value),
                        "symbol": symbol if value is None else None,
                    }
                )
    return found


def newest(told: Iterable[Told]) -> tuple[Told, ...]:
    """Of each figure that of its newest period: what a release keeps."""
    last: dict[tuple[Any, ...], Told] = {}
    for row in told:
        name = tuple(row[part] for part in _KEY[:-1])
        if name not in last or last[name]["period"] < row["period"]:
            last[name] = row
    return tuple(last[name] for name in sorted(last))


def beside(released: Iterable[Release], told: Iterable[Told]) -> list[tuple[Any, ...]]:
    """The rows of TABLE: what releases showed, oldest first, beside what is told now."""
    now = {tuple(row[part] for part in _KEY): row for row in told}
    found = []
    for one in list(released)[-RELEASES_SHOWN:]:
        as_of = date.fromisoformat(one.as_of) if one.as_of else None
        for row in one.headlines:
            key = tuple(row[part] for part in _KEY)
            found.append((one.number, as_of, *key, *_figures(row, now.get(key))))
    return found


def _figures(then: Told, now: Told | None) -> tuple[Any, ...]:
    symbols = [then["symbol"], now["symbol"] if now else board.NOT_AVAILABLE]
    if any(symbols):
        why = board.HIDDEN if board.HIDDEN in symbols else board.NOT_AVAILABLE
        return (None, why, None, why, None)
    assert now is not None
    before, after = float(then["value"]), float(now["value"])
    return (before, None, after, None, abs(before - after) > SAME * max(1.0, abs(before)))


def write(connection: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write TABLE with its comments into the board's file."""
    connection.execute(
        f"create table {TABLE} (release_number integer, released_as_of date, series varchar, "
        "metric varchar, detail varchar, scope_type varchar, scope_name varchar, period varchar, "
        "value_shown double, value_shown_symbol varchar, value_now double, "
        "value_now_symbol varchar, is_revised boolean)"
    )
    held = list(rows)
    if held:
        marks = ", ".join("?" * (2 + len(_KEY) + len(_FIGURES)))
        connection.executemany(f"insert into {TABLE} values ({marks})", held)
    for name, comment in _COMMENTS.items():
        target = f"column {TABLE}.{name}" if name else f"table {TABLE}"
        connection.execute(f"comment on {target} is {literal(comment)}")
