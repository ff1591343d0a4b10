"""The attacker on the board's file, who knows all releases and every rule, and what is hidden for it."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import publish
from warehouse.disclosure import attacker, board, boardfile, releases
from warehouse.disclosure.attacker import Attack, Earlier, Interval, Sheet
from warehouse.disclosure.board import Below, Group, Release
from warehouse.errors import GateFailed

YEAR_KEYS = ("year", "scope_type", "scope_name")
SERVICE = ("service", "all")
Key = tuple[Any, ...]


def of_years(
    release: Release, truth: Mapping[Key, Mapping[str, float]], hidden: Mapping[Key, Sequence[str]]
) -> Sheet:
    """A sheet whose rows are shown as they are, but for some hidden columns."""
    shown = {
        key: {column: None if column in hidden.get(key, ()) else value for column, value in row.items()}
        for key, row in truth.items()
    }  # fmt: skip
    return Sheet(release, truth, shown)


def found(attack: Attack) -> dict[tuple[str, str], tuple[float, float]]:
    return {(one.period, one.column): (one.lowest, one.highest) for one in attack.intervals()}


REASONS = Release(
    "marts.t",
    columns=("year", "scope_type", "scope_name", "left", "resigned", "retired", "moved"),
    groups=(Group("left", ("resigned", "retired", "moved")),),
    below=Below(counts=()),
)


def of_reasons(*hidden: str) -> Sheet:
    """Of 40 who left 24 resigned, 4 retired, 8 moved on and 4 had other reasons."""
    truth = {(2019, *SERVICE): {"left": 40.0, "resigned": 24.0, "retired": 4.0, "moved": 8.0}}
    return of_years(REASONS, truth, {(2019, *SERVICE): hidden})


def test_a_hidden_part_is_what_the_shown_ones_leave_of_the_total() -> None:
    """24 and 8 of 40 leave 8 for who retired and the rest; a hidden small part is 7 at most."""
    assert found(Attack({"t": of_reasons("retired")})) == {("2019", "retired"): (0, 7)}
    whole = Release(
        "marts.t",
        columns=REASONS.columns,
        groups=(Group("left", ("resigned", "retired", "moved"), is_whole=True),),
        below=Below(counts=()),
    )
    truth = {(2019, *SERVICE): {"left": 36.0, "resigned": 24.0, "retired": 4.0, "moved": 8.0}}
    sheet = of_years(whole, truth, {(2019, *SERVICE): ["retired"]})
    (narrow,) = Attack({"t": sheet}).intervals()
    assert (narrow.lowest, narrow.highest, narrow.is_too_narrow) == (4, 4, True)


def test_one_of_only_two_unknown_parts_takes_the_cheapest_other_with_it() -> None:
    """4 retired, hidden beside a rest that is never shown: the 8 who moved on cost less than 24."""
    assert attacker.only_two_unknown({"t": of_reasons("retired")}) == [
        ("t", (2019, *SERVICE), "moved")
    ]
    assert attacker.only_two_unknown({"t": of_reasons("retired", "moved")}) == []
    assert attacker.only_two_unknown({"t": of_reasons()}) == []


def test_a_part_of_a_shown_total_of_two_can_be_nought_one_or_two_and_no_more_is_asked() -> None:
    truth = {(2019, *SERVICE): {"left": 2.0, "resigned": 1.0, "retired": 1.0, "moved": 0.0}}
    sheet = of_years(REASONS, truth, {(2019, *SERVICE): ["resigned", "retired", "moved"]})
    intervals = Attack({"t": sheet}).intervals()
    assert {(one.lowest, one.highest, one.need) for one in intervals} == {(0, 2, 2)}
    assert not [one for one in intervals if one.is_too_narrow]


def test_what_a_former_release_showed_is_known_although_it_is_hidden_now() -> None:
    """24 resigned and 8 moved on: with the 8 hidden now, the attacker still has them."""
    sheet = of_reasons("retired", "moved")
    former = Earlier({"t": {(2019, *SERVICE): {"moved": 8, "retired": None}}}, {})
    assert found(Attack({"t": sheet}, [former])) == {("2019", "retired"): (0, 7)}
    # Of other figures than today's nothing sure is known.
    other = Earlier({"t": {(2019, *SERVICE): {"moved": 9}}}, {})
    assert ("2019", "moved") in found(Attack({"t": sheet}, [other]))
    # Only the last twelve releases are known.
    assert ("2019", "moved") in found(Attack({"t": sheet}, [former, *[other] * 12]))


# Time: a topic by year and to date, of which the months are withheld


BY_YEAR = board.RELEASES["debrief_yearly"]
TO_DATE = board.RELEASES["debrief_to_date"]


def months_of(counts: Sequence[int], first: date = date(2019, 1, 31)) -> dict[date, dict[str, Any]]:
    found, day = {}, first
    for count in counts:
        found[day] = dict.fromkeys(BY_YEAR.summed, count)
        following = day + timedelta(days=1)
        day = (following + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return found


def over_time(
    counts: Sequence[int], *, hidden: Sequence[Key] = (), earlier: Sequence[Earlier] = ()
) -> list[Interval]:
    """Debriefs asked for by month, as they are shown by year and to date, attacked."""
    months = months_of(counts)
    last = max(months)
    sums: dict[Key, int] = {("to_date", *SERVICE): sum(counts)}
    for year in sorted({day.year for day in months}):
        inside = [row["requested"] for day, row in months.items() if day.year == year]
        if len(inside) == 12:
            sums[year, *SERVICE] = sum(inside)
    sheets = {}
    for table, release, kind in (
        ("debrief_yearly", BY_YEAR, int),
        ("debrief_to_date", TO_DATE, str),
    ):
        rows = {
            key: {"requested": value} for key, value in sums.items() if isinstance(key[0], kind)
        }
        truth = {key: dict.fromkeys(release.counts, 0) | row for key, row in rows.items()}
        shown = {
            key: {"requested": None if key in hidden else row["requested"]}
            for key, row in rows.items()
        }
        sheets[table] = Sheet(release, truth, shown, months, last)
    attack = Attack(sheets, earlier)
    return [one for one in attack.intervals() if one.column == "requested"]


def released_to_date(count: int | None, last_month: date) -> Earlier:
    return Earlier(
        {"debrief_to_date": {("to_date", *SERVICE): {"requested": count}}},
        {"debrief_to_date": last_month},
    )


def test_a_year_less_nothing_else_says_nothing_of_a_month() -> None:
    """Twelve months of 2 are 24, of which any month may be all and any none."""
    (months,) = over_time([2] * 12)
    assert (months.period, months.lowest, months.highest) == ("2019-01-31 to 2019-12-31", 0, 24)


def test_months_after_the_last_year_are_what_is_to_date_less_the_years() -> None:
    """24 in 2019 and 26 to date: January and February 2020 had 2 together, which is too narrow."""
    year, later = over_time([2] * 12 + [1, 1])
    assert (year.lowest, year.highest) == (0, 24)
    assert (later.period, later.highest, later.is_too_narrow) == (
        "2020-01-31 to 2020-02-29",
        2,
        True,
    )
    hidden = over_time([2] * 12 + [1, 1], hidden=[("to_date", *SERVICE)])
    assert not [one for one in hidden if one.is_too_narrow]


def test_two_releases_a_month_apart_give_the_month_away() -> None:
    """26 to date at the end of February and 30 at the end of March: in March there were 4."""
    counts = [2] * 12 + [1, 1, 4]
    former = released_to_date(26, date(2020, 2, 29))
    by_period = {one.period: one for one in over_time(counts, earlier=[former])}
    march = by_period["2020-03-31 to 2020-03-31"]
    assert (march.lowest, march.highest, march.is_too_narrow) == (4, 4, True)


def test_twelve_releases_without_the_rule_for_figures_to_date_give_every_month_away() -> None:
    """Each month's figure to date less the one before it is the month: all twelve exactly."""
    counts = [3, 0, 1, 2, 5, 0, 1, 4, 2, 1, 0, 3] * 2
    days = list(months_of(counts))
    former = [released_to_date(sum(counts[: number + 1]), days[number]) for number in range(11, 23)]
    exact = {
        one.period.split(" ")[0]: one.lowest
        for one in over_time(counts, earlier=former)
        if one.width == 0
    }
    assert exact == {str(day): count for day, count in list(zip(days, counts, strict=True))[12:]}


