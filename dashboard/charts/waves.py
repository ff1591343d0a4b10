"""A survey's scores by wave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import altair as alt

from dashboard import theme, words
from dashboard.charts import parts
from dashboard.charts.parts import Row
from dashboard.programme import Programme


def waves(
    rows: Sequence[Row],
    *,
    scale: tuple[float, float] | None,
    cut_offs: Sequence[float],
    programme: Programme,
    description: str,
    source: str,
) -> alt.LayerChart:
    """The mean score of each wave with its 95 % interval, and the published cut-offs if there are any.

    `rows` hold `day`, `mean_score`, `lower_95`, `upper_95`, `responses`. Waves are not joined by a
    line: other people may have answered each of them. A hidden wave shows its symbol at the top.
    """
    room = timedelta(days=110)
    days = [row["day"] for row in rows]
    domain = parts.span([min(days) - room, max(days) + room], programme.marks)
    known = [row["upper_95"] or row["mean_score"] for row in rows if row["mean_score"] is not None]
    ends = scale or (0.0, max(known, default=1.0) * 1.2)
    axis = alt.Axis(title=None, tickCount=5, format=",.0f")
    layers = [parts.frame(domain, ends, axis), *parts.marks(domain, programme)]
    for cut_off in cut_offs:
        layers.append(
            alt.Chart(parts.inline([{"value": cut_off}]))
            .mark_rule(color=theme.ACCENT, strokeDash=[5, 4], strokeWidth=1.4, aria=False)
            .encode(y=parts.Y)
        )
        label = {"day": parts.moment(domain[0]), "value": cut_off, "label": f"cut-off {cut_off:g}"}
        layers.append(
            alt.Chart(parts.inline([label]))
            .mark_text(align="left", dx=3, dy=12, fontSize=13, color=theme.ACCENT, aria=False)
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    drawn = [
        {
            "day": parts.moment(row["day"]),
            "value": row["mean_score"],
            "zero": row["lower_95"],
            "top": row["upper_95"],
            "wave": words.day(row["day"]),
            "label": f"{row['mean_score']:.1f}",
            "interval": f"{row['lower_95']:.1f} to {row['upper_95']:.1f}"
            if row["lower_95"] is not None
            else "no interval",
            "n": words.whole(row["responses"]) if row["responses"] is not None else "–",
        }
        for row in rows
        if row["mean_score"] is not None
    ]
    if drawn:
        spans = [
            {"day": row["day"], "value": row["top"], "zero": row["zero"]}
            for row in drawn
            if row["zero"] is not None
        ]
        layers.append(
            alt.Chart(parts.inline(spans))
            .mark_rule(color=theme.FOCUS, strokeWidth=2.4, aria=False)
            .encode(x=parts.X, y=parts.Y, y2=parts.ZERO)
        )
        layers.append(
            alt.Chart(parts.inline(drawn))
            .mark_point(color=theme.FOCUS, filled=True, size=90, opacity=1)
            .encode(
                x=parts.X,
                y=parts.Y,
                tooltip=[
                    alt.Tooltip("wave:N", title="Wave"),
                    alt.Tooltip("label:N", title=words.COLUMNS["mean_score"]),
                    alt.Tooltip("interval:N", title="95% interval"),
                    alt.Tooltip("n:N", title=words.COLUMNS["responses"]),
                ],
            )
        )
        layers.append(
            alt.Chart(parts.inline([{**row, "value": row["top"] or row["value"]} for row in drawn]))
            .mark_text(dy=-12, fontSize=14, fontWeight=600, color=theme.FOCUS, aria=False)
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    hidden = [
        {"day": parts.moment(row["day"]), "label": row.get("mean_score_symbol") or "x"}
        for row in rows
        if row["mean_score"] is None
    ]
    if hidden:
        layers.append(
            alt.Chart(parts.inline(hidden))
            .mark_text(fontSize=14, fontStyle="italic", color=theme.FOCUS)
            .encode(x=parts.X, y=parts.y_at(10), text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 335)
