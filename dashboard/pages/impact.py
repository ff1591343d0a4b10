"""Impact: what can we honestly claim? The ladder of evidence, one card a rung."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import charts, layout, rows, signals, words
from dashboard.data import Board
from dashboard.programme import Programme
from dashboard.words import Rung

_TABLE = (
    "line",
    "estimate_said",
    "detectable_said",
    "p_value_said",
    "n",
    "grade",
)
_RAW = (
    "metric", "scope_type", "scope_name", "method", "term", "estimate", "lower_95", "upper_95",
    "p_value", "n", "minimum_detectable", "grade", "sentence", "assumption_checks",
)  # fmt: skip


def show(board: Board, known: Programme) -> None:
    """The verdict with its rule, then a card for each rung of the ladder."""
    findings = board.findings()
    verdict = board.verdict()
    layout.answer(words.impact_answer(verdict, findings))
    rule = str(verdict["rule"]) if verdict else known.verdict_rule
    if rule:
        st.markdown(f"**The rule, written before anybody looked.** {rule}")
    st.caption(words.CLAIM_NOTE)
    with st.container(border=True, key="rung-signal"):
        st.header("Is a change more than noise?", anchor=False)
        signals.charts_table(board)
    for rung in words.RUNGS:
        _card(board, rung, [row for row in findings if words.is_of(rung, row)])
    with st.container(border=True, key="rung-principle"):
        st.header("Does the service do what the evidence asks?", anchor=False)
        st.markdown(words.principle_answer(board.principle()))
    st.header("What a grade means", anchor=False)
    st.markdown("\n".join(f"- {words.grade_words(grade)}" for grade in words.GRADE_RULES))
    layout.definitions_of(
        board,
        {
            "impact_its": (
                "estimate", "lower_95", "upper_95", "p_value", "n", "minimum_detectable",
                "assumption_checks", "grade",
            ),
            "impact_survival_curve": ("at_risk", "survival"),
        },
    )  # fmt: skip


def _card(board: Board, rung: Rung, held: list[dict[str, Any]]) -> None:
    """One rung: what it says, what it is worth, what was checked, and what could have been seen."""
    with st.container(border=True, key=f"rung-{rung.key}"):
        st.header(rung.title, anchor=False)
        if not held:
            st.markdown(words.NOTHING_OF_A_RUNG)
            st.caption(rung.compares)
            return
        own = _chosen(rung, held)
        main = words.main_of(rung, own)
        if off := words.switched_off(main):
            st.markdown(off)
            st.caption(rung.compares)
            return
        st.markdown(main["sentence"] or "")
        st.markdown(f"**How far to trust it:** {words.grade_words(str(main['grade']))}")
        st.markdown(
            f"**{words.SEEN_TITLE}** {words.could_be_seen(main, rung.scale, words.unit_of(main))}"
        )
        _plot(board, rung, own, main)
        if rung.key in words.CURVES_OF:
            _curves(board, rung)
        _checks(main)
        st.caption(rung.compares)


def _chosen(rung: Rung, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of one measure, chosen where a rung has several."""
    measures: dict[str, list[dict[str, Any]]] = {}
    for row in words.in_order(held):
        measures.setdefault(words.measure_of(row), []).append(row)
    if len(measures) == 1:
        return held
    key = f"measure-{rung.key}"
    layout.recall(key, measures)
    chosen = st.selectbox("Measure", list(measures), key=key, bind="query-params")
    layout.remember(key)
    return measures.get(chosen, next(iter(measures.values())))


def _plot(board: Board, rung: Rung, own: list[dict[str, Any]], main: dict[str, Any]) -> None:
    """All windows and sensitivities of a measure side by side, the one fixed beforehand first."""
    unit = words.unit_of(main)
    if not any(row["estimate"] is not None for row in own):
        return
    ordered = words.side_by_side(main, own)
    names = [words.line_name(row) for row in ordered]
    drawn = [
        {
            "name": name,
            "said": words.interval_words(row, rung.scale, unit),
            "estimate": row["estimate"],
            "lower": row["lower_95"],
            "upper": row["upper_95"],
            "main": row is main,
        }
        for name, row in zip(names, ordered, strict=True)
    ]
    listed = [
        {
            **row,
            "line": name,
            "estimate_said": words.interval_words(row, rung.scale, unit),
            "detectable_said": words.detectable_words(row, rung.scale, unit),
            "p_value_said": words.p_words(row["p_value"]),
        }
        for name, row in zip(names, ordered, strict=True)
    ]
    layout.figure(
        charts.estimates(
            drawn,
            scale=rung.scale,
            unit=unit,
            description=words.describe_estimates(rung.title, names, ordered, rung.scale, unit),
            source=_source(board, rung),
        ),
        rows.table(listed, _TABLE),
        rows.raw(ordered, _RAW),
        file_name=f"impact-{rung.key}",
        synthetic=board.release.synthetic and rung.key != "comparators",
        as_of=str(board.release.as_of),
        source=_source(board, rung) if rung.key == "comparators" else "",
    )


def _source(board: Board, rung: Rung) -> str:
    if rung.key == "comparators":
        return words.department_source(max(board.releases()))
    return words.staff_source(board.release.synthetic, board.release.as_of)


def _curves(board: Board, rung: Rung) -> None:
    """Survival curves of a rung, where the file has them."""
    points = [
        {**row, "name": words.CURVE_GROUPS.get(str(row["group"]), str(row["group"]))}
        for row in board.curves()
        if str(row["group"]).startswith(words.CURVES_OF[rung.key])
    ]
    if not points:
        return
    columns = ("group", "month", "at_risk", "survival", "lower_95", "upper_95")
    layout.figure(
        charts.curves(
            points,
            unit="Months",
            description=words.describe_curves(points),
            source=words.staff_source(board.release.synthetic, board.release.as_of),
        ),
        rows.table([{**row, "group": row["name"]} for row in points], columns),
        rows.raw(points, columns),
        file_name=f"impact-{rung.key}-curves",
        synthetic=board.release.synthetic,
        as_of=str(board.release.as_of),
    )
    st.caption(words.CURVES_NOTE[rung.key])


def _checks(main: dict[str, Any]) -> None:
    """What was assumed and whether it was seen to hold, in plain words."""
    st.markdown("**What was checked**")
    if not main["checks"]:
        st.markdown("The file names no check of this figure.")
        return
    st.markdown(
        "\n".join(f"- {words.check_words(name, one)}" for name, one in main["checks"].items())
    )


layout.page("Impact", show)
