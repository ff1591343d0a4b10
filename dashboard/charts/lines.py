"""Several measures of one unit over time, each named at the end of its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import altair as alt

from dashboard import theme, words
from dashboard.charts import parts
from dashboard.charts.parts import Look, Row
from dashboard.programme import Period, Programme


@dataclass(frozen=True)
class Series:
    """One measure: its column, and the few words that stand at the end of its line."""

    column: str
    name: str


# By place in the list of series. Dashes, widths and shapes tell them apart without colour.
_LOOKS = (
    Look(theme.FOCUS, 2.8, (1, 0), "circle"),
    Look(theme.ACCENT, 2.2, (6, 3), "square"),
    Look(theme.VIOLET, 2.0, (2, 3), "diamond"),
)


def lines(
    rows: Sequence[Row],
    *,
    series: Sequence[Series],
    unit: str,
    programme: Programme,
    period: Period,
    description: str,
    source: str,
    when: str = "Month",
) -> alt.LayerChart:
    """Up to three measures over time. `rows` hold `day` (a date) and each series' column.

    The chosen period is drawn strongly and the rest thinly. Where a column's `_symbol` says why a
    value is missing, the symbol stands at the upper edge, away from 0.
    """
    domain = parts.span([row["day"] for row in rows], programme.marks)
    domain = (domain[0], domain[1] + timedelta(days=30))
    known = [
        row[each.column] for row in rows for each in series if row.get(each.column) is not None
    ]
    top = max(known, default=1.0) * 1.22 or 1.0
    if unit == "rate":
        top = min(top, 1.0)
    layers = [
        parts.frame(domain, (0.0, top), parts.number_axis(unit)),
        *parts.marks(domain, programme),
    ]
    ends: list[Row] = []
    for place, (each, look) in enumerate(zip(series, _LOOKS, strict=False)):
        points = [
            {
                "day": parts.moment(row["day"]),
                "value": row.get(each.column),
                "shown": period.holds(row["day"]),
                "month": words.month(row["day"]),
                "name": each.name,
                "label": words.value_or_symbol(row, each.column, unit),
            }
            for row in rows
        ]
        chosen = [{**p, "value": p["value"] if p["shown"] else None} for p in points]
        drawn = [p for p in chosen if p["value"] is not None]
        for values, colour, width in (
            (points, theme.GREY, 1.0),
            (chosen, look.colour, look.width),
        ):
            layers.append(
                alt.Chart(parts.inline(values))
                .mark_line(
                    color=colour,
                    strokeWidth=width,
                    strokeDash=list(look.dash),
                    invalid=parts.GAP,
                    aria=False,
                )
                .encode(x=parts.X, y=parts.Y)
            )
        if drawn:
            layers.append(
                alt.Chart(parts.inline(drawn))
                .mark_point(color=look.colour, filled=True, shape=look.shape, size=36, opacity=1)
                .encode(
                    x=parts.X,
                    y=parts.Y,
                    tooltip=[
                        alt.Tooltip("month:N", title=when),
                        alt.Tooltip("name:N", title="Measure"),
                        alt.Tooltip("label:N", title="Figure"),
                    ],
                )
            )
        last = [p for p in points if p["value"] is not None]
        if last:
            ends.append({"name": each.name, "value": last[-1]["value"], "colour": look.colour})
        hidden = [
            {"day": parts.moment(row["day"]), "label": row[f"{each.column}_symbol"]}
            for row in rows
            if row.get(each.column) is None and row.get(f"{each.column}_symbol") == "c"
        ]
        if hidden:
            layers.append(
                alt.Chart(parts.inline(hidden))
                .mark_text(fontSize=13, fontStyle="italic", color=look.colour)
                .encode(x=parts.X, y=parts.y_at(8 + 14 * place), text=parts.LABEL)
            )
    ends.sort(key=lambda end: end["value"])
    heights = parts.spread([end["value"] for end in ends], top * 0.075)
    for end, height in zip(ends, heights, strict=True):
        label = {"day": parts.moment(domain[1]), "value": height, "label": end["name"]}
        layers.append(
            alt.Chart(parts.inline([label]))
            .mark_text(
                align="left", dx=2, fontSize=13, fontWeight=600, color=end["colour"], aria=False
            )
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 335)
