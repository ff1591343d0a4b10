"""The board's dashboard: the list of its pages. `serve.py` serves it."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    # Streamlit puts the script's own folder on the path; the pages import `dashboard` as a package.
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from dashboard import programme  # noqa: E402

PAGES = Path(__file__).resolve().parent / "pages"

chosen = st.navigation(
    [
        st.Page(PAGES / "overview.py", title="Overview", default=True),
        st.Page(PAGES / "retention.py", title="Retention"),
        st.Page(PAGES / "recruitment.py", title="Recruitment"),
        st.Page(PAGES / "participation.py", title="Participation"),
        st.Page(PAGES / "debriefs.py", title="Debriefs"),
        st.Page(PAGES / "wellbeing.py", title="Wellbeing"),
        st.Page(PAGES / "benchmarks.py", title="Benchmarks"),
        st.Page(PAGES / "about_the_data.py", title="About the data"),
        # It shows no figure: whoever may see none still finds it.
        st.Page(PAGES / "your_data.py", title="Your data"),
    ]
)
known = programme.load()
st.set_page_config(
    page_title=f"{chosen.title} · {known.service}",
    # A file of our own: an icon of Streamlit's set would be fetched from outside.
    page_icon=PAGES.parent / "icon.svg",
    layout="wide",
)
with st.sidebar:
    st.caption(f"{known.name}\n\n{known.service}")
chosen.run()
