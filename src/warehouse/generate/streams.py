"""Random streams that do not disturb each other.

Every decision about an entity draws from a stream of its own, named by the seed and by what the
decision is about. A source that is added later opens new streams and so leaves every figure that
was there before where it was; a change to one person's career moves nobody else's.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TypeVar

Choice = TypeVar("Choice")


def stream(seed: int, *names: object) -> random.Random:
    """A generator that depends on the seed and the names alone.

    seed: any integer. names: what the draws are for, such as `("post", 12, "leaving")`.
    The same arguments give the same draws in every process and on every machine: a text seed is
    hashed with SHA-512 by `random.Random`, not with Python's salted `hash`.
    """
    return random.Random("/".join(str(part) for part in (seed, *names)))


def branch(rng: random.Random) -> random.Random:
    """A stream that starts from one draw of `rng`, however many draws are then taken from it.

    For the parts of a career whose number of draws depends on how long the programme runs: what
    comes after them must not.
    """
    return random.Random(rng.getrandbits(64))


def pick(rng: random.Random, weights: dict[Choice, float]) -> Choice:
    """One key of `weights`, drawn in proportion to its weight (weights need not add to 1)."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def days_after(rng: random.Random, day: date, shortest: int, longest: int) -> date:
    """A day from `shortest` to `longest` days after `day`, both included, all equally likely."""
    return day + timedelta(days=rng.randint(shortest, longest))
