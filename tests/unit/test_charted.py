"""Which figures are charted, as which, and where their limits begin anew."""

from __future__ import annotations

import csv
import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from warehouse import charted
from warehouse.charted import Chart, Rebase
from warehouse.disclosure import board
from warehouse.errors import BadConfiguration
from warehouse.settings import Settings, project_root

PROJECT = project_root()
REGISTRY = PROJECT / "dbt_project" / "metrics.csv"
NO_EVENTS = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in ("series", "metric", "scope_type", "scope_name")}
    | {"event_date": pd.Series(dtype="datetime64[us]")}
)
LEAVERS = Chart("retention_monthly", "leavers", "u", "decrease", False, ("headcount",))
RATE = Chart("retention_monthly", "agency_rate", "xmr", "decrease", True)
HELD = Chart("debrief_monthly", "held", "g", "neutral", False)


def months(scope_type: str, scope_name: str, **columns: list[Any]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "month_end": pd.date_range("2018-01-31", periods=count, freq="ME"),
            "scope_type": scope_type,
            "scope_name": scope_name,
            **columns,
        }
    )


def points(frame: pd.DataFrame, chart: Chart, *stated: Rebase) -> pd.DataFrame:
    found = charted.points({chart.series: frame}, NO_EVENTS, [chart], stated)
    assert list(found.columns) == charted.COLUMNS
    return found


def rebases(project: Path, stated: object) -> list[Rebase]:
    """What is read of a programme.yml that says this, beside the real registry."""
    (project / "programme.yml").write_text(yaml.safe_dump({"rebases": stated}), encoding="utf-8")
    (project / "dbt_project").mkdir(exist_ok=True)
    (project / "dbt_project" / "metrics.csv").write_bytes(REGISTRY.read_bytes())
    return charted.rebases(Settings(home=project, project=project))


def test_the_chart_follows_from_the_kind() -> None:
    """Every metric of a charted table is charted, or named with the reason why it is not."""
    with REGISTRY.open(encoding="utf-8", newline="") as stream:
        registry = {(row["mart"], row["metric"]): row for row in csv.DictReader(stream)}
    found = {(chart.series, chart.metric): chart for chart in charted.charts(REGISTRY)}
    kinds = {"measurement": "xmr", "count_per_exposure": "u", "rare_event": "g"}
    for key, row in registry.items():
        if key in found:
            assert found[key].chart == kinds[row["kind"]]
            assert found[key].is_share is (row["unit"] == "share")
        elif key[0] in charted.TABLES:
            assert charted.is_rolling(*key) or key in charted.NOT_CHARTED, key
    assert set(charted.EXPOSURES) | charted.NOT_CHARTED | charted.RARE_EVENTS <= set(registry)
    assert found["retention_monthly", "leavers"] == LEAVERS
    assert found["retention_monthly", "agency_rate"] == RATE
    assert found["debrief_monthly", "held"] == HELD
    assert {chart.improvement for chart in found.values()} <= {"increase", "decrease", "neutral"}


def test_more_days_between_bad_events_are_better() -> None:
    """Exits without a record are better fewer, so the days between them are better more."""
    found = {(chart.series, chart.metric): chart for chart in charted.charts(REGISTRY)}
    assert found["retention_monthly", "unexplained_exits"].improvement == "increase"
    assert found["retention_monthly", "leavers"].improvement == "decrease"


def test_a_rolling_figure_is_never_charted() -> None:
    """Twelve months, and 84 days by month; by quarter (90 days at least) 84 days share none."""
    metrics = {(chart.series, chart.metric) for chart in charted.charts(REGISTRY)}
    assert not {metric for _, metric in metrics if "_12m" in metric}
    assert {key for key in metrics if "_84d" in key[1]} == {
        ("participation_quarterly", "coverage_84d")
    }


