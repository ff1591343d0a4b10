"""The pages Impact and Principle 6, control charts and icons: words, drawings and whole pages."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from dashboard import charts, icons, words
from tests.board_fixture import make_home
from tests.unit.test_dashboard_charts import control, curves, drawn, estimates, mark
from tests.unit.test_dashboard_pages import charts as charts_of
from tests.unit.test_dashboard_pages import open_at, shown, spoken
from tests.unit.test_impact import reading_ease
from warehouse import impact
from warehouse.settings import project_root

POINT_TYPES = (
    "common_cause", "special_cause_improvement", "special_cause_concern",
    "special_cause_neutral_high", "special_cause_neutral_low",
)  # fmt: skip


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "table": "impact_its", "metric": "leavers", "method": "segmented_regression",
        "term": "level", "estimate": 0.7, "lower_95": 0.55, "upper_95": 0.9, "p_value": 0.004,
        "n": 120, "minimum_detectable": 0.68, "grade": "moderate", "sentence": "Leaving fell.",
        "checks": {},
    } | changes  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("impact"))


@pytest.fixture(scope="module")
def page(home: Path) -> Any:
    return open_at(home, "Impact")


def point(**changes: Any) -> dict[str, Any]:
    return {
        "day": date(2021, 12, 31), "value": 0.01, "mean": 0.0105, "lower_limit": 0.0,
        "upper_limit": 0.028, "segment": 0, "special_cause": None, "side": 0,
        "point_type": "common_cause", "trial_limits": False, "rebase_reason": None,
    } | changes  # fmt: skip


# Words


def test_the_rules_of_grades_are_those_that_grades_are_given_by() -> None:
    assert dict(impact.GRADE_RULES) == words.GRADE_RULES
    assert words.impact.SIGNIFICANT == impact.SIGNIFICANT
    assert set(words.GRADE_MARKS) == set(impact.ORDER)
    assert len(set(words.GRADE_MARKS.values())) == 4


def test_a_ratio_is_told_with_its_interval_and_as_a_change() -> None:
    """0.70 is 30 % less; its interval runs from 45 % to 10 % less."""
    assert words.interval_words(finding(), "ratio") == "0.70 (0.55 to 0.90)"
    assert words.change_words(finding(), "ratio") == "−30% (−45% to −10%)"


def test_a_difference_is_told_with_its_sign_and_unit() -> None:
    row = finding(estimate=-2.04, lower_95=-8.5, upper_95=4.4)
    assert words.interval_words(row, "difference", "points") == "−2.0 points (−8.5 to +4.4)"


def test_an_estimate_without_an_end_or_a_figure_says_so() -> None:
    assert words.interval_words(finding(estimate=None), "ratio") == "no figure"
    assert words.change_words(finding(estimate=None), "ratio") == "no figure"
    assert words.interval_words(finding(lower_95=None, upper_95=None), "ratio") == "0.70"
    assert words.change_words(finding(lower_95=None, upper_95=None), "ratio") == "−30%"


def test_what_would_have_shown_is_said_of_ratios_and_differences() -> None:
    """A ratio of 0.68 is a fall of 32 %, one of 1.5 a rise of 50 %."""
    assert "a fall of 32% would have shown" in words.could_be_seen(finding(), "ratio")
    assert words.detectable_words(finding(minimum_detectable=1.5), "ratio") == "a rise of 50%"
    row = finding(minimum_detectable=8.6)
    assert words.detectable_words(row, "difference", "points") == "a change of 8.6 points"
    nothing = words.could_be_seen(finding(minimum_detectable=None), "ratio")
    assert "cannot be said" in nothing
    little = words.could_be_seen(row | {"grade": "not enough data"}, "difference", "points")
    assert little == "No. It would take a change of 8.6 points to show four times out of five."


@pytest.mark.parametrize(("smallest_p", "could"), [(1 / 11, False), (0.05, False), (1 / 141, True)])
def test_of_too_few_others_no_change_is_promised_to_have_shown(
    smallest_p: float, could: bool
) -> None:
    row = finding(checks={"donors": {"passed": could, "sentence": "", "smallest_p": smallest_p}})
    assert (words.detectable_words(row, "ratio") == "none, however large") != could
    assert words.could_be_seen(row, "ratio").startswith("No.") != could


@pytest.mark.parametrize(
    ("method", "term", "said"),
    [
        ("segmented_regression", "level", "Step when the programme began"),
        ("segmented_regression_other_start", "level_-3_months",
         "As if it had begun 3 months earlier"),
        ("segmented_regression_other_start", "level_+6_months", "As if it had begun 6 months later"),
        ("waves", "who5.wellbeing 2018-11-30 2019-11-30", "30 Nov 2018 to 30 Nov 2019"),
        ("time_varying_cox", "attended_60_days", "A session counts from 60 days after it"),
        ("staggered_event_study", "event_-2", "2 quarters before their own start"),
        ("difference_in_differences", "neighbours_2021 2017-2018 2019-2020",
         "Neighbours (2021): 2019–20 beside 2017–18"),
        ("difference_in_differences", "region 2017-2018 2019-2019",
         "South East: 2019 beside 2017–18"),
        ("difference_in_differences", "england 2017-2019 2020-2025",
         "England: 2020–25 beside 2017–19, the worst year in it"),
        ("a_new_one", "some_term", "Some term"),
    ],
)  # fmt: skip
def test_every_line_of_a_plot_has_a_name(method: str, term: str, said: str) -> None:
    assert words.line_name(finding(method=method, term=term)) == said


def test_survey_scales_and_published_indicators_are_measures_of_their_own() -> None:
    wave = finding(method="waves", metric="mean_score", term="who5.wellbeing 2018-11-30 -")
    assert words.measure_of(wave) == "Mean score, WHO-5 Well-Being Index"
    other = finding(table="impact_comparator", metric="caseload_fte", method="synthetic_control")
    assert words.measure_of(other).startswith("Cases")
    assert (words.unit_of(wave), words.unit_of(other)) == ("points", "cases")


def test_the_finding_fixed_beforehand_leads_its_card_wherever_it_stands() -> None:
    rung = words.rung("people")
    rows = [
        finding(method="time_varying_cox", term=f"attended_{lag}_days") for lag in (0, 120, 60, 90)
    ]
    assert words.main_of(rung, rows)["term"] == "attended_90_days"
    assert words.main_of(rung, rows[:2])["term"] == "attended_0_days"


def test_councils_stand_side_by_side_before_other_years() -> None:
    rows = [
        finding(table="impact_comparator", metric="turnover_rate_fte", term=term)
        for term in ("england 2017-2018 2019-2019", "england 2017-2018 2019-2020",
                     "neighbours_2025 2017-2018 2019-2019", "region 2017-2018 2019-2020",
                     "neighbours_2025 2017-2018 2019-2020")
    ]  # fmt: skip
    assert [row["term"] for row in words.side_by_side(rows[-1], rows)] == [
        "neighbours_2025 2017-2018 2019-2020", "region 2017-2018 2019-2020",
        "england 2017-2018 2019-2020", "neighbours_2025 2017-2018 2019-2019",
        "england 2017-2018 2019-2019",
    ]  # fmt: skip
    other = finding(metric="absence_rate_fte")
    assert words.in_order([other, *rows[:1]]) == [*rows[:1], other]


@pytest.mark.parametrize(
    ("row", "rung"),
    [
        (finding(), "leaving"),
        (finding(method="segmented_regression_with_slopes"), "leaving"),
        (finding(method="waves"), "wellbeing"),
        (finding(table="impact_survival", method="recruitment_cox"), "recruitment"),
        (finding(table="impact_survival", method="time_varying_cox"), "people"),
        (finding(method="staggered_event_study"), "rollout"),
        (finding(table="impact_comparator", method="synthetic_control"), "comparators"),
    ],
)
def test_every_method_stands_on_one_rung(row: dict[str, Any], rung: str) -> None:
    assert [one.key for one in words.RUNGS if words.is_of(one, row)] == [rung]


def test_the_verdict_is_said_with_what_it_is_made_of() -> None:
    made = {
        "verdict": "better than expected", "better": 1, "worse": 0, "no_sign_either_way": 3,
        "not_counted": 4, "counted_findings": "Leaving; The caseload", "better_not_counted": 0,
        "worse_not_counted": 2,
    }  # fmt: skip
    assert words.impact_answer(made, [finding()]) == (
        "**Better than expected.** Of the 8 findings that were fixed beforehand, 1 is better, none is "
        "worse and 3 show no sign either way (Leaving; The caseload). 4 findings do not count, being "
        "graded weak or without enough data; none of them points to better and 2 to worse."
    )
    alike = words.impact_answer(made | {"worse_not_counted": 0, "not_counted": 1}, [finding()])
    assert "1 finding does not count" in alike
    assert alike.endswith("none of them points either way.")
    nothing = made | {"counted_findings": "", "better": 0, "no_sign_either_way": 0}
    assert "none shows no sign either way. " in words.impact_answer(nothing, [finding()])
    before = {name: made[name] for name in list(made)[:5]}
    assert words.impact_answer(before, [finding()]).endswith(
        "3 show no sign either way. 4 findings do not count, being graded weak or without enough data."
    )
    assert "no verdict" in words.impact_answer(None, [finding()])
    assert words.impact_answer(made, []).startswith("Nothing can be claimed yet")


@pytest.mark.parametrize(
    ("passed", "said"),
    [(True, "✓ Passed"), (False, "✗ Failed"), (None, "? Could not be checked")],
)
def test_a_check_says_by_mark_and_word_whether_it_held(passed: bool | None, said: str) -> None:
    check = {"passed": passed, "sentence": "Both moved alike."}
    assert words.check_words("pre_trends", check) == (
        f"{said}: **Moved alike before**. Both moved alike."
    )


def test_a_p_value_is_never_nought() -> None:
    assert [words.p_words(p) for p in (None, 0.00001, 0.091)] == ["–", "under 0.001", "0.091"]


def test_status_is_told_by_mark_and_word() -> None:
    said = [words.status_words(s) for s in ("evidenced", "partly", "not evidenced by this data")]
    assert said == ["● Evidenced", "◐ Partly evidenced", "○ Not evidenced by this data"]


def test_a_promise_that_is_missed_is_named_and_what_no_figure_says_is_said_once() -> None:
    rows = [
        {"indicator": "coverage_84d", "what_is_missing": f"{words.FALLS_SHORT} Ratings."},
        {"indicator": "survey_waves", "what_is_missing": "Ratings."},
        {"indicator": "groups_active", "what_is_missing": None},
    ]
    assert words.missing_words(rows) == (
        "**What is missing.** These fall short of what was promised: Coverage, 84 days. Ratings."
    )
    assert words.missing_words(rows[1:]) == "**What is missing.** Ratings."
    assert words.missing_words(rows[2:]) == ""


def test_the_words_for_a_missed_promise_are_those_of_the_mart() -> None:
    mart = (project_root() / "dbt_project/models/marts/impact/principle_6.sql").read_text("utf-8")
    assert f"'{words.FALLS_SHORT}'" in mart


def test_the_six_points_are_counted_by_status() -> None:
    rows = [
        {"point": point, "status": status}
        for point, status in enumerate(["evidenced", "partly", "partly", "partly"], start=1)
        for _ in range(2)
    ]
    assert words.principle_answer(rows) == (
        "4 points were looked at: **1** evidenced, **3** partly evidenced and **none** not evidenced "
        "by this data."
    )
    assert "not been looked at" in words.principle_answer([])


def test_an_indicator_is_told_in_its_unit_and_a_missing_one_is_no_nought() -> None:
    rows = [
        {"indicator": "coverage_84d", "value": 0.46},
        {"indicator": "survey_response_rate", "value": 0.491},
        {"indicator": "groups_active", "value": 22.0},
        {"indicator": "wellbeing_mean_score", "value": 51.13},
        {"indicator": "documents_current", "value": 1.0},
        {"indicator": "documents_current", "value": None},
    ]
    assert [words.indicator_value(row) for row in rows] == [
        "46.0%", "49.1%", "22", "51.1", "100.0%", "no figure",
    ]  # fmt: skip


def test_the_latest_point_of_a_chart_is_said_with_its_limits_and_rule() -> None:
    last = point(value=0.031, point_type="special_cause_concern", special_cause="outside", side=1)
    said = words.control_answer("Leavers", [point(), last], "rate")
    assert said == (
        "**Leavers** stood at **3.1%** in December 2021: **unusual, worse** (beyond a limit). Chance "
        "alone keeps it between 0.0% and 2.8%."
    )
    assert "has no figure" in words.control_answer("Leavers", [point(value=None)], "rate")


def test_limits_on_trial_and_limits_that_begin_anew_are_said() -> None:
    rows = [point(day=date(2021, 4, 30)), *(
        point(day=date(2021, month, 28), segment=1, trial_limits=True, rebase_reason="Posts merged.")
        for month in (5, 6)
    )]  # fmt: skip
    assert words.rebase_notes(rows) == [
        "Limits begin anew on 28 May 2021: Posts merged.",
        "**Trial limits** from May 2021: they rest on 2 months and will still move. Thirteen are "
        "needed.",
    ]
    assert words.rebase_notes([point()]) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"is_revised": False}, "as told"),
        ({"is_revised": True, "value_now": 0.064}, "revised"),
        ({"is_revised": True, "value_now": 0.07101}, "revised, by less than is shown"),
        ({"is_revised": None, "value_shown": None}, "not shown"),
    ],
)
def test_a_figure_that_was_told_says_whether_it_still_stands(
    row: dict[str, Any], said: str
) -> None:
    told = {"metric": "vacancy_rate", "value_shown": 0.071, "value_now": 0.071} | row
    assert words.revised_words(told) == said


def test_a_headline_is_named_with_its_subject_and_scale() -> None:
    row = {"series": "debrief_yearly", "metric": "held", "detail": ""}
    assert words.headline_name(row) == "Debriefs held"
    wave = {"series": "wellbeing_wave", "metric": "mean_score", "detail": "who5 wellbeing"}
    assert words.headline_name(wave) == "Mean score, WHO-5 Well-Being Index"


def test_how_many_figures_were_revised_is_counted() -> None:
    rows = [{"is_revised": revised} for revised in (True, False, None)]
    assert "**1 has been revised since**" in words.told_answer(rows)
    assert "none has been revised" in words.told_answer(rows[1:])
    assert "nothing was told before" in words.told_answer([])


def test_what_the_board_reads_is_plain_english() -> None:
    """Flesch's 60 and more, as for the findings' own sentences."""
    texts = [
        words.CLAIM_NOTE, words.CONTROL_NOTE, words.PRINCIPLE_NOTE, words.TOLD_NOTE,
        words.NOTHING_OF_A_RUNG, *words.CURVES_NOTE.values(), *(r.compares for r in words.RUNGS),
        words.could_be_seen(finding(), "ratio"),
        words.could_be_seen(finding(minimum_detectable=None), "ratio"),
        words.could_be_seen(finding(grade="not enough data"), "ratio"),
        words.could_be_seen(finding(checks={"donors": {"smallest_p": 0.09}}), "ratio"),
    ]  # fmt: skip
    for text in texts:
        assert reading_ease(text) >= 60, text


# Drawings


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("kind", POINT_TYPES)
def test_every_icon_is_a_drawing_of_its_own_with_a_name(kind: str, side: int) -> None:
    icon = icons.variation(kind, side)
    drawing = ElementTree.fromstring(icon.svg)
    assert drawing.tag.endswith("svg")
    assert icon.name.startswith("Variation: ")
    found = re.fullmatch(r'<img class="icon" alt="([^"]+)" src="data:image/svg\+xml;base64,(.+)">',
                         icon.html)  # fmt: skip
    assert found
    assert found[1] == icon.name
    assert base64.b64decode(found[2]).decode() == icon.svg


def test_a_sparkline_spans_its_box_and_leaves_a_gap_where_there_is_no_figure() -> None:
    """1 and 3 at the two edges of a box of 36 with a margin of 4; the last of four months is the middle
    value, at half height, and stands alone behind the gap."""
    icon = icons.sparkline([1.0, 3.0, None, 2.0], "Leaving, 1 to 3")
    drawing = ElementTree.fromstring(icon.svg)
    path = drawing[0].attrib["d"]
    assert path == "M4.0 32.0 L41.3 4.0 M116.0 18.0"
    dot = drawing[1].attrib
    assert (float(dot["cx"]), float(dot["cy"])) == (116.0, 18.0)
    assert 'class="sparkline" alt="Leaving, 1 to 3"' in icon.html


@pytest.mark.parametrize("values", [[], [None], [5.0], [5.0, 5.0]])
def test_a_sparkline_of_hardly_anything_is_a_drawing_too(values: list[float | None]) -> None:
    assert ElementTree.fromstring(icons.sparkline(values, "Nothing").svg).tag.endswith("svg")


def test_icons_differ_by_frame_and_letter_and_not_by_colour_alone() -> None:
    """Without their colours, seven of them are still seven."""
    plain = {
        re.sub(r"#[0-9a-f]{6}", "", icons.variation(kind, side).svg)
        for kind in POINT_TYPES[:4]
        for side in (-1, 1)
    }
    assert len(plain) == 7


def test_an_unusual_point_is_told_by_its_shape() -> None:
    shapes = {
        rows[0]["kind"]: layer["mark"]["shape"]
        for layer, rows in drawn(control().to_dict())
        if mark(layer) == "point" and "kind" in rows[0]
    }
    assert shapes == {"common_cause": "circle", "special_cause_concern": "square"}


def test_the_lines_of_a_control_chart_are_those_of_the_file_and_break_at_a_rebase() -> None:
    steps = [
        (layer, rows)
        for layer, rows in drawn(control().to_dict())
        if layer["mark"].get("interpolate") == "step"
    ]
    assert [rows[0]["value"] for _, rows in steps] == [0.011, 0.0, 0.025]
    for layer, rows in steps:
        assert layer["encoding"]["detail"]["field"] == "name"
        assert {row["name"] for row in rows} == {"0", "1"}


def test_ratios_stand_on_a_log_scale_beside_a_line_at_one_and_differences_at_nought() -> None:
    for scale, nothing, kind in (("ratio", 1.0, "log"), ("difference", 0.0, None)):
        layers = drawn(estimates(scale).to_dict())
        assert layers[0][0]["encoding"]["x"]["scale"].get("type") == kind
        lines = [rows for layer, rows in layers if mark(layer) == "rule" and "place" not in rows[0]]
        assert lines == [[{"value": nothing}]]


def test_an_interval_without_an_end_runs_to_the_edge_and_no_estimate_has_no_point() -> None:
    layers = drawn(estimates().to_dict())
    low, high = layers[0][0]["encoding"]["x"]["scale"]["domain"]
    rules = [row for layer, rows in layers if mark(layer) == "rule" for row in rows if "low" in row]
    assert [(row["low"], row["high"]) for row in rules] == [(0.55, 0.9), (0.0, high)]
    assert low > 0
    points = [row for layer, rows in layers[1:] if mark(layer) == "point" for row in rows]
    assert [row["name"] for row in points] == ["Main", "Beside"]
    texts = [row["label"] for layer, rows in layers if mark(layer) == "text" for row in rows]
    assert "no figure" in texts


def test_the_finding_fixed_beforehand_is_told_by_shape_and_weight() -> None:
    layers = drawn(estimates().to_dict())
    shapes = [layer["mark"].get("shape") for layer, _ in layers[1:] if mark(layer) == "point"]
    assert shapes == ["square", "circle"]


def test_curves_differ_by_dash_and_bear_their_names() -> None:
    layers = drawn(curves().to_dict())
    dashes = [tuple(layer["mark"]["strokeDash"]) for layer, _ in layers if mark(layer) == "line"]
    assert len(set(dashes)) == 2
    names = [rows[0]["label"] for layer, rows in layers if mark(layer) == "text"]
    assert sorted(names) == ["Had come", "Had not come"]


def test_a_curve_without_a_point_is_drawn_without_fault() -> None:
    spec = charts.curves([], unit="Months", description="d", source="s").to_dict()
    assert spec["description"] == "d"


# Pages


def test_the_rule_of_the_verdict_is_printed_under_it(page: Any) -> None:
    said = spoken(page)
    assert "**Better than expected.**" in said
    assert "**The rule, written before anybody looked.** We count findings" in said


def test_every_rung_has_a_card_with_its_grade_its_rule_and_what_could_be_seen(page: Any) -> None:
    heads = [head.value for head in page.header]
    assert [rung.title for rung in words.RUNGS] == [head for head in heads if head in {
        rung.title for rung in words.RUNGS
    }]  # fmt: skip
    said = spoken(page)
    assert said.count("**How far to trust it:**") == len(words.RUNGS)
    assert said.count(f"**{words.SEEN_TITLE}**") == len(words.RUNGS)
    for grade in ("moderate", "weak", "not enough data"):
        assert words.grade_words(grade) in said


def test_not_enough_data_is_a_card_too(page: Any) -> None:
    """The rollout has no estimate: it says so, and what would have shown, and draws nothing."""
    said = spoken(page)
    assert "Leaving, in teams whose group has begun,: there is not enough data to say." in said
    assert "No. It would take a change of 5.2 leavers for 100 staff and quarter to show" in said
    assert len(charts_of(page)) == 6


def test_all_windows_stand_side_by_side_in_the_table_with_the_main_one_first(page: Any) -> None:
    rows = shown(page, "Would have been seen")
    assert [row[0] for row in rows] == [
        "Step when the programme began",
        "Plain rates, during beside before",
        "Further step, from the pandemic on",
        "As if it had begun 3 months earlier",
        "Step, if the trend may change too",
    ]
    assert rows[0][1:] == ["0.70 (0.55 to 0.90)", "a fall of 32%", "0.004", "120", "moderate"]


def test_a_measure_of_a_rung_can_be_chosen(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(home))
    app = open_at(home, "Impact")
    box = next(box for box in app.selectbox if box.key == "measure-wellbeing")
    low = next(option for option in box.options if "Share" in option or "low" in option.lower())
    box.set_value(low).run()
    assert not app.exception
    assert "The share low on WHO5 WELLBEING: there is no sign" in spoken(app)


def test_a_method_that_is_switched_off_says_so_and_shows_no_figure(tmp_path: Path) -> None:
    """Of two rungs: one whose checks are no JSON, which is no fault, and one that is switched off."""
    home = make_home(tmp_path)
    failed = json.dumps({"calibration": {"passed": False, "sentence": "It covers 80 % of truths."}})
    with duckdb.connect(str(next(home.glob("published/versions/*/board/board.duckdb")))) as board:
        board.execute("update marts.impact_its set assumption_checks = '{'")
        board.execute(
            "update marts.impact_survival set assumption_checks = $failed "
            "where method = 'recruitment_cox'",
            {"failed": failed},
        )
    app = open_at(home, "Impact")
    assert not app.exception
    said = spoken(app)
    assert "The file names no check of this figure." in said
    assert "**This method is switched off for the board.** It covers 80 % of truths." in said
    assert "The pace at which posts are filled" not in said
    assert len(charts_of(app)) == 5
    overview = spoken(open_at(home, "Overview"))
    assert "the method is switched off" in overview
    assert "a rise of 50%" not in overview


def test_principle_6_has_six_points_with_status_indicators_and_what_is_missing(home: Path) -> None:
    app = open_at(home, "Principle 6")
    said = spoken(app)
    assert [head.value for head in app.header][:6] == [
        words.point_name(point) for point in range(1, 7)
    ]
    assert said.count("● Evidenced") == 2
    assert said.count("◐ Partly evidenced") == 3
    assert "○ Not evidenced by this data" in said
    assert '<span class="figure">46.0%</span>' in said
    assert "n = 212" in said
    # Of debriefs, whose count another table hides.
    assert '<span class="figure">hidden</span>' in said
    assert "**What is missing.** Ratings of sessions." in said


def test_the_overview_says_what_could_have_been_seen_and_shows_the_icons(home: Path) -> None:
    """Leaving: a fall of 30 %, and one of 32 % would have shown. The vacancy rate shifted down."""
    said = spoken(open_at(home, "Overview"))
    assert '<span class="figure">a fall of 32%</span>' in said
    assert '<span class="figure">−30% (−45% to −10%)</span>' in said
    assert '<span class="figure">−20% (−40% to +10%)</span>' in said
    assert said.count(words.LEVELS_FOLLOW) == said.count(words.NONE_BEFORE) == 2
    assert 'alt="Variation: common cause"' in said
    assert 'alt="Variation: special cause, improvement, low"' in said
    assert "Unusual, better. December 2021: seven points on one side of the mean" in said
    assert said.count(words.NO_TARGET) == 2


def test_the_overview_shows_what_was_told_before_beside_what_is_so_now(home: Path) -> None:
    app = open_at(home, "Overview")
    assert "**1 has been revised since**" in spoken(app)
    rows = {row[1]: row for row in shown(app, "As told then")}
    assert rows["Vacancy rate"] == [
        "November 2021", "Vacancy rate", "2021-11-30", "7.1%", "6.4%", "revised",
    ]  # fmt: skip
    assert rows["Debriefs held"][3:] == ["hidden", "hidden", "not shown"]
    assert len(rows) == 3  # not those of the release that is shown now


def test_a_control_chart_says_its_last_point_and_its_rebase(home: Path) -> None:
    app = open_at(home, "Recruitment")
    said = spoken(app)
    assert "**Vacancy rate** stood at **5.0%** in December 2021: **unusual, better**" in said
    assert "Limits begin anew on 31 May 2021: Posts are counted from May on." in said
    assert "**Trial limits** from May 2021" in said
    assert words.CONTROL_KEY in said
