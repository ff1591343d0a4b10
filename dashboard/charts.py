"""Drawing: pure functions from rows to Altair charts, each with a description in words.

Rows are lists of plain dicts, so that what a chart holds is what its specification says. A missing
value stays null and leaves a gap: it is never drawn as 0. Every time axis carries the programme's
end and the first lockdown, labelled above the plot, one row a label so that they never overlap.
"""

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

_NARROW = 420  # pixels of the plot itself, under which labels take two lines
_GAP: Literal["break-paths-show-path-domains"] = "break-paths-show-path-domains"
# Altair takes ten times as long to make a channel from a string as to be given one.
_X, _TO = alt.X("day:T"), alt.X2("to:T")
_Y, _ZERO = alt.Y("value:Q"), alt.Y2("zero:Q")
# Altair leaves the makers of plain values untyped.
_x_at: Any = alt.XValue
_y_at: Any = alt.YValue
_y2_at: Any = alt.Y2Value
_BOTTOM = _y2_at("height")
_LABEL, _NAME, _AREA = alt.Text("label:N"), alt.Detail("name:N"), alt.Y("name:N")


def moment(day: date) -> str:
    """A day as local midnight: a bare date would be read as UTC and slip a day to the west."""
    return f"{day.isoformat()}T00:00:00"


def _data(values: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=list(values))


