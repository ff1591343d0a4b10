"""Impact: what can we honestly claim? Grades and sentences come from the file; here stand the rules."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dashboard import instruments
from dashboard.words.benchmarks import indicator
from dashboard.words.common import COLUMNS, counted, percent, short_day, whole

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder: its question, where its findings stand, and how it is worked out.

    methods: the beginnings of the names of its methods. scale: `ratio`, where 1 is no change, or
    `difference`, where 0 is. compares: what it is held against. main: (method, term) of the finding that
    was fixed beforehand, any term where it is empty.
    """

    key: str
    title: str
    table: str
    methods: tuple[str, ...]
    scale: Literal["ratio", "difference"]
    compares: str
    main: tuple[tuple[str, str], ...] = ()


RUNGS = (
    Rung(
        "leaving",
        "Did leaving change when the programme began?",
        "impact_its",
        ("segmented", "before_and_after"),
        "ratio",
        "Leavers a month, for each person in post, before the programme began and after, with seasons "
        "and a step at the pandemic allowed for. Nobody is compared with at the same time. One month "
        "lies between the programme's end and the pandemic, so that what came after January 2020 "
        "cannot be told from the pandemic.",
        (("segmented_regression", "level"),),
    ),
    Rung(
        "wellbeing",
        "Are people better?",
        "impact_its",
        ("wave",),
        "difference",
        "Scores of the wellbeing survey before the programme and during it. Other people may have "
        "answered each time; the bounds show what those who kept silent could change.",
        (("waves", ""),),
    ),
    Rung(
        "recruitment",
        "Are posts filled sooner?",
        "impact_survival",
        ("recruitment",),
        "ratio",
        "How fast posts are filled once they are open: on days of the programme, and on days before it. "
        "A post that is still open counts for as long as it has been.",
        (("recruitment_cox", "during"),),
    ),
    Rung(
        "people",
        "Do those who attend stay longer?",
        "impact_survival",
        ("time_varying_cox", "attendance"),
        "ratio",
        "The same people before and after they have come to a session. A session counts from 90 days "
        "after it, since people under notice stop coming. Who attends chose to, so this is never more "
        "than a weak sign.",
        (("time_varying_cox", "attended_90_days"),),
    ),
    Rung(
        "rollout",
        "Do teams change when their own group begins?",
        "impact_its",
        ("stagger",),
        "difference",
        "Teams whose group has begun beside teams whose group has not, at the same time.",
        (("staggered", "simple"),),
    ),
    Rung(
        "comparators",
        "Did Southampton part from councils like it?",
        "impact_comparator",
        ("",),
        "difference",
        "The Department's published figures of Southampton beside other councils, before and after. "
        "2019 was the worst year of the agency rate: with it in the years before, any later year "
        "looks like a gain.",
        (("difference_in_differences", "england 2017-2018 2019-2020"),),
    ),
)
# As `warehouse.impact` has it.
SIGNIFICANT = 0.05
# Which groups of the survival curves belong to a rung, by the beginning of their names.
CURVES_OF = {"recruitment": "vacancies_", "people": "staff_"}

