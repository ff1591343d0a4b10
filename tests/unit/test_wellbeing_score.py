"""`statistics.wellbeing.score`, worked by hand from the published scoring."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from warehouse.statistics import wellbeing

BURNOUT_REVERSED = (1, 4, 15, 17, 29)
BURNOUT = (1, 4, 8, 10, 15, 17, 19, 21, 26, 29)


def responses(*answers: list[Any]) -> pd.DataFrame:
    """One row a list: its answers to q1, q2, …"""
    frame = pd.DataFrame([dict(enumerate(row, start=1)) for row in answers])
    frame.columns = pd.Index([f"q{item}" for item in frame.columns])
    frame.insert(0, "response_id", [f"r{position}" for position in range(len(answers))])
    return frame


def scores(frame: pd.DataFrame, instrument: str) -> list[tuple[str, str, float | None, str | None]]:
    found = wellbeing.score(frame, instrument)
    assert list(found.columns) == ["response_id", "subscale", "score", "band"]
    assert list(found.index) == list(range(len(found)))
    return [
        (row.response_id, row.subscale, None if math.isnan(row.score) else row.score, row.band)
        for row in found.itertuples()
    ]


def test_who5_is_four_times_the_sum_and_up_to_50_is_low() -> None:
    """3 + 2 + 3 + 2 + 3 = 13 gives 52; 12 gives 48, which is low; an item is missing in the third."""
    frame = responses([3, 2, 3, 2, 3], [3, 2, 3, 2, 2], [3, 2, None, 2, 3])
    assert scores(frame, "who5") == [
        ("r0", "wellbeing", 52.0, "high"),
        ("r1", "wellbeing", 48.0, "low"),
        ("r2", "wellbeing", None, None),
    ]


def test_the_burnout_of_proqol_counts_five_items_the_other_way_round() -> None:
    """Reversed items at 4, the others at 2: 5 x 2 + 5 x 2 = 20, low; without reversal 30.

    Satisfaction: ten items at 5 is 50, high. Stress: ten at 3 is 30, between.
    """
    row = [0] * 30
    for item in range(1, 31):
        stress = item in (2, 5, 7, 9, 11, 13, 14, 23, 25, 28)
        row[item - 1] = 3 if stress else 5
        if item in BURNOUT:
            row[item - 1] = 4 if item in BURNOUT_REVERSED else 2
    assert scores(responses(row), "proqol5") == [
        ("r0", "compassion_satisfaction", 50.0, "high"),
        ("r0", "burnout", 20.0, "low"),
        ("r0", "secondary_traumatic_stress", 30.0, "middle"),
    ]


@pytest.mark.parametrize(
    ("total", "band"), [(22, "low"), (23, "middle"), (41, "middle"), (42, "high")]
)
def test_the_bands_of_proqol_end_at_22_and_begin_again_at_42(total: int, band: str) -> None:
    """Satisfaction alone was asked: ten items, as even as they can be."""
    items = (3, 6, 12, 16, 18, 20, 22, 24, 27, 30)
    extra = total % 10
    answers = [total // 10 + (position < extra) for position in range(10)]
    frame = pd.DataFrame(
        {"response_id": [1], **{f"q{i}": [a] for i, a in zip(items, answers, strict=True)}}
    )
    assert scores(frame, "proqol5")[0] == (1, "compassion_satisfaction", float(total), band)


def test_a_scale_of_the_burnout_inventory_is_the_mean_of_its_items() -> None:
    """Work: 75, 50, 50, 75, 25, 25 and 100 - 75: 325 / 7 = 46.43; unreversed 53.57 would be burnout.

    Personal: 50, which is. Client: an item is missing.
    """
    row = [50] * 6 + [75, 50, 50, 75, 25, 25, 75] + [100] * 5 + [None]
    assert scores(responses(row), "cbi") == [
        ("r0", "personal", 50.0, "high"),
        ("r0", "work", 325 / 7, "low"),
        ("r0", "client", None, None),
    ]


def test_swemwbs_is_converted_for_each_person_before_any_mean() -> None:
    """3 + 4 + 3 + 3 + 4 + 3 + 4 = 24 is 21.54. 7 and 35 average 21.00, and raw 21 would be 19.25."""
    frame = responses([3, 4, 3, 3, 4, 3, 4], [1] * 7, [5] * 7, [3] * 7)
    found = scores(frame, "swemwbs")
    assert [row[2] for row in found] == [21.54, 7.0, 35.0, 19.25]
    assert {row[3] for row in found} == {None}


def test_the_frame_is_left_as_it_is_and_the_order_is_kept() -> None:
    frame = responses([5] * 5, [0] * 5).set_index(pd.Index([9, 3]))
    frame["team"] = "North"
    before = frame.copy()
    assert [row[:3] for row in scores(frame, "who5")] == [
        ("r0", "wellbeing", 100.0), ("r1", "wellbeing", 0.0),
    ]  # fmt: skip
    pd.testing.assert_frame_equal(frame, before)
    attrs = wellbeing.score(frame, "who5").attrs
    assert attrs["licence"] == "Free to use without permission."
    assert {type(value) for value in attrs.values()} == {str}


def test_no_responses_have_no_scores() -> None:
    frame = responses([1] * 5).iloc[:0]
    assert scores(frame, "who5") == []


def test_numbers_of_any_make_are_read() -> None:
    """Pandas' own integers with a gap, floats and decimals."""
    frame = responses([1, 1, 1, 1, 1], [2, 2, 2, 2, None])
    wanted = [("r0", "wellbeing", 20.0, "low"), ("r1", "wellbeing", None, None)]
    assert scores(frame, "who5") == wanted
    assert scores(frame.astype({"q5": "Int64"}), "who5") == wanted
    frame["q1"] = pd.Series([Decimal(1), Decimal(2)], dtype="object")
    assert scores(frame, "who5") == wanted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"q3": [6, 1]}, "q3 holds an answer that who5 does not have"),
        ({"q3": [-1, 1]}, "q3 holds"),
        ({"q3": [2.5, 1]}, "q3 holds"),
        ({"q3": ["often", 1]}, "q3 holds"),
        ({"q3": [float("inf"), 1]}, "q3 holds"),
        ({"q3": [True, True]}, "q3 holds"),
        ({"response_id": ["r0", "r0"]}, "empty or repeated"),
        ({"response_id": ["r0", None]}, "empty or repeated"),
    ],
)
def test_what_no_response_can_hold_is_refused(change: dict[str, list[Any]], said: str) -> None:
    frame = responses([1] * 5, [2] * 5).assign(**change)
    with pytest.raises(ValueError, match=said) as refused:
        wellbeing.score(frame, "who5")
    assert "often" not in str(refused.value)


def test_a_frame_of_another_shape_is_refused() -> None:
    good = responses([1] * 5)
    for frame, said in (
        (good.drop(columns="response_id"), "no column response_id"),
        (good.drop(columns="q4"), "lacks q4 of the subscale wellbeing"),
        (good[["response_id"]], "no item column"),
        (pd.concat([good, good[["q1"]]], axis=1), "more than one column q1"),
    ):
        with pytest.raises(ValueError, match=said):
            wellbeing.score(frame, "who5")
    with pytest.raises(ValueError, match="No instrument of that name"):
        wellbeing.score(good, "phq9")


def test_an_answer_between_the_steps_is_refused() -> None:
    """The burnout inventory has 0, 25, 50, 75 and 100, and nothing between."""
    with pytest.raises(ValueError, match="from 0 to 100 in steps of 25"):
        wellbeing.score(responses([60] * 19), "cbi")
