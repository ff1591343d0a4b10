"""About the data: can I trust this?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout, rows, words
from dashboard.data import Board
from dashboard.programme import Programme

_LOADS = (
    "source",
    "latest_as_of",
    "files_loaded",
    "files_rejected",
    "files_superseded",
    "rows_loaded",
    "rows_quarantined",
)
_ATTACKED = (
    "table_name",
    "released_as_of",
    "reason",
    "figures_to",
    "cells_shown",
    "cells_hidden",
    "cells_tried",
    "narrowest_interval",
)
_MEASURES = {
    "retention_monthly": "Retention, by month",
    "retention_windows": "Retention, what stands beside the rates",
    "retention_yearly": "Retention, by year and area",
    "retention_yearly_dfe": "Social workers, by census year",
    "recruitment_monthly": "Recruitment, by month",
    "recruitment_quarterly": "Recruitment, by quarter",
    "recruitment_yearly": "Recruitment, by year and area",
    "participation_monthly": "Participation, by month",
    "participation_quarterly": "Participation, by quarter",
    "participation_yearly": "Participation, by year and area",
    "programme_fidelity": "Promises of the programme",
    "group_cadence": "Groups by cycle",
    "debrief_yearly": "Debriefs, by year",
    "debrief_to_date": "Debriefs, to date",
    "wellbeing_wave": "Wellbeing, by wave",
    "absence_quarterly": "Sickness absence, by quarter",
    "absence_yearly": "Sickness absence, by year",
    "caseload_monthly": "Cases a worker, by month",
    "comparison_windows": "Before, during and after",
    "debrief_monthly": "Debriefs, by month",
    "absence_monthly": "Sickness absence, by month",
    "participation_to_date": "Participation, to date",
    "spc_points": "Control charts",
    "impact_verdict": "Impact, the verdict",
    "impact_its": "Impact, before and after",
    "impact_survival": "Impact, people and posts",
    "impact_survival_curve": "Impact, survival curves",
    "impact_comparator": "Impact, beside other councils",
    "principle_6": "Principle 6",
    "headline_shown": "What the board was told before",
    "dfe_benchmark": "Benchmarks",
    "benchmark_standing": "Where a council stands",
    "statistical_neighbours": "Statistical neighbours",
}


def show(board: Board, known: Programme) -> None:
    """What came, what each measure means, what is hidden, and what is not known."""
    loads = rows.records(board.loads())
    layout.answer(words.about_answer(loads, board.release.as_of))
    st.caption(f"{known.service}. Version {board.release.version} of the figures.")

    st.header("What has come", anchor=False)
    if loads:
        named = [{**row, "source": words.SOURCES.get(row["source"], row["source"])}
                 for row in loads]  # fmt: skip
        st.dataframe(
            rows.table(named, _LOADS),
            hide_index=True,
            width="stretch",
            alt="Table: files and rows received, by source",
        )
        layout.download(
            rows.raw(loads, _LOADS),
            file_name="what-has-come",
            synthetic=board.release.synthetic,
            as_of=str(board.release.as_of),
            width="content",
        )
        st.caption(
            "A file is refused whole when it is not what its source promised; a row is set aside "
            "when it alone is faulty. Both wait for someone to see to them."
        )
        missing = words.nothing_came(loads)
        if missing:
            st.markdown(missing)
    else:
        st.markdown("The published file does not say what has come.")

    st.header("What is hidden, and why", anchor=False)
    st.markdown("\n".join(f"- {rule}" for rule in words.DISCLOSURE_RULES))

    st.header("When figures of people change", anchor=False)
    st.markdown(words.WHEN_RELEASED)
    st.markdown(words.HOW_ATTACKED)
    report = board.attacked()
    if report:
        st.markdown(words.attacked_words(report))
        named = [{**row, "table_name": _MEASURES.get(row["table_name"], row["table_name"])}
                 for row in report]  # fmt: skip
        with st.expander("Show the attack, table by table"):
            st.dataframe(
                rows.table(named, _ATTACKED),
                hide_index=True,
                width="stretch",
                alt="Table: cells shown, hidden and attacked, by table",
            )
            st.caption(
                "A dash: no count of that table had to be attacked, or its figures are not to date."
            )
        layout.download(
            rows.raw(report, _ATTACKED),
            file_name="attack-on-hidden-figures",
            synthetic=board.release.synthetic,
            as_of=str(board.release.as_of),
        )
    else:
        st.markdown("The published file does not say what came of it.")

    st.header("What was checked", anchor=False)
    st.markdown(words.gates_words(board.gates()))

    st.header("What is not known", anchor=False)
    st.markdown("\n".join(f"- {gap}" for gap in words.GAPS))

    st.header("What every measure means", anchor=False)
    st.caption("In the words that the published file carries.")
    told = False
    for table, name in _MEASURES.items():
        meanings = board.meanings(table)
        if meanings:
            told = True
            with st.expander(name):
                st.markdown(
                    "\n\n".join(
                        words.definition(table, column, meaning)
                        for column, meaning in meanings.items()
                        if not column.endswith("_symbol")
                    )
                )
    if not told:
        st.markdown("The published file carries no definitions.")
    st.markdown(words.LICENCE)


layout.page("About the data", show)
