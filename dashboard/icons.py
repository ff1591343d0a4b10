"""Small pictures that stand in tables, drawn here as SVG: what a control chart's last point says.

Each has its name in words, and whoever draws one writes beside it what it means, so that neither
colour nor shape is ever the only sign.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import theme

_DOTS = (28, 22, 27, 23, 26)  # an even row of points, as heights in a box of 48
_HIGH = (30, 27, 24, 17, 12)
_LOW = (18, 21, 24, 31, 36)
_STEP = 6


@dataclass(frozen=True)
class Icon:
    """A picture and its name. `svg` holds nothing but what this module has drawn."""

    svg: str
    name: str
    kind: str = "icon"

    @property
    def html(self) -> str:
        """The picture as an image of its own, since a page takes no drawing among its HTML."""
        data = base64.b64encode(self.svg.encode()).decode()
        return f'<img class="{self.kind}" alt="{self.name}" src="data:image/svg+xml;base64,{data}">'


def _drawn(name: str, heights: Sequence[int], colour: str, letter: str, mark: str) -> Icon:
    dots = "".join(
        f'<circle cx="{12 + _STEP * i}" cy="{y}" r="2.6" fill="{colour}"/>'
        for i, y in enumerate(heights)
    )
    line = " ".join(f"{12 + _STEP * i},{y}" for i, y in enumerate(heights))
    text = (
        f'<text x="24" y="{44 if letter == "H" else 13}" font-size="11" font-weight="700" text-anchor="middle" '
        f'fill="{colour}">{letter}</text>'
        if letter
        else ""
    )
    return Icon(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48" '
        f'font-family="sans-serif">{mark}'
        f'<line x1="8" y1="15" x2="40" y2="15" stroke="{theme.GREY}" stroke-dasharray="3 2"/>'
        f'<line x1="8" y1="33" x2="40" y2="33" stroke="{theme.GREY}" stroke-dasharray="3 2"/>'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.2"/>'
        f"{dots}{text}</svg>",
        name,
    )


def _ring(colour: str) -> str:
    return f'<circle cx="24" cy="24" r="22.5" fill="none" stroke="{colour}" stroke-width="2.2"/>'


def _lozenge(colour: str) -> str:
    return (
        f'<path d="M24 1 L47 24 L24 47 L1 24 Z" fill="none" stroke="{colour}" stroke-width="2.2"/>'
    )


def _square(colour: str) -> str:
    return (
        '<rect x="1.5" y="1.5" width="45" height="45" fill="none" '
        f'stroke="{colour}" stroke-width="2.2"/>'
    )


# {(a point's type, the side of its cause): the icon}. The frame tells the kinds apart without colour:
# a thin ring for nothing unusual, a thick ring for better, a square for worse, a lozenge for neither.
_FRAMES = {
    "special_cause_improvement": ("improvement", theme.FOCUS, _ring),
    "special_cause_concern": ("concern", theme.ACCENT, _square),
    "special_cause_neutral_high": ("neither better nor worse", theme.VIOLET, _lozenge),
    "special_cause_neutral_low": ("neither better nor worse", theme.VIOLET, _lozenge),
}


def variation(point_type: str, side: int) -> Icon:
    """What the last point of a control chart is. side: 1 above or rising, -1 below or falling.

    Anything but a special cause is common cause.
    """
    if point_type not in _FRAMES:
        thin = f'<circle cx="24" cy="24" r="22.5" fill="none" stroke="{theme.GREY}"/>'
        return _drawn("Variation: common cause", _DOTS, theme.MUTED, "", thin)
    kind, colour, frame = _FRAMES[point_type]
    high = side > 0
    return _drawn(
        f"Variation: special cause, {kind}, {'high' if high else 'low'}",
        _HIGH if high else _LOW,
        colour,
        "H" if high else "L",
        frame(colour),
    )


_WIDE, _TALL, _EDGE = 120, 36, 4


def sparkline(values: Sequence[float | None], name: str) -> Icon:
    """A line of some months without axes, its last point marked; a month without a figure is a gap.

    name: what it shows, in words and with its range, since the drawing has no numbers.
    """
    held = [value for value in values if value is not None]
    least, most = (min(held), max(held)) if held else (0.0, 0.0)
    step = (_WIDE - 2 * _EDGE) / max(len(values) - 1, 1)

    def height(value: float) -> float:
        share = (value - least) / (most - least) if most > least else 0.5
        return _TALL - _EDGE - share * (_TALL - 2 * _EDGE)

    places = [
        None if value is None else (_EDGE + step * i, height(value))
        for i, value in enumerate(values)
    ]
    path, pen_is_down = "", False
    for place in places:
        if place is not None:
            path += f"{'L' if pen_is_down else 'M'}{place[0]:.1f} {place[1]:.1f} "
        pen_is_down = place is not None
    last = next((place for place in reversed(places) if place is not None), None)
    dot = (
        f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3" fill="{theme.FOCUS}"/>'
        if last
        else ""
    )
    return Icon(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_TALL}" width="{_WIDE}" '
        f'height="{_TALL}"><path d="{path.strip()}" fill="none" stroke="{theme.MUTED}" '
        f'stroke-width="1.6" stroke-linejoin="round"/>{dot}</svg>',
        name,
        "sparkline",
    )
