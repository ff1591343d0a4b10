"""The groups by cycle: whether each met."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from dashboard import theme, words
from dashboard.charts import parts
from dashboard.charts.parts import Row

# A filled square, a cross, a hollow circle: the shape alone says which.
_MARKS = {
    "held": ("square", theme.FOCUS, True),
    "cancelled": ("cross", theme.ACCENT, True),
    "late": ("circle", theme.INK, False),
}


def cadence(rows: Sequence[Row], *, description: str, source: str) -> alt.LayerChart:
    """One mark for each group (`group_id`) and cycle (`cycle`, from 1) by `status`.

    A cycle is counted from each group's own first day, so the axis is no calendar. A status that
    isn't known is not drawn.
    """
    groups = sorted({str(row["group_id"]) for row in rows})
    last = max((int(row["cycle"]) for row in rows), default=1)
    y = alt.Y(
        "name:N",
        sort=groups,
        scale=alt.Scale(domain=groups),
        axis=alt.Axis(title=None, domain=False, ticks=False, grid=True, labelFontSize=12),
    )
    x = alt.X(
        "cycle:Q",
        scale=alt.Scale(domain=[0.5, last + 0.5], nice=False),
        axis=alt.Axis(title="Cycle of the group", grid=False, tickMinStep=1, format="d"),
    )
    layers: list[alt.Chart] = [
        alt.Chart(parts.inline([{"name": name, "cycle": 1} for name in groups]))
        .mark_point(opacity=0, aria=False)
        .encode(x=x, y=y)
    ]
    for status, (shape, colour, filled) in _MARKS.items():
        cells = [
            {
                "name": str(row["group_id"]),
                "cycle": int(row["cycle"]),
                "label": words.STATUSES[status],
            }
            for row in rows
            if row["status"] == status
        ]
        if not cells:
            continue
        layers.append(
            alt.Chart(parts.inline(cells))
            .mark_point(
                shape=shape,
                color=colour,
                filled=filled,
                # On a narrow screen a mark must not touch the next one.
                size=alt.ExprRef(f"pow(clamp(width / {last} * 0.72, 3, 12), 2)"),
                strokeWidth=1.4,
                opacity=1,
                # Hundreds of marks would each be read out; the description says them in one.
                aria=False,
            )
            .encode(
                x=alt.X("cycle:Q"),
                y=parts.AREA,
                tooltip=[
                    alt.Tooltip("name:N", title="Group"),
                    alt.Tooltip("cycle:Q", title="Cycle"),
                    alt.Tooltip("label:N", title="What came of it"),
                ],
            )
        )
    return parts.finish(layers, description, source, 19 * len(groups) + 10)
