"""The board's dashboard: the list of its pages, by role. `serve.py` serves it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    # Streamlit puts the script's own folder on the path; the pages import `dashboard` as a package.
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from dashboard import programme, signin, theme  # noqa: E402
from dashboard.words import access  # noqa: E402

PAGES = Path(__file__).resolve().parent / "pages"
BOARD = {
    "overview": "Overview",
    "retention": "Retention",
    "recruitment": "Recruitment",
    "participation": "Participation",
    "debriefs": "Debriefs",
    "wellbeing": "Wellbeing",
    "impact": "Impact",
    "benchmarks": "Benchmarks",
    "principle_6": "Principle 6",
    "about_the_data": "About the data",
}
# It shows no figure: whoever may see none still finds it.
ANYBODY = {"your_data": "Your data"}
STEWARD = {"operations": "Operations"}


def refused(why: signin.Refusal) -> None:
    """The one page of those who may see nothing: why, and what they can do. No file is opened."""
    st.html(theme.CSS)
    st.title(access.QUESTIONS[why], anchor=False)
    st.markdown(access.SENTENCES[why])
    if why is signin.Refusal.NO_ROLE:
        leave()
    else:
        # In a link to a page the choices stand; the provider brings people back to the first page.
        st.button(access.SIGN_IN, type="primary", on_click=st.login)
    st.page_link(for_anybody, label=access.YOUR_DATA)


def leave() -> None:
    """The button that ends a sign-in here, in every other tab, and at the provider."""

    def ended() -> None:
        signin.signed_out.end(claims, datetime.now(UTC))
        st.logout()

    st.button(access.SIGN_OUT, on_click=ended)


provider = signin.current()
claims: dict[str, Any] = dict(st.user) if provider else {}
verdict = signin.verdict(claims)
known = programme.load()
for_anybody = st.Page(PAGES / "your_data.py", title=ANYBODY["your_data"])
if verdict.role is None:
    why = verdict.refusal or signin.Refusal.NOT_SIGNED_IN
    # Every address leads here, and no page of figures is so much as registered.
    chosen = st.navigation(
        [
            st.Page(lambda: refused(why), title=access.TITLE, url_path=path, default=not path)
            for path in ("", *list(BOARD)[1:], *STEWARD)
        ]
        + [for_anybody],
        position="hidden",
    )
else:
    listed = BOARD | ANYBODY | (STEWARD if verdict.role is signin.Role.STEWARD else {})
    chosen = st.navigation(
        [
            st.Page(PAGES / f"{file}.py", title=title, default=file == "overview")
            for file, title in listed.items()
        ]
    )
st.set_page_config(
    page_title=f"{chosen.title} · {known.service}",
    # A file of our own: an icon of Streamlit's set would be fetched from outside.
    page_icon=PAGES.parent / "icon.svg",
    layout="wide",
)
if verdict.role is not None:
    with st.sidebar:
        st.caption(f"{known.name}\n\n{known.service}")
        if provider is None:
            st.caption(access.LOOPBACK)
        else:
            st.text(access.signed_in(claims.get("name"), verdict.role))
            leave()
chosen.run()
