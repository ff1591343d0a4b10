"""The pages, run whole against a hand-made board's file, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import metrics, words
from tests.board_fixture import TOPICS, Board, flip, make_home, publish, write_last_night

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
PAGES = {
    "Overview": None,
    "Retention": "pages/retention.py",
    "Recruitment": "pages/recruitment.py",
    "Participation": "pages/participation.py",
    "Debriefs": "pages/debriefs.py",
    "Wellbeing": "pages/wellbeing.py",
    "Impact": "pages/impact.py",
    "Benchmarks": "pages/benchmarks.py",
    "Principle 6": "pages/principle_6.py",
    "About the data": "pages/about_the_data.py",
    "Operations": "pages/operations.py",
}
# Charts of each page on a whole and healthy board.
CHARTS = {
    "Overview": 1,
    "Retention": 7,
    "Recruitment": 7,
    "Participation": 5,
    "Debriefs": 3,
    "Wellbeing": 6,
    "Impact": 6,
    "Benchmarks": 2,
    "Principle 6": 0,
    "About the data": 0,
    "Operations": 0,
}
# Tables and downloads that stand for themselves, beside no chart: (tables, downloads).
ALONE = {
    "Overview": (1, 3),
    "Retention": (1, 2),
    "Recruitment": (1, 2),
    "Participation": (1, 3),
    "Wellbeing": (0, 1),
    "Principle 6": (1, 1),
    "About the data": (2, 2),
    "Operations": (1, 1),
}
# The pages of the service's own figures, and the one that sets them beside others'.
OWN_PAGES = [
    "Overview", "Retention", "Recruitment", "Participation", "Debriefs", "Wellbeing", "Benchmarks",
]  # fmt: skip
TOPIC_PAGES = ["Recruitment", "Participation", "Debriefs", "Wellbeing"]

Opener = Callable[..., AppTest]


def open_at(home: Path, title: str) -> AppTest:
    """Open a page on a home, and run it once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(home))
        app = AppTest.from_file(str(APP), default_timeout=60)
        page = PAGES[title]
        if page:
            app.switch_page(page)
        return app.run()


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Open a page on a home in `tmp_path`, for a test that changes what is there."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    return lambda title: open_at(tmp_path, title)


def reader(home: Path) -> Opener:
    """Open each page of a home that no test changes, and only once: a run takes a second."""
    opened: dict[str, AppTest] = {}

    def read(title: str) -> AppTest:
        if title not in opened:
            opened[title] = open_at(home, title)
        return opened[title]

    return read


@pytest.fixture(scope="module")
def healthy_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("healthy"))


@pytest.fixture(scope="module")
def healthy(healthy_home: Path) -> Opener:
    """The pages of a whole and healthy board. Their widgets must be left alone."""
    return reader(healthy_home)