def test_leavers_are_charted_per_person_in_post() -> None:
    """4 leavers of 100 in post in each of 13 months, then none in post: ū = 0.04, limits ± 3 √(ū/100)."""
    frame = months("service", "all", leavers=[4] * 13 + [0], headcount=[100] * 13 + [0])
    found = points(frame, LEAVERS)
    assert list(found["mean"]) == pytest.approx([0.04] * 14)
    assert found["upper_limit"].iloc[0] == pytest.approx(0.04 + 3 * math.sqrt(0.04 / 100))
    assert found["value"].isna().tolist() == [False] * 13 + [True]
    assert list(found["point"]) == list(range(1, 15))
    assert set(found["metric"]) == {"leavers"}
    assert set(found["series"]) == {"retention_monthly"}


def test_nothing_is_charted_from_before_the_programme() -> None:
    """No session in the first 12 months, then 13 of 5 planned sessions with one cancelled: ū = 0.2."""
    chart = next(
        one for one in charted.charts(REGISTRY)
        if (one.series, one.metric) == ("participation_monthly", "sessions_cancelled")
    )  # fmt: skip
    frame = months(
        "service", "all", sessions_held=[0] * 12 + [4] * 13, sessions_cancelled=[0] * 12 + [1] * 13
    )
    found = points(frame, chart)
    assert len(found) == 13
    assert found["date"].min() == pd.Timestamp("2019-01-31")
    assert list(found["mean"]) == pytest.approx([0.2] * 13)


def test_below_the_service_a_count_of_less_than_one_a_month_has_no_chart() -> None:
    """13 leavers in 13 months are one a month; 12 are fewer."""
    scopes = [("service", "all", 12), ("team", "North", 13), ("team", "South", 12)]
    frame = pd.concat(
        [
            months(kind, name, leavers=[1] * leavers + [0] * (13 - leavers), headcount=[20] * 13)
            for kind, name, leavers in scopes
        ]
    )
    found = points(frame, LEAVERS)
    assert set(zip(found["scope_type"], found["scope_name"], strict=True)) == {
        ("service", "all"), ("team", "North"),
    }  # fmt: skip


def test_a_scope_without_a_single_value_has_no_chart() -> None:
    frame = pd.concat(
        [
            months("role", "manager", agency_rate=[np.nan] * 13),
            months("team", "Care Leavers, Pathways", agency_rate=[0.0, 0.1] * 6 + [np.nan]),
        ]
    )
    found = points(frame, RATE)
    assert set(found["scope_name"]) == {"Care Leavers, Pathways"}
    assert len(found) == 13
    assert set(found["lower_limit"]) == {0.0}


def test_a_share_that_is_more_than_the_whole_is_drawn_as_it_is() -> None:
    """Somebody of two days a week can be off sick on more days than they work: no night fails of it."""
    found = points(months("service", "all", agency_rate=[0.2, 1.4] * 7), RATE)
    assert found["upper_limit"].iloc[0] > 1.4
    assert set(found["lower_limit"]) == {0.0}


def test_limits_begin_anew_at_the_first_point_of_a_rebase_and_say_why() -> None:
    """From 10 March 2019, a Sunday: so from the month end of 31 March, the fifteenth point."""
    frame = months("service", "all", agency_rate=[0.1, 0.2] * 7 + [0.3, 0.4] * 7)
    here = Rebase("retention_monthly.agency_rate", date(2019, 3, 10), "A framework contract began.")
    elsewhere = Rebase("retention_monthly.leavers", date(2018, 6, 1), "Of another metric.")
    later = Rebase("retention_monthly.agency_rate", date(2030, 1, 1), "Not yet.")
    found = points(frame, RATE, later, here, elsewhere)
    assert list(found["segment"]) == [0] * 14 + [1] * 14
    assert found["rebase_reason"].isna().tolist() == [True] * 14 + [False] * 14
    assert set(found["rebase_reason"].dropna()) == {"A framework contract began."}
    assert found["mean"].iloc[0] == pytest.approx(0.15)
    assert found["mean"].iloc[14] == pytest.approx(0.35)


