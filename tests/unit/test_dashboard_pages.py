"""The pages, run whole against a hand-made board's file, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import data, words
from tests.board_fixture import Board, flip, make_home, publish, write_last_night

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
PAGES = {"Overview": None, "Retention": "pages/retention.py", "Benchmarks": "pages/benchmarks.py"}

Opener = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def fresh_memory() -> None:
    """What one test's board left in the process's memory must not answer in the next."""
    st.cache_data.clear()
    data._last_good.clear()


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open a page on a home in `tmp_path`."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))

    def opener(title: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        page = PAGES[title]
        if page:
            app.switch_page(page)
        return app.run()

    return opener


def spoken(app: AppTest) -> str:
    """All the words of a page, in one piece."""
    kinds = (app.title, app.header, app.markdown, app.caption, app.info, app.warning, app.error)
    said = [str(block.value) for kind in kinds for block in kind]
    said += [str(block.proto.body) for block in app.get("html")]
    return "\n".join(said)


def charts(app: AppTest) -> list[object]:
    return list(app.get("arrow_vega_lite_chart")) or list(app.get("vega_lite_chart"))


@pytest.mark.parametrize("title", list(PAGES))
def test_each_page_asks_one_question_and_raises_nothing(
    title: str, tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path)
    app = open_page(title)
    assert not app.exception
    assert [heading.value for heading in app.title] == [words.QUESTIONS[title]]


@pytest.mark.parametrize(
    ("title", "tables"), [("Overview", 1), ("Retention", 5), ("Benchmarks", 2)]
)
def test_beside_every_chart_stand_a_table_and_a_csv(
    title: str, tables: int, tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path)
    app = open_page(title)
    assert len(charts(app)) == tables
    assert len(app.dataframe) == tables
    assert len(app.get("download_button")) == tables


@pytest.mark.parametrize("title", list(PAGES))
def test_every_page_says_when_its_figures_are_from(
    title: str, tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path)
    said = spoken(open_page(title))
    assert ("19 March 2026" if title == "Benchmarks" else "31 December 2021") in said
    assert "published 22 November 2026" in said
    assert "last good night 2 hours ago" in said


@pytest.mark.parametrize("title", list(PAGES))
def test_synthetic_data_say_so_on_every_page(title: str, tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path, Board(synthetic=True))
    app = open_page(title)
    assert [note.value for note in app.info] == [words.synthetic_notice(title)]


@pytest.mark.parametrize("title", list(PAGES))
def test_real_data_are_not_called_synthetic(title: str, tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path, Board(synthetic=False))
    app = open_page(title)
    assert not app.info
    assert "synthetic" not in spoken(app).lower()


@pytest.mark.parametrize("title", list(PAGES))
def test_a_missed_night_raises_a_banner_after_36_hours(
    title: str, tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path, hours_ago=37)
    app = open_page(title)
    assert len(app.warning) == 1
    assert "A night was missed" in app.warning[0].value
    assert "37 hours ago" in app.warning[0].value


def test_35_hours_are_not_yet_a_missed_night(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path, hours_ago=35)
    assert not open_page("Overview").warning


def test_an_unreadable_last_night_is_treated_as_a_missed_one(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path)
    (tmp_path / "published" / "last_night.json").write_text("{", encoding="utf-8")
    app = open_page("Overview")
    assert not app.exception
    assert "No night is known" in app.warning[0].value


@pytest.mark.parametrize("title", list(PAGES))
def test_nothing_published_is_a_sentence(title: str, tmp_path: Path, open_page: Opener) -> None:
    app = open_page(title)
    assert not app.exception
    assert [heading.value for heading in app.title] == [words.QUESTIONS[title]]
    assert "No figures have been published yet" in app.error[0].value
    assert not charts(app)


@pytest.mark.parametrize("title", list(PAGES))
def test_a_cut_off_file_is_a_sentence(title: str, tmp_path: Path, open_page: Opener) -> None:
    path = publish(tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    app = open_page(title)
    assert not app.exception
    assert "cannot be read" in app.error[0].value
    assert not charts(app)


def test_when_a_new_version_is_broken_the_last_good_figures_stay(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path)
    app = open_page("Retention")
    answer = spoken(app)
    broken = publish(tmp_path, Board(version="v2", headcount_shift=50))
    broken.write_bytes(b"not a database")
    app.run()
    assert "cannot be read" in app.error[0].value
    assert "of version v1" in app.error[0].value
    assert words.retention_answer(None) not in answer
    assert "90.2%" in answer
    assert "90.2%" in spoken(app)


def test_a_new_version_shows_at_the_next_run(tmp_path: Path, open_page: Opener) -> None:
    """Headcount in the second file is 50 more at every month end."""
    make_home(tmp_path)
    publish(tmp_path, Board(version="v2", headcount_shift=50))
    flip(tmp_path, "v1")
    app = open_page("Overview")
    assert ">212<" in spoken(app)
    flip(tmp_path, "v2")
    app.run()
    assert ">262<" in spoken(app)
    assert ">212<" not in spoken(app)


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_a_board_without_staff_figures_says_so(how: str, tmp_path: Path, open_page: Opener) -> None:
    tables = ("retention_monthly", "retention_yearly_dfe")
    make_home(tmp_path, Board(empty=tables) if how == "empty" else Board(missing=tables))
    overview = open_page("Overview")
    assert not overview.exception
    assert words.overview_answer(None, None, None) in spoken(overview)
    retention = open_page("Retention")
    assert not retention.exception
    assert words.retention_answer(None) in spoken(retention)
    assert "No census year can be shown yet" in spoken(retention)
    assert not charts(retention)


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_a_board_without_benchmarks_says_so(how: str, tmp_path: Path, open_page: Opener) -> None:
    tables = ("dfe_benchmark", "statistical_neighbours")
    make_home(tmp_path, Board(empty=tables) if how == "empty" else Board(missing=tables))
    app = open_page("Benchmarks")
    assert not app.exception
    assert "nothing to compare with" in spoken(app)
    assert not charts(app)


def test_a_council_without_known_neighbours_still_has_its_own_line(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path, Board(empty=("statistical_neighbours",)))
    app = open_page("Benchmarks")
    assert not app.exception
    assert "No statistical neighbours are known" in spoken(app)
    assert len(charts(app)) == 2


def test_a_record_of_less_than_a_year_is_too_early_to_tell(
    tmp_path: Path, open_page: Opener
) -> None:
    """From December 2017 to June 2018 no month has twelve months behind it."""
    make_home(tmp_path, Board(last=date(2018, 6, 30)))
    overview = open_page("Overview")
    assert not overview.exception
    assert "too early to tell" in spoken(overview)
    retention = open_page("Retention")
    assert not retention.exception
    assert "needs a whole year of records" in spoken(retention)


def test_a_period_without_a_month_says_so(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path, Board(last=date(2019, 6, 30)))
    app = open_page("Retention")
    app.get("button_group")[0].set_value("After").run()
    assert not app.exception
    assert words.retention_answer(None) in spoken(app)


def test_hidden_measures_are_named_and_explained(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    app = open_page("Retention")
    said = spoken(app)
    assert "c: hidden so that no one can be recognised." in said
    table = app.table[0].value
    assert table["Measure"].tolist() == [
        "Resignations",
        "Retirements",
        "Transfers within the council",
        "Leavers in their first year, 12 months",
    ]
    assert table["December 2021"].tolist() == ["c", "c", "c", "c"]


def test_turnover_is_said_to_be_too_low_by_unexplained_exits(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path, Board(unexplained=True))
    assert "turnover is too low by up to that many" in spoken(open_page("Retention"))


def test_without_unexplained_exits_nothing_is_said_to_be_too_low(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path, Board(unexplained=False))
    said = spoken(open_page("Retention"))
    assert "too low" not in said
    assert "None between December 2017 and December 2021." in said


def test_the_period_moves_the_answer_to_its_last_month(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    app = open_page("Retention")
    assert "In the 12 months to 31 December 2021" in spoken(app)
    app.get("button_group")[0].set_value("During").run()
    assert "In the 12 months to 31 January 2020" in spoken(app)
    assert app.dataframe[0].value["Month end"].tolist()[0] == "2020-01-31"
    assert app.dataframe[0].value["Month end"].tolist()[-1] == "2019-01-31"


def test_southampton_beside_its_neighbours_is_as_the_department_published_it(
    tmp_path: Path, open_page: Opener
) -> None:
    """2025: 18 of 241 left, 7.5 %; the 2021 model's ten neighbours have a median of 10.3 %."""
    make_home(tmp_path)
    said = spoken(open_page("Benchmarks"))
    assert "**7.5%** (18 left; 241 in post at the end of the year)" in said
    assert "2.8 percentage points below the median" in said
    assert "(10.3%; 10 with a figure, 2021 model)" in said
    assert "South East was at 12.4% and England at 12.0%" in said
    assert words.LICENCE in said


