"""Rungs 2c and 3, the rows of `impact_survival` and the curves: who leaves, which posts are filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse.impact import Finding, Grade, smallest_detectable_ratio
from warehouse.ladder.rows import TOGETHER, Words, frame, reason, rounded, row
from warehouse.programme import Programme
from warehouse.statistics.checks import check

if TYPE_CHECKING:
    import pandas as pd

MAIN_LAG_DAYS = 90
# Of more people, an even part of them is taken: the interval is narrow enough, the night is not long.
MOST_PEOPLE = 3000
DAYS_IN_MONTH = 365.25 / 12
FEWEST_AT_RISK = 10
# A cell of 1 to 7 people is not told below this, in the board's file (docs/decisions/0032).
LARGEST_SMALL = 7
BOARD_STEP_MONTHS = 12
CURVE_COLUMNS = ["group", "month", "at_risk", "survival", "lower_95", "upper_95"]
TOO_SOON = (
    "So soon after a session, people who are about to leave and no longer come make it look as if coming "
    "kept people in post."
)
CHOSEN = "Who attends chose to, so it does not show that attending is the cause."


def survival(
    attendance_rows: pd.DataFrame, vacancy_waits: pd.DataFrame, programme: Programme
) -> pd.DataFrame:
    """All rows of `impact_survival` with what the verdict is made of (INNER_COLUMNS of `rows`).

    attendance_rows: `lag_days`, `staff_key`, `began_on`, `start`, `stop`, `is_left`, `is_attended`,
    `years_band`: stretches (start, stop] in days, each lag's own. vacancy_waits: `vacancy_id`,
    `opened_on`, `waited_until`, `is_filled`. Any order of rows; either may be empty.
    """
    return frame([*leaving(attendance_rows), *filling(vacancy_waits, programme)])


def leaving(attendance_rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rung 3: the rate of leaving of who has attended, as a multiple of who has not.

    One row a lag, term `attended_90_days` and so on; 90 days is the main one. Time is the calendar's,
    so that people are compared on one and the same day, and years in post have rates of their own.
    """
    lags = sorted(
        {int(lag) for lag in attendance_rows["lag_days"]} | {MAIN_LAG_DAYS},
        key=lambda lag: (lag != MAIN_LAG_DAYS, lag),
    )
    return [_attended(attendance_rows[attendance_rows["lag_days"] == lag], lag) for lag in lags]


def _attended(rows: pd.DataFrame, lag: int) -> dict[str, Any]:
    common: dict[str, Any] = {
        "subject": "Leaving, among those who had attended,"
        if lag == MAIN_LAG_DAYS
        else f"Leaving, among those who had attended, counted from {lag} days after,",
        "scale": "ratio",
        "better": "decrease",
        "method": "attendance",
    }
    return _cox(
        "leavers",
        f"attended_{lag}_days",
        _people(rows),
        common,
        covariates=["is_attended"],
        method="time_varying_cox",
        is_main=lag == MAIN_LAG_DAYS,
        after=CHOSEN if lag >= MAIN_LAG_DAYS else f"{TOO_SOON} {CHOSEN}",
        why="Too few people left, or nobody was watched both with and without having attended.",
    )[0]


