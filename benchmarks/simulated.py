"""Made-up services with a known effect: spells, sessions, vacancies, answers and councils, as arrays.

What `warehouse.generate` plays through person by person and writes to files, this plays through in
whole arrays, so that thousands of programmes fit into minutes. Hazards, groups, sessions and the shape
of the effect (start, delay, decay, renewed by each attendance) are the generator's own; a service
that keeps its size takes the place of Southampton's, since a method is first tried where its own
assumptions hold. Left out: fixed terms, moves between teams, rehires, two posts, sick leave, and
what is written down wrongly. Time is in days from `FIRST_DAY`; hazards change from week to week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from warehouse.generate import vocabulary as words
from warehouse.generate.establishment import YEAR_DAYS, flow_on
from warehouse.generate.groups import make_groups

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FIRST_DAY, LAST_DAY = date(2016, 10, 1), date(2021, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
WEEK = 7
STARTS_ON, LOCKDOWN = date(2019, 1, 1), date(2020, 3, 23)
# 22 groups in 14 teams; with the posts that stand empty, some 280 people.
STAFF, POSTS, SEATED = 280, 316, 0.7
OFFERS, WITHDRAWALS = 1.3, 0.05  # yearly, of an open vacancy
QUIET_DAYS = 20
# So many layouts of groups and sessions are dealt out among the programmes.
LAYOUTS = 40
NEVER = 10**9
WAVES = (date(2018, 11, 30), date(2019, 11, 30), date(2020, 11, 30))
MEAN_SCORE, SPREAD = 54.0, 16.0
# WHO-5 at or below it is low.
LOW_UP_TO = 50


def day_of(when: date) -> int:
    """Days from FIRST_DAY."""
    return (when - FIRST_DAY).days


@dataclass(frozen=True)
class Scenario:
    """What truly happens. The defaults do nothing.

    leaving, filling: ratios of the yearly rates, of leaving for who attends and of filling posts for
    all. wellbeing: points on 0 to 100 for who attends. delay_days, half_life_days: as the generator
    has them. settled: how many times e the odds of attending rise, and the rate of leaving falls,
    with one standard deviation. joining: whether the less settled also tend not to join a group. notice:
    the shortest and the longest notice in days, during which nobody attends, or None for the
    generator's. pandemic: ratio of the rate of leaving for a year from the lockdown, and
    `pandemic_filling`, `pandemic_wellbeing` likewise. swings: whether rates of leaving and filling go up
    and down as Southampton's did. drift: by which share leaving changes each year. answering: how many
    times e the odds of answering a survey rise with one standard deviation of the score, in the later
    waves.
    """

    name: str
    leaving: float = 1.0
    filling: float = 1.0
    wellbeing: float = 0.0
    delay_days: int = 90
    half_life_days: float = 180.0
    settled: float = 0.0
    joining: bool = False
    notice: tuple[int, int] | None = None
    pandemic: float = 1.0
    pandemic_filling: float = 1.0
    pandemic_wellbeing: float = 0.0
    swings: bool = False
    drift: float = 0.0
    answering: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Groups and their held sessions. days: one line a group, sorted, NEVER where there is none.

    starts: first day of each group. team: of each group, 0 to 13.
    """

    days: Whole
    starts: Whole
    team: Whole


@dataclass(frozen=True)
class Service:
    """One programme played through: arrays with one element a spell, but for the vacancies.

    begins, ends: first and last day, ends after DAYS where nobody left. group: -1 for none. attended:
    days of the sessions attended, NEVER where not, one line a spell. weight: the effect's weight in
    each week, one line a spell. base: the yearly hazard in each week but for the effect. opened,
    closed, outcome: of vacancies; 1 filled, 2 withdrawn, 0 open to the end. fill_weight: the effect's
    weight on filling in each week. usual: how each usually feels.
    """

    begins: Floats
    ends: Floats
    team: Whole
    group: Whole
    layout: Layout
    attended: Floats
    weight: Floats
    base: Floats
    opened: Floats
    closed: Floats
    outcome: Whole
    fill_weight: Floats
    usual: Floats