# As `warehouse.impact` grades; a test holds the two together.
GRADE_RULES = {
    "strong": "It compares with others at the same time, and every check of its assumptions passed.",
    "moderate": "No check of its assumptions failed. It has nobody to compare with at the same time, or "
    "some check could not be made.",
    "weak": "A check of its assumptions failed, those who took part chose to, or it went astray on "
    "made-up services that break its assumptions.",
    "not enough data": "There is no estimate. Or it rests on fewer than 10 events, or on too few "
    "to compare with for any change to stand out. Or nothing showed, where even an end of all of it might "
    "not have.",
}
# Never colour alone: how many of three are filled says it too.
GRADE_MARKS = {"strong": "●●●", "moderate": "●●○", "weak": "●○○", "not enough data": "○○○"}
CHECK_MARKS = {True: "✓ Passed", False: "✗ Failed", None: "? Could not be checked"}
CHECKS = {
    "trend": "No trend that went on",
    "overdispersion": "Spread of the monthly counts",
    "residual_autocorrelation": "Months independent of each other",
    "periods": "Enough months",
    "proportional_hazards": "The same ratio at all times",
    "events_per_term": "Enough events",
    "risk_sets": "Enough people at risk",
    "pre_trends": "Moved alike before",
    "units": "Enough teams",
    "donors": "Enough councils to compare with",
    "pre_periods": "Enough years before",
    "fit": "Close to the past",
    "response": "Who answered",
    "non_response": "Those who did not answer",
    "minimum_detectable": "Could have been seen at all",
    "calibration": "Right on made-up programmes with a known effect",
    "power": "Could be seen at all",
    "inference": "Chance, by dealing starts out anew",
    "subjects": "Who was watched",
    "estimate": "An estimate",
}
NOTHING_OF_A_RUNG = (
    "The file has no figure of this rung: the method is switched off, or the figures were published "
    "before there was one. That is no sign of anything."
)
SEEN_TITLE = "Could we have seen it?"
CLAIM_NOTE = (
    "A ladder: each card is another way to ask, with its own weakness. The control charts of the first "
    "stand on the pages of their figures; the last has its page, Principle 6."
)
CURVES_NOTE = {
    "people": "The share still in post, by years since the programme ended, of those who had come to a "
    "session by then and those who had not. A curve ends where fewer than ten people are left to watch, "
    "or where a step would tell of too few. The pale band is its 95% interval.",
    "recruitment": "The share of posts still open, by months since they were opened. A curve ends where "
    "fewer than ten are left to watch. The pale band is its 95% interval.",
}
CURVE_GROUPS = {
    "staff_attended": "Had come",
    "staff_not_attended": "Had not come",
    "vacancies_before": "Opened before",
    "vacancies_during": "Opened during",
    "vacancies_after": "Opened after",
}


def plain_name(name: str) -> str:
    """A name of a column or method as words: 'agency_rate_fte' -> 'Agency rate fte'."""
    said = name.replace("_", " ").strip()
    return said[:1].upper() + said[1:]


def check_name(name: str) -> str:
    """What an assumption is called."""
    return CHECKS.get(name, plain_name(name))


def no_change(scale: str) -> float:
    """Where nothing changed: 1 of a ratio, 0 of a difference."""
    return 1.0 if scale == "ratio" else 0.0


def estimate_value(number: float | None, scale: str, unit: str = "") -> str:
    """An end of an interval, as a person writes it. unit: of a difference, as `points`."""
    if number is None or math.isnan(number):
        return "–"
    if math.isinf(number):
        return "no limit"
    if scale == "ratio":
        return f"{number:.2f}" if number < 100 else f"{number:,.0f}"
    return f"{number:+.1f} {unit}".strip().replace("-", "−")


def interval_words(row: Row, scale: str, unit: str = "") -> str:
    """'0.80 (0.62 to 1.03)', or that there is no figure."""
    if row["estimate"] is None:
        return "no figure"
    middle = estimate_value(row["estimate"], scale, unit)
    if row["lower_95"] is None or row["upper_95"] is None:
        return middle
    low, high = (estimate_value(row[end], scale) for end in ("lower_95", "upper_95"))
    return f"{middle} ({low} to {high})"


def smallest_p(row: Row) -> float:
    """The least that the test of a finding could have said; 0 where its checks name none."""
    return max((float(one.get("smallest_p") or 0) for one in row["checks"].values()), default=0.0)


def detectable_words(row: Row, scale: str, unit: str = "") -> str:
    """The smallest change that would have shown, in four times of five; or that it is not known."""
    if smallest_p(row) >= SIGNIFICANT:
        return "none, however large"
    least = row.get("minimum_detectable")
    if least is None or math.isnan(least) or math.isinf(least):
        return "not known"
    if scale == "ratio":
        change = abs(least - 1)
        return f"a {'rise' if least > 1 else 'fall'} of {round(100 * change)}%"
    return f"a change of {abs(least):,.1f} {unit}".strip()