@pytest.fixture(scope="module")
def staff_alone(tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """The pages of a board of whose sources the two of HR have come, and the Department's."""
    without = (
        "hr_vacancies", "groups", "group_sessions", "group_attendance", "debriefs", "absence",
        "wellbeing_survey",
    )  # fmt: skip
    return reader(make_home(tmp_path_factory.mktemp("staff_alone"), Board(without=without)))


@pytest.fixture
def worked(healthy_home: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """The same pages for a test that works their widgets: each call opens one anew."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(healthy_home))
    return lambda title: open_at(healthy_home, title)


@pytest.fixture(scope="module")
def real_and_late(tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """Figures that are not synthetic, published 37 hours ago."""
    home = tmp_path_factory.mktemp("real")
    return reader(make_home(home, Board(synthetic=False), hours_ago=37))


@pytest.fixture(scope="module")
def suppressed(tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """Every cell that may be hidden is."""
    return reader(make_home(tmp_path_factory.mktemp("suppressed"), Board(suppressed=True)))


@pytest.fixture(scope="module", params=["empty", "missing"])
def without_topics(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Opener:
    """An older file, which knows retention and benchmarks alone; or one with empty tables."""
    board = Board(empty=tuple(TOPICS)) if request.param == "empty" else Board(missing=tuple(TOPICS))
    return reader(make_home(tmp_path_factory.mktemp(request.param), board))


def spoken(app: AppTest) -> str:
    """All the words of a page, in one piece."""
    kinds = (app.title, app.header, app.markdown, app.caption, app.info, app.warning, app.error)
    said = [str(block.value) for kind in kinds for block in kind]
    said += [str(block.proto.body) for block in app.get("html")]
    return "\n".join(said)


def charts(app: AppTest) -> list[object]:
    return list(app.get("arrow_vega_lite_chart")) or list(app.get("vega_lite_chart"))


def shown(app: AppTest, header: str) -> list[list[str]]:
    """The rows of the first table on the page that has such a column."""
    for table in app.dataframe:
        if header in table.value.columns:
            return [list(row) for row in table.value.itertuples(index=False)]
    raise AssertionError(f"no table has a column {header!r}")


@pytest.mark.parametrize("title", list(PAGES))
def test_each_page_asks_one_question_and_raises_nothing(title: str, healthy: Opener) -> None:
    app = healthy(title)
    assert not app.exception
    assert not app.error
    assert [heading.value for heading in app.title] == [words.QUESTIONS[title]]


@pytest.mark.parametrize("title", list(PAGES))
def test_beside_every_chart_stand_a_table_and_its_files(title: str, healthy: Opener) -> None:
    """A chart can be taken away as CSV, XLSX and PNG, a table without a chart as CSV and XLSX."""
    app = healthy(title)
    tables, downloads = ALONE.get(title, (0, 0))
    assert len(charts(app)) == CHARTS[title]
    assert len(app.dataframe) == CHARTS[title] + tables
    assert len(app.get("download_button")) == 3 * CHARTS[title] + 2 * downloads


@pytest.mark.parametrize("title", list(PAGES))
def test_every_page_says_when_its_figures_are_from(title: str, healthy: Opener) -> None:
    said = spoken(healthy(title))
    assert ("19 March 2026" if title == "Benchmarks" else "31 December 2021") in said
    assert "published 22 November 2026" in said
    assert "last good night 2 hours ago" in said


@pytest.mark.parametrize("title", list(PAGES))
def test_synthetic_data_say_so_on_every_page(title: str, healthy: Opener) -> None:
    assert [note.value for note in healthy(title).info] == [words.synthetic_notice(title)]


@pytest.mark.parametrize("title", list(PAGES))
def test_real_data_are_not_called_synthetic(title: str, real_and_late: Opener) -> None:
    app = real_and_late(title)
    assert not app.exception
    assert not app.info
    assert "synthetic" not in spoken(app).lower()


@pytest.mark.parametrize("title", list(PAGES))
def test_a_missed_night_raises_a_banner_after_36_hours(title: str, real_and_late: Opener) -> None:
    app = real_and_late(title)
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


@pytest.mark.parametrize("title", ["Overview", "Benchmarks"])
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
    tables = ("retention_monthly", "retention_yearly", "retention_yearly_dfe", "spc_points")
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


def test_hidden_measures_are_named_and_explained(healthy: Opener) -> None:
    app = healthy("Retention")
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


def test_turnover_is_said_to_be_too_low_by_unexplained_exits(healthy: Opener) -> None:
    assert "turnover is too low by up to that many" in spoken(healthy("Retention"))


def test_without_unexplained_exits_nothing_is_said_to_be_too_low(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path, Board(unexplained=False))
    said = spoken(open_page("Retention"))
    assert "could not be counted as leaving" not in said
    assert "None between December 2017 and December 2021." in said


def test_the_period_moves_the_answer_to_its_last_month(worked: Opener) -> None:
    app = worked("Retention")
    assert "In the 12 months to 31 December 2021" in spoken(app)
    app.get("button_group")[0].set_value("During").run()
    assert "In the 12 months to 31 January 2020" in spoken(app)
    assert app.dataframe[0].value["Month end"].tolist()[0] == "2020-01-31"
    assert app.dataframe[0].value["Month end"].tolist()[-1] == "2019-01-31"


def test_southampton_beside_its_neighbours_is_as_the_department_published_it(
    healthy: Opener,
) -> None:
    """2025: 18 of 241 left, 7.5 %; the 2021 model's ten neighbours have a median of 10.3 %."""
    said = spoken(healthy("Benchmarks"))
    assert "**7.5%** (18 left; 241 in post at the end of the year)" in said
    assert "2.8 percentage points below the median" in said
    assert "(10.3%; 10 with a figure, 2021 model)" in said
    assert "South East was at 12.4% and England at 12.0%" in said
    assert words.LICENCE in said


def test_the_choice_of_neighbour_model_moves_the_comparison(worked: Opener) -> None:
    """2025 model: the median of its ten is 12.4 % (rounded)."""
    app = worked("Benchmarks")
    app.get("button_group")[0].set_value("2025").run()
    assert "(12.4%; 10 with a figure, 2025 model)" in spoken(app)


def test_any_council_can_be_chosen(worked: Opener) -> None:
    """Kent's neighbours here name Northamptonshire's West by its own code, 941; the Department
    publishes it with the North, as 940 / 941."""
    app = worked("Benchmarks")
    council = next(box for box in app.selectbox if box.label == "Council")
    assert len(council.options) == 156
    council.set_value("Kent (886)").run()
    assert not app.exception
    said = spoken(app)
    assert "in **Kent** was" in said
    assert "3 with a figure, 2021 model" in said


def test_a_newer_release_is_shown_first_and_says_what_the_older_one_had(
    tmp_path: Path, open_page: Opener
) -> None:
    """Southampton's 14.6 % of 2019 was 17.5 % in the release before, its 19.8 % of 2022 21.8 %."""
    make_home(tmp_path, Board(older_release=True))
    app = open_page("Benchmarks")
    assert not app.exception
    said = spoken(app)
    assert "Release of 19 March 2026, years 2017 to 2025" in said
    assert "that of 23 February 2023 had 17.5% for 2019 and 21.8% for 2022." in said
    council = next(box for box in app.selectbox if box.label == "Council")
    assert len(council.options) == 156
    assert "Kingston upon Thames (314)" not in council.options


def test_an_older_release_can_be_looked_at_with_its_own_councils_and_indicators(
    tmp_path: Path, open_page: Opener
) -> None:
    make_home(tmp_path, Board(older_release=True))
    app = open_page("Benchmarks")
    next(box for box in app.selectbox if box.label == "Release").set_value(date(2023, 2, 23)).run()
    assert not app.exception
    said = spoken(app)
    assert "Release of 23 February 2023, years 2017 to 2022" in said
    assert "**21.8%**" in said
    assert "The Department revises earlier years with each release." in said
    boxes = {box.label: box.options for box in app.selectbox}
    assert "Kingston upon Thames (314)" in boxes["Council"]
    assert len(boxes["Indicator"]) == 20


def test_a_council_too_small_to_rank_is_not_ranked(worked: Opener) -> None:
    app = worked("Benchmarks")
    next(box for box in app.selectbox if box.label == "Council").set_value(
        "City of London (201)"
    ).run()
    assert "City of London is not ranked for 2025" in spoken(app)


def test_an_indicator_of_every_unit_can_be_opened(worked: Opener) -> None:
    app = worked("Benchmarks")
    labels = next(box for box in app.selectbox if box.label == "Indicator").options
    assert len(labels) == 22
    by_unit = {kind.unit: kind.label for kind in words.INDICATORS.values() if kind.label in labels}
    assert len(by_unit) == 6
    for label in by_unit.values():
        next(box for box in app.selectbox if box.label == "Indicator").set_value(label).run()
        assert not app.exception
        assert charts(app), label


def test_the_return_error_of_2022_is_told_where_absence_is_shown(worked: Opener) -> None:
    app = worked("Benchmarks")
    assert "error in the return" not in spoken(app)
    box = next(box for box in app.selectbox if box.label == "Indicator")
    box.set_value(words.INDICATORS["absence_rate_fte"].label).run()
    said = spoken(app)
    assert "7 working days lost for 226.9 FTE" in said
    assert "low: rounds to zero, but is not zero" in said


def test_two_kinds_of_turnover_are_told_apart_on_the_page(healthy: Opener) -> None:
    assert words.DFE_TURNOVER_NOTE in spoken(healthy("Retention"))


def test_last_night_can_be_missing(tmp_path: Path, open_page: Opener) -> None:
    make_home(tmp_path)
    (tmp_path / "published" / "last_night.json").unlink()
    app = open_page("Overview")
    assert not app.exception
    assert len(app.warning) == 1
    write_last_night(tmp_path, hours_ago=1)
    assert not app.run().warning


def test_the_overview_says_what_its_figures_rest_on(healthy: Opener) -> None:
    """Staff, leavers, vacancies and absence 4 × 49; groups 4; sessions and attendance 2 × 36; debriefs
    16; survey 6; the Department 1: 295 files of ten sources. 3 + 2 rows were set aside."""
    said = spoken(healthy("Overview"))
    assert "**295 files** from 10 sources" in said
    assert "1 file was refused and 5 rows were set aside as faulty" in said


def test_the_overview_sets_every_topic_beside_its_earlier_self(healthy: Opener) -> None:
    """By 31 January 2020 the last whole quarter ended in December 2019, and the last whole year is
    2019, in which 24 of 44 debriefs were held."""
    said = spoken(healthy("Overview"))
    for measure in ("Vacancy rate", "Coverage", "Debriefs held", "Wellbeing"):
        assert f">{measure}," in said
    assert "of all staff; 44 sessions in the quarter to 31 Dec 2019" in said
    assert ">24<" in said
    assert "offered: 36; requested: 44; 2019" in said
    assert ">54.3<" in said
    assert "Not yet taken in" not in said


def test_a_hidden_figure_of_the_overview_is_called_hidden(suppressed: Opener) -> None:
    said = spoken(suppressed("Overview"))
    assert said.count('<span class="figure">hidden</span>') >= 6
    assert "None" not in said


def test_measures_not_taken_in_yet_are_named(without_topics: Opener) -> None:
    app = without_topics("Overview")
    assert not app.exception
    said = spoken(app)
    assert "Not yet taken in: vacancies and time to hire, how many staff" in said
    assert "and wellbeing scores" in said
    assert ">Vacancy rate," not in said


@pytest.mark.parametrize("title", TOPIC_PAGES)
def test_a_page_without_its_tables_is_a_sentence(title: str, without_topics: Opener) -> None:
    app = without_topics(title)
    assert not app.exception
    assert not app.error
    assert not charts(app)
    empty = {
        "Recruitment": words.recruitment_answer(None),
        "Participation": words.participation_answer({}, None),
        "Debriefs": words.debrief_answer(None),
        "Wellbeing": words.wellbeing_answer(None, "", ()),
    }
    assert empty[title] in spoken(app)


def test_a_ladder_without_findings_says_so_rung_by_rung(without_topics: Opener) -> None:
    """Also where a method is switched off: its table has no row of it."""
    app = without_topics("Impact")
    assert not app.exception
    assert not charts(app)
    said = spoken(app)
    assert "Nothing can be claimed yet" in said
    assert said.count(words.NOTHING_OF_A_RUNG) == len(words.RUNGS)
    principle = without_topics("Principle 6")
    assert not principle.exception
    assert words.principle_answer([]) in spoken(principle)
    overview = spoken(without_topics("Overview"))
    assert words.NO_SIGNALS in overview
    assert "What we told you before" not in overview
    assert words.CONTROL_KEY not in spoken(without_topics("Retention"))


def test_retention_without_calendar_years_says_so(without_topics: Opener) -> None:
    app = without_topics("Retention")
    assert not app.exception
    assert "No calendar year of leavers has been published" in spoken(app)


@pytest.mark.parametrize("title", ["Retention", *TOPIC_PAGES])
def test_a_page_of_hidden_figures_explains_them_and_makes_none_up(
    title: str, suppressed: Opener
) -> None:
    app = suppressed(title)
    assert not app.exception
    assert not app.error
    said = spoken(app)
    assert "so that no one can be recognised" in said
    assert "None" not in said
    assert "nan" not in said.split()


def test_hidden_cells_stand_as_symbols_in_the_table_and_never_as_zero(healthy: Opener) -> None:
    """2018: nine debriefs were requested; what came of them is hidden."""
    table = next(
        t.value for t in healthy("Debriefs").dataframe if "Year to 30 September" in t.value.columns
        or "2018" in [str(cell) for cell in t.value.iloc[:, 0]]
    )  # fmt: skip
    row = table[table.iloc[:, 0] == "2018"].iloc[0]
    assert row[["Requested", "Offered", "Held", "Declined"]].tolist() == ["9", "c", "c", "c"]
    assert row["Days to debrief, median"] == "x"


def test_areas_stand_by_year_with_their_hidden_numbers(healthy: Opener) -> None:
    """Leavers of 2019 are hidden for both areas, and not for the social workers."""
    tables = [t.value for t in healthy("Retention").dataframe]
    table = next(t for t in tables if "Part of the service" in t.columns)
    that_year = table[table["Year"] == "2019"].set_index("Part of the service")["Leavers"]
    assert that_year.to_dict() == {
        "Social workers": "20", "Children looked after": "c", "Front door and assessment": "c",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("title", "said", "drawn"),
    [
        ("Recruitment", "**No vacancy data has arrived**, so this page cannot say", 0),
        (
            "Participation",
            "**No data has arrived of supervision groups, supervision sessions and attendance at "
            "sessions**, so this page cannot say",
            0,
        ),
        ("Debriefs", "**No debrief data has arrived**, so this page cannot say", 0),
        # Cases a worker stand in the staff list itself.
        ("Wellbeing", "**No wellbeing survey has arrived**, so this page cannot say", 1),
        ("Wellbeing", "Sickness absence has not been taken in", 1),
    ],
)
def test_of_what_no_file_has_ever_come_the_page_tells_no_figure(
    title: str, said: str, drawn: int, staff_alone: Opener
) -> None:
    """The marts count 0 there, or whatever this board's file holds: neither is known."""
    app = staff_alone(title)
    assert not app.exception
    assert said in spoken(app)
    assert "does not mean that" in spoken(app)
    assert len(charts(app)) == drawn


def test_of_what_no_file_has_ever_come_the_overview_says_that_it_is_not_taken_in(
    healthy: Opener, staff_alone: Opener
) -> None:
    """Not in the scorecard, not among the windows, and not as told before."""
    app = staff_alone("Overview")
    assert not app.exception
    assert (
        "Not yet taken in: vacancies and time to hire, how many staff the supervision groups reach, "
        "debriefs offered and held and wellbeing scores."
    ) in spoken(app)
    whole, silent = spoken(healthy("Overview")), spoken(app)
    for label in ("Vacancy rate, on the day", "Coverage, latest quarter", "Debriefs held, latest"):
        assert label in whole
        assert label not in silent
    assert "Vacancy rate, mean of month ends" in windows(healthy("Overview"))
    assert "Vacancy rate, mean of month ends" not in windows(app)
    # A score has no name before the first survey has come.
    for title in ("Overview", "Wellbeing"):
        assert ">Wellbeing, last wave<" in windows(staff_alone(title))
    told = {row[1] for row in shown(healthy("Overview"), "As told then")}
    assert {row[1] for row in shown(app, "As told then")} < told


def test_a_version_without_the_newer_tables_still_shows_its_months(
    tmp_path: Path, open_page: Opener
) -> None:
    """One can go back to a version that an earlier release of the warehouse has made."""
    make_home(tmp_path, Board(missing=("retention_windows", "benchmark_standing")))
    for title in ("Retention", "Benchmarks"):
        app = open_page(title)
        assert not app.exception
        assert not app.error
        assert charts(app)


def test_debriefs_have_no_target(healthy: Opener) -> None:
    said = spoken(healthy("Debriefs"))
    assert words.DEBRIEF_NOTE in said
    assert "compulsory" in said
    assert "118 debriefs were requested" in said
    for judged in ("better than", "worse than", "on track", "missed"):
        assert judged not in said


def test_each_promise_says_its_share_first_and_whether_it_was_kept_second(healthy: Opener) -> None:
    """9 of 522 sessions had more than 12 people: 1.7 %."""
    said = spoken(healthy("Participation"))
    assert said.index(">Seen<") < said.index(">Promised<") < said.index(">Kept in full<")
    for share in ("22", "47.3%", "1.7%", "86.1%", "92.5%", "46.1%"):
        assert f'<span class="figure">{share}</span>' in said
    assert "9 of 522 held sessions" in said
    assert said.count(">not in full<") == 5
    assert said.count(">yes<") == 1


def test_the_grid_of_cycles_is_told_in_words_and_in_a_key(healthy: Opener) -> None:
    said = spoken(healthy("Participation"))
    assert words.CADENCE_KEY in said
    cells = shown(healthy("Participation"), "What came of it")
    assert len({row[0] for row in cells}) == 22
    assert {row[2] for row in cells} == {"held", "cancelled", "late"}


def test_the_period_moves_the_quarters(worked: Opener) -> None:
    app = worked("Participation")
    app.get("button_group")[0].set_value("During").run()
    assert not app.exception
    assert "In the quarter to 31 December 2019" in spoken(app)


def test_a_period_before_the_groups_is_a_sentence(worked: Opener) -> None:
    app = worked("Participation")
    app.get("button_group")[0].set_value("Before").run()
    assert not app.exception
    assert "No quarter of this period has a session." in spoken(app)


def test_the_period_moves_the_vacancies(worked: Opener) -> None:
    app = worked("Recruitment")
    app.get("button_group")[0].set_value("During").run()
    assert not app.exception
    assert "On 31 January 2020, **" in spoken(app)


def test_wellbeing_names_the_questionnaire_its_cut_off_and_who_answered(healthy: Opener) -> None:
    said = spoken(healthy("Wellbeing"))
    assert "**49.1% of all staff in post answered**. The mean score" in said
    assert ", from **104 scored responses**." in said
    assert "WHO-5 Well-Being Index was **51.1** (95% interval 47.8 to 54.4)" in said
    assert "**47.0%** scored 50 or less (low wellbeing)" in said
    assert "Free to use without permission." in said


def test_of_several_questionnaires_each_scale_can_be_chosen_with_its_own_bands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WHO-5's waves once more as two scales of ProQOL: 47 % are low, nobody was asked of the middle."""
    home = make_home(tmp_path)
    with duckdb.connect(str(next(home.glob("published/versions/*/board/board.duckdb")))) as board:
        for subscale in ("burnout", "compassion_satisfaction"):
            board.execute(
                "insert into marts.wellbeing_wave select * replace ('proqol5' as instrument, "
                "$name as subscale) from marts.wellbeing_wave where instrument = 'who5'",
                {"name": subscale},
            )
    monkeypatch.setenv("WAREHOUSE_HOME", str(home))
    app = open_at(home, "Wellbeing")
    (chosen,) = [box for box in app.selectbox if box.key == "scale"]
    assert len(chosen.options) == 3
    chosen.set_value("Professional Quality of Life scale (ProQOL 5): burnout").run()
    assert not app.exception
    said = spoken(app)
    assert "(ProQOL 5): burnout was **51.1**" in said
    assert "**47.0%** scored 22 or less (low)" in said
    assert "B. Hudnall Stamm" in said
    assert "World Health" not in said


def test_a_wave_with_too_few_answers_is_hidden_in_the_table(healthy: Opener) -> None:
    waves = {row[0]: row for row in shown(healthy("Wellbeing"), "Mean score")}
    assert waves["2020-05-31"][1:] == ["c"] * 8


def test_the_reasons_for_leaving_stand_by_year_alone(healthy: Opener) -> None:
    rows = {row[0]: row for row in shown(healthy("Retention"), "Starters")}
    said = spoken(healthy("Retention"))
    assert "Early leavers and reasons by year" in said
    assert words.REASONS_NOTE in said
    assert rows


def test_about_the_data_names_what_came_and_what_did_not(healthy: Opener) -> None:
    app = healthy("About the data")
    said = spoken(app)
    assert "**No file stands from**: " in said
    assert "results of the SWORD survey" in said
    for rule in (*words.DISCLOSURE_RULES, *words.GAPS):
        assert rule in said
    files = {row[0]: row for row in shown(app, "Files taken in")}
    assert files["Staff list"][1:] == ["2021-12-31", "49", "0", "0", "12,000", "3"]


def test_about_the_data_defines_measures_in_the_files_own_words(healthy: Opener) -> None:
    app = healthy("About the data")
    named = [block.label for block in app.expander]
    assert "Recruitment, by month" in named
    assert "Wellbeing, by wave" in named
    assert "Declined: an outcome, and no failure of anyone." in spoken(app)


@pytest.mark.parametrize("title", OWN_PAGES)
def test_every_measure_in_a_table_is_defined_on_its_page(title: str, healthy: Opener) -> None:
    """A definition begins with the measure's name in bold; the Department's own indicators bear
    theirs under the heading."""
    app = healthy(title)
    said = spoken(app)
    labels = set(metrics.LABELS.values())
    shown_ = {str(column) for table in app.dataframe for column in table.value.columns}
    assert shown_
    assert [name for name in shown_ & labels if f"**{name}**" not in said] == []


def windows(app: AppTest) -> str:
    """The table of the comparison, among the page's own HTML."""
    (found,) = [
        body
        for body in (str(block.proto.body) for block in app.get("html"))
        if ">During<" in body and ">After<" in body
    ]
    return found


@pytest.mark.parametrize("title", OWN_PAGES)
def test_every_page_of_figures_compares_before_during_and_after(
    title: str, healthy: Opener
) -> None:
    """A table of the three windows, a sentence above it, and that it cannot tell why."""
    app = healthy(title)
    said = spoken(app)
    assert "Before, during and after January 2020" in said
    assert words.CANNOT_TELL in said
    assert "these figures cannot tell.**" in said or "these figures cannot tell." in said
    table = windows(app)
    assert table.count('scope="row"') >= 1
    for cell in table.split("<td")[1:]:
        assert '<span class="n">' in cell
        assert '<span class="n"></span>' not in cell


def test_turnover_of_the_windows_is_worked_out_from_the_months(healthy: Opener) -> None:
    """The made-up board has 35 leavers in the 13 months to December 2018, 25 in the next 13 and 53 in
    the last 23."""
    table = windows(healthy("Retention"))
    assert "35 leavers in 13 months" in table
    assert "25 leavers in 13 months; 4.0 points less than before" in table
    assert "53 leavers in 23 months; 1.5 points less than before" in table


def test_a_change_from_a_hidden_figure_cannot_be_told(healthy: Opener) -> None:
    """What came of 2018's nine debriefs is hidden, so 2019's 24 held have nothing to stand beside."""
    table = windows(healthy("Debriefs"))
    assert "2019; 44 requests; change: cannot tell" in table
    assert "more than before" not in table


def test_a_window_without_a_year_of_months_cannot_tell_of_a_change(
    tmp_path: Path, open_page: Opener
) -> None:
    """To June 2020 the last window has five months."""
    make_home(tmp_path, Board(last=date(2020, 6, 30)))
    app = open_page("Retention")
    assert "in 5 months; change: cannot tell" in windows(app)
    assert "Whether it changed, these figures cannot tell." in spoken(app)


def test_a_part_of_the_service_is_chosen_once_and_narrows_its_tables(worked: Opener) -> None:
    app = worked("Retention")
    (box,) = [one for one in app.selectbox if one.key == "scope"]
    assert box.options[:2] == ["Whole service", "Social workers"]
    box.set_value("Social workers").run()
    assert not app.exception
    (table,) = [t.value for t in app.dataframe if "Part of the service" in t.value.columns]
    assert set(table["Part of the service"]) == {"Social workers"}
    assert words.PART_NOTE in spoken(app)
    app.switch_page(PAGES["Participation"]).run()
    (kept,) = [one for one in app.selectbox if one.key == "scope"]
    assert kept.value == "Social workers"


@pytest.mark.parametrize("asked", ["Yesterday", "<b>After</b>", ""])
def test_an_unknown_choice_in_a_link_is_a_sentence(
    asked: str, healthy_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(healthy_home))
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["period"] = asked
    app.run()
    assert not app.exception
    assert [note.value for note in app.warning] == [words.LINK_NOTE]
    assert not asked or asked not in spoken(app)


def test_a_known_choice_in_a_link_is_kept_for_the_next_page(
    healthy_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """About the data has no period to choose, and does not complain of one."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(healthy_home))
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["period"] = "During"
    app.switch_page(PAGES["About the data"]).run()
    assert not app.warning
    del app.query_params["period"]
    app.switch_page(PAGES["Retention"]).run()
    assert "In the 12 months to 31 January 2020" in spoken(app)


def test_hidden_cells_are_explained_beside_each_table_that_has_them(suppressed: Opener) -> None:
    """Every table with a symbol in it stands in a block of the page that says what it means."""
    for title in ("Retention", *TOPIC_PAGES):
        app = suppressed(title)
        tables = [t.value for t in app.dataframe]
        marked = [t for t in tables if (t == "c").any().any()]
        notes = [c.value for c in app.caption if "c: hidden so that" in c.value]
        assert marked
        assert len(notes) >= len(marked)


def test_about_the_data_says_how_figures_are_released_attacked_and_checked(healthy: Opener) -> None:
    """Of the made-up board 4 + 12 + 196 cells are hidden, 3 + 11 counts attacked; one rule warned."""
    app = healthy("About the data")
    said = spoken(app)
    assert words.WHEN_RELEASED in said
    assert words.HOW_ATTACKED in said
    assert "212 cells are hidden. The attacker tried 14 hidden counts" in said
    assert "was 5 between the smallest" in said
    assert "**1 rule that warns** and **3 rules that inform**" in said
    rows_ = shown(app, "Hidden counts attacked")
    assert [row[0] for row in rows_] == [
        "Debriefs, to date",
        "Debriefs, by year",
        "Retention, by month",
    ]


def test_an_older_file_without_the_attack_or_the_gates_says_so(
    tmp_path: Path, open_page: Opener
) -> None:
    tables = ("disclosure_report", "gate_summary", "comparison_windows")
    make_home(tmp_path, Board(missing=tables))
    said = spoken(open_page("About the data"))
    assert "does not say what came of it" in said
    assert "does not say how many" in said
    app = open_page("Recruitment")
    assert not app.exception
    assert "Nothing that lies in one of the three windows has been published." in spoken(app)


def test_the_page_for_staff_opens_where_nothing_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads no file: an empty home shows the same words, and no error."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).switch_page("pages/your_data.py").run()
    assert not app.exception
    assert not app.error
    said = spoken(app)
    for heading, items in words.YOUR_DATA:
        assert heading in said
        for item in items:
            assert item in said
