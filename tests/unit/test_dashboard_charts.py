"""The charts, as specifications: what they hold, mark and say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import altair as alt
import pytest

from dashboard import charts, programme, theme
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


OVER_TIME = [line, flows, exits, yearly, benchmark]
EVERY = [*OVER_TIME, ranking]
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


@pytest.mark.parametrize("make", [line, yearly, benchmark])
def test_a_missing_value_leaves_a_gap_in_a_line(make: Maker) -> None:
    layers = drawn(make().to_dict())
    lines = [(layer, rows) for layer, rows in layers if mark(layer) == "line"]
    assert any(row["value"] is None for _, rows in lines for row in rows)
    for layer, rows in lines:
        assert layer["mark"]["invalid"] == "break-paths-show-path-domains"
        assert 0 not in [row["value"] for row in rows]


@pytest.mark.parametrize("make", [line, yearly, benchmark, ranking])
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
