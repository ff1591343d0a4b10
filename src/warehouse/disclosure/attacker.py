"""The attacker on the board's file: what can be worked out of every count that it hides.

Known to them: every value in the file, the same of the last twelve releases, and every rule. Played by
linear programs over one system of equations, cut into parts that share no hidden cell:

- the parts of a total and a rest that is never shown add up to it;
- the months of a year add up to it, all months to what is to date, and what was to date in an earlier
  release is what came before it;
- the service is its areas and whoever is in none; a rounded count is at most 2 (FTE: 2.5) off;
- a rate that is shown is one whole number over another, which says both;
- a hidden total is 1 to 7, a hidden part 0 to 7 or all but 0 to 7;
- what an earlier release showed, and what is still so, is known although it is hidden now.

Months of one stretch of time, of which the same sums are known, are alike: they are one cell, their sum.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from warehouse.disclosure import linear
from warehouse.disclosure.board import (
    FEWEST_UNKNOWN_PARTS,
    HALF_A_RANGE,
    LARGEST_SMALL,
    RELEASES,
    ROUNDED_TO,
    Group,
    Release,
)

# The highest less the lowest possible value of a hidden count.
NARROWEST = 2 * HALF_A_RANGE
# Hidden cells that hang together in one way or another: more than this are not solved.
MOST_HIDDEN = 500
# As many former releases are known beside the file.
RELEASES_KNOWN = 12
SERVICE = "the service"
# No council has as many of anything that is counted here.
_MOST = 1e6

Key = tuple[Any, ...]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """One table as it is and as it is shown: {key: {column: value}}; a hidden value is None there.

    ``months``: {last day of a month: {column: value}} of the counts that the file withholds by month.
    ``last_month``: the month up to which its figures run, for what is to date.
    """

    release: Release
    truth: Mapping[Key, Row]
    shown: Mapping[Key, Row]
    months: Mapping[date, Row] = field(default_factory=dict)
    last_month: date | None = None


@dataclass(frozen=True)
class Earlier:
    """What a former release showed of the judged tables: {table: {key: {column: value}}}, None where
    hidden; and for those to date up to which month they ran."""

    shown: Mapping[str, Mapping[Key, Row]]
    last_months: Mapping[str, date]


@dataclass(frozen=True)
class Interval:
    """What an attacker can say of one hidden count; ``lowest`` and ``highest`` rounded inwards.

    ``need``: by how much they must differ: 4, or the shown total that it is a part of, if that is less.
    """

    table: str
    period: str
    scope: str
    column: str
    lowest: float
    highest: float
    need: float
    cell: int

    @property
    def width(self) -> float:
        """The highest less the lowest."""
        return self.highest - self.lowest

    @property
    def is_too_narrow(self) -> bool:
        """Whether too much is known of it."""
        return self.width < self.need


@dataclass
class _Cell:
    value: float
    is_hidden: bool
    lowest: float = 0.0
    highest: float = _MOST
    # Where the cell stands in the file: table, key, column. None: it is in no table.
    place: tuple[str, Key, str] | None = None
    may_be_hidden: bool = False


@dataclass(frozen=True)
class _Target:
    cell: int
    period: str
    scope: str
    need: float
    # Of several months that are alike any may be 0, if one of the others is what they are together.
    is_one_of_many: bool = False


class Attack:
    """All that an attacker knows of some sheets, and what follows from it.

    sheets: {table: its Sheet}. earlier: the releases before, of which the last twelve are known.
    """

    def __init__(self, sheets: Mapping[str, Sheet], earlier: Sequence[Earlier] = ()) -> None:
        self._sheets = sheets
        self._earlier = earlier[-RELEASES_KNOWN:]
        self._cells: list[_Cell] = []
        self._places: dict[tuple[str, Key, str], int] = {}
        self._equations: list[dict[int, float]] = []
        self._right: list[float] = []
        self._targets: dict[int, _Target] = {}
        # Equations that hold because a rate is shown, which is hidden with a count that it is made of.
        self._of_rates: set[int] = set()
        for table, sheet in sheets.items():
            self._take_in_rows(table, sheet)
            if sheet.release.below:
                self._take_in_areas(table, sheet)
        for topic in _topics(sheets):
            for column in sheets[topic[0]].release.summed:
                self._take_in_time(topic, column)

    # What is known, row by row

    def _take_in_rows(self, table: str, sheet: Sheet) -> None:
        for key, truth in sheet.truth.items():
            if _is_below(sheet.release, key) or key not in sheet.shown:
                continue
            for group in sheet.release.groups:
                # The total of some parts is not in the file, but in another table of it.
                self._take_in_parts(table, sheet, key, truth, group)
            self._take_in_rates(table, sheet, key)

    def _take_in_parts(self, table: str, sheet: Sheet, key: Key, truth: Row, group: Group) -> None:
        if truth.get(group.total) is None:
            return
        total = self._cell(table, sheet, key, group.total)
        whole = self._cells[total]
        if group.total not in sheet.shown[key]:
            whole.is_hidden = False  # Such a total stands in another table of the file.
        if whole.is_hidden and 0 < whole.value <= LARGEST_SMALL:
            whole.lowest, whole.highest = 1, LARGEST_SMALL
        parts = [self._cell(table, sheet, key, part) for part in group.parts]
        need = NARROWEST if whole.is_hidden else min(NARROWEST, whole.value)
        for part in parts:
            cell = self._cells[part]
            if not cell.is_hidden:
                continue
            others = whole.value - cell.value
            if cell.value < LARGEST_SMALL + 1:
                cell.highest = min(cell.highest, LARGEST_SMALL + (cell.value % 1 > 0))
            elif others < LARGEST_SMALL + 1 and not whole.is_hidden:
                cell.lowest = max(cell.lowest, whole.value - LARGEST_SMALL - (others % 1 > 0))
            if self._is_in_file(part):
                self._aim(part, need)
        if whole.is_hidden:
            self._aim(total, NARROWEST)
        exclusive = [
            part for name, part in zip(group.parts, parts, strict=True) if name in group.exclusive
        ]
        self._add_up(exclusive, total, whole.value, closed=group.is_whole)
        for part in parts:
            if part not in exclusive:
                self._add_up([part], total, whole.value, closed=False)

    def _add_up(self, parts: Sequence[int], total: int, whole: float, *, closed: bool) -> None:
        value = whole - sum(self._cells[part].value for part in parts)
        if value < -linear.TOLERANCE:
            return  # Whoever left twice for two reasons is in two parts.
        rest = [] if closed else [self._new(_Cell(value, is_hidden=True))]
        self._equate({**dict.fromkeys([*parts, *rest], 1.0), total: -1.0}, 0.0)

    def _take_in_rates(self, table: str, sheet: Sheet, key: Key) -> None:
        for rate, (part, whole) in _ratios(table).items():
            shown = sheet.shown[key].get(rate)
            truth = sheet.truth[key]
            if shown is None or truth.get(part) is None or truth.get(whole) is None:
                continue
            # One whole number over another: in lowest terms it says both, or one from the other.
            if abs(truth[part] - shown * truth[whole]) < linear.TOLERANCE:
                for column in {part, whole} & set(sheet.shown[key]):
                    cell = self._cell(table, sheet, key, column)
                    self._of_rates.add(len(self._equations))
                    self._equate({cell: 1.0}, self._cells[cell].value)

    # What is known of the areas

    def _take_in_areas(self, table: str, sheet: Sheet) -> None:
        kinds: dict[tuple[Any, str], list[Key]] = {}
        for key in sheet.shown:
            if _is_below(sheet.release, key):
                kinds.setdefault((key[0], key[1]), []).append(key)
        assert sheet.release.below
        for (year, _), keys in kinds.items():
            service = next(
                (key for key in sheet.truth if key[0] == year and key[1] == "service"), None
            )
            if service is None or service not in sheet.shown:
                continue
            for column in sheet.release.below.counts:
                if all(sheet.truth[key].get(column) is not None for key in (service, *keys)):
                    self._take_in_area(table, sheet, service, keys, column)

    def _take_in_area(
        self, table: str, sheet: Sheet, service: Key, keys: Sequence[Key], column: str
    ) -> None:
        if column not in sheet.shown[service]:
            return  # A count that only rates are made of: the file does not hold it.
        total = self._cell(table, sheet, service, column)
        # As much as of the service, whose own shown total may leave it less than a range of four.
        of_the_service = self._targets.get(total)
        need = of_the_service.need if of_the_service else NARROWEST
        if not self._cells[total].is_hidden:
            need = min(need, self._cells[total].value)
        areas = []
        for key in keys:
            value, rounded = float(sheet.truth[key][column]), sheet.shown[key].get(column)
            cell = _Cell(value, rounded != 0, place=(table, key, column))
            if rounded:
                spread = HALF_A_RANGE if value.is_integer() else ROUNDED_TO / 2
                cell.lowest, cell.highest = rounded - spread, rounded + spread
            areas.append(self._new(cell))
            if cell.is_hidden:
                self._aim(areas[-1], need)
        left_over = self._cells[total].value - sum(self._cells[area].value for area in areas)
        if left_over < -linear.TOLERANCE:
            return  # Whoever changed area within the year counts in both.
        # That every team is in an area is known to all. One scope that is the whole service is not
        # told from one that nearly is.
        nobody_is_left = left_over <= linear.TOLERANCE and len(areas) > 1
        rest = self._new(_Cell(left_over, not nobody_is_left))
        everything_is_shown = all(sheet.shown[key].get(column) is not None for key in keys)
        if everything_is_shown and left_over > LARGEST_SMALL:
            self._cells[rest].lowest = LARGEST_SMALL + 1
        self._equate({**dict.fromkeys([*areas, rest], 1.0), total: -1.0}, 0.0)

    # What is known over time

    def _take_in_time(self, topic: Sequence[str], column: str) -> None:
        """One column of a topic: its months in stretches, its years, what is and was to date."""
        sheets = [
            self._sheets[table] for table in topic if column in self._sheets[table].release.summed
        ]
        months = dict(sorted(sheets[0].months.items()))
        # Before its first session or debrief a programme had none, which is known to all.
        begun = [
            day
            for day, row in months.items()
            if any(row.get(name) for name in sheets[0].release.summed)
        ]
        months = {day: row for day, row in months.items() if begun and day >= begun[0]}
        if not months or any(row.get(column) is None for row in months.values()):
            return
        sums = [one for table in topic for one in self._sums(table, column, months)]
        sums += self._former_sums(sheets[0].release.months, column)
        edges = sorted({day for one in sums for day in (one.after, one.until)} | {max(months)})
        stretches: dict[date, tuple[int, list[date]]] = {}
        for after, edge in zip([date.min, *edges], edges, strict=False):
            inside = [day for day in months if after < day <= edge]
            if inside:
                value = sum(float(months[day][column]) for day in inside)
                stretches[edge] = self._new(_Cell(value, is_hidden=True)), inside

        def within(one: _Sum) -> list[int]:
            return [cell for edge, (cell, _) in stretches.items() if one.after < edge <= one.until]

        # What came before the first month that is reported counts to date alone.
        to_date = [one for one in sums if one.after == date.min]
        early = [
            one.value - sum(self._cells[cell].value for cell in within(one)) for one in to_date
        ]
        came_before = max(0.0, early[0]) if early else 0.0
        before = self._new(_Cell(came_before, is_hidden=came_before > linear.TOLERANCE))
        for one in sums:
            cells = within(one) + ([before] if one.after == date.min else [])
            # Where a year was counted otherwise than its months, or has been corrected since, its sum
            # says nothing sure of them.
            if abs(sum(self._cells[cell].value for cell in cells) - one.value) > linear.TOLERANCE:
                continue
            if one.cell is None:
                self._equate(dict.fromkeys(cells, 1.0), one.value)
            else:
                self._equate({**dict.fromkeys(cells, 1.0), one.cell: -1.0}, 0.0)
        nothing = [one for one in sums if one.is_shown and one.value == 0]
        for edge, (cell, inside) in stretches.items():
            if any(one.after < edge <= one.until for one in nothing):
                continue  # The file says so itself: a shown 0 is no secret.
            first, last = inside[0], inside[-1]
            table = topic[0].partition("_")[0] + "_monthly"
            self._cells[cell].place = (table, (str(first), str(last)), column)
            self._aim(cell, NARROWEST, is_one_of_many=len(inside) > 1)

    def _sums(self, table: str, column: str, months: Mapping[date, Row]) -> "Iterator[_Sum]":
        """What the file says of a column over more than one month, hidden or shown."""
        sheet = self._sheets[table]
        if column not in sheet.release.counts:
            return
        for key, truth in sheet.truth.items():
            if _is_below(sheet.release, key) or key not in sheet.shown:
                continue
            cell = self._cell(table, sheet, key, column)
            span = _span(key, sheet.last_month or max(months))
            yield _Sum(*span, float(truth[column]), cell, not self._cells[cell].is_hidden)
            if self._cells[cell].is_hidden and self._is_in_file(cell):
                self._aim(cell, NARROWEST)

    def _former_sums(self, months: str | None, column: str) -> "Iterator[_Sum]":
        """What former releases showed of a column to date, the newest first."""
        tables = [
            table for table, release in RELEASES.items() if months and release.months == months
        ]
        for release in reversed(self._earlier):
            for table in tables:
                last_month = release.last_months.get(table)
                for key, row in release.shown.get(table, {}).items():
                    value = row.get(column)
                    if key[0] == "to_date" and last_month and value is not None:
                        yield _Sum(date.min, last_month, float(value), None, True)

    # The cells

    def _cell(self, table: str, sheet: Sheet, key: Key, column: str) -> int:
        """The cell of a table's row; made when it is first asked for."""
        place = (table, key, column)
        if place not in self._places:
            value = float(sheet.truth[key].get(column) or 0)
            shown = sheet.shown[key]
            is_hidden = shown.get(column) is None
            public = self._was_shown(table, sheet, key, column, value)
            cell = _Cell(value, is_hidden and not public, place=place)
            cell.may_be_hidden = column in shown and not is_hidden and not public
            self._places[place] = self._new(cell)
        return self._places[place]

    def _was_shown(self, table: str, sheet: Sheet, key: Key, column: str, value: float) -> bool:
        """Whether a former release showed the very value, of the very time."""
        for release in self._earlier:
            was = release.shown.get(table, {}).get(key, {}).get(column)
            if was is not None and abs(float(was) - value) < linear.TOLERANCE:
                is_year = key[0] != "to_date"
                if is_year or release.last_months.get(table) == sheet.last_month:
                    return True
        return False

    def _is_in_file(self, cell: int) -> bool:
        place = self._cells[cell].place
        assert place
        return place[2] in self._sheets[place[0]].shown[place[1]]

    def _new(self, cell: _Cell) -> int:
        self._cells.append(cell)
        return len(self._cells) - 1

    def _equate(self, terms: dict[int, float], right: float) -> None:
        self._equations.append(terms)
        self._right.append(right)

    def _aim(self, cell: int, need: float, *, is_one_of_many: bool = False) -> None:
        if cell not in self._targets:
            place = self._cells[cell].place
            assert place
            period, scope = " to ".join(map(str, place[1][:2])), SERVICE
            if len(place[1]) == 3:
                period = str(place[1][0])
                scope = SERVICE if place[1][1] == "service" else " ".join(place[1][1:])
            self._targets[cell] = _Target(cell, period, scope, need, is_one_of_many)

    # What follows

    def intervals(self) -> list[Interval]:
        """What can be said of every hidden count. Raises TooMuchHangsTogether, linear.Contradiction."""
        if not self._targets:
            return []
        sums, hidden = self._sums_of_all(), np.array([cell.is_hidden for cell in self._cells])
        parts = self._parts(hidden)
        for part in set(parts[hidden].tolist()):
            if np.count_nonzero(hidden & (parts == part)) > MOST_HIDDEN:
                raise TooMuchHangsTogether
        wanted = list(self._targets)
        ends = linear.intervals_together(sums, hidden, wanted, [int(parts[one]) for one in wanted])
        found = []
        for target, (lowest, highest) in zip(self._targets.values(), ends, strict=True):
            place = self._cells[target.cell].place
            assert place
            found.append(
                Interval(
                    table=place[0],
                    period=target.period,
                    scope=target.scope,
                    column=place[2],
                    lowest=0.0 if target.is_one_of_many
                    else float(math.ceil(lowest - 10 * linear.TOLERANCE)),
                    highest=float(math.floor(highest + 10 * linear.TOLERANCE)),
                    need=target.need,
                    cell=target.cell,
                )
            )  # fmt: skip
        return found

    def to_hide(self, narrow: Iterable[Interval]) -> list[tuple[str, Key, str]]:
        """The further cells (table, key, column) to hide at the least loss, so that none is too narrow.

        Empty where there is no way. Only what no release has shown can be hidden.
        """
        narrow = list(narrow)
        together = [place for one in narrow for place in self._whole_row_of_areas(one)]
        demands = [
            linear.Demand(one.cell, width=one.need) for one in narrow if one.scope == SERVICE
        ]
        if not demands:
            return together
        must = np.array([cell.is_hidden for cell in self._cells])
        may = np.array([cell.may_be_hidden and not cell.is_hidden for cell in self._cells])
        parts = self._parts(must | may)
        near = np.isin(parts, [parts[one.cell] for one in demands])
        costs = np.maximum(np.array([cell.value for cell in self._cells]), 1.0)
        sums = self._sums_of_all(with_rates=False)
        hidden = linear.least_loss(sums, must & near, may & near, costs, demands)
        if hidden is None:
            return together
        chosen = [self._cells[cell].place for cell in np.flatnonzero(hidden & ~must)]
        return [*together, *(place for place in chosen if place)]

    def _whole_row_of_areas(self, narrow: Interval) -> list[tuple[str, Key, str]]:
        """A year's cells of one count for all areas, which are shown together or not at all."""
        place = self._cells[narrow.cell].place
        assert place
        table, key, column = place
        if narrow.scope == SERVICE:
            return []
        shown = self._sheets[table].shown
        return [(table, one, column) for one in shown
                if one[:2] == key[:2] and shown[one][column] is not None]  # fmt: skip

    def _sums_of_all(self, *, with_rates: bool = True) -> linear.Sums:
        taken = [
            number
            for number in range(len(self._equations))
            if with_rates or number not in self._of_rates
        ]
        return linear.sums(
            [self._equations[number] for number in taken],
            [self._right[number] for number in taken],
            [cell.value for cell in self._cells],
            [cell.lowest for cell in self._cells],
            [cell.highest for cell in self._cells],
        )

    def _parts(self, unknown: Any) -> Any:
        """(cells,) the number of the part of the system in which each cell is."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ties = []
        for terms in self._equations:
            first, *others = [cell for cell in terms if unknown[cell]] or [0]
            ties += [(first, other) for other in others]
        size = len(self._cells)
        if not ties:
            return np.arange(size)
        left, right = zip(*ties, strict=True)
        graph = coo_array((np.ones(len(ties)), (left, right)), shape=(size, size))
        return connected_components(graph, directed=False)[1]


class TooMuchHangsTogether(Exception):
    """More hidden cells hang together than are solved."""


@dataclass(frozen=True)
class _Sum:
    """A count over all months after one day and up to another. ``cell``: None for a former release."""

    after: date
    until: date
    value: float
    cell: int | None
    is_shown: bool


def only_two_unknown(sheets: Mapping[str, Sheet]) -> list[tuple[str, Key, str]]:
    """Further cells (table, key, column) to hide, since one of only two unknown parts is hidden.

    Of a shown total of which parts and a rest add up, the rest is never shown: beside one hidden part it
    would be the only other one. The cheapest shown part goes too.
    """
    chosen = []
    for table, sheet in sheets.items():
        for key, shown in sheet.shown.items():
            if _is_below(sheet.release, key):
                continue
            for group in sheet.release.groups:
                parts = [part for part in group.exclusive if part in shown]
                gone = [part for part in parts if shown[part] is None]
                unknown = len(gone) + (not group.is_whole)
                if len(parts) < 2 or not gone or shown.get(group.total) is None:
                    continue
                left = sorted(
                    (part for part in parts if shown[part] is not None),
                    key=lambda part: (float(shown[part]), part),
                )
                few = max(0, FEWEST_UNKNOWN_PARTS - unknown)
                chosen += [(table, key, part) for part in left[:few]]
    return chosen


def _topics(sheets: Mapping[str, Sheet]) -> list[list[str]]:
    """The tables whose counts add up over the same months, those by year first."""
    found: dict[str, list[str]] = {}
    for table, sheet in sheets.items():
        if sheet.release.months:
            found.setdefault(sheet.release.months, []).append(table)
    return [
        sorted(tables, key=lambda table: table.endswith("to_date")) for tables in found.values()
    ]


def _ratios(table: str) -> dict[str, tuple[str, str]]:
    """{rate: (count, count that it is divided by)} of a table's topic."""
    below = RELEASES[table.partition("_")[0] + "_yearly"].below if table in RELEASES else None
    return below.ratios if below else {}


def _is_below(release: Release, key: Key) -> bool:
    return bool(key[release.keys.index("scope_type")] != "service")


def _span(key: Key, last_month: date) -> tuple[date, date]:
    """After which day and up to which a row's period runs."""
    if key[0] == "to_date":
        return date.min, last_month
    year = int(key[0])
    return date(year - 1, 12, 31), date(year, 12, 31)