WEEK_STARTS = np.arange(0, DAYS, WEEK, dtype="float64")


@cache
def layout(number: int) -> Layout:
    """The groups of the generator's programme with this seed."""
    made = make_groups(number, STAFF, LAST_DAY + timedelta(days=30))
    held = [[day_of(s.day) for s in group.sessions if s.is_held] for group in made]
    days = np.full((len(made), max(map(len, held))), NEVER, dtype="int64")
    for row, own in enumerate(held):
        days[row, : len(own)] = own
    names = list(words.TEAMS)
    return Layout(
        days=days,
        starts=np.array([day_of(group.started_on) for group in made]),
        team=np.array([names.index(group.teams[0]) for group in made]),
    )


@cache
def _flows() -> tuple[Floats, Floats]:
    """Southampton's factor on leaving and yearly rate of offers in each week, social work posts."""
    flows = [flow_on(FIRST_DAY + timedelta(days=int(day)), "S") for day in WEEK_STARTS]
    return np.array([flow.leaving for flow in flows]), np.array([flow.offers for flow in flows])


def _pandemic(ratio: float) -> Floats:
    since = WEEK_STARTS - day_of(LOCKDOWN)
    return np.where((since >= 0) & (since < 365), ratio, 1.0)


def play(scenario: Scenario, rng: np.random.Generator) -> Service:
    """Play one service through, posts side by side, one holder after another."""
    plan = layout(int(rng.integers(LAYOUTS)))
    swing, offers = _flows() if scenario.swings else (np.ones(len(WEEK_STARTS)), None)
    leaving = swing * _pandemic(scenario.pandemic)
    leaving = leaving * (1 + scenario.drift) ** (WEEK_STARTS / YEAR_DAYS)
    since_start = WEEK_STARTS - day_of(STARTS_ON) - scenario.delay_days
    fill_weight = np.where(
        since_start >= 0, 0.5 ** (np.maximum(since_start, 0) / scenario.half_life_days), 0.0
    )
    filling = np.full(len(WEEK_STARTS), OFFERS) if offers is None else offers
    filling = filling * scenario.filling**fill_weight * _pandemic(scenario.pandemic_filling)

    shares = np.array(list(words.TEAMS.values()))
    team = rng.choice(len(shares), POSTS, p=shares / shares.sum())
    group = _seats(team, plan, rng)
    filled = rng.random(POSTS) < STAFF / POSTS
    tenure = np.minimum(40 + rng.exponential(5.5 * YEAR_DAYS, POSTS), 32 * YEAR_DAYS)
    begins = np.where(filled, -tenure, np.nan)
    empty = np.where(filled, np.nan, -rng.uniform(0, 200, POSTS))
    posts = np.arange(POSTS)
    spells: list[dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]] = []
    vacancies: list[tuple[Floats, Floats, Whole]] = []
    while len(posts):
        vacant = np.isnan(begins)
        if vacant.any():
            opened = empty[vacant]
            closed, outcome = _recruited(opened, filling, rng)
            vacancies.append((opened, closed, outcome))
            starts = closed + rng.uniform(25, 65, len(opened))
            # A post that is withdrawn is advertised anew after some weeks.
            begins[vacant] = np.where(outcome == 1, starts, np.nan)
            empty[vacant] = np.where(outcome == 2, closed + 60, np.nan)
        staying = ~np.isnan(begins) & (begins < DAYS)
        held = posts[staying]
        if len(held):
            one = _careers(begins[staying], team[held], group[held], plan, leaving, scenario, rng)
            spells.append(one)
            empty[staying] = one["ends"] + 1
        again = (staying | ~np.isnan(empty)) & (np.nan_to_num(empty, nan=NEVER) < DAYS)
        posts, empty = posts[again], empty[again]
        begins = np.full(len(posts), np.nan)
    joined = {name: np.concatenate([one[name] for one in spells]) for name in spells[0]}
    return Service(
        **joined,
        layout=plan,
        opened=np.concatenate([one[0] for one in vacancies]),
        closed=np.concatenate([one[1] for one in vacancies]),
        outcome=np.concatenate([one[2] for one in vacancies]),
        fill_weight=fill_weight,
    )


