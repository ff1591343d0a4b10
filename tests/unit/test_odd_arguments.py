"""Whatever odd thing an analyst's notebook hands to a function, a sentence says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from warehouse import disclosure
from warehouse.statistics import (
    comparators,
    control_chart,
    interrupted,
    staggered,
    survival,
    wellbeing,
)

MONTHS = pd.DataFrame(
    {
        "date": pd.date_range("2019-01-31", periods=24, freq="ME"),
        "month": range(1, 25),
        "leavers": [3, 1, 2, 4] * 6,
        "posts": [100.0] * 24,
    }
)
STAYS = pd.DataFrame(
    {
        "person": range(20),
        "start": [0.0] * 20,
        "stop": [float(day) for day in range(1, 21)],
        "left": [1, 0] * 10,
        "sessions": [0.0, 1.0, 2.0, 1.0] * 5,
    }
)
# Six councils over twelve years; two of them begin in the sixth.
COUNCILS = pd.DataFrame(
    [
        {"council": council, "year": year, "rate": float(year * place % 7), "first": first}
        for place, (council, first) in enumerate(zip("abcdef", [6, 6, 0, 0, 0, 0], strict=True), 1)
        for year in range(1, 13)
    ]
)
ANSWERS = pd.DataFrame({"response_id": [1, 2], **{f"q{item}": [1, 5] for item in range(1, 6)}})
COUNTS = pd.DataFrame([[1, 5], [7, 9]], index=["north", "south"], columns=["left", "stayed"])
WITH_TOTALS = COUNTS.assign(total=[6.0, 16.0])
WITH_TOTALS.loc["total"] = [8.0, 14.0, 22.0]


@dataclass(frozen=True)
class Call:
    """A function and arguments that it takes. ``columns``: the arguments that name a column each."""

    function: Callable[..., Any]
    frame: pd.DataFrame
    arguments: dict[str, Any]
    columns: tuple[str, ...] = ()
    takes_no_rows: bool = False

    def with_(self, **odd: Any) -> Any:
        """Call it with what is odd in the place of what it takes; `frame` is the frame."""
        given = {"frame": self.frame, **self.arguments, **odd}
        return self.function(given.pop("frame"), **given)


_COMPARED = Call(
    comparators.difference_in_differences,
    COUNCILS,
    {
        "unit": "council", "time": "year", "outcome": "rate", "treated": "a",
        "before": [1, 2, 3, 4, 5, 6, 7, 8], "after": [9, 10], "donors": ["c", "d", "e", "f"],
    },
    ("unit", "time", "outcome"),
)  # fmt: skip
CALLS = {
    "xmr": Call(
        control_chart.xmr, MONTHS, {"date": "date", "value": "leavers"}, ("date", "value"), True
    ),
    "u_chart": Call(
        control_chart.u_chart, MONTHS,
        {"date": "date", "count": "leavers", "exposure": "posts"}, ("date", "count", "exposure"),
        True,
    ),
    "g_chart": Call(
        control_chart.g_chart, MONTHS, {"event_date": "date"}, ("event_date",), True
    ),
    "t_chart": Call(
        control_chart.t_chart, MONTHS, {"event_date": "date"}, ("event_date",), True
    ),
    "segmented": Call(
        interrupted.segmented, MONTHS,
        {"time": "month", "count": "leavers", "exposure": "posts", "interruption": 13,
         "harmonics": 0},
        ("time", "count", "exposure"),
    ),
    "time_varying_cox": Call(
        survival.time_varying_cox, STAYS,
        {"subject": "person", "start": "start", "stop": "stop", "event": "left",
         "covariates": ["sessions"]},
        ("subject", "start", "stop", "event"),
    ),
    "kaplan_meier": Call(
        survival.kaplan_meier, STAYS, {"duration": "stop", "event": "left"}, ("duration", "event")
    ),
    "group_time_att": Call(
        staggered.group_time_att, COUNCILS,
        {"unit": "council", "time": "year", "outcome": "rate", "first_treated": "first"},
        ("unit", "time", "outcome", "first_treated"),
    ),
    "difference_in_differences": _COMPARED,
    "synthetic_control": Call(
        comparators.synthetic_control, COUNCILS, _COMPARED.arguments, _COMPARED.columns
    ),
    "score": Call(wellbeing.score, ANSWERS, {"instrument": "who5"}, (), True),
    "protect": Call(
        disclosure.protect, COUNTS,
        {"margins": "published", "rule": {("north", "left"): (0, 3)}},
    ),
    "attack": Call(disclosure.attack, WITH_TOTALS, {}),
}  # fmt: skip


def _odd() -> Iterator[Any]:
    for name, call in CALLS.items():
        for frame in (
            None,
            [1],
            "text",
            {"a": [1]},
            3,
            call.frame.to_numpy(),
            call.frame.iloc[:, 0],
        ):
            kind = type(frame).__name__
            yield pytest.param(call, {"frame": frame}, id=f"{name}-frame-{kind}")
        if not call.takes_no_rows:
            yield pytest.param(call, {"frame": call.frame.iloc[:0]}, id=f"{name}-no-rows")
        yield pytest.param(call, {"frame": pd.DataFrame()}, id=f"{name}-nothing")
        for column in call.columns:
            for value in (["date"], {"date": 1}, "nowhere", 3):
                kind = value if isinstance(value, str) else type(value).__name__
                yield pytest.param(call, {column: value}, id=f"{name}-{column}-{kind}")
    for name, argument, value in (
        ("score", "instrument", ["who5"]),
        ("score", "instrument", None),
        ("score", "instrument", 5),
        ("score", "frame", ANSWERS.assign(response_id=[[1], [2]])),
        ("xmr", "series", ["date"]),
        ("xmr", "value", np.array(["date", "month"])),
        ("segmented", "interruption", None),
        ("segmented", "interruption", [13]),
        ("segmented", "further_segments", 20),
        ("segmented", "further_segments", None),
        ("segmented", "covariates", None),
        ("segmented", "covariates", [["posts"]]),
        ("segmented", "family", ["gaussian"]),
        ("time_varying_cox", "covariates", 3),
        ("time_varying_cox", "strata", 3),
        ("time_varying_cox", "frame", STAYS.assign(person=[[1]] * 20)),
        ("kaplan_meier", "group", ["person"]),
        ("kaplan_meier", "entry", ["start"]),
        ("group_time_att", "covariates", None),
        ("group_time_att", "control", ["never_treated"]),
        ("group_time_att", "estimator", ["regression"]),
        ("difference_in_differences", "treated", ["a"]),
        ("difference_in_differences", "before", 8),
        ("difference_in_differences", "before", None),
        ("difference_in_differences", "after", [[9]]),
        ("difference_in_differences", "donors", "cdef"),
        ("synthetic_control", "donors", None),
        ("protect", "margins", ["published"]),
        ("protect", "rule", [("north", "left")]),
        ("protect", "rule", {("north", "left"): 3}),
        ("protect", "rule", {("north", "left"): ("0", "3")}),
        ("protect", "rule", {("north", "left"): (0, 3, 4)}),
        ("protect", "rule", {"north": (0, 3)}),
        ("protect", "frame", COUNTS.assign(stayed=["five", "nine"])),
        ("attack", "frame", COUNTS),
        ("attack", "frame", WITH_TOTALS.assign(stayed=["five", "nine", "14"])),
    ):
        yield pytest.param(
            CALLS[name], {argument: value}, id=f"{name}-{argument}-{type(value).__name__}"
        )


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", CALLS)
def test_what_is_made_odd_below_is_taken_as_it_stands_here(name: str) -> None:
    """Otherwise another fault could be what is refused."""
    assert isinstance(CALLS[name].with_(), pd.DataFrame)


@pytest.mark.parametrize(("call", "odd"), list(_odd()))
def test_an_odd_argument_is_a_value_error_with_a_sentence(call: Call, odd: dict[str, Any]) -> None:
    """It ends with a full stop, and what stood in a cell is not in it."""
    with pytest.raises(ValueError, match=r"^[A-Z0-9a-z_].+\.$") as refused:
        call.with_(**odd)
    assert "five" not in str(refused.value)


@pytest.mark.parametrize(
    ("events", "exposure"),
    [(["a"], 1.0), (None, 1.0), (-1, 1.0), (1.5, 1.0), (True, 1.0), (1, "2"), (1, [2.0]), (1, 0.0)],
)
def test_a_rate_of_what_is_no_count_or_no_exposure_is_refused(events: Any, exposure: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        survival.rate(events, exposure)
