"""Rung 5, the rows of `impact_comparator`: did the council part from councils like it?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from warehouse.impact import Finding, Grade
from warehouse.ladder.rows import TOGETHER, Words, frame, reason, row
from warehouse.programme import Programme

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Window:
    """Census years before and after, each a range of which both ends belong to it."""

    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def named(self) -> str:
        """As the term of a row has it."""
        return " ".join(f"{first}-{last}" for first, last in (self.before, self.after))

    @property
    def is_after_the_programme(self) -> bool:
        """Whether no year after is one that ended before the pandemic."""
        return self.after[0] > WORST_YEAR


# All choices side by side; the first was fixed beforehand: years that end on 30 September, the last two
# before the programme's, and the two that hold months of it.
MAIN = Window((2017, 2018), (2019, 2020))
WINDOWS = (
    MAIN,
    Window((2017, 2018), (2019, 2019)),
    Window((2017, 2018), (2020, 2020)),
    Window((2017, 2018), (2020, 2025)),
    Window((2017, 2019), (2020, 2025)),
)
# The worst year falls inside the programme. With it in the baseline a return to normal looks like a gain.
WORST_YEAR = 2019
INDICATORS = {
    "turnover_rate_fte": ("Turnover of social workers", "points"),
    "vacancy_rate_fte": ("The vacancy rate", "points"),
    "agency_rate_fte": ("The agency rate", "points"),
    "absence_rate_fte": ("The absence rate", "points"),
    "caseload_fte": ("The caseload", "cases"),
}
# The one that the calibration makes up.
TRIED = "turnover_rate_fte"
POOLS = {
    "neighbours_2025": "its ten nearest councils of 2025",
    "neighbours_2021": "its ten nearest councils of 2021",
    "region": "the councils of its region",
    "england": "all councils",
}


def comparator(
    figures: pd.DataFrame, neighbours: pd.DataFrame, programme: Programme
) -> pd.DataFrame:
    """All rows of `impact_comparator` with what the verdict is made of (INNER_COLUMNS of `rows`).

    figures: `indicator`, `year`, `old_la_code`, `region_name`, `value` (points, or cases) of every
    authority, of one release. neighbours: `model`, `old_la_code`, `neighbour_old_la_code`. Any order of
    rows; both may be empty.

    One row an indicator, pool and window of `difference_in_differences`, whose term is the pool and the
    years before and after, such as `region 2017-2018 2019-2020`; and one an indicator of
    `synthetic_control`, which refuses where there are too few years before.
    """
    own, region = programme.old_la_code, programme.region
    donors = {
        **{
            f"neighbours_{model}": _as_reported(
                figures,
                neighbours.loc[
                    (neighbours["model"].astype(str) == model) & (neighbours["old_la_code"] == own),
                    "neighbour_old_la_code",
                ],
            )
            for model in ("2025", "2021")
        },
        "region": sorted(set(figures.loc[figures["region_name"] == region, "old_la_code"])),
        "england": sorted(set(figures["old_la_code"])),
    }
    rows = []
    for indicator in INDICATORS:
        table = figures[figures["indicator"] == indicator]
        table = table.sort_values(["old_la_code", "year"], ignore_index=True)
        for window, pool in product(WINDOWS, POOLS):
            others = [code for code in donors[pool] if code != own]
            rows.append(_apart(table, indicator, pool, window, others, own))
        rows.append(_synthetic(table, indicator, [c for c in donors["england"] if c != own], own))
    return frame(rows)


def _as_reported(figures: pd.DataFrame, wanted: pd.Series[str]) -> list[str]:
    """Codes as the figures have them: two authorities may report together, as `940 / 941`."""
    asked = set(wanted)
    return sorted(
        code for code in set(figures["old_la_code"]) if asked & set(str(code).split(" / "))
    )


def _years(ends: tuple[int, int]) -> list[int]:
    return list(range(ends[0], ends[1] + 1))


def _common(indicator: str, pool: str) -> dict[str, Any]:
    label, unit = INDICATORS[indicator]
    return {
        "subject": f"{label}, beside {POOLS[pool]},",
        "scale": "difference",
        "better": "decrease",
        "unit": unit,
    }


def _apart(
    table: pd.DataFrame, indicator: str, pool: str, window: Window, donors: list[str], own: str
) -> dict[str, Any]:
    from scipy.stats import t

    from warehouse.statistics import comparators

    term = f"{pool} {window.named}"
    is_main = window == MAIN
    common = _common(indicator, pool) | {"method": "difference_in_differences"}
    flattered = window.before[0] <= WORST_YEAR <= window.before[1]
    try:
        result = comparators.difference_in_differences(
            table,
            unit="old_la_code",
            time="year",
            outcome="value",
            treated=own,
            before=_years(window.before),
            after=_years(window.after),
            donors=donors,
        )
    except ValueError:
        why = "The published figures do not hold these years for the council and for two others."
        empty = Finding(**common, estimate=None, lower_95=None, upper_95=None, checks=reason(why))
        words = Words(why_not=why)
        return row(
            indicator,
            term,
            empty,
            n=None,
            scope_type="social_workers",
            is_main=is_main,
            words=words,
        )
    found = result.iloc[0]
    estimate = float(found["estimate"])
    # By t: with ten councils the spread is itself a guess, and 1.96 of it would hold the truth in 92 %.
    reach = float(t.ppf(0.975, int(found["n_donors"]) - 1)) * float(found["placebo_sd"])
    before = table[(table["old_la_code"] == own) & table["year"].isin(_years(window.before))]
    finding = Finding(
        **common,
        estimate=estimate,
        lower_95=estimate - reach,
        upper_95=estimate + reach,
        minimum_detectable=float(found["minimum_detectable"]),
        base=float(before["value"].mean()),
        p_value=float(found["p_value"]),
        smallest_p=float(found["smallest_p"]),
        checks=result.attrs["checks"],
    )
    capped: Grade = "weak" if flattered or window.is_after_the_programme else "strong"
    return row(
        indicator,
        term,
        finding,
        n=int(found["n_donors"]) + 1,
        scope_type="social_workers",
        is_main=is_main,
        capped_at=capped,
        tried_as="2019_in_baseline" if flattered else None,
        is_tried=indicator == TRIED,
        words=Words(after=_said_of(window, flattered=flattered)),
    )


def _said_of(window: Window, *, flattered: bool) -> str:
    years = " to ".join(str(year) for year in dict.fromkeys(window.after))
    base = " to ".join(str(year) for year in dict.fromkeys(window.before))
    said = f"This sets {years} beside {base}."
    if flattered:
        return (
            f"{said} It counts {WORST_YEAR}, the worst year, as before: a return to normal would look "
            "like a gain."
        )
    if window.after[1] > WORST_YEAR:
        said += f" {TOGETHER}"
    return said


def _synthetic(table: pd.DataFrame, indicator: str, donors: list[str], own: str) -> dict[str, Any]:
    """A synthetic control where there are years enough before, else the row that says there are not."""
    from warehouse.statistics import comparators

    common = _common(indicator, "england") | {"method": "synthetic_control"}
    known = sorted(table.loc[(table["old_la_code"] == own) & table["value"].notna(), "year"])
    before = [int(year) for year in known if year <= MAIN.before[1]]
    term = (
        f"england {before[0] if before else '-'}-{MAIN.before[1]} {MAIN.after[0]}-{MAIN.after[1]}"
    )
    why = (
        f"There are {len(before)} years from before, and {comparators.LEAST_PRE_PERIODS} are the "
        "fewest: many mixes of councils would fit them and part afterwards."
    )
    empty = Finding(**common, estimate=None, lower_95=None, upper_95=None, checks=reason(why))
    refused = row(
        indicator, term, empty, n=None, scope_type="social_workers", words=Words(why_not=why)
    )
    if len(before) < comparators.LEAST_PRE_PERIODS:
        return refused
    try:
        result = comparators.synthetic_control(
            table,
            unit="old_la_code",
            time="year",
            outcome="value",
            treated=own,
            before=before,
            after=_years(MAIN.after),
            donors=donors,
        )
    except ValueError:
        return refused
    found = result.iloc[0]
    ends = (float(found["estimate_lowest"]), float(found["estimate_highest"]))
    estimate = float(found["estimate"]) if bool(found["determined"]) else None
    finding = Finding(
        **common,
        estimate=estimate,
        # The range over all mixes that fit as well; its chance is told by p alone.
        lower_95=ends[0] if estimate is not None else None,
        upper_95=ends[1] if estimate is not None else None,
        p_value=float(found["p_value"]) if estimate is not None else None,
        checks=result.attrs["checks"],
    )
    words = Words(why_not="Many mixes of councils fit the past equally well and part afterwards.")
    return row(
        indicator,
        term,
        finding,
        n=int(found["n_donors"]) + 1,
        scope_type="social_workers",
        capped_at="weak",
        words=words,
    )
