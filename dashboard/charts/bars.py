"""Bars: counts by year with a name at each, shares by quarter, and vacancies by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import altair as alt

from dashboard import theme, words
from dashboard.charts import parts
from dashboard.charts.parts import Row
from dashboard.programme import Period, Programme


def counts(
    rows: Sequence[Row],
    *,
    group: str,
    columns: Mapping[str, str],
    unit: str,
    description: str,
    source: str,
) -> alt.LayerChart:
    """A bar for each group and measure, read from top to bottom like a table.

    `rows` hold `group` (a year, say) and the columns, each of which comes with its name; where
    there is but one, the group alone names the bar. All bars have one colour: none of them is good
    or bad. A missing value keeps its line and says why in words, with no bar.
    """
    domain: list[str] = []
    values: list[Row] = []
    for row in rows:
        head = str(row[group])
        if len(columns) > 1:
            domain.append(f"{head}|")
        for column, name in columns.items():
            key = f"{head}|{name}" if len(columns) > 1 else head
            domain.append(key)
            number = row.get(column)
            values.append(
                {
                    "name": key,
                    "group": head,
                    "measure": name,
                    "value": number,
                    "zero": 0,
                    "label": words.value(number, unit)
                    if number is not None
                    else words.symbol_words(row.get(f"{column}_symbol")),
                }
            )
    drawn = [row for row in values if row["value"] is not None]
    absent = [row for row in values if row["value"] is None]
    top = max((row["value"] for row in drawn), default=1.0) * 1.25 or 1.0
    y = alt.Y(
        "name:N",
        sort=domain,
        scale=alt.Scale(domain=domain, paddingInner=0.25),
        axis=alt.Axis(
            title=None,
            domain=False,
            ticks=False,
            labelLimit=170,
            # The label of a group's own line is its name; the others are the measures.
            labelExpr="split(datum.value, '|')[1] || split(datum.value, '|')[0]",
            labelFontWeight=alt.condition(
                "split(datum.value, '|')[1] === ''",
                alt.value("bold"),
                alt.value("normal"),
            ),
        ),
    )
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=None)
    unseen = [{"name": key, "value": 0} for key in domain]
    layers = [
        alt.Chart(parts.inline(unseen)).mark_point(opacity=0, aria=False).encode(y=y, x=x),
        alt.Chart(parts.inline(drawn))
        .mark_bar(color=theme.FOCUS)
        .encode(
            y=parts.AREA,
            x=alt.X("zero:Q"),
            x2=alt.X2("value:Q"),
            tooltip=[
                alt.Tooltip("group:N", title="When"),
                alt.Tooltip("measure:N", title="Measure"),
                alt.Tooltip("label:N", title="Figure"),
            ],
        ),
        alt.Chart(parts.inline(drawn))
        .mark_text(align="left", dx=6, fontSize=13, color=theme.INK, aria=False)
        .encode(y=parts.AREA, x=alt.X("value:Q"), text=parts.LABEL),
    ]
    if absent:
        layers.append(
            alt.Chart(parts.inline(absent))
            .mark_text(align="left", fontStyle="italic", fontSize=13, color=theme.MUTED)
            .encode(y=parts.AREA, x=parts.x_at(6), text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 24 * len(domain) + 34)


def shares(
    rows: Sequence[Row],
    *,
    columns: Sequence[str],
    programme: Programme,
    period: Period,
    description: str,
    source: str,
    first: str,
) -> alt.LayerChart:
    """Shares of each quarter in lanes, one below the other: place tells them apart, not hue.

    `rows` hold `day` (a quarter's last day) and the columns, fractions of 1, all lanes to one
    scale. `first` is the lane that was promised, drawn more strongly. The last share of each lane
    stands beside it; a hidden share shows its symbol on the lane's floor.
    """
    days = [row["day"] for row in rows]
    domain = parts.span([min(days) - timedelta(days=91), *days], programme.marks)
    top = max([row.get(c) or 0.0 for row in rows for c in columns], default=1.0) or 1.0
    step = top * 1.6
    floors = {column: (len(columns) - 1 - i) * step for i, column in enumerate(columns)}
    axis = alt.Axis(title=None, labels=False, ticks=False, grid=False, domain=False)
    layers = [
        parts.frame(domain, (0.0, step * len(columns)), axis),
        *parts.marks(domain, programme),
    ]
    for column in columns:
        floor = floors[column]
        strong = column == first
        colour = theme.FOCUS if strong else theme.GREY
        bars: list[Row] = []
        symbols: list[Row] = []
        for row in rows:
            middle = row["day"] - timedelta(days=45)
            share = row.get(column)
            if share is None:
                symbol = row.get(f"{column}_symbol")
                # A quarter without a session has nothing to show, and nothing to hide.
                if symbol and symbol != "x":
                    symbols.append(
                        {"day": parts.moment(middle), "value": floor + top * 0.16, "label": symbol}
                    )
                continue
            bars.append(
                {
                    "day": parts.moment(row["day"] - timedelta(days=84)),
                    "to": parts.moment(row["day"] - timedelta(days=6)),
                    "value": floor + share,
                    "zero": floor,
                    "shown": 1.0 if period.holds(row["day"]) else 0.4,
                    "quarter": words.day(row["day"]),
                    "label": words.percent(share),
                }
            )
        line = [{"value": floor}]
        layers.append(
            alt.Chart(parts.inline(line))
            .mark_rule(color=theme.GREY, strokeWidth=0.8, aria=False)
            .encode(y=parts.Y)
        )
        if bars:
            layers.append(
                alt.Chart(parts.inline(bars))
                .mark_bar(color=colour)
                .encode(
                    x=parts.X,
                    x2=parts.TO,
                    y=parts.Y,
                    y2=parts.ZERO,
                    opacity=alt.Opacity("shown:Q", scale=None, legend=None),
                    tooltip=[
                        alt.Tooltip("quarter:N", title="Quarter to"),
                        alt.Tooltip("label:N", title=words.COLUMNS[column]),
                    ],
                )
            )
            last = {"day": bars[-1]["to"], "value": (bars[-1]["value"] + floor) / 2}
            layers.append(
                alt.Chart(parts.inline([{**last, "label": bars[-1]["label"]}]))
                .mark_text(align="left", dx=6, fontSize=13, color=theme.INK, aria=False)
                .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
            )
        if symbols:
            layers.append(
                alt.Chart(parts.inline(symbols))
                .mark_text(fontSize=13, fontStyle="italic", color=theme.INK)
                .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
            )
        name = {"day": parts.moment(domain[0]), "value": floor + top * 1.3}
        layers.append(
            alt.Chart(parts.inline([{**name, "label": words.COLUMNS[column]}]))
            .mark_text(
                align="left",
                dx=2,
                fontSize=13,
                fontWeight=600 if strong else 400,
                color=theme.FOCUS if strong else theme.INK,
                aria=False,
            )
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 92 * len(columns))


def vacancies(
    rows: Sequence[Row], *, programme: Programme, period: Period, description: str, source: str
) -> alt.LayerChart:
    """Vacancies opened above the line; filled, and withdrawn below these, under it, by month.

    A withdrawn one is an outline: place and shape tell the three apart, not hue.
    """
    domain = parts.span(
        [*(row["day"] for row in rows), rows[0]["day"].replace(day=1)], programme.marks
    )
    up = max([row["opened"] or 0 for row in rows], default=1)
    down = max([(row["filled"] or 0) + (row["withdrawn"] or 0) for row in rows], default=1)
    axis = alt.Axis(
        title=None, labelExpr="format(abs(datum.value), ',d')", tickMinStep=1, tickCount=6
    )
    layers = [
        parts.frame(domain, (-down - 2.2, up + 2.2), axis),
        *parts.marks(domain, programme),
    ]
    looks: dict[str, dict[str, Any]] = {
        "opened": {"color": theme.FOCUS},
        "filled": {"color": theme.ACCENT},
        "withdrawn": {"fill": theme.PAPER, "stroke": theme.ACCENT, "strokeWidth": 1.2},
    }
    for column, look in looks.items():
        bars: list[Row] = []
        for row in rows:
            count = row[column]
            if not count:
                continue
            floor = -(row["filled"] or 0) if column == "withdrawn" else 0
            bars.append(
                {
                    **parts.month_bar(row, floor + count if column == "opened" else floor - count,
                                      period),
                    "zero": floor,
                    "label": words.counted(count, "post", "posts"),
                }
            )  # fmt: skip
        layers.append(
            alt.Chart(parts.inline(bars))
            .mark_bar(**look)
            .encode(
                x=parts.X,
                x2=parts.TO,
                y=parts.Y,
                y2=parts.ZERO,
                opacity=alt.Opacity("shown:Q", scale=None, legend=None),
                tooltip=[
                    alt.Tooltip("month:N", title="Month"),
                    alt.Tooltip("label:N", title=words.COLUMNS[column]),
                ],
            )
        )
    below = f"{words.COLUMNS['filled']}, and {words.COLUMNS['withdrawn'].lower()} (outlined)"
    for text, value, colour in (
        (words.COLUMNS["opened"], up + 1.3, theme.FOCUS),
        (below, -down - 1.3, theme.ACCENT),
    ):
        label = {"day": parts.moment(domain[0]), "value": value, "label": text}
        layers.append(
            alt.Chart(parts.inline([label]))
            .mark_text(align="left", dx=4, fontSize=13, fontWeight=600, color=colour, aria=False)
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    layers.append(
        alt.Chart(parts.inline([{"value": 0}]))
        .mark_rule(color=theme.INK, aria=False)
        .encode(y=parts.Y)
    )
    return parts.finish(layers, description, source, 345)
