"""The methods of the ladder on one made-up service, as the pipeline runs them, and the truth beside.

The figures that the marts would hold are made from a service of `simulated.py` and handed to the
functions that the marts are made by (`warehouse.ladder`). Beside each method stands what people would
do instead. Effects begin 90 days after a session and fade, so that no single figure is the effect
itself: what each interval should hold is fixed in TRUTHS, before anything is run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
import simulated
from simulated import DAYS, FIRST_DAY, NEVER, WEEK, WEEK_STARTS, Floats, Scenario, Service

from warehouse import calibration
from warehouse.generate.establishment import YEAR_DAYS
from warehouse.ladder import councils, people, series
from warehouse.programme import Programme
from warehouse.statistics import staggered
from warehouse.statistics.checks import Z95

SEED = 20190101
PROGRAMME = Programme(
    old_la_code="1",
    region="South East",
    baseline_from=date(2018, 1, 1),
    baseline_to=date(2018, 12, 31),
    starts_on=simulated.STARTS_ON,
    ends_on=date(2020, 1, 31),
    pandemic_from=date(2020, 3, 1),
    counted_grades=("moderate", "strong"),
    rule="Not used here.",
)
SCORES = {"who5.wellbeing": series.Score("WHO-5", 0.0, 100.0, is_strain=False)}
MONTHS = pd.date_range(FIRST_DAY, simulated.LAST_DAY + timedelta(days=1), freq="MS")
EDGES = np.array([(month.date() - FIRST_DAY).days for month in MONTHS], dtype="float64")
MONTH_ENDS = EDGES[1:] - 1
WEEK_MONTH = np.searchsorted(EDGES, WEEK_STARTS, side="right") - 1


@dataclass(frozen=True)
class Case:
    """A scenario, what it is for, and which methods are tried in it.

    told: in words, after "services in which". sound: methods whose own assumptions hold. stress:
    methods of which one does not, with the term that it bears on.
    """

    scenario: Scenario
    told: str
    sound: tuple[str, ...] = ()
    stress: tuple[tuple[str, str], ...] = ()

    def kind(self, method: str, term: str) -> str | None:
        """`stress`, `sound`, or None where the case is not about this estimate."""
        if (method, term) in self.stress:
            return "stress"
        return "sound" if method in self.sound else None

    @property
    def is_null(self) -> bool:
        """Whether the programme does nothing."""
        one = self.scenario
        return (one.leaving, one.filling, one.wellbeing) == (1.0, 1.0, 0.0)


ALL = (
    "segmented_regression",
    "before_and_after",
    "waves",
    "recruitment",
    "attendance",
    "staggered",
    "difference_in_differences",
)
CASES = (
    Case(Scenario("nothing"), "the programme does nothing", sound=ALL),
    Case(
        Scenario("0.8", leaving=0.8, filling=1.25, wellbeing=3.0),
        "those who attend leave a fifth less, posts are filled a quarter faster and scores rise by 3",
        sound=ALL,
    ),
    Case(
        Scenario("0.5", leaving=0.5, filling=2.0, wellbeing=8.0),
        "those who attend leave half as much, posts are filled twice as fast and scores rise by 8",
        sound=ALL,
    ),
    Case(
        Scenario("drift", drift=-0.1),
        "the programme does nothing while leaving falls by a tenth each year",
        sound=("segmented_regression", "attendance"),
        stress=(("before_and_after", "main"), ("before_and_after", "after_lockdown")),
    ),
    Case(
        Scenario("self-selection", settled=1.0),
        "those who would stay anyway come more often and the programme does nothing",
        stress=(("attendance", "main"),),
    ),
    Case(
        Scenario("notice", notice=(120, 240)),
        "people stop coming four to eight months before they leave and the programme does nothing",
        stress=(("attendance", "main"),),
    ),
    Case(
        Scenario(
            "pandemic",
            pandemic=0.65,
            pandemic_filling=0.6,
            pandemic_wellbeing=-5.0,
        ),
        "a pandemic keeps people in post, slows recruitment and wears people down, and the programme "
        "does nothing",
        stress=(
            ("segmented_regression", "main"),
            ("segmented_regression", "after_lockdown"),
            ("before_and_after", "after_lockdown"),
            ("recruitment", "after_lockdown"),
            ("waves", "after_lockdown"),
            ("waves", "share_low_after_lockdown"),
        ),
        sound=("attendance",),
    ),
    Case(
        Scenario("swings", swings=True),
        "leaving and recruitment go up and down from year to year as Southampton's did and the "
        "programme does nothing",
        stress=(
            ("segmented_regression", "main"),
            ("before_and_after", "main"),
            ("recruitment", "main"),
        ),
        sound=("attendance",),
    ),
    Case(
        Scenario("answering", answering=0.5),
        "those who feel well answer the later survey more often and the programme does nothing",
        stress=(("waves", "main"), ("waves", "share_low")),
    ),
    Case(
        Scenario("worst year"),
        "the council was chosen in its worst year, that year counts as before, and the programme does "
        "nothing",
        stress=(("difference_in_differences", "2019_in_baseline"),),
    ),
    Case(
        Scenario("joining", settled=1.0, joining=True),
        "those who would soon leave do not join a group and the programme does nothing",
        stress=(("attendance", "main"),),
    ),
)


@dataclass(frozen=True)
class Tried:
    """One estimate of one programme. Ratios are logarithms; NaN where there is none.

    truth: numerator and denominator, to be summed over programmes. found: whether the board would be
    told of a change. naive: {name: (estimate, lower, upper)} of what people would do instead.
    """

    method: str
    term: str
    estimate: float
    lower: float
    upper: float
    found: bool
    truth: tuple[float, float]
    naive: dict[str, tuple[float, float, float]]
    variant: str = ""


# How the truth of a method is put together from the sums over programmes, its scale and unit.
@dataclass(frozen=True)
class Truth:
    """What the interval of a method should hold, under delay and decay."""

    scale: str
    unit: str
    is_logarithm_of_ratio: bool
    words: str


TRUTHS = {
    "segmented_regression": Truth(
        "ratio",
        "",
        True,
        "leavers expected from the washout's end to February 2020, over those expected of the same people "
        "without the programme",
    ),
    "segmented_regression after_lockdown": Truth(
        "ratio", "", False, "the same ratio from March 2020 on, over that of the months before"
    ),
    "before_and_after": Truth(
        "ratio",
        "",
        True,
        "leavers expected in the months of the later time, over those expected of the same people without "
        "the programme",
    ),
    "attendance": Truth(
        "ratio",
        "",
        False,
        "the mean logarithm of the hazard ratio over all days from 90 days after a person's first session, "
        "weighted by the rate of leaving",
    ),
    "recruitment": Truth(
        "ratio",
        "",
        False,
        "the mean logarithm of the ratio of the filling rate over all days of open posts in the period, "
        "weighted by that rate",
    ),
    "waves": Truth(
        "difference",
        "points",
        False,
        "the mean effect on the scores of all in post at the later wave",
    ),
    "waves share_low": Truth(
        "difference",
        "percentage points",
        False,
        "what the programme does to the share of low scores among all in post at the later wave",
    ),
    "waves share_low_after_lockdown": Truth(
        "difference", "percentage points", False, "the same at the wave after the lockdown"
    ),
    "staggered": Truth(
        "difference",
        "leavers for 100 staff and quarter",
        False,
        "the mean effect over teams and quarters from a team's own start on, while another team waits",
    ),
    "difference_in_differences": Truth(
        "difference",
        "points",
        False,
        "the mean effect on the council's rate over the two years after",
    ),
}


def once(case: Case, number: int, methods: Iterable[str] = ALL) -> list[Tried]:
    """The methods of a case on its programme of this number, which alone decides the chance in it."""
    random = np.random.default_rng([SEED, crc32(case.scenario.name.encode()), number])
    service = simulated.play(case.scenario, random)
    wanted = {*case.sound, *(method for method, _ in case.stress)} & set(methods)
    tried: list[Tried] = []
    for method, run in METHODS.items():
        # Each has a stream of its own, so that one method more does not change another's.
        own = np.random.default_rng([SEED, number, crc32(method.encode())])
        if method in wanted:
            with calibration.on_trial():
                tried += run(service, case, own)
    return [one for one in tried if case.kind(one.method, one.term)]


def _from_row(
    row: dict[str, Any], method: str, term: str, truth: tuple[float, float], scale: str
) -> Tried:
    """A row as the marts have it, as an estimate on the scale on which it is counted.

    An estimate counts too where its sentence says that there is not enough data: that is said after
    looking at it, so that those which are left would be off.
    """
    known = row["estimate"] is not None
    ends = [math.nan] * 3
    if known:
        ends = [float(row[name]) for name in ("estimate", "lower_95", "upper_95")]
        if scale == "ratio":
            ends = [math.log(end) if end > 0 else -math.inf for end in ends]
    estimate, lower, upper = ends
    found = row["outcome"] in ("better", "worse")
    return Tried(method, term, estimate, lower, upper, found, truth, {})


# ------------------------------------------------------------------------------- rung 2: the months


def _expected(
    service: Service, scenario: Scenario, chosen: Any = slice(None)
) -> tuple[Floats, Floats]:
    """Leavers expected in each week of those who are there, with the programme and without."""
    there = np.clip(
        np.minimum(service.ends[chosen, None], WEEK_STARTS + WEEK) - WEEK_STARTS, 0, WEEK
    )
    without = service.base[chosen] * there / YEAR_DAYS
    return (without * scenario.leaving ** service.weight[chosen]).sum(axis=0), without.sum(axis=0)


def _months(service: Service, chosen: Any = slice(None)) -> pd.DataFrame:
    """`month_end`, `headcount` on it and `leavers` of the month, as `retention_monthly` has them."""
    begins, ends = service.begins[chosen], service.ends[chosen]
    there = (begins[:, None] <= MONTH_ENDS) & (ends[:, None] >= MONTH_ENDS)
    return pd.DataFrame(
        {
            "month_end": MONTHS[1:] - pd.Timedelta(days=1),
            "headcount": there.sum(axis=0),
            "leavers": np.histogram(ends[ends < DAYS], EDGES)[0],
        }
    )


def _segmented(service: Service, case: Case, _: np.random.Generator) -> list[Tried]:
    months = _months(service)
    fitted = series._segmented(months, PROGRAMME, PROGRAMME.starts_on)
    main_row = series._step(fitted, "level", "Leaving", is_main=True)
    later_row = series._step(fitted, "level_2", "Leaving")
    with_it, without = _expected(service, case.scenario)
    start, pandemic = (
        int(np.searchsorted(EDGES, (day - FIRST_DAY).days))
        for day in (PROGRAMME.starts_on, PROGRAMME.pandemic_from)
    )
    during = (start + series.WASHOUT_MONTHS <= WEEK_MONTH) & (pandemic > WEEK_MONTH)
    after = pandemic <= WEEK_MONTH
    ratio = math.log(with_it[during].sum() / without[during].sum())
    further = math.log(with_it[after].sum() / without[after].sum()) - ratio
    main = _from_row(
        main_row,
        "segmented_regression",
        "main",
        (with_it[during].sum(), without[during].sum()),
        "ratio",
    )
    counts, staff = months["leavers"].to_numpy(), months["headcount"].to_numpy()
    old, new = slice(0, start), slice(start, pandemic)
    rates = [counts[part].sum() / staff[part].sum() for part in (new, old)]
    naive = math.nan, math.nan, math.nan
    if min(rates) > 0:
        se = math.sqrt(1 / counts[new].sum() + 1 / counts[old].sum())
        naive = _with_error(math.log(rates[0] / rates[1]), se)
    later = _from_row(
        later_row,
        "segmented_regression",
        "after_lockdown",
        (further, 1.0),
        "ratio",
    )
    return [replace(main, naive={"rates before and after": naive}), later]


def _before_and_after(service: Service, case: Case, _: np.random.Generator) -> list[Tried]:
    with_it, without = _expected(service, case.scenario)
    month_ends = MONTHS[1:] - pd.Timedelta(days=1)
    inside = {
        "during": (month_ends >= pd.Timestamp(PROGRAMME.starts_on))
        & (month_ends <= pd.Timestamp(PROGRAMME.ends_on)),
        "after": month_ends > pd.Timestamp(PROGRAMME.ends_on),
    }
    tried = []
    for row in series.before_and_after(_months(service), PROGRAMME):
        weeks = np.asarray(inside[row["term"]])[WEEK_MONTH]
        truth = float(with_it[weeks].sum()), float(without[weeks].sum())
        term = "main" if row["term"] == "during" else "after_lockdown"
        tried.append(_from_row(row, "before_and_after", term, truth, "ratio"))
    return tried


def _with_error(estimate: float, se: float) -> tuple[float, float, float]:
    return estimate, estimate - Z95 * se, estimate + Z95 * se


# ------------------------------------------------------------------------------- rung 2b: the waves


def _waves(service: Service, case: Case, random: np.random.Generator) -> list[Tried]:
    told = simulated.answers(service, case.scenario, random)
    lines = []
    for wave, scores, asked in zip(simulated.WAVES, told.scores, told.asked, strict=True):
        n, mean, sd = len(scores), float(scores.mean()), float(scores.std(ddof=1))
        half = _t_975(n - 1) * sd / math.sqrt(n)
        lines.append(
            {
                "wave_date": wave,
                "instrument": "who5",
                "subscale": "wellbeing",
                "responses": n,
                "mean_score": mean,
                "lower_95": mean - half,
                "upper_95": mean + half,
                "response_rate": n / asked,
                "share_low": float((scores <= simulated.LOW_UP_TO).mean()),
            }
        )
    tried = []
    for position, term in ((1, "main"), (2, "after_lockdown")):
        pair = pd.DataFrame([lines[0], lines[position]])
        rows = {
            row["metric"]: row
            for row in series.wellbeing(pair, PROGRAMME, SCORES)
            if row["is_main"] == (term == "main")
        }
        truth = told.shifts[position], 1.0
        one = _from_row(rows["mean_score"], "waves", term, truth, "difference")
        came, scores = told.attended[position], told.scores[position]
        apart = _welch(scores[came], scores[~came])
        tried.append(replace(one, naive={"who attended beside who did not": apart}))
        low = "share_low" if term == "main" else "share_low_after_lockdown"
        truth = 100 * told.low_shifts[position], 1.0
        tried.append(_from_row(rows["share_low"], "waves", low, truth, "difference"))
    return tried


def _t_975(df: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.975))


def _welch(first: Floats, second: Floats) -> tuple[float, float, float]:
    if min(len(first), len(second)) < 2:
        return math.nan, math.nan, math.nan
    se = math.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
    return _with_error(float(first.mean() - second.mean()), se)


# ------------------------------------------------------------------------- rung 2c: the vacancies


def _recruitment(service: Service, case: Case, _: np.random.Generator) -> list[Tried]:
    # As in the mart, without the posts that were open before anybody watched: of those opened then, only
    # the ones that nobody filled are known.
    shown = (service.opened >= 0) & (service.opened < DAYS)
    opened, closed = np.floor(service.opened[shown]), np.floor(service.closed[shown])
    outcome = service.outcome[shown]
    first = pd.Timestamp(FIRST_DAY)
    until = np.minimum(closed, DAYS - 1)
    waits = pd.DataFrame(
        {
            "vacancy_id": np.char.zfill(np.arange(len(opened)).astype(str), 5),
            "opened_on": first + pd.to_timedelta(opened, unit="D"),
            "waited_until": first + pd.to_timedelta(until, unit="D"),
            "is_filled": (outcome == 1) & (closed < DAYS),
        }
    )
    # Open posts in each week, from the first days on in which nobody is offered one.
    there = np.clip(
        np.minimum(closed[:, None], WEEK_STARTS + WEEK)
        - np.maximum(opened[:, None] + simulated.QUIET_DAYS, WEEK_STARTS),
        0,
        WEEK,
    ).sum(axis=0)
    rate = there * case.scenario.filling**service.fill_weight
    starts, over = (
        (day - FIRST_DAY).days
        for day in (PROGRAMME.starts_on, PROGRAMME.ends_on + timedelta(days=1))
    )
    rows = people.filling(waits, PROGRAMME)
    tried = []
    for term, inside in (
        ("main", (starts <= WEEK_STARTS) & (over > WEEK_STARTS)),
        ("after_lockdown", over <= WEEK_STARTS),
    ):
        own = [row for row in rows if row["is_main"] == (term == "main")]
        truth = (
            float((rate * service.fill_weight)[inside].sum() * math.log(case.scenario.filling)),
            float(rate[inside].sum()),
        )
        if own:
            tried.append(_from_row(own[0], "recruitment", term, truth, "ratio"))
    took, when = closed - opened, closed
    done = (outcome == 1) & (closed < DAYS)
    old, new = took[done & (when < starts)], took[done & (when >= starts) & (when < over)]
    naive = math.nan, math.nan, math.nan
    if min(len(old), len(new)) > 1:
        se = math.sqrt(sum(one.var(ddof=1) / len(one) / one.mean() ** 2 for one in (old, new)))
        naive = _with_error(math.log(old.mean() / new.mean()), se)
    return [replace(tried[0], naive={"mean days of the posts that were filled": naive}), *tried[1:]]


# --------------------------------------------------------------------------- rung 3: the people


def _stretches(service: Service, lag: int) -> pd.DataFrame:
    """`int_impact__attendance_rows` of one lag: stretches of days in which nothing changes."""
    begins, ends = np.floor(service.begins), np.floor(service.ends)
    seen = np.flatnonzero((ends >= 0) & (begins < DAYS))
    begins, ends = begins[seen], ends[seen]
    first, last = np.maximum(begins, 0), np.minimum(ends, DAYS - 1) + 1
    attended_from = np.where(
        service.attended[seen].min(axis=1) < NEVER, service.attended[seen].min(axis=1) + lag, NEVER
    )
    bands = np.stack([begins + round(years * YEAR_DAYS) for years in (1, 3, 6)], axis=1)
    cuts = np.concatenate([first[:, None], attended_from[:, None], bands, last[:, None]], axis=1)
    cuts = np.sort(np.clip(cuts, first[:, None], last[:, None]), axis=1)
    start, stop = cuts[:, :-1].ravel(), cuts[:, 1:].ravel()
    who = np.repeat(np.arange(len(seen)), cuts.shape[1] - 1)
    table = pd.DataFrame(
        {
            "lag_days": lag,
            "staff_key": np.char.zfill(who.astype(str), 5),
            "began_on": begins[who].astype("int64"),
            "start": start.astype("int64"),
            "stop": stop.astype("int64"),
            "is_left": (ends[who] < DAYS) & (stop == last[who]),
            "is_attended": attended_from[who] <= start,
            "years_band": (start[:, None] >= bands[who]).sum(axis=1),
        }
    )
    kept: pd.DataFrame = table[start < stop]
    return kept


def _attendance(service: Service, case: Case, _: np.random.Generator) -> list[Tried]:
    lag = people.MAIN_LAG_DAYS
    rows = people.leaving(_stretches(service, lag))
    first = np.where(
        service.attended.min(axis=1) < NEVER, service.attended.min(axis=1) + lag, NEVER
    )
    there = np.clip(
        np.minimum(service.ends[:, None], WEEK_STARTS + WEEK)
        - np.maximum(WEEK_STARTS, first[:, None]),
        0,
        WEEK,
    )
    rate = service.base * there * case.scenario.leaving**service.weight
    truth = (
        float((rate * service.weight).sum() * math.log(case.scenario.leaving)),
        float(rate.sum()),
    )
    one = _from_row(rows[0], "attendance", "main", truth, "ratio")
    naive = {
        "ever attended": _cox(_ever(_stretches(service, 0))),
        "attended, without a lag": _cox(_stretches(service, 0)),
    }
    return [replace(one, naive=naive)]


def _ever(table: pd.DataFrame) -> pd.DataFrame:
    """Attendance as a fixed group: who ever came counts as having come from the beginning."""
    ever = table.groupby(["staff_key", "began_on"])["is_attended"].transform("max")
    return table.assign(is_attended=ever)


def _cox(table: pd.DataFrame) -> tuple[float, float, float]:
    """Cox with attendance alone, Breslow's ties: with one yes or no, two counts at each event say all."""
    start, stop = table["start"].to_numpy(), table["stop"].to_numpy()
    left, came = table["is_left"].to_numpy(), table["is_attended"].to_numpy(dtype=bool)
    times = stop[left]

    def at_risk(chosen: npt.NDArray[np.bool_]) -> Floats:
        begun = np.searchsorted(np.sort(start[chosen]), times)
        ended = np.searchsorted(np.sort(stop[chosen]), times)
        found: Floats = (begun - ended).astype("float64")
        return found

    with_it, without = at_risk(came), at_risk(~came)
    slope = 0.0
    for _ in range(50):
        share = with_it * math.exp(slope) / (with_it * math.exp(slope) + without)
        information = float((share * (1 - share)).sum())
        step = float((came[left] - share).sum()) / information if information > 1e-9 else math.nan
        slope += max(-1.0, min(1.0, step))
        if not abs(step) > 1e-9:
            break
    # Events on one side alone have no estimate.
    if math.isnan(slope) or abs(slope) > 10:
        return math.nan, math.nan, math.nan
    return _with_error(slope, information**-0.5)