def test_the_choice_of_neighbour_model_moves_the_comparison(
    tmp_path: Path, open_page: Opener
) -> None:
    """2025 model: the median of its ten is 12.4 % (rounded)."""
    make_home(tmp_path)
    app = open_page("Benchmarks")
    app.get("button_group")[0].set_value("2025").run()
    assert "(12.4%; 10 with a figure, 2025 model)" in spoken(app)


def test_any_council_can_be_chosen(tmp_path: Path, open_page: Opener) -> None:
    """Kent's neighbours here name Northamptonshire's West by its own code, 941; the Department
    publishes it with the North, as 940 / 941."""
    make_home(tmp_path)
    app = open_page("Benchmarks")
    council = next(box for box in app.selectbox if box.label == "Council")
    assert len(council.options) == 156
    council.set_value("Kent (886)").run()
    assert not app.exception
    said = spoken(app)
    assert "in **Kent** was" in said
    assert "3 with a figure, 2021 model" in said


def test_a_council_too_small_to_rank_is_not_ranked(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    app = open_page("Benchmarks")
    next(box for box in app.selectbox if box.label == "Council").set_value(
        "City of London (201)"
    ).run()
    assert "City of London is not ranked for 2025" in spoken(app)


def test_every_indicator_of_the_release_can_be_opened(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    app = open_page("Benchmarks")
    labels = next(box for box in app.selectbox if box.label == "Indicator").options
    assert len(labels) == 22
    for label in labels:
        next(box for box in app.selectbox if box.label == "Indicator").set_value(label).run()
        assert not app.exception
        assert charts(app), label


def test_the_return_error_of_2022_is_told_where_absence_is_shown(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path)
    app = open_page("Benchmarks")
    assert "error in the return" not in spoken(app)
    box = next(box for box in app.selectbox if box.label == "Indicator")
    box.set_value(words.INDICATORS["absence_rate_fte"].label).run()
    said = spoken(app)
    assert "7 working days lost for 226.9 FTE" in said
    assert "low: rounds to zero, but is not zero" in said


def test_two_kinds_of_turnover_are_told_apart_on_the_page(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path)
    assert words.DFE_TURNOVER_NOTE in spoken(open_page("Retention"))


def test_measures_not_taken_in_yet_are_named(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    said = spoken(open_page("Overview"))
    assert "Not yet taken in: vacancies" in said
    assert "wellbeing scores" in said


def test_last_night_can_be_missing(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    (tmp_path / "published" / "last_night.json").unlink()
    app = open_page("Overview")
    assert not app.exception
    assert len(app.warning) == 1
    write_last_night(tmp_path, hours_ago=1)
    assert not app.run().warning


def test_the_overview_says_what_its_figures_rest_on(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    said = spoken(open_page("Overview"))
    assert "12,000 rows taken in; 3 rows set aside as faulty, no files refused." in said
    assert "900 rows taken in; no rows set aside as faulty, 1 file refused." in said
