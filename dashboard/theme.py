"""Colours, type sizes and the little CSS of the pages, each written once.

Contrast on the paper colour (WCAG 2.2): `INK`, `MUTED`, `FOCUS` and `ACCENT` pass 4.5:1 for
text, `GREY` passes 3:1 for lines. `tests/unit/test_dashboard_charts.py` works them out.
"""

from __future__ import annotations

from typing import Any

PAPER = "#fbfaf7"
INK = "#1f2a30"
MUTED = "#4a565d"
FOCUS = "#0f5c5c"
ACCENT = "#a3451c"
GREY = "#7d878d"
VIOLET = "#6f4690"
BAND = "#e9e1cf"
RULE = "#c9c2b4"

FONT = '"Source Sans", "Source Sans Pro", sans-serif'

# Altair's defaults have grey labels of 3.7:1 and 10 px; a board reads this across a table.
CHART_CONFIG: dict[str, Any] = {
    "background": PAPER,
    "font": FONT,
    "padding": {"left": 4, "right": 8, "top": 4, "bottom": 4},
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "gridColor": "#e6e1d6",
        "domainColor": GREY,
        "tickColor": GREY,
        "labelPadding": 6,
    },
    "text": {"fontSize": 13, "color": INK},
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 13},
}

CSS = """
<style>
.stMainBlockContainer { max-width: 66rem; }
.st-key-answer p { font-size: 1.2rem; line-height: 1.55; max-width: 46rem; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: #4a565d !important; opacity: 1; }
.st-key-as-at p { color: #4a565d; font-size: 0.95rem; }
table.scorecard { border-collapse: collapse; width: 100%; font-size: 1rem; }
table.scorecard caption { text-align: left; color: #4a565d; padding-bottom: 0.5rem; }
table.scorecard th, table.scorecard td {
  border-bottom: 1px solid #d5cfc2; padding: 0.6rem 0.75rem 0.6rem 0; text-align: left;
  vertical-align: top;
}
table.scorecard thead th { font-weight: 600; border-bottom: 2px solid #7d878d; }
table.scorecard tbody th { font-weight: 600; max-width: 16rem; }
table.scorecard .figure { font-size: 1.3rem; font-variant-numeric: tabular-nums; }
table.scorecard .n { display: block; color: #4a565d; font-size: 0.95rem; }
table.scorecard img.icon { display: block; width: 3rem; height: 3rem; }
table.scorecard img.sparkline { display: block; width: 7.5rem; height: 2.25rem; }
table.scorecard td.now { background: #f1eee6; padding-left: 0.75rem; }
table.scorecard thead th.now { background: #f1eee6; padding-left: 0.75rem; }
table.scorecard .now + td, table.scorecard .now + th { padding-left: 0.75rem; }
@media (max-width: 640px) {
  .st-key-answer p { font-size: 1.1rem; }
  table.scorecard thead { position: absolute; left: -10000px; }
  table.scorecard tbody tr { display: block; padding: 0.75rem 0; border-bottom: 1px solid #d5cfc2; }
  table.scorecard tbody th, table.scorecard tbody td { display: block; border: 0; padding: 0.2rem 0; }
  table.scorecard tbody td::before { content: attr(data-label); display: block; color: #4a565d; }
  table.scorecard td.now { padding-left: 0.5rem; }
  table.scorecard td.now + td { padding-left: 0; }
}
/* Streamlit's own files of a table or chart say nothing of what they show: ours do. */
[data-testid="stElementToolbarButton"]:has([aria-label^="Download as"]) { display: none; }
@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], .stDownloadButton { display: none; }
}
</style>
"""