# --------------------------------------------------------------------------- rung 4: the rollout


def _staggered(service: Service, case: Case, _: np.random.Generator) -> list[Tried]:
    first = pd.Timestamp(FIRST_DAY)
    plan = service.layout
    teams, effects = [], {}
    for team in range(service.team.max() + 1):
        own = service.team == team
        start = plan.starts[plan.team == team].min()
        teams.append(
            _months(service, own).assign(
                team=f"Team {team:02d}",
                group_started_on=first + pd.Timedelta(days=int(start)),
            )
        )
        with_it, without = _expected(service, case.scenario, own)
        effects[f"Team {team:02d}"] = np.bincount(WEEK_MONTH, with_it - without, len(MONTH_ENDS))
    panel = series._quarters(pd.concat(teams, ignore_index=True))
    assert panel is not None
    truth, n = 0.0, 0
    ends = MONTHS[1:] - pd.Timedelta(days=1)
    quarter = np.asarray(ends.year * 4 + ends.quarter)
    last = panel["first"].max()
    for line in panel.to_dict("records"):
        # Cells with another team that waits, as the estimate has them.
        if line["first"] <= line["quarter"] < last:
            own_quarter = effects[line["team"]][quarter == line["quarter"]]
            truth += float(100 * own_quarter.sum() / line["staff"])
            n += 1
    nothing = math.nan, math.nan, math.nan
    one = Tried("staggered", "main", *nothing, False, (truth / max(n, 1), 1.0), {})
    try:
        dealt = staggered.reassigned(
            panel,
            unit="team",
            time="quarter",
            outcome="rate",
            first_treated="first",
            control="not_yet_treated",
            draws=series.DEALS,
            seed=series.SEED,
        ).iloc[0]
    except ValueError:
        return [one]
    ends_ = _with_error(float(dealt["estimate"]), float(dealt["placebo_sd"]))
    found = float(dealt["p_value"]) < 0.05 and not ends_[1] <= 0 <= ends_[2]
    naive = {"two-way fixed effects": _two_way(panel)}
    return [Tried("staggered", "main", *ends_, found, one.truth, naive)]


