"""What the charts are made of: axes, marked days, and how the layers come together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import altair as alt

from dashboard import theme, words
from dashboard.programme import Mark, Period, Programme

Row = dict[str, Any]

NARROW = 420  # pixels of the plot itself, under which labels take two lines
GAP: Literal["break-paths-show-path-domains"] = "break-paths-show-path-domains"
# Altair takes ten times as long to make a channel from a string as to be given one.
X, TO = alt.X("day:T"), alt.X2("to:T")
Y, ZERO = alt.Y("value:Q"), alt.Y2("zero:Q")
# Altair leaves the makers of plain values untyped.
x_at: Any = alt.XValue
y_at: Any = alt.YValue
y2_at: Any = alt.Y2Value
BOTTOM = y2_at("height")
LABEL, NAME, AREA = alt.Text("label:N"), alt.Detail("name:N"), alt.Y("name:N")


def moment(day: date) -> str:
    """A day as local midnight: a bare date would be read as UTC and slip a day to the west."""
    return f"{day.isoformat()}T00:00:00"


def inline(values: Sequence[Row]) -> alt.InlineData:
    """Rows as data that stand in the chart itself."""
    return alt.InlineData(values=list(values))


def frame(
    domain: tuple[date, date],
    values: tuple[float, float],
    y_axis: alt.Axis,
    x_axis: dict[str, Any] | None = None,
) -> alt.Chart:
    """An unseen layer that carries both axes, so that no other layer has to name a scale."""
    axis: dict[str, Any] = {
        "title": None,
        # Years only: there is no room for months on a phone.
        "format": "%Y",
        "tickCount": "year",
        "grid": False,
        "labelOverlap": True,
    }
    axis.update(x_axis or {})
    ends = [
        {"day": moment(domain[0]), "value": values[0]},
        {"day": moment(domain[1]), "value": values[1]},
    ]
    layer: alt.Chart = (
        alt.Chart(inline(ends))
        .mark_point(opacity=0, aria=False)
        .encode(
            x=alt.X("day:T", scale=alt.Scale(nice=False), axis=alt.Axis(**axis)),
            y=alt.Y("value:Q", scale=alt.Scale(domain=list(values), nice=False), axis=y_axis),
        )
    )
    return layer


def span(days: Sequence[date], marks: Sequence[Mark]) -> tuple[date, date]:
    """The time axis's ends: the data, and the marked days with a little room."""
    room = timedelta(days=45)
    return (
        min([*days, *(m.day - room for m in marks)]),
        max([*days, *(m.day + room for m in marks)]),
    )


def marks(domain: tuple[date, date], programme: Programme, *, band: bool = True) -> list[alt.Chart]:
    """The funded months as a band, and a labelled rule for each marked day.

    All labels run to the same side, into the wider half of the axis, and the day that lies nearest
    to the edge they run from takes the highest row: no label then crosses another day's rule.
    """
    layers: list[alt.Chart] = []
    start, end = max(programme.funded_from, domain[0]), min(programme.funded_to, domain[1])
    if band and start < end:
        layers.append(
            alt.Chart(inline([{"day": moment(start), "to": moment(end)}]))
            .mark_rect(color=theme.BAND, opacity=0.75, aria=False)
            .encode(x=X, x2=TO, y=y_at(0), y2=BOTTOM)
        )
    middle = domain[0] + (domain[1] - domain[0]) / 2
    to_the_left = programme.programme_end > middle
    ordered = sorted(programme.marks, key=lambda mark: mark.day, reverse=to_the_left)
    for row, mark in enumerate(ordered):
        below = len(ordered) - 1 - row
        when = words.short_day(mark.day)
        # On a narrow screen a label takes two lines, so that it isn't cut off at the edge.
        lift = f"(width < {NARROW} ? {-28 - 37 * below} : {-10 - 19 * below})"
        text = f"width < {NARROW} ? {json.dumps([mark.label, when])} : "
        text += json.dumps(f"{mark.label}, {when}")
        is_end = mark.day == programme.programme_end
        data = inline([{"day": moment(mark.day), "label": f"{mark.label}, {when}"}])
        layers.append(
            alt.Chart(data)
            .mark_rule(
                color=theme.INK,
                strokeWidth=1.3,
                strokeDash=[1, 0] if is_end else [4, 3],
                aria=False,
            )
            .encode(x=X, y=y_at(alt.ExprRef(f"{lift} - 7")), y2=BOTTOM)
        )
        layers.append(
            alt.Chart(data)
            .mark_text(
                align="right" if to_the_left else "left",
                dx=-6 if to_the_left else 6,
                baseline="middle",
                fontSize=alt.ExprRef(f"width < {NARROW} ? 12 : 13"),
                color=theme.INK,
                text=alt.ExprRef(text),
                aria=False,
            )
            .encode(x=X, y=y_at(alt.ExprRef(lift)))
        )
    return layers


def finish(
    layers: Sequence[alt.Chart], description: str, source: str, height: int
) -> alt.LayerChart:
    """Put the layers together. `source` is drawn below, so that a saved picture keeps it."""
    chart = alt.layer(
        *layers,
        title=alt.TitleParams(
            text=source,
            anchor="start",
            frame="bounds",
            orient="bottom",
            offset=12,
            fontSize=12,
            fontWeight="normal",
            color=theme.MUTED,
        ),
        description=description,
        width="container",
        height=height,
        config=alt.Config(**theme.CHART_CONFIG),
    )
    assert isinstance(chart, alt.LayerChart)
    return chart


def number_axis(unit: str) -> alt.Axis:
    """A value axis: percentages for a `rate`, plain numbers for the rest."""
    return alt.Axis(title=None, format=".0%" if unit == "rate" else ",.1~f", tickCount=5)


def census_day(year: int) -> date:
    """The Department's day of count: 30 September of the census year."""
    return date(year, 9, 30)


def census_axis(years: Sequence[int]) -> dict[str, Any]:
    """Ticks on the days of count, named by the census year."""
    return {
        "values": [{"year": year, "month": 9, "date": 30} for year in years],
        "title": "Year to 30 September",
    }


def month_bar(row: Row, value: int | None, period: Period, **more: Any) -> Row:
    """One month's bar: a few days short at each side, pale outside the chosen period."""
    return {
        "day": moment(row["day"].replace(day=1) + timedelta(days=3)),
        "to": moment(row["day"] - timedelta(days=3)),
        "value": value,
        "zero": 0,
        "shown": 1.0 if period.holds(row["day"]) else 0.4,
        "month": words.month(row["day"]),
        **more,
    }


@dataclass(frozen=True)
class Look:
    """How one kind of line is drawn. Dashes, widths and shapes tell lines apart without colour."""

    colour: str
    width: float
    dash: tuple[int, ...]
    shape: str


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Label heights for values in rising order, moved apart so that none covers another."""
    out: list[float] = []
    for value in values:
        out.append(max(value, out[-1] + gap) if out else value)
    return out