def _seats(team: Whole, plan: Layout, rng: np.random.Generator) -> Whole:
    """Which group each post has a seat in: seven posts in ten, spread over their team's groups."""
    group = np.full(len(team), -1)
    wants = rng.random(len(team)) < SEATED
    for number in range(team.max() + 1):
        own = np.flatnonzero(plan.team == number)
        seated = np.flatnonzero(wants & (team == number))
        group[seated] = own[np.arange(len(seated)) % len(own)]
    return group


def _spent(rate: Floats, since: Floats, rng: np.random.Generator) -> Floats:
    """The day on which an exponential draw is spent along weekly rates from `since`, or NEVER.

    rate: yearly, one line a subject and one column a week. Weeks before `since` count in part.
    """
    exposed = np.clip((WEEK_STARTS + WEEK - since[:, None]) / WEEK, 0.0, 1.0)
    step = rate * exposed * (WEEK / YEAR_DAYS)
    spent = np.cumsum(step, axis=1)
    patience = rng.exponential(1.0, len(since))
    over = spent >= patience[:, None]
    week = over.argmax(axis=1)
    rows = np.arange(len(since))
    done = over[rows, week]
    left = (spent[rows, week] - patience) / np.where(done, step[rows, week], 1.0)
    # The last part of the week is what was not needed.
    day = WEEK_STARTS[week] + WEEK - left * WEEK * np.where(done, exposed[rows, week], 0.0)
    found: Floats = np.where(done, day, NEVER)
    return found


def _recruited(opened: Floats, filling: Floats, rng: np.random.Generator) -> tuple[Floats, Whole]:
    since = opened + QUIET_DAYS
    offered = _spent(np.broadcast_to(filling, (len(opened), len(filling))), since, rng)
    withdrawn = since + rng.exponential(YEAR_DAYS / WITHDRAWALS, len(opened))
    accepted = offered + rng.integers(5, 21, len(opened))
    # What is not filled within the weeks that are played stays open.
    outcome = np.where(
        (offered < NEVER) & (offered <= withdrawn), 1, np.where(withdrawn < DAYS, 2, 0)
    )
    closed = np.where(outcome == 1, accepted, np.where(outcome == 2, withdrawn, NEVER))
    return closed.astype("float64"), outcome