def _frame(
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
    frame: alt.Chart = (
        alt.Chart(_data(ends))
        .mark_point(opacity=0, aria=False)
        .encode(
            x=alt.X("day:T", scale=alt.Scale(nice=False), axis=alt.Axis(**axis)),
            y=alt.Y("value:Q", scale=alt.Scale(domain=list(values), nice=False), axis=y_axis),
        )
    )
    return frame


def _span(days: Sequence[date], marks: Sequence[Mark]) -> tuple[date, date]:
    """The time axis's ends: the data, and the marked days with a little room."""
    room = timedelta(days=45)
    return (
        min([*days, *(m.day - room for m in marks)]),
        max([*days, *(m.day + room for m in marks)]),
    )


def _marks(
    domain: tuple[date, date], programme: Programme, *, band: bool = True
) -> list[alt.Chart]:
    """The funded months as a band, and a labelled rule for each marked day.

    All labels run to the same side, into the wider half of the axis, and the day that lies nearest
    to the edge they run from takes the highest row: no label then crosses another day's rule.
    """
    layers: list[alt.Chart] = []
    start, end = max(programme.funded_from, domain[0]), min(programme.funded_to, domain[1])
    if band and start < end:
        layers.append(
            alt.Chart(_data([{"day": moment(start), "to": moment(end)}]))
            .mark_rect(color=theme.BAND, opacity=0.75, aria=False)
            .encode(x=_X, x2=_TO, y=_y_at(0), y2=_BOTTOM)
        )
    middle = domain[0] + (domain[1] - domain[0]) / 2
    to_the_left = programme.programme_end > middle
    marks = sorted(programme.marks, key=lambda mark: mark.day, reverse=to_the_left)
    for row, mark in enumerate(marks):
        below = len(marks) - 1 - row
        when = words.short_day(mark.day)
        # On a narrow screen a label takes two lines, so that it isn't cut off at the edge.
        lift = f"(width < {_NARROW} ? {-28 - 37 * below} : {-10 - 19 * below})"
        text = f"width < {_NARROW} ? {json.dumps([mark.label, when])} : "
        text += json.dumps(f"{mark.label}, {when}")
        is_end = mark.day == programme.programme_end
        data = _data([{"day": moment(mark.day), "label": f"{mark.label}, {when}"}])
        layers.append(
            alt.Chart(data)
            .mark_rule(
                color=theme.INK,
                strokeWidth=1.3,
                strokeDash=[1, 0] if is_end else [4, 3],
                aria=False,
            )
            .encode(x=_X, y=_y_at(alt.ExprRef(f"{lift} - 7")), y2=_BOTTOM)
        )
        layers.append(
            alt.Chart(data)
            .mark_text(
                align="right" if to_the_left else "left",
                dx=-6 if to_the_left else 6,
                baseline="middle",
                fontSize=alt.ExprRef(f"width < {_NARROW} ? 12 : 13"),
                color=theme.INK,
                text=alt.ExprRef(text),
                aria=False,
            )
            .encode(x=_X, y=_y_at(alt.ExprRef(lift)))
        )
    return layers


def _finish(
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


def _number_axis(unit: str) -> alt.Axis:
    return alt.Axis(title=None, format=".0%" if unit == "rate" else ",.1~f", tickCount=5)


def months(
    rows: Sequence[Row],
    *,
    column: str,
    name: str,
    unit: str,
    programme: Programme,
    period: Period,
    description: str,
    source: str,
    count: str | None = None,
    lowest: float = 0.0,
) -> alt.LayerChart:
    """A monthly line. `rows` hold `day` (a date) and `column`; `count` names the people behind it.

    The chosen period is drawn strongly and the rest thinly, so that it is seen in its place.
    `lowest` is where the value axis starts; a rate near 100 % may start higher and says so.
    """
    known = [row[column] for row in rows if row[column] is not None]
    domain = _span([row["day"] for row in rows], programme.marks)
    top = lowest + (max(known, default=1.0) - lowest) * 1.18
    if unit == "rate":
        top = min(top, 1.0)

    def point(row: Row, shown: bool) -> Row:
        number = row[column] if shown else None
        tip: Row = {
            "day": moment(row["day"]),
            "value": number,
            "month": words.month(row["day"]),
            "label": None if number is None else words.value(number, unit),
        }
        if count is not None and row[count] is not None:
            tip["n"] = words.whole(row[count])
        return tip

    tips = [alt.Tooltip("month:N", title="Month"), alt.Tooltip("label:N", title=name)]
    if count is not None:
        tips.append(alt.Tooltip("n:N", title=words.COLUMNS[count]))
    chosen = [point(row, period.holds(row["day"])) for row in rows]
    drawn = [row for row in chosen if row["value"] is not None]
    layers = [_frame(domain, (lowest, top), _number_axis(unit)), *_marks(domain, programme)]
    layers.append(
        alt.Chart(_data([point(row, True) for row in rows]))
        .mark_line(color=theme.GREY, strokeWidth=1.4, invalid=_GAP, aria=False)
        .encode(x=_X, y=_Y)
    )
    layers.append(
        alt.Chart(_data(chosen))
        .mark_line(color=theme.FOCUS, strokeWidth=2.8, invalid=_GAP, aria=False)
        .encode(x=_X, y=_Y)
    )
    if drawn:
        layers.append(
            alt.Chart(_data(drawn))
            .mark_point(color=theme.FOCUS, filled=True, size=90, opacity=0)
            .encode(x=_X, y=_Y, tooltip=tips)
        )
        end = _data([drawn[-1]])
        layers.append(
            alt.Chart(end)
            .mark_point(color=theme.FOCUS, filled=True, size=60, aria=False, opacity=1)
            .encode(x=_X, y=_Y)
        )
        at_the_end = drawn[-1]["day"] == moment(rows[-1]["day"])
        layers.append(
            alt.Chart(end)
            .mark_text(
                # Beside the point where there is room, above it in the middle of the record.
                align="left" if at_the_end else "right",
                dx=8 if at_the_end else -6,
                dy=0 if at_the_end else -16,
                fontSize=15,
                fontWeight=600,
                color=theme.FOCUS,
                aria=False,
            )
            .encode(x=_X, y=_Y, text=_LABEL)
        )
    return _finish(layers, description, source, 355)


def _month_bar(row: Row, value: int | None, period: Period, **more: Any) -> Row:
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


def flows(
    rows: Sequence[Row], *, programme: Programme, period: Period, description: str, source: str
) -> alt.LayerChart:
    """Starters above the line, leavers below it, by month. Position tells them apart, not hue."""
    domain = _span([*(row["day"] for row in rows), rows[0]["day"].replace(day=1)], programme.marks)
    top = max([row[kind] or 0 for row in rows for kind in ("starters", "leavers")], default=1) + 1
    values = [
        _month_bar(
            row,
            None if row[kind] is None else sign * row[kind],
            period,
            kind=words.COLUMNS[kind],
            label=None if row[kind] is None else words.people(row[kind]),
        )
        for row in rows
        for kind, sign in (("starters", 1), ("leavers", -1))
    ]
    axis = alt.Axis(
        title=None, labelExpr="format(abs(datum.value), ',d')", tickMinStep=1, tickCount=6
    )
    layers = [_frame(domain, (-top - 1, top + 1), axis), *_marks(domain, programme)]
    layers.append(
        alt.Chart(_data(values))
        .mark_bar(invalid="filter")
        .encode(
            x=_X,
            x2=_TO,
            y=_Y,
            y2=_ZERO,
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=[words.COLUMNS["starters"], words.COLUMNS["leavers"]],
                    range=[theme.FOCUS, theme.ACCENT],
                ),
                legend=None,
            ),
            opacity=alt.Opacity("shown:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("month:N", title="Month"),
                alt.Tooltip("kind:N", title="Which"),
                alt.Tooltip("label:N", title="How many"),
            ],
        )
    )
    for text, value, colour in (
        (words.COLUMNS["starters"], top + 0.4, theme.FOCUS),
        (words.COLUMNS["leavers"], -top - 0.4, theme.ACCENT),
    ):
        layers.append(
            alt.Chart(_data([{"day": moment(domain[0]), "value": value, "label": text}]))
            .mark_text(align="left", dx=4, fontSize=13, fontWeight=600, color=colour, aria=False)
            .encode(x=_X, y=_Y, text=_LABEL)
        )
    layers.append(
        alt.Chart(_data([{"value": 0}])).mark_rule(color=theme.INK, aria=False).encode(y=_Y)
    )
    return _finish(layers, description, source, 345)


