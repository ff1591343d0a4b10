"""Every query of the dashboard. It reads the board's file and `last_night.json`, nothing else.

The board's file is found through the published link at every run of a page, and all that is
remembered is remembered under the *resolved* path, so a newly published version shows at the next
click and a page never mixes two versions. The file is opened read-only and locked down for each
query: DuckDB gives a second connection to one path the same instance, so none is kept open.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

STALE_AFTER_HOURS = 36.0

_LIMITS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": 2,
    "max_execution_time": 10_000,  # milliseconds
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": "",
}
_opening = threading.Lock()
_last_good: dict[str, FileKey] = {}


class BoardUnreadable(Exception):
    """The board's file can't be used. The message is a sentence for the board."""


@dataclass(frozen=True)
class FileKey:
    """One published file as it stood when it was opened: what answers are remembered under."""

    path: str
    inode: int
    changed_ns: int


@dataclass(frozen=True)
class Release:
    """What the file says of itself (`release_info`)."""

    version: str
    as_of: date | None
    built_at: datetime | None
    synthetic: bool


@dataclass(frozen=True)
class LastNight:
    """What the nightly job last said (`last_night.json`). Times carry their zone."""

    status: str
    last_good_at: datetime | None
    finished_at: datetime | None

    def hours_since_good(self, now: datetime) -> float | None:
        """Hours from the end of the last good night to `now`; None if there was none."""
        if self.last_good_at is None:
            return None
        return (now - self.last_good_at).total_seconds() / 3600

    def is_stale(self, now: datetime) -> bool:
        """Whether a night was missed: more than 36 hours (a setting) since a good one, or never one."""
        hours = self.hours_since_good(now)
        return hours is None or hours > _stale_after_hours()


def _stale_after_hours() -> float:
    """WAREHOUSE_STALE_AFTER_HOURS, as `warehouse status` reads it; 36 where it is no number."""
    try:
        hours = float(os.environ.get("WAREHOUSE_STALE_AFTER_HOURS") or STALE_AFTER_HOURS)
    except ValueError:
        return STALE_AFTER_HOURS
    return hours if 0 <= hours < math.inf else STALE_AFTER_HOURS


def home() -> Path:
    """The warehouse's home: WAREHOUSE_HOME, else `var` in the working directory."""
    return Path(os.environ.get("WAREHOUSE_HOME") or "var").absolute()


def connect(path: str) -> duckdb.DuckDBPyConnection:
    """Open one DuckDB file so that nothing else can be read, written or changed through it.

    Read-only alone is not enough: such a connection still reads other files and attaches other
    databases. The order matters, since the last two settings forbid what comes before them.
    """
    with _opening:
        connection = duckdb.connect(path, read_only=True, config=_LIMITS)
        locked = connection.execute("select current_setting('lock_configuration')").fetchone()
        if locked and not locked[0]:
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
    return connection


def _file_key(published: Path) -> FileKey:
    path = (published / "board.duckdb").resolve(strict=True)
    stat = path.stat()
    return FileKey(str(path), stat.st_ino, stat.st_mtime_ns)


@st.cache_data(max_entries=4, show_spinner=False)
def _verified(file: FileKey) -> tuple[Release, frozenset[str]]:
    """Read every value of the file once: a cut-off file fails on reading, not on opening.

    A hash needs the values themselves; a count is answered from the file's own notes.
    """
    with connect(file.path) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
            ).fetchall()
        ]
        for name in tables:
            connection.execute(f'select bit_xor(hash(columns(*))) from marts."{name}"').fetchall()
        row = connection.execute(
            "select version, latest_hr_staff_as_of, built_at, synthetic from marts.release_info"
        ).fetchone()
        # People figures stand for a month, while newer snapshots arrive.
        released = (
            connection.execute("select max(released_as_of) from marts.disclosure_report").fetchone()
            if "disclosure_report" in tables
            else None
        )
    if row is None:
        raise BoardUnreadable("The published file does not say which release it is.")
    as_of = released[0] if released and released[0] else row[1]
    return Release(str(row[0]), as_of, row[2], bool(row[3])), frozenset(tables)


