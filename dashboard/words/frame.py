"""The frame of every page: its question, how old it is, and what to know of it first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from dashboard.words.common import counted, day

QUESTIONS = {
    "Overview": "Is the programme working?",
    "Retention": "Are staff staying?",
    "Recruitment": "Are posts being filled?",
    "Participation": "Are people taking part?",
    "Debriefs": "Is help there after an incident?",
    "Wellbeing": "How are people?",
    "Impact": "What can we honestly claim?",
    "Benchmarks": "How do we compare?",
    "Principle 6": "Do we do what the evidence asks?",
    "About the data": "Can I trust this?",
    "Your data": "What is held about me, and who sees it?",
    "Operations": "Did the last night go well?",
}


def as_at(as_of: date | None) -> str:
    """How far the staff records reach: on every page but the benchmarks."""
    if as_of is None:
        return "No staff records have been taken in yet"
    return f"Staff figures as at **{day(as_of)}**"


def released(releases: Sequence[date]) -> str:
    """Which release of the Department's statistics the benchmarks are from."""
    if not releases:
        return "No release of the Department's statistics has been taken in yet"
    return f"Department for Education, release of **{day(max(releases))}**"


def published(built_at: datetime | None) -> str:
    """When the file was made."""
    return "date of publishing not known" if built_at is None else f"published {day(built_at)}"


def ago(hours: float) -> str:
    """A length of time, rounded down to hours, or to days from two days on."""
    if hours < 1:
        return "within the last hour"
    if hours < 48:
        return f"{counted(hours // 1, 'hour', 'hours')} ago"
    return f"{counted(hours // 24, 'day', 'days')} ago"


def freshness(last_good: datetime | None, now: datetime) -> str:
    """How long ago the nightly job last ended well."""
    if last_good is None:
        return "last good night not known"
    return f"last good night {ago((now - last_good).total_seconds() / 3600)}"


def stale(last_good: datetime | None, now: datetime) -> str:
    """The banner for a missed night."""
    if last_good is None:
        return (
            "**No night is known to have ended well.** These figures may be older than they look. "
            "Whoever runs the warehouse can see why with `warehouse status`."
        )
    hours = (now - last_good).total_seconds() / 3600
    return (
        f"**A night was missed.** The nightly job last ended well on {day(last_good)} at "
        f"{last_good:%H:%M} ({last_good.tzname()}), {ago(hours)}. The figures below are the last good ones. "
        "Whoever runs the warehouse can see why with `warehouse status`."
    )


def synthetic_notice(page: str) -> str:
    """Said on every page while the file's own flag says that the staff are made up."""
    if page == "Benchmarks":
        return (
            "**Real figures on this page.** They are the Department for Education's published "
            "statistics. The staff records behind the other pages are synthetic: made up to show "
            "how the system works."
        )
    if page in {"About the data", "Operations"}:
        return (
            "**Synthetic data.** The staff records behind these pages are made up to show how the "
            "system works. Only the Department for Education's statistics are real."
        )
    return (
        "**Synthetic data.** The staff records behind this page are made up to show how the "
        "system works. They describe no real person and say nothing about Southampton."
    )