def exits(
    rows: Sequence[Row], *, programme: Programme, period: Period, description: str, source: str
) -> alt.LayerChart:
    """Posts that ended without a leaver record, by month."""
    domain = _span([*(row["day"] for row in rows), rows[0]["day"].replace(day=1)], programme.marks)
    top = max([row["unexplained_exits"] or 0 for row in rows], default=0)
    values = [_month_bar(row, row["unexplained_exits"], period) for row in rows]
    axis = alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=3)
    layers = [_frame(domain, (0, max(top, 2) + 0.5), axis), *_marks(domain, programme)]
    layers.append(
        alt.Chart(_data(values))
        .mark_bar(invalid="filter", color=theme.ACCENT)
        .encode(
            x=_X,
            x2=_TO,
            y=_Y,
            y2=_ZERO,
            opacity=alt.Opacity("shown:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("month:N", title="Month"),
                alt.Tooltip("value:Q", title=words.COLUMNS["unexplained_exits"]),
            ],
        )
    )
    return _finish(layers, description, source, 235)


def census_day(year: int) -> date:
    """The Department's day of count: 30 September of the census year."""
    return date(year, 9, 30)


def _census_axis(years: Sequence[int]) -> dict[str, Any]:
    """Ticks on the days of count, named by the census year."""
    return {
        "values": [{"year": year, "month": 9, "date": 30} for year in years],
        "title": "Year to 30 September",
    }


def yearly(
    rows: Sequence[Row],
    *,
    column: str,
    name: str,
    programme: Programme,
    description: str,
    source: str,
) -> alt.LayerChart:
    """One rate a census year, as a line with labelled points.

    `rows` hold `year`, `column`, `leavers_fte` and `inpost_fte`; `name` is what the tooltip says.
    """
    years = [int(row["year"]) for row in rows]
    room = timedelta(days=180)
    domain = _span([census_day(min(years)) - room, census_day(max(years)) + room], programme.marks)
    known = [row[column] for row in rows if row[column] is not None]
    top = max(known, default=0.1) * 1.3
    values = [
        {
            "day": moment(census_day(int(row["year"]))),
            "value": row[column],
            "label": "no figure" if row[column] is None else words.percent(row[column]),
            "year": str(int(row["year"])),
            "leavers": row["leavers_fte"],
            "in_post": row["inpost_fte"],
        }
        for row in rows
    ]
    drawn = [row for row in values if row["value"] is not None]
    layers = [
        _frame(domain, (0.0, top), _number_axis("rate"), _census_axis(years)),
        *_marks(domain, programme),
    ]
    layers.append(
        alt.Chart(_data(values))
        .mark_line(color=theme.ACCENT, strokeWidth=2, invalid=_GAP, aria=False)
        .encode(x=_X, y=_Y)
    )
    layers.append(
        alt.Chart(_data(drawn))
        .mark_point(color=theme.ACCENT, filled=True, size=80, opacity=1)
        .encode(
            x=_X,
            y=_Y,
            tooltip=[
                alt.Tooltip("year:N", title=words.COLUMNS["year"]),
                alt.Tooltip("label:N", title=name),
                alt.Tooltip("leavers:Q", title=words.COLUMNS["leavers_fte"]),
                alt.Tooltip("in_post:Q", title=words.COLUMNS["inpost_fte"]),
            ],
        )
    )
    # In a valley the line runs above the point, so its label stands below.
    heights = [row["value"] for row in drawn]
    valleys = {
        i
        for i, height in enumerate(heights)
        if 0 < i < len(heights) - 1 and height < min(heights[i - 1], heights[i + 1])
    }
    for below in (False, True):
        labelled = [row for i, row in enumerate(drawn) if (i in valleys) == below]
        if labelled:
            layers.append(
                alt.Chart(_data(labelled))
                .mark_text(
                    dy=18 if below else -15,
                    fontSize=14,
                    fontWeight=600,
                    color=theme.ACCENT,
                    aria=False,
                )
                .encode(x=_X, y=_Y, text=_LABEL)
            )
    return _finish(layers, description, source, 325)