def _people(rows: pd.DataFrame) -> pd.DataFrame:
    """The stretches in a fixed order, of every n-th person where there are very many."""
    ordered = rows.sort_values(["staff_key", "began_on", "start"], ignore_index=True)
    people = ordered["staff_key"].unique()
    taken = ordered[ordered["staff_key"].isin(people[:: len(people) // MOST_PEOPLE + 1])]
    return taken.assign(
        # Who comes back is watched anew.
        subject=taken["staff_key"].astype(str) + " " + taken["began_on"].astype(str),
        event=taken["is_left"].astype("int64"),
        is_attended=taken["is_attended"].astype("int64"),
        years_band=taken["years_band"].astype("int64"),
    )[["subject", "start", "stop", "event", "is_attended", "years_band"]].reset_index(drop=True)


def filling(vacancy_waits: pd.DataFrame, programme: Programme) -> list[dict[str, Any]]:
    """Rung 2c: how fast open posts are filled during the programme, and after it, beside before.

    Terms `during` (the main one) and `after`; a post that is open on the first day of a period counts
    in it from that day on. Days are counted from the opening, the first included.
    """
    common: dict[str, Any] = {"scale": "ratio", "better": "increase", "method": "recruitment"}
    return _cox(
        "filled",
        "during",
        _by_period(vacancy_waits, programme),
        common | {"subject": "The pace at which posts are filled"},
        covariates=["during", "after"],
        method="recruitment_cox",
        is_main=True,
        after=TOGETHER,
        why="Too few posts were filled, or none before the programme or none during it.",
    )


def _by_period(waits: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """(start, stop] in days since the opening, cut where the programme begins and ends."""
    import pandas as pd

    ordered = waits.sort_values("vacancy_id", ignore_index=True)
    ordered = ordered.iloc[:: len(ordered) // (4 * MOST_PEOPLE) + 1]
    opened = pd.to_datetime(ordered["opened_on"])
    # The day itself counts, so that a post filled at once was open for one.
    until = pd.to_datetime(ordered["waited_until"]) + pd.Timedelta(days=1)
    starts_on = pd.Timestamp(programme.starts_on)
    over_on = pd.Timestamp(programme.ends_on) + pd.Timedelta(days=1)
    parts = []
    for first, end, during, after in (
        (opened, starts_on, 0, 0),
        (opened.where(opened > starts_on, starts_on), over_on, 1, 0),
        (opened.where(opened > over_on, over_on), None, 0, 1),
    ):
        stop = until if end is None else until.where(until < end, end)
        parts.append(
            pd.DataFrame(
                {
                    "subject": ordered["vacancy_id"].astype(str),
                    "start": (first - opened).dt.days,
                    "stop": (stop - opened).dt.days,
                    "event": (ordered["is_filled"].astype(bool) & (stop == until)).astype("int64"),
                    "during": during,
                    "after": after,
                }
            )
        )
    table = pd.concat(parts)
    kept: pd.DataFrame = table[table["start"] < table["stop"]]
    return kept.sort_values(["subject", "start"], ignore_index=True)


def _cox(
    metric: str,
    main_term: str,
    table: pd.DataFrame,
    common: dict[str, Any],
    *,
    covariates: list[str],
    method: str,
    is_main: bool,
    after: str,
    why: str,
) -> list[dict[str, Any]]:
    from warehouse.statistics import survival as model

    strata = ["years_band"] if "years_band" in table else []
    # A period of which nobody has a day has no term.
    told = [name for name in covariates if name == covariates[0] or table[name].any()]
    try:
        found = model.time_varying_cox(
            table,
            subject="subject",
            start="start",
            stop="stop",
            event="event",
            covariates=told,
            strata=strata,
        )
    except ValueError:
        empty = Finding(**common, estimate=None, lower_95=None, upper_95=None, checks=reason(why))
        words = Words(why_not=why)
        return [row(metric, main_term, empty, method=method, n=None, is_main=is_main, words=words)]
    events = int(found.attrs["n_events"])
    rows = []
    for position, line in enumerate(found.to_dict("records")):
        is_first = position == 0
        subject = common["subject"] if is_first else f"{common['subject']} after the programme"
        finding = Finding(
            **common | {"subject": subject},
            estimate=line["hazard_ratio"],
            lower_95=line["lower_95"],
            upper_95=line["upper_95"],
            minimum_detectable=smallest_detectable_ratio(line["se"], common["better"]),
            events=events,
            checks=found.attrs["checks"]
            | {
                "subjects": check(
                    True,
                    f"{found.attrs['n_subjects']} were watched.",
                    n_subjects=found.attrs["n_subjects"],
                )
            },
        )
        capped: Grade = "strong" if is_first else "weak"
        rows.append(
            row(
                metric,
                main_term if is_first else line["term"],
                finding,
                method=method,
                n=events,
                p_value=line["p_value"],
                is_main=is_main and is_first,
                capped_at=capped,
                is_tried=is_main,
                words=Words(after=after if metric == "leavers" or not is_first else ""),
            )
        )
    return rows


def curves(stays: pd.DataFrame, vacancy_waits: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """The curves: CURVE_COLUMNS, led by what the board may see (`is_for_board`).

    stays: `staff_key`, `seen_from`, `seen_until`, `is_left`, `first_attended_on`. Groups
    `staff_attended` and `staff_not_attended`: who was in post on the programme's last day, by whether
    they had come to a session at least 90 days before it, by month since that day. Groups
    `vacancies_before`, `vacancies_during`, `vacancies_after`: posts by when they were opened, by month
    since then, those of the first two no longer watched once the programme begins or ends. The
    survival of a month is that at its end; a month is a twelfth of 365.25 days.
    """
    import pandas as pd

    parts = [
        _monthly(_after_the_programme(stays, programme), is_of_people=True),
        _monthly(_since_opening(vacancy_waits, programme), is_of_people=False),
    ]
    found = pd.concat(parts, ignore_index=True)
    return found.astype(
        {"group": "string", "month": "int64", "at_risk": "int64", "is_for_board": "boolean"}
        | dict.fromkeys(["survival", "lower_95", "upper_95"], "float64")
    )[[*CURVE_COLUMNS, "is_for_board"]]


def _after_the_programme(stays: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    import pandas as pd

    day = pd.Timestamp(programme.ends_on)
    there = (pd.to_datetime(stays["seen_from"]) <= day) & (
        pd.to_datetime(stays["seen_until"]) > day
    )
    own = stays[there]
    came = pd.to_datetime(own["first_attended_on"]) <= day - pd.Timedelta(days=MAIN_LAG_DAYS)
    return pd.DataFrame(
        {
            "group": came.map({True: "staff_attended", False: "staff_not_attended"}),
            "duration": (pd.to_datetime(own["seen_until"]) - day).dt.days,
            "event": own["is_left"].astype("int64"),
        }
    )


def _since_opening(waits: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    import pandas as pd

    opened = pd.to_datetime(waits["opened_on"])
    until = pd.to_datetime(waits["waited_until"]) + pd.Timedelta(days=1)
    starts_on, over_on = pd.Timestamp(programme.starts_on), pd.Timestamp(programme.ends_on)
    over_on = over_on + pd.Timedelta(days=1)
    group = pd.Series("vacancies_during", index=waits.index, dtype="object")
    group[opened < starts_on] = "vacancies_before"
    group[opened >= over_on] = "vacancies_after"
    ends = group.map({"vacancies_before": starts_on, "vacancies_during": over_on})
    stop = until.where(ends.isna() | (until <= ends), ends)
    return pd.DataFrame(
        {
            "group": group,
            "duration": (stop - opened).dt.days,
            "event": (waits["is_filled"].astype(bool) & (stop == until)).astype("int64"),
        }
    )


def _monthly(table: pd.DataFrame, *, is_of_people: bool) -> pd.DataFrame:
    """Each group's curve at whole months, as far as anybody is at risk."""
    import numpy as np
    import pandas as pd

    from warehouse.statistics import survival as model

    columns = [*CURVE_COLUMNS, "is_for_board"]
    if table.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    curve = model.kaplan_meier(table, duration="duration", event="event", group="group")
    parts = []
    for group, own in curve.groupby("group", sort=True):
        ends = np.sort(table.loc[table["group"] == group, "duration"].to_numpy())
        months = np.arange(int(ends[-1] // DAYS_IN_MONTH) + 1)
        days = months * DAYS_IN_MONTH
        at = np.searchsorted(own["time"].to_numpy(), days, side="right") - 1
        lines = own.iloc[np.maximum(at, 0)]
        events = np.cumsum(own["n_events"].to_numpy())[np.maximum(at, 0)]
        part = pd.DataFrame(
            {
                "group": group,
                "month": months,
                # Those who are watched beyond the month's end.
                "at_risk": len(ends) - np.searchsorted(ends, days, side="right"),
                **{
                    name: [
                        rounded(value) if known >= 0 else 1.0
                        for value, known in zip(lines[name], at, strict=True)
                    ]
                    for name in ("survival", "lower_95", "upper_95")
                },
                "events": np.where(at >= 0, events, 0),
            }
        )
        parts.append(part[part["at_risk"] > 0])
    found = pd.concat(parts, ignore_index=True)
    enough = found["at_risk"] >= FEWEST_AT_RISK
    found["is_for_board"] = enough & (_whole_years(found) if is_of_people else True)
    return found[columns]


def _whole_years(found: pd.DataFrame) -> pd.Series[bool]:
    """Months of people that tell of no small number: year by year, with enough leavers of each group."""
    step = found[found["month"] % BOARD_STEP_MONTHS == 0]
    left = step.groupby("group")["events"].diff().fillna(LARGEST_SMALL + 1) > LARGEST_SMALL
    # Once a step says too little of one group, neither goes on: the other would tell of it.
    groups = found["group"].nunique()
    told = left.groupby(step["month"]).agg(["all", "size"])
    shown = (told["all"] & (told["size"] == groups)).cummin()
    return found["month"].isin(shown[shown].index)