def _two_way(panel: pd.DataFrame) -> tuple[float, float, float]:
    """The coefficient of "has begun" beside dummies of teams and quarters, errors by team."""
    wide = panel.pivot(index="team", columns="quarter", values="rate").to_numpy(dtype="float64")
    first = panel.groupby("team")["first"].first().to_numpy()
    begun = (
        panel["quarter"].drop_duplicates().sort_values().to_numpy()[None, :] >= first[:, None]
    ).astype("float64")

    def within(values: Floats) -> Floats:
        kept: Floats = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True)
        kept += values.mean()
        return kept

    x, y = within(begun), within(wide)
    slope = (x * y).sum() / (x**2).sum()
    scores = (x * (y - slope * x)).sum(axis=1)
    units = len(first)
    se = math.sqrt(units / (units - 1) * (scores**2).sum()) / (x**2).sum()
    return _with_error(float(slope), float(se))


# --------------------------------------------------------------------------- rung 5: the councils

# Donors: the neighbours, and England.
POOLS = (10, 140)
COUNCIL_YEARS = range(2017, 2026)


def _councils(service: Service, case: Case, random: np.random.Generator) -> list[Tried]:
    """Turnover of 141 councils by year: each its own level, years alike for all, shocks that fade."""
    n, years = 1 + max(POOLS), len(COUNCIL_YEARS)
    staff = np.clip(np.exp(random.normal(math.log(220), 0.5, n)), 60, 900)
    level = random.normal(15.0, 2.5, n)
    shock = np.zeros((n, years))
    shock[:, 0] = random.normal(0, 3.0, n)
    for year in range(1, years):
        shock[:, year] = 0.4 * shock[:, year - 1] + math.sqrt(1 - 0.4**2) * random.normal(0, 3.0, n)
    own = 0
    if case.scenario.name == "worst year":
        own = int(shock[:, 2].argmax())
    rate = np.clip(level[:, None] + random.normal(0, 1.5, years) + shock, 2, 60)
    with_it, without = _expected(service, case.scenario)
    ratios = np.ones(years)
    for position, year in enumerate(COUNCIL_YEARS):
        last = (date(year, 9, 30) - FIRST_DAY).days
        inside = (last - 365 < WEEK_STARTS) & (last >= WEEK_STARTS)
        if inside.any():
            ratios[position] = with_it[inside].sum() / without[inside].sum()
        elif last > DAYS:
            ratios[position] = ratios[position - 1]
    effect = rate[own] * (ratios - 1)
    rate[own] += effect
    share = (
        random.binomial(staff.astype("int64")[:, None], rate / 100) / staff.astype("int64")[:, None]
    )
    published = np.round(100 * share, 1)
    codes = np.array([str(code) for code in range(1, n + 1)])
    codes[[0, own]] = codes[[own, 0]]
    table = pd.DataFrame(
        {
            "old_la_code": np.repeat(codes, years),
            "year": np.tile(np.array(COUNCIL_YEARS), n),
            "value": published.ravel(),
        }
    )
    is_worst = case.scenario.name == "worst year"
    window = next(one for one in councils.WINDOWS if (one.before[1] == 2019) == is_worst)
    after = [year in range(window.after[0], window.after[1] + 1) for year in COUNCIL_YEARS]
    before = [year in range(window.before[0], window.before[1] + 1) for year in COUNCIL_YEARS]
    truth = float(effect[after].mean() - effect[before].mean()), 1.0
    counts = share[own] * int(staff[own])
    two = [counts[part].sum() / (int(staff[own]) * sum(part)) for part in (after, before)]
    se = 100 * math.sqrt(
        sum(
            p * (1 - p) / (int(staff[own]) * sum(part))
            for p, part in zip(two, (after, before), strict=True)
        )
    )
    naive = _with_error(100 * (two[0] - two[1]), se)
    tried = []
    for size in POOLS:
        donors = [str(code) for code in range(2, size + 2)]
        row = councils._apart(table, "turnover_rate_fte", "england", window, donors, "1")
        term = "2019_in_baseline" if is_worst else "main"
        one = _from_row(row, "difference_in_differences", term, truth, "difference")
        own_years = {"its own years before and after": naive}
        tried.append(replace(one, naive=own_years, variant=f"{size} councils"))
    return tried


METHODS: dict[str, Callable[[Service, Case, np.random.Generator], list[Tried]]] = {
    "segmented_regression": _segmented,
    "before_and_after": _before_and_after,
    "waves": _waves,
    "recruitment": _recruitment,
    "attendance": _attendance,
    "staggered": _staggered,
    "difference_in_differences": _councils,
}
