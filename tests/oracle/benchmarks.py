"""The marts of the Department for Education's figures, counted slowly from its files as published.

As `workforce.py`: nothing is shared with the product. Figures are decimals all the way, as they are
printed, so that no bound is missed or met by a binary digit; they turn into floats when a row goes
out.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Files = Mapping[date, Path]

# What each rate is made of: the count on top, the count below, whether the top is part of the whole.
RATES = {
    "turnover_rate_fte": ("leavers_fte", "inpost_fte", False),
    "turnover_rate_headcount": ("leavers_headcount", "inpost_headcount", False),
    "agency_rate_fte": ("agency_fte", "inpost_fte", True),
    "agency_rate_headcount": ("agency_headcount", "inpost_headcount", True),
    "agency_cover_rate_fte": ("agency_cover_fte", "agency_fte", False),
    "vacancy_rate_fte": ("vacancy_fte", "inpost_fte", True),
    "vacancy_agency_cover_rate_fte": ("agency_cover_fte", "vacancy_fte", False),
    "caseload_fte": ("cases", "case_holders_fte", False),
    "absence_rate_fte": ("working_days_lost_fte", "inpost_fte", False),
}
COUNTS = (
    "inpost_fte", "inpost_headcount", "starters_fte", "starters_headcount", "leavers_fte",
    "leavers_headcount", "agency_fte", "agency_headcount", "agency_cover_fte", "vacancy_fte",
    "case_holders_fte", "cases", "working_days_lost_fte",
)  # fmt: skip
# What the release of 2023 called the same.
THEN = {
    "inpost_fte": "social_worker_fte",
    "inpost_headcount": "social_worker_headcount",
    "leavers_fte": "leaver_fte",
    "leavers_headcount": "leaver_headcount",
    "agency_rate_fte": "agency_worker_rate_fte_%",
    "agency_rate_headcount": "agency_worker_rate_headcount_%",
}
LEVELS = {
    "National": ("country_code", "country_name"),
    "Regional": ("region_code", "region_name"),
    "Local authority": ("new_la_code", "la_name"),
}
FEWEST_FOR_A_PLACE = 30


def areas(files: Files) -> list[Row]:
    """One row an area and year of each release: who it is, and its figures and symbols by indicator."""
    found = []
    for release, path in files.items():
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
        for line in lines:
            code, name = LEVELS[line["geographic_level"]]
            cells = {}
            for indicator in (*COUNTS, *RATES):
                for heading in (indicator, THEN.get(indicator), f"{indicator}_%"):
                    if heading in line:
                        cells[indicator] = line[heading]
            found.append(
                {
                    "release_as_of": release,
                    "year": int(line["time_period"]),
                    "geographic_level": line["geographic_level"],
                    "area_code": line[code],
                    "old_la_code": line["old_la_code"] or None,
                    "area_name": line[name],
                    "region_name": line["region_name"] or None,
                    "figures": {name: figure(text) for name, text in cells.items()},
                    "symbols": {name: text for name, text in cells.items() if not figure_of(text)},
                }
            )
    return found


def figure_of(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def figure(text: str) -> Decimal | None:
    return Decimal(text) if figure_of(text) else None


def is_authority(area: Row) -> bool:
    return bool(area["geographic_level"] == "Local authority")


def shown(indicator: str, value: Decimal | None) -> float | None:
    """Per cent become fractions of 1; caseload, FTE and people stay as they are."""
    if value is None:
        return None
    return float(value / 100 if "_rate_" in indicator else value)


def days(indicator: str, year: int) -> int:
    """Working days of a census year, for the one rate that is of days."""
    return {True: 254, False: 253}[year in (2020, 2024)] if indicator == "absence_rate_fte" else 1


def recomputed(area: Row, indicator: str) -> Decimal | None:
    """The rate by its published counts; none where a count is a symbol or there is nothing below."""
    if indicator not in RATES or not is_authority(area):
        return None
    top, below, is_part = RATES[indicator]
    part, under = area["figures"].get(top), area["figures"].get(below)
    if part is None or under is None:
        return None
    whole = (under + (part if is_part else 0)) * days(indicator, area["year"])
    return part / whole if whole else None


def dfe_benchmark(files: Files) -> list[Row]:
    """One row a release, year, area and indicator that the release has."""
    return [
        {
            **{name: area[name] for name in
               ("release_as_of", "year", "geographic_level", "area_code", "old_la_code",
                "area_name")},
            "indicator": indicator,
            "published_value": shown(indicator, value),
            "symbol": area["symbols"].get(indicator),
            "recomputed_value": (
                None if (again := recomputed(area, indicator)) is None else float(again)
            ),
        }
        for area in areas(files)
        for indicator, value in area["figures"].items()
    ]  # fmt: skip


def bounds(area: Row, name: str) -> tuple[Decimal, Decimal]:
    """The least and the most that a count can be that was rounded to what is published."""
    half = Decimal("0.05") if name.endswith("_fte") else Decimal(0)
    value = area["figures"][name]
    return max(value - half, Decimal(0)), value + half


def can_be_met(area: Row, indicator: str) -> bool:
    """Whether some counts that round to the published ones give a rate that rounds to its own.

    Multiplied and never divided: part <= high * whole, and part >= low * whole.
    """
    top, below, is_part = RATES[indicator]
    (least, most), (least_below, most_below) = bounds(area, top), bounds(area, below)
    scale = Decimal("0.01") if "_rate_" in indicator else Decimal(1)
    rate = area["figures"][indicator]
    low, high = (rate - Decimal("0.05")) * scale, (rate + Decimal("0.05")) * scale
    length = days(indicator, area["year"])
    widest = (most_below + (least if is_part else 0)) * length
    narrowest = (least_below + (most if is_part else 0)) * length
    return least <= high * widest and most >= low * narrowest


def dfe_conformance(files: Files) -> list[Row]:
    """One row a release, year and rate."""
    found: dict[tuple[date, int, str], Row] = {}
    for area in areas(files):
        if not is_authority(area):
            continue
        for indicator in RATES:
            name = (area["release_as_of"], area["year"], indicator)
            row = found.setdefault(
                name,
                {
                    **dict(zip(("release_as_of", "year", "indicator"), name, strict=True)),
                    "authorities_published": 0,
                    "authorities_testable": 0,
                    "authorities_consistent": 0,
                    "authorities_not_consistent": 0,
                },
            )
            if area["figures"].get(indicator) is None:
                continue
            row["authorities_published"] += 1
            if recomputed(area, indicator) is not None:
                row["authorities_testable"] += 1
                met = "consistent" if can_be_met(area, indicator) else "not_consistent"
                row[f"authorities_{met}"] += 1
    return list(found.values())


def change(before: Row | None, after: Row | None, indicator: str) -> str:
    """What became of one figure from a release to the next."""
    if after is None:
        return "area_gone"
    if before is None:
        return "area_new"
    values = [area["figures"][indicator] for area in (before, after)]
    symbols = [area["symbols"].get(indicator) for area in (before, after)]
    if None not in values:
        return "unchanged" if values[0] == values[1] else "revised"
    if values[1] is not None:
        return "figure_given"
    if values[0] is not None:
        return "figure_withheld"
    return "unchanged" if symbols[0] == symbols[1] else "symbol_changed"


def dfe_revisions(files: Files) -> list[Row]:
    """One row an area, year and indicator of two releases, where both have the year and indicator."""
    releases: dict[date, dict[tuple[int, str, str], Row]] = {release: {} for release in files}
    for area in areas(files):
        name = (area["year"], area["geographic_level"], area["old_la_code"] or area["area_code"])
        releases[area["release_as_of"]][name] = area
    dates = sorted(releases)
    rows = []
    for earlier, later in pairwise(dates):
        before, after = releases[earlier], releases[later]
        covered = [
            {(year, indicator) for (year, _, _), area in side.items() for indicator in area["figures"]}
            for side in (before, after)
        ]  # fmt: skip
        for name in before.keys() | after.keys():
            old, new = before.get(name), after.get(name)
            who = new or old
            assert who is not None
            for indicator in who["figures"]:
                if any((name[0], indicator) not in side for side in covered):
                    continue
                values = [
                    None if side is None else shown(indicator, side["figures"][indicator])
                    for side in (old, new)
                ]
                rows.append(
                    {
                        "release_before": earlier,
                        "release_after": later,
                        "year": name[0],
                        "geographic_level": name[1],
                        "area_code": who["area_code"],
                        "old_la_code": who["old_la_code"],
                        "area_name": who["area_name"],
                        "indicator": indicator,
                        "value_before": values[0],
                        "value_after": values[1],
                        "difference": difference(old, new, indicator),
                        "symbol_before": old["symbols"].get(indicator) if old else None,
                        "symbol_after": new["symbols"].get(indicator) if new else None,
                        "change": change(old, new, indicator),
                    }
                )
    return rows


def difference(old: Row | None, new: Row | None, indicator: str) -> float | None:
    values = [side and side["figures"][indicator] for side in (old, new)]
    return None if None in values else shown(indicator, values[1] - values[0])  # type: ignore[operator]


def statistical_neighbours(published: Mapping[str, tuple[Path, int]]) -> list[Row]:
    """By model: its file, and the column in which the first of the ten neighbours stands."""
    rows = []
    for model, (path, first) in published.items():
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line[0].isdigit()]
        for line in lines:
            for rank in range(1, 11):
                place = first + 2 * (rank - 1)
                rows.append(
                    {
                        "model": model,
                        "old_la_code": line[0],
                        "rank": rank,
                        "neighbour_old_la_code": line[place].strip(),
                        "closeness": line[place + 1].strip(),
                    }
                )
    return rows


def middle(values: list[Decimal]) -> Decimal | None:
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def benchmark_standing(files: Files, neighbours: list[Row]) -> list[Row]:
    """One row a release, year, authority, indicator and model of neighbours."""
    models = sorted({row["model"] for row in neighbours})
    authorities = [area for area in areas(files) if is_authority(area)]
    lists: dict[tuple[str, str], set[str]] = {}
    for row in neighbours:
        named = lists.setdefault((row["model"], row["old_la_code"]), set())
        named.add(row["neighbour_old_la_code"])
    # Two authorities that publish together are one row in some years and two in others: each code
    # stands for every way in which any year has it.
    ways: dict[str, set[str]] = {}
    for area in authorities:
        for code in area["old_la_code"].split(" / "):
            ways.setdefault(code, set()).add(area["old_la_code"])
    rows = []
    for release, year in sorted({(a["release_as_of"], a["year"]) for a in authorities}):
        same = {
            area["old_la_code"]: area
            for area in authorities
            if (area["release_as_of"], area["year"]) == (release, year)
        }
        for indicator in next(iter(same.values()))["figures"]:
            placed = [
                area["figures"][indicator]
                for area in same.values()
                if (area["figures"]["inpost_headcount"] or 0) >= FEWEST_FOR_A_PLACE
                and area["figures"][indicator] is not None
            ]
            for own, area in same.items():
                value = area["figures"][indicator]
                has_place = (
                    value is not None
                    and (area["figures"]["inpost_headcount"] or 0) >= FEWEST_FOR_A_PLACE
                )
                for model in models:
                    beside = {
                        way
                        for code in own.split(" / ")
                        for neighbour in lists.get((model, code), ())
                        for way in ways.get(neighbour, ())
                    } - {own}
                    known = [
                        same[way]["figures"][indicator]
                        for way in beside
                        if way in same and same[way]["figures"][indicator] is not None
                    ]
                    rows.append(
                        {
                            "release_as_of": release,
                            "year": year,
                            "old_la_code": own,
                            "indicator": indicator,
                            "model": model,
                            "neighbours_median": shown(indicator, middle(known)),
                            "neighbours_with_figure": len(known),
                            "place": 1 + sum(one < value for one in placed) if has_place else None,
                            "councils": len(placed) if has_place else None,
                            "fewest_in_post": FEWEST_FOR_A_PLACE,
                        }
                    )
    return rows


def council_figures(files: Files) -> list[Row]:
    """Of the newest release, each authority's five indicators that councils are compared by."""
    compared = (
        "turnover_rate_fte", "vacancy_rate_fte", "agency_rate_fte", "absence_rate_fte", "caseload_fte",
    )  # fmt: skip
    return [
        {
            "indicator": indicator,
            "year": area["year"],
            "old_la_code": area["old_la_code"],
            "region_name": area["region_name"],
            "value": None if value is None else float(value),
        }
        for area in areas({max(files): files[max(files)]})
        if is_authority(area) and area["old_la_code"]
        for indicator, value in area["figures"].items()
        if indicator in compared
    ]


def marts(files: Files, published: Mapping[str, tuple[Path, int]]) -> dict[str, list[Row]]:
    """All of them, by name."""
    neighbours = statistical_neighbours(published)
    return {
        "dfe_benchmark": dfe_benchmark(files),
        "dfe_conformance": dfe_conformance(files),
        "dfe_revisions": dfe_revisions(files),
        "statistical_neighbours": neighbours,
        "benchmark_standing": benchmark_standing(files, neighbours),
        "int_impact__council_figures": council_figures(files),
    }