def could_be_seen(row: Row, scale: str, unit: str = "") -> str:
    """The sentence beside each estimate on what would have shown."""
    if smallest_p(row) >= SIGNIFICANT:
        return "No. There are too few to compare with: even the largest change would be put down to chance."
    least = detectable_words(row, scale, unit)
    if least == "not known":
        return (
            "How small a change this would have shown cannot be said. So a missing sign is no sign "
            "that nothing changed."
        )
    if row["grade"] == "not enough data":
        return f"No. It would take {least} to show four times out of five."
    return (
        f"With this data, {least} would have shown four times out of five. A smaller change may be "
        "there and not be seen."
    )


def grade_words(grade: str) -> str:
    """A grade with its mark and its written rule."""
    return f"{GRADE_MARKS.get(grade, '')} **{plain_name(grade)}**. {GRADE_RULES.get(grade, '')}".strip()


def impact_answer(verdict: Row | None, rows: Sequence[Row]) -> str:
    """The sentence at the top: the verdict, and the findings that it is made of."""
    if not rows:
        return "Nothing can be claimed yet: no finding has been published."
    if verdict is None:
        return (
            f"{counted(len(rows), 'finding', 'findings').capitalize()} can be read below. The file "
            "gives no verdict on them together."
        )
    better, worse, neither, few = (
        int(verdict[name]) for name in ("better", "worse", "no_sign_either_way", "not_counted")
    )
    return (
        f"**{plain_name(str(verdict['verdict']))}.** Of the "
        f"{counted(better + worse + neither + few, 'finding', 'findings')} that were fixed beforehand, "
        f"{better or 'none'} {'is' if better < 2 else 'are'} better, {worse or 'none'} "
        f"{'is' if worse < 2 else 'are'} worse and {neither or 'none'} "
        f"{'shows' if neither < 2 else 'show'} no sign either way{_named(verdict)}. "
        f"{_not_counted(verdict, few)}"
    )


def _named(verdict: Row) -> str:
    # A version from before these were told, to which somebody rolled back, has none of them.
    named = str(verdict.get("counted_findings") or "")
    return f" ({named})" if named else ""


def _not_counted(verdict: Row, few: int) -> str:
    """Of the findings that do not count, how many there are, why, and which way they point."""
    if not few:
        return "All of them count."
    said = (
        f"{counted(few, 'finding', 'findings').capitalize()} {'does' if few < 2 else 'do'} not count, "
        "being graded weak or without enough data"
    )
    ways = [verdict.get(name) for name in ("better_not_counted", "worse_not_counted")]
    if None in ways:
        return f"{said}."
    better, worse = (int(way) for way in ways if way is not None)
    if not (better or worse):
        return f"{said}; none of them points either way."
    return (
        f"{said}; {better or 'none'} of them {'points' if better < 2 else 'point'} to better and "
        f"{worse or 'none'} to worse."
    )


def describe_estimates(
    title: str, labels: Sequence[str], rows: Sequence[Row], scale: str, unit: str = ""
) -> str:
    """An estimate plot in words: every line of it."""
    said = "; ".join(
        f"{label}: {interval_words(row, scale, unit)}"
        for label, row in zip(labels, rows, strict=True)
    )
    nothing = "1 (no change)" if scale == "ratio" else "0 (no change)"
    return f"{title} Estimates with 95% intervals, beside a line at {nothing}. {said}."


def describe_curves(rows: Sequence[Row]) -> str:
    """Survival curves in words: of each group where it begins and ends, and how many were at risk."""
    said = []
    for group in dict.fromkeys(str(row["group"]) for row in rows):
        own = [row for row in rows if str(row["group"]) == group and row["survival"] is not None]
        if not own:
            continue
        last = own[-1]
        said.append(
            f"{CURVE_GROUPS.get(group, plain_name(group))}: {percent(last['survival'])} after "
            f"{counted(last['month'], 'month', 'months')}, "
            f"{whole(last['at_risk'])} still watched"
        )
    return f"Survival curves. {'; '.join(said) or 'No group has a figure'}."


