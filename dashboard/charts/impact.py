"""Estimates with their intervals, and survival curves. All figures come from the file."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt

from dashboard import theme
from dashboard.charts import parts
from dashboard.charts.parts import Look, Row

_STEP = 21  # pixels of half a line: the name above, the interval below
_BESIDE = 100  # pixels that the axis, its title and the source take
# A ratio beyond these says no more than that it is very small or large; its interval runs off the edge.
_RATIO_ENDS = (0.05, 20.0)
_CURVES = (
    Look(theme.FOCUS, 2.6, (1, 0), "circle"),
    Look(theme.ACCENT, 2.2, (6, 3), "square"),
    Look(theme.VIOLET, 2.2, (2, 3), "diamond"),
    Look(theme.MUTED, 2.0, (9, 3, 2, 3), "triangle-up"),
)


def _finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def estimates(
    rows: Sequence[Row], *, scale: str, unit: str, description: str, source: str
) -> alt.LayerChart:
    """Each row a line: its name above, the estimate with its 95 % interval below, side by side.

    rows: `name`, `said` (the figures in words), `estimate`, `lower`, `upper`, `main`. A ratio has a
    log scale. The line at no effect is named. A row without an estimate keeps its line and its words.
    """
    nothing = 1.0 if scale == "ratio" else 0.0
    known = [
        float(row[end])
        for row in rows
        for end in ("estimate", "lower", "upper")
        if _finite(row[end]) and (scale != "ratio" or row[end] > 0)
    ]
    low, high = min([*known, nothing]), max([*known, nothing])
    if scale == "ratio":
        low = max(min(low / 1.1, 0.7), _RATIO_ENDS[0])
        high = min(max(high * 1.1, 1.4), _RATIO_ENDS[1])
        drawn_scale = alt.Scale(type="log", domain=[low, high], nice=False, clamp=True)
        axis = alt.Axis(
            title="Ratio: 1 is no change", grid=True, format=".2~f",
            values=[v for v in (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, 10, 20) if low <= v <= high],
        )  # fmt: skip
    else:
        room = (high - low) * 0.08 or 1.0
        low, high = low - room, high + room
        drawn_scale = alt.Scale(domain=[low, high], nice=False, clamp=True)
        axis = alt.Axis(
            title=f"Change, {unit}" if unit else "Change",
            grid=True,
            tickCount=5,
            labelExpr="datum.value === 0 ? '0' : format(datum.value, '+.1~f')",
        )
    places = [f"{i}{part}" for i in range(len(rows)) for part in ("n", "v")]
    y = alt.Y("place:N", sort=places, scale=alt.Scale(domain=places), axis=None)
    x = alt.X("value:Q", scale=drawn_scale, axis=axis)
    unseen = [{"place": place, "value": nothing} for place in places]
    layers = [
        alt.Chart(parts.inline(unseen)).mark_point(opacity=0, aria=False).encode(y=y, x=x),
        alt.Chart(parts.inline([{"value": nothing}]))
        .mark_rule(color=theme.INK, strokeWidth=1.4, aria=False)
        .encode(x=alt.X("value:Q")),
    ]
    place = alt.Y("place:N")
    for main in (True, False):
        names = [
            {
                "place": f"{i}n",
                "label": row["name"],
                "long": f"{row['name']}: {row['said']}"
                if _finite(row["estimate"])
                else row["name"],
            }
            for i, row in enumerate(rows)
            if bool(row["main"]) is main
        ]
        for field, opacity in (
            ("label:N", f"width < {parts.NARROW} ? 1 : 0"),
            ("long:N", f"width < {parts.NARROW} ? 0 : 1"),
        ):
            # Twice: first as its own pale edge, so that no line runs through the words.
            for edge in (4, 0) if names else ():
                layers.append(
                    alt.Chart(parts.inline(names))
                    .mark_text(
                        align="left",
                        fontSize=13,
                        fontWeight=600 if main else 400,
                        color=theme.PAPER if edge else theme.INK,
                        stroke=theme.PAPER,
                        strokeWidth=edge,
                        limit=alt.ExprRef("width"),
                        opacity=alt.ExprRef(opacity),
                        aria=False,
                    )
                    .encode(y=place, x=parts.x_at(0), text=alt.Text(field))
                )
        drawn = [
            {
                "place": f"{i}v", "value": row["estimate"], "name": row["name"],
                "label": row["said"],
                "low": row["lower"] if _finite(row["lower"]) else low,
                "high": row["upper"] if _finite(row["upper"]) else high,
            }
            for i, row in enumerate(rows)
            if _finite(row["estimate"]) and bool(row["main"]) is main
        ]  # fmt: skip
        if not drawn:
            continue
        colour = theme.FOCUS if main else theme.MUTED
        layers.append(
            alt.Chart(parts.inline(drawn))
            .mark_rule(color=colour, strokeWidth=3 if main else 1.8, aria=False)
            .encode(y=place, x=alt.X("low:Q"), x2=alt.X2("high:Q"))
        )
        layers.append(
            alt.Chart(parts.inline(drawn))
            .mark_point(
                color=colour,
                filled=True,
                shape="square" if main else "circle",
                size=110 if main else 60,
                opacity=1,
                aria=False,
            )
            .encode(
                y=place,
                x=alt.X("value:Q"),
                tooltip=[
                    alt.Tooltip("name:N", title="Which"),
                    alt.Tooltip("label:N", title="Estimate, 95% interval"),
                ],
            )
        )
    absent = [
        {"place": f"{i}v", "label": row["said"]}
        for i, row in enumerate(rows)
        if not _finite(row["estimate"])
    ]
    if absent:
        layers.append(
            alt.Chart(parts.inline(absent))
            .mark_text(align="left", fontStyle="italic", color=theme.MUTED, aria=False)
            .encode(y=place, x=parts.x_at(0), text=parts.LABEL)
        )
    return parts.finish(layers, description, source, _STEP * len(places) + _BESIDE)


def curves(rows: Sequence[Row], *, unit: str, description: str, source: str) -> alt.LayerChart:
    """Kaplan–Meier curves: the share still there by month, with its 95 % band, one line a group.

    rows: `group`, `month`, `at_risk`, `survival`, `lower_95`, `upper_95`; `name` is said at the end
    of the line. unit: what a month is counted from.
    """
    groups = list(dict.fromkeys(str(row["name"]) for row in rows))
    last = max((float(row["month"]) for row in rows), default=1.0)
    room = last * 1.4  # for the names at the ends of the lines
    ends: list[Row] = []
    frame = (
        alt.Chart(parts.inline([{"month": 0, "value": 0}, {"month": room, "value": 1}]))
        .mark_point(opacity=0, aria=False)
        .encode(
            x=alt.X(
                "month:Q",
                scale=alt.Scale(domain=[0, room], nice=False),
                axis=alt.Axis(title=unit, grid=False, tickMinStep=1, tickCount=6, format="d"),
            ),
            y=alt.Y("value:Q", scale=alt.Scale(domain=[0, 1]), axis=parts.number_axis("rate")),
        )
    )
    layers = [frame]
    for group, look in zip(groups, _CURVES * len(groups), strict=False):
        own = [
            {
                "month": row["month"], "value": row["survival"], "zero": row["lower_95"],
                "top": row["upper_95"], "name": group, "n": row["at_risk"],
                "label": None if row["survival"] is None else f"{100 * row['survival']:.1f}%",
            }
            for row in rows
            if str(row["name"]) == group
        ]  # fmt: skip
        month = alt.X("month:Q")
        layers.append(
            alt.Chart(parts.inline(own))
            .mark_area(color=look.colour, opacity=0.13, interpolate="step-after", aria=False)
            .encode(x=month, y=alt.Y("zero:Q"), y2=alt.Y2("top:Q"))
        )
        layers.append(
            alt.Chart(parts.inline(own))
            .mark_line(
                color=look.colour,
                strokeWidth=look.width,
                strokeDash=list(look.dash),
                interpolate="step-after",
                invalid=parts.GAP,
                aria=False,
            )
            .encode(x=month, y=parts.Y)
        )
        drawn = [row for row in own if row["value"] is not None]
        if drawn:
            layers.append(
                alt.Chart(parts.inline(drawn))
                .mark_point(color=look.colour, filled=True, size=60, opacity=0, aria=False)
                .encode(
                    x=month,
                    y=parts.Y,
                    tooltip=[
                        alt.Tooltip("name:N", title="Group"),
                        alt.Tooltip("month:Q", title="Month"),
                        alt.Tooltip("label:N", title="Still there"),
                        alt.Tooltip("n:Q", title="At risk"),
                    ],
                )
            )
            ends.append({**drawn[-1], "colour": look.colour})
    ends.sort(key=lambda end: end["value"])
    for end, height in zip(ends, parts.spread([end["value"] for end in ends], 0.075), strict=True):
        label = {"month": end["month"], "value": height, "label": end["name"]}
        layers.append(
            alt.Chart(parts.inline([label]))
            .mark_text(
                align="left", dx=8, fontSize=13, fontWeight=600, color=end["colour"], aria=False
            )
            .encode(x=alt.X("month:Q"), y=parts.Y, text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 320)