def test_a_year_that_a_former_release_hid_in_another_way_is_found_out() -> None:
    """Years of 30, 3 and 20 and 53 to date: 2020 hidden with 2021 leaves both up to 23. But the former
    release showed the 20."""
    counts = [5] * 6 + [0] * 6 + [3] + [0] * 11 + [20] + [0] * 11
    hidden = [(2020, *SERVICE), (2021, *SERVICE)]
    safe = {one.period: one.width for one in over_time(counts, hidden=hidden)}
    assert safe["2020"] >= 4
    former = Earlier({"debrief_yearly": {(2021, *SERVICE): {"requested": 20}}}, {})
    caught = {one.period: one for one in over_time(counts, hidden=hidden, earlier=[former])}
    assert (caught["2020"].lowest, caught["2020"].highest) == (3, 3)


@pytest.mark.parametrize("table", [name for name, one in board.RELEASES.items() if one.summed])
def test_a_count_that_is_hidden_further_takes_its_rate_with_it(table: str) -> None:
    """Or the rate would say it: whatever names a count below or above its line is hidden with it."""
    release = board.RELEASES[table]
    shown = set(release.columns) & set(attacker._ratios(table))
    for rate in shown:
        counts = set(attacker._ratios(table)[rate]) & set(release.counts)
        asked = release.conditions[rate]
        assert any(f"{{flag:{count}}}" in asked for count in counts), (table, rate)
    assert shown