def test_rare_events_are_charted_by_the_days_between_them_in_each_scope() -> None:
    """The service: 1, 11 and 11 January, 10 and 0 days between; North: two of them, 10 days."""
    days = pd.to_datetime(["2019-01-11", "2019-01-01", "2019-01-11", "2019-01-01", "2019-01-11"])
    events = pd.DataFrame(
        {
            "series": "debrief_monthly",
            "metric": ["held"] * 5,
            "scope_type": ["service"] * 3 + ["team"] * 2,
            "scope_name": ["all"] * 3 + ["North"] * 2,
            "event_date": days,
        }
    )
    found = charted.points({}, events, [HELD])
    assert list(zip(found["scope_name"], found["point"], found["value"], strict=True)) == [
        ("all", 1, 10.0), ("all", 2, 0.0), ("North", 1, 10.0),
    ]  # fmt: skip
    assert set(found["chart"]) == {"g"}
    assert found["trial_limits"].all()


def test_where_there_is_nothing_there_is_no_point() -> None:
    assert len(points(months("service", "all", agency_rate=[np.nan] * 3), RATE)) == 0
    assert len(charted.points({}, NO_EVENTS, [HELD])) == 0
    assert len(charted.points({}, NO_EVENTS, [])) == 0


def test_the_tables_are_never_changed() -> None:
    frame = months("service", "all", leavers=[4] * 13, headcount=[100] * 13)
    kept = frame.copy(deep=True)
    points(frame, LEAVERS)
    pd.testing.assert_frame_equal(frame, kept)


def test_rebases_are_read_and_reach_dbt_as_they_are(tmp_path: Path) -> None:
    stated = [
        {
            "metric": "absence_monthly.absence_rate",
            "date": date(2019, 4, 30),
            "reason": "Half\ndays.",
        },
        {
            "metric": "retention_monthly.leavers",
            "date": date(2019, 4, 30),
            "reason": "Another unit.",
        },
    ]
    found = rebases(tmp_path, stated)
    assert found[0] == Rebase("absence_monthly.absence_rate", date(2019, 4, 30), "Half days.")
    assert charted.from_json(charted.as_json(found)) == found
    assert rebases(tmp_path, None) == []


def test_the_programmes_own_rebases_can_be_read() -> None:
    assert all(one.reason for one in charted.rebases(Settings(home=PROJECT, project=PROJECT)))


GOOD = {"metric": "retention_monthly.leavers", "date": date(2019, 4, 30), "reason": "A merger."}


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("2019-04-30", "has to be a list"),
        ([date(2019, 4, 30)], "a metric, a date and a reason"),
        ([{key: GOOD[key] for key in ("metric", "date")}], "a metric, a date and a reason"),
        ([{**GOOD, "team": "North"}], "and nothing else"),
        ([{**GOOD, "metric": "leavers"}], "names a metric that is not charted"),
        ([{**GOOD, "metric": "retention_monthly.turnover_rate_12m"}], "not charted"),
        ([{**GOOD, "date": "April 2019"}], "has a date that is none"),
        ([{**GOOD, "reason": " "}], "lacks a reason"),
        ([{**GOOD, "reason": None}], "lacks a reason"),
        ([GOOD, {**GOOD, "reason": "Again."}], "gives one metric and date twice"),
    ],
)
def test_a_rebase_without_a_reason_or_a_meaning_is_refused(
    tmp_path: Path, stated: object, said: str
) -> None:
    with pytest.raises(BadConfiguration, match=said) as refused:
        rebases(tmp_path, stated)
    assert "Nothing was published." in str(refused.value)


def test_the_board_sees_charts_of_what_it_sees_anyway() -> None:
    """A chart's limits are made of all its points, so a chart with a hidden one would tell it."""
    by_key = {(chart.series, chart.metric): chart for chart in charted.charts(REGISTRY)}
    assert board.CHARTED
    for table, metrics in board.CHARTED.items():
        release = board.RELEASES[table]
        assert release.source == f"marts.{table}"
        for metric in metrics:
            assert metric not in release.symbolled
            assert by_key[table, metric].chart in ("xmr", "u")
            assert not set(by_key[table, metric].exposure or ()) & set(release.symbolled)
    rows = board.RELEASES["spc_points"].rows
    assert "scope_type = 'service'" in rows
    assert "chart in ('xmr', 'u')" in rows
