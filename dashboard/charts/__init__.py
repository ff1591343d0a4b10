"""Drawing: pure functions from rows to Altair charts, each with a description in words.

Rows are lists of plain dicts, so that what a chart holds is what its specification says. A missing
value stays null and leaves a gap: it is never drawn as 0. Every time axis carries the programme's
end and the first lockdown, labelled above the plot, one row a label so that they never overlap.
"""

from dashboard.charts.bars import counts, shares, vacancies
from dashboard.charts.benchmarks import LOOKS, benchmark, ranking
from dashboard.charts.cadence import cadence
from dashboard.charts.control import control
from dashboard.charts.impact import curves, estimates
from dashboard.charts.lines import Series, lines
from dashboard.charts.parts import spread
from dashboard.charts.staff import exits, flows, months, yearly
from dashboard.charts.waves import waves

__all__ = [
    "LOOKS",
    "Series",
    "benchmark",
    "cadence",
    "control",
    "counts",
    "curves",
    "estimates",
    "exits",
    "flows",
    "lines",
    "months",
    "ranking",
    "shares",
    "spread",
    "vacancies",
    "waves",
    "yearly",
]