@dataclass(frozen=True)
class Look:
    """How one kind of line is drawn. Dashes, widths and shapes tell lines apart without colour."""

    colour: str
    width: float
    dash: tuple[int, ...]
    shape: str


LOOKS = {
    "neighbour": Look(theme.GREY, 0.9, (1, 0), "circle"),
    "median": Look(theme.MUTED, 2.2, (7, 4), "diamond"),
    "region": Look(theme.VIOLET, 2.0, (2, 3), "square"),
    "england": Look(theme.ACCENT, 2.0, (1, 0), "triangle-up"),
    "council": Look(theme.FOCUS, 3.4, (1, 0), "circle"),
}


_AREA_TIPS = [
    alt.Tooltip("name:N", title="Area"),
    alt.Tooltip("year:N", title=words.COLUMNS["year"]),
    alt.Tooltip("label:N", title="Figure"),
]


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Label heights for values in rising order, moved apart so that none covers another."""
    out: list[float] = []
    for value in values:
        out.append(max(value, out[-1] + gap) if out else value)
    return out


def benchmark(
    rows: Sequence[Row], *, unit: str, programme: Programme, description: str, source: str
) -> alt.LayerChart:
    """A council among its comparators, by census year.

    `rows` hold `role` (a key of `LOOKS`), `name`, `year`, `value` (null where a symbol stands) and
    `symbol`. Neighbours are thin and unlabelled; the other lines are named at their right end.
    """
    years = sorted({int(row["year"]) for row in rows})
    days = [census_day(year) for year in years]
    domain = _span([*days, max(days) + timedelta(days=60)], programme.marks)
    known = [row["value"] for row in rows if row["value"] is not None]
    top = max(known, default=1.0) * 1.06 or 1.0
    layers = [
        _frame(domain, (0.0, top), _number_axis(unit), _census_axis(years)),
        *_marks(domain, programme, band=False),
    ]
    ends: list[Row] = []
    for role, look in LOOKS.items():
        values = [
            {
                "day": moment(census_day(int(row["year"]))),
                "value": row["value"],
                "name": row["name"],
                "year": str(int(row["year"])),
                "label": None if row["value"] is None else words.value(row["value"], unit),
            }
            for row in rows
            if row["role"] == role
        ]
        drawn = [row for row in values if row["value"] is not None]
        if not drawn:
            continue
        layers.append(
            alt.Chart(_data(values))
            .mark_line(
                color=look.colour,
                strokeWidth=look.width,
                strokeDash=list(look.dash),
                invalid=_GAP,
                aria=False,
            )
            .encode(x=_X, y=_Y, detail=_NAME)
        )
        own = role == "council"
        layers.append(
            alt.Chart(_data(drawn))
            .mark_point(
                color=look.colour,
                filled=True,
                shape=look.shape,
                size=80 if own else 40,
                # A neighbour's point is there to be pointed at, not to be seen.
                opacity=0 if role == "neighbour" else 1,
                aria=own,
            )
            .encode(x=_X, y=_Y, tooltip=_AREA_TIPS)
        )
        if role != "neighbour":
            last = max(drawn, key=lambda row: str(row["day"]))
            ends.append({**last, "colour": look.colour, "weight": 600 if own else 400})
    ends.sort(key=lambda row: row["value"])
    for end, height in zip(ends, spread([e["value"] for e in ends], top * 0.06), strict=True):
        label = {"day": moment(domain[1]), "value": height, "label": end["name"]}
        layers.append(
            alt.Chart(_data([label]))
            .mark_text(
                align="left",
                dx=2,
                fontSize=13,
                fontWeight=end["weight"],
                color=end["colour"],
                aria=False,
            )
            .encode(x=_X, y=_Y, text=_LABEL)
        )
    hidden = [
        {"day": moment(census_day(int(row["year"]))), "label": row["symbol"]}
        for row in rows
        if row["role"] == "council" and row["value"] is None and row["symbol"]
    ]
    if hidden:
        # A symbol stands at the top edge, away from 0: it is not a small value.
        layers.append(
            alt.Chart(_data(hidden))
            .mark_text(fontSize=14, fontStyle="italic", color=theme.FOCUS)
            .encode(x=_X, y=_y_at(10), text=_LABEL)
        )
    return _finish(layers, description, source, 425)


def ranking(rows: Sequence[Row], *, unit: str, description: str, source: str) -> alt.LayerChart:
    """One year's figures as dots, lowest first. `rows` hold `role`, `name`, `value`, `symbol`.

    An area without a figure keeps its line and shows its symbol in words, and no dot.
    """
    ordered = sorted(rows, key=lambda row: (row["value"] is None, row["value"] or 0.0, row["name"]))
    known = [row["value"] for row in rows if row["value"] is not None]
    top = max(known, default=1.0) * 1.3 or 1.0
    names = [row["name"] for row in ordered]
    own = next((row["name"] for row in ordered if row["role"] == "council"), "")
    values = [
        {
            "name": row["name"],
            "value": row["value"],
            "zero": 0,
            "label": words.value(row["value"], unit)
            if row["value"] is not None
            else words.SYMBOLS.get(row["symbol"] or "x", "not available"),
            "role": row["role"],
        }
        for row in ordered
    ]
    y = alt.Y(
        "name:N",
        sort=names,
        scale=alt.Scale(domain=names),
        axis=alt.Axis(
            title=None,
            domain=False,
            ticks=False,
            labelLimit=150,
            labelFontWeight=alt.condition(
                f"datum.value === {json.dumps(own)}", alt.value("bold"), alt.value("normal")
            ),
        ),
    )
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[0, top]),
        axis=alt.Axis(
            title=None, format=".0%" if unit == "rate" else ",.1~f", tickCount=5, grid=True
        ),
    )
    drawn = [row for row in values if row["value"] is not None]
    absent = [row for row in values if row["value"] is None]
    role = {
        "color": alt.Color(
            "role:N",
            scale=alt.Scale(
                domain=list(LOOKS),
                range=[look.colour for look in LOOKS.values()],
            ),
            legend=None,
        ),
        "shape": alt.Shape(
            "role:N",
            scale=alt.Scale(domain=list(LOOKS), range=[look.shape for look in LOOKS.values()]),
            legend=None,
        ),
    }
    layers = [
        alt.Chart(_data(drawn))
        .mark_point(filled=True, size=110, opacity=1)
        .encode(y=y, x=x, tooltip=[_AREA_TIPS[0], _AREA_TIPS[2]], **role),
        alt.Chart(_data(drawn))
        .mark_rule(color=theme.RULE, aria=False)
        .encode(y=_AREA, x=alt.X("zero:Q"), x2=alt.X2("value:Q")),
        alt.Chart(_data(drawn))
        .mark_text(align="left", dx=10, fontSize=13, color=theme.INK, aria=False)
        .encode(y=_AREA, x=alt.X("value:Q"), text=_LABEL),
    ]
    if absent:
        layers.append(
            alt.Chart(_data(absent))
            .mark_text(align="left", fontStyle="italic", color=theme.MUTED)
            .encode(y=_AREA, x=_x_at(6), text=_LABEL)
        )
    return _finish(layers, description, source, 26 * len(names) + 65)
