"""Rungs 2, 2b and 4, the rows of `impact_its`: the service's months, its waves, its teams' rollout."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from warehouse.impact import (
    Finding,
    Grade,
    smallest_detectable_difference,
    smallest_detectable_ratio,
)
from warehouse.instruments import Instrument
from warehouse.ladder.rows import TOGETHER, Words, frame, reason, row
from warehouse.programme import Programme
from warehouse.statistics.checks import Z95, Check, check

if TYPE_CHECKING:
    import pandas as pd

# Fixed beforehand; the calibration tries the same. Groups began over nine months, and what they do is
# not looked for in the first three.
HARMONICS = 2
WASHOUT_MONTHS = 3
OTHER_STARTS_MONTHS = (-3, 3, 6)
FEWEST_ANSWERS = 11
# Scores of which less is better.
STRAINS = frozenset({"personal", "work", "client", "burnout", "secondary_traumatic_stress"})
# Of a team's quarter; the deals of start dates, and their seed.
DEALS = 499
SEED = 20190101
# Of a year that lacks a month the season would be told as a change.
FEWEST_MONTHS = 12
PLAIN = "This allows for no trend and for nothing else that changed."
NO_STEP = "The months do not reach from well before the programme to after its beginning."


@dataclass(frozen=True)
class Score:
    """A score of a questionnaire: how it is called, its ends, and whether more of it is better."""

    label: str
    least: float
    most: float
    is_strain: bool


def scores(known: Mapping[str, Instrument]) -> dict[str, Score]:
    """{instrument.subscale: what is known of its score}, of every questionnaire that is described."""
    found = {}
    for instrument in known.values():
        for own in instrument.subscales:
            if own.conversion:
                points = [min(own.conversion.values()), max(own.conversion.values())]
            else:
                ends = (instrument.least, instrument.most)
                points = [len(own.items) * own.multiply_by * end for end in ends]
            found[f"{instrument.name}.{own.name}"] = Score(
                label=f"{instrument.label}, {own.label}",
                least=points[0] / own.divisor,
                most=points[1] / own.divisor,
                is_strain=own.name in STRAINS,
            )
    return found


def its(
    months: pd.DataFrame,
    waves: pd.DataFrame,
    team_months: pd.DataFrame,
    programme: Programme,
    known: Mapping[str, Score],
) -> pd.DataFrame:
    """All rows of `impact_its` with what the verdict is made of (INNER_COLUMNS of `rows`).

    months: `month_end`, `headcount`, `leavers` of the service, one row a month. waves: `wave_date`,
    `instrument`, `subscale`, `responses`, `mean_score`, `lower_95`, `upper_95`, `response_rate`,
    `share_low` of the service. team_months: `team`, `month_end`, `headcount`, `leavers`,
    `group_started_on`. known: as `scores` gives it. Any order of rows; any frame may be empty.
    """
    return frame(
        [
            *leaving(months, programme),
            *before_and_after(months, programme),
            *wellbeing(waves, programme, known),
            *rollout(team_months),
        ]
    )


def leaving(months: pd.DataFrame, programme: Programme) -> list[dict[str, Any]]:
    """Rung 2: the step in leavers per person in post when the programme began.

    The main row is `segmented_regression`, `level`. Of the same model `level_2` is the further step of
    the pandemic. The others are there to be seen beside it: with slopes, another family, and other
    starts, whose term says by how many months they lie off.
    """
    ordered = months.sort_values("month_end", ignore_index=True)
    start = programme.starts_on
    found = _segmented(ordered, programme, start)
    rows = [
        _step(found, "level", "Leaving", is_main=True, after=_months_compared(ordered, programme)),
        _step(
            found,
            "level_2",
            f"Leaving, from {programme.pandemic_from:%B %Y} on and beside the months before,",
            capped_at="weak",
            after=TOGETHER,
        ),
    ]
    sloped = _segmented(ordered, programme, start, slope_change=True)
    for term, subject in (
        ("level", "Leaving, if its trend may change too,"),
        ("slope", "Leaving, by each month since the programme began,"),
    ):
        rows.append(_step(sloped, term, subject, method="segmented_regression_with_slopes"))
    other = _segmented(ordered, programme, start, family="negative_binomial")
    rows.append(
        _step(
            other,
            "level",
            "Leaving, by another model of chance,",
            method="segmented_regression_negative_binomial",
        )
    )
    for months_off in OTHER_STARTS_MONTHS:
        moved = _months_later(start, months_off)
        rows.append(
            _step(
                _segmented(ordered, programme, moved),
                f"level_{months_off:+d}_months",
                f"Leaving, as if the programme had begun in {moved:%B %Y},",
                method="segmented_regression_other_start",
                of="level",
            )
        )
    return rows


def before_and_after(months: pd.DataFrame, programme: Programme) -> list[dict[str, Any]]:
    """The plain ratio of the rates of leaving: during the programme, and after it, beside the baseline.

    months: as `its` takes them. Rows `during` and `after` of the method `before_and_after`, by two
    Poisson counts; each window needs FEWEST_MONTHS of months.
    """
    import pandas as pd

    days = pd.to_datetime(months["month_end"])

    def within(first: date, last: date) -> pd.DataFrame:
        return months[(days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))]

    before = within(programme.baseline_from, programme.baseline_to)
    span = _span(programme.baseline_from, programme.baseline_to)
    newest = days.max().date() if len(months) else programme.ends_on
    return [
        _plainly(term, before, within(*window), span, after=" ".join([PLAIN, *more]))
        for term, window, more in (
            ("during", (programme.starts_on, programme.ends_on), ()),
            ("after", (programme.ends_on + timedelta(days=1), newest), (TOGETHER,)),
        )
    ]


def _plainly(
    term: str, before: pd.DataFrame, later: pd.DataFrame, span: str, *, after: str
) -> dict[str, Any]:
    common: dict[str, Any] = {
        "subject": f"Leaving, {term} the programme and beside {span},",
        "scale": "ratio",
        "better": "decrease",
        "method": "before_and_after",
    }
    counts = [int(one["leavers"].sum()) for one in (later, before)]
    staff = [float(one["headcount"].sum()) for one in (later, before)]
    why = ""
    if min(len(later), len(before)) < FEWEST_MONTHS:
        why = f"One of the two times has fewer than {FEWEST_MONTHS} months in the file."
    elif min(counts) == 0 or min(staff) == 0:
        why = "In one of the two times nobody left."
    if why:
        empty = Finding(**common, estimate=None, lower_95=None, upper_95=None, checks=reason(why))
        return row("leavers", term, empty, n=None, words=Words(why_not=why))

    from warehouse.statistics.survival import rate_ratio

    found = rate_ratio(counts[0], staff[0], counts[1], staff[1])
    finding = Finding(
        **common,
        estimate=found.ratio,
        lower_95=found.lower_95,
        upper_95=found.upper_95,
        minimum_detectable=smallest_detectable_ratio(
            math.sqrt(1 / counts[0] + 1 / counts[1]), "decrease"
        ),
        events=sum(counts),
        checks={
            "trend": check(
                None,
                "Two rates cannot tell a change from a trend that was there before and went on.",
            )
        },
    )
    return row(
        "leavers",
        term,
        finding,
        n=sum(counts),
        p_value=found.p_value,
        words=Words(after=after),
    )


def _span(first: date, last: date) -> str:
    """Whole months in words: the year where they are one."""
    if (first.year, first.month, last.month) == (last.year, 1, 12):
        return str(first.year)
    return f"{first:%B %Y} to {last:%B %Y}"


def _months_compared(months: pd.DataFrame, programme: Programme) -> str:
    first = _months_later(programme.starts_on, WASHOUT_MONTHS)
    last = _months_later(programme.pandemic_from, -1)
    if len(months):
        newest = months["month_end"].max()
        last = min(last, date(newest.year, newest.month, 1))
    return (
        f"It sets {first:%B %Y} to {last:%B %Y} beside what the months before "
        f"{programme.starts_on:%B %Y} would lead to."
    )


def _months_later(day: date, months: int) -> date:
    position = day.year * 12 + day.month - 1 + months
    return date(position // 12, position % 12 + 1, 1)


def _segmented(
    months: pd.DataFrame, programme: Programme, start: date, **choices: Any
) -> pd.DataFrame | str:
    """The fitted table, or in words why there is none."""
    import pandas as pd

    from warehouse.statistics import interrupted

    if months.empty:
        return NO_STEP
    ends = pd.to_datetime(months["month_end"])
    first, last = ends.iloc[0].date(), ends.iloc[-1].date()
    further = [programme.pandemic_from] if last >= programme.pandemic_from else []
    if not first < start <= last:
        return NO_STEP
    table = pd.DataFrame(
        {
            "month": ends,
            "leavers": months["leavers"].astype("float64"),
            "staff": months["headcount"].astype("float64"),
        }
    )
    try:
        return interrupted.segmented(
            table,
            time="month",
            count="leavers",
            exposure="staff",
            interruption=start,
            further_segments=further,
            harmonics=HARMONICS,
            washout=WASHOUT_MONTHS,
            **choices,
        )
    except ValueError:
        return (
            "There are too few months, or too few leavers on one side of the programme's beginning."
        )


def _step(
    found: pd.DataFrame | str,
    term: str,
    subject: str,
    *,
    method: str | None = None,
    of: str | None = None,
    is_main: bool = False,
    capped_at: Grade = "strong",
    after: str = "",
) -> dict[str, Any]:
    common: dict[str, Any] = {
        "subject": subject,
        "scale": "ratio",
        "better": "decrease",
        "method": "segmented_regression",
    }
    why = found if isinstance(found, str) else ""
    if not isinstance(found, str) and (of or term) not in set(found["term"]):
        why = NO_STEP
    if isinstance(found, str) or why:
        empty = Finding(**common, estimate=None, lower_95=None, upper_95=None, checks=reason(why))
        return row(
            "leavers",
            term,
            empty,
            method=method,
            n=None,
            is_main=is_main,
            words=Words(why_not=why),
        )
    line: dict[Any, Any] = found.set_index("term").loc[of or term].to_dict()
    checks = found.attrs["checks"]
    events = round(checks["periods"]["events_before"] + checks["periods"]["events_after"])
    finding = Finding(
        **common,
        estimate=line["rate_ratio"],
        lower_95=line["lower_95"],
        upper_95=line["upper_95"],
        minimum_detectable=smallest_detectable_ratio(line["se"], "decrease"),
        events=events,
        checks=checks,
    )
    return row(
        "leavers",
        term,
        finding,
        method=method,
        n=events,
        p_value=line["p_value"],
        is_main=is_main,
        capped_at=capped_at,
        is_tried=method is None,
        words=Words(after=after),
    )


def wellbeing(
    waves: pd.DataFrame, programme: Programme, known: Mapping[str, Score]
) -> list[dict[str, Any]]:
    """Rung 2b: the last wave before the programme beside the last during it, and the newest one.

    One row a measure (`mean_score`, `share_low`), score and pair of waves; the term is the score and
    both days.
    """
    rows = []
    ordered = waves.sort_values(["instrument", "subscale", "wave_date"], ignore_index=True)
    for (instrument, subscale), own in ordered.groupby(["instrument", "subscale"], sort=True):
        name = f"{instrument}.{subscale}"
        score = known.get(name, Score(name, 0.0, math.nan, is_strain=False))
        days = [day.date() if hasattr(day, "date") else day for day in own["wave_date"]]
        lines = dict(zip(days, own.to_dict("records"), strict=True))
        before = max((day for day in days if day < programme.starts_on), default=None)
        during = max(
            (day for day in days if programme.starts_on <= day <= programme.ends_on), default=None
        )
        latest = max((day for day in days if day > programme.ends_on), default=None)
        for later, is_main in ((during, True), (latest, False)):
            if later is None and not is_main:
                continue
            for metric in ("mean_score", "share_low"):
                rows.append(
                    _between(
                        metric,
                        score,
                        f"{name} {before or '-'} {later or '-'}",
                        (lines.get(before), lines.get(later)),
                        after="" if is_main else TOGETHER,
                        is_main=is_main,
                    )
                )
    nothing = Score("wellbeing", 0.0, math.nan, is_strain=False)
    return rows or [_between("mean_score", nothing, "- - -", (None, None), after="", is_main=True)]


def _between(
    metric: str,
    score: Score,
    term: str,
    lines: tuple[dict[str, Any] | None, dict[str, Any] | None],
    *,
    after: str,
    is_main: bool,
) -> dict[str, Any]:
    in_points = metric == "mean_score"
    common: dict[str, Any] = {
        "subject": f"The {'mean' if in_points else 'share that is low'} of {score.label}",
        "scale": "difference",
        "better": "increase" if in_points != score.is_strain else "decrease",
        "method": "waves",
        "unit": "points" if in_points else "percentage points",
    }
    n = sum(int(line["responses"]) for line in lines if line) if all(lines) else None
    tried_as = "_".join(
        [*([] if in_points else [metric]), *([] if is_main else ["after_lockdown"])]
    )
    why = _why_no_difference(metric, lines)
    if why:
        empty = Finding(**common, estimate=None, lower_95=None, upper_95=None, checks=reason(why))
        return row(metric, term, empty, n=n, is_main=is_main, words=Words(why_not=why))
    earlier, later = lines
    assert earlier is not None
    assert later is not None
    scale = 1.0 if in_points else 100.0
    estimate = scale * (later[metric] - earlier[metric])
    se = scale * math.hypot(_se(metric, earlier), _se(metric, later))
    finding = Finding(
        **common,
        estimate=estimate,
        lower_95=estimate - Z95 * se,
        upper_95=estimate + Z95 * se,
        minimum_detectable=smallest_detectable_difference(se),
        base=None if in_points else scale * earlier[metric],
        checks={"non_response": _non_response(metric, earlier, later, score)},
    )
    return row(
        metric,
        term,
        finding,
        n=n,
        is_main=is_main,
        tried_as=tried_as or None,
        words=Words(after=after),
    )


def _why_no_difference(metric: str, lines: Sequence[dict[str, Any] | None]) -> str:
    if not all(lines):
        return "There is no survey from before the programme, or none from during it."
    known = [line for line in lines if line]
    if any(int(line["responses"]) < FEWEST_ANSWERS for line in known):
        return f"One of the surveys has fewer than {FEWEST_ANSWERS} answers."
    values = [line[metric] for line in known]
    if any(value is None or math.isnan(value) for value in values):
        return "The score has no published cut-off for low."
    if metric == "share_low" and any(value in (0.0, 1.0) for value in values):
        return "In one of the surveys nobody or everybody was low, which speaks of each of them."
    if any(_se(metric, line) <= 0 for line in known):
        return "In one of the surveys all scores were the same."
    return ""


def _se(metric: str, line: dict[str, Any]) -> float:
    n = int(line["responses"])
    if metric == "share_low":
        return math.sqrt(line["share_low"] * (1 - line["share_low"]) / n)
    from scipy.stats import t

    # The mart has the interval of each mean by t; its half width gives the error back.
    return float((line["upper_95"] - line["lower_95"]) / 2 / t.ppf(0.975, n - 1))


def _non_response(
    metric: str, earlier: dict[str, Any], later: dict[str, Any], score: Score
) -> Check:
    """How far the difference could lie off, had those who did not answer answered at the extremes."""
    rates = [_known(line["response_rate"]) for line in (earlier, later)]
    if rates[0] is None or rates[1] is None:
        return check(
            None,
            "How many people answered one of the surveys is not known, so those who did not may have "
            "felt otherwise.",
            response_rate_before=rates[0],
            response_rate_after=rates[1],
        )
    if metric == "mean_score" and math.isnan(score.most):
        return check(None, "The ends of this score are not described, so there are no bounds.")
    bottom, top = (score.least, score.most) if metric == "mean_score" else (0.0, 1.0)
    scale = 1.0 if metric == "mean_score" else 100.0
    shares = [min(rate, 1.0) for rate in rates if rate is not None]
    lines = list(zip(shares, (earlier[metric], later[metric]), strict=True))
    lows = [share * value + (1 - share) * bottom for share, value in lines]
    highs = [share * value + (1 - share) * top for share, value in lines]
    least, most = scale * (lows[1] - highs[0]), scale * (highs[1] - lows[0])
    settled = least > 0 or most < 0
    return check(
        settled,
        f"{100 * shares[0]:.0f} % answered before and {100 * shares[1]:.0f} % after. Had all others "
        f"answered at the extremes, the change could be anything from {least:.1f} to {most:.1f}.",
        response_rate_before=rates[0],
        response_rate_after=rates[1],
        lowest=least,
        highest=most,
    )


def _known(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def rollout(team_months: pd.DataFrame) -> list[dict[str, Any]]:
    """Rung 4: leavers per person in post and quarter of teams whose group has begun, beside others.

    One row, `staggered`, `simple`, in leavers per 100 staff and quarter. Where the smallest effect
    that would show is under half the rate before, rows `event_-2`, `event_0`, … follow, in quarters
    since the team's first group began.
    """
    common: dict[str, Any] = {
        "subject": "Leaving, in teams whose group has begun,",
        "scale": "difference",
        "better": "decrease",
        "method": "staggered",
        "unit": "leavers for 100 staff and quarter",
    }
    panel = _quarters(team_months)
    from warehouse.statistics import staggered

    named = {
        "unit": "team",
        "time": "quarter",
        "outcome": "rate",
        "first_treated": "first",
        "control": "not_yet_treated",
    }
    try:
        if panel is None:
            raise ValueError("There are no teams.")
        dealt = staggered.reassigned(panel, **named, draws=DEALS, seed=SEED).iloc[0]
    except ValueError:
        why = "No team's group began within the months that we have, beside teams whose group had not."
        empty = Finding(**common, estimate=None, lower_95=None, upper_95=None, checks=reason(why))
        return [row("leavers", "simple", empty, n=None, is_main=True, words=Words(why_not=why))]
    before = panel[(panel["first"] == 0) | (panel["quarter"] < panel["first"])]
    base = float(100 * before["leavers"].sum() / before["staff"].sum())
    spread = float(dealt["placebo_sd"])
    detectable = float(dealt["minimum_detectable"])
    visible = detectable < base / 2
    checks = {
        "power": check(
            visible,
            f"Before, {base:.1f} of 100 staff left in a quarter. The smallest change that would show is "
            f"{detectable:.1f}"
            + (
                "."
                if visible
                else ", more than half of that. So nothing is estimated team by team."
            ),
            base_rate=base,
            minimum_detectable=detectable,
        ),
        "inference": check(
            True,
            f"Starts were dealt out anew among {int(dealt['n_units'])} teams, {DEALS} times.",
            smallest_p=float(dealt["smallest_p"]),
        ),
    }
    if not visible:
        empty = Finding(
            **common,
            estimate=None,
            lower_95=None,
            upper_95=None,
            minimum_detectable=detectable,
            base=base,
            checks=checks,
        )
        return [
            row(
                "leavers",
                "simple",
                empty,
                n=int(dealt["n_units"]),
                is_main=True,
                words=Words(
                    why_not="With so few teams a change of less than half of all leaving would be lost "
                    "in chance."
                ),
            )
        ]
    table = staggered.group_time_att(panel, **named)
    estimate = float(dealt["estimate"])
    simple = Finding(
        **common,
        estimate=estimate,
        lower_95=estimate - Z95 * spread,
        upper_95=estimate + Z95 * spread,
        minimum_detectable=detectable,
        base=base,
        p_value=float(dealt["p_value"]),
        smallest_p=float(dealt["smallest_p"]),
        checks=checks | {"pre_trends": table.attrs["checks"]["pre_trends"]},
    )
    rows = [row("leavers", "simple", simple, n=int(dealt["n_units"]), is_main=True)]
    for event, one in table.attrs["aggregates"]["dynamic"]["by"].items():
        if not math.isfinite(one["se"]):
            continue
        own = Finding(
            **common
            | {"subject": f"Leaving, {event} quarters from the start of the team's group,"},
            estimate=one["att"],
            lower_95=one["lower_95"],
            upper_95=one["upper_95"],
            minimum_detectable=smallest_detectable_difference(one["se"]),
            base=base,
            checks=checks,
        )
        rows.append(
            row(
                "leavers",
                f"event_{event}",
                own,
                method="staggered_event_study",
                n=int(dealt["n_units"]),
                capped_at="weak",
                is_tried=False,
            )
        )
    return rows


def _quarters(team_months: pd.DataFrame) -> pd.DataFrame | None:
    """Teams by whole quarters in which they had staff throughout, leavers for 100 staff as `rate`."""
    import pandas as pd

    if team_months.empty:
        return None
    ends = pd.to_datetime(team_months["month_end"])
    quarter = ends.dt.year * 4 + ends.dt.quarter
    begun = pd.to_datetime(team_months["group_started_on"])
    table = pd.DataFrame(
        {
            "team": team_months["team"].astype("string"),
            "quarter": quarter,
            "staff": team_months["headcount"].astype("float64"),
            "leavers": team_months["leavers"].astype("float64"),
            "first": (begun.dt.year * 4 + begun.dt.quarter).fillna(0).astype("int64"),
        }
    )
    # A quarter that the reported months hold in part only would have too few leavers.
    whole = ends.groupby(quarter).nunique()
    table = table[table["quarter"].isin(whole[whole == 3].index)]
    summed = (
        table.groupby(["team", "quarter"], sort=True)
        .agg(
            staff=("staff", "mean"),
            least=("staff", "min"),
            leavers=("leavers", "sum"),
            first=("first", "first"),
        )
        .reset_index()
    )
    if summed.empty:
        return None
    there = summed.groupby("team")["least"].transform("min") > 0
    summed = summed[there]
    if summed.empty:
        return None
    panel: pd.DataFrame = summed.assign(rate=100 * summed["leavers"] / summed["staff"])
    # The programme's later quarters have no team left that waits, and only cost time.
    last = panel.loc[panel["first"] > 0, "first"].max()
    return panel if math.isnan(last) else panel[panel["quarter"] <= last].reset_index(drop=True)
