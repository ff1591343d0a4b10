"""Which pages are registered for whom, and what the page for stewards says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import signin
from dashboard.signin import Refusal, Role, Verdict
from dashboard.words import access, operations
from tests.board_fixture import Board, make_home, write_last_night
from tests.unit.test_signin import PROVIDER
from warehouse import nightly
from warehouse.errors import WarehouseError

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

Opener = Callable[[Verdict], AppTest]


@pytest.fixture
def open_as(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open the dashboard's first page with a provider, as somebody of whom it judged so."""
    make_home(tmp_path)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.setattr(signin, "current", lambda: PROVIDER)

    def opened(verdict: Verdict) -> AppTest:
        monkeypatch.setattr(signin, "verdict", lambda _: verdict)
        return AppTest.from_file(str(APP), default_timeout=60).run()

    return opened


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the pages that a run registers."""
    titles: list[str] = []
    real = st.navigation

    def noting(pages: list[Any], **how: Any) -> Any:
        titles[:] = [page.title for page in pages]
        return real(pages, **how)

    monkeypatch.setattr(st, "navigation", noting)
    return titles


@pytest.mark.parametrize("why", list(Refusal))
def test_whoever_is_refused_gets_one_page_with_a_sentence_and_no_figure(
    why: Refusal, open_as: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard import data

    def never(*_: Any) -> Any:
        raise AssertionError("the board's file was opened for somebody who may not see it")

    monkeypatch.setattr(data, "open_board", never)
    app = open_as(Verdict(None, why))
    assert not app.exception
    assert [title.value for title in app.title] == [access.QUESTIONS[why]]
    assert access.SENTENCES[why] in [said.value for said in app.markdown]
    wanted = access.SIGN_OUT if why is Refusal.NO_ROLE else access.SIGN_IN
    assert [button.label for button in app.button] == [wanted]
    assert not app.metric
    assert not app.dataframe
    assert not app.sidebar.caption


def test_the_page_on_operations_is_registered_for_stewards_alone(
    open_as: Opener, registered: list[str]
) -> None:
    steward = open_as(Verdict(Role.STEWARD))
    assert "data steward" in steward.sidebar.text[0].value
    assert registered[-1] == "Operations"
    theirs = registered[:-1]
    board = open_as(Verdict(Role.BOARD))
    assert "member of the board" in board.sidebar.text[0].value
    assert registered == theirs
    assert "Retention" in registered


def test_nobody_else_has_a_page_of_figures_registered(
    open_as: Opener, registered: list[str]
) -> None:
    """The page in plain words on what is held of staff shows no figure, and is for anybody."""
    open_as(Verdict(None, Refusal.NO_ROLE))
    assert set(registered) == {access.TITLE, "Your data"}


def test_without_a_provider_the_sidebar_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert access.LOOPBACK in [said.value for said in app.sidebar.caption]
    assert not app.sidebar.button


def test_a_name_is_shown_as_it_is() -> None:
    assert access.signed_in(" Ada ", Role.BOARD) == "Signed in as Ada, member of the board"
    for nothing in (None, "", 3, {"x": 1}):
        assert access.signed_in(nothing, Role.BOARD) == "Signed in, member of the board"


@pytest.mark.parametrize(
    "status",
    ["published", "published_with_problems", "nothing_new", "gate_failed", "failed", "locked"],
)
def test_every_way_a_night_can_end_has_a_sentence_and_the_time(status: str) -> None:
    said = operations.answer(status, NOW)
    assert said != operations.answer("unheard of", NOW)
    assert "It ended on 22 November 2026 at 12:00 (UTC)." in said
    assert operations.answer(None, None) == operations.UNKNOWN


def test_the_ways_a_night_can_end_are_those_that_the_job_writes() -> None:
    faults = {fault.status for fault in (WarehouseError, *WarehouseError.__subclasses__())}
    assert set(operations.NIGHTS) == faults | set(nightly.GOOD)


def load(source: str, latest: date | None, *counts: int) -> dict[str, Any]:
    names = (
        "files_loaded",
        "files_rejected",
        "files_superseded",
        "rows_loaded",
        "rows_quarantined",
    )
    return {"source": source, "latest_as_of": latest} | dict(zip(names, counts, strict=True))


def test_sources_that_need_somebody_stand_first() -> None:
    """30 days lie between 23 October and 22 November; 3 of 12 rows are a quarter."""
    rows = operations.by_source(
        [
            load("absence", date(2026, 10, 23), 4, 0, 0, 9, 0),
            load("hr_staff", date(2026, 11, 22), 4, 0, 0, 9, 3),
            load("debriefs", None, 0, 1, 0, 0, 0),
        ],
        NOW.date(),
    )
    assert [row["source"] for row in rows] == ["Debrief log", "Staff list", "Sickness absence"]
    assert [row["days_since"] for row in rows] == [None, 0, 30]
    assert [row["quarantined_share"] for row in rows] == [None, 0.25, 0.0]


def test_what_waits_is_counted_in_a_sentence() -> None:
    loads = [
        load("a", None, 1, 2, 0, 9, 0),
        load("b", None, 1, 0, 0, 9, 1),
        load("c", None, *[0] * 5),
    ]
    assert operations.to_see_to(loads).startswith(
        "2 files are refused and 1 row is set aside, from 2 sources."
    )
    assert operations.to_see_to(loads[2:]) == "No file is refused and no row set aside."


def test_where_no_board_can_be_read_the_night_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_home(tmp_path, Board(empty=("release_info",)))
    write_last_night(tmp_path, status="gate_failed")
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.switch_page("pages/operations.py")
    said = " ".join(block.value for block in app.run().markdown)
    assert "a gate failed" in said
    assert "warehouse rollback" in said
    assert app.error