@st.cache_data(max_entries=512, show_spinner=False)
def _rows(file: FileKey, sql: str, values: tuple[tuple[str, Any], ...]) -> pd.DataFrame:
    with connect(file.path) as connection:
        return connection.execute(sql, dict(values)).df()


@st.cache_data(max_entries=512, show_spinner=False)
def _dicts(file: FileKey, sql: str) -> list[dict[str, Any]]:
    """Rows as plain Python: a count beside a hidden one stays a whole number, as no frame does."""
    with connect(file.path) as connection:
        cursor = connection.execute(sql)
        names = [str(column[0]) for column in cursor.description or ()]
        return [
            {
                name: float(cell) if isinstance(cell, Decimal) else cell
                for name, cell in zip(names, row, strict=True)
            }
            for row in cursor.fetchall()
        ]


@dataclass(frozen=True)
class Opening:
    """What came of opening the board's file: a board, a problem in words, or both."""

    board: Board | None
    problem: str | None


def open_board(warehouse_home: Path) -> Opening:
    """Open the published version; if it can't be read, the last one this process could read."""
    published = warehouse_home / "published"
    slot = str(published)
    missing = not (published / "board.duckdb").exists()
    try:
        file = _file_key(published)
        release, tables = _verified(file)
        _last_good[slot] = file
        return Opening(Board(file, release, tables), None)
    except (OSError, duckdb.Error, BoardUnreadable):
        pass
    if missing:
        problem = (
            "No figures have been published yet, or the published file has gone. "
            "Whoever runs the warehouse can see why with `warehouse status`."
        )
    else:
        problem = (
            "The published file cannot be read. Whoever runs the warehouse can go back to an "
            "earlier version with `warehouse rollback`."
        )
    previous = _last_good.get(slot)
    if previous is not None:
        try:
            release, tables = _verified(previous)
            return Opening(Board(previous, release, tables), problem)
        except (OSError, duckdb.Error, BoardUnreadable):
            pass
    return Opening(None, problem)


