"""When the people figures of the board's file change, and what every former release showed.

Once a month, five working days after a month's end by the data's own as-of date; when a steward says
so, with a reason; and where there is nothing to go on showing: the first time, for a source of which
nothing had come before, and where the file's tables are others than they were. On any other night the
figures of the last release stand: yesterday's beside today's would show a single late record.

``control/releases/`` keeps one JSON file a release: the figures of the judged tables as they were shown
(null where hidden), so that the attacker knows them, and its headline figures, so that the board sees what
it was told before (``headlines``). It holds nothing that the board was not shown.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from warehouse.disclosure.attacker import Earlier
from warehouse.files import write_text_atomically
from warehouse.settings import Settings

FOLDER = "releases"
WORKING_DAYS = 5
# What changes every night: nobody can be worked out of it.
ALWAYS_FRESH = frozenset(
    {
        "release_info",
        "load_summary",
        "dfe_benchmark",
        "benchmark_standing",
        "impact_comparator",
        "statistical_neighbours",
    }
)


@dataclass(frozen=True)
class Release:
    """One release of people figures.

    ``as_of``: the newest staff snapshot then. ``sources``: those of which rows had come. ``figures``:
    {table: rows as {column: value}} of the judged tables; ``last_months``: {table: the last month of
    its figures to date}. ``headlines``: the newest headline figures as they were shown, with `value` or
    `symbol`; none of a release that an earlier version of the warehouse has made. Dates as text, as JSON
    has them.
    """

    number: int
    version: str
    as_of: str
    reason: str
    sources: tuple[str, ...] = ()
    figures: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    last_months: Mapping[str, str] = field(default_factory=dict)
    headlines: tuple[Mapping[str, Any], ...] = ()

    def as_known(self, keys: Mapping[str, tuple[str, ...]]) -> Earlier:
        """What an attacker kept of it. keys: {table: what names a row of it}."""
        return Earlier(
            shown={
                table: {tuple(row.get(key) for key in keys[table]): row for row in rows}
                for table, rows in self.figures.items()
                if table in keys
            },
            last_months={table: date.fromisoformat(day) for table, day in self.last_months.items()},
        )


def released(settings: Settings) -> list[Release]:
    """All releases, oldest first."""
    found = []
    for path in sorted((settings.control / FOLDER).glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(facts.get(name, ())) for name in ("sources", "headlines")}
        found.append(Release(**{**facts, **lists}))
    return found


def note(settings: Settings, release: Release) -> None:
    """Keep a release."""
    write_text_atomically(
        settings.control / FOLDER / f"{release.number:06d}.json",
        json.dumps(asdict(release), sort_keys=True) + "\n",
    )


def why(
    settings: Settings,
    last: Release | None,
    *,
    as_of: date | None,
    sources: Iterable[str],
    asked: str | None,
) -> str | None:
    """Why people figures are released now, in a few words; None where the last ones stand.

    as_of: the newest staff snapshot. sources: those of which rows have come. asked: a steward's
    reason.
    """
    if asked:
        return asked
    if last is None:
        return "the first release"
    if new := sorted(set(sources) - set(last.sources)):
        return f"the first figures of {', '.join(new)}"
    then = date.fromisoformat(last.as_of)
    if as_of and as_of > then:
        due = [day for day in release_days(settings, then, as_of) if then < day <= as_of]
        if due:
            return f"the monthly release of {due[-1]:%B %Y}"
    return None


def release_days(settings: Settings, first: date, last: date) -> list[date]:
    """The fifth working day (Monday to Friday, no bank holiday) of every month from one day to another."""
    with (settings.dbt_project / "seeds" / "england_bank_holidays.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        holidays = {row["holiday"] for row in csv.DictReader(stream)}
    found = []
    month = first.replace(day=1)
    while month <= last:
        day, left = month, WORKING_DAYS
        while True:
            left -= day.weekday() < 5 and str(day) not in holidays
            if not left:
                break
            day += timedelta(days=1)
        found.append(day)
        month = (month + timedelta(days=31)).replace(day=1)
    return found
