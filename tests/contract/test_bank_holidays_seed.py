"""The seed of England's bank holidays says what the package `holidays` says."""

import csv
from datetime import date
from pathlib import Path

import holidays

SEED = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "england_bank_holidays.csv"
YEARS = range(2010, 2031)


def listed() -> dict[date, str]:
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {date.fromisoformat(row["holiday"]): row["holiday_name"] for row in rows}


def test_the_days_are_those_of_the_package_and_no_others() -> None:
    """Days alone: the package rewords a name now and then, and no figure hangs on it."""
    assert sorted(listed()) == sorted(holidays.country_holidays("GB", subdiv="ENG", years=YEARS))


def test_one_off_days_and_substitute_days_are_among_them() -> None:
    """The wedding of 2011, two jubilees, the funeral and the coronation, and VE Day's moved Monday.

    Boxing Day 2020 was a Saturday, so Monday the 28th stood for it; 4 May 2020 was no holiday.
    """
    days = listed()
    assert {
        date(2011, 4, 29), date(2012, 6, 5), date(2020, 5, 8), date(2020, 12, 28),
        date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8),
    } <= set(days)  # fmt: skip
    assert date(2020, 5, 4) not in days


def test_every_year_has_eight_days_of_monday_to_friday_or_more() -> None:
    for year in YEARS:
        assert sum(day.year == year and day.weekday() < 5 for day in listed()) >= 8
