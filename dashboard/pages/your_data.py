"""Your data: for staff and unions. It shows no figure, so it opens no file and asks for no role."""

from __future__ import annotations

import streamlit as st

from dashboard import theme, words

st.html(theme.CSS)
st.title(words.QUESTIONS["Your data"], anchor=False)
with st.container(key="answer"):
    st.markdown(words.YOUR_DATA_ANSWER)
for heading, sentences in words.YOUR_DATA:
    st.header(heading, anchor=False)
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
st.caption(words.YOUR_DATA_NOTE)
