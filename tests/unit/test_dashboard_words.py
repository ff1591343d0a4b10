"""The sentences of the dashboard: each a pure function of its figures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard import instruments, programme, words
from dashboard.words import Comparison, Reading

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
END = date(2020, 1, 31)


def reading(day: date = END, **figures: object) -> Reading:
    said: dict[str, object] = {
        "month_end": day,
        "headcount": 206,
        "turnover": 30 / 206,
        "leavers_12m": 30,
        "stability": 0.861,
        "headcount_year_before": 199,
        "unexplained_12m": 0,
        "agency_rate": 0.07,
        "agency_headcount": 14,
    }
    return Reading(**{**said, **figures})  # type: ignore[arg-type]


def comparison(**figures: object) -> Comparison:
    said: dict[str, object] = {
        "council": "Southampton",
        "indicator": "turnover_rate_headcount",
        "year": 2019,
        "value": 0.146,
        "symbol": None,
        "top_count": 30.0,
        "bottom_count": 206.0,
        "median": 0.121,
        "median_n": 10,
        "model": "2021",
        "region": "South East",
        "region_value": 0.151,
        "england_value": 0.151,
        "place": 66,
        "councils": 147,
    }
    return Comparison(**{**said, **figures})  # type: ignore[arg-type]


def test_a_rate_is_said_as_a_percentage_with_one_decimal() -> None:
    """30 / 206 = 0.14563…"""
    assert words.percent(30 / 206) == "14.6%"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "no people"), (1, "1 person"), (2, "2 people"), (1200, "1,200 people")]
)
def test_people_are_counted_in_words(count: int, said: str) -> None:
    assert words.people(count) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0.5, "within the last hour"),
        (1.9, "1 hour ago"),
        (47.9, "47 hours ago"),
        (48, "2 days ago"),
        (75, "3 days ago"),
    ],
)
def test_freshness_is_rounded_down(hours: float, said: str) -> None:
    """75 hours are three days and three hours."""
    assert words.freshness(NOW - timedelta(hours=hours), NOW) == f"last good night {said}"


def test_the_programmes_dates_stand_in_their_order() -> None:
    """programme.yml: 2018 to compare with, funded from January 2019 to April 2020, end and lockdown."""
    lines = words.timeline(programme.load(), date(2016, 10, 31), date(2021, 12, 31))
    assert [line.split(".**")[0].removeprefix("**") for line in lines] == [
        "October 2016",
        "January 2018 to December 2018",
        "January 2019 to April 2020",
        "31 January 2020",
        "23 March 2020",
        "December 2021",
    ]


def test_the_overview_never_claims_an_effect() -> None:
    """Turnover falls by half in this example, and still nothing is claimed."""
    said = words.overview_answer(
        reading(date(2021, 12, 31), turnover=0.07, leavers_12m=15),
        reading(date(2018, 12, 31)),
        reading(END, turnover=0.112, leavers_12m=20),
    )
    assert said.startswith("**These figures alone cannot tell.**")
    for claim in ("because", "thanks", "worked", "success", "reduced", "improved", "effect"):
        assert claim not in said.lower()


def test_the_overview_gives_every_rate_its_period_and_its_people() -> None:
    said = words.overview_answer(
        reading(date(2021, 12, 31), turnover=0.075, leavers_12m=18),
        reading(date(2018, 12, 31), turnover=0.106, leavers_12m=21),
        reading(END, turnover=0.146, leavers_12m=30),
    )
    assert "In the 12 months to 31 December 2021, 18 people left, 7.5%" in said
    assert "10.6% (21 people) in the 12 months to 31 December 2018" in said
    assert "14.6% (30 people) in the 12 months to 31 January 2020" in said


def test_without_an_earlier_year_the_overview_says_so() -> None:
    assert "no earlier year in the file" in words.overview_answer(reading(), None, None)


def test_retention_is_answered_with_people_and_shares() -> None:
    assert words.retention_answer(reading()) == (
        "In the 12 months to 31 January 2020, **30 people left**: turnover was **14.6%** of "
        "average headcount. Of the 199 people in post a year before, **86.1%** were still here."
    )


def test_a_rate_that_is_not_there_is_not_a_zero() -> None:
    said = words.retention_answer(reading(turnover=None, leavers_12m=None, stability=None))
    assert "%" not in said
    assert "need a whole year of records" in said


@pytest.mark.parametrize(("exits", "said"), [(1, "1 post ended"), (5, "5 posts ended")])
def test_unexplained_exits_are_said_beside_turnover(exits: int, said: str) -> None:
    note = words.unexplained_note(reading(unexplained_12m=exits))
    assert said in note
    assert "too low" in note


def test_without_unexplained_exits_there_is_no_note() -> None:
    assert words.unexplained_note(reading(unexplained_12m=0)) == ""
    assert words.unexplained_note(reading(unexplained_12m=None)) == ""


def test_the_month_tells_what_moved() -> None:
    lines = words.month_changes(
        reading(date(2020, 2, 29), headcount=204, turnover=0.15),
        reading(headcount=206, turnover=0.146),
        starters=1,
        leavers=3,
        unexplained=0,
    )
    assert lines == [
        "In February 2020, 1 person started and 3 people left.",
        "Headcount went from 206 to 204.",
        "Turnover over 12 months went from 14.6% to 15.0%.",
    ]


def test_an_unmoved_month_is_said_to_be_so() -> None:
    lines = words.month_changes(reading(), reading(), starters=0, leavers=0, unexplained=1)
    assert lines == [
        "In January 2020, no people started and no people left.",
        "Headcount stayed at 206.",
        "Turnover over 12 months stayed at 14.6%.",
        "1 post ended without a leaver record.",
    ]


def test_measures_are_named_until_their_tables_come() -> None:
    every = frozenset(words.MEASURES_BY_TABLE)
    assert words.not_yet(every) == ""
    assert words.not_yet(every - {"wellbeing_wave"}).startswith(
        "Not yet taken in: wellbeing scores."
    )


def test_hidden_measures_are_listed_and_told_from_zero() -> None:
    note = words.hidden_note({"retirements": "c", "transfers": "c"})
    assert "retirements and transfers within the council" in note
    assert "not a zero" in note
    assert words.hidden_note({}) == ""


@pytest.mark.parametrize("symbol", ["c", "z", "x", "u", "low", "k"])
def test_every_symbol_of_the_statistics_is_explained(symbol: str) -> None:
    assert words.symbol_note([symbol, symbol]).count(f"{symbol}: ") == 1


def test_a_comparison_gives_figure_people_gap_and_comparators() -> None:
    """14.6 − 12.1 = 2.5 percentage points."""
    assert words.benchmark_answer(comparison()) == (
        "In the year to 30 September 2019, turnover of social workers in **Southampton** was "
        "**14.6%** (30 left; 206 in post at the end of the year). That is 2.5 percentage points "
        "above the median of its statistical neighbours (12.1%; 10 with a figure, 2021 model). "
        "South East was at 15.1% and England at 15.1%."
    )


def test_a_comparison_below_and_an_equal_one_are_told_apart() -> None:
    assert "1.0 percentage points below" in words.benchmark_answer(comparison(value=0.111))
    assert "the same as the median" in words.benchmark_answer(comparison(value=0.121))


def test_a_figure_with_a_symbol_is_said_to_be_hidden_and_why() -> None:
    said = words.benchmark_answer(comparison(value=None, symbol="c"))
    assert "not shown: hidden so that no one can be recognised" in said
    assert "%" not in said


def test_counts_are_never_set_beside_england() -> None:
    said = words.benchmark_answer(
        comparison(
            indicator="leavers_headcount", value=30.0, median=41.0, region_value=734.0,
            england_value=4963.0,
        )
    )  # fmt: skip
    assert "4,963" not in said
    assert "11.0 people below the median" in said


def test_a_place_says_of_how_many_and_from_which_end() -> None:
    said = words.place_words(comparison(), 30)
    assert "number **66 of 147** councils in 2019, counted from the lowest figure" in said
    assert "not ranked" in words.place_words(comparison(place=None), 30)


def test_the_return_error_is_told_for_southampton_alone() -> None:
    assert words.return_error_note("852", "absence_rate_fte", 2017, 2025)
    assert words.return_error_note("852", "turnover_rate_fte", 2017, 2025) == ""
    assert words.return_error_note("850", "absence_rate_fte", 2017, 2025) == ""
    assert words.return_error_note("852", "absence_rate_fte", 2023, 2025) == ""


def test_a_line_is_described_with_its_ends_and_extremes() -> None:
    days = [date(2020, 1, 31), date(2020, 2, 29), date(2020, 3, 31), date(2020, 4, 30)]
    said = words.describe_months("Turnover", days, [0.10, None, 0.16, 0.12], "rate", "Marked: x.")
    assert said == (
        "Line chart of turnover, 3 months from January 2020 to April 2020. It starts at 10.0% and "
        "ends at 12.0%; the highest is 16.0% in March 2020, the lowest 10.0% in January 2020. "
        "Marked: x."
    )


def test_a_line_without_a_figure_is_described_as_such() -> None:
    assert "no month has a figure" in words.describe_months("Turnover", [END], [None], "rate", "")


def test_flows_are_described_with_their_totals() -> None:
    days = [date(2020, 1, 31), date(2020, 2, 29)]
    said = words.describe_flows(days, [2, 3], [1, 4], "")
    assert "5 people started and 5 people left" in said
    assert "the most leavers in one month were 4, in February 2020" in said


@pytest.mark.parametrize("name", list(words.INDICATORS))
def test_every_rate_names_the_counts_it_is_made_of(name: str) -> None:
    kind = words.INDICATORS[name]
    made_of_counts = kind.unit in words.COMPARABLE
    assert bool(kind.top and kind.bottom and kind.behind) == made_of_counts
    if made_of_counts:
        assert {kind.top, kind.bottom} <= set(words.INDICATORS)
        assert "{top}" in kind.behind
        assert "{bottom}" in kind.behind


def test_an_unknown_indicator_keeps_its_own_name() -> None:
    assert words.indicator("new_rate_fte").label == "new rate fte"
    assert words.indicator("new_rate_fte").unit == "rate"


def test_the_source_under_a_chart_says_whether_it_is_synthetic() -> None:
    assert words.staff_source(True, END) == "Synthetic data, as at 31 Jan 2020"
    assert words.staff_source(False, END) == "Staff records, as at 31 Jan 2020"
    assert "OGL v3.0" in words.department_source(date(2026, 3, 19))


def test_vacancies_are_answered_with_posts_rate_and_days() -> None:
    row = {
        "day": END, "open_vacancies": 13, "vacant_fte": 11.6, "vacancy_rate": 0.058,
        "agency_covered_fte": 4.6, "median_days_to_offer_12m": 38.5,
        "median_days_to_start_12m": 92.0,
    }  # fmt: skip
    assert words.recruitment_answer(row) == (
        "On 31 January 2020, **13 posts were vacant** (11.6 FTE): a vacancy rate of **5.8%**. "
        "Agency workers covered 4.6 FTE of them. In the 12 months before, half of all offers came "
        "within **38 days** of a vacancy's opening, and half of the people appointed started "
        "within **92 days**."
    )
    hidden = {**row, "median_days_to_offer_12m": None, "median_days_to_offer_12m_symbol": "c"}
    assert "days" not in words.recruitment_answer(hidden)


def test_months_with_a_hidden_median_are_counted() -> None:
    rows = [
        {"median_days_to_offer_12m": None, "median_days_to_offer_12m_symbol": "c"},
        {"median_days_to_offer_12m": 40.0, "median_days_to_offer_12m_symbol": None},
    ]
    assert "1 month has no median to offer on show: fewer than 10 offers" in words.days_note(rows)
    assert "on show" not in words.days_note(rows[1:])


def test_debriefs_that_are_hidden_are_said_to_be_hidden() -> None:
    said = words.debrief_answer(
        {"requested": 18, "offered": None, "offered_symbol": "c", "held": 12, "declined": None}
    )
    assert said == (
        "From the first record to date, **18 debriefs were requested**: 12 **held**. How many "
        "were offered and declined is hidden, since so few people are behind it."
    )
    assert "too few" in words.debrief_answer({"requested": None, "requested_symbol": "c"})


@pytest.mark.parametrize(
    ("row", "seen", "promised", "kept"),
    [
        (
            {"promise": "groups_active", "promised": 22.0, "observed": 21.0, "met": False},
            ("21", "on the last month end"), "22", "not in full",
        ),
        (
            {"promise": "none_over_12", "promised": 0.0, "observed": 9.0, "met": False, "n": 522},
            ("1.7%", "9 of 522 held sessions"), "none", "not in full",
        ),
        (
            {"promise": "attended_6_to_8", "promised": 1.0, "observed": 1.0, "met": True, "n": 40},
            ("100.0%", "of 40 held sessions"), "all", "yes",
        ),
        (
            {"promise": "coverage_84d", "promised": 1.0, "observed": None,
             "observed_symbol": "c", "met": None, "met_symbol": "c"},
            ("hidden", ""), "all", "hidden",
        ),
    ],
)  # fmt: skip
def test_a_promise_is_told_as_share_promise_and_whether_kept(
    row: dict[str, object], seen: tuple[str, str], promised: str, kept: str
) -> None:
    """9 of 522 is 1.72 %."""
    assert (words.seen(row), words.promised(row), words.kept(row)) == (seen, promised, kept)


def test_the_grid_of_cycles_is_counted_in_words() -> None:
    rows = [
        {"group_id": "G01", "cycle": 1, "status": "held"},
        {"group_id": "G01", "cycle": 2, "status": "late"},
        {"group_id": "G02", "cycle": 1, "status": "held"},
    ]
    assert words.describe_cadence(rows) == (
        "Grid of 2 groups by cycle, 3 cycles in all: 2 held, 0 cancelled, 1 no session in time. "
        "Most cycles without a session: G01, 1 each."
    )


def test_a_hidden_wave_is_no_score() -> None:
    said = words.wellbeing_answer(
        {"day": END, "mean_score": None, "mean_score_symbol": "c"}, "WHO-5", ()
    )
    assert "hidden: too few responses have a score" in said
    assert "%" not in said


def test_a_description_of_bars_names_what_is_hidden() -> None:
    rows = [{"year": 2019, "held": 24, "declined": None, "declined_symbol": "c"}]
    assert (
        words.describe_counts(
            "Bars", "year", rows, {"held": "Held", "declined": "Declined"}, "count"
        )
        == "Bars. 2019: held 24, declined hidden."
    )


def test_what_was_set_aside_is_used_by_no_figure_but_that_its_person_is_there() -> None:
    """2 + 1 files, none refused, 1 + 4 rows; the second sentence is true of the staff list alone."""
    staff = {
        "source": "hr_staff", "files_loaded": 2, "files_rejected": 0, "rows_quarantined": 1,
    }  # fmt: skip
    absence = {
        "source": "absence", "files_loaded": 1, "files_rejected": 0, "rows_quarantined": 4,
    }  # fmt: skip
    said = words.about_answer([staff, absence], date(2020, 1, 31))
    assert "5 rows were set aside as faulty: no figure uses what they say. But somebody" in said
    assert said.endswith(
        "But somebody whom the staff list had before without a fault still counts as there, where "
        "their faulty row can be told to be theirs."
    )
    elsewhere = words.about_answer([staff | {"rows_quarantined": 0}, absence], None)
    assert elsewhere.endswith("4 rows were set aside as faulty: no figure uses what they say.")


def test_sources_without_a_file_are_named() -> None:
    loads = [
        {"source": "hr_staff", "files_loaded": 3},
        {"source": "sword_results", "files_loaded": 0},
        {"source": "absence", "files_loaded": 0},
    ]
    assert words.nothing_came(loads) == (
        "**No file stands from**: results of the SWORD survey and sickness absence."
    )
    assert words.nothing_came(loads[:1]) == ""


def test_the_scale_of_a_questionnaire_is_as_its_authors_published_it() -> None:
    """WHO-5: five items of 0 to 5, times 4, so 0 to 100; 50 and less is low."""
    scale = instruments.scale("who5", "wellbeing")
    assert (scale.label, scale.ends, scale.cut_offs) == (
        "WHO-5 Well-Being Index", (0.0, 100.0), (50.0,),
    )  # fmt: skip
    assert scale.named_bands == (
        ("share_low", "50 or less (low wellbeing)"), ("share_high", "over 50 (above the cut-off)"),
    )  # fmt: skip
    unknown = instruments.scale("other", "mood")
    assert (unknown.label, unknown.ends, unknown.cut_offs) == ("other (mood)", None, ())
    assert unknown.named_bands == ()


def test_a_questionnaire_of_several_scales_names_the_scale_and_its_own_bands() -> None:
    """Ten items of 1 to 5 make 10 to 50; a mean of 0 to 100 keeps those ends; seven make 7 to 35."""
    burnout = instruments.scale("proqol5", "burnout")
    assert (burnout.ends, burnout.cut_offs) == ((10.0, 50.0), (22.0, 42.0))
    assert burnout.label == "Professional Quality of Life scale (ProQOL 5): burnout"
    assert [name for _, name in burnout.named_bands] == [
        "22 or less (low)", "over 22 and under 42 (average)", "42 or more (high)",
    ]  # fmt: skip
    work = instruments.scale("cbi", "work")
    assert (work.ends, work.cut_offs) == ((0.0, 100.0), (50.0,))
    assert [name for _, name in work.named_bands] == [
        "under 50 (below the cut-off)", "50 or more (burnout)",
    ]  # fmt: skip
    swemwbs = instruments.scale("swemwbs", "wellbeing")
    assert (swemwbs.ends, swemwbs.cut_offs, swemwbs.named_bands) == ((7.0, 35.0), (), ())
    assert "registration with the University of Warwick" in swemwbs.terms


def compared(
    window: str, value: float | None, n: int = 20, months: int = 12, **more: object
) -> dict:
    """One row of the comparison: turnover a year, of 2018 where nothing else is said."""
    return {
        "window_name": window, "metric": "turnover_a_year", "n": n, "months": months,
        "value": value, "change_since_before": None, "first_month_end": date(2018, 1, 31),
        "last_month_end": date(2018, 12, 31), **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "unit", "said"),
    [
        (0.0123, "rate", "1.2 points more than before"),
        (-0.0123, "rate", "1.2 points less than before"),
        (0.0004, "rate", "as before"),
        (-1234.4, "count", "1,234 less than before"),
        (2.25, "score", "2.2 more than before"),
        (None, "rate", ""),
    ],
)
def test_a_change_is_said_in_the_unit_of_its_measure(
    difference: float | None, unit: str, said: str
) -> None:
    assert words.comparison_change(difference, unit, "before") == said


def test_a_change_is_told_from_ten_events_and_twelve_months_on_in_both_windows() -> None:
    before = compared("before", 0.1)
    after = compared("after", 0.2, change_since_before=0.1)
    told = words.comparison_cell(after, before)
    assert told == ("20.0%", "20 leavers in 12 months; 10.0 points more than before")
    for poor_after, poor_before in (
        (after | {"n": 9}, before),
        (after | {"months": 11}, before),
        (after, before | {"n": 9}),
        (after, before | {"months": 11}),
        (after, None),
    ):
        assert words.comparison_cell(poor_after, poor_before)[1].endswith("change: cannot tell")


def test_the_sentence_of_the_windows_claims_no_cause() -> None:
    rows = [
        compared("before", 0.1),
        compared("during", 0.15, change_since_before=0.05),
        compared("after", 0.2, change_since_before=0.1),
    ]
    said = words.comparison_sentence(rows, "turnover_a_year")
    assert said == (
        "Turnover a year, beside the programme: 10.0% before it (20 leavers in 12 months), 15.0% "
        "during it (20 leavers in 12 months) and 20.0% after it (20 leavers in 12 months). After it, "
        "that is 10.0 points more than before. **Why, these figures cannot tell.**"
    )
    assert "cannot tell" in words.comparison_sentence(rows[:2], "turnover_a_year")
    assert words.comparison_sentence([], "turnover_a_year") == (
        "No month of any window has a figure."
    )


def test_the_last_published_row_of_each_window_stands_for_it_and_a_hidden_one_is_called_so() -> (
    None
):
    """2017 and 2018 lie before, 2019 in between, 2020 after: of two years the later one stands."""
    line = words.LatestOf(
        "Held, last year",
        [
            {"day": date(2017, 12, 31), "held": 30, "requested": 40},
            {"day": date(2018, 12, 31), "held": 20, "requested": 40},
            {"day": date(2019, 12, 31), "held": 26, "requested": 40},
            {"day": date(2020, 12, 31), "held": None, "held_symbol": "c", "requested": 12},
        ],
        "held",
        "count",
        ("requested", "requested", "requested"),
        by_year=True,
    )
    windows = [
        (None, date(2018, 12, 31)),
        (date(2019, 1, 1), date(2020, 1, 31)),
        (date(2020, 2, 1), None),
    ]
    assert words.latest_of_cells(line, words.last_of_each(line, windows)) == [
        ("20", "2018; 40 requested"),
        ("26", "2019; 40 requested; 6 more than before"),
        ("hidden", "2020; 12 requested"),
    ]


def test_the_attack_and_the_gates_are_told_in_numbers() -> None:
    """3 and 1 hidden cells in two tables; nothing was tried in the second."""
    report = [
        {"cells_hidden": 3, "cells_tried": 3, "narrowest_interval": 5.0},
        {"cells_hidden": 1, "cells_tried": 0, "narrowest_interval": None},
    ]
    assert words.attacked_words(report) == (
        "4 cells are hidden. The attacker tried 3 hidden counts; the closest it came to any was 5 "
        "between the smallest and the largest possible number."
    )
    none = [{"cells_hidden": 0, "cells_tried": 0, "narrowest_interval": None}]
    assert "no hidden count had to be attacked" in words.attacked_words(none)
    assert "**no rules that warn**" in words.gates_words({"warn": 0, "inform": 1})
    assert "**1 rule that informs**" in words.gates_words({"warn": 0, "inform": 1})
    assert "does not say" in words.gates_words(None)
