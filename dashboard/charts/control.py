"""Control charts. Lines, labels and kinds of points come from the file; nothing is worked out here."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from dashboard import theme, words
from dashboard.charts import parts
from dashboard.charts.parts import Look, Row
from dashboard.programme import Programme

# What a point is, told by shape as well as by colour.
_LOOKS = {
    "common_cause": Look(theme.GREY, 0, (), "circle"),
    "special_cause_improvement": Look(theme.FOCUS, 0, (), "diamond"),
    "special_cause_concern": Look(theme.ACCENT, 0, (), "square"),
    "special_cause_neutral_high": Look(theme.VIOLET, 0, (), "triangle-up"),
    "special_cause_neutral_low": Look(theme.VIOLET, 0, (), "triangle-down"),
}


def control(
    rows: Sequence[Row],
    *,
    name: str,
    unit: str,
    programme: Programme,
    description: str,
    source: str,
) -> alt.LayerChart:
    """Points with mean and limits. `rows` are those of `spc_points`, with `day`, oldest first.

    Lines break where limits begin anew. A missing value leaves a gap.
    """
    domain = parts.span([row["day"] for row in rows], programme.marks)
    drawn_values = [
        row[column]
        for row in rows
        for column in ("value", "lower_limit", "upper_limit")
        if row[column] is not None
    ]
    top, bottom = max(drawn_values, default=1.0), min(drawn_values, default=0.0)
    room = (top - bottom) * 0.08 or 1.0
    axis = parts.number_axis(unit)
    if unit == "rate" and top - bottom < 0.1:
        axis = alt.Axis(title=None, format=".1%", tickCount=5)
    ends = (max(bottom - room, 0.0) if bottom >= 0 else bottom - room, top + room)
    layers = [parts.frame(domain, ends, axis), *parts.marks(domain, programme)]
    for column, dash, width in (
        ("mean", [1, 0], 1.6),
        ("lower_limit", [6, 4], 1.4),
        ("upper_limit", [6, 4], 1.4),
    ):
        line = [
            {"day": parts.moment(row["day"]), "value": row[column], "name": str(row["segment"])}
            for row in rows
        ]
        layers.append(
            alt.Chart(parts.inline(line))
            .mark_line(
                color=theme.INK,
                strokeWidth=width,
                strokeDash=dash,
                interpolate="step",
                invalid=parts.GAP,
                aria=False,
            )
            .encode(x=parts.X, y=parts.Y, detail=parts.NAME)
        )
    points = [
        {
            "day": parts.moment(row["day"]),
            "value": row["value"],
            "kind": row["point_type"],
            "month": words.month(row["day"]),
            "label": None if row["value"] is None else words.control_value(row["value"], unit),
            "said": words.POINT_TYPES.get(row["point_type"], ""),
            "why": words.CAUSES.get(row["special_cause"] or "", "–"),
        }
        for row in rows
    ]
    layers.append(
        alt.Chart(parts.inline(points))
        .mark_line(color=theme.GREY, strokeWidth=1.2, invalid=parts.GAP, aria=False)
        .encode(x=parts.X, y=parts.Y)
    )
    for kind, look in _LOOKS.items():
        here = [row for row in points if row["kind"] == kind and row["value"] is not None]
        if not here:
            continue
        layers.append(
            alt.Chart(parts.inline(here))
            .mark_point(
                color=look.colour,
                filled=True,
                shape=look.shape,
                size=30 if kind == "common_cause" else 70,
                opacity=1,
                # The description speaks of all points at once.
                aria=False,
            )
            .encode(
                x=parts.X,
                y=parts.Y,
                tooltip=[
                    alt.Tooltip("month:N", title="Month"),
                    alt.Tooltip("label:N", title=name),
                    alt.Tooltip("said:N", title="What it is"),
                    alt.Tooltip("why:N", title="Rule"),
                ],
            )
        )
    return parts.finish(layers, description, source, 335)