# What a line of the plot is of: by method and term. The rest is named by its own words.
LINES = {
    ("segmented_regression", "level"): "Step when the programme began",
    ("segmented_regression", "level_2"): "Further step, from the pandemic on",
    ("segmented_regression_with_slopes", "level"): "Step, if the trend may change too",
    ("segmented_regression_with_slopes", "slope"): "Change of the trend, by month",
    ("segmented_regression_negative_binomial", "level"): "Step, by another model of chance",
    ("before_and_after", "during"): "Plain rates, during beside before",
    ("before_and_after", "after"): "Plain rates, after beside before",
    ("staggered", "simple"): "Teams whose group has begun",
    ("recruitment_cox", "during"): "During the programme, beside before",
    ("recruitment_cox", "after"): "After it, beside before",
}
UNITS = {
    ("waves", "mean_score"): "points",
    ("waves", "share_low"): "percentage points",
    ("staggered", "leavers"): "leavers for 100 staff and quarter",
    ("staggered_event_study", "leavers"): "leavers for 100 staff and quarter",
}
_OTHER_START = re.compile(r"level_([+-]\d+)_months")
_LAG = re.compile(r"attended_(\d+)_days")
_BESIDE = re.compile(r"(\w+) (\d{4})-(\d{4}) (\d{4})-(\d{4})")
_EVENT = re.compile(r"event_(-?\d+)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


# With it among the years before, a return to normal looks like a gain: said wherever it is.
WORST_YEAR = "2019"
POOLS = {
    "neighbours_2025": "Neighbours (2025)",
    "neighbours_2021": "Neighbours (2021)",
    "region": "South East",
    "england": "England",
}


def _years(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last[2:]}"


def line_name(row: Row) -> str:
    """What one line of an estimate plot is of, short enough to stand above it."""
    method, term = str(row["method"]), str(row["term"])
    known = LINES.get((method, term))
    if known:
        return known
    if found := _OTHER_START.fullmatch(term):
        off = int(found[1])
        when = "later" if off > 0 else "earlier"
        return f"As if it had begun {counted(abs(off), 'month', 'months')} {when}"
    if found := _LAG.fullmatch(term):
        return f"A session counts from {counted(int(found[1]), 'day', 'days')} after it"
    if found := _BESIDE.fullmatch(term):
        pool, *years = found.groups()
        before, after = (_years(*pair) for pair in (years[:2], years[2:]))
        made = ", made up" if method == "synthetic_control" else ""
        worst = ", the worst year in it" if years[0] <= WORST_YEAR <= years[1] else ""
        return f"{POOLS.get(pool, plain_name(pool))}{made}: {after} beside {before}{worst}"
    if found := _EVENT.fullmatch(term):
        off = int(found[1])
        when = "after" if off >= 0 else "before"
        return f"{counted(abs(off), 'quarter', 'quarters').capitalize()} {when} their own start"
    days = [date.fromisoformat(found) for found in _DAY.findall(term)]
    if method == "waves" and len(days) == 2:
        return f"{short_day(days[0])} to {short_day(days[1])}"
    return plain_name(term)


def side_by_side(main: Row, rows: Sequence[Row]) -> list[Any]:
    """The main finding first; of comparators then its years with other councils, then other years."""

    def place(row: Row) -> tuple[int, int, str]:
        pool, _, years = str(row["term"]).partition(" ")
        same = years == str(main["term"]).partition(" ")[2]
        order = list(POOLS).index(pool) if pool in POOLS else len(POOLS)
        return (not same, order, years)

    others = [row for row in rows if row is not main]
    if main["table"] == "impact_comparator":
        others.sort(key=place)
    return [main, *others]


def unit_of(row: Row) -> str:
    """The unit of a difference: '' where it has none of its own."""
    known = UNITS.get((str(row["method"]), str(row["metric"])))
    if known is not None:
        return known
    if row["table"] == "impact_comparator":
        return "cases" if row["metric"] == "caseload_fte" else "points"
    return ""


def measure_of(row: Row) -> str:
    """What a row is of, by which the rows of one card are told apart: metric, and survey scale."""
    name = COLUMNS.get(str(row["metric"]), plain_name(str(row["metric"])))
    if row["table"] == "impact_comparator":
        return indicator(str(row["metric"])).label
    instrument, _, subscale = str(row["term"]).split(" ")[0].partition(".")
    if str(row["method"]) == "waves" and subscale:
        return f"{name}, {instruments.scale(instrument, subscale).label}"
    return name


def main_of(rung: Rung, rows: Sequence[Row]) -> Any:
    """The row that was fixed beforehand, which the card speaks of; the others stand beside it."""
    for method, term in rung.main:
        for row in rows:
            if row["method"] == method and (not term or row["term"] == term):
                return row
    return rows[0]


def p_words(p_value: float | None) -> str:
    """A p-value as it is printed: never 0."""
    if p_value is None:
        return "–"
    return "under 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def check_words(name: str, check: Mapping[str, Any]) -> str:
    """One check of an assumption: whether it held, by mark and word, and what it says."""
    passed = check.get("passed")
    mark = CHECK_MARKS[passed if isinstance(passed, bool) else None]
    return f"{mark}: **{check_name(name)}**. {check.get('sentence') or ''}".strip()


# The measures of the published figures, as the board asks for them; all others as they come.
_FIRST = ("turnover_rate_fte", "vacancy_rate_fte", "agency_rate_fte", "caseload_fte")


def in_order(rows: Sequence[Row]) -> list[Any]:
    """Findings with the measures that a board asks for first."""
    return sorted(
        rows,
        key=lambda row: _FIRST.index(row["metric"]) if row["metric"] in _FIRST else len(_FIRST),
    )


def rung(key: str) -> Rung:
    """The rung of that key."""
    return next(one for one in RUNGS if one.key == key)


def is_of(one: Rung, row: Row) -> bool:
    """Whether a finding stands on a rung."""
    return row["table"] == one.table and str(row["method"]).startswith(one.methods)


def switched_off(row: Row) -> str:
    """Said instead of a figure whose method failed where the truth is known; empty if it did not."""
    tried = row["checks"].get("calibration", {})
    if tried.get("passed") is not False:
        return ""
    return f"**This method is switched off for the board.** {tried.get('sentence') or ''}".strip()


def change_words(row: Row, scale: str, unit: str = "") -> str:
    """A finding as a change with its interval: '−30% (−45% to −10%)'."""
    if row["estimate"] is None:
        return "no figure"
    if scale != "ratio":
        return interval_words(row, scale, unit)

    def as_change(ratio: float | None) -> str:
        if ratio is None or math.isinf(ratio):
            return "no limit"
        return f"{100 * (ratio - 1):+.0f}%".replace("-", "−")

    if row["lower_95"] is None or row["upper_95"] is None:
        return as_change(row["estimate"])
    ends = f"({as_change(row['lower_95'])} to {as_change(row['upper_95'])})"
    return f"{as_change(row['estimate'])} {ends}"


NO_SIGNALS = "The file has neither findings nor control charts yet."
LEVELS_FOLLOW = "no interval: each month end follows from the last"
NONE_BEFORE = "there was none before the programme"
SIGNALS_NOTE = (
    "Plain rates set the months of the programme beside the year before; the line above them allows for "
    "a trend and for the seasons as well. "
    "Would have shown: a change of that size, or larger, shows in four of five such records. Assurance "
    "would say whether a target is met by more than chance. How each is worked out stands on the page "
    "Impact."
)
