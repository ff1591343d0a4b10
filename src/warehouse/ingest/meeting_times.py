"""Dates, times and lengths of time as meeting reports write them.

A report's clock is that of whoever made it, and it does not say which: no time here has a zone.
"""

import re
from datetime import date, datetime, timedelta

_MOMENT = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})[, T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?"
    r"(?: ?([ap])\.? ?m\.?)?(?: ?(?:Z|UTC))?",
    re.ASCII | re.IGNORECASE,
)
_AMOUNT = re.compile(r"(\d+)\s*([^\W\d]+)\.?")
# Hours are godziny where the report is Polish.
_SECONDS = {"h": 3600, "g": 3600, "m": 60, "s": 1}
_MARKS_OF_DIRECTION = str.maketrans("", "", "\u200e\u200f")


def moment(text: str, day_first: bool) -> str:
    """A report's date and time as ``YYYY-MM-DD HH:MM:SS``; the text itself where it is none."""
    match = _MOMENT.fullmatch(" ".join(text.translate(_MARKS_OF_DIRECTION).split()))
    if match is None:
        return text
    first, second, third, hour, minute, second_of_minute = (int(one or 0) for one in match.groups()[:6])  # fmt: skip
    if len(match[1]) == 4:
        year, month, day = first, second, third
    else:
        year = third + 2000 if third < 100 else third
        day, month = (first, second) if day_first else (second, first)
    half = (match[7] or "").lower()
    if half:
        # There is neither a 0 nor a 13 on a clock of twelve hours.
        hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 24
    try:
        return str(datetime(year, month, day, hour, minute, second_of_minute))  # noqa: DTZ001
    except ValueError:
        return text


def as_datetime(text: str) -> datetime | None:
    """What ``moment`` has read; None for a text that it could not read."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None


def duration(text: str) -> timedelta | None:
    """A length such as ``2h 30m 1s`` or ``21 min 7 sek.``; None where its units are not known."""
    amounts = _AMOUNT.findall(text)
    if not amounts or _AMOUNT.sub("", text).strip():
        return None
    if any(unit[0].lower() not in _SECONDS for _, unit in amounts):
        return None
    if len("".join(number for number, _ in amounts)) > 8:
        return None
    return timedelta(
        seconds=sum(int(number) * _SECONDS[unit[0].lower()] for number, unit in amounts)
    )


def after(began: datetime, stated: timedelta) -> str:
    """The moment that lies so much later; '' where no calendar has it."""
    try:
        return str(began + stated)
    except OverflowError:
        return ""


def day_after(day: date) -> date:
    """The next day; the calendar's last day has none and stays."""
    return day if day == date.max else day + timedelta(days=1)
