"""One council among others: lines over the years, and one year in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import altair as alt

from dashboard import theme, words
from dashboard.charts import parts
from dashboard.charts.parts import Row
from dashboard.programme import Programme

LOOKS = {
    "neighbour": parts.Look(theme.GREY, 0.9, (1, 0), "circle"),
    "median": parts.Look(theme.MUTED, 2.2, (7, 4), "diamond"),
    "region": parts.Look(theme.VIOLET, 2.0, (2, 3), "square"),
    "england": parts.Look(theme.ACCENT, 2.0, (1, 0), "triangle-up"),
    "council": parts.Look(theme.FOCUS, 3.4, (1, 0), "circle"),
}


_AREA_TIPS = [
    alt.Tooltip("name:N", title="Area"),
    alt.Tooltip("year:N", title=words.COLUMNS["year"]),
    alt.Tooltip("label:N", title="Figure"),
]


def benchmark(
    rows: Sequence[Row], *, unit: str, programme: Programme, description: str, source: str
) -> alt.LayerChart:
    """A council among its comparators, by census year.

    `rows` hold `role` (a key of `LOOKS`), `name`, `year`, `value` (null where a symbol stands) and
    `symbol`. Neighbours are thin and unlabelled; the other lines are named at their right end.
    """
    years = sorted({int(row["year"]) for row in rows})
    days = [parts.census_day(year) for year in years]
    domain = parts.span([*days, max(days) + timedelta(days=60)], programme.marks)
    known = [row["value"] for row in rows if row["value"] is not None]
    top = max(known, default=1.0) * 1.06 or 1.0
    layers = [
        parts.frame(domain, (0.0, top), parts.number_axis(unit), parts.census_axis(years)),
        *parts.marks(domain, programme, band=False),
    ]
    ends: list[Row] = []
    for role, look in LOOKS.items():
        values = [
            {
                "day": parts.moment(parts.census_day(int(row["year"]))),
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
            alt.Chart(parts.inline(values))
            .mark_line(
                color=look.colour,
                strokeWidth=look.width,
                strokeDash=list(look.dash),
                invalid=parts.GAP,
                aria=False,
            )
            .encode(x=parts.X, y=parts.Y, detail=parts.NAME)
        )
        own = role == "council"
        layers.append(
            alt.Chart(parts.inline(drawn))
            .mark_point(
                color=look.colour,
                filled=True,
                shape=look.shape,
                size=80 if own else 40,
                # A neighbour's point is there to be pointed at, not to be seen.
                opacity=0 if role == "neighbour" else 1,
                aria=own,
            )
            .encode(x=parts.X, y=parts.Y, tooltip=_AREA_TIPS)
        )
        if role != "neighbour":
            last = max(drawn, key=lambda row: str(row["day"]))
            ends.append({**last, "colour": look.colour, "weight": 600 if own else 400})
    ends.sort(key=lambda row: row["value"])
    for end, height in zip(ends, parts.spread([e["value"] for e in ends], top * 0.06), strict=True):
        label = {"day": parts.moment(domain[1]), "value": height, "label": end["name"]}
        layers.append(
            alt.Chart(parts.inline([label]))
            .mark_text(
                align="left",
                dx=2,
                fontSize=13,
                fontWeight=end["weight"],
                color=end["colour"],
                aria=False,
            )
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    hidden = [
        {"day": parts.moment(parts.census_day(int(row["year"]))), "label": row["symbol"]}
        for row in rows
        if row["role"] == "council" and row["value"] is None and row["symbol"]
    ]
    if hidden:
        # A symbol stands at the top edge, away from 0: it is not a small value.
        layers.append(
            alt.Chart(parts.inline(hidden))
            .mark_text(fontSize=14, fontStyle="italic", color=theme.FOCUS)
            .encode(x=parts.X, y=parts.y_at(10), text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 425)


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
        alt.Chart(parts.inline(drawn))
        .mark_point(filled=True, size=110, opacity=1)
        .encode(y=y, x=x, tooltip=[_AREA_TIPS[0], _AREA_TIPS[2]], **role),
        alt.Chart(parts.inline(drawn))
        .mark_rule(color=theme.RULE, aria=False)
        .encode(y=parts.AREA, x=alt.X("zero:Q"), x2=alt.X2("value:Q")),
        alt.Chart(parts.inline(drawn))
        .mark_text(align="left", dx=10, fontSize=13, color=theme.INK, aria=False)
        .encode(y=parts.AREA, x=alt.X("value:Q"), text=parts.LABEL),
    ]
    if absent:
        layers.append(
            alt.Chart(parts.inline(absent))
            .mark_text(align="left", fontStyle="italic", color=theme.MUTED)
            .encode(y=parts.AREA, x=parts.x_at(6), text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 26 * len(names) + 65)