def test_what_has_been_corrected_since_is_not_taken_for_known() -> None:
    """25 were released to date where there are 26 now: the months do not follow from it."""
    former = released_to_date(25, date(2020, 2, 29))
    by_period = {one.period: one for one in over_time([2] * 12 + [1, 1, 40], earlier=[former])}
    assert not [one for one in by_period.values() if one.width == 0]


# The areas of a year

AREAS = Release(
    "marts.t",
    columns=("year", "scope_type", "scope_name", "people"),
    below=Below(counts=("people",)),
)


def area_intervals(service: int, areas: Mapping[str, int], shown: Mapping[str, int | None]) -> Any:
    truth = {(2019, *SERVICE): {"people": service}} | {
        (2019, "area", name): {"people": people} for name, people in areas.items()
    }
    seen = {(2019, *SERVICE): {"people": service}} | {
        (2019, "area", name): {"people": people} for name, people in shown.items()
    }
    attack = Attack({"t": Sheet(AREAS, truth, seen)})
    return {one.scope: (one.lowest, one.highest) for one in attack.intervals()}


def test_a_rounded_area_is_two_off_at_most_and_the_exact_service_may_say_more() -> None:
    """40 = 20 + 20 leaves each 18 to 22. 36 = 18 + 18, shown as 20 and 20, leaves 18 alone."""
    assert area_intervals(40, {"A": 20, "B": 20}, {"A": 20, "B": 20}) == {
        "area A": (18, 22),
        "area B": (18, 22),
    }
    assert area_intervals(36, {"A": 18, "B": 18}, {"A": 20, "B": 20}) == {
        "area A": (18, 18),
        "area B": (18, 18),
    }