def last_night(warehouse_home: Path) -> LastNight | None:
    """What the last night said; None where the file is missing or is not what it should be."""
    try:
        said = json.loads(
            (warehouse_home / "published" / "last_night.json").read_text(encoding="utf-8")
        )
        return LastNight(
            status=str(said["status"]),
            last_good_at=_instant(said.get("last_good_at")),
            finished_at=_instant(said.get("finished_at")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _instant(text: object) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _checks(text: object) -> dict[str, dict[str, Any]]:
    """Checks of assumptions from their JSON text; none where it is not what it should be."""
    try:
        said = json.loads(str(text)) if text else {}
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {str(name): one for name, one in said.items() if isinstance(one, dict)}


_RETENTION = """
select
    month_end, headcount, cast(fte as double) as fte, starters, leavers,
    unexplained_exits, unexplained_exits_12m, headcount_12m_before,
    leavers_12m, turnover_rate_12m, stability_index_12m,
    agency_headcount, cast(agency_fte as double) as agency_fte, agency_rate
from marts.retention_monthly
left join {windows} using (month_end, scope_type, scope_name)
where scope_type = 'service' and scope_name = 'all'
order by month_end
"""

_NO_WINDOWS = """
select month_end, scope_type, scope_name, null::integer as unexplained_exits_12m,
    null::integer as headcount_12m_before
from marts.retention_monthly
"""

_HIDDEN = """
select * from marts.retention_monthly
where scope_type = 'service' and scope_name = 'all'
order by month_end desc
limit 1
"""

_YEARLY = """
select
    year, turnover_rate_fte, cast(leavers_fte as double) as leavers_fte,
    cast(inpost_fte as double) as inpost_fte, leavers_headcount, inpost_headcount,
    agency_rate_fte, cast(agency_fte as double) as agency_fte,
    vacancy_rate_fte, cast(vacant_fte as double) as vacant_fte
from marts.retention_yearly_dfe
order by year
"""

# Tables with rows for the whole service: the column that orders them.
SERVICE_TABLES = {
    "recruitment_monthly": "month_end",
    "recruitment_quarterly": "quarter_end",
    "recruitment_yearly": "year",
    "retention_yearly": "year",
    "participation_monthly": "month_end",
    "participation_quarterly": "quarter_end",
    "participation_yearly": "year",
    "debrief_yearly": "year",
    "debrief_to_date": "period",
    "wellbeing_wave": "wave_date",
    "absence_quarterly": "quarter_end",
    "absence_yearly": "year",
    "caseload_monthly": "month_end",
}

# The sources that a table's rows are counted from, by the first word of its name; of each group one
# is enough. Without a file of them the counts are 0, and what they would be is not known.
_SESSIONS = (
    ("groups",),
    ("group_sessions",),
    ("group_attendance", "attendance_teams", "attendance_zoom"),
)
COUNTED_FROM: dict[str, tuple[tuple[str, ...], ...]] = {
    "recruitment": (("hr_vacancies",),),
    "participation": _SESSIONS,
    "programme": _SESSIONS,
    "group": _SESSIONS[:2],
    "debrief": (("debriefs",),),
    "absence": (("absence",),),
    "wellbeing": (("wellbeing_survey",),),
}

# The rungs of the ladder of evidence, one row a finding.
IMPACT_TABLES = ("impact_its", "impact_survival", "impact_comparator")

_COUNCILS = """
select old_la_code, arg_max(area_name, year) as name
from marts.dfe_benchmark
where release_as_of = $release
    and geographic_level = 'Local authority' and old_la_code is not null
group by old_la_code
order by name, old_la_code
"""

# Two councils may report together (`940 / 941`): a neighbour named by one code of the pair is
# found in the pair's row, and the pair's own neighbours are those of both.
_LINES = """
with figures as (
    select * from marts.dfe_benchmark where release_as_of = $release
),

neighbours as (
    select distinct figures.old_la_code
    from marts.statistical_neighbours as n
    inner join figures
        on list_contains(string_split(figures.old_la_code, ' / '), n.neighbour_old_la_code)
    where n.model = $model
        and list_contains(string_split($council, ' / '), n.old_la_code)
        and figures.geographic_level = 'Local authority'
        and figures.old_la_code <> $council
),

chosen as (
    select
        case
            when geographic_level = 'National' then 'england'
            when geographic_level = 'Regional' then 'region'
            when old_la_code = $council then 'council'
            else 'neighbour'
        end as role,
        coalesce(old_la_code, area_code) as area,
        area_name, year, published_value, symbol
    from figures
    where indicator = $indicator
        and (
            geographic_level = 'National'
            or (geographic_level = 'Regional' and area_name = $region)
            or (geographic_level = 'Local authority' and old_la_code = $council)
            or (
                geographic_level = 'Local authority'
                and old_la_code in (select old_la_code from neighbours)
            )
        )
),

counts as (
    select
        coalesce(old_la_code, area_code) as area, year,
        max(published_value) filter (where indicator = $top) as top_count,
        max(published_value) filter (where indicator = $bottom) as bottom_count
    from figures
    where indicator in ($top, $bottom)
    group by all
)

select chosen.*, counts.top_count, counts.bottom_count
from chosen
left join counts on chosen.area = counts.area and chosen.year = counts.year
order by
    case chosen.role when 'council' then 0 when 'region' then 1 when 'england' then 2 else 3 end,
    chosen.area_name, chosen.year
"""

_STANDING = """
select year, neighbours_median, neighbours_with_figure, place, councils, fewest_in_post
from marts.benchmark_standing
where release_as_of = $release and indicator = $indicator and old_la_code = $council
    and model = $model
order by year
"""

# What the release before the shown one had for the council, where that was another figure.
_REVISED = """
with shown as (
    select * from marts.dfe_benchmark
    where release_as_of = $release and indicator = $indicator and old_la_code = $council
),

releases as (
    select max(release_as_of) as before
    from marts.dfe_benchmark
    where release_as_of < $release
)

select older.release_as_of, older.year, older.published_value
from marts.dfe_benchmark as older
inner join releases on older.release_as_of = releases.before
inner join shown
    on older.year = shown.year
    and older.indicator = shown.indicator
    and older.old_la_code = shown.old_la_code
where older.published_value <> shown.published_value
order by older.year
"""


@dataclass(frozen=True)
class Board:
    """One published version of the board's file. Every method is one remembered query."""

    file: FileKey
    release: Release
    tables: frozenset[str]

    def _ask(self, table: str, sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
        if table not in self.tables:
            return pd.DataFrame()
        try:
            return _rows(self.file, sql, tuple(sorted((values or {}).items())))
        except (OSError, duckdb.Error) as fault:
            raise self._unreadable(table) from fault

    def _unreadable(self, table: str) -> BoardUnreadable:
        return BoardUnreadable(
            f"This page could not read {table} from the published file. The other pages may "
            "still work. Whoever runs the warehouse can check it with `warehouse status`."
        )

    def retention(self) -> pd.DataFrame:
        """One row a month for the whole service, oldest first. Rates are fractions."""
        # A version that an earlier release has made holds no such table, and can be gone back to.
        windows = (
            "marts.retention_windows"
            if "retention_windows" in self.tables
            else f"({_NO_WINDOWS}) as windows"
        )
        return self._ask("retention_monthly", _RETENTION.format(windows=windows))

    def hidden_retention(self) -> dict[str, str]:
        """Columns of the latest month that are held back, with their symbol."""
        latest = self._ask("retention_monthly", _HIDDEN)
        if latest.empty:
            return {}
        row = latest.iloc[0]
        return {
            str(column).removesuffix("_symbol"): str(row[column])
            for column in latest.columns
            if str(column).endswith("_symbol") and pd.notna(row[column])
        }

    def retention_by_year(self) -> pd.DataFrame:
        """Social workers by the Department's census year. Rates divide by the year-end stock."""
        return self._ask("retention_yearly_dfe", _YEARLY)

    def _list(self, table: str, sql: str) -> list[dict[str, Any]]:
        if table not in self.tables or self.not_come(table):
            return []
        try:
            return _dicts(self.file, sql)
        except (OSError, duckdb.Error) as fault:
            raise self._unreadable(table) from fault

    def service(self, table: str) -> list[dict[str, Any]]:
        """The whole service's rows of one of `SERVICE_TABLES`, oldest first; `day` is their day.

        A hidden value is None and its column's `_symbol` says why. Rates are fractions.
        """
        order = SERVICE_TABLES[table]
        rows = self._list(
            table,
            f"select * from marts.{table} where scope_type = 'service' and scope_name = 'all' "
            f"order by {order}",
        )
        if order in {"year", "period"}:
            return rows
        return [{**row, "day": row[order]} for row in rows]

    def below_the_service(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table by year of the social workers and the areas, latest year first.

        Counts are rounded to the nearest 5, hidden ones are None with a symbol beside them.
        """
        return self._list(
            table,
            f"select * from marts.{table} where scope_type <> 'service' "
            "order by year desc, scope_type desc, scope_name",
        )

    def charted(self) -> frozenset[tuple[str, str]]:
        """The figures with a control chart for the whole service: (table, column)."""
        rows = self._list(
            "spc_points",
            "select distinct series, metric from marts.spc_points "
            "where scope_type = 'service' and scope_name = 'all'",
        )
        return frozenset(
            (str(row["series"]), str(row["metric"]))
            for row in rows
            if not self.not_come(str(row["series"]))
        )

    def control_points(self, table: str, metric: str) -> list[dict[str, Any]]:
        """The points of one control chart of the whole service, oldest first; `day` is their day."""
        rows = self._list(
            "spc_points",
            "select *, date as day, date as month_end from marts.spc_points "
            "where scope_type = 'service' and scope_name = 'all' order by series, metric, point",
        )
        return [row for row in rows if (row["series"], row["metric"]) == (table, metric)]

    def findings(self) -> list[dict[str, Any]]:
        """Every finding on the ladder of evidence, in the order of its tables and methods.

        `table` says where it stands; `checks` are its assumptions as {name: {passed, sentence, …}}.
        """
        return [
            {**row, "table": table, "checks": _checks(row.get("assumption_checks"))}
            for table in IMPACT_TABLES
            for row in self._list(
                table,
                f"select * from marts.{table} order by metric, method, term",
            )
        ]

    def verdict(self) -> dict[str, Any] | None:
        """The verdict on all findings together with its rule and counts; None without one."""
        rows = self._list("impact_verdict", "select * from marts.impact_verdict")
        return rows[0] if rows else None

    def curves(self) -> list[dict[str, Any]]:
        """Points of the survival curves, by group and month.

        None by attendance where no file says who came: it would draw everybody as one who had not.
        """
        points = self._list(
            "impact_survival_curve",
            'select * from marts.impact_survival_curve order by "group", month',
        )
        if not self.not_come("participation"):
            return points
        return [row for row in points if not str(row["group"]).startswith("staff_")]

    def principle(self) -> list[dict[str, Any]]:
        """The indicators of the six points of Principle 6, by point."""
        return self._list(
            "principle_6", "select * from marts.principle_6 order by point, indicator"
        )

    def told_before(self) -> list[dict[str, Any]]:
        """What the board was told at each release beside what the same figures are now."""
        rows = self._list(
            "headline_shown",
            "select *, released_as_of as day from marts.headline_shown "
            "order by release_number desc, series, metric, detail, period",
        )
        return [row for row in rows if not self.not_come(str(row["series"]))]

    def comparison(self) -> list[dict[str, Any]]:
        """Before, during and after the programme: one row a window and metric, the service."""
        rows = self._list(
            "comparison_windows",
            "select * from marts.comparison_windows "
            "where scope_type = 'service' and scope_name = 'all' order by series, metric, window_name",
        )
        held = self.filled({str(row["series"]) for row in rows})
        return [row for row in rows if row["series"] in held]

    def attacked(self) -> list[dict[str, Any]]:
        """What was hidden in each table of people figures, and what an attacker could find out."""
        return self._list(
            "disclosure_report", "select * from marts.disclosure_report order by table_name"
        )

    def gates(self) -> dict[str, int] | None:
        """How many rules this version does not meet, by level; None where the file does not say."""
        rows = self._list("gate_summary", "select level, rules_not_met from marts.gate_summary")
        return {str(row["level"]): int(row["rules_not_met"]) for row in rows} if rows else None

    def cadence(self) -> list[dict[str, Any]]:
        """What came of each supervision group's cycles: `group_id`, `cycle`, `status`."""
        return self._list(
            "group_cadence", "select * from marts.group_cadence order by group_id, cycle"
        )

    def promises(self) -> dict[str, dict[str, Any]]:
        """The programme's promises to date, by promise."""
        rows = self._list(
            "programme_fidelity", "select * from marts.programme_fidelity where month_end is null"
        )
        return {str(row["promise"]): row for row in rows}

    def filled(self, tables: Iterable[str]) -> frozenset[str]:
        """Which of the tables are in the file and hold a row."""
        return frozenset(
            table
            for table in tables
            if self._list(table, f"select 1 as one from marts.{table} limit 1")
        )

    def loads(self) -> pd.DataFrame:
        """What has been received, one row a source."""
        return self._ask("load_summary", "select * from marts.load_summary order by source")

    def not_come(self, table: str) -> tuple[str, ...]:
        """The sources that a table lacks: no file of them was ever taken in, and its counts say nothing.

        Of sources that stand in for each other, the first. Empty where the file does not say what came.
        """
        needed = COUNTED_FROM.get(table.partition("_")[0])
        if not needed:
            return ()
        said = self._list("load_summary", "select source, files_loaded from marts.load_summary")
        silent = {row["source"] for row in said if not row["files_loaded"]}
        return tuple(group[0] for group in needed if silent.issuperset(group))

    def releases(self) -> list[date]:
        """Releases of the Department's statistics in the file, newest first."""
        rows = self._ask(
            "dfe_benchmark",
            "select distinct release_as_of from marts.dfe_benchmark order by all desc",
        )
        return [] if rows.empty else [day.date() for day in pd.to_datetime(rows["release_as_of"])]

    def indicators(self, release: date) -> list[str]:
        """Names of the indicators in a release."""
        rows = self._ask(
            "dfe_benchmark",
            "select distinct indicator from marts.dfe_benchmark where release_as_of = $release "
            "order by indicator",
            {"release": release},
        )
        return [] if rows.empty else rows["indicator"].tolist()

    def councils(self, release: date) -> dict[str, str]:
        """Every local authority in a release: the Department's number and latest name."""
        rows = self._ask("dfe_benchmark", _COUNCILS, {"release": release})
        return {} if rows.empty else dict(zip(rows["old_la_code"], rows["name"], strict=True))

    def regions(self, release: date) -> list[str]:
        """Names of the regions in a release."""
        rows = self._ask(
            "dfe_benchmark",
            "select distinct area_name from marts.dfe_benchmark "
            "where geographic_level = 'Regional' and release_as_of = $release order by area_name",
            {"release": release},
        )
        return [] if rows.empty else rows["area_name"].tolist()

    def neighbour_models(self, council: str) -> list[str]:
        """Statistical neighbour models that know this council, oldest first."""
        rows = self._ask(
            "statistical_neighbours",
            "select distinct model from marts.statistical_neighbours "
            "where list_contains(string_split($council, ' / '), old_la_code) order by model",
            {"council": council},
        )
        return [] if rows.empty else rows["model"].tolist()

    def benchmark_lines(self, choice: Choice) -> pd.DataFrame:
        """One row an area and year: role, area, area_name, year, published_value, symbol, counts.

        role is `council`, `neighbour`, `region` or `england`. Rates are fractions.
        """
        return self._ask("dfe_benchmark", _LINES, choice.values())

    def revised(self, choice: Choice) -> pd.DataFrame:
        """Years of the council whose figure the release before had otherwise.

        One row a year: release_as_of (of the earlier release), year, published_value there.
        """
        asked = ("release", "indicator", "council")
        values = choice.values()
        return self._ask("dfe_benchmark", _REVISED, {name: values[name] for name in asked})

    def standing(self, choice: Choice) -> pd.DataFrame:
        """Where the council stands, by year: its neighbours' median and its place, 1 the lowest.

        Beside them, how many neighbours have a figure, how many councils are ordered, and from how
        many social workers in post on.
        """
        asked = ("release", "indicator", "council", "model")
        values = choice.values()
        return self._ask("benchmark_standing", _STANDING, {name: values[name] for name in asked})

    def meanings(self, table: str) -> dict[str, str]:
        """What the columns of a table mean, in the words that the file itself carries."""
        rows = self._ask(
            table,
            "select column_name, comment from duckdb_columns() "
            "where schema_name = 'marts' and table_name = $name and comment is not null "
            "order by column_index",
            {"name": table},
        )
        return {} if rows.empty else dict(zip(rows["column_name"], rows["comment"], strict=True))


@dataclass(frozen=True)
class Choice:
    """What is compared on the benchmarks page. `top` and `bottom` are the counts of a rate."""

    release: date
    indicator: str
    council: str
    region: str
    model: str
    top: str
    bottom: str

    def values(self) -> dict[str, Any]:
        """The choice as named values of a query."""
        return dict(vars(self))
