"""The charts, as specifications: what they hold, mark and say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import altair as alt
import pytest

from dashboard import charts, programme, theme
from dashboard.charts import Series
from tests.board_fixture import month_ends

KNOWN = programme.load()
WHOLE = KNOWN.periods[0]
Spec = dict[str, Any]


def monthly() -> list[dict[str, Any]]:
    return [
        {
            "day": day,
            "turnover_rate_12m": None if i < 12 else 0.10 + i / 1000,
            "leavers_12m": None if i < 12 else 20 + i,
            "starters": i % 4,
            "leavers": (i + 2) % 5,
            "unexplained_exits": 1 if i % 11 == 0 else 0,
        }
        for i, day in enumerate(month_ends(date(2018, 1, 31), date(2021, 12, 31)))
    ]


def compared() -> list[dict[str, Any]]:
    rows = []
    for role, name in (
        ("council", "Southampton"),
        ("neighbour", "Derby"),
        ("median", "Neighbours' median"),
        ("region", "South East"),
        ("england", "England"),
    ):
        for i, year in enumerate(range(2017, 2026)):
            hidden = role == "council" and year == 2022
            rows.append(
                {
                    "role": role,
                    "name": name,
                    "year": year,
                    "value": None if hidden else 0.10 + i / 100,
                    "symbol": "x" if hidden else None,
                }
            )
    return rows


def line() -> alt.LayerChart:
    return charts.months(
        monthly(), column="turnover_rate_12m", name="Turnover", unit="rate", programme=KNOWN,
        period=WHOLE, description="A line in words.", source="Where from.", count="leavers_12m",
    )  # fmt: skip


def flows() -> alt.LayerChart:
    return charts.flows(
        monthly(),
        programme=KNOWN,
        period=WHOLE,
        description="Flows in words.",
        source="Where from.",
    )


def exits() -> alt.LayerChart:
    return charts.exits(
        monthly(),
        programme=KNOWN,
        period=WHOLE,
        description="Exits in words.",
        source="Where from.",
    )


def yearly() -> alt.LayerChart:
    rows = [
        {"year": year, "rate": rate, "leavers_fte": 20.0, "inpost_fte": 130.0}
        for year, rate in ((2018, 0.15), (2019, None), (2020, 0.12), (2021, 0.11))
    ]
    return charts.yearly(
        rows,
        column="rate",
        name="Turnover",
        programme=KNOWN,
        description="Years in words.",
        source="Where from.",
    )


def benchmark() -> alt.LayerChart:
    return charts.benchmark(
        compared(),
        unit="rate",
        programme=KNOWN,
        description="A comparison in words.",
        source="Where from.",
    )


def ranking() -> alt.LayerChart:
    rows = [row for row in compared() if row["year"] == 2022]
    return charts.ranking(
        rows, unit="rate", description="A ranking in words.", source="Where from."
    )


def quarterly() -> list[dict[str, Any]]:
    """Three years of quarters; the third one hides two shares and its coverage."""
    return [
        {
            "day": day,
            "attendance_rate": 0.7,
            "coverage_84d": None if i == 2 else 0.4 + i / 100,
            "coverage_84d_symbol": "c" if i == 2 else None,
            "share_under": 0.2,
            "share_norm": None if i == 2 else 0.5,
            "share_norm_symbol": "c" if i == 2 else None,
            "share_over_norm": 0.28,
            "share_over_capacity": None if i == 2 else 0.02,
            "share_over_capacity_symbol": "c" if i == 2 else None,
        }
        for i, day in enumerate(
            day for day in month_ends(date(2019, 1, 31), date(2021, 12, 31)) if day.month % 3 == 0
        )
    ]


def lines() -> alt.LayerChart:
    return charts.lines(
        quarterly(),
        series=(Series("attendance_rate", "Attendance"), Series("coverage_84d", "Coverage")),
        unit="rate", programme=KNOWN, period=WHOLE, description="Lines in words.",
        source="Where from.",
    )  # fmt: skip


def shares() -> alt.LayerChart:
    return charts.shares(
        quarterly(),
        columns=("share_under", "share_norm", "share_over_norm", "share_over_capacity"),
        programme=KNOWN, period=WHOLE, description="Shares in words.", source="Where from.",
        first="share_norm",
    )  # fmt: skip


def vacancies() -> alt.LayerChart:
    rows = [
        {"day": day, "opened": i % 4, "filled": i % 3, "withdrawn": 1 if i % 5 == 0 else 0}
        for i, day in enumerate(month_ends(date(2018, 1, 31), date(2021, 12, 31)))
    ]
    return charts.vacancies(
        rows, programme=KNOWN, period=WHOLE, description="Posts in words.", source="Where from."
    )


def counts() -> alt.LayerChart:
    rows = [
        {"year": 2018, "requested": 9, "declined": None, "declined_symbol": "c"},
        {"year": 2019, "requested": 44, "declined": 10, "declined_symbol": None},
        {"year": 2020, "requested": 0, "declined": None, "declined_symbol": "x"},
    ]
    return charts.counts(
        rows, group="year", columns={"requested": "Requested", "declined": "Declined"},
        unit="count", description="Counts in words.", source="Where from.",
    )  # fmt: skip


def waves() -> alt.LayerChart:
    rows = [
        {"day": date(2018, 11, 30), "mean_score": 50.9, "lower_95": 47.6, "upper_95": 54.2,
         "responses": 128},
        {"day": date(2020, 5, 31), "mean_score": None, "mean_score_symbol": "c", "lower_95": None,
         "upper_95": None, "responses": None},
        {"day": date(2021, 11, 30), "mean_score": 51.1, "lower_95": 47.8, "upper_95": 54.4,
         "responses": 104},
    ]  # fmt: skip
    return charts.waves(
        rows, scale=(0.0, 100.0), cut_offs=(50.0,), programme=KNOWN, description="Waves in words.",
        source="Where from.",
    )  # fmt: skip


def cadence() -> alt.LayerChart:
    rows = [
        {"group_id": f"G{group:02d}", "cycle": cycle, "status": status}
        for group in range(1, 23)
        for cycle, status in enumerate(("held", "held", "cancelled", "late"), start=1)
    ]
    return charts.cadence(rows, description="A grid in words.", source="Where from.")


def control() -> alt.LayerChart:
    """Three years of leavers: one month beyond the limit, one without a value, a rebase in 2020."""
    rows = [
        {
            "day": day,
            "value": None if i == 5 else 0.03 if i == 8 else 0.01,
            "mean": 0.011, "lower_limit": 0.0, "upper_limit": 0.025, "segment": int(i > 24),
            "point_type": "special_cause_concern" if i == 8 else "common_cause",
            "special_cause": "outside" if i == 8 else None, "side": int(i == 8),
        }
        for i, day in enumerate(month_ends(date(2018, 1, 31), date(2021, 12, 31)))
    ]  # fmt: skip
    return charts.control(
        rows, name="Leavers", unit="rate", programme=KNOWN, description="Control in words.",
        source="Where from.",
    )  # fmt: skip


def estimates(scale: str = "ratio") -> alt.LayerChart:
    rows = [
        {"name": "Main", "said": "0.70 (0.55 to 0.90)", "estimate": 0.7, "lower": 0.55,
         "upper": 0.9, "main": True},
        {"name": "Beside", "said": "1.10 (0.00 to no limit)", "estimate": 1.1, "lower": 0.0,
         "upper": None, "main": False},
        {"name": "None", "said": "no figure", "estimate": None, "lower": None, "upper": None,
         "main": False},
    ]  # fmt: skip
    return charts.estimates(
        rows, scale=scale, unit="points", description="Estimates in words.", source="Where from."
    )


def differences() -> alt.LayerChart:
    return estimates("difference")


def curves() -> alt.LayerChart:
    rows = [
        {"name": group, "month": month, "at_risk": 80 - month, "survival": 1 - fall * month,
         "lower_95": 0.8 - fall * month, "upper_95": 1.0}
        for group, fall in (("Had come", 0.005), ("Had not come", 0.01))
        for month in (0, 12, 24)
    ]  # fmt: skip
    return charts.curves(rows, unit="Months", description="Curves in words.", source="Where from.")


OVER_TIME = [line, flows, exits, yearly, benchmark, lines, shares, vacancies, waves, control]
EVERY = [*OVER_TIME, ranking, counts, cadence, estimates, differences, curves]
Maker = Callable[[], alt.LayerChart]


def drawn(spec: Spec) -> list[tuple[Spec, list[dict[str, Any]]]]:
    """Each layer with the rows that it draws."""
    return [(layer, spec["datasets"][layer["data"]["name"]]) for layer in spec["layer"]]


def mark(layer: Spec) -> str:
    return str(layer["mark"]["type"])


@pytest.mark.parametrize("make", EVERY)
def test_every_chart_is_valid_vega_lite_with_a_description(make: Maker) -> None:
    spec = make().to_dict()  # raises where the schema is broken
    assert spec["description"].endswith("in words.")


@pytest.mark.parametrize("make", EVERY)
def test_a_picture_of_a_chart_keeps_its_source(make: Maker) -> None:
    assert make().to_dict()["title"]["text"] == "Where from."


@pytest.mark.parametrize("make", OVER_TIME)
def test_every_time_axis_marks_the_programmes_end_and_the_lockdown(make: Maker) -> None:
    spec = make().to_dict()
    rules = [
        (rows[0]["day"], rows[0]["label"])
        for layer, rows in drawn(spec)
        if mark(layer) == "rule" and "label" in rows[0]
    ]
    texts = [layer["mark"]["text"]["expr"] for layer, _ in drawn(spec) if "text" in layer["mark"]]
    assert sorted(rules) == [
        ("2020-01-31T00:00:00", "Programme ends, 31 Jan 2020"),
        ("2020-03-23T00:00:00", "First national lockdown, 23 Mar 2020"),
    ]
    for label in ("Programme ends, 31 Jan 2020", "First national lockdown, 23 Mar 2020"):
        assert sum(json.dumps(label) in text for text in texts) == 1


@pytest.mark.parametrize("make", OVER_TIME)
def test_the_marked_days_lie_inside_the_axis(make: Maker) -> None:
    days = [row["day"] for row in drawn(make().to_dict())[0][1]]
    assert min(days) < "2020-01-31" < "2020-03-23" < max(days)


@pytest.mark.parametrize("make", [line, yearly, benchmark, lines, control])
def test_a_missing_value_leaves_a_gap_in_a_line(make: Maker) -> None:
    layers = drawn(make().to_dict())
    lines = [(layer, rows) for layer, rows in layers if mark(layer) == "line"]
    assert any(row["value"] is None for _, rows in lines for row in rows)
    for layer, rows in lines:
        assert layer["mark"]["invalid"] == "break-paths-show-path-domains"
        # A lower limit may lie at 0; a value that is missing may not.
        assert 0 not in [row["value"] for row in rows] or layer["mark"].get("interpolate")


@pytest.mark.parametrize("make", [line, yearly, benchmark, ranking, lines, waves, control])
def test_a_missing_value_has_no_point(make: Maker) -> None:
    for layer, rows in drawn(make().to_dict())[1:]:
        if mark(layer) == "point":
            assert rows
            assert None not in [row["value"] for row in rows]


def test_a_month_without_a_count_has_no_bar() -> None:
    rows = monthly()
    rows[3]["starters"] = None
    rows[3]["leavers"] = None
    spec = charts.flows(
        rows, programme=KNOWN, period=WHOLE, description="d", source="Where from."
    ).to_dict()
    layer, bars = next((layer, rows) for layer, rows in drawn(spec) if mark(layer) == "bar")
    assert layer["mark"]["invalid"] == "filter"
    assert [row["value"] for row in bars if row["month"] == "April 2018"] == [None, None]


def test_leavers_point_down_and_starters_up() -> None:
    bars = next(rows for layer, rows in drawn(flows().to_dict()) if mark(layer) == "bar")
    assert all(row["value"] <= 0 for row in bars if row["kind"] == "Leavers")
    assert all(row["value"] >= 0 for row in bars if row["kind"] == "Starters")
    assert {row["kind"] for row in bars} == {"Leavers", "Starters"}


def test_a_chosen_period_is_strong_and_the_rest_stays_in_sight() -> None:
    during = KNOWN.periods[2]
    spec = charts.months(
        monthly(), column="turnover_rate_12m", name="Turnover", unit="rate", programme=KNOWN,
        period=during, description="d", source="Where from.",
    ).to_dict()  # fmt: skip
    whole, chosen = [rows for layer, rows in drawn(spec) if mark(layer) == "line"]
    assert sum(row["value"] is not None for row in whole) == 36
    strong = [row["day"][:10] for row in chosen if row["value"] is not None]
    assert (strong[0], strong[-1], len(strong)) == ("2019-01-31", "2020-01-31", 13)


def test_a_symbol_stands_away_from_zero_and_in_words_in_the_ranking() -> None:
    texts = [
        (layer, rows)
        for layer, rows in drawn(benchmark().to_dict())
        if mark(layer) == "text" and rows[0].get("label") == "x"
    ]
    assert len(texts) == 1
    assert texts[0][0]["encoding"]["y"] == {"value": 10}
    labels = [row["label"] for _, rows in drawn(ranking().to_dict()) for row in rows]
    assert "not available" in labels


def test_lines_differ_by_more_than_colour() -> None:
    looks = {(look.width, look.dash, look.shape) for look in charts.LOOKS.values()}
    assert len(looks) == len(charts.LOOKS)


def test_end_labels_never_cover_each_other() -> None:
    """Three values within 0.01 and a gap of 0.02: the second and third move up."""
    assert charts.spread([0.10, 0.105, 0.11, 0.30], 0.02) == pytest.approx([0.10, 0.12, 0.14, 0.30])


def test_a_hidden_count_keeps_its_line_and_has_no_bar() -> None:
    """2018 hides how many declined, 2020 has no figure; a true 0 is a bar of no length."""
    layers = drawn(counts().to_dict())
    bars = next(rows for layer, rows in layers if mark(layer) == "bar")
    assert [(row["group"], row["value"]) for row in bars] == [
        ("2018", 9),
        ("2019", 44),
        ("2019", 10),
        ("2020", 0),
    ]
    words_instead = [rows for layer, rows in layers if mark(layer) == "text"][-1]
    assert [(row["name"], row["label"]) for row in words_instead] == [
        ("2018|Declined", "hidden"),
        ("2020|Declined", "no figure"),
    ]


def test_no_count_is_coloured_as_good_or_bad() -> None:
    bars = [layer for layer, _ in drawn(counts().to_dict()) if mark(layer) == "bar"]
    assert [layer["mark"]["color"] for layer in bars] == [theme.FOCUS]
    assert "color" not in bars[0]["encoding"]


def test_each_share_has_a_lane_of_its_own_and_a_hidden_one_no_bar() -> None:
    """Twelve quarters; two of the four lanes lack the third."""
    bars = [rows for layer, rows in drawn(shares().to_dict()) if mark(layer) == "bar"]
    assert [len(rows) for rows in bars] == [12, 11, 12, 11]
    floors = [{row["zero"] for row in rows} for rows in bars]
    assert all(len(floor) == 1 for floor in floors)
    heights = [max(row["value"] for row in rows) for rows in bars]
    for upper, lower in zip(floors, heights[1:], strict=False):
        assert lower < min(upper)


def test_a_hidden_point_of_a_line_shows_its_symbol_at_the_upper_edge() -> None:
    hidden = [
        layer
        for layer, rows in drawn(lines().to_dict())
        if mark(layer) == "text" and rows[0].get("label") == "c"
    ]
    assert len(hidden) == 1
    assert hidden[0]["encoding"]["y"]["value"] < 40


def test_what_came_of_a_cycle_is_told_by_shape() -> None:
    """22 groups with four cycles each: two held, one cancelled, one late."""
    points = [
        (layer["mark"]["shape"], layer["mark"]["filled"], len(rows))
        for layer, rows in drawn(cadence().to_dict())
        if "shape" in layer["mark"]
    ]
    assert points == [("square", True, 44), ("cross", True, 22), ("circle", False, 22)]


def test_waves_have_intervals_a_cut_off_and_no_line_between_them() -> None:
    layers = drawn(waves().to_dict())
    assert not [layer for layer, _ in layers if mark(layer) == "line"]
    spans = next(rows for layer, rows in layers if mark(layer) == "rule" and "zero" in rows[0])
    assert [(row["zero"], row["value"]) for row in spans] == [(47.6, 54.2), (47.8, 54.4)]
    assert [rows for layer, rows in layers if rows == [{"value": 50.0}]]


def test_filled_and_withdrawn_posts_stand_one_under_the_other() -> None:
    opened, filled, withdrawn = [
        rows for layer, rows in drawn(vacancies().to_dict()) if mark(layer) == "bar"
    ]
    assert all(row["value"] > 0 for row in opened)
    assert all(row["value"] < 0 for row in filled)
    by_month = {row["month"]: row["value"] for row in filled}
    assert all(row["zero"] == by_month.get(row["month"], 0) for row in withdrawn)
    assert all(row["value"] == row["zero"] - 1 for row in withdrawn)


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_worked_out_as_the_guidelines_do() -> None:
    """Black on white is 21:1 by definition."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("ground", [theme.PAPER, theme.BAND])
@pytest.mark.parametrize(
    "colour", [theme.INK, theme.MUTED, theme.FOCUS, theme.ACCENT, theme.VIOLET]
)
def test_words_and_labels_pass_double_a(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 4.5


def test_lines_stand_out_from_the_paper() -> None:
    assert contrast(theme.GREY, theme.PAPER) >= 3


@pytest.mark.parametrize("make", EVERY)
def test_axis_labels_are_dark_and_large_enough(make: Maker) -> None:
    axis = make().to_dict()["config"]["axis"]
    assert contrast(axis["labelColor"], theme.PAPER) >= 4.5
    assert axis["labelFontSize"] >= 12
