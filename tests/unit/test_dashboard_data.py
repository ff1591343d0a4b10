"""Reading the board's file: locked down, by version, and never a mixture of two."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import streamlit as st

from dashboard import data, programme, rows
from tests.board_fixture import NEIGHBOURS, Board, flip, make_home, publish, write_board

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_memory() -> None:
    """What one test's board left in the process's memory must not answer in the next."""
    st.cache_data.clear()
    data._last_good.clear()


@pytest.fixture
def board(tmp_path: Path) -> data.Board:
    make_home(tmp_path)
    opened = data.open_board(tmp_path)
    assert opened.problem is None
    assert opened.board is not None
    return opened.board


def choice(**other: str) -> data.Choice:
    said = {
        "indicator": "turnover_rate_headcount",
        "council": "852",
        "region": "South East",
        "model": "2021",
        "top": "leavers_headcount",
        "bottom": "inpost_headcount",
    }
    return data.Choice(release=date(2026, 3, 19), **{**said, **other})


def test_a_second_connection_is_locked_down_like_the_first(tmp_path: Path) -> None:
    path = str(write_board(tmp_path / "board.duckdb"))
    with data.connect(path), data.connect(path) as second:
        assert second.execute("select count(*) from marts.release_info").fetchone() == (1,)
        with pytest.raises(duckdb.Error):
            second.execute("select * from read_text('/etc/hostname')")


def test_what_is_remembered_belongs_to_one_version(tmp_path: Path) -> None:
    """Every headcount of the second version is 50 more."""
    make_home(tmp_path)
    publish(tmp_path, Board(version="v2", headcount_shift=50))
    flip(tmp_path, "v1")
    first = data.open_board(tmp_path).board
    flip(tmp_path, "v2")
    second = data.open_board(tmp_path).board
    assert first is not None
    assert second is not None
    assert (first.release.version, second.release.version) == ("v1", "v2")
    one, two = first.retention()["headcount"], second.retention()["headcount"]
    assert (two - one == 50).all()
    assert (first.retention()["headcount"] == one).all()


def test_a_rollback_shows_the_earlier_version_again(tmp_path: Path) -> None:
    make_home(tmp_path)
    publish(tmp_path, Board(version="v2"))
    assert data.open_board(tmp_path).board.release.version == "v2"  # type: ignore[union-attr]
    flip(tmp_path, "v1")
    assert data.open_board(tmp_path).board.release.version == "v1"  # type: ignore[union-attr]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_off_file_is_found_out_before_a_page_uses_it(share: float, tmp_path: Path) -> None:
    path = publish(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    opened = data.open_board(tmp_path)
    assert opened.board is None
    assert opened.problem is not None
    assert "warehouse rollback" in opened.problem


def test_a_file_without_its_release_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, Board(empty=("release_info",)))
    assert data.open_board(tmp_path).board is None


def test_months_come_in_order_and_what_looks_back_a_year_only_after_one(board: data.Board) -> None:
    months = rows.records(board.retention())
    days = [row["day"] for row in months]
    assert days == sorted(days)
    assert [row["unexplained_exits_12m"] is None for row in months[:13]] == [True] * 12 + [False]
    assert months[12]["unexplained_exits_12m"] == sum(r["unexplained_exits"] for r in months[1:13])
    assert months[12]["headcount_12m_before"] == months[0]["headcount"]


def test_hidden_columns_are_found_by_their_symbols(board: data.Board) -> None:
    assert board.hidden_retention() == {
        "voluntary_leavers": "c",
        "retirements": "c",
        "transfers": "c",
        "early_leavers_12m": "c",
    }


def test_neighbours_are_those_of_the_chosen_model(board: data.Board) -> None:
    for model, codes in NEIGHBOURS.items():
        lines = rows.records(board.benchmark_lines(choice(model=model)))
        assert {row["area"] for row in lines if row["role"] == "neighbour"} == set(codes)


def test_where_a_council_stands_is_read_and_not_worked_out(board: data.Board) -> None:
    """The file's own median and place, of the chosen model alone."""
    standing = {row["year"]: row for row in rows.records(board.standing(choice()))}
    assert list(standing) == list(range(2017, 2026))
    assert standing[2025]["neighbours_median"] == pytest.approx(0.103)
    assert standing[2025]["neighbours_with_figure"] == 10
    assert all(1 <= row["place"] <= row["councils"] < 152 for row in standing.values())
    other = rows.records(board.standing(choice(model="2025")))
    assert [row["place"] for row in other] == [row["place"] for row in standing.values()]
    assert other[-1]["neighbours_median"] != standing[2025]["neighbours_median"]


def test_a_neighbour_that_reports_with_its_twin_is_found(board: data.Board) -> None:
    lines = rows.records(board.benchmark_lines(choice(council="886")))
    assert "940 / 941" in {row["area"] for row in lines if row["role"] == "neighbour"}


def test_a_symbol_is_no_value(board: data.Board) -> None:
    """Southampton's absence of 2022 is published as `low`."""
    lines = rows.records(
        board.benchmark_lines(
            choice(indicator="absence_rate_fte", top="working_days_lost_fte", bottom="inpost_fte")
        )
    )
    low = [r for r in lines if r["role"] == "council" and r["year"] == 2022]
    assert [(row["published_value"], row["symbol"]) for row in low] == [(None, "low")]


