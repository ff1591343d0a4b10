"""Write the board's file: today's people figures, judged and attacked, or those of the last release.

Whatever is hidden is hidden here, before the file is closed: first by the rules of ``board``, then what
would be one of only two unknown parts, then what the attacker would find, at the least loss. What is
left is attacked once more, and a count that could still be worked out stops the night.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from warehouse.disclosure import attacker, board, headlines, releases
from warehouse.disclosure.attacker import Attack, Interval, Key, Sheet
from warehouse.errors import GateFailed
from warehouse.ingest.judging import literal
from warehouse.lake import Standing
from warehouse.settings import Settings

REPORT = "marts.disclosure_report"
GATES = "marts.gate_summary"
QUARTER = 3
# Each round hides what the one before left open; hiding more never opens anything.
_MOST_ROUNDS = 5

# The Department's figures, and what a purge writes of months that were known before.
_OF_NOBODY_NEW = {"dfe_workforce", "closed_months"}

_REPORT_COMMENTS = {
    "": "One row per table of people figures in the board's file: what is hidden in it, and what an "
    "attacker who knows all releases and rules could find out.",
    "table_name": "The table of schema marts.",
    "released_as_of": "The newest staff snapshot when its figures were released.",
    "reason": "Why they were released then.",
    "figures_to": "For figures to date: the last month in them. Null elsewhere.",
    "cells_shown": "Values shown in columns of which values can be hidden.",
    "cells_hidden": "Values hidden there (symbol c).",
    "cells_tried": "Hidden counts that were attacked, months among them that stand in no table of their own.",
    "narrowest_interval": "The least difference between the largest and the smallest possible value of "
    "an attacked count; null where none was attacked. Without parts of a shown total under 4, which says "
    "itself how far apart they can be.",
}

_GATES_COMMENTS = {
    "": "One row a level of gates that do not stop a version: how many rules this one does not meet. What "
    "blocks is never published.",
    "level": "warn: the night said so; inform: kept with the version. docs/gates.md lists the rules.",
    "rules_not_met": "Rules that this version does not meet, each once a table; 0 where it meets all.",
}

Further = dict[str, dict[str, set[Key]]]


class Copying(Protocol):
    """What writes tables of an attached database ``build`` into the file that is made."""

    @property
    def connection(self) -> Any:
        """The connection to the file that is made."""

    def columns(self, relation: str) -> dict[str, str]:
        """{name: type} of ``schema.table`` of the attached database, in order."""

    def table(
        self,
        relation: str,
        target: str,
        query: str | None = None,
        comments: Mapping[str, str] | None = None,
    ) -> None:
        """Copy a relation of the attached database."""


@dataclass(frozen=True)
class Plan:
    """Which people figures a version shows.

    ``reason``: why they are released now; None where the last release stands, whose tables are in
    ``standing``. ``earlier``: all releases before. ``as_of`` and ``sources`` are today's. ``is_lost``:
    no kept version holds the tables of the last release, which would otherwise stand.
    """

    reason: str | None = "a version that is not published"
    as_of: date | None = None
    sources: tuple[str, ...] = ()
    earlier: tuple[releases.Release, ...] = ()
    standing: Path | None = None
    is_lost: bool = False

    @property
    def number(self) -> int:
        """The number of the release whose figures the version shows."""
        last = self.earlier[-1].number if self.earlier else 0
        return last + 1 if self.reason else last


def plan(
    settings: Settings,
    manifest: Iterable[Standing],
    asked: str | None,
    board_file_of: Callable[[int], Path | None],
) -> Plan:
    """What a version of these files would show. asked: a steward's reason to release.

    board_file_of: where a board file with the figures of a release of that number is, if anywhere.
    """
    standing = [row.arrival for row in manifest if row.stands and row.arrival.rows_loaded]
    sources = {one.source for one in standing} - _OF_NOBODY_NEW
    as_of = max((one.as_of for one in standing if one.source == "hr_staff" and one.as_of),
                default=None)  # fmt: skip
    earlier = tuple(releases.released(settings))
    last = earlier[-1] if earlier else None
    file = board_file_of(last.number) if last else None
    reason = releases.why(settings, last, as_of=as_of, sources=sources, asked=asked)
    if reason is None and file is None:
        reason = "the tables of the last release were gone"
        return Plan(reason, as_of, tuple(sorted(sources)), earlier, is_lost=True)
    return Plan(reason, as_of, tuple(sorted(sources)), earlier, None if reason else file)


def of_todays_shape(wanted: Plan, columns_of: Callable[[str], Mapping[str, str]]) -> Plan:
    """The plan, or one that releases, where the last release's tables are others than today's.

    columns_of: the columns of a relation of the build file, in order.
    """
    if wanted.standing is None:
        return wanted
    import duckdb

    expected = {
        (table, name)
        for table, release in board.RELEASES.items()
        if table not in releases.ALWAYS_FRESH
        for name in (*(release.columns or columns_of(release.source)),
                     *(f"{column}_symbol" for column in release.symbolled))
    }  # fmt: skip
    with duckdb.connect(str(wanted.standing), read_only=True) as connection:
        found = set(
            connection.execute(
                "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
            ).fetchall()
        )
    there = {(table, name) for table, name in found if table in {one for one, _ in expected}}
    made_here = {("disclosure_report", "table_name"), ("headline_shown", "release_number")}
    if there == expected and made_here <= found:
        return wanted
    return replace(wanted, reason="the tables of the board's file are others now", standing=None)


def write_standing(copy: Copying) -> None:
    """Copy the people figures of a former board file, which is attached, as they are."""
    for table in board.RELEASES:
        if table not in releases.ALWAYS_FRESH:
            copy.table(f"marts.{table}", f"marts.{table}")
    copy.table(REPORT, REPORT)
    copy.table(headlines.TABLE, headlines.TABLE)


def write_fresh(copy: Copying) -> None:
    """Copy what changes every night and of which nobody can be worked out."""
    for table in board.RELEASES:
        if table in releases.ALWAYS_FRESH:
            _write(copy, table, {})
    copy.connection.execute(
        f"create table {GATES} as select level, cast(count(rule) as integer) as rules_not_met "
        "from (values ('inform'), ('warn')) as levels (level) "
        "left join build.ops.gate_findings using (level) group by level order by level"
    )
    _comment(copy, GATES, _GATES_COMMENTS)


def write_people(
    copy: Copying, wanted: Plan, version: str, rules: Mapping[str, board.Release] = board.RELEASES
) -> releases.Release:
    """``write_released``; where tables were lost, of the last release again if today's files give it.

    So a home that was restored from its lake, or whose published files were removed, shows what it did.
    """
    if wanted.is_lost:
        last = wanted.earlier[-1]
        again = replace(
            wanted,
            reason=last.reason,
            as_of=date.fromisoformat(last.as_of) if last.as_of else None,
            earlier=wanted.earlier[:-1],
        )
        released = write_released(copy, again, version, rules)
        same_headlines = not last.headlines or released.headlines == last.headlines
        if (
            same_headlines
            and released.figures == last.figures
            and released.last_months == last.last_months
        ):
            return replace(released, number=last.number)
        for table in (
            *(f"marts.{one}" for one in rules if one not in releases.ALWAYS_FRESH),
            REPORT,
            headlines.TABLE,
        ):
            copy.connection.execute(f"drop table {table}")
    return write_released(copy, wanted, version, rules)


def write_released(
    copy: Copying, wanted: Plan, version: str, rules: Mapping[str, board.Release] = board.RELEASES
) -> releases.Release:
    """Write today's people figures, hide, attack, and report. rules: how each table is made.

    Returns the release, to be kept once the version is in its place. Raises GateFailed where a hidden
    count could still be worked out.
    """
    tables = [table for table in rules if table not in releases.ALWAYS_FRESH]
    keys = {table: rules[table].keys for table in tables if _is_judged(rules[table])}
    earlier = [one.as_known(keys) for one in wanted.earlier][-attacker.RELEASES_KNOWN :]
    further: Further = {}
    for table in tables:
        _write(copy, table, {}, rules)
    sheets = {table: _sheet(copy, table, rules[table]) for table in keys}
    standing = _that_stand(copy, sheets, wanted)
    judged = {table: sheet for table, sheet in sheets.items() if table not in standing}
    chosen = _grown_by_little(judged, earlier)
    found: list[Interval] = []
    for _ in range(_MOST_ROUNDS):
        while chosen := [*chosen, *attacker.only_two_unknown(judged)]:
            for table in _add(further, chosen):
                _write(copy, table, further[table], rules)
                judged[table] = _sheet(copy, table, rules[table])
            chosen = []
        found, chosen = _attacked(judged, earlier)
        if not chosen:
            break
    narrow = [one for one in found if one.is_too_narrow]
    if narrow:
        raise GateFailed(_in_words(narrow, len(earlier)))
    last_months = {table: sheet.last_month for table, sheet in sheets.items() if sheet.last_month}
    for table in standing:
        last_months[table] = date.fromisoformat(wanted.earlier[-1].last_months[table])
    _report(copy, tables, wanted, found, last_months, rules)
    told = headlines.read(lambda table: _rows(copy, f"marts.{table}"), tables)
    released = releases.Release(
        number=wanted.number,
        version=version,
        as_of=str(wanted.as_of) if wanted.as_of else "",
        reason=wanted.reason or "",
        sources=wanted.sources,
        figures={table: _as_json(_rows(copy, f"marts.{table}")) for table in keys},
        last_months={
            table: str(day) for table, day in last_months.items() if "period" in keys[table]
        },
        headlines=headlines.newest(told),
    )
    headlines.write(copy.connection, headlines.beside((*wanted.earlier, released), told))
    return released


def _is_judged(release: board.Release) -> bool:
    return bool(release.keys and release.counts)


def _write(
    copy: Copying,
    table: str,
    further: Mapping[str, Iterable[Key]],
    rules: Mapping[str, board.Release] = board.RELEASES,
) -> None:
    release = rules[table]
    hidden = {
        column: " or ".join(
            "(" + " and ".join(
                f"{name} is not distinct from {value if isinstance(value, int) else literal(value)}"
                for name, value in zip(release.keys, key, strict=True)
            ) + ")"
            for key in sorted(rows, key=str)
        )
        for column, rows in further.items()
    }  # fmt: skip
    extra = {f"{name}_symbol": board.SYMBOL_COMMENT for name in release.symbolled}
    query = board.select(release, copy.columns(release.source), "build", hidden)
    copy.connection.execute(f"drop table if exists marts.{table}")
    copy.table(release.source, f"marts.{table}", query, extra)


def _rows(copy: Copying, relation: str, where: str = "true") -> list[dict[str, Any]]:
    cursor = copy.connection.execute(f"select * from {relation} where {where}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _sheet(copy: Copying, table: str, release: board.Release) -> Sheet:
    def keyed(rows: list[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
        return {tuple(row[key] for key in release.keys): row for row in rows}

    months: dict[date, dict[str, Any]] = {}
    if release.months:
        rows = _rows(copy, f"build.{release.months}", "scope_type = 'service'")
        months = {row["month_end"]: row for row in rows}
    return Sheet(
        release=release,
        truth=keyed(_rows(copy, f"build.{release.source}", release.rows)),
        shown=keyed(_rows(copy, f"marts.{table}")),
        months=months,
        last_month=max(months, default=None),
    )


def _that_stand(copy: Copying, sheets: Mapping[str, Sheet], wanted: Plan) -> list[str]:
    """The tables to date that show what the last release did, which are put back in their place.

    What is to date less what it was is what came in between. So it moves at the end of a quarter, after
    three months at least, and when each count that leads it has grown by more than a small number.
    """
    if not wanted.earlier:
        return []
    last = wanted.earlier[-1]
    found = []
    for table, sheet in sheets.items():
        rows = last.figures.get(table)
        if not rows or table not in last.last_months or not sheet.release.moves_with:
            continue
        key = tuple(rows[0][name] for name in sheet.release.keys)
        grown = [
            abs(float(sheet.truth[key][column] or 0) - float(rows[0][column])) > board.LARGEST_SMALL
            for column in sheet.release.moves_with
            if rows[0].get(column) is not None and key in sheet.truth
        ]
        if all(grown) and _is_time(date.fromisoformat(last.last_months[table]), sheet.last_month):
            continue
        found.append(table)
        names = list(rows[0])
        copy.connection.execute(f"delete from marts.{table}")
        copy.connection.executemany(
            f"insert into marts.{table} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
            [[row[name] for name in names] for row in rows],
        )
    return found


def _is_time(then: date, now: date | None) -> bool:
    """Whether figures to date may move from one last month to another."""
    if now is None or now == then:
        return now == then
    between = (now.year - then.year) * 12 + now.month - then.month
    return now.month % QUARTER == 0 and between >= QUARTER


def _grown_by_little(
    sheets: Mapping[str, Sheet], earlier: Iterable[attacker.Earlier]
) -> list[tuple[str, Key, str]]:
    """Counts to date that are less than eight away from what a former release showed of other months."""
    known = list(earlier)
    return [
        (table, key, column)
        for table, sheet in sheets.items()
        if sheet.release.moves_with
        for key, truth in sheet.truth.items()
        for column in sheet.release.counts
        if any(
            release.last_months.get(table) not in (None, sheet.last_month)
            and (was := release.shown.get(table, {}).get(key, {}).get(column)) is not None
            and abs(float(truth[column] or 0) - float(was)) <= board.LARGEST_SMALL
            for release in known
        )
    ]


def _attacked(
    sheets: Mapping[str, Sheet], earlier: list[attacker.Earlier]
) -> tuple[list[Interval], list[tuple[str, Key, str]]]:
    """What an attacker finds, and what is to be hidden further because of it."""
    try:
        attack = Attack(sheets, earlier)
        found = attack.intervals()
    except attacker.TooMuchHangsTogether:
        raise GateFailed(
            f"More than {attacker.MOST_HIDDEN} hidden cells of the board's file hang together, which is "
            "too much to prove that none can be worked out. Nothing was published and the last good "
            "version stands. Cut the table: fewer areas in programme.yml, or longer periods."
        ) from None
    narrow = [one for one in found if one.is_too_narrow]
    return found, attack.to_hide(narrow) if narrow else []


def _add(further: Further, chosen: Iterable[tuple[str, Key, str]]) -> set[str]:
    """Add cells to those that are hidden further; returns their tables."""
    tables = set()
    for table, key, column in chosen:
        further.setdefault(table, {}).setdefault(column, set()).add(key)
        tables.add(table)
    return tables


def _in_words(narrow: list[Interval], releases_known: int) -> str:
    worst = min(narrow, key=lambda one: (one.width - one.need, one.table, one.period))
    others = f" and {len(narrow) - 1} more" if len(narrow) > 1 else ""
    known = f", the last {releases_known} releases" if releases_known else ""
    return (
        f"marts.{worst.table}, {worst.period}, {worst.scope}: the hidden {worst.column}{others} could be "
        f"worked out by somebody who knows the board's file{known} and every rule. Nothing was "
        "published and the last good version stands. Hide more of that table in disclosure/board.py, "
        "or give it for a longer period."
    )


def _as_json(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: value if value is None or isinstance(value, (str, int)) else float(value)
            for name, value in row.items()
        }
        for row in rows
    ]


def _report(
    copy: Copying,
    tables: Iterable[str],
    wanted: Plan,
    found: list[Interval],
    last_months: Mapping[str, date],
    rules: Mapping[str, board.Release],
) -> None:
    lines = []
    for table in tables:
        tried = [one for one in found if one.table == table]
        widths = [one.width for one in tried if one.need == attacker.NARROWEST]
        symbols = [f"{name}_symbol" for name in rules[table].symbolled]
        rows = _rows(copy, f"marts.{table}") if symbols else []
        marks = [row[symbol] for row in rows for symbol in symbols]
        to_date = "period" in rules[table].keys
        lines.append(
            (
                table, wanted.as_of, wanted.reason, last_months.get(table) if to_date else None,
                marks.count(None), marks.count(board.HIDDEN), len(tried),
                min(widths, default=None),
            )
        )  # fmt: skip
    connection = copy.connection
    connection.execute(
        f"create table {REPORT} (table_name varchar, released_as_of date, reason varchar, "
        "figures_to date, cells_shown integer, cells_hidden integer, cells_tried integer, "
        "narrowest_interval double)"
    )
    connection.executemany(f"insert into {REPORT} values (?, ?, ?, ?, ?, ?, ?, ?)", sorted(lines))
    _comment(copy, REPORT, _REPORT_COMMENTS)


def _comment(copy: Copying, table: str, comments: Mapping[str, str]) -> None:
    """Say what a table and its columns are; the table's own comment stands under no name."""
    for name, comment in comments.items():
        target = f"column {table}.{name}" if name else f"table {table}"
        copy.connection.execute(f"comment on {target} is {literal(comment)}")