def test_one_scope_that_is_the_whole_service_is_not_told_from_one_that_nearly_is() -> None:
    """60 of 60 social workers, hidden: as far as anybody knows 0 to 60. Two areas of which every team is
    in one, shown as 20 and 40: nobody is in none, so 60 leaves each its five values."""
    truth = {(2019, *SERVICE): {"people": 60}, (2019, "social_workers", "all"): {"people": 60}}
    shown = {**truth, (2019, "social_workers", "all"): {"people": None}}
    (one,) = Attack({"t": Sheet(AREAS, truth, shown)}).intervals()
    assert (one.scope, one.lowest, one.highest) == ("social_workers all", 0, 60)
    assert area_intervals(60, {"A": 20, "B": 40}, {"A": 20, "B": 40}) == {
        "area A": (18, 22),
        "area B": (38, 42),
    }


def test_of_an_area_no_more_is_asked_than_of_the_service() -> None:
    """2 left the service, which is shown: how many of an area's resigned is 0 to 2 to anybody."""
    release = Release(
        "marts.t",
        columns=("year", "scope_type", "scope_name", "left", "resigned"),
        groups=(Group("left", ("resigned",)),),
        below=Below(counts=("resigned",)),
    )
    truth = {
        (2019, *SERVICE): {"left": 2.0, "resigned": 1.0},
        (2019, "area", "A"): {"left": 1.0, "resigned": 1.0},
    }
    shown = {
        (2019, *SERVICE): {"left": 2.0, "resigned": None},
        (2019, "area", "A"): {"left": None, "resigned": None},
    }
    intervals = Attack({"t": Sheet(release, truth, shown)}).intervals()
    assert {(one.scope, one.lowest, one.highest, one.need) for one in intervals} == {
        ("the service", 0, 2, 2),
        ("area A", 0, 2, 2),
    }


def test_more_than_500_hidden_cells_that_hang_together_are_not_solved() -> None:
    """500 parts and their rest are 501; five years of 101 parts are as many, in systems of 102."""

    def years(number: int, parts: int) -> dict[str, Sheet]:
        names = tuple(f"part_{part}" for part in range(parts))
        release = Release(
            "marts.t",
            columns=("year", "scope_type", "scope_name", "left", *names),
            groups=(Group("left", names),),
            below=Below(counts=()),
        )
        row = {"left": 9999.0} | dict.fromkeys(names, 3.0)
        truth = {(2000 + year, *SERVICE): row for year in range(number)}
        return {"t": of_years(release, truth, dict.fromkeys(truth, names))}

    assert len(Attack(years(5, 101)).intervals()) == 505
    with pytest.raises(attacker.TooMuchHangsTogether):
        Attack(years(1, 500)).intervals()


# The file itself


def copying(folder: Path, rows: Sequence[Mapping[str, Any]], months: Mapping[date, Any]) -> Path:
    """A build file of debriefs: by year and to date, and by month."""
    build = folder / "build.duckdb"
    build.unlink(missing_ok=True)
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema intermediate; create schema marts")
        names = list(rows[0])
        connection.execute(
            "create table intermediate.int_board__debrief (period_kind varchar, year integer, "
            "period varchar, scope_type varchar, scope_name varchar, "
            + ", ".join(f"{name} double" for name in names if name not in KEYS)
            + ")"
        )
        connection.executemany(
            f"insert into intermediate.int_board__debrief values ({', '.join('?' * (len(names)))})",
            [list(row.values()) for row in rows],
        )
        connection.execute(
            "create table marts.debrief_monthly (month_end date, scope_type varchar, "
            f"scope_name varchar, {', '.join(f'{name} double' for name in BY_YEAR.summed)})"
        )
        connection.executemany(
            f"insert into marts.debrief_monthly values ({', '.join('?' * (3 + len(BY_YEAR.summed)))})",
            [
                [day, *SERVICE, *(row[name] for name in BY_YEAR.summed)]
                for day, row in months.items()
            ],
        )
        connection.execute(
            "create table intermediate.int_board__retention as from "
            "(values (2019, 'service', 'all', 300)) as v(year, scope_type, scope_name, headcount)"
        )
    return build