def test_a_table_that_is_not_there_is_empty_and_no_fault(tmp_path: Path) -> None:
    make_home(tmp_path, Board(missing=("retention_monthly", "load_summary")))
    opened = data.open_board(tmp_path).board
    assert opened is not None
    assert opened.retention().empty
    assert opened.hidden_retention() == {}
    assert opened.loads().empty


def board_where_came(come: tuple[str, ...], tmp_path: Path, *more: str) -> data.Board:
    """A file whose summary of loads knows of files of these sources alone; ``more``: SQL that adds to it."""
    path = tmp_path / "board.duckdb"
    with duckdb.connect(str(path)) as file:
        file.execute("create schema marts")
        file.execute("create table marts.load_summary (source varchar, files_loaded integer)")
        for source in sorted({one for groups in data.COUNTED_FROM.values() for group in groups
                              for one in group}):  # fmt: skip
            file.execute("insert into marts.load_summary values (?, ?)", [source, source in come])
        for sql in more:
            file.execute(sql)
        tables = frozenset(
            name for (name,) in file.execute("select table_name from duckdb_tables()").fetchall()
        )
    release = data.Release("v1", None, None, synthetic=True)
    return data.Board(data.FileKey(str(path), 1, 1), release, tables)


@pytest.mark.parametrize(
    ("come", "table", "lacking"),
    [
        ((), "retention_monthly", ()),
        ((), "recruitment_monthly", ("hr_vacancies",)),
        (("hr_vacancies",), "recruitment_monthly", ()),
        (("groups", "group_sessions"), "participation_quarterly", ("group_attendance",)),
        (("groups", "group_sessions"), "group_cadence", ()),
        (("group_sessions", "attendance_zoom"), "programme_fidelity", ("groups",)),
        (("groups", "group_sessions", "attendance_zoom"), "participation_quarterly", ()),
    ],
)
def test_a_table_lacks_the_sources_that_it_is_counted_from_and_no_file_has_come_of(
    come: tuple[str, ...], table: str, lacking: tuple[str, ...], tmp_path: Path
) -> None:
    """A meeting's report stands in for a register: without either nobody knows who came."""
    board = board_where_came(come, tmp_path)
    assert board.not_come(table) == lacking


@pytest.mark.parametrize(
    ("come", "groups"),
    [
        ((), ["vacancies_before"]),
        (("groups", "group_sessions"), ["vacancies_before"]),
        (
            ("groups", "group_sessions", "group_attendance"),
            ["staff_not_attended", "vacancies_before"],
        ),
    ],
)
def test_nobody_is_drawn_as_one_who_had_not_come_where_no_register_came(
    come: tuple[str, ...], groups: list[str], tmp_path: Path
) -> None:
    board = board_where_came(
        come,
        tmp_path,
        "create table marts.impact_survival_curve as "
        "select unnest(['vacancies_before', 'staff_not_attended']) as \"group\", 1 as month",
    )
    assert [row["group"] for row in board.curves()] == groups


def test_a_file_that_does_not_say_what_came_lacks_nothing(tmp_path: Path) -> None:
    release = data.Release("v1", None, None, synthetic=True)
    board = data.Board(data.FileKey(str(tmp_path / "none"), 1, 1), release, frozenset())
    assert board.not_come("recruitment_monthly") == ()


def test_definitions_are_those_of_the_file(board: data.Board) -> None:
    assert board.meanings("retention_monthly")["headcount"].startswith("People in post")


@pytest.mark.parametrize(("hours", "stale"), [(0, False), (36, False), (36.01, True), (500, True)])
def test_stale_is_over_36_hours(hours: float, stale: bool) -> None:
    good = NOW - timedelta(hours=hours)
    assert data.LastNight("published", good, good).is_stale(NOW) is stale


@pytest.mark.parametrize(
    ("said", "stale"), [("12", True), ("48", False), ("soon", True), ("", True)]
)
def test_how_long_a_good_night_lasts_is_the_setting_that_status_reads(
    said: str, stale: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """40 hours ago; where the setting is none, 36 hours stand."""
    monkeypatch.setenv("WAREHOUSE_STALE_AFTER_HOURS", said)
    good = NOW - timedelta(hours=40)
    assert data.LastNight("published", good, good).is_stale(NOW) is stale


def test_a_home_without_a_good_night_is_stale() -> None:
    assert data.LastNight("failed", None, NOW).is_stale(NOW)


def test_times_without_a_zone_are_taken_as_utc(tmp_path: Path) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "last_night.json").write_text(
        '{"status": "published", "last_good_at": "2026-11-22T02:00:00"}', encoding="utf-8"
    )
    night = data.last_night(tmp_path)
    assert night is not None
    assert night.hours_since_good(NOW) == 10


@pytest.mark.parametrize("text", ["", "[]", "{", '{"status": 1, "last_good_at": "soon"}', "null"])
def test_a_broken_last_night_is_none(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "last_night.json").write_text(text, encoding="utf-8")
    assert data.last_night(tmp_path) is None


def test_periods_meet_without_a_gap_or_an_overlap() -> None:
    known = programme.load()
    _, before, during, after = known.periods
    day = date(2018, 1, 1)
    while day < date(2021, 1, 1):
        assert sum(period.holds(day) for period in (before, during, after)) == 1
        day += timedelta(days=1)
    assert during.holds(known.programme_end)
    assert not after.holds(known.programme_end)
