"""Staff over time: monthly lines, starters and leavers, exits, and the Department's years."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import altair as alt

from dashboard import theme, words
from dashboard.charts import parts
from dashboard.charts.parts import Row
from dashboard.programme import Period, Programme


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
    domain = parts.span([row["day"] for row in rows], programme.marks)
    top = lowest + (max(known, default=1.0) - lowest) * 1.18
    if unit == "rate":
        top = min(top, 1.0)

    def point(row: Row, shown: bool) -> Row:
        number = row[column] if shown else None
        tip: Row = {
            "day": parts.moment(row["day"]),
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
    layers = [
        parts.frame(domain, (lowest, top), parts.number_axis(unit)),
        *parts.marks(domain, programme),
    ]
    layers.append(
        alt.Chart(parts.inline([point(row, True) for row in rows]))
        .mark_line(color=theme.GREY, strokeWidth=1.4, invalid=parts.GAP, aria=False)
        .encode(x=parts.X, y=parts.Y)
    )
    layers.append(
        alt.Chart(parts.inline(chosen))
        .mark_line(color=theme.FOCUS, strokeWidth=2.8, invalid=parts.GAP, aria=False)
        .encode(x=parts.X, y=parts.Y)
    )
    if drawn:
        layers.append(
            alt.Chart(parts.inline(drawn))
            .mark_point(color=theme.FOCUS, filled=True, size=90, opacity=0)
            .encode(x=parts.X, y=parts.Y, tooltip=tips)
        )
        end = parts.inline([drawn[-1]])
        layers.append(
            alt.Chart(end)
            .mark_point(color=theme.FOCUS, filled=True, size=60, aria=False, opacity=1)
            .encode(x=parts.X, y=parts.Y)
        )
        at_the_end = drawn[-1]["day"] == parts.moment(rows[-1]["day"])
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
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    return parts.finish(layers, description, source, 355)


def flows(
    rows: Sequence[Row], *, programme: Programme, period: Period, description: str, source: str
) -> alt.LayerChart:
    """Starters above the line, leavers below it, by month. Position tells them apart, not hue."""
    domain = parts.span(
        [*(row["day"] for row in rows), rows[0]["day"].replace(day=1)], programme.marks
    )
    top = max([row[kind] or 0 for row in rows for kind in ("starters", "leavers")], default=1) + 1
    values = [
        parts.month_bar(
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
    layers = [parts.frame(domain, (-top - 1, top + 1), axis), *parts.marks(domain, programme)]
    layers.append(
        alt.Chart(parts.inline(values))
        .mark_bar(invalid="filter")
        .encode(
            x=parts.X,
            x2=parts.TO,
            y=parts.Y,
            y2=parts.ZERO,
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
            alt.Chart(
                parts.inline([{"day": parts.moment(domain[0]), "value": value, "label": text}])
            )
            .mark_text(align="left", dx=4, fontSize=13, fontWeight=600, color=colour, aria=False)
            .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
        )
    layers.append(
        alt.Chart(parts.inline([{"value": 0}]))
        .mark_rule(color=theme.INK, aria=False)
        .encode(y=parts.Y)
    )
    return parts.finish(layers, description, source, 345)


def exits(
    rows: Sequence[Row], *, programme: Programme, period: Period, description: str, source: str
) -> alt.LayerChart:
    """Posts that ended without a leaver record, by month."""
    domain = parts.span(
        [*(row["day"] for row in rows), rows[0]["day"].replace(day=1)], programme.marks
    )
    top = max([row["unexplained_exits"] or 0 for row in rows], default=0)
    values = [parts.month_bar(row, row["unexplained_exits"], period) for row in rows]
    axis = alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=3)
    layers = [parts.frame(domain, (0, max(top, 2) + 0.5), axis), *parts.marks(domain, programme)]
    layers.append(
        alt.Chart(parts.inline(values))
        .mark_bar(invalid="filter", color=theme.ACCENT)
        .encode(
            x=parts.X,
            x2=parts.TO,
            y=parts.Y,
            y2=parts.ZERO,
            opacity=alt.Opacity("shown:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("month:N", title="Month"),
                alt.Tooltip("value:Q", title=words.COLUMNS["unexplained_exits"]),
            ],
        )
    )
    return parts.finish(layers, description, source, 235)


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
    domain = parts.span(
        [parts.census_day(min(years)) - room, parts.census_day(max(years)) + room], programme.marks
    )
    known = [row[column] for row in rows if row[column] is not None]
    top = max(known, default=0.1) * 1.3
    values = [
        {
            "day": parts.moment(parts.census_day(int(row["year"]))),
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
        parts.frame(domain, (0.0, top), parts.number_axis("rate"), parts.census_axis(years)),
        *parts.marks(domain, programme),
    ]
    layers.append(
        alt.Chart(parts.inline(values))
        .mark_line(color=theme.ACCENT, strokeWidth=2, invalid=parts.GAP, aria=False)
        .encode(x=parts.X, y=parts.Y)
    )
    layers.append(
        alt.Chart(parts.inline(drawn))
        .mark_point(color=theme.ACCENT, filled=True, size=80, opacity=1)
        .encode(
            x=parts.X,
            y=parts.Y,
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
                alt.Chart(parts.inline(labelled))
                .mark_text(
                    dy=18 if below else -15,
                    fontSize=14,
                    fontWeight=600,
                    color=theme.ACCENT,
                    aria=False,
                )
                .encode(x=parts.X, y=parts.Y, text=parts.LABEL)
            )
    return parts.finish(layers, description, source, 325)
