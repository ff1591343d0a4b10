"""How many posts there are, how fast they fill and empty: the flows of Southampton's census years.

The Department for Education publishes, for 30 September of each year, how many social workers
Southampton had in post, how many left in the year, how many posts were vacant and how many agency
workers were there. A real year's stock and flow do not close (2018: 126 + 18 - 21 is not 199, and
2020: 206 + 30 - 20 is not 178). Here they have to, so two things stand between them: starters
balance the books, and posts are regraded into and out of social work, as councils do when they
look again at who counts.

The rates are found once, by hand, from the published counts (in the comments: people in post,
leavers, vacancies at the year's end); every career then draws from them by chance, so that no year
comes out exactly.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

YEAR_DAYS = 365.25
SOCIAL_WORK, SUPPORT = "S", "O"


@dataclass(frozen=True)
class Flow:
    """What happens to the posts of one kind in a year.

    leaving: factor on the rate of leaving by years of service. offers, withdrawals: yearly rates
    of an open vacancy. created: new posts in the year, in a service of 280.
    """

    leaving: float
    offers: float
    withdrawals: float
    created: float


@dataclass(frozen=True)
class CensusYear:
    """A year to 30 September. regraded: the share of posts that become (above 0: of family
    support posts, social work; below 0: of case-holding posts, family support) in that year.
    covered: the share of vacancies that an agency worker covers."""

    closes: date
    social_work: Flow
    support: Flow
    regraded: float
    covered: float


YEARS: tuple[CensusYear, ...] = (
    # Before what is published: a service that neither grows nor shrinks.
    CensusYear(date(2016, 9, 30), Flow(0.90, 0.60, 0.05, 1), Flow(0.9, 1.6, 0.05, 0), 0.0, 0.60),
    # 126 in post, 13 left, 28 vacancies
    CensusYear(date(2017, 9, 30), Flow(0.87, 2.60, 0.05, 36), Flow(0.9, 1.0, 0.5, 0), 0.0, 0.59),
    # 199, 21, 37
    CensusYear(date(2018, 9, 30), Flow(1.02, 1.75, 0.05, 34), Flow(1.0, 0.8, 1.0, 0), 0.55, 0.78),
    # 206, 30, 86
    CensusYear(date(2019, 9, 30), Flow(1.14, 0.72, 0.04, 61), Flow(1.1, 0.7, 1.5, 0), 0.0, 0.93),
    # 178, 20, 44
    CensusYear(date(2020, 9, 30), Flow(0.65, 0.38, 0.65, 6), Flow(1.2, 0.4, 2.0, 0), -0.25, 0.98),
    # 225, 14, 52
    CensusYear(date(2021, 9, 30), Flow(0.50, 1.30, 0.05, 47), Flow(1.3, 0.4, 2.0, 0), 0.22, 0.88),
    # Beyond: again a service that keeps its size.
    CensusYear(date(9999, 9, 30), Flow(0.90, 0.63, 0.05, 3), Flow(0.9, 1.6, 0.05, 0), 0.0, 0.80),
)
_CLOSES = [year.closes for year in YEARS]

# In post and vacant, for a service that is entered in the middle of the story.
STOCKS: tuple[tuple[date, float, float, float, float], ...] = (
    # day, social workers in post, vacancies, others in post, their vacancies
    (date(2016, 9, 30), 97, 25, 148, 10),
    (date(2017, 9, 30), 126, 28, 138, 9),
    (date(2018, 9, 30), 199, 37, 78, 6),
    (date(2019, 9, 30), 206, 86, 66, 5),
    (date(2020, 9, 30), 178, 44, 84, 3),
    (date(2021, 9, 30), 225, 52, 58, 3),
)
# The first posts stand from here on, however early the programme begins.
_BEGINNING = STOCKS[0][0]


def year_of(day: date) -> CensusYear:
    """The census year that `day` lies in."""
    return YEARS[bisect_left(_CLOSES, day)]


def flow_on(day: date, kind: str) -> Flow:
    """The flow of posts of this kind on `day`."""
    year = year_of(day)
    return year.social_work if kind == SOCIAL_WORK else year.support


def stocks_on(day: date) -> tuple[float, float, float, float]:
    """Social workers in post, their vacancies, others in post, their vacancies, on `day`.

    In a service of 280, on straight lines between the days in STOCKS and flat outside.
    """
    if day <= STOCKS[0][0]:
        return STOCKS[0][1:]
    for left, right in pairwise(STOCKS):
        if day <= right[0]:
            share = (day - left[0]) / (right[0] - left[0])
            a, b, c, d = (
                low + (high - low) * share for low, high in zip(left[1:], right[1:], strict=True)
            )
            return a, b, c, d
    return STOCKS[-1][1:]


def creation_days(kind: str, since: date, until: date, scale: float) -> list[date]:
    """The days from `since` to `until` on which a new post of this kind is set up, in order.

    scale: the service's size over 280. Spread evenly over each year.
    """
    found: list[date] = []
    owed, day = 0.0, since
    while day <= until:
        owed += flow_on(day, kind).created * scale * 7 / YEAR_DAYS
        while owed >= 1:
            found.append(day)
            owed -= 1
        day += timedelta(days=7)
    return found