KEYS = ("period_kind", "year", "period", "scope_type", "scope_name")
RULES = {name: board.RELEASES[name] for name in ("debrief_yearly", "debrief_to_date")}


def debriefs(
    counts: Sequence[int], *, held: Sequence[int] | None = None
) -> tuple[list[dict[str, Any]], dict[date, dict[str, Any]]]:
    """Rows by year and to date of debriefs asked for by month, of which all were held (or ``held``)."""
    months = months_of(counts)
    kept = list(held or counts)
    for row, one in zip(months.values(), kept, strict=True):
        row |= {"held": one, "declined": 0, "held_within_3_days": one}
    columns = list(
        dict.fromkeys((*TO_DATE.columns[3:], "staff_affected_where_held", "followed_up"))
    )

    def row(lead: list[Any], inside: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        values = dict.fromkeys(columns, 0.0)
        values |= {name: float(sum(month[name] for month in inside)) for name in BY_YEAR.summed}
        if values["requested"]:
            values["uptake_rate"] = values["held"] / values["requested"]
        return dict(zip(KEYS, [*lead, *SERVICE], strict=True)) | values

    rows = [row(["to_date", None, "to_date"], list(months.values()))]
    for year in sorted({day.year for day in months}):
        inside = [one for day, one in months.items() if day.year == year]
        if len(inside) == 12:
            rows.append(row(["year", year, None], inside))
    return rows, months


def write(
    folder: Path,
    counts: Sequence[int],
    earlier: Sequence[releases.Release] = (),
    rules: Mapping[str, Release] = RULES,
    held: Sequence[int] | None = None,
    is_lost: bool = False,
) -> tuple[releases.Release, dict[str, list[dict[str, Any]]]]:
    """Release a file of debriefs: what is kept of it, and its tables."""
    build = copying(folder, *debriefs(counts, held=held))
    target = folder / "board.duckdb"
    target.unlink(missing_ok=True)
    wanted = boardfile.Plan("a test", date(2020, 1, 31), (), tuple(earlier), is_lost=is_lost)
    with publish._Copying(build, target) as copy:
        released = boardfile.write_people(copy, wanted, "v", rules)
        tables = {
            name: boardfile._rows(copy, f"marts.{name}") for name in (*rules, "disclosure_report")
        }
    return released, tables


def to_date(tables: Mapping[str, list[dict[str, Any]]], column: str = "requested") -> Any:
    return tables["debrief_to_date"][0][column]


def test_the_report_says_what_is_hidden_tried_and_how_narrow_it_is(tmp_path: Path) -> None:
    """24 in 2019, 30 in 2020, 54 to date. Nothing that is shown is small, and the months are 24 wide."""
    _, tables = write(tmp_path, [2] * 12 + [5] * 6 + [0] * 6)
    report = {row["table_name"]: row for row in tables["disclosure_report"]}
    assert set(report) == set(RULES)
    assert report["debrief_to_date"]["figures_to"] == date(2020, 12, 31)
    assert report["debrief_yearly"]["reason"] == "a test"
    assert report["debrief_yearly"]["narrowest_interval"] is None


def test_a_programme_that_had_not_begun_had_no_debriefs_and_that_is_no_secret(
    tmp_path: Path,
) -> None:
    """From January 2019, but the first of 36 in 2020: the 36 to date stand. Had it begun with 3 in 2019, the
    39 to date would say so, and are hidden."""
    _, tables = write(tmp_path, [0] * 12 + [3] * 12)
    assert to_date(tables) == 36
    _, tables = write(tmp_path, [0, 0, 3, *[0] * 9, *[3] * 12])
    assert to_date(tables) is None


def test_months_after_the_last_year_hide_the_figure_to_date(tmp_path: Path) -> None:
    """24 in 2019 and none in January 2020: 24 to date would say so of January."""
    _, tables = write(tmp_path, [2] * 12 + [0])
    assert (to_date(tables), tables["debrief_to_date"][0]["requested_symbol"]) == (None, "c")
    (year,) = tables["debrief_yearly"]
    assert year["requested"] == 24


def test_a_rate_beside_its_hidden_count_is_caught_and_stops_the_night(tmp_path: Path) -> None:
    """20 of 24 held: the 4 others hide the 20. A weak rule set shows 20 / 24 beside 24."""
    held = [2] * 10 + [0, 0]
    write(tmp_path, [2] * 12, held=held)
    weak = {}
    for name, release in RULES.items():
        conditions = {**release.conditions, "uptake_rate": "false"}
        weak[name] = Release(**{**vars(release), "conditions": conditions})
    with pytest.raises(GateFailed) as stopped:
        write(tmp_path, [2] * 12, held=held, rules=weak)
    said = str(stopped.value)
    assert stopped.value.exit_code == 4
    assert said.startswith("marts.debrief_to_date, to_date, the service: the hidden held and ")
    assert "20" not in said


def test_twelve_monthly_releases_never_let_a_month_be_worked_out(tmp_path: Path) -> None:
    """Two years, then a release a month for a year, of 0 to 20 debriefs: whoever kept all thirteen files
    and subtracts figures to date gets no month and no stretch of fewer than eight."""
    counts = [12] * 24
    kept, _ = write(tmp_path, counts)
    earlier, shown = (
        [kept],
        [(24, float(to_date({"debrief_to_date": kept.figures["debrief_to_date"]})))],
    )
    for count in (1, 9, 20, 0, 0, 3, 20, 20, 20, 2, 0, 1):
        counts = [*counts, count]
        kept, tables = write(tmp_path, counts, earlier)
        earlier.append(numbered(kept, len(earlier)))
        if to_date(tables) is not None:
            last = date.fromisoformat(kept.last_months["debrief_to_date"])
            shown.append(((last.year - 2019) * 12 + last.month, float(to_date(tables))))
    points = sorted(set(shown))
    assert len(points) > 2
    for (first, before), (second, after) in itertools.pairwise(points):
        assert second - first >= 3
        assert after - before > 7
        assert after == sum(counts[:second])


def numbered(kept: releases.Release, number: int) -> releases.Release:
    return replace(kept, number=number + 1)


def test_without_the_rule_for_figures_to_date_the_second_release_hides_them(tmp_path: Path) -> None:
    """The weak rule shows 291 after 288: the attacker has the month's 3, and the figure is hidden."""
    weak = {name: Release(**{**vars(release), "moves_with": ()}) for name, release in RULES.items()}
    kept, _ = write(tmp_path, [12] * 24, rules=weak)
    released, tables = write(tmp_path, [12] * 24 + [3], [kept], weak)
    assert to_date(tables) is None
    assert released.figures["debrief_to_date"][0]["requested"] is None


def test_tables_that_were_lost_are_the_last_release_again_if_the_files_still_give_it(
    tmp_path: Path,
) -> None:
    """Restored from the lake, with its figures to date of three months more than the first release; with
    one more record since, it is a release of its own."""
    first, _ = write(tmp_path, [12] * 24)
    second, before = write(tmp_path, [12] * 27, [first])
    assert to_date(before) == 27 * 12
    kept = replace(second, number=2, reason="the monthly release")
    again, tables = write(tmp_path, [12] * 27, [first, kept], is_lost=True)
    assert (again.number, again.reason, again.figures) == (2, kept.reason, kept.figures)
    assert tables["debrief_yearly"] == before["debrief_yearly"]
    assert {row["reason"] for row in tables["disclosure_report"]} == {"the monthly release"}
    more, _ = write(tmp_path, [20] + [12] * 26, [first, kept], is_lost=True)
    assert (more.number, more.reason) == (3, "a test")
