"""What stands in a page's link: plain text, checked on the way in, and kept from page to page.

A selection is bound to its query parameter by its key. Before it is drawn, `recall` takes it up as
it was left on another page, and notes what may stand in the link for it; `remember` keeps it. What
stands in a link and is no known choice is passed over and never shown: a sentence says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextvars import ContextVar

import streamlit as st

# {key: the texts that a link may give for it}, of the page that is being drawn.
_known: ContextVar[dict[str, frozenset[str]]] = ContextVar("known_choices")


def begin() -> dict[str, list[str]]:
    """At the start of a page: what its link asks for, before any selection takes it up."""
    _known.set({})
    return {key: st.query_params.get_all(key) for key in st.query_params}


def recall(key: str, options: Collection[object]) -> None:
    """Before a selection is drawn: take it up again as it was left, if the link doesn't say."""
    note(key, options)
    kept = st.session_state.get(f"kept-{key}")
    if kept in options and key not in st.session_state and key not in st.query_params:
        st.session_state[key] = kept


def remember(key: str) -> None:
    """After a selection is drawn: keep it, since Streamlit forgets it on a page without it."""
    st.session_state[f"kept-{key}"] = st.session_state.get(key)


def note(key: str, options: Collection[object]) -> None:
    """Say what may stand in the link under a key."""
    known = _known.get({})
    known[key] = frozenset(str(option) for option in options)
    _known.set(known)


def keep(asked: Mapping[str, list[str]], key: str, options: Collection[str]) -> None:
    """A choice that every page knows, also where it is not drawn: kept for the pages that draw it."""
    note(key, options)
    given = asked.get(key, [])
    if len(given) == 1 and given[0] in options:
        st.session_state[f"kept-{key}"] = given[0]


def is_understood(asked: Mapping[str, list[str]]) -> bool:
    """After a page is drawn: whether everything in its link was a choice that the page knows."""
    known = _known.get({})
    return all(
        len(given) == 1 and given[0] in known.get(key, frozenset()) for key, given in asked.items()
    )
