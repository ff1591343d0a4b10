"""What a check found, and which landed files are likely behind it.

A check knows a mart; a person can only mend a file. dbt knows which sources a mart is made from
(its child writes that down at the end of each run), and the manifest knows which file of them
speaks for which day and came last. None of what is said here holds a value of any row.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from warehouse import dbt_process
from warehouse.lake import Arrival, Standing
from warehouse.settings import Settings

LEVELS = ("block", "warn", "inform")
# More names than a person would open one after the other say no more than these do.
MOST_FILES = 4
MOST_MONTHS = 3


@dataclass(frozen=True)
class Finding:
    """A rule that was not met: where, how grave, in how many rows, and what likely caused it.

    ``rows`` is None where the rule could not be judged at all. ``says``: all of it in words, but the
    files. ``likely_files`` are paths as seen from the home, what is new first; ``kept_files`` the
    same by the days they speak for, whenever they came. ``of_the_run``: it is about the files that
    were news that night, or about the version before, so no version keeps it: a version is a
    function of what landed, in whatever order and however often.
    """

    suite: str
    mart: str
    rule: str
    level: str
    rows: int | None
    says: str
    likely_files: tuple[str, ...] = ()
    kept_files: tuple[str, ...] = ()
    of_the_run: bool = False

    @property
    def message(self) -> str:
        """What a person is told."""
        return self.says + cause(self.likely_files)


@dataclass(frozen=True)
class Before:
    """What was known before a build began, handed in by who knows it: no check reads what is published.

    ``new``: the files that no published version has taken into account yet. ``headcounts``: month end
    and headcount of the whole service in the version that readers see.
    """

    new: tuple[Arrival, ...] = ()
    headcounts: tuple[tuple[date, int], ...] = ()

    @property
    def new_ids(self) -> frozenset[tuple[str, str, str]]:
        """The ids of the new files."""
        return frozenset(one.file_id for one in self.new)


def cause(likely_files: Sequence[str]) -> str:
    """The end of a sentence that names files; nothing where there are none."""
    return f" Likely cause: {', '.join(likely_files)}." if likely_files else ""


def in_words(mart: str, rule: str, says: str, rows: int | None, months: Iterable[date] = ()) -> str:
    """The one form in which every check speaks: mart, rule, meaning, rows and months.

    ``says``: what is wrong and what to do, a sentence that ends in a full stop.
    """
    spans = sorted({f"{month:%Y-%m}" for month in months})
    counted = "could not be judged" if rows is None else f"{rows} row{'' if rows == 1 else 's'}"
    when = f", {spans[0]}" if spans else ""
    if len(spans) > 1:
        when += f" to {spans[-1]}"
    return f"{mart}, rule {rule}: {says.rstrip('.')} ({counted}{when})."


class Lineage:
    """Which lake sources each dbt node is made from, directly or by others.

    ``parents``: {unique id: unique ids of what it reads}, as dbt's child writes it.
    """

    def __init__(self, parents: Mapping[str, Sequence[str]]) -> None:
        self._parents = parents
        self._ids = {one.split(".")[2]: one for one in parents}

    def sources(self, name: str) -> tuple[str, ...]:
        """The sources behind a model, seed or test of this name, nearest first; empty if unknown."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        level = [self._ids[name]] if name in self._ids else []
        while level:
            seen.update(level)
            above = [one for node in level for one in self._parents.get(node, ())]
            for one in above:
                kind, _, *rest = one.split(".")
                if kind == "source" and rest[0] == "lake":
                    found.setdefault(rest[-1])
            level = list(dict.fromkeys(one for one in above if one not in seen))
        return tuple(found)

    def tested(self, test: str) -> str:
        """The model that a dbt test looks at; the test's own name where there is none."""
        models = [one for one in self._parents.get(self._ids.get(test, ""), ()) if "model." in one]
        return models[0].split(".")[2] if models else test


def read_lineage(settings: Settings) -> Lineage:
    """What dbt's child wrote at the end of its last run; empty where it came to no end."""
    try:
        written = dbt_process.lineage_path(settings).read_text(encoding="utf-8")
        return Lineage(json.loads(written))
    except (OSError, ValueError):
        return Lineage({})


def likely_files(
    manifest: Iterable[Standing],
    sources: Sequence[str],
    months: Iterable[date] = (),
    new: Collection[tuple[str, str, str]] = (),
) -> tuple[str, ...]:
    """The files behind a finding, likeliest first, as ``landing/<source>/<file>``; at most four.

    Of each source the file that speaks for a failing month (of several months the newest three),
    the one that speaks for the latest day, and of ``new`` the latest. What is new comes first, since
    what was known before passed. ``sources``: nearest first. Closed months never landed, so no file
    of them is named.
    """
    standing = [row.arrival for row in manifest if row.stands and row.arrival.as_of]
    newest_months = list(islice(sorted(set(months), reverse=True), MOST_MONTHS))
    found: list[tuple[bool, bool, Arrival]] = []
    for source in sources:
        files = [one for one in standing if one.source == source and source != "closed_months"]
        by_month = [
            [one for one in files if f"{one.as_of:%Y-%m}" == f"{month:%Y-%m}"]
            for month in newest_months
        ]
        of_months = [max(some, key=_latest) for some in by_month if some]
        # A late file for an old month is news, though it speaks for no late day.
        fresh = [one for one in files if one.file_id in new]
        latest = [max(some, key=_latest) for some in (files, fresh) if some]
        found += [(one.file_id in new, True, one) for one in of_months]
        found += [(one.file_id in new, False, one) for one in latest]
    ranked = sorted(found, key=lambda one: one[:2], reverse=True)
    names = dict.fromkeys(f"landing/{one.source}/{one.file_name}" for *_, one in ranked)
    return tuple(islice(names, MOST_FILES))


def _latest(arrival: Arrival) -> tuple[str, int, str]:
    return (str(arrival.as_of), arrival.revision, arrival.file_name)
