"""A known effect, to be switched on in the synthetic programme so that methods can be tried on it.

Without one nothing that the programme does changes who leaves, which posts are filled or how
people feel: whatever a method then finds is chance or bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import inf

from warehouse.errors import BadConfiguration

LOCKDOWN = date(2020, 3, 23)

# Beyond these nothing is plausible any more, and some sums would no longer be finite.
MOST_RATIO = 100
SCORES = 100
MOST_SELF_SELECTION = 10


@dataclass(frozen=True)
class Effect:
    """What truly follows from the programme, and what happens beside it. The defaults do nothing.

    leaving_hazard_ratio: the yearly rate of leaving of someone who attended a held session, as a
    multiple of what it would have been (above 0). fill_rate_ratio: the same for the rate at which
    open vacancies turn into offers. wellbeing_shift: points of the 0 to 100 score, for those who
    attended. All three begin `delay_days` after the attendance (fill rate: after `starts_on`),
    count attendance on or after `starts_on` alone, and fade by half in `half_life_days` from then
    on (None: never; a further attendance renews them).

    self_selection: how many times e the odds of attending rise, and the rate of leaving falls, for
    someone one standard deviation more settled: attendance then goes with staying and does not
    cause it. pandemic_hazard_ratio, pandemic_wellbeing_shift: on everyone, for a year from the
    first national lockdown.

    Refuses, with BadConfiguration and by the option's name: ratios that are not above 0 or are above
    100, shifts outside -100 to 100, a self-selection outside -10 to 10, half-lives that are not above
    0, negative delays, and what is no finite number.
    """

    leaving_hazard_ratio: float = 1.0
    fill_rate_ratio: float = 1.0
    wellbeing_shift: float = 0.0
    starts_on: date = date(2019, 1, 1)
    delay_days: int = 90
    half_life_days: float | None = None
    self_selection: float = 0.0
    pandemic_hazard_ratio: float = 1.0
    pandemic_wellbeing_shift: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers before anything is played through."""
        for name in ("leaving_hazard_ratio", "fill_rate_ratio", "pandemic_hazard_ratio"):
            _need(name, 0 < getattr(self, name) <= MOST_RATIO, f"above 0 and at most {MOST_RATIO}")
        for name in ("wellbeing_shift", "pandemic_wellbeing_shift"):
            _need(name, abs(getattr(self, name)) <= SCORES, f"from -{SCORES} to {SCORES}")
        most = MOST_SELF_SELECTION
        _need("self_selection", abs(self.self_selection) <= most, f"from -{most} to {most}")
        _need("delay_days", self.delay_days >= 0, "0 or more")
        half_life = self.half_life_days
        _need("half_life_days", half_life is None or 0 < half_life < inf, "above 0 and finite")

    @property
    def reaches_leaving(self) -> bool:
        """Whether attendance has any bearing on leaving."""
        return self.leaving_hazard_ratio != 1.0

    def weight(self, days: int) -> float:
        """How much of the effect is there so many days after its cause: 0 to 1."""
        if days < self.delay_days:
            return 0.0
        if self.half_life_days is None:
            return 1.0
        return float(0.5 ** ((days - self.delay_days) / self.half_life_days))

    def weight_on(self, day: date, attended: list[date]) -> float:
        """The weight on `day` for someone who attended on these days, oldest first."""
        for seen in reversed(attended):
            if seen < self.starts_on:
                return 0.0
            if (day - seen).days >= self.delay_days:
                return self.weight((day - seen).days)
        return 0.0

    def on_leaving(self, day: date, attended: list[date]) -> float:
        """The factor on the rate of leaving on `day`, the pandemic's included."""
        factor = 1.0
        if self.reaches_leaving and attended:
            factor = float(self.leaving_hazard_ratio ** self.weight_on(day, attended))
        return factor * (self.pandemic_hazard_ratio if in_pandemic_year(day) else 1.0)

    def on_filling(self, day: date) -> float:
        """The factor on the rate at which a vacancy turns into an offer on `day`."""
        if self.fill_rate_ratio == 1.0 or day < self.starts_on:
            return 1.0
        return float(self.fill_rate_ratio ** self.weight((day - self.starts_on).days))

    def on_wellbeing(self, day: date, attended: list[date]) -> float:
        """Points on the 0 to 100 score of someone who attended on these days, oldest first."""
        pandemic = self.pandemic_wellbeing_shift if in_pandemic_year(day) else 0.0
        return self.wellbeing_shift * self.weight_on(day, attended) + pandemic


def _need(name: str, is_so: bool, bounds: str) -> None:
    if not is_so:
        raise BadConfiguration(
            f"--effect-{name.replace('_', '-')} has to be {bounds}; nothing was written. "
            "Choose another number."
        )


NO_EFFECT = Effect()


def in_pandemic_year(day: date) -> bool:
    """Whether `day` lies in the year from the first national lockdown on."""
    return 0 <= (day - LOCKDOWN).days < 365