def _careers(
    begins: Floats,
    team: Whole,
    group: Whole,
    plan: Layout,
    leaving: Floats,
    scenario: Scenario,
    rng: np.random.Generator,
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """Spells that begin on these days: when they end, what they attend, and their hazards."""
    n = len(begins)
    settled = scenario.settled * rng.normal(size=n)
    if scenario.joining:
        group = np.where(rng.random(n) < 1 / (1 + np.exp(-settled)), group, -1)
    days = np.where(group[:, None] >= 0, plan.days[np.maximum(group, 0)], NEVER).astype("float64")
    joined = np.maximum(begins + rng.uniform(10, 35, n), plan.starts[np.maximum(group, 0)])
    comes = rng.random(days.shape) < 1 / (1 + np.exp(-(1.6 + settled)))[:, None]
    would = np.where(comes & (days >= joined[:, None]) & (days < DAYS), days, NEVER)

    weight = effect_weight(would, days, WEEK_STARTS, scenario)
    years = (WEEK_STARTS[None, :] - begins[:, None]) / YEAR_DAYS
    edges = np.array([until for until, _ in words.YEARLY_HAZARD])
    rates = np.array([rate for _, rate in words.YEARLY_HAZARD])
    base = rates[np.minimum(np.searchsorted(edges, years, side="right"), len(rates) - 1)]
    base = base * leaving * np.exp(-settled)[:, None]
    # Nobody leaves in the first two months, as in the generator.
    since = np.maximum(begins + 60, 0.0)
    ends = _spent(base * scenario.leaving**weight, since, rng)
    quiet = ends - notice_days(n, scenario, rng)
    attended = np.where((would < NEVER) & (would <= quiet[:, None]), would, NEVER)
    return {
        "begins": begins,
        "ends": ends,
        "team": team,
        "group": group,
        "attended": attended,
        "weight": weight,
        "base": np.where(WEEK_STARTS[None, :] + WEEK > since[:, None], base, 0.0),
        "usual": rng.normal(size=n),
    }


def effect_weight(would: Floats, days: Floats, at: Floats, scenario: Scenario) -> Floats:
    """The effect's weight on each of the days `at`, one line a person, as `Effect.weight_on`.

    would: days attended, NEVER where not, in the places of `days`, which are sorted in each line.
    """
    reached = np.maximum.accumulate(np.where(would < NEVER, would, -NEVER), axis=1)
    # How many sessions lie at least the delay back, for each line and day.
    place = (days[:, :, None] <= (at - scenario.delay_days)[None, None, :]).sum(axis=1) - 1
    latest = np.where(place >= 0, np.take_along_axis(reached, np.maximum(place, 0), axis=1), -NEVER)
    age = at[None, :] - latest - scenario.delay_days
    weight: Floats = np.where(latest > -NEVER, 0.5 ** (age / scenario.half_life_days), 0.0)
    return weight


def notice_days(n: int, scenario: Scenario, rng: np.random.Generator) -> Floats:
    """Days before leaving during which nobody attends: mostly 4 to 12 weeks, retirements more."""
    drawn, kind = rng.random(n), rng.random(n)
    if scenario.notice is not None:
        shortest, longest = scenario.notice
        return shortest + drawn * (longest - shortest)
    return np.where(kind < 0.84, 28 + 56 * drawn, np.where(kind < 0.92, 84 + 86 * drawn, 0.0))


@dataclass(frozen=True)
class Answers:
    """The waves of a survey, each with one array: scores, and whether each who answered had attended.

    asked: how many were in post. shifts: the mean effect on all in post, beyond that at the first wave;
    low_shifts: likewise what it does to the share with a score of LOW_UP_TO at most.
    """

    scores: list[Floats]
    attended: list[Flags]
    asked: list[int]
    shifts: list[float]
    low_shifts: list[float]


def answers(service: Service, scenario: Scenario, rng: np.random.Generator) -> Answers:
    """What people in post answer in each of WAVES: five answers from 0 to 5, as WHO-5 has them, by 4."""
    found = Answers([], [], [], [], [])
    effects, low_effects = [], []
    for wave in map(day_of, WAVES):
        here = np.flatnonzero((service.begins <= wave) & (service.ends >= wave))
        own, group = service.attended[here], service.group[here]
        days = np.where(group[:, None] >= 0, service.layout.days[np.maximum(group, 0)], NEVER)
        at = np.array([float(wave)])
        shift = scenario.wellbeing * effect_weight(own, days.astype("float64"), at, scenario)[:, 0]
        felt = MEAN_SCORE + SPREAD * (0.8 * service.usual[here] + 0.6 * rng.normal(size=len(here)))
        noise = rng.normal(0.0, 0.7, (len(here), 5))
        in_pandemic = 0 <= wave - day_of(LOCKDOWN) < 365
        general = scenario.pandemic_wellbeing if in_pandemic else 0.0
        score, without = _who5(felt + shift + general, noise), _who5(felt + general, noise)
        lean = scenario.answering if wave >= day_of(STARTS_ON) else 0.0
        odds = lean * (felt - MEAN_SCORE) / SPREAD
        answered = rng.random(len(here)) < 1 / (1 + np.exp(-odds))
        found.scores.append(score[answered])
        came = np.atleast_1d((own <= wave).any(axis=1))
        found.attended.append(came[answered])
        found.asked.append(len(here))
        effects.append(float((score - without).mean()))
        low = (score <= LOW_UP_TO).mean() - (without <= LOW_UP_TO).mean()
        low_effects.append(float(low))
    found.shifts.extend(effect - effects[0] for effect in effects)
    found.low_shifts.extend(effect - low_effects[0] for effect in low_effects)
    return found


def _who5(felt: Floats, noise: Floats) -> Floats:
    points: Floats = 4 * np.clip(np.round(felt[:, None] / 20 + noise), 0, 5).sum(axis=1)
    return points
